/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters and buffers of the module tree, in the order of its classes, as
 * initializers of the main graph. One that hangs in two places is one tensor; its
 * other names are roles of the same value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "read/torch/ts_lower.h"

enum { HELD_MAX = 1000000 }; /* parts of lists and the like looked at */

static const struct str *
join(struct ts_lowering *l, const struct str *path, const struct str *name)
{
	if (path == NULL || path->len == 0)
		return name;
	l->nchars += path->len + name->len;
	return l->nchars > TS_CHARS ? path : ts_join(l->u, path, name);
}

const struct str *
ts_label(struct ts_lowering *l, const struct str *wanted)
{
	struct model *m = l->u->m;
	const struct str *s = wanted;
	char suffix[16];

	for (;;) {
		while (l->ntaken <= s->id) {
			l->taken = arena_grow(l->a, l->taken, l->ntaken, sizeof *l->taken);
			l->taken[l->ntaken++] = 0;
		}
		if (l->taken[s->id]++ == 0 && s->len > 0)
			return s;
		if (s != wanted) /* the name with that number is somebody's own */
			l->taken[wanted->id]++;
		snprintf(suffix, sizeof suffix, "%u", l->taken[wanted->id]);
		s = ts_join(l->u, wanted->len > 0 ? wanted : str_internz(&m->strs, "value"),
		    str_internz(&m->strs, suffix));
	}
}

static bool
listed(const struct ts_expr *list, const struct str *name)
{
	for (uint32_t i = 0; list != NULL && i < list->n; i++)
		if (list->list[i]->kind == E_STR && list->list[i]->name == name)
			return true;
	return false;
}

const struct type *
ts_tensor_type(struct ts_lowering *l, const struct tensor *t)
{
	const struct dim **dims = arena_array(l->a, t->rank, sizeof *dims);

	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = dim_const(&l->u->m->types, t->dims[i]);
	return type_tensor(&l->u->m->types, t->dtype, true, t->rank, dims);
}

static void
add_role(struct ts_lowering *l, enum role_kind kind, struct value *v, const struct str *target)
{
	const struct role role = { .kind = kind, .name = v->name, .target = target, .value = v };

	graph_add_role(l->u->m, l->main, role);
}

static void
hold_tensor(struct ts_lowering *l, struct pickle_value *p, const struct str *path,
    enum role_kind kind, uint32_t flags)
{
	struct ts_obj *o = ts_object(&l->objects, p, path);
	struct tensor *t;

	if (o->made == NULL) {
		t = torch_tensor(l->objects.store, p, path);
		if (t == NULL)
			return;
		o->made = graph_add_value(l->u->m, l->main, ts_label(l, path),
		    VALUE_INITIALIZER | flags);
		o->made->constant = t;
		o->made->type = ts_tensor_type(l, t);
		o->made->loc = t->loc;
	}
	add_role(l, kind, o->made, path);
}

static void hold_value(struct ts_lowering *, struct pickle_value *, const struct str *path,
	uint32_t depth);

/* Numbers and texts are not worth a path. */
static bool
may_hold(const struct pickle_value *p)
{
	return p != NULL && (p->kind == PK_CALL || p->kind == PK_LIST || p->kind == PK_TUPLE ||
	    p->kind == PK_DICT);
}

static void
hold_pairs(struct ts_lowering *l, struct pickle_value *const *pairs, uint64_t n,
    const struct str *path, uint32_t depth)
{
	struct strtab *strs = &l->u->m->strs;
	const char *key;

	for (uint64_t i = 0; i + 1 < n; i += 2) {
		if (!may_hold(pairs[i + 1]))
			continue;
		key = pickle_str(pairs[i]);
		if (key == NULL)
			key = arena_printf(l->a, "%llu", (unsigned long long)(pairs[i]->kind ==
			    PK_INT ? (uint64_t)pairs[i]->v.i : i / 2));
		l->nchars += strlen(key);
		if (l->nchars <= TS_CHARS)
			hold_value(l, pairs[i + 1], join(l, path, str_internz(strs, key)), depth);
	}
}

/* Of an object made in C++, such as packed weights, or of a class that is no
 * module. */
static void
hold_call(struct ts_lowering *l, struct pickle_value *p, const struct str *path, uint32_t depth)
{
	struct pickle_value *parts[TS_PACKED_MAX];
	const char *const *names;
	uint32_t n = ts_packed(p, parts, &names);

	for (uint32_t i = 0; i < n; i++)
		hold_value(l, parts[i], join(l, path, str_internz(&l->u->m->strs, names[i])),
		    depth);
	if (n == 0 && p->v.call->ndict > 0)
		hold_pairs(l, p->v.call->dict, p->v.call->ndict, path, depth);
	else if (n == 0)
		hold_value(l, ts_state(p), path, depth);
}

/* Tensors in what is no module; it may hold itself. */
static void
hold_value(struct ts_lowering *l, struct pickle_value *p, const struct str *path,
    uint32_t depth)
{
	char name[24];

	p = ts_unwrap(p);
	if (p == NULL || depth > 8 || l->nheld > HELD_MAX || l->nchars > TS_CHARS)
		return;
	l->nheld++;
	if (torch_is_tensor(p)) {
		hold_tensor(l, p, path, ROLE_CONSTANT, VALUE_PART);
	} else if (p->kind == PK_CALL) {
		hold_call(l, p, path, depth + 1);
	} else if (p->kind == PK_DICT) {
		hold_pairs(l, p->v.items, p->n, path, depth + 1);
	} else if (p->kind == PK_LIST || p->kind == PK_TUPLE) {
		for (uint64_t i = 0; i < p->n; i++) {
			if (!may_hold(p->v.items[i]))
				continue;
			snprintf(name, sizeof name, "%llu", (unsigned long long)i);
			hold_value(l, p->v.items[i], join(l, path, str_internz(&l->u->m->strs,
			    name)), depth + 1);
		}
	}
}

/* A module further down, to be walked when those before it are done. */
struct level { struct ts_obj *o; uint32_t next; };

static void
hold_attr(struct ts_lowering *l, struct ts_obj *o, uint32_t i)
{
	const struct ts_attr *a = &o->cls->attrs[i];
	struct pickle_value *p = o->attrs[i];
	enum role_kind kind = listed(o->cls->decl->parameters, a->name) ? ROLE_PARAMETER :
	    listed(o->cls->decl->buffers, a->name) || o->cls->decl->buffers == NULL ?
	    ROLE_BUFFER : ROLE_CONSTANT;

	if (torch_is_tensor(p))
		hold_tensor(l, p, join(l, o->path, a->name), kind, 0);
	else if (may_hold(p))
		hold_value(l, p, join(l, o->path, a->name), 0);
}

/* The module that attribute i holds, when it is one not met before. */
static struct ts_obj *
module_at(struct ts_lowering *l, struct ts_obj *o, uint32_t i)
{
	const struct str *name = ts_class_name(l->u, ts_unwrap(o->attrs[i]));
	struct ts_obj *inner;
	struct ts_cls *c;

	if (name == NULL || (c = ts_find(l->u, name).cls) == NULL ||
	    c->decl->base != BASE_MODULE)
		return NULL;
	inner = ts_object(&l->objects, o->attrs[i], join(l, o->path, o->cls->attrs[i].name));
	return inner;
}

void
ts_hold(struct ts_lowering *l)
{
	struct level *stack = NULL;
	uint32_t n = 0;
	struct ts_obj *inner;

	l->here = l->main;
	stack = arena_grow(l->a, stack, n, sizeof *stack);
	stack[n++] = (struct level){ l->root, 0 };
	l->root->walked = true;
	while (n > 0) {
		struct level *at = &stack[n - 1];
		struct ts_obj *o = at->o;

		if (o->cls == NULL || at->next == o->cls->nattrs) {
			n--;
			continue;
		}
		if (o->attrs[at->next++] == NULL)
			continue;
		inner = module_at(l, o, at->next - 1);
		if (inner == NULL) {
			hold_attr(l, o, at->next - 1);
		} else if (!inner->walked) {
			inner->walked = true;
			stack = arena_grow(l->a, stack, n, sizeof *stack);
			stack[n++] = (struct level){ inner, 0 };
		}
	}
}

void
ts_pass(struct ts_lowering *l, const struct ts_obj *o, const struct str *attr)
{
	const struct str *path = o->path != NULL ? o->path : l->u->m->empty;

	if (o->cls == NULL || o->cls->decl->base != BASE_MODULE)
		return;
	if (attr != NULL)
		path = join(l, path, attr);
	while (l->npassed <= path->id) {
		l->passed = arena_grow(l->a, l->passed, l->npassed, sizeof *l->passed);
		l->passed[l->npassed++] = false;
	}
	l->passed[path->id] = true;
}

/* A path, what is below it, then all others: as if dots came before all else. */
static int
by_path(const void *a, const void *b)
{
	const struct str *x = *(const struct str *const *)a, *y = *(const struct str *const *)b;
	uint32_t n = x->len < y->len ? x->len : y->len, i = 0;
	unsigned char c, d;

	while (i < n && x->s[i] == y->s[i])
		i++;
	if (i == n)
		return (x->len > n) - (y->len > n);
	c = (unsigned char)x->s[i];
	d = (unsigned char)y->s[i];
	return c == '.' ? -1 : d == '.' ? 1 : c < d ? -1 : 1;
}

/* Is the path that one, or below it? */
static bool
is_below(const struct str *path, const struct str *top)
{
	return top->len == 0 || (path->len >= top->len &&
	    memcmp(path->s, top->s, top->len) == 0 &&
	    (path->len == top->len || path->s[top->len] == '.'));
}

/* The paths passed that are not below others, in order. */
static uint32_t
list_passed(const struct ts_lowering *l, const struct str ***out)
{
	const struct str **list = arena_array(l->a, l->npassed, sizeof *list);
	uint32_t n = 0, kept = 0;

	for (uint32_t i = 0; i < l->npassed; i++)
		if (l->passed[i])
			list[n++] = str_at(&l->u->m->strs, i);
	if (n > 0)
		qsort(list, n, sizeof *list, by_path);
	for (uint32_t i = 0; i < n; i++)
		if (kept == 0 || !is_below(list[i], list[kept - 1]))
			list[kept++] = list[i];
	*out = list;
	return kept;
}

/* What it may be below is the last of them that does not come after it. */
static bool
is_passed(const struct str *const *list, uint32_t n, const struct str *path)
{
	uint32_t from = 0, to = n, mid;

	while (from < to) {
		mid = from + (to - from) / 2;
		if (by_path(&list[mid], &path) <= 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from > 0 && is_below(path, list[from - 1]);
}

void
ts_hold_passed(struct ts_lowering *l)
{
	const struct graph *g = l->main;
	const struct str **list = NULL;
	uint32_t n = l->npassed > 0 && g != NULL ? list_passed(l, &list) : 0;

	for (uint32_t i = 0; n > 0 && i < g->nroles; i++)
		if (g->roles[i].value != NULL && g->roles[i].target != NULL &&
		    is_passed(list, n, g->roles[i].target))
			g->roles[i].value->flags |= VALUE_PART;
}
