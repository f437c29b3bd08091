/* SPDX-License-Identifier: Apache-2.0 */
/* One node is computed by the function of its operation. */
#include <string.h>

#include "align/probe/run.h"
#include "base/ctx.h"
#include "base/str.h"
#include "ops/op.h"

/* Turns that a loop may take; names that one array may have. */
enum { TURNS = 256, ALIASES = 64 };

static probe_fn *
function_of(const struct item *x)
{
	probe_fn *(*const finders[])(const struct item *) = { probe_element, probe_shape,
		probe_remap, probe_index, probe_reduce, probe_norm, probe_window, probe_product,
		probe_recurrent };
	probe_fn *f = NULL;

	for (size_t i = 0; i < sizeof finders / sizeof *finders && f == NULL; i++)
		f = finders[i](x);
	return f;
}

/* Results of writes are what was written: v, and those made of it before n, are now another
 * array. A view of one that was taken before changes more than is followed here. */
static void
write_all(struct run *r, const struct value *v, const struct node *n, unsigned depth)
{
	const struct uses *u = r->side->uses;

	r->of[v->id] = r->of[n->out[0]->id];
	for (uint32_t i = u->start[v->id]; i < u->start[v->id + 1] && !r->stopped; i++) {
		const struct node *x = u->list[i].node;

		if (x->op == NULL || x->graph != n->graph || x->index >= n->index)
			continue;
		r->stopped |= (x->op->flags & OP_VIEW) != 0 || depth == ALIASES;
		if (x->op->flags & OP_WRITES && u->list[i].slot == 0 && x->nout > 0 &&
		    x->out[0] != NULL && !r->stopped)
			write_all(r, x->out[0], n, depth + 1);
	}
}

/* What it writes is an operand: later readers see that. */
static void
note_written(struct run *r, const struct node *n)
{
	const struct value *v = n->nin > 0 ? n->in[0] : NULL;
	const struct node *p = v != NULL ? v->producer : NULL;
	unsigned turns = 0;

	for (; p != NULL && p->op != NULL && p->op->flags & OP_WRITES && p->nin > 0 &&
	    p->in[0] != NULL && turns < ALIASES; turns++) {
		v = p->in[0];
		p = v->producer;
	}
	r->stopped |= v == NULL || turns == ALIASES || n->nout == 0 || n->out[0] == NULL ||
	    r->of[n->out[0]->id] == NULL || (p != NULL && p->op != NULL && p->op->flags & OP_VIEW);
	if (!r->stopped)
		write_all(r, v, n, 0);
}

/* The nodes of a graph inside of a node, on these operands; its results come in their place. */
static bool
run_inside(struct run *r, const struct graph *g, const struct array **vars, uint32_t n)
{
	if (g->ninputs != n)
		return false;
	for (uint32_t i = 0; i < n; i++)
		r->of[g->inputs[i]->id] = vars[i];
	for (uint32_t i = 0; i < g->nnodes; i++) {
		for (uint32_t o = 0; o < g->nodes[i]->nout; o++)
			if (g->nodes[i]->out[o] != NULL)
				r->of[g->nodes[i]->out[o]->id] = NULL;
		run_node(r, g->nodes[i]);
	}
	return true;
}

/* As long as the first graph says so, what the second makes of the operands. */
static void
run_loop(struct run *r, const struct node *n)
{
	const struct array *vars[PROBE_LIST], *go;
	const struct graph *g = n->regions[0], *h = n->regions[1];

	if (n->nin > PROBE_LIST || n->nout != n->nin || g->noutputs != 1 || h->noutputs != n->nin)
		return;
	for (uint32_t i = 0; i < n->nin; i++)
		vars[i] = probe_value(r, n->in[i]);
	for (unsigned turn = 0; turn < TURNS && probe_spend(r, PROBE_LIST); turn++) {
		if (!run_inside(r, g, vars, n->nin) ||
		    (go = probe_value(r, g->outputs[0])) == NULL || go->n != 1)
			return;
		for (uint32_t i = 0; i < n->nout && go->v[0] == 0; i++)
			if (n->out[i] != NULL)
				r->of[n->out[i]->id] = vars[i];
		if (go->v[0] == 0 || !run_inside(r, h, vars, n->nin))
			return;
		for (uint32_t i = 0; i < n->nin; i++)
			vars[i] = probe_value(r, h->outputs[i]);
	}
}

void
run_node(struct run *r, const struct node *n)
{
	const struct item *x = r->side->of[n->id] != ALIGN_NONE ? side_item(r->side, n) : NULL;
	probe_fn *f = x != NULL && n->op != NULL && n->nregions == 0 && n->callee == NULL ?
	    function_of(x) : NULL;

	ctx_step(r->al->ctx);
	r->n = n;
	r->lost = r->packed = r->guess = false;
	if (f != NULL && !r->stopped && n->nout > 0)
		f(r);
	if (x != NULL && n->nregions == 2 && !r->stopped && strcmp(n->type->s, "while_loop") == 0)
		run_loop(r, n);
	if (n->op != NULL && n->op->flags & OP_WRITES)
		note_written(r, n);
}
