/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "app/measured.h"
#include "app/session.h"
#include "base/str.h"
#include "rules/setting.h"

struct measurements { struct measured *list; uint32_t n; };

/* Nodes by the name that a plan gives them: the first of each, and behind a node
 * the next of that name, in a function beside or in a block. */
struct by_name { const struct node **first, **next; };

static const struct str *
plan_name(const struct model *m, const struct node *n)
{
	return m->dialect == DIALECT_NN ? n->name :
	    n->nout > 0 && n->out[0] != NULL ? n->out[0]->name : NULL;
}

static struct by_name
index_outputs(struct session *s)
{
	const struct model *m = s->model;
	struct by_name by = { arena_array(&s->arena, m->strs.n, sizeof *by.first),
		arena_array(&s->arena, m->nnodes, sizeof *by.next) };

	for (uint32_t i = m->ngraphs; i-- > 0;)
		for (uint32_t k = m->graphs[i]->nnodes; k-- > 0;) {
			const struct node *n = m->graphs[i]->nodes[k];
			const struct str *name = plan_name(m, n);

			if (name == NULL)
				continue;
			by.next[n->id] = by.first[name->id];
			by.first[name->id] = n;
		}
	return by;
}

/* The op in the function that the plan names, which has names of its own; or the
 * first of that name. */
static const struct node *
find_op(const struct model *m, const struct by_name *by, const struct plan_op *op)
{
	const struct str *name = str_find(&m->strs, op->output, (uint32_t)strlen(op->output));
	const struct str *function = op->function == NULL ? NULL :
	    str_find(&m->strs, op->function, (uint32_t)strlen(op->function));
	const struct node *first = name == NULL ? NULL : by->first[name->id], *n;

	for (n = function == NULL ? NULL : first; n != NULL; n = by->next[n->id])
		if (n->graph->parent == NULL && n->graph->name == function)
			return n;
	return first;
}

static void
join(struct session *s, struct measured *me, const struct by_name *by)
{
	const struct model *m = s->model;

	me->of = arena_array(&s->arena, m->nnodes, sizeof *me->of);
	for (uint32_t i = 0; i < me->plan->n; i++) {
		const struct plan_op *op = &me->plan->ops[i];
		const struct node *n = find_op(m, by, op);

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
	struct by_name by;

	if (all == NULL) {
		all = arena_alloc(&s->arena, sizeof *all);
		all->list = arena_array(&s->arena, s->options->nplans, sizeof *all->list);
		if (s->options->nplans > 0)
			by = index_outputs(s);
		for (uint32_t i = 0; i < s->options->nplans; i++) {
			struct measured *me = &all->list[all->n];

			me->plan = plan_read(&s->ctx, &s->arena, s->options->plans[i]);
			if (me->plan == NULL)
				continue;
			join(s, me, &by);
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
	place = arena_alloc(session_judged(s), sizeof *place);
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
session_setting_changed(struct session *s, struct arena *a)
{
	s->judged = a;
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
