/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: of counterparts that could not be computed, is all that they do compared in
 * other ways? One operation each of one kind is, where each parameter that is given is among
 * those that are compared, or is what the operation takes without it. What one side writes as
 * several operations is not, but for a scale or offset by constants that weights take in. */
#include <string.h>

#include "align/setting.h"
#include "base/str.h"
#include "ir/dim.h"
#include "ir/tensor.h"
#include "ops/sig.h"

/* Elements of a weight that is compared as one. */
enum { WEIGHT = 4, NAME = 40, WORKERS = 24 };

/* What is no matter, or shows in dims and element types. */
static const char common[] = "dtype device layout pin_memory memory_format non_blocking copy "
    "cudnn_enable cudnn_enabled benchmark deterministic allow_tf32 training train training_mode "
    "implicit inplace momentum validate_indices keepdim keepdims keep_dims to saturate sparse "
    "scale_grad_by_freq padding_idx sorted output_dtype output_type stash_type is_test name";
/* What an operation works on. */
static const char data[] = "x y self other input weight bias running_mean running_var mean "
    "variance gamma values tensors data a b cond condition mat1 mat2 X W B A C scale input_mean "
    "input_var exponent tensor1 tensor2 batch1 batch2 vec";

/* Kinds of which one node is held against one of the other side, and the parameters that are
 * compared, or that follow from those and from dims. */
static const struct { enum sem sem; const char *names; } kinds[] = {
	{ SEM_RELU, "" }, { SEM_SIGMOID, "" }, { SEM_TANH, "" }, { SEM_ABS, "" }, { SEM_NEG, "" },
	{ SEM_SIGN, "" }, { SEM_ERF, "" }, { SEM_SWISH, "" }, { SEM_MISH, "" },
	{ SEM_SOFTSIGN, "" }, { SEM_SOFTPLUS, "" }, { SEM_HARD_SWISH, "" },
	{ SEM_RECIPROCAL, "epsilon" }, { SEM_PRELU, "alpha" }, { SEM_NON_ZERO, "" },
	{ SEM_GEMM, "transB" }, { SEM_MATMUL, "transpose_x transpose_y" }, { SEM_ATTENTION, "" },
	{ SEM_CONV, "stride strides dilation dilations groups group padding pads pad pad_type "
	    "auto_pad kernel_shape transposed" },
	{ SEM_CONV_TRANSPOSE, "stride strides dilation dilations groups group padding pads pad "
	    "pad_type auto_pad kernel_shape transposed output_padding output_shape" },
	{ SEM_BATCH_NORM, "eps epsilon" }, { SEM_INSTANCE_NORM, "eps epsilon use_input_stats" },
	{ SEM_LAYER_NORM, "eps epsilon normalized_shape axis axes" },
	{ SEM_GROUP_NORM, "eps epsilon num_groups N C HxW group" },
	{ SEM_MAX_POOL, "kernel_size kernel_sizes kernel_shape stride strides padding pads pad "
	    "pad_type auto_pad ceil_mode" },
	{ SEM_AVG_POOL, "kernel_size kernel_sizes kernel_shape stride strides padding pads pad "
	    "pad_type auto_pad ceil_mode count_include_pad exclude_padding_from_average" },
	{ SEM_GLOBAL_POOL, "" }, { SEM_REDUCE, "dim dims axis axes noop_with_empty_axes" },
	{ SEM_ARG_REDUCE, "dim axis" }, { SEM_CUMULATIVE, "dim axis exclusive reverse" },
	{ SEM_TOP_K, "dim axis k largest ascending sort return_indices" },
	{ SEM_SOFTMAX, "dim axis" }, { SEM_LOG_SOFTMAX, "dim axis" }, { SEM_CONCAT, "dim axis" },
	{ SEM_STACK, "dim axis" }, { SEM_SPLIT, "dim axis split_size split_sizes num_splits "
	    "chunks split num_outputs sections" },
	{ SEM_SLICE, "dim axis axes starts ends steps start end step begin stride begin_mask "
	    "end_mask squeeze_mask index" },
	{ SEM_SLICE_UPDATE, "dim axis start end step begin stride begin_mask end_mask "
	    "squeeze_mask" },
	{ SEM_QUANTIZE, "scale y_scale zero_point y_zero_point quant_min quant_max axis" },
	{ SEM_DEQUANTIZE, "scale x_scale zero_point x_zero_point quant_min quant_max axis" },
	{ SEM_ONE_HOT, "num_classes one_hot_vector_size depth axis on_value off_value" },
	{ SEM_RANDOM, "mean stddev scale low high from shape size seed" },
	{ SEM_GATHER, "dim axis index indices" }, { SEM_GATHER_ELEMENTS, "dim axis" },
	{ SEM_TRI, "diagonal k upper lower" }, { SEM_REVERSE, "dims axes" },
	{ SEM_PAD, "pad pads padding paddings value constant_value constant_val mode axes" },
	{ SEM_ADD, "" }, { SEM_SUB, "" }, { SEM_MUL, "" }, { SEM_DIV, "rounding_mode" },
	{ SEM_POW, "" }, { SEM_MIN, "" }, { SEM_MAX, "" }, { SEM_COMPARE, "" }, { SEM_LOGIC, "" },
	{ SEM_SELECT, "value" }, { SEM_ROUND, "" }, { SEM_SQRT, "epsilon" }, { SEM_EXP, "" },
	{ SEM_LOG, "epsilon" }, { SEM_TRIG, "" }, { SEM_CLASSIFY, "" },
	{ SEM_ELU, "alpha" },
	{ SEM_LEAKY_RELU, "negative_slope alpha" }, { SEM_HARD_SIGMOID, "alpha beta" },
	{ SEM_GELU, "approximate mode" },
	{ SEM_RESIZE, "mode align_corners coordinate_transformation_mode sampling_mode size sizes "
	    "scales scale_factors output_size scales_h scales_w roi scale_factor_height "
	    "scale_factor_width target_size_height target_size_width" }
};

/* Of one number or two results they are the same when these are. */
static const enum sem exchanges[][2] = {
	{ SEM_MUL, SEM_DIV }, { SEM_ADD, SEM_SUB }, { SEM_GEMM, SEM_MATMUL }
};

/* Nodes of one side of a group that do more than move data. */
struct workers { const struct item *list[WORKERS]; uint32_t n; };

/* A repetition of axes of one alone is what is broadcast elsewhere. */
static bool
expands(const struct side *s, const struct item *x)
{
	const struct type *t = x->sem == SEM_TILE && x->n->nin > 0 && item_main(x) != ALIGN_NONE &&
	    x->n->in[item_main(x)] != NULL ? item_type(s, x->n->in[item_main(x)]) : NULL;
	const struct type *u = x->type;
	int64_t size;

	if (t == NULL || u == NULL || !t->has_rank || !u->has_rank || t->rank > u->rank)
		return false;
	for (uint32_t i = 0; i < t->rank; i++)
		if (t->dims[i] != u->dims[u->rank - t->rank + i] &&
		    (!dim_number(t->dims[i], &size) || size != 1))
			return false;
	return true;
}

static bool
is_worker(const struct side *s, const struct item *x)
{
	return !kin_layout(x) && !x->fixed && !x->idle && !x->twin && x->sem != SEM_STATE &&
	    !expands(s, x);
}

static void
find_workers(const struct aligner *al, unsigned k, const struct align_group *g,
	struct workers *w)
{
	w->n = 0;
	for (uint32_t i = 0; i < (k == 0 ? g->na : g->nb); i++) {
		const struct item *x = side_item(&al->side[k], (k == 0 ? g->a : g->b)[i]);

		if (is_worker(&al->side[k], x) && w->n++ < WORKERS)
			w->list[w->n - 1] = x;
	}
}

static const char *
names_of(enum sem sem)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].sem == sem)
			return kinds[i].names;
	return NULL;
}

static bool
is_known(const char *names, const char *s, size_t len)
{
	return setting_is_one_of(names, s, len) || setting_is_one_of(common, s, len);
}

/* The first parameter of x that nothing compares; "": there is none. */
static bool
find_open(struct aligner *al, const struct side *s, const struct item *x, const char *names,
	char name[NAME])
{
	const struct node *n = x->n;
	struct sig sig = { .nin = 0 };
	bool has = n->op != NULL && sig_parse(n->op, &sig);

	for (uint32_t i = 0; i < n->nattrs; i++) {
		const struct str *own = n->attrs[i].name;

		if (n->attrs[i].kind == ATTR_TENSOR || own->len >= NAME ||
		    is_known(names, own->s, own->len) || setting_is_default(al, s, n, own->s) ||
		    setting_is_one_of(data, own->s, own->len))
			continue;
		memcpy(name, own->s, own->len + 1);
		return true;
	}
	for (uint32_t i = 0; i < n->nin; i++) {
		const struct tensor *t = wire_constant(n->in[i]);
		const char *own = i < n->nnamed ? n->in_name[i]->s : has && i < sig.nin ?
		    sig.in[i].name : "";
		size_t len = i < n->nnamed ? n->in_name[i]->len : has && i < sig.nin ?
		    sig.in[i].name_len : 0;

		if (t == NULL || len >= NAME || len == 0 || (dtype_class(t->dtype) == DC_FLOAT &&
		    t->numel >= WEIGHT) || is_known(names, own, len) ||
		    setting_is_one_of(data, own, len))
			continue;
		memcpy(name, own, len);
		name[len] = '\0';
		if (!setting_is_default(al, s, n, name))
			return true;
	}
	return false;
}

/* Is one node of one kind each compared in all it does? Else *why. */
static bool
one_settled(struct aligner *al, const struct item *x, const struct item *y, const char **why)
{
	const struct item *const items[2] = { x, y };
	const char *names = names_of(x->sem);
	char name[NAME] = "";

	*why = NULL;
	if (x->sem != y->sem || names == NULL)
		return false;
	for (unsigned k = 0; k < 2; k++)
		if (find_open(al, &al->side[k], items[k], names, name)) {
			*why = arena_printf(al->result, "%s is not compared", name);
			return false;
		}
	return params_known(al, x, y) && geometry_known(al, x, y) && function_known(al, x, y);
}

static bool
exchange(const struct item *x, const struct item *y)
{
	for (size_t i = 0; i < sizeof exchanges / sizeof *exchanges; i++)
		if ((x->sem == exchanges[i][0] && y->sem == exchanges[i][1]) ||
		    (x->sem == exchanges[i][1] && y->sem == exchanges[i][0]))
			return true;
	return false;
}

/* A product or convolution, with what weights take in. */
static const struct item *
product_of(const struct workers *w)
{
	const struct item *found = NULL;
	bool crops = false;

	for (uint32_t i = 0; i < w->n; i++) {
		if (kin_takes_scale(w->list[i])) {
			if (found != NULL)
				return NULL;
			found = w->list[i];
		} else if (!parts_is_affine(w->list[i]) && (w->list[i]->sem != SEM_CROP &&
		    w->list[i]->sem != SEM_SLICE)) {
			return NULL;
		}
		crops |= w->list[i]->sem == SEM_CROP || w->list[i]->sem == SEM_SLICE;
	}
	/* what is cut off behind it was its padding */
	return found != NULL && crops && found->sem != SEM_CONV_TRANSPOSE ? NULL : found;
}

bool
settled(struct aligner *al, const struct align_group *g, const char **why)
{
	struct workers a, b;
	const struct item *x, *y;

	*why = NULL;
	find_workers(al, 0, g, &a);
	find_workers(al, 1, g, &b);
	if (a.n == 0 && b.n == 0)
		return true;
	if (a.n > WORKERS || b.n > WORKERS || a.n == 0 || b.n == 0)
		return false;
	if (a.n == 1 && b.n == 1)
		return number_bounds_known(al, a.list[0], b.list[0]) ||
		    exchange(a.list[0], b.list[0]) ||
		    one_settled(al, a.list[0], b.list[0], why);
	x = product_of(&a);
	y = product_of(&b);
	return x != NULL && y != NULL && (exchange(x, y) || one_settled(al, x, y, why));
}
