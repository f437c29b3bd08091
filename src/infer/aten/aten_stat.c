/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's statistics, and what pairs or combines elements. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

/* Between the rows of a matrix; a vector is one row. */
void
aten_covariance(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *dims[2];
	enum dtype dt = float_of(elem_dtype(t));

	if (arg_has(n, "aweights") && arg_given(f, n, "aweights"))
		dt = promote_dtypes(dt, elem_dtype(arg_type(f, n, "aweights")));
	if (!is_shaped(t)) {
		set_output(f, n, 0, tensor_no_rank(f, dt), NULL);
		return;
	}
	dims[0] = dims[1] = t->rank > 0 ? t->dims[0] : NULL;
	set_output(f, n, 0, tensor_of(f, dt, dims, t->rank == 2 &&
	    !dim_is(dims[0], 1) ? 2 : 0), NULL);
}

/* How many ways there are to take r of n, with or without taking one again. */
static const struct dim *
ways(struct infer *f, const struct dim *all, int64_t r, bool again)
{
	int64_t n, out = 1;

	if (r == 1)
		return all;
	if (!dim_number(all, &n) || r > 64)
		return dim_anon(f->types);
	n += again && n > 0 ? r - 1 : 0;
	for (int64_t i = 0; i < r; i++) {
		if (n - i <= 0)
			return dk(f, 0);
		if (out > INT32_MAX)
			return dim_anon(f->types);
		out = out * (n - i) / (i + 1);
	}
	return dk(f, out);
}

void
aten_combinations(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *dims[2];
	int64_t r = 2;

	if (!is_shaped(t) || t->rank != 1 || !arg_number(f, n, "r", &r)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	dims[0] = r == 0 ? dk(f, 0) : ways(f, t->dims[0], r,
	    arg_int(f, n, "with_replacement", 0) != 0);
	dims[1] = dk(f, r);
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, r == 0 ? 1 : 2), NULL);
}

/* A row for each choice of one element a vector; one vector stays as it is. */
void
aten_cartesian(struct infer *f, const struct node *n)
{
	uint32_t k;
	const struct fact *x = arg_items(f, n, "tensors", &k);
	const struct dim *dims[2] = { dk(f, 1), NULL };

	if (x == NULL || k == 0)
		return;
	for (uint32_t i = 0; i < k; i++)
		dims[0] = dim_mul(f->types, dims[0], !is_shaped(x[i].type) ? dim_anon(f->types) :
		    x[i].type->rank > 0 ? x[i].type->dims[0] : dk(f, 1));
	dims[1] = dk(f, k);
	set_output(f, n, 0, tensor_of(f, promote(x, k), dims, k > 1 ? 2 : 1), NULL);
}

/* Distances of all pairs of rows. */
void
aten_pdist(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *len = is_shaped(t) && t->rank == 2 ? ways(f, t->dims[0], 2, false) :
	    dim_anon(f->types);

	set_output(f, n, 0, tensor_of(f, elem_dtype(t), &len, 1), NULL);
}

void
aten_histogram(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n), *edges = arg_type(f, n, "bins");
	const struct dim *len;

	if (is_tensor(edges))
		len = is_shaped(edges) && edges->rank == 1 ?
		    dim_addk(f->types, edges->dims[0], -1) : dim_anon(f->types);
	else
		len = arg_dim(f, n, "bins");
	set_output(f, n, 0, tensor_of(f, elem_dtype(t), &len, 1), NULL);
	len = dim_addk(f->types, len, 1);
	set_output(f, n, 1, tensor_of(f, elem_dtype(t), &len, 1), NULL);
}

/* Areas: of the whole axis, or running ones between the places. */
void
aten_trapezoid(struct infer *f, const struct node *n)
{
	const struct type *t = arg_type(f, n, "y"), *x = NULL;
	struct fact of[2] = { { t, NULL }, { NULL, NULL } };
	int64_t axis = arg_int(f, n, "dim", -1);
	struct reduction r = { .axes = &axis, .n = 1, .known = true };
	uint32_t at, k = 1;
	enum dtype dt;

	if (arg_has(n, "x"))
		of[k++].type = x = arg_type(f, n, "x");
	dt = float_of(promote(of, k));
	if (!is_shaped(t) || !axis_in(axis, t->rank, &at)) {
		set_output(f, n, 0, tensor_no_rank(f, dt), NULL);
		return;
	}
	/* places with as many axes take part in the shape */
	if (is_shaped(x) && x->rank == t->rank && t->rank > 1)
		t = calc_broadcast(f, n, (const struct type *[]){ t, x }, 2, dt);
	if (!is_shaped(t))
		t = tensor_no_rank(f, dt);
	else if (named(n, "cumulative_trapezoid"))
		t = with_dtype(f, with_dim(f, t, at, dim_addk(f->types, t->dims[at], -1)), dt);
	else
		t = calc_reduce(f, n, t, &r, dt);
	set_output(f, n, 0, t, NULL);
}

/* A row an element, as many as asked for. */
void
aten_nonzero_static(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *dims[2] = { arg_dim(f, n, "size"), dim_anon(f->types) };

	if (dims[0] == NULL)
		dims[0] = dim_anon(f->types);
	if (is_shaped(t))
		dims[1] = dk(f, t->rank);
	set_output(f, n, 0, tensor_of(f, DT_I64, dims, 2), NULL);
}

/* Summed until it has the size that is given. */
void
aten_sum_to_size(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	uint32_t k;
	const struct dim *const *size = arg_dims(f, n, "size", &k);

	enum dtype dt = elem_dtype(t), sum = dtype_class(dt) == DC_FLOAT ||
	    dtype_class(dt) == DC_COMPLEX ? dt : DT_I64;
	bool same = is_shaped(t) && size != NULL && k == t->rank;

	for (uint32_t i = 0; same && i < k; i++)
		same = size[i] == t->dims[i];
	dt = same ? dt : sum;
	set_output(f, n, 0, size != NULL ? tensor_of(f, dt, size, k) : tensor_no_rank(f, dt),
	    NULL);
}

/* Sequences side by side, as long as the longest. */
void
aten_pad_sequence(struct infer *f, const struct node *n)
{
	uint32_t k;
	const struct fact *x = arg_items(f, n, "sequences", &k);
	const struct dim *dims[RANK_MAX], *len = NULL;
	const struct type *t;
	bool first = arg_int(f, n, "batch_first", 0) != 0;

	if (x == NULL || k == 0 || !is_shaped(x[0].type) || x[0].type->rank == 0 ||
	    x[0].type->rank + 1 > RANK_MAX) {
		set_output(f, n, 0, tensor_no_rank(f, k > 0 ? elem_dtype(x[0].type) : DT_NONE),
		    NULL);
		return;
	}
	t = x[0].type;
	for (uint32_t i = 0; i < k; i++) {
		const struct dim *d = is_shaped(x[i].type) && x[i].type->rank > 0 ?
		    x[i].type->dims[0] : dim_anon(f->types);

		len = len == NULL || len == d ? d : dim_max(f->types, len, d);
	}
	dims[first ? 0 : 1] = dk(f, k);
	dims[first ? 1 : 0] = len;
	for (uint32_t i = 1; i < t->rank; i++)
		dims[i + 1] = t->dims[i];
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank + 1), NULL);
}
