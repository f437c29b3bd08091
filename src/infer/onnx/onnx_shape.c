/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX nodes that change shapes or make values. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "infer/calc.h"
#include "infer/onnx/onnx_kinds.h"
#include "ir/tensor.h"

void
infer_shape(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	int64_t from = attr_int(f, n, "start", 0), to = attr_int(f, n, "end", INT64_MAX);
	const struct dim *count = is_shaped(t) ? NULL : unknown_dim(f);
	const struct val *v = NULL;

	if (count == NULL) {
		from = from < 0 ? from + t->rank : from;
		to = to < 0 ? to + t->rank : to;
		from = from < 0 ? 0 : from > t->rank ? t->rank : from;
		to = to < from ? from : to > t->rank ? t->rank : to;
		count = dk(f, to - from);
		v = val_ints(f, t->dims + from, (uint32_t)(to - from));
	}
	set_output(f, n, 0, tensor_of(f, DT_I64, &count, 1), v);
}

void
infer_size(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;

	set_output(f, n, 0, tensor_of(f, DT_I64, NULL, 0),
	    is_shaped(t) ? val_int(f, dims_product(f, t->dims, 0, t->rank)) : NULL);
}

/* Numbers that stand in an operand or, before some opset, in an attribute. */
static bool
axes_given(struct infer *f, const struct node *n, uint32_t slot, int64_t *axes, uint32_t *k)
{
	const int64_t *list = attr_ints(f, n, "axes", k);

	if (list != NULL && *k <= RANK_MAX) {
		memcpy(axes, list, *k * sizeof *axes);
		return true;
	}
	return numbers_of(f, operand(n, slot), axes, RANK_MAX, k);
}

void
infer_reshape(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *const *target, *given[RANK_MAX];
	const int64_t *list;
	uint32_t k;

	list = attr_ints(f, n, "shape", &k);
	if (n->op->since < 5 && list != NULL && k <= RANK_MAX) {
		for (uint32_t i = 0; i < k; i++)
			given[i] = dk(f, list[i]);
		target = given;
	} else {
		target = ints_of(f, operand(n, 1), &k);
	}
	if (target == NULL) {
		set_output(f, n, 0, calc_of_length(f, operand_fact(f, n, 1)->type, elem_dtype(t)),
		    NULL);
		return;
	}
	set_output(f, n, 0, calc_reshape(f, n, t, target, k, attr_int(f, n, "allowzero", 0) == 0),
	    val_of(f, operand(n, 0)));
}

void
infer_flatten(struct infer *f, const struct node *n)
{
	const struct type *t = calc_flatten(f, n, operand_fact(f, n, 0)->type,
	    attr_int(f, n, "axis", 1));

	if (t != NULL)
		set_output(f, n, 0, t, NULL);
}

const struct type *
onnx_rank_changed(struct infer *f, const struct type *t, const struct value *axes, int by)
{
	const struct type *a = fact_of(f, axes)->type;
	const struct dim *dims[RANK_MAX];
	int64_t k, rank;

	if (!is_shaped(t) || !is_shaped(a) || a->rank != 1 || !dim_number(a->dims[0], &k) ||
	    k < 1 || k > RANK_MAX || (rank = t->rank + by * k) < 0 || rank > RANK_MAX)
		return tensor_no_rank(f, elem_dtype(t));
	for (int64_t i = 0; i < rank; i++)
		dims[i] = dim_anon(f->types);
	return tensor_of(f, t->dtype, dims, (uint32_t)rank);
}

/* Before version 11 axes count from 0 and ascend: the official inference passes over what
 * comes from the first on that does not. */
static uint32_t
old_axes(const struct type *t, const int64_t *axes, uint32_t k)
{
	for (uint32_t i = 0; i < k; i++)
		if (axes[i] < (i > 0 ? axes[i - 1] + 1 : 0) || (is_shaped(t) && axes[i] >= t->rank))
			return i;
	return k;
}

void
infer_squeeze(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	int64_t axes[RANK_MAX];
	uint32_t k = 0;
	bool given = axes_given(f, n, 1, axes, &k), all = !given && operand(n, 1) == NULL &&
	    attr_of(f, n, "axes") == NULL;

	if (given && n->op->since < 11)
		k = old_axes(t, axes, k);
	set_output(f, n, 0, given || all ? calc_squeeze(f, n, t, given ? axes : NULL, k) :
	    onnx_rank_changed(f, t, operand(n, 1), -1), val_of(f, operand(n, 0)));
}

void
infer_unsqueeze(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	int64_t axes[RANK_MAX];
	uint32_t k = 0;

	set_output(f, n, 0, axes_given(f, n, 1, axes, &k) ? calc_unsqueeze(f, n, t, axes, k) :
	    onnx_rank_changed(f, t, operand(n, 1), 1), val_of(f, operand(n, 0)));
}

void
infer_transpose(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct val *v = val_of(f, operand(n, 0));
	uint32_t k;
	const int64_t *perm = attr_ints(f, n, "perm", &k);
	const struct attr *a = attr_of(f, n, "perm");

	if (is_shaped(t) && t->rank > 0 && a != NULL && a->kind == ATTR_INTS && a->n == 0) {
		misfit(ours(f), n, "a permutation of no axes for a tensor of rank %u", t->rank);
		set_output(f, n, 0, tensor_no_rank(f, t->dtype), NULL);
		return;
	}
	set_output(f, n, 0, calc_transpose(f, n, t, perm, k),
	    is_shaped(t) && t->rank < 2 ? v : NULL);
}

void
infer_expand(struct infer *f, const struct node *n)
{
	const struct type *t[2] = { operand_fact(f, n, 0)->type, NULL };
	const struct val *v = val_of(f, operand(n, 0));
	const struct dim *const *shape, *dims[VAL_MAX];
	int64_t count;
	uint32_t k;

	shape = ints_of(f, operand(n, 1), &k);
	if (shape == NULL || k > RANK_MAX) {
		const struct type *other = calc_of_length(f, operand_fact(f, n, 1)->type,
		    elem_dtype(t[0]));

		t[1] = other;
		set_output(f, n, 0, calc_broadcast(f, n, t, 2, elem_dtype(t[0])), NULL);
		return;
	}
	t[1] = tensor_of(f, elem_dtype(t[0]), shape, k);
	if (k == 1 && dim_number(shape[0], &count) && count >= 0 && count <= VAL_MAX &&
	    v != NULL && v->kind == VAL_INTS && v->n == 1) {
		for (int64_t i = 0; i < count; i++)
			dims[i] = v->u.ints[0];
		v = val_ints(f, dims, (uint32_t)count);
	} else if (k > 0 && !(v != NULL && k == 1 && v->n > 1)) {
		v = NULL;
	}
	set_output(f, n, 0, calc_broadcast(f, n, t, 2, elem_dtype(t[0])), v);
}

void
infer_tile(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *const *times, *dims[RANK_MAX];
	uint32_t k;

	times = ints_of(f, operand(n, 1), &k);
	if (!is_shaped(t)) {
		set_output(f, n, 0, calc_of_length(f, operand_fact(f, n, 1)->type, elem_dtype(t)),
		    NULL);
		return;
	}
	if (n->op->since < 6)
		times = NULL;
	if (times != NULL && k != t->rank)
		misfit(f, n, "%u repetitions for a tensor of rank %u", k, t->rank);
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = times != NULL && k == t->rank ? dim_mul(f->types, t->dims[i], times[i]) :
		    dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
}

/* Contents of operands one after the other; a piece that is not known keeps
 * its places. */
static const struct val *
joined(struct infer *f, const struct node *n)
{
	const struct dim *ints[VAL_MAX];
	const struct val *v, *sum = NULL;
	int64_t len;

	for (uint32_t i = 0; i < n->nin; i++) {
		const struct type *t = operand_fact(f, n, i)->type;

		if (!is_shaped(t) || t->rank != 1 || !dim_number(t->dims[0], &len) || len < 0 ||
		    len > VAL_MAX)
			return NULL;
		v = val_of(f, operand(n, i));
		if (v == NULL) {
			for (int64_t k = 0; k < len; k++)
				ints[k] = unknown_dim(f);
			v = val_ints(f, ints, (uint32_t)len);
		}
		sum = i == 0 ? v : calc_join(f, sum, v);
		if (sum == NULL)
			return NULL;
	}
	return sum;
}

void
infer_concat(struct infer *f, const struct node *n)
{
	const struct type **t = arena_array(f->arena, n->nin, sizeof *t);

	for (uint32_t i = 0; i < n->nin; i++)
		t[i] = operand_fact(f, n, i)->type;
	set_output(f, n, 0, calc_concat(f, n, t, n->nin, attr_int(f, n, "axis",
	    n->op->since < 4 ? 1 : 0)), joined(f, n));
}

/* Sizes of the pieces: given, or equal. false: not known. */
static bool
piece_sizes(struct infer *f, const struct node *n, const struct dim *whole,
	const struct dim **sizes)
{
	const struct dim *const *given;
	const int64_t *list;
	int64_t size, each;
	uint32_t k;

	list = attr_ints(f, n, "split", &k);
	for (uint32_t i = 0; list != NULL && k == n->nout && i < k; i++)
		sizes[i] = dk(f, list[i]);
	if (list != NULL)
		return k == n->nout;
	given = ints_of(f, operand(n, 1), &k);
	if (given != NULL && k == n->nout)
		memcpy(sizes, given, k * sizeof *sizes);
	if (operand(n, 1) != NULL)
		return given != NULL && k == n->nout;
	/* since version 18 the last may be smaller, and one size fits none but what divides */
	for (uint32_t i = 0; i < n->nout; i++)
		sizes[i] = n->op->since < 18 ? dim_floork(f->types, whole, n->nout) :
		    dim_ceil(f->types, whole, dk(f, n->nout));
	if (n->op->since >= 18 && dim_mulk(f->types, sizes[0], n->nout) != whole)
		for (uint32_t i = 1; i < n->nout; i++)
			sizes[i] = n->nout == 2 ? dim_sub(f->types, whole, sizes[0]) :
			    dim_anon(f->types);
	if (dim_number(whole, &size)) {
		each = size / n->nout + (size % n->nout > 0);
		for (uint32_t i = 0; i < n->nout; i++, size -= each)
			sizes[i] = dk(f, size < each ? (size < 0 ? 0 : size) : each);
	}
	return true;
}

/* Without sizes, pieces were all of one size before version 18; since then their number or
 * their sizes are given. */
static void
check_even(struct infer *f, const struct node *n, const struct dim *whole)
{
	bool sizes = operand(n, 1) != NULL, number = attr_of(f, n, "num_outputs") != NULL;
	int64_t size;

	if (n->op->since >= 18 && sizes == number && dim_number(whole, &size))
		misfit(f, n, "%s sizes %s num_outputs are given", sizes ? "both" : "neither",
		    sizes ? "and" : "nor");

	if (n->op->since < 18 && operand(n, 1) == NULL && attr_of(f, n, "split") == NULL &&
	    dim_number(whole, &size) && size % n->nout != 0)
		misfit(f, n, "%" PRIu32 " equal pieces of %" PRId64, n->nout, size);
}

void
infer_split(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct val *v = val_of(f, operand(n, 0));
	const struct dim *dims[RANK_MAX], **sizes = arena_array(f->arena, n->nout, sizeof *sizes);
	uint32_t at, from = 0, places[VAL_MAX];
	bool known;

	if (!is_shaped(t) || !axis_in(attr_int(f, n, "axis", 0), t->rank, &at)) {
		for (uint32_t i = 0; i < n->nout; i++)
			set_output(f, n, i, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	known = piece_sizes(f, n, t->dims[at], sizes);
	check_even(f, n, t->dims[at]);
	memcpy(dims, t->dims, t->rank * sizeof *dims);
	for (uint32_t i = 0; i < n->nout; i++) {
		const struct val *piece = NULL;
		int64_t len;

		dims[at] = known ? sizes[i] : dim_anon(f->types);
		if (t->rank == 1 && v != NULL && dim_number(dims[at], &len) && len >= 0 &&
		    from + len <= v->n) {
			for (int64_t k = 0; k < len; k++)
				places[k] = from++;
			piece = calc_pick(f, v, places, (uint32_t)len);
		} else {
			v = NULL;
		}
		set_output(f, n, i, tensor_of(f, t->dtype, dims, t->rank), piece);
	}
}

/* Amounts at the two ends of each axis that is padded; false: not known. */
static bool
pad_amounts(struct infer *f, const struct node *n, uint32_t rank, const struct dim **lo,
	const struct dim **hi)
{
	const struct dim *const *pads = NULL, *given[RANK_MAX * 2];
	int64_t axes[RANK_MAX];
	const int64_t *list;
	uint32_t k = 0, naxes = rank, at;

	list = attr_ints(f, n, n->op->since < 2 ? "paddings" : "pads", &k);
	for (uint32_t i = 0; list != NULL && i < k && k <= RANK_MAX * 2; i++)
		given[i] = dk(f, list[i]);
	pads = list != NULL && k <= RANK_MAX * 2 ? given : ints_of(f, operand(n, 1), &k);
	for (uint32_t i = 0; i < rank; i++)
		lo[i] = hi[i] = dk(f, 0);
	if (operand(n, 3) != NULL && !numbers_of(f, operand(n, 3), axes, RANK_MAX, &naxes))
		return false;
	if (pads == NULL || k != naxes * 2)
		return false;
	for (uint32_t i = 0; i < naxes; i++) {
		if (!axis_in(operand(n, 3) != NULL ? axes[i] : (int64_t)i, rank, &at))
			return false;
		lo[at] = pads[i];
		hi[at] = pads[naxes + i];
	}
	return true;
}

void
infer_pad(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *dims[RANK_MAX], *lo[RANK_MAX], *hi[RANK_MAX];
	bool known;

	if (!is_shaped(t)) {
		set_output(f, n, 0, t, NULL);
		return;
	}
	known = pad_amounts(f, n, t->rank, lo, hi);
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = !known ? dim_anon(f->types) : dim_add(f->types, t->dims[i],
		    dim_add(f->types, lo[i], hi[i]));
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
}

void
infer_crop(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *const *shape, *dims[RANK_MAX];
	uint32_t k, naxes, at;
	const int64_t *axes = attr_ints(f, n, "axes", &naxes);

	if (!is_shaped(t) || !named(n, "CenterCropPad")) {
		set_output(f, n, 0, is_tensor(t) ? tensor_no_rank(f, t->dtype) : NULL, NULL);
		return;
	}
	shape = ints_of(f, operand(n, 1), &k);
	memcpy(dims, t->dims, t->rank * sizeof *dims);
	for (uint32_t i = 0; i < (axes != NULL ? naxes : t->rank); i++)
		if (axis_in(axes != NULL ? axes[i] : (int64_t)i, t->rank, &at))
			dims[at] = shape != NULL && i < k ? shape[i] : dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
}

void
infer_space_depth(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	int64_t b = attr_int(f, n, "blocksize", 0), block;
	const struct dim *dims[4];
	bool to_depth = named(n, "SpaceToDepth");

	if (!is_shaped(t) || t->rank != 4 || b <= 0 || __builtin_mul_overflow(b, b, &block)) {
		set_output(f, n, 0, is_tensor(t) ? tensor_no_rank(f, t->dtype) : NULL, NULL);
		return;
	}
	dims[0] = t->dims[0];
	dims[1] = to_depth ? dim_mulk(f->types, t->dims[1], block) :
	    dim_floork(f->types, t->dims[1], block);
	for (int i = 2; i < 4; i++)
		dims[i] = to_depth ? dim_floork(f->types, t->dims[i], b) :
		    dim_mulk(f->types, t->dims[i], b);
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, 4), NULL);
}

/* One axis scaled: floor(d * s), as the specification rounds. */
static const struct dim *
scaled(struct infer *f, const struct dim *d, double s)
{
	int64_t v;

	if (s == 1)
		return d;
	if (s == floor(s) && s > 0 && s < 1e9)
		return dim_mulk(f->types, d, (int64_t)s);
	if (dim_number(d, &v))
		return dk(f, (int64_t)floor((double)v * (double)(float)s));
	if (1 / s == floor(1 / s) && s > 1e-9)
		return dim_floork(f->types, d, (int64_t)(1 / s));
	return dim_anon(f->types);
}

/* Sizes keep the ratio of the sides with this policy. */
static void
keep_ratio(struct infer *f, const char *policy, const struct type *t, const uint32_t *at,
	uint32_t k, const struct dim **sizes)
{
	bool larger = strcmp(policy, "not_smaller") == 0;
	double best = larger ? 0 : INFINITY, s;
	int64_t size, d;

	for (uint32_t i = 0; i < k; i++) {
		if (!dim_number(sizes[i], &size) || !dim_number(t->dims[at[i]], &d) || d == 0) {
			sizes[i] = dim_anon(f->types);
			best = NAN;
			continue;
		}
		s = (double)size / (double)d;
		best = larger ? (s > best ? s : best) : s < best ? s : best;
	}
	for (uint32_t i = 0; i < k; i++)
		sizes[i] = !isnan(best) && dim_number(t->dims[at[i]], &d) ?
		    dk(f, (int64_t)floor(best * (double)d + 0.5)) : dim_anon(f->types);
}

/* Does an operand say something? One that holds nothing stands for none. */
static bool
says(struct infer *f, const struct node *n, uint32_t i)
{
	const struct value *v = operand(n, i);
	const struct type *t = fact_of(f, v)->type;

	return v != NULL && !(is_shaped(t) && t->rank == 1 && dim_is(t->dims[0], 0));
}

static void
check_given(struct infer *f, const struct node *n)
{
	if (n->op->since >= 13 && says(f, n, 2) == says(f, n, 3))
		misfit(f, n, "%s scales %s sizes are given", says(f, n, 2) ? "both" : "neither",
		    says(f, n, 2) ? "and" : "nor");
}

void
infer_resize(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *dims[RANK_MAX], *sizes[RANK_MAX];
	const struct dim *const *given;
	uint32_t naxes, ns, nd, at[RANK_MAX], k;
	const int64_t *axes = attr_ints(f, n, "axes", &naxes);
	const char *policy = attr_text(f, n, "keep_aspect_ratio_policy");
	uint32_t slot = n->op->since < 11 ? 1 : 2;
	const double *s = doubles_of(f, operand(n, slot), &ns);
	const struct attr *a = attr_of(f, n, "scales");

	if (!is_shaped(t)) {
		set_output(f, n, 0, t, NULL);
		return;
	}
	check_given(f, n);
	given = ints_of(f, operand(n, 3), &nd);
	k = axes != NULL ? naxes : t->rank;
	memcpy(dims, t->dims, t->rank * sizeof *dims);
	for (uint32_t i = 0; i < k && k <= RANK_MAX; i++)
		if (!axis_in(axes != NULL ? axes[i] : (int64_t)i, t->rank, &at[i]))
			k = 0;
	if (given != NULL && nd == k) {
		memcpy(sizes, given, k * sizeof *sizes);
		if (policy != NULL && strcmp(policy, "stretch") != 0)
			keep_ratio(f, policy, t, at, k, sizes);
	}
	for (uint32_t i = 0; i < k; i++) {
		if (given != NULL && nd == k)
			dims[at[i]] = sizes[i];
		else if (s != NULL && ns == k)
			dims[at[i]] = scaled(f, t->dims[at[i]], s[i]);
		else if (a != NULL && a->kind == ATTR_FLOATS && a->list == NULL && a->n == k)
			dims[at[i]] = scaled(f, t->dims[at[i]], (double)a->v.floats[i]);
		else
			dims[at[i]] = dim_anon(f->types);
	}
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, t->rank), NULL);
}

static const struct type *
listed(struct infer *f, enum dtype dt, const struct attr *a)
{
	const struct dim *d = dk(f, (int64_t)a->n);

	return tensor_of(f, dt, &d, 1);
}

/* Content of a list attribute or a single one. */
static const struct val *
attr_val(struct infer *f, const struct attr *a)
{
	const struct dim *ints[VAL_MAX];
	struct val *v;
	double *d;

	if (a->kind == ATTR_INT)
		return val_int(f, dk(f, a->v.i));
	if (a->kind == ATTR_INTS && a->list == NULL && a->n <= VAL_MAX) {
		for (uint32_t i = 0; i < a->n; i++)
			ints[i] = dk(f, a->v.ints[i]);
		return val_ints(f, ints, (uint32_t)a->n);
	}
	if ((a->kind != ATTR_FLOATS || a->list != NULL || a->n > VAL_MAX) && a->kind != ATTR_FLOAT)
		return NULL;
	v = arena_alloc(f->arena, sizeof *v);
	v->kind = VAL_FLOATS;
	v->n = a->kind == ATTR_FLOAT ? 1 : (uint32_t)a->n;
	v->u.floats = d = arena_array(f->arena, v->n, sizeof *d);
	for (uint32_t i = 0; i < v->n; i++)
		d[i] = a->kind == ATTR_FLOAT ? a->v.f : (double)a->v.floats[i];
	return v;
}

void
infer_constant(struct infer *f, const struct node *n)
{
	static const struct { const char *name; enum dtype dtype; bool list; } forms[] = {
		{ "value_int", DT_I64, false }, { "value_float", DT_F32, false },
		{ "value_string", DT_STR, false }, { "value_ints", DT_I64, true },
		{ "value_floats", DT_F32, true }, { "value_strings", DT_STR, true },
	};
	const struct attr *a = attr_of(f, n, "value");
	struct value stand;

	if (a == NULL)
		a = attr_of(f, n, "sparse_value");
	if (a != NULL && (a->kind == ATTR_TENSOR || a->kind == ATTR_SPARSE) && n->nout > 0 &&
	    n->out[0] != NULL) {
		stand = *n->out[0];
		stand.constant = a->v.t;
		stand.producer = NULL;
		stand.type = NULL;
		f->entries[stand.id].seen = f->entries[stand.id].read = false;
		val_of(f, &stand);
		return;
	}
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if ((a = attr_of(f, n, forms[i].name)) != NULL)
			set_output(f, n, 0, forms[i].list ? listed(f, forms[i].dtype, a) :
			    tensor_of(f, forms[i].dtype, NULL, 0), attr_val(f, a));
}

void
infer_fill(struct infer *f, const struct node *n)
{
	const struct attr *a = attr_of(f, n, "value");
	enum dtype dt = a != NULL && a->kind == ATTR_TENSOR ? a->v.t->dtype : DT_F32;
	const struct dim *const *shape, *dims[VAL_MAX];
	const struct val *one = NULL;
	int64_t count;
	uint32_t k;

	if (!named(n, "ConstantOfShape"))
		return;
	shape = ints_of(f, operand(n, 0), &k);
	if (shape == NULL || k > RANK_MAX) {
		set_output(f, n, 0, calc_of_length(f, operand_fact(f, n, 0)->type, dt), NULL);
		return;
	}
	if (dtype_class(dt) == DC_INT && k <= 1 && (k == 0 || (dim_number(shape[0], &count) &&
	    count >= 0 && count <= VAL_MAX))) {
		struct arena scratch;
		unsigned char buf[16];
		int64_t v = 0;

		arena_init(&scratch, f->ctx);
		if (tensor_first(a->v.t, &scratch, buf, 1) == 1)
			v = dtype_get_int(dt, buf, 0);
		arena_free(&scratch);
		count = k == 0 ? 1 : count;
		for (int64_t i = 0; i < count; i++)
			dims[i] = dk(f, v);
		one = val_ints(f, dims, (uint32_t)count);
	}
	set_output(f, n, 0, tensor_of(f, dt, shape, k), one);
}

/* Number of elements of start, start+step, ... below limit. */
static const struct dim *
range_length(struct infer *f, const struct node *n)
{
	const struct dim *const *p[3];
	const double *d[3];
	double len;
	uint32_t k;
	bool ints = true, numbers = true;
	int64_t step;

	for (uint32_t i = 0; i < 3; i++) {
		if (i == 2 && operand(n, 2) == NULL) { /* com.microsoft: by one */
			static const double one = 1;

			d[2] = &one;
			p[2] = val_int(f, dk(f, 1))->u.ints;
			continue;
		}
		p[i] = ints_of(f, operand(n, i), &k);
		ints &= p[i] != NULL && k == 1;
		d[i] = doubles_of(f, operand(n, i), &k);
		numbers &= d[i] != NULL && k == 1;
	}
	if (numbers && d[2][0] != 0) {
		len = ceil((d[1][0] - d[0][0]) / d[2][0]);
		return len < 0 ? dk(f, 0) : len < 1e15 ? dk(f, (int64_t)len) : unknown_dim(f);
	}
	if (!ints || !dim_number(p[2][0], &step) || step <= 0)
		return dim_anon(f->types);
	return dim_ceil(f->types, dim_sub(f->types, p[1][0], p[0][0]), p[2][0]);
}

void
infer_range(struct infer *f, const struct node *n)
{
	const struct dim *len = range_length(f, n), *dims[VAL_MAX];
	const struct val *v = NULL;
	int64_t count, start, step = 1;

	if (dim_number(len, &count) && count <= VAL_MAX && number_of(f, operand(n, 0), &start) &&
	    (operand(n, 2) == NULL || number_of(f, operand(n, 2), &step))) {
		for (int64_t i = 0; i < count; i++)
			dims[i] = dk(f, start + i * step);
		v = val_ints(f, dims, (uint32_t)count);
	}
	set_output(f, n, 0, tensor_of(f, elem_dtype(operand_fact(f, n, 0)->type), &len, 1), v);
}

void
infer_eye(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	int64_t to = attr_int(f, n, "dtype", 0);

	set_output(f, n, 0, is_tensor(t) && to != 0 ? with_dtype(f, t, onnx_dtype(to)) : t, NULL);
}

void
infer_random(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct dim *dims[RANK_MAX];
	int64_t to = attr_int(f, n, "dtype", 0);
	uint32_t k;
	const int64_t *shape = attr_ints(f, n, "shape", &k);

	if (named(n, "Multinomial")) {
		dims[0] = is_shaped(t) && t->rank == 2 ? t->dims[0] : dim_anon(f->types);
		dims[1] = dk(f, attr_int(f, n, "sample_size", 1));
		set_output(f, n, 0, tensor_of(f, onnx_dtype(to ? to : 6), dims, 2), NULL);
	} else if (n->nin > 0) {
		set_output(f, n, 0, is_tensor(t) && to != 0 ? with_dtype(f, t, onnx_dtype(to)) : t,
		    NULL);
	} else if (shape != NULL && k <= RANK_MAX) {
		for (uint32_t i = 0; i < k; i++)
			dims[i] = dk(f, shape[i]);
		set_output(f, n, 0, tensor_of(f, onnx_dtype(to ? to : 1), dims, k), NULL);
	}
}

void
infer_window(struct infer *f, const struct node *n)
{
	const struct dim *const *size, *dims[2];
	enum dtype dt = onnx_dtype(attr_int(f, n, "output_datatype", 1));
	int64_t bins, length;
	uint32_t k;

	if (!named(n, "MelWeightMatrix")) {
		size = ints_of(f, operand(n, 0), &k);
		dims[0] = size != NULL && k == 1 ? size[0] : dim_anon(f->types);
		set_output(f, n, 0, tensor_of(f, dt, dims, 1), NULL);
		return;
	}
	dims[0] = number_of(f, operand(n, 1), &length) ? dk(f, length / 2 + 1) :
	    dim_anon(f->types);
	dims[1] = number_of(f, operand(n, 0), &bins) ? dk(f, bins) : dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, dt, dims, 2), NULL);
}

void
infer_affine_grid(struct infer *f, const struct node *n)
{
	const struct type *theta = operand_fact(f, n, 0)->type;
	const struct dim *const *size, *dims[5];
	enum dtype dt = elem_dtype(theta);
	uint32_t k;
	int64_t axes;

	size = ints_of(f, operand(n, 1), &k);
	if (size == NULL && is_shaped(theta) && theta->rank == 3 &&
	    dim_number(theta->dims[1], &axes) && (axes == 2 || axes == 3)) {
		dims[0] = theta->dims[0];
		dims[axes + 1] = theta->dims[1];
		for (int64_t i = 1; i <= axes; i++)
			dims[i] = dim_anon(f->types);
		set_output(f, n, 0, tensor_of(f, dt, dims, (uint32_t)axes + 2), NULL);
		return;
	}
	if (size == NULL || (k != 4 && k != 5)) {
		set_output(f, n, 0, tensor_no_rank(f, dt), NULL);
		return;
	}
	dims[0] = size[0];
	memcpy(dims + 1, size + 2, (k - 2) * sizeof *dims);
	dims[k - 1] = dk(f, k - 2);
	set_output(f, n, 0, tensor_of(f, dt, dims, k), NULL);
}

void
infer_grid_sample(struct infer *f, const struct node *n)
{
	const struct type *x = operand_fact(f, n, 0)->type, *g = operand_fact(f, n, 1)->type;
	const struct dim *dims[RANK_MAX];

	if (!is_shaped(x) || x->rank < 3 || (is_shaped(g) && g->rank != x->rank)) {
		set_output(f, n, 0, is_tensor(x) ? tensor_no_rank(f, x->dtype) : NULL, NULL);
		return;
	}
	dims[0] = x->dims[0];
	dims[1] = x->dims[1];
	for (uint32_t i = 2; i < x->rank; i++)
		dims[i] = is_shaped(g) ? g->dims[i - 1] : dim_anon(f->types);
	set_output(f, n, 0, tensor_of(f, x->dtype, dims, x->rank), NULL);
}
