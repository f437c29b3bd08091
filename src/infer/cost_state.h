/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of cost share. */
#ifndef INFER_COST_STATE_H
#define INFER_COST_STATE_H

#include "infer/cost.h"
#include "infer/state.h"

/* A dim, or the product of dims from..to-1, as a size: unknown where it is below zero. */
const struct dim *cost_dim(struct infer *, const struct dim *);
const struct dim *cost_product(struct infer *, const struct dim *const *, uint32_t from,
	uint32_t to);
/* Elements and bytes of a type, all of a list's; unknown when it is not known. */
const struct dim *cost_elements(struct infer *, const struct type *);
const struct dim *cost_bytes(struct infer *, const struct fact *);
/* Does its first result only show its operand in another way? */
bool cost_is_view(const struct node *);
/* A constant of the model: stored, or unpacked from what is stored at load. */
bool cost_is_weight(const struct value *);
void cost_find_peak(struct infer *, struct cost_peak *);

#endif
