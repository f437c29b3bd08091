/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes of a graph read, as numbers: rows are made anew at each fold, and following
 * pointers through the whole graph would be most of the work. */
#include "base/arena.h"
#include "ir/graph.h"
#include "layout/fold.h"
#include "layout/rows.h"

struct wiring {
	struct rows_wires *out;
	struct arena *a;
	const struct scopes *s;
	uint32_t n;
	uint32_t *input_of; /* by value id: number of a graph input + 1, or 0 */
};

static void
add_source(struct wiring *w, uint32_t from)
{
	w->out->from = arena_grow(w->a, w->out->from, w->n, sizeof *w->out->from);
	w->out->from[w->n++] = from;
}

static void
add_operand(struct wiring *w, const struct value *v)
{
	if (v == NULL || v->graph != w->s->graph)
		return;
	if (v->producer != NULL)
		add_source(w, v->producer->index);
	else if (w->input_of[v->id] != 0)
		add_source(w, v->graph->nnodes + w->input_of[v->id] - 1);
}

/* What the graphs in a node read from outside: a walk without recursion. */
static void
add_inside(struct wiring *w, const struct node *n)
{
	const struct graph **todo = NULL, *g;
	uint32_t ntodo = 0, i, k;

	for (i = 0; i < n->nregions; i++) {
		todo = arena_grow(w->a, todo, ntodo, sizeof *todo);
		todo[ntodo++] = n->regions[i];
	}
	while (ntodo > 0) {
		if ((g = todo[--ntodo]) == NULL)
			continue;
		for (i = 0; i < g->noutputs; i++)
			add_operand(w, g->outputs[i]);
		for (i = 0; i < g->nnodes; i++) {
			for (k = 0; k < g->nodes[i]->nin; k++)
				add_operand(w, g->nodes[i]->in[k]);
			for (k = 0; k < g->nodes[i]->nregions; k++) {
				todo = arena_grow(w->a, todo, ntodo, sizeof *todo);
				todo[ntodo++] = g->nodes[i]->regions[k];
			}
		}
	}
}

static void
number_inputs(struct wiring *w)
{
	const struct graph *g = w->s->graph;
	uint32_t n = 0;

	w->input_of = arena_array(w->a, w->s->model->nvalues, sizeof *w->input_of);
	for (uint32_t i = 0; i < g->ninputs; i++)
		if (g->inputs[i] != NULL && !(g->inputs[i]->flags & VALUE_INITIALIZER))
			w->input_of[g->inputs[i]->id] = ++n;
}

void
rows_wire(struct rows_wires *out, struct arena *a, const struct scopes *s)
{
	const struct graph *g = s->graph;
	struct wiring w = { .out = out, .a = a, .s = s };
	uint32_t at = 0;

	out->start = arena_array(a, (size_t)g->nnodes + g->noutputs + 1, sizeof *out->start);
	out->from = NULL;
	number_inputs(&w);
	for (uint32_t i = 0; i < g->nnodes; i++, out->start[++at] = w.n) {
		for (uint32_t k = 0; k < g->nodes[i]->nin; k++)
			add_operand(&w, g->nodes[i]->in[k]);
		add_inside(&w, g->nodes[i]);
	}
	for (uint32_t i = 0; i < g->noutputs; i++) {
		if (g->outputs[i] == NULL)
			continue;
		add_operand(&w, g->outputs[i]);
		out->start[++at] = w.n;
	}
	while (at < g->nnodes + g->noutputs)
		out->start[++at] = w.n;
}
