/* SPDX-License-Identifier: Apache-2.0 */
/* Lint of Core ML: for each rule a model that trips it and one near it that
 * does not. Programs are written as MIL text, all else as protobuf text. */
#include "unit.h"

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "ops/op.h"
#include "proto/coreml.pb-c.h"
#include "read/formats.h"
#include "read/reader.h"
#include "read/text.h"
#include "read/wirebuf.h"
#include "rules/lint/lint.h"

#define MIL(opset, body) "program(1.3)\n{\n func main<" opset ">(tensor<fp32, [2]> x, " \
	"tensor<int32, [2]> k) {\n" body " } -> (y);\n}\n"
#define OUT "tensor<fp32, [2]> y = "
#define NAMED ")[name=string(\"n\")];\n"
#define USE_K "tensor<fp32, [2]> kf = cast(x=k, dtype=string(\"fp32\"))[name=string(\"c\")];\n"
#define Y(call) USE_K "tensor<fp32, [2]> t = add(x=x, y=kf" NAMED OUT call NAMED

#define ARRAY(name, dtype, shape) "{ name: \"" name "\" type { multiArrayType { dataType: " \
	dtype " " shape " } } } "
#define VEC(name) ARRAY(name, "DOUBLE", "shape: 4")
#define SPEC(version, description, kind) "specificationVersion: " version " description { " \
	description " } " kind
#define XY "input " VEC("x") "output " VEC("y")
#define NN(version, fields) SPEC(version, XY, "neuralNetwork { " fields " }")
#define LAYER(inside) "layers { input: \"x\" output: \"y\" name: \"l\" " inside " } "
#define RELU LAYER("activation { ReLU { } }")
#define DENSE(extra) LAYER("innerProduct { inputChannels: 4 outputChannels: 2 " extra " }")
#define EIGHT "[1, 2, 3, 4, 5, 6, 7, 8]"
#define STAGE(in, out) "models { specificationVersion: 1 description { input " in "output " \
	out "} scaler { } } "
#define PIPE(stages) SPEC("1", XY, "pipeline { " stages " }")

static const struct { enum diag_id id; const char *bad, *good; } cases[] = {
	/* programs */
	{ DIAG_LINT_MIL_OP, MIL("ios17", Y("frobnicate(x=t")), MIL("ios17", Y("relu(x=t")) },
	{ DIAG_LINT_MIL_OP_NEW, MIL("ios15", Y("fill_like(ref_tensor=t, value=fp32(1)")),
	    MIL("ios16", Y("fill_like(ref_tensor=t, value=fp32(1)")) },
	{ DIAG_LINT_MIL_OPSET, MIL("CoreML77", Y("relu(x=t")), MIL("ios18", Y("relu(x=t")) },
	{ DIAG_LINT_OP_CUSTOM, MIL("ios17", Y("custom_layer(x=t")), NULL },
	{ DIAG_LINT_PARAM_UNKNOWN, MIL("ios17", Y("relu(x=t, alpha=fp32(1)")),
	    MIL("ios17", Y("leaky_relu(x=t, alpha=fp32(1)")) },
	{ DIAG_LINT_PARAM_MISSING, MIL("ios17", Y("leaky_relu(x=t")),
	    MIL("ios17", Y("softmax(x=t")) },
	{ DIAG_LINT_PARAM_TWICE, MIL("ios17", Y("relu(x=(t, x)")),
	    MIL("ios17", "tensor<fp32, [4]> z = concat(values=(x, x), axis=int32(0), "
	    "interleave=bool(false)" NAMED Y("add(x=t, y=x")) },
	{ DIAG_LINT_PARAM_CONST, MIL("ios17", Y("leaky_relu(x=t, alpha=t")), NULL },
	{ DIAG_LINT_PARAM_WORD, MIL("ios17", Y("gelu(x=t, mode=string(\"ROUGH\")")),
	    MIL("ios17", Y("gelu(x=t, mode=string(\"EXACT\")")) },
	{ DIAG_LINT_MIL_TYPE, MIL("ios17", "tensor<fp32, [5]> z = add(x=x, y=x" NAMED
	    Y("add(x=t, y=x")), MIL("ios17", "tensor<fp32, [2]> z = add(x=x, y=x" NAMED
	    Y("add(x=t, y=x")) },
	{ DIAG_LINT_TYPE_INPUT, MIL("ios17", Y("sin(x=k")), MIL("ios17", Y("sin(x=t")) },
	{ DIAG_LINT_TYPE_MIXED, MIL("ios17", Y("add(x=t, y=k")), NULL },
	{ DIAG_LINT_TYPE_DECLARED, MIL("ios17", Y("cast(x=t, dtype=string(\"int32\")")), NULL },
	{ DIAG_LINT_TYPE_DECLARED, MIL("ios17", Y("shape(x=t")), NULL },
	{ DIAG_LINT_TYPE_DECLARED, MIL("ios17", Y("add(x=t, y=x") "tensor<int32, [1]> i = "
	    "reduce_argmax(x=y, output_dtype=string(\"uint16\")" NAMED),
	    MIL("ios17", Y("add(x=t, y=x") "tensor<uint16, [1]> i = "
	    "reduce_argmax(x=y, output_dtype=string(\"uint16\")" NAMED) },
	{ DIAG_LINT_OUTPUT_COUNT, MIL("ios17", "tensor<fp32, [2]> q, " Y("relu(x=t")), NULL },
	{ DIAG_LINT_UNDEFINED, MIL("ios17", Y("relu(x=ghost")), NULL },
	{ DIAG_LINT_UNSORTED, MIL("ios17", OUT "relu(x=t" NAMED
	    "tensor<fp32, [2]> t = sin(x=x" NAMED), NULL },
	{ DIAG_LINT_REDEFINED, MIL("ios17", Y("relu(x=t") Y("relu(x=t")), NULL },
	{ DIAG_LINT_OUTPUT_UNMADE, MIL("ios17", "tensor<fp32, [2]> t = sin(x=x" NAMED), NULL },
	{ DIAG_LINT_DEAD_NODE, MIL("ios17", "tensor<fp32, [2]> q = sin(x=x" NAMED
	    Y("relu(x=t")), NULL },
	{ DIAG_LINT_UNUSED_INPUT, MIL("ios17", OUT "relu(x=x" NAMED), NULL },
	{ DIAG_LINT_CONST_NAN, MIL("ios17", "tensor<fp32, [2]> w = const()[name=string(\"w\"), "
	    "val=tensor<fp32, [2]>([1, nan])];\n" Y("add(x=t, y=w")),
	    MIL("ios17", "tensor<fp32, [2]> w = const()[name=string(\"w\"), "
	    "val=tensor<fp32, [2]>([1, 2])];\n" Y("add(x=t, y=w")) },
	/* versions */
	{ DIAG_LINT_SPEC_UNKNOWN, NN("77", RELU), NN("1", RELU) },
	{ DIAG_LINT_SPEC_OLD, NN("1", "arrayInputShapeMapping: EXACT_ARRAY_MAPPING "
	    LAYER("erf { }")), NN("4", "arrayInputShapeMapping: EXACT_ARRAY_MAPPING "
	    LAYER("erf { }")) },
	{ DIAG_LINT_SPEC_OLD, NN("4", "arrayInputShapeMapping: EXACT_ARRAY_MAPPING "
	    LAYER("reorganizeData { mode: PIXEL_SHUFFLE blockSize: 2 }")),
	    NN("5", LAYER("reorganizeData { mode: PIXEL_SHUFFLE blockSize: 2 }")) },
	{ DIAG_LINT_SPEC_OLD, SPEC("6", "input " ARRAY("x", "FLOAT16", "shape: 4") "output "
	    VEC("y"), "identity { }"), SPEC("7", "input " ARRAY("x", "FLOAT16", "shape: 4")
	    "output " VEC("y"), "identity { }") },
	{ DIAG_LINT_SPEC_NEW, NN("4", RELU), NN("1", RELU) },
	/* the interface */
	{ DIAG_LINT_FEATURE, SPEC("1", "input " VEC("x") "input " VEC("x") "output " VEC("y"),
	    "scaler { }"), SPEC("1", XY, "scaler { }") },
	{ DIAG_LINT_FEATURE, SPEC("1", "input { name: \"x\" } output " VEC("y"), "scaler { }"),
	    NULL },
	{ DIAG_LINT_FEATURE, SPEC("1", "predictedFeatureName: \"z\" " XY, "scaler { }"),
	    SPEC("1", "predictedFeatureName: \"y\" " XY, "scaler { }") },
	{ DIAG_LINT_SHAPES, SPEC("3", "input " ARRAY("x", "DOUBLE", "shape: 4 shapeRange { "
	    "sizeRanges { lowerBound: 5 upperBound: 9 } }") "output " VEC("y"), "scaler { }"),
	    SPEC("3", "input " ARRAY("x", "DOUBLE", "shape: 5 shapeRange { "
	    "sizeRanges { lowerBound: 5 upperBound: 9 } }") "output " VEC("y"), "scaler { }") },
	{ DIAG_LINT_SHAPES, SPEC("3", "input " ARRAY("x", "DOUBLE", "shape: 4 enumeratedShapes { "
	    "shapes { shape: 5 } }") "output " VEC("y"), "scaler { }"),
	    SPEC("3", "input " ARRAY("x", "DOUBLE", "shape: 4 enumeratedShapes { "
	    "shapes { shape: 5 } shapes { shape: 4 } }") "output " VEC("y"), "scaler { }") },
	{ DIAG_LINT_INTERFACE, SPEC("6", "input " VEC("x") "output " VEC("x"),
	    "mlProgram { functions { key: \"main\" value { opset: \"CoreML5\" "
	    "inputs { name: \"x\" type { tensorType { dataType: FLOAT32 rank: 1 dimensions { "
	    "constant { size: 4 } } } } } block_specializations { key: \"CoreML5\" value { "
	    "outputs: \"x\" } } } } }"),
	    SPEC("6", "input " ARRAY("x", "FLOAT32", "shape: 4") "output "
	    ARRAY("x", "FLOAT32", "shape: 4"),
	    "mlProgram { functions { key: \"main\" value { opset: \"CoreML5\" "
	    "inputs { name: \"x\" type { tensorType { dataType: FLOAT32 rank: 1 dimensions { "
	    "constant { size: 4 } } } } } block_specializations { key: \"CoreML5\" value { "
	    "outputs: \"x\" } } } } }") },
	/* networks */
	{ DIAG_LINT_NN_LAYER, NN("1", ""), NN("1", RELU) },
	{ DIAG_LINT_OP_UNNAMED, NN("1", LAYER("")), NULL },
	{ DIAG_LINT_INPUT_COUNT, NN("1", LAYER("softmax { } input: \"x\"")),
	    NN("1", LAYER("add { } input: \"x\"")) },
	{ DIAG_LINT_OUTPUT_COUNT, NN("1", LAYER("split { }")), NULL },
	{ DIAG_LINT_UNDEFINED, NN("1", RELU "layers { input: \"ghost\" output: \"z\" "
	    "flatten { } }"), NULL },
	{ DIAG_LINT_UNSORTED, NN("1", "layers { input: \"y\" output: \"z\" flatten { } } " RELU),
	    NN("1", RELU "layers { input: \"y\" output: \"z\" flatten { } } ") },
	{ DIAG_LINT_REDEFINED, NN("1", RELU RELU), NN("4", "arrayInputShapeMapping: "
	    "EXACT_ARRAY_MAPPING " RELU LAYER("copy { }")) },
	{ DIAG_LINT_OUTPUT_UNMADE, NN("1", "layers { input: \"x\" output: \"z\" flatten { } }"),
	    NULL },
	{ DIAG_LINT_NN_WEIGHTS, NN("1", DENSE("weights { floatValue: [1, 2, 3] }")),
	    NN("1", DENSE("weights { floatValue: " EIGHT " }")) },
	{ DIAG_LINT_NN_WEIGHTS, NN("1", DENSE("hasBias: true weights { floatValue: " EIGHT " }")),
	    NN("1", DENSE("hasBias: true weights { floatValue: " EIGHT " } bias { floatValue: "
	    "[1, 2] }")) },
	{ DIAG_LINT_NN_WEIGHTS, NN("1", DENSE("hasBias: true weights { floatValue: " EIGHT
	    " } bias { floatValue: [1, 2, 3] }")), NULL },
	{ DIAG_LINT_NN_MAPPING, NN("4", LAYER("erf { }")), NN("4", "arrayInputShapeMapping: "
	    "EXACT_ARRAY_MAPPING " LAYER("erf { }")) },
	{ DIAG_LINT_NN_MAPPING, SPEC("1", "input " ARRAY("x", "DOUBLE", "shape: [1, 2]") "output "
	    VEC("y"), "neuralNetwork { " RELU " }"),
	    SPEC("1", "input " ARRAY("x", "DOUBLE", "shape: [1, 2, 3]") "output "
	    VEC("y"), "neuralNetwork { " RELU " }") },
	{ DIAG_LINT_NN_PREPROCESSING, NN("1", RELU "preprocessing { featureName: \"z\" scaler { "
	    "channelScale: 1 } }"), NN("1", RELU "preprocessing { featureName: \"x\" scaler { "
	    "channelScale: 1 } }") },
	{ DIAG_LINT_OP_CUSTOM, NN("2", LAYER("custom { className: \"C\" }")), NULL },
	/* pipelines */
	{ DIAG_LINT_STAGE, PIPE(""), PIPE(STAGE(VEC("x"), VEC("y"))) },
	{ DIAG_LINT_STAGE, PIPE(STAGE(VEC("ghost"), VEC("y"))), NULL },
	{ DIAG_LINT_STAGE, PIPE(STAGE(VEC("t"), VEC("y")) STAGE(VEC("x"), VEC("t"))),
	    PIPE(STAGE(VEC("x"), VEC("t")) STAGE(VEC("t"), VEC("y"))) },
	{ DIAG_LINT_STAGE, PIPE(STAGE(VEC("x"), ARRAY("t", "DOUBLE", "shape: 5"))
	    STAGE(VEC("t"), VEC("y"))), NULL },
	{ DIAG_LINT_OUTPUT_UNMADE, PIPE(STAGE(VEC("x"), VEC("z"))), NULL },
	{ DIAG_LINT_FEATURE, PIPE(STAGE("{ name: \"x\" } ", VEC("y"))), NULL },
};

static struct model *
read_case(struct ctx *ctx, const char *text, struct wirebuf *wire)
{
	const struct read_options opts = { false };
	struct text t = { NULL, text, strlen(text) };
	struct arena a;

	wirebuf_init(wire, ctx);
	if (strncmp(text, "program", 7) == 0)
		return model_read_memory(ctx, "case", text, t.n, &opts);
	arena_init(&a, ctx);
	t.src = source_memory(&a, "spec", text, t.n);
	assert_int_equal(proto_text_read(ctx, &t, &coreml__model__descriptor, wire), 0);
	arena_free(&a);
	return model_read_memory(ctx, "case", wire->buf, wire->n, &opts);
}

static void
lint_case(struct ctx *ctx, const char *text)
{
	struct wirebuf wire;
	struct model *m;

	ctx_init(ctx);
	m = read_case(ctx, text, &wire);
	assert_non_null(m);
	assert_false(m->partial);
	ops_bind(m);
	lint_model(ctx, m, &(struct lint_options){ false });
	model_free(m);
	wirebuf_free(&wire);
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
print_findings(const struct ctx *ctx)
{
	for (uint32_t i = 0; i < ctx->diags.n; i++)
		print_error("%s: %s\n", diag_name(ctx->diags.list[i].id),
		    ctx->diags.list[i].message);
}

static void
each_rule_has_its_model(void **state)
{
	struct ctx ctx;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		lint_case(&ctx, cases[i].bad);
		if (!has(&ctx, cases[i].id)) {
			print_findings(&ctx);
			fail_msg("%s was not found in %s", diag_name(cases[i].id), cases[i].bad);
		}
		ctx_fini(&ctx);
	}
}

/* Sound models trip nothing that is more than a note, their own rule least. */
static void
near_each_is_a_sound_model(void **state)
{
	struct ctx ctx;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (cases[i].good == NULL)
			continue;
		lint_case(&ctx, cases[i].good);
		if (has(&ctx, cases[i].id) || ctx.diags.count[LEVEL_ERROR] > 0) {
			print_findings(&ctx);
			fail_msg("found in %s", cases[i].good);
		}
		ctx_fini(&ctx);
	}
}

static void
findings_have_place_and_advice(void **state)
{
	struct ctx ctx;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		lint_case(&ctx, cases[i].bad);
		for (uint32_t k = 0; k < ctx.diags.n; k++) {
			if (strncmp(diag_name(ctx.diags.list[k].id), "lint-", 5) != 0)
				continue;
			assert_true(diag_advice(ctx.diags.list[k].id)[0] != '\0');
			assert_true(ctx.diags.list[k].path != NULL);
		}
		ctx_fini(&ctx);
	}
}

/* A finding in a stage says which stage. */
static void
stages_are_named_in_paths(void **state)
{
	struct ctx ctx;

	(void)state;
	lint_case(&ctx, PIPE(STAGE(VEC("x"), VEC("t")) STAGE("{ name: \"t\" } ", VEC("y"))));
	assert_int_equal(ctx.diags.list[0].id, DIAG_LINT_FEATURE);
	assert_string_equal(ctx.diags.list[0].path, "stages[1].input");
	ctx_fini(&ctx);
}

/* Blocks see what is around them; both ways of a branch give one name. */
static void
blocks_are_no_islands(void **state)
{
	static const char branch[] = NN("4", "arrayInputShapeMapping: EXACT_ARRAY_MAPPING "
	    "layers { input: \"x\" branch { ifBranch { layers { input: \"x\" output: \"t\" "
	    "erf { } } } elseBranch { layers { input: \"x\" output: \"t\" tanh { } } } } } "
	    "layers { input: \"t\" output: \"y\" ceil { } }");
	struct ctx ctx;

	(void)state;
	lint_case(&ctx, branch);
	for (uint32_t i = 0; i < ctx.diags.n; i++)
		assert_true(strncmp(diag_name(ctx.diags.list[i].id), "lint-", 5) != 0);
	ctx_fini(&ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_its_model),
		cmocka_unit_test(near_each_is_a_sound_model),
		cmocka_unit_test(findings_have_place_and_advice),
		cmocka_unit_test(stages_are_named_in_paths),
		cmocka_unit_test(blocks_are_no_islands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
