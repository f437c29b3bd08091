/* SPDX-License-Identifier: Apache-2.0 */
/* Core ML specifications: the message Model, its interface, metadata and
 * pipelines. What the model computes is read by the file for its kind:
 * programs (coreml_mil.c), networks (coreml_nn.c); every other kind becomes
 * one node with its parameters. Invariant: every part is in r->parts from its
 * first byte on, so that it is bound and shown wherever reading stops.
 * Source: facts/coreml-format.md section 8. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "proto/coreml.pb-c.h"
#include "read/coreml/blob.h"
#include "read/coreml/coreml_params.h"
#include "read/coreml/coreml_read.h"
#include "read/formats.h"

enum { TYPE_TEXT = 4096 };
enum { SPEC_VERSION = 1, SPEC_DESCRIPTION, SPEC_UPDATABLE = 10,
	SPEC_PIPELINE_CLASSIFIER = 200, SPEC_PIPELINE_REGRESSOR, SPEC_PIPELINE,
	SPEC_NN_REGRESSOR = 303, SPEC_NN_CLASSIFIER = 403, SPEC_NN = 500,
	SPEC_PROGRAM = 502 };

const struct str *
coreml_str(struct coreml_reader *r, const struct wire_field *f)
{
	return wire_str(&r->w, &r->m->strs, f);
}

const struct str *
coreml_enum(struct coreml_reader *r, const struct wire_field *f)
{
	const ProtobufCEnumDescriptor *e = f->desc->descriptor;
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(e,
	    (int)f->value);
	char number[24];

	if (v != NULL)
		return str_internz(&r->m->strs, v->name);
	snprintf(number, sizeof number, "%d", (int)f->value);
	return str_internz(&r->m->strs, number);
}

double
coreml_real(const struct wire_field *f)
{
	uint32_t bits = (uint32_t)f->value;
	double d;
	float x;

	if (f->type == WIRE_FIXED32) {
		memcpy(&x, &bits, sizeof x);
		return (double)x;
	}
	memcpy(&d, &f->value, sizeof d);
	return d;
}

/* A string of the interface: metadata under its name in the schema. */
static void
add_text(struct coreml_reader *r, const char *before, const struct wire_field *f)
{
	struct model *m = r->m;

	if (f->len > 0)
		model_add_meta(m, str_internz(&m->strs, arena_printf(&r->scratch, "%s%s",
		    before, f->desc->name)), coreml_str(r, f));
}

static void
read_user_defined(struct coreml_reader *r)
{
	const struct str *key = r->m->empty, *value = r->m->empty;
	struct wire_field f;

	while (wire_next(&r->w, &f))
		*(f.number == 1 ? &key : &value) = coreml_str(r, &f);
	model_add_meta(r->m, str_internz(&r->m->strs, arena_printf(&r->scratch,
	    "userDefined.%s", key->s)), value);
	if (strcmp(key->s, "com.github.apple.coremltools.version") == 0) {
		r->m->producer = str_internz(&r->m->strs, "coremltools");
		r->m->producer_version = value;
	}
}

static void
read_metadata(struct coreml_reader *r)
{
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (r->no_texts)
			continue;
		if (f.number == 100)
			WIRE_IN(&r->w, &f, read_user_defined(r));
		else
			add_text(r, "", &f);
	}
}

/* Features come before or after the function's name. */
static void
read_function(struct coreml_reader *r)
{
	static const enum feature_role roles[] = {
		[2] = FEATURE_INPUT, [3] = FEATURE_OUTPUT, [6] = FEATURE_STATE
	};
	const struct str *name = r->m->empty;
	uint32_t first = r->m->nfeatures;
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			name = coreml_str(r, &f);
		else if (f.desc->type == PROTOBUF_C_TYPE_MESSAGE)
			WIRE_IN(&r->w, &f, coreml_feature(r, roles[f.number], NULL));
		else
			add_text(r, arena_printf(&r->scratch, "description.%s.", name->s),
			    &f);
	}
	for (; first < r->m->nfeatures; first++)
		r->m->features[first].function = name;
}

static void
read_description(struct coreml_reader *r)
{
	static const enum feature_role roles[] = {
		[1] = FEATURE_INPUT, [10] = FEATURE_OUTPUT, [13] = FEATURE_STATE,
		[50] = FEATURE_TRAINING
	};
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 20)
			WIRE_IN(&r->w, &f, read_function(r));
		else if (f.number == 100)
			WIRE_IN(&r->w, &f, read_metadata(r));
		else if (f.desc->type == PROTOBUF_C_TYPE_MESSAGE)
			WIRE_IN(&r->w, &f, coreml_feature(r, roles[f.number], NULL));
		else
			add_text(r, "description.", &f);
	}
}

static struct coreml_part *
enter_part(struct coreml_reader *r, struct model *m)
{
	struct coreml_part *p = arena_alloc(&r->scratch, sizeof *p);

	p->m = m;
	strtab_init(&p->type_keys, &r->scratch);
	p->next = r->parts;
	r->parts = r->part = p;
	r->m = m;
	return p;
}

static void read_model(struct coreml_reader *r);

const struct type *
coreml_type(struct model *m, struct sink *out)
{
	char text[TYPE_TEXT];
	const struct type *t;
	uint32_t n = out->err == 0 && out->n < sizeof text ? (uint32_t)out->n : 0, bad;

	if (n > 0)
		memcpy(text, out->buf, n);
	sink_fini(out); /* memory may end behind */
	t = n > 0 ? type_parse(&m->types, &m->strs, text, n, &bad) : NULL;
	return t != NULL && t->tag != TY_NONE ? t : NULL;
}

/* A type of one model in the tables of another, by what it is written as. */
static const struct type *
moved_type(struct model *m, const struct type *from)
{
	struct sink out;

	if (from == NULL)
		return NULL;
	sink_init(&out, -1);
	type_print(&out, from);
	return coreml_type(m, &out);
}

void
coreml_stage_names(struct model *m, struct node *n, const struct model *stage)
{
	for (uint32_t i = 0; i < stage->nfeatures; i++) {
		const struct feature *f = &stage->features[i];
		const struct str *name = str_intern(&m->strs, f->name->s, f->name->len);
		struct value *v;

		if (f->role == FEATURE_INPUT)
			node_add_operand_name(m, n, name);
		else if (f->role == FEATURE_OUTPUT && (v = node_add_output(m, n, name)) != NULL)
			v->type = moved_type(m, f->type);
	}
}

/* A stage: a model of its own and the node of the pipeline that stands for it. */
static void
read_stage(struct coreml_reader *r)
{
	struct coreml_part *outer = r->part;
	struct model *m = outer->m, *stage;
	struct node *n = graph_add_node(m, m->main);

	n->loc = wire_here(&r->w);
	LIST_ROOM(m, m->stages, m->nstages);
	if ((stage = model_new(r->ctx, DIALECT_NN, m->format)) == NULL)
		ctx_out_of_memory(r->ctx, sizeof *stage);
	m->stages[m->nstages++] = stage;
	stage->encoding = m->encoding;
	stage->source = m->source;
	enter_part(r, stage);
	read_model(r);
	r->part = outer;
	r->m = m;
	n->type = str_internz(&m->strs, stage->kind);
	coreml_stage_names(m, n, stage);
}

static void
read_pipeline(struct coreml_reader *r)
{
	struct graph *g = r->m->main;
	uint32_t names = 0;
	const struct str **list = NULL;
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1) {
			WIRE_IN(&r->w, &f, read_stage(r));
			continue;
		}
		list = arena_grow(&r->scratch, list, names, sizeof *list);
		list[names++] = coreml_str(r, &f);
	}
	for (uint32_t i = 0; i < names && i < g->nnodes; i++)
		g->nodes[i]->name = list[i];
}

/* PipelineClassifier and PipelineRegressor: a pipeline inside. */
static void
read_wrapped_pipeline(struct coreml_reader *r)
{
	struct wire_field f;

	while (wire_next(&r->w, &f))
		WIRE_IN(&r->w, &f, read_pipeline(r));
}

/* All other kinds: one node with the message as its attributes. */
static void
read_single(struct coreml_reader *r)
{
	struct node *n = graph_add_node(r->m, r->m->main);

	n->type = str_internz(&r->m->strs, r->m->kind);
	n->loc = wire_here(&r->w);
	coreml_params(r, &n->attrs, &n->nattrs, n);
}

static void
read_kind(struct coreml_reader *r, const struct wire_field *f)
{
	struct model *m = r->m;

	if (*m->kind != '\0') {
		wire_diag(&r->w, DIAG_COREML_TWO_KINDS, f->off, "a second model, of type "
		    "%s, in one message; the first was kept", f->desc->name);
		return;
	}
	m->kind = f->desc->name;
	if (f->number == SPEC_PROGRAM) {
		m->dialect = DIALECT_MIL;
		WIRE_IN(&r->w, f, coreml_program(r));
		return;
	}
	graph_new(m, GRAPH_MAIN, NULL, NULL)->loc = wire_loc(&r->w, f);
	switch (f->number) {
	case SPEC_PIPELINE:
		WIRE_IN(&r->w, f, read_pipeline(r));
		break;
	case SPEC_PIPELINE_CLASSIFIER:
	case SPEC_PIPELINE_REGRESSOR:
		WIRE_IN(&r->w, f, read_wrapped_pipeline(r));
		break;
	case SPEC_NN:
	case SPEC_NN_CLASSIFIER:
	case SPEC_NN_REGRESSOR:
		WIRE_IN(&r->w, f, coreml_network(r, m->main));
		break;
	default:
		WIRE_IN(&r->w, f, read_single(r));
	}
}

/* What one node stands for is joined to the interface. Programs have inputs
 * and outputs of their own. */
void
coreml_interface(struct model *m, struct arena *scratch, struct decl_table *decls)
{
	struct graph *g = m->main;
	bool single = g->nnodes == 1 && m->nstages == 0 &&
	    strcmp(g->nodes[0]->type->s, m->kind) == 0;
	const struct feature *f;
	struct value *v;

	for (uint32_t i = 0; i < m->nfeatures; i++) {
		f = &m->features[i];
		if (f->role == FEATURE_OUTPUT) {
			decl_add(scratch, decls, g, (struct decl){ .name = f->name,
			    .type = f->type, .loc = f->loc, .output = true });
			if (single)
				node_add_output(m, g->nodes[0], f->name);
		} else if (f->role == FEATURE_INPUT) {
			v = graph_add_value(m, g, f->name, VALUE_INPUT);
			v->type = f->type;
			v->loc = f->loc;
			if (single)
				node_add_operand_name(m, g->nodes[0], f->name);
		}
	}
}

static void
read_fields(struct coreml_reader *r)
{
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == SPEC_VERSION)
			r->m->format_version = (int32_t)f.value;
		else if (f.number == SPEC_DESCRIPTION)
			WIRE_IN(&r->w, &f, read_description(r));
		else if (f.number == SPEC_UPDATABLE)
			r->m->updatable = f.value != 0;
		else
			read_kind(r, &f);
		if (r->ctx->cancel != NULL && *r->ctx->cancel)
			return;
	}
}

static void
read_model(struct coreml_reader *r)
{
	read_fields(r);
	if (*r->m->kind == '\0')
		wire_diag(&r->w, DIAG_COREML_NO_KIND, wire_here(&r->w).off,
		    "the model does not say what it is; only its interface is shown");
	if (r->m->dialect == DIALECT_MIL)
		coreml_choose_main(r);
	if (r->m->main == NULL)
		graph_new(r->m, GRAPH_MAIN, NULL, NULL)->loc = wire_here(&r->w);
	else if (r->m->dialect == DIALECT_MIL)
		return;
	coreml_interface(r->m, &r->scratch, &r->part->decls);
}

static void
read_all(void *arg)
{
	struct coreml_reader *r = arg;

	wire_root(&r->w, r->ctx, &r->scratch, r->part->m->source,
	    &coreml__model__descriptor);
	read_model(r);
}

/* A classifier makes its label and probabilities by its type: nothing in the
 * network has their names. */
static void
imply_outputs(struct model *m)
{
	const struct graph *g = m->main;

	if (strcmp(m->kind, "neuralNetworkClassifier") != 0)
		return;
	for (uint32_t i = 0; i < g->noutputs; i++) {
		if (g->outputs[i]->flags & VALUE_UNDEFINED) {
			g->outputs[i]->flags &= ~(uint32_t)VALUE_UNDEFINED;
			g->outputs[i]->flags |= VALUE_IMPLIED;
		}
	}
}

struct binding { struct model *m; struct arena *scratch; const struct decl_table *decls; };

static void
bind_names(void *arg)
{
	const struct binding *b = arg;

	model_bind(b->m, b->scratch, b->decls);
	if (b->m->main != NULL)
		imply_outputs(b->m);
}

void
coreml_bind(struct ctx *ctx, struct model *m, struct arena *scratch,
    const struct decl_table *decls)
{
	struct binding b = { m, scratch, decls };

	if (ctx_protect(ctx, bind_names, &b) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
}

static void
finish_part(struct coreml_reader *r)
{
	struct model *m = r->part->m;

	coreml_bind(r->ctx, m, &r->scratch, &r->part->decls);
	blob_resolve(r->ctx, m, r->part->blobs, r->part->nblobs, r->opts);
	strtab_free(&r->part->type_keys);
}

static void
start(void *arg)
{
	struct coreml_reader *r = arg;

	enter_part(r, r->m);
}

void
coreml_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct coreml_reader r = { .ctx = ctx, .opts = opts, .m = m };

	arena_init(&r.scratch, ctx);
	m->format = "coreml";
	m->dialect = DIALECT_NN;
	m->kind = ""; /* the specification says it, whatever stands beside it */
	if (ctx_protect(ctx, start, &r) != 0 || ctx_protect(ctx, read_all, &r) != 0)
		m->partial = true;
	for (r.part = r.parts; r.part != NULL; r.part = r.part->next)
		finish_part(&r);
	m->partial |= r.w.damaged;
	m->unknown_fields = r.w.unknown;
	if (r.w.unknown > 0)
		diag_add(ctx, DIAG_WIRE_UNKNOWN, NULL, "%" PRIu64 " field%s that the "
		    "specification of Core ML 9 does not have, passed over",
		    r.w.unknown, plural(r.w.unknown));
	arena_free(&r.scratch);
}

/* A description that stands alone. */
struct describing {
	struct coreml_reader r;
	struct loc at;
};

static void
describe(void *arg)
{
	struct describing *d = arg;

	enter_part(&d->r, d->r.m);
	wire_part(&d->r.w, d->r.ctx, &d->r.scratch, &d->at,
	    &coreml__model_description__descriptor);
	read_description(&d->r);
}

void
coreml_description(struct ctx *ctx, struct model *m, const struct loc *at, bool texts)
{
	struct describing d = { .r = { .ctx = ctx, .m = m, .no_texts = !texts }, .at = *at };

	arena_init(&d.r.scratch, ctx);
	if (ctx_protect(ctx, describe, &d) != 0)
		m->partial = true;
	if (d.r.part != NULL)
		strtab_free(&d.r.part->type_keys);
	m->partial |= d.r.w.damaged;
	arena_free(&d.r.scratch);
}
