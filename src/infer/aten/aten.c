/* SPDX-License-Identifier: Apache-2.0 */
/* Which function types which kind of node of PyTorch's programs, exported or
 * scripted. Source: what torch 2.13 gives when it runs them. */
#include "infer/aten/aten_kinds.h"

infer_fn *const infer_aten[SEM_COUNT] = {
	[SEM_CONV] = aten_conv, [SEM_CONV_TRANSPOSE] = aten_conv_transpose,
	[SEM_CONV_DEFORM] = NULL, [SEM_QUANT_OP] = aten_quant_op, [SEM_UNFOLD] = aten_unfold,
	[SEM_FOLD] = aten_fold, [SEM_MATMUL] = aten_matmul, [SEM_GEMM] = aten_gemm,
	[SEM_EINSUM] = aten_einsum, [SEM_ATTENTION] = aten_attention, [SEM_DET] = aten_linalg,
	[SEM_FUSED] = aten_fused, [SEM_BATCH_NORM] = aten_norm, [SEM_INSTANCE_NORM] = aten_norm,
	[SEM_LAYER_NORM] = aten_norm, [SEM_GROUP_NORM] = aten_norm, [SEM_RMS_NORM] = aten_norm,
	[SEM_LP_NORM] = aten_norm, [SEM_MAX_POOL] = aten_pool, [SEM_AVG_POOL] = aten_pool,
	[SEM_GLOBAL_POOL] = aten_adaptive_pool, [SEM_ROI_POOL] = aten_roi_pool,
	[SEM_UNPOOL] = aten_unpool, [SEM_RNN] = aten_recurrent, [SEM_LSTM] = aten_recurrent,
	[SEM_GRU] = aten_recurrent,

	[SEM_RELU] = aten_same, [SEM_LEAKY_RELU] = aten_same, [SEM_PRELU] = aten_same,
	[SEM_ELU] = aten_same, [SEM_GELU] = aten_same, [SEM_SIGMOID] = aten_float,
	[SEM_HARD_SIGMOID] = aten_same, [SEM_SWISH] = aten_same, [SEM_HARD_SWISH] = aten_same,
	[SEM_TANH] = aten_float, [SEM_SOFTPLUS] = aten_same, [SEM_SHRINK] = aten_same,
	[SEM_MISH] = aten_same, [SEM_SOFTMAX] = aten_same, [SEM_LOG_SOFTMAX] = aten_same,
	[SEM_GLU] = aten_glu, [SEM_DROPOUT] = aten_dropout,

	[SEM_ADD] = aten_elements, [SEM_SUB] = aten_elements, [SEM_MUL] = aten_elements,
	[SEM_MIN] = aten_elements, [SEM_MAX] = aten_elements, [SEM_MOD] = aten_elements,
	[SEM_BITWISE] = aten_elements, [SEM_DIV] = aten_div, [SEM_POW] = aten_pow,
	[SEM_CLIP] = aten_clip, [SEM_SCALE] = aten_scale, [SEM_ABS] = aten_unary,
	[SEM_NEG] = aten_unary, [SEM_SIGN] = aten_unary, [SEM_ROUND] = aten_round,
	[SEM_RECIPROCAL] = aten_float, [SEM_SQRT] = aten_float, [SEM_EXP] = aten_float,
	[SEM_LOG] = aten_float, [SEM_ERF] = aten_float, [SEM_TRIG] = aten_float,
	[SEM_COMPARE] = aten_compare, [SEM_LOGIC] = aten_logic, [SEM_CLASSIFY] = aten_classify,
	[SEM_SELECT] = aten_select, [SEM_CAST] = aten_cast, [SEM_BITCAST] = aten_bitcast,
	[SEM_IDENTITY] = aten_identity, [SEM_QUANTIZE] = aten_quantize,
	[SEM_DEQUANTIZE] = aten_dequantize,

	[SEM_REDUCE] = aten_reduce, [SEM_ARG_REDUCE] = aten_arg_reduce,
	[SEM_TOP_K] = aten_top_k, [SEM_CUMULATIVE] = aten_cumulative, [SEM_LOSS] = aten_loss,
	[SEM_UNIQUE] = aten_unique,

	[SEM_RESHAPE] = aten_reshape, [SEM_FLATTEN] = aten_flatten, [SEM_SQUEEZE] = aten_squeeze,
	[SEM_UNSQUEEZE] = aten_unsqueeze, [SEM_TRANSPOSE] = aten_transpose,
	[SEM_EXPAND] = aten_expand, [SEM_TILE] = aten_tile, [SEM_CONCAT] = aten_concat,
	[SEM_STACK] = aten_stack, [SEM_SPLIT] = aten_split, [SEM_PAD] = aten_pad,
	[SEM_RESIZE] = aten_resize, [SEM_GRID_SAMPLE] = aten_grid_sample,
	[SEM_AFFINE_GRID] = aten_affine_grid, [SEM_SPACE_DEPTH] = aten_space_depth,
	[SEM_REVERSE] = aten_same, [SEM_TRI] = aten_tri,

	[SEM_SLICE] = aten_slice, [SEM_SLICE_UPDATE] = aten_same, [SEM_GATHER] = aten_gather,
	[SEM_GATHER_ELEMENTS] = aten_gather_elements, [SEM_GATHER_ND] = aten_index,
	[SEM_SCATTER_SLICES] = aten_same, [SEM_SCATTER_ELEMENTS] = aten_same,
	[SEM_SCATTER_ND] = aten_same, [SEM_COMPRESS] = aten_compress,
	[SEM_NON_ZERO] = aten_non_zero, [SEM_ONE_HOT] = aten_one_hot, [SEM_NMS] = aten_nms,

	[SEM_FILL] = aten_fill, [SEM_RANGE] = aten_range, [SEM_EYE] = aten_eye,
	[SEM_RANDOM] = aten_random, [SEM_WINDOW] = aten_window, [SEM_FFT] = aten_fft,
	[SEM_CONST] = aten_constant,

	[SEM_SHAPE] = aten_shape, [SEM_SIZE] = aten_size, [SEM_SEQUENCE] = aten_sequence,
	[SEM_TEXT] = aten_text, [SEM_IF] = aten_if, [SEM_LOOP] = aten_loop,
	[SEM_SCAN] = aten_scan, [SEM_CALL] = aten_call,
};
