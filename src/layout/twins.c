/* SPDX-License-Identifier: Apache-2.0 */
/* Comparison of blocks. While two blocks are walked side by side their values
 * are paired; a pair that contradicts an earlier one ends it. Constants are
 * compared by type alone: weights of equal layers differ. */
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "ir/graph.h"
#include "ir/tensor.h"
#include "layout/fold.h"
#include "layout/twins.h"

enum { REGION_DEPTH = 32 }; /* regions nested deeper count as different */

struct pair { uint32_t round, other; };

struct twins {
	struct pair *to, *from;  /* by value id: its partner in this round */
	uint32_t round;
	uint32_t *first, *last;  /* by value id: places of its readers, first > last: none */
	const struct node **holder; /* by graph id: see note_regions */
};

static void
note_reader(struct twins *t, const struct value *v, uint32_t place)
{
	if (v == NULL)
		return;
	if (t->first[v->id] > place)
		t->first[v->id] = place;
	if (t->last[v->id] < place)
		t->last[v->id] = place;
}

static void
note_readers(struct twins *t, const struct node *n, uint32_t place)
{
	for (uint32_t i = 0; i < n->nin; i++)
		note_reader(t, n->in[i], place);
}

static bool
has_regions(const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++)
		if (g->nodes[i]->nregions > 0)
			return true;
	return false;
}

/* Readers in regions count as the node of this graph that holds them; holder
 * has it by graph id. Graphs are numbered as they are made: parents first. */
static void
note_regions(struct twins *t, const struct scopes *s)
{
	const struct node **holder = t->holder;

	memset(holder, 0, s->model->ngraphs * sizeof *holder);
	for (uint32_t i = s->graph->id + 1; i < s->model->ngraphs; i++) {
		const struct graph *g = s->model->graphs[i];
		uint32_t place;

		if (g->parent == NULL)
			continue;
		holder[i] = g->parent->graph == s->graph ? g->parent : holder[g->parent->graph->id];
		if (holder[i] == NULL)
			continue;
		place = s->pos[holder[i]->index];
		for (uint32_t k = 0; k < g->nnodes; k++)
			note_readers(t, g->nodes[k], place);
		for (uint32_t k = 0; k < g->noutputs; k++)
			note_reader(t, g->outputs[k], place);
	}
}

/* Places change when scopes_order runs again: readers are noted anew. */
static void
note_all(struct twins *t, struct scopes *s)
{
	uint32_t nvalues = s->model->nvalues;

	memset(t->first, 0xff, (size_t)nvalues * sizeof *t->first);
	memset(t->last, 0, (size_t)nvalues * sizeof *t->last);
	for (uint32_t i = 0; i < s->graph->nnodes; i++)
		note_readers(t, s->graph->nodes[i], s->pos[i]);
	for (uint32_t i = 0; i < s->graph->noutputs; i++)
		note_reader(t, s->graph->outputs[i], UINT32_MAX);
	if (has_regions(s->graph))
		note_regions(t, s);
}

void
twins_prepare(struct scopes *s, struct arena *a)
{
	struct twins *t = s->twins;
	uint32_t n = s->model->nvalues;

	if (t == NULL) {
		t = s->twins = arena_alloc(a, sizeof *t);
		t->to = arena_array(a, n, sizeof *t->to);
		t->from = arena_array(a, n, sizeof *t->from);
		t->first = arena_array(a, n, sizeof *t->first);
		t->last = arena_array(a, n, sizeof *t->last);
		t->holder = arena_array(a, s->model->ngraphs, sizeof(struct node *));
	}
	note_all(t, s);
}

static bool
is_constant(const struct value *v)
{
	return v->constant != NULL || (v->flags & (VALUE_INITIALIZER | VALUE_LITERAL)) != 0;
}

static bool
same_tensor_type(const struct tensor *a, const struct tensor *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->dtype == b->dtype && a->dtype_raw == b->dtype_raw && a->rank == b->rank &&
	    (a->rank == 0 || memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0);
}

static bool
pair_values(struct twins *t, const struct value *a, const struct value *b)
{
	struct pair *to, *from;

	if (a == NULL || b == NULL)
		return a == b;
	if (is_constant(a) || is_constant(b))
		return is_constant(a) && is_constant(b) &&
		    same_tensor_type(a->constant, b->constant);
	to = &t->to[a->id];
	from = &t->from[b->id];
	if (to->round == t->round || from->round == t->round)
		return to->round == from->round && to->other == b->id && from->other == a->id;
	*to = (struct pair){ t->round, b->id };
	*from = (struct pair){ t->round, a->id };
	return true;
}

static bool
pair_lists(struct twins *t, struct value *const *a, struct value *const *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!pair_values(t, a[i], b[i]))
			return false;
	return true;
}

static bool
same_tensors(const struct attr *a, const struct attr *b)
{
	for (uint64_t i = 0; i < a->n; i++)
		if (!same_tensor_type(a->v.tensors[i], b->v.tensors[i]))
			return false;
	return true;
}

/* Lists of n elements; those left in the file count as different. */
static bool
same_bytes(const void *a, const void *b, uint64_t n, size_t size)
{
	return n == 0 || (a != NULL && b != NULL && memcmp(a, b, n * size) == 0);
}

static bool
same_value(const struct attr *a, const struct attr *b)
{
	switch (a->kind) {
	case ATTR_INT:
		return a->v.i == b->v.i;
	case ATTR_FLOAT:
		return memcmp(&a->v.f, &b->v.f, sizeof a->v.f) == 0;
	case ATTR_STRING:
		return a->v.s == b->v.s;
	case ATTR_TENSOR:
	case ATTR_SPARSE:
		return same_tensor_type(a->v.t, b->v.t);
	case ATTR_TYPE:
		return a->v.type == b->v.type;
	case ATTR_INTS:
		return same_bytes(a->v.ints, b->v.ints, a->n, sizeof *a->v.ints);
	case ATTR_FLOATS:
		return same_bytes(a->v.floats, b->v.floats, a->n, sizeof *a->v.floats);
	case ATTR_STRINGS:
		return same_bytes(a->v.strings, b->v.strings, a->n, sizeof(const struct str *));
	case ATTR_TYPES:
		return same_bytes(a->v.types, b->v.types, a->n, sizeof(const struct type *));
	case ATTR_TENSORS:
	case ATTR_SPARSES:
		return same_tensors(a, b);
	case ATTR_GRAPH: /* regions are compared by themselves */
	case ATTR_GRAPHS:
	case ATTR_NONE:
	case ATTR_KIND_COUNT:
		return true;
	}
	return false;
}

static bool
same_attrs(const struct node *a, const struct node *b)
{
	for (uint32_t i = 0; i < a->nattrs; i++) {
		const struct attr *x = &a->attrs[i], *y = &b->attrs[i];

		if (x->name != y->name || x->kind != y->kind || x->n != y->n || x->ref != y->ref)
			return false;
		if (x->list == NULL && y->list == NULL && !same_value(x, y))
			return false;
		if (x->list != NULL || y->list != NULL)
			return false;
	}
	return true;
}

static bool same_node(struct twins *, const struct node *, const struct node *, int depth);

static bool
same_region(struct twins *t, const struct graph *a, const struct graph *b, int depth)
{
	if (depth > REGION_DEPTH || a->role != b->role || a->ninputs != b->ninputs ||
	    a->noutputs != b->noutputs || a->nnodes != b->nnodes ||
	    !pair_lists(t, a->inputs, b->inputs, a->ninputs))
		return false;
	for (uint32_t i = 0; i < a->nnodes; i++)
		if (!same_node(t, a->nodes[i], b->nodes[i], depth))
			return false;
	return pair_lists(t, a->outputs, b->outputs, a->noutputs);
}

static bool
same_node(struct twins *t, const struct node *a, const struct node *b, int depth)
{
	if (a->type != b->type || a->domain != b->domain || a->overload != b->overload ||
	    a->callee != b->callee || a->nin != b->nin || a->nout != b->nout ||
	    a->nattrs != b->nattrs || a->nregions != b->nregions)
		return false;
	if (!same_attrs(a, b) || !pair_lists(t, a->in, b->in, a->nin) ||
	    !pair_lists(t, a->out, b->out, a->nout))
		return false;
	for (uint32_t i = 0; i < a->nregions; i++)
		if (!same_region(t, a->regions[i], b->regions[i], depth + 1))
			return false;
	return true;
}

static bool
read_outside(const struct twins *t, const struct value *v, uint32_t lo, uint32_t n)
{
	uint32_t first = t->first[v->id], last = t->last[v->id];

	return first <= last && (first < lo || last - lo >= n);
}

static bool
same_readers(const struct twins *t, const struct node *x, const struct node *y,
    const uint32_t at[3])
{
	for (uint32_t i = 0; i < x->nout; i++)
		if (x->out[i] != NULL && read_outside(t, x->out[i], at[0], at[2]) !=
		    read_outside(t, y->out[i], at[1], at[2]))
			return false;
	return true;
}

/* The scopes within, by their places. */
static bool
same_place(const struct scopes *s, const struct node *x, const struct node *y, uint32_t off)
{
	const struct scope *c = s->of[x->index], *d = s->of[y->index];

	return c == d || (d->lo - c->lo == off && c->nnodes == d->nnodes &&
	    c->ntotal == d->ntotal && c->depth == d->depth);
}

bool
twins_equal(const struct scopes *s, uint32_t a, uint32_t b, uint32_t n)
{
	struct twins *t = s->twins;
	const uint32_t at[3] = { a, b, n };

	t->round++;
	for (uint32_t i = 0; i < n; i++) {
		const struct node *x = s->order[a + i], *y = s->order[b + i];

		if (!same_place(s, x, y, b - a) || !same_node(t, x, y, 0) ||
		    !same_readers(t, x, y, at))
			return false;
	}
	return true;
}

uint64_t
twins_node(const struct node *n)
{
	uint64_t h = hash_pair((uint64_t)n->type->id << 32 | n->domain->id,
	    (uint64_t)n->nin << 32 | n->nout << 16 | n->nregions << 8 | (n->nattrs & 0xff));

	for (uint32_t i = 0; i < n->nin; i++) {
		const struct value *v = n->in[i];
		const struct tensor *c = v != NULL ? v->constant : NULL;

		if (c != NULL)
			h = hash_pair(h, (uint64_t)c->dtype << 32 | c->rank << 8 | i);
		else if (v == NULL)
			h = hash_pair(h, i);
	}
	return h;
}
