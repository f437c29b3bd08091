/* SPDX-License-Identifier: Apache-2.0 */
/* info: where weights lie, and how they are compressed. */
#include <inttypes.h>
#include <string.h>

#include "app/session.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/info_weights.h"
#include "ir/tensor.h"
#include "ops/packing.h"
#include "report/packing.h"
#include "report/text.h"

/* Side files in order of first mention, and kinds of compression, of a model
 * and its stages; kinds differ by what text_packing_kind says. */
struct weights_info {
	struct arena *a;
	const struct model *m; /* being counted, and of it: */
	uint32_t *of;         /* by id of the location: file + 1 */
	struct uses *uses;    /* NULL until somebody asks */
	struct side { const struct tensor *first; uint64_t bytes; } *files;
	uint32_t nfiles;
	uint64_t ntensors;    /* in side files */
	struct kind { struct packing first; uint64_t n; } *kinds;
	uint32_t nkinds;
	uint64_t results;     /* that the program itself reads, of compressed weights */
	uint64_t elements, stored, unpacked; /* of results; of all nodes; of results */
	bool coreml;          /* a program of Core ML is in it */
};

static void
add_sat(uint64_t *sum, uint64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = UINT64_MAX;
}

/* A file that an earlier stage named; nfiles: none. */
static uint32_t
find_side(const struct weights_info *w, const struct str *location)
{
	uint32_t i, n = w->nfiles < 1000 ? w->nfiles : 1000;

	for (i = 0; i < n; i++)
		if (strcmp(w->files[i].first->ext->location->s, location->s) == 0)
			return i;
	return w->nfiles;
}

static void
add_side(struct weights_info *w, const struct tensor *t, bool stage)
{
	uint32_t *file;

	if (t == NULL || t->ext == NULL)
		return;
	w->ntensors++;
	file = &w->of[t->ext->location->id];
	if (*file == 0 && stage && find_side(w, t->ext->location) < w->nfiles)
		*file = find_side(w, t->ext->location) + 1;
	if (*file == 0) {
		w->files = arena_grow(w->a, w->files, w->nfiles, sizeof *w->files);
		w->files[w->nfiles] = (struct side){ t, 0 };
		*file = ++w->nfiles;
	}
	add_sat(&w->files[*file - 1].bytes, tensor_bytes(t));
}

static void
add_kind(struct weights_info *w, const struct packing *p)
{
	uint32_t i;

	for (i = 0; i < w->nkinds; i++)
		if (w->kinds[i].first.form == p->form && w->kinds[i].first.from == p->from &&
		    (w->kinds[i].first.vector > 1) == (p->vector > 1))
			break;
	if (i == w->nkinds) {
		w->kinds = arena_grow(w->a, w->kinds, w->nkinds++, sizeof *w->kinds);
		w->kinds[i] = (struct kind){ *p, 0 };
	}
	w->kinds[i].n++;
}

/* Do only nodes read it that unpack further? */
static bool
is_part(struct weights_info *w, const struct node *n)
{
	const struct uses *u;
	uint32_t first, end, readers = 0;

	if (w->uses == NULL) {
		w->uses = arena_alloc(w->a, sizeof *w->uses);
		uses_build(w->uses, w->a, w->m);
	}
	u = w->uses;
	for (uint32_t i = 0; i < n->nout; i++) {
		if (n->out[i] == NULL)
			continue;
		first = u->start[n->out[i]->id];
		end = u->start[n->out[i]->id + 1];
		readers += end - first;
		for (; first < end; first++)
			if (packing_form_of(u->list[first].node) < 0)
				return false;
		if (n->out[i]->flags & VALUE_OUTPUT)
			return false;
	}
	return readers > 0;
}

static void
add_packing(struct weights_info *w, const struct node *n)
{
	struct packing p;
	uint64_t bytes;

	if (!packing_read(&p, n, w->a))
		return;
	add_kind(w, &p);
	add_sat(&w->stored, p.stored);
	if (n->nout == 0 || is_part(w, n))
		return;
	w->results++;
	dtype_bytes(p.to, p.numel, &bytes);
	add_sat(&w->elements, p.numel);
	add_sat(&w->unpacked, bytes);
}

static void
add_graph(struct weights_info *w, const struct graph *g, bool program, bool stage)
{
	const struct node *n;

	for (uint32_t i = 0; i < g->ninitializers; i++)
		add_side(w, g->initializers[i]->constant, stage);
	for (uint32_t i = 0; i < g->nliterals && program; i++)
		add_side(w, g->literals[i]->constant, stage);
	for (uint32_t i = 0; i < g->nnodes && (program || w->m->compiled); i++) {
		n = g->nodes[i];
		for (uint32_t k = 0; k < n->nattrs; k++)
			if (n->attrs[k].kind == ATTR_TENSOR)
				add_side(w, n->attrs[k].v.t, stage);
		if (program)
			add_packing(w, n);
	}
}

/* Pipelines hold pipelines as deep as messages go. */
static void
add_model(struct weights_info *w, const struct model *m, bool stage)
{
	bool program = m->dialect == DIALECT_MIL;

	w->m = m;
	w->uses = NULL;
	w->coreml |= program;
	w->of = arena_array(w->a, (size_t)m->strs.n + 1, sizeof *w->of);
	for (uint32_t i = 0; i < m->ngraphs; i++)
		add_graph(w, m->graphs[i], program, stage);
	for (uint32_t i = 0; i < m->nstages; i++)
		add_model(w, m->stages[i], true);
}

const struct weights_info *
info_weights(struct call *call)
{
	const struct model *m = call->s->model;
	struct weights_info *w = arena_alloc(call->arena, sizeof *w);

	w->a = call->arena;
	add_model(w, m, false);
	return w;
}

static const char *const ext_status[] = { "unchecked", "ok", "absent", "refused", "short" };

static void
json_sides(struct json *j, const struct weights_info *w)
{
	json_key(j, "external_data");
	json_open(j, '{');
	json_member_u64(j, "tensors", w->ntensors);
	json_key(j, "files");
	json_open(j, '[');
	for (uint32_t i = 0; i < w->nfiles; i++) {
		json_open(j, '{');
		json_member_str(j, "location", w->files[i].first->ext->location);
		json_member_u64(j, "bytes", w->files[i].bytes);
		json_member(j, "status", ext_status[w->files[i].first->ext->status]);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void
json_compressed(struct json *j, const struct weights_info *w)
{
	struct sink name;

	sink_init(&name, -1);
	json_key(j, "compressed");
	json_open(j, '{');
	json_member_u64(j, "tensors", w->results);
	json_member_u64(j, "parameters", w->elements);
	json_member_u64(j, "stored_bytes", w->stored);
	json_member_u64(j, "unpacked_bytes", w->unpacked);
	json_key(j, "kinds");
	json_open(j, '{');
	for (uint32_t i = 0; i < w->nkinds; i++) {
		name.n = 0;
		text_packing_kind(&name, &w->kinds[i].first);
		sink_write(&name, "", 1);
		json_member_u64(j, name.buf, w->kinds[i].n);
	}
	json_close(j, '}');
	json_close(j, '}');
	sink_fini(&name);
}

void
info_weights_json(struct json *j, const struct weights_info *w)
{
	json_sides(j, w);
	if (w->coreml)
		json_compressed(j, w);
}

static void
text_compressed(struct sink *out, const struct weights_info *w)
{
	enum { SHOWN = 8 };

	if (w->nkinds == 0)
		return;
	text_label(out, "compressed");
	sink_printf(out, "%" PRIu64 " in %" PRIu64 " constant%s, ", w->elements, w->results,
	    plural(w->results));
	text_bytes(out, w->stored);
	sink_puts(out, " that unpack into ");
	text_bytes(out, w->unpacked);
	sink_puts(out, "\n");
	text_label(out, "");
	for (uint32_t i = 0; i < w->nkinds && i < SHOWN; i++) {
		sink_printf(out, i ? ", %" PRIu64 " " : "%" PRIu64 " ", w->kinds[i].n);
		text_packing_kind(out, &w->kinds[i].first);
	}
	if (w->nkinds > SHOWN)
		sink_printf(out, " and %" PRIu32 " more kinds", w->nkinds - SHOWN);
	sink_puts(out, "\n");
}

void
info_weights_text(struct sink *out, const struct weights_info *w)
{
	text_compressed(out, w);
	for (uint32_t i = 0; i < w->nfiles && i < 10; i++) {
		text_label(out, i == 0 ? "external data" : "");
		if (text_str(out, w->files[i].first->ext->location, 40, 0) == 0)
			sink_puts(out, "(no location)");
		sink_puts(out, ", ");
		text_bytes(out, w->files[i].bytes);
		sink_printf(out, ", %s\n", ext_status[w->files[i].first->ext->status]);
	}
	if (w->nfiles > 10)
		sink_printf(out, "              and %" PRIu32 " more files\n", w->nfiles - 10);
}
