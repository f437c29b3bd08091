/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes and clusters. Node names in DOT are made of our own ids (n12, v3,
 * s0_4), so nothing of the model's text is ever a name or an attribute. */
#include <stdio.h>
#include <string.h>

#include "base/ctx.h"
#include "report/dot_draw.h"

enum { BUNDLE = 4 }; /* binary digits: 16 subgraphs in one */
enum { CROWD = 24, CROWD_NAMED = 8 }; /* inputs, outputs drawn as one box; listed in it */
enum { NESTED = 8, FUNCTIONS = 12 }; /* levels drawn in each other; functions drawn closed */

/* The commonest colour is the default. */
#define COMMON_FILL "#e6e6e6"

static const struct { const char *color, *name; } paints[PAINT_COUNT] = {
	[FAM_OTHER] = { "#ffffff", "other" },
	[FAM_CONV] = { "#9ecae1", "convolution" },
	[FAM_MATMUL] = { "#a8ddb5", "matrix product" },
	[FAM_NORM] = { "#fdd0a2", "normalisation" },
	[FAM_ACT] = { "#fbb4ae", "activation" },
	[FAM_ELEMENTWISE] = { COMMON_FILL, "elementwise" },
	[FAM_REDUCE] = { "#decbe4", "reduction" },
	[FAM_POOL] = { "#c6dbef", "pooling" },
	[FAM_SHAPE] = { "#f7f7f7", "shape" },
	[FAM_INDEX] = { "#e8dfc8", "indexing" },
	[FAM_CONTROL] = { "#ffe680", "control flow" },
	[FAM_RECURRENT] = { "#b3de69", "recurrence" },
	[FAM_QUANT] = { "#fccde5", "quantisation" },
	[FAM_CONST] = { "#fffff0", "constant" },
	[FAM_SEQUENCE] = { "#ccebc5", "sequence" },
	[FAM_ML] = { "#bfd3c1", "classic ML" },
	[PAINT_CALL] = { "#cfc1f0", "function call" },
	[PAINT_UNKNOWN] = { "#ff9d9d", "unknown op" },
	[PAINT_PORT] = { "#fff7bc", "input, output" },
	[PAINT_BOX] = { "#eef3fa", "folded" },
	[PAINT_ON_ANE] = { "#a1d99b", "on the Neural Engine" },
	[PAINT_LEFT] = { "#fee391", "could run there" },
	[PAINT_REFUSED] = { "#fb9a99", "not taken by it" },
	[PAINT_ON_GPU] = { "#cab2d6", "on the GPU" },
	[PAINT_NOT_KNOWN] = { "#d9d9d9", "not known" },
	[PAINT_NO_WORK] = { "#ffffff", "no work" },
	[PAINT_CONVERTS] = { "#a1d99c", "converts" },
	[PAINT_BLOCKED] = { "#fb9a9a", "blocks the conversion" },
	[PAINT_LOST] = { "#fdbf6e", "lost in the conversion" },
	[PAINT_COST] = { "#f16913", "the dearest" },
	[PAINT_COST + 1] = { "#fd8d3c", "from a quarter of it" },
	[PAINT_COST + 2] = { "#fdae6b", "from a 16th" },
	[PAINT_COST + 3] = { "#fdd0a3", "from a 64th" },
	[PAINT_COST_LAST] = { "#feedde", "less" },
	[PAINT_SCOPE] = { "#8dd3c7", NULL }, [PAINT_SCOPE + 1] = { "#ffffb3", NULL },
	[PAINT_SCOPE + 2] = { "#bebada", NULL }, [PAINT_SCOPE + 3] = { "#fb8072", NULL },
	[PAINT_SCOPE + 4] = { "#80b1d3", NULL }, [PAINT_SCOPE + 5] = { "#fdb462", NULL },
	[PAINT_SCOPE + 6] = { "#b3de6a", NULL }, [PAINT_SCOPE_LAST] = { "#fccde6", NULL },
};

/* Without rows of a dialect all its ops are unknown: that says nothing. */
static unsigned
paint_of(const struct drawing *d, const struct node *n)
{
	uint32_t rows;

	if (d->o->by != DOT_BY_FAMILY)
		return color_of(d, n);
	if (n->callee != NULL)
		return PAINT_CALL;
	if (n->op != NULL)
		return sem_family(n->op->sem);
	op_rows(d->m->dialect, &rows);
	return rows > 0 ? (unsigned)PAINT_UNKNOWN : (unsigned)FAM_OTHER;
}

char *
draw_loose(const char *s)
{
	union { const char *in; char *out; } u = { s };

	return u.out;
}

/* What makes a picture pleasant and is the same everywhere. */
static const struct { int kind; const char *name, *value; } pleasant[] = {
	{ AGRAPH, "rankdir", "TB" },
	{ AGRAPH, "compound", "true" },
	/* ranks per cluster make dot lose edges between clusters in a cycle */
	{ AGRAPH, "newrank", "true" },
	{ AGRAPH, "fontname", "Helvetica" },
	{ AGRAPH, "fontsize", "11" },
	{ AGRAPH, "color", "#8899aa" },
	{ AGRAPH, "labeljust", "l" },
	{ AGRAPH, "nodesep", "0.2" },
	{ AGRAPH, "ranksep", "0.3" },
	{ AGNODE, "fontname", "Helvetica" },
	{ AGNODE, "fontsize", "10" },
	{ AGNODE, "height", "0.3" },
	{ AGNODE, "margin", "0.08,0.04" },
	{ AGNODE, "color", "#667788" },
	{ AGEDGE, "fontname", "Helvetica" },
	{ AGEDGE, "fontsize", "8" },
	{ AGEDGE, "color", "#667788" },
	{ AGEDGE, "arrowsize", "0.6" },
};

static const struct { int kind; const char *name, *value; } looks[LOOK_COUNT] = {
	[NODE_LABEL] = { AGNODE, "label", "" },
	[NODE_SHAPE] = { AGNODE, "shape", "Mrecord" },
	[NODE_STYLE] = { AGNODE, "style", "filled" },
	[NODE_FILL] = { AGNODE, "fillcolor", COMMON_FILL },
	[NODE_TOOLTIP] = { AGNODE, "tooltip", "" },
	[EDGE_LABEL] = { AGEDGE, "label", "" },
	[EDGE_STYLE] = { AGEDGE, "style", "" },
	[EDGE_DIR] = { AGEDGE, "dir", "" },
	[EDGE_HEAD] = { AGEDGE, "lhead", "" },
	[EDGE_CONSTRAINT] = { AGEDGE, "constraint", "true" },
	[CLUSTER_LABEL] = { AGRAPH, "label", "" },
	[CLUSTER_STYLE] = { AGRAPH, "style", "" },
	[CLUSTER_FILL] = { AGRAPH, "fillcolor", "" },
	[CLUSTER_TOOLTIP] = { AGRAPH, "tooltip", "" },
	[GRAPH_RANK] = { AGRAPH, "rank", "" },
};

void
draw_check(const struct drawing *d, const void *made)
{
	if (made == NULL || d->wanted > 0)
		ctx_out_of_memory(d->ctx, d->wanted);
}

static Agsym_t *
declare(const struct drawing *d, int kind, const char *name, const char *value)
{
	Agsym_t *sym = agattr(d->g, kind, draw_loose(name), draw_loose(value));

	draw_check(d, sym);
	return sym;
}

static void
declare_look(struct drawing *d, enum look look)
{
	if (d->looks[look] == NULL)
		d->looks[look] = declare(d, looks[look].kind, looks[look].name,
		    looks[look].value);
}

void
draw_set(struct drawing *d, void *object, enum look look, const char *value)
{
	declare_look(d, look);
	agxset(object, d->looks[look], draw_loose(value));
	draw_check(d, object);
}

void
draw_begin(struct drawing *d)
{
	/* one line a label: other readers of DOT do not know broken ones */
	declare(d, AGRAPH, "linelength", "0");
	declare_look(d, NODE_SHAPE);
	declare_look(d, NODE_STYLE);
	declare_look(d, NODE_FILL);
	if (d->plain)
		return;
	for (size_t i = 0; i < sizeof pleasant / sizeof *pleasant; i++)
		declare(d, pleasant[i].kind, pleasant[i].name, pleasant[i].value);
}

/* ---- making ---- */

/* A box is PREFIX ID, or PREFIX ID_SUB of one graph. */
static Agnode_t *
new_node(const struct drawing *d, Agraph_t *in, char prefix, uint32_t id, int64_t sub)
{
	char name[48];
	Agnode_t *n;

	if (sub < 0)
		snprintf(name, sizeof name, "%c%u", prefix, (unsigned)id);
	else
		snprintf(name, sizeof name, "%c%u_%u", prefix, (unsigned)id, (unsigned)sub);
	n = agnode(in, name, 1);
	draw_check(d, n);
	return n;
}

static Agraph_t *
new_cluster(const struct drawing *d, Agraph_t *in, uint32_t graph, int64_t scope)
{
	char name[48];
	Agraph_t *g;

	if (scope < 0)
		snprintf(name, sizeof name, "cluster_g%u", (unsigned)graph);
	else
		snprintf(name, sizeof name, "cluster_g%u_s%u", (unsigned)graph,
		    (unsigned)scope);
	g = agsubg(in, name, 1);
	draw_check(d, g);
	return g;
}

static void
set_paint(struct drawing *d, Agnode_t *n, unsigned p)
{
	d->seen |= UINT64_C(1) << p;
	if (p != FAM_ELEMENTWISE)
		draw_set(d, n, NODE_FILL, paints[p].color);
	if (p == PAINT_UNKNOWN)
		draw_set(d, n, NODE_STYLE, "filled,dashed");
}

static void
set_tooltip(struct drawing *d, void *object, enum look look, const char *s, size_t n)
{
	const char *text = label_tooltip(d, s, n);

	if (text != NULL)
		draw_set(d, object, look, text);
}

/* ---- scopes ---- */

/* A cluster says something only when it holds several things and is not just
 * one step of a path. */
static bool
is_drawn(const struct scope *c)
{
	uint32_t shown = 0;

	if (c->parent == NULL || c->folded || (c->ntotal < 2 && c->repeat < 2))
		return false;
	for (uint32_t i = 0; i < c->nchildren; i++)
		shown += c->children[i]->same_as == NULL;
	return c->nnodes + shown > 1 || c->repeat > 1;
}

/* Note for c and what is below it which cluster it stands in. A plain drawing
 * has clusters for the outermost scopes alone. Recursion as deep as the module
 * tree. */
static void
find_clusters(const struct drawing *d, struct view *v, const struct scope *c,
    const struct scope *around)
{
	if (is_drawn(c) && (!d->plain || around->parent == NULL))
		around = c;
	v->around[c->id] = around;
	for (uint32_t i = 0; i < c->nchildren; i++)
		find_clusters(d, v, c->children[i], around);
}

/* The innermost scope around c, or c itself, that has a cluster; the root
 * when none has. */
static const struct scope *
drawn_scope(const struct view *v, const struct scope *c)
{
	return v->around[c->id];
}

/* cgraph looks for each node it writes in all subgraphs of a graph, one after
 * the other. So thousands of siblings go into a tree of subgraphs that are no
 * clusters, each with few others in it. */
static Agraph_t *
bundle(const struct drawing *d, Agraph_t *in, const uint32_t of[2], uint32_t at, uint32_t n)
{
	uint32_t level = 0;
	char name[64];

	while (n >> BUNDLE * (level + 1) != 0)
		level++;
	for (; level > 0; level--) {
		snprintf(name, sizeof name, "b%u_%u_%u_%u", (unsigned)of[0], (unsigned)of[1],
		    (unsigned)level, (unsigned)(at >> BUNDLE * level));
		in = agsubg(in, name, 1);
		draw_check(d, in);
	}
	return in;
}

/* The cluster of a scope that is drawn; made with those around it when it is
 * asked for the first time. Recursion as deep as the module tree. */
static Agraph_t *
cluster_of(struct drawing *d, struct view *v, const struct scope *c)
{
	const struct scope *around;
	Agraph_t *g;

	if (c->parent == NULL)
		return v->cluster;
	if (v->clusters[c->id] != NULL)
		return v->clusters[c->id];
	around = drawn_scope(v, c->parent);
	g = bundle(d, cluster_of(d, v, around),
	    (const uint32_t[]){ v->s.graph->id, c->parent->id }, v->made[c->parent->id]++,
	    c->parent->nchildren);
	g = new_cluster(d, g, v->s.graph->id, c->id);
	draw_set(d, g, CLUSTER_LABEL, label_cluster(d, v, c, around));
	draw_set(d, g, CLUSTER_STYLE, c->synthetic ? "rounded,dashed" : "rounded");
	set_tooltip(d, g, CLUSTER_TOOLTIP, c->path, c->npath);
	return v->clusters[c->id] = g;
}

static Agnode_t *
draw_box(struct drawing *d, struct view *v, const struct scope *c)
{
	const struct scope *around = drawn_scope(v, c->parent);
	Agnode_t *n = new_node(d, cluster_of(d, v, around), 's', v->s.graph->id, c->id);

	draw_set(d, n, NODE_LABEL, label_box(d, v, c, around));
	draw_set(d, n, NODE_SHAPE, "folder");
	set_paint(d, n, PAINT_BOX);
	set_tooltip(d, n, NODE_TOOLTIP, c->path, c->npath);
	return v->boxes[c->id] = n;
}

static void
draw_node(struct drawing *d, struct view *v, const struct node *n)
{
	struct scope *box = fold_box(&v->s, n);
	const struct scope *c;
	Agnode_t *made;

	if (fold_stand_in(&v->s, n) != n || (d->near != NULL && !d->near[n->id]))
		return;
	if (box != NULL) {
		if (v->boxes[box->id] == NULL)
			draw_box(d, v, box);
		return;
	}
	if (label_hides(d, n))
		return;
	c = drawn_scope(v, v->s.of[n->index]);
	made = new_node(d, cluster_of(d, v, c), 'n', n->id, -1);
	draw_set(d, made, NODE_LABEL, label_node(d, n, c));
	set_paint(d, made, paint_of(d, n));
	set_tooltip(d, made, NODE_TOOLTIP, n->name->s, n->name->len);
	if (n == d->o->focus)
		draw_set(d, made, NODE_STYLE, "filled,bold");
	d->nodes[n->id] = made;
}

/* ---- graphs ---- */

/* Name and type on two lines. */
static void
value_label(struct drawing *d, const struct value *v)
{
	label_name(d, v->name->s, v->name->len, 40);
	if (v->type != NULL || v->constant != NULL) {
		label_text(d, "\\n");
		label_type(d, v);
	}
}

static Agnode_t *
draw_value(struct drawing *d, Agraph_t *in, const struct value *v)
{
	Agnode_t *n = new_node(d, in, 'v', v->id, -1);
	bool undefined = (v->flags & VALUE_UNDEFINED) != 0;
	bool constant = (v->flags & VALUE_INITIALIZER) != 0;

	if (undefined)
		label_text(d, "undefined\\n");
	value_label(d, v);
	draw_set(d, n, NODE_LABEL, label_end(d));
	draw_set(d, n, NODE_SHAPE, constant ? "note" : "ellipse");
	set_paint(d, n, undefined ? PAINT_UNKNOWN : constant ? FAM_CONST : PAINT_PORT);
	set_tooltip(d, n, NODE_TOOLTIP, v->name->s, v->name->len);
	return d->values[v->id] = n;
}

static void
crowd_row(struct drawing *d, const struct value *x)
{
	label_name(d, x->name->s, x->name->len, 40);
	label_text(d, " ");
	label_type(d, x);
	label_text(d, "\\l");
}

/* One box for a crowd of inputs or outputs: n of them, the first ones named. */
static Agnode_t *
draw_crowd(struct drawing *d, const struct view *v, bool in, uint32_t n)
{
	const struct graph *g = v->s.graph;
	Agnode_t *box = new_node(d, v->cluster, in ? 'i' : 'o', g->id, -1);

	label_text(d, "{");
	label_number(d, n);
	label_text(d, in ? " inputs|" : " outputs|");
	for (uint32_t i = 0, shown = 0; shown < CROWD_NAMED && i < n; i++) {
		const struct value *x = in ? g->inputs[i] : g->outputs[i];

		if (x == NULL || (in && label_inlines(d, x)))
			continue;
		shown++;
		crowd_row(d, x);
	}
	label_text(d, "...\\l}");
	draw_set(d, box, NODE_LABEL, label_end(d));
	set_paint(d, box, PAINT_PORT);
	return box;
}

static void
draw_inputs(struct drawing *d, const struct view *v)
{
	const struct graph *g = v->s.graph;
	Agnode_t *crowd = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->ninputs; i++)
		n += !label_inlines(d, g->inputs[i]);
	if (d->merge && n > CROWD)
		crowd = draw_crowd(d, v, true, n);
	for (uint32_t i = 0; d->near == NULL && i < g->ninputs; i++) {
		if (label_inlines(d, g->inputs[i]))
			continue;
		if (crowd != NULL)
			d->values[g->inputs[i]->id] = crowd;
		else
			draw_value(d, v->cluster, g->inputs[i]);
	}
}

/* Values that are made nowhere: in a folded drawing a crowd of them is one box. */
static void
draw_undefined(struct drawing *d, const struct view *v)
{
	const struct graph *g = v->s.graph;
	Agnode_t *box = NULL;
	uint32_t n = 0, shown = 0;

	for (uint32_t i = 0; i < g->nvalues; i++)
		n += (g->values[i]->flags & VALUE_UNDEFINED) != 0;
	if (!d->merge || n <= CROWD)
		return;
	box = new_node(d, v->cluster, 'u', g->id, -1);
	label_text(d, "{");
	label_number(d, n);
	label_text(d, " undefined values|");
	for (uint32_t i = 0; i < g->nvalues; i++) {
		if (!(g->values[i]->flags & VALUE_UNDEFINED))
			continue;
		d->values[g->values[i]->id] = box;
		if (shown++ < CROWD_NAMED)
			crowd_row(d, g->values[i]);
	}
	label_text(d, "...\\l}");
	draw_set(d, box, NODE_LABEL, label_end(d));
	set_paint(d, box, PAINT_UNKNOWN);
}

static void
cluster_label(struct drawing *d, const struct graph *g)
{
	if (g->role != NULL) {
		label_name(d, g->role->s, g->role->len, 24);
		if (g->parent != NULL && g->parent->name->len > 0) {
			label_text(d, " of ");
			label_name(d, g->parent->name->s, g->parent->name->len, 40);
		}
	} else {
		label_text(d, graph_kind_name(g->kind));
		label_text(d, " ");
		if (g->function != NULL && g->function->domain->len > 0) {
			label_name(d, g->function->domain->s, g->function->domain->len, 24);
			label_text(d, "::");
		}
	}
	if (g->role != NULL && g->name->len > 0)
		label_text(d, ": ");
	label_name(d, g->name->s, g->name->len, 40);
}

/* Regions nested deeper than dot can bear stand beside the others. */
static Agraph_t *
graph_cluster(struct drawing *d, const struct graph *g)
{
	uint32_t of[2] = { UINT32_MAX, UINT32_MAX }; /* no scope has such numbers */
	Agraph_t *in = d->g, *c;
	const struct scope *around;
	struct view *v;

	if (g->parent != NULL && g->level <= NESTED) {
		v = &d->views[g->parent->graph->id];
		around = drawn_scope(v, v->s.of[g->parent->index]);
		in = cluster_of(d, v, around);
		of[0] = g->parent->graph->id;
		of[1] -= around->id;
	}
	c = new_cluster(d, bundle(d, in, of, g->id, d->m->ngraphs), g->id, -1);
	cluster_label(d, g);
	draw_set(d, c, CLUSTER_LABEL, label_end(d));
	draw_set(d, c, CLUSTER_STYLE, g->parent != NULL ? "filled,dashed" : "filled");
	draw_set(d, c, CLUSTER_FILL, g->parent != NULL ? "#fffbea" : "#f6f2fc");
	set_tooltip(d, c, CLUSTER_TOOLTIP, g->name->s, g->name->len);
	return c;
}

/* A function that is not opened; of many the first ones and a number. */
static void
draw_closed(struct drawing *d, const struct graph *g)
{
	uint32_t at = d->closed++;
	Agnode_t *n;

	if (at > FUNCTIONS)
		return;
	n = new_node(d, d->g, 'g', g->id, -1);
	if (at == FUNCTIONS) {
		label_text(d, "more functions");
	} else {
		cluster_label(d, g);
		label_text(d, "\\n");
		label_number(d, g->nnodes);
		label_text(d, " nodes");
	}
	draw_set(d, n, NODE_LABEL, label_end(d));
	draw_set(d, n, NODE_SHAPE, "folder");
	set_paint(d, n, PAINT_CALL);
}

void
draw_graph(struct drawing *d, const struct graph *g)
{
	struct view *v = &d->views[g->id];

	if (!v->shown) {
		if (g->parent == NULL && d->near == NULL)
			draw_closed(d, g);
		return;
	}
	v->clusters = arena_array(&d->a, v->s.n, sizeof(Agraph_t *));
	v->boxes = arena_array(&d->a, v->s.n, sizeof(Agnode_t *));
	v->around = arena_array(&d->a, v->s.n, sizeof(const struct scope *));
	find_clusters(d, v, v->s.root, v->s.root);
	v->made = arena_array(&d->a, v->s.n, sizeof *v->made);
	v->cluster = g == d->m->main ? d->g : graph_cluster(d, g);
	draw_inputs(d, v);
	draw_undefined(d, v);
	for (uint32_t i = 0; i < g->nnodes; i++)
		draw_node(d, v, g->nodes[i]);
}

/* ---- looking up ---- */

/* A graph that is not shown is represented by the node that holds it. */
Agnode_t *
draw_node_of(const struct drawing *d, const struct node *n)
{
	const struct view *v = &d->views[n->graph->id];
	const struct scope *box;

	while (!v->shown) {
		n = n->graph->parent;
		if (n == NULL)
			return NULL;
		v = &d->views[n->graph->id];
	}
	n = fold_stand_in(&v->s, n);
	box = fold_box(&v->s, n);
	return box != NULL ? v->boxes[box->id] : d->nodes[n->id];
}

Agnode_t *
draw_value_of(struct drawing *d, const struct value *v)
{
	const struct view *view = &d->views[v->graph->id];

	if (v->producer != NULL)
		return draw_node_of(d, v->producer);
	if (d->values[v->id] != NULL || label_inlines(d, v))
		return d->values[v->id];
	if (!view->shown)
		return v->graph->parent != NULL ? draw_node_of(d, v->graph->parent) : NULL;
	return draw_value(d, view->cluster, v);
}

Agnode_t *
draw_output(struct drawing *d, const struct graph *g, uint32_t i)
{
	const struct value *v = g->outputs[i];
	struct view *view = &d->views[g->id];
	Agnode_t *n;

	if (d->merge && g->noutputs > CROWD) {
		if (view->outputs == NULL)
			view->outputs = draw_crowd(d, view, false, g->noutputs);
		return view->outputs;
	}
	n = new_node(d, view->cluster, 'o', g->id, i);
	value_label(d, v);
	draw_set(d, n, NODE_LABEL, label_end(d));
	draw_set(d, n, NODE_SHAPE, "ellipse");
	set_paint(d, n, PAINT_PORT);
	set_tooltip(d, n, NODE_TOOLTIP, v->name->s, v->name->len);
	return n;
}

Agnode_t *
draw_stub(struct drawing *d, const struct node *n, char prefix)
{
	struct view *v = &d->views[n->graph->id];
	Agraph_t *in = cluster_of(d, v, drawn_scope(v, v->s.of[n->index]));
	Agnode_t *made = new_node(d, in, prefix, n->id, -1);

	draw_set(d, made, NODE_LABEL, "...");
	draw_set(d, made, NODE_SHAPE, "plaintext");
	draw_set(d, made, NODE_STYLE, "solid");
	return made;
}

void
draw_holder(struct drawing *d, const struct graph *g)
{
	const struct view *v = &d->views[g->id];
	Agnode_t *tail = v->shown ? draw_node_of(d, g->parent) : NULL, *head;
	Agedge_t *e;
	char name[48];

	if (tail == NULL || d->plain || (head = agfstnode(v->cluster)) == NULL)
		return;
	e = agedge(d->g, tail, head, NULL, 1);
	draw_check(d, e);
	snprintf(name, sizeof name, "cluster_g%u", (unsigned)g->id);
	draw_set(d, e, EDGE_HEAD, name);
	draw_set(d, e, EDGE_STYLE, "dotted");
	draw_set(d, e, EDGE_DIR, "none");
}

void
draw_legend(struct drawing *d)
{
	Agraph_t *c = agsubg(d->g, draw_loose("cluster_legend"), 1);
	Agnode_t *n, *last = NULL;
	Agedge_t *e;

	draw_check(d, c);
	draw_set(d, c, CLUSTER_LABEL, "colours");
	draw_set(d, c, CLUSTER_STYLE, "rounded,dotted");
	for (unsigned p = 0; p < PAINT_COUNT; p++) {
		if ((d->seen >> p & 1) == 0 || paints[p].name == NULL)
			continue;
		n = new_node(d, c, 'c', p, -1);
		draw_set(d, n, NODE_LABEL, paints[p].name);
		draw_set(d, n, NODE_SHAPE, "box");
		set_paint(d, n, p);
		if (last != NULL && !d->plain) {
			e = agedge(d->g, last, n, NULL, 1);
			draw_check(d, e);
			draw_set(d, e, EDGE_STYLE, "invis");
		}
		last = n;
	}
}
