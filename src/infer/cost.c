/* SPDX-License-Identifier: Apache-2.0 */
/* Costs of nodes and their sums. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/str.h"
#include "infer/cost_state.h"
#include "infer/mil/mil_kinds.h"
#include "ir/held.h"
#include "ir/tensor.h"

/* Declared as -1 it may be anything. */
const struct dim *
cost_dim(struct infer *f, const struct dim *d)
{
	int64_t lo, hi;

	dim_bounds(d, &lo, &hi);
	return hi < 0 ? unknown_dim(f) : d;
}

const struct dim *
cost_product(struct infer *f, const struct dim *const *d, uint32_t from, uint32_t to)
{
	const struct dim *p = dk(f, 1);

	for (uint32_t i = from; i < to; i++)
		p = dim_mul(f->types, p, cost_dim(f, d[i]));
	return p;
}

const struct dim *
cost_elements(struct infer *f, const struct type *t)
{
	if (!is_shaped(t))
		return t != NULL && t->tag == TY_SCALAR ? dk(f, 1) : unknown_dim(f);
	return cost_product(f, t->dims, 0, t->rank);
}

static const struct dim *
type_bytes(struct infer *f, const struct type *t)
{
	const struct dim *n = cost_elements(f, t);
	unsigned bits = dtype_bits(elem_dtype(t));

	if (t == NULL || !is_tensor(t))
		return dk(f, 0);
	if (elem_dtype(t) == DT_NONE)
		return unknown_dim(f);
	return bits % 8 == 0 ? dim_mulk(f->types, n, bits / 8) :
	    dim_ceil(f->types, dim_mulk(f->types, n, bits), dk(f, 8));
}

const struct dim *
cost_bytes(struct infer *f, const struct fact *x)
{
	const struct dim *sum = dk(f, 0);

	if (x->type == NULL)
		return x->val != NULL ? sum : unknown_dim(f);
	if (x->val == NULL || x->val->kind != VAL_LIST)
		return type_bytes(f, x->type);
	for (uint32_t i = 0; i < x->val->n; i++)
		sum = dim_add(f->types, sum, type_bytes(f, x->val->u.items[i].type));
	return sum;
}

bool
cost_is_view(const struct node *n)
{
	if (n->op == NULL)
		return false;
	if (n->op->flags & (OP_VIEW | OP_WRITES))
		return true;
	switch ((unsigned)n->op->sem) {
	case SEM_IDENTITY: case SEM_RESHAPE: case SEM_FLATTEN: case SEM_SQUEEZE:
	case SEM_UNSQUEEZE:
		return n->nout == 1;
	default:
		return false;
	}
}

/* Answers about values, not computations on them. */
static bool
is_free(const struct node *n)
{
	enum family fam = n->op != NULL ? sem_family(n->op->sem) : FAM_OTHER;

	if (n->op == NULL)
		return false;
	return n->op->sem == SEM_SHAPE || n->op->sem == SEM_SIZE || n->op->sem == SEM_CONST ||
	    fam == FAM_SEQUENCE || fam == FAM_CONTROL || n->op->flags & OP_AT_LOAD ||
	    (cost_is_view(n) && !(n->op->flags & OP_WRITES));
}

/* --- sums ---------------------------------------------------------------- */

/* Sums of many dims, few of which differ: numbers apart, and how often each of the
 * last different ones came, so that no dim is made for each step. What is too large
 * for a number or for arithmetic is not known. */
enum { FIELDS = 6, LAST = 8 };
struct sum {
	int64_t number;
	bool large;             /* it has left 63 bits */
	const struct dim *rest; /* NULL: zero */
	struct { const struct dim *d; int64_t n; } seen[LAST];
	uint32_t next;
};
struct sums { struct sum of[FIELDS]; uint32_t nodes, unknown, large; };

static void
sum_flush(struct infer *f, struct sum *s, uint32_t i)
{
	const struct dim *d;

	if (s->seen[i].d == NULL)
		return;
	d = dim_mulk(f->types, s->seen[i].d, s->seen[i].n);
	d = s->rest != NULL ? dim_add(f->types, s->rest, d) : d;
	if (!dim_has_anon(d))
		s->rest = d;
	else
		s->large = true;
	s->seen[i].d = NULL;
}

static void
sum_add(struct infer *f, struct sum *s, const struct dim *d)
{
	int64_t v;

	if (dim_has_anon(d))
		return;
	if (dim_number(d, &v)) {
		s->large |= __builtin_add_overflow(s->number, v, &s->number);
		return;
	}
	for (uint32_t i = 0; i < LAST; i++) {
		if (s->seen[i].d == d) {
			s->seen[i].n++;
			return;
		}
	}
	sum_flush(f, s, s->next);
	s->seen[s->next].d = d;
	s->seen[s->next].n = 1;
	s->next = (s->next + 1) % LAST;
}

static const struct dim *
sum_end(struct infer *f, struct sum *s)
{
	for (uint32_t i = 0; i < LAST; i++)
		sum_flush(f, s, i);
	if (s->large)
		return unknown_dim(f);
	return s->rest != NULL ? dim_addk(f->types, s->rest, s->number) : dk(f, s->number);
}

static void
add_cost(struct infer *f, struct sums *to, const struct cost *c)
{
	const struct dim *const list[FIELDS] = { c->params, c->buffers, c->macs, c->flops,
	    c->read, c->written };

	for (int i = 0; i < FIELDS; i++)
		sum_add(f, &to->of[i], list[i]);
	to->nodes += c->nodes;
	to->unknown += c->unknown;
	to->large += c->large;
}

static struct cost
end_sums(struct infer *f, struct sums *s)
{
	return (struct cost){ sum_end(f, &s->of[0]), sum_end(f, &s->of[1]), sum_end(f, &s->of[2]),
	    sum_end(f, &s->of[3]), sum_end(f, &s->of[4]), sum_end(f, &s->of[5]), s->nodes,
	    s->unknown, s->large };
}

struct adder {
	struct infer *f;
	struct costs *c;
	struct sum weights;    /* bytes of constants */
	bool *seen;            /* by value id: its parameters are counted */
	struct held_set stored; /* the same of tensors */
	struct held_set roles;  /* what tensors are held as: enum role_kind */
};

bool
cost_is_weight(const struct value *v)
{
	if (v->flags & VALUE_LITERAL)
		return false;
	return v->flags & VALUE_INITIALIZER || v->constant != NULL || (v->producer != NULL &&
	    v->producer->op != NULL && v->producer->op->flags & OP_AT_LOAD);
}

static const struct dim *
held_by_attributes(struct adder *a, const struct node *n)
{
	struct infer *f = a->f;
	int64_t sum = 0, k;

	for (uint32_t i = 0; f->model->dialect == DIALECT_NN && i < n->nattrs; i++)
		if (n->attrs[i].kind == ATTR_TENSOR) {
			k = (int64_t)(n->attrs[i].v.t->numel & INT64_MAX);
			sum = sum > INT64_MAX / 2 || k > INT64_MAX / 2 ? sum : sum + k;
		}
	/* held in 32 bits by the engine, whatever they are stored in */
	sum_add(f, &a->weights, dk(f, sum < INT64_MAX / 4 ? 4 * sum : 0));
	return dk(f, sum);
}

/* Is it the first time that the storage is read? Equal numbers are one tensor. */
static bool
is_first(struct adder *a, const struct tensor *t)
{
	return t == NULL || t->flags & TENSOR_LITERAL ||
	    (*held_count(&a->stored, a->f->arena, t))++ == 0;
}

static bool
is_buffer(const struct adder *a, const struct tensor *t)
{
	uint64_t kind = t != NULL ? held_counted(&a->roles, t) : 0;

	return kind != 0 && kind != ROLE_PARAMETER;
}

/* n more elements of t, which may be NULL. */
static void
add_elements(struct adder *a, struct cost *c, const struct tensor *t, const struct dim *n)
{
	if (is_buffer(a, t))
		c->buffers = dim_add(a->f->types, c->buffers, n);
	else
		c->params = dim_add(a->f->types, c->params, n);
}

static int64_t
capped(int64_t sum, uint64_t more)
{
	return more > INT64_MAX / 4 || sum > INT64_MAX / 4 ? sum : sum + (int64_t)more;
}

/* What a list or object holds, whose bytes no type tells. */
static void
add_held(struct adder *a, const struct value *v, struct cost *c)
{
	struct infer *f = a->f;
	int64_t bytes = 0;
	const struct tensor *t;

	c->read = dim_addk(f->types, c->read, capped(0, tensor_held_bytes(v->constant)));
	for (uint32_t i = 0; !a->seen[v->id] && (t = tensor_held(v->constant, i)) != NULL; i++) {
		if (!is_first(a, t))
			continue;
		add_elements(a, c, t, dk(f, capped(0, t->numel)));
		bytes = capped(bytes, tensor_bytes(t));
	}
	a->seen[v->id] = true;
	sum_add(f, &a->weights, dk(f, bytes));
}

/* In an ML Program axes, sizes and switches are constants as weights are: what it learnt
 * are arrays of floats, what lies in the file of weights, or is made at load. */
static bool
is_learnt(const struct adder *a, const struct value *v)
{
	const struct type *t = fact_of(a->f, v)->type;

	return a->f->model->dialect != DIALECT_MIL || v->constant == NULL ||
	    v->constant->flags & TENSOR_EXTERNAL ||
	    (dtype_class(elem_dtype(t)) == DC_FLOAT && is_shaped(t) && t->rank > 0);
}

static void
add_operands(struct adder *a, const struct node *n, struct cost *c)
{
	struct infer *f = a->f;
	const struct dim *bytes;

	if (!dim_is(c->params, 0))
		c->read = dim_mulk(f->types, c->params, 4);
	for (uint32_t i = 0; i < n->nin; i++) {
		const struct value *v = n->in[i];

		if (v == NULL || (v->flags & VALUE_LITERAL))
			continue;
		if (v->constant != NULL && v->constant->items != NULL) {
			add_held(a, v, c);
			continue;
		}
		bytes = cost_bytes(f, fact_of(f, v));
		if (cost_is_weight(v) && !a->seen[v->id] && is_learnt(a, v)) {
			a->seen[v->id] = true;
			if (is_first(a, v->constant)) {
				add_elements(a, c, v->constant,
				    cost_elements(f, fact_of(f, v)->type));
				sum_add(f, &a->weights, bytes);
			}
		}
		c->read = dim_add(f->types, c->read, bytes);
	}
}

static bool
reads_a_part(const struct node *n)
{
	return n->op != NULL && (n->op->sem == SEM_GATHER || n->op->sem == SEM_SLICE ||
	    n->op->sem == SEM_GATHER_ELEMENTS || n->op->sem == SEM_GATHER_ND);
}

/* Arithmetic that is no product. */
static const struct dim *
other_flops(struct infer *f, const struct node *n)
{
	const struct type *from;

	switch ((unsigned)(n->op != NULL ? sem_family(n->op->sem) : FAM_OTHER)) {
	case FAM_ELEMENTWISE: case FAM_ACT:
		return n->op->sem == SEM_DROPOUT || n->op->sem == SEM_CAST || n->nout == 0 ?
		    dk(f, 0) : cost_elements(f, fact_of(f, n->out[0])->type);
	case FAM_NORM: case FAM_REDUCE: case FAM_POOL:
		if (n->nin == 0)
			return dk(f, 0);
		/* programs have operands in any order */
		from = f->model->dialect == DIALECT_MIL ? param_main(f, n) : NULL;
		return cost_elements(f, from != NULL ? from : operand_fact(f, n, 0)->type);
	default:
		return dk(f, 0);
	}
}

static struct cost
cost_of(struct adder *a, const struct node *n)
{
	struct infer *f = a->f;
	const struct dim *zero = dk(f, 0);
	struct cost c = { held_by_attributes(a, n), zero, zero, zero, zero, zero, 1, 0, 0 };

	f->types->overflowed = false;
	add_operands(a, n, &c);
	if (is_free(n)) {
		c.read = zero;
		return c;
	}
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL)
			c.written = dim_add(f->types, c.written,
			    cost_bytes(f, fact_of(f, n->out[i])));
	if (reads_a_part(n))
		c.read = c.written;
	c.macs = cost_macs(f, n);
	c.flops = dim_add(f->types, dim_mulk(f->types, c.macs, 2), other_flops(f, n));
	c.unknown = dim_has_anon(c.macs) || dim_has_anon(c.flops) || dim_has_anon(c.read) ||
	    dim_has_anon(c.written);
	c.large = c.unknown && f->types->overflowed;
	return c;
}

/* --- groups -------------------------------------------------------------- */

struct named_sums { const struct str *name; struct sums sums; };
struct table { struct named_sums *list; uint32_t *slot; uint32_t n, mask; };

static void
table_init(struct table *t, struct arena *a, uint32_t room)
{
	for (t->mask = 63; t->mask < room * 2; t->mask = t->mask * 2 + 1)
		continue;
	t->slot = arena_array(a, (size_t)t->mask + 1, sizeof *t->slot);
	t->list = NULL;
	t->n = 0;
}

static void
add_to_group(struct adder *a, struct table *t, const struct str *name, const struct cost *c)
{
	uint32_t i = (uint32_t)hash_pair(name->id, 0) & t->mask;

	while (t->slot[i] != 0 && t->list[t->slot[i] - 1].name != name)
		i = (i + 1) & t->mask;
	if (t->slot[i] == 0) {
		if (t->n > t->mask / 2)
			return; /* no more names than strings */
		t->list = arena_grow(a->f->arena, t->list, t->n, sizeof *t->list);
		memset(&t->list[t->n], 0, sizeof *t->list);
		t->list[t->n++].name = name;
		t->slot[i] = t->n;
	}
	add_cost(a->f, &t->list[t->slot[i] - 1].sums, c);
}

static int
by_cost(const void *pa, const void *pb)
{
	const struct cost_group *a = pa, *b = pb;
	uint64_t x = cost_sample(a->cost.macs), y = cost_sample(b->cost.macs);

	if (x == y) {
		x = cost_sample(a->cost.read) + cost_sample(a->cost.written);
		y = cost_sample(b->cost.read) + cost_sample(b->cost.written);
	}
	return x != y ? (x < y ? 1 : -1) : strcmp(a->name->s, b->name->s);
}

static const struct str *
op_name(struct infer *f, const struct node *n)
{
	const char *text;

	if (n->domain->len == 0 || strcmp(n->domain->s, "ai.onnx") == 0)
		return n->type;
	text = arena_printf(f->arena, "%s::%s", n->domain->s, n->type->s);
	return str_internz(&f->model->strs, text);
}

struct groups { struct table ops, scopes; };

/* All modules that a path lies in: a, a.b, a.b.c. */
static void
add_scopes(struct adder *a, struct table *t, const struct str *scope, const struct cost *c)
{
	for (uint32_t i = 1; i <= scope->len; i++)
		if (i == scope->len || scope->s[i] == '.' || scope->s[i] == '/')
			add_to_group(a, t, str_intern(&a->f->model->strs, scope->s, i), c);
}

static void add_graph(struct adder *, struct groups *, const struct graph *, struct sums *);

/* Is what the second takes more? */
static bool
dearer(const struct cost *a, const struct cost *b)
{
	uint64_t p = cost_sample(a->macs), q = cost_sample(b->macs);

	return p != q ? p < q : cost_sample(a->written) < cost_sample(b->written);
}

/* Branches: the dearer one, with what all of them hold. Other regions: all of them. */
static void
add_regions(struct adder *a, struct groups *g, const struct node *n, struct sums *sums)
{
	const struct dim *zero = dk(a->f, 0);
	struct cost one, held, best = { zero, zero, zero, zero, zero, zero, 0, 0, 0 };

	for (uint32_t i = 0; i < n->nregions; i++) {
		struct sums inner = { .nodes = 0 };

		add_graph(a, g, n->regions[i], &inner);
		one = end_sums(a->f, &inner);
		if (n->op == NULL || n->op->sem != SEM_IF) {
			add_cost(a->f, sums, &one);
			continue;
		}
		held = one;
		held.macs = held.flops = held.read = held.written = zero;
		held.nodes = held.unknown = held.large = 0;
		add_cost(a->f, sums, &held);
		one.params = one.buffers = zero;
		if (i == 0 || dearer(&best, &one))
			best = one;
	}
	add_cost(a->f, sums, &best);
}

static void
add_graph(struct adder *a, struct groups *g, const struct graph *graph, struct sums *sums)
{
	for (uint32_t i = 0; i < graph->nnodes; i++) {
		const struct node *n = graph->nodes[i];
		struct cost c = cost_of(a, n);

		ctx_step(a->f->ctx);
		a->c->node[n->id] = c;
		add_cost(a->f, sums, &c);
		if (!(n->op != NULL && n->op->flags & OP_AT_LOAD)) {
			add_to_group(a, &g->ops, op_name(a->f, n), &c);
			if (n->scope != NULL)
				add_scopes(a, &g->scopes, n->scope, &c);
		}
		if (n->nregions > 0)
			add_regions(a, g, n, sums);
	}
}

/* Dearest first. */
static struct cost_group *
end_table(struct infer *f, struct table *t)
{
	struct cost_group *list = arena_array(f->arena, t->n, sizeof *list);

	for (uint32_t i = 0; i < t->n; i++)
		list[i] = (struct cost_group){ t->list[i].name, end_sums(f, &t->list[i].sums) };
	if (t->n > 0)
		qsort(list, t->n, sizeof *list, by_cost);
	return list;
}

/* A tensor that is a parameter as well is one; so are weights packed in objects. */
static void
find_roles(struct adder *a, const struct model *m)
{
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		const struct graph *g = m->graphs[i];

		for (uint32_t k = 0; k < g->nroles; k++) {
			const struct role *r = &g->roles[k];
			uint64_t *kind;

			if (r->output || r->value == NULL || r->value->constant == NULL ||
			    (r->kind == ROLE_CONSTANT && r->value->flags & VALUE_PART))
				continue;
			kind = held_count(&a->roles, a->f->arena, r->value->constant);
			if (*kind != ROLE_PARAMETER)
				*kind = r->kind;
		}
	}
}

struct costs *
cost_model(struct ctx *ctx, struct arena *arena, struct model *m, struct infer *f)
{
	struct costs *c = arena_alloc(arena, sizeof *c);
	struct adder a = { .f = f, .c = c };
	struct sums all = { .nodes = 0 };
	const struct dim *zero = dk(f, 0);
	struct groups g;

	(void)ctx;
	c->node = arena_array(arena, m->nnodes, sizeof *c->node);
	for (uint32_t i = 0; i < m->nnodes; i++)
		c->node[i] = (struct cost){ zero, zero, zero, zero, zero, zero, 0, 0, 0 };
	a.seen = arena_array(arena, m->nvalues, sizeof *a.seen);
	table_init(&g.ops, arena, 1024);
	table_init(&g.scopes, arena, m->nnodes < 1u << 20 ? m->nnodes + 64 : 1u << 20);
	find_roles(&a, m);
	if (m->main != NULL)
		add_graph(&a, &g, m->main, &all);
	c->total = end_sums(f, &all);
	c->weights = sum_end(f, &a.weights);
	c->ops = end_table(f, &g.ops);
	c->nops = g.ops.n;
	c->scopes = end_table(f, &g.scopes);
	c->nscopes = g.scopes.n;
	cost_find_peak(f, &c->peak);
	return c;
}
