/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of ML Programs that pick elements. */
#include <string.h>

#include "infer/calc.h"
#include "infer/mil/mil_kinds.h"

/* Is bit i of a list of flags set? Not given: no. */
static bool
flag(struct infer *f, const struct node *n, const char *name, uint32_t i)
{
	int64_t list[RANK_MAX];
	uint32_t k;

	return param_numbers(f, n, name, list, &k) && i < k && list[i] != 0;
}

static int64_t
step_of(struct infer *f, const struct node *n, uint32_t i)
{
	int64_t list[RANK_MAX];
	uint32_t k;

	if (!param_given(n, "stride"))
		return 1;
	return param_numbers(f, n, "stride", list, &k) && i < k ? list[i] : 0;
}

/* Elements of a vector that is sliced by numbers. */
static const struct val *
sliced(struct infer *f, const struct node *n, const struct val *v)
{
	uint32_t at[VAL_MAX], k = 0;
	int64_t from, to, by = step_of(f, n, 0);

	if (v == NULL || v->kind > VAL_FLOATS || v->n > VAL_MAX || by <= 0)
		return NULL;
	from = 0;
	to = v->n;
	if ((!flag(f, n, "begin_mask", 0) && !param_number(f, n, "begin", &from)) ||
	    (!flag(f, n, "end_mask", 0) && !param_number(f, n, "end", &to)))
		return NULL;
	from = from < 0 ? from + v->n : from;
	to = to < 0 ? to + v->n : to;
	if (flag(f, n, "squeeze_mask", 0))
		to = from + 1;
	for (; from >= 0 && from < to && from < v->n; from += by)
		at[k++] = (uint32_t)from;
	return calc_pick(f, v, at, k);
}

/* None or one where the bounds say so, whatever the size. */
static const struct dim *
between(struct infer *f, const struct dim *d, const struct dim *from, const struct dim *to,
	int64_t step)
{
	int64_t a, b;

	if (dim_has_anon(d) && from != NULL && to != NULL && dim_number(from, &a) &&
	    dim_number(to, &b) && (a == b || b == a + (step > 0 ? 1 : -1)))
		return dk(f, a != b);
	return calc_slice(f, d, from, to, step);
}

static void
slice_by_index(struct infer *f, const struct node *n, const struct fact *x)
{
	const struct type *t = x->type;
	const struct dim *dims[RANK_MAX], *const *from, *const *to;
	uint32_t nf, nt, rank = 0;

	from = param_dims(f, n, "begin", &nf);
	to = param_dims(f, n, "end", &nt);
	for (uint32_t i = 0; i < t->rank; i++) {
		bool open = flag(f, n, "begin_mask", i), last = flag(f, n, "end_mask", i);

		if (flag(f, n, "squeeze_mask", i))
			continue;
		if ((!open && i >= nf) || (!last && i >= nt) || step_of(f, n, i) == 0)
			dims[rank++] = dim_anon(f->types);
		else
			dims[rank++] = between(f, t->dims[i], open ? NULL : from[i],
			    last ? NULL : to[i], step_of(f, n, i));
	}
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, rank),
	    t->rank == 1 ? sliced(f, n, x->val) : NULL);
}

static void
slice_by_size(struct infer *f, const struct node *n, const struct type *t)
{
	const struct dim *dims[RANK_MAX], *const *from, *const *size;
	uint32_t nf, ns;
	int64_t v;

	from = param_dims(f, n, "begin", &nf);
	size = param_dims(f, n, "size", &ns);
	for (uint32_t i = 0; i < t->rank; i++) {
		if (size == NULL || i >= ns)
			dims[i] = dim_anon(f->types);
		else if (!dim_is(size[i], -1))
			dims[i] = size[i];
		else if (from != NULL && i < nf)
			dims[i] = calc_slice(f, t->dims[i], dim_number(from[i], &v) && v == 0 ?
			    NULL : from[i], NULL, 1);
		else
			dims[i] = dim_anon(f->types);
	}
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
}

void
mil_slice(struct infer *f, const struct node *n)
{
	struct fact x = param(f, n, "x");

	if (!is_shaped(x.type))
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x.type)), NULL);
	else if (named(n, "slice_by_size"))
		slice_by_size(f, n, x.type);
	else
		slice_by_index(f, n, &x);
}

/* Elements of a vector at known places. */
static const struct val *
picked(struct infer *f, const struct fact *x, const struct fact *indices)
{
	uint32_t at[VAL_MAX];
	int64_t k;

	if (x->val == NULL || x->val->kind > VAL_FLOATS || !is_shaped(x->type) ||
	    x->type->rank != 1 || indices->val == NULL || indices->val->kind != VAL_INTS ||
	    indices->val->n > VAL_MAX)
		return NULL;
	for (uint32_t i = 0; i < indices->val->n; i++) {
		if (!dim_number(indices->val->u.ints[i], &k))
			return NULL;
		k = k < 0 ? k + x->val->n : k;
		if (k < 0 || k >= x->val->n)
			return NULL;
		at[i] = (uint32_t)k;
	}
	return calc_pick(f, x->val, at, indices->val->n);
}

/* t without its first k dims. */
static const struct type *
behind(struct infer *f, const struct type *t, uint32_t k)
{
	return k == 0 || !is_shaped(t) || t->rank < k ? t :
	    tensor_of(f, t->dtype, t->dims + k, t->rank - k);
}

void
mil_gather(struct infer *f, const struct node *n)
{
	struct fact x = param(f, n, "x"), indices = param(f, n, "indices");
	int64_t axis = 0, batch = param_int(f, n, "batch_dims", 0);

	if (!param_number(f, n, "axis", &axis) || batch < 0 || batch > RANK_MAX)
		return;
	set_output(f, n, 0, calc_gather(f, n, x.type, behind(f, indices.type, (uint32_t)batch),
	    axis), batch == 0 ? picked(f, &x, &indices) : NULL);
}

void
mil_gather_elements(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x"), *i = param_type(f, n, "indices");

	set_output(f, n, 0, is_tensor(i) ? with_dtype(f, i, elem_dtype(x)) :
	    tensor_no_rank(f, elem_dtype(x)), NULL);
}

void
mil_gather_nd(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x"), *i = param_type(f, n, "indices");
	const struct dim *dims[2 * RANK_MAX];
	int64_t tuple, batch = param_int(f, n, "batch_dims", 0);
	uint32_t rank = 0;

	if (!is_shaped(x) || !is_shaped(i) || i->rank == 0 || batch < 0 ||
	    !dim_number(i->dims[i->rank - 1], &tuple) || tuple < 0 || tuple > x->rank ||
	    batch + tuple > x->rank || i->rank + x->rank > RANK_MAX) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(x)), NULL);
		return;
	}
	for (uint32_t a = 0; a + 1 < i->rank; a++)
		dims[rank++] = i->dims[a];
	for (uint32_t a = (uint32_t)(batch + tuple); a < x->rank; a++)
		dims[rank++] = x->dims[a];
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, rank), NULL);
}

void
mil_non_zero(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "x");
	const struct dim *dims[2] = { dim_anon(f->types), is_shaped(x) ? dk(f, x->rank) :
		dim_anon(f->types) };

	set_output(f, n, 0, tensor_of(f, DT_I32, dims, 2), NULL);
}

void
mil_one_hot(struct infer *f, const struct node *n)
{
	const struct type *x = param_type(f, n, "indices");
	const struct dim *const *size;
	uint32_t k, at;
	enum dtype dt = param_given(n, "on_value") ? elem_dtype(param_type(f, n, "on_value")) :
	    DT_I32;

	size = param_dims(f, n, "one_hot_vector_size", &k);
	if (!is_shaped(x) || !axis_in(param_int(f, n, "axis", -1), x->rank + 1, &at))
		set_output(f, n, 0, tensor_no_rank(f, dt), NULL);
	else
		set_output(f, n, 0, calc_stacked(f, with_dtype(f, x, dt), k == 1 ? size[0] :
		    dim_anon(f->types), at), NULL);
}

/* Since iOS 17 boxes and classes stand before their number. */
void
mil_nms(struct infer *f, const struct node *n)
{
	const struct type *b = param_type(f, n, "boxes"), *s = param_type(f, n, "scores");
	const struct dim *most = dk(f, param_int(f, n, "max_boxes", 0)), *dims[3];
	bool turned = n->op->since >= 17, shaped = is_shaped(b) && b->rank == 3 && is_shaped(s) &&
	    s->rank == 3;
	const struct dim *none = dim_anon(f->types);
	const struct dim *side = dk(f, 4);
	const struct dim *classes = shaped ? s->dims[turned ? 1 : 2] : none;

	dims[0] = shaped ? s->dims[0] : none;
	dims[1] = turned ? side : most;
	dims[2] = turned ? most : side;
	set_output(f, n, 0, tensor_of(f, elem_dtype(b), dims, 3), NULL);
	dims[1] = turned ? classes : most;
	dims[2] = turned ? most : classes;
	set_output(f, n, 1, tensor_of(f, elem_dtype(s), dims, 3), NULL);
	dims[1] = most;
	set_output(f, n, 2, tensor_of(f, DT_I32, dims, 2), NULL);
	set_output(f, n, 3, tensor_of(f, DT_I32, dims, 1), NULL);
}
