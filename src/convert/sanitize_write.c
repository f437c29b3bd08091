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

/* Does v go by another name now? */
static bool
renamed(const struct sanitize *s, const struct value *v)
{
	return v != NULL && (s->alias[v->id] != NULL || s->value_name[v->id] != NULL);
}

/* Is anything in the node, or in graphs of it, not as it was? */
static bool
touched(const struct sanitize *s, const struct node *n)
{
	if (s->node_name[n->id] != NULL || n->nregions > 0)
		return true;
	for (uint32_t i = 0; i < n->nin; i++)
		if (renamed(s, n->in[i]))
			return true;
	for (uint32_t i = 0; i < n->nout; i++)
		if (renamed(s, n->out[i]))
			return true;
	return false;
}

/* The field that names v, by what is written for it. v may be NULL. */
static void
put_name(struct writing *t, struct rope *r, const struct wire_field *f, const struct value *v)
{
	const struct value *now = sanitize_resolve(t->s, v);
	const char *name = now != NULL ? t->s->value_name[now->id] : NULL;

	if (name != NULL)
		rope_text(r, f->number, name, strlen(name));
	else if (now != v)
		rope_text(r, f->number, now->name->s, now->name->len);
	else
		copy_field(t, r, f);
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
	uint32_t operand = 0, result = 0, region = 0;
	struct wire_field f;

	if (name != NULL)
		rope_text(r, NODE_NAME, name, strlen(name));
	while (wire_next(&t->w, &f)) {
		if (f.number == NODE_INPUT && operand < n->nin) {
			put_name(t, r, &f, n->in[operand++]);
		} else if (f.number == NODE_OUTPUT && result < n->nout) {
			put_name(t, r, &f, n->out[result++]);
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

/* What a graph has that is not written, or under another name. */
struct changed {
	struct place { uint64_t at; const struct value *v; } *tensors; /* going up */
	uint32_t n;
	struct strmap values;  /* by their names in the file */
};

static int
by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Is the value there no more? */
static bool
stale(const struct sanitize *s, const struct value *v)
{
	return s->unused[v->id] || (v->producer != NULL && s->gone[v->producer->id] &&
	    s->folded[v->id] == NULL);
}

static struct changed
changes_of(const struct sanitize *s, const struct graph *g)
{
	struct changed c = { .tensors = arena_array(s->a, g->ninitializers + 1,
	    sizeof *c.tensors) };

	for (uint32_t i = 0; i < g->ninitializers; i++) {
		const struct value *v = g->initializers[i];

		if (s->unused[v->id] || s->value_name[v->id] != NULL)
			c.tensors[c.n++] = (struct place){ v->constant->loc.off, v };
	}
	qsort(c.tensors, c.n, sizeof *c.tensors, by_place);
	for (uint32_t i = 0; i < g->nvalues; i++) {
		struct value *v = g->values[i];

		if (!(v->flags & VALUE_REDEFINED) && (stale(s, v) || renamed(s, v)))
			strmap_add(&c.values, s->a, v->name, v);
	}
	return c;
}

/* A message again; the field of that number names v. */
static void
write_renamed(struct writing *t, struct rope *r, unsigned number, const struct value *v)
{
	struct wire_field f;

	while (wire_next(&t->w, &f))
		if (f.number == number)
			put_name(t, r, &f, v);
		else
			copy_field(t, r, &f);
}

static void
put_renamed(struct writing *t, struct rope *r, const struct wire_field *f, unsigned number,
    const struct value *v)
{
	struct rope *inner = new_rope(t);

	WIRE_IN(&t->w, f, write_renamed(t, inner, number, v));
	rope_message(r, f->number, inner);
}

static const struct value *
changed_value(struct writing *t, const struct changed *c, const struct wire_field *f)
{
	return strmap_find(&c->values, wire_str(&t->w, &t->s->m->strs, f));
}

/* The declared type of a value, unless that is there no more. */
static void
put_type(struct writing *t, const struct changed *c, struct rope *r, const struct wire_field *f)
{
	const struct value *v = NULL;
	struct wire_field in;

	if (wire_enter(&t->w, f)) {
		while (wire_next(&t->w, &in))
			if (in.number == 1)
				v = changed_value(t, c, &in);
		wire_leave(&t->w);
	}
	if (v == NULL)
		copy_field(t, r, f);
	else if (!stale(t->s, v))
		put_renamed(t, r, f, 1, v);
}

/* An annotation: tensor_name, and entries of which the value names a tensor. */
static void
write_annotation(struct writing *t, const struct changed *c, struct rope *r, bool entry)
{
	struct wire_field f;

	while (wire_next(&t->w, &f)) {
		if (f.number == 2 && !entry) {
			struct rope *inner = new_rope(t);

			WIRE_IN(&t->w, &f, write_annotation(t, c, inner, true));
			rope_message(r, 2, inner);
		} else {
			put_name(t, r, &f, f.number == (entry ? 2 : 1) ?
			    changed_value(t, c, &f) : NULL);
		}
	}
}

static void
put_initializer(struct writing *t, const struct changed *c, struct rope *r,
    const struct wire_field *f)
{
	struct place key = { f->at, NULL };
	const struct place *p = c->n == 0 ? NULL :
	    bsearch(&key, c->tensors, c->n, sizeof key, by_place);

	if (p == NULL)
		copy_field(t, r, f);
	else if (!t->s->unused[p->v->id])
		put_renamed(t, r, f, TENSORF_NAME, p->v);
}

/* A constant as an initializer: its elements little-endian. */
static void
write_folded(struct writing *t, const struct value *v, struct rope *r)
{
	const struct sanitize_constant *c = t->s->folded[v->id];
	const char *name = t->s->value_name[v->id];
	struct rope *in = new_rope(t);
	unsigned char *raw = arena_array(t->s->a, c->n + 1, 8);

	if (c->rank > 0)
		rope_varint(in, TENSORF_DIMS, c->n);
	rope_varint(in, TENSORF_DATA_TYPE, 7); /* INT64 */
	rope_text(in, TENSORF_NAME, name != NULL ? name : v->name->s,
	    name != NULL ? strlen(name) : v->name->len);
	for (uint32_t i = 0; i < c->n * 8; i++)
		raw[i] = (unsigned char)((uint64_t)c->v[i / 8] >> i % 8 * 8);
	rope_text(in, TENSORF_RAW, (const char *)raw, c->n * 8);
	rope_message(r, GRAPHF_INITIALIZER, in);
}

/* Of a part: what speaks of the whole graph. */
static bool
is_of_whole(const struct sanitize *s, const struct graph *g, const struct wire_field *f)
{
	return s->outside != NULL && g == s->m->main && (f->number == GRAPHF_INPUT ||
	    f->number == GRAPHF_OUTPUT || f->number == GRAPHF_QUANT);
}

/* A field of a graph that is no node. */
static void
put_field(struct writing *t, const struct changed *c, struct rope *r, const struct wire_field *f)
{
	if (f->number == GRAPHF_INITIALIZER || f->number == GRAPHF_SPARSE) {
		put_initializer(t, c, r, f);
	} else if (f->number == GRAPHF_VALUE_INFO) {
		put_type(t, c, r, f);
	} else if (f->number == GRAPHF_QUANT && c->values.n > 0) {
		struct rope *inner = new_rope(t);

		WIRE_IN(&t->w, f, write_annotation(t, c, inner, false));
		rope_message(r, GRAPHF_QUANT, inner);
	} else {
		copy_field(t, r, f);
	}
}

/* The graph that has been entered. */
static void
write_graph(struct writing *t, const struct graph *g, struct rope *r)
{
	struct sanitize *s = t->s;
	struct rope **nodes = arena_array(s->a, g->nnodes + 1, sizeof *nodes);
	struct rope *rest = new_rope(t);
	const struct node *const *order = s->order[g->id];
	struct changed changed = changes_of(s, g);
	struct wire_field f;
	uint32_t at = 0;

	while (wire_next(&t->w, &f)) {
		if (f.number == GRAPHF_NODE && at < g->nnodes) {
			if (!s->gone[g->nodes[at]->id])
				nodes[at] = read_node(t, g->nodes[at], &f);
			at++;
		} else if (!is_of_whole(s, g, &f)) {
			put_field(t, &changed, rest, &f);
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
	if (s->outside != NULL && g == s->m->main)
		rope_append(r, s->outside);
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
		} else if (f.number != MODEL_TRAINING || s->outside == NULL) {
			copy_field(&t, &whole, &f);
		}
	}
	return !t.w.damaged && rope_write(&whole, s->m->source, out);
}
