/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "app/measured.h"
#include "app/session.h"
#include "base/str.h"
#include "rules/setting.h"

struct measurements { struct measured *list; uint32_t n; };

/* Nodes by the name that a plan gives them: the first of each. */
static const struct node **
index_outputs(struct session *s)
{
	const struct model *m = s->model;
	const struct node **by = arena_array(&s->arena, m->strs.n, sizeof *by);

	for (uint32_t i = m->ngraphs; i-- > 0;)
		for (uint32_t k = m->graphs[i]->nnodes; k-- > 0;) {
			const struct node *n = m->graphs[i]->nodes[k];

			if (m->dialect == DIALECT_NN)
				by[n->name->id] = n;
			else if (n->nout > 0 && n->out[0] != NULL)
				by[n->out[0]->name->id] = n;
		}
	return by;
}

/* A function beside the main one has its own names. */
static const struct node *
in_function(const struct model *m, const struct plan_op *op)
{
	for (uint32_t i = 0; op->function != NULL && i < m->nfunctions; i++) {
		const struct graph *g = m->functions[i];

		if (strcmp(g->name->s, op->function) != 0)
			continue;
		for (uint32_t k = 0; k < g->nnodes; k++)
			if (g->nodes[k]->nout > 0 && g->nodes[k]->out[0] != NULL &&
			    strcmp(g->nodes[k]->out[0]->name->s, op->output) == 0)
				return g->nodes[k];
	}
	return NULL;
}

static void
join(struct session *s, struct measured *me, const struct node *const *by)
{
	const struct model *m = s->model;

	me->of = arena_array(&s->arena, m->nnodes, sizeof *me->of);
	for (uint32_t i = 0; i < me->plan->n; i++) {
		const struct plan_op *op = &me->plan->ops[i];
		const struct str *name = str_find(&m->strs, op->output,
		    (uint32_t)strlen(op->output));
		const struct node *n = in_function(m, op);

		if (n == NULL && name != NULL)
			n = by[name->id];
		if (n == NULL) {
			me->strange++;
		} else if (me->of[n->id] == NULL) {
			me->of[n->id] = op;
			me->matched++;
		}
	}
	if (me->strange > 0)
		diag_add(&s->ctx, DIAG_PLAN_NAMES, NULL, "%s: %" PRIu32 " of %" PRIu32
		    " ops are not in this model", me->plan->path, me->strange, me->plan->n);
}

const struct measured *
session_measured(struct session *s, uint32_t *n)
{
	struct measurements *all = s->measured;
	const struct node **by;

	if (all == NULL) {
		all = arena_alloc(&s->arena, sizeof *all);
		all->list = arena_array(&s->arena, s->options->nplans, sizeof *all->list);
		by = s->options->nplans > 0 ? index_outputs(s) : NULL;
		for (uint32_t i = 0; i < s->options->nplans; i++) {
			struct measured *me = &all->list[all->n];

			me->plan = plan_read(&s->ctx, &s->arena, s->options->plans[i]);
			if (me->plan == NULL)
				continue;
			join(s, me, by);
			all->n++;
		}
		s->measured = all;
	}
	*n = all->n;
	return all->list;
}

const struct setting *
session_setting(struct session *s)
{
	uint32_t n;
	const struct measured *me;
	struct setting *place = s->setting;
	const struct plan *p;

	if (place != NULL)
		return place;
	place = arena_alloc(&s->arena, sizeof *place);
	*place = s->options->setting;
	s->setting = place;
	me = session_measured(s, &n);
	if (n == 0)
		return place;
	p = me->plan;
	if (place->os == NULL && p->os != NULL)
		setting_os(place, p->os);
	if (place->chip == NULL && p->chip != NULL)
		setting_chip(place, p->chip);
	if (!place->units_given && p->units != NULL)
		setting_units(place, p->units);
	return place;
}

void
session_setting_changed(struct session *s)
{
	s->setting = NULL;
	s->verdicts = NULL;
	s->notes = NULL;
}

enum device
measured_device(struct session *s, const struct node *node)
{
	uint32_t n;
	const struct measured *me = session_measured(s, &n);

	return n == 0 || me->of[node->id] == NULL ? DEVICE_UNKNOWN : me->of[node->id]->preferred;
}
