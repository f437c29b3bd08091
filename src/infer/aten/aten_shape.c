/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's operations that arrange elements anew. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

/* Content goes through where elements keep their order. */
static const struct val *
same_content(struct infer *f, const struct node *n, const struct type *t)
{
	struct fact x = arg(f, n, "self");

	return is_shaped(t) && t->rank < 2 && x.val != NULL && x.val->kind <= VAL_FLOATS ?
	    x.val : NULL;
}

/* view of another dtype: the last dim is counted in other bits. */
static void
view_dtype(struct infer *f, const struct node *n, const struct type *t)
{
	enum dtype dt = arg_dtype(f, n, "dtype", DT_NONE);
	const struct dim *dims[RANK_MAX];
	unsigned from = dtype_bits(elem_dtype(t)), to = dtype_bits(dt);

	if (!is_shaped(t) || from == 0 || to == 0) {
		set_output(f, n, 0, tensor_no_rank(f, dt), NULL);
		return;
	}
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = t->dims[i];
	if (t->rank > 0 && from != to)
		dims[t->rank - 1] = dim_floork(f->types, dim_mulk(f->types, dims[t->rank - 1],
		    from), to);
	set_output(f, n, 0, tensor_of(f, dt, dims, t->rank), NULL);
}

/* unflatten: sizes in place of one axis */
static const struct type *
unflatten(struct infer *f, const struct node *n, const struct type *t)
{
	const struct dim *dims[RANK_MAX], *const *sizes;
	const struct type *axis, *parts;
	uint32_t k, at, rank = 0;

	sizes = arg_dims(f, n, "sizes", &k);
	if (!is_shaped(t) || sizes == NULL || t->rank + k > RANK_MAX ||
	    !axis_in(arg_int(f, n, "dim", INT32_MAX), t->rank, &at))
		return tensor_no_rank(f, elem_dtype(t));
	axis = tensor_of(f, t->dtype, &t->dims[at], 1);
	parts = calc_reshape(f, n, axis, sizes, k, false);
	for (uint32_t i = 0; i < t->rank; i++) {
		if (i != at)
			dims[rank++] = t->dims[i];
		for (uint32_t j = 0; i == at && j < k; j++)
			dims[rank++] = parts->dims[j];
	}
	return tensor_of(f, t->dtype, dims, rank);
}

void
aten_reshape(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *const *target;
	uint32_t k;

	if (arg_has(n, "dtype")) {
		view_dtype(f, n, t);
		return;
	}
	if (named(n, "unflatten")) {
		set_output(f, n, 0, unflatten(f, n, t), NULL);
		return;
	}
	if (arg_has(n, "other")) {
		t = with_dtype(f, arg_type(f, n, "other"), elem_dtype(t));
		set_output(f, n, 0, t, same_content(f, n, t));
		return;
	}
	target = arg_dims(f, n, arg_has(n, "size") ? "size" : "shape", &k);
	if (target == NULL) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	if (arg_has(n, "stride")) /* as_strided: any number of elements */
		t = tensor_of(f, elem_dtype(t), target, k);
	else
		t = is_tensor(t) ? calc_reshape(f, n, t, target, k, false) :
		    tensor_no_rank(f, DT_NONE);
	set_output(f, n, 0, t, arg_has(n, "stride") ? NULL : same_content(f, n, t));
}

void
aten_flatten(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *dims[RANK_MAX];
	uint32_t from, to, rank = 0;

	if (is_shaped(t) && t->rank == 0) {
		dims[rank++] = dk(f, 1);
		set_output(f, n, 0, tensor_of(f, t->dtype, dims, rank), same_content(f, n, t));
		return;
	}
	if (!is_shaped(t) || !axis_in(arg_int(f, n, "start_dim", 0), t->rank, &from) ||
	    !axis_in(arg_int(f, n, "end_dim", -1), t->rank, &to) || to < from) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	for (uint32_t i = 0; i < from; i++)
		dims[rank++] = t->dims[i];
	dims[rank++] = dims_product(f, t->dims, from, to + 1);
	for (uint32_t i = to + 1; i < t->rank; i++)
		dims[rank++] = t->dims[i];
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, rank), same_content(f, n, t));
}

void
aten_squeeze(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	int64_t axes[RANK_MAX];
	uint32_t k = 0;
	bool all = !arg_has(n, "dim");

	if (!is_shaped(t) || (!all && !arg_ints(f, n, "dim", axes, &k))) {
		set_output(f, n, 0, is_tensor(t) ? tensor_no_rank(f, t->dtype) : NULL, NULL);
		return;
	}
	t = calc_squeeze_ones(f, t, all ? NULL : axes, k, false);
	set_output(f, n, 0, t, same_content(f, n, t));
}

/* At least 1, 2 or 3 axes: where torch puts those of one. */
static const struct type *
at_least(struct infer *f, const struct type *t, uint32_t want)
{
	const struct dim *dims[3], *one = dk(f, 1);

	if (!is_shaped(t) || t->rank >= want)
		return t;
	for (uint32_t i = 0; i < want; i++)
		dims[i] = one;
	if (t->rank == 1)
		dims[1] = t->dims[0];
	if (t->rank == 2) {
		dims[0] = t->dims[0];
		dims[1] = t->dims[1];
	}
	return tensor_of(f, t->dtype, dims, want);
}

void
aten_unsqueeze(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct fact *items;
	struct fact *out;
	int64_t axis;
	uint32_t k;

	if (strncmp(n->type->s, "atleast_", 8) == 0 && arg_has(n, "tensors")) {
		items = arg_items(f, n, "tensors", &k);
		out = arena_array(f->arena, k, sizeof *out);
		for (uint32_t i = 0; i < k; i++)
			out[i].type = at_least(f, items[i].type, (uint32_t)(n->type->s[8] - '0'));
		set_outputs(f, n, out, k);
	} else if (strncmp(n->type->s, "atleast_", 8) == 0) {
		set_output(f, n, 0, at_least(f, t, (uint32_t)(n->type->s[8] - '0')), NULL);
	} else if (is_shaped(t) && arg_number(f, n, "dim", &axis)) {
		t = calc_unsqueeze(f, n, t, &axis, 1);
		set_output(f, n, 0, t, same_content(f, n, t));
	} else {
		set_output(f, n, 0, is_tensor(t) ? tensor_no_rank(f, t->dtype) : NULL, NULL);
	}
}

/* --- axes -------------------------------------------------------------- */

/* The two axes that are swapped; false: not known. */
static bool
swapped(struct infer *f, const struct node *n, uint32_t rank, int64_t *perm)
{
	static const char *const names[][2] = { { "dim0", "dim1" }, { "axis0", "axis1" } };
	uint32_t a, b;
	int64_t x, y;
	int which = arg_has(n, "axis0");

	if (!arg_number(f, n, names[which][0], &x) || !arg_number(f, n, names[which][1], &y) ||
	    rank == 0 || !axis_in(x, rank, &a) || !axis_in(y, rank, &b))
		return false;
	perm[a] = b;
	perm[b] = a;
	return true;
}

static bool
moved(struct infer *f, const struct node *n, uint32_t rank, int64_t *perm)
{
	int64_t from[RANK_MAX], to[RANK_MAX];
	uint32_t kf, kt, a, b, next = 0;
	uint64_t taken = 0;

	if (!arg_ints(f, n, "source", from, &kf) || !arg_ints(f, n, "destination", to, &kt) ||
	    kf != kt)
		return false;
	for (uint32_t i = 0; i < rank; i++)
		perm[i] = -1;
	for (uint32_t i = 0; i < kf; i++) {
		if (!axis_in(from[i], rank, &a) || !axis_in(to[i], rank, &b))
			return false;
		perm[b] = a;
		taken |= (uint64_t)1 << a;
	}
	for (uint32_t i = 0; i < rank; i++) {
		if (perm[i] >= 0)
			continue;
		while (taken >> next & 1)
			next++;
		perm[i] = next++;
	}
	return true;
}

void
aten_transpose(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	int64_t perm[RANK_MAX];
	uint32_t k;
	bool known = true;

	if (!is_shaped(t)) {
		set_output(f, n, 0, t, NULL);
		return;
	}
	for (uint32_t i = 0; i < t->rank; i++)
		perm[i] = i;
	k = t->rank;
	if (arg_has(n, "dims"))
		known = arg_ints(f, n, "dims", perm, &k);
	else if (arg_has(n, "source"))
		known = moved(f, n, t->rank, perm);
	else if (arg_has(n, "dim0") || arg_has(n, "axis0"))
		known = t->rank == 0 || swapped(f, n, t->rank, perm);
	else if (strcmp(n->type->s, "numpy_T") == 0)
		for (uint32_t i = 0; i < t->rank; i++)
			perm[i] = t->rank - 1 - i;
	else if (t->rank >= 2) { /* t, mT, adjoint, ... */
		perm[t->rank - 1] = t->rank - 2;
		perm[t->rank - 2] = t->rank - 1;
	}
	set_output(f, n, 0, known ? calc_transpose(f, n, t, perm, k) :
	    calc_reduce(f, n, t, &(struct reduction){ .keep = true }, t->dtype), NULL);
}

/* --- broadcast and repetition ------------------------------------------- */

static const struct type *
expanded(struct infer *f, const struct node *n, const struct type *t,
	const struct dim *const *size, uint32_t k)
{
	const struct dim *dims[RANK_MAX];
	uint32_t lead;

	if ((size == NULL && k > 0) || k > RANK_MAX)
		return tensor_no_rank(f, elem_dtype(t));
	if (!is_shaped(t) || t->rank > k) {
		for (uint32_t i = 0; i < k; i++)
			dims[i] = dim_is(size[i], -1) ? dim_anon(f->types) : size[i];
		if (is_shaped(t))
			misfit(f, n, "a tensor of rank %u expanded to rank %u", t->rank, k);
		return tensor_of(f, elem_dtype(t), dims, k);
	}
	lead = k - t->rank;
	for (uint32_t i = 0; i < k; i++) {
		dims[i] = size[i];
		if (i >= lead && (dim_is(size[i], -1) || (dim_has_anon(size[i]) &&
		    !dim_is(t->dims[i - lead], 1) && !dim_has_anon(t->dims[i - lead]))))
			dims[i] = t->dims[i - lead];
	}
	return tensor_of(f, elem_dtype(t), dims, k);
}

/* meshgrid: all of as many axes as there are tensors */
static void
meshgrid(struct infer *f, const struct node *n, const struct fact *x, uint32_t k)
{
	bool xy = strcmp(arg_word(f, n, "indexing", "ij"), "xy") == 0;
	const struct dim *dims[RANK_MAX];
	struct fact *out = arena_array(f->arena, k, sizeof *out);

	for (uint32_t i = 0; i < k && i < RANK_MAX; i++)
		dims[i] = !is_shaped(x[i].type) ? dim_anon(f->types) : x[i].type->rank == 0 ?
		    dk(f, 1) : x[i].type->dims[0];
	if (xy && k >= 2) {
		const struct dim *d = dims[0];

		dims[0] = dims[1];
		dims[1] = d;
	}
	for (uint32_t i = 0; i < k && k <= RANK_MAX; i++)
		out[i].type = tensor_of(f, elem_dtype(x[i].type), dims, k);
	set_outputs(f, n, out, k);
}

static void
expand_tensors(struct infer *f, const struct node *n)
{
	uint32_t k;
	const struct fact *x = arg_items(f, n, "tensors", &k);
	const struct type **types, *t;
	struct fact *out;

	if (x == NULL)
		return;
	if (named(n, "meshgrid")) {
		meshgrid(f, n, x, k);
		return;
	}
	types = arena_array(f->arena, k, sizeof *types);
	out = arena_array(f->arena, k, sizeof *out);
	for (uint32_t i = 0; i < k; i++)
		types[i] = x[i].type;
	t = calc_broadcast(f, n, types, k, DT_NONE);
	for (uint32_t i = 0; i < k; i++)
		out[i].type = with_dtype(f, t, elem_dtype(x[i].type));
	set_outputs(f, n, out, k);
}

void
aten_expand(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n), *as;
	const struct dim *const *size;
	uint32_t k;

	if (arg_has(n, "tensors")) {
		expand_tensors(f, n);
	} else if (arg_has(n, "other")) {
		as = arg_type(f, n, "other");
		set_output(f, n, 0, is_shaped(as) ? expanded(f, n, t, as->dims, as->rank) :
		    tensor_no_rank(f, elem_dtype(t)), NULL);
	} else {
		size = arg_dims(f, n, "size", &k);
		set_output(f, n, 0, size != NULL ? expanded(f, n, t, size, k) :
		    tensor_no_rank(f, elem_dtype(t)), NULL);
	}
}

/* All elements d times one number, or as often as a tensor says of each. */
static const struct dim *
repeats_of(struct infer *f, const struct node *n, const struct dim *d)
{
	struct fact x = arg(f, n, "repeats");
	const struct dim *sum = dk(f, 0);

	if (x.val == NULL || x.val->kind != VAL_INTS || x.val->n == 0)
		return dim_anon(f->types);
	if (x.val->n == 1)
		return dim_mul(f->types, d, x.val->u.ints[0]);
	for (uint32_t i = 0; i < x.val->n; i++)
		sum = dim_add(f->types, sum, x.val->u.ints[i]);
	return sum;
}

/* repeat_interleave along an axis, or of all elements */
static const struct type *
interleaved(struct infer *f, const struct node *n)
{
	const struct type *t = arg_has(n, "self") ? arg_main(f, n) : NULL;
	const struct dim *dims[RANK_MAX], *size = arg_dim(f, n, "output_size"), *all;
	uint32_t at = 0;

	if (!arg_has(n, "self")) {
		dims[0] = size != NULL ? size : dim_anon(f->types);
		return tensor_of(f, DT_I64, dims, 1);
	}
	if (!is_shaped(t))
		return tensor_no_rank(f, elem_dtype(t));
	if (!arg_given(f, n, "dim")) {
		all = dims_product(f, t->dims, 0, t->rank);
		dims[0] = size != NULL ? size : repeats_of(f, n, all);
		return tensor_of(f, t->dtype, dims, 1);
	}
	if (!axis_in(arg_int(f, n, "dim", INT32_MAX), t->rank, &at))
		return tensor_no_rank(f, t->dtype);
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = t->dims[i];
	dims[at] = size != NULL ? size : repeats_of(f, n, dims[at]);
	return tensor_of(f, t->dtype, dims, t->rank);
}

void
aten_tile(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	const struct dim *const *times, *dims[RANK_MAX], *own;
	uint32_t k, rank;

	if (named(n, "repeat_interleave")) {
		set_output(f, n, 0, interleaved(f, n), NULL);
		return;
	}
	times = arg_dims(f, n, arg_has(n, "dims") ? "dims" : "repeats", &k);
	if (!is_shaped(t) || times == NULL) {
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	rank = k > t->rank ? k : t->rank;
	for (uint32_t i = 0; i < rank; i++) {
		own = i + t->rank >= rank ? t->dims[i + t->rank - rank] : dk(f, 1);
		dims[i] = i + k >= rank ? dim_mul(f->types, own, times[i + k - rank]) : own;
	}
	set_output(f, n, 0, tensor_of(f, t->dtype, dims, rank), NULL);
}

/* --- together and apart ------------------------------------------------- */

static enum dtype
common_dtype(const struct fact *x, uint32_t k)
{
	return promote(x, k);
}

/* hstack, vstack and dstack make axes first. */
static int64_t
stacking_axis(const struct node *n, const struct type *t, uint32_t *least)
{
	*least = named(n, "vstack") || named(n, "row_stack") ? 2 : named(n, "dstack") ? 3 :
	    named(n, "hstack") ? 1 : 0;
	if (named(n, "hstack"))
		return is_shaped(t) && t->rank < 2 ? 0 : 1;
	return named(n, "dstack") ? 2 : 0;
}

void
aten_concat(struct infer *f, const struct node *n)
{
	uint32_t k, m = 0, least = 0;
	const struct fact *x = arg_items(f, n, "tensors", &k);
	const struct type **types, *t, *list;
	const struct val *v = NULL;
	int64_t axis = 0;

	if (x == NULL || k == 0) {
		list = arg_type(f, n, "tensors");
		t = list != NULL && list->tag == TY_LIST ? list->elem : NULL;
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	if (arg_has(n, "dim"))
		axis = arg_int(f, n, "dim", 0);
	else
		axis = stacking_axis(n, x[0].type, &least);
	types = arena_array(f->arena, k, sizeof *types);
	for (uint32_t i = 0; i < k; i++) {
		t = x[i].type;
		if (!arg_has(n, "dim") && is_shaped(t))
			for (uint32_t r = t->rank; r < least; r = t->rank)
				t = calc_unsqueeze(f, n, t, &(int64_t){ r == 2 ? 2 : 0 }, 1);
		/* what torch passes over: one axis of no elements */
		if (k > 1 && is_shaped(t) && t->rank == 1 && dim_is(t->dims[0], 0))
			continue;
		types[m++] = t;
	}
	t = m > 0 ? calc_concat(f, n, types, m, axis) : x[0].type;
	t = with_dtype(f, t, common_dtype(x, k));
	if (is_shaped(t) && t->rank == 1) {
		v = val_ints(f, NULL, 0);
		for (uint32_t i = 0; i < k && v != NULL; i++)
			v = x[i].val != NULL && x[i].val->kind <= VAL_FLOATS ?
			    calc_join(f, v, x[i].val) : NULL;
	}
	set_output(f, n, 0, t, v);
}

/* column_stack: vectors become columns, then all stand side by side */
static const struct type *
columns(struct infer *f, const struct node *n, const struct fact *x, uint32_t k)
{
	const struct type **types = arena_array(f->arena, k, sizeof *types), *t;
	const struct dim *one = dk(f, 1);

	for (uint32_t i = 0; i < k; i++) {
		t = x[i].type;
		if (is_shaped(t) && t->rank == 0)
			t = tensor_of(f, t->dtype, &one, 1);
		types[i] = is_shaped(t) && t->rank == 1 ? calc_stacked(f, t, one, 1) : t;
	}
	return with_dtype(f, calc_concat(f, n, types, k, 1), common_dtype(x, k));
}

void
aten_stack(struct infer *f, const struct node *n)
{
	uint32_t k, at;
	const struct fact *x = arg_items(f, n, "tensors", &k);
	const struct type *t, *list;
	const struct val *v = NULL;

	if (named(n, "column_stack") && x != NULL) {
		set_output(f, n, 0, columns(f, n, x, k), NULL);
		return;
	}
	if (x == NULL || k == 0) {
		list = arg_type(f, n, "tensors");
		t = list != NULL && list->tag == TY_LIST ? list->elem : NULL;
		set_output(f, n, 0, tensor_no_rank(f, elem_dtype(t)), NULL);
		return;
	}
	t = x[0].type;
	for (uint32_t i = 1; i < k; i++) {
		bool conflict = false;

		t = type_meet(f, with_dtype(f, t, DT_NONE), with_dtype(f, x[i].type, DT_NONE),
		    &conflict);
	}
	if (is_shaped(t) && axis_in(arg_int(f, n, "dim", 0), t->rank + 1, &at))
		t = calc_stacked(f, t, dk(f, k), at);
	else
		t = tensor_no_rank(f, DT_NONE);
	if (is_shaped(t) && t->rank == 1) {
		v = val_ints(f, NULL, 0);
		for (uint32_t i = 0; i < k && v != NULL; i++)
			v = x[i].val != NULL && x[i].val->kind <= VAL_FLOATS ?
			    calc_join(f, v, x[i].val) : NULL;
	}
	set_output(f, n, 0, with_dtype(f, t, common_dtype(x, k)), v);
}

/* Parts of equal size but for the last; how many of them, or one a node's output. */
static void
parts_of(struct infer *f, const struct node *n, const struct type *t, uint32_t at, int64_t size)
{
	int64_t all;
	uint32_t k = n->nout;
	struct fact *out;

	if (dim_number(t->dims[at], &all) && size > 0 && all / size < VAL_MAX)
		k = all == 0 ? 1 : (uint32_t)((all + size - 1) / size);
	else if (!f->exported && n->nout < 2)
		return;
	else
		all = -1;
	out = arena_array(f->arena, k, sizeof *out);
	for (uint32_t i = 0; i < k; i++)
		out[i].type = with_dim(f, t, at, i + 1 < k ? dk(f, size) : all < 0 ?
		    dim_anon(f->types) : dk(f, all - size * (k - 1)));
	set_outputs(f, n, out, k);
}

static void
sized_parts(struct infer *f, const struct node *n, const struct type *t, uint32_t at,
	const struct dim *const *sizes, uint32_t k)
{
	struct fact *out = arena_array(f->arena, k, sizeof *out);

	for (uint32_t i = 0; i < k; i++)
		out[i].type = with_dim(f, t, at, sizes[i]);
	set_outputs(f, n, out, k);
}

static void
unbind(struct infer *f, const struct node *n, const struct type *t, uint32_t at)
{
	const struct reduction r = { .axes = &(int64_t){ at }, .n = 1, .known = true };
	const struct type *one = calc_reduce(f, n, t, &r, t->dtype);
	struct fact x = arg(f, n, "self"), *out;
	int64_t all = n->nout;

	if (!dim_number(t->dims[at], &all) && !f->exported && n->nout < 2)
		return;
	if (all < 0 || all > VAL_MAX)
		return;
	out = arena_array(f->arena, (size_t)all, sizeof *out);
	for (uint32_t i = 0; i < all; i++) {
		out[i].type = one;
		if (t->rank == 1 && x.val != NULL && x.val->kind <= VAL_FLOATS)
			out[i].val = calc_pick(f, x.val, &i, 1);
	}
	set_outputs(f, n, out, (uint32_t)all);
}

/* tensor_split: sections of which the first are one longer; or cut at places */
static void
tensor_split(struct infer *f, const struct node *n, const struct type *t, uint32_t at)
{
	static const char both[] = "tensor_indices_or_sections";
	const struct type *given = arg_has(n, both) ? arg_type(f, n, both) : NULL;
	const char *parts = !is_shaped(given) ? "sections" : given->rank == 0 ? both : "";
	const char *where = is_shaped(given) && given->rank == 1 ? both : "indices";
	const struct dim *sizes[VAL_MAX + 1], *const *cuts, *from = dk(f, 0), *to;
	int64_t all, k = 0;
	uint32_t m;

	if (arg_has(n, parts) && arg_number(f, n, parts, &k) && k > 0 && k < VAL_MAX) {
		for (int64_t i = 0; i < k; i++)
			sizes[i] = dim_number(t->dims[at], &all) ? dk(f, all / k + (i < all % k)) :
			    dim_floork(f->types, dim_addk(f->types, t->dims[at], k - 1 - i), k);
		sized_parts(f, n, t, at, sizes, (uint32_t)k);
	} else if (arg_has(n, where) && (cuts = arg_dims(f, n, where, &m)) != NULL &&
	    m <= VAL_MAX) {
		for (uint32_t i = 0; i <= m; i++, from = to) {
			to = i < m ? cuts[i] : t->dims[at];
			sizes[i] = calc_slice(f, t->dims[at], from, to, 1);
		}
		sized_parts(f, n, t, at, sizes, m + 1);
	}
}

void
aten_split(struct infer *f, const struct node *n)
{
	const struct type *t = arg_has(n, "tensor") ? arg_type(f, n, "tensor") : arg_main(f, n);
	const struct dim *const *sizes = NULL;
	const char *list = arg_has(n, "split_sizes") ? "split_sizes" : "split_size";
	int64_t k = 0, all, axis = 0;
	uint32_t at, m;

	if (!is_shaped(t) || !arg_number(f, n, "dim", &axis) || !axis_in(axis, t->rank, &at))
		return;
	if (strncmp(n->type->s, "unbind", 6) == 0) {
		unbind(f, n, t, at);
	} else if (named(n, "tensor_split")) {
		tensor_split(f, n, t, at);
	} else if (arg_has(n, "chunks") && arg_number(f, n, "chunks", &k) && k > 0) {
		if (dim_number(t->dims[at], &all))
			parts_of(f, n, t, at, (all + k - 1) / k);
		else if (k <= 64) {
			const struct dim *part = dim_ceil(f->types, t->dims[at], dk(f, k)), *d[64];

			for (int64_t i = 0; i < k; i++)
				d[i] = i + 1 < k || dim_mulk(f->types, part, k) == t->dims[at] ?
				    part : dim_sub(f->types, t->dims[at],
				    dim_mulk(f->types, part, k - 1));
			sized_parts(f, n, t, at, d, (uint32_t)k);
		}
	} else if (arg_has(n, list)) {
		struct fact s = arg(f, n, list);

		if (is_scalar(s.type) && arg_number(f, n, list, &k))
			parts_of(f, n, t, at, k);
		else if (!is_scalar(s.type) && (sizes = arg_dims(f, n, list, &m)) != NULL)
			sized_parts(f, n, t, at, sizes, m);
	}
}
