/* SPDX-License-Identifier: Apache-2.0 */
/* The lexer. Bytes above 0x7f and controls are marks outside strings, so that
 * no input is beyond it. Invariant: line is one more than the line ends
 * before i. */
#include <string.h>

#include "base/utf8.h"
#include "read/lexer.h"

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* Letters, digits and '_' are words; code is mostly these. */
static const unsigned char words[256] = {
	['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1,
	['8'] = 1, ['9'] = 1, ['_'] = 1,
	['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1,
	['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1,
	['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1,
	['y'] = 1, ['z'] = 1,
	['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1,
	['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1,
	['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1,
	['Y'] = 1, ['Z'] = 1,
};

static bool
is_word(int c)
{
	return c >= 0 && words[c];
}

static bool
is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

int
lexer_hex(int c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
peek(const struct lexer *l, size_t ahead)
{
	return ahead < l->n - l->i ? (unsigned char)l->s[l->i + ahead] : -1;
}

static void
skip_space(struct lexer *l)
{
	const char *end;

	for (;;) {
		if (is_space(peek(l, 0))) {
			l->line += l->s[l->i++] == '\n';
		} else if (peek(l, 0) == '#' && l->flags & LEXER_COMMENTS) {
			end = memchr(l->s + l->i, '\n', l->n - l->i);
			l->i = end == NULL ? l->n : (size_t)(end - l->s);
		} else {
			return;
		}
	}
}

static void
string(struct lexer *l, int quote)
{
	struct token *t = &l->tok;
	int c;

	t->kind = TOK_STRING;
	t->mark = (char)quote;
	t->s = l->s + ++l->i;
	for (; (c = peek(l, 0)) != quote; l->i++) {
		if (c < 0 || (c == '\n' && !(l->flags & LEXER_MULTILINE))) {
			t->unclosed = true;
			break;
		}
		if (c == '\\' && peek(l, 1) >= 0) {
			t->escaped = true;
			c = peek(l, 1);
			l->i++;
		}
		l->line += c == '\n';
	}
	t->n = (size_t)(l->s + l->i - t->s);
	l->i += !t->unclosed;
}

/* All that could belong to a number: 12, 0x1F, .5, 1e-5, 2.f */
static void
number(struct lexer *l)
{
	bool hex = peek(l, 0) == '0' && (peek(l, 1) | 0x20) == 'x';
	int c;

	l->tok.kind = TOK_NUMBER;
	while ((c = peek(l, 0)) == '.' || is_word(c)) {
		l->i++;
		if (!hex && (c | 0x20) == 'e' && (peek(l, 0) == '+' || peek(l, 0) == '-'))
			l->i++;
	}
}

void
lexer_next(struct lexer *l)
{
	struct token *t = &l->tok;
	size_t start;
	int c;

	skip_space(l);
	start = l->i;
	*t = (struct token){ .at = { start, l->line }, .s = l->s + start };
	c = peek(l, 0);
	if (c < 0)
		return;
	if (c == '"' || (c == '\'' && l->flags & LEXER_SINGLE)) {
		string(l, c);
		return;
	}
	if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) {
		number(l);
	} else if (is_word(c)) {
		const char *s = l->s + start, *end = l->s + l->n;

		t->kind = TOK_WORD;
		while (++s < end && words[(unsigned char)*s])
			;
		l->i = (size_t)(s - l->s);
	} else {
		t->kind = TOK_MARK;
		t->mark = (char)c;
		l->i++;
	}
	t->n = l->i - start;
}

void
lexer_init(struct lexer *l, const struct text *text, unsigned flags)
{
	*l = (struct lexer){ .s = text->s, .n = text->n, .line = 1, .flags = flags };
	if (l->n >= 3 && memcmp(l->s, "\xef\xbb\xbf", 3) == 0)
		l->i = 3;
	lexer_next(l);
}

bool
lexer_at(const struct lexer *l, char mark)
{
	return l->tok.kind == TOK_MARK && l->tok.mark == mark;
}

bool
lexer_at_any(const struct lexer *l, const char *marks)
{
	return l->tok.kind == TOK_MARK && l->tok.mark != '\0' &&
	    strchr(marks, l->tok.mark) != NULL;
}

bool
lexer_take(struct lexer *l, char mark)
{
	if (!lexer_at(l, mark))
		return false;
	lexer_next(l);
	return true;
}

bool
lexer_word(const struct lexer *l, const char *word)
{
	/* most are told apart by their first letter */
	return l->tok.kind == TOK_WORD && *l->tok.s == *word &&
	    strncmp(l->tok.s, word, l->tok.n) == 0 && word[l->tok.n] == '\0';
}

void
lexer_stretch(struct lexer *l, const char *stop)
{
	struct token *t = &l->tok;
	int c;

	if (t->kind == TOK_END || t->kind == TOK_STRING)
		return;
	t->kind = TOK_WORD;
	l->i = (size_t)t->at.off + 1;
	while ((c = peek(l, 0)) > 0 && !is_space(c) && strchr(stop, c) == NULL)
		l->i++;
	t->n = l->i - (size_t)t->at.off;
}

static bool
hex4(const char *s, const char *end, uint32_t *out)
{
	*out = 0;
	if (end - s < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		if (lexer_hex(s[i]) < 0)
			return false;
		*out = *out << 4 | (uint32_t)lexer_hex(s[i]);
	}
	return true;
}

unsigned
lexer_escape_u(const char **s, const char *end, char out[4], bool *lone)
{
	uint32_t hi, lo;

	if (!hex4(*s, end, &hi))
		return 0;
	*s += 4;
	if (hi >> 10 == 0xd800 >> 10 && end - *s >= 6 && memcmp(*s, "\\u", 2) == 0 &&
	    hex4(*s + 2, end, &lo) && lo >> 10 == 0xdc00 >> 10) {
		*s += 6;
		hi = 0x10000 + ((hi & 0x3ff) << 10 | (lo & 0x3ff));
	}
	if (hi >> 11 == 0xd800 >> 11) {
		*lone = true;
		hi = 0xfffd;
	}
	return utf8_encode(out, hi);
}

unsigned
lexer_escape(const char **s, const char *end, char out[4], bool *bad)
{
	static const char plain[] = "bfnrt\"\\/", value[] = "\b\f\n\r\t\"\\/";
	const char *at = (*s)++, *hit = memchr(plain, *at, sizeof plain - 1);
	unsigned n;

	if (*at == 'u' && (n = lexer_escape_u(s, end, out, bad)) > 0)
		return n;
	*bad |= hit == NULL;
	*out = hit != NULL ? value[hit - plain] : *at;
	return 1;
}
