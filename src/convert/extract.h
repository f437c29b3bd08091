/* SPDX-License-Identifier: Apache-2.0 */
/* A part of an ONNX model as a model of its own: some nodes of the main graph with the
 * constants that they read, copied from the file as they stand. What comes in from the
 * rest becomes inputs, what goes out outputs, under their names. */
#ifndef CONVERT_EXTRACT_H
#define CONVERT_EXTRACT_H

#include <stddef.h>

#include "convert/sanitize.h"

struct type;
struct value;

struct extract {
	struct sanitize z;       /* for sanitize_write */
	const struct value **inputs, **outputs;
	const struct type **input_types, **output_types;
	uint32_t nnodes;         /* constants included */
	uint32_t nconstants;     /* nodes that were taken along for what they hold */
	uint32_t ninitializers, ninputs, noutputs;
	uint32_t nopen;          /* inputs and outputs whose rank is not known */
	uint8_t *state;          /* by value id, of the search */
};

/* What is known of a value's type; NULL: nothing. */
struct extract_types {
	const struct type *(*of)(void *arg, const struct value *);
	void *arg;
};

/* Of "FILE" or "FILE FILTER" how long the name is: it may hold blanks when it ends in .onnx. */
size_t extract_name(const char *);

/* wanted: by node id. The model must be ONNX and whole. NULL, or a sentence in the arena
 * that says why there is no such part. */
const char *extract_plan(struct extract *, struct ctx *, struct arena *, struct model *,
    const bool *wanted, const struct extract_types *);

#endif
