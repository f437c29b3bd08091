/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the nodes of both sides. */
#ifndef ALIGN_SETTING_H
#define ALIGN_SETTING_H

#include "align/state.h"
#include "infer/setting.h"

/* Where parameters of a side's nodes are found. */
struct settings settings_of(const struct aligner *, const struct side *);
/* As setting_find and setting_find_number. */
bool setting_of(struct setting *, struct aligner *, const struct side *s, const struct node *n,
	const char *names);
bool setting_number(double *, struct aligner *, const struct side *, const struct node *,
	const char *names, double other);
/* Is the parameter what the operation takes where it is left out? */
bool setting_is_default(struct aligner *, const struct side *, const struct node *,
	const char *name);
/* Of a node that keeps a triangle of a matrix: which, and from which diagonal on. false: not
 * known, or something else. */
bool triangle_of(struct aligner *, const struct side *, const struct item *, bool *upper,
	double *diagonal);
/* Its text or its numbers, "1,2". */
void setting_put(char *buf, size_t size, const struct setting *);
/* "epsilon 1e-05 -> 0.01" behind what is there already, in the result's arena. */
void setting_say(struct aligner *, const char **what, const char *name, uint32_t len,
	const struct setting *a, const struct setting *b);
/* The same of one number each. Returns true. */
bool setting_say_numbers(struct aligner *, const char **what, const char *name, double x, double y);
/* "mean -> sum". */
void setting_say_words(struct aligner *, const char **what, const char *name, const char *a,
	const char *b);

#endif
