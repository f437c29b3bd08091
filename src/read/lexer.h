/* SPDX-License-Identifier: Apache-2.0 */
/* Words of the text spellings of models. All of them are made of
 * identifiers, numbers, quoted strings and single marks; what a number or an
 * escape in a string means is the parser's business. One token ahead. */
#ifndef READ_LEXER_H
#define READ_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"
#include "read/text.h"

enum token_kind { TOK_END, TOK_WORD, TOK_NUMBER, TOK_STRING, TOK_MARK };

struct token {
	enum token_kind kind;
	char mark;            /* TOK_MARK: the byte; TOK_STRING: the quote */
	bool escaped;         /* the string holds backslashes */
	bool unclosed;        /* the string ends with its line or the text */
	const char *s;        /* slice of the text, a string's without quotes */
	size_t n;
	struct textpos at;
};

enum lexer_flag {
	LEXER_COMMENTS = 1,   /* # to the end of the line */
	LEXER_SINGLE = 2,     /* strings in ' as well as in " */
	LEXER_MULTILINE = 4   /* strings may hold line ends */
};

struct lexer {
	const char *s;
	size_t n, i;          /* i: behind the token */
	uint32_t line;        /* at i */
	unsigned flags;
	struct token tok;
};

/* Skips a byte order mark and stands on the first token. */
void lexer_init(struct lexer *, const struct text *, unsigned flags);
/* Go on to the next token. */
void lexer_next(struct lexer *);
/* Is the token this mark? */
bool lexer_at(const struct lexer *, char mark);
/* Is it one of these marks? */
bool lexer_at_any(const struct lexer *, const char *marks);
/* Is the token this mark? Go on if it is. */
bool lexer_take(struct lexer *, char mark);
/* Is the token this word? */
bool lexer_word(const struct lexer *, const char *word);
/* Make the token all that stands from its first byte up to space or one of
 * the stop bytes; for names that follow no rule. At least one byte. */
void lexer_stretch(struct lexer *, const char *stop);

/* Value of a hexadecimal digit, or -1. */
int lexer_hex(int c);

/* Four hexadecimal digits at *s and, for the first half of a surrogate pair,
 * \u and four more: UTF-8 in out, *s moved behind. Returns bytes, or 0 when
 * there are no such digits. Half a pair becomes U+FFFD and sets lone. */
unsigned lexer_escape_u(const char **s, const char *end, char out[4], bool *lone);
/* An escape of JSON, *s behind its backslash and before end. Of one that does
 * not exist the character itself; that sets bad, as half a pair does. */
unsigned lexer_escape(const char **s, const char *end, char out[4], bool *bad);

#endif
