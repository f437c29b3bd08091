/* SPDX-License-Identifier: Apache-2.0 */
/* Binds nodes to their rows and functions. Models call few ops many times, so
 * each combination of type, domain, overload and imports is resolved once and
 * found again in a hash table by the pointers of its interned names. */
#include <string.h>

#include "base/hash.h"
#include "ops/op.h"

struct key {
	const struct str *type, *domain, *overload;
	const struct graph *imports; /* function whose imports hold; NULL: the model's */
	bool function;               /* entry of a function by its own name */
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
	const struct graph **imports; /* by graph id */
};

static uint64_t
key_hash(const struct key *k)
{
	uint64_t names = (uint64_t)k->type->id << 32 | k->domain->id;

	return hash_pair(names, (uint64_t)k->overload->id << 32 |
	    (k->imports != NULL ? k->imports->id + 1 : 0)) + k->function;
}

static bool
key_equal(const struct key *a, const struct key *b)
{
	return a->type == b->type && a->domain == b->domain && a->overload == b->overload &&
	    a->imports == b->imports && a->function == b->function;
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

static struct bound *
resolve(struct table *t, struct key k, const struct graph *g)
{
	int64_t version = graph_opset(t->m, g, k.domain);
	struct bound *b = insert(t, &k), *f;

	b->op = op_find(t->m->dialect, k.domain->s, k.type->s,
	    version > 0 ? version : OP_NEWEST);
	k.imports = NULL;
	k.function = true;
	f = probe(t, &k);
	if (f->key.type != NULL)
		b->callee = f->callee;
	return b;
}

static void
bind_node(struct table *t, struct node *n)
{
	struct key k = key_of(t, n->type, n->domain, n->overload);
	struct bound *b;

	k.imports = t->imports[n->graph->id];
	b = t->slot != NULL ? probe(t, &k) : NULL;
	if (b == NULL || b->key.type == NULL)
		b = resolve(t, k, n->graph);
	n->op = b->op;
	n->callee = b->callee;
}

/* The function whose imports hold in a graph that is in no node. */
static const struct graph *
own_imports(const struct graph *g)
{
	return g->function != NULL && g->nopsets > 0 ? g : NULL;
}

void
ops_bind(struct model *m)
{
	struct table t = { .m = m, .onnx = str_find(&m->strs, "ai.onnx", 7) };

	t.imports = arena_array(&m->arena, m->ngraphs, sizeof *t.imports);
	add_functions(&t);
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		struct graph *g = m->graphs[i];

		/* graphs are numbered as they are made: parents come first */
		t.imports[i] = g->parent != NULL ? t.imports[g->parent->graph->id] : own_imports(g);
		for (uint32_t j = 0; j < g->nnodes; j++)
			bind_node(&t, g->nodes[j]);
	}
}

static bool
same_domain(const struct str *a, const char *b)
{
	return strcmp(strcmp(a->s, "ai.onnx") == 0 ? "" : a->s, b) == 0;
}

int64_t
graph_opset(const struct model *m, const struct graph *g, const struct str *domain)
{
	const struct opset *list = m->opsets;
	uint32_t n = m->nopsets;
	const char *name = strcmp(domain->s, "ai.onnx") == 0 ? "" : domain->s;

	while (g->parent != NULL)
		g = g->parent->graph;
	if (own_imports(g) != NULL) {
		list = g->opsets;
		n = g->nopsets;
	} else if (n == 0 && m->format_version < 3) {
		return *name == '\0';
	}
	while (n-- > 0)
		if (same_domain(list[n].domain, name))
			return list[n].version;
	return 0;
}
