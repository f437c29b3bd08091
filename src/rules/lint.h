/* SPDX-License-Identifier: Apache-2.0 */
/* Everything the official ONNX checker tests, and more, all findings at
 * once: appended to ctx->diags with ids from base/diag.def (lint-...). */
#ifndef RULES_LINT_H
#define RULES_LINT_H

#include <stdbool.h>

struct ctx;
struct model;

struct lint_options {
	bool deep; /* scan constants above 1 MB for NaN, Inf and float16 overflow as well */
};

/* Types of the model are interned in its own table. */
void lint_model(struct ctx *, struct model *, const struct lint_options *);

#endif
