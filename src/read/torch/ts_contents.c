/* SPDX-License-Identifier: Apache-2.0 */
/* What attributes hold that are neither tensors nor modules. Values are shared
 * and may hold themselves: no deeper than a few levels, and no more parts in one
 * model than a limit. */
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/held.h"
#include "read/torch/ts_lower.h"

enum { DEPTH = 12, PARTS = 200000 };

struct work {
	struct ts_lowering *l;
	struct torch_store *store;
	uint32_t depth;
};

static struct tensor *contents(struct work *, struct pickle_value *, const struct str *path);

static struct tensor *
leaf(struct work *w, uint32_t flags)
{
	struct tensor *t = arena_alloc(&w->l->u->m->arena, sizeof *t);

	t->name = w->l->u->m->empty;
	t->enc = &TENSOR_NONE;
	t->flags = flags;
	return t;
}

static struct tensor *
new_items(struct work *w, enum items_form form, uint64_t room)
{
	struct tensor *t = leaf(w, 0);

	t->enc = &TENSOR_ITEMS[form];
	t->items = arena_alloc(&w->l->u->m->arena, sizeof *t->items);
	t->items->form = form;
	t->items->list = arena_array(&w->l->u->m->arena, room, sizeof *t->items->list);
	return t;
}

static void
add(struct tensor *t, struct tensor *item)
{
	t->items->list[t->items->n++] = item;
}

static struct tensor *
text(struct work *w, const struct str *s)
{
	const struct ts_const k = { .kind = C_STR, .s = s };
	const struct str *name;

	return ts_literal(w->l, &k, &name);
}

static const struct str *
below(struct work *w, const struct str *path, const struct str *key)
{
	w->l->nchars += path->len + key->len;
	return path->len == 0 ? key : w->l->nchars > TS_CHARS ? path :
	    ts_join(w->l->u, path, key);
}

/* The path of item i: only tensors are named. */
static const struct str *
item_path(struct work *w, const struct str *path, const struct pickle_value *key, uint64_t i)
{
	struct strtab *strs = &w->l->u->m->strs;
	const char *s = key != NULL ? pickle_str(key) : NULL;

	if (s != NULL)
		w->l->nchars += key->n;
	if (w->l->nchars > TS_CHARS)
		return path;
	if (s != NULL)
		return below(w, path, str_intern(strs, s, (uint32_t)key->n));
	return below(w, path, str_internz(strs, arena_printf(w->l->a, "%llu",
	    (unsigned long long)i)));
}

static bool
has_path(const struct pickle_value *v)
{
	return v != NULL && (v->kind == PK_CALL || v->kind == PK_LIST || v->kind == PK_TUPLE ||
	    v->kind == PK_DICT);
}

static struct tensor *
of_items(struct work *w, struct pickle_value *const *list, uint64_t n, enum items_form form,
    const struct str *path)
{
	struct tensor *t = new_items(w, form, n);
	bool pairs = form == ITEMS_DICT;

	for (uint64_t i = 0; i < n && w->l->nparts < PARTS; i++) {
		const struct pickle_value *key = pairs && i % 2 == 1 ? list[i - 1] : NULL;

		add(t, contents(w, list[i], has_path(list[i]) ?
		    item_path(w, path, key, pairs ? i / 2 : i) : path));
	}
	t->items->cut = t->items->n < n;
	return t;
}

/* Fields as the class has them. Of modules, which are shown by what they hold
 * elsewhere, only the class. */
static struct tensor *
of_object(struct work *w, struct ts_obj *o, const struct str *path)
{
	const struct ts_cls *c = o->cls;
	uint32_t n = c->decl->base == BASE_MODULE ? 0 : c->nattrs;
	struct tensor *t = new_items(w, ITEMS_OBJECT, 2 * (uint64_t)n);

	t->items->name = c->decl->name;
	t->items->cut = n < c->nattrs;
	for (uint32_t i = 0; i < n; i++) {
		add(t, text(w, c->attrs[i].name));
		add(t, contents(w, o->attrs[i], below(w, path, c->attrs[i].name)));
	}
	return t;
}

/* NULL when there is none, or no more room for names. */
static const char *
global_name(struct work *w, const struct pickle_value *v)
{
	if (v->v.global.name != NULL)
		w->l->nchars += strlen(v->v.global.name);
	return w->l->nchars > TS_CHARS ? NULL : v->v.global.name;
}

/* Made in C++, or by a function: arguments or state, with the names of these
 * where they are known. */
static struct tensor *
of_call(struct work *w, struct pickle_value *v, const struct str *path)
{
	struct pickle_value *parts[TS_PACKED_MAX], *state = v->v.call->state;
	const struct pickle_value *callee = v->v.call->callee;
	struct strtab *strs = &w->l->u->m->strs;
	const char *const *names;
	const char *name = callee != NULL && callee->kind == PK_GLOBAL ?
	    global_name(w, callee) : NULL;
	uint32_t n = ts_packed(v, parts, &names);
	struct tensor *t;

	if (n == 0) {
		parts[0] = ts_unwrap(state);
		t = new_items(w, ITEMS_OBJECT, 2);
		if (state == NULL && v->v.call->args != NULL && v->v.call->args->kind == PK_TUPLE)
			t = of_items(w, v->v.call->args->v.items, v->v.call->args->n,
			    ITEMS_TUPLE, path);
		n = state != NULL;
		names = TS_STATE_NAME;
	} else {
		t = new_items(w, ITEMS_OBJECT, 2 * (uint64_t)n);
	}
	t->items->name = str_internz(strs, name != NULL ? name : "");
	for (uint32_t i = 0; i < n; i++) {
		const struct str *key = str_internz(strs, names[i]);

		add(t, text(w, key));
		add(t, contents(w, parts[i], below(w, path, key)));
	}
	return t;
}

/* Color.GREEN for the number that it has in the pickle, which calls the class with
 * the bare value. */
static struct tensor *
of_enum(struct work *w, const struct ts_cls *c, const struct pickle_value *v)
{
	struct ts_const k, member;
	struct tensor *t;

	if (!ts_const_of(w->l->u, v, &k))
		return NULL;
	for (const struct ts_member *m = c->decl->members; m != NULL; m = m->next) {
		const struct ts_expr *e = m->value;

		w->l->nchars += sizeof *m; /* time is bounded with the texts */
		if (e == NULL || w->l->nchars > TS_CHARS)
			continue;
		member.kind = e->kind == E_INT ? C_INT : e->kind == E_FLOAT ? C_FLOAT : C_STR;
		if (member.kind != k.kind || (k.kind == C_INT && e->v.i != k.v.i) ||
		    (k.kind == C_FLOAT && !(e->v.f == k.v.f)) ||
		    (k.kind == C_STR && e->name != k.s))
			continue;
		t = new_items(w, ITEMS_OBJECT, 0);
		t->items->name = ts_join(w->l->u, c->decl->name, m->name);
		return t;
	}
	return NULL;
}

static struct tensor *
of_made(struct work *w, struct pickle_value *v, const struct str *path)
{
	struct ts_obj *o;
	struct tensor *t = NULL;

	if (v->v.call->ndict > 0)
		return of_items(w, v->v.call->dict, v->v.call->ndict, ITEMS_DICT, path);
	o = ts_object(&w->l->objects, v, path);
	if (o->cls != NULL && o->cls->decl->base == BASE_ENUM)
		t = of_enum(w, o->cls, v->v.call->args);
	if (t != NULL)
		return t;
	return o->cls != NULL && o->attrs != NULL && v->v.call->made ? of_object(w, o, path) :
	    of_call(w, v, path);
}

static struct tensor *
of_value(struct work *w, struct pickle_value *v, const struct str *path)
{
	struct strtab *strs = &w->l->u->m->strs;
	const struct str *literal;
	const char *name;
	struct ts_const k;

	if (torch_is_tensor(v))
		return torch_tensor(w->store, v, path);
	if (v->kind == PK_NONE)
		return leaf(w, 0);
	if (pickle_str(v) != NULL && (w->l->nchars += v->n) > TS_CHARS)
		return NULL;
	if (ts_const_of(w->l->u, v, &k))
		return ts_literal(w->l, &k, &literal);
	if (v->kind == PK_LIST || v->kind == PK_TUPLE || v->kind == PK_SET)
		return of_items(w, v->v.items, v->n, v->kind == PK_TUPLE ? ITEMS_TUPLE :
		    ITEMS_LIST, path);
	if (v->kind == PK_DICT)
		return of_items(w, v->v.items, v->n & ~UINT64_C(1), ITEMS_DICT, path);
	if (v->kind == PK_GLOBAL && (name = global_name(w, v)) != NULL)
		return text(w, str_internz(strs, name));
	return v->kind == PK_CALL ? of_made(w, v, path) : NULL;
}

static struct tensor *
contents(struct work *w, struct pickle_value *v, const struct str *path)
{
	struct tensor *t = NULL;

	v = ts_unwrap(v);
	if (v != NULL && w->depth < DEPTH && w->l->nchars <= TS_CHARS && w->l->nparts++ < PARTS) {
		w->depth++;
		t = of_value(w, v, path);
		w->depth--;
	}
	return t != NULL ? t : leaf(w, TENSOR_MISSING);
}

struct tensor *
ts_contents(struct ts_lowering *l, struct torch_store *store, struct pickle_value *v,
    const struct str *path)
{
	struct work w = { l, store, 0 };
	struct tensor *t = contents(&w, v, path);

	if (t->items != NULL)
		held_find(t, &l->u->m->arena);
	return t;
}
