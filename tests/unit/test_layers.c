/* SPDX-License-Identifier: Apache-2.0 */
/* Layered drawings: properties of any, on random graphs. */
#include "unit.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "layout/layers.h"

static uint32_t seed;

static uint32_t
draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

/* n boxes; edges of any direction when cyclic. */
static void
random_layers(struct layers *l, struct arena *a, uint32_t n, bool cyclic)
{
	memset(l, 0, sizeof *l);
	l->nboxes = n;
	l->boxes = arena_array(a, n, sizeof *l->boxes);
	l->nedges = n > 1 ? n + draw(n) : 0;
	l->edges = arena_array(a, l->nedges, sizeof *l->edges);
	for (uint32_t i = 0; i < n; i++)
		l->boxes[i].width = 3 + (int32_t)draw(20);
	for (uint32_t e = 0; e < l->nedges; e++) {
		uint32_t x = draw(n), y = draw(n);

		if (x == y)
			y = (y + 1) % n;
		l->edges[e].from = cyclic || x < y ? x : y;
		l->edges[e].to = cyclic || x < y ? y : x;
	}
}

static void
check(const struct layers *l)
{
	for (uint32_t i = 0; i < l->nboxes; i++) {
		const struct layer_box *a = &l->boxes[i];

		assert_true(a->layer >= 0 && (uint32_t)a->layer < l->nlayers);
		assert_true(a->x >= 0 && a->x + a->width <= l->width);
		for (uint32_t k = 0; k < i; k++) {
			const struct layer_box *b = &l->boxes[k];

			/* boxes of a layer stand apart */
			assert_true(a->layer != b->layer || a->x >= b->x + b->width + 2 ||
			    b->x >= a->x + a->width + 2);
		}
	}
	for (uint32_t e = 0; e < l->nedges; e++) {
		const struct layer_edge *g = &l->edges[e];
		int32_t up = l->boxes[g->turned ? g->to : g->from].layer;
		int32_t down = l->boxes[g->turned ? g->from : g->to].layer;

		assert_true(up < down);
		assert_int_equal(g->cut, down - up > LAYERS_LONG);
		if (!g->cut)
			assert_int_equal(g->nbends, down - up - 1);
	}
}

static void
random_graphs(void **state)
{
	struct layers l;
	struct arena a;
	struct ctx ctx;

	(void)state;
	ctx_init(&ctx);
	for (uint32_t i = 0; i < 120; i++) {
		arena_init(&a, &ctx);
		seed = i;
		random_layers(&l, &a, 1 + draw(60), i % 3 == 0);
		assert_true(layers_make(&l, 2, &a));
		check(&l);
		arena_free(&a);
	}
	ctx_fini(&ctx);
}

static void
too_many_are_refused(void **state)
{
	struct layers l;
	struct arena a;
	struct ctx ctx;

	(void)state;
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	random_layers(&l, &a, LAYERS_BOXES + 1, false);
	assert_false(layers_make(&l, 2, &a));
	arena_free(&a);
	ctx_fini(&ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_graphs),
		cmocka_unit_test(too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
