/* SPDX-License-Identifier: Apache-2.0 */
/* Computing a condition. Truths are numbers from 0 to 1, so `and` is the
 * smaller, `or` the larger and 0..1 is unknown; comparisons ask whether any of
 * the values on the left meets any on the right. */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/sink.h"
#include "ir/tensor.h"
#include "rules/rule_state.h"

enum { SCRATCH = 1024, NO_CANDIDATES = UINT32_MAX };
#define ANY ((struct rule_num){ -INFINITY, INFINITY })

/* Rules that are for one op, kept for the next node of that op. */
struct candidates {
	const struct ruleset *set;
	const char *op;
	const struct str *domain; /* NULL: of the model */
	int sem;
	const struct rule **list;
	uint32_t n;
	uint64_t hash;
	uint32_t next;            /* of those that share its head */
};

/* The scratch with what is remembered between nodes. */
struct scratch {
	struct rule_scratch pub;
	struct candidates *known;
	uint32_t nknown;
	uint32_t *heads, nheads;  /* nheads is 0 or a power of two */
};

void
rules_begin(struct rule_env *env)
{
	struct scratch *s = arena_alloc(env->arena, sizeof *s);

	s->pub.num = arena_array(env->arena, SCRATCH, sizeof *s->pub.num);
	s->pub.word = arena_array(env->arena, SCRATCH, sizeof *s->pub.word);
	s->pub.value = arena_array(env->arena, SCRATCH, sizeof *s->pub.value);
	s->pub.cap = SCRATCH;
	env->scratch = &s->pub;
	env->n = NULL;
}

struct rule_num *
rule_nums(struct rule_env *env, uint32_t *n)
{
	struct rule_scratch *s = env->scratch;
	struct rule_num *p = s->num + s->nnum;

	*n = *n < s->cap - s->nnum ? *n : s->cap - s->nnum;
	s->nnum += *n;
	return p;
}

const char **
rule_words(struct rule_env *env, uint32_t *n)
{
	struct rule_scratch *s = env->scratch;
	const char **p = s->word + s->nword;

	*n = *n < s->cap - s->nword ? *n : s->cap - s->nword;
	s->nword += *n;
	return p;
}

void
rule_give_unknown(struct rule_list *l)
{
	l->n = 0;
	l->more = true;
}

static void
give(struct rule_env *env, struct rule_list *l, struct rule_num v)
{
	uint32_t n = 1;
	struct rule_num *p = rule_nums(env, &n);

	if (n == 1)
		*p = v;
	l->num = p;
	l->n = n;
	l->more = n == 0;
}

void
rule_give_num(struct rule_env *env, struct rule_list *l, double v)
{
	give(env, l, (struct rule_num){ v, v });
}

void
rule_give_bool(struct rule_env *env, struct rule_list *l, enum rule_truth t)
{
	give(env, l, (struct rule_num){ t == RULE_TRUE, t != RULE_FALSE });
}

void
rule_give_word(struct rule_env *env, struct rule_list *l, const char *word)
{
	uint32_t n = 1;
	const char **p = rule_words(env, &n);

	if (n == 1)
		*p = word;
	l->word = p;
	l->n = n;
	l->more = n == 0;
}

enum rule_truth
rule_truth_of(const struct rule_list *l)
{
	bool maybe = l->more;

	for (uint32_t i = 0; i < l->n; i++) {
		if (l->num[i].lo > 0)
			return RULE_TRUE;
		maybe |= l->num[i].hi > 0;
	}
	return maybe ? RULE_UNKNOWN : RULE_FALSE;
}

/* ---- comparisons ---- */

static enum rule_truth
opposite(enum rule_truth t)
{
	return t == RULE_TRUE ? RULE_FALSE : t == RULE_FALSE ? RULE_TRUE : t;
}

static enum rule_truth
less(struct rule_num a, struct rule_num b)
{
	return a.hi < b.lo ? RULE_TRUE : a.lo >= b.hi ? RULE_FALSE : RULE_UNKNOWN;
}

static enum rule_truth
equal(struct rule_num a, struct rule_num b)
{
	if (a.lo == a.hi && b.lo == b.hi)
		return a.lo == b.lo ? RULE_TRUE : RULE_FALSE;
	return a.hi < b.lo || b.hi < a.lo ? RULE_FALSE : RULE_UNKNOWN;
}

static enum rule_truth
compare(enum expr_operator oper, struct rule_num a, struct rule_num b)
{
	if (isnan(a.lo) || isnan(a.hi) || isnan(b.lo) || isnan(b.hi))
		return oper == OPER_NE ? RULE_TRUE : RULE_FALSE;
	if (oper == OPER_LT || oper == OPER_GT)
		return oper == OPER_LT ? less(a, b) : less(b, a);
	if (oper == OPER_LE || oper == OPER_GE)
		return opposite(oper == OPER_LE ? less(b, a) : less(a, b));
	return oper == OPER_NE ? opposite(equal(a, b)) : equal(a, b);
}

static enum rule_truth
compare_words(enum expr_operator oper, const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return RULE_UNKNOWN;
	return (strcmp(a, b) == 0) == (oper == OPER_EQ) ? RULE_TRUE : RULE_FALSE;
}

static enum rule_truth
compare_lists(enum expr_operator oper, const struct rule_list *a, const struct rule_list *b)
{
	bool none = (a->n == 0 && !a->more) || (b->n == 0 && !b->more);
	enum rule_truth best = !none && (a->more || b->more) ? RULE_UNKNOWN : RULE_FALSE, t;

	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t k = 0; k < b->n; k++) {
			t = a->type == RULE_WORD ? compare_words(oper, a->word[i], b->word[k]) :
			    compare(oper, a->num[i], b->num[k]);
			best = t > best ? t : best;
		}
	return best;
}

static void
eval_compare(struct rule_env *env, const struct rule_expr *e, struct rule_list *out)
{
	enum expr_operator oper = e->kind == EXPR_IN ? OPER_EQ : e->oper;
	struct rule_list a, b;

	rule_eval(env, e->child, &a);
	if (e->kind == EXPR_IN && e->child->next->kind == EXPR_FOLD) {
		enum rule_truth best = RULE_FALSE, t;

		for (const struct rule_expr *x = e->child->next->child; x != NULL; x = x->next) {
			rule_eval(env, x, &b);
			t = compare_lists(OPER_EQ, &a, &b);
			best = t > best ? t : best;
		}
		rule_give_bool(env, out, best);
		return;
	}
	rule_eval(env, e->child->next, &b);
	rule_give_bool(env, out, compare_lists(oper, &a, &b));
}

/* ---- arithmetic ---- */

static struct rule_num
times(struct rule_num a, struct rule_num b)
{
	double p[4] = { a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi };
	struct rule_num r = { p[0], p[0] };

	for (int i = 0; i < 4; i++) {
		if (isnan(p[i]))
			return ANY;
		r.lo = p[i] < r.lo ? p[i] : r.lo;
		r.hi = p[i] > r.hi ? p[i] : r.hi;
	}
	return r;
}

static double
remainder_of(double a, double b)
{
	double r = fmod(a, b);

	return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static struct rule_num
compute(enum expr_operator oper, struct rule_num a, struct rule_num b)
{
	struct rule_num r = ANY;

	if (oper == OPER_MUL)
		return times(a, b);
	if (oper == OPER_DIV && (b.lo > 0 || b.hi < 0))
		return times(a, (struct rule_num){ 1 / b.hi, 1 / b.lo });
	if (oper == OPER_ADD)
		r = (struct rule_num){ a.lo + b.lo, a.hi + b.hi };
	else if (oper == OPER_SUB)
		r = (struct rule_num){ a.lo - b.hi, a.hi - b.lo };
	else if (oper == OPER_MOD && a.lo == a.hi && b.lo == b.hi && b.lo != 0)
		r.lo = r.hi = remainder_of(a.lo, b.lo);
	return isnan(r.lo) || isnan(r.hi) ? ANY : r;
}

static void
eval_sum(struct rule_env *env, const struct rule_expr *e, struct rule_list *out)
{
	static const struct rule_num zero = { 0, 0 };
	struct rule_list a, b;
	struct rule_num *r;
	uint32_t n;

	rule_eval(env, e->child, &a);
	if (e->kind == EXPR_NEGATE)
		b = a, a = (struct rule_list){ .type = RULE_NUM, .n = 1, .num = &zero };
	else
		rule_eval(env, e->child->next, &b);
	if ((a.n == 0 && !a.more) || (b.n == 0 && !b.more))
		return; /* absent */
	if (a.more || b.more || (a.n != b.n && a.n != 1 && b.n != 1)) {
		rule_give_unknown(out);
		return;
	}
	n = a.n > b.n ? a.n : b.n;
	r = rule_nums(env, &n);
	for (uint32_t i = 0; i < n; i++)
		r[i] = compute(e->oper, a.num[a.n == 1 ? 0 : i], b.num[b.n == 1 ? 0 : i]);
	out->num = r;
	out->n = n;
}

static enum rule_truth
power_of_two(struct rule_num v)
{
	int exponent;

	if (v.lo != v.hi)
		return v.hi < 1 ? RULE_FALSE : RULE_UNKNOWN;
	return v.lo >= 1 && frexp(v.lo, &exponent) == 0.5 ? RULE_TRUE : RULE_FALSE;
}

/* One more value of a fold. */
static struct rule_num
fold(enum expr_operator oper, struct rule_num a, struct rule_num v)
{
	if (oper == OPER_MIN)
		return (struct rule_num){ fmin(a.lo, v.lo), fmin(a.hi, v.hi) };
	if (oper == OPER_MAX)
		return (struct rule_num){ fmax(a.lo, v.lo), fmax(a.hi, v.hi) };
	return oper == OPER_TOTAL ? compute(OPER_ADD, a, v) : times(a, v);
}

/* What `more` leaves open: max of 5 and others is 5 or above. */
static struct rule_num
open_end(enum expr_operator oper, struct rule_num a, bool any)
{
	if (!any)
		return ANY;
	if (oper == OPER_MAX)
		a.hi = INFINITY;
	else if (oper == OPER_MIN)
		a.lo = -INFINITY;
	else
		a = ANY;
	return a;
}

static void
eval_each(struct rule_env *env, const struct rule_expr *e, struct rule_list *out)
{
	struct rule_list a;

	rule_eval(env, e->child, &a);
	if (e->oper == OPER_POW2) {
		enum rule_truth best = a.more ? RULE_UNKNOWN : RULE_FALSE, t;

		for (uint32_t i = 0; i < a.n; i++)
			best = (t = power_of_two(a.num[i])) > best ? t : best;
		if (a.n > 0 || a.more)
			rule_give_bool(env, out, best);
		return;
	}
	out->more = a.more;
	out->n = a.n;
	out->num = a.num;
	if (e->oper == OPER_ABS && a.n > 0) {
		struct rule_num *r = rule_nums(env, &out->n);

		for (uint32_t i = 0; i < out->n; i++) {
			struct rule_num v = a.num[i];
			double top = fmax(fabs(v.lo), fabs(v.hi));

			r[i] = (struct rule_num){ v.lo > 0 ? v.lo : v.hi < 0 ? -v.hi : 0, top };
		}
		out->num = r;
	}
}

static void
eval_fold(struct rule_env *env, const struct rule_expr *e, struct rule_list *out)
{
	struct rule_num r = { 0, 0 };
	bool any = false, more = false;
	uint32_t count = 0;
	struct rule_list a;

	if (e->oper == OPER_ABS || e->oper == OPER_POW2) {
		eval_each(env, e, out);
		return;
	}
	for (const struct rule_expr *x = e->child; x != NULL; x = x->next) {
		rule_eval(env, x, &a);
		more |= a.more;
		count += a.n;
		for (uint32_t i = 0; i < a.n && e->oper != OPER_LEN; i++, any = true)
			r = any ? fold(e->oper, r, a.num[i]) : a.num[i];
	}
	if (e->oper == OPER_LEN)
		give(env, out, (struct rule_num){ count, more ? INFINITY : (double)count });
	else if (more)
		give(env, out, open_end(e->oper, r, any));
	else if (any)
		give(env, out, r);
}

static void
eval_index(struct rule_env *env, const struct rule_expr *e, struct rule_list *out)
{
	struct rule_list a, at;
	double i;

	rule_eval(env, e->child, &a);
	rule_eval(env, e->child->next, &at);
	if (a.n == 0 && !a.more)
		return;
	if (at.n != 1 || at.num[0].lo != at.num[0].hi || (a.more && at.num[0].lo < 0)) {
		rule_give_unknown(out);
		return;
	}
	i = at.num[0].lo < 0 ? at.num[0].lo + a.n : at.num[0].lo;
	if (i < 0 || i >= a.n) {
		out->more = a.more;
		return;
	}
	out->n = 1;
	if (a.type == RULE_WORD)
		out->word = a.word + (size_t)i;
	else
		out->num = a.num + (size_t)i;
}

/* ---- tensors ---- */

enum { GATHERED = 256 };
struct gather { struct rule_num num[GATHERED]; const char *word[GATHERED]; uint32_t n; };

/* One more tensor's; false: there is no room, or it has an unknown number. */
static bool
gather(struct rule_env *env, const struct tensor_fact *f, const struct value *v,
	struct gather *g)
{
	const struct type *t;

	if (f->get != NULL) {
		if (g->n == GATHERED)
			return false;
		g->num[g->n] = ANY;
		g->word[g->n] = NULL;
		f->get(env, v, &g->num[g->n], &g->word[g->n]);
		g->n++;
		return true;
	}
	t = rule_type_of(env, v);
	if (t == NULL || !t->has_rank || t->rank > GATHERED - g->n)
		return false;
	for (uint32_t i = 0; i < t->rank; i++)
		g->num[g->n++] = rule_dim(env, t->dims[i]);
	return true;
}

/* A list of tensors is those that it is made of. */
static bool
gather_operand(struct rule_env *env, const struct tensor_fact *f, const struct value *v,
	struct gather *g)
{
	const struct node *p = v->producer;
	bool all = true;

	if (p == NULL || env->m->dialect != DIALECT_ATEN ||
	    strcmp(p->type->s, "ListConstruct") != 0)
		return gather(env, f, v, g);
	for (uint32_t i = 0; i < p->nin && all; i++)
		if (p->in[i] != NULL && !(p->in[i]->flags & VALUE_LITERAL))
			all = gather(env, f, p->in[i], g);
	return all;
}

static void
put_num(struct gather *g, double v)
{
	g->word[g->n] = NULL;
	g->num[g->n++] = (struct rule_num){ v, v };
}

/* A weight that is an attribute of a layer: what its tensor says. */
static bool
gather_attr(const struct tensor_fact *f, const struct attr *a, struct gather *g)
{
	static const char axes[] = "WHC"; /* from the end; D is that of five axes */
	const struct tensor *t = a->kind == ATTR_TENSOR ? a->v.t : NULL;
	const char *axis = strlen(f->name) == 1 ? strchr(axes, f->name[0]) : NULL;

	if (strcmp(f->name, "const") == 0) {
		put_num(g, 1);
		return true;
	}
	if (t == NULL || t->rank > GATHERED)
		return false;
	if (strcmp(f->name, "rank") == 0 || axis != NULL) {
		put_num(g, axis == NULL ? t->rank : axis - axes < t->rank ?
		    (double)t->dims[t->rank - 1 - (axis - axes)] : 1);
		return true;
	}
	if (f->get != NULL)
		return false;
	for (uint32_t i = 0; i < t->rank; i++)
		put_num(g, (double)t->dims[i]);
	return true;
}

/* Is the operand no data but a parameter of what the node becomes: known before the
 * model runs, or a number or list of numbers of Python? */
static bool
is_setting(struct rule_env *env, const struct value *v)
{
	const struct type *t = v->type;

	if (env->view == NULL)
		return rule_is_const(env, v);
	while (env->m->dialect == DIALECT_ATEN && t != NULL &&
	    (t->tag == TY_LIST || t->tag == TY_OPT))
		t = t->elem;
	return rule_is_known(env, v) ||
	    (env->m->dialect == DIALECT_ATEN && t != NULL && t->tag == TY_SCALAR);
}

/* Does the result become one of what the node becomes? Converters leave out further
 * results that nobody reads: the places beside a maximum. */
static bool
becomes_result(const struct rule_env *env, const struct node *n, uint32_t i)
{
	return n->out[i] != NULL && (i == 0 || env->view == NULL || rule_is_read(env, n->out[i]));
}

static void
eval_tensor(struct rule_env *env, const struct rule_expr *e, struct rule_list *out)
{
	const struct tensor_fact *f = e->tensor;
	const struct node *n = env->n;
	struct rule_param p;
	struct gather g;
	bool all = true;

	g.n = 0;
	if (n == NULL)
		return;
	if (e->side == SIDE_PARAM) {
		if (!rule_param(env, e->name, &p))
			return;
		if (p.unknown || (p.nvalues == 0 && p.attr == NULL)) {
			rule_give_unknown(out);
			return;
		}
		all = p.attr == NULL || gather_attr(f, p.attr, &g);
		for (uint32_t i = 0; i < p.nvalues && all; i++)
			all = gather(env, f, p.values[i], &g);
	}
	for (uint32_t i = 0; i < n->nin && all && e->side != SIDE_OUT && e->side != SIDE_PARAM; i++)
		if (n->in[i] != NULL && !(n->in[i]->flags & VALUE_LITERAL) &&
		    (e->side != SIDE_DATA || !is_setting(env, n->in[i])))
			all = gather_operand(env, f, n->in[i], &g);
	for (uint32_t i = 0; i < n->nout && all && e->side != SIDE_IN && e->side != SIDE_PARAM; i++)
		if (becomes_result(env, n, i))
			all = gather(env, f, n->out[i], &g);
	out->more = !all;
	out->n = g.n;
	if (f->type == RULE_WORD) {
		const char **w = rule_words(env, &out->n);

		memcpy(w, g.word, out->n * sizeof *w);
		out->word = w;
	} else {
		struct rule_num *r = rule_nums(env, &out->n);

		memcpy(r, g.num, out->n * sizeof *r);
		out->num = r;
	}
	out->more |= out->n < g.n;
}

/* ---- the tree ---- */

static void
eval_logic(struct rule_env *env, const struct rule_expr *e, struct rule_list *out)
{
	struct rule_list a;
	enum rule_truth t, other;

	rule_eval(env, e->child, &a);
	t = rule_truth_of(&a);
	if (e->kind == EXPR_NOT) {
		rule_give_bool(env, out, opposite(t));
		return;
	}
	if (t != (e->kind == EXPR_AND ? RULE_FALSE : RULE_TRUE)) {
		rule_eval(env, e->child->next, &a);
		other = rule_truth_of(&a);
		t = (e->kind == EXPR_AND) == (other < t) ? other : t;
	}
	rule_give_bool(env, out, t);
}

static void
eval_fact(struct rule_env *env, const struct rule_expr *e, struct rule_list *out)
{
	struct rule_list args[8];
	uint32_t n = 0;

	for (const struct rule_expr *x = e->child; x != NULL && n < 8; x = x->next)
		rule_eval(env, x, &args[n++]);
	e->fact->get(env, args, n, out);
}

void
rule_eval(struct rule_env *env, const struct rule_expr *e, struct rule_list *out)
{
	struct rule_param p;

	*out = (struct rule_list){ .type = e->type };
	switch (e->kind) {
	case EXPR_NUM:
		rule_give_num(env, out, e->num);
		break;
	case EXPR_WORDS:
		out->word = e->words;
		out->n = e->nwords;
		break;
	case EXPR_FACT:
		eval_fact(env, e, out);
		break;
	case EXPR_PARAM:
		if (rule_param(env, e->name, &p))
			rule_param_list(env, &p, e->type, out);
		break;
	case EXPR_HAS:
		rule_give_bool(env, out, rule_param(env, e->name, &p) &&
		    (p.nvalues > 0 || p.attr != NULL) ? RULE_TRUE : RULE_FALSE);
		break;
	case EXPR_TENSOR:
		eval_tensor(env, e, out);
		break;
	case EXPR_INDEX:
		eval_index(env, e, out);
		break;
	case EXPR_NOT:
	case EXPR_AND:
	case EXPR_OR:
		eval_logic(env, e, out);
		break;
	case EXPR_COMPARE:
	case EXPR_IN:
		eval_compare(env, e, out);
		break;
	case EXPR_SUM:
	case EXPR_NEGATE:
		eval_sum(env, e, out);
		break;
	case EXPR_FOLD:
		eval_fold(env, e, out);
	}
}

/* ---- rules ---- */

static void
rewind_scratch(struct rule_env *env)
{
	env->scratch->nnum = env->scratch->nword = env->scratch->nvalue = 0;
}

enum rule_truth
rule_holds(struct rule_env *env, const struct rule *r, const struct node *n)
{
	struct rule_list l;

	env->n = n;
	rewind_scratch(env);
	if (r->when == NULL)
		return RULE_TRUE;
	rule_eval(env, r->when, &l);
	return rule_truth_of(&l);
}

static bool
named(const struct node *n, const char *op, const char *want)
{
	size_t domain = n->domain->len;

	if (strcmp(op, want) == 0)
		return true;
	return domain > 0 && strncmp(want, n->domain->s, domain) == 0 &&
	    strncmp(want + domain, "::", 2) == 0 && strcmp(want + domain + 2, op) == 0;
}

bool
rule_target_takes(struct rule_env *env, const struct rule_target *t, const struct node *n)
{
	if (n == NULL || t->by == FOR_MODEL)
		return n == NULL && t->by == FOR_MODEL;
	if (t->by == FOR_KIND)
		return n->op != NULL && (int)n->op->sem == t->number;
	if (t->by == FOR_FAMILY)
		return n->op != NULL && (int)sem_family(n->op->sem) == t->number;
	return t->by == FOR_ALL || named(n, rule_op(env), t->name);
}

static struct candidates *
find_candidates(const struct scratch *s, const struct candidates *want)
{
	uint32_t i = s->nheads > 0 ? s->heads[want->hash & (s->nheads - 1)] : NO_CANDIDATES;

	for (; i != NO_CANDIDATES; i = s->known[i].next) {
		struct candidates *c = &s->known[i];

		if (c->hash == want->hash && c->set == want->set && c->sem == want->sem &&
		    c->domain == want->domain && strcmp(c->op, want->op) == 0)
			return c;
	}
	return NULL;
}

static void
link_candidates(struct scratch *s, uint32_t i)
{
	uint32_t *head = &s->heads[s->known[i].hash & (s->nheads - 1)];

	s->known[i].next = *head;
	*head = i;
}

/* A model may have as many operations as nodes. */
static struct candidates *
add_candidates(struct arena *arena, struct scratch *s, const struct candidates *c)
{
	s->known = arena_grow(arena, s->known, s->nknown, sizeof *s->known);
	s->known[s->nknown++] = *c;
	if (s->nknown <= s->nheads) {
		link_candidates(s, s->nknown - 1);
		return &s->known[s->nknown - 1];
	}
	s->nheads = s->nheads == 0 ? 64 : 2 * s->nheads;
	s->heads = arena_array(arena, s->nheads, sizeof *s->heads);
	memset(s->heads, 0xff, s->nheads * sizeof *s->heads);
	for (uint32_t i = 0; i < s->nknown; i++)
		link_candidates(s, i);
	return &s->known[s->nknown - 1];
}

static const struct candidates *
candidates_of(struct rule_env *env, const struct ruleset *set, const struct node *n)
{
	struct scratch *s = (struct scratch *)(void *)env->scratch;
	struct candidates want = { .set = set, .op = n == NULL ? "" : rule_op(env),
		.domain = n == NULL ? NULL : n->domain,
		.sem = n == NULL ? -1 : n->op == NULL ? 0 : (int)n->op->sem }, *c;

	want.hash = hash_pair((uintptr_t)set + (unsigned)want.sem, (uintptr_t)want.domain);
	want.hash = hash_bytes(want.hash, want.op, strlen(want.op));
	if ((c = find_candidates(s, &want)) != NULL)
		return c;
	c = add_candidates(env->arena, s, &want);
	for (uint32_t i = 0; i < set->n; i++) {
		bool takes = false;

		for (uint32_t k = 0; k < set->rules[i].ntargets && !takes; k++)
			takes = rule_target_takes(env, &set->rules[i].targets[k], n);
		if (!takes || set->rules[i].replaced)
			continue;
		c->list = arena_grow(env->arena, c->list, c->n, sizeof *c->list);
		c->list[c->n++] = &set->rules[i];
	}
	return c;
}

void
rules_each(struct rule_env *env, const struct ruleset *set, const struct node *n,
	bool (*fn)(void *, const struct rule *, enum rule_truth), void *arg)
{
	const struct candidates *c;
	enum rule_truth t;

	env->n = n;
	rewind_scratch(env);
	c = candidates_of(env, set, n);
	for (uint32_t i = 0; i < c->n; i++) {
		t = rule_holds(env, c->list[i], n);
		if (t != RULE_FALSE && !fn(arg, c->list[i], t))
			break;
	}
}

static void
print_list(struct sink *out, const struct rule_list *l)
{
	if (l->n == 0)
		sink_puts(out, l->more ? "?" : "none");
	for (uint32_t i = 0; i < l->n; i++) {
		sink_puts(out, i > 0 ? "," : "");
		if (l->type == RULE_WORD) {
			const char *w = l->word[i] != NULL ? l->word[i] : "?";

			sink_write(out, w, strlen(w));
		} else if (l->num[i].lo == l->num[i].hi) {
			sink_double(out, l->num[i].lo, false, false);
		} else if (l->num[i].lo > 1 && isinf(l->num[i].hi)) {
			sink_double(out, l->num[i].lo, false, false);
			sink_puts(out, " or more");
		} else {
			sink_puts(out, "?");
		}
	}
}

void
rule_says(struct rule_env *env, const struct rule *r, const struct node *n, struct sink *out)
{
	struct rule_list l;

	env->n = n;
	rewind_scratch(env);
	for (uint32_t i = 0; i < r->nparts; i++) {
		const struct rule_part *p = &r->parts[i];

		for (uint32_t k = 0; k < p->n; k++)
			if (strchr(" \t\r\n", p->text[k]) == NULL)
				sink_write(out, p->text + k, 1);
			else if (k + 1 == p->n || strchr(" \t\r\n", p->text[k + 1]) == NULL)
				sink_puts(out, " ");
		if (p->expr == NULL)
			continue;
		rule_eval(env, p->expr, &l);
		print_list(out, &l);
	}
}
