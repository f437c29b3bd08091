/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "app/measured.h"
#include "app/notes.h"
#include "infer/cost.h"
#include "rules/support.h"
#include "app/session.h"
#include "app/verdicts.h"

/* The notes while they are written, and nodes by name. */
struct notebook {
	struct notes pub;
	struct note *list;
	struct node **by_name; /* by str id: the first of that name */
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
	const struct costs *c = cost_model(&s->ctx, &s->arena, s->model, session_infer(s));

	for (uint32_t i = 0; i < b->pub.n; i++) {
		const struct dim *flops = c->node[i].flops;
		uint64_t n = flops == NULL || flops->kind == DIM_UNKNOWN ? UINT64_MAX :
		    cost_sample(flops);

		b->list[i].cost = n == UINT64_MAX ? 0 : (double)n;
		b->pub.total += b->list[i].cost;
		b->pub.most = b->list[i].cost > b->pub.most ? b->list[i].cost : b->pub.most;
	}
}

static void
block(struct notebook *b, const struct node *n)
{
	if (n != NULL && n->id < b->pub.n)
		b->list[n->id].support = NOTE_BLOCKED;
}

static void
fill_support(struct session *s, struct notebook *b)
{
	const struct conversion as_given = { .inputs = (const char *const *)s->options->inputs,
	    .ninputs = s->options->ninputs };
	const struct support *sup = session_support(s, &as_given);

	for (uint32_t i = 0; i < b->pub.n; i++)
		b->list[i].support = sup->outcome == SUPPORT_UNKNOWN ? NOTE_OPEN : NOTE_CONVERTS;
	for (uint32_t i = 0; i < sup->nblockers; i++) {
		block(b, sup->blockers[i].node);
		for (uint32_t k = 0; k < sup->blockers[i].nothers; k++)
			block(b, sup->blockers[i].others[k]);
	}
}

static void
index_names(struct session *s, struct notebook *b)
{
	const struct model *m = s->model;

	b->by_name = arena_array(&s->arena, m->strs.n, sizeof *b->by_name);
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
		n->worst = n->problems == 0 || d->level > n->worst ? d->level : n->worst;
		n->problems++;
	}
}

static struct notebook *
notebook_of(struct session *s)
{
	if (s->notes == NULL) {
		struct notebook *b = arena_alloc(&s->arena, sizeof *b);

		b->pub.n = s->model->nnodes;
		b->pub.list = b->list = arena_array(&s->arena, b->pub.n, sizeof *b->list);
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
		fill_support(s, b);
	if (want & NOTES_PROBLEMS)
		fill_problems(s, b); /* there may be more by now */
	b->pub.have |= missing;
	return &b->pub;
}
