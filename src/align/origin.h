/* SPDX-License-Identifier: Apache-2.0 */
/* Where what a node reads was computed, past everything that only moves data. */
#ifndef ALIGN_ORIGIN_H
#define ALIGN_ORIGIN_H

#include "align/state.h"

/* Turns of the axes on the way from a result to a reader, the last one first; n 0: the axes
 * were cut in another way. */
enum { TRAIL_TURNS = 8, TRAIL_AXES = 8 };
struct trail {
	struct turn {
		uint32_t order[TRAIL_AXES], n;
		int64_t dims[TRAIL_AXES];
	} turns[TRAIL_TURNS];
	uint32_t n;
	bool known;
};
void trail_start(struct trail *);
/* What came before: a reshape, or a transposition of a value of that type. */
void trail_reshape(struct trail *);
void trail_turn(struct trail *, const struct type *, const uint32_t *order, uint32_t n);
/* Of a trail that is known: equal ones bring the numbers in the same order. */
uint64_t trail_hash(const struct trail *);

struct whence {
	enum { ORIGIN_ITEM, ORIGIN_INPUT, ORIGIN_FIXED, ORIGIN_UNKNOWN } kind;
	uint32_t item;              /* that has a counterpart, and which result of it */
	uint32_t by;                /* the item of its group that makes it */
	uint32_t slot;
	bool parts;                 /* the item has several results */
	const struct value *input;  /* of the model */
	uint64_t trail;             /* 0: not known */
	uint64_t deep;              /* the same from before what changes each number by itself */
};
/* Of a value of side k, whose last two axes the reader itself turns. Constants and what follows
 * from them and from sizes are fixed. */
struct whence origin_of(struct aligner *, unsigned k, const struct value *, bool turned);

#endif
