/* SPDX-License-Identifier: Apache-2.0 */
/* Until the rules are here: nothing is found. */
#include "rules/lint.h"

void
lint_model(struct ctx *ctx, const struct model *m, const struct lint_options *o)
{
	(void)ctx;
	(void)m;
	(void)o;
}
