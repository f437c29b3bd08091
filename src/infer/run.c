/* SPDX-License-Identifier: Apache-2.0 */
/* The walk: nodes in an order in which operands come first, regions inside
 * their nodes, functions once for each call. A budget of visits keeps models
 * whose functions call each other many times from taking for ever. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/str.h"
#include "infer/state.h"

enum { CALLS_DEEP = 64, INTERFACE = 1024 };

static infer_fn *const *const tables[DIALECT_COUNT] = {
	[DIALECT_ONNX] = infer_onnx, [DIALECT_MIL] = infer_mil,
	[DIALECT_ATEN] = infer_aten,
};

bool
named(const struct node *n, const char *name)
{
	return strcmp(n->type->s, name) == 0;
}

struct graph *
region_of(const struct node *n, const char *role)
{
	for (uint32_t i = 0; i < n->nregions; i++)
		if (n->regions[i]->role != NULL && strcmp(n->regions[i]->role->s, role) == 0)
			return n->regions[i];
	return NULL;
}

static void
call(struct infer *f, const struct node *n)
{
	struct graph *g = n->callee;

	if (f->ncallers == CALLS_DEEP) {
		lose(f, n, "functions call each other more than %d deep", CALLS_DEEP);
		return;
	}
	infer_forget(f, g);
	for (uint32_t i = 0; i < g->ninputs; i++) {
		val_of(f, operand(n, i));
		set_value(f, g->inputs[i], *operand_fact(f, n, i));
	}
	f->callers[f->ncallers++] = n;
	infer_graph(f, g);
	f->ncallers--;
	for (uint32_t i = 0; i < g->noutputs && i < n->nout; i++)
		set_output(f, n, i, fact_of(f, g->outputs[i])->type,
		    fact_of(f, g->outputs[i])->val);
}

bool
is_vague(const struct type *t)
{
	if (t == NULL || (is_tensor(t) && (t->dtype == DT_NONE || !t->has_rank)))
		return true;
	for (uint32_t i = 0; is_tensor(t) && i < t->rank; i++)
		if (dim_has_anon(t->dims[i]))
			return true;
	return false;
}

bool
any_vague(struct infer *f, struct value *const *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (v[i] != NULL && is_vague(fact_of(f, v[i])->type))
			return true;
	return false;
}

static infer_fn *
function_of(const struct infer *f, const struct node *n)
{
	infer_fn *const *table = tables[f->model->dialect];
	infer_fn *own;

	/* compiled networks have parameters of their own, and all shapes beside them */
	if (n->op != NULL && f->model->dialect == DIALECT_NN)
		return strncmp(f->model->encoding, "compiled", 8) == 0 ? NULL : nn_function(n);
	if (n->op == NULL || table == NULL)
		return NULL;
	own = f->model->dialect == DIALECT_ATEN ? aten_rare(n) :
	    f->model->dialect == DIALECT_ONNX && (*n->op->domain != '\0' ||
	    table[n->op->sem] == NULL) ? onnx_own(n) : NULL;
	return own != NULL ? own : table[n->op->sem];
}

static void
visit(struct infer *f, const struct node *n)
{
	infer_fn *fn = function_of(f, n);

	ctx_step(f->ctx);
	if (f->budget == 0) {
		if (!f->spent)
			diag_add(f->ctx, DIAG_SHAPE_BUDGET, &(struct where){ .loc = n->loc },
			    "inference stopped: the model's functions and loops "
			    "ask for too many steps");
		f->spent = true;
		return;
	}
	f->budget--;
	if (n->callee != NULL)
		call(f, n);
	else if (fn != NULL)
		fn(f, n);
	if (f->lost[n->id] == NULL && any_vague(f, n->out, n->nout) &&
	    !any_vague(f, n->in, n->nin))
		lose(f, n, n->op == NULL && n->callee == NULL ? "an operation that is not known" :
		    fn == NULL && n->callee == NULL ? "no rule for the shapes of this operation" :
		    "depends on values that are known only when the model runs");
}

/* Depth first from each node to what makes its operands, for graphs whose
 * nodes stand in no order. */
static void
visit_sorted(struct infer *f, const struct graph *g)
{
	enum { NEW, OPEN, DONE };
	unsigned char *state = arena_alloc(f->arena, g->nnodes);
	struct frame { uint32_t node, slot; } *stack;
	uint32_t depth;

	stack = arena_array(f->arena, (size_t)g->nnodes + 1, sizeof *stack);
	for (uint32_t i = 0; i < g->nnodes; i++) {
		depth = 0;
		if (state[i] == NEW)
			stack[depth++] = (struct frame){ i, 0 };
		while (depth > 0) {
			struct frame *top = &stack[depth - 1];
			const struct node *n = g->nodes[top->node], *p = NULL;

			state[top->node] = OPEN;
			while (top->slot < n->nin && (p == NULL || p->graph != g ||
			    state[p->index] != NEW)) {
				const struct value *v = n->in[top->slot++];

				p = v != NULL ? v->producer : NULL;
			}
			if (p != NULL && p->graph == g && state[p->index] == NEW) {
				stack[depth++] = (struct frame){ p->index, 0 };
				continue;
			}
			state[top->node] = DONE;
			visit(f, n);
			depth--;
		}
	}
}

void
infer_graph(struct infer *f, struct graph *g)
{
	if (!f->model->is_sorted) {
		visit_sorted(f, g);
		return;
	}
	for (uint32_t i = 0; i < g->nnodes; i++)
		visit(f, g->nodes[i]);
}

void
infer_forget(struct infer *f, const struct graph *g)
{
	enum { PER_VISIT = 8 }; /* values forgotten in the time of a visit */

	f->budget -= f->budget < g->nvalues / PER_VISIT ? f->budget : g->nvalues / PER_VISIT;
	for (uint32_t i = 0; i < g->nvalues; i++)
		memset(&f->entries[g->values[i]->id], 0, sizeof *f->entries);
	for (uint32_t i = 0; i < g->nnodes; i++)
		for (uint32_t k = 0; k < g->nodes[i]->nregions; k++)
			infer_forget(f, g->nodes[i]->regions[k]);
}

const struct type *
infer_type(struct infer *f, const struct value *v)
{
	return fact_of(f, v)->type;
}

bool
infer_vague(struct infer *f, const struct value *v)
{
	return is_vague(infer_type(f, v));
}

const char *
infer_lost(const struct infer *f, const struct node *n)
{
	return f->lost[n->id];
}

static struct value *
input_named(const struct graph *g, const struct str *name)
{
	for (uint32_t i = 0; i < g->ninputs && i < INTERFACE; i++)
		if (g->inputs[i]->name == name)
			return g->inputs[i];
	return NULL;
}

/* A size that an ML Program leaves open is one number in each run: a symbol named
 * after the input and the place in its shape, so that costs can count in it. */
static void
name_sizes(struct infer *f, const struct value *v)
{
	const struct type *t = fact_of(f, v)->type;
	struct fact fact = *fact_of(f, v);

	for (uint32_t i = 0; is_shaped(t) && i < t->rank; i++)
		if (t->dims[i]->kind == DIM_UNKNOWN) {
			const char *name = arena_printf(f->arena, "%s_%u", v->name->s, i);

			t = with_dim(f, t, i, dim_sym(f->types,
			    str_internz(&f->model->strs, name)));
		}
	fact.type = t;
	set_value(f, v, fact);
}

static void
name_flexible(struct infer *f)
{
	const struct model *m = f->model;

	for (uint32_t i = 0; i < m->nfeatures && i < INTERFACE; i++) {
		const struct feature *x = &m->features[i];
		const struct value *v;

		if (x->role == FEATURE_INPUT && x->type != NULL && x->type->tag != TY_TENSOR &&
		    (v = input_named(m->main, x->name)) != NULL)
			name_sizes(f, v);
	}
}

static void
run(void *arg)
{
	struct infer *f = arg;
	struct model *m = f->model;

	if (m->main != NULL)
		name_flexible(f);
	if (m->main != NULL)
		infer_graph(f, m->main);
	for (uint32_t i = 0; i < m->ntraining; i++)
		infer_graph(f, m->training[i]);
	for (uint32_t i = 0; m->dialect != DIALECT_ONNX && i < m->nfunctions; i++)
		/* methods of TorchScript stand inlined in the main graph, where their
		 * operands are known */
		if (m->functions[i] != m->main && m->functions[i]->kind != GRAPH_METHOD)
			infer_graph(f, m->functions[i]);
}

struct infer *
infer_model(struct ctx *ctx, struct arena *a, struct model *m, const struct infer_options *o)
{
	struct infer *f = arena_alloc(a, sizeof *f);

	f->ctx = ctx;
	f->arena = a;
	f->model = m;
	f->types = &m->types;
	f->opts = o;
	f->next = FOUND_BY_DIMS;
	f->entries = arena_array(a, m->nvalues, sizeof *f->entries);
	f->lost = arena_array(a, m->nnodes, sizeof *f->lost);
	f->callers = arena_array(a, CALLS_DEEP, sizeof *f->callers);
	f->exported = m->format != NULL && strcmp(m->format, "pt2") == 0;
	f->budget = (uint64_t)m->nnodes * 16 + 1000000;
	ctx_protect(ctx, run, f);
	return f;
}
