/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX models, binary form: ModelProto, GraphProto, FunctionProto. One pass in
 * file order; since the graph precedes the opset imports and inputs follow
 * the nodes that read them, names become values only at the end (ir/bind.c).
 * Source: facts/onnx-format.md. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "proto/onnx.pb-c.h"
#include "read/external.h"
#include "read/formats.h"
#include "read/onnx/onnx_read.h"

const struct str *
onnx_str(struct onnx_reader *r, const struct wire_field *f)
{
	return wire_str(&r->w, &r->m->strs, f);
}

void
onnx_meta(struct onnx_reader *r, struct meta **list, uint32_t *n)
{
	const struct str *key = r->m->empty, *value = r->m->empty;
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			key = onnx_str(r, &f);
		else if (f.number == 2)
			value = onnx_str(r, &f);
	}
	meta_add(r->m, list, n, key, value);
}

static struct opset
read_opset(struct onnx_reader *r)
{
	struct opset o = { .domain = r->m->empty, .loc = wire_here(&r->w) };
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			o.domain = onnx_str(r, &f);
		else if (f.number == 2)
			o.version = (int64_t)f.value;
	}
	return o;
}

static void
add_doc(struct onnx_reader *r, struct meta **list, uint32_t *n, const struct wire_field *f)
{
	if (f->len > 0)
		meta_add(r->m, list, n, str_internz(&r->m->strs, "doc_string"), onnx_str(r, f));
}

/* A name with a type: ValueInfoProto. */
static struct decl
read_decl(struct onnx_reader *r)
{
	struct decl d = { .name = r->m->empty, .loc = wire_here(&r->w) };
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			d.name = onnx_str(r, &f);
		else if (f.number == 2)
			ONNX_IN(r, &f, d.type = onnx_type(r));
	}
	return d;
}

static void
read_input(struct onnx_reader *r, struct graph *g)
{
	struct decl d = read_decl(r);
	struct value *v = graph_add_value(r->m, g, d.name, VALUE_INPUT);

	v->type = d.type;
	v->loc = d.loc;
}

static void
read_typed(struct onnx_reader *r, struct graph *g, bool output)
{
	struct decl d = read_decl(r);

	d.output = output;
	decl_add(&r->scratch, &r->decls, g, d);
}

static void
read_initializer(struct onnx_reader *r, struct graph *g, bool sparse)
{
	struct tensor *t = sparse ? onnx_sparse(r) : onnx_tensor(r);
	struct value *v;

	v = graph_add_value(r->m, g, t->name, VALUE_INITIALIZER | (sparse ? VALUE_SPARSE : 0));
	v->constant = t;
	v->loc = t->loc;
}

static void
read_annotation(struct onnx_reader *r, struct graph *g)
{
	struct annotation a = { .tensor = r->m->empty };
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			a.tensor = onnx_str(r, &f);
		else if (f.number == 2)
			ONNX_IN(r, &f, onnx_meta(r, &a.meta, &a.nmeta));
	}
	LIST_ROOM(r->m, g->annotations, g->nannotations);
	g->annotations[g->nannotations++] = a;
}

void
onnx_graph(struct onnx_reader *r, struct graph *g)
{
	struct wire_field f;

	g->loc = wire_here(&r->w);
	while (wire_next(&r->w, &f)) {
		switch (f.number) {
		case GRAPHF_NODE:
			ONNX_IN(r, &f, onnx_node(r, g));
			break;
		case GRAPHF_NAME:
			g->name = onnx_str(r, &f);
			break;
		case GRAPHF_INITIALIZER:
		case GRAPHF_SPARSE:
			ONNX_IN(r, &f, read_initializer(r, g, f.number == GRAPHF_SPARSE));
			break;
		case GRAPHF_DOC:
			add_doc(r, &g->meta, &g->nmeta, &f);
			break;
		case GRAPHF_INPUT:
			ONNX_IN(r, &f, read_input(r, g));
			break;
		case GRAPHF_OUTPUT:
		case GRAPHF_VALUE_INFO:
			ONNX_IN(r, &f, read_typed(r, g, f.number == GRAPHF_OUTPUT));
			break;
		case GRAPHF_QUANT:
			ONNX_IN(r, &f, read_annotation(r, g));
			break;
		case GRAPHF_META:
			ONNX_IN(r, &f, onnx_meta(r, &g->meta, &g->nmeta));
			break;
		default:
			break;
		}
	}
}

static void
read_function_attr(struct onnx_reader *r, struct function *fn)
{
	LIST_ROOM(r->m, fn->defaults, fn->ndefaults);
	memset(&fn->defaults[fn->ndefaults], 0, sizeof *fn->defaults);
	onnx_attr(r, &fn->defaults[fn->ndefaults], NULL);
	fn->ndefaults++;
}

/* The fields of a function that hold its signature. */
static void
function_field(struct onnx_reader *r, struct graph *g, const struct wire_field *f)
{
	struct function *fn = g->function;
	struct value *v;

	switch (f->number) {
	case FUNC_INPUT:
		v = graph_add_value(r->m, g, onnx_str(r, f), VALUE_INPUT);
		v->loc = wire_loc(&r->w, f);
		break;
	case FUNC_OUTPUT:
		decl_add(&r->scratch, &r->decls, g, (struct decl){ .name = onnx_str(r, f),
		    .output = true, .loc = wire_loc(&r->w, f) });
		break;
	case FUNC_ATTRIBUTE:
		LIST_ROOM(r->m, fn->attrs, fn->nattrs);
		fn->attrs[fn->nattrs] = onnx_str(r, f); /* counted once it is there */
		fn->nattrs++;
		break;
	case FUNC_ATTRIBUTE_PROTO:
		ONNX_IN(r, f, read_function_attr(r, fn));
		break;
	case FUNC_DOMAIN:
		fn->domain = onnx_str(r, f);
		break;
	case FUNC_OVERLOAD:
		fn->overload = onnx_str(r, f);
		break;
	default:
		break;
	}
}

static void
read_function_opset(struct onnx_reader *r, struct graph *g)
{
	struct opset o = read_opset(r);

	LIST_ROOM(r->m, g->opsets, g->nopsets);
	g->opsets[g->nopsets++] = o;
}

static void
read_function(struct onnx_reader *r)
{
	/* before the graph: memory may end between them */
	struct function *fn = arena_alloc(&r->m->arena, sizeof *fn);
	struct graph *g = graph_new(r->m, GRAPH_FUNCTION, NULL, NULL);
	struct wire_field f;

	fn->domain = fn->overload = r->m->empty;
	g->function = fn;
	g->loc = wire_here(&r->w);
	while (wire_next(&r->w, &f)) {
		switch (f.number) {
		case FUNC_NAME:
			g->name = onnx_str(r, &f);
			break;
		case FUNC_NODE:
			ONNX_IN(r, &f, onnx_node(r, g));
			break;
		case FUNC_DOC:
			add_doc(r, &g->meta, &g->nmeta, &f);
			break;
		case FUNC_OPSET:
			ONNX_IN(r, &f, read_function_opset(r, g));
			break;
		case FUNC_VALUE_INFO:
			ONNX_IN(r, &f, read_typed(r, g, false));
			break;
		case FUNC_META:
			ONNX_IN(r, &f, onnx_meta(r, &g->meta, &g->nmeta));
			break;
		default:
			function_field(r, g, &f);
		}
	}
}

/* Bindings are (initializer, output) pairs; kept as metadata of the graph
 * that makes the outputs. */
static void
read_training(struct onnx_reader *r)
{
	static const char *const roles[] = { "initialization", "algorithm" };
	struct graph *g[2] = { NULL, NULL };
	struct wire_field f;
	uint32_t i;

	while (wire_next(&r->w, &f)) {
		i = f.number == 2 || f.number == 4;
		if (g[i] == NULL) {
			g[i] = graph_new(r->m, GRAPH_TRAINING, NULL,
			    str_internz(&r->m->strs, roles[i]));
			g[i]->loc = wire_loc(&r->w, &f);
		}
		if (f.number <= 2)
			ONNX_IN(r, &f, onnx_graph(r, g[i]));
		else
			ONNX_IN(r, &f, onnx_meta(r, &g[i]->meta, &g[i]->nmeta));
	}
}

static void
read_main(struct onnx_reader *r, const struct wire_field *f)
{
	struct model *m = r->m;

	if (m->main != NULL && !r->two_graphs) {
		r->two_graphs = true;
		wire_diag(&r->w, DIAG_ONNX_TWO_GRAPHS, f->off,
		    "the graph field stands more than once; the pieces were put together");
	}
	if (m->main == NULL)
		graph_new(m, GRAPH_MAIN, NULL, NULL);
	ONNX_IN(r, f, onnx_graph(r, m->main));
}

static void
read_import(struct onnx_reader *r)
{
	struct opset o = read_opset(r);

	*model_add_opset(r->m, o.domain, o.version) = o;
}

static void
model_field(struct onnx_reader *r, const struct wire_field *f)
{
	struct model *m = r->m;

	switch (f->number) {
	case MODEL_IR_VERSION:
		m->format_version = (int64_t)f->value;
		break;
	case MODEL_PRODUCER_NAME:
		m->producer = onnx_str(r, f);
		break;
	case MODEL_PRODUCER_VERSION:
		m->producer_version = onnx_str(r, f);
		break;
	case MODEL_DOMAIN:
		m->domain = onnx_str(r, f);
		break;
	case MODEL_VERSION:
		m->version = (int64_t)f->value;
		break;
	case MODEL_DOC:
		add_doc(r, &m->meta, &m->nmeta, f);
		break;
	case MODEL_GRAPH:
		read_main(r, f);
		break;
	case MODEL_OPSET:
		ONNX_IN(r, f, read_import(r));
		break;
	case MODEL_META:
		ONNX_IN(r, f, onnx_meta(r, &m->meta, &m->nmeta));
		break;
	case MODEL_TRAINING:
		ONNX_IN(r, f, read_training(r));
		break;
	case MODEL_FUNCTIONS:
		ONNX_IN(r, f, read_function(r));
		break;
	case MODEL_CONFIGURATION:
		m->ndevices++;
		break;
	default:
		break;
	}
}

static void
read_fields(void *arg)
{
	struct onnx_reader *r = arg;
	struct wire_field f;

	wire_root(&r->w, r->ctx, &r->scratch, r->m->source, &onnx__model_proto__descriptor);
	while (wire_next(&r->w, &f)) {
		model_field(r, &f);
		if (r->ctx->cancel != NULL && *r->ctx->cancel)
			return;
	}
}

static void
bind(void *arg)
{
	struct onnx_reader *r = arg;

	model_bind(r->m, &r->scratch, &r->decls);
}

static void
resolve(void *arg)
{
	struct onnx_reader *r = arg;

	external_resolve(r->m, &r->scratch, r->external, r->nexternal, r->opts);
}

void
onnx_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct onnx_reader r = { .ctx = ctx, .m = m, .opts = opts };

	arena_init(&r.scratch, ctx);
	m->format = "onnx";
	m->dialect = DIALECT_ONNX;
	if (ctx_protect(ctx, read_fields, &r) != 0)
		m->partial = true;
	if (ctx_protect(ctx, bind, &r) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
	m->partial |= r.w.damaged;
	m->unknown_fields = r.w.unknown;
	if (r.w.unknown > 0)
		diag_add(ctx, DIAG_WIRE_UNKNOWN, NULL, "%" PRIu64 " field%s that IR version 14 "
		    "does not have, passed over", r.w.unknown, plural(r.w.unknown));
	if (ctx_protect(ctx, resolve, &r) != 0)
		m->partial = true;
	arena_free(&r.scratch);
}
