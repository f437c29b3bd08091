/* SPDX-License-Identifier: Apache-2.0 */
/* Failures that other options may cure: which, and why. */
#ifndef CONVERT_OFFER_H
#define CONVERT_OFFER_H

#include <stdbool.h>

struct arena;
struct convert_run;

struct offer {
	const char *option;  /* "--target" */
	const char *value;   /* of it; NULL: the option is to be left away */
	const char *cure;    /* that is switched on by it, or NULL */
	const char *why;     /* a clause */
};

/* What to try after a run that failed. Texts lie in the arena or are constant. False:
 * no option is known that helps; the offer is then all NULL. */
bool offer_find(struct offer *, struct arena *, const struct convert_run *);

#endif
