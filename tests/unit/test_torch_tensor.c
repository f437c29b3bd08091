/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors out of pickles: where they lie, and what lies are told. */
#include "unit.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "base/str.h"
#include "read/torch/pickle.h"
#include "read/torch/torch_tensor.h"

static const float floats[] = { 0, 1, 2, 3, 4, 5, 6, 7 };

struct fix {
	struct ctx ctx;
	struct arena a;
	struct strtab strs;
	struct pickle p;
	struct torch_store s;
	struct tensor *t;
};

static bool
find_floats(struct torch_store *s, struct torch_storage *st, const struct pickle_value *id)
{
	(void)id;
	if (strcmp(st->key, "0") != 0)
		return false;
	st->place = (struct loc){ source_memory(s->a, "floats", floats, sizeof floats), 0,
	    sizeof floats };
	return true;
}

static void
open_pickle(struct fix *f, const char *s, size_t n)
{
	memset(f, 0, sizeof *f);
	ctx_init(&f->ctx);
	arena_init(&f->a, &f->ctx);
	strtab_init(&f->strs, &f->a);
	f->s = (struct torch_store){ .ctx = &f->ctx, .a = &f->a, .find = find_floats };
	f->s.src = source_memory(&f->a, "data.pkl", s, n);
	pickle_read(&f->ctx, &f->a, &f->a, f->s.src, 0, &f->p);
	assert_null(f->p.problem);
	f->t = torch_tensor(&f->s, f->p.root, str_internz(&f->strs, "t"));
}

static void
fini(struct fix *f)
{
	strtab_free(&f->strs);
	arena_free(&f->a);
	ctx_fini(&f->ctx);
}

#define P(s) s, sizeof s - 1
#define ID(type, key, numel) \
	"(X\7\0\0\0storagectorch\n" type "\nX\1\0\0\0" key "X\3\0\0\0cpuK" numel "tQ"
/* _rebuild_tensor_v2(storage, offset, size, stride, False, {}) */
#define V2(id, offset, size, stride) \
	"ctorch._utils\n_rebuild_tensor_v2\n(" id "K" offset "(" size "t(" stride "t\x89}tR"

static void
test_places(void **state)
{
	static const struct { const char *bytes; size_t n; const char *enc; float first, last; } rows[] = {
		{ P(V2(ID("FloatStorage", "0", "\x08"), "\0", "K\2K\4", "K\4K\1") "."), "raw", 0, 7 },
		{ P(V2(ID("FloatStorage", "0", "\x08"), "\2", "K\3", "K\1") "."), "raw", 2, 4 },
		{ P(V2(ID("FloatStorage", "0", "\x08"), "\0", "K\4K\2", "K\1K\4") "."),
		    "strided", 0, 7 },
		{ P("ctorch._utils\n_rebuild_parameter\n("
		    V2(ID("FloatStorage", "0", "\x08"), "\1", "K\1", "K\1") "\x88}tR."), "raw", 1, 1 },
		{ P("ctorch._utils\n_rebuild_tensor_v3\n(" ID("UntypedStorage", "0", "\x20")
		    "K\3(K\2t(K\1t\x89}ctorch\nfloat32\ntR."), "raw", 3, 4 },
	};
	float got[8];
	struct fix f;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		open_pickle(&f, rows[i].bytes, rows[i].n);
		assert_non_null(f.t);
		assert_string_equal(f.t->enc->name, rows[i].enc);
		assert_int_equal(f.t->dtype, DT_F32);
		assert_int_equal(tensor_first(f.t, &f.a, got, 8), f.t->numel);
		assert_true(got[0] == rows[i].first);
		assert_true(got[f.t->numel - 1] == rows[i].last);
		assert_int_equal(f.ctx.diags.n, 0);
		assert_ptr_equal(f.t, torch_tensor(&f.s, f.p.root, str_internz(&f.strs, "u")));
		fini(&f);
	}
}

static void
test_lies(void **state)
{
	static const struct { const char *bytes; size_t n; enum diag_id id; } rows[] = {
		/* more elements than there are bytes for */
		{ P(V2(ID("FloatStorage", "0", "\xff"), "\0", "K\2", "K\1") "."),
		    DIAG_TORCH_STORAGE },
		{ P(V2(ID("FloatStorage", "1", "\x08"), "\0", "K\2", "K\1") "."),
		    DIAG_TORCH_STORAGE },
		/* beyond the storage, before it, by a stride, with other strides */
		{ P(V2(ID("FloatStorage", "0", "\4"), "\4", "K\1", "K\1") "."), DIAG_TORCH_TENSOR },
		{ P(V2(ID("FloatStorage", "0", "\4"), "\0", "K\2", "J\xff\xff\xff\xff") "."),
		    DIAG_TORCH_TENSOR },
		{ P(V2(ID("FloatStorage", "0", "\x08"), "\0", "K\2K\2", "K\7K\1") "."),
		    DIAG_TORCH_TENSOR },
		{ P(V2(ID("FloatStorage", "0", "\x08"), "\0", "K\2K\2", "K\1") "."),
		    DIAG_TORCH_TENSOR },
		{ P(V2(ID("OddStorage", "0", "\x08"), "\0", "K\2", "K\1") "."), DIAG_TORCH_TENSOR },
		{ P("ctorch._utils\n_rebuild_tensor_v2\n(NK\0)K\1tR."), DIAG_TORCH_TENSOR },
	};
	struct fix f;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		open_pickle(&f, rows[i].bytes, rows[i].n);
		assert_non_null(f.t);
		if (f.ctx.diags.n == 0 || f.ctx.diags.list[0].id != rows[i].id)
			fail_msg("row %zu: not said", i);
		/* what is there of a storage that is too short is shown */
		assert_int_equal((f.t->flags & TENSOR_MISSING) != 0, i != 0);
		fini(&f);
	}
}

/* Only the shape stands in the file, by design. */
static void
test_shapes(void **state)
{
	static const char bytes[] = "ctorch._utils\n_rebuild_meta_tensor_no_storage\n"
	    "(ctorch\nbfloat16\n(K\3K\5t(K\5K\1t\x89tR.";
	struct fix f;

	(void)state;
	open_pickle(&f, P(bytes));
	assert_int_equal(f.t->dtype, DT_BF16);
	assert_int_equal(f.t->numel, 15);
	assert_int_equal(f.t->flags, TENSOR_MISSING);
	assert_int_equal(f.ctx.diags.n, 0);
	fini(&f);
}

static void
test_sparse(void **state)
{
	static const char bytes[] = "ctorch._utils\n_rebuild_sparse_tensor\n(K\1("
	    V2(ID("LongStorage", "0", "\2"), "\0", "K\1K\2", "K\2K\1")
	    V2(ID("FloatStorage", "0", "\2"), "\0", "K\2", "K\1") "(K\5tttR.";
	struct fix f;

	(void)state;
	open_pickle(&f, P(bytes));
	assert_non_null(f.t->sparse);
	assert_int_equal(f.t->dims[0], 5);
	assert_int_equal(f.t->dtype, DT_F32);
	assert_int_equal(f.t->sparse->indices->dtype, DT_I64);
	fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places), cmocka_unit_test(test_lies),
		cmocka_unit_test(test_shapes), cmocka_unit_test(test_sparse)
	};

	return cmocka_run_group_tests_name("torch_tensor", tests, NULL, NULL);
}
