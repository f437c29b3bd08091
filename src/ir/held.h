/* SPDX-License-Identifier: Apache-2.0 */
/* All tensors that a constant holds: itself, or of a list, tuple, dictionary or
 * object those in it, however deep. One storage counts once, whatever the number
 * of places that it stands at. */
#ifndef IR_HELD_H
#define IR_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/tensor.h"

struct arena;

/* Look for the tensors in t->items, which are complete now, for tensor_held: in
 * their order, each storage once, numbers and texts left out. */
void held_find(struct tensor *t, struct arena *);

/* Tensor i of what t, which may be NULL, holds; NULL: there are no more. */
const struct tensor *tensor_held(const struct tensor *t, uint32_t i);
/* Bytes of all of them; saturates. */
uint64_t tensor_held_bytes(const struct tensor *t);
/* Was anything in t left out, so that it may hold more than tensor_held says? */
bool tensor_held_cut(const struct tensor *t);

/* Counters by storage; all zero to begin with. */
struct held_set { struct held_count *list; uint32_t n, mask; };
struct held_count { const struct tensor *t; uint64_t n; };
/* The counter of the tensor's storage: valid until the next call. */
uint64_t *held_count(struct held_set *, struct arena *, const struct tensor *t);
/* The same without making one: 0 when there is none. */
uint64_t held_counted(const struct held_set *, const struct tensor *t);

#endif
