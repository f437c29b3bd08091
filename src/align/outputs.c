/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: does each output of the one model come from the counterpart of what the same
 * output of the other comes from? Outputs stand for one another by name where both sides have the
 * same names, else by place. */
#include <stdio.h>
#include <string.h>

#include "align/setting.h"
#include "base/str.h"

/* Tuples in tuples. */
enum { NESTED = 8 };

static void
add_value(const struct value *v, const struct value **list, uint32_t *n, unsigned depth)
{
	const struct node *p = v != NULL ? v->producer : NULL;
	/* each tuple brings one at least, so that the walk ends when the list is full */
	bool tuple = p != NULL && strcmp(p->domain->s, "prim") == 0 && p->nout == 1 &&
	    p->nin > 0 && p->in[0] != NULL && (strcmp(p->type->s, "TupleConstruct") == 0 ||
	    strcmp(p->type->s, "ListConstruct") == 0);

	if (!tuple || depth == 0) {
		if (*n < ALIGN_OUTPUTS && v != NULL)
			list[(*n)++] = v;
		return;
	}
	for (uint32_t i = 0; i < p->nin && *n < ALIGN_OUTPUTS; i++)
		add_value(p->in[i], list, n, depth - 1);
}

/* Of an exported program: is the output there for what it writes? */
static bool
is_written(const struct graph *g, const struct value *v)
{
	for (uint32_t i = 0; i < g->nroles; i++)
		if (g->roles[i].output && g->roles[i].kind != ROLE_USER &&
		    wire_same_name(g->roles[i].name, v->name))
			return true;
	return false;
}

/* What one model alone gives back; how many. */
static uint32_t
list_outputs(const struct aligner *al, unsigned k, const struct value **list)
{
	const struct graph *g = al->side[k].given->model->main;
	uint32_t n = 0;

	if (g == NULL || g->noutputs >= ALIGN_OUTPUTS)
		return 0;
	for (uint32_t i = 0; i < g->noutputs; i++)
		if (!is_written(g, g->outputs[i]))
			add_value(g->outputs[i], list, &n, NESTED);
	return n < ALIGN_OUTPUTS ? n : 0;
}

static uint32_t
find_name(const struct value *const *list, uint32_t n, const struct str *name)
{
	uint32_t i = 0;

	while (i < n && !wire_same_name(list[i]->name, name))
		i++;
	return i;
}

uint32_t
outputs_pair(const struct aligner *al, const struct value **a, const struct value **b)
{
	const struct value *named[ALIGN_OUTPUTS];
	uint32_t n = list_outputs(al, 0, a), m = list_outputs(al, 1, b);

	if (n != m)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = find_name(b, n, a[i]->name);

		if (at == n)
			return n;
		named[i] = b[at];
	}
	memcpy(b, named, n * sizeof *b);
	return n;
}

void
outputs_compare(struct aligner *al, struct align *out)
{
	const struct value *a[ALIGN_OUTPUTS], *b[ALIGN_OUTPUTS];
	uint32_t n = outputs_pair(al, a, b);

	for (uint32_t i = 0; i < n; i++) {
		struct align_group *g;
		const struct node *from;
		char name[40];

		if (al->same_output[i] || !origins_part(al, a[i], b[i], &from))
			continue;
		g = &out->groups[out->of[0][from->id]];
		if (g->verdict != ALIGN_SAME && g->verdict != ALIGN_UNKNOWN)
			continue;
		snprintf(name, sizeof name, "output %u comes from", (unsigned)i);
		origins_say(al, &g->what, name, a[i], b[i]);
		g->verdict = ALIGN_MODIFIED;
		g->changes |= ALIGN_OUTPUT;
	}
}
