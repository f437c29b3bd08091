/* SPDX-License-Identifier: Apache-2.0 */
/* Types: one pointer for one type, and a notation that reads back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/sink.h"
#include "base/str.h"
#include "ir/type.h"

struct fixture {
	struct ctx ctx;
	struct arena arena;
	struct strtab strs;
	struct types types;
	struct sink out;
};

static int
setup(void **state)
{
	static struct fixture f;

	ctx_init(&f.ctx);
	arena_init(&f.arena, &f.ctx);
	strtab_init(&f.strs, &f.arena);
	types_init(&f.types, &f.arena);
	sink_init(&f.out, -1);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sink_fini(&f->out);
	strtab_free(&f->strs);
	arena_free(&f->arena);
	ctx_fini(&f->ctx);
	return 0;
}

static const struct type *
parse(struct fixture *f, const char *s, uint32_t *at)
{
	return type_parse(&f->types, &f->strs, s, (uint32_t)strlen(s), at);
}

static const char *
print(struct fixture *f, const struct type *t)
{
	f->out.n = 0;
	type_print(&f->out, t);
	sink_write(&f->out, "", 1);
	return f->out.buf;
}

static void
test_interned(void **state)
{
	struct fixture *f = *state;
	const struct dim *dims[3], *again[3];
	const struct type *t;
	int64_t list[] = { 1, 2 }, copy[] = { 1, 2 };

	dims[0] = dim_const(&f->types, 5);
	dims[1] = dim_sym(&f->types, str_internz(&f->strs, "N"));
	dims[2] = dim_choice(&f->types, list, 2);
	t = type_tensor(&f->types, DT_F32, true, 3, dims);
	memcpy(again, dims, sizeof dims);
	memset(dims, 0, sizeof dims); /* the caller's array is its own */
	list[0] = 9;
	assert_ptr_equal(again[2], dim_choice(&f->types, copy, 2));
	assert_ptr_equal(t, type_tensor(&f->types, DT_F32, true, 3, again));
	assert_ptr_not_equal(t, type_tensor(&f->types, DT_F16, true, 3, again));
	assert_ptr_not_equal(t, type_tensor(&f->types, DT_F32, true, 2, again));
	assert_ptr_not_equal(type_tensor(&f->types, DT_F32, true, 0, NULL),
	    type_tensor(&f->types, DT_F32, false, 0, NULL));
	assert_ptr_not_equal(dim_range(&f->types, 1, 1), dim_const(&f->types, 1));
	assert_ptr_equal(dim_unknown(&f->types), dim_unknown(&f->types));
}

static void
test_many(void **state)
{
	struct fixture *f = *state;
	const struct dim *d, *first = dim_const(&f->types, 0);
	const struct type *t = type_tensor(&f->types, DT_I8, true, 1, &first);
	int64_t i;

	for (i = 0; i < 5000; i++) {
		d = dim_const(&f->types, i);
		assert_int_equal(d->lo, i);
		type_tensor(&f->types, DT_I8, true, 1, &d);
	}
	assert_ptr_equal(dim_const(&f->types, 0), first);
	assert_ptr_equal(type_tensor(&f->types, DT_I8, true, 1, &first), t);
	assert_true(f->types.ndims >= 5000 && f->types.ntypes >= 5000);
}

static void
test_notation(void **state)
{
	static const char *const same[] = {
		"f32[1,3,224,224]", "f32[]", "f32*", "bf16[N,?]", "i64[-1,0]",
		"f8e4m3fnuz[1]", "f32[1..8,1..,-3..-2]", "i64[{1,2},{},{-7}]",
		"seq(f32[N])", "opt(seq(f32[5]))", "map(str,seq(f32[4]))",
		"seq(map(i64,f32*))", "sparse(f32[9,9])", "sparse(bool*)",
		"opaque(com.example,Thing)", "opaque('','')", "opaque('a)',b c)",
		"?", "bad", "seq(?)", "seq(bad)", "?*", "?[1]", "dtype99[1,2]", "dtype-5*",
		"map(?,?)", "map(dtype17,str[])",
		"int64", "double", "string", "dict(int64)", "dict(str[],f64[])", "tuple()",
		"tuple(f32[1],?)", "list(f16[2,3],?)", "list(int64,-1)", "state(f16[1,2,8,4])",
		"seq(string){0..}", "seq(int64){1..9}", "image(RGB,0x-1)",
		"f16[1,{2,3}]{range 1..1,8..}", "f32[]{range }", "f16[4]{enum [4]|[]}",
		"f16[]{enum }", "image(BGR,8x16){range w 8..9 h 8..}",
		"image('x,y',8x16){enum 1x2|3x4}", "image(RGB,1x1){enum }",
		"f32[batch_size,past_sequence_length + 1,2*N]",
		"f32[output-0_dim0,-,-N,1x,1..x]",
		"f32['1','-1','1..','1..2','?',' a','a ','']",
		"f32['a,b','[','it\\x27s','\\x5c']",
		"f32['\\x00\\xff\\u{202e}','gr\xc3\xbc\xc3\x9f(']", "f32[\xe5\xb1\xa4]",
	};
	struct fixture *f = *state;
	const struct type *t;
	uint32_t at;
	size_t i;

	for (i = 0; i < sizeof same / sizeof *same; i++) {
		assert_non_null(t = parse(f, same[i], &at));
		assert_string_equal(print(f, t), same[i]);
		assert_ptr_equal(parse(f, same[i], &at), t);
	}
	assert_string_equal(print(f, NULL), "?");
	assert_string_equal(print(f, parse(f, " f32[ 1 , a b ,'N' , {1, 2 }] ", &at)),
	    "f32[1,a b,N,{1,2}]");
	assert_string_equal(print(f, parse(f, "f32[007,'\\u{4e}']", &at)), "f32[7,N]");
}

static void
test_wrong(void **state)
{
	static const struct { const char *text; uint32_t at; } t[] = {
		{ "", 0 }, { "  ", 2 }, { "x", 0 }, { "f33[]", 0 }, { "f32", 3 },
		{ "f32[", 4 },
		{ "f32[1", 5 }, { "f32[1,", 6 }, { "f32[1,,2]", 6 }, { "f32[1]]", 6 },
		{ "f32[1)", 5 }, { "f32[a\"b]", 5 }, { "f32['abc]", 9 },
		{ "f32['\\xg']", 7 },
		{ "f32['\\q']", 6 }, { "f32['\\u{d800}']", 6 }, { "f32['a'b]", 7 },
		{ "f32[9223372036854775808]", 22 }, { "f32[{1,]", 7 }, { "f32[{1", 6 },
		{ "seq", 3 }, { "seq()", 4 }, { "seq(f32*", 8 }, { "seq(f32*,", 8 },
		{ "map(f32[1],f32*)", 7 }, { "map(i64)", 7 }, { "opaque(a)", 8 },
		{ "sparse(?)", 8 },
		{ "dtype9999999999[]", 15 }, { "bad[1]", 3 }, { "f32[\t1]", 4 },
		{ "image(RGB,8)", 11 }, { "image(RGB,8xN)", 12 }, { "list(f32*)", 9 },
		{ "f32*{range", 10 }, { "f32[1]{range 1..2", 17 }, { "f32[1]{enum 1}", 12 },
		{ "image(RGB,8x8){range w 1..2}", 27 }, { "bad{enum }", 3 }, { "int64[1]", 5 },
		{ "f32[\xff]", 4 },
	};
	struct fixture *f = *state;
	uint32_t at;
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		at = UINT32_MAX;
		assert_null(parse(f, t[i].text, &at));
		assert_int_equal(at, t[i].at);
	}
	assert_null(type_parse(&f->types, &f->strs, "f32[]\0", 6, &at));
	assert_int_equal(at, 5);
}

static void
test_depth(void **state)
{
	struct fixture *f = *state;
	static char text[40000];
	uint32_t at, i, n = 0;

	f->ctx.limits.depth = 100;
	for (i = 0; i < 100; i++, n += 4)
		memcpy(text + n, "opt(", 4);
	memcpy(text + n, "f32*", 4);
	memset(text + n + 4, ')', 100);
	assert_non_null(parse(f, text, &at));
	for (i = 0, n = 0; i < 9000; i++, n += 4)
		memcpy(text + n, "seq(", 4);
	assert_null(parse(f, text, &at));
	assert_int_equal(at, 101 * 4);
}

static uint64_t
roll(uint64_t *seed, uint64_t n)
{
	return hash_mix(++*seed) % n;
}

static const struct str *
any_name(struct fixture *f, uint64_t *seed)
{
	static const char *const pieces[] = {
		"N", "a", "'", ",", "1", "..", "?", " ", "\\", "-", "\xe2\x80\xae",
		"\xc3\xbc", "]", "\xff", "x27", "\xcc\x81", "", "\n"
	};
	uint64_t k = 1 + roll(seed, 3);
	char buf[32];
	size_t n = 0, len;

	for (; k > 0; k--) {
		const char *piece = pieces[roll(seed, sizeof pieces / sizeof *pieces)];

		len = strlen(piece);
		memcpy(buf + n, piece, len);
		n += len;
	}
	return str_intern(&f->strs, buf, (uint32_t)n);
}

static const struct dim *
any_dim(struct fixture *f, uint64_t *seed)
{
	int64_t list[3] = { (int64_t)roll(seed, 9) - 2, (int64_t)hash_mix(*seed), 7 };

	switch (roll(seed, 5)) {
	case 0:
		return dim_unknown(&f->types);
	case 1:
		return dim_const(&f->types, list[roll(seed, 2)]);
	case 2:
		return dim_range(&f->types, list[0], list[roll(seed, 2)]);
	case 3:
		return dim_choice(&f->types, list, (uint32_t)roll(seed, 4));
	default:
		return dim_sym(&f->types, any_name(f, seed));
	}
}

static const struct dim *
any_number(struct fixture *f, uint64_t *seed)
{
	return roll(seed, 2) == 0 ? dim_const(&f->types, (int64_t)roll(seed, 9) - 2) :
	    dim_range(&f->types, (int64_t)roll(seed, 9) - 2, (int64_t)roll(seed, 3) - 1);
}

static const struct type *any_type(struct fixture *, uint64_t *seed, int depth);

static const struct type *
any_image(struct fixture *f, uint64_t *seed)
{
	const struct dim *dims[] = { any_number(f, seed), any_number(f, seed) };

	return type_intern(&f->types, &(struct type){ .tag = TY_IMAGE, .dims = dims, .rank = 2,
	    .name = any_name(f, seed) });
}

/* A shape or an image and what else it may be. */
static const struct type *
any_flexible(struct fixture *f, uint64_t *seed, enum type_tag tag)
{
	bool image = roll(seed, 2) == 0;
	const struct dim *dims[3] = { any_number(f, seed), any_number(f, seed),
	    any_number(f, seed) };
	const struct type *items[3];
	struct type t = { .tag = tag };

	t.elem = image ? any_image(f, seed) :
	    type_tensor(&f->types, DT_F16, true, (uint32_t)roll(seed, 4), dims);
	if (tag == TY_RANGE) {
		t.rank = image ? 2 : (uint32_t)roll(seed, 4);
		t.dims = dims;
	} else {
		for (t.nitems = 0; t.nitems < roll(seed, 4); t.nitems++) {
			struct type item = *t.elem;

			item.dims = dims;
			items[t.nitems] = type_intern(&f->types, &item);
		}
		t.items = items;
	}
	return type_intern(&f->types, &t);
}

/* The types of Core ML. */
static const struct type *
any_feature(struct fixture *f, uint64_t *seed, enum type_tag tag, int depth)
{
	static const enum dtype single[] = { DT_I64, DT_F64, DT_STR };
	struct type t = { .tag = tag };
	const struct type *items[2];
	const struct dim *dim;

	if (tag == TY_IMAGE)
		return any_image(f, seed);
	if (tag == TY_RANGE || tag == TY_ENUM)
		return any_flexible(f, seed, tag);
	if (tag == TY_SCALAR)
		t.dtype = single[roll(seed, 3)];
	if (tag == TY_LIST || tag == TY_STATE)
		t.elem = any_type(f, seed, depth - 1);
	if (tag == TY_LIST) {
		dim = any_number(f, seed);
		t.dims = &dim;
		t.rank = 1;
	}
	if (tag == TY_TUPLE || tag == TY_DICT) {
		t.nitems = (uint32_t)roll(seed, 3);
		items[0] = any_type(f, seed, depth - 1);
		items[1] = any_type(f, seed, depth - 1);
		t.items = items;
	}
	return type_intern(&f->types, &t);
}

static const struct type *
any_type(struct fixture *f, uint64_t *seed, int depth)
{
	struct type t = { .tag = (enum type_tag)roll(seed, TY_BAD + 1) };
	const struct dim *dims[4];

	if (depth == 0 && t.tag >= TY_SEQ)
		t.tag = TY_TENSOR;
	if (t.tag >= TY_SCALAR && t.tag < TY_BAD)
		return any_feature(f, seed, t.tag, depth);
	if (t.tag == TY_TENSOR || t.tag == TY_SPARSE || t.tag == TY_MAP) {
		t.dtype = (enum dtype)roll(seed, DT_COUNT);
		t.dtype_raw = t.dtype == DT_NONE ? (int32_t)roll(seed, 5) - 2 : 0;
	}
	if ((t.tag == TY_TENSOR || t.tag == TY_SPARSE) && roll(seed, 4) > 0) {
		t.has_rank = true;
		for (t.rank = 0; t.rank < 4 && roll(seed, 4) > 0; t.rank++)
			dims[t.rank] = any_dim(f, seed);
		t.dims = dims;
	}
	if (t.tag == TY_SEQ && roll(seed, 2) == 0) {
		dims[t.rank++] = any_number(f, seed);
		t.dims = dims;
	}
	if (t.tag == TY_SEQ || t.tag == TY_OPT || t.tag == TY_MAP)
		t.elem = roll(seed, 6) == 0 ? NULL : any_type(f, seed, depth - 1);
	if (t.tag == TY_OPAQUE) {
		t.domain = any_name(f, seed);
		t.name = any_name(f, seed);
	}
	return type_intern(&f->types, &t);
}

static void
test_round_trip(void **state)
{
	struct fixture *f = *state;
	const struct type *t;
	uint64_t seed = 1;
	uint32_t at;
	int i;

	for (i = 0; i < 20000; i++) {
		t = any_type(f, &seed, 3);
		if (parse(f, print(f, t), &at) != t)
			fail_msg("'%s' read back as something else", print(f, t));
	}
}

/* Damaged notation: refused with a place inside it, or read as a type that
 * prints and reads back. */
static void
test_damaged(void **state)
{
	struct fixture *f = *state;
	const struct type *t;
	char text[200], *p;
	uint64_t seed = 99;
	uint32_t at, n;
	int i;

	for (i = 0; i < 20000; i++) {
		print(f, any_type(f, &seed, 2));
		n = (uint32_t)strlen(f->out.buf);
		if (n == 0 || n > sizeof text)
			continue;
		memcpy(text, f->out.buf, n);
		p = text + roll(&seed, n);
		*p = "[](){}',.?\\x1-"[roll(&seed, 14)];
		n -= (uint32_t)roll(&seed, 2);
		t = type_parse(&f->types, &f->strs, text, n, &at);
		if (t == NULL)
			assert_true(at <= n);
		else
			assert_ptr_equal(parse(f, print(f, t), &at), t);
	}
}

/* Tuples of one another: each is longer by as much as it has items, in the file by a line. */
static void
test_nested(void **state)
{
	struct fixture *f = *state;
	const struct type *items[60], *t = type_tensor(&f->types, DT_F32, false, 0, NULL);

	for (int depth = 0; depth < 3; depth++) {
		for (int i = 0; i < 60; i++)
			items[i] = t;
		t = type_intern(&f->types, &(struct type){ .tag = TY_TUPLE, .items = items,
		    .nitems = 60 });
		assert_int_equal(t->tag, depth < 2 ? TY_TUPLE : TY_NONE);
	}
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_interned), TEST(test_many), TEST(test_nested), TEST(test_notation),
		TEST(test_wrong),
		TEST(test_depth), TEST(test_round_trip), TEST(test_damaged),
	};

	return cmocka_run_group_tests_name("type", tests, NULL, NULL);
}
