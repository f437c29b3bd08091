/* SPDX-License-Identifier: Apache-2.0 */
/* Multiplications by kind of operation, in all dialects. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/cost_state.h"
#include "infer/mil/mil_kinds.h"
#include "infer/nn/nn_kinds.h"
#include "ir/held.h"

/* The operand that the dialects call so: by name, in ONNX by place. */
struct names { const char *aten, *mil; uint32_t onnx; };

static const struct type *
type_of(struct infer *f, const struct node *n, const struct names *s)
{
	if (f->model->dialect == DIALECT_ONNX)
		return operand_fact(f, n, s->onnx)->type;
	if (f->model->dialect == DIALECT_MIL)
		return s->mil != NULL ? param_type(f, n, s->mil) : NULL;
	return s->aten != NULL && arg_has(n, s->aten) ? arg_type(f, n, s->aten) : NULL;
}

static const struct type *
result(struct infer *f, const struct node *n)
{
	return n->nout > 0 ? fact_of(f, n->out[0])->type : NULL;
}

static const struct dim *
times(struct infer *f, const struct dim *a, const struct dim *b)
{
	return dim_mul(f->types, a, b);
}

/* The weights of one output element, of a transposed one of an input element. */
static const struct dim *
conv(struct infer *f, const struct node *n)
{
	const struct names weight = { "weight", "weight", named(n, "QLinearConv") ? 3 : 1 };
	const struct names input = { "input", "x", 0 };
	const struct type *w = type_of(f, n, &weight), *x = type_of(f, n, &input);
	bool transposed = n->op->sem == SEM_CONV_TRANSPOSE || (f->model->dialect ==
	    DIALECT_ATEN && arg_has(n, "transposed") && arg_int(f, n, "transposed", 0));

	if (!is_shaped(w) || w->rank < 3)
		return unknown_dim(f);
	return times(f, cost_elements(f, transposed ? x : result(f, n)),
	    cost_product(f, w->dims, 1, w->rank));
}

/* Axes of the first operand that tensordot sums over. */
static const struct dim *
contracted(struct infer *f, const struct node *n, const struct type *t)
{
	const struct dim *all = dk(f, 1);
	int64_t axes[RANK_MAX];
	uint32_t k, axis;

	if (!is_shaped(t) || !arg_ints(f, n, "dims_self", axes, &k))
		return unknown_dim(f);
	for (uint32_t i = 0; i < k; i++) {
		if (!axis_in(axes[i], t->rank, &axis))
			return unknown_dim(f);
		all = times(f, all, cost_dim(f, t->dims[axis]));
	}
	return all;
}

/* The size that is summed over, of the first of two matrices. */
static const struct dim *
inner(struct infer *f, const struct node *n)
{
	static const struct names first[] = {
		{ "input", "x", 0 }, { "mat1", NULL, 0 }, { "batch1", NULL, 0 },
		{ "mat", NULL, 0 }, { "self", NULL, 0 },
	};
	const struct type *t = NULL;
	bool swapped = false;

	for (size_t i = 0; i < sizeof first / sizeof *first && t == NULL; i++)
		t = type_of(f, n, &first[i]);
	if (named(n, "outer") || named(n, "ger") || named(n, "addr") || named(n, "kron"))
		return dk(f, 1);
	if (named(n, "bilinear"))
		return is_shaped(t = arg_type(f, n, "weight")) && t->rank == 3 ?
		    cost_product(f, t->dims, 1, 3) : unknown_dim(f);
	if (named(n, "tensordot"))
		return contracted(f, n, t);
	if (!is_shaped(t) || t->rank == 0)
		return unknown_dim(f);
	if (f->model->dialect == DIALECT_ONNX)
		swapped = attr_int(f, n, "transA", 0) != 0;
	else if (f->model->dialect == DIALECT_MIL && n->op->sem == SEM_MATMUL)
		swapped = param_int(f, n, "transpose_x", 0) != 0;
	return cost_dim(f, t->dims[t->rank - (swapped && t->rank > 1 ? 2 : 1)]);
}

/* Attention with its projections, and what a layer of an encoder adds to it: each
 * weight for each place of a sequence, and places with places twice. */
static const struct dim *
whole_attention(struct infer *f, const struct node *n)
{
	static const char *const weights[] = { "qkv_weight", "proj_weight", "ffn_weight_1",
	    "ffn_weight_2" };
	const struct type *x = arg_type(f, n, arg_has(n, "src") ? "src" : "query");
	const struct type *k = arg_has(n, "key") ? arg_type(f, n, "key") : x;
	const struct dim *each = dk(f, 0);

	if (!is_shaped(x) || x->rank != 3 || !is_shaped(k) || k->rank != 3)
		return unknown_dim(f);
	for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
		if (arg_has(n, weights[i]))
			each = dim_add(f->types, each,
			    cost_elements(f, arg_type(f, n, weights[i])));
	each = dim_add(f->types, each, dim_mulk(f->types, times(f, cost_dim(f, k->dims[1]),
	    cost_dim(f, x->dims[2])), 2));
	return times(f, each, cost_product(f, x->dims, 0, 2));
}

/* Queries with keys, and the weights with values. */
static const struct dim *
attention(struct infer *f, const struct node *n)
{
	static const struct names query = { "query", "query", 0 }, key = { "key", "key", 1 };
	const struct type *q = type_of(f, n, &query), *k = type_of(f, n, &key);

	if (f->model->dialect == DIALECT_ATEN && arg_has(n, "qkv_weight"))
		return whole_attention(f, n);
	if (!is_shaped(q) || !is_shaped(k) || k->rank < 3 || n->domain->len > 4)
		return unknown_dim(f);
	return times(f, dim_add(f->types, cost_elements(f, q), cost_elements(f, result(f, n))),
	    cost_dim(f, k->dims[k->rank - 2]));
}

enum { HELD_MAX = 4096 }; /* weights looked at for each node that reads a list */

/* Elements of the matrices in a list that is an attribute of the model. */
static const struct dim *
matrices_held(struct infer *f, const struct value *list)
{
	const struct dim *all = dk(f, 0);
	const struct tensor *t;

	for (uint32_t i = 0; list != NULL && i < HELD_MAX; i++) {
		if ((t = tensor_held(list->constant, i)) == NULL)
			break;
		if (t->rank == 2)
			all = dim_addk(f->types, all, (int64_t)(t->numel & INT32_MAX));
	}
	return all;
}

enum { CHAIN = 16 };

/* A product of many matrices, in the order that takes least: the sizes have to be
 * numbers. A vector is a matrix of one row in front, of one column behind. */
static const struct dim *
chain(struct infer *f, const struct node *n)
{
	uint32_t k;
	const struct fact *x = arg_items(f, n, arg_has(n, "matrices") ? "matrices" : "tensors", &k);
	double best[CHAIN][CHAIN] = { { 0 } }, one;
	int64_t size[CHAIN + 1];

	if (x == NULL || k < 2 || k > CHAIN)
		return unknown_dim(f);
	size[0] = size[k] = 1;
	for (uint32_t i = 0; i < k; i++) {
		const struct type *t = x[i].type;

		if (!is_shaped(t) || t->rank < 1 || t->rank > 2 ||
		    (t->rank == 1 && i > 0 && i + 1 < k) ||
		    ((t->rank == 2 || i > 0) && !dim_number(t->dims[0], &size[i])) ||
		    ((t->rank == 2 || i == 0) && !dim_number(t->dims[t->rank - 1], &size[i + 1])))
			return unknown_dim(f);
	}
	for (uint32_t len = 1; len < k; len++)
		for (uint32_t i = 0; i + len < k; i++) {
			best[i][i + len] = HUGE_VAL;
			for (uint32_t m = i; m < i + len; m++) {
				one = best[i][m] + best[m + 1][i + len] + (double)size[i] *
				    (double)size[m + 1] * (double)size[i + len + 1];
				if (one < best[i][i + len])
					best[i][i + len] = one;
			}
		}
	/* sums of doubles are exact up to here */
	return best[0][k - 1] < 9e15 ? dk(f, (int64_t)best[0][k - 1]) : unknown_dim(f);
}

/* Squares and products of a matrix with itself; other factorisations are not counted. */
static const struct dim *
power(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	int64_t k, products = -1;

	if (strstr(n->type->s, "matrix_power") == NULL || !is_shaped(t) || t->rank < 2 ||
	    !arg_number(f, n, "n", &k) || k < 0)
		return unknown_dim(f);
	for (; k > 0; k >>= 1)
		products += 1 + (k & 1);
	/* the highest bit is the matrix itself */
	products -= products > 0;
	return products < 1 ? dk(f, 0) : dim_mulk(f->types, times(f, cost_elements(f, t),
	    cost_dim(f, t->dims[t->rank - 1])), products);
}

/* Euclidean distances of all rows to all others: a product for each of their elements. */
static const struct dim *
distances(struct infer *f, const struct node *n)
{
	const struct type *t = arg_has(n, "x1") ? arg_type(f, n, "x1") : NULL;
	struct fact p = strstr(n->type->s, "cdist") != NULL ? arg(f, n, "p") : (struct fact){ 0 };

	if (t == NULL || p.val == NULL || p.val->n != 1 || p.val->kind != VAL_FLOATS ||
	    p.val->u.floats[0] != 2 || !is_shaped(t) || t->rank < 2)
		return dk(f, 0);
	return times(f, cost_elements(f, result(f, n)), cost_dim(f, t->dims[t->rank - 1]));
}

/* All weights for each step of each sequence. */
static const struct dim *
recurrent(struct infer *f, const struct node *n)
{
	static const struct names input = { "input", "x", 0 };
	static const struct names w[] = { { "w_ih", "weight_ih", 1 }, { "w_hh", "weight_hh", 2 },
	    { NULL, "weight_ih_back", 99 }, { NULL, "weight_hh_back", 99 } };
	const struct type *x = type_of(f, n, &input), *t;
	const struct dim *all = dk(f, 0);
	const struct fact *params;
	uint32_t k = 0;

	if (!is_shaped(x) || x->rank == 0)
		return unknown_dim(f);
	params = f->model->dialect == DIALECT_ATEN && arg_has(n, "params") ?
	    arg_items(f, n, "params", &k) : NULL;
	for (uint32_t i = 0; params != NULL && i < k; i++)
		if (is_shaped(params[i].type) && params[i].type->rank == 2)
			all = dim_add(f->types, all, cost_elements(f, params[i].type));
	if (params == NULL && f->model->dialect == DIALECT_ATEN && arg_has(n, "params"))
		all = matrices_held(f, arg_value(f, n, "params"));
	for (size_t i = 0; params == NULL && i < sizeof w / sizeof *w; i++)
		if ((t = type_of(f, n, &w[i])) != NULL)
			all = dim_add(f->types, all, cost_elements(f, t));
	return dim_is(all, 0) ? unknown_dim(f) :
	    times(f, all, cost_product(f, x->dims, 0, x->rank - 1));
}

/* Axes that an ellipsis stands for in the operand whose part of the equation starts here. */
static uint32_t
axes_left_out(const char *part, uint32_t rank)
{
	uint32_t named = 0;

	for (; *part != '\0' && *part != ',' && *part != '-'; part++)
		named += isalpha((unsigned char)*part) != 0;
	return rank > named ? rank - named : 0;
}

/* The larger of two sizes that broadcast. */
static void
widen(const struct dim **size, const struct dim *d)
{
	if (*size == NULL || dim_is(*size, 1))
		*size = d;
}

/* The product of the sizes of all letters, and of the axes of ellipses, which are
 * counted from the end. */
static const struct dim *
letters(struct infer *f, const char *equation, const struct fact *x, uint32_t n)
{
	const struct dim *of[128] = { NULL }, *dots[RANK_MAX] = { NULL }, *all = dk(f, 1);
	uint32_t at = 0, axis = 0;

	for (const char *part = equation, *s = part; *s != '\0' && *s != '-' && at < n; s++) {
		const struct type *t = x[at].type;

		if (!is_shaped(t) || t->rank > RANK_MAX)
			return unknown_dim(f);
		if (*s == ',') {
			at++;
			axis = 0;
			part = s + 1;
		} else if (strncmp(s, "...", 3) == 0) {
			for (uint32_t k = axes_left_out(part, t->rank); k > 0; k--)
				widen(&dots[k - 1], cost_dim(f, t->dims[axis++]));
			s += 2;
		} else if (isalpha((unsigned char)*s)) {
			if (axis >= t->rank)
				return unknown_dim(f);
			widen(&of[(int)*s], cost_dim(f, t->dims[axis++]));
		} else if (*s != ' ') {
			return unknown_dim(f);
		}
	}
	for (int i = 0; i < 128; i++)
		if (of[i] != NULL)
			all = times(f, all, of[i]);
	for (int i = 0; i < RANK_MAX; i++)
		if (dots[i] != NULL)
			all = times(f, all, dots[i]);
	return all;
}

static const struct dim *
einsum(struct infer *f, const struct node *n)
{
	const struct fact *x;
	struct fact *list;
	const char *text;
	char buf[WORD];
	uint32_t k;

	if (f->model->dialect == DIALECT_ONNX) {
		text = attr_text(f, n, "equation");
		list = arena_array(f->arena, n->nin, sizeof *list);
		for (k = 0; k < n->nin; k++)
			list[k] = *operand_fact(f, n, k);
		x = list;
	} else if (f->model->dialect == DIALECT_MIL) {
		text = param_word(f, n, "equation", buf, NULL);
		x = params(f, n, "values", &k);
	} else {
		text = arg_word(f, n, "equation", NULL);
		x = arg_has(n, "tensors") ? arg_items(f, n, "tensors", &k) : NULL;
	}
	return text == NULL || x == NULL ? unknown_dim(f) : letters(f, text, x, k);
}

/* Weights that PyTorch packed. */
static const struct dim *
packed(struct infer *f, const struct node *n)
{
	const struct type *w = packed_weight(f, n);
	bool input = strstr(n->type->s, "transpose") != NULL;

	if (!is_shaped(w) || w->rank < 2)
		return unknown_dim(f);
	return times(f, cost_elements(f, input ? operand_fact(f, n, 0)->type : result(f, n)),
	    cost_product(f, w->dims, 1, w->rank));
}

/* What is known by its weights alone. */
static const struct dim *
quantised(struct infer *f, const struct node *n)
{
	const struct type *a = operand_fact(f, n, 0)->type;

	if (named(n, "QLinearConv") || named(n, "ConvInteger"))
		return conv(f, n);
	if (strstr(n->type->s, "MatMul") != NULL && is_shaped(a) && a->rank > 0)
		return times(f, cost_elements(f, result(f, n)),
		    cost_dim(f, a->dims[a->rank - 1]));
	return strstr(n->type->s, "conv") != NULL || strstr(n->type->s, "linear") != NULL ?
	    packed(f, n) : dk(f, 0);
}

/* Numbers in attributes that are matrices or more. */
static int64_t
weights_held(const struct node *n)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < n->nattrs; i++) {
		const struct attr *a = &n->attrs[i];

		for (uint64_t k = 0; a->kind == ATTR_TENSORS && k < a->n; k++)
			if (a->v.tensors[k]->rank > 1)
				sum += (int64_t)(a->v.tensors[k]->numel & INT32_MAX);
		if (a->kind == ATTR_TENSOR && a->v.t->rank > 1)
			sum += (int64_t)(a->v.t->numel & INT32_MAX);
	}
	return sum;
}

/* Numbers in the weights of a compiled convolution, which have no shape there:
 * C results of K operands, Nx by Ny. */
static int64_t
weights_compiled(const struct node *n)
{
	const struct attr *a = node_attr(n, "blob_weights");

	return a != NULL && a->kind == ATTR_TENSOR ? (int64_t)(a->v.t->numel & INT32_MAX) : 0;
}

/* Layers of networks keep their weights themselves: all of them are used at each
 * place of the result, or for each step. */
static const struct dim *
layer_macs(struct infer *f, const struct node *n)
{
	const struct type *x = nn_operand(f, n, 0), *y = n->nout > 0 && n->out[0] != NULL ?
	    fact_of(f, n->out[0])->type : NULL;
	int64_t out = attr_int(f, n, "outputChannels", 0), in = attr_int(f, n, "kernelChannels", 0);
	int64_t w = weights_held(n);

	if (w == 0 && n->op->sem == SEM_CONV && (w = weights_compiled(n)) > 0)
		out = attr_int(f, n, "C", 0);
	switch ((unsigned)n->op->sem) {
	case SEM_CONV: case SEM_GEMM:
		if (attr_int(f, n, "isDeconvolution", 0))
			return in < 1 ? unknown_dim(f) : dim_floork(f->types,
			    dim_mulk(f->types, cost_elements(f, x), w), in);
		return out < 1 ? unknown_dim(f) : dim_mulk(f->types, dim_floork(f->types,
		    cost_elements(f, y), out), w);
	case SEM_MATMUL:
		if (!is_shaped(x) || x->rank == 0)
			return unknown_dim(f);
		return times(f, cost_elements(f, y), cost_dim(f, x->dims[x->rank -
		    (attr_int(f, n, "transposeA", 0) && x->rank > 1 ? 2 : 1)]));
	case SEM_RNN: case SEM_LSTM: case SEM_GRU:
		return is_shaped(x) && x->rank == 5 ? dim_mulk(f->types,
		    cost_product(f, x->dims, 0, 2), w) : unknown_dim(f);
	default:
		return dk(f, 0);
	}
}

const struct dim *
cost_macs(struct infer *f, const struct node *n)
{
	if (f->model->dialect == DIALECT_NN && n->op != NULL)
		return layer_macs(f, n);
	switch ((unsigned)(n->op != NULL ? n->op->sem : SEM_NONE)) {
	case SEM_CONV: case SEM_CONV_TRANSPOSE: case SEM_CONV_DEFORM: return conv(f, n);
	case SEM_DET: return f->model->dialect == DIALECT_ATEN ? power(f, n) : unknown_dim(f);
	case SEM_REDUCE: return f->model->dialect == DIALECT_ATEN ? distances(f, n) : dk(f, 0);
	case SEM_MATMUL: case SEM_GEMM:
		if (named(n, "linalg_multi_dot") || named(n, "chain_matmul"))
			return chain(f, n);
		return times(f, cost_elements(f, result(f, n)), inner(f, n));
	case SEM_ATTENTION: return attention(f, n);
	case SEM_FUSED: return named(n, "_transformer_encoder_layer_fwd") ?
	    whole_attention(f, n) : dk(f, 0);
	case SEM_RNN: case SEM_LSTM: case SEM_GRU: return recurrent(f, n);
	case SEM_EINSUM: return einsum(f, n);
	case SEM_QUANT_OP: return quantised(f, n);
	default: return dk(f, 0);
	}
}
