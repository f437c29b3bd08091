/* SPDX-License-Identifier: Apache-2.0 */
/* In what order do the numbers of a result come to where they are read? Transpositions on the
 * way are brought to a form that does not depend on axes of one, nor on how a reshape cuts
 * the axes: those that stay neighbours count as one. */
#include <string.h>

#include "align/origin.h"
#include "base/hash.h"
#include "ir/dim.h"

void
trail_start(struct trail *t)
{
	t->n = 0;
	t->known = true;
}

/* Room for one step more, the one before those that are there; NULL: nothing is known. */
static struct turn *
add_turn(struct trail *t)
{
	t->known = t->known && t->n < TRAIL_TURNS;
	return t->known ? &t->turns[t->n++] : NULL;
}

void
trail_reshape(struct trail *t)
{
	struct turn *turn = add_turn(t);

	if (turn != NULL)
		turn->n = 0;
}

void
trail_turn(struct trail *t, const struct type *from, const uint32_t *order, uint32_t n)
{
	struct turn *turn = n <= TRAIL_AXES && from != NULL && from->has_rank && from->rank == n ?
	    add_turn(t) : NULL;

	t->known = t->known && turn != NULL;
	for (uint32_t i = 0; i < n && t->known; i++) {
		turn->order[i] = order[i];
		t->known = dim_number(from->dims[i], &turn->dims[i]);
	}
	if (turn != NULL)
		turn->n = n;
}

/* The one and then the other: of result axis i of both axis a[b[i]] of the first operand. */
static void
compose(struct turn *a, const struct turn *b)
{
	uint32_t order[TRAIL_AXES];

	for (uint32_t i = 0; i < a->n; i++)
		order[i] = a->order[b->order[i]];
	memcpy(a->order, order, sizeof order);
}

/* Without axes of one, and those that stay neighbours as one. */
static uint64_t
turn_hash(uint64_t h, const struct turn *t)
{
	uint32_t order[TRAIL_AXES], n = 0;
	uint64_t own = 0;
	bool moves = false;

	for (uint32_t i = 0; i < t->n; i++)
		if (t->dims[t->order[i]] != 1)
			order[n++] = t->order[i];
	for (uint32_t i = 0; i < n;) {
		uint64_t size = (uint64_t)t->dims[order[i]], before = 1;
		uint32_t next = order[i], k = i + 1;

		for (uint32_t a = 0; a < order[i]; a++)
			before *= (uint64_t)t->dims[a];
		for (; k < n; k++) {
			do
				next++;
			while (next < t->n && t->dims[next] == 1);
			if (order[k] != next)
				break;
			size *= (uint64_t)t->dims[next];
		}
		/* each piece: how many numbers it counts, and how many stood before it */
		own = hash_pair(hash_pair(own, size), before);
		moves = moves || (i == 0 ? before != 1 : true);
		i = k;
	}
	return moves ? hash_pair(h, own) : h;
}

uint64_t
trail_hash(const struct trail *t)
{
	struct turn at = { .n = 0 };
	uint64_t h = 1;

	for (uint32_t i = t->n; i-- > 0;) {
		const struct turn *next = &t->turns[i];

		if (next->n == at.n && at.n > 0) {
			compose(&at, next);
			continue;
		}
		if (next->n == 0 && i + 1 < t->n && t->turns[i + 1].n == 0)
			continue;
		h = turn_hash(h, &at);
		at = *next;
	}
	return turn_hash(h, &at);
}
