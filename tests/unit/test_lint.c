/* SPDX-License-Identifier: Apache-2.0 */
/* Lint: for each rule a model that trips it, as small as it gets; and models
 * that trip none. */
#include "unit.h"

#include <stdlib.h>

#include "base/ctx.h"
#include "ir/build.h"
#include "ops/op.h"
#include "read/reader.h"
#include "rules/lint/lint.h"

#define F32(name) "{ name: \"" name "\" type { tensor_type { elem_type: 1 shape { dim { dim_value: 2 } } } } }"
#define I64(name) "{ name: \"" name "\" type { tensor_type { elem_type: 7 shape { } } } }"
#define X4 "{ name: \"x\" type { tensor_type { elem_type: 1 shape { dim { dim_value: 1 } dim { dim_value: 2 } " \
	"dim { dim_value: 8 } dim { dim_value: 8 } } } } }"
#define IO "name: \"g\" input " F32("x") " output " F32("y")
#define HEAD "ir_version: 8 opset_import { version: 17 } "
#define MODEL(nodes) HEAD "graph { " IO " " nodes " }"
#define RELU "node { op_type: \"Relu\" input: \"x\" output: \"y\" }"
#define NODE(inside) MODEL("node { input: \"x\" output: \"y\" " inside " }")
#define ATTR(inside) NODE("op_type: \"LeakyRelu\" attribute { " inside " }")
#define INIT(inside) MODEL("initializer { name: \"w\" " inside " } node { op_type: \"Add\" input: \"x\" input: \"w\" output: \"y\" }")
#define FN(inside) HEAD "opset_import { domain: \"l\" version: 1 } functions { domain: \"l\" opset_import { version: 17 } " inside " } graph { " IO " node { op_type: \"F\" domain: \"l\" input: \"x\" output: \"y\" } }"
#define IF(inside) MODEL("initializer { name: \"b\" data_type: 9 int32_data: 1 } node { op_type: \"If\" input: \"b\" output: \"y\" " BRANCH("then_branch", inside) BRANCH("else_branch", "node { op_type: \"Relu\" input: \"x\" output: \"i\" }") " }")
#define BRANCH(name, inside) "attribute { name: \"" name "\" type: GRAPH g { name: \"s\" output { name: \"i\" } " inside " } } "
#define SPARSE(n, indices) MODEL(RELU " sparse_initializer { values { name: \"s\" data_type: 1 dims: 2 float_data: [1, 2] } indices { data_type: 7 dims: " n " int64_data: " indices " } dims: 4 }")
#define FBODY "input: \"a\" output: \"b\" node { op_type: \"Relu\" input: \"a\" output: \"b\" }"

static const struct { enum diag_id id; const char *text; } cases[] = {
	{ DIAG_LINT_IR_MISSING, "opset_import { version: 17 } graph { " IO RELU " }" },
	{ DIAG_LINT_IR_TOO_NEW, "ir_version: 99 opset_import { version: 17 } graph { " IO RELU " }" },
	{ DIAG_LINT_OPSET_MISSING, "ir_version: 8 graph { " IO RELU " }" },
	{ DIAG_LINT_OPSET_EARLY, "ir_version: 2 opset_import { version: 1 } graph { " IO RELU " }" },
	{ DIAG_LINT_OPSET_TWICE, HEAD "opset_import { version: 16 } graph { " IO RELU " }" },
	{ DIAG_LINT_OPSET_NEW, "ir_version: 8 opset_import { version: 77 } graph { " IO RELU " }" },
	{ DIAG_LINT_META_TWICE, HEAD "metadata_props { key: \"a\" } metadata_props { key: \"a\" } graph { " IO RELU " }" },
	{ DIAG_LINT_DOMAIN, NODE("op_type: \"Foo\" domain: \"bar\"") },
	{ DIAG_LINT_OP_UNKNOWN, NODE("op_type: \"NoSuchOp\"") },
	{ DIAG_LINT_OP_CUSTOM, HEAD "opset_import { domain: \"bar\" version: 1 } graph { " IO "node { op_type: \"Foo\" domain: \"bar\" input: \"x\" output: \"y\" } }" },
	{ DIAG_LINT_OP_DEPRECATED, MODEL("initializer { name: \"s\" data_type: 1 dims: 1 float_data: 1 } node { op_type: \"Upsample\" input: \"x\" input: \"s\" output: \"y\" }") },
	{ DIAG_LINT_OP_UNNAMED, NODE("") },
	{ DIAG_LINT_NODE_BARE, MODEL(RELU " node { op_type: \"Relu\" }") },
	{ DIAG_LINT_INPUT_COUNT, MODEL("node { op_type: \"Relu\" input: \"x\" input: \"x\" output: \"y\" }") },
	{ DIAG_LINT_OUTPUT_COUNT, MODEL("node { op_type: \"Relu\" input: \"x\" output: \"y\" output: \"z\" }") },
	{ DIAG_LINT_ATTR_UNTYPED, ATTR("name: \"alpha\" f: 1") },
	{ DIAG_LINT_ATTR_TWICE, ATTR("name: \"alpha\" type: FLOAT f: 1 } attribute { name: \"alpha\" type: FLOAT f: 1") },
	{ DIAG_LINT_ATTR_FIELD, ATTR("name: \"alpha\" type: FLOAT i: 1") },
	{ DIAG_LINT_ATTR_UNKNOWN, ATTR("name: \"beta\" type: FLOAT f: 1") },
	{ DIAG_LINT_ATTR_KIND, ATTR("name: \"alpha\" type: INT i: 1") },
	{ DIAG_LINT_ATTR_MISSING, NODE("op_type: \"Concat\"") },
	{ DIAG_LINT_VALUE_UNTYPED, HEAD "graph { name: \"g\" input { name: \"x\" } output " F32("y") RELU " }" },
	{ DIAG_LINT_VALUE_TYPE, HEAD "graph { name: \"g\" input " F32("x") " output { name: \"y\" type { tensor_type { elem_type: 1 } } } " RELU " }" },
	{ DIAG_LINT_VALUE_DIMS, HEAD "graph { name: \"g\" input { name: \"x\" type { tensor_type { elem_type: 1 shape { dim { dim_value: -1 } } } } } output " F32("y") RELU " }" },
	{ DIAG_LINT_TYPE_INPUT, HEAD "graph { name: \"g\" input " I64("x") " output " I64("y") " node { op_type: \"Sigmoid\" input: \"x\" output: \"y\" } }" },
	{ DIAG_LINT_TYPE_MIXED, MODEL("input " I64("k") " node { op_type: \"Add\" input: \"x\" input: \"k\" output: \"y\" }") },
	{ DIAG_LINT_GRAPH_UNNAMED, HEAD "graph { input " F32("x") " output " F32("y") RELU " }" },
	{ DIAG_LINT_INPUT_TWICE, MODEL("input " F32("x") RELU) },
	{ DIAG_LINT_UNSORTED, MODEL("node { op_type: \"Relu\" input: \"t\" output: \"y\" } node { op_type: \"Relu\" input: \"x\" output: \"t\" }") },
	{ DIAG_LINT_UNDEFINED, MODEL("node { op_type: \"Relu\" input: \"ghost\" output: \"y\" }") },
	{ DIAG_LINT_REDEFINED, MODEL(RELU RELU) },
	{ DIAG_LINT_OUTPUT_UNMADE, HEAD "graph { name: \"g\" input " F32("x") " output " F32("z") RELU " }" },
	{ DIAG_LINT_NODE_NAMES, MODEL("node { name: \"n\" op_type: \"Relu\" input: \"x\" output: \"t\" } node { name: \"n\" op_type: \"Relu\" input: \"t\" output: \"y\" }") },
	{ DIAG_LINT_STRAY_TYPE, MODEL("value_info " F32("nobody") RELU) },
	{ DIAG_LINT_DEAD_NODE, MODEL(RELU "node { op_type: \"Relu\" input: \"x\" output: \"t\" }") },
	{ DIAG_LINT_UNUSED_INPUT, MODEL("input " F32("u") RELU) },
	{ DIAG_LINT_UNUSED_INIT, MODEL("initializer { name: \"w\" data_type: 1 dims: 0 }" RELU) },
	{ DIAG_LINT_INIT_TWICE, INIT("data_type: 1 dims: 2 float_data: [1, 2] } initializer { name: \"w\" data_type: 1 dims: 0") },
	{ DIAG_LINT_INIT_NO_INPUT, "ir_version: 3 opset_import { version: 9 } graph { " IO " initializer { name: \"w\" data_type: 1 dims: 2 float_data: [1, 2] } node { op_type: \"Add\" input: \"x\" input: \"w\" output: \"y\" } }" },
	{ DIAG_LINT_INIT_INPUT, INIT("data_type: 1 dims: 2 float_data: [1, 2] } input " F32("w") " name: \"g\" node { op_type: \"Relu\" input: \"x\" output: \"q\"") },
	{ DIAG_LINT_TENSOR_TYPE, INIT("dims: 2 float_data: [1, 2]") },
	{ DIAG_LINT_TENSOR_DIMS, INIT("data_type: 1 dims: -2 float_data: [1, 2]") },
	{ DIAG_LINT_TENSOR_VALUES, INIT("data_type: 1 dims: 2") },
	{ DIAG_LINT_TENSOR_FIELD, INIT("data_type: 1 dims: 2 int64_data: [1, 2]") },
	{ DIAG_LINT_TENSOR_SHORT, INIT("data_type: 1 dims: 2 raw_data: \"abcd\"") },
	{ DIAG_LINT_TENSOR_LONG, INIT("data_type: 1 dims: 1 raw_data: \"abcdefgh\"") },
	{ DIAG_LINT_EXT_LOCATION, INIT("data_type: 1 dims: 2 data_location: EXTERNAL external_data { key: \"location\" value: \"../w\" }") },
	{ DIAG_LINT_EXT_ABSENT, INIT("data_type: 1 dims: 2 data_location: EXTERNAL external_data { key: \"location\" value: \"no.bin\" }") },
	{ DIAG_LINT_CONST_NAN, INIT("data_type: 1 dims: 2 float_data: [1, nan]") },
	{ DIAG_LINT_CONST_INF, INIT("data_type: 1 dims: 2 float_data: [1, inf]") },
	{ DIAG_LINT_CONST_F16, INIT("data_type: 1 dims: 2 float_data: [1, 70000]") },
	{ DIAG_LINT_FN_TWICE, FN("name: \"F\" " FBODY " } functions { domain: \"l\" opset_import { version: 17 } name: \"F\" " FBODY) },
	{ DIAG_LINT_FN_CYCLE, FN("name: \"F\" opset_import { domain: \"l\" version: 1 } input: \"a\" output: \"b\" node { op_type: \"F\" domain: \"l\" input: \"a\" output: \"b\" }") },
	{ DIAG_LINT_FN_UNUSED, FN("name: \"F\" " FBODY " } functions { domain: \"l\" opset_import { version: 17 } name: \"G\" " FBODY) },
	{ DIAG_LINT_IR_TOO_OLD, "ir_version: 1 graph { " IO RELU " }" },
	{ DIAG_LINT_OPSET_RANGE, HEAD "opset_import { domain: \"z\" version: 5000000000 } graph { " IO RELU " }" },
	{ DIAG_LINT_UNCHECKED, HEAD "training_info { algorithm { name: \"t\" node { op_type: \"NoSuchOp\" output: \"q\" } } } graph { " IO RELU " }" },
	{ DIAG_LINT_DOMAIN_ALIAS, NODE("op_type: \"Relu\" domain: \"ai.onnx\"") },
	{ DIAG_LINT_OP_EXPERIMENTAL, NODE("op_type: \"Affine\"") },
	{ DIAG_LINT_CONTRIB, HEAD "opset_import { domain: \"com.microsoft\" version: 1 } graph { " IO " node { op_type: \"Gelu\" domain: \"com.microsoft\" input: \"x\" input: \"x\" output: \"y\" } }" },
	{ DIAG_LINT_INPUT_EMPTY, MODEL("node { op_type: \"Add\" input: \"x\" input: \"\" output: \"y\" }") },
	{ DIAG_LINT_OUTPUT_EMPTY, MODEL(RELU " node { op_type: \"Relu\" input: \"x\" output: \"\" }") },
	{ DIAG_LINT_OUTPUT_COUNT, MODEL("node { op_type: \"BatchNormalization\" input: \"x\" input: \"x\" input: \"x\" input: \"x\" input: \"x\" output: \"y\" output: \"m\" }") },
	{ DIAG_LINT_ATTR_UNNAMED, ATTR("type: FLOAT f: 1") },
	{ DIAG_LINT_ATTR_VALUES, ATTR("name: \"alpha\" type: FLOAT f: 1 i: 2") },
	{ DIAG_LINT_ATTR_REF, IF("node { op_type: \"LeakyRelu\" input: \"x\" output: \"i\" attribute { name: \"alpha\" type: FLOAT f: 1 ref_attr_name: \"a\" } }") },
	{ DIAG_LINT_ATTR_REF_LOST, ATTR("name: \"alpha\" type: FLOAT ref_attr_name: \"a\"") },
	{ DIAG_LINT_ATTR_EMPTY, MODEL(RELU " node { op_type: \"Constant\" output: \"c\" attribute { name: \"value\" type: TENSOR } }") },
	{ DIAG_LINT_ATTR_CHOICE, MODEL(RELU " node { op_type: \"Constant\" output: \"c\" }") },
	{ DIAG_LINT_VALUE_UNNAMED, MODEL("input " F32("") RELU) },
	{ DIAG_LINT_SHAPE_DECLARED, HEAD "graph { name: \"g\" input " F32("x") " output { name: \"y\" type { "
	    "tensor_type { elem_type: 1 shape { dim { dim_value: 3 } } } } } " RELU " }" },
	{ DIAG_LINT_SHAPE_DECLARED, HEAD "graph { name: \"g\" input " F32("x") " output { name: \"y\" type { "
	    "tensor_type { elem_type: 1 shape { } } } } " RELU " }" },
	{ DIAG_LINT_SHAPE_MISFIT, INIT("data_type: 1 dims: 3 float_data: [1, 2, 3]") },
	{ DIAG_LINT_OPERAND_RANK, MODEL("node { op_type: \"Gemm\" input: \"x\" input: \"x\" output: \"y\" }") },
	{ DIAG_LINT_ATTR_AXIS, NODE("op_type: \"Softmax\" attribute { name: \"axis\" type: INT i: 4 }") },
	{ DIAG_LINT_ATTR_RANGE, HEAD "graph { name: \"g\" input " X4 " output { name: \"y\" type { tensor_type { "
	    "elem_type: 1 } } } node { op_type: \"SpaceToDepth\" input: \"x\" output: \"y\" attribute { "
	    "name: \"blocksize\" type: INT i: 0 } } }" },
	{ DIAG_LINT_ATTR_DTYPE, NODE("op_type: \"Cast\" attribute { name: \"to\" type: INT i: 77 }") },
	{ DIAG_LINT_ATTR_LENGTH, HEAD "graph { name: \"g\" input " X4 " output { name: \"y\" type { tensor_type { "
	    "elem_type: 1 } } } node { op_type: \"MaxPool\" input: \"x\" output: \"y\" attribute { "
	    "name: \"kernel_shape\" type: INTS ints: 2 } } }" },
	/* what the checker does not look for */
	{ DIAG_LINT_SHAPE_OWN, HEAD "graph { name: \"g\" input " X4 " output { name: \"z\" type { tensor_type { "
	    "elem_type: 1 } } } node { op_type: \"Transpose\" input: \"x\" output: \"z\" attribute { "
	    "name: \"perm\" type: INTS ints: [1, 0] } } }" },
	{ DIAG_LINT_VALUE_ELEM, MODEL("input { name: \"u\" type { tensor_type { elem_type: 99 shape { } } } } " RELU) },
	{ DIAG_LINT_TYPE_OUTPUT, NODE("op_type: \"Cast\" attribute { name: \"to\" type: INT i: 21 }") },
	{ DIAG_LINT_TYPE_DECLARED, NODE("op_type: \"Cast\" attribute { name: \"to\" type: INT i: 7 }") },
	{ DIAG_LINT_TYPE_HIDDEN, HEAD "opset_import { domain: \"z\" version: 1 } graph { " IO " node { op_type: \"C\" domain: \"z\" input: \"x\" output: \"c\" } node { op_type: \"Shape\" input: \"x\" output: \"y\" } }" },
	{ DIAG_LINT_GRAPH_EMPTY, HEAD "graph { name: \"g\" input " F32("x") RELU " }" },
	{ DIAG_LINT_OUTPUT_TWICE, MODEL("output " F32("y") RELU) },
	{ DIAG_LINT_SHADOW, IF("initializer { name: \"x\" data_type: 1 dims: 0 } node { op_type: \"Relu\" input: \"x\" output: \"i\" }") },
	{ DIAG_LINT_REDEFINED, IF("node { op_type: \"Relu\" input: \"x\" output: \"x\" } node { op_type: \"Relu\" input: \"x\" output: \"i\" }") },
	{ DIAG_LINT_CAPTURE, IF("node { op_type: \"Relu\" input: \"x\" output: \"i\" }") },
	{ DIAG_LINT_OUTPUT_UNMADE, IF("node { op_type: \"Relu\" input: \"x\" output: \"j\" }") },
	{ DIAG_LINT_ANNOTATION, MODEL("quantization_annotation { tensor_name: \"nobody\" } " RELU) },
	{ DIAG_LINT_INIT_UNNAMED, MODEL("initializer { data_type: 1 dims: 0 } " RELU) },
	{ DIAG_LINT_INIT_TYPE, INIT("data_type: 1 dims: 3 float_data: [1, 2, 3] } input " F32("w") " node { op_type: \"Relu\" input: \"x\" output: \"q\"") },
	{ DIAG_LINT_TENSOR_PART, INIT("data_type: 21 dims: 8 int32_data: 1") },
	{ DIAG_LINT_TENSOR_SHORT, INIT("data_type: 8 dims: 2 string_data: \"a\"") },
	{ DIAG_LINT_TENSOR_SEGMENT, INIT("data_type: 1 dims: 1 float_data: 1 segment { begin: 0 end: 1 }") },
	{ DIAG_LINT_EXT_INLINE, INIT("data_type: 1 dims: 1 float_data: 1 data_location: EXTERNAL external_data { key: \"location\" value: \"w\" }") },
	{ DIAG_LINT_SPARSE, SPARSE("2", "[0, 4]") },
	{ DIAG_LINT_SPARSE, SPARSE("2", "[1, 0]") },
	{ DIAG_LINT_SPARSE, SPARSE("3", "[0, 1, 2]") },
	{ DIAG_LINT_FN_UNNAMED, FN(FBODY) },
	{ DIAG_LINT_FN_LIST, FN("name: \"F\" input: \"a\" " FBODY) },
	{ DIAG_LINT_FN_LIST, FN("name: \"F\" attribute: \"k\" attribute: \"k\" " FBODY) },
	{ DIAG_LINT_FN_OPSET, HEAD "functions { domain: \"l\" name: \"F\" opset_import { version: 13 } " FBODY " } graph { " IO RELU " }" },
	{ DIAG_LINT_DOMAIN, HEAD "functions { domain: \"l\" name: \"F\" " FBODY " } graph { " IO RELU " }" },
	{ DIAG_LINT_FN_EARLY, "ir_version: 7 opset_import { version: 13 } functions { domain: \"l\" name: \"F\" opset_import { version: 13 } " FBODY " } graph { " IO RELU " }" },
	{ DIAG_LINT_FN_HIDES_OP, HEAD "functions { name: \"Relu\" opset_import { version: 17 } " FBODY " } graph { " IO RELU " }" },
	{ DIAG_LINT_FN_ARGS, FN("name: \"F\" attribute: \"k\" " FBODY) },
};

/* Models without any finding. */
static const char *const clean[] = {
	MODEL(RELU),
	INIT("data_type: 1 dims: 2 float_data: [1, 2]"),
	INIT("data_type: 1 dims: 2 raw_data: \"\\000\\000\\200\\077\\000\\000\\000\\100\""),
	ATTR("name: \"alpha\" type: FLOAT f: 0.5"),
	FN("name: \"F\" " FBODY),
};

static void
lint_text(struct ctx *ctx, const char *text)
{
	struct model *m;

	ctx_init(ctx);
	m = model_read_memory(ctx, "case", text, strlen(text), &(struct read_options){ false });
	assert_non_null(m);
	assert_false(m->partial);
	ops_bind(m);
	lint_model(ctx, m, &(struct lint_options){ false });
	model_free(m);
	assert_int_equal(ctx->used, 0);
}

static bool
has(const struct ctx *ctx, enum diag_id id)
{
	for (uint32_t i = 0; i < ctx->diags.n; i++)
		if (ctx->diags.list[i].id == id)
			return true;
	return false;
}

static void
each_rule_has_its_model(void **state)
{
	struct ctx ctx;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		lint_text(&ctx, cases[i].text);
		if (!has(&ctx, cases[i].id)) {
			for (uint32_t k = 0; k < ctx.diags.n; k++)
				print_error("%s: %s\n", diag_name(ctx.diags.list[k].id),
				    ctx.diags.list[k].message);
			fail_msg("%s was not found in %s", diag_name(cases[i].id), cases[i].text);
		}
		ctx_fini(&ctx);
	}
}

static void
sound_models_have_no_findings(void **state)
{
	struct ctx ctx;

	(void)state;
	for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) {
		lint_text(&ctx, clean[i]);
		if (ctx.diags.n > 0)
			fail_msg("%s: %s in %s", diag_name(ctx.diags.list[0].id),
			    ctx.diags.list[0].message, clean[i]);
		ctx_fini(&ctx);
	}
}

/* Every finding says where it is and, in the catalogue, what to do. */
static void
findings_have_place_and_advice(void **state)
{
	struct ctx ctx;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		lint_text(&ctx, cases[i].text);
		for (uint32_t k = 0; k < ctx.diags.n; k++) {
			if (strncmp(diag_name(ctx.diags.list[k].id), "lint-", 5) != 0)
				continue;
			assert_true(diag_advice(ctx.diags.list[k].id)[0] != '\0');
			assert_true(ctx.diags.list[k].path != NULL);
		}
		ctx_fini(&ctx);
	}
}

/* n functions, each calling the next. */
static char *
chain_of_functions(int n)
{
	char *text = malloc((size_t)n * 300 + 1000), *p = text;

	p += sprintf(p, "%s", HEAD "opset_import { domain: \"l\" version: 1 } ");
	for (int i = 0; i < n; i++)
		p += sprintf(p, "functions { domain: \"l\" name: \"F%d\" opset_import { domain: "
		    "\"l\" version: 1 } input: \"a\" output: \"b\" node { op_type: \"F%d\" "
		    "domain: \"l\" input: \"a\" output: \"b\" } } ", i, i + 1);
	sprintf(p, "%s", "graph { " IO RELU " }");
	return text;
}

static void
calls_may_nest_a_hundred_deep(void **state)
{
	static const struct { int n; bool deep, many; } want[] = {
		{ 99, false, false }, { 101, true, false }, { 10001, true, true }
	};
	struct ctx ctx;

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		char *text = chain_of_functions(want[i].n);

		lint_text(&ctx, text);
		assert_int_equal(has(&ctx, DIAG_LINT_FN_DEPTH), want[i].deep);
		assert_int_equal(has(&ctx, DIAG_LINT_FN_MANY), want[i].many);
		assert_false(has(&ctx, DIAG_LINT_FN_CYCLE));
		ctx_fini(&ctx);
		free(text);
	}
}

/* Like findings are counted, not repeated: many nodes of one unknown op are
 * one finding, many different ones a few and a sum. */
static void
floods_are_stopped(void **state)
{
	char *text = malloc(1 << 20), *p = text;
	struct ctx ctx;
	uint32_t n = 0, counted = 0;

	(void)state;
	p += sprintf(p, "%s", HEAD "graph { " IO RELU);
	for (int i = 0; i < 500; i++)
		p += sprintf(p, " node { op_type: \"Nope\" input: \"x\" output: \"n%d\" }", i);
	for (int i = 0; i < 500; i++)
		p += sprintf(p, " node { op_type: \"No%d\" input: \"x\" output: \"m%d\" }", i, i);
	sprintf(p, " }");
	lint_text(&ctx, text);
	for (uint32_t i = 0; i < ctx.diags.n; i++) {
		if (ctx.diags.list[i].id == DIAG_LINT_OP_UNKNOWN) {
			n++;
			counted += strstr(ctx.diags.list[i].message, "500 nodes") != NULL;
		}
	}
	assert_in_range(n, 2, 40);
	assert_int_equal(counted, 1);
	ctx_fini(&ctx);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_its_model),
		cmocka_unit_test(sound_models_have_no_findings),
		cmocka_unit_test(findings_have_place_and_advice),
		cmocka_unit_test(calls_may_nest_a_hundred_deep),
		cmocka_unit_test(floods_are_stopped),
	};

	return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
