/* SPDX-License-Identifier: Apache-2.0 */
/* Building the graph model. Lists grow by doubling in the arena; what they
 * leave behind is at most as much again. Operands are kept as names in the
 * same array that holds their values after model_bind (ir/bind.c). */
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"

static void
init_tables(void *arg)
{
	struct model *m = arg;

	strtab_init(&m->strs, &m->text);
	types_init(&m->types, &m->arena);
	m->empty = str_intern(&m->strs, "", 0);
}

struct model *
model_new(struct ctx *ctx, enum dialect dialect, const char *format)
{
	struct arena a;
	struct model *m;

	arena_init(&a, ctx);
	if ((m = arena_try(&a, 1, sizeof *m)) == NULL) {
		diag_add(ctx, DIAG_MEMORY, NULL, "no memory to open a model at all");
		arena_free(&a);
		return NULL;
	}
	m->arena = a;
	arena_init(&m->text, ctx);
	if (ctx_protect(ctx, init_tables, m) != 0) {
		model_free(m);
		return NULL;
	}
	m->producer = m->producer_version = m->domain = m->empty;
	m->dialect = dialect;
	m->format = format;
	m->encoding = m->kind = "";
	return m;
}

void
model_free(struct model *m)
{
	struct arena a;

	if (m == NULL)
		return;
	for (uint32_t i = 0; i < m->nstages; i++)
		model_free(m->stages[i]);
	for (uint32_t i = 0; i < m->nsources; i++)
		source_close(m->sources[i]);
	strtab_free(&m->strs);
	arena_free(&m->text);
	a = m->arena; /* the model lies in its own arena */
	arena_free(&a);
}

void
model_drop_graphs(struct model *m)
{
	m->main = NULL;
	m->ngraphs = m->nfunctions = m->ntraining = m->nnodes = m->nvalues = 0;
}

void
model_add_source(struct model *m, struct source *src)
{
	LIST_ROOM(m, m->sources, m->nsources);
	m->sources[m->nsources++] = src;
	if (m->source == NULL)
		m->source = src;
}

struct opset *
model_add_opset(struct model *m, const struct str *domain, int64_t version)
{
	LIST_ROOM(m, m->opsets, m->nopsets);
	m->opsets[m->nopsets] = (struct opset){ .domain = domain, .version = version };
	return &m->opsets[m->nopsets++];
}

void
meta_add(struct model *m, struct meta **list, uint32_t *n, const struct str *key,
    const struct str *value)
{
	*list = arena_grow(&m->arena, *list, *n, sizeof **list);
	(*list)[(*n)++] = (struct meta){ key, value };
}

void
model_add_meta(struct model *m, const struct str *key, const struct str *value)
{
	meta_add(m, &m->meta, &m->nmeta, key, value);
}

static void
enter_region(struct model *m, struct node *parent, struct graph *g)
{
	g->level = parent->graph->level + 1;
	LIST_ROOM(m, parent->regions, parent->nregions);
	parent->regions[parent->nregions++] = g;
}

struct graph *
graph_new(struct model *m, enum graph_kind kind, struct node *parent, const struct str *role)
{
	struct graph *g = arena_alloc(&m->arena, sizeof *g);

	g->name = m->empty;
	g->kind = kind;
	g->parent = parent;
	g->role = role;
	LIST_ROOM(m, m->graphs, m->ngraphs);
	g->id = m->ngraphs;
	if (parent != NULL)
		enter_region(m, parent, g);
	if (kind == GRAPH_FUNCTION || kind == GRAPH_METHOD) {
		LIST_ROOM(m, m->functions, m->nfunctions);
		m->functions[m->nfunctions++] = g;
	} else if (kind == GRAPH_TRAINING) {
		LIST_ROOM(m, m->training, m->ntraining);
		m->training[m->ntraining++] = g;
	} else if (kind == GRAPH_MAIN) {
		m->main = g;
	}
	m->graphs[m->ngraphs++] = g;
	return g;
}

struct node *
graph_add_node(struct model *m, struct graph *g)
{
	struct node *n = arena_alloc(&m->arena, sizeof *n);

	ctx_step(m->arena.ctx);
	n->type = n->domain = n->name = m->empty;
	n->graph = g;
	n->index = g->nnodes;
	LIST_ROOM(m, g->nodes, g->nnodes);
	g->nodes[g->nnodes++] = n;
	return n;
}

static struct value *
value_new(struct model *m, struct graph *g, const struct str *name, uint32_t flags)
{
	struct value *v = arena_alloc(&m->arena, sizeof *v);

	v->name = name;
	v->graph = g;
	v->flags = flags;
	return v;
}

struct value *
graph_add_value(struct model *m, struct graph *g, const struct str *name, uint32_t flags)
{
	struct value *v = value_new(m, g, name, flags);

	if (flags & VALUE_INPUT) {
		LIST_ROOM(m, g->inputs, g->ninputs);
		g->inputs[g->ninputs++] = v;
	}
	if (flags & VALUE_INITIALIZER) {
		LIST_ROOM(m, g->initializers, g->ninitializers);
		g->initializers[g->ninitializers++] = v;
	}
	return v;
}

struct value *
node_add_output(struct model *m, struct node *n, const struct str *name)
{
	struct value *v = NULL;

	if (name->len > 0) {
		v = value_new(m, n->graph, name, 0);
		v->producer = n;
		v->slot = n->nout;
		v->loc = n->loc;
	}
	LIST_ROOM(m, n->out, n->nout);
	n->out[n->nout++] = v;
	return v;
}

void
node_add_operand_name(struct model *m, struct node *n, const struct str *name)
{
	const void **names;

	LIST_ROOM(m, n->in, n->nin);
	names = (void *)n->in;
	names[n->nin++] = name;
}

struct value *
node_add_literal(struct model *m, struct node *n)
{
	struct graph *g = n->graph;
	struct value *v = value_new(m, g, m->empty, VALUE_LITERAL);

	LIST_ROOM(m, g->literals, g->nliterals);
	g->literals[g->nliterals++] = v;
	LIST_ROOM(m, n->in, n->nin);
	n->in[n->nin++] = NULL; /* a name never is */
	return v;
}

void
node_name_operand(struct model *m, struct node *n, const struct str *name)
{
	LIST_ROOM(m, n->in_name, n->nnamed);
	n->in_name[n->nnamed++] = name;
}

struct attr *
attr_add(struct model *m, struct attr **list, uint32_t *n)
{
	struct attr *a;

	*list = arena_grow(&m->arena, *list, *n, sizeof **list);
	a = memset(&(*list)[*n], 0, sizeof *a);
	a->name = m->empty;
	(*n)++;
	return a;
}

struct attr *
node_add_attr(struct model *m, struct node *n)
{
	return attr_add(m, &n->attrs, &n->nattrs);
}

void
graph_add_role(struct model *m, struct graph *g, struct role role)
{
	LIST_ROOM(m, g->roles, g->nroles);
	g->roles[g->nroles++] = role;
}

struct symbol *
model_add_symbol(struct model *m, const struct str *name)
{
	LIST_ROOM(m, m->symbols, m->nsymbols);
	m->symbols[m->nsymbols] = (struct symbol){ .name = name };
	return &m->symbols[m->nsymbols++];
}

void
decl_add(struct arena *a, struct decl_table *t, const struct graph *g, struct decl d)
{
	struct decls *list;

	while (t->n <= g->id) {
		t->of = arena_grow(a, t->of, t->n, sizeof *t->of);
		memset(&t->of[t->n++], 0, sizeof *t->of);
	}
	list = &t->of[g->id];
	list->list = arena_grow(a, list->list, list->n, sizeof *list->list);
	list->list[list->n++] = d;
}

void
model_set_main(struct model *m, struct graph *g)
{
	uint32_t i;

	for (i = 0; i < m->nfunctions && m->functions[i] != g; i++)
		continue;
	if (i < m->nfunctions)
		memmove(m->functions + i, m->functions + i + 1,
		    (--m->nfunctions - i) * sizeof *m->functions);
	g->kind = GRAPH_MAIN;
	m->main = g;
}
