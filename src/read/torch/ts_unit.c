/* SPDX-License-Identifier: Apache-2.0 */
/* Looking names up. A full name is asked for once; what it means is kept by
 * the id of its interned string. */
#include <string.h>

#include "base/ctx.h"
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

/* Names in a file: of its code or of other files, so most are found at once. */
static void
index_names(struct ts_unit *u, struct ts_file *f)
{
	for (struct ts_class *c = f->classes; c != NULL; c = c->next)
		strmap_add(&f->class_of, u->a, c->name, c);
	for (struct ts_def *d = f->defs; d != NULL; d = d->next)
		strmap_add(&f->def_of, u->a, d->name, d);
}

/* Files that are not there are kept too, without text. */
static struct ts_file *
file_of(struct ts_unit *u, const struct str *qualifier)
{
	struct ts_file *f = strmap_find(&u->files, qualifier);
	size_t n = 0;

	if (f != NULL)
		return f;
	f = arena_alloc(u->a, sizeof *f);
	strmap_add(&u->files, u->a, qualifier, f);
	f->text = u->load.text(u->load.arg, qualifier, &n, &f->src);
	if (f->text == NULL)
		return f;
	f->size = (uint32_t)n;
	if (!ts_parse(u->ctx, &u->m->strs, u->a, f))
		u->m->partial = true;
	index_names(u, f);
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
		strmap_add(&c->methods, u->a, d->name, *last);
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
	const struct str *atom;
	struct ts_class *c;
	struct ts_file *f;
	struct ts_def *d;
	uint32_t dot = full->len;

	while (dot > 0 && full->s[dot - 1] != '.')
		dot--;
	if (dot == 0)
		return s;
	f = file_of(u, str_intern(&u->m->strs, full->s, dot - 1));
	if ((atom = str_find(&u->m->strs, full->s + dot, full->len - dot)) == NULL)
		return s;
	if ((c = strmap_find(&f->class_of, atom)) != NULL)
		return (struct ts_symbol){ SYM_CLASS, class_new(u, full, c, f), NULL };
	if ((d = strmap_find(&f->def_of, atom)) != NULL)
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

/* Classes of few attributes are looked through, without a table. */
enum { FEW = 16 };

static const struct ts_attr *
attr_of(struct ts_unit *u, struct ts_cls *c, const struct str *name)
{
	if (c->nattrs > FEW) {
		if (c->attr_of.n == 0)
			for (uint32_t i = 0; i < c->nattrs; i++)
				strmap_add(&c->attr_of, u->a, c->attrs[i].name, &c->attrs[i]);
		return strmap_find(&c->attr_of, name);
	}
	for (uint32_t i = 0; i < c->nattrs; i++)
		if (c->attrs[i].name == name)
			return &c->attrs[i];
	return NULL;
}

const struct ts_attr *
ts_attr_find(struct ts_unit *u, struct ts_cls *c, const struct str *name, uint32_t *index)
{
	const struct ts_attr *a;

	ts_cls_resolve(u, c);
	a = attr_of(u, c, name);
	if (a != NULL && index != NULL)
		*index = (uint32_t)(a - c->attrs);
	return a;
}

struct ts_fn *
ts_method(struct ts_cls *c, const struct str *name)
{
	return strmap_find(&c->methods, name);
}

const struct type *
ts_fn_result(struct ts_unit *u, struct ts_fn *fn)
{
	if (fn->result == NULL && fn->def->result != NULL)
		fn->result = ts_type(u, fn->def->result);
	return fn->result;
}
