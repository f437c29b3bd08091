/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's new tensors: filled, ranges, random numbers, windows, spectra. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

/* What a number of Python becomes in a tensor. */
static enum dtype
tensor_dtype(enum dtype dt)
{
	return dt == DT_F64 ? DT_F32 : dt == DT_C128 ? DT_C64 : dt;
}

/* n times the same content, when it is a number or a short list. */
static const struct val *
repeated(struct infer *f, const struct type *t, const struct val *v)
{
	static const uint32_t zeros[VAL_MAX];
	int64_t n = 1;

	if (v == NULL || v->n != 1 || v->kind > VAL_FLOATS || !is_shaped(t) || t->rank > 1 ||
	    (t->rank == 1 && (!dim_number(t->dims[0], &n) || n < 0 || n > 64)))
		return NULL;
	return calc_pick(f, v, zeros, (uint32_t)n);
}

static const struct val *
filling(struct infer *f, const struct node *n)
{
	if (arg_has(n, "fill_value"))
		return arg(f, n, "fill_value").val;
	if (arg_has(n, "value"))
		return arg(f, n, "value").val;
	if (strstr(n->type->s, "zero") != NULL)
		return val_int(f, dk(f, 0));
	return strstr(n->type->s, "ones") != NULL ? val_int(f, dk(f, 1)) : NULL;
}

/* tensor([...]): as nested as the list is */
static const struct type *
nested(struct infer *f, const struct fact *x, enum dtype dt)
{
	const struct dim *dims[RANK_MAX];
	struct fact at = *x;
	const struct fact *items;
	uint32_t k, rank = 0;

	while (!is_scalar(at.type) && !is_tensor(at.type) && rank < RANK_MAX) {
		if ((items = list_items(f, &at, &k)) == NULL)
			return tensor_no_rank(f, dt);
		dims[rank++] = dk(f, k);
		if (k == 0)
			return tensor_of(f, dt != DT_NONE ? dt : DT_F32, dims, rank);
		at = items[0];
	}
	return tensor_of(f, dt != DT_NONE ? dt : tensor_dtype(elem_dtype(at.type)), dims, rank);
}

static void
made_tensor(struct infer *f, const struct node *n)
{
	struct fact x = arg(f, n, arg_has(n, "data") ? "data" : arg_has(n, "t") ? "t" : "s");
	enum dtype dt = arg_dtype(f, n, "dtype", DT_NONE);
	const struct type *t;

	if (named(n, "scalar_tensor") && dt == DT_NONE)
		dt = DT_F32;
	t = nested(f, &x, dt);
	set_output(f, n, 0, t, x.val != NULL && x.val->kind <= VAL_FLOATS && t->has_rank &&
	    t->rank < 2 ? x.val : NULL);
}

void
aten_fill(struct infer *f, const struct node *n)
{
	const struct type *own = arg_has(n, "self") ? arg_main(f, n) : NULL, *t;
	const struct dim *const *size;
	enum dtype dt;
	uint32_t k;

	if (named(n, "tensor") || named(n, "scalar_tensor")) {
		made_tensor(f, n);
		return;
	}
	if (named(n, "AutogradZero"))
		return;
	if (own != NULL)
		dt = arg_dtype(f, n, "dtype", elem_dtype(own));
	else if (named(n, "full"))
		dt = arg_dtype(f, n, "dtype", tensor_dtype(elem_dtype(arg_type(f, n,
		    "fill_value"))));
	else
		dt = arg_dtype(f, n, "dtype", DT_F32);
	if (arg_has(n, "size")) {
		size = arg_dims(f, n, "size", &k);
		t = size != NULL ? tensor_of(f, dt, size, k) : tensor_no_rank(f, dt);
	} else {
		t = is_tensor(own) ? with_dtype(f, own, dt) : tensor_no_rank(f, dt);
	}
	set_output(f, n, 0, t, dt == DT_BOOL || n->op->flags & OP_WRITES ? NULL :
	    repeated(f, t, filling(f, n)));
}

/* --- ranges --------------------------------------------------------------- */

static bool
as_double(const struct fact *x, double *out)
{
	int64_t v;

	if (is_none(x) || x->val == NULL || x->val->n != 1 || x->val->kind > VAL_FLOATS)
		return false;
	if (x->val->kind == VAL_FLOATS)
		*out = x->val->u.floats[0];
	else if (dim_number(x->val->u.ints[0], &v))
		*out = (double)v;
	else
		return false;
	return true;
}

/* Numbers of a short range that are whole. */
static const struct val *
counted(struct infer *f, double from, double step, double n)
{
	const struct dim *ints[VAL_MAX];

	if (n > VAL_MAX || from != floor(from) || step != floor(step))
		return NULL;
	for (uint32_t i = 0; i < (uint32_t)n; i++)
		ints[i] = dk(f, (int64_t)(from + step * i));
	return val_ints(f, ints, (uint32_t)n);
}

/* Steps of whole numbers upwards; those without a number are sizes. */
static bool
whole_step(const struct fact *x, double step)
{
	int64_t v;

	return x->val != NULL && x->val->kind == VAL_INTS && x->val->n == 1 &&
	    !dim_has_anon(x->val->u.ints[0]) &&
	    (step > 0 || !dim_number(x->val->u.ints[0], &v));
}

static void
arange(struct infer *f, const struct node *n)
{
	struct fact x[3] = { arg_has(n, "start") ? arg(f, n, "start") : (struct fact){
	    scalar_type(f, DT_I64), val_int(f, dk(f, 0)) }, arg(f, n, "end"),
	    arg_has(n, "step") ? arg(f, n, "step") : (struct fact){ scalar_type(f, DT_I64),
	    val_int(f, dk(f, 1)) } };
	double from = 0, to = 0, step = 1, k = -1;
	const struct dim *len = dim_anon(f->types);
	enum dtype dt = DT_I64;

	for (int i = 0; i < 3; i++)
		if (dtype_class(elem_dtype(x[i].type)) == DC_FLOAT)
			dt = DT_F32;
		else if (elem_dtype(x[i].type) == DT_NONE && dt == DT_I64)
			dt = DT_NONE;
	dt = arg_dtype(f, n, "dtype", dt);
	if (as_double(&x[0], &from) && as_double(&x[1], &to) && as_double(&x[2], &step) &&
	    step != 0) {
		k = ceil((to - from) / step);
		k = k > 0 ? k : 0;
		len = k < 1e15 ? dk(f, (int64_t)k) : len;
	} else if (whole_step(&x[2], as_double(&x[2], &step) ? step : 0) &&
	    x[0].val != NULL && x[1].val != NULL && x[0].val->kind == VAL_INTS &&
	    x[1].val->kind == VAL_INTS && x[0].val->n == 1 && x[1].val->n == 1) {
		len = dim_sub(f->types, x[1].val->u.ints[0], x[0].val->u.ints[0]);
		len = dim_is(x[2].val->u.ints[0], 1) ? len :
		    dim_ceil(f->types, len, x[2].val->u.ints[0]);
	}
	set_output(f, n, 0, tensor_of(f, dt, &len, 1), k >= 0 && dtype_class(dt) != DC_FLOAT ?
	    counted(f, from, step, k) : NULL);
}

void
aten_range(struct infer *f, const struct node *n)
{
	const struct dim *len;

	if (named(n, "arange")) {
		arange(f, n);
		return;
	}
	len = arg_dim(f, n, "steps");
	if (len == NULL)
		len = dk(f, 100); /* what old files leave out */
	set_output(f, n, 0, tensor_of(f, arg_dtype(f, n, "dtype", DT_F32), &len, 1), NULL);
}

void
aten_eye(struct infer *f, const struct node *n)
{
	const struct dim *dims[2];

	dims[0] = arg_dim(f, n, "n");
	dims[1] = arg_has(n, "m") ? arg_dim(f, n, "m") : dims[0];
	if (dims[0] != NULL && dims[1] != NULL)
		set_output(f, n, 0, tensor_of(f, arg_dtype(f, n, "dtype", DT_F32), dims, 2), NULL);
}

/* tril, triu; tril_indices: two rows of places */
void
aten_tri(struct infer *f, const struct node *n)
{
	const struct dim *dims[2];
	int64_t rows, cols, offset = arg_int(f, n, "offset", 0), sum = 0, in_row;

	if (arg_has(n, "self")) {
		set_output(f, n, 0, arg_main(f, n), NULL);
		return;
	}
	dims[0] = dk(f, 2);
	dims[1] = dim_anon(f->types);
	if (arg_number(f, n, "row", &rows) && arg_number(f, n, "col", &cols) && rows < 65536) {
		for (int64_t r = 0; r < rows; r++) {
			in_row = r + 1 + offset;
			in_row = named(n, "triu_indices") ? cols - (in_row - 1) : in_row;
			sum += in_row < 0 ? 0 : in_row > cols ? cols : in_row;
		}
		dims[1] = dk(f, sum);
	}
	set_output(f, n, 0, tensor_of(f, arg_dtype(f, n, "dtype", DT_I64), dims, 2), NULL);
}

void
aten_random(struct infer *f, const struct node *n)
{
	bool whole = strncmp(n->type->s, "randint", 7) == 0 || named(n, "randperm");
	const struct type *own = arg_has(n, "self") ? arg_main(f, n) : arg_has(n, "mean") &&
	    is_tensor(arg_type(f, n, "mean")) ? arg_type(f, n, "mean") : NULL;
	const struct dim *const *size, *dims[RANK_MAX];
	enum dtype dt;
	uint32_t k;

	dt = arg_dtype(f, n, "dtype", own != NULL ? elem_dtype(own) : whole ? DT_I64 : DT_F32);
	if (named(n, "multinomial")) {
		if (!is_shaped(own) || own->rank == 0)
			return;
		for (uint32_t i = 0; i + 1 < own->rank; i++)
			dims[i] = own->dims[i];
		dims[own->rank - 1] = arg_dim(f, n, "num_samples");
		set_output(f, n, 0, tensor_of(f, DT_I64, dims, own->rank), NULL);
	} else if (named(n, "randperm")) {
		dims[0] = arg_dim(f, n, "n");
		set_output(f, n, 0, dims[0] != NULL ? tensor_of(f, dt, dims, 1) : NULL, NULL);
	} else if (arg_has(n, "size")) {
		size = arg_dims(f, n, "size", &k);
		set_output(f, n, 0, size != NULL ? tensor_of(f, dt, size, k) :
		    tensor_no_rank(f, dt), NULL);
	} else if (own != NULL && arg_has(n, "std") && is_tensor(arg_type(f, n, "std"))) {
		set_output(f, n, 0, calc_broadcast(f, n, (const struct type *[]){ own,
		    arg_type(f, n, "std") }, 2, dt), NULL);
	} else {
		set_output(f, n, 0, own == NULL && arg_has(n, "std") ? arg_type(f, n, "std") :
		    with_dtype(f, own, dt), NULL);
	}
}

void
aten_window(struct infer *f, const struct node *n)
{
	const struct dim *len = arg_dim(f, n, "window_length");

	if (len != NULL)
		set_output(f, n, 0, tensor_of(f, arg_dtype(f, n, "dtype", DT_F32), &len, 1), NULL);
}

/* --- spectra --------------------------------------------------------------- */

static enum dtype
complex_of(enum dtype dt)
{
	return dt == DT_F64 || dt == DT_C128 ? DT_C128 : DT_C64;
}

static enum dtype
real_of(enum dtype dt)
{
	return dt == DT_C128 || dt == DT_F64 ? DT_F64 : DT_F32;
}

/* Axes in question and the sizes asked for along them; false: not known. */
static bool
fft_axes(struct infer *f, const struct node *n, const struct type *t, uint32_t *at, uint32_t *k,
	const struct dim *const **size, uint32_t *nsize)
{
	int64_t list[RANK_MAX];
	bool given = arg_given(f, n, "dim");

	*size = arg_has(n, "n") ? arg_dims(f, n, "n", nsize) : arg_has(n, "s") ?
	    arg_dims(f, n, "s", nsize) : NULL;
	if (given && !arg_ints(f, n, "dim", list, k))
		return false;
	if (!given) {
		*k = *size != NULL ? *nsize : t->rank;
		for (uint32_t i = 0; i < *k; i++)
			list[i] = (int64_t)i - *k;
	}
	for (uint32_t i = 0; i < *k; i++)
		if (!axis_in(list[i], t->rank, &at[i]))
			return false;
	return true;
}

static const struct type *
transformed(struct infer *f, const struct node *n, const struct type *t)
{
	bool to_real = strstr(n->type->s, "irfft") != NULL || named(n, "_fft_c2r") ||
	    strncmp(n->type->s, "fft_hfft", 8) == 0;
	bool half = strstr(n->type->s, "fft_rfft") != NULL ||
	    strncmp(n->type->s, "fft_ihfft", 9) == 0 ||
	    (named(n, "_fft_r2c") && arg_int(f, n, "onesided", 1));
	const struct dim *dims[RANK_MAX], *const *size = NULL;
	uint32_t at[RANK_MAX], k = 0, nsize = 0;
	enum dtype dt = to_real ? real_of(elem_dtype(t)) : complex_of(elem_dtype(t));

	if (!is_shaped(t) || !fft_axes(f, n, t, at, &k, &size, &nsize) || k == 0)
		return is_shaped(t) ? calc_reduce(f, n, t,
		    &(struct reduction){ .keep = true }, dt) : tensor_no_rank(f, dt);
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = t->dims[i];
	for (uint32_t i = 0; i < k && size != NULL && i < nsize; i++)
		if (!dim_is(size[i], -1))
			dims[at[i]] = size[i];
	if (half)
		dims[at[k - 1]] = dim_addk(f->types, dim_floork(f->types, dims[at[k - 1]], 2), 1);
	if (named(n, "_fft_c2r"))
		dims[at[k - 1]] = arg_dim(f, n, "last_dim_size");
	else if (to_real && size == NULL)
		dims[at[k - 1]] = dim_mulk(f->types, dim_addk(f->types, dims[at[k - 1]], -1), 2);
	return tensor_of(f, dt, dims, t->rank);
}

/* Short-time transform: frequencies and frames, complex or in pairs. */
static const struct type *
stft(struct infer *f, const struct node *n, const struct type *t)
{
	int64_t nfft, hop, one = 1, centre = 0, pairs = 1;
	const struct dim *dims[4], *len;
	bool complex = dtype_class(elem_dtype(t)) == DC_COMPLEX;
	uint32_t rank = 0;

	if (!is_shaped(t) || t->rank < 1 || t->rank > 2 || !arg_number(f, n, "n_fft", &nfft))
		return NULL;
	hop = nfft / 4;
	one = !complex;
	if (!arg_number(f, n, "hop_length", &hop) || hop <= 0 ||
	    !arg_number(f, n, "onesided", &one) || (arg_has(n, "center") &&
	    !arg_number(f, n, "center", &centre)) || !arg_number(f, n, "return_complex", &pairs))
		return NULL;
	if (t->rank == 2)
		dims[rank++] = t->dims[0];
	dims[rank++] = dk(f, one ? nfft / 2 + 1 : nfft);
	len = dim_addk(f->types, t->dims[t->rank - 1], centre ? nfft / 2 * 2 : 0);
	dims[rank++] = dim_addk(f->types, dim_floork(f->types, dim_addk(f->types, len, -nfft),
	    hop), 1);
	if (!pairs)
		dims[rank++] = dk(f, 2);
	return tensor_of(f, pairs ? complex_of(t->dtype) : real_of(t->dtype), dims, rank);
}

/* The way back: as long as it is asked for, or as the frames reach. */
static const struct type *
istft(struct infer *f, const struct node *n, const struct type *t)
{
	bool pairs = dtype_class(elem_dtype(t)) != DC_COMPLEX;
	enum dtype dt = arg_int(f, n, "return_complex", 0) ? complex_of(elem_dtype(t)) :
	    real_of(elem_dtype(t));
	const struct dim *dims[2], *len = arg_dim(f, n, "length"), *frames;
	int64_t nfft, hop, centre = arg_int(f, n, "center", 1);
	uint32_t rank = 0, last;

	if (!is_shaped(t) || t->rank < 2u + pairs || t->rank > 3u + pairs ||
	    !arg_number(f, n, "n_fft", &nfft))
		return tensor_no_rank(f, dt);
	hop = nfft / 4;
	if (!arg_number(f, n, "hop_length", &hop))
		return tensor_no_rank(f, dt);
	last = t->rank - 1 - pairs;
	frames = dim_addk(f->types, t->dims[last], -1);
	if (len == NULL)
		len = dim_addk(f->types, dim_mulk(f->types, frames, hop),
		    centre ? nfft - nfft / 2 * 2 : nfft);
	if (last == 2)
		dims[rank++] = t->dims[0];
	dims[rank++] = len;
	return tensor_of(f, dt, dims, rank);
}

void
aten_fft(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);

	if (named(n, "stft"))
		set_output(f, n, 0, stft(f, n, t), NULL);
	else if (named(n, "istft"))
		set_output(f, n, 0, istft(f, n, t), NULL);
	else
		set_output(f, n, 0, transformed(f, n, t), NULL);
}
