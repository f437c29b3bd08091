/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's borders, resampling and other arrangements of images. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

/* Pads are given from the last axis on: before, behind, before, ... */
void
aten_pad(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *dims[RANK_MAX], *const *pads;
	uint32_t k;

	pads = arg_dims(f, n, arg_has(n, "pad") ? "pad" : "padding", &k);
	if (!is_shaped(t) || pads == NULL || k / 2 > t->rank) {
		set_output(f, n, 0, is_shaped(t) ? calc_reduce(f, n, t,
		    &(struct reduction){ .keep = true }, t->dtype) :
		    tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = t->dims[i];
	for (uint32_t i = 0; i < k / 2; i++) {
		const struct dim **d = &dims[t->rank - 1 - i];

		*d = dim_add(f->types, dim_add(f->types, *d, pads[2 * i]), pads[2 * i + 1]);
	}
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
}

enum { PARTS = 64 };

/* Size times a factor, rounded down. */
static const struct dim *
scaled(struct infer *f, const struct dim *d, const struct fact *by)
{
	double s;
	int64_t n, whole;

	if (by->val == NULL || by->val->n != 1)
		return dim_anon(f->types);
	if (by->val->kind == VAL_INTS)
		return dim_mul(f->types, d, by->val->u.ints[0]);
	s = by->val->u.floats[0];
	whole = (int64_t)s;
	if ((double)whole == s)
		return dim_mulk(f->types, d, whole);
	if (dim_number(d, &n))
		return dk(f, (int64_t)floor((double)n * s));
	if (s > 0 && (double)(int64_t)(1 / s) == 1 / s)
		return dim_floork(f->types, d, (int64_t)(1 / s));
	/* three halves are exact, one and seven tenths are not */
	return s > 0 && s < INT32_MAX && s * PARTS == floor(s * PARTS) ? dim_floork(f->types,
	    dim_mulk(f->types, d, (int64_t)(s * PARTS)), PARTS) : dim_anon(f->types);
}

void
aten_resize(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *dims[RANK_MAX], *const *size;
	const struct fact *by;
	uint32_t k, nby = 0;

	if (!is_shaped(t) || t->rank < 3) {
		set_output(f, n, 0, is_tensor(t) ? tensor_no_rank(f, t->dtype) : NULL, NULL);
		return;
	}
	size = arg_dims(f, n, "output_size", &k);
	by = size == NULL && arg_has(n, "scale_factors") ? arg_items(f, n, "scale_factors", &nby) :
	    NULL;
	for (uint32_t i = 0; i < t->rank; i++) {
		dims[i] = i < 2 ? t->dims[i] : dim_anon(f->types);
		if (i >= 2 && size != NULL && i - 2 < k)
			dims[i] = size[i - 2];
		else if (i >= 2 && by != NULL && i - 2 < nby)
			dims[i] = scaled(f, t->dims[i], &by[i - 2]);
	}
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
}

void
aten_grid_sample(struct infer *f, const struct node *n)
{
	const struct type *x = arg_type(f, n, "input"), *g = arg_type(f, n, "grid");
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(x) || !is_shaped(g) || x->rank != g->rank || x->rank < 3) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	for (uint32_t i = 0; i < x->rank; i++)
		dims[i] = i < 2 ? x->dims[i] : g->dims[i - 1];
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

/* N, then the sizes of space, then one coordinate for each of them. */
void
aten_affine_grid(struct infer *f, const struct node *n)
{
	const struct type *t = arg_type(f, n, "theta");
	const struct dim *const *size, *dims[RANK_MAX];
	uint32_t k;

	size = arg_dims(f, n, "size", &k);
	if (size == NULL || k < 4) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	dims[0] = size[0];
	for (uint32_t i = 2; i < k; i++)
		dims[i - 1] = size[i];
	dims[k - 1] = dk(f, k - 2);
	set_output(f, n, 0, tensor_of(f, elem_dtype(t), dims, k), NULL);
}

void
aten_space_depth(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *dims[RANK_MAX];
	bool up = named(n, "pixel_shuffle");
	int64_t r = 0;
	uint32_t c;

	if (named(n, "channel_shuffle") || !is_shaped(t) || t->rank < 3 ||
	    !arg_number(f, n, up ? "upscale_factor" : "downscale_factor", &r) || r <= 0) {
		set_output(f, n, 0, t, NULL);
		return;
	}
	c = t->rank - 3;
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = t->dims[i];
	dims[c] = up ? dim_floork(f->types, dims[c], r * r) : dim_mulk(f->types, dims[c], r * r);
	for (uint32_t i = c + 1; i < t->rank; i++)
		dims[i] = up ? dim_mulk(f->types, dims[i], r) : dim_floork(f->types, dims[i], r);
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
}

/* Half of an axis gates the other. */
void
aten_glu(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	uint32_t at;

	if (is_shaped(t) && axis_in(arg_int(f, n, "dim", -1), t->rank, &at))
		t = with_dim(f, t, at, dim_floork(f->types, t->dims[at], 2));
	set_output(f, n, 0, t, NULL);
}
