/* SPDX-License-Identifier: Apache-2.0 */
/* The only writer of the graph model. Readers fill it in file order; counts
 * are raised last, so a model is whole at every moment and can be shown when
 * reading stops. */
#ifndef IR_BUILD_H
#define IR_BUILD_H

#include "ir/graph.h"
#include "ir/tensor.h"

struct ctx;

struct model *model_new(struct ctx *, enum dialect, const char *format);
void model_free(struct model *);
void model_add_source(struct model *, struct source *);
void model_add_function(struct model *, struct graph *);
void model_add_training(struct model *, struct graph *);
struct opset *model_add_opset(struct model *, const struct str *domain, int64_t version);
void model_add_meta(struct model *, const struct str *key, const struct str *value);

struct graph *graph_new(struct model *, enum graph_kind, struct node *parent,
	const struct str *role);
/* A node with room for nin operands and nout outputs (all NULL). */
struct node *graph_add_node(struct model *, struct graph *);
/* A value that the graph defines; flags tell where it is listed. */
struct value *graph_add_value(struct model *, struct graph *, const struct str *name,
	uint32_t flags);
void graph_add_meta(struct model *, struct graph *, const struct str *key, const struct str *value);
void node_add_region(struct model *, struct node *, struct graph *);

/* Assign model->graphs, dense ids and the regions' parents once reading has
 * ended; for formats that bind operands by name, names must be bound before. */
void model_finish(struct model *);

#endif
