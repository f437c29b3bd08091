/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's reductions, extremes, running sums. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

/* Which axes: NULL axes are all of them. In PyTorch an empty list is all as well. */
static struct reduction
axes_of(struct infer *f, const struct node *n, int64_t axes[RANK_MAX])
{
	struct reduction r = { .known = true };

	if (arg_has(n, "dim") && arg_given(f, n, "dim")) {
		r.known = arg_ints(f, n, "dim", axes, &r.n);
		r.axes = r.known && r.n > 0 ? axes : NULL;
	}
	r.keep = arg_has(n, "keepdim") && arg_int(f, n, "keepdim", 0);
	return r;
}

/* A scalar has the axes 0 and -1. */
static const struct type *
reduced(struct infer *f, const struct node *n, const struct type *t, const struct reduction *r,
	enum dtype dt)
{
	if (is_shaped(t) && t->rank == 0)
		return tensor_of(f, dt, NULL, 0);
	return calc_reduce(f, n, t, r, dt);
}

enum result { SAME, SUMS, FLOATS, BOOLS, INTS, NORM };

static enum result
result_of(const char *name)
{
	static const struct { const char *name; enum result what; } rows[] = {
		{ "sum", SUMS }, { "nansum", SUMS }, { "prod", SUMS }, { "trace", SUMS },
		{ "all", BOOLS }, { "any", BOOLS }, { "count_nonzero", INTS },
		{ "logsumexp", FLOATS }, { "norm", NORM }, { "frobenius_norm", NORM },
		{ "linalg_norm", NORM }, { "linalg_matrix_norm", NORM },
		{ "linalg_vector_norm", NORM }, { "std", NORM }, { "var", NORM },
		{ "std_mean", NORM }, { "var_mean", NORM }, { "dist", NORM },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].what;
	return SAME;
}

static enum dtype
result_dtype(enum result what, enum dtype dt)
{
	enum dtype_class c = dtype_class(dt);

	switch ((unsigned)what) {
	case SUMS: return c == DC_BOOL || c == DC_INT || c == DC_UINT ? DT_I64 : dt;
	case FLOATS: return float_of(dt);
	case BOOLS: return dt == DT_U8 ? DT_U8 : DT_BOOL;
	case INTS: return DT_I64;
	case NORM: return dt == DT_C64 ? DT_F32 : dt == DT_C128 ? DT_F64 : dt;
	default: return dt;
	}
}

/* Distances between the rows of two tensors, and the like. */
static const struct type *
of_two(struct infer *f, const struct node *n)
{
	const struct type *xy[2] = { arg_type(f, n, "x1"), arg_type(f, n, "x2") }, *t;
	enum dtype dt = promote_dtypes(elem_dtype(xy[0]), elem_dtype(xy[1]));
	const struct dim *dims[RANK_MAX];
	struct reduction r = { .n = 1, .known = true };
	int64_t axis;

	if (named(n, "cdist") || named(n, "_cdist_forward")) {
		if (!is_shaped(xy[0]) || !is_shaped(xy[1]) || xy[0]->rank < 2 || xy[1]->rank < 2)
			return tensor_no_rank(f, dt);
		t = calc_broadcast(f, n, (const struct type *[]){
		    tensor_of(f, dt, xy[0]->dims, xy[0]->rank - 2),
		    tensor_of(f, dt, xy[1]->dims, xy[1]->rank - 2) }, 2, dt);
		if (!t->has_rank)
			return t;
		for (uint32_t i = 0; i < t->rank; i++)
			dims[i] = t->dims[i];
		dims[t->rank] = xy[0]->dims[xy[0]->rank - 2];
		dims[t->rank + 1] = xy[1]->dims[xy[1]->rank - 2];
		return tensor_of(f, dt, dims, t->rank + 2);
	}
	if (named(n, "pairwise_distance"))
		dt = result_dtype(NORM, dt);
	t = calc_broadcast(f, n, xy, 2, dt);
	axis = arg_has(n, "dim") ? arg_int(f, n, "dim", 1) : -1;
	r.axes = &axis;
	r.keep = arg_has(n, "keepdim") && arg_int(f, n, "keepdim", 0);
	return reduced(f, n, t, &r, dt);
}

/* sum, all, any of a list */
static bool
of_list(struct infer *f, const struct node *n)
{
	if (strstr(n->op->signature, "out:tensor") != NULL || n->nout != 1 ||
	    strstr(n->op->signature, "out:") == NULL)
		return false;
	set_output(f, n, 0, scalar_type(f, strstr(n->op->signature, "out:bool") ? DT_BOOL :
	    strstr(n->op->signature, "out:float") ? DT_F64 : DT_I64), NULL);
	return true;
}

static const struct val *
product_of(struct infer *f, const struct node *n)
{
	struct fact x = arg(f, n, "self");
	const struct dim *p = dk(f, 1);

	if (!named(n, "prod") || arg_has(n, "dim") || x.val == NULL || x.val->kind != VAL_INTS)
		return NULL;
	for (uint32_t i = 0; i < x.val->n; i++)
		p = dim_mul(f->types, p, x.val->u.ints[i]);
	return val_int(f, p);
}

void
aten_reduce(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n), *out;
	int64_t axes[RANK_MAX] = { -2, -1 };
	struct reduction r;
	enum dtype dt;

	if (arg_has(n, "x1")) {
		set_output(f, n, 0, of_two(f, n), NULL);
		return;
	}
	if (of_list(f, n))
		return;
	dt = arg_dtype(f, n, "dtype", result_dtype(result_of(n->type->s), elem_dtype(t)));
	if (result_of(n->type->s) == NORM)
		dt = result_dtype(NORM, dt);
	r = axes_of(f, n, axes);
	if (named(n, "trace") || !is_tensor(t)) {
		set_output(f, n, 0, named(n, "trace") ? tensor_of(f, dt, NULL, 0) :
		    tensor_no_rank(f, dt), NULL);
		return;
	}
	out = reduced(f, n, t, &r, dt);
	set_output(f, n, 0, out, product_of(f, n));
	/* max.dim and its like give where the extremes are; the others two values */
	if (n->nout > 1)
		set_output(f, n, 1, strstr(n->op->signature, "indices:") != NULL ?
		    with_dtype(f, out, DT_I64) : strstr(n->type->s, "_mean") != NULL ?
		    with_dtype(f, out, elem_dtype(t)) : out, NULL);
}

/* argmax, argsort, sort */
void
aten_arg_reduce(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	int64_t axes[RANK_MAX];
	struct reduction r;

	if (named(n, "argsort") || named(n, "sort")) {
		set_output(f, n, 0, named(n, "sort") ? t : is_tensor(t) ?
		    with_dtype(f, t, DT_I64) : tensor_no_rank(f, DT_I64), NULL);
		set_output(f, n, 1, is_tensor(t) ? with_dtype(f, t, DT_I64) : NULL, NULL);
		return;
	}
	r = axes_of(f, n, axes);
	set_output(f, n, 0, r.axes == NULL && r.known && !r.keep ? tensor_of(f, DT_I64, NULL, 0) :
	    is_tensor(t) ? reduced(f, n, t, &r, DT_I64) : tensor_no_rank(f, DT_I64), NULL);
}

/* topk keeps k elements of the axis; kthvalue and mode one. */
void
aten_top_k(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *dims[RANK_MAX];
	struct reduction r = { .n = 1, .known = true };
	int64_t axis = arg_int(f, n, "dim", -1);
	uint32_t at;

	if (!is_shaped(t)) {
		t = tensor_no_rank(f, elem_dtype(t));
	} else if (!named(n, "topk")) {
		r.axes = &axis;
		r.keep = arg_int(f, n, "keepdim", 0) != 0;
		t = reduced(f, n, t, &r, t->dtype);
	} else if (axis_in(axis, t->rank, &at)) {
		for (uint32_t i = 0; i < t->rank; i++)
			dims[i] = t->dims[i];
		dims[at] = arg_dim(f, n, "k");
		t = tensor_of(f, t->dtype, dims, t->rank);
	}
	set_output(f, n, 0, t, NULL);
	set_output(f, n, 1, with_dtype(f, t, DT_I64), NULL);
}

/* cumsum and cumprod of whole numbers count in i64. */
void
aten_cumulative(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	bool sums = strncmp(n->type->s, "cumsum", 6) == 0 || strncmp(n->type->s, "cumprod", 7) == 0;
	enum dtype dt = elem_dtype(t);

	dt = arg_dtype(f, n, "dtype", n->op->flags & OP_WRITES ? dt :
	    result_dtype(sums ? SUMS : SAME, dt));
	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, dt) : tensor_no_rank(f, dt), NULL);
	if (n->nout > 1)
		set_output(f, n, 1, is_tensor(t) ? with_dtype(f, t, DT_I64) : NULL, NULL);
}

/* How many distinct elements there are is known only when it runs. */
void
aten_unique(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n), *none;
	const struct dim *dims[RANK_MAX], *len = dim_anon(f->types);
	enum dtype dt = elem_dtype(t);
	bool whole = arg_has(n, "dim") ? !arg_given(f, n, "dim") : true, all;
	uint32_t at;

	if (named(n, "histc") || named(n, "bincount")) {
		len = named(n, "histc") ? arg_dim(f, n, "bins") : len;
		dt = named(n, "bincount") ? arg_given(f, n, "weights") ? DT_F64 : DT_I64 : dt;
		set_output(f, n, 0, tensor_of(f, dt, &len, 1), NULL);
		return;
	}
	if (whole) {
		set_output(f, n, 0, tensor_of(f, dt, &len, 1), NULL);
	} else if (is_shaped(t) && axis_in(arg_int(f, n, "dim", INT32_MAX), t->rank, &at)) {
		for (uint32_t i = 0; i < t->rank; i++)
			dims[i] = i == at ? len : t->dims[i];
		set_output(f, n, 0, tensor_of(f, dt, dims, t->rank), NULL);
		t = tensor_of(f, dt, &t->dims[at], 1);
	}
	/* what is not asked for has no elements */
	none = tensor_of(f, DT_I64, (const struct dim *[]){ dk(f, 0) }, 1);
	all = !whole || named(n, "unique_dim");
	set_output(f, n, 1, arg_int(f, n, "return_inverse", 0) || all ?
	    with_dtype(f, t, DT_I64) : none, NULL);
	set_output(f, n, 2, arg_int(f, n, "return_counts", 0) || all ?
	    tensor_of(f, DT_I64, &len, 1) : none, NULL);
}
