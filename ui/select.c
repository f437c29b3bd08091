/* SPDX-License-Identifier: Apache-2.0 */
/* Selected rows: from a place to the cursor, for what copies and writes. */
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "infer/cost.h"
#include "ir/tensor.h"
#include "report/text.h"
#include "ui/state.h"

bool
select_rows(const struct pane *p, const struct tree *t, uint32_t *from, uint32_t *to)
{
	uint32_t row = p->selecting ? row_of_place(t, &p->anchor) : ROW_NOWHERE;

	if (row == ROW_NOWHERE || row >= t->rows.n || p->row >= t->rows.n)
		return false;
	*from = row < p->row ? row : p->row;
	*to = row < p->row ? p->row : row;
	return true;
}

static void
nodes_of_row(const struct tree *t, const struct row *r,
    void (*fn)(void *, const struct node *), void *arg)
{
	if (r->kind == ROW_NODE)
		fn(arg, r->of.node);
	for (uint32_t k = 0; r->kind == ROW_FOLD && k < r->of.scope->ntotal; k++)
		fn(arg, t->s.order[r->of.scope->lo + k]);
}

void
select_each(const struct pane *p, const struct tree *t,
    void (*fn)(void *, const struct node *), void *arg)
{
	uint32_t from, to;

	if (!select_rows(p, t, &from, &to))
		return;
	for (uint32_t i = from; i <= to; i++)
		nodes_of_row(t, &t->rows.list[i], fn, arg);
}

void
select_here(const struct pane *p, const struct tree *t,
    void (*fn)(void *, const struct node *), void *arg)
{
	const struct scope *c = p->at.scope;
	uint32_t from, to;

	if (select_rows(p, t, &from, &to))
		select_each(p, t, fn, arg);
	else if (p->at.node != NULL)
		fn(arg, p->at.node);
	else
		for (uint32_t k = 0; c != NULL && k < c->ntotal; k++)
			fn(arg, t->s.order[c->lo + k]);
}

struct adding { const struct doc *d; struct total *sum; };

static void
add(void *arg, const struct node *n)
{
	const struct doc *d = ((struct adding *)arg)->d;
	struct total *s = ((struct adding *)arg)->sum;
	uint64_t macs = d->costs != NULL ? cost_sample(d->costs->node[n->id].macs) : 0;

	s->macs += macs != UINT64_MAX ? macs : 0;
	s->weights += node_constant_bytes(n);
	s->problems += d->worst != NULL && d->worst[n->id] > 1 + LEVEL_NOTE;
	s->nodes++;
}

/* Added up once, so that each key costs two of them however much is selected; nodes as they
 * lie in memory: sorted rows have them in any order. */
static void
find_totals(const struct doc *d, struct tree *t)
{
	const struct graph *g = t->s.graph;
	struct total *of = arena_array(&t->a, (size_t)t->rows.n + 1, sizeof *of);

	for (uint32_t i = 0; i < g->nnodes; i++) {
		uint32_t row = t->rows.of_node[i];

		if (row != ROW_NOWHERE && t->rows.list[row].kind == ROW_NODE)
			add(&(struct adding){ d, &of[row + 1] }, g->nodes[i]);
	}
	for (uint32_t i = 0; i < t->rows.n; i++) {
		if (t->rows.list[i].kind == ROW_FOLD)
			nodes_of_row(t, &t->rows.list[i], add, &(struct adding){ d, &of[i + 1] });
		of[i + 1].macs += of[i].macs;
		of[i + 1].weights += of[i].weights;
		of[i + 1].nodes += of[i].nodes;
		of[i + 1].problems += of[i].problems;
	}
	t->totals = of;
}

void
select_says(const struct pane *p, struct tree *t, struct sink *out)
{
	struct total s = { .nodes = 0 };
	uint32_t from, to;

	if (t->totals == NULL)
		find_totals(p->doc, t);
	if (select_rows(p, t, &from, &to)) {
		s = t->totals[to + 1];
		s.macs -= t->totals[from].macs;
		s.weights -= t->totals[from].weights;
		s.nodes -= t->totals[from].nodes;
		s.problems -= t->totals[from].problems;
	}
	sink_printf(out, "%u node%s selected", (unsigned)s.nodes, plural(s.nodes));
	if (s.macs > 0)
		sink_puts(out, ", "), put_count(out, s.macs), sink_puts(out, " MACs");
	if (s.weights > 0)
		sink_puts(out, ", weights "), text_bytes(out, s.weights);
	if (s.problems > 0)
		sink_printf(out, ", %u with problems", (unsigned)s.problems);
	sink_puts(out, "; y copies, X x write, v ends");
}

struct range { uint32_t lo, hi, nodes; };

static void
widen(void *arg, const struct node *n)
{
	struct range *r = arg;

	r->lo = r->nodes == 0 || n->id < r->lo ? n->id : r->lo;
	r->hi = r->nodes == 0 || n->id > r->hi ? n->id : r->hi;
	r->nodes++;
}

struct listing { char *buf; size_t n, at; bool full; };

static void
list_id(void *arg, const struct node *n)
{
	struct listing *l = arg;
	char word[24];
	size_t len = (size_t)snprintf(word, sizeof word, "%sid=%u", l->at > 6 ? " or " : "",
	    (unsigned)n->id);

	l->full |= l->at + len >= l->n;
	if (l->full)
		return;
	memcpy(l->buf + l->at, word, len + 1);
	l->at += len;
}

bool
select_command(const struct pane *p, const struct tree *t, char *buf, size_t n)
{
	struct listing l = { buf, n, 0, false };
	struct range s = { .nodes = 0 };

	select_each(p, t, widen, &s);
	if (s.nodes > 0 && s.hi - s.lo + 1 == s.nodes) {
		snprintf(buf, n, "nodes id>=%u id<=%u", (unsigned)s.lo, (unsigned)s.hi);
		return true;
	}
	l.at = (size_t)snprintf(buf, n, "nodes ");
	select_each(p, t, list_id, &l);
	return s.nodes > 0 && !l.full;
}

/* Is the row in the module? */
static bool
within(const struct tree *t, const struct row *r, const struct scope *module)
{
	const struct scope *c = r->kind == ROW_NODE ? t->s.of[r->of.node->index] :
	    r->kind == ROW_FOLD || r->kind == ROW_HEAD ? r->of.scope : NULL;

	while (c != NULL && c != module)
		c = c->parent;
	return c != NULL;
}

static void
select_module(struct ui *ui, struct pane *p, struct tree *t)
{
	const struct scope *c = p->at.scope != NULL ? p->at.scope :
	    p->at.node != NULL ? t->s.of[p->at.node->index] : NULL;
	uint32_t from = p->row, to = p->row;

	if (c == NULL || t->shown != NULL) {
		ui_say(ui, ST_DIM, c == NULL ? "no module here" : "a flat list has no modules");
		return;
	}
	while (from > 0 && within(t, &t->rows.list[from - 1], c))
		from--;
	while (to + 1 < t->rows.n && within(t, &t->rows.list[to + 1], c))
		to++;
	pane_to_row(ui, p, from);
	p->anchor = p->at;
	pane_to_row(ui, p, to);
	p->selecting = true;
}

void
select_request(struct ui *ui, bool module)
{
	struct pane *p = ui_pane(ui);
	struct tree *t = pane_tree(ui, p);

	if (t == NULL)
		return;
	if (module) {
		select_module(ui, p, t);
		return;
	}
	p->selecting = !p->selecting;
	p->anchor = p->at;
}
