/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's choices of elements. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

static const struct type *
without(struct infer *f, const struct type *t, uint32_t at)
{
	const struct dim *dims[RANK_MAX];
	uint32_t rank = 0;

	for (uint32_t i = 0; i < t->rank; i++)
		if (i != at)
			dims[rank++] = t->dims[i];
	return tensor_of(f, t->dtype, dims, rank);
}

/* Elements of a list that a slice or select keeps. */
static const struct val *
kept(struct infer *f, const struct val *v, int64_t start, int64_t end, int64_t step)
{
	uint32_t at[VAL_MAX], k = 0;
	int64_t n;

	if (v == NULL || v->kind > VAL_FLOATS || v->n > VAL_MAX || step < 1)
		return NULL;
	n = v->n;
	start = start < 0 ? start + n : start;
	end = end < 0 ? end + n : end > n ? n : end;
	for (int64_t i = start < 0 ? 0 : start; i < end; i += step)
		at[k++] = (uint32_t)i;
	return calc_pick(f, v, at, k);
}

static void
select_one(struct infer *f, const struct node *n, const struct fact *x, uint32_t at)
{
	const struct val *v = NULL;
	int64_t i;

	if (x->type->rank == 1 && arg_number(f, n, "index", &i) && x->val != NULL) {
		i = i < 0 ? i + x->val->n : i;
		v = i < 0 ? NULL : kept(f, x->val, i, i + 1, 1);
	}
	set_output(f, n, 0, without(f, x->type, at), v != NULL && v->n == 1 ? v : NULL);
}

/* The diagonal of two axes, which go to the end. */
static const struct type *
diagonal(struct infer *f, const struct type *t, int64_t offset, int64_t d1, int64_t d2)
{
	const struct dim *dims[RANK_MAX], *rows, *cols, *len;
	uint32_t a, b, rank = 0;

	if (t->rank < 2 || !axis_in(d1, t->rank, &a) || !axis_in(d2, t->rank, &b) || a == b)
		return tensor_no_rank(f, t->dtype);
	rows = offset < 0 ? dim_addk(f->types, t->dims[a], offset) : t->dims[a];
	cols = offset > 0 ? dim_addk(f->types, t->dims[b], -offset) : t->dims[b];
	len = dim_max(f->types, dim_min(f->types, rows, cols), dk(f, 0));
	if (rows == cols && offset == 0)
		len = rows;
	for (uint32_t i = 0; i < t->rank; i++)
		if (i != a && i != b)
			dims[rank++] = t->dims[i];
	dims[rank++] = len;
	return tensor_of(f, t->dtype, dims, rank);
}

/* diag_embed: the last axis becomes the diagonal of two new ones. */
static const struct type *
embedded(struct infer *f, const struct type *t, int64_t offset, int64_t d1, int64_t d2)
{
	const struct dim *dims[RANK_MAX], *len;
	uint32_t a, b, from = 0;

	if (t->rank == 0 || !axis_in(d1, t->rank + 1, &a) || !axis_in(d2, t->rank + 1, &b))
		return tensor_no_rank(f, t->dtype);
	len = dim_addk(f->types, t->dims[t->rank - 1], offset < 0 ? -offset : offset);
	for (uint32_t i = 0; i < t->rank + 1; i++)
		dims[i] = i == a || i == b ? len : t->dims[from++];
	return tensor_of(f, t->dtype, dims, t->rank + 1);
}

static bool
diagonals(struct infer *f, const struct node *n, const struct type *t)
{
	int64_t offset = arg_int(f, n, arg_has(n, "diagonal") ? "diagonal" : "offset", 0);

	if (named(n, "diag_embed"))
		t = embedded(f, t, offset, arg_int(f, n, "dim1", -2), arg_int(f, n, "dim2", -1));
	else if (named(n, "diag"))
		t = t->rank == 1 ? embedded(f, t, offset, 0, 1) : diagonal(f, t, offset, 0, 1);
	else if (strncmp(n->type->s, "diagonal", 8) == 0)
		t = diagonal(f, t, offset, arg_int(f, n, "dim1", 0), arg_int(f, n, "dim2", 1));
	else
		return false;
	set_output(f, n, 0, t, NULL);
	return true;
}

static void
slice_axis(struct infer *f, const struct node *n, const struct fact *x, uint32_t at)
{
	const struct dim *start = arg_dim(f, n, "start"), *end = arg_dim(f, n, "end"), *len;
	int64_t step = 1, from = 0, to = INT64_MAX;
	const struct val *v = NULL;

	if (!arg_number(f, n, "step", &step)) {
		set_output(f, n, 0, with_dim(f, x->type, at, dim_anon(f->types)), NULL);
		return;
	}
	if (end != NULL && dim_number(end, &to) && to >= INT64_MAX / 2)
		end = NULL;
	len = calc_slice(f, x->type->dims[at], start, end, step);
	if (x->type->rank == 1 && arg_number(f, n, "start", &from) &&
	    arg_number(f, n, "end", &to))
		v = kept(f, x->val, from, to, step);
	set_output(f, n, 0, with_dim(f, x->type, at, len), v);
}

/* linalg_diagonal: of the last axes */
void
aten_diagonal(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);

	set_output(f, n, 0, !is_shaped(t) ? tensor_no_rank(f, elem_dtype(t)) :
	    diagonal(f, t, arg_int(f, n, "offset", 0), arg_int(f, n, "dim1", -2),
	    arg_int(f, n, "dim2", -1)), NULL);
}

void
aten_slice(struct infer *f, const struct node *n)
{
	struct fact x;
	const struct type *t;
	uint32_t at;

	if (arg_has(n, "l")) {
		aten_slice_list(f, n);
		return;
	}
	if (arg_has(n, "list")) { /* select.t */
		aten_sequence(f, n);
		return;
	}
	x = arg(f, n, "self");
	t = x.type;
	if (!is_shaped(t)) {
		set_output(f, n, 0, is_tensor(t) ? tensor_no_rank(f, t->dtype) : NULL, NULL);
		return;
	}
	if (diagonals(f, n, t))
		return;
	if (!axis_in(arg_int(f, n, "dim", 0), t->rank, &at)) {
		misfit(f, n, "an axis of a tensor of rank %u", t->rank);
		set_output(f, n, 0, tensor_no_rank(f, t->dtype), NULL);
	} else if (arg_has(n, "length")) {
		set_output(f, n, 0, with_dim(f, t, at, arg_dim(f, n, "length")), NULL);
	} else if (arg_has(n, "index")) {
		select_one(f, n, &x, at);
	} else {
		slice_axis(f, n, &x, at);
	}
}

/* --- gather -------------------------------------------------------------- */

/* embedding_bag: a row a bag; which bag each index is in, how many are in a bag, and
 * which of them are the largest. Sums on the CPU need no first of these. */
static void
bags(struct infer *f, const struct node *n)
{
	enum { SUM, MEAN, MAX };
	const struct type *w = arg_type(f, n, "weight"), *o = arg_type(f, n, "offsets");
	const struct type *x = arg_type(f, n, "indices"), *bag;
	enum dtype dt = promote_dtypes(elem_dtype(x), elem_dtype(o)), dw = elem_dtype(w);
	const struct dim *dims[2], *each;
	int64_t mode = SUM, padding = -1;

	arg_number(f, n, "mode", &mode);
	/* None is no padding; with _embedding_bag a number below zero, else the last row */
	arg_number(f, n, "padding_idx", &padding);
	if (named(n, "embedding_bag") && arg_has(n, "padding_idx") &&
	    arg_given(f, n, "padding_idx"))
		padding = 0;
	dims[0] = is_shaped(o) && o->rank == 1 ? o->dims[0] : dim_anon(f->types);
	if (arg_int(f, n, "include_last_offset", 0))
		dims[0] = dim_addk(f->types, dims[0], -1);
	dims[1] = is_shaped(w) && w->rank == 2 ? w->dims[1] : dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, dw, dims, 2), NULL);
	each = mode == SUM && padding < 0 && dw != DT_F64 ? dk(f, 0) :
	    is_shaped(x) && x->rank == 1 ? x->dims[0] : dim_anon(f->types);
	set_output(f, n, 1, tensor_of(f, dt, &each, 1), NULL);
	bag = mode == SUM && is_shaped(o) ? with_dtype(f, o, dt) : tensor_of(f, dt, dims, 1);
	set_output(f, n, 2, bag, NULL);
	set_output(f, n, 3, mode == MAX ? tensor_of(f, dt, dims, 2) : bag, NULL);
}

void
aten_gather(struct infer *f, const struct node *n)
{
	const struct type *w, *i;
	const struct dim *one;
	uint32_t at;

	if (named(n, "embedding")) {
		w = arg_type(f, n, "weight");
		i = arg_type(f, n, "indices");
		set_output(f, n, 0, calc_gather(f, n, w, i, 0), NULL);
	} else if (strstr(n->type->s, "embedding_bag") != NULL) {
		bags(f, n);
	} else if (named(n, "take")) {
		w = arg_main(f, n);
		i = arg_type(f, n, "index");
		set_output(f, n, 0, is_tensor(i) ? with_dtype(f, i, elem_dtype(w)) :
		    tensor_no_rank(f, elem_dtype(w)), NULL);
	} else {
		w = arg_main(f, n);
		i = arg_type(f, n, "index");
		if (!is_shaped(w) || (w->rank > 0 &&
		    !axis_in(arg_int(f, n, "dim", INT32_MAX), w->rank, &at))) {
			set_output(f, n, 0, tensor_no_rank(f, elem_dtype(w)), NULL);
			return;
		}
		one = is_shaped(i) ? dims_product(f, i->dims, 0, i->rank) : dim_anon(f->types);
		set_output(f, n, 0, w->rank == 0 ? w : with_dim(f, w, at, one), NULL);
	}
}

void
aten_gather_elements(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct type *i = arg_type(f, n, arg_has(n, "index") ? "index" : "indices");
	uint32_t at;

	if (named(n, "take_along_dim") && !arg_given(f, n, "dim")) { /* of all elements */
		const struct dim *len = is_shaped(i) ? dims_product(f, i->dims, 0, i->rank) :
		    dim_anon(f->types);

		set_output(f, n, 0, tensor_of(f, elem_dtype(t), &len, 1), NULL);
		return;
	}
	if (named(n, "take_along_dim") && is_shaped(t) && is_shaped(i) && t->rank == i->rank &&
	    arg_given(f, n, "dim") && axis_in(arg_int(f, n, "dim", 0), t->rank, &at)) {
		const struct type *xy[2] = { with_dim(f, t, at, i->dims[at]), i };

		set_output(f, n, 0, calc_broadcast(f, n, xy, 2, t->dtype), NULL);
		return;
	}
	set_output(f, n, 0, is_tensor(i) ? with_dtype(f, i, elem_dtype(t)) :
	    tensor_no_rank(f, elem_dtype(t)), NULL);
}

/* What indices do to the axes: an index of numbers stands for one axis, a mask
 * for as many as it has. Indices broadcast; they come where the first stood when they
 * stand side by side, in front otherwise. */
static const struct type *
indexed(struct infer *f, const struct node *n, const struct type *t, const struct fact *x,
	uint32_t k)
{
	const struct type *parts[RANK_MAX], *all;
	const struct dim *dims[RANK_MAX], *len = dim_anon(f->types);
	uint32_t nparts = 0, axis = 0, first = UINT32_MAX, last = 0, rank = 0;
	bool taken[RANK_MAX] = { false }, apart = false;

	for (uint32_t i = 0; i < k; i++) {
		bool mask = elem_dtype(x[i].type) == DT_BOOL || elem_dtype(x[i].type) == DT_U8;
		uint32_t span = 1;

		if (is_none(&x[i]) || x[i].type == NULL) {
			if (!is_none(&x[i]))
				return tensor_no_rank(f, t->dtype);
			axis++;
			continue;
		}
		if (!is_shaped(x[i].type))
			return tensor_no_rank(f, t->dtype);
		span = mask ? x[i].type->rank : 1;
		if (axis + span > t->rank)
			return tensor_no_rank(f, t->dtype);
		for (uint32_t j = 0; j < span; j++)
			taken[axis + j] = true;
		apart |= first != UINT32_MAX && axis != last;
		first = first == UINT32_MAX ? axis : first;
		axis += span;
		last = axis;
		parts[nparts++] = mask ? tensor_of(f, DT_I64, &len, 1) : x[i].type;
	}
	if (first == UINT32_MAX)
		return t;
	all = calc_broadcast(f, n, parts, nparts, t->dtype);
	if (!all->has_rank || all->rank + t->rank > RANK_MAX)
		return tensor_no_rank(f, t->dtype);
	for (uint32_t i = 0; apart && i < all->rank; i++)
		dims[rank++] = all->dims[i];
	for (uint32_t i = 0; i <= t->rank; i++) {
		for (uint32_t j = 0; !apart && i == first && j < all->rank; j++)
			dims[rank++] = all->dims[j];
		if (i < t->rank && !taken[i])
			dims[rank++] = t->dims[i];
	}
	return tensor_of(f, t->dtype, dims, rank);
}

/* a[i] of a list whose content is known */
static const struct val *
indexed_content(struct infer *f, const struct fact *t, const struct fact *x, uint32_t k)
{
	uint32_t at[VAL_MAX];
	int64_t v;

	if (k != 1 || t->type->rank != 1 || t->val == NULL || t->val->kind > VAL_FLOATS ||
	    x[0].val == NULL || x[0].val->kind != VAL_INTS || x[0].val->n > VAL_MAX ||
	    elem_dtype(x[0].type) == DT_BOOL)
		return NULL;
	for (uint32_t i = 0; i < x[0].val->n; i++)
		if (!dim_number(x[0].val->u.ints[i], &v) || !axis_in(v, t->val->n, &at[i]))
			return NULL;
	return calc_pick(f, t->val, at, x[0].val->n);
}

void
aten_index(struct infer *f, const struct node *n)
{
	struct fact t = arg(f, n, "self");
	const struct fact *x;
	uint32_t k;

	if (strstr(n->op->signature, "out:int") != NULL) { /* of a list or a text */
		set_output(f, n, 0, scalar_type(f, DT_I64), NULL);
		return;
	}
	x = arg_items(f, n, "indices", &k);
	if (!is_shaped(t.type) || x == NULL) {
		set_output(f, n, 0, is_tensor(t.type) ? tensor_no_rank(f, t.type->dtype) : NULL,
		    NULL);
		return;
	}
	set_output(f, n, 0, indexed(f, n, t.type, x, k), indexed_content(f, &t, x, k));
}

void
aten_compress(struct infer *f, const struct node *n)
{
	const struct dim *len = dim_anon(f->types);

	set_output(f, n, 0, tensor_of(f, elem_dtype(arg_main(f, n)), &len, 1), NULL);
}

/* nonzero: a row an element; nonzero_numpy and where: a tensor an axis */
void
aten_non_zero(struct infer *f, const struct node *n)
{
	const struct type *t = arg_has(n, "condition") ? arg_type(f, n, "condition") :
	    arg_main(f, n);
	const struct dim *dims[2] = { dim_anon(f->types), dim_anon(f->types) };
	struct fact *out;
	uint32_t rank;

	if (named(n, "nonzero") || named(n, "argwhere")) {
		if (is_shaped(t))
			dims[1] = dk(f, t->rank);
		set_output(f, n, 0, tensor_of(f, DT_I64, dims, 2), NULL);
		return;
	}
	if (!is_shaped(t))
		return;
	rank = t->rank > 0 ? t->rank : 1;
	out = arena_array(f->arena, rank, sizeof *out);
	for (uint32_t i = 0; i < rank; i++)
		out[i].type = tensor_of(f, DT_I64, dims, 1);
	set_outputs(f, n, out, rank);
}

void
aten_one_hot(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *len = arg_dim(f, n, "num_classes");

	if (is_shaped(t))
		set_output(f, n, 0, calc_stacked(f, t, len == NULL || dim_is(len, -1) ?
		    dim_anon(f->types) : len, t->rank), NULL);
	else
		set_output(f, n, 0, tensor_no_rank(f, DT_I64), NULL);
}

void
aten_nms(struct infer *f, const struct node *n)
{
	const struct dim *len = dim_anon(f->types);

	set_output(f, n, 0, tensor_of(f, DT_I64, &len, 1), NULL);
}
