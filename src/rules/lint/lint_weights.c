/* SPDX-License-Identifier: Apache-2.0 */
/* Weights of programs: compressed ones whose parts do not go together, and
 * records of weight files that no constant names. What is named is collected
 * over a model and all its stages and sorted by place; what lies between is
 * named by nobody. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ops/packing.h"
#include "rules/lint/lint_state.h"

enum { RECORD = 64 }; /* size and alignment of a record: read/coreml/blob.h */

struct named { const struct tensor *t; };

struct files {
	struct lint *l;
	struct named *list;
	uint32_t n;
	bool incomplete;  /* parts of the model were not read */
};

static void
add_tensor(struct files *f, const struct tensor *t)
{
	if (t == NULL)
		return;
	for (uint32_t i = 0; t->items != NULL && i < t->items->n; i++)
		add_tensor(f, t->items->list[i]);
	if (t->ext == NULL || t->ext->file_size == 0)
		return;
	f->list = arena_grow(&f->l->a, f->list, f->n, sizeof *f->list);
	f->list[f->n++].t = t;
}

static void
add_graph(struct files *f, const struct graph *g)
{
	f->incomplete |= g->nmeta > 0; /* blocks for other opsets */
	for (uint32_t i = 0; i < g->nvalues; i++)
		add_tensor(f, g->values[i]->constant);
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		for (uint32_t k = 0; k < n->nattrs; k++)
			if (n->attrs[k].kind == ATTR_TENSOR)
				add_tensor(f, n->attrs[k].v.t);
	}
}

static void
add_model(struct files *f, const struct model *m)
{
	f->incomplete |= m->partial;
	for (uint32_t i = 0; i < m->ngraphs; i++)
		add_graph(f, m->graphs[i]);
	for (uint32_t i = 0; i < m->nstages; i++)
		add_model(f, m->stages[i]);
}

static int
by_place(const void *a, const void *b)
{
	const struct external *x = ((const struct named *)a)->t->ext;
	const struct external *y = ((const struct named *)b)->t->ext;
	int c = strcmp(x->location->s, y->location->s);

	return c != 0 ? c : x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* The record behind the tensor's, or the end of the file. */
static uint64_t
behind(const struct tensor *t)
{
	uint64_t end = t->ext->offset + RECORD + t->stored;

	return end <= t->ext->file_size - RECORD ? (end + RECORD - 1) / RECORD * RECORD :
	    t->ext->file_size;
}

/* One file's tensors: list[0..n). */
static void
check_file(struct lint *l, const struct named *list, uint32_t n)
{
	const struct external *x = list[0].t->ext;
	const struct place at = { .field = "weights", .index = NO_INDEX,
	    .loc = &list[0].t->loc };
	uint64_t next = RECORD, unused = 0, distinct = 0, gaps = 0, count;

	for (uint32_t i = 0; i < n; i++) {
		const struct tensor *t = list[i].t;

		if (t->ext->status != EXT_OK)
			return; /* damage has been reported */
		if (i > 0 && t->ext->offset == list[i - 1].t->ext->offset)
			continue;
		distinct++;
		if (t->ext->offset > next) {
			unused += t->ext->offset - next;
			gaps++;
		}
		next = behind(t);
	}
	if (next < x->file_size) {
		unused += x->file_size - next;
		gaps++;
	}
	if (unused < RECORD)
		return;
	count = x->records > distinct ? x->records - distinct : gaps;
	lint_add(l, DIAG_LINT_WEIGHTS_UNUSED, &at, "nothing refers to %" PRIu64 " record%s of "
	    "'%.*s', %" PRIu64 " of %" PRIu64 " bytes", count, plural(count),
	    NAME(x->location), unused, x->file_size);
}

/* Parts that are missing are other findings. */
static void
check_packing(struct lint *l, const struct graph *g, const struct node *n)
{
	const struct place at = { .g = g, .n = n, .index = NO_INDEX };
	struct packing p;

	if (packing_read(&p, n, &l->a) && p.why != NULL && !p.absent)
		lint_add(l, DIAG_LINT_PACKING, &at, "the weights of %.*s cannot be unpacked: %s",
		    NAME(n->type), p.why);
}

void
lint_packings(struct lint *l)
{
	for (uint32_t i = 0; i < l->m->ngraphs; i++)
		for (uint32_t k = 0; k < l->m->graphs[i]->nnodes; k++)
			check_packing(l, l->m->graphs[i], l->m->graphs[i]->nodes[k]);
}

void
lint_weights(struct lint *l)
{
	struct files f = { .l = l };
	uint32_t first = 0;

	add_model(&f, l->m);
	/* compilers lay files out their own way: for each blob another, which nothing names */
	if (f.incomplete || f.n == 0 || l->m->compiled)
		return;
	qsort(f.list, f.n, sizeof *f.list, by_place);
	for (uint32_t i = 1; i <= f.n; i++) {
		if (i < f.n && strcmp(f.list[i].t->ext->location->s,
		    f.list[first].t->ext->location->s) == 0)
			continue;
		check_file(l, f.list + first, i - first);
		first = i;
	}
}
