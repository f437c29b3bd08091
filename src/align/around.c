/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs by what is near: the nodes some steps before and behind, which one node of each
 * side has and no other. What is far off may differ, so that an edit hides its
 * surroundings alone. */
#include <string.h>

#include "align/state.h"
#include "base/hash.h"
#include "ir/dim.h"

enum { ROUNDS = 6 };

/* What is one step off an item, found once for all rounds: what makes its operands, by
 * place, then the readers of each result. */
struct edge {
	uint64_t place;          /* of who stands before each result: what its sum begins with */
	uint32_t item;           /* ALIGN_NONE: before a result */
};
struct edges {
	struct edge *list;
	uint32_t *start;         /* by place in the list of what is near, and the end */
};
/* Behind the hashes of the items: operands that are left out, and those that no item makes. */
enum { LEFT_OUT, GIVEN, OTHERS };

static uint64_t
step(const uint64_t *h, uint32_t i, const struct edge *e, const struct edge *end)
{
	uint64_t k = hash_mix(h[i]), sum = 0;

	for (; e < end; e++) {
		if (e->item != ALIGN_NONE) {
			sum += hash_join(e->place, h[e->item]);
			continue;
		}
		k = hash_join(k, sum);
		sum = e->place;
	}
	return hash_join(k, sum);
}

/* Types too: with unequal dims the same operation is another one. */
static uint64_t
own(const struct item *x)
{
	uint64_t k = hash_join(x->op, x->n->nattrs);

	for (uint32_t i = 0; x->type != NULL && x->type->tag == TY_TENSOR &&
	    x->type->has_rank && i < x->type->rank; i++) {
		int64_t size;

		k = hash_join(k, dim_number(x->type->dims[i], &size) ? (uint64_t)size : 1);
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

static uint32_t
count_edges(const struct side *s, const struct near *near, uint32_t n)
{
	uint32_t total = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct node *node = s->items[near->list[i]].n;

		total += node->nin + node->nout;
		for (uint32_t o = 0; o < node->nout; o++)
			if (node->out[o] != NULL)
				total += s->uses->start[node->out[o]->id + 1] -
				    s->uses->start[node->out[o]->id];
	}
	return total;
}

static struct edge *
put_edges(const struct side *s, const struct item *x, struct edge *e)
{
	const struct node *n = x->n;

	for (uint32_t o = 0; o < n->nin; o++) {
		uint32_t p = item_producer(s, x, o);

		*e++ = (struct edge){ item_place(x, o), p != ALIGN_NONE ? p :
		    s->n + (n->in[o] == NULL ? LEFT_OUT : GIVEN) };
	}
	for (uint32_t o = 0; o < n->nout; o++) {
		const struct value *v = n->out[o];

		*e++ = (struct edge){ v != NULL && v->flags & VALUE_OUTPUT ? 11 : 0, ALIGN_NONE };
		for (uint32_t u = v == NULL ? 0 : s->uses->start[v->id];
		    v != NULL && u < s->uses->start[v->id + 1]; u++) {
			uint32_t r = s->readers[u];

			if (r != ALIGN_NONE)
				*e++ = (struct edge){ item_place(&s->items[r],
				    s->uses->list[u].slot), r };
		}
	}
	return e;
}

/* Of the first n of those that are near. */
static void
find_edges(struct aligner *al, const struct side *s, const struct near *near, uint32_t n,
	struct edges *to)
{
	struct edge *e;

	to->list = e = arena_array(al->arena, count_edges(s, near, n), sizeof *e);
	to->start = arena_array(al->arena, (size_t)n + 1, sizeof *to->start);
	for (uint32_t i = 0; i < n; i++) {
		e = put_edges(s, &s->items[near->list[i]], e);
		to->start[i + 1] = (uint32_t)(e - to->list);
	}
}

const uint64_t *
around_hashes(struct aligner *al, const struct side *s)
{
	uint64_t *h = arena_array(al->arena, (size_t)s->n + OTHERS, sizeof *h);
	uint64_t *next = arena_array(al->arena, (size_t)s->n + OTHERS, sizeof *next);
	struct edges edges;
	struct near near;

	find_near(al, s, &near);
	find_edges(al, s, &near, near.upto[ROUNDS - 1], &edges);
	h[s->n + LEFT_OUT] = next[s->n + LEFT_OUT] = 3;
	h[s->n + GIVEN] = next[s->n + GIVEN] = 5;
	for (uint32_t i = 0; i < near.upto[ROUNDS]; i++)
		h[near.list[i]] = own(&s->items[near.list[i]]);
	for (unsigned r = 1; r <= ROUNDS; r++) {
		uint64_t *swap = h;

		for (uint32_t i = 0; i < near.upto[ROUNDS - r]; i++)
			next[near.list[i]] = step(h, near.list[i],
			    &edges.list[edges.start[i]], &edges.list[edges.start[i + 1]]);
		h = next;
		next = swap;
	}
	return h;
}
