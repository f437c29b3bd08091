/* SPDX-License-Identifier: Apache-2.0 */
/* The language of rules: what conditions come to on a small program, with all
 * three truths, and what is refused when a file is read, with line and column. */
#include "unit.h"

#include "base/ctx.h"
#include "base/sink.h"
#include "infer/infer.h"
#include "ir/build.h"
#include "ops/op.h"
#include "read/reader.h"
#include "rules/rule.h"
#include "rules/setting.h"

static const char program[] = "program(1.3)\n{\n func main<ios17>(tensor<fp16, [1, 3, 8, ?]> x, "
	"tensor<int32, [2]> k) {\n"
	"  tensor<fp16, [4, 3, 3, 5]> w = const()[name=string(\"w\"), val=tensor<fp16, [4, 3, 3, 5]>"
	"(BLOBFILE(path=string(\"@model_path/w.bin\"), offset=uint64(64)))];\n"
	"  string pt = const()[name=string(\"pt\"), val=string(\"valid\")];\n"
	"  tensor<int32, [2]> st = const()[name=string(\"st\"), val=tensor<int32, [2]>([2, 3])];\n"
	"  tensor<fp16, [1, 4, 3, ?]> c = conv(x=x, weight=w, strides=st, pad_type=pt)"
	"[name=string(\"conv\")];\n"
	"  tensor<fp16, [1, 4, 3, ?]> y = relu(x=c)[name=string(\"relu\")];\n"
	" } -> (y);\n}\n";

static const char *const verdicts[] = { "no", "yes", NULL };

static void
get_seven(struct rule_env *env, const struct rule_list *args, uint32_t n, struct rule_list *out)
{
	(void)args, (void)n;
	rule_give_num(env, out, 7);
}

static const struct rule_fact own[] = {
	{ "seven", RULE_NUM, "", NULL, "seven", get_seven, true },
};
static const struct rule_domain domain = { .name = "test", .verdicts = verdicts, .facts = own,
	.nfacts = 1, .dialect = DIALECT_MIL };

static const struct { const char *when; enum rule_truth want; } cases[] = {
	{ "true", RULE_TRUE },
	{ "op == conv", RULE_TRUE }, { "op in {relu, conv}", RULE_TRUE }, { "op == relu", RULE_FALSE },
	{ "kind == 'CONV' and family == conv", RULE_TRUE },
	{ "x.rank == 4", RULE_TRUE }, { "any.rank > 4", RULE_FALSE }, { "x.dtype == f16", RULE_TRUE },
	{ "x.H == 8 and x.C == 3 and x.N == 1 and x.D == 1", RULE_TRUE },
	{ "x.W > 16384", RULE_UNKNOWN }, { "x.W >= 0", RULE_TRUE }, { "x.W < 0", RULE_FALSE },
	{ "x.W > 100 and x.H > 100", RULE_FALSE }, { "x.W > 100 or x.H == 8", RULE_TRUE },
	{ "not x.W > 100", RULE_UNKNOWN },
	{ "weight.const and not x.const", RULE_TRUE }, { "in.const", RULE_TRUE },
	{ "weight.W == 5 and weight.H == 3", RULE_TRUE }, { "weight.numel == 180", RULE_TRUE },
	{ "weight.bytes == 360", RULE_TRUE }, { "weight.bytes < 1 kB", RULE_TRUE },
	{ "max(weight.H, weight.W) == 5 && min(weight.H, weight.W) == 3", RULE_TRUE },
	{ "weight.dims[-1] == 5 and weight.dims[0] == 4", RULE_TRUE },
	{ "weight.dims[9] == 5", RULE_FALSE },
	{ "strides[0] == 2 and strides[1] == 3", RULE_TRUE }, { "strides == 3", RULE_TRUE },
	{ "max(strides) % 2 == 1", RULE_TRUE }, { "sum(strides) == 5", RULE_TRUE },
	{ "product(strides) - 2 * 3 == 0", RULE_TRUE }, { "strides * 2 == 6", RULE_TRUE },
	{ "len(strides) == 2", RULE_TRUE }, { "pow2(strides)", RULE_TRUE },
	{ "pow2(weight.H)", RULE_FALSE }, { "abs(-3) == 3", RULE_TRUE },
	/* defaults of the signature */
	{ "groups == 1", RULE_TRUE }, { "max(dilations) > 1", RULE_FALSE },
	{ "pad_type == valid", RULE_TRUE }, { "pad_type != valid", RULE_FALSE },
	{ "has(bias)", RULE_FALSE }, { "has(strides)", RULE_TRUE },
	{ "bias.rank > 0", RULE_FALSE }, { "not bias.rank > 0", RULE_TRUE },
	{ "x.producer == input", RULE_TRUE }, { "x.input and not out.output", RULE_TRUE },
	{ "feeds(relu)", RULE_TRUE }, { "feeds(gelu, tanh)", RULE_FALSE }, { "fed_by(relu)", RULE_FALSE },
	{ "x.static", RULE_UNKNOWN }, { "weight.static", RULE_TRUE },
	{ "h == 13", RULE_UNKNOWN }, { "h > 10", RULE_TRUE }, { "chip == M1", RULE_UNKNOWN },
	{ "units == CPU_AND_NE", RULE_TRUE }, { "model.nodes == 2", RULE_TRUE },
	{ "model.weights > 300", RULE_TRUE }, { "seven == 7", RULE_TRUE },
	{ "7 in {1, 2, seven}", RULE_TRUE }, { "weight.W in {1, 3}", RULE_FALSE },
	{ "x.dtype == weight.dtype", RULE_TRUE }, { "(true or x.W > 3) and true", RULE_TRUE },
};

struct fixture { struct ctx ctx; struct arena a; struct model *m; struct rule_env env;
	struct setting setting; struct uses uses; };

static void
open_fixture(struct fixture *f)
{
	const struct read_options opts = { .follow_links = false };

	memset(f, 0, sizeof *f);
	ctx_init(&f->ctx);
	arena_init(&f->a, &f->ctx);
	f->m = model_read_memory(&f->ctx, "case", program, sizeof program - 1, &opts);
	assert_non_null(f->m);
	ops_bind(f->m);
	uses_build(&f->uses, &f->a, f->m);
	setting_init(&f->setting);
	f->env = (struct rule_env){ .m = f->m, .uses = &f->uses, .setting = &f->setting,
	    .arena = &f->a };
	f->env.types = infer_model(&f->ctx, &f->a, f->m, &(struct infer_options){ .nbindings = 0 });
	rules_begin(&f->env);
}

static void
close_fixture(struct fixture *f)
{
	arena_free(&f->a);
	model_free(f->m);
	ctx_fini(&f->ctx);
}

static const struct node *
node_of(const struct model *m, const char *op)
{
	for (uint32_t i = 0; i < m->main->nnodes; i++)
		if (strcmp(m->main->nodes[i]->type->s, op) == 0)
			return m->main->nodes[i];
	return NULL;
}

static void
truths(void **state)
{
	struct fixture f;
	char text[400];

	(void)state;
	open_fixture(&f);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ruleset *set;
		uint32_t before = f.ctx.diags.n;
		int n = snprintf(text, sizeof text, "set: test\nrule a\nsays: x\nfor: conv\nwhen: "
		    "%s\nverdict: no\n", cases[i].when);

		set = rules_load(&f.ctx, &f.a, "case", text, (size_t)n, &domain, 1);
		if (set->n != 1)
			fail_msg("%s: %s", cases[i].when, f.ctx.diags.list[before].message);
		if (rule_holds(&f.env, &set->rules[0], node_of(f.m, "conv")) != cases[i].want)
			fail_msg("%s is not %d", cases[i].when, (int)cases[i].want);
	}
	close_fixture(&f);
}

static const struct { const char *text; enum diag_id id; uint32_t line, column; } wrong[] = {
	{ "rule a\nsays: x\nwhen: op = conv\nverdict: no\n", DIAG_RULE_SYNTAX, 3, 10 },
	{ "rule a\nsays: x\nwhen: (op == conv\nverdict: no\n", DIAG_RULE_SYNTAX, 3, 18 },
	{ "rule a\nsays: x\nwhen: op == conv )\nverdict: no\n", DIAG_RULE_SYNTAX, 3, 18 },
	{ "rule a\nsays: x\nwhen: x.rank > 4 and\n  x.rnak > 3\nverdict: no\n", DIAG_RULE_NAME, 4, 5 },
	{ "rule a\nsays: x\nfor: conv\nwhen: stride > 1\nverdict: no\n", DIAG_RULE_NAME, 4, 7 },
	{ "rule a\nsays: x\nfor: convv\nverdict: no\n", DIAG_RULE_NAME, 3, 6 },
	{ "rule a\nsays: x\nfor: kind:CONVV\nverdict: no\n", DIAG_RULE_NAME, 3, 11 },
	{ "rule a\nsays: x\nwhen: x.dtype == fp16\nverdict: no\n", DIAG_RULE_TYPE, 3, 18 },
	{ "rule a\nsays: x\nfor: conv\nwhen: pad_type == vald\nverdict: no\n", DIAG_RULE_TYPE, 4, 19 },
	{ "rule a\nsays: x\nwhen: x.dtype > 4\nverdict: no\n", DIAG_RULE_TYPE, 3, 7 },
	{ "rule a\nsays: x\nwhen: x.rank\nverdict: no\n", DIAG_RULE_TYPE, 3, 7 },
	{ "rule a\nsays: x\nwhen: x.rank and true\nverdict: no\n", DIAG_RULE_TYPE, 3, 7 },
	{ "rule a\nsays: x\nwhen: units == ALLL\nverdict: no\n", DIAG_RULE_TYPE, 3, 16 },
	{ "rule a\nsays: x\nfor: model\nwhen: any.rank > 4\nverdict: no\n", DIAG_RULE_TYPE, 4, 7 },
	{ "rule a\nsays: x\nverdict: never\n", DIAG_RULE_FIELD, 3, 10 },
	{ "rule a\nverdict: no\n", DIAG_RULE_FIELD, 1, 6 },
	{ "rule a\nsays: x\n", DIAG_RULE_FIELD, 1, 6 },
	{ "rule a\nsays: x\nsays: y\nverdict: no\n", DIAG_RULE_FIELD, 3, 1 },
	{ "rule a\nsays: x\nverdict: no\nrule a\nsays: x\nverdict: no\n", DIAG_RULE_FIELD, 4, 6 },
	{ "rule a\nsays: x\nverdict: no\nconfidence: folklore\n", DIAG_RULE_FIELD, 1, 6 },
	{ "rule a\nsays: {x.rnk}\nverdict: no\n", DIAG_RULE_NAME, 2, 10 },
	{ "rule a\nsays: {op\nverdict: no\n", DIAG_RULE_SYNTAX, 2, 7 },
	{ "rule a\nsays: x\nverdict: no\nwehn: true\n", DIAG_RULE_SYNTAX, 4, 1 },
	{ "says: x\n", DIAG_RULE_SYNTAX, 1, 1 }, { "set: lint\n", DIAG_RULE_FIELD, 1, 6 },
	{ "dialect: klingon\n", DIAG_RULE_FIELD, 1, 10 },
	{ "let a: {x,}\n", DIAG_RULE_SYNTAX, 1, 11 },
};

static void
refused(void **state)
{
	char where[64];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct ctx ctx;
		struct arena a;
		const struct diag *d;

		ctx_init(&ctx);
		arena_init(&a, &ctx);
		rules_load(&ctx, &a, "case", wrong[i].text, strlen(wrong[i].text), &domain, 1);
		if (ctx.diags.n == 0)
			fail_msg("nothing is wrong with: %s", wrong[i].text);
		d = &ctx.diags.list[0];
		snprintf(where, sizeof where, "line %u, column %u:", wrong[i].line, wrong[i].column);
		if (d->id != wrong[i].id || strstr(d->message, where) == NULL)
			fail_msg("%s gives %s %s, not %s", wrong[i].text, diag_name(d->id),
			    d->message, where);
		arena_free(&a);
		ctx_fini(&ctx);
	}
}

/* Values stand in the reason, and a wrong rule does not take others with it. */
static void
words(void **state)
{
	static const char text[] = "set: test\nlet big: {conv, linear}\nrule bad\nsays: x\n"
	    "for: big\nwhen: no_such > 1\nverdict: no\nrule good\n"
	    "says: {op} has {max(any.rank)} axes,\n   strides {strides} and {x.W}\nfor: big\nverdict: no\n";
	struct fixture f;
	struct ruleset *set;
	struct sink out;

	(void)state;
	open_fixture(&f);
	set = rules_load(&f.ctx, &f.a, "case", text, sizeof text - 1, &domain, 1);
	assert_int_equal(set->n, 1);
	assert_int_equal(set->wrong, 1);
	sink_init(&out, -1);
	rule_says(&f.env, rules_find(set, "good"), node_of(f.m, "conv"), &out);
	sink_write(&out, "", 1);
	assert_string_equal(out.buf, "conv has 4 axes, strides 2,3 and ?");
	sink_fini(&out);
	close_fixture(&f);
}

static void
settings(void **state)
{
	struct setting s;

	(void)state;
	setting_init(&s);
	assert_true(setting_chip(&s, "M1"));
	assert_int_equal(s.h_hi, 13);
	assert_true(setting_chip(&s, "A17 Pro"));
	assert_true(setting_chip(&s, "m4-max"));
	assert_int_equal(s.h_lo, 16);
	assert_false(setting_chip(&s, "M9"));
	assert_false(setting_chip(&s, "M1 Plus"));
	assert_true(setting_os(&s, "macOS 14.5"));
	assert_int_equal(s.ios_lo, 17);
	assert_true(setting_os(&s, "iOS26"));
	assert_int_equal(s.ios_hi, 26);
	assert_false(setting_os(&s, "Linux 6"));
	assert_false(setting_os(&s, "macOS \033]0;14"));
	assert_false(setting_os(&s, "macOS 14.5.\t1"));
	assert_true(setting_units(&s, "cpu_only"));
	assert_false(setting_units(&s, "NPU"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truths), cmocka_unit_test(refused), cmocka_unit_test(words),
		cmocka_unit_test(settings)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
