/* SPDX-License-Identifier: Apache-2.0 */
/* Which function types which kind of ONNX node. Sources: the operators'
 * specifications of ai.onnx up to opset 28 and ai.onnx.ml. */
#include "infer/onnx/onnx_kinds.h"

infer_fn *const infer_onnx[SEM_COUNT] = {
	[SEM_CONV] = infer_conv, [SEM_CONV_DEFORM] = infer_conv,
	[SEM_CONV_TRANSPOSE] = infer_conv_transpose, [SEM_FOLD] = infer_fold,
	[SEM_MATMUL] = infer_matmul, [SEM_GEMM] = infer_gemm, [SEM_EINSUM] = infer_einsum,
	[SEM_ATTENTION] = infer_attention, [SEM_DET] = infer_det,
	[SEM_BATCH_NORM] = infer_norm, [SEM_INSTANCE_NORM] = infer_norm,
	[SEM_LAYER_NORM] = infer_norm, [SEM_GROUP_NORM] = infer_norm, [SEM_RMS_NORM] = infer_norm,
	[SEM_LOCAL_NORM] = infer_same, [SEM_LP_NORM] = infer_same,
	[SEM_MEAN_VARIANCE] = infer_same,
	[SEM_MAX_POOL] = infer_pool, [SEM_AVG_POOL] = infer_pool, [SEM_LP_POOL] = infer_pool,
	[SEM_GLOBAL_POOL] = infer_global_pool, [SEM_UNPOOL] = infer_unpool,
	[SEM_ROI_POOL] = infer_roi_pool,

	[SEM_RELU] = infer_same, [SEM_LEAKY_RELU] = infer_same, [SEM_PRELU] = infer_same,
	[SEM_ELU] = infer_same, [SEM_GELU] = infer_same, [SEM_SIGMOID] = infer_same,
	[SEM_HARD_SIGMOID] = infer_same, [SEM_SWISH] = infer_same, [SEM_HARD_SWISH] = infer_same,
	[SEM_MISH] = infer_same, [SEM_TANH] = infer_same, [SEM_SOFTPLUS] = infer_same,
	[SEM_SOFTSIGN] = infer_same, [SEM_SHRINK] = infer_same, [SEM_SOFTMAX] = infer_same,
	[SEM_LOG_SOFTMAX] = infer_same, [SEM_HARDMAX] = infer_same,

	[SEM_ADD] = infer_elements, [SEM_SUB] = infer_elements, [SEM_MUL] = infer_elements,
	[SEM_DIV] = infer_elements, [SEM_MOD] = infer_elements, [SEM_POW] = infer_elements,
	[SEM_MIN] = infer_elements, [SEM_MAX] = infer_elements, [SEM_MEAN] = infer_elements,
	[SEM_BITWISE] = infer_elements, [SEM_SCALE] = infer_same, [SEM_CLIP] = infer_same,
	[SEM_ABS] = infer_same, [SEM_NEG] = infer_neg, [SEM_SIGN] = infer_same,
	[SEM_ROUND] = infer_round, [SEM_RECIPROCAL] = infer_same, [SEM_SQRT] = infer_same,
	[SEM_EXP] = infer_same, [SEM_LOG] = infer_same, [SEM_ERF] = infer_same,
	[SEM_TRIG] = infer_same, [SEM_COMPARE] = infer_compare, [SEM_CLASSIFY] = infer_classify,
	[SEM_LOGIC] = infer_logic, [SEM_SELECT] = infer_select, [SEM_CAST] = infer_cast,
	[SEM_BITCAST] = infer_bitcast, [SEM_DROPOUT] = infer_dropout, [SEM_ROTARY] = infer_same,

	[SEM_REDUCE] = infer_reduce, [SEM_ARG_REDUCE] = infer_arg_reduce,
	[SEM_CUMULATIVE] = infer_same, [SEM_TOP_K] = infer_top_k, [SEM_UNIQUE] = infer_unique,
	[SEM_LOSS] = infer_loss,

	[SEM_IDENTITY] = infer_same, [SEM_RESHAPE] = infer_reshape,
	[SEM_FLATTEN] = infer_flatten, [SEM_SQUEEZE] = infer_squeeze,
	[SEM_UNSQUEEZE] = infer_unsqueeze, [SEM_TRANSPOSE] = infer_transpose,
	[SEM_EXPAND] = infer_expand, [SEM_TILE] = infer_tile, [SEM_CONCAT] = infer_concat,
	[SEM_SPLIT] = infer_split, [SEM_PAD] = infer_pad, [SEM_CROP] = infer_crop,
	[SEM_SPACE_DEPTH] = infer_space_depth, [SEM_RESIZE] = infer_resize,
	[SEM_GRID_SAMPLE] = infer_grid_sample, [SEM_AFFINE_GRID] = infer_affine_grid,
	[SEM_TRI] = infer_same, [SEM_REVERSE] = infer_same, [SEM_SHAPE] = infer_shape,
	[SEM_SIZE] = infer_size,

	[SEM_SLICE] = infer_slice, [SEM_GATHER] = infer_gather,
	[SEM_GATHER_ELEMENTS] = infer_gather_elements, [SEM_GATHER_ND] = infer_gather_nd,
	[SEM_SCATTER_ELEMENTS] = infer_same, [SEM_SCATTER_ND] = infer_same,
	[SEM_CACHE_UPDATE] = infer_same, [SEM_COMPRESS] = infer_compress,
	[SEM_NON_ZERO] = infer_non_zero, [SEM_ONE_HOT] = infer_one_hot, [SEM_NMS] = infer_nms,

	[SEM_IF] = infer_if, [SEM_LOOP] = infer_loop, [SEM_SCAN] = infer_scan,
	[SEM_DEVICE_COPY] = infer_same,
	[SEM_RNN] = infer_recurrent, [SEM_LSTM] = infer_recurrent, [SEM_GRU] = infer_recurrent,
	[SEM_QUANTIZE] = infer_quantize, [SEM_DEQUANTIZE] = infer_dequantize,
	[SEM_QUANT_OP] = infer_quant_op,

	[SEM_CONST] = infer_constant, [SEM_FILL] = infer_fill, [SEM_RANGE] = infer_range,
	[SEM_EYE] = infer_eye, [SEM_RANDOM] = infer_random, [SEM_WINDOW] = infer_window,
	[SEM_FFT] = infer_fft,
	[SEM_SEQUENCE] = infer_sequence, [SEM_OPTIONAL] = infer_optional, [SEM_TEXT] = infer_text,
	[SEM_DICT] = infer_ml, [SEM_ENCODE] = infer_ml, [SEM_TREE] = infer_ml, [SEM_SVM] = infer_ml,
	[SEM_LINEAR_MODEL] = infer_ml, [SEM_IMPUTE] = infer_same,
};

/* Seen of its version 1.23. */
int
infer_onnx_knows(const struct node *n)
{
	static const enum sem nothing[] = { SEM_SQUEEZE, SEM_UNSQUEEZE, SEM_REDUCE, SEM_SPLIT,
	    SEM_UNPOOL, SEM_WINDOW };
	static const enum sem rank[] = { SEM_RESHAPE, SEM_SLICE, SEM_TILE, SEM_PAD, SEM_RESIZE,
	    SEM_TOP_K, SEM_UNIQUE };

	if (n->op == NULL || (n->op->sem == SEM_RESHAPE && n->op->since < 14) ||
	    (n->op->sem == SEM_PAD && n->nin > 3) || named(n, "CenterCropPad"))
		return 0;
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
		if (n->op->sem == nothing[i])
			return 0;
	for (size_t i = 0; i < sizeof rank / sizeof *rank; i++)
		if (n->op->sem == rank[i])
			return 1;
	return 2;
}
