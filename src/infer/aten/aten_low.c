/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that PyTorch calls below those that people write, as decompositions and
 * traces of old models leave them. */
#include <string.h>

#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

/* A result for each segment of an axis: lengths or offsets, which are one more, count
 * these on their last axis, and have the axes before that one. */
void
aten_segments(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	bool lengths = arg_given(f, n, "lengths");
	const struct type *by = arg_type(f, n, lengths ? "lengths" : "offsets");
	const struct dim *d;
	uint32_t at;

	if (!is_shaped(t) || !axis_in(arg_int(f, n, "axis", 0), t->rank, &at)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	d = !is_shaped(by) || by->rank == 0 ? dim_anon(f->types) : by->dims[by->rank - 1];
	set_output(f, n, 0, with_dim(f, t, at, lengths ? d : dim_addk(f->types, d, -1)), NULL);
}

/* The loss, and the sum of the weights or which scores are targets. */
void
aten_loss_parts(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);

	aten_loss(f, n);
	if (named(n, "multilabel_margin_loss_forward"))
		set_output(f, n, 1, is_tensor(arg_type(f, n, "target")) ?
		    with_dtype(f, arg_type(f, n, "target"), elem_dtype(t)) : NULL, NULL);
	else
		set_output(f, n, 1, tensor_of(f, elem_dtype(t), NULL, 0), NULL);
}

/* The operand again, and at which of its elements a gradient passes; of a logarithm
 * what its gradient is made of. */
void
aten_with_mask(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);

	if (!is_tensor(t))
		return;
	set_output(f, n, 0, t, NULL);
	set_output(f, n, 1, named(n, "log_sigmoid_forward") ? t : with_dtype(f, t, DT_BOOL), NULL);
}

void
aten_truth(struct infer *f, const struct node *n)
{
	set_output(f, n, 0, tensor_of(f, DT_BOOL, NULL, 0), NULL);
}

/* A third operand with axes of one put in: all of it is known or nothing. */
static const struct type *
widened(struct infer *f, const struct node *n, const char *name, const char *places)
{
	int64_t axes[RANK_MAX];
	uint32_t k;

	return arg_ints(f, n, places, axes, &k) ?
	    calc_unsqueeze(f, n, arg_type(f, n, name), axes, k) : NULL;
}

/* Three tensors multiplied element by element, and summed over axes. */
void
aten_trilinear(struct infer *f, const struct node *n)
{
	const struct type *t[3] = { widened(f, n, "i1", "expand1"),
	    widened(f, n, "i2", "expand2"), widened(f, n, "i3", "expand3") };
	enum dtype dt = elem_dtype(arg_type(f, n, "i1"));
	int64_t axes[RANK_MAX];
	struct reduction r = { .axes = axes };

	r.known = arg_ints(f, n, "sumdim", axes, &r.n);
	set_output(f, n, 0, !r.known ? tensor_no_rank(f, dt) : calc_reduce(f, n,
	    calc_broadcast(f, n, t, 3, dt), &r, dt), NULL);
}

/* Products of matrices of which one is cut into groups by offsets: rows of the first with a
 * matrix each, columns of the second, or what is summed over. */
void
aten_grouped(struct infer *f, const struct node *n)
{
	const struct type *a = arg_type(f, n, "self"), *b = arg_type(f, n, "mat2");
	const struct type *offs = arg_type(f, n, "offs");
	enum dtype dt = arg_dtype(f, n, "out_dtype", elem_dtype(a));
	const struct dim *dims[3], **at = dims;

	if (!is_shaped(a) || !is_shaped(b) || a->rank < 2 || b->rank < 2 || a->rank > 3 ||
	    b->rank > 3) {
		set_output(f, n, 0, tensor_no_rank(f, dt), NULL);
		return;
	}
	if (a->rank == b->rank)
		*at++ = a->rank == 3 ? a->dims[0] : is_shaped(offs) && offs->rank == 1 ?
		    offs->dims[0] : dim_anon(f->types);
	*at++ = a->dims[a->rank - 2];
	*at++ = b->dims[b->rank - 1];
	set_output(f, n, 0, tensor_of(f, dt, dims, (uint32_t)(at - dims)), NULL);
}

/* All elements of a sparse tensor summed are one number; of some axes, what is left is
 * sparse unless they are all of the sparse ones, which no type tells. */
void
aten_sparse_sum(struct infer *f, const struct node *n)
{
	enum dtype dt = arg_has(n, "dtype") ? arg_dtype(f, n, "dtype", DT_NONE) :
	    elem_dtype(arg_main(f, n));

	if (arg_has(n, "dim"))
		lose(f, n, "whether what is left is sparse is known only when it runs");
	else
		set_output(f, n, 0, tensor_of(f, dt, NULL, 0), NULL);
}
