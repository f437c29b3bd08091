/* SPDX-License-Identifier: Apache-2.0 */
/* Debug records of TorchScript: from places in its code to the user's Python.
 * Source: facts/torchscript-format.md section 7. */
#ifndef READ_TS_DEBUG_H
#define READ_TS_DEBUG_H

struct archive;
struct model;

/* Let the model find frames in the archive's records when it is asked to. */
void ts_debug_attach(struct model *, struct archive *);

#endif
