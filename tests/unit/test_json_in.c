/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON pull parser: what it reads is written back in one form, from
 * memory and through a window of a few bytes. */
#include <config.h>

#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/ctx.h"
#include "base/sink.h"
#include "read/json_in.h"

struct run {
	struct ctx ctx;
	struct arena arena;
	struct sink out;
	struct json_in j;
	FILE *file;
};

static void dump(struct run *r);

static void
dump_members(struct run *r)
{
	struct json_in_text key;
	bool first = true;

	sink_puts(&r->out, "{");
	while (json_in_key(&r->j, &key)) {
		sink_puts(&r->out, first ? "" : ",");
		sink_json(&r->out, key.s, key.n);
		sink_puts(&r->out, ":");
		dump(r);
		first = false;
	}
	sink_puts(&r->out, "}");
}

static void
dump_number(struct run *r)
{
	double d;

	assert_true(json_in_double(&r->j, &d) || r->j.stopped);
	if (!r->j.stopped)
		sink_printf(&r->out, "%g", d);
}

/* The value ahead, in one form. */
static void
dump(struct run *r)
{
	struct json_in_text t;
	bool b;

	switch (json_in_kind(&r->j)) {
	case JSON_IN_OBJECT:
		assert_true(json_in_open(&r->j, JSON_IN_OBJECT) || r->j.stopped);
		if (!r->j.stopped)
			dump_members(r);
		break;
	case JSON_IN_ARRAY:
		if (!json_in_open(&r->j, JSON_IN_ARRAY))
			break;
		sink_puts(&r->out, "[");
		for (unsigned i = 0; json_in_item(&r->j); i++) {
			sink_puts(&r->out, i > 0 ? "," : "");
			dump(r);
		}
		sink_puts(&r->out, "]");
		break;
	case JSON_IN_STRING:
		if (json_in_string(&r->j, &t))
			sink_json(&r->out, t.s, t.n);
		break;
	case JSON_IN_NUMBER:
		dump_number(r);
		break;
	case JSON_IN_BOOL:
		if (json_in_bool(&r->j, &b))
			sink_puts(&r->out, b ? "true" : "false");
		break;
	case JSON_IN_NULL:
		json_in_skip(&r->j);
		sink_puts(&r->out, "null");
		break;
	case JSON_IN_NONE:
		break;
	}
}

/* window 0: from memory. */
static void
start(struct run *r, const char *text, size_t n, uint32_t window)
{
	struct source *src;

	memset(r, 0, sizeof *r);
	ctx_init(&r->ctx);
	arena_init(&r->arena, &r->ctx);
	sink_init(&r->out, -1);
	src = source_memory(&r->arena, "text", text, n);
	if (window > 0) {
		r->ctx.limits.window = window;
		r->file = tmpfile();
		assert_non_null(r->file);
		assert_int_equal(fwrite(text, 1, n, r->file), n);
		fflush(r->file);
		src->fd = fileno(r->file);
	}
	json_in_init(&r->j, &r->ctx, src, &r->arena);
}

static void
end(struct run *r)
{
	if (r->file != NULL)
		fclose(r->file);
	sink_fini(&r->out);
	arena_free(&r->arena);
	ctx_fini(&r->ctx);
}

static const struct sample { const char *text, *want; unsigned diags; } samples[] = {
	{ "{}", "{}", 0 },
	{ " [ ] ", "[]", 0 },
	{ "\xef\xbb\xbf{\"a\": [1, -2.5e3, true, false, null], \"b\": {\"c\": {}}}",
	    "{\"a\":[1,-2500,true,false,null],\"b\":{\"c\":{}}}", 0 },
	{ "[NaN, Infinity, -Infinity]", "[nan,inf,-inf]", 0 },
	{ "\"a\\n\\\"\\u00e9\\ud83d\\ude00\\/\"", "\"a\\n\\\"\xc3\xa9\xf0\x9f\x98\x80/\"", 0 },
	{ "[\"\\ud83d\", \"\\udc00x\"]", "[\"\xef\xbf\xbd\",\"\xef\xbf\xbdx\"]", 2 },
	{ "\"\\q\"", "\"q\"", 1 },
	{ "[1e400, 123456789012345678901234567890]", "[inf,1.23457e+29]", 0 },
	{ "", "", 1 },
	{ "[1,]", "[1]", 1 },
	{ "[1 2]", "[1]", 1 },
	{ "{\"a\" 1}", "{\"a\":}", 1 },
	{ "{a:1}", "{}", 1 },
	{ "[01]", "[]", 1 },
	{ "[1.]", "[]", 1 },
	{ "[tru]", "[]", 1 },
	{ "{\"a\":[{\"b\":\"c", "{\"a\":[{\"b\":}]}", 1 },
	{ "[1}", "[1]", 1 },
	{ "[] []", "[]", 1 },
	{ "[\"a long text that no window of sixteen bytes holds\\t, and its end\"]",
	    "[\"a long text that no window of sixteen bytes holds\\t, and its end\"]", 0 },
};

static void
test_samples(void **state)
{
	struct run r;

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		for (uint32_t window = 0; window <= 32; window += 16) {
			start(&r, samples[i].text, strlen(samples[i].text), window);
			dump(&r);
			json_in_end(&r.j);
			sink_write(&r.out, "", 1);
			assert_string_equal(r.out.buf, samples[i].want);
			assert_int_equal(r.ctx.diags.n, samples[i].diags);
			end(&r);
		}
	}
}

/* Skipping ends where reading does, at every cut. */
static void
test_skip(void **state)
{
	struct run r, s;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		for (n = 0; n <= strlen(samples[i].text); n++) {
			start(&r, samples[i].text, n, 0);
			start(&s, samples[i].text, n, 16);
			dump(&r);
			json_in_skip(&s.j);
			assert_int_equal(r.j.stopped, s.j.stopped);
			assert_int_equal(r.j.depth, 0);
			assert_int_equal(s.j.depth, 0);
			if (!r.j.stopped)
				assert_int_equal(json_in_at(&r.j), json_in_at(&s.j));
			end(&r);
			end(&s);
		}
	}
}

static void
test_depth(void **state)
{
	struct run r;
	char text[200];

	(void)state;
	memset(text, '[', sizeof text);
	for (int skip = 0; skip < 2; skip++) {
		start(&r, text, sizeof text, 0);
		r.ctx.limits.depth = 100;
		if (skip)
			json_in_skip(&r.j);
		else
			dump(&r);
		assert_true(r.j.stopped);
		assert_int_equal(r.ctx.diags.n, 1);
		assert_int_equal(r.ctx.diags.list[0].id, DIAG_TEXT_DEPTH);
		end(&r);
	}
}

static void
test_fields(void **state)
{
	static const char text[] = "{\"name\": 1,\n \"x\": [{}, 2], \"arg\": null, \"arg\": 2,\n"
	    "\"name\": 3, \"name\\u0000s\": 4}";
	static const char *const names[] = { "name", "arg", NULL };
	struct run r;
	int64_t got[3] = { 0 }, i;

	(void)state;
	start(&r, text, sizeof text - 1, 16);
	assert_true(json_in_open(&r.j, JSON_IN_OBJECT));
	while ((i = json_in_field(&r.j, names)) >= 0)
		assert_true(json_in_int(&r.j, &got[i]));
	assert_int_equal(got[0], 3);
	assert_int_equal(got[1], 2);
	assert_int_equal(r.j.unknown, 2);
	assert_int_equal(r.ctx.diags.n, 1);
	assert_int_equal(r.ctx.diags.list[0].id, DIAG_TEXT_DUPLICATE);
	assert_int_equal(r.ctx.diags.list[0].line, 3);
	assert_true(json_in_end(&r.j));
	end(&r);
}

static void
test_numbers(void **state)
{
	static const struct { const char *text; int64_t want; unsigned diags; } rows[] = {
		{ "9223372036854775807", INT64_MAX, 0 }, { "-9223372036854775808", INT64_MIN, 0 },
		{ "9223372036854775808", INT64_MAX, 1 }, { "-1e30", INT64_MIN, 1 },
		{ "3.0", 3, 0 }, { "1e3", 1000, 0 }, { "1.5", 1, 1 }, { "NaN", 0, 1 }, { "-0", 0, 0 }
	};
	struct run r;
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		start(&r, rows[i].text, strlen(rows[i].text), 0);
		assert_true(json_in_int(&r.j, &v));
		assert_true(v == rows[i].want);
		assert_int_equal(r.ctx.diags.n, rows[i].diags);
		end(&r);
	}
}

/* What is of another kind is reported and passed over; null without a word. */
static void
test_kinds(void **state)
{
	static const char text[] = "[\"Infinity\", \"x\", [1], null, {\"a\": []}, 7]";
	struct json_in_text t;
	struct run r;
	int64_t v;
	double d;

	(void)state;
	start(&r, text, sizeof text - 1, 16);
	assert_true(json_in_open(&r.j, JSON_IN_ARRAY));
	assert_true(json_in_item(&r.j) && json_in_double(&r.j, &d) && d > 1e308);
	assert_true(json_in_item(&r.j) && !json_in_double(&r.j, &d));
	assert_true(json_in_item(&r.j) && !json_in_string(&r.j, &t));
	assert_int_equal(r.ctx.diags.n, 2);
	assert_true(json_in_item(&r.j) && !json_in_open(&r.j, JSON_IN_OBJECT));
	assert_int_equal(r.ctx.diags.n, 2);
	assert_true(json_in_item(&r.j) && !json_in_open(&r.j, JSON_IN_ARRAY));
	assert_true(json_in_item(&r.j) && json_in_int(&r.j, &v) && v == 7);
	assert_false(json_in_item(&r.j));
	assert_int_equal(r.ctx.diags.n, 3);
	assert_true(json_in_end(&r.j));
	end(&r);
}

static void
test_cut(void **state)
{
	static const char text[] = "[\"0123456789\", \"\\u0030123456789\", 1]";
	struct json_in_text t;
	struct run r;

	(void)state;
	for (uint32_t window = 0; window <= 16; window += 16) {
		start(&r, text, sizeof text - 1, window);
		r.ctx.limits.text = 4;
		assert_true(json_in_open(&r.j, JSON_IN_ARRAY));
		for (int i = 0; i < 2; i++) {
			assert_true(json_in_item(&r.j) && json_in_string(&r.j, &t));
			assert_true(t.cut && t.n == 4 && memcmp(t.s, "0123", 4) == 0);
		}
		assert_true(json_in_item(&r.j));
		json_in_skip(&r.j);
		assert_false(json_in_item(&r.j));
		assert_true(json_in_end(&r.j));
		end(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
