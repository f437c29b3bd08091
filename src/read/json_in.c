/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON pull parser. Invariant: p stands before a value, or behind one,
 * which the newest frame knows: a comma, colon or closing mark is taken when
 * the next thing is asked for, since taking it may move the window under a
 * text that was handed out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "read/json_in.h"
#include "read/lexer.h"

enum { NUMBER_MAX = 400 }; /* characters: more digits than any double has */

struct json_in_frame {
	bool object, first;
	bool colon;           /* a key was read, its colon was not */
	unsigned hint;        /* members come in the order of their names, mostly */
	uint64_t seen;        /* names of json_in_field, a bit each */
};

uint64_t
json_in_at(const struct json_in *j)
{
	return j->win.base + (uint64_t)(j->p - j->win.buf);
}

static struct where
where(const struct json_in *j)
{
	return (struct where){ .loc = { j->win.src, json_in_at(j), 0 }, .line = j->line };
}

static bool
stop(struct json_in *j, const char *wanted)
{
	struct where at = where(j);

	if (!j->stopped)
		diag_add(j->ctx, j->win.err != 0 ? DIAG_READ_FAILED : DIAG_TEXT_SYNTAX, &at,
		    "%s was expected%s; nothing more was read", wanted,
		    j->win.err != 0 ? ", but the file could not be read" :
		    j->p == j->end ? ", not the end of the text" : "");
	j->stopped = true;
	return false;
}

/* See to it that n bytes are ahead in one piece. */
static bool
have(struct json_in *j, size_t n)
{
	uint64_t at = json_in_at(j);
	const unsigned char *p;

	if ((size_t)(j->end - j->p) >= n)
		return true;
	p = window_at(&j->win, at, n);
	j->p = j->win.buf == NULL ? NULL : j->win.buf + (at - j->win.base);
	j->end = j->win.buf == NULL ? NULL : j->win.buf + j->win.len;
	return p != NULL;
}

static int
peek(struct json_in *j)
{
	return !j->stopped && (j->p < j->end || have(j, 1)) ? *j->p : -1;
}

/* The first byte that is no space, not taken. */
static int
ahead(struct json_in *j)
{
	int c;

	while ((c = peek(j)) == ' ' || (c >= '\t' && c <= '\r')) {
		j->line += c == '\n';
		j->p++;
	}
	return c;
}

static bool
take(struct json_in *j, int mark)
{
	if (ahead(j) != mark)
		return false;
	j->p++;
	return true;
}

void
json_in_init(struct json_in *j, struct ctx *ctx, const struct source *src, struct arena *scratch)
{
	memset(j, 0, sizeof *j);
	j->ctx = ctx;
	j->scratch = scratch;
	j->line = 1;
	window_init(&j->win, src, scratch, ctx->limits.window);
	j->p = j->end = j->win.buf;
	if (have(j, 3) && memcmp(j->p, "\xef\xbb\xbf", 3) == 0)
		j->p += 3;
}

bool
json_in_end(struct json_in *j)
{
	if (ahead(j) >= 0)
		stop(j, "the end of the text");
	return !j->stopped;
}

static void
keep(struct json_in *j, const void *s, size_t n)
{
	uint32_t room = j->ctx->limits.text - j->ntext, cap = j->ctext;
	char *more;

	n = n < room ? n : room;
	if (n > cap - j->ntext) {
		for (cap = cap > 0 ? cap : 128; cap - j->ntext < n; cap *= 2)
			;
		more = arena_array(j->scratch, cap, 1);
		if (j->ntext > 0)
			memcpy(more, j->text, j->ntext);
		j->text = more;
		j->ctext = cap;
	}
	if (n > 0)
		memcpy(j->text + j->ntext, s, n);
	j->ntext += (uint32_t)n;
}

/* An escape, p at its backslash. false: the text ends in it. */
static bool
read_escape(struct json_in *j, bool keeping)
{
	const char *s;
	char out[4];
	bool bad = false;
	size_t n = 12; /* two of \uXXXX */
	unsigned len;
	struct where at;

	while (!have(j, n))
		n--;
	if (n < 2)
		return false;
	s = (const char *)j->p + 1;
	len = lexer_escape(&s, (const char *)j->p + n, out, &bad);
	if (bad && keeping) {
		at = where(j);
		diag_add(j->ctx, DIAG_TEXT_VALUE, &at, "an escape that does not exist "
		    "or is half a character; it was replaced");
	}
	j->p = (const unsigned char *)s;
	if (keeping)
		keep(j, out, len);
	return true;
}

/* Bytes up to the next quote, escape or end of the window. */
static size_t
plain(struct json_in *j)
{
	const unsigned char *p = j->p;

	for (; p < j->end && *p != '"' && *p != '\\'; p++)
		j->line += *p == '\n';
	return (size_t)(p - j->p);
}

/* p behind the opening quote. In one piece without escapes, the text is a
 * slice of the window. out NULL: pass over it. */
static bool
string_body(struct json_in *j, struct json_in_text *out)
{
	size_t n = plain(j);

	if (out != NULL && j->p + n < j->end && j->p[n] == '"' && n <= j->ctx->limits.text) {
		*out = (struct json_in_text){ (const char *)j->p, (uint32_t)n, false };
		j->p += n + 1;
		return true;
	}
	j->ntext = 0;
	for (;; n = plain(j)) {
		if (out != NULL) {
			out->cut |= n > j->ctx->limits.text - j->ntext;
			keep(j, j->p, n);
		}
		j->p += n;
		if (peek(j) == '"')
			break;
		if (j->p == j->end || (*j->p == '\\' && !read_escape(j, out != NULL)))
			return stop(j, "the end of a string");
	}
	j->p++;
	if (out != NULL) {
		out->s = j->text != NULL ? j->text : "";
		out->n = j->ntext;
	}
	return true;
}

/* The rest of a value's mark: all that may belong to a number or word. */
static size_t
scan_word(struct json_in *j, char buf[NUMBER_MAX + 1])
{
	size_t n = 0;
	int c;

	while ((c = peek(j)) >= 0 && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '.')) {
		if (n < NUMBER_MAX)
			buf[n++] = (char)c;
		j->p++;
	}
	buf[n] = '\0';
	return n;
}

static size_t
digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* RFC 8259 section 6, and the three names of Python. */
static bool
is_number(const char *s)
{
	size_t n;

	if (strcmp(s, "NaN") == 0)
		return true;
	s += *s == '-';
	if (strcmp(s, "Infinity") == 0)
		return true;
	if ((n = digits(s)) == 0 || (*s == '0' && n > 1))
		return false;
	s += n;
	if (*s == '.') {
		if ((n = digits(s + 1)) == 0)
			return false;
		s += n + 1;
	}
	if (*s == 'e' || *s == 'E') {
		s += 1 + (s[1] == '+' || s[1] == '-');
		if ((n = digits(s)) == 0)
			return false;
		s += n;
	}
	return *s == '\0';
}

/* Take the colon that a key left behind. */
static bool
arrive(struct json_in *j)
{
	struct json_in_frame *f = j->depth > 0 ? &j->stack[j->depth - 1] : NULL;

	if (f == NULL || !f->colon)
		return !j->stopped;
	f->colon = false;
	return take(j, ':') || stop(j, "a colon");
}

enum json_in_kind
json_in_kind(struct json_in *j)
{
	int c = arrive(j) ? ahead(j) : -1;

	switch (c) {
	case '{': return JSON_IN_OBJECT;
	case '[': return JSON_IN_ARRAY;
	case '"': return JSON_IN_STRING;
	case 't': case 'f': return JSON_IN_BOOL;
	case 'n': return JSON_IN_NULL;
	case '-': case 'N': case 'I': return JSON_IN_NUMBER;
	default:
		if (c >= '0' && c <= '9')
			return JSON_IN_NUMBER;
		stop(j, "a value");
		return JSON_IN_NONE;
	}
}

/* Object or array: in, as the newest frame. */
static bool
push(struct json_in *j, bool object)
{
	struct where at = where(j);
	struct json_in_frame *more;

	if (j->depth >= j->ctx->limits.depth) {
		diag_add(j->ctx, DIAG_TEXT_DEPTH, &at, "more than %u levels; nothing more "
		    "was read", j->depth);
		j->stopped = true;
		return false;
	}
	if (j->depth == j->cap) {
		more = arena_array(j->scratch, j->cap = j->cap > 0 ? j->cap * 2 : 32, sizeof *more);
		if (j->depth > 0)
			memcpy(more, j->stack, j->depth * sizeof *more);
		j->stack = more;
	}
	j->stack[j->depth++] = (struct json_in_frame){ .object = object, .first = true };
	j->p++;
	return true;
}

/* Another member or element? Leaves the frame when there is none. */
static bool
next(struct json_in *j)
{
	struct json_in_frame *f = &j->stack[j->depth - 1];
	int c = ahead(j), close = f->object ? '}' : ']';

	if (c == close) {
		j->p++;
	} else if (!j->stopped && (f->first || (c == ',' && ++j->p && ahead(j) != close))) {
		f->first = false;
		return true;
	} else {
		stop(j, c == ',' ? "a value behind the comma" : f->object ? "a comma or }" :
		    "a comma or ]");
	}
	j->depth--;
	return false;
}

static bool
next_key(struct json_in *j, struct json_in_text *out)
{
	struct json_in_frame *f = &j->stack[j->depth - 1];

	if (!take(j, '"')) {
		j->depth--;
		return stop(j, "a key in quotes");
	}
	f->colon = true;
	if (string_body(j, out))
		return true;
	j->depth--;
	return false;
}

bool
json_in_item(struct json_in *j)
{
	return next(j);
}

bool
json_in_key(struct json_in *j, struct json_in_text *out)
{
	out->cut = false;
	return next(j) && next_key(j, out);
}

/* A string, number or word. */
static void
skip_scalar(struct json_in *j, enum json_in_kind kind)
{
	static const char *const words[] = { "true", "false", "null" };
	char buf[NUMBER_MAX + 1];

	if (kind == JSON_IN_STRING) {
		j->p++;
		string_body(j, NULL);
		return;
	}
	if (kind == JSON_IN_NONE)
		return;
	scan_word(j, buf);
	if (kind == JSON_IN_NUMBER && is_number(buf))
		return;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(buf, words[i]) == 0)
			return;
	stop(j, "a value");
}

void
json_in_skip(struct json_in *j)
{
	uint32_t depth = j->depth;
	enum json_in_kind kind;

	for (;;) {
		kind = json_in_kind(j);
		if (kind == JSON_IN_ARRAY || kind == JSON_IN_OBJECT)
			push(j, kind == JSON_IN_OBJECT);
		else
			skip_scalar(j, kind);
		/* on to the next value, out of what has none left */
		while (j->depth > depth)
			if (next(j) && (!j->stack[j->depth - 1].object || next_key(j, NULL)))
				break;
		if (j->depth <= depth)
			return;
	}
}

/* Is the value ahead of this kind? Others are passed over. */
static bool
is(struct json_in *j, enum json_in_kind want)
{
	static const char *const names[] = { "nothing", "null", "true or false", "a number",
	    "a string", "an array", "an object" };
	enum json_in_kind kind = json_in_kind(j);
	struct where at = where(j);

	if (kind == want)
		return true;
	if (kind != JSON_IN_NULL && kind != JSON_IN_NONE)
		diag_add(j->ctx, DIAG_TEXT_VALUE, &at, "%s in place of %s; it was left out",
		    names[kind], names[want]);
	json_in_skip(j);
	return false;
}

bool
json_in_open(struct json_in *j, enum json_in_kind kind)
{
	return is(j, kind) && push(j, kind == JSON_IN_OBJECT);
}

bool
json_in_string(struct json_in *j, struct json_in_text *out)
{
	out->cut = false;
	if (!is(j, JSON_IN_STRING))
		return false;
	j->p++;
	return string_body(j, out);
}

bool
json_in_bool(struct json_in *j, bool *out)
{
	if (!is(j, JSON_IN_BOOL))
		return false;
	*out = *j->p == 't';
	skip_scalar(j, JSON_IN_BOOL);
	return !j->stopped;
}

/* The characters of the number ahead. */
static bool
number(struct json_in *j, char buf[NUMBER_MAX + 1])
{
	if (!is(j, JSON_IN_NUMBER))
		return false;
	scan_word(j, buf);
	return is_number(buf) || stop(j, "a number");
}

static bool
whole(const char *s, int64_t *out)
{
	bool minus = *s == '-';
	uint64_t v = 0, most = (uint64_t)INT64_MAX + minus;

	for (s += minus; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || v > (most - (uint64_t)(*s - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*out = (int64_t)(minus ? 0 - v : v);
	return true;
}

bool
json_in_int(struct json_in *j, int64_t *out)
{
	char buf[NUMBER_MAX + 1];
	struct where at;
	double d;

	if (!number(j, buf))
		return false;
	if (whole(buf, out))
		return true;
	d = strtod(buf, NULL);
	if (d >= -0x1p63 && d < 0x1p63 && d == floor(d) && buf[digits(buf + 1) + 1] != '\0') {
		*out = (int64_t)d;
		return true;
	}
	at = where(j);
	diag_add(j->ctx, DIAG_TEXT_VALUE, &at, "%.40s is no whole number of 64 bits; the nearest "
	    "was taken", buf);
	*out = isnan(d) ? 0 : d < -0x1p62 ? INT64_MIN : d > 0x1p62 ? INT64_MAX : (int64_t)d;
	return true;
}

bool
json_in_double(struct json_in *j, double *out)
{
	char buf[NUMBER_MAX + 1];
	struct json_in_text t;
	struct where at;

	if (json_in_kind(j) != JSON_IN_STRING) {
		if (!number(j, buf))
			return false;
		*out = strtod(buf, NULL);
		return true;
	}
	at = where(j);
	if (!json_in_string(j, &t))
		return false;
	if (t.n == 3 && memcmp(t.s, "NaN", 3) == 0)
		*out = NAN;
	else if (t.n == 8 && memcmp(t.s, "Infinity", 8) == 0)
		*out = INFINITY;
	else if (t.n == 9 && memcmp(t.s, "-Infinity", 9) == 0)
		*out = -INFINITY;
	else {
		diag_add(j->ctx, DIAG_TEXT_VALUE, &at, "a string in place of a number; it was "
		    "left out");
		return false;
	}
	return true;
}

/* Index of the key among the names, from the hint on, or -1. */
static int
find_name(struct json_in_frame *f, const char *const *names, const struct json_in_text *key)
{
	unsigned i = names[f->hint] == NULL ? 0 : f->hint, start = i;

	do {
		if (strlen(names[i]) == key->n && memcmp(names[i], key->s, key->n) == 0) {
			f->hint = i + 1;
			return (int)i;
		}
		i = names[i + 1] == NULL ? 0 : i + 1;
	} while (i != start);
	return -1;
}

int
json_in_field(struct json_in *j, const char *const *names)
{
	struct json_in_frame *f;
	struct json_in_text key;
	struct where at;
	int i;

	while (json_in_key(j, &key)) {
		f = &j->stack[j->depth - 1];
		i = find_name(f, names, &key);
		j->unknown += i < 0;
		if (i < 0 || json_in_kind(j) == JSON_IN_NULL) {
			json_in_skip(j);
			continue;
		}
		if (f->seen >> i & 1) {
			at = where(j);
			diag_add(j->ctx, DIAG_TEXT_DUPLICATE, &at, "%s stands twice; the last "
			    "was taken", names[i]);
		}
		f->seen |= UINT64_C(1) << i;
		return i;
	}
	return -1;
}
