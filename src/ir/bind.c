/* SPDX-License-Identifier: Apache-2.0 */
/* Names to values. One table indexed by string id holds what each name means
 * at the place being looked at; entering a graph saves the entries it changes
 * on a log, leaving it restores them. Linear in operands plus outputs. */
#include <string.h>

#include "base/ctx.h"
#include "ir/build.h"

struct binding {
	struct value *v;     /* what the name means here */
	struct value *outer; /* what it meant around v->graph */
};

struct undo { uint32_t id; struct binding old; };

struct binder {
	struct model *m;
	const struct decl_table *decls;
	struct arena *scratch;
	struct binding *names; /* by str id */
	struct value **inner;  /* by str id, of networks: made in a body before here */
	struct undo *log;
	uint32_t nlog;
	bool keep_log;         /* not for an outermost graph: it is forgotten whole */
};

static void
list_value(struct model *m, struct graph *g, struct value *v)
{
	LIST_ROOM(m, g->values, g->nvalues);
	g->values[g->nvalues++] = v;
}

/* Make v what its name means in its graph. false: the name is taken there. */
static bool
declare(struct binder *b, struct value *v)
{
	struct binding *e = &b->names[v->name->id];

	list_value(b->m, v->graph, v);
	if (e->v != NULL && e->v->graph == v->graph) {
		v->flags |= VALUE_REDEFINED;
		return false;
	}
	if (b->keep_log) {
		b->log = arena_grow(b->scratch, b->log, b->nlog, sizeof *b->log);
		b->log[b->nlog++] = (struct undo){ v->name->id, *e };
	}
	e->outer = e->v;
	e->v = v;
	return true;
}

static void
leave(struct binder *b, uint32_t mark)
{
	while (b->nlog > mark) {
		b->nlog--;
		b->names[b->log[b->nlog].id] = b->log[b->nlog].old;
	}
}

/* An initializer with the name of an input is the input's default. */
static void
declare_initializer(struct binder *b, struct graph *g, uint32_t i)
{
	struct value *v = g->initializers[i], *in = b->names[v->name->id].v;

	if (in != NULL && in->graph == g && (in->flags & VALUE_INPUT) && in->constant == NULL) {
		in->flags |= v->flags;
		in->constant = v->constant;
		g->initializers[i] = in;
		return;
	}
	declare(b, v);
}

static void
declare_all(struct binder *b, struct graph *g)
{
	struct node *n;
	uint32_t i, j;

	for (i = 0; i < g->ninputs; i++)
		declare(b, g->inputs[i]);
	for (i = 0; i < g->ninitializers; i++)
		declare_initializer(b, g, i);
	for (i = 0; i < g->nnodes; i++) {
		n = g->nodes[i];
		for (j = 0; j < n->nout; j++)
			if (n->out[j] != NULL)
				declare(b, n->out[j]);
	}
}

/* Bodies of branches and loops of networks share the names of the network around them:
 * what they make is known behind the layer that holds them. The layer of g in which a
 * body makes the name, or NULL. */
static struct node *
maker_of(const struct binder *b, const struct graph *g, const struct str *name)
{
	const struct value *v = b->inner != NULL ? b->inner[name->id] : NULL;
	struct node *n = v != NULL ? v->graph->parent : NULL;

	while (n != NULL && n->graph != g)
		n = n->graph->parent;
	return n;
}

static struct value *
undefined(struct binder *b, struct graph *g, const struct str *name)
{
	struct node *n = maker_of(b, g, name);
	struct value *v = n != NULL ? node_add_output(b->m, n, name) :
	    graph_add_value(b->m, g, name, VALUE_UNDEFINED);

	if (n != NULL)
		v->flags |= VALUE_MADE | VALUE_WITHIN;
	declare(b, v);
	return v;
}

/* What the name means for node index k of g. */
static struct value *
resolve(struct binder *b, struct graph *g, const struct str *name, uint32_t k)
{
	struct binding *e = &b->names[name->id];
	struct value *v = e->v;

	if (v == NULL)
		return undefined(b, g, name);
	if (v->graph == g && v->producer != NULL && v->producer->index >= k) {
		if (e->outer != NULL)
			return e->outer;
		b->m->is_sorted = false;
	} else if (v->graph != g && v->producer != NULL && !(v->flags & VALUE_MADE)) {
		b->m->is_sorted = false;
	}
	return v;
}

/* The outermost graph is done: its names mean nothing any more. */
static void
forget(struct binder *b, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nvalues; i++)
		memset(&b->names[g->values[i]->name->id], 0, sizeof *b->names);
}

static void bind_graph(struct binder *b, struct graph *g);

/* literal: the graph's next literal that no operand has taken yet. */
static void
bind_operands(struct binder *b, struct node *n, uint32_t *literal)
{
	const void **names = (void *)n->in;
	const struct str *name;

	for (uint32_t i = 0; i < n->nin; i++) {
		if ((name = names[i]) == NULL) {
			n->in[i] = n->graph->literals[(*literal)++];
			list_value(b->m, n->graph, n->in[i]);
		} else {
			n->in[i] = name->len == 0 ? NULL : resolve(b, n->graph, name, n->index);
		}
	}
}

static void
bind_node(struct binder *b, struct node *n, uint32_t *literal)
{
	uint32_t i;

	bind_operands(b, n, literal);
	for (i = 0; i < n->nregions; i++)
		bind_graph(b, n->regions[i]);
	/* from here on the name means this output, also when it was taken */
	for (i = 0; i < n->nout; i++) {
		if (n->out[i] == NULL)
			continue;
		b->names[n->out[i]->name->id].v = n->out[i];
		n->out[i]->flags |= VALUE_MADE;
		if (b->inner != NULL && n->graph->parent != NULL)
			b->inner[n->out[i]->name->id] = n->out[i];
	}
}

/* Graph outputs and declared types. An output must be the graph's own; an
 * outer name is taken when there is no other (lint reports it). */
static void
bind_decl(struct binder *b, struct graph *g, const struct decl *d)
{
	struct value *v = b->names[d->name->id].v;

	if (!d->output && (v == NULL || v->graph != g || (v->flags & VALUE_UNDEFINED))) {
		v = graph_add_value(b->m, g, d->name, VALUE_UNDEFINED);
		v->type = d->type;
		v->loc = d->loc;
		LIST_ROOM(b->m, g->stray, g->nstray);
		g->stray[g->nstray++] = v;
		return;
	}
	if (d->output) {
		if (v == NULL)
			v = undefined(b, g, d->name);
		if (v->loc.src == NULL)
			v->loc = d->loc;
		LIST_ROOM(b->m, g->outputs, g->noutputs);
		g->outputs[g->noutputs++] = v;
		if (v->graph != g)
			return;
		v->flags |= VALUE_OUTPUT | (d->type == NULL ? VALUE_BARE : 0);
	}
	if (v->type == NULL)
		v->type = d->type;
	v->flags |= d->permuted ? VALUE_PERMUTED : 0;
}

static void
bind_graph(struct binder *b, struct graph *g)
{
	const struct decls none = { NULL, 0 };
	const struct decls *d = g->id < b->decls->n ? &b->decls->of[g->id] : &none;
	uint32_t mark = b->nlog, literal = 0, i;
	bool outermost = !b->keep_log;

	declare_all(b, g);
	b->keep_log = true;
	for (i = 0; i < g->nnodes; i++)
		bind_node(b, g->nodes[i], &literal);
	for (i = 0; i < d->n; i++)
		bind_decl(b, g, &d->list[i]);
	if (g->kind == GRAPH_MAIN)
		for (i = 0; i < b->m->ntraining; i++)
			bind_graph(b, b->m->training[i]);
	leave(b, mark);
	b->keep_log = !outermost;
	if (outermost)
		forget(b, g);
}

static void
number(struct model *m)
{
	struct graph *g;
	uint32_t i, j;

	m->nnodes = m->nvalues = 0;
	for (i = 0; i < m->ngraphs; i++) {
		g = m->graphs[i];
		for (j = 0; j < g->nnodes; j++)
			g->nodes[j]->id = m->nnodes++;
		for (j = 0; j < g->nvalues; j++)
			g->values[j]->id = m->nvalues++;
		for (j = 0; j < g->nstray; j++)
			g->stray[j]->id = m->nvalues++;
	}
}

void
model_bind(struct model *m, struct arena *scratch, const struct decl_table *decls)
{
	struct binder b = { .m = m, .decls = decls, .scratch = scratch };
	uint32_t i;

	b.names = arena_array(scratch, m->strs.n, sizeof *b.names);
	if (m->dialect == DIALECT_NN)
		b.inner = arena_array(scratch, m->strs.n, sizeof *b.inner);
	m->is_sorted = true;
	/* the rest is reached through these: regions, and training from main */
	for (i = 0; i < m->ngraphs; i++)
		if (m->graphs[i]->parent == NULL &&
		    (m->graphs[i]->kind != GRAPH_TRAINING || m->main == NULL))
			bind_graph(&b, m->graphs[i]);
	number(m);
}
