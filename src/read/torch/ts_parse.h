/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the parser share. A logical line ends where a token
 * stands on a later line outside all brackets; blocks are told by the column
 * of their first token. */
#ifndef READ_TS_PARSE_H
#define READ_TS_PARSE_H

#include "read/lexer.h"
#include "read/torch/ts_ast.h"

struct ts_parser {
	struct ctx *ctx;
	struct strtab *strs;
	struct arena *a;
	struct ts_file *file;
	struct lexer l;
	char *text;              /* a string whose escapes are taken out */
	uint32_t ntext;
	uint32_t open;           /* brackets */
	uint32_t depth;
	uint32_t column;         /* of the token, when fresh */
	uint32_t last;           /* offset behind the token before */
	bool fresh;              /* the token begins a logical line */
	bool failed;             /* the statement cannot be read */
	bool errors;
};

void ts_advance(struct ts_parser *);
/* Of a token of the same logical line; asked a dozen times of each. */
static inline bool
ts_at(const struct ts_parser *p, char mark)
{
	return !p->fresh && p->l.tok.kind == TOK_MARK && p->l.tok.mark == mark;
}
static inline bool
ts_word(const struct ts_parser *p, const char *word)
{
	return !p->fresh && p->l.tok.kind == TOK_WORD && lexer_word(&p->l, word);
}
bool ts_take(struct ts_parser *, char mark);
bool ts_take_word(struct ts_parser *, const char *);
/* Two marks side by side, as in -> or ==. */
bool ts_at2(const struct ts_parser *, const char *two);
/* A finding about the token, the first of its statement. */
void ts_wrong(struct ts_parser *, const char *expected);
void ts_expect(struct ts_parser *, char mark);
const struct str *ts_name(struct ts_parser *);

struct ts_expr *ts_new(struct ts_parser *, enum ts_expr_kind, uint32_t off);
void ts_push(struct ts_parser *, struct ts_expr *, struct ts_expr *child);
/* An expression without commas outside brackets; never NULL. */
struct ts_expr *ts_expr(struct ts_parser *);
/* Expressions with commas between: one, or a tuple. */
struct ts_expr *ts_exprs(struct ts_parser *);
/* The same of what stands before "in". */
struct ts_expr *ts_targets(struct ts_parser *);
/* Function of a binary operator that begins at the token, its length in marks; NULL:
 * none. */
const char *ts_operator(const struct ts_parser *, int *prec, unsigned *marks);

#endif
