/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas, interned strings, diagnostics, windows. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "base/str.h"
#include "base/strmap.h"

static void
arena_memory_is_zero_and_apart(void **state)
{
	struct ctx ctx;
	struct arena a;
	unsigned char *p[300];
	size_t size = 1;

	(void)state;
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	for (int i = 0; i < 300; i++, size = (size * 7 + i) % 5000) {
		p[i] = arena_alloc(&a, size + 1);
		assert_true((uintptr_t)p[i] % 8 == 0);
		for (size_t k = 0; k <= size; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], i, size + 1);
	}
	for (int i = 0; i < 300; i++)
		assert_int_equal(p[i][0], i & 0xff);
	arena_free(&a);
	assert_int_equal(ctx.used, 0);
	ctx_fini(&ctx);
}

static void
arena_clear_keeps_memory(void **state)
{
	struct ctx ctx;
	struct arena a;
	uint64_t used = 0;

	(void)state;
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	for (int round = 0; round < 5; round++) {
		arena_clear(&a);
		for (size_t size = 1; size < 100000; size *= 7) {
			unsigned char *p = arena_alloc(&a, size);

			for (size_t i = 0; i < size; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xff, size);
		}
		if (round == 2)
			used = ctx.used;
	}
	assert_true(ctx.used <= used); /* no round takes more than the one before */
	arena_free(&a);
	assert_int_equal(ctx.used, 0);
	ctx_fini(&ctx);
}

static void
arena_grow_keeps_contents(void **state)
{
	struct ctx ctx;
	struct arena a;
	uint32_t *one = NULL, *two = NULL;

	(void)state;
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	for (uint32_t i = 0; i < 1000; i++) {
		one = arena_grow(&a, one, i, sizeof *one);
		one[i] = i;
		if (i % 3 == 0) {
			two = arena_grow(&a, two, i / 3, sizeof *two);
			two[i / 3] = ~i;
		}
	}
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(one[i], i);
		assert_int_equal(two[i / 3], ~(i / 3 * 3));
	}
	arena_free(&a);
	ctx_fini(&ctx);
}

static void
take_too_much(void *arg)
{
	arena_alloc(arg, 1 << 20);
}

static void
arena_budget_is_a_diagnostic(void **state)
{
	struct ctx ctx;
	struct arena a;

	(void)state;
	ctx_init(&ctx);
	ctx.limits.memory = 1 << 16;
	arena_init(&a, &ctx);
	assert_null(arena_try(&a, UINT64_MAX / 2, 3));
	assert_null(arena_try(&a, UINT64_MAX, 1));
	assert_int_equal(ctx_protect(&ctx, take_too_much, &a), -1);
	assert_int_equal(ctx.diags.n, 1);
	assert_int_equal(ctx.diags.list[0].id, DIAG_MEMORY);
	assert_null(ctx.escape);
	arena_free(&a);
	ctx_fini(&ctx);
}

static void
interned_text_is_one_pointer(void **state)
{
	struct ctx ctx;
	struct arena a;
	struct strtab t;
	const struct str *list[2000];
	char name[32];

	(void)state;
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	strtab_init(&t, &a);
	for (int i = 0; i < 2000; i++) {
		int n = snprintf(name, sizeof name, "layers.%d.weight", i);

		list[i] = str_intern(&t, name, (uint32_t)n);
		assert_int_equal(list[i]->id, i);
	}
	assert_ptr_equal(str_internz(&t, "layers.77.weight"), list[77]);
	assert_ptr_equal(str_find(&t, "layers.1999.weight", 18), list[1999]);
	assert_null(str_find(&t, "layers", 6));
	/* NUL is a byte like any other */
	assert_ptr_not_equal(str_intern(&t, "a\0b", 3), str_intern(&t, "a\0c", 3));
	assert_int_equal(str_intern(&t, "a\0b", 3)->len, 3);
	strtab_free(&t);
	arena_free(&a);
	ctx_fini(&ctx);
}

static void
the_first_of_two_values_stands(void **state)
{
	struct strmap map = { .n = 0 };
	const struct str *key[1000];
	struct ctx ctx;
	struct arena a;
	struct strtab t;
	char name[32];

	(void)state;
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	strtab_init(&t, &a);
	assert_null(strmap_find(&map, str_internz(&t, "conv")));
	for (int i = 0; i < 1000; i++) {
		int n = snprintf(name, sizeof name, "conv%d", i);

		key[i] = str_intern(&t, name, (uint32_t)n);
		if (i % 3 != 0)
			strmap_add(&map, &a, key[i], &key[i]);
	}
	strmap_add(&map, &a, key[1], &map);
	for (int i = 0; i < 1000; i++)
		assert_ptr_equal(strmap_find(&map, key[i]), i % 3 != 0 ? &key[i] : NULL);
	assert_int_equal(map.n, 666);
	strtab_free(&t);
	arena_free(&a);
	ctx_fini(&ctx);
}

static void
diagnostics_beyond_the_limit_are_counted(void **state)
{
	struct ctx ctx;

	(void)state;
	ctx_init(&ctx);
	ctx.limits.diags = 3;
	for (int i = 0; i < 10; i++)
		diag_add(&ctx, DIAG_WIRE_TYPE, &(struct where){ .path = "a.b" }, "number %d", i);
	assert_int_equal(ctx.diags.n, 3);
	assert_int_equal(ctx.diags.dropped, 7);
	assert_int_equal(ctx.diags.count[LEVEL_ERROR], 10);
	assert_int_equal(diags_worst(&ctx.diags), LEVEL_ERROR);
	assert_string_equal(ctx.diags.list[2].message, "number 2");
	assert_string_equal(ctx.diags.list[2].path, "a.b");
	ctx_fini(&ctx);
}

/* Every catalogue row has a name of its own. */
static void
diagnostic_names_are_unique(void **state)
{
	(void)state;
	for (int i = 0; i < DIAG_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(diag_name(i), diag_name(j));
	for (int i = 0; i < LEVEL_COUNT; i++)
		assert_int_equal(level_parse(level_name(i)), i);
	assert_int_equal(level_parse("loud"), -1);
}

static void
windows_show_the_file(void **state)
{
	char path[] = "window.XXXXXX";
	unsigned char data[20000];
	struct ctx ctx;
	struct arena a;
	struct source *src;
	struct window w;
	int fd = mkstemp(path);

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)(i * 31 + i / 256);
	assert_int_equal(write(fd, data, sizeof data), sizeof data);
	close(fd);
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	src = source_open(&ctx, &a, path);
	assert_non_null(src);
	unlink(path);
	window_init(&w, src, &a, 512);
	for (uint32_t i = 0, off = 0; i < 5000; i++, off = (off * 5 + 777 + i) % 19900) {
		const unsigned char *p = window_at(&w, off, i % 100);

		assert_non_null(p);
		assert_memory_equal(p, data + off, i % 100);
	}
	assert_null(window_at(&w, 19990, 11));
	assert_non_null(window_at(&w, 19990, 10));
	assert_null(window_at(&w, 0, 513));
	assert_null(window_at(&w, UINT64_MAX - 1, 2));
	source_close(src);
	arena_free(&a);
	ctx_fini(&ctx);
}

static void
what_is_no_file_is_said(void **state)
{
	struct ctx ctx;
	struct arena a;

	(void)state;
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	assert_null(source_open(&ctx, &a, "no/such/file"));
	assert_null(source_open(&ctx, &a, "."));
	assert_null(source_open(&ctx, &a, "/dev/null"));
	assert_int_equal(ctx.diags.list[0].id, DIAG_OPEN_MISSING);
	assert_int_equal(ctx.diags.list[1].id, DIAG_OPEN_DIRECTORY);
	assert_int_equal(ctx.diags.list[2].id, DIAG_OPEN_NOT_REGULAR);
	arena_free(&a);
	ctx_fini(&ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_memory_is_zero_and_apart),
		cmocka_unit_test(arena_clear_keeps_memory),
		cmocka_unit_test(arena_grow_keeps_contents),
		cmocka_unit_test(arena_budget_is_a_diagnostic),
		cmocka_unit_test(interned_text_is_one_pointer),
		cmocka_unit_test(the_first_of_two_values_stands),
		cmocka_unit_test(diagnostics_beyond_the_limit_are_counted),
		cmocka_unit_test(diagnostic_names_are_unique),
		cmocka_unit_test(windows_show_the_file),
		cmocka_unit_test(what_is_no_file_is_said),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
