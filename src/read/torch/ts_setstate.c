/* SPDX-License-Identifier: Apache-2.0 */
/* A class with __setstate__ keeps no names of attributes in the pickle: they are
 * those that its code assigns. That is straight code nearly always: parts of
 * the state, a method that packs weights, a choice by a number; so much of it is
 * followed, and what is not known stays without a value. Source:
 * facts/torchscript-format.md section 3. */
#include <string.h>

#include "base/ctx.h"
#include "read/torch/ts_object.h"

enum { DEPTH = 4, STEPS = 2000000, EXPR_DEPTH = 32, ITEMS = 64 };

struct var { const struct str *name; struct pickle_value *v; };

struct run {
	struct ts_objects *o;
	struct ts_obj *obj;
	struct var *vars;
	uint32_t nvars, depth, expr;
};

static struct pickle_value *eval(struct run *, const struct ts_expr *);
static void call_method(struct run *, const struct ts_expr *);

static struct pickle_value *
make(struct run *r, enum pickle_kind kind)
{
	struct pickle_value *v = arena_alloc(&r->o->u->m->arena, sizeof *v);

	v->kind = kind;
	v->off = r->obj->v->off;
	return v;
}

static void
set(struct run *r, const struct ts_expr *target, struct pickle_value *v)
{
	uint32_t at;

	if (target->kind == E_NAME) {
		r->vars = arena_grow(r->o->a, r->vars, r->nvars, sizeof *r->vars);
		r->vars[r->nvars++] = (struct var){ target->name, v };
	} else if (target->kind == E_ATTR && v != NULL && target->list[0]->kind == E_NAME &&
	    strcmp(target->list[0]->name->s, "self") == 0 &&
	    ts_attr_find(r->o->u, r->obj->cls, target->name, &at) != NULL) {
		r->obj->attrs[at] = v;
	}
}

static struct pickle_value *
lookup(const struct run *r, const struct str *name)
{
	for (uint32_t i = r->nvars; i-- > 0;)
		if (r->vars[i].name == name)
			return r->vars[i].v;
	return NULL;
}

static bool
is_name(const struct ts_expr *x, const char *name)
{
	return x->kind == E_NAME && strcmp(x->name->s, name) == 0;
}

static struct pickle_value *
list_of(struct run *r, struct ts_expr *const *list, uint32_t n, enum pickle_kind kind)
{
	struct pickle_value *v = make(r, kind);

	if (n > ITEMS)
		return NULL;
	v->n = n;
	v->v.items = arena_array(&r->o->u->m->arena, n, sizeof *v->v.items);
	for (uint32_t i = 0; i < n; i++)
		if ((v->v.items[i] = eval(r, list[i])) == NULL)
			return NULL;
	return v;
}

/* ops.quantized.conv2d_prepack(w, ...) as a pickle would have called it. */
static struct pickle_value *
packed(struct run *r, const struct ts_expr *x)
{
	const struct ts_expr *f = x->list[0];
	struct pickle_value *v = make(r, PK_CALL), *callee = make(r, PK_GLOBAL);

	callee->v.global.module = f->list[0]->name->s;
	callee->v.global.name = f->name->s;
	v->v.call = arena_alloc(&r->o->u->m->arena, sizeof *v->v.call);
	v->v.call->callee = callee;
	v->v.call->args = list_of(r, x->list + 1, x->n - 1, PK_TUPLE);
	return v->v.call->args != NULL ? v : NULL;
}

static struct pickle_value *
equal(struct run *r, const struct ts_expr *x)
{
	struct pickle_value *a = eval(r, x->list[1]), *b = eval(r, x->list[2]), *v;
	const char *s = pickle_str(a), *t = pickle_str(b);
	int64_t i, j;

	v = make(r, PK_BOOL);
	if (pickle_int(a, &i) && pickle_int(b, &j))
		v->v.i = i == j;
	else if (s != NULL && t != NULL)
		v->v.i = strcmp(s, t) == 0;
	else
		return NULL;
	return v;
}

static struct pickle_value *
call(struct run *r, const struct ts_expr *x)
{
	const struct ts_expr *f = x->list[0];

	if (x->nkw > 0)
		return NULL;
	if (x->n == 3 && (is_name(f, "annotate") || is_name(f, "unchecked_cast")))
		return eval(r, x->list[2]);
	if (f->kind != E_ATTR)
		return NULL;
	if (is_name(f->list[0], "self")) {
		call_method(r, x);
		return NULL;
	}
	if (x->n == 3 && is_name(f->list[0], "torch") && strcmp(f->name->s, "eq") == 0)
		return equal(r, x);
	return f->list[0]->kind == E_ATTR && is_name(f->list[0]->list[0], "ops") ?
	    packed(r, x) : NULL;
}

static struct pickle_value *
literal(struct run *r, const struct ts_expr *x)
{
	struct pickle_value *v = make(r, x->kind == E_INT ? PK_INT : x->kind == E_FLOAT ?
	    PK_FLOAT : x->kind == E_STR ? PK_STR : x->kind == E_NONE ? PK_NONE : PK_BOOL);

	if (x->kind == E_STR) {
		v->v.text.s = x->name->s;
		v->n = x->name->len;
	} else if (x->kind == E_FLOAT) {
		v->v.f = x->v.f;
	} else {
		v->v.i = x->kind == E_INT ? x->v.i : x->kind == E_TRUE;
	}
	return v;
}

static struct pickle_value *
part(struct run *r, const struct ts_expr *x)
{
	struct pickle_value *v;

	if (x->n != 2 || x->list[1] == NULL || x->list[1]->kind != E_INT || x->list[1]->v.i < 0)
		return NULL;
	v = eval(r, x->list[0]);
	return v != NULL ? ts_unwrap(pickle_item(v, (uint64_t)x->list[1]->v.i)) : NULL;
}

static struct pickle_value *
eval_one(struct run *r, const struct ts_expr *x)
{
	uint32_t at;

	if (x->kind == E_NAME)
		return lookup(r, x->name);
	if (x->kind == E_ATTR)
		return is_name(x->list[0], "self") && ts_attr_find(r->o->u, r->obj->cls, x->name,
		    &at) != NULL ? r->obj->attrs[at] : NULL;
	if (x->kind == E_SUBSCRIPT)
		return part(r, x);
	if (x->kind == E_LIST || x->kind == E_TUPLE)
		return list_of(r, x->list, x->n, x->kind == E_LIST ? PK_LIST : PK_TUPLE);
	if (x->kind == E_CALL)
		return call(r, x);
	return x->kind == E_INT || x->kind == E_FLOAT || x->kind == E_STR || x->kind == E_NONE ||
	    x->kind == E_TRUE || x->kind == E_FALSE ? literal(r, x) : NULL;
}

static struct pickle_value *
eval(struct run *r, const struct ts_expr *x)
{
	struct pickle_value *v;

	if (x == NULL || r->expr >= EXPR_DEPTH || ++r->o->steps > STEPS)
		return NULL;
	r->expr++;
	v = eval_one(r, x);
	r->expr--;
	return v;
}

/* a, b, = v; also of as many names as there are values on the right. */
static void
assign(struct run *r, const struct ts_stmt *s)
{
	struct pickle_value *v = eval(r, s->value);
	bool spread = s->kind == S_UNPACK || (s->ntargets == 1 &&
	    s->targets[0]->kind == E_TUPLE);
	struct ts_expr *const *list = s->targets;
	uint32_t n = s->ntargets;

	if (n == 1 && list[0]->kind == E_TUPLE) {
		n = list[0]->n;
		list = list[0]->list;
	}
	for (uint32_t i = 0; i < n; i++)
		set(r, list[i], spread ? v != NULL ? ts_unwrap(pickle_item(v, i)) : NULL : v);
}

static void
run_body(struct run *r, const struct ts_stmt *s)
{
	const struct pickle_value *v;

	for (; s != NULL && ++r->o->steps <= STEPS && r->expr < EXPR_DEPTH; s = s->next) {
		if (s->kind == S_ASSIGN || s->kind == S_UNPACK) {
			assign(r, s);
		} else if (s->kind == S_EXPR) {
			eval(r, s->value);
		} else if (s->kind == S_IF) {
			v = eval(r, s->value);
			if (v == NULL || v->kind != PK_BOOL)
				continue;
			r->expr++;
			run_body(r, v->v.i ? s->body : s->orelse);
			r->expr--;
		}
	}
}

static void
run_def(struct run *r, const struct ts_def *def, struct pickle_value **args, uint32_t n)
{
	struct run inner = { .o = r->o, .obj = r->obj, .depth = r->depth + 1 };

	if (r->depth >= DEPTH)
		return;
	for (uint32_t i = 0; i < n && i + 1 < def->nparams; i++)
		set(&inner, &(struct ts_expr){ .kind = E_NAME, .name = def->params[i + 1].name },
		    args[i]);
	run_body(&inner, def->body);
}

static void
call_method(struct run *r, const struct ts_expr *x)
{
	struct ts_fn *fn = ts_method(r->obj->cls, x->list[0]->name);
	struct pickle_value *args[ITEMS];
	uint32_t n = x->n - 1;

	if (fn == NULL || n > ITEMS)
		return;
	for (uint32_t i = 0; i < n; i++)
		args[i] = eval(r, x->list[i + 1]);
	run_def(r, fn->def, args, n);
}

void
ts_setstate(struct ts_objects *o, struct ts_obj *obj, const struct ts_def *def)
{
	struct run r = { .o = o, .obj = obj };
	struct pickle_value *state = ts_state(obj->v);

	run_def(&r, def, &state, 1);
}
