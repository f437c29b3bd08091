/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on dims. Sums of products over symbols are kept in one normal
 * form, so equal expressions are the same pointer: N+N is 2*N, (2*N+4)/2 is
 * N+2. What cannot be known is DIM_UNKNOWN, and so is what would overflow or
 * grow past a dozen terms. Dims stand for sizes: no result is assumed to be
 * negative, but differences are allowed on the way to one. */
#ifndef IR_DIM_H
#define IR_DIM_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/type.h"

/* A number of which nothing is known but that it is the same everywhere this
 * dim stands; shown as ?. */
const struct dim *dim_anon(struct types *);

const struct dim *dim_add(struct types *, const struct dim *, const struct dim *);
const struct dim *dim_sub(struct types *, const struct dim *, const struct dim *);
const struct dim *dim_mul(struct types *, const struct dim *, const struct dim *);
/* Rounded down; by zero: unknown. */
const struct dim *dim_floor(struct types *, const struct dim *, const struct dim *);
/* Rounded up. */
const struct dim *dim_ceil(struct types *, const struct dim *, const struct dim *);
const struct dim *dim_min(struct types *, const struct dim *, const struct dim *);
const struct dim *dim_max(struct types *, const struct dim *, const struct dim *);
/* What two dims of one broadcast axis become. fits (may be NULL): false when
 * they are numbers that do not go together. */
const struct dim *dim_broadcast(struct types *, const struct dim *, const struct dim *,
	bool *fits);
/* With a number: shorthand for the above. */
const struct dim *dim_addk(struct types *, const struct dim *, int64_t);
const struct dim *dim_mulk(struct types *, const struct dim *, int64_t);
const struct dim *dim_floork(struct types *, const struct dim *, int64_t);

/* Is it a number? */
bool dim_number(const struct dim *, int64_t *);
/* Is it known to be this number? */
bool dim_is(const struct dim *, int64_t);
/* Nothing at all is known of it: DIM_UNKNOWN. */
bool dim_is_unknown(const struct dim *);
/* Do they stand for one number for sure? */
bool dim_equal(const struct dim *, const struct dim *);
/* Are they different numbers for sure? */
bool dim_differ(const struct dim *, const struct dim *);
/* Smallest and largest values; INT64_MAX is no limit. */
void dim_bounds(const struct dim *, int64_t *lo, int64_t *hi);
/* Which of two statements about one dim says more: a number, then a symbol or
 * expression, a range, an anonymous dim, unknown. */
const struct dim *dim_meet(const struct dim *, const struct dim *);
/* What holds for both: the same dim, or unknown. */
const struct dim *dim_join(struct types *, const struct dim *, const struct dim *);
/* Does a name appear in it that is not known to people: an anonymous dim or
 * an unknown one? Such an expression is written ?. */
bool dim_has_anon(const struct dim *);
/* Text of a dim that is arithmetic: 2*N+1; ? when a part has no name. For
 * dim_print, which prints all dims. */
void dim_print_expression(struct sink *, const struct dim *);

#endif
