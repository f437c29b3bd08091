/* SPDX-License-Identifier: Apache-2.0 */
/* The filter language of `nodes FILTER`. Terms are KEY=VALUE, KEY!=VALUE,
 * KEY~REGEX, KEY!~REGEX (POSIX extended), of amounts KEY>N, KEY>=N, KEY<N, KEY<=N,
 * a key that can stand alone (problems), or a bare word, a part of the op or
 * the name; terms side by side or with `and` must all hold; `or`, `not` and
 * parentheses as usual. A value ends at a space or closing parenthesis outside
 * brackets; 'quotes' or "quotes" take anything else. */
#ifndef APP_FILTER_H
#define APP_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/notes.h"

struct arena;
struct filter;
struct infer;
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

/* What a filter asks for beyond the model: a union of enum notes_part and these. */
enum filter_need { FILTER_TYPES = 16, FILTER_PAIR = 32, FILTER_LINE = 64 };
unsigned filter_needs(const struct filter *);

/* What analyses say; what is 0 is not known, and no node has it. */
struct filter_facts {
	const struct notes *notes;  /* the parts that are needed */
	struct infer *types;        /* NULL: types as declared */
	/* Verdict on the counterpart in another model, a word of align_verdict_name, or NULL. */
	const char *(*pair)(void *arg, const struct node *);
	/* "file.py:12" of the node into buf; false: the file does not say. */
	bool (*line)(void *arg, const struct node *, char *buf, size_t n);
	void *arg;
};

/* Allocates nothing, but for what regexec, texts of types and the facts do. Facts may be
 * NULL. */
bool filter_match(const struct filter *, const struct node *, const struct filter_facts *);

/* Key number i with a line of help, for help texts and completion; NULL past
 * the last. */
const char *filter_key(uint32_t i, const char **help);

#endif
