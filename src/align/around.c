/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs by what is near: the nodes some steps before and behind, which one node of each
 * side has and no other. What is far off may differ, so that an edit hides its
 * surroundings alone. */
#include "align/state.h"
#include "base/hash.h"
#include "ir/dim.h"

enum { ROUNDS = 6 };

/* What a step adds: those that make the operands, by place, and those that read. */
static uint64_t
step(const struct side *s, const uint64_t *h, uint32_t i)
{
	const struct node *n = s->items[i].n;
	uint64_t k = hash_mix(h[i]);

	for (uint32_t o = 0; o < n->nin; o++) {
		uint32_t p = item_producer(s, &s->items[i], o);

		k = hash_pair(k, p != ALIGN_NONE ? h[p] : n->in[o] == NULL ? 3 : 5);
	}
	for (uint32_t o = 0; o < n->nout; o++) {
		const struct value *v = n->out[o];
		uint64_t sum = v != NULL && v->flags & VALUE_OUTPUT ? 11 : 0;

		for (uint32_t u = v == NULL ? 0 : s->uses->start[v->id];
		    v != NULL && u < s->uses->start[v->id + 1]; u++)
			if (s->readers[u] != ALIGN_NONE)
				sum += hash_pair(h[s->readers[u]], s->uses->list[u].slot);
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

const uint64_t *
around_hashes(struct aligner *al, const struct side *s)
{
	uint64_t *h = arena_array(al->arena, s->n, sizeof *h);
	uint64_t *next = arena_array(al->arena, s->n, sizeof *next);

	for (uint32_t i = 0; i < s->n; i++)
		h[i] = own(&s->items[i]);
	for (unsigned r = 0; r < ROUNDS; r++) {
		uint64_t *swap = h;

		for (uint32_t i = 0; i < s->n; i++)
			next[i] = step(s, h, i);
		h = next;
		next = swap;
	}
	return h;
}
