/* SPDX-License-Identifier: Apache-2.0 */
/* What the interpreter computes of single operations of ONNX: numbers that the standard's node
 * tests and PyTorch give. More of them in tests/truth/compute. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "exec/exec.h"
#include "base/ctx.h"
#include "base/str.h"
#include "infer/infer.h"
#include "ir/build.h"
#include "ir/dim.h"
#include "ops/op.h"

enum { NUMBERS = 16, ATTRS = 6, MORE = 2 };

/* Attributes are "NAME NUMBER ..."; several numbers are a list. nout 0: it is not computed. */
struct row {
	const char *op;
	int64_t version;
	const char *attrs[ATTRS], *type;
	double in[NUMBERS], out[NUMBERS];
	uint32_t nout;
	struct { const char *type; double v[NUMBERS]; } more[MORE]; /* operands behind it */
};

static const struct row rows[] = {
	{ "ArgMax", 13, { "axis 1" }, "f32[2,2]", { 2, 2, 3, 10 }, { 0, 1 }, .nout = 2 },
	{ "ArgMax", 13, { "axis 1", "select_last_index 1" }, "f32[2,2]", { 2, 2, 3, 10 },
	    { 1, 1 }, .nout = 2 },
	{ "ArgMin", 13, { "axis -1", "keepdims 0", "select_last_index 1" }, "f32[2,3]",
	    { 2, 1, 1, 3, 10, 3 }, { 2, 2 }, .nout = 2 },
	{ "AveragePool", 19, { "kernel_shape 2", "dilations 3", "pads 1 2",
	    "count_include_pad 1" }, "f32[1,1,4]", { 1, 2, 3, 4 }, { 1.5, 2.5, 1, 1.5 },
	    .nout = 4 },
	{ "AveragePool", 19, { "kernel_shape 2", "dilations 3", "pads 1 2", "strides 2",
	    "ceil_mode 1", "count_include_pad 1" }, "f32[1,1,4]", { 1, 2, 3, 4 },
	    { 1.5, 1, 4 }, .nout = 3 },
	{ "AveragePool", 19, { "kernel_shape 2", "strides 2", "ceil_mode 1",
	    "count_include_pad 1" }, "f32[1,1,3]", { 1, 2, 3 }, { 1.5, 3 }, .nout = 2 },
	{ "MaxPool", 12, { "kernel_shape 1", "dilations 0" }, "f32[1,1,2]", { 1 },
	    { 0 }, .nout = 0 },
	{ "AveragePool", 19, { "kernel_shape 2", "dilations -1" }, "f32[1,1,2]", { 1 },
	    { 0 }, .nout = 0 },
	{ "Conv", 11, { "dilations 0" }, "f32[1,1,2]", { 1, 2 }, { 0 }, 0,
	    { { "f32[1,1,1]", { 1 } } } },
	{ "BitwiseNot", 18, { NULL }, "u8[3]", { 0, 1, 255 }, { 255, 254, 0 }, .nout = 3 },
	{ "BitwiseNot", 18, { NULL }, "i8[3]", { 0, 1, -1 }, { -1, -2, 0 }, .nout = 3 },
	{ "IsInf", 10, { NULL }, "f32[3]", { 1, INFINITY, -INFINITY }, { 0, 1, 1 }, .nout = 3 },
	{ "IsInf", 10, { "detect_negative 0" }, "f32[3]", { 1, INFINITY, -INFINITY },
	    { 0, 1, 0 }, .nout = 3 },
	{ "IsInf", 10, { "detect_positive 0" }, "f32[3]", { 1, INFINITY, -INFINITY },
	    { 0, 0, 1 }, .nout = 3 },
	{ "LpNormalization", 1, { "axis 1" }, "f32[2,2]", { 0, 0, 3, 4 }, { 0, 0, 0.6, 0.8 },
	    .nout = 4 },
	{ "Col2Im", 18, { NULL }, "f32[1,4,4]", { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	    15, 16 }, { 1, 7, 6, 12, 34, 22, 11, 27, 16 }, 9, { { "i64[2]", { 3, 3 } },
	    { "i64[2]", { 2, 2 } } } },
	{ "Col2Im", 18, { NULL }, "f32[1,4,4]", { 1 }, { 0 }, 0, { { "i64[2]", { 3, 4 } },
	    { "i64[2]", { 2, 2 } } } },
	{ "DequantizeLinear", 13, { "axis 0" }, "u8[2,2]", { 1, 2, 3, 4 }, { 0, 0.5, 0, 2 }, 4,
	    { { "f32[2]", { 0.5, 2 } }, { "u8[2]", { 1, 3 } } } },
	{ "DequantizeLinear", 13, { NULL }, "u8[2]", { 1, 2 }, { 3, 6 }, 2,
	    { { "f32[]", { 3 } } } },
	{ "GridSample", 20, { NULL }, "f32[1,1,2,2]", { 1, 2, 3, 4 }, { 2.5, 0.25, 2, 0 }, 4,
	    { { "f32[1,1,4,2]", { 0, 0, -1, -1, 0.5, -0.5, 9, 9 } } } },
	{ "GridSample", 20, { "align_corners 1" }, "f32[1,1,2,2]", { 1, 2, 3, 4 },
	    { 2.5, 1, 3.75 }, 3, { { "f32[1,1,3,2]", { 0, 0, -1, -1, 0.5, 1 } } } },
	{ "Upsample", 7, { "scales 1 1 1.5" }, "f32[1,1,2]", { 1, 2 }, { 1, 1, 2 }, .nout = 3 }
};

/* Where it is a float or a list of such, scales alone are. */
static void
add_attr(struct model *m, struct node *n, const char *text)
{
	struct attr *a = node_add_attr(m, n);
	size_t len = strcspn(text, " ");
	int64_t *ints = arena_array(&m->arena, NUMBERS, sizeof *ints);
	float *floats = arena_array(&m->arena, NUMBERS, sizeof *floats);
	bool lone = strchr(text + len + 1, ' ') == NULL, wide = strncmp(text, "scales", len) == 0;
	const char *at;
	char name[32], *end;

	snprintf(name, sizeof name, "%.*s", (int)len, text);
	a->name = str_internz(&m->strs, name);
	for (at = text + len; *at == ' '; a->n++, at = end) {
		floats[a->n] = strtof(at, &end);
		ints[a->n] = (int64_t)floats[a->n];
	}
	lone = lone && strstr(name, "kernel") == NULL && strstr(name, "strides") == NULL &&
	    strstr(name, "dilations") == NULL;
	a->kind = lone ? ATTR_INT : wide ? ATTR_FLOATS : ATTR_INTS;
	if (lone)
		a->v.i = ints[0];
	else if (wide)
		a->v.floats = floats;
	else
		a->v.ints = ints;
}

static void
build(struct model *m, const struct row *row)
{
	struct graph *g = graph_new(m, GRAPH_MAIN, NULL, NULL);
	struct node *n = graph_add_node(m, g);
	static const char *const names[1 + MORE] = { "x", "a", "b" };
	uint32_t at;

	m->main = g;
	model_add_opset(m, m->empty, row->version);
	for (uint32_t i = 0; i <= MORE && (i == 0 || row->more[i - 1].type != NULL); i++) {
		const char *type = i == 0 ? row->type : row->more[i - 1].type;

		graph_add_value(m, g, str_internz(&m->strs, names[i]), VALUE_INPUT)->type =
		    type_parse(&m->types, &m->strs, type, (uint32_t)strlen(type), &at);
	}
	n->type = str_internz(&m->strs, row->op);
	for (uint32_t i = 0; i < ATTRS && row->attrs[i] != NULL; i++)
		add_attr(m, n, row->attrs[i]);
	for (uint32_t i = 0; i < g->ninputs; i++)
		node_add_operand_name(m, n, str_internz(&m->strs, names[i]));
	node_add_output(m, n, str_internz(&m->strs, "y"));
}

static bool
is_same(const struct array *a, const struct row *row)
{
	if (a == NULL || a->n != row->nout)
		return a == NULL && row->nout == 0;
	for (uint32_t i = 0; i < row->nout; i++)
		if (!(fabs(a->v[i] - row->out[i]) < 1e-6))
			return false;
	return true;
}

static bool
check(const struct row *row)
{
	struct infer_options options = { .sized = true };
	struct decl_table decls = { .n = 1 };
	int64_t dims[EXEC_RANK] = { 0 };
	struct arena a;
	struct ctx ctx;
	struct settings in = { &ctx, NULL, NULL };
	struct uses uses;
	struct exec e;
	struct model *m;
	struct array *x;
	bool same;

	ctx_init(&ctx);
	arena_init(&a, &ctx);
	in.model = m = model_new(&ctx, DIALECT_ONNX, "onnx");
	build(m, row);
	decls.of = arena_array(&a, 1, sizeof *decls.of);
	model_bind(m, &a, &decls);
	ops_bind(m);
	in.types = infer_model(&ctx, &a, m, &options);
	uses_build(&uses, &a, m);
	exec_init(&e, &in, &uses, &a, 1 << 20, 1 << 20);
	for (uint32_t k = 0; k < m->main->ninputs; k++) {
		const struct value *v = m->main->inputs[k];

		for (uint32_t i = 0; i < v->type->rank; i++)
			dim_number(v->type->dims[i], &dims[i]);
		x = exec_make(&e, v->type->rank, dims);
		memcpy(x->v, k == 0 ? row->in : row->more[k - 1].v, x->n * sizeof *x->v);
		e.of[v->id] = x;
	}
	exec_node(&e, m->main->nodes[0]);
	same = is_same(e.of[m->main->nodes[0]->out[0]->id], row);
	arena_free(&a);
	model_free(m);
	ctx_fini(&ctx);
	return same;
}

static void
onnx(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!check(&rows[i])) {
			print_error("row %zu: %s\n", i, rows[i].op);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(onnx) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
