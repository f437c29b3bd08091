/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors: payloads read in pieces, statistics. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/source.h"
#include "ir/tensor.h"

struct fixture {
	struct ctx ctx;
	struct arena arena;
};

static int
setup(void **state)
{
	static struct fixture f;

	ctx_init(&f.ctx);
	arena_init(&f.arena, &f.ctx);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(&f->arena);
	assert_int_equal(f->ctx.used, 0);
	ctx_fini(&f->ctx);
	return 0;
}

static struct tensor
raw(struct fixture *f, enum dtype dtype, uint64_t numel, const void *bytes, uint64_t n)
{
	return (struct tensor){ .dtype = dtype, .numel = numel, .enc = &TENSOR_RAW,
	    .place = { source_memory(&f->arena, "test", bytes, n), 0, n } };
}

static void
test_read(void **state)
{
	struct fixture *f = *state;
	struct tensor t = raw(f, DT_U8, 7, "abcdefgh", 8);
	struct tensor_read r;
	char buf[8];

	assert_int_equal(tensor_bytes(&t), 7);
	tensor_open(&r, &t);
	assert_int_equal(tensor_next(&r, &f->arena, buf, 4), 4);
	assert_memory_equal(buf, "abcd", 4);
	/* the eighth byte is no part of the tensor */
	assert_int_equal(tensor_next(&r, &f->arena, buf, 8), 3);
	assert_memory_equal(buf, "efg", 3);
	assert_int_equal(tensor_next(&r, &f->arena, buf, 8), 0);

	t.place.off = 2;
	t.place.len = 3;
	tensor_open(&r, &t);
	assert_int_equal(tensor_fill(&r, &f->arena, buf, 8), 3);
	assert_memory_equal(buf, "cde", 3);
	assert_int_equal(tensor_next(&r, &f->arena, buf, 8), 0);
}

static void
test_read_damaged(void **state)
{
	struct fixture *f = *state;
	struct tensor t = raw(f, DT_U8, 9, "abc", 3);
	struct tensor_read r;
	char buf[8];

	t.place.len = 9; /* more than the source has */
	tensor_open(&r, &t);
	assert_int_equal(tensor_fill(&r, &f->arena, buf, 8), 3);
	assert_int_equal(tensor_fill(&r, &f->arena, buf, 8), -1);
	t.place.src = NULL;
	tensor_open(&r, &t);
	assert_int_equal(tensor_next(&r, &f->arena, buf, 8), -1);
	t.enc = &TENSOR_NONE;
	tensor_open(&r, &t);
	assert_int_equal(tensor_next(&r, &f->arena, buf, 8), -1);
}

/* An encoding that hands out one byte at a time: whole elements all the same. */
static long
read_byte(struct tensor_read *r, struct arena *scratch, void *buf, uint32_t n)
{
	(void)scratch, (void)n;
	if (r->state[0] == 9)
		return -1;
	memset(buf, (int)r->state[0]++, 1);
	return 1;
}

static void
test_first(void **state)
{
	static const struct tensor_enc slow = { "slow", read_byte };
	struct fixture *f = *state;
	struct tensor t = raw(f, DT_U16, 4, "\1\0\2\0\3\0\4", 7);
	uint16_t two[4];
	char buf[16];

	assert_int_equal(tensor_first(&t, &f->arena, two, 2), 2);
	assert_memory_equal(two, "\1\0\2\0", 4);
	assert_int_equal(tensor_first(&t, &f->arena, two, 4), 3); /* half of the fourth */
	t.dtype = DT_U3;
	/* never more than numel */
	assert_int_equal(tensor_first(&t, &f->arena, buf, 9), 4);
	t.enc = &slow;
	t.dtype = DT_I32;
	assert_int_equal(tensor_first(&t, &f->arena, buf, 4), 2); /* 9 bytes came */
	assert_memory_equal(buf, "\0\1\2\3\4\5\6\7", 8);
	t.dtype = DT_STR;
	assert_int_equal(tensor_first(&t, &f->arena, buf, 4), 0);
	t.enc = &TENSOR_NONE;
	t.dtype = DT_I32;
	assert_int_equal(tensor_first(&t, &f->arena, buf, 4), 0);
}

static void
test_stats_small(void **state)
{
	static const float x[] = {
		1, 2, 3, 4, -2, 0, -0.0f, 0x1p-25f, 1e5f, NAN, INFINITY, -INFINITY
	};
	struct fixture *f = *state;
	struct tensor t = raw(f, DT_F32, 4, x, sizeof x);
	struct tensor_stats st;

	tensor_stats(&t, &f->ctx, true, &st);
	assert_int_equal(st.n, 4);
	assert_true(st.min == 1 && st.max == 4 && st.mean == 2.5 && st.std == sqrt(1.25));
	assert_true(st.bin_lo == 1 && st.bin_hi == 4 && st.complete);
	assert_true(st.bins[0] == 1 && st.bins[5] == 1);
	assert_true(st.bins[10] == 1 && st.bins[15] == 1);

	t.numel = 12;
	tensor_stats(&t, &f->ctx, false, &st);
	assert_int_equal(st.n, 12);
	assert_int_equal(st.nan, 1);
	assert_int_equal(st.inf, 2);
	assert_int_equal(st.zero, 2);
	assert_int_equal(st.negative, 2);
	assert_int_equal(st.over_f16, 1);
	assert_int_equal(st.tiny_f16, 1);
	assert_true(st.min == -2 && st.max == 1e5f);
	assert_int_equal(st.bins[0], 0);
}

static void
test_stats_nothing(void **state)
{
	static const float nan2[] = { NAN, NAN };
	struct fixture *f = *state;
	struct tensor t = raw(f, DT_F32, 2, nan2, sizeof nan2);
	struct tensor_stats st;

	tensor_stats(&t, &f->ctx, true, &st);
	assert_true(st.n == 2 && st.nan == 2 && isnan(st.min) && isnan(st.mean) &&
	    st.complete);
	t.numel = 0;
	tensor_stats(&t, &f->ctx, true, &st);
	assert_true(st.n == 0 && isnan(st.max) && st.complete);
	t.numel = 3; /* one more than there is */
	tensor_stats(&t, &f->ctx, true, &st);
	assert_true(st.n == 2 && !st.complete);
	t.dtype = DT_STR;
	tensor_stats(&t, &f->ctx, true, &st);
	assert_true(st.n == 0 && !st.complete);
	t.enc = &TENSOR_NONE;
	t.dtype = DT_F32;
	t.numel = UINT64_MAX;
	tensor_stats(&t, &f->ctx, true, &st);
	assert_true(st.n == 0 && !st.complete);
}

/* Where all is infinite, the least and the largest are that. */
static void
test_stats_infinite(void **state)
{
	static const float x[] = { -INFINITY, -INFINITY, NAN, INFINITY };
	struct fixture *f = *state;
	struct tensor t = raw(f, DT_F32, 2, x, sizeof x);
	struct tensor_stats st;

	tensor_stats(&t, &f->ctx, true, &st);
	assert_true(st.min == -INFINITY && st.max == -INFINITY && isnan(st.mean));
	t.numel = 4;
	tensor_stats(&t, &f->ctx, true, &st);
	assert_true(st.inf == 3 && st.minus_inf == 2);
	assert_true(st.min == -INFINITY && st.max == INFINITY && isnan(st.bin_lo));
}

/* One value a type, so often that every way through a block is taken. */
static void
test_stats_constant(void **state)
{
	enum { N = 200003 };
	struct fixture *f = *state;
	unsigned char *buf = malloc(N * 16);
	struct tensor_stats st;
	struct tensor t;
	double want;
	int type;

	memset(buf, 0x35, N * 16);
	for (type = DT_BOOL; type < DT_STR; type++) {
		if (type == DT_U1 || type == DT_U2 || type == DT_U3 || type == DT_I2 ||
		    type == DT_U5 || type == DT_U6 || type == DT_U7 || dtype_bits(type) == 6)
			continue; /* 0x35 is not the same code over and over */
		if (type == DT_U4 || type == DT_I4 || type == DT_F4E2M1)
			memset(buf, 0x33, N);
		t = raw(f, (enum dtype)type, N, buf, N * 16);
		tensor_stats(&t, &f->ctx, true, &st);
		want = dtype_get((enum dtype)type, buf, 0);
		assert_true(st.n == N && st.complete && st.min == want && st.max == want);
		assert_true(fabs(st.mean - want) <= fabs(want) * 1e-12 &&
		    st.std <= fabs(want) * 1e-12);
		assert_int_equal(st.bins[0], N);
		memset(buf, 0x35, N);
	}
	free(buf);
}

/* 0, 1, 2, ... in each packed type: counts do not depend on where bytes end. */
static void
test_stats_packed(void **state)
{
	struct fixture *f = *state;
	static const enum dtype types[] = { DT_U1, DT_U2, DT_U3, DT_U4, DT_U5, DT_U6,
	    DT_U7 };
	unsigned char buf[256];
	struct tensor_stats st;
	struct tensor t;
	unsigned bits, b, i, k, n, top;

	for (k = 0; k < 7; k++) {
		bits = dtype_bits(types[k]);
		top = 1u << bits;
		n = top * 2 + 1;
		memset(buf, 0xff, sizeof buf);
		for (i = 0; i < n * bits; i++) {
			b = i / bits % top >> i % bits & 1;
			if (b == 0)
				buf[i / 8] &= (unsigned char)~(1u << i % 8);
		}
		t = raw(f, types[k], n, buf, sizeof buf);
		tensor_stats(&t, &f->ctx, true, &st);
		assert_int_equal(st.n, n);
		assert_int_equal(st.zero, 3);
		assert_true(st.max == top - 1 && st.complete);
		assert_true(fabs(st.mean * n - (top - 1) * top) < 1e-9);
		for (i = b = 0; i < 16; i++)
			b += (unsigned)st.bins[i];
		assert_int_equal(b, n);
	}
}

/* A large mean and a small spread: squares of the values would drown it. */
static void
test_stats_sound(void **state)
{
	enum { N = 300000 };
	struct fixture *f = *state;
	double *d = malloc(N * sizeof *d), var = 0;
	float *x = malloc(N * sizeof *x);
	struct tensor_stats st;
	struct tensor t;
	int i;

	for (i = 0; i < N; i++) {
		d[i] = 1e9 + (i % 2 == 0 ? 1 : -1) * 0x1p-10;
		x[i] = 4096 + (float)(hash_mix((uint64_t)i) % 1024) / 1024;
	}
	t = raw(f, DT_F64, N, d, N * sizeof *d);
	tensor_stats(&t, &f->ctx, false, &st);
	assert_true(fabs(st.mean - 1e9) < 1e-6 && fabs(st.std - 0x1p-10) < 1e-9);

	t = raw(f, DT_F32, N, x, N * sizeof *x);
	tensor_stats(&t, &f->ctx, false, &st);
	for (i = 0; i < N; i++)
		var += ((double)x[i] - st.mean) * ((double)x[i] - st.mean) / N;
	assert_true(fabs(st.std / sqrt(var) - 1) < 1e-9);
	assert_int_equal(st.n, N);

	/* one NaN, one huge value: only their neighbours change course */
	x[5000] = NAN;
	x[90000] = -1e9f;
	tensor_stats(&t, &f->ctx, true, &st);
	assert_true(st.n == N && st.nan == 1 && st.over_f16 == 1 && st.negative == 1);
	assert_true(st.min == -1e9f && st.max < 4097);
	assert_true(st.bins[0] == 1 && st.bins[15] == N - 2);
	free(d);
	free(x);
}

static void
test_stats_stopped(void **state)
{
	static volatile sig_atomic_t stop = 1;
	static const unsigned char zeros[64];
	struct fixture *f = *state;
	struct tensor t = raw(f, DT_F32, 16, zeros, sizeof zeros);
	struct tensor_stats st;

	f->ctx.cancel = &stop;
	tensor_stats(&t, &f->ctx, true, &st);
	assert_true(st.n == 0 && !st.complete);
	f->ctx.cancel = NULL;

	f->ctx.limits.memory = f->ctx.used + 1;
	tensor_stats(&t, &f->ctx, true, &st);
	assert_true(st.n == 0 && !st.complete && isnan(st.mean));
	assert_int_equal(f->ctx.diags.count[LEVEL_ERROR], 1);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_read), TEST(test_read_damaged), TEST(test_first),
		TEST(test_stats_small), TEST(test_stats_nothing),
		TEST(test_stats_infinite),
	TEST(test_stats_infinite),
		TEST(test_stats_constant),
		TEST(test_stats_packed), TEST(test_stats_sound), TEST(test_stats_stopped),
	};

	return cmocka_run_group_tests_name("tensor", tests, NULL, NULL);
}
