/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of PyTorch's nodes by the name their schema gives them, the rules
 * by which element types combine, and the functions that aten.c's table names.
 * An argument is a value, an attribute, or a default of the schema. Lists that
 * hold values are facts with items. */
#ifndef INFER_ATEN_KINDS_H
#define INFER_ATEN_KINDS_H

#include "infer/state.h"

/* --- arguments (aten_arg.c) ------------------------------------------- */
/* Content VAL_NONE: None, or left out without a default. */
struct fact arg(struct infer *, const struct node *, const char *name);
/* Is it there and not None? */
bool arg_given(struct infer *, const struct node *, const char *name);
/* Does the schema of the node's op have it? */
bool arg_has(const struct node *, const char *name);
const struct type *arg_type(struct infer *, const struct node *, const char *name);
/* The first of the operands that a result is usually made of: self, input, ... */
const struct type *arg_main(struct infer *, const struct node *);
/* false: not known; *out stays when it is None. */
bool arg_number(struct infer *, const struct node *, const char *name, int64_t *out);
int64_t arg_int(struct infer *, const struct node *, const char *name, int64_t otherwise);
/* NULL: None; a dim without a name when it is not known. */
const struct dim *arg_dim(struct infer *, const struct node *, const char *name);
/* Numbers of a list, at most RANK_MAX; false: None or not known. */
bool arg_ints(struct infer *, const struct node *, const char *name, int64_t *, uint32_t *n);
/* The same as dims, those not known without a name; NULL: None, or the length
 * is not known. */
const struct dim *const *arg_dims(struct infer *, const struct node *, const char *name,
	uint32_t *n);
/* Items of a list; NULL: None, or not known. */
const struct fact *arg_items(struct infer *, const struct node *, const char *name, uint32_t *n);
/* otherwise when it is None; DT_NONE when it is not known. */
enum dtype arg_dtype(struct infer *, const struct node *, const char *name, enum dtype otherwise);
const char *arg_word(struct infer *, const struct node *, const char *name,
	const char *otherwise);
/* Operand i, None when it is left out. */
struct fact operand_arg(struct infer *, const struct node *, uint32_t i);
/* The value that stands for the parameter, or NULL. */
const struct value *arg_value(const struct infer *, const struct node *, const char *name);
/* By the number of c10, as TorchScript has it; DT_NONE: there is none. */
enum dtype c10_dtype(int64_t);
/* The number of a dtype in c10; -1: there is none. */
int64_t c10_number(enum dtype);

/* --- facts of Python's values (aten_python.c) -------------------------- */
/* A number, bool or text without content. */
const struct type *scalar_type(struct infer *, enum dtype);
bool is_scalar(const struct type *);
bool is_none(const struct fact *);
/* n items as one fact: numbers become one content. */
struct fact list_fact(struct infer *, const struct fact *items, uint32_t n, enum type_tag);
/* The items of a list or tuple; NULL: not known. */
const struct fact *list_items(struct infer *, const struct fact *, uint32_t *n);
/* Set the outputs of a node from a list of tensors: one list in TorchScript, an
 * output an item in exported programs. */
void set_outputs(struct infer *, const struct node *, const struct fact *, uint32_t n);

/* --- element types (aten_promote.c) ------------------------------------ */
/* What PyTorch makes of two element types. */
enum dtype promote_dtypes(enum dtype, enum dtype);
/* Element type of a result of these operands: tensors with dims go before
 * those without, and these before numbers. */
enum dtype promote(const struct fact *, uint32_t n);
/* The type a function on floats gives for that of its operand. */
enum dtype float_of(enum dtype);

/* --- packed weights of quantised operations (aten_quant.c) --------------- */
/* The weight in the object that a node reads; NULL: it is not known. */
const struct type *packed_weight(struct infer *, const struct node *);
/* The numbers of that name beside it, at most RANK_MAX; false: not known. */
bool packed_numbers(struct infer *, const struct node *, const char *name, int64_t *,
	uint32_t *n);
/* Type a convolution that has them; aten_layer.c. */
void aten_packed_conv(struct infer *, const struct node *, const struct type *input);

/* aten_element.c */
infer_fn aten_same, aten_float, aten_elements, aten_div, aten_compare, aten_logic, aten_classify,
	aten_cast, aten_select, aten_round, aten_clip, aten_scale, aten_pow, aten_bitcast,
	aten_unary, aten_quantize, aten_dequantize, aten_identity,
	aten_dropout;
/* aten_python.c */
infer_fn aten_sequence, aten_size, aten_shape, aten_slice_list, aten_text, aten_constant;
/* aten_linalg.c */
infer_fn aten_linalg;
/* aten_layer.c */
infer_fn aten_conv, aten_conv_transpose, aten_pool, aten_adaptive_pool, aten_matmul, aten_gemm,
	aten_einsum, aten_norm, aten_attention, aten_recurrent, aten_unfold, aten_fold,
	aten_roi_pool, aten_unpool, aten_fused;
/* aten_quant.c */
infer_fn aten_quant_op;
/* aten_reduce.c */
infer_fn aten_reduce, aten_arg_reduce, aten_top_k, aten_cumulative, aten_unique;
/* aten_loss.c */
infer_fn aten_loss;
/* aten_stat.c */
infer_fn aten_covariance, aten_combinations, aten_cartesian, aten_pdist, aten_histogram,
	aten_trapezoid, aten_nonzero_static, aten_sum_to_size, aten_pad_sequence;
/* aten_low.c */
infer_fn aten_segments, aten_loss_parts, aten_with_mask, aten_truth, aten_trilinear,
	aten_grouped, aten_sparse_sum;
/* aten_shape.c */
infer_fn aten_reshape, aten_flatten, aten_squeeze, aten_unsqueeze, aten_transpose, aten_expand,
	aten_tile, aten_concat, aten_stack, aten_split, aten_pad, aten_resize,
	aten_grid_sample, aten_affine_grid, aten_space_depth, aten_glu;
/* aten_index.c */
infer_fn aten_slice, aten_gather, aten_gather_elements, aten_index, aten_compress, aten_diagonal,
	aten_non_zero, aten_one_hot, aten_nms;
/* aten_create.c */
infer_fn aten_fill, aten_range, aten_eye, aten_random, aten_window, aten_tri, aten_fft;
/* aten_control.c */
infer_fn aten_if, aten_loop, aten_scan, aten_call;

#endif
