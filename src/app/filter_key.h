/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of filters: their terms, and what the parser asks of a key. */
#ifndef APP_FILTER_KEY_H
#define APP_FILTER_KEY_H

#include <regex.h>

#include "app/filter.h"
#include "base/dtype.h"
#include "ir/device.h"

struct key;
struct type;

enum order { ORDER_EQUAL, ORDER_LESS, ORDER_LESS_EQUAL, ORDER_MORE, ORDER_MORE_EQUAL };

struct term {
	const struct key *key;
	struct term *next;   /* all terms of the filter */
	uint32_t column;     /* of the value */
	bool negate, is_regex, compiled;
	bool alone;          /* the key without a value */
	enum order order;
	uint32_t len;
	const char *text;
	const char *must;    /* stretches of all that the regex matches, in order */
	regex_t re;
	enum dtype dtype;
	uint64_t number;     /* of words the one that is meant */
	const struct type *shape;
};

struct parser {
	struct arena *arena;
	const char *text, *p;
	struct filter *filter;
	struct filter_error *err; /* message NULL: no error yet */
};

enum key_form {
	KEY_REGEX = 1,  /* ~ makes sense */
	KEY_ORDER = 2,  /* < and > do */
	KEY_ALONE = 4   /* it can stand without a value */
};

struct key {
	const char *name;
	unsigned forms;    /* enum key_form */
	unsigned needs;    /* as filter_needs has them */
	/* the value, once its text is known; false after filter_wrong() */
	bool (*read)(struct parser *, struct term *);
	bool (*match)(const struct term *, const struct node *, const struct filter_facts *);
	const char *help;
};

/* The key of that name, or NULL. */
const struct key *filter_find_key(const char *name, size_t n);
/* That of a bare word. */
extern const struct key filter_word;
/* The first error counts. Returns false. */
bool filter_wrong(struct parser *, uint32_t column, const char *message);

#endif
