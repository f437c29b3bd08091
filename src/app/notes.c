/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "app/measured.h"
#include "app/notes.h"
#include "infer/cost.h"
#include "rules/support/support.h"
#include "app/session.h"
#include "app/verdicts.h"

/* The notes while they are written, and nodes by name. */
struct notebook {
	struct notes pub;
	struct note *list;
	struct node **by_name; /* by str id: the first of that name */
	const struct support *support; /* behind that part, or NULL */
};

static void
fill_ane(struct session *s, struct notebook *b)
{
	const struct ane *ane = session_ane(s);

	for (uint32_t i = 0; i < b->pub.n; i++) {
		b->list[i].ane = ane->nodes[i].eligible;
		b->list[i].placed = ane->nodes[i].placed;
		b->list[i].rule = ane->nodes[i].rule;
	}
	for (uint32_t i = 0; i < s->model->ngraphs; i++)
		for (uint32_t k = 0; k < s->model->graphs[i]->nnodes; k++) {
			const struct node *n = s->model->graphs[i]->nodes[k];

			b->list[n->id].measured = measured_device(s, n);
		}
}

static void
fill_cost(struct session *s, struct notebook *b)
{
	const struct costs *c = session_costs(s);

	for (uint32_t i = 0; i < b->pub.n; i++) {
		const struct dim *flops = c->node[i].flops;
		uint64_t n = flops == NULL || flops->kind == DIM_UNKNOWN ? UINT64_MAX :
		    cost_sample(flops);

		b->list[i].macs = cost_sample(c->node[i].macs);
		b->list[i].cost = n == UINT64_MAX ? 0 : (double)n;
		b->pub.total += b->list[i].cost;
		b->pub.most = b->list[i].cost > b->pub.most ? b->list[i].cost : b->pub.most;
	}
}

static void
block(struct notebook *b, const struct blocker *by, const struct node *n)
{
	enum note_support *is = &b->list[n->id].support;

	if (*is != NOTE_BLOCKED)
		*is = by->silent ? NOTE_LOST : NOTE_BLOCKED;
}

/* Every node that a blocker speaks of. */
static void
each_blocked(struct notebook *b, const struct blocker *by,
	void (*fn)(struct notebook *, const struct blocker *, const struct node *))
{
	if (by->node != NULL && by->node->id < b->pub.n)
		fn(b, by, by->node);
	for (uint32_t k = 0; k < by->nothers; k++)
		if (by->others[k]->id < b->pub.n)
			fn(b, by, by->others[k]);
}

static void
fill_support(struct notebook *b, const struct support *sup)
{
	for (uint32_t i = 0; i < b->pub.n; i++)
		b->list[i].support = sup->outcome == SUPPORT_UNKNOWN ? NOTE_OPEN : NOTE_CONVERTS;
	for (uint32_t i = 0; i < sup->nblockers; i++)
		each_blocked(b, &sup->blockers[i], block);
	b->support = sup;
}

static void
index_names(struct session *s, struct notebook *b)
{
	const struct model *m = s->model;

	b->by_name = arena_array(session_judged(s), m->strs.n, sizeof *b->by_name);
	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = m->graphs[i]->nnodes; k-- > 0;)
			b->by_name[m->graphs[i]->nodes[k]->name->id] = m->graphs[i]->nodes[k];
}

/* The node that a diagnostic names: its name, or #ID. */
static struct note *
note_of(struct session *s, struct notebook *b, const char *ref)
{
	const struct str *name;
	unsigned long id;
	char *end;

	if (ref[0] == '#' && (id = strtoul(ref + 1, &end, 10)) < b->pub.n && *end == '\0')
		return &b->list[id];
	name = str_find(&s->model->strs, ref, (uint32_t)strlen(ref));
	return name == NULL || b->by_name[name->id] == NULL ? NULL :
	    &b->list[b->by_name[name->id]->id];
}

static void
count_problem(struct note *n, enum diag_level level)
{
	n->worst = n->problems == 0 || level > n->worst ? level : n->worst;
	n->problems++;
}

static void
count_blocked(struct notebook *b, const struct blocker *by, const struct node *n)
{
	count_problem(&b->list[n->id], blocker_level(by));
}

static void
fill_problems(struct session *s, struct notebook *b)
{
	struct note *n;

	if (b->by_name == NULL)
		index_names(s, b);
	for (uint32_t i = 0; i < b->pub.n; i++)
		b->list[i].problems = 0;
	for (uint32_t i = 0; i < s->ctx.diags.n; i++) {
		const struct diag *d = &s->ctx.diags.list[i];

		if (d->node == NULL || (n = note_of(s, b, d->node)) == NULL)
			continue;
		count_problem(n, d->level);
	}
	for (uint32_t i = 0; b->support != NULL && i < b->support->nblockers; i++)
		each_blocked(b, &b->support->blockers[i], count_blocked);
}

static const struct support *
default_support(struct session *s)
{
	const struct conversion as_given = { .inputs = (const char *const *)s->options->inputs,
	    .ninputs = s->options->ninputs };

	return session_support(s, &as_given);
}

static struct notebook *
notebook_of(struct session *s)
{
	if (s->notes == NULL) {
		struct notebook *b = arena_alloc(session_judged(s), sizeof *b);

		b->pub.n = s->model->nnodes;
		b->pub.list = b->list = arena_array(session_judged(s), b->pub.n, sizeof *b->list);
		s->notes = b;
	}
	return s->notes;
}

const struct notes *
session_notes(struct session *s, unsigned want)
{
	struct notebook *b = notebook_of(s);
	unsigned missing = want & ~b->pub.have;

	if (missing & NOTES_ANE)
		fill_ane(s, b);
	if (missing & NOTES_COST)
		fill_cost(s, b);
	if (missing & NOTES_SUPPORT)
		fill_support(b, default_support(s));
	if (want & NOTES_PROBLEMS)
		fill_problems(s, b); /* there may be more by now */
	b->pub.have |= missing;
	return &b->pub;
}

void
session_notes_support(struct session *s, const struct support *sup)
{
	struct notebook *b = notebook_of(s);

	fill_support(b, sup);
	b->pub.have |= NOTES_SUPPORT;
}
