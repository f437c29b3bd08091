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
		const char *name = g->inputs[i]->name->s;

		if (is_shaped(g->inputs[i]->type) || n++ >= SHOWN)
			continue;
		sink_printf(&names, "%s%s", n > 1 ? ", " : "", name);
		sink_printf(&give, " --input=%s:f32[...]", name);
	}
	if (n > SHOWN)
		sink_printf(&names, " and %u more", (unsigned)(n - SHOWN));
	if (n > 0)
		r->c.s->note = arena_printf(r->c.a, "Input%s %.*s ha%s no shape; ct.convert needs "
		    "%s: give%.*s%s. What follows takes for granted that %s given.", plural(n),
		    (int)names.n, names.buf, n == 1 ? "s" : "ve", n == 1 ? "it" : "them",
		    (int)give.n, give.buf, n > SHOWN ? " ..." : "",
		    n == 1 ? "it is" : "they are");
	sink_fini(&names);
	sink_fini(&give);
}

void
script_bind_inputs(struct run *r)
{
	const struct graph *g = r->c.m->main;

	r->placed = arena_array(r->c.a, g->ninputs + 1, sizeof *r->placed);
	if (!r->given_any && !r->c.o->no_inputs)
		ask_shapes(r);
	if (r->given_any && r->ngiven != g->ninputs)
		cv_block(&r->c, REASON_INPUT_SPEC, "load", "%u inputs are given, the model has %u",
		    r->ngiven, g->ninputs);
	for (uint32_t i = 0; i < g->ninputs; i++) {
		const struct type *t = g->inputs[i]->type;
		struct mv *v;

		if (r->given_any && i < r->ngiven) {
			v = support_placeholder(r, &r->given[i]);
			support_scalar_input(r, &r->given[i]);
			v->dtype = v->dtype == DT_F16 ? DT_F32 : v->dtype;
			v->from = NULL;
		} else if (is_shaped(t)) {
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

	for (uint32_t i = 0; i < r->nstates; i++) {
		const struct given_input *s = &r->states[i];
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
static void
bind_constant(struct run *r, const struct value *v)
{
	bool written = r->c.o->frozen || strncmp(v->name->s, "CONSTANTS.", 10) == 0;
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
			bind_constant(r, v);
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
