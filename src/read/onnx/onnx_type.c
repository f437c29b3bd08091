/* SPDX-License-Identifier: Apache-2.0 */
/* TypeProto and TensorShapeProto. */
#include "base/ctx.h"
#include "ops/op.h"
#include "read/onnx/onnx_read.h"

static const struct dim *
read_dim(struct onnx_reader *r)
{
	const struct dim *d = dim_unknown(&r->m->types);
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			d = dim_const(&r->m->types, (int64_t)f.value);
		else if (f.number == 2 && f.len > 0)
			d = dim_sym(&r->m->types, onnx_str(r, &f));
	}
	return d;
}

/* Dims go through the scratch arena: the type keeps its own copy. */
static void
read_shape(struct onnx_reader *r, struct type *t)
{
	const struct dim **dims = NULL;
	struct wire_field f;
	uint32_t n = 0;

	while (wire_next(&r->w, &f)) {
		dims = arena_grow(&r->scratch, dims, n, sizeof *dims);
		dims[n] = dim_unknown(&r->m->types);
		ONNX_IN(r, &f, dims[n] = read_dim(r));
		n++;
	}
	t->has_rank = true;
	t->rank = n;
	t->dims = dims;
}

/* Tensor, SparseTensor: 1 elem_type, 2 shape. Map: 1 key_type, 2 value_type.
 * Sequence, Optional: 1 elem_type. Opaque: 1 domain, 2 name. */
static void
read_body(struct onnx_reader *r, struct type *t)
{
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (t->tag == TY_OPAQUE) {
			*(f.number == 1 ? &t->domain : &t->name) = onnx_str(r, &f);
		} else if (f.type == WIRE_VARINT) {
			t->dtype_raw = (int32_t)f.value;
			t->dtype = onnx_dtype(t->dtype_raw);
		} else if (t->tag == TY_TENSOR || t->tag == TY_SPARSE) {
			ONNX_IN(r, &f, read_shape(r, t));
		} else {
			ONNX_IN(r, &f, t->elem = onnx_type(r));
		}
	}
	if (t->dtype != DT_NONE)
		t->dtype_raw = 0;
}

const struct type *
onnx_type(struct onnx_reader *r)
{
	static const enum type_tag tags[] = {
		[1] = TY_TENSOR, [4] = TY_SEQ, [5] = TY_MAP, [7] = TY_OPAQUE, [8] = TY_SPARSE,
		[9] = TY_OPT
	};
	struct type t = { .tag = TY_NONE, .domain = r->m->empty, .name = r->m->empty };
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 6)
			continue; /* denotation */
		t.tag = tags[f.number];
		ONNX_IN(r, &f, read_body(r, &t));
	}
	return type_intern(&r->m->types, &t);
}
