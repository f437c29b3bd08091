/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of nodes, whatever a format calls them and wherever it puts them: an attribute,
 * an operand whose content is known, or what the operation takes when neither is there. */
#ifndef INFER_SETTING_H
#define INFER_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attr;
struct ctx;
struct infer;
struct model;
struct node;
struct type;
struct value;

enum { SETTINGS = 16 };

/* A parameter's numbers, or its text. */
struct setting {
	double v[SETTINGS];
	uint32_t n;
	char text[64];
	bool absent; /* not given, and the operation has no default for it */
};

/* Where they are looked up: a model, and what inference found of it; types may be NULL. */
struct settings { struct ctx *ctx; const struct model *model; struct infer *types; };

/* The type of a value as inferred, else as declared; or NULL. */
const struct type *settings_type(const struct settings *, const struct value *);
/* Is s among the words of names? */
bool setting_is_one_of(const char *names, const char *s, size_t len);
/* The parameter of a node that has one of the names: as it is given, or what the operation
 * takes when it is not. false: absent, or not known. */
bool setting_find(struct setting *, const struct settings *, const struct node *,
	const char *names);
/* The same of one number, and other when it is absent; false: not known, or several. */
bool setting_find_number(double *, const struct settings *, const struct node *,
	const char *names, double other);
/* What an attribute or an operand holds; false: nothing that is known. */
bool setting_of_attr(struct setting *, struct ctx *, const struct attr *);
bool setting_of_value(struct setting *, const struct settings *, const struct value *);

#endif
