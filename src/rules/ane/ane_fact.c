/* SPDX-License-Identifier: Apache-2.0 */
/* What rules about the Neural Engine can ask beside the built-in facts. */
#include <string.h>

#include "infer/infer.h"
#include "ir/tensor.h"
#include "ops/op.h"
#include "rules/ane/ane_state.h"
#include "rules/rule_state.h"

#define FACT(name) static void name(struct rule_env *env, const struct rule_list *args, \
	uint32_t nargs, struct rule_list *out)
#define NO_ARGS (void)args, (void)nargs

/* Has a program whose inputs are fixed a size in it that is not? Elsewhere sizes
 * that are not known may be lost knowledge only. */
static enum rule_truth
is_dynamic(struct rule_env *env, const struct value *v)
{
	const struct type *t = v == NULL ? NULL : rule_type_of(env, v);
	enum rule_truth worst = RULE_FALSE;

	for (uint32_t i = 0; t != NULL && i < t->rank; i++)
		if (t->dims[i]->kind == DIM_UNKNOWN || t->dims[i]->kind == DIM_ANON)
			worst = RULE_UNKNOWN;
	return worst;
}

FACT(dynamic_inside)
{
	enum rule_truth worst = RULE_FALSE, t;
	bool fixed = env->m->dialect == DIALECT_MIL;

	NO_ARGS;
	for (uint32_t i = 0; fixed && env->m->main != NULL && i < env->m->main->ninputs; i++)
		fixed = is_dynamic(env, env->m->main->inputs[i]) == RULE_FALSE;
	for (uint32_t i = 0; i < env->n->nout; i++) {
		t = is_dynamic(env, env->n->out[i]);
		worst = t == RULE_UNKNOWN && fixed ? RULE_TRUE : t > worst ? t : worst;
	}
	rule_give_bool(env, out, worst);
}

FACT(has_weights)
{
	bool any = false;

	NO_ARGS;
	for (uint32_t i = 0; i < env->n->nin; i++) {
		const struct value *v = env->n->in[i];

		any |= v != NULL && v->constant != NULL && v->constant->numel > 256;
	}
	rule_give_bool(env, out, any ? RULE_TRUE : RULE_FALSE);
}

/* Is anything padded but the last two axes? pad lists before and after of each of
 * the last axes in programs, in PyTorch from the last axis on; ONNX has all befores
 * first. */
FACT(pad_before_hw)
{
	struct rule_param p;
	struct rule_list l;
	enum rule_truth t = RULE_FALSE;

	NO_ARGS;
	if (!rule_param(env, "pad", &p)) {
		rule_give_bool(env, out, RULE_FALSE);
		return;
	}
	rule_param_list(env, &p, RULE_NUM, &l);
	if (l.more)
		t = RULE_UNKNOWN;
	for (uint32_t i = 0; i < l.n && t != RULE_TRUE; i++) {
		uint32_t axes = l.n / 2;
		uint32_t axis = env->m->dialect == DIALECT_ONNX ? i % (axes > 0 ? axes : 1) : i / 2;
		bool before = env->m->dialect == DIALECT_ATEN ? axis >= 2 : axis + 2 < axes;

		if (before && l.num[i].hi > 0)
			t = l.num[i].lo > 0 ? RULE_TRUE : RULE_UNKNOWN;
	}
	rule_give_bool(env, out, t);
}

static bool
is_state_op(const char *op)
{
	return strcmp(op, "read_state") == 0 || strcmp(op, "write_state") == 0 ||
	    strcmp(op, "coreml_update_state") == 0;
}

/* Between a read and a write of a state. */
FACT(state_chain)
{
	const struct node *n = env->n;
	bool read = false, written = false;

	NO_ARGS;
	for (uint32_t i = 0; i < n->nin; i++)
		read |= n->in[i] != NULL && n->in[i]->producer != NULL &&
		    is_state_op(n->in[i]->producer->type->s);
	for (uint32_t i = 0; i < n->nout && env->uses != NULL; i++)
		for (uint32_t k = env->uses->start[n->out[i]->id];
		    k < env->uses->start[n->out[i]->id + 1]; k++)
			written |= is_state_op(env->uses->list[k].node->type->s);
	rule_give_bool(env, out, read && written ? RULE_TRUE : RULE_FALSE);
}

/* Are the parameters that say a shape numbers before the model runs? */
FACT(static_params)
{
	static const char *const names[] = { "shape", "size", "start", "end", "step", NULL };
	enum rule_truth t = RULE_TRUE;

	NO_ARGS;
	for (int i = 0; names[i] != NULL; i++) {
		struct rule_param p;
		struct rule_list l;

		/* a view that does not know a name has no such parameter here */
		if (!rule_param(env, names[i], &p) || p.unknown)
			continue;
		for (uint32_t k = 0; k < p.nvalues; k++) {
			const struct dim *const *d = NULL;
			uint32_t n = 0;

			if (rule_is_const(env, p.values[k]))
				continue;
			if (env->any_size != NULL)
				d = infer_ints(env->any_size, p.values[k], &n);
			l.n = 0;
			for (uint32_t j = 0; d != NULL && j < n; j++)
				l.n += d[j]->kind != DIM_CONST;
			if (d == NULL || l.n > 0)
				t = RULE_FALSE;
		}
	}
	rule_give_bool(env, out, t);
}

/* Size of the blocks that are moved between space and depth. */
FACT(block)
{
	static const char *const names[] = { "block_size", "upscale_factor", "downscale_factor",
	    NULL };
	struct rule_param p;

	NO_ARGS;
	for (int i = 0; names[i] != NULL; i++)
		if (rule_param(env, names[i], &p) && !p.unknown) {
			rule_param_list(env, &p, RULE_NUM, out);
			return;
		}
	rule_give_unknown(out);
}

/* ---- patterns ---- */

/* Is the node, or one of the ops that it becomes, of these? */
static bool
is_op(struct rule_env *env, const struct node *n, const struct rule_list *words)
{
	const struct becomes *row;
	const char *ops = n->type->s;

	if (env->m->dialect != DIALECT_MIL) {
		row = become_find(env, n);
		ops = row != NULL ? row->ops : "";
	}
	for (uint32_t i = 0; i < words->n; i++) {
		size_t len = strlen(words->word[i]);

		for (const char *p = ops; *p != '\0'; p += strcspn(p, " "), p += *p == ' ')
			if (strncmp(p, words->word[i], len) == 0 && strchr(" ", p[len]) != NULL)
				return true;
	}
	return false;
}

/* Nodes looked at for one question, so that a value with many readers costs little. */
enum { PATH_MAX_NODES = 256 };

/* Ops of these kinds follow each other from an output of n on. */
static bool
leads_on(struct rule_env *env, const struct node *n, const struct rule_list *steps, uint32_t left,
	uint32_t *budget)
{
	if (left == 0)
		return true;
	for (uint32_t i = 0; i < n->nout; i++) {
		const struct value *v = n->out[i];

		for (uint32_t k = v == NULL ? 0 : env->uses->start[v->id];
		    v != NULL && k < env->uses->start[v->id + 1]; k++) {
			const struct node *next = env->uses->list[k].node;

			if (*budget == 0)
				return false;
			--*budget;
			if (is_op(env, next, steps) &&
			    leads_on(env, next, steps + 1, left - 1, budget))
				return true;
		}
	}
	return false;
}

/* The same backwards: the nearest first. */
static bool
comes_from(struct rule_env *env, const struct node *n, const struct rule_list *steps,
	uint32_t left, uint32_t *budget)
{
	if (left == 0)
		return true;
	for (uint32_t i = 0; i < n->nin; i++) {
		const struct node *made = n->in[i] == NULL ? NULL : n->in[i]->producer;

		if (made == NULL || *budget == 0)
			continue;
		--*budget;
		if (is_op(env, made, steps) && comes_from(env, made, steps + 1, left - 1, budget))
			return true;
	}
	return false;
}

FACT(leads)
{
	uint32_t budget = PATH_MAX_NODES;

	if (env->uses == NULL)
		rule_give_bool(env, out, RULE_UNKNOWN);
	else
		rule_give_bool(env, out, leads_on(env, env->n, args, nargs, &budget) ? RULE_TRUE :
		    RULE_FALSE);
}

FACT(after)
{
	uint32_t budget = PATH_MAX_NODES;

	rule_give_bool(env, out, comes_from(env, env->n, args, nargs, &budget) ? RULE_TRUE :
	    RULE_FALSE);
}

/* x times x. */
FACT(squares)
{
	const struct node *n = env->n;

	NO_ARGS;
	rule_give_bool(env, out, n->nin >= 2 && n->in[0] != NULL && n->in[0] == n->in[1] ?
	    RULE_TRUE : RULE_FALSE);
}

/* An operand is unpacked from blocks along its second axis: its scale has several
 * numbers there, and fewer than one each. */
FACT(blockwise)
{
	const struct node *n = env->n;
	enum rule_truth t = RULE_FALSE;

	NO_ARGS;
	for (uint32_t i = 0; i < n->nin; i++) {
		const struct node *made = n->in[i] == NULL ? NULL : n->in[i]->producer;
		const struct type *scale = NULL, *whole;
		struct rule_param p;

		if (made == NULL || strcmp(made->type->s, "constexpr_blockwise_shift_scale") != 0)
			continue;
		whole = rule_type_of(env, n->in[i]);
		env->n = made;
		if (rule_param(env, "scale", &p) && p.nvalues > 0)
			scale = rule_type_of(env, p.values[0]);
		env->n = n;
		if (scale == NULL || whole == NULL || scale->rank < 2 || whole->rank < 2)
			t = t == RULE_FALSE ? RULE_UNKNOWN : t;
		else if (scale->dims[1]->kind == DIM_CONST && scale->dims[1]->lo > 1 &&
		    scale->dims[1] != whole->dims[1])
			t = RULE_TRUE;
	}
	rule_give_bool(env, out, t);
}

const struct rule_fact ane_facts[ANE_FACTS] = {
	{ "leads", RULE_BOOL, "w+", NULL, "these ops follow one another from an output on", leads,
	    false },
	{ "after", RULE_BOOL, "w+", NULL, "these ops, the nearest first, lead to an operand", after,
	    false },
	{ "squares", RULE_BOOL, "", NULL, "both operands are one value", squares, false },
	{ "blockwise", RULE_BOOL, "", NULL, "an operand is unpacked from blocks along its second "
	    "axis", blockwise, false },
	{ "dynamic_inside", RULE_BOOL, "", NULL, "a size depends on the data", dynamic_inside,
	    false },
	{ "has_weights", RULE_BOOL, "", NULL, "a constant of more than 256 elements", has_weights,
	    false },
	{ "pad_before_hw", RULE_BOOL, "", NULL, "other axes than the last two are padded",
	    pad_before_hw, false },
	{ "state_chain", RULE_BOOL, "", NULL, "between reading and writing a state", state_chain,
	    false },
	{ "static_params", RULE_BOOL, "", NULL, "parameters of shapes are constants",
	    static_params, false },
	{ "block", RULE_NUM, "", NULL, "size of blocks between space and depth", block, false },
};
