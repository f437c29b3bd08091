/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of ML Programs with windows, products, recurrences and reductions. */
#include <string.h>

#include "infer/calc.h"
#include "infer/mil/mil_kinds.h"

/* Numbers of a parameter along each spatial axis: those given, or one for all. */
static int64_t
along(struct infer *f, const struct node *n, const char *name, uint32_t i, int64_t otherwise)
{
	int64_t list[RANK_MAX];
	uint32_t k;

	return param_numbers(f, n, name, list, &k) && i < k ? list[i] : otherwise;
}

static struct slide
slide_of(struct infer *f, const struct node *n, uint32_t i, int64_t kernel)
{
	struct slide s = { .kernel = kernel, .mode = PADS_VALID };
	char buf[WORD];
	const char *pad = param_word(f, n, "pad_type", buf, "valid");

	s.stride = along(f, n, "strides", i, 1);
	s.dilation = along(f, n, "dilations", i, 1);
	s.lo = along(f, n, "pad", 2 * i, 0);
	s.hi = along(f, n, "pad", 2 * i + 1, 0);
	if (strncmp(pad, "same", 4) == 0)
		s.mode = PADS_SAME;
	else if (strcmp(pad, "custom") == 0)
		s.mode = PADS_GIVEN;
	s.ceil = s.clip = param_int(f, n, "ceil_mode", 0) != 0;
	return s;
}

/* Batch and channels as given; false: no shape to start from. */
static bool
layer_dims(struct infer *f, const struct node *n, const struct type *x, const struct dim **dims)
{
	if (is_shaped(x) && x->rank >= 2) {
		dims[0] = x->dims[0];
		dims[1] = x->dims[1];
		return true;
	}
	set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
	return false;
}

void
mil_conv(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x"), *w = param_type(f, n, "weight");
	const struct dim *dims[RANK_MAX];
	int64_t kernel;

	if (!layer_dims(f, n, x, dims))
		return;
	if (is_shaped(w) && w->rank != x->rank) {
		misfit(f, n, "a kernel of rank %u for an input of rank %u", w->rank, x->rank);
		return;
	}
	dims[1] = is_shaped(w) ? w->dims[0] : dim_anon(f->types);
	for (uint32_t i = 0; i + 2 < x->rank; i++) {
		struct slide s;

		dims[i + 2] = dim_anon(f->types);
		if (!is_shaped(w) || !dim_number(w->dims[i + 2], &kernel))
			continue;
		s = slide_of(f, n, i, kernel);
		dims[i + 2] = calc_slide(f, x->dims[i + 2], &s);
	}
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

void
mil_conv_transpose(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x"), *w = param_type(f, n, "weight");
	const struct dim *dims[RANK_MAX], *d;
	int64_t kernel, shape[RANK_MAX], reach;
	uint32_t k;
	bool given = param_numbers(f, n, "output_shape", shape, &k);

	if (!layer_dims(f, n, x, dims))
		return;
	dims[1] = is_shaped(w) && w->rank > 1 ? dim_mulk(f->types, w->dims[1],
	    param_int(f, n, "groups", 1)) : dim_anon(f->types);
	for (uint32_t i = 2; i < x->rank; i++) {
		struct slide s;

		dims[i] = dim_anon(f->types);
		if (given && k + 2 >= x->rank) {
			dims[i] = dk(f, shape[k - (x->rank - i)]);
			continue;
		}
		if (!is_shaped(w) || w->rank != x->rank || !dim_number(w->dims[i], &kernel))
			continue;
		s = slide_of(f, n, i - 2, kernel);
		d = dim_mulk(f->types, x->dims[i], s.stride);
		if (s.mode == PADS_SAME)
			dims[i] = d;
		else if (calc_reach(&s, 0, &reach) &&
		    !__builtin_sub_overflow(reach, s.stride, &reach))
			dims[i] = dim_addk(f->types, d, reach);
	}
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

void
mil_pool(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x");
	const struct dim *dims[RANK_MAX];
	int64_t kernel[RANK_MAX];
	uint32_t k;

	if (!layer_dims(f, n, x, dims))
		return;
	if (!param_numbers(f, n, "kernel_sizes", kernel, &k))
		k = 0;
	for (uint32_t i = 0; i + 2 < x->rank; i++) {
		struct slide s = slide_of(f, n, i, i < k ? kernel[i] : 1);
		int64_t size, rest, reach;

		/* nothing to pad where windows are shorter than strides: the last, begun
		 * inside, counts as well */
		if (s.mode == PADS_SAME && s.ceil && s.stride > 0 &&
		    dim_number(x->dims[i + 2], &size)) {
			rest = size % s.stride;
			if (calc_reach(&s, rest > 0 ? s.stride - rest : -rest, &reach) &&
			    reach <= s.stride) {
				s.mode = PADS_VALID;
				s.clip = false;
			}
		}
		dims[i + 2] = i < k ? calc_slide(f, x->dims[i + 2], &s) : dim_anon(f->types);
	}
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

/* Regions cut out and resized: for each region and image, or since iOS 17 for
 * each region. */
void
mil_roi_pool(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x");
	const struct type *r = param_type(f, n, n->op->since < 17 ? "roi" : "boxes");
	const struct dim *dims[5];
	uint32_t rank = 0;

	dims[rank++] = is_shaped(r) && r->rank > 0 ? r->dims[0] : dim_anon(f->types);
	for (uint32_t i = n->op->since < 17 ? 0 : 1; i < 2; i++)
		dims[rank++] = is_shaped(x) && x->rank > i ? x->dims[i] : dim_anon(f->types);
	dims[rank++] = dk(f, param_int(f, n, "target_height", 1));
	dims[rank++] = dk(f, param_int(f, n, "target_width", 1));
	set_output(f, n, 0, tensor_of(f, elem_dtype(x), dims, rank), NULL);
}

void
mil_linear(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x"), *w = param_type(f, n, "weight");
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(x) || x->rank == 0) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	if (is_shaped(w) && w->rank == 2 && dim_differ(w->dims[1], x->dims[x->rank - 1]))
		misfit_types(f, n, x, w, "have no inner size in common");
	memcpy(dims, x->dims, x->rank * sizeof *dims);
	dims[x->rank - 1] = is_shaped(w) && w->rank > 0 ? w->dims[0] : dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

static const struct type *
turned(struct infer *f, const struct type *t, bool turn)
{
	const struct dim *dims[RANK_MAX];

	if (!turn || !is_shaped(t) || t->rank < 2)
		return t;
	memcpy(dims, t->dims, t->rank * sizeof *dims);
	dims[t->rank - 1] = t->dims[t->rank - 2];
	dims[t->rank - 2] = t->dims[t->rank - 1];
	return tensor_of(f, t->dtype, dims, t->rank);
}

static bool
is_constant(const struct node *n, const char *name)
{
	for (uint32_t i = 0; i < n->nnamed; i++)
		if (n->in[i] != NULL && strcmp(n->in_name[i]->s, name) == 0)
			return n->in[i]->constant != NULL;
	return false;
}

/* Of two element types the computed operand's is the result's. */
void
mil_matmul(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x"), *y = param_type(f, n, "y");
	bool by_y = is_constant(n, "x") && !is_constant(n, "y");

	set_output(f, n, 0, calc_matmul(f, n,
	    turned(f, x, param_int(f, n, "transpose_x", 0) != 0),
	    turned(f, y, param_int(f, n, "transpose_y", 0) != 0),
	    elem_dtype(by_y ? y : x)), NULL);
}

void
mil_einsum(struct infer *f, const struct node *n)
{
	char buf[WORD];
	uint32_t k;
	const struct fact *v = params(f, n, "values", &k);
	const struct type **t = arena_array(f->arena, k, sizeof *t);

	for (uint32_t i = 0; i < k; i++)
		t[i] = v[i].type;
	set_output(f, n, 0, calc_einsum(f, t, k, param_word(f, n, "equation", buf, NULL),
	    k > 0 ? elem_dtype(t[0]) : DT_NONE), NULL);
}

void
mil_attention(struct infer *f, const struct node *n)
{
	const struct type *q = param_type(f, n, "query"), *v = param_type(f, n, "value");
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(q) || q->rank == 0) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(q)), NULL);
		return;
	}
	memcpy(dims, q->dims, q->rank * sizeof *dims);
	dims[q->rank - 1] = is_shaped(v) && v->rank > 0 ? v->dims[v->rank - 1] :
	    dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, q->dtype, dims, q->rank), NULL);
}

void
mil_recurrent(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x"), *w = param_type(f, n, "weight_hh");
	const struct dim *dims[3];
	char buf[WORD];
	bool both = strcmp(param_word(f, n, "direction", buf, ""), "bidirectional") == 0;
	bool whole = is_shaped(x) && x->rank == 3;
	enum dtype dt = elem_dtype(x);

	dims[0] = param_int(f, n, "output_sequence", 0) == 0 ? dk(f, 1) :
	    whole ? x->dims[0] : dim_anon(f->types);
	dims[1] = whole ? x->dims[1] : dim_anon(f->types);
	dims[2] = is_shaped(w) && w->rank == 2 ? dim_mulk(f->types, w->dims[1], both ? 2 : 1) :
	    dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, dt, dims, 3), NULL);
	for (uint32_t i = 1; i < n->nout; i++)
		set_output(f, n, i, tensor_of(f, dt, dims + 1, 2), NULL);
}

/* The product of a shape, as programs compute it. */
static const struct val *
reduced(struct infer *f, const struct node *n, const struct val *v)
{
	const struct dim *sum;

	if (v == NULL || v->kind != VAL_INTS || !(named(n, "reduce_prod") ||
	    named(n, "reduce_sum")))
		return NULL;
	if (named(n, "reduce_prod"))
		return val_int(f, dims_product(f, v->u.ints, 0, v->n));
	sum = dk(f, 0);
	for (uint32_t i = 0; i < v->n; i++)
		sum = dim_add(f->types, sum, v->u.ints[i]);
	return val_int(f, sum);
}

void
mil_reduce(struct infer *f, const struct node *n)
{
	struct fact x = param(f, n, "x");
	int64_t axes[RANK_MAX];
	struct reduction r = { .axes = axes, .keep = param_int(f, n, "keep_dims", 0) != 0 };

	r.known = param_numbers(f, n, "axes", axes, &r.n);
	if (!param_given(n, "axes")) {
		r.known = true;
		r.axes = NULL;
	}
	set_output(f, n, 0, calc_reduce(f, n, x.type, &r, elem_dtype(x.type)),
	    is_shaped(x.type) && x.type->rank == 1 ? reduced(f, n, x.val) : NULL);
}

void
mil_arg_reduce(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x");
	int64_t axis = -1;
	struct reduction r = { .axes = &axis, .n = 1 };
	char buf[WORD];
	enum dtype dt = dtype_of_word(param_word(f, n, "output_dtype", buf, "int32"));

	if (named(n, "argsort")) {
		set_output(f, n, 0, is_tensor(x) ? with_dtype(f, x, DT_I32) : NULL, NULL);
		return;
	}
	r.known = param_number(f, n, "axis", &axis);
	r.keep = param_int(f, n, "keep_dims", 0) != 0;
	set_output(f, n, 0, calc_reduce(f, n, x, &r, dt), NULL);
}

void
mil_top_k(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x"), *t;
	const struct dim *dims[RANK_MAX], *const *k;
	char buf[WORD];
	uint32_t at, count;
	enum dtype dt = dtype_of_word(param_word(f, n, "output_indices_dtype", buf, "int32"));

	if (!is_shaped(x) || !axis_in(param_int(f, n, "axis", -1), x->rank, &at)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		set_output(f, n, 1, tensor_no_rank(f, dt), NULL);
		return;
	}
	memcpy(dims, x->dims, x->rank * sizeof *dims);
	k = param_dims(f, n, "k", &count);
	if (param_given(n, "k") && (count != 1 || !dim_is(k[0], -1)))
		dims[at] = count == 1 ? k[0] : dim_anon(f->types);
	else if (!param_given(n, "k"))
		dims[at] = dk(f, 1);
	t = tensor_of(f, x->dtype, dims, x->rank);
	set_output(f, n, 0, t, NULL);
	set_output(f, n, 1, with_dtype(f, t, dt), NULL);
}

/* The axis becomes the number of windows, with their size behind it. */
void
mil_sliding_windows(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x");
	struct slide s = { .dilation = 1, .mode = PADS_VALID };
	const struct dim *dims[RANK_MAX];
	int64_t axis = 0;
	uint32_t at;

	s.kernel = param_int(f, n, "size", 1);
	s.stride = param_int(f, n, "stride", 1);
	if (!is_shaped(x) || !param_number(f, n, "axis", &axis) ||
	    !axis_in(axis, x->rank, &at)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	memcpy(dims, x->dims, x->rank * sizeof *dims);
	dims[at] = calc_slide(f, dims[at], &s);
	set_output(f, n, 0, calc_stacked(f, tensor_of(f, x->dtype, dims, x->rank),
	    dk(f, s.kernel), at + 1), NULL);
}
