/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs that hold wherever they stand: a key, be it a name, a weight or what
 * surrounds a node, that one item of each side has. */
#include <string.h>

#include "align/state.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "ir/tensor.h"

/* Evidence of a pair that nothing but its surroundings speaks for. */
enum { AROUND_ONLY = ALIGN_BY_NEIGHBOURS | ALIGN_BY_SHAPE | ALIGN_BY_SCOPE };

/* Keys with the item that has each, ALIGN_NONE when several do. */
struct keys {
	struct entry { uint64_t key; uint32_t item; } *slots;
	uint64_t mask;
};

static void
keys_init(struct keys *k, struct arena *arena, uint64_t n)
{
	uint64_t size = 16;

	while (size < 2 * n)
		size *= 2;
	k->slots = arena_array(arena, size, sizeof *k->slots);
	k->mask = size - 1;
}

static struct entry *
keys_slot(const struct keys *k, uint64_t key)
{
	uint64_t i = hash_mix(key) & k->mask;

	while (k->slots[i].key != 0 && k->slots[i].key != key)
		i = (i + 1) & k->mask;
	return &k->slots[i];
}

static void
keys_add(struct keys *k, uint64_t key, uint32_t item)
{
	struct entry *e = keys_slot(k, key);

	if (key == 0)
		return;
	e->item = e->key == 0 ? item : e->item == item ? item : ALIGN_NONE;
	e->key = key;
}

static uint32_t
keys_find(const struct keys *k, uint64_t key)
{
	const struct entry *e = keys_slot(k, key);

	return key != 0 && e->key == key ? e->item : ALIGN_NONE;
}

void
pair_items(struct aligner *al, uint32_t a, uint32_t b, unsigned evidence)
{
	struct item *x = &al->side[0].items[a], *y = &al->side[1].items[b];

	x->pair = b;
	y->pair = a;
	x->evidence |= evidence;
	if (kin_dims(x->type, y->type) > 0)
		x->evidence |= ALIGN_BY_SHAPE;
	if (x->scope != 0 && x->scope == y->scope)
		x->evidence |= ALIGN_BY_SCOPE;
}

static bool
both_free(const struct aligner *al, uint32_t a, uint32_t b)
{
	return a != ALIGN_NONE && b != ALIGN_NONE && item_free(&al->side[0].items[a]) &&
	    item_free(&al->side[1].items[b]);
}

/* Names agree by chance now and then: the kinds have to as well, or the dims of a
 * result that other nodes were merged into. */
static bool
believable(const struct item *x, const struct item *y)
{
	return kin_ops(x, y) >= KIN_MAY || kin_dims(x->type, y->type) > 0;
}

typedef uint64_t key_fn(const struct item *, unsigned);

static uint64_t
name_key(const struct item *x, unsigned i)
{
	return x->names[i];
}

static void
keys_of_side(struct keys *k, struct aligner *al, const struct side *s, key_fn *fn, unsigned i)
{
	keys_init(k, al->arena, s->n);
	for (uint32_t x = 0; x < s->n; x++)
		keys_add(k, fn(&s->items[x], i), x);
}

static void
pair_by(struct aligner *al, const struct keys *a, const struct keys *b, unsigned evidence)
{
	for (uint64_t i = 0; i <= a->mask; i++) {
		uint32_t x = a->slots[i].item, y;

		if (a->slots[i].key == 0 || x == ALIGN_NONE)
			continue;
		y = keys_find(b, a->slots[i].key);
		if (both_free(al, x, y) &&
		    believable(&al->side[0].items[x], &al->side[1].items[y]))
			pair_items(al, x, y, evidence);
	}
}

void
anchor_names(struct aligner *al)
{
	struct keys keys[2][2];

	for (unsigned s = 0; s < 2; s++)
		for (unsigned i = 0; i < 2; i++)
			keys_of_side(&keys[s][i], al, &al->side[s], name_key, i);
	for (unsigned i = 0; i < 4; i++)
		pair_by(al, &keys[0][i & 1], &keys[1][i >> 1], ALIGN_BY_NAME);
}

/* Results but the first are not what items are paired by: who bears the name of one
 * goes with the item that has it. */
static void
note_results(struct aligner *al, const struct side *a, struct side *b)
{
	struct keys k;
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n; i++)
		n += a->items[i].n->nout;
	keys_init(&k, al->arena, n);
	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t o = 1; o < a->items[i].n->nout; o++)
			if (a->items[i].n->out[o] != NULL)
				keys_add(&k, item_clean(a->items[i].n->out[o]->name->s,
				    a->items[i].n->out[o]->name->len), i);
	for (uint32_t i = 0; i < b->n; i++)
		if (b->items[i].pair == ALIGN_NONE)
			b->items[i].with = keys_find(&k, b->items[i].names[0]);
}

void
anchor_results(struct aligner *al)
{
	note_results(al, &al->side[0], &al->side[1]);
	note_results(al, &al->side[1], &al->side[0]);
}

void
pair_readers(struct aligner *al, const struct weight *v, const struct weight *w,
	unsigned evidence)
{
	const struct side *a = &al->side[0], *b = &al->side[1];

	for (uint32_t i = 0; i < v->n && v->n == w->n; i++) {
		uint32_t x = a->readers[v->first + i], y = b->readers[w->first + i];

		if (both_free(al, x, y) && kin_ops(&a->items[x], &b->items[y]) > 0)
			pair_items(al, x, y, evidence);
	}
}

void
anchor_weights(struct aligner *al)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	struct keys k[2];

	for (unsigned s = 0; s < 2; s++) {
		const struct side *side = &al->side[s];

		keys_init(&k[s], al->arena, side->nweights);
		for (uint32_t i = 0; i < side->nweights; i++)
			keys_add(&k[s], side->weights[i].name, i);
	}
	for (uint32_t i = 0; i < a->nweights; i++) {
		uint32_t x = keys_find(&k[0], a->weights[i].name);
		uint32_t y = keys_find(&k[1], a->weights[i].name);

		if (x == i && y != ALIGN_NONE)
			pair_readers(al, &a->weights[i], &b->weights[y], ALIGN_BY_WEIGHT);
	}
}

/* Everything before a node, and everything behind it, as hashes. */
struct surround { uint64_t *before, *behind; };

static uint64_t
tensor_hash(const struct tensor *t)
{
	uint64_t h = hash_pair(7, (uint64_t)t->dtype);

	for (uint32_t i = 0; i < t->rank; i++)
		h = hash_pair(h, (uint64_t)t->dims[i]);
	return h;
}

static uint64_t
operand_hash(const struct side *s, const struct surround *h, const struct item *x, uint32_t i)
{
	const struct value *v = x->n->in[i];
	uint32_t p = item_producer(s, x, i);

	if (v == NULL)
		return 3;
	if (p != ALIGN_NONE)
		return hash_pair(h->before[p], v->slot);
	return v->constant != NULL ? tensor_hash(v->constant) : 5;
}

static void
hash_before(const struct side *s, struct surround *h)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct item *x = &s->items[i];
		uint64_t k = hash_pair(x->op, x->n->nattrs);

		for (uint32_t o = 0; o < x->n->nin; o++)
			k = hash_pair(k, operand_hash(s, h, x, o));
		h->before[i] = k;
	}
}

/* Readers' hashes are added, so that their order says nothing. */
static uint64_t
readers_hash(const struct side *s, const struct surround *h, const struct value *v)
{
	uint64_t sum = v->flags & VALUE_OUTPUT ? 11 : 0;

	for (uint32_t u = s->uses->start[v->id]; u < s->uses->start[v->id + 1]; u++)
		if (s->readers[u] != ALIGN_NONE)
			sum += hash_pair(h->behind[s->readers[u]], s->uses->list[u].slot);
	return sum;
}

static void
hash_behind(const struct side *s, struct surround *h)
{
	for (uint32_t i = s->n; i-- > 0;) {
		const struct item *x = &s->items[i];
		uint64_t k = hash_pair(x->op, x->n->nattrs);

		for (uint32_t o = 0; o < x->n->nout; o++)
			if (x->n->out[o] != NULL)
				k = hash_pair(k, readers_hash(s, h, x->n->out[o]));
		h->behind[i] = k;
	}
}

void
anchor_structure(struct aligner *al)
{
	struct keys keys[2];

	for (unsigned k = 0; k < 2; k++) {
		const struct side *s = &al->side[k];
		struct surround h = { arena_array(al->arena, s->n, sizeof *h.before),
			arena_array(al->arena, s->n, sizeof *h.behind) };

		hash_before(s, &h);
		hash_behind(s, &h);
		keys_init(&keys[k], al->arena, s->n);
		for (uint32_t i = 0; i < s->n; i++)
			keys_add(&keys[k], hash_pair(h.before[i], h.behind[i]) | 1, i);
	}
	pair_by(al, &keys[0], &keys[1], ALIGN_BY_STRUCTURE);
}

/* The longest run of pairs that rise on both sides stays; by patience. */
void
anchor_order(struct aligner *al)
{
	struct side *a = &al->side[0];
	uint32_t *tops = arena_array(al->arena, a->n, sizeof *tops), n = 0;
	uint32_t *before = arena_array(al->arena, a->n, sizeof *before);

	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t lo = 0, hi = n, pair = a->items[i].pair;

		if (pair == ALIGN_NONE)
			continue;
		while (lo < hi) {
			uint32_t mid = (lo + hi) / 2;

			if (a->items[tops[mid]].pair < pair)
				lo = mid + 1;
			else
				hi = mid;
		}
		before[i] = lo > 0 ? tops[lo - 1] : ALIGN_NONE;
		tops[lo] = i;
		n += lo == n;
		a->items[i].moved = true;
	}
	for (uint32_t i = n > 0 ? tops[n - 1] : ALIGN_NONE; i != ALIGN_NONE; i = before[i])
		a->items[i].moved = false;
	for (uint32_t i = 0; i < a->n; i++)
		if (a->items[i].pair != ALIGN_NONE)
			al->side[1].items[a->items[i].pair].moved = a->items[i].moved;
}

void
anchor_around(struct aligner *al)
{
	struct side *a = &al->side[0], *b = &al->side[1];
	struct keys keys[2];

	for (unsigned k = 0; k < 2; k++) {
		const uint64_t *h = around_hashes(al, &al->side[k]);

		keys_init(&keys[k], al->arena, al->side[k].n);
		for (uint32_t i = 0; i < al->side[k].n; i++)
			if (al->side[k].items[i].pair == ALIGN_NONE)
				keys_add(&keys[k], h[i] | 1, i);
	}
	pair_by(al, &keys[0], &keys[1], ALIGN_BY_NEIGHBOURS);
	anchor_order(al);
	for (uint32_t i = 0; i < a->n; i++) {
		struct item *x = &a->items[i], *y;

		if (x->pair == ALIGN_NONE || !x->moved || x->evidence & ~AROUND_ONLY)
			continue;
		y = &b->items[x->pair];
		x->pair = y->pair = ALIGN_NONE;
		x->evidence = 0;
		x->moved = y->moved = false;
	}
}
