/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as attributes, told by their descriptors alone. Fields met so far
 * are a tree like the schema's, so that the rows of a table find their columns
 * without a look at any name. Attributes stand in the order in which their
 * fields came; lists are hung on them at the end. */
#include <string.h>

#include "base/ctx.h"
#include "proto/coreml.pb-c.h"
#include "read/coreml/column.h"
#include "read/coreml/coreml_params.h"
#include "read/coreml/coreml_weights.h"

struct field_place {
	const ProtobufCFieldDescriptor *desc;
	struct field_place *parent, *child, *sibling, *hint;
	struct field_place *table; /* innermost repeated message around, or NULL */
	const char *label;         /* which member of this oneof is there; else NULL */
	const char *path;          /* of names below it, with a dot at the end */
	uint64_t rows;             /* of a repeated message */
	/* a list in a table: the row it was last met in, elements before that,
	 * elements of the first row, whether rows differ in length */
	uint64_t row, before, row_length;
	bool ragged;
	uint32_t attr;             /* its attribute's index and one; 0: none yet */
	uint64_t n;                /* elements of a list so far */
	uint32_t kept;             /* of them in memory */
	union {
		int64_t *ints;
		float *floats;
		const struct str **strings;
		struct tensor **tensors;
	} list;
};

/* The oneofs whose members carry meaning by being there. */
static const struct oneof {
	const ProtobufCMessageDescriptor *desc;
	uint32_t first, last; /* field numbers of its members */
	const char *label;
} oneofs[] = {
	{ &coreml__activation_params__descriptor, 5, 71, "NonlinearityType" },
	{ &coreml__convolution_layer_params__descriptor, 50, 51,
	    "ConvolutionPaddingType" },
	{ &coreml__pooling_layer_params__descriptor, 30, 32, "PoolingPaddingType" },
	{ &coreml__padding_layer_params__descriptor, 1, 3, "PaddingType" },
	{ &coreml__quantization_params__descriptor, 101, 102, "QuantizationType" },
	{ &coreml__neural_network_preprocessing__descriptor, 10, 11, "preprocessor" },
	{ &coreml__loss_layer__descriptor, 10, 11, "LossLayerType" },
	{ &coreml__optimizer__descriptor, 10, 11, "OptimizerType" },
	{ &coreml__kernel__descriptor, 1, 4, "kernel" },
	{ &coreml__knearest_neighbors_classifier__descriptor, 200, 210,
	    "WeightingScheme" },
	{ &coreml__nearest_neighbors_index__descriptor, 100, 110, "IndexType" },
	{ &coreml__nearest_neighbors_index__descriptor, 200, 200, "DistanceFunction" },
	{ &coreml__non_maximum_suppression__descriptor, 1, 1, "SuppressionMethod" },
	{ &coreml__vision_feature_print__descriptor, 20, 21, "VisionFeaturePrintType" },
	{ &coreml__sound_analysis_preprocessing__descriptor, 20, 20,
	    "SoundAnalysisPreprocessingType" },
	{ &coreml__audio_feature_print__descriptor, 20, 20, "AudioFeaturePrintType" },
};

static const char *
oneof_label(const ProtobufCMessageDescriptor *m, uint32_t number)
{
	for (size_t i = 0; i < sizeof oneofs / sizeof *oneofs; i++)
		if (oneofs[i].desc == m && number >= oneofs[i].first &&
		    number <= oneofs[i].last)
			return oneofs[i].label;
	return NULL;
}

static bool
is_list(const ProtobufCFieldDescriptor *d)
{
	return d->label == PROTOBUF_C_LABEL_REPEATED;
}

/* Messages that only wrap one list: their field adds nothing to a name. */
static bool
is_wrapper(const struct field_place *pl)
{
	const ProtobufCMessageDescriptor *m;

	if (pl->desc == NULL || pl->desc->type != PROTOBUF_C_TYPE_MESSAGE)
		return false;
	m = pl->desc->descriptor;
	return m->n_fields == 1 && (strcmp(m->fields[0].name, "vector") == 0 ||
	    strcmp(m->fields[0].name, "map") == 0);
}

static struct field_place *
new_place(struct params *p, struct field_place *parent, const ProtobufCFieldDescriptor *d,
    const char *label)
{
	struct field_place *pl = arena_alloc(&p->r->scratch, sizeof *pl), **end;
	const char *name = label != NULL ? label : d->name;

	pl->desc = d;
	pl->parent = parent;
	pl->label = label;
	pl->table = parent->desc != NULL && is_list(parent->desc) ? parent :
	    parent->table;
	pl->path = is_wrapper(parent) && label == NULL ? parent->path :
	    arena_printf(&p->r->scratch, "%s%s.", parent->path, name);
	for (end = &parent->child; *end != NULL; end = &(*end)->sibling)
		continue;
	*end = pl;
	return pl;
}

/* The place of a field of parent's message. Fields come in the order of last
 * time, mostly. */
static struct field_place *
place_of(struct params *p, struct field_place *parent, const ProtobufCFieldDescriptor *d,
    const char *label)
{
	struct field_place *pl = parent->hint;

	if (pl == NULL || pl->desc != d || pl->label != label)
		for (pl = parent->child; pl != NULL; pl = pl->sibling)
			if (label != NULL ? pl->label == label :
			    pl->desc == d && pl->label == NULL)
				break;
	if (pl == NULL)
		pl = new_place(p, parent, d, label);
	parent->hint = pl->sibling;
	return pl;
}

static struct attr *
attr_of(struct params *p, struct field_place *pl)
{
	struct attr *a;

	if (pl->attr == 0) {
		a = attr_add(p->r->m, p->list, p->n);
		a->name = str_intern(&p->r->m->strs, pl->path,
		    (uint32_t)strlen(pl->path) - 1);
		a->nset = 1;
		pl->attr = *p->n;
	}
	return &(*p->list)[pl->attr - 1];
}

/* Lists */

struct pushing { struct params *p; struct field_place *pl; };

static bool
room(struct pushing *to)
{
	return to->pl->kept < to->p->r->ctx->limits.list;
}

static void
push_int(void *arg, uint64_t v)
{
	struct pushing *to = arg;
	struct field_place *pl = to->pl;
	struct model *m = to->p->r->m;

	if (!room(to))
		return;
	if (pl->desc->type == PROTOBUF_C_TYPE_FLOAT) {
		uint32_t bits = (uint32_t)v;

		LIST_ROOM(m, pl->list.floats, pl->kept);
		memcpy(&pl->list.floats[pl->kept++], &bits, sizeof bits);
	} else if (pl->desc->type != PROTOBUF_C_TYPE_DOUBLE) {
		LIST_ROOM(m, pl->list.ints, pl->kept);
		pl->list.ints[pl->kept++] = (int64_t)v;
	}
}

static void
push_string(struct pushing *to, const struct str *s)
{
	struct field_place *pl = to->pl;

	if (room(to)) {
		LIST_ROOM(to->p->r->m, pl->list.strings, pl->kept);
		pl->list.strings[pl->kept++] = s;
	}
	pl->n++;
}

static bool
holds_strings(const struct field_place *pl)
{
	return pl->label != NULL || pl->desc->type == PROTOBUF_C_TYPE_STRING ||
	    pl->desc->type == PROTOBUF_C_TYPE_ENUM ||
	    pl->desc->type == PROTOBUF_C_TYPE_BYTES;
}

/* Rows before this one that did not have the field. */
static void
pad(struct pushing *to, uint64_t rows)
{
	struct field_place *pl = to->pl;

	for (; pl->n < rows && room(to);) {
		if (holds_strings(pl)) {
			push_string(to, to->p->r->m->empty);
		} else {
			push_int(to, 0);
			pl->n++;
		}
		if (pl->desc->type == PROTOBUF_C_TYPE_DOUBLE)
			break; /* only counted */
	}
	if (pl->n < rows)
		pl->n = rows;
}

/* A list goes on in this row. */
static void
enter_row(struct field_place *pl, uint64_t row)
{
	if (row == pl->row)
		return;
	if (pl->row == 1)
		pl->row_length = pl->n;
	else if (pl->row > 1 && pl->n - pl->before != pl->row_length)
		pl->ragged = true;
	pl->ragged |= row != pl->row + 1;
	pl->row = row;
	pl->before = pl->n;
}

static void
push_field(struct params *p, struct field_place *pl, const struct wire_field *f)
{
	struct pushing to = { p, pl };
	struct coreml_reader *r = p->r;

	attr_of(p, pl);
	if (pl->table != NULL && is_list(f->desc))
		enter_row(pl, pl->table->rows);
	else if (pl->table != NULL)
		pad(&to, pl->table->rows - 1);
	if (f->desc->type == PROTOBUF_C_TYPE_STRING ||
	    f->desc->type == PROTOBUF_C_TYPE_BYTES)
		push_string(&to, coreml_str(r, f));
	else if (f->desc->type == PROTOBUF_C_TYPE_ENUM)
		push_string(&to, coreml_enum(r, f)); /* no list of enums exists */
	else
		pl->n += wire_numbers(&r->w, f, push_int, &to,
		    pl->desc->type == PROTOBUF_C_TYPE_DOUBLE ? 0 :
		    r->ctx->limits.list - pl->kept);
}

/* Bytes as a tensor of what they are stored as. */
static struct tensor *
bytes_tensor(struct coreml_reader *r, const struct wire_field *f)
{
	struct tensor *t = arena_alloc(&r->m->arena, sizeof *t);
	int64_t *dims = arena_alloc(&r->m->arena, sizeof *dims);

	*dims = (int64_t)f->len;
	t->name = r->m->empty;
	t->dtype = DT_U8;
	t->enc = &TENSOR_RAW;
	t->place = t->loc = wire_loc(&r->w, f);
	t->stored = f->len;
	tensor_set_dims(t, dims, 1);
	r->m->ntensors++;
	return t;
}

/* The kind comes last: memory may end before the value is there. */
static void
set_single(struct params *p, struct attr *a, const struct wire_field *f)
{
	struct coreml_reader *r = p->r;

	a->loc = wire_loc(&r->w, f);
	switch (f->desc->type) {
	case PROTOBUF_C_TYPE_STRING:
		a->v.s = coreml_str(r, f);
		a->kind = ATTR_STRING;
		a->n = f->len;
		break;
	case PROTOBUF_C_TYPE_ENUM:
		a->v.s = coreml_enum(r, f);
		a->kind = ATTR_STRING;
		a->n = a->v.s->len;
		a->declared_raw = (int32_t)f->value;
		break;
	case PROTOBUF_C_TYPE_BYTES:
		a->v.t = bytes_tensor(r, f);
		a->kind = ATTR_TENSOR;
		break;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		a->kind = ATTR_FLOAT;
		a->v.f = coreml_real(f);
		break;
	case PROTOBUF_C_TYPE_INT32: case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED32: case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_BOOL: case PROTOBUF_C_TYPE_MESSAGE:
		a->kind = ATTR_INT;
		a->v.i = (int64_t)f->value;
		break;
	}
}

/* Which member of a oneof is there. */
static void
note_choice(struct params *p, struct field_place *parent,
    const ProtobufCFieldDescriptor *d, const char *label)
{
	struct field_place *pl = place_of(p, parent, d, label);
	const struct str *s = str_internz(&p->r->m->strs, d->name);
	struct pushing to = { p, pl };
	struct attr *a = attr_of(p, pl);

	if (pl->table != NULL) {
		pad(&to, pl->table->rows - 1);
		push_string(&to, s);
		return;
	}
	a->kind = ATTR_STRING;
	a->v.s = s;
	a->n = s->len;
}

static void params_at(struct params *p, struct field_place *parent,
    const struct wire_field *f);

/* WeightParams; what is not the numbers themselves follows as attributes. */
static void
read_weights(struct params *p, struct field_place *pl)
{
	struct wire_field f;
	struct tensor *t;
	struct attr *a;

	attr_of(p, pl);
	t = coreml_weights_new(p->r);
	while (wire_next(&p->r->w, &f))
		if (!coreml_weights_field(p->r, t, &f))
			params_at(p, pl, &f);
	coreml_weights_end(p->r, t);
	a = attr_of(p, pl);
	a->loc = t->loc;
	if (!is_list(pl->desc) && pl->table == NULL) {
		a->kind = ATTR_TENSOR;
		a->v.t = t;
		return;
	}
	LIST_ROOM(p->r->m, pl->list.tensors, pl->kept);
	pl->list.tensors[pl->kept++] = t;
	a->kind = ATTR_TENSORS;
	a->n = pl->kept;
	a->v.tensors = pl->list.tensors;
}

/* A network in a field is a region of the node. */
static void
read_region(struct params *p, struct field_place *pl, const struct wire_field *f)
{
	struct coreml_reader *r = p->r;
	struct attr *a = attr_of(p, pl);
	struct graph *g;

	if (p->owner == NULL)
		return;
	g = graph_new(r->m, GRAPH_BLOCK, p->owner, a->name);
	WIRE_IN(&r->w, f, coreml_network(r, g));
	a = attr_of(p, pl);
	a->kind = ATTR_GRAPH;
	a->v.g = g;
	a->loc = g->loc;
}

static void
read_message(struct params *p, struct field_place *pl)
{
	struct wire_field f;

	while (wire_next(&p->r->w, &f))
		params_at(p, pl, &f);
}

/* A field of the message that parent stands for. */
static void
params_at(struct params *p, struct field_place *parent, const struct wire_field *f)
{
	const ProtobufCFieldDescriptor *d = f->desc;
	const ProtobufCMessageDescriptor *m = d->descriptor;
	const char *label = oneof_label(parent->desc ? parent->desc->descriptor : p->desc,
	    f->number);
	struct field_place *pl = place_of(p, parent, d, NULL);

	if (label != NULL)
		note_choice(p, parent, d, label);
	if (d->type != PROTOBUF_C_TYPE_MESSAGE) {
		if (is_list(d) || pl->table != NULL)
			push_field(p, pl, f);
		else
			set_single(p, attr_of(p, pl), f);
		return;
	}
	if (is_list(d))
		pl->rows++;
	if (m == &coreml__weight_params__descriptor)
		WIRE_IN(&p->r->w, f, read_weights(p, pl));
	else if (m == &coreml__neural_network__descriptor)
		read_region(p, pl, f);
	else
		WIRE_IN(&p->r->w, f, read_message(p, pl));
}

/* The path from the message down to the field. */
static bool
set_path(struct column *c, const struct field_place *pl)
{
	const struct field_place *up;
	uint32_t i = 0;

	c->list = is_list(pl->desc);
	for (up = pl; up->desc != NULL; up = up->parent)
		c->depth++;
	c->row = c->depth;
	if (c->depth > COLUMN_DEPTH)
		return false;
	for (up = pl; up->desc != NULL; up = up->parent, i++) {
		c->path[c->depth - 1 - i] = up->desc->id;
		if (up == pl->table)
			c->row = c->depth - 1 - i;
	}
	return true;
}

/* The list as a tensor in the file; with a shape of rows when all rows of a
 * table have as many. */
static struct tensor *
column_of(struct params *p, const struct field_place *pl)
{
	struct model *m = p->r->m;
	struct column *c = arena_alloc(&m->arena, sizeof *c);
	int64_t *dims = arena_array(&m->arena, 2, sizeof *dims);
	bool rows = pl->table != NULL && is_list(pl->desc) && !pl->ragged && pl->n > 0 &&
	    pl->row == pl->table->rows && pl->n % pl->row == 0 &&
	    (pl->row == 1 || pl->n - pl->before == pl->row_length);

	c->t.name = m->empty;
	c->t.dtype = column_dtype(pl->desc);
	c->t.enc = set_path(c, pl) ? &ENC_COLUMN : &TENSOR_NONE;
	c->t.place = c->t.loc = p->loc;
	c->desc = p->desc;
	dims[0] = (int64_t)(rows ? pl->row : pl->n);
	dims[1] = (int64_t)(rows ? pl->n / pl->row : 0);
	tensor_set_dims(&c->t, dims, rows ? 2 : 1);
	m->ntensors++;
	return &c->t;
}

static void
finish_list(struct params *p, struct field_place *pl)
{
	struct pushing to = { p, pl };
	struct attr *a = attr_of(p, pl);
	bool whole;

	if (pl->table != NULL && !is_list(pl->desc))
		pad(&to, pl->table->rows);
	if (pl->label != NULL)
		pl->n = pl->kept; /* it is no field of its own that could be read again */
	whole = pl->kept == pl->n && pl->desc->type != PROTOBUF_C_TYPE_DOUBLE;
	a->n = pl->n;
	a->loc = p->loc;
	if (!whole && (holds_strings(pl) || pl->desc->type == PROTOBUF_C_TYPE_DOUBLE)) {
		a->v.t = column_of(p, pl);
		a->kind = ATTR_TENSOR;
		return;
	}
	a->list = whole ? NULL : column_of(p, pl);
	a->kind = holds_strings(pl) ? ATTR_STRINGS :
	    pl->desc->type == PROTOBUF_C_TYPE_FLOAT ? ATTR_FLOATS : ATTR_INTS;
	if (a->kind == ATTR_STRINGS)
		a->v.strings = pl->list.strings;
	else if (a->kind == ATTR_FLOATS)
		a->v.floats = whole ? pl->list.floats : NULL;
	else
		a->v.ints = whole ? pl->list.ints : NULL;
}

/* The tree is as deep as the schema, which has no loop but through networks. */
static void
finish(struct params *p, struct field_place *pl)
{
	bool message = pl->label == NULL &&
	    (pl->desc == NULL || pl->desc->type == PROTOBUF_C_TYPE_MESSAGE);

	if (!message && pl->attr != 0 && (pl->table != NULL || (pl->label == NULL &&
	    is_list(pl->desc))))
		finish_list(p, pl);
	for (pl = pl->child; pl != NULL; pl = pl->sibling)
		finish(p, pl);
}

void
params_start(struct params *p, struct coreml_reader *r, struct attr **list, uint32_t *n,
    struct node *owner)
{
	p->r = r;
	p->list = list;
	p->n = n;
	p->owner = owner;
	p->desc = wire_desc(&r->w);
	p->loc = wire_here(&r->w);
	p->root = arena_alloc(&r->scratch, sizeof *p->root);
	p->root->path = "";
}

void
params_field(struct params *p, const struct wire_field *f)
{
	params_at(p, p->root, f);
}

void
params_end(struct params *p)
{
	finish(p, p->root);
}

void
coreml_params(struct coreml_reader *r, struct attr **list, uint32_t *n,
    struct node *owner)
{
	struct params p;
	struct wire_field f;

	params_start(&p, r, list, n, owner);
	while (wire_next(&r->w, &f))
		params_field(&p, &f);
	params_end(&p);
}
