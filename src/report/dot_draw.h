/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that make a drawing: what is shown (dot.c), its text
 * (dot_label.c), its graph (dot_draw.c) and edges (dot_edge.c). */
#ifndef REPORT_DOT_DRAW_H
#define REPORT_DOT_DRAW_H

#include <cgraph.h>

#include "base/arena.h"
#include "base/sink.h"
#include "ir/graph.h"
#include "layout/fold.h"
#include "ops/op.h"
#include "report/dot.h"

/* How one graph of the model is shown. */
struct view {
	struct scopes s;
	bool shown;          /* false: its node, or one box, stands for it */
	Agraph_t *cluster;   /* that it is drawn in */
	const struct scope **around; /* by scope id: the scope whose cluster it is in */
	Agraph_t **clusters; /* by scope id; NULL: none yet */
	Agnode_t **boxes;    /* by scope id, of folded scopes */
	Agnode_t *outputs;   /* all in one box, or NULL */
	uint32_t *made;      /* clusters so far within a scope, by its id */
};

/* Attributes that are set on objects. cgraph copies every attribute that is
 * declared into every object, so they are declared when first used. */
enum look {
	NODE_LABEL, NODE_SHAPE, NODE_STYLE, NODE_FILL, NODE_TOOLTIP,
	EDGE_LABEL, EDGE_STYLE, EDGE_DIR, EDGE_HEAD, EDGE_CONSTRAINT,
	CLUSTER_LABEL, CLUSTER_STYLE, CLUSTER_FILL, CLUSTER_TOOLTIP,
	GRAPH_RANK,
	LOOK_COUNT
};

struct drawing {
	struct ctx *ctx;
	const struct model *m;
	const struct dot_options *o;
	struct arena a;
	struct sink text, part; /* label in the making, name in the making */
	Agdisc_t *disc;
	size_t wanted;          /* bytes the budget did not have for cgraph; 0: none */
	Agraph_t *g;
	Agsym_t *looks[LOOK_COUNT]; /* NULL: not declared yet */
	bool plain;             /* too big for dot: only what says something is set */
	struct view *views;     /* by graph id */
	Agnode_t **nodes;       /* by node id; NULL: not drawn, or in a box */
	Agnode_t **values;      /* by value id: inputs and the like */
	bool *near;             /* by node id: within the radius; NULL: no focus */
	bool merge;             /* edges between the same two boxes are one */
	uint32_t closed;        /* functions drawn as one box */
	uint64_t seen;          /* bits of families used, enum paint */
	struct edges *edges;
};

enum paint { /* colours, continuing enum family */
	PAINT_CALL = FAM_COUNT, PAINT_UNKNOWN, PAINT_PORT, PAINT_BOX,
	PAINT_ON_ANE, PAINT_LEFT, PAINT_REFUSED, PAINT_ON_GPU, PAINT_NOT_KNOWN, PAINT_NO_WORK,
	PAINT_CONVERTS, PAINT_BLOCKED, PAINT_LOST,
	PAINT_COST, PAINT_COST_LAST = PAINT_COST + 4,
	PAINT_SCOPE, PAINT_SCOPE_LAST = PAINT_SCOPE + 7, PAINT_COUNT
};

enum { COST_SHADES = 5, SCOPE_COLORS = 8 };

/* dot_color.c: of a node when the drawing is not by families */
unsigned color_of(const struct drawing *, const struct node *);

/* cgraph asks for char * and writes to none of them. */
char *draw_loose(const char *);
/* Leave when cgraph did not get its memory, or made nothing. */
void draw_check(const struct drawing *, const void *made);
void draw_set(struct drawing *, void *object, enum look, const char *);

/* ---- dot_label.c: each returns text ended by NUL, valid until the next ---- */
/* The only way a name gets into a label: safe for people (sink_safe), neutral
 * for records and escape strings, at most max columns (0: all of it). */
void label_name(struct drawing *, const char *, size_t n, unsigned max);
/* Text of ours: copied as it is. */
void label_text(struct drawing *, const char *);
void label_number(struct drawing *, uint64_t);
void label_type(struct drawing *, const struct value *);
/* Declared, or what inference knows better. */
const struct type *label_type_of(const struct drawing *, const struct value *);
char *label_end(struct drawing *);
char *label_node(struct drawing *, const struct node *, const struct scope *within);
char *label_box(struct drawing *, const struct view *, const struct scope *,
    const struct scope *within);
char *label_cluster(struct drawing *, const struct view *, const struct scope *,
    const struct scope *within);
/* Full name for a tooltip when the label had to shorten it, else NULL. */
char *label_tooltip(struct drawing *, const char *, size_t n);
/* Does a consumer show this value as a row of its own record? */
bool label_inlines(const struct drawing *, const struct value *);
/* Is the node drawn inside its consumers only? */
bool label_hides(const struct drawing *, const struct node *);

/* ---- dot_draw.c ---- */
void draw_begin(struct drawing *);
void draw_graph(struct drawing *, const struct graph *);
void draw_legend(struct drawing *);
/* What stands for a node or a value in the drawing; NULL: nothing does. */
Agnode_t *draw_node_of(const struct drawing *, const struct node *);
Agnode_t *draw_value_of(struct drawing *, const struct value *);
/* A box for output i of a graph that is shown. */
Agnode_t *draw_output(struct drawing *, const struct graph *, uint32_t i);
/* A small extra node in the cluster of n, named PREFIX ID. */
Agnode_t *draw_stub(struct drawing *, const struct node *, char prefix);

/* An edge from the node that holds a region to the region's cluster. */
void draw_holder(struct drawing *, const struct graph *);

/* ---- dot_edge.c ---- */
void edges_draw(struct drawing *);

/* ---- dot_pairs.c ---- */
/* Two models side by side, and their counterparts joined. */
void pairs_draw(struct drawing *);

#endif
