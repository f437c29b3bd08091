/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as it is read: a pull parser over a window of a source, so that
 * hundreds of megabytes of text cost a window and the nesting. Grammar: RFC
 * 8259, and what Python writes beyond it: NaN, Infinity, -Infinity. The caller
 * asks for what it expects; another kind of value is reported and passed over.
 * After a syntax error there is nothing more: open objects and arrays end, so
 * that what was read stands. Texts are valid until the next call. */
#ifndef READ_JSON_IN_H
#define READ_JSON_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"

struct arena;
struct ctx;
struct json_in_frame;

enum json_in_kind {
	JSON_IN_NONE, /* no value: the text ended or is broken */
	JSON_IN_NULL, JSON_IN_BOOL, JSON_IN_NUMBER, JSON_IN_STRING, JSON_IN_ARRAY,
	JSON_IN_OBJECT
};

/* Bytes of a string, escapes decoded; half a surrogate pair is U+FFFD. */
struct json_in_text {
	const char *s;   /* no NUL behind it */
	uint32_t n;      /* at most limits.text */
	bool cut;        /* there was more */
};

struct json_in {
	struct ctx *ctx;
	struct arena *scratch;         /* of the window, frames and decoded text */
	struct window win;
	const unsigned char *p, *end;  /* what the window has and was not read */
	uint32_t line;                 /* 1-based, at p */
	uint32_t depth, cap;           /* open objects and arrays */
	struct json_in_frame *stack;
	char *text;                    /* a string that is not one piece of the window */
	uint32_t ntext, ctext;
	uint32_t unknown;              /* members that json_in_field had no name for */
	bool stopped;
};

/* Stand before the first value. The scratch arena must outlive the reader. */
void json_in_init(struct json_in *, struct ctx *, const struct source *,
    struct arena *scratch);
/* After the value: report what follows it. False when the text was broken. */
bool json_in_end(struct json_in *);

/* Kind of the value ahead. */
enum json_in_kind json_in_kind(struct json_in *);
/* Offset of what is ahead, in the source. */
uint64_t json_in_at(const struct json_in *);

/* Go into the array or object ahead; false (reported unless it is null, and
 * passed over) when there is none. Then call json_in_item, or json_in_key or
 * json_in_field, until they say that it ended; each time read or skip one
 * value. */
bool json_in_open(struct json_in *, enum json_in_kind);
/* Is there another element? */
bool json_in_item(struct json_in *);
/* The next member's key; false when the object ended. */
bool json_in_key(struct json_in *, struct json_in_text *);
/* Index of the next member's key in a list of names (at most 64, NULL ends
 * it), or -1 when the object ended. Members of other names are passed over
 * and counted, members that are null are passed over, one that stands twice is
 * reported: the caller takes the last. */
int json_in_field(struct json_in *, const char *const *names);

/* The value ahead; false (reported unless it is null) when it is of another
 * kind, and passed over either way. Numbers that are whole may have a fraction
 * or an exponent; beyond 64 bits they are reported and brought to the limit. */
bool json_in_string(struct json_in *, struct json_in_text *);
bool json_in_int(struct json_in *, int64_t *);
bool json_in_bool(struct json_in *, bool *);
/* Also the strings "NaN", "Infinity", "-Infinity". */
bool json_in_double(struct json_in *, double *);
/* Pass over the value ahead. */
void json_in_skip(struct json_in *);

#endif
