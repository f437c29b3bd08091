/* SPDX-License-Identifier: Apache-2.0 */
/* The notation of types, written and read. What decides whether a name needs
 * quotes is the reader's own view of it: a word that it would take for a
 * number, a range or ?, or that it would not take whole. */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/sink.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ir/dim.h"
#include "ir/type.h"

static const char *const wrappers[] = {
	[TY_SPARSE] = "sparse", [TY_SEQ] = "seq", [TY_OPT] = "opt", [TY_MAP] = "map",
	[TY_OPAQUE] = "opaque", [TY_TUPLE] = "tuple", [TY_LIST] = "list", [TY_DICT] = "dict",
	[TY_STATE] = "state", [TY_IMAGE] = "image",
};
enum { NWRAPPERS = sizeof wrappers / sizeof *wrappers };

/* Single values, by the names Core ML gives them; the last two are Python's. */
static const struct scalar { enum dtype dtype; const char *name; } scalars[] = {
	{ DT_I64, "int64" }, { DT_F64, "double" }, { DT_STR, "string" },
	{ DT_BOOL, "boolean" }, { DT_C128, "complex" }
};
enum { NSCALARS = sizeof scalars / sizeof *scalars };

struct parser {
	const char *s;
	uint32_t n, i;      /* length, place */
	uint32_t bad;       /* column of the first wrong character */
	struct types *types;
	struct strtab *strs;
};

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int
peek(const struct parser *p)
{
	return p->i < p->n ? (unsigned char)p->s[p->i] : -1;
}

static bool
accept(struct parser *p, char c)
{
	if (peek(p) != c)
		return false;
	p->i++;
	return true;
}

static bool
fail(struct parser *p)
{
	p->bad = p->i;
	return false;
}

static bool
expect(struct parser *p, char c)
{
	return accept(p, c) || fail(p);
}

static void
skip_spaces(struct parser *p)
{
	while (accept(p, ' '))
		continue;
}

/* -?[0-9]+ that fits; else the place is left where it breaks. */
static bool
parse_int(struct parser *p, int64_t *out)
{
	bool minus = accept(p, '-');

	*out = 0;
	if (!is_digit(peek(p)))
		return fail(p);
	for (; is_digit(peek(p)); p->i++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, (minus ? -1 : 1) * (peek(p) - '0'), out))
			return fail(p);
	return true;
}

/* Is the whole text of the form -?[0-9]+(\.\.(-?[0-9]+)?)? ? */
static bool
looks_numeric(const char *s, uint32_t n)
{
	struct parser p = { .s = s, .n = n };
	int i;

	for (i = 0; i < 2; i++) {
		accept(&p, '-');
		if (!is_digit(peek(&p)))
			return false;
		while (is_digit(peek(&p)))
			p.i++;
		if (p.i == n)
			return true;
		if (i > 0 || !accept(&p, '.') || !accept(&p, '.'))
			return false;
		if (p.i == n)
			return true;
	}
	return false;
}

static bool
is_bare_byte(int c)
{
	return c > 0 && strchr(",[]{}()'\"\\", c) == NULL;
}

/* Would the parser read these bytes, unquoted, as a name? */
static bool
is_bare(const char *s, uint32_t n)
{
	uint32_t i, cp;
	unsigned len;

	if (n == 0 || s[0] == ' ' || s[n - 1] == ' ' || (n == 1 && *s == '?') ||
	    looks_numeric(s, n))
		return false;
	for (i = 0; i < n; i += len) {
		if ((len = utf8_decode(s + i, n - i, &cp)) == 0 || utf8_width(cp) < 0)
			return false;
		if (cp < 0x80 && !is_bare_byte((int)cp))
			return false;
	}
	return true;
}

static void
name_print(struct sink *out, const struct str *name)
{
	const char *s = name == NULL ? "" : name->s, *end, *quote;
	uint32_t n = name == NULL ? 0 : name->len;

	if (is_bare(s, n)) {
		sink_write(out, s, n);
		return;
	}
	end = s + n;
	sink_puts(out, "'");
	while ((quote = memchr(s, '\'', (size_t)(end - s))) != NULL) {
		sink_safe(out, s, (size_t)(quote - s), 0);
		sink_puts(out, "\\x27");
		s = quote + 1;
	}
	sink_safe(out, s, (size_t)(end - s), 0);
	sink_puts(out, "'");
}

void
dim_print(struct sink *out, const struct dim *d)
{
	uint32_t i;

	switch (d->kind) {
	case DIM_UNKNOWN:
		sink_puts(out, "?");
		break;
	case DIM_CONST:
		sink_i64(out, d->lo);
		break;
	case DIM_SYM:
		name_print(out, d->sym);
		break;
	case DIM_RANGE:
		sink_i64(out, d->lo);
		sink_puts(out, "..");
		if (d->hi != -1)
			sink_i64(out, d->hi);
		break;
	case DIM_CHOICE:
		for (i = 0; i < d->n; i++) {
			sink_puts(out, i == 0 ? "{" : ",");
			sink_i64(out, d->list[i]);
		}
		sink_puts(out, d->n == 0 ? "{}" : "}");
		break;
	case DIM_ANON: case DIM_SUM: case DIM_PRODUCT: case DIM_FLOOR:
	case DIM_MIN: case DIM_MAX: case DIM_BROADCAST:
		dim_print_expression(out, d);
		break;
	}
}

static void
dtype_print(struct sink *out, const struct type *t)
{
	bool numbered = t->dtype == DT_NONE && t->dtype_raw != 0;

	sink_puts(out, numbered ? "dtype" : dtype_name(t->dtype));
	if (numbered)
		sink_i64(out, t->dtype_raw);
}

static void
dims_print(struct sink *out, const struct type *t, const char *between)
{
	for (uint32_t i = 0; i < t->rank; i++) {
		if (i > 0)
			sink_puts(out, between);
		dim_print(out, t->dims[i]);
	}
}

static void
shape_print(struct sink *out, const struct type *t)
{
	sink_puts(out, "[");
	dims_print(out, t, ",");
	sink_puts(out, "]");
}

static void
shaped_print(struct sink *out, const struct type *t)
{
	dtype_print(out, t);
	if (t->has_rank)
		shape_print(out, t);
	else
		sink_puts(out, "*");
}

static void
items_print(struct sink *out, const struct type *t)
{
	for (uint32_t i = 0; i < t->nitems; i++) {
		if (i > 0)
			sink_puts(out, ",");
		type_print(out, t->items[i]);
	}
}

/* What stands between the parentheses of a wrapper. */
static void
inside_print(struct sink *out, const struct type *t)
{
	switch ((int)t->tag) {
	case TY_SPARSE:
		shaped_print(out, t);
		return;
	case TY_OPAQUE:
		name_print(out, t->domain);
		sink_puts(out, ",");
		name_print(out, t->name);
		return;
	case TY_IMAGE:
		name_print(out, t->name);
		sink_puts(out, ",");
		dims_print(out, t, "x");
		return;
	case TY_TUPLE:
	case TY_DICT:
		items_print(out, t);
		return;
	case TY_MAP:
		dtype_print(out, t);
		sink_puts(out, ",");
		break;
	default:
		break;
	}
	type_print(out, t->elem);
	if (t->tag == TY_LIST) {
		sink_puts(out, ",");
		dims_print(out, t, ",");
	}
}

/* All that a shape may be, behind the default one. */
static void
flexible_print(struct sink *out, const struct type *t)
{
	bool image = t->elem->tag == TY_IMAGE;
	uint32_t i;

	type_print(out, t->elem);
	sink_puts(out, t->tag == TY_RANGE ? image ? "{range w " : "{range " : "{enum ");
	if (t->tag == TY_RANGE)
		dims_print(out, t, image ? " h " : ",");
	for (i = 0; i < t->nitems; i++) {
		if (i > 0)
			sink_puts(out, "|");
		if (image)
			dims_print(out, t->items[i], "x");
		else
			shape_print(out, t->items[i]);
	}
	sink_puts(out, "}");
}

static void
scalar_print(struct sink *out, const struct type *t)
{
	for (uint32_t i = 0; i < NSCALARS; i++)
		if (scalars[i].dtype == t->dtype)
			sink_puts(out, scalars[i].name);
}

void
type_print(struct sink *out, const struct type *t)
{
	switch (t == NULL ? TY_NONE : t->tag) {
	case TY_NONE:
		sink_puts(out, "?");
		return;
	case TY_BAD:
		sink_puts(out, "bad");
		return;
	case TY_TENSOR:
		shaped_print(out, t);
		return;
	case TY_SCALAR:
		scalar_print(out, t);
		return;
	case TY_RANGE:
	case TY_ENUM:
		flexible_print(out, t);
		return;
	case TY_SPARSE: case TY_SEQ: case TY_OPT: case TY_MAP: case TY_OPAQUE: case TY_TUPLE:
	case TY_LIST: case TY_DICT: case TY_STATE: case TY_IMAGE:
		break;
	}
	sink_puts(out, wrappers[t->tag]);
	sink_puts(out, "(");
	inside_print(out, t);
	sink_puts(out, ")");
	if (t->tag == TY_SEQ && t->rank > 0) {
		sink_puts(out, "{");
		dims_print(out, t, ",");
		sink_puts(out, "}");
	}
}

/* Hex digits of an escape; at most max of them. */
static bool
parse_hex(struct parser *p, unsigned max, uint32_t *out)
{
	static const char digits[] = "0123456789abcdef";
	const char *d;
	unsigned i;

	*out = 0;
	for (i = 0; i < max && peek(p) > 0; i++, p->i++) {
		if ((d = strchr(digits, peek(p))) == NULL)
			break;
		*out = *out << 4 | (uint32_t)(d - digits);
	}
	return i > 0 || fail(p);
}

/* The escape behind a backslash: appends 1 to 4 bytes. */
static bool
parse_escape(struct parser *p, char *buf, uint32_t *len)
{
	uint32_t v, start = p->i, n;

	if (accept(p, 'x')) {
		if (!parse_hex(p, 2, &v))
			return false;
		buf[(*len)++] = (char)v;
		return true;
	}
	if (!expect(p, 'u') || !expect(p, '{') || !parse_hex(p, 6, &v) || !expect(p, '}'))
		return false;
	if ((n = utf8_encode(buf + *len, v)) == 0) {
		p->bad = start;
		return false;
	}
	*len += n;
	return true;
}

/* The rest of a quoted name. An escape is longer than what it stands for, so
 * the text's own length is room enough. */
static const struct str *
parse_quoted(struct parser *p)
{
	const char *close = memchr(p->s + p->i, '\'', p->n - p->i);
	uint32_t len = 0;
	char *buf;

	if (close == NULL) {
		p->bad = p->n;
		return NULL;
	}
	buf = arena_array(p->types->arena, (size_t)(close - p->s) - p->i + 1, 1);
	while (!accept(p, '\''))
		if (!accept(p, '\\'))
			buf[len++] = p->s[p->i++];
		else if (!parse_escape(p, buf, &len))
			return NULL;
	return str_intern(p->strs, buf, len);
}

static const struct str *
parse_name(struct parser *p)
{
	uint32_t start, end;

	skip_spaces(p);
	if (accept(p, '\'')) {
		const struct str *name = parse_quoted(p);

		skip_spaces(p);
		return name;
	}
	for (start = p->i; is_bare_byte(peek(p)); p->i++)
		continue;
	for (end = p->i; end > start && p->s[end - 1] == ' '; end--)
		continue;
	if (is_bare(p->s + start, end - start))
		return str_intern(p->strs, p->s + start, end - start);
	if (end > start)
		p->i = start;
	fail(p);
	return NULL;
}

static const struct dim *
parse_choice(struct parser *p)
{
	int64_t *list = NULL;
	uint32_t n = 0;

	if (!accept(p, '}')) {
		do {
			list = arena_grow(p->types->arena, list, n, sizeof *list);
			skip_spaces(p);
			if (!parse_int(p, &list[n++]))
				return NULL;
			skip_spaces(p);
		} while (accept(p, ','));
		if (!expect(p, '}'))
			return NULL;
	}
	return dim_choice(p->types, list, n);
}

/* A number or a range. */
static const struct dim *
parse_numeric(struct parser *p)
{
	int64_t lo, hi = -1;

	if (!parse_int(p, &lo))
		return NULL;
	if (!accept(p, '.'))
		return dim_const(p->types, lo);
	if (!expect(p, '.'))
		return NULL;
	if ((peek(p) == '-' || is_digit(peek(p))) && !parse_int(p, &hi))
		return NULL;
	return dim_range(p->types, lo, hi);
}

static const struct dim *
parse_dim(struct parser *p)
{
	const struct str *name;
	uint32_t end;

	skip_spaces(p);
	if (accept(p, '{'))
		return parse_choice(p);
	for (end = p->i; end < p->n && is_bare_byte((unsigned char)p->s[end]); end++)
		continue;
	while (end > p->i && p->s[end - 1] == ' ')
		end--;
	if (end - p->i == 1 && accept(p, '?'))
		return dim_unknown(p->types);
	if (looks_numeric(p->s + p->i, end - p->i))
		return parse_numeric(p);
	name = parse_name(p);
	return name == NULL ? NULL : dim_sym(p->types, name);
}

static bool
parse_dims(struct parser *p, struct type *t)
{
	const struct dim **dims = NULL, *d;

	t->has_rank = true;
	skip_spaces(p);
	if (accept(p, ']'))
		return true;
	do {
		if ((d = parse_dim(p)) == NULL)
			return false;
		dims = arena_grow(p->types->arena, dims, t->rank, sizeof *dims);
		dims[t->rank++] = d;
		skip_spaces(p);
	} while (accept(p, ','));
	t->dims = dims;
	return expect(p, ']');
}

/* Length of the word of letters and digits here. */
static uint32_t
word_length(const struct parser *p)
{
	uint32_t i = p->i;

	while (i < p->n && (is_digit(p->s[i]) || (p->s[i] >= 'a' && p->s[i] <= 'z')))
		i++;
	return i - p->i;
}

/* dtype99: an element type known by its number in the file alone. */
static bool
parse_numbered(struct parser *p, struct type *t)
{
	int64_t raw;

	p->i += 5;
	if (!parse_int(p, &raw))
		return false;
	t->dtype_raw = (int32_t)raw;
	return raw == t->dtype_raw || fail(p);
}

/* f32, ?, or dtype99. */
static bool
parse_dtype(struct parser *p, struct type *t)
{
	uint32_t n = word_length(p);
	int dtype;

	if (accept(p, '?'))
		return true;
	if (n >= 5 && memcmp(p->s + p->i, "dtype", 5) == 0)
		return parse_numbered(p, t);
	if ((dtype = dtype_parse(p->s + p->i, n)) < 0)
		return fail(p);
	t->dtype = (enum dtype)dtype;
	p->i += n;
	return true;
}

static bool
parse_shaped(struct parser *p, struct type *t)
{
	if (!parse_dtype(p, t))
		return false;
	return accept(p, '*') || (expect(p, '[') && parse_dims(p, t));
}

static const struct type *parse_type(struct parser *, uint32_t depth);

static void
push_dim(struct parser *p, struct type *t, const struct dim *d)
{
	const struct dim **dims = (const struct dim **)(uintptr_t)t->dims;

	dims = arena_grow(p->types->arena, dims, t->rank, sizeof *dims);
	dims[t->rank++] = d;
	t->dims = dims;
}

static void
push_item(struct parser *p, struct type *t, const struct type *item)
{
	const struct type **items = (const struct type **)(uintptr_t)t->items;

	items = arena_grow(p->types->arena, items, t->nitems, sizeof *items);
	items[t->nitems++] = item;
	t->items = items;
}

/* A number, a range or ?, which ends with its last digit or dot: images have
 * dims without brackets. */
static bool
parse_bare_dim(struct parser *p, struct type *t)
{
	const struct dim *d = NULL;

	if (accept(p, '?'))
		d = dim_unknown(p->types);
	else if (peek(p) == '-' || is_digit(peek(p)))
		d = parse_numeric(p);
	else
		fail(p);
	if (d != NULL)
		push_dim(p, t, d);
	return d != NULL;
}

static bool
parse_items(struct parser *p, struct type *t, uint32_t depth)
{
	const struct type *item;

	if (peek(p) == ')')
		return true;
	do {
		skip_spaces(p);
		if ((item = parse_type(p, depth + 1)) == NULL)
			return false;
		push_item(p, t, item);
	} while (accept(p, ','));
	return true;
}

/* 8x16 */
static bool
parse_size(struct parser *p, struct type *t)
{
	return parse_bare_dim(p, t) && expect(p, 'x') && parse_bare_dim(p, t);
}

/* What stands between the parentheses of a wrapper. */
static bool
parse_inside(struct parser *p, struct type *t, uint32_t depth)
{
	if (t->tag == TY_SPARSE)
		return parse_shaped(p, t);
	if (t->tag == TY_OPAQUE)
		return (t->domain = parse_name(p)) != NULL && expect(p, ',') &&
		    (t->name = parse_name(p)) != NULL;
	if (t->tag == TY_IMAGE)
		return (t->name = parse_name(p)) != NULL && expect(p, ',') && parse_size(p, t);
	if (t->tag == TY_TUPLE || t->tag == TY_DICT)
		return parse_items(p, t, depth);
	if (t->tag == TY_MAP && (!parse_dtype(p, t) || !expect(p, ',')))
		return false;
	skip_spaces(p);
	if ((t->elem = parse_type(p, depth + 1)) == NULL)
		return false;
	return t->tag != TY_LIST || (expect(p, ',') && parse_bare_dim(p, t));
}

static bool
expect_word(struct parser *p, const char *word)
{
	while (*word != '\0')
		if (!expect(p, *word++))
			return false;
	return true;
}

/* Behind "{range ". */
static bool
parse_ranges(struct parser *p, struct type *t)
{
	if (t->elem->tag == TY_IMAGE)
		return expect_word(p, "w ") && parse_bare_dim(p, t) && expect_word(p, " h ") &&
		    parse_bare_dim(p, t) && expect(p, '}');
	if (accept(p, '}'))
		return true;
	do {
		if (!parse_bare_dim(p, t))
			return false;
	} while (accept(p, ','));
	return expect(p, '}');
}

/* Behind "{enum ": shapes of the default's element type, or sizes. */
static bool
parse_shapes(struct parser *p, struct type *t)
{
	if (accept(p, '}'))
		return true;
	do {
		struct type item = *t->elem;

		item.rank = 0;
		item.dims = NULL;
		if (item.tag == TY_IMAGE ? !parse_size(p, &item) :
		    !expect(p, '[') || !parse_dims(p, &item))
			return false;
		push_item(p, t, type_intern(p->types, &item));
	} while (accept(p, '|'));
	return expect(p, '}');
}

/* The braces behind a shape, an image or a sequence, if there are any. */
static bool
parse_braces(struct parser *p, struct type *t)
{
	if ((t->tag != TY_TENSOR && t->tag != TY_IMAGE && t->tag != TY_SEQ) || !accept(p, '{'))
		return true;
	if (t->tag == TY_SEQ)
		return parse_bare_dim(p, t) && expect(p, '}');
	t->elem = type_intern(p->types, t);
	t->tag = peek(p) == 'e' ? TY_ENUM : TY_RANGE;
	t->dtype = DT_NONE;
	t->dtype_raw = 0;
	t->has_rank = false;
	t->rank = 0;
	t->dims = NULL;
	t->name = NULL;
	if (t->tag == TY_ENUM)
		return expect_word(p, "enum ") && parse_shapes(p, t);
	return expect_word(p, "range ") && parse_ranges(p, t);
}

static bool
parse_plain(struct parser *p, struct type *t)
{
	/* a lone ? is no type at all; with a shape behind it, only the element
	 * type is unknown */
	if (peek(p) == '?' &&
	    (p->i + 1 == p->n || strchr(",) ", p->s[p->i + 1]) != NULL)) {
		p->i++;
		return true;
	}
	t->tag = TY_TENSOR;
	return parse_shaped(p, t);
}

static bool
is_word(const struct parser *p, uint32_t n, const char *word)
{
	return word != NULL && strlen(word) == n && memcmp(word, p->s + p->i, n) == 0;
}

/* A wrapper, a word or a shape. */
static bool
parse_form(struct parser *p, struct type *t, uint32_t depth)
{
	uint32_t n = word_length(p), i;

	for (i = 0; i < NWRAPPERS && !is_word(p, n, wrappers[i]); i++)
		continue;
	if (i < NWRAPPERS) {
		t->tag = (enum type_tag)i;
		p->i += n;
		return expect(p, '(') && parse_inside(p, t, depth) && expect(p, ')');
	}
	for (i = 0; i < NSCALARS && !is_word(p, n, scalars[i].name); i++)
		continue;
	if (i == NSCALARS && !is_word(p, n, "bad"))
		return parse_plain(p, t);
	t->tag = i < NSCALARS ? TY_SCALAR : TY_BAD;
	t->dtype = i < NSCALARS ? scalars[i].dtype : DT_NONE;
	p->i += n;
	return true;
}

static const struct type *
parse_type(struct parser *p, uint32_t depth)
{
	struct type t = { .tag = TY_NONE };

	if (depth > p->types->arena->ctx->limits.depth) {
		fail(p);
		return NULL;
	}
	if (!parse_form(p, &t, depth) || !parse_braces(p, &t))
		return NULL;
	return type_intern(p->types, &t);
}

const struct type *
type_parse(struct types *types, struct strtab *strs, const char *s, uint32_t n,
    uint32_t *at)
{
	struct parser p = { .s = s, .n = n, .types = types, .strs = strs };
	const struct type *t;

	skip_spaces(&p);
	t = parse_type(&p, 0);
	skip_spaces(&p);
	if (t != NULL && p.i < n) {
		fail(&p);
		t = NULL;
	}
	if (t == NULL)
		*at = p.bad;
	return t;
}
