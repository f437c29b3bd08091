/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions to values. A name may stand for a module of operators, a class
 * or a function before it is a value. Source: facts/torchscript-format.md
 * section 5. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "read/torch/ts_emit.h"

static struct ts_sugar
value(struct ts_val *v)
{
	return (struct ts_sugar){ .kind = SV_VAL, .v = v };
}

static struct ts_val *
complex_of(struct ts_unit *u, double re, double im)
{
	const struct ts_const k = { .kind = C_COMPLEX, .v.f = re, .imag = im };

	return ts_constant(u, &k, u->t.c);
}

/* Names that mean the same everywhere, unless a variable hides them. */
static struct ts_sugar
global_name(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	const char *s = x->name->s;
	int special;

	if (strcmp(s, "torch") == 0)
		return (struct ts_sugar){ .kind = SV_TORCH, .name = u->m->empty };
	if (strcmp(s, "ops") == 0)
		return (struct ts_sugar){ .kind = SV_OPS };
	if (strcmp(s, "CONSTANTS") == 0)
		return (struct ts_sugar){ .kind = SV_CONSTANTS };
	if (strcmp(s, "inf") == 0 || strcmp(s, "nan") == 0)
		return value(ts_float(u, *s == 'i' ? INFINITY : NAN));
	if (strcmp(s, "infj") == 0 || strcmp(s, "nanj") == 0)
		return value(complex_of(u, 0, *s == 'i' ? INFINITY : NAN));
	if (strcmp(s, "__torch__") == 0)
		return (struct ts_sugar){ .kind = SV_NAMESPACE, .name = x->name };
	special = ts_special(x->name);
	if (special >= 0)
		return (struct ts_sugar){ .kind = SV_SPECIAL, .name = x->name,
		    .special = special };
	ts_complain(e, "nothing has the name", x->name);
	return value(ts_val_new(u, NULL));
}

static struct ts_sugar
named(struct ts_unit *u, const struct str *full)
{
	struct ts_symbol s = ts_find(u, full);

	if (s.kind == SYM_CLASS)
		return (struct ts_sugar){ .kind = SV_CLASS, .cls = s.cls, .name = full };
	if (s.kind == SYM_FN)
		return (struct ts_sugar){ .kind = SV_FN, .fn = s.fn, .name = full };
	return (struct ts_sugar){ .kind = SV_NAMESPACE, .name = full };
}

static struct ts_sugar
class_attribute(struct ts_emitter *e, struct ts_cls *c, const struct str *name)
{
	struct ts_unit *u = e->u;
	const struct ts_attr *a;
	struct ts_sugar s;

	if (strcmp(name->s, "__new__") == 0)
		return (struct ts_sugar){ .kind = SV_NEW, .cls = c };
	if (c->decl->base == BASE_ENUM && (a = ts_attr_find(u, c, name, NULL)) != NULL) {
		const struct ts_const k = { .kind = C_ENUM, .cls = c, .s = name };

		return value(ts_constant(u, &k, c->type));
	}
	/* a class may stand where a package is: its own file has the rest */
	s = named(u, ts_join(u, c->name, name));
	return s;
}

static struct ts_val *
one_node(struct ts_emitter *e, struct ts_node *n, struct ts_val *in, const struct type *type)
{
	ts_add_in(e->u, n, in);
	ts_emit_node(e, n);
	return ts_add_out(e->u, n, type);
}

static struct ts_val *
tuple_index(struct ts_emitter *e, struct ts_val *tuple, int64_t i, const struct type *type)
{
	struct ts_node *n = ts_prim(e->u, N_TUPLE_INDEX);
	struct ts_val *v = one_node(e, n, tuple, type);

	ts_add_in(e->u, n, ts_int(e->u, i));
	return v;
}

/* Of a module, an object or a named tuple. */
/* What the members of an enumeration are; NULL: it has none. */
static const struct type *
enum_type(const struct ts_unit *u, const struct ts_cls *c)
{
	const struct ts_member *m = c->decl->members;

	while (m != NULL && m->value == NULL)
		m = m->next;
	return m == NULL ? NULL : m->value->kind == E_STR ? u->t.s :
	    m->value->kind == E_FLOAT ? u->t.f : u->t.i;
}

static struct ts_sugar
object_attribute(struct ts_emitter *e, struct ts_val *v, struct ts_cls *c,
    const struct str *name)
{
	struct ts_unit *u = e->u;
	const struct ts_attr *a = ts_attr_find(u, c, name, NULL);
	struct ts_node *n;
	struct ts_val *out;
	struct ts_fn *fn;
	uint32_t at;

	if (c->decl->base == BASE_ENUM && a == NULL) {
		bool called = strcmp(name->s, "name") == 0;

		n = ts_node_new(u, N_OP, "prim", str_internz(&u->m->strs,
		    called ? "EnumName" : "EnumValue"));
		return value(one_node(e, n, v, called ? u->t.s : enum_type(u, c)));
	}
	if (a != NULL && c->decl->base == BASE_NAMEDTUPLE) {
		ts_attr_find(u, c, name, &at);
		return value(tuple_index(e, v, at, a->type));
	}
	if (a != NULL && a->member->value != NULL)
		return value(ts_emit(e, a->member->value));
	if (a != NULL) {
		n = ts_prim(u, N_GETATTR);
		n->attr = name;
		out = one_node(e, n, v, a->type);
		out->name = name;
		return value(out);
	}
	fn = ts_method(c, name);
	return (struct ts_sugar){ .kind = SV_METHOD, .v = v, .fn = fn, .cls = c, .name = name };
}

/* Properties of tensors, written without a call in hand-made code. */
static struct ts_sugar
tensor_attribute(struct ts_emitter *e, struct ts_val *v, const struct str *name)
{
	static const char *const words[] = { "dtype", "device", "grad", "data", "shape", "is_cuda",
		"is_sparse", "layout", "requires_grad", "is_quantized", "is_mkldnn", "is_mps",
		"is_meta", "is_leaf", "is_xpu", "is_nested", "is_vulkan", "T", "H", "mT", "mH",
		"real", "imag", "ndim", "itemsize", "nbytes", "name" };
	struct ts_unit *u = e->u;
	struct ts_val *args[1] = { v };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], name->s) == 0)
			return value(ts_builtin(e, strcmp(name->s, "real") == 0 ||
			    strcmp(name->s, "imag") == 0 ? "aten" : "prim", words[i], args, 1));
	return (struct ts_sugar){ .kind = SV_OP, .v = v, .name = name,
	    .domain = str_internz(&u->m->strs, "aten") };
}

static struct ts_sugar
torch_attribute(struct ts_emitter *e, const struct str *path, const struct str *name)
{
	static const struct { const char *word; int number; } dtypes[] = {
		{ "uint8", 0 }, { "int8", 1 }, { "int16", 2 }, { "int32", 3 }, { "int64", 4 },
		{ "float16", 5 }, { "float32", 6 }, { "float64", 7 }, { "complex64", 9 },
		{ "complex128", 10 }, { "bool", 11 }, { "bfloat16", 15 }, { "half", 5 },
		{ "float", 6 }, { "double", 7 }, { "short", 2 }, { "int", 3 }, { "long", 4 },
		{ "strided", 0 }, { "contiguous_format", 0 }, { "preserve_format", 1 },
		{ "channels_last", 2 }
	};
	static const char *const packages[] = { "autograd", "nn", "functional", "_C", "jit",
		"ops", "classes", "linalg", "fft", "special", "cuda", "distributed" };
	struct ts_unit *u = e->u;

	for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
		if (strcmp(packages[i], name->s) == 0)
			return (struct ts_sugar){ .kind = SV_TORCH,
			    .name = ts_join(u, path, name) };
	if (path->len == 0 && (strncmp(name->s, "int", 3) == 0 || strchr("ufcbhdslp", name->s[0])))
		for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
			if (strcmp(dtypes[i].word, name->s) == 0)
				return (struct ts_sugar){ .kind = SV_OP, .name = name,
				    .special = dtypes[i].number + 1,
				    .domain = str_internz(&u->m->strs, "aten") };
	return (struct ts_sugar){ .kind = SV_OP, .name = name,
	    .domain = str_internz(&u->m->strs, "aten") };
}

/* c12 of CONSTANTS. */
static struct ts_val *
entry(struct ts_emitter *e, const struct str *name)
{
	const struct ts_const k = { .kind = C_ENTRY, .v.i = strtol(name->s + 1, NULL, 10),
	    .s = name };

	return ts_constant(e->u, &k, e->u->entry_type != NULL ?
	    e->u->entry_type(e->u->load.arg, k.v.i) : e->u->t.tensor);
}

struct ts_sugar
ts_attribute(struct ts_emitter *e, struct ts_sugar s, const struct str *name)
{
	struct ts_unit *u = e->u;
	struct ts_cls *c;
	struct ts_val *v;

	switch (s.kind) {
	case SV_NAMESPACE:
		return named(u, ts_join(u, s.name, name));
	case SV_TORCH:
		return torch_attribute(e, s.name, name);
	case SV_OPS:
		if (s.name == NULL)
			return (struct ts_sugar){ .kind = SV_OPS, .name = name };
		return (struct ts_sugar){ .kind = SV_OP, .domain = s.name, .name = name };
	case SV_CONSTANTS:
		return value(entry(e, name));
	case SV_CLASS:
		return class_attribute(e, s.cls, name);
	case SV_FN: case SV_NONE: case SV_NEW: case SV_CLOSURE: case SV_SPECIAL: case SV_METHOD:
	case SV_OP:
		ts_complain(e, "there is nothing to take from, for", name);
		return value(ts_val_new(u, NULL));
	case SV_VAL:
		break;
	}
	v = s.v = ts_now(s.v);
	c = ts_cls_of(u, v->type);
	if (c != NULL)
		return object_attribute(e, v, c, name);
	if (v->type != NULL && v->type->tag == TY_OPAQUE && v->type->domain->len > 0)
		return (struct ts_sugar){ .kind = SV_METHOD, .v = v, .name = name };
	return tensor_attribute(e, v, name);
}

static struct ts_val *
list(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_node *n = ts_prim(u, N_LIST);
	const struct type *elem = NULL, *both;
	const struct ts_expr *at = e->at;

	for (uint32_t i = 0; i < x->n; i++) {
		struct ts_val *v = ts_emit(e, x->list[i]);

		ts_add_in(u, n, v);
		both = i == 0 ? v->type : ts_unify(u, elem, v->type);
		elem = both != NULL ? both : elem;
	}
	e->at = at;
	ts_emit_node(e, n);
	return ts_add_out(u, n, ts_list_of(u, elem != NULL ? elem : u->t.tensor));
}

static struct ts_val *
tuple(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_node *n = ts_prim(u, N_TUPLE);
	const struct type **items = arena_array(u->a, x->n, sizeof *items);
	const struct ts_expr *at = e->at;

	for (uint32_t i = 0; i < x->n; i++) {
		ts_add_in(u, n, ts_emit(e, x->list[i]));
		items[i] = n->in[i]->type;
	}
	e->at = at;
	ts_emit_node(e, n);
	return ts_add_out(u, n, ts_tuple_of(u, items, x->n));
}

static struct ts_val *
dict(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_node *n = ts_prim(u, N_DICT);
	const struct type *of[2] = { NULL, NULL };
	const struct ts_expr *at = e->at;

	for (uint32_t i = 0; i < x->n; i++) {
		struct ts_val *v = ts_emit(e, x->list[i]);

		ts_add_in(u, n, v);
		of[i % 2] = i < 2 ? v->type : ts_unify(u, of[i % 2], v->type);
	}
	e->at = at;
	ts_emit_node(e, n);
	return ts_add_out(u, n, x->n > 0 ? ts_dict_of(u, of[0], of[1]) :
	    ts_dict_of(u, u->t.s, u->t.tensor));
}

/* a if c else b, and, or: a region for each arm. first: what is known when the
 * condition holds. */
static struct ts_val *
choice(struct ts_emitter *e, struct ts_val *cond, const struct ts_expr *yes,
    const struct ts_expr *no)
{
	struct ts_unit *u = e->u;
	struct ts_node *n = ts_prim(u, N_IF);
	struct ts_block *outer = e->block;
	const struct ts_expr *arm[2] = { yes, no };
	struct ts_val *v[2];

	if (ts_is(cond, C_BOOL)) {
		arm[0] = cond->k->v.i ? yes : no;
		return arm[0] != NULL ? ts_emit(e, arm[0]) : cond;
	}
	ts_add_in(u, n, cond);
	ts_emit_node(e, n);
	for (int i = 0; i < 2; i++) {
		e->block = ts_block_new(u, n);
		/* the arm that is missing gives the condition itself */
		v[i] = arm[i] == NULL ? ts_bool(u, i == 0) : yes == NULL || no == NULL ?
		    ts_emit_cond(e, arm[i]) : ts_emit(e, arm[i]);
		ts_add_block_out(u, e->block, v[i]);
	}
	e->block = outer;
	return ts_add_out(u, n, ts_unify(u, v[0]->type, v[1]->type));
}

static struct ts_val *
binary(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_val *args[2] = { ts_emit(e, x->list[0]), x->n > 1 ? ts_emit(e, x->list[1]) :
	    NULL };
	struct ts_val *v;

	e->at = x;
	v = ts_builtin(e, "aten", x->op, args, x->n);
	if (args[0]->k != NULL && (x->n == 1 || args[1]->k != NULL) && v->node != NULL) {
		struct ts_val *k = ts_evaluate(e->u, v->node);

		/* 1.+2.j and -inf are how the writer spells a literal */
		if (k != NULL) {
			ts_unlink(v->node);
			ts_replace(v, k);
			return k;
		}
	}
	return v;
}

static bool
bounds(struct ts_emitter *e, const struct ts_expr *slice, struct ts_val **out)
{
	for (int i = 0; i < 3; i++)
		out[i] = slice->n > (uint32_t)i && slice->list[i] != NULL ?
		    ts_emit(e, slice->list[i]) : i == 2 ? ts_int(e->u, 1) : ts_none(e->u);
	return true;
}

/* Items start, start + step, ... of a tuple, as a tuple. */
static struct ts_val *
tuple_slice(struct ts_emitter *e, struct ts_val *v, const struct type *t,
    const struct ts_expr *slice)
{
	struct ts_unit *u = e->u;
	struct ts_val *b[3];
	int64_t lo = 0, hi = t->nitems, n = t->nitems;
	struct ts_node *made;
	const struct type **items = arena_array(u->a, t->nitems, sizeof *items);
	uint32_t count = 0;

	bounds(e, slice, b);
	if (ts_is(b[0], C_INT))
		lo = b[0]->k->v.i < 0 ? b[0]->k->v.i + n : b[0]->k->v.i;
	if (ts_is(b[1], C_INT))
		hi = b[1]->k->v.i < 0 ? b[1]->k->v.i + n : b[1]->k->v.i;
	lo = lo < 0 ? 0 : lo;
	hi = hi > n ? n : hi;
	made = ts_prim(u, N_TUPLE);
	for (int64_t i = lo; i < hi; i++) {
		ts_add_in(u, made, tuple_index(e, v, i, t->items[i]));
		items[count++] = t->items[i];
	}
	ts_emit_node(e, made);
	return ts_add_out(u, made, ts_tuple_of(u, items, count));
}

static struct ts_val *
tensor_subscript(struct ts_emitter *e, struct ts_val *v, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_val *args[5], *b[3];
	int64_t dim = 0;

	for (uint32_t i = 1; i < x->n; i++) {
		const struct ts_expr *s = x->list[i];

		if (s == NULL || s->kind == E_ELLIPSIS)
			continue;
		args[0] = v;
		args[1] = ts_int(u, dim);
		if (s->kind == E_SLICE) {
			bounds(e, s, b);
			memcpy(args + 2, b, sizeof b);
			v = ts_builtin(e, "aten", "slice", args, 5);
			dim++;
			continue;
		}
		args[2] = ts_emit(e, s);
		if (ts_must_be_none(u, args[2])) {
			v = ts_builtin(e, "aten", "unsqueeze", args, 2);
			dim++;
		} else if (ts_is_scalar(args[2]->type, DT_I64)) {
			v = ts_builtin(e, "aten", "select", args, 3);
		} else {
			struct ts_node *n = ts_prim(u, N_LIST);

			ts_add_in(u, n, args[2]);
			ts_emit_node(e, n);
			args[1] = ts_add_out(u, n, ts_list_of(u, u->t.tensor));
			v = ts_builtin(e, "aten", "index", args, 2);
		}
	}
	return v;
}

struct ts_val *
ts_subscript(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_val *v = ts_emit(e, x->list[0]), *args[4];
	const struct type *t = ts_now(v)->type;
	struct ts_cls *c = ts_cls_of(u, t);
	const struct ts_expr *at = x->n > 1 ? x->list[1] : NULL;

	e->at = x;
	if (at == NULL)
		return v;
	if (c != NULL)
		ts_cls_resolve(u, c);
	if (c != NULL && c->tuple != NULL)
		t = c->tuple;
	if (t != NULL && t->tag == TY_TENSOR)
		return tensor_subscript(e, v, x);
	if (t != NULL && t->tag == TY_TUPLE && at->kind == E_SLICE)
		return tuple_slice(e, v, t, at);
	args[0] = v;
	if (at->kind == E_SLICE) {
		bounds(e, at, args + 1);
		return ts_builtin(e, "aten", "slice", args, 4);
	}
	args[1] = ts_emit(e, at);
	e->at = x;
	if (t != NULL && t->tag == TY_TUPLE) {
		int64_t i = ts_is(args[1], C_INT) ? args[1]->k->v.i : 0;

		i = i < 0 ? i + t->nitems : i;
		v = tuple_index(e, v, i, i >= 0 && i < t->nitems ? t->items[i] : NULL);
		v->node->in[1] = args[1];
		return v;
	}
	if (c != NULL && c->decl->base == BASE_MODULE)
		return ts_builtin(e, "prim", "ModuleContainerIndex", args, 2);
	return ts_builtin(e, "aten", "__getitem__", args, 2);
}

static struct ts_sugar
atom(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_sugar *s;

	if (x->kind == E_NAME) {
		s = ts_lookup(e, x->name);
		return s != NULL ? *s : global_name(e, x);
	}
	if (x->kind == E_INT)
		return value(ts_int(u, x->v.i));
	if (x->kind == E_FLOAT)
		return value(ts_float(u, x->v.f));
	if (x->kind == E_COMPLEX)
		return value(complex_of(u, 0, x->v.f));
	if (x->kind == E_STR)
		return value(ts_text(u, x->name));
	if (x->kind == E_TRUE || x->kind == E_FALSE)
		return value(ts_bool(u, x->kind == E_TRUE));
	return value(ts_none(u));
}

static struct ts_sugar
logic(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_val *v = ts_emit_cond(e, x->list[0]);

	e->at = x;
	if (x->kind == E_NOT) {
		if (ts_is(v, C_BOOL))
			return value(ts_bool(e->u, !v->k->v.i));
		return value(ts_builtin(e, "aten", "__not__", &v, 1));
	}
	if (x->kind == E_COND)
		return value(choice(e, v, x->list[1], x->list[2]));
	return value(x->kind == E_AND ? choice(e, v, x->list[1], NULL) :
	    choice(e, v, NULL, x->list[1]));
}

static struct ts_sugar
sugar(struct ts_emitter *e, const struct ts_expr *x)
{
	switch (x->kind) {
	case E_ATTR: return ts_attribute(e, ts_emit_sugar(e, x->list[0]), x->name);
	case E_CALL: return ts_call(e, x);
	case E_SUBSCRIPT: return value(ts_subscript(e, x));
	case E_TUPLE: return value(tuple(e, x));
	case E_LIST: return value(list(e, x));
	case E_DICT: return value(dict(e, x));
	case E_UNARY: case E_BINARY: return value(binary(e, x));
	case E_AND: case E_OR: case E_NOT: case E_COND: return logic(e, x);
	case E_STAR: return ts_emit_sugar(e, x->list[0]);
	case E_LIST_COMP: case E_DICT_COMP: case E_SLICE:
		ts_complain(e, "a comprehension", NULL);
		return value(ts_val_new(e->u, NULL));
	case E_NAME: case E_INT: case E_FLOAT: case E_COMPLEX: case E_STR: case E_NONE: case E_TRUE:
	case E_FALSE: case E_ELLIPSIS:
		break;
	}
	return atom(e, x);
}

struct ts_sugar
ts_emit_sugar(struct ts_emitter *e, const struct ts_expr *x)
{
	const struct ts_expr *at = e->at;
	struct ts_sugar s;

	e->at = x;
	s = sugar(e, x);
	e->at = at;
	return s;
}

struct ts_val *
ts_to_value(struct ts_emitter *e, struct ts_sugar s, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;

	(void)x;
	switch (s.kind) {
	case SV_VAL:
		return ts_now(s.v);
	case SV_FN: {
		const struct ts_const k = { .kind = C_FN, .fn = s.fn, .s = s.fn->name };

		return ts_constant(u, &k, u->t.any);
	}
	case SV_OP:
		if (s.special > 0)
			return ts_int(u, s.special - 1);
		break;
	case SV_NONE: case SV_NAMESPACE: case SV_TORCH: case SV_OPS: case SV_CONSTANTS:
	case SV_CLASS: case SV_NEW: case SV_METHOD: case SV_CLOSURE: case SV_SPECIAL:
		break;
	}
	ts_complain(e, "no value has the name", s.name);
	return ts_val_new(u, NULL);
}

struct ts_val *
ts_emit(struct ts_emitter *e, const struct ts_expr *x)
{
	return ts_to_value(e, ts_emit_sugar(e, x), x);
}

struct ts_val *
ts_emit_cond(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_val *v = ts_emit(e, x);

	if (v->type == e->u->t.b || v->type == NULL)
		return v;
	return ts_builtin(e, "aten", "Bool", &v, 1);
}
