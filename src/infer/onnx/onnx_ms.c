/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that onnxruntime adds to ONNX (com.microsoft), and those of other domains
 * and previews that no kind covers. Source: what onnxruntime 1.23 gives when it runs
 * them, the specifications of the others. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/calc.h"
#include "infer/onnx/onnx_kinds.h"

static const struct type *
in(struct infer *f, const struct node *n, uint32_t i)
{
	return operand_fact(f, n, i)->type;
}

static const struct dim *
dim_at(struct infer *f, const struct type *t, uint32_t i)
{
	return is_shaped(t) && i < t->rank ? t->dims[i] : dim_anon(f->types);
}

static const struct dim *
last_dim(struct infer *f, const struct type *t)
{
	return is_shaped(t) && t->rank > 0 ? t->dims[t->rank - 1] : dim_anon(f->types);
}

/* All axes of t but the last. */
static const struct type *
with_last(struct infer *f, const struct type *t, const struct dim *d, enum dtype dt)
{
	return is_shaped(t) && t->rank > 0 ? with_dtype(f, with_dim(f, t, t->rank - 1, d), dt) :
	    tensor_no_rank(f, dt);
}

/* Channels last to channels second, or back. */
static const struct type *
moved(struct infer *f, const struct type *t, bool back)
{
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(t) || t->rank < 3)
		return t;
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = i == 0 ? t->dims[0] : !back ? t->dims[i == 1 ? t->rank - 1 : i - 1] :
		    t->dims[i + 1 == t->rank ? 1 : i + 1];
	return tensor_of(f, t->dtype, dims, t->rank);
}

/* --- attention ----------------------------------------------------------- */

/* Hidden sizes of query, key and value in weights that hold all three. */
static void
packed_attention(struct infer *f, const struct node *n)
{
	bool quantised = named(n, "QAttention");
	const struct type *x = in(f, n, 0), *w = in(f, n, 1), *past = in(f, n, quantised ? 8 : 4);
	const struct dim *dims[5], *hidden, *total;
	enum dtype dt = elem_dtype(quantised ? in(f, n, 2) : x);
	int64_t heads = attr_int(f, n, "num_heads", 1);
	const int64_t *sizes;
	uint32_t k;

	sizes = attr_ints(f, n, "qkv_hidden_sizes", &k);
	hidden = sizes != NULL && k == 3 ? dk(f, sizes[2]) :
	    dim_floork(f->types, last_dim(f, w), 3);
	set_output(f, n, 0, with_last(f, x, hidden, dt), NULL);
	total = dim_at(f, x, 1);
	if (is_shaped(past) && past->rank == 5)
		total = dim_add(f->types, total, past->dims[3]);
	dims[0] = dk(f, 2);
	dims[1] = dim_at(f, x, 0);
	dims[2] = dk(f, heads);
	dims[3] = total;
	dims[4] = heads > 0 ? dim_floork(f->types, hidden, heads) : dim_anon(f->types);
	set_output(f, n, 1, tensor_of(f, dt, dims, 5), NULL);
}

/* Query, key and value apart, packed in one another, or of a cache. */
static void
multi_head(struct infer *f, const struct node *n)
{
	const struct type *q = in(f, n, 0), *k = in(f, n, 1), *v = in(f, n, 2), *past;
	int64_t heads = attr_int(f, n, "num_heads", 1);
	bool masked = named(n, "DecoderMaskedMultiHeadAttention");
	const struct dim *dims[4], *hidden, *len;

	if (is_shaped(v))
		hidden = v->rank == 4 ? dim_mulk(f->types, v->dims[3], heads) : last_dim(f, v);
	else if (is_shaped(q) && q->rank == 5)
		hidden = dim_mulk(f->types, q->dims[4], heads);
	else
		hidden = last_dim(f, q);
	dims[0] = dim_at(f, q, 0);
	dims[1] = dim_at(f, q, 1);
	dims[2] = hidden;
	set_output(f, n, 0, tensor_of(f, elem_dtype(q), dims, 3), NULL);
	len = !is_shaped(k) ? dim_at(f, q, 1) : k->rank == 4 ? k->dims[2] : dim_at(f, k, 1);
	past = in(f, n, masked ? 5 : 6);
	if (is_shaped(past) && past->rank == 4 && masked)
		len = past->dims[2]; /* written where it ends */
	else if (is_shaped(past) && past->rank == 4)
		len = dim_add(f->types, len, past->dims[2]);
	dims[1] = dk(f, heads);
	dims[2] = len;
	for (uint32_t i = 1; i < 3; i++) {
		const struct dim *width = i == 1 && !is_shaped(k) ? hidden : i == 2 ? hidden :
		    k->rank == 4 ? dim_mulk(f->types, k->dims[3], heads) : last_dim(f, k);

		dims[3] = heads > 0 ? dim_floork(f->types, width, heads) : dim_anon(f->types);
		set_output(f, n, i, tensor_of(f, elem_dtype(q), dims, 4), NULL);
	}
}

/* Key and value may stand behind the query; the cache is as long as it must be. */
static void
group_query(struct infer *f, const struct node *n)
{
	const struct type *q = in(f, n, 0), *past = in(f, n, 3);
	int64_t heads = attr_int(f, n, "num_heads", 1), kv = attr_int(f, n, "kv_num_heads", 1);
	int64_t total, had;
	const struct dim *dims[4], *hidden = last_dim(f, q), *head;

	if (operand(n, 1) == NULL && heads + 2 * kv > 0)
		hidden = dim_mulk(f->types, dim_floork(f->types, hidden, heads + 2 * kv), heads);
	head = heads > 0 ? dim_floork(f->types, hidden, heads) : dim_anon(f->types);
	set_output(f, n, 0, with_last(f, q, hidden, elem_dtype(q)), NULL);
	dims[0] = dim_at(f, q, 0);
	dims[1] = dk(f, kv);
	dims[2] = dim_anon(f->types);
	if (number_of(f, operand(n, 6), &total) && is_shaped(past) && past->rank == 4 &&
	    dim_number(past->dims[2], &had))
		dims[2] = dk(f, total > had ? total : had);
	dims[3] = head;
	for (uint32_t i = 1; i < 3; i++)
		set_output(f, n, i, tensor_of(f, elem_dtype(past) != DT_NONE ? elem_dtype(past) :
		    elem_dtype(q), dims, 4), NULL);
}

static void
position_bias(struct infer *f, const struct node *n)
{
	const struct type *table = in(f, n, 0);
	const struct dim *dims[4] = { dk(f, 1), last_dim(f, table), dim_anon(f->types),
	    dim_anon(f->types) }, *const *len;
	uint32_t k;

	for (uint32_t i = 1; i < 3; i++)
		if ((len = ints_of(f, operand(n, i), &k)) != NULL && k == 1)
			dims[i + 1] = len[0];
	set_output(f, n, 0, tensor_of(f, elem_dtype(table), dims, 4), NULL);
}

/* --- products -------------------------------------------------------------- */

/* With the last two axes swapped; batch: the first axis goes behind those between. */
static const struct type *
turned(struct infer *f, const struct type *t, bool last, bool batch)
{
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(t) || t->rank < 2)
		return t;
	memcpy(dims, t->dims, t->rank * sizeof *dims);
	for (uint32_t i = 0; batch && i + 2 < t->rank; i++)
		dims[i] = t->dims[i + 1];
	if (batch)
		dims[t->rank - 2] = t->dims[0];
	if (last) {
		const struct dim *d = dims[t->rank - 1];

		dims[t->rank - 1] = dims[t->rank - 2];
		dims[t->rank - 2] = d;
	}
	return tensor_of(f, t->dtype, dims, t->rank);
}

static void
fused_matmul(struct infer *f, const struct node *n)
{
	const struct type *a = in(f, n, 0), *b = in(f, n, 1);

	a = turned(f, a, attr_int(f, n, "transA", 0), attr_int(f, n, "transBatchA", 0));
	b = turned(f, b, attr_int(f, n, "transB", 0), attr_int(f, n, "transBatchB", 0));
	set_output(f, n, 0, calc_matmul(f, n, a, b, elem_dtype(a)), NULL);
}

/* Quantised operands, results of floats or whole numbers. */
static void
mixed_matmul(struct infer *f, const struct node *n)
{
	const struct type *a = in(f, n, 0);
	enum dtype dt = named(n, "MatMulInteger16") ? DT_I32 :
	    named(n, "MatMulIntegerToFloat") ? elem_dtype(in(f, n, 2)) : elem_dtype(a);

	set_output(f, n, 0, calc_matmul(f, n, a, in(f, n, 1), dt), NULL);
}

/* Weights in blocks of few bits: their sizes are attributes. */
static void
block_matmul(struct infer *f, const struct node *n)
{
	const struct type *a = in(f, n, 0);
	const struct dim *const *shape, *wide = dim_anon(f->types);
	uint32_t k;

	if (attr_of(f, n, "N") != NULL)
		wide = dk(f, attr_int(f, n, "N", 0));
	else if ((shape = ints_of(f, operand(n, 2), &k)) != NULL && k == 2)
		wide = shape[1];
	set_output(f, n, 0, with_last(f, a, wide, elem_dtype(a)), NULL);
}

static void
quantised_gemm(struct infer *f, const struct node *n)
{
	const struct type *a = in(f, n, 0), *b = in(f, n, 3), *zero = in(f, n, 8);
	enum dtype dt = elem_dtype(is_tensor(zero) ? zero : in(f, n, 1));

	a = turned(f, a, attr_int(f, n, "transA", 0), false);
	b = turned(f, b, attr_int(f, n, "transB", 0), false);
	set_output(f, n, 0, calc_matmul(f, n, a, b, dt), NULL);
}

/* --- element by element ---------------------------------------------------- */

static void
alike(struct infer *f, const struct node *n)
{
	const struct type *t = in(f, n, named(n, "NGramRepeatBlock") ? 1 : 0);

	set_output(f, n, 0, t, NULL);
}

static void
two_quantised(struct infer *f, const struct node *n)
{
	const struct type *t[3] = { in(f, n, 0), in(f, n, 3), NULL };
	uint32_t k = 2;

	if (named(n, "QLinearWhere")) {
		t[1] = in(f, n, 1);
		t[2] = in(f, n, 4);
		k = 3;
	}
	set_output(f, n, 0, calc_broadcast(f, n, t, k, elem_dtype(t[k == 3])), NULL);
}

static void
joined_quantised(struct infer *f, const struct node *n)
{
	const struct type **t = arena_array(f->arena, n->nin, sizeof *t);
	uint32_t k = 0;

	for (uint32_t i = 2; i < n->nin; i += 3)
		t[k++] = in(f, n, i);
	set_output(f, n, 0, k > 0 ? calc_concat(f, n, t, k, attr_int(f, n, "axis", 0)) : NULL,
	    NULL);
}

static void
all_finite(struct infer *f, const struct node *n)
{
	set_output(f, n, 0, tensor_of(f, DT_BOOL, NULL, 0), NULL);
}

static void
hashed(struct infer *f, const struct node *n)
{
	const struct type *t = in(f, n, 0);

	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, attr_int(f, n, "positive", 1) ?
	    DT_U32 : DT_I32) : NULL, NULL);
}

/* Half of the last axis gates the other. */
static void
split_gelu(struct infer *f, const struct node *n)
{
	const struct type *t = in(f, n, 0);

	set_output(f, n, 0, with_last(f, t, dim_floork(f->types, last_dim(f, t), 2),
	    elem_dtype(t)), NULL);
}

static void
complex_product(struct infer *f, const struct node *n)
{
	const struct type *t[2] = { in(f, n, 0), in(f, n, 1) };

	set_output(f, n, 0, calc_broadcast(f, n, t, 2, elem_dtype(t[0])), NULL);
}

/* --- layers ------------------------------------------------------------------ */

/* The sum that was normalised, mean and deviation of each row. */
static void
skip_norm(struct infer *f, const struct node *n)
{
	const struct type *t = in(f, n, 0), *rows = with_last(f, t, dk(f, 1), DT_F32);

	set_output(f, n, 0, t, NULL);
	set_output(f, n, 1, rows, NULL);
	set_output(f, n, 2, rows, NULL);
	set_output(f, n, 3, t, NULL);
}

static void
skip_group_norm(struct infer *f, const struct node *n)
{
	set_output(f, n, 0, in(f, n, 0), NULL);
	set_output(f, n, 1, in(f, n, 0), NULL);
}

static void
embed_norm(struct infer *f, const struct node *n)
{
	const struct type *ids = in(f, n, 0), *words = in(f, n, 2), *out;
	enum dtype dt = elem_dtype(words);
	const struct dim *batch = dim_at(f, ids, 0);

	if (named(n, "QEmbedLayerNormalization"))
		dt = elem_dtype(in(f, n, 8));
	out = is_shaped(ids) ? with_dtype(f, calc_stacked(f, ids, last_dim(f, words), ids->rank),
	    dt) : tensor_no_rank(f, dt);
	set_output(f, n, 0, out, NULL);
	set_output(f, n, 1, tensor_of(f, DT_I32, &batch, 1), NULL);
	set_output(f, n, 2, out, NULL);
}

static void
quantised_conv(struct infer *f, const struct node *n)
{
	bool last = attr_int(f, n, "channels_last", 0) != 0;
	const struct type *x = last ? moved(f, in(f, n, 0), false) : in(f, n, 0);

	x = onnx_conv_type(f, n, x, in(f, n, 3), elem_dtype(in(f, n, 7)));
	set_output(f, n, 0, last ? moved(f, x, true) : x, NULL);
}

static void
nhwc_conv(struct infer *f, const struct node *n)
{
	const struct type *x = moved(f, in(f, n, 0), false), *w = moved(f, in(f, n, 1), false);

	set_output(f, n, 0, moved(f, onnx_conv_type(f, n, x, w, elem_dtype(x)), true), NULL);
}

static void
nhwc_pool(struct infer *f, const struct node *n)
{
	bool last = named(n, "NhwcMaxPool") || attr_int(f, n, "channels_last", 0) != 0;
	const struct type *x = last ? moved(f, in(f, n, 0), false) : in(f, n, 0);

	x = onnx_pool_type(f, n, x);
	set_output(f, n, 0, last ? moved(f, x, true) : x, NULL);
}

static void
quantised_global_pool(struct infer *f, const struct node *n)
{
	bool last = attr_int(f, n, "channels_last", 0) != 0;
	const struct type *x = in(f, n, 0);
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(x)) {
		set_output(f, n, 0, x, NULL);
		return;
	}
	for (uint32_t i = 0; i < x->rank; i++)
		dims[i] = i == 0 || i == (last ? x->rank - 1 : 1) ? x->dims[i] : dk(f, 1);
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

static void
crop_and_resize(struct infer *f, const struct node *n)
{
	const struct type *x = in(f, n, 0);
	const struct dim *dims[4] = { dim_at(f, in(f, n, 1), 0), dim_at(f, x, 1),
	    dim_anon(f->types), dim_anon(f->types) }, *const *size;
	uint32_t k;

	if ((size = ints_of(f, operand(n, 3), &k)) != NULL && k == 2) {
		dims[2] = size[0];
		dims[3] = size[1];
	}
	set_output(f, n, 0, tensor_of(f, elem_dtype(x), dims, 4), NULL);
}

static void
unfold_tensor(struct infer *f, const struct node *n)
{
	const struct type *t = in(f, n, 0);
	int64_t size = attr_int(f, n, "size", 1), step = attr_int(f, n, "step", 1);
	uint32_t at;

	if (!is_shaped(t) || t->rank + 1 > RANK_MAX || step < 1 ||
	    !axis_in(attr_int(f, n, "dim", -1), t->rank, &at)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	t = with_dim(f, t, at, dim_addk(f->types, dim_floork(f->types,
	    dim_addk(f->types, t->dims[at], -size), step), 1));
	set_output(f, n, 0, calc_stacked(f, t, dk(f, size), t->rank), NULL);
}

/* Rows of a table that is kept in few bits, two in a byte. */
static void
gather_blocks(struct infer *f, const struct node *n)
{
	const struct type *t = in(f, n, 0);
	int64_t bits = attr_int(f, n, "bits", 4);

	if (elem_dtype(t) == DT_U8 && bits > 0 && bits < 8)
		t = with_last(f, t, dim_mulk(f->types, last_dim(f, t), 8 / bits), DT_U8);
	t = calc_gather(f, n, t, in(f, n, 1), attr_int(f, n, "gather_axis", 0));
	set_output(f, n, 0, with_dtype(f, t, elem_dtype(in(f, n, 2))), NULL);
}

static void
distances(struct infer *f, const struct node *n)
{
	const struct type *a = in(f, n, 0);
	const struct dim *dims[2] = { dim_at(f, a, 0), dim_at(f, in(f, n, 1), 0) };

	set_output(f, n, 0, tensor_of(f, elem_dtype(a), dims, 2), NULL);
}

static void
time_warping(struct infer *f, const struct node *n)
{
	const struct dim *dims[2] = { dk(f, 2), dim_anon(f->types) };

	set_output(f, n, 0, tensor_of(f, DT_I32, dims, 2), NULL);
}

/* One more axis for the words of a text. */
static void
tokens(struct infer *f, const struct node *n)
{
	const struct type *t = in(f, n, 0);

	set_output(f, n, 0, is_shaped(t) ? calc_stacked(f, t, dim_anon(f->types), t->rank) :
	    tensor_no_rank(f, DT_STR), NULL);
}

static void
word_embedding(struct infer *f, const struct node *n)
{
	const struct type *w = in(f, n, 1);
	const struct dim *dims[2] = { dim_at(f, in(f, n, 0), 0), dim_at(f, w, 0) };

	set_output(f, n, 0, tensor_of(f, elem_dtype(w), dims, 2), NULL);
}

/* --- other domains ------------------------------------------------------------- */

/* The rate and the step go before a tensor, its gradient and what is remembered, each
 * for all tensors; new tensors and memories come out. */
static void
training(struct infer *f, const struct node *n)
{
	uint32_t groups = named(n, "Adam") ? 4 : 3, k = n->nin < 2 ? 0 : (n->nin - 2) / groups;

	for (uint32_t i = 0; i < n->nout && k > 0; i++)
		set_output(f, n, i, in(f, n, 2 + i % k + (i / k == 0 ? 0 : i / k + 1) * k), NULL);
}

static void
gated(struct infer *f, const struct node *n)
{
	const struct type *t[2] = { in(f, n, 0), in(f, n, 1) };

	set_output(f, n, 0, calc_broadcast(f, n, t, 2, elem_dtype(t[0])), NULL);
}

static void
linear_attention(struct infer *f, const struct node *n)
{
	const struct type *q = in(f, n, 0), *k = in(f, n, 1), *v = in(f, n, 2), *past = in(f, n, 3);
	int64_t heads = attr_int(f, n, "q_num_heads", 0), kv = attr_int(f, n, "kv_num_heads", 0);
	const struct dim *dims[4];

	if (heads <= 0 || kv <= 0)
		return;
	dims[0] = dim_at(f, q, 0);
	dims[1] = dk(f, kv);
	dims[2] = dim_floork(f->types, last_dim(f, k), kv);
	dims[3] = dim_floork(f->types, last_dim(f, v), kv);
	set_output(f, n, 0, with_last(f, q, dim_mulk(f->types, dims[3], heads), elem_dtype(q)),
	    NULL);
	set_output(f, n, 1, tensor_of(f, elem_dtype(is_tensor(past) ? past : q), dims, 4), NULL);
}

static void
conv_state(struct infer *f, const struct node *n)
{
	const struct type *x = in(f, n, 0), *w = in(f, n, 1);

	set_output(f, n, 0, x, NULL);
	set_output(f, n, 1, with_last(f, x, dim_addk(f->types, last_dim(f, w), -1),
	    elem_dtype(x)), NULL);
}

static void
flex_attention(struct infer *f, const struct node *n)
{
	const struct type *q = in(f, n, 0);

	set_output(f, n, 0, with_last(f, q, last_dim(f, in(f, n, 2)), elem_dtype(q)), NULL);
}

/* Columns by number: of a vector one row of them. */
static void
feature_columns(struct infer *f, const struct node *n)
{
	const struct type *t = in(f, n, 0), *i = in(f, n, 1);
	const struct dim *count = is_shaped(i) ? dims_product(f, i->dims, 0, i->rank) :
	    dim_anon(f->types), *dims[2] = { dk(f, 1), count };

	set_output(f, n, 0, is_shaped(t) && t->rank == 1 ? tensor_of(f, t->dtype, dims, 2) :
	    with_last(f, t, count, elem_dtype(t)), NULL);
}

static void
feature_vector(struct infer *f, const struct node *n)
{
	const struct type *t = in(f, n, 0);
	const struct dim *dims[2] = { is_shaped(t) && t->rank == 1 ? dk(f, 1) : dim_at(f, t, 0),
	    dk(f, 0) };
	const int64_t *sizes;
	uint32_t k;

	sizes = attr_ints(f, n, "inputdimensions", &k);
	for (uint32_t i = 0; i < n->nin; i++)
		dims[1] = dim_add(f->types, dims[1], sizes != NULL && i < k ? dk(f, sizes[i]) :
		    last_dim(f, in(f, n, i)));
	set_output(f, n, 0, tensor_of(f, DT_F32, dims, 2), NULL);
}

static void
floats(struct infer *f, const struct node *n)
{
	const struct type *t = in(f, n, 0);

	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, DT_F32) : NULL, NULL);
}

/* Height, width and channels, which the picture tells. */
static void
decoded_image(struct infer *f, const struct node *n)
{
	const char *format = attr_text(f, n, "pixel_format");
	const struct dim *dims[3] = { dim_anon(f->types), dim_anon(f->types),
	    dk(f, format != NULL && strcmp(format, "Grayscale") == 0 ? 1 : 3) };

	set_output(f, n, 0, tensor_of(f, DT_U8, dims, 3), NULL);
}

/* Sorted by domain and name. */
static const struct { const char *domain, *name; infer_fn *fn; } own[] = {
	{ "", "CausalConvWithState", conv_state },
	{ "", "ImageDecoder", decoded_image },
	{ "", "LinearAttention", linear_attention },
	{ "", "SwiGLU", gated },
	{ "ai.onnx.ml", "ArrayFeatureExtractor", feature_columns },
	{ "ai.onnx.ml", "FeatureVectorizer", feature_vector },
	{ "ai.onnx.ml", "Normalizer", floats },
	{ "ai.onnx.ml", "Scaler", floats },
	{ "ai.onnx.preview", "FlexAttention", flex_attention },
	{ "ai.onnx.preview.training", "Adagrad", training },
	{ "ai.onnx.preview.training", "Adam", training },
	{ "ai.onnx.preview.training", "Momentum", training },
	{ "com.microsoft", "Attention", packed_attention },
	{ "com.microsoft", "BiasSplitGelu", split_gelu },
	{ "com.microsoft", "CDist", distances },
	{ "com.microsoft", "ComplexMul", complex_product },
	{ "com.microsoft", "ComplexMulConj", complex_product },
	{ "com.microsoft", "CropAndResize", crop_and_resize },
	{ "com.microsoft", "DecoderMaskedMultiHeadAttention", multi_head },
	{ "com.microsoft", "DecoderMaskedSelfAttention", packed_attention },
	{ "com.microsoft", "DynamicQuantizeLSTM", infer_recurrent },
	{ "com.microsoft", "DynamicQuantizeMatMul", mixed_matmul },
	{ "com.microsoft", "DynamicTimeWarping", time_warping },
	{ "com.microsoft", "EmbedLayerNormalization", embed_norm },
	{ "com.microsoft", "FusedMatMul", fused_matmul },
	{ "com.microsoft", "FusedMatMulActivation", fused_matmul },
	{ "com.microsoft", "GatherBlockQuantized", gather_blocks },
	{ "com.microsoft", "GemmFastGelu", mixed_matmul },
	{ "com.microsoft", "GroupQueryAttention", group_query },
	{ "com.microsoft", "IsAllFinite", all_finite },
	{ "com.microsoft", "LongformerAttention", alike },
	{ "com.microsoft", "MatMulBnb4", block_matmul },
	{ "com.microsoft", "MatMulFpQ4", block_matmul },
	{ "com.microsoft", "MatMulInteger16", mixed_matmul },
	{ "com.microsoft", "MatMulIntegerToFloat", mixed_matmul },
	{ "com.microsoft", "MatMulNBits", block_matmul },
	{ "com.microsoft", "MoE", alike },
	{ "com.microsoft", "MultiHeadAttention", multi_head },
	{ "com.microsoft", "MurmurHash3", hashed },
	{ "com.microsoft", "NGramRepeatBlock", alike },
	{ "com.microsoft", "NhwcConv", nhwc_conv },
	{ "com.microsoft", "NhwcFusedConv", nhwc_conv },
	{ "com.microsoft", "NhwcMaxPool", nhwc_pool },
	{ "com.microsoft", "PackedMultiHeadAttention", alike },
	{ "com.microsoft", "QAttention", packed_attention },
	{ "com.microsoft", "QEmbedLayerNormalization", embed_norm },
	{ "com.microsoft", "QGemm", quantised_gemm },
	{ "com.microsoft", "QLinearAdd", two_quantised },
	{ "com.microsoft", "QLinearAveragePool", nhwc_pool },
	{ "com.microsoft", "QLinearConcat", joined_quantised },
	{ "com.microsoft", "QLinearConv", quantised_conv },
	{ "com.microsoft", "QLinearGlobalAveragePool", quantised_global_pool },
	{ "com.microsoft", "QLinearLeakyRelu", alike },
	{ "com.microsoft", "QLinearMul", two_quantised },
	{ "com.microsoft", "QLinearSigmoid", alike },
	{ "com.microsoft", "QLinearSoftmax", alike },
	{ "com.microsoft", "QLinearWhere", two_quantised },
	{ "com.microsoft", "QMoE", alike },
	{ "com.microsoft", "RelativePositionBias", position_bias },
	{ "com.microsoft", "SampleOp", alike },
	{ "com.microsoft", "SkipGroupNorm", skip_group_norm },
	{ "com.microsoft", "SkipLayerNormalization", skip_norm },
	{ "com.microsoft", "SkipSimplifiedLayerNormalization", skip_norm },
	{ "com.microsoft", "Tokenizer", tokens },
	{ "com.microsoft", "TransposeMatMul", fused_matmul },
	{ "com.microsoft", "UnfoldTensor", unfold_tensor },
	{ "com.microsoft", "WordConvEmbedding", word_embedding },
};

infer_fn *
onnx_own(const struct node *n)
{
	uint32_t lo = 0, hi = sizeof own / sizeof *own;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		int c = strcmp(own[mid].domain, n->op->domain);

		c = c != 0 ? c : strcmp(own[mid].name, n->type->s);
		if (c == 0)
			return own[mid].fn;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}
