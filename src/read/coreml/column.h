/* SPDX-License-Identifier: Apache-2.0 */
/* A field below repeated messages as one tensor that stays in the file: for a
 * table of rows, one of its columns. */
#ifndef READ_COLUMN_H
#define READ_COLUMN_H

#include <protobuf-c/protobuf-c.h>

#include "ir/tensor.h"

struct arena;

enum { COLUMN_DEPTH = 16 };

struct column {
	struct tensor t;    /* first: a column is a tensor */
	const ProtobufCMessageDescriptor *desc; /* of the message at t.place */
	uint32_t depth;
	uint32_t row;       /* path[row] is the innermost repeated message; depth: none is */
	uint32_t path[COLUMN_DEPTH]; /* field numbers from there; the last is the field */
	bool list;          /* the field itself is repeated */
};

/* Reads elements in file order; a row without the field gives 0 or "", unless
 * the field is a list. */
extern const struct tensor_enc ENC_COLUMN;

/* Element type of a field of the schema. */
enum dtype column_dtype(const ProtobufCFieldDescriptor *);

#endif
