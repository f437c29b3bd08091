/* SPDX-License-Identifier: Apache-2.0 */
/* The converters, one for each row of the registry; each leaves its results with
 * cv_out, or does not return. */
#ifndef RULES_SUPPORT_OPS_H
#define RULES_SUPPORT_OPS_H

#include "rules/support/support_state.h"

#define CONVERTER(name, convert, ts, ep, param) void convert(struct conv *);
#include "rules/support/support_ops.def"
#undef CONVERTER

/* Argument i, which must be there. */
struct mv *cv_need(struct conv *, uint32_t i);

#endif
