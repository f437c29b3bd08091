/* SPDX-License-Identifier: Apache-2.0 */
/* Op rows, their signatures, and the binding of nodes to them. */
#include "unit.h"

#include "base/ctx.h"
#include "ir/build.h"
#include "ir/spec.h"
#include "ops/op.h"
#include "ops/sig.h"

static void
rows_are_sorted_found_and_parsed(void **state)
{
	uint32_t n;
	const struct op *row = op_rows(DIALECT_ONNX, &n);
	struct sig g;

	(void)state;
	assert_true(n > 700);
	for (uint32_t i = 0; i < n; i++) {
		assert_ptr_equal(op_find(DIALECT_ONNX, row[i].domain, row[i].name, row[i].since),
		    &row[i]);
		assert_true(row[i].since >= 1 && row[i].since <= domain_newest(row[i].domain));
		assert_true(row[i].sem < SEM_COUNT);
		if (!sig_parse(&row[i], &g))
			continue;
		assert_true(g.min_in <= g.max_in && g.min_out <= g.max_out && g.nout > 0);
		assert_true(g.nin < SIG_ARGS && g.nattr < SIG_ARGS && g.nset < SIG_SETS);
		for (uint32_t k = 0; k < g.nattr; k++)
			assert_int_not_equal(g.attr[k].kind, ATTR_NONE);
	}
}

/* Sorted without gaps; operands that may be named constant or left out. */
static void
rows_of_coreml_are_sorted_found_and_parsed(void **state)
{
	static const enum dialect list[] = { DIALECT_MIL, DIALECT_NN };
	struct sig g;
	uint32_t n;

	(void)state;
	for (size_t d = 0; d < sizeof list / sizeof *list; d++) {
		const struct op *row = op_rows(list[d], &n);

		assert_true(n > 180);
		for (uint32_t i = 0; i < n; i++) {
			assert_ptr_equal(op_find(list[d], row[i].domain, row[i].name,
			    row[i].since), &row[i]);
			assert_true(sig_parse(&row[i], &g) || *row[i].domain != '\0');
			assert_true(g.min_in <= g.max_in && g.min_out <= g.max_out);
			assert_true(g.nin < SIG_ARGS && g.nset < SIG_SETS);
			assert_true(list[d] == DIALECT_MIL ? row[i].since >= 13 :
			    spec_find(row[i].since) != NULL);
		}
	}
}

static void
rows_of_torch_are_sorted_and_parsed(void **state)
{
	uint32_t n;
	const struct op *row = op_rows(DIALECT_ATEN, &n);
	struct sig g;

	(void)state;
	assert_true(n > 1000);
	for (uint32_t i = 0; i < n; i++) {
		const struct op *first = op_oldest(DIALECT_ATEN, row[i].domain, row[i].name);
		bool written = false;

		assert_true(first >= row && first <= &row[i]);
		assert_true(first == &row[i] || strcmp(row[i - 1].overload, row[i].overload) < 0);
		assert_true(sig_parse(&row[i], &g));
		assert_true(g.nin < SIG_ARGS && g.nset < SIG_SETS && g.min_in <= g.max_in);
		for (uint32_t k = 0; k < g.nin; k++)
			written |= g.in[k].written;
		assert_int_equal(written, (row[i].flags & OP_WRITES) != 0);
	}
}

static void
operands_of_programs(void **state)
{
	const struct op *op = op_find(DIALECT_MIL, "", "conv", 16);
	struct sig g;

	(void)state;
	assert_int_equal(op->since, 13);
	assert_true(sig_parse(op, &g));
	assert_false(g.in[1].constant);
	assert_true(g.in[2].constant && g.in[2].optional);
	assert_memory_equal(g.in[4].name, "pad_type", g.in[4].name_len);
	assert_true(g.in[4].constant && g.in[4].optional);
	assert_memory_equal(g.in[4].choices, "valid,same,custom,same_lower", g.in[4].choices_len);
	assert_int_equal(g.in[4].default_len, 5);
	assert_memory_equal(g.in[4].text_default, "valid", 5);
	assert_null(g.in[5].text_default);
	assert_int_equal(op_find(DIALECT_MIL, "", "conv", 17)->since, 17);
	assert_null(op_find(DIALECT_MIL, "", "slice_update", 17));
	assert_int_equal(op_find(DIALECT_MIL, "", "slice_update", 26)->since, 18);
	assert_true(op_oldest(DIALECT_MIL, "", "constexpr_cast")->flags & OP_AT_LOAD);
}

static void
kinds_have_titles_and_families(void **state)
{
	(void)state;
	for (int k = 0; k < SEM_COUNT; k++) {
		assert_non_null(sem_title((enum sem)k));
		assert_true(sem_family((enum sem)k) < FAM_COUNT);
	}
	for (int f = 0; f < FAM_COUNT; f++)
		assert_non_null(family_name((enum family)f));
}

/* As the schemas of the reference library count. */
static void
counts_of_operands(void **state)
{
	static const struct {
		const char *name;
		int since;
		uint32_t min_in, max_in, min_out, max_out;
	} want[] = {
		{ "Attention", 25, 3, 7, 1, 4 },
		{ "BatchNormalization", 1, 5, 5, 1, 5 },
		{ "Clip", 13, 1, 3, 1, 1 },
		{ "Constant", 13, 0, 0, 1, 1 },
		{ "Conv", 11, 2, 3, 1, 1 },
		{ "If", 25, 1, 1, 1, UINT32_MAX },
		{ "LSTM", 22, 3, 8, 0, 3 },
		{ "Loop", 25, 2, UINT32_MAX, 1, UINT32_MAX },
		{ "QLinearConv", 10, 8, 9, 1, 1 },
		{ "Resize", 11, 3, 4, 1, 1 },
		{ "Scan", 8, 2, UINT32_MAX, 1, UINT32_MAX },
		{ "SequenceMap", 17, 1, UINT32_MAX, 1, UINT32_MAX },
		{ "Split", 13, 1, 2, 1, UINT32_MAX },
		{ "Sum", 13, 1, UINT32_MAX, 1, 1 },
	};
	struct sig g;

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const struct op *op = op_find(DIALECT_ONNX, "", want[i].name, want[i].since);

		assert_non_null(op);
		assert_int_equal(op->since, want[i].since);
		assert_true(sig_parse(op, &g));
		assert_int_equal(g.min_in, want[i].min_in);
		assert_int_equal(g.max_in, want[i].max_in);
		assert_int_equal(g.min_out, want[i].min_out);
		assert_int_equal(g.max_out, want[i].max_out);
	}
}

static unsigned
flags_at(const char *domain, const char *name, int64_t version)
{
	const struct op *op = op_find(DIALECT_ONNX, domain, name, version);

	assert_non_null(op);
	return op->flags & (OP_DEPRECATED | OP_REMOVED | OP_RUNTIME);
}

static void
versions_in_force(void **state)
{
	(void)state;
	assert_int_equal(op_find(DIALECT_ONNX, "", "Conv", 10)->since, 1);
	assert_int_equal(op_find(DIALECT_ONNX, "ai.onnx", "Conv", 21)->since, 11);
	assert_int_equal(op_find(DIALECT_ONNX, "", "Conv", OP_NEWEST)->since, 22);
	assert_null(op_find(DIALECT_ONNX, "", "Gelu", 19));
	assert_int_equal(op_oldest(DIALECT_ONNX, "", "Gelu")->since, 20);
	assert_null(op_find(DIALECT_ONNX, "", "Convolve", 11));
	assert_null(op_find(DIALECT_ONNX, "elsewhere", "Conv", 11));
	assert_null(op_find(DIALECT_MIL, "", "Conv", 11));
	assert_null(op_find(DIALECT_NN, "", "oneHot", 4));
	assert_int_equal(op_find(DIALECT_NN, "", "oneHot", 9)->since, 5);
	assert_int_equal(flags_at("", "Upsample", 9), 0);
	assert_int_equal(flags_at("", "Upsample", 10), OP_DEPRECATED);
	assert_int_equal(flags_at("", "GroupNormalization", 20), OP_DEPRECATED);
	assert_int_equal(flags_at("", "GroupNormalization", 21), 0);
	assert_int_equal(flags_at("ai.onnx.ml", "TreeEnsembleRegressor", 5), OP_DEPRECATED);
	assert_int_equal(flags_at("", "Affine", 9), OP_REMOVED);
	assert_int_equal(flags_at("", "MemcpyToHost", 9), OP_RUNTIME);
}

static void
attributes_and_defaults(void **state)
{
	struct sig g;

	(void)state;
	assert_true(sig_parse(op_find(DIALECT_ONNX, "", "LpPool", 22), &g));
	assert_int_equal(g.attr[0].kind, ATTR_STRING);
	assert_memory_equal(g.attr[0].name, "auto_pad", g.attr[0].name_len);
	assert_int_equal(g.attr[0].default_len, 6);
	assert_memory_equal(g.attr[0].text_default, "NOTSET", 6);
	assert_true(g.attr[3].required);
	assert_null(g.attr[3].text_default);
	assert_int_equal(g.attr[3].kind, ATTR_INTS);
	assert_false(sig_parse(op_find(DIALECT_ONNX, "", "ATen", 1), &g));
}

struct fixture { struct ctx ctx; struct model *m; };

static void
setup(struct fixture *f)
{
	ctx_init(&f->ctx);
	f->m = model_new(&f->ctx, DIALECT_ONNX, "onnx");
}

static void
teardown(struct fixture *f)
{
	model_free(f->m);
	ctx_fini(&f->ctx);
}

static const struct type *
type_of(struct fixture *f, const char *text)
{
	uint32_t at;
	const struct type *t = type_parse(&f->m->types, &f->m->strs, text,
	    (uint32_t)strlen(text), &at);

	assert_non_null(t);
	return t;
}

static void
accepted_types(void **state)
{
	static const struct {
		const char *op;
		int since, in;
		const char *type;
		bool yes;
	} want[] = {
		{ "Relu", 13, 0, "f32[2,3]", true },
		{ "Relu", 13, 0, "bf16*", true },
		{ "Relu", 6, 0, "bf16*", false },
		{ "Relu", 13, 0, "seq(f32[1])", false },
		{ "Relu", 13, 0, "?", true },
		{ "Identity", 16, 0, "opt(seq(i8[2]))", true },
		{ "Identity", 16, 0, "seq(seq(i8[2]))", false },
		{ "Identity", 14, 0, "opt(i8[2])", false },
		{ "Reshape", 13, 1, "i64[2]", true },
		{ "Reshape", 13, 1, "i32[2]", false },
		{ "SequenceAt", 11, 0, "seq(str*)", true },
		{ "SequenceAt", 11, 0, "str*", false },
	};
	struct fixture f;
	struct sig g;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_true(sig_parse(op_find(DIALECT_ONNX, "", want[i].op, want[i].since), &g));
		assert_int_equal(sig_accepts(&g.set[g.in[want[i].in].set], type_of(&f, want[i].type)),
		    want[i].yes);
	}
	assert_true(sig_parse(op_find(DIALECT_ONNX, "ai.onnx.ml", "DictVectorizer", 1), &g));
	assert_true(sig_accepts(&g.set[g.in[0].set], type_of(&f, "map(str,i64*)")));
	assert_false(sig_accepts(&g.set[g.in[0].set], type_of(&f, "map(i64,i64*)")));
	assert_true(sig_parse(op_find(DIALECT_ONNX, "com.microsoft", "Gelu", 1), &g));
	assert_true(sig_accepts(&g.set[g.in[0].set], type_of(&f, "str[]")));
	assert_true(sig_parse(op_find(DIALECT_MIL, "", "read_state", 18), &g));
	assert_true(sig_accepts(&g.set[g.in[0].set], type_of(&f, "state(f16[2])")));
	assert_false(sig_accepts(&g.set[g.in[0].set], type_of(&f, "f16[2]")));
	assert_true(sig_parse(op_find(DIALECT_MIL, "", "classify", 18), &g));
	assert_true(sig_accepts(&g.set[g.in[1].set], type_of(&f, "list(str[],2)")));
	assert_false(sig_accepts(&g.set[g.in[1].set], type_of(&f, "list(f32[],2)")));
	teardown(&f);
}

static struct node *
add(struct fixture *f, struct graph *g, const char *domain, const char *type)
{
	struct node *n = graph_add_node(f->m, g);

	n->domain = str_internz(&f->m->strs, domain);
	n->type = str_internz(&f->m->strs, type);
	return n;
}

static struct graph *
add_function(struct fixture *f, const char *domain, const char *name, const char *overload)
{
	struct graph *g = graph_new(f->m, GRAPH_FUNCTION, NULL, NULL);

	g->name = str_internz(&f->m->strs, name);
	g->function = arena_alloc(&f->m->arena, sizeof *g->function);
	g->function->domain = str_internz(&f->m->strs, domain);
	g->function->overload = str_internz(&f->m->strs, overload);
	return g;
}

static void
nodes_get_the_row_in_force(void **state)
{
	struct fixture f;
	struct graph *main_graph, *body, *fn;
	struct node *relu, *gelu, *inner, *conv, *loop, *other;

	(void)state;
	setup(&f);
	f.m->format_version = 8;
	model_add_opset(f.m, f.m->empty, 9);
	model_add_opset(f.m, str_internz(&f.m->strs, "ai.onnx"), 13);
	main_graph = graph_new(f.m, GRAPH_MAIN, NULL, NULL);
	relu = add(&f, main_graph, "ai.onnx", "Relu");
	gelu = add(&f, main_graph, "", "Gelu");
	other = add(&f, main_graph, "ai.onnx.ml", "TreeEnsembleClassifier");
	loop = add(&f, main_graph, "", "Loop");
	body = graph_new(f.m, GRAPH_SUBGRAPH, loop, NULL);
	conv = add(&f, body, "", "Conv");
	fn = add_function(&f, "local", "f", "");
	fn->opsets = arena_alloc(&f.m->arena, sizeof *fn->opsets);
	fn->opsets[0] = (struct opset){ .domain = f.m->empty, .version = 22 };
	fn->nopsets = 1;
	inner = add(&f, fn, "", "Gelu");
	ops_bind(f.m);
	assert_int_equal(relu->op->since, 13);
	assert_null(gelu->op);
	assert_int_equal(conv->op->since, 1); /* "" as written goes before its alias */
	assert_int_equal(inner->op->since, 20);
	assert_int_equal(other->op->since, 5); /* not imported: the newest */
	assert_int_equal(graph_opset(f.m, body, f.m->empty), 9);
	assert_int_equal(graph_opset(f.m, body, relu->domain), 13);
	assert_int_equal(graph_opset(f.m, fn, f.m->empty), 22);
	assert_int_equal(graph_opset(f.m, fn, other->domain), 0);
	teardown(&f);
}

/* A function of a program has the opset that it states itself. */
static void
functions_of_programs_have_their_own_opset(void **state)
{
	static const int64_t versions[] = { 16, 17, 0 };
	static const int since[] = { 13, 17, 17 };
	struct fixture f;
	struct node *n[3];

	(void)state;
	setup(&f);
	f.m->dialect = DIALECT_MIL;
	for (int i = 0; i < 3; i++) {
		struct graph *g = graph_new(f.m, GRAPH_FUNCTION, NULL, NULL);

		g->opsets = arena_alloc(&f.m->arena, sizeof *g->opsets);
		g->opsets[0] = (struct opset){ .domain = f.m->empty, .version = versions[i] };
		g->nopsets = 1;
		n[i] = add(&f, g, "", "cond");
		g = graph_new(f.m, GRAPH_BLOCK, n[i], NULL);
		n[i] = add(&f, g, "", "cast");
	}
	ops_bind(f.m);
	for (int i = 0; i < 3; i++)
		assert_int_equal(n[i]->op->since, since[i]);
	assert_int_equal(graph_opset(f.m, n[0]->graph, f.m->empty), 16);
	teardown(&f);
}

static struct value *
operand(struct fixture *f, struct node *n, const char *type)
{
	struct value *v = node_add_literal(f->m, n);

	v->type = type_of(f, type);
	return v;
}

static const char *
overload_of(struct fixture *f, const char *op, const char *named, const char *const *types)
{
	struct graph *g = f->m->main != NULL ? f->m->main : graph_new(f->m, GRAPH_MAIN, NULL, NULL);
	struct node *n = add(f, g, "aten", op);
	const struct decl_table none = { NULL, 0 };
	struct arena scratch;

	if (named != NULL)
		n->overload = str_internz(&f->m->strs, named);
	for (; *types != NULL; types++)
		operand(f, n, *types);
	arena_init(&scratch, &f->ctx);
	model_bind(f->m, &scratch, &none);
	arena_free(&scratch);
	ops_bind(f->m);
	return n->op != NULL ? n->op->overload : "none";
}

/* TorchScript does not name them: operands tell. */
static void
overloads_are_chosen_by_operands(void **state)
{
	static const struct {
		const char *op, *named, *types[4], *want;
	} cases[] = {
		{ "add", NULL, { "f32[2]", "f32[2]", "int64" }, "Tensor" },
		{ "add", NULL, { "f32[2]", "int64", "int64" }, "Scalar" },
		{ "add", NULL, { "int64", "int64" }, "" },
		{ "max", NULL, { "f32[2]" }, "" },
		{ "max", NULL, { "f32[2]", "f32[2]" }, "other" },
		{ "max", NULL, { "f32[2]", "int64", "int64" }, "dim" },
		{ "max", "dim", { "f32[2]", "int64" }, "dim" },
		{ "max", "none_such", { "f32[2]" }, "none" },
		{ "relu", NULL, { "f32[2]", "f32[2]" }, "none" },
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		setup(&f);
		f.m->dialect = DIALECT_ATEN;
		assert_string_equal(overload_of(&f, cases[i].op, cases[i].named, cases[i].types),
		    cases[i].want);
		teardown(&f);
	}
}

static void
what_is_written_and_what_is_seen(void **state)
{
	struct sig g;
	const struct op *op = op_oldest(DIALECT_ATEN, "aten", "relu_");

	(void)state;
	assert_true(op->flags & OP_WRITES);
	assert_true(sig_parse(op, &g));
	assert_true(g.in[0].written);
	assert_int_equal(g.in[0].alias, g.out[0].alias);
	op = op_oldest(DIALECT_ATEN, "aten", "transpose");
	assert_true((op->flags & (OP_VIEW | OP_WRITES)) == OP_VIEW);
	assert_true(sig_parse(op, &g));
	assert_false(g.in[0].written);
	assert_int_equal(g.in[0].alias, 'a');
	assert_int_equal(g.out[0].alias, 'a');
	assert_int_equal(g.in[1].alias, '\0');
}

static void
old_files_import_silently(void **state)
{
	struct fixture f;
	struct graph *g;
	struct node *n;

	(void)state;
	setup(&f);
	f.m->format_version = 2;
	g = graph_new(f.m, GRAPH_MAIN, NULL, NULL);
	n = add(&f, g, "", "Relu");
	ops_bind(f.m);
	assert_int_equal(n->op->since, 1);
	f.m->format_version = 3;
	assert_int_equal(graph_opset(f.m, g, f.m->empty), 0);
	teardown(&f);
}

static void
functions_go_before_rows(void **state)
{
	struct fixture f;
	struct graph *g, *a, *b, *relu;
	struct node *n[4];

	(void)state;
	setup(&f);
	model_add_opset(f.m, f.m->empty, 14);
	g = graph_new(f.m, GRAPH_MAIN, NULL, NULL);
	n[0] = add(&f, g, "local", "f");
	n[1] = add(&f, g, "local", "f");
	n[1]->overload = str_internz(&f.m->strs, "b");
	n[2] = add(&f, g, "", "Relu");
	n[3] = add(&f, g, "elsewhere", "f");
	a = add_function(&f, "local", "f", "");
	b = add_function(&f, "local", "f", "b");
	relu = add_function(&f, "ai.onnx", "Relu", "");
	add_function(&f, "local", "f", "");
	ops_bind(f.m);
	assert_ptr_equal(n[0]->callee, a);
	assert_ptr_equal(n[1]->callee, b);
	assert_ptr_equal(n[2]->callee, relu);
	assert_int_equal(n[2]->op->since, 14);
	assert_null(n[3]->callee);
	teardown(&f);
}

static void
many_different_nodes(void **state)
{
	struct fixture f;
	struct graph *g, *fn;
	char name[16];

	(void)state;
	setup(&f);
	g = graph_new(f.m, GRAPH_MAIN, NULL, NULL);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "f%d", i % 2500);
		add(&f, g, "local", name);
	}
	fn = add_function(&f, "local", "f17", "");
	ops_bind(f.m);
	for (uint32_t i = 0; i < g->nnodes; i++)
		assert_ptr_equal(g->nodes[i]->callee, i % 2500 == 17 ? fn : NULL);
	teardown(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sorted_found_and_parsed),
		cmocka_unit_test(rows_of_coreml_are_sorted_found_and_parsed),
		cmocka_unit_test(rows_of_torch_are_sorted_and_parsed),
		cmocka_unit_test(operands_of_programs),
		cmocka_unit_test(kinds_have_titles_and_families),
		cmocka_unit_test(counts_of_operands),
		cmocka_unit_test(versions_in_force),
		cmocka_unit_test(attributes_and_defaults),
		cmocka_unit_test(accepted_types),
		cmocka_unit_test(nodes_get_the_row_in_force),
		cmocka_unit_test(functions_of_programs_have_their_own_opset),
		cmocka_unit_test(overloads_are_chosen_by_operands),
		cmocka_unit_test(what_is_written_and_what_is_seen),
		cmocka_unit_test(old_files_import_silently),
		cmocka_unit_test(functions_go_before_rows),
		cmocka_unit_test(many_different_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
