/* SPDX-License-Identifier: Apache-2.0 */
/* Converters of operators that make tensors, and casts. */
#include <math.h>
#include <string.h>

#include "rules/support/support_ops.h"

/* A dtype argument: torch's number. KeyError when the converter has none. */
static enum dtype
dtype_of(struct conv *c, struct mv *v, enum dtype otherwise)
{
	int64_t n;
	enum dtype t;

	if (mv_absent(v))
		return otherwise;
	v = cv_var(c, v);
	if (c->ts && v->kind == MV_TENSOR && v->dtype == DT_STR && v->konst)
		cv_fail(c, REASON_DTYPE, "the dtype is a text%s%s", v->text != NULL ? ": " : "",
		    v->text != NULL ? v->text : "");
	if (!mv_int(v, &n))
		return v->kind == MV_TENSOR && v->konst && v->dtype != DT_I32 ? v->dtype
									      : otherwise;
	t = dt_number(n);
	if (t == DT_NONE)
		cv_fail(c, REASON_DTYPE,
		    "torch's dtype %lld (bfloat16 is 15) has no counterpart", (long long)n);
	return t;
}

/* What cast can give, or the nearest. */
static enum dtype
castable(struct conv *c, enum dtype t)
{
	if (t == DT_F16 || t == DT_F32 || t == DT_I32 || t == DT_BOOL || c->ios >= 17)
		return t;
	return dt_int(t) ? DT_I32 : t;
}

static struct mv *
size_list(struct conv *c, struct mv *size)
{
	if (size->kind != MV_LIST)
		return cv_var(c, size);
	for (uint32_t i = 0; i < size->nitem; i++)
		size->item[i] = cv_var(c, size->item[i]);
	return mb_concat(c, size->item, size->nitem, mv_i(c, 0));
}

void
sup_zeros(struct conv *c)
{
	struct mv *size = cv_need(c, 0), *r;
	enum dtype t = dtype_of(c, cv_arg(c, 1), DT_F32);
	double zero = 0;

	if (size->kind == MV_TENSOR && size->rank == 1 && size->dims[0] == 0) {
		cv_out(c, mv_const(c, t, 0, NULL, &zero));
		return;
	}
	size = size_list(c, size);
	if (size->kind == MV_UNKNOWN) {
		cv_out(c, mv_tensor(c, t, -1, NULL));
		return;
	}
	r = mb_fill(c, size, mv_const(c, size->konst ? DT_I32 : t, 0, NULL, &zero));
	r->dtype = t;
	cv_out(c, r);
}

void
sup_ones(struct conv *c)
{
	struct mv *size = size_list(c, cv_need(c, 0)), *r;
	struct mv *dtype = cv_kw(c, "dtype", cv_arg(c, 1));
	enum dtype t = dtype_of(c, dtype, DT_F32);

	r = mb_fill(c, size, mv_f(c, 1));
	cv_out(c, mv_absent(dtype) ? r : mb_cast(c, r, castable(c, t)));
}

void
sup_ones_like(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *r;
	struct mv *dtype = cv_kw(c, "dtype", cv_arg(c, 1));

	if (c->ios >= 16) {
		CHECK(c, "fill_like", { "ref_tensor", x }, { "value", mv_f(c, 1) });
		cv_out(c, mb_like(c, x, DT_F32));
		return;
	}
	r = mb_fill(c, mb_shape(c, x), mv_f(c, 1));
	cv_out(c, mb_cast(c, r, castable(c, dtype_of(c, dtype, x->dtype))));
}

void
sup_zeros_like(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *dtype = cv_arg(c, 1), *r;
	enum dtype t =
	    mv_absent(dtype) || mv_is(dtype, 0) ? x->dtype : dtype_of(c, dtype, x->dtype);

	CHECK(c, "shape", { "x", x });
	if (!mv_static(x) && mv_known(x)) {
		if (x->dtype != DT_BOOL)
			CHECK(c, "sub", { "x", x }, { "y", x });
		r = mb_like(c, x, x->dtype);
		cv_out(c, t != x->dtype ? mb_cast(c, r, t) : r);
		return;
	}
	r = mv_const(c, t, x->rank, x->dims, NULL);
	r->konst = mv_static(x);
	cv_out(c, r);
}

static struct mv *
filled(struct conv *c, struct mv *size, struct mv *value)
{
	if (mv_absent(value) || (value->kind == MV_TENSOR && !value->konst))
		cv_fail(c, REASON_CONST, "the value must be a constant");
	size = size_list(c, size);
	if (dt_float(size->dtype))
		size = mb_cast(c, size, DT_I32);
	return mb_fill(c, size, value);
}

void
sup_full(struct conv *c)
{
	struct mv *value = cv_var(c, cv_need(c, 1)), *dtype = cv_arg(c, 2);
	enum dtype t;
	double d = 0;

	dtype = mv_absent(dtype) ? cv_kw(c, "dtype", NULL) : dtype;
	t = dtype_of(c, dtype, DT_F32);
	t = dt_int(t) ? DT_I32 : t;
	if (value->kind == MV_TENSOR && !value->konst)
		cv_fail(c, REASON_CONST, "the value must be a constant");
	mv_number(value, &d);
	cv_out(c, filled(c, c->in[0], mv_const(c, t, 0, NULL, &d)));
}

void
sup_full_like(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *value = cv_var(c, c->in[1]);

	if (c->ios < 16) {
		cv_out(c, filled(c, mb_shape(c, x), value));
		return;
	}
	CHECK(c, "fill_like", { "ref_tensor", x }, { "value", value });
	cv_out(c, mb_like(c, x, value->dtype));
}

void
sup_new_full(struct conv *c)
{
	cv_out(c, filled(c, cv_need(c, 1), cv_var(c, cv_need(c, 2))));
}

void
sup_new_zeros(struct conv *c)
{
	cv_out(c, mb_fill(c, size_list(c, cv_need(c, 1)), mv_f(c, 0)));
}

void
sup_fill(struct conv *c)
{
	struct mv *shape = mb_shape(c, cv_var(c, c->in[0])), *value = cv_var(c, c->in[1]);

	if (value->kind == MV_TENSOR && !value->konst)
		cv_fail(c, REASON_CONST, "the value must be a constant");
	cv_out(c, mb_fill(c, shape, value));
}

void
sup_eye(struct conv *c)
{
	int64_t n = cv_int(c, cv_var(c, c->in[0]), DIM_ANY), dims[2] = { n, n };

	if ((c->ts && c->nin == 6) || strcmp(c->kind, "eye.m") == 0)
		dims[1] = cv_int(c, cv_var(c, c->in[1]), DIM_ANY);
	cv_out(c, mv_const(c, DT_F32, 2, dims, NULL));
}

static struct mv *
range(struct conv *c, struct mv *start, struct mv *end, struct mv *step)
{
	struct mv *v[3] = { cv_var(c, start), cv_var(c, end), cv_var(c, step) }, *r;
	int64_t n = DIM_SYMBOLIC;
	double a, b, s;
	bool known;

	mb_promote(c, v, 3);
	CHECK(c, "range_1d", { "start", v[0] }, { "end", v[1] }, { "step", v[2] });
	known = mv_number(v[0], &a) && mv_number(v[1], &b) && mv_number(v[2], &s) && s != 0;
	if (known)
		n = (int64_t)ceil((b - a) / s);
	r = mb_out(c, v[0]->dtype, 1, &n);
	if (known && n >= 0 && n <= MV_NUMBERS) {
		r->num = arena_array(c->a, (size_t)n + 1, sizeof *r->num);
		for (r->nnum = 0; r->nnum < n; r->nnum++)
			r->num[r->nnum] = a + s * r->nnum;
	}
	r->konst = known;
	return r;
}

void
sup_arange(struct conv *c)
{
	struct mv *start = mv_i(c, 0), *end, *step = mv_i(c, 1);
	uint32_t n = c->nin;

	if (c->ts && n != 1 && n != 5 && n != 6 && n != 7)
		cv_fail(c, REASON_INPUT_COUNT, "%u arguments; 5, 6 or 7 are expected", n);
	end = c->in[0];
	if (c->ts ? n >= 6 : strncmp(c->kind, "arange.start", 12) == 0 ||
	    strncmp(c->kind, "arange_start", 12) == 0) {
		start = c->in[0];
		end = cv_need(c, 1);
		if (c->ts ? n == 7 : n > 2 && strstr(c->kind, "step") != NULL)
			step = c->in[2];
	}
	cv_out(c, range(c, start, end, cv_kw(c, "step", step)));
}

void
sup_linspace(struct conv *c)
{
	struct mv *from = mb_cast(c, cv_var(c, c->in[0]), DT_F32);
	struct mv *to = mb_cast(c, cv_var(c, c->in[1]), DT_F32), *n = cv_var(c, c->in[2]);
	int64_t size = DIM_ANY;

	if (n->kind == MV_TENSOR && !n->konst)
		cv_fail(c, REASON_ARGUMENT, "the number of steps must be known");
	mv_int(n, &size);
	mb_binary(c, "sub", to, from);
	cv_out(c, mb_out(c, DT_F32, 1, &size));
}

static void
random_like(struct conv *c, const struct mv *shape, enum dtype t)
{
	int64_t dims[MV_DIMS], n = mv_dim(shape, 0);
	struct mv *r;

	for (int i = 0; i < n && i < MV_DIMS; i++)
		dims[i] = shape->num == NULL || isnan(shape->num[i]) ? DIM_SYMBOLIC :
		    (int64_t)shape->num[i];
	CHECK(c, "random_uniform", { "low", mv_f(c, 0) }, { "high", mv_f(c, 1) });
	r = mb_out(c, t, n < 0 || n > MV_DIMS ? -1 : (int)n, dims);
	r->konst = false;
	cv_out(c, r);
}

void
sup_rand(struct conv *c)
{
	struct mv *size, *dtype;

	if (c->nin != 5)
		cv_fail(c, REASON_ARGUMENT, "%u arguments; five are unpacked", c->nin);
	size = c->in[0];
	dtype = c->in[2];
	if (!mv_absent(dtype))
		cv_fail(c, REASON_DTYPE, "a dtype");
	if (size->kind == MV_LIST)
		cv_fail(c, REASON_CONST, "the shape is a list of values known at run time only");
	random_like(c, size, DT_F32);
}

void
sup_randn(struct conv *c)
{
	struct mv *size = c->in[0];

	if (size->kind == MV_LIST)
		cv_fail(c, REASON_CONST, "the shape is a list of values known at run time only");
	random_like(c, size, DT_F32);
}

void
sup_randn_like(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	bool uniform = strcmp(c->kind, "rand_like") == 0;

	random_like(c, mb_shape(c, x), uniform ? dtype_of(c, cv_arg(c, 1), x->dtype) : DT_F32);
}

void
sup_randint(struct conv *c)
{
	bool low = c->ts || strcmp(c->kind, "randint.low") == 0;
	struct mv *shape = cv_var(c, cv_need(c, low ? 2 : 1));

	if (shape->kind == MV_LIST || (shape->kind == MV_TENSOR && !shape->konst))
		cv_fail(c, REASON_CONST, "the shape must be constant");
	random_like(c, shape, DT_I32);
}

void
sup_multinomial(struct conv *c)
{
	struct mv *x = c->in[0], *n = c->nin > 1 ? c->in[1] : NULL;
	struct mv *again = c->nin > 2 ? c->in[2] : NULL;
	int64_t dims[2] = { mv_dim(x, 0), 1 };

	/* arguments are looked up as names: an exported number has none */
	if (!c->ts)
		cv_fail(c, REASON_MISSING, "num_samples is looked up as a value of the graph");
	n = cv_var(c, n);
	if (!n->konst)
		cv_fail(c, REASON_CONST, "num_samples must be a constant");
	mv_int(n, &dims[1]);
	if (dims[1] > 1 && !cv_bool(c, cv_var(c, again), false))
		cv_fail(c, REASON_ARGUMENT, "several samples without replacement");
	CHECK(c, "random_categorical", { "x", x });
	cv_out(c, mb_out(c, DT_F32, x->rank, dims));
	c->out[0]->konst = false;
}

void
sup_hann_window(struct conv *c)
{
	struct mv *n = cv_var(c, c->in[0]);
	int64_t size = DIM_ANY;
	bool periodic = true;

	if (!n->konst)
		cv_fail(c, REASON_CONST, "window_length must be a constant");
	mv_int(n, &size);
	if (c->nin == 6) {
		if (!cv_var(c, c->in[1])->konst)
			cv_fail(c, REASON_CONST, "periodic must be a constant");
		periodic = cv_bool(c, cv_var(c, c->in[1]), true);
	}
	(void)periodic;
	cv_out(c, mv_const(c, DT_F32, 1, &size, NULL));
}

/* to and _to_copy. */
void
sup_to(struct conv *c)
{
	struct mv *x = c->in[0], *dtype = NULL;
	enum dtype t;
	int64_t n;

	if (x->kind == MV_LIST)
		cv_fail(c, REASON_CONTROL, "a Python list is cast");
	if (c->ts) {
		if (c->nin == 4 || c->nin == 5 || c->nin == 7 || c->nin == 8)
			dtype = c->in[1];
		else if (c->nin == 6)
			dtype = c->in[2];
		if (!mv_absent(dtype) && dtype->kind == MV_TENSOR && !mv_int(dtype, &n)) {
			t = dtype->dtype; /* .to(other): the type of that tensor */
			cv_out(c, mb_cast(c, cv_var(c, x), castable(c, t)));
			return;
		}
	} else if (c->nin > 1) {
		dtype = c->in[1];
	}
	dtype = cv_kw(c, "dtype", dtype);
	if (mv_absent(dtype)) {
		cv_out(c, x);
		return;
	}
	t = dtype_of(c, dtype, DT_NONE);
	x = cv_var(c, x);
	if (x->kind == MV_TENSOR && x->konst) {
		struct mv *r = mv_copy(c, x);

		if (dt_complex(x->dtype))
			cv_fail(c, REASON_COMPLEX, "a complex constant is cast");
		r->dtype = dt_mil(t);
		for (uint32_t i = 0; r->num != NULL && dt_int(t) && i < r->nnum; i++)
			r->num[i] = trunc(r->num[i]);
		cv_out(c, r);
		return;
	}
	cv_out(c, mb_cast(c, x, castable(c, t)));
}

void
sup_type_as(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *y = cv_var(c, c->in[1]);

	cv_out(c, x->dtype == y->dtype ? mb_identity(c, x) : mb_cast(c, x, y->dtype));
}

/* int and bool of a single element; float is not converted. */
void
sup_number(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *r;
	bool truth = strstr(c->kind, "bool") != NULL;
	double d;

	for (int i = 0; i < x->rank; i++)
		if (x->dims[i] != 1 && x->dims[i] != DIM_ANY)
			cv_fail(c, REASON_SHAPE, "more than one element");
	if (x->rank > 0)
		x = mb_squeeze(c, x, NULL, 0, true);
	if (mv_number(x, &d)) {
		cv_out(c, truth ? mv_b(c, d != 0) : mv_i(c, (int64_t)d));
		return;
	}
	r = mb_cast(c, x, truth ? DT_BOOL : DT_I32);
	cv_out(c, r);
}

void
sup_item(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);

	if (x->rank == 0) {
		cv_out(c, x);
		return;
	}
	for (int i = 0; i < x->rank; i++)
		if (x->dims[i] != 1 && x->dims[i] != DIM_ANY)
			cv_fail(c, REASON_SHAPE, "more than one element");
	x = mb_reduce(c, "reduce_max", x, NULL, false);
	cv_out(c, x);
}

void
sup_implicit(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);

	if (x->rank > 0 && (x->rank != 1 || (x->dims[0] != 1 && x->dims[0] != DIM_ANY)))
		cv_fail(c, REASON_SHAPE, "more than one element");
	cv_out(c, x->rank > 0 ? mb_squeeze(c, x, NULL, 0, true) : x);
}

void
sup_num_to_tensor(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	int64_t one = 1;

	if (x->rank > 0)
		cv_fail(c, REASON_SHAPE, "a tensor in place of a number");
	cv_out(c, x->konst && x->num != NULL ? mv_const(c, x->dtype, 1, &one, x->num) : x);
}

static int
nesting(const struct mv *v)
{
	int deep = 0, d;

	for (uint32_t i = 0; v->kind == MV_LIST && i < v->nitem; i++) {
		d = nesting(v->item[i]);
		deep = d > deep ? d : deep;
	}
	return v->kind == MV_LIST ? deep + 1 : 0;
}

static struct mv *
nest(struct conv *c, struct mv *list)
{
	struct mv **v = arena_array(c->a, list->nitem + 1, sizeof *v);

	for (uint32_t i = 0; i < list->nitem; i++)
		v[i] = list->item[i]->kind == MV_LIST ? nest(c, list->item[i]) :
		    cv_var(c, list->item[i]);
	return list->nitem == 1 ? mb_expand_dims(c, v[0], (int64_t []){ 0 }, 1) :
	    mb_stack(c, v, list->nitem, 0);
}

void
sup_tensor(struct conv *c)
{
	struct mv *v = c->in[0];
	const char *type;

	if (v->kind == MV_LIST) {
		if (nesting(v) >= 6)
			cv_fail(c, REASON_RANK, "a list of six levels");
		cv_out(c, nest(c, v));
		return;
	}
	if (mv_absent(c->in[2])) {
		cv_out(c, mb_identity(c, cv_var(c, v)));
		return;
	}
	v = cv_var(c, v);
	if (v->kind == MV_TENSOR && !v->konst)
		cv_fail(c, REASON_CONST, "the value must be a constant");
	type = cv_word(cv_var(c, c->in[1]));
	if (type == NULL || strcmp(type, dtype_name(DT_F32)) != 0)
		cv_fail(c, REASON_DTYPE, "a dtype other than fp32");
	cv_out(c, mb_fill(c, mb_shape(c, cv_var(c, c->in[2])), v));
}

void
sup_scalar_tensor(struct conv *c)
{
	cv_out(c, mb_identity(c, cv_var(c, c->in[0])));
}

void
sup_is_floating_point(struct conv *c)
{
	cv_out(c, mv_b(c, dt_float(cv_var(c, c->in[0])->dtype)));
}

void
sup_dtype(struct conv *c)
{
	cv_out(c, mv_s(c, dtype_name(cv_var(c, c->in[0])->dtype)));
}
