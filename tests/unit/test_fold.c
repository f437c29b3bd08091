/* SPDX-License-Identifier: Apache-2.0 */
/* Module trees, repeated blocks, what is folded. */
#include "unit.h"

#include "base/ctx.h"
#include "ir/build.h"
#include "layout/fold.h"

struct fixture {
	struct ctx ctx;
	struct model *m;
	struct graph *g;
	struct decl_table decls;
	struct arena a;
	struct scopes s;
};

static const struct str *
text(struct fixture *t, const char *s)
{
	return str_internz(&t->m->strs, s);
}

static void
start(struct fixture *t)
{
	memset(t, 0, sizeof *t);
	ctx_init(&t->ctx);
	arena_init(&t->a, &t->ctx);
	t->m = model_new(&t->ctx, DIALECT_ONNX, "test");
	t->g = graph_new(t->m, GRAPH_MAIN, NULL, NULL);
	graph_add_value(t->m, t->g, text(t, "x"), VALUE_INPUT);
}

static struct node *
add(struct fixture *t, const char *type, const char *name, const char *in, const char *out)
{
	struct node *n = graph_add_node(t->m, t->g);

	n->type = text(t, type);
	n->name = text(t, name);
	if (in != NULL)
		node_add_operand_name(t->m, n, text(t, in));
	node_add_output(t->m, n, text(t, out));
	return n;
}

static void
weight(struct fixture *t, struct node *n, const char *name, const int64_t *dims)
{
	struct value *v = graph_add_value(t->m, t->g, text(t, name), VALUE_INITIALIZER);

	v->constant = arena_alloc(&t->m->arena, sizeof *v->constant);
	v->constant->dtype = DT_F32;
	v->constant->rank = 2;
	v->constant->dims = dims;
	node_add_operand_name(t->m, n, v->name);
}

static void
build(struct fixture *t)
{
	struct arena scratch;

	arena_init(&scratch, &t->ctx);
	model_bind(t->m, &scratch, &t->decls);
	arena_free(&scratch);
	scopes_build(&t->s, &t->a, t->m, t->g);
}

static void
end(struct fixture *t)
{
	arena_free(&t->a);
	model_free(t->m);
	assert_int_equal(t->ctx.used, 0);
	ctx_fini(&t->ctx);
}

/* A chain of nodes that only have names. */
static void
chain(struct fixture *t, const char *const *names, uint32_t n)
{
	char in[16] = "x", out[16];

	for (uint32_t i = 0; i < n; i++) {
		snprintf(out, sizeof out, "v%u", (unsigned)i);
		add(t, "Relu", names[i], in, out);
		memcpy(in, out, sizeof in);
	}
	build(t);
}

static void
assert_path(const struct scope *c, const char *path, const char *name)
{
	assert_int_equal(c->npath, strlen(path));
	assert_memory_equal(c->path, path, c->npath);
	assert_int_equal(c->nname, strlen(name));
	assert_memory_equal(c->name, name, c->nname);
}

static void
slashes_make_a_tree(void **state)
{
	static const char *const names[] = {
		"/m/a/Relu", "m/a/b/Relu", "/m//a/Relu_1", "/m/c/Relu", "Relu", "/m/a/b/Relu_1"
	};
	struct fixture t;
	struct scope *m, *a;

	(void)state;
	start(&t);
	chain(&t, names, 6);
	assert_int_equal(t.s.n, 5);
	assert_int_equal(t.s.root->nnodes, 1);
	m = t.s.root->children[0];
	assert_path(m, "m", "m");
	assert_int_equal(m->ntotal, 5);
	assert_int_equal(m->nchildren, 2);
	a = m->children[0];
	assert_path(a, "m/a", "a");
	assert_int_equal(a->nnodes, 2);
	assert_path(a->children[0], "m/a/b", "b");
	assert_int_equal(a->children[0]->ntotal, 2);
	assert_ptr_equal(t.s.of[2], a);
	end(&t);
}

static void
dots_make_a_tree_but_numbers_do_not(void **state)
{
	static const char *const names[] = { "enc.0.Relu", "enc.1.Relu", "Relu.12", "Relu.13" };
	struct fixture t;

	(void)state;
	start(&t);
	chain(&t, names, 4);
	assert_int_equal(t.s.root->nnodes, 2);
	assert_int_equal(t.s.root->nchildren, 1);
	assert_path(t.s.root->children[0]->children[1], "enc.1", "1");
	end(&t);
}

static void
numbered_names_are_flat(void **state)
{
	static const char *const names[] = { "Relu_0", "Relu_1", "a/b", "", "Relu_2" };
	struct fixture t;

	(void)state;
	start(&t);
	chain(&t, names, 5);
	assert_int_equal(t.s.n, 1);
	assert_int_equal(t.s.root->nnodes, 5);
	end(&t);
}

static void
stated_scopes_come_first(void **state)
{
	struct fixture t;

	(void)state;
	start(&t);
	add(&t, "Relu", "p/q/r", "x", "a")->scope = text(&t, "layers.0.attn");
	add(&t, "Relu", "p/q/s", "a", "b");
	build(&t);
	assert_int_equal(t.s.n, 4);
	assert_path(t.s.of[0], "layers.0.attn", "attn");
	assert_ptr_equal(t.s.of[1], t.s.root);
	end(&t);
}

static void
depth_is_bounded(void **state)
{
	static char name[4001];
	const char *const names[] = { name };
	struct fixture t;

	(void)state;
	for (int i = 0; i < 4000; i++)
		name[i] = i % 2 == 0 ? 'a' : '/';
	start(&t);
	chain(&t, names, 1);
	assert_int_equal(t.s.of[0]->depth, SCOPE_DEPTH);
	fold_depth(&t.s, &t.a, 1);
	end(&t);
}

/* Layers l.0, l.1, ...: a product with a weight, a rectifier, and the sum with
 * what came in. Layer odd differs by what says. */
enum change { NOTHING, ATTRIBUTE, WEIGHT, WIRING, READER };

static void
layers(struct fixture *t, unsigned n, unsigned odd, enum change what, bool names)
{
	static const int64_t dims[2][2] = { { 4, 4 }, { 4, 8 } };
	char in[16] = "x", s[4][40];

	for (unsigned i = 0; i < n; i++) {
		enum change c = i == odd ? what : NOTHING;
		struct node *x;

		for (int k = 0; k < 3; k++)
			snprintf(s[k], sizeof s[k], names ? "l.%u/n%d" : "%u_n%d", i, k);
		snprintf(s[3], sizeof s[3], "w%u", i);
		x = add(t, "MatMul", s[0], in, s[0]);
		weight(t, x, s[3], dims[c == WEIGHT]);
		x = add(t, "LeakyRelu", s[1], s[0], s[1]);
		if (c == ATTRIBUTE) {
			struct attr *a = node_add_attr(t->m, x);

			a->name = text(t, "alpha");
			a->kind = ATTR_FLOAT;
			a->v.f = 0.5;
		}
		x = add(t, "Add", s[2], s[1], s[2]);
		node_add_operand_name(t->m, x, text(t, c == WIRING ? s[0] : in));
		if (c == READER)
			add(t, "Relu", "y", s[1], "y");
		memcpy(in, s[2], sizeof in);
	}
	decl_add(&t->m->arena, &t->decls, t->g, (struct decl){ .name = text(t, in),
	    .output = true });
	build(t);
}

static void
equal_siblings_fold(void **state)
{
	struct fixture t;
	struct scope *first;

	(void)state;
	start(&t);
	layers(&t, 24, 99, NOTHING, true);
	scopes_repeats(&t.s, &t.a);
	first = t.s.root->children[0];
	assert_int_equal(first->repeat, 24);
	assert_null(first->same_as);
	for (uint32_t i = 1; i < 24; i++)
		assert_ptr_equal(t.s.root->children[i]->same_as, first);
	end(&t);
}

static void
unequal_siblings_do_not(void **state)
{
	struct fixture t;

	(void)state;
	for (enum change what = ATTRIBUTE; what <= READER; what++) {
		start(&t);
		layers(&t, 6, 3, what, true);
		scopes_repeats(&t.s, &t.a);
		assert_int_equal(t.s.root->children[0]->repeat, 5);
		assert_null(t.s.root->children[3]->same_as);
		assert_int_equal(t.s.root->children[3]->repeat, 1);
		assert_ptr_equal(t.s.root->children[5]->same_as, t.s.root->children[0]);
		end(&t);
	}
}

static void
names_must_agree(void **state)
{
	static const char *const names[] = { "q/a", "k/a", "n1/a", "o/a", "n2/a" };
	struct fixture t;

	(void)state;
	start(&t);
	chain(&t, names, 5);
	scopes_repeats(&t.s, &t.a);
	for (uint32_t i = 0; i < t.s.n; i++)
		assert_int_equal(t.s.list[i]->repeat, 1);
	end(&t);
}

static void
depth_gives_boxes_and_stand_ins(void **state)
{
	struct fixture t;
	struct scope *first;

	(void)state;
	start(&t);
	layers(&t, 5, 99, NOTHING, true);
	fold_depth(&t.s, &t.a, 0);
	first = t.s.root->children[0];
	for (uint32_t i = 0; i < t.g->nnodes; i++) {
		assert_ptr_equal(fold_box(&t.s, t.g->nodes[i]), first);
		assert_ptr_equal(fold_stand_in(&t.s, t.g->nodes[i]), t.g->nodes[i % 3]);
	}
	fold_depth(&t.s, &t.a, 1);
	assert_null(fold_box(&t.s, t.g->nodes[14]));
	end(&t);
}

static void
runs_fold_without_names(void **state)
{
	struct fixture t;
	uint32_t shown = 0;

	(void)state;
	start(&t);
	layers(&t, 100, 50, WEIGHT, false);
	assert_true(fold_auto(&t.s, &t.a, 20) <= 20);
	for (uint32_t i = 0; i < t.g->nnodes; i++)
		shown += fold_stand_in(&t.s, t.g->nodes[i]) == t.g->nodes[i];
	assert_true(shown <= 20);
	/* the odd layer is not taken for one of the others */
	assert_ptr_equal(fold_stand_in(&t.s, t.g->nodes[150]), t.g->nodes[150]);
	end(&t);
}

/* Boxes and nodes that a drawing would show. */
static uint32_t
count_shown(const struct fixture *t)
{
	bool seen[64] = { false };
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->g->nnodes; i++) {
		const struct scope *box = fold_box(&t->s, t->g->nodes[i]);

		if (fold_stand_in(&t->s, t->g->nodes[i]) != t->g->nodes[i])
			continue;
		n += box == NULL || !seen[box->id % 64];
		if (box != NULL)
			seen[box->id % 64] = true;
	}
	return n;
}

/* Names and ops without any pattern, from a fixed sequence. */
static void
automatic_keeps_its_word(void **state)
{
	static const char *const ops[] = { "Relu", "Abs", "Neg", "Exp", "Tanh" };
	struct fixture t;

	(void)state;
	for (uint32_t max = 1; max < 40; max = max * 2 + 1) {
		uint32_t r = 12345, boxes;
		char in[40] = "x", name[40];

		start(&t);
		for (int i = 0; i < 400; i++) {
			r = r * 1664525 + 1013904223;
			snprintf(name, sizeof name, r >> 31 ? "a%u/b%u/%d" : "a%u/%d",
			    (unsigned)(r >> 20 & 7), (unsigned)(r >> 24 & 15), i);
			add(&t, ops[(r >> 16) % 5], name, in, name);
			memcpy(in, name, sizeof in);
		}
		build(&t);
		boxes = fold_auto(&t.s, &t.a, max);
		assert_true(boxes <= max);
		assert_true(count_shown(&t) <= boxes);
		end(&t);
	}
}

static void
an_empty_graph_is_nothing(void **state)
{
	struct fixture t;

	(void)state;
	start(&t);
	build(&t);
	assert_int_equal(fold_auto(&t.s, &t.a, 5), 0);
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slashes_make_a_tree),
		cmocka_unit_test(dots_make_a_tree_but_numbers_do_not),
		cmocka_unit_test(numbered_names_are_flat),
		cmocka_unit_test(stated_scopes_come_first),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(equal_siblings_fold),
		cmocka_unit_test(unequal_siblings_do_not),
		cmocka_unit_test(names_must_agree),
		cmocka_unit_test(depth_gives_boxes_and_stand_ins),
		cmocka_unit_test(runs_fold_without_names),
		cmocka_unit_test(automatic_keeps_its_word),
		cmocka_unit_test(an_empty_graph_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
