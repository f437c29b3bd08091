/* SPDX-License-Identifier: Apache-2.0 */
/* What TorchScript computes beside tensors: sizes, numbers, lists, tuples,
 * dictionaries and text. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

const struct type *
scalar_type(struct infer *f, enum dtype dt)
{
	const struct type t = { .tag = TY_SCALAR, .dtype = dt };

	return dt == DT_NONE ? NULL : type_intern(f->types, &t);
}

bool
is_scalar(const struct type *t)
{
	return t != NULL && t->tag == TY_SCALAR;
}

bool
is_none(const struct fact *x)
{
	return x->val != NULL && x->val->kind == VAL_NONE;
}

/* One content of numbers, when all items are such. */
static const struct val *
numbers_together(struct infer *f, const struct fact *items, uint32_t n)
{
	const struct val *all = val_ints(f, NULL, 0);

	for (uint32_t i = 0; i < n && all != NULL; i++) {
		if (!is_scalar(items[i].type) || items[i].val == NULL || items[i].val->n != 1 ||
		    items[i].val->kind > VAL_FLOATS)
			return NULL;
		all = calc_join(f, all, items[i].val);
	}
	return all;
}

/* What holds for all items. */
static const struct type *
common(struct infer *f, const struct fact *items, uint32_t n)
{
	const struct type *t = n > 0 ? items[0].type : NULL;

	for (uint32_t i = 1; i < n; i++)
		t = type_join(f, t, items[i].type);
	return t;
}

struct fact
list_fact(struct infer *f, const struct fact *items, uint32_t n, enum type_tag tag)
{
	struct type t = { .tag = tag };
	const struct type **types;
	const struct dim *len = dk(f, n);
	struct fact out = { NULL, NULL };
	struct fact *copy;
	struct val *v;

	if (tag == TY_LIST) {
		t.elem = common(f, items, n);
		t.rank = 1;
		t.dims = &len;
		out.val = numbers_together(f, items, n);
	} else {
		types = arena_array(f->arena, n, sizeof *types);
		for (uint32_t i = 0; i < n; i++)
			types[i] = items[i].type != NULL ? items[i].type :
			    type_intern(f->types, &(struct type){ .tag = TY_NONE });
		t.items = types;
		t.nitems = n;
	}
	out.type = type_intern(f->types, &t);
	if (out.val != NULL)
		return out;
	v = arena_alloc(f->arena, sizeof *v);
	copy = arena_array(f->arena, n, sizeof *copy);
	for (uint32_t i = 0; i < n; i++)
		copy[i] = items[i];
	v->kind = VAL_LIST;
	v->n = n;
	v->u.items = copy;
	out.val = v;
	return out;
}

const struct fact *
list_items(struct infer *f, const struct fact *x, uint32_t *n)
{
	const struct val *v = x->val;
	struct fact *items;

	*n = 0;
	if (v == NULL || (v->kind > VAL_FLOATS && v->kind != VAL_LIST) ||
	    (v->kind <= VAL_FLOATS && is_tensor(x->type)))
		return NULL;
	*n = v->n;
	if (v->kind == VAL_LIST)
		return v->u.items;
	items = arena_array(f->arena, v->n, sizeof *items);
	for (uint32_t i = 0; i < v->n; i++) {
		items[i].type = scalar_type(f, v->kind == VAL_INTS ? DT_I64 : DT_F64);
		if (x->type != NULL && x->type->tag == TY_LIST && is_scalar(x->type->elem))
			items[i].type = x->type->elem;
		items[i].val = calc_pick(f, v, &i, 1);
	}
	return items;
}

void
set_outputs(struct infer *f, const struct node *n, const struct fact *items, uint32_t k)
{
	struct fact list;

	if (f->exported || n->nout > 1) {
		for (uint32_t i = 0; i < k && i < n->nout; i++)
			set_output(f, n, i, items[i].type, items[i].val);
		return;
	}
	list = list_fact(f, items, k, TY_LIST);
	set_output(f, n, 0, list.type, list.val);
}

/* --- sizes ------------------------------------------------------------ */

static void
give_number(struct infer *f, const struct node *n, const struct dim *d)
{
	set_output(f, n, 0, scalar_type(f, DT_I64), d != NULL ? val_int(f, d) : NULL);
}

static void
give_dims(struct infer *f, const struct node *n, const struct type *t)
{
	struct type list = { .tag = TY_LIST, .elem = scalar_type(f, DT_I64), .rank = 1 };
	const struct dim *len = is_shaped(t) ? dk(f, t->rank) : dim_anon(f->types);

	list.dims = &len;
	set_output(f, n, 0, type_intern(f->types, &list), is_shaped(t) ?
	    val_ints(f, t->dims, t->rank) : NULL);
}

/* size and its like; what a tensor is. */
void
aten_shape(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	bool size = named(n, "size") || named(n, "sym_size");
	uint32_t at;

	if (size && arg_has(n, "dim")) {
		give_number(f, n, is_shaped(t) && axis_in(arg_int(f, n, "dim", INT32_MAX), t->rank,
		    &at) ? t->dims[at] : NULL);
	} else if (size || named(n, "shape")) {
		give_dims(f, n, t);
	} else if (named(n, "_shape_as_tensor")) {
		const struct dim *rank = is_shaped(t) ? dk(f, t->rank) : dim_anon(f->types);

		set_output(f, n, 0, tensor_of(f, DT_I64, &rank, 1), is_shaped(t) ?
		    val_ints(f, t->dims, t->rank) : NULL);
	} else if (named(n, "dim")) {
		give_number(f, n, is_shaped(t) ? dk(f, t->rank) : NULL);
	} else if (named(n, "dtype")) {
		give_number(f, n, c10_number(elem_dtype(t)) >= 0 ?
		    dk(f, c10_number(elem_dtype(t))) : NULL);
	} else if (strstr(n->op->signature, "out:bool") != NULL) {
		set_output(f, n, 0, scalar_type(f, DT_BOOL), NULL);
	} else if (strstr(n->op->signature, "out:int[]") != NULL) {
		struct type list = { .tag = TY_LIST, .elem = scalar_type(f, DT_I64), .rank = 1 };
		const struct dim *len = is_shaped(t) ? dk(f, t->rank) : dim_anon(f->types);

		list.dims = &len;
		set_output(f, n, 0, type_intern(f->types, &list), NULL);
	} else if (strstr(n->op->signature, "out:int") != NULL) {
		give_number(f, n, NULL);
	}
}

void
aten_size(struct infer *f, const struct node *n)
{
	struct fact x = arg_has(n, "t") ? arg(f, n, "t") : arg_has(n, "a") ? arg(f, n, "a") :
	    arg(f, n, "self");
	uint32_t k;

	if (is_shaped(x.type))
		give_number(f, n, !named(n, "len") ? dims_product(f, x.type->dims, 0,
		    x.type->rank) : x.type->rank > 0 ? x.type->dims[0] : NULL);
	else if (list_items(f, &x, &k) != NULL)
		give_number(f, n, dk(f, k));
	else
		give_number(f, n, x.type != NULL && x.type->tag == TY_LIST ? x.type->dims[0] :
		    NULL);
}

/* --- lists and tuples --------------------------------------------------- */

static void
construct(struct infer *f, const struct node *n, enum type_tag tag)
{
	struct fact *items = arena_array(f->arena, n->nin, sizeof *items), out;

	for (uint32_t i = 0; i < n->nin; i++)
		items[i] = operand_arg(f, n, i);
	out = list_fact(f, items, n->nin, tag);
	set_output(f, n, 0, out.type, out.val);
}

/* What an item of x must be when the list itself is not known. */
static const struct type *
item_type(const struct type *t, uint32_t i)
{
	if (t != NULL && t->tag == TY_TUPLE && i < t->nitems)
		return t->items[i];
	return t != NULL && (t->tag == TY_LIST || t->tag == TY_SEQ) ? t->elem : NULL;
}

static void
unpack(struct infer *f, const struct node *n)
{
	uint32_t k;
	const struct fact *items, *x;

	val_of(f, operand(n, 0));
	x = operand_fact(f, n, 0);
	items = list_items(f, x, &k);
	for (uint32_t i = 0; i < n->nout; i++) {
		if (items != NULL && i < k)
			set_output(f, n, i, items[i].type, items[i].val);
		else
			set_output(f, n, i, item_type(x->type, i), NULL);
	}
}

static void
pick(struct infer *f, const struct node *n, const struct fact *x, const struct fact *index)
{
	uint32_t k, at;
	const struct fact *items = list_items(f, x, &k);
	int64_t i;
	bool known = index->val != NULL && index->val->kind == VAL_INTS && index->val->n == 1 &&
	    dim_number(index->val->u.ints[0], &i);

	if (items != NULL && known && axis_in(i, k, &at)) {
		set_output(f, n, 0, items[at].type, items[at].val);
		return;
	}
	at = known && i >= 0 && i < INT32_MAX ? (uint32_t)i : 0;
	set_output(f, n, 0, item_type(x->type, at), NULL);
}

/* A list that grows: the value itself is another from here on. Where it grows
 * in a branch or loop, what it holds is no longer known. */
static void
append(struct infer *f, const struct node *n)
{
	const struct value *v = operand(n, 0);
	struct fact x = arg(f, n, "self"), el = arg(f, n, "el"), *all, out = x;
	struct type t = { .tag = TY_LIST, .rank = 1 };
	const struct dim *len = dim_anon(f->types);
	uint32_t k;
	const struct fact *items = list_items(f, &x, &k);

	if (v == NULL)
		return;
	if (items != NULL && k < VAL_MAX && v->graph == n->graph) {
		all = arena_array(f->arena, (size_t)k + 1, sizeof *all);
		for (uint32_t i = 0; i < k; i++)
			all[i] = items[i];
		all[k] = el;
		out = list_fact(f, all, k + 1, TY_LIST);
	} else {
		t.elem = items != NULL && k == 0 ? el.type : x.type != NULL &&
		    x.type->tag == TY_LIST ? x.type->elem : el.type;
		t.dims = &len;
		out = (struct fact){ type_intern(f->types, &t), NULL };
	}
	f->entries[v->id].fact = out;
	set_output(f, n, 0, out.type, out.val);
}

/* slice.t, which has the name of the tensor's operation */
void
aten_slice_list(struct infer *f, const struct node *n)
{
	struct fact x = arg(f, n, "l"), *some, out;
	uint32_t k, m = 0;
	const struct fact *items = list_items(f, &x, &k);
	int64_t start = 0, end = INT64_MAX, step = 1;

	if (items == NULL || !arg_number(f, n, "start", &start) || !arg_number(f, n, "end", &end) ||
	    !arg_number(f, n, "step", &step) || step < 1) {
		set_output(f, n, 0, NULL, NULL);
		return;
	}
	start = start < 0 ? start + k : start;
	end = end < 0 ? end + k : end > k ? k : end;
	some = arena_array(f->arena, k, sizeof *some);
	for (int64_t i = start < 0 ? 0 : start; i < end; i += step)
		some[m++] = items[i];
	out = list_fact(f, some, m, TY_LIST);
	set_output(f, n, 0, out.type, out.val);
}

/* item() and is_floating_point() stand among the rows of lists as well. */
static bool
of_tensor(struct infer *f, const struct node *n)
{
	struct fact x = arg(f, n, "self");
	enum dtype_class c = dtype_class(elem_dtype(x.type));

	if (named(n, "item")) {
		aten_cast(f, n);
	} else if (named(n, "is_floating_point")) {
		set_output(f, n, 0, scalar_type(f, DT_BOOL), c == DC_NONE ? NULL :
		    val_int(f, dk(f, c == DC_FLOAT)));
	} else if (named(n, "bucketize") || named(n, "searchsorted")) {
		enum dtype dt = arg_int(f, n, "out_int32", 0) ? DT_I32 : DT_I64;

		set_output(f, n, 0, is_scalar(x.type) ? tensor_of(f, dt, NULL, 0) :
		    is_tensor(x.type) ? with_dtype(f, x.type, dt) : tensor_no_rank(f, dt), NULL);
	} else {
		return false;
	}
	return true;
}

void
aten_sequence(struct infer *f, const struct node *n)
{
	struct fact x, i;

	if (named(n, "ListConstruct") || named(n, "TupleConstruct")) {
		construct(f, n, named(n, "ListConstruct") ? TY_LIST : TY_TUPLE);
	} else if (named(n, "ListUnpack") || named(n, "TupleUnpack")) {
		unpack(f, n);
	} else if (named(n, "__getitem__") || named(n, "getitem") || named(n, "TupleIndex")) {
		x = arg_has(n, "list") ? arg(f, n, "list") : arg_has(n, "a") ? arg(f, n, "a") :
		    arg_has(n, "tuple") ? arg(f, n, "tuple") : (struct fact){ NULL, NULL };
		i = arg_has(n, "idx") ? arg(f, n, "idx") : arg_has(n, "b") ? arg(f, n, "b") :
		    arg(f, n, "index");
		pick(f, n, &x, &i);
	} else if (named(n, "append")) {
		append(f, n);
	} else if (named(n, "list")) {
		x = arg_has(n, "l") ? arg(f, n, "l") : arg(f, n, "t");
		set_output(f, n, 0, x.type, x.val);
	} else if (!of_tensor(f, n) && n->op->flags & OP_WRITES && n->nin > 0 && n->in[0] != NULL) {
		f->entries[n->in[0]->id].fact.val = NULL;
	}
}

void
aten_text(struct infer *f, const struct node *n)
{
	const char *out = strstr(n->op->signature, "out:");

	if (out == NULL || strstr(out, "[]") != NULL)
		return;
	set_output(f, n, 0, scalar_type(f, strcmp(out, "out:bool") == 0 ? DT_BOOL :
	    strcmp(out, "out:int") == 0 ? DT_I64 : DT_STR), NULL);
}

/* prim::Constant, when a reader keeps it as a node. */
void
aten_constant(struct infer *f, const struct node *n)
{
	const struct attr *a = node_attr(n, "value");

	if (a != NULL && a->kind == ATTR_TENSOR)
		set_output(f, n, 0, tensor_type(f, a->v.t), tensor_val(f, a->v.t));
	else if (a != NULL && a->kind == ATTR_INT)
		set_output(f, n, 0, scalar_type(f, DT_I64), val_int(f, dk(f, a->v.i)));
	else if (a != NULL && a->kind == ATTR_FLOAT)
		set_output(f, n, 0, scalar_type(f, DT_F64), NULL);
	else if (a != NULL && a->kind == ATTR_STRING)
		set_output(f, n, 0, scalar_type(f, DT_STR), NULL);
}
