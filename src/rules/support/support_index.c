/* SPDX-License-Identifier: Apache-2.0 */
/* Converters of indexing: gather, scatter, embedding, assignments. */
#include <math.h>
#include <string.h>

#include "rules/support/support_ops.h"

void
sup_gather(struct conv *c)
{
	struct mv *x = cv_var(c, cv_need(c, 0)), *i = cv_var(c, cv_need(c, 2));
	struct mv *axis = cv_var(c, c->in[1]);
	int at;

	CHECK(c, "gather_along_axis", { "x", x }, { "indices", i }, { "axis", axis });
	if (x->rank >= 0 && i->rank >= 0 && x->rank != i->rank)
		cv_fail(c, REASON_RANK, "ranks %d and %d of tensor and indices", x->rank, i->rank);
	at = cv_axis(c, x, axis);
	for (int k = 0; k < x->rank && k < i->rank; k++)
		if (k != at && at >= 0 && x->dims[k] >= 0 && i->dims[k] >= 0 &&
		    x->dims[k] != i->dims[k])
			cv_fail(c, REASON_SHAPE,
			    "tensor and indices differ in dim %d: %lld and %lld", k,
			    (long long)x->dims[k], (long long)i->dims[k]);
	cv_out(c, mb_out(c, x->dtype, i->rank, i->dims));
}

void
sup_index_select(struct conv *c)
{
	cv_out(c, mb_gather(c, cv_var(c, c->in[0]), cv_var(c, c->in[2]), cv_var(c, c->in[1])));
}

void
sup_embedding(struct conv *c)
{
	struct mv *indices = mb_cast(c, cv_var(c, cv_need(c, 1)), DT_I32);

	cv_out(c, mb_gather(c, cv_var(c, c->in[0]), indices, mv_i(c, 0)));
}

void
sup_one_hot(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	struct mv *n = cv_kw(c, "num_classes", c->nin > 1 ? c->in[1] : mv_i(c, -1));
	int64_t dims[MV_DIMS], classes = cv_int(c, n, DIM_ANY);

	if (n->kind == MV_TENSOR && !n->konst)
		cv_fail(c, REASON_SHAPE, "the number of classes is known at run time only");
	CHECK(c, "one_hot", { "indices", x });
	if (mv_int(n, &classes) && classes < 0)
		cv_fail(c, REASON_ARGUMENT, "the number of classes must be given");
	for (int i = 0; i < x->rank && i < MV_DIMS - 1; i++)
		dims[i] = x->dims[i];
	if (x->rank >= 0)
		dims[x->rank] = classes;
	cv_out(c, mb_out(c, DT_I32, x->rank < 0 ? -1 : x->rank + 1, dims));
}

void
sup_scatter(struct conv *c)
{
	struct mv *x = cv_var(c, cv_need(c, 0)), *axis = cv_var(c, cv_need(c, 1));
	struct mv *i = cv_var(c, cv_need(c, 2)), *u = cv_var(c, cv_need(c, 3));
	struct mv *how = strcmp(c->kind, "scatter_add") == 0 ? NULL : cv_arg(c, 4);
	const char *word;
	int at = cv_axis(c, x, axis);

	how = c->ts ? how : cv_kw(c, "reduce", how);
	word = mv_absent(how) ? NULL : cv_word(how);
	if (word != NULL && strcmp(word, "add") != 0 && strcmp(word, "multiply") != 0 &&
	    strcmp(word, "mul") != 0 && strcmp(word, "update") != 0)
		cv_fail(c, REASON_ARGUMENT, "reduce=%s", word);
	if (u->rank == 0) {
		double d;

		if (!mv_number(u, &d) && u->kind == MV_TENSOR && !u->konst)
			cv_fail(c, REASON_CONST, "the value must be a constant");
		u = mb_out(c, u->dtype, i->rank, i->dims);
		u->konst = mv_static(i);
	}
	CHECK(c, "scatter_along_axis", { "data", x }, { "indices", i }, { "updates", u },
	    { "axis", axis });
	if (!mv_fit(i, u))
		cv_fail(c, REASON_SHAPE, "indices and source must have one shape");
	if (x->rank >= 0 && i->rank >= 0 && x->rank != i->rank)
		cv_fail(c, REASON_RANK, "ranks %d and %d of tensor and indices", x->rank, i->rank);
	for (int k = 0; at >= 0 && k < x->rank && i->rank == x->rank; k++)
		if (k != at && x->dims[k] != DIM_ANY && i->dims[k] != DIM_ANY &&
		    x->dims[k] != i->dims[k])
			cv_fail(c, REASON_SHAPE, "tensor and indices differ in dim %d", k);
	cv_out(c, mb_like(c, x, x->dtype));
}

/* Gathering truth values goes through another type. */
static struct mv *
gather_any(struct conv *c, struct mv *x, struct mv *i, int axis)
{
	bool truth = x->dtype == DT_BOOL;
	struct mv *r;

	if (truth)
		x = mb_cast(c, x, c->ios >= 17 ? DT_I8 : DT_F16);
	if (dt_float(i->dtype))
		i = mb_cast(c, i, DT_I32);
	r = mb_gather(c, x, i, mv_i(c, axis));
	return truth ? mb_cast(c, r, DT_BOOL) : r;
}

/* One mask: what is true, in one dim. */
static struct mv *
index_mask(struct conv *c, struct mv *x, struct mv *mask, int axis)
{
	int64_t dims[MV_DIMS];
	int n = 0;

	CHECK(c, "non_zero", { "x", mask });
	if (x->rank < 0 || mask->rank < 0)
		return mb_out(c, x->dtype, -1, NULL);
	CHECK(c, "transpose", { "x", x });
	for (int i = 0; i < x->rank; i++) {
		if (i == axis)
			dims[n++] = DIM_SYMBOLIC;
		if (i < axis || i >= axis + mask->rank)
			dims[n++] = x->dims[i];
	}
	return mb_out(c, x->dtype, n, dims);
}

static void
several(struct conv *c, struct mv *x, struct mv **list, const int *axes, uint32_t n)
{
	int64_t dims[MV_DIMS], out[MV_DIMS];
	struct mv t = *list[0];
	int k = 0, rank;
	bool together = true, used[MV_DIMS] = { false };

	for (uint32_t i = 1; i < n; i++) {
		t.rank = mb_broadcast(c, &t, list[i], dims);
		memcpy(t.dims, dims, sizeof dims);
		together &= axes[i] == axes[i - 1] + 1;
	}
	for (uint32_t i = 0; i < n; i++)
		used[axes[i]] = true;
	if (x->dtype == DT_BOOL)
		x = mb_cast(c, x, c->ios >= 17 ? DT_I8 : DT_F16);
	CHECK(c, "gather_nd", { "x", x }, { "indices", list[0] });
	if (x->rank < 0 || t.rank < 0) {
		cv_out(c, mb_out(c, c->in[0]->dtype, -1, NULL));
		return;
	}
	rank = t.rank + x->rank - (int)n;
	if (rank > MV_DIMS)
		cv_fail(c, REASON_RANK, "a result of rank %d", rank);
	for (int i = 0; i < x->rank; i++) {
		if (together && i == axes[0])
			for (int d = 0; d < t.rank; d++)
				out[k++] = t.dims[d];
		if (!used[i])
			out[k++] = x->dims[i];
	}
	if (!together) {
		k = t.rank;
		memcpy(out, t.dims, sizeof out);
		for (int i = 0; i < x->rank; i++)
			if (!used[i])
				out[k++] = x->dims[i];
	}
	cv_out(c, mb_out(c, c->in[0]->dtype, rank, out));
}

void
sup_index(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *list = c->in[1], *found[MV_DIMS], *v;
	int axes[MV_DIMS], masks = 0, mask_at = 0;
	uint32_t n = 0;

	if (list->kind != MV_LIST) {
		cv_out(c, mv_new(c, MV_UNKNOWN));
		return;
	}
	for (uint32_t i = 0; i < list->nitem && i < MV_DIMS; i++) {
		if (mv_absent(list->item[i]))
			continue;
		v = cv_var(c, list->item[i]);
		if (v->dtype == DT_BOOL) {
			masks++;
			mask_at = (int)n;
		}
		axes[n] = (int)i;
		found[n++] = v;
	}
	if (masks == 1) {
		cv_out(c, index_mask(c, x, found[mask_at], axes[mask_at]));
		return;
	}
	if (n == 0) {
		cv_out(c, mb_identity(c, x));
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (found[i]->dtype == DT_BOOL) {
			int64_t dim = DIM_SYMBOLIC;

			CHECK(c, "non_zero", { "x", found[i] });
			found[i] = mb_out(c, DT_I32, 1, &dim);
		} else if (found[i]->dtype != DT_NONE && !dt_int(found[i]->dtype)) {
			found[i] = mb_cast(c, found[i], DT_I32);
		}
	}
	if (n == 1)
		cv_out(c, gather_any(c, x, found[0], axes[0]));
	else
		several(c, x, found, axes, n);
}

/* Slices besides the indices: an assignment into a view. */
static bool
put_slices(struct conv *c, struct mv *x, struct mv *list, bool add)
{
	bool whole = false;

	for (uint32_t i = 0; i < list->nitem; i++)
		whole |= mv_absent(list->item[i]);
	if (!whole)
		return false;
	if (add)
		cv_fail(c, REASON_ARGUMENT, "accumulate=True together with whole slices");
	for (uint32_t i = 0; i < list->nitem; i++) {
		struct mv *v = list->item[i];
		int64_t n = 1;

		if (mv_absent(v))
			continue;
		v = cv_var(c, v);
		for (int k = 0; k < v->rank; k++)
			n = v->dims[k] < 0 ? n : n * v->dims[k];
		if (v->dtype == DT_BOOL)
			cv_fail(c, REASON_DTYPE, "a mask together with whole slices");
		if (v->dtype != DT_NONE && !dt_int(v->dtype))
			cv_fail(c, REASON_DTYPE, "indices of type %s", dtype_name(v->dtype));
		if (n > 1)
			cv_fail(c, REASON_SHAPE, "%lld indices together with whole slices; one is "
			    "taken", (long long)n);
	}
	cv_out(c, mv_copy(c, x));
	c->out[0]->konst = false;
	return true;
}

/* What is put must be as large as the places are, or 1. A scripted y[i] = 1.0 fills a tensor
 * as large as y: torch.tensor takes the shape of its argument device. */
static void
check_values(struct conv *c, const struct mv *x, const struct mv *list, const struct mv *values)
{
	const struct mv *i = list->item[0];
	bool mask = i->dtype == DT_BOOL;
	int gone = mask ? i->rank : (int)list->nitem, lead = mask ? 1 : i->rank;
	int rank = lead + x->rank - gone;

	if (x->rank < 0 || i->rank < 0 || values->rank < 0 || i->dtype == DT_NONE || rank < 0)
		return;
	c->advice = "put a tensor of the size of the places, or write torch.where, "
	    "index_fill or scatter";
	if (values->rank > rank)
		cv_fail(c, REASON_INTERNAL, "values of rank %d are put where %d dims are",
		    values->rank, rank);
	for (int k = 0; k < values->rank; k++) {
		int at = rank - values->rank + k;
		int64_t have = values->dims[k], want = at >= lead ? x->dims[at - lead + gone] :
		    mask ? DIM_ANY : i->dims[at];

		if (have > 1 && want >= 0 && have != want)
			cv_fail(c, REASON_INTERNAL, "%lld values are put in %lld places",
			    (long long)have, (long long)want);
	}
	c->advice = NULL;
}

void
sup_index_put(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *list = c->in[1], *values = cv_var(c, c->in[2]), *i;
	struct mv *more = cv_kw(c, "accumulate", cv_arg(c, 3));
	bool add = !mv_absent(more) && cv_bool(c, more, false);

	if (list->kind == MV_TENSOR)
		cv_fail(c, REASON_ARGUMENT, "indices must be a list of tensors");
	if (list->kind != MV_LIST || list->nitem == 0) {
		cv_out(c, mv_copy(c, x));
		return;
	}
	if (put_slices(c, x, list, add))
		return;
	i = cv_var(c, list->item[0]);
	if (i->dtype == DT_BOOL) {
		if (list->nitem != 1)
			cv_fail(c, REASON_ARGUMENT, "more than one mask");
		for (int k = 0; k < i->rank && k < x->rank; k++)
			if ((i->dims[k] >= 0 && x->dims[k] >= 0 && i->dims[k] != x->dims[k]) ||
			    mv_differ(x, i, k))
				cv_fail(c, REASON_SHAPE, "dim %d of the mask is not known to be "
				    "that of the tensor; give both inputs one symbol", k);
	} else if (i->dtype != DT_NONE && !dt_int(i->dtype)) {
		cv_fail(c, REASON_DTYPE, "indices of type %s", dtype_name(i->dtype));
	} else if (list->nitem > 1) {
		mb_stack(c, list->item, list->nitem, i->rank);
	}
	check_values(c, x, list, values);
	if (x->dtype == DT_BOOL)
		x = mb_cast(c, x, DT_I32);
	if (values->dtype == DT_BOOL)
		values = mb_cast(c, values, DT_I32);
	CHECK(c, "scatter_nd", { "data", x }, { "updates", values });
	cv_out(c, mb_like(c, x, x->dtype));
	c->out[0]->konst = false;
}

/* A write into a part: what is written must be of the tensor's type. */
static void
assign(struct conv *c, struct mv *x, struct mv *u)
{
	struct mv *r;

	if (c->ios >= 18 && (u->rank != 0 || mv_static(x)))
		CHECK(c, "slice_update", { "x", x }, { "update", u });
	else if (x->dtype != DT_NONE && x->dtype != DT_F16 && x->dtype != DT_F32 &&
	    x->dtype != DT_I32)
		cv_fail(c, REASON_DTYPE, "no part of a tensor of %s can be written",
		    dtype_name(x->dtype));
	else if (x->dtype != DT_NONE && u->dtype != DT_NONE && x->dtype != u->dtype)
		cv_fail(c, REASON_DTYPE, "%s is written into %s", dtype_name(u->dtype),
		    dtype_name(x->dtype));
	r = mv_copy(c, x);
	r->konst = false;
	r->num = NULL;
	r->nnum = 0;
	cv_out(c, r);
}

void
sup_select_scatter(struct conv *c)
{
	struct mv *dim = cv_var(c, c->in[2]);

	if (dim->kind == MV_TENSOR && !dim->konst)
		cv_fail(c, REASON_CONST, "dim must be a constant");
	mb_shape(c, cv_var(c, c->in[0]));
	assign(c, cv_var(c, c->in[0]), cv_var(c, c->in[1]));
}

void
sup_slice_scatter(struct conv *c)
{
	struct mv *v[2] = { cv_var(c, c->in[0]), cv_var(c, c->in[1]) };

	mb_promote(c, v, 2);
	mb_shape(c, v[0]);
	assign(c, v[0], v[1]);
}

/* copy_ and fill_ into a view, as the front end rewrites them. */
/* Elements of one dim of the region that a write goes to; -3: the dim is taken away. */
static int64_t
region_dim(struct mv *const *part, int64_t size)
{
	int64_t from = 0, to = size, step = 1;

	if (part[1]->kind == MV_NONE && part[1]->text != NULL)
		return -3;
	if (size < 0 || (part[0]->kind != MV_NONE && !mv_int(part[0], &from)) ||
	    (part[1]->kind != MV_NONE && !mv_int(part[1], &to)) ||
	    (part[2]->kind != MV_NONE && !mv_int(part[2], &step)) || step <= 0)
		return DIM_ANY;
	from += from < 0 ? size : 0;
	to += to < 0 ? size : 0;
	to = to > size ? size : to;
	return to > from ? (to - from + step - 1) / step : 0;
}

/* What is written must be as large as the region: parts count dims from the first one,
 * whatever dim the code names. */
static void
check_region(struct conv *c, const struct mv *x, const struct mv *u, uint32_t parts)
{
	int64_t dim;
	int k = 0;

	if (x->rank < 0 || u->rank < 0 || (u->rank == 0 && c->ios >= 18))
		return;
	for (int i = 0; i < x->rank; i++) {
		dim = i < (int)parts ? region_dim(c->in + 2 + 3 * i, x->dims[i]) : x->dims[i];
		if (dim == -3)
			continue;
		if (k < u->rank && dim >= 0 && u->dims[k] >= 0 && dim != u->dims[k])
			cv_fail(c, REASON_INPLACE, "%lld elements are written where %lld are",
			    (long long)u->dims[k], (long long)dim);
		k++;
	}
	if (k != u->rank)
		cv_fail(c, REASON_INPLACE, "a tensor of rank %d is written where %d dims are",
		    u->rank, k);
}

void
sup_inplace(struct conv *c)
{
	struct mv *v[2] = { cv_var(c, c->in[0]), cv_var(c, c->in[1]) };
	bool fill = strstr(c->kind, "fill") != NULL;
	uint32_t parts = (c->nin - 2) / 3;

	if (fill && c->nin == 2 && v[1]->konst) {
		cv_out(c, mb_cast(c, mb_fill(c, mb_shape(c, v[0]), v[1]), v[0]->dtype));
		return;
	}
	if (v[0]->rank >= 0 && (int)parts > v[0]->rank)
		cv_fail(c, REASON_INTERNAL, "more parts are taken than there are dims");
	for (uint32_t i = 2; fill && i < c->nin; i++)
		if (c->in[i]->kind == MV_TENSOR && !c->in[i]->konst)
			cv_fail(c, REASON_INPLACE,
			    "a fill at a place that is known at run time only");
	if (fill && mv_symbolic(v[0]))
		cv_fail(
		    c, REASON_INPLACE, "a fill of a tensor whose size is known at run time only");
	mb_promote(c, v, 2);
	if (!fill)
		check_region(c, v[0], v[1], parts);
	if (fill && v[1]->rank == 0)
		v[1] = mv_tensor(c, v[0]->dtype, -1, NULL);
	assign(c, v[0], v[1]);
}

void
sup_nonzero(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	int64_t dims[2] = { DIM_SYMBOLIC, x->rank };

	CHECK(c, "non_zero", { "x", x });
	cv_out(c, mb_out(c, DT_I32, x->rank < 0 ? -1 : 2, dims));
}

void
sup_nonzero_numpy(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *list[MV_DIMS];
	int64_t dim = DIM_SYMBOLIC;

	CHECK(c, "non_zero", { "x", x });
	for (int i = 0; i < x->rank; i++)
		list[i] = mb_out(c, DT_I32, 1, &dim);
	cv_out(c, x->rank < 0 ? mv_new(c, MV_UNKNOWN) : mv_list(c, list, (uint32_t)x->rank));
}

void
sup_nan_to_num(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);

	if (!x->konst) {
		CHECK(c, "not_equal", { "x", x }, { "y", x });
		CHECK(c, "mul", { "x", x }, { "y", mv_f(c, 0) });
		CHECK(c, "scatter_nd", { "data", x });
	}
	cv_out(c, mb_like(c, x, x->dtype));
}

void
sup_cross(struct conv *c)
{
	struct mv *x = c->in[0], *y = c->in[1], *dim = c->in[2];
	int64_t three[3] = { 0, 1, 2 };

	x = mb_gather(c, x, mv_ints(c, 3, three), dim);
	y = mb_gather(c, y, mv_ints(c, 3, three), dim);
	cv_out(c, mb_binary(c, "sub", mb_binary(c, "mul", x, y), mb_binary(c, "mul", x, y)));
}
