/* SPDX-License-Identifier: Apache-2.0 */
/* What would have stopped a conversion next: the converter stops at the first. */
#ifndef CMD_CONVERT_NEXT_H
#define CMD_CONVERT_NEXT_H

#include <stdint.h>

struct call;
struct convert_run;
struct node;

struct next {
	const struct node *node;  /* in our graph, or NULL */
	const char *kind, *name, *scope;
	const char *word;         /* class */
	const char *message, *fix; /* "" when there is none */
	uint32_t count;           /* nodes that it is said of */
};

/* Blockers as support sees them with the options of the run, without the one that
 * it stopped at, in the order in which they would come; behind them nodes that the
 * converter itself says it has no converter for. In the call's arena. */
struct next *convert_next(struct call *, const struct convert_run *, uint32_t *n);
/* Where the converter names no node: the first of them of the class of the failure, which
 * is where it stopped by our own reading. Else NULL. */
const struct next *convert_likely(const struct convert_run *, const struct next *, uint32_t n);
/* What to do about a failure: what is known for the very operator, else for its class. */
const char *convert_fix(struct call *, const struct convert_run *);

#endif
