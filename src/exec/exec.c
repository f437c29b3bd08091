/* SPDX-License-Identifier: Apache-2.0 */
/* A node is computed by its kernel, a graph inside of a node by its nodes. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "exec/kernel.h"
#include "base/ctx.h"
#include "base/str.h"
#include "ops/op.h"

/* Turns that a loop may take; names that one array may have; what a node costs whatever it
 * computes: as long as so many multiplications take. */
enum { TURNS = 256, ALIASES = 64, NODE = 256 };

static kernel_fn *
kernel_of(const struct exec *e)
{
	kernel_fn *(*const finders[])(const struct exec *) = { kernel_element, kernel_shape,
		kernel_remap, kernel_index, kernel_reduce, kernel_norm, kernel_window,
		kernel_sample, kernel_product, kernel_recurrent };
	kernel_fn *f = NULL;

	for (size_t i = 0; i < sizeof finders / sizeof *finders && f == NULL; i++)
		f = finders[i](e);
	return f;
}

/* The node of the graph that n is, or is inside of; or NULL. */
static const struct node *
in_graph(const struct node *n, const struct graph *g)
{
	while (n != NULL && n->graph != g)
		n = n->graph->parent;
	return n;
}

/* Results of writes are what was written: v, and those made of it before n, are now another
 * array. A view of one that was taken before changes more than is followed here. */
static void
write_all(struct exec *e, const struct value *v, const struct node *n, unsigned depth)
{
	const struct uses *u = e->uses;

	e->of[v->id] = e->of[n->out[0]->id];
	for (uint32_t i = u->start[v->id]; i < u->start[v->id + 1] && !e->stopped; i++) {
		const struct node *x = u->list[i].node;

		const struct node *own = in_graph(n, x->graph);

		if (x->op == NULL || own == NULL || x->index >= own->index)
			continue;
		e->stopped |= (x->op->flags & OP_VIEW) != 0 || depth == ALIASES;
		if (x->op->flags & OP_WRITES && u->list[i].slot == 0 && x->nout > 0 &&
		    x->out[0] != NULL && !e->stopped)
			write_all(e, x->out[0], n, depth + 1);
	}
}

/* What it writes is an operand: later readers see that. */
static void
note_written(struct exec *e, const struct node *n)
{
	const struct value *v = n->nin > 0 ? n->in[0] : NULL;
	const struct node *p = v != NULL ? v->producer : NULL;
	unsigned turns = 0;

	for (; p != NULL && p->op != NULL && p->op->flags & OP_WRITES && p->nin > 0 &&
	    p->in[0] != NULL && turns < ALIASES; turns++) {
		v = p->in[0];
		p = v->producer;
	}
	e->stopped |= v == NULL || turns == ALIASES || n->nout == 0 || n->out[0] == NULL ||
	    e->of[n->out[0]->id] == NULL || (p != NULL && p->op != NULL && p->op->flags & OP_VIEW);
	if (!e->stopped)
		write_all(e, v, n, 0);
}

/* The nodes of a graph inside of a node, on these operands; its results come in their place. */
static bool
run_inside(struct exec *e, const struct graph *g, const struct array **vars, uint32_t n)
{
	if (g->ninputs != n || !exec_spend(e, (double)g->nnodes * NODE))
		return false;
	for (uint32_t i = 0; i < n; i++)
		e->of[g->inputs[i]->id] = vars[i];
	for (uint32_t i = 0; i < g->nnodes; i++) {
		for (uint32_t o = 0; o < g->nodes[i]->nout; o++)
			if (g->nodes[i]->out[o] != NULL)
				e->of[g->nodes[i]->out[o]->id] = NULL;
		exec_node(e, g->nodes[i]);
	}
	return true;
}

/* The graph inside of a node that has the role. */
static const struct graph *
inside_of(const struct node *n, const char *role)
{
	for (uint32_t i = 0; i < n->nregions; i++)
		if (n->regions[i]->role != NULL && strcmp(n->regions[i]->role->s, role) == 0)
			return n->regions[i];
	return NULL;
}

static bool writes(struct exec *, const struct node *, unsigned depth);

static bool
writes_inside(struct exec *e, const struct graph *g, unsigned depth)
{
	bool may = depth == ALIASES || !exec_spend(e, g->nnodes);

	for (uint32_t i = 0; i < g->nnodes && !may; i++)
		may = writes(e, g->nodes[i], depth + 1);
	return may;
}

/* Does it write to what is known outside, or may it? */
static bool
writes(struct exec *e, const struct node *n, unsigned depth)
{
	bool torch = e->in.model->dialect == DIALECT_ATEN;
	const char *end = n->type->s + n->type->len;
	bool may = n->op != NULL ? (n->op->flags & OP_WRITES) != 0 :
	    torch && n->type->len > 1 && end[-1] == '_' && end[-2] != '_';

	if (torch && n->callee != NULL)
		may |= writes_inside(e, n->callee, depth);
	for (uint32_t i = 0; i < n->nregions && !may; i++)
		may = writes_inside(e, n->regions[i], depth);
	return may;
}

/* What is made up decides nothing. */
static bool
decides(const struct array *a)
{
	return a != NULL && a->list == NULL && a->n == 1 && !a->made && !a->guess;
}

/* One graph or the other; false: it is not known which, or not all of it was run. So are loops. */
static bool
run_branch(struct exec *e, const struct node *n)
{
	const struct array *which = n->nin > 0 ? exec_value(e, n->in[0]) : NULL;
	bool mil = e->in.model->dialect == DIALECT_MIL, yes;
	const struct graph *g;

	if (!decides(which))
		return false;
	yes = which->v[0] != 0;
	g = mil ? n->regions[!yes] : inside_of(n, yes ? "then_branch" : "else_branch");
	if (g == NULL || g->noutputs != n->nout || !run_inside(e, g, NULL, 0))
		return false;
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL)
			e->of[n->out[i]->id] = exec_value(e, g->outputs[i]);
	return true;
}

static const struct array *
number_of(struct exec *e, double x)
{
	struct array *a = exec_make(e, 0, NULL);

	if (a != NULL) {
		a->v[0] = x;
		a->whole = true;
	}
	return a;
}

/* A body that counts its turns, and says whether there is another one. What each turn adds to
 * a list (results of ONNX behind the variables) is not followed. */
static bool
run_counted(struct exec *e, const struct node *n)
{
	bool onnx = e->in.model->dialect == DIALECT_ONNX;
	const struct array *vars[EXEC_LIST], *most, *go;
	const struct graph *g = n->regions[0];
	uint32_t nvars = n->nin > 2 ? n->nin - 2 : 0, first = onnx ? 2 : 1;
	double turns;

	if (n->nin < 2 || nvars + 2 > EXEC_LIST || n->nout != nvars || g->noutputs != nvars + 1 ||
	    g->ninputs != nvars + first)
		return false;
	most = n->in[0] != NULL ? exec_value(e, n->in[0]) : NULL;
	go = n->in[1] != NULL ? exec_value(e, n->in[1]) : NULL;
	if ((n->in[0] != NULL && !decides(most)) || (n->in[1] != NULL && !decides(go)))
		return false;
	for (uint32_t i = 0; i < nvars; i++)
		vars[first + i] = n->in[2 + i] != NULL ? exec_value(e, n->in[2 + i]) : NULL;
	turns = most != NULL ? most->v[0] : INFINITY;
	for (unsigned turn = 0; turn < turns && (go == NULL || go->v[0] != 0); turn++) {
		if (turn == TURNS || !exec_spend(e, NODE))
			return false;
		vars[0] = number_of(e, turn);
		vars[1] = onnx ? go != NULL ? go : number_of(e, 1) : vars[1];
		if (!run_inside(e, g, vars, g->ninputs) ||
		    !decides(go = exec_value(e, g->outputs[0])))
			return false;
		for (uint32_t i = 0; i < nvars; i++)
			vars[first + i] = exec_value(e, g->outputs[1 + i]);
	}
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL)
			e->of[n->out[i]->id] = vars[first + i];
	return true;
}

/* As long as the first graph says so, what the second makes of the operands. */
static bool
run_loop(struct exec *e, const struct node *n)
{
	const struct array *vars[EXEC_LIST], *go;
	const struct graph *g = n->regions[0], *h = n->regions[1];

	if (n->nin > EXEC_LIST || n->nout != n->nin || g->noutputs != 1 || h->noutputs != n->nin)
		return false;
	for (uint32_t i = 0; i < n->nin; i++)
		vars[i] = exec_value(e, n->in[i]);
	for (unsigned turn = 0; turn < TURNS && exec_spend(e, NODE); turn++) {
		if (!run_inside(e, g, vars, n->nin) ||
		    !decides(go = exec_value(e, g->outputs[0])))
			return false;
		for (uint32_t i = 0; i < n->nout && go->v[0] == 0; i++)
			if (n->out[i] != NULL)
				e->of[n->out[i]->id] = vars[i];
		if (go->v[0] == 0 || !run_inside(e, h, vars, n->nin))
			return go->v[0] == 0;
		for (uint32_t i = 0; i < n->nin; i++)
			vars[i] = exec_value(e, h->outputs[i]);
	}
	return false;
}

void
exec_init(struct exec *e, const struct settings *in, const struct uses *uses, struct arena *arena,
	uint64_t steps, uint64_t room)
{
	*e = (struct exec){ .in = *in, .uses = uses, .arena = arena, .steps = steps, .room = room };
	e->of = arena_array(arena, in->model->nvalues, sizeof *e->of);
}

static void
name_of(const struct node *n, char buf[EXEC_NAME])
{
	size_t len = 0;

	for (uint32_t i = 0; i < n->type->len && len < EXEC_NAME - 1; i++)
		if (isalnum((unsigned char)n->type->s[i]))
			buf[len++] = (char)tolower((unsigned char)n->type->s[i]);
	buf[len] = '\0';
}

void
exec_node(struct exec *e, const struct node *n)
{
	bool known = n->op != NULL && n->callee == NULL && !op_is_constant(n), done = false;
	kernel_fn *f;

	ctx_step(e->in.ctx);
	e->n = n;
	name_of(n, e->name);
	e->lost = e->packed = e->guess = false;
	f = known && n->nregions == 0 ? kernel_of(e) : NULL;
	if (f != NULL && !e->stopped && n->nout > 0)
		f(e);
	if (known && n->nregions == 2 && !e->stopped && strcmp(n->type->s, "while_loop") == 0)
		done = run_loop(e, n);
	if (known && n->nregions == 2 && !e->stopped && n->op->sem == SEM_IF)
		done = run_branch(e, n);
	if (known && n->nregions == 1 && !e->stopped && strcmp(n->type->s, "Loop") == 0)
		done = run_counted(e, n);
	if (n->op != NULL && n->op->flags & OP_WRITES)
		note_written(e, n);
	else if (!e->stopped && !done)
		e->stopped = writes(e, n, 0);
}
