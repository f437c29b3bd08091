/* SPDX-License-Identifier: Apache-2.0 */
/* The module tree. Paths are cut at one separator for the whole graph; a
 * component is found under its parent through a hash table keyed by both.
 * Names are not copied: a scope's path is the front of the name of the first
 * node in it. */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "ir/graph.h"
#include "layout/fold.h"

struct builder {
	struct scopes *s;
	struct arena *a;
	struct scope **slot;
	uint32_t mask;
	char sep;            /* between components; 0: names have none */
	bool scoped;         /* nodes say their scopes */
};

/* A path to be walked. */
struct path {
	const char *s;
	uint32_t n;
	char sep;
};

static struct scope *
add_scope(struct builder *b, struct scope *parent)
{
	struct scopes *s = b->s;
	struct scope *c = arena_alloc(b->a, sizeof *c);

	c->id = s->n;
	c->parent = parent;
	c->depth = parent != NULL ? parent->depth + 1 : 0;
	c->repeat = 1;
	s->list = arena_grow(b->a, s->list, s->n, sizeof(struct scope *));
	s->list[s->n++] = c;
	return c;
}

static uint64_t
child_hash(const struct builder *b, const struct scope *parent, const char *name, uint32_t n)
{
	return hash_bytes(b->a->ctx->hash_key ^ hash_mix(parent->id + 1), name, n);
}

static uint32_t
probe(const struct builder *b, const struct scope *parent, const char *name, uint32_t n)
{
	uint32_t i = (uint32_t)child_hash(b, parent, name, n) & b->mask;
	const struct scope *c;

	for (; (c = b->slot[i]) != NULL; i = (i + 1) & b->mask)
		if (c->parent == parent && c->nname == n && memcmp(c->name, name, n) == 0)
			break;
	return i;
}

static void
rehash(struct builder *b)
{
	struct scope **old = b->slot;
	uint32_t n = old != NULL ? b->mask + 1 : 0;

	b->mask = n > 0 ? 2 * n - 1 : 63;
	b->slot = arena_array(b->a, (size_t)b->mask + 1, sizeof(struct scope *));
	for (uint32_t i = 0; i < n; i++)
		if (old[i] != NULL)
			b->slot[probe(b, old[i]->parent, old[i]->name, old[i]->nname)] = old[i];
}

/* The child that has this component; path starts at whole. */
static struct scope *
child(struct builder *b, struct scope *parent, const char *whole, const char *name, uint32_t n)
{
	uint32_t i = probe(b, parent, name, n);
	struct scope *c = b->slot[i];

	if (c != NULL)
		return c;
	c = add_scope(b, parent);
	c->name = name;
	c->nname = n;
	c->path = whole;
	c->npath = (uint32_t)(name + n - whole);
	b->slot[i] = c;
	if (b->s->n * 2 > b->mask)
		rehash(b);
	return c;
}

/* The scope of a path; empty components do not count. */
static struct scope *
descend(struct builder *b, const struct path *p)
{
	const char *at = p->s, *end = p->s + p->n, *whole = NULL, *stop;
	struct scope *c = b->s->root;

	for (; at < end && c->depth < SCOPE_DEPTH; at = stop + 1) {
		stop = memchr(at, p->sep, (size_t)(end - at));
		if (stop == NULL)
			stop = end;
		if (stop == at)
			continue;
		if (whole == NULL)
			whole = at;
		c = child(b, c, whole, at, (uint32_t)(stop - at));
	}
	return c;
}

static bool
all_digits(const char *s, const char *end)
{
	if (s == end)
		return false;
	while (s < end && *s >= '0' && *s <= '9')
		s++;
	return s == end;
}

static const char *
last_separator(const char *s, const char *end, char sep)
{
	while (end > s)
		if (*--end == sep)
			return end;
	return NULL;
}

/* What a node's name says of its scope: all but the last component. Of Conv.12
 * the number belongs to the node: such names are no modules. */
static struct path
path_of_name(const struct builder *b, const struct str *name)
{
	const char *s = name->s, *end = s + name->len, *cut;

	if (b->sep == '\0' || (cut = last_separator(s, end, b->sep)) == NULL)
		return (struct path){ s, 0, b->sep };
	if (b->sep == '.' && all_digits(cut + 1, end)) {
		cut = last_separator(s, cut, b->sep);
		if (cut == NULL)
			cut = s;
	}
	return (struct path){ s, (uint32_t)(cut - s), b->sep };
}

static struct path
path_of(const struct builder *b, const struct node *n)
{
	if (!b->scoped)
		return path_of_name(b, n->name);
	if (n->scope == NULL)
		return (struct path){ "", 0, '.' };
	return (struct path){ n->scope->s, n->scope->len,
		memchr(n->scope->s, '/', n->scope->len) != NULL ? '/' : '.' };
}

static void
choose_separator(struct builder *b)
{
	const struct graph *g = b->s->graph;
	uint32_t named = 0, slash = 0, dot = 0;

	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct str *name = g->nodes[i]->name;

		b->scoped = b->scoped || g->nodes[i]->scope != NULL;
		named += name->len > 0;
		slash += memchr(name->s, '/', name->len) != NULL;
		dot += memchr(name->s, '.', name->len) != NULL;
	}
	b->sep = slash * 2 > named ? '/' : dot * 2 > named ? '.' : '\0';
}

/* Assign each node; neighbours mostly share their scope. */
static void
assign(struct builder *b)
{
	const struct graph *g = b->s->graph;
	struct path last = { "", 0, b->sep }, p;
	struct scope *c = b->s->root;

	for (uint32_t i = 0; i < g->nnodes; i++) {
		p = path_of(b, g->nodes[i]);
		if (p.n != last.n || memcmp(p.s, last.s, p.n) != 0)
			c = descend(b, &p);
		last = p;
		b->s->of[i] = c;
		c->nnodes++;
	}
}

/* Lists of children and nodes, from the counts. */
static void
fill_lists(struct scopes *s, struct arena *a)
{
	struct scope *c;
	uint32_t i;

	for (i = 1; i < s->n; i++)
		s->list[i]->parent->nchildren++;
	for (i = 0; i < s->n; i++) {
		c = s->list[i];
		c->children = arena_array(a, c->nchildren, sizeof(struct scope *));
		c->nodes = arena_array(a, c->nnodes, sizeof(struct node *));
		c->nchildren = c->nnodes = 0;
	}
	for (i = 1; i < s->n; i++) {
		c = s->list[i]->parent;
		c->children[c->nchildren++] = s->list[i];
	}
	for (i = 0; i < s->graph->nnodes; i++) {
		c = s->of[i];
		c->nodes[c->nnodes++] = s->graph->nodes[i];
	}
}

/* Recursion as deep as the tree: SCOPE_DEPTH and the synthetic scopes in it. */
static uint32_t
place(struct scopes *s, struct scope *c, uint32_t at)
{
	c->lo = at;
	for (uint32_t i = 0; i < c->nnodes; i++) {
		s->pos[c->nodes[i]->index] = at;
		s->order[at++] = c->nodes[i];
	}
	for (uint32_t i = 0; i < c->nchildren; i++) {
		c->children[i]->depth = c->depth + 1;
		at = place(s, c->children[i], at);
	}
	c->ntotal = at - c->lo;
	return at;
}

void
scopes_order(struct scopes *s)
{
	place(s, s->root, 0);
}

void
scopes_build(struct scopes *s, struct arena *a, const struct model *m, const struct graph *g)
{
	struct builder b = { .s = s, .a = a };

	memset(s, 0, sizeof *s);
	s->model = m;
	s->graph = g;
	s->of = arena_array(a, g->nnodes, sizeof(struct scope *));
	s->order = arena_array(a, g->nnodes, sizeof(struct node *));
	s->pos = arena_array(a, g->nnodes, sizeof *s->pos);
	s->stand_in = arena_array(a, g->nnodes, sizeof(struct node *));
	s->box = arena_array(a, g->nnodes, sizeof(struct scope *));
	s->root = add_scope(&b, NULL);
	s->root->name = s->root->path = "";
	rehash(&b);
	choose_separator(&b);
	assign(&b);
	fill_lists(s, a);
	scopes_order(s);
	if (g->nnodes > 0)
		memcpy(s->stand_in, g->nodes, g->nnodes * sizeof(struct node *));
}
