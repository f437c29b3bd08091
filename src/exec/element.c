/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise operations. Sources: the standard of ONNX, ATen's native functions, the
 * definitions of the operations of ML Programs. */
#include <math.h>
#include <string.h>

#include "exec/kernel.h"
#include "exec/scalar.h"
#include "base/str.h"
#include "ops/op.h"

#define ROOT_HALF 0.70710678118654752440 /* of a half */
#define TWO_BY_ROOT_PI 1.12837916709551257390

/* As numbers of the result's type are. */
static void
settle(struct exec *e, struct array *a)
{
	const struct value *v = e->n->nout > 0 ? e->n->out[0] : NULL;
	const struct type *t = v != NULL ? exec_type(e, v) : NULL;
	enum dtype_class c = t != NULL ? dtype_class(t->dtype) : DC_NONE;

	e->lost |= c == DC_NONE || c == DC_STRING || c == DC_COMPLEX;
	for (uint64_t i = 0; i < a->n && !e->lost; i++) {
		if (c == DC_BOOL)
			a->v[i] = a->v[i] != 0;
		else if (c != DC_FLOAT)
			a->v[i] = trunc(a->v[i]);
	}
	exec_put(e, 0, a);
}

static void
one_operand(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	scalar_fn *f = scalar_plain(e->name);

	/* in training it is by chance */
	e->lost |= strstr(e->name, "dropout") != NULL &&
	    exec_number(e, "training_mode train", 0) != 0;
	if (to == NULL || e->lost)
		return;
	for (uint64_t i = 0; i < x->n; i++)
		to->v[i] = f(x->v[i]);
	settle(e, to);
}

static void
with_numbers(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	const struct scalar_ruled *rule = scalar_ruled(e->name,
	    kernel_dialect(e->in.model->dialect));
	double p[3];

	if (to == NULL)
		return;
	for (size_t i = 0; i < 3 && rule->params[i].names != NULL; i++)
		p[i] = exec_number(e, rule->params[i].names, rule->params[i].other);
	for (uint64_t i = 0; i < x->n; i++)
		to->v[i] = rule->f(x->v[i], p);
	settle(e, to);
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
gelu(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_like(e, x);
	struct setting mode;
	bool by_tanh, by_sigmoid;

	exec_word(e, "approximate mode", &mode);
	by_tanh = strstr(mode.text, "tanh") != NULL || strstr(mode.text, "TANH") != NULL;
	by_sigmoid = strstr(mode.text, "SIGMOID") != NULL;
	for (uint64_t i = 0; to != NULL && i < x->n; i++)
		to->v[i] = gelu_of(x->v[i], by_tanh, by_sigmoid);
	if (to != NULL)
		settle(e, to);
}

/* Numbers of each channel. */
static void
softplus_parametric(struct exec *e)
{
	const struct array *x = exec_main(e), *a = exec_need(e, "alpha"), *b;
	struct array *to = exec_like(e, x);
	struct lines l;

	b = exec_need(e, "beta");
	if (to == NULL || a == NULL || b == NULL || x->rank < 2)
		return;
	l = exec_lines(x, 1);
	e->lost |= (a->n != 1 && a->n != l.n) || (b->n != 1 && b->n != l.n);
	for (uint64_t i = 0; i < x->n && !e->lost; i++) {
		uint64_t c = i / l.inner % l.n;

		to->v[i] = a->v[a->n > 1 ? c : 0] *
		    scalar_softplus(b->v[b->n > 1 ? c : 0] * x->v[i]);
	}
	settle(e, to);
}

/* Whole numbers that are divided, and what divides otherwise by a parameter. */
static scalar_two_fn *
variant(struct exec *e, const char *name, scalar_two_fn *f)
{
	const struct value *v = e->n->out[0];
	const struct type *t = v != NULL ? exec_type(e, v) : NULL;
	struct setting mode;

	if (f == scalar_mod_floor && e->in.model->dialect == DIALECT_ONNX)
		return exec_number(e, "fmod", 0) != 0 ? fmod : f;
	if (f != scalar_div)
		return f;
	exec_word(e, "rounding_mode", &mode);
	if (mode.text[0] != '\0' && strcmp(mode.text, "none") != 0)
		return strcmp(mode.text, "floor") == 0 ? scalar_div_floor : scalar_div_trunc;
	if (t == NULL || dtype_class(t->dtype) == DC_FLOAT)
		return f;
	e->lost |= strcmp(name, "div") != 0;
	return scalar_div_trunc;
}

static struct array *
apply(struct exec *e, scalar_two_fn *f, const struct array *x, const struct array *y)
{
	struct array shape, *to;
	const double *p, *q;

	if (!exec_broadcast(e, (const struct array *const[2]){ x, y }, 2, &shape) ||
	    (to = exec_like(e, &shape)) == NULL)
		return NULL;
	p = exec_spread(e, x, to);
	q = exec_spread(e, y, to);
	for (uint64_t i = 0; i < to->n && !e->lost; i++)
		to->v[i] = f(p[i], q[i]);
	return e->lost ? NULL : to;
}

/* What is added or subtracted may be multiplied first. */
static const struct array *
scaled(struct exec *e, const struct array *x)
{
	double alpha = exec_number(e, "alpha", 1);
	struct array *to;

	if (alpha == 1 || (to = exec_like(e, x)) == NULL)
		return x;
	for (uint64_t i = 0; i < x->n; i++)
		to->v[i] = alpha * x->v[i];
	return to;
}

/* The sum, product, largest or mean of all operands. */
static void
of_all(struct exec *e, scalar_two_fn *f, bool mean)
{
	const struct array *x = e->n->nin > 0 ? exec_value(e, e->n->in[0]) : NULL, *y;
	struct array *to = NULL;

	e->lost |= x == NULL;
	for (uint32_t i = 1; i < e->n->nin && !e->lost; i++) {
		y = exec_value(e, e->n->in[i]);
		e->lost |= y == NULL;
		if (y != NULL)
			x = to = apply(e, f, x, y);
	}
	if (e->lost)
		return;
	if (to == NULL) {
		to = exec_like(e, x);
		for (uint64_t i = 0; to != NULL && i < x->n; i++)
			to->v[i] = x->v[i];
	}
	for (uint64_t i = 0; to != NULL && mean && i < to->n; i++)
		to->v[i] /= e->n->nin;
	exec_put(e, 0, to);
}

static void
two_operands(struct exec *e)
{
	enum dialect d = e->in.model->dialect;
	const struct array *x, *y, *sum;
	struct array *to;
	scalar_two_fn *f = scalar_two(e->name, kernel_dialect(d));

	if (d == DIALECT_ONNX && (strcmp(e->name, "sum") == 0 || strcmp(e->name, "max") == 0 ||
	    strcmp(e->name, "min") == 0)) {
		of_all(e, f, false);
		return;
	}
	x = exec_need(e, "self x X A a base input");
	y = exec_need(e, "other y Y B b exponent min max");
	if (x == NULL || y == NULL || e->n->nout == 0)
		return;
	if (d == DIALECT_ATEN && (f == scalar_add || f == scalar_sub)) {
		sum = scaled(e, strcmp(e->name, "rsub") == 0 ? x : y);
		x = strcmp(e->name, "rsub") == 0 ? y : x;
		y = sum;
	}
	to = apply(e, variant(e, e->name, f), x, y);
	if (to != NULL)
		settle(e, to);
}

static void
mean_of(struct exec *e)
{
	of_all(e, scalar_add, true);
}

/* A condition, what is chosen where it holds, and where not. */
static void
choose(struct exec *e, const struct array *c, const struct array *x, const struct array *y)
{
	struct array shape, *to;
	const double *p, *q, *s;

	if (c == NULL || x == NULL || y == NULL || !exec_broadcast(e,
	    (const struct array *const[3]){ c, x, y }, 3, &shape) ||
	    (to = exec_like(e, &shape)) == NULL)
		return;
	s = exec_spread(e, c, to);
	p = exec_spread(e, x, to);
	q = exec_spread(e, y, to);
	for (uint64_t i = 0; i < to->n && !e->lost; i++)
		to->v[i] = s[i] != 0 ? p[i] : q[i];
	if (!e->lost)
		settle(e, to);
}

static void
where(struct exec *e)
{
	const struct array *c = exec_need(e, "condition cond"), *x = exec_need(e, "self X a");

	choose(e, c, x, exec_need(e, "other Y b"));
}

static void
masked_fill(struct exec *e)
{
	const struct array *c = exec_need(e, "mask"), *x = exec_need(e, "value");

	choose(e, c, x, exec_need(e, "self"));
}

/* self + value * x * y, x / y; or from self to end by weight. */
static void
combined(struct exec *e)
{
	bool lerp = strcmp(e->name, "lerp") == 0;
	const struct array *self = exec_need(e, "self"), *x, *y;
	struct array *to;
	double value = lerp ? 1 : exec_number(e, "value", 1);

	x = exec_need(e, lerp ? "weight" : "tensor1");
	y = exec_need(e, lerp ? "end" : "tensor2");
	if (self == NULL || x == NULL || y == NULL)
		return;
	if (lerp && (y = apply(e, scalar_sub, y, self)) == NULL)
		return;
	to = apply(e, strcmp(e->name, "addcdiv") == 0 ? scalar_div : scalar_mul, x, y);
	for (uint64_t i = 0; to != NULL && i < to->n; i++)
		to->v[i] *= value;
	to = to != NULL ? apply(e, scalar_add, self, to) : NULL;
	if (to != NULL)
		settle(e, to);
}

/* A slope for each channel. */
static void
prelu(struct exec *e)
{
	const struct array *x = exec_main(e), *slope = exec_need(e, "weight alpha slope");
	struct array *to = exec_like(e, x), shape;
	const double *p;

	if (to == NULL || slope == NULL)
		return;
	shape = *slope;
	if (e->in.model->dialect != DIALECT_ONNX && slope->rank == 1 && x->rank > 2) {
		shape.rank = x->rank - 1;
		for (uint32_t i = 1; i < shape.rank; i++)
			shape.dims[i] = 1;
	}
	p = exec_spread(e, &shape, to);
	for (uint64_t i = 0; i < to->n && !e->lost; i++)
		to->v[i] = x->v[i] > 0 ? x->v[i] : x->v[i] * p[i];
	exec_put(e, 0, to);
}

/* One half, let through as the other one says. */
static void
glu(struct exec *e)
{
	const struct array *x = exec_main(e);
	int64_t dims[EXEC_RANK];
	struct array *to;
	struct lines l;
	uint32_t axis;

	if (x == NULL || x->rank == 0)
		return;
	axis = exec_axis(e, "dim", -1, x->rank);
	memcpy(dims, x->dims, sizeof dims);
	e->lost |= dims[axis] % 2 != 0;
	dims[axis] /= 2;
	if (e->lost || (to = exec_make(e, x->rank, dims)) == NULL)
		return;
	l = exec_lines(to, axis);
	for (uint64_t i = 0; i < to->n; i++) {
		const double *at = x->v + i / (l.n * l.inner) * 2 * l.n * l.inner +
		    i % (l.n * l.inner);

		to->v[i] = at[0] * scalar_sigmoid(at[l.n * l.inner]);
	}
	exec_put(e, 0, to);
}

/* In the shape, and of the type, of what it is written over. */
static void
copy(struct exec *e)
{
	const struct array *from = exec_need(e, "src"), *x = exec_need(e, "self");
	struct array *to = exec_like(e, x);
	const double *p = from != NULL && to != NULL ? exec_spread(e, from, to) : NULL;

	if (p == NULL)
		return;
	memcpy(to->v, p, to->n * sizeof *p);
	settle(e, to);
}

/* Numbers of codes: for all of them one scale, or one for each place along an axis. */
static void
dequantize(struct exec *e)
{
	const struct array *x = exec_main(e), *scale = exec_need(e, "x_scale scale"), *zero;
	struct array *to = exec_like(e, x);
	struct lines l = { 1, 1, 1 };

	zero = exec_arg(e, "x_zero_point zero_point");
	e->lost |= exec_number(e, "block_size", 0) != 0;
	if (to == NULL || scale == NULL || e->lost)
		return;
	if (scale->n != 1)
		l = exec_lines(x, exec_axis(e, "axis", 1, x->rank));
	e->lost |= scale->n != l.n || scale->rank > 1 || (zero != NULL &&
	    zero->n != scale->n && zero->n != 1);
	for (uint64_t i = 0; i < x->n && !e->lost; i++) {
		uint64_t c = scale->n > 1 ? i / l.inner % l.n : 0;

		to->v[i] = scale->v[c] * (x->v[i] - (zero == NULL ? 0 :
		    zero->v[zero->n > 1 ? c : 0]));
	}
	exec_put(e, 0, to);
}

/* Each of one with each of the other. */
static void
outer(struct exec *e)
{
	const struct array *x = exec_need(e, "self"), *y = exec_need(e, "vec2");
	struct array column, *to;

	if (x == NULL || y == NULL || x->rank != 1 || y->rank != 1)
		return;
	column = *x;
	column.rank = 2;
	column.dims[1] = 1;
	to = apply(e, scalar_mul, &column, y);
	if (to != NULL)
		settle(e, to);
}

/* Truths, or the bits of integers. */
static void
bits_not(struct exec *e)
{
	const struct array *x = exec_main(e);
	const struct type *t = x != NULL && e->n->out[0] != NULL ?
	    exec_type(e, e->n->out[0]) : NULL;
	struct array *to = exec_like(e, x);
	double all = t != NULL && dtype_class(t->dtype) == DC_UINT ?
	    ldexp(1, (int)dtype_bits(t->dtype)) - 1 : -1;

	for (uint64_t i = 0; to != NULL && i < x->n; i++)
		to->v[i] = t != NULL && dtype_class(t->dtype) == DC_BOOL ? x->v[i] == 0 :
		    all - x->v[i];
	exec_put(e, 0, to);
}

kernel_fn *
kernel_element(const struct exec *e)
{
	static const struct kernel_op ops[] = {
		{ "gelu", "aom", gelu }, { "softplusparametric", "m", softplus_parametric },
		{ "where select", "om", where }, { "where", "a", where },
		{ "maskedfill", "a", masked_fill }, { "addcmul addcdiv lerp", "a", combined },
		{ "prelu", "aom", prelu }, { "bitwisenot", "ao", bits_not },
		{ "mean", "o", mean_of }, { "glu", "a", glu }, { "copy", "a", copy },
		{ "outer ger", "a", outer }, { "dequantizelinear", "o", dequantize },
		{ "dequantize", "m", dequantize }
	};
	const char *dialect = kernel_dialect(e->in.model->dialect);
	kernel_fn *f = kernel_find(ops, sizeof ops / sizeof *ops, e);

	if (f == NULL && scalar_ruled(e->name, dialect) != NULL)
		f = with_numbers;
	if (f == NULL && dialect[0] != '-' && scalar_plain(e->name) != NULL)
		f = one_operand;
	/* of PyTorch max and min with no second operand are reductions, and so is sum */
	if (f == NULL && !(dialect[0] == 'a' && e->n->op->sem == SEM_REDUCE) &&
	    scalar_two(e->name, dialect) != NULL)
		f = two_operands;
	return f;
}
