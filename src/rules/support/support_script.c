/* SPDX-License-Identifier: Apache-2.0 */
/* The front end of TorchScript: clean-up of the graph, inputs, states, constants,
 * then one operator after the other, blocks of branches and loops inside. Names that
 * nobody binds, attributes of modules that were not lowered among them, reach
 * converters as plain texts. */
#include <math.h>
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "ir/tensor.h"
#include "ops/op.h"
#include "ops/sig.h"
#include "rules/support/support_script.h"

static enum dtype
scalar_type(enum dtype t)
{
	return t == DT_I64 ? DT_I32 : t == DT_F64 ? DT_F32 : t;
}

/* A number or text written in the code. The largest integer stands for None. */
static struct mv *
literal_of(struct run *r, const struct value *v)
{
	struct conv *c = &r->c;
	const struct tensor *t = v->constant;
	unsigned char b[16];
	double d;

	if (t == NULL)
		return mv_none(c);
	if (t->dtype == DT_STR)
		return mv_s(c, v->name->s);
	if (t->dtype == DT_C128 || t->dtype == DT_C64)
		return mv_const(c, DT_C64, 0, NULL, NULL);
	if (tensor_first(t, c->a, b, 1) != 1)
		return mv_new(c, MV_UNKNOWN);
	d = dtype_get(t->dtype, b, 0);
	if (t->dtype == DT_I64 && dtype_get_int(t->dtype, b, 0) == INT64_MAX)
		return mv_none(c);
	if (isinf(d))
		d = d < 0 ? -3.4e38 : 3.4e38;
	return mv_const(c, scalar_type(t->dtype), 0, NULL, &d);
}

struct mv *
script_value(struct run *r, const struct value *v)
{
	struct conv *c = &r->c;
	struct mv *m;

	if (v == NULL)
		return mv_none(c);
	if (v->flags & VALUE_LITERAL)
		return literal_of(r, v);
	m = c->env[v->id];
	if (m == NULL)
		return mv_text(c, v->name->s);
	if (m->kind == MV_STATE) { /* read where it is used */
		m->live = true;
		m = mv_tensor(c, DT_F32, m->rank, m->dims);
	}
	return m;
}

/* Attributes that are no tensors are names that nobody binds. */
static struct mv *
operand_of(struct run *r, const struct node *n, uint32_t i)
{
	const struct value *v = i < n->nin ? n->in[i] : NULL;

	if (i < 64 && n->held >> i & 1 && (v == NULL || script_is_object(v) || v->flags &
	    VALUE_LITERAL) && (v == NULL || v->type == NULL || v->type->tag != TY_OPAQUE))
		return mv_text(&r->c, v == NULL ? "None" : v->name->s);
	return script_value(r, v);
}

/* Quantised values are dequantised for operators that do not take them. */
static struct mv *
plain(struct run *r, struct mv *v, const char *lookup)
{
	if (v->kind != MV_TENSOR || v->text == NULL || strcmp(v->text, "quantized") != 0 ||
	    strcmp(lookup, "quantize_per_tensor") == 0 || strcmp(lookup, "dequantize") == 0 ||
	    strstr(lookup, "quantized::") != NULL)
		return v;
	return mv_tensor(&r->c, DT_F32, v->rank, v->dims);
}

/* The operand for a parameter: by its name, or by its place. */
static bool
find_operand(const struct node *n, const struct sig_arg *arg, uint32_t place, uint32_t *i)
{
	for (*i = 0; *i < n->nnamed && *i < n->nin; ++*i)
		if (n->in_name[*i] != NULL && n->in_name[*i]->len == arg->name_len &&
		    memcmp(n->in_name[*i]->s, arg->name, arg->name_len) == 0)
			return true;
	*i = place;
	return n->nnamed == 0 && place < n->nin;
}

/* Of the forms of to with a device, torch.jit.load takes the one that must have a
 * dtype as soon as there is one. */
static const struct op *
row_of_to(struct run *r, const struct node *n)
{
	bool device = n->overload != NULL && strcmp(n->overload->s, "prim_Device") == 0;
	const struct op *row = device && n->nin > 2 && !mv_absent(script_value(r, n->in[2])) ?
	    op_oldest(DIALECT_ATEN, "aten", "to") : NULL;

	for (; row != NULL && strcmp(row->name, "to") == 0; row++)
		if (strcmp(row->overload, "device") == 0)
			return row;
	return n->op;
}

/* The code leaves defaults at the end out; torch.jit.load puts them back. */
static void
arguments(struct run *r, const struct node *n, const char *lookup)
{
	const struct op *row = n->op;
	struct conv *c = &r->c;
	struct sig sig;
	uint32_t i;

	if (row != NULL && strcmp(lookup, "to") == 0)
		row = row_of_to(r, n);
	c->kw = NULL;
	c->nkw = 0;
	if (row == NULL || !sig_parse(row, &sig) || n->nin > sig.nin ||
	    strcmp(n->domain->s, "prim") == 0) {
		c->in = arena_array(c->a, n->nin + 1, sizeof *c->in);
		c->nin = n->nin;
		for (i = 0; i < n->nin; i++)
			c->in[i] = plain(r, operand_of(r, n, i), lookup);
		return;
	}
	c->in = arena_array(c->a, sig.nin + 1, sizeof *c->in);
	c->nin = sig.nin;
	for (uint32_t k = 0; k < sig.nin; k++)
		c->in[k] = find_operand(n, &sig.in[k], k, &i) ?
		    plain(r, operand_of(r, n, i), lookup) : support_default(c, &sig, &sig.in[k]);
}

/* The first from number i on that has no value yet, or n. */
static uint32_t
first_unbound(struct run *r, struct value *const *outputs, uint32_t i, uint32_t n)
{
	while (i < n && (outputs[i]->flags & VALUE_LITERAL || r->c.env[outputs[i]->id] != NULL))
		i++;
	return i;
}

static void convert_node(struct run *, const struct node *);

/* Nodes of a graph or block, until what it gives exists: what stands behind is
 * looked at for the list, but nothing stops there. */
static void
convert_nodes(struct run *r, const struct graph *g, struct value *const *outputs, uint32_t n,
	bool all)
{
	bool was = r->complete;
	uint32_t bound = 0;
	uint32_t last = 0; /* appends in loops are outputs of the block, writes new outputs */

	for (uint32_t i = 0; i < g->nnodes; i++)
		if (script_writes(r, g->nodes[i], outputs, n))
			last = i;
	for (uint32_t i = 0; i < g->nnodes; i++) {
		convert_node(r, g->nodes[i]);
		if (all || r->complete || i < last)
			continue;
		bound = first_unbound(r, outputs, bound, n);
		r->complete = bound == n;
	}
	r->complete = was;
}

static void
convert_block(struct run *r, const struct graph *g)
{
	convert_nodes(r, g, g->outputs, g->noutputs, false);
}

static void
bind_unknown(struct run *r, const struct node *n)
{
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL)
			r->c.env[n->out[i]->id] = mv_new(&r->c, MV_UNKNOWN);
}

static bool
same_type(const struct mv *a, const struct mv *b)
{
	if (a->kind != MV_TENSOR || b->kind != MV_TENSOR)
		return true;
	if (a->dtype != DT_NONE && b->dtype != DT_NONE && a->dtype != b->dtype)
		return false;
	return mv_fit(a, b);
}

#define REFUSE(r, n, reason, ...) \
	support_block_node(r, n, support_op_name(r, n), reason, (r)->stage, __VA_ARGS__)

/* What a branch or a loop's body gives must be a value of the program. */
static bool
check_result(struct run *r, const struct node *n, const struct mv *v)
{
	if (v->kind == MV_NONE) {
		REFUSE(r, n, REASON_MISSING, "a branch gives None");
		return false;
	}
	if (v->kind == MV_LIST) {
		REFUSE(r, n, REASON_CONTROL, "a branch gives a tuple or list");
		return false;
	}
	return true;
}

/* Of the branch taken, when that is known already, its constants stay. */
static struct mv *
branched(struct run *r, const struct mv *pred, const struct mv *yes, const struct mv *no)
{
	struct mv *v = mv_copy(&r->c, yes);
	const struct mv *taken = NULL;
	double truth;

	if (pred->konst && mv_number(pred, &truth))
		taken = truth < 0 || truth > 0 ? yes : no;
	v->konst = taken != NULL && taken->konst;
	v->num = v->konst ? taken->num : NULL;
	v->nnum = v->num != NULL ? taken->nnum : 0;
	return v;
}

static void
convert_if(struct run *r, const struct node *n)
{
	struct mv *pred = operand_of(r, n, 0);
	const struct graph *yes = n->nregions > 0 ? n->regions[0] : NULL;
	const struct graph *no = n->nregions > 1 ? n->regions[1] : NULL;
	bool ok = true;

	if (pred->kind == MV_TEXT) {
		r->c.advice = support_freeze;
		REFUSE(r, n, REASON_CONTROL, "the condition is an attribute of a module, which "
		    "reaches the converter as its name");
	}
	if (yes != NULL)
		convert_block(r, yes);
	/* item 0 of what is no list is the whole of it to the converter */
	if (pred->kind == MV_TENSOR && pred->konst && pred->rank > 0 && pred->dims[0] > 1) {
		r->c.advice = "write x.size(0) for x.shape[0], whose item is the whole shape to "
		    "the converter; or trace the model";
		REFUSE(r, n, REASON_INTERNAL, "the condition is %lld values",
		    (long long)pred->dims[0]);
	}
	if (no != NULL)
		convert_block(r, no);
	for (uint32_t i = 0; i < n->nout && yes != NULL && no != NULL; i++) {
		struct mv *a = i < yes->noutputs ? script_value(r, yes->outputs[i]) : NULL;
		struct mv *b = i < no->noutputs ? script_value(r, no->outputs[i]) : NULL;

		if (a == NULL || b == NULL || !ok)
			break;
		ok = check_result(r, n, a) && check_result(r, n, b);
		if (ok && !same_type(a, b)) {
			REFUSE(r, n, REASON_CONTROL, "the branches give different types or shapes");
			ok = false;
		}
		r->c.env[n->out[i]->id] = ok && a->kind == MV_TENSOR ? branched(r, pred, a, b) :
		    mv_new(&r->c, MV_UNKNOWN);
	}
	if (pred->kind == MV_TENSOR && pred->dtype != DT_NONE && pred->dtype != DT_BOOL)
		REFUSE(r, n, REASON_DTYPE, "the condition is no truth value");
	for (uint32_t i = 0; i < n->nout; i++)
		if (r->c.env[n->out[i]->id] == NULL)
			r->c.env[n->out[i]->id] = mv_new(&r->c, MV_UNKNOWN);
}

/* What goes into a turn, and whether it is taken to stay as it is. */
struct carried { struct mv *v; bool fixed; };

static void
bind_turn(struct run *r, const struct graph *body, const struct carried *in)
{
	for (uint32_t i = 0; i < body->ninputs; i++) {
		struct mv *v = mv_copy(&r->c, in[i].v);

		if (!in[i].fixed) {
			v->konst = false;
			v->num = NULL;
			v->nnum = 0;
		}
		r->c.env[body->inputs[i]->id] = v;
	}
}

/* Is the value known to be the same after a turn? Input 0 counts the turns. */
static bool
same_after(struct run *r, const struct graph *body, uint32_t i, const struct mv *was)
{
	const struct mv *now = i < body->noutputs ? script_value(r, body->outputs[i]) : NULL;

	if (i == 0 || now == NULL || was->kind != MV_TENSOR || now->kind != MV_TENSOR ||
	    !was->konst || !now->konst || was->num == NULL || now->num == NULL ||
	    was->nnum != now->nnum)
		return false;
	for (uint32_t k = 0; k < was->nnum; k++)
		if (was->num[k] < now->num[k] || was->num[k] > now->num[k])
			return false;
	return true;
}

/* Is it known to be a value that is not that constant? */
static bool
changed_after(struct run *r, const struct graph *body, uint32_t i, const struct mv *was)
{
	const struct mv *now = i < body->noutputs ? script_value(r, body->outputs[i]) : NULL;

	return now != NULL && now->kind == MV_TENSOR &&
	    (!now->konst || (now->num != NULL && !same_after(r, body, i, was)));
}

/* The body is converted with the constants of the first turn, to see which stay; then
 * with those alone. */
static void
convert_body(struct run *r, const struct node *n, const struct graph *body, struct carried *in)
{
	struct conv *c = &r->c;
	struct support *s = c->s;
	uint32_t blockers = s->nblockers, all = c->nall, made = c->nmade;
	struct blocker *was = arena_array(c->a, blockers + 1, sizeof *was);
	struct mv *first = script_value(r, n->nin > 1 ? n->in[1] : NULL), *now;
	bool steady = first->kind == MV_TENSOR && first->konst;

	if (blockers > 0)
		memcpy(was, s->blockers, blockers * sizeof *was);
	if (r->loops < 3 && r->again < 4 * c->m->nnodes + 1000) { /* twice in each loop around it */
		r->again += body->nnodes;
		r->loops++;
		bind_turn(r, body, in);
		convert_block(r, body);
		r->loops--;
		for (uint32_t i = 0; i < body->ninputs; i++)
			in[i].fixed = in[i].fixed && same_after(r, body, i, in[i].v);
		now = body->noutputs > 0 ? script_value(r, body->outputs[0]) : NULL;
		/* numbers that were not followed are taken for the same */
		steady = steady && now != NULL && now->kind == MV_TENSOR && now->konst &&
		    (now->num == NULL || first->num == NULL ||
		    (now->num[0] >= first->num[0] && now->num[0] <= first->num[0]));
		if (s->nblockers > blockers)
			return;
		if (blockers > 0)
			memcpy(s->blockers, was, blockers * sizeof *was);
		c->nall = all;
		c->nmade = made;
	} else {
		steady = false;
	}
	bind_turn(r, body, in);
	convert_block(r, body);
	for (uint32_t i = 1; i < body->ninputs; i++)
		if (in[i].fixed && changed_after(r, body, i, in[i].v))
			REFUSE(r, n, REASON_CONTROL,
			    "a value is the same after one turn, but not always");
	now = body->noutputs > 0 ? script_value(r, body->outputs[0]) : NULL;
	if (steady && now != NULL && now->kind == MV_TENSOR && !now->konst)
		REFUSE(r, n, REASON_CONTROL,
		    "the condition is the same after one turn, but not always");
}

static void
convert_loop(struct run *r, const struct node *n)
{
	const struct graph *body = n->nregions > 0 ? n->regions[0] : NULL;
	struct conv *c = &r->c;
	struct carried *in;

	if (body == NULL) {
		bind_unknown(r, n);
		return;
	}
	if (n->nin > 0 && operand_of(r, n, 0)->kind == MV_TEXT) {
		c->advice = support_freeze;
		REFUSE(r, n, REASON_DTYPE, "the number of turns is an attribute of a module, which "
		    "reaches the converter as its name");
	}
	in = arena_array(c->a, body->ninputs + 1, sizeof *in);
	for (uint32_t i = 0; i < body->ninputs; i++) {
		struct mv *v = i == 0 ? mv_i(c, 0) :
		    i + 1 < n->nin ? script_value(r, n->in[i + 1]) : mv_new(c, MV_UNKNOWN);

		if (v->kind == MV_LIST || v->kind == MV_NONE)
			REFUSE(r, n, v->kind == MV_LIST ? REASON_CONTROL : REASON_MISSING,
			    "a loop carries %s", v->kind == MV_LIST ? "a list" : "None");
		in[i] = (struct carried){ v, v->kind == MV_TENSOR && v->konst };
	}
	convert_body(r, n, body, in);
	for (uint32_t i = 0; i < n->nout; i++) {
		struct mv *now =
		    i + 1 < body->noutputs ? script_value(r, body->outputs[i + 1]) : NULL;
		struct mv *was = i + 2 < n->nin ? script_value(r, n->in[i + 2]) : NULL;

		if (now != NULL && was != NULL && !same_type(now, was) &&
		    (now->rank != was->rank || now->dtype != was->dtype))
			REFUSE(r, n, REASON_CONTROL,
			    "a value changes its type from one turn to the next");
		c->env[n->out[i]->id] = was != NULL && was->kind == MV_TENSOR ? mv_copy(c, was) :
		    mv_new(c, MV_UNKNOWN);
		c->env[n->out[i]->id]->konst = false;
		c->env[n->out[i]->id]->num = NULL;
	}
}

static void
bind_results(struct run *r, const struct node *n, struct mv **out)
{
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL && out[i] != NULL)
			r->c.env[n->out[i]->id] = out[i];
}

/* append makes a new list; its first operand means that list from then on. */
static void
after_append(struct run *r, const struct node *n)
{
	if (n->nin > 0 && n->in[0] != NULL && !(n->in[0]->flags & VALUE_LITERAL) && n->nout > 0 &&
	    n->out[0] != NULL)
		r->c.env[n->in[0]->id] = r->c.env[n->out[0]->id];
}

/* Code that runs beside is put in its place; waiting for it does nothing. */
static bool
convert_fork(struct run *r, const struct node *n, const char *op)
{
	const struct graph *g = n->nregions > 0 ? n->regions[0] : n->callee;
	bool fork = strcmp(op, "prim::fork") == 0;

	if (n->nout != 1 || n->out[0] == NULL ||
	    (strcmp(op, "aten::wait") != 0 && !(fork && g != NULL && g->noutputs == 1)))
		return false;
	if (!fork) {
		r->c.env[n->out[0]->id] = script_value(r, n->nin > 0 ? n->in[0] : NULL);
		return true;
	}
	for (uint32_t i = 0; i < g->ninputs && i < n->nin; i++)
		r->c.env[g->inputs[i]->id] = script_value(r, n->in[i]);
	convert_nodes(r, g, g->outputs, g->noutputs, true);
	r->c.env[n->out[0]->id] = script_value(r, g->outputs[0]);
	return true;
}

/* chunk into a fixed number of parts that are unpacked at once is made one operator. */
static const struct node *
unpacked_by(struct run *r, const struct node *n)
{
	uint32_t from, to;
	const struct node *user;

	if (n->nout != 1 || n->out[0] == NULL)
		return NULL;
	from = r->uses->start[n->out[0]->id];
	to = r->uses->start[n->out[0]->id + 1];
	user = to == from + 1 ? r->uses->list[from].node : NULL;
	return user != NULL && strcmp(user->type->s, "ListUnpack") == 0 ? user : NULL;
}

static bool
is_split(struct run *r, const struct node *n, const char *op)
{
	const struct node *user = strcmp(op, "aten::chunk") == 0 ? unpacked_by(r, n) : NULL;

	return user != NULL && r->c.nin == 3 && mv_is(r->c.in[1], user->nout) &&
	    mv_int(r->c.in[2], &(int64_t){ 0 });
}

static void
convert_split(struct run *r, const struct node *n)
{
	struct conv *c = &r->c;

	c->nout = unpacked_by(r, n)->nout;
	c->out = arena_array(c->a, c->nout, sizeof *c->out);
	c->args = c->in;
	c->nin = 1;
	support_call(r, n, "prim::ConstantChunk", "constantchunk");
	c->args = NULL;
	c->env[n->out[0]->id] = mv_list(c, c->out, c->nout);
	c->env[n->out[0]->id]->unsure = c->nout > 0 && c->out[0]->unsure;
}

static void
convert_node(struct run *r, const struct node *n)
{
	const char *op = support_op_name(r, n), *lookup = support_lookup(r->c.a, op, true);
	struct conv *c = &r->c;
	struct mv **out = arena_array(c->a, n->nout + 1, sizeof *out);

	ctx_step(c->a->ctx);
	if (strcmp(n->type->s, "GetAttr") == 0 && strcmp(n->domain->s, "prim") == 0)
		return; /* taken out of the graph: its value is a bare name */
	if (strcmp(lookup, "if") == 0 || strcmp(lookup, "loop") == 0) {
		if (*lookup == 'i')
			convert_if(r, n);
		else
			convert_loop(r, n);
		return;
	}
	if (script_assign(r, n) || convert_fork(r, n, op))
		return;
	arguments(r, n, lookup);
	if (is_split(r, n, op)) {
		convert_split(r, n);
		return;
	}
	c->out = out;
	c->nout = n->nout > 0 ? n->nout : 1;
	support_call(r, n, op, lookup);
	bind_results(r, n, out);
	if (strcmp(lookup, "append") == 0)
		after_append(r, n);
}

/* Tuples and lists that are given back are taken apart. */
static void
flatten(struct run *r, struct value *v, struct value ***list, uint32_t *n)
{
	const struct node *p = v->producer;
	bool built = p != NULL && strcmp(p->domain->s, "prim") == 0 && p->out[0] == v &&
	    (strcmp(p->type->s, "TupleConstruct") == 0 || strcmp(p->type->s, "ListConstruct") == 0);

	for (uint32_t i = 0; built && i < p->nin; i++)
		if (p->in[i] != NULL)
			flatten(r, p->in[i], list, n);
	if (built)
		return;
	*list = arena_grow(r->c.a, *list, *n, sizeof **list);
	(*list)[(*n)++] = v;
}

static void
collect_outputs(struct run *r, struct value *const *list, uint32_t n)
{
	r->outputs = arena_array(r->c.a, n + 1, sizeof *r->outputs);
	for (uint32_t i = 0; i < n; i++) {
		struct mv *v;

		/* what nobody else reads is bound by now only when it is an output */
		if (list[i]->constant != NULL && r->c.env[list[i]->id] == NULL &&
		    !script_is_object(list[i]) && script_is_written(r, list[i]))
			script_bind_constant(r, list[i]);
		v = list[i]->flags & VALUE_LITERAL ? literal_of(r, list[i]) :
		    r->c.env[list[i]->id];
		if (list[i]->constant != NULL && list[i]->producer == NULL &&
		    !(list[i]->flags & VALUE_LITERAL) && !script_is_written(r, list[i])) {
			r->c.advice = "return a copy of it: self.b + 0, or self.b.clone()";
			cv_block(&r->c, REASON_CONTROL, "load",
			    "output %s is a buffer or parameter as it is", list[i]->name->s);
			continue;
		}
		if (v == NULL) {
			cv_block(&r->c, REASON_MISSING, "frontend",
			    "output %s is bound to no value", list[i]->name->s);
			continue;
		}
		if (v->name == NULL)
			v->name = list[i]->name->s;
		r->outputs[r->noutputs++] = v;
	}
}

void
support_script(struct run *r)
{
	const struct graph *g = r->c.m->main;
	struct value **outputs = NULL;
	uint32_t n = 0;
	struct uses uses;

	uses_build(&uses, r->c.a, r->c.m);
	if (r->c.o->frozen)
		r->frozen = arena_array(r->c.a, r->c.m->nvalues + 1, sizeof *r->frozen);
	r->uses = &uses;
	for (uint32_t i = 0; i < g->noutputs; i++)
		flatten(r, g->outputs[i], &outputs, &n);
	script_bind_inputs(r);
	r->stage = "load";
	script_check_code(r);
	script_plan(r);
	script_bind_states(r);
	script_bind_constants(r);
	r->stage = "frontend";
	convert_nodes(r, g, outputs, n, r->c.has_states);
	collect_outputs(r, outputs, n);
	script_check_states(r);
	script_lost(r);
}
