/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays that nodes are computed on: operands, parameters, results. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "align/probe/probe.h"
#include "base/ctx.h"
#include "base/str.h"
#include "infer/infer.h"
#include "ir/dim.h"
#include "ir/tensor.h"
#include "ops/packing.h"
#include "ops/sig.h"

/* Beyond it, float16 is infinite: converters differ in what they make of such. What is to leave
 * nothing of a number is finite here, so that there are no NaNs on one side alone. */
#define MOST_HALF 65504
#define INFINITE 1e9

struct array *
probe_make(struct run *r, uint32_t rank, const int64_t *dims)
{
	struct array *a;
	uint64_t n = 1;

	for (uint32_t i = 0; i < rank; i++) {
		if (rank > PROBE_RANK || dims[i] < 0 || (dims[i] > 0 &&
		    n > r->room / (uint64_t)dims[i])) {
			r->lost = true;
			return NULL;
		}
		n *= (uint64_t)dims[i];
	}
	if (n > r->room) {
		r->lost = true;
		return NULL;
	}
	r->room -= n;
	a = arena_alloc(r->arena, sizeof *a);
	a->v = arena_array(r->arena, n > 0 ? n : 1, sizeof *a->v);
	a->n = n;
	a->rank = rank;
	for (uint32_t i = 0; i < rank; i++)
		a->dims[i] = dims[i];
	return a;
}

struct array *
probe_like(struct run *r, const struct array *a)
{
	return a != NULL ? probe_make(r, a->rank, a->dims) : NULL;
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
	uint64_t code = dtype_code(DT_F16, x);

	if (fabs(x) > MOST_HALF)
		return isinf(x) ? copysign(INFINITE, x) : x;
	return dtype_get(DT_F16, &code, 0);
}

/* All numbers of a constant. */
static const struct array *
from_tensor(struct run *r, const struct tensor *t, bool packed)
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
	    t->flags & (TENSOR_MISSING | TENSOR_BAD_DIMS) || t->numel > r->room ||
	    (a = probe_make(r, t->rank, t->dims)) == NULL)
		return NULL;
	arena_init(&scratch, r->al->ctx);
	tensor_open(&read, t);
	while (n < a->n && (got = tensor_fill(&read, &scratch, buf, ELEMENTS * size) /
	    (long)size) > 0)
		for (long i = 0; i < got && n < a->n; i++)
			a->v[n++] = dtype_get(t->dtype, buf, (uint64_t)i);
	arena_free(&scratch);
	a->whole = is_whole(t->dtype);
	a->packed = packed;
	for (uint64_t i = 0; i < n && r->half && dtype_class(t->dtype) == DC_FLOAT; i++)
		a->v[i] = halved(a->v[i]);
	return n == a->n ? a : NULL;
}

/* Small integers that inference knows. */
static const struct array *
from_inference(struct run *r, const struct value *v)
{
	const struct type *t = item_type(r->side, v);
	const struct dim *const *dims = NULL;
	struct array *a;
	uint32_t n = 0;
	int64_t size;

	if (r->side->given->types != NULL)
		dims = infer_ints(r->side->given->types, v, &n);
	if (dims == NULL)
		return NULL;
	size = n;
	a = probe_make(r, t != NULL && (t->tag == TY_SCALAR || (t->tag == TY_TENSOR &&
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

const struct array *
probe_value(struct run *r, const struct value *v)
{
	const struct tensor *t;
	bool packed;

	if (v == NULL)
		return NULL;
	if (r->of[v->id] == NULL) {
		t = wire_constant(v);
		packed = t == NULL && wire_unpacked_by(v) != NULL;
		if (packed)
			t = packing_tensor(v, r->arena);
		if (t != NULL)
			r->of[v->id] = from_tensor(r, t, packed);
		else if (v->producer == NULL || r->side->of[v->producer->id] != ALIGN_NONE)
			r->of[v->id] = from_inference(r, v);
	}
	if (r->of[v->id] != NULL) {
		r->packed |= r->of[v->id]->packed;
		r->guess |= r->of[v->id]->guess || r->of[v->id]->made;
	}
	return r->of[v->id];
}

/* Left out, or None of Python. */
static bool
is_absent(const struct value *v)
{
	const struct tensor *t = v != NULL ? wire_constant(v) : NULL;

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
probe_arg(struct run *r, const char *names)
{
	uint32_t i = operand_of(r->n, names);
	const struct array *found;
	struct setting number;
	struct array *a;
	bool known;

	if (i < r->n->nin && !is_absent(r->n->in[i])) {
		found = probe_value(r, r->n->in[i]);
		r->lost |= found == NULL || (found->list == NULL && found->v == NULL);
		return r->lost ? NULL : found;
	}
	if (i < r->n->nin)
		return NULL;
	known = setting_of(&number, r->al, r->side, r->n, names);
	r->lost |= !known && !number.absent;
	if (!known || number.n != 1 || (a = probe_make(r, 0, NULL)) == NULL)
		return NULL;
	a->v[0] = probe_number(r, names, 0);
	return a;
}

const struct array *
probe_need(struct run *r, const char *names)
{
	const struct array *a = probe_arg(r, names);

	r->lost |= a == NULL || a->list != NULL;
	return r->lost ? NULL : a;
}

const struct array *
probe_main(struct run *r)
{
	uint32_t i = item_main(side_item(r->side, r->n));
	const struct array *a = i != ALIGN_NONE ? probe_value(r, r->n->in[i]) : NULL;

	r->lost |= a == NULL || a->list != NULL;
	return r->lost ? NULL : a;
}

static void
add_part(struct run *r, const struct value *v, const struct array *list[PROBE_LIST], uint32_t *n)
{
	const struct node *p = v != NULL ? v->producer : NULL;
	const struct array *a;

	if (r->lost || !probe_spend(r, PROBE_LIST))
		return;
	if (p != NULL && strcmp(p->domain->s, "prim") == 0 && strstr(p->type->s, "Construct")) {
		for (uint32_t i = 0; i < p->nin; i++)
			add_part(r, p->in[i], list, n);
		return;
	}
	if (is_absent(v))
		a = NULL;
	else if ((a = probe_value(r, v)) == NULL)
		r->lost = true;
	for (uint32_t i = 0; a != NULL && i < a->nlist && *n < PROBE_LIST; i++)
		list[(*n)++] = a->list[i];
	if (a != NULL && a->list != NULL)
		return;
	r->lost |= *n == PROBE_LIST;
	if (*n < PROBE_LIST)
		list[(*n)++] = a;
}

uint32_t
probe_list(struct run *r, const char *names, const struct array *list[PROBE_LIST])
{
	uint32_t first = operand_of(r->n, names), n = 0;
	bool variadic = r->n->nnamed == 0 && r->side->given->model->dialect != DIALECT_ATEN;

	for (uint32_t i = first; i < r->n->nin; i++)
		if (i == first || (i < r->n->nnamed ? setting_is_one_of(names,
		    r->n->in_name[i]->s, r->n->in_name[i]->len) : variadic))
			add_part(r, r->n->in[i], list, &n);
	return r->lost ? 0 : n;
}

double
probe_number(struct run *r, const char *names, double other)
{
	double x;

	if (!setting_number(&x, r->al, r->side, r->n, names, other)) {
		uint32_t i = operand_of(r->n, names);
		const struct array *a = i < r->n->nin ? probe_value(r, r->n->in[i]) : NULL;

		r->lost |= a == NULL || a->n != 1;
		x = r->lost ? other : a->v[0];
	}
	return r->half && (x != trunc(x) || isinf(x)) ? halved(x) : x;
}

bool
probe_numbers(struct run *r, const char *names, struct setting *to)
{
	bool known = setting_of(to, r->al, r->side, r->n, names);
	uint32_t at = !known && !to->absent ? operand_of(r->n, names) : r->n->nin;
	const struct array *a = at < r->n->nin ? probe_value(r, r->n->in[at]) : NULL;

	if (a != NULL && a->list == NULL && a->n <= SETTINGS) {
		memcpy(to->v, a->v, a->n * sizeof *a->v);
		to->n = (uint32_t)a->n;
		return to->n > 0;
	}
	r->lost |= !known && !to->absent;
	return known && to->text[0] == '\0';
}

void
probe_word(struct run *r, const char *names, struct setting *to)
{
	bool known = setting_of(to, r->al, r->side, r->n, names);

	r->lost |= !known && !to->absent;
}

uint32_t
probe_axis_at(struct run *r, double axis, uint32_t rank)
{
	uint32_t at = 0;

	r->lost |= !geometry_axis(axis, rank, &at);
	return r->lost ? 0 : at;
}

uint32_t
probe_axis(struct run *r, const char *names, double other, uint32_t rank)
{
	return probe_axis_at(r, probe_number(r, names, other), rank);
}

static bool
typed_dims(struct run *r, uint32_t slot, uint32_t *rank, int64_t *dims, bool *whole)
{
	const struct value *v = slot < r->n->nout ? r->n->out[slot] : NULL;
	const struct type *t = v != NULL ? item_type(r->side, v) : NULL;

	if (t == NULL || (t->tag != TY_TENSOR && t->tag != TY_SCALAR))
		return false;
	*whole = is_whole(t->dtype);
	*rank = t->tag == TY_SCALAR ? 0 : t->rank;
	if ((t->tag == TY_TENSOR && !t->has_rank) || *rank > PROBE_RANK)
		return false;
	for (uint32_t i = 0; i < *rank; i++)
		if (!dim_number(t->dims[i], &dims[i]))
			return false;
	return true;
}

bool
probe_is_typed(struct run *r, uint32_t slot)
{
	int64_t dims[PROBE_RANK];
	uint32_t rank;
	bool whole;

	return typed_dims(r, slot, &rank, dims, &whole);
}

struct array *
probe_typed(struct run *r, uint32_t slot)
{
	int64_t dims[PROBE_RANK];
	uint32_t rank;
	bool whole;

	if (!typed_dims(r, slot, &rank, dims, &whole)) {
		r->lost = true;
		return NULL;
	}
	return probe_make(r, rank, dims);
}

void
probe_put(struct run *r, uint32_t slot, struct array *a)
{
	int64_t dims[PROBE_RANK] = { 0 };
	uint32_t rank = 0;
	uint64_t n = 1;

	if (r->lost || a == NULL || slot >= r->n->nout || r->n->out[slot] == NULL)
		return;
	if (typed_dims(r, slot, &rank, dims, &a->whole)) {
		for (uint32_t i = 0; i < rank; i++)
			n *= (uint64_t)dims[i];
		r->lost |= n != a->n;
		a->rank = rank;
		memcpy(a->dims, dims, sizeof dims);
	}
	a->packed = r->packed;
	a->guess = r->guess;
	if (!r->lost)
		r->of[r->n->out[slot]->id] = a;
}

void
probe_put_list(struct run *r, struct array *const *parts, uint32_t n)
{
	struct array *a = arena_alloc(r->arena, sizeof *a);
	const struct array **list = arena_array(r->arena, n > 0 ? n : 1, sizeof *list);

	for (uint32_t i = 0; i < n; i++)
		list[i] = parts[i];
	a->list = list;
	a->nlist = n;
	a->packed = r->packed;
	a->guess = r->guess;
	if (!r->lost && r->n->nout == 1 && r->n->out[0] != NULL)
		r->of[r->n->out[0]->id] = a;
	for (uint32_t i = 0; i < n && r->n->nout > 1; i++)
		probe_put(r, i, parts[i]);
}

bool
probe_spend(struct run *r, double steps)
{
	r->lost |= !(steps <= (double)r->steps / 4);
	if (!r->lost)
		r->steps -= (uint64_t)steps;
	return !r->lost;
}

bool
probe_broadcast(struct run *r, const struct array *const *list, uint32_t n, struct array *to)
{
	*to = (struct array){ .rank = 0 };
	for (uint32_t i = 0; i < n; i++)
		to->rank = list[i]->rank > to->rank ? list[i]->rank : to->rank;
	for (uint32_t d = 0; d < to->rank; d++)
		to->dims[d] = 1;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t d = 0; d < list[i]->rank; d++) {
			int64_t *size = &to->dims[to->rank - list[i]->rank + d];

			r->lost |= list[i]->dims[d] != 1 && *size != 1 &&
			    *size != list[i]->dims[d];
			*size = *size == 1 ? list[i]->dims[d] : *size;
		}
	return !r->lost;
}

static bool
same_dims(const struct array *a, const struct array *b)
{
	return a->rank == b->rank && memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0;
}

const double *
probe_spread(struct run *r, const struct array *a, const struct array *to)
{
	int64_t step[PROBE_RANK] = { 0 }, at[PROBE_RANK] = { 0 }, each = 1, from = 0;
	struct array *made;

	if (a->list != NULL) { /* where one of numbers belongs */
		r->lost = true;
		return NULL;
	}
	if (same_dims(a, to))
		return a->v;
	if (a->rank > to->rank || (made = probe_make(r, to->rank, to->dims)) == NULL) {
		r->lost = true;
		return NULL;
	}
	for (uint32_t d = a->rank; d-- > 0;) {
		r->lost |= a->dims[d] != 1 && a->dims[d] != to->dims[to->rank - a->rank + d];
		step[to->rank - a->rank + d] = a->dims[d] != 1 ? each : 0;
		each *= a->dims[d];
	}
	for (uint64_t i = 0; i < made->n && !r->lost; i++) {
		made->v[i] = a->v[from];
		for (uint32_t d = to->rank; d-- > 0;) {
			from += step[d];
			if (++at[d] < to->dims[d])
				break;
			from -= step[d] * to->dims[d];
			at[d] = 0;
		}
	}
	return r->lost ? NULL : made->v;
}

struct lines
probe_lines(const struct array *a, uint32_t axis)
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
probe_name(const struct node *n, char buf[PROBE_NAME])
{
	size_t len = 0;

	for (uint32_t i = 0; i < n->type->len && len < PROBE_NAME - 1; i++)
		if (isalnum((unsigned char)n->type->s[i]))
			buf[len++] = (char)tolower((unsigned char)n->type->s[i]);
	buf[len] = '\0';
	return buf;
}

const char *
probe_dialect(enum dialect d)
{
	return d == DIALECT_ATEN ? "a" : d == DIALECT_ONNX ? "o" : d == DIALECT_MIL ? "m" : "-";
}

probe_fn *
probe_find(const struct probe_op *ops, size_t n, const struct item *x)
{
	const char *dialect = probe_dialect(x->dialect);
	char name[PROBE_NAME];

	probe_name(x->n, name);
	for (size_t i = 0; i < n; i++)
		if (strstr(ops[i].dialects, dialect) != NULL &&
		    setting_is_one_of(ops[i].names, name, strlen(name)))
			return ops[i].compute;
	return NULL;
}
