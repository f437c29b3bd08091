/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on the contents of small values. Whole numbers may be symbolic;
 * floats are numbers, and become whole again as soon as they are. */
#include <math.h>

#include "base/arena.h"
#include "infer/calc.h"

static const struct dim *
int_arith(struct infer *f, enum sem op, const struct dim *a, const struct dim *b, bool floats)
{
	struct types *t = f->types;
	int64_t x, y;

	switch ((unsigned)op) {
	case SEM_ADD: return dim_add(t, a, b);
	case SEM_SUB: return dim_sub(t, a, b);
	case SEM_MUL: return dim_mul(t, a, b);
	case SEM_MIN: return dim_min(t, a, b);
	case SEM_MAX: return dim_max(t, a, b);
	case SEM_MOD:
		return dim_number(b, &y) && y > 0 ? dim_sub(t, a, dim_mulk(t,
		    dim_floork(t, a, y), y)) : dim_unknown(t);
	case SEM_DIV:
		if (!dim_number(a, &x) || !dim_number(b, &y) || y == 0)
			return floats && dim_mul(t, dim_floor(t, a, b), b) != a ?
			    dim_unknown(t) : dim_floor(t, a, b);
		return floats && x % y != 0 ? dim_unknown(t) :
		    y == -1 ? dim_sub(t, dim_const(t, 0), a) : dim_const(t, x / y);
	default: return dim_unknown(t);
	}
}

static double
float_arith(enum sem op, double a, double b)
{
	switch ((unsigned)op) {
	case SEM_ADD: return a + b;
	case SEM_SUB: return a - b;
	case SEM_MUL: return a * b;
	case SEM_DIV: return a / b;
	case SEM_MIN: return a < b ? a : b;
	case SEM_MAX: return a > b ? a : b;
	case SEM_POW: return pow(a, b);
	case SEM_MOD: return fmod(a, b);
	default: return NAN;
	}
}

/* Element i as a double; NaN when it is no number. */
static double
as_double(const struct val *v, uint32_t i)
{
	int64_t k;

	if (v->kind == VAL_FLOATS)
		return v->u.floats[i];
	return dim_number(v->u.ints[i], &k) ? (double)k : NAN;
}

/* Element i as a dim, when it is a whole number; NULL else. */
static const struct dim *
as_dim(struct infer *f, const struct val *v, uint32_t i)
{
	double d;

	if (v->kind == VAL_INTS)
		return v->u.ints[i];
	d = v->u.floats[i];
	return d == floor(d) && fabs(d) < 1e15 ? dk(f, (int64_t)d) : NULL;
}

static const struct val *
float_results(struct infer *f, const double *r, uint32_t n)
{
	struct val *v = arena_alloc(f->arena, sizeof *v);
	double *list = arena_array(f->arena, n, sizeof *list);

	for (uint32_t i = 0; i < n; i++) {
		if (isnan(r[i]))
			return NULL;
		list[i] = r[i];
	}
	v->kind = VAL_FLOATS;
	v->n = n;
	v->u.floats = list;
	return v;
}

const struct val *
calc_arith(struct infer *f, enum sem op, const struct val *a, const struct val *b, bool floats)
{
	const struct dim *ints[VAL_MAX], *x, *y;
	double results[VAL_MAX];
	bool whole = true;
	uint32_t n, i, ia, ib;

	if (a == NULL || b == NULL || a->kind > VAL_FLOATS || b->kind > VAL_FLOATS ||
	    a->n == 0 || b->n == 0 || (a->n != b->n && a->n != 1 && b->n != 1))
		return NULL;
	n = a->n > b->n ? a->n : b->n;
	if (n > VAL_MAX)
		return NULL;
	for (i = 0; i < n; i++) {
		ia = a->n == 1 ? 0 : i;
		ib = b->n == 1 ? 0 : i;
		x = as_dim(f, a, ia);
		y = as_dim(f, b, ib);
		ints[i] = x != NULL && y != NULL ? int_arith(f, op, x, y, floats) : unknown_dim(f);
		whole &= ints[i]->kind != DIM_UNKNOWN;
		results[i] = floats ? float_arith(op, as_double(a, ia), as_double(b, ib)) : NAN;
	}
	if (whole || !floats)
		return val_ints(f, ints, n);
	return float_results(f, results, n);
}

const struct val *
calc_pick(struct infer *f, const struct val *v, const uint32_t *at, uint32_t n)
{
	const struct dim *ints[VAL_MAX];
	double floats[VAL_MAX];

	if (v == NULL || n > VAL_MAX || v->kind > VAL_FLOATS)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		if (at[i] >= v->n)
			return NULL;
		if (v->kind == VAL_INTS)
			ints[i] = v->u.ints[at[i]];
		else
			floats[i] = v->u.floats[at[i]];
	}
	return v->kind == VAL_INTS ? val_ints(f, ints, n) : float_results(f, floats, n);
}

const struct val *
calc_join(struct infer *f, const struct val *a, const struct val *b)
{
	const struct dim *ints[VAL_MAX], *d;
	double floats[VAL_MAX];
	const struct val *v;
	bool whole = true;
	uint32_t n;

	if (a->kind > VAL_FLOATS || b->kind > VAL_FLOATS || a->n + b->n > VAL_MAX)
		return NULL;
	n = a->n + b->n;
	for (uint32_t i = 0; i < n; i++) {
		v = i < a->n ? a : b;
		d = as_dim(f, v, i < a->n ? i : i - a->n);
		ints[i] = d;
		whole &= d != NULL;
		floats[i] = as_double(v, i < a->n ? i : i - a->n);
	}
	return whole ? val_ints(f, ints, n) : float_results(f, floats, n);
}

const struct val *
calc_round(struct infer *f, const struct val *v, char r)
{
	const struct dim *ints[VAL_MAX];
	double d;

	if (v == NULL || v->kind == VAL_INTS)
		return v;
	if (v->kind != VAL_FLOATS || v->n > VAL_MAX)
		return NULL;
	for (uint32_t i = 0; i < v->n; i++) {
		d = v->u.floats[i];
		d = r == '^' ? ceil(d) : r == 'v' ? floor(d) : r == 'n' ? nearbyint(d) : trunc(d);
		if (!(fabs(d) < 1e15))
			return NULL;
		ints[i] = dk(f, (int64_t)d);
	}
	return val_ints(f, ints, v->n);
}
