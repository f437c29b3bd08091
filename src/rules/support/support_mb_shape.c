/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that change shapes, and the arithmetic of shapes. */
#include <math.h>
#include <string.h>

#include "rules/support/support_state.h"

static int64_t
dim_of_number(double d)
{
	return isnan(d) ? DIM_SYMBOLIC : (int64_t)d;
}

/* An axis of a value of that rank, or -1. */
static int
place(int64_t axis, int rank)
{
	axis += axis < 0 ? rank : 0;
	return axis < 0 || axis >= rank ? -1 : (int)axis;
}

/* The only number that is left of constants. */
static void
fold_all(struct conv *c, const char *op, const struct mv *x, struct mv *r)
{
	const char *how = op + strlen("reduce_");
	double d = x->nnum > 0 && x->num != NULL ? x->num[0] : NAN;

	for (uint32_t i = 1; x->num != NULL && i < x->nnum; i++) {
		double e = x->num[i];

		d = isnan(e) ? e : strcmp(how, "min") == 0 ? fmin(d, e) : strcmp(how, "max") == 0 ?
		    fmax(d, e) : strcmp(how, "sum") == 0 ? d + e : strcmp(how, "prod") == 0 ?
		    d * e : NAN;
		if (isnan(d))
			break;
	}
	if (!x->konst || isnan(d))
		return;
	r->num = arena_array(c->a, 1, sizeof *r->num);
	r->num[0] = d;
	r->nnum = 1;
}

struct mv *
mb_reduce(struct conv *c, const char *op, struct mv *x, struct mv *axes, bool keep)
{
	int64_t dims[MV_DIMS];
	bool gone[MV_DIMS] = { false };
	bool all = mv_absent(axes);
	struct mv *r;
	int n = 0, at;

	CHECK(c, op, { "x", x }, { "axes", axes });
	if (x->rank < 0 || (!all && axes->num == NULL))
		return mb_out(c, x->dtype, keep ? x->rank : -1, x->dims);
	for (uint32_t i = 0; !all && i < axes->nnum; i++) {
		if ((at = place((int64_t)axes->num[i], x->rank)) < 0 && (keep || x->rank > 0))
			cv_fail(c, REASON_INTERNAL, "axis %d is out of range for rank %d",
			    (int)axes->num[i], x->rank);
		if (at >= 0)
			gone[at] = true;
	}
	for (int i = 0; i < x->rank; i++)
		if (keep || !(all || gone[i]))
			dims[n++] = all || gone[i] ? 1 : x->dims[i];
	r = mb_out(c, x->dtype, n, dims);
	if (n == 0)
		fold_all(c, op, x, r);
	return r;
}

/* What -1 stands for, when all else is known. */
static void
solve(struct conv *c, const struct mv *x, int64_t *dims, int n)
{
	int64_t have = 1, rest = 1;
	int minus = -1;
	bool known = mv_static(x);

	for (int i = 0; known && i < x->rank; i++)
		have *= x->dims[i];
	for (int i = 0; i < n; i++) {
		if (dims[i] == 0 && n == x->rank)
			dims[i] = x->dims[i];
		else if (dims[i] == 0 && known)
			cv_fail(c, REASON_SHAPE, "a size of 0 in the target shape");
	}
	for (int i = 0; i < n; i++) {
		if (dims[i] == INT64_MIN)
			minus = minus < 0 ? i : -2;
		else if (dims[i] < 0)
			known = false;
		else
			rest *= dims[i];
	}
	if (minus == -2)
		cv_fail(c, REASON_SHAPE, "more than one size is -1");
	if (minus >= 0)
		dims[minus] = known && rest > 0 ? have / rest : DIM_SYMBOLIC;
	if (known && have != (minus >= 0 ? rest * dims[minus] : rest))
		cv_fail(c, REASON_SHAPE, "%lld elements do not fit the target shape",
		    (long long)have);
}

struct mv *
mb_reshape(struct conv *c, struct mv *x, struct mv *shape)
{
	int64_t dims[MV_DIMS];
	int n = (int)mv_dim(shape, 0);
	struct mv *r;

	CHECK(c, "reshape", { "x", x }, { "shape", shape });
	if (shape->rank != 1 || n < 0 || n > MV_DIMS)
		return mb_out(c, x->dtype, -1, NULL);
	for (int i = 0; i < n; i++)
		dims[i] = shape->num == NULL ? DIM_SYMBOLIC : isnan(shape->num[i]) ?
		    DIM_SYMBOLIC : shape->num[i] < 0 ? INT64_MIN : (int64_t)shape->num[i];
	if (x->rank >= 0 && shape->num != NULL)
		solve(c, x, dims, n);
	for (int i = 0; i < n; i++)
		dims[i] = dims[i] == INT64_MIN ? DIM_SYMBOLIC : dims[i];
	r = mb_out(c, x->dtype, n, dims);
	r->num = x->num;
	r->nnum = x->nnum;
	return r;
}

struct mv *
mb_transpose(struct conv *c, struct mv *x, const int64_t *perm, int n)
{
	int64_t dims[MV_DIMS], *places;
	struct mv *r;
	int at;

	CHECK(c, "transpose", { "x", x });
	if (x->rank < 0)
		return mb_out(c, x->dtype, -1, NULL);
	if (n != x->rank)
		cv_fail(c, REASON_RANK, "%d axes are permuted, but the tensor has %d", n, x->rank);
	places = arena_array(c->a, (size_t)n + 1, sizeof *places);
	for (int i = 0; i < n; i++) {
		if ((at = place(perm[i], n)) < 0)
			cv_fail(c, REASON_RANK, "axis %lld is out of range", (long long)perm[i]);
		places[i] = at;
		dims[i] = x->dims[at];
	}
	r = mb_out(c, x->dtype, n, dims);
	r->perm = places;
	return r;
}

struct mv *
mb_expand_dims(struct conv *c, struct mv *x, const int64_t *axes, uint32_t naxes)
{
	int64_t dims[MV_DIMS];
	bool one[MV_DIMS] = { false };
	int n = x->rank + (int)naxes, k = 0, at;
	struct mv *r;

	CHECK(c, "expand_dims", { "x", x });
	if (x->rank < 0 || n > MV_DIMS)
		return mb_out(c, x->dtype, -1, NULL);
	for (uint32_t i = 0; i < naxes; i++) {
		if ((at = place(axes[i], n)) < 0)
			cv_fail(c, REASON_RANK, "axis %lld is out of range", (long long)axes[i]);
		one[at] = true;
	}
	for (int i = 0; i < n; i++)
		dims[i] = one[i] ? 1 : k < x->rank ? x->dims[k++] : 1;
	r = mb_out(c, x->dtype, n, dims);
	r->num = x->num;
	r->nnum = x->nnum;
	return r;
}

struct mv *
mb_squeeze(struct conv *c, struct mv *x, const int64_t *axes, uint32_t naxes, bool all)
{
	int64_t dims[MV_DIMS];
	bool gone[MV_DIMS] = { false };
	int n = 0, at;
	struct mv *r;

	CHECK(c, "squeeze", { "x", x });
	if (x->rank < 0)
		return mb_out(c, x->dtype, -1, NULL);
	for (uint32_t i = 0; i < naxes; i++) {
		if ((at = place(axes[i], x->rank)) < 0)
			cv_fail(c, REASON_RANK, "axis %lld is out of range", (long long)axes[i]);
		gone[at] = true;
	}
	for (int i = 0; i < x->rank; i++)
		if (x->dims[i] != 1 || !(all || gone[i]))
			dims[n++] = x->dims[i];
	r = mb_out(c, x->dtype, n, dims);
	r->num = x->num;
	r->nnum = x->nnum;
	return r;
}

static const struct mb *
as_args(struct conv *c, struct mv **v, uint32_t n)
{
	struct mb *args = arena_array(c->a, n + 1, sizeof *args);

	for (uint32_t i = 0; i < n; i++)
		args[i] = (struct mb){ "values", v[i] };
	return args;
}

static enum dtype
common_type(struct conv *c, const char *op, struct mv **v, uint32_t n)
{
	enum dtype t = v[0]->dtype;

	for (uint32_t i = 1; i < n; i++)
		if (v[i]->dtype != DT_NONE && t != DT_NONE && v[i]->dtype != t)
			cv_fail(c, dt_complex(t) || dt_complex(v[i]->dtype) ? REASON_COMPLEX :
			    REASON_DTYPE, "the operands of %s differ in type: %s and %s", op,
			    dtype_name(t), dtype_name(v[i]->dtype));
	return t;
}

/* Contents of vectors side by side. */
static void
join_numbers(struct conv *c, struct mv *r, struct mv **v, uint32_t n)
{
	uint32_t total = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (v[i]->num == NULL || v[i]->rank > 1)
			return;
		total += v[i]->nnum;
	}
	if (total > MV_NUMBERS)
		return;
	r->num = arena_array(c->a, total > 0 ? total : 1, sizeof *r->num);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < v[i]->nnum; k++)
			r->num[r->nnum++] = v[i]->num[k];
}

static int64_t
add_sizes(int64_t a, int64_t b)
{
	return a == DIM_SYMBOLIC || b == DIM_SYMBOLIC ? DIM_SYMBOLIC : a < 0 || b < 0 ? DIM_ANY :
	    a + b;
}

struct mv *
mb_concat(struct conv *c, struct mv **v, uint32_t n, struct mv *axis)
{
	int64_t dims[MV_DIMS], ax;
	enum dtype t;
	struct mv *r;
	int rank, at;

	if (n == 0)
		cv_fail(c, REASON_SHAPE, "nothing is concatenated");
	mb_check(c, "concat", as_args(c, v, n));
	rank = v[0]->rank;
	for (uint32_t i = 1; i < n; i++)
		if (rank >= 0 && v[i]->rank >= 0 && v[i]->rank != rank) {
			if ((rank == 0 || v[i]->rank == 0) && c->advice == NULL)
				c->advice = "a size that is read from a shape is a scalar here: "
				    "write its number (or -1), or trace the model";
			cv_fail(c, REASON_RANK, "tensors of ranks %d and %d are concatenated", rank,
			    v[i]->rank);
		}
	t = common_type(c, "concat", v, n);
	for (uint32_t i = 0; i < n && rank >= 0; i++)
		rank = v[i]->rank < 0 ? -1 : rank;
	if (rank < 0 || !mv_int(axis, &ax))
		return mb_out(c, t, rank, (int64_t [MV_DIMS]){ DIM_ANY, DIM_ANY, DIM_ANY, DIM_ANY,
		    DIM_ANY, DIM_ANY, DIM_ANY, DIM_ANY, DIM_ANY, DIM_ANY, DIM_ANY, DIM_ANY });
	if ((at = place(ax, rank > 0 ? rank : 1)) < 0)
		cv_fail(c, REASON_RANK, "axis %lld is out of range", (long long)ax);
	memcpy(dims, v[0]->dims, sizeof dims);
	if (rank == 0)
		dims[0] = n;
	for (uint32_t i = 1; i < n && rank > 0; i++)
		for (int k = 0; k < rank; k++) {
			if (k == at)
				dims[k] = add_sizes(dims[k], v[i]->dims[k]);
			else if (dims[k] >= 0 && v[i]->dims[k] >= 0 && dims[k] != v[i]->dims[k])
				cv_fail(c, REASON_SHAPE, "sizes %lld and %lld of dim %d differ",
				    (long long)dims[k], (long long)v[i]->dims[k], k);
		}
	r = mb_out(c, t, rank > 0 ? rank : 1, dims);
	join_numbers(c, r, v, n);
	return r;
}

struct mv *
mb_stack(struct conv *c, struct mv **v, uint32_t n, int64_t axis)
{
	int64_t dims[MV_DIMS];
	const struct mv *first = NULL;
	enum dtype t;
	struct mv *r;
	int at;

	if (n == 0)
		cv_fail(c, REASON_SHAPE, "nothing is stacked");
	mb_check(c, "stack", as_args(c, v, n));
	t = common_type(c, "stack", v, n);
	for (uint32_t i = 0; i < n; i++)
		if (mv_static(v[i]) && first == NULL)
			first = v[i];
	first = first != NULL ? first : v[0];
	for (uint32_t i = 0; i < n; i++) {
		if (v[i]->rank >= 0 && first->rank >= 0 && v[i]->rank != first->rank)
			cv_fail(c, REASON_SHAPE, "tensors of ranks %d and %d are stacked",
			    v[i]->rank, first->rank);
		for (int k = 0; k < v[i]->rank && k < first->rank; k++)
			if (v[i]->dims[k] >= 0 && first->dims[k] >= 0 &&
			    v[i]->dims[k] != first->dims[k])
				cv_fail(c, REASON_SHAPE, "tensors of different sizes are stacked");
	}
	if (first->rank < 0 || first->rank >= MV_DIMS)
		return mb_out(c, t, -1, NULL);
	at = place(axis, first->rank + 1);
	if (at < 0)
		cv_fail(c, REASON_RANK, "axis %lld is out of range", (long long)axis);
	for (int i = 0, k = 0; i <= first->rank; i++)
		dims[i] = i == at ? (int64_t)n : first->dims[k++];
	r = mb_out(c, t, first->rank + 1, dims);
	if (first->rank == 0)
		join_numbers(c, r, v, n);
	return r;
}

struct mv *
mb_shape(struct conv *c, struct mv *x)
{
	int64_t dim = x->rank;
	struct mv *r;

	CHECK(c, "shape", { "x", x });
	r = mb_out(c, DT_I32, 1, x->rank < 0 ? (int64_t []){ DIM_ANY } : &dim);
	r->konst = mv_static(x);
	if (x->rank < 0)
		return r;
	r->num = arena_array(c->a, (size_t)x->rank + 1, sizeof *r->num);
	r->nnum = (uint32_t)x->rank;
	for (int i = 0; i < x->rank; i++)
		r->num[i] = x->dims[i] < 0 ? NAN : (double)x->dims[i];
	return r;
}

struct mv *
mb_item(struct conv *c, struct mv *list, int64_t i)
{
	struct mv *r;
	double d;

	if (list->rank == 1 && list->dims[0] >= 0 && (i < -list->dims[0] || i >= list->dims[0]))
		cv_fail(c, REASON_RANK, "index %lld is out of range", (long long)i);
	if (list->num == NULL || list->rank != 1) {
		CHECK(c, "gather", { "x", list });
		return mb_out(c, list->dtype, 0, NULL);
	}
	d = list->num[i < 0 ? i + list->nnum : i];
	r = mv_const(c, list->dtype, 0, NULL, &d);
	r->konst = !isnan(d);
	if (!r->konst) {
		r->maker = "gather";
		r->from = arena_array(c->a, 1, sizeof *r->from);
		r->from[r->nfrom++] = list;
	}
	return r;
}

struct mv *
mb_fill(struct conv *c, struct mv *shape, struct mv *value)
{
	int64_t dims[MV_DIMS], n;
	double d;
	struct mv *r;

	CHECK(c, "fill", { "shape", shape }, { "value", value });
	n = mv_dim(shape, 0);
	if (shape->rank != 1 || n < 0 || n > MV_DIMS)
		return mb_out(c, value->dtype, -1, NULL);
	for (int i = 0; i < n; i++)
		dims[i] = shape->num == NULL ? DIM_SYMBOLIC : dim_of_number(shape->num[i]);
	r = mb_out(c, value->dtype, (int)n, dims);
	if (r->konst && mv_number(value, &d) && n == 1 && dims[0] >= 0 && dims[0] <= MV_NUMBERS) {
		r->nnum = (uint32_t)dims[0];
		r->num = arena_array(c->a, r->nnum + 1, sizeof *r->num);
		for (uint32_t i = 0; i < r->nnum; i++)
			r->num[i] = d;
	}
	return r;
}

struct mv *
mb_gather(struct conv *c, struct mv *x, struct mv *indices, struct mv *axis)
{
	int64_t dims[MV_DIMS], ax = 0, i;
	int n = 0, at;

	CHECK(c, "gather", { "x", x }, { "indices", indices }, { "axis", axis });
	if (x->rank < 0 || indices->rank < 0 || (axis != NULL && !mv_int(axis, &ax)) ||
	    x->rank - 1 + indices->rank > MV_DIMS)
		return mb_out(c, x->dtype, -1, NULL);
	if ((at = place(ax, x->rank)) < 0)
		cv_fail(c, REASON_RANK, "axis %lld is out of range", (long long)ax);
	if (x->rank == 1 && mv_int(indices, &i) && x->num != NULL && indices->rank == 0 &&
	    (i < 0 ? i + x->nnum : i) < x->nnum)
		return mb_item(c, x, i);
	for (int k = 0; k < at; k++)
		dims[n++] = x->dims[k];
	for (int k = 0; k < indices->rank; k++)
		dims[n++] = indices->dims[k];
	for (int k = at + 1; k < x->rank; k++)
		dims[n++] = x->dims[k];
	return mb_out(c, x->dtype, n, dims);
}

struct mv *
mb_tile(struct conv *c, struct mv *x, struct mv *reps)
{
	int64_t dims[MV_DIMS];

	CHECK(c, "tile", { "x", x }, { "reps", reps });
	if (x->rank < 0)
		return mb_out(c, x->dtype, -1, NULL);
	for (int i = 0; i < x->rank; i++)
		dims[i] = DIM_SYMBOLIC;
	if (reps->num == NULL)
		return mb_out(c, x->dtype, x->rank, dims);
	if ((int)reps->nnum != x->rank || reps->nnum == 0)
		cv_fail(c, REASON_RANK, "%u repetitions for a tensor of rank %d", reps->nnum,
		    x->rank);
	for (int i = 0; i < x->rank; i++) {
		if (reps->num[i] <= 0)
			cv_fail(c, REASON_ARGUMENT, "a repetition of %d times", (int)reps->num[i]);
		if (!isnan(reps->num[i]))
			dims[i] = x->dims[i] >= 0 ? x->dims[i] * (int64_t)reps->num[i] : x->dims[i];
	}
	return mb_out(c, x->dtype, x->rank, dims);
}

struct mv *
mb_matmul(struct conv *c, struct mv *x, struct mv *y)
{
	int64_t dims[MV_DIMS], batch[MV_DIMS];
	struct mv a, b;
	int n;

	CHECK(c, "matmul", { "x", x }, { "y", y });
	/* the row has one type each; without constants they must be one */
	if (x->dtype != DT_NONE && y->dtype != DT_NONE && x->dtype != y->dtype &&
	    (c->ios < 17 || (x->maker != NULL && strcmp(x->maker, "const") == 0) ==
	    (y->maker != NULL && strcmp(y->maker, "const") == 0)))
		cv_fail(c, REASON_DTYPE, "matmul of %s and %s", dtype_name(x->dtype),
		    dtype_name(y->dtype));
	if (x->rank < 0 || y->rank < 0)
		return mb_out(c, x->dtype, -1, NULL);
	c->advice = y->rank == 1 ? "write (x @ v.unsqueeze(-1)).squeeze(-1)" : c->advice;
	if (y->rank < 2 || x->rank < 1)
		cv_fail(c, REASON_RANK, "matmul with a second operand of rank %d", y->rank);
	if (mv_dim(x, -1) >= 0 && mv_dim(y, -2) >= 0 && mv_dim(x, -1) != mv_dim(y, -2))
		cv_fail(c, REASON_SHAPE, "sizes %lld and %lld do not go together",
		    (long long)mv_dim(x, -1), (long long)mv_dim(y, -2));
	a = *x;
	b = *y;
	a.rank = x->rank > 2 ? x->rank - 2 : 0;
	b.rank = y->rank - 2;
	n = mb_broadcast(c, &a, &b, batch);
	memcpy(dims, batch, sizeof dims);
	if (x->rank > 1)
		dims[n++] = mv_dim(x, -2);
	dims[n++] = mv_dim(y, -1);
	return mb_out(c, x->dtype, n, dims);
}

/* Is repeating needed to make x of that shape? DIM_SYMBOLIC in wanted: yes. */
static bool
tiles(const struct mv *x, const int64_t *want)
{
	for (int i = 0; i < x->rank; i++)
		if (want[i] != x->dims[i] && want[i] != INT64_MIN)
			return true;
	return false;
}

struct mv *
mb_broadcast_to(struct conv *c, struct mv *x, struct mv *shape)
{
	int64_t want[MV_DIMS], front[MV_DIMS], n;
	struct mv *ratio, *r;

	if (shape->kind == MV_LIST)
		shape = mb_concat(c, shape->item, shape->nitem, mv_i(c, 0));
	if (shape->kind != MV_TENSOR || shape->rank != 1 || (n = shape->dims[0]) < 0 ||
	    n > MV_DIMS || x->rank < 0)
		return mb_out(c, x->dtype, -1, NULL);
	for (int i = 0; i < n; i++)
		front[i] = i;
	if (n > x->rank)
		x = mb_expand_dims(c, x, front, (uint32_t)(n - x->rank));
	for (int i = 0; i < n; i++)
		want[i] = shape->num == NULL || isnan(shape->num[i]) ? DIM_SYMBOLIC :
		    shape->num[i] < 0 ? INT64_MIN : (int64_t)shape->num[i];
	if (shape->konst && shape->num != NULL && x->rank == n && !tiles(x, want))
		return mb_identity(c, x);
	if (mv_symbolic(x) || !shape->konst) {
		ratio = mb_cast(c, mb_shape(c, x), DT_I32);
		CHECK(c, "tile", { "x", x }, { "reps", ratio });
	} else {
		CHECK(c, "tile", { "x", x });
	}
	for (int i = 0; i < x->rank && i < n; i++)
		want[i] = want[i] == INT64_MIN || (want[i] == DIM_SYMBOLIC && x->dims[i] > 1) ?
		    x->dims[i] : want[i];
	r = mb_out(c, x->dtype, x->rank, want);
	return r;
}
