/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a text spelling -> fields of the transcript, checked against the
 * message's descriptor. Keeps the stack of open messages, which is also the
 * field path of diagnostics. What does not fit its field is reported and left
 * out. */
#ifndef READ_PUT_H
#define READ_PUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "read/text.h"
#include "read/wirebuf.h"

struct put_value {
	enum { PUT_NUMBER, PUT_TEXT, PUT_WORD } kind; /* 12, "bytes", true inf FLOAT */
	bool minus;
	const char *s;
	size_t n;
};

struct put_frame {
	const ProtobufCMessageDescriptor *desc;
	const ProtobufCFieldDescriptor *field; /* being written, or NULL */
	uint32_t counts;      /* of its fields, from here in put.counts */
	size_t mark;          /* for wirebuf_end */
	char close;           /* the parser's: mark that ends the message */
	bool list;            /* the parser's: in a list of values of field */
};

enum put_style {
	PUT_RADIX = 1,        /* 0x1f, 017 and 1.5f are numbers */
	PUT_INTEGRAL = 2      /* 1e3 and 2.0 are integers */
};

struct put {
	struct ctx *ctx;
	struct wirebuf *w;
	const struct source *src;
	unsigned style;
	struct put_frame *stack;
	uint32_t depth, cap;  /* open messages; the root is stack[0] */
	struct put_count {
		uint32_t values;
		bool seen;
	} *counts;            /* by field, one frame after the other */
	uint32_t ncounts, ccounts;
	char *tmp;            /* put_room */
	size_t ctmp;
	bool bad;             /* something was reported */
	bool lost;            /* after a syntax error, until the parser finds its way */
};

struct token;

void put_init(struct put *, struct ctx *, const struct text *,
    const ProtobufCMessageDescriptor *root, struct wirebuf *, unsigned style);
/* Close what is still open; 0, or -1 when something was reported. */
int put_fini(struct put *);

const ProtobufCMessageDescriptor *put_message(const struct put *);
/* Field of the open message, NULL when it has none of that name. */
const ProtobufCFieldDescriptor *put_find(const struct put *, const char *name, size_t n);
/* The next values are of this field and stand at this place. */
void put_field(struct put *, const ProtobufCFieldDescriptor *, struct textpos);
/* Was the field named before in the open message? Notes that it is now. */
bool put_seen(struct put *);
/* One scalar of the field. */
void put_value(struct put *, const struct put_value *);
/* A message of the field; false (reported) when it is nested too deeply. */
bool put_open(struct put *);
void put_close(struct put *);

/* At least n bytes, kept until the next call. */
char *put_room(struct put *, size_t n);

void put_error(struct put *, enum diag_id, struct textpos, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* What stands at the token is not what the grammar wants there. Silent while
 * put->lost, which it sets. */
void put_syntax(struct put *, const struct token *, const char *wanted);

#endif
