/* SPDX-License-Identifier: Apache-2.0 */
/* The ONNX text syntax: model, graphs, functions, nodes; values are in
 * onnx_text_value.c. Grammar: facts/onnx-format.md section 9. What the text
 * says in one place and the messages in two (typed inputs of functions,
 * inputs with a default) is read twice from the same token. After an error
 * reading goes on with the next line that can start a node, or the next body. */
#include <string.h>

#include "base/ctx.h"
#include "proto/onnx.pb-c.h"
#include "read/onnx/onnx_text.h"
#include "read/text.h"

/* Read a list of what fn reads, from an opening to a closing mark. */
static bool
read_list(struct onnx_text *p, const char *marks, bool (*fn)(struct onnx_text *))
{
	if (!onnx_text_expect(p, marks[0]))
		return false;
	if (lexer_take(&p->lex, marks[1]))
		return true;
	do {
		if (!fn(p))
			return false;
	} while (lexer_take(&p->lex, ','));
	return onnx_text_expect(p, marks[1]);
}

static bool
read_arrow(struct onnx_text *p)
{
	return onnx_text_expect(p, '=') && onnx_text_expect(p, '>');
}

/* ----------------------------------------------------------------- values */

/* [TYPE] NAME as a ValueInfoProto. */
static bool
read_value_info(struct onnx_text *p, const char *field)
{
	bool ok;

	if (!onnx_text_open(p, field))
		return false;
	ok = (!onnx_text_at_type(p) || onnx_text_type(p, "type")) &&
	    onnx_text_name(p, "name");
	put_close(&p->put);
	return ok;
}

static bool
read_initializer(struct onnx_text *p)
{
	bool ok;

	if (!onnx_text_open(p, "initializer"))
		return false;
	ok = onnx_text_tensor(p);
	put_close(&p->put);
	return ok;
}

static bool
read_input(struct onnx_text *p)
{
	struct lexer start = p->lex;

	if (!read_value_info(p, "input"))
		return false;
	if (!lexer_at(&p->lex, '='))
		return true;
	p->lex = start;
	return read_initializer(p);
}

static bool
read_output(struct onnx_text *p)
{
	return read_value_info(p, "output");
}

/* A value_info, or an initializer when data follows. */
static bool
read_info(struct onnx_text *p)
{
	struct onnx_text next = *p;

	if (!onnx_text_at_type(p))
		return read_value_info(p, "value_info");
	onnx_text_skip_type(&next);
	if (onnx_text_at_name(&next))
		lexer_next(&next.lex);
	return lexer_at(&next.lex, '=') ? read_initializer(p) :
	    read_value_info(p, "value_info");
}

/* ------------------------------------------------------------------ nodes */

/* Names, of which some may be left out: x, , "y" */
static bool
read_names(struct onnx_text *p, const char *field)
{
	static const struct put_value empty = { PUT_TEXT, false, "", 0 };

	do {
		if (onnx_text_at_name(p)) {
			if (!onnx_text_name(p, field))
				return false;
		} else if (lexer_at(&p->lex, ',')) {
			onnx_text_field(p, field);
			put_value(&p->put, &empty);
		} else {
			break;
		}
	} while (lexer_take(&p->lex, ','));
	return true;
}

/* Do outputs come next, or the equals sign of none? */
static bool
at_outputs(const struct onnx_text *p)
{
	struct onnx_text next = *p;

	if (onnx_text_at_name(p))
		lexer_next(&next.lex);
	return lexer_at_any(&next.lex, ",=");
}

static void
put_slice(struct onnx_text *p, const char *field, const char *s, const char *end)
{
	struct put_value v = { .kind = PUT_TEXT };

	while (s < end && *s == ' ')
		s++;
	while (s < end && end[-1] == ' ')
		end--;
	v.s = s;
	v.n = (size_t)(end - s);
	onnx_text_field(p, field);
	put_value(&p->put, &v);
}

/* domain.parts.Op. The printer writes any name as it is, so it goes up to the
 * bracket that must follow, or the end of the line. */
static bool
read_op(struct onnx_text *p)
{
	struct lexer first = p->lex, end;
	const struct token *t = &p->lex.tok;
	const char *s = t->s, *dot, *stop = s;

	for (; t->kind == TOK_WORD || t->kind == TOK_NUMBER || lexer_at(&p->lex, '.');
	    lexer_next(&p->lex)) {
		if (t->at.line != first.tok.at.line)
			break;
		onnx_text_stretch(p, "(<:={}[\"#");
		stop = p->lex.s + p->lex.i;
	}
	if (stop == s && !lexer_at(&p->lex, '('))
		return onnx_text_syntax(p, "an operator");
	end = p->lex;
	p->lex = first;
	for (dot = stop; dot > s && dot[-1] != '.'; dot--)
		continue;
	put_slice(p, "op_type", dot, stop);
	put_slice(p, "domain", s, dot > s ? dot - 1 : dot);
	p->lex = end;
	return true;
}

static bool
read_attribute(struct onnx_text *p)
{
	bool ok;

	if (!onnx_text_open(p, "attribute"))
		return false;
	ok = onnx_text_attribute(p);
	put_close(&p->put);
	return ok;
}

static bool
read_label(struct onnx_text *p)
{
	return !lexer_take(&p->lex, '[') ||
	    ((lexer_at(&p->lex, ']') || onnx_text_name(p, "name")) &&
	    onnx_text_expect(p, ']'));
}

static bool
read_overload(struct onnx_text *p)
{
	if (!lexer_take(&p->lex, ':'))
		return true;
	onnx_text_stretch(p, "(<,={}[#");
	return onnx_text_name(p, "overload");
}

/* [LABEL] outputs = domain.OP:OVERLOAD <attributes> (inputs) <attributes> */
static bool
read_node(struct onnx_text *p)
{
	bool attrs;

	if (!read_label(p))
		return false;
	if (at_outputs(p) && !(read_names(p, "output") && onnx_text_expect(p, '=')))
		return false;
	if (!read_op(p) || !read_overload(p))
		return false;
	attrs = lexer_at(&p->lex, '<');
	if (attrs && !read_list(p, "<>", read_attribute))
		return false;
	if (!onnx_text_expect(p, '(') || !read_names(p, "input") ||
	    !onnx_text_expect(p, ')'))
		return false;
	return attrs || !lexer_at(&p->lex, '<') || read_list(p, "<>", read_attribute);
}

/* Behind an error: on to a line that can start a node, or the end of the body. */
static void
next_node(struct onnx_text *p, uint32_t line)
{
	const struct token *t = &p->lex.tok;
	uint64_t open = 0;

	for (; t->kind != TOK_END; lexer_next(&p->lex)) {
		if (open == 0 && (lexer_at(&p->lex, '}') || (t->at.line > line &&
		    (onnx_text_at_name(p) || lexer_at(&p->lex, '[')))))
			break;
		if (lexer_at_any(&p->lex, "([{"))
			open++;
		else if (lexer_at_any(&p->lex, ")]}") && open > 0)
			open--;
	}
	p->put.lost = false;
}

static bool
read_nodes(struct onnx_text *p)
{
	struct token first = p->lex.tok;
	bool ok;

	if (!onnx_text_expect(p, '{'))
		return false;
	while (!lexer_at(&p->lex, '}') && p->lex.tok.kind != TOK_END) {
		first = p->lex.tok;
		ok = onnx_text_open(p, "node");
		if (ok) {
			ok = read_node(p);
			put_close(&p->put);
		}
		if (!ok)
			next_node(p, first.at.line);
	}
	return onnx_text_expect(p, '}');
}

/* ----------------------------------------------------------------- graphs */

/* Behind an error in what comes before a body: on to the body. */
static bool
find_body(struct onnx_text *p)
{
	bool behind = false; /* what may stand in front of a body */

	for (; p->lex.tok.kind != TOK_END; lexer_next(&p->lex)) {
		if (behind && lexer_at(&p->lex, '{')) {
			p->put.lost = false;
			return true;
		}
		behind = lexer_at_any(&p->lex, ")>");
	}
	return false;
}

static bool
graph_head(struct onnx_text *p)
{
	return onnx_text_name(p, "name") &&
	    (!lexer_at(&p->lex, '(') || read_list(p, "()", read_input)) &&
	    read_arrow(p) &&
	    read_list(p, "()", read_output) &&
	    (!lexer_at(&p->lex, '<') || read_list(p, "<>", read_info));
}

bool
onnx_text_graph(struct onnx_text *p)
{
	return (graph_head(p) || find_body(p)) && read_nodes(p);
}

/* -------------------------------------------------------------- functions */

/* [TYPE] NAME: the name to field, both to value_info. */
static bool
read_parameter(struct onnx_text *p, const char *field)
{
	struct onnx_text start = *p;

	if (onnx_text_at_type(p))
		onnx_text_skip_type(p);
	if (!onnx_text_name(p, field))
		return false;
	if (!onnx_text_at_type(&start))
		return true;
	p->lex = start.lex;
	return read_value_info(p, "value_info");
}

static bool
read_function_input(struct onnx_text *p)
{
	return read_parameter(p, "input");
}

static bool
read_function_output(struct onnx_text *p)
{
	return read_parameter(p, "output");
}

static bool
read_function_info(struct onnx_text *p)
{
	return read_value_info(p, "value_info");
}

/* NAME, NAME: TYPE, or an attribute with its default. */
static bool
read_function_attribute(struct onnx_text *p)
{
	struct onnx_text next = *p;
	bool ok;

	onnx_text_stretch(&next, ":=,<>");
	lexer_next(&next.lex);
	if (lexer_take(&next.lex, ':'))
		lexer_next(&next.lex);
	if (!lexer_at(&next.lex, '=')) {
		onnx_text_stretch(p, ":=,<>");
		ok = onnx_text_name(p, "attribute");
		if (ok)
			p->lex = next.lex;
		return ok;
	}
	if (!onnx_text_open(p, "attribute_proto"))
		return false;
	ok = onnx_text_attribute(p);
	put_close(&p->put);
	return ok;
}

/* ---------------------------------------------------------------- headers */

static bool
read_opset(struct onnx_text *p)
{
	bool ok;

	if (!onnx_text_open(p, "opset_import"))
		return false;
	ok = onnx_text_string(p, "domain") && onnx_text_expect(p, ':') &&
	    onnx_text_number(p, "version");
	put_close(&p->put);
	return ok;
}

/* On to the comma or angle that ends the value of a key. */
static void
skip_header_value(struct onnx_text *p)
{
	while (!lexer_at_any(&p->lex, ",>") && p->lex.tok.kind != TOK_END)
		if (lexer_at_any(&p->lex, "[("))
			onnx_text_skip_brackets(p);
		else
			lexer_next(&p->lex);
}

/* KEY: VALUE, where the key is a field of the model or function. */
static bool
read_key(struct onnx_text *p)
{
	struct token key = p->lex.tok;
	char name[32];
	const ProtobufCFieldDescriptor *f = NULL;

	if (key.kind != TOK_WORD)
		return onnx_text_syntax(p, "a key");
	if (key.n < sizeof name) {
		memcpy(name, key.s, key.n);
		name[key.n] = '\0';
		f = put_find(&p->put, name, key.n);
	}
	lexer_next(&p->lex);
	if (!onnx_text_expect(p, ':'))
		return false;
	if (f != NULL && f->descriptor == &onnx__operator_set_id_proto__descriptor)
		return read_list(p, "[]", read_opset);
	if (f != NULL && f->descriptor == &onnx__string_string_entry_proto__descriptor)
		return onnx_text_pairs(p, name);
	if (f != NULL && f->label != PROTOBUF_C_LABEL_REPEATED && f->descriptor == NULL)
		return f->type == PROTOBUF_C_TYPE_STRING ? onnx_text_string(p, name) :
		    onnx_text_number(p, name);
	put_field(&p->put, NULL, key.at);
	put_error(&p->put, DIAG_TEXT_FIELD, key.at,
	    "%s has no key %.*s; its value was left out",
	    put_message(&p->put)->short_name, (int)(key.n < 60 ? key.n : 60), key.s);
	skip_header_value(p);
	return true;
}

/* <KEY: VALUE, ...>, which may be missing. */
static void
read_header(struct onnx_text *p)
{
	if (!lexer_at(&p->lex, '<') || read_list(p, "<>", read_key))
		return;
	while (!lexer_take(&p->lex, '>') && p->lex.tok.kind != TOK_END)
		lexer_next(&p->lex);
	p->put.lost = false;
}

static bool
function_head(struct onnx_text *p)
{
	return onnx_text_name(p, "name") &&
	    (!lexer_at(&p->lex, '<') || read_list(p, "<>", read_function_attribute)) &&
	    read_list(p, "()", read_function_input) && read_arrow(p) &&
	    read_list(p, "()", read_function_output) &&
	    (!lexer_at(&p->lex, '<') || read_list(p, "<>", read_function_info));
}

static void
read_function(struct onnx_text *p)
{
	read_header(p);
	if (function_head(p) || find_body(p))
		read_nodes(p);
}

int
onnx_text_read(struct ctx *ctx, const struct text *text, struct wirebuf *w)
{
	struct onnx_text p;

	put_init(&p.put, ctx, text, &onnx__model_proto__descriptor, w, 0);
	lexer_init(&p.lex, text, LEXER_COMMENTS | LEXER_MULTILINE);
	read_header(&p);
	if (onnx_text_open(&p, "graph")) {
		onnx_text_graph(&p);
		put_close(&p.put);
	}
	while (p.lex.tok.kind != TOK_END && !w->full && onnx_text_open(&p, "functions")) {
		p.put.lost = false;
		read_function(&p);
		put_close(&p.put);
	}
	return put_fini(&p.put);
}
