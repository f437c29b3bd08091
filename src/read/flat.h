/* SPDX-License-Identifier: Apache-2.0 */
/* FlatBuffers without a generated schema: a view of a source in which every
 * offset, vtable and vector is checked before it is followed. Fields are named
 * by slot, their place in the schema's table. What is damaged is reported once
 * where it is found and reads as absent. Work is bounded by the file's size:
 * objects may be shared, but not looked at more often than the file has room
 * for. Format: flatbuffers.dev/internals. */
#ifndef READ_FLAT_H
#define READ_FLAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/source.h"

struct arena;
struct ctx;
struct str;
struct strtab;

enum { FLAT_DEPTH = 64 }; /* tables, one in the other: FlatBuffers' own limit */

struct flat_table { uint64_t at, vtable; uint32_t size, slots; };
struct flat_vector { uint64_t at; uint32_t n; };

struct flat {
	struct ctx *ctx;
	struct arena *scratch;
	struct window vtables, tables, data;
	uint64_t left;        /* visits */
	bool damaged;
	uint32_t depth;
	struct flat_step {
		const char *name;
		uint32_t index;
		bool list;
	} path[FLAT_DEPTH];   /* field path of the table in hand */
};

/* The root table. Windows are taken from scratch. */
bool flat_root(struct flat *, struct ctx *, struct arena *scratch, const struct source *,
    struct flat_table *);

bool flat_has(struct flat *, const struct flat_table *, unsigned slot);
/* Little-endian integer of that many bytes, sign-extended; 0 when absent. */
int64_t flat_int(struct flat *, const struct flat_table *, unsigned slot, unsigned bytes);
float flat_float(struct flat *, const struct flat_table *, unsigned slot);
/* Interned, cut to limits.text; "" when absent. */
const struct str *flat_str(struct flat *, const struct flat_table *, unsigned slot,
    struct strtab *);
/* A vector of elements of that many bytes; false when absent. Elements of more
 * than a byte are paid for here, so memory for n of them may be taken. */
bool flat_list(struct flat *, const struct flat_table *, unsigned slot, unsigned bytes,
    struct flat_vector *);
/* A table in a field; false when absent. Leave it with flat_leave. */
bool flat_enter(struct flat *, const struct flat_table *, unsigned slot, const char *name,
    struct flat_table *);
/* Element i of a vector of tables or strings. */
bool flat_enter_item(struct flat *, const struct flat_vector *, uint32_t i,
    const char *name, struct flat_table *);
const struct str *flat_str_item(struct flat *, const struct flat_vector *, uint32_t i,
    struct strtab *);
/* Element i of a vector of numbers, as flat_int. */
int64_t flat_int_item(struct flat *, const struct flat_vector *, uint32_t i,
    unsigned bytes);
void flat_leave(struct flat *);

struct loc flat_loc(const struct flat *, const struct flat_table *);
void flat_diag(struct flat *, enum diag_id, uint64_t off, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
