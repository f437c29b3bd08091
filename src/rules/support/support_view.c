/* SPDX-License-Identifier: Apache-2.0 */
/* Converters of operators that change the shape or take a part. */
#include <math.h>
#include <string.h>

#include "rules/support/support_ops.h"

static struct mv *
list_shape(struct conv *c, struct mv *shape)
{
	struct mv *size;

	if (shape->kind != MV_LIST)
		return shape;
	for (uint32_t i = 0; i < shape->nitem; i++) {
		size = shape->item[i];
		if (size->kind != MV_TENSOR && size->kind != MV_UNKNOWN) {
			c->advice = c->ts && size->kind == MV_TEXT ? support_freeze : NULL;
			cv_fail(c, REASON_MISSING, "a size is no number");
		}
		if (mv_known(size) && size->rank > 0)
			cv_fail(
			    c, REASON_CONST, "a size is a tensor that is known at run time only");
		if (size->dtype != DT_I32 && size->kind == MV_TENSOR)
			shape->item[i] = mb_cast(c, size, DT_I32);
	}
	return mb_concat(c, shape->item, shape->nitem, mv_i(c, 0));
}

void
sup_view(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *shape = c->in[1];
	double n = 1;

	if (shape->kind == MV_LISTVAR) {
		cv_out(c, mv_tensor(c, x->dtype, -1, NULL));
		return;
	}
	if (shape->kind == MV_TENSOR && shape->rank == 1 && shape->dims[0] == 0) {
		for (int i = 0; i < x->rank; i++)
			n *= (double)x->dims[i];
		if (mv_static(x) && n > 1)
			cv_fail(c, REASON_SHAPE, "%.0f elements become a scalar", n);
		cv_out(c, mb_identity(c, x));
		return;
	}
	shape = list_shape(c, shape);
	shape = mb_cast(c, cv_var(c, shape), DT_I32);
	if (dt_complex(x->dtype)) {
		x = mv_copy(c, x);
		x->dtype = DT_F32;
		x = mb_reshape(c, x, shape);
		x->dtype = DT_C64;
		cv_out(c, x);
		return;
	}
	cv_out(c, mb_reshape(c, x, shape));
}

void
sup_reshape_as(struct conv *c)
{
	cv_out(c, mb_reshape(c, cv_var(c, c->in[0]), mb_shape(c, cv_var(c, c->in[1]))));
}

void
sup_flatten(struct conv *c)
{
	struct mv *x = cv_var(c, cv_arg(c, 0)), *r;
	int64_t from = cv_int(c, cv_var(c, cv_need(c, 1)), 0), to, dims[MV_DIMS], n = 1;
	int k = 0;

	to = cv_int(c, cv_var(c, cv_need(c, 2)), -1);
	if (x->rank < 0) {
		cv_out(c, mv_tensor(c, x->dtype, -1, NULL));
		return;
	}
	from += from < 0 ? x->rank : 0;
	to += to < 0 ? x->rank : 0;
	if (from < 0 || to < 0 || from > x->rank || to > x->rank || from > to)
		cv_fail(c, REASON_ARGUMENT, "dims %lld to %lld of a tensor of rank %d",
		    (long long)from, (long long)to, x->rank);
	mb_shape(c, x);
	CHECK(c, "reshape", { "x", x });
	for (int i = 0; i < x->rank; i++) {
		if (i < from || i > to) {
			dims[k++] = x->dims[i];
			continue;
		}
		n = x->dims[i] < 0 || n < 0 ? DIM_SYMBOLIC : n * x->dims[i];
		if (i == to)
			dims[k++] = n;
		if (x->dims[i] == 0)
			cv_fail(c, REASON_SHAPE, "a size of 0 in the target shape");
	}
	for (int i = 0; i < x->rank; i++)
		if (x->dims[i] == 0 && k != x->rank)
			cv_fail(c, REASON_SHAPE, "a size of 0 in the target shape");
	r = mb_out(c, x->dtype, k, dims);
	cv_out(c, r);
}

void
sup_unflatten(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *sizes = c->in[2], *r;
	int64_t dims[MV_DIMS], known = 1;
	int at = cv_axis(c, x, cv_var(c, c->in[1])), n = 0, minus = -1, parts;

	if (sizes->kind == MV_LIST)
		cv_fail(c, REASON_CONST, "the sizes must be constant");
	mb_shape(c, x);
	CHECK(c, "reshape", { "x", x });
	parts = (int)mv_dim(sizes, 0);
	if (at < 0 || sizes->num == NULL || x->rank + parts - 1 > MV_DIMS) {
		cv_out(c, mv_tensor(c, x->dtype, -1, NULL));
		return;
	}
	for (int i = 0; i < x->rank; i++) {
		if (i != at) {
			dims[n++] = x->dims[i];
			continue;
		}
		for (int k = 0; k < parts; k++, n++) {
			dims[n] = (int64_t)sizes->num[k];
			minus = dims[n] < 0 ? n : minus;
			known *= dims[n] > 0 ? dims[n] : 1;
		}
	}
	if (minus >= 0)
		dims[minus] = x->dims[at] >= 0 ? x->dims[at] / known : DIM_SYMBOLIC;
	r = mb_out(c, x->dtype, n, dims);
	cv_out(c, r);
}

void
sup_transpose(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]);
	int64_t perm[MV_DIMS] = { 1, 0 };
	int a, b;

	if (c->nin == 1) {
		if (x->rank > 2)
			cv_fail(c, REASON_RANK, "t of a tensor of rank %d", x->rank);
		cv_out(c, mb_transpose(c, x, perm, 2));
		return;
	}
	if (c->nin != 3)
		cv_fail(c, REASON_INPUT_COUNT, "%u arguments", c->nin);
	a = cv_axis(c, x, cv_var(c, c->in[1]));
	b = cv_axis(c, x, cv_var(c, c->in[2]));
	for (int i = 0; i < MV_DIMS; i++)
		perm[i] = i;
	if (a >= 0 && b >= 0) {
		perm[a] = b;
		perm[b] = a;
	}
	cv_out(c, mb_transpose(c, x, perm, x->rank));
}

void
sup_permute(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *perm = c->in[1];
	int64_t axes[MV_DIMS];

	CHECK(c, "transpose", { "x", x }, { "perm", perm });
	if (perm->num == NULL || perm->nnum > MV_DIMS) {
		cv_out(c, mv_tensor(c, x->dtype, x->rank, (int64_t [MV_DIMS]){ DIM_ANY }));
		return;
	}
	for (uint32_t i = 0; i < perm->nnum; i++)
		axes[i] = (int64_t)perm->num[i];
	cv_out(c, mb_transpose(c, x, axes, (int)perm->nnum));
}

void
sup_squeeze(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *dims = cv_arg(c, 1);
	int64_t axes[MV_DIMS];
	uint32_t n = 0;
	int64_t at;

	if (mv_absent(dims)) {
		cv_out(c, mb_squeeze(c, x, NULL, 0, true));
		return;
	}
	dims = cv_var(c, dims);
	for (uint32_t i = 0; dims->num != NULL && i < dims->nnum && n < MV_DIMS; i++) {
		at = (int64_t)dims->num[i];
		if (mv_dim(x, (int)at) == 1)
			axes[n++] = at;
	}
	cv_out(c, n == 0 ? x : mb_squeeze(c, x, axes, n, false));
}

void
sup_unsqueeze(struct conv *c)
{
	int64_t axis = cv_int(c, cv_var(c, c->in[1]), 0);

	cv_out(c, mb_expand_dims(c, cv_var(c, c->in[0]), &axis, 1));
}

void
sup_atleast(struct conv *c)
{
	static const int64_t front[3] = { 0, 1, 2 }, middle[2] = { 0, 2 }, back[1] = { 2 };
	int rank = c->kind[8] - '0';
	struct mv *x = c->in[0], *r;
	uint32_t n = x->kind == MV_LIST ? x->nitem : 1;
	struct mv **items = arena_array(c->a, n + 1, sizeof *items), *v;

	for (uint32_t i = 0; i < n; i++) {
		v = cv_var(c, x->kind == MV_LIST ? x->item[i] : x);
		r = v;
		if (v->rank >= 0 && v->rank < rank)
			r = mb_expand_dims(c, v, rank == 3 && v->rank == 2 ? back : rank == 3 &&
			    v->rank == 1 ? middle : front, (uint32_t)(rank - v->rank));
		items[i] = r;
	}
	cv_out(c, x->kind == MV_LIST ? mv_list(c, items, n) : items[0]);
}

/* Elements of start..end by step; DIM_SYMBOLIC when something is not known. */
static int64_t
slice_size(int64_t size, bool has_start, int64_t start, bool has_end, int64_t end, int64_t step)
{
	if (size < 0 || step == 0)
		return DIM_SYMBOLIC;
	start = has_start ? start : 0;
	end = has_end ? end : size;
	start += start < 0 ? size : 0;
	end += end < 0 ? size : 0;
	start = start < 0 ? 0 : start > size ? size : start;
	end = end < 0 ? 0 : end > size ? size : end;
	return end <= start ? 0 : (end - start + step - 1) / step;
}

static void
slice_bound(struct conv *c, struct mv *bound, const char *what)
{
	if (!mv_absent(bound) && c->ts && bound->kind == MV_TEXT)
		cv_fail_text(c, REASON_INTERNAL, what);
	if (!mv_absent(bound) && bound->kind == MV_TENSOR && !bound->konst && bound->rank > 0 &&
	    bound->dims[0] != 1)
		cv_fail(c, REASON_RANK, "%s is a tensor of rank %d", what, bound->rank);
	if (!mv_absent(bound) && bound->kind == MV_TENSOR && dt_float(bound->dtype))
		cv_fail(c, REASON_DTYPE, "%s is %s", what, dtype_name(bound->dtype));
}

void
sup_slice(struct conv *c)
{
	struct mv *x = c->in[0], *start, *end, *r;
	int64_t step, from = 0, to = 0;
	int at;

	if (x->kind == MV_LIST)
		cv_fail(c, REASON_CONTROL, "a part of a Python list");
	x = cv_var(c, x);
	at = cv_axis(c, x, cv_kw(c, "dim", c->nin > 1 ? cv_var(c, c->in[1]) : mv_i(c, 0)));
	start = cv_kw(c, "start", cv_arg(c, 2));
	end = cv_kw(c, "end", cv_arg(c, 3));
	step = cv_int(c, cv_kw(c, "step", c->nin > 4 ? cv_var(c, c->in[4]) : mv_i(c, 1)), 1);
	slice_bound(c, start, "the begin");
	slice_bound(c, end, "the end");
	if ((mv_absent(start) || mv_is(start, 0)) && mv_absent(end) && step == 1) {
		cv_out(c, mb_identity(c, x));
		return;
	}
	CHECK(c, "slice_by_index", { "x", x });
	r = mb_like(c, x, x->dtype);
	if (at >= 0) {
		bool known = (mv_absent(start) || mv_int(start, &from)) &&
		    (mv_absent(end) || mv_int(end, &to));

		r->dims[at] = known ? slice_size(x->dims[at], !mv_absent(start), from,
		    !mv_absent(end), to, step) : DIM_SYMBOLIC;
		if (x->rank == 1 && known && x->num != NULL && r->dims[0] >= 0) {
			from += from < 0 ? x->dims[0] : 0;
			r->num = arena_array(c->a, (size_t)r->dims[0] + 1, sizeof *r->num);
			for (int64_t i = 0; i < r->dims[0] && from + i * step < x->nnum; i++)
				r->num[r->nnum++] = x->num[from + i * step];
		}
		r->konst = x->konst && known;
	}
	cv_out(c, r);
}

void
sup_select(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *index = cv_var(c, c->in[2]), *r;
	int64_t dims[MV_DIMS], i;
	int at = cv_axis(c, x, cv_var(c, c->in[1])), n = 0;

	if (!index->konst && dt_float(index->dtype))
		cv_fail(c, REASON_DTYPE, "the index is %s", dtype_name(index->dtype));
	if (!index->konst && index->rank > 1)
		cv_fail(c, REASON_RANK, "the index has rank %d", index->rank);
	CHECK(c, "slice_by_index", { "x", x });
	for (int k = 0; k < x->rank; k++)
		if (k != at)
			dims[n++] = x->dims[k];
	r = mb_out(c, x->dtype, at < 0 ? -1 : n, dims);
	if (x->rank == 1 && x->num != NULL && mv_int(index, &i) &&
	    (i < 0 ? i + x->nnum : i) < x->nnum) {
		r->num = arena_alloc(c->a, sizeof *r->num);
		*r->num = x->num[i < 0 ? i + x->nnum : i];
		r->nnum = 1;
		r->konst = !isnan(*r->num);
	} else {
		r->konst = x->konst && index->konst;
	}
	cv_out(c, r);
}

void
sup_narrow(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *start = cv_var(c, c->in[2]);
	struct mv *length = cv_var(c, c->in[3]), *r;
	int at = cv_axis(c, x, cv_var(c, c->in[1]));

	if (!start->konst || !length->konst)
		cv_fail(c, REASON_CONST, "start and length must be constant");
	CHECK(c, "slice_by_index", { "x", x });
	for (int i = 0; i < x->rank; i++)
		if (i != at && x->dims[i] == DIM_SYMBOLIC)
			cv_fail(c, REASON_CONST, "size %d is known at run time only, where a "
			    "constant end is made", i);
	r = mb_like(c, x, x->dtype);
	if (at >= 0)
		r->dims[at] = cv_int(c, length, DIM_ANY);
	cv_out(c, r);
}

static void
out_parts(struct conv *c, struct mv **parts, uint32_t n)
{
	cv_out(c, mv_list(c, parts, n));
}

void
sup_split(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *sizes = cv_var(c, c->in[1]), **parts;
	struct mv *dim = cv_kw(c, "dim", c->nin > 2 ? c->in[2] : mv_i(c, 0));
	int at = cv_axis(c, x, dim);
	int64_t each = 0, total = at >= 0 ? x->dims[at] : DIM_ANY, n;

	if (!sizes->konst && sizes->kind == MV_TENSOR)
		cv_fail(c, REASON_CONST, "the sizes must be constant");
	if (sizes->rank == 0 && total == DIM_SYMBOLIC)
		cv_fail(c, REASON_CONST, "the size of the dim must be known");
	if (sizes->rank == 0)
		mb_shape(c, x);
	CHECK(c, "split", { "x", x });
	if (at < 0 || total < 0 || sizes->num == NULL) {
		cv_out(c, mv_new(c, MV_UNKNOWN));
		return;
	}
	mv_int(sizes, &each);
	n = sizes->rank > 0 ? (int64_t)sizes->nnum : each > 0 ? (total + each - 1) / each : 1;
	parts = arena_array(c->a, (size_t)n + 1, sizeof *parts);
	for (int64_t i = 0; i < n && n <= MV_NUMBERS; i++) {
		parts[i] = mb_like(c, x, x->dtype);
		parts[i]->dims[at] = sizes->rank > 0 ? (int64_t)sizes->num[i] :
		    total - i * each < each ? total - i * each : each;
	}
	out_parts(c, parts, n <= MV_NUMBERS ? (uint32_t)n : 0);
}

static struct mv *
without(struct conv *c, struct mv *x, int at)
{
	int64_t dims[MV_DIMS];
	int n = 0;

	for (int i = 0; i < x->rank; i++)
		if (i != at)
			dims[n++] = x->dims[i];
	return mb_out(c, x->dtype, n, dims);
}

void
sup_unbind(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), **parts;
	int at = cv_axis(c, x, cv_kw(c, "dim", c->nin > 1 ? c->in[1] : mv_i(c, 0)));
	int64_t n = at >= 0 ? x->dims[at] : DIM_ANY;

	if (n == DIM_SYMBOLIC)
		cv_fail(c, REASON_DYNAMIC, "the size of the dim must be known");
	CHECK(c, "split", { "x", x });
	if (n < 0 || n > MV_NUMBERS) {
		cv_out(c, mv_new(c, MV_UNKNOWN));
		return;
	}
	parts = arena_array(c->a, (size_t)n + 1, sizeof *parts);
	for (int64_t i = 0; i < n; i++) {
		parts[i] = without(c, x, at);
		if (x->rank == 1 && x->num != NULL)
			parts[i] = mb_item(c, x, i);
	}
	out_parts(c, parts, (uint32_t)n);
}

void
sup_chunk(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *part;
	int64_t chunks = 1, dim = 0, size;
	const struct attr *a;
	int at;

	if ((a = node_attr(c->n, "chunks")) != NULL && a->kind == ATTR_INT)
		chunks = a->v.i;
	if ((a = node_attr(c->n, "dim")) != NULL && a->kind == ATTR_INT)
		dim = a->v.i;
	if (c->args != NULL) {
		chunks = cv_int(c, c->args[1], 1);
		dim = cv_int(c, c->args[2], 0);
	}
	at = cv_axis(c, x, mv_i(c, dim));
	if (at >= 0 && x->dims[at] == DIM_SYMBOLIC)
		cv_fail(c, REASON_DYNAMIC, "the size of the dim must be known");
	size = at >= 0 && x->dims[at] >= 0 && chunks > 0 ? (x->dims[at] + chunks - 1) / chunks :
	    DIM_ANY;
	CHECK(c, "split", { "x", x });
	for (uint32_t i = 0; i < c->nout; i++) {
		part = mb_like(c, x, x->dtype);
		if (at >= 0)
			part->dims[at] = size < 0 ? DIM_ANY : (i + 1) * size <= x->dims[at] ? size :
			    x->dims[at] - i * size;
		c->out[i] = part;
	}
	c->bound = true;
}

/* Items of a list argument that are values of the program. */
static struct mv **
tensors_of(struct conv *c, struct mv *list, uint32_t *n)
{
	struct mv **v;

	if (list->kind == MV_UNKNOWN)
		return *n = 0, NULL;
	if (list->kind != MV_LIST)
		cv_fail(c, REASON_CONTROL, "a Python list of tensors is expected");
	*n = list->nitem;
	v = arena_array(c->a, *n + 1, sizeof *v);
	for (uint32_t i = 0; i < *n; i++)
		v[i] = cv_var(c, list->item[i]);
	return v;
}

static bool
is_empty(const struct mv *v)
{
	for (int i = 0; i < v->rank; i++)
		if (v->dims[i] == 0)
			return true;
	return false;
}

void
sup_cat(struct conv *c)
{
	uint32_t n, k = 0;
	struct mv **v, *dim, *first;

	if (c->in[0]->kind == MV_TENSOR) { /* of numbers that became one constant */
		cv_out(c, mv_tensor(c, c->in[0]->dtype, -1, NULL));
		return;
	}
	v = tensors_of(c, c->in[0], &n);
	dim = cv_kw(c, "dim", c->nin > 1 ? c->in[1] : mv_i(c, 0));
	if (v == NULL) {
		cv_out(c, mv_new(c, MV_UNKNOWN));
		return;
	}
	first = n > 0 ? v[0] : NULL;
	for (uint32_t i = 0; i < n; i++)
		if (!is_empty(v[i]))
			v[k++] = v[i];
	if (k == 0 && first != NULL)
		v[k++] = first;
	mb_promote(c, v, k);
	cv_out(c, mb_concat(c, v, k, dim));
}

void
sup_hstack(struct conv *c)
{
	uint32_t n;
	struct mv **v = tensors_of(c, cv_arg(c, 0), &n);

	cv_out(c, v == NULL ? mv_new(c, MV_UNKNOWN) :
	    mb_concat(c, v, n, mv_i(c, n > 0 && v[0]->rank == 1 ? 0 : 1)));
}

void
sup_stack(struct conv *c)
{
	uint32_t n;
	struct mv **v;
	int64_t dim = cv_int(c, cv_kw(c, "dim", c->nin > 1 ? c->in[1] : mv_i(c, 0)), 0);

	if (c->in[0]->kind == MV_TENSOR) {
		cv_out(c, c->in[0]);
		return;
	}
	v = tensors_of(c, c->in[0], &n);
	if (v == NULL)
		cv_out(c, mv_new(c, MV_UNKNOWN));
	else
		cv_out(c, n == 1 ? mb_expand_dims(c, v[0], &dim, 1) : mb_stack(c, v, n, dim));
}

void
sup_meshgrid(struct conv *c)
{
	struct mv *mode = cv_kw(c, "indexing", cv_arg(c, 1)), **v, **out;
	const char *word = mv_absent(mode) ? "ij" : cv_word(mode);
	int64_t dims[MV_DIMS], t;
	uint32_t n;

	v = tensors_of(c, c->in[0], &n);
	if (v == NULL) {
		cv_out(c, mv_new(c, MV_UNKNOWN));
		return;
	}
	if (n < 2)
		cv_fail(c, REASON_ARGUMENT, "two tensors at least are needed");
	for (uint32_t i = 0; i < n; i++) {
		if (v[i]->rank > 1)
			cv_fail(c, REASON_RANK, "a tensor of rank %d", v[i]->rank);
		dims[i % MV_DIMS] = mv_dim(v[i], 0);
	}
	if (word != NULL && strcmp(word, "ij") != 0 && strcmp(word, "xy") != 0)
		cv_fail(c, REASON_ARGUMENT, "indexing=%s", word);
	if (word != NULL && *word == 'x')
		t = dims[0], dims[0] = dims[1], dims[1] = t;
	out = arena_array(c->a, n, sizeof *out);
	for (uint32_t i = 0; i < n; i++) {
		CHECK(c, "tile", { "x", v[i] });
		out[i] = mb_out(c, v[i]->dtype, (int)n, dims);
	}
	cv_out(c, mv_list(c, out, n));
}

void
sup_expand(struct conv *c)
{
	struct mv *shape = c->in[1];

	cv_out(c, mb_broadcast_to(c, cv_var(c, c->in[0]), shape->kind == MV_LIST ? shape :
	    cv_var(c, shape)));
}

void
sup_expand_as(struct conv *c)
{
	cv_out(c, mb_broadcast_to(c, cv_var(c, c->in[0]), mb_shape(c, cv_var(c, c->in[1]))));
}

void
sup_broadcast_tensors(struct conv *c)
{
	uint32_t n;
	struct mv **v = tensors_of(c, cv_arg(c, 0), &n), t;
	int64_t dims[MV_DIMS];

	if (v == NULL || n == 0) {
		cv_out(c, mv_new(c, MV_UNKNOWN));
		return;
	}
	t = *v[0];
	for (uint32_t i = 1; i < n; i++) {
		t.rank = mb_broadcast(c, &t, v[i], dims);
		memcpy(t.dims, dims, sizeof dims);
	}
	for (uint32_t i = 0; i < n; i++) {
		CHECK(c, "tile", { "x", v[i] });
		v[i] = mb_out(c, v[i]->dtype, t.rank, t.dims);
	}
	cv_out(c, mv_list(c, v, n));
}

/* repeat, and tile, which fills up missing dims by itself. */
void
sup_repeat(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *reps = c->in[1], *v[2];
	int64_t axes[MV_DIMS] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, n;

	if (reps->kind == MV_LIST)
		reps = mb_concat(c, reps->item, reps->nitem, mv_i(c, 0));
	reps = cv_var(c, reps);
	n = mv_dim(reps, 0);
	if (strcmp(c->kind, "tile") == 0 && !reps->konst && reps->kind == MV_TENSOR)
		cv_fail(c, REASON_CONST, "the repetitions must be constant");
	if (strcmp(c->kind, "tile") == 0 && x->rank >= 0 && n > x->rank)
		cv_fail(c, REASON_RANK, "%lld repetitions of a tensor of rank %d", (long long)n,
		    x->rank);
	if (x->rank >= 0 && n > x->rank && n <= MV_DIMS)
		x = mb_expand_dims(c, x, axes, (uint32_t)(n - x->rank));
	if (strcmp(c->kind, "tile") == 0 && n >= 0 && n < x->rank) {
		for (int i = 0; i < MV_DIMS; i++)
			axes[i] = 1;
		v[0] = mv_ints(c, (uint32_t)(x->rank - n), axes);
		v[1] = reps;
		reps = mb_concat(c, v, 2, mv_i(c, 0));
	}
	cv_out(c, mb_tile(c, x, reps));
}

void
sup_repeat_interleave(struct conv *c)
{
	struct mv *x = cv_var(c, c->in[0]), *reps = cv_var(c, c->in[1]), *r;
	struct mv *dim = cv_kw(c, "dim", cv_arg(c, 2));
	double n = 0;
	int at = 0;

	for (uint32_t i = 1; reps->num != NULL && i < reps->nnum; i++)
		if (reps->num[i] != reps->num[0])
			cv_fail(c, REASON_ARGUMENT, "different repetitions for the elements");
	if (reps->kind == MV_TENSOR && !reps->konst)
		cv_fail(c, REASON_CONST, "the repetitions must be constant");
	n = reps->num != NULL && reps->nnum > 0 ? reps->num[0] : -1;
	if (mv_absent(dim))
		x = mb_reshape(c, x, mv_ints(c, 1, (int64_t []){ -1 }));
	else
		at = cv_axis(c, x, cv_var(c, dim));
	if (n != 1) {
		mb_shape(c, x);
		if (reps->kind == MV_TENSOR && dt_float(reps->dtype))
			cv_fail(c, REASON_DTYPE, "the repetitions are %s", dtype_name(reps->dtype));
	}
	CHECK(c, "tile", { "x", x });
	r = mb_like(c, x, x->dtype);
	if (at >= 0 && r->rank > 0)
		r->dims[at] = r->dims[at] >= 0 && n >= 0 ? r->dims[at] * (int64_t)n : r->dims[at];
	/* in between the tensor has one dim more */
	if (n != 1 && x->rank == 5) {
		int64_t dims[MV_DIMS] = { 1, 1, 1, 1, 1, 1 };

		r->from[0] = mb_out(c, x->dtype, 6, dims);
	}
	cv_out(c, n == 1 ? x : r);
}

void
sup_size(struct conv *c)
{
	struct mv *x = c->in[0], *shape;

	if (x->kind == MV_LIST)
		cv_fail(c, REASON_CONTROL, "the size of a Python list");
	x = cv_var(c, x);
	if (dt_complex(x->dtype)) {
		x = mv_copy(c, x);
		x->dtype = DT_F32;
	}
	shape = mb_shape(c, x);
	if (c->nin == 2)
		shape = mb_item(c, shape, cv_int(c, cv_var(c, c->in[1]), 0));
	cv_out(c, shape);
}

void
sup_dim(struct conv *c)
{
	struct mv *x = cv_var(c, cv_arg(c, 0));

	CHECK(c, "shape", { "x", x });
	cv_out(c, x->rank >= 0 ? mv_i(c, x->rank) : mv_tensor(c, DT_I32, 0, NULL));
}
