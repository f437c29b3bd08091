/* SPDX-License-Identifier: Apache-2.0 */
/* Views of storages: every element against its own formula. */
#include <config.h>

#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "read/torch/strided.h"

static const struct row {
	uint32_t rank;
	int64_t dims[3], strides[3], offset;
	bool big, ok, raw;
} rows[] = {
	{ 2, { 3, 4 }, { 4, 1 }, 0, false, true, true },
	{ 2, { 4, 3 }, { 1, 4 }, 0, false, true, false }, /* transposed */
	{ 1, { 4 }, { 2 }, 1, false, true, false },
	{ 3, { 2, 1, 3 }, { 6, 99, 1 }, 2, false, true, false },
	{ 2, { 3, 4 }, { 0, 1 }, 5, false, true, false }, /* expanded */
	{ 0, { 0 }, { 0 }, 11, false, true, true },
	{ 1, { 0 }, { 1 }, 500, false, true, true },
	{ 2, { 3, 4 }, { 4, 1 }, 0, true, true, false },
	{ 1, { 5 }, { 2 }, 1, true, true, false },
	{ 2, { 3, 4 }, { 4, 1 }, 1, false, false, false }, /* one too far */
	{ 1, { 3 }, { -1 }, 5, false, false, false },
	{ 1, { 3 }, { 1 }, -1, false, false, false },
	{ 1, { 3 }, { INT64_MAX / 2 + 1 }, 0, false, false, false },
	{ 1, { -3 }, { 1 }, 0, false, false, false },
};

static uint16_t
number(const unsigned char *p, bool big)
{
	return (uint16_t)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static void
expect_elements(const struct row *row, const struct tensor *t, struct arena *a,
    const unsigned char *bytes)
{
	unsigned char got[64];
	uint64_t i, k, at;
	struct tensor_read r;

	/* in pieces that end within rows */
	tensor_open(&r, t);
	for (i = 0; i < t->numel; i += 2)
		assert_int_equal(tensor_fill(&r, a, got + 2 * i, t->numel - i < 2 ? 2 : 4),
		    t->numel - i < 2 ? 2 : 4);
	for (i = 0; i < t->numel; i++) {
		at = (uint64_t)row->offset;
		k = i;
		for (uint32_t d = row->rank; d-- > 0; k /= (uint64_t)row->dims[d])
			at += k % (uint64_t)row->dims[d] * (uint64_t)row->strides[d];
		assert_int_equal(number(got + 2 * i, false), number(bytes + 2 * at, row->big));
	}
}

static void
test_views(void **state)
{
	unsigned char bytes[24];
	struct ctx ctx;
	struct arena a;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + 1);
	ctx_init(&ctx);
	arena_init(&a, &ctx);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		struct tensor t = { .dtype = DT_U16 };
		const struct strided v = { { source_memory(&a, "s", bytes, sizeof bytes), 0,
		    sizeof bytes }, row->offset, row->strides, row->big };

		tensor_set_dims(&t, row->dims, row->rank);
		/* an empty tensor needs nothing, wherever it says it lies */
		assert_int_equal(strided_place(&t, &a, &v), row->ok);
		if (!row->ok) {
			assert_ptr_equal(t.enc, &TENSOR_NONE);
			continue;
		}
		assert_int_equal(t.enc == &TENSOR_RAW, row->raw);
		expect_elements(row, &t, &a, bytes);
	}
	arena_free(&a);
	ctx_fini(&ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
