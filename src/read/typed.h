/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors whose elements are a repeated field of the message at their place,
 * packed, unpacked or in several pieces: tensor_enc.read for such encodings. */
#ifndef READ_TYPED_H
#define READ_TYPED_H

#include <stdint.h>

#include "read/wire.h"

struct arena;
struct tensor_read;

/* The field, how an entry is written, and the bytes of an element. */
struct typed_form { uint32_t field; enum wire_type type; unsigned bytes; };

/* Numbers, as little-endian elements. */
long typed_read(struct tensor_read *, struct arena *scratch, void *, uint32_t n,
    const struct typed_form *);
/* Strings: each as a 4-byte little-endian length and that many bytes; one
 * that does not fit n is cut, its length says so. */
long typed_strings(struct tensor_read *, struct arena *scratch, void *, uint32_t n,
    uint32_t field);

/* A window for what lies at a place. */
void typed_window(struct window *, const struct loc *, struct arena *scratch);
/* For encodings that go further than one field: a field of any message, read
 * without a schema. *at moves behind it; f->at is its value's or payload's
 * place. 1: there is one; 0: the message ends; -1: damage. */
int typed_next(struct window *, uint64_t *at, uint64_t end, struct wire_field *f);
/* A number without a tag, as in a packed list. */
bool typed_take(struct window *, uint64_t *at, uint64_t end, enum wire_type, uint64_t *);
/* The number as little-endian bytes. */
void typed_put(unsigned char *, uint64_t, unsigned bytes);

#endif
