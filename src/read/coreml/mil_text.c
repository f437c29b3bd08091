/* SPDX-License-Identifier: Apache-2.0 */
/* MIL text, as the compiler of Core ML writes it (model.mil) and people do by
 * hand: transcribed into a specification that holds nothing but the program,
 * so that one reader serves both. Source: facts/coreml-format.md section 7.
 *
 *	program(1.3) [attributes] { func NAME<OPSET>(TYPE NAME, ...) [attributes]
 *	    { TYPE NAME, ... = OP(PARAM = VALUE, ...) [attributes]; ... } -> (NAME); }
 */
#include <string.h>

#include "base/ctx.h"
#include "proto/coreml.pb-c.h"
#include "read/coreml/mil_text.h"
#include "read/text.h"
#include "read/wirebuf.h"

void
mil_text_field(struct mil_text *p, const char *field)
{
	put_field(&p->put, put_find(&p->put, field, strlen(field)), p->lex.tok.at);
}

bool
mil_text_open(struct mil_text *p, const char *field)
{
	mil_text_field(p, field);
	return put_open(&p->put);
}

bool
mil_text_syntax(struct mil_text *p, const char *wanted)
{
	put_field(&p->put, NULL, p->lex.tok.at);
	put_syntax(&p->put, &p->lex.tok, wanted);
	return false;
}

bool
mil_text_expect(struct mil_text *p, char mark)
{
	char wanted[] = { mark, '\0' };

	return lexer_take(&p->lex, mark) || mil_text_syntax(p, wanted);
}

static void
put_slice(struct mil_text *p, const char *field, const char *s, size_t n)
{
	mil_text_field(p, field);
	put_value(&p->put, &(struct put_value){ PUT_TEXT, false, s, n });
}

bool
mil_text_name(struct mil_text *p, const char *field)
{
	if (p->lex.tok.kind != TOK_WORD)
		return mil_text_syntax(p, "a name");
	put_slice(p, field, p->lex.tok.s, p->lex.tok.n);
	lexer_next(&p->lex);
	return true;
}

void
mil_text_skip(struct mil_text *p)
{
	uint32_t depth = 0;

	do {
		depth += lexer_at_any(&p->lex, "([{");
		depth -= lexer_at_any(&p->lex, ")]}");
		lexer_next(&p->lex);
	} while (depth > 0 && p->lex.tok.kind != TOK_END);
}

/* [NAME = VALUE, ...] into entries of the map. */
static bool
attributes(struct mil_text *p)
{
	bool ok = true;

	if (!lexer_take(&p->lex, '['))
		return true;
	while (ok && !lexer_at(&p->lex, ']') && p->lex.tok.kind != TOK_END) {
		if (!mil_text_open(p, "attributes"))
			return false;
		ok = mil_text_name(p, "key") && mil_text_expect(p, '=');
		if (ok && (ok = mil_text_open(p, "value"))) {
			ok = mil_text_value(p);
			put_close(&p->put);
		}
		put_close(&p->put);
		if (!lexer_take(&p->lex, ','))
			break;
	}
	return ok && mil_text_expect(p, ']');
}

/* A name, or a literal in its place. */
static bool
binding(struct mil_text *p)
{
	struct lexer ahead = p->lex;
	bool ok, literal;

	lexer_next(&ahead);
	literal = lexer_at_any(&ahead, "(<");
	if (!mil_text_open(p, "arguments"))
		return false;
	if (!literal) {
		ok = mil_text_name(p, "name");
	} else if ((ok = mil_text_open(p, "value"))) {
		ok = mil_text_value(p);
		put_close(&p->put);
	}
	put_close(&p->put);
	return ok;
}

/* One or, in parentheses, several bindings of a parameter. */
static bool
bindings(struct mil_text *p)
{
	if (!lexer_take(&p->lex, '('))
		return binding(p);
	while (!lexer_at(&p->lex, ')')) {
		if (!binding(p))
			return false;
		if (!lexer_take(&p->lex, ','))
			break;
	}
	return mil_text_expect(p, ')');
}

/* (PARAM = VALUE, ...) */
static bool
arguments(struct mil_text *p)
{
	bool ok = mil_text_expect(p, '(');

	while (ok && !lexer_at(&p->lex, ')')) {
		if (!mil_text_open(p, "inputs"))
			return false;
		ok = mil_text_name(p, "key") && mil_text_expect(p, '=');
		if (ok && (ok = mil_text_open(p, "value"))) {
			ok = bindings(p);
			put_close(&p->put);
		}
		put_close(&p->put);
		if (!lexer_take(&p->lex, ','))
			break;
	}
	return ok && mil_text_expect(p, ')');
}

/* TYPE NAME into the open NamedValueType. */
static bool
named_type(struct mil_text *p)
{
	bool ok;

	if (!mil_text_open(p, "type"))
		return false;
	ok = mil_text_type(p);
	put_close(&p->put);
	return ok && mil_text_name(p, "name");
}

/* TYPE NAME, ... up to one of the stops. */
static bool
named_types(struct mil_text *p, const char *field, const char *stop)
{
	bool ok = true;

	while (ok && !lexer_at_any(&p->lex, stop)) {
		if (!mil_text_open(p, field))
			return false;
		ok = named_type(p);
		put_close(&p->put);
		if (!lexer_take(&p->lex, ','))
			break;
	}
	return ok;
}

static bool block(struct mil_text *p);

/* Blocks of cond and while_loop: an optional word and inputs before each. */
static bool
nested(struct mil_text *p)
{
	bool ok = true;

	while (ok && (lexer_at_any(&p->lex, "{(,") || lexer_word(&p->lex, "block"))) {
		lexer_take(&p->lex, ',');
		if (!mil_text_open(p, "blocks"))
			return false;
		while (p->lex.tok.kind == TOK_WORD)
			lexer_next(&p->lex);
		if (lexer_take(&p->lex, '('))
			ok = named_types(p, "inputs", ")") && mil_text_expect(p, ')');
		ok = ok && block(p);
		put_close(&p->put);
	}
	return ok;
}

static bool
operation(struct mil_text *p)
{
	return named_types(p, "outputs", "=") && mil_text_expect(p, '=') &&
	    mil_text_name(p, "type") && arguments(p) && nested(p) && attributes(p) &&
	    nested(p) && mil_text_expect(p, ';');
}

/* After a fault: go on behind the statement. */
static void
recover(struct mil_text *p)
{
	while (p->lex.tok.kind != TOK_END && !lexer_at_any(&p->lex, ";}")) {
		if (lexer_at_any(&p->lex, "([{"))
			mil_text_skip(p);
		else
			lexer_next(&p->lex);
	}
	lexer_take(&p->lex, ';');
	p->put.lost = false;
}

/* (NAME, ...) */
static bool
names(struct mil_text *p, const char *field)
{
	if (!mil_text_expect(p, '('))
		return false;
	while (!lexer_at(&p->lex, ')')) {
		if (!mil_text_name(p, field))
			return false;
		if (!lexer_take(&p->lex, ','))
			break;
	}
	return mil_text_expect(p, ')');
}

/* { statements } -> (names) into the open Block. */
static bool
block(struct mil_text *p)
{
	if (!mil_text_expect(p, '{'))
		return false;
	while (!lexer_at(&p->lex, '}') && p->lex.tok.kind != TOK_END && !p->put.w->full) {
		if (!mil_text_open(p, "operations"))
			return false;
		if (!operation(p))
			recover(p);
		put_close(&p->put);
	}
	return mil_text_expect(p, '}') && mil_text_expect(p, '-') && mil_text_expect(p, '>') &&
	    names(p, "outputs");
}

/* The body, as the block of the function's own opset. */
static bool
specialization(struct mil_text *p, const struct token *opset)
{
	bool ok = false;

	if (!mil_text_open(p, "block_specializations"))
		return false;
	put_slice(p, "key", opset->s, opset->n);
	if (mil_text_open(p, "value")) {
		ok = block(p);
		put_close(&p->put);
	}
	put_close(&p->put);
	return ok;
}

/* <OPSET>(inputs) [attributes] { ... } -> (...); */
static bool
function_body(struct mil_text *p)
{
	struct token opset = { .kind = TOK_END, .s = "" };

	if (lexer_take(&p->lex, '<')) {
		opset = p->lex.tok;
		if (!mil_text_name(p, "opset") || !mil_text_expect(p, '>'))
			return false;
	}
	return mil_text_expect(p, '(') && named_types(p, "inputs", ")") &&
	    mil_text_expect(p, ')') && attributes(p) && specialization(p, &opset) &&
	    mil_text_expect(p, ';');
}

static void
function(struct mil_text *p)
{
	bool ok = false;

	if (!lexer_word(&p->lex, "func")) {
		mil_text_syntax(p, "func");
		recover(p);
		return;
	}
	lexer_next(&p->lex);
	if (!mil_text_open(p, "functions"))
		return;
	if (mil_text_name(p, "key") && mil_text_open(p, "value")) {
		ok = function_body(p);
		put_close(&p->put);
	}
	put_close(&p->put);
	if (!ok)
		recover(p);
}

static void
program(struct mil_text *p)
{
	lexer_next(&p->lex); /* program */
	if (lexer_at(&p->lex, '('))
		mil_text_skip(p);
	if (!attributes(p))
		while (p->lex.tok.kind != TOK_END && !lexer_at(&p->lex, '{'))
			lexer_next(&p->lex);
	p->put.lost = false;
	if (!mil_text_expect(p, '{'))
		return;
	while (!lexer_at(&p->lex, '}') && p->lex.tok.kind != TOK_END && !p->put.w->full)
		function(p);
	mil_text_expect(p, '}');
}

int
mil_text_read(struct ctx *ctx, const struct text *text, struct wirebuf *w)
{
	struct mil_text p;

	put_init(&p.put, ctx, text, &coreml__model__descriptor, w, 0);
	lexer_init(&p.lex, text, LEXER_MULTILINE);
	if (mil_text_open(&p, "mlProgram")) {
		program(&p);
		put_close(&p.put);
	}
	return put_fini(&p.put);
}
