/* SPDX-License-Identifier: Apache-2.0 */
/* Values of ML Programs: a tensor written in the program or a place in a
 * weight file; lists, tuples and dictionaries are tensors that hold tensors.
 * Source: facts/coreml-format.md sections 3 and 10. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "read/coreml/coreml_read.h"
#include "read/typed.h"

enum { VALUE_TYPE = 2, VALUE_IMMEDIATE, VALUE_BLOB = 5 };
enum { FORM_TENSOR = 1, FORM_TUPLE, FORM_LIST, FORM_DICT };
enum { ARM_FLOATS = 1, ARM_INTS, ARM_BOOLS, ARM_STRINGS, ARM_LONGS, ARM_DOUBLES,
	ARM_BYTES, ARM_COUNT };

static long arm_read(struct tensor_read *, struct arena *scratch, void *, uint32_t n);

/* An arm of TensorValue: where its numbers are written, and which element
 * types it may be for (bit per class). */
#define C(k) (1u << DC_##k)
static const struct arm {
	struct tensor_enc enc; /* first: an encoding leads to its arm */
	enum wire_type type;
	unsigned classes;
} arms[ARM_COUNT] = {
	[ARM_FLOATS] = { { "floats", arm_read }, WIRE_FIXED32, C(FLOAT) },
	[ARM_INTS] = { { "ints", arm_read }, WIRE_VARINT, C(INT) | C(UINT) },
	[ARM_BOOLS] = { { "bools", arm_read }, WIRE_VARINT, C(BOOL) },
	[ARM_STRINGS] = { { "strings", arm_read }, WIRE_BYTES, C(STRING) },
	[ARM_LONGS] = { { "longInts", arm_read }, WIRE_VARINT, C(INT) | C(UINT) },
	[ARM_DOUBLES] = { { "doubles", arm_read }, WIRE_FIXED64, C(FLOAT) },
	[ARM_BYTES] = { { "bytes", arm_read }, WIRE_BYTES,
	    C(FLOAT) | C(INT) | C(UINT) | C(BOOL) },
};
#undef C

/* The one bytes field of a RepeatedBytes. */
static long
bytes_read(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	const struct loc *place = &tr->t->place;
	uint64_t left;

	if (tr->win == NULL) {
		struct wire_field f = { .at = place->off };
		uint64_t at = place->off;

		tr->win = arena_alloc(scratch, sizeof *tr->win);
		typed_window(tr->win, place, scratch);
		while (typed_next(tr->win, &at, place->off + place->len, &f) > 0 &&
		    f.number != 1)
			f.len = 0;
		tr->state[0] = f.at;
		tr->state[1] = f.at + f.len;
	}
	left = tr->state[1] - tr->state[0];
	n = left < n ? (uint32_t)left : n;
	if (n > 0 && source_read(place->src, tr->state[0], buf, n) != (long)n)
		return -1;
	tr->state[0] += n;
	return (long)n;
}

static long
arm_read(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	const struct arm *arm = (const struct arm *)tr->t->enc;
	struct typed_form form = { 1, arm->type, dtype_bits(tr->t->dtype) / 8 };

	if (arm == &arms[ARM_BYTES])
		return bytes_read(tr, scratch, buf, n);
	if (arm->type == WIRE_BYTES)
		return typed_strings(tr, scratch, buf, n, 1);
	return form.bytes == 0 ? -1 : typed_read(tr, scratch, buf, n, &form);
}

/* May the arm hold elements of this type? Integers may be cut to fewer bits,
 * floats have the arm's own. */
static bool
arm_fits(uint32_t arm, enum dtype dt)
{
	if (!(arms[arm].classes >> dtype_class(dt) & 1))
		return false;
	if (arm == ARM_FLOATS || arm == ARM_DOUBLES)
		return dt == (arm == ARM_FLOATS ? DT_F32 : DT_F64);
	return arm == ARM_BYTES || dtype_bits(dt) >= 8 || dt == DT_STR;
}

static void
read_arm(struct coreml_reader *r, struct tensor *t)
{
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		t->place = wire_loc(&r->w, &f);
		t->stored = f.len;
		t->enc = &arms[f.number].enc;
		t->fields |= UINT64_C(1) << f.number;
		if (t->dtype != DT_NONE && !arm_fits(f.number, t->dtype)) {
			t->enc = &TENSOR_NONE;
			wire_diag(&r->w, DIAG_COREML_VALUE, f.off, "elements of type %s "
			    "in %s; they are not shown", dtype_name(t->dtype),
			    f.desc->name);
		}
	}
}

static void
add_item(struct coreml_reader *r, struct tensor *t)
{
	struct tensor *item = mil_value(r, NULL);

	LIST_ROOM(r->m, t->items->list, t->items->n);
	t->items->list[t->items->n++] = item;
}

/* KeyValuePair: 1 key, 2 value. */
static void
read_pair(struct coreml_reader *r, struct tensor *t)
{
	struct wire_field f;

	while (wire_next(&r->w, &f))
		WIRE_IN(&r->w, &f, add_item(r, t));
}

static void
read_items(struct coreml_reader *r, struct tensor *t, uint32_t form)
{
	struct wire_field f;

	t->items = arena_alloc(&r->m->arena, sizeof *t->items);
	t->items->form = form == FORM_TUPLE ? ITEMS_TUPLE : form == FORM_LIST ?
	    ITEMS_LIST : ITEMS_DICT;
	t->enc = &TENSOR_ITEMS[t->items->form];
	while (wire_next(&r->w, &f)) {
		if (form == FORM_DICT)
			WIRE_IN(&r->w, &f, read_pair(r, t));
		else
			WIRE_IN(&r->w, &f, add_item(r, t));
	}
}

static void
read_immediate(struct coreml_reader *r, struct tensor *t)
{
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == FORM_TENSOR)
			WIRE_IN(&r->w, &f, read_arm(r, t));
		else
			WIRE_IN(&r->w, &f, read_items(r, t, f.number));
	}
}

/* Weights are named from the folder of the model file. */
static void
read_blob(struct coreml_reader *r, struct tensor *t)
{
	static const char here[] = "@model_path/";
	struct external *x = arena_alloc(&r->m->arena, sizeof *x);
	struct coreml_part *p = r->part;
	struct wire_field f;

	x->location = r->m->empty;
	x->length = UINT64_MAX;
	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			x->location = coreml_str(r, &f);
		else
			x->offset = f.value;
	}
	if (r->part->seen != x->location) {
		r->part->seen = r->part->location = x->location;
		if (strncmp(x->location->s, here, sizeof here - 1) == 0)
			r->part->location = str_intern(&r->m->strs,
			    x->location->s + sizeof here - 1,
			    x->location->len - (uint32_t)(sizeof here - 1));
	}
	x->location = r->part->location;
	t->ext = x;
	t->flags |= TENSOR_EXTERNAL;
	t->enc = &TENSOR_NONE;
	p->blobs = arena_grow(&r->scratch, p->blobs, p->nblobs, sizeof *p->blobs);
	p->blobs[p->nblobs++] = t;
}

static void
set_type(struct tensor *t, const struct mil_type *type)
{
	if (type->type->tag != TY_TENSOR)
		return;
	t->dtype = type->type->dtype;
	t->dtype_raw = type->type->dtype_raw;
	tensor_set_dims(t, type->dims, type->rank);
}

struct tensor *
mil_value(struct coreml_reader *r, const struct mil_type **type)
{
	struct tensor *t = arena_alloc(&r->m->arena, sizeof *t);
	const struct mil_type *own = NULL;
	struct wire_field f;

	t->name = r->m->empty;
	t->enc = &TENSOR_NONE;
	t->loc = wire_here(&r->w);
	while (wire_next(&r->w, &f)) {
		if (f.number == VALUE_TYPE)
			set_type(t, own = mil_type(r, &f));
		else if (f.number == VALUE_IMMEDIATE)
			WIRE_IN(&r->w, &f, read_immediate(r, t));
		else if (f.number == VALUE_BLOB)
			WIRE_IN(&r->w, &f, read_blob(r, t));
	}
	if (type != NULL && own != NULL)
		*type = own;
	r->m->ntensors++;
	return t;
}

/* The string field at the end of a path of messages; numbers end with 0. */
static const struct str *
dig(struct coreml_reader *r, const uint32_t *path, const struct str *likely)
{
	const struct str *s = r->m->empty;
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number != *path)
			continue;
		if (path[1] == 0)
			return likely != NULL && wire_is(&r->w, &f, likely->s) ? likely :
			    coreml_str(r, &f);
		WIRE_IN(&r->w, &f, s = dig(r, path + 1, likely));
	}
	return s;
}

const struct str *
mil_string(struct coreml_reader *r, const struct str *likely)
{
	static const uint32_t path[] = {
		VALUE_IMMEDIATE, FORM_TENSOR, ARM_STRINGS, 1, 0
	};

	return dig(r, path, likely);
}

/* The first string of a tensor as interned text. */
static const struct str *
string_of(struct coreml_reader *r, const struct tensor *t)
{
	uint32_t cap = r->ctx->limits.text + 4;
	struct tensor_read tr;
	long got;

	if (r->text == NULL)
		r->text = arena_array(&r->scratch, cap, 1);
	tensor_open(&tr, t);
	got = tensor_next(&tr, &r->scratch, r->text, cap);
	return got < 4 ? r->m->empty :
	    str_intern(&r->m->strs, (const char *)r->text + 4, (uint32_t)got - 4);
}

static bool
is_single(const struct tensor *t, enum dtype_class class)
{
	return t->items == NULL && t->rank == 0 && t->ext == NULL &&
	    t->enc != &TENSOR_NONE && dtype_class(t->dtype) == class;
}

const struct str *
mil_text(struct coreml_reader *r, const struct tensor *t)
{
	return is_single(t, DC_STRING) ? string_of(r, t) : NULL;
}

/* A list whose items are all single strings. */
static bool
set_strings(struct coreml_reader *r, struct attr *a, const struct tensor *t)
{
	const struct str **list;
	uint32_t i;

	if (t->items == NULL || t->items->form != ITEMS_LIST)
		return false;
	for (i = 0; i < t->items->n; i++)
		if (!is_single(t->items->list[i], DC_STRING))
			return false;
	list = arena_array(&r->m->arena, t->items->n, sizeof *list);
	for (i = 0; i < t->items->n; i++)
		list[i] = string_of(r, t->items->list[i]);
	a->kind = ATTR_STRINGS;
	a->n = t->items->n;
	a->v.strings = list;
	return true;
}

static bool
set_single(struct coreml_reader *r, struct attr *a, const struct tensor *t)
{
	unsigned char buf[8];

	if (is_single(t, DC_STRING)) {
		a->v.s = string_of(r, t); /* memory may end in here */
		a->kind = ATTR_STRING;
		a->n = a->v.s->len;
		return true;
	}
	if (!is_single(t, DC_INT) && !is_single(t, DC_UINT) && !is_single(t, DC_BOOL) &&
	    !is_single(t, DC_FLOAT))
		return false;
	if (tensor_first(t, &r->scratch, buf, 1) != 1)
		return false;
	a->kind = dtype_class(t->dtype) == DC_FLOAT ? ATTR_FLOAT : ATTR_INT;
	if (a->kind == ATTR_FLOAT)
		a->v.f = dtype_get(t->dtype, buf, 0);
	else
		a->v.i = dtype_get_int(t->dtype, buf, 0);
	return true;
}

void
mil_attr(struct coreml_reader *r, struct attr *a)
{
	struct tensor *t = mil_value(r, NULL);

	a->nset = 1;
	a->loc = t->loc;
	if (set_single(r, a, t) || set_strings(r, a, t))
		return;
	a->kind = ATTR_TENSOR;
	a->v.t = t;
}
