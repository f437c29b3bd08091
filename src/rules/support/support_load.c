/* SPDX-License-Identifier: Apache-2.0 */
/* What TorchScript's front end has before the first operator: the method forward,
 * inputs, states and constants; and its look at states after the last. */
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "ir/tensor.h"
#include "rules/support/support_script.h"

bool
script_is_object(const struct value *v)
{
	return v->constant == NULL || v->constant->items != NULL;
}

static bool
is_shaped(const struct type *t)
{
	return t != NULL && t->tag == TY_TENSOR && t->has_rank && t->rank <= MV_DIMS;
}

/* Is it an operand that holds places, or in a list of these? */
static bool
is_index(const struct run *r, const struct value *v, unsigned depth)
{
	const struct uses *u = r->uses;

	for (uint32_t i = u->start[v->id]; i < u->start[v->id + 1]; i++) {
		const struct node *n = u->list[i].node;
		const struct str *name = u->list[i].slot < n->nnamed ?
		    n->in_name[u->list[i].slot] : NULL;

		if (name != NULL && (strcmp(name->s, "index") == 0 ||
		    strcmp(name->s, "indices") == 0))
			return true;
		if (strcmp(n->type->s, "ListConstruct") == 0 && n->nout == 1 && depth < 2 &&
		    is_index(r, n->out[0], depth + 1))
			return true;
	}
	return false;
}

/* " --input=x:f32[...]" as ct.convert takes it; " --input=p_0:... --input=p_1:..." of a
 * tuple, which it wants in parts. Dictionaries are none of its inputs. */
static void
put_advice(const struct run *r, struct sink *out, const struct value *v)
{
	const struct type *t = v->type;
	const char *name = v->name->s, *dtype = "f32", *dims = "...";

	t = t != NULL && t->tag == TY_OPT ? t->elem : t;
	if (t != NULL && t->tag == TY_TENSOR && t->has_rank && t->rank == 0) {
		dtype = dt_int(t->dtype) ? "i32" : t->dtype == DT_BOOL ? "bool" : "f32";
		dims = "1";
	} else if (t != NULL && t->tag == TY_SCALAR) {
		dtype = t->dtype == DT_I64 ? "i32" : t->dtype == DT_BOOL ? "bool" : "f32";
		dims = "1";
	} else if (t != NULL && (t->tag == TY_TENSOR ? dt_int(t->dtype) : false)) {
		dtype = "i32";
	} else if (is_index(r, v, 0)) {
		dtype = "i32";
	}
	if (t != NULL && t->tag == TY_TUPLE)
		for (uint32_t i = 0; i < t->nitems && i < 3; i++)
			sink_printf(out, " --input=%s_%u:f32[...]", name, i);
	else if (t != NULL && t->tag == TY_LIST)
		sink_printf(out, " --input=%s_0:f32[...] --input=%s_1:f32[...]", name, name);
	else if (t == NULL || (t->tag != TY_DICT && t->tag != TY_MAP))
		sink_printf(out, " --input=%s:%s[%s]", name, dtype, dims);
}

static bool
is_dictionary(const struct type *t)
{
	t = t != NULL && t->tag == TY_OPT ? t->elem : t;
	return t != NULL && (t->tag == TY_DICT || t->tag == TY_MAP);
}

/* What is said of inputs that no option can describe. */
static const char *
untakeable(struct run *r)
{
	const struct graph *g = r->c.m->main;

	for (uint32_t i = 0; i < g->ninputs; i++)
		if (is_dictionary(g->inputs[i]->type))
			return arena_printf(r->c.a, " Input %s is a dictionary, which ct.convert "
			    "does not take: take its tensors as arguments.", g->inputs[i]->name->s);
	return "";
}

/* ct.convert refuses TorchScript without inputs: the first ones that have no shape. */
static void
ask_shapes(struct run *r)
{
	enum { SHOWN = 4 };
	const struct graph *g = r->c.m->main;
	uint32_t n = 0;
	struct sink names, give;

	sink_init(&names, -1);
	sink_init(&give, -1);
	for (uint32_t i = 0; i < g->ninputs; i++) {
		if (is_shaped(g->inputs[i]->type) || n++ >= SHOWN)
			continue;
		sink_printf(&names, "%s%s", n > 1 ? ", " : "", g->inputs[i]->name->s);
		put_advice(r, &give, g->inputs[i]);
	}
	if (n > SHOWN)
		sink_printf(&names, " and %u more", (unsigned)(n - SHOWN));
	if (n > 0)
		r->c.s->note = arena_printf(r->c.a, "Input%s %.*s ha%s no shape; ct.convert needs "
		    "%s: give%.*s%s.%s What follows takes for granted that %s given.", plural(n),
		    (int)names.n, names.buf, n == 1 ? "s" : "ve", n == 1 ? "it" : "them",
		    (int)give.n, give.n > 0 ? give.buf : "", n > SHOWN ? " ..." : "", untakeable(r),
		    n == 1 ? "it is" : "they are");
	sink_fini(&names);
	sink_fini(&give);
}

/* Of the types given, those that are parts of a tuple or list: called NAME_0, NAME_1. */
static uint32_t
parts_of(const struct run *r, const struct value *v, uint32_t at)
{
	const struct type *t = v->type;
	size_t len = v->name->len;
	uint32_t n = 0;

	if (t == NULL || (t->tag != TY_TUPLE && t->tag != TY_LIST))
		return 0;
	while (at + n < r->ngiven && r->given[at + n].name != NULL &&
	    strncmp(r->given[at + n].name, v->name->s, len) == 0 &&
	    r->given[at + n].name[len] == '_')
		n++;
	return n;
}

/* The parts are inputs of their own, and the tuple is made of them. */
static struct mv *
put_together(struct run *r, uint32_t at, uint32_t n)
{
	struct mv **parts = arena_array(r->c.a, n, sizeof *parts);

	for (uint32_t i = 0; i < n; i++) {
		parts[i] = support_placeholder(r, &r->given[at + i]);
		support_scalar_input(r, r->given[at + i].rank, r->given[at + i].name);
		parts[i]->dtype = parts[i]->dtype == DT_F16 ? DT_F32 : parts[i]->dtype;
		parts[i]->from = NULL;
	}
	return mv_list(&r->c, parts, n);
}

/* "y, z": inputs that no type is given for, when they have names. */
static void
report_number(struct run *r, uint32_t wanted)
{
	const struct graph *g = r->c.m->main;
	struct sink names;
	uint32_t n = 0;

	sink_init(&names, -1);
	for (uint32_t i = 0; i < g->ninputs; i++) {
		bool found = false;

		for (uint32_t k = 0; k < r->ngiven; k++)
			found |= r->given[k].name == NULL ||
			    strcmp(r->given[k].name, g->inputs[i]->name->s) == 0;
		if (!found && n++ < 4)
			sink_printf(&names, "%s%s", n > 1 ? ", " : "; without a type: ",
			    g->inputs[i]->name->s);
	}
	cv_block(&r->c, REASON_INPUT_SPEC, "load", "%u inputs are given, the model has %u%.*s",
	    r->ngiven, wanted, (int)names.n, names.n > 0 ? names.buf : "");
	sink_fini(&names);
}

void
script_bind_inputs(struct run *r)
{
	const struct graph *g = r->c.m->main;
	uint32_t wanted = 0, at = 0, parts;

	r->placed = arena_array(r->c.a, g->ninputs + 1, sizeof *r->placed);
	if (!r->given_any && !r->c.o->no_inputs)
		ask_shapes(r);
	for (uint32_t i = 0; i < g->ninputs; i++) {
		parts = parts_of(r, g->inputs[i], wanted);
		wanted += parts > 0 ? parts : 1;
	}
	if (r->given_any && r->ngiven != wanted)
		report_number(r, wanted);
	for (uint32_t i = 0; i < g->ninputs; i++) {
		const struct type *t = g->inputs[i]->type;
		struct mv *v;

		parts = r->given_any ? parts_of(r, g->inputs[i], at) : 0;
		if (parts > 0) {
			v = put_together(r, at, parts);
			r->c.env[g->inputs[i]->id] = r->placed[i] = v;
			at += parts;
			continue;
		}
		if (r->given_any && at < r->ngiven) {
			v = support_placeholder(r, &r->given[at]);
			support_scalar_input(r, r->given[at].rank, r->given[at].name);
			at++;
			v->dtype = v->dtype == DT_F16 ? DT_F32 : v->dtype;
			v->from = NULL;
		} else if (is_shaped(t)) {
			support_scalar_input(r, (int)t->rank, g->inputs[i]->name->s);
			v = mv_tensor(
			    &r->c, dt_mil(t->dtype), (int)t->rank, (int64_t[MV_DIMS]){ 0 });
			for (uint32_t k = 0; k < t->rank; k++)
				v->dims[k] = t->dims[k]->kind == DIM_CONST ? t->dims[k]->lo :
				    DIM_SYMBOLIC;
		} else {
			v = mv_tensor(&r->c, DT_NONE, -1, NULL);
			r->blind = true;
		}
		v->is_input = true;
		if (v->name == NULL)
			v->name = g->inputs[i]->name->s;
		r->c.env[g->inputs[i]->id] = v;
		r->placed[i] = v;
	}
}

static const struct role *
buffer_named(const struct graph *g, const char *name)
{
	for (uint32_t i = 0; i < g->nroles && name != NULL; i++)
		if (g->roles[i].kind == ROLE_BUFFER && g->roles[i].target != NULL &&
		    strcmp(g->roles[i].target->s, name) == 0)
			return &g->roles[i];
	return NULL;
}

void
script_bind_states(struct run *r)
{
	const struct graph *g = r->c.m->main;

	r->is_state = arena_array(r->c.a, r->c.m->nvalues + 1, sizeof *r->is_state);
	for (uint32_t i = 0; i < r->nstates; i++) {
		struct given_input right = r->states[i], *s = &right;
		const struct role *role = buffer_named(g, s->name);
		const struct type *t =
		    role != NULL && role->value != NULL ? role->value->type : NULL;
		bool fits = t != NULL && t->has_rank && (int)t->rank == s->rank;

		if (role == NULL) {
			cv_block(&r->c, REASON_STATE, "load", "no buffer is named %s",
			    s->name != NULL ? s->name : "");
			continue;
		}
		for (int k = 0; k < s->rank && fits; k++)
			fits = s->dims[k] < 0 || t->dims[k]->kind != DIM_CONST ||
			    t->dims[k]->lo == s->dims[k];
		if (t != NULL && !fits)
			cv_block(&r->c, REASON_STATE, "load",
			    "state %s has another shape than its buffer", s->name);
		if (t != NULL && !fits && is_shaped(t)) {
			/* what follows is judged as if it were right */
			s->rank = (int)t->rank;
			for (int k = 0; k < s->rank; k++)
				s->dims[k] = t->dims[k]->kind == DIM_CONST ? t->dims[k]->lo :
				    DIM_SYMBOLIC;
		}
		r->is_state[role->value->id] = true;
		support_state_begins(r, role->value, s->name);
		r->c.env[role->value->id] = mv_new(&r->c, MV_STATE);
		r->c.env[role->value->id]->rank = s->rank;
		memcpy(r->c.env[role->value->id]->dims, s->dims, sizeof s->dims);
	}
	r->c.has_states = r->nstates > 0;
	if (r->nstates > 0 && r->target < 18)
		cv_block(&r->c, REASON_STATE, "load", "states need iOS18");
}

static bool
is_quantized(const struct value *v)
{
	return v->constant != NULL && v->constant->quant != NULL;
}

/* Parameters and buffers are taken as they are, or dequantised; tensors that stand in
 * the code become constants by way of numpy. */
bool
script_is_written(const struct run *r, const struct value *v)
{
	return r->c.o->frozen || strncmp(v->name->s, "CONSTANTS.", 10) == 0;
}

void
script_bind_constant(struct run *r, const struct value *v)
{
	bool written = script_is_written(r, v);
	const struct type *t = v->type;
	int64_t dims[MV_DIMS];
	enum dtype dt;

	if (script_is_object(v) && written) {
		r->c.advice = "convert the module as it was before torch.jit.freeze";
		support_block_node(r, r->uses->list[r->uses->start[v->id]].node, "prim::Constant",
		    REASON_DTYPE, "frontend", "an object, such as packed weights, is a constant "
		    "of the code, and MIL cannot hold it");
	}
	if (t == NULL || t->tag != TY_TENSOR || !t->has_rank || t->rank > MV_DIMS) {
		r->c.env[v->id] = mv_new(&r->c, script_is_object(v) ? MV_OBJECT : MV_UNKNOWN);
		return;
	}
	for (uint32_t k = 0; k < t->rank; k++)
		dims[k] = t->dims[k]->kind == DIM_CONST ? t->dims[k]->lo : DIM_ANY;
	dt = t->dtype == DT_U8 && !written ? DT_I32 : dt_mil(t->dtype);
	if (is_quantized(v) && written)
		support_block_node(r, NULL, "prim::Constant", REASON_DTYPE, "frontend",
		    "constant %s is quantised, which numpy does not have", v->name->s);
	if (is_quantized(v))
		dt = DT_F32;
	r->c.env[v->id] = mv_const(&r->c, dt, (int)t->rank, dims, NULL);
	mv_read(&r->c, r->c.env[v->id], v->constant);
	if (dt == DT_BF16)
		support_block_node(r, NULL, written ? "prim::Constant" : "", REASON_DTYPE,
		    "frontend", "weight %s is bfloat16, which numpy does not have", v->name->s);
}

/* Complex numbers of Python, not tensors: the loader asks for a field that torch's
 * nodes do not have. Archives store them as c128 without dims. */
static bool
is_complex_number(const struct value *v)
{
	const struct tensor *t = v->constant;

	return t != NULL && t->dtype == DT_C128 &&
	    (v->flags & VALUE_LITERAL || (v->type != NULL && v->type->has_rank &&
	    v->type->rank == 0));
}

static void
check_complex(struct run *r)
{
	const struct graph *g = r->c.m->main;
	bool found = false;

	for (uint32_t i = 0; i < g->nliterals; i++)
		found |= is_complex_number(g->literals[i]);
	for (uint32_t i = 0; i < g->ninitializers; i++)
		found |= is_complex_number(g->initializers[i]);
	if (found)
		cv_block(&r->c, REASON_INTERNAL, "load",
		    "a complex number is written in the code; the loader has no such case");
}

void
script_bind_constants(struct run *r)
{
	const struct uses *u = r->uses;
	const struct graph *g = r->c.m->main;

	for (uint32_t i = 0; i < g->ninitializers; i++) {
		const struct value *v = g->initializers[i];

		if (r->c.env[v->id] == NULL && u->start[v->id + 1] > u->start[v->id])
			script_bind_constant(r, v);
	}
}

void
script_check_states(struct run *r)
{
	const struct graph *g = r->c.m->main;

	for (uint32_t i = 0; i < r->nstates; i++) {
		const struct role *role = buffer_named(g, r->states[i].name);

		if (role != NULL && role->value != NULL && r->c.env[role->value->id] != NULL &&
		    r->c.env[role->value->id]->kind == MV_STATE && !r->c.env[role->value->id]->live)
			cv_block(&r->c, REASON_DTYPE, "pass:handle_unused_inputs",
			    "state %s is never read", r->states[i].name);
	}
}

/* ct.convert asks the loaded module for its forward, and for no other method. */
static void
check_forward(struct run *r)
{
	const struct str *name = r->c.m->main->name;

	if (name != NULL && strcmp(name->s, "forward") == 0)
		return;
	r->c.advice = "give the module a forward that does the work, and trace or script it again";
	cv_block(&r->c, REASON_LOAD, "load", "the code has no method forward");
}

void
script_check_code(struct run *r)
{
	check_forward(r);
	check_complex(r);
}
