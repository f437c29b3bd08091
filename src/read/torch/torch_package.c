/* SPDX-License-Identifier: Apache-2.0 */
/* Archives that hold code in place of a graph: torch.package, which is Python
 * and pickles, and AOTInductor's, which is compiled for one machine. Both are
 * listed; neither is run. Source: facts/torchscript-format.md section 1,
 * pt2-format.md section 1. */
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/archive.h"
#include "read/formats.h"
#include "read/nograph.h"
#include "read/torch/pt2_read.h"
#include "read/torch/torch_object.h"

struct reading {
	struct ctx *ctx;
	struct model *m;
	struct archive *z;
	struct arena scratch;
	struct pt2_reader r;         /* of AOTInductor's weights */
	struct torch_object object;  /* the pickle in hand */
	const char *prefix;
};

static bool
ends(const char *s, const char *with)
{
	size_t n = strlen(s), k = strlen(with);

	return n >= k && strcmp(s + n - k, with) == 0;
}

static void
add_meta(struct model *m, const char *key, const char *value, size_t n)
{
	if (n > 0)
		model_add_meta(m, str_internz(&m->strs, key),
		    str_intern(&m->strs, value, (uint32_t)n));
}

/* .data/KEY.storage */
static bool
find_storage(struct torch_store *s, struct torch_storage *st, const struct pickle_value *id)
{
	struct reading *r = s->arg;
	struct archive_entry *e = archive_record(r->z,
	    arena_printf(&r->scratch, ".data/%s.storage", st->key));
	struct source *bytes;

	(void)id;
	if (e == NULL || (bytes = archive_lazy(r->z, e)) == NULL)
		return false;
	st->place = e->method == 0 ? archive_place(r->z, e) : (struct loc){ bytes, 0, bytes->size };
	return true;
}

static bool
add_tensor(void *arg, const char *name, struct pickle_value *v)
{
	struct reading *r = arg;
	const struct str *s = str_internz(&r->m->strs, arena_printf(&r->scratch, "%s%s%s",
	    r->prefix, *name != '\0' ? "." : "", name));
	struct tensor *t = torch_tensor(&r->object.store, v, s);

	if (t != NULL)
		nograph_add(r->m, s, t);
	return true;
}

static void
read_resource(struct reading *r, struct archive_entry *e, const char *base)
{
	const struct torch_walk walk = { add_tensor, r };
	struct torch_object *o = &r->object;

	memset(o, 0, sizeof *o);
	if ((o->src = archive_source(r->z, e, NULL)) == NULL)
		return;
	pickle_read(r->ctx, &r->m->arena, &r->scratch, o->src, 0, &o->pickle);
	pickle_report(r->ctx, o->src, &o->pickle);
	r->m->partial |= o->pickle.problem != NULL;
	o->store = (struct torch_store){ .ctx = r->ctx, .a = &r->m->arena, .src = o->src,
	    .find = find_storage, .arg = r };
	r->prefix = arena_strdup(&r->scratch, base, strlen(base) - strlen(".pkl"));
	if (o->pickle.root != NULL)
		torch_object_walk(o, &walk, o->pickle.root);
}

static void
read_package(void *arg)
{
	struct reading *r = arg;
	struct archive_entry *extern_modules = archive_record(r->z, ".data/extern_modules");
	uint32_t scripts = 0;
	const char *s;
	size_t n;

	nograph_begin(r->m, "package", "zip archive");
	r->m->producer = str_internz(&r->m->strs, "torch");
	for (uint32_t i = 0; i < r->z->n; i++) {
		struct archive_entry *e = &r->z->entries[i];
		const char *base = archive_base(r->z, e);

		scripts += ends(base, ".py") && strncmp(base, ".data/", 6) != 0;
		if (ends(base, ".pkl") && strncmp(base, ".data/", 6) != 0 &&
		    !(e->flags & (ENTRY_SHADOWED | ENTRY_BAD)))
			read_resource(r, e, base);
	}
	s = arena_printf(&r->scratch, "%u", scripts);
	add_meta(r->m, "python_files", s, strlen(s));
	if (extern_modules != NULL && extern_modules->size < 4096 &&
	    (s = archive_bytes(r->z, extern_modules, &r->scratch, &n)) != NULL)
		add_meta(r->m, "modules_from_outside", s, n > 0 && s[n - 1] == '\n' ? n - 1 : n);
	nograph_end(r->ctx, r->m, "a torch.package, Python code with pickled objects",
	    "load it with torch.package.PackageImporter, if you trust its code ('scan' looks at "
	    "it), then torch.export.export() its module and torch.export.save() that");
}

/* NAME of data/aotinductor/NAME/... */
static const char *
compiled_name(struct reading *r, const struct archive_entry *e)
{
	static const char folder[] = "data/aotinductor/";
	const char *base = archive_base(r->z, e), *slash;

	if (strncmp(base, folder, sizeof folder - 1) != 0)
		return NULL;
	base += sizeof folder - 1;
	slash = strchr(base, '/');
	return slash == NULL ? NULL : arena_strdup(&r->scratch, base, (size_t)(slash - base));
}

static void
read_compiled(void *arg)
{
	enum { SHOWN = 8 };
	struct reading *r = arg;
	const char *name, *before = "";
	uint32_t files = 0;

	nograph_begin(r->m, "AOTInductor package", "zip archive");
	r->m->producer = str_internz(&r->m->strs, "torch");
	r->r.m = r->m;
	for (uint32_t i = 0; i < r->z->n; i++) {
		if ((name = compiled_name(r, &r->z->entries[i])) == NULL)
			continue;
		if (strcmp(name, before) != 0)
			pt2_weights(&r->r, r->z, name);
		before = name;
		name = archive_base(r->z, &r->z->entries[i]) + strlen("data/aotinductor/");
		if (files++ < SHOWN)
			add_meta(r->m, "file", name, strlen(name));
	}
	for (uint32_t i = 0; i < r->r.nheld; i++)
		nograph_add(r->m, r->r.held[i].name, r->r.held[i].t);
	nograph_end(r->ctx, r->m, "an AOTInductor package, machine code for one kind of machine",
	    "export the module that it was compiled from: torch.export.save()");
}

static void
read_under(struct ctx *ctx, struct model *m, struct archive *z, void (*fn)(void *))
{
	struct reading r = { .ctx = ctx, .m = m, .z = z };

	arena_init(&r.scratch, ctx);
	pt2_init(&r.r, ctx, m);
	if (ctx_protect(ctx, fn, &r) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
	pt2_fini(&r.r);
	arena_free(&r.scratch);
}

void
torch_package_read(struct ctx *ctx, struct model *m, struct archive *z,
    const struct read_options *opts)
{
	(void)opts;
	read_under(ctx, m, z, read_package);
}

void
aotinductor_read(struct ctx *ctx, struct model *m, struct archive *z,
    const struct read_options *opts)
{
	(void)opts;
	read_under(ctx, m, z, read_compiled);
}
