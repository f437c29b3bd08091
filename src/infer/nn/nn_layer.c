/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that know channel, height and width, the last three axes, and those of
 * networks of five dims: sequence, batch, channel, height, width. */
#include <string.h>

#include "base/str.h"
#include "infer/calc.h"
#include "infer/nn/nn_kinds.h"

static const struct type *
no_shape(struct infer *f)
{
	return tensor_no_rank(f, DT_F32);
}

/* Window along axis 0 (height) or 1 (width) of a layer whose padding is the oneof
 * of this name. */
static struct slide
window(struct infer *f, const struct node *n, const char *kind, uint32_t i)
{
	struct slide s = { .kernel = nn_number(f, n, "kernelSize", i, 3),
	    .stride = nn_number(f, n, "stride", i, 1),
	    .dilation = nn_number(f, n, "dilationFactor", i, 1) };
	const char *pad = attr_text(f, n, kind);

	if (pad != NULL && strcmp(pad, "same") == 0) {
		s.mode = PADS_SAME;
	} else if (pad != NULL && strcmp(pad, "includeLastPixel") == 0) {
		s.lo = s.hi = nn_number(f, n, "includeLastPixel.paddingAmounts", i, 0);
		s.ceil = s.clip = true;
	} else {
		s.lo = nn_number(f, n, "valid.paddingAmounts.borderAmounts.startEdgeSize", i, 0);
		s.hi = nn_number(f, n, "valid.paddingAmounts.borderAmounts.endEdgeSize", i, 0);
	}
	return s;
}

static const struct dim *
widened(struct infer *f, const struct dim *d, const struct slide *s)
{
	int64_t reach;

	if (s->mode == PADS_SAME)
		return dim_mulk(f->types, d, s->stride);
	return !calc_reach(s, 0, &reach) ? unknown_dim(f) : dim_addk(f->types,
	    dim_mulk(f->types, dim_addk(f->types, d, -1), s->stride), reach);
}

void
nn_conv(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	bool back = attr_int(f, n, "isDeconvolution", 0) != 0;
	const struct dim *d;
	struct slide s;
	uint32_t k;

	if (!is_shaped(t) || t->rank < 3) {
		nn_give(f, n, 0, no_shape(f));
		return;
	}
	t = nn_with(f, t, CHANNEL, dk(f, attr_int(f, n, "outputChannels", 0)));
	for (uint32_t i = 0; i < 2; i++) {
		s = window(f, n, "ConvolutionPaddingType", i);
		d = nn_axis(f, t, HEIGHT - i);
		if (back && attr_ints(f, n, "outputShape", &k) != NULL && k > i)
			d = dk(f, nn_number(f, n, "outputShape", i, 0));
		else
			d = back ? widened(f, d, &s) : calc_slide(f, d, &s);
		t = nn_with(f, t, HEIGHT - i, d);
	}
	nn_give(f, n, 0, t);
}

/* Depth, height and width in words of their own. */
static struct slide
window3d(struct infer *f, const struct node *n, uint32_t i)
{
	static const char *const kernel[] = { "kernelDepth", "kernelHeight", "kernelWidth" };
	static const char *const stride[] = { "strideDepth", "strideHeight", "strideWidth" };
	static const char *const dilation[] = { "dilationDepth", "dilationHeight",
	    "dilationWidth" };
	static const char *const lo[] = { "customPaddingFront", "customPaddingTop",
	    "customPaddingLeft" };
	static const char *const hi[] = { "customPaddingBack", "customPaddingBottom",
	    "customPaddingRight" };
	struct slide s = { .kernel = attr_int(f, n, kernel[i], 1),
	    .stride = attr_int(f, n, stride[i], 1), .dilation = attr_int(f, n, dilation[i], 1) };
	const char *pad = attr_text(f, n, "paddingType");

	if (pad != NULL && strcmp(pad, "SAME") == 0) {
		s.mode = PADS_SAME;
	} else if (pad == NULL || strcmp(pad, "CUSTOM") == 0) {
		s.lo = attr_int(f, n, lo[i], 0);
		s.hi = attr_int(f, n, hi[i], 0);
	}
	return s;
}

static void
slide3d(struct infer *f, const struct node *n, const struct type *t)
{
	bool back = attr_int(f, n, "isDeconvolution", 0) != 0;
	const struct dim *d;
	struct slide s;
	uint32_t k;

	for (uint32_t i = 0; i < 3; i++) {
		s = window3d(f, n, i);
		d = nn_axis(f, t, 3 - i);
		if (back && attr_ints(f, n, "outputShape", &k) != NULL && k > i)
			d = dk(f, nn_number(f, n, "outputShape", i, 0));
		else
			d = back ? widened(f, d, &s) : calc_slide(f, d, &s);
		t = nn_with(f, t, 3 - i, d);
	}
	nn_give(f, n, 0, t);
}

void
nn_conv3d(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);

	if (!is_shaped(t) || t->rank < 4)
		nn_give(f, n, 0, no_shape(f));
	else
		slide3d(f, n, nn_with(f, t, 4, dk(f, attr_int(f, n, "outputChannels", 0))));
}

void
nn_pool3d(struct infer *f, const struct node *n)
{
	slide3d(f, n, nn_operand(f, n, 0));
}

void
nn_global_pool3d(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);

	for (uint32_t i = 1; i <= 3; i++)
		t = nn_with(f, t, i, dk(f, 1));
	nn_give(f, n, 0, t);
}

void
nn_pool(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	bool global = attr_int(f, n, "globalPooling", 0) != 0;
	struct slide s;

	for (uint32_t i = 0; i < 2; i++) {
		s = window(f, n, "PoolingPaddingType", i);
		t = nn_with(f, t, HEIGHT - i, global ? dk(f, 1) :
		    calc_slide(f, nn_axis(f, t, HEIGHT - i), &s));
	}
	nn_give(f, n, 0, t);
}

/* On the channels of five dims, on the last axis of fewer. */
void
nn_inner_product(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);

	nn_give(f, n, 0, nn_with(f, t, is_shaped(t) && t->rank == 5 ? CHANNEL : 1,
	    dk(f, attr_int(f, n, "outputChannels", 0))));
}

void
nn_embedding(struct infer *f, const struct node *n)
{
	nn_give(f, n, 0, nn_with(f, nn_operand(f, n, 0), CHANNEL,
	    dk(f, attr_int(f, n, "outputChannels", 0))));
}

/* Results of one step or of all, then the states. */
void
nn_recurrent(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0), *state;
	bool all = attr_int(f, n, "sequenceOutput", 0) ||
	    attr_int(f, n, "params.sequenceOutput", 0);
	int64_t size = attr_int(f, n, "outputVectorSize", 0);

	if (!is_shaped(t) || t->rank != 5) {
		nn_give(f, n, 0, no_shape(f));
		return;
	}
	t = nn_with(f, nn_with(f, t, HEIGHT, dk(f, 1)), WIDTH, dk(f, 1));
	state = nn_with(f, nn_with(f, t, CHANNEL, dk(f, size)), 5, dk(f, 1));
	t = nn_with(f, t, CHANNEL, dk(f, named(n, "biDirectionalLSTM") ? 2 * size : size));
	nn_give(f, n, 0, all ? t : nn_with(f, t, 5, dk(f, 1)));
	for (uint32_t i = 1; i < n->nout; i++)
		nn_give(f, n, i, state);
}

/* Height and width changed by amounts at both ends. */
static const struct type *
bordered(struct infer *f, const struct node *n, const struct type *t, const char *lo,
	const char *hi, int sign)
{
	for (uint32_t i = 0; i < 2; i++)
		t = nn_with(f, t, HEIGHT - i, dim_addk(f->types, nn_axis(f, t, HEIGHT - i),
		    sign * (nn_number(f, n, lo, i, 0) + nn_number(f, n, hi, i, 0))));
	return t;
}

void
nn_padding(struct infer *f, const struct node *n)
{
	nn_give(f, n, 0, bordered(f, n, nn_operand(f, n, 0),
	    "paddingAmounts.borderAmounts.startEdgeSize",
	    "paddingAmounts.borderAmounts.endEdgeSize", 1));
}

/* Cut by amounts, or to the size of a second operand. */
void
nn_crop(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0), *as = nn_operand(f, n, 1);

	if (n->nin < 2)
		t = bordered(f, n, t, "cropAmounts.borderAmounts.startEdgeSize",
		    "cropAmounts.borderAmounts.endEdgeSize", -1);
	else
		t = nn_with(f, nn_with(f, t, HEIGHT, nn_axis(f, as, HEIGHT)), WIDTH,
		    nn_axis(f, as, WIDTH));
	nn_give(f, n, 0, t);
}

void
nn_upsample(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	const struct attr *parts = node_attr(n, "fractionalScalingFactor");
	const struct dim *d;
	int64_t size;

	for (uint32_t i = 0; i < 2; i++) {
		d = nn_axis(f, t, HEIGHT - i);
		if (parts != NULL && parts->kind == ATTR_FLOATS && parts->n > i &&
		    parts->v.floats != NULL)
			d = dim_number(d, &size) ? dk(f, (int64_t)((double)size *
			    (double)parts->v.floats[i])) : dim_anon(f->types);
		else
			d = dim_mulk(f->types, d, nn_number(f, n, "scalingFactor", i, 1));
		t = nn_with(f, t, HEIGHT - i, d);
	}
	nn_give(f, n, 0, t);
}

void
nn_resize(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);

	for (uint32_t i = 0; i < 2; i++)
		t = nn_with(f, t, HEIGHT - i, dk(f, nn_number(f, n, "targetSize", i, 1)));
	nn_give(f, n, 0, t);
}

/* A crop a box: boxes stand on the sequence axis. */
void
nn_crop_resize(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0), *boxes = nn_operand(f, n, 1);

	for (uint32_t i = 0; i < 2; i++)
		t = nn_with(f, t, HEIGHT - i, dk(f, nn_number(f, n, "targetSize", i, 1)));
	nn_give(f, n, 0, nn_with(f, t, 5, nn_axis(f, boxes, 5)));
}

void
nn_reorganize(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	const char *mode = attr_text(f, n, "mode");
	int64_t b = attr_int(f, n, "blockSize", 1);
	bool in = mode == NULL || strcmp(mode, "SPACE_TO_DEPTH") == 0;
	const struct dim *c = nn_axis(f, t, CHANNEL);

	if (b < 1)
		return;
	for (uint32_t i = WIDTH; i <= HEIGHT; i++)
		t = nn_with(f, t, i, in ? dim_floork(f->types, nn_axis(f, t, i), b) :
		    dim_mulk(f->types, nn_axis(f, t, i), b));
	nn_give(f, n, 0, nn_with(f, t, CHANNEL, in ? dim_mulk(f->types, c, b * b) :
	    dim_floork(f->types, c, b * b)));
}

void
nn_slice(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	const char *axis = attr_text(f, n, "axis");
	uint32_t at = axis == NULL || axis[0] == 'C' ? CHANNEL : axis[0] == 'H' ? HEIGHT : WIDTH;
	int64_t step = attr_int(f, n, "stride", 1);

	nn_give(f, n, 0, nn_with(f, t, at, calc_slice(f, nn_axis(f, t, at),
	    dk(f, attr_int(f, n, "startIndex", 0)), dk(f, attr_int(f, n, "endIndex", 0)),
	    step < 1 ? 1 : step)));
}

void
nn_reduce(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	const char *axes = attr_text(f, n, "axis");

	for (axes = axes != NULL ? axes : "CHW"; *axes != '\0'; axes++)
		t = nn_with(f, t, *axes == 'C' ? CHANNEL : *axes == 'H' ? HEIGHT : WIDTH, dk(f, 1));
	nn_give(f, n, 0, t);
}

/* Channel, height and width, or with the sequence in front. */
void
nn_reshape(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);
	uint32_t k;
	const int64_t *target = attr_ints(f, n, "targetShape", &k);
	const struct dim *dims[5];

	if (!is_shaped(t) || t->rank != 5 || target == NULL || k < 3 || k > 4) {
		nn_give(f, n, 0, no_shape(f));
		return;
	}
	dims[0] = k == 4 ? dk(f, target[0]) : t->dims[0];
	dims[1] = t->dims[1];
	for (uint32_t i = 0; i < 3; i++)
		dims[2 + i] = dk(f, target[k - 3 + i]);
	nn_give(f, n, 0, calc_reshape(f, n, t, dims, 5, false));
}

void
nn_flatten(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);

	if (is_shaped(t) && t->rank >= 3) {
		t = nn_with(f, t, CHANNEL, dims_product(f, t->dims, t->rank - 3, t->rank));
		t = nn_with(f, nn_with(f, t, HEIGHT, dk(f, 1)), WIDTH, dk(f, 1));
	}
	nn_give(f, n, 0, t);
}

/* Four axes change places; the batch stays. */
void
nn_permute(struct infer *f, const struct node *n)
{
	static const uint32_t place[] = { 0, 2, 3, 4 };
	const struct type *t = nn_operand(f, n, 0), *out = t;

	for (uint32_t i = 0; is_shaped(t) && t->rank == 5 && i < 4; i++) {
		int64_t from = nn_number(f, n, "axis", i, i);

		if (from >= 0 && from < 4)
			out = with_dim(f, out, place[i], t->dims[place[from]]);
	}
	nn_give(f, n, 0, out);
}

void
nn_concat(struct infer *f, const struct node *n)
{
	const struct type **t = arena_array(f->arena, n->nin, sizeof *t);

	for (uint32_t i = 0; i < n->nin; i++)
		t[i] = nn_operand(f, n, i);
	nn_give(f, n, 0, calc_concat(f, n, t, n->nin,
	    attr_int(f, n, "sequenceConcat", 0) ? -5 : -3));
}

void
nn_split(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);

	for (uint32_t i = 0; i < n->nout; i++)
		nn_give(f, n, i, nn_with(f, t, CHANNEL, dim_floork(f->types,
		    nn_axis(f, t, CHANNEL), n->nout)));
}

void
nn_repeat(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);

	nn_give(f, n, 0, nn_with(f, t, 5, dim_mulk(f->types, nn_axis(f, t, 5),
	    attr_int(f, n, "nRepetitions", 1))));
}

void
nn_load(struct infer *f, const struct node *n)
{
	const struct dim *dims[5] = { dk(f, 1), dk(f, 1) };

	for (uint32_t i = 0; i < 3; i++)
		dims[2 + i] = dk(f, nn_number(f, n, "shape", i, 1));
	nn_give(f, n, 0, tensor_of(f, DT_F32, dims, 5));
}

void
nn_dot(struct infer *f, const struct node *n)
{
	const struct type *t = nn_operand(f, n, 0);

	for (uint32_t i = WIDTH; i <= CHANNEL; i++)
		t = nn_with(f, t, i, dk(f, 1));
	nn_give(f, n, 0, t);
}
