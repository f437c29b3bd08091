/* SPDX-License-Identifier: Apache-2.0 */
/* Values as the converter sees them. */
#include <math.h>
#include <string.h>

#include "ir/tensor.h"
#include "rules/support/support_run.h"

struct mv *
mv_new(struct conv *c, enum mv_kind kind)
{
	struct mv *v = arena_alloc(c->a, sizeof *v);

	v->kind = kind;
	v->rank = -1;
	return v;
}

struct mv *
mv_tensor(struct conv *c, enum dtype dtype, int rank, const int64_t *dims)
{
	struct mv *v = mv_new(c, MV_TENSOR);

	v->dtype = dtype;
	v->rank = rank <= MV_DIMS ? rank : -1;
	for (int i = 0; i < v->rank; i++)
		v->dims[i] = dims[i];
	return v;
}

struct mv *
mv_none(struct conv *c)
{
	return mv_new(c, MV_NONE);
}

struct mv *
mv_text(struct conv *c, const char *s)
{
	struct mv *v = mv_new(c, MV_TEXT);

	v->text = s;
	return v;
}

struct mv *
mv_list(struct conv *c, struct mv *const *items, uint32_t n)
{
	struct mv *v = mv_new(c, MV_LIST);

	v->item = arena_array(c->a, n > 0 ? n : 1, sizeof *v->item);
	if (n > 0)
		memcpy(v->item, items, n * sizeof *items);
	v->nitem = n;
	return v;
}

struct mv *
mv_const(struct conv *c, enum dtype dtype, int rank, const int64_t *dims, const double *numbers)
{
	struct mv *v = mv_tensor(c, dtype, rank, dims);
	uint64_t n = 1;

	v->konst = true;
	v->maker = "const";
	for (int i = 0; i < rank && n <= MV_NUMBERS; i++)
		n = dims[i] < 0 ? MV_NUMBERS + 1 : n * (uint64_t)dims[i];
	if (numbers == NULL || n > MV_NUMBERS)
		return v;
	v->num = arena_array(c->a, n > 0 ? n : 1, sizeof *v->num);
	if (n > 0)
		memcpy(v->num, numbers, n * sizeof *numbers);
	v->nnum = (uint32_t)n;
	return v;
}

struct mv *
mv_f(struct conv *c, double x)
{
	return mv_const(c, DT_F32, 0, NULL, &x);
}

struct mv *
mv_i(struct conv *c, int64_t x)
{
	double d = (double)x;

	return mv_const(c, DT_I32, 0, NULL, &d);
}

struct mv *
mv_b(struct conv *c, bool x)
{
	double d = x;

	return mv_const(c, DT_BOOL, 0, NULL, &d);
}

struct mv *
mv_s(struct conv *c, const char *s)
{
	struct mv *v = mv_const(c, DT_STR, 0, NULL, NULL);

	v->text = s;
	return v;
}

struct mv *
mv_ints(struct conv *c, uint32_t n, const int64_t *list)
{
	double *num = arena_array(c->a, n > 0 ? n : 1, sizeof *num);
	int64_t dim = n;

	for (uint32_t i = 0; i < n; i++)
		num[i] = (double)list[i];
	/* an empty list has no numbers to tell a type from: float */
	return mv_const(c, n > 0 ? DT_I32 : DT_F32, 1, &dim, num);
}

struct mv *
mv_copy(struct conv *c, const struct mv *of)
{
	struct mv *v = mv_new(c, of->kind);

	*v = *of;
	v->name = NULL;
	v->is_input = false;
	v->uses = 0;
	v->copy_of = of;
	return v;
}

int64_t
mv_dim(const struct mv *v, int i)
{
	i += i < 0 ? v->rank : 0;
	return v->rank < 0 || i < 0 || i >= v->rank ? DIM_ANY : v->dims[i];
}

bool
mv_known(const struct mv *v)
{
	return v->kind == MV_TENSOR && v->rank >= 0;
}

bool
mv_static(const struct mv *v)
{
	for (int i = 0; i < v->rank; i++)
		if (v->dims[i] < 0)
			return false;
	return mv_known(v);
}

bool
mv_symbolic(const struct mv *v)
{
	for (int i = 0; i < v->rank; i++)
		if (v->dims[i] == DIM_SYMBOLIC)
			return true;
	return false;
}

/* The input whose shape a value has, by operations on single elements. */
static const struct mv *
input_of(const struct mv *v)
{
	while (!v->is_input && v->nfrom == 1 && v->from[0]->rank == v->rank &&
	    memcmp(v->from[0]->dims, v->dims, sizeof *v->dims * (size_t)v->rank) == 0)
		v = v->from[0];
	return v->is_input && v->given != NULL ? v : NULL;
}

bool
mv_fit(const struct mv *a, const struct mv *b)
{
	if (a->rank < 0 || b->rank < 0)
		return true;
	if (a->rank != b->rank)
		return false;
	for (int i = 0; i < a->rank; i++)
		if (a->dims[i] >= 0 && b->dims[i] >= 0 && a->dims[i] != b->dims[i])
			return false;
	return true;
}

bool
mv_differ(const struct mv *a, const struct mv *b, int i)
{
	const char *s, *t;

	if (mv_dim(a, i) != DIM_SYMBOLIC || mv_dim(b, i) != DIM_SYMBOLIC)
		return false;
	a = input_of(a);
	b = input_of(b);
	if (a == NULL || b == NULL || a == b || a->given == b->given)
		return false;
	s = a->given->symbol[i];
	t = b->given->symbol[i];
	return s == NULL || t == NULL || strcmp(s, t) != 0;
}

bool
mv_number(const struct mv *v, double *x)
{
	if (v == NULL || v->kind != MV_TENSOR || v->nnum != 1 || !v->konst || isnan(*v->num))
		return false;
	*x = *v->num;
	return true;
}

bool
mv_int(const struct mv *v, int64_t *x)
{
	double d;

	if (!mv_number(v, &d) || !(fabs(d) < 9e18))
		return false;
	*x = (int64_t)d;
	return true;
}

bool
mv_is(const struct mv *v, double x)
{
	double d;

	return mv_number(v, &d) && d == x;
}

bool
mv_absent(const struct mv *v)
{
	return v == NULL || v->kind == MV_NONE;
}

bool
dt_float(enum dtype t)
{
	return t == DT_F16 || t == DT_F32 || t == DT_F64;
}

bool
dt_int(enum dtype t)
{
	return t == DT_I8 || t == DT_I16 || t == DT_I32 || t == DT_I64 || t == DT_U8 || t == DT_U16;
}

bool
dt_complex(enum dtype t)
{
	return t == DT_C64 || t == DT_C128;
}

enum dtype
dt_mil(enum dtype t)
{
	return t == DT_I64 ? DT_I32 : t == DT_F64 ? DT_F32 : t;
}

enum dtype
dt_number(int64_t n)
{
	static const enum dtype of[] = { DT_U8, DT_I8, DT_I16, DT_I32, DT_I32, DT_F16, DT_F32,
	    DT_F32, DT_NONE, DT_NONE, DT_NONE, DT_BOOL };

	return n >= 0 && n < (int64_t)(sizeof of / sizeof *of) ? of[n] : DT_NONE;
}

void
mv_read(struct conv *c, struct mv *v, const struct tensor *t)
{
	unsigned bytes = t != NULL ? dtype_bits(t->dtype) / 8 : 0;
	unsigned char *buf;
	double *num;
	uint64_t n;

	if (t == NULL || t->numel > 64 || t->numel == 0 || bytes == 0 || bytes > 8)
		return;
	buf = arena_array(c->a, (size_t)t->numel, bytes);
	n = tensor_first(t, c->a, buf, t->numel);
	if (n != t->numel)
		return;
	num = arena_array(c->a, (size_t)n, sizeof *num);
	for (uint64_t i = 0; i < n; i++) {
		num[i] = dtype_get(t->dtype, buf, i);
		if (isnan(num[i]))
			return;
	}
	v->num = num;
	v->nnum = (uint32_t)n;
}
