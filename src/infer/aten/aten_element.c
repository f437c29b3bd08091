/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's operations element by element, and Python's arithmetic on numbers
 * that has the same names. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "infer/calc.h"

enum { OPERANDS = 4 };

/* TorchScript keeps Python's numbers among its constants as tensors without dims,
 * which count as numbers still where types are combined. */
static bool
is_number(struct infer *f, const struct value *v)
{
	const struct type *t = fact_of(f, v)->type;

	return !f->exported && v != NULL && v->constant != NULL && v->producer == NULL &&
	    is_shaped(t) && t->rank == 0 && strncmp(v->name->s, "CONSTANTS.", 10) == 0;
}

/* The operands that are combined: those of these names that are there, or all
 * when the schema has none of them. */
static uint32_t
combined(struct infer *f, const struct node *n, const char *const *names, struct fact *x)
{
	uint32_t k = 0;

	for (; *names != NULL && k < OPERANDS; names++) {
		if (!arg_has(n, *names) || !arg_given(f, n, *names))
			continue;
		x[k] = arg(f, n, *names);
		if (is_number(f, arg_value(f, n, *names)))
			x[k].type = scalar_type(f, elem_dtype(x[k].type));
		k++;
	}
	for (uint32_t i = 0; k == 0 && i < n->nin && i < OPERANDS; i++) {
		val_of(f, n->in[i]);
		x[i] = *operand_fact(f, n, i);
		if (i + 1 == n->nin || i + 1 == OPERANDS)
			k = i + 1;
	}
	return k;
}

/* Numbers alone; what is computed of two tensors is a tensor even when both are
 * constants that a trace has made of numbers. */
static bool
all_scalars(struct infer *f, const struct node *n, struct fact *x, uint32_t k)
{
	bool tensors = strcmp(n->op->overload, "Tensor") == 0;

	for (uint32_t i = 0; i < k; i++)
		if (!is_scalar(x[i].type))
			return false;
	for (uint32_t i = 0; tensors && i < k; i++)
		x[i].type = tensor_of(f, elem_dtype(x[i].type), NULL, 0);
	return k > 0 && !tensors;
}

static const struct type *
broadcast(struct infer *f, const struct node *n, const struct fact *x, uint32_t k, enum dtype dt)
{
	const struct type *t[OPERANDS];
	uint32_t count = 0;

	for (uint32_t i = 0; i < k; i++)
		if (!is_scalar(x[i].type) && !is_none(&x[i]))
			t[count++] = x[i].type;
	return calc_broadcast(f, n, t, count, dt);
}

/* Is the result written into the first operand? Then it keeps its type. */
static bool
in_place(const struct node *n)
{
	size_t len = n->type->len;

	return n->op->flags & OP_WRITES && len > 1 && n->type->s[len - 1] == '_';
}

/* A view of it holds what is written from now on: what is known of its content
 * and that of what it is a view of no longer stands. */
static void
spoil(struct infer *f, const struct value *v)
{
	for (int turn = 0; turn < 64 && v != NULL; turn++) {
		f->entries[v->id].fact.val = NULL;
		f->entries[v->id].read = true;
		if (v->producer == NULL || v->producer->op == NULL ||
		    !(v->producer->op->flags & (OP_VIEW | OP_WRITES)))
			return;
		v = operand(v->producer, 0);
	}
}

static void
give(struct infer *f, const struct node *n, const struct type *t, const struct val *v)
{
	if (in_place(n)) {
		t = arg_main(f, n);
		v = NULL;
		spoil(f, operand(n, 0));
	}
	set_output(f, n, 0, t, v);
}

/* Content is followed for numbers, and tensors that are scalars or lists. */
static bool
followed(const struct type *t)
{
	return is_scalar(t) || (is_shaped(t) && t->rank < 2);
}

/* --- arithmetic ------------------------------------------------------- */

/* Quotients rounded down, element by element. */
static const struct val *
floor_quotient(struct infer *f, const struct val *a, const struct val *b)
{
	const struct dim *out[VAL_MAX];
	uint32_t n;

	if (a == NULL || b == NULL || a->kind != VAL_INTS || b->kind != VAL_INTS || a->n == 0 ||
	    b->n == 0 || (a->n != b->n && a->n != 1 && b->n != 1))
		return NULL;
	n = a->n > b->n ? a->n : b->n;
	for (uint32_t i = 0; i < n && n <= VAL_MAX; i++)
		out[i] = dim_floor(f->types, a->u.ints[a->n == 1 ? 0 : i],
		    b->u.ints[b->n == 1 ? 0 : i]);
	return n <= VAL_MAX ? val_ints(f, out, n) : NULL;
}

/* Type of a result on Python's numbers: as the schema says, or by the operands. */
static enum dtype
number_result(const struct node *n, const struct fact *x, uint32_t k)
{
	static const struct { const char *word; enum dtype dtype; } words[] = {
		{ "out:float", DT_F64 }, { "out:int", DT_I64 }, { "out:bool", DT_BOOL },
		{ "out:complex", DT_C128 }, { "out:str", DT_STR }
	};
	enum dtype dt = elem_dtype(x[0].type);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(n->op->signature, words[i].word) != NULL)
			return words[i].dtype;
	for (uint32_t i = 1; i < k; i++)
		dt = promote_dtypes(dt, elem_dtype(x[i].type));
	return dt == DT_BOOL ? DT_I64 : dt;
}

static const struct val *
arith(struct infer *f, const struct node *n, const struct fact *x, uint32_t k, enum dtype dt)
{
	const struct val *v;
	bool floats = dtype_class(dt) == DC_FLOAT;

	if (k != 2 || x[0].val == NULL || x[1].val == NULL || x[0].val->kind > VAL_FLOATS ||
	    x[1].val->kind > VAL_FLOATS || arg_int(f, n, "alpha", 1) != 1)
		return NULL;
	if (n->op->sem == SEM_BITWISE || n->op->sem == SEM_LOG)
		return NULL;
	v = calc_arith(f, n->op->sem, named(n, "rsub") ? x[1].val : x[0].val,
	    named(n, "rsub") ? x[0].val : x[1].val, floats);
	return v != NULL && v->kind == VAL_FLOATS && !floats ? NULL : v;
}

static void
lists_joined(struct infer *f, const struct node *n, const struct fact *x)
{
	uint32_t na, nb;
	const struct fact *a = list_items(f, &x[0], &na), *b = list_items(f, &x[1], &nb);
	struct fact *all, out = { x[0].type, NULL };

	if (a != NULL && b != NULL && na + nb <= VAL_MAX) {
		all = arena_array(f->arena, (size_t)na + nb, sizeof *all);
		for (uint32_t i = 0; i < na + nb; i++)
			all[i] = i < na ? a[i] : b[i - na];
		out = list_fact(f, all, na + nb, TY_LIST);
	} else if (out.type != NULL) {
		struct type t = *out.type;
		const struct dim *len = dim_anon(f->types);

		t.dims = &len;
		out.type = type_intern(f->types, &t);
	}
	set_output(f, n, 0, out.type, out.val);
}

/* [x] * 3 */
static void
list_repeated(struct infer *f, const struct node *n, const struct fact *list,
	const struct fact *times)
{
	uint32_t k;
	const struct fact *items = list_items(f, list, &k);
	struct fact *all, out = { NULL, NULL };
	int64_t count;

	if (items != NULL && times->val != NULL && times->val->kind == VAL_INTS &&
	    times->val->n == 1 && dim_number(times->val->u.ints[0], &count) && count >= 0 &&
	    count * (int64_t)k <= VAL_MAX && count <= VAL_MAX) {
		all = arena_array(f->arena, (size_t)count * k, sizeof *all);
		for (uint32_t i = 0; i < (uint32_t)count * k; i++)
			all[i] = items[i % k];
		out = list_fact(f, all, (uint32_t)count * k, TY_LIST);
	}
	set_output(f, n, 0, out.type, out.val);
}

static bool
is_list(const struct type *t)
{
	return t != NULL && (t->tag == TY_LIST || t->tag == TY_TUPLE);
}

void
aten_elements(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "self", "other", "a", "b", NULL };
	struct fact x[OPERANDS];
	uint32_t k = combined(f, n, names, x);
	const struct type *t;
	enum dtype dt;

	if (k == 2 && is_list(x[0].type) && is_list(x[1].type)) {
		lists_joined(f, n, x);
		return;
	}
	if (n->op->sem == SEM_MUL && (strcmp(n->op->overload, "left_t") == 0 ||
	    strcmp(n->op->overload, "right_") == 0)) {
		x[0] = arg(f, n, "l");
		x[1] = arg(f, n, "n");
		list_repeated(f, n, &x[0], &x[1]);
		return;
	}
	if (all_scalars(f, n, x, k)) {
		dt = number_result(n, x, k);
		set_output(f, n, 0, scalar_type(f, dt), arith(f, n, x, k, dt));
		return;
	}
	dt = promote(x, k);
	if (n->op->sem == SEM_LOG || n->op->sem == SEM_ERF || n->op->sem == SEM_EXP ||
	    n->op->sem == SEM_TRIG)
		dt = float_of(dt);
	t = broadcast(f, n, x, k, dt);
	give(f, n, t, followed(t) ? arith(f, n, x, k, dt) : NULL);
}

/* div, true_divide, floor_divide, floordiv, truediv */
void
aten_div(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "self", "other", "a", "b", NULL };
	const char *mode = arg_word(f, n, "rounding_mode", "");
	bool down = strncmp(n->type->s, "floor", 5) == 0 || strcmp(mode, "floor") == 0;
	bool whole = down || strcmp(mode, "trunc") == 0;
	struct fact x[OPERANDS];
	uint32_t k = combined(f, n, names, x);
	const struct type *t;
	const struct val *v = NULL;
	enum dtype dt;

	if (all_scalars(f, n, x, k)) {
		dt = number_result(n, x, k);
		dt = down ? dt : DT_F64;
		v = down && dt == DT_I64 ? floor_quotient(f, x[0].val, x[1].val) :
		    down ? NULL : arith(f, n, x, k, DT_F64);
		set_output(f, n, 0, scalar_type(f, dt), v);
		return;
	}
	dt = promote(x, k);
	dt = whole ? dt : float_of(dt);
	t = broadcast(f, n, x, k, dt);
	if (followed(t) && k == 2)
		v = !whole ? arith(f, n, x, k, dt) : floor_quotient(f, x[0].val, x[1].val);
	give(f, n, t, v);
}

/* One whole number to the power of another. */
static const struct val *
whole_power(struct infer *f, const struct val *base, const struct val *power)
{
	const struct dim *out = dk(f, 1);
	int64_t k;

	if (base == NULL || power == NULL || base->kind != VAL_INTS || base->n != 1 ||
	    power->kind != VAL_INTS || power->n != 1 || !dim_number(power->u.ints[0], &k) ||
	    k < 0 || k >= 63)
		return NULL;
	while (k-- > 0 && out->kind != DIM_UNKNOWN)
		out = dim_mul(f->types, out, base->u.ints[0]);
	return out->kind != DIM_UNKNOWN ? val_int(f, out) : NULL;
}

void
aten_pow(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "self", "exponent", "a", "b", NULL };
	struct fact x[OPERANDS];
	uint32_t k = combined(f, n, names, x);
	enum dtype dt;

	if (!all_scalars(f, n, x, k)) {
		dt = promote(x, k);
		if (dt == DT_BOOL && strncmp(n->type->s, "square", 6) == 0)
			dt = DT_I64; /* to the power of a number */
		give(f, n, broadcast(f, n, x, k, dt), NULL);
		return;
	}
	dt = number_result(n, x, k);
	set_output(f, n, 0, scalar_type(f, dt), k == 2 && dt == DT_I64 ?
	    whole_power(f, x[0].val, x[1].val) : NULL);
}

/* --- comparison and logic --------------------------------------------- */

enum { NO, YES, UNSURE };

static int
ordered(struct infer *f, const char *op, const struct dim *a, const struct dim *b)
{
	int64_t lo, hi;

	if (strncmp(op, "eq", 2) == 0)
		return dim_equal(a, b) ? YES : dim_differ(a, b) ? NO : UNSURE;
	if (strncmp(op, "ne", 2) == 0)
		return dim_equal(a, b) ? NO : dim_differ(a, b) ? YES : UNSURE;
	dim_bounds(a, &lo, &hi);
	if (!dim_number(a, &lo) || !dim_number(b, &hi))
		return UNSURE;
	(void)f;
	if (strncmp(op, "lt", 2) == 0)
		return lo < hi;
	if (strncmp(op, "le", 2) == 0)
		return lo <= hi;
	if (strncmp(op, "gt", 2) == 0)
		return lo > hi;
	return strncmp(op, "ge", 2) == 0 ? lo >= hi : UNSURE;
}

/* x is None, x is not None: an input that may be None is either. */
static int
same_object(const struct node *n, const struct fact *x)
{
	bool sure = is_none(&x[1]) && (is_none(&x[0]) ||
	    (x[0].type != NULL && x[0].type->tag != TY_OPT));

	if (!sure)
		return UNSURE;
	return is_none(&x[0]) == named(n, "__is__") ? YES : NO;
}

static int
compared(struct infer *f, const struct node *n, const struct fact *x)
{
	const struct val *a = x[0].val, *b = x[1].val;

	if (strncmp(n->type->s, "__is", 4) == 0)
		return same_object(n, x);
	if (a == NULL || b == NULL || a->kind != b->kind || a->n != b->n)
		return UNSURE;
	if (a->kind == VAL_STRING && (named(n, "eq") || named(n, "ne")))
		return (a->u.text == b->u.text) == named(n, "eq") ? YES : NO;
	if (a->kind == VAL_INTS && a->n == 1)
		return ordered(f, n->type->s, a->u.ints[0], b->u.ints[0]);
	return UNSURE;
}

void
aten_compare(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "self", "other", "a", "b", "obj", NULL };
	struct fact x[OPERANDS] = { { NULL, NULL } };
	uint32_t k = 0;
	int sure;

	for (uint32_t i = 0; names[i] != NULL && k < 2; i++)
		if (arg_has(n, names[i]))
			x[k++] = arg(f, n, names[i]);
	sure = k == 2 ? compared(f, n, x) : UNSURE;
	if (k == 2 && (is_tensor(x[0].type) || is_tensor(x[1].type)) &&
	    strstr(n->op->signature, "out:tensor") != NULL) {
		const struct type *t = broadcast(f, n, x, k, DT_BOOL);

		give(f, n, t, NULL);
		return;
	}
	set_output(f, n, 0, strstr(n->op->signature, "out:tensor") != NULL ?
	    tensor_no_rank(f, DT_BOOL) : scalar_type(f, DT_BOOL),
	    sure != UNSURE ? val_int(f, dk(f, sure)) : NULL);
}

static int
truth(const struct fact *x)
{
	int64_t v;

	return x->val != NULL && x->val->kind == VAL_INTS && x->val->n == 1 &&
	    dim_number(x->val->u.ints[0], &v) ? v != 0 : UNSURE;
}

static const struct val *
logic_of(struct infer *f, const struct node *n, const struct fact *x, uint32_t k)
{
	int a = truth(&x[0]), b = k > 1 ? truth(&x[1]) : UNSURE;
	int r = UNSURE;

	if (strstr(n->type->s, "not") != NULL)
		r = a == UNSURE ? UNSURE : !a;
	else if (strstr(n->type->s, "and") != NULL)
		r = a == NO || b == NO ? NO : a == YES && b == YES ? YES : UNSURE;
	else if (strstr(n->type->s, "xor") == NULL)
		r = a == YES || b == YES ? YES : a == NO && b == NO ? NO : UNSURE;
	return r == UNSURE ? NULL : val_int(f, dk(f, r));
}

/* logical_and and the like give bool; __and__ is bitwise and keeps the type. */
void
aten_logic(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "self", "other", "a", "b", NULL };
	bool bits = strncmp(n->type->s, "__", 2) == 0 && !named(n, "__not__");
	struct fact x[OPERANDS];
	uint32_t k = combined(f, n, names, x);
	enum dtype dt = DT_BOOL;

	if (all_scalars(f, n, x, k)) {
		if (bits)
			dt = promote_dtypes(elem_dtype(x[0].type), k > 1 ?
			    elem_dtype(x[1].type) : DT_BOOL);
		set_output(f, n, 0, scalar_type(f, dt), dt == DT_BOOL ?
		    logic_of(f, n, x, k) : NULL);
		return;
	}
	give(f, n, broadcast(f, n, x, k, bits ? promote(x, k) : DT_BOOL), NULL);
}

void
aten_classify(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);

	set_output(f, n, 0, is_scalar(t) ? scalar_type(f, DT_BOOL) : is_tensor(t) ?
	    with_dtype(f, t, DT_BOOL) : tensor_no_rank(f, DT_BOOL), NULL);
}

/* --- functions of one operand ------------------------------------------ */

void
aten_same(struct infer *f, const struct node *n)
{
	enum dtype dt = arg_dtype(f, n, "dtype", elem_dtype(arg_main(f, n)));

	give(f, n, with_dtype(f, arg_main(f, n), dt), NULL);
}

/* Nothing is computed: content goes through. */
void
aten_identity(struct infer *f, const struct node *n)
{
	struct fact x;

	if (n->nout == 0)
		return;
	if (named(n, "copy") && arg_has(n, "src")) {
		x = (struct fact){ arg_type(f, n, "self"), NULL };
	} else {
		x = arg_has(n, "self") ? arg(f, n, "self") : *operand_fact(f, n, 0);
		if (x.val == NULL)
			x.val = val_of(f, operand(n, 0));
	}
	if (named(n, "copy_")) {
		give(f, n, x.type, NULL);
		return;
	}
	set_output(f, n, 0, x.type, x.val);
}

static double
float_function(const struct node *n, double x)
{
	switch ((unsigned)n->op->sem) {
	case SEM_SQRT: return named(n, "rsqrt") ? 1 / sqrt(x) : sqrt(x);
	case SEM_EXP: return named(n, "exp") ? exp(x) : NAN;
	case SEM_LOG: return named(n, "log") ? log(x) : named(n, "log2") ? log2(x) : NAN;
	default: return NAN;
	}
}

static const struct val *
function_value(struct infer *f, const struct node *n, const struct val *v)
{
	struct val *out;
	double *r, x;
	int64_t k;

	if (v == NULL || v->n != 1 || v->kind > VAL_FLOATS ||
	    (v->kind == VAL_INTS && !dim_number(v->u.ints[0], &k)))
		return NULL;
	x = float_function(n, v->kind == VAL_INTS ? (double)k : v->u.floats[0]);
	if (isnan(x) || isinf(x))
		return NULL;
	out = arena_alloc(f->arena, sizeof *out);
	r = arena_alloc(f->arena, sizeof *r);
	*r = x;
	out->kind = VAL_FLOATS;
	out->n = 1;
	out->u.floats = r;
	return out;
}

/* Functions on floats: of whole numbers they give the default float type. */
void
aten_float(struct infer *f, const struct node *n)
{
	struct fact x = arg_has(n, "self") ? arg(f, n, "self") : arg(f, n, "a");
	const struct val *v = is_scalar(x.type) ? function_value(f, n, x.val) : NULL;

	if (is_scalar(x.type)) {
		set_output(f, n, 0, scalar_type(f, dtype_class(elem_dtype(x.type)) == DC_COMPLEX ?
		    DT_C128 : DT_F64), v);
		return;
	}
	if (arg_has(n, "other")) { /* atan2, hypot, ... */
		aten_elements(f, n);
		return;
	}
	give(f, n, with_dtype(f, x.type, float_of(elem_dtype(x.type))), NULL);
}

/* abs, neg, sign: of complex numbers abs is real. */
void
aten_unary(struct infer *f, const struct node *n)
{
	struct fact x = arg_has(n, "self") ? arg(f, n, "self") : arg(f, n, "a"), zero;
	enum dtype dt = elem_dtype(x.type);
	const struct val *v = NULL;
	int64_t k;

	if (n->op->sem == SEM_ABS && dtype_class(dt) == DC_COMPLEX)
		dt = dt == DT_C128 ? DT_F64 : DT_F32;
	if (n->op->sem == SEM_NEG && x.val != NULL && x.val->kind <= VAL_FLOATS) {
		zero.val = val_int(f, dk(f, 0));
		v = calc_arith(f, SEM_SUB, zero.val, x.val, dtype_class(dt) == DC_FLOAT);
	} else if (n->op->sem == SEM_ABS && x.val != NULL && x.val->kind == VAL_INTS &&
	    x.val->n == 1 && dim_number(x.val->u.ints[0], &k)) {
		v = val_int(f, dk(f, k < 0 ? -k : k));
	}
	if (is_scalar(x.type))
		set_output(f, n, 0, scalar_type(f, dt), v);
	else
		give(f, n, with_dtype(f, x.type, dt), followed(x.type) ? v : NULL);
}

void
aten_round(struct infer *f, const struct node *n)
{
	struct fact x = arg_has(n, "self") ? arg(f, n, "self") : operand_arg(f, n, 0);
	char how = strncmp(n->type->s, "ceil", 4) == 0 ? '^' :
	    strncmp(n->type->s, "floor", 5) == 0 ? 'v' :
	    strncmp(n->type->s, "trunc", 5) == 0 ? '0' : 'n';
	const struct val *v = named(n, "frac") ? NULL : calc_round(f, x.val, how);
	const struct fact one = { x.type, NULL };

	if (v != NULL && v->kind > VAL_FLOATS)
		v = NULL;
	if (is_scalar(x.type))
		set_output(f, n, 0, scalar_type(f, number_result(n, &one, 1)), v);
	else
		give(f, n, x.type, followed(x.type) ? v : NULL);
}

/* clamp and its like: the bounds take part in the element type. */
void
aten_clip(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "self", "min", "max", NULL };
	struct fact x[OPERANDS];
	uint32_t k;

	if (!arg_has(n, "min") && !arg_has(n, "max")) {
		aten_same(f, n);
		return;
	}
	k = combined(f, n, names, x);
	give(f, n, broadcast(f, n, x, k, promote(x, k)), NULL);
}

/* addcmul, addcdiv, lerp */
void
aten_scale(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "self", "tensor1", "tensor2", "end", "weight", NULL };
	struct fact x[OPERANDS];
	uint32_t k = combined(f, n, names, x);
	enum dtype dt = arg_has(n, "end") ? elem_dtype(x[0].type) : promote(x, k);

	give(f, n, broadcast(f, n, x, k, dt), NULL);
}

void
aten_select(struct infer *f, const struct node *n)
{
	static const char *const all[] = { "condition", "mask", "self", "other", NULL };
	static const char *const chosen[] = { "self", "other", NULL };
	struct fact x[OPERANDS], y[OPERANDS];
	uint32_t k = combined(f, n, all, x), ny;

	if (named(n, "where") && k == 1) { /* as nonzero, a tensor an axis */
		aten_non_zero(f, n);
		return;
	}
	ny = combined(f, n, chosen, y);
	give(f, n, broadcast(f, n, x, k, promote(y, ny)), NULL);
}

/* --- element types ------------------------------------------------------ */

/* The dtype that to.dtype, type_as, _to_copy, ... ask for. */
static enum dtype
wanted_dtype(struct infer *f, const struct node *n, enum dtype own)
{
	if (arg_has(n, "other"))
		return elem_dtype(arg_type(f, n, "other"));
	return arg_dtype(f, n, "dtype", own);
}

/* Python's numbers of tensors and the other way round. */
static const struct {
	const char *name;
	enum dtype dtype;
} numbers[] = {
	{ "Int", DT_I64 }, { "Float", DT_F64 }, { "Bool", DT_BOOL },
};

static void
give_number(struct infer *f, const struct node *n, const struct fact *x, enum dtype dt)
{
	const struct val *v = x->val != NULL && x->val->kind <= VAL_FLOATS && x->val->n == 1 ?
	    x->val : NULL;

	if (dt == DT_I64)
		v = calc_round(f, v, '0');
	if (dt == DT_BOOL && (v == NULL || v->kind != VAL_INTS || truth(x) == UNSURE))
		v = NULL;
	else if (dt == DT_BOOL)
		v = val_int(f, dk(f, truth(x)));
	set_output(f, n, 0, scalar_type(f, dt), v);
}

void
aten_cast(struct infer *f, const struct node *n)
{
	struct fact x = arg_has(n, "self") ? arg(f, n, "self") : arg(f, n, "a");
	enum dtype dt = elem_dtype(x.type);
	const struct val *v = x.val;

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (named(n, numbers[i].name)) {
			give_number(f, n, &x, numbers[i].dtype);
			return;
		}
	}
	if (named(n, "NumToTensor")) {
		set_output(f, n, 0, tensor_of(f, dt == DT_F64 ? DT_F32 : dt, NULL, 0), v);
		return;
	}
	if (strstr(n->op->signature, "out:tensor") == NULL) {
		/* item and its like: whole numbers stay whole */
		dt = strstr(n->op->signature, "out:float") != NULL ? DT_F64 :
		    dtype_class(dt) == DC_FLOAT ? DT_F64 : dtype_class(dt) == DC_BOOL ? DT_BOOL :
		    dtype_class(dt) == DC_NONE ? DT_NONE : DT_I64;
		set_output(f, n, 0, dt == DT_NONE ? NULL : scalar_type(f, dt), v);
		return;
	}
	dt = wanted_dtype(f, n, dt);
	if (dtype_class(dt) != DC_FLOAT && dtype_class(elem_dtype(x.type)) == DC_FLOAT)
		v = calc_round(f, v, '0');
	set_output(f, n, 0, is_tensor(x.type) ? with_dtype(f, x.type, dt) :
	    tensor_no_rank(f, dt), followed(x.type) && dt != DT_BOOL ? v : NULL);
}

/* complex, real, imag, view_as_real, view_as_complex */
void
aten_bitcast(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	enum dtype dt = elem_dtype(arg_has(n, "real") ? arg_type(f, n, "real") : t);
	bool complex = dtype_class(dt) == DC_COMPLEX;
	enum dtype real = !complex ? dt : dt == DT_C128 ? DT_F64 : DT_F32;
	enum dtype both = complex ? dt : dt == DT_F64 ? DT_C128 : dt == DT_F32 ? DT_C64 : DT_NONE;
	const struct type *xy[2];

	if (arg_has(n, "real")) {
		xy[0] = arg_type(f, n, "real");
		xy[1] = arg_type(f, n, "imag");
		set_output(f, n, 0, calc_broadcast(f, n, xy, 2, both), NULL);
	} else if (strncmp(n->type->s, "view_as_complex", 15) == 0 && is_shaped(t) && t->rank > 0) {
		set_output(f, n, 0, tensor_of(f, both, t->dims, t->rank - 1), NULL);
	} else if (strncmp(n->type->s, "view_as_real", 12) == 0 && is_shaped(t)) {
		set_output(f, n, 0, with_dtype(f, calc_stacked(f, t, dk(f, 2), t->rank), real),
		    NULL);
	} else {
		set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, real) : NULL, NULL);
	}
}

/* Quantised types are shown by what they are stored in. */
void
aten_quantize(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);
	enum dtype dt = arg_dtype(f, n, "dtype", DT_U8);

	/* those of export take the type as an argument; others are for torch alone */
	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, dt) : tensor_no_rank(f, dt), NULL);
}

void
aten_dequantize(struct infer *f, const struct node *n)
{
	const struct type *t = arg_has(n, "tensors") ? arg_type(f, n, "tensors") : arg_main(f, n);

	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, DT_F32) : t, NULL);
}

/* native_dropout gives its mask as well. */
void
aten_dropout(struct infer *f, const struct node *n)
{
	const struct type *t = arg_main(f, n);

	set_output(f, n, 0, t, NULL);
	if (n->nout > 1)
		set_output(f, n, 1, is_tensor(t) ? with_dtype(f, t, DT_BOOL) : NULL, NULL);
}
