/* SPDX-License-Identifier: Apache-2.0 */
/* Weights that are stored in fewer bits, beside those they were made from. */
#ifndef ALIGN_LOSSY_H
#define ALIGN_LOSSY_H

#include "align/state.h"

/* What a normalisation makes of the channels in front. */
struct folding { double *scale, *shift; uint64_t n; };

/* Of two tensors of as many numbers, of either side, one or both unpacked by a node, else NULL: is
 * the one what is left of the other, f folded into it unless that is NULL? What is lost goes to
 * the aligner when it is more than was before. */
bool lossy_same(struct aligner *, const struct tensor *t, const struct node *by_t,
	const struct tensor *u, const struct node *by_u, const struct folding *f);

#endif
