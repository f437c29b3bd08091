/* SPDX-License-Identifier: Apache-2.0 */
/* Counting by pairs of (domain, type) of interned strings: an open-addressing
 * table at most half full; names are made when they are printed. */
#include <stdlib.h>
#include <string.h>

#include "app/count.h"
#include "base/hash.h"
#include "base/str.h"
#include "ir/tensor.h"

const char *
count_domain(const struct op_count *e)
{
	return strcmp(e->domain->s, "ai.onnx") == 0 ? "" : e->domain->s;
}

static struct op_count *
slot_of(const struct op_counts *c, const struct str *domain, const struct str *type)
{
	uint32_t i = (uint32_t)hash_pair(domain->id, type->id) & c->mask;
	struct op_count *e;

	for (; (e = &c->list[i])->count > 0; i = (i + 1) & c->mask)
		if (e->type == type && e->domain == domain)
			break;
	return e;
}

/* Twice the room, or the first. */
static void
widen(struct op_counts *c, struct arena *a)
{
	const struct op_count *old = c->list;
	uint32_t nold = c->list == NULL ? 0 : c->mask + 1;

	c->mask = nold == 0 ? 63 : c->mask * 2 + 1;
	c->list = arena_array(a, (size_t)c->mask + 1, sizeof *c->list);
	for (uint32_t i = 0; i < nold; i++)
		if (old[i].count > 0)
			*slot_of(c, old[i].domain, old[i].type) = old[i];
}

static void
add_node(struct op_counts *c, struct arena *a, const struct node *n)
{
	struct op_count *e;

	if (c->n > c->mask / 2)
		widen(c, a);
	e = slot_of(c, n->domain, n->type);
	c->n += e->count == 0;
	*e = (struct op_count){ n->domain, n->type, e->count + 1 };
}

/* By domain and type as they are written: the bare ones by their type. */
static int
by_name(const void *pa, const void *pb)
{
	const struct op_count *a = pa, *b = pb;
	const char *da = count_domain(a), *db = count_domain(b);
	int c = strcmp(*da ? da : a->type->s, *db ? db : b->type->s);

	return c != 0 ? c : strcmp(a->type->s, b->type->s);
}

/* Move the entries to the front, sorted; "ai.onnx" and "" become one, and
 * names that stages share. */
static void
finish(struct op_counts *c)
{
	uint32_t i, n = 0;

	for (i = 0; i <= c->mask; i++)
		if (c->list[i].count > 0)
			c->list[n++] = c->list[i];
	qsort(c->list, n, sizeof *c->list, by_name);
	for (c->n = 0, i = 0; i < n; i++) {
		if (c->n > 0 && by_name(&c->list[c->n - 1], &c->list[i]) == 0)
			c->list[c->n - 1].count += c->list[i].count;
		else
			c->list[c->n++] = c->list[i];
	}
}

static void
add_graph(struct op_counts *c, struct arena *a, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++)
		add_node(c, a, g->nodes[i]);
}

/* Is g the main graph or nested in it? */
static bool
in_total(const struct model *m, const struct graph *g)
{
	while (g->parent != NULL)
		g = g->parent->graph;
	return g == m->main;
}

void
count_graph(struct op_counts *c, struct arena *a, const struct graph *g)
{
	*c = (struct op_counts){ .list = NULL };
	widen(c, a);
	add_graph(c, a, g);
	finish(c);
}

/* A pipeline counts as what its stages hold. */
static void
add_model(struct op_counts *c, struct arena *a, const struct model *m)
{
	for (uint32_t i = 0; i < m->nstages; i++)
		add_model(c, a, m->stages[i]);
	for (uint32_t i = 0; m->nstages == 0 && i < m->ngraphs; i++)
		if (in_total(m, m->graphs[i]))
			add_graph(c, a, m->graphs[i]);
}

void
count_total(struct op_counts *c, struct arena *a, const struct model *m)
{
	*c = (struct op_counts){ .list = NULL };
	widen(c, a);
	add_model(c, a, m);
	finish(c);
}

static void
add_held(struct held *h, uint64_t n, uint64_t bytes)
{
	if (__builtin_add_overflow(h->numbers, n, &h->numbers))
		h->numbers = UINT64_MAX;
	if (__builtin_add_overflow(h->bytes, bytes, &h->bytes))
		h->bytes = UINT64_MAX;
}

static void
add_tensor(struct held *h, const struct tensor *t)
{
	add_held(h, t->numel, tensor_bytes(t));
}

/* Of networks only tensors are learned; of ai.onnx.ml lists are, too. */
static void
add_attrs(struct held *h, const struct node *n, bool lists)
{
	for (uint32_t i = 0; i < n->nattrs; i++) {
		const struct attr *a = &n->attrs[i];

		if (a->kind == ATTR_FLOATS && lists)
			add_held(h, a->n, 4 * a->n);
		else if (a->kind == ATTR_INTS && lists)
			add_held(h, a->n, 8 * a->n);
		else if (a->kind == ATTR_TENSOR)
			add_tensor(h, a->v.t);
		for (uint64_t k = 0; a->kind == ATTR_TENSORS && k < a->n; k++)
			add_tensor(h, a->v.tensors[k]);
	}
}

static void
add_model_held(struct held *h, const struct model *m)
{
	const struct str *ml = str_find(&m->strs, "ai.onnx.ml", 10);
	bool network = m->dialect == DIALECT_NN;

	for (uint32_t i = 0; i < m->nstages; i++)
		add_model_held(h, m->stages[i]);
	for (uint32_t i = 0; i < m->ngraphs && (ml != NULL || network); i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++)
			if ((network || m->graphs[i]->nodes[k]->domain == ml) &&
			    in_total(m, m->graphs[i]))
				add_attrs(h, m->graphs[i]->nodes[k], !network);
}

struct held
count_held(const struct model *m)
{
	struct held h = { 0, 0 };

	add_model_held(&h, m);
	return h;
}

static int
by_count(const void *pa, const void *pb)
{
	const struct op_count *a = pa, *b = pb;

	return a->count != b->count ? (a->count < b->count ? 1 : -1) : by_name(pa, pb);
}

void
count_sort(struct op_counts *c)
{
	qsort(c->list, c->n, sizeof *c->list, by_count);
}
