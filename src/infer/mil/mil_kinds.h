/* SPDX-License-Identifier: Apache-2.0 */
/* Operands of ML Programs' nodes by the name of their parameter, and the
 * functions that mil.c's table names. */
#ifndef INFER_MIL_KINDS_H
#define INFER_MIL_KINDS_H

#include "infer/state.h"

/* --- parameters (mil.c) ----------------------------------------------- */
/* What stands there, an operand or a constant among the attributes. */
struct fact param(struct infer *, const struct node *, const char *name);
/* Element type DT_NONE: not given or not known. */
const struct type *param_type(struct infer *, const struct node *, const char *name);
/* The operand that the output is made of: x, data, input, ... */
const struct type *param_main(struct infer *, const struct node *);
bool param_given(const struct node *, const char *name);
int64_t param_int(struct infer *, const struct node *, const char *name, int64_t otherwise);
/* false: not known; *otherwise when it is not given. */
bool param_number(struct infer *, const struct node *, const char *name, int64_t *);
/* At most RANK_MAX numbers; false: not given or not known. */
bool param_numbers(struct infer *, const struct node *, const char *name, int64_t *,
	uint32_t *n);
/* n dims, or NULL. */
const struct dim *const *param_dims(struct infer *, const struct node *, const char *name,
	uint32_t *n);
/* The word in buf, or otherwise. */
enum { WORD = 128 };
const char *param_word(struct infer *, const struct node *, const char *name, char buf[WORD],
	const char *otherwise);
/* Facts of all operands of a variadic parameter; in the arena. */
const struct fact *params(struct infer *, const struct node *, const char *name, uint32_t *n);
/* A tensor of as many dims as a list of sizes has, when those are not known. */
const struct type *shape_from(struct infer *, const struct node *, const char *name, enum dtype);

/* mil.c */
infer_fn mil_same, mil_elements, mil_compare, mil_cast, mil_select, mil_round, mil_quantize,
	mil_dequantize;
/* mil_layer.c */
infer_fn mil_conv, mil_conv_transpose, mil_pool, mil_linear, mil_matmul, mil_einsum,
	mil_attention, mil_recurrent, mil_reduce, mil_arg_reduce, mil_top_k, mil_roi_pool,
	mil_sliding_windows;
/* mil_shape.c */
infer_fn mil_reshape, mil_flatten, mil_squeeze, mil_unsqueeze, mil_transpose, mil_tile,
	mil_concat, mil_stack, mil_split, mil_pad, mil_crop, mil_space_depth, mil_resize,
	mil_grid_sample, mil_shape, mil_fill, mil_range, mil_random;
/* mil_index.c */
infer_fn mil_slice, mil_gather, mil_gather_elements, mil_gather_nd, mil_non_zero, mil_one_hot,
	mil_nms;
/* mil_control.c */
infer_fn mil_cond, mil_while, mil_list, mil_state, mil_classify;
/* mil_compressed.c */
infer_fn mil_decompress;

#endif
