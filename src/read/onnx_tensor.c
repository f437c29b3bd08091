/* SPDX-License-Identifier: Apache-2.0 */
/* TensorProto and SparseTensorProto as places. Payload in a typed field is
 * decoded when it is read, straight from the message (facts/onnx-format.md
 * section 5): the field may be packed, unpacked or in several pieces. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "read/onnx_read.h"

/* Field that holds elements of a type when raw_data does not; 0 = none. */
static uint32_t
typed_field(enum dtype dt)
{
	switch (dtype_class(dt)) {
	case DC_NONE:
		return 0;
	case DC_STRING:
		return TENSORF_STRING;
	case DC_COMPLEX:
		return dt == DT_C64 ? TENSORF_FLOAT : TENSORF_DOUBLE;
	case DC_FLOAT:
		return dt == DT_F32 ? TENSORF_FLOAT : dt == DT_F64 ? TENSORF_DOUBLE : TENSORF_INT32;
	case DC_BOOL:
	case DC_INT:
	case DC_UINT:
		break;
	}
	return dt == DT_I64 ? TENSORF_INT64 : dt == DT_U32 || dt == DT_U64 ? TENSORF_UINT64 :
	    TENSORF_INT32;
}

/* Wire type and payload bytes of one entry of a typed field. */
static void
entry_form(uint32_t field, enum dtype dt, enum wire_type *type, unsigned *bytes)
{
	unsigned bits = dtype_bits(dt);

	*type = field == TENSORF_FLOAT ? WIRE_FIXED32 : field == TENSORF_DOUBLE ? WIRE_FIXED64 :
	    field == TENSORF_STRING ? WIRE_BYTES : WIRE_VARINT;
	*bytes = field == TENSORF_FLOAT ? 4 : field == TENSORF_DOUBLE ? 8 :
	    bits < 8 ? 1 : bits / 8;
}

/* state of a typed read: [0] offset, [1] end of the packed run being read
 * (0: between fields), [2] field number. */
enum { AT, RUN_END, FIELD };

static bool
take_varint(struct tensor_read *tr, uint64_t end, uint64_t *v)
{
	uint64_t left = end - tr->state[AT];
	size_t n = left < 10 ? (size_t)left : 10;
	const unsigned char *p = window_at(tr->win, tr->state[AT], n);
	int used = p == NULL ? -1 : wire_varint_get(p, n, v);

	if (used <= 0)
		return false;
	tr->state[AT] += (unsigned)used;
	return true;
}

static bool
take_fixed(struct tensor_read *tr, uint64_t end, unsigned size, uint64_t *v)
{
	const unsigned char *p;
	unsigned i;

	if (end - tr->state[AT] < size || (p = window_at(tr->win, tr->state[AT], size)) == NULL)
		return false;
	for (*v = 0, i = 0; i < size; i++)
		*v |= (uint64_t)p[i] << (8 * i);
	tr->state[AT] += size;
	return true;
}

static bool
take(struct tensor_read *tr, uint64_t end, enum wire_type type, uint64_t *v)
{
	return type == WIRE_VARINT ? take_varint(tr, end, v) :
	    take_fixed(tr, end, type == WIRE_FIXED32 ? 4 : 8, v);
}

/* Move to the next entry outside a run, passing other fields. 1: an unpacked
 * entry or a run starts at AT; 0: end of the message; -1: damage. */
static int
seek_entry(struct tensor_read *tr, uint64_t end, enum wire_type entry)
{
	uint64_t tag, v;

	while (tr->state[AT] < end) {
		if (!take_varint(tr, end, &tag))
			return -1;
		if (tag >> 3 == tr->state[FIELD] && (tag & 7) == entry && entry != WIRE_BYTES)
			return 1;
		if ((tag & 7) == WIRE_BYTES) {
			if (!take_varint(tr, end, &v) || v > end - tr->state[AT])
				return -1;
			if (tag >> 3 == tr->state[FIELD]) {
				tr->state[RUN_END] = tr->state[AT] + v;
				return 1;
			}
			tr->state[AT] += v;
		} else if ((tag & 7) == WIRE_START || (tag & 7) == WIRE_END || (tag & 7) > 5 ||
		    !take(tr, end, tag & 7, &v)) {
			return -1;
		}
	}
	return 0;
}

static void
put_entry(unsigned char *buf, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf[i] = (unsigned char)(v >> (8 * i));
}

/* Copy fixed-size entries of a run in one go; bytes copied. */
static uint32_t
copy_run(struct tensor_read *tr, unsigned char *buf, uint32_t room, unsigned bytes)
{
	uint64_t n = tr->state[RUN_END] - tr->state[AT];
	const unsigned char *p;

	n = n < room ? n : room;
	n = n < tr->win->cap ? n : tr->win->cap;
	n -= n % bytes;
	if (n == 0 || (p = window_at(tr->win, tr->state[AT], n)) == NULL)
		return 0;
	memcpy(buf, p, n);
	tr->state[AT] += n;
	return (uint32_t)n;
}

static uint64_t
message_end(const struct tensor_read *tr)
{
	return tr->t->place.off + tr->t->place.len;
}

static void
typed_start(struct tensor_read *tr, struct arena *scratch, uint32_t field)
{
	if (tr->win != NULL)
		return;
	tr->win = arena_alloc(scratch, sizeof *tr->win);
	window_init(tr->win, tr->t->place.src, scratch, scratch->ctx->limits.window);
	tr->state[AT] = tr->t->place.off;
	tr->state[FIELD] = field;
}

static long
typed_fill(struct tensor_read *tr, unsigned char *buf, uint32_t n,
    enum wire_type type, unsigned bytes)
{
	uint64_t end = message_end(tr), v;
	uint32_t done = 0, got;
	int found;

	while (done + bytes <= n) {
		if (tr->state[RUN_END] != 0 && tr->state[AT] >= tr->state[RUN_END])
			tr->state[RUN_END] = 0;
		if (tr->state[RUN_END] == 0 && (found = seek_entry(tr, end, type)) <= 0)
			return found < 0 && done == 0 ? -1 : (long)done;
		if (tr->state[RUN_END] != 0 && tr->state[AT] == tr->state[RUN_END])
			continue; /* an empty run */
		if (type != WIRE_VARINT && tr->state[RUN_END] != 0) {
			if ((got = copy_run(tr, buf + done, n - done, bytes)) == 0)
				return done == 0 ? -1 : (long)done;
			done += got;
			continue;
		}
		if (!take(tr, tr->state[RUN_END] ? tr->state[RUN_END] : end, type, &v))
			return done == 0 ? -1 : (long)done;
		put_entry(buf + done, v, bytes);
		done += bytes;
	}
	return (long)done;
}

static long
typed_read(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	uint32_t field = typed_field(tr->t->dtype);
	enum wire_type type;
	unsigned bytes;

	entry_form(field, tr->t->dtype, &type, &bytes);
	if (field == 0 || bytes == 0)
		return -1;
	typed_start(tr, scratch, field);
	return typed_fill(tr, buf, n, type, bytes);
}

/* Strings: each as a 4-byte little-endian length and that many bytes; one
 * that does not fit n is cut, its length says so. */
static long
string_read(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	unsigned char *out = buf;
	uint64_t len;
	uint32_t part;
	int found;

	typed_start(tr, scratch, TENSORF_STRING);
	found = seek_entry(tr, message_end(tr), WIRE_BYTES);
	if (found <= 0 || n < 4)
		return found;
	len = tr->state[RUN_END] - tr->state[AT];
	part = len < n - 4 ? (uint32_t)len : n - 4;
	put_entry(out, len, 4);
	if (source_read(tr->t->place.src, tr->state[AT], out + 4, part) != (long)part)
		return -1;
	tr->state[AT] = tr->state[RUN_END];
	tr->state[RUN_END] = 0;
	return (long)part + 4;
}

/* A list of numbers of an attribute. */
static long
list_read(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	bool ints = tr->t->dtype == DT_I64;

	typed_start(tr, scratch, ints ? ATTRF_INTS : ATTRF_FLOATS);
	return typed_fill(tr, buf, n, ints ? WIRE_VARINT : WIRE_FIXED32, ints ? 8 : 4);
}

static const struct tensor_enc ENC_TYPED = { "typed", typed_read };
static const struct tensor_enc ENC_STRINGS = { "strings", string_read };
static const struct tensor_enc ENC_LIST = { "list", list_read };

struct tensor *
onnx_number_list(struct onnx_reader *r, enum dtype dt, uint32_t field, uint64_t n)
{
	struct tensor *t = arena_alloc(&r->m->arena, sizeof *t);
	int64_t *dims = arena_alloc(&r->m->arena, sizeof *dims);

	dims[0] = (int64_t)n;
	t->name = r->m->empty;
	t->dtype = dt;
	t->rank = 1;
	t->dims = dims;
	t->numel = n;
	t->flags = TENSOR_SCALAR_LIST;
	t->enc = &ENC_LIST;
	t->place = t->loc = wire_here(&r->w);
	t->fields = UINT64_C(1) << field;
	return t;
}

/* Dims as they come; more than RANK_MAX are counted, not kept. */
enum { RANK_MAX = 65536 };
struct dims { struct onnx_reader *r; int64_t *list; uint32_t n; uint64_t given; };

static void
push_dim(void *arg, uint64_t v)
{
	struct dims *d = arg;

	LIST_ROOM(d->r->m, d->list, d->n);
	d->list[d->n++] = (int64_t)v;
}

static void
read_dims(struct dims *d, const struct wire_field *f)
{
	d->given += wire_numbers(&d->r->w, f, push_dim, d, RANK_MAX - d->n);
}

/* A decimal number without sign; false when it is none or too big. */
static bool
decimal(const struct str *s, uint64_t *v)
{
	uint32_t i;

	for (*v = 0, i = 0; i < s->len; i++)
		if (s->s[i] < '0' || s->s[i] > '9' || __builtin_mul_overflow(*v, 10, v) ||
		    __builtin_add_overflow(*v, (uint64_t)(s->s[i] - '0'), v))
			return false;
	return s->len > 0;
}

/* One entry of external_data: only the five known keys, only numbers. */
static void
external_entry(struct onnx_reader *r, struct tensor *t, const struct meta *e)
{
	struct external *x = t->ext;

	if (x == NULL) {
		x = t->ext = arena_alloc(&r->m->arena, sizeof *x);
		x->location = r->m->empty;
		x->length = UINT64_MAX;
	}
	if (strcmp(e->key->s, "location") == 0)
		x->location = e->value;
	else if (strcmp(e->key->s, "checksum") == 0)
		x->checksum = e->value;
	else if (strcmp(e->key->s, "offset") == 0)
		x->bad_number |= !decimal(e->value, &x->offset);
	else if (strcmp(e->key->s, "length") == 0)
		x->bad_number |= !decimal(e->value, &x->length);
}

static void
read_external(struct onnx_reader *r, struct tensor *t)
{
	struct meta *list = NULL;
	uint32_t n = 0;

	onnx_meta(r, &list, &n);
	external_entry(r, t, &list[0]);
}

/* A field of the value; false when it is none. */
static bool
payload_field(struct tensor *t, const struct wire *w, const struct wire_field *f)
{
	switch (f->number) {
	case TENSORF_RAW:
		t->enc = &TENSOR_RAW;
		t->place = wire_loc(w, f);
		t->stored = f->len;
		return true;
	case TENSORF_FLOAT:
	case TENSORF_INT32:
	case TENSORF_STRING:
	case TENSORF_INT64:
	case TENSORF_DOUBLE:
	case TENSORF_UINT64:
		t->stored += f->type == WIRE_BYTES ? f->len : w->pos - f->off;
		return true;
	default:
		return false;
	}
}

static void
tensor_field(struct onnx_reader *r, struct tensor *t, struct dims *dims, const struct wire_field *f)
{
	if (payload_field(t, &r->w, f))
		return;
	switch (f->number) {
	case TENSORF_DIMS:
		read_dims(dims, f);
		break;
	case TENSORF_DATA_TYPE:
		t->dtype_raw = (int32_t)f->value;
		t->dtype = onnx_dtype(t->dtype_raw);
		break;
	case TENSORF_NAME:
		t->name = onnx_str(r, f);
		break;
	case TENSORF_EXTERNAL:
		ONNX_IN(r, f, read_external(r, t));
		break;
	case TENSORF_LOCATION:
		if (f->value == 1)
			t->flags |= TENSOR_EXTERNAL;
		break;
	case TENSORF_SEGMENT:
		t->flags |= TENSOR_SEGMENT;
		break;
	default:
		break;
	}
}

static void
set_dims(struct tensor *t, const struct dims *d)
{
	tensor_set_dims(t, d->list, d->n);
	if (d->given > d->n)
		t->flags |= TENSOR_BAD_DIMS;
}

static void
set_encoding(struct onnx_reader *r, struct tensor *t)
{
	uint32_t typed = typed_field(t->dtype);

	if (t->flags & TENSOR_EXTERNAL) {
		if (t->ext == NULL)
			external_entry(r, t, &(struct meta){ r->m->empty, r->m->empty });
		r->external = arena_grow(&r->scratch, r->external, r->nexternal,
		    sizeof *r->external);
		r->external[r->nexternal++] = t;
		t->enc = &TENSOR_NONE;
	} else if (t->enc == &TENSOR_NONE && typed != 0 && (t->fields >> typed & 1)) {
		t->enc = t->dtype == DT_STR ? &ENC_STRINGS : &ENC_TYPED;
		t->place = t->loc;
	}
}

struct tensor *
onnx_tensor(struct onnx_reader *r)
{
	struct tensor *t = arena_alloc(&r->m->arena, sizeof *t);
	struct dims dims = { .r = r };
	struct wire_field f;

	t->name = r->m->empty;
	t->enc = &TENSOR_NONE;
	t->loc = wire_here(&r->w);
	while (wire_next(&r->w, &f)) {
		t->fields |= UINT64_C(1) << f.number;
		tensor_field(r, t, &dims, &f);
	}
	set_dims(t, &dims);
	set_encoding(r, t);
	r->m->ntensors++;
	return t;
}

struct tensor *
onnx_sparse(struct onnx_reader *r)
{
	struct tensor *t = arena_alloc(&r->m->arena, sizeof *t);
	struct dims dims = { .r = r };
	struct wire_field f;

	t->sparse = arena_alloc(&r->m->arena, sizeof *t->sparse);
	t->name = r->m->empty;
	t->enc = &TENSOR_NONE;
	t->place = t->loc = wire_here(&r->w);
	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			ONNX_IN(r, &f, t->sparse->values = onnx_tensor(r));
		else if (f.number == 2)
			ONNX_IN(r, &f, t->sparse->indices = onnx_tensor(r));
		else
			read_dims(&dims, &f);
	}
	if (t->sparse->values != NULL) {
		t->name = t->sparse->values->name;
		t->dtype = t->sparse->values->dtype;
		t->dtype_raw = t->sparse->values->dtype_raw;
	}
	set_dims(t, &dims);
	return t;
}
