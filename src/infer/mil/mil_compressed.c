/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed weights of ML Programs: the type of what comes out. */
#include <string.h>

#include "infer/calc.h"
#include "infer/mil/mil_kinds.h"

/* Shape of indices with the axis of vectors grown by their length. */
static const struct type *
grown(struct infer *f, const struct node *n, const struct type *t, const struct type *lut)
{
	const struct dim *dims[RANK_MAX];
	int64_t axis;
	uint32_t at;

	if (!is_shaped(t) || !param_given(n, "vector_axis"))
		return t;
	if (!param_number(f, n, "vector_axis", &axis) || !axis_in(axis, t->rank, &at) ||
	    !is_shaped(lut) || lut->rank == 0)
		return tensor_no_rank(f, t->dtype);
	memcpy(dims, t->dims, t->rank * sizeof *dims);
	dims[at] = dim_mul(f->types, dims[at], lut->dims[lut->rank - 1]);
	return tensor_of(f, t->dtype, dims, t->rank);
}

/* Of a mask: what is not masked out, one after the other. */
static const struct type *
nonzero(struct infer *f, const struct type *data, const struct type *lut, bool vectors,
	enum dtype dt)
{
	const struct dim *len = is_shaped(data) && data->rank == 1 ? data->dims[0] :
	    dim_anon(f->types);

	if (vectors && is_shaped(lut) && lut->rank > 0)
		len = dim_mul(f->types, len, lut->dims[lut->rank - 1]);
	return tensor_of(f, dt, &len, 1);
}

void
mil_decompress(struct infer *f, const struct node *n)
{
	const struct type *lut = param_type(f, n, "lut"), *mask, *t;
	enum dtype dt = elem_dtype(lut);

	if (param_given(n, "shape")) {
		dt = dt != DT_NONE ? dt : elem_dtype(param_type(f, n, "nonzero_data"));
		set_output(f, n, 0, shape_from(f, n, "shape", dt), NULL);
	} else if (named(n, "constexpr_lut_to_dense")) {
		t = grown(f, n, param_type(f, n, "indices"), lut);
		set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, dt) : NULL, NULL);
	} else if (named(n, "constexpr_sparse_to_dense")) {
		mask = param_type(f, n, "mask");
		set_output(f, n, 0, is_tensor(mask) ? with_dtype(f, mask,
		    elem_dtype(param_type(f, n, "nonzero_data"))) : NULL, NULL);
	} else if (named(n, "constexpr_blockwise_shift_scale")) {
		t = param_type(f, n, "data");
		set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t,
		    elem_dtype(param_type(f, n, "scale"))) : NULL, NULL);
	} else if (named(n, "constexpr_lut_to_sparse")) {
		set_output(f, n, 0, grown(f, n, param_type(f, n, "indices_mask"), lut), NULL);
		set_output(f, n, 1, nonzero(f, param_type(f, n, "indices_nonzero_data"), lut,
		    param_given(n, "vector_axis"), dt), NULL);
	} else if (named(n, "constexpr_sparse_blockwise_shift_scale")) {
		set_output(f, n, 0, param_type(f, n, "data_mask"), NULL);
		set_output(f, n, 1, nonzero(f, param_type(f, n, "nonzero_data"), NULL, false,
		    elem_dtype(param_type(f, n, "scale"))), NULL);
	}
}
