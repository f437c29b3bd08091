/* SPDX-License-Identifier: Apache-2.0 */
/* Weights of networks. Source: facts/coreml-format.md section 11; integers of
 * less than 8 bits are packed with the first element in the high bits. */
#include <string.h>

#include "base/ctx.h"
#include "read/coreml/coreml_weights.h"
#include "read/typed.h"

enum { WEIGHTS_FLOAT = 1, WEIGHTS_HALF, WEIGHTS_RAW = 30, WEIGHTS_INT8,
	WEIGHTS_QUANT = 40 };

static long
floats_read(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	static const struct typed_form form = { WEIGHTS_FLOAT, WIRE_FIXED32, 4 };

	return typed_read(tr, scratch, buf, n, &form);
}

/* Turn packed elements round: bit j of element i lies at i * bits + j in what
 * is handed out, at i * bits + (bits - 1 - j), counted from the high end of
 * each byte, in the file. */
static long
bits_read(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	const struct loc *place = &tr->t->place;
	unsigned bits = dtype_bits(tr->t->dtype);
	unsigned char in[512 + 8], *out = buf;
	uint64_t at = tr->done * 8, first = at / bits * bits / 8, b, from;
	unsigned bit;
	long got;

	(void)scratch;
	n = n < 512 ? n : 512;
	n = n < place->len - tr->done ? n : (uint32_t)(place->len - tr->done);
	if (n == 0)
		return 0;
	/* whole elements on both sides */
	got = tr->done + n + 1 - first < place->len - first ?
	    (long)(tr->done + n + 1 - first) : (long)(place->len - first);
	if (source_read(place->src, place->off + first, in, (size_t)got) != got)
		return -1;
	memset(out, 0, n);
	for (b = at; b < at + n * UINT64_C(8); b++) {
		from = b / bits * bits + (bits - 1 - b % bits) - first * 8;
		if (from / 8 >= (uint64_t)got)
			break; /* padding */
		bit = in[from / 8] >> (7 - from % 8) & 1u;
		out[(b - at) / 8] |= (unsigned char)(bit << b % 8);
	}
	return (long)n;
}

static const struct tensor_enc ENC_FLOATS = { "floats", floats_read };
static const struct tensor_enc ENC_BITS = { "packed", bits_read };

struct tensor *
coreml_weights_new(struct coreml_reader *r)
{
	struct tensor *t = arena_alloc(&r->m->arena, sizeof *t);

	t->name = r->m->empty;
	t->loc = wire_here(&r->w);
	t->dtype = DT_F32;
	t->enc = &TENSOR_RAW;
	t->place = (struct loc){ t->loc.src, t->loc.off, 0 };
	return t;
}

/* Packed once, the list is the payload; in pieces it is read by the field. */
static void
add_floats(struct coreml_reader *r, struct tensor *t, const struct wire_field *f)
{
	if (t->stored == 0 && f->type == WIRE_BYTES) {
		t->place = wire_loc(&r->w, f);
		t->stored = f->len - f->len % 4;
		return;
	}
	t->enc = &ENC_FLOATS;
	t->place = t->loc;
	t->stored += f->type == WIRE_BYTES ? f->len - f->len % 4 : 4;
}

static uint64_t
number_of_bits(struct coreml_reader *r)
{
	struct wire_field f;
	uint64_t n = 0;

	while (wire_next(&r->w, &f))
		if (f.number == 1)
			n = f.value;
	return n;
}

bool
coreml_weights_field(struct coreml_reader *r, struct tensor *t,
    const struct wire_field *f)
{
	static const enum dtype packed[] = { DT_NONE, DT_U1, DT_U2, DT_U3, DT_U4, DT_U5,
	    DT_U6, DT_U7, DT_U8 };
	static const enum dtype dtypes[] = { [WEIGHTS_HALF] = DT_F16,
	    [WEIGHTS_RAW] = DT_U8, [WEIGHTS_INT8] = DT_I8 };
	uint64_t bits = 0;

	if (f->number < 64)
		t->fields |= UINT64_C(1) << f->number;
	if (f->number == WEIGHTS_QUANT) {
		WIRE_IN(&r->w, f, bits = number_of_bits(r));
		if (t->dtype == DT_U8 && bits > 0 && bits <= 8)
			t->dtype = packed[bits];
		return false;
	}
	if (f->number > WEIGHTS_QUANT)
		return false;
	if (f->number == WEIGHTS_FLOAT) {
		add_floats(r, t, f);
		return true;
	}
	if (f->len == 0)
		return true;
	t->dtype = dtypes[f->number];
	t->enc = &TENSOR_RAW;
	t->place = wire_loc(&r->w, f);
	t->stored = f->len;
	return true;
}

static void
set_flat(struct model *m, struct tensor *t)
{
	int64_t *dims = arena_alloc(&m->arena, sizeof *dims);

	*dims = (int64_t)(t->stored * 8 / dtype_bits(t->dtype));
	tensor_set_dims(t, dims, 1);
}

void
coreml_weights_end(struct coreml_reader *r, struct tensor *t)
{
	if (dtype_bits(t->dtype) < 8)
		t->enc = &ENC_BITS;
	set_flat(r->m, t);
	r->m->ntensors++;
}

/* Shapes by layer and field: names of parameters whose values are dims, all
 * of a list's; "a/b" divides. "?name:" stands for layers that have it set. */
static const struct weight_shape {
	const char *layer, *field, *dims;
} shapes[] = {
	{ "convolution", "weights", "?isDeconvolution:kernelChannels "
	    "outputChannels/nGroups kernelSize" },
	{ "convolution", "weights", "outputChannels kernelChannels kernelSize" },
	{ "convolution3d", "weights", "?isDeconvolution:inputChannels "
	    "outputChannels/nGroups kernelDepth kernelHeight kernelWidth" },
	{ "convolution3d", "weights", "outputChannels inputChannels/nGroups kernelDepth "
	    "kernelHeight kernelWidth" },
	{ "innerProduct", "weights", "outputChannels inputChannels" },
	{ "batchedMatmul", "weights", "weightMatrixFirstDimension "
	    "weightMatrixSecondDimension" },
	{ "embedding", "weights", "outputChannels inputDim" },
	{ "embeddingND", "weights", "embeddingSize vocabSize" },
	{ "bias", "bias", "shape" },
	{ "scale", "scale", "shapeScale" },
	{ "scale", "bias", "shapeBias" },
	{ "loadConstant", "data", "shape" },
	{ "loadConstantND", "data", "shape" },
	{ "layerNormalization", "gamma", "normalizedShape" },
	{ "layerNormalization", "beta", "normalizedShape" },
	{ NULL, "RecursionMatrix", "outputVectorSize outputVectorSize" },
	{ NULL, "recursionMatrix", "outputVectorSize outputVectorSize" },
	{ NULL, "WeightMatrix", "outputVectorSize inputVectorSize" },
	{ NULL, "weightMatrix", "outputVectorSize inputVectorSize" },
};

static bool
ends_with(const struct str *s, const char *end)
{
	size_t n = strlen(end);

	return s->len >= n && memcmp(s->s + s->len - n, end, n) == 0;
}

static const struct attr *
param(const struct node *n, const char *name, size_t len)
{
	for (uint32_t i = 0; i < n->nattrs; i++)
		if (n->attrs[i].name->len == len &&
		    memcmp(n->attrs[i].name->s, name, len) == 0)
			return &n->attrs[i];
	return NULL;
}

enum { WEIGHT_RANK = 8 };

/* Append the values of one parameter, or of a quotient of two. */
static uint32_t
add_dims(const struct node *n, const char *word, size_t len, int64_t *dims, uint32_t rank)
{
	const char *slash = memchr(word, '/', len);
	size_t name = slash != NULL ? (size_t)(slash - word) : len;
	const struct attr *a = param(n, word, name), *by = NULL;
	uint32_t i;

	if (slash != NULL)
		by = param(n, slash + 1, len - name - 1);
	if (a == NULL)
		return rank;
	if (a->kind == ATTR_INT && rank < WEIGHT_RANK)
		dims[rank++] = by != NULL && by->kind == ATTR_INT && by->v.i > 0 ?
		    a->v.i / by->v.i : a->v.i;
	if (a->kind == ATTR_INTS && a->v.ints != NULL)
		for (i = 0; i < a->n && rank < WEIGHT_RANK; i++)
			dims[rank++] = a->v.ints[i];
	return rank;
}

static uint32_t
dims_of(const struct node *n, const char *words, int64_t *dims)
{
	uint32_t rank = 0;
	size_t len;

	for (; *words != '\0'; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		rank = add_dims(n, words, len, dims, rank);
	}
	return rank;
}

/* What a row's shape is for this layer; NULL: the row is for others. */
static const char *
row_dims(const struct weight_shape *row, const struct node *n, const struct str *field)
{
	const struct attr *a;
	size_t len;

	if (row->layer == NULL ? !ends_with(field, row->field) :
	    strcmp(n->type->s, row->layer) != 0 || strcmp(field->s, row->field) != 0)
		return NULL;
	if (*row->dims != '?')
		return row->dims;
	len = strcspn(row->dims, ":");
	a = param(n, row->dims + 1, len - 1);
	return a != NULL && a->v.i != 0 ? row->dims + len + 1 : NULL;
}

/* Packed bits may be more than the elements; anything else must agree. */
static void
try_shape(struct model *m, struct tensor *t, const int64_t *dims, uint32_t rank)
{
	uint64_t flat = t->numel, bits = dtype_bits(t->dtype);
	int64_t *own = arena_array(&m->arena, rank, sizeof *own);

	memcpy(own, dims, rank * sizeof *own);
	tensor_set_dims(t, own, rank);
	if (t->numel > flat || (t->flags & TENSOR_BAD_DIMS) ||
	    (flat - t->numel) * bits >= 8) {
		t->flags &= ~(uint32_t)TENSOR_BAD_DIMS;
		t->flags |= flat > 0 ? TENSOR_MISFIT : 0;
		set_flat(m, t);
	}
}

static void
shape_attr(struct model *m, struct node *n, const struct attr *a)
{
	int64_t dims[WEIGHT_RANK];
	const char *words = NULL;
	uint32_t i, rank;

	for (i = 0; i < sizeof shapes / sizeof *shapes && words == NULL; i++)
		words = row_dims(&shapes[i], n, a->name);
	if (words == NULL || (rank = dims_of(n, words, dims)) == 0)
		return;
	if (a->kind == ATTR_TENSOR)
		try_shape(m, a->v.t, dims, rank);
	for (i = 0; a->kind == ATTR_TENSORS && i < a->n; i++)
		try_shape(m, a->v.tensors[i], dims, rank);
}

void
coreml_weights_shape(struct model *m, struct node *n)
{
	for (uint32_t i = 0; i < n->nattrs; i++)
		if (n->attrs[i].kind == ATTR_TENSOR || n->attrs[i].kind == ATTR_TENSORS)
			shape_attr(m, n, &n->attrs[i]);
}
