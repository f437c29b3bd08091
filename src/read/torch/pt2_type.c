/* SPDX-License-Identifier: Apache-2.0 */
/* What values are: tensors with sizes that may be expressions; and the small
 * forms that all of the schema is made of. */
#include <stdio.h>
#include <string.h>

#include "base/ctx.h"
#include "read/torch/pt2_read.h"

const struct str *
pt2_str(struct pt2_reader *r)
{
	struct json_in_text t;

	return json_in_string(&r->j, &t) ? str_intern(&r->m->strs, t.s, t.n) : r->m->empty;
}

const struct str *
pt2_name(struct pt2_reader *r)
{
	static const char *const names[] = { "name", "class_fqn", "blob", NULL };
	const struct str *name = r->m->empty;
	int i;

	if (json_in_kind(&r->j) == JSON_IN_STRING)
		return pt2_str(r);
	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return name;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == 0)
			name = pt2_str(r);
		else
			json_in_skip(&r->j);
	}
	return name;
}

const struct str *
pt2_raw(struct pt2_reader *r)
{
	enum json_in_kind kind = json_in_kind(&r->j);
	uint64_t at = json_in_at(&r->j), n;
	char *buf;
	long got;

	if (kind == JSON_IN_NONE)
		return r->m->empty;
	json_in_skip(&r->j);
	n = json_in_at(&r->j) - at;
	n = n < r->ctx->limits.text ? n : r->ctx->limits.text;
	buf = arena_array(&r->scratch, n, 1);
	got = source_read(r->j.win.src, at, buf, n);
	return str_intern(&r->m->strs, buf, got > 0 ? (uint32_t)got : 0);
}

bool
pt2_union(struct pt2_reader *r, struct pt2_union *u)
{
	struct json_in_text key, type;

	u->name[0] = '\0';
	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return false;
	while (json_in_key(&r->j, &key)) {
		bool value = key.n == 6 && memcmp(key.s, "$value", 6) == 0;

		if (key.n == 5 && memcmp(key.s, "$type", 5) == 0) {
			if (json_in_string(&r->j, &type))
				snprintf(u->name, sizeof u->name, "%.*s", (int)type.n, type.s);
			continue;
		}
		if (!value)
			snprintf(u->name, sizeof u->name, "%.*s", (int)key.n, key.s);
		if (value || json_in_kind(&r->j) != JSON_IN_NULL)
			return true;
		json_in_skip(&r->j);
	}
	return false;
}

void
pt2_union_end(struct pt2_reader *r)
{
	struct json_in_text key;

	while (json_in_key(&r->j, &key))
		json_in_skip(&r->j);
}

enum dtype
pt2_dtype(const struct pt2_reader *r, int64_t n)
{
	static const enum dtype dtypes[] = {
		[1] = DT_U8, DT_I8, DT_I16, DT_I32, DT_I64, DT_F16, DT_F32, DT_F64,
		[10] = DT_C64, DT_C128, DT_BOOL, DT_BF16, [28] = DT_U16, DT_F8E4M3FN, DT_F8E5M2,
		DT_F8E4M3FNUZ, DT_F8E5M2FNUZ, DT_F8E8M0, DT_U32, DT_U64
	};

	/* two numbers changed their meaning: facts/pt2-format.md section 2 */
	if (n == 14)
		return r->major > 5 ? DT_F8E4M3FN : DT_U16;
	if (n == 15)
		return DT_F8E5M2;
	return n > 0 && n < (int64_t)(sizeof dtypes / sizeof *dtypes) ? dtypes[n] : DT_NONE;
}

/* SymExpr: text, an example value, in some builds a tree in its place. */
static const struct dim *
read_expr(struct pt2_reader *r)
{
	static const char *const names[] = { "expr_str", "hint", "expr_ast", NULL };
	const struct dim *d = dim_unknown(&r->m->types);
	struct json_in_text t;
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return d;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i != 0)
			json_in_skip(&r->j);
		else if (json_in_string(&r->j, &t) && t.n > 0)
			d = pt2_expr_dim(r, t.s, t.n);
	}
	return d;
}

const struct dim *
pt2_dim(struct pt2_reader *r)
{
	const struct dim *d = dim_unknown(&r->m->types);
	struct pt2_union u;
	int64_t n;

	if (json_in_kind(&r->j) == JSON_IN_NUMBER)
		return json_in_int(&r->j, &n) ? dim_const(&r->m->types, n) : d;
	if (!pt2_union(r, &u))
		return d;
	if (strcmp(u.name, "as_expr") == 0)
		d = read_expr(r);
	else if (strcmp(u.name, "as_int") == 0 && json_in_int(&r->j, &n))
		d = dim_const(&r->m->types, n);
	else
		json_in_skip(&r->j);
	pt2_union_end(r);
	return d;
}

static uint32_t
read_sizes(struct pt2_reader *r, const struct dim ***dims)
{
	uint32_t n = 0;

	if (!json_in_open(&r->j, JSON_IN_ARRAY))
		return 0;
	while (json_in_item(&r->j)) {
		*dims = arena_grow(&r->scratch, *dims, n, sizeof **dims);
		(*dims)[n++] = pt2_dim(r);
	}
	return n;
}

/* Some stride is larger than one before it, dims of one element aside: torch calls that
 * a dim order. Only numbers are held against each other. */
static bool
falls(const struct type *t, const struct dim *const *strides)
{
	int64_t least = INT64_MAX;

	for (uint32_t i = 0; i < t->rank; i++) {
		const struct dim *size = t->dims[i], *s = strides[i];

		if (s->kind != DIM_CONST || s->lo == 0 ||
		    (size->kind == DIM_CONST && size->lo == 1))
			continue;
		if (s->lo > least)
			return true;
		least = s->lo;
	}
	return false;
}

const struct type *
pt2_tensor_meta(struct pt2_reader *r, bool *permuted)
{
	static const char *const names[] = { "dtype", "sizes", "requires_grad", "device", "strides",
	    "storage_offset", "layout", "meta", NULL };
	enum { DTYPE, SIZES, STRIDES = 4, LAYOUT = 6, META, STRIDED = 7 };
	struct type t = { .tag = TY_TENSOR };
	const struct dim **dims = NULL, **strides = NULL;
	uint32_t nstrides = 0;
	const struct type *inner = NULL;
	int64_t n;
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return NULL;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == DTYPE && json_in_int(&r->j, &n)) {
			t.dtype = pt2_dtype(r, n);
			t.dtype_raw = t.dtype == DT_NONE ? (int32_t)n : 0;
		} else if (i == SIZES) {
			t.rank = read_sizes(r, &dims);
			t.has_rank = true;
		} else if (i == STRIDES) {
			nstrides = read_sizes(r, &strides);
		} else if (i == LAYOUT && json_in_int(&r->j, &n)) {
			t.tag = n > 0 && n < STRIDED ? TY_SPARSE : TY_TENSOR;
		} else if (i == META) {
			inner = pt2_tensor_meta(r, permuted); /* schema 1 wraps it once */
		} else if (i != DTYPE && i != LAYOUT) {
			json_in_skip(&r->j);
		}
	}
	t.dims = dims;
	if (nstrides == t.rank)
		*permuted |= falls(&t, strides);
	return inner != NULL ? inner : type_intern(&r->m->types, &t);
}
