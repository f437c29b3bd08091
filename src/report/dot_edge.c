/* SPDX-License-Identifier: Apache-2.0 */
/* Edges: one for each operand, or, when boxes are folded, one for each pair of
 * boxes with the number of values it carries. They stand in the root graph:
 * cgraph writes an edge after a look into every child of the graph it is in. */
#include <stdio.h>
#include <string.h>

#include "base/ctx.h"
#include "base/hash.h"
#include "report/dot_draw.h"

struct link {
	Agnode_t *from, *to;
	const struct value *v; /* the first one */
	uint32_t count;        /* different values */
	bool captured;         /* from an outer graph */
	bool back;             /* from one repetition of a block to the next */
};

/* (from, to) has the link, (link, value) says that the value was counted. */
struct key { uintptr_t a, b; uint32_t link; };

struct typed { const struct type *type; char *label; };

struct edges {
	struct link *list;
	struct key *slot;
	uint32_t n, nkeys, mask;
	struct typed *types;   /* labels by type */
	uint32_t type_mask;
	Agnode_t **stub[2];    /* by node id: before and behind it */
};

/* ---- labels ---- */

static const char *
type_label(struct drawing *d, const struct value *v)
{
	struct edges *e = d->edges;
	const struct type *type = label_type_of(d, v);
	struct typed *t;
	char *text;
	uint32_t i;

	if (type == NULL) {
		label_type(d, v);
		return label_end(d);
	}
	i = (uint32_t)hash_mix((uintptr_t)type) & e->type_mask;
	while (e->types[i].type != NULL && e->types[i].type != type)
		i = (i + 1) & e->type_mask;
	t = &e->types[i];
	if (t->type == NULL) {
		label_type(d, v);
		text = label_end(d);
		t->type = type;
		t->label = arena_strdup(&d->a, text, strlen(text));
	}
	return t->label;
}

/* An edge that points backwards is drawn from its head, for dot's ranks. */
static void
emit(struct drawing *d, const struct link *l)
{
	Agnode_t *tail = l->back ? l->to : l->from, *head = l->back ? l->from : l->to;
	Agedge_t *e = agedge(d->g, tail, head, NULL, 1);
	const char *label;
	char count[16];

	draw_check(d, e);
	if (l->count > 1) {
		snprintf(count, sizeof count, "x%u", (unsigned)l->count);
		label = count;
	} else {
		label = type_label(d, l->v);
	}
	if (*label != '\0')
		draw_set(d, e, EDGE_LABEL, label);
	if (l->captured || l->back)
		draw_set(d, e, EDGE_STYLE, "dashed");
	if (l->back)
		draw_set(d, e, EDGE_DIR, "back");
}

/* ---- merging ---- */

static struct key *
probe(struct edges *e, uintptr_t a, uintptr_t b)
{
	uint32_t i = (uint32_t)hash_pair(a, b) & e->mask;

	while (e->slot[i].a != 0 && (e->slot[i].a != a || e->slot[i].b != b))
		i = (i + 1) & e->mask;
	return &e->slot[i];
}

static void
rehash(struct drawing *d)
{
	struct edges *e = d->edges;
	struct key *old = e->slot;
	uint32_t n = old != NULL ? e->mask + 1 : 0;

	e->mask = n > 0 ? 2 * n - 1 : 255;
	e->slot = arena_array(&d->a, (size_t)e->mask + 1, sizeof *e->slot);
	for (uint32_t i = 0; i < n; i++)
		if (old[i].a != 0)
			*probe(e, old[i].a, old[i].b) = old[i];
}

/* The entry of a pair; *made when it is new. */
static struct key *
find(struct drawing *d, uintptr_t a, uintptr_t b, bool *made)
{
	struct edges *e = d->edges;
	struct key *k;

	if (e->slot == NULL || e->nkeys * 2 > e->mask)
		rehash(d);
	k = probe(e, a, b);
	*made = k->a == 0;
	if (*made) {
		e->nkeys++;
		k->a = a;
		k->b = b;
	}
	return k;
}

/* The value at the same place of the block that is shown. */
static const struct value *
shown_value(const struct drawing *d, const struct value *v)
{
	const struct view *view = &d->views[v->graph->id];
	const struct node *n;

	if (v->producer == NULL || !view->shown)
		return v;
	n = fold_stand_in(&view->s, v->producer);
	return n->out[v->slot];
}

static void
merge(struct drawing *d, const struct link *l)
{
	struct edges *e = d->edges;
	struct link *at;
	struct key *k;
	bool made;

	k = find(d, (uintptr_t)l->from, (uintptr_t)l->to, &made);
	if (made) {
		k->link = e->n;
		e->list = arena_grow(&d->a, e->list, e->n, sizeof *e->list);
		at = &e->list[e->n++];
		*at = *l;
		at->count = 0;
	} else {
		at = &e->list[k->link];
		at->captured = at->captured && l->captured;
		at->back = at->back && l->back;
	}
	find(d, (uintptr_t)(at - e->list) * 2 + 1, (uintptr_t)shown_value(d, l->v), &made);
	at->count += made;
}

static void
add(struct drawing *d, const struct link *l)
{
	if (!d->merge)
		emit(d, l);
	else if (l->from != l->to)
		merge(d, l);
}

/* ---- finding ---- */

/* Does the value go from one repetition of a block to a later one? Then it
 * points backwards in the block that is shown. */
static bool
goes_back(const struct drawing *d, const struct node *from, const struct node *to)
{
	const struct view *v = &d->views[to->graph->id];

	if (from->graph != to->graph || !v->shown || from->index >= to->index)
		return false;
	return fold_stand_in(&v->s, from)->index > fold_stand_in(&v->s, to)->index;
}

/* A neighbour that is not drawn because of the radius. */
static Agnode_t *
stub(struct drawing *d, const struct node *n, bool behind)
{
	Agnode_t **at = &d->edges->stub[behind][n->id];

	if (*at == NULL)
		*at = draw_stub(d, n, behind ? 'z' : 'y');
	return *at;
}

static bool
is_near(const struct drawing *d, const struct node *n)
{
	return d->near[n->id];
}

static void
link_near(struct drawing *d, struct link *l, const struct node *n)
{
	const struct node *from = l->v->producer;

	if (is_near(d, n)) {
		l->from = from != NULL && !is_near(d, from) ? stub(d, n, false)
		    : draw_value_of(d, l->v);
		l->to = draw_node_of(d, n);
	} else if (from != NULL && is_near(d, from)) {
		l->from = draw_node_of(d, from);
		l->to = stub(d, from, true);
	}
	if (l->from != NULL && l->to != NULL)
		merge(d, l);
}

static void
link_operand(struct drawing *d, const struct node *n, const struct value *v)
{
	struct link l = { .v = v, .count = 1, .captured = v->graph != n->graph };

	if (label_inlines(d, v))
		return;
	if (d->near != NULL) {
		link_near(d, &l, n);
		return;
	}
	l.to = draw_node_of(d, n);
	l.from = l.to != NULL ? draw_value_of(d, v) : NULL;
	if (l.from == NULL)
		return;
	l.back = v->producer != NULL && goes_back(d, v->producer, n);
	add(d, &l);
}

static void
link_output(struct drawing *d, const struct graph *g, uint32_t i)
{
	const struct value *v = g->outputs[i];
	struct link l = { .v = v, .count = 1, .captured = v->graph != g };

	if (d->near != NULL && (v->producer == NULL || !is_near(d, v->producer)))
		return;
	l.from = draw_value_of(d, v);
	l.to = draw_output(d, g, i);
	if (l.from != NULL)
		add(d, &l);
}

static void
link_graph(struct drawing *d, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		for (uint32_t k = 0; k < n->nin; k++)
			if (n->in[k] != NULL)
				link_operand(d, n, n->in[k]);
	}
	if (g->parent != NULL)
		draw_holder(d, g);
	for (uint32_t i = 0; d->views[g->id].shown && i < g->noutputs; i++)
		if (g->outputs[i] != NULL)
			link_output(d, g, i);
}

void
edges_draw(struct drawing *d)
{
	struct edges *e = d->edges = arena_alloc(&d->a, sizeof *e);

	for (e->type_mask = 63; e->type_mask < 2 * d->m->types.ntypes;)
		e->type_mask = e->type_mask * 2 + 1;
	e->types = arena_array(&d->a, (size_t)e->type_mask + 1, sizeof *e->types);
	for (int i = 0; d->near != NULL && i < 2; i++)
		e->stub[i] = arena_array(&d->a, d->m->nnodes, sizeof(Agnode_t *));
	for (uint32_t i = 0; i < d->m->ngraphs; i++)
		link_graph(d, d->m->graphs[i]);
	for (uint32_t i = 0; i < e->n; i++)
		emit(d, &e->list[i]);
}
