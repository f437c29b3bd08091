/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX nodes with windows, products, norms and reductions. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "infer/calc.h"
#include "infer/onnx/onnx_kinds.h"

/* The window of a convolution or pooling node along spatial axis i of k. */
static struct slide
slide_of(struct infer *f, const struct node *n, uint32_t i, uint32_t k, int64_t kernel)
{
	struct slide s = { .kernel = kernel, .stride = 1, .dilation = 1 };
	const char *pad = attr_text(f, n, "auto_pad");
	const int64_t *list;
	uint32_t count;

	if ((list = attr_ints(f, n, "strides", &count)) != NULL && i < count)
		s.stride = list[i];
	if (s.stride <= 0)
		misfit(f, n, "strides has %" PRId64 ", which is no step forward", s.stride);
	if ((list = attr_ints(f, n, "dilations", &count)) != NULL && i < count)
		s.dilation = list[i];
	if ((list = attr_ints(f, n, "pads", &count)) != NULL && count == 2 * k) {
		s.lo = list[i];
		s.hi = list[k + i];
	}
	if (pad != NULL && strncmp(pad, "SAME", 4) == 0)
		s.mode = PADS_SAME;
	else if (pad != NULL && strcmp(pad, "VALID") == 0)
		s.mode = PADS_VALID;
	s.ceil = attr_int(f, n, "ceil_mode", 0) != 0;
	s.clip = s.ceil;
	return s;
}

/* Size of the kernel along spatial axis i; false: not known. */
static bool
kernel_size(struct infer *f, const struct node *n, const struct type *w, uint32_t i, int64_t *k)
{
	uint32_t count;
	const int64_t *list = attr_ints(f, n, "kernel_shape", &count);

	if (list != NULL && i < count) {
		*k = list[i];
		return true;
	}
	return is_shaped(w) && i + 2 < w->rank && dim_number(w->dims[i + 2], k);
}

const struct type *
onnx_conv_type(struct infer *f, const struct node *n, const struct type *x, const struct type *w,
	enum dtype dt)
{
	const struct dim *dims[RANK_MAX];
	int64_t kernel;

	if (!is_shaped(x) || x->rank < 2) {
		if (!is_shaped(w) || w->rank < 2)
			return tensor_no_rank(f, dt);
		for (uint32_t i = 0; i < w->rank; i++)
			dims[i] = i == 1 ? w->dims[0] : dim_anon(f->types);
		return tensor_of(f, dt, dims, w->rank);
	}
	if (is_shaped(w) && w->rank != x->rank) {
		misfit(attr_of(f, n, "kernel_shape") != NULL ? ours(f) : f, n,
		    "a kernel of rank %u for an input of rank %u", w->rank, x->rank);
		return tensor_no_rank(f, dt);
	}
	if (is_shaped(w) && dim_differ(x->dims[1], dim_mulk(f->types, w->dims[1],
	    attr_int(f, n, "group", 1))))
		misfit_types(ours(f), n, x, w, "do not agree on the channels");
	dims[0] = x->dims[0];
	dims[1] = is_shaped(w) ? w->dims[0] : dim_anon(f->types);
	for (uint32_t i = 0; i + 2 < x->rank; i++) {
		struct slide s;

		if (!kernel_size(f, n, w, i, &kernel)) {
			dims[i + 2] = dim_anon(f->types);
			continue;
		}
		s = slide_of(f, n, i, x->rank - 2, kernel);
		dims[i + 2] = calc_slide(f, x->dims[i + 2], &s);
	}
	return tensor_of(f, dt, dims, x->rank);
}

void
infer_conv(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type;

	set_output(f, n, 0, onnx_conv_type(f, n, x, operand_fact(f, n, 1)->type, elem_dtype(x)),
	    NULL);
}

void
infer_conv_transpose(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type, *w = operand_fact(f, n, 1)->type;
	const struct dim *dims[RANK_MAX], *d;
	uint32_t count, no, npads = 0;
	const int64_t *shape = attr_ints(f, n, "output_shape", &count);
	const int64_t *extra = attr_ints(f, n, "output_padding", &no);
	int64_t kernel, more, reach, pads[2 * RANK_MAX];

	if (!is_shaped(x) || x->rank < 2) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	dims[0] = x->dims[0];
	dims[1] = is_shaped(w) && w->rank > 1 ? dim_mulk(f->types, w->dims[1],
	    attr_int(f, n, "group", 1)) : dim_anon(f->types);
	for (uint32_t i = 0; i + 2 < x->rank; i++) {
		struct slide s;

		dims[i + 2] = dim_anon(f->types);
		if (shape != NULL && count >= x->rank - 2) {
			dims[i + 2] = dk(f, shape[count - (x->rank - 2) + i]);
			continue;
		}
		if (!kernel_size(f, n, w, i, &kernel))
			continue;
		s = slide_of(f, n, i, x->rank - 2, kernel);
		more = extra != NULL && i < no ? extra[i] : 0;
		/* pads are never negative: windows shorter than the stride leave no rest */
		if (s.mode == PADS_SAME && calc_reach(&s, more, &reach) && reach >= s.stride) {
			dims[i + 2] = dim_mulk(f->types, x->dims[i + 2], s.stride);
			continue;
		}
		if (named(n, "ConvTransposeWithDynamicPads") && !numbers_of(f, operand(n, 2), pads,
		    2 * RANK_MAX, &npads))
			continue;
		if (npads == 2 * (x->rank - 2)) {
			s.lo = pads[i];
			s.hi = pads[i + x->rank - 2];
		}
		if (!calc_reach(&s, more, &reach))
			continue;
		d = dim_mulk(f->types, dim_addk(f->types, x->dims[i + 2], -1), s.stride);
		dims[i + 2] = dim_addk(f->types, d, reach);
	}
	set_output(f, n, 0, tensor_of(f, elem_dtype(x), dims, x->rank), NULL);
}

const struct type *
onnx_pool_type(struct infer *f, const struct node *n, const struct type *x)
{
	const struct dim *dims[RANK_MAX];
	int64_t kernel;

	if (!is_shaped(x) || x->rank < 2)
		return is_tensor(x) ? tensor_no_rank(f, x->dtype) : NULL;
	dims[0] = x->dims[0];
	dims[1] = x->dims[1];
	for (uint32_t i = 0; i + 2 < x->rank; i++) {
		struct slide s;

		dims[i + 2] = dim_anon(f->types);
		if (!kernel_size(f, n, NULL, i, &kernel))
			continue;
		s = slide_of(f, n, i, x->rank - 2, kernel);
		dims[i + 2] = calc_slide(f, x->dims[i + 2], &s);
	}
	return tensor_of(f, x->dtype, dims, x->rank);
}

void
infer_pool(struct infer *f, const struct node *n)
{
	const struct type *t = onnx_pool_type(f, n, operand_fact(f, n, 0)->type);

	set_output(f, n, 0, t, NULL);
	set_output(f, n, 1, t != NULL ? with_dtype(f, t, DT_I64) : tensor_no_rank(f, DT_I64), NULL);
}

void
infer_global_pool(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type;
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(x)) {
		set_output(f, n, 0, x, NULL);
		return;
	}
	for (uint32_t i = 0; i < x->rank; i++)
		dims[i] = i < 2 ? x->dims[i] : dk(f, 1);
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

void
infer_unpool(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type;
	const struct dim *const *shape, *dims[RANK_MAX];
	uint32_t k;
	int64_t kernel, reach;

	shape = ints_of(f, operand(n, 2), &k);
	if (shape != NULL && k <= RANK_MAX) {
		set_output(f, n, 0, tensor_of(f, elem_dtype(x), shape, k), NULL);
		return;
	}
	if (!is_shaped(x) || x->rank < 2)
		return;
	for (uint32_t i = 0; i < x->rank; i++) {
		struct slide s;

		dims[i] = i < 2 ? x->dims[i] : dim_anon(f->types);
		if (i < 2 || operand(n, 2) != NULL || !kernel_size(f, n, NULL, i - 2, &kernel))
			continue;
		s = slide_of(f, n, i - 2, x->rank - 2, kernel);
		s.dilation = 1;
		s.mode = PADS_GIVEN;
		if (!calc_reach(&s, 0, &reach))
			continue;
		dims[i] = dim_addk(f->types, dim_mulk(f->types, dim_addk(f->types, x->dims[i], -1),
		    s.stride), reach);
	}
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}

void
infer_roi_pool(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type, *r = operand_fact(f, n, 1)->type;
	const struct dim *dims[4];
	uint32_t count;
	const int64_t *size = attr_ints(f, n, "pooled_shape", &count);

	if (!named(n, "RoiAlign") && !named(n, "MaxRoiPool"))
		return;
	dims[0] = is_shaped(r) && r->rank > 0 ? r->dims[0] : dim_anon(f->types);
	dims[1] = is_shaped(x) && x->rank > 1 ? x->dims[1] : dim_anon(f->types);
	dims[2] = dk(f, size != NULL && count == 2 ? size[0] : attr_int(f, n, "output_height", 1));
	dims[3] = dk(f, size != NULL && count == 2 ? size[1] : attr_int(f, n, "output_width", 1));
	set_output(f, n, 0, tensor_of(f, elem_dtype(x), dims, 4), NULL);
}

void
infer_matmul(struct infer *f, const struct node *n)
{
	const struct type *a = operand_fact(f, n, 0)->type, *b = operand_fact(f, n, 1)->type;

	if (*n->domain->s != '\0' && strcmp(n->domain->s, "ai.onnx") != 0)
		return;
	set_output(f, n, 0, calc_matmul(f, n, a, b, elem_dtype(a)), NULL);
}

void
infer_gemm(struct infer *f, const struct node *n)
{
	const struct type *a = operand_fact(f, n, 0)->type, *b = operand_fact(f, n, 1)->type;
	bool ta = attr_int(f, n, "transA", 0) != 0, tb = attr_int(f, n, "transB", 0) != 0;
	const struct dim *dims[2] = { dim_anon(f->types), dim_anon(f->types) };

	if (!named(n, "Gemm") && !named(n, "FusedGemm"))
		return;
	if (is_shaped(a) && a->rank == 2)
		dims[0] = a->dims[ta];
	if (is_shaped(b) && b->rank == 2)
		dims[1] = b->dims[!tb];
	if (is_shaped(a) && is_shaped(b) && a->rank == 2 && b->rank == 2 &&
	    sizes_differ(a->dims[!ta], b->dims[tb]))
		misfit_types(n->op->since < 13 ? ours(f) : f, n, a, b,
		    "have no inner size in common");
	set_output(f, n, 0, tensor_of(f, elem_dtype(a), dims, 2), NULL);
}

/* Output 0 like the input; the others are statistics. */
void
infer_norm(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type;
	const struct dim *dims[RANK_MAX];
	uint32_t at;

	set_output(f, n, 0, x, NULL);
	if (n->nout < 2)
		return;
	if (n->op->sem == SEM_BATCH_NORM) {
		for (uint32_t i = 1; i < n->nout; i++)
			set_output(f, n, i, operand_fact(f, n, i < 3 ? i + 2 : i)->type, NULL);
		return;
	}
	if (!is_shaped(x))
		return;
	/* the official inference takes an axis that is too high for the last */
	if (!axis_in(attr_int(f, n, "axis", -1), x->rank, &at))
		at = x->rank;
	for (uint32_t i = 0; i < x->rank; i++)
		dims[i] = i < at ? x->dims[i] : dk(f, 1);
	for (uint32_t i = 1; i < n->nout && i < 3; i++)
		set_output(f, n, i, tensor_of(f, onnx_dtype(attr_int(f, n, "stash_type", 1)), dims,
		    x->rank), NULL);
}

void
infer_recurrent(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type, *r = operand_fact(f, n, 2)->type;
	const char *dir = attr_text(f, n, "direction");
	const struct dim *hidden = NULL, *seq = dim_anon(f->types), *batch = seq, *dims[4];
	const struct dim *two = dk(f, dir != NULL && strcmp(dir, "bidirectional") == 0 ? 2 : 1);
	bool batch_first = attr_int(f, n, "layout", 0) != 0;
	enum dtype dt = elem_dtype(x);

	if (attr_int(f, n, "hidden_size", 0) > 0)
		hidden = dk(f, attr_int(f, n, "hidden_size", 0));
	else
		hidden = is_shaped(r) && r->rank == 3 ? r->dims[2] : dim_anon(f->types);
	batch = dim_anon(f->types);
	if (is_shaped(x) && x->rank == 3) {
		seq = x->dims[batch_first];
		batch = x->dims[!batch_first];
	}
	dims[0] = batch_first ? batch : seq;
	dims[1] = batch_first ? seq : two;
	dims[2] = batch_first ? two : batch;
	dims[3] = hidden;
	set_output(f, n, 0, tensor_of(f, dt, dims, 4), NULL);
	dims[0] = batch_first ? batch : two;
	dims[1] = batch_first ? two : batch;
	dims[2] = hidden;
	set_output(f, n, 1, tensor_of(f, dt, dims, 3), NULL);
	set_output(f, n, 2, tensor_of(f, dt, dims, 3), NULL);
}

/* Product of the reduced shape vector, when it is one. */
static const struct val *
reduced_val(struct infer *f, const struct node *n)
{
	const struct val *v = val_of(f, operand(n, 0));
	const struct dim *sum;

	if (v == NULL || v->kind != VAL_INTS)
		return NULL;
	if (named(n, "ReduceProd")) {
		sum = dims_product(f, v->u.ints, 0, v->n);
	} else if (named(n, "ReduceSum")) {
		sum = dk(f, 0);
		for (uint32_t i = 0; i < v->n; i++)
			sum = dim_add(f->types, sum, v->u.ints[i]);
	} else if ((named(n, "ReduceMax") || named(n, "ReduceMin")) && v->n > 0) {
		sum = v->u.ints[0];
		for (uint32_t i = 1; i < v->n; i++)
			sum = named(n, "ReduceMax") ? dim_max(f->types, sum, v->u.ints[i]) :
			    dim_min(f->types, sum, v->u.ints[i]);
	} else {
		return NULL;
	}
	return val_int(f, sum);
}

void
infer_reduce(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	struct reduction r = { .keep = attr_int(f, n, "keepdims", 1) == 1 };
	int64_t axes[RANK_MAX];
	uint32_t k;
	const int64_t *list = attr_ints(f, n, "axes", &k);

	r.known = list != NULL || operand(n, 1) == NULL ||
	    numbers_of(f, operand(n, 1), axes, RANK_MAX, &k);
	r.n = k;
	r.axes = list != NULL ? list : operand(n, 1) != NULL && k > 0 ? axes : NULL;
	if (r.known && r.axes == NULL && attr_int(f, n, "noop_with_empty_axes", 0) != 0) {
		set_output(f, n, 0, t, val_of(f, operand(n, 0)));
		return;
	}
	set_output(f, n, 0, !r.known && !r.keep ? onnx_rank_changed(f, t, operand(n, 1), -1) :
	    calc_reduce(f, n, t, &r, elem_dtype(t)),
	    is_shaped(t) && t->rank == 1 && r.known ? reduced_val(f, n) : NULL);
}

void
infer_arg_reduce(struct infer *f, const struct node *n)
{
	int64_t axis = attr_int(f, n, "axis", 0);
	struct reduction r = { &axis, 1, true, attr_int(f, n, "keepdims", 1) == 1 };

	set_output(f, n, 0, calc_reduce(f, n, operand_fact(f, n, 0)->type, &r, DT_I64), NULL);
}

void
infer_loss(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type, *target = operand_fact(f, n, 1)->type;
	const char *how = attr_text(f, n, "reduction");

	if (how != NULL && strcmp(how, "none") == 0)
		set_output(f, n, 0, is_tensor(target) ? with_dtype(f, target, elem_dtype(x)) :
		    tensor_no_rank(f, elem_dtype(x)), NULL);
	else
		set_output(f, n, 0, tensor_of(f, elem_dtype(x), NULL, 0), NULL);
	set_output(f, n, 1, x, NULL);
}

void
infer_det(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type;

	if (!named(n, "Det"))
		set_output(f, n, 0, x, NULL);
	else if (is_shaped(x) && x->rank >= 2)
		set_output(f, n, 0, tensor_of(f, x->dtype, x->dims, x->rank - 2), NULL);
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The terms of an equation against the operands: as many, and of their ranks. */
static void
check_terms(struct infer *f, const struct node *n, const char *s, const struct type *const *t)
{
	uint32_t terms = 0, letters = 0;
	bool dots = false;

	for (; s != NULL; s++) {
		letters += is_letter(*s);
		dots |= *s == '.';
		if (*s != ',' && *s != '-' && *s != '\0')
			continue;
		if (terms < n->nin && is_shaped(t[terms]) && (letters > t[terms]->rank ||
		    (!dots && letters < t[terms]->rank))) {
			misfit(f, n, "term %" PRIu32 " of the equation has %" PRIu32 " letter%s, "
			    "its operand has rank %" PRIu32, terms, letters, plural(letters),
			    t[terms]->rank);
			return;
		}
		terms++;
		letters = 0;
		dots = false;
		if (*s != ',')
			break;
	}
	if (s != NULL && terms != n->nin)
		misfit(f, n, "the equation has %" PRIu32 " term%s, the node %" PRIu32
		    " operand%s", terms, plural(terms), n->nin, plural(n->nin));
}

void
infer_einsum(struct infer *f, const struct node *n)
{
	const struct type **t = arena_array(f->arena, n->nin, sizeof *t);

	for (uint32_t i = 0; i < n->nin; i++)
		t[i] = operand_fact(f, n, i)->type;
	check_terms(f, n, attr_text(f, n, "equation"), t);
	set_output(f, n, 0, calc_einsum(f, t, n->nin, attr_text(f, n, "equation"),
	    elem_dtype(operand_fact(f, n, 0)->type)), NULL);
}

void
infer_attention(struct infer *f, const struct node *n)
{
	const struct type *q = operand_fact(f, n, 0)->type, *k = operand_fact(f, n, 1)->type,
	    *v = operand_fact(f, n, 2)->type, *pk = operand_fact(f, n, 4)->type;
	const struct dim *dims[4], *total;
	int64_t heads = attr_int(f, n, "q_num_heads", 0), kv = attr_int(f, n, "kv_num_heads", 0);

	if (!named(n, "Attention") || *n->domain->s != '\0' || !is_shaped(q) || !is_shaped(k) ||
	    !is_shaped(v) || q->rank != v->rank || k->rank != q->rank ||
	    (q->rank != 4 && (q->rank != 3 || heads <= 0 || kv <= 0)))
		return;
	memcpy(dims, q->dims, q->rank * sizeof *dims);
	dims[q->rank - 1] = q->rank == 4 ? v->dims[3] :
	    dim_mulk(f->types, dim_floork(f->types, v->dims[2], kv), heads);
	set_output(f, n, 0, tensor_of(f, q->dtype, dims, q->rank), NULL);
	total = k->dims[q->rank - 2];
	if (is_shaped(pk) && pk->rank == 4)
		total = dim_add(f->types, total, pk->dims[2]);
	for (uint32_t i = 1; i < 4; i++) {
		const struct type *src = i == 2 ? v : k;

		dims[0] = q->dims[0];
		dims[1] = q->rank == 4 ? (i == 3 ? q->dims[1] : src->dims[1]) :
		    dk(f, i == 3 ? heads : kv);
		dims[2] = i == 3 ? q->dims[q->rank - 2] : total;
		dims[3] = i == 3 ? total : q->rank == 4 ? src->dims[3] :
		    dim_floork(f->types, src->dims[2], kv);
		set_output(f, n, i, tensor_of(f, i == 3 ? q->dtype : src->dtype, dims, 4), NULL);
	}
}

void
infer_fold(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type;
	const struct dim *const *image, *dims[RANK_MAX];
	const struct type *sizes = operand_fact(f, n, 1)->type;
	int64_t block[RANK_MAX], area = 1, axes;
	uint32_t k, nb = 0;

	image = ints_of(f, operand(n, 1), &k);
	if (image == NULL && is_shaped(sizes) && sizes->rank == 1 &&
	    dim_number(sizes->dims[0], &axes) && axes >= 0 && axes + 2 <= RANK_MAX)
		k = (uint32_t)axes;
	else if (image == NULL || k + 2 > RANK_MAX) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	if (!numbers_of(f, operand(n, 2), block, RANK_MAX, &nb))
		area = 0;
	for (uint32_t i = 0; area > 0 && i < nb; i++)
		if (block[i] <= 0 || __builtin_mul_overflow(area, block[i], &area))
			area = 0;
	dims[0] = is_shaped(x) && x->rank == 3 ? x->dims[0] : dim_anon(f->types);
	dims[1] = is_shaped(x) && x->rank == 3 && area > 0 ?
	    dim_floork(f->types, x->dims[1], area) : dim_anon(f->types);
	for (uint32_t i = 0; i < k; i++)
		dims[i + 2] = image != NULL ? image[i] : dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, elem_dtype(x), dims, k + 2), NULL);
}

void
infer_quant_op(struct infer *f, const struct node *n)
{
	const struct type *a = operand_fact(f, n, 0)->type;

	if (named(n, "MatMulInteger"))
		set_output(f, n, 0, calc_matmul(f, n, a, operand_fact(f, n, 1)->type, DT_I32),
		    NULL);
	else if (named(n, "QLinearMatMul"))
		set_output(f, n, 0, calc_matmul(f, n, a, operand_fact(f, n, 3)->type,
		    elem_dtype(operand_fact(f, n, 7)->type)), NULL);
	else if (named(n, "ConvInteger"))
		set_output(f, n, 0, onnx_conv_type(f, n, a, operand_fact(f, n, 1)->type, DT_I32),
		    NULL);
	else if (named(n, "QLinearConv"))
		set_output(f, n, 0, onnx_conv_type(f, n, a, operand_fact(f, n, 3)->type,
		    elem_dtype(operand_fact(f, n, 7)->type)), NULL);
}

void
infer_fft(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type;
	const struct dim *dims[RANK_MAX], *const *len;
	int64_t axis = attr_int(f, n, "axis", n->op->since < 20 ? 1 : -2), step, size;
	uint32_t at, k;
	bool one = attr_int(f, n, "onesided", named(n, "STFT")) != 0;
	bool inverse = attr_int(f, n, "inverse", 0) != 0;

	if (!is_shaped(x) || x->rank < 2)
		return;
	if (named(n, "STFT")) {
		len = ints_of(f, operand(n, 3), &k);
		size = -1;
		if (len != NULL && k == 1)
			dim_number(len[0], &size);
		else if (is_shaped(operand_fact(f, n, 2)->type) &&
		    operand_fact(f, n, 2)->type->rank == 1)
			dim_number(operand_fact(f, n, 2)->type->dims[0], &size);
		dims[0] = x->dims[0];
		dims[1] = size > 0 && number_of(f, operand(n, 1), &step) && step > 0 ?
		    dim_addk(f->types, dim_floork(f->types, dim_addk(f->types, x->dims[1], -size),
		    step), 1) : dim_anon(f->types);
		dims[2] = size < 0 ? dim_anon(f->types) : dk(f, one ? size / 2 + 1 : size);
		dims[3] = dk(f, 2);
		set_output(f, n, 0, tensor_of(f, x->dtype, dims, 4), NULL);
		return;
	}
	if (!named(n, "DFT") || x->rank == 0)
		return;
	memcpy(dims, x->dims, x->rank * sizeof *dims);
	if (n->op->since >= 20 && operand(n, 2) != NULL && !number_of(f, operand(n, 2), &axis)) {
		for (at = 0; at < x->rank && (one || operand(n, 1) != NULL); at++)
			dims[at] = dim_anon(f->types);
		dims[x->rank - 1] = dk(f, inverse && one ? 1 : 2);
		set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
		return;
	}
	if (!axis_in(axis, x->rank, &at))
		return;
	len = ints_of(f, operand(n, 1), &k);
	if (operand(n, 1) != NULL)
		dims[at] = len != NULL && k == 1 ? len[0] : dim_anon(f->types);
	else if (one && inverse) /* what a transform of real numbers was made of */
		dims[at] = dim_mulk(f->types, dim_addk(f->types, dims[at], -1), 2);
	if (one && !inverse)
		dims[at] = dim_addk(f->types, dim_floork(f->types, dims[at], 2), 1);
	dims[x->rank - 1] = dk(f, one && inverse ? 1 : 2);
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}
