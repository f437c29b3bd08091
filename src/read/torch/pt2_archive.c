/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of torch.export, of all eras: which programs are in them, and what
 * stands beside the programs. One program is the model; of several each is a
 * stage, and the model a list of them, as pipelines are: they share nothing
 * but the file. Source: facts/pt2-format.md section 1. */
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/archive.h"
#include "read/formats.h"
#include "read/torch/pickle.h"
#include "read/torch/pt2_read.h"
#include "read/torch/torch_object.h"

static const char program[] = "serialized_exported_program.json";

/* NAME of models/NAME.json; NULL: it is no program. */
static const char *
program_name(struct archive *z, const struct archive_entry *e)
{
	static const char folder[] = "models/", end[] = ".json";
	const char *base = archive_base(z, e);
	size_t n = strlen(base), k = sizeof folder - 1;

	if (n <= k + sizeof end - 1 || memcmp(base, folder, k) != 0 ||
	    strcmp(base + n - (sizeof end - 1), end) != 0 || strchr(base + k, '/') != NULL)
		return NULL;
	return arena_strdup(z->a, base + k, n - k - (sizeof end - 1));
}

struct reading {
	struct pt2_reader r;
	struct archive *z;
	struct archive_entry *e;
	const char *name;         /* NULL: of an archive of 2.7 and before */
};

/* A short text record without its end of line; NULL: there is none. */
static const struct str *
record_text(struct reading *p, const char *name)
{
	struct archive_entry *e = archive_record(p->z, name);
	const char *s;
	size_t n;

	if (e == NULL || e->size > 100 ||
	    (s = archive_bytes(p->z, e, &p->r.scratch, &n)) == NULL)
		return NULL;
	while (n > 0 && (s[n - 1] == '\n' || s[n - 1] == '\r'))
		n--;
	return str_intern(&p->r.m->strs, s, (uint32_t)n);
}

static void
add_meta(struct reading *p, const char *key, const struct str *value)
{
	if (value != NULL && value->len > 0)
		model_add_meta(p->r.m, str_internz(&p->r.m->strs, key), value);
}

/* The inputs that the program was saved with, by type and small value. */
static void
add_sample_inputs(struct reading *p)
{
	const char *name = p->name == NULL ? "serialized_example_inputs.pt" :
	    arena_printf(&p->r.scratch, "data/sample_inputs/%s.pt", p->name);
	struct archive_entry *e = archive_record(p->z, name);
	struct torch_object o;
	struct sink *text = &p->r.text;

	if (e == NULL || e->size == 0 || !torch_object_open(&o, p->r.ctx, p->z->a, &p->r.scratch,
	    archive_source(p->z, e, NULL)))
		return;
	text->n = 0;
	torch_object_describe(&o, text, o.pickle.root);
	add_meta(p, "sample_inputs", str_intern(&p->r.m->strs, text->buf, (uint32_t)text->n));
	text->n = 0;
}

static void
add_facts(struct reading *p)
{
	const struct archive_entry *e;
	const char *base;

	add_meta(p, "archive_version", record_text(p, p->name == NULL ? "version" :
	    "archive_version"));
	add_meta(p, "byteorder", record_text(p, "byteorder"));
	add_sample_inputs(p);
	for (uint32_t i = 0; i < p->z->n; i++) {
		e = &p->z->entries[i];
		base = archive_base(p->z, e);
		if (strncmp(base, "extra/", 6) == 0 || strncmp(base, "extra_files/", 12) == 0)
			add_meta(p, "extra_file",
			    str_internz(&p->r.m->strs, strchr(base, '/') + 1));
	}
}

static void
prepare(void *arg)
{
	struct reading *p = arg;

	pt2_weights(&p->r, p->z, p->name);
	add_facts(p);
}

static void
read_program(struct ctx *ctx, struct model *m, struct archive *z, struct archive_entry *e,
    const char *name)
{
	struct reading p = { .z = z, .e = e, .name = name };
	struct source *src = archive_source(z, e, NULL);

	if (src == NULL) {
		m->partial = true;
		return;
	}
	pt2_init(&p.r, ctx, m);
	if (ctx_protect(ctx, prepare, &p) != 0)
		m->partial = true;
	pt2_read_source(&p.r, src);
	pt2_fini(&p.r);
}

/* A node of the outer model stands for each program. */
static void
read_stage(struct ctx *ctx, struct model *m, struct archive *z, struct archive_entry *e,
    const char *name)
{
	struct node *n = graph_add_node(m, m->main);
	struct model *stage;

	n->type = str_internz(&m->strs, "ExportedProgram");
	n->name = str_internz(&m->strs, name);
	n->loc = (struct loc){ z->src, e->at, e->packed };
	LIST_ROOM(m, m->stages, m->nstages);
	if ((stage = model_new(ctx, DIALECT_ATEN, m->format)) == NULL)
		ctx_out_of_memory(ctx, sizeof *stage);
	m->stages[m->nstages++] = stage;
	stage->encoding = m->encoding;
	stage->source = m->source;
	read_program(ctx, stage, z, e, name);
	m->partial |= stage->partial;
}

struct staging { struct ctx *ctx; struct model *m; struct archive *z; };

static void
read_stages(void *arg)
{
	const struct staging *s = arg;
	const struct decl_table none = { NULL, 0 };
	struct model *m = s->m;
	struct archive *z = s->z;
	const char *name;

	m->dialect = DIALECT_ATEN;
	m->kind = "exported programs";
	m->producer = str_internz(&m->strs, "torch");
	graph_new(m, GRAPH_MAIN, NULL, NULL);
	for (uint32_t i = 0; i < z->n; i++)
		if ((name = program_name(z, &z->entries[i])) != NULL &&
		    !(z->entries[i].flags & ENTRY_SHADOWED))
			read_stage(s->ctx, m, z, &z->entries[i], name);
	model_bind(m, &m->arena, &none);
}

void
pt2_archive_read(struct ctx *ctx, struct model *m, struct archive *z,
    const struct read_options *opts)
{
	struct archive_entry *only = archive_find(z, program);
	const char *name = NULL;
	uint32_t n = 0;

	(void)opts;
	m->encoding = "zip archive";
	if (only == NULL)
		only = archive_record(z, program);
	for (uint32_t i = 0; only == NULL && i < z->n; i++)
		if (program_name(z, &z->entries[i]) != NULL &&
		    !(z->entries[i].flags & ENTRY_SHADOWED))
			n++;
	if (only == NULL && n > 1) {
		struct staging s = { ctx, m, z };

		if (ctx_protect(ctx, read_stages, &s) != 0) {
			m->partial = true;
			model_drop_graphs(m);
		}
		return;
	}
	for (uint32_t i = 0; only == NULL && i < z->n; i++)
		if ((name = program_name(z, &z->entries[i])) != NULL)
			only = &z->entries[i];
	if (only != NULL)
		read_program(ctx, m, z, only, name);
}
