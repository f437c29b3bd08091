/* SPDX-License-Identifier: Apache-2.0 */
/* NodeProto and AttributeProto. The kind of an attribute is told from the
 * value field that is set (IR 1 files carry no type); what the file declares
 * is kept beside it for lint. */
#include <string.h>

#include "base/ctx.h"
#include "read/onnx/onnx_read.h"

/* AttributeProto.AttributeType */
static const enum attr_kind declared[] = {
	ATTR_NONE, ATTR_FLOAT, ATTR_INT, ATTR_STRING, ATTR_TENSOR, ATTR_GRAPH, ATTR_FLOATS,
	ATTR_INTS, ATTR_STRINGS, ATTR_TENSORS, ATTR_GRAPHS, ATTR_SPARSE, ATTR_SPARSES,
	ATTR_TYPE, ATTR_TYPES
};

/* Kind by field number of the value. */
static const enum attr_kind by_field[ATTRF_SPARSES + 1] = {
	[ATTRF_F] = ATTR_FLOAT, [ATTRF_I] = ATTR_INT, [ATTRF_S] = ATTR_STRING,
	[ATTRF_T] = ATTR_TENSOR, [ATTRF_G] = ATTR_GRAPH, [ATTRF_FLOATS] = ATTR_FLOATS,
	[ATTRF_INTS] = ATTR_INTS, [ATTRF_STRINGS] = ATTR_STRINGS, [ATTRF_TENSORS] = ATTR_TENSORS,
	[ATTRF_GRAPHS] = ATTR_GRAPHS, [ATTRF_TP] = ATTR_TYPE, [ATTRF_TYPE_PROTOS] = ATTR_TYPES,
	[ATTRF_SPARSE] = ATTR_SPARSE, [ATTRF_SPARSES] = ATTR_SPARSES
};

/* The lists of one attribute while they grow. */
struct lists {
	struct onnx_reader *r;
	int64_t *ints;
	float *floats;
	const struct str **strings;
	struct tensor **tensors; /* sparse ones too */
	struct graph **graphs;
	const struct type **types;
	uint32_t n; /* of the one list that is used */
};

static void
push_int(void *arg, uint64_t v)
{
	struct lists *l = arg;

	LIST_ROOM(l->r->m, l->ints, l->n);
	l->ints[l->n++] = (int64_t)v;
}

static void
push_float(void *arg, uint64_t v)
{
	struct lists *l = arg;
	uint32_t bits = (uint32_t)v;

	LIST_ROOM(l->r->m, l->floats, l->n);
	memcpy(&l->floats[l->n++], &bits, sizeof bits);
}

#define PUSH(l, list, item) \
	do { \
		LIST_ROOM((l)->r->m, (l)->list, (l)->n); \
		(l)->list[(l)->n] = (item); \
		(l)->n++; \
	} while (0)

static double
float_of(uint64_t v)
{
	uint32_t bits = (uint32_t)v;
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

/* A graph in an attribute; without a node (defaults of a function) there is
 * nobody whose region it could be. */
static struct graph *
read_subgraph(struct onnx_reader *r, const struct attr *a, struct node *owner)
{
	struct graph *g = graph_new(r->m, GRAPH_SUBGRAPH, owner, a->name);

	onnx_graph(r, g);
	return g;
}

static void
list_field(struct lists *l, struct attr *a, struct node *owner, const struct wire_field *f)
{
	struct onnx_reader *r = l->r;
	uint64_t room = l->n < r->ctx->limits.list ? r->ctx->limits.list - l->n : 0;

	switch (f->number) {
	case ATTRF_FLOATS:
		a->n += wire_numbers(&r->w, f, push_float, l, room);
		break;
	case ATTRF_INTS:
		a->n += wire_numbers(&r->w, f, push_int, l, room);
		break;
	case ATTRF_STRINGS:
		PUSH(l, strings, onnx_str(r, f));
		break;
	case ATTRF_TENSORS:
		ONNX_IN(r, f, PUSH(l, tensors, onnx_tensor(r)));
		break;
	case ATTRF_SPARSES:
		ONNX_IN(r, f, PUSH(l, tensors, onnx_sparse(r)));
		break;
	case ATTRF_GRAPHS:
		ONNX_IN(r, f, PUSH(l, graphs, read_subgraph(r, a, owner)));
		break;
	case ATTRF_TYPE_PROTOS:
		ONNX_IN(r, f, PUSH(l, types, onnx_type(r)));
		break;
	default:
		break;
	}
}

/* A single value; false when the field is not one. */
static bool
single_field(struct onnx_reader *r, struct attr *a, struct node *owner, const struct wire_field *f)
{
	switch (f->number) {
	case ATTRF_F:
		a->v.f = float_of(f->value);
		break;
	case ATTRF_I:
		a->v.i = (int64_t)f->value;
		break;
	case ATTRF_S:
		a->v.s = onnx_str(r, f);
		a->n = f->len;
		break;
	case ATTRF_T:
		ONNX_IN(r, f, a->v.t = onnx_tensor(r));
		return a->v.t != NULL;
	case ATTRF_SPARSE:
		ONNX_IN(r, f, a->v.t = onnx_sparse(r));
		return a->v.t != NULL;
	case ATTRF_G:
		ONNX_IN(r, f, a->v.g = read_subgraph(r, a, owner));
		return a->v.g != NULL;
	case ATTRF_TP:
		ONNX_IN(r, f, a->v.type = onnx_type(r));
		return a->v.type != NULL;
	default:
		return false;
	}
	return true;
}

static void
finish_list(struct attr *a, struct lists *l, uint32_t field)
{
	struct onnx_reader *r = l->r;

	if (a->kind == ATTR_INTS || a->kind == ATTR_FLOATS) {
		a->v.ints = l->ints;
		if (a->kind == ATTR_FLOATS)
			a->v.floats = l->floats;
		if (a->n <= r->ctx->limits.list)
			return;
		a->v.ints = NULL;
		a->list = onnx_number_list(r, a->kind == ATTR_INTS ? DT_I64 : DT_F32, field, a->n);
		return;
	}
	a->n = l->n;
	if (a->kind == ATTR_STRINGS)
		a->v.strings = l->strings;
	else if (a->kind == ATTR_GRAPHS)
		a->v.graphs = l->graphs;
	else if (a->kind == ATTR_TYPES)
		a->v.types = l->types;
	else
		a->v.tensors = l->tensors;
}

/* name, type and the like; false when it is a value. */
static bool
head_field(struct onnx_reader *r, struct attr *a, const struct wire_field *f)
{
	switch (f->number) {
	case ATTRF_NAME:
		a->name = onnx_str(r, f);
		return true;
	case ATTRF_REF:
		a->ref = f->len > 0 ? onnx_str(r, f) : NULL;
		return true;
	case ATTRF_TYPE:
		a->declared_raw = (int32_t)f->value;
		if (f->value < sizeof declared / sizeof declared[0])
			a->declared = declared[f->value];
		return true;
	case ATTRF_DOC:
		return true;
	default:
		return false;
	}
}

static bool
is_list(enum attr_kind kind)
{
	return kind >= ATTR_INTS;
}

void
onnx_attr(struct onnx_reader *r, struct attr *a, struct node *owner)
{
	struct lists l = { .r = r };
	struct wire_field f;
	uint32_t seen = 0, field = 0;
	enum attr_kind kind;

	a->name = r->m->empty;
	a->loc = wire_here(&r->w);
	while (wire_next(&r->w, &f)) {
		if (head_field(r, a, &f))
			continue;
		kind = by_field[f.number];
		a->nset += !(seen >> f.number & 1);
		seen |= UINT32_C(1) << f.number;
		/* of several values the first kind counts; the rest is a finding */
		if (a->kind != ATTR_NONE && a->kind != kind)
			continue;
		if (is_list(kind)) {
			list_field(&l, a, owner, &f);
			field = f.number;
		} else if (!single_field(r, a, owner, &f)) {
			continue;
		}
		a->kind = kind;
	}
	if (a->kind == ATTR_NONE && is_list(a->declared))
		a->kind = a->declared; /* an empty list has no field */
	if (is_list(a->kind))
		finish_list(a, &l, field);
}

/* The PyTorch exporter writes the modules around a node as a Python list:
 * ['', 'layers.0', 'layers.0.attn', 'matmul']; the last one is the node. */
static const struct str *
scope_of(struct onnx_reader *r, const struct node *n)
{
	const struct str *s = meta_find(n->meta, n->nmeta, "pkg.torch.onnx.name_scopes");
	const char *quote[4] = { NULL, NULL, NULL, NULL }, *p;

	if (s == NULL)
		return NULL;
	for (p = s->s; (p = strchr(p, '\'')) != NULL; p++) {
		memmove(quote, quote + 1, 3 * sizeof *quote);
		quote[3] = p;
	}
	if (quote[0] == NULL || quote[1] == quote[0] + 1)
		return NULL;
	return str_intern(&r->m->strs, quote[0] + 1, (uint32_t)(quote[1] - quote[0] - 1));
}

/* NodeDeviceConfigurationProto as metadata: "two, stage 1, shards x y". */
enum { SHARDS_SHOWN = 8 };

static void
read_device(struct onnx_reader *r, struct node *n)
{
	struct model *m = r->m;
	const struct str *id = m->empty, *tensor;
	const char *shards = "";
	struct wire_field f, g;
	int64_t stage = 0;
	uint32_t n_shards = 0;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			id = onnx_str(r, &f);
		else if (f.number == 3)
			stage = (int32_t)f.value;
		else if (wire_enter(&r->w, &f)) {
			while (wire_next(&r->w, &g)) {
				if (g.number != 1 || n_shards++ >= SHARDS_SHOWN)
					continue;
				tensor = onnx_str(r, &g);
				shards = arena_printf(&r->scratch, "%s %.200s", shards, tensor->s);
			}
			wire_leave(&r->w);
		}
	}
	meta_add(m, &n->meta, &n->nmeta, str_internz(&m->strs, "device_configuration"),
	    str_internz(&m->strs, arena_printf(&r->scratch, "%.200s, stage %lld%s%s", id->s,
	    (long long)stage, *shards ? ", shards" : "", shards)));
}

static void
node_field(struct onnx_reader *r, struct node *n, const struct wire_field *f)
{
	switch (f->number) {
	case NODE_INPUT:
		node_add_operand_name(r->m, n, onnx_str(r, f));
		break;
	case NODE_OUTPUT:
		node_add_output(r->m, n, onnx_str(r, f));
		break;
	case NODE_NAME:
		n->name = onnx_str(r, f);
		break;
	case NODE_OP_TYPE:
		n->type = onnx_str(r, f);
		break;
	case NODE_ATTRIBUTE:
		ONNX_IN(r, f, onnx_attr(r, node_add_attr(r->m, n), n));
		break;
	case NODE_DOC:
		if (f->len > 0)
			meta_add(r->m, &n->meta, &n->nmeta,
			    str_internz(&r->m->strs, "doc_string"), onnx_str(r, f));
		break;
	case NODE_DOMAIN:
		n->domain = onnx_str(r, f);
		break;
	case NODE_OVERLOAD:
		n->overload = f->len > 0 ? onnx_str(r, f) : NULL;
		break;
	case NODE_META:
		ONNX_IN(r, f, onnx_meta(r, &n->meta, &n->nmeta));
		break;
	case NODE_DEVICE:
		ONNX_IN(r, f, read_device(r, n));
		break;
	default:
		break;
	}
}

void
onnx_node(struct onnx_reader *r, struct graph *g)
{
	struct node *n = graph_add_node(r->m, g);
	struct wire_field f;

	n->loc = wire_here(&r->w);
	while (wire_next(&r->w, &f))
		node_field(r, n, &f);
	n->scope = n->nmeta > 0 ? scope_of(r, n) : NULL;
}
