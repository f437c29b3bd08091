/* SPDX-License-Identifier: Apache-2.0 */
/* Types as code writes them, as types of the model: Tensor is a tensor of
 * unknown element type and shape, classes are opaque by module and name.
 * Source: facts/torchscript-format.md section 5. */
#include <string.h>

#include "base/ctx.h"
#include "read/torch/ts_unit.h"

static const struct type *
opaque(struct ts_unit *u, const char *domain, uint32_t ndomain, const char *name, uint32_t n)
{
	struct type t = { .tag = TY_OPAQUE, .domain = str_intern(&u->m->strs, domain, ndomain),
	    .name = str_intern(&u->m->strs, name, n) };

	return type_intern(&u->m->types, &t);
}

static const struct type *
word(struct ts_unit *u, const char *name)
{
	return opaque(u, "", 0, name, (uint32_t)strlen(name));
}

static const struct type *
scalar(struct ts_unit *u, enum dtype dtype)
{
	return type_intern(&u->m->types, &(struct type){ .tag = TY_SCALAR, .dtype = dtype });
}

static void
common_types(struct ts_unit *u)
{
	u->t.tensor = type_tensor(&u->m->types, DT_NONE, false, 0, NULL);
	u->t.i = scalar(u, DT_I64);
	u->t.f = scalar(u, DT_F64);
	u->t.b = scalar(u, DT_BOOL);
	u->t.s = scalar(u, DT_STR);
	u->t.c = scalar(u, DT_C128);
	u->t.none = type_intern(&u->m->types, &(struct type){ .tag = TY_NONE });
	u->t.device = word(u, "Device");
	u->t.number = word(u, "number");
	u->t.any = word(u, "Any");
}

void
ts_unit_init(struct ts_unit *u, struct ctx *ctx, struct model *m, struct arena *scratch,
    struct ts_loader load)
{
	*u = (struct ts_unit){ .ctx = ctx, .m = m, .a = scratch, .load = load };
	common_types(u);
}

const struct type *
ts_list_of(struct ts_unit *u, const struct type *elem)
{
	const struct dim *any = dim_unknown(&u->m->types);
	struct type t = { .tag = TY_LIST, .elem = elem, .dims = &any, .rank = 1 };

	return type_intern(&u->m->types, &t);
}

const struct type *
ts_opt_of(struct ts_unit *u, const struct type *elem)
{
	if (elem == NULL || elem->tag == TY_OPT || elem == u->t.none || elem == u->t.any)
		return elem;
	return type_intern(&u->m->types, &(struct type){ .tag = TY_OPT, .elem = elem });
}

const struct type *
ts_tuple_of(struct ts_unit *u, const struct type *const *items, uint32_t n)
{
	struct type t = { .tag = TY_TUPLE, .items = items, .nitems = n };
	const struct type **known = arena_array(u->a, n, sizeof *known);

	for (uint32_t i = 0; i < n; i++)
		known[i] = items[i] != NULL ? items[i] : u->t.any;
	t.items = known;
	return type_intern(&u->m->types, &t);
}

const struct type *
ts_dict_of(struct ts_unit *u, const struct type *key, const struct type *value)
{
	const struct type *items[2] = { key != NULL ? key : u->t.any,
	    value != NULL ? value : u->t.any };
	struct type t = { .tag = TY_DICT, .items = items, .nitems = 2 };

	return type_intern(&u->m->types, &t);
}

const struct type *
ts_class_type(struct ts_unit *u, const struct str *full)
{
	uint32_t dot = full->len;

	while (dot > 0 && full->s[dot - 1] != '.')
		dot--;
	return opaque(u, full->s, dot > 0 ? dot - 1 : 0, full->s + dot, full->len - dot);
}

/* a.b.c of names and attributes; NULL: it is something else. */
static const struct str *
dotted(struct ts_unit *u, const struct ts_expr *e)
{
	const struct str *left;

	if (e->kind == E_NAME || e->kind == E_NONE)
		return e->name;
	if (e->kind != E_ATTR || (left = dotted(u, e->list[0])) == NULL)
		return NULL;
	return ts_join(u, left, e->name);
}

static const struct type *
named(struct ts_unit *u, const struct str *name)
{
	const struct { const char *word; const struct type *type; } plain[] = {
		{ "Tensor", u->t.tensor }, { "int", u->t.i }, { "float", u->t.f },
		{ "bool", u->t.b }, { "str", u->t.s }, { "complex", u->t.c },
		{ "NoneType", u->t.none }, { "None", u->t.none }, { "Device", u->t.device },
		{ "number", u->t.number }, { "Scalar", u->t.number }, { "Any", u->t.any },
		{ "Dynamic", u->t.tensor }, { "Layout", u->t.i }, { "ScalarType", u->t.i },
		{ "MemoryFormat", u->t.i }, { "QScheme", u->t.i }
	};

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (strcmp(plain[i].word, name->s) == 0)
			return plain[i].type;
	return ts_class_type(u, name);
}

static bool
is_word(const struct ts_expr *e, const char *upper, const char *lower)
{
	return e->name != NULL &&
	    (strcmp(e->name->s, upper) == 0 || strcmp(e->name->s, lower) == 0);
}

static const struct type *
union_of(struct ts_unit *u, const struct ts_expr *e)
{
	const struct type *t = NULL, *one;
	bool none = false;

	for (uint32_t i = 1; i < e->n; i++) {
		one = ts_type(u, e->list[i]);
		if (one == u->t.none)
			none = true;
		else
			t = t == NULL || t == one ? one : u->t.number;
	}
	for (uint32_t i = 1; t == u->t.number && i < e->n; i++) {
		one = ts_type(u, e->list[i]);
		if (one->tag != TY_SCALAR && one != u->t.none)
			t = word(u, "Union");
	}
	return t == NULL ? u->t.none : none ? ts_opt_of(u, t) : t;
}

static const struct type *
items_of(struct ts_unit *u, const struct ts_expr *e)
{
	const struct type **items = arena_array(u->a, e->n, sizeof *items);

	if (e->n == 2 && e->list[1]->kind == E_TUPLE && e->list[1]->n == 0)
		return ts_tuple_of(u, NULL, 0);
	for (uint32_t i = 1; i < e->n; i++)
		items[i - 1] = ts_type(u, e->list[i]);
	return ts_tuple_of(u, items, e->n - 1);
}

static const struct type *
generic(struct ts_unit *u, const struct ts_expr *e)
{
	const struct ts_expr *of = e->list[0];
	const struct type *first = e->n > 1 ? ts_type(u, e->list[1]) : u->t.any;

	if (is_word(of, "List", "list"))
		return ts_list_of(u, first);
	if (is_word(of, "Optional", "Optional"))
		return ts_opt_of(u, first);
	if (is_word(of, "Dict", "dict"))
		return ts_dict_of(u, first, e->n > 2 ? ts_type(u, e->list[2]) : NULL);
	if (is_word(of, "Tuple", "tuple"))
		return items_of(u, e);
	if (is_word(of, "Union", "Union"))
		return union_of(u, e);
	if (is_word(of, "Final", "InferredType"))
		return first;
	if (is_word(of, "Future", "Await") || is_word(of, "RRef", "RRef"))
		return type_intern(&u->m->types, &(struct type){ .tag = TY_OPAQUE,
		    .domain = u->m->empty, .name = of->name, .elem = first });
	return u->t.any;
}

const struct type *
ts_type(struct ts_unit *u, const struct ts_expr *e)
{
	const struct str *name;

	if (e->kind == E_SUBSCRIPT) {
		for (uint32_t i = 0; i < e->n; i++)
			if (e->list[i] == NULL || e->list[i]->kind == E_SLICE)
				return u->t.any;
		return generic(u, e);
	}
	if (e->kind == E_STR)
		return ts_type_text(u, e->name->s, e->name->len);
	name = dotted(u, e);
	return name != NULL ? named(u, name) : u->t.any;
}

const struct type *
ts_type_text(struct ts_unit *u, const char *s, uint32_t n)
{
	struct ts_file f = { .src = u->m->source };
	char *text = arena_alloc(u->a, (size_t)n + 32);
	static const char head[] = "def f(x: ", tail[] = "):\n pass\n";

	/* the parser of types is that of parameters */
	memcpy(text, head, sizeof head - 1);
	memcpy(text + sizeof head - 1, s, n);
	memcpy(text + sizeof head - 1 + n, tail, sizeof tail);
	f.text = text;
	f.size = (uint32_t)(n + sizeof head + sizeof tail - 2);
	if (!ts_parse(u->ctx, &u->m->strs, u->a, &f) || f.defs == NULL ||
	    f.defs->nparams != 1 || f.defs->params->type == NULL)
		return u->t.any;
	return ts_type(u, f.defs->params->type);
}

bool
ts_is_tensor(const struct type *t)
{
	return t == NULL || t->tag == TY_TENSOR;
}

bool
ts_is_scalar(const struct type *t, enum dtype dtype)
{
	return t != NULL && t->tag == TY_SCALAR && t->dtype == dtype;
}

/* Numbers that "number" stands for; bool is none. */
static bool
is_number(const struct ts_unit *u, const struct type *t)
{
	return t == u->t.i || t == u->t.f || t == u->t.c;
}

bool
ts_subtype(struct ts_unit *u, const struct type *t, const struct type *of)
{
	if (t == of || of == u->t.any)
		return true;
	if (t == NULL || of == NULL)
		return false;
	if (of->tag == TY_OPT)
		return t == u->t.none || ts_subtype(u, t->tag == TY_OPT ? t->elem : t, of->elem);
	if (of == u->t.number)
		return is_number(u, t);
	if (t->tag == TY_TENSOR && of->tag == TY_TENSOR)
		return of == u->t.tensor;
	if (t->tag == TY_TUPLE && of->tag == TY_TUPLE && t->nitems == of->nitems) {
		for (uint32_t i = 0; i < t->nitems; i++)
			if (!ts_subtype(u, t->items[i], of->items[i]))
				return false;
		return true;
	}
	return false;
}

const struct type *
ts_unify(struct ts_unit *u, const struct type *a, const struct type *b)
{
	if (a == NULL || b == NULL)
		return a == NULL ? b : a;
	if (ts_subtype(u, a, b))
		return b;
	if (ts_subtype(u, b, a))
		return a;
	if (a == u->t.none)
		return ts_opt_of(u, b);
	if (b == u->t.none)
		return ts_opt_of(u, a);
	if (is_number(u, a) && is_number(u, b))
		return u->t.number;
	return NULL;
}
