/* SPDX-License-Identifier: Apache-2.0 */
/* A sum is a number and terms; a term is a factor times a monomial; a
 * monomial is an atom or a product of atoms sorted by serial. Atoms are
 * symbols, anonymous dims and what stays undivided: floors, minima, maxima,
 * broadcasts. Ranges and choices are no atoms: two of them that look alike
 * are two numbers, so arithmetic on them keeps bounds alone. */
#include <string.h>

#include "base/sink.h"
#include "ir/dim.h"

enum { TERMS = 12, FACTORS = 8 };

struct poly {
	int64_t k;
	uint32_t n;
	int64_t c[TERMS];
	const struct dim *m[TERMS];
	bool bad;             /* overflow, too many terms, or an unknown part */
	bool large;           /* the first of these */
};

bool
dim_number(const struct dim *d, int64_t *v)
{
	if (d == NULL || d->kind != DIM_CONST)
		return false;
	*v = d->lo;
	return true;
}

bool
dim_is(const struct dim *d, int64_t v)
{
	return d != NULL && d->kind == DIM_CONST && d->lo == v;
}

bool
dim_is_unknown(const struct dim *d)
{
	return d->kind == DIM_UNKNOWN;
}

static bool
is_interval(const struct dim *d)
{
	return d->kind == DIM_RANGE || d->kind == DIM_CHOICE;
}

const struct dim *
dim_anon(struct types *t)
{
	return dim_intern(t, &(struct dim){ .kind = DIM_ANON, .lo = t->nanon++ });
}

bool
dim_equal(const struct dim *a, const struct dim *b)
{
	return a == b && a->kind != DIM_UNKNOWN && !is_interval(a);
}

/* Bounds of 64 bits; a sum that leaves them has no limit. */
static int64_t
sat_add(int64_t a, int64_t b)
{
	int64_t r;

	return a == INT64_MAX || b == INT64_MAX || __builtin_add_overflow(a, b, &r) ? INT64_MAX : r;
}

static int64_t
sat_mul(int64_t a, int64_t b)
{
	int64_t r;

	if (a == 0 || b == 0)
		return 0;
	return a == INT64_MAX || b == INT64_MAX || __builtin_mul_overflow(a, b, &r) ? INT64_MAX : r;
}

/* A sum with a negative factor has no useful bounds but those of a size. */
static void
sum_bounds(const struct dim *d, int64_t *lo, int64_t *hi)
{
	int64_t l, h, low = d->lo, high = d->lo;

	for (uint32_t i = 0; i < d->n; i++) {
		dim_bounds(d->op[i], &l, &h);
		if (d->list[i] < 0 || low < 0)
			return;
		low = sat_add(low, sat_mul(d->list[i], l));
		high = sat_add(high, sat_mul(d->list[i], h));
	}
	*lo = low;
	*hi = high;
}

static void
pair_bounds(const struct dim *d, int64_t *lo, int64_t *hi)
{
	int64_t l[2], h[2];

	for (int i = 0; i < 2; i++)
		dim_bounds(d->op[i], &l[i], &h[i]);
	if (d->kind == DIM_MIN) {
		*lo = l[0] < l[1] ? l[0] : l[1];
		*hi = h[0] < h[1] ? h[0] : h[1];
	} else if (d->kind == DIM_MAX || d->kind == DIM_BROADCAST) {
		*lo = l[0] > l[1] ? l[0] : l[1];
		*hi = h[0] > h[1] ? h[0] : h[1];
		if (d->kind == DIM_BROADCAST)
			*lo = l[0] == 0 || l[1] == 0 ? 0 : *lo;
	} else if (d->kind == DIM_FLOOR && l[1] > 0) {
		*lo = h[1] == INT64_MAX ? 0 : l[0] / h[1];
		*hi = h[0] == INT64_MAX ? h[0] : h[0] / l[1];
	}
}

void
dim_bounds(const struct dim *d, int64_t *lo, int64_t *hi)
{
	int64_t l, h;

	*lo = 0;
	*hi = INT64_MAX;
	if (d->kind == DIM_CONST) {
		*lo = *hi = d->lo;
	} else if (d->kind == DIM_SYM && d->hi > 0) {
		*lo = d->lo;
		*hi = d->hi;
	} else if (d->kind == DIM_RANGE) {
		*lo = d->lo;
		*hi = d->hi < 0 ? INT64_MAX : d->hi;
	} else if (d->kind == DIM_CHOICE && d->n > 0) {
		*lo = *hi = d->list[0];
		for (uint32_t i = 1; i < d->n; i++) {
			*lo = d->list[i] < *lo ? d->list[i] : *lo;
			*hi = d->list[i] > *hi ? d->list[i] : *hi;
		}
	} else if (d->kind == DIM_SUM) {
		sum_bounds(d, lo, hi);
	} else if (d->kind == DIM_PRODUCT) {
		*lo = *hi = 1;
		for (uint32_t i = 0; i < d->n; i++) {
			dim_bounds(d->op[i], &l, &h);
			*lo = sat_mul(*lo, l);
			*hi = sat_mul(*hi, h);
		}
	} else if (d->op != NULL) {
		pair_bounds(d, lo, hi);
	}
}

bool
dim_differ(const struct dim *a, const struct dim *b)
{
	int64_t la, ha, lb, hb;

	dim_bounds(a, &la, &ha);
	dim_bounds(b, &lb, &hb);
	return ha < lb || hb < la;
}

/* Range from bounds. */
static const struct dim *
from_bounds(struct types *t, int64_t lo, int64_t hi)
{
	if (lo == hi)
		return dim_const(t, lo);
	if (lo <= 0 && hi == INT64_MAX)
		return t->unknown;
	return dim_range(t, lo, hi == INT64_MAX ? -1 : hi);
}

static void
poly_add_term(struct poly *p, int64_t c, const struct dim *m)
{
	uint32_t i = 0;

	while (i < p->n && p->m[i]->serial < m->serial)
		i++;
	if (i < p->n && p->m[i] == m) {
		p->large |= __builtin_add_overflow(p->c[i], c, &p->c[i]);
		if (p->c[i] == 0) {
			p->n--;
			memmove(p->c + i, p->c + i + 1, (p->n - i) * sizeof *p->c);
			memmove(p->m + i, p->m + i + 1, (p->n - i) * sizeof *p->m);
		}
		return;
	}
	if (p->n == TERMS) {
		p->bad = true;
		return;
	}
	memmove(p->c + i + 1, p->c + i, (p->n - i) * sizeof *p->c);
	memmove(p->m + i + 1, p->m + i, (p->n - i) * sizeof *p->m);
	p->c[i] = c;
	p->m[i] = m;
	p->n++;
}

/* p += d * by. */
static void
poly_add(struct poly *p, const struct dim *d, int64_t by)
{
	int64_t v;

	if (d->kind == DIM_UNKNOWN || is_interval(d)) {
		p->bad = true;
	} else if (d->kind == DIM_CONST || d->kind == DIM_SUM) {
		p->large |= __builtin_mul_overflow(d->lo, by, &v) ||
		    __builtin_add_overflow(p->k, v, &p->k);
		for (uint32_t i = 0; d->kind == DIM_SUM && i < d->n && !p->large; i++) {
			p->large |= __builtin_mul_overflow(d->list[i], by, &v);
			poly_add_term(p, v, d->op[i]);
		}
	} else {
		poly_add_term(p, by, d);
	}
}

static const struct dim *
poly_dim(struct types *t, const struct poly *p)
{
	t->overflowed |= p->large;
	if (p->bad || p->large)
		return t->unknown;
	if (p->n == 0)
		return dim_const(t, p->k);
	if (p->n == 1 && p->k == 0 && p->c[0] == 1)
		return p->m[0];
	return dim_intern(t, &(struct dim){ .kind = DIM_SUM, .lo = p->k, .n = p->n,
	    .list = p->c, .op = p->m });
}

static const struct dim *
combine(struct types *t, const struct dim *a, const struct dim *b, int64_t by)
{
	struct poly p = { .k = 0 };
	int64_t la, ha, lb, hb;

	if (by == 1 && (is_interval(a) || is_interval(b))) {
		dim_bounds(a, &la, &ha);
		dim_bounds(b, &lb, &hb);
		return from_bounds(t, sat_add(la, lb), sat_add(ha, hb));
	}
	if (by == -1 && is_interval(a) && b->kind == DIM_CONST) {
		dim_bounds(a, &la, &ha);
		return from_bounds(t, la - b->lo, ha == INT64_MAX ? ha : ha - b->lo);
	}
	poly_add(&p, a, 1);
	poly_add(&p, b, by);
	return poly_dim(t, &p);
}

const struct dim *
dim_add(struct types *t, const struct dim *a, const struct dim *b)
{
	return dim_is(a, 0) ? b : dim_is(b, 0) ? a : combine(t, a, b, 1);
}

const struct dim *
dim_sub(struct types *t, const struct dim *a, const struct dim *b)
{
	return dim_is(b, 0) ? a : combine(t, a, b, -1);
}

const struct dim *
dim_addk(struct types *t, const struct dim *a, int64_t k)
{
	return dim_add(t, a, dim_const(t, k));
}

/* Factors of a monomial. */
static uint32_t
factors(const struct dim *const *m, const struct dim *const **list)
{
	*list = (*m)->kind == DIM_PRODUCT ? (*m)->op : m;
	return (*m)->kind == DIM_PRODUCT ? (*m)->n : 1;
}

/* Product of two monomials; NULL is 1, and too long a product. */
static const struct dim *
monomial_mul(struct types *t, const struct dim *a, const struct dim *b)
{
	const struct dim *const *x, *const *y, *all[FACTORS];
	uint32_t nx, ny, i = 0, k = 0, n = 0;

	if (a == NULL || b == NULL)
		return a == NULL ? b : a;
	nx = factors(&a, &x);
	ny = factors(&b, &y);
	if (nx + ny > FACTORS)
		return NULL;
	while (i < nx || k < ny)
		all[n++] = k == ny || (i < nx && x[i]->serial <= y[k]->serial) ? x[i++] : y[k++];
	return dim_intern(t, &(struct dim){ .kind = DIM_PRODUCT, .n = n, .op = all });
}

/* Term i of a dim: a factor and a monomial; the number of a sum is the last
 * one, with monomial NULL. */
static bool
term_at(const struct dim *d, uint32_t i, int64_t *c, const struct dim **m)
{
	uint32_t n = d->kind == DIM_SUM ? d->n : d->kind == DIM_CONST ? 0 : 1;

	*m = i >= n ? NULL : d->kind == DIM_SUM ? d->op[i] : d;
	*c = i < n ? (d->kind == DIM_SUM ? d->list[i] : 1) :
	    d->kind == DIM_SUM || d->kind == DIM_CONST ? d->lo : 0;
	return i <= n;
}

static void
poly_mul(struct types *t, struct poly *p, const struct dim *a, const struct dim *b)
{
	const struct dim *ma, *mb, *m;
	int64_t ca, cb, c;

	for (uint32_t i = 0; term_at(a, i, &ca, &ma) && !p->bad && !p->large; i++) {
		for (uint32_t k = 0; term_at(b, k, &cb, &mb) && !p->bad && !p->large; k++) {
			p->large |= __builtin_mul_overflow(ca, cb, &c);
			if (c == 0)
				continue;
			m = monomial_mul(t, ma, mb);
			if (m == NULL && ma == NULL && mb == NULL)
				p->large |= __builtin_add_overflow(p->k, c, &p->k);
			else if (m == NULL)
				p->bad = true;
			else
				poly_add_term(p, c, m);
		}
	}
}

const struct dim *
dim_mul(struct types *t, const struct dim *a, const struct dim *b)
{
	struct poly p = { .k = 0 };
	int64_t la, ha, lb, hb;

	if (dim_is(a, 1) || dim_is(b, 1))
		return dim_is(a, 1) ? b : a;
	if (dim_is(a, 0) || dim_is(b, 0))
		return dim_const(t, 0);
	if (a->kind == DIM_UNKNOWN || b->kind == DIM_UNKNOWN)
		return t->unknown;
	if (is_interval(a) || is_interval(b)) {
		dim_bounds(a, &la, &ha);
		dim_bounds(b, &lb, &hb);
		return la < 0 || lb < 0 ? t->unknown :
		    from_bounds(t, sat_mul(la, lb), sat_mul(ha, hb));
	}
	poly_mul(t, &p, a, b);
	return poly_dim(t, &p);
}

const struct dim *
dim_mulk(struct types *t, const struct dim *a, int64_t k)
{
	return dim_mul(t, a, dim_const(t, k));
}

/* m / by when it goes without rest: the factors that are left, NULL for 1. */
static bool
monomial_div(struct types *t, const struct dim *m, const struct dim *by, const struct dim **out)
{
	const struct dim *const *x, *const *y, *left[FACTORS];
	uint32_t nx, ny, i, k = 0, n = 0;

	*out = m;
	if (by == NULL)
		return true;
	if (m == NULL)
		return false;
	nx = factors(&m, &x);
	ny = factors(&by, &y);
	for (i = 0; i < nx; i++) {
		if (k < ny && x[i] == y[k])
			k++;
		else
			left[n++] = x[i];
	}
	*out = n == 0 ? NULL : n == 1 ? left[0] :
	    dim_intern(t, &(struct dim){ .kind = DIM_PRODUCT, .n = n, .op = left });
	return k == ny;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* a / (c * m), term by term: what divides goes to whole, the rest to rest. */
static void
divide_terms(struct types *t, const struct dim *a, int64_t c, const struct dim *m,
	struct poly *whole, struct poly *rest)
{
	const struct dim *ma, *left;
	int64_t ca, q;

	for (uint32_t i = 0; term_at(a, i, &ca, &ma); i++) {
		q = m == NULL && ma == NULL ? floor_div(ca, c) : ca / c;
		if (ca == 0)
			continue;
		if (monomial_div(t, ma, m, &left) && (ca % c == 0 || (m == NULL && ma == NULL))) {
			if (left == NULL)
				whole->k += q;
			else
				poly_add_term(whole, q, left);
			ca -= q * c;
		}
		if (ca != 0 && ma == NULL)
			rest->k += ca;
		else if (ca != 0)
			poly_add_term(rest, ca, ma);
	}
}

/* The quotient when b times one term is a: a term of a over the first of b. */
static const struct dim *
exact_quotient(struct types *t, const struct dim *a, const struct dim *b)
{
	const struct dim *ma, *mb, *left, *q;
	int64_t ca, cb;

	term_at(b, 0, &cb, &mb);
	for (uint32_t i = 0; cb != 0 && term_at(a, i, &ca, &ma); i++) {
		struct poly p = { .k = 0 };

		if (ca == 0 || ca % cb != 0 || !monomial_div(t, ma, mb, &left))
			continue;
		if (left == NULL)
			p.k = ca / cb;
		else
			poly_add_term(&p, ca / cb, left);
		q = poly_dim(t, &p);
		if (dim_mul(t, q, b) == a)
			return q;
	}
	return NULL;
}

static const struct dim *
interval_floor(struct types *t, const struct dim *a, const struct dim *b)
{
	int64_t la, ha, lb, hb;

	dim_bounds(a, &la, &ha);
	dim_bounds(b, &lb, &hb);
	if (lb <= 0 || la < 0)
		return t->unknown;
	return from_bounds(t, hb == INT64_MAX ? 0 : la / hb, ha == INT64_MAX ? ha : ha / lb);
}

const struct dim *
dim_floor(struct types *t, const struct dim *a, const struct dim *b)
{
	struct poly whole = { .k = 0 }, rest = { .k = 0 };
	const struct dim *q, *mb, *op[2];
	int64_t cb;

	if (dim_is(b, 1))
		return a;
	if (a->kind == DIM_UNKNOWN || b->kind == DIM_UNKNOWN || dim_is(b, 0))
		return t->unknown;
	if (is_interval(a) || is_interval(b))
		return interval_floor(t, a, b);
	if (a == b)
		return dim_const(t, 1);
	if ((q = exact_quotient(t, a, b)) != NULL)
		return q;
	if (a->kind == DIM_FLOOR && a->op[1]->kind == DIM_CONST && b->kind == DIM_CONST)
		return dim_floor(t, a->op[0], dim_mul(t, a->op[1], b));
	if (b->kind != DIM_SUM || b->n == 1) {
		term_at(b, 0, &cb, &mb);
		if (b->kind == DIM_SUM && b->lo != 0)
			cb = 0;
		if (cb > 0)
			divide_terms(t, a, cb, mb, &whole, &rest);
		if (cb > 0 && !whole.bad && !rest.bad && rest.n > 0 &&
		    (whole.n > 0 || whole.k != 0))
			return dim_add(t, poly_dim(t, &whole),
			    dim_floor(t, poly_dim(t, &rest), b));
		if (cb > 0 && !whole.bad && rest.n == 0 && rest.k >= 0 && mb == NULL)
			return poly_dim(t, &whole);
	}
	op[0] = a;
	op[1] = b;
	return dim_intern(t, &(struct dim){ .kind = DIM_FLOOR, .n = 2, .op = op });
}

const struct dim *
dim_floork(struct types *t, const struct dim *a, int64_t k)
{
	return dim_floor(t, a, dim_const(t, k));
}

const struct dim *
dim_ceil(struct types *t, const struct dim *a, const struct dim *b)
{
	return dim_floor(t, dim_add(t, a, dim_addk(t, b, -1)), b);
}

static const struct dim *
pair(struct types *t, enum dim_kind kind, const struct dim *a, const struct dim *b)
{
	const struct dim *op[2] = { a, b };

	if (a->kind == DIM_UNKNOWN || b->kind == DIM_UNKNOWN || is_interval(a) || is_interval(b))
		return t->unknown;
	if (op[0]->serial > op[1]->serial) {
		op[0] = b;
		op[1] = a;
	}
	return dim_intern(t, &(struct dim){ .kind = kind, .n = 2, .op = op });
}

const struct dim *
dim_min(struct types *t, const struct dim *a, const struct dim *b)
{
	int64_t la, ha, lb, hb;

	dim_bounds(a, &la, &ha);
	dim_bounds(b, &lb, &hb);
	if (ha <= lb || a == b)
		return a;
	return hb <= la ? b : pair(t, DIM_MIN, a, b);
}

const struct dim *
dim_max(struct types *t, const struct dim *a, const struct dim *b)
{
	int64_t la, ha, lb, hb;

	dim_bounds(a, &la, &ha);
	dim_bounds(b, &lb, &hb);
	if (la >= hb || a == b)
		return a;
	return lb >= ha ? b : pair(t, DIM_MAX, a, b);
}

const struct dim *
dim_broadcast(struct types *t, const struct dim *a, const struct dim *b, bool *fits)
{
	int64_t la, ha, lb, hb;

	if (dim_is(a, 1) || dim_equal(a, b))
		return b;
	if (dim_is(b, 1))
		return a;
	dim_bounds(a, &la, &ha);
	dim_bounds(b, &lb, &hb);
	if (fits != NULL && la > 1 && lb > 1 && dim_differ(a, b))
		*fits = false;
	/* one that is above 1 decides: the other is 1 or the same */
	if (la > 1 || lb > 1)
		return la > 1 && lb > 1 ? dim_meet(a, b) : la > 1 ? a : b;
	if (a == b)
		return a;
	return pair(t, DIM_BROADCAST, a, b);
}

static int
precision(const struct dim *d)
{
	static const int of[] = {
		[DIM_UNKNOWN] = 0, [DIM_ANON] = 1, [DIM_RANGE] = 3, [DIM_CHOICE] = 3,
		[DIM_SYM] = 4, [DIM_SUM] = 4, [DIM_PRODUCT] = 4, [DIM_FLOOR] = 4,
		[DIM_MIN] = 4, [DIM_MAX] = 4, [DIM_BROADCAST] = 4, [DIM_CONST] = 5,
	};

	return of[d->kind] == 4 && dim_has_anon(d) ? 2 : of[d->kind];
}

const struct dim *
dim_meet(const struct dim *a, const struct dim *b)
{
	return precision(b) > precision(a) ? b : a;
}

const struct dim *
dim_join(struct types *t, const struct dim *a, const struct dim *b)
{
	return a == b ? a : t->unknown;
}

bool
dim_has_anon(const struct dim *d)
{
	if (d->kind == DIM_ANON || d->kind == DIM_UNKNOWN)
		return true;
	for (uint32_t i = 0; d->op != NULL && i < d->n; i++)
		if (dim_has_anon(d->op[i]))
			return true;
	return false;
}

/* Operand of a product or a quotient. */
static void
factor_print(struct sink *out, const struct dim *d)
{
	bool group = d->kind == DIM_SUM || d->kind == DIM_FLOOR || d->kind == DIM_PRODUCT;

	sink_puts(out, group ? "(" : "");
	dim_print(out, d);
	sink_puts(out, group ? ")" : "");
}

static void
sum_print(struct sink *out, const struct dim *d)
{
	for (uint32_t i = 0; i < d->n; i++) {
		sink_puts(out, d->list[i] < 0 ? "-" : i > 0 ? "+" : "");
		if (d->list[i] != 1 && d->list[i] != -1) {
			sink_u64(out, d->list[i] < 0 ? -(uint64_t)d->list[i] :
			    (uint64_t)d->list[i]);
			sink_puts(out, "*");
		}
		dim_print(out, d->op[i]);
	}
	if (d->lo > 0)
		sink_puts(out, "+");
	if (d->lo != 0)
		sink_i64(out, d->lo);
}

void
dim_print_expression(struct sink *out, const struct dim *d)
{
	const char *call = d->kind == DIM_MIN ? "min(" : d->kind == DIM_MAX ? "max(" :
	    d->kind == DIM_BROADCAST ? "broadcast(" : NULL;

	if (dim_has_anon(d)) {
		sink_puts(out, "?");
	} else if (d->kind == DIM_SUM) {
		sum_print(out, d);
	} else if (call != NULL) {
		sink_puts(out, call);
		dim_print(out, d->op[0]);
		sink_puts(out, ",");
		dim_print(out, d->op[1]);
		sink_puts(out, ")");
	} else {
		for (uint32_t i = 0; i < d->n; i++) {
			sink_puts(out, i == 0 ? "" : d->kind == DIM_FLOOR ? "/" : "*");
			factor_print(out, d->op[i]);
		}
	}
}
