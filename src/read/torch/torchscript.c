/* SPDX-License-Identifier: Apache-2.0 */
/* TorchScript archives of PyTorch 1.3 and later. The pickles are read first, for
 * they name the class of the root module; then its forward is compiled, inlined
 * and given to the model; methods stay beside it as they are written. Source:
 * facts/torchscript-format.md. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "read/archive.h"
#include "read/formats.h"
#include "read/reader.h"
#include "read/torch/ts_debug.h"
#include "read/torch/ts_lower.h"
#include "read/torch/ts_old.h"

enum { BUDGET = 1000000, VERSION_NEWEST = 10 };

struct reader {
	struct ctx *ctx;
	struct model *m;
	struct archive *z;
	struct arena scratch;
	struct ts_unit unit;
	struct pickle data, constants, traced;
	struct torch_store store, constant_store, traced_store;
	struct ts_old old;
	struct ts_lowering low;
	struct ts_fn *entry;
	bool methods;              /* are graphs for them wanted? */
	/* folders of code and of pickles: "" but in a torch.package */
	const char *code, *objects;
};

/* __torch__.a.b is code/__torch__/a/b.py, in PyTorch 1.1 libs/... */
static const char *
load(void *arg, const struct str *qualifier, size_t *n, const struct source **src)
{
	struct reader *r = arg;
	char *name = arena_printf(&r->scratch, "%scode/%s.py", r->code, qualifier->s);
	size_t at = strlen(r->code) + strlen("code/");
	const char *text;

	for (char *p = name + at; p < name + at + qualifier->len; p++)
		if (*p == '.')
			*p = '/';
	text = ts_record_text(r->z, &r->scratch, name, n, src);
	if (text != NULL || !ts_old_is(r->z))
		return text;
	name = arena_printf(&r->scratch, "libs/%s", name + at);
	return ts_record_text(r->z, &r->scratch, name, n, src);
}

static bool
read_pickle(struct reader *r, const char *name, struct pickle *out)
{
	struct archive_entry *e = archive_record(r->z, arena_printf(&r->scratch, "%s%s",
	    r->objects, name));
	struct source *s = e != NULL ? archive_source(r->z, e, &r->scratch) : NULL;

	if (s == NULL)
		return false;
	pickle_read(r->ctx, &r->m->arena, &r->scratch, s, 0, out);
	pickle_report(r->ctx, s, out);
	if (out->root != NULL && out->protocol != 2)
		diag_add(r->ctx, DIAG_TS_OBJECT, &(struct where){ .loc = { s, 0, 0 } },
		    "%s is of pickle protocol %u; libtorch reads protocol 2 alone", name,
		    out->protocol);
	return out->root != NULL;
}

/* "3\n" in version, or in .data/version from 6 on. */
static void
read_version(struct reader *r)
{
	struct archive_entry *e = archive_record(r->z, "version");
	const char *text;
	size_t n;

	if (e == NULL)
		e = archive_record(r->z, ".data/version");
	text = e != NULL ? archive_bytes(r->z, e, &r->scratch, &n) : NULL;
	if (text == NULL) {
		diag_add(r->ctx, DIAG_TS_VERSION, NULL, "%s has no version record; libtorch "
		    "refuses it", r->m->source->name);
		return;
	}
	r->m->format_version = strtol(text, NULL, 10);
	if (r->m->format_version < 1 || r->m->format_version > VERSION_NEWEST)
		diag_add(r->ctx, DIAG_TS_VERSION, NULL, "version %" PRId64 " is outside of 1 to "
		    "%d, the versions that libtorch reads", r->m->format_version,
		    VERSION_NEWEST);
}

static void
open_store(struct reader *r, struct torch_store *s, const char *pickle, const char *folder)
{
	struct archive_entry *e = archive_record(r->z, arena_printf(&r->scratch, "%s%s",
	    r->objects, pickle));
	struct archive_entry *order = archive_record(r->z, "byteorder");
	const char *text;
	size_t n;

	*s = (struct torch_store){ .ctx = r->ctx, .a = &r->m->arena, .z = r->z,
	    .folder = folder };
	s->src = e != NULL ? archive_source(r->z, e, NULL) : r->m->source;
	text = order != NULL ? archive_bytes(r->z, order, &r->scratch, &n) : NULL;
	s->big = text != NULL && strncmp(text, "big", 3) == 0;
}

/* Types that traced example inputs have, in order. */
static void
apply_traced(struct reader *r)
{
	struct graph *g = r->m->main;
	struct pickle_value *list;
	struct tensor *t;

	if (!read_pickle(r, "traced_inputs.pkl", &r->traced))
		return;
	open_store(r, &r->traced_store, "traced_inputs.pkl", "traced_inputs/");
	r->traced_store.shapes_only = true;
	list = ts_unwrap(pickle_get(ts_unwrap(r->traced.root), r->entry->def->name->s));
	for (uint32_t i = 0; list != NULL && i < g->ninputs; i++) {
		struct pickle_value *v = ts_unwrap(pickle_item(list, i));

		if (v == NULL || !torch_is_tensor(v) || !ts_is_tensor(g->inputs[i]->type))
			continue;
		t = torch_tensor(&r->traced_store, v, r->m->empty);
		if (t != NULL)
			g->inputs[i]->type = ts_tensor_type(&r->low, t);
	}
}

/* forward, else the first method that is not the format's own. */
static struct ts_fn *
entry_of(struct reader *r, struct ts_cls *c)
{
	struct ts_fn *fn = ts_method(c, str_internz(&r->m->strs, "forward"));

	if (fn != NULL)
		return fn;
	for (fn = c->fns; fn != NULL && strncmp(fn->def->name->s, "__", 2) == 0; fn = fn->next)
		continue;
	return fn;
}

/* Other ways into the module, as metadata. */
static void
list_methods(struct reader *r)
{
	const struct str *key = str_internz(&r->m->strs, "method");

	for (struct ts_fn *fn = r->low.root->cls->fns; fn != NULL; fn = fn->next)
		if (fn != r->entry && strncmp(fn->def->name->s, "__", 2) != 0)
			model_add_meta(r->m, key, fn->def->name);
}

/* Each method as it is written, with its calls. */
static void
show_methods(struct reader *r)
{
	struct ts_unit *u = &r->unit;
	struct ts_val *self = r->low.self;
	uint32_t n;

	/* what only they call is found on the way */
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i]->cls == r->low.root->cls && u->fns[i]->graph == NULL &&
		    r->low.root->cls->decl->base == BASE_MODULE)
			ts_compile(u, u->fns[i]);
	for (uint32_t i = 0; i < u->nfns; i++) {
		if (u->fns[i]->graph == NULL || u->fns[i]->file == u->upgraders)
			continue;
		u->fns[i]->shown = graph_new(r->m, GRAPH_METHOD, NULL, NULL);
		u->fns[i]->shown->name = u->fns[i]->name;
	}
	n = u->nfns;
	for (uint32_t i = 0; i < n; i++) {
		struct graph *g = u->fns[i]->shown;

		if (g == NULL)
			continue;
		g->loc = (struct loc){ u->fns[i]->file->src, u->fns[i]->def->off, 0 };
		r->low.self = NULL;
		ts_lower(&r->low, u->fns[i]->graph, g);
	}
	r->low.self = self;
}

static void
compile(struct reader *r)
{
	struct ts_unit *u = &r->unit;
	struct ts_graph *g;

	r->entry = entry_of(r, r->low.root->cls);
	if (r->entry == NULL) {
		diag_add(r->ctx, DIAG_TS_CODE, NULL, "%s has no method to show",
		    r->low.root->cls->name->s);
		return;
	}
	r->m->main->name = r->entry->def->name;
	r->entry->busy = true;
	g = ts_own(u, r->entry);
	ts_inline(u, g->block, r->entry);
	r->entry->busy = false;
	r->low.self = g->block->nparam > 0 ? g->block->param[0] : NULL;
	if (r->low.frozen)
		ts_freeze(&r->low, g);
	ts_lower(&r->low, g, r->m->main);
}

static const struct type *
entry_type(void *arg, int64_t i)
{
	struct reader *r = arg;
	struct pickle_value *v = i >= 0 && r->constants.root != NULL ?
	    ts_unwrap(pickle_item(r->constants.root, (uint64_t)i)) : NULL;
	struct ts_const k;
	const struct str *name;

	if (v == NULL || torch_is_tensor(v))
		return r->unit.t.tensor;
	if (ts_const_of(&r->unit, v, &k))
		return k.kind == C_STR ? r->unit.t.s : r->unit.t.any;
	name = ts_class_name(&r->unit, v);
	return name != NULL ? ts_class_type(&r->unit, name) : r->unit.t.any;
}

/* Of PyTorch 1.0 to 1.2. */
static bool
read_old(struct reader *r)
{
	struct pickle attributes = { 0 };

	diag_add(r->ctx, DIAG_TS_OLD, NULL, "%s has the layout of PyTorch 1.0 to 1.2, which "
	    "later versions may refuse", r->m->source->name);
	r->old = (struct ts_old){ .ctx = r->ctx, .m = r->m, .z = r->z, .scratch = &r->scratch };
	read_pickle(r, "attributes.pkl", &attributes);
	r->old.attributes = attributes.root;
	ts_old_read(&r->old);
	r->data.root = r->old.root;
	r->constants.root = r->old.tensors;
	open_store(r, &r->store, "model.json", "");
	r->constant_store = r->store;
	if (r->data.root != NULL)
		return true;
	diag_add(r->ctx, DIAG_TS_OBJECT, NULL, "model.json has no mainModule; nothing is shown");
	r->m->partial = true;
	return false;
}

static bool
read_objects(struct reader *r)
{
	if (ts_old_is(r->z))
		return read_old(r);
	if (!read_pickle(r, "data.pkl", &r->data))
		return false;
	read_pickle(r, "constants.pkl", &r->constants);
	open_store(r, &r->store, "data.pkl", *r->code != '\0' ? ".data/" : "data/");
	open_store(r, &r->constant_store, "constants.pkl", *r->code != '\0' ? ".data/" :
	    "constants/");
	return true;
}

static void
read_model(void *arg)
{
	struct reader *r = arg;
	struct ts_lowering *l = &r->low;
	struct ts_loader loader = { load, r };

	read_version(r);
	if (!read_objects(r))
		return;
	ts_unit_init(&r->unit, r->ctx, r->m, &r->scratch, loader);
	r->unit.entry_type = entry_type;
	r->unit.budget = BUDGET;
	r->unit.keep = r->methods;
	r->unit.version = r->m->format_version;
	ts_old_declare(&r->old, &r->unit);
	l->u = &r->unit;
	l->a = &r->scratch;
	l->objects = (struct ts_objects){ .u = &r->unit, .a = &r->scratch, .store = &r->store };
	l->constants = r->constants.root;
	l->constant_store = &r->constant_store;
	l->main = graph_new(r->m, GRAPH_MAIN, NULL, NULL);
	l->root = ts_object(&l->objects, r->data.root, r->m->empty);
	if (l->root->cls == NULL) {
		diag_add(r->ctx, DIAG_TS_CODE, NULL, "the class of the root module has no code; "
		    "its methods are not shown");
		r->m->partial = true;
		return;
	}
	ts_hold(l);
	compile(r);
	if (r->entry != NULL)
		apply_traced(r);
	ts_hold_passed(l);
	list_methods(r);
	if (r->methods)
		show_methods(r);
}

static void
bind(void *arg)
{
	struct reader *r = arg;

	model_bind(r->m, &r->scratch, &r->low.decls);
}

void
torchscript_read(struct ctx *ctx, struct model *m, struct archive *z,
    const struct read_options *opts)
{
	bool package = archive_record(z, ".data/ts_code/0/data.pkl") != NULL;
	struct reader r = { .ctx = ctx, .m = m, .z = z, .methods = opts->methods,
	    .code = package ? ".data/ts_code/" : "",
	    .objects = package ? ".data/ts_code/0/" : "" };

	r.low.frozen = opts->frozen;
	m->dialect = DIALECT_ATEN;
	m->kind = package ? "TorchScript in a torch.package" : "TorchScript";
	m->producer = str_internz(&m->strs, "torch");
	arena_init(&r.scratch, ctx);
	if (ctx_protect(ctx, read_model, &r) != 0)
		m->partial = true;
	if (m->main != NULL && ctx_protect(ctx, bind, &r) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
	ts_debug_attach(m, z);
	arena_free(&r.scratch);
}

void
torchscript_json_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	static const char *const beside[] = { "version", "attributes.pkl", "constants.pkl",
		"byteorder", "tensors/", "code/", "libs/", "debug/", NULL };

	torchscript_read(ctx, m, archive_folder(ctx, m, "model.json", beside,
	    opts->follow_links), opts);
}
