/* SPDX-License-Identifier: Apache-2.0 */
/* The file is walked once more beside the model: the k-th node field is the k-th
 * node. What is not changed is copied as ranges of the file. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/str.h"
#include "base/strmap.h"
#include "convert/sanitize.h"
#include "ir/graph.h"
#include "ir/tensor.h"
#include "proto/onnx.pb-c.h"
#include "read/onnx/onnx_read.h"
#include "read/rope.h"

struct writing { struct sanitize *s; struct wire w; };

static uint64_t
field_end(const struct writing *t, const struct wire_field *f)
{
	return f->type == WIRE_BYTES ? f->at + f->len : t->w.pos;
}

static void
copy_field(struct writing *t, struct rope *r, const struct wire_field *f)
{
	rope_range(r, f->off, field_end(t, f) - f->off);
}

/* Is anything in the node, or in graphs of it, not as it was? */
static bool
touched(const struct sanitize *s, const struct node *n)
{
	if (s->node_name[n->id] != NULL || n->nregions > 0)
		return true;
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && s->alias[n->in[i]->id] != NULL)
			return true;
	return false;
}

static struct rope *new_rope(struct writing *);
static void write_graph(struct writing *, const struct graph *, struct rope *);

/* The attribute that has been entered; *region is the next graph of its node. */
static void
write_attr(struct writing *t, const struct node *n, uint32_t *region, struct rope *r)
{
	struct wire_field f;

	while (wire_next(&t->w, &f)) {
		if ((f.number == ATTRF_G || f.number == ATTRF_GRAPHS) && *region < n->nregions) {
			struct rope *inner = new_rope(t);

			WIRE_IN(&t->w, &f, write_graph(t, n->regions[(*region)++], inner));
			rope_message(r, f.number, inner);
		} else {
			copy_field(t, r, &f);
		}
	}
}

/* The node that has been entered. */
static void
write_node(struct writing *t, const struct node *n, struct rope *r)
{
	const char *name = t->s->node_name[n->id];
	uint32_t operand = 0, region = 0;
	struct wire_field f;

	if (name != NULL)
		rope_text(r, NODE_NAME, name, strlen(name));
	while (wire_next(&t->w, &f)) {
		const struct value *v;

		if (f.number == NODE_INPUT && operand < n->nin) {
			v = sanitize_resolve(t->s, n->in[operand]);
			if (v != n->in[operand++])
				rope_text(r, NODE_INPUT, v->name->s, v->name->len);
			else
				copy_field(t, r, &f);
		} else if (f.number == NODE_ATTRIBUTE && n->nregions > 0) {
			struct rope *inner = new_rope(t);

			WIRE_IN(&t->w, &f, write_attr(t, n, &region, inner));
			rope_message(r, NODE_ATTRIBUTE, inner);
		} else if (f.number != NODE_NAME || name == NULL) {
			copy_field(t, r, &f);
		}
	}
}

static struct rope *
new_rope(struct writing *t)
{
	struct rope *r = arena_alloc(t->s->a, sizeof *r);

	rope_init(r, t->s->a);
	return r;
}

/* The k-th node field: what will stand for it. */
static struct rope *
read_node(struct writing *t, const struct node *n, const struct wire_field *f)
{
	struct rope *r = new_rope(t);

	if (touched(t->s, n))
		WIRE_IN(&t->w, f, write_node(t, n, r));
	else
		rope_range(r, f->at, f->len);
	return r;
}

/* What of a graph is not written again. */
struct dropped {
	uint64_t *tensors;   /* places of initializers, going up */
	uint32_t n;
	struct strmap types; /* names of values that are there no more */
};

static int
by_place(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct dropped
dropped_of(const struct sanitize *s, const struct graph *g)
{
	struct dropped d = { .tensors = arena_array(s->a, g->ninitializers + 1, 8) };

	for (uint32_t i = 0; i < g->ninitializers; i++)
		if (s->unused[g->initializers[i]->id])
			d.tensors[d.n++] = g->initializers[i]->loc.off;
	qsort(d.tensors, d.n, sizeof *d.tensors, by_place);
	for (uint32_t i = 0; i < g->nvalues; i++) {
		struct value *v = g->values[i];

		if (!(v->flags & VALUE_REDEFINED) && (s->unused[v->id] || (v->producer != NULL &&
		    s->gone[v->producer->id] && s->folded[v->id] == NULL)))
			strmap_add(&d.types, s->a, v->name, v);
	}
	return d;
}

static bool
left_out(const struct dropped *d, uint64_t at)
{
	return d->n > 0 && bsearch(&at, d->tensors, d->n, sizeof at, by_place) != NULL;
}

/* Does the declared type belong to a value that is there no more? */
static bool
stale_type(struct writing *t, const struct dropped *d, const struct wire_field *f)
{
	const struct sanitize *s = t->s;
	const struct str *name = s->m->empty;
	struct wire_field in;

	if (!wire_enter(&t->w, f))
		return false;
	while (wire_next(&t->w, &in))
		if (in.number == 1)
			name = wire_str(&t->w, &s->m->strs, &in);
	wire_leave(&t->w);
	return strmap_find(&d->types, name) != NULL;
}

/* A constant as an initializer: its elements little-endian. */
static void
write_folded(struct writing *t, const struct value *v, struct rope *r)
{
	const struct sanitize_constant *c = t->s->folded[v->id];
	struct rope *in = new_rope(t);
	unsigned char *raw = arena_array(t->s->a, c->n + 1, 8);

	if (c->rank > 0)
		rope_varint(in, TENSORF_DIMS, c->n);
	rope_varint(in, TENSORF_DATA_TYPE, 7); /* INT64 */
	rope_text(in, TENSORF_NAME, v->name->s, v->name->len);
	for (uint32_t i = 0; i < c->n * 8; i++)
		raw[i] = (unsigned char)((uint64_t)c->v[i / 8] >> i % 8 * 8);
	rope_text(in, TENSORF_RAW, (const char *)raw, c->n * 8);
	rope_message(r, GRAPHF_INITIALIZER, in);
}

/* The graph that has been entered. */
static void
write_graph(struct writing *t, const struct graph *g, struct rope *r)
{
	struct sanitize *s = t->s;
	struct rope **nodes = arena_array(s->a, g->nnodes + 1, sizeof *nodes);
	struct rope *rest = new_rope(t);
	const struct node *const *order = s->order[g->id];
	struct dropped dropped = dropped_of(s, g);
	struct wire_field f;
	uint32_t at = 0;

	while (wire_next(&t->w, &f)) {
		if (f.number == GRAPHF_NODE && at < g->nnodes) {
			if (!s->gone[g->nodes[at]->id])
				nodes[at] = read_node(t, g->nodes[at], &f);
			at++;
		} else if (f.number == GRAPHF_INITIALIZER && left_out(&dropped, f.at)) {
			continue;
		} else if (f.number != GRAPHF_VALUE_INFO || !stale_type(t, &dropped, &f)) {
			copy_field(t, rest, &f);
		}
	}
	for (uint32_t i = 0; i < g->nnodes; i++) {
		struct rope *node = nodes[order != NULL ? order[i]->index : i];

		if (node != NULL)
			rope_message(r, GRAPHF_NODE, node);
	}
	for (uint32_t i = 0; i < g->nvalues; i++)
		if (s->folded[g->values[i]->id] != NULL)
			write_folded(t, g->values[i], rest);
	rope_append(r, rest);
}

bool
sanitize_write(struct sanitize *s, struct sink *out)
{
	struct writing t = { .s = s };
	struct rope whole;
	struct wire_field f;
	bool seen = false;

	rope_init(&whole, s->a);
	wire_root(&t.w, s->ctx, s->a, s->m->source, &onnx__model_proto__descriptor);
	while (wire_next(&t.w, &f)) {
		if (f.number == MODEL_GRAPH && !seen) {
			struct rope *graph = new_rope(&t);

			seen = true;
			WIRE_IN(&t.w, &f, write_graph(&t, s->m->main, graph));
			rope_message(&whole, MODEL_GRAPH, graph);
		} else {
			copy_field(&t, &whole, &f);
		}
	}
	return !t.w.damaged && rope_write(&whole, s->m->source, out);
}
