/* SPDX-License-Identifier: Apache-2.0 */
/* Transcript of a text format into the binary wire form, so that every
 * spelling of a protobuf model goes through one reader. Keeps for each field
 * the place in the text it came from. When memory ends, that is reported once
 * and later fields are dropped; what is there stays well-formed. */
#ifndef READ_WIREBUF_H
#define READ_WIREBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/source.h"

struct wirebuf {
	struct ctx *ctx;
	struct arena scratch;  /* the parsers' stacks and buffers */
	unsigned char *buf;    /* malloc'ed; counts in ctx->used */
	size_t n, cap;
	struct textmap *pos;   /* malloc'ed, ascending by wire */
	uint32_t npos, capos;
	struct textpos now;    /* set by the parser before each field */
	size_t run, run_end;   /* payload of the newest packed field, to go on with */
	unsigned run_field;
	bool full;
};

/* Free it with wirebuf_free, also after an escape. */
void wirebuf_init(struct wirebuf *, struct ctx *);
void wirebuf_free(struct wirebuf *);

void wirebuf_varint(struct wirebuf *, unsigned field, uint64_t v);
void wirebuf_fixed32(struct wirebuf *, unsigned field, uint32_t v);
void wirebuf_fixed64(struct wirebuf *, unsigned field, uint64_t v);
void wirebuf_bytes(struct wirebuf *, unsigned field, const void *, size_t n);
/* One more element of a packed field; elements written one after the other
 * share one field. */
void wirebuf_packed_varint(struct wirebuf *, unsigned field, uint64_t v);
void wirebuf_packed_fixed32(struct wirebuf *, unsigned field, uint32_t v);
void wirebuf_packed_fixed64(struct wirebuf *, unsigned field, uint64_t v);
/* Open a sub-message; returns what wirebuf_end wants. */
size_t wirebuf_begin(struct wirebuf *, unsigned field);
void wirebuf_end(struct wirebuf *, size_t mark);

/* Hand the transcript over as a source named like the text, in the same
 * folder: buf moves into it (source_close frees it), places map back to the
 * text. The arena is the source's. */
struct source *wirebuf_source(struct wirebuf *, struct arena *,
    const struct source *text);

#endif
