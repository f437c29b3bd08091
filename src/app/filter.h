/* SPDX-License-Identifier: Apache-2.0 */
/* The filter language of `nodes FILTER`. Terms are KEY=VALUE, KEY!=VALUE,
 * KEY~REGEX, KEY!~REGEX (POSIX extended) or a bare word, a part of the op or
 * the name; terms side by side or with `and` must all hold; `or`, `not` and
 * parentheses as usual. A value ends at a space or closing parenthesis outside
 * brackets; 'quotes' or "quotes" take anything else. */
#ifndef APP_FILTER_H
#define APP_FILTER_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct filter;
struct node;

struct filter_error {
	const char *message; /* in the arena */
	uint32_t column;     /* 0-based byte of the text */
};

/* Compile; an empty text matches every node. NULL with *err filled when the
 * text is wrong. The result lives in the arena but holds compiled regular
 * expressions: filter_free gives those back. */
struct filter *filter_parse(struct arena *, const char *text, struct filter_error *err);
void filter_free(struct filter *);

/* Does not allocate, but for what regexec does. */
bool filter_match(const struct filter *, const struct node *);

/* Key number i with a line of help, for help texts and completion; NULL past
 * the last. */
const char *filter_key(uint32_t i, const char **help);

#endif
