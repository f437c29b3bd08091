/* SPDX-License-Identifier: Apache-2.0 */
/* Of two versions of one model: what works on the same results, or what the same nodes
 * read, is the same node, whatever it is called and wherever it stands; and what is
 * between the same results and the same readers is one that was changed. */
#include "align/state.h"

/* Readers of one result up to which each is looked at. */
enum { READERS = 32 };

/* Do all operands, and there is one, come from counterparts? Weights are weights. */
static bool
reads_same(const struct aligner *al, const struct node *m, const struct node *n)
{
	bool some = false;

	if (m->nin != n->nin)
		return false;
	for (uint32_t i = 0; i < m->nin; i++) {
		const struct value *v = m->in[i], *w = wire_operand(m, i, n);

		if (wire_is_weight(v) && wire_is_weight(w))
			continue;
		if (!wire_same(al, v, w))
			return false;
		some = some || v != NULL;
	}
	return some;
}

/* A value that x reads and that says who reads it as well; or NULL. */
static const struct value *
some_operand(const struct item *x)
{
	for (uint32_t i = 0; i < x->n->nin; i++)
		if (x->n->in[i] != NULL && !wire_is_weight(x->n->in[i]))
			return x->n->in[i];
	return NULL;
}

/* The only free reader of v, a value of side k, that does what x of either side does;
 * ALIGN_NONE: there is none, or several. */
static uint32_t
only_reader(const struct side *s, const struct value *v, const struct item *x)
{
	uint32_t from = s->uses->start[v->id], to = s->uses->start[v->id + 1];
	uint32_t found = ALIGN_NONE;

	for (uint32_t u = from; u < to && to - from <= READERS; u++) {
		uint32_t r = s->readers[u];

		if (r == ALIGN_NONE || r == found || !item_free(&s->items[r]) ||
		    s->items[r].op != x->op)
			continue;
		if (found != ALIGN_NONE)
			return ALIGN_NONE;
		found = r;
	}
	return found;
}

/* The counterpart of a value that a paired node makes, or of an input; NULL: none is known. */
static const struct value *
other_result(const struct aligner *al, const struct value *v)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	uint32_t p = v->producer != NULL ? a->of[v->producer->id] : ALIGN_NONE;
	uint32_t q = p != ALIGN_NONE ? a->items[p].pair : ALIGN_NONE;

	if (v->producer == NULL && v->graph->parent == NULL)
		return wire_input(v, b->given->model->main);
	return q != ALIGN_NONE && v->slot < b->items[q].n->nout ?
	    b->items[q].n->out[v->slot] : NULL;
}

/* What reads the counterparts of all that item i reads. */
static uint32_t
by_operands(const struct aligner *al, uint32_t i)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	const struct item *x = &a->items[i];
	const struct value *v = some_operand(x), *w = v != NULL ? other_result(al, v) : NULL;
	uint32_t y = w != NULL ? only_reader(b, w, x) : ALIGN_NONE;

	return y != ALIGN_NONE && only_reader(a, v, x) == i &&
	    reads_same(al, x->n, b->items[y].n) ? y : ALIGN_NONE;
}

/* The free item that makes w as v is made; or ALIGN_NONE. */
static uint32_t
maker(const struct side *b, const struct value *w, const struct value *v)
{
	uint32_t y = w != NULL && w->producer != NULL && w->slot == v->slot ?
	    b->of[w->producer->id] : ALIGN_NONE;

	return y != ALIGN_NONE && item_free(&b->items[y]) ? y : ALIGN_NONE;
}

/* What makes that operand of a paired reader's counterpart at which it reads item i, or
 * that output of the model which item i makes. */
static uint32_t
by_reader(const struct aligner *al, uint32_t i)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	const struct item *x = &a->items[i];

	for (uint32_t o = 0; o < x->n->nout; o++) {
		const struct value *v = x->n->out[o], *w;

		for (uint32_t u = v == NULL ? 0 : a->uses->start[v->id];
		    v != NULL && u < a->uses->start[v->id + 1]; u++) {
			uint32_t r = a->readers[u];

			if (r == ALIGN_NONE || a->items[r].pair == ALIGN_NONE)
				continue;
			w = wire_operand(a->items[r].n, a->uses->list[u].slot,
			    b->items[a->items[r].pair].n);
			return maker(b, w, v);
		}
		if (v != NULL && v->flags & VALUE_OUTPUT && v->graph->parent == NULL &&
		    (w = wire_output(v, b->given->model->main)) != NULL)
			return maker(b, w, v);
	}
	return ALIGN_NONE;
}

static bool
joined(struct aligner *al, uint32_t i, uint32_t y)
{
	if (y != ALIGN_NONE)
		pair_items(al, i, y, ALIGN_BY_FLOW | ALIGN_BY_NEIGHBOURS);
	return y != ALIGN_NONE;
}

/* One of another kind between the same operands and the same readers. */
static uint32_t
changed(const struct aligner *al, uint32_t i)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	uint32_t y = by_reader(al, i);

	return y != ALIGN_NONE && reads_same(al, a->items[i].n, b->items[y].n) &&
	    kin_layout(&a->items[i]) == kin_layout(&b->items[y]) ? y : ALIGN_NONE;
}

static void
flow_on(struct aligner *al)
{
	const struct side *a = &al->side[0];

	for (uint32_t i = 0; i < a->n; i++)
		if (item_free(&a->items[i]))
			joined(al, i, by_operands(al, i));
}

void
flow_same(struct aligner *al)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	uint32_t y;

	flow_on(al);
	for (uint32_t i = a->n; i-- > 0;)
		if (item_free(&a->items[i]) && (y = by_reader(al, i)) != ALIGN_NONE &&
		    a->items[i].op == b->items[y].op)
			joined(al, i, y);
}

void
flow_all(struct aligner *al)
{
	const struct side *a = &al->side[0];
	uint32_t n = 0;

	flow_same(al);
	for (uint32_t i = 0; i < a->n; i++)
		if (item_free(&a->items[i]))
			n += joined(al, i, changed(al, i));
	if (n > 0)
		flow_on(al);
}
