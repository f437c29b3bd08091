/* SPDX-License-Identifier: Apache-2.0 */
/* Calculations on shapes and small contents that know no dialect. Types that
 * are NULL or have no rank are allowed everywhere and give what is still
 * sure. A node is given where a misfit can be found; it is only for the
 * message. */
#ifndef INFER_CALC_H
#define INFER_CALC_H

#include "infer/state.h"

/* Shapes of k operands broadcast together; the element type is dt. */
const struct type *calc_broadcast(struct infer *, const struct node *,
	const struct type *const *, uint32_t k, enum dtype dt);
/* Matrix product with broadcast batch axes and vectors, as numpy has it. */
const struct type *calc_matmul(struct infer *, const struct node *, const struct type *a,
	const struct type *b, enum dtype dt);
/* axes NULL: all of them. */
struct reduction { const int64_t *axes; uint32_t n; bool known, keep; };
const struct type *calc_reduce(struct infer *, const struct node *, const struct type *,
	const struct reduction *, enum dtype dt);
const struct type *calc_concat(struct infer *, const struct node *,
	const struct type *const *, uint32_t k, int64_t axis);
/* The shape of t with d put in before axis at. */
const struct type *calc_stacked(struct infer *, const struct type *t, const struct dim *d,
	uint32_t at);
/* Einstein summation of k operands; equation may be NULL. */
const struct type *calc_einsum(struct infer *, const struct type *const *, uint32_t k,
	const char *equation, enum dtype dt);
/* perm NULL: reversed. */
const struct type *calc_transpose(struct infer *, const struct node *, const struct type *,
	const int64_t *perm, uint32_t n);
/* Target with -1 for what is left and, when zero_copies, 0 for the dim at the
 * same place. */
const struct type *calc_reshape(struct infer *, const struct node *, const struct type *,
	const struct dim *const *target, uint32_t n, bool zero_copies);
/* axes NULL: every axis of one. */
const struct type *calc_squeeze(struct infer *, const struct node *, const struct type *,
	const int64_t *axes, uint32_t n);
/* The axes among these that are one, NULL: among all, go away; others stay, with no
 * complaint. stay: those of unknown size as well, else the rank is unknown then. */
const struct type *calc_squeeze_ones(struct infer *, const struct type *, const int64_t *axes,
	uint32_t n, bool stay);
const struct type *calc_unsqueeze(struct infer *, const struct node *, const struct type *,
	const int64_t *axes, uint32_t n);
/* A shape known by its length alone: that of the list of sizes `shape`. */
const struct type *calc_of_length(struct infer *, const struct type *shape, enum dtype);
/* Two dims: the products of those before an axis and from it on; NULL after a finding. */
const struct type *calc_flatten(struct infer *, const struct node *, const struct type *,
	int64_t axis);
/* Shape of shape[indices] along an axis. */
const struct type *calc_gather(struct infer *, const struct node *, const struct type *data,
	const struct type *indices, int64_t axis);
/* Elements of start..end by step of an axis of d; bounds may be negative
 * numbers (from the end) or too large. NULL start or end: not given. */
const struct dim *calc_slice(struct infer *, const struct dim *d, const struct dim *start,
	const struct dim *end, int64_t step);

enum pad_mode { PADS_GIVEN, PADS_VALID, PADS_SAME };
/* One axis of a sliding window. */
struct slide {
	int64_t kernel, stride, dilation, lo, hi;
	enum pad_mode mode;
	bool ceil;       /* a last window that starts inside counts */
	bool clip;       /* ... unless it starts in the padding behind (PyTorch) */
};
const struct dim *calc_slide(struct infer *, const struct dim *, const struct slide *);
/* Elements from the first to the last that one window sees, and more, less the pads that
 * are given. false: it or its negative is not of 64 bits. */
bool calc_reach(const struct slide *, int64_t more, int64_t *reach);

/* Contents: element by element, one element broadcast to the other's number.
 * NULL when it cannot be said. floats: division does not round. */
const struct val *calc_arith(struct infer *, enum sem, const struct val *, const struct val *,
	bool floats);
/* Elements picked by position: n of them. */
const struct val *calc_pick(struct infer *, const struct val *, const uint32_t *at, uint32_t n);
/* One after the other. */
const struct val *calc_join(struct infer *, const struct val *, const struct val *);
/* As numbers: rounded (r '^' up, 'v' down, 'n' to nearest, '0' towards zero). */
const struct val *calc_round(struct infer *, const struct val *, char r);

#endif
