/* SPDX-License-Identifier: Apache-2.0 */
/* Neural networks: layers are nodes whose type is the name of the oneof's
 * field; bodies of branches and loops are regions, which share the names of
 * the network around them. Source: facts/coreml-format.md section 11. */
#include "base/ctx.h"
#include "read/coreml/coreml_params.h"
#include "read/coreml/coreml_read.h"
#include "read/coreml/coreml_weights.h"

enum { LAYER_NAME = 1, LAYER_INPUT, LAYER_OUTPUT, LAYER_INPUT_TENSOR, LAYER_OUTPUT_TENSOR,
	LAYER_UPDATABLE = 10 };

/* Shapes that layers state for their outputs, in order. */
struct shapes { struct coreml_reader *r; const struct type **list; uint32_t n; };

struct dims { struct coreml_reader *r; const struct dim **list; uint32_t n; };

static void
push_dim(void *arg, uint64_t v)
{
	struct dims *d = arg;

	d->list = arena_grow(&d->r->scratch, d->list, d->n, sizeof *d->list);
	d->list[d->n++] = (int64_t)v < 0 ? dim_unknown(&d->r->m->types) :
	    dim_const(&d->r->m->types, (int64_t)v);
}

/* Tensor: the rank, and dims that may be fewer. */
static const struct type *
read_shape(struct coreml_reader *r)
{
	struct dims d = { .r = r };
	struct wire_field f;
	uint64_t rank = 0;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			rank = f.value;
		else
			wire_numbers(&r->w, &f, push_dim, &d, r->ctx->limits.list - d.n);
	}
	while (d.n < rank && d.n < r->ctx->limits.list)
		push_dim(&d, UINT64_MAX);
	return type_tensor(&r->m->types, DT_NONE, true, d.n, d.list);
}

static void
push_shape(struct shapes *s)
{
	s->list = arena_grow(&s->r->scratch, s->list, s->n, sizeof *s->list);
	s->list[s->n] = read_shape(s->r);
	s->n++;
}

static void
layer_field(struct coreml_reader *r, struct node *n, struct shapes *shapes,
    const struct wire_field *f)
{
	struct attr *a;

	switch (f->number) {
	case LAYER_NAME:
		n->name = coreml_str(r, f);
		break;
	case LAYER_INPUT:
		node_add_operand_name(r->m, n, coreml_str(r, f));
		break;
	case LAYER_OUTPUT:
		node_add_output(r->m, n, coreml_str(r, f));
		break;
	case LAYER_INPUT_TENSOR:
		break; /* the producer says the same */
	case LAYER_OUTPUT_TENSOR:
		WIRE_IN(&r->w, f, push_shape(shapes));
		break;
	case LAYER_UPDATABLE:
		a = node_add_attr(r->m, n);
		a->name = str_internz(&r->m->strs, f->desc->name);
		a->kind = ATTR_INT;
		a->v.i = f->value != 0;
		a->nset = 1;
		break;
	default:
		n->type = str_internz(&r->m->strs, f->desc->name);
		WIRE_IN(&r->w, f, coreml_params(r, &n->attrs, &n->nattrs, n));
	}
}

static void
read_layer(struct coreml_reader *r, struct graph *g)
{
	struct node *n = graph_add_node(r->m, g);
	struct shapes shapes = { .r = r };
	struct wire_field f;

	n->loc = wire_here(&r->w);
	while (wire_next(&r->w, &f))
		layer_field(r, n, &shapes, &f);
	for (uint32_t i = 0; i < shapes.n && i < n->nout; i++)
		if (n->out[i] != NULL)
			n->out[i]->type = shapes.list[i];
	coreml_weights_shape(r->m, n);
}

void
coreml_network(struct coreml_reader *r, struct graph *g)
{
	struct params p;
	struct wire_field f;

	g->loc = wire_here(&r->w);
	params_start(&p, r, &g->attrs, &g->nattrs, NULL);
	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			WIRE_IN(&r->w, &f, read_layer(r, g));
		else
			params_field(&p, &f);
	}
	params_end(&p);
}
