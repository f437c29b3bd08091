/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf text format. One loop over fields; open messages and lists are
 * frames of the put stack, so nesting never uses the C stack. A field that is
 * not known or does not fit is reported and its value passed over by its
 * brackets. Grammar: protobuf.dev/reference/protobuf/textformat-spec. */
#include <string.h>

#include "base/ctx.h"
#include "base/utf8.h"
#include "read/lexer.h"
#include "read/put.h"
#include "read/text.h"

struct parser {
	struct put put;
	struct lexer lex;
};

static struct put_frame *
top(struct parser *p)
{
	return &p->put.stack[p->put.depth];
}

static bool
at_open(const struct parser *p)
{
	return lexer_at_any(&p->lex, "{<[");
}

static bool
at_close(const struct parser *p)
{
	return lexer_at_any(&p->lex, "}>]");
}

/* A bracket and all up to the one that ends it. */
static void
skip_brackets(struct parser *p)
{
	uint64_t open = 0;

	do {
		open += at_open(p);
		open -= at_close(p);
		lexer_next(&p->lex);
	} while (open > 0 && p->lex.tok.kind != TOK_END);
}

/* A value of any kind, also without the colon; or any mark that ends nothing. */
static void
skip_value(struct parser *p)
{
	lexer_take(&p->lex, ':');
	lexer_take(&p->lex, '-');
	if (at_open(p)) {
		skip_brackets(p);
		return;
	}
	if (p->lex.tok.kind != TOK_STRING && !at_close(p))
		lexer_next(&p->lex);
	else
		while (p->lex.tok.kind == TOK_STRING)
			lexer_next(&p->lex);
}

/* Octal or hexadecimal digits, at most max of them. */
static uint32_t
escape_digits(const char **s, const char *end, unsigned shift, unsigned max)
{
	uint32_t v = 0;
	int digit;

	for (; max > 0 && *s < end; max--, ++*s) {
		digit = lexer_hex(**s);
		if (digit < 0 || digit >> shift != 0)
			break;
		v = v << shift | (uint32_t)digit;
	}
	return v;
}

/* One escape, s behind the backslash: bytes in out, or 0 when it is none. */
static unsigned
unescape(const char **s, const char *end, char out[4], bool *bad)
{
	static const char plain[] = "abfnrtv\\'\"?", value[] = "\a\b\f\n\r\t\v\\'\"?";
	const char *at = *s, *hit = memchr(plain, *at, sizeof plain - 1);
	unsigned n;

	if (hit != NULL) {
		*out = value[hit - plain];
		++*s;
		return 1;
	}
	if (*at >= '0' && *at <= '7') {
		*out = (char)escape_digits(s, end, 3, 3);
		return 1;
	}
	++*s;
	if (*at == 'u' && (n = lexer_escape_u(s, end, out, bad)) > 0)
		return n;
	if (*at == 'U' && (n = utf8_encode(out, escape_digits(s, end, 4, 8))) > 0 &&
	    *s == at + 9)
		return n;
	if ((*at | 0x20) == 'x' && *s < end && lexer_hex(**s) >= 0) {
		*out = (char)escape_digits(s, end, 4, 2);
		return 1;
	}
	*s = at + 1;
	*bad = true;
	*out = *at;
	return 1;
}

/* The string's bytes behind those that out holds already. */
static size_t
append_string(struct parser *p, char *out, size_t n)
{
	const struct token *t = &p->lex.tok;
	const char *s = t->s, *end = s + t->n, *slash;
	bool bad = false;

	while ((slash = t->escaped ? memchr(s, '\\', (size_t)(end - s)) : NULL) != NULL &&
	    slash + 1 < end) {
		memcpy(out + n, s, (size_t)(slash - s));
		n += (size_t)(slash - s);
		s = slash + 1;
		n += unescape(&s, end, out + n, &bad);
	}
	memcpy(out + n, s, (size_t)(end - s));
	if (bad)
		put_error(&p->put, DIAG_TEXT_VALUE, t->at,
		    "an escape that does not exist or "
		    "makes no character; it was replaced");
	return n + (size_t)(end - s);
}

/* Strings one after the other are one. */
static void
read_strings(struct parser *p, struct put_value *v)
{
	struct lexer first = p->lex;
	size_t total = 0;
	char *out;

	for (; p->lex.tok.kind == TOK_STRING; lexer_next(&p->lex)) {
		total += p->lex.tok.n;
		if (p->lex.tok.unclosed)
			put_error(&p->put, DIAG_TEXT_SYNTAX, p->lex.tok.at,
			    "a string without its end; it was taken to end "
			    "with its line");
	}
	v->kind = PUT_TEXT;
	v->s = first.tok.s;
	v->n = total;
	if (total == first.tok.n && !first.tok.escaped)
		return;
	v->s = out = put_room(&p->put, total);
	for (v->n = 0; first.tok.kind == TOK_STRING; lexer_next(&first)) {
		p->lex.tok = first.tok;
		v->n = append_string(p, out, v->n);
	}
	p->lex = first;
}

static void
read_scalar(struct parser *p)
{
	struct put_value v = { .minus = lexer_take(&p->lex, '-') };
	const struct token *t = &p->lex.tok;

	v.s = t->s;
	v.n = t->n;
	v.kind = t->kind == TOK_NUMBER ? PUT_NUMBER : PUT_WORD;
	if (t->kind == TOK_STRING) {
		read_strings(p, &v);
	} else if (t->kind == TOK_NUMBER || t->kind == TOK_WORD) {
		lexer_next(&p->lex);
	} else {
		put_syntax(&p->put, t, "a value");
		if (!at_close(p))
			skip_value(p);
		return;
	}
	put_value(&p->put, &v);
	p->put.lost = false;
}

/* The value of the field in hand, or one element of its list. */
static void
read_value(struct parser *p)
{
	char close = lexer_at(&p->lex, '<') ? '>' : '}';

	if (top(p)->field->type != PROTOBUF_C_TYPE_MESSAGE) {
		read_scalar(p);
	} else if (!lexer_at_any(&p->lex, "{<")) {
		put_syntax(&p->put, &p->lex.tok, "a message");
		skip_value(p);
	} else if (!put_open(&p->put)) {
		skip_brackets(p);
	} else {
		top(p)->close = close;
		lexer_next(&p->lex);
		p->put.lost = false;
	}
}

static void
read_element(struct parser *p)
{
	if (lexer_take(&p->lex, ']')) {
		top(p)->list = false;
	} else if (at_close(p) || p->lex.tok.kind == TOK_END) {
		put_syntax(&p->put, &p->lex.tok, "the end of a list");
		top(p)->list = false;
	} else if (!lexer_take(&p->lex, ',')) {
		p->put.w->now = p->lex.tok.at;
		read_value(p);
	}
}

static void
unknown_field(struct parser *p, const struct token *name)
{
	put_field(&p->put, NULL, name->at);
	put_error(&p->put, DIAG_TEXT_FIELD, name->at,
	    "%s has no field %.*s; its value was "
	    "left out", put_message(&p->put)->short_name,
	    (int)(name->n < 60 ? name->n : 60),
	    name->s);
	skip_value(p);
}

static void
read_field(struct parser *p)
{
	struct token name = p->lex.tok;
	const ProtobufCFieldDescriptor *f = put_find(&p->put, name.s, name.n);
	bool list;

	lexer_next(&p->lex);
	if (f == NULL) {
		unknown_field(p, &name);
		return;
	}
	list = f->label == PROTOBUF_C_LABEL_REPEATED;
	put_field(&p->put, f, name.at);
	if (put_seen(&p->put) && !list)
		put_error(&p->put, DIAG_TEXT_DUPLICATE, name.at,
		    "%s stands twice; %s", f->name,
		    f->type == PROTOBUF_C_TYPE_MESSAGE ? "both were merged" :
		    "the last was taken");
	if (!lexer_take(&p->lex, ':') && f->type != PROTOBUF_C_TYPE_MESSAGE)
		put_error(&p->put, DIAG_TEXT_SYNTAX, name.at,
		    "no colon behind %s; it was read "
		    "as if there were one", f->name);
	if (list && lexer_take(&p->lex, '['))
		top(p)->list = true;
	else
		read_value(p);
}

/* [some.extension] or [host/some.Type]: the schemas have none. */
static void
read_extension(struct parser *p)
{
	struct token open = p->lex.tok;

	lexer_stretch(&p->lex, "]{}");
	lexer_next(&p->lex);
	open.n = (size_t)(p->lex.tok.at.off - open.at.off) + lexer_at(&p->lex, ']');
	lexer_take(&p->lex, ']');
	unknown_field(p, &open);
}

static void
close_message(struct parser *p)
{
	const struct token *t = &p->lex.tok;

	put_field(&p->put, NULL, t->at);
	if (p->put.depth == 0)
		put_syntax(&p->put, t, "a field");
	else if (t->mark != top(p)->close)
		put_error(&p->put, DIAG_TEXT_SYNTAX, t->at,
		    "%c where %c should end the message; "
		    "it was taken for its end", t->mark, top(p)->close);
	if (p->put.depth > 0)
		put_close(&p->put);
	lexer_next(&p->lex);
}

static void
read_one(struct parser *p)
{
	if (top(p)->list)
		read_element(p);
	else if (p->lex.tok.kind == TOK_WORD)
		read_field(p);
	else if (lexer_at(&p->lex, '['))
		read_extension(p);
	else if (lexer_at_any(&p->lex, "}>"))
		close_message(p);
	else if (!lexer_take(&p->lex, ',') && !lexer_take(&p->lex, ';')) {
		put_field(&p->put, NULL, p->lex.tok.at);
		put_syntax(&p->put, &p->lex.tok, "a field");
		lexer_next(&p->lex);
	}
}

int
proto_text_read(struct ctx *ctx, const struct text *text,
    const ProtobufCMessageDescriptor *root, struct wirebuf *w)
{
	struct parser p;

	put_init(&p.put, ctx, text, root, w, PUT_RADIX);
	lexer_init(&p.lex, text, LEXER_COMMENTS | LEXER_SINGLE);
	while (p.lex.tok.kind != TOK_END && !w->full)
		read_one(&p);
	if (!top(&p)->list)
		put_field(&p.put, NULL, p.lex.tok.at);
	if (p.put.depth > 0 && !w->full)
		put_syntax(&p.put, &p.lex.tok, "the end of a message");
	return put_fini(&p.put);
}
