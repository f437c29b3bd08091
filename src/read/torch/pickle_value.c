/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at what a pickle holds, and values of the same kind from elsewhere. */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "read/torch/pickle.h"

void
pickle_report(struct ctx *ctx, const struct source *src, const struct pickle *p)
{
	if (p->problem == NULL)
		return;
	diag_add(ctx, DIAG_PICKLE, &(struct where){ .loc = { src, p->problem_at, 0 } },
	    "%s: %s; %s", src->name, p->problem, p->stopped ?
	    "it was read as if nothing stood there" : "what stands before it was read");
}

bool
pickle_is_global(const struct pickle_value *v, const char *module, const char *name)
{
	return v != NULL && v->kind == PK_GLOBAL && strcmp(v->v.global.name, name) == 0 &&
	    strcmp(v->v.global.module, module) == 0;
}

bool
pickle_is_call(const struct pickle_value *v, const char *module, const char *name, uint32_t n)
{
	return v != NULL && v->kind == PK_CALL && v->v.call->args->kind == PK_TUPLE &&
	    v->v.call->args->n >= n && pickle_is_global(v->v.call->callee, module, name);
}

struct pickle_value *
pickle_item(const struct pickle_value *v, uint64_t i)
{
	if (v != NULL && v->kind == PK_CALL)
		v = v->v.call->args;
	if (v == NULL || (v->kind != PK_TUPLE && v->kind != PK_LIST) || i >= v->n)
		return NULL;
	return v->v.items[i];
}

bool
pickle_int(const struct pickle_value *v, int64_t *i)
{
	if (v == NULL || (v->kind != PK_INT && v->kind != PK_BOOL))
		return false;
	*i = v->v.i;
	return true;
}

const char *
pickle_str(const struct pickle_value *v)
{
	return v != NULL && v->kind == PK_STR ? v->v.text.s : NULL;
}

struct pickle_value **
pickle_pairs(const struct pickle_value *v, uint64_t *n)
{
	*n = 0;
	if (v != NULL && v->kind == PK_DICT) {
		*n = v->n & ~UINT64_C(1);
		return v->v.items;
	}
	if (v == NULL || v->kind != PK_CALL || v->v.call->ndict == 0)
		return NULL;
	*n = v->v.call->ndict & ~UINT32_C(1);
	return v->v.call->dict;
}

struct pickle_value *
pickle_get(const struct pickle_value *v, const char *key)
{
	uint64_t n;
	struct pickle_value **pairs = pickle_pairs(v, &n);
	const char *s;

	for (; n > 0; n -= 2)
		if ((s = pickle_str(pairs[n - 2])) != NULL && strcmp(s, key) == 0)
			return pairs[n - 1];
	return NULL;
}

struct pickle_value *
pickle_new(struct arena *a, enum pickle_kind kind, uint64_t off)
{
	struct pickle_value *v = arena_alloc(a, sizeof *v);

	v->kind = kind;
	v->off = off;
	return v;
}

struct pickle_value *
pickle_new_int(struct arena *a, int64_t i, uint64_t off)
{
	struct pickle_value *v = pickle_new(a, PK_INT, off);

	v->v.i = i;
	return v;
}

struct pickle_value *
pickle_new_call(struct arena *a, const char *module, const char *name, uint64_t off)
{
	struct pickle_value *v = pickle_new(a, PK_CALL, off);

	v->v.call = arena_alloc(a, sizeof *v->v.call);
	v->v.call->args = pickle_new(a, PK_TUPLE, off);
	v->v.call->callee = pickle_new(a, PK_GLOBAL, off);
	v->v.call->callee->v.global.module = module;
	v->v.call->callee->v.global.name = name;
	return v;
}

void
pickle_push(struct arena *a, struct pickle_value *list, struct pickle_value *item)
{
	list->v.items = arena_grow(a, list->v.items, (uint32_t)list->n, sizeof *list->v.items);
	list->v.items[list->n++] = item;
}
