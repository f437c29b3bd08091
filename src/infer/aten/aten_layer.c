/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's layers: windows, products, norms, attention, recurrence. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

/* Products and convolutions where autocast is on. */
static enum dtype
cast_dtype(const struct infer *f, enum dtype dt)
{
	return f->autocast != DT_NONE && dt == DT_F32 ? f->autocast : dt;
}

/* Numbers of a list along the axes of space: one stands for all. */
struct spread { int64_t v[RANK_MAX]; uint32_t n; bool known; };

static struct spread
spread_of(struct infer *f, const struct node *n, const char *name, int64_t otherwise)
{
	struct spread s = { .v = { otherwise }, .n = 1, .known = true };
	struct fact x = arg(f, n, name);

	if (is_none(&x))
		return s;
	s.known = arg_ints(f, n, name, s.v, &s.n);
	if (s.known && s.n == 0) {
		s.n = 1;
		s.v[0] = otherwise;
	}
	return s;
}

static int64_t
at(const struct spread *s, uint32_t i)
{
	return i < s->n ? s->v[i] : s->n > 0 ? s->v[s->n - 1] : 0;
}

/* --- convolution -------------------------------------------------------- */

struct window {
	struct spread stride, pad, dilation, extra;
	bool same, transposed;
	int64_t groups;
};

static struct window
window_of(struct infer *f, const struct node *n)
{
	struct window w = { .groups = arg_int(f, n, "groups", 1) };
	const char *mode = arg_word(f, n, "padding", NULL);

	w.stride = spread_of(f, n, "stride", 1);
	w.dilation = spread_of(f, n, "dilation", 1);
	w.extra = arg_has(n, "output_padding") ? spread_of(f, n, "output_padding", 0) :
	    (struct spread){ .n = 1, .known = true };
	w.transposed = n->op->sem == SEM_CONV_TRANSPOSE || (arg_has(n, "transposed") &&
	    arg_int(f, n, "transposed", 0));
	w.same = mode != NULL && strcmp(mode, "same") == 0;
	if (mode != NULL)
		w.pad = (struct spread){ .n = 1, .known = true };
	else
		w.pad = spread_of(f, n, "padding", 0);
	return w;
}

static const struct dim *
conv_dim(struct infer *f, const struct window *w, const struct dim *d, const struct dim *kernel,
	uint32_t i)
{
	struct slide s = { .stride = at(&w->stride, i), .dilation = at(&w->dilation, i),
	    .lo = at(&w->pad, i), .hi = at(&w->pad, i), .mode = w->same ? PADS_SAME : PADS_GIVEN };
	const struct dim *out;
	int64_t reach;

	if (!dim_number(kernel, &s.kernel) || !w->stride.known || !w->dilation.known ||
	    (!w->pad.known && !w->same))
		return dim_anon(f->types);
	if (!w->transposed)
		return calc_slide(f, d, &s);
	if (!calc_reach(&s, at(&w->extra, i), &reach))
		return dim_anon(f->types);
	out = dim_mulk(f->types, dim_addk(f->types, d, -1), s.stride);
	return dim_addk(f->types, out, reach);
}

static const struct type *
conv_type(struct infer *f, const struct node *n, const struct window *w, const struct type *x,
	const struct type *k, enum dtype dt)
{
	const struct dim *dims[RANK_MAX];
	uint32_t lead;

	if (!is_shaped(x) || !is_shaped(k) || k->rank < 3) {
		if (is_shaped(x) && k != NULL && x->rank > 2) {
			for (uint32_t i = 0; i < x->rank; i++)
				dims[i] = i == 0 ? x->dims[0] : dim_anon(f->types);
			return tensor_of(f, dt, dims, x->rank);
		}
		return tensor_no_rank(f, dt);
	}
	/* without a batch axis it has one axis less than the kernel */
	lead = x->rank + 1 == k->rank ? 1 : 2;
	if (x->rank + 2 - lead != k->rank) {
		misfit(f, n, "a kernel of rank %u for an input of rank %u", k->rank, x->rank);
		return tensor_no_rank(f, dt);
	}
	if (dim_differ(x->dims[lead - 1], w->transposed ? k->dims[0] :
	    dim_mulk(f->types, k->dims[1], w->groups)))
		misfit_types(f, n, x, k, "do not agree on the channels");
	if (lead == 2)
		dims[0] = x->dims[0];
	dims[lead - 1] = w->transposed ? dim_mulk(f->types, k->dims[1], w->groups) : k->dims[0];
	for (uint32_t i = 0; i + lead < x->rank; i++)
		dims[lead + i] = conv_dim(f, w, x->dims[lead + i], k->dims[i + 2], i);
	return tensor_of(f, dt, dims, x->rank);
}

void
aten_conv(struct infer *f, const struct node *n)
{
	const struct type *x = arg_type(f, n, "input"), *k = arg_type(f, n, "weight");
	struct window w;

	if (!arg_has(n, "weight"))
		return;
	w = window_of(f, n);
	set_output(f, n, 0, conv_type(f, n, &w, x, k, cast_dtype(f, elem_dtype(x))), NULL);
}

static struct spread
packed_spread(struct infer *f, const struct node *n, const char *name, int64_t otherwise)
{
	struct spread s = { .v = { otherwise }, .n = 1 };

	s.known = packed_numbers(f, n, name, s.v, &s.n);
	return s;
}

void
aten_packed_conv(struct infer *f, const struct node *n, const struct type *x)
{
	struct window w = { .groups = 1, .transposed = strstr(n->type->s, "transpose") != NULL };
	uint32_t one;

	w.stride = packed_spread(f, n, "stride", 1);
	w.pad = packed_spread(f, n, "padding", 0);
	w.dilation = packed_spread(f, n, "dilation", 1);
	w.extra = packed_spread(f, n, "output_padding", 0);
	packed_numbers(f, n, "groups", &w.groups, &one);
	set_output(f, n, 0, conv_type(f, n, &w, x, packed_weight(f, n), elem_dtype(x)), NULL);
}

void
aten_conv_transpose(struct infer *f, const struct node *n)
{
	aten_conv(f, n);
}

/* --- pooling ------------------------------------------------------------- */

void
aten_pool(struct infer *f, const struct node *n)
{
	const struct type *x = arg_main(f, n), *t;
	struct spread kernel = spread_of(f, n, "kernel_size", 1), stride;
	struct spread pad = spread_of(f, n, "padding", 0), dilation;
	const struct dim *dims[RANK_MAX];
	uint32_t k, lead;

	/* a stride that is not given is the kernel */
	stride = spread_of(f, n, "stride", 0);
	dilation = arg_has(n, "dilation") ? spread_of(f, n, "dilation", 1) :
	    (struct spread){ .v = { 1 }, .n = 1, .known = true };
	k = (uint32_t)(strpbrk(n->type->s, "123") != NULL ? *strpbrk(n->type->s, "123") - '0' : 2);
	if (!is_shaped(x) || x->rank < k + 1 || !kernel.known) {
		set_output(f, n, 0, is_tensor(x) ? tensor_no_rank(f, x->dtype) : NULL, NULL);
		set_output(f, n, 1, tensor_no_rank(f, DT_I64), NULL);
		return;
	}
	lead = x->rank - k;
	for (uint32_t i = 0; i < lead; i++)
		dims[i] = x->dims[i];
	for (uint32_t i = 0; i < k; i++) {
		struct slide s = { .kernel = at(&kernel, i), .lo = at(&pad, i), .hi = at(&pad, i),
		    .dilation = at(&dilation, i), .ceil = arg_int(f, n, "ceil_mode", 0) != 0,
		    .clip = true };

		s.stride = stride.known && at(&stride, i) == 0 ? s.kernel : at(&stride, i);
		dims[lead + i] = stride.known && pad.known && dilation.known ?
		    calc_slide(f, x->dims[lead + i], &s) : dim_anon(f->types);
	}
	t = tensor_of(f, x->dtype, dims, x->rank);
	set_output(f, n, 0, t, NULL);
	set_output(f, n, 1, with_dtype(f, t, DT_I64), NULL);
}

void
aten_adaptive_pool(struct infer *f, const struct node *n)
{
	const struct type *x = arg_main(f, n), *t;
	const struct dim *const *size, *dims[RANK_MAX];
	uint32_t k, space = (uint32_t)(strpbrk(n->type->s, "123") != NULL ?
	    *strpbrk(n->type->s, "123") - '0' : 2);
	struct fact items = arg(f, n, "output_size");
	const struct fact *list = list_items(f, &items, &k);

	if (!is_shaped(x) || x->rank <= space) {
		set_output(f, n, 0, is_tensor(x) ? tensor_no_rank(f, x->dtype) : NULL, NULL);
		return;
	}
	size = arg_dims(f, n, "output_size", &k);
	for (uint32_t i = 0; i < x->rank; i++) {
		uint32_t j = i + space - x->rank;

		dims[i] = x->dims[i];
		if (i + space < x->rank || (size != NULL && k > 0 && list != NULL &&
		    is_none(&list[j < k ? j : k - 1])))
			continue;
		dims[i] = size != NULL && k > 0 ? size[j < k ? j : k - 1] : dim_anon(f->types);
	}
	t = tensor_of(f, x->dtype, dims, x->rank);
	set_output(f, n, 0, t, NULL);
	set_output(f, n, 1, with_dtype(f, t, DT_I64), NULL);
}

void
aten_unpool(struct infer *f, const struct node *n)
{
	const struct type *x = arg_main(f, n);
	const struct dim *const *size, *dims[RANK_MAX];
	uint32_t k;

	size = arg_dims(f, n, "output_size", &k);
	if (!is_shaped(x) || size == NULL || k > x->rank) {
		set_output(f, n, 0, is_tensor(x) ? tensor_no_rank(f, x->dtype) : NULL, NULL);
		return;
	}
	for (uint32_t i = 0; i < x->rank; i++)
		dims[i] = i + k < x->rank ? x->dims[i] : size[i + k - x->rank];
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

void
aten_roi_pool(struct infer *f, const struct node *n)
{
	const struct type *x = arg_type(f, n, "input"), *r = arg_type(f, n, "rois"), *t;
	const struct dim *dims[4];

	dims[0] = is_shaped(r) && r->rank > 0 ? r->dims[0] : dim_anon(f->types);
	dims[1] = is_shaped(x) && x->rank > 1 ? x->dims[1] : dim_anon(f->types);
	dims[2] = arg_dim(f, n, "pooled_height");
	dims[3] = arg_dim(f, n, "pooled_width");
	if (dims[2] == NULL || dims[3] == NULL)
		return;
	t = tensor_of(f, elem_dtype(x), dims, 4);
	set_output(f, n, 0, t, NULL);
	set_output(f, n, 1, with_dtype(f, t, DT_I32), NULL);
}

/* im2col: channels times the kernel, then all places of the window */
static const struct type *
im2col(struct infer *f, const struct node *n, const struct type *t)
{
	struct spread kernel = spread_of(f, n, "kernel_size", 1);
	struct window w = window_of(f, n);
	const struct dim *dims[3], *places = dk(f, 1);
	uint32_t lead;

	if (!is_shaped(t) || t->rank < 3 || t->rank > 4 || !kernel.known)
		return tensor_no_rank(f, elem_dtype(t));
	lead = t->rank - 2;
	for (uint32_t i = 0; i < 2; i++)
		places = dim_mul(f->types, places, conv_dim(f, &w, t->dims[lead + i],
		    dk(f, at(&kernel, i)), i));
	dims[0] = t->dims[0];
	dims[lead - 1] = dim_mulk(f->types, t->dims[lead - 1], at(&kernel, 0) * at(&kernel, 1));
	dims[lead] = places;
	return tensor_of(f, t->dtype, dims, lead + 1);
}

void
aten_unfold(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *size, *dims[RANK_MAX];
	int64_t step = 1;
	uint32_t axis;

	if (named(n, "im2col")) {
		set_output(f, n, 0, im2col(f, n, t), NULL);
		return;
	}
	size = arg_dim(f, n, "size");
	if (is_shaped(t) && t->rank == 0 && size != NULL) {
		set_output(f, n, 0, tensor_of(f, t->dtype, &size, 1), NULL);
		return;
	}
	if (!is_shaped(t) || size == NULL || !arg_number(f, n, "step", &step) || step < 1 ||
	    t->rank == 0 || !axis_in(arg_int(f, n, "dimension", INT32_MAX), t->rank, &axis)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = t->dims[i];
	dims[axis] = dim_addk(f->types, dim_floork(f->types,
	    dim_sub(f->types, t->dims[axis], size), step), 1);
	dims[t->rank] = size;
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank + 1), NULL);
}

void
aten_fold(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	struct spread kernel = spread_of(f, n, "kernel_size", 1);
	const struct dim *const *size, *dims[4];
	uint32_t k, lead;

	size = arg_dims(f, n, "output_size", &k);
	if (!is_shaped(t) || t->rank < 2 || t->rank > 3 || size == NULL || k != 2 ||
	    !kernel.known) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	lead = t->rank - 1;
	dims[0] = t->dims[0];
	dims[lead - 1] = dim_floork(f->types, t->dims[lead - 1], at(&kernel, 0) * at(&kernel, 1));
	dims[lead] = size[0];
	dims[lead + 1] = size[1];
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, lead + 2), NULL);
}

/* --- products ------------------------------------------------------------ */

static const struct type *
outer(struct infer *f, const struct type *a, const struct type *b, enum dtype dt)
{
	const struct dim *dims[2];

	if (!is_shaped(a) || !is_shaped(b) || a->rank != 1 || b->rank != 1)
		return tensor_no_rank(f, dt);
	dims[0] = a->dims[0];
	dims[1] = b->dims[0];
	return tensor_of(f, dt, dims, 2);
}

/* inner: the last axes are multiplied away */
static const struct type *
inner(struct infer *f, const struct type *a, const struct type *b, enum dtype dt)
{
	const struct dim *dims[RANK_MAX];
	uint32_t rank = 0;

	if (!is_shaped(a) || !is_shaped(b) || a->rank + b->rank > RANK_MAX)
		return tensor_no_rank(f, dt);
	for (uint32_t i = 0; i + 1 < a->rank; i++)
		dims[rank++] = a->dims[i];
	for (uint32_t i = 0; i + 1 < b->rank; i++)
		dims[rank++] = b->dims[i];
	return tensor_of(f, dt, dims, rank);
}

static const struct type *
tensordot(struct infer *f, const struct node *n, const struct type *a, const struct type *b,
	enum dtype dt)
{
	int64_t da[RANK_MAX], db[RANK_MAX];
	struct reduction x = { .axes = da, .known = true }, y = { .axes = db, .known = true };
	const struct dim *dims[RANK_MAX];
	const struct type *ta, *tb;

	if (!is_shaped(a) || !is_shaped(b) || a->rank + b->rank > RANK_MAX ||
	    !arg_ints(f, n, "dims_self", da, &x.n) || !arg_ints(f, n, "dims_other", db, &y.n))
		return tensor_no_rank(f, dt);
	ta = calc_reduce(f, n, a, &x, dt);
	tb = calc_reduce(f, n, b, &y, dt);
	for (uint32_t i = 0; i < ta->rank; i++)
		dims[i] = ta->dims[i];
	for (uint32_t i = 0; i < tb->rank; i++)
		dims[ta->rank + i] = tb->dims[i];
	return tensor_of(f, dt, dims, ta->rank + tb->rank);
}

static void
chain(struct infer *f, const struct node *n, const char *name)
{
	uint32_t k;
	const struct fact *x = arg_items(f, n, name, &k);
	const struct type *t = x != NULL && k > 0 ? x[0].type : NULL;

	for (uint32_t i = 1; i < k && x != NULL; i++)
		t = calc_matmul(f, n, t, x[i].type, elem_dtype(t));
	set_output(f, n, 0, t, NULL);
}

/* bilinear: all but the last axis of the first, then the weight's first dim */
static const struct type *
bilinear(struct infer *f, const struct node *n, const struct type *a, enum dtype dt)
{
	const struct type *w = arg_type(f, n, "weight");
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(a) || !is_shaped(w) || a->rank == 0 || w->rank != 3)
		return tensor_no_rank(f, dt);
	for (uint32_t i = 0; i < a->rank; i++)
		dims[i] = i + 1 < a->rank ? a->dims[i] : w->dims[0];
	return tensor_of(f, dt, dims, a->rank);
}

static const struct type *
kron(struct infer *f, const struct type *a, const struct type *b, enum dtype dt)
{
	const struct dim *dims[RANK_MAX];
	uint32_t rank;

	if (!is_shaped(a) || !is_shaped(b))
		return tensor_no_rank(f, dt);
	rank = a->rank > b->rank ? a->rank : b->rank;
	for (uint32_t i = 0; i < rank; i++)
		dims[i] = dim_mul(f->types, i + a->rank < rank ? dk(f, 1) :
		    a->dims[i + a->rank - rank], i + b->rank < rank ? dk(f, 1) :
		    b->dims[i + b->rank - rank]);
	return tensor_of(f, dt, dims, rank);
}

void
aten_matmul(struct infer *f, const struct node *n)
{
	static const char *const second[] = { "other", "mat2", "vec2", "vec", "tensor", "input2",
	    "y", NULL };
	struct fact x[2] = { { NULL, NULL } };
	const struct type *t, *a, *b;
	enum dtype dt;

	if (named(n, "chain_matmul") || named(n, "linalg_multi_dot")) {
		chain(f, n, arg_has(n, "matrices") ? "matrices" : "tensors");
		return;
	}
	x[0].type = a = arg_has(n, "input1") ? arg_type(f, n, "input1") : arg_main(f, n);
	for (int i = 0; second[i] != NULL; i++)
		if (arg_has(n, second[i]))
			x[1] = arg(f, n, second[i]);
	x[1].val = NULL;
	b = x[1].type;
	dt = arg_dtype(f, n, "out_dtype", elem_dtype(a) != DT_NONE ? elem_dtype(a) :
	    elem_dtype(b));
	dt = cast_dtype(f, dt);
	if (named(n, "outer") || named(n, "ger"))
		t = outer(f, a, b, promote(x, 2));
	else if (named(n, "inner"))
		t = is_shaped(a) && is_shaped(b) && (a->rank == 0 || b->rank == 0) ?
		    calc_broadcast(f, n, (const struct type *[]){ a, b }, 2, dt) :
		    inner(f, a, b, dt);
	else if (named(n, "kron"))
		t = kron(f, a, b, promote(x, 2));
	else if (named(n, "cross") || named(n, "linalg_cross"))
		t = calc_broadcast(f, n, (const struct type *[]){ a, b }, 2, promote(x, 2));
	else if (named(n, "linalg_vecdot"))
		t = calc_reduce(f, n, calc_broadcast(f, n, (const struct type *[]){ a, b }, 2, dt),
		    &(struct reduction){ .axes = &(int64_t){ arg_int(f, n, "dim", -1) }, .n = 1,
		    .known = true }, dt);
	else if (named(n, "tensordot"))
		t = tensordot(f, n, a, b, dt);
	else if (named(n, "bilinear"))
		t = bilinear(f, n, a, dt);
	else
		t = calc_matmul(f, n, a, b, dt);
	set_output(f, n, 0, t, NULL);
}

/* linear, and sums of a tensor and a product */
void
aten_gemm(struct infer *f, const struct node *n)
{
	static const char *const pairs[][2] = { { "mat1", "mat2" }, { "batch1", "batch2" },
	    { "mat", "vec" }, { "vec1", "vec2" } };
	const struct type *t, *w, *xy[2];
	enum dtype dt;

	if (arg_has(n, "weight")) {
		t = arg_type(f, n, "input");
		w = arg_type(f, n, "weight");
		if (is_shaped(w) && w->rank == 2)
			w = calc_transpose(f, n, w, NULL, 2);
		if (is_shaped(t) && !is_shaped(w))
			t = calc_stacked(f, calc_reduce(f, n, t, &(struct reduction){
			    .axes = &(int64_t){ -1 }, .n = 1, .known = true }, t->dtype),
			    dim_anon(f->types), t->rank - (t->rank > 0));
		else
			t = calc_matmul(f, n, t, w, cast_dtype(f, elem_dtype(t)));
		set_output(f, n, 0, t, NULL);
		return;
	}
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (!arg_has(n, pairs[i][0]))
			continue;
		t = arg_type(f, n, pairs[i][0]);
		w = arg_type(f, n, pairs[i][1]);
		dt = cast_dtype(f, arg_dtype(f, n, "out_dtype", elem_dtype(t)));
		t = i == 3 ? outer(f, t, w, dt) : calc_matmul(f, n, t, w, dt);
		if (named(n, "addbmm") || named(n, "addbmm_")) /* summed over the batch */
			t = is_shaped(t) && t->rank == 3 ? tensor_of(f, dt, t->dims + 1, 2) : t;
		xy[0] = t;
		xy[1] = arg_type(f, n, "self");
		set_output(f, n, 0, is_shaped(t) && is_shaped(xy[1]) ?
		    calc_broadcast(f, n, xy, 2, dt) : t, NULL);
	}
}

void
aten_einsum(struct infer *f, const struct node *n)
{
	uint32_t k;
	const struct fact *x = arg_has(n, "tensors") ? arg_items(f, n, "tensors", &k) : NULL;
	const struct type **types;

	if (x == NULL) {
		set_output(f, n, 0, tensor_no_rank(f, DT_NONE), NULL);
		return;
	}
	types = arena_array(f->arena, k, sizeof *types);
	for (uint32_t i = 0; i < k; i++)
		types[i] = x[i].type;
	set_output(f, n, 0, calc_einsum(f, types, k, arg_word(f, n, "equation", NULL),
	    promote(x, k)), NULL);
}

/* --- norms --------------------------------------------------------------- */

/* Statistics that native norms give beside the result. */
static const struct type *
statistics(struct infer *f, const struct node *n, const struct type *x)
{
	const struct dim *dims[RANK_MAX], *const *shape;
	enum dtype dt = elem_dtype(x);
	uint32_t k;

	/* mean and rstd are kept in f32 for half floats on the CPU only for norms
	 * with affine parameters in f32: the element type of x otherwise */
	if (n->op->sem == SEM_BATCH_NORM) {
		if (is_tensor(arg_type(f, n, "running_mean")))
			dt = elem_dtype(arg_type(f, n, "running_mean"));
		if (named(n, "_native_batch_norm_legit_no_training") ||
		    named(n, "_batch_norm_no_update") || (arg_has(n, "training") &&
		    arg_int(f, n, "training", 1) == 0))
			return tensor_of(f, dt, (const struct dim *[]){ dk(f, 0) }, 1);
		if (!is_shaped(x) || x->rank < 2)
			return tensor_no_rank(f, dt);
		return tensor_of(f, dt, &x->dims[1], 1);
	}
	if (n->op->sem == SEM_GROUP_NORM) {
		dims[0] = arg_dim(f, n, "N");
		dims[1] = arg_dim(f, n, "group");
		return dims[0] == NULL || dims[1] == NULL ? tensor_no_rank(f, dt) :
		    tensor_of(f, dt, dims, 2);
	}
	shape = arg_dims(f, n, "normalized_shape", &k);
	if (!is_shaped(x) || shape == NULL || k > x->rank)
		return tensor_no_rank(f, dt);
	for (uint32_t i = 0; i < x->rank; i++)
		dims[i] = i + k < x->rank ? x->dims[i] : dk(f, 1);
	return tensor_of(f, dt, dims, x->rank);
}

void
aten_norm(struct infer *f, const struct node *n)
{
	const struct type *x = arg_main(f, n), *t;

	if (arg_has(n, "v")) { /* weight norm */
		x = arg_type(f, n, "v");
		set_output(f, n, 1, arg_type(f, n, "g"), NULL);
	}
	set_output(f, n, 0, x, NULL);
	if (n->nout < 2 || arg_has(n, "v"))
		return;
	t = statistics(f, n, x);
	set_output(f, n, 1, t, NULL);
	set_output(f, n, 2, t, NULL);
	if (named(n, "_batch_norm_with_update_functional")) {
		set_output(f, n, 4, arg_type(f, n, "running_mean"), NULL);
		set_output(f, n, 5, arg_type(f, n, "running_var"), NULL);
	}
	if (named(n, "_native_batch_norm_legit_functional")) {
		for (uint32_t i = 3; i < 5; i++) { /* averages are kept in f32 at least */
			t = arg_type(f, n, i == 3 ? "running_mean" : "running_var");
			set_output(f, n, i, arg_int(f, n, "training", 0) && is_tensor(t) &&
			    dtype_bits(t->dtype) < 32 ? with_dtype(f, t, DT_F32) : t, NULL);
		}
	} else if (n->nout > 3) { /* what other devices keep */
		set_output(f, n, 3, tensor_of(f, DT_U8, (const struct dim *[]){ dk(f, 0) }, 1),
		    NULL);
	}
}

/* --- attention ----------------------------------------------------------- */

void
aten_attention(struct infer *f, const struct node *n)
{
	const struct type *q = arg_type(f, n, "query"), *v = arg_type(f, n, "value");
	const struct type *t[2], *lead;
	const struct dim *dims[RANK_MAX];

	if (named(n, "_native_multi_head_attention")) {
		set_output(f, n, 0, q, NULL);
		return;
	}
	if (!is_shaped(q) || !is_shaped(v) || q->rank < 2 || v->rank < 2) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(q)), NULL);
		return;
	}
	/* batches broadcast; heads of keys and values may be fewer when it is allowed */
	if (!(arg_has(n, "enable_gqa") && arg_int(f, n, "enable_gqa", 0)) && (q->rank != v->rank ||
	    memcmp(q->dims, v->dims, (q->rank - 2) * sizeof *q->dims) != 0)) {
		t[0] = tensor_of(f, q->dtype, q->dims, q->rank - 2);
		t[1] = tensor_of(f, q->dtype, v->dims, v->rank - 2);
		lead = calc_broadcast(f, n, t, 2, q->dtype);
	} else {
		lead = tensor_of(f, q->dtype, q->dims, q->rank - 2);
	}
	if (!is_shaped(lead)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(q)), NULL);
		return;
	}
	for (uint32_t i = 0; i < lead->rank; i++)
		dims[i] = lead->dims[i];
	dims[lead->rank] = q->dims[q->rank - 2];
	dims[lead->rank + 1] = v->dims[v->rank - 1];
	set_output(f, n, 0, tensor_of(f, q->dtype, dims, lead->rank + 2), NULL);
	if (n->nout > 1)
		set_output(f, n, 1, tensor_of(f, q->dtype == DT_F64 ? DT_F64 : DT_F32, q->dims,
		    q->rank - 1), NULL);
}

void
aten_fused(struct infer *f, const struct node *n)
{
	set_output(f, n, 0, arg_has(n, "src") ? arg_type(f, n, "src") : NULL, NULL);
}

/* --- recurrence ------------------------------------------------------------ */

/* The hidden size: the second dim of the recurrent weight. */
static const struct dim *
hidden(struct infer *f, const struct node *n)
{
	uint32_t k = 0;
	const struct fact *p = arg_has(n, "params") ? arg_items(f, n, "params", &k) : NULL;
	const struct type *w = arg_has(n, "w_hh") ? arg_type(f, n, "w_hh") :
	    p != NULL && k > 1 ? p[1].type : NULL;

	return is_shaped(w) && w->rank == 2 ? w->dims[1] : dim_anon(f->types);
}

static void
cell(struct infer *f, const struct node *n)
{
	struct fact hx = arg(f, n, "hx");
	uint32_t k;
	const struct fact *states = n->op->sem == SEM_LSTM ? list_items(f, &hx, &k) : NULL;

	if (n->op->sem != SEM_LSTM) {
		set_output(f, n, 0, hx.type, NULL);
		return;
	}
	for (uint32_t i = 0; states != NULL && i < k && i < 2; i++)
		set_output(f, n, i, states[i].type, NULL);
}

/* The projected size of an LSTM is that of its first state. */
static const struct dim *
given_size(struct infer *f, const struct node *n, const struct fact *hx)
{
	uint32_t k;
	const struct fact *states = list_items(f, hx, &k);
	const struct type *h = is_tensor(hx->type) ? hx->type : states != NULL && k > 0 ?
	    states[0].type : NULL;

	return is_shaped(h) && h->rank >= 2 ? h->dims[h->rank - 1] : hidden(f, n);
}

void
aten_recurrent(struct infer *f, const struct node *n)
{
	const struct type *x, *h;
	const struct dim *dims[RANK_MAX], *size;
	struct fact hx = arg(f, n, "hx");
	int64_t both, layers = 1;
	uint32_t k, batch;
	const struct fact *states;

	if (strstr(n->type->s, "_cell") != NULL) {
		cell(f, n);
		return;
	}
	x = arg_has(n, "input") ? arg_type(f, n, "input") : arg_type(f, n, "data");
	both = arg_int(f, n, "bidirectional", 0) ? 2 : 1;
	size = given_size(f, n, &hx);
	if (is_shaped(x) && x->rank >= 2) {
		for (uint32_t i = 0; i < x->rank; i++)
			dims[i] = i + 1 < x->rank ? x->dims[i] : dim_mulk(f->types, size, both);
		set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
	} else {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
	}
	/* states come out as they go in */
	states = n->op->sem == SEM_LSTM ? list_items(f, &hx, &k) : NULL;
	if (n->op->sem != SEM_LSTM && is_tensor(hx.type)) {
		set_output(f, n, 1, hx.type, NULL);
		return;
	}
	for (uint32_t i = 0; states != NULL && i < k && i < 2; i++)
		set_output(f, n, i + 1, states[i].type, NULL);
	if (states != NULL || !is_shaped(x) || x->rank != 3 ||
	    !arg_number(f, n, "num_layers", &layers))
		return;
	batch = arg_has(n, "batch_first") && arg_int(f, n, "batch_first", 0) ? 0 : 1;
	dims[0] = dk(f, layers * both);
	dims[1] = x->dims[batch];
	dims[2] = size;
	h = tensor_of(f, x->dtype, dims, 3);
	set_output(f, n, 1, h, NULL);
	dims[2] = hidden(f, n);
	set_output(f, n, 2, tensor_of(f, x->dtype, dims, 3), NULL);
}
