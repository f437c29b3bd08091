/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of torch.export. The graph stands in the file before its signature,
 * and both before the version, so inputs become values when the signature is
 * known. Source: facts/pt2-format.md. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "read/formats.h"
#include "read/torch/pt2_frames.h"
#include "read/torch/pt2_read.h"

enum { KNOWN_MAJOR = 8, KNOWN_MINOR = 20 };

static void
add_meta(struct pt2_reader *r, const char *key, const struct str *value)
{
	if (value->len > 0)
		model_add_meta(r->m, str_internz(&r->m->strs, key), value);
}

/* {major, minor}, once a number. */
static void
read_version(struct pt2_reader *r)
{
	static const char *const names[] = { "major", "minor", NULL };
	int64_t v[2] = { 0, 0 };
	char text[48];
	int i;

	if (json_in_kind(&r->j) == JSON_IN_NUMBER)
		json_in_int(&r->j, &v[0]);
	else if (json_in_open(&r->j, JSON_IN_OBJECT))
		while ((i = json_in_field(&r->j, names)) >= 0)
			json_in_int(&r->j, &v[i]);
	r->m->format_version = v[0];
	snprintf(text, sizeof text, "%" PRId64 ".%" PRId64, v[0], v[1]);
	add_meta(r, "schema_version", str_internz(&r->m->strs, text));
	if (v[0] > KNOWN_MAJOR || (v[0] == KNOWN_MAJOR && v[1] > KNOWN_MINOR))
		diag_add(r->ctx, DIAG_PT2_SCHEMA, NULL, "schema %s is newer than %d.%d, the "
		    "newest known; what is new in it was passed over", text, KNOWN_MAJOR,
		    KNOWN_MINOR);
}

static void
read_range(struct pt2_reader *r, const struct str *name)
{
	static const char *const names[] = { "min_val", "max_val", NULL };
	struct symbol s = { .name = name };
	int64_t v;
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	/* torch 2.6 writes the largest number for no limit */
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (!json_in_int(&r->j, &v) || v == INT64_MAX || v < -INT64_MAX)
			continue;
		*(i == 0 ? &s.has_lo : &s.has_hi) = true;
		*(i == 0 ? &s.lo : &s.hi) = v;
	}
	*model_add_symbol(r->m, name) = s;
	dim_bound_sym(&r->m->types, name, s.has_lo ? s.lo : 0, s.has_hi ? s.hi : INT64_MAX);
}

static void
read_ranges(struct pt2_reader *r)
{
	struct json_in_text key;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while (json_in_key(&r->j, &key))
		read_range(r, pt2_expr(r, key.s, key.n));
}

static void
read_opsets(struct pt2_reader *r)
{
	struct json_in_text key;
	const struct str *domain;
	int64_t v;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while (json_in_key(&r->j, &key)) {
		domain = str_intern(&r->m->strs, key.s, key.n);
		if (json_in_int(&r->j, &v))
			model_add_opset(r->m, domain, v);
	}
}

/* A list of texts as metadata under one key each. */
static void
read_texts(struct pt2_reader *r, const char *key)
{
	if (json_in_kind(&r->j) == JSON_IN_STRING)
		add_meta(r, key, pt2_str(r));
	else if (json_in_open(&r->j, JSON_IN_ARRAY))
		while (json_in_item(&r->j))
			add_meta(r, key, pt2_str(r));
}

static void
read_module(struct pt2_reader *r)
{
	static const char *const names[] = { "graph", "signature", "module_call_graph",
	    "metadata", "treespec_namedtuple_fields", "call_spec", NULL };
	int i;

	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == 0)
			pt2_graph(r, r->m->main);
		else if (i == 1)
			pt2_signature(r);
		else
			json_in_skip(&r->j);
	}
}

void
pt2_program(struct pt2_reader *r)
{
	static const char *const names[] = { "graph_module", "opset_version",
	    "range_constraints", "schema_version", "verifiers", "dialect", "torch_version",
	    "guards_code", "equality_constraints", "example_inputs", NULL };
	enum { MODULE, OPSETS, RANGES, SCHEMA, VERIFIERS, DIALECT, TORCH, GUARDS };
	int i;

	graph_new(r->m, GRAPH_MAIN, NULL, NULL);
	if (!json_in_open(&r->j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&r->j, names)) >= 0) {
		if (i == MODULE)
			read_module(r);
		else if (i == OPSETS)
			read_opsets(r);
		else if (i == RANGES)
			read_ranges(r);
		else if (i == SCHEMA)
			read_version(r);
		else if (i == VERIFIERS || i == DIALECT)
			read_texts(r, "dialect");
		else if (i == TORCH)
			r->m->producer_version = pt2_str(r);
		else if (i == GUARDS)
			read_texts(r, "guard");
		else
			json_in_skip(&r->j);
	}
	json_in_end(&r->j);
}

/* The schema's version stands at the end of the text: look there first. */
static int64_t
peek_major(const struct source *src)
{
	enum { TAIL = 4096 };
	static const char key[] = "\"schema_version\"";
	char buf[TAIL + 1], *p, *found = NULL;
	uint64_t at = src->size > TAIL ? src->size - TAIL : 0;
	long n = source_read(src, at, buf, TAIL);

	buf[n > 0 ? n : 0] = '\0';
	for (p = buf; n > 0 && (p = memchr(p, '"', (size_t)(buf + n - p))) != NULL; p++)
		if (strncmp(p, key, sizeof key - 1) == 0)
			found = p;
	if (found == NULL)
		return 0;
	found += strcspn(found, "0123456789}");
	return *found >= '0' && *found <= '9' ? strtol(found, NULL, 10) : 0;
}

/* Role of each input, by the id of its name: index + 1. */
static uint32_t *
index_roles(struct pt2_reader *r)
{
	const struct graph *g = r->m->main;
	uint32_t *of = arena_array(&r->scratch, r->m->strs.n, sizeof *of);

	for (uint32_t i = 0; i < g->nroles; i++)
		if (!g->roles[i].output && g->roles[i].name->len > 0)
			of[g->roles[i].name->id] = i + 1;
	return of;
}

/* What the archive holds and the graph has no input for: aliases, and what the
 * program does not use. Names of the module are no names of the graph, so each
 * has another one until names are bound. */
static void
make_unused(struct pt2_reader *r)
{
	struct graph *g = r->m->main;
	bool *used = arena_array(&r->scratch, r->m->strs.n, sizeof *used);
	uint32_t i;

	for (i = 0; i < g->nroles; i++)
		if (!g->roles[i].output && g->roles[i].target != NULL)
			used[g->roles[i].target->id] = true;
	for (i = 0; i < r->nheld; i++) {
		struct pt2_held *h = &r->held[i];

		if (used[h->name->id])
			continue;
		used[h->name->id] = true;
		h->value = graph_add_value(r->m, g, str_internz(&r->m->strs,
		    arena_printf(&r->scratch, "held %s", h->name->s)), VALUE_INITIALIZER);
		h->value->loc = h->t->loc;
	}
}

static void
make_inputs(struct pt2_reader *r)
{
	struct graph *g = r->m->main;
	uint32_t *role_of = index_roles(r), i, k;
	struct value *v;
	bool held;

	for (i = 0; i < r->ninputs; i++) {
		k = role_of[r->inputs[i].name->id];
		held = k > 0 && g->roles[k - 1].kind >= ROLE_PARAMETER &&
		    g->roles[k - 1].kind <= ROLE_OBJECT;
		v = graph_add_value(r->m, g, r->inputs[i].name,
		    held ? VALUE_INITIALIZER : VALUE_INPUT);
		v->loc = r->inputs[i].loc;
		if (k > 0)
			g->roles[k - 1].value = v;
	}
}

/* A tensor of the value's type whose data is nowhere. */
static struct tensor *
missing_tensor(struct pt2_reader *r, const struct value *v, const struct str *name)
{
	const struct type *type = v->type;
	struct tensor *t = arena_alloc(&r->m->arena, sizeof *t);
	uint32_t rank = type != NULL ? type->rank : 0;
	int64_t *dims = arena_array(&r->m->arena, rank, sizeof *dims);

	for (uint32_t i = 0; i < rank; i++)
		dims[i] = type->dims[i]->kind == DIM_CONST ? type->dims[i]->lo : 0;
	t->name = name;
	t->dtype = type != NULL ? type->dtype : DT_NONE;
	t->flags = TENSOR_MISSING;
	t->enc = &TENSOR_NONE;
	t->loc = v->loc;
	tensor_set_dims(t, dims, rank);
	return t;
}

static const struct type *
type_of_tensor(struct pt2_reader *r, const struct tensor *t)
{
	struct type type = { .tag = t->sparse != NULL ? TY_SPARSE : TY_TENSOR, .dtype = t->dtype,
	    .has_rank = true, .rank = t->rank };
	const struct dim **dims = arena_array(&r->scratch, t->rank, sizeof *dims);

	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = dim_const(&r->m->types, t->dims[i]);
	type.dims = dims;
	return type_intern(&r->m->types, &type);
}

static struct tensor **
index_held(struct pt2_reader *r)
{
	struct tensor **of = arena_array(&r->scratch, r->m->strs.n, sizeof *of);

	for (uint32_t i = 0; i < r->nheld; i++)
		of[r->held[i].name->id] = r->held[i].t;
	return of;
}

/* What is held gets its data and the name that the module gives it. */
static void
fill_held(struct pt2_reader *r)
{
	struct graph *g = r->m->main;
	struct tensor **held = index_held(r);
	struct role *role;
	struct value *v;

	for (uint32_t i = 0; i < g->nroles; i++) {
		role = &g->roles[i];
		v = role->value;
		if (v == NULL || !(v->flags & VALUE_INITIALIZER) || role->target == NULL)
			continue;
		v->name = role->target;
		if (role->kind == ROLE_OBJECT)
			continue;
		v->constant = held[role->target->id];
		if (v->constant == NULL)
			v->constant = missing_tensor(r, v, role->target);
	}
	for (uint32_t i = 0; i < r->nheld; i++) {
		if ((v = r->held[i].value) == NULL)
			continue;
		v->name = r->held[i].name;
		v->constant = held[v->name->id];
		v->type = type_of_tensor(r, v->constant);
	}
}

/* Outputs come before the types of their values. */
static void
clear_bare(struct model *m)
{
	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->noutputs; k++)
			if (m->graphs[i]->outputs[k]->type != NULL)
				m->graphs[i]->outputs[k]->flags &= ~(uint32_t)VALUE_BARE;
}

static void
bind(void *arg)
{
	struct pt2_reader *r = arg;

	make_inputs(r);
	make_unused(r);
	model_bind(r->m, &r->scratch, &r->decls);
	clear_bare(r->m);
	fill_held(r);
}

static void
read_program(void *arg)
{
	struct pt2_reader *r = arg;

	r->m->producer = str_internz(&r->m->strs, "torch");
	json_in_init(&r->j, r->ctx, r->src, &r->scratch);
	pt2_program(r);
}

void
pt2_read_source(struct pt2_reader *r, const struct source *src)
{
	struct model *m = r->m;

	m->dialect = DIALECT_ATEN;
	m->kind = "exported program";
	m->frames = pt2_frames;
	r->src = src;
	r->major = peek_major(src);
	r->j.stopped = false;
	if (ctx_protect(r->ctx, read_program, r) != 0 || r->j.stopped)
		m->partial = true;
	m->unknown_fields = r->j.unknown;
	if (m->main != NULL && ctx_protect(r->ctx, bind, r) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
}

void
pt2_init(struct pt2_reader *r, struct ctx *ctx, struct model *m)
{
	memset(r, 0, sizeof *r);
	r->ctx = ctx;
	r->m = m;
	arena_init(&r->scratch, ctx);
	sink_init(&r->text, -1);
}

void
pt2_fini(struct pt2_reader *r)
{
	sink_fini(&r->text);
	arena_free(&r->scratch);
}

void
pt2_json_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct pt2_reader r;

	(void)opts;
	pt2_init(&r, ctx, m);
	pt2_read_source(&r, m->source);
	pt2_fini(&r);
}
