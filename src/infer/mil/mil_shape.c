/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of ML Programs that change shapes or make values. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "infer/calc.h"
#include "infer/mil/mil_kinds.h"

void
mil_shape(struct infer *f, const struct node *n)
{
	const struct type *t = param_type(f, n, "x");
	const struct dim *rank = is_shaped(t) ? dk(f, t->rank) : dim_anon(f->types);

	set_output(f, n, 0, tensor_of(f, DT_I32, &rank, 1),
	    is_shaped(t) ? val_ints(f, t->dims, t->rank) : NULL);
}

/* The dims of others, one stretch of each. */
static void
reshape_like(struct infer *f, const struct node *n, const struct type *x)
{
	const struct dim *dims[RANK_MAX];
	uint32_t k, nb, ne, nm, rank = 0;
	const struct fact *ref = params(f, n, "ref_tensors", &k);
	const struct fact *from = params(f, n, "begins", &nb), *to = params(f, n, "ends", &ne);
	const struct fact *mask = params(f, n, "end_masks", &nm);

	for (uint32_t i = 0; i < k; i++) {
		const struct type *t = ref[i].type;
		int64_t a, b, whole;

		if (!is_shaped(t) || i >= nb || i >= ne || i >= nm || from[i].val == NULL ||
		    to[i].val == NULL || mask[i].val == NULL || from[i].val->n != 1 ||
		    to[i].val->n != 1 || mask[i].val->n != 1 ||
		    !dim_number(from[i].val->u.ints[0], &a) ||
		    !dim_number(to[i].val->u.ints[0], &b) ||
		    !dim_number(mask[i].val->u.ints[0], &whole)) {
			set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
			return;
		}
		a = a < 0 ? a + t->rank : a;
		b = whole ? t->rank : b < 0 ? b + t->rank : b;
		for (; a >= 0 && a < b && a < t->rank && rank < RANK_MAX; a++)
			dims[rank++] = t->dims[a];
	}
	set_output(f, n, 0, tensor_of(f, elem_dtype(x), dims, rank), NULL);
}

void
mil_reshape(struct infer *f, const struct node *n)
{
	struct fact x = param(f, n, "x");
	const struct dim *const *target;
	uint32_t k;

	if (named(n, "reshape_like")) {
		reshape_like(f, n, x.type);
		return;
	}
	target = param_dims(f, n, "shape", &k);
	set_output(f, n, 0, target == NULL ? shape_from(f, n, "shape", elem_dtype(x.type)) :
	    calc_reshape(f, n, x.type, target, k, true), x.val);
}

void
mil_flatten(struct infer *f, const struct node *n)
{
	const struct type *t = calc_flatten(f, n, param_type(f, n, "x"),
	    param_int(f, n, "axis", 1));

	if (t != NULL)
		set_output(f, n, 0, t, NULL);
}

void
mil_squeeze(struct infer *f, const struct node *n)
{
	struct fact x = param(f, n, "x");
	int64_t axes[RANK_MAX];
	uint32_t k;
	bool known = param_numbers(f, n, "axes", axes, &k), all = !param_given(n, "axes");

	/* only axes of one go away; what is not known is taken for more */
	set_output(f, n, 0, (known || all) && is_shaped(x.type) ?
	    calc_squeeze_ones(f, x.type, all ? NULL : axes, k, true) :
	    tensor_no_rank(f, elem_dtype(x.type)), x.val);
}

void
mil_unsqueeze(struct infer *f, const struct node *n)
{
	struct fact x = param(f, n, "x");
	int64_t axes[RANK_MAX];
	uint32_t k;

	set_output(f, n, 0, param_numbers(f, n, "axes", axes, &k) ?
	    calc_unsqueeze(f, n, x.type, axes, k) : tensor_no_rank(f, elem_dtype(x.type)), x.val);
}

void
mil_transpose(struct infer *f, const struct node *n)
{
	struct fact x = param(f, n, "x");
	int64_t perm[RANK_MAX];
	uint32_t k;

	set_output(f, n, 0, param_numbers(f, n, "perm", perm, &k) ?
	    calc_transpose(f, n, x.type, perm, k) : tensor_no_rank(f, elem_dtype(x.type)),
	    is_shaped(x.type) && x.type->rank < 2 ? x.val : NULL);
}

void
mil_tile(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x");
	const struct dim *const *times, *dims[RANK_MAX];
	uint32_t k;

	if (!is_shaped(x)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	times = param_dims(f, n, "reps", &k);
	for (uint32_t i = 0; i < x->rank; i++)
		dims[i] = times != NULL && k == x->rank ? dim_mul(f->types, x->dims[i], times[i]) :
		    dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

/* Contents of vectors or scalars one after the other; NULL: one is not known. */
static const struct val *
joined(struct infer *f, const struct fact *v, uint32_t k, uint32_t rank)
{
	const struct val *all = NULL;

	for (uint32_t i = 0; i < k; i++) {
		if (v[i].val == NULL || v[i].val->kind > VAL_FLOATS || !is_shaped(v[i].type) ||
		    v[i].type->rank != rank)
			return NULL;
		all = all == NULL ? v[i].val : calc_join(f, all, v[i].val);
		if (all == NULL)
			return NULL;
	}
	return all;
}

void
mil_concat(struct infer *f, const struct node *n)
{
	uint32_t k;
	const struct fact *v = params(f, n, "values", &k);
	const struct type **t = arena_array(f->arena, k, sizeof *t);
	int64_t axis = 0;

	for (uint32_t i = 0; i < k; i++)
		t[i] = v[i].type;
	/* numbers make a vector, whatever the axis */
	if (k > 0 && is_shaped(t[0]) && t[0]->rank == 0)
		set_output(f, n, 0, calc_stacked(f, t[0], dk(f, k), 0), joined(f, v, k, 0));
	else if (param_number(f, n, "axis", &axis))
		set_output(f, n, 0, calc_concat(f, n, t, k, axis), joined(f, v, k, 1));
}

void
mil_stack(struct infer *f, const struct node *n)
{
	uint32_t k, at;
	const struct fact *v = params(f, n, "values", &k);
	const struct type *t = k > 0 ? v[0].type : NULL;
	bool conflict = false;

	for (uint32_t i = 1; i < k; i++)
		t = type_meet(f, t, v[i].type, &conflict);
	if (!is_shaped(t) || !axis_in(param_int(f, n, "axis", 0), t->rank + 1, &at))
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
	else
		set_output(f, n, 0, calc_stacked(f, t, dk(f, k), at), joined(f, v, k, 0));
}

void
mil_split(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x");
	const struct dim *dims[RANK_MAX];
	int64_t sizes[VAL_MAX], axis = 0;
	uint32_t k = 0, at;
	const struct val *v = param(f, n, "split_sizes").val;

	if (!is_shaped(x) || !param_number(f, n, "axis", &axis) ||
	    !axis_in(axis, x->rank, &at)) {
		for (uint32_t i = 0; i < n->nout; i++)
			set_output(f, n, i, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	for (; v != NULL && v->kind == VAL_INTS && k < v->n; k++)
		if (!dim_number(v->u.ints[k], &sizes[k]))
			break;
	memcpy(dims, x->dims, x->rank * sizeof *dims);
	for (uint32_t i = 0; i < n->nout; i++) {
		if (param_given(n, "split_sizes"))
			dims[at] = i < k && sizes[i] >= 0 ? dk(f, sizes[i]) : dim_anon(f->types);
		else
			dims[at] = dim_floork(f->types, x->dims[at], n->nout);
		set_output(f, n, i, tensor_of(f, x->dtype, dims, x->rank), NULL);
	}
}

/* Pads of the last axes, before and behind each. */
void
mil_pad(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x");
	const struct dim *const *pad, *dims[RANK_MAX];
	uint32_t k;

	if (!is_shaped(x)) {
		set_output(f, n, 0, x, NULL);
		return;
	}
	pad = param_dims(f, n, "pad", &k);
	for (uint32_t i = 0; i < x->rank; i++) {
		uint32_t from_end = x->rank - i;

		dims[i] = pad == NULL ? dim_anon(f->types) : x->dims[i];
		if (pad != NULL && 2 * from_end <= k)
			dims[i] = dim_add(f->types, dim_add(f->types, x->dims[i],
			    pad[k - 2 * from_end]), pad[k - 2 * from_end + 1]);
	}
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

/* The last two dims replaced; NULL: not known. */
static void
set_plane(struct infer *f, const struct node *n, const struct type *x, const struct dim *h,
	const struct dim *w)
{
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(x) || x->rank < 2) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	memcpy(dims, x->dims, x->rank * sizeof *dims);
	dims[x->rank - 2] = h != NULL ? h : dim_anon(f->types);
	dims[x->rank - 1] = w != NULL ? w : dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

void
mil_crop(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "crop_height", "crop_width" };
	const struct type *x = param_type(f, n, "x");
	const struct dim *d[2] = { NULL, NULL };
	int64_t cut[RANK_MAX];
	uint32_t k;

	for (uint32_t i = 0; i < 2 && is_shaped(x) && x->rank >= 2; i++)
		if (param_numbers(f, n, names[i], cut, &k) && k == 2)
			d[i] = dim_addk(f->types, x->dims[x->rank - 2 + i], -cut[0] - cut[1]);
	set_plane(f, n, x, d[0], d[1]);
}

/* Batches to and from blocks; the second list is cut off or added to. */
static void
batch_blocks(struct infer *f, const struct node *n, const struct type *x)
{
	const struct dim *dims[RANK_MAX];
	int64_t block[RANK_MAX], extra[RANK_MAX];
	bool to_batch = named(n, "space_to_batch");
	uint32_t nb, ne;

	if (!param_numbers(f, n, "block_shape", block, &nb) ||
	    !param_numbers(f, n, to_batch ? "paddings" : "crops", extra, &ne) || ne != 2 * nb ||
	    x->rank < 2 + nb) {
		set_output(f, n, 0, tensor_no_rank(f, x->dtype), NULL);
		return;
	}
	memcpy(dims, x->dims, x->rank * sizeof *dims);
	for (uint32_t i = 0; i < nb; i++) {
		int64_t both = extra[2 * i] + extra[2 * i + 1];

		dims[0] = to_batch ? dim_mulk(f->types, dims[0], block[i]) :
		    dim_floork(f->types, dims[0], block[i]);
		dims[2 + i] = to_batch ? dim_floork(f->types,
		    dim_addk(f->types, dims[2 + i], both), block[i]) :
		    dim_addk(f->types, dim_mulk(f->types, dims[2 + i], block[i]), -both);
	}
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

void
mil_space_depth(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x");
	const struct dim *dims[RANK_MAX];
	bool grows = named(n, "depth_to_space") || named(n, "pixel_shuffle");
	int64_t b = 0;

	if (!is_shaped(x) || x->rank < 3) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	if (param_given(n, "block_shape")) {
		batch_blocks(f, n, x);
		return;
	}
	b = param_int(f, n, "block_size", param_int(f, n, "upscale_factor",
	    param_int(f, n, "downscale_factor", 0)));
	if (b <= 0 || b > INT32_MAX)
		return;
	memcpy(dims, x->dims, x->rank * sizeof *dims);
	for (uint32_t i = x->rank - 2; i < x->rank; i++)
		dims[i] = grows ? dim_mulk(f->types, dims[i], b) : dim_floork(f->types, dims[i], b);
	dims[x->rank - 3] = grows ? dim_floork(f->types, dims[x->rank - 3], b * b) :
	    dim_mulk(f->types, dims[x->rank - 3], b * b);
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

/* d by a factor, rounded down. */
static const struct dim *
scaled(struct infer *f, const struct node *n, const char *name, const struct dim *d)
{
	const struct val *v = param(f, n, name).val;
	int64_t size, k;

	if (!param_given(n, name))
		return d;
	if (v == NULL || v->n != 1 || v->kind > VAL_FLOATS)
		return NULL;
	if (v->kind == VAL_INTS)
		return dim_number(v->u.ints[0], &k) ? dim_mulk(f->types, d, k) : NULL;
	if (v->u.floats[0] == floor(v->u.floats[0]) && fabs(v->u.floats[0]) < 1e9)
		return dim_mulk(f->types, d, (int64_t)v->u.floats[0]);
	if (!dim_number(d, &size) || !(fabs(v->u.floats[0] * (double)size) < 1e15))
		return NULL;
	return dk(f, (int64_t)floor(v->u.floats[0] * (double)size));
}

/* The last dims replaced by those given; 0 keeps one. */
static void
resize(struct infer *f, const struct node *n, const struct type *x)
{
	const struct dim *const *shape, *dims[RANK_MAX];
	int64_t last = 0;
	uint32_t k;

	shape = param_dims(f, n, "shape", &k);
	if (!param_number(f, n, "resized_dims", &last) || last < 0 || last > x->rank) {
		set_output(f, n, 0, tensor_no_rank(f, x->dtype), NULL);
		return;
	}
	memcpy(dims, x->dims, x->rank * sizeof *dims);
	for (uint32_t i = 0; i < last; i++) {
		uint32_t at = x->rank - (uint32_t)last + i;

		if (shape == NULL || k < last)
			dims[at] = dim_anon(f->types);
		else if (!dim_is(shape[k - (uint32_t)last + i], 0))
			dims[at] = shape[k - (uint32_t)last + i];
	}
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

void
mil_resize(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x");

	if (!is_shaped(x) || x->rank < 2)
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
	else if (named(n, "resize"))
		resize(f, n, x);
	else if (strncmp(n->type->s, "resize", 6) == 0)
		set_plane(f, n, x, dk(f, param_int(f, n, "target_size_height", 1)),
		    dk(f, param_int(f, n, "target_size_width", 1)));
	else
		set_plane(f, n, x, scaled(f, n, "scale_factor_height", x->dims[x->rank - 2]),
		    scaled(f, n, "scale_factor_width", x->dims[x->rank - 1]));
}

void
mil_grid_sample(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x"), *c = param_type(f, n, "coordinates");
	bool shaped = is_shaped(c) && c->rank == 4;

	if (named(n, "affine"))
		set_plane(f, n, x, dk(f, param_int(f, n, "output_height", 0)),
		    dk(f, param_int(f, n, "output_width", 0)));
	else
		set_plane(f, n, x, shaped ? c->dims[1] : NULL, shaped ? c->dims[2] : NULL);
}

void
mil_fill(struct infer *f, const struct node *n)
{
	enum dtype dt = param_given(n, "value") ? elem_dtype(param_type(f, n, "value")) : DT_F32;
	const struct type *like = param_type(f, n, "ref_tensor");
	const struct val *v = param(f, n, "value").val;
	const struct dim *list[VAL_MAX];
	const struct type *t = shape_from(f, n, "shape", dt);
	int64_t count;

	if (named(n, "fill_like"))
		t = is_tensor(like) ? with_dtype(f, like, dt) : tensor_no_rank(f, dt);
	if (is_shaped(t) && t->rank == 1 && dim_number(t->dims[0], &count) && count > 0 &&
	    count <= VAL_MAX && v != NULL && v->kind == VAL_INTS && v->n == 1) {
		for (int64_t i = 0; i < count; i++)
			list[i] = v->u.ints[0];
		v = val_ints(f, list, (uint32_t)count);
	} else {
		v = NULL;
	}
	set_output(f, n, 0, t, v);
}

void
mil_range(struct infer *f, const struct node *n)
{
	struct fact end = param(f, n, "end");
	const struct val *start = param(f, n, "start").val, *step = param(f, n, "step").val;
	const struct dim *len = dim_anon(f->types), *list[VAL_MAX];
	const struct val *gap = calc_arith(f, SEM_SUB, end.val, start, true), *v = NULL, *turns;
	int64_t from, by, count;

	if (gap != NULL && step != NULL && gap->n == 1 && step->n == 1 &&
	    gap->kind == VAL_INTS && step->kind == VAL_INTS)
		len = dim_ceil(f->types, gap->u.ints[0], step->u.ints[0]);
	else if ((turns = calc_round(f, calc_arith(f, SEM_DIV, gap, step, true), '^')) != NULL &&
	    turns->n == 1)
		len = turns->u.ints[0];
	if (dim_number(len, &count) && count >= 0 && count <= VAL_MAX &&
	    param_given(n, "start") && param_number(f, n, "start", &from) &&
	    param_given(n, "step") && param_number(f, n, "step", &by)) {
		for (int64_t i = 0; i < count; i++)
			list[i] = dk(f, from + i * by);
		v = val_ints(f, list, (uint32_t)count);
	}
	set_output(f, n, 0, tensor_of(f, elem_dtype(end.type), &len, 1), v);
}

void
mil_random(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "prob", "mean", "stddev", "low", "high" };
	const struct type *x = param_type(f, n, "x");
	const struct dim *dims[RANK_MAX];
	enum dtype dt = DT_F32;

	if (named(n, "random_categorical")) {
		if (is_shaped(x) && x->rank > 0) {
			memcpy(dims, x->dims, x->rank * sizeof *dims);
			dims[x->rank - 1] = dk(f, param_int(f, n, "size", 1));
			set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
		}
		return;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (param_given(n, names[i]))
			dt = elem_dtype(param_type(f, n, names[i]));
	set_output(f, n, 0, shape_from(f, n, "shape", dt), NULL);
}
