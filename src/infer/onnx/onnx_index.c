/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX nodes that pick elements. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "infer/calc.h"
#include "infer/onnx/onnx_kinds.h"

/* What a slice takes of each axis. */
struct cuts {
	uint32_t n;
	int64_t axes[RANK_MAX], steps[RANK_MAX];
	bool step_known[RANK_MAX];
	const struct dim *start[RANK_MAX], *end[RANK_MAX];
};

/* A bound list from an operand or an attribute; entries not known stay
 * unknown dims. false: not even its length is known. */
static bool
bounds(struct infer *f, const struct node *n, const char *attr, uint32_t slot,
	const struct dim **out, uint32_t *k)
{
	const struct type *t;
	const struct dim *const *d;
	const int64_t *list = attr_ints(f, n, attr, k);
	int64_t len;

	if (list != NULL && *k <= RANK_MAX) {
		for (uint32_t i = 0; i < *k; i++)
			out[i] = dk(f, list[i]);
		return true;
	}
	d = ints_of(f, operand(n, slot), k);
	if (d != NULL && *k <= RANK_MAX) {
		memcpy(out, d, *k * sizeof *out);
		return true;
	}
	t = operand_fact(f, n, slot)->type;
	if (!is_shaped(t) || t->rank != 1 || !dim_number(t->dims[0], &len) || len < 0 ||
	    len > RANK_MAX)
		return false;
	for (*k = 0; *k < len; ++*k)
		out[*k] = unknown_dim(f);
	return true;
}

static bool
read_cuts(struct infer *f, const struct node *n, struct cuts *c)
{
	const struct dim *axes[RANK_MAX], *steps[RANK_MAX];
	uint32_t ne, na = 0, ns = 0;
	bool old = n->op->since < 10;

	if (!bounds(f, n, "starts", 1, c->start, &c->n) || !bounds(f, n, "ends", 2, c->end, &ne) ||
	    ne != c->n)
		return false;
	if (old ? attr_of(f, n, "axes") != NULL : operand(n, 3) != NULL) {
		if (!bounds(f, n, "axes", 3, axes, &na) || na != c->n)
			return false;
	}
	if (!old && operand(n, 4) != NULL && (!bounds(f, n, "steps", 4, steps, &ns) || ns != c->n))
		return false;
	for (uint32_t i = 0; i < c->n; i++) {
		c->axes[i] = i;
		c->steps[i] = 1;
		c->step_known[i] = ns == 0 || dim_number(steps[i], &c->steps[i]);
		if (na > 0 && !dim_number(axes[i], &c->axes[i]))
			return false;
	}
	return true;
}

/* Content of a vector after the one cut. */
static const struct val *
cut_val(struct infer *f, const struct val *v, const struct cuts *c)
{
	int64_t from, to, size, step = c->steps[0];
	uint32_t at[VAL_MAX], n = 0;

	if (v == NULL || c->n != 1 || !c->step_known[0] || step == 0 ||
	    !dim_number(c->start[0], &from) || !dim_number(c->end[0], &to) || v->n > VAL_MAX)
		return NULL;
	size = v->n;
	from = from < 0 ? from + size : from;
	to = to < 0 ? (to < -size ? -1 : to + size) : to;
	if (step > 0) {
		from = from < 0 ? 0 : from;
		for (; from < size && from < to; from += step)
			at[n++] = (uint32_t)from;
	} else {
		from = from >= size ? size - 1 : from;
		for (; from >= 0 && from > to; from += step)
			at[n++] = (uint32_t)from;
	}
	return calc_pick(f, v, at, n);
}

void
infer_slice(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *dims[RANK_MAX];
	struct cuts c;
	uint32_t at;

	if (!is_shaped(t)) {
		set_output(f, n, 0, t, NULL);
		return;
	}
	if (!read_cuts(f, n, &c)) {
		for (uint32_t i = 0; i < t->rank; i++)
			dims[i] = dim_anon(f->types);
		set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
		return;
	}
	memcpy(dims, t->dims, t->rank * sizeof *dims);
	for (uint32_t i = 0; i < c.n; i++) {
		if (!axis_in(c.axes[i], t->rank, &at)) {
			misfit(f, n, "axis %lld of a tensor of rank %u", (long long)c.axes[i],
			    t->rank);
			return;
		}
		dims[at] = c.step_known[i] ? calc_slice(f, dims[at], c.start[i], c.end[i],
		    c.steps[i]) : unknown_dim(f);
		if (dims[at]->kind == DIM_UNKNOWN)
			dims[at] = dim_anon(f->types);
	}
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank),
	    t->rank == 1 ? cut_val(f, val_of(f, operand(n, 0)), &c) : NULL);
}

void
infer_gather(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type, *i = operand_fact(f, n, 1)->type;
	const struct val *v = val_of(f, operand(n, 0)), *picked = NULL;
	const struct dim *const *idx, *dims[2];
	uint32_t k, at[VAL_MAX];
	int64_t one;

	if (named(n, "ArrayFeatureExtractor")) {
		dims[0] = is_shaped(t) && t->rank > 1 ? t->dims[t->rank - 2] : dk(f, 1);
		dims[1] = is_shaped(i) && i->rank > 0 ? i->dims[i->rank - 1] : dim_anon(f->types);
		set_output(f, n, 0, is_shaped(t) && t->rank <= 2 ? tensor_of(f, t->dtype, dims, 2) :
		    tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	idx = ints_of(f, operand(n, 1), &k);
	if (v != NULL && idx != NULL && is_shaped(t) && t->rank == 1 && k <= VAL_MAX) {
		for (uint32_t j = 0; j < k; j++) {
			if (!dim_number(idx[j], &one))
				v = NULL;
			at[j] = (uint32_t)(one < 0 ? one + (v != NULL ? v->n : 0) : one);
		}
		picked = v != NULL ? calc_pick(f, v, at, k) : NULL;
	}
	set_output(f, n, 0, calc_gather(f, n, t, i, attr_int(f, n, "axis", 0)), picked);
}

void
infer_gather_elements(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type, *i = operand_fact(f, n, 1)->type;

	set_output(f, n, 0, is_tensor(i) ? with_dtype(f, i, elem_dtype(t)) :
	    tensor_no_rank(f, elem_dtype(t)), NULL);
}

void
infer_gather_nd(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type, *i = operand_fact(f, n, 1)->type;
	const struct dim *dims[RANK_MAX * 2];
	int64_t batch = attr_int(f, n, "batch_dims", 0), last;
	uint32_t rank = 0;

	if (!is_shaped(t) || !is_shaped(i) || i->rank == 0 ||
	    !dim_number(i->dims[i->rank - 1], &last) || last < 0 || batch < 0 ||
	    batch + last > t->rank || i->rank + t->rank > RANK_MAX) {
		if (is_shaped(t) && is_shaped(i) && i->rank > 0 && batch >= 0 &&
		    dim_number(i->dims[i->rank - 1], &last) && batch + last > t->rank)
			misfit(f, n, "indices name %" PRId64 " dims behind %" PRId64 " of a "
			    "batch, the data has %" PRIu32, last, batch, t->rank);
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	for (uint32_t k = 0; k + 1 < i->rank; k++)
		dims[rank++] = i->dims[k];
	for (uint32_t k = (uint32_t)(batch + last); k < t->rank; k++)
		dims[rank++] = t->dims[k];
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, rank), NULL);
}

void
infer_compress(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *dims[RANK_MAX];
	uint32_t at;

	if (attr_of(f, n, "axis") == NULL) {
		dims[0] = dim_anon(f->types);
		set_output(f, n, 0, tensor_of(f, elem_dtype(t), dims, 1), NULL);
		return;
	}
	if (!is_shaped(t) || !axis_in(attr_int(f, n, "axis", 0), t->rank, &at)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	memcpy(dims, t->dims, t->rank * sizeof *dims);
	dims[at] = dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
}

void
infer_non_zero(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *dims[2] = { is_shaped(t) ? dk(f, t->rank) : dim_anon(f->types),
	    dim_anon(f->types) };

	set_output(f, n, 0, tensor_of(f, DT_I64, dims, 2), NULL);
}

void
infer_one_hot(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	enum dtype dt = elem_dtype(operand_fact(f, n, 2)->type);
	const struct dim *const *depth, *dims[RANK_MAX];
	uint32_t k, at;

	depth = ints_of(f, operand(n, 1), &k);
	if (depth == NULL) {
		const struct val *v = calc_round(f, val_of(f, operand(n, 1)), '0');

		depth = v != NULL ? v->u.ints : NULL;
		k = v != NULL ? v->n : 0;
	}
	if (!is_shaped(t) || t->rank + 1 > RANK_MAX ||
	    !axis_in(attr_int(f, n, "axis", -1), t->rank + 1, &at)) {
		set_output(f, n, 0, tensor_no_rank(f, dt), NULL);
		return;
	}
	for (uint32_t i = 0, from = 0; i <= t->rank; i++)
		dims[i] = i != at ? t->dims[from++] : depth != NULL && k == 1 ? depth[0] :
		    dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, dt, dims, t->rank + 1), NULL);
}

void
infer_nms(struct infer *f, const struct node *n)
{
	const struct dim *dims[2] = { dim_anon(f->types), dk(f, 3) };

	if (named(n, "NonMaxSuppression"))
		set_output(f, n, 0, tensor_of(f, DT_I64, dims, 2), NULL);
}

void
infer_top_k(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type, *out;
	const struct dim *const *given, *dims[RANK_MAX];
	uint32_t at, count;

	if (!is_shaped(t) || !axis_in(attr_int(f, n, "axis", -1), t->rank, &at)) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		set_output(f, n, 1, tensor_no_rank(f, DT_I64), NULL);
		return;
	}
	memcpy(dims, t->dims, t->rank * sizeof *dims);
	given = ints_of(f, operand(n, 1), &count);
	dims[at] = n->op->since < 10 ? dk(f, attr_int(f, n, "k", 0)) :
	    given != NULL && count == 1 ? given[0] : dim_anon(f->types);
	out = tensor_of(f, t->dtype, dims, t->rank);
	set_output(f, n, 0, out, NULL);
	set_output(f, n, 1, with_dtype(f, out, DT_I64), NULL);
}

void
infer_unique(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *dims[RANK_MAX], *any = dim_anon(f->types);
	const struct attr *a = attr_of(f, n, "axis");
	uint32_t at;

	if (a == NULL) {
		set_output(f, n, 0, tensor_of(f, elem_dtype(t), &any, 1), NULL);
	} else if (is_shaped(t) && axis_in(a->v.i, t->rank, &at)) {
		memcpy(dims, t->dims, t->rank * sizeof *dims);
		dims[at] = any;
		set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
	}
	for (uint32_t i = 1; i < 4; i++) {
		any = dim_anon(f->types);
		set_output(f, n, i, tensor_of(f, DT_I64, &any, 1), NULL);
	}
}
