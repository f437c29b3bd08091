/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that onnx.c's table names, one a group of kinds. */
#ifndef INFER_ONNX_KINDS_H
#define INFER_ONNX_KINDS_H

#include "infer/state.h"

/* onnx_element.c */
infer_fn infer_same, infer_elements, infer_compare, infer_logic, infer_classify, infer_cast,
	infer_cast_like, infer_bitcast, infer_select, infer_dropout, infer_round, infer_neg,
	infer_quantize, infer_dequantize, infer_binarize;
/* onnx_shape.c */
infer_fn infer_shape, infer_size, infer_reshape, infer_flatten, infer_squeeze, infer_unsqueeze,
	infer_transpose, infer_expand, infer_tile, infer_concat, infer_split, infer_pad,
	infer_crop, infer_space_depth, infer_resize, infer_constant, infer_fill, infer_range,
	infer_eye, infer_random, infer_window, infer_affine_grid, infer_grid_sample;
/* onnx_index.c */
infer_fn infer_slice, infer_gather, infer_gather_elements, infer_gather_nd, infer_compress,
	infer_non_zero, infer_one_hot, infer_nms, infer_top_k, infer_unique;
/* onnx_layer.c */
infer_fn infer_conv, infer_conv_transpose, infer_pool, infer_global_pool, infer_roi_pool,
	infer_unpool, infer_matmul, infer_gemm, infer_norm, infer_recurrent, infer_reduce,
	infer_arg_reduce, infer_loss, infer_det, infer_einsum, infer_attention, infer_fold,
	infer_quant_op, infer_fft;
/* onnx_control.c */
infer_fn infer_if, infer_loop, infer_scan, infer_sequence, infer_optional, infer_text,
	infer_ml;

/* Windows over x, with the weights w, as the attributes have them (onnx_layer.c). */
const struct type *onnx_conv_type(struct infer *, const struct node *, const struct type *x,
	const struct type *w, enum dtype);
/* t with as many axes more or fewer as there are in axes, none of which is known
 * (onnx_shape.c). */
const struct type *onnx_rank_changed(struct infer *, const struct type *t,
	const struct value *axes, int by);
const struct type *onnx_pool_type(struct infer *, const struct node *, const struct type *x);

#endif
