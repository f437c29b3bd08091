/* SPDX-License-Identifier: Apache-2.0 */
/* The only writer of the graph model. Readers fill it in file order; counts
 * are raised last, so a model is whole at every moment and can be shown when
 * reading stops. All memory is the model's arena; failing allocations leave
 * through ctx->escape. */
#ifndef IR_BUILD_H
#define IR_BUILD_H

#include "ir/graph.h"
#include "ir/tensor.h"

struct ctx;

/* Append to a list of pointers or structs in the model's arena:
 * m->x = LIST_ROOM(m, m->x, m->nx), then m->x[m->nx++] = ... */
#define LIST_ROOM(m, list, n) \
	((list) = arena_grow(&(m)->arena, (list), (n), sizeof *(list)))

/* An empty model; free it with model_free. NULL after a DIAG_MEMORY. */
struct model *model_new(struct ctx *, enum dialect, const char *format);
/* Closes the sources as well. NULL is allowed. */
void model_free(struct model *);
void model_add_source(struct model *, struct source *);
struct opset *model_add_opset(struct model *, const struct str *domain, int64_t version);
void model_add_meta(struct model *, const struct str *key, const struct str *value);

/* A graph of the model; parent and role for regions (it is appended to
 * parent->regions), NULL otherwise. Main, functions and training graphs are
 * entered in the model's lists. A second main graph is not possible. */
struct graph *graph_new(struct model *, enum graph_kind, struct node *parent,
	const struct str *role);
/* An empty node, name and domain "", type "". */
struct node *graph_add_node(struct model *, struct graph *);
/* A value that the graph defines; VALUE_INPUT and VALUE_INITIALIZER enter it
 * in those lists. Types, constants and places are the caller's to fill. */
struct value *graph_add_value(struct model *, struct graph *, const struct str *name,
	uint32_t flags);
/* Output i of node, or an output left out when name is "". */
struct value *node_add_output(struct model *, struct node *, const struct str *name);
/* Append an operand by name; the name becomes a value in model_bind. "" is
 * an operand left out. */
void node_add_operand_name(struct model *, struct node *, const struct str *name);
/* Append an operand whose value stands in its place; it becomes in[] in
 * model_bind. Fill its type and constant. */
struct value *node_add_literal(struct model *, struct node *);
struct attr *node_add_attr(struct model *, struct node *);
struct attr *attr_add(struct model *, struct attr **, uint32_t *n);
/* Name of the first operand that has none yet: call it for all operands of a
 * node or for none. */
void node_name_operand(struct model *, struct node *, const struct str *);
void graph_add_role(struct model *, struct graph *, struct role);
struct symbol *model_add_symbol(struct model *, const struct str *name);
/* Make a function the main graph; before model_bind. */
void model_set_main(struct model *, struct graph *);
void meta_add(struct model *, struct meta **, uint32_t *n, const struct str *key,
	const struct str *value);

/* A name with a type, as value_info, graph outputs and the like declare it. */
struct decl {
	const struct str *name;
	const struct type *type; /* NULL: none stated */
	struct loc loc;
	bool output;             /* it is also an output of the graph, in this order */
	bool permuted;           /* VALUE_PERMUTED */
};
struct decls { struct decl *list; uint32_t n; };
/* While graphs are read: the declarations of each, by graph id. */
struct decl_table { struct decls *of; uint32_t n; };
void decl_add(struct arena *, struct decl_table *, const struct graph *, struct decl);

/* Turn operand names into values, after the last node. Scopes are the graphs:
 * a region sees its parents', the innermost wins, and within one graph a name
 * made later is taken only when no outer one is in view (nodes need not be
 * sorted). Functions see nothing but themselves, training graphs the main
 * graph. Then gives nodes and values their
 * dense ids. Names nobody makes become VALUE_UNDEFINED values. Works in the
 * scratch arena; when memory ends half way the model must be dropped. */
void model_bind(struct model *, struct arena *scratch, const struct decl_table *);

/* Forget all graphs: without names bound nothing of them can be looked at. */
void model_drop_graphs(struct model *);

#endif
