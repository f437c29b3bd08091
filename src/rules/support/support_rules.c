/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of support that are data: words and advice of reasons, advice for single
 * operators, and what users say of converters of their own. */
#include <string.h>

#include "base/sink.h"
#include "rules/rule.h"
#include "rules/support/support_run.h"

const char *const support_verdicts[] = { "fails", "converts", "ignored", NULL };
enum { FAILS, CONVERTS, IGNORED };

int
support_check(const char *name)
{
	int i = reason_of(name);

	return i < REASON_CHECKS ? i : -1;
}

/* The last rule in force of that check: for one operator (a lookup name), or NULL: for
 * the reason itself. */
static const struct rule *
rule_of(const struct run *r, enum reason reason, const char *lookup)
{
	const struct rule *last = NULL;

	for (uint32_t i = 0; i < r->c.o->nsets; i++)
		for (uint32_t k = 0; k < r->c.o->sets[i]->n; k++) {
			const struct rule *one = &r->c.o->sets[i]->rules[k];
			bool for_op = one->ntargets == 1 && one->targets->by == FOR_OP;

			if (one->replaced || one->check != (int)reason)
				continue;
			if (lookup == NULL ? !for_op :
			    for_op && strcmp(one->targets->name, lookup) == 0)
				last = one;
		}
	return last;
}

bool
support_ignored(const struct run *r, enum reason reason)
{
	const struct rule *rule = rule_of(r, reason, NULL);

	return rule != NULL && rule->verdict != FAILS;
}

const char *
support_fix(const struct run *r, enum reason reason)
{
	const struct rule *rule = rule_of(r, reason, NULL);

	return rule != NULL ? rule->advice : "";
}

const char *
support_advice(struct run *r, const char *op)
{
	const char *lookup = support_lookup(r->c.a, op, r->c.ts);

	/* looked up as it is, then as in TorchScript, without the mark of writes in place;
	 * what is said of one overload goes for all that have nothing of their own */
	for (int pass = 0; *lookup != '\0' && pass < 3; pass++) {
		const struct rule *rule = rule_of(r, REASON_NOT_REGISTERED, lookup);
		size_t n = strlen(lookup);

		if (rule != NULL && rule->verdict == FAILS)
			return rule->advice;
		if (pass == 1)
			lookup = arena_strdup(r->c.a, lookup, strcspn(lookup, "."));
		else if (lookup[n - 1] != '_')
			lookup = support_lookup(r->c.a, op, true);
		else
			lookup = arena_strdup(r->c.a, lookup, n - 1);
	}
	return support_fix(r, REASON_NOT_REGISTERED);
}

/* ---- what users say of operators ---- */

struct asked { const struct rule *rule; };

static bool
first(void *arg, const struct rule *rule, enum rule_truth t)
{
	struct asked *a = arg;

	if (t == RULE_TRUE && rule->check < 0 && rule->verdict != IGNORED)
		a->rule = rule;
	return a->rule == NULL;
}

enum support_own
support_own(struct run *r, const struct node *n, const char *op)
{
	const struct support_options *o = r->c.o;
	struct asked a = { NULL };
	struct sink says;

	for (uint32_t i = o->nsets; o->env != NULL && i-- > 1 && a.rule == NULL;)
		rules_each(o->env, o->sets[i], n, first, &a);
	if (a.rule == NULL)
		return OWN_NONE;
	if (a.rule->verdict == CONVERTS)
		return OWN_CONVERTS;
	sink_init(&says, -1);
	rule_says(o->env, a.rule, n, &says);
	r->c.advice = *a.rule->advice != '\0' ? a.rule->advice : NULL;
	support_block_node(r, n, op, REASON_OWN_RULE, r->stage, "%s: %.*s", a.rule->id,
	    (int)says.n, says.buf);
	sink_fini(&says);
	return OWN_FAILS;
}
