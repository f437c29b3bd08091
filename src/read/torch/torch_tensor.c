/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each function that rebuilds a tensor. Storages are found once, and
 * remembered at their persistent id; PyTorch checks none of the numbers here. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "base/str.h"
#include "read/archive.h"
#include "read/torch/pickle.h"
#include "read/torch/strided.h"
#include "read/torch/torch_dtype.h"
#include "read/torch/torch_tensor.h"

/* Tensors made of tensors: parameters, subclasses, sparse ones. */
enum { NEST_MAX = 8, RANK_MAX = 64 };

struct maker {
	struct torch_store *s;
	struct pickle_value *v;  /* the call */
	const struct str *name;
	unsigned depth;
};

static void
report(struct torch_store *s, enum diag_id id, const struct pickle_value *v, const char *name,
    const char *what)
{
	diag_add(s->ctx, id, &(struct where){ .loc = { s->src, v->off, 0 } }, "%s%s%s%s", name,
	    *name != '\0' ? ": " : "", what, "; its data is not shown");
}

static const char *
storage_class(const struct pickle_value *v)
{
	return v != NULL && v->kind == PK_GLOBAL ? v->v.global.name : "";
}

/* The record of an archive; empty ones say only what shape there was. */
static bool
find_record(struct torch_store *s, struct torch_storage *st)
{
	struct archive_entry *e = archive_record(s->z,
	    arena_printf(s->a, "%s%s", s->folder, st->key));
	struct source *bytes;

	if (e == NULL)
		return false;
	if (e->size == 0) {
		st->absent = true;
		return true;
	}
	if (e->method == 0) {
		st->place = archive_place(s->z, e);
		return st->place.src != NULL;
	}
	if ((bytes = archive_lazy(s->z, e)) == NULL)
		return false;
	st->place = (struct loc){ bytes, 0, bytes->size };
	return true;
}

/* The bytes that it says it has, when the record has them. */
static void
fit_storage(struct torch_store *s, struct torch_storage *st, const struct pickle_value *v)
{
	unsigned bits = st->untyped ? 8 : dtype_bits(st->dtype);
	uint64_t want;

	if (st->place.src == NULL || bits == 0)
		return;
	if (st->numel < 0 || __builtin_mul_overflow((uint64_t)st->numel, bits, &want) ||
	    (want + 7) / 8 > st->place.len) {
		diag_add(s->ctx, DIAG_TORCH_STORAGE,
		    &(struct where){ .loc = { s->src, v->off, 0 } },
		    "storage '%s' is said to have %" PRId64 " elements of %u bits, but has "
		    "%" PRIu64 " bytes; what lies beyond them is not shown", st->key, st->numel,
		    bits, st->place.len);
		return;
	}
	st->place.len = (want + 7) / 8;
}

static void
fill_storage(struct torch_store *s, struct torch_storage *st, const struct pickle_value *v)
{
	const struct pickle_value *id = v->v.id;
	const char *device = pickle_str(pickle_item(id, 3));
	bool found;

	st->absent = s->shapes_only || (device != NULL && strcmp(device, "meta") == 0) ||
	    st->numel == 0;
	if (st->absent)
		return;
	found = s->z != NULL ? find_record(s, st) : s->find != NULL && s->find(s, st, id);
	if (found)
		fit_storage(s, st, v);
	else
		diag_add(s->ctx, DIAG_TORCH_STORAGE,
		    &(struct where){ .loc = { s->src, v->off, 0 } },
		    "storage '%s' is not in the file; its tensors have no data", st->key);
}

struct torch_storage *
torch_storage(struct torch_store *s, struct pickle_value *v)
{
	const struct pickle_value *id = v != NULL && v->kind == PK_PERSISTENT ? v->v.id : NULL;
	const char *key = pickle_str(pickle_item(id, 2)), *tag = pickle_str(pickle_item(id, 0));
	struct torch_storage *st;
	int64_t number;

	if (v == NULL || v->kind != PK_PERSISTENT)
		return NULL;
	if (v->made != NULL)
		return v->made;
	/* in packages the key is a number */
	if (key == NULL && pickle_int(pickle_item(id, 2), &number))
		key = arena_printf(s->a, "%" PRId64, number);
	if (tag == NULL || strcmp(tag, "storage") != 0 || key == NULL)
		return NULL;
	st = arena_alloc(s->a, sizeof *st);
	st->key = key;
	if (!torch_dtype_storage(storage_class(pickle_item(id, 1)), &st->dtype, &st->untyped) ||
	    !pickle_int(pickle_item(id, 4), &st->numel)) {
		report(s, DIAG_TORCH_TENSOR, v, key, "a storage of a type that is not known");
		st->absent = true;
	} else {
		fill_storage(s, st, v);
	}
	v->made = st;
	return st;
}

/* A tuple of integers, torch.Size of one, or a list. -1: it is none. */
static int
read_dims(struct torch_store *s, const struct pickle_value *v, int64_t **dims)
{
	if (pickle_is_call(v, "torch", "Size", 1))
		v = pickle_item(v, 0);
	if (v == NULL || (v->kind != PK_TUPLE && v->kind != PK_LIST) || v->n > RANK_MAX)
		return -1;
	*dims = arena_array(s->a, v->n, sizeof **dims);
	for (uint64_t i = 0; i < v->n; i++)
		if (!pickle_int(v->v.items[i], &(*dims)[i]))
			return -1;
	return (int)v->n;
}

static struct tensor *
new_tensor(struct maker *m, enum dtype dtype)
{
	struct tensor *t = arena_alloc(m->s->a, sizeof *t);

	t->name = m->name;
	t->dtype = dtype;
	t->enc = &TENSOR_NONE;
	t->loc = (struct loc){ m->s->src, m->v->off, 0 };
	tensor_set_dims(t, NULL, 0);
	return t;
}

static struct tensor *
without_data(struct tensor *t)
{
	/* of no elements nothing is missing */
	if (t->numel > 0 || t->flags & TENSOR_BAD_DIMS)
		t->flags |= TENSOR_MISSING;
	return t;
}

/* A view of a storage: offset, size and stride stand behind it. */
static struct tensor *
make_view(struct maker *m, struct torch_storage *st, enum dtype dtype)
{
	struct tensor *t = new_tensor(m, dtype);
	struct strided view = { .storage = { NULL, 0, 0 }, .big = m->s->big };
	int64_t *dims = NULL, *strides = NULL;
	int rank = read_dims(m->s, pickle_item(m->v, 2), &dims);

	if (rank < 0) {
		report(m->s, DIAG_TORCH_TENSOR, m->v, m->name->s, "a tensor without a size");
		return without_data(t);
	}
	tensor_set_dims(t, dims, (uint32_t)rank);
	if (st == NULL || st->absent || st->place.src == NULL)
		return without_data(t);
	view.storage = st->place;
	if (!pickle_int(pickle_item(m->v, 1), &view.offset) ||
	    read_dims(m->s, pickle_item(m->v, 3), &strides) != rank) {
		report(m->s, DIAG_TORCH_TENSOR, m->v, m->name->s,
		    "a tensor without an offset and as many strides as dimensions");
		return without_data(t);
	}
	view.strides = strides;
	if (dtype == DT_NONE || strided_place(t, m->s->a, &view))
		return t;
	if (dtype_bits(dtype) % 8 == 0)
		report(m->s, DIAG_TORCH_TENSOR, m->v, m->name->s,
		    "a tensor that reaches beyond its storage");
	return without_data(t);
}

static struct torch_storage *
storage_of(struct maker *m)
{
	struct torch_storage *st = torch_storage(m->s, pickle_item(m->v, 0));

	if (st == NULL)
		report(m->s, DIAG_TORCH_TENSOR, m->v, m->name->s, "a tensor without a storage");
	return st;
}

static struct tensor *
make_v2(struct maker *m)
{
	struct torch_storage *st = storage_of(m);

	return make_view(m, st, st == NULL ? DT_NONE : st->dtype);
}

static bool
dtype_of(const struct pickle_value *v, enum dtype *dt)
{
	*dt = DT_NONE;
	return v != NULL && v->kind == PK_GLOBAL && strcmp(v->v.global.module, "torch") == 0 &&
	    torch_dtype_name(v->v.global.name, dt);
}

static struct tensor *
make_v3(struct maker *m)
{
	struct torch_storage *st = storage_of(m);
	enum dtype dt;

	dtype_of(pickle_item(m->v, 6), &dt);
	return make_view(m, st, dt);
}

static struct tensor *make(struct maker *);

static struct tensor *
make_inner(struct maker *m, struct pickle_value *v)
{
	struct maker inner = { m->s, v, m->name, m->depth + 1 };

	return make(&inner);
}

/* In the order of their numbers. */
const char *const TORCH_SCHEMES[TORCH_SCHEME_COUNT] = { "per_tensor_affine", "per_channel_affine",
	"per_tensor_symmetric", "per_channel_symmetric", "per_channel_affine_float_qparams" };

/* Numbers of a list, as a tensor has them. */
static struct tensor *
tensor_of_list(struct maker *m, const struct pickle_value *v)
{
	unsigned char *p = arena_array(m->s->a, v->n, 8);
	int64_t *dim = arena_alloc(m->s->a, sizeof *dim);
	struct tensor *t = new_tensor(m, DT_F64);
	uint64_t bits;
	double d;

	for (uint64_t i = 0; i < v->n; i++) {
		d = v->v.items[i]->kind == PK_FLOAT ? v->v.items[i]->v.f :
		    v->v.items[i]->kind == PK_INT ? (double)v->v.items[i]->v.i : 0;
		memcpy(&bits, &d, sizeof bits);
		for (int k = 0; k < 8; k++)
			p[8 * i + (uint64_t)k] = (unsigned char)(bits >> 8 * k);
	}
	*dim = (int64_t)v->n;
	tensor_set_dims(t, dim, 1);
	t->enc = &TENSOR_RAW;
	t->place = (struct loc){ source_memory(m->s->a, "list", p, 8 * v->n), 0, 8 * v->n };
	return t;
}

/* One number for each channel: a tensor, in old files a list. */
static struct tensor *
channel_numbers(struct maker *m, struct pickle_value *v)
{
	if (v != NULL && (v->kind == PK_LIST || v->kind == PK_TUPLE))
		return tensor_of_list(m, v);
	return v != NULL ? make_inner(m, v) : NULL;
}

/* (scheme, scale, zero point) or (scheme, scales, zero points, axis). */
static struct quant *
read_quant(struct maker *m, const struct pickle_value *v)
{
	const struct pickle_value *scheme = pickle_item(v, 0), *scale = pickle_item(v, 1);
	struct quant *q = arena_alloc(m->s->a, sizeof *q);

	for (size_t i = 0; i < TORCH_SCHEME_COUNT; i++)
		if (pickle_is_global(scheme, "torch", TORCH_SCHEMES[i]))
			q->scheme = TORCH_SCHEMES[i];
	if (q->scheme == NULL || scale == NULL)
		return NULL;
	if (strncmp(q->scheme, "per_tensor", 10) == 0) {
		q->scale = scale->kind == PK_FLOAT ? scale->v.f :
		    scale->kind == PK_INT ? (double)scale->v.i : 0;
		pickle_int(pickle_item(v, 2), &q->zero_point);
		return q;
	}
	q->scales = channel_numbers(m, pickle_item(v, 1));
	q->zero_points = channel_numbers(m, pickle_item(v, 2));
	pickle_int(pickle_item(v, 3), &q->axis);
	return q->scales != NULL ? q : NULL;
}

static struct tensor *
make_quantised(struct maker *m)
{
	struct tensor *t = make_v2(m);

	t->quant = read_quant(m, pickle_item(m->v, 4));
	if (t->quant == NULL)
		diag_add(m->s->ctx, DIAG_TORCH_TENSOR,
		    &(struct where){ .loc = { m->s->src, m->v->off, 0 } },
		    "%s is quantised in a way that is not known; its integers are shown",
		    m->name->s);
	return t;
}

static struct tensor *
make_first(struct maker *m)
{
	return make_inner(m, pickle_item(m->v, 0));
}

/* What PyTorch 0.1 calls a variable, whose state has the tensor. */
static struct tensor *
make_state(struct maker *m)
{
	struct pickle_value *data = pickle_item(m->v->v.call->state, 0);

	return data != NULL ? make_inner(m, data) : NULL;
}

/* layout, then what it consists of: as C++ writes it with the size second, as
 * Python does in a tuple at the end or third of that. */
static struct tensor *
make_sparse(struct maker *m)
{
	struct pickle_value *parts = pickle_item(m->v, 1), *size, *indices, *values;
	bool python = parts != NULL && parts->kind == PK_TUPLE && parts->n > 2 &&
	    torch_is_tensor(pickle_item(parts, 0));
	bool compressed = python ? parts->n > 3 && torch_is_tensor(pickle_item(parts, 2)) :
	    torch_is_tensor(pickle_item(m->v, 5));
	struct tensor *t = new_tensor(m, DT_NONE);
	int64_t *dims = NULL;
	int rank;

	size = python ? pickle_item(parts, compressed ? 3 : 2) : parts;
	indices = python ? pickle_item(parts, 0) : pickle_item(m->v, 3);
	values = python ? pickle_item(parts, compressed ? 2 : 1) :
	    pickle_item(m->v, compressed ? 5 : 4);
	if ((rank = read_dims(m->s, size, &dims)) >= 0)
		tensor_set_dims(t, dims, (uint32_t)rank);
	t->sparse = arena_alloc(m->s->a, sizeof *t->sparse);
	t->sparse->values = make_inner(m, values);
	t->sparse->indices = make_inner(m, indices);
	if (rank < 0 || t->sparse->values == NULL || t->sparse->indices == NULL) {
		report(m->s, DIAG_TORCH_TENSOR, m->v, m->name->s,
		    "a sparse tensor that has not all its parts");
		t->sparse = NULL;
		return without_data(t);
	}
	t->dtype = t->sparse->values->dtype;
	return t;
}

/* Shape and type stand there without any data: dtype, size and the place of the
 * first of them among the arguments. */
static struct tensor *
make_shape(struct maker *m, uint64_t dtype_at, uint64_t size_at)
{
	enum dtype dt;
	struct tensor *t;
	int64_t *dims = NULL;
	int rank = read_dims(m->s, pickle_item(m->v, size_at), &dims);

	dtype_of(pickle_item(m->v, dtype_at), &dt);
	t = new_tensor(m, dt);
	if (rank >= 0)
		tensor_set_dims(t, dims, (uint32_t)rank);
	return without_data(t);
}

static struct tensor *
make_meta(struct maker *m)
{
	return make_shape(m, 0, 1);
}

static struct tensor *
make_subclass(struct maker *m)
{
	return make_shape(m, 1, 2);
}

/* A call of a call: its function and arguments stand there as values. */
static struct tensor *
make_from_type(struct maker *m)
{
	struct pickle_value *args = pickle_item(m->v, 2);
	struct pickle_value *v = arena_alloc(m->s->a, sizeof *v);

	if (args == NULL || args->kind != PK_TUPLE)
		return NULL;
	*v = *m->v;
	v->made = NULL;
	v->v.call = arena_alloc(m->s->a, sizeof *v->v.call);
	v->v.call->callee = pickle_item(m->v, 0);
	v->v.call->args = args;
	return v->v.call->callee == NULL ? NULL : make_inner(m, v);
}

static const struct row {
	const char *module, *name;
	uint32_t nargs;           /* at least */
	struct tensor *(*make)(struct maker *);
	bool parameter;
} rows[] = {
	{ "torch._utils", "_rebuild_tensor_v2", 4, make_v2, false },
	{ "torch._utils", "_rebuild_parameter", 1, make_first, true },
	{ "torch._utils", "_rebuild_tensor_v3", 7, make_v3, false },
	{ "torch._utils", "_rebuild_tensor", 4, make_v2, false },
	{ "torch._utils", "_rebuild_qtensor", 5, make_quantised, false },
	{ "torch._utils", "_rebuild_sparse_tensor", 2, make_sparse, false },
	{ "torch._utils", "_rebuild_sparse_csr_tensor", 2, make_sparse, false },
	{ "torch._utils", "_rebuild_parameter_with_state", 1, make_first, true },
	{ "torch._utils", "_rebuild_nested_tensor", 1, make_first, false },
	{ "torch._utils", "_rebuild_meta_tensor_no_storage", 2, make_meta, false },
	{ "torch._utils", "_rebuild_wrapper_subclass", 3, make_subclass, false },
	{ "torch._utils", "_rebuild_device_tensor_from_cpu_tensor", 1, make_first, false },
	{ "torch._tensor", "_rebuild_from_type_v2", 3, make_from_type, false },
	{ "torch.nn.parameter", "Parameter", 1, make_first, true },
	{ "torch.nn.parameter", "Parameter", 0, make_state, true },
	{ "torch.nn.parameter", "Buffer", 1, make_first, false },
	{ "torch.autograd.variable", "Variable", 1, make_first, false },
	{ "torch.autograd.variable", "Variable", 0, make_state, false }
};

static const struct row *
row_of(const struct pickle_value *v)
{
	if (v == NULL || v->kind != PK_CALL)
		return NULL;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (pickle_is_call(v, rows[i].module, rows[i].name, rows[i].nargs))
			return &rows[i];
	return NULL;
}

static struct tensor *
make(struct maker *m)
{
	const struct row *row = m->depth < NEST_MAX ? row_of(m->v) : NULL;
	struct tensor *t;

	if (row == NULL)
		return NULL;
	if (m->v->made != NULL)
		return m->v->made;
	t = row->make(m);
	m->v->made = t;
	return t;
}

bool
torch_is_tensor(const struct pickle_value *v)
{
	return row_of(v) != NULL;
}

bool
torch_is_parameter(const struct pickle_value *v)
{
	const struct row *row = row_of(v);

	return row != NULL && row->parameter;
}

struct tensor *
torch_tensor(struct torch_store *s, struct pickle_value *v, const struct str *name)
{
	struct maker m = { s, v, name, 0 };

	return make(&m);
}
