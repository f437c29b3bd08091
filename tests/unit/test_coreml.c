/* SPDX-License-Identifier: Apache-2.0 */
/* Core ML specifications, written as protobuf text, become the graph model. */
#include "unit.h"

#include "base/ctx.h"
#include "base/sink.h"
#include "base/source.h"
#include "ir/build.h"
#include "ir/verify.h"
#include "proto/coreml.pb-c.h"
#include "read/formats.h"
#include "read/reader.h"
#include "read/text.h"
#include "read/wirebuf.h"

struct fixture {
	struct ctx ctx;
	struct model *m;
	struct wirebuf wire;
	struct sink out;
};

static const struct read_options options;

static void
encode(struct fixture *t, const char *spec)
{
	struct arena a;
	struct text text = { NULL, spec, strlen(spec) };

	ctx_init(&t->ctx);
	arena_init(&a, &t->ctx);
	text.src = source_memory(&a, "spec", spec, text.n);
	wirebuf_init(&t->wire, &t->ctx);
	assert_int_equal(proto_text_read(&t->ctx, &text, &coreml__model__descriptor,
	    &t->wire), 0);
	arena_free(&a);
}

static void
start(struct fixture *t, const char *spec)
{
	encode(t, spec);
	t->m = model_read_memory(&t->ctx, "spec", t->wire.buf, t->wire.n, &options);
	assert_non_null(t->m);
	model_verify(&t->ctx, t->m);
	sink_init(&t->out, -1);
}

static void
end(struct fixture *t)
{
	sink_fini(&t->out);
	model_free(t->m);
	wirebuf_free(&t->wire);
	assert_int_equal(t->ctx.diags.count[LEVEL_BUG], 0);
	assert_int_equal(t->ctx.used, 0);
	ctx_fini(&t->ctx);
}

static const char *
type_text(struct fixture *t, const struct type *type)
{
	t->out.n = 0;
	type_print(&t->out, type);
	sink_write(&t->out, "", 1);
	return t->out.buf;
}

static double
element(struct fixture *t, const struct tensor *x, uint64_t i)
{
	unsigned char buf[512];
	struct arena a;
	uint64_t n;

	arena_init(&a, &t->ctx);
	n = tensor_first(x, &a, buf, i + 1);
	arena_free(&a);
	assert_int_equal(n, i + 1);
	return dtype_get(x->dtype, buf, i);
}

#define STRING(s) "type { tensorType { dataType: STRING } } " \
	"immediateValue { tensor { strings { values: \"" s "\" } } }"
#define NAME(s) "attributes { key: \"name\" value { " STRING(s) " } }"
#define F32(dims) "type { tensorType { dataType: FLOAT32 rank: 1 " \
	"dimensions { constant { size: " dims " } } } }"

static const char program[] =
    "specificationVersion: 8 description { input { name: \"x\" type { multiArrayType {"
    " shape: 2 dataType: FLOAT32 } } } metadata { author: \"me\" userDefined {"
    " key: \"com.github.apple.coremltools.version\" value: \"9.0\" } } }"
    "mlProgram { version: 1"
    " attributes { key: \"buildInfo\" value { immediateValue { dictionary { values {"
    "  key { " STRING("maker") " } value { " STRING("us") " } } } } } }"
    " functions { key: \"main\" value {"
    "  inputs { name: \"x\" " F32("2") " } opset: \"CoreML7\""
    "  block_specializations { key: \"CoreML5\" value { outputs: \"x\" } }"
    "  block_specializations { key: \"CoreML7\" value {"
    "   operations { type: \"const\" " NAME("w") " outputs { name: \"w\" " F32("2") " }"
    "    attributes { key: \"val\" value { " F32("2")
    "     immediateValue { tensor { floats { values: [ 1.5, -2 ] } } } } } }"
    "   operations { type: \"concat\" " NAME("join")
    "    inputs { key: \"values\" value { arguments { name: \"x\" }"
    "     arguments { name: \"w\" } } }"
    "    inputs { key: \"axis\" value { arguments { value {"
    "     type { tensorType { dataType: INT32 } }"
    "     immediateValue { tensor { ints { values: -1 } } } } } } }"
    "    outputs { name: \"y\" " F32("4") " } }"
    "   operations { type: \"cond\" inputs { key: \"pred\" value {"
    "    arguments { name: \"y\" } } } outputs { name: \"z\" " F32("4") " }"
    "    blocks { outputs: \"y\" } blocks { outputs: \"x\" } }"
    "   outputs: \"z\" } } } } }";

static void
a_program_is_a_graph(void **state)
{
	struct fixture t;
	const struct graph *g;
	const struct node *n;

	(void)state;
	start(&t, program);
	g = t.m->main;
	assert_string_equal(t.m->kind, "mlProgram");
	assert_int_equal(t.m->dialect, DIALECT_MIL);
	assert_string_equal(g->name->s, "main");
	assert_int_equal(g->opsets[0].version, 17);
	assert_int_equal(g->ninitializers, 1);
	assert_int_equal(g->nnodes, 2);
	assert_true(element(&t, g->initializers[0]->constant, 1) == -2);
	n = g->nodes[0];
	assert_string_equal(n->name->s, "join");
	assert_int_equal(n->nin, 3);
	assert_string_equal(n->in_name[1]->s, "values");
	assert_ptr_equal(n->in[1], g->initializers[0]);
	assert_string_equal(n->in_name[2]->s, "axis");
	assert_true(n->in[2]->flags & VALUE_LITERAL);
	assert_true(element(&t, n->in[2]->constant, 0) == -1);
	n = g->nodes[1];
	assert_int_equal(n->nregions, 2);
	assert_string_equal(n->regions[1]->role->s, "false");
	assert_ptr_equal(n->regions[1]->outputs[0], g->inputs[0]);
	assert_ptr_equal(g->outputs[0], n->out[0]);
	assert_string_equal(meta_find(t.m->meta, t.m->nmeta, "buildInfo.maker")->s, "us");
	assert_string_equal(t.m->producer_version->s, "9.0");
	assert_int_equal(t.ctx.diags.n, 0);
	end(&t);
}

static void
the_block_of_another_opset_is_taken(void **state)
{
	struct fixture t;

	(void)state;
	start(&t, "mlProgram { functions { key: \"f\" value { opset: \"CoreML9\""
	    " block_specializations { key: \"b\" value { } }"
	    " block_specializations { key: \"a\" value { operations { type: \"relu\" } } }"
	    " } } functions { key: \"empty\" } }");
	assert_int_equal(t.ctx.diags.list[0].id, DIAG_COREML_OPSET);
	assert_string_equal(t.m->main->name->s, "f");
	assert_int_equal(t.m->main->nnodes, 1);
	assert_int_equal(t.m->nfunctions, 1);
	end(&t);
}

static void
features_have_our_notation(void **state)
{
	static const struct { const char *spec, *text; } cases[] = {
		{ "int64Type {}", "int64" },
		{ "imageType { width: 8 height: 9 colorSpace: RGB enumeratedSizes { sizes {"
		    " width: 8 height: 9 } sizes { width: 1 height: 2 } } }",
		    "image(RGB,8x9){enum 8x9|1x2}" },
		{ "imageType { width: 8 height: 8 colorSpace: BGR imageSizeRange {"
		    " widthRange { lowerBound: 1 upperBound: -1 } heightRange { upperBound:"
		    " 8 } } }", "image(BGR,8x8){range w 1.. h 0..8}" },
		{ "multiArrayType { shape: [ 1, 4 ] dataType: FLOAT16 shapeRange { sizeRanges"
		    " { lowerBound: 1 upperBound: 8 } } }", "f16[1,4]{range 1..8}" },
		{ "multiArrayType { shape: 4 dataType: DOUBLE enumeratedShapes { shapes {"
		    " shape: 4 } shapes { shape: 5 } } }", "f64[4]{enum [4]|[5]}" },
		{ "dictionaryType { stringKeyType {} }", "dict(string)" },
		{ "sequenceType { int64Type {} sizeRange { upperBound: -1 } }",
		    "seq(int64){0..}" },
		{ "stateType { arrayType { shape: 2 dataType: FLOAT16 } }",
		    "state(f16[2])" },
	};
	struct fixture t;
	char spec[600];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(spec, sizeof spec, "identity {} description { input { name: \"x\" "
		    "type { %s isOptional: true } } }", cases[i].spec);
		start(&t, spec);
		assert_string_equal(type_text(&t, t.m->features[0].type), cases[i].text);
		assert_true(t.m->features[0].optional);
		end(&t);
	}
}

static void
layers_are_nodes(void **state)
{
	struct fixture t;
	const struct graph *g;
	const struct attr *a;

	(void)state;
	start(&t, "description { input { name: \"x\" } output { name: \"y\" } }"
	    " neuralNetwork { layers { name: \"fc\" input: \"x\" output: \"y\""
	    " innerProduct { inputChannels: 3 outputChannels: 2 weights {"
	    "  rawValue: \"\\xd6\\x40\" quantization { numberOfBits: 2"
	    "  linearQuantization { scale: 0.5 } } } } }"
	    " layers { name: \"act\" input: \"y\" output: \"y\" activation {"
	    "  leakyReLU { alpha: 0.25 } } }"
	    " layers { name: \"if\" input: \"y\" branch { ifBranch { layers {"
	    "  input: \"y\" output: \"z\" copy {} } } } }"
	    " arrayInputShapeMapping: EXACT_ARRAY_MAPPING }");
	g = t.m->main;
	assert_string_equal(g->nodes[0]->type->s, "innerProduct");
	a = node_attr(g->nodes[0], "weights");
	assert_int_equal(a->v.t->dtype, DT_U2);
	assert_int_equal(a->v.t->rank, 2);
	/* 11 01 01 10 01 00: the first element in the high bits */
	assert_true(element(&t, a->v.t, 0) == 3 && element(&t, a->v.t, 1) == 1);
	assert_true(element(&t, a->v.t, 3) == 2 && element(&t, a->v.t, 4) == 1);
	a = node_attr(g->nodes[0], "weights.quantization.linearQuantization.scale");
	assert_int_equal(a->kind, ATTR_FLOATS);
	assert_true(a->v.floats[0] == 0.5);
	a = node_attr(g->nodes[1], "NonlinearityType");
	assert_string_equal(a->v.s->s, "leakyReLU");
	assert_true(node_attr(g->nodes[1], "leakyReLU.alpha")->v.f == 0.25);
	assert_true(g->nodes[1]->out[0]->flags & VALUE_REDEFINED);
	assert_ptr_equal(g->nodes[2]->in[0], g->nodes[1]->out[0]);
	assert_int_equal(g->nodes[2]->nregions, 1);
	assert_string_equal(g->nodes[2]->regions[0]->role->s, "ifBranch");
	assert_string_equal(g->attrs[0].v.s->s, "EXACT_ARRAY_MAPPING");
	end(&t);
}

static const char tree[] =
    "description { input { name: \"x\" } output { name: \"y\" } }"
    " treeEnsembleRegressor { treeEnsemble {"
    " nodes { nodeBehavior: BranchOnValueLessThan branchFeatureValue: 0.5"
    "  trueChildNodeId: 1 falseChildNodeId: 2 }"
    " nodes { nodeId: 1 nodeBehavior: LeafNode evaluationInfo { evaluationValue: 3 } }"
    " nodes { nodeId: 2 nodeBehavior: LeafNode evaluationInfo { evaluationValue: 4 }"
    "  evaluationInfo { evaluationIndex: 1 evaluationValue: 5 } }"
    " basePredictionValue: [ 7, 8 ] } }";

/* Rows without the field count as the schema's default; it is the same for
 * columns in memory and for those that stay in the file. */
static void
tables_are_columns(void **state)
{
	struct fixture t;
	const struct node *n;
	const struct attr *a;
	struct model *m;

	(void)state;
	start(&t, tree);
	n = t.m->main->nodes[0];
	assert_string_equal(n->type->s, "treeEnsembleRegressor");
	assert_string_equal(n->in[0]->name->s, "x");
	a = node_attr(n, "treeEnsemble.nodes.nodeId");
	assert_int_equal(a->n, 3);
	assert_int_equal(a->v.ints[0], 0);
	assert_int_equal(a->v.ints[2], 2);
	a = node_attr(n, "treeEnsemble.nodes.nodeBehavior");
	assert_string_equal(a->v.strings[2]->s, "LeafNode");
	a = node_attr(n, "treeEnsemble.nodes.branchFeatureValue");
	assert_int_equal(a->v.t->numel, 3);
	assert_true(element(&t, a->v.t, 0) == 0.5 && element(&t, a->v.t, 2) == 0);
	a = node_attr(n, "treeEnsemble.nodes.evaluationInfo.evaluationIndex");
	assert_int_equal(a->n, 3);
	assert_int_equal(a->v.ints[1], 0);
	assert_int_equal(a->v.ints[2], 1);
	assert_true(element(&t, node_attr(n, "treeEnsemble.basePredictionValue")->v.t, 1) == 8);
	t.ctx.limits.list = 1;
	m = model_read_memory(&t.ctx, "spec", t.wire.buf, t.wire.n, &options);
	a = node_attr(m->main->nodes[0], "treeEnsemble.nodes.evaluationInfo.evaluationIndex");
	assert_null(a->v.ints);
	assert_true(element(&t, a->list, 1) == 0 && element(&t, a->list, 2) == 1);
	model_free(m);
	end(&t);
}

static void
stages_are_models(void **state)
{
	struct fixture t;
	const struct graph *g;

	(void)state;
	start(&t, "description { input { name: \"x\" } output { name: \"y\" } }"
	    " pipelineRegressor { pipeline { models { description { input { name: \"x\" }"
	    "  output { name: \"h\" } } scaler { shiftValue: [ 1, 2 ] } }"
	    " models { description { input { name: \"h\" } output { name: \"y\" } }"
	    "  identity {} } names: \"scale\" } }");
	g = t.m->main;
	assert_int_equal(t.m->nstages, 2);
	assert_int_equal(g->nnodes, 2);
	assert_string_equal(g->nodes[0]->type->s, "scaler");
	assert_string_equal(g->nodes[0]->name->s, "scale");
	assert_string_equal(t.m->stages[1]->kind, "identity");
	assert_ptr_equal(g->nodes[1]->in[0], g->nodes[0]->out[0]);
	assert_ptr_equal(g->outputs[0], g->nodes[1]->out[0]);
	assert_string_equal(t.m->stages[0]->main->nodes[0]->attrs[0].name->s, "shiftValue");
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_is_a_graph),
		cmocka_unit_test(the_block_of_another_opset_is_taken),
		cmocka_unit_test(features_have_our_notation),
		cmocka_unit_test(layers_are_nodes),
		cmocka_unit_test(tables_are_columns),
		cmocka_unit_test(stages_are_models),
	};

	return cmocka_run_group_tests_name("coreml", tests, NULL, NULL);
}
