/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX Runtime's own file: the ONNX graph as a FlatBuffer, after the
 * optimisations for one machine. Slots are those of the published schema
 * (facts/onnx-format.md section 10). Weights stay where they are. */
#include <string.h>

#include "base/ctx.h"
#include "ir/build.h"
#include "ops/op.h"
#include "read/flat.h"
#include "read/formats.h"
#include "read/onnx/onnx_read.h"

enum { SESSION_VERSION, SESSION_MODEL };
enum {
	ORT_IR_VERSION, ORT_OPSETS, ORT_PRODUCER, ORT_PRODUCER_VERSION, ORT_DOMAIN,
	ORT_VERSION, ORT_DOC, ORT_GRAPH, ORT_GRAPH_DOC, ORT_META
};
enum {
	OG_INITIALIZERS, OG_ARGS, OG_NODES, OG_MAX_INDEX, OG_EDGES, OG_INPUTS, OG_OUTPUTS,
	OG_SPARSE
};
enum {
	ON_NAME, ON_DOC, ON_DOMAIN, ON_SINCE, ON_INDEX, ON_OP_TYPE, ON_TYPE, ON_PROVIDER,
	ON_INPUTS, ON_OUTPUTS, ON_ATTRIBUTES
};
enum {
	OA_NAME, OA_DOC, OA_TYPE, OA_F, OA_I, OA_S, OA_T, OA_G, OA_FLOATS, OA_INTS,
	OA_STRINGS, OA_TENSORS, OA_GRAPHS
};
enum { OT_NAME, OT_DOC, OT_DIMS, OT_DATA_TYPE, OT_RAW, OT_STRINGS, OT_EXTERNAL };
enum { TYPE_NONE, TYPE_TENSOR, TYPE_SEQUENCE, TYPE_MAP }; /* of the union TypeInfoValue */

struct ort {
	struct ctx *ctx;
	struct model *m;
	struct arena scratch;
	struct flat f;
	struct decl_table decls;    /* outputs */
	struct arg {
		const struct type *type;
		uint32_t graph;     /* id + 1 of the graph that says so */
	} *args;                    /* declared types, by id of the name */
	uint32_t nargs;
};

/* Walk a vector of tables: fn for each. */
static void
each(struct ort *o, const struct flat_table *t, unsigned slot, const char *name,
    void (*fn)(struct ort *, const struct flat_table *, void *), void *arg)
{
	struct flat_vector v;
	struct flat_table item;

	if (!flat_list(&o->f, t, slot, 4, &v))
		return;
	for (uint32_t i = 0; i < v.n && o->f.left > 0; i++)
		if (flat_enter_item(&o->f, &v, i, name, &item)) {
			fn(o, &item, arg);
			flat_leave(&o->f);
		}
}

static const struct str *
text(struct ort *o, const struct flat_table *t, unsigned slot)
{
	return flat_str(&o->f, t, slot, &o->m->strs);
}

static const struct str *
text_item(struct ort *o, const struct flat_vector *v, uint32_t i)
{
	return flat_str_item(&o->f, v, i, &o->m->strs);
}

static void
add_doc(struct ort *o, const struct flat_table *t, unsigned slot, struct meta **list,
    uint32_t *n)
{
	const struct str *doc = text(o, t, slot);

	if (doc->len > 0)
		meta_add(o->m, list, n, str_internz(&o->m->strs, "doc_string"), doc);
}

/* ------------------------------------------------------------------ types */

static const struct type *read_type(struct ort *, const struct flat_table *);

static const struct type *
elem_type(struct ort *o, const struct flat_table *t, unsigned slot, const char *name)
{
	struct flat_table elem;
	const struct type *type = NULL;

	if (flat_enter(&o->f, t, slot, name, &elem)) {
		type = read_type(o, &elem);
		flat_leave(&o->f);
	}
	return type;
}

static void
set_dtype(struct type *type, int64_t raw)
{
	type->dtype = onnx_dtype((int32_t)raw);
	type->dtype_raw = type->dtype == DT_NONE ? (int32_t)raw : 0;
}

static const struct dim *
read_dim(struct ort *o, const struct flat_table *t)
{
	const struct dim *d = dim_unknown(&o->m->types);
	struct flat_table v;
	const struct str *name;
	int64_t kind;

	if (!flat_enter(&o->f, t, 0, "value", &v))
		return d;
	kind = flat_int(&o->f, &v, 0, 1);
	if (kind == 1)
		d = dim_const(&o->m->types, flat_int(&o->f, &v, 1, 8));
	else if (kind == 2 && (name = text(o, &v, 2))->len > 0)
		d = dim_sym(&o->m->types, name);
	flat_leave(&o->f);
	return d;
}

static void
read_shape(struct ort *o, const struct flat_table *t, struct type *type)
{
	struct flat_vector v;
	struct flat_table dim;
	const struct dim **dims;

	type->has_rank = true;
	if (!flat_list(&o->f, t, 0, 4, &v))
		return;
	dims = arena_array(&o->scratch, v.n, sizeof *dims);
	for (uint32_t i = 0; i < v.n; i++) {
		dims[i] = dim_unknown(&o->m->types);
		if (flat_enter_item(&o->f, &v, i, "dim", &dim)) {
			dims[i] = read_dim(o, &dim);
			flat_leave(&o->f);
		}
	}
	type->rank = v.n;
	type->dims = dims;
}

static void
read_tensor_type(struct ort *o, const struct flat_table *t, struct type *type)
{
	struct flat_table shape;

	type->tag = TY_TENSOR;
	set_dtype(type, flat_int(&o->f, t, 0, 4));
	if (flat_enter(&o->f, t, 1, "shape", &shape)) {
		read_shape(o, &shape, type);
		flat_leave(&o->f);
	}
}

/* TypeInfo: denotation, kind of the union, the union's table. */
static const struct type *
read_type(struct ort *o, const struct flat_table *t)
{
	struct type type = { .tag = TY_NONE, .domain = o->m->empty, .name = o->m->empty };
	int64_t kind = flat_int(&o->f, t, 1, 1);
	struct flat_table v;

	if (kind >= TYPE_TENSOR && kind <= TYPE_MAP &&
	    flat_enter(&o->f, t, 2, "value", &v)) {
		if (kind == TYPE_TENSOR) {
			read_tensor_type(o, &v, &type);
		} else if (kind == TYPE_SEQUENCE) {
			type.tag = TY_SEQ;
			type.elem = elem_type(o, &v, 0, "elem_type");
		} else {
			type.tag = TY_MAP;
			set_dtype(&type, flat_int(&o->f, &v, 0, 4));
			type.elem = elem_type(o, &v, 1, "value_type");
		}
		flat_leave(&o->f);
	}
	return type_intern(&o->m->types, &type);
}

/* ---------------------------------------------------------------- tensors */

/* Strings as the other encodings give them: a 4-byte length and the bytes; one
 * that does not fit n is cut. state[0] counts them. */
static long
read_strings(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	const struct loc *place = &tr->t->place;
	uint64_t at = place->off + 4 * tr->state[0], len, rel;
	unsigned char raw[4], *out = buf;
	long part;

	(void)scratch;
	if (4 * tr->state[0] >= place->len || n < 4)
		return 0;
	if (source_read(place->src, at, raw, 4) != 4)
		return -1;
	rel = raw[0] | raw[1] << 8 | raw[2] << 16 | (uint64_t)raw[3] << 24;
	if (source_read(place->src, at + rel, out, 4) != 4)
		return -1;
	len = out[0] | out[1] << 8 | out[2] << 16 | (uint64_t)out[3] << 24;
	part = len < n - 4 ? (long)len : (long)n - 4;
	if (source_read(place->src, at + rel + 4, out + 4, (size_t)part) != part)
		return -1;
	tr->state[0]++;
	return part + 4;
}

static const struct tensor_enc ENC_STRINGS = { "strings", read_strings };

/* From version 1.19 of the runtime weights may lie in a side file, whose name
 * the program that loads the model has to know. */
static void
set_external(struct ort *o, const struct flat_table *t, struct tensor *x)
{
	x->flags |= TENSOR_EXTERNAL | TENSOR_MISSING;
	x->ext = arena_alloc(&o->m->arena, sizeof *x->ext);
	x->ext->location = o->m->empty;
	x->ext->offset = (uint64_t)flat_int(&o->f, t, OT_EXTERNAL, 8);
	x->ext->length = UINT64_MAX;
	x->ext->status = EXT_ABSENT;
	x->ext->why = "the model does not say in which file its data is";
}

static void
set_payload(struct ort *o, const struct flat_table *t, struct tensor *x)
{
	struct flat_vector v;

	x->enc = &TENSOR_NONE;
	if (x->dtype == DT_STR && flat_list(&o->f, t, OT_STRINGS, 4, &v)) {
		x->enc = &ENC_STRINGS;
		x->stored = v.n;
		x->place = (struct loc){ o->m->source, v.at, (uint64_t)v.n * 4 };
		x->fields |= UINT64_C(1) << TENSORF_STRING;
	} else if (flat_list(&o->f, t, OT_RAW, 1, &v)) {
		x->enc = &TENSOR_RAW;
		x->stored = v.n;
		x->place = (struct loc){ o->m->source, v.at, v.n };
		x->fields |= UINT64_C(1) << TENSORF_RAW;
	} else if (flat_has(&o->f, t, OT_EXTERNAL) &&
	    flat_int(&o->f, t, OT_EXTERNAL, 8) >= 0) {
		set_external(o, t, x);
	}
}

static void
set_dims(struct ort *o, const struct flat_table *t, unsigned slot, struct tensor *x)
{
	struct flat_vector v;
	int64_t *dims = NULL;
	uint32_t i;

	if (flat_list(&o->f, t, slot, 8, &v))
		dims = arena_array(&o->m->arena, v.n, sizeof *dims);
	for (i = 0; i < v.n; i++)
		dims[i] = flat_int_item(&o->f, &v, i, 8);
	tensor_set_dims(x, dims, v.n);
}

static struct tensor *
read_tensor(struct ort *o, const struct flat_table *t)
{
	struct tensor *x = arena_alloc(&o->m->arena, sizeof *x);

	x->name = text(o, t, OT_NAME);
	x->dtype_raw = (int32_t)flat_int(&o->f, t, OT_DATA_TYPE, 4);
	x->dtype = onnx_dtype(x->dtype_raw);
	x->loc = flat_loc(&o->f, t);
	x->fields = UINT64_C(1) << TENSORF_DATA_TYPE | UINT64_C(1) << TENSORF_DIMS;
	set_dims(o, t, OT_DIMS, x);
	set_payload(o, t, x);
	o->m->ntensors++;
	return x;
}

static struct tensor *
read_tensor_field(struct ort *o, const struct flat_table *t, unsigned slot,
    const char *name)
{
	struct flat_table field;
	struct tensor *x = NULL;

	if (flat_enter(&o->f, t, slot, name, &field)) {
		x = read_tensor(o, &field);
		flat_leave(&o->f);
	}
	return x;
}

static void
read_initializer(struct ort *o, const struct flat_table *t, void *arg)
{
	struct tensor *x = read_tensor(o, t);
	struct value *v = graph_add_value(o->m, arg, x->name, VALUE_INITIALIZER);

	v->constant = x;
	v->loc = x->loc;
}

static void
read_sparse(struct ort *o, const struct flat_table *t, void *arg)
{
	struct tensor *x = arena_alloc(&o->m->arena, sizeof *x);
	struct value *v;

	x->sparse = arena_alloc(&o->m->arena, sizeof *x->sparse);
	x->sparse->values = read_tensor_field(o, t, 0, "values");
	x->sparse->indices = read_tensor_field(o, t, 1, "indices");
	x->name = o->m->empty;
	x->enc = &TENSOR_NONE;
	x->place = x->loc = flat_loc(&o->f, t);
	if (x->sparse->values != NULL) {
		x->name = x->sparse->values->name;
		x->dtype = x->sparse->values->dtype;
		x->dtype_raw = x->sparse->values->dtype_raw;
	}
	set_dims(o, t, 2, x);
	v = graph_add_value(o->m, arg, x->name, VALUE_INITIALIZER | VALUE_SPARSE);
	v->constant = x;
	v->loc = x->loc;
}

/* ------------------------------------------------------------- attributes */

static void read_graph(struct ort *, const struct flat_table *, struct graph *);

static struct graph *
read_subgraph(struct ort *o, const struct flat_table *t, struct node *n, struct attr *a)
{
	struct graph *g = graph_new(o->m, GRAPH_SUBGRAPH, n, a->name);

	read_graph(o, t, g);
	return g;
}

/* Numbers beyond limits.list stay in the file, where they lie as they are. */
static void
leave_numbers(struct ort *o, struct attr *a, const struct flat_vector *v)
{
	struct tensor *t;
	int64_t *dims;

	t = arena_alloc(&o->m->arena, sizeof *t);
	dims = arena_alloc(&o->m->arena, sizeof *dims);
	*dims = v->n;
	t->name = o->m->empty;
	t->dtype = a->kind == ATTR_INTS ? DT_I64 : DT_F32;
	tensor_set_dims(t, dims, 1);
	t->flags |= TENSOR_SCALAR_LIST;
	t->enc = &TENSOR_RAW;
	t->place = (struct loc){ o->m->source, v->at,
	    (uint64_t)v->n * (a->kind == ATTR_INTS ? 8 : 4) };
	t->loc = t->place;
	t->stored = t->place.len;
	a->list = t;
	a->n = v->n;
}

static void
read_ints(struct ort *o, struct attr *a, const struct flat_vector *v)
{
	int64_t *ints = arena_array(&o->m->arena, v->n, sizeof *ints);

	for (uint32_t i = 0; i < v->n; i++)
		ints[i] = flat_int_item(&o->f, v, i, 8);
	a->v.ints = ints;
	a->n = v->n;
}

static void
read_floats(struct ort *o, struct attr *a, const struct flat_vector *v)
{
	float *floats = arena_array(&o->m->arena, v->n, sizeof *floats);
	uint32_t bits;

	for (uint32_t i = 0; i < v->n; i++) {
		bits = (uint32_t)flat_int_item(&o->f, v, i, 4);
		memcpy(&floats[i], &bits, sizeof bits);
	}
	a->v.floats = floats;
	a->n = v->n;
}

static void
read_texts(struct ort *o, struct attr *a, const struct flat_vector *v)
{
	const struct str **strings = arena_array(&o->m->arena, v->n, sizeof *strings);

	for (uint32_t i = 0; i < v->n; i++)
		strings[i] = text_item(o, v, i);
	a->v.strings = strings;
	a->n = v->n;
}

/* Tables that cannot be read are left out of the list; an item is counted
 * once it is there, for memory may end in between. */
static void
read_tensors(struct ort *o, struct attr *a, const struct flat_vector *v)
{
	struct tensor **list = arena_array(&o->m->arena, v->n, sizeof *list);
	struct flat_table t;

	a->v.tensors = list;
	for (uint32_t i = 0; i < v->n; i++)
		if (flat_enter_item(&o->f, v, i, "tensors", &t)) {
			list[a->n] = read_tensor(o, &t);
			a->n++;
			flat_leave(&o->f);
		}
}

static void
read_graphs(struct ort *o, struct attr *a, const struct flat_vector *v, struct node *n)
{
	struct graph **list = arena_array(&o->m->arena, v->n, sizeof *list);
	struct flat_table t;

	a->v.graphs = list;
	for (uint32_t i = 0; i < v->n; i++)
		if (flat_enter_item(&o->f, v, i, "graphs", &t)) {
			list[a->n] = read_subgraph(o, &t, n, a);
			a->n++;
			flat_leave(&o->f);
		}
}

static void
read_list(struct ort *o, const struct flat_table *t, struct attr *a, struct node *n)
{
	static const struct { unsigned slot, bytes; } lists[ATTR_KIND_COUNT] = {
		[ATTR_INTS] = { OA_INTS, 8 }, [ATTR_FLOATS] = { OA_FLOATS, 4 },
		[ATTR_STRINGS] = { OA_STRINGS, 4 }, [ATTR_TENSORS] = { OA_TENSORS, 4 },
		[ATTR_GRAPHS] = { OA_GRAPHS, 4 },
	};
	struct flat_vector v;

	if (lists[a->kind].slot == 0 ||
	    !flat_list(&o->f, t, lists[a->kind].slot, lists[a->kind].bytes, &v))
		return;
	if (a->kind == ATTR_TENSORS)
		read_tensors(o, a, &v);
	else if (a->kind == ATTR_GRAPHS)
		read_graphs(o, a, &v, n);
	else if (a->kind == ATTR_STRINGS)
		read_texts(o, a, &v);
	else if (v.n > o->ctx->limits.list)
		leave_numbers(o, a, &v);
	else if (a->kind == ATTR_INTS)
		read_ints(o, a, &v);
	else
		read_floats(o, a, &v);
}

static void
read_single(struct ort *o, const struct flat_table *t, struct attr *a, struct node *n)
{
	struct flat_table g;

	if (a->kind == ATTR_INT) {
		a->v.i = flat_int(&o->f, t, OA_I, 8);
	} else if (a->kind == ATTR_FLOAT) {
		a->v.f = (double)flat_float(&o->f, t, OA_F);
	} else if (a->kind == ATTR_STRING) {
		a->v.s = text(o, t, OA_S);
		a->n = a->v.s->len;
	} else if (a->kind == ATTR_TENSOR) {
		a->v.t = read_tensor_field(o, t, OA_T, "t");
	} else if (a->kind == ATTR_GRAPH && flat_enter(&o->f, t, OA_G, "g", &g)) {
		a->v.g = read_subgraph(o, &g, n, a);
		flat_leave(&o->f);
	}
}

static void
read_attr(struct ort *o, const struct flat_table *t, void *arg)
{
	/* AttributeType */
	static const enum attr_kind kinds[] = {
		ATTR_NONE, ATTR_FLOAT, ATTR_INT, ATTR_STRING, ATTR_TENSOR, ATTR_GRAPH,
		ATTR_FLOATS, ATTR_INTS, ATTR_STRINGS, ATTR_TENSORS, ATTR_GRAPHS
	};
	struct attr a = { .nset = 1 };
	int64_t type = flat_int(&o->f, t, OA_TYPE, 4);
	struct node *n = arg;

	a.name = text(o, t, OA_NAME);
	a.loc = flat_loc(&o->f, t);
	a.declared_raw = (int32_t)type;
	if (type > 0 && (uint64_t)type < sizeof kinds / sizeof kinds[0])
		a.kind = a.declared = kinds[type];
	if (a.kind >= ATTR_INTS)
		read_list(o, t, &a, n);
	else
		read_single(o, t, &a, n);
	if ((a.kind == ATTR_TENSOR && a.v.t == NULL) ||
	    (a.kind == ATTR_GRAPH && a.v.g == NULL))
		a.kind = ATTR_NONE;
	*node_add_attr(o->m, n) = a;
}

/* ----------------------------------------------------------------- graphs */

static void
read_node(struct ort *o, const struct flat_table *t, void *arg)
{
	struct node *n = graph_add_node(o->m, arg);
	struct flat_vector v;
	uint32_t i;

	n->loc = flat_loc(&o->f, t);
	n->name = text(o, t, ON_NAME);
	n->type = text(o, t, ON_OP_TYPE);
	n->domain = text(o, t, ON_DOMAIN);
	add_doc(o, t, ON_DOC, &n->meta, &n->nmeta);
	if (flat_list(&o->f, t, ON_INPUTS, 4, &v))
		for (i = 0; i < v.n; i++)
			node_add_operand_name(o->m, n, text_item(o, &v, i));
	if (flat_list(&o->f, t, ON_OUTPUTS, 4, &v))
		for (i = 0; i < v.n; i++)
			node_add_output(o->m, n, text_item(o, &v, i));
	each(o, t, ON_ATTRIBUTES, "attributes", read_attr, n);
}

/* ValueInfo: name, doc, type. Every name of the graph has one, also those of
 * outer graphs. */
static void
read_arg(struct ort *o, const struct flat_table *t, void *arg)
{
	const struct str *name = text(o, t, 0);
	const struct graph *g = arg;

	while (o->nargs <= name->id) {
		o->args = arena_grow(&o->scratch, o->args, o->nargs, sizeof *o->args);
		o->args[o->nargs++].graph = 0;
	}
	o->args[name->id].type = elem_type(o, t, 2, "type");
	o->args[name->id].graph = g->id + 1;
}

static const struct type *
type_of(const struct ort *o, const struct graph *g, const struct str *name)
{
	if (name->id >= o->nargs || o->args[name->id].graph != g->id + 1)
		return NULL;
	return o->args[name->id].type;
}

static void
set_types(struct ort *o, struct graph *g)
{
	struct node *n;
	uint32_t i, k;

	for (i = 0; i < g->ninputs; i++)
		g->inputs[i]->type = type_of(o, g, g->inputs[i]->name);
	for (i = 0; i < g->ninitializers; i++)
		g->initializers[i]->type = type_of(o, g, g->initializers[i]->name);
	for (i = 0; i < g->nnodes; i++)
		for (n = g->nodes[i], k = 0; k < n->nout; k++)
			if (n->out[k] != NULL)
				n->out[k]->type = type_of(o, g, n->out[k]->name);
}

static void
add_output(struct ort *o, struct graph *g, const struct str *name, struct loc loc)
{
	struct decl d = { .name = name, .type = type_of(o, g, name), .loc = loc, .output = true };

	decl_add(&o->scratch, &o->decls, g, d);
}

static void
read_graph(struct ort *o, const struct flat_table *t, struct graph *g)
{
	struct flat_vector v;
	struct value *in;
	uint32_t i;

	g->loc = flat_loc(&o->f, t);
	if (flat_list(&o->f, t, OG_INPUTS, 4, &v))
		for (i = 0; i < v.n; i++) {
			in = graph_add_value(o->m, g, text_item(o, &v, i), VALUE_INPUT);
			in->loc = g->loc;
		}
	each(o, t, OG_INITIALIZERS, "initializers", read_initializer, g);
	each(o, t, OG_SPARSE, "sparse_initializers", read_sparse, g);
	each(o, t, OG_NODES, "nodes", read_node, g);
	each(o, t, OG_ARGS, "node_args", read_arg, g);
	set_types(o, g);
	if (flat_list(&o->f, t, OG_OUTPUTS, 4, &v))
		for (i = 0; i < v.n; i++)
			add_output(o, g, text_item(o, &v, i), g->loc);
}

/* ------------------------------------------------------------------ model */

static void
read_opset(struct ort *o, const struct flat_table *t, void *arg)
{
	struct opset *opset;

	(void)arg;
	opset = model_add_opset(o->m, text(o, t, 0), flat_int(&o->f, t, 1, 8));
	opset->loc = flat_loc(&o->f, t);
}

static void
read_meta(struct ort *o, const struct flat_table *t, void *arg)
{
	(void)arg;
	model_add_meta(o->m, text(o, t, 0), text(o, t, 1));
}

static void
read_model(struct ort *o, const struct flat_table *t)
{
	struct model *m = o->m;
	struct flat_table graph;

	m->format_version = flat_int(&o->f, t, ORT_IR_VERSION, 8);
	m->producer = text(o, t, ORT_PRODUCER);
	m->producer_version = text(o, t, ORT_PRODUCER_VERSION);
	m->domain = text(o, t, ORT_DOMAIN);
	m->version = flat_int(&o->f, t, ORT_VERSION, 8);
	add_doc(o, t, ORT_DOC, &m->meta, &m->nmeta);
	each(o, t, ORT_OPSETS, "opset_import", read_opset, NULL);
	each(o, t, ORT_META, "metadata_props", read_meta, NULL);
	if (!flat_enter(&o->f, t, ORT_GRAPH, "graph", &graph))
		return;
	graph_new(m, GRAPH_MAIN, NULL, NULL);
	add_doc(o, t, ORT_GRAPH_DOC, &m->main->meta, &m->main->nmeta);
	read_graph(o, &graph, m->main);
	flat_leave(&o->f);
}

static void
read_session(void *arg)
{
	struct ort *o = arg;
	struct flat_table session, model;
	const struct str *version;

	if (!flat_root(&o->f, o->ctx, &o->scratch, o->m->source, &session))
		return;
	version = text(o, &session, SESSION_VERSION);
	model_add_meta(o->m, str_internz(&o->m->strs, "ort_version"), version);
	flat_diag(&o->f, DIAG_ORT_OPTIMISED, 0, "a model in ONNX Runtime's format %s, "
	    "with the optimisations for one machine", version->s);
	if (flat_enter(&o->f, &session, SESSION_MODEL, "model", &model)) {
		read_model(o, &model);
		flat_leave(&o->f);
	}
}

static void
bind(void *arg)
{
	struct ort *o = arg;

	model_bind(o->m, &o->scratch, &o->decls);
}

void
ort_read(struct ctx *ctx, struct model *m, const struct read_options *opts)
{
	struct ort o = { .ctx = ctx, .m = m };

	(void)opts;
	arena_init(&o.scratch, ctx);
	if (ctx_protect(ctx, read_session, &o) != 0)
		m->partial = true;
	if (ctx_protect(ctx, bind, &o) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
	m->partial |= o.f.damaged;
	arena_free(&o.scratch);
}
