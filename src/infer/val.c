/* SPDX-License-Identifier: Apache-2.0 */
/* Contents of small values: read from constants when first asked for. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/state.h"
#include "ir/tensor.h"

const struct val *
val_ints(struct infer *f, const struct dim *const *ints, uint32_t n)
{
	struct val *v = arena_alloc(f->arena, sizeof *v);
	const struct dim **list = arena_array(f->arena, n, sizeof *list);

	for (uint32_t i = 0; i < n; i++)
		list[i] = ints[i];
	v->kind = VAL_INTS;
	v->n = n;
	v->u.ints = list;
	return v;
}

const struct val *
val_int(struct infer *f, const struct dim *d)
{
	return val_ints(f, &d, 1);
}

static const struct val *
val_floats(struct infer *f, enum dtype dt, const void *buf, uint32_t n)
{
	struct val *v = arena_alloc(f->arena, sizeof *v);
	double *list = arena_array(f->arena, n, sizeof *list);

	for (uint32_t i = 0; i < n; i++)
		list[i] = dtype_get(dt, buf, i);
	v->kind = VAL_FLOATS;
	v->n = n;
	v->u.floats = list;
	return v;
}

/* A text of at most a word's length. */
static const struct val *
text_val(struct infer *f, const struct tensor *t)
{
	struct arena scratch;
	struct val *v = NULL;
	char buf[256];

	arena_init(&scratch, f->ctx);
	if (tensor_word(t, &scratch, buf, sizeof buf)) {
		v = arena_alloc(f->arena, sizeof *v);
		v->kind = VAL_STRING;
		v->n = 1;
		v->u.text = str_internz(&f->model->strs, buf);
	}
	arena_free(&scratch);
	return v;
}

const struct val *
tensor_val(struct infer *f, const struct tensor *t)
{
	unsigned char buf[VAL_MAX * 16];
	const struct dim *ints[VAL_MAX];
	enum dtype_class c = dtype_class(t->dtype);
	struct arena scratch;
	uint64_t n;

	if (c == DC_STRING && t->numel == 1 && t->items == NULL)
		return text_val(f, t);
	if (t->numel > VAL_MAX || t->items != NULL || t->sparse != NULL || c == DC_NONE ||
	    c == DC_STRING || c == DC_COMPLEX || t->flags & TENSOR_BAD_DIMS)
		return NULL;
	arena_init(&scratch, f->ctx);
	n = tensor_first(t, &scratch, buf, VAL_MAX);
	arena_free(&scratch);
	if (n < t->numel)
		return NULL;
	if (c == DC_FLOAT)
		return val_floats(f, t->dtype, buf, (uint32_t)n);
	for (uint32_t i = 0; i < n; i++)
		ints[i] = dim_const(f->types, dtype_get_int(t->dtype, buf, i));
	return val_ints(f, ints, (uint32_t)n);
}

const struct val *
val_of(struct infer *f, const struct value *v)
{
	struct entry *e;

	if (v == NULL)
		return NULL;
	fact_of(f, v);
	e = &f->entries[v->id];
	if (!e->read && e->fact.val == NULL && v->constant != NULL &&
	    (f->opts->constants_only || !is_default(f, v)))
		e->fact.val = tensor_val(f, v->constant);
	e->read = true;
	return e->fact.val;
}

const struct dim *const *
ints_of(struct infer *f, const struct value *v, uint32_t *n)
{
	const struct val *val = val_of(f, v);

	*n = val != NULL && val->kind == VAL_INTS ? val->n : 0;
	return val != NULL && val->kind == VAL_INTS ? val->u.ints : NULL;
}

const struct dim *const *
infer_ints(struct infer *f, const struct value *v, uint32_t *n)
{
	return ints_of(f, v, n);
}

bool
numbers_of(struct infer *f, const struct value *v, int64_t *out, uint32_t max, uint32_t *n)
{
	const struct dim *const *d = ints_of(f, v, n);

	if (d == NULL || *n > max)
		return false;
	for (uint32_t i = 0; i < *n; i++)
		if (!dim_number(d[i], &out[i]))
			return false;
	return true;
}

bool
number_of(struct infer *f, const struct value *v, int64_t *out)
{
	uint32_t n;

	return numbers_of(f, v, out, 1, &n) && n == 1;
}

const double *
doubles_of(struct infer *f, const struct value *v, uint32_t *n)
{
	const struct val *val = val_of(f, v);
	double *list;
	int64_t k;

	*n = 0;
	if (val == NULL || (val->kind != VAL_FLOATS && val->kind != VAL_INTS))
		return NULL;
	*n = val->n;
	if (val->kind == VAL_FLOATS)
		return val->u.floats;
	list = arena_array(f->arena, val->n, sizeof *list);
	for (uint32_t i = 0; i < val->n; i++) {
		if (!dim_number(val->u.ints[i], &k))
			return NULL;
		list[i] = (double)k;
	}
	return list;
}
