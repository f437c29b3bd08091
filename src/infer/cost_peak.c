/* SPDX-License-Identifier: Apache-2.0 */
/* The most memory at once: what each value holds and until when. A view keeps
 * alive what it shows; a list what is in it. */
#include "base/arena.h"
#include "base/str.h"
#include "infer/cost_state.h"

enum { NEST = 4 };

struct life {
	struct infer *f;
	const struct value **root;   /* by value id: whose memory it is */
	uint32_t *last;              /* by value id: node index after which it is free */
	uint64_t *bytes;             /* by value id, for sample sizes */
	struct cost_peak *peak;
};

static uint64_t
bounded_mul(uint64_t a, uint64_t b)
{
	uint64_t r;

	return a == UINT64_MAX || b == UINT64_MAX || __builtin_mul_overflow(a, b, &r) ?
	    UINT64_MAX : r;
}

/* What a symbol stands for in the sample. */
static uint64_t
sample_symbol(const struct dim *d)
{
	int64_t lo, hi;

	dim_bounds(d, &lo, &hi);
	return (uint64_t)(lo > 16 ? lo : hi < 16 && hi >= 0 ? hi : 16);
}

static uint64_t
sample_sum(const struct dim *d)
{
	int64_t sum = d->lo, part;
	uint64_t v;

	for (uint32_t i = 0; i < d->n; i++) {
		v = cost_sample(d->op[i]);
		if (v > INT64_MAX || __builtin_mul_overflow(d->list[i], (int64_t)v, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return UINT64_MAX;
	}
	return sum < 0 ? 0 : (uint64_t)sum;
}

uint64_t
cost_sample(const struct dim *d)
{
	uint64_t a, b;

	switch ((unsigned)d->kind) {
	case DIM_CONST: return d->lo < 0 ? UINT64_MAX : (uint64_t)d->lo;
	case DIM_SYM: case DIM_RANGE: case DIM_CHOICE: return sample_symbol(d);
	case DIM_SUM: return sample_sum(d);
	case DIM_PRODUCT:
		for (a = 1, b = 0; b < d->n; b++)
			a = bounded_mul(a, cost_sample(d->op[b]));
		return a;
	case DIM_FLOOR: case DIM_MIN: case DIM_MAX: case DIM_BROADCAST:
		a = cost_sample(d->op[0]);
		b = cost_sample(d->op[1]);
		if (a == UINT64_MAX || b == UINT64_MAX || (d->kind == DIM_FLOOR && b == 0))
			return UINT64_MAX;
		return d->kind == DIM_FLOOR ? a / b : (d->kind == DIM_MIN) == (a < b) ? a : b;
	default: return UINT64_MAX;
	}
}

static const struct value *
root_of(const struct life *l, const struct value *v)
{
	return l->root[v->id] != NULL ? l->root[v->id] : v;
}

static void
note_use(struct life *l, const struct value *v, uint32_t at, int depth)
{
	const struct value *r = root_of(l, v);
	const struct node *p = v->producer;

	if (at > l->last[r->id])
		l->last[r->id] = at;
	if (p == NULL || p->op == NULL || depth == NEST || is_tensor(fact_of(l->f, v)->type))
		return;
	for (uint32_t i = 0; i < p->nin; i++)
		if (p->in[i] != NULL)
			note_use(l, p->in[i], at, depth + 1);
}

static uint64_t
size_of(struct life *l, const struct value *v)
{
	const struct type *t = fact_of(l->f, v)->type;
	uint64_t n;

	if (root_of(l, v) != v || cost_is_weight(v) || v->flags & VALUE_LITERAL ||
	    (t != NULL && !is_tensor(t)))
		return 0;
	n = cost_sample(cost_bytes(l->f, fact_of(l->f, v)));
	l->peak->partial |= n == UINT64_MAX;
	return n == UINT64_MAX ? 0 : n;
}

static void find_graph(struct life *, const struct graph *, uint64_t below);

/* How long all of a graph's values live, and the roots of views. */
static void
find_lives(struct life *l, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		if (n->nout > 0 && n->out[0] != NULL && n->nin > 0 && n->in[0] != NULL &&
		    n->in[0]->graph == g && cost_is_view(n))
			l->root[n->out[0]->id] = root_of(l, n->in[0]);
	}
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		for (uint32_t k = 0; k < n->nin; k++)
			if (n->in[k] != NULL && n->in[k]->graph == g)
				note_use(l, n->in[k], i, 0);
	}
	for (uint32_t i = 0; i < g->noutputs; i++)
		if (g->outputs[i] != NULL && g->outputs[i]->graph == g)
			note_use(l, g->outputs[i], g->nnodes, 0);
}

static void
take_peak(struct life *l, const struct node *n, uint64_t bytes)
{
	if (bytes <= l->peak->sample && l->peak->node != NULL)
		return;
	l->peak->sample = bytes;
	l->peak->node = n;
}

/* Values freed after node i: lists by their last use. */
static void
find_graph(struct life *l, const struct graph *g, uint64_t below)
{
	uint32_t *first = arena_array(l->f->arena, (size_t)g->nnodes + 2, sizeof *first);
	uint32_t *next = arena_array(l->f->arena, g->nvalues, sizeof *next);
	uint64_t live = below;

	find_lives(l, g);
	for (uint32_t i = 0; i < g->nvalues; i++) {
		const struct value *v = g->values[i];
		uint32_t at = l->last[v->id];

		l->bytes[v->id] = size_of(l, v);
		next[i] = first[at];
		first[at] = i + 1;
		if (v->producer == NULL)
			live += l->bytes[v->id];
	}
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		for (uint32_t k = 0; k < n->nout; k++)
			live += n->out[k] != NULL ? l->bytes[n->out[k]->id] : 0;
		take_peak(l, n, live);
		for (uint32_t k = 0; k < n->nregions; k++)
			find_graph(l, n->regions[k], live);
		for (uint32_t k = first[i]; k > 0; k = next[k - 1])
			if (g->values[k - 1]->producer == NULL ||
			    g->values[k - 1]->producer->index <= i)
				live -= l->bytes[g->values[k - 1]->id];
	}
}

/* The values alive while the dearest node runs, as arithmetic. */
static const struct dim *
sum_alive(struct life *l, const struct node *at)
{
	const struct dim *sum = dk(l->f, 0);
	const struct graph *g;

	for (; at != NULL; at = g->parent) {
		g = at->graph;
		for (uint32_t i = 0; i < g->nvalues; i++) {
			const struct value *v = g->values[i];

			if (l->bytes[v->id] > 0 && l->last[v->id] >= at->index &&
			    (v->producer == NULL || v->producer->index <= at->index))
				sum = dim_add(l->f->types, sum,
				    cost_bytes(l->f, fact_of(l->f, v)));
		}
	}
	return sum;
}

void
cost_find_peak(struct infer *f, struct cost_peak *peak)
{
	struct life l = { .f = f, .peak = peak };
	const struct model *m = f->model;

	peak->bytes = dk(f, 0);
	if (m->main == NULL)
		return;
	l.root = arena_array(f->arena, m->nvalues, sizeof *l.root);
	l.last = arena_array(f->arena, m->nvalues, sizeof *l.last);
	l.bytes = arena_array(f->arena, m->nvalues, sizeof *l.bytes);
	find_graph(&l, m->main, 0);
	peak->bytes = sum_alive(&l, peak->node);
}
