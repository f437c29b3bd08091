/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's quantised operations. Their weights are packed in objects made in C++:
 * {"weight","bias"} and, of convolutions, "stride", "padding", "output_padding",
 * "dilation" and "groups" or all of these in "config"; read/torch/ts_packed.c. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"
#include "ir/tensor.h"

/* The part of the packed weights that a node reads, or NULL. */
static const struct tensor *
part_of(struct infer *f, const struct node *n, const char *name)
{
	const struct items *x;
	char word[24];

	for (uint32_t i = 0; i < n->nin; i++) {
		x = n->in[i] != NULL && n->in[i]->constant != NULL ? n->in[i]->constant->items :
		    NULL;
		for (uint32_t k = 0; x != NULL && x->form == ITEMS_OBJECT && k + 1 < x->n; k += 2)
			if (tensor_word(x->list[k], f->arena, word, sizeof word) &&
			    strcmp(word, name) == 0)
				return x->list[k + 1];
	}
	return NULL;
}

const struct type *
packed_weight(struct infer *f, const struct node *n)
{
	const struct tensor *t = part_of(f, n, "weight");

	return t != NULL && t->items == NULL && t->dtype != DT_NONE ? tensor_type(f, t) : NULL;
}

/* Numbers of a tensor or of a list. */
static bool
read_numbers(struct infer *f, const struct tensor *t, int64_t *out, uint32_t *n)
{
	const struct items *list = t->items;
	uint32_t count = list != NULL ? list->n : 1;
	const struct val *v;

	*n = 0;
	if (list != NULL && list->cut)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		v = tensor_val(f, list != NULL ? list->list[i] : t);
		if (v == NULL || v->kind != VAL_INTS || *n + v->n > RANK_MAX)
			return false;
		for (uint32_t k = 0; k < v->n; k++)
			if (!dim_number(v->u.ints[k], &out[(*n)++]))
				return false;
	}
	return *n > 0;
}

/* In a configuration: axes of space, four lists of so many, groups, transposed. */
static bool
read_config(struct infer *f, const struct tensor *t, const char *name, int64_t *out, uint32_t *n)
{
	static const char *const lists[] = { "stride", "padding", "dilation", "output_padding" };
	int64_t all[RANK_MAX];
	uint32_t count, axes;

	if (!read_numbers(f, t, all, &count) || all[0] < 1 || all[0] > 4 ||
	    count < 2 + 4 * (axes = (uint32_t)all[0]))
		return false;
	*n = axes;
	for (uint32_t i = 0; i < 4; i++) {
		if (strcmp(lists[i], name) != 0)
			continue;
		memcpy(out, &all[1 + i * axes], axes * sizeof *out);
		return true;
	}
	*n = 1;
	out[0] = all[1 + 4 * axes];
	return true;
}

bool
packed_numbers(struct infer *f, const struct node *n, const char *name, int64_t *out,
	uint32_t *count)
{
	const struct tensor *t = part_of(f, n, name), *config = part_of(f, n, "config");

	if (t != NULL)
		return read_numbers(f, t, out, count);
	if (config != NULL)
		return read_config(f, config, name, out, count);
	return strcmp(name, "output_padding") == 0 && packed_weight(f, n) != NULL;
}

/* Weights of four bits, two in a byte, and products with them. */
static void
int4(struct infer *f, const struct node *n, const struct type *t)
{
	const struct type *w = operand_fact(f, n, 1)->type;

	if (named(n, "_convert_weight_to_int4pack_for_cpu") && is_shaped(t) && t->rank == 2)
		set_output(f, n, 0, with_dtype(f, with_dim(f, t, 1,
		    dim_floork(f->types, t->dims[1], 2)), DT_U8), NULL);
	else if (named(n, "_weight_int4pack_mm_for_cpu") && is_shaped(t) && t->rank == 2 &&
	    is_shaped(w) && w->rank == 2)
		set_output(f, n, 0, with_dim(f, t, 1, w->dims[0]), NULL);
	else
		set_output(f, n, 0, tensor_no_rank(f, DT_NONE), NULL);
}

static void
linear(struct infer *f, const struct node *n, const struct type *t)
{
	const struct type *w = packed_weight(f, n);
	const struct dim *out = is_shaped(w) && w->rank == 2 ? w->dims[0] : dim_anon(f->types);

	if (is_shaped(w) && w->rank == 2 && dim_differ(t->dims[t->rank - 1], w->dims[1]))
		misfit_types(f, n, t, w, "do not agree on the features");
	set_output(f, n, 0, with_dim(f, t, t->rank - 1, out), NULL);
}

/* Names that end in an operation element by element keep the shape. */
void
aten_quant_op(struct infer *f, const struct node *n)
{
	const struct type *t = n->nin > 0 ? operand_fact(f, n, 0)->type : NULL;
	static const char *const same[] = { "add", "mul", "relu", "hardswish", "leaky_relu",
	    "sigmoid", "clamp", "elu", "celu", "layer_norm", "batch_norm", "instance_norm",
	    "group_norm", "softmax", "threshold", "prelu", "dropout" };

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (strncmp(n->type->s, same[i], strlen(same[i])) == 0) {
			if (!is_tensor(t) && n->nin > 1)
				t = operand_fact(f, n, 1)->type; /* the number stands before it */
			set_output(f, n, 0, t, NULL);
			return;
		}
	if (strstr(n->type->s, "int4pack") != NULL)
		int4(f, n, t);
	else if (is_shaped(t) && t->rank > 0 && strncmp(n->type->s, "linear", 6) == 0)
		linear(f, n, t);
	else if (is_tensor(t) && strncmp(n->type->s, "conv", 4) == 0)
		aten_packed_conv(f, n, t);
	else
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
}
