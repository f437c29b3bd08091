/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and lanes: properties that hold for any graph, on random ones. */
#include "unit.h"

#include "base/ctx.h"
#include "ir/build.h"
#include "layout/fold.h"
#include "layout/rows.h"

enum { NODES = 300 };

struct fixture {
	struct ctx ctx;
	struct model *m;
	struct graph *g;
	struct arena a;
	struct scopes s;
	struct rows r;
	uint8_t folds[4 * NODES];
	uint32_t seed;
};

static uint32_t
draw(struct fixture *t, uint32_t below)
{
	t->seed = t->seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)t->seed * below >> 32);
}

/* n nodes in modules mI/sJ; each reads up to three results that are at most
 * reach nodes away, also later ones when the file is unsorted. */
static void
random_graph(struct fixture *t, uint32_t n, uint32_t reach, bool unsorted)
{
	struct decl_table none = { NULL, 0 };
	struct arena scratch;
	char name[48];

	ctx_init(&t->ctx);
	arena_init(&t->a, &t->ctx);
	t->m = model_new(&t->ctx, DIALECT_ONNX, "test");
	t->g = graph_new(t->m, GRAPH_MAIN, NULL, NULL);
	graph_add_value(t->m, t->g, str_internz(&t->m->strs, "v0"), VALUE_INPUT);
	for (uint32_t i = 1; i <= n; i++) {
		struct node *x = graph_add_node(t->m, t->g);

		x->type = str_internz(&t->m->strs, "Op");
		snprintf(name, sizeof name, "m%u/s%u/n%u", (unsigned)(i / 40 + draw(t, 2)),
		    (unsigned)draw(t, 3), (unsigned)i);
		x->name = str_internz(&t->m->strs, name);
		for (uint32_t k = draw(t, 3) + 1; k > 0; k--) {
			uint32_t at = i > reach ? i - 1 - draw(t, reach) : draw(t, i);

			if (unsorted && draw(t, 8) == 0)
				at = 1 + draw(t, n);
			snprintf(name, sizeof name, "v%u", (unsigned)at);
			node_add_operand_name(t->m, x, str_internz(&t->m->strs, name));
		}
		snprintf(name, sizeof name, "v%u", (unsigned)i);
		node_add_output(t->m, x, str_internz(&t->m->strs, name));
	}
	arena_init(&scratch, &t->ctx);
	model_bind(t->m, &scratch, &none);
	arena_free(&scratch);
	scopes_build(&t->s, &t->a, t->m, t->g);
	memset(t->folds, FOLD_OPEN, sizeof t->folds);
}

static void
rows(struct fixture *t, unsigned cap, uint32_t span)
{
	struct rows_options o = { .folds = t->folds, .cap = cap, .span = span };

	rows_build(&t->r, &t->a, &t->s, &o);
}

static void
end(struct fixture *t)
{
	arena_free(&t->a);
	model_free(t->m);
	ctx_fini(&t->ctx);
}

/* Follow every lane from the top: no two results share one, what is read on a
 * lane is what the edge says, and every operand is on a lane or counted as a
 * reference. */
static void
check_lanes(const struct fixture *t, unsigned cap, uint32_t span)
{
	const struct rows *r = &t->r;
	uint32_t holds[LANES_MAX];
	uint16_t live = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		const struct lane_row *row = &r->lanes[i];
		uint32_t refs = 0;
		uint16_t read = 0;

		assert_int_equal(row->through | row->in, live);
		assert_int_equal(row->through & row->in, 0);
		assert_int_equal(row->ends & ~row->in, 0);
		for (uint32_t e = r->edges.start[i]; e < r->edges.start[i + 1]; e++) {
			uint32_t from = r->edges.from[e], lane = 0;

			if (!r->drawn[e]) {
				refs++;
				continue;
			}
			assert_true(from < i && i - from <= span);
			while (lane < LANES_MAX && !((row->in & 1u << lane) && holds[lane] == from))
				lane++;
			assert_true(lane < LANES_MAX);
			read |= (uint16_t)(1u << lane);
		}
		assert_int_equal(read, row->in);
		assert_int_equal(refs, row->nrefs);
		live &= (uint16_t)~row->ends;
		if (row->own == LANE_NONE)
			continue;
		assert_true(row->own < cap);
		assert_int_equal(live & 1u << row->own, 0);
		live |= (uint16_t)(1u << row->own);
		holds[row->own] = i;
	}
	assert_int_equal(live, 0);
}

/* Each node has exactly one row, each edge between rows is there once. */
static void
check_rows(const struct fixture *t)
{
	const struct rows *r = &t->r;
	uint32_t nodes = 0;

	for (uint32_t i = 0; i < r->n; i++)
		nodes += r->list[i].kind == ROW_NODE;
	for (uint32_t i = 0; i < t->g->nnodes; i++) {
		const struct node *n = t->g->nodes[i];
		uint32_t at = r->of_node[i];

		assert_true(at < r->n);
		if (r->list[at].kind == ROW_NODE)
			assert_ptr_equal(r->list[at].of.node, n), nodes--;
		else
			assert_int_equal(r->list[at].kind, ROW_FOLD);
		for (uint32_t k = 0; k < n->nin; k++) {
			uint32_t found = 0, from;

			if (n->in[k] == NULL || n->in[k]->producer == NULL)
				continue;
			from = r->of_node[n->in[k]->producer->index];
			for (uint32_t e = r->edges.start[at]; e < r->edges.start[at + 1]; e++)
				found += r->edges.from[e] == from;
			assert_int_equal(found, from != at);
		}
	}
	assert_int_equal(nodes, 0);
}

static void
random_graphs_keep_the_rules(void **state)
{
	static struct fixture t;

	(void)state;
	for (uint32_t i = 0; i < 60; i++) {
		unsigned cap = 1 + i % 12;
		uint32_t span = 1 + i * 3;

		t.seed = i;
		random_graph(&t, 1 + NODES * (i % 7) / 7, 1 + i % 50, false);
		for (int round = 0; round < 4; round++) {
			rows(&t, cap, span);
			check_lanes(&t, cap, span);
			check_rows(&t);
			if (round == 0)
				assert_true(t.r.sorted);
			for (uint32_t k = 0; k < t.s.n; k++)
				t.folds[k] = draw(&t, 3) == 0 ? FOLD_SHUT : FOLD_OPEN;
		}
		end(&t);
	}
}

static void
unsorted_files_and_cycles(void **state)
{
	static struct fixture t;

	(void)state;
	for (uint32_t i = 0; i < 30; i++) {
		t.seed = 1000 + i;
		random_graph(&t, NODES, 20, true);
		rows(&t, 8, 40);
		check_lanes(&t, 8, 40);
		check_rows(&t);
		end(&t);
	}
}

/* Nodes that only have to be put in another order get one without references
 * upwards. */
static void
what_can_be_sorted_is(void **state)
{
	static struct fixture t;
	struct node **list;

	(void)state;
	t.seed = 7;
	random_graph(&t, NODES, 30, false);
	/* turn the file round */
	list = t.g->nodes;
	for (uint32_t i = 0; i < NODES / 2; i++) {
		struct node *n = list[i];

		list[i] = list[NODES - 1 - i];
		list[NODES - 1 - i] = n;
	}
	for (uint32_t i = 0; i < NODES; i++)
		list[i]->index = i;
	scopes_build(&t.s, &t.a, t.m, t.g);
	rows(&t, 8, 40);
	assert_true(t.r.sorted);
	check_rows(&t);
	end(&t);
}

static void
folding_and_unfolding_is_nothing(void **state)
{
	static struct fixture t;
	struct rows before;

	(void)state;
	t.seed = 3;
	random_graph(&t, NODES, 30, false);
	rows(&t, 8, 40);
	before = t.r;
	memset(t.folds, FOLD_SHUT, t.s.n);
	rows(&t, 8, 40);
	assert_true(t.r.n < before.n / 2);
	memset(t.folds, FOLD_OPEN, t.s.n);
	rows(&t, 8, 40);
	assert_int_equal(t.r.n, before.n);
	assert_memory_equal(t.r.lanes, before.lanes, before.n * sizeof *before.lanes);
	end(&t);
}

static void
a_chain_has_one_lane(void **state)
{
	static struct fixture t;

	(void)state;
	t.seed = 5;
	random_graph(&t, 100, 1, false);
	rows(&t, 8, 40);
	assert_int_equal(t.r.nlanes, 1);
	end(&t);
}

static void
headings_stand_before_their_rows(void **state)
{
	static struct fixture t;

	(void)state;
	t.seed = 11;
	random_graph(&t, NODES, 30, false);
	rows(&t, 8, 40);
	for (uint32_t i = 0; i < t.s.n; i++) {
		uint32_t at = rows_of_scope(&t.r, &t.s, t.s.list[i]);

		if (t.s.list[i]->depth == 0)
			continue;
		if (t.s.list[i]->ntotal == 1) {
			assert_int_equal(t.r.list[at].kind, ROW_NODE);
			continue;
		}
		assert_int_equal(t.r.list[at].kind, ROW_HEAD);
		assert_ptr_equal(t.r.list[at].of.scope, t.s.list[i]);
		assert_false(t.r.list[at].again);
	}
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_graphs_keep_the_rules),
		cmocka_unit_test(unsorted_files_and_cycles),
		cmocka_unit_test(what_can_be_sorted_is),
		cmocka_unit_test(folding_and_unfolding_is_nothing),
		cmocka_unit_test(a_chain_has_one_lane),
		cmocka_unit_test(headings_stand_before_their_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
