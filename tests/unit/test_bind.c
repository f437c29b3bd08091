/* SPDX-License-Identifier: Apache-2.0 */
/* Names to values: order, shadowing, captures, names nobody makes. */
#include "unit.h"

#include "base/ctx.h"
#include "ir/build.h"

struct fixture {
	struct ctx ctx;
	struct model *m;
	struct decls decls[8];
};

static struct node *
add(struct fixture *t, struct graph *g, const char *in, const char *out)
{
	struct node *n = graph_add_node(t->m, g);

	node_add_operand_name(t->m, n, str_internz(&t->m->strs, in));
	node_add_output(t->m, n, str_internz(&t->m->strs, out));
	return n;
}

static struct graph *
start(struct fixture *t)
{
	struct graph *g;

	memset(t, 0, sizeof *t);
	ctx_init(&t->ctx);
	t->m = model_new(&t->ctx, DIALECT_ONNX, "test");
	g = graph_new(t->m, GRAPH_MAIN, NULL, NULL);
	graph_add_value(t->m, g, str_internz(&t->m->strs, "x"), VALUE_INPUT);
	return g;
}

static void
bind(struct fixture *t)
{
	struct arena scratch;

	arena_init(&scratch, &t->ctx);
	model_bind(t->m, &scratch, &(struct decl_table){ t->decls, 8 });
	arena_free(&scratch);
}

static void
end(struct fixture *t)
{
	model_free(t->m);
	assert_int_equal(t->ctx.used, 0);
	ctx_fini(&t->ctx);
}

static void
sorted_graph(void **state)
{
	struct fixture t;
	struct graph *g = start(&t);
	struct node *a = add(&t, g, "x", "y"), *b = add(&t, g, "y", "z");

	(void)state;
	bind(&t);
	assert_ptr_equal(a->in[0], g->inputs[0]);
	assert_ptr_equal(b->in[0], a->out[0]);
	assert_true(t.m->is_sorted);
	assert_int_equal(t.m->nvalues, 3);
	end(&t);
}

static void
unsorted_graph(void **state)
{
	struct fixture t;
	struct graph *g = start(&t);
	struct node *b = add(&t, g, "y", "z"), *a = add(&t, g, "x", "y");

	(void)state;
	bind(&t);
	assert_ptr_equal(b->in[0], a->out[0]);
	assert_false(t.m->is_sorted);
	end(&t);
}

static void
nobody_makes_it(void **state)
{
	struct fixture t;
	struct graph *g = start(&t);
	struct node *a = add(&t, g, "ghost", "y"), *b = add(&t, g, "ghost", "z");

	(void)state;
	bind(&t);
	assert_int_equal(a->in[0]->flags, VALUE_UNDEFINED);
	assert_ptr_equal(a->in[0], b->in[0]);
	end(&t);
}

/* A name used again: readers take the one made last before them. */
static void
made_twice(void **state)
{
	struct fixture t;
	struct graph *g = start(&t);
	struct node *a = add(&t, g, "x", "y"), *b = add(&t, g, "y", "y"), *c = add(&t, g, "y", "z");

	(void)state;
	bind(&t);
	assert_ptr_equal(b->in[0], a->out[0]);
	assert_ptr_equal(c->in[0], b->out[0]);
	assert_true(b->out[0]->flags & VALUE_REDEFINED);
	assert_false(a->out[0]->flags & VALUE_REDEFINED);
	end(&t);
}

/* then { t = f(y); y = f(t); u = f(y) } with an outer y: the first reads the
 * outer one, the last its own. */
static void
shadowing_and_capture(void **state)
{
	struct fixture t;
	struct graph *g = start(&t), *s;
	struct node *a = add(&t, g, "x", "y"), *n = add(&t, g, "x", "r"), *b, *c, *d, *after;

	(void)state;
	s = graph_new(t.m, GRAPH_SUBGRAPH, n, NULL);
	b = add(&t, s, "y", "t");
	c = add(&t, s, "t", "y");
	d = add(&t, s, "y", "u");
	after = add(&t, g, "y", "end");
	bind(&t);
	assert_ptr_equal(b->in[0], a->out[0]);
	assert_ptr_equal(d->in[0], c->out[0]);
	assert_ptr_equal(after->in[0], a->out[0]);
	assert_int_equal(c->out[0]->flags & VALUE_REDEFINED, 0);
	assert_ptr_equal(n->regions[0], s);
	assert_int_equal(s->level, 1);
	end(&t);
}

static void
functions_see_only_themselves(void **state)
{
	struct fixture t;
	struct graph *g = start(&t), *f = graph_new(t.m, GRAPH_FUNCTION, NULL, NULL);
	struct node *a = add(&t, f, "x", "y");

	(void)state;
	add(&t, g, "x", "y");
	bind(&t);
	assert_ptr_not_equal(a->in[0], g->inputs[0]);
	assert_true(a->in[0]->flags & VALUE_UNDEFINED);
	end(&t);
}

static void
initializer_of_an_input_is_its_default(void **state)
{
	struct fixture t;
	struct graph *g = start(&t);
	struct value *v = graph_add_value(t.m, g, str_internz(&t.m->strs, "x"), VALUE_INITIALIZER);

	(void)state;
	v->constant = arena_alloc(&t.m->arena, sizeof *v->constant);
	bind(&t);
	assert_ptr_equal(g->initializers[0], g->inputs[0]);
	assert_int_equal(g->inputs[0]->flags, VALUE_INPUT | VALUE_INITIALIZER);
	assert_non_null(g->inputs[0]->constant);
	assert_int_equal(g->nvalues, 1);
	end(&t);
}

static void
declared_types_and_outputs(void **state)
{
	struct fixture t;
	struct graph *g = start(&t);
	struct node *a = add(&t, g, "x", "y");
	struct decl list[3];

	(void)state;
	memset(list, 0, sizeof list);
	list[0].name = str_internz(&t.m->strs, "y");
	list[0].type = type_tensor(&t.m->types, DT_F32, true, 0, NULL);
	list[0].output = true;
	list[1].name = str_internz(&t.m->strs, "stray");
	list[1].type = list[0].type;
	list[2].name = str_internz(&t.m->strs, "missing");
	list[2].output = true;
	t.decls[0] = (struct decls){ list, 3 };
	bind(&t);
	assert_int_equal(g->noutputs, 2);
	assert_ptr_equal(g->outputs[0], a->out[0]);
	assert_ptr_equal(a->out[0]->type, list[0].type);
	assert_true(g->outputs[1]->flags & VALUE_UNDEFINED);
	assert_int_equal(g->nstray, 1);
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted_graph),
		cmocka_unit_test(unsorted_graph),
		cmocka_unit_test(nobody_makes_it),
		cmocka_unit_test(made_twice),
		cmocka_unit_test(shadowing_and_capture),
		cmocka_unit_test(functions_see_only_themselves),
		cmocka_unit_test(initializer_of_an_input_is_its_default),
		cmocka_unit_test(declared_types_and_outputs),
	};

	return cmocka_run_group_tests_name("bind", tests, NULL, NULL);
}
