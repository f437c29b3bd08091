/* SPDX-License-Identifier: Apache-2.0 */
/* Types and literal values of MIL text. A literal is read beside its type: a
 * copy of the lexer walks the type again while the tokens give the values.
 * Which field of TensorValue an element type uses, and how narrow types are
 * packed, is in facts/coreml-format.md section 3. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "proto/mil.pb-c.h"
#include "read/coreml/mil_text.h"
#include "read/wirebuf.h"

enum arm { ARM_FLOATS, ARM_INTS, ARM_BOOLS, ARM_STRINGS, ARM_LONGS, ARM_DOUBLES, ARM_BYTES };
static const char *const arms[] = {
	"floats", "ints", "bools", "strings", "longInts", "doubles", "bytes"
};

static const struct element {
	const char *name, *schema;
	enum arm arm;
	unsigned bits;
	bool real;
} elements[] = {
	{ "bool", "BOOL", ARM_BOOLS, 8, false }, { "string", "STRING", ARM_STRINGS, 0, false },
	{ "fp16", "FLOAT16", ARM_BYTES, 16, true }, { "fp32", "FLOAT32", ARM_FLOATS, 32, true },
	{ "fp64", "FLOAT64", ARM_DOUBLES, 64, true }, { "bf16", "BFLOAT16", ARM_BYTES, 16, true },
	{ "int4", "INT4", ARM_BYTES, 4, false }, { "int8", "INT8", ARM_BYTES, 8, false },
	{ "int16", "INT16", ARM_INTS, 16, false }, { "int32", "INT32", ARM_INTS, 32, false },
	{ "int64", "INT64", ARM_LONGS, 64, false }, { "uint1", "UINT1", ARM_BYTES, 1, false },
	{ "uint2", "UINT2", ARM_BYTES, 2, false }, { "uint3", "UINT3", ARM_BYTES, 3, false },
	{ "uint4", "UINT4", ARM_BYTES, 4, false }, { "uint6", "UINT6", ARM_BYTES, 6, false },
	{ "uint8", "UINT8", ARM_BYTES, 8, false }, { "uint16", "UINT16", ARM_INTS, 16, false },
	{ "uint32", "UINT32", ARM_BYTES, 32, false }, { "uint64", "UINT64", ARM_LONGS, 64, false },
};

static const struct element *
element_of(const struct lexer *l)
{
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
		if (lexer_word(l, elements[i].name))
			return &elements[i];
	return NULL;
}

static void
put_word(struct mil_text *p, const char *field, const char *word)
{
	mil_text_field(p, field);
	put_value(&p->put, &(struct put_value){ PUT_WORD, false, word, strlen(word) });
}

static void
put_whole(struct mil_text *p, const char *field, const struct token *t)
{
	mil_text_field(p, field);
	put_value(&p->put, &(struct put_value){ PUT_NUMBER, false, t->s, t->n });
}

static bool
dimension(struct mil_text *p)
{
	struct token t = p->lex.tok;
	const char *kind = t.kind == TOK_NUMBER ? "constant" : "unknown";

	if (t.kind != TOK_NUMBER && !lexer_at(&p->lex, '?'))
		return mil_text_syntax(p, "a dim");
	lexer_next(&p->lex);
	if (mil_text_open(p, kind)) {
		if (t.kind == TOK_NUMBER)
			put_whole(p, "size", &t);
		put_close(&p->put);
	}
	return true;
}

/* [1, ?, 3] */
static bool
dimensions(struct mil_text *p)
{
	bool ok = mil_text_expect(p, '[');
	unsigned long rank = 0;
	struct token count = { .kind = TOK_NUMBER };
	char text[24];

	while (ok && !lexer_at(&p->lex, ']')) {
		if (!mil_text_open(p, "dimensions"))
			return false;
		ok = dimension(p);
		rank++;
		put_close(&p->put);
		if (!lexer_take(&p->lex, ','))
			break;
	}
	count.n = (size_t)snprintf(text, sizeof text, "%lu", rank);
	count.s = text;
	put_whole(p, "rank", &count);
	return ok && mil_text_expect(p, ']');
}

/* ELEMENT [, DIMS] into the open TensorType. */
static bool
tensor_type(struct mil_text *p)
{
	const struct element *e = element_of(&p->lex);

	if (e == NULL)
		return mil_text_syntax(p, "an element type");
	put_word(p, "dataType", e->schema);
	lexer_next(&p->lex);
	return !lexer_take(&p->lex, ',') || dimensions(p);
}

/* TYPE into a sub-message of that field. */
static bool
sub_type(struct mil_text *p, const char *field)
{
	bool ok;

	if (!mil_text_open(p, field))
		return false;
	ok = mil_text_type(p);
	put_close(&p->put);
	return ok;
}

static bool
list_type(struct mil_text *p)
{
	bool ok = sub_type(p, "type");

	if (!ok || !lexer_take(&p->lex, ',') || !mil_text_open(p, "length"))
		return ok;
	ok = dimension(p);
	put_close(&p->put);
	return ok;
}

static bool
tuple_type(struct mil_text *p)
{
	while (!lexer_at(&p->lex, '>')) {
		if (!sub_type(p, "types"))
			return false;
		if (!lexer_take(&p->lex, ','))
			break;
	}
	return true;
}

static bool
dict_type(struct mil_text *p)
{
	return sub_type(p, "keyType") && mil_text_expect(p, ',') && sub_type(p, "valueType");
}

static bool
state_type(struct mil_text *p)
{
	return sub_type(p, "wrappedType");
}

static const struct wrapper {
	const char *name, *field;
	bool (*inside)(struct mil_text *);
} wrappers[] = {
	{ "tensor", "tensorType", tensor_type }, { "list", "listType", list_type },
	{ "tuple", "tupleType", tuple_type }, { "dict", "dictionaryType", dict_type },
	{ "state", "stateType", state_type },
};

bool
mil_text_type(struct mil_text *p)
{
	const struct wrapper *w = wrappers;
	bool ok;

	if (element_of(&p->lex) != NULL) { /* a bare scalar */
		if (!mil_text_open(p, "tensorType"))
			return false;
		put_word(p, "dataType", element_of(&p->lex)->schema);
		lexer_next(&p->lex);
		put_close(&p->put);
		return true;
	}
	while (w < wrappers + 5 && !lexer_word(&p->lex, w->name))
		w++;
	if (w == wrappers + 5)
		return mil_text_syntax(p, "a type");
	lexer_next(&p->lex);
	if (!mil_text_expect(p, '<') || !mil_text_open(p, w->field))
		return false;
	ok = w->inside(p);
	put_close(&p->put);
	return ok && mil_text_expect(p, '>');
}

/* Walking a type that has been read: to its parameters, and past one. */
static void
skip_type(struct lexer *l)
{
	uint32_t depth = 0;

	lexer_next(l);
	do {
		depth += lexer_at_any(l, "<[");
		depth -= depth > 0 && lexer_at_any(l, ">]");
		if (depth > 0)
			lexer_next(l);
	} while (depth > 0 && l->tok.kind != TOK_END);
	if (lexer_at(l, '>'))
		lexer_next(l);
}

static struct lexer
parameters(struct lexer type)
{
	lexer_next(&type);
	lexer_next(&type);
	return type;
}

/* A number token that a hexadecimal exponent cut short is made whole. */
static bool
number(struct mil_text *p, double *real, int64_t *whole)
{
	bool minus = lexer_take(&p->lex, '-');
	struct token *t = &p->lex.tok;
	char text[64];

	if (lexer_take(&p->lex, '+'))
		minus = false;
	if (t->kind != TOK_NUMBER && !lexer_word(&p->lex, "inf") && !lexer_word(&p->lex, "nan") &&
	    !lexer_word(&p->lex, "infinity"))
		return mil_text_syntax(p, "a number");
	if (t->n > 2 && t->s[0] == '0' && (t->s[1] | 32) == 'x' && (t->s[t->n - 1] | 32) == 'p')
		lexer_stretch(&p->lex, ",])}");
	if (t->n >= sizeof text)
		return mil_text_syntax(p, "a shorter number");
	memcpy(text, t->s, t->n);
	text[t->n] = '\0';
	*real = strtod(text, NULL);
	*whole = (int64_t)strtoull(text, NULL, 10);
	if (minus) {
		*real = -*real;
		*whole = (int64_t)(0 - (uint64_t)*whole);
	}
	lexer_next(&p->lex);
	return true;
}

/* Nearest float16, ties to even. */
static uint16_t
half_of(double d)
{
	float f = (float)d;
	uint32_t x, sign, mant, shift;
	int32_t exp;

	memcpy(&x, &f, sizeof x);
	sign = x >> 16 & 0x8000;
	exp = (int32_t)(x >> 23 & 0xff) - 127 + 15;
	mant = x & 0x7fffff;
	if (exp == 0xff - 127 + 15)
		return (uint16_t)(sign | 0x7c00 | (mant != 0 ? 0x200 : 0));
	if (exp <= 0) {
		if (exp < -10)
			return (uint16_t)sign;
		mant |= 0x800000;
		shift = (uint32_t)(14 - exp);
		x = mant >> shift;
		x += (mant >> (shift - 1) & 1) && ((mant & ((1u << (shift - 1)) - 1)) || (x & 1));
		return (uint16_t)(sign | x);
	}
	x = (uint32_t)exp << 10 | mant >> 13;
	x += (mant >> 12 & 1) && ((mant & 0xfff) || (x & 1));
	return (uint16_t)(x >= 0x7c00 ? sign | 0x7c00 : sign | x);
}

/* Elements of a literal on their way into a TensorValue. */
struct filling {
	struct mil_text *p;
	const struct element *e;
	unsigned char *bytes;
	uint32_t nbytes;
	uint64_t bit; /* next free bit */
};

static void
add_bits(struct filling *f, uint64_t v)
{
	struct arena *a = &f->p->put.w->scratch;

	for (unsigned i = 0; i < f->e->bits; i++, f->bit++) {
		if (f->bit / 8 == f->nbytes) {
			f->bytes = arena_grow(a, f->bytes, f->nbytes, 1);
			f->bytes[f->nbytes++] = 0;
		}
		f->bytes[f->bit / 8] |= (unsigned char)((v >> i & 1) << (f->bit % 8));
	}
}

static uint64_t
bits_of(const struct element *e, double real, int64_t whole)
{
	float f = (float)real;
	uint32_t bits;

	if (!e->real)
		return (uint64_t)whole;
	if (e->schema[0] == 'B') {
		memcpy(&bits, &f, sizeof bits);
		return bits >> 16;
	}
	return half_of(real);
}

static bool
add_number(struct filling *f)
{
	struct wirebuf *w = f->p->put.w;
	double real = 0;
	int64_t whole = 0;
	uint64_t bits64;
	uint32_t bits32;
	float single;

	if (!number(f->p, &real, &whole))
		return false;
	single = (float)real;
	memcpy(&bits32, &single, sizeof bits32);
	memcpy(&bits64, &real, sizeof bits64);
	if (f->e->arm == ARM_FLOATS)
		wirebuf_packed_fixed32(w, 1, bits32);
	else if (f->e->arm == ARM_DOUBLES)
		wirebuf_packed_fixed64(w, 1, bits64);
	else if (f->e->arm == ARM_BYTES)
		add_bits(f, bits_of(f->e, real, whole));
	else
		wirebuf_packed_varint(w, 1, (uint64_t)whole);
	return true;
}

/* The token's string, its escapes undone. */
static void
put_string(struct mil_text *p, const char *field)
{
	static const char from[] = "ntr0", to[] = { '\n', '\t', '\r', '\0' };
	const struct token *t = &p->lex.tok;
	char *out = put_room(&p->put, t->n + 1);
	const char *esc;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->s[i] != '\\' || i + 1 == t->n) {
			out[n++] = t->s[i];
			continue;
		}
		esc = memchr(from, t->s[++i], 4);
		out[n++] = esc != NULL ? to[esc - from] : t->s[i];
	}
	mil_text_field(p, field);
	put_value(&p->put, &(struct put_value){ PUT_TEXT, false, out, n });
	lexer_next(&p->lex);
}

static bool
add_element(struct filling *f)
{
	struct mil_text *p = f->p;

	if (f->e->arm == ARM_STRINGS) {
		if (p->lex.tok.kind != TOK_STRING)
			return mil_text_syntax(p, "a string");
		put_string(p, "values");
		return true;
	}
	if (f->e->arm != ARM_BOOLS)
		return add_number(f);
	if (!lexer_word(&p->lex, "true") && !lexer_word(&p->lex, "false"))
		return mil_text_syntax(p, "true or false");
	wirebuf_packed_varint(p->put.w, 1, lexer_word(&p->lex, "true"));
	lexer_next(&p->lex);
	return true;
}

/* Elements in any nesting of brackets; iterative, a literal may be deep. */
static bool
add_elements(struct filling *f)
{
	struct mil_text *p = f->p;
	uint32_t depth = 0;

	do {
		if (lexer_take(&p->lex, '[')) {
			depth++;
		} else if (depth > 0 && lexer_take(&p->lex, ']')) {
			depth--;
		} else if (!add_element(f)) {
			return false;
		}
		if (depth > 0)
			lexer_take(&p->lex, ',');
	} while (depth > 0 && p->lex.tok.kind != TOK_END);
	return true;
}

/* Into the open ImmediateValue. */
static bool
tensor_literal(struct mil_text *p, const struct element *e)
{
	struct filling f = { .p = p, .e = e };
	bool ok;

	if (!mil_text_open(p, "tensor"))
		return false;
	if (!mil_text_open(p, arms[e->arm])) {
		put_close(&p->put);
		return false;
	}
	ok = add_elements(&f);
	if (e->arm == ARM_BYTES)
		wirebuf_bytes(p->put.w, 1, f.nbytes > 0 ? (const void *)f.bytes : "", f.nbytes);
	put_close(&p->put);
	put_close(&p->put);
	return ok;
}

static bool literal(struct mil_text *p, struct lexer type);

/* A literal with its type into the open Value. */
static bool
typed_literal(struct mil_text *p, struct lexer type)
{
	struct lexer here = p->lex;

	if (mil_text_open(p, "type")) {
		p->lex = type;
		mil_text_type(p);
		put_close(&p->put);
		p->lex = here;
	}
	return literal(p, type);
}

static bool
sub_literal(struct mil_text *p, const char *field, struct lexer type)
{
	bool ok;

	if (!mil_text_open(p, field))
		return false;
	ok = typed_literal(p, type);
	put_close(&p->put);
	return ok;
}

/* {K, V} into an entry of the open DictionaryValue. */
static bool
pair(struct mil_text *p, struct lexer key)
{
	struct lexer value = key;
	bool ok;

	skip_type(&value);
	lexer_take(&value, ',');
	if (!mil_text_expect(p, '{') || !mil_text_open(p, "values"))
		return false;
	ok = sub_literal(p, "key", key) && mil_text_expect(p, ',') &&
	    sub_literal(p, "value", value) && mil_text_expect(p, '}');
	put_close(&p->put);
	return ok;
}

/* {{K, V}, ...}, [V, ...] or (V, ...) */
static bool
members(struct mil_text *p, char open, char close, struct lexer type)
{
	bool ok = mil_text_expect(p, open);

	while (ok && !lexer_at(&p->lex, close)) {
		ok = open == '{' ? pair(p, type) : sub_literal(p, "values", type);
		if (open == '(') {
			skip_type(&type);
			lexer_take(&type, ',');
		}
		if (!lexer_take(&p->lex, ','))
			break;
	}
	return ok && mil_text_expect(p, close);
}

static bool
immediate(struct mil_text *p, struct lexer type)
{
	static const struct { const char *type, *field; char open, close; } kinds[] = {
		{ "list", "list", '[', ']' }, { "tuple", "tuple", '(', ')' },
		{ "dict", "dictionary", '{', '}' }
	};
	const struct element *e = element_of(&type);
	bool ok;

	if (e != NULL)
		return tensor_literal(p, e);
	for (size_t i = 0; i < 3; i++) {
		if (!lexer_word(&type, kinds[i].type))
			continue;
		if (!mil_text_open(p, kinds[i].field))
			return false;
		ok = members(p, kinds[i].open, kinds[i].close, parameters(type));
		put_close(&p->put);
		return ok;
	}
	type = parameters(type); /* tensor<ELEMENT, ...> */
	e = element_of(&type);
	return e != NULL ? tensor_literal(p, e) : mil_text_syntax(p, "a value");
}

/* path = VALUE or offset = VALUE of a BLOBFILE. */
static bool
blob_part(struct mil_text *p)
{
	bool path = lexer_word(&p->lex, "path");

	lexer_next(&p->lex);
	if (!mil_text_expect(p, '='))
		return false;
	while (p->lex.tok.kind != TOK_END && !lexer_at(&p->lex, '('))
		lexer_next(&p->lex);
	lexer_next(&p->lex);
	if (p->lex.tok.kind != (path ? TOK_STRING : TOK_NUMBER))
		return mil_text_syntax(p, path ? "a string" : "a number");
	if (path) {
		put_string(p, "fileName");
	} else {
		put_whole(p, "offset", &p->lex.tok);
		lexer_next(&p->lex);
	}
	return mil_text_expect(p, ')');
}

static bool
blob(struct mil_text *p)
{
	bool ok;

	lexer_next(&p->lex);
	if (!mil_text_expect(p, '(') || !mil_text_open(p, "blobFileValue"))
		return false;
	do
		ok = blob_part(p);
	while (ok && lexer_take(&p->lex, ','));
	put_close(&p->put);
	return ok && mil_text_expect(p, ')');
}

static bool
literal(struct mil_text *p, struct lexer type)
{
	bool ok;

	if (lexer_word(&p->lex, "BLOBFILE"))
		return blob(p);
	if (!mil_text_open(p, "immediateValue"))
		return false;
	ok = immediate(p, type);
	put_close(&p->put);
	return ok;
}

bool
mil_text_value(struct mil_text *p)
{
	struct lexer type = p->lex;
	bool ok;

	if (!mil_text_open(p, "type"))
		return false;
	ok = mil_text_type(p);
	put_close(&p->put);
	return ok && mil_text_expect(p, '(') && literal(p, type) && mil_text_expect(p, ')');
}
