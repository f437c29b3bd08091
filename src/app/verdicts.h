/* SPDX-License-Identifier: Apache-2.0 */
/* The Neural Engine's verdicts of a session: computed with the rules, chip,
 * system and compute units of its options, and anew after session_setting_changed. */
#ifndef APP_VERDICTS_H
#define APP_VERDICTS_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/ane/ane.h"

struct session;
struct sink;

/* May leave through ctx.escape. */
const struct ane *session_ane(struct session *);
/* The reason of a node's verdict in words. */
void session_ane_says(struct session *, const struct node *, struct sink *);
/* What one rule says of a node, as session_ane_explain hands it out. */
void session_ane_rule(struct session *, const struct rule *, const char *part, const struct node *,
	struct sink *);
/* Every rule that does not fail at the node (NULL: the model), in file order; see
 * ane_explain. */
void session_ane_explain(struct session *, const struct node *,
	void (*fn)(void *, const struct rule *, enum rule_truth, const char *part), void *arg);
/* Append what it finds to ctx.diags: one finding for each op that a rule keeps off
 * the engine where the trouble begins, and what endangers results. Without each, only
 * the first of a rule, and how many more there are. */
void session_ane_findings(struct session *, bool each);

#endif
