/* SPDX-License-Identifier: Apache-2.0 */
/* model.json is the proto3 JSON of a ModelDef: 64-bit numbers are strings, and
 * members that have their default are left out. Modules come before the tensors
 * that they name by number. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "read/archive.h"
#include "read/torch/pickle.h"
#include "read/torch/torch_dtype.h"
#include "read/torch/ts_old.h"

#define QUALIFIER "__torch__.model_json"

enum slot_kind { SLOT_PARAMETER, SLOT_BUFFER, SLOT_ATTRIBUTE, SLOT_MODULE };

struct slot {
	enum slot_kind kind;
	const struct str *name, *type; /* type: of an attribute */
	int64_t id;                    /* of the tensor or value; -1: it has none */
	struct ts_old_module *module;
};

struct ts_old_module {
	const struct str *name, *code; /* code: its record, or NULL */
	const char *atom;              /* of its class */
	struct slot *slots;
	uint32_t n;
	struct pickle_value *v;
	struct ts_old_module *next;
};

bool
ts_old_is(const struct archive *z)
{
	return archive_record(z, "model.json") != NULL;
}

const char *
ts_record_text(struct archive *z, struct arena *a, const char *record, size_t *n,
    const struct source **src)
{
	struct archive_entry *e = archive_record(z, record);
	struct source *s = e != NULL ? archive_source(z, e, NULL) : NULL;
	char *out;

	if (s == NULL || s->size > UINT32_MAX)
		return NULL;
	*src = s;
	*n = (size_t)s->size;
	if (source_in_memory(s))
		return (const char *)s->mem;
	out = arena_alloc(a, *n + 1);
	return source_read(s, 0, out, *n) == (long)*n ? out : NULL;
}

/* ---- values, as a pickle has them ---- */

static struct pickle_value *
new_value(struct ts_old *o, enum pickle_kind kind)
{
	return pickle_new(&o->m->arena, kind, json_in_at(&o->j));
}

static struct pickle_value *
integer(struct ts_old *o, int64_t i)
{
	return pickle_new_int(&o->m->arena, i, json_in_at(&o->j));
}

static struct pickle_value *
text(struct ts_old *o, const char *s)
{
	struct pickle_value *v = new_value(o, PK_STR);

	v->v.text.s = s;
	v->n = strlen(s);
	return v;
}

static struct pickle_value *
global(struct ts_old *o, const char *module, const char *name)
{
	struct pickle_value *v = new_value(o, PK_GLOBAL);

	v->v.global.module = module;
	v->v.global.name = name;
	return v;
}

static void
push(struct ts_old *o, struct pickle_value *list, struct pickle_value *item)
{
	pickle_push(&o->m->arena, list, item);
}

/* ---- members of any kind ---- */

static const struct str *
read_text(struct ts_old *o)
{
	struct json_in_text t;

	return json_in_string(&o->j, &t) ? str_intern(&o->m->strs, t.s, t.n) : NULL;
}

/* 64-bit numbers are strings, shorter ones are not. */
static int64_t
read_number(struct ts_old *o)
{
	const struct str *s;
	int64_t i = 0;

	if (json_in_kind(&o->j) == JSON_IN_STRING)
		return (s = read_text(o)) != NULL ? strtoll(s->s, NULL, 10) : 0;
	return json_in_int(&o->j, &i) ? i : 0;
}

static struct pickle_value *
read_numbers(struct ts_old *o)
{
	struct pickle_value *list = new_value(o, PK_TUPLE);

	if (json_in_open(&o->j, JSON_IN_ARRAY))
		while (json_in_item(&o->j))
			push(o, list, integer(o, read_number(o)));
	return list;
}

/* {"key": "code/a.py"} */
static const struct str *
read_record(struct ts_old *o)
{
	static const char *const names[] = { "key", NULL };
	const struct str *key = NULL;

	if (json_in_open(&o->j, JSON_IN_OBJECT))
		while (json_in_field(&o->j, names) >= 0)
			key = read_text(o);
	return key;
}

/* ---- tensors ---- */

/* Names of caffe2's types; others stay as they are, and are reported where the
 * storage is looked at. */
static const char *
storage_class(const struct str *type)
{
	static const char *const rows[][2] = { { "FLOAT", "FloatStorage" },
		{ "INT32", "IntStorage" }, { "BYTE", "ByteStorage" }, { "BOOL", "BoolStorage" },
		{ "UINT8", "ByteStorage" }, { "INT8", "CharStorage" },
		{ "INT16", "ShortStorage" }, { "INT64", "LongStorage" },
		{ "FLOAT16", "HalfStorage" }, { "DOUBLE", "DoubleStorage" } };

	for (size_t i = 0; type != NULL && i < sizeof rows / sizeof *rows; i++)
		if (strcmp(type->s, rows[i][0]) == 0)
			return rows[i][1];
	return type != NULL ? type->s : "";
}

/* How many elements there are is not said: as many as the record has. */
static struct pickle_value *
storage(struct ts_old *o, const struct str *key, const char *class)
{
	struct pickle_value *v = new_value(o, PK_PERSISTENT), *id = new_value(o, PK_TUPLE);
	const struct archive_entry *e = key != NULL ? archive_record(o->z, key->s) : NULL;
	enum dtype dt;
	bool untyped;
	int64_t n = 1;

	if (e != NULL && e->size <= INT64_MAX / 8 &&
	    torch_dtype_storage(class, &dt, &untyped) && dtype_bits(dt) > 0)
		n = (int64_t)e->size * 8 / dtype_bits(dt);
	push(o, id, text(o, "storage"));
	push(o, id, global(o, "torch", class));
	push(o, id, text(o, key != NULL ? key->s : ""));
	push(o, id, text(o, "cpu"));
	push(o, id, integer(o, n));
	v->v.id = id;
	return v;
}

static struct pickle_value *
read_tensor(struct ts_old *o)
{
	static const char *const names[] = { "dims", "offset", "strides", "dataType", "data",
		NULL };
	struct pickle_value *v = pickle_new_call(&o->m->arena, "torch._utils",
	    "_rebuild_tensor_v2", json_in_at(&o->j));
	struct pickle_value *dims = new_value(o, PK_TUPLE), *strides = dims;
	const struct str *type = NULL, *key = NULL;
	int64_t offset = 0;
	int at;

	if (!json_in_open(&o->j, JSON_IN_OBJECT))
		return new_value(o, PK_NONE);
	while ((at = json_in_field(&o->j, names)) >= 0) {
		switch (at) {
		case 0: dims = read_numbers(o); break;
		case 1: offset = read_number(o); break;
		case 2: strides = read_numbers(o); break;
		case 3: type = read_text(o); break;
		default: key = read_record(o);
		}
	}
	push(o, v->v.call->args, storage(o, key, storage_class(type)));
	push(o, v->v.call->args, integer(o, offset));
	push(o, v->v.call->args, dims);
	push(o, v->v.call->args, strides);
	return v;
}

/* ---- modules ---- */

static void
add_slot(struct ts_old *o, struct ts_old_module *mod, const struct slot *s)
{
	if (s->name == NULL)
		return;
	mod->slots = arena_grow(o->scratch, mod->slots, mod->n, sizeof *mod->slots);
	mod->slots[mod->n++] = *s;
}

static void
read_slots(struct ts_old *o, struct ts_old_module *mod, enum slot_kind kind)
{
	static const char *const names[] = { "name", "tensorId", "isBuffer", "type", "id", NULL };
	struct slot s;
	bool buffer;
	int at;

	if (!json_in_open(&o->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&o->j)) {
		s = (struct slot){ .kind = kind };
		if (!json_in_open(&o->j, JSON_IN_OBJECT))
			continue;
		while ((at = json_in_field(&o->j, names)) >= 0) {
			if (at == 0)
				s.name = read_text(o);
			else if (at == 1 || at == 4)
				s.id = read_number(o);
			else if (at == 3)
				s.type = read_text(o);
			else if (json_in_bool(&o->j, &buffer) && buffer && kind == SLOT_PARAMETER)
				s.kind = SLOT_BUFFER;
		}
		add_slot(o, mod, &s);
	}
}

/* Modules have names of attributes, several the same one. */
static void
name_class(struct ts_old *o, struct ts_old_module *mod, uint32_t number)
{
	char *atom = mod->name == NULL ? arena_printf(&o->m->arena, "module") :
	    arena_printf(&o->m->arena, "%s", mod->name->s);

	for (char *p = atom; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	mod->atom = number == 0 ? atom : arena_printf(&o->m->arena, "%s_%u", atom, number);
	mod->v->v.call->callee->v.global.name = mod->atom;
}

static struct ts_old_module *read_module(struct ts_old *);

static void
read_submodules(struct ts_old *o, struct ts_old_module *mod)
{
	struct slot s = { .kind = SLOT_MODULE };

	if (!json_in_open(&o->j, JSON_IN_ARRAY))
		return;
	while (json_in_item(&o->j)) {
		s.module = read_module(o);
		s.name = s.module->name;
		add_slot(o, mod, &s);
	}
}

/* As deep as the reader of JSON goes. */
static struct ts_old_module *
read_module(struct ts_old *o)
{
	static const char *const names[] = { "name", "submodules", "torchscriptArena",
		"parameters", "attributes", NULL };
	struct ts_old_module *mod = arena_alloc(o->scratch, sizeof *mod);
	uint32_t number = o->nmodules++;
	int at;

	mod->v = pickle_new_call(&o->m->arena, QUALIFIER, NULL, json_in_at(&o->j));
	mod->v->v.call->made = true;
	*o->last = mod;
	o->last = &mod->next;
	if (json_in_open(&o->j, JSON_IN_OBJECT)) {
		while ((at = json_in_field(&o->j, names)) >= 0) {
			switch (at) {
			case 0: mod->name = read_text(o); break;
			case 1: read_submodules(o, mod); break;
			case 2: mod->code = read_record(o); break;
			case 3: read_slots(o, mod, SLOT_PARAMETER); break;
			default: read_slots(o, mod, SLOT_ATTRIBUTE);
			}
		}
	}
	name_class(o, mod, number);
	return mod;
}

/* Values of attributes.pkl; tensors are their numbers, lists of one kind of
 * number objects that hold a list. */
static struct pickle_value *
attribute(const struct ts_old *o, int64_t id)
{
	struct pickle_value *v = pickle_item(o->attributes, (uint64_t)id), *inner;
	const struct pickle_value *callee = v != NULL && v->kind == PK_CALL ?
	    v->v.call->callee : NULL;
	const char *name = callee != NULL && callee->kind == PK_GLOBAL ?
	    callee->v.global.name : NULL;
	int64_t i;

	if (name == NULL)
		return v;
	inner = v->v.call->state != NULL ? v->v.call->state : pickle_item(v, 0);
	if (strcmp(name, "TensorID") == 0 || strcmp(name, "build_tensor_from_id") == 0)
		return pickle_int(inner, &i) && i >= 0 ?
		    pickle_item(o->tensors, (uint64_t)i) : NULL;
	if (strcmp(name, "IntList") == 0 || strcmp(name, "DoubleList") == 0)
		return inner;
	return v;
}

static struct pickle_value *
slot_value(struct ts_old *o, const struct slot *s)
{
	switch (s->kind) {
	case SLOT_MODULE:
		return s->module->v;
	case SLOT_ATTRIBUTE:
		return s->id < 0 ? new_value(o, PK_NONE) : attribute(o, s->id);
	case SLOT_PARAMETER:
	case SLOT_BUFFER:
		break;
	}
	return s->id < 0 ? NULL : pickle_item(o->tensors, (uint64_t)s->id);
}

static void
fill(struct ts_old *o, const struct ts_old_module *mod)
{
	struct pickle_value *state = new_value(o, PK_DICT), *v;

	for (uint32_t i = 0; i < mod->n; i++) {
		if ((v = slot_value(o, &mod->slots[i])) == NULL)
			continue;
		push(o, state, text(o, mod->slots[i].name->s));
		push(o, state, v);
	}
	mod->v->v.call->state = state;
}

void
ts_old_read(struct ts_old *o)
{
	static const char *const names[] = { "mainModule", "tensors", NULL };
	struct archive_entry *e = archive_record(o->z, "model.json");
	int at;

	o->last = &o->modules;
	o->src = e != NULL ? archive_source(o->z, e, NULL) : NULL;
	if (o->src == NULL)
		return;
	json_in_init(&o->j, o->ctx, o->src, o->scratch);
	o->tensors = new_value(o, PK_TUPLE);
	if (json_in_open(&o->j, JSON_IN_OBJECT)) {
		while ((at = json_in_field(&o->j, names)) >= 0) {
			if (at == 0)
				o->root = read_module(o)->v;
			else if (json_in_open(&o->j, JSON_IN_ARRAY))
				while (json_in_item(&o->j))
					push(o, o->tensors, read_tensor(o));
		}
	}
	o->m->partial |= !json_in_end(&o->j);
	for (struct ts_old_module *mod = o->modules; mod != NULL; mod = mod->next)
		fill(o, mod);
}

/* ---- classes ---- */

static struct ts_expr *
expr(struct ts_old *o, enum ts_expr_kind kind, const struct str *name)
{
	struct ts_expr *e = arena_alloc(o->scratch, sizeof *e);

	e->kind = kind;
	e->name = name;
	return e;
}

static void
list_name(struct ts_old *o, struct ts_expr *list, const struct str *name)
{
	list->list = arena_grow(o->scratch, list->list, list->n, sizeof *list->list);
	list->list[list->n++] = expr(o, E_STR, name);
}

/* The methods are the file's functions. */
static struct ts_file *
code_of(struct ts_old *o, const struct ts_old_module *mod)
{
	struct ts_file *f = arena_alloc(o->scratch, sizeof *f);
	size_t n = 0;

	f->src = o->src;
	f->text = "";
	if (mod->code == NULL)
		return f;
	f->text = ts_record_text(o->z, o->scratch, mod->code->s, &n, &f->src);
	if (f->text == NULL) {
		diag_add(o->ctx, DIAG_TS_CODE, &(struct where){ .loc = { o->src, mod->v->off, 0 } },
		    "%s, the code of module %s, cannot be read; its methods are not shown",
		    mod->code->s, mod->atom);
		o->m->partial = true;
		f->text = "";
		return f;
	}
	f->size = (uint32_t)n;
	if (!ts_parse(o->ctx, &o->m->strs, o->scratch, f))
		o->m->partial = true;
	return f;
}

static const struct str *
full_name(struct ts_old *o, const struct ts_old_module *mod)
{
	return str_internz(&o->m->strs, arena_printf(o->scratch, QUALIFIER ".%s", mod->atom));
}

static const struct type *
slot_type(struct ts_old *o, struct ts_unit *u, const struct slot *s)
{
	if (s->kind == SLOT_MODULE)
		return ts_class_type(u, full_name(o, s->module));
	if (s->kind == SLOT_ATTRIBUTE)
		return s->type != NULL ? ts_type_text(u, s->type->s, s->type->len) : u->t.any;
	return u->t.tensor;
}

static void
declare(struct ts_old *o, struct ts_unit *u, const struct ts_old_module *mod)
{
	struct ts_class *decl = arena_alloc(o->scratch, sizeof *decl);
	struct ts_member **end = &decl->members;
	struct ts_file *f = code_of(o, mod);
	struct ts_cls *c;

	decl->name = str_internz(&o->m->strs, mod->atom);
	decl->base = BASE_MODULE;
	decl->defs = f->defs;
	decl->parameters = expr(o, E_LIST, NULL);
	decl->buffers = expr(o, E_LIST, NULL);
	for (uint32_t i = 0; i < mod->n; i++) {
		*end = arena_alloc(o->scratch, sizeof **end);
		(*end)->name = mod->slots[i].name;
		end = &(*end)->next;
		if (mod->slots[i].kind == SLOT_PARAMETER)
			list_name(o, decl->parameters, mod->slots[i].name);
		else if (mod->slots[i].kind == SLOT_BUFFER)
			list_name(o, decl->buffers, mod->slots[i].name);
	}
	c = ts_declare(u, full_name(o, mod), decl, f);
	ts_cls_resolve(u, c);
	for (uint32_t i = 0; i < c->nattrs; i++)
		c->attrs[i].type = slot_type(o, u, &mod->slots[i]);
}

void
ts_old_declare(struct ts_old *o, struct ts_unit *u)
{
	for (struct ts_old_module *mod = o->modules; mod != NULL; mod = mod->next)
		declare(o, u, mod);
}
