/* SPDX-License-Identifier: Apache-2.0 */
/* Which function types which kind of node of ML Programs; parameters by name;
 * operations element by element. Source: the type inference of coremltools
 * 9.0's operations for the opsets of iOS 13 to 18. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/calc.h"
#include "infer/mil/mil_kinds.h"
#include "ir/tensor.h"

static const struct value *
find(const struct node *n, const char *name)
{
	for (uint32_t i = 0; i < n->nnamed; i++)
		if (strcmp(n->in_name[i]->s, name) == 0)
			return n->in[i];
	return NULL;
}

/* Parameters of operations at load stand among the attributes up to iOS 17. */
static const struct tensor *
find_tensor(const struct node *n, const char *name)
{
	const struct attr *a;

	if (!(n->op->flags & OP_AT_LOAD) || (a = node_attr(n, name)) == NULL ||
	    a->kind != ATTR_TENSOR)
		return NULL;
	return a->v.t;
}

bool
param_given(const struct node *n, const char *name)
{
	return find(n, name) != NULL || find_tensor(n, name) != NULL;
}

struct fact
param(struct infer *f, const struct node *n, const char *name)
{
	const struct value *v = find(n, name);
	const struct tensor *t = v == NULL ? find_tensor(n, name) : NULL;

	if (t != NULL && t->items == NULL)
		return (struct fact){ tensor_type(f, t), tensor_val(f, t) };
	val_of(f, v);
	return *fact_of(f, v);
}

const struct type *
param_type(struct infer *f, const struct node *n, const char *name)
{
	return param(f, n, name).type;
}

const struct type *
param_main(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "x", "data", "input", "ref_tensor" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (param_given(n, names[i]))
			return param_type(f, n, names[i]);
	return NULL;
}

const struct dim *const *
param_dims(struct infer *f, const struct node *n, const char *name, uint32_t *count)
{
	const struct val *v = param(f, n, name).val;

	*count = 0;
	if (v == NULL || v->kind != VAL_INTS || v->n > RANK_MAX)
		return NULL;
	*count = v->n;
	return v->u.ints;
}

bool
param_numbers(struct infer *f, const struct node *n, const char *name, int64_t *out,
	uint32_t *count)
{
	const struct dim *const *d = param_dims(f, n, name, count);

	for (uint32_t i = 0; i < *count; i++)
		if (!dim_number(d[i], &out[i]))
			return false;
	return d != NULL;
}

bool
param_number(struct infer *f, const struct node *n, const char *name, int64_t *out)
{
	int64_t list[RANK_MAX];
	uint32_t count;

	if (!param_given(n, name))
		return true;
	if (!param_numbers(f, n, name, list, &count) || count != 1)
		return false;
	*out = list[0];
	return true;
}

int64_t
param_int(struct infer *f, const struct node *n, const char *name, int64_t otherwise)
{
	param_number(f, n, name, &otherwise);
	return otherwise;
}

const char *
param_word(struct infer *f, const struct node *n, const char *name, char buf[WORD],
	const char *otherwise)
{
	const struct value *v = find(n, name);
	const struct tensor *t = v != NULL ? v->constant : find_tensor(n, name);
	const struct attr *a = v == NULL ? node_attr(n, name) : NULL;
	struct arena scratch;
	bool is_word;

	if (a != NULL && a->kind == ATTR_STRING)
		return a->v.s->s;
	arena_init(&scratch, f->ctx);
	is_word = tensor_word(t, &scratch, buf, WORD);
	arena_free(&scratch);
	return is_word ? buf : otherwise;
}

const struct fact *
params(struct infer *f, const struct node *n, const char *name, uint32_t *count)
{
	struct fact *list = arena_array(f->arena, n->nin, sizeof *list);

	*count = 0;
	for (uint32_t i = 0; i < n->nnamed; i++) {
		if (strcmp(n->in_name[i]->s, name) != 0)
			continue;
		val_of(f, n->in[i]);
		list[(*count)++] = *fact_of(f, n->in[i]);
	}
	return list;
}

const struct type *
shape_from(struct infer *f, const struct node *n, const char *name, enum dtype dt)
{
	const struct dim *const *given, *dims[RANK_MAX];
	int64_t v;
	uint32_t k;

	if ((given = param_dims(f, n, name, &k)) == NULL)
		return calc_of_length(f, param_type(f, n, name), dt);
	for (uint32_t i = 0; i < k; i++)
		dims[i] = dim_number(given[i], &v) && v < 0 ? dim_anon(f->types) : given[i];
	return tensor_of(f, dt, dims, k);
}

/* --- element by element ----------------------------------------------- */

void
mil_same(struct infer *f, const struct node *n)
{
	const struct type *t = param_main(f, n);

	set_output(f, n, 0, t, n->op->sem == SEM_IDENTITY ? param(f, n, "x").val : NULL);
}

static bool
has_negative(const struct val *v)
{
	int64_t k;

	for (uint32_t i = 0; v->kind == VAL_INTS && i < v->n; i++)
		if (dim_number(v->u.ints[i], &k) && k < 0)
			return true;
	return false;
}

/* Whole numbers alone are followed through arithmetic, and quotients where
 * rounding down and towards zero are the same. */
static const struct val *
fold(struct infer *f, const struct node *n, const struct fact *x, const struct fact *y,
	bool floats)
{
	const struct val *v;
	bool divides = n->op->sem == SEM_DIV || n->op->sem == SEM_MOD;

	if (x->val == NULL || y->val == NULL || n->op->sem == SEM_POW || (divides &&
	    (has_negative(x->val) || has_negative(y->val))))
		return NULL;
	if (divides && floats && !named(n, "real_div"))
		return NULL;
	v = calc_arith(f, n->op->sem, x->val, y->val, floats || named(n, "real_div"));
	return v != NULL && (floats || v->kind == VAL_INTS) ? v : NULL;
}

static const struct type *
broadcast_xy(struct infer *f, const struct node *n, const char *a, const char *b, enum dtype dt)
{
	const struct type *t[2] = { param_type(f, n, a), param_type(f, n, b) };

	return calc_broadcast(f, n, t, param_given(n, b) ? 2 : 1, dt);
}

void
mil_elements(struct infer *f, const struct node *n)
{
	struct fact x = param(f, n, "x"), y = param(f, n, "y");
	enum dtype dt = elem_dtype(x.type) != DT_NONE ? elem_dtype(x.type) : elem_dtype(y.type);
	const struct type *t = broadcast_xy(f, n, "x", "y", dt);

	set_output(f, n, 0, t, is_shaped(t) && t->rank < 2 ?
	    fold(f, n, &x, &y, dtype_class(dt) == DC_FLOAT) : NULL);
}

void
mil_compare(struct infer *f, const struct node *n)
{
	set_output(f, n, 0, broadcast_xy(f, n, "x", "y", DT_BOOL), NULL);
}

void
mil_cast(struct infer *f, const struct node *n)
{
	char buf[WORD];
	struct fact x = param(f, n, param_given(n, "source_val") ? "source_val" : "x");
	enum dtype dt = dtype_of_word(param_word(f, n, n->op->flags & OP_AT_LOAD ?
	    "output_dtype" : "dtype", buf, ""));
	const struct val *v = x.val;

	if (dtype_class(elem_dtype(x.type)) == DC_FLOAT && dtype_class(dt) != DC_FLOAT)
		v = calc_round(f, v, '0');
	set_output(f, n, 0, is_tensor(x.type) ? with_dtype(f, x.type, dt) :
	    tensor_no_rank(f, dt), dt == DT_BOOL ? NULL : v);
}

void
mil_select(struct infer *f, const struct node *n)
{
	const struct type *t[2] = { param_type(f, n, "a"), param_type(f, n, "b") };
	enum dtype dt = elem_dtype(t[0]) != DT_NONE ? elem_dtype(t[0]) : elem_dtype(t[1]);

	/* the condition takes no part */
	set_output(f, n, 0, calc_broadcast(f, n, t, 2, dt), NULL);
}

void
mil_round(struct infer *f, const struct node *n)
{
	struct fact x = param(f, n, "x");
	char how = named(n, "ceil") ? '^' : named(n, "floor") ? 'v' : 'n';

	set_output(f, n, 0, x.type, calc_round(f, x.val, how));
}

void
mil_quantize(struct infer *f, const struct node *n)
{
	const struct type *t = param_type(f, n, "input");
	char buf[WORD];
	enum dtype dt = dtype_of_word(param_word(f, n, "output_dtype", buf, ""));

	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, dt) : tensor_no_rank(f, dt), NULL);
}

void
mil_dequantize(struct infer *f, const struct node *n)
{
	const struct type *t = param_type(f, n, n->op->flags & OP_AT_LOAD ? "quantized_data" :
	    "input");
	enum dtype dt = elem_dtype(param_type(f, n, "scale"));

	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, dt) : tensor_no_rank(f, dt), NULL);
}

infer_fn *const infer_mil[SEM_COUNT] = {
	[SEM_CONV] = mil_conv, [SEM_QUANT_OP] = mil_conv,
	[SEM_CONV_TRANSPOSE] = mil_conv_transpose, [SEM_UNFOLD] = mil_sliding_windows,
	[SEM_MATMUL] = mil_matmul, [SEM_GEMM] = mil_linear, [SEM_EINSUM] = mil_einsum,
	[SEM_ATTENTION] = mil_attention, [SEM_DET] = mil_same,
	[SEM_BATCH_NORM] = mil_same, [SEM_INSTANCE_NORM] = mil_same, [SEM_LAYER_NORM] = mil_same,
	[SEM_LOCAL_NORM] = mil_same, [SEM_LP_NORM] = mil_same,
	[SEM_MAX_POOL] = mil_pool, [SEM_AVG_POOL] = mil_pool, [SEM_LP_POOL] = mil_pool,
	[SEM_ROI_POOL] = mil_roi_pool,

	[SEM_RELU] = mil_same, [SEM_LEAKY_RELU] = mil_same, [SEM_PRELU] = mil_same,
	[SEM_ELU] = mil_same, [SEM_GELU] = mil_same, [SEM_SIGMOID] = mil_same,
	[SEM_HARD_SIGMOID] = mil_same, [SEM_SWISH] = mil_same, [SEM_TANH] = mil_same,
	[SEM_SOFTPLUS] = mil_same, [SEM_SOFTSIGN] = mil_same, [SEM_SHRINK] = mil_same,
	[SEM_SOFTMAX] = mil_same, [SEM_ACTIVATION] = mil_same,

	[SEM_ADD] = mil_elements, [SEM_SUB] = mil_elements, [SEM_MUL] = mil_elements,
	[SEM_DIV] = mil_elements, [SEM_MOD] = mil_elements, [SEM_POW] = mil_elements,
	[SEM_MIN] = mil_elements, [SEM_MAX] = mil_elements, [SEM_SCALE] = mil_same,
	[SEM_CLIP] = mil_same, [SEM_ABS] = mil_same, [SEM_SIGN] = mil_same,
	[SEM_ROUND] = mil_round, [SEM_RECIPROCAL] = mil_same, [SEM_SQRT] = mil_same,
	[SEM_EXP] = mil_same, [SEM_LOG] = mil_same, [SEM_ERF] = mil_same, [SEM_TRIG] = mil_same,
	[SEM_COMPARE] = mil_compare, [SEM_LOGIC] = mil_compare, [SEM_SELECT] = mil_select,
	[SEM_CAST] = mil_cast,

	[SEM_REDUCE] = mil_reduce, [SEM_ARG_REDUCE] = mil_arg_reduce,
	[SEM_CUMULATIVE] = mil_same, [SEM_TOP_K] = mil_top_k,

	[SEM_IDENTITY] = mil_same, [SEM_RESHAPE] = mil_reshape, [SEM_FLATTEN] = mil_flatten,
	[SEM_SQUEEZE] = mil_squeeze, [SEM_UNSQUEEZE] = mil_unsqueeze,
	[SEM_TRANSPOSE] = mil_transpose, [SEM_TILE] = mil_tile, [SEM_CONCAT] = mil_concat,
	[SEM_STACK] = mil_stack, [SEM_SPLIT] = mil_split, [SEM_PAD] = mil_pad,
	[SEM_CROP] = mil_crop, [SEM_SPACE_DEPTH] = mil_space_depth, [SEM_RESIZE] = mil_resize,
	[SEM_GRID_SAMPLE] = mil_grid_sample, [SEM_TRI] = mil_same, [SEM_REVERSE] = mil_same,
	[SEM_SHAPE] = mil_shape, [SEM_FILL] = mil_fill, [SEM_RANGE] = mil_range,
	[SEM_RANDOM] = mil_random,

	[SEM_SLICE] = mil_slice, [SEM_SLICE_UPDATE] = mil_same, [SEM_GATHER] = mil_gather,
	[SEM_GATHER_ELEMENTS] = mil_gather_elements, [SEM_GATHER_ND] = mil_gather_nd,
	[SEM_SCATTER_SLICES] = mil_same, [SEM_SCATTER_ELEMENTS] = mil_same,
	[SEM_SCATTER_ND] = mil_same, [SEM_NON_ZERO] = mil_non_zero, [SEM_ONE_HOT] = mil_one_hot,
	[SEM_NMS] = mil_nms,

	[SEM_IF] = mil_cond, [SEM_LOOP] = mil_while, [SEM_SEQUENCE] = mil_list,
	[SEM_STATE] = mil_state, [SEM_LABEL] = mil_classify,
	[SEM_RNN] = mil_recurrent, [SEM_LSTM] = mil_recurrent, [SEM_GRU] = mil_recurrent,
	[SEM_QUANTIZE] = mil_quantize, [SEM_DEQUANTIZE] = mil_dequantize,
	[SEM_DECOMPRESS] = mil_decompress,
};
