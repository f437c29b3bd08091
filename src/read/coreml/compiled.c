/* SPDX-License-Identifier: Apache-2.0 */
/* coremldata.bin. Source: compiled models of both kinds that were seen; the
 * numbers between were 0 in all of them. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "proto/coreml.pb-c.h"
#include "read/archive_bytes.h"
#include "read/external.h"
#include "read/coreml/compiled.h"
#include "read/coreml/coreml_read.h"
#include "read/formats.h"

enum {
	AT_PLATFORM = 28,  /* behind the type and three numbers of the compiler */
	PLATFORM_MAX = 32, /* "generic" */
	BETWEEN = 3,       /* numbers between version and description */
	HEAD_MAX = AT_PLATFORM + 8 + PLATFORM_MAX + (2 + BETWEEN) * 8,
	VERSION_MAX = 1000
};

static const char *
kind_name(uint32_t number)
{
	const ProtobufCFieldDescriptor *f = number < 200 ? NULL :
	    protobuf_c_message_descriptor_get_field(&coreml__model__descriptor, number);

	return f != NULL ? f->name : NULL;
}

bool
compiled_head_decode(struct compiled_head *h, const unsigned char *p, size_t n)
{
	uint64_t platform, version;
	size_t at = AT_PLATFORM;

	if (n < AT_PLATFORM + 8 || kind_name(get32(p)) == NULL)
		return false;
	platform = get64(p + at);
	at += 8;
	if (platform == 0 || platform > PLATFORM_MAX ||
	    n < at + platform + (2 + BETWEEN) * 8)
		return false;
	for (uint64_t i = 0; i < platform; i++)
		if (p[at + i] < 33 || p[at + i] > 126)
			return false;
	at += platform;
	version = get64(p + at);
	at += (1 + BETWEEN) * 8;
	h->kind = get32(p);
	h->spec_version = (int64_t)version;
	h->len = get64(p + at);
	h->at = at + 8;
	return version <= VERSION_MAX;
}

bool
compiled_head_read(struct compiled_head *h, const struct source *src)
{
	unsigned char buf[HEAD_MAX];
	long n = source_read(src, 0, buf, sizeof buf);

	return n > 0 && compiled_head_decode(h, buf, (size_t)n) && h->at <= src->size &&
	    h->len <= src->size - h->at;
}

bool
compiled_is(const struct source *src)
{
	struct compiled_head h;

	return compiled_head_read(&h, src);
}

void
compiled_interface(struct ctx *ctx, struct model *m, const struct source *src, bool texts)
{
	struct compiled_head h;

	if (side_is_pointer(src)) {
		diag_add(ctx, DIAG_COMPILED_LFS, &(struct where){ .loc = { src, 0, 0 } }, "%s is a "
		    "Git LFS pointer; the interface was taken from the rest of the model",
		    src->name);
		return;
	}
	if (!compiled_head_read(&h, src)) {
		diag_add(ctx, DIAG_COMPILED_DATA, &(struct where){ .loc = { src, 0, 0 } },
		    "%s does not begin as such files do; the interface was taken from the "
		    "rest of the model", src->name);
		return;
	}
	m->kind = kind_name(h.kind);
	m->format_version = h.spec_version;
	coreml_description(ctx, m, &(struct loc){ src, h.at, h.len }, texts);
}

static struct node *
add_node(struct model *m, const char *kind)
{
	struct node *n = graph_add_node(m, m->main);

	n->type = str_internz(&m->strs, kind);
	n->loc = m->main->loc;
	return n;
}

/* A node of the pipeline for a stage: its interface is the stage's. */
static void
add_stage(struct model *m, const struct model *stage)
{
	coreml_stage_names(m, add_node(m, stage->kind), stage);
}

struct building { struct model *m; struct arena scratch; struct decl_table decls; };

static void
build(void *arg)
{
	struct building *b = arg;
	struct model *m = b->m;

	graph_new(m, GRAPH_MAIN, NULL, NULL)->loc =
	    (struct loc){ m->source, 0, m->source->size };
	for (uint32_t i = 0; i < m->nstages; i++)
		add_stage(m, m->stages[i]);
	if (m->nstages == 0)
		add_node(m, m->kind);
	coreml_interface(m, &b->scratch, &b->decls);
}

/* Pipelines, whose stages have been read, and kinds that are one node: what
 * they hold is in a form of their own. */
void
compiled_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct building b = { .m = m };

	(void)opts;
	m->dialect = DIALECT_NN;
	m->compiled = true;
	if (m->nfeatures == 0)
		compiled_interface(ctx, m, m->source, true);
	if (m->nstages == 0)
		diag_add(ctx, DIAG_COMPILED_DATA, &(struct where){ .loc = { m->source, 0, 0 } },
		    "what a compiled %s computes is stored in a form that is not known; its "
		    "interface is shown", *m->kind != '\0' ? m->kind : "model");
	arena_init(&b.scratch, ctx);
	if (ctx_protect(ctx, build, &b) != 0)
		m->partial = true;
	coreml_bind(ctx, m, &b.scratch, &b.decls);
	arena_free(&b.scratch);
}
