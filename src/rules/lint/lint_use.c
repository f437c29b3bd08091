/* SPDX-License-Identifier: Apache-2.0 */
/* What a model carries for nothing: nodes that lead to no output, inputs and
 * initializers that nobody reads. Life spreads from the outputs of outermost
 * graphs backwards; a node that lives makes the outputs of its graphs live. */
#include <inttypes.h>

#include "rules/lint/lint_state.h"

struct life {
	struct lint *l;
	uint8_t *node, *value;      /* by id */
	const struct value **todo;  /* values whose producers are to be visited */
	uint32_t ntodo;
};

static void
revive(struct life *f, const struct value *v)
{
	if (v == NULL || f->value[v->id])
		return;
	f->value[v->id] = 1;
	f->todo[f->ntodo++] = v;
}

static void
revive_outputs(struct life *f, const struct graph *g)
{
	for (uint32_t i = 0; i < g->noutputs; i++)
		revive(f, g->outputs[i]);
}

static void
visit(struct life *f, const struct node *n)
{
	if (f->node[n->id])
		return;
	f->node[n->id] = 1;
	for (uint32_t i = 0; i < n->nin; i++)
		revive(f, n->in[i]);
	for (uint32_t i = 0; i < n->nregions; i++)
		revive_outputs(f, n->regions[i]);
}

/* Nodes without outputs can only be there for an effect. */
static void
visit_effects(struct life *f, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		uint32_t k = 0;

		while (k < g->nodes[i]->nout && g->nodes[i]->out[k] == NULL)
			k++;
		if (k == g->nodes[i]->nout)
			visit(f, g->nodes[i]);
	}
}

static void
spread(struct life *f)
{
	const struct model *m = f->l->m;

	for (uint32_t i = 0; i < m->ngraphs; i++) {
		if (m->graphs[i]->parent == NULL)
			revive_outputs(f, m->graphs[i]);
		visit_effects(f, m->graphs[i]);
	}
	while (f->ntodo > 0) {
		const struct value *v = f->todo[--f->ntodo];

		if (v->producer != NULL)
			visit(f, v->producer);
	}
}

/* Inside a dead node everything is dead: it is reported once, outside. */
static void
report_nodes(struct life *f, const struct graph *g)
{
	const struct node *first = NULL;
	uint32_t dead = 0;

	if (g->parent != NULL && !f->node[g->parent->id])
		return;
	for (uint32_t i = 0; i < g->nnodes; i++) {
		if (f->node[g->nodes[i]->id])
			continue;
		first = dead++ == 0 ? g->nodes[i] : first;
	}
	if (dead == 0)
		return;
	const struct place at = { .g = g, .n = first };
	lint_add(f->l, DIAG_LINT_DEAD_NODE, &at, "%" PRIu32 " node%s to no output%s #%" PRIu32
	    ", %.*s '%.*s'", dead, dead == 1 ? " leads" : "s lead", dead == 1 ? ":" :
	    "; the first is", first->id, NAME(first->type), NAME(first->name));
}

static void
report_initializers(struct lint *l, const struct graph *g)
{
	const struct value *first = NULL, *v;
	uint64_t bytes = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->ninitializers; i++) {
		v = g->initializers[i];
		if (l->read[v->id] || v->constant == NULL || v->constant->items != NULL ||
		    v->flags & VALUE_PART)
			continue;
		first = n++ == 0 ? v : first;
		if (__builtin_add_overflow(bytes, tensor_bytes(v->constant), &bytes))
			bytes = UINT64_MAX;
	}
	if (n == 0)
		return;
	const struct place at = { .g = g, .field = "initializer", .index = NO_INDEX,
	    .loc = &first->constant->loc };
	lint_add(l, DIAG_LINT_UNUSED_INIT, &at, "nothing reads %" PRIu32 " initializer%s, %" PRIu64
	    " byte%s; the first is '%.*s'", n, plural(n), bytes, plural(bytes), NAME(first->name));
}

static void
report_inputs(struct lint *l, const struct graph *g)
{
	for (uint32_t i = 0; i < g->ninputs; i++) {
		const struct value *v = g->inputs[i];
		const struct place at = { .g = g, .field = "input", .index = i, .loc = &v->loc };

		if (!l->read[v->id] && !(v->flags & VALUE_INITIALIZER))
			lint_add(l, DIAG_LINT_UNUSED_INPUT, &at, "nothing reads input '%.*s'",
			    NAME(v->name));
	}
}

void
lint_use(struct lint *l)
{
	const struct model *m = l->m;
	struct life f = { .l = l };

	f.node = arena_array(&l->a, m->nnodes, sizeof *f.node);
	f.value = arena_array(&l->a, m->nvalues, sizeof *f.value);
	f.todo = arena_array(&l->a, m->nvalues, sizeof *f.todo);
	spread(&f);
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		report_nodes(&f, m->graphs[i]);
		report_initializers(l, m->graphs[i]);
		if (m->graphs[i] == m->main)
			report_inputs(l, m->graphs[i]);
	}
}
