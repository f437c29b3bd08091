/* SPDX-License-Identifier: Apache-2.0 */
/* Items: nodes with what can be compared across formats. */
#include <stdlib.h>
#include <string.h>

#include "align/setting.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/str.h"
#include "infer/infer.h"
#include "ir/tensor.h"
#include "ir/type.h"

/* Operations that collide would be taken for the same: the key need not be secret. */
#define OP_KEY UINT64_C(0x51a3b9c7d2e4f687)

const struct type *
item_type(const struct side *s, const struct value *v)
{
	const struct type *t = s->given->types != NULL ? infer_type(s->given->types, v) : NULL;

	return t != NULL ? t : v->type;
}

/* Converters drop such nodes when they do nothing: their types tell. */
static bool
is_idle(const struct side *s, const struct item *x)
{
	bool may = x->sem == SEM_SLICE || x->sem == SEM_EXPAND || x->sem == SEM_RESHAPE ||
	    x->sem == SEM_CAST || x->sem == SEM_IDENTITY;
	uint32_t i = may ? item_main(x) : ALIGN_NONE;

	return i != ALIGN_NONE && x->type != NULL && x->type->has_rank &&
	    x->n->in[i] != NULL && item_type(s, x->n->in[i]) == x->type;
}

/* A model has few kinds of nodes. */
static uint64_t
op_hash(struct side *s, const struct node *n)
{
	uint32_t i = n->type->id % OPS;
	const struct str *d = n->domain;

	if (s->ops[i].type != n->type || s->ops[i].domain != d) {
		s->ops[i].type = n->type;
		s->ops[i].domain = d;
		s->ops[i].op = hash_bytes(OP_KEY + s->given->model->dialect, d->s, d->len);
		s->ops[i].op = hash_bytes(s->ops[i].op, n->type->s, n->type->len);
	}
	return s->ops[i].op;
}

static void
add_item(struct side *s, const struct node *n)
{
	struct item *x = &s->items[s->n];

	x->n = n;
	x->pair = x->guess = x->with = ALIGN_NONE;
	x->chief = s->n;
	x->sem = n->op != NULL ? n->op->sem : SEM_NONE;
	x->dialect = s->given->model->dialect;
	x->op = op_hash(s, n);
	x->type = n->nout > 0 && n->out[0] != NULL ? item_type(s, n->out[0]) : NULL;
	x->idle = is_idle(s, x);
	s->hands_on = s->hands_on || kin_hands_on(x);
	s->of[n->id] = s->n++;
}

static void
add_graph(struct side *s, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		if (op_is_constant(n) || s->of[n->id] != ALIGN_NONE)
			continue;
		add_item(s, n);
		for (uint32_t k = 0; k < n->nregions; k++)
			add_graph(s, n->regions[k]);
	}
}

static bool
is_weight(const struct value *v)
{
	if (v->flags & VALUE_LITERAL)
		return false;
	if (v->producer != NULL)
		return op_is_constant(v->producer);
	return v->constant != NULL || (v->flags & VALUE_INITIALIZER) != 0;
}

void
item_weights(struct aligner *al, struct side *s)
{
	const struct model *m = s->given->model;

	for (uint32_t i = 0; i < m->ngraphs; i++) {
		const struct graph *g = m->graphs[i];

		for (uint32_t k = 0; k < g->nvalues; k++) {
			const struct value *v = g->values[k];
			struct weight w = { .v = v, .first = s->uses->start[v->id] };

			w.n = s->uses->start[v->id + 1] - w.first;
			if (w.n == 0 || !is_weight(v) || !weight_is_open(s, &w))
				continue;
			s->weights = arena_grow(al->arena, s->weights, s->nweights, sizeof w);
			s->weights[s->nweights++] = w;
		}
	}
}

/* Items that read, in the order of uses; ALIGN_NONE for nodes that are none. */
static void
note_readers(struct aligner *al, struct side *s)
{
	uint32_t total = s->uses->start[s->given->model->nvalues];

	s->readers = arena_array(al->arena, total, sizeof *s->readers);
	for (uint32_t i = 0; i < total; i++)
		s->readers[i] = s->of[s->uses->list[i].node->id];
}

/* The item right behind which x stands wherever it was written: a converter puts casts
 * and transpositions before their first reader, others write them where they are made. */
static uint32_t
anchor_of(const struct side *s, const struct item *x)
{
	uint32_t p = item_source(s, x);

	if ((x->sem != SEM_CAST && x->sem != SEM_TRANSPOSE) || p == ALIGN_NONE ||
	    s->items[p].n->graph != x->n->graph || s->items[p].n->nregions > 0)
		return ALIGN_NONE;
	return p;
}

/* Bring items that may stand anywhere behind what they read. */
static void
settle(struct aligner *al, struct side *s)
{
	struct item *made = arena_array(al->arena, s->n, sizeof *made);
	uint32_t *first = arena_array(al->arena, s->n, sizeof *first), *next, *stack, n = 0;

	next = arena_array(al->arena, s->n, sizeof *next);
	stack = arena_array(al->arena, s->n, sizeof *stack);
	memset(first, 0xff, s->n * sizeof *first);
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t p = anchor_of(s, &s->items[i]);

		/* the last one that was written comes off the stack last */
		next[i] = p != ALIGN_NONE ? first[p] : ALIGN_NONE;
		if (p != ALIGN_NONE)
			first[p] = i;
	}
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t top = 0;

		if (anchor_of(s, &s->items[i]) != ALIGN_NONE)
			continue;
		stack[top++] = i;
		while (top > 0) {
			uint32_t at = stack[--top];

			made[n++] = s->items[at];
			for (uint32_t k = first[at]; k != ALIGN_NONE; k = next[k])
				stack[top++] = k;
		}
	}
	s->items = made;
	for (uint32_t i = 0; i < n; i++) {
		made[i].chief = i;
		s->of[made[i].n->id] = i;
	}
}

static enum naming
naming_of(const struct aligner *al)
{
	const struct model *a = al->side[0].given->model, *b = al->side[1].given->model;

	if (al->same_format)
		return NAMES_OWN;
	if (strcmp(a->format, "torchscript") == 0 || strcmp(b->format, "torchscript") == 0)
		return NAMES_CODE;
	return a->dialect == DIALECT_MIL || b->dialect == DIALECT_MIL ? NAMES_EXPORTED :
	    NAMES_KEPT;
}

/* Where a converter's own count ran into a name of the source's, the one that has the
 * name may be either. */
static void
doubt_names(struct aligner *al, struct side *s)
{
	struct keys *k = &al->keys;
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++)
		n += s->items[i].weak != 0;
	keys_init(k, al->arena, n);
	for (uint32_t i = 0; i < s->n; i++)
		keys_add(k, s->items[i].weak, i);
	for (uint32_t i = 0; i < s->n && n > 0; i++) {
		struct item *x = &s->items[i];

		if (x->names[0] == 0 || keys_find(k, x->names[0]) == ALIGN_NONE)
			continue;
		x->weak = x->names[0];
		x->names[0] = 0;
	}
}

/* The names of an item: of its first result, and its own; NULL: it has none. */
static const struct str *
item_name(const struct item *x, unsigned k)
{
	const struct node *n = x->n;

	return k == 1 ? n->name : n->nout > 0 && n->out[0] != NULL ? n->out[0]->name : NULL;
}

/* How the names of items without a pair begin. */
static const struct words *
words_of_side(struct aligner *al, const struct side *s)
{
	struct words *w = arena_alloc(al->arena, sizeof *w);

	for (uint32_t i = 0; i < s->n; i++)
		for (unsigned k = 0; k < ITEM_NAMES && s->items[i].pair == ALIGN_NONE; k++)
			if (item_name(&s->items[i], k) != NULL)
				words_add(w, item_name(&s->items[i], k));
	return w;
}

/* other: how those of the other side begin; NULL: names tell more than which is which. */
static void
names_of_side(struct side *s, enum naming naming, const struct words *other)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct item *x = &s->items[i];
		bool may = other == NULL;

		if (x->pair != ALIGN_NONE)
			continue;
		for (unsigned k = 0; k < ITEM_NAMES && !may; k++)
			may = item_name(x, k) != NULL && words_has(other, item_name(x, k));
		if (may)
			name_item(x, naming);
	}
}

uint64_t
item_scope(const struct item *x)
{
	struct scopes scopes = { .n = 0 };

	return x->scoped ? x->scope : name_scope(&scopes, x->n);
}

bool
item_same_scope(const struct item *x, const struct item *y)
{
	const struct node *m = x->n, *n = y->n;
	uint64_t scope;

	if (wire_same_name(m->scope, n->scope) && wire_same_name(m->name, n->name))
		return name_has_scope(m);
	if (!name_has_scope(n) || !name_has_scope(m))
		return false;
	scope = item_scope(x);
	return scope != 0 && scope == item_scope(y);
}

bool
item_names(struct aligner *al)
{
	enum naming naming = naming_of(al);

	bool own = naming == NAMES_OWN;
	const struct words *a = own ? words_of_side(al, &al->side[0]) : NULL;
	const struct words *b = own ? words_of_side(al, &al->side[1]) : NULL;

	if (own && !words_share(a, b))
		return false;
	names_of_side(&al->side[0], naming, b);
	names_of_side(&al->side[1], naming, a);
	for (unsigned k = 0; k < 2 && naming == NAMES_EXPORTED; k++)
		if (al->side[k].given->model->dialect == DIALECT_MIL)
			doubt_names(al, &al->side[k]);
	return true;
}

/* Is it passed through on the way to what an item works on? */
static bool
is_through(const struct item *x)
{
	return x->sem == SEM_CAST || x->sem == SEM_SEQUENCE || x->sem == SEM_IDENTITY ||
	    x->sem == SEM_DROPOUT || x->sem == SEM_DEVICE_COPY;
}

static void
note_origin(const struct side *s, uint32_t i)
{
	struct item *x = &s->items[i];
	uint32_t n = 0;

	for (uint32_t o = 0; o < x->n->nin && n < ITEM_FROM; o++) {
		uint32_t p = item_producer(s, x, o);
		const struct item *y = p != ALIGN_NONE ? &s->items[p] : NULL;

		if (y != NULL && p < i && is_through(y))
			for (uint32_t k = 0; k < ITEM_FROM && n < ITEM_FROM &&
			    y->from[k] != ALIGN_NONE; k++)
				x->from[n++] = y->from[k];
		else if (y != NULL)
			x->from[n++] = p;
	}
	while (n < ITEM_FROM)
		x->from[n++] = ALIGN_NONE;
}

void
item_places(struct aligner *al, struct side *s)
{
	struct scopes scopes = { .n = 0 };

	for (uint32_t i = 0; i < s->n; i++) {
		struct item *x = &s->items[i];

		if (x->pair == ALIGN_NONE || is_through(x))
			note_origin(s, i);
		if (x->pair != ALIGN_NONE)
			continue;
		x->scope = name_scope(&scopes, x->n);
		x->scoped = true;
	}
	ctx_step(al->ctx);
}

bool
item_any_free(const struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->items[i].pair == ALIGN_NONE)
			return true;
	return false;
}

static bool
is_loop(const struct node *n)
{
	return n->nregions > 0 && n->op != NULL && n->op->sem == SEM_LOOP;
}

static bool
in_loop(const struct node *n)
{
	while ((n = n->graph->parent) != NULL)
		if (is_loop(n))
			return true;
	return false;
}

static bool
has_loops(const struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (is_loop(s->items[i].n))
			return true;
	return false;
}

struct named { uint64_t name; uint32_t item; };

static int
by_hash(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return x->name != y->name ? (x->name > y->name) - (x->name < y->name) :
	    (x->item > y->item) - (x->item < y->item);
}

/* Transpositions by name, sorted. */
static struct named *
transpositions(struct aligner *al, const struct side *s, bool weak, uint32_t *n)
{
	struct named *list = arena_array(al->arena, s->n, sizeof *list);

	*n = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		uint64_t name = weak ? s->items[i].weak : s->items[i].names[0];

		if (s->items[i].sem == SEM_TRANSPOSE && name != 0)
			list[(*n)++] = (struct named){ name, i };
	}
	qsort(list, *n, sizeof *list, by_hash);
	return list;
}

/* Transpositions of a program that have the name of one of the source's may be it; a
 * pass counts by itself as well, and then there are two. */
static void
recall_transpositions(struct aligner *al, const struct side *a, struct side *b)
{
	uint32_t na, nb, at = 0;
	struct named *la = transpositions(al, a, false, &na);
	struct named *lb = transpositions(al, b, true, &nb);

	for (uint32_t i = 0; i < nb; i++) {
		struct item *y = &b->items[lb[i].item], *z = NULL;
		const struct type *t;

		if (i + 1 < nb && lb[i + 1].name == lb[i].name)
			z = &b->items[lb[++i].item];
		while (at < na && la[at].name < lb[i].name)
			at++;
		if (at == na || la[at].name != lb[i].name)
			continue;
		t = a->items[la[at].item].type;
		if (z == NULL) {
			y->apart = false;
		} else if (kin_dims(t, y->type) > 0 && kin_dims(t, z->type) <= 0) {
			y->apart = false;
			z->apart = true;
		} else {
			y->apart = true;
			z->apart = false;
		}
	}
}

/* What is in loops goes with them when the other side has none: recurrent layers become
 * loops. */
void
item_nest(struct aligner *al)
{
	bool has[2] = { has_loops(&al->side[0]), has_loops(&al->side[1]) };

	for (unsigned k = 0; k < 2; k++)
		if (al->side[k].given->model->dialect == DIALECT_MIL)
			recall_transpositions(al, &al->side[1 - k], &al->side[k]);
	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 0; has[k] && !has[1 - k] && i < al->side[k].n; i++)
			if (in_loop(al->side[k].items[i].n))
				al->side[k].items[i].apart = true;
}

bool
item_measures(const struct item *x, uint32_t operand)
{
	enum { LIKE = 4 };
	const struct str *type = x->n->type;
	const char *end = type->len > LIKE ? type->s + type->len - LIKE : "";

	return operand == 0 && (x->sem == SEM_RANDOM || x->sem == SEM_FILL || x->sem == SEM_EYE) &&
	    (strcmp(end, "like") == 0 || strcmp(end, "Like") == 0 ||
	    strncmp(type->s, "new_", LIKE) == 0);
}

uint32_t
item_reader(const struct side *s, const struct item *x)
{
	const struct value *v = x->n->nout > 0 ? x->n->out[0] : NULL;
	uint32_t u = v != NULL ? s->uses->start[v->id] : 0;

	return v != NULL && s->uses->start[v->id + 1] == u + 1 ? s->readers[u] : ALIGN_NONE;
}

/* Follows x, item i, from what stands before it and is fixed, or from nothing? */
static bool
is_fixed(const struct side *s, const struct item *x, uint32_t i)
{
	if (x->sem == SEM_SHAPE || x->sem == SEM_SIZE)
		return true;
	if (x->n->nregions > 0 || x->n->callee != NULL || x->sem == SEM_RANDOM ||
	    x->sem == SEM_STATE || x->sem == SEM_NONE || x->sem == SEM_DROPOUT)
		return false;
	for (uint32_t o = 0; o < x->n->nin; o++) {
		const struct value *v = x->n->in[o];
		uint32_t p = item_producer(s, x, o);

		if (item_measures(x, o))
			continue;
		if (p != ALIGN_NONE ? p >= i || !s->items[p].fixed :
		    v != NULL && !wire_is_weight(v) && !(v->flags & VALUE_INITIALIZER))
			return false;
	}
	return true;
}

static void
note_fixed(struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		s->items[i].fixed = is_fixed(s, &s->items[i], i);
}

/* Is it there for more than its results? */
static bool
is_needed(const struct item *x)
{
	const struct node *n = x->n;
	bool writes = n->op == NULL || n->op->flags & OP_WRITES || x->sem == SEM_STATE ||
	    (x->dialect == DIALECT_ATEN && n->type->len > 0 && n->type->s[n->type->len - 1] == '_');

	for (uint32_t o = 0; o < n->nout && !writes; o++)
		writes = n->out[o] != NULL && n->out[o]->flags & VALUE_OUTPUT;
	return writes || n->nout == 0 || n->nregions > 0 || n->callee != NULL ||
	    n->graph->parent != NULL;
}

/* What no result comes from; of a model that is cut short nobody knows. */
void
item_dead(struct aligner *al, struct side *s)
{
	const struct model *m = s->given->model;
	uint32_t *stack = arena_array(al->arena, s->n, sizeof *stack), n = 0;

	for (uint32_t i = 0; i < s->n && !m->partial && m->main->noutputs > 0; i++) {
		s->items[i].dead = !is_needed(&s->items[i]);
		if (!s->items[i].dead)
			stack[n++] = i;
	}
	while (n > 0) {
		const struct item *x = &s->items[stack[--n]];

		for (uint32_t o = 0; o < x->n->nin; o++) {
			uint32_t p = item_producer(s, x, o);

			if (p == ALIGN_NONE || !s->items[p].dead)
				continue;
			s->items[p].dead = false;
			stack[n++] = p;
		}
	}
}

/* Arithmetic that changes nothing. */
static void
note_idle(struct aligner *al, struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct item *x = &s->items[i];

		x->idle = (x->idle && !geometry_reverses(al, s, x)) || number_is_idle(al, s, x);
	}
}

/* One operation of PyTorch is a convolution or a transposed one. */
static void
note_transposed(struct aligner *al, struct side *s)
{
	double is = 0;

	for (uint32_t i = 0; i < s->n; i++)
		if (s->items[i].sem == SEM_CONV && s->items[i].dialect == DIALECT_ATEN &&
		    setting_number(&is, al, s, s->items[i].n, "transposed", 0) && is != 0)
			s->items[i].sem = SEM_CONV_TRANSPOSE;
}

void
item_collect(struct aligner *al, struct side *s)
{
	const struct model *m = s->given->model;
	struct uses *uses = arena_alloc(al->arena, sizeof *uses);

	uses_build(uses, al->arena, m);
	s->uses = uses;
	s->items = arena_array(al->arena, m->nnodes, sizeof *s->items);
	s->of = arena_array(al->arena, m->nnodes, sizeof *s->of);
	memset(s->of, 0xff, m->nnodes * sizeof *s->of);
	if (m->main != NULL)
		add_graph(s, m->main);
	if (!al->same_format) {
		note_transposed(al, s);
		note_idle(al, s);
		settle(al, s);
		note_fixed(s);
	}
	note_readers(al, s);
}

uint32_t
item_source(const struct side *s, const struct item *x)
{
	uint32_t i = item_main(x);

	return i != ALIGN_NONE ? item_producer(s, x, i) : ALIGN_NONE;
}

static bool
is_named_as(const struct node *n, uint32_t i, int64_t k)
{
	return k >= 0 && k < n->nnamed && n->in_name[k] == n->in_name[i];
}

/* In steps that double: a list may have 100,000. */
uint32_t
node_named_edge(const struct node *n, uint32_t i, int dir)
{
	int64_t at = i, step = dir;

	for (; is_named_as(n, i, at + step); step *= 2)
		at += step;
	for (; step != 0; step /= 2)
		if (is_named_as(n, i, at + step))
			at += step;
	return (uint32_t)at;
}

uint32_t
node_nth_named(const struct node *n, uint32_t i)
{
	return i < n->nnamed ? i - node_named_edge(n, i, -1) : 0;
}

uint64_t
node_named_place(const struct node *n, uint32_t i)
{
	const struct str *name = n->in_name[i];

	return name == NULL ? i : hash_bytes(OP_KEY, name->s, name->len) +
	    node_nth_named(n, i);
}
