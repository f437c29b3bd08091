/* SPDX-License-Identifier: Apache-2.0 */
/* Types of ML Programs. The same few types stand thousands of times in a
 * program, so each is read once and then known by its bytes. Source:
 * facts/coreml-format.md section 10. */
#include <string.h>

#include "base/ctx.h"
#include "read/coreml/coreml_read.h"

enum { KIND_TENSOR = 1, KIND_LIST, KIND_TUPLE, KIND_DICT, KIND_STATE };
enum { TENSORF_DTYPE = 1, TENSORF_RANK, TENSORF_DIMS };

enum dtype
mil_dtype(int32_t raw)
{
	static const enum dtype known[] = {
		[1] = DT_BOOL, [2] = DT_STR, [10] = DT_F16, [11] = DT_F32, [12] = DT_F64,
		[13] = DT_BF16, [21] = DT_I8, [22] = DT_I16, [23] = DT_I32, [24] = DT_I64,
		[25] = DT_I4, [31] = DT_U8, [32] = DT_U16, [33] = DT_U32, [34] = DT_U64,
		[35] = DT_U4, [36] = DT_U2, [37] = DT_U1, [38] = DT_U6, [39] = DT_U3,
		[40] = DT_F8E4M3FN, [41] = DT_F8E5M2
	};

	return raw < 0 || (uint32_t)raw >= sizeof known / sizeof *known ? DT_NONE :
	    known[raw];
}

/* ConstantDimension: size. UnknownDimension: whether it may be any number of
 * dims. */
static const struct dim *
read_dim(struct coreml_reader *r, bool *variadic)
{
	const struct dim *d = dim_unknown(&r->m->types);
	struct wire_field f, g;
	uint64_t v;

	while (wire_next(&r->w, &f)) {
		if (!wire_enter(&r->w, &f))
			continue;
		for (v = 0; wire_next(&r->w, &g);)
			v = g.value;
		wire_leave(&r->w);
		if (f.number == 1)
			d = dim_const(&r->m->types, (int64_t)v);
		else
			*variadic = v != 0;
	}
	return d;
}

static const struct type *
read_tensor(struct coreml_reader *r)
{
	struct type t = { .tag = TY_TENSOR, .has_rank = true };
	const struct dim **dims = NULL;
	bool variadic = false, ranked = false;
	struct wire_field f;
	int64_t rank = 0;

	while (wire_next(&r->w, &f)) {
		if (f.number == TENSORF_DTYPE) {
			t.dtype = mil_dtype((int32_t)f.value);
			t.dtype_raw = t.dtype == DT_NONE ? (int32_t)f.value : 0;
		} else if (f.number == TENSORF_RANK) {
			rank = (int64_t)f.value;
			ranked = true;
		} else if (f.number == TENSORF_DIMS) {
			dims = arena_grow(&r->scratch, dims, t.rank, sizeof *dims);
			dims[t.rank] = dim_unknown(&r->m->types);
			WIRE_IN(&r->w, &f, dims[t.rank] = read_dim(r, &variadic));
			t.rank++;
		}
	}
	if (variadic)
		return type_tensor(&r->m->types, t.dtype, false, 0, NULL);
	if (ranked && rank != (int64_t)t.rank)
		wire_diag(&r->w, DIAG_COREML_TYPE, wire_here(&r->w).off, "a rank of %lld "
		    "with %u dims; the dims were taken", (long long)rank, t.rank);
	t.dims = dims;
	return type_intern(&r->m->types, &t);
}

static const struct type *read_value_type(struct coreml_reader *r);

/* Tuple: 1 types. Dictionary: 1 key, 2 value. List: 1 of what, 2 length.
 * State: 1 of what. */
static const struct type *
read_container(struct coreml_reader *r, uint32_t kind)
{
	static const enum type_tag tags[] = { [KIND_LIST] = TY_LIST,
	    [KIND_TUPLE] = TY_TUPLE, [KIND_DICT] = TY_DICT, [KIND_STATE] = TY_STATE };
	struct type t = { .tag = tags[kind] };
	const struct dim *length = dim_unknown(&r->m->types);
	const struct type **items = NULL, *item;
	struct wire_field f;
	bool variadic;

	while (wire_next(&r->w, &f)) {
		if (kind == KIND_LIST && f.number == 2) {
			WIRE_IN(&r->w, &f, length = read_dim(r, &variadic));
			continue;
		}
		item = type_intern(&r->m->types, &(struct type){ .tag = TY_NONE });
		WIRE_IN(&r->w, &f, item = read_value_type(r));
		items = arena_grow(&r->scratch, items, t.nitems, sizeof *items);
		items[t.nitems++] = item;
	}
	if (kind == KIND_LIST || kind == KIND_STATE) {
		t.elem = t.nitems > 0 ? items[0] : NULL;
		t.nitems = 0;
		t.rank = kind == KIND_LIST;
		t.dims = &length;
	}
	t.items = items;
	return type_intern(&r->m->types, &t);
}

static const struct type *
read_value_type(struct coreml_reader *r)
{
	const struct type *t = type_intern(&r->m->types,
	    &(struct type){ .tag = TY_NONE });
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == KIND_TENSOR)
			WIRE_IN(&r->w, &f, t = read_tensor(r));
		else
			WIRE_IN(&r->w, &f, t = read_container(r, f.number));
	}
	return t;
}

static void
fill(struct coreml_reader *r, struct mil_type *to, const struct type *t)
{
	int64_t *dims = arena_array(&r->m->arena, t->tag == TY_TENSOR ? t->rank : 0,
	    sizeof *dims);

	to->type = t;
	if (t->tag != TY_TENSOR)
		return;
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = t->dims[i]->kind == DIM_CONST ? t->dims[i]->lo : -1;
	to->dims = dims;
	to->rank = t->rank;
}

static struct mil_type *
read_type(struct coreml_reader *r, const struct wire_field *f)
{
	struct mil_type *to = arena_alloc(&r->scratch, sizeof *to);
	const struct type *t = type_intern(&r->m->types,
	    &(struct type){ .tag = TY_NONE });

	WIRE_IN(&r->w, f, t = read_value_type(r));
	fill(r, to, t);
	return to;
}

const struct mil_type *
mil_type(struct coreml_reader *r, const struct wire_field *f)
{
	struct coreml_part *p = r->part;
	const char *bytes = wire_text(&r->w, f);
	const struct str *key;

	if (bytes == NULL)
		return read_type(r, f);
	/* a const says its type twice */
	if (p->last != NULL && p->last_key->len == f->len &&
	    memcmp(p->last_key->s, bytes, f->len) == 0)
		return p->last;
	key = str_intern(&p->type_keys, bytes, (uint32_t)f->len);
	while (p->ntypes <= key->id) {
		p->types = arena_grow(&r->scratch, p->types, p->ntypes, sizeof *p->types);
		p->types[p->ntypes++] = NULL;
	}
	if (p->types[key->id] == NULL)
		p->types[key->id] = read_type(r, f);
	p->last = p->types[key->id];
	p->last_key = key;
	return p->last;
}
