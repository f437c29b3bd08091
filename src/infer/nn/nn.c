/* SPDX-License-Identifier: Apache-2.0 */
/* Layers of Core ML's neural networks: which function types which, and how the
 * model's inputs look inside. A row a layer, since layers of one kind have other
 * parameters. Source: the comments of the format's schema, NeuralNetwork.proto of
 * coremltools 9.0, and sizes in compiled models. */
#include <string.h>

#include "base/str.h"
#include "infer/calc.h"
#include "infer/nn/nn_kinds.h"

static bool
graph_says(const struct graph *g, const char *name)
{
	for (uint32_t i = 0; i < g->nattrs; i++)
		if (strcmp(g->attrs[i].name->s, name) == 0)
			return g->attrs[i].declared_raw != 0;
	return false;
}

static uint32_t
channels_of(const struct type *t)
{
	return t->name != NULL && strncmp(t->name->s, "GRAY", 4) == 0 ? 1 : 3;
}

/* An image of width and height as the network sees it. */
static const struct type *
image_inside(struct infer *f, const struct type *t)
{
	const struct dim *dims[5];
	uint32_t rank = 0;

	if (t->rank < 2)
		return tensor_no_rank(f, DT_F32);
	if (!graph_says(f->model->main, "imageInputShapeMapping"))
		dims[rank++] = dk(f, 1);
	dims[rank++] = dk(f, 1);
	dims[rank++] = dk(f, channels_of(t));
	dims[rank++] = t->dims[1];
	dims[rank++] = t->dims[0];
	return tensor_of(f, DT_F32, dims, rank);
}

static const struct type *
array_inside(struct infer *f, const struct type *t)
{
	const struct dim *dims[5], *one = dk(f, 1);

	if (!is_shaped(t))
		return tensor_no_rank(f, DT_F32);
	if (graph_says(f->model->main, "arrayInputShapeMapping") || t->rank > 4 || t->rank == 0)
		return with_dtype(f, t, DT_F32);
	for (uint32_t i = 0; i < 5; i++)
		dims[i] = one;
	/* C; C, H, W; two and four dims are no form of the mapping */
	if (t->rank == 1)
		dims[2] = t->dims[0];
	else if (t->rank == 3)
		for (uint32_t i = 0; i < 3; i++)
			dims[2 + i] = t->dims[i];
	else
		return tensor_no_rank(f, DT_F32);
	return tensor_of(f, DT_F32, dims, 5);
}

/* An output declared without dims may have any. */
static bool
says_shape(const struct type *t)
{
	return t != NULL && (!is_tensor(t) || (t->has_rank && t->rank > 0));
}

static const struct type *
type_inside(struct infer *f, const struct value *v)
{
	const struct type *t = fact_of(f, v)->type;
	bool outside = v != NULL && v->graph == f->model->main && (v->flags & VALUE_INPUT ||
	    (v->flags & VALUE_OUTPUT && says_shape(v->type)));

	if (t == NULL)
		return NULL;
	if (t->tag == TY_IMAGE)
		return image_inside(f, t);
	if (t->tag == TY_SCALAR)
		return array_inside(f, tensor_of(f, DT_F32, (const struct dim *[]){ dk(f, 1) }, 1));
	return outside ? array_inside(f, t) : t;
}

const struct type *
nn_operand(struct infer *f, const struct node *n, uint32_t i)
{
	return type_inside(f, operand(n, i));
}

const struct type *
infer_network(struct infer *f, const struct node *n, const struct value *v)
{
	const struct type *t = type_inside(f, v);
	const struct dim *dims[4];

	if (!is_shaped(t) || t->rank != 5 || graph_says(f->model->main, "arrayInputShapeMapping"))
		return t;
	dims[0] = dim_mul(f->types, t->dims[0], t->dims[1]);
	for (uint32_t i = 1; i < 4; i++)
		dims[i] = t->dims[i + 1];
	if (n == NULL || !named(n, "innerProduct"))
		return tensor_of(f, t->dtype, dims, 4);
	dims[1] = dims_product(f, dims, 1, 4);
	return tensor_of(f, t->dtype, dims, 2);
}

void
nn_give(struct infer *f, const struct node *n, uint32_t i, const struct type *t)
{
	const struct value *v = i < n->nout ? n->out[i] : NULL;

	if (v == NULL)
		return;
	if (v->flags & VALUE_OUTPUT && v->graph == f->model->main && says_shape(v->type))
		return;
	if (!is_tensor(v->type) || !(v->flags & VALUE_OUTPUT)) {
		set_output(f, n, i, t, NULL);
		return;
	}
	fact_of(f, v);
	f->entries[v->id].fact.type = is_tensor(v->type) && is_tensor(t) &&
	    v->type->dtype != DT_NONE ? with_dtype(f, t, v->type->dtype) : t;
}

const struct dim *
nn_axis(struct infer *f, const struct type *t, uint32_t from_end)
{
	if (!is_shaped(t))
		return dim_anon(f->types);
	return t->rank < from_end ? dk(f, 1) : t->dims[t->rank - from_end];
}

const struct type *
nn_with(struct infer *f, const struct type *t, uint32_t from_end, const struct dim *d)
{
	return is_shaped(t) && t->rank >= from_end ? with_dim(f, t, t->rank - from_end, d) : t;
}

int64_t
nn_number(struct infer *f, const struct node *n, const char *name, uint32_t i, int64_t otherwise)
{
	uint32_t k;
	const int64_t *list = attr_ints(f, n, name, &k);

	if (list == NULL)
		return i == 0 ? attr_int(f, n, name, otherwise) : otherwise;
	return i < k ? list[i] : otherwise;
}

void
nn_same(struct infer *f, const struct node *n)
{
	for (uint32_t i = 0; i < n->nout; i++)
		nn_give(f, n, i, nn_operand(f, n, 0));
}

void
nn_broadcast(struct infer *f, const struct node *n)
{
	const struct type **t = arena_array(f->arena, n->nin, sizeof *t);

	for (uint32_t i = 0; i < n->nin; i++)
		t[i] = nn_operand(f, n, i);
	nn_give(f, n, 0, calc_broadcast(f, n, t, n->nin, DT_F32));
}

/* A type of another model in our tables: numbers stay, names do not. */
static const struct type *
brought_in(struct infer *f, const struct type *t)
{
	const struct dim *dims[RANK_MAX];
	struct type copy;
	int64_t v;

	while (t != NULL && (t->tag == TY_RANGE || t->tag == TY_ENUM))
		t = t->elem;
	if (t == NULL || (t->tag != TY_TENSOR && t->tag != TY_SCALAR && t->tag != TY_IMAGE) ||
	    t->rank > RANK_MAX)
		return NULL;
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = dim_number(t->dims[i], &v) ? dk(f, v) : dim_anon(f->types);
	copy = *t;
	copy.dims = dims;
	copy.elem = NULL;
	if (t->name != NULL)
		copy.name = str_intern(&f->model->strs, t->name->s, t->name->len);
	return type_intern(f->types, &copy);
}

/* A stage of a pipeline gives what its model says. */
static void
stage_outputs(struct infer *f, const struct node *n)
{
	const struct model *stage;

	if (n->graph != f->model->main || n->index >= f->model->nstages)
		return;
	stage = f->model->stages[n->index];
	for (uint32_t i = 0; stage != NULL && i < n->nout; i++)
		for (uint32_t k = 0; k < stage->nfeatures && n->out[i] != NULL; k++)
			if (stage->features[k].role == FEATURE_OUTPUT &&
			    strcmp(stage->features[k].name->s, n->out[i]->name->s) == 0 &&
			    fact_of(f, n->out[i])->type == NULL)
				set_output(f, n, i, brought_in(f, stage->features[k].type), NULL);
}

/* Sorted by name; layers that keep the shape of what they take have no row. */
static const struct { const char *name; infer_fn *fn; } rows[] = {
	{ "NonMaximumSuppression", nd_nms }, { "add", nn_broadcast },
	{ "addBroadcastable", nn_broadcast }, { "argMax", nd_arg }, { "argMin", nd_arg },
	{ "average", nn_broadcast }, { "batchedMatmul", nd_matmul },
	{ "biDirectionalLSTM", nn_recurrent }, { "branch", nd_regions },
	{ "broadcastToDynamic", nd_broadcast_to }, { "broadcastToLike", nd_broadcast_to },
	{ "broadcastToStatic", nd_broadcast_to }, { "categoricalDistribution", nd_random },
	{ "concat", nn_concat }, { "concatND", nd_concat }, { "constantPad", nd_pad },
	{ "convolution", nn_conv }, { "convolution3d", nn_conv3d }, { "crop", nn_crop },
	{ "cropResize", nn_crop_resize }, { "custom", NULL },
	{ "divideBroadcastable", nn_broadcast }, { "dot", nn_dot },
	{ "embedding", nn_embedding }, { "embeddingND", nd_embedding },
	{ "equal", nn_broadcast }, { "expandDims", nd_expand_dims },
	{ "fillDynamic", nd_fill }, { "fillLike", nd_fill }, { "fillStatic", nd_fill },
	{ "flatten", nn_flatten }, { "flattenTo2D", nd_flatten },
	{ "floorDivBroadcastable", nn_broadcast }, { "gather", nd_gather },
	{ "gatherAlongAxis", nd_gather }, { "gatherND", nd_gather }, { "getShape", nd_shape },
	{ "globalPooling3d", nn_global_pool3d }, { "greaterEqual", nn_broadcast },
	{ "greaterThan", nn_broadcast }, { "gru", nn_recurrent },
	{ "innerProduct", nn_inner_product }, { "lessEqual", nn_broadcast },
	{ "lessThan", nn_broadcast }, { "loadConstant", nn_load },
	{ "loadConstantND", nd_load }, { "logicalAnd", nn_broadcast },
	{ "logicalOr", nn_broadcast }, { "logicalXor", nn_broadcast }, { "loop", nd_regions },
	{ "max", nn_broadcast }, { "maxBroadcastable", nn_broadcast }, { "min", nn_broadcast },
	{ "minBroadcastable", nn_broadcast }, { "modBroadcastable", nn_broadcast },
	{ "multiply", nn_broadcast }, { "multiplyBroadcastable", nn_broadcast },
	{ "notEqual", nn_broadcast }, { "oneHot", nd_one_hot }, { "padding", nn_padding },
	{ "permute", nn_permute }, { "pooling", nn_pool }, { "pooling3d", nn_pool3d },
	{ "powBroadcastable", nn_broadcast }, { "randomBernoulliDynamic", nd_fill },
	{ "randomBernoulliLike", nd_fill }, { "randomBernoulliStatic", nd_fill },
	{ "randomNormalDynamic", nd_fill }, { "randomNormalLike", nd_fill },
	{ "randomNormalStatic", nd_fill }, { "randomUniformDynamic", nd_fill },
	{ "randomUniformLike", nd_fill }, { "randomUniformStatic", nd_fill },
	{ "rangeDynamic", nd_range }, { "rangeStatic", nd_range },
	{ "rankPreservingReshape", nd_reshape }, { "reduce", nn_reduce },
	{ "reduceL1", nd_reduce }, { "reduceL2", nd_reduce }, { "reduceLogSum", nd_reduce },
	{ "reduceLogSumExp", nd_reduce }, { "reduceMax", nd_reduce },
	{ "reduceMean", nd_reduce }, { "reduceMin", nd_reduce }, { "reduceProd", nd_reduce },
	{ "reduceSum", nd_reduce }, { "reduceSumSquare", nd_reduce },
	{ "reorganizeData", nn_reorganize }, { "reshape", nn_reshape },
	{ "reshapeDynamic", nd_reshape }, { "reshapeLike", nd_reshape },
	{ "reshapeStatic", nd_reshape }, { "resizeBilinear", nn_resize },
	{ "sequenceRepeat", nn_repeat }, { "simpleRecurrent", nn_recurrent },
	{ "slice", nn_slice }, { "sliceBySize", nd_slice_size }, { "sliceDynamic", nd_slice },
	{ "sliceStatic", nd_slice }, { "slidingWindows", nd_windows }, { "split", nn_split },
	{ "splitND", nd_split }, { "squeeze", nd_squeeze }, { "stack", nd_stack },
	{ "subtractBroadcastable", nn_broadcast }, { "tile", nd_tile }, { "topK", nd_top_k },
	{ "transpose", nd_transpose }, { "uniDirectionalLSTM", nn_recurrent },
	{ "upsample", nn_upsample }, { "whereBroadcastable", nd_where },
	{ "whereNonZero", nd_non_zero },
};

/* Is it a layer of a network that changes values alone? */
static bool
keeps_shape(const struct node *n)
{
	enum family fam = sem_family(n->op->sem);

	switch ((unsigned)n->op->sem) {
	case SEM_TRI: case SEM_REVERSE: case SEM_CUMULATIVE: case SEM_IDENTITY: case SEM_SCALE:
	case SEM_SCATTER_ND: case SEM_SCATTER_ELEMENTS: case SEM_SCATTER_SLICES:
	case SEM_ARG_REDUCE:
		return !named(n, "scaler") && !named(n, "identity");
	default:
		return (fam == FAM_ACT || fam == FAM_NORM || fam == FAM_ELEMENTWISE) &&
		    !named(n, "normalizer");
	}
}

infer_fn *
nn_function(const struct node *n)
{
	uint32_t lo = 0, hi = sizeof rows / sizeof *rows, mid;
	int c;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = strcmp(rows[mid].name, n->type->s);
		if (c == 0)
			return rows[mid].fn;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (n->op->sem == SEM_MODEL || sem_family(n->op->sem) == FAM_ML)
		return stage_outputs;
	/* other kinds of models have declared results alone */
	return keeps_shape(n) ? nn_same : NULL;
}
