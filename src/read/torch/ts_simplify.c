/* SPDX-License-Identifier: Apache-2.0 */
/* The small rewrites of libtorch: tuples that are made and taken apart, tests
 * for None whose answer the types give, lists and dictionaries that nobody
 * changes. They are done because the graph that converters see has them done. */
#include <string.h>

#include "base/ctx.h"
#include "read/torch/ts_alias.h"
#include "read/torch/ts_unit.h"

static bool
made_by(struct ts_val *v, enum ts_kind kind)
{
	v = ts_now(v);
	return v->node != NULL && v->node->kind == kind;
}

static int64_t
wrapped(int64_t i, uint32_t n)
{
	return i < 0 ? i + n : i;
}

bool
ts_lower_tuples(struct ts_unit *u, struct ts_block *b)
{
	bool changed = false;
	struct ts_node *made;
	int64_t i;

	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		for (uint32_t k = 0; k < n->nblocks; k++)
			changed |= ts_lower_tuples(u, n->blocks[k]);
		if ((n->kind != N_TUPLE_UNPACK && n->kind != N_TUPLE_INDEX) ||
		    !made_by(n->in[0], N_TUPLE))
			continue;
		made = ts_in(n, 0)->node;
		if (n->kind == N_TUPLE_INDEX && (n->nin < 2 || !ts_is(ts_in(n, 1), C_INT)))
			continue;
		i = n->kind == N_TUPLE_INDEX ? wrapped(n->in[1]->k->v.i, made->nin) : 0;
		for (uint32_t k = 0; k < n->nout && i >= 0 && i + k < made->nin; k++)
			ts_replace(n->out[k], made->in[i + k]);
		changed = true;
	}
	return changed;
}

static bool
is_op(const struct ts_node *n, const char *domain, const char *name)
{
	return n->kind == N_OP && strcmp(n->type->s, name) == 0 &&
	    strcmp(n->domain->s, domain) == 0;
}

static bool
give(struct ts_node *n, struct ts_val *v)
{
	ts_replace(n->out[0], v);
	return true;
}

/* An output that is the condition; an output that turned out not to be optional. */
static bool
simplify_if(struct ts_unit *u, struct ts_node *n)
{
	bool changed = false;

	for (uint32_t i = 0; i < n->nout; i++) {
		struct ts_val *a = ts_now(n->blocks[0]->out[i]), *b = ts_now(n->blocks[1]->out[i]);
		struct ts_val *out = n->out[i];

		if (out->to != NULL)
			continue;
		if (out->type == u->t.b && ts_is(a, C_BOOL) && a->k->v.i && ts_is(b, C_BOOL) &&
		    !b->k->v.i) {
			ts_replace(out, n->in[0]);
			changed = true;
		} else if (out->type != NULL && out->type->tag == TY_OPT && a->type != NULL &&
		    b->type != NULL && a->type->tag != TY_OPT && b->type->tag != TY_OPT) {
			const struct type *both = ts_unify(u, a->type, b->type);

			changed |= both != NULL && both != out->type;
			out->type = both != NULL ? both : out->type;
		}
	}
	return changed;
}

static bool
simplify_is(struct ts_unit *u, struct ts_node *n)
{
	bool isnot = strcmp(n->type->s, "__isnot__") == 0;

	if (n->nin != 2)
		return false;
	for (uint32_t i = 0; i < 2; i++)
		if (ts_must_be_none(u, ts_in(n, i)) && ts_cannot_be_none(u, ts_in(n, 1 - i)))
			return give(n, ts_bool(u, isnot));
	return false;
}

static int64_t
int_constant(struct ts_unit *u, struct ts_node *n, bool *found)
{
	*found = false;
	if (n->nin != 2 || n->nkw > 0 || ts_in(n, 0)->type != u->t.i ||
	    ts_in(n, 1)->type != u->t.i)
		return 0;
	if ((is_op(n, "aten", "mul") || is_op(n, "aten", "add")) && ts_is(n->in[0], C_INT)) {
		struct ts_val *first = n->in[0];

		n->in[0] = n->in[1];
		n->in[1] = first;
	}
	*found = ts_is(n->in[1], C_INT);
	return *found ? n->in[1]->k->v.i : 0;
}

/* x + 1 + 2 and the like of integers. */
static bool
simplify_sum(struct ts_unit *u, struct ts_node *n)
{
	struct ts_node *before;
	bool found;
	int64_t c = int_constant(u, n, &found), d, sum;

	if (!found)
		return false;
	if (c == 0)
		return give(n, n->in[0]);
	before = n->in[0]->node;
	if (before == NULL || (!is_op(before, "aten", "add") && !is_op(before, "aten", "sub")))
		return false;
	d = int_constant(u, before, &found);
	if (!found || (before->type == n->type ? __builtin_add_overflow(c, d, &sum) :
	    __builtin_sub_overflow(c, d, &sum)))
		return false;
	if (sum == 0)
		return give(n, before->in[0]);
	n->in[0] = before->in[0];
	n->in[1] = ts_int(u, sum);
	return true;
}

static bool
never_throws(const struct ts_unit *u, const struct type *t)
{
	if (t != NULL && t->tag == TY_LIST)
		t = t->elem;
	return t == u->t.b || t == u->t.i || t == u->t.f || t == u->t.none;
}

/* A number made a tensor and taken out again. */
static bool
simplify_cast(struct ts_unit *u, struct ts_node *n)
{
	struct ts_val *v = n->nin == 1 ? ts_in(n, 0) : NULL;
	bool ints = is_op(n, "aten", "Int") || is_op(n, "aten", "ceil");

	if (v == NULL)
		return false;
	if (!is_op(n, "aten", "ceil") && v->node != NULL && is_op(v->node, "prim", "NumToTensor"))
		return give(n, v->node->in[0]);
	return ints && v->type == u->t.i && give(n, v);
}

static bool
simplify_op(struct ts_unit *u, struct ts_node *n)
{
	static const char *const casts[] = { "Int", "Float", "ceil", "IntImplicit",
		"FloatImplicit", "ScalarImplicit" };
	const char *op = n->type->s;
	bool found;

	if (strcmp(n->domain->s, "aten") != 0) {
		if (strcmp(op, "unchecked_unwrap_optional") == 0)
			return ts_cannot_be_none(u, ts_in(n, 0)) && give(n, n->in[0]);
		return false;
	}
	if (strcmp(op, "__is__") == 0 || strcmp(op, "__isnot__") == 0)
		return simplify_is(u, n);
	if (strcmp(op, "_unwrap_optional") == 0)
		return ts_cannot_be_none(u, ts_in(n, 0)) && give(n, n->in[0]);
	if (strcmp(op, "add") == 0 || strcmp(op, "sub") == 0)
		return simplify_sum(u, n);
	if (strcmp(op, "mul") == 0 || strcmp(op, "floordiv") == 0 || strcmp(op, "div") == 0)
		return int_constant(u, n, &found) == 1 && found && give(n, n->in[0]);
	if (strcmp(op, "eq") == 0 || strcmp(op, "ne") == 0)
		return n->nin == 2 && ts_in(n, 0) == ts_in(n, 1) &&
		    never_throws(u, n->in[0]->type) && give(n, ts_bool(u, *op == 'e'));
	if (strcmp(op, "t") == 0 && n->nin == 1 && ts_in(n, 0)->node != NULL &&
	    is_op(n->in[0]->node, "aten", "t"))
		return give(n, n->in[0]->node->in[0]);
	for (size_t i = 0; i < sizeof casts / sizeof *casts; i++)
		if (strcmp(op, casts[i]) == 0)
			return simplify_cast(u, n);
	return false;
}

static bool
simplify(struct ts_unit *u, struct ts_node *n)
{
	bool changed = false;

	for (uint32_t i = 0; i < n->nout; i++) {
		if (n->out[i]->to != NULL || n->out[i]->type != u->t.none)
			continue;
		ts_replace(n->out[i], ts_none(u));
		changed = true;
	}
	if (n->nout > 0 && n->out[0]->to != NULL && n->kind != N_IF)
		return changed;
	if (n->kind == N_IF)
		return simplify_if(u, n) || changed;
	if (n->kind == N_CAST && ts_in(n, 0)->type != NULL &&
	    ts_subtype(u, n->in[0]->type, n->out[0]->type))
		return give(n, n->in[0]);
	return (n->kind == N_OP && n->nin > 0 && n->nout == 1 && simplify_op(u, n)) || changed;
}

static bool
walk(struct ts_unit *u, struct ts_block *b)
{
	bool changed = false;

	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		for (uint32_t i = 0; i < n->nblocks; i++)
			changed |= walk(u, n->blocks[i]);
		changed |= simplify(u, n);
	}
	return changed;
}

/* Lists and dictionaries that are made here and that nothing writes. */
struct containers { struct ts_unit *u; struct ts_aliases aliases; };

static bool
untouched(struct containers *c, struct ts_val *v)
{
	return !c->aliases.any || !ts_alias_of(&c->aliases, v)->written;
}

static struct ts_val *
list_before(struct ts_unit *u, struct ts_node *n)
{
	struct ts_node *made = ts_prim(u, N_LIST);

	made->off = n->off;
	made->end = n->end;
	made->home = n->home;
	made->frame = n->frame;
	ts_insert_before(n, made);
	return ts_add_out(u, made, n->out[0]->type);
}

static bool
list_sum(struct containers *c, struct ts_node *n, struct ts_node *a)
{
	struct ts_val *v;
	struct ts_node *b;

	if (n->nin != 2 || !made_by(n->in[1], N_LIST) || !untouched(c, n->in[1]))
		return false;
	b = ts_in(n, 1)->node;
	v = list_before(c->u, n);
	for (uint32_t i = 0; i < a->nin; i++)
		ts_add_in(c->u, v->node, a->in[i]);
	for (uint32_t i = 0; i < b->nin; i++)
		ts_add_in(c->u, v->node, b->in[i]);
	return give(n, v);
}

/* Bounds as Python clips them. */
static bool
list_slice(struct containers *c, struct ts_node *n, struct ts_node *a)
{
	int64_t at[3] = { 0, INT64_MAX, 1 };
	struct ts_val *v;

	for (uint32_t i = 1; i < n->nin && i < 4; i++) {
		if (ts_in(n, i)->k == NULL)
			return false;
		if (ts_is(n->in[i], C_INT))
			at[i - 1] = n->in[i]->k->v.i;
	}
	if (at[2] <= 0)
		return false;
	for (int i = 0; i < 2; i++) {
		at[i] = wrapped(at[i], a->nin);
		at[i] = at[i] < 0 ? 0 : at[i] > (int64_t)a->nin ? (int64_t)a->nin : at[i];
	}
	v = list_before(c->u, n);
	for (int64_t i = at[0]; i < at[1]; i += at[2])
		ts_add_in(c->u, v->node, a->in[i]);
	return give(n, v);
}

static bool
list_op(struct containers *c, struct ts_node *n)
{
	struct ts_node *a = ts_in(n, 0)->node;
	int64_t i;

	if (!untouched(c, n->in[0]))
		return false;
	if (n->kind == N_LIST_UNPACK) {
		for (uint32_t k = 0; k < n->nout && a->nin == n->nout; k++)
			ts_replace(n->out[k], a->in[k]);
		return a->nin == n->nout;
	}
	if (n->nout != 1 || n->out[0]->to != NULL)
		return false;
	if (is_op(n, "aten", "len"))
		return give(n, ts_int(c->u, a->nin));
	if (is_op(n, "aten", "__getitem__") && n->nin == 2 && ts_is(ts_in(n, 1), C_INT)) {
		i = wrapped(n->in[1]->k->v.i, a->nin);
		return i >= 0 && i < (int64_t)a->nin && give(n, a->in[i]);
	}
	if (is_op(n, "aten", "add"))
		return list_sum(c, n, a);
	return is_op(n, "aten", "slice") && list_slice(c, n, a);
}

static bool
key_equal(const struct ts_val *a, const struct ts_val *b)
{
	return a->k->kind == b->k->kind && (a->k->kind == C_STR ? a->k->s == b->k->s :
	    a->k->kind == C_INT ? a->k->v.i == b->k->v.i : a->k->v.f == b->k->v.f);
}

/* Are all keys constants, each there once? */
static bool
plain_keys(struct ts_node *d)
{
	for (uint32_t i = 0; i < d->nin; i += 2) {
		if (!ts_is(ts_in(d, i), C_STR) && !ts_is(d->in[i], C_INT) &&
		    !ts_is(d->in[i], C_FLOAT))
			return false;
		for (uint32_t k = 0; k < i; k += 2)
			if (key_equal(d->in[i], d->in[k]))
				return false;
	}
	return true;
}

static bool
dict_op(struct containers *c, struct ts_node *n)
{
	struct ts_node *d = ts_in(n, 0)->node;
	bool len = is_op(n, "aten", "len");

	if (n->nout != 1 || n->out[0]->to != NULL || !untouched(c, n->in[0]) || d->nin > 4096 ||
	    !plain_keys(d))
		return false;
	if (len)
		return give(n, ts_int(c->u, d->nin / 2));
	if (!is_op(n, "aten", "__getitem__") || n->nin != 2 || ts_in(n, 1)->k == NULL)
		return false;
	for (uint32_t i = 0; i + 1 < d->nin; i += 2)
		if (key_equal(d->in[i], n->in[1]))
			return give(n, d->in[i + 1]);
	return false;
}

static bool
look_into(struct containers *c, struct ts_block *b)
{
	bool changed = false;

	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		for (uint32_t i = 0; i < n->nblocks; i++)
			changed |= look_into(c, n->blocks[i]);
		if (n->nin == 0 || (n->kind != N_OP && n->kind != N_LIST_UNPACK))
			continue;
		if (made_by(n->in[0], N_LIST))
			changed |= list_op(c, n);
		else if (made_by(n->in[0], N_DICT))
			changed |= dict_op(c, n);
	}
	return changed;
}

static bool
has_containers(const struct ts_block *b)
{
	for (const struct ts_node *n = b->first; n != NULL; n = n->next) {
		if ((n->kind == N_OP || n->kind == N_LIST_UNPACK) && n->nin > 0 &&
		    (made_by(n->in[0], N_LIST) || made_by(n->in[0], N_DICT)))
			return true;
		for (uint32_t i = 0; i < n->nblocks; i++)
			if (has_containers(n->blocks[i]))
				return true;
	}
	return false;
}

/* dim() of a convolution is known. */
static bool
known_dims(struct ts_unit *u, struct ts_block *b)
{
	bool changed = false;

	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		struct ts_node *made = n->nin == 1 ? ts_in(n, 0)->node : NULL;

		for (uint32_t i = 0; i < n->nblocks; i++)
			changed |= known_dims(u, n->blocks[i]);
		if (!is_op(n, "aten", "dim") || made == NULL || made->kind != N_OP ||
		    n->out[0]->to != NULL || strncmp(made->type->s, "conv", 4) != 0 ||
		    made->type->len != 6 || made->type->s[5] != 'd')
			continue;
		changed |= give(n, ts_int(u, made->type->s[4] - '0' + 2));
	}
	return changed;
}

/* Adds an integer 0 to a tensor, or multiplies it by 1. */
static bool
keeps_tensor(struct ts_node *n)
{
	bool sum = is_op(n, "aten", "add") || is_op(n, "aten", "sub");
	const struct ts_val *by = n->nin > 1 ? ts_in(n, 1) : NULL;

	if (by == NULL || (!sum && !is_op(n, "aten", "mul")) || !ts_is_tensor(ts_in(n, 0)->type) ||
	    !ts_is(by, C_INT) || by->k->v.i != (sum ? 0 : 1))
		return false;
	return n->nin == 2 || (sum && n->nin == 3 && ts_is(ts_in(n, 2), C_INT) &&
	    n->in[2]->k->v.i == 1);
}

static bool
has_kept(struct ts_block *b)
{
	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		if (keeps_tensor(n))
			return true;
		for (uint32_t i = 0; i < n->nblocks; i++)
			if (has_kept(n->blocks[i]))
				return true;
	}
	return false;
}

/* Results that are their operand, unless both can be seen from outside, where they
 * have to be two tensors. */
static bool
drop_kept(const struct ts_aliases *a, struct ts_block *b)
{
	const struct ts_class_of *x, *y;
	bool changed = false;

	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		for (uint32_t i = 0; i < n->nblocks; i++)
			changed |= drop_kept(a, n->blocks[i]);
		if (!keeps_tensor(n) || n->out[0]->to != NULL)
			continue;
		x = ts_alias_of(a, n->in[0]);
		y = ts_alias_of(a, n->out[0]);
		if (!x->written && !y->written && !(x->outside && y->outside))
			changed |= give(n, n->in[0]);
	}
	return changed;
}

static bool
kept_tensors(struct ts_unit *u, struct ts_block *b)
{
	struct ts_aliases a;

	if (!has_kept(b))
		return false;
	ts_alias(&a, u, b, true);
	for (uint32_t i = 0; i < b->nout; i++)
		ts_alias_of(&a, b->out[i])->outside = true;
	return drop_kept(&a, b);
}

bool
ts_peephole(struct ts_unit *u, struct ts_block *b)
{
	struct containers c = { .u = u };
	bool changed = walk(u, b);

	if (has_containers(b)) {
		ts_alias(&c.aliases, u, b, false);
		changed |= look_into(&c, b);
	}
	changed |= known_dims(u, b);
	return kept_tensors(u, b) || changed;
}
