/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/measured.h"
#include "app/rulebook.h"
#include "app/session.h"
#include "app/verdicts.h"
#include "base/sink.h"
#include "rules/ane/ane.h"
#include "rules/lint/lint.h"
#include "rules/rule.h"
#include "rules/setting.h"
#include "rules/support/support.h"

/* What a team may say of places: "no op on the CPU". */
#define FACT(name) static void name(struct rule_env *env, const struct rule_list *args, \
	uint32_t nargs, struct rule_list *out)

FACT(eligible)
{
	const struct ane *a = session_ane(env->user);

	(void)args, (void)nargs;
	rule_give_word(env, out, a->nodes[env->n->id].eligible == ANE_UNKNOWN ? NULL :
	    ane_answer_name(a->nodes[env->n->id].eligible));
}

static void
give_device(struct rule_env *env, struct rule_list *out, enum device d)
{
	rule_give_word(env, out, d == DEVICE_UNKNOWN ? NULL : device_name(d));
}

FACT(placed)
{
	const struct ane_node *v = &session_ane(env->user)->nodes[env->n->id];

	(void)args, (void)nargs;
	if (v->eligible != ANE_SKIPPED) /* a constant is nowhere */
		give_device(env, out, v->placed);
}

FACT(measured)
{
	uint32_t n;
	const struct measured *me = session_measured(env->user, &n);

	(void)args, (void)nargs;
	if (n > 0 && me->of[env->n->id] != NULL)
		give_device(env, out, me->of[env->n->id]->preferred);
}

static const struct rule_fact places[] = {
	{ "eligible", RULE_WORD, "", "yes no none", "for the Neural Engine, by its rules",
	    eligible, false },
	{ "placed", RULE_WORD, "", "ane gpu cpu", "device by an estimate of the planner", placed,
	    false },
	{ "measured", RULE_WORD, "", "ane gpu cpu", "device in the measured plan of --plan",
	    measured, false },
};

static const struct rule_domain domains[] = {
	{ .name = "policy", .verdicts = rule_levels, .dialect = -1, .facts = places, .nfacts = 3 },
	{ .name = "ane", .verdicts = ane_verdicts, .dialect = DIALECT_MIL, .facts = ane_facts,
	    .nfacts = ANE_FACTS },
	{ .name = "lint", .verdicts = rule_levels, .dialect = -1, .facts = places, .nfacts = 3,
	    .check = lint_check },
	{ .name = "support", .verdicts = support_verdicts, .dialect = -1,
	    .check = support_check, .lines = true },
};

static const struct { const char *domain, *name, *text; const unsigned *len; } builtin[] = {
	{ "ane", "ane.rules", ane_rules_text, &ane_rules_len },
	{ "lint", "lint.rules", lint_rules_text, &lint_rules_len },
	{ "support", "support.rules", support_rules_text, &support_rules_len },
};
enum { BUILTIN = sizeof builtin / sizeof *builtin };

const struct rule_domain *
rule_domains(uint32_t *n)
{
	*n = sizeof domains / sizeof *domains;
	return domains;
}

static void
add(struct session *s, struct rulebook *b, struct ruleset *set)
{
	if (set == NULL)
		return;
	rules_overrule(&s->ctx, b->list, b->n, set);
	b->list = arena_grow(&s->arena, b->list, b->n, sizeof *b->list);
	b->list[b->n++] = set;
}

static struct ruleset *
builtin_set(struct session *s, unsigned i)
{
	uint32_t n;
	const struct rule_domain *d = rule_domains(&n);

	if (s->builtin == NULL)
		s->builtin = arena_array(&s->arena, BUILTIN, sizeof *s->builtin);
	if (s->builtin[i] == NULL)
		s->builtin[i] = rules_load(&s->ctx, &s->arena, builtin[i].name, builtin[i].text,
		    *builtin[i].len, d, n);
	return s->builtin[i];
}

const struct rulebook *
session_rules(struct session *s)
{
	struct rulebook *b = s->rules;
	uint32_t n;
	const struct rule_domain *d = rule_domains(&n);

	if (b != NULL)
		return b;
	b = arena_alloc(&s->arena, sizeof *b);
	for (unsigned i = 0; i < BUILTIN; i++)
		add(s, b, builtin_set(s, i));
	for (uint32_t i = 0; i < s->options->nrules; i++)
		add(s, b, rules_load_file(&s->ctx, &s->arena, s->options->rules[i], d, n));
	return s->rules = b;
}

const struct rule *
rulebook_find(const struct rulebook *b, const char *id)
{
	for (uint32_t i = b->n; i-- > 0;) {
		const struct rule *r = rules_find(b->list[i], id);

		if (r != NULL && !r->replaced)
			return r;
	}
	return NULL;
}

void
session_rule_env(struct session *s, struct rule_env *env)
{
	*env = (struct rule_env){ .m = s->model, .types = session_infer_default(s),
	    .any_size = session_infer(s), .uses = session_uses(s),
	    .setting = session_setting(s), .user = s, .arena = session_judged(s) };
	rules_begin(env);
}

/* Without rules of the user nobody needs those of other domains. */
static const struct ruleset *const *
only_builtin(struct session *s, const char *domain, uint32_t *n)
{
	const struct ruleset **sets = arena_array(session_judged(s), BUILTIN, sizeof *sets);

	*n = 0;
	if (strcmp(domain, "lint") == 0) /* it has what it needs by itself */
		return sets;
	for (unsigned i = 0; i < BUILTIN; i++)
		if (strcmp(builtin[i].domain, domain) == 0 && builtin_set(s, i) != NULL)
			sets[(*n)++] = builtin_set(s, i);
	return sets;
}

const struct ruleset *const *
session_sets(struct session *s, const char *domain, uint32_t *n)
{
	const struct rulebook *b = s->options->nrules > 0 ? session_rules(s) : NULL;
	const struct ruleset **sets;
	bool lint = strcmp(domain, "lint") == 0;

	if (b == NULL)
		return only_builtin(s, domain, n);
	sets = arena_array(session_judged(s), b->n, sizeof *sets);
	*n = 0;
	for (uint32_t i = 0; i < b->n; i++)
		if (strcmp(b->list[i]->domain->name, domain) == 0 ||
		    (lint && b->list[i]->domain == &domains[0]))
			sets[(*n)++] = b->list[i];
	return sets;
}

const struct ruleset *const *
session_rule_sets(struct session *s, const char *domain, uint32_t *n, struct rule_env **env)
{
	const struct ruleset *const *sets = session_sets(s, domain, n);
	bool asks = false;

	for (uint32_t i = 1; i < *n; i++)
		for (uint32_t k = 0; k < sets[i]->n; k++)
			asks |= sets[i]->rules[k].check < 0;
	*env = NULL;
	if (asks) {
		*env = arena_alloc(session_judged(s), sizeof **env);
		session_rule_env(s, *env);
	}
	return sets;
}
