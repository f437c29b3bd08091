/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays that nodes are computed on: operands, parameters, results. */
#include <math.h>
#include <string.h>

#include "exec/kernel.h"
#include "base/ctx.h"
#include "base/str.h"
#include "infer/axes.h"
#include "infer/infer.h"
#include "ir/dim.h"
#include "ir/tensor.h"
#include "ops/op.h"
#include "ops/packing.h"
#include "ops/sig.h"

/* Beyond it, float16 is infinite: converters differ in what they make of such. What is to leave
 * nothing of a number is finite here, so that there are no NaNs on one side alone. */
#define INFINITE 1e9
/* No array has as many. */
#define MOST_NUMBERS (UINT64_C(1) << 40)
/* What an array takes beside its numbers. */
enum { OVERHEAD = 8 };

/* How many numbers there are; false: more than most. Those of dims beside a 0 count as well, so
 * that no product of some of them is larger. */
static bool
count(const int64_t *dims, uint32_t rank, uint64_t most, uint64_t *n)
{
	bool none = false;

	*n = 1;
	for (uint32_t i = 0; i < rank; i++) {
		if (rank > EXEC_RANK || dims[i] < 0 || (dims[i] > 0 && *n > most /
		    (uint64_t)dims[i]))
			return false;
		*n *= dims[i] > 0 ? (uint64_t)dims[i] : 1;
		none = none || dims[i] == 0;
	}
	if (*n > most)
		return false;
	*n = none ? 0 : *n;
	return true;
}

struct array *
exec_make(struct exec *e, uint32_t rank, const int64_t *dims)
{
	struct array *a;
	uint64_t n;

	if (e->room == 0 || !count(dims, rank, e->room, &n)) {
		e->lost = true;
		return NULL;
	}
	e->room -= n + OVERHEAD < e->room ? n + OVERHEAD : e->room;
	a = arena_alloc(e->arena, sizeof *a);
	a->v = arena_array(e->arena, n > 0 ? n : 1, sizeof *a->v);
	a->n = n;
	a->rank = rank;
	for (uint32_t i = 0; i < rank; i++)
		a->dims[i] = dims[i];
	return a;
}

struct array *
exec_like(struct exec *e, const struct array *a)
{
	return a != NULL ? exec_make(e, a->rank, a->dims) : NULL;
}

const struct type *
exec_type(const struct exec *e, const struct value *v)
{
	return settings_type(&e->in, v);
}

static bool
is_whole(enum dtype d)
{
	enum dtype_class c = dtype_class(d);

	return c == DC_INT || c == DC_UINT || c == DC_BOOL;
}

/* As float16 has it. */
static double
halved(double x)
{
	if (fabs(x) > F16_MAX)
		return isinf(x) ? copysign(INFINITE, x) : x;
	return dtype_rounded(DT_F16, x);
}

/* All numbers of a constant. */
static const struct array *
from_tensor(struct exec *e, const struct tensor *t, bool packed)
{
	enum { ELEMENTS = 512 };
	unsigned char buf[ELEMENTS * 8];
	uint32_t size = dtype_bits(t->dtype) / 8;
	struct arena scratch;
	struct tensor_read read;
	struct array *a;
	uint64_t n = 0;
	long got;

	if (dtype_bits(t->dtype) % 8 != 0 || size == 0 || size > 8 || t->items != NULL ||
	    t->sparse != NULL || t->quant != NULL ||
	    t->flags & (TENSOR_MISSING | TENSOR_BAD_DIMS) || t->numel > e->room ||
	    (a = exec_make(e, t->rank, t->dims)) == NULL)
		return NULL;
	arena_init(&scratch, e->in.ctx);
	tensor_open(&read, t);
	while (n < a->n && (got = tensor_fill(&read, &scratch, buf, ELEMENTS * size) /
	    (long)size) > 0)
		for (long i = 0; i < got && n < a->n; i++)
			a->v[n++] = dtype_get(t->dtype, buf, (uint64_t)i);
	arena_free(&scratch);
	a->whole = is_whole(t->dtype);
	a->packed = packed;
	for (uint64_t i = 0; i < n && e->half && dtype_class(t->dtype) == DC_FLOAT; i++)
		a->v[i] = halved(a->v[i]);
	return n == a->n ? a : NULL;
}

/* Small integers that inference knows. */
static const struct array *
from_inference(struct exec *e, const struct value *v)
{
	const struct type *t = exec_type(e, v);
	const struct dim *const *dims = NULL;
	struct array *a;
	uint32_t n = 0;
	int64_t size;

	if (e->in.types != NULL)
		dims = infer_ints(e->in.types, v, &n);
	if (dims == NULL)
		return NULL;
	size = n;
	a = exec_make(e, t != NULL && (t->tag == TY_SCALAR || (t->tag == TY_TENSOR &&
	    t->has_rank && t->rank == 0)) ? 0 : 1, &size);
	for (uint32_t i = 0; i < n && a != NULL; i++) {
		if (i >= a->n || !dim_number(dims[i], &size))
			return NULL;
		a->v[i] = (double)size;
	}
	if (a != NULL)
		a->whole = true;
	return a;
}

/* A constant without a tensor: a number or a short list. */
static const struct array *
from_setting(struct exec *e, const struct value *v)
{
	const struct type *t = exec_type(e, v);
	struct setting s = { .n = 0 };
	struct array *a;
	int64_t size;

	if (t == NULL || t->tag != TY_TENSOR || !t->has_rank || t->rank > 1 ||
	    !setting_of_value(&s, &e->in, v) || s.n == 0)
		return NULL;
	size = s.n;
	if ((a = exec_make(e, t->rank, &size)) == NULL || a->n != s.n)
		return NULL;
	for (uint32_t i = 0; i < s.n; i++)
		a->v[i] = e->half && !is_whole(t->dtype) ? halved(s.v[i]) : s.v[i];
	a->whole = is_whole(t->dtype);
	return a;
}

const struct array *
exec_value(struct exec *e, const struct value *v)
{
	const struct tensor *t;
	bool packed;

	if (v == NULL)
		return NULL;
	if (e->of[v->id] == NULL) {
		t = value_tensor(v);
		packed = t == NULL && v->producer != NULL && v->producer->op != NULL &&
		    (v->producer->op->flags & OP_AT_LOAD) != 0;
		if (packed)
			t = packing_tensor(v, e->arena);
		if (t != NULL)
			e->of[v->id] = from_tensor(e, t, packed);
		else if (v->producer == NULL || !op_is_constant(v->producer))
			e->of[v->id] = from_inference(e, v);
		else if (!packed)
			e->of[v->id] = from_setting(e, v);
	}
	if (e->of[v->id] != NULL) {
		e->packed |= e->of[v->id]->packed;
		e->guess |= e->of[v->id]->guess || e->of[v->id]->made;
	}
	return e->of[v->id];
}

/* Left out, or None of Python. */
static bool
is_absent(const struct value *v)
{
	const struct tensor *t = v != NULL ? value_tensor(v) : NULL;

	return v == NULL || (t != NULL && t->dtype == DT_NONE && t->items == NULL);
}

/* The place of the operand; nin: there is none. */
static uint32_t
operand_of(const struct node *n, const char *names)
{
	struct sig sig;

	for (uint32_t i = 0; i < n->nnamed; i++)
		if (setting_is_one_of(names, n->in_name[i]->s, n->in_name[i]->len))
			return i;
	if (n->nnamed > 0 || n->op == NULL || !sig_parse(n->op, &sig))
		return n->nin;
	for (uint32_t i = 0; i < sig.nin && i < n->nin; i++)
		if (setting_is_one_of(names, sig.in[i].name, sig.in[i].name_len))
			return i;
	return n->nin;
}

const struct array *
exec_arg(struct exec *e, const char *names)
{
	uint32_t i = operand_of(e->n, names);
	const struct array *found;
	struct setting number;
	struct array *a;
	bool known;

	if (i < e->n->nin && !is_absent(e->n->in[i])) {
		found = exec_value(e, e->n->in[i]);
		e->lost |= found == NULL || (found->list == NULL && found->v == NULL);
		return e->lost ? NULL : found;
	}
	if (i < e->n->nin)
		return NULL;
	known = setting_find(&number, &e->in, e->n, names);
	e->lost |= !known && !number.absent;
	if (!known || number.n != 1 || (a = exec_make(e, 0, NULL)) == NULL)
		return NULL;
	a->v[0] = exec_number(e, names, 0);
	return a;
}

const struct array *
exec_need(struct exec *e, const char *names)
{
	const struct array *a = exec_arg(e, names);

	e->lost |= a == NULL || a->list != NULL;
	return e->lost ? NULL : a;
}

const struct array *
exec_main(struct exec *e)
{
	uint32_t i = op_main(e->n);
	const struct array *a = i < e->n->nin ? exec_value(e, e->n->in[i]) : NULL;

	e->lost |= a == NULL || a->list != NULL;
	return e->lost ? NULL : a;
}

static void
add_part(struct exec *e, const struct value *v, const struct array *list[EXEC_LIST], uint32_t *n)
{
	const struct node *p = v != NULL ? v->producer : NULL;
	const struct array *a;

	if (e->lost || !exec_spend(e, EXEC_LIST))
		return;
	if (p != NULL && strcmp(p->domain->s, "prim") == 0 && strstr(p->type->s, "Construct")) {
		for (uint32_t i = 0; i < p->nin; i++)
			add_part(e, p->in[i], list, n);
		return;
	}
	if (is_absent(v))
		a = NULL;
	else if ((a = exec_value(e, v)) == NULL)
		e->lost = true;
	for (uint32_t i = 0; a != NULL && i < a->nlist && *n < EXEC_LIST; i++) {
		e->lost |= a->list[i] == NULL;
		list[(*n)++] = a->list[i];
	}
	if (a != NULL && a->list != NULL)
		return;
	e->lost |= *n == EXEC_LIST;
	if (*n < EXEC_LIST)
		list[(*n)++] = a;
}

uint32_t
exec_list(struct exec *e, const char *names, const struct array *list[EXEC_LIST])
{
	uint32_t first = operand_of(e->n, names), n = 0;
	bool variadic = e->n->nnamed == 0 && e->in.model->dialect != DIALECT_ATEN;

	for (uint32_t i = first; i < e->n->nin; i++)
		if (i == first || (i < e->n->nnamed ? setting_is_one_of(names,
		    e->n->in_name[i]->s, e->n->in_name[i]->len) : variadic))
			add_part(e, e->n->in[i], list, &n);
	return e->lost ? 0 : n;
}

double
exec_number(struct exec *e, const char *names, double other)
{
	double x;

	if (!setting_find_number(&x, &e->in, e->n, names, other)) {
		uint32_t i = operand_of(e->n, names);
		const struct array *a = i < e->n->nin ? exec_value(e, e->n->in[i]) : NULL;

		e->lost |= a == NULL || a->n != 1;
		x = e->lost ? other : a->v[0];
	}
	return e->half && (x != trunc(x) || isinf(x)) ? halved(x) : x;
}

int64_t
exec_whole(struct exec *e, double x)
{
	e->lost |= !(fabs(x) < INT32_MAX);
	return e->lost ? 0 : (int64_t)x;
}

bool
exec_numbers(struct exec *e, const char *names, struct setting *to)
{
	bool known = setting_find(to, &e->in, e->n, names);
	uint32_t at = !known && !to->absent ? operand_of(e->n, names) : e->n->nin;
	const struct array *a = at < e->n->nin ? exec_value(e, e->n->in[at]) : NULL;

	if (a != NULL && a->list == NULL && a->n <= SETTINGS) {
		memcpy(to->v, a->v, a->n * sizeof *a->v);
		to->n = (uint32_t)a->n;
		return to->n > 0;
	}
	e->lost |= !known && !to->absent;
	return known && to->text[0] == '\0';
}

void
exec_word(struct exec *e, const char *names, struct setting *to)
{
	bool known = setting_find(to, &e->in, e->n, names);

	e->lost |= !known && !to->absent;
}

uint32_t
exec_axis_at(struct exec *e, double axis, uint32_t rank)
{
	uint32_t at = 0;

	e->lost |= !axes_at(axis, rank, &at);
	return e->lost ? 0 : at;
}

uint32_t
exec_axis(struct exec *e, const char *names, double other, uint32_t rank)
{
	return exec_axis_at(e, exec_number(e, names, other), rank);
}

static bool
typed_dims(struct exec *e, uint32_t slot, uint32_t *rank, int64_t *dims, bool *whole)
{
	const struct value *v = slot < e->n->nout ? e->n->out[slot] : NULL;
	const struct type *t = v != NULL ? exec_type(e, v) : NULL;

	if (t == NULL || (t->tag != TY_TENSOR && t->tag != TY_SCALAR))
		return false;
	*whole = is_whole(t->dtype);
	*rank = t->tag == TY_SCALAR ? 0 : t->rank;
	if ((t->tag == TY_TENSOR && !t->has_rank) || *rank > EXEC_RANK)
		return false;
	for (uint32_t i = 0; i < *rank; i++)
		if (!dim_number(t->dims[i], &dims[i]))
			return false;
	return true;
}

bool
exec_is_typed(struct exec *e, uint32_t slot)
{
	int64_t dims[EXEC_RANK];
	uint32_t rank;
	bool whole;

	return typed_dims(e, slot, &rank, dims, &whole);
}

struct array *
exec_typed(struct exec *e, uint32_t slot)
{
	int64_t dims[EXEC_RANK];
	uint32_t rank;
	bool whole;

	if (!typed_dims(e, slot, &rank, dims, &whole)) {
		e->lost = true;
		return NULL;
	}
	return exec_make(e, rank, dims);
}

void
exec_put(struct exec *e, uint32_t slot, struct array *a)
{
	int64_t dims[EXEC_RANK] = { 0 };
	uint32_t rank = 0;
	uint64_t n;

	if (e->lost || a == NULL || slot >= e->n->nout || e->n->out[slot] == NULL)
		return;
	if (typed_dims(e, slot, &rank, dims, &a->whole)) {
		e->lost |= !count(dims, rank, MOST_NUMBERS, &n) || n != a->n;
		a->rank = rank;
		memcpy(a->dims, dims, sizeof dims);
	}
	a->packed = e->packed;
	a->guess = e->guess;
	if (!e->lost)
		e->of[e->n->out[slot]->id] = a;
}

void
exec_put_list(struct exec *e, struct array *const *parts, uint32_t n)
{
	struct array *a = arena_alloc(e->arena, sizeof *a);
	const struct array **list = arena_array(e->arena, n > 0 ? n : 1, sizeof *list);

	for (uint32_t i = 0; i < n; i++)
		list[i] = parts[i];
	a->list = list;
	a->nlist = n;
	a->packed = e->packed;
	a->guess = e->guess;
	if (!e->lost && e->n->nout == 1 && e->n->out[0] != NULL)
		e->of[e->n->out[0]->id] = a;
	for (uint32_t i = 0; i < n && e->n->nout > 1; i++)
		exec_put(e, i, parts[i]);
}

bool
exec_spend(struct exec *e, double steps)
{
	e->lost |= !(steps <= (double)e->steps / 4);
	if (!e->lost)
		e->steps -= (uint64_t)steps;
	return !e->lost;
}

bool
exec_broadcast(struct exec *e, const struct array *const *list, uint32_t n, struct array *to)
{
	*to = (struct array){ .rank = 0 };
	for (uint32_t i = 0; i < n; i++)
		to->rank = list[i]->rank > to->rank ? list[i]->rank : to->rank;
	for (uint32_t d = 0; d < to->rank; d++)
		to->dims[d] = 1;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t d = 0; d < list[i]->rank; d++) {
			int64_t *size = &to->dims[to->rank - list[i]->rank + d];

			e->lost |= list[i]->dims[d] != 1 && *size != 1 &&
			    *size != list[i]->dims[d];
			*size = *size == 1 ? list[i]->dims[d] : *size;
		}
	return !e->lost;
}

static bool
same_dims(const struct array *a, const struct array *b)
{
	return a->rank == b->rank && memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0;
}

void
exec_take(struct array *to, const struct array *x, const struct walk *w)
{
	int64_t at[EXEC_RANK] = { 0 }, from = w->from;

	for (uint64_t i = 0; i < to->n; i++) {
		to->v[i] = from >= 0 && (uint64_t)from < x->n ? x->v[from] : NAN;
		for (uint32_t d = to->rank; d-- > 0;) {
			from += w->step[d];
			if (++at[d] < to->dims[d])
				break;
			from -= w->step[d] * to->dims[d];
			at[d] = 0;
		}
	}
}

const double *
exec_spread(struct exec *e, const struct array *a, const struct array *to)
{
	struct walk w = { .from = 0 };
	struct array *made;
	int64_t each = 1;

	if (a->list != NULL) { /* where one of numbers belongs */
		e->lost = true;
		return NULL;
	}
	if (same_dims(a, to))
		return a->v;
	if (a->rank > to->rank || (made = exec_make(e, to->rank, to->dims)) == NULL) {
		e->lost = true;
		return NULL;
	}
	for (uint32_t d = a->rank; d-- > 0;) {
		e->lost |= a->dims[d] != 1 && a->dims[d] != to->dims[to->rank - a->rank + d];
		w.step[to->rank - a->rank + d] = a->dims[d] != 1 ? each : 0;
		each *= a->dims[d];
	}
	if (e->lost)
		return NULL;
	exec_take(made, a, &w);
	return made->v;
}

struct lines
exec_lines(const struct array *a, uint32_t axis)
{
	struct lines l = { 1, (uint64_t)a->dims[axis], 1 };

	for (uint32_t i = 0; i < a->rank; i++) {
		if (i < axis)
			l.outer *= (uint64_t)a->dims[i];
		else if (i > axis)
			l.inner *= (uint64_t)a->dims[i];
	}
	return l;
}

const char *
kernel_dialect(enum dialect d)
{
	return d == DIALECT_ATEN ? "a" : d == DIALECT_ONNX ? "o" : d == DIALECT_MIL ? "m" : "-";
}

kernel_fn *
kernel_find(const struct kernel_op *ops, size_t n, const struct exec *e)
{
	const char *dialect = kernel_dialect(e->in.model->dialect);

	for (size_t i = 0; i < n; i++)
		if (strstr(ops[i].dialects, dialect) != NULL &&
		    setting_is_one_of(ops[i].names, e->name, strlen(e->name)))
			return ops[i].compute;
	return NULL;
}
