/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of nodes, whatever a format calls them and wherever it puts them. */
#ifndef ALIGN_SETTING_H
#define ALIGN_SETTING_H

#include "align/state.h"

enum { SETTINGS = 16 };

/* A parameter's numbers, or its text. */
struct setting {
	double v[SETTINGS];
	uint32_t n;
	char text[64];
	bool absent; /* not given, and the operation has no default for it */
};

/* Is s among the words of names? */
bool setting_is_one_of(const char *names, const char *s, size_t len);
/* The parameter of node n of side s that has one of the names: as it is given, or what the
 * operation takes when it is not. false: absent, or not known. */
bool setting_of(struct setting *, struct aligner *, const struct side *s, const struct node *n,
	const char *names);
/* The same of one number, and other when it is absent; false: not known, or several. */
bool setting_number(double *, struct aligner *, const struct side *, const struct node *,
	const char *names, double other);
/* Of a node that keeps a triangle of a matrix: which, and from which diagonal on. false: not
 * known, or something else. */
bool triangle_of(struct aligner *, const struct side *, const struct item *, bool *upper,
	double *diagonal);
/* "epsilon 1e-05 -> 0.01" behind what is there already, in the result's arena. */
void setting_say(struct aligner *, const char **what, const char *name, uint32_t len,
	const struct setting *a, const struct setting *b);
/* "mean -> sum". */
void setting_say_words(struct aligner *, const char **what, const char *name, const char *a,
	const char *b);
/* What two versions have there; one may be NULL: there is none. */
void setting_say_attr(struct aligner *, const char **what, const struct attr *a,
	const struct attr *b);
void setting_say_value(struct aligner *, const char **what, const struct str *name,
	const struct value *, const struct value *);

#endif
