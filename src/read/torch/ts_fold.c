/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of constants become constants, branches of known conditions and loops
 * that do not run disappear: what libtorch does when it loads a function and
 * before it inlines it, on values that nothing can change. */
#include <math.h>
#include <string.h>

#include "base/ctx.h"
#include "ops/op.h"
#include "read/torch/ts_unit.h"

static double
number(const struct ts_val *v)
{
	return v->k->kind == C_FLOAT || v->k->kind == C_COMPLEX ? v->k->v.f : (double)v->k->v.i;
}

static bool
is_int(const struct ts_val *v)
{
	return ts_is(v, C_INT) || ts_is(v, C_BOOL);
}

static bool
is_real(const struct ts_val *v)
{
	return is_int(v) || ts_is(v, C_FLOAT);
}

static struct ts_val *
int_result(struct ts_unit *u, const char *op, int64_t a, int64_t b)
{
	int64_t r;

	if (strcmp(op, "add") == 0)
		return __builtin_add_overflow(a, b, &r) ? NULL : ts_int(u, r);
	if (strcmp(op, "sub") == 0)
		return __builtin_sub_overflow(a, b, &r) ? NULL : ts_int(u, r);
	if (strcmp(op, "mul") == 0)
		return __builtin_mul_overflow(a, b, &r) ? NULL : ts_int(u, r);
	if (b == 0 || (a == INT64_MIN && b == -1))
		return NULL;
	if (strcmp(op, "floordiv") == 0)
		return ts_int(u, a / b - (a % b != 0 && (a < 0) != (b < 0)));
	if (strcmp(op, "remainder") == 0)
		return ts_int(u, a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0));
	return NULL;
}

static struct ts_val *
float_result(struct ts_unit *u, const char *op, double a, double b)
{
	if (strcmp(op, "add") == 0)
		return ts_float(u, a + b);
	if (strcmp(op, "sub") == 0)
		return ts_float(u, a - b);
	if (strcmp(op, "mul") == 0)
		return ts_float(u, a * b);
	if (strcmp(op, "div") == 0)
		return b != 0 ? ts_float(u, a / b) : NULL;
	if (strcmp(op, "pow") == 0)
		return ts_float(u, pow(a, b));
	if (strcmp(op, "floordiv") == 0)
		return b != 0 ? ts_float(u, floor(a / b)) : NULL;
	return NULL;
}

static struct ts_val *
compared(struct ts_unit *u, const char *op, int c, bool ordered)
{
	static const struct { const char *op; bool less, same, more; } tests[] = {
		{ "eq", false, true, false }, { "ne", true, false, true },
		{ "lt", true, false, false }, { "le", true, true, false },
		{ "gt", false, false, true }, { "ge", false, true, true }
	};

	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		if (strcmp(tests[i].op, op) == 0)
			return ts_bool(u, !ordered ? i == 1 : c < 0 ? tests[i].less : c > 0 ?
			    tests[i].more : tests[i].same);
	return NULL;
}

static struct ts_val *
text_result(struct ts_unit *u, const char *op, const struct str *a, const struct str *b)
{
	char *s;

	if (strcmp(op, "add") != 0)
		return strcmp(op, "eq") == 0 || strcmp(op, "ne") == 0 ?
		    compared(u, op, a == b ? 0 : 1, true) : NULL;
	s = arena_alloc(u->a, (size_t)a->len + b->len + 1);
	memcpy(s, a->s, a->len);
	memcpy(s + a->len, b->s, b->len);
	return ts_text(u, str_intern(&u->m->strs, s, a->len + b->len));
}

static struct ts_val *
complex_result(struct ts_unit *u, const char *op, const struct ts_val *a, const struct ts_val *b)
{
	struct ts_const k = { .kind = C_COMPLEX };
	double sign = strcmp(op, "sub") == 0 ? -1 : 1;

	if (strcmp(op, "add") != 0 && strcmp(op, "sub") != 0)
		return NULL;
	k.v.f = number(a) + sign * number(b);
	k.imag = (ts_is(a, C_COMPLEX) ? a->k->imag : 0) +
	    sign * (ts_is(b, C_COMPLEX) ? b->k->imag : 0);
	return ts_constant(u, &k, u->t.c);
}

static struct ts_val *
identity(struct ts_unit *u, const char *op, const struct ts_val *a, const struct ts_val *b)
{
	bool none = ts_is(a, C_NONE), other = ts_is(b, C_NONE);
	bool is = strcmp(op, "__is__") == 0;

	if (!none && !other)
		return a->k->kind == C_BOOL && b->k->kind == C_BOOL ?
		    ts_bool(u, (a->k->v.i == b->k->v.i) == is) : NULL;
	return ts_bool(u, (none == other) == is);
}

static struct ts_val *
two(struct ts_unit *u, const char *op, const struct ts_val *a, const struct ts_val *b)
{
	struct ts_val *v = NULL;
	double x, y;

	if (strcmp(op, "__is__") == 0 || strcmp(op, "__isnot__") == 0)
		return identity(u, op, a, b);
	if (ts_is(a, C_BOOL) && ts_is(b, C_BOOL)) {
		if (strcmp(op, "__and__") == 0)
			return ts_bool(u, a->k->v.i & b->k->v.i);
		if (strcmp(op, "__or__") == 0)
			return ts_bool(u, a->k->v.i | b->k->v.i);
	}
	if (ts_is(a, C_STR) && ts_is(b, C_STR))
		return text_result(u, op, a->k->s, b->k->s);
	if (ts_is(a, C_COMPLEX) || ts_is(b, C_COMPLEX))
		return (is_real(a) || ts_is(a, C_COMPLEX)) && (is_real(b) || ts_is(b, C_COMPLEX)) ?
		    complex_result(u, op, a, b) : NULL;
	if (!is_real(a) || !is_real(b))
		return NULL;
	x = number(a), y = number(b);
	if (is_int(a) && is_int(b)) {
		v = compared(u, op, (a->k->v.i > b->k->v.i) - (a->k->v.i < b->k->v.i), true);
		if (v == NULL && (v = int_result(u, op, a->k->v.i, b->k->v.i)) == NULL &&
		    strcmp(op, "div") == 0)
			v = float_result(u, op, x, y);
		return v;
	}
	v = compared(u, op, (x > y) - (x < y), !isnan(x) && !isnan(y));
	return v != NULL ? v : float_result(u, op, x, y);
}

static struct ts_val *
rounded(struct ts_unit *u, double f)
{
	return f > -9.2e18 && f < 9.2e18 ? ts_int(u, (int64_t)f) : NULL;
}

static struct ts_val *
one(struct ts_unit *u, const char *op, const struct ts_val *a)
{
	const struct ts_const k = { .kind = C_DEVICE, .s = a->k->s };

	if (strcmp(op, "__not__") == 0)
		return ts_is(a, C_BOOL) ? ts_bool(u, !a->k->v.i) : NULL;
	if (strcmp(op, "device") == 0)
		return ts_is(a, C_STR) ? ts_constant(u, &k, u->t.device) : NULL;
	if (strcmp(op, "len") == 0)
		return ts_is(a, C_STR) ? ts_int(u, a->k->s->len) : NULL;
	if (!is_real(a))
		return NULL;
	if (strcmp(op, "neg") == 0)
		return is_int(a) ? int_result(u, "sub", 0, a->k->v.i) : ts_float(u, -a->k->v.f);
	if (strcmp(op, "Float") == 0)
		return ts_float(u, number(a));
	if (strcmp(op, "Bool") == 0)
		return ts_bool(u, number(a) != 0);
	if (strcmp(op, "Int") == 0)
		return is_int(a) ? ts_int(u, a->k->v.i) : rounded(u, trunc(a->k->v.f));
	if (strcmp(op, "floor") == 0)
		return rounded(u, floor(number(a)));
	if (strcmp(op, "ceil") == 0)
		return rounded(u, ceil(number(a)));
	if (strcmp(op, "sqrt") == 0)
		return number(a) >= 0 ? ts_float(u, sqrt(number(a))) : NULL;
	return NULL;
}

static struct ts_val *
tuple(struct ts_unit *u, const struct ts_node *n)
{
	struct ts_const k = { .kind = C_TUPLE, .items = n->in, .n = n->nin };

	for (uint32_t i = 0; i < n->nin; i++)
		if (ts_is(n->in[i], C_ENTRY) || ts_is(n->in[i], C_FN))
			return NULL;
	return ts_constant(u, &k, n->out[0]->type);
}

static struct ts_val *
tuple_item(const struct ts_val *t, const struct ts_val *index)
{
	int64_t i;

	if (!ts_is(t, C_TUPLE) || !ts_is(index, C_INT))
		return NULL;
	i = index->k->v.i < 0 ? index->k->v.i + t->k->n : index->k->v.i;
	return i >= 0 && i < t->k->n ? t->k->items[i] : NULL;
}

struct ts_val *
ts_evaluate(struct ts_unit *u, const struct ts_node *n)
{
	const char *op = n->type->s;

	for (uint32_t i = 0; i < n->nin; i++)
		if ((n->in[i] = ts_now(n->in[i]))->k == NULL)
			return NULL;
	if (n->nout != 1 || n->nin == 0 || n->nkw > 0)
		return NULL;
	switch (n->kind) {
	case N_TUPLE: return tuple(u, n);
	case N_TUPLE_INDEX: return n->nin == 2 ? tuple_item(n->in[0], n->in[1]) : NULL;
	case N_CAST: return ts_is(n->in[0], C_ENTRY) ? NULL : n->in[0];
	case N_ISINSTANCE: return ts_isinstance(u, n->in[0]->type, n->about);
	case N_OP: break;
	case N_GETATTR: case N_SETATTR: case N_CALL: case N_METHOD: case N_IF: case N_LOOP:
	case N_TUPLE_UNPACK: case N_LIST: case N_LIST_UNPACK: case N_DICT: case N_CREATE:
	case N_UNINIT: case N_FORK: case N_PRINT: case N_RAISE: case N_ENTER:
	case N_EXIT:
		return NULL;
	}
	if (n->nin == 2)
		return two(u, op, n->in[0], n->in[1]);
	return n->nin == 1 ? one(u, op, n->in[0]) : NULL;
}

/* The nodes of the arm take the place of the if. */
static void
open_if(struct ts_node *n, struct ts_block *arm)
{
	struct ts_node *k;

	while ((k = arm->first) != NULL) {
		ts_unlink(k);
		ts_insert_before(n, k);
	}
	for (uint32_t i = 0; i < n->nout; i++)
		ts_replace(n->out[i], arm->out[i]);
	ts_unlink(n);
}

static bool
same_constant(const struct ts_val *a, const struct ts_val *b)
{
	if (a->k == NULL || b->k == NULL || a->k->kind != b->k->kind || a->type != b->type)
		return false;
	switch (a->k->kind) {
	case C_NONE: return true;
	case C_FLOAT: return memcmp(&a->k->v.f, &b->k->v.f, sizeof a->k->v.f) == 0;
	case C_INT: case C_BOOL: case C_ENTRY: return a->k->v.i == b->k->v.i;
	case C_STR: case C_DEVICE: return a->k->s == b->k->s;
	case C_COMPLEX: return a->k->v.f == b->k->v.f && a->k->imag == b->k->imag;
	case C_ENUM: return a->k->cls == b->k->cls && a->k->s == b->k->s;
	case C_FN: return a->k->fn == b->k->fn;
	case C_TUPLE: return false;
	}
	return false;
}

/* Outputs that both arms agree on. */
static bool
agree(struct ts_node *n)
{
	struct ts_block *yes = n->blocks[0], *no = n->blocks[1];
	bool changed = false;

	for (uint32_t i = 0; i < n->nout; ) {
		struct ts_val *a = ts_now(yes->out[i]), *b = ts_now(no->out[i]);

		if (a != b && !same_constant(a, b)) {
			i++;
			continue;
		}
		ts_replace(n->out[i], a);
		ts_drop_out(n, i);
		ts_drop_block_out(yes, i);
		ts_drop_block_out(no, i);
		changed = true;
	}
	return changed;
}

/* What the loop carries and never changes. */
static bool
steady(struct ts_node *n)
{
	struct ts_block *b = n->blocks[0];
	bool changed = false;

	for (uint32_t i = n->nout; i-- > 0; ) {
		if (ts_now(b->out[i + 1]) != b->param[i + 1])
			continue;
		ts_replace(b->param[i + 1], n->in[i + 2]);
		ts_replace(n->out[i], n->in[i + 2]);
		ts_drop_out(n, i);
		ts_drop_in(n, i + 2);
		ts_drop_param(b, i + 1);
		ts_drop_block_out(b, i + 1);
		changed = true;
	}
	return changed;
}

static bool
fold_loop(struct ts_unit *u, struct ts_node *n)
{
	struct ts_val *trips = ts_in(n, 0), *cond = ts_in(n, 1);
	bool changed;

	if ((ts_is(trips, C_INT) && trips->k->v.i <= 0) ||
	    (ts_is(cond, C_BOOL) && !cond->k->v.i)) {
		for (uint32_t i = 0; i < n->nout; i++)
			ts_replace(n->out[i], n->in[i + 2]);
		ts_unlink(n);
		return true;
	}
	changed = ts_fold(u, n->blocks[0]);
	return steady(n) || changed;
}

static bool
fold_if(struct ts_unit *u, struct ts_node *n)
{
	struct ts_val *cond = ts_in(n, 0);
	struct ts_block *arm;
	bool changed;

	if (ts_is(cond, C_BOOL)) {
		arm = n->blocks[cond->k->v.i ? 0 : 1];
		ts_fold(u, arm);
		open_if(n, arm);
		return true;
	}
	changed = ts_fold(u, n->blocks[0]);
	changed = ts_fold(u, n->blocks[1]) || changed;
	return agree(n) || changed;
}

static bool
fold_unpack(struct ts_node *n)
{
	struct ts_val *t = ts_in(n, 0);

	if (!ts_is(t, C_TUPLE) || t->k->n != n->nout)
		return false;
	for (uint32_t i = 0; i < n->nout; i++)
		ts_replace(n->out[i], t->k->items[i]);
	return true;
}

bool
ts_fold(struct ts_unit *u, struct ts_block *b)
{
	bool changed = false;
	struct ts_node *next;
	struct ts_val *v;

	for (struct ts_node *n = b->first; n != NULL; n = next) {
		next = n->next;
		if (n->kind == N_IF) {
			changed |= fold_if(u, n);
		} else if (n->kind == N_LOOP) {
			changed |= fold_loop(u, n);
		} else if (n->kind == N_TUPLE_UNPACK) {
			changed |= fold_unpack(n);
		} else if (n->nblocks > 0) {
			for (uint32_t i = 0; i < n->nblocks; i++)
				changed |= ts_fold(u, n->blocks[i]);
		} else if ((v = ts_evaluate(u, n)) != NULL) {
			ts_replace(n->out[0], v);
			changed = true;
		}
	}
	return changed;
}
