/* SPDX-License-Identifier: Apache-2.0 */
/* What a model itself says about its conversion: inputs in the notation of spec.h,
 * from the inputs it was traced with or from its signature, and the buffers that
 * it writes to. */
#ifndef CONVERT_PREFILL_H
#define CONVERT_PREFILL_H

#include <stdbool.h>
#include <stdint.h>

#include "convert/cause.h"
#include "convert/request.h"

struct arena;
struct model;
struct wanted;

struct prefill {
	const char *name;  /* of the input in the model */
	const char *spec;  /* "x:f32[1,3,8..64]"; a size that nobody knows is ? */
	bool whole;        /* nothing in it is unknown */
};

/* One for each tensor that forward() takes, in its order, those in tuples and
 * lists included. Everything lies in the arena. */
struct prefill *prefill_inputs(struct arena *, const struct model *, uint32_t *n);
/* Inputs of a TorchScript model as coremltools wants them put together: for each that
 * forward() takes, how many of the given ones make it; 0: it is one itself. NULL: none is
 * a tuple or list, or they are too few or too many. */
const uint32_t *prefill_groups(struct arena *, const struct model *, const struct wanted *given,
    uint32_t ngiven, uint32_t *n);
/* "state:k:f16[1,8],state:v:f16[1,8]"; "" when no buffer is written to. */
const char *prefill_states(struct arena *, const struct model *);
/* The format by what was read; NULL: none. */
enum convert_format prefill_format(const struct model *);
/* Why a file of CONVERT_OTHER cannot be converted, and the class of that. */
const char *prefill_unfit(struct arena *, const struct model *, const char *path, enum reason *);
/* Give options the inputs of a TorchScript model that they lack, where the model says
 * them: those it was traced with, in its order. Given ones that the model does not know
 * by name stay as they are. */
bool prefill_options(struct arena *, struct convert_options *, enum convert_format,
    const struct model *);

#endif
