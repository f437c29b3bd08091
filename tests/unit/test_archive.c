/* SPDX-License-Identifier: Apache-2.0 */
/* Zip archives: what is found and read, and what hostile ones are told. */
#include "unit.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "read/archive.h"
#include "read/reader.h"
#include "zipped.h"

static unsigned char bytes[1 << 16];

struct fix {
	struct ctx ctx;
	struct arena a;
	struct zipped file;
	struct source *src;
	struct archive *z;
};

static void
build(struct fix *f, const struct member *m, int n, int extra)
{
	memset(f, 0, sizeof *f);
	f->file.p = bytes;
	ctx_init(&f->ctx);
	arena_init(&f->a, &f->ctx);
	zip_members(&f->file, m, n);
	zip_end(&f->file, m, n, extra);
}

static void
open_bytes(struct fix *f)
{
	f->src = source_memory(&f->a, "f.zip", bytes, f->file.n);
	f->z = archive_open(&f->ctx, &f->a, f->src);
}

static void
fini(struct fix *f)
{
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

#define OPEN(f, list) (build(f, list, sizeof list / sizeof *list, 0), open_bytes(f))
#define STORED(called, text) { .name = called, .bytes = text, .n = sizeof text - 1 }
/* a deflated block that holds its five bytes as they are */
#define DEFLATED "\1\5\0\xfa\xffhello"

static void
test_reads(void **state)
{
	const struct member list[] = { STORED("m/version", "3\n"), STORED("m/data/0", "\1\2\3\4"),
	    { .name = "m/code.py", .bytes = DEFLATED, .n = 10, .method = 8, .size = 5,
	    .plain = "hello" } };
	struct archive_entry *e;
	struct source *s;
	struct fix f;
	struct loc at;
	char buf[8] = "";
	size_t n;

	(void)state;
	OPEN(&f, list);
	assert_non_null(f.z);
	assert_int_equal(f.z->n, 3);
	assert_int_equal(f.z->top, 2);
	assert_null(archive_find(f.z, "version"));
	e = archive_record(f.z, "data/0");
	assert_ptr_equal(e, archive_find(f.z, "m/data/0"));
	assert_string_equal(archive_base(f.z, e), "data/0");
	at = archive_place(f.z, e);
	assert_ptr_equal(at.src, f.src);
	assert_memory_equal(bytes + at.off, "\1\2\3\4", at.len);
	s = archive_source(f.z, e, NULL);
	assert_string_equal(s->name, "f.zip:m/data/0");
	assert_int_equal(source_read(s, 1, buf, 8), 3);
	assert_memory_equal(buf, "\2\3\4", 3);
	e = archive_record(f.z, "code.py");
	assert_string_equal(archive_bytes(f.z, e, NULL, &n), "hello");
	assert_int_equal(n, 5);
	s = archive_lazy(f.z, e);
	assert_int_equal(f.z->inflated, 5);
	assert_int_equal(source_read(s, 2, buf, 8), 3);
	assert_memory_equal(buf, "llo", 3);
	assert_int_equal(f.z->inflated, 10);
	assert_int_equal(f.ctx.diags.n, 0);
	fini(&f);
}

/* Records are found in other case, but not before one that fits; the last of
 * two counts. */
static void
test_names(void **state)
{
	const struct member list[] = { STORED("m/A", "1"), STORED("m/b", "2"), STORED("m/a", "3"),
	    STORED("m/b", "4") };
	struct fix f;

	(void)state;
	OPEN(&f, list);
	assert_ptr_equal(archive_record(f.z, "A"), &f.z->entries[0]);
	assert_ptr_equal(archive_record(f.z, "a"), &f.z->entries[2]);
	assert_ptr_equal(archive_record(f.z, "B"), &f.z->entries[3]);
	assert_int_equal(f.z->entries[1].flags, ENTRY_SHADOWED);
	assert_null(archive_record(f.z, "c"));
	assert_true(said(&f, DIAG_ZIP_DUPLICATE));
	fini(&f);
}

static void
test_hostile_entries(void **state)
{
	static const struct { struct member m; enum diag_id id; bool readable; } rows[] = {
		{ STORED("../x", "1"), DIAG_ZIP_NAME, true },
		{ STORED("/x", "1"), DIAG_ZIP_NAME, true },
		{ STORED("a\\x", "1"), DIAG_ZIP_NAME, true },
		{ STORED("C:x", "1"), DIAG_ZIP_NAME, true },
		{ { .name = "x", .bytes = "1", .n = 1, .bits = 1 }, DIAG_ZIP_METHOD, false },
		{ { .name = "x", .bytes = "1", .n = 1, .method = 12 }, DIAG_ZIP_METHOD, false },
		{ { .name = "x", .bytes = "1", .n = 1, .size = 9 }, DIAG_ZIP_ENTRY, false },
		{ { .name = "x", .bytes = "1", .n = 1, .method = 8, .size = 1 << 20 },
		    DIAG_ZIP_ENTRY, false },
		{ { .name = "x", .bytes = "1", .n = 1, .wrong_at = 1 << 20 }, DIAG_ZIP_ENTRY, false },
		{ { .name = "x", .bytes = "1", .n = 1, .wrong_at = 1 }, DIAG_ZIP_ENTRY, false },
		{ { .name = "x", .bytes = "1", .n = 1, .local = "y" }, DIAG_ZIP_LOCAL, true },
		{ { .name = "x", .bytes = "1", .n = 1, .wrong_crc = 1 }, DIAG_ZIP_CRC, true },
		{ { .name = "x", .bytes = "\7", .n = 1, .method = 8, .size = 5, .plain = "hello" },
		    DIAG_ZIP_DATA, true },
		{ { .name = "x", .bytes = DEFLATED, .n = 10, .method = 8, .size = 4,
		    .plain = "hell" }, DIAG_ZIP_DATA, true },
		{ { .name = "x", .bytes = DEFLATED, .n = 10, .method = 8, .size = 5,
		    .plain = "jello" }, DIAG_ZIP_CRC, true },
	};
	struct fix f;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		build(&f, &rows[i].m, 1, 0);
		open_bytes(&f);
		assert_non_null(f.z);
		assert_int_equal(archive_bytes(f.z, f.z->entries, NULL, &n) != NULL,
		    rows[i].readable);
		archive_verify(f.z, f.z->entries, 100);
		if (!said(&f, rows[i].id))
			fail_msg("row %zu: not said", i);
		fini(&f);
	}
}

/* What came before the damage is given: here a block of five bytes, then one of a
 * kind that does not exist. */
static void
test_half(void **state)
{
	const struct member half = { .name = "x", .bytes = "\0\5\0\372\377hello\7", .n = 11,
	    .method = 8, .size = 9, .plain = "hello you" };
	struct fix f;
	const char *s;
	size_t n;

	(void)state;
	build(&f, &half, 1, 0);
	open_bytes(&f);
	s = archive_bytes(f.z, f.z->entries, NULL, &n);
	assert_true(said(&f, DIAG_ZIP_DATA));
	assert_int_equal(n, 5);
	assert_string_equal(s, "hello");
	fini(&f);
}

static void
test_overlap(void **state)
{
	struct member list[] = { STORED("a", "PK\3\4 not a header"), STORED("b", "2") };
	struct fix f;

	(void)state;
	build(&f, list, 2, 0);
	f.file.at[1] = f.file.at[0];
	f.file.n = f.file.dir;
	zip_end(&f.file, list, 2, 0);
	open_bytes(&f);
	assert_true(said(&f, DIAG_ZIP_OVERLAP));
	assert_null(archive_place(f.z, &f.z->entries[0]).src);
	assert_null(archive_place(f.z, &f.z->entries[1]).src);
	fini(&f);
}

/* One that unpacks to more than anybody needs. */
static void
test_bomb(void **state)
{
	const struct member bomb = { .name = "x", .bytes = (const char *)bytes, .n = 1 << 14,
	    .method = 8, .size = 1 << 24 };
	struct fix f;
	size_t n;

	(void)state;
	build(&f, &bomb, 1, 0);
	open_bytes(&f);
	f.z->inflated = (UINT64_C(1) << 30) - 100;
	assert_null(archive_bytes(f.z, f.z->entries, NULL, &n));
	assert_true(said(&f, DIAG_ZIP_BUDGET));
	fini(&f);
}

static void
test_directory(void **state)
{
	const struct member list[] = { STORED("m/a", "1"), STORED("m/b", "2") };
	struct fix f;

	(void)state;
	/* more claimed than there is */
	build(&f, list, 2, 7);
	open_bytes(&f);
	assert_int_equal(f.z->n, 2);
	assert_true(f.z->damaged);
	assert_true(said(&f, DIAG_ZIP_DIRECTORY));
	fini(&f);
	/* the second entry is none */
	build(&f, list, 2, 0);
	bytes[f.file.dir + 49] = 'X';
	open_bytes(&f);
	assert_int_equal(f.z->n, 1);
	assert_true(said(&f, DIAG_ZIP_DIRECTORY));
	fini(&f);
	/* bytes in front and behind */
	build(&f, list, 2, 0);
	memmove(bytes + 10, bytes, f.file.n);
	f.file.n += 20;
	open_bytes(&f);
	assert_int_equal(f.z->before, 10);
	assert_int_equal(bytes[archive_place(f.z, &f.z->entries[1]).off], '2');
	assert_true(said(&f, DIAG_ZIP_AROUND));
	fini(&f);
}

/* No length of a cut file is read as more than it is, and each is told. */
static void
test_cut(void **state)
{
	enum { MEMBER = 30 + 3 + 1 }; /* bytes of one, with its header */
	const struct member list[] = { STORED("m/a", "1"), STORED("m/b", "2") };
	struct fix f;
	size_t whole;

	(void)state;
	build(&f, list, 2, 0);
	whole = f.file.n;
	fini(&f);
	for (size_t n = 4; n < whole; n++) {
		build(&f, list, 2, 0);
		f.file.n = n;
		open_bytes(&f);
		/* members that are whole are found without the directory */
		if (n < MEMBER) {
			assert_null(f.z);
			assert_true(said(&f, DIAG_ZIP_CUT));
		} else {
			assert_int_equal(f.z->n, n < 2 * MEMBER ? 1 : 2);
			assert_string_equal(f.z->entries[0].name, "m/a");
			assert_int_equal(archive_place(f.z, &f.z->entries[0]).off, MEMBER - 1);
			assert_true(said(&f, DIAG_ZIP_WALKED));
		}
		fini(&f);
	}
}

/* What is no model we read, by the names in it. */
static void
test_kinds(void **state)
{
	static const struct { struct member m; const char *what; } rows[] = {
		{ STORED("readme.txt", "1"), "a zip archive" },
		{ STORED("a/model.onnx", "1"), "ONNX" }, { STORED("model.weights.h5", "1"), "Keras" },
	};
	const struct read_options opts = { .follow_links = false };
	struct fix f;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		build(&f, &rows[i].m, 1, 0);
		assert_null(model_read_memory(&f.ctx, "f.zip", bytes, f.file.n, &opts));
		assert_true(said(&f, DIAG_OPEN_OTHER));
		assert_non_null(strstr(f.ctx.diags.list[0].message, rows[i].what));
		fini(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads), cmocka_unit_test(test_names),
		cmocka_unit_test(test_hostile_entries), cmocka_unit_test(test_half),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_bomb), cmocka_unit_test(test_directory),
		cmocka_unit_test(test_cut), cmocka_unit_test(test_kinds)
	};

	return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
