/* SPDX-License-Identifier: Apache-2.0 */
/* Number formats: landmarks of each small float from its specification, what
 * holds between all codes, packing below a byte. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/dtype.h"

static double
decode(enum dtype t, unsigned code)
{
	unsigned char le[3] = { 0, (unsigned char)code, (unsigned char)(code >> 8) };

	return dtype_get(t, le + 1, 0);
}

static void
test_names(void **state)
{
	int t;

	(void)state;
	for (t = DT_NONE + 1; t < DT_COUNT; t++)
		assert_int_equal(dtype_parse(dtype_name((enum dtype)t),
		    strlen(dtype_name((enum dtype)t))), t);
	assert_int_equal(dtype_parse("f3", 2), -1);
	assert_int_equal(dtype_parse("f322", 4), -1);
	assert_int_equal(dtype_parse("f322", 3), DT_F32);
	assert_int_equal(dtype_parse("?", 1), -1);
	assert_int_equal(dtype_parse("", 0), -1);
}

/* Positive codes from 1 to last are numbers and grow; the two numbers at the
 * ends are the format's own. */
static void
test_float_landmarks(void **state)
{
	static const struct {
		enum dtype t;
		unsigned last, one, sign;
		double least, most;
	} t[] = {
		{ DT_F4E2M1, 7, 2, 8, 0.5, 6 },
		{ DT_F6E2M3, 31, 8, 32, 0.125, 7.5 },
		{ DT_F6E3M2, 31, 12, 32, 0.0625, 28 },
		{ DT_F8E4M3FN, 0x7e, 0x38, 0x80, 0x1p-9, 448 },
		{ DT_F8E4M3FNUZ, 0x7f, 0x40, 0x80, 0x1p-10, 240 },
		{ DT_F8E5M2, 0x7b, 0x3c, 0x80, 0x1p-16, 57344 },
		{ DT_F8E5M2FNUZ, 0x7f, 0x40, 0x80, 0x1p-17, 57344 },
		{ DT_F16, 0x7bff, 0x3c00, 0x8000, 0x1p-24, F16_MAX },
		{ DT_BF16, 0x7f7f, 0x3f80, 0x8000, 0x1p-133, 0x1.fep127 },
	};
	unsigned code;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		assert_true(decode(t[i].t, 0) == 0);
		assert_true(decode(t[i].t, 1) == t[i].least);
		assert_true(decode(t[i].t, t[i].one) == 1);
		assert_true(decode(t[i].t, t[i].last) == t[i].most);
		for (code = 1; code <= t[i].last; code++) {
			assert_true(decode(t[i].t, code) > decode(t[i].t, code - 1));
			assert_true(decode(t[i].t, code | t[i].sign) ==
			    -decode(t[i].t, code));
		}
	}
}

static void
test_float_specials(void **state)
{
	static const struct { enum dtype t; unsigned ncodes, nan, inf; } t[] = {
		{ DT_F4E2M1, 16, 0, 0 }, { DT_F6E2M3, 64, 0, 0 },
		{ DT_F6E3M2, 64, 0, 0 }, { DT_F8E4M3FN, 256, 2, 0 },
		{ DT_F8E4M3FNUZ, 256, 1, 0 },
		{ DT_F8E5M2, 256, 6, 2 }, { DT_F8E5M2FNUZ, 256, 1, 0 },
		{ DT_F8E8M0, 256, 1, 0 },
		{ DT_F16, 65536, 2046, 2 }, { DT_BF16, 65536, 254, 2 },
	};
	unsigned code, nan, inf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		for (code = nan = inf = 0; code < t[i].ncodes; code++) {
			nan += isnan(decode(t[i].t, code)) != 0;
			inf += isinf(decode(t[i].t, code)) != 0;
		}
		assert_int_equal(nan, t[i].nan);
		assert_int_equal(inf, t[i].inf);
	}
	assert_true(isnan(decode(DT_F8E4M3FN, 0x7f)) && isnan(decode(DT_F8E4M3FN, 0xff)));
	assert_true(isnan(decode(DT_F8E4M3FNUZ, 0x80)));
	assert_true(isnan(decode(DT_F8E5M2FNUZ, 0x80)));
	assert_true(decode(DT_F8E5M2, 0xfc) == -INFINITY);
	assert_true(decode(DT_F16, 0x7c00) == INFINITY);
	assert_true(signbit(decode(DT_F16, 0x8000)));
	assert_true(signbit(decode(DT_F8E4M3FN, 0x80)));
	assert_true(decode(DT_F8E8M0, 0) == 0x1p-127);
	assert_true(decode(DT_F8E8M0, 254) == 0x1p127);
	assert_true(decode(DT_F8E8M0, 127) == 1);
}

static void
test_wide(void **state)
{
	/* at an odd address, little-endian by hand */
	static const unsigned char d[] = {
		0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf
	};
	static const unsigned char m[] = {
		0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};

	(void)state;
	assert_true(dtype_get(DT_F32, d + 1, 0) == 1);
	assert_true(dtype_get(DT_C64, d + 1, 0) == 1);
	assert_true(dtype_get(DT_F64, d + 5, 0) == -1);
	assert_true(dtype_get(DT_I64, m + 1, 0) == -2);
	assert_true(dtype_get(DT_U64, m + 1, 0) == 0x1p64);
	assert_true(dtype_get(DT_I32, m + 1, 0) == -2);
	assert_true(dtype_get(DT_U32, m + 1, 0) == 4294967294.0);
	assert_true(dtype_get(DT_I16, m, 1) == -1);
	assert_true(dtype_get(DT_U16, m + 1, 0) == 65534);
	assert_true(dtype_get(DT_I8, m, 1) == -2 && dtype_get(DT_U8, m, 1) == 254);
	assert_true(dtype_get(DT_BOOL, m, 0) == 0 && dtype_get(DT_BOOL, m, 1) == 1);
	assert_int_equal(dtype_get_int(DT_I64, m + 1, 0), -2);
	assert_int_equal(dtype_get_int(DT_U64, m + 1, 0), -2);
	assert_int_equal(dtype_get_int(DT_U32, m + 1, 0), 4294967294);
	assert_int_equal(dtype_get_int(DT_BOOL, m, 2), 1);
	assert_true(isnan(dtype_get(DT_STR, m, 0)) && isnan(dtype_get(DT_NONE, m, 0)));
}

/* Elements of b bits, written bit by bit from the lowest bit of byte 0 up. */
static void
test_packed(void **state)
{
	static const enum dtype types[] = {
		DT_U1, DT_U2, DT_U3, DT_U4, DT_U6, DT_I2, DT_I4
	};
	unsigned char buf[64];
	unsigned bits, b, v;
	size_t k, i, at;
	int64_t want;

	(void)state;
	for (k = 0; k < sizeof types / sizeof *types; k++) {
		bits = dtype_bits(types[k]);
		memset(buf, 0, sizeof buf);
		for (i = 0; i < 64; i++) {
			v = (unsigned)(i * 37 >> 2) & ((1u << bits) - 1);
			for (b = 0; b < bits; b++) {
				at = i * bits + b;
				buf[at / 8] |= (unsigned char)((v >> b & 1) << at % 8);
			}
		}
		for (i = 0; i < 64; i++) {
			want = (int64_t)(i * 37 >> 2) & ((1 << bits) - 1);
			if (dtype_class(types[k]) == DC_INT && want >= 1 << (bits - 1))
				want -= 1 << bits;
			assert_int_equal(dtype_get_int(types[k], buf, i), want);
			assert_true(dtype_get(types[k], buf, i) == (double)want);
		}
	}
}

static void
test_bytes(void **state)
{
	static const struct { enum dtype t; uint64_t n, want; } t[] = {
		{ DT_F32, 0, 0 }, { DT_F32, 3, 12 }, { DT_STR, 9, 0 },
		{ DT_U1, 1, 1 }, { DT_U1, 8, 1 }, { DT_U1, 9, 2 }, { DT_I4, 7, 4 },
		{ DT_U3, 3, 2 }, { DT_U3, 8, 3 }, { DT_U6, 5, 4 },
		{ DT_U4, UINT64_MAX, UINT64_C(1) << 63 },
		{ DT_U8, UINT64_MAX, UINT64_MAX },
	};
	uint64_t out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		assert_true(dtype_bytes(t[i].t, t[i].n, &out));
		assert_true(out == t[i].want);
	}
	assert_false(dtype_bytes(DT_F32, UINT64_MAX / 2, &out));
	assert_true(out == UINT64_MAX);
}

/* Every code of a type reads back as itself; between codes the nearest, the
 * even one of two. */
static void
test_code(void **state)
{
	static const enum dtype types[] = { DT_F16, DT_BF16, DT_I4, DT_U3, DT_U8, DT_I16 };
	static const struct { enum dtype t; double v; uint64_t code; } t[] = {
		{ DT_F16, 1 + 0x1p-11, 0x3c00 }, { DT_F16, 1 + 0x3p-11, 0x3c02 },
		{ DT_F16, 65519, 0x7bff }, { DT_F16, 65520, 0x7c00 }, { DT_F16, -1e300, 0xfc00 },
		{ DT_F16, 0x1p-25, 0 }, { DT_F16, 0x1.8p-25, 1 }, { DT_F16, 0x1.ffep-15, 0x400 },
		{ DT_BF16, 3, 0x4040 }, { DT_F32, 1.5, 0x3fc00000 }, { DT_I4, -8, 8 },
		{ DT_F64, -2, UINT64_C(0xc000000000000000) }, { DT_U64, 0x1p63, UINT64_C(1) << 63 },
		{ DT_BOOL, 1, 1 }, { DT_STR, 1, 0 }, { DT_I32, NAN, 0 }, { DT_I32, 1e30, 0 },
	};
	unsigned char buf[8];
	uint64_t code;

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		for (uint32_t c = 0; c < 1u << dtype_bits(types[i]); c++) {
			double v;

			buf[0] = (unsigned char)c;
			buf[1] = (unsigned char)(c >> 8);
			v = dtype_get(types[i], buf, 0);
			if (!isnan(v))
				assert_true(dtype_code(types[i], v) == c);
			else
				assert_true(dtype_code(types[i], v) >= (types[i] == DT_F16 ? 0x7e00 : 0x7fc0));
		}
	}
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		code = dtype_code(t[i].t, t[i].v);
		if (t[i].t != DT_STR && code != t[i].code)
			fail_msg("%s %g: %llx", dtype_name(t[i].t), t[i].v,
			    (unsigned long long)code);
	}
}

static void
test_float16(void **state)
{
	(void)state;
	assert_true(dtype_rounded(DT_F16, 0.1) == 0.0999755859375);
	assert_true(dtype_rounded(DT_BF16, 3.001) == 3);
	assert_true(f16_near(0.1, 0.0999755859375) && f16_near(0, 1e-7) && f16_near(-3, -3.005));
	assert_false(f16_near(1, 1.01) || f16_near(1, -1) || f16_near(1, NAN));
	assert_true(f16_near(INFINITY, INFINITY));
	assert_false(f16_near(1, INFINITY) || f16_near(-INFINITY, 1e300));
	assert_true(f16_overflows(7e4, INFINITY) && f16_overflows(-7e4, -INFINITY));
	assert_false(f16_overflows(-7e4, INFINITY) || f16_overflows(6e4, INFINITY) ||
	    f16_overflows(7e4, 65504));
	assert_true(f16_alike(-1e9, -INFINITY) && f16_alike(NAN, NAN) && f16_alike(2, 2));
	assert_false(f16_alike(-1e9, 1e9) || f16_alike(1e9, 2) || f16_alike(NAN, 1e9));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_float_landmarks),
		cmocka_unit_test(test_float_specials),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_float16),
	};

	return cmocka_run_group_tests_name("dtype", tests, NULL, NULL);
}
