/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs by what is near: the nodes some steps before and behind, which one node of each
 * side has and no other. What is far off may differ, so that an edit hides its
 * surroundings alone. */
#include <string.h>

#include "align/state.h"
#include "base/hash.h"
#include "ir/dim.h"

enum { ROUNDS = 6 };

/* What a step adds: those that make the operands, by place, and those that read. */
static uint64_t
step(const struct side *s, const uint64_t *h, uint32_t i)
{
	const struct node *n = s->items[i].n;
	uint64_t k = hash_mix(h[i]), before = 0;

	for (uint32_t o = 0; o < n->nin; o++) {
		uint32_t p = item_producer(s, &s->items[i], o);

		before += hash_pair(item_place(&s->items[i], o),
		    p != ALIGN_NONE ? h[p] : n->in[o] == NULL ? 3 : 5);
	}
	k = hash_pair(k, before);
	for (uint32_t o = 0; o < n->nout; o++) {
		const struct value *v = n->out[o];
		uint64_t sum = v != NULL && v->flags & VALUE_OUTPUT ? 11 : 0;

		for (uint32_t u = v == NULL ? 0 : s->uses->start[v->id];
		    v != NULL && u < s->uses->start[v->id + 1]; u++) {
			uint32_t r = s->readers[u];

			if (r != ALIGN_NONE)
				sum += hash_pair(h[r], item_place(&s->items[r],
				    s->uses->list[u].slot));
		}
		k = hash_pair(k, sum);
	}
	return k;
}

/* Types too: with unequal dims the same operation is another one. */
static uint64_t
own(const struct item *x)
{
	uint64_t k = hash_pair(x->op, x->n->nattrs);

	for (uint32_t i = 0; x->type != NULL && x->type->tag == TY_TENSOR &&
	    x->type->has_rank && i < x->type->rank; i++) {
		int64_t size;

		k = hash_pair(k, dim_number(x->type->dims[i], &size) ? (uint64_t)size : 1);
	}
	return k;
}

/* Items by their distance from those that have no pair. */
struct near {
	uint32_t *list, *at;     /* at: place in the list; ALIGN_NONE */
	uint32_t upto[ROUNDS + 1]; /* those no farther than so many steps */
};

static void
add(struct near *near, uint32_t *n, uint32_t i)
{
	if (i == ALIGN_NONE || near->at[i] != ALIGN_NONE)
		return;
	near->at[i] = *n;
	near->list[(*n)++] = i;
}

static void
add_neighbours(const struct side *s, struct near *near, uint32_t *n, uint32_t i)
{
	const struct node *node = s->items[i].n;

	for (uint32_t o = 0; o < node->nin; o++)
		add(near, n, item_producer(s, &s->items[i], o));
	for (uint32_t o = 0; o < node->nout; o++) {
		const struct value *v = node->out[o];

		for (uint32_t u = v == NULL ? 0 : s->uses->start[v->id];
		    v != NULL && u < s->uses->start[v->id + 1]; u++)
			add(near, n, s->readers[u]);
	}
}

static void
find_near(struct aligner *al, const struct side *s, struct near *near)
{
	uint32_t n = 0, done = 0;

	near->list = arena_array(al->arena, s->n, sizeof *near->list);
	near->at = arena_array(al->arena, s->n, sizeof *near->at);
	memset(near->at, 0xff, s->n * sizeof *near->at);
	for (uint32_t i = 0; i < s->n; i++)
		if (s->items[i].pair == ALIGN_NONE)
			add(near, &n, i);
	near->upto[0] = n;
	for (unsigned r = 1; r <= ROUNDS; r++) {
		for (uint32_t to = n; done < to; done++)
			add_neighbours(s, near, &n, near->list[done]);
		near->upto[r] = n;
	}
}

const uint64_t *
around_hashes(struct aligner *al, const struct side *s)
{
	uint64_t *h = arena_array(al->arena, s->n, sizeof *h);
	uint64_t *next = arena_array(al->arena, s->n, sizeof *next);
	struct near near;

	find_near(al, s, &near);
	for (uint32_t i = 0; i < near.upto[ROUNDS]; i++)
		h[near.list[i]] = own(&s->items[near.list[i]]);
	for (unsigned r = 1; r <= ROUNDS; r++) {
		uint64_t *swap = h;

		for (uint32_t i = 0; i < near.upto[ROUNDS - r]; i++)
			next[near.list[i]] = step(s, h, near.list[i]);
		h = next;
		next = swap;
	}
	return h;
}
