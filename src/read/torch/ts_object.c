/* SPDX-License-Identifier: Apache-2.0 */
/* Objects by the identity of their pickled value. */
#include <string.h>

#include "base/ctx.h"
#include "base/hash.h"
#include "read/torch/ts_object.h"

struct pickle_value *
ts_unwrap(struct pickle_value *v)
{
	static const char *const builders[] = { "build_intlist", "build_doublelist",
		"build_boollist", "build_tensorlist", "restore_type_tag" };
	struct pickle_value *inner;

	for (uint32_t depth = 0; v != NULL && v->kind == PK_CALL && depth < 8; depth++) {
		inner = NULL;
		for (size_t i = 0; i < sizeof builders / sizeof *builders; i++)
			if (pickle_is_call(v, "torch.jit._pickle", builders[i], 1))
				inner = pickle_item(v, 0);
		if (inner == NULL)
			break;
		v = inner;
	}
	return v;
}

struct pickle_value *
ts_state(const struct pickle_value *v)
{
	return v->kind == PK_CALL ? ts_unwrap(v->v.call->state) : NULL;
}

enum {
	NAME_MOST = 4096, /* of a class: what is longer names none */
	ATTRS_MOST = 1 << 25 /* of all objects: those beyond are of no class that is known */
};

const struct str *
ts_class_name(struct ts_unit *u, const struct pickle_value *v)
{
	const struct pickle_value *c;
	char *text;

	if (v == NULL || v->kind != PK_CALL)
		return NULL;
	c = v->v.call->callee;
	if (c == NULL || c->kind != PK_GLOBAL || c->v.global.module == NULL ||
	    c->v.global.name == NULL || strncmp(c->v.global.module, "__torch__", 9) != 0)
		return NULL;
	if (strlen(c->v.global.module) + strlen(c->v.global.name) > NAME_MOST)
		return NULL;
	text = arena_printf(u->a, "%s.%s", c->v.global.module, c->v.global.name);
	return str_internz(&u->m->strs, text);
}

/* libtorch wants a value for each attribute that the class declares. */
static void
check(struct ts_objects *o, const struct ts_obj *obj)
{
	const struct source *src = o->store->src;
	struct where where = { .loc = { src, obj->v->off, 0 } };

	for (uint32_t i = 0; i < obj->cls->nattrs; i++) {
		if (obj->attrs[i] != NULL || obj->cls->attrs[i].member->value != NULL)
			continue;
		diag_add(o->u->ctx, DIAG_TS_OBJECT, &where, "%s%san object of %s has no value for "
		    "%s; libtorch refuses it", obj->path != NULL ? obj->path->s : "",
		    obj->path != NULL && obj->path->len > 0 ? ": " : "", obj->cls->name->s,
		    obj->cls->attrs[i].name->s);
		return;
	}
}

static void
fill(struct ts_objects *o, struct ts_obj *obj)
{
	struct ts_fn *set = ts_method(obj->cls, str_internz(&o->u->m->strs, "__setstate__"));
	struct pickle_value *state = ts_state(obj->v), **pairs;
	const char *key;
	uint64_t n;
	uint32_t at;

	ts_cls_resolve(o->u, obj->cls);
	if (obj->cls->decl->base == BASE_ENUM) /* its members are the class's */
		return;
	o->nattrs += obj->cls->nattrs;
	if (o->nattrs > ATTRS_MOST) {
		obj->cls = NULL;
		return;
	}
	obj->attrs = arena_array(o->a, obj->cls->nattrs, sizeof *obj->attrs);
	if (set != NULL) {
		ts_setstate(o, obj, set->def);
		return;
	}
	pairs = state != NULL ? pickle_pairs(state, &n) : NULL;
	for (uint64_t i = 0; pairs != NULL && i + 1 < n; i += 2) {
		key = pickle_str(pairs[i]);
		if (key != NULL && ts_attr_find(o->u, obj->cls, str_internz(&o->u->m->strs, key),
		    &at) != NULL)
			obj->attrs[at] = ts_unwrap(pairs[i + 1]);
	}
	if (obj->cls->decl->base == BASE_MODULE)
		check(o, obj);
}

static struct ts_obj **
slot_of(const struct ts_objects *o, const struct pickle_value *v)
{
	uint32_t i = (uint32_t)hash_mix((uintptr_t)v) & o->mask;

	while (o->slots[i] != NULL && o->slots[i]->v != v)
		i = (i + 1) & o->mask;
	return &o->slots[i];
}

static void
grow(struct ts_objects *o)
{
	struct ts_obj **old = o->slots;
	uint32_t n = old != NULL ? o->mask + 1 : 0;

	if (old != NULL && o->n * 2 < n)
		return;
	o->mask = n > 0 ? 2 * n - 1 : 127;
	o->slots = arena_array(o->a, (size_t)o->mask + 1, sizeof *o->slots);
	for (uint32_t i = 0; i < n; i++)
		if (old[i] != NULL)
			*slot_of(o, old[i]->v) = old[i];
}

struct ts_obj *
ts_object(struct ts_objects *o, struct pickle_value *v, const struct str *path)
{
	const struct str *name;
	struct ts_obj **slot, *obj;

	v = ts_unwrap(v);
	if (v == NULL)
		return NULL;
	grow(o);
	slot = slot_of(o, v);
	if (*slot != NULL)
		return *slot;
	obj = *slot = arena_alloc(o->a, sizeof *obj);
	o->n++;
	obj->v = v;
	obj->path = path;
	name = ts_class_name(o->u, v);
	if (name != NULL)
		obj->cls = ts_find(o->u, name).cls;
	if (obj->cls != NULL)
		fill(o, obj);
	return obj;
}

struct pickle_value *
ts_object_attr(struct ts_objects *o, struct ts_obj *obj, const struct str *name)
{
	uint32_t at;

	if (obj->cls == NULL || ts_attr_find(o->u, obj->cls, name, &at) == NULL)
		return NULL;
	return obj->attrs != NULL ? obj->attrs[at] : NULL;
}
