/* SPDX-License-Identifier: Apache-2.0 */
/* A graph as a list of rows: nodes, folded modules, headings of open ones,
 * inputs and outputs, in an order in which what is made precedes what reads it
 * (file order where that already holds), and the lanes beside them. Pure
 * arithmetic over the graph and the module tree. */
#ifndef LAYOUT_ROWS_H
#define LAYOUT_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "layout/lanes.h"

struct arena;
struct graph;
struct node;
struct scope;
struct scopes;
struct value;

enum row_kind {
	ROW_NODE,
	ROW_FOLD,   /* a module folded to one row; of repeated ones all of them */
	ROW_HEAD,   /* heading of an open module of several nodes; no edges */
	ROW_INPUT,  /* of the graph */
	ROW_OUTPUT
};

struct row {
	uint8_t kind;  /* enum row_kind */
	uint8_t depth; /* of modules around it */
	bool again;    /* a heading that has been there before */
	bool grouped;  /* ROW_FOLD: stands for scope->repeat modules */
	union {
		const struct node *node;
		struct scope *scope;
		const struct value *value;
	} of;
};

/* How a module is shown, by scope id. */
enum fold {
	FOLD_OPEN,
	FOLD_SHUT,    /* one row */
	FOLD_GROUPED  /* of the first of repeated modules: one row for all */
};

/* Who reads whom, as numbers: what node i reads is from[start[i]] to
 * from[start[i + 1] - 1], nodes by their index, inputs as nnodes + their place among
 * the inputs that get a row; behind the nodes the same of the outputs. */
struct rows_wires { uint32_t *start, *from; };

struct rows_options {
	const struct rows_wires *wires; /* of the graph; may be NULL */
	const uint8_t *folds;  /* enum fold by scope id */
	const bool *mute;      /* by node->index: its results take no lane; may be NULL */
	const bool *shown;     /* by node->index: only those, as a flat list; NULL: all */
	unsigned cap;          /* of lanes */
	uint32_t span;
};

struct rows {
	struct row *list;
	uint32_t n;
	uint32_t *of_node;     /* by node->index; ROW_NOWHERE: not shown */
	struct lane_row *lanes;
	unsigned nlanes;       /* most in use */
	struct lane_edges edges; /* between rows */
	bool *drawn;           /* by edge */
	bool sorted;           /* no edge goes up */
};
#define ROW_NOWHERE UINT32_MAX

/* Rows are made anew whenever folds change; this of a graph stays as it is. */
void rows_wire(struct rows_wires *, struct arena *, const struct scopes *);
/* Everything lies in the arena. */
void rows_build(struct rows *, struct arena *, const struct scopes *,
    const struct rows_options *);
/* Row of the module's heading or of the row it is folded into, ROW_NOWHERE if
 * it has no node that shows. */
uint32_t rows_of_scope(const struct rows *, const struct scopes *, const struct scope *);

#endif
