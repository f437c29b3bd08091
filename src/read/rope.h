/* SPDX-License-Identifier: Apache-2.0 */
/* A message that is written anew out of pieces: bytes of ours, and ranges of the
 * source that are copied as they are, however long. Where fields change places or
 * messages are made, splice.h does not do. */
#ifndef READ_ROPE_H
#define READ_ROPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct sink;
struct source;

struct rope {
	struct arena *a;
	struct rope_piece *pieces;
	uint32_t n;
	uint64_t bytes; /* of all pieces */
};

void rope_init(struct rope *, struct arena *);
/* n bytes of the source at off; neighbours become one piece. */
void rope_range(struct rope *, uint64_t off, uint64_t n);
/* n bytes, copied. */
void rope_bytes(struct rope *, const void *, size_t n);
void rope_varint(struct rope *, unsigned field, uint64_t v);
void rope_text(struct rope *, unsigned field, const char *, size_t n);
/* A field whose payload is n bytes of the source at off. */
void rope_field(struct rope *, unsigned field, uint64_t off, uint64_t n);
/* A field whose payload is another rope, which must not change any more. */
void rope_message(struct rope *, unsigned field, const struct rope *inner);
/* All of another rope, which must not change any more. */
void rope_append(struct rope *, const struct rope *);
/* false: the source could not be read, or out has an error. */
bool rope_write(const struct rope *, const struct source *, struct sink *out);

#endif
