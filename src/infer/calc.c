/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "infer/calc.h"

/* Two numbers that do not broadcast: none and sizes below zero, which dim_broadcast lets
 * pass, among them. */
static bool
numbers_clash(const struct dim *a, const struct dim *b)
{
	int64_t x, y;

	return dim_number(a, &x) && dim_number(b, &y) && x != y && x != 1 && y != 1;
}

const struct type *
calc_broadcast(struct infer *f, const struct node *n, const struct type *const *t, uint32_t k,
	enum dtype dt)
{
	const struct dim *dims[RANK_MAX];
	uint32_t rank = 0, at;
	bool fits = true;

	for (uint32_t i = 0; i < k; i++) {
		if (!is_shaped(t[i]))
			return tensor_no_rank(f, dt);
		rank = t[i]->rank > rank ? t[i]->rank : rank;
	}
	for (uint32_t a = 0; a < rank; a++)
		dims[a] = dk(f, 1);
	for (uint32_t i = 0; i < k; i++) {
		for (uint32_t a = 0; a < t[i]->rank; a++) {
			at = rank - t[i]->rank + a;
			fits = !numbers_clash(dims[at], t[i]->dims[a]);
			dims[at] = dim_broadcast(f->types, dims[at], t[i]->dims[a], &fits);
			if (!fits) {
				misfit_types(f, n, t[0], t[i], "do not broadcast");
				return tensor_no_rank(f, dt);
			}
		}
	}
	return tensor_of(f, dt, dims, rank);
}

const struct type *
calc_matmul(struct infer *f, const struct node *n, const struct type *a, const struct type *b,
	enum dtype dt)
{
	const struct type *batch[2], *t;
	const struct dim *dims[RANK_MAX];
	uint32_t rank;

	if (!is_shaped(a) || !is_shaped(b))
		return tensor_no_rank(f, dt);
	if (a->rank == 0 || b->rank == 0) {
		misfit(f, n, "a matrix product of a scalar");
		return tensor_no_rank(f, dt);
	}
	if (sizes_differ(a->dims[a->rank - 1], b->dims[b->rank == 1 ? 0 : b->rank - 2]))
		misfit_types(f, n, a, b, "have no inner size in common");
	batch[0] = tensor_of(f, dt, a->dims, a->rank < 2 ? 0 : a->rank - 2);
	batch[1] = tensor_of(f, dt, b->dims, b->rank < 2 ? 0 : b->rank - 2);
	t = calc_broadcast(f, n, batch, 2, dt);
	if (!t->has_rank || t->rank + 2 > RANK_MAX)
		return t;
	rank = t->rank;
	if (rank > 0)
		memcpy(dims, t->dims, rank * sizeof *dims);
	if (a->rank > 1)
		dims[rank++] = a->dims[a->rank - 2];
	if (b->rank > 1)
		dims[rank++] = b->dims[b->rank - 1];
	return tensor_of(f, dt, dims, rank);
}

/* Bit per axis; false after a misfit. */
static bool
axes_mask(struct infer *f, const struct node *n, const int64_t *axes, uint32_t k, uint32_t rank,
	uint64_t *mask)
{
	uint32_t at;

	*mask = 0;
	for (uint32_t i = 0; i < k; i++) {
		if (!axis_in(axes[i], rank, &at)) {
			misfit(f, n, "axis %lld of a tensor of rank %u", (long long)axes[i], rank);
			return false;
		}
		*mask |= (uint64_t)1 << at;
	}
	return true;
}

const struct type *
calc_reduce(struct infer *f, const struct node *n, const struct type *t,
	const struct reduction *r, enum dtype dt)
{
	const struct dim *dims[RANK_MAX];
	uint32_t rank = 0;
	uint64_t mask = UINT64_MAX;

	if (r->known && r->axes == NULL && !r->keep)
		return tensor_of(f, dt, NULL, 0);
	if (!is_shaped(t))
		return tensor_no_rank(f, dt);
	if (!r->known) {
		for (uint32_t i = 0; i < t->rank; i++)
			dims[i] = dim_anon(f->types);
		return r->keep ? tensor_of(f, dt, dims, t->rank) : tensor_no_rank(f, dt);
	}
	if (r->axes != NULL && !axes_mask(f, n, r->axes, r->n, t->rank, &mask))
		return tensor_no_rank(f, dt);
	for (uint32_t i = 0; i < t->rank; i++) {
		if (!(mask >> i & 1))
			dims[rank++] = t->dims[i];
		else if (r->keep)
			dims[rank++] = dk(f, 1);
	}
	return tensor_of(f, dt, dims, rank);
}

const struct type *
calc_concat(struct infer *f, const struct node *n, const struct type *const *t, uint32_t k,
	int64_t axis)
{
	const struct dim *dims[RANK_MAX], *sum = dk(f, 0);
	const struct type *known = NULL;
	bool all = true;
	uint32_t at, i;

	for (i = 0; i < k; i++) {
		all &= is_shaped(t[i]);
		if (known == NULL && is_shaped(t[i]))
			known = t[i];
	}
	if (known == NULL)
		return tensor_no_rank(f, k > 0 ? elem_dtype(t[0]) : DT_NONE);
	if (!axis_in(axis, known->rank, &at)) {
		misfit(f, n, "axis %lld of tensors of rank %u", (long long)axis, known->rank);
		return tensor_no_rank(f, known->dtype);
	}
	memcpy(dims, known->dims, known->rank * sizeof *dims);
	for (i = 0; i < k; i++) {
		if (!is_shaped(t[i]))
			continue;
		if (t[i]->rank != known->rank) {
			misfit(f, n, "ranks that differ: %u and %u", known->rank, t[i]->rank);
			return tensor_no_rank(f, known->dtype);
		}
		for (uint32_t a = 0; a < known->rank; a++) {
			if (a != at && sizes_differ(dims[a], t[i]->dims[a])) {
				misfit_types(f, n, known, t[i], "differ beside the axis");
				return tensor_no_rank(f, known->dtype);
			}
			dims[a] = dim_meet(dims[a], t[i]->dims[a]);
		}
		sum = dim_add(f->types, sum, t[i]->dims[at]);
	}
	dims[at] = all ? sum : unknown_dim(f);
	return tensor_of(f, known->dtype, dims, known->rank);
}

const struct type *
calc_stacked(struct infer *f, const struct type *t, const struct dim *d, uint32_t at)
{
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(t) || t->rank + 1 > RANK_MAX || at > t->rank)
		return tensor_no_rank(f, elem_dtype(t));
	for (uint32_t i = 0, from = 0; i <= t->rank; i++)
		dims[i] = i == at ? d : t->dims[from++];
	return tensor_of(f, t->dtype, dims, t->rank + 1);
}

const struct type *
calc_transpose(struct infer *f, const struct node *n, const struct type *t, const int64_t *perm,
	uint32_t k)
{
	const struct dim *dims[RANK_MAX];
	uint32_t at, taken = 0;

	if (!is_shaped(t) || (perm != NULL && k > RANK_MAX))
		return t;
	if (perm != NULL && k != t->rank)
		misfit(ours(f), n, "a permutation of %u axes for a tensor of rank %u", k, t->rank);
	k = perm != NULL ? k : t->rank;
	for (uint32_t i = 0; i < k; i++) {
		if (!axis_in(perm != NULL ? perm[i] : (int64_t)(k - 1 - i), t->rank, &at) ||
		    (taken >> at & 1)) {
			misfit(f, n, "a permutation with axis %lld", (long long)perm[i]);
			return tensor_no_rank(f, t->dtype);
		}
		taken |= UINT32_C(1) << at;
		dims[i] = t->dims[at];
	}
	return tensor_of(f, t->dtype, dims, k);
}

/* What -1 stands for: the elements over those of the other dims. */
static const struct dim *
left_over(struct infer *f, const struct type *t, const struct dim *const *dims, uint32_t n,
	uint32_t minus)
{
	const struct dim *in[RANK_MAX], *others = dk(f, 1), *all = dk(f, 1);
	uint32_t nin = t->rank, k;

	for (k = 0; k < nin; k++) /* of a scalar there are none to copy */
		in[k] = t->dims[k];
	for (uint32_t i = 0; i < n; i++) {
		if (i == minus)
			continue;
		/* what stands on both sides needs no division */
		for (k = 0; k < nin && (in[k] != dims[i] || dim_is(in[k], 0)); k++)
			continue;
		if (k < nin && dims[i]->kind != DIM_UNKNOWN)
			in[k] = in[--nin];
		else
			others = dim_mul(f->types, others, dims[i]);
	}
	for (k = 0; k < nin; k++)
		all = dim_mul(f->types, all, in[k]);
	return dim_is(others, 0) ? dk(f, 0) : dim_floor(f->types, all, others);
}

const struct type *
calc_reshape(struct infer *f, const struct node *n, const struct type *t,
	const struct dim *const *target, uint32_t k, bool zero_copies)
{
	const struct dim *dims[RANK_MAX];
	uint32_t minus = UINT32_MAX, unknown = 0, last = 0;
	int64_t v;

	if (k > RANK_MAX)
		return tensor_no_rank(f, elem_dtype(t));
	for (uint32_t i = 0; i < k; i++) {
		dims[i] = target[i];
		if (dim_is(target[i], 0) && zero_copies)
			dims[i] = is_shaped(t) && i < t->rank ? t->dims[i] : unknown_dim(f);
		if (dim_is(target[i], -1) && minus == UINT32_MAX)
			minus = i;
		else if (dim_number(target[i], &v) && v < 0)
			dims[i] = unknown_dim(f);
		if (dims[i]->kind == DIM_UNKNOWN && i != minus) {
			unknown++;
			last = i;
		}
	}
	/* one dim that is not known is what is left, as -1 would be */
	if (minus == UINT32_MAX && unknown == 1)
		minus = last;
	if (minus != UINT32_MAX)
		dims[minus] = is_shaped(t) ? left_over(f, t, dims, k, minus) : unknown_dim(f);
	if (is_shaped(t) && minus == UINT32_MAX &&
	    dim_differ(dims_product(f, t->dims, 0, t->rank), dims_product(f, dims, 0, k)))
		misfit(ours(f), n, "a shape of another number of elements");
	return tensor_of(f, elem_dtype(t), dims, k);
}

const struct type *
calc_squeeze(struct infer *f, const struct node *n, const struct type *t, const int64_t *axes,
	uint32_t k)
{
	const struct dim *dims[RANK_MAX];
	uint32_t rank = 0;
	uint64_t mask = 0;
	int64_t v;

	if (!is_shaped(t))
		return t;
	if (axes != NULL && !axes_mask(f, n, axes, k, t->rank, &mask))
		return tensor_no_rank(f, t->dtype);
	for (uint32_t i = 0; axes == NULL && i < t->rank; i++) {
		if (!dim_number(t->dims[i], &v))
			return tensor_no_rank(f, t->dtype);
		mask |= (uint64_t)(v == 1) << i;
	}
	for (uint32_t i = 0; i < t->rank; i++) {
		if (!(mask >> i & 1))
			dims[rank++] = t->dims[i];
		else if (dim_number(t->dims[i], &v) && v != 1)
			misfit(f, n, "axis %u is %lld, not 1", i, (long long)v);
	}
	return tensor_of(f, t->dtype, dims, rank);
}

const struct type *
calc_squeeze_ones(struct infer *f, const struct type *t, const int64_t *axes, uint32_t k,
	bool stay)
{
	const struct dim *dims[RANK_MAX];
	uint64_t mask = axes == NULL ? UINT64_MAX : 0;
	uint32_t rank = 0, at;
	int64_t lo, hi;

	for (uint32_t i = 0; axes != NULL && i < k; i++)
		if (axis_in(axes[i], t->rank, &at))
			mask |= (uint64_t)1 << at;
	for (uint32_t i = 0; i < t->rank; i++) {
		/* symbols are taken for sizes above one, as torch.export does */
		dim_bounds(t->dims[i], &lo, &hi);
		if (!stay && mask >> i & 1 && t->dims[i]->kind != DIM_CONST &&
		    dim_has_anon(t->dims[i]) && lo <= 1)
			return tensor_no_rank(f, t->dtype);
		if (!(mask >> i & 1) || !dim_is(t->dims[i], 1))
			dims[rank++] = t->dims[i];
	}
	return tensor_of(f, t->dtype, dims, rank);
}

const struct type *
calc_of_length(struct infer *f, const struct type *shape, enum dtype dt)
{
	const struct dim *dims[RANK_MAX];
	int64_t rank;

	if (!is_shaped(shape) || shape->rank != 1 || !dim_number(shape->dims[0], &rank) ||
	    rank < 0 || rank > RANK_MAX)
		return tensor_no_rank(f, dt);
	for (int64_t i = 0; i < rank; i++)
		dims[i] = dim_anon(f->types);
	return tensor_of(f, dt, dims, (uint32_t)rank);
}

const struct type *
calc_flatten(struct infer *f, const struct node *n, const struct type *t, int64_t axis)
{
	const struct dim *dims[2] = { dim_anon(f->types), dim_anon(f->types) };

	if (is_shaped(t)) {
		axis = axis < 0 ? axis + t->rank : axis;
		if (axis < 0 || axis > t->rank) {
			misfit(f, n, "axis %lld of a tensor of rank %u", (long long)axis, t->rank);
			return NULL;
		}
		dims[0] = dims_product(f, t->dims, 0, (uint32_t)axis);
		dims[1] = dims_product(f, t->dims, (uint32_t)axis, t->rank);
	}
	return tensor_of(f, elem_dtype(t), dims, 2);
}

const struct type *
calc_unsqueeze(struct infer *f, const struct node *n, const struct type *t, const int64_t *axes,
	uint32_t k)
{
	const struct dim *dims[RANK_MAX];
	uint64_t mask;

	if (!is_shaped(t) || t->rank + k > RANK_MAX)
		return t == NULL ? NULL : tensor_no_rank(f, t->dtype);
	if (!axes_mask(f, n, axes, k, t->rank + k, &mask))
		return tensor_no_rank(f, t->dtype);
	for (uint32_t i = 0, from = 0; i < t->rank + k; i++)
		dims[i] = mask >> i & 1 || from == t->rank ? dk(f, 1) : t->dims[from++];
	return tensor_of(f, t->dtype, dims, t->rank + k);
}

const struct type *
calc_gather(struct infer *f, const struct node *n, const struct type *data,
	const struct type *indices, int64_t axis)
{
	const struct dim *dims[RANK_MAX];
	uint32_t at, rank = 0;

	if (!is_shaped(data) || !is_shaped(indices) || data->rank + indices->rank > RANK_MAX)
		return tensor_no_rank(f, elem_dtype(data));
	if (!axis_in(axis, data->rank, &at)) {
		misfit(f, n, "axis %lld of a tensor of rank %u", (long long)axis, data->rank);
		return tensor_no_rank(f, data->dtype);
	}
	for (uint32_t i = 0; i < at; i++)
		dims[rank++] = data->dims[i];
	for (uint32_t i = 0; i < indices->rank; i++)
		dims[rank++] = indices->dims[i];
	for (uint32_t i = at + 1; i < data->rank; i++)
		dims[rank++] = data->dims[i];
	return tensor_of(f, data->dtype, dims, rank);
}

/* Is it less than nothing: -N-1? */
static bool
is_negative(const struct dim *d)
{
	if (d->kind != DIM_SUM || d->lo > 0)
		return false;
	for (uint32_t i = 0; i < d->n; i++)
		if (d->list[i] > 0)
			return false;
	return true;
}

/* A bound of a slice as a place in 0..d. NULL: not known. */
static const struct dim *
slice_bound(struct infer *f, const struct dim *d, const struct dim *b)
{
	int64_t v, size;

	if (is_negative(b))
		return dim_add(f->types, d, b);
	if (!dim_number(b, &v))
		return b->kind == DIM_UNKNOWN ? NULL : b == d ? d : dim_min(f->types, b, d);
	if (dim_number(d, &size)) {
		if (size < 0)
			return NULL;
		v = v < 0 ? v + size : v;
		return dk(f, v < 0 ? 0 : v > size ? size : v);
	}
	if (v >= INT32_MAX)
		return d;
	return v < 0 ? dim_addk(f->types, d, v) : v == 0 ? dk(f, 0) : dim_min(f->types, b, d);
}

static const struct dim *
slice_numbers(struct infer *f, int64_t size, int64_t from, int64_t to, int64_t step)
{
	if (size < 0)
		return unknown_dim(f);
	from = from < 0 ? from + size : from;
	to = to < 0 ? to + size : to;
	from = from < 0 ? -1 : from >= size ? size - 1 : from;
	to = to < 0 ? -1 : to > size ? size : to;
	return dk(f, from > to ? (from - to - 1) / -step + 1 : 0);
}

const struct dim *
calc_slice(struct infer *f, const struct dim *d, const struct dim *start, const struct dim *end,
	int64_t step)
{
	const struct dim *from, *to, *len;
	int64_t size, a, b, lo, hi;

	if (step == 0 || step == INT64_MIN)
		return unknown_dim(f);
	if (step < 0) {
		a = INT64_MAX;
		b = INT64_MIN / 2;
		if (dim_number(d, &size) && (start == NULL || dim_number(start, &a)) &&
		    (end == NULL || dim_number(end, &b)))
			return slice_numbers(f, size, a, b, step);
		if ((start == NULL || (dim_number(start, &a) && (a == -1 || a >= INT32_MAX))) &&
		    (end == NULL || (dim_number(end, &b) && b <= INT32_MIN)))
			return dim_ceil(f->types, d, dk(f, -step));
		return unknown_dim(f);
	}
	from = start == NULL ? dk(f, 0) : slice_bound(f, d, start);
	to = end == NULL ? d : slice_bound(f, d, end);
	if (from == NULL || to == NULL)
		return unknown_dim(f);
	len = dim_sub(f->types, to, from);
	dim_bounds(len, &lo, &hi);
	if (dim_number(len, &size) && size < 0)
		len = dk(f, 0);
	return step == 1 ? len : dim_ceil(f->types, len, dk(f, step));
}

bool
calc_reach(const struct slide *s, int64_t more, int64_t *reach)
{
	bool bad = __builtin_sub_overflow(s->kernel, 1, reach) ||
	    __builtin_mul_overflow(*reach, s->dilation, reach) ||
	    __builtin_add_overflow(*reach, 1, reach) ||
	    __builtin_add_overflow(*reach, more, reach);

	if (!bad && s->mode == PADS_GIVEN)
		bad = __builtin_sub_overflow(*reach, s->lo, reach) ||
		    __builtin_sub_overflow(*reach, s->hi, reach);
	return !bad && *reach != INT64_MIN;
}

/* Does the last of n windows start behind the axis and the padding before it? */
static bool
starts_behind(const struct slide *s, int64_t n, int64_t size)
{
	int64_t last, end;

	return !__builtin_mul_overflow(n - 1, s->stride, &last) &&
	    !__builtin_add_overflow(size, s->lo, &end) && last >= end;
}

/* Does the last window of an axis of some size? It starts at most a stride less one
 * behind the place from which a window ends with the padding. */
static bool
may_start_behind(const struct slide *s)
{
	int64_t reach, past;

	return s->mode != PADS_GIVEN || !calc_reach(s, 0, &reach) ||
	    __builtin_sub_overflow(s->stride, reach, &past) ||
	    __builtin_sub_overflow(past, s->lo, &past) || past > 0;
}

const struct dim *
calc_slide(struct infer *f, const struct dim *d, const struct slide *s)
{
	const struct dim *out, *starts;
	int64_t reach, v, size;

	if (s->stride <= 0)
		return unknown_dim(f);
	if (s->mode == PADS_SAME)
		return dim_ceil(f->types, d, dk(f, s->stride));
	if (!calc_reach(s, 0, &reach))
		return unknown_dim(f);
	starts = dim_addk(f->types, d, -reach);
	if (!s->ceil && dim_number(starts, &v) && v < 0) /* cut, by ONNX and its runtime */
		out = dk(f, v / s->stride);
	else
		out = s->ceil ? dim_ceil(f->types, starts, dk(f, s->stride)) :
		    dim_floork(f->types, starts, s->stride);
	out = dim_addk(f->types, out, 1);
	if (s->ceil && s->clip && dim_number(out, &v) && dim_number(d, &size) &&
	    starts_behind(s, v, size))
		out = dk(f, v - 1);
	else if (s->ceil && s->clip && !dim_number(out, &v) && may_start_behind(s))
		out = dim_min(f->types, out, dim_ceil(f->types, dim_addk(f->types, d, s->lo),
		    dk(f, s->stride)));
	return dim_number(out, &v) && v < 0 ? unknown_dim(f) : out;
}
