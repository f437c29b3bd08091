/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of torch.export: expressions of sizes, spellings of old schemas,
 * what a signature makes of inputs. */
#include <config.h>

#include "tests/unit/unit.h"

#include "base/ctx.h"
#include "base/sink.h"
#include "ir/build.h"
#include "ir/frame.h"
#include "read/torch/pt2_frames.h"
#include "read/torch/pt2_read.h"
#include "read/reader.h"

static const struct { const char *text, *want; } exprs[] = {
	{ "Symbol('s77', positive=True, integer=True)", "s77" },
	{ "Mul(Integer(2), Symbol('s0', positive=True, integer=True))", "2*s0" },
	{ "Add(Symbol('s0'), Integer(2))", "s0 + 2" },
	{ "Add(Symbol('s0'), Mul(Integer(-1), Symbol('s1')))", "s0 - s1" },
	{ "Mul(Integer(-1), Symbol('s1'))", "-s1" },
	{ "FloorDiv(Add(Symbol('s0'), Integer(1)), Integer(2))", "(s0 + 1)//2" },
	{ "FloorDiv(FloorDiv(Symbol('s0'), Integer(2)), Integer(2))", "(s0//2)//2" },
	{ "Mul(Symbol('a'), Add(Symbol('b'), Integer(1)))", "a*(b + 1)" },
	{ "Pow(Add(Symbol('a'), Symbol('b')), Integer(2))", "(a + b)**2" },
	{ "Max(Integer(1), Symbol('u0'))", "Max(1, u0)" },
	{ "GreaterThan(Symbol('u0', integer=True), Integer(0))", "u0 >= 0" },
	{ "ToFloat(Symbol('s0'))", "s0" },
	{ "2*s0 + 1", "2*s0 + 1" }, /* torch 2.5 and before */
	{ "s0", "s0" },
	{ "Add(Symbol('s0'", "Add(Symbol('s0'" },
	{ "Symbol('s0', positive=True", "Symbol('s0', positive=True" },
};

static void
test_expr(void **state)
{
	struct pt2_reader r = { .ctx = &(struct ctx){ .used = 0 } };
	struct str const *s;

	(void)state;
	ctx_init(r.ctx);
	r.m = model_new(r.ctx, DIALECT_ATEN, "pt2");
	sink_init(&r.text, -1);
	for (size_t i = 0; i < sizeof exprs / sizeof *exprs; i++) {
		s = pt2_expr(&r, exprs[i].text, (uint32_t)strlen(exprs[i].text));
		assert_string_equal(s->s, exprs[i].want);
	}
	sink_fini(&r.text);
	model_free(r.m);
	ctx_fini(r.ctx);
}

/* As much nesting as the text holds. */
static void
test_depth(void **state)
{
	enum { LEVELS = 5000 };
	static char text[LEVELS * 4 + 1];
	struct pt2_reader r = { .ctx = &(struct ctx){ .used = 0 } };

	(void)state;
	for (int i = 0; i < LEVELS; i++)
		memcpy(text + 4 * i, "Abs(", 4);
	ctx_init(r.ctx);
	r.m = model_new(r.ctx, DIALECT_ATEN, "pt2");
	sink_init(&r.text, -1);
	assert_int_equal(pt2_expr(&r, text, LEVELS * 4)->len, LEVELS * 4);
	sink_fini(&r.text);
	model_free(r.m);
	ctx_fini(r.ctx);
}

static struct model *
read_text(struct ctx *ctx, const char *text)
{
	const struct read_options o = { .follow_links = false };

	ctx_init(ctx);
	return model_read_memory(ctx, "program.json", text, strlen(text), &o);
}

/* Schema 1: unions by $type and $value, maps for a signature. */
static void
test_schema_1(void **state)
{
	static const char text[] = "{\"graph_module\": {\"graph\": {"
	    "\"inputs\": [{\"$type\": \"as_tensor\", \"$value\": {\"name\": \"arg0\"}},"
	    " {\"$type\": \"as_tensor\", \"$value\": {\"name\": \"arg1\"}}],"
	    "\"outputs\": [{\"$type\": \"as_tensor\", \"$value\": {\"name\": \"add\"}}],"
	    "\"nodes\": [{\"target\": \"torch.ops.aten.add.Tensor\", \"inputs\": ["
	    "{\"name\": \"self\", \"arg\": {\"$type\": \"as_tensor\", \"$value\": "
	    "{\"name\": \"arg0\"}}}, {\"name\": \"alpha\", \"arg\": {\"$type\": \"as_int\","
	    " \"$value\": 2}}], \"outputs\": [{\"$type\": \"as_tensor\", \"$value\": "
	    "{\"name\": \"add\"}}], \"metadata\": {}}],"
	    "\"tensor_values\": {\"arg0\": {\"meta\": {\"dtype\": 14, \"sizes\": ["
	    "{\"$type\": \"as_int\", \"$value\": 4}]}}, \"arg1\": {\"meta\": {\"dtype\": 7, "
	    "\"sizes\": []}}}}, \"signature\": {\"inputs_to_parameters\": {\"arg0\": \"l.w\"},"
	    "\"inputs_to_buffers\": {}, \"user_inputs\": [\"arg1\"], \"user_outputs\": "
	    "[\"add\"], \"buffers_to_mutate\": {}, \"backward_signature\": null}},"
	    "\"schema_version\": 1}";
	struct ctx ctx;
	struct model *m = read_text(&ctx, text);
	const struct graph *g = m->main;

	(void)state;
	assert_int_equal(ctx.diags.n, 0);
	assert_int_equal(g->ninputs, 1);
	assert_string_equal(g->inputs[0]->name->s, "arg1");
	assert_int_equal(g->ninitializers, 1);
	assert_string_equal(g->initializers[0]->name->s, "l.w");
	assert_int_equal(g->initializers[0]->constant->dtype, DT_U16);
	assert_int_equal(g->initializers[0]->constant->numel, 4);
	assert_int_equal(g->nnodes, 1);
	assert_string_equal(g->nodes[0]->domain->s, "aten");
	assert_string_equal(g->nodes[0]->type->s, "add");
	assert_string_equal(g->nodes[0]->overload->s, "Tensor");
	assert_ptr_equal(g->nodes[0]->in[0], g->initializers[0]);
	assert_int_equal(g->nodes[0]->attrs[0].v.i, 2);
	assert_int_equal(g->noutputs, 1);
	assert_int_equal(g->nroles, 3);
	assert_int_equal(m->format_version, 1);
	model_free(m);
	ctx_fini(&ctx);
}

/* A schema of the future is read as far as it is known. */
static void
test_newer(void **state)
{
	static const char text[] = "{\"graph_module\": {\"graph\": {\"nodes\": [{\"target\": "
	    "\"torch.ops.aten.relu.default\", \"inputs\": [{\"name\": \"self\", \"arg\": "
	    "{\"as_thing\": {\"a\": [1]}}}], \"outputs\": [{\"as_new\": 1}], \"novel\": 1}]}},"
	    "\"schema_version\": {\"major\": 9, \"minor\": 1}}";
	struct ctx ctx;
	struct model *m = read_text(&ctx, text);
	const struct node *n = m->main->nodes[0];

	(void)state;
	assert_int_equal(ctx.diags.n, 1);
	assert_int_equal(ctx.diags.list[0].id, DIAG_PT2_SCHEMA);
	assert_null(n->overload);
	assert_int_equal(n->nattrs, 1);
	assert_string_equal(n->attrs[0].v.s->s, "{\"a\": [1]}");
	assert_int_equal(m->unknown_fields, 1);
	model_free(m);
	ctx_fini(&ctx);
}

static void
test_scopes(void **state)
{
	static const struct { const char *stack, *want; } rows[] = {
		{ "L__self__,,M;L__self__conv,conv,torch.nn.Conv2d", "conv" },
		{ "L__self__,,M", NULL },
		{ "a,L['self'].layers.0,m.A[x,y]", "layers.0" },
		{ "_empty_nn_module_stack_from_metadata_hook,"
		    "_empty_nn_module_stack_from_metadata_hook,x", NULL },
		{ "k[a,b],p.q,T", "p.q" }, { "", NULL }, { "x", NULL }
	};
	struct ctx ctx;
	struct model *m;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text, "{\"graph_module\": {\"graph\": {\"nodes\": [{"
		    "\"target\": \"math.trunc\", \"metadata\": {\"nn_module_stack\": \"%s\"}}]}}}",
		    rows[i].stack);
		m = read_text(&ctx, text);
		assert_string_equal(m->main->nodes[0]->type->s, "trunc");
		if (rows[i].want == NULL)
			assert_null(m->main->nodes[0]->scope);
		else
			assert_string_equal(m->main->nodes[0]->scope->s, rows[i].want);
		model_free(m);
		ctx_fini(&ctx);
	}
}

/* As torch 2.6 and 2.14 write it, and what is none. */
static void
test_frames(void **state)
{
	static const char *const traces[] = {
		"  File \"/usr/lib/python3/dist-packages/torch/nn/modules/conv.py\", line 5, in f\n"
		"  File \"m.py\", line 10, in forward\n    x = self.conv(x)\n"
		"  File \"m.py\", line 12, in helper\n    return F.relu(\"a\")\n",
		"File \"m.py\", line 10, in forward\n    x = self.conv(x)\n"
		"File \"m.py\", line 12, in helper\n    return F.relu(\"a\")"
	};
	const struct frame *f;
	struct frame *list = NULL;
	struct meta meta;
	struct node n = { .nmeta = 1, .meta = &meta };
	struct model *m;
	struct ctx ctx;

	(void)state;
	ctx_init(&ctx);
	m = model_new(&ctx, DIALECT_ATEN, "pt2");
	for (size_t i = 0; i < 2; i++) {
		meta = (struct meta){ str_internz(&m->strs, "stack_trace"),
		    str_internz(&m->strs, traces[i]) };
		assert_int_equal(pt2_frames(m, &n, &m->arena, &list), 3 - i);
		f = frame_pick(list, 3 - (uint32_t)i);
		assert_string_equal(f->file, "m.py");
		assert_int_equal(f->line, 12);
		assert_string_equal(f->function, "helper");
		assert_string_equal(f->text, "return F.relu(\"a\")");
		assert_string_equal(list[1].text, "x = self.conv(x)");
		list = NULL;
	}
	meta.value = str_internz(&m->strs, "File \"m.py\" line 3\n\n  File \"");
	assert_int_equal(pt2_frames(m, &n, &m->arena, &list), 0);
	n.nmeta = 0;
	assert_int_equal(pt2_frames(m, &n, &m->arena, &list), 0);
	model_free(m);
	ctx_fini(&ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expr),
		cmocka_unit_test(test_depth), cmocka_unit_test(test_frames),
		cmocka_unit_test(test_schema_1),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_scopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
