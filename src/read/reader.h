/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes -> graph. One file per format and one row per format in formats.def. */
#ifndef READ_READER_H
#define READ_READER_H

#include <stdbool.h>
#include <stdint.h>

struct ctx;
struct model;

struct read_options {
	bool follow_links; /* external data may lie behind symbolic links of the same owner */
	bool methods;      /* graphs for methods of TorchScript, with their calls */
	bool frozen;       /* TorchScript as torch.jit.freeze would make it */
};

/* Open any supported model; the format is told from the content. Returns a
 * model (partial when model->partial) or NULL; diagnostics are in ctx. Free
 * with model_free. */
struct model *model_read(struct ctx *, const char *path, const struct read_options *);
/* The same from n bytes in memory, which must outlive the model; name is for
 * messages. Side files are not looked for. */
struct model *model_read_memory(struct ctx *, const char *name, const void *, uint64_t n,
    const struct read_options *);

#endif
