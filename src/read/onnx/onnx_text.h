/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of the ONNX text reader share. Every function reads what
 * its name says from the current token on and writes it into the open message;
 * false: the grammar was left (reported), the tokens stand at the fault.
 * Messages are closed by who opened them. Calls nest as deep as messages do,
 * which limits.depth bounds. */
#ifndef READ_ONNX_TEXT_H
#define READ_ONNX_TEXT_H

#include "read/lexer.h"
#include "read/put.h"

struct onnx_text {
	struct put put;
	struct lexer lex;
};

/* onnx_text.c */
/* NAME (inputs) => (outputs) <infos> { nodes } */
bool onnx_text_graph(struct onnx_text *);

/* onnx_text_value.c */
/* The field of the open message that comes next; it must exist. */
void onnx_text_field(struct onnx_text *, const char *field);
/* Open a message of that field; what cannot be opened is not skipped. */
bool onnx_text_open(struct onnx_text *, const char *field);
/* put_syntax about the open message; false. */
bool onnx_text_syntax(struct onnx_text *, const char *wanted);
bool onnx_text_expect(struct onnx_text *, char mark);
/* Is it an identifier or a quoted one? */
bool onnx_text_at_name(const struct onnx_text *);
/* Names that the printer writes without quotes whatever they hold: make the
 * token all up to space or a stop. */
void onnx_text_stretch(struct onnx_text *, const char *stop);
bool onnx_text_name(struct onnx_text *, const char *field);
bool onnx_text_string(struct onnx_text *, const char *field);
/* An integer, also inf or nan where the field is real. */
bool onnx_text_number(struct onnx_text *, const char *field);
/* [ "key": "value", ... ] */
bool onnx_text_pairs(struct onnx_text *, const char *field);
/* An opening bracket, any of them, and all up to the one that ends it. */
void onnx_text_skip_brackets(struct onnx_text *);
bool onnx_text_at_type(const struct onnx_text *);
void onnx_text_skip_type(struct onnx_text *);
/* Into a new message of that field. */
bool onnx_text_type(struct onnx_text *, const char *field);
/* TYPE [NAME] [=] DATA into the open TensorProto. */
bool onnx_text_tensor(struct onnx_text *);
/* NAME [: TYPE] = VALUE into the open AttributeProto. */
bool onnx_text_attribute(struct onnx_text *);

#endif
