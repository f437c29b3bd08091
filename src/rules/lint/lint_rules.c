/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of lint that are data: conditions, the built-in ones about the model as a
 * whole and those of users, and what users make of checks that are written in C. */
#include <ctype.h>
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "ir/frame.h"
#include "rules/lint/lint_state.h"
#include "rules/rule.h"

const char *const rule_levels[] = { "note", "warn", "error", "ignored", NULL };
static const enum diag_level level_of[] = { LEVEL_NOTE, LEVEL_WARN, LEVEL_ERROR, LEVEL_COUNT };
enum { IGNORED = 3 };

static const struct { const char *name; enum diag_id id; } checks[] = {
#define DIAG(id, level, name, title, advice) { #id, DIAG_##id },
#include "rules/lint.def"
#undef DIAG
};
enum { NCHECKS = sizeof checks / sizeof *checks };

/* "op-custom" is LINT_OP_CUSTOM. */
static bool
same(const char *constant, const char *name)
{
	for (; *constant != '\0' && *name != '\0'; constant++, name++)
		if (*constant != (*name == '-' ? '_' : toupper((unsigned char)*name)))
			return false;
	return *constant == *name;
}

int
lint_check(const char *name)
{
	for (int i = 0; i < NCHECKS; i++)
		if (same(checks[i].name + 5, name))
			return (int)checks[i].id;
	return -1;
}

/* ---- findings of conditions ---- */

struct hunt {
	struct lint *l;
	struct rule_env *env;
	const struct node *n;
	bool builtin; /* findings have rows of the catalogue */
};

static bool
found(void *arg, const struct rule *r, enum rule_truth t)
{
	struct hunt *h = arg;
	enum diag_id id = h->builtin ? diag_find(r->id) : DIAG_POLICY;
	char ref[NODE_REF];
	struct where w = { .path = *r->at != '\0' ? r->at : NULL };
	struct sink says;

	if (r->verdict == IGNORED || r->check >= 0 || (h->builtin && t != RULE_TRUE))
		return true;
	if (!h->builtin) {
		w.rule = r->id;
		w.advice = r->advice;
		w.level = t == RULE_TRUE ? level_of[r->verdict] : LEVEL_NOTE;
	}
	if (h->n != NULL) {
		w.node = node_ref(h->n, ref);
		w.loc = h->n->loc;
		w.python = node_line(h->l->m, h->n, &h->l->a);
	}
	sink_init(&says, -1);
	rule_says(h->env, r, h->n, &says);
	diag_add(h->l->ctx, t == RULE_TRUE ? id : DIAG_POLICY_UNKNOWN, &w, "%s%.*s",
	    t == RULE_TRUE ? "" : "cannot be judged, what it needs is not known: ", (int)says.n,
	    says.buf);
	sink_fini(&says);
	return true;
}

static void
hunt_in(struct hunt *h, const struct ruleset *set)
{
	const struct model *m = h->l->m;

	h->n = NULL;
	rules_each(h->env, set, NULL, found, h);
	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			h->n = m->graphs[i]->nodes[k];
			ctx_step(h->l->ctx);
			rules_each(h->env, set, h->n, found, h);
		}
}

/* ---- what users make of the catalogue ---- */

static struct diag_change
change_of(const struct rule *r, bool own)
{
	if (r == NULL)
		return (struct diag_change){ .set = true, .level = LEVEL_COUNT };
	return (struct diag_change){ .set = true, .level = level_of[r->verdict],
	    .rule = own && strcmp(r->id, diag_name((enum diag_id)r->check)) != 0 ? r->id : NULL,
	    .advice = own ? r->advice : NULL };
}

/* Each check belongs to the last rule that names it; to none, when its rule was
 * replaced by a condition. */
static void
set_levels(struct lint *l, const struct lint_options *o)
{
	const struct rule **of = arena_array(&l->a, DIAG_COUNT, sizeof *of);
	struct diag_change *list = arena_array(&l->a, DIAG_COUNT, sizeof *list);

	for (uint32_t i = 0; i < o->nsets; i++)
		for (uint32_t k = 0; k < o->sets[i]->n; k++) {
			const struct rule *r = &o->sets[i]->rules[k];

			if (!r->replaced && r->check >= 0)
				of[r->check] = r;
		}
	for (uint32_t k = 0; k < o->sets[0]->n; k++) {
		const struct rule *r = &o->sets[0]->rules[k];
		int id = r->check >= 0 ? r->check : (int)diag_find(r->id);

		if (r->check < 0)
			list[id] = change_of(r, false);
		else
			list[id] = change_of(of[id], of[id] != r);
	}
	l->ctx->changes = list;
}

void
lint_rules_before(struct lint *l)
{
	const struct lint_options *o = l->opts;
	struct rule_env env = { .m = l->m, .arena = &l->a };
	struct hunt h = { .l = l, .env = &env, .builtin = true };
	const struct rule_domain lint = { .name = "lint", .verdicts = rule_levels, .dialect = -1,
	    .check = lint_check };
	const struct ruleset *set = o->nsets > 0 ? o->sets[0] :
	    rules_load(l->ctx, &l->a, "lint.rules", lint_conditions_rules_text,
	    lint_conditions_rules_len, &lint, 1);

	if (o->nsets > 1)
		set_levels(l, o);
	rules_begin(&env);
	rules_each(&env, set, NULL, found, &h);
}

void
lint_rules_after(struct lint *l)
{
	struct hunt h = { .l = l, .env = l->opts->env };

	for (uint32_t i = 1; i < l->opts->nsets && h.env != NULL && *l->prefix == '\0'; i++)
		hunt_in(&h, l->opts->sets[i]);
}
