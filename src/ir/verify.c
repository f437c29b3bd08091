/* SPDX-License-Identifier: Apache-2.0 */
/* The structural verifier. What it holds after a clean run: every list entry
 * points back to its owner and slot, ids are dense, operands are values of the
 * graph itself or of one around it. */
#include <inttypes.h>

#include "base/ctx.h"
#include "base/str.h"
#include "ir/graph.h"
#include "ir/verify.h"

static void
broken(struct ctx *ctx, const struct graph *g, const struct node *n, const char *what)
{
	char ref[NODE_REF];

	diag_add(ctx, DIAG_IR_BROKEN, &(struct where){ .node = n ? node_ref(n, ref) : NULL },
	    "graph %" PRIu32 "%s%s: %s", g->id, n ? ", node of type " : "",
	    n ? n->type->s : "", what);
}

/* Is g the graph in or one around it (or main, which training graphs see)? */
static bool
in_view(const struct model *m, const struct graph *in, const struct graph *g)
{
	for (;; in = in->parent->graph) {
		if (in == g || (in->kind == GRAPH_TRAINING && g == m->main))
			return true;
		if (in->parent == NULL)
			return false;
	}
}

static void
verify_node(struct ctx *ctx, const struct model *m, const struct graph *g, uint32_t index)
{
	const struct node *n = g->nodes[index];
	uint32_t i;

	if (n->graph != g || n->index != index || n->id >= m->nnodes)
		broken(ctx, g, n, "the node does not know its place");
	for (i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && n->in[i]->graph != g && !in_view(m, g, n->in[i]->graph))
			broken(ctx, g, n, "an operand is out of view");
	for (i = 0; i < n->nout; i++)
		if (n->out[i] != NULL && (n->out[i]->producer != n || n->out[i]->slot != i ||
		    n->out[i]->graph != g))
			broken(ctx, g, n, "an output does not know its producer");
	for (i = 0; i < n->nregions; i++)
		if (n->regions[i]->parent != n)
			broken(ctx, g, n, "a region does not know its node");
}

static void
verify_graph(struct ctx *ctx, const struct model *m, uint32_t id)
{
	const struct graph *g = m->graphs[id];
	uint32_t i;

	if (g->id != id)
		broken(ctx, g, NULL, "the graph does not know its place");
	for (i = 0; i < g->nnodes; i++)
		verify_node(ctx, m, g, i);
	for (i = 0; i < g->nvalues; i++)
		if (g->values[i]->graph != g || g->values[i]->id >= m->nvalues)
			broken(ctx, g, NULL, "a value does not know its place");
}

/* The first node that reads v, or NULL. */
static const struct node *
reader_of(const struct graph *g, const struct value *v)
{
	for (uint32_t i = 0; i < g->nnodes; i++)
		for (uint32_t j = 0; j < g->nodes[i]->nin; j++)
			if (g->nodes[i]->in[j] == v)
				return g->nodes[i];
	return NULL;
}

static void
report_undefined(struct ctx *ctx, const struct model *m)
{
	const struct value *first = NULL, *v;
	const struct node *n;
	struct where where = { .node = NULL };
	uint32_t count = 0, i, j;
	char ref[NODE_REF];

	for (i = 0; i < m->ngraphs; i++) {
		for (j = 0; j < m->graphs[i]->nvalues; j++) {
			v = m->graphs[i]->values[j];
			if (!(v->flags & VALUE_UNDEFINED))
				continue;
			count++;
			first = first == NULL ? v : first;
		}
	}
	if (count == 0)
		return;
	if ((n = reader_of(first->graph, first)) != NULL) {
		where.loc = n->loc;
		where.node = node_ref(n, ref);
	}
	diag_add(ctx, DIAG_IR_UNDEFINED, &where, "%" PRIu32 " value%s read but made nowhere, "
	    "the first is '%s'%s%s; shown without a producer", count, count == 1 ? " is" : "s are",
	    first->name->s, n != NULL ? ", read by a node of type " : "",
	    n != NULL ? n->type->s : "");
}

void
model_verify(struct ctx *ctx, const struct model *m)
{
	for (uint32_t i = 0; i < m->ngraphs; i++)
		verify_graph(ctx, m, i);
	report_undefined(ctx, m);
}
