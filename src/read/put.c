/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars by field type. A row of kinds says how a number travels: as which
 * wire form, how many bits, signed or not. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "read/lexer.h"
#include "read/put.h"

enum { NUMBER_MAX = 400 }; /* longest number in characters; a double needs at most 330 */

static const struct kind {
	const char *name;
	enum { AS_VARINT, AS_ZIGZAG, AS_FIXED, AS_BYTES } form;
	unsigned bits;
	bool is_signed;
} kinds[] = {
	[PROTOBUF_C_TYPE_INT32] = { "int32", AS_VARINT, 32, true },
	[PROTOBUF_C_TYPE_SINT32] = { "sint32", AS_ZIGZAG, 32, true },
	[PROTOBUF_C_TYPE_SFIXED32] = { "sfixed32", AS_FIXED, 32, true },
	[PROTOBUF_C_TYPE_INT64] = { "int64", AS_VARINT, 64, true },
	[PROTOBUF_C_TYPE_SINT64] = { "sint64", AS_ZIGZAG, 64, true },
	[PROTOBUF_C_TYPE_SFIXED64] = { "sfixed64", AS_FIXED, 64, true },
	[PROTOBUF_C_TYPE_UINT32] = { "uint32", AS_VARINT, 32, false },
	[PROTOBUF_C_TYPE_FIXED32] = { "fixed32", AS_FIXED, 32, false },
	[PROTOBUF_C_TYPE_UINT64] = { "uint64", AS_VARINT, 64, false },
	[PROTOBUF_C_TYPE_FIXED64] = { "fixed64", AS_FIXED, 64, false },
	[PROTOBUF_C_TYPE_FLOAT] = { "float", AS_FIXED, 32, true },
	[PROTOBUF_C_TYPE_DOUBLE] = { "double", AS_FIXED, 64, true },
	[PROTOBUF_C_TYPE_BOOL] = { "bool", AS_VARINT, 1, false },
	[PROTOBUF_C_TYPE_ENUM] = { "enum", AS_VARINT, 32, true },
	[PROTOBUF_C_TYPE_STRING] = { "string", AS_BYTES, 0, false },
	[PROTOBUF_C_TYPE_BYTES] = { "bytes", AS_BYTES, 0, false },
	[PROTOBUF_C_TYPE_MESSAGE] = { "message", AS_BYTES, 0, false },
};

static struct put_frame *
top(const struct put *p)
{
	return &p->stack[p->depth];
}

/* A list of at least want elements that holds the first n of the old one. */
static void *
enlarge(struct put *p, void *old, uint32_t n, uint32_t want, size_t size)
{
	void *list = arena_array(&p->w->scratch, want, size);

	if (n > 0)
		memcpy(list, old, n * size);
	return list;
}

static void
push(struct put *p, const ProtobufCMessageDescriptor *desc, size_t mark)
{
	struct put_frame *f;

	if (p->depth == p->cap) {
		p->cap = p->cap * 2 + 16;
		p->stack = enlarge(p, p->stack, p->depth, p->cap, sizeof *p->stack);
	}
	if (p->ncounts + desc->n_fields > p->ccounts) {
		p->ccounts = p->ccounts * 2 + desc->n_fields + 64;
		p->counts = enlarge(p, p->counts, p->ncounts, p->ccounts,
		    sizeof *p->counts);
	}
	f = &p->stack[p->depth];
	*f = (struct put_frame){ .desc = desc, .counts = p->ncounts, .mark = mark };
	memset(p->counts + p->ncounts, 0, desc->n_fields * sizeof *p->counts);
	p->ncounts += desc->n_fields;
}

void
put_init(struct put *p, struct ctx *ctx, const struct text *text,
    const ProtobufCMessageDescriptor *root, struct wirebuf *w, unsigned style)
{
	*p = (struct put){ .ctx = ctx, .w = w, .src = text->src, .style = style };
	push(p, root, 0);
}

int
put_fini(struct put *p)
{
	while (p->depth > 0)
		put_close(p);
	return p->bad || p->w->full ? -1 : 0;
}

const ProtobufCMessageDescriptor *
put_message(const struct put *p)
{
	return top(p)->desc;
}

const ProtobufCFieldDescriptor *
put_find(const struct put *p, const char *name, size_t n)
{
	char z[128];

	if (n >= sizeof z)
		return NULL;
	memcpy(z, name, n);
	z[n] = '\0';
	return protobuf_c_message_descriptor_get_field_by_name(top(p)->desc, z);
}

void
put_field(struct put *p, const ProtobufCFieldDescriptor *field, struct textpos at)
{
	top(p)->field = field;
	p->w->now = at;
}

static struct put_count *
count_of(const struct put *p, const struct put_frame *f)
{
	return &p->counts[f->counts + (uint32_t)(f->field - f->desc->fields)];
}

bool
put_seen(struct put *p)
{
	struct put_count *c = count_of(p, top(p));
	bool before = c->seen;

	c->seen = true;
	return before;
}

bool
put_open(struct put *p)
{
	struct put_frame *f = top(p);

	if (p->depth >= p->ctx->limits.depth) {
		put_error(p, DIAG_TEXT_DEPTH, p->w->now,
		    "messages nested deeper than %" PRIu32
		    "; this one was left out", p->ctx->limits.depth);
		count_of(p, f)->values++;
		return false;
	}
	p->depth++;
	push(p, f->field->descriptor, wirebuf_begin(p->w, f->field->id));
	return true;
}

void
put_close(struct put *p)
{
	wirebuf_end(p->w, top(p)->mark);
	p->ncounts = top(p)->counts;
	p->depth--;
	count_of(p, top(p))->values++;
}

char *
put_room(struct put *p, size_t n)
{
	if (n > p->ctmp) {
		p->ctmp = n < SIZE_MAX / 2 ? n * 2 : n;
		p->tmp = arena_array(&p->w->scratch, p->ctmp, 1);
	}
	return p->tmp;
}

/* The path as far as it fits. */
static void
print_path(const struct put *p, char *path, size_t cap)
{
	const struct put_frame *f;
	size_t n = 0;
	int len;

	path[0] = '\0';
	for (f = p->stack; f <= top(p) && f->field != NULL; f++) {
		if (f->field->label == PROTOBUF_C_LABEL_REPEATED)
			len = snprintf(path + n, cap - n, "%s%s[%" PRIu32 "]",
			    n > 0 ? "." : "",
			    f->field->name, count_of(p, f)->values);
		else
			len = snprintf(path + n, cap - n, "%s%s", n > 0 ? "." : "",
			    f->field->name);
		if (len < 0 || (size_t)len >= cap - n) {
			snprintf(path + n, cap - n, "%.*s", (int)(cap - n - 1), "...");
			return;
		}
		n += (size_t)len;
	}
}

void
put_error(struct put *p, enum diag_id id, struct textpos at, const char *fmt, ...)
{
	struct where where = { .loc = { p->src, at.off, 0 }, .line = at.line };
	char text[512], path[1024];
	va_list ap;

	if (diag_level(id) >= LEVEL_ERROR)
		p->bad = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	print_path(p, path, sizeof path);
	where.path = path;
	diag_add(p->ctx, id, &where, "%s", text);
}

void
put_syntax(struct put *p, const struct token *t, const char *wanted)
{
	int n = (int)(t->n < 40 ? t->n : 40);

	if (!p->lost && t->kind == TOK_END)
		put_error(p, DIAG_TEXT_SYNTAX, t->at, "the text ends where %s should be; "
		    "what came before was kept", wanted);
	else if (!p->lost)
		put_error(p, DIAG_TEXT_SYNTAX, t->at, "'%.*s' stands where %s should be; "
		    "it was left out", n, t->s, wanted);
	p->lost = true;
}

static void
refuse(struct put *p, const struct put_value *v, const char *why)
{
	const ProtobufCFieldDescriptor *f = top(p)->field;

	put_error(p, DIAG_TEXT_VALUE, p->w->now,
	    "%s%.*s%s %s for %s, a field of type %s; "
	    "it was left out", v->minus ? "-" : "", (int)(v->n < 60 ? v->n : 60), v->s,
	    v->n > 60 ? "..." : "", why, f->name, kinds[f->type].name);
}

enum parsed { NUMBER_OK, NUMBER_RANGE, NUMBER_BAD };

/* Decimal digits; 0x1f and 017 where the style has them. */
static enum parsed
parse_digits(const struct put *p, const struct put_value *v, uint64_t *out)
{
	bool radix = p->style & PUT_RADIX && v->n > 1 && v->s[0] == '0', range = false;
	unsigned base = !radix ? 10 : (v->s[1] | 0x20) == 'x' ? 16 : 8;
	size_t i = base == 16 ? 2 : 0;
	int digit;

	if (i == v->n)
		return NUMBER_BAD;
	for (*out = 0; i < v->n; i++) {
		digit = lexer_hex(v->s[i]);
		if (digit < 0 || (unsigned)digit >= base)
			return NUMBER_BAD;
		range |= __builtin_mul_overflow(*out, base, out);
		range |= __builtin_add_overflow(*out, (unsigned)digit, out);
	}
	return range ? NUMBER_RANGE : NUMBER_OK;
}

/* Rounded once, to the type that is wanted. Underflow is zero. */
static enum parsed
parse_real(const struct put *p, const struct put_value *v, bool f32, double *out)
{
	char z[NUMBER_MAX + 1], *end;
	size_t n = v->n;
	uint64_t u;

	if (p->style & PUT_RADIX && n > 1 && (v->s[1] | 0x20) == 'x') {
		*out = parse_digits(p, v, &u) == NUMBER_OK ? (double)u : 0;
		return parse_digits(p, v, &u);
	}
	if (p->style & PUT_RADIX && n > 1 && (v->s[n - 1] | 0x20) == 'f')
		n--;
	if (n > NUMBER_MAX)
		return NUMBER_BAD;
	memcpy(z, v->s, n);
	z[n] = '\0';
	if (strspn(z, "0123456789.eE+-") != n)
		return NUMBER_BAD;
	*out = f32 ? (double)strtof(z, &end) : strtod(z, &end);
	if (*end != '\0' || n == 0)
		return NUMBER_BAD;
	return isinf(*out) ? NUMBER_RANGE : NUMBER_OK;
}

/* Magnitude of an integer. */
static enum parsed
parse_whole(const struct put *p, const struct put_value *v, uint64_t *out)
{
	enum parsed r = parse_digits(p, v, out);
	double d;

	if (r != NUMBER_BAD || !(p->style & PUT_INTEGRAL))
		return r;
	if ((r = parse_real(p, v, false, &d)) != NUMBER_OK)
		return r;
	if (d != floor(d))
		return NUMBER_BAD;
	if (d >= 18446744073709551616.0)
		return NUMBER_RANGE;
	*out = (uint64_t)d;
	return NUMBER_OK;
}

static bool
is_word(const struct put_value *v, const char *word)
{
	size_t i;

	for (i = 0; i < v->n && word[i] != '\0'; i++)
		if ((v->s[i] | 0x20) != word[i])
			return false;
	return i == v->n && word[i] == '\0';
}

static void
emit(struct put *p, uint64_t bits)
{
	const ProtobufCFieldDescriptor *f = top(p)->field;
	const struct kind *k = &kinds[f->type];
	bool list = f->label == PROTOBUF_C_LABEL_REPEATED;

	if (k->form == AS_ZIGZAG)
		bits = bits << 1 ^ -(bits >> 63);
	if (k->form == AS_ZIGZAG && k->bits == 32)
		bits = (uint32_t)bits;
	if (k->form != AS_FIXED)
		(list ? wirebuf_packed_varint : wirebuf_varint)(p->w, f->id, bits);
	else if (k->bits == 32)
		(list ? wirebuf_packed_fixed32 : wirebuf_fixed32)(p->w, f->id,
		    (uint32_t)bits);
	else
		(list ? wirebuf_packed_fixed64 : wirebuf_fixed64)(p->w, f->id, bits);
}

static void
put_real(struct put *p, const struct put_value *v)
{
	bool f32 = kinds[top(p)->field->type].bits == 32;
	enum parsed r = NUMBER_OK;
	double d = 0;
	float f;
	uint32_t bits32;
	uint64_t bits64;

	if (v->kind == PUT_WORD && (is_word(v, "inf") || is_word(v, "infinity")))
		d = INFINITY;
	else if (v->kind == PUT_WORD && is_word(v, "nan"))
		d = NAN;
	else if (v->kind != PUT_NUMBER || (r = parse_real(p, v, f32, &d)) == NUMBER_BAD) {
		refuse(p, v, "is no value");
		return;
	}
	if (r == NUMBER_RANGE)
		put_error(p, DIAG_TEXT_VALUE, p->w->now,
		    "%s%.*s is too large for %s, a field of "
		    "type %s; it was read as infinity", v->minus ? "-" : "",
		    (int)(v->n < 60 ? v->n : 60), v->s, top(p)->field->name,
		    kinds[top(p)->field->type].name);
	d = v->minus ? -d : d;
	f = (float)d;
	memcpy(&bits32, &f, sizeof f);
	memcpy(&bits64, &d, sizeof d);
	emit(p, f32 ? bits32 : bits64);
}

static void
put_whole(struct put *p, const struct put_value *v)
{
	const struct kind *k = &kinds[top(p)->field->type];
	uint64_t u = 0, max;
	enum parsed r = v->kind == PUT_NUMBER ? parse_whole(p, v, &u) : NUMBER_BAD;

	max = UINT64_MAX >> (64 - k->bits + k->is_signed);
	if (r == NUMBER_BAD)
		refuse(p, v, "is no value");
	else if (r == NUMBER_RANGE || (v->minus && !k->is_signed && u > 0) ||
	    u > max + (v->minus && k->is_signed))
		refuse(p, v, "is out of range");
	else
		emit(p, v->minus ? -u : u);
}

static void
put_bool(struct put *p, const struct put_value *v)
{
	if (v->kind == PUT_NUMBER)
		put_whole(p, v);
	else if (v->kind == PUT_WORD && (is_word(v, "true") || is_word(v, "t")))
		emit(p, 1);
	else if (v->kind == PUT_WORD && (is_word(v, "false") || is_word(v, "f")))
		emit(p, 0);
	else
		refuse(p, v, "is no value");
}

static void
put_enum(struct put *p, const struct put_value *v)
{
	const ProtobufCEnumDescriptor *desc = top(p)->field->descriptor;
	const ProtobufCEnumValue *e = NULL;
	char name[128];

	if (v->kind == PUT_NUMBER) {
		put_whole(p, v);
		return;
	}
	if (v->kind == PUT_WORD && v->n < sizeof name) {
		memcpy(name, v->s, v->n);
		name[v->n] = '\0';
		e = protobuf_c_enum_descriptor_get_value_by_name(desc, name);
	}
	if (e == NULL)
		refuse(p, v, "is no value");
	else
		emit(p, (uint64_t)(int64_t)e->value);
}

static void
put_bytes(struct put *p, const struct put_value *v)
{
	if (v->kind == PUT_TEXT)
		wirebuf_bytes(p->w, top(p)->field->id, v->s, v->n);
	else
		refuse(p, v, "is no text");
}

static void
put_no_message(struct put *p, const struct put_value *v)
{
	refuse(p, v, "is no value");
}

void
put_value(struct put *p, const struct put_value *v)
{
	static void (*const fns[])(struct put *, const struct put_value *) = {
		[PROTOBUF_C_TYPE_INT32] = put_whole, [PROTOBUF_C_TYPE_SINT32] = put_whole,
		[PROTOBUF_C_TYPE_SFIXED32] = put_whole,
		[PROTOBUF_C_TYPE_INT64] = put_whole,
		[PROTOBUF_C_TYPE_SINT64] = put_whole,
		[PROTOBUF_C_TYPE_SFIXED64] = put_whole,
		[PROTOBUF_C_TYPE_UINT32] = put_whole,
		[PROTOBUF_C_TYPE_FIXED32] = put_whole,
		[PROTOBUF_C_TYPE_UINT64] = put_whole,
		[PROTOBUF_C_TYPE_FIXED64] = put_whole,
		[PROTOBUF_C_TYPE_FLOAT] = put_real, [PROTOBUF_C_TYPE_DOUBLE] = put_real,
		[PROTOBUF_C_TYPE_BOOL] = put_bool, [PROTOBUF_C_TYPE_ENUM] = put_enum,
		[PROTOBUF_C_TYPE_STRING] = put_bytes, [PROTOBUF_C_TYPE_BYTES] = put_bytes,
		[PROTOBUF_C_TYPE_MESSAGE] = put_no_message,
	};

	fns[top(p)->field->type](p, v);
	count_of(p, top(p))->values++;
}
