/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of the MIL text reader share. As in onnx_text.h, every
 * function reads what its name says from the current token on into the open
 * message; false: the grammar was left (reported). */
#ifndef READ_MIL_TEXT_H
#define READ_MIL_TEXT_H

#include "read/lexer.h"
#include "read/put.h"

struct mil_text {
	struct put put;
	struct lexer lex;
};

/* The next values are of this field of the open message; it must exist. */
void mil_text_field(struct mil_text *, const char *field);
bool mil_text_open(struct mil_text *, const char *field);
bool mil_text_syntax(struct mil_text *, const char *wanted);
bool mil_text_expect(struct mil_text *, char mark);
/* An identifier into a field. */
bool mil_text_name(struct mil_text *, const char *field);
/* From an opening bracket to the one that ends it. */
void mil_text_skip(struct mil_text *);

/* mil_text_value.c */
/* tensor<fp16, [1, ?]>, int32, list<..>, ... into the open ValueType. */
bool mil_text_type(struct mil_text *);
/* TYPE(LITERAL) into the open Value. */
bool mil_text_value(struct mil_text *);

#endif
