/* SPDX-License-Identifier: Apache-2.0 */
/* The interface of a Core ML model: descriptions of features and their types.
 * Source: facts/coreml-format.md sections 8 and 9. */
#include <string.h>

#include "base/ctx.h"
#include "proto/coreml.pb-c.h"
#include "read/coreml/coreml_read.h"

enum { TYPEF_INT64 = 1, TYPEF_DOUBLE, TYPEF_STRING, TYPEF_IMAGE, TYPEF_ARRAY, TYPEF_DICT,
	TYPEF_SEQ, TYPEF_STATE, TYPEF_OPTIONAL = 1000 };
enum { ARRAY_SHAPE = 1, ARRAY_DTYPE, ARRAY_ENUM = 21, ARRAY_RANGE = 31, ARRAY_INT = 41,
	ARRAY_FLOAT = 51, ARRAY_DOUBLE = 61 };
enum { IMAGE_WIDTH = 1, IMAGE_HEIGHT, IMAGE_COLOUR, IMAGE_ENUM = 21, IMAGE_RANGE = 31 };

/* Lists while they grow, in the scratch arena: types keep copies. */
struct shape {
	struct coreml_reader *r;
	const struct dim **dims;
	uint32_t n;
};
struct choices { const struct type **list; uint32_t n; };

static void
push(struct shape *s, const struct dim *d)
{
	s->dims = arena_grow(&s->r->scratch, s->dims, s->n, sizeof *s->dims);
	s->dims[s->n++] = d;
}

static void
push_number(void *arg, uint64_t v)
{
	struct shape *s = arg;

	push(s, dim_const(&s->r->m->types, (int64_t)v));
}

static void
push_numbers(struct shape *s, const struct wire_field *f)
{
	wire_numbers(&s->r->w, f, push_number, s, s->r->ctx->limits.text);
}

static const struct dim *
read_range(struct coreml_reader *r)
{
	int64_t lo = 0, hi = 0;
	struct wire_field f;

	while (wire_next(&r->w, &f))
		*(f.number == 1 ? &lo : &hi) = (int64_t)f.value;
	return dim_range(&r->m->types, lo, hi);
}

static void
push_range(struct shape *s, const struct wire_field *f)
{
	WIRE_IN(&s->r->w, f, push(s, read_range(s->r)));
}

/* ShapeRange: sizeRanges. ImageSizeRange: width and height. */
static void
read_ranges(struct shape *s)
{
	struct wire_field f;

	while (wire_next(&s->r->w, &f))
		push_range(s, &f);
}

static void
push_choice(struct coreml_reader *r, struct choices *c, const struct type *t)
{
	c->list = arena_grow(&r->scratch, c->list, c->n, sizeof *c->list);
	c->list[c->n++] = t;
}

/* EnumeratedShapes and EnumeratedImageSizes hold shapes of the default's kind. */
static void
read_choices(struct coreml_reader *r, struct choices *c)
{
	struct wire_field f, g;
	struct type t;

	while (wire_next(&r->w, &f)) {
		struct shape s = { .r = r };

		if (!wire_enter(&r->w, &f))
			continue;
		while (wire_next(&r->w, &g))
			push_numbers(&s, &g);
		wire_leave(&r->w);
		/* what the shapes are of is filled in with the default's */
		t = (struct type){ .tag = TY_TENSOR, .has_rank = true, .rank = s.n,
		    .dims = s.dims };
		push_choice(r, c, type_intern(&r->m->types, &t));
	}
}

/* What is known of an array or image once its message is read. */
struct flexible {
	struct type base;
	struct shape ranges;
	struct choices choices;
	bool has_ranges, has_choices;
};

static const struct type *
flexible_type(struct coreml_reader *r, const struct flexible *x)
{
	const struct type *base = type_intern(&r->m->types, &x->base);
	struct type t = { .tag = TY_RANGE, .elem = base }, item = x->base;
	uint32_t i;

	if (!x->has_ranges && !x->has_choices)
		return base;
	if (x->has_ranges) {
		t.rank = x->ranges.n;
		t.dims = x->ranges.dims;
		return type_intern(&r->m->types, &t);
	}
	for (i = 0; i < x->choices.n; i++) {
		item.rank = x->choices.list[i]->rank;
		item.dims = x->choices.list[i]->dims;
		x->choices.list[i] = type_intern(&r->m->types, &item);
	}
	t.tag = TY_ENUM;
	t.items = x->choices.list;
	t.nitems = x->choices.n;
	return type_intern(&r->m->types, &t);
}

/* ArrayDataType: 0x10000 floats, 0x20000 integers, and the bits. */
static enum dtype
array_dtype(int32_t raw)
{
	static const struct { int32_t raw; enum dtype dtype; } known[] = {
		{ 0x10010, DT_F16 }, { 0x10020, DT_F32 }, { 0x10040, DT_F64 },
		{ 0x20008, DT_I8 }, { 0x20020, DT_I32 }
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].raw == raw)
			return known[i].dtype;
	return DT_NONE;
}

static void
array_field(struct coreml_reader *r, struct flexible *x, struct shape *s,
    struct feature *to, const struct wire_field *f)
{
	switch (f->number) {
	case ARRAY_SHAPE:
		push_numbers(s, f);
		break;
	case ARRAY_DTYPE:
		x->base.dtype = array_dtype((int32_t)f->value);
		x->base.dtype_raw = x->base.dtype == DT_NONE ? (int32_t)f->value : 0;
		break;
	case ARRAY_ENUM:
		x->has_choices = true;
		WIRE_IN(&r->w, f, read_choices(r, &x->choices));
		break;
	case ARRAY_RANGE:
		x->has_ranges = true;
		WIRE_IN(&r->w, f, read_ranges(&x->ranges));
		break;
	default:
		to->has_default = true;
		to->initial = f->number == ARRAY_INT ? (int32_t)f->value : coreml_real(f);
	}
}

static const struct type *
read_array(struct coreml_reader *r, struct feature *to)
{
	struct flexible x = { .base = { .tag = TY_TENSOR, .has_rank = true },
	    .ranges = { .r = r } };
	struct shape s = { .r = r };
	struct wire_field f;

	while (wire_next(&r->w, &f))
		array_field(r, &x, &s, to, &f);
	x.base.rank = s.n;
	x.base.dims = s.dims;
	return flexible_type(r, &x);
}

static const struct type *
read_image(struct coreml_reader *r)
{
	const struct dim *zero = dim_const(&r->m->types, 0), *size[2] = { zero, zero };
	struct flexible x = { .base = { .tag = TY_IMAGE, .rank = 2, .dims = size },
	    .ranges = { .r = r } };
	struct wire_field f;

	x.base.name = str_internz(&r->m->strs, "INVALID_COLOR_SPACE");
	while (wire_next(&r->w, &f)) {
		if (f.number == IMAGE_COLOUR) {
			x.base.name = coreml_enum(r, &f);
		} else if (f.number == IMAGE_ENUM) {
			x.has_choices = true;
			WIRE_IN(&r->w, &f, read_choices(r, &x.choices));
		} else if (f.number == IMAGE_RANGE) {
			x.has_ranges = true;
			WIRE_IN(&r->w, &f, read_ranges(&x.ranges));
		} else {
			size[f.number - 1] = dim_const(&r->m->types, (int64_t)f.value);
		}
	}
	return flexible_type(r, &x);
}

static const struct type *
scalar(struct coreml_reader *r, enum dtype dtype)
{
	return type_intern(&r->m->types, &(struct type){ .tag = TY_SCALAR,
	    .dtype = dtype });
}

/* Sequence: 1 integers, 3 strings, 101 how many. Dictionary: keys are 1
 * integers, 2 strings; values are always doubles. */
static const struct type *
read_container(struct coreml_reader *r, enum type_tag tag)
{
	struct type t = { .tag = tag };
	struct shape s = { .r = r };
	const struct type *elem = NULL;
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 101)
			push_range(&s, &f);
		else
			elem = scalar(r, f.number == 1 ? DT_I64 : DT_STR);
	}
	if (tag == TY_DICT) {
		t.items = &elem;
		t.nitems = elem != NULL;
	} else {
		t.elem = elem;
		t.rank = s.n > 0;
		t.dims = s.dims;
	}
	return type_intern(&r->m->types, &t);
}

static const struct type *
read_state(struct coreml_reader *r, struct feature *to)
{
	struct type t = { .tag = TY_STATE };
	struct wire_field f;

	while (wire_next(&r->w, &f))
		WIRE_IN(&r->w, &f, t.elem = read_array(r, to));
	return type_intern(&r->m->types, &t);
}

static const struct type *
read_kind(struct coreml_reader *r, uint32_t number, struct feature *to)
{
	static const enum dtype single[] = {
		[TYPEF_INT64] = DT_I64, [TYPEF_DOUBLE] = DT_F64, [TYPEF_STRING] = DT_STR
	};

	switch (number) {
	case TYPEF_IMAGE:
		return read_image(r);
	case TYPEF_ARRAY:
		return read_array(r, to);
	case TYPEF_DICT:
		return read_container(r, TY_DICT);
	case TYPEF_SEQ:
		return read_container(r, TY_SEQ);
	case TYPEF_STATE:
		return read_state(r, to);
	default:
		return scalar(r, single[number]);
	}
}

static void
read_type(struct coreml_reader *r, struct feature *to)
{
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == TYPEF_OPTIONAL)
			to->optional = f.value != 0;
		else
			WIRE_IN(&r->w, &f, to->type = read_kind(r, f.number, to));
	}
}

void
coreml_feature(struct coreml_reader *r, enum feature_role role,
    const struct str *function)
{
	struct feature x = { .name = r->m->empty, .doc = r->m->empty,
	    .function = function, .role = role, .loc = wire_here(&r->w) };
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			x.name = coreml_str(r, &f);
		else if (f.number == 2)
			x.doc = coreml_str(r, &f);
		else
			WIRE_IN(&r->w, &f, read_type(r, &x));
	}
	LIST_ROOM(r->m, r->m->features, r->m->nfeatures);
	r->m->features[r->m->nfeatures++] = x;
}
