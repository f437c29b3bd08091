/* SPDX-License-Identifier: Apache-2.0 */
/* Everything the official ONNX checker tests, and more, all findings at
 * once: appended to ctx->diags with ids from base/diag.def (lint-...). */
#ifndef RULES_LINT_H
#define RULES_LINT_H

#include <stdbool.h>

#include <stdint.h>

struct ctx;
struct model;
struct rule;
struct rule_env;
struct ruleset;

struct lint_options {
	bool deep; /* scan constants above 1 MB for NaN, Inf and float16 overflow as well */
	/* Sets of rules in force, the built-in one first; NULL: that alone. What rules
	 * of the others find needs an env that is begun. */
	const struct ruleset *const *sets;
	uint32_t nsets;
	struct rule_env *env;
};

/* Verdicts of a set that finds things: levels, and the word for none. */
extern const char *const rule_levels[];
/* The check of that name, enum diag_id, or -1. */
int lint_check(const char *name);
extern const char lint_rules_text[];
extern const unsigned lint_rules_len;
/* Of these the conditions: all that lint needs when nobody changes a rule. */
extern const char lint_conditions_rules_text[];
extern const unsigned lint_conditions_rules_len;

/* Types of the model are interned in its own table. */
void lint_model(struct ctx *, struct model *, const struct lint_options *);

#endif
