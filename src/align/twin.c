/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: converters make one of nodes that compute the same from the same. Where one
 * of them has a counterpart, those without go with it. */
#include <stdlib.h>
#include <string.h>

#include "align/state.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/str.h"
#include "ir/tensor.h"

#define TWIN_KEY UINT64_C(0x7c15e27d9b14ad35)
/* Elements of a constant up to which they are looked at, and their bytes at most. */
enum { FEW = 64, WIDEST = 16 };

struct twin { uint64_t key; uint32_t item; };

static uint64_t
pointer_key(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static uint64_t
constant_key(struct aligner *al, const struct value *v, const struct tensor *t)
{
	unsigned char buf[FEW * WIDEST];
	unsigned bytes = dtype_bits(t->dtype) / 8;
	struct arena scratch;
	uint64_t key = hash_pair((uint64_t)t->dtype, t->rank), n;

	if (t->numel > FEW || bytes == 0 || bytes > WIDEST)
		return hash_pair(TWIN_KEY, v->id);
	for (uint32_t i = 0; i < t->rank; i++)
		key = hash_pair(key, (uint64_t)t->dims[i]);
	arena_init(&scratch, al->ctx);
	n = tensor_first(t, &scratch, buf, t->numel);
	arena_free(&scratch);
	return n == t->numel ? hash_bytes(key, buf, n * bytes) : hash_pair(TWIN_KEY, v->id);
}

/* Values of one key are equal. */
static uint64_t
operand_key(struct aligner *al, const struct side *s, const struct twin *of, uint32_t i,
	const struct value *v)
{
	uint32_t p = v != NULL && v->producer != NULL ? s->of[v->producer->id] : ALIGN_NONE;

	if (v == NULL)
		return 3;
	if (p != ALIGN_NONE && p < i)
		return hash_pair(of[p].key, v->slot);
	if (p == ALIGN_NONE && wire_constant(v) != NULL)
		return constant_key(al, v, wire_constant(v));
	if (v->flags & VALUE_LITERAL && v->type != NULL && v->type->tag == TY_NONE)
		return 5;
	return hash_pair(TWIN_KEY, v->id);
}

/* false: it is not looked into. */
static bool
attr_key(const struct attr *a, uint64_t *key)
{
	*key = hash_pair(pointer_key(a->name), (uint64_t)a->kind);
	if (a->ref != NULL || a->list != NULL)
		return false;
	switch (a->kind) {
	case ATTR_INT:
		*key = hash_pair(*key, (uint64_t)a->v.i);
		return true;
	case ATTR_FLOAT:
		*key = hash_bytes(*key, &a->v.f, sizeof a->v.f);
		return true;
	case ATTR_STRING:
		*key = hash_pair(*key, pointer_key(a->v.s));
		return true;
	case ATTR_INTS:
		*key = hash_bytes(*key, a->v.ints, a->n * sizeof *a->v.ints);
		return true;
	case ATTR_FLOATS:
		*key = hash_bytes(*key, a->v.floats, a->n * sizeof *a->v.floats);
		return true;
	case ATTR_NONE:
		return true;
	case ATTR_TENSOR: case ATTR_GRAPH: case ATTR_TYPE: case ATTR_SPARSE: case ATTR_STRINGS:
	case ATTR_TENSORS: case ATTR_GRAPHS: case ATTR_TYPES: case ATTR_SPARSES:
	case ATTR_KIND_COUNT:
		break;
	}
	return false;
}

static bool
writes(const struct item *x)
{
	const struct str *type = x->n->type;

	return x->n->op == NULL || x->n->op->flags & OP_WRITES || x->sem == SEM_STATE ||
	    x->n->nregions > 0 || x->n->callee != NULL || (x->dialect == DIALECT_ATEN &&
	    type->len > 0 && type->s[type->len - 1] == '_');
}

/* Nodes of one key compute the same; what is written in place changes what comes behind it. */
static uint64_t
node_key(struct aligner *al, const struct side *s, const struct twin *of, uint32_t i,
	uint32_t written)
{
	const struct item *x = &s->items[i];
	uint64_t key = hash_pair(hash_pair(x->op, pointer_key(x->n->graph)), written), a, sum = 0;

	if (writes(x) || x->sem == SEM_RANDOM || x->sem == SEM_DROPOUT || x->sem == SEM_NONE)
		return hash_pair(TWIN_KEY, i);
	for (uint32_t k = 0; k < x->n->nattrs; k++) {
		if (!attr_key(&x->n->attrs[k], &a))
			return hash_pair(TWIN_KEY, i);
		sum += a;
	}
	for (uint32_t o = 0; o < x->n->nin; o++)
		sum += hash_pair(item_place(x, o), operand_key(al, s, of, i, x->n->in[o]));
	return hash_pair(key, sum);
}

static int
by_key(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;

	return x->key != y->key ? (x->key > y->key) - (x->key < y->key) :
	    (x->item > y->item) - (x->item < y->item);
}

static bool
has_pair(const struct side *s, uint32_t i)
{
	return s->items[s->items[i].chief].pair != ALIGN_NONE;
}

/* Nodes [from, to) compute the same. */
static void
join_twins(struct side *s, const struct twin *of, uint32_t from, uint32_t to)
{
	uint32_t first = from;

	while (first < to && !has_pair(s, of[first].item))
		first++;
	for (uint32_t i = from; i < to && first < to; i++) {
		struct item *x = &s->items[of[i].item];

		if (x->pair != ALIGN_NONE || x->chief != of[i].item)
			continue;
		x->chief = s->items[of[first].item].chief;
		x->twin = true;
	}
}

void
twin_join(struct aligner *al, unsigned k)
{
	struct side *s = &al->side[k];
	struct twin *of = arena_array(al->arena, s->n, sizeof *of);
	uint32_t written = 0, to;

	for (uint32_t i = 0; i < s->n; i++) {
		written += writes(&s->items[i]);
		of[i] = (struct twin){ node_key(al, s, of, i, written), i };
	}
	qsort(of, s->n, sizeof *of, by_key);
	for (uint32_t from = 0; from < s->n; from = to) {
		for (to = from + 1; to < s->n && of[to].key == of[from].key; to++)
			continue;
		join_twins(s, of, from, to);
	}
}
