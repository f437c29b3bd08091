/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about the Neural Engine share. */
#ifndef RULES_ANE_STATE_H
#define RULES_ANE_STATE_H

#include "rules/ane/ane.h"

/* An op of another format: the ops it becomes, and how their parameters are
 * named there. */
struct becomes { int dialect; const char *op, *ops, *params; };

/* What rules see while the parts of one node are judged. */
struct becoming {
	const struct becomes *row;  /* NULL: an ML Program's op, or one we do not know */
	const char *part;           /* the op being judged */
	char param[64];             /* what the view answered last */
};

/* The row for a node, or NULL. */
const struct becomes *become_find(const struct rule_env *, const struct node *);
/* The view through which rules of ML Programs see a model of another format;
 * env->user is a struct becoming. */
extern const struct rule_view become_view;
/* Next word of a list of ops; NULL at its end. *p is moved. */
const char *become_next(struct arena *, const char **p);

/* Estimate what the planner does: fills placed and segment, and the summary. */
void ane_place(struct rule_env *, struct ane *, struct ane_node *);

enum ane_verdict {
	VERDICT_SKIPPED, VERDICT_OFF, VERDICT_ELIGIBLE, VERDICT_UNSURE, VERDICT_SLOW,
	VERDICT_UNPLACED, VERDICT_WRONG, VERDICT_MODEL_OFF, VERDICT_MODEL_UNSURE,
	VERDICT_MODEL_SLOW, VERDICT_MODEL_SMALL, VERDICT_MODEL_NOTE, VERDICT_IGNORED
};

#endif
