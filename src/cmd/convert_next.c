/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/cured.h"
#include "app/session.h"
#include "base/arena.h"
#include "cmd/command.h"
#include "cmd/convert_next.h"
#include "cmd/convert_report.h"
#include "convert/place.h"
#include "convert/run.h"
#include "ir/graph.h"
#include "rules/support/support.h"

struct list { struct arena *a; struct next *at; uint32_t n; };

static void
add(struct list *l, struct next x)
{
	l->at = arena_grow(l->a, l->at, l->n, sizeof *l->at);
	l->at[l->n++] = x;
}

/* The run's own options, as support knows them. */
static struct conversion
asked(const struct request *q)
{
	const struct convert_options *o = q->o;
	struct conversion c = { .inputs = o->inputs, .ninputs = o->ninputs, .states = o->states,
	    .outputs = o->outputs, .target = o->target, .convert_to = o->convert_to,
	    .precision = q->f32_ops != NULL ? "f16" : o->precision, .pipeline = o->passes,
	    .classifier = o->labels };

	c.frontend = q->format == CONVERT_PT2 ? "export" : "torchscript";
	c.decompose = q->format == CONVERT_PT2 && cure_used(o, "decompose");
	c.defaults = q->format == CONVERT_PT2 && cure_used(o, "defaults");
	return c;
}

static const struct support *
judge(struct call *call, const struct request *q)
{
	struct conversion c = asked(q);

	return session_support(call->s, &c);
}

static bool
frozen(const struct convert_run *r)
{
	for (uint32_t i = 0; i < r->ncures; i++)
		if (strcmp(r->cures[i].name, "freeze") == 0)
			return true;
	return false;
}

/* What was frozen has nodes and names of its own: that which failed goes by its kind. */
static void
add_frozen(struct list *l, struct call *call, const struct convert_run *r)
{
	struct conversion c = asked(r->r);
	uint32_t n;
	const struct blocker *const *list = session_frozen_blockers(call->s, &c, call->arena, &n);

	for (uint32_t i = 0; i < n; i++)
		if (r->blamed.kind == NULL || !place_same_kind(list[i]->op, r->blamed.kind))
			add(l, (struct next){ NULL, list[i]->op, list[i]->name, list[i]->scope,
			    reason_word(list[i]->reason), list[i]->message, list[i]->fix,
			    list[i]->count });
}

static bool
kind_among(const struct list *l, const char *kind)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (place_same_kind(l->at[i].kind, kind))
			return true;
	return false;
}

static bool
among(const struct list *l, const struct node *node, const struct run_node *n)
{
	for (uint32_t i = 0; i < l->n; i++)
		if ((node != NULL && l->at[i].node == node) ||
		    (n != NULL && strcmp(l->at[i].name, n->name) == 0))
			return true;
	return false;
}

struct next *
convert_next(struct call *call, const struct convert_run *r, uint32_t *n)
{
	const struct node *stopped = r->blamed.name != NULL ?
	    place_blamed(call->s->model, r, call->arena) : NULL;
	const struct node **missing = call->s->model == NULL || r->nmissing == 0 ? NULL :
	    place_all(call->s->model, r->missing, r->nmissing, call->arena);
	struct list l = { .a = call->arena };

	if (r->end == RUN_FAILED && frozen(r)) {
		add_frozen(&l, call, r);
	} else if (call->s->model != NULL && call->s->model->main != NULL && r->end == RUN_FAILED) {
		const struct support *s = judge(call, r->r);

		for (uint32_t i = 0; i < s->nblockers; i++) {
			const struct blocker *b = &s->blockers[i];

			if (b->node == NULL || b->node == stopped || b->unreached ||
			    b->silent || among(&l, b->node, NULL))
				continue;
			add(&l, (struct next){ b->node, *b->op != '\0' ? b->op :
			    b->node->type->s, b->name, b->scope,
			    reason_word(b->reason), b->message, b->fix, b->count });
		}
	}
	for (uint32_t i = 0; i < r->nmissing; i++) {
		const struct run_node *m = &r->missing[i];
		const struct node *node = missing != NULL ? missing[i] : NULL;

		if ((r->blamed.name != NULL && strcmp(m->name, r->blamed.name) == 0) ||
		    (node != NULL && node == stopped) || among(&l, node, m) ||
		    (frozen(r) && kind_among(&l, m->kind)))
			continue;
		add(&l, (struct next){ node, m->kind, m->name, m->scope,
		    reason_word(REASON_NOT_REGISTERED), reason_says(REASON_NOT_REGISTERED),
		    reason_advice(REASON_NOT_REGISTERED), 1 });
	}
	*n = l.n;
	return l.at;
}

/* What torch cannot load is told by its operator: "walk::blur", "torch.ops.walk.blur". */
static bool
not_loaded(const struct convert_run *r, const struct next *x)
{
	const char *colons = strstr(x->kind, "::"), *at;

	if (r->found.reason != REASON_LOAD || r->message == NULL || colons == NULL ||
	    strcmp(x->word, reason_word(REASON_NOT_REGISTERED)) != 0)
		return false;
	at = strstr(r->message, colons + 2);
	return at != NULL && at > r->message && strchr(".:", at[-1]) != NULL;
}

const struct next *
convert_likely(const struct convert_run *r, const struct next *list, uint32_t n)
{
	for (uint32_t i = 0; r->blamed.name == NULL && i < n; i++)
		if (list[i].node != NULL && (not_loaded(r, &list[i]) ||
		    strcmp(list[i].word, reason_word(r->found.reason)) == 0))
			return &list[i];
	return NULL;
}

const char *
convert_fix(struct call *call, const struct convert_run *r)
{
	const struct node *stopped;
	const struct support *s;

	if (r->end == RUN_CONVERTED || r->found.reason != REASON_NOT_REGISTERED ||
	    (stopped = convert_stopped(call, r)) == NULL)
		return r->found.cure;
	s = judge(call, r->r);
	for (uint32_t i = 0; i < s->nblockers; i++)
		if (s->blockers[i].node == stopped && *s->blockers[i].fix != '\0' &&
		    s->blockers[i].reason == r->found.reason)
			return s->blockers[i].fix;
	return r->found.cure;
}
