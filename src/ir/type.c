/* SPDX-License-Identifier: Apache-2.0 */
/* Types and dims, hash-consed: two open-addressing tables of pointers, at
 * most 2/3 full, with the hash kept in the object. Hashes are keyed, so a file
 * cannot choose dims that collide. */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/str.h"
#include "ir/type.h"

enum { TABLE_FIRST = 16 };

void
types_init(struct types *t, struct arena *a)
{
	struct dim unknown = { .kind = DIM_UNKNOWN };

	memset(t, 0, sizeof *t);
	t->arena = a;
	t->dim_mask = t->type_mask = TABLE_FIRST - 1;
	t->dims = arena_array(a, TABLE_FIRST, sizeof *t->dims);
	t->types = arena_array(a, TABLE_FIRST, sizeof *t->types);
	t->unknown = memcpy(arena_alloc(a, sizeof unknown), &unknown, sizeof unknown);
}

static uint64_t
dim_hash(uint64_t h, const struct dim *d)
{
	uint32_t i;

	h = hash_pair(h, d->kind);
	h = hash_pair(h, (uint64_t)d->lo);
	h = hash_pair(h, (uint64_t)d->hi);
	h = hash_pair(h, (uintptr_t)d->sym);
	for (i = 0; i < d->n && d->list != NULL; i++)
		h = hash_pair(h, (uint64_t)d->list[i]);
	for (i = 0; i < d->n && d->op != NULL; i++)
		h = hash_pair(h, (uintptr_t)d->op[i]);
	return h;
}

/* Are n elements of two lists, each there or not, the same? */
static bool
list_same(const void *a, const void *b, size_t n, size_t size)
{
	return n == 0 || a == b || (a != NULL && b != NULL && memcmp(a, b, n * size) == 0);
}

static bool
dim_same(const struct dim *a, const struct dim *b)
{
	return a->kind == b->kind && (a->kind == DIM_SYM || (a->lo == b->lo && a->hi == b->hi)) &&
	    a->sym == b->sym && a->n == b->n &&
	    list_same(a->list, b->list, a->n, sizeof *a->list) &&
	    list_same(a->op, b->op, a->n, sizeof *a->op);
}

/* Where a dim is, or belongs. */
static const struct dim **
dim_slot(const struct types *t, const struct dim *d)
{
	uint32_t i = d->hash & t->dim_mask;

	while (t->dims[i] != NULL &&
	    (t->dims[i]->hash != d->hash || !dim_same(t->dims[i], d)))
		i = (i + 1) & t->dim_mask;
	return &t->dims[i];
}

static void
dims_rehash(struct types *t)
{
	const struct dim **old = t->dims;
	uint32_t i, n = t->dim_mask + 1;

	t->dims = arena_array(t->arena, (size_t)n * 2, sizeof *t->dims);
	t->dim_mask = n * 2 - 1;
	for (i = 0; i < n; i++)
		if (old[i] != NULL)
			*dim_slot(t, old[i]) = old[i];
}

static void *
list_copy(struct arena *a, const void *list, size_t n, size_t size)
{
	return list == NULL || n == 0 ? NULL : memcpy(arena_array(a, n, size), list, n * size);
}

const struct dim *
dim_intern(struct types *t, const struct dim *from)
{
	const struct dim **slot;
	struct dim *copy, d = *from;

	d.parts = 1;
	for (uint32_t i = 0; d.op != NULL && i < d.n; i++)
		d.parts += d.op[i]->parts;
	if (d.parts > DIM_PARTS)
		d = (struct dim){ .kind = DIM_ANON, .lo = t->nanon++, .parts = 1 };
	d.hash = (uint32_t)dim_hash(t->arena->ctx->hash_key, &d);
	if (*(slot = dim_slot(t, &d)) != NULL)
		return *slot;
	copy = arena_alloc(t->arena, sizeof *copy);
	*copy = d;
	copy->serial = t->ndims + 1;
	copy->list = list_copy(t->arena, d.list, d.n, sizeof *d.list);
	copy->op = list_copy(t->arena, d.op, d.n, sizeof *d.op);
	*slot = copy;
	if (++t->ndims > (t->dim_mask + 1) / 3 * 2)
		dims_rehash(t);
	return copy;
}

const struct dim *
dim_const(struct types *t, int64_t v)
{
	return dim_intern(t, &(struct dim){ .kind = DIM_CONST, .lo = v, .hi = v });
}

const struct dim *
dim_sym(struct types *t, const struct str *name)
{
	return dim_intern(t, &(struct dim){ .kind = DIM_SYM, .sym = name });
}

void
dim_bound_sym(struct types *t, const struct str *name, int64_t lo, int64_t hi)
{
	struct dim key = { .kind = DIM_SYM, .sym = name }, *d;

	key.hash = (uint32_t)dim_hash(t->arena->ctx->hash_key, &key);
	d = (struct dim *)(uintptr_t)*dim_slot(t, &key);
	if (d == NULL)
		d = (struct dim *)(uintptr_t)dim_intern(t, &key);
	d->lo = lo < 0 ? 0 : lo;
	d->hi = hi;
}

const struct dim *
dim_range(struct types *t, int64_t lo, int64_t hi)
{
	return dim_intern(t, &(struct dim){ .kind = DIM_RANGE, .lo = lo, .hi = hi });
}

const struct dim *
dim_choice(struct types *t, const int64_t *list, uint32_t n)
{
	return dim_intern(t, &(struct dim){ .kind = DIM_CHOICE, .list = list, .n = n });
}

const struct dim *
dim_unknown(const struct types *t)
{
	return t->unknown;
}

static uint64_t
type_hash(uint64_t h, const struct type *t)
{
	uint32_t i;

	h = hash_pair(h, (uint64_t)t->tag << 32 | t->dtype);
	h = hash_pair(h, (uint64_t)(uint32_t)t->dtype_raw << 1 | t->has_rank);
	h = hash_pair(h, t->rank);
	for (i = 0; i < t->rank; i++)
		h = hash_pair(h, t->dims[i]->hash);
	for (i = 0; i < t->nitems; i++)
		h = hash_pair(h, (uintptr_t)t->items[i]);
	h = hash_pair(h, (uintptr_t)t->elem);
	h = hash_pair(h, (uintptr_t)t->domain);
	return hash_pair(h, (uintptr_t)t->name);
}

static bool
type_same(const struct type *a, const struct type *b)
{
	return a->tag == b->tag && a->dtype == b->dtype && a->dtype_raw == b->dtype_raw &&
	    a->has_rank == b->has_rank && a->rank == b->rank && a->elem == b->elem &&
	    a->domain == b->domain && a->name == b->name &&
	    a->nitems == b->nitems &&
	    (a->rank == 0 || memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0) &&
	    (a->nitems == 0 || memcmp(a->items, b->items, a->nitems * sizeof *a->items) == 0);
}

static const struct type **
type_slot(const struct types *t, const struct type *ty)
{
	uint32_t i = ty->hash & t->type_mask;

	while (t->types[i] != NULL &&
	    (t->types[i]->hash != ty->hash || !type_same(t->types[i], ty)))
		i = (i + 1) & t->type_mask;
	return &t->types[i];
}

static void
types_rehash(struct types *t)
{
	const struct type **old = t->types;
	uint32_t i, n = t->type_mask + 1;

	t->types = arena_array(t->arena, (size_t)n * 2, sizeof *t->types);
	t->type_mask = n * 2 - 1;
	for (i = 0; i < n; i++)
		if (old[i] != NULL)
			*type_slot(t, old[i]) = old[i];
}

static uint32_t
count_parts(const struct type *t)
{
	uint32_t n = 1 + (t->elem != NULL ? t->elem->parts : 0);

	for (uint32_t i = 0; i < t->nitems && t->tag != TY_ENUM && n <= TYPE_PARTS; i++)
		n += t->items[i] != NULL ? t->items[i]->parts : 1;
	return n;
}

static const struct type *
intern(struct types *t, struct type ty)
{
	const struct type **slot;
	struct type *copy;

	ty.parts = count_parts(&ty);
	if (ty.parts > TYPE_PARTS)
		ty = (struct type){ .tag = TY_NONE, .parts = 1 };
	ty.hash = (uint32_t)type_hash(t->arena->ctx->hash_key, &ty);
	if (*(slot = type_slot(t, &ty)) != NULL)
		return *slot;
	copy = arena_alloc(t->arena, sizeof *copy);
	*copy = ty;
	copy->dims = list_copy(t->arena, ty.dims, ty.rank, sizeof *ty.dims);
	copy->items = list_copy(t->arena, ty.items, ty.nitems, sizeof *ty.items);
	*slot = copy;
	if (++t->ntypes > (t->type_mask + 1) / 3 * 2)
		types_rehash(t);
	return copy;
}

const struct type *
type_intern(struct types *t, const struct type *from)
{
	struct type ty = *from;
	const unsigned of_elem = 1u << TY_SEQ | 1u << TY_OPT | 1u << TY_MAP | 1u << TY_LIST |
	    1u << TY_STATE | 1u << TY_RANGE | 1u << TY_ENUM;

	if (ty.elem == NULL && (of_elem >> ty.tag & 1))
		ty.elem = intern(t, (struct type){ .tag = TY_NONE });
	return intern(t, ty);
}

const struct type *
type_tensor(struct types *t, enum dtype dtype, bool has_rank, uint32_t rank,
    const struct dim *const *dims)
{
	return intern(t, (struct type){ .tag = TY_TENSOR, .dtype = dtype,
	    .has_rank = has_rank, .rank = rank, .dims = dims });
}
