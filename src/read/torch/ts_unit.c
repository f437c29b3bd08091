/* SPDX-License-Identifier: Apache-2.0 */
/* Looking names up. A full name is asked for once; what it means is kept by
 * the id of its interned string. */
#include <string.h>

#include "base/ctx.h"
#include "base/hash.h"
#include "read/torch/ts_unit.h"

const struct str *
ts_join(struct ts_unit *u, const struct str *a, const struct str *b)
{
	char stack[256], *text = stack;
	size_t n = (size_t)a->len + 1 + b->len;

	if (a->len == 0)
		return b;
	if (n > sizeof stack)
		text = arena_alloc(u->a, n);
	memcpy(text, a->s, a->len);
	text[a->len] = '.';
	memcpy(text + a->len + 1, b->s, b->len);
	return str_intern(&u->m->strs, text, (uint32_t)n);
}

static struct ts_entry *
file_slot(struct ts_unit *u, const struct str *qualifier)
{
	uint32_t i = (uint32_t)hash_mix(qualifier->id) & u->file_mask;

	while (u->files[i].name != NULL && u->files[i].name != qualifier)
		i = (i + 1) & u->file_mask;
	return &u->files[i];
}

static void
grow_files(struct ts_unit *u)
{
	struct ts_entry *old = u->files;
	uint32_t n = old != NULL ? u->file_mask + 1 : 0;

	if (old != NULL && u->nfiles * 2 < n)
		return;
	u->file_mask = n > 0 ? 2 * n - 1 : 63;
	u->files = arena_array(u->a, (size_t)u->file_mask + 1, sizeof *u->files);
	for (uint32_t i = 0; i < n; i++)
		if (old[i].name != NULL)
			*file_slot(u, old[i].name) = old[i];
}

static struct ts_file *
file_of(struct ts_unit *u, const struct str *qualifier)
{
	const struct source *src = NULL;
	struct ts_entry *e;
	struct ts_file *f;
	const char *text;
	size_t n;

	grow_files(u);
	e = file_slot(u, qualifier);
	if (e->name != NULL)
		return e->file;
	e->name = qualifier;
	u->nfiles++;
	text = u->load.text(u->load.arg, qualifier, &n, &src);
	if (text == NULL)
		return NULL;
	f = arena_alloc(u->a, sizeof *f);
	f->src = src;
	f->text = text;
	f->size = (uint32_t)n;
	if (!ts_parse(u->ctx, &u->m->strs, u->a, f))
		u->m->partial = true;
	file_slot(u, qualifier)->file = f;
	return f;
}

struct ts_fn *
ts_fn_new(struct ts_unit *u, const struct str *name, struct ts_def *def, struct ts_file *file,
    struct ts_cls *cls)
{
	struct ts_fn *fn = arena_alloc(u->a, sizeof *fn);

	fn->name = name;
	fn->def = def;
	fn->file = file;
	fn->cls = cls;
	u->fns = arena_grow(u->a, u->fns, u->nfns, sizeof *u->fns);
	u->fns[u->nfns++] = fn;
	return fn;
}

static struct ts_cls *
class_new(struct ts_unit *u, const struct str *full, struct ts_class *decl, struct ts_file *file)
{
	struct ts_cls *c = arena_alloc(u->a, sizeof *c);
	struct ts_fn **last = &c->fns;

	c->name = full;
	c->decl = decl;
	c->file = file;
	c->type = ts_class_type(u, full);
	for (struct ts_def *d = decl->defs; d != NULL; d = d->next) {
		*last = ts_fn_new(u, ts_join(u, full, d->name), d, file, c);
		last = &(*last)->next;
	}
	u->classes = arena_grow(u->a, u->classes, u->nclasses, sizeof *u->classes);
	u->classes[u->nclasses++] = c;
	return c;
}

static struct ts_symbol
look(struct ts_unit *u, const struct str *full)
{
	struct ts_symbol s = { .kind = SYM_MISSING };
	struct ts_file *f;
	uint32_t dot = full->len;
	const char *atom;

	while (dot > 0 && full->s[dot - 1] != '.')
		dot--;
	if (dot == 0)
		return s;
	f = file_of(u, str_intern(&u->m->strs, full->s, dot - 1));
	atom = full->s + dot;
	for (struct ts_class *c = f != NULL ? f->classes : NULL; c != NULL; c = c->next)
		if (strcmp(c->name->s, atom) == 0)
			return (struct ts_symbol){ SYM_CLASS, class_new(u, full, c, f), NULL };
	for (struct ts_def *d = f != NULL ? f->defs : NULL; d != NULL; d = d->next)
		if (strcmp(d->name->s, atom) == 0)
			return (struct ts_symbol){ SYM_FN, NULL, ts_fn_new(u, full, d, f, NULL) };
	return s;
}

static void
grow_symbols(struct ts_unit *u, const struct str *full)
{
	while (u->nsymbols <= full->id) {
		u->symbols = arena_grow(u->a, u->symbols, u->nsymbols, sizeof *u->symbols);
		u->symbols[u->nsymbols++] = NULL;
	}
}

static void
set_symbol(struct ts_unit *u, const struct str *full, struct ts_symbol s)
{
	grow_symbols(u, full);
	if (u->symbols[full->id] == NULL)
		u->symbols[full->id] = arena_alloc(u->a, sizeof s);
	*u->symbols[full->id] = s;
}

struct ts_cls *
ts_declare(struct ts_unit *u, const struct str *full, struct ts_class *decl, struct ts_file *f)
{
	struct ts_cls *c = class_new(u, full, decl, f);

	set_symbol(u, full, (struct ts_symbol){ SYM_CLASS, c, NULL });
	return c;
}

struct ts_symbol
ts_find(struct ts_unit *u, const struct str *full)
{
	struct ts_symbol s;

	grow_symbols(u, full);
	if (u->symbols[full->id] != NULL && u->symbols[full->id]->kind != SYM_UNKNOWN)
		return *u->symbols[full->id];
	s = look(u, full);
	set_symbol(u, full, s);
	return s;
}

struct ts_cls *
ts_cls_of(struct ts_unit *u, const struct type *t)
{
	if (t == NULL || t->tag != TY_OPAQUE || t->domain == NULL || t->domain->len == 0)
		return NULL;
	return ts_find(u, ts_join(u, t->domain, t->name)).cls;
}

void
ts_cls_resolve(struct ts_unit *u, struct ts_cls *c)
{
	const struct type **fields;
	struct ts_attr *a;

	if (c->resolved)
		return;
	c->resolved = true;
	for (struct ts_member *m = c->decl->members; m != NULL; m = m->next) {
		c->attrs = arena_grow(u->a, c->attrs, c->nattrs, sizeof *c->attrs);
		a = &c->attrs[c->nattrs++];
		*a = (struct ts_attr){ .name = m->name, .member = m };
	}
	fields = arena_array(u->a, c->nattrs, sizeof *fields);
	for (uint32_t i = 0; i < c->nattrs; i++) {
		a = &c->attrs[i];
		if (a->member->type != NULL)
			a->type = ts_type(u, a->member->type);
		fields[i] = a->type;
	}
	if (c->decl->base == BASE_NAMEDTUPLE)
		c->tuple = ts_tuple_of(u, fields, c->nattrs);
}

const struct ts_attr *
ts_attr_find(struct ts_unit *u, struct ts_cls *c, const struct str *name, uint32_t *index)
{
	ts_cls_resolve(u, c);
	for (uint32_t i = 0; i < c->nattrs; i++) {
		if (c->attrs[i].name != name)
			continue;
		if (index != NULL)
			*index = i;
		return &c->attrs[i];
	}
	return NULL;
}

struct ts_fn *
ts_method(struct ts_cls *c, const struct str *name)
{
	struct ts_fn *fn = c->fns;

	while (fn != NULL && fn->def->name != name)
		fn = fn->next;
	return fn;
}

const struct type *
ts_fn_result(struct ts_unit *u, struct ts_fn *fn)
{
	if (fn->result == NULL && fn->def->result != NULL)
		fn->result = ts_type(u, fn->def->result);
	return fn->result;
}
