/* SPDX-License-Identifier: Apache-2.0 */
/* Names, types, tensors and attributes of the ONNX text syntax. Names of
 * element and attribute types are those of the schema's enums in lower case.
 * Where the published printer writes what the published parser cannot read
 * (quoted graph names, lists of tensors, dots for data it cannot show), we
 * read it. */
#include <string.h>

#include "base/ctx.h"
#include "proto/onnx.pb-c.h"
#include "read/onnx/onnx_text.h"

#define DTYPES &onnx__tensor_proto__data_type__descriptor
#define ATYPES &onnx__attribute_proto__attribute_type__descriptor
#define DT(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name
#define AT(name) ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__##name

void
onnx_text_field(struct onnx_text *p, const char *field)
{
	put_field(&p->put, put_find(&p->put, field, strlen(field)), p->lex.tok.at);
}

bool
onnx_text_open(struct onnx_text *p, const char *field)
{
	onnx_text_field(p, field);
	return put_open(&p->put);
}

bool
onnx_text_syntax(struct onnx_text *p, const char *wanted)
{
	put_field(&p->put, NULL, p->lex.tok.at);
	put_syntax(&p->put, &p->lex.tok, wanted);
	return false;
}

bool
onnx_text_expect(struct onnx_text *p, char mark)
{
	char wanted[] = { mark, '\0' };

	return lexer_take(&p->lex, mark) || onnx_text_syntax(p, wanted);
}

bool
onnx_text_at_name(const struct onnx_text *p)
{
	return p->lex.tok.kind == TOK_WORD || p->lex.tok.kind == TOK_STRING;
}

void
onnx_text_stretch(struct onnx_text *p, const char *stop)
{
	if (p->lex.tok.kind == TOK_WORD || p->lex.tok.kind == TOK_NUMBER ||
	    lexer_at(&p->lex, '.'))
		lexer_stretch(&p->lex, stop);
}

/* A backslash stands for the byte behind it. */
static void
unescape(struct onnx_text *p, struct put_value *v)
{
	char *out = put_room(&p->put, v->n);
	size_t i, n = 0;

	for (i = 0; i < v->n; i++) {
		if (v->s[i] == '\\' && i + 1 < v->n)
			i++;
		out[n++] = v->s[i];
	}
	v->s = out;
	v->n = n;
}

/* The token's text as the field's value. */
static void
put_token(struct onnx_text *p, const char *field)
{
	const struct token *t = &p->lex.tok;
	struct put_value v = { PUT_TEXT, false, t->s, t->n };

	onnx_text_field(p, field);
	if (t->unclosed)
		put_error(&p->put, DIAG_TEXT_SYNTAX, t->at,
		    "a string without its end; it was "
		    "taken to end with the text");
	if (t->escaped)
		unescape(p, &v);
	put_value(&p->put, &v);
	lexer_next(&p->lex);
}

bool
onnx_text_name(struct onnx_text *p, const char *field)
{
	if (!onnx_text_at_name(p))
		return onnx_text_syntax(p, "a name");
	put_token(p, field);
	return true;
}

bool
onnx_text_string(struct onnx_text *p, const char *field)
{
	if (p->lex.tok.kind != TOK_STRING)
		return onnx_text_syntax(p, "a string");
	put_token(p, field);
	return true;
}

static bool
is_inf_or_nan(const struct token *t)
{
	static const char *const words[] = { "inf", "infinity", "nan" };
	size_t i, k;

	for (i = 0; t->kind == TOK_WORD && i < sizeof words / sizeof *words; i++) {
		for (k = 0; k < t->n && (t->s[k] | 0x20) == words[i][k]; k++)
			continue;
		if (k == t->n && words[i][k] == '\0')
			return true;
	}
	return false;
}

bool
onnx_text_number(struct onnx_text *p, const char *field)
{
	struct put_value v;
	const struct token *t = &p->lex.tok;

	onnx_text_field(p, field);
	v.minus = lexer_take(&p->lex, '-');
	if (t->kind != TOK_NUMBER && !is_inf_or_nan(t))
		return onnx_text_syntax(p, "a number");
	v.kind = t->kind == TOK_NUMBER ? PUT_NUMBER : PUT_WORD;
	v.s = t->s;
	v.n = t->n;
	put_value(&p->put, &v);
	lexer_next(&p->lex);
	return true;
}

/* A number that we make ourselves. */
static void
put_number(struct onnx_text *p, const char *field, unsigned number)
{
	char digits[2] = { (char)('0' + number / 10), (char)('0' + number % 10) };
	struct put_value v = { PUT_NUMBER, false, digits, 2 };

	onnx_text_field(p, field);
	put_value(&p->put, &v);
}

static bool
read_pair(struct onnx_text *p)
{
	return onnx_text_string(p, "key") && onnx_text_expect(p, ':') &&
	    onnx_text_string(p, "value");
}

bool
onnx_text_pairs(struct onnx_text *p, const char *field)
{
	bool ok;

	if (!onnx_text_expect(p, '['))
		return false;
	if (lexer_take(&p->lex, ']'))
		return true;
	do {
		if (!onnx_text_open(p, field))
			return false;
		ok = read_pair(p);
		put_close(&p->put);
	} while (ok && lexer_take(&p->lex, ','));
	return ok && onnx_text_expect(p, ']');
}

/* Number of the word in the enum, whose names are in upper case; -1 if none. */
static int
enum_value(const ProtobufCEnumDescriptor *desc, const struct token *t)
{
	const ProtobufCEnumValue *v;
	char name[24];
	size_t i;

	if (t->kind != TOK_WORD || t->n >= sizeof name)
		return -1;
	for (i = 0; i < t->n; i++) {
		if (t->s[i] >= 'A' && t->s[i] <= 'Z')
			return -1;
		name[i] = t->s[i] >= 'a' && t->s[i] <= 'z' ? (char)(t->s[i] - 'a' + 'A') :
		    t->s[i];
	}
	name[i] = '\0';
	v = protobuf_c_enum_descriptor_get_value_by_name(desc, name);
	return v == NULL ? -1 : v->value;
}

/* ------------------------------------------------------------------ types */

enum wrap { WRAP_NONE, WRAP_SEQ, WRAP_OPTIONAL, WRAP_MAP, WRAP_SPARSE, WRAP_OPAQUE };

static enum wrap
wrap_of(const struct token *t)
{
	static const char *const words[] = {
		[WRAP_SEQ] = "seq", [WRAP_OPTIONAL] = "optional", [WRAP_MAP] = "map",
		[WRAP_SPARSE] = "sparse_tensor", [WRAP_OPAQUE] = "opaque"
	};
	unsigned i;

	for (i = WRAP_SEQ; t->kind == TOK_WORD && i <= WRAP_OPAQUE; i++)
		if (t->n == strlen(words[i]) && memcmp(t->s, words[i], t->n) == 0)
			return (enum wrap)i;
	return WRAP_NONE;
}

/* The printer writes "undefined" for an element type without a name; alone it
 * is a name like any other. */
bool
onnx_text_at_type(const struct onnx_text *p)
{
	struct onnx_text next = *p;
	int dtype = enum_value(DTYPES, &p->lex.tok);

	if (dtype != DT(UNDEFINED))
		return dtype > 0 || wrap_of(&p->lex.tok) != WRAP_NONE;
	lexer_next(&next.lex);
	return onnx_text_at_name(&next) || lexer_at(&next.lex, '[');
}

void
onnx_text_skip_brackets(struct onnx_text *p)
{
	static const char opens[] = "([{<", closes[] = ")]}>";
	char open = p->lex.tok.mark, close = closes[strchr(opens, open) - opens];
	uint64_t n = 0;

	do {
		n += lexer_at(&p->lex, open);
		n -= lexer_at(&p->lex, close);
		lexer_next(&p->lex);
	} while (n > 0 && p->lex.tok.kind != TOK_END);
}

/* Stops at marks that no type holds: looking ahead from many places must not
 * read the whole text each time. */
void
onnx_text_skip_type(struct onnx_text *p)
{
	const struct token *t = &p->lex.tok;
	uint64_t open = 0;

	lexer_next(&p->lex);
	if (!lexer_at_any(&p->lex, "(["))
		return;
	do {
		open += lexer_at_any(&p->lex, "([");
		open -= lexer_at_any(&p->lex, ")]");
		lexer_next(&p->lex);
	} while (open > 0 && t->kind != TOK_END && !lexer_at_any(&p->lex, "={}<>@"));
}

static bool
read_dim(struct onnx_text *p)
{
	if (lexer_take(&p->lex, '?'))
		return true;
	if (onnx_text_at_name(p))
		return onnx_text_name(p, "dim_param");
	return onnx_text_number(p, "dim_value");
}

/* 2, N, ?] */
static bool
read_dims(struct onnx_text *p)
{
	bool ok;

	do {
		if (!onnx_text_open(p, "dim"))
			return false;
		ok = read_dim(p);
		put_close(&p->put);
	} while (ok && lexer_take(&p->lex, ','));
	return ok && onnx_text_expect(p, ']');
}

/* float is a scalar, float[] has an unknown rank. */
static bool
read_elements(struct onnx_text *p)
{
	int dtype = enum_value(DTYPES, &p->lex.tok);
	bool list, ok = true;

	if (dtype < 0)
		return onnx_text_syntax(p, "an element type");
	put_number(p, "elem_type", (unsigned)dtype);
	lexer_next(&p->lex);
	list = lexer_take(&p->lex, '[');
	if (list && lexer_take(&p->lex, ']'))
		return true;
	if (!onnx_text_open(p, "shape"))
		return false;
	if (list)
		ok = read_dims(p);
	put_close(&p->put);
	return ok;
}

static bool
read_map(struct onnx_text *p)
{
	int key = enum_value(DTYPES, &p->lex.tok);

	if (key < 0)
		return onnx_text_syntax(p, "the type of a key");
	put_number(p, "key_type", (unsigned)key);
	lexer_next(&p->lex);
	return onnx_text_expect(p, ',') && onnx_text_type(p, "value_type");
}

/* [domain,] name: both may hold dots. */
static bool
read_opaque(struct onnx_text *p)
{
	struct onnx_text next;
	bool has_domain;

	if (lexer_at(&p->lex, ')'))
		return true;
	onnx_text_stretch(p, ",()");
	next = *p;
	lexer_next(&next.lex);
	has_domain = lexer_at(&next.lex, ',');
	if (!onnx_text_name(p, has_domain ? "domain" : "name") || !has_domain)
		return !has_domain;
	lexer_next(&p->lex);
	onnx_text_stretch(p, ",()");
	return onnx_text_name(p, "name");
}

static bool
read_elem_type(struct onnx_text *p)
{
	return onnx_text_type(p, "elem_type");
}

static bool
read_type(struct onnx_text *p)
{
	static const struct {
		const char *field;
		bool (*read)(struct onnx_text *);
	} kinds[] = {
		[WRAP_NONE] = { "tensor_type", read_elements },
		[WRAP_SEQ] = { "sequence_type", read_elem_type },
		[WRAP_OPTIONAL] = { "optional_type", read_elem_type },
		[WRAP_MAP] = { "map_type", read_map },
		[WRAP_SPARSE] = { "sparse_tensor_type", read_elements },
		[WRAP_OPAQUE] = { "opaque_type", read_opaque },
	};
	enum wrap wrap = wrap_of(&p->lex.tok);
	bool ok;

	if (wrap == WRAP_NONE && enum_value(DTYPES, &p->lex.tok) < 0)
		return onnx_text_syntax(p, "a type");
	if (!onnx_text_open(p, kinds[wrap].field)) {
		onnx_text_skip_type(p);
		return true;
	}
	if (wrap != WRAP_NONE)
		lexer_next(&p->lex);
	ok = (wrap == WRAP_NONE || onnx_text_expect(p, '(')) && kinds[wrap].read(p) &&
	    (wrap == WRAP_NONE || onnx_text_expect(p, ')'));
	put_close(&p->put);
	return ok;
}

bool
onnx_text_type(struct onnx_text *p, const char *field)
{
	bool ok;

	if (!onnx_text_open(p, field)) {
		onnx_text_skip_type(p);
		return true;
	}
	ok = read_type(p);
	put_close(&p->put);
	return ok;
}

/* ---------------------------------------------------------------- tensors */

static const char *
data_field(int dtype)
{
	switch (dtype) {
	case DT(FLOAT):
	case DT(COMPLEX64):
		return "float_data";
	case DT(DOUBLE):
	case DT(COMPLEX128):
		return "double_data";
	case DT(INT64):
		return "int64_data";
	case DT(UINT32):
	case DT(UINT64):
		return "uint64_data";
	case DT(STRING):
		return "string_data";
	default:
		return "int32_data";
	}
}

/* {1, 2, ...} */
static bool
read_values(struct onnx_text *p, int dtype)
{
	const char *field = data_field(dtype);
	bool ok = onnx_text_expect(p, '{');

	if (!ok || lexer_take(&p->lex, '}'))
		return ok;
	do {
		ok = dtype == DT(STRING) ? onnx_text_string(p, field) :
		    onnx_text_number(p, field);
	} while (ok && lexer_take(&p->lex, ','));
	return ok && onnx_text_expect(p, '}');
}

static bool
read_tensor_dims(struct onnx_text *p)
{
	bool ok = true;

	if (lexer_at(&p->lex, ']'))
		put_error(&p->put, DIAG_TEXT_VALUE, p->lex.tok.at,
		    "a tensor of unknown rank; it "
		    "was read as a scalar");
	else
		do {
			ok = onnx_text_number(p, "dims");
		} while (ok && lexer_take(&p->lex, ','));
	return ok && onnx_text_expect(p, ']');
}

bool
onnx_text_tensor(struct onnx_text *p)
{
	int dtype = enum_value(DTYPES, &p->lex.tok);

	if (dtype < 0)
		return onnx_text_syntax(p, "an element type");
	put_number(p, "data_type", (unsigned)dtype);
	lexer_next(&p->lex);
	if (lexer_take(&p->lex, '[') && !read_tensor_dims(p))
		return false;
	if (onnx_text_at_name(p))
		put_token(p, "name");
	lexer_take(&p->lex, '=');
	if (lexer_at(&p->lex, '['))
		put_number(p, "data_location", 1);
	if (lexer_at(&p->lex, '['))
		return onnx_text_pairs(p, "external_data");
	if (lexer_at(&p->lex, '{'))
		return read_values(p, dtype);
	/* data that the printer does not show */
	while (lexer_take(&p->lex, '.'))
		continue;
	return true;
}

/* ------------------------------------------------------------- attributes */

static const struct kind {
	const char *one, *many; /* fields */
	int list;               /* type of many */
} kinds[] = {
	[AT(UNDEFINED)] = { NULL, NULL, 0 },
	[AT(FLOAT)] = { "f", "floats", AT(FLOATS) },
	[AT(INT)] = { "i", "ints", AT(INTS) },
	[AT(STRING)] = { "s", "strings", AT(STRINGS) },
	[AT(TENSOR)] = { "t", "tensors", AT(TENSORS) },
	[AT(GRAPH)] = { "g", "graphs", AT(GRAPHS) },
	[AT(TYPE_PROTO)] = { "tp", "type_protos", AT(TYPE_PROTOS) },
};
enum { NKINDS = sizeof kinds / sizeof *kinds };

/* Kind of an element of a list type; other types are their own. */
static int
element_of(int type)
{
	for (int i = 1; type != AT(UNDEFINED) && i < NKINDS; i++)
		if (kinds[i].list == type)
			return i;
	return type;
}

static bool
is_real(const struct token *t)
{
	return is_inf_or_nan(t) || (t->kind == TOK_NUMBER &&
	    (memchr(t->s, '.', t->n) || memchr(t->s, 'e', t->n) ||
	    memchr(t->s, 'E', t->n)));
}

/* What the value at the token is; wanted: what it should be, or UNDEFINED. */
static int
value_kind(const struct onnx_text *p, int wanted)
{
	struct onnx_text next = *p;
	const struct token *t = &p->lex.tok;

	if (t->kind == TOK_NUMBER || lexer_at(&p->lex, '-')) {
		lexer_take(&next.lex, '-');
		return wanted == AT(FLOAT) || is_real(&next.lex.tok) ?
		    AT(FLOAT) : AT(INT);
	}
	if (!onnx_text_at_name(p))
		return AT(UNDEFINED);
	if (onnx_text_at_type(p)) {
		onnx_text_skip_type(&next);
		return onnx_text_at_name(&next) || lexer_at_any(&next.lex, "{=.[") ?
		    AT(TENSOR) : AT(TYPE_PROTO);
	}
	lexer_next(&next.lex);
	if (lexer_at(&next.lex, '('))
		return AT(GRAPH);
	if (is_inf_or_nan(t))
		return AT(FLOAT);
	return t->kind == TOK_STRING ? AT(STRING) : AT(GRAPH);
}

/* A tensor or graph: words and brackets. */
static void
skip_value(struct onnx_text *p)
{
	while (onnx_text_at_name(p) || lexer_at_any(&p->lex, "([{<=.")) {
		if (lexer_at_any(&p->lex, "([{<"))
			onnx_text_skip_brackets(p);
		else if (lexer_take(&p->lex, '='))
			lexer_take(&p->lex, '>');
		else
			lexer_next(&p->lex);
	}
}

/* The value behind the token as that field. */
static bool
read_kind(struct onnx_text *p, int kind, const char *field)
{
	bool ok;

	if (kind == AT(STRING))
		return onnx_text_string(p, field);
	if (kind == AT(TYPE_PROTO))
		return onnx_text_type(p, field);
	if (kind != AT(TENSOR) && kind != AT(GRAPH))
		return onnx_text_number(p, field);
	if (!onnx_text_open(p, field)) {
		skip_value(p);
		return true;
	}
	ok = kind == AT(TENSOR) ? onnx_text_tensor(p) : onnx_text_graph(p);
	put_close(&p->put);
	return ok;
}

/* One value; its kind, 0 when there is none. A kind that is not the wanted one
 * is reported and read all the same. */
static int
read_one(struct onnx_text *p, int wanted, bool list)
{
	int kind = value_kind(p, wanted);

	put_field(&p->put, NULL, p->lex.tok.at);
	if (kind == AT(UNDEFINED)) {
		onnx_text_syntax(p, "a value");
		return 0;
	}
	if (wanted != AT(UNDEFINED) && kind != wanted)
		put_error(&p->put, DIAG_TEXT_VALUE, p->lex.tok.at,
		    "a value of another type than "
		    "the attribute or its list has; it was read as what it looks like");
	return read_kind(p, kind, list ? kinds[kind].many : kinds[kind].one) ? kind : 0;
}

/* Does the list at the token hold a real number? Then all are. */
static bool
has_real(const struct onnx_text *p)
{
	struct lexer l = p->lex;

	while (l.tok.kind == TOK_NUMBER || lexer_at(&l, '-') || lexer_at(&l, ',') ||
	    is_inf_or_nan(&l.tok)) {
		if (is_real(&l.tok))
			return true;
		lexer_next(&l);
	}
	return false;
}

/* values ]; the list's type in type. */
static bool
read_list(struct onnx_text *p, int *type)
{
	int wanted = element_of(*type), kind;

	if (lexer_take(&p->lex, ']')) {
		put_field(&p->put, NULL, p->lex.tok.at);
		if (wanted == *type)
			put_error(&p->put, DIAG_TEXT_VALUE, p->lex.tok.at,
			    "an empty list without "
			    "the type of a list; the attribute has no value");
		return true;
	}
	if (wanted == AT(UNDEFINED) && has_real(p))
		wanted = AT(FLOAT);
	do {
		if ((kind = read_one(p, wanted, true)) == 0)
			return false;
		*type = kinds[kind].list;
		wanted = kind;
	} while (lexer_take(&p->lex, ','));
	return onnx_text_expect(p, ']');
}

/* The value behind the equals sign; its type in type, which holds what the
 * attribute says. */
static bool
read_value(struct onnx_text *p, int *type)
{
	int kind;

	if (lexer_take(&p->lex, '['))
		return read_list(p, type);
	if (lexer_take(&p->lex, '@'))
		return onnx_text_name(p, "ref_attr_name");
	if (lexer_at_any(&p->lex, ",>")) {
		put_field(&p->put, NULL, p->lex.tok.at);
		put_error(&p->put, DIAG_TEXT_VALUE, p->lex.tok.at,
		    "an attribute without its "
		    "value; the text syntax has none for its type");
		return true;
	}
	if ((kind = read_one(p, *type, false)) == 0)
		return false;
	*type = kind;
	return true;
}

bool
onnx_text_attribute(struct onnx_text *p)
{
	int type = AT(UNDEFINED);
	bool ok;

	onnx_text_stretch(p, ":=,<>");
	if (!onnx_text_name(p, "name"))
		return false;
	if (lexer_take(&p->lex, ':')) {
		if ((type = enum_value(ATYPES, &p->lex.tok)) < 0)
			return onnx_text_syntax(p, "the type of an attribute");
		lexer_next(&p->lex);
	}
	ok = onnx_text_expect(p, '=') && read_value(p, &type);
	if (type != AT(UNDEFINED))
		put_number(p, "type", (unsigned)type);
	return ok;
}
