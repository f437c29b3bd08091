/* SPDX-License-Identifier: Apache-2.0 */
/* Binds nodes to their rows and functions. Models call few ops many times, so
 * each combination of type, domain, overload and imports is resolved once and
 * found again in a hash table by the pointers of its interned names. */
#include <string.h>

#include "base/hash.h"
#include "ops/op.h"

struct key {
	const struct str *type, *domain, *overload;
	const struct imports *imports;
	bool function;               /* entry of a function by its own name */
	uint64_t form;               /* what tells overloads apart when none is named */
};

struct bound {
	struct key key; /* type NULL: free */
	const struct op *op;
	struct graph *callee;
};

struct table {
	struct model *m;
	const struct str *onnx;      /* "ai.onnx", NULL when the model never says it */
	struct bound *slot;
	uint32_t n, mask;
	const struct imports **imports; /* by graph id */
};

static uint64_t
key_hash(const struct key *k)
{
	uint64_t names = (uint64_t)k->type->id << 32 | k->domain->id;

	return hash_pair(names, k->overload->id ^ (uintptr_t)k->imports ^ k->form) +
	    k->function;
}

static bool
key_equal(const struct key *a, const struct key *b)
{
	return a->type == b->type && a->domain == b->domain && a->overload == b->overload &&
	    a->imports == b->imports && a->function == b->function && a->form == b->form;
}

/* The entry of key, or the free one where it belongs. */
static struct bound *
probe(const struct table *t, const struct key *k)
{
	uint32_t i = (uint32_t)key_hash(k) & t->mask;

	while (t->slot[i].key.type != NULL && !key_equal(&t->slot[i].key, k))
		i = (i + 1) & t->mask;
	return &t->slot[i];
}

static void
rehash(struct table *t)
{
	struct bound *old = t->slot;
	uint32_t n = old != NULL ? t->mask + 1 : 0;

	t->mask = n > 0 ? 2 * n - 1 : 63;
	t->slot = arena_array(&t->m->arena, (size_t)t->mask + 1, sizeof *t->slot);
	for (uint32_t i = 0; i < n; i++)
		if (old[i].key.type != NULL)
			*probe(t, &old[i].key) = old[i];
}

static struct bound *
insert(struct table *t, const struct key *k)
{
	if (t->slot == NULL || t->n * 2 > t->mask)
		rehash(t);
	t->n++;
	struct bound *b = probe(t, k);
	b->key = *k;
	return b;
}

static const struct str *
canonical(const struct table *t, const struct str *domain)
{
	return domain == t->onnx ? t->m->empty : domain;
}

static struct key
key_of(const struct table *t, const struct str *type, const struct str *domain,
    const struct str *overload)
{
	return (struct key){ .type = type, .domain = canonical(t, domain),
		.overload = overload != NULL ? overload : t->m->empty };
}

/* The first of several functions of one name stands. */
static void
add_functions(struct table *t)
{
	for (uint32_t i = 0; i < t->m->nfunctions; i++) {
		struct graph *g = t->m->functions[i];
		struct key k;

		if (g->function == NULL)
			continue;
		k = key_of(t, g->name, g->function->domain, g->function->overload);
		k.function = true;
		if (t->slot == NULL || probe(t, &k)->key.type == NULL)
			insert(t, &k)->callee = g;
	}
}

/* Number of operands, and which are tensors: all that op_overload looks at. */
static uint64_t
form_of(const struct node *n)
{
	uint64_t form = n->nin + n->nattrs;

	for (uint32_t i = 0; i < n->nin && n->nnamed == 0; i++) {
		const struct type *t = n->in[i] != NULL ? n->in[i]->type : NULL;

		form = hash_pair(form, t == NULL ? 0 : (uint64_t)t->tag + 1);
	}
	return form;
}

static struct bound *
resolve(struct table *t, struct key k, const struct node *n)
{
	const struct opset *o = imports_find(k.imports, k.domain);
	struct bound *b = insert(t, &k), *f;

	if (t->m->compiled)
		b->op = op_find(t->m->dialect, "espresso", k.type->s, OP_NEWEST);
	if (b->op == NULL)
		b->op = t->m->dialect == DIALECT_ATEN ? op_overload(n) : op_find(t->m->dialect,
		    k.domain->s, k.type->s, o != NULL ? o->version : OP_NEWEST);
	k.imports = NULL;
	k.form = 0;
	k.domain = canonical(t, k.domain);
	k.function = true;
	f = probe(t, &k);
	if (f->key.type != NULL)
		b->callee = f->callee;
	return b;
}

static void
bind_node(struct table *t, struct node *n)
{
	struct key k = { .type = n->type, .domain = n->domain,
	    .overload = n->overload != NULL ? n->overload : t->m->empty,
	    .imports = t->imports[n->graph->id] };
	struct bound *b;

	if (t->m->dialect == DIALECT_ATEN && n->overload == NULL)
		k.form = form_of(n);
	b = t->slot != NULL ? probe(t, &k) : NULL;
	if (b == NULL || b->key.type == NULL)
		b = resolve(t, k, n);
	n->op = b->op;
	n->callee = b->callee;
}

static const struct graph *
scope_of(const struct graph *g)
{
	while (g->parent != NULL)
		g = g->parent->graph;
	return g->function != NULL && g->nopsets > 0 ? g : NULL;
}

static const struct imports *
imports_of(struct table *t, const struct graph *g, const struct imports *model)
{
	struct imports *own;

	if (g->parent != NULL) /* graphs are numbered as they are made: parents first */
		return t->imports[g->parent->graph->id];
	if (scope_of(g) == NULL && t->m->dialect != DIALECT_MIL)
		return model;
	own = arena_alloc(&t->m->arena, sizeof *own);
	imports_build(own, &t->m->arena, t->m, g);
	return own;
}

void
ops_bind(struct model *m)
{
	struct table t = { .m = m, .onnx = str_find(&m->strs, "ai.onnx", 7) };
	struct imports *model = arena_alloc(&m->arena, sizeof *model);

	imports_build(model, &m->arena, m, NULL);
	t.imports = arena_array(&m->arena, m->ngraphs, sizeof *t.imports);
	add_functions(&t);
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		struct graph *g = m->graphs[i];

		t.imports[i] = imports_of(&t, g, model);
		for (uint32_t j = 0; j < g->nnodes; j++)
			bind_node(&t, g->nodes[j]);
	}
	for (uint32_t i = 0; i < m->nstages; i++)
		ops_bind(m->stages[i]);
}

/* Programs state an opset for each function, networks the version of all. */
static int64_t
stated_version(const struct model *m, const struct graph *g)
{
	if (m->dialect == DIALECT_NN)
		return m->format_version > 0 ? m->format_version : OP_NEWEST;
	if (g == NULL)
		g = m->main;
	while (g != NULL && g->parent != NULL)
		g = g->parent->graph;
	return g != NULL && g->nopsets > 0 && g->opsets[0].version > 0 ?
	    g->opsets[0].version : OP_NEWEST;
}

static const struct opset **
import_slot(const struct imports *s, const struct str *domain)
{
	uint32_t i = (uint32_t)hash_mix(domain->id) & s->mask;

	while (s->slot[i] != NULL && s->slot[i]->domain != domain)
		i = (i + 1) & s->mask;
	return &s->slot[i];
}

void
imports_of_list(struct imports *s, struct arena *a, const struct model *m,
    const struct opset *list, uint32_t n)
{
	memset(s, 0, sizeof *s);
	s->empty = m->empty;
	s->onnx = str_find(&m->strs, "ai.onnx", 7);
	for (s->mask = 3; s->mask / 2 < n; s->mask = 2 * s->mask + 1)
		;
	s->slot = arena_array(a, (size_t)s->mask + 1, sizeof *s->slot);
	for (uint32_t i = 0; i < n; i++)
		*import_slot(s, list[i].domain) = &list[i];
}

void
imports_build(struct imports *s, struct arena *a, const struct model *m, const struct graph *g)
{
	const struct graph *scope = g != NULL ? scope_of(g) : NULL;

	if (m->dialect != DIALECT_ONNX) {
		memset(s, 0, sizeof *s);
		s->fixed.version = stated_version(m, g);
		return;
	}
	if (scope != NULL) {
		imports_of_list(s, a, m, scope->opsets, scope->nopsets);
		s->scope = scope;
		return;
	}
	imports_of_list(s, a, m, m->opsets, m->nopsets);
	s->silent = m->nopsets == 0 && m->format_version < 3;
}

const struct opset *
imports_find(const struct imports *s, const struct str *domain)
{
	static const struct opset first = { .version = 1 };
	const struct opset *o;

	if (s->fixed.version > 0)
		return &s->fixed;
	o = *import_slot(s, domain);
	if (o == NULL && domain == s->empty && s->onnx != NULL)
		o = *import_slot(s, s->onnx);
	if (o == NULL && domain == s->onnx)
		o = *import_slot(s, s->empty);
	if (o == NULL && s->silent && (domain == s->empty || domain == s->onnx))
		return &first;
	return o;
}

int64_t
graph_opset(const struct model *m, const struct graph *g, const struct str *domain)
{
	const struct graph *scope = scope_of(g);
	const struct opset *list = scope != NULL ? scope->opsets : m->opsets;
	uint32_t n = scope != NULL ? scope->nopsets : m->nopsets;
	bool standard = domain == m->empty || strcmp(domain->s, "ai.onnx") == 0;
	int64_t alias = n == 0 && standard && m->format_version < 3;

	if (m->dialect != DIALECT_ONNX)
		return stated_version(m, g);
	while (n-- > 0) {
		if (list[n].domain == domain)
			return list[n].version;
		if (alias == 0 && standard && (list[n].domain == m->empty ||
		    strcmp(list[n].domain->s, "ai.onnx") == 0))
			alias = list[n].version;
	}
	return alias;
}
