/* SPDX-License-Identifier: Apache-2.0 */
/* The facts that conditions can name: of the node, its tensors, the model and
 * the place it is to run. Each is a row with its help; mlinspect-rules(7) lists
 * the same. */
#include <math.h>
#include <string.h>

#include "base/source.h"
#include "infer/infer.h"
#include "ir/tensor.h"
#include "rules/rule_state.h"
#include "rules/setting.h"

/* ---- types as rules see them ---- */

/* The tensor in a sequence, optional, state or default shape. */
static const struct type *
tensor_of(const struct type *t)
{
	while (t != NULL && (t->tag == TY_SEQ || t->tag == TY_OPT || t->tag == TY_STATE ||
	    t->tag == TY_RANGE || t->tag == TY_ENUM || t->tag == TY_LIST))
		t = t->elem;
	return t != NULL && (t->tag == TY_TENSOR || t->tag == TY_SPARSE || t->tag == TY_SCALAR) ?
	    t : NULL;
}

const struct type *
rule_type_of(struct rule_env *env, const struct value *v)
{
	const struct type *t = NULL;

	if (env->types != NULL)
		t = env->view != NULL && env->view->type != NULL ? env->view->type(env, v) :
		    infer_type(env->types, v);
	return tensor_of(t != NULL ? t : v->type);
}

struct rule_num
rule_dim(struct rule_env *env, const struct dim *d)
{
	const struct model *m = env->m;
	struct rule_num r = { 0, INFINITY };

	if (d->kind == DIM_CONST)
		r.lo = r.hi = (double)d->lo;
	if (d->kind == DIM_RANGE) {
		r.lo = (double)d->lo;
		r.hi = d->hi < 0 ? INFINITY : (double)d->hi;
	}
	for (uint32_t i = 0; d->kind == DIM_CHOICE && i < d->n; i++) {
		r.lo = i == 0 ? (double)d->list[i] : fmin(r.lo, (double)d->list[i]);
		r.hi = i == 0 ? (double)d->list[i] : fmax(r.hi, (double)d->list[i]);
	}
	for (uint32_t i = 0; d->kind == DIM_SYM && i < m->nsymbols; i++) {
		const struct symbol *s = &m->symbols[i];

		if (s->name != d->sym)
			continue;
		r.lo = s->has_lo ? (double)s->lo : r.lo;
		r.hi = s->has_hi ? (double)s->hi : r.hi;
	}
	return r;
}

/* Tensors of a size and a rule, made of nothing else. */
static bool
is_made(enum sem sem)
{
	return sem == SEM_FILL || sem == SEM_RANGE || sem == SEM_EYE || sem == SEM_WINDOW ||
	    sem == SEM_TRI;
}

enum { NOT_ASKED, IS_DATA, IS_FIXED, STEPS_UP = 64 };

static bool const_within(struct rule_env *, const struct value *, unsigned steps);

/* What is computed of constants alone is a constant, some steps up. Answers are kept:
 * nodes are asked in their order, so that a chain of any length costs a step a node. */
static bool
is_computed_const(struct rule_env *env, const struct node *p, unsigned steps)
{
	for (uint32_t i = 0; i < p->nin; i++)
		if (p->in[i] != NULL && !const_within(env, p->in[i], steps))
			return false;
	return p->nin > 0 || is_made(p->op->sem);
}

static bool
const_within(struct rule_env *env, const struct value *v, unsigned steps)
{
	const struct node *p = v->producer;
	unsigned char *kept = &env->fixed[v->id];

	/* an input with a default is that constant in what a model becomes */
	if (v->constant != NULL || v->flags & VALUE_LITERAL)
		return env->view != NULL || !(v->flags & VALUE_INPUT);
	if (p == NULL || p->op == NULL || p->nregions > 0 || p->op->sem == SEM_RANDOM ||
	    p->op->sem == SEM_STATE)
		return false;
	if (p->op->sem == SEM_CONST || p->op->flags & OP_AT_LOAD)
		return true;
	if (*kept == NOT_ASKED && steps == 0)
		env->cut = true;
	else if (*kept == NOT_ASKED && is_computed_const(env, p, steps - 1))
		*kept = IS_FIXED;
	else if (*kept == NOT_ASKED && !env->cut)
		*kept = IS_DATA;
	return *kept == IS_FIXED;
}

bool
rule_is_const(struct rule_env *env, const struct value *v)
{
	if (env->fixed == NULL)
		env->fixed = arena_array(env->arena, env->m->nvalues, 1);
	env->cut = false;
	return const_within(env, v, STEPS_UP);
}

bool
rule_is_known(struct rule_env *env, const struct value *v)
{
	const struct dim *const *d;
	uint32_t n;

	if (rule_is_const(env, v))
		return true;
	if (env->types == NULL || (d = infer_ints(env->types, v, &n)) == NULL)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (d[i]->kind != DIM_CONST)
			return false;
	return true;
}

bool
rule_is_read(const struct rule_env *env, const struct value *v)
{
	return env->uses == NULL || v->flags & VALUE_OUTPUT ||
	    env->uses->start[v->id] < env->uses->start[v->id + 1];
}

const char *
rule_op(struct rule_env *env)
{
	const char *name = env->n == NULL ? "" : env->n->type->s;

	if (env->n != NULL && env->view != NULL && env->view->op != NULL)
		return env->view->op(env);
	return name;
}

/* ---- tensors ---- */

static void
get_dtype(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	const struct type *t = rule_type_of(env, v);
	enum dtype d = t == NULL ? DT_NONE : t->dtype;

	(void)num;
	if (d == DT_NONE && v->constant != NULL)
		d = v->constant->dtype;
	if (d != DT_NONE && env->view != NULL && env->view->dtype != NULL)
		d = env->view->dtype(env, v, d);
	*word = d == DT_NONE ? NULL : dtype_name(d);
}

static void
get_rank(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	const struct type *t = rule_type_of(env, v);

	(void)word;
	*num = (struct rule_num){ 0, INFINITY };
	if (t != NULL && t->has_rank)
		num->lo = num->hi = t->rank;
	else if (t != NULL && t->tag == TY_SCALAR)
		num->lo = num->hi = 0;
}

/* Axis from the end: 0 is W; axes that are not there are 1. */
static struct rule_num
axis(struct rule_env *env, const struct value *v, uint32_t back)
{
	const struct type *t = rule_type_of(env, v);

	if (t == NULL || (!t->has_rank && t->tag != TY_SCALAR))
		return (struct rule_num){ 0, INFINITY };
	if (back >= t->rank)
		return (struct rule_num){ 1, 1 };
	return rule_dim(env, t->dims[t->rank - 1 - back]);
}

#define AXIS(name, back) static void get_##name(struct rule_env *env, const struct value *v, \
	struct rule_num *num, const char **word) { (void)word; *num = axis(env, v, back); }
AXIS(w, 0)
AXIS(h, 1)
AXIS(c, 2)

/* The fifth axis from the end is the batch; of four the fourth is. */
static void
get_d(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	const struct type *t = rule_type_of(env, v);

	(void)word;
	*num = t != NULL && t->has_rank && t->rank <= 4 ? (struct rule_num){ 1, 1 } :
	    axis(env, v, 3);
}

static void
get_n(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	const struct type *t = rule_type_of(env, v);

	(void)word;
	*num = axis(env, v, t != NULL && t->has_rank && t->rank >= 5 ? 4 : 3);
}

static void
get_numel(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	const struct type *t = rule_type_of(env, v);
	struct rule_num d;

	(void)word;
	*num = (struct rule_num){ 0, INFINITY };
	if (t == NULL || (!t->has_rank && t->tag != TY_SCALAR))
		return;
	*num = (struct rule_num){ 1, 1 };
	for (uint32_t i = 0; i < t->rank; i++) {
		d = rule_dim(env, t->dims[i]);
		num->lo *= d.lo;
		num->hi = d.hi == 0 || num->hi == 0 ? 0 : num->hi * d.hi;
	}
}

static void
get_bytes(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	const char *name = NULL;
	int d;

	get_dtype(env, v, num, &name);
	get_numel(env, v, num, word);
	d = name == NULL ? -1 : dtype_parse(name, strlen(name));
	if (d < 0 || dtype_bits((enum dtype)d) == 0) {
		*num = (struct rule_num){ 0, INFINITY };
		return;
	}
	num->lo = ceil(num->lo * dtype_bits((enum dtype)d) / 8);
	num->hi = ceil(num->hi * dtype_bits((enum dtype)d) / 8);
}

static void
put_bool(struct rule_num *num, bool yes)
{
	num->lo = num->hi = yes;
}

static void
get_const(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	(void)word;
	put_bool(num, rule_is_known(env, v));
}

/* Every dim is a number before the model runs. */
static void
get_static(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	const struct type *t = rule_type_of(env, v);
	bool all = true;

	(void)word;
	*num = (struct rule_num){ 0, 1 };
	if (t == NULL || (!t->has_rank && t->tag != TY_SCALAR))
		return;
	for (uint32_t i = 0; i < t->rank; i++) {
		if (t->dims[i]->kind == DIM_UNKNOWN || t->dims[i]->kind == DIM_ANON)
			return;
		all &= t->dims[i]->kind == DIM_CONST;
	}
	put_bool(num, all);
}

static void
get_input(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	(void)env, (void)word;
	put_bool(num, v->flags & VALUE_INPUT && v->graph->parent == NULL);
}

static void
get_output(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	(void)env, (void)word;
	put_bool(num, v->flags & VALUE_OUTPUT && v->graph->parent == NULL);
}

static void
get_producer(struct rule_env *env, const struct value *v, struct rule_num *num,
	const char **word)
{
	(void)num;
	*word = v->producer != NULL ? v->producer->type->s :
	    rule_is_const(env, v) ? "const" : "input";
}

static void
get_name(struct rule_env *env, const struct value *v, struct rule_num *num, const char **word)
{
	(void)env, (void)num;
	*word = v->name->s;
}

const struct tensor_fact tensor_facts[] = {
	{ "dtype", RULE_WORD, NULL, "element type: f16, i32, bool, ...", get_dtype },
	{ "rank", RULE_NUM, NULL, "number of axes", get_rank },
	{ "dims", RULE_NUM, NULL, "sizes of all axes; dims[0], dims[-1]", NULL },
	{ "N", RULE_NUM, NULL, "batch: the fourth axis from the end, or the fifth", get_n },
	{ "D", RULE_NUM, NULL, "depth: the fourth axis from the end of five, else 1", get_d },
	{ "C", RULE_NUM, NULL, "channels: the third axis from the end, or 1", get_c },
	{ "H", RULE_NUM, NULL, "height: the second axis from the end, or 1", get_h },
	{ "W", RULE_NUM, NULL, "width: the last axis, or 1", get_w },
	{ "numel", RULE_NUM, NULL, "number of elements", get_numel },
	{ "bytes", RULE_NUM, NULL, "size in bytes", get_bytes },
	{ "const", RULE_BOOL, NULL, "known before the model runs", get_const },
	{ "static", RULE_BOOL, NULL, "all sizes are known before the model runs", get_static },
	{ "input", RULE_BOOL, NULL, "an input of the model", get_input },
	{ "output", RULE_BOOL, NULL, "an output of the model", get_output },
	{ "producer", RULE_WORD, NULL, "op that makes it; const, input", get_producer },
	{ "name", RULE_WORD, NULL, "its name", get_name },
};
enum { NTENSOR_FACTS = sizeof tensor_facts / sizeof *tensor_facts };

int
tensor_fact_find(const char *name, uint32_t n)
{
	for (int i = 0; i < NTENSOR_FACTS; i++)
		if (strlen(tensor_facts[i].name) == n && memcmp(tensor_facts[i].name, name, n) == 0)
			return i;
	return -1;
}

const char *
rule_tensor_fact(uint32_t i, const char **help)
{
	if (i >= NTENSOR_FACTS)
		return NULL;
	*help = tensor_facts[i].help;
	return tensor_facts[i].name;
}

/* ---- the node ---- */

#define FACT(name) static void name(struct rule_env *env, const struct rule_list *args, \
	uint32_t nargs, struct rule_list *out)
#define NO_ARGS (void)args, (void)nargs

FACT(node_op)
{
	NO_ARGS;
	if (env->n != NULL)
		rule_give_word(env, out, rule_op(env));
}

FACT(node_kind)
{
	static const char *const ids[] = {
#define SEM(id, family, title) #id,
#include "ops/sem.def"
#undef SEM
	};

	NO_ARGS;
	if (env->n != NULL && env->n->op != NULL)
		rule_give_word(env, out, ids[env->n->op->sem]);
}

FACT(node_family)
{
	NO_ARGS;
	if (env->n != NULL && env->n->op != NULL)
		rule_give_word(env, out, family_name(sem_family(env->n->op->sem)));
}

FACT(node_known)
{
	NO_ARGS;
	rule_give_bool(env, out, env->n != NULL && (env->n->op != NULL || env->n->callee != NULL) ?
	    RULE_TRUE : RULE_FALSE);
}

FACT(node_domain)
{
	NO_ARGS;
	if (env->n != NULL)
		rule_give_word(env, out, env->n->domain->len > 0 ? env->n->domain->s : "default");
}

FACT(node_name)
{
	NO_ARGS;
	if (env->n != NULL)
		rule_give_word(env, out, env->n->name->s);
}

FACT(node_scope)
{
	NO_ARGS;
	if (env->n != NULL)
		rule_give_word(env, out, env->n->scope != NULL ? env->n->scope->s : "");
}

FACT(node_inputs)
{
	NO_ARGS;
	if (env->n != NULL)
		rule_give_num(env, out, env->n->nin);
}

FACT(node_outputs)
{
	NO_ARGS;
	if (env->n != NULL)
		rule_give_num(env, out, env->n->nout);
}

FACT(node_nested)
{
	NO_ARGS;
	if (env->n != NULL)
		rule_give_bool(env, out, env->n->graph->parent != NULL ? RULE_TRUE : RULE_FALSE);
}

static bool
among(const char *op, const struct rule_list *args, uint32_t nargs)
{
	for (uint32_t i = 0; i < nargs; i++)
		for (uint32_t k = 0; k < args[i].n; k++)
			if (strcmp(op, args[i].word[k]) == 0)
				return true;
	return false;
}

FACT(node_fed_by)
{
	const struct node *n = env->n;

	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && n->in[i]->producer != NULL &&
		    among(n->in[i]->producer->type->s, args, nargs)) {
			rule_give_bool(env, out, RULE_TRUE);
			return;
		}
	rule_give_bool(env, out, RULE_FALSE);
}

FACT(node_feeds)
{
	const struct uses *u = env->uses;
	const struct node *n = env->n;

	if (u == NULL) {
		rule_give_bool(env, out, RULE_UNKNOWN);
		return;
	}
	for (uint32_t i = 0; i < n->nout; i++) {
		if (n->out[i] == NULL)
			continue;
		for (uint32_t k = u->start[n->out[i]->id]; k < u->start[n->out[i]->id + 1]; k++)
			if (among(u->list[k].node->type->s, args, nargs)) {
				rule_give_bool(env, out, RULE_TRUE);
				return;
			}
	}
	rule_give_bool(env, out, RULE_FALSE);
}

/* ---- the model ---- */

static uint64_t
weights_of(const struct model *m, bool bytes)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nvalues; k++) {
			const struct value *v = m->graphs[i]->values[k];

			if (v->constant != NULL && !(v->flags & VALUE_LITERAL))
				sum += bytes ? tensor_bytes(v->constant) : v->constant->numel;
		}
	for (uint32_t i = 0; i < m->nstages; i++)
		sum += weights_of(m->stages[i], bytes);
	return sum;
}

FACT(model_weights)
{
	NO_ARGS;
	rule_give_num(env, out, (double)weights_of(env->m, true));
}

FACT(model_parameters)
{
	NO_ARGS;
	rule_give_num(env, out, (double)weights_of(env->m, false));
}

/* Nodes that compute: constants and what is unpacked at load left out. */
FACT(model_nodes)
{
	uint32_t n = 0;

	NO_ARGS;
	for (uint32_t i = 0; i < env->m->ngraphs; i++)
		for (uint32_t k = 0; k < env->m->graphs[i]->nnodes; k++) {
			const struct op *op = env->m->graphs[i]->nodes[k]->op;

			n += op == NULL || (op->sem != SEM_CONST && !(op->flags & OP_AT_LOAD));
		}
	rule_give_num(env, out, n);
}

FACT(model_format)
{
	NO_ARGS;
	rule_give_word(env, out, env->m->format);
}

FACT(model_kind)
{
	NO_ARGS;
	rule_give_word(env, out, env->m->kind != NULL && *env->m->kind != '\0' ? env->m->kind :
	    env->m->format);
}

FACT(model_spec)
{
	NO_ARGS;
	rule_give_num(env, out, (double)env->m->format_version);
}

FACT(model_opsets)
{
	NO_ARGS;
	rule_give_num(env, out, env->m->nopsets);
}

FACT(model_main)
{
	NO_ARGS;
	rule_give_num(env, out, env->m->main != NULL ? env->m->main->nnodes : 0);
}

FACT(model_depth)
{
	uint32_t level = 0;

	NO_ARGS;
	for (uint32_t i = 0; i < env->m->ngraphs; i++)
		if (env->m->graphs[i]->level > level)
			level = env->m->graphs[i]->level;
	rule_give_num(env, out, level);
}

FACT(model_bytes)
{
	const struct source *src = env->m->source;

	NO_ARGS;
	if (src != NULL && src->fd >= 0)
		rule_give_num(env, out, (double)src->size);
	else
		rule_give_unknown(out);
}

FACT(model_inputs)
{
	NO_ARGS;
	rule_give_num(env, out, env->m->main != NULL ? env->m->main->ninputs : 0);
}

FACT(model_outputs)
{
	NO_ARGS;
	rule_give_num(env, out, env->m->main != NULL ? env->m->main->noutputs : 0);
}

FACT(model_functions)
{
	NO_ARGS;
	rule_give_num(env, out, env->m->nfunctions);
}

/* How the sizes of inputs may change. */
/* May a size of the type change from call to call? */
static bool
is_free(struct rule_env *env, const struct type *t)
{
	bool free = t != NULL && t->tag == TY_ENUM;

	if (t != NULL && t->tag != TY_RANGE)
		t = tensor_of(t);
	for (uint32_t k = 0; t != NULL && k < t->rank; k++) {
		struct rule_num d = rule_dim(env, t->dims[k]);

		free |= d.lo != d.hi;
	}
	return free;
}

FACT(model_free)
{
	const struct graph *g = env->m->main;
	const struct model *m = env->m;
	uint32_t n = m->nfeatures > 0 ? m->nfeatures : g != NULL ? g->ninputs : 0;
	const char **w = arena_array(env->arena, n, sizeof *w);
	const struct type *t;

	NO_ARGS;
	for (uint32_t i = 0; i < n; i++) {
		const struct feature *f = m->nfeatures > 0 ? &m->features[i] : NULL;

		if (f != NULL && f->role != FEATURE_INPUT)
			continue;
		t = f != NULL ? f->type : g->inputs[i]->type;
		if (is_free(env, t))
			w[out->n++] = f != NULL ? f->name->s : g->inputs[i]->name->s;
	}
	out->word = w;
}

FACT(model_shapes)
{
	const struct graph *g = env->m->main;
	bool free = false, range = false, choice = false;

	NO_ARGS;
	for (uint32_t i = 0; i < env->m->nfeatures; i++) {
		const struct type *t = env->m->features[i].type;

		if (env->m->features[i].role != FEATURE_INPUT || t == NULL)
			continue;
		choice |= t->tag == TY_ENUM;
		for (uint32_t k = 0; t->tag == TY_RANGE && k < t->rank; k++) {
			const struct dim *d = t->dims[k];

			range |= d->kind == DIM_RANGE && d->lo != d->hi;
			free |= d->kind == DIM_RANGE && d->hi < 0;
		}
	}
	for (uint32_t i = 0; g != NULL && env->m->nfeatures == 0 && i < g->ninputs; i++) {
		const struct type *t = tensor_of(g->inputs[i]->type);

		for (uint32_t k = 0; t != NULL && k < t->rank; k++) {
			struct rule_num d = rule_dim(env, t->dims[k]);

			choice |= t->dims[k]->kind == DIM_CHOICE;
			range |= d.lo != d.hi && t->dims[k]->kind != DIM_CHOICE;
			free |= isinf(d.hi);
		}
	}
	rule_give_word(env, out, free ? "unbounded" : range ? "bounded" : choice ? "enumerated" :
	    "static");
}

/* ---- the place ---- */

FACT(place_chip)
{
	NO_ARGS;
	rule_give_word(env, out, env->setting != NULL ? env->setting->chip : NULL);
}

FACT(place_h)
{
	uint32_t n = 1;
	struct rule_num *p = rule_nums(env, &n);

	NO_ARGS;
	if (n == 1)
		*p = env->setting == NULL ? (struct rule_num){ 11, 18 } :
		    (struct rule_num){ env->setting->h_lo, env->setting->h_hi };
	out->num = p;
	out->n = n;
}

FACT(place_ios)
{
	uint32_t n = 1;
	struct rule_num *p = rule_nums(env, &n);

	NO_ARGS;
	if (n == 1)
		*p = env->setting == NULL ? (struct rule_num){ 13, 26 } :
		    (struct rule_num){ env->setting->ios_lo, env->setting->ios_hi };
	out->num = p;
	out->n = n;
}

FACT(place_platform)
{
	NO_ARGS;
	rule_give_word(env, out, env->setting != NULL ? env->setting->platform : NULL);
}

FACT(place_units)
{
	NO_ARGS;
	rule_give_word(env, out, env->setting != NULL ? units_name(env->setting->units) : NULL);
}

#define DIALECTS "onnx aten mil nn"

FACT(model_dialect)
{
	static const char *const names[] = { "onnx", "aten", "mil", "nn" };

	NO_ARGS;
	rule_give_word(env, out, env->m->dialect < DIALECT_COUNT ? names[env->m->dialect] : NULL);
}

static const struct rule_fact facts[] = {
	{ "op", RULE_WORD, "", NULL, "the op's name", node_op, false },
	{ "kind", RULE_WORD, "", NULL, "what it computes: CONV, MATMUL, ...", node_kind, false },
	{ "family", RULE_WORD, "", NULL, "conv, matmul, norm, act, ...", node_family, false },
	{ "known", RULE_BOOL, "", NULL, "its definition is known", node_known, false },
	{ "domain", RULE_WORD, "", NULL, "domain of the op, or default", node_domain, false },
	{ "name", RULE_WORD, "", NULL, "name of the node", node_name, false },
	{ "scope", RULE_WORD, "", NULL, "module path", node_scope, false },
	{ "inputs", RULE_NUM, "", NULL, "number of operands", node_inputs, false },
	{ "outputs", RULE_NUM, "", NULL, "number of outputs", node_outputs, false },
	{ "nested", RULE_BOOL, "", NULL, "inside a branch or loop", node_nested, false },
	{ "fed_by", RULE_BOOL, "w+", NULL, "one of these ops makes an operand", node_fed_by,
	    false },
	{ "feeds", RULE_BOOL, "w+", NULL, "one of these ops reads an output", node_feeds, false },
	{ "dialect", RULE_WORD, "", DIALECTS, "of the model's ops", model_dialect, true },
	{ "model.format", RULE_WORD, "", NULL, "onnx, coreml, pt2, ...", model_format, true },
	{ "model.kind", RULE_WORD, "", NULL, "mlProgram, neuralNetwork, ...", model_kind, true },
	{ "model.spec", RULE_NUM, "", NULL, "format version", model_spec, true },
	{ "model.nodes", RULE_NUM, "", NULL, "nodes that compute", model_nodes, true },
	{ "model.weights", RULE_NUM, "", NULL, "bytes of constants", model_weights, true },
	{ "model.parameters", RULE_NUM, "", NULL, "elements of constants", model_parameters, true },
	{ "model.main", RULE_NUM, "", NULL, "nodes of the main graph, constants included",
	    model_main, true },
	{ "model.opsets", RULE_NUM, "", NULL, "operator sets that are imported", model_opsets,
	    true },
	{ "model.depth", RULE_NUM, "", NULL, "how deep graphs are nested in graphs", model_depth,
	    true },
	{ "model.bytes", RULE_NUM, "", NULL, "bytes of the file", model_bytes, true },
	{ "model.inputs", RULE_NUM, "", NULL, "number of inputs", model_inputs, true },
	{ "model.outputs", RULE_NUM, "", NULL, "number of outputs", model_outputs, true },
	{ "model.functions", RULE_NUM, "", NULL, "functions beside the main one", model_functions,
	    true },
	{ "model.shapes", RULE_WORD, "", "static enumerated bounded unbounded",
	    "how sizes of inputs may change", model_shapes, true },
	{ "model.free", RULE_WORD, "", NULL, "inputs whose sizes may change", model_free, true },
	{ "chip", RULE_WORD, "", NULL, "of --chip", place_chip, true },
	{ "h", RULE_NUM, "", NULL, "generation of its Neural Engine: 13 is M1", place_h, true },
	{ "ios", RULE_NUM, "", NULL, "version of --os; macOS 14 is 17", place_ios, true },
	{ "platform", RULE_WORD, "", "ios macos", "of --os", place_platform, true },
	{ "units", RULE_WORD, "", "CPU_AND_NE ALL CPU_AND_GPU CPU_ONLY", "of --compute-units",
	    place_units, true },
};

const struct rule_fact *
rule_facts(uint32_t *n)
{
	*n = sizeof facts / sizeof *facts;
	return facts;
}

const struct rule_fact *
builtin_fact_find(const char *name, uint32_t n)
{
	for (uint32_t i = 0; i < sizeof facts / sizeof *facts; i++)
		if (strlen(facts[i].name) == n && memcmp(facts[i].name, name, n) == 0)
			return &facts[i];
	return NULL;
}
