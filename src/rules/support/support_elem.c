/* SPDX-License-Identifier: Apache-2.0 */
/* Converters of elementwise operators: arithmetic, comparisons, activations. */
#include <math.h>
#include <string.h>

#include "rules/support/support_ops.h"

/* One operation of the same name, or the one in param. */
void
sup_unary(struct conv *c)
{
	cv_out(c, mb_unary(c, c->param != NULL ? c->param : c->kind, c->in[0]));
}

/* As above, with a cast of integers before it. */
void
sup_log(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);

	if (dt_int(x->dtype))
		x = mb_cast(c, x, DT_F32);
	cv_out(c, mb_unary(c, "log", x));
}

void
sup_log_base(struct conv *c)
{
	cv_out(c, mb_binary(c, "mul", mb_unary(c, "log", c->in[0]), mv_f(c, 0.5)));
}

void
sup_abs(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);

	if (dt_complex(x->dtype)) {
		cv_out(c, mv_tensor(c, DT_F32, x->rank, x->dims));
		return;
	}
	cv_out(c, mb_unary(c, "abs", x));
}

void
sup_neg(struct conv *c)
{
	struct mv *v[2] = { cv_var(c, c->in[0]), mv_i(c, -1) };

	mb_promote(c, v, 2);
	cv_out(c, mb_binary(c, "mul", v[0], v[1]));
}

void
sup_square(struct conv *c)
{
	cv_out(c, mb_binary(c, "mul", c->in[0], c->in[0]));
}

void
sup_expm1(struct conv *c)
{
	cv_out(c, mb_binary(c, "sub", mb_unary(c, "exp", c->in[0]), mv_f(c, 1)));
}

void
sup_frac(struct conv *c)
{
	struct mv *x = c->in[0];
	struct mv *whole = mb_unary(c, "floor", mb_unary(c, "abs", x));

	cv_out(c, mb_binary(c, "sub", x, mb_binary(c, "mul", whole, mb_unary(c, "sign", x))));
}

void
sup_isnan(struct conv *c)
{
	cv_out(c, mb_binary(c, "not_equal", c->in[0], c->in[0]));
}

void
sup_selu(struct conv *c)
{
	struct mv *x = c->in[0];

	CHECK(c, "elu", { "x", x }, { "alpha", mv_f(c, 1.6) });
	cv_out(c, mb_binary(c, "mul", mb_like(c, x, x->dtype), mv_f(c, 1.05)));
}

void
sup_mish(struct conv *c)
{
	struct mv *x = c->in[0];

	cv_out(c, mb_binary(c, "mul", x, mb_unary(c, "tanh", mb_unary(c, "softplus", x))));
}

void
sup_hardswish(struct conv *c)
{
	struct mv *x = c->in[0], *w, *y;

	CHECK(c, "thresholded_relu", { "x", x }, { "alpha", mv_f(c, -3) });
	w = mb_like(c, x, x->dtype);
	CHECK(c, "sigmoid_hard", { "x", w }, { "alpha", mv_f(c, 0.16) }, { "beta", mv_f(c, 0.5) });
	y = mb_like(c, w, w->dtype);
	cv_out(c, mb_binary(c, "mul", w, y));
}

void
sup_hardsigmoid(struct conv *c)
{
	struct mv *x = c->in[0];

	CHECK(c, "sigmoid_hard", { "x", x }, { "alpha", mv_f(c, 0.16) }, { "beta", mv_f(c, 0.5) });
	cv_out(c, mb_like(c, x, x->dtype));
}

/* An operation with one number besides; param is its name. */
void
sup_with_alpha(struct conv *c)
{
	struct mv *x = c->in[0], *alpha = cv_arg(c, 1);
	bool rrelu = strcmp(c->kind, "rrelu") == 0;

	alpha = cv_kw(c, "negative_slope", alpha);
	if (alpha == NULL || rrelu)
		alpha = strcmp(c->param, "elu") == 0 ? mv_i(c, 1) : mv_f(c, 0.01);
	CHECK(c, c->param, { "x", x }, { "alpha", alpha });
	cv_out(c, mb_like(c, x, x->dtype));
}

void
sup_gelu(struct conv *c)
{
	struct mv *mode = cv_arg(c, 1);
	const char *word;

	if (c->nin > 1) {
		word = cv_word(cv_var(c, mode));
		if (word != NULL && strcmp(word, "tanh") != 0 && strcmp(word, "none") != 0)
			cv_fail(c, REASON_ARGUMENT, "approximate=%s", word);
	}
	CHECK(c, "gelu", { "x", c->in[0] });
	cv_out(c, mb_like(c, c->in[0], c->in[0]->dtype));
}

void
sup_glu(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *half;
	struct mv *dim = cv_kw(c, "dim", c->nin > 1 ? c->in[1] : mv_i(c, -1));
	int at = cv_axis(c, x, dim);

	CHECK(c, "split", { "x", x });
	half = mb_like(c, x, x->dtype);
	if (at >= 0 && half->dims[at] > 0 && half->dims[at] % 2 != 0)
		cv_fail(
		    c, REASON_SHAPE, "%lld elements are split in two", (long long)half->dims[at]);
	if (at >= 0 && half->dims[at] > 0)
		half->dims[at] /= 2;
	cv_out(c, mb_binary(c, "mul", half, mb_unary(c, "sigmoid", half)));
}

void
sup_softplus(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *y;
	double beta = c->nin > 1 ? cv_double(c, cv_var(c, c->in[1]), 1) : 1;

	if (beta == 1) {
		cv_out(c, mb_unary(c, "softplus", x));
	} else if (x->rank == 4) {
		if (x->dims[1] == DIM_SYMBOLIC)
			cv_fail(c, REASON_DYNAMIC, "the number of channels must be known for beta "
			    "other than 1");
		CHECK(c, "softplus_parametric", { "x", x });
		cv_out(c, mb_like(c, x, x->dtype));
	} else {
		y = mb_binary(c, "mul", mv_f(c, beta), x);
		cv_out(c, mb_binary(c, "real_div", mb_unary(c, "softplus", y), mv_f(c, beta)));
	}
}

void
sup_threshold(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *alpha = cv_var(c, c->in[1]);
	struct mv *value = cv_var(c, c->in[2]), *t, *ge;
	double a = 0, b = 0;

	CHECK(c, "threshold", { "x", x }, { "alpha", alpha });
	t = mb_like(c, x, x->dtype);
	if (mv_number(alpha, &a) && mv_number(value, &b) && a == b) {
		cv_out(c, t);
		return;
	}
	ge = mb_binary(c, "greater_equal", alpha, x);
	cv_out(c, mb_binary(c, "add", mb_cast(c, ge, DT_F32), t));
}

void
sup_prelu(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *alpha = cv_var(c, c->in[1]), *y = x;
	int64_t axes[2] = { 2, 0 };
	bool same = mv_dim(alpha, 0) == 1 || alpha->rank == 0;

	if (x->rank >= 2 && !alpha->konst)
		cv_fail(c, REASON_CONST, "the slope must be a constant");
	if (x->rank == 1)
		axes[0] = 1, axes[1] = 2;
	if (x->rank >= 0 && x->rank <= 2)
		y = mb_expand_dims(c, x, axes, x->rank == 1 ? 2 : 1);
	CHECK(c, "prelu", { "x", y }, { "alpha", alpha });
	if (y->rank > 5)
		cv_fail(c, REASON_RANK, "prelu of a tensor of rank %d", y->rank);
	for (uint32_t i = 1; alpha->num != NULL && i < alpha->nnum; i++)
		same = i == 1 ? fabs(alpha->num[i] - alpha->num[0]) <= 1e-5 :
		    same && fabs(alpha->num[i] - alpha->num[0]) <= 1e-5;
	/* slopes that were trained differ; those just made are all alike, and cannot be
	 * told apart without the weights */
	if ((y->rank == 3 || y->rank == 5) && !same && alpha->num != NULL)
		cv_fail(c, REASON_RANK, "slopes that differ are taken for rank 4 alone, not %d",
		    y->rank);
	cv_out(c, mb_like(c, x, x->dtype));
}

/* Complex numbers are added and nothing else. */
void
sup_add(struct conv *c)
{
	struct mv *v[2], *alpha = cv_arg(c, 2);
	int64_t dims[MV_DIMS];
	double a;

	if (alpha != NULL) {
		alpha = cv_var(c, alpha);
		if (!alpha->konst || (mv_number(alpha, &a) && a != 1))
			cv_fail(c, REASON_ARGUMENT, "alpha is not 1: a scaled sum");
	}
	v[0] = cv_var(c, cv_arg(c, 0));
	v[1] = cv_var(c, cv_arg(c, 1));
	if (v[0]->dtype == DT_BOOL && v[1]->dtype == DT_BOOL) {
		cv_out(c, mb_binary(c, "logical_or", v[0], v[1]));
		return;
	}
	if (dt_complex(v[0]->dtype) || dt_complex(v[1]->dtype)) {
		int rank = mb_broadcast(c, v[0], v[1], dims);

		cv_out(c, mv_tensor(c, DT_C64, rank, dims));
		return;
	}
	mb_promote(c, v, 2);
	cv_out(c, mb_binary(c, "add", v[0], v[1]));
}

void
sup_sub(struct conv *c)
{
	bool swap = strcmp(c->kind, "rsub") == 0;
	struct mv *v[2], *alpha;
	double a;

	if (c->nin > 2) {
		alpha = cv_var(c, c->in[2]);
		if (!alpha->konst || (mv_number(alpha, &a) && a != 1))
			cv_fail(c, REASON_ARGUMENT, "alpha is not 1: a scaled difference");
	}
	v[swap] = cv_var(c, c->in[0]);
	v[!swap] = cv_var(c, c->in[1]);
	mb_promote(c, v, 2);
	cv_out(c, mb_binary(c, "sub", v[0], v[1]));
}

/* Operands of one type, then the operation in param. */
void
sup_promoted(struct conv *c)
{
	struct mv *v[2] = { cv_var(c, cv_arg(c, 0)), cv_var(c, cv_arg(c, 1)) };

	mb_promote(c, v, 2);
	cv_out(c, mb_binary(c, c->param, v[0], v[1]));
}

void
sup_mul(struct conv *c)
{
	struct mv *v[2] = { cv_var(c, c->in[0]), cv_var(c, c->in[1]) };

	mb_promote(c, v, 2);
	cv_out(c, mb_binary(c, v[0]->dtype == DT_BOOL && v[1]->dtype == DT_BOOL ? "logical_and" :
	    "mul", v[0], v[1]));
}

/* Booleans are compared as integers. */
void
sup_equal(struct conv *c)
{
	struct mv *v[2] = { cv_var(c, c->in[0]), cv_var(c, c->in[1]) };

	for (int i = 0; i < 2; i++)
		if (v[i]->dtype == DT_BOOL)
			v[i] = mb_cast(c, v[i], DT_I32);
	mb_promote(c, v, 2);
	cv_out(c, mb_binary(c, c->param, v[0], v[1]));
}

void
sup_div(struct conv *c)
{
	struct mv *x = mb_cast(c, cv_var(c, c->in[0]), DT_F32);
	struct mv *y = mb_cast(c, cv_var(c, c->in[1]), DT_F32), *z;
	struct mv *mode = c->nin > 2 ? c->in[2] : NULL;
	const char *word;

	mode = cv_kw(c, "rounding_mode", mode);
	word = mv_absent(mode) ? NULL : cv_word(mode);
	if (word != NULL && strcmp(word, "floor") == 0) {
		cv_out(c, mb_binary(c, "floor_div", x, y));
	} else if (word != NULL && strcmp(word, "trunc") == 0) {
		z = mb_binary(c, "real_div", x, y);
		cv_out(c, mb_like(c, z, z->dtype));
	} else if (word != NULL) {
		cv_fail(c, REASON_ARGUMENT, "rounding_mode=%s", word);
	} else {
		cv_out(c, mb_binary(c, "real_div", x, y));
	}
}

void
sup_floor_divide(struct conv *c)
{
	struct mv *v[2] = { cv_var(c, c->in[0]), cv_var(c, c->in[1]) };

	mb_promote(c, v, 2);
	cv_out(c, mb_cast(c, mb_binary(c, "floor_div", v[0], v[1]), DT_F32));
}

void
sup_true_divide(struct conv *c)
{
	cv_out(c, mb_binary(c, "real_div", cv_var(c, c->in[0]), cv_var(c, c->in[1])));
}

void
sup_remainder(struct conv *c)
{
	struct mv *v[2] = { cv_var(c, cv_arg(c, 0)), cv_var(c, cv_arg(c, 1)) }, *q;

	mb_promote(c, v, 2);
	q = mb_binary(c, "floor_div", v[0], v[1]);
	cv_out(c, mb_binary(c, "sub", v[0], mb_binary(c, "mul", q, v[1])));
}

/* clamp_min and clamp_max: types must agree already. */
void
sup_clamp_one(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *y = cv_var(c, c->in[1]);

	if (x->dtype != DT_NONE && y->dtype != DT_NONE && x->dtype != y->dtype)
		cv_fail(c, REASON_DTYPE, "the bound is %s, the tensor %s", dtype_name(y->dtype),
		    dtype_name(x->dtype));
	cv_out(c, mb_binary(c, c->param, x, y));
}

static struct mv *
clamp_bound(struct conv *c, struct mv *v, double otherwise)
{
	return mv_absent(v) ? mv_f(c, otherwise) : cv_var(c, v);
}

void
sup_clamp(struct conv *c)
{
	struct mv *v[3] = { cv_var(c, c->in[0]), clamp_bound(c, cv_arg(c, 1), -3.4e38),
	    clamp_bound(c, cv_arg(c, 2), 3.4e38) };
	double lo, hi;

	mb_promote(c, v, 3);
	if (v[1]->konst && v[2]->konst && (v[1]->rank > 0 || v[2]->rank > 0) &&
	    (mv_dim(v[1], 0) > 1 || mv_dim(v[2], 0) > 1))
		cv_fail(c, REASON_INTERNAL, "bounds that are constant tensors of several elements");
	if (mv_number(v[1], &lo) && mv_number(v[2], &hi) && lo >= hi) {
		cv_out(c, mb_fill(c, mb_shape(c, v[0]), v[2]));
		return;
	}
	if (!v[1]->konst || !v[2]->konst || (v[0]->dtype != DT_NONE && !dt_float(v[0]->dtype))) {
		cv_out(c, mb_binary(c, "maximum", mb_binary(c, "minimum", v[0], v[2]), v[1]));
		return;
	}
	CHECK(c, "clip", { "x", v[0] }, { "alpha", v[1] }, { "beta", v[2] });
	cv_out(c, mb_like(c, v[0], v[0]->dtype));
}

void
sup_hardtanh(struct conv *c)
{
	struct mv *x = c->in[0], *lo = cv_var(c, c->in[1]), *hi = cv_var(c, c->in[2]);
	double a, b;

	CHECK(c, "clip", { "x", x }, { "alpha", lo }, { "beta", hi });
	if (c->ios >= 17 && mv_number(lo, &a) && mv_number(hi, &b) && a >= b)
		cv_fail(c, REASON_ARGUMENT, "the lower bound is not below the upper one");
	cv_out(c, mb_like(c, x, x->dtype));
}

void
sup_atan2(struct conv *c)
{
	struct mv *y = cv_var(c, c->in[0]), *x = cv_var(c, c->in[1]), *r;

	if (!dt_float(y->dtype))
		y = mb_cast(c, y, DT_F32);
	if (!dt_float(x->dtype))
		x = mb_cast(c, x, DT_F32);
	mb_binary(c, "less", y, mv_f(c, 0));
	mb_binary(c, "less", x, mv_f(c, 0));
	r = mb_binary(c, "real_div", y, x);
	cv_out(c, mb_binary(c, "add", mb_unary(c, "atan", r), mv_f(c, 0)));
}

/* and, or, xor of truth values; param is the operation. */
void
sup_logical(struct conv *c)
{
	struct mv *x = mb_cast(c, cv_var(c, c->in[0]), DT_BOOL);
	struct mv *y = mb_cast(c, cv_var(c, c->in[1]), DT_BOOL);

	cv_out(c, mb_binary(c, c->param, x, y));
}

void
sup_bitwise_and(struct conv *c)
{
	for (uint32_t i = 0; i < c->nin; i++) {
		struct mv *x = cv_var(c, c->in[i]);

		if (x->kind == MV_TENSOR && x->dtype != DT_NONE && x->dtype != DT_BOOL) {
			c->advice = "compute bits by arithmetic: x & 1 is x % 2, x >> 1 is "
			    "x // 2";
			cv_fail(c, REASON_ARGUMENT, "bits of integers; only truth values are "
			    "joined");
		}
	}
	if (c->nin != 2)
		cv_fail(c, REASON_INPUT_COUNT, "%u arguments", c->nin);
	c->param = "logical_and";
	sup_logical(c);
}

void
sup_bitwise_not(struct conv *c)
{
	struct mv *x = cv_var(c, cv_arg(c, 0));

	if (dt_int(x->dtype))
		cv_out(c, mb_binary(c, "mul", mb_binary(c, "add", x, mv_i(c, 1)), mv_i(c, -1)));
	else if (x->dtype == DT_BOOL || x->dtype == DT_NONE)
		cv_out(c, mb_unary(c, "logical_not", x));
	else
		cv_fail(c, REASON_DTYPE, "bits of %s", dtype_name(x->dtype));
}

void
sup_logical_not(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);

	if (x->dtype != DT_BOOL)
		x = mb_cast(c, x, DT_BOOL);
	cv_out(c, mb_unary(c, "logical_not", x));
}

void
sup_masked_fill(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *mask = cv_var(c, c->in[1]);
	struct mv *value = cv_var(c, c->in[2]), *r;
	int64_t dims[MV_DIMS];
	int rank;

	if (mask->dtype != DT_BOOL)
		mask = mb_cast(c, mask, DT_BOOL);
	if (x->dtype != DT_NONE && value->dtype != x->dtype)
		value = mb_cast(c, value, x->dtype);
	CHECK(c, "select", { "cond", mask }, { "a", value }, { "b", x });
	rank = mb_broadcast(c, value, x, dims);
	r = mb_out(c, x->dtype, rank, dims);
	cv_out(c, r);
}

/* where(cond, a, b); with cond alone the places of what is true. */
void
sup_where(struct conv *c)
{
	struct mv *cond, *v[2];
	int64_t dims[MV_DIMS], more[MV_DIMS];
	int rank;

	if (c->nin == 1) {
		sup_nonzero_numpy(c);
		return;
	}
	if (c->nin != 3)
		cv_fail(c, REASON_INPUT_COUNT, "%u arguments, three are expected", c->nin);
	cond = cv_var(c, c->in[0]);
	v[0] = cv_var(c, c->in[1]);
	v[1] = cv_var(c, c->in[2]);
	if (strcmp(c->kind, "where_scalarself") != 0) {
		mb_promote(c, v, 2);
		if (cond->dtype != DT_BOOL)
			cond = mb_cast(c, cond, DT_BOOL);
	}
	CHECK(c, "select", { "cond", cond }, { "a", v[0] }, { "b", v[1] });
	rank = mb_broadcast(c, v[0], v[1], dims);
	if (rank >= 0 && cond->rank >= 0) {
		struct mv t = *v[0];

		t.rank = rank;
		memcpy(t.dims, dims, sizeof dims);
		rank = mb_broadcast(c, cond, &t, more);
		memcpy(dims, more, sizeof dims);
	}
	cv_out(c, mb_out(c, v[0]->dtype, rank, dims));
}

void
sup_mse_loss(struct conv *c)
{
	struct mv *d = mb_binary(c, "sub", c->in[0], c->in[1]);
	int64_t how = cv_int(c, cv_var(c, c->in[2]), 1);

	d = mb_binary(c, "mul", d, d);
	if (how < 0 || how > 2)
		cv_fail(c, REASON_ARGUMENT, "reduction %lld", (long long)how);
	cv_out(c, how == 0 ? d : mb_reduce(c, how == 1 ? "reduce_mean" : "reduce_sum", d, NULL,
	    false));
}

void
sup_cosine_similarity(struct conv *c)
{
	int64_t dim = cv_int(c, cv_var(c, c->in[2]), 0);
	struct mv *axes = mv_ints(c, 1, &dim), *x, *y, *xy;

	xy = mb_reduce(c, "reduce_sum", mb_binary(c, "mul", c->in[0], c->in[1]), axes, false);
	x = mb_reduce(c, "reduce_sum", mb_binary(c, "mul", c->in[0], c->in[0]), axes, false);
	y = mb_reduce(c, "reduce_sum", mb_binary(c, "mul", c->in[1], c->in[1]), axes, false);
	x = mb_binary(c, "maximum", mb_binary(c, "mul", x, y), mv_f(c, 1e-8));
	cv_out(c, mb_binary(c, "real_div", xy, mb_unary(c, "sqrt", x)));
}
