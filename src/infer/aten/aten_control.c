/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's branches, loops and calls: prim::If and prim::Loop of TorchScript,
 * higher-order operators of exported programs. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

/* What a branch that raises leaves. */
static bool
is_nothing(const struct value *v)
{
	return v != NULL && v->producer != NULL && strcmp(v->producer->type->s,
	    "Uninitialized") == 0;
}

static struct fact
either(struct infer *f, const struct value *a, const struct value *b)
{
	struct fact x, y;

	val_of(f, a);
	val_of(f, b);
	x = *fact_of(f, a);
	y = *fact_of(f, b);
	if (is_nothing(a) || is_nothing(b))
		return is_nothing(a) ? y : x;
	if (x.type != NULL && y.type != NULL && (x.type->tag == TY_NONE) !=
	    (y.type->tag == TY_NONE)) {
		struct type opt = { .tag = TY_OPT };

		opt.elem = x.type->tag == TY_NONE ? y.type : x.type;
		return (struct fact){ opt.elem->tag == TY_OPT ? opt.elem :
		    type_intern(f->types, &opt), NULL };
	}
	return (struct fact){ type_join(f, x.type, y.type), x.val == y.val ? x.val : NULL };
}

/* A branch that is never taken makes no findings. */
static void
infer_branch(struct infer *f, struct graph *g, bool taken)
{
	bool quiet = f->quiet;

	f->quiet |= !taken;
	infer_graph(f, g);
	f->quiet = quiet;
}

/* Operands behind the first ones go into a graph of an exported program. */
static void
bind_inputs(struct infer *f, const struct node *n, struct graph *g, uint32_t from)
{
	if (!f->exported)
		return;
	infer_forget(f, g);
	for (uint32_t i = 0; i < g->ninputs && from + i < n->nin; i++) {
		val_of(f, operand(n, from + i));
		set_value(f, g->inputs[i], *operand_fact(f, n, from + i));
	}
}

void
aten_if(struct infer *f, const struct node *n)
{
	struct graph *yes, *no;
	struct fact out;
	bool export = f->exported;
	uint32_t from = export && n->nnamed > 0 && strcmp(n->in_name[0]->s, "arg0") == 0 ? 1 : 0;
	int64_t cond;
	bool sure;

	if (n->nregions < 2)
		return;
	yes = n->regions[0];
	no = n->regions[1];
	sure = (!export || from == 1) && number_of(f, operand(n, 0), &cond);
	bind_inputs(f, n, yes, from);
	infer_branch(f, yes, !sure || cond != 0);
	bind_inputs(f, n, no, from);
	infer_branch(f, no, !sure || cond == 0);
	if (sure)
		yes = no = cond ? yes : no;
	for (uint32_t i = 0; i < n->nout && i < yes->noutputs && i < no->noutputs; i++) {
		out = either(f, yes->outputs[i], no->outputs[i]);
		set_output(f, n, i, out.type, out.val);
	}
}

/* while_loop: what the body gives goes round, the rest of the operands does not
 * change. */
static void
while_loop(struct infer *f, const struct node *n)
{
	struct graph *test = region_of(n, "condition"), *body = region_of(n, "body");
	const struct type **carried;
	uint32_t k;

	if (test == NULL || body == NULL)
		return;
	k = body->noutputs < n->nin ? body->noutputs : n->nin;
	carried = arena_array(f->arena, k, sizeof *carried);
	bind_inputs(f, n, body, 0);
	infer_forget(f, body);
	for (uint32_t i = 0; i < n->nin; i++) {
		if (i < k)
			carried[i] = operand_fact(f, n, i)->type;
		else if (i < body->ninputs)
			set_value(f, body->inputs[i], (struct fact){
			    operand_fact(f, n, i)->type, NULL });
	}
	infer_settle(f, body, carried, k, 0, 0);
	infer_forget(f, test);
	for (uint32_t i = 0; i < test->ninputs && i < n->nin; i++)
		set_value(f, test->inputs[i], (struct fact){ i < k ? carried[i] :
		    operand_fact(f, n, i)->type, NULL });
	infer_graph(f, test);
	for (uint32_t i = 0; i < n->nout && i < k; i++)
		set_output(f, n, i, carried[i], NULL);
}

void
aten_loop(struct infer *f, const struct node *n)
{
	struct graph *body;
	const struct type **carried;
	uint32_t k = n->nin < 2 ? 0 : n->nin - 2;

	if (named(n, "while_loop")) {
		while_loop(f, n);
		return;
	}
	if (n->nregions < 1 || (body = n->regions[0])->noutputs < 1 + k)
		return;
	infer_forget(f, body);
	carried = arena_array(f->arena, k, sizeof *carried);
	for (uint32_t i = 0; i < k; i++)
		carried[i] = operand_fact(f, n, i + 2)->type;
	if (body->ninputs > 0)
		set_value(f, body->inputs[0], (struct fact){ scalar_type(f, DT_I64), NULL });
	infer_settle(f, body, carried, k, 1, 1);
	for (uint32_t i = 0; i < n->nout && i < k; i++)
		set_output(f, n, i, type_join(f, carried[i],
		    fact_of(f, body->outputs[1 + i])->type), NULL);
}

/* Operands with the same name as the first from i on. */
static uint32_t
run_of(const struct node *n, uint32_t i)
{
	uint32_t end = i;

	while (end < n->nnamed && n->in_name[end] == n->in_name[i])
		end++;
	return end - i;
}

static const struct type *
slice_of(struct infer *f, const struct type *t)
{
	return is_shaped(t) && t->rank > 0 ? tensor_of(f, t->dtype, t->dims + 1, t->rank - 1) :
	    tensor_no_rank(f, elem_dtype(t));
}

/* map: the body sees slices of the first list; scan: the first list is carried, the
 * second sliced. Results that are not carried are stacked. */
void
aten_scan(struct infer *f, const struct node *n)
{
	struct graph *body = n->nregions > 0 ? n->regions[0] : NULL;
	uint32_t ncarried = 0, nsliced;
	const struct type **carried, *t;
	const struct dim *len = dim_anon(f->types);

	if (body == NULL || !f->exported)
		return;
	if (named(n, "scan"))
		ncarried = run_of(n, 0);
	nsliced = ncarried < n->nin ? run_of(n, ncarried) : 0;
	infer_forget(f, body);
	carried = arena_array(f->arena, ncarried, sizeof *carried);
	for (uint32_t i = 0; i < n->nin && i < body->ninputs; i++) {
		t = operand_fact(f, n, i)->type;
		if (i < ncarried) {
			carried[i] = t;
			continue;
		}
		if (i < ncarried + nsliced && is_shaped(t) && t->rank > 0)
			len = t->dims[0];
		set_value(f, body->inputs[i], (struct fact){ i < ncarried + nsliced ?
		    slice_of(f, t) : t, NULL });
	}
	infer_settle(f, body, carried, ncarried, 0, 0);
	for (uint32_t i = 0; i < n->nout && i < body->noutputs; i++) {
		t = fact_of(f, body->outputs[i])->type;
		set_output(f, n, i, i < ncarried ? t : calc_stacked(f, t, len, 0), NULL);
	}
}

/* wrap_with_autocast: the device, the dtype, is it on */
static enum dtype
autocast_of(struct infer *f, const struct node *n)
{
	const struct attr *dt = node_attr(n, "arg1"), *on = node_attr(n, "arg2");
	int d;

	if (!named(n, "wrap_with_autocast"))
		return f->autocast;
	if (on == NULL || on->kind != ATTR_INT || on->v.i == 0 || dt == NULL ||
	    dt->kind != ATTR_STRING)
		return DT_NONE;
	d = dtype_parse(dt->v.s->s, dt->v.s->len);
	return d < 0 ? DT_NONE : (enum dtype)d;
}

/* What wraps a graph: its operands are the graph's inputs. */
void
aten_call(struct infer *f, const struct node *n)
{
	struct graph *g = n->nregions > 0 ? n->regions[0] : NULL;
	enum dtype outer = f->autocast;

	if (g == NULL || !f->exported)
		return;
	bind_inputs(f, n, g, n->nin >= g->ninputs ? n->nin - g->ninputs : 0);
	f->autocast = autocast_of(f, n);
	infer_graph(f, g);
	f->autocast = outer;
	for (uint32_t i = 0; i < n->nout && i < g->noutputs; i++)
		set_output(f, n, i, fact_of(f, g->outputs[i])->type,
		    val_of(f, g->outputs[i]));
}
