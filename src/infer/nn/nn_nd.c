/* SPDX-License-Identifier: Apache-2.0 */
/* Layers since iOS 13, which take tensors of any rank. */
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "infer/calc.h"
#include "infer/nn/nn_kinds.h"

static const struct type *
no_shape(struct infer *f)
{
	return tensor_no_rank(f, DT_F32);
}

/* The axis that the layer names; false: not known. */
static bool
axis_of(struct infer *f, const struct node *n, const struct type *t, uint32_t *at)
{
	return is_shaped(t) && t->rank > 0 && axis_in(attr_int(f, n, "axis", 0), t->rank, at);
}

static const struct type *
shape_of(struct infer *f, const struct node *n, const char *name)
{
	uint32_t k;
	const int64_t *list = attr_ints(f, n, name, &k);
	const struct dim *dims[RANK_MAX];

	if (list == NULL || k > RANK_MAX)
		return no_shape(f);
	for (uint32_t i = 0; i < k; i++)
		dims[i] = dk(f, list[i]);
	return tensor_of(f, DT_F32, dims, k);
}

/* What an operand's content says, or as many dims as it is long. */
static const struct type *
shape_from(struct infer *f, const struct node *n, uint32_t i)
{
	const struct dim *dims[RANK_MAX], *const *ints;
	const struct type *t;
	uint32_t k;
	int64_t len;

	if ((ints = ints_of(f, operand(n, i), &k)) != NULL && k <= RANK_MAX)
		return tensor_of(f, DT_F32, ints, k);
	t = nn_operand(f, n, i);
	if (!is_shaped(t) || t->rank != 1 || !dim_number(t->dims[0], &len) || len < 0 ||
	    len > RANK_MAX)
		return no_shape(f);
	for (int64_t j = 0; j < len; j++)
		dims[j] = dim_anon(f->types);
	return tensor_of(f, DT_F32, dims, (uint32_t)len);
}

void
nd_matmul(struct infer *f, const struct node *n)
{
	const struct type *a = nn_operand(f, n, 0), *b = nn_operand(f, n, 1);
	int64_t perm[RANK_MAX];
	static const char *const flags[] = { "transposeA", "transposeB" };
	const struct type **both[] = { &a, &b };
	const struct dim *dims[2];

	if (n->nin < 2) {
		dims[0] = dk(f, attr_int(f, n, "weightMatrixFirstDimension", 0));
		dims[1] = dk(f, attr_int(f, n, "weightMatrixSecondDimension", 0));
		b = tensor_of(f, DT_F32, dims, 2);
	}
	for (int i = 0; i < 2; i++) {
		const struct type *t = *both[i];

		if (!attr_int(f, n, flags[i], 0) || !is_shaped(t) || t->rank < 2)
			continue;
		for (uint32_t k = 0; k < t->rank; k++)
			perm[k] = k + 2 < t->rank ? k : t->rank - 1 - (k + 2 - t->rank);
		*both[i] = calc_transpose(f, n, t, perm, t->rank);
	}
	nn_give(f, n, 0, calc_matmul(f, n, a, b, DT_F32));
}

void
nd_embedding(struct infer *f, const struct node *n)
{
	nn_give(f, n, 0, nn_with(f, nn_operand(f, n, 0), 1,
	    dk(f, attr_int(f, n, "embeddingSize", 0))));
}

void
nd_reduce(struct infer *f, const struct node *n)
{
	struct reduction r = { .known = true, .keep = attr_int(f, n, "keepDims", 0) != 0 };
	const struct type *t = nn_operand(f, n, 0);

	if (!attr_int(f, n, "reduceAll", 0))
		r.axes = attr_ints(f, n, "axes", &r.n);
	nn_give(f, n, 0, calc_reduce(f, n, t, &r, DT_F32));
}

void
nd_arg(struct infer *f, const struct node *n)
{
	int64_t axis = attr_int(f, n, "axis", 0);
	struct reduction r = { .axes = &axis, .n = 1, .known = true,
	    .keep = attr_int(f, n, "removeDim", 0) == 0 };

	nn_give(f, n, 0, calc_reduce(f, n, nn_operand(f, n, 0), &r, DT_F32));
}

void
nd_top_k(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	int64_t k = attr_int(f, n, "K", 0), given;
	uint32_t at;

	t = axis_of(f, n, t, &at) ? with_dim(f, t, at, n->nin < 2 ? dk(f, k) :
	    number_of(f, operand(n, 1), &given) ? dk(f, given) : dim_anon(f->types)) : no_shape(f);
	nn_give(f, n, 0, t);
	nn_give(f, n, 1, t);
}

void
nd_transpose(struct infer *f, const struct node *n)
{
	uint32_t k;
	const int64_t *axes = attr_ints(f, n, "axes", &k);

	nn_give(f, n, 0, axes != NULL ? calc_transpose(f, n, nn_operand(f, n, 0), axes, k) :
	    no_shape(f));
}

void
nd_concat(struct infer *f, const struct node *n)
{
	const struct type **t = arena_array(f->arena, n->nin, sizeof *t);

	for (uint32_t i = 0; i < n->nin; i++)
		t[i] = nn_operand(f, n, i);
	nn_give(f, n, 0, calc_concat(f, n, t, n->nin, attr_int(f, n, "axis", 0)));
}

void
nd_split(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	uint32_t at, k;
	const int64_t *sizes = attr_ints(f, n, "splitSizes", &k);

	for (uint32_t i = 0; i < n->nout; i++)
		nn_give(f, n, i, !axis_of(f, n, t, &at) ? no_shape(f) : with_dim(f, t, at,
		    sizes != NULL && i < k ? dk(f, sizes[i]) :
		    dim_floork(f->types, t->dims[at], n->nout)));
}

void
nd_stack(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	uint32_t at;

	nn_give(f, n, 0, is_shaped(t) && axis_in(attr_int(f, n, "axis", 0), t->rank + 1, &at) ?
	    calc_stacked(f, t, dk(f, n->nin), at) : no_shape(f));
}

void
nd_squeeze(struct infer *f, const struct node *n)
{
	uint32_t k;
	const int64_t *axes = attr_int(f, n, "squeezeAll", 0) ? NULL : attr_ints(f, n, "axes", &k);
	const struct type *t = nn_operand(f, n, 0);

	t = is_shaped(t) ? calc_squeeze(f, n, t, axes, axes != NULL ? k : 0) : no_shape(f);
	if (is_shaped(t) && t->rank == 0) /* no scalars here */
		t = tensor_of(f, DT_F32, (const struct dim *[]){ dk(f, 1) }, 1);
	nn_give(f, n, 0, t);
}

void
nd_expand_dims(struct infer *f, const struct node *n)
{
	uint32_t k;
	const int64_t *axes = attr_ints(f, n, "axes", &k);
	const struct type *t = nn_operand(f, n, 0);

	nn_give(f, n, 0, axes != NULL && is_shaped(t) ? calc_unsqueeze(f, n, t, axes, k) :
	    no_shape(f));
}

void
nd_reshape(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0), *target;

	target = named(n, "reshapeLike") ? nn_operand(f, n, 1) : named(n, "reshapeDynamic") ?
	    shape_from(f, n, 1) : shape_of(f, n, "targetShape");
	nn_give(f, n, 0, is_tensor(t) && is_shaped(target) ? calc_reshape(f, n, t, target->dims,
	    target->rank, named(n, "rankPreservingReshape")) : no_shape(f));
}

void
nd_broadcast_to(struct infer *f, const struct node *n)
{
	nn_give(f, n, 0, named(n, "broadcastToLike") ? nn_operand(f, n, 1) :
	    named(n, "broadcastToDynamic") ? shape_from(f, n, 1) :
	    shape_of(f, n, "targetShape"));
}

/* Filled or random: as another tensor, of a shape that is written or computed. */
void
nd_fill(struct infer *f, const struct node *n)
{
	size_t len = n->type->len;

	if (len > 4 && strcmp(n->type->s + len - 4, "Like") == 0)
		nn_give(f, n, 0, nn_operand(f, n, 0));
	else if (len > 6 && strcmp(n->type->s + len - 6, "Static") == 0)
		nn_give(f, n, 0, shape_of(f, n, node_attr(n, "targetShape") != NULL ?
		    "targetShape" : "outputShape"));
	else
		nn_give(f, n, 0, shape_from(f, n, 0));
}

void
nd_random(struct infer *f, const struct node *n)
{
	nn_give(f, n, 0, nn_with(f, nn_operand(f, n, 0), 1,
	    dk(f, attr_int(f, n, "numSamples", 1))));
}

void
nd_range(struct infer *f, const struct node *n)
{
	double from = attr_float(f, n, "startValue", 0), to = attr_float(f, n, "endValue", 0);
	double step = attr_float(f, n, "stepSizeValue", 1), k;
	const struct dim *len = dim_anon(f->types);

	if (named(n, "rangeStatic") && step != 0) {
		k = ceil((to - from) / step);
		len = k > 0 && k < 1e15 ? dk(f, (int64_t)k) : dk(f, 0);
	}
	nn_give(f, n, 0, tensor_of(f, DT_F32, &len, 1));
}

void
nd_tile(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	uint32_t k;
	const int64_t *reps = attr_ints(f, n, "reps", &k);

	if (!is_shaped(t)) {
		nn_give(f, n, 0, no_shape(f));
		return;
	}
	for (uint32_t i = 0; i < t->rank; i++)
		t = with_dim(f, t, i, reps == NULL || i >= k ? dim_anon(f->types) :
		    dim_mulk(f->types, t->dims[i], reps[i]));
	nn_give(f, n, 0, t);
}

/* Before and behind for each axis; or up to a size, which is 0 where nothing is to
 * change. */
void
nd_pad(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	bool to_size = attr_int(f, n, "padToGivenOutputSizeMode", 0) != 0;
	uint32_t k;
	const int64_t *pads = attr_ints(f, n, "padAmounts", &k);

	for (uint32_t i = 0; is_shaped(t) && i < t->rank; i++) {
		int64_t lo = pads != NULL && 2 * i < k ? pads[2 * i] : 0;
		int64_t hi = pads != NULL && 2 * i + 1 < k ? pads[2 * i + 1] : 0;

		if (pads == NULL)
			t = with_dim(f, t, i, dim_anon(f->types));
		else if (to_size && (lo > 0 || hi > 0))
			t = with_dim(f, t, i, dk(f, lo > hi ? lo : hi));
		else if (!to_size)
			t = with_dim(f, t, i, dim_addk(f->types, t->dims[i], lo + hi));
	}
	nn_give(f, n, 0, t);
}

/* Masks say that an end is the axis' own; others that an axis goes away. */
void
nd_slice(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	const struct dim *dims[RANK_MAX], *from, *to;
	bool is_static = named(n, "sliceStatic");
	uint32_t rank = 0;

	if (!is_shaped(t)) {
		nn_give(f, n, 0, no_shape(f));
		return;
	}
	for (uint32_t i = 0; i < t->rank; i++) {
		int64_t step = nn_number(f, n, "strides", i, 1);

		if (nn_number(f, n, "squeezeMasks", i, 0))
			continue;
		from = nn_number(f, n, "beginMasks", i, 0) ? NULL :
		    dk(f, nn_number(f, n, "beginIds", i, 0));
		to = nn_number(f, n, "endMasks", i, 0) ? NULL :
		    dk(f, nn_number(f, n, "endIds", i, 0));
		dims[rank++] = is_static || (from == NULL && to == NULL) ?
		    calc_slice(f, t->dims[i], from, to, step) : dim_anon(f->types);
	}
	if (rank == 0)
		dims[rank++] = dk(f, 1);
	nn_give(f, n, 0, tensor_of(f, DT_F32, dims, rank));
}

void
nd_slice_size(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	int64_t size = attr_int(f, n, "size", 0);
	uint32_t at;

	nn_give(f, n, 0, axis_of(f, n, t, &at) ? with_dim(f, t, at, size < 0 ?
	    dim_anon(f->types) : dk(f, size)) : no_shape(f));
}

void
nd_windows(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	struct slide s = { .kernel = attr_int(f, n, "windowSize", 1),
	    .stride = attr_int(f, n, "step", 1), .dilation = 1, .mode = PADS_VALID };
	uint32_t at;

	nn_give(f, n, 0, axis_of(f, n, t, &at) ? calc_stacked(f, with_dim(f, t, at,
	    calc_slide(f, t->dims[at], &s)), dk(f, s.kernel), at + 1) : no_shape(f));
}

void
nd_gather(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0), *i = nn_operand(f, n, 1);
	const struct dim *dims[RANK_MAX];
	int64_t deep;
	uint32_t rank = 0;

	if (named(n, "gatherAlongAxis")) {
		nn_give(f, n, 0, i);
	} else if (named(n, "gather")) {
		nn_give(f, n, 0, calc_gather(f, n, t, i, attr_int(f, n, "axis", 0)));
	} else if (is_shaped(t) && is_shaped(i) && i->rank > 0 &&
	    dim_number(i->dims[i->rank - 1], &deep) && deep >= 0 && deep <= t->rank &&
	    i->rank + t->rank <= RANK_MAX) {
		for (uint32_t k = 0; k + 1 < i->rank; k++)
			dims[rank++] = i->dims[k];
		for (uint32_t k = (uint32_t)deep; k < t->rank; k++)
			dims[rank++] = t->dims[k];
		nn_give(f, n, 0, tensor_of(f, DT_F32, dims, rank));
	} else {
		nn_give(f, n, 0, no_shape(f));
	}
}

void
nd_one_hot(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	int64_t size = attr_int(f, n, "oneHotVectorSize", 0);
	uint32_t at;

	nn_give(f, n, 0, is_shaped(t) && axis_in(attr_int(f, n, "axis", 0), t->rank + 1, &at) ?
	    calc_stacked(f, t, n->nin > 1 || size == 0 ? dim_anon(f->types) : dk(f, size), at) :
	    no_shape(f));
}

void
nd_shape(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	const struct dim *len = is_shaped(t) ? dk(f, t->rank) : dim_anon(f->types);

	if (n->nout > 0 && n->out[0] != NULL && n->out[0]->flags & VALUE_OUTPUT)
		return;
	set_output(f, n, 0, tensor_of(f, DT_F32, &len, 1), is_shaped(t) ?
	    val_ints(f, t->dims, t->rank) : NULL);
}

void
nd_load(struct infer *f, const struct node *n)
{
	nn_give(f, n, 0, shape_of(f, n, "shape"));
}

void
nd_non_zero(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	const struct dim *dims[2] = { dim_anon(f->types), is_shaped(t) ? dk(f, t->rank) :
	    dim_anon(f->types) };

	nn_give(f, n, 0, tensor_of(f, DT_F32, dims, 2));
}

void
nd_where(struct infer *f, const struct node *n)
{
	nn_broadcast(f, n);
}

/* All axes before this one, and all others. */
void
nd_flatten(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	int64_t axis = attr_int(f, n, "axis", 0);
	const struct dim *dims[2];

	if (is_shaped(t) && axis < 0)
		axis += t->rank;
	if (!is_shaped(t) || axis < 0 || axis > t->rank) {
		nn_give(f, n, 0, no_shape(f));
		return;
	}
	dims[0] = dims_product(f, t->dims, 0, (uint32_t)axis);
	dims[1] = dims_product(f, t->dims, (uint32_t)axis, t->rank);
	nn_give(f, n, 0, tensor_of(f, DT_F32, dims, 2));
}

/* Boxes and scores as many as may stay, their places, and how many stayed. */
void
nd_nms(struct infer *f, const struct node *n)
{
	const struct type *boxes = nn_operand(f, n, 0), *scores = nn_operand(f, n, 1);
	const struct dim *most = dk(f, attr_int(f, n, "maxBoxes", 0));

	if (!is_shaped(boxes) || !is_shaped(scores) || boxes->rank != 3 || scores->rank != 3)
		return;
	nn_give(f, n, 0, with_dim(f, boxes, 1, most));
	nn_give(f, n, 1, with_dim(f, scores, 1, most));
	nn_give(f, n, 2, tensor_of(f, DT_F32, (const struct dim *[]){ boxes->dims[0], most }, 2));
	nn_give(f, n, 3, tensor_of(f, DT_F32, &boxes->dims[0], 1));
}

void
nd_regions(struct infer *f, const struct node *n)
{
	for (uint32_t i = 0; i < n->nregions; i++)
		infer_graph(f, n->regions[i]);
}
