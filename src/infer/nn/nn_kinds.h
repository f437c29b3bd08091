/* SPDX-License-Identifier: Apache-2.0 */
/* Operands of networks' layers as the engine sees them, and the functions that
 * nn.c's table names. */
#ifndef INFER_NN_KINDS_H
#define INFER_NN_KINDS_H

#include "infer/state.h"

/* --- operands (nn.c) ---------------------------------------------------- */
/* What operand i is inside of the network: inputs are mapped to five dims
 * (sequence, batch, channel, height, width) or taken as they are, as the network
 * says; all elements are floats. */
const struct type *nn_operand(struct infer *, const struct node *, uint32_t i);
/* An output that the model declares keeps that type: its axes are others. */
void nn_give(struct infer *, const struct node *, uint32_t i, const struct type *);
/* What stands on the axis i from the end, which are width, height, channel. */
enum { WIDTH = 1, HEIGHT, CHANNEL };
const struct dim *nn_axis(struct infer *, const struct type *, uint32_t from_end);
/* The same shape with another dim there. */
const struct type *nn_with(struct infer *, const struct type *, uint32_t from_end,
	const struct dim *);
/* Element i of a list of numbers, or otherwise. */
int64_t nn_number(struct infer *, const struct node *, const char *name, uint32_t i,
	int64_t otherwise);

/* nn.c */
infer_fn nn_same, nn_broadcast;
/* nn_layer.c: those that know height and width */
infer_fn nn_conv, nn_conv3d, nn_pool, nn_pool3d, nn_global_pool3d, nn_inner_product, nn_embedding,
	nn_recurrent, nn_padding, nn_crop, nn_upsample, nn_resize, nn_crop_resize, nn_reorganize,
	nn_slice, nn_reduce, nn_reshape, nn_flatten, nn_permute, nn_concat, nn_split, nn_repeat,
	nn_load, nn_dot;
/* nn_nd.c: those that take any rank */
infer_fn nd_matmul, nd_embedding, nd_reduce, nd_arg, nd_top_k, nd_transpose, nd_concat, nd_split,
	nd_stack, nd_squeeze, nd_expand_dims, nd_reshape, nd_broadcast_to, nd_fill, nd_random,
	nd_range, nd_tile, nd_pad, nd_slice, nd_slice_size, nd_windows, nd_gather, nd_one_hot,
	nd_shape, nd_load, nd_non_zero, nd_where, nd_flatten, nd_nms, nd_regions;

#endif
