/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts of the rules about the Neural Engine, node by node. The first rule
 * that keeps an op off is the reason; one that is unknown leaves the op unknown. */
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "ops/op.h"
#include "rules/ane/ane_state.h"
#include "rules/rule_state.h"

const char *const ane_verdicts[] = {
	"skipped", "off", "eligible", "unsure", "slow", "unplaced", "wrong", "model-off",
	"model-unsure", "model-slow", "model-small", "model-note", "ignored", NULL
};

const char *
ane_answer_name(enum ane_answer a)
{
	static const char *const names[] = { "unknown", "no", "yes", "none" };

	return names[a];
}

/* The rules that hold at one part of a node, by what they say. */
struct findings {
	const struct rule *off, *maybe_off, *unsure, *yes, *skipped;
	uint8_t risks;
};

/* A rule for all ops: what is said of the op itself is the better reason. */
static bool
is_general(const struct rule *r)
{
	return r->ntargets > 0 && r->targets[0].by == FOR_ALL;
}

static bool
note(void *arg, const struct rule *r, enum rule_truth t)
{
	struct findings *f = arg;
	const struct rule **slot = NULL;

	if (r->verdict == VERDICT_OFF)
		slot = t == RULE_TRUE ? &f->off : &f->maybe_off;
	else if (t != RULE_TRUE)
		return true;
	else if (r->verdict == VERDICT_UNSURE)
		slot = &f->unsure;
	else if (r->verdict == VERDICT_SKIPPED)
		slot = &f->skipped;
	else if (r->verdict == VERDICT_SLOW || r->verdict == VERDICT_UNPLACED ||
	    r->verdict == VERDICT_WRONG)
		f->risks += f->risks < UINT8_MAX;
	else if (r->verdict == VERDICT_ELIGIBLE &&
	    (f->yes == NULL || r->confidence < f->yes->confidence))
		f->yes = r;
	if (slot != NULL && (*slot == NULL ||
	    (t == RULE_TRUE && is_general(*slot) && !is_general(r))))
		*slot = r;
	return true;
}

static enum ane_answer
conclude(const struct findings *f, const struct rule **rule)
{
	*rule = f->skipped != NULL ? f->skipped : f->off != NULL ? f->off :
	    f->unsure != NULL ? f->unsure : f->maybe_off != NULL ? f->maybe_off : f->yes;
	return f->skipped != NULL ? ANE_SKIPPED : f->off != NULL ? ANE_NO :
	    f->unsure != NULL || f->maybe_off != NULL || f->yes == NULL ? ANE_UNKNOWN : ANE_YES;
}

/* Of the parts of a chain the worse; where all are taken, the one that is known least
 * surely: the chain is as sure as that. */
static bool
is_worse(enum ane_answer a, const struct rule *rule, const struct ane_node *than)
{
	static const int badness[] = { [ANE_SKIPPED] = 0, [ANE_YES] = 1, [ANE_UNKNOWN] = 2,
	    [ANE_NO] = 3 };

	if (a == ANE_YES && than->eligible == ANE_YES)
		return rule->confidence > than->rule->confidence;
	return badness[a] > badness[than->eligible];
}

static void
judge_part(struct rule_env *env, const struct ruleset *const *sets, uint32_t nsets,
	const struct node *n, struct ane_node *v)
{
	struct findings f = { 0 };
	const struct becoming *b = env->user;
	const struct rule *rule;
	enum ane_answer a;

	for (uint32_t i = 0; i < nsets; i++)
		rules_each(env, sets[i], n, note, &f);
	a = conclude(&f, &rule);
	v->risks += f.risks;
	if (v->rule != NULL && !is_worse(a, rule, v))
		return;
	v->eligible = a;
	v->rule = rule;
	v->becomes = b->part;
}

static bool
is_tensor(struct rule_env *env, const struct value *v)
{
	const struct type *t = v == NULL ? NULL : v->type;

	return v != NULL && (t == NULL || t->tag == TY_TENSOR || t->tag == TY_SPARSE ||
	    rule_type_of(env, v) != NULL);
}

/* Python's own work on numbers, texts and lists, done while a model is converted. */
static bool
is_python(struct rule_env *env, const struct node *n)
{
	for (uint32_t i = 0; i < n->nin; i++)
		if (is_tensor(env, n->in[i]) && !rule_is_const(env, n->in[i]))
			return false;
	for (uint32_t i = 0; i < n->nout; i++)
		if (is_tensor(env, n->out[i]))
			return false;
	return n->nout > 0;
}

/* Work that is done when the model is compiled: constants of constants, shapes that
 * are known; and what only groups values. */
static bool
is_folded(struct rule_env *env, const struct node *n)
{
	const struct becoming *b = env->user;
	bool known = n->nout > 0;

	if (n->nregions == 0 && env->m->dialect == DIALECT_ATEN && ((b->row == NULL &&
	    strcmp(n->domain->s, "prim") == 0) || is_python(env, n)))
		return true;
	if (n->op == NULL || n->nregions > 0)
		return false;
	if (n->op->sem == SEM_CONST || n->op->flags & OP_AT_LOAD)
		return true;
	if (env->m->dialect == DIALECT_MIL || n->op->sem == SEM_RANDOM)
		return false;
	if (n->nin == 0)
		return n->nout > 0 && n->out[0] != NULL && rule_is_const(env, n->out[0]);
	for (uint32_t i = 0; i < n->nout && known; i++)
		known = n->out[i] == NULL || rule_is_known(env, n->out[i]);
	if (known)
		return true;
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && !rule_is_const(env, n->in[i]))
			return false;
	return true;
}

/* Rules about all ops speak of the tensors alone. */
static bool
note_general(void *arg, const struct rule *r, enum rule_truth t)
{
	return !is_general(r) || r->verdict != VERDICT_OFF || t != RULE_TRUE || note(arg, r, t);
}

/* An op of which we do not know what it becomes: its tensors may tell. */
static void
judge_values(struct rule_env *env, const struct ruleset *const *sets, uint32_t nsets,
	const struct node *n, struct ane_node *v)
{
	struct findings f = { 0 };

	for (uint32_t i = 0; i < nsets; i++)
		rules_each(env, sets[i], n, note_general, &f);
	v->eligible = conclude(&f, &v->rule);
}

static void
judge(struct rule_env *env, const struct ruleset *const *sets, uint32_t nsets,
	const struct node *n, struct ane_node *v)
{
	struct becoming *b = env->user;
	const char *p;

	memset(v, 0, sizeof *v);
	v->root = n;
	b->row = become_find(env, n);
	b->part = NULL;
	if (env->m->dialect != DIALECT_MIL && is_folded(env, n)) {
		v->eligible = ANE_SKIPPED;
		return;
	}
	if (env->m->dialect == DIALECT_MIL) {
		judge_part(env, sets, nsets, n, v);
		return;
	}
	if (b->row == NULL) {
		judge_values(env, sets, nsets, n, v);
		return;
	}
	if (*b->row->ops == '\0') {
		judge_part(env, sets, nsets, n, v);
		return;
	}
	for (p = b->row->ops; (b->part = become_next(env->arena, &p)) != NULL;)
		judge_part(env, sets, nsets, n, v);
}

/* Element types and sizes that are refused come from the op that made them: state
 * codes 120 and 220 are of types, 300 of sizes, 320 of all tensors of ranks. */
static bool
is_of_values(const struct rule *r)
{
	return strncmp(r->state, "120", 3) == 0 || strncmp(r->state, "220", 3) == 0 ||
	    strncmp(r->state, "300", 3) == 0 ||
	    (strncmp(r->state, "320", 3) == 0 && is_general(r));
}

static bool
carries_trouble(struct rule_env *env, const struct value *v)
{
	const struct type *t = rule_type_of(env, v);

	return t == NULL || (t->dtype != DT_F16 && t->dtype != DT_BOOL) || !t->has_rank ||
	    t->rank > 5;
}

/* Where the trouble of the values begins that n hands on; NULL: with no op, as of
 * the model's inputs, or n has none. An op that is refused for another reason hands
 * on what it was given: only trouble it makes itself begins with it. */
static const struct node *
trouble_begins(struct rule_env *env, const struct ane_node *nodes, const struct node **begins,
	const struct node *n)
{
	bool given = false;

	for (uint32_t i = 0; i < n->nin; i++) {
		const struct node *p = n->in[i] == NULL ? NULL : n->in[i]->producer;

		if (n->in[i] == NULL || p == n || !carries_trouble(env, n->in[i]))
			continue;
		if (p != NULL && begins[p->id] != NULL)
			return begins[p->id];
		given |= p == NULL || nodes[p->id].eligible == ANE_NO;
	}
	return !given || is_of_values(nodes[n->id].rule) ? n : NULL;
}

static void
find_root(struct rule_env *env, struct ane_node *nodes, const struct node **begins,
	const struct node *n)
{
	struct ane_node *v = &nodes[n->id];

	if (v->eligible != ANE_NO)
		return;
	begins[n->id] = trouble_begins(env, nodes, begins, n);
	if (is_of_values(v->rule))
		v->root = begins[n->id];
}

/* A cast to f32 is there for what reads it in f32: the trouble of a cast that all
 * readers share begins at the first of them. */
static void
find_reader(struct rule_env *env, struct ane_node *nodes, const struct node *n)
{
	const struct value *v = n->nout == 1 ? n->out[0] : NULL;
	const struct type *t = v != NULL ? rule_type_of(env, v) : NULL;
	const struct uses *u = env->uses;
	const struct node *first = NULL;

	if (u == NULL || n->op == NULL || n->op->sem != SEM_CAST || t == NULL ||
	    t->dtype != DT_F32 || nodes[n->id].eligible != ANE_NO || nodes[n->id].root != n ||
	    v->flags & VALUE_OUTPUT)
		return;
	for (uint32_t i = u->start[v->id]; i < u->start[v->id + 1]; i++) {
		const struct node *reader = u->list[i].node;

		if (reader == NULL || nodes[reader->id].eligible != ANE_NO)
			return;
		if (first == NULL)
			first = reader;
	}
	if (first != NULL && nodes[first->id].root != n)
		nodes[n->id].root = nodes[first->id].root;
}

struct about { struct ane *ane; struct rule_env *env; };

static bool
note_about(void *arg, const struct rule *r, enum rule_truth t)
{
	struct about *a = arg;
	struct ane *ane = a->ane;

	if (r->verdict < VERDICT_MODEL_OFF || r->verdict == VERDICT_IGNORED)
		return true;
	ane->about = arena_grow(a->env->arena, ane->about, ane->nabout, sizeof *ane->about);
	ane->about_truth = arena_grow(a->env->arena, ane->about_truth, ane->nabout,
	    sizeof *ane->about_truth);
	ane->about[ane->nabout] = r;
	ane->about_truth[ane->nabout++] = t;
	if (r->verdict == VERDICT_MODEL_OFF && t == RULE_TRUE && ane->off == NULL)
		ane->off = arena_printf(a->env->arena, "not the engine: rule %s about the whole "
		    "model keeps all of it off", r->id);
	return true;
}

struct ane *
ane_judge(struct rule_env *env, const struct ruleset *const *sets, uint32_t nsets)
{
	struct ane *ane = arena_alloc(env->arena, sizeof *ane);
	const struct model *m = env->m;
	struct ane_node *nodes = arena_array(env->arena, m->nnodes, sizeof *nodes);
	const struct node **begins = arena_array(env->arena, m->nnodes, sizeof *begins);
	struct becoming b = { .row = NULL };

	ane->nodes = nodes;
	ane->source = m->dialect != DIALECT_MIL;
	env->user = &b;
	env->view = ane->source ? &become_view : NULL;
	for (uint32_t i = 0; i < nsets; i++)
		rules_each(env, sets[i], NULL, note_about, &(struct about){ ane, env });
	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			const struct node *n = m->graphs[i]->nodes[k];

			ctx_step(env->arena->ctx);
			judge(env, sets, nsets, n, &nodes[n->id]);
			find_root(env, nodes, begins, n);
		}
	if (!ane->source)
		for (uint32_t i = 0; i < m->ngraphs; i++)
			for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++)
				find_reader(env, nodes, m->graphs[i]->nodes[k]);
	ane_place(env, ane, nodes);
	env->user = NULL;
	return ane;
}

/* ---- in words ---- */

struct telling {
	void (*fn)(void *, const struct rule *, enum rule_truth, const char *);
	void *arg;
	const char *part;
};

static bool
tell(void *arg, const struct rule *r, enum rule_truth t)
{
	struct telling *e = arg;

	e->fn(e->arg, r, t, e->part);
	return true;
}

void
ane_explain(struct rule_env *env, const struct ruleset *const *sets, uint32_t nsets,
	const struct node *n,
	void (*fn)(void *, const struct rule *, enum rule_truth, const char *),
	void *arg)
{
	struct telling e = { fn, arg, NULL };
	struct becoming b = { .row = NULL };
	const char *p = "";
	bool source = env->m->dialect != DIALECT_MIL;

	env->user = &b;
	env->view = source ? &become_view : NULL;
	if (source && n != NULL && (b.row = become_find(env, n)) != NULL)
		p = b.row->ops;
	do {
		e.part = b.part = become_next(env->arena, &p);
		if (source && n != NULL && b.part == NULL &&
		    (b.row == NULL || *b.row->ops != '\0'))
			break;
		for (uint32_t i = 0; i < nsets; i++)
			rules_each(env, sets[i], n, tell, &e);
	} while (b.part != NULL);
	env->user = NULL;
}

void
ane_rule_says(struct rule_env *env, const struct rule *r, const char *part, const struct node *n,
	struct sink *out)
{
	struct becoming b = { .row = become_find(env, n), .part = part };
	void *outer = env->user; /* ane_explain may be under way */

	env->user = &b;
	env->view = env->m->dialect != DIALECT_MIL ? &become_view : NULL;
	rule_says(env, r, n, out);
	env->user = outer;
}

void
ane_says(struct rule_env *env, const struct ane_node *v, const struct node *n, struct sink *out)
{
	if (v->rule == NULL && env->m->nstages > 0 && n->graph == env->m->main) {
		sink_puts(out, "a stage, judged by itself: --stage=");
		sink_write(out, n->name->s, n->name->len);
		return;
	}
	if (v->rule == NULL) {
		sink_puts(out, v->eligible == ANE_SKIPPED ? "no work when the model runs" :
		    "no rule speaks of this op");
		return;
	}
	if (v->eligible == ANE_UNKNOWN && v->rule->verdict == VERDICT_OFF)
		sink_puts(out, "not known if this matters: ");
	ane_rule_says(env, v->rule, v->becomes, n, out);
}
