/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes and clusters. Node names in DOT are made of our own ids (n12, v3,
 * s0_4), so nothing of the model's text is ever a name or an attribute. */
#include <stdio.h>
#include <string.h>

#include "base/ctx.h"
#include "report/dot_draw.h"

static const struct { const char *color, *name; } paints[PAINT_COUNT] = {
	[FAM_OTHER] = { "#ffffff", "other" },
	[FAM_CONV] = { "#9ecae1", "convolution" },
	[FAM_MATMUL] = { "#a8ddb5", "matrix product" },
	[FAM_NORM] = { "#fdd0a2", "normalisation" },
	[FAM_ACT] = { "#fbb4ae", "activation" },
	[FAM_ELEMENTWISE] = { "#e6e6e6", "elementwise" },
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
};

const char *
paint_color(unsigned p)
{
	return paints[p].color;
}

const char *
paint_name(unsigned p)
{
	return paints[p].name;
}

unsigned
paint_of(const struct node *n)
{
	if (n->callee != NULL)
		return PAINT_CALL;
	return n->op != NULL ? (unsigned)sem_family(n->op->sem) : PAINT_UNKNOWN;
}

char *
dot_loose(const char *s)
{
	union { const char *in; char *out; } u = { s };

	return u.out;
}

static Agsym_t *
attr(const struct drawing *d, int kind, const char *name, const char *value)
{
	return agattr(d->g, kind, dot_loose(name), dot_loose(value));
}

/* Defaults that are never set again; the ones that are come after. */
static const struct { int kind; const char *name, *value; } defaults[] = {
	{ AGRAPH, "rankdir", "TB" },
	{ AGRAPH, "fontname", "Helvetica" },
	{ AGRAPH, "fontsize", "11" },
	{ AGRAPH, "color", "#8899aa" },
	{ AGRAPH, "labeljust", "l" },
	{ AGRAPH, "nodesep", "0.2" },
	{ AGRAPH, "ranksep", "0.3" },
	{ AGRAPH, "linelength", "0" },
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

void
draw_begin(struct drawing *d)
{
	struct symbols *s = &d->sym;

	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		attr(d, defaults[i].kind, defaults[i].name, defaults[i].value);
	s->clabel = attr(d, AGRAPH, "label", "");
	s->cstyle = attr(d, AGRAPH, "style", "");
	s->cfill = attr(d, AGRAPH, "fillcolor", "");
	s->ctooltip = attr(d, AGRAPH, "tooltip", "");
	s->label = attr(d, AGNODE, "label", "");
	s->shape = attr(d, AGNODE, "shape", "Mrecord");
	s->style = attr(d, AGNODE, "style", "filled");
	s->fill = attr(d, AGNODE, "fillcolor", "#e6e6e6");
	s->tooltip = attr(d, AGNODE, "tooltip", "");
	s->elabel = attr(d, AGEDGE, "label", "");
	s->estyle = attr(d, AGEDGE, "style", "");
	s->econstraint = attr(d, AGEDGE, "constraint", "");
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
	if (n == NULL)
		ctx_out_of_memory(d->ctx, sizeof *n);
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
	if (g == NULL)
		ctx_out_of_memory(d->ctx, sizeof *g);
	return g;
}

static void
set(void *object, Agsym_t *sym, const char *value)
{
	agxset(object, sym, dot_loose(value));
}

static void
set_paint(struct drawing *d, Agnode_t *n, unsigned p)
{
	d->seen |= UINT32_C(1) << p;
	if (p != FAM_ELEMENTWISE)
		set(n, d->sym.fill, paint_color(p));
	if (p == PAINT_UNKNOWN)
		set(n, d->sym.style, "filled,dashed");
}

static void
set_tooltip(struct drawing *d, void *object, Agsym_t *sym, const char *s, size_t n)
{
	const char *text = label_tooltip(d, s, n);

	if (text != NULL)
		set(object, sym, text);
}

/* ---- scopes ---- */

/* A cluster says something only when it holds several things and is not just
 * one step of a path. */
static bool
is_drawn(const struct scope *c)
{
	uint32_t shown = 0;

	if (c->parent == NULL || c->folded || c->ntotal < 2)
		return false;
	for (uint32_t i = 0; i < c->nchildren; i++)
		shown += c->children[i]->same_as == NULL;
	return c->nnodes + shown > 1 || c->repeat > 1;
}

/* The innermost scope around c, or c itself, that has a cluster; the root
 * when none has. */
static const struct scope *
drawn_scope(const struct scope *c)
{
	while (c->parent != NULL && !is_drawn(c))
		c = c->parent;
	return c;
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
	around = drawn_scope(c->parent);
	g = new_cluster(d, cluster_of(d, v, around), v->s.graph->id, c->id);
	set(g, d->sym.clabel, label_cluster(d, c, around));
	set(g, d->sym.cstyle, c->synthetic ? "rounded,dashed" : "rounded");
	set_tooltip(d, g, d->sym.ctooltip, c->path, c->npath);
	return v->clusters[c->id] = g;
}

static Agnode_t *
draw_box(struct drawing *d, struct view *v, const struct scope *c)
{
	const struct scope *around = drawn_scope(c->parent);
	Agnode_t *n = new_node(d, cluster_of(d, v, around), 's', v->s.graph->id, c->id);

	set(n, d->sym.label, label_box(d, v, c, around));
	set(n, d->sym.shape, "box3d");
	set_paint(d, n, PAINT_BOX);
	set_tooltip(d, n, d->sym.tooltip, c->path, c->npath);
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
	c = drawn_scope(v->s.of[n->index]);
	made = new_node(d, cluster_of(d, v, c), 'n', n->id, -1);
	set(made, d->sym.label, label_node(d, n, c));
	set_paint(d, made, paint_of(n));
	set_tooltip(d, made, d->sym.tooltip, n->name->s, n->name->len);
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
	set(n, d->sym.label, label_end(d));
	set(n, d->sym.shape, constant ? "note" : "ellipse");
	set_paint(d, n, undefined ? PAINT_UNKNOWN : constant ? FAM_CONST : PAINT_PORT);
	set_tooltip(d, n, d->sym.tooltip, v->name->s, v->name->len);
	return d->values[v->id] = n;
}

static void
draw_inputs(struct drawing *d, Agraph_t *in, const struct graph *g)
{
	for (uint32_t i = 0; d->near == NULL && i < g->ninputs; i++)
		if (!label_inlines(d, g->inputs[i]))
			draw_value(d, in, g->inputs[i]);
}

static void
cluster_label(struct drawing *d, const struct graph *g)
{
	if (g->role != NULL) {
		label_name(d, g->role->s, g->role->len, 24);
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

static Agraph_t *
graph_cluster(struct drawing *d, const struct graph *g)
{
	Agraph_t *in = d->g, *c;
	struct view *v;

	if (g->parent != NULL) {
		v = &d->views[g->parent->graph->id];
		in = cluster_of(d, v, drawn_scope(v->s.of[g->parent->index]));
	}
	c = new_cluster(d, in, g->id, -1);
	cluster_label(d, g);
	set(c, d->sym.clabel, label_end(d));
	set(c, d->sym.cstyle, g->parent != NULL ? "filled,dashed" : "filled");
	set(c, d->sym.cfill, g->parent != NULL ? "#fffbea" : "#f6f2fc");
	set_tooltip(d, c, d->sym.ctooltip, g->name->s, g->name->len);
	return c;
}

/* A function that is not opened. */
static void
draw_closed(struct drawing *d, const struct graph *g)
{
	Agnode_t *n = new_node(d, d->g, 'g', g->id, -1);

	cluster_label(d, g);
	label_text(d, "\\n");
	label_number(d, g->nnodes);
	label_text(d, " nodes");
	set(n, d->sym.label, label_end(d));
	set(n, d->sym.shape, "box3d");
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
	v->cluster = g == d->m->main ? d->g : graph_cluster(d, g);
	draw_inputs(d, v->cluster, g);
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
	Agnode_t *n = new_node(d, d->views[g->id].cluster, 'o', g->id, i);

	value_label(d, v);
	set(n, d->sym.label, label_end(d));
	set(n, d->sym.shape, "ellipse");
	set_paint(d, n, PAINT_PORT);
	set_tooltip(d, n, d->sym.tooltip, v->name->s, v->name->len);
	return n;
}

Agnode_t *
draw_stub(struct drawing *d, const struct node *n, char prefix)
{
	struct view *v = &d->views[n->graph->id];
	Agraph_t *in = cluster_of(d, v, drawn_scope(v->s.of[n->index]));
	Agnode_t *made = new_node(d, in, prefix, n->id, -1);

	set(made, d->sym.label, "...");
	set(made, d->sym.shape, "plaintext");
	set(made, d->sym.style, "solid");
	return made;
}

void
draw_legend(struct drawing *d)
{
	Agraph_t *c = agsubg(d->g, dot_loose("cluster_legend"), 1);
	Agnode_t *n, *last = NULL;
	Agedge_t *e;

	set(c, d->sym.clabel, "colours");
	set(c, d->sym.cstyle, "rounded,dotted");
	for (unsigned p = 0; p < PAINT_COUNT; p++) {
		if ((d->seen >> p & 1) == 0)
			continue;
		n = new_node(d, c, 'c', p, -1);
		set(n, d->sym.label, paint_name(p));
		set(n, d->sym.shape, "box");
		set_paint(d, n, p);
		if (last != NULL) {
			e = agedge(d->g, last, n, NULL, 1);
			set(e, d->sym.estyle, "invis");
		}
		last = n;
	}
}
