/* SPDX-License-Identifier: Apache-2.0 */
/* Walking protobuf messages without unpacking them: a pull parser over a
 * window of the source, driven by protobuf-c's generated descriptors. Nothing
 * is copied, weights are passed by length, every field has its byte offset,
 * and damage is a diagnostic with the field path. The one place that knows
 * the wire format (encoding: wirebuf.h).
 *
 *	wire_root(&w, src, desc);
 *	while (wire_next(&w, &f))
 *		if (f.number == 7 && wire_enter(&w, &f)) {
 *			while (wire_next(&w, &f)) ...
 *			wire_leave(&w);
 *		}
 */
#ifndef READ_WIRE_H
#define READ_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

#include "base/diag.h"
#include "base/source.h"

struct arena;
struct ctx;
struct str;
struct strtab;

enum wire_type { WIRE_VARINT, WIRE_FIXED64, WIRE_BYTES, WIRE_START, WIRE_END, WIRE_FIXED32 };

struct wire_field {
	uint32_t number;
	enum wire_type type;
	const ProtobufCFieldDescriptor *desc; /* NULL: not in the schema */
	uint64_t off;    /* of the tag */
	uint64_t value;  /* varint or fixed */
	uint64_t at;     /* WIRE_BYTES: payload, cut to what is there */
	uint64_t len;
	bool cut;        /* the payload went past the end of its message */
};

enum { WIRE_COUNTED = 24 };

struct wire_frame {
	const ProtobufCMessageDescriptor *desc;
	uint64_t start, end;
	uint32_t guess;  /* index in desc->fields of the last field found */
	uint32_t field;  /* index of the field being looked at */
	uint32_t seen;   /* bit per counter that is in use */
	uint32_t count[WIRE_COUNTED]; /* fields so far, by index in desc->fields */
};

struct wire {
	struct ctx *ctx;
	struct arena *scratch;
	struct window win;
	uint64_t pos;
	struct wire_frame *stack; /* limits.depth + 1 frames, made as needed */
	uint32_t depth, cap;
	uint32_t *groups;         /* numbers of open groups while one is skipped */
	uint64_t unknown;         /* fields that are not in the schema */
	bool damaged;             /* some message was not read to its end */
};

void wire_root(struct wire *, struct ctx *, struct arena *scratch, const struct source *,
    const ProtobufCMessageDescriptor *);
/* A message that is part of a file, and lies in it. */
void wire_part(struct wire *, struct ctx *, struct arena *scratch, const struct loc *,
    const ProtobufCMessageDescriptor *);
/* The next field of the message; false at its end. Unknown fields and fields
 * in a wire form they cannot have are reported or counted and passed over. */
bool wire_next(struct wire *, struct wire_field *);
/* Go into a sub-message; false when it is nested too deeply. */
bool wire_enter(struct wire *, const struct wire_field *);
void wire_leave(struct wire *);

/* Read a field's sub-message: enter, call, leave. */
#define WIRE_IN(w, f, call) \
	do { \
		if (wire_enter((w), (f))) { \
			call; \
			wire_leave((w)); \
		} \
	} while (0)

/* The payload, contiguous, until the next call; NULL when it was cut, cannot
 * be read or is longer than limits.text (f->len tells). */
const char *wire_text(struct wire *, const struct wire_field *);
/* Is the payload this text? For words looked for a hundred thousand times. */
bool wire_is(struct wire *, const struct wire_field *, const char *);
/* The payload as an interned string; longer ones are cut to limits.text. */
const struct str *wire_str(struct wire *, struct strtab *, const struct wire_field *);
/* Bytes of the payload as a place. */
struct loc wire_loc(const struct wire *, const struct wire_field *);
/* Schema of the current message. */
const ProtobufCMessageDescriptor *wire_desc(const struct wire *);
/* Place of the whole current message. */
struct loc wire_here(const struct wire *);

/* Walk the numbers of a repeated scalar field, packed or not: calls fn with
 * each value (fixed ones as their bits). Values past limit are only counted.
 * Returns how many there were. */
uint64_t wire_numbers(struct wire *, const struct wire_field *,
    void (*fn)(void *, uint64_t), void *arg, uint64_t limit);

/* Field path of the place being looked at: graph.node[3].name. Cut to cap. */
void wire_path(const struct wire *, char *path, size_t cap);
/* A diagnostic at the field. */
void wire_diag(struct wire *, enum diag_id, uint64_t off, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Varint at p (n bytes are there): bytes used, 0 when it does not end in n,
 * -1 when it is longer than ten bytes. */
static inline int
wire_varint_get(const unsigned char *p, size_t n, uint64_t *v)
{
	uint64_t x = 0;
	unsigned i;

	for (i = 0; i < 10 && i < n; i++) {
		x |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (p[i] < 0x80) {
			*v = x;
			return (int)i + 1;
		}
	}
	return i == 10 ? -1 : 0;
}

/* v as a varint at p, which has room for ten bytes: bytes written. */
static inline size_t
wire_varint_put(unsigned char *p, uint64_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		p[n++] = (unsigned char)(v | 0x80);
	p[n++] = (unsigned char)v;
	return n;
}

#endif
