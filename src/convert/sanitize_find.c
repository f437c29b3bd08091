/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that look further: known arithmetic, equal weights, the order. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "convert/sanitize.h"
#include "infer/infer.h"
#include "ir/dim.h"
#include "ir/graph.h"
#include "ir/tensor.h"

/* A value as a constant, when all of its elements are known. */
static const struct sanitize_constant *
known(struct sanitize *s, struct infer *infer, const struct value *v)
{
	const struct type *t = infer_type(infer, v);
	uint32_t n;
	const struct dim *const *d = infer_ints(infer, v, &n);
	struct sanitize_constant *c;
	int64_t *list;

	if (d == NULL || t == NULL || t->tag != TY_TENSOR || !t->has_rank || t->rank > 1 ||
	    t->dtype != DT_I64 || (t->rank == 0 && n != 1) ||
	    (t->rank == 1 && !dim_is(t->dims[0], n)))
		return NULL;
	list = arena_array(s->a, n + 1, sizeof *list);
	for (uint32_t i = 0; i < n; i++)
		if (!dim_number(d[i], &list[i]))
			return NULL;
	c = arena_alloc(s->a, sizeof *c);
	*c = (struct sanitize_constant){ t->rank, n, list };
	return c;
}

/* A node is only replaced as a whole. */
static void
fold_node(struct sanitize *s, struct infer *infer, const struct node *n)
{
	bool whole = n->nout > 0;

	for (uint32_t k = 0; k < n->nout && whole; k++)
		if (n->out[k] != NULL)
			whole = !(n->out[k]->flags & VALUE_OUTPUT) &&
			    known(s, infer, n->out[k]) != NULL;
	if (!whole)
		return;
	s->gone[n->id] = true;
	for (uint32_t k = 0; k < n->nout; k++)
		if (n->out[k] != NULL)
			s->folded[n->out[k]->id] = known(s, infer, n->out[k]);
}

/* Can integers of the graph be given by the caller in place of those in the file? */
static bool
overridable(const struct graph *g)
{
	for (uint32_t i = 0; i < g->ninitializers; i++) {
		const struct value *v = g->initializers[i];

		if (v->flags & VALUE_INPUT && v->constant != NULL &&
		    (v->constant->dtype == DT_I64 || v->constant->dtype == DT_I32))
			return true;
	}
	return false;
}

/* An input with a size that cannot be: it stands for one that is not known, and what
 * is computed from it would be wrong. */
static const struct value *
absurd(const struct model *m)
{
	for (uint32_t g = 0; g < m->ngraphs; g++)
		for (uint32_t i = 0; i < m->graphs[g]->ninputs; i++) {
			const struct value *v = m->graphs[g]->inputs[i];
			bool sized = v->type != NULL && v->type->tag == TY_TENSOR &&
			    v->type->has_rank;

			for (uint32_t k = 0; sized && k < v->type->rank; k++)
				if (v->type->dims[k]->kind == DIM_CONST &&
				    v->type->dims[k]->lo < 0)
					return v;
		}
	return NULL;
}

/* Is the graph run at most once, and with what is known outside of it? Bodies of
 * loops and functions see other values each time. */
static bool
runs_once(const struct graph *g)
{
	for (; g->parent != NULL; g = g->parent->graph)
		if (strcmp(g->parent->type->s, "If") != 0 || g->parent->domain->len > 0)
			return false;
	return g->kind == GRAPH_MAIN;
}

/* A graph inside of the main one that is run again and again. */
static bool
is_loop(const struct graph *g)
{
	const struct graph *top = g;

	while (top->parent != NULL)
		top = top->parent->graph;
	return top->kind == GRAPH_MAIN && !runs_once(g);
}

/* Is it the same each time around? steady: by value, what was found to be. */
static bool
same_each_time(const bool *steady, const struct value *v)
{
	if (v == NULL || steady[v->id] || (v->graph != NULL && runs_once(v->graph)))
		return true;
	return v->producer == NULL && v->constant != NULL && !(v->flags & VALUE_INPUT);
}

static bool
all_steady(const bool *steady, const struct node *n)
{
	for (uint32_t i = 0; i < n->nin; i++)
		if (!same_each_time(steady, n->in[i]))
			return false;
	return n->nregions == 0;
}

/* What is being found to be steady: nodes wait for what they read. */
struct waiting {
	struct uses uses;
	bool *steady;              /* value */
	uint32_t *left;            /* node: operands that are not known to be steady */
	const struct node **ready; /* whose outputs are to be marked */
	uint32_t nready;
};

static void
wait_for_operands(struct waiting *w, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		for (uint32_t k = 0; k < n->nin; k++)
			w->left[n->id] += !same_each_time(w->steady, n->in[k]);
		if (n->nregions == 0 && w->left[n->id] == 0)
			w->ready[w->nready++] = n;
	}
}

/* A value is steady: those that waited for it alone are ready. */
static void
mark_steady(struct waiting *w, const struct value *v)
{
	w->steady[v->id] = true;
	for (uint32_t i = w->uses.start[v->id]; i < w->uses.start[v->id + 1]; i++) {
		const struct node *n = w->uses.list[i].node;

		if (w->left[n->id] > 0 && --w->left[n->id] == 0 && n->nregions == 0)
			w->ready[w->nready++] = n;
	}
}

/* What is computed in loops from constants and from outside is known as well. */
static bool *
find_steady(struct sanitize *s)
{
	const struct model *m = s->m;
	struct waiting w = { .nready = 0 };

	w.steady = arena_array(s->a, m->nvalues + 1, sizeof *w.steady);
	w.left = arena_array(s->a, m->nnodes + 1, sizeof *w.left);
	w.ready = arena_array(s->a, m->nnodes + 1, sizeof *w.ready);
	uses_build(&w.uses, s->a, m);
	for (uint32_t k = 0; k < m->ngraphs; k++)
		if (is_loop(m->graphs[k]))
			wait_for_operands(&w, m->graphs[k]);
	while (w.nready > 0) {
		const struct node *n = w.ready[--w.nready];

		for (uint32_t o = 0; o < n->nout; o++)
			if (n->out[o] != NULL && !same_each_time(w.steady, n->out[o]))
				mark_steady(&w, n->out[o]);
	}
	return w.steady;
}

static void
fold_graph(struct sanitize *s, struct infer *infer, const struct graph *g, const bool *steady)
{
	bool once = runs_once(g);

	for (uint32_t i = 0; (once || is_loop(g)) && i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		if (!s->gone[n->id] && n->nregions == 0 && strcmp(n->type->s, "Constant") != 0 &&
		    (once || all_steady(steady, n)))
			fold_node(s, infer, n);
	}
}

void
sanitize_fold(struct sanitize *s, struct infer *infer)
{
	const struct model *m = s->m;
	const struct value *odd = absurd(m);
	const bool *steady;

	if (m->main == NULL || overridable(m->main))
		return;
	if (odd != NULL) {
		s->refused = arena_printf(s->a, "not done: input '%s' is declared with a size "
		    "below zero, so what is computed from sizes is not known", odd->name->s);
		return;
	}
	steady = find_steady(s);
	for (uint32_t k = 0; k < m->ngraphs; k++)
		fold_graph(s, infer, m->graphs[k], steady);
}

enum { TWIN_BYTES = 64 };

/* An initializer with what tells it from most others. */
struct twin { const struct value *v; uint32_t n; unsigned char first[TWIN_BYTES]; };

/* Of two tensors of one rank; scalars have no list of dims. */
static int
compare_dims(const struct tensor *s, const struct tensor *t)
{
	return s->rank == 0 ? 0 : memcmp(s->dims, t->dims, s->rank * sizeof *s->dims);
}

static int
by_contents(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;
	const struct tensor *s = x->v->constant, *t = y->v->constant;
	int d;

	if (s->dtype != t->dtype)
		return s->dtype < t->dtype ? -1 : 1;
	if (s->rank != t->rank)
		return s->rank < t->rank ? -1 : 1;
	if ((d = compare_dims(s, t)) != 0 ||
	    (d = memcmp(x->first, y->first, TWIN_BYTES)) != 0)
		return d;
	return (x->v->id > y->v->id) - (x->v->id < y->v->id);
}

/* Are the payloads the same, byte for byte? */
static bool
same_payload(struct sanitize *s, const struct tensor *a, const struct tensor *b)
{
	unsigned char x[4096], y[4096];
	struct tensor_read p, q;
	struct arena scratch;
	long n, m;

	arena_init(&scratch, s->ctx);
	tensor_open(&p, a);
	tensor_open(&q, b);
	do {
		n = tensor_fill(&p, &scratch, x, sizeof x);
		m = tensor_fill(&q, &scratch, y, sizeof y);
	} while (n == m && n > 0 && memcmp(x, y, (size_t)n) == 0);
	arena_free(&scratch);
	return n == 0 && m == 0 && p.done == q.done && p.done == tensor_bytes(a);
}

static bool
comparable(const struct value *v)
{
	const struct tensor *t = v->constant;

	return t != NULL && !(v->flags & (VALUE_INPUT | VALUE_OUTPUT | VALUE_SPARSE)) &&
	    t->dtype != DT_STR && !(t->flags & (TENSOR_MISSING | TENSOR_BAD_DIMS)) &&
	    t->sparse == NULL && v->name->len > 0;
}

static void
twins_of(struct sanitize *s, const struct graph *g)
{
	struct twin *list = arena_array(s->a, g->ninitializers + 1, sizeof *list);
	struct arena scratch;
	uint32_t n = 0, first = 0;

	for (uint32_t i = 0; i < g->ninitializers; i++) {
		struct tensor_read r;

		if (!comparable(g->initializers[i]))
			continue;
		arena_init(&scratch, s->ctx);
		list[n].v = g->initializers[i];
		tensor_open(&r, list[n].v->constant);
		tensor_fill(&r, &scratch, list[n].first, TWIN_BYTES);
		arena_free(&scratch);
		n++;
	}
	qsort(list, n, sizeof *list, by_contents);
	for (uint32_t i = 1; i < n; i++) {
		if (list[first].v->constant->dtype != list[i].v->constant->dtype ||
		    list[first].v->constant->numel != list[i].v->constant->numel ||
		    list[first].v->constant->rank != list[i].v->constant->rank ||
		    compare_dims(list[first].v->constant, list[i].v->constant) != 0 ||
		    !same_payload(s, list[first].v->constant, list[i].v->constant)) {
			first = i;
			continue;
		}
		s->alias[list[i].v->id] = list[first].v;
		s->unused[list[i].v->id] = true;
		sanitize_note(s, STEP_DUPLICATES, list[i].v->name->s, arena_printf(s->a,
		    "has the contents of '%s', which stands for it", list[first].v->name->s));
	}
}

void
sanitize_twins(struct sanitize *s)
{
	if (s->m->main != NULL)
		twins_of(s, s->m->main);
}

/* A constant that was made, or one of the file with up to that many numbers. */
struct small { const struct value *v; const struct sanitize_constant *c; bool made; };

static int
by_numbers(const void *a, const void *b)
{
	const struct small *x = a, *y = b;
	int d = 0;

	if (x->c->rank != y->c->rank)
		return x->c->rank < y->c->rank ? -1 : 1;
	if (x->c->n != y->c->n)
		return x->c->n < y->c->n ? -1 : 1;
	for (uint32_t i = 0; i < x->c->n && d == 0; i++)
		d = (x->c->v[i] > y->c->v[i]) - (x->c->v[i] < y->c->v[i]);
	if (d != 0)
		return d;
	if (x->made != y->made) /* those of the file stand for the others */
		return x->made ? 1 : -1;
	return (x->v->id > y->v->id) - (x->v->id < y->v->id);
}

static const struct sanitize_constant *
numbers_of(struct sanitize *s, const struct value *v)
{
	enum { MOST = 64 };
	const struct tensor *t = v->constant;
	struct sanitize_constant *c;
	struct arena scratch;
	int64_t *list;
	bool whole;

	if (!comparable(v) || t->dtype != DT_I64 || t->rank > 1 || t->numel > MOST ||
	    s->alias[v->id] != NULL || s->unused[v->id])
		return NULL;
	list = arena_array(s->a, (uint32_t)t->numel + 1, sizeof *list);
	arena_init(&scratch, s->ctx);
	whole = tensor_first(t, &scratch, list, t->numel) == t->numel;
	arena_free(&scratch);
	c = arena_alloc(s->a, sizeof *c);
	*c = (struct sanitize_constant){ t->rank, (uint32_t)t->numel, list };
	return whole ? c : NULL;
}

void
sanitize_folded_twins(struct sanitize *s, const bool *live)
{
	const struct graph *g = s->m->main;
	uint32_t n = 0, first = 0;
	struct small *list;

	if (g == NULL)
		return;
	list = arena_array(s->a, g->nvalues + 1, sizeof *list);
	for (uint32_t i = 0; i < g->nvalues; i++) {
		const struct value *v = g->values[i];

		list[n] = (struct small){ v, s->folded[v->id], true };
		if (list[n].c == NULL && live[v->id] && v->producer == NULL)
			list[n] = (struct small){ v, numbers_of(s, v), false };
		n += list[n].c != NULL;
	}
	qsort(list, n, sizeof *list, by_numbers);
	for (uint32_t i = 1; i < n; i++) {
		struct small a = list[first], b = list[i];

		a.v = b.v; /* all but which it is */
		a.made = b.made;
		if (!list[i].made || by_numbers(&a, &b) != 0) {
			first = i;
			continue;
		}
		s->alias[b.v->id] = list[first].v;
		s->folded[b.v->id] = NULL;
		sanitize_note(s, STEP_DUPLICATES, b.v->name->s, arena_printf(s->a,
		    "has the contents of '%s', which stands for it", list[first].v->name->s));
	}
}

/* Putting one graph in order: depth first along what nodes read, in file order. */
struct ordering {
	struct sanitize *s;
	const struct graph *g;
	unsigned char *state;      /* node: 0 not seen, 1 on the way, 2 placed */
	const struct node **out;
	uint32_t nout;
	struct frame { const struct node *n; const struct value **reads; uint32_t nreads, at; }
	    *stack;
	uint32_t depth;
	bool cycle;
};

/* What a node and the graphs in it read of g's values. */
static void
add_reads(struct ordering *o, const struct node *n, struct frame *f)
{
	for (uint32_t i = 0; i < n->nin; i++) {
		const struct value *v = sanitize_resolve(o->s, n->in[i]);

		if (v == NULL || v->graph != o->g || v->producer == NULL)
			continue;
		f->reads = arena_grow(o->s->a, f->reads, f->nreads, sizeof *f->reads);
		f->reads[f->nreads++] = v;
	}
	for (uint32_t i = 0; i < n->nregions; i++)
		for (uint32_t k = 0; k < n->regions[i]->nnodes; k++)
			add_reads(o, n->regions[i]->nodes[k], f);
}

static void
enter(struct ordering *o, const struct node *n)
{
	o->stack = arena_grow(o->s->a, o->stack, o->depth, sizeof *o->stack);
	o->stack[o->depth] = (struct frame){ .n = n };
	add_reads(o, n, &o->stack[o->depth]);
	o->depth++;
	o->state[n->index] = 1;
}

static void
place(struct ordering *o, const struct node *n)
{
	if (o->state[n->index] != 0)
		return;
	enter(o, n);
	while (o->depth > 0) {
		struct frame *f = &o->stack[o->depth - 1];
		const struct node *maker;

		if (f->at == f->nreads) {
			o->state[f->n->index] = 2;
			o->out[o->nout++] = f->n;
			o->depth--;
			continue;
		}
		maker = f->reads[f->at++]->producer;
		if (o->state[maker->index] == 1)
			o->cycle = true;
		else if (o->state[maker->index] == 0)
			enter(o, maker);
	}
}

void
sanitize_order(struct sanitize *s)
{
	for (uint32_t g = 0; !s->m->is_sorted && g < s->m->ngraphs; g++) {
		struct ordering o = { .s = s, .g = s->m->graphs[g] };
		uint32_t moved = 0;

		if (o.g->kind == GRAPH_FUNCTION || o.g->nnodes == 0)
			continue;
		o.state = arena_array(s->a, o.g->nnodes, 1);
		o.out = arena_array(s->a, o.g->nnodes, sizeof *o.out);
		for (uint32_t i = 0; i < o.g->nnodes; i++)
			place(&o, o.g->nodes[i]);
		for (uint32_t i = 0; i < o.g->nnodes; i++)
			moved += o.out[i] != o.g->nodes[i];
		if (moved > 0 && !o.cycle)
			s->order[g] = o.out;
		if (moved > 0)
			sanitize_note(s, STEP_ORDER, o.g->name->s, o.cycle ?
			    "has a cycle: its nodes were left as they are" :
			    arena_printf(s->a, "%u nodes were put in order", moved));
	}
}
