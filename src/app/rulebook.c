/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/measured.h"
#include "app/rulebook.h"
#include "app/session.h"
#include "app/verdicts.h"
#include "base/sink.h"
#include "rules/ane.h"
#include "rules/rule.h"
#include "rules/setting.h"

static const char *const levels[] = { "note", "warn", "error", "ignored", NULL };
static const enum diag_level level_of[] = { LEVEL_NOTE, LEVEL_WARN, LEVEL_ERROR };
enum { POLICY_IGNORED = 3 };

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
	{ .name = "policy", .verdicts = levels, .dialect = -1, .facts = places, .nfacts = 3 },
	{ .name = "ane", .verdicts = ane_verdicts, .dialect = DIALECT_MIL, .facts = ane_facts,
	    .nfacts = ANE_FACTS },
};

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
	for (uint32_t i = 0; i < b->n; i++) {
		struct ruleset *old = b->list[i];

		for (uint32_t k = 0; old->domain == set->domain && k < old->n; k++)
			old->rules[k].replaced |= set->alone ||
			    rules_find(set, old->rules[k].id) != NULL;
	}
	b->list = arena_grow(&s->arena, b->list, b->n, sizeof *b->list);
	b->list[b->n++] = set;
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
	add(s, b, rules_load(&s->ctx, &s->arena, "ane.rules", ane_rules_text, ane_rules_len, d, n));
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
	    .setting = session_setting(s), .user = s, .arena = &s->arena };
	rules_begin(env);
}

/* ---- policies ---- */

struct hunt { struct session *s; struct rule_env env; const struct node *n; uint32_t unknown; };

static bool
found(void *arg, const struct rule *r, enum rule_truth t)
{
	struct hunt *h = arg;
	char ref[NODE_REF];
	struct where w = { .rule = r->id, .advice = r->advice };
	struct sink says;

	if (r->verdict == POLICY_IGNORED)
		return true;
	w.level = t == RULE_TRUE ? level_of[r->verdict] : LEVEL_NOTE;
	if (h->n != NULL) {
		w.node = node_ref(h->n, ref);
		w.loc = h->n->loc;
	}
	sink_init(&says, -1);
	rule_says(&h->env, r, h->n, &says);
	diag_add(&h->s->ctx, t == RULE_TRUE ? DIAG_POLICY : DIAG_POLICY_UNKNOWN, &w, "%s%.*s",
	    t == RULE_TRUE ? "" : "cannot be judged, what it needs is not known: ", (int)says.n,
	    says.buf);
	sink_fini(&says);
	return true;
}

static void
hunt_in(struct hunt *h, const struct ruleset *set)
{
	const struct model *m = h->s->model;

	h->n = NULL;
	rules_each(&h->env, set, NULL, found, h);
	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			h->n = m->graphs[i]->nodes[k];
			rules_each(&h->env, set, h->n, found, h);
		}
}

void
session_policies(struct session *s)
{
	const struct rulebook *b;
	struct hunt h = { .s = s };

	if (s->options->nrules == 0)
		return; /* no built-in set is one of policies */
	b = session_rules(s);
	for (uint32_t i = 0; i < b->n; i++) {
		if (b->list[i]->domain != &domains[0])
			continue;
		if (h.env.m == NULL)
			session_rule_env(s, &h.env);
		hunt_in(&h, b->list[i]);
	}
}
