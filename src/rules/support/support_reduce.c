/* SPDX-License-Identifier: Apache-2.0 */
/* Converters of reductions, norms by axes, sorting and running sums. */
#include <math.h>
#include <string.h>

#include "rules/support/support_ops.h"

/* The axes of a dim argument: a number, a list, or none. */
static struct mv *
axes_of(struct conv *c, struct mv *dim)
{
	int64_t one;

	if (mv_absent(dim))
		return NULL;
	dim = cv_var(c, dim);
	if (dim->kind != MV_TENSOR)
		return dim;
	if (dim->rank == 0 && mv_int(dim, &one))
		return mv_ints(c, 1, &one);
	return dim->rank == 1 && dim->dims[0] == 0 ? NULL : dim;
}

static bool
keeps(struct conv *c, struct mv *keep)
{
	keep = cv_kw(c, "keepdim", keep);
	return !mv_absent(keep) && cv_bool(c, keep, false);
}

static const char *
stem(struct conv *c)
{
	return arena_strdup(c->a, c->kind, strcspn(c->kind, "."));
}

void
sup_mean(struct conv *c)
{
	const char *op = stem(c);
	bool whole = !c->ts && strcmp(op, c->kind) == 0 && strcmp(op, "logsumexp") != 0;
	struct mv *x = cv_var(c, c->in[0]), *axes = whole ? NULL : axes_of(c, cv_arg(c, 1)), *r;
	bool keep = keeps(c, whole ? NULL : cv_arg(c, 2));
	bool logic = strcmp(op, "all") == 0 || strcmp(op, "any") == 0;

	if (logic) {
		x = mb_cast(c, x, DT_I32);
		r = mb_reduce(c, *op == 'a' && op[1] == 'l' ? "reduce_min" : "reduce_max", x, axes,
		    keep);
		cv_out(c, mb_cast(c, r, DT_BOOL));
		return;
	}
	if (x->dtype != DT_NONE && x->dtype != DT_I32 && !dt_float(x->dtype))
		x = mb_cast(c, x, DT_F32);
	cv_out(c, mb_reduce(c, strcmp(op, "mean") == 0 ? "reduce_mean" : strcmp(op, "sum") == 0 ?
	    "reduce_sum" : "reduce_log_sum_exp", x, axes, keep));
}

void
sup_amax(struct conv *c)
{
	struct mv *dim = cv_kw(c, "dim", cv_arg(c, 1));

	cv_out(c, mb_reduce(c, c->param, cv_var(c, c->in[0]), axes_of(c, dim),
	    keeps(c, cv_arg(c, 2))));
}

void
sup_argmax(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *dim = cv_kw(c, "dim", cv_arg(c, 1)), *r;
	bool keep = keeps(c, cv_arg(c, 2));

	if (mv_absent(dim)) {
		/* the operation's own axis, the last one, is taken */
		r = mb_reduce(c, c->param, x, mv_ints(c, 1, (int64_t []){ -1 }), keep);
	} else {
		r = mb_reduce(c, c->param, x, axes_of(c, dim), keep);
	}
	r->dtype = DT_I32;
	cv_out(c, r);
}

/* max and min: of all elements, along a dim with places, or of two tensors. */
void
sup_max(struct conv *c)
{
	bool least = strncmp(c->kind, "min", 3) == 0;
	struct mv *x = cv_var(c, c->in[0]), *axes, *where;
	bool keep;

	if (c->ts && c->nin == 2) {
		cv_out(c, mb_binary(c, least ? "minimum" : "maximum", x, cv_var(c, c->in[1])));
		return;
	}
	if ((c->ts && c->nin == 1) || (!c->ts && strchr(c->kind, '.') == NULL)) {
		cv_out(c, mb_reduce(c, least ? "reduce_min" : "reduce_max", x, NULL, false));
		return;
	}
	axes = axes_of(c, cv_arg(c, 1));
	keep = c->nin > 2 && cv_bool(c, cv_var(c, c->in[2]), false);
	x = mb_reduce(c, least ? "reduce_min" : "reduce_max", x, axes, keep);
	where = mb_reduce(c, least ? "reduce_argmin" : "reduce_argmax", c->in[0], axes, keep);
	where->dtype = DT_I32;
	cv_pair(c, x, where);
}

static struct mv *
numbers_of(struct conv *c, struct mv *x, struct mv *axes)
{
	struct mv *shape = mb_shape(c, x);

	(void)axes;
	return mb_cast(c, mb_reduce(c, "reduce_prod", shape, NULL, false), DT_F32);
}

static struct mv *
variance(struct conv *c, struct mv *x, struct mv *axes, bool keep, bool scaled)
{
	struct mv *mean = mb_reduce(c, "reduce_mean", x, axes, true), *v;

	v = mb_unary(c, "square", mb_binary(c, "sub", x, mean));
	v = mb_reduce(c, "reduce_mean", v, axes, keep);
	return scaled ? mb_binary(c, "mul", v, mb_binary(c, "real_div", numbers_of(c, x, axes),
	    mv_f(c, 1))) : v;
}

void
sup_var(struct conv *c)
{
	bool root = strncmp(c->kind, "std", 3) == 0, keep = false, scaled = true;
	struct mv *x = cv_var(c, c->in[0]), *dim = NULL, *unbiased, *v;
	bool corrected = strstr(c->kind, "correction") != NULL;

	if (corrected || (c->ts && c->nin == 4) || strstr(c->kind, ".dim") != NULL) {
		dim = cv_kw(c, "dim", cv_arg(c, 1));
		unbiased = cv_kw(c, corrected ? "correction" : "unbiased", cv_arg(c, 2));
		keep = keeps(c, cv_arg(c, 3));
	} else {
		unbiased = cv_kw(c, "unbiased", cv_arg(c, 1));
	}
	if (c->ts && (c->nin == 1 || c->nin == 3))
		cv_fail(c, REASON_INTERNAL, "a call with %u arguments", c->nin);
	scaled = corrected ? !mv_absent(unbiased) : mv_absent(unbiased) ||
	    cv_bool(c, unbiased, true);
	v = variance(c, x, axes_of(c, dim), keep, scaled);
	cv_out(c, root ? mb_unary(c, "sqrt", v) : v);
}

static struct mv *
vector_norm(struct conv *c, struct mv *x, struct mv *order, struct mv *axes, bool keep)
{
	double p = order == NULL ? 2 : cv_double(c, order, 2);
	struct mv *v[2];

	if (order != NULL && (order->kind == MV_TEXT || order->dtype == DT_STR))
		cv_fail(c, REASON_ARGUMENT, "order %s",
		    cv_word(order) != NULL ? cv_word(order) : "?");
	if (p == 0) {
		v[0] = mb_binary(c, "not_equal", mb_cast(c, x, DT_F32), mv_f(c, 0));
		return mb_reduce(c, "reduce_sum", mb_cast(c, v[0], DT_I32), axes, keep);
	}
	if (fabs(p) > 1e38)
		return mb_reduce(
		    c, p > 0 ? "reduce_max" : "reduce_min", mb_unary(c, "abs", x), axes, keep);
	if (p == 2)
		return mb_reduce(c, "reduce_l2_norm", x, axes, keep);
	v[0] = mb_unary(c, "abs", x);
	v[1] = order;
	mb_promote(c, v, 2);
	v[0] = mb_reduce(c, "reduce_sum", mb_binary(c, "pow", v[0], v[1]), axes, keep);
	return mb_binary(c, "pow", v[0], mv_f(c, 1 / p));
}

static struct mv *
matrix_norm(struct conv *c, struct mv *x, struct mv *order, struct mv *axes, bool keep)
{
	const char *word = cv_word(order);
	double p = word == NULL ? cv_double(c, order, 1) : 0;

	if (word != NULL && strcmp(word, "fro") == 0)
		return mb_reduce(c, "reduce_l2_norm", x, axes, keep);
	if (word != NULL || (fabs(p) != 1 && !(fabs(p) > 1e38)))
		cv_fail(c, REASON_ARGUMENT, "matrix norms of order fro, inf, -inf, 1 and -1 are "
		    "converted, no other");
	return mb_reduce(c, "reduce_max", mb_unary(c, "abs", x), axes, keep);
}

void
sup_frobenius_norm(struct conv *c)
{
	cv_out(c, mb_reduce(c, "reduce_l2_norm", c->in[0], cv_arg(c, 1),
	    cv_bool(c, cv_var(c, c->in[2]), false)));
}

void
sup_norm(struct conv *c)
{
	for (uint32_t i = 0; i < 4; i++)
		if (mv_absent(c->in[i]))
			cv_fail(c, REASON_ARGUMENT, "order, dim and keepdim must be given");
	cv_out(c, vector_norm(c, c->in[0], c->in[1], cv_var(c, c->in[2]),
	    cv_bool(c, c->in[3], false)));
}

void
sup_vector_norm(struct conv *c)
{
	struct mv *order = cv_arg(c, 1), *dim = cv_arg(c, 2), *keep = cv_arg(c, 3);

	if (c->nin > 1 && mv_absent(order))
		cv_fail(c, REASON_ARGUMENT, "order must be given");
	cv_out(c, vector_norm(c, cv_var(c, c->in[0]), order, mv_absent(dim) ? NULL :
	    cv_var(c, dim), !mv_absent(keep) && cv_bool(c, keep, false)));
}

void
sup_matrix_norm(struct conv *c)
{
	struct mv *dim;

	for (uint32_t i = 0; i < 4; i++)
		if (mv_absent(c->in[i]))
			cv_fail(c, REASON_ARGUMENT, "order, dim and keepdim must be given");
	dim = cv_var(c, c->in[2]);
	if (mv_known(dim) && mv_dim(dim, 0) >= 0 && mv_dim(dim, 0) != 2)
		cv_fail(c, REASON_ARGUMENT, "a matrix has two dims");
	cv_out(c, matrix_norm(c, cv_var(c, c->in[0]), cv_var(c, c->in[1]), dim,
	    cv_bool(c, c->in[3], false)));
}

void
sup_linalg_norm(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *order = cv_arg(c, 1), *dim = cv_arg(c, 2);
	bool keep = !mv_absent(cv_arg(c, 3)) && cv_bool(c, cv_arg(c, 3), false);
	int64_t all[MV_DIMS];

	for (int i = 0; i < MV_DIMS; i++)
		all[i] = i;
	if (mv_absent(dim) && x->rank >= 0)
		dim = mv_ints(c, (uint32_t)x->rank, all);
	else if (!mv_absent(dim))
		dim = cv_var(c, dim);
	if (mv_absent(order) || (order->kind == MV_TEXT && strcmp(order->text, "fro") == 0))
		cv_out(c, mb_reduce(c, "reduce_l2_norm", x, dim, keep));
	else if (dim != NULL && dim->rank == 1 && dim->dims[0] == 2)
		cv_out(c, matrix_norm(c, x, order, dim, keep));
	else
		cv_out(c, vector_norm(c, x, order, dim, keep));
}

void
sup_weight_norm(struct conv *c)
{
	struct mv *v = cv_var(c, c->in[0]), *g = cv_var(c, c->in[1]), *n, *r;
	int64_t axes[MV_DIMS];
	int64_t dim = cv_int(c, cv_kw(c, "dim", c->nin > 2 ? c->in[2] : mv_i(c, 0)), 0);
	uint32_t naxes = 0;

	for (int i = 0; i < v->rank; i++)
		if (i != (dim < 0 ? dim + v->rank : dim))
			axes[naxes++] = i;
	n = mb_reduce(c, "reduce_l2_norm", v, dim == -1 ? NULL : mv_ints(c, naxes, axes), true);
	r = mb_binary(c, "mul", g, mb_binary(c, "real_div", v, n));
	if (strcmp(c->kind, "_weight_norm") == 0 || c->ts)
		cv_out(c, r);
	else
		cv_pair(c, r, n);
}

void
sup_cumsum(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *dim = cv_var(c, c->in[1]);
	struct mv *dtype = cv_kw(c, "dtype", cv_arg(c, 2));
	bool plain = strcmp(c->kind, "cumsum") == 0;
	enum dtype t = mv_absent(dtype) ? DT_NONE : dt_number(cv_int(c, dtype, 6));

	if (x->dtype == DT_BOOL)
		x = mb_cast(c, x, DT_I32);
	if (plain && t != DT_NONE && x->dtype != t)
		x = mb_cast(c, x, t);
	if (!plain)
		x = mb_unary(c, "exp", x);
	CHECK(c, "cumsum", { "x", x }, { "axis", dim });
	if (mv_known(x) && cv_int(c, dim, 0) < -1)
		cv_fail(c, REASON_ARGUMENT, "axis %lld; only -1 counts from the end",
		    (long long)cv_int(c, dim, 0));
	x = mb_like(c, x, x->dtype);
	cv_out(c, plain ? x : mb_unary(c, "log", x));
}

void
sup_cumprod(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	int at = cv_axis(c, x, cv_var(c, c->in[1]));

	if (at >= 0 && x->dims[at] == DIM_SYMBOLIC)
		cv_fail(c, REASON_DYNAMIC, "the size along the dim must be known");
	if (at >= 0 && x->dims[at] > 1) {
		CHECK(c, "gather", { "x", x });
		CHECK(c, "scatter", { "data", x });
	}
	cv_out(c, mb_like(c, x, x->dtype));
}

/* sort and argsort. */
void
sup_sort(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	struct mv *dim = cv_kw(c, "dim", c->nin > 1 ? c->in[1] : mv_i(c, -1));
	struct mv *down = cv_kw(c, "descending", c->nin > 2 ? c->in[2] : mv_b(c, false)), *places;

	CHECK(c, "logical_not", { "x", down });
	CHECK(c, "argsort", { "x", x }, { "axis", dim });
	places = mb_like(c, x, DT_I32);
	if (strcmp(c->kind, "argsort") == 0) {
		cv_out(c, places);
		return;
	}
	CHECK(c, "gather_along_axis", { "x", x }, { "indices", places }, { "axis", dim });
	cv_pair(c, mb_like(c, x, x->dtype), places);
}

void
sup_topk(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *k = cv_var(c, c->in[1]);
	struct mv *dim = cv_kw(c, "dim", c->nin > 2 ? c->in[2] : mv_i(c, -1));
	struct mv *sorted = cv_kw(c, "sorted", c->nin > 4 ? c->in[4] : NULL), *r;
	int64_t n = cv_int(c, k, DIM_ANY);
	int at = cv_axis(c, x, dim);

	if (!mv_absent(sorted) && !cv_bool(c, sorted, true) && c->ios < 16)
		cv_fail(c, REASON_TARGET, "sorted=False exists from iOS16 on");
	if (!k->konst) {
		CHECK(c, "argsort", { "x", x });
		n = DIM_SYMBOLIC;
	} else {
		CHECK(c, "topk", { "x", x }, { "k", k });
		if (at >= 0 && x->dims[at] >= 0 && n > x->dims[at])
			cv_fail(c, REASON_SHAPE, "k is %lld, the size %lld", (long long)n,
			    (long long)x->dims[at]);
	}
	r = mb_like(c, x, x->dtype);
	if (at >= 0)
		r->dims[at] = n;
	cv_pair(c, r, mb_like(c, r, DT_I32));
}

/* Products summed: dot and vecdot. */
void
sup_dot(struct conv *c)
{
	struct mv *dim = cv_kw(c, "dim", c->nin > 2 ? c->in[2] : NULL);
	int64_t axis = strcmp(c->kind, "dot") == 0 ? 0 : dim == NULL ? -1 : cv_int(c, dim, -1);

	cv_out(c, mb_reduce(c, "reduce_sum", mb_binary(c, "mul", c->in[0], c->in[1]),
	    mv_ints(c, 1, &axis), false));
}

void
sup_numel(struct conv *c)
{
	struct mv *shape = mb_shape(c, cv_var(c, c->in[0])), *r;
	double n = 1;

	r = mb_reduce(c, "reduce_prod", shape, mv_ints(c, 1, (int64_t []){ 0 }), false);
	if (shape->num != NULL) {
		for (uint32_t i = 0; i < shape->nnum; i++)
			n *= shape->num[i];
		r->num = arena_alloc(c->a, sizeof *r->num);
		r->num[0] = n;
		r->nnum = 1;
	}
	cv_out(c, r);
}

void
sup_trace(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);

	CHECK(c, "band_part", { "x", x });
	cv_out(c, mb_reduce(c, "reduce_sum", mb_like(c, x, x->dtype), NULL, false));
}

void
sup_unique(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	bool inverse, counted;
	int64_t one = DIM_SYMBOLIC;

	if (!cv_bool(c, cv_var(c, c->in[1]), true))
		cv_fail(c, REASON_ARGUMENT, "sorted=False");
	inverse = cv_bool(c, cv_var(c, c->in[2]), false);
	counted = cv_bool(c, cv_var(c, c->in[3]), false);
	CHECK(c, "argsort", { "x", x });
	if (!c->ts && (inverse || counted)) /* exported nodes have one output name */
		cv_fail(c, REASON_INTERNAL,
		    "return_inverse and return_counts: the values alone can be bound");
	cv_out(c, mb_out(c, DT_F32, 1, &one));
	if (c->nout > 1 && inverse)
		c->out[1] = mv_tensor(c, DT_I32, x->rank, x->dims);
	if (c->nout > 2 && counted)
		c->out[2] = mv_tensor(c, DT_I32, 1, &one);
}

void
sup_searchsorted(struct conv *c)
{
	struct mv *s = cv_var(c, c->in[0]), *v = cv_var(c, c->in[1]);
	struct mv *more;

	if (s->rank >= 0 && v->rank >= 0 && s->rank != v->rank) {
		c->advice = "expand the sequence to the rank of the values";
		cv_fail(
		    c, REASON_RANK, "the sequence has rank %d, the values %d", s->rank, v->rank);
	}
	if (mv_dim(v, -1) == DIM_SYMBOLIC)
		cv_fail(c, REASON_DYNAMIC, "the last size of the values must be known");
	more = mb_expand_dims(c, v, (int64_t []){ -1 }, 1);
	mb_binary(c, "greater", more, mb_expand_dims(c, s, (int64_t []){ -2 }, 1));
	cv_out(c, mv_tensor(c, DT_I32, v->rank, v->dims));
}
