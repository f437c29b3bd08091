/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold tensors, and no graph: the model is an empty main graph with
 * an initializer for each tensor, and a finding that says what the file is and
 * what to do instead. */
#ifndef READ_NOGRAPH_H
#define READ_NOGRAPH_H

#include <stdbool.h>

struct ctx;
struct model;
struct sink;
struct str;
struct tensor;
struct torch_object;

/* kind and encoding: static text for info. */
void nograph_begin(struct model *, const char *kind, const char *encoding);
void nograph_add(struct model *, const struct str *name, struct tensor *);
/* Every tensor below the root of what torch.save wrote, and facts about it, which
 * are put together in text, an empty sink in memory. */
void nograph_add_object(struct model *, struct torch_object *, struct sink *text);
/* what: "a state dict"; advice: what to do instead, or "". */
void nograph_end(struct ctx *, struct model *, const char *what, const char *advice);

#endif
