/* SPDX-License-Identifier: Apache-2.0 */
/* What the Neural Engine will do with each op, as two judgements that are kept
 * apart: eligible, by rules about the op alone; and placed, an estimate of what the
 * planner of Core ML makes of the whole graph. Whether it really ran there only
 * a measured plan can say (read/plan.h). Ops of other formats than ML Programs are
 * judged by what they become. Source: facts/ane-background.md. */
#ifndef RULES_ANE_H
#define RULES_ANE_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/device.h"
#include "rules/rule.h"

enum ane_answer { ANE_UNKNOWN, ANE_NO, ANE_YES, ANE_SKIPPED };
/* "unknown", "no", "yes", "none". */
const char *ane_answer_name(enum ane_answer);

/* One node, by its id. */
struct ane_node {
	enum ane_answer eligible;  /* ANE_SKIPPED: no work when the model runs */
	enum device placed;
	const struct rule *rule;   /* the first that decided, or NULL: no rule speaks of it */
	const char *becomes;       /* op that the rule judged; NULL: the node's own */
	const struct node *root;   /* where its trouble begins; itself when not an echo */
	uint32_t segment;          /* which stretch on the engine, from 1; 0: none */
	uint8_t risks;             /* rules about speed and results that hold */
};

struct ane_summary {
	uint32_t ops, skipped;     /* counted; constants and what is unpacked at load */
	uint32_t eligible[ANE_SKIPPED]; /* by answer */
	uint32_t placed[DEVICE_COUNT];
	uint32_t segments, switches; /* stretches on the engine; changes of device; what is
	                              * not known is passed over */
};

struct ane {
	const struct ane_node *nodes; /* by node id */
	struct ane_summary sum;
	const struct rule **about; /* rules about the model that hold, file order */
	enum rule_truth *about_truth;
	uint32_t nabout;
	const char *off;           /* why nothing runs there: the first rule that keeps the whole
	                            * model off, in words; or NULL */
	bool source;               /* judged by what it will become */
};

extern const char *const ane_verdicts[];
enum { ANE_FACTS = 10 };
extern const struct rule_fact ane_facts[ANE_FACTS];
extern const char ane_rules_text[];
extern const unsigned ane_rules_len;

/* Judge all nodes. The sets are those of the domain "ane". Env is set but for
 * view; it is begun. May leave through ctx.escape. */
struct ane *ane_judge(struct rule_env *, const struct ruleset *const *sets, uint32_t nsets);
/* Every rule that does not fail at a node (NULL: the model), for explaining;
 * part is the op judged, of several that the node becomes. */
void ane_explain(struct rule_env *, const struct ruleset *const *sets, uint32_t nsets,
	const struct node *,
	void (*fn)(void *, const struct rule *, enum rule_truth, const char *part),
	void *arg);
/* What a rule says of a node, or of the op `part` that it becomes. */
void ane_rule_says(struct rule_env *, const struct rule *, const char *part, const struct node *,
	struct sink *);
/* The reason of a node's rule in words. */
void ane_says(struct rule_env *, const struct ane_node *, const struct node *, struct sink *);
struct setting;
/* Why the planner is thought to put a node there: a sentence. setting may be NULL. */
const char *ane_placed_because(const struct ane *, const struct ane_node *, const struct setting *);

#endif
