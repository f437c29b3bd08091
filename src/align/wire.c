/* SPDX-License-Identifier: Apache-2.0 */
/* Operands and results of counterparts: which stand for one another. */
#include <string.h>

#include "align/state.h"
#include "base/str.h"
#include "ir/tensor.h"

/* Inputs or outputs of a graph up to which their order is looked at. */
enum { ORDERED = 1024 };

bool
wire_same_name(const struct str *a, const struct str *b)
{
	return a == b || (a != NULL && b != NULL && a->len == b->len &&
	    memcmp(a->s, b->s, a->len) == 0);
}

bool
wire_same_dims(const struct tensor *a, const struct tensor *b)
{
	return a->rank == b->rank &&
	    (a->rank == 0 || memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0);
}

bool
wire_same_type(const struct tensor *a, const struct tensor *b)
{
	return a->dtype == b->dtype && wire_same_dims(a, b);
}

const struct tensor *
wire_constant(const struct value *v)
{
	return v != NULL ? value_tensor(v) : NULL;
}

const struct node *
wire_unpacked_by(const struct value *v)
{
	const struct node *n = v != NULL ? v->producer : NULL;

	return n != NULL && n->op != NULL && n->op->flags & OP_AT_LOAD ? n : NULL;
}

bool
wire_is_weight(const struct value *v)
{
	return wire_constant(v) != NULL || wire_unpacked_by(v) != NULL;
}

const struct value *
wire_operand(const struct node *a, uint32_t i, const struct node *b)
{
	uint32_t nth, last;

	if (i >= a->nnamed)
		return i < b->nin ? b->in[i] : NULL;
	nth = node_nth_named(a, i);
	for (uint32_t k = 0; k < b->nnamed; k = last + 1) {
		last = node_named_edge(b, k, 1);
		if (wire_same_name(a->in_name[i], b->in_name[k]))
			return nth <= last - k ? b->in[k + nth] : NULL;
	}
	return NULL;
}

/* Where the value stands among those of its graph; n: it is none of them. */
static uint32_t
place_of(struct value *const *list, uint32_t n, const struct value *v)
{
	uint32_t i = 0;

	while (i < n && list[i] != v)
		i++;
	return i;
}

const struct value *
wire_input(const struct value *v, const struct graph *h)
{
	const struct graph *g = v->graph;
	uint32_t at;

	if (h == NULL || g->ninputs > ORDERED || h->ninputs > ORDERED ||
	    !(v->flags & VALUE_INPUT))
		return NULL;
	for (uint32_t i = 0; i < h->ninputs; i++)
		if (wire_same_name(v->name, h->inputs[i]->name))
			return h->inputs[i];
	at = place_of(g->inputs, g->ninputs, v);
	if (at >= h->ninputs)
		return NULL;
	for (uint32_t i = 0; i < g->ninputs; i++) /* it is the counterpart of that one */
		if (wire_same_name(h->inputs[at]->name, g->inputs[i]->name))
			return NULL;
	return h->inputs[at];
}

const struct value *
wire_output(const struct value *v, const struct graph *h)
{
	const struct graph *g = v->graph;
	uint32_t at;

	if (h == NULL || g->noutputs > ORDERED || h->noutputs > ORDERED)
		return NULL;
	at = place_of(g->outputs, g->noutputs, v);
	return at < h->noutputs ? h->outputs[at] : NULL;
}

/* Do two inputs, or what nobody makes, stand for one another? */
static bool
same_input(const struct value *v, const struct value *w)
{
	if ((v->flags ^ w->flags) & VALUE_INPUT)
		return false;
	if (wire_same_name(v->name, w->name) || !(v->flags & VALUE_INPUT))
		return true;
	return v->graph->ninputs > ORDERED || w->graph->ninputs > ORDERED ||
	    wire_input(v, w->graph) == w;
}

/* An item without a counterpart that hands on its operand; NULL: i is none. */
static const struct item *
passed(const struct side *s, uint32_t i)
{
	const struct item *x = i != ALIGN_NONE ? &s->items[i] : NULL;

	return x != NULL && x->pair == ALIGN_NONE && kin_hands_on(x) ? x : NULL;
}

/* What is handed on as v. */
static const struct value *
before(const struct side *s, const struct value *v)
{
	if (!s->hands_on)
		return v;
	for (unsigned hops = 0; v->producer != NULL && v->slot == 0 && hops < HOPS; hops++) {
		const struct item *x = passed(s, s->of[v->producer->id]);

		if (x == NULL || x->n->in[item_main(x)] == NULL)
			break;
		v = x->n->in[item_main(x)];
	}
	return v;
}

/* The result of the model that v is handed on as; or v. */
static const struct value *
behind(const struct side *s, const struct value *v, unsigned hops)
{
	if (v->flags & VALUE_OUTPUT || hops == 0 || !s->hands_on)
		return v;
	for (uint32_t u = s->uses->start[v->id]; u < s->uses->start[v->id + 1]; u++) {
		const struct item *x = passed(s, s->readers[u]);
		const struct value *last = x != NULL && x->n->out[0] != NULL &&
		    x->n->in[item_main(x)] == v ? behind(s, x->n->out[0], hops - 1) : v;

		if (last->flags & VALUE_OUTPUT)
			return last;
	}
	return v;
}

bool
wire_same(const struct aligner *al, const struct value *v, const struct value *w)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	uint32_t p, q;

	if (v == NULL || w == NULL)
		return v == w;
	v = before(a, v);
	w = before(b, w);
	p = v->producer != NULL ? a->of[v->producer->id] : ALIGN_NONE;
	q = w->producer != NULL ? b->of[w->producer->id] : ALIGN_NONE;
	if (p == ALIGN_NONE || q == ALIGN_NONE)
		return p == q && same_input(v, w);
	return a->items[p].pair == q && v->slot == w->slot;
}

static bool
same_output(const struct value *v, const struct value *w)
{
	const struct graph *g = v->graph, *h = w->graph;

	if (!(v->flags & w->flags & VALUE_OUTPUT))
		return false;
	return g->noutputs > ORDERED || h->noutputs > ORDERED ||
	    place_of(g->outputs, g->noutputs, v) == place_of(h->outputs, h->noutputs, w);
}

bool
wire_same_outputs(const struct aligner *al, const struct node *m, const struct node *n)
{
	enum { BEHIND = 4 };

	for (uint32_t i = 0; i < m->nout && i < n->nout; i++) {
		const struct value *v = m->out[i], *w = n->out[i];

		if (v != NULL && w != NULL) {
			v = behind(&al->side[0], v, BEHIND);
			w = behind(&al->side[1], w, BEHIND);
		}
		if (v != NULL && w != NULL && (v->flags | w->flags) & VALUE_OUTPUT &&
		    !same_output(v, w))
			return false;
	}
	return true;
}
