/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the source's nodes, as text and JSON. */
#ifndef CMD_CONVERT_FATE_H
#define CMD_CONVERT_FATE_H

#include <stdbool.h>

struct call;
struct convert_run;
struct node;
struct run_node;

/* Module path of a node: the file's when it was found; coremltools leaves containers out. */
const char *convert_scope(const struct run_node *, const struct node *found);
/* "#6 aten::cdist 'x0.1' in encoder.0 (model.py:8)", with the name that the file has and,
 * when it is another one, what coremltools calls it. found: the node, or NULL. */
const char *convert_describe(struct call *, const struct run_node *, const struct node *found);
void convert_fates_text(struct call *, const struct convert_run *);
/* The member "nodes". */
void convert_fates_json(struct call *, const struct convert_run *);
/* A finding for each node that the result lacks. */
void convert_lost(struct call *, const struct convert_run *);

#endif
