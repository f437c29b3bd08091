/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf's JSON mapping. One loop; open objects are frames of the put
 * stack, an open array is a flag of the object that holds it, since arrays of
 * arrays do not exist there. Values of keys that are not known are passed
 * over by their brackets. Grammar: RFC 8259; mapping:
 * protobuf.dev/programming-guides/json. */
#include <string.h>

#include "base/ctx.h"
#include "read/lexer.h"
#include "read/put.h"
#include "read/text.h"

struct parser {
	struct put put;
	struct lexer lex;
	bool after;  /* a value is complete: a comma or the end follows */
	bool comma;  /* a comma was just read */
	bool done;   /* the root has ended */
};

static struct put_frame *
top(struct parser *p)
{
	return &p->put.stack[p->put.depth];
}

static bool
at_end(const struct parser *p)
{
	return lexer_at_any(&p->lex, "}]") || p->lex.tok.kind == TOK_END;
}

static void
skip_value(struct parser *p)
{
	uint64_t open = 0;

	if (at_end(p))
		return;
	do {
		open += lexer_at_any(&p->lex, "{[");
		open -= lexer_at_any(&p->lex, "}]");
		lexer_next(&p->lex);
	} while (open > 0 && p->lex.tok.kind != TOK_END);
}

static void
read_escapes(struct parser *p, struct put_value *v)
{
	const char *s = v->s, *end = s + v->n, *slash;
	char *out = put_room(&p->put, v->n);
	bool bad = false;

	v->s = out;
	while ((slash = memchr(s, '\\', (size_t)(end - s))) != NULL && slash + 1 < end) {
		memcpy(out, s, (size_t)(slash - s));
		out += slash - s;
		s = slash + 1;
		out += lexer_escape(&s, end, out, &bad);
	}
	memcpy(out, s, (size_t)(end - s));
	v->n = (size_t)(out - v->s) + (size_t)(end - s);
	if (bad)
		put_error(&p->put, DIAG_TEXT_VALUE, p->lex.tok.at,
		    "an escape that does not exist "
		    "or is half a character; it was replaced");
}

static void
read_string(struct parser *p, struct put_value *v)
{
	const struct token *t = &p->lex.tok;

	*v = (struct put_value){ .kind = PUT_TEXT, .s = t->s, .n = t->n };
	if (t->unclosed)
		put_error(&p->put, DIAG_TEXT_SYNTAX, t->at,
		    "a string without its end; it was "
		    "taken to end with its line");
	if (t->escaped)
		read_escapes(p, v);
	lexer_next(&p->lex);
}

static int
base64_digit(int c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Standard and URL alphabet, padded or not. Decodes in place of the put
 * buffer: a byte is never written before the digits it comes from are read. */
static bool
decode_base64(struct put *put, struct put_value *v)
{
	char *out = put_room(put, v->n);
	size_t i, n = 0;
	uint32_t bits = 0;
	int digit;

	if (v->n > 0 && v->n % 4 == 0 && v->s[v->n - 1] == '=')
		v->n -= v->s[v->n - 2] == '=' ? 2 : 1;
	for (i = 0; i < v->n; i++) {
		if ((digit = base64_digit(v->s[i])) < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 > 0)
			out[n++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	if (i % 4 == 1)
		return false;
	v->s = out;
	v->n = n;
	return true;
}

/* What a string means depends on the field: numbers may be quoted. */
static void
put_string(struct parser *p, struct put_value *v, struct textpos at)
{
	ProtobufCType type = top(p)->field->type;

	if (type == PROTOBUF_C_TYPE_BYTES) {
		if (!decode_base64(&p->put, v)) {
			put_error(&p->put, DIAG_TEXT_VALUE, at,
			    "text that is no base64 for %s; "
			    "it was left out", top(p)->field->name);
			return;
		}
	} else if (type == PROTOBUF_C_TYPE_ENUM) {
		v->kind = PUT_WORD;
	} else if (type != PROTOBUF_C_TYPE_STRING) {
		v->minus = v->n > 0 && v->s[0] == '-';
		v->s += v->minus;
		v->n -= v->minus;
		v->kind = v->n > 0 && v->s[0] >= '0' && v->s[0] <= '9' ?
		    PUT_NUMBER : PUT_WORD;
	}
	put_value(&p->put, v);
}

/* Is the number or word one that JSON has? */
static bool
is_strict(const struct lexer *l)
{
	const struct token *t = &l->tok;

	if (t->kind == TOK_WORD)
		return lexer_word(l, "true") || lexer_word(l, "false") ||
		    lexer_word(l, "null");
	return t->s[0] != '.' && t->s[t->n - 1] != '.' &&
	    !(t->n > 1 && t->s[0] == '0' && t->s[1] >= '0' && t->s[1] <= '9');
}

static void
read_scalar(struct parser *p)
{
	const struct token *t = &p->lex.tok;
	struct put_value v = { .minus = lexer_take(&p->lex, '-') };
	struct textpos at = t->at;

	if (t->kind == TOK_STRING && !v.minus) {
		read_string(p, &v);
		put_string(p, &v, at);
	} else if (t->kind == TOK_NUMBER || (t->kind == TOK_WORD && !v.minus)) {
		if (!is_strict(&p->lex))
			put_error(&p->put, DIAG_TEXT_SYNTAX, at,
			    "JSON knows no %.*s; it was read "
			    "all the same", (int)(t->n < 60 ? t->n : 60), t->s);
		v.kind = t->kind == TOK_NUMBER ? PUT_NUMBER : PUT_WORD;
		v.s = t->s;
		v.n = t->n;
		lexer_next(&p->lex);
		put_value(&p->put, &v);
	} else {
		put_syntax(&p->put, t, "a value");
		skip_value(p);
		return;
	}
	p->put.lost = false;
}

/* A value of the field in hand, or one element of its array. */
static void
read_value(struct parser *p)
{
	p->after = true;
	if (top(p)->field->type != PROTOBUF_C_TYPE_MESSAGE) {
		read_scalar(p);
	} else if (!lexer_at(&p->lex, '{')) {
		put_syntax(&p->put, &p->lex.tok, "an object");
		skip_value(p);
	} else if (!put_open(&p->put)) {
		skip_value(p);
	} else {
		lexer_next(&p->lex);
		p->after = p->comma = p->put.lost = false;
	}
}

/* Is the key the field's name, or that in camelCase? */
static bool
is_key(const char *name, const struct put_value *key)
{
	const char *s = key->s, *end = s + key->n;
	int c;

	for (; s < end && *name != '\0'; s++, name++) {
		c = *name;
		if (c == '_' && *s != '_') {
			c = *++name;
			c -= c >= 'a' && c <= 'z' ? 'a' - 'A' : 0;
		}
		if (*s != c)
			return false;
	}
	return s == end && *name == '\0';
}

static const ProtobufCFieldDescriptor *
find_key(const struct put *put, const struct put_value *key)
{
	const ProtobufCMessageDescriptor *d = put_message(put);
	const ProtobufCFieldDescriptor *f;

	for (f = d->fields; f < d->fields + d->n_fields; f++)
		if (is_key(f->name, key))
			return f;
	return NULL;
}

/* The value behind a key that the message has. */
static void
read_field(struct parser *p, const ProtobufCFieldDescriptor *f, struct textpos at)
{
	bool list = f->label == PROTOBUF_C_LABEL_REPEATED;

	if (put_seen(&p->put))
		put_error(&p->put, DIAG_TEXT_DUPLICATE, at,
		    "%s stands twice; %s", f->name,
		    list ? "the lists were joined" : f->type == PROTOBUF_C_TYPE_MESSAGE ?
		    "both were merged" : "the last was taken");
	if (lexer_word(&p->lex, "null")) {
		lexer_next(&p->lex);
	} else if (!list) {
		read_value(p);
	} else if (lexer_take(&p->lex, '[')) {
		top(p)->list = true;
		p->after = p->comma = p->put.lost = false;
	} else {
		put_syntax(&p->put, &p->lex.tok, "an array");
		skip_value(p);
	}
}

static void
read_member(struct parser *p)
{
	const ProtobufCFieldDescriptor *f;
	struct token t = p->lex.tok;
	struct put_value key;

	p->after = true;
	if (t.kind != TOK_STRING) {
		put_syntax(&p->put, &t, "a key in quotes");
		skip_value(p);
		return;
	}
	read_string(p, &key);
	put_field(&p->put, f = find_key(&p->put, &key), t.at);
	if (f == NULL)
		put_error(&p->put, DIAG_TEXT_FIELD, t.at,
		    "%s has no field %.*s; its value was "
		    "left out", put_message(&p->put)->short_name,
		    (int)(key.n < 60 ? key.n : 60), key.s);
	if (!lexer_take(&p->lex, ':'))
		put_syntax(&p->put, &p->lex.tok, "a colon");
	else if (f != NULL)
		read_field(p, f, t.at);
	else
		skip_value(p);
}

/* } or ] in an object or an open array. */
static void
read_end(struct parser *p)
{
	const struct token *t = &p->lex.tok;
	bool list = top(p)->list;

	if (t->mark != (list ? ']' : '}') || p->comma)
		put_syntax(&p->put, t, p->comma ? "a value behind the comma" : list ?
		    "a comma or ]" : "a comma or }");
	p->after = true;
	p->comma = false;
	top(p)->list = false;
	if (list) {
		/* a brace that ends the array too is the object's */
		lexer_take(&p->lex, ']');
		return;
	}
	p->done = t->mark == '}' && p->put.depth == 0;
	if (t->mark == '}' && p->put.depth > 0)
		put_close(&p->put);
	lexer_next(&p->lex);
}

/* A member, an element, or what stands behind one. */
static void
read_one(struct parser *p)
{
	const struct token *t = &p->lex.tok;

	if (!top(p)->list)
		put_field(&p->put, NULL, t->at);
	if (at_end(p)) {
		read_end(p);
		return;
	}
	if (p->after && !lexer_take(&p->lex, ','))
		put_syntax(&p->put, t, "a comma");
	if (p->after) {
		p->after = false;
		p->comma = true;
	} else if (top(p)->list) {
		p->put.w->now = t->at;
		read_value(p);
		p->comma = false;
	} else {
		p->comma = false;
		read_member(p);
	}
}

int
proto_json_read(struct ctx *ctx, const struct text *text,
    const ProtobufCMessageDescriptor *root, struct wirebuf *w)
{
	struct parser p = { .done = false };

	put_init(&p.put, ctx, text, root, w, PUT_INTEGRAL);
	lexer_init(&p.lex, text, 0);
	if (!lexer_take(&p.lex, '{')) {
		put_syntax(&p.put, &p.lex.tok, "an object");
		return put_fini(&p.put);
	}
	while (!p.done && p.lex.tok.kind != TOK_END && !w->full)
		read_one(&p);
	if (!top(&p)->list)
		put_field(&p.put, NULL, p.lex.tok.at);
	if (!w->full && (!p.done || p.lex.tok.kind != TOK_END))
		put_syntax(&p.put, &p.lex.tok, p.done ? "the end of the text" :
		    "the end of an object");
	return put_fini(&p.put);
}
