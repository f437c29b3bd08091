/* SPDX-License-Identifier: Apache-2.0 */
/* Counterparts that are known: what hangs together through them is one group. Its
 * chiefs are the two that are most alike, the later ones when several are. */
#include "align/state.h"

/* Root of item i of side k; both sides are one forest, the second behind the first. */
static uint32_t
root(uint32_t *up, uint32_t i)
{
	while (up[i] != i) {
		up[i] = up[up[i]];
		i = up[i];
	}
	return i;
}

static uint32_t
item_of(const struct side *s, uint32_t id)
{
	return id < s->given->model->nnodes ? s->of[id] : ALIGN_NONE;
}

static int
likeness(const struct item *x, const struct item *y)
{
	return 4 * kin_ops(x, y) + 2 * kin_shape(x, y) - kin_layout(y);
}

struct best { uint32_t a, b; int how; };

static void
choose(struct aligner *al, const struct best *best, uint32_t *up, uint32_t n)
{
	uint32_t na = al->side[0].n;

	for (uint32_t i = 0; i < n; i++) {
		const struct best *c = &best[root(up, i)];
		struct side *s = &al->side[i >= na];

		if (c->a != ALIGN_NONE)
			s->items[i < na ? i : i - na].chief = i < na ? c->a : c->b;
		if (c->a == i)
			pair_items(al, c->a, c->b, ALIGN_BY_MAP);
	}
}

void
given_pair(struct aligner *al, const struct align_given *given)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	uint32_t n = a->n + b->n, *up = arena_array(al->arena, n, sizeof *up);
	struct best *best = arena_array(al->arena, n, sizeof *best);

	for (uint32_t i = 0; i < n; i++) {
		up[i] = i;
		best[i].a = ALIGN_NONE;
	}
	for (uint32_t i = 0; i < given->n; i++) {
		uint32_t x = item_of(a, given->a[i]), y = item_of(b, given->b[i]);

		if (x != ALIGN_NONE && y != ALIGN_NONE)
			up[root(up, a->n + y)] = root(up, x);
	}
	for (uint32_t i = 0; i < given->n; i++) {
		uint32_t x = item_of(a, given->a[i]), y = item_of(b, given->b[i]);
		struct best *c;
		int how;

		if (x == ALIGN_NONE || y == ALIGN_NONE)
			continue;
		c = &best[root(up, x)];
		how = likeness(&a->items[x], &b->items[y]);
		if (c->a == ALIGN_NONE || how >= c->how)
			*c = (struct best){ x, y, how };
	}
	choose(al, best, up, n);
}
