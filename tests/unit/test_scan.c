/* SPDX-License-Identifier: Apache-2.0 */
/* Pickles that run code, in the forms that have escaped scanners before. */
#include "unit.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "read/torch/scan.h"
#include "read/torch/scan_text.h"
#include "zipped.h"

struct fix {
	struct ctx ctx;
	struct arena a, scratch;
	struct scan r;
};

static void
scan(struct fix *f, const void *p, size_t n)
{
	memset(f, 0, sizeof *f);
	ctx_init(&f->ctx);
	arena_init(&f->a, &f->ctx);
	arena_init(&f->scratch, &f->ctx);
	scan_source(&f->ctx, &f->a, &f->scratch, source_memory(&f->a, "f", p, n), &f->r);
}

static void
fini(struct fix *f)
{
	scan_fini(&f->r);
	arena_free(&f->scratch);
	arena_free(&f->a);
	ctx_fini(&f->ctx);
}

static bool
said(const struct fix *f, enum diag_id id)
{
	for (uint32_t i = 0; i < f->ctx.diags.n; i++)
		if (f->ctx.diags.list[i].id == id)
			return true;
	return false;
}

#define P(s) s, sizeof s - 1
#define RUN "cos\nsystem\nX\2\0\0\0ls\x85R."

static const struct { const char *bytes; size_t n; enum diag_id id; } rows[] = {
	{ P("\x80\2" RUN), DIAG_SCAN_CODE },
	{ P("cos\nsystem\n(S'ls'\ntR."), DIAG_SCAN_CODE },           /* protocol 0 */
	{ P("(S'ls'\nios\nsystem\n."), DIAG_SCAN_CODE },             /* INST */
	{ P("\x80\2(cos\nsystem\nX\2\0\0\0lso."), DIAG_SCAN_CODE },   /* OBJ */
	{ P("\x80\2" "c__builtin__\neval\nN\x85R."), DIAG_SCAN_CODE },
	{ P("\x80\4\x8c\5posix\x94\x8c\6system\x94\x93\x8c\2ls\x85R."), DIAG_SCAN_CODE },
	/* names that come out of the memo */
	{ P("\x80\4\x8c\6system\x94\x30\x8c\5posix\x94h\0\x93\x8c\2ls\x85R."), DIAG_SCAN_CODE },
	/* named, never called: the loader may */
	{ P("\x80\2}X\1\0\0\0acsubprocess\nPopen\ns."), DIAG_SCAN_CODE },
	/* behind a good pickle; behind what is no opcode; cut before its end */
	{ P("\x80\2}.\x80\2" RUN), DIAG_SCAN_TRAILING },
	{ P("\x80\2}.\x80\2" RUN), DIAG_SCAN_CODE },
	{ P("\x80\2}. " RUN), DIAG_SCAN_CODE },
	{ P("\x80\2\xff" RUN), DIAG_SCAN_CODE },
	{ P("\x80\2\xff\x8c\2os\x8c\6system\x93"), DIAG_SCAN_CODE },
	{ P("\x80\2cos\nsystem\nX\2\0\0\0ls\x85R"), DIAG_SCAN_CODE },
	{ P("\x80\2" "0" RUN), DIAG_SCAN_BROKEN },                     /* an empty stack first */
	{ P("\x80\2" "0" RUN), DIAG_SCAN_CODE },
	/* without PROTO: short text, NEWTRUE and POP, FRAME, EMPTY_SET first; a flaw, or no
	 * end, behind what has run */
	{ P("\x8c\2os\x8c\6system\x93\x8c\2ls\x85R."), DIAG_SCAN_CODE },
	{ P("\x88" "0\x8c\2os\x8c\6system\x93\x8c\2ls\x85R."), DIAG_SCAN_CODE },
	{ P("\x95\x14\0\0\0\0\0\0\0\x8c\2os\x8c\6system\x93\x8c\2ls\x85R."), DIAG_SCAN_CODE },
	{ P("\x8f" "0" RUN), DIAG_SCAN_CODE },
	{ P("cos\nsystem\n(S'ls'\ntR\xff."), DIAG_SCAN_CODE },
	{ P("cos\nsystem\n(S'ls'\ntR"), DIAG_SCAN_CODE },
	/* sizes that are evaluated, the key hidden by an escape */
	{ P("{\"a\": {\"expr_str\": \"__import__('os').system('ls')\"}}"), DIAG_SCAN_SIZE },
	{ P("{\"\\u0065xpr_str\" : \"s0.foo\"}"), DIAG_SCAN_SIZE },
	/* as data of another one; a loader of bytes beside it */
	{ P("\x80\2C\x16\x80\2" RUN "."), DIAG_SCAN_CODE },
	{ P("\x80\2C\x16\x80\2" RUN "."), DIAG_SCAN_NESTED },
	{ P("\x80\2ctorch.storage\n_load_from_bytes\nC\1x\x85R."), DIAG_SCAN_CODE },
	/* elements of an array */
	{ P("\x93NUMPY\1\0\4\0{ }\n\x80\2" RUN), DIAG_SCAN_CODE },
	/* modules below listed ones, attributes of attributes */
	{ P("\x80\2cos.path\njoin\n."), DIAG_SCAN_CODE },
	{ P("\x80\4\x8c\5torch\x8c\x09_C.system\x93."), DIAG_SCAN_UNKNOWN },
	{ P("\x80\2" "cmy.model\nNet\n)\x81."), DIAG_SCAN_UNKNOWN },
	{ P("\x80\2cm\nf\n)R)R."), DIAG_SCAN_ODD },
	{ P("\x80\2\x82\1."), DIAG_SCAN_ODD },
};

static void
test_pickles(void **state)
{
	struct fix f;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scan(&f, rows[i].bytes, rows[i].n);
		if (!said(&f, rows[i].id))
			fail_msg("row %zu: %s is not said", i, diag_name(rows[i].id));
		fini(&f);
	}
}

/* What PyTorch and NumPy write is nothing to speak of. */
static void
test_data(void **state)
{
	static const struct { const char *bytes; size_t n; } good[] = {
		{ P("\x80\2}.") },
		{ P("\x80\2" "ccollections\nOrderedDict\n)R(X\1\0\0\0actorch._utils\n"
		    "_rebuild_tensor_v2\n(NK\0))\x89NtRu.") },
		{ P("\x80\2" "c__torch__.torch.nn.modules.conv\nConv2d\n)\x81}b.") },
		{ P("\x80\2" "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"
		    "C\1b\x87R.") },
		{ P("\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3."
		    "\x80\2}.\x80\2}.\x80\2]." "\0\0\0\0") },
		{ P("not a pickle at all") }, { P("\x80\3\0\0tensor bytes") },
	};
	struct fix f;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof good / sizeof *good; i++) {
		scan(&f, good[i].bytes, good[i].n);
		if (f.r.findings != 0)
			fail_msg("row %zu: %s", i, f.ctx.diags.list[0].message);
		fini(&f);
	}
}

/* Under any name, in an archive in an archive; machine code; Python of packages. */
static void
test_archives(void **state)
{
	static unsigned char inner[4096], outer[8192];
	static const char run[] = "\x80\2" RUN, numbers[] = "\x80\3\xff\xff numbers";
	struct zipped in = { .p = inner }, out = { .p = outer };
	const struct member a[] = { { .name = "m/notes.txt", .bytes = run, .n = sizeof run - 1 } };
	struct fix f;

	(void)state;
	zip_members(&in, a, 1);
	zip_end(&in, a, 1, 0);
	{
		const struct member b[] = {
			{ .name = "m/data/0", .bytes = numbers, .n = sizeof numbers - 1 },
			{ .name = "m/lib.so", .bytes = "\x7f" "ELF", .n = 4 },
			{ .name = "m/x.py", .bytes = "import os; os.system('')", .n = 24 },
			{ .name = "m/extra/x", .bytes = (char *)inner, .n = (uint32_t)in.n },
		};

		zip_members(&out, b, 4);
		zip_end(&out, b, 4, 0);
	}
	scan(&f, outer, out.n);
	assert_true(said(&f, DIAG_SCAN_CODE));
	assert_true(said(&f, DIAG_SCAN_HIDDEN));
	assert_true(said(&f, DIAG_SCAN_NATIVE));
	assert_true(said(&f, DIAG_SCAN_SCRIPT));
	assert_int_equal(f.r.pickles, 1);
	assert_int_equal(f.r.archives, 2);
	assert_int_equal(f.r.globals[0].verdict, SCAN_RUNS_CODE);
	assert_string_equal(f.r.globals[0].file, "f:m/extra/x:m/notes.txt");
	assert_int_equal(f.r.globals[0].off, 2);
	fini(&f);
}

/* Objects of exported programs are unpickled by their place; code of TorchScript that
 * opens files, though the archive says that it is a package as well. */
static void
test_places(void **state)
{
	static const char save[] = "def __setstate__(s, x):\n  torch . save (x, \"/a\")\n",
	    own[] = "def save(s, x):\n  return x\ndef forward(s, x):\n  return (s).save(x, )\n";
	static const char late[] = "\xff\xff" RUN;
	static unsigned char bytes[4096];
	const struct { const char *code; bool found; } codes[] = { { save, true }, { own, false } };
	struct fix f;

	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		const struct member a[] = {
			{ .name = "m/constants.pkl", .bytes = "\x80\2).", .n = 4 },
			{ .name = "m/.data/extern_modules", .bytes = "os", .n = 2 },
			{ .name = "m/code/x.py", .bytes = codes[i].code,
			    .n = (uint32_t)strlen(codes[i].code) },
			{ .name = "m/data/constants/opaque_obj_0", .bytes = late,
			    .n = sizeof late - 1 },
		};
		struct zipped z = { .p = bytes };

		zip_members(&z, a, 4);
		zip_end(&z, a, 4, 0);
		scan(&f, bytes, z.n);
		assert_int_equal(said(&f, DIAG_SCAN_FILES), codes[i].found);
		assert_true(said(&f, DIAG_SCAN_CODE));
		assert_false(said(&f, DIAG_SCAN_HIDDEN));
		fini(&f);
	}
}

static void
test_sizes(void **state)
{
	static const char *const sizes[] = { "s0", "2*s0 + 1", "-1", "0.5*s0**2", "1e-3", "u0 // 4",
	    "Mul(Integer(2), Symbol('s0', positive=True, integer=True))", "Max(1, Min(u0, 3))",
	    "Eq(s0, 2) & (s1 < 5)", "Float('0.5', precision=53)", "OpaqueUnaryFn_sqrt(s0)",
	    "Where(s0 >= 3, s0 % 2, ~s1)", "floor(s0/2)", "True" };
	static const char *const code[] = { "__import__('os').system('ls')", "eval('1')", "s0.a",
	    "Symbol('s0').__class__", "S('open(1)')", "Integer('__import__(1)')", "(s0)(1)",
	    "sympify('x')", "[x for x in y]", "lambda: 1", "preview(x)", "Symbol('a b')", "x;y",
	    "Add('x', 1)", "f'{x}'", "().a", "1 .real", "s\xc3\xb6", "Symbol ('a').x" };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		if (!scan_is_size(sizes[i]))
			fail_msg("%s is a size", sizes[i]);
	for (size_t i = 0; i < sizeof code / sizeof *code; i++)
		if (scan_is_size(code[i]))
			fail_msg("%s is no size", code[i]);
}

/* ---- tar archives ---- */

struct tarred { unsigned char *p; size_t n; };

/* A member whose size stands there as given: 12 bytes or less. */
static void
tar_member(struct tarred *t, const char *name, char type, const void *size, size_t nsize,
    const void *bytes, size_t n)
{
	unsigned char *b = t->p + t->n;
	unsigned sum = 8 * ' ';

	memset(b, 0, 512 + (n + 511) / 512 * 512);
	memcpy(b, name, strlen(name));
	memcpy(b + 124, size, nsize);
	b[156] = (unsigned char)type;
	memcpy(b + 257, "ustar\0" "00", 8);
	for (int i = 0; i < 512; i++)
		sum += b[i];
	snprintf((char *)b + 148, 8, "%06o", sum);
	memcpy(b + 512, bytes, n);
	t->n += 512 + (n + 511) / 512 * 512;
}

/* Sizes as Python reads them, so that the pickle of 1024 bytes is seen, where a
 * reader that takes none stops at its first block: the code is in the second one. */
static void
test_tar_sizes(void **state)
{
	static const struct {
		const char *size;
		size_t n;
		const char *pax;
		enum diag_id want;
	} sizes[] = {
		{ P("00000002000"), NULL, DIAG_SCAN_CODE }, { P("       2000 "), NULL, DIAG_SCAN_CODE },
		{ P("\t2000\0" "99"), NULL, DIAG_SCAN_CODE },
		{ P("\x80\0\0\0\0\0\0\0\0\0\4\0"), NULL, DIAG_SCAN_CODE },
		{ P("0"), "13 size=1024\n", DIAG_SCAN_CODE },
		{ P("0"), "10 size=7\n13 size=1024\n", DIAG_SCAN_CODE },
		/* what Python reads otherwise, or not */
		{ P("0o2000"), NULL, DIAG_SCAN_TAR }, { P("20 00"), NULL, DIAG_SCAN_TAR },
		{ P("-2000"), NULL, DIAG_SCAN_TAR }, { P("77777777"), NULL, DIAG_SCAN_TAR },
		{ P("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), NULL, DIAG_SCAN_TAR },
		{ P("\x80\0\0\1\0\0\0\0\0\0\4\0"), NULL, DIAG_SCAN_TAR },
		{ P("0"), "14 size=1_024\n", DIAG_SCAN_TAR }, { P("0"), "9 size=24\n", DIAG_SCAN_TAR },
		{ P("0"), "22 GNU.sparse.size=10\n", DIAG_SCAN_TAR },
	};
	static const char run[] = RUN;
	static unsigned char room[8192];
	unsigned char pickle[1024] = "\x80\2X\xf8\1\0"; /* a text up to the next block */
	struct fix f;

	(void)state;
	memset(pickle + 7, 'a', 505);
	memcpy(pickle + 511, "0", 1);
	memcpy(pickle + 512, run, sizeof run - 1);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct tarred t = { .p = room };
		const char *pax = sizes[i].pax;
		char octal[12];

		tar_member(&t, "sys_info", '0', P("4"), P("\x80\2}."));
		if (pax != NULL) {
			snprintf(octal, sizeof octal, "%o", (unsigned)strlen(pax));
			tar_member(&t, "x", 'x', octal, strlen(octal), pax, strlen(pax));
		}
		tar_member(&t, "pickle", '0', sizes[i].size, sizes[i].n, pickle, sizeof pickle);
		memset(t.p + t.n, 0, 1024);
		scan(&f, t.p, t.n + 1024);
		if (!said(&f, sizes[i].want) || f.r.findings == 0)
			fail_msg("row %zu: %s is not said", i, diag_name(sizes[i].want));
		fini(&f);
	}
}

/* A wrong checksum ends the archive for Python; folders that have content; names
 * from remarks. */
static void
test_tars(void **state)
{
	static unsigned char room[8192];
	struct tarred t = { .p = room };
	struct fix f;

	(void)state;
	tar_member(&t, "sys_info", '0', P("4"), P("\x80\2}."));
	tar_member(&t, "a", '5', P("0"), P(""));
	scan(&f, t.p, t.n);
	assert_false(said(&f, DIAG_SCAN_TAR));
	fini(&f);
	room[1024] = 'b';
	scan(&f, t.p, t.n);
	assert_true(said(&f, DIAG_SCAN_TAR));
	assert_true(f.r.findings > 0);
	fini(&f);
	t.n = 1024;
	tar_member(&t, "a", '5', P("1000"), P(""));
	tar_member(&t, "x", '0', P("25"), P("\x80\2" RUN));
	scan(&f, t.p, t.n);
	assert_true(said(&f, DIAG_SCAN_TAR));
	fini(&f);
	/* one of the four members, of which others are asked for first */
	t.n = 0;
	tar_member(&t, "tensors", '0', P("4"), P("\x80\2}."));
	scan(&f, t.p, t.n);
	assert_true(said(&f, DIAG_TORCH_STORAGE));
	fini(&f);
	t.n = 0;
	tar_member(&t, "sys_info", '0', P("4"), P("\x80\2}."));
	/* the last of a name is read, by whatever name it goes */
	t.n = 1024;
	tar_member(&t, "pickle", '0', P("4"), P("\x80\2}."));
	tar_member(&t, "x", 'x', P("17"), P("15 path=pickle\n"));
	tar_member(&t, "other", '0', P("27"), P("\x80\2" RUN));
	scan(&f, t.p, t.n);
	assert_true(said(&f, DIAG_SCAN_CODE));
	assert_string_equal(f.r.globals[0].file, "f:pickle");
	fini(&f);
}

/* Elements of four bits, and of a type that has none here. */
static void
test_tar_storage(void **state)
{
	static const char *const kinds[] = { "QUInt4x2", "QUInt2x4", "ComplexHalf", "Bits1x8" };
	static unsigned char room[4096];
	struct fix f;

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct tarred t = { .p = room };
		char b[128] = "\x80\2K\1.\x80\2(K\1X\3";
		size_t n = 12, at = 0;

		memset(b + n, 0, sizeof b - n);
		n += 3;
		n += (size_t)snprintf(b + n, sizeof b - n, "cpuctorch\n%sStorage\nt.", kinds[i]);
		b[n] = 1;
		tar_member(&t, "storages", '0', P("200"), b, sizeof b);
		scan(&f, t.p, t.n);
		assert_true(said(&f, DIAG_TORCH_STORAGE));
		while (f.ctx.diags.list[at].id != DIAG_TORCH_STORAGE)
			at++;
		assert_non_null(strstr(f.ctx.diags.list[at].message, "no whole bytes"));
		fini(&f);
	}
}

static void
test_verdicts(void **state)
{
	static const struct { const char *module, *name; enum scan_verdict want; } names[] = {
		{ "os", "system", SCAN_RUNS_CODE }, { "os.path", "join", SCAN_RUNS_CODE },
		{ "ossaudiodev", "open", SCAN_UNKNOWN }, { "builtins", "set", SCAN_DATA },
		{ "builtins", "getattr", SCAN_RUNS_CODE }, { "torch", "FloatStorage", SCAN_DATA },
		{ "torch", "float8_e4m3fn", SCAN_DATA }, { "torch", "set_default_dtype",
		    SCAN_UNKNOWN }, { "torch", "save", SCAN_RUNS_CODE },
		{ "torch._C", "_get_file", SCAN_UNKNOWN }, { "torch.PyTorchFileWriter", "x",
		    SCAN_UNKNOWN }, { "torch._ops", "load_library", SCAN_RUNS_CODE },
		{ "torch.cuda", "FloatStorage", SCAN_DATA }, { "torch", "per_channel_affine",
		    SCAN_DATA }, { "torch.autograd.variable", "Variable", SCAN_DATA },
		{ "torch", "serialization.os.system", SCAN_RUNS_CODE },
		{ "torch.nn.modules", "module.torch.os.path", SCAN_RUNS_CODE },
		{ "torch", "load", SCAN_RUNS_CODE }, { "torch.hub", "load", SCAN_RUNS_CODE },
		{ "torch._utils", "_rebuild_tensor_v2", SCAN_DATA },
		{ "torch._utils", "_import_dotted_name", SCAN_UNKNOWN },
		{ "torch.nn.modules.conv", "Conv2d", SCAN_DATA },
		{ "torch.nn.modules.utils", "load", SCAN_UNKNOWN },
		{ "torch.nn.modules.conv", "Conv2d.forward", SCAN_UNKNOWN },
		{ "my.net", "Net", SCAN_UNKNOWN }, { "__torch__.m", "Net", SCAN_DATA },
		{ "collections", "namedtuple", SCAN_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (scan_judge(names[i].module, names[i].name) != names[i].want)
			fail_msg("%s.%s", names[i].module, names[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pickles), cmocka_unit_test(test_data),
		cmocka_unit_test(test_archives), cmocka_unit_test(test_places),
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_tar_sizes), cmocka_unit_test(test_tars),
		cmocka_unit_test(test_tar_storage)
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
