/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters that each dialect writes in an order of its own, in one form: what belongs to
 * each axis, from the first one on. */
#ifndef INFER_AXES_H
#define INFER_AXES_H

#include "infer/setting.h"

enum { AXES_MOST = SETTINGS / 2 };

/* What belongs to each axis: one number or two. */
struct axes {
	double lo[AXES_MOST], hi[AXES_MOST];
	uint32_t n;
};

/* The place of an axis counted from either end; false: there is none. */
bool axes_at(double axis, uint32_t rank, uint32_t *at);
/* What a padding adds before and behind each axis. false, here and below: not known. */
bool axes_of_pad(const struct settings *, const struct node *, struct axes *);
/* The same round each axis that the window of a convolution or pooling goes over. */
bool axes_of_border(const struct settings *, const struct node *, struct axes *);
/* The axis of the operand that each one of the result of a transposition is. */
bool axes_of_order(const struct settings *, const struct node *, struct axes *);

#endif
