/* SPDX-License-Identifier: Apache-2.0 */
/* Items are what gets a row: a node, or the nodes of a folded module together.
 * They are numbered by their first node. When an edge goes up in that order,
 * items are sorted (smallest number first); a cycle of folded modules is cut
 * at its smallest item, whose late operands become references. */
#include <string.h>

#include "base/arena.h"
#include "ir/graph.h"
#include "layout/fold.h"
#include "layout/rows.h"

struct item {
	struct row row;
	const struct scope *in; /* module whose heading it stands under */
};

struct work {
	struct rows *out;
	struct arena *a;
	const struct scopes *s;
	const struct rows_options *o;
	struct item *items;
	uint32_t nitems;
	uint32_t *of;            /* item by node->index, or ROW_NOWHERE */
	uint32_t *first, *nodes; /* node indexes of item i: nodes[first[i]] ... */
	uint32_t *start, *from;  /* edges between items */
	uint32_t nedges;
	uint32_t *stamp;         /* by item: last reader that listed it */
	const struct rows_wires *wires;
	struct way *ways;        /* by scope id */
};

/* What becomes of nodes of a module. */
struct way {
	struct scope *box;        /* the outermost module that hides them, or NULL */
	const struct scope *head; /* that gives them their heading */
	bool known, grouped;      /* grouped: the likes of box go with it */
};

/* Of the module itself, when nothing around it hides it. */
static void
find_way(const struct work *w, struct scope *c, struct way *way)
{
	struct scope *first = c->same_as != NULL ? c->same_as : c;

	way->box = NULL;
	way->grouped = c->depth > 0 && first->repeat > 1 &&
	    w->o->folds[first->id] == FOLD_GROUPED;
	if (way->grouped)
		way->box = first;
	else if (c->depth > 0 && w->o->folds[c->id] != FOLD_OPEN)
		way->box = c;
}

/* From the outermost module in: the first that hides is the one that shows. A module of
 * a single node has no heading. */
static const struct way *
way_of(const struct work *w, struct scope *c)
{
	struct way *way = &w->ways[c->id];
	const struct way *up;

	if (way->known)
		return way;
	up = c->depth > 0 ? way_of(w, c->parent) : NULL;
	if (up != NULL && up->box != NULL)
		*way = *up;
	else
		find_way(w, c, way);
	way->head = c->ntotal == 1 && up != NULL ? up->head : c;
	way->known = true;
	return way;
}

static bool
has_row(const struct value *input)
{
	return input != NULL && !(input->flags & VALUE_INITIALIZER);
}

static uint32_t
add_item(struct work *w, enum row_kind kind, const struct scope *in)
{
	struct item *i = &w->items[w->nitems];

	i->row.kind = (uint8_t)kind;
	i->row.depth = (uint8_t)(in != NULL ? in->depth : 0);
	i->in = in;
	return w->nitems++;
}

static void
make_items(struct work *w)
{
	const struct graph *g = w->s->graph;
	uint32_t *box_item = arena_array(w->a, w->s->n, sizeof *box_item);
	const struct way *way;

	memset(box_item, 0xff, w->s->n * sizeof *box_item);
	for (uint32_t i = 0; w->o->shown == NULL && i < g->ninputs; i++)
		if (has_row(g->inputs[i]))
			w->items[add_item(w, ROW_INPUT, NULL)].row.of.value = g->inputs[i];
	for (uint32_t i = 0; i < g->nnodes; i++) {
		struct scope *box;

		w->of[i] = ROW_NOWHERE;
		if (w->o->shown != NULL && !w->o->shown[i])
			continue;
		way = w->o->shown == NULL ? way_of(w, w->s->of[i]) : NULL;
		if (way == NULL || way->box == NULL) {
			w->of[i] = add_item(w, ROW_NODE, way != NULL ? way->head : NULL);
			w->items[w->of[i]].row.of.node = g->nodes[i];
			continue;
		}
		box = way->box;
		if (box_item[box->id] == ROW_NOWHERE) {
			box_item[box->id] = add_item(w, ROW_FOLD, box->parent);
			w->items[box_item[box->id]].row.of.scope = box;
			w->items[box_item[box->id]].row.grouped = way->grouped;
		}
		w->of[i] = box_item[box->id];
	}
}

/* Nodes by item, a counting sort. */
static void
sort_nodes(struct work *w)
{
	uint32_t n = w->s->graph->nnodes, *at;

	w->first = arena_array(w->a, w->nitems + 2, sizeof *w->first);
	w->nodes = arena_array(w->a, n, sizeof *w->nodes);
	at = w->first + 1;
	for (uint32_t i = 0; i < n; i++)
		if (w->of[i] != ROW_NOWHERE)
			at[w->of[i] + 1]++;
	for (uint32_t i = 0; i < w->nitems; i++)
		at[i + 1] += at[i];
	for (uint32_t i = 0; i < n; i++)
		if (w->of[i] != ROW_NOWHERE)
			w->nodes[at[w->of[i]]++] = i;
}

static void
add_outputs(struct work *w)
{
	const struct graph *g = w->s->graph;

	for (uint32_t i = 0; w->o->shown == NULL && i < g->noutputs; i++) {
		if (g->outputs[i] == NULL)
			continue;
		w->items[add_item(w, ROW_OUTPUT, NULL)].row.of.value = g->outputs[i];
	}
}

/* What node or output i of the wires reads, as edges to an item. */
static void
add_edges(struct work *w, uint32_t i, uint32_t to)
{
	uint32_t nnodes = w->s->graph->nnodes, from;

	for (uint32_t e = w->wires->start[i]; e < w->wires->start[i + 1]; e++) {
		from = w->wires->from[e];
		from = from < nnodes ? w->of[from] : from - nnodes;
		if (from == ROW_NOWHERE || from == to || w->stamp[from] == to)
			continue;
		w->stamp[from] = to;
		w->from[w->nedges++] = from;
	}
}

static void
make_edges(struct work *w)
{
	uint32_t outputs = 0, nnodes = w->s->graph->nnodes;

	w->start = arena_array(w->a, (size_t)w->nitems + 1, sizeof *w->start);
	w->stamp = arena_array(w->a, (size_t)w->nitems + 1, sizeof *w->stamp);
	memset(w->stamp, 0xff, ((size_t)w->nitems + 1) * sizeof *w->stamp);
	if (w->o->shown != NULL)
		return;
	w->from = arena_array(w->a, w->wires->start[nnodes + w->s->graph->noutputs],
	    sizeof *w->from);
	for (uint32_t i = 0; i < w->nitems; i++) {
		enum row_kind kind = (enum row_kind)w->items[i].row.kind;

		w->start[i] = w->nedges;
		if (kind == ROW_OUTPUT)
			add_edges(w, nnodes + outputs++, i);
		else if (kind != ROW_INPUT)
			for (uint32_t k = w->first[i]; k < w->first[i + 1]; k++)
				add_edges(w, w->nodes[k], i);
	}
	w->start[w->nitems] = w->nedges;
}

static bool
in_order(const struct work *w)
{
	for (uint32_t i = 0; i < w->nitems; i++)
		for (uint32_t e = w->start[i]; e < w->start[i + 1]; e++)
			if (w->from[e] > i)
				return false;
	return true;
}

/* ---- a heap of item numbers, smallest first ---- */

struct heap { uint32_t *v, n; };

static void
heap_push(struct heap *h, uint32_t x)
{
	uint32_t i = h->n++;

	for (; i > 0 && h->v[(i - 1) / 2] > x; i = (i - 1) / 2)
		h->v[i] = h->v[(i - 1) / 2];
	h->v[i] = x;
}

static uint32_t
heap_pop(struct heap *h)
{
	uint32_t least = h->v[0], x = h->v[--h->n], i = 0, k;

	while ((k = 2 * i + 1) < h->n) {
		k += k + 1 < h->n && h->v[k + 1] < h->v[k];
		if (h->v[k] >= x)
			break;
		h->v[i] = h->v[k];
		i = k;
	}
	h->v[i] = x;
	return least;
}

/* Readers of each item, the edges turned round. */
static void
turn_edges(const struct work *w, uint32_t **first, uint32_t **to)
{
	uint32_t *f = arena_array(w->a, (size_t)w->nitems + 2, sizeof *f);
	uint32_t *t = arena_array(w->a, w->nedges, sizeof *t), e, i;

	for (e = 0; e < w->nedges; e++)
		f[w->from[e] + 2]++;
	for (i = 2; i < w->nitems + 2; i++)
		f[i] += f[i - 1];
	for (i = 0; i < w->nitems; i++)
		for (e = w->start[i]; e < w->start[i + 1]; e++)
			t[f[w->from[e] + 1]++] = i;
	*first = f;
	*to = t;
}

/* Items in order, smallest first; what waits for itself is let go in turn. */
static const uint32_t *
sort_items(struct work *w)
{
	uint32_t *order = arena_array(w->a, w->nitems, sizeof *order), n = 0, next = 0;
	uint32_t *wait = arena_array(w->a, w->nitems, sizeof *wait), *first, *to;
	bool *done = arena_array(w->a, w->nitems, sizeof *done);
	struct heap h = { arena_array(w->a, (size_t)w->nitems + 1, sizeof(uint32_t)), 0 };

	turn_edges(w, &first, &to);
	for (uint32_t i = 0; i < w->nitems; i++)
		if ((wait[i] = w->start[i + 1] - w->start[i]) == 0)
			heap_push(&h, i);
	while (n < w->nitems) {
		uint32_t i;

		if (h.n > 0) {
			i = heap_pop(&h);
		} else {
			while (done[next])
				next++;
			i = next;
		}
		if (done[i])
			continue;
		done[i] = true;
		order[n++] = i;
		for (uint32_t e = first[i]; e < first[i + 1]; e++)
			if (--wait[to[e]] == 0 && !done[to[e]])
				heap_push(&h, to[e]);
	}
	return order;
}

/* Headings of modules that are entered between two rows. */
static void
add_heads(struct work *w, const struct scope *from, const struct scope *in, bool *seen)
{
	const struct scope *chain[256];
	uint32_t n = 0;

	for (const struct scope *c = in; c != NULL && c->depth > 0 && n < 256; c = c->parent) {
		const struct scope *up = from;

		while (up != NULL && up->depth > c->depth)
			up = up->parent;
		if (up == c)
			break;
		chain[n++] = c;
	}
	while (n-- > 0) {
		struct row *r = &w->out->list[w->out->n++];

		*r = (struct row){ .kind = ROW_HEAD, .depth = (uint8_t)(chain[n]->depth - 1),
			.again = seen[chain[n]->id] };
		r->of.scope = w->s->list[chain[n]->id];
		seen[chain[n]->id] = true;
	}
}

/* How many headings will be there. */
static uint32_t
count_heads(const struct work *w, const uint32_t *order)
{
	const struct scope *last = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->nitems; i++) {
		const struct scope *in = w->items[order != NULL ? order[i] : i].in;

		for (const struct scope *c = in; in != last && c != NULL && c->depth > 0;
		    c = c->parent)
			n++;
		last = in;
	}
	return n;
}

static uint32_t *
make_rows(struct work *w, const uint32_t *order)
{
	uint32_t *row_of = arena_array(w->a, w->nitems, sizeof *row_of);
	bool *seen = arena_array(w->a, w->s->n, sizeof *seen);
	const struct scope *last = NULL;
	struct rows *out = w->out;

	out->list = arena_array(w->a, (size_t)w->nitems + count_heads(w, order),
	    sizeof *out->list);
	for (uint32_t i = 0; i < w->nitems; i++) {
		uint32_t k = order != NULL ? order[i] : i;

		if (w->items[k].in != last)
			add_heads(w, last, w->items[k].in, seen);
		last = w->items[k].in;
		row_of[k] = out->n;
		out->list[out->n++] = w->items[k].row;
	}
	for (uint32_t i = 0; i < w->s->graph->nnodes; i++)
		out->of_node[i] = w->of[i] != ROW_NOWHERE ? row_of[w->of[i]] : ROW_NOWHERE;
	return row_of;
}

static void
make_lanes(struct work *w, const uint32_t *order, const uint32_t *row_of)
{
	struct rows *out = w->out;
	uint32_t *start = arena_array(w->a, (size_t)out->n + 1, sizeof *start), n = 0, r = 0;
	uint32_t *from = arena_array(w->a, w->nedges, sizeof *from);
	bool *mute = arena_array(w->a, out->n, sizeof *mute);
	struct lane_options o = { w->o->cap, w->o->span, mute };

	for (uint32_t i = 0; i < w->nitems; i++) {
		uint32_t k = order != NULL ? order[i] : i;

		while (r < row_of[k])
			start[++r] = n;
		for (uint32_t e = w->start[k]; e < w->start[k + 1]; e++)
			from[n++] = row_of[w->from[e]];
		start[++r] = n;
	}
	for (uint32_t k = 0; k < w->nitems && w->o->mute != NULL; k++)
		if (w->items[k].row.kind == ROW_NODE)
			mute[row_of[k]] = w->o->mute[w->nodes[w->first[k]]];
	out->edges = (struct lane_edges){ start, from, out->n };
	out->drawn = arena_array(w->a, n, sizeof *out->drawn);
	out->lanes = arena_array(w->a, out->n, sizeof *out->lanes);
	out->nlanes = lanes_make(out->lanes, out->drawn, &out->edges, &o, w->a);
	out->sorted = true;
	for (r = 0; r < out->n; r++)
		for (uint32_t e = start[r]; e < start[r + 1]; e++)
			out->sorted &= from[e] < r;
}

void
rows_build(struct rows *out, struct arena *a, const struct scopes *s,
    const struct rows_options *o)
{
	struct work w = { .out = out, .a = a, .s = s, .o = o, .wires = o->wires };
	const struct graph *g = s->graph;
	const uint32_t *order, *row_of;
	struct rows_wires wires;

	memset(out, 0, sizeof *out);
	if (w.wires == NULL && o->shown == NULL) {
		rows_wire(&wires, a, s);
		w.wires = &wires;
	}
	out->of_node = arena_array(a, g->nnodes, sizeof *out->of_node);
	w.of = arena_array(a, g->nnodes, sizeof *w.of);
	w.ways = arena_array(a, s->n, sizeof *w.ways);
	w.items = arena_array(a, (size_t)g->ninputs + g->nnodes + g->noutputs, sizeof *w.items);
	make_items(&w);
	add_outputs(&w);
	sort_nodes(&w);
	make_edges(&w);
	order = in_order(&w) ? NULL : sort_items(&w);
	row_of = make_rows(&w, order);
	make_lanes(&w, order, row_of);
}

uint32_t
rows_of_scope(const struct rows *r, const struct scopes *s, const struct scope *c)
{
	uint32_t at = ROW_NOWHERE;

	for (uint32_t i = 0; i < c->ntotal; i++) {
		uint32_t row = r->of_node[s->order[c->lo + i]->index];

		if (row < at)
			at = row;
	}
	if (at == ROW_NOWHERE)
		return at;
	for (uint32_t up = at; up > 0 && r->list[up - 1].kind == ROW_HEAD; up--)
		if (r->list[up - 1].of.scope == c)
			return up - 1;
	return at;
}
