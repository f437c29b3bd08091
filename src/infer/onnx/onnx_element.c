/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX nodes that work element by element. */
#include <string.h>

#include "base/str.h"
#include "infer/calc.h"
#include "infer/onnx/onnx_kinds.h"

static bool
is_float(enum dtype dt)
{
	return dtype_class(dt) == DC_FLOAT;
}

void
infer_same(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	bool keeps = n->op->sem == SEM_IDENTITY || n->op->sem == SEM_DEVICE_COPY;

	set_output(f, n, 0, t, keeps ? val_of(f, operand(n, 0)) : NULL);
}

static bool
is_many(const struct node *n)
{
	return named(n, "Min") || named(n, "Max") || named(n, "Mean") || named(n, "Sum");
}

/* The old broadcast: the second operand fits the first, whatever its rank. Ops of many
 * operands had none before version 8. */
static bool
old_broadcast(const struct node *n)
{
	if (is_many(n))
		return n->op->since < 8;
	return n->op->since < 7 && n->nin == 2 && (n->op->sem == SEM_ADD ||
	    n->op->sem == SEM_SUB || n->op->sem == SEM_MUL || n->op->sem == SEM_DIV ||
	    n->op->sem == SEM_POW || n->op->sem == SEM_LOGIC || n->op->sem == SEM_COMPARE);
}

static bool
shapes_differ(const struct type *a, const struct type *b)
{
	bool differ = is_shaped(a) && is_shaped(b) && a->rank != b->rank;

	for (uint32_t i = 0; !differ && is_shaped(a) && is_shaped(b) && i < a->rank; i++)
		differ = sizes_differ(a->dims[i], b->dims[i]);
	return differ;
}

/* Operands that have to be of one shape. */
static void
check_alike(struct infer *f, const struct node *n, const struct type *const *t)
{
	for (uint32_t i = 1; i < n->nin; i++)
		if (shapes_differ(t[0], t[i])) {
			misfit_types(ours(f), n, t[0], t[i], "do not broadcast before version 8");
			return;
		}
}

static const struct type *
broadcast_all(struct infer *f, const struct node *n, enum dtype dt)
{
	const struct type *few[8], **t = n->nin <= 8 ? few :
	    arena_array(f->arena, n->nin, sizeof *t);

	for (uint32_t i = 0; i < n->nin; i++)
		t[i] = operand_fact(f, n, i)->type;
	if (old_broadcast(n) && is_many(n))
		check_alike(f, n, t);
	if (old_broadcast(n))
		return is_tensor(t[0]) ? with_dtype(f, t[0], dt) : NULL;
	return calc_broadcast(f, n, t, n->nin, dt);
}

static const struct val *
fold_all(struct infer *f, const struct node *n, bool floats)
{
	const struct val *v = val_of(f, operand(n, 0));

	for (uint32_t i = 1; i < n->nin && v != NULL; i++)
		v = calc_arith(f, n->op->sem, v, val_of(f, operand(n, i)), floats);
	return v;
}

void
infer_elements(struct infer *f, const struct node *n)
{
	enum dtype dt = elem_dtype(operand_fact(f, n, 0)->type);
	const struct type *t = broadcast_all(f, n, dt);
	bool folds = n->op->sem != SEM_BITWISE && n->op->sem != SEM_MEAN && is_shaped(t) &&
	    t->rank <= 1;

	set_output(f, n, 0, t, folds ? fold_all(f, n, is_float(dt)) : NULL);
}

/* What a comparison gives for numbers; NULL: not decided. */
static const struct dim *
compare(struct infer *f, const char *op, const struct dim *a, const struct dim *b)
{
	int64_t la, ha, lb, hb;

	dim_bounds(a, &la, &ha);
	dim_bounds(b, &lb, &hb);
	if (strcmp(op, "Equal") == 0)
		return dim_equal(a, b) ? dk(f, 1) : dim_differ(a, b) ? dk(f, 0) : unknown_dim(f);
	if (strcmp(op, "Greater") == 0)
		return la > hb ? dk(f, 1) : ha <= lb ? dk(f, 0) : unknown_dim(f);
	if (strcmp(op, "Less") == 0)
		return ha < lb ? dk(f, 1) : la >= hb ? dk(f, 0) : unknown_dim(f);
	if (strcmp(op, "GreaterOrEqual") == 0)
		return la >= hb ? dk(f, 1) : ha < lb ? dk(f, 0) : unknown_dim(f);
	return ha <= lb ? dk(f, 1) : la > hb ? dk(f, 0) : unknown_dim(f);
}

void
infer_compare(struct infer *f, const struct node *n)
{
	const struct type *t = broadcast_all(f, n, DT_BOOL);
	const struct dim *const *a, *const *b, *r[VAL_MAX];
	const struct val *v = NULL;
	uint32_t na, nb, k;

	a = ints_of(f, operand(n, 0), &na);
	b = ints_of(f, operand(n, 1), &nb);
	if (a != NULL && b != NULL && na > 0 && nb > 0 && (na == nb || na == 1 || nb == 1)) {
		k = na > nb ? na : nb;
		for (uint32_t i = 0; i < k; i++)
			r[i] = compare(f, n->op->name, a[na == 1 ? 0 : i], b[nb == 1 ? 0 : i]);
		v = val_ints(f, r, k);
	}
	set_output(f, n, 0, named(n, "Binarizer") ? operand_fact(f, n, 0)->type : t, v);
}

void
infer_logic(struct infer *f, const struct node *n)
{
	const struct dim *const *a, *r[VAL_MAX];
	const struct val *v = NULL;
	int64_t k;
	uint32_t count;

	a = n->nin == 1 ? ints_of(f, operand(n, 0), &count) : NULL;
	if (a != NULL) {
		for (uint32_t i = 0; i < count; i++)
			r[i] = dim_number(a[i], &k) ? dk(f, k == 0) : unknown_dim(f);
		v = val_ints(f, r, count);
	}
	set_output(f, n, 0, broadcast_all(f, n, DT_BOOL), v);
}

void
infer_classify(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;

	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, DT_BOOL) :
	    tensor_no_rank(f, DT_BOOL), NULL);
}

void
infer_cast(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	const struct val *v = val_of(f, operand(n, 0));
	enum dtype to;

	if (named(n, "CastLike"))
		to = elem_dtype(operand_fact(f, n, 1)->type);
	else
		to = onnx_dtype(attr_int(f, n, "to", 0));
	if (is_float(elem_dtype(t)) && !is_float(to))
		v = calc_round(f, v, '0');
	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, to) : tensor_no_rank(f, to),
	    to == DT_BOOL || to == DT_STR ? NULL : v);
}

void
infer_bitcast(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	enum dtype to = onnx_dtype(attr_int(f, n, "to", 0));

	if (is_tensor(t) && t->dtype != DT_NONE && to != DT_NONE &&
	    dtype_bits(t->dtype) != dtype_bits(to))
		misfit(f, n, "elements of %u bits read as elements of %u", dtype_bits(t->dtype),
		    dtype_bits(to));
	set_output(f, n, 0, is_tensor(t) && dtype_bits(t->dtype) == dtype_bits(to) ?
	    with_dtype(f, t, to) : tensor_no_rank(f, to), NULL);
}

void
infer_select(struct infer *f, const struct node *n)
{
	const struct type *t[3];
	const struct dim *const *c, *r[VAL_MAX];
	const struct val *x = val_of(f, operand(n, 1)), *y = val_of(f, operand(n, 2)), *v = NULL;
	uint32_t nc, k;
	int64_t yes;

	for (uint32_t i = 0; i < 3; i++)
		t[i] = operand_fact(f, n, i)->type;
	c = ints_of(f, operand(n, 0), &nc);
	if (c != NULL && x != NULL && y != NULL && x->kind == VAL_INTS && y->kind == VAL_INTS) {
		k = nc > x->n ? nc : x->n;
		k = k > y->n ? k : y->n;
		for (uint32_t i = 0; i < k; i++) {
			const struct val *from;

			if (!dim_number(c[nc == 1 ? 0 : i % nc], &yes)) {
				r[i] = unknown_dim(f);
				continue;
			}
			from = yes ? x : y;
			r[i] = from->u.ints[from->n == 1 ? 0 : i % from->n];
		}
		v = val_ints(f, r, k);
	}
	set_output(f, n, 0, calc_broadcast(f, n, t, 3, elem_dtype(t[1]) != DT_NONE ?
	    elem_dtype(t[1]) : elem_dtype(t[2])), v);
}

void
infer_dropout(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;

	set_output(f, n, 0, t, NULL);
	if (is_tensor(t))
		set_output(f, n, 1, n->op->since >= 10 ? with_dtype(f, t, DT_BOOL) : t, NULL);
}

void
infer_round(struct infer *f, const struct node *n)
{
	char how = named(n, "Ceil") ? '^' : named(n, "Floor") ? 'v' : 'n';

	set_output(f, n, 0, operand_fact(f, n, 0)->type,
	    calc_round(f, val_of(f, operand(n, 0)), how));
}

void
infer_neg(struct infer *f, const struct node *n)
{
	const struct dim *zero = dk(f, 0);
	const struct val none = { VAL_INTS, 1, { .ints = &zero } };

	set_output(f, n, 0, operand_fact(f, n, 0)->type, calc_arith(f, SEM_SUB, &none,
	    val_of(f, operand(n, 0)), is_float(elem_dtype(operand_fact(f, n, 0)->type))));
}

void
infer_quantize(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	enum dtype dt = elem_dtype(operand_fact(f, n, 2)->type);

	if (named(n, "DynamicQuantizeLinear")) {
		set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, DT_U8) : NULL, NULL);
		set_output(f, n, 1, tensor_of(f, DT_F32, NULL, 0), NULL);
		set_output(f, n, 2, tensor_of(f, DT_U8, NULL, 0), NULL);
		return;
	}
	if (dt == DT_NONE && attr_int(f, n, "output_dtype", 0) != 0)
		dt = onnx_dtype(attr_int(f, n, "output_dtype", 0));
	if (dt == DT_NONE && operand(n, 2) == NULL)
		dt = DT_U8;
	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, dt) : tensor_no_rank(f, dt), NULL);
}

void
infer_dequantize(struct infer *f, const struct node *n)
{
	const struct type *t = operand_fact(f, n, 0)->type;
	enum dtype dt = elem_dtype(operand_fact(f, n, 1)->type);

	if (attr_int(f, n, "output_dtype", 0) != 0)
		dt = onnx_dtype(attr_int(f, n, "output_dtype", 0));
	set_output(f, n, 0, is_tensor(t) ? with_dtype(f, t, dt) : tensor_no_rank(f, dt), NULL);
}
