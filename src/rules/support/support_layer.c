/* SPDX-License-Identifier: Apache-2.0 */
/* Converters of layers: convolution, linear maps, norms, pooling, attention. */
#include <math.h>
#include <string.h>

#include "rules/support/support_ops.h"

void
sup_linear(struct conv *c)
{
	struct mv *v[3] = { cv_var(c, c->in[0]), cv_var(c, c->in[1]), NULL }, *r;
	bool biased = c->nin == 3 && !mv_absent(c->in[2]);
	int64_t dims[MV_DIMS];

	if (biased)
		v[2] = cv_var(c, c->in[2]);
	mb_promote(c, v, biased ? 3 : 2);
	if (!v[1]->konst || (biased && !v[2]->konst)) {
		if (v[1]->kind == MV_UNKNOWN) {
			cv_out(c,
			    mv_tensor(c, v[0]->dtype, v[0]->rank, (int64_t[MV_DIMS]){ DIM_ANY }));
			return;
		}
		r = mv_copy(c, v[1]);
		if (r->rank >= 2) {
			r->dims[r->rank - 1] = mv_dim(v[1], -2);
			r->dims[r->rank - 2] = mv_dim(v[1], -1);
		}
		r = mb_matmul(c, v[0], r);
		cv_out(c, biased ? mb_binary(c, "add", r, v[2]) : r);
		return;
	}
	CHECK(c, "linear", { "x", v[0] }, { "weight", v[1] }, { "bias", v[2] });
	if (mv_dim(v[0], -1) >= 0 && mv_dim(v[1], -1) >= 0 && mv_dim(v[0], -1) != mv_dim(v[1], -1))
		cv_fail(c, REASON_SHAPE, "the last size is %lld, the weights take %lld",
		    (long long)mv_dim(v[0], -1), (long long)mv_dim(v[1], -1));
	if (v[1]->rank >= 0 && v[1]->rank != 2)
		cv_fail(c, REASON_RANK, "weights of rank %d", v[1]->rank);
	memcpy(dims, v[0]->dims, sizeof dims);
	if (v[0]->rank > 0)
		dims[v[0]->rank - 1] = mv_dim(v[1], 0);
	cv_out(c, mb_out(c, v[0]->dtype, v[0]->rank, dims));
}

/* A constant matrix on the right of at most three dims becomes linear. */
static struct mv *
product(struct conv *c, struct mv *x, struct mv *y)
{
	struct mv *v[2] = { x, y };
	int64_t dims[MV_DIMS];

	if (y->rank == 2 && x->rank >= 0 && x->rank <= 3 && y->konst) {
		CHECK(c, "linear", { "x", x }, { "weight", y });
		if (mv_dim(x, -1) >= 0 && mv_dim(y, 0) >= 0 && mv_dim(x, -1) != mv_dim(y, 0))
			cv_fail(c, REASON_SHAPE, "sizes %lld and %lld do not go together",
			    (long long)mv_dim(x, -1), (long long)mv_dim(y, 0));
		memcpy(dims, x->dims, sizeof dims);
		if (x->rank > 0)
			dims[x->rank - 1] = mv_dim(y, 1);
		return mb_out(c, x->dtype, x->rank, dims);
	}
	mb_promote(c, v, 2);
	return mb_matmul(c, v[0], v[1]);
}

void
sup_matmul(struct conv *c)
{
	cv_out(c, product(c, cv_var(c, c->in[0]), cv_var(c, c->in[1])));
}

void
sup_mv(struct conv *c)
{
	struct mv *y = mb_expand_dims(c, cv_var(c, c->in[1]), (int64_t []){ -1 }, 1);

	y = mb_matmul(c, cv_var(c, c->in[0]), y);
	cv_out(c, mb_squeeze(c, y, (int64_t []){ -1 }, 1, false));
}

void
sup_outer(struct conv *c)
{
	struct mv *x = mb_reshape(c, cv_var(c, c->in[0]), mv_ints(c, 2, (int64_t []){ -1, 1 }));
	struct mv *y = mb_reshape(c, cv_var(c, c->in[1]), mv_ints(c, 2, (int64_t []){ 1, -1 }));

	cv_out(c, mb_matmul(c, x, y));
}

/* A factor that is a whole number is an integer in the program. */
static struct mv *
scaled(struct conv *c, struct mv *x, struct mv *factor)
{
	struct mv *r;

	if (factor == NULL || mv_is(factor, 1))
		return x;
	c->advice = dt_int(factor->dtype) && dt_float(x->dtype) ?
	    "write alpha and beta as floating point numbers: alpha=2.0" : c->advice;
	r = mb_binary(c, "mul", x, factor);
	c->advice = NULL;
	return r;
}

void
sup_addmm(struct conv *c)
{
	struct mv *beta = cv_kw(c, "beta", cv_arg(c, 3)), *alpha = cv_kw(c, "alpha", cv_arg(c, 4));
	struct mv *x = cv_var(c, c->in[0]), *a = cv_var(c, c->in[1]), *b = cv_var(c, c->in[2]);
	bool batched = strcmp(c->kind, "baddbmm") == 0;

	if (batched) {
		a = scaled(c, a, alpha);
		a = mb_matmul(c, a, b);
		if (beta != NULL && !mv_is(beta, 1)) {
			/* a plain number has no type to be cast from */
			beta = mb_cast(c, beta, x->dtype);
			x = mb_binary(c, "mul", beta, x);
		}
	} else {
		x = scaled(c, x, beta);
		a = scaled(c, mb_matmul(c, a, b), alpha);
	}
	cv_out(c, mb_binary(c, "add", x, a));
}

/* i-th number of a list or number argument; the only one stands for all. */
static int64_t
nth(const struct mv *v, int i, int64_t otherwise)
{
	if (v == NULL || v->num == NULL || v->nnum == 0)
		return otherwise;
	i = v->nnum == 1 ? 0 : i;
	return i < (int)v->nnum && !isnan(v->num[i]) ? (int64_t)v->num[i] : otherwise;
}

struct window { struct mv *stride, *pad, *dilation, *outpad; int64_t groups; bool up, same; };

static int64_t
window_size(const struct window *w, int i, int64_t in, int64_t kernel)
{
	int64_t stride = nth(w->stride, i, 1), pad = nth(w->pad, i, 0), span, out;
	int64_t dilation = nth(w->dilation, i, 1);

	if (in == DIM_SYMBOLIC)
		return DIM_SYMBOLIC;
	if (in < 0 || kernel < 0 || stride <= 0)
		return DIM_ANY;
	if (w->same)
		return in / stride + (in % stride != 0);
	if (__builtin_mul_overflow(dilation, kernel - 1, &span) ||
	    __builtin_add_overflow(span, 1, &span) ||
	    __builtin_mul_overflow(2, pad, &pad) || __builtin_sub_overflow(span, pad, &span))
		return DIM_ANY;
	if (!w->up)
		return __builtin_sub_overflow(in, span, &out) ? DIM_ANY : out / stride + 1;
	return __builtin_mul_overflow(stride, in - 1, &out) ||
	    __builtin_add_overflow(out, span, &out) ||
	    __builtin_add_overflow(out, nth(w->outpad, i, 0), &out) ? DIM_ANY : out;
}

static void
check_channels(struct conv *c, const struct mv *x, const struct mv *w, const struct mv *bias,
	const struct window *win)
{
	int64_t in = mv_dim(x, 1), per = mv_dim(w, 1), g = win->groups > 0 ? win->groups : 1;
	int64_t out = win->up && per >= 0 ? per * g : mv_dim(w, 0);

	if (!win->up && in >= 0 && per >= 0 && (in % g != 0 || in / g != per))
		cv_fail(c, REASON_SHAPE,
		    "%lld channels in %lld groups do not fit the weights, which "
		    "take %lld",
		    (long long)in, (long long)g, (long long)per);
	if (bias != NULL && mv_dim(bias, 0) >= 0 && out >= 0 && mv_dim(bias, 0) != out)
		cv_fail(c, REASON_SHAPE, "%lld bias values for %lld channels",
		    (long long)mv_dim(bias, 0), (long long)out);
}

static bool
any_above(const struct mv *v, double low)
{
	for (uint32_t i = 0; v != NULL && v->num != NULL && i < v->nnum; i++)
		if (v->num[i] > low)
			return true;
	return false;
}

/* output_padding is made of a pad before or a crop behind. */
static void
check_outpad(struct conv *c, const struct mv *w, const struct window *win)
{
	bool crop = false;

	if (!any_above(win->outpad, 0))
		return;
	if (!any_above(win->pad, 0)) {
		c->advice = "give padding too, or pad what comes out with zeros";
		cv_fail(c, REASON_ARGUMENT, "output_padding without padding");
	}
	for (int i = 0; i < w->rank - 2; i++)
		crop |= nth(win->pad, i, 0) > nth(win->outpad, i, 0) || nth(win->pad, i, 0) > 0;
	if (crop && w->rank > 4)
		cv_fail(c, REASON_ARGUMENT, "output_padding in three dims");
}

static void
convolve(struct conv *c, struct mv *x, struct mv *w, struct mv *bias, struct window *win)
{
	int64_t dims[MV_DIMS];

	/* defaults for no dims at all are an empty list, whose elements are fp32 */
	if (x->rank == 2 && !(any_above(win->stride, 1) && any_above(win->dilation, 1) &&
	    (win->same || any_above(win->pad, 0))))
		cv_fail(c, REASON_DTYPE, "a tensor of rank 2: a dim for the batch is missing");
	if (w->rank >= 0 && x->rank >= 0 && w->rank != x->rank)
		cv_fail(c,
		    win->up                  ? REASON_RANK
		    : w->rank == x->rank + 1 ? REASON_SHAPE
					     : REASON_RANK,
		    "a tensor of rank %d for weights of rank %d", x->rank, w->rank);
	if (win->up)
		check_outpad(c, w, win);
	CHECK(c, win->up ? "conv_transpose" : "conv", { "x", x }, { "weight", w },
	    { "bias", bias });
	check_channels(c, x, w, bias, win);
	if (!win->up && !w->konst && w->kind == MV_TENSOR && any_above(win->dilation, 1))
		cv_fail(c, REASON_CONST, "dilation with weights that are computed");
	dims[0] = mv_dim(x, 0);
	dims[1] = win->up ? (mv_dim(w, 1) >= 0 ? mv_dim(w, 1) * win->groups : DIM_ANY) :
	    mv_dim(w, 0);
	for (int i = 2; i < x->rank; i++) {
		dims[i] = window_size(win, i - 2, x->dims[i], mv_dim(w, i));
		if (dims[i] == 0 || dims[i] < DIM_ANY)
			cv_fail(c, REASON_SHAPE, "dim %d has no element left", i);
	}
	cv_out(c, mb_out(c, x->dtype, x->rank, dims));
}

static struct mv *
constant_of(struct conv *c, struct mv *v, const char *what)
{
	if (v == NULL)
		return NULL;
	v = cv_var(c, v);
	if (v->kind == MV_TENSOR && !v->konst)
		cv_fail(c, REASON_CONST, "%s must be a constant", what);
	return v;
}

void
sup_convolution(struct conv *c)
{
	struct mv *v[2] = { cv_var(c, c->in[0]), cv_var(c, c->in[1]) }, *bias, *pad, *groups;
	bool general = strstr(c->kind, "convolution") != NULL;
	bool up = strstr(c->kind, "transpose") != NULL;
	struct window win = { NULL, NULL, NULL, NULL, 1, up, false };
	const char *word;

	mb_promote(c, v, 2);
	bias = cv_kw(c, "bias", cv_arg(c, 2));
	bias = mv_absent(bias) ? NULL : bias;
	win.stride = constant_of(c, cv_kw(c, "stride", cv_arg(c, 3)), "stride");
	pad = cv_kw(c, "padding", cv_arg(c, 4));
	if (general && c->nin > 6)
		win.up = cv_bool(c, cv_var(c, c->in[6]), false);
	win.dilation = constant_of(c, cv_kw(c, "dilation", cv_arg(c, up ? 7 : 5)), "dilation");
	if (general || up)
		win.outpad = constant_of(c, cv_arg(c, up ? 5 : 7), "output_padding");
	groups = cv_kw(c, "groups", cv_arg(c, general ? 8 : 6));
	win.groups = groups != NULL ? cv_int(c, groups, 1) : 1;
	word = pad != NULL ? cv_word(pad) : NULL;
	if (word != NULL)
		win.same = strcmp(word, "same") == 0;
	else
		win.pad = constant_of(c, pad, "padding");
	if (bias != NULL && bias->kind == MV_TEXT)
		cv_fail_text(c, REASON_DTYPE, "the bias");
	convolve(c, v[0], v[1], bias, &win);
}

void
sup_convolution_mode(struct conv *c)
{
	struct window win = { c->in[3], NULL, c->in[5], NULL, cv_int(c, cv_var(c, c->in[6]), 1),
	    false, false };
	const char *word = cv_word(cv_var(c, c->in[4]));

	if (!c->ts)
		cv_fail(c, REASON_INTERNAL, "the mode is a bare text, a value is taken");
	win.same = word != NULL && strcmp(word, "same") == 0;
	convolve(c, cv_var(c, c->in[0]), cv_var(c, c->in[1]), mv_absent(c->in[2]) ? NULL :
	    cv_var(c, c->in[2]), &win);
}

static int64_t
pool_size(int64_t in, int64_t k, int64_t s, int64_t p, bool ceil_mode)
{
	int64_t n;

	if (in < 0 || k < 0 || s <= 0)
		return in == DIM_SYMBOLIC ? DIM_SYMBOLIC : DIM_ANY;
	if (!ceil_mode)
		return (in + 2 * p - k) / s + 1;
	n = (in + 2 * p - k + s - 1) / s + 1;
	return (n - 1) * s >= in + p && p > 0 ? n - 1 : n;
}

static struct mv *
pool(struct conv *c, const char *op, struct mv *x, struct mv *kernel, struct mv *stride,
	struct mv *pad, bool ceil_mode)
{
	int n = kernel->num != NULL ? (int)kernel->nnum : -1;
	int64_t dims[MV_DIMS];

	if (stride != NULL && stride->rank == 1 && stride->dims[0] == 0)
		stride = kernel;
	CHECK(c, op, { "x", x }, { "kernel_sizes", kernel }, { "strides", stride });
	if (x->rank >= 0 && n >= 0 && x->rank - 2 != n)
		cv_fail(c, REASON_RANK, "a tensor of rank %d for a window of %d dims; batch and "
		    "channels must be there", x->rank, n);
	memcpy(dims, x->dims, sizeof dims);
	for (int i = 2; i < x->rank; i++) {
		int64_t p = nth(pad, i - 2, 0);

		dims[i] = pool_size(x->dims[i], nth(kernel, i - 2, -1), nth(stride, i - 2, 1), p,
		    ceil_mode);
		if (dims[i] == 0 || dims[i] < DIM_ANY)
			cv_fail(c, REASON_SHAPE, "dim %d has no element left", i);
	}
	return mb_out(c, x->dtype, x->rank, dims);
}

void
sup_max_pool(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *kernel = cv_var(c, c->in[1]);
	struct mv *stride = cv_var(c, c->in[2]), *pad = NULL, *r, *dil;
	bool ceil_mode = false;

	if (c->nin > 3)
		pad = constant_of(c, c->in[3], "padding");
	if (c->nin > 4) {
		dil = cv_var(c, c->in[4]);
		if (any_above(dil, 1)) {
			c->advice = "pool with dilation 1, or take torch.maximum of shifted slices";
			cv_fail(c, REASON_ARGUMENT, "dilation above 1");
		}
	}
	if (c->nin > 5)
		ceil_mode = cv_bool(c, cv_var(c, c->in[5]), false);
	r = pool(c, "max_pool", x, kernel, stride, pad, ceil_mode);
	if (strstr(c->kind, "with_indices") == NULL) {
		cv_out(c, r);
		return;
	}
	cv_out(c, mv_list(c, (struct mv *[]){ r, mv_none(c) }, 2));
}

void
sup_avg_pool(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *kernel = cv_var(c, c->in[1]), *pad = NULL;
	struct mv *stride = c->nin > 2 ? cv_var(c, c->in[2]) : kernel;
	bool ceil_mode = false, include = true;
	int n = kernel->num != NULL ? (int)kernel->nnum : 0;

	if (strcmp(c->kind, "avg_pool1d") != 0 && !mv_absent(cv_arg(c, 6)))
		cv_fail(c, REASON_ARGUMENT, "divisor_override");
	if (c->nin > 3)
		pad = constant_of(c, c->in[3], "padding");
	else if (x->rank == 2) /* a pad for each dim behind the first two */
		cv_fail(c, REASON_DTYPE, "the pads of a tensor of rank 2 are an empty list, which "
		    "has no element type; batch and channels must be there");
	if (c->nin > 4)
		ceil_mode = cv_bool(c, cv_var(c, c->in[4]), false);
	if (c->nin > 5)
		include = cv_bool(c, cv_var(c, c->in[5]), true);
	if (n > 2 && ceil_mode && include && any_above(stride, 1))
		for (int i = 0; i < n; i++)
			if (pool_size(mv_dim(x, i + 2), nth(kernel, i, 1), nth(stride, i, 1),
			    nth(pad, i, 0), true) != pool_size(mv_dim(x, i + 2), nth(kernel, i, 1),
			    nth(stride, i, 1), nth(pad, i, 0), false))
				cv_fail(c, REASON_ARGUMENT,
				    "ceil_mode together with count_include_pad in "
				    "three dims");
	cv_out(c, pool(c, "avg_pool", x, kernel, stride, pad, ceil_mode));
}

/* adaptive pooling in one and two dims; param is the reduction. */
void
sup_adaptive(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *size = cv_var(c, c->in[1]), *r;
	int n = strstr(c->kind, "1d") != NULL ? 1 : 2;
	bool ones = true;

	if (size->kind == MV_LIST || (size->num != NULL && (int)size->nnum != n))
		cv_fail(c, REASON_ARGUMENT, "the output size must be %d numbers", n);
	for (int i = 0; i < n; i++)
		ones &= nth(size, i, 0) == 1;
	if (n == 1 && x->rank >= 0 && x->rank != 2 && x->rank != 3)
		cv_fail(c, REASON_RANK, "a tensor of rank %d", x->rank);
	if (mv_symbolic(x) && n == 1)
		cv_fail(c, REASON_CONST, "all sizes of the input must be known");
	if (mv_symbolic(x) && !ones)
		cv_fail(c, REASON_DYNAMIC,
		    "the size of the input must be known for an output other "
		    "than 1x1");
	CHECK(c, c->param, { "x", x });
	r = mb_like(c, x, x->dtype);
	for (int i = 0; i < n && x->rank >= n; i++)
		r->dims[x->rank - n + i] = nth(size, i, DIM_ANY);
	cv_out(c, r);
}

static void
norm_params(struct conv *c, struct mv *x, struct mv **p)
{
	if (c->ios >= 17) {
		mb_promote(c, p, 5);
		return;
	}
	for (int i = 0; i < 5; i++)
		if (p[i]->dtype != x->dtype && x->dtype != DT_NONE)
			p[i] = mb_cast(c, p[i], x->dtype);
}

void
sup_batch_norm(struct conv *c)
{
	bool legit = strcmp(c->kind, "_native_batch_norm_legit_no_training") == 0;
	bool bare = strcmp(c->kind, "_native_batch_norm_legit.no_stats") == 0;
	bool plain = !legit && !bare, training, dynamic;
	struct mv *x = cv_var(c, c->in[0]), *p[5], *r = NULL;

	if (legit ? c->nin != 7 : plain ? c->nin != 9 : false)
		cv_fail(c, REASON_INPUT_COUNT, "%u arguments", c->nin);
	training = !legit && cv_bool(c, cv_var(c, c->in[bare ? 3 : 5]), false);
	p[0] = bare ? NULL : c->in[3];
	p[1] = bare ? NULL : c->in[4];
	p[2] = c->in[1];
	p[3] = c->in[2];
	p[4] = c->in[bare ? 5 : legit ? 6 : 7];
	if (x->rank >= 0 && (x->rank < 2 || x->rank > 5))
		cv_fail(c, REASON_RANK, "a tensor of rank %d", x->rank);
	dynamic = training;
	for (int i = 0; i < 4; i++)
		dynamic |= mv_absent(p[i]) || (i < 2 && p[i]->kind == MV_TENSOR && !p[i]->konst);
	if (dynamic) {
		r = mb_binary(c, "mul", x, mb_unary(c, "sqrt", x));
		for (int i = 2; i < 4; i++)
			if (!mv_absent(p[i]))
				mb_binary(c, "mul", r, mv_tensor(c, p[i]->dtype, -1, NULL));
	} else {
		norm_params(c, x, p);
		CHECK(c, "batch_norm", { "x", x }, { "mean", p[0] }, { "variance", p[1] },
		    { "gamma", p[2] }, { "beta", p[3] }, { "epsilon", p[4] });
	}
	r = mb_like(c, x, x->dtype);
	cv_out(c, legit ? mv_list(c, (struct mv *[]){ r, mv_none(c), mv_none(c) }, 3) : r);
}

void
sup_instance_norm(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);

	CHECK(c, "instance_norm", { "x", x }, { "gamma", c->in[1] }, { "beta", c->in[2] },
	    { "epsilon", c->in[7] });
	cv_out(c, mb_like(c, x, x->dtype));
}

void
sup_layer_norm(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *shape = cv_var(c, c->in[1]), *r;
	struct mv *eps = cv_arg(c, 4);

	if (shape->kind != MV_UNKNOWN && !shape->konst)
		cv_fail(c, REASON_CONST, "normalized_shape must be a constant");
	CHECK(c, "layer_norm", { "x", x }, { "gamma", cv_arg(c, 2) }, { "beta", cv_arg(c, 3) },
	    { "epsilon", mv_absent(eps) ? mv_const(c, x->dtype, 0, NULL, NULL) : eps });
	for (uint32_t i = 0; shape->num != NULL && i < shape->nnum && x->rank >= 0; i++) {
		int64_t have = mv_dim(x, (int)i - (int)shape->nnum);

		if (!mv_absent(cv_arg(c, 2)) && have >= 0 && have != (int64_t)shape->num[i])
			cv_fail(c, REASON_SHAPE, "size %lld is normalised as %lld", (long long)have,
			    (long long)shape->num[i]);
	}
	r = mb_like(c, x, x->dtype);
	cv_out(c, strcmp(c->kind, "native_layer_norm") != 0 ? r :
	    mv_list(c, (struct mv *[]){ r, mv_none(c), mv_none(c) }, 3));
}

void
sup_group_norm(struct conv *c)
{
	bool native = strcmp(c->kind, "native_group_norm") == 0;
	struct mv *x = cv_var(c, c->in[0]), *w = cv_kw(c, "weight", cv_arg(c, native ? 1 : 2));
	struct mv *b = cv_kw(c, "bias", cv_arg(c, native ? 2 : 3)), *r, *wide;
	int64_t dims[MV_DIMS];

	if (mv_dim(x, 1) == DIM_SYMBOLIC || (native && mv_dim(x, 0) == DIM_SYMBOLIC))
		cv_fail(c, REASON_DYNAMIC, "batch size and channels must be known");
	if (mv_dim(x, 0) == DIM_SYMBOLIC)
		cv_fail(c, REASON_CONST, "the batch size must be known");
	if (x->rank == 5) {
		for (int i = 0; i < 6; i++)
			dims[i] = 1;
		CHECK(c, "reshape", { "x", x });
		wide = mb_out(c, x->dtype, 6, dims);
		wide->from = NULL;
		wide->nfrom = 0;
		CHECK(c, "reduce_mean", { "x", wide });
	} else {
		CHECK(c, "reduce_mean", { "x", x });
	}
	r = mb_like(c, x, x->dtype);
	r = mb_unary(c, "sqrt", r);
	if (!mv_absent(w))
		mb_binary(c, "mul", r, mv_tensor(c, w->dtype, -1, NULL));
	if (!mv_absent(b))
		mb_binary(c, "add", r, mv_tensor(c, b->dtype, -1, NULL));
	cv_out(c, native ? mv_list(c, (struct mv *[]){ r, mv_none(c), mv_none(c) }, 3) : r);
}

void
sup_rms_norm(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *shape = cv_var(c, c->in[1]), *r;

	if (shape->kind == MV_TENSOR && !shape->konst)
		cv_fail(c, REASON_CONST, "normalized_shape must be a constant");
	r = mb_binary(c, "add", mb_unary(c, "square", mb_unary(c, "abs", x)), mv_f(c, 1e-5));
	r = mb_binary(c, "real_div", x, mb_unary(c, "sqrt", r));
	if (!mv_absent(c->in[2]))
		r = mb_binary(c, "mul", r, cv_var(c, c->in[2]));
	cv_out(c, r);
}

void
sup_softmax(struct conv *c)
{
	struct mv *x = cv_var(c, cv_need(c, 0)), *axis = cv_var(c, cv_need(c, 1));
	struct mv *r;

	cv_axis(c, x, axis);
	CHECK(c, "softmax", { "x", x }, { "axis", axis });
	r = mb_like(c, x, x->dtype);
	cv_out(c, strstr(c->kind, "log") != NULL ? mb_unary(c, "log", r) : r);
}

static void
check_attention(struct conv *c, struct mv *mask, struct mv *drop, bool causal)
{
	double p;

	if (!mv_absent(mask) && causal)
		cv_fail(c, REASON_ARGUMENT, "attn_mask together with is_causal");
	if (mv_absent(drop))
		return;
	if (drop->kind == MV_TENSOR && !drop->konst)
		cv_fail(c, REASON_ARGUMENT, "a dropout that is computed");
	if (mv_number(drop, &p) && p != 0)
		cv_fail(c, REASON_ARGUMENT, "dropout");
}

/* Sizes of one axis, both known and neither 1. */
static bool
part(const struct mv *x, const struct mv *y, int i)
{
	int64_t a = mv_dim(x, i), b = mv_dim(y, i);

	return a > 1 && b > 1 && a != b;
}

/* Batches and heads are broadcast to each other, not repeated: enable_gqa is not read. */
static void
check_heads(struct conv *c, const struct mv *q, const struct mv *k, const struct mv *v)
{
	for (int i = 0; i < q->rank - 2; i++) {
		const struct mv *other = part(q, k, i) ? k : part(q, v, i) ? v : NULL;

		if (other == NULL)
			continue;
		c->advice = "repeat the heads of key and value before the call, "
		    "k.repeat_interleave(n, 1), in the place of enable_gqa";
		cv_fail(c, REASON_SHAPE, "%lld heads of query against %lld of %s: enable_gqa is "
		    "not read", (long long)mv_dim(q, i), (long long)mv_dim(other, i),
		    other == k ? "key" : "value");
	}
}

void
sup_attention(struct conv *c)
{
	bool flash = strncmp(c->kind, "_scaled", 7) == 0, own = strncmp(c->kind, "coreml", 6) == 0;
	struct mv *q = cv_var(c, c->in[0]), *k = cv_var(c, c->in[1]), *v = cv_var(c, c->in[2]);
	struct mv *mask = cv_kw(c, "attn_mask", cv_arg(c, flash ? 5 : 3));
	struct mv *drop = own ? NULL : cv_arg(c, flash ? 3 : 4), *scale, *r;
	struct mv *causal = own ? NULL : cv_arg(c, flash ? 4 : 5);
	bool is_causal = !mv_absent(causal) && cv_bool(c, cv_var(c, causal), false);

	scale = cv_kw(c, "scale", own ? NULL : cv_arg(c, 6));
	check_attention(c, mask, drop, is_causal);
	if (q->rank >= 0 && k->rank >= 0 && q->rank != k->rank)
		cv_fail(c, REASON_RANK, "query and key have ranks %d and %d", q->rank, k->rank);
	if (q->rank >= 0 && v->rank >= 0 && q->rank != v->rank)
		cv_fail(c, REASON_RANK, "query and value have ranks %d and %d", q->rank, v->rank);
	if (k->rank == q->rank && v->rank == q->rank)
		check_heads(c, q, k, v);
	if (c->ios >= 18 && mv_absent(scale)) {
		CHECK(c, "scaled_dot_product_attention", { "query", q }, { "key", k },
		    { "value", v }, { "attn_mask", mask });
	} else {
		CHECK(c, "matmul", { "x", q }, { "y", k });
		if (!mv_absent(mask) && mask->dtype != DT_BOOL)
			mb_binary(c, "add", mv_tensor(c, q->dtype, -1, NULL), cv_var(c, mask));
		CHECK(c, "softmax", { "x", q });
		CHECK(c, "matmul", { "x", q }, { "y", v });
	}
	r = mb_like(c, q, q->dtype);
	if (r->rank > 0)
		r->dims[r->rank - 1] = mv_dim(v, -1);
	for (int i = 0; i < r->rank - 2; i++)
		if (r->dims[i] == 1 && k->rank == q->rank)
			r->dims[i] = k->dims[i];
	cv_out(c, r);
}

void
sup_im2col(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	int64_t dims[3] = { mv_dim(x, 0), DIM_ANY, DIM_ANY };

	if (x->rank >= 0 && x->rank != 4)
		cv_fail(c, REASON_RANK, "a tensor of rank %d; four dims are taken", x->rank);
	if (mv_dim(x, 1) == DIM_SYMBOLIC || mv_dim(x, 0) == DIM_SYMBOLIC)
		cv_fail(c, REASON_DYNAMIC, "batch size and channels must be known");
	CHECK(c, "conv", { "x", x });
	cv_out(c, mb_out(c, x->dtype, 3, dims));
}

void
sup_col2im(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *v[6];
	int64_t dims[4] = { mv_dim(x, 0), DIM_ANY, DIM_ANY, DIM_ANY };

	for (uint32_t i = 1; i < 6; i++)
		v[i] = cv_var(c, c->in[i]);
	if (v[1]->num != NULL && v[1]->nnum != 2)
		cv_fail(c, REASON_ARGUMENT, "an output of %u dims; two are taken", v[1]->nnum);
	if (any_above(v[3], 1))
		cv_fail(c, REASON_ARGUMENT, "dilation above 1");
	for (int i = 0; i < 2; i++) {
		int64_t stride = nth(v[5], i, 1), kernel = nth(v[2], i, 1), out = nth(v[1], i, 0);

		if (stride < kernel)
			cv_fail(c, REASON_ARGUMENT, "a stride below the kernel's size");
		if (stride > 0 && (out + 2 * nth(v[4], i, 0)) % stride != 0)
			cv_fail(
			    c, REASON_ARGUMENT, "an output size that the stride does not divide");
		dims[i + 2] = out;
	}
	if (x->rank >= 0 && x->rank != 3)
		cv_fail(c, REASON_RANK, "a tensor of rank %d; three dims are taken", x->rank);
	if (mv_symbolic(x))
		cv_fail(c, REASON_DYNAMIC, "the sizes must be known");
	CHECK(c, "gather_along_axis", { "x", x });
	if (mv_dim(x, 1) >= 0 && nth(v[2], 0, 1) * nth(v[2], 1, 1) > 0)
		dims[1] = mv_dim(x, 1) / (nth(v[2], 0, 1) * nth(v[2], 1, 1));
	cv_out(c, mb_out(c, x->dtype, 4, dims));
}
