/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "app/rulebook.h"
#include "app/session.h"
#include "app/verdicts.h"
#include "base/sink.h"
#include "ir/frame.h"

/* The verdicts with what they were computed with. */
struct verdicts {
	struct rule_env env;
	const struct ruleset *const *sets;
	uint32_t nsets;
	struct ane *ane;
};

static struct verdicts *
verdicts_of(struct session *s)
{
	struct verdicts *v = s->verdicts;

	if (v != NULL)
		return v;
	v = arena_alloc(session_judged(s), sizeof *v);
	v->sets = session_sets(s, "ane", &v->nsets);
	session_rule_env(s, &v->env);
	v->ane = ane_judge(&v->env, v->sets, v->nsets);
	return s->verdicts = v;
}

const struct ane *
session_ane(struct session *s)
{
	return verdicts_of(s)->ane;
}

void
session_ane_says(struct session *s, const struct node *n, struct sink *out)
{
	struct verdicts *v = verdicts_of(s);

	ane_says(&v->env, &v->ane->nodes[n->id], n, out);
}

void
session_ane_explain(struct session *s, const struct node *n,
	void (*fn)(void *, const struct rule *, enum rule_truth, const char *), void *arg)
{
	struct verdicts *v = verdicts_of(s);

	ane_explain(&v->env, v->sets, v->nsets, n, fn, arg);
}

void
session_ane_rule(struct session *s, const struct rule *r, const char *part, const struct node *n,
	struct sink *out)
{
	if (n == NULL)
		rule_says(&verdicts_of(s)->env, r, NULL, out);
	else
		ane_rule_says(&verdicts_of(s)->env, r, part, n, out);
}

/* ---- findings ---- */

static void
add_finding(struct session *s, enum diag_id id, const struct node *n, const struct rule *r,
	uint32_t echoes)
{
	char ref[NODE_REF];
	struct where w = { .rule = r->id, .advice = r->advice, .level = diag_level(id) };
	struct sink says;

	sink_init(&says, -1);
	if (n != NULL) {
		w.node = node_ref(n, ref);
		w.loc = n->loc;
		w.python = node_line(s->model, n, session_judged(s));
		session_ane_says(s, n, &says);
	} else {
		session_ane_rule(s, r, NULL, NULL, &says);
	}
	if (echoes > 0)
		sink_printf(&says, "; %" PRIu32 " op%s behind it follow%s", echoes,
		    plural(echoes), echoes == 1 ? "s" : "");
	diag_add(&s->ctx, id, &w, "%s%s%.*s", n != NULL ? n->type->s : "", n != NULL ? ": " : "",
	    (int)says.n, says.buf);
	sink_fini(&says);
}

/* How often a rule was met, and where it was first left out. */
struct met { const struct rule *rule; uint32_t n; const struct node *next; };
enum { PLACES = 3 }; /* of one rule, for people */

static struct met *
met_of(struct arena *a, struct met **list, uint32_t *n, const struct rule *r)
{
	for (uint32_t i = 0; i < *n; i++)
		if ((*list)[i].rule == r)
			return &(*list)[i];
	*list = arena_grow(a, *list, *n, sizeof **list);
	(*list)[*n] = (struct met){ r, 0, NULL };
	return &(*list)[(*n)++];
}

static void
add_rest(struct session *s, const struct met *list, uint32_t n)
{
	char ref[NODE_REF];

	for (uint32_t i = 0; i < n; i++) {
		struct where w = { .rule = list[i].rule->id, .advice = list[i].rule->advice,
		    .level = diag_level(DIAG_ANE_OFF) };

		if (list[i].n > PLACES)
			diag_add(&s->ctx, DIAG_ANE_OFF, &w, "%" PRIu32 " more op%s for this "
			    "reason; the next is %s '%s'", list[i].n - PLACES,
			    plural(list[i].n - PLACES), list[i].next->type->s,
			    node_ref(list[i].next, ref));
	}
}

/* Rules that refuse only what stands behind other trouble: once each, for their
 * advice. */
static void
add_behind(struct session *s, const struct ane *ane, struct met **met, uint32_t *nmet)
{
	const struct model *m = s->model;

	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			const struct node *n = m->graphs[i]->nodes[k];
			const struct ane_node *v = &ane->nodes[n->id];

			if (v->eligible == ANE_NO && v->root != n &&
			    met_of(session_judged(s), met, nmet, v->rule)->n++ == 0)
				add_finding(s, DIAG_ANE_OFF, n, v->rule, 0);
		}
}

void
session_ane_findings(struct session *s, bool each)
{
	const struct ane *ane = session_ane(s);
	const struct model *m = s->model;
	uint32_t *echoes = arena_array(session_judged(s), m->nnodes, sizeof *echoes), nmet = 0;
	struct met *met = NULL, *one;

	for (uint32_t i = 0; i < ane->nabout; i++)
		if (ane->about_truth[i] == RULE_TRUE)
			add_finding(s, DIAG_ANE_MODEL, NULL, ane->about[i], 0);
	for (uint32_t i = 0; i < m->nnodes; i++)
		if (ane->nodes[i].root != NULL)
			echoes[ane->nodes[i].root->id]++;
	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			const struct node *n = m->graphs[i]->nodes[k];
			const struct ane_node *v = &ane->nodes[n->id];

			if (v->eligible != ANE_NO || v->root != n)
				continue;
			one = met_of(session_judged(s), &met, &nmet, v->rule);
			if (each || one->n < PLACES)
				add_finding(s, DIAG_ANE_OFF, n, v->rule, echoes[n->id] - 1);
			else if (one->n == PLACES)
				one->next = n;
			one->n++;
		}
	if (!each)
		add_rest(s, met, nmet);
	add_behind(s, ane, &met, &nmet);
}
