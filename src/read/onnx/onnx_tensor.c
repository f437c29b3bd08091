/* SPDX-License-Identifier: Apache-2.0 */
/* TensorProto and SparseTensorProto as places. Payload in a typed field is
 * decoded when it is read, straight from the message (facts/onnx-format.md
 * section 5): the field may be packed, unpacked or in several pieces. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "ops/op.h"
#include "read/onnx/onnx_read.h"
#include "read/typed.h"

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

static long
typed_values(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	struct typed_form form = { .field = typed_field(tr->t->dtype) };

	entry_form(form.field, tr->t->dtype, &form.type, &form.bytes);
	return form.field == 0 || form.bytes == 0 ? -1 : typed_read(tr, scratch, buf, n, &form);
}

/* float6: an entry holds one element, the payload four in three bytes. Less
 * than three bytes are asked for only at the end of the tensor. */
static long
float6_values(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	static const struct typed_form form = { TENSORF_INT32, WIRE_VARINT, 1 };
	unsigned char code[1024], *out = buf;
	uint64_t had = tr->done * 8 / 6, left = had < tr->t->numel ? tr->t->numel - had : 0;
	uint32_t want = n >= 3 ? n / 3 * 4 : n, bytes;
	long got;

	want = want < sizeof code ? want : (uint32_t)sizeof code;
	want = want < left ? want : (uint32_t)left;
	if ((got = typed_read(tr, scratch, code, want, &form)) <= 0)
		return got;
	bytes = ((uint32_t)got * 6 + (got == (long)want ? 7 : 0)) / 8;
	memset(out, 0, bytes);
	for (uint32_t i = 0; i < (uint32_t)got; i++) {
		uint32_t at = i * 6 / 8, bits = (code[i] & 0x3fu) << (i * 6 % 8);

		if (at < bytes)
			out[at] |= (unsigned char)bits;
		if (at + 1 < bytes)
			out[at + 1] |= (unsigned char)(bits >> 8);
	}
	return bytes;
}

static long
string_values(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	return typed_strings(tr, scratch, buf, n, TENSORF_STRING);
}

/* A list of numbers of an attribute. */
static long
list_read(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	static const struct typed_form forms[] = {
		{ ATTRF_FLOATS, WIRE_FIXED32, 4 }, { ATTRF_INTS, WIRE_VARINT, 8 }
	};

	return typed_read(tr, scratch, buf, n, &forms[tr->t->dtype == DT_I64]);
}

static const struct tensor_enc ENC_TYPED = { "typed", typed_values };
static const struct tensor_enc ENC_FLOAT6 = { "typed", float6_values };
static const struct tensor_enc ENC_STRINGS = { "strings", string_values };
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
		t->stored = f->len > 0 ? f->len : t->stored;
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

	/* raw_data without a byte says nothing beside values in another field */
	if (t->enc == &TENSOR_RAW && t->place.len == 0 && typed != 0 && (t->fields >> typed & 1)) {
		t->enc = &TENSOR_NONE;
		t->fields &= ~(UINT64_C(1) << TENSORF_RAW);
	}
	if (t->flags & TENSOR_EXTERNAL) {
		if (t->ext == NULL)
			external_entry(r, t, &(struct meta){ r->m->empty, r->m->empty });
		r->external = arena_grow(&r->scratch, r->external, r->nexternal,
		    sizeof *r->external);
		r->external[r->nexternal++] = t;
		t->enc = &TENSOR_NONE;
	} else if (t->enc == &TENSOR_NONE && typed != 0 && (t->fields >> typed & 1)) {
		t->enc = t->dtype == DT_STR ? &ENC_STRINGS :
		    dtype_bits(t->dtype) == 6 ? &ENC_FLOAT6 : &ENC_TYPED;
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
