/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a model of any format: sniff, transcribe when it is text, read. All
 * of it under ctx_protect, so that what was read is shown when memory ends. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "proto/onnx.pb-c.h"
#include "read/archive.h"
#include "read/bundle.h"
#include "read/formats.h"
#include "read/coreml/mlpackage.h"
#include "read/reader.h"
#include "read/sniff.h"
#include "read/text.h"
#include "read/wirebuf.h"

/* Text is read whole: refuse what cannot be a model somebody wrote. */
#define TEXT_MAX (UINT64_C(2) << 30)
/* Folders in a compiled pipeline: how deep, and how many in all (links may lead
 * round in circles). */
enum { STAGES_DEEP = 8, STAGES_MAX = 1000 };

static int
model_from_text(struct ctx *ctx, const struct text *text, struct wirebuf *out)
{
	return proto_text_read(ctx, text, &onnx__model_proto__descriptor, out);
}

static int
model_from_json(struct ctx *ctx, const struct text *text, struct wirebuf *out)
{
	return proto_json_read(ctx, text, &onnx__model_proto__descriptor, out);
}

static const struct format {
	const char *name, *encoding;
	int (*transcribe)(struct ctx *, const struct text *, struct wirebuf *);
	void (*read)(struct ctx *, struct model *, const struct read_options *);
} formats[SNIFF_OTHER] = {
#define FORMAT(kind, name, encoding, transcribe, read) \
	[SNIFF_##kind] = { name, encoding, transcribe, read },
#include "read/formats.def"
#undef FORMAT
};

struct opening {
	struct ctx *ctx;
	struct model *m;
	const struct read_options *opts;
	const struct format *format;
	struct arena scratch;  /* of the text */
	struct wirebuf wire;
	struct source *transcript; /* until the model owns it */
};

static void
transcribe(struct opening *o)
{
	struct source *src = o->m->source;
	struct text text = { src, NULL, (size_t)src->size };
	char *s;

	if (src->size > TEXT_MAX) {
		diag_add(o->ctx, DIAG_OPEN_UNKNOWN, NULL,
		    "%" PRIu64 " bytes of text: more than 2 GiB "
		    "are not read; write the model in binary form", src->size);
		o->m->partial = true;
		return;
	}
	s = arena_array(&o->scratch, text.n + 1, 1);
	if (source_read(src, 0, s, text.n) != (long)text.n) {
		diag_add(o->ctx, DIAG_READ_FAILED, NULL,
		    "%s could not be read to its end", src->name);
		o->m->partial = true;
		return;
	}
	text.s = s;
	if (o->format->transcribe(o->ctx, &text, &o->wire) != 0)
		o->m->partial = true;
}

static void
open_format(void *arg)
{
	struct opening *o = arg;
	struct source *text = o->m->source;

	if (o->format->transcribe != NULL) {
		transcribe(o);
		o->m->source = NULL;
		o->transcript = wirebuf_source(&o->wire, &o->m->arena, text);
		model_add_source(o->m, o->transcript);
		o->transcript = NULL;
	}
	o->format->read(o->ctx, o->m, o->opts);
}

static void
report_other(struct ctx *ctx, const struct source *src, const struct sniff *s)
{
	struct where where = { .loc = { src, 0, 0 } };

	diag_add(ctx, s->id, &where, "%s is %s%s%s%s; it was not read%s%s", src->name, s->what,
	    *s->begins ? " that begins \"" : "", s->begins, *s->begins ? "\"" : "",
	    *s->advice ? ". To do: " : "", s->advice);
}

static void
read_source(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct sniff s = sniff_source(m->source);
	struct opening o = { .ctx = ctx, .m = m, .opts = opts };

	if (s.kind == SNIFF_OTHER) {
		report_other(ctx, m->source, &s);
		return;
	}
	o.format = &formats[s.kind];
	m->format = o.format->name;
	m->encoding = o.format->encoding;
	arena_init(&o.scratch, ctx);
	wirebuf_init(&o.wire, ctx);
	if (ctx_protect(ctx, open_format, &o) != 0)
		m->partial = true;
	if (o.transcript != NULL)
		source_close(o.transcript);
	wirebuf_free(&o.wire);
	arena_free(&o.scratch);
}

/* A folder that is a model, or a stage of one. */
struct folder {
	struct ctx *ctx;
	struct model *m;
	const struct read_options *opts;
	struct bundle b;
	unsigned depth;
	uint32_t *left;   /* stages that may still be read */
};

static void read_folder(void *);

/* Stages of a compiled pipeline: folders model0, model1, ... */
static void
read_stages(struct folder *f)
{
	struct model *m = f->m;
	struct folder stage = { .ctx = f->ctx, .opts = f->opts, .depth = f->depth + 1,
	    .left = f->left };

	while (f->depth < STAGES_DEEP && *f->left > 0 && bundle_enter(&f->b, arena_printf(&m->arena,
	    "model%" PRIu32, m->nstages), &stage.b)) {
		--*f->left;
		if ((stage.m = model_new(f->ctx, DIALECT_NN, "coreml")) == NULL) {
			bundle_close(&stage.b);
			break;
		}
		stage.b.a = &stage.m->arena;
		if (ctx_protect(f->ctx, read_folder, &stage) != 0)
			stage.m->partial = m->partial = true;
		bundle_close(&stage.b);
		LIST_ROOM(m, m->stages, m->nstages);
		m->stages[m->nstages++] = stage.m;
	}
	if (*f->left == 0 && f->depth == 0)
		diag_add(f->ctx, DIAG_COMPILED_DATA, NULL, "%s: more than %d folders of stages; "
		    "the rest was left out", f->b.name, STAGES_MAX);
}

static void
read_folder(void *arg)
{
	struct folder *f = arg;
	struct source *src = mlpackage_source(&f->b, f->m);

	if (src == NULL)
		return;
	model_add_source(f->m, src);
	if (sniff_source(src).kind == SNIFF_COMPILED)
		read_stages(f);
	read_source(f->ctx, f->m, f->opts);
}

/* A package in an archive in a package ... ends at once. */
void
package_zipped_read(struct ctx *ctx, struct model *m, struct archive *z,
    const struct read_options *opts)
{
	const struct source *src = m->source;
	uint32_t left = STAGES_MAX;
	struct folder f = { .ctx = ctx, .m = m, .opts = opts, .left = &left,
	    .b = { .ctx = ctx, .a = &m->arena, .name = src->name, .fd = -1 } };

	if (src->side != NULL) {
		diag_add(ctx, DIAG_OPEN_OTHER, NULL, "%s is an archive in an archive; it was "
		    "not read", src->name);
		return;
	}
	m->source = NULL; /* the model is a member */
	if (bundle_zipped(&f.b, z))
		read_folder(&f);
	else
		diag_add(ctx, DIAG_OPEN_MISSING, NULL, "%s: no Core ML model is in this "
		    "archive", src->name);
}

struct making {
	struct ctx *ctx;
	struct model *m;
	const struct read_options *opts;
	const char *path;
	const void *bytes;
	uint64_t n;
	bool whole;   /* it was a folder, and has been read */
};

/* Folders that are a model of another kind, by a file in them. */
static const struct other_folder { const char *inside, *what; } folders[] = {
	{ "/saved_model.pb", "a TensorFlow SavedModel" }
};

static bool
report_folder(struct making *k)
{
	const char *inside;

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		inside = arena_printf(&k->m->arena, "%s%s", k->path, folders[i].inside);
		if (access(inside, F_OK) == 0) {
			diag_add(k->ctx, DIAG_OPEN_OTHER, NULL,
			    "%s is %s; it is not read by this version", k->path,
			    folders[i].what);
			return true;
		}
	}
	return false;
}

static void
open_folder(struct making *k)
{
	uint32_t left = STAGES_MAX;
	struct folder f = { .ctx = k->ctx, .m = k->m, .opts = k->opts, .left = &left,
	    .b = { .ctx = k->ctx, .a = &k->m->arena, .name = k->path,
	    .follow = k->opts->follow_links } };

	f.b.fd = open(k->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f.b.fd < 0) {
		diag_add(k->ctx, DIAG_OPEN_DENIED, NULL, "%s: %s", k->path, strerror(errno));
		return;
	}
	k->whole = true;
	if (ctx_protect(k->ctx, read_folder, &f) != 0)
		k->m->partial = true;
	bundle_close(&f.b);
}

static void
open_source(void *arg)
{
	struct making *k = arg;
	struct source *src;

	if (k->bytes != NULL)
		src = source_memory(&k->m->arena, k->path, k->bytes, k->n);
	else if (report_folder(k))
		return;
	else if (mlpackage_is(k->path))
		return open_folder(k);
	else
		src = source_open(k->ctx, &k->m->arena, k->path);
	if (src != NULL)
		model_add_source(k->m, src);
}

/* A model that holds nothing is none; say so if nothing else did. */
static struct model *
finish(struct making *k, uint32_t fatals)
{
	if (k->m != NULL && k->m->ngraphs > 0)
		return k->m;
	if (fatals == k->ctx->diags.count[LEVEL_FATAL])
		diag_add(k->ctx, DIAG_ONNX_NO_GRAPH, NULL, "%s: no graph was found in it",
		    k->path);
	model_free(k->m);
	return NULL;
}

static struct model *
read_model(struct making *k, const struct read_options *opts)
{
	uint32_t fatals = k->ctx->diags.count[LEVEL_FATAL];

	k->opts = opts;
	k->m = model_new(k->ctx, DIALECT_ONNX, "unknown");
	if (k->m != NULL && ctx_protect(k->ctx, open_source, k) == 0 && k->m->source != NULL &&
	    !k->whole)
		read_source(k->ctx, k->m, opts);
	return finish(k, fatals);
}

struct model *
model_read(struct ctx *ctx, const char *path, const struct read_options *opts)
{
	struct making k = { .ctx = ctx, .path = path };

	return read_model(&k, opts);
}

struct model *
model_read_memory(struct ctx *ctx, const char *name, const void *bytes, uint64_t n,
    const struct read_options *opts)
{
	struct making k = { .ctx = ctx, .path = name, .bytes = n > 0 ? bytes : "", .n = n };

	return read_model(&k, opts);
}
