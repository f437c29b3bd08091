/* SPDX-License-Identifier: Apache-2.0 */
/* What `ane` shows of measured plans beside its own verdicts. */
#ifndef CMD_ANE_PLAN_H
#define CMD_ANE_PLAN_H

struct ane;
struct call;

/* The member "measured" of the result: a plan, where it disagrees with the
 * estimate, and what a second plan puts elsewhere; null without one. */
void plan_json(struct call *, const struct ane *);
/* The same as text; nothing without a plan. */
void plan_text(struct call *, const struct ane *);

#endif
