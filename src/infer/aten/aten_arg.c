/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments by name. Exported programs name their operands, an operand for
 * each item of a list; TorchScript gives them in the order of the schema. What
 * is left out has the default that the schema gives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "infer/aten/aten_kinds.h"
#include "ir/tensor.h"

/* A parameter in the text of a signature. */
struct param { const char *type, *end; uint32_t index; };

static bool
find_param(const struct node *n, const char *name, struct param *p)
{
	const char *s = n->op != NULL ? n->op->signature : "";
	size_t len = strlen(name);

	for (p->index = 0; *s != '\0' && *s != '|'; p->index++) {
		p->end = s + strcspn(s, " ");
		if (strncmp(s, name, len) == 0 && s[len] == ':') {
			p->type = s + len + 1;
			return true;
		}
		s = p->end + strspn(p->end, " ");
	}
	return false;
}

bool
arg_has(const struct node *n, const char *name)
{
	struct param p;

	return find_param(n, name, &p);
}

static bool
is_list(const struct param *p)
{
	size_t k = strcspn(p->type, "?=&^ ");

	return k >= 2 && memcmp(p->type + k - 2, "[]", 2) == 0;
}

static struct fact
none(void)
{
	static const struct val v = { .kind = VAL_NONE };

	return (struct fact){ NULL, &v };
}

static struct fact
int_fact(struct infer *f, int64_t v, enum dtype dt)
{
	return (struct fact){ scalar_type(f, dt), val_int(f, dk(f, v)) };
}

static struct fact
float_fact(struct infer *f, double v)
{
	struct val *val = arena_alloc(f->arena, sizeof *val);
	double *list = arena_alloc(f->arena, sizeof *list);

	*list = v;
	val->kind = VAL_FLOATS;
	val->n = 1;
	val->u.floats = list;
	return (struct fact){ scalar_type(f, DT_F64), val };
}

static struct fact
text_fact(struct infer *f, const struct str *s)
{
	struct val *val = arena_alloc(f->arena, sizeof *val);

	val->kind = VAL_STRING;
	val->u.text = s;
	return (struct fact){ scalar_type(f, DT_STR), val };
}

/* Lists of programs that are written in JSON hold doubles, kept as floats: the shortest
 * text of a float is what was written, unless that was long. */
static double
as_written(float v)
{
	char buf[32];

	for (int digits = 6; digits < 10; digits++) {
		snprintf(buf, sizeof buf, "%.*g", digits, (double)v);
		if (strtof(buf, NULL) == v)
			break;
	}
	return strtod(buf, NULL);
}

static struct fact
attr_list(struct infer *f, const struct attr *a)
{
	struct fact *items;

	if (a->n > VAL_MAX)
		return (struct fact){ NULL, NULL };
	items = arena_array(f->arena, a->n, sizeof *items);
	for (uint32_t i = 0; i < a->n; i++)
		items[i] = a->kind == ATTR_INTS ? int_fact(f, a->v.ints[i], DT_I64) :
		    a->kind == ATTR_FLOATS ? float_fact(f, as_written(a->v.floats[i])) :
		    text_fact(f, a->v.strings[i]);
	return list_fact(f, items, (uint32_t)a->n, TY_LIST);
}

static struct fact
attr_fact(struct infer *f, const struct attr *a, const struct param *p)
{
	switch ((unsigned)a->kind) {
	case ATTR_NONE: return none();
	case ATTR_INT:
		return int_fact(f, a->v.i, strncmp(p->type, "bool", 4) == 0 ||
		    a->declared_raw == DT_BOOL ? DT_BOOL : DT_I64);
	case ATTR_FLOAT: return float_fact(f, a->v.f);
	case ATTR_STRING:
		/* a complex number is kept as its text */
		if (strncmp(p->type, "number", 6) == 0 || strncmp(p->type, "tensor", 6) == 0)
			return (struct fact){ scalar_type(f, DT_C128), NULL };
		return text_fact(f, a->v.s);
	case ATTR_TENSOR:
		return (struct fact){ tensor_type(f, a->v.t), tensor_val(f, a->v.t) };
	case ATTR_INTS:
		if (a->n > 0 && a->v.ints == NULL)
			return (struct fact){ NULL, NULL };
		return attr_list(f, a);
	case ATTR_FLOATS:
		if (a->n > 0 && a->v.floats == NULL)
			return (struct fact){ NULL, NULL };
		return attr_list(f, a);
	case ATTR_STRINGS: return attr_list(f, a);
	default: return (struct fact){ NULL, NULL };
	}
}

/* "1", "0.5", "[1,1]", "true", "none" in a signature. */
static struct fact
default_fact(struct infer *f, const struct param *p)
{
	const char *eq = memchr(p->type, '=', (size_t)(p->end - p->type)), *s;
	struct fact items[RANK_MAX];
	uint32_t n = 0;
	char *end;

	if (eq == NULL || strncmp(eq, "=None", 5) == 0)
		return none();
	s = eq + 1;
	if (*s == '[') {
		for (s++; s < p->end && *s != ']' && n < RANK_MAX;
		    s = *end == ',' ? end + 1 : end) {
			items[n++] = int_fact(f, strtoll(s, &end, 10), DT_I64);
			if (end == s)
				break;
		}
		return list_fact(f, items, n, TY_LIST);
	}
	if (strncmp(s, "true", 4) == 0 || strncmp(s, "false", 5) == 0)
		return int_fact(f, *s == 't', DT_BOOL);
	if (strncmp(p->type, "float", 5) == 0 || (strncmp(p->type, "number", 6) == 0 &&
	    memchr(s, '.', (size_t)(p->end - s)) != NULL))
		return float_fact(f, strtod(s, NULL));
	if (strncmp(p->type, "str", 3) == 0)
		return text_fact(f, str_intern(&f->model->strs, s, (uint32_t)(p->end - s)));
	return int_fact(f, strtoll(s, NULL, 10), DT_I64);
}

static struct fact
value_fact(struct infer *f, const struct value *v)
{
	struct fact got;

	if (v == NULL)
		return none();
	val_of(f, v);
	got = *fact_of(f, v);
	if (got.val == NULL && got.type != NULL && got.type->tag == TY_NONE)
		return none();
	return got;
}

struct fact
operand_arg(struct infer *f, const struct node *n, uint32_t i)
{
	return value_fact(f, operand(n, i));
}

const struct value *
arg_value(const struct infer *f, const struct node *n, const char *name)
{
	struct param p;

	(void)f;
	for (uint32_t i = 0; i < n->nnamed; i++)
		if (strcmp(n->in_name[i]->s, name) == 0)
			return n->in[i];
	return find_param(n, name, &p) && p.index >= n->nnamed ? operand(n, p.index) : NULL;
}

/* Operands of that name in an exported program: several are a list. */
static bool
named_operands(struct infer *f, const struct node *n, const char *name, const struct param *p,
	struct fact *out)
{
	struct fact *items;
	uint32_t first, k = 0;

	for (first = 0; first < n->nnamed && strcmp(n->in_name[first]->s, name) != 0; first++)
		continue;
	if (first == n->nnamed)
		return false;
	if (!f->exported || (!is_list(p) && (first + 1 == n->nnamed ||
	    n->in_name[first + 1] != n->in_name[first]))) {
		*out = value_fact(f, n->in[first]);
		return true;
	}
	items = arena_array(f->arena, n->nnamed - first, sizeof *items);
	for (uint32_t i = first; i < n->nnamed; i++)
		if (n->in_name[i] == n->in_name[first])
			items[k++] = value_fact(f, n->in[i]);
	*out = list_fact(f, items, k, TY_LIST);
	return true;
}

struct fact
arg(struct infer *f, const struct node *n, const char *name)
{
	const struct attr *a;
	struct param p;
	struct fact got;

	if (!find_param(n, name, &p))
		return none();
	if (n->nnamed > 0 && named_operands(f, n, name, &p, &got))
		return got;
	if ((a = node_attr(n, name)) != NULL)
		return attr_fact(f, a, &p);
	if (p.index < n->nin && (p.index >= n->nnamed || n->in_name[p.index]->len == 0))
		return value_fact(f, n->in[p.index]);
	return default_fact(f, &p);
}

bool
arg_given(struct infer *f, const struct node *n, const char *name)
{
	struct fact got = arg(f, n, name);

	return !is_none(&got);
}

const struct type *
arg_type(struct infer *f, const struct node *n, const char *name)
{
	return arg(f, n, name).type;
}

const struct type *
arg_main(struct infer *f, const struct node *n)
{
	static const char *const names[] = { "self", "input", "a", "x", "data", "query", "A" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (arg_has(n, names[i]))
			return arg(f, n, names[i]).type;
	return n->nin > 0 ? operand_fact(f, n, 0)->type : NULL;
}

bool
arg_number(struct infer *f, const struct node *n, const char *name, int64_t *out)
{
	struct fact got = arg(f, n, name);

	if (is_none(&got))
		return true;
	if (got.val != NULL && got.val->kind == VAL_FLOATS && got.val->n == 1 &&
	    got.val->u.floats[0] == (double)(int64_t)got.val->u.floats[0]) {
		*out = (int64_t)got.val->u.floats[0];
		return true;
	}
	return got.val != NULL && got.val->kind == VAL_INTS && got.val->n == 1 &&
	    dim_number(got.val->u.ints[0], out);
}

int64_t
arg_int(struct infer *f, const struct node *n, const char *name, int64_t otherwise)
{
	arg_number(f, n, name, &otherwise);
	return otherwise;
}

static const struct dim *
dim_of(struct infer *f, const struct fact *got)
{
	if (got->val != NULL && got->val->kind == VAL_INTS && got->val->n == 1 &&
	    got->val->u.ints[0]->kind != DIM_UNKNOWN)
		return got->val->u.ints[0];
	return dim_anon(f->types);
}

const struct dim *
arg_dim(struct infer *f, const struct node *n, const char *name)
{
	struct fact got = arg(f, n, name);

	return is_none(&got) ? NULL : dim_of(f, &got);
}

const struct dim *const *
arg_dims(struct infer *f, const struct node *n, const char *name, uint32_t *k)
{
	struct fact got = arg(f, n, name);
	const struct fact *items;
	const struct dim **dims;
	int64_t len;

	*k = 0;
	if (is_none(&got))
		return NULL;
	if (got.val != NULL && got.val->kind == VAL_INTS) {
		*k = got.val->n;
		return got.val->n <= RANK_MAX ? got.val->u.ints : NULL;
	}
	items = list_items(f, &got, k);
	if (items == NULL && got.type != NULL && got.type->tag == TY_LIST &&
	    dim_number(got.type->dims[0], &len) && len >= 0 && len <= RANK_MAX)
		*k = (uint32_t)len;
	else if (items == NULL || *k > RANK_MAX)
		return NULL;
	dims = arena_array(f->arena, *k, sizeof *dims);
	for (uint32_t i = 0; i < *k; i++)
		dims[i] = items == NULL ? dim_anon(f->types) : dim_of(f, &items[i]);
	return dims;
}

bool
arg_ints(struct infer *f, const struct node *n, const char *name, int64_t *out, uint32_t *k)
{
	const struct dim *const *d = arg_dims(f, n, name, k);

	for (uint32_t i = 0; i < *k && d != NULL; i++)
		if (!dim_number(d[i], &out[i]))
			return false;
	return d != NULL;
}

const struct fact *
arg_items(struct infer *f, const struct node *n, const char *name, uint32_t *k)
{
	struct fact got = arg(f, n, name);

	return list_items(f, &got, k);
}

const char *
arg_word(struct infer *f, const struct node *n, const char *name, const char *otherwise)
{
	struct fact got = arg(f, n, name);

	return got.val != NULL && got.val->kind == VAL_STRING ? got.val->u.text->s : otherwise;
}

/* c10::ScalarType */
static const enum dtype c10[] = {
	DT_U8, DT_I8, DT_I16, DT_I32, DT_I64, DT_F16, DT_F32, DT_F64, DT_NONE, DT_C64, DT_C128,
	DT_BOOL, DT_I8, DT_U8, DT_I32, DT_BF16, [23] = DT_F8E5M2, DT_F8E4M3FN, DT_F8E5M2FNUZ,
	DT_F8E4M3FNUZ, DT_U16, DT_U32, DT_U64
};

enum dtype
c10_dtype(int64_t v)
{
	return v >= 0 && v < (int64_t)(sizeof c10 / sizeof *c10) ? c10[v] : DT_NONE;
}

int64_t
c10_number(enum dtype dt)
{
	for (size_t i = 0; i < sizeof c10 / sizeof *c10; i++)
		if (c10[i] == dt && dt != DT_NONE)
			return (int64_t)i;
	return -1;
}

enum dtype
arg_dtype(struct infer *f, const struct node *n, const char *name, enum dtype otherwise)
{
	struct fact got = arg(f, n, name);
	int64_t v;
	int dt;

	if (is_none(&got))
		return otherwise;
	if (got.val != NULL && got.val->kind == VAL_STRING) {
		dt = dtype_parse(got.val->u.text->s, got.val->u.text->len);
		return dt < 0 ? DT_NONE : (enum dtype)dt;
	}
	if (got.val == NULL || got.val->kind != VAL_INTS || got.val->n != 1 ||
	    !dim_number(got.val->u.ints[0], &v))
		return DT_NONE;
	return c10_dtype(v);
}
