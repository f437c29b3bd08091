/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise operations. Sources: the standard of ONNX, ATen's native functions, the
 * definitions of the operations of ML Programs. */
#include <math.h>
#include <string.h>

#include "align/probe/probe.h"
#include "align/probe/scalar.h"
#include "base/str.h"

#define ROOT_HALF 0.70710678118654752440 /* of a half */
#define TWO_BY_ROOT_PI 1.12837916709551257390

/* As numbers of the result's type are. */
static void
settle(struct run *r, struct array *a)
{
	const struct value *v = r->n->nout > 0 ? r->n->out[0] : NULL;
	const struct type *t = v != NULL ? item_type(r->side, v) : NULL;
	enum dtype_class c = t != NULL ? dtype_class(t->dtype) : DC_NONE;

	r->lost |= c == DC_NONE || c == DC_STRING || c == DC_COMPLEX;
	for (uint64_t i = 0; i < a->n && !r->lost; i++) {
		if (c == DC_BOOL)
			a->v[i] = a->v[i] != 0;
		else if (c != DC_FLOAT)
			a->v[i] = trunc(a->v[i]);
	}
	probe_put(r, 0, a);
}

static void
one_operand(struct run *r)
{
	const struct array *x = probe_main(r);
	struct array *to = probe_like(r, x);
	char name[PROBE_NAME];
	scalar_fn *f = scalar_plain(probe_name(r->n, name));

	/* in training it is by chance */
	r->lost |= strstr(name, "dropout") != NULL &&
	    probe_number(r, "training_mode train", 0) != 0;
	if (to == NULL || r->lost)
		return;
	for (uint64_t i = 0; i < x->n; i++)
		to->v[i] = f(x->v[i]);
	settle(r, to);
}

static void
with_numbers(struct run *r)
{
	const struct array *x = probe_main(r);
	struct array *to = probe_like(r, x);
	char name[PROBE_NAME];
	const struct scalar_ruled *rule = scalar_ruled(probe_name(r->n, name),
	    probe_dialect(r->side->given->model->dialect));
	double p[3];

	if (to == NULL)
		return;
	for (size_t i = 0; i < 3 && rule->params[i].names != NULL; i++)
		p[i] = probe_number(r, rule->params[i].names, rule->params[i].other);
	for (uint64_t i = 0; i < x->n; i++)
		to->v[i] = rule->f(x->v[i], p);
	settle(r, to);
}

static double
gelu_of(double x, bool by_tanh, bool by_sigmoid)
{
	if (by_sigmoid)
		return x / (1 + exp(-1.702 * x));
	return by_tanh ? x / 2 * (1 + tanh(TWO_BY_ROOT_PI * ROOT_HALF *
	    (x + 0.044715 * x * x * x))) : x / 2 * (1 + erf(x * ROOT_HALF));
}

static void
gelu(struct run *r)
{
	const struct array *x = probe_main(r);
	struct array *to = probe_like(r, x);
	struct setting mode;
	bool by_tanh, by_sigmoid;

	probe_word(r, "approximate mode", &mode);
	by_tanh = strstr(mode.text, "tanh") != NULL || strstr(mode.text, "TANH") != NULL;
	by_sigmoid = strstr(mode.text, "SIGMOID") != NULL;
	for (uint64_t i = 0; to != NULL && i < x->n; i++)
		to->v[i] = gelu_of(x->v[i], by_tanh, by_sigmoid);
	if (to != NULL)
		settle(r, to);
}

/* Numbers of each channel. */
static void
softplus_parametric(struct run *r)
{
	const struct array *x = probe_main(r), *a = probe_need(r, "alpha"), *b;
	struct array *to = probe_like(r, x);
	struct lines l;

	b = probe_need(r, "beta");
	if (to == NULL || a == NULL || b == NULL || x->rank < 2)
		return;
	l = probe_lines(x, 1);
	r->lost |= (a->n != 1 && a->n != l.n) || (b->n != 1 && b->n != l.n);
	for (uint64_t i = 0; i < x->n && !r->lost; i++) {
		uint64_t c = i / l.inner % l.n;

		to->v[i] = a->v[a->n > 1 ? c : 0] *
		    scalar_softplus(b->v[b->n > 1 ? c : 0] * x->v[i]);
	}
	settle(r, to);
}

/* Whole numbers that are divided, and what divides otherwise by a parameter. */
static scalar_two_fn *
variant(struct run *r, const char *name, scalar_two_fn *f)
{
	const struct value *v = r->n->out[0];
	const struct type *t = v != NULL ? item_type(r->side, v) : NULL;
	struct setting mode;

	if (f == scalar_mod_floor && r->side->given->model->dialect == DIALECT_ONNX)
		return probe_number(r, "fmod", 0) != 0 ? fmod : f;
	if (f != scalar_div)
		return f;
	probe_word(r, "rounding_mode", &mode);
	if (mode.text[0] != '\0' && strcmp(mode.text, "none") != 0)
		return strcmp(mode.text, "floor") == 0 ? scalar_div_floor : scalar_div_trunc;
	if (t == NULL || dtype_class(t->dtype) == DC_FLOAT)
		return f;
	r->lost |= strcmp(name, "div") != 0;
	return scalar_div_trunc;
}

static struct array *
apply(struct run *r, scalar_two_fn *f, const struct array *x, const struct array *y)
{
	struct array shape, *to;
	const double *p, *q;

	if (!probe_broadcast(r, (const struct array *const[2]){ x, y }, 2, &shape) ||
	    (to = probe_like(r, &shape)) == NULL)
		return NULL;
	p = probe_spread(r, x, to);
	q = probe_spread(r, y, to);
	for (uint64_t i = 0; i < to->n && !r->lost; i++)
		to->v[i] = f(p[i], q[i]);
	return r->lost ? NULL : to;
}

/* What is added or subtracted may be multiplied first. */
static const struct array *
scaled(struct run *r, const struct array *x)
{
	double alpha = probe_number(r, "alpha", 1);
	struct array *to;

	if (alpha == 1 || (to = probe_like(r, x)) == NULL)
		return x;
	for (uint64_t i = 0; i < x->n; i++)
		to->v[i] = alpha * x->v[i];
	return to;
}

/* The sum, product, largest or mean of all operands. */
static void
of_all(struct run *r, scalar_two_fn *f, bool mean)
{
	const struct array *x = r->n->nin > 0 ? probe_value(r, r->n->in[0]) : NULL, *y;
	struct array *to = NULL;

	r->lost |= x == NULL;
	for (uint32_t i = 1; i < r->n->nin && !r->lost; i++) {
		y = probe_value(r, r->n->in[i]);
		r->lost |= y == NULL;
		if (y != NULL)
			x = to = apply(r, f, x, y);
	}
	if (r->lost)
		return;
	if (to == NULL) {
		to = probe_like(r, x);
		for (uint64_t i = 0; to != NULL && i < x->n; i++)
			to->v[i] = x->v[i];
	}
	for (uint64_t i = 0; to != NULL && mean && i < to->n; i++)
		to->v[i] /= r->n->nin;
	probe_put(r, 0, to);
}

static void
two_operands(struct run *r)
{
	enum dialect d = r->side->given->model->dialect;
	const struct array *x, *y, *sum;
	char name[PROBE_NAME];
	struct array *to;
	scalar_two_fn *f = scalar_two(probe_name(r->n, name), probe_dialect(d));

	if (d == DIALECT_ONNX && (strcmp(name, "sum") == 0 || strcmp(name, "max") == 0 ||
	    strcmp(name, "min") == 0)) {
		of_all(r, f, false);
		return;
	}
	x = probe_need(r, "self x X A a base input");
	y = probe_need(r, "other y Y B b exponent min max");
	if (x == NULL || y == NULL || r->n->nout == 0)
		return;
	if (d == DIALECT_ATEN && (f == scalar_add || f == scalar_sub)) {
		sum = scaled(r, strcmp(name, "rsub") == 0 ? x : y);
		x = strcmp(name, "rsub") == 0 ? y : x;
		y = sum;
	}
	to = apply(r, variant(r, name, f), x, y);
	if (to != NULL)
		settle(r, to);
}

static void
mean_of(struct run *r)
{
	of_all(r, scalar_add, true);
}

/* A condition, what is chosen where it holds, and where not. */
static void
choose(struct run *r, const struct array *c, const struct array *x, const struct array *y)
{
	struct array shape, *to;
	const double *p, *q, *s;

	if (c == NULL || x == NULL || y == NULL || !probe_broadcast(r,
	    (const struct array *const[3]){ c, x, y }, 3, &shape) ||
	    (to = probe_like(r, &shape)) == NULL)
		return;
	s = probe_spread(r, c, to);
	p = probe_spread(r, x, to);
	q = probe_spread(r, y, to);
	for (uint64_t i = 0; i < to->n && !r->lost; i++)
		to->v[i] = s[i] != 0 ? p[i] : q[i];
	if (!r->lost)
		settle(r, to);
}

static void
where(struct run *r)
{
	const struct array *c = probe_need(r, "condition cond"), *x = probe_need(r, "self X a");

	choose(r, c, x, probe_need(r, "other Y b"));
}

static void
masked_fill(struct run *r)
{
	const struct array *c = probe_need(r, "mask"), *x = probe_need(r, "value");

	choose(r, c, x, probe_need(r, "self"));
}

/* self + value * x * y, x / y; or from self to end by weight. */
static void
combined(struct run *r)
{
	char name[PROBE_NAME];
	bool lerp = strcmp(probe_name(r->n, name), "lerp") == 0;
	const struct array *self = probe_need(r, "self"), *x, *y;
	struct array *to;
	double value = lerp ? 1 : probe_number(r, "value", 1);

	x = probe_need(r, lerp ? "weight" : "tensor1");
	y = probe_need(r, lerp ? "end" : "tensor2");
	if (self == NULL || x == NULL || y == NULL)
		return;
	if (lerp && (y = apply(r, scalar_sub, y, self)) == NULL)
		return;
	to = apply(r, strcmp(name, "addcdiv") == 0 ? scalar_div : scalar_mul, x, y);
	for (uint64_t i = 0; to != NULL && i < to->n; i++)
		to->v[i] *= value;
	to = to != NULL ? apply(r, scalar_add, self, to) : NULL;
	if (to != NULL)
		settle(r, to);
}

/* A slope for each channel. */
static void
prelu(struct run *r)
{
	const struct array *x = probe_main(r), *slope = probe_need(r, "weight alpha slope");
	struct array *to = probe_like(r, x), shape;
	const double *p;

	if (to == NULL || slope == NULL)
		return;
	shape = *slope;
	if (r->side->given->model->dialect != DIALECT_ONNX && slope->rank == 1 && x->rank > 2) {
		shape.rank = x->rank - 1;
		for (uint32_t i = 1; i < shape.rank; i++)
			shape.dims[i] = 1;
	}
	p = probe_spread(r, &shape, to);
	for (uint64_t i = 0; i < to->n && !r->lost; i++)
		to->v[i] = x->v[i] > 0 ? x->v[i] : x->v[i] * p[i];
	probe_put(r, 0, to);
}

/* Truths, or the bits of integers. */
static void
bits_not(struct run *r)
{
	const struct array *x = probe_main(r);
	const struct type *t = x != NULL && r->n->out[0] != NULL ?
	    item_type(r->side, r->n->out[0]) : NULL;
	struct array *to = probe_like(r, x);
	double all = t != NULL && dtype_class(t->dtype) == DC_UINT ?
	    ldexp(1, (int)dtype_bits(t->dtype)) - 1 : -1;

	for (uint64_t i = 0; to != NULL && i < x->n; i++)
		to->v[i] = t != NULL && dtype_class(t->dtype) == DC_BOOL ? x->v[i] == 0 :
		    all - x->v[i];
	probe_put(r, 0, to);
}

probe_fn *
probe_element(const struct item *x)
{
	static const struct probe_op ops[] = {
		{ "gelu", "aom", gelu }, { "softplusparametric", "m", softplus_parametric },
		{ "where select", "om", where }, { "where", "a", where },
		{ "maskedfill", "a", masked_fill }, { "addcmul addcdiv lerp", "a", combined },
		{ "prelu", "aom", prelu }, { "bitwisenot", "ao", bits_not },
		{ "mean", "o", mean_of }
	};
	const char *dialect = probe_dialect(x->dialect);
	probe_fn *f = probe_find(ops, sizeof ops / sizeof *ops, x);
	char name[PROBE_NAME];

	probe_name(x->n, name);
	if (f == NULL && scalar_ruled(name, dialect) != NULL)
		f = with_numbers;
	if (f == NULL && dialect[0] != '-' && scalar_plain(name) != NULL)
		f = one_operand;
	/* of PyTorch max and min with no second operand are reductions, and so is sum */
	if (f == NULL && !(x->dialect == DIALECT_ATEN && x->sem == SEM_REDUCE) &&
	    scalar_two(name, dialect) != NULL)
		f = two_operands;
	return f;
}
