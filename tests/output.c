/* SPDX-License-Identifier: Apache-2.0 */
/* JSON is checked as a list of tokens with a stack of brackets: after each
 * token, what may come next. */
#include "output.h"

#include <string.h>

int
output_is_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c < 32 && c != '\n') || c == 127)
			return 0;
		if (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0)
			return 0;
	}
	return 1;
}

enum { NESTED_MAX = 1000 };

struct scan {
	const char *p, *end;
	char stack[NESTED_MAX];
	unsigned depth;
	enum { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON, AFTER } next;
};

static int
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static int
string(struct scan *s)
{
	for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
		if ((unsigned char)*s->p < 32)
			return 0;
		if (*s->p == '\\' && (++s->p == s->end || !is_one_of(*s->p, "\"\\/bfnrtu")))
			return 0;
	}
	return s->p++ < s->end;
}

static int
number(struct scan *s)
{
	const char *start = s->p;

	s->p += *s->p == '-';
	if (s->p == s->end || !is_one_of(*s->p, "0123456789"))
		return 0;
	while (s->p < s->end && is_one_of(*s->p, "0123456789+-.eE"))
		s->p++;
	return s->p[-1] != '.' && (*start != '0' || s->p == start + 1 || !is_one_of(start[1],
	    "0123456789"));
}

static int
word(struct scan *s)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t n;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		n = strlen(words[i]);
		if ((size_t)(s->end - s->p) >= n && memcmp(s->p, words[i], n) == 0) {
			s->p += n;
			return 1;
		}
	}
	return number(s);
}

static int
open_bracket(struct scan *s)
{
	if (s->depth == NESTED_MAX)
		return 0;
	s->stack[s->depth++] = *s->p;
	s->next = *s->p++ == '{' ? KEY_OR_END : VALUE_OR_END;
	return 1;
}

static int
close_bracket(struct scan *s)
{
	char open = *s->p == '}' ? '{' : '[';

	if (s->depth == 0 || s->stack[s->depth - 1] != open ||
	    (s->next != AFTER && s->next != (open == '{' ? KEY_OR_END : VALUE_OR_END)))
		return 0;
	s->p++;
	s->depth--;
	s->next = AFTER;
	return 1;
}

static int
token(struct scan *s)
{
	if (*s->p == '}' || *s->p == ']')
		return close_bracket(s);
	if (s->next == AFTER) {
		if (s->depth == 0 || *s->p++ != ',')
			return 0;
		s->next = s->stack[s->depth - 1] == '{' ? KEY : VALUE;
		return 1;
	}
	if (s->next == COLON) {
		s->next = VALUE;
		return *s->p++ == ':';
	}
	if (s->next == KEY || s->next == KEY_OR_END) {
		s->next = COLON;
		return *s->p == '"' && string(s);
	}
	if (*s->p == '{' || *s->p == '[')
		return open_bracket(s);
	s->next = AFTER;
	return *s->p == '"' ? string(s) : word(s);
}

static int
line(const char *p, const char *end)
{
	struct scan s = { .p = p, .end = end, .next = VALUE };

	while (s.p < s.end)
		if (!token(&s))
			return 0;
	return s.depth == 0 && s.next == AFTER;
}

int
output_is_json(const char *s, size_t n)
{
	const char *end = s + n, *nl;

	for (; s < end; s = nl + 1)
		if ((nl = memchr(s, '\n', (size_t)(end - s))) == NULL || !line(s, nl))
			return 0;
	return 1;
}
