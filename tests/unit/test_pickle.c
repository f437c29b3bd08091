/* SPDX-License-Identifier: Apache-2.0 */
/* Pickles: every opcode, in the form that Python's own writers leave, and what
 * is said of those that no program loads. */
#include "unit.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "base/sink.h"
#include "base/source.h"
#include "read/torch/pickle.h"

static void
show_items(struct sink *out, struct pickle_value *const *items, uint64_t n, const char *ends);

static void
show_call(struct sink *out, const struct pickle_call *c);

/* In the manner of Python's repr. */
static void
show(struct sink *out, const struct pickle_value *v)
{
	static const char *const ends[] = { [PK_TUPLE] = "()", [PK_LIST] = "[]", [PK_SET] = "<>",
	    [PK_DICT] = "{}" };

	if (v == NULL)
		return;
	if (v->kind == PK_NONE)
		sink_puts(out, "None");
	else if (v->kind == PK_BOOL)
		sink_puts(out, v->v.i ? "True" : "False");
	else if (v->kind == PK_INT)
		sink_i64(out, v->v.i);
	else if (v->kind == PK_FLOAT)
		sink_double(out, v->v.f, false, false);
	else if (v->kind == PK_STR || v->kind == PK_BYTES || v->kind == PK_BIG)
		sink_printf(out, "%s'%.*s'", v->kind == PK_STR ? "" : "b", (int)v->n, v->v.text.s);
	else if (v->kind == PK_GLOBAL)
		sink_printf(out, "%s.%s%s%s", v->v.global.module, v->v.global.name,
		    v->flags & PICKLE_CALLED ? "!" : "", v->flags & PICKLE_BUILT ? "+" : "");
	else if (v->kind == PK_CALL)
		show_call(out, v->v.call);
	else if (v->kind == PK_PERSISTENT)
		sink_puts(out, "@"), show(out, v->v.id);
	else if (v->kind == PK_BUFFER)
		sink_puts(out, "buffer");
	else
		show_items(out, v->v.items, v->n, ends[v->kind]);
}

static void
show_items(struct sink *out, struct pickle_value *const *items, uint64_t n, const char *ends)
{
	sink_printf(out, "%c", ends[0]);
	for (uint64_t i = 0; i < n; i++) {
		sink_puts(out, i > 0 ? " " : "");
		show(out, items[i]);
	}
	sink_printf(out, "%c", ends[1]);
}

static void
show_call(struct sink *out, const struct pickle_call *c)
{
	sink_puts(out, c->made ? "new " : "");
	show(out, c->callee);
	show(out, c->args);
	show(out, c->kwargs);
	if (c->state != NULL)
		sink_puts(out, "="), show(out, c->state);
	if (c->nlist > 0)
		show_items(out, c->list, c->nlist, "[]");
	if (c->ndict > 0)
		show_items(out, c->dict, c->ndict, "{}");
}

struct fix {
	struct ctx ctx;
	struct arena a;
	struct pickle p;
	struct sink out;
};

static void
decode(struct fix *f, const char *s, size_t n)
{
	struct arena scratch;

	memset(f, 0, sizeof *f);
	ctx_init(&f->ctx);
	arena_init(&f->a, &f->ctx);
	arena_init(&scratch, &f->ctx);
	sink_init(&f->out, -1);
	pickle_read(&f->ctx, &f->a, &scratch, source_memory(&f->a, "x.pkl", s, n), 0, &f->p);
	show(&f->out, f->p.root);
	sink_write(&f->out, "", 1);
	arena_free(&scratch);
}

static void
fini(struct fix *f)
{
	sink_fini(&f->out);
	arena_free(&f->a);
	ctx_fini(&f->ctx);
}

#define P(s) s, sizeof s - 1

static const struct row { const char *bytes; size_t n; const char *want; } good[] = {
	{ P("N."), "None" }, { P("I01\n."), "True" }, { P("I00\n."), "False" },
	{ P("\x88."), "True" }, { P("\x89."), "False" },
	{ P("I-12\n."), "-12" }, { P("L99L\n."), "99" }, { P("K\xff."), "255" },
	{ P("M\1\2."), "513" }, { P("J\xfe\xff\xff\xff."), "-2" }, { P("\x8a\0."), "0" },
	{ P("\x8a\2\xff\xff."), "-1" }, { P("\x8a\x08\0\0\0\0\0\0\0\x80."), "-9223372036854775808" },
	{ P("\x8b\1\0\0\0\x05."), "5" }, { P("\x8a\x09" "123456789."), "b'123456789'" },
	{ P("F1.5\n."), "1.5" }, { P("G\x3f\xf8\0\0\0\0\0\0."), "1.5" },
	{ P("S'a\\x62\\'\\\\c\\101'\n."), "'ab'\\cA'" }, { P("T\2\0\0\0ab."), "'ab'" },
	{ P("U\2ab."), "'ab'" }, { P("Va\\u00e9\n."), "'a\xc3\xa9'" },
	{ P("X\2\0\0\0ab."), "'ab'" }, { P("\x8c\2ab."), "'ab'" },
	{ P("\x8d\2\0\0\0\0\0\0\0ab."), "'ab'" }, { P("B\2\0\0\0ab."), "b'ab'" },
	{ P("C\2ab."), "b'ab'" }, { P("\x8e\2\0\0\0\0\0\0\0ab."), "b'ab'" },
	{ P("\x96\2\0\0\0\0\0\0\0ab."), "b'ab'" },
	{ P(")."), "()" }, { P("]."), "[]" }, { P("}."), "{}" }, { P("\x8f."), "<>" },
	{ P("(K\1K\2t."), "(1 2)" }, { P("(K\1K\2l."), "[1 2]" }, { P("(K\1K\2d."), "{1 2}" },
	{ P("(K\1K\2\x91."), "<1 2>" }, { P("K\1\x85."), "(1)" }, { P("K\1K\2\x86."), "(1 2)" },
	{ P("K\1K\2K\3\x87."), "(1 2 3)" }, { P("]K\1a."), "[1]" },
	{ P("](K\1K\2e."), "[1 2]" }, { P("(K\1K\2K\3l(K\4K\5e."), "[1 2 3 4 5]" },
	{ P("}K\1K\2s."), "{1 2}" }, { P("}(K\1K\2K\3K\4u."), "{1 2 3 4}" },
	{ P("\x8f(K\1\x90."), "<1>" }, { P("K\1K\2" "0."), "1" }, { P("(K\1K\2" "1N."), "None" },
	{ P("K\1(0."), "1" }, { P("K\1" "2\x86."), "(1 1)" },
	{ P("K\1p5\n0g5\n."), "1" }, { P("K\1q\5" "0h\5."), "1" },
	{ P("K\1r\xff\xff\xff\xff" "0j\xff\xff\xff\xff."), "1" },
	{ P("K\1\x94K\2\x94\x86h\0h\1\x87."), "((1 2) 1 2)" },
	{ P("cos\nsystem\n."), "os.system" }, { P("c__builtin__\nset\n]\x85R."), "builtins.set!([])" },
	{ P("\x8c\2os\x8c\6system\x93."), "os.system" },
	{ P("ccollections\nOrderedDict\n)RK\1K\2s."), "collections.OrderedDict!(){1 2}" },
	{ P("cm\nC\n)\x81}b."), "new m.C!+()={}" }, { P("cm\nC\n)}\x92."), "new m.C!(){}" },
	{ P("(K\1im\nC\n."), "m.C!(1)" }, { P("(cm\nC\nK\1o."), "m.C!(1)" },
	{ P("cm\nL\n)R(K\1K\2e."), "m.L!()[1 2]" },
	{ P("c__torch__\nColor\nK\1R."), "__torch__.Color!1" },
	{ P("P77\n."), "@'77'" }, { P("K\1\x85Q."), "@(1)" },
	{ P("\x97\x98."), "buffer" }, { P("\x80\4\x95\2\0\0\0\0\0\0\0N."), "None" },
	{ P("\x82\5."), "copyreg.?" }
};

static void
test_opcodes(void **state)
{
	struct fix f;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		decode(&f, good[i].bytes, good[i].n);
		if (f.p.problem != NULL || strcmp(f.out.buf, good[i].want) != 0)
			fail_msg("row %zu: %s, not %s (%s)", i, f.out.buf, good[i].want,
			    f.p.problem != NULL ? f.p.problem : "");
		assert_true(f.p.stopped);
		assert_int_equal(f.p.end, good[i].n);
		fini(&f);
	}
}

/* at: where the first problem is. What can be told apart is decoded. */
static const struct { const char *bytes; size_t n; uint64_t at; const char *want; } bad[] = {
	{ P(""), 0, "" }, { P("N"), 1, "None" }, { P("0."), 0, "" }, { P("h\5."), 0, "None" },
	{ P("K"), 0, "" }, { P("X\xff\0\0\0abc"), 0, "" }, { P("t."), 0, "()" },
	{ P("(K\1d."), 3, "{}" }, { P("K\1K\2a."), 4, "1" }, { P("N\xff."), 1, "None" },
	{ P("(."), 1, "" }, { P("NN."), 2, "None" }, { P("cos\n"), 0, "" },
	{ P("K\1K\2K\3s."), 6, "1" }, { P("Nb."), 1, "" }, { P("R."), 0, "None!None" },
	{ P("Ix\n."), 0, "0" }, { P("S'a\n."), 0, "''a'" }, { P("K\1K\1\x93."), 4, "?.?" },
	{ P("p-1\n."), 0, "" }, { P("\x80\x09N."), 0, "None" },
	{ P("\x8d\xff\xff\xff\xff\xff\xff\xff\xff" "a."), 0, "" },
	{ P("0cos\nsystem\n(S'x'\ntR."), 0, "os.system!('x')" }
};

static void
test_problems(void **state)
{
	struct fix f;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		decode(&f, bad[i].bytes, bad[i].n);
		if (f.p.problem == NULL || f.p.problem_at != bad[i].at)
			fail_msg("row %zu: %s at %d", i, f.p.problem, (int)f.p.problem_at);
		if (i != 15 && strcmp(f.out.buf, bad[i].want) != 0)
			fail_msg("row %zu: %s, not %s", i, f.out.buf, bad[i].want);
		fini(&f);
	}
}

/* A list that holds itself, and a tree that would print to 2^40 items. */
static void
test_shares(void **state)
{
	static const char loop[] = "]q\0h\0a.";
	char laughs[200] = "N";
	struct pickle_value *v;
	struct fix f;

	(void)state;
	for (int i = 0; i < 40; i++)
		memcpy(laughs + 1 + i * 2, "2\x86", 2);
	laughs[81] = '.';
	f.p.root = NULL;
	ctx_init(&f.ctx);
	arena_init(&f.a, &f.ctx);
	struct source *src = source_memory(&f.a, "x", loop, sizeof loop - 1);

	pickle_read(&f.ctx, &f.a, &f.a, src, 0, &f.p);
	v = f.p.root;
	assert_ptr_equal(pickle_item(v, 0), v);
	src = source_memory(&f.a, "x", laughs, 82);
	pickle_read(&f.ctx, &f.a, &f.a, src, 0, &f.p);
	assert_null(f.p.problem);
	assert_ptr_equal(pickle_item(f.p.root, 0), pickle_item(f.p.root, 1));
	assert_true(f.ctx.used < 1 << 20);
	arena_free(&f.a);
	ctx_fini(&f.ctx);
}

static void
test_lookup(void **state)
{
	static const char bytes[] = "}(X\1\0\0\0aK\1X\1\0\0\0bcm\nF\nK\7\x85RX\1\0\0\0aK\2u.";
	struct pickle_value *v;
	struct fix f;
	int64_t i;

	(void)state;
	decode(&f, P(bytes));
	assert_true(pickle_int(pickle_get(f.p.root, "a"), &i));
	assert_int_equal(i, 2);
	v = pickle_get(f.p.root, "b");
	assert_true(pickle_is_call(v, "m", "F", 1));
	assert_false(pickle_is_call(v, "m", "F", 2));
	assert_int_equal(v->off, 24);
	assert_true(pickle_int(pickle_item(v, 0), &i));
	assert_int_equal(i, 7);
	assert_null(pickle_get(f.p.root, "c"));
	assert_int_equal(f.p.globals.n, 1);
	assert_int_equal(f.p.globals.list[0]->off, 16);
	fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opcodes), cmocka_unit_test(test_problems),
		cmocka_unit_test(test_shares), cmocka_unit_test(test_lookup)
	};

	return cmocka_run_group_tests_name("pickle", tests, NULL, NULL);
}
