/* SPDX-License-Identifier: Apache-2.0 */
/* Sinks: numbers, text for people, JSON strings, descriptors. */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/sink.h"
#include "base/utf8.h"

static void
assert_text(struct sink *s, const char *want)
{
	sink_write(s, "", 1);
	assert_int_equal(s->err, 0);
	assert_string_equal(s->buf, want);
	s->n = 0;
}

static void
test_integers(void **state)
{
	struct sink s;

	(void)state;
	sink_init(&s, -1);
	sink_u64(&s, 0);
	sink_pad(&s, 3);
	sink_u64(&s, UINT64_MAX);
	sink_pad(&s, -1);
	sink_puts(&s, "|");
	sink_i64(&s, INT64_MIN);
	sink_i64(&s, INT64_MAX);
	assert_text(&s,
	    "0   18446744073709551615|-92233720368547758089223372036854775807");
	sink_pad(&s, 37);
	assert_int_equal(s.n, 37);
	sink_fini(&s);
}

static void
test_double_forms(void **state)
{
	static const struct { double v; bool f32; const char *want; } t[] = {
		{ 0, false, "0" }, { -0.0, false, "-0" }, { 1, true, "1" },
		{ -12, false, "-12" }, { 0.1, false, "0.1" }, { 0.1f, true, "0.1" },
		{ 0.1f, false, "0.10000000149011612" },
		{ 1.0 / 3, false, "0.3333333333333333" },
		{ 1.0f / 3, true, "0.33333334" },
		{ 16777216, true, "16777216" }, { 123456789, false, "123456789" },
		{ 1e20, false, "1e+20" }, { 1e300, false, "1e+300" },
		{ 65504, true, "65504" },
		{ 5e-324, false, "5e-324" }, { 0x1p-149f, true, "1e-45" },
		{ 1e-5, false, "1e-05" }, { DBL_MAX, false, "1.7976931348623157e+308" },
		{ FLT_MAX, true, "3.4028235e+38" },
		{ NAN, false, "nan" }, { INFINITY, true, "inf" },
		{ -INFINITY, false, "-inf" },
	};
	struct sink s;
	size_t i;

	(void)state;
	sink_init(&s, -1);
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		sink_double(&s, t[i].v, t[i].f32, false);
		assert_text(&s, t[i].want);
	}
	sink_double(&s, NAN, false, true);
	sink_double(&s, INFINITY, false, true);
	sink_double(&s, -INFINITY, true, true);
	sink_double(&s, 0.5, true, true);
	assert_text(&s, "\"NaN\"\"Infinity\"\"-Infinity\"0.5");
	sink_fini(&s);
}

/* Any number reads back as itself, and one digit less does not. */
static void
test_double_round_trip(void **state)
{
	char shorter[32];
	struct sink s;
	uint32_t word;
	double v;
	float f;
	int i;

	(void)state;
	sink_init(&s, -1);
	for (i = 0; i < 20000; i++) {
		word = (uint32_t)hash_mix((uint64_t)i);
		memcpy(&f, &word, sizeof f);
		v = i % 2 == 0 ? (double)f :
		    ldexp((double)hash_mix((uint64_t)i), i % 2000 - 1000);
		if (!isfinite(v))
			continue;
		s.n = 0;
		sink_double(&s, v, i % 2 == 0, false);
		sink_write(&s, "", 1);
		if (i % 2 == 0)
			assert_true(strtof(s.buf, NULL) == f);
		else
			assert_true(strtod(s.buf, NULL) == v);
		snprintf(shorter, sizeof shorter, "%.*g", i % 2 == 0 ? 5 : 14, v);
		if (strlen(shorter) + 4 < strlen(s.buf))
			assert_true(strtod(shorter, NULL) != v);
	}
	sink_fini(&s);
}

static void
test_printf(void **state)
{
	struct sink s;
	char big[2000];

	(void)state;
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	sink_init(&s, -1);
	sink_printf(&s, "%d-%s", 7, "a");
	assert_text(&s, "7-a");
	sink_printf(&s, "%s", big);
	assert_text(&s, big);
	sink_fini(&s);
}

static void
test_safe(void **state)
{
	static const struct {
		const char *text;
		unsigned max;
		const char *want;
		unsigned cols;
	} t[] = {
		{ "", 0, "", 0 },
		{ "conv1/weight", 0, "conv1/weight", 12 },
		{ "a\tb\033[2J\177", 0, "a\\x09b\\x1b[2J\\x7f", 17 },
		{ "a\\b", 0, "a\\x5cb", 6 },
		{ "\xff\xc0\xaf", 0, "\\xff\\xc0\\xaf", 12 },
		{ "\xed\xa0\x80", 0, "\\xed\\xa0\\x80", 12 },
		{ "cut \xe2\x82", 0, "cut \\xe2\\x82", 12 },
		{ "\xc2\x85", 0, "\\u{85}", 6 },
		{ "a\xe2\x80\xae" "b", 0, "a\\u{202e}b", 10 },
		{ "\xef\xbb\xbf", 0, "\\u{feff}", 8 },
		{ "gr\xc3\xbc\xc3\x9f", 0, "gr\xc3\xbc\xc3\x9f", 4 },
		{ "e\xcc\x81", 0, "e\xcc\x81", 1 },
		{ "\xe5\xb1\xa4", 0, "\xe5\xb1\xa4", 2 },
		{ "\xf0\x9f\x98\x80", 0, "\xf0\x9f\x98\x80", 2 },
		{ "0123456789", 10, "0123456789", 10 },
		{ "0123456789", 9, "01...6789", 9 },
		{ "0123456789", 4, "...9", 4 },
		{ "0123456789", 3, "...", 3 },
		{ "0123456789", 2, "..", 2 },
		{ "0123456789", 1, ".", 1 },
		/* wide characters and escapes are not cut in two */
		{ "\xe5\xb1\xa4\xe5\xb1\xa4\xe5\xb1\xa4\xe5\xb1\xa4", 6,
		  "...\xe5\xb1\xa4", 5 },
		{ "abcdefgh\nij", 9, "ab...ij", 7 },
		/* an accent does not move to the dots */
		{ "abcdefe\xcc\x81xyz", 6, "a...yz", 6 },
		{ "abcdefghie\xcc\x81z", 6, "a...e\xcc\x81z", 6 },
	};
	struct sink s;
	size_t i;

	(void)state;
	sink_init(&s, -1);
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(sink_safe(&s, t[i].text, strlen(t[i].text), t[i].max),
		    t[i].cols);
		assert_text(&s, t[i].want);
	}
	assert_int_equal(sink_safe(&s, "a\0b", 3, 0), 6);
	assert_text(&s, "a\\x00b");
	sink_fini(&s);
}

static void
fill_random(char *p, size_t n, uint64_t seed)
{
	static const char *const pieces[] = {
		"\xe2\x80\xae", "\xcc\x81", "\xe5\xb1\xa4", "ab", "\"", "\xc2\x9b",
		"\xf3\xa0\x81\x81"
	};
	size_t i = 0, len;
	uint64_t r;

	while (i < n) {
		r = hash_mix(seed++);
		len = strlen(pieces[r % 7]);
		if (r >> 32 & 1 && len <= n - i) {
			memcpy(p + i, pieces[r % 7], len);
			i += len;
		} else {
			p[i++] = (char)(r >> 40);
		}
	}
}

/* Whatever comes in, what goes out is valid, visible, and not too wide. */
static void
test_safe_any(void **state)
{
	char text[64];
	struct sink s;
	unsigned cols, max, len;
	uint32_t cp;
	size_t i, n;
	int k;

	(void)state;
	sink_init(&s, -1);
	for (k = 0; k < 20000; k++) {
		n = hash_mix((uint64_t)k) % sizeof text;
		fill_random(text, n, (uint64_t)k << 20);
		max = (unsigned)(k % 40);
		s.n = 0;
		cols = sink_safe(&s, text, n, max);
		if (max > 0)
			assert_true(cols <= max);
		for (i = 0; i < s.n; i += len) {
			len = utf8_decode(s.buf + i, s.n - i, &cp);
			assert_true(len > 0);
			assert_true(utf8_width(cp) >= 0);
			cols -= (unsigned)utf8_width(cp);
		}
		assert_int_equal(cols, 0);
		s.n = 0;
		assert_int_equal(text_width(text, n), sink_safe(&s, text, n, 0));
	}
	sink_fini(&s);
}

static void
test_json(void **state)
{
	static const struct { const char *text, *want; } t[] = {
		{ "", "\"\"" },
		{ "conv1", "\"conv1\"" },
		{ "a\"b\\c/d", "\"a\\\"b\\\\c/d\"" },
		{ "\b\f\n\r\t\001\177", "\"\\b\\f\\n\\r\\t\\u0001\\u007f\"" },
		{ "\xff" "a\xc3", "\"\\\\xffa\\\\xc3\"" },
		{ "gr\xc3\xbc\xc3\x9f\xf0\x9f\x98\x80",
		  "\"gr\xc3\xbc\xc3\x9f\xf0\x9f\x98\x80\"" },
		{ "\xc2\x85\xe2\x80\x8e\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf",
		  "\"\\u0085\\u200e\\u2028\\u202e\\u2066\\ufeff\"" },
	};
	struct sink s;
	size_t i;

	(void)state;
	sink_init(&s, -1);
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		sink_jsonz(&s, t[i].text);
		assert_text(&s, t[i].want);
	}
	sink_json(&s, "\0", 1);
	assert_text(&s, "\"\\u0000\"");
	sink_fini(&s);
}

static void
test_descriptor(void **state)
{
	static char big[300000], back[sizeof big + 10];
	FILE *f = tmpfile();
	struct sink s;

	(void)state;
	assert_non_null(f);
	memset(big, 'y', sizeof big);
	sink_init(&s, fileno(f));
	sink_puts(&s, "start");
	sink_write(&s, big, sizeof big);
	sink_puts(&s, "end");
	assert_int_equal(sink_fini(&s), 0);
	assert_int_equal(pread(fileno(f), back, sizeof back, 0), (int)sizeof big + 8);
	assert_memory_equal(back, "starty", 6);
	assert_memory_equal(back + sizeof big + 4, "yend", 4);
	fclose(f);
}

static void
test_descriptor_error(void **state)
{
	int fds[2], i;
	struct sink s;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	sink_init(&s, fds[0]); /* closed */
	for (i = 0; i < 100000; i++)
		sink_puts(&s, "more");
	assert_int_equal(sink_flush(&s), -1);
	assert_int_equal(s.err, EBADF);
	assert_int_equal(sink_fini(&s), -1);
	close(fds[1]);
}

static void
test_shell(void **state)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "a/b.pt2", "a/b.pt2" }, { "", "''" }, { "a b", "'a b'" },
		{ "it's", "'it'\"'\"'s'" }, { "a\\b", "'a\\b'" }, { "\xc3\xa4", "'\xc3\xa4'" },
		{ "a\x1b[1m", "$'a\\033[1m'" }, { "\xff'\\", "$'\\377\\'\\\\'" },
		{ "\xe2\x80\xae", "$'\\342\\200\\256'" }
	};
	struct sink s;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		sink_init(&s, -1);
		sink_shell(&s, rows[i].text);
		sink_write(&s, "", 1);
		assert_string_equal(s.buf, rows[i].want);
		sink_fini(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shell), cmocka_unit_test(test_integers),
		cmocka_unit_test(test_double_forms),
		cmocka_unit_test(test_double_round_trip),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_safe),
		cmocka_unit_test(test_safe_any),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_descriptor_error),
	};

	return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}
