/* SPDX-License-Identifier: Apache-2.0 */
/* The most memory at once: what each value holds and until when. A view keeps
 * alive what it shows, a list what is in it, a node what its regions read. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/cost_state.h"
#include "ops/sig.h"

enum { NEST = 4 };

struct life {
	struct infer *f;
	const struct value **root;   /* by value id: whose memory it is */
	uint32_t *last;              /* by value id: index in its graph of the node after which
	                              * it is free */
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

/* --- whose memory ---------------------------------------------------------- */

/* The operand that has the mark of output k in the signature: "out:tensor^a". */
static const struct value *
marked_operand(const struct life *l, const struct node *n, uint32_t k)
{
	const struct sig_arg *out;
	char name[64];
	struct sig s;

	if (!sig_parse(n->op, &s) || (out = sig_arg_at(s.out, s.nout, k)) == NULL ||
	    out->alias == '\0')
		return NULL;
	for (uint32_t i = 0; i < s.nin; i++) {
		if (s.in[i].alias != out->alias || s.in[i].name_len >= sizeof name)
			continue;
		memcpy(name, s.in[i].name, s.in[i].name_len);
		name[s.in[i].name_len] = '\0';
		return arg_value(l->f, n, name);
	}
	return NULL;
}

static bool
first_is_marked(const struct node *n)
{
	const char *s = n->op->signature;

	s += strcspn(s, "&^ ");
	return *s == '&' || *s == '^';
}

/* Item i of a list or tuple: of what it was made of, or of what all of it shows. */
static const struct value *
item_of(const struct life *l, const struct value *list, uint32_t i)
{
	const struct node *p = list->producer;

	if (root_of(l, list) != list)
		return root_of(l, list);
	if (p == NULL || (!named(p, "ListConstruct") && !named(p, "TupleConstruct")))
		return NULL;
	return operand(p, i);
}

/* The value that output k shows, which keeps its memory; NULL: it has its own. */
static const struct value *
shown(const struct life *l, const struct node *n, uint32_t k)
{
	const struct value *first = operand(n, 0);
	int64_t at;

	if (n->op == NULL || first == NULL)
		return NULL;
	if (l->f->model->dialect != DIALECT_ATEN)
		return k == 0 && cost_is_view(n) ? first : NULL;
	if (named(n, "ListUnpack") || named(n, "TupleUnpack"))
		return item_of(l, first, k);
	if (named(n, "__getitem__") || named(n, "TupleIndex"))
		return !arg_number(l->f, n, named(n, "TupleIndex") ? "index" : "idx", &at) ||
		    at < 0 || at > UINT32_MAX ? NULL : item_of(l, first, (uint32_t)at);
	if (n->op->flags & (OP_VIEW | OP_WRITES))
		return first_is_marked(n) && (k == 0 || n->op->flags & OP_VIEW) ? first :
		    marked_operand(l, n, k);
	return k == 0 && cost_is_view(n) ? first : NULL;
}

static void
find_roots(struct life *l, const struct graph *g)
{
	const struct value *v;

	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		for (uint32_t k = 0; k < n->nout; k++) {
			if (n->out[k] == NULL)
				continue;
			l->last[n->out[k]->id] = i;
			if ((v = shown(l, n, k)) != NULL)
				l->root[n->out[k]->id] = root_of(l, v);
		}
		for (uint32_t k = 0; k < n->nregions; k++)
			find_roots(l, n->regions[k]);
	}
}

/* --- until when ------------------------------------------------------------ */

/* A number holds no tensor, whatever it was made of. */
static bool
may_hold(struct life *l, const struct value *v)
{
	const struct type *t = fact_of(l->f, v)->type;

	return !is_tensor(t) && !is_scalar(t);
}

/* Index i of graph g is where v is read: in the graph of its memory that is the
 * node in which g lies. */
static void
note_use(struct life *l, const struct value *v, const struct graph *g, uint32_t i, int depth)
{
	const struct value *r = root_of(l, v);
	const struct node *p = v->producer;
	const struct graph *at = g;
	uint32_t index = i;

	while (at != r->graph && at->parent != NULL) {
		index = at->parent->index;
		at = at->parent->graph;
	}
	if (at == r->graph && index > l->last[r->id])
		l->last[r->id] = index;
	if (p == NULL || p->op == NULL || depth == NEST || !may_hold(l, v))
		return;
	for (uint32_t k = 0; k < p->nin; k++)
		if (p->in[k] != NULL)
			note_use(l, p->in[k], g, i, depth + 1);
}

static void
find_uses(struct life *l, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		for (uint32_t k = 0; k < n->nin; k++)
			if (n->in[k] != NULL)
				note_use(l, n->in[k], g, i, 0);
		for (uint32_t k = 0; k < n->nregions; k++)
			find_uses(l, n->regions[k]);
	}
	for (uint32_t i = 0; i < g->noutputs; i++)
		if (g->outputs[i] != NULL)
			note_use(l, g->outputs[i], g, g->nnodes, 0);
}

/* --- how much -------------------------------------------------------------- */

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

static void
take_peak(struct life *l, const struct node *n, uint64_t bytes)
{
	if (bytes <= l->peak->sample && l->peak->node != NULL)
		return;
	l->peak->sample = bytes;
	l->peak->node = n;
}

static bool
is_branch(const struct node *n)
{
	return n->op != NULL && n->op->sem == SEM_IF;
}

/* What a branch made is the result: while it runs there is not both. */
static bool
is_made(const struct node *n, const struct node *at)
{
	return n->index < at->index || (n == at && !is_branch(n));
}

static void
find_graph(struct life *l, const struct graph *g, uint64_t below)
{
	uint32_t *first = arena_array(l->f->arena, (size_t)g->nnodes + 2, sizeof *first);
	uint32_t *next = arena_array(l->f->arena, g->nvalues, sizeof *next);
	uint64_t live = below, made;

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

		made = 0;
		for (uint32_t k = 0; k < n->nout; k++)
			made += n->out[k] != NULL ? l->bytes[n->out[k]->id] : 0;
		for (uint32_t k = 0; k < n->nregions; k++)
			find_graph(l, n->regions[k], is_branch(n) ? live : live + made);
		live += made;
		take_peak(l, n, live);
		for (uint32_t k = first[i]; k > 0; k = next[k - 1]) /* nothing reads them now */
			if (g->values[k - 1]->producer == NULL ||
			    g->values[k - 1]->producer->index <= i)
				live -= l->bytes[g->values[k - 1]->id];
	}
}

/* The values alive while the dearest node runs, as arithmetic. */
static const struct dim *
sum_alive(struct life *l, const struct node *peak)
{
	const struct dim *sum = dk(l->f, 0);

	for (const struct node *at = peak; at != NULL; at = at->graph->parent) {
		const struct graph *g = at->graph;

		for (uint32_t i = 0; i < g->nvalues; i++) {
			const struct value *v = g->values[i];

			if (l->bytes[v->id] > 0 && l->last[v->id] >= at->index &&
			    (v->producer == NULL || v->producer == peak ||
			    is_made(v->producer, at)))
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
	find_roots(&l, m->main);
	find_uses(&l, m->main);
	find_graph(&l, m->main, 0);
	peak->bytes = sum_alive(&l, peak->node);
}
