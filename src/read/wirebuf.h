/* SPDX-License-Identifier: Apache-2.0 */
/* Transcript of a text format into the binary wire form, so that every
 * spelling of a protobuf model goes through one reader. Keeps for each field
 * the place in the text it came from. */
#ifndef READ_WIREBUF_H
#define READ_WIREBUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/source.h"

struct ctx;
struct arena;

struct wirebuf {
	struct ctx *ctx;
	unsigned char *buf;  /* malloc'd; grows, bounded by limits.memory */
	size_t n, cap;
	struct textpos_at { uint64_t wire; struct textpos text; } *pos;
	uint32_t npos, capos;
	struct textpos now;  /* set by the parser before each field */
};

void wirebuf_init(struct wirebuf *, struct ctx *);
void wirebuf_free(struct wirebuf *);
void wire_varint(struct wirebuf *, unsigned field, uint64_t v);
void wire_fixed32(struct wirebuf *, unsigned field, uint32_t v);
void wire_fixed64(struct wirebuf *, unsigned field, uint64_t v);
void wire_bytes(struct wirebuf *, unsigned field, const void *, size_t n);
/* Open a sub-message or packed field; returns what wire_end wants. */
size_t wire_begin(struct wirebuf *, unsigned field);
void wire_end(struct wirebuf *, size_t mark);
/* Inside wire_begin of a packed field: bare values. */
void wire_packed_varint(struct wirebuf *, uint64_t v);
void wire_packed_bytes(struct wirebuf *, const void *, size_t n);

/* Hand the transcript over as a source named like the text; buf moves into
 * the source (freed by source_close) and places map back to the text. */
struct source *wirebuf_source(struct wirebuf *, struct arena *, const struct source *text);

#endif
