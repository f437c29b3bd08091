/* SPDX-License-Identifier: Apache-2.0 */
/* The module tree: what lies in each, what is wrong in it, what it weighs. Folds
 * are those of the rows. */
#include <string.h>

#include "base/diag.h"
#include "base/str.h"
#include "report/text.h"
#include "ui/state.h"

enum { NAME = 40, BAR = 10 };

/* Columns behind the name. */
struct columns { unsigned nodes, problems, weights, bar; };

static struct columns
measure(unsigned width)
{
	unsigned name = width > 90 ? NAME + 10 : width > 66 ? 30 : 18;

	return (struct columns){ name, name + 9, name + 24, width > name + 46 ? name + 35 : 0 };
}

static void
put_bar(struct ui *ui, struct page *p, uint64_t part, uint64_t whole)
{
	unsigned full = whole > 0 ? (unsigned)(part * BAR / whole) : 0, n;
	char utf8[4];

	n = glyph_utf8(GL_FULL, ui->grid.ascii, utf8);
	page_style(p, ST_COMPUTE);
	for (unsigned i = 0; i < full; i++)
		sink_write(&p->text, utf8, n);
	n = glyph_utf8(GL_LIGHT, ui->grid.ascii, utf8);
	page_style(p, ST_DIM);
	for (unsigned i = full; i < BAR; i++)
		sink_write(&p->text, utf8, n);
	page_printf(p, ST_DIM, " %3u%%", whole > 0 ? (unsigned)(100 * part / whole) : 0u);
}

static void
put_sums(struct ui *ui, struct page *p, const struct sums *s, const struct sums *all,
    uint32_t times, const struct columns *c)
{
	page_to(p, c->nodes);
	page_printf(p, ST_TEXT, "%7u", (unsigned)(s->nodes * times));
	page_to(p, c->problems);
	if (s->errors > 0)
		page_printf(p, ST_ERROR, "E%u ", (unsigned)(s->errors * times));
	if (s->warnings > 0)
		page_printf(p, ST_WARN, "W%u ", (unsigned)(s->warnings * times));
	if (s->notes > 0)
		page_printf(p, ST_NOTE, "n%u ", (unsigned)(s->notes * times));
	page_to(p, c->weights);
	page_style(p, ST_TEXT);
	if (s->bytes > 0)
		text_bytes(&p->text, s->bytes * times);
	if (c->bar == 0 || all->bytes + all->macs == 0)
		return;
	page_to(p, c->bar);
	if (all->macs > 0)
		put_bar(ui, p, s->macs * times, all->macs);
	else
		put_bar(ui, p, s->bytes * times, all->bytes);
	if (s->judged > 0) {
		page_to(p, c->bar + BAR + 6);
		page_printf(p, s->engine == s->judged ? ST_GOOD : ST_WARN, "%3u%% ANE",
		    (unsigned)(100 * (uint64_t)s->engine / s->judged));
	}
}

/* What lines are made of when they are looked at. */
struct table {
	struct ui *ui;
	struct doc *d;
	struct tree *t;
	struct columns cols;
};

static bool
is_grouped(const struct tree *t, const struct scope *c)
{
	return c->repeat > 1 && t->folds[c->id] == FOLD_GROUPED;
}

static bool
is_open(const struct tree *t, const struct scope *c)
{
	return t->folds[c->id] == FOLD_OPEN && c->nchildren > 0;
}

static void
say_scope(void *arg, struct page *p, const struct page_line *l)
{
	struct table *k = arg;
	struct scope *c = l->to.scope;
	unsigned indent = 2 * (c->depth < 10 ? c->depth : 10);
	bool grouped = is_grouped(k->t, c);
	unsigned room = k->cols.nodes > indent + 10 ? k->cols.nodes - indent - 8 : 4;

	sink_pad(&p->text, (int)indent);
	page_style(p, ST_MODULE);
	if (c->nchildren > 0)
		page_glyph(p, ST_MODULE, is_open(k->t, c) ? GL_OPEN : GL_SHUT, k->ui->grid.ascii);
	else
		page_puts(p, ST_DIM, " ");
	page_puts(p, ST_MODULE, " ");
	if (c->depth == 0)
		page_puts(p, ST_BOLD, "whole graph");
	else
		page_safe(p, c->synthetic ? ST_DIM : ST_MODULE, c->name, c->nname, room);
	if (grouped) {
		page_puts(p, ST_BOLD, " ");
		page_glyph(p, ST_BOLD, GL_TIMES, k->ui->grid.ascii);
		page_printf(p, ST_BOLD, "%u", (unsigned)c->repeat);
	}
	put_sums(k->ui, p, doc_sums(k->d, k->t, c), doc_sums(k->d, k->t, k->t->s.root),
	    grouped ? c->repeat : 1, &k->cols);
}

static void
put_scope(struct table *k, struct vframe *f, struct scope *c)
{
	struct page *p = &f->page;

	p->next.link = LINK_SCOPE;
	p->next.to.scope = c;
	page_later(p);
	if (ui_pane(k->ui)->at.scope == c && f->number == 0)
		f->cursor = p->n - 1;
	for (uint32_t i = 0; is_open(k->t, c) && i < c->nchildren; i++) {
		const struct scope *first = c->children[i]->same_as;

		if (first == NULL || k->t->folds[first->id] != FOLD_GROUPED)
			put_scope(k, f, c->children[i]);
	}
}

/* The node that a graph lies in: names of blocks say little. */
static void
put_parent(struct page *p, const struct node *n)
{
	if (n == NULL)
		return;
	page_printf(p, ST_DIM, "  in #%u ", (unsigned)n->id);
	text_op(&p->text, n->domain, n->type);
	if (n->name->len > 0)
		page_puts(p, ST_DIM, " "), page_safe(p, ST_DIM, n->name->s, n->name->len, 40);
}

static void
put_graphs(struct page *p, const struct doc *d)
{
	const struct model *m = d->s->model;
	uint32_t shown = 0;

	for (uint32_t i = 0; i < m->ngraphs; i++) {
		struct graph *g = m->graphs[i];

		if (g == m->main)
			continue;
		if (shown++ == 0)
			page_end(p), page_puts(p, ST_TITLE, "Other graphs"), page_end(p);
		page_printf(p, ST_DIM, "  %-9s", graph_kind_name(g->kind));
		page_safe(p, ST_LINK, g->name->s, g->name->len, 40);
		page_printf(p, ST_TEXT, "  %u node%s", (unsigned)g->nnodes, plural(g->nnodes));
		put_parent(p, g->parent);
		p->next.link = LINK_GRAPH;
		p->next.to.graph = g;
		page_end(p);
	}
}

static void
overview_build(struct ui *ui, struct vframe *f, unsigned width)
{
	struct pane *pane = ui_pane(ui);
	struct tree *t = pane_tree(ui, pane);
	struct columns c = measure(width);
	struct page *p = &f->page;
	struct table *k;
	bool costs;

	if (t == NULL)
		return;
	k = arena_alloc(&f->a, sizeof *k);
	*k = (struct table){ ui, pane->doc, t, c };
	p->say = say_scope;
	p->arg = k;
	costs = doc_sums(pane->doc, t, t->s.root)->macs > 0;
	page_puts(p, ST_DIM, "module");
	page_to(p, c.nodes);
	page_puts(p, ST_DIM, "  nodes");
	page_to(p, c.problems);
	page_puts(p, ST_DIM, "problems");
	page_to(p, c.weights);
	page_puts(p, ST_DIM, "weights");
	if (c.bar > 0)
		page_to(p, c.bar), page_puts(p, ST_DIM, costs ? "of all MACs" : "of all weights");
	page_end(p);
	if (f->number == 0)
		f->cursor = p->n; /* not the titles */
	put_scope(k, f, t->s.root);
	put_graphs(p, pane->doc);
	f->number = 1; /* the cursor is set */
}

/* Folds act on the module under the cursor. */
static bool
overview_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count, uint32_t key)
{
	const struct page_line *l = f->cursor < f->page.n ? &f->page.lines[f->cursor] : NULL;
	uint32_t cursor = f->cursor;

	switch ((int)r) {
	case REQ_LEFT: r = REQ_SHUT; break;
	case REQ_RIGHT: r = REQ_UNFOLD; break;
	case REQ_FOLD:
	case REQ_SHUT:
	case REQ_UNFOLD: break;
	default: return false;
	}
	if (l == NULL || l->link != LINK_SCOPE) {
		ui_say(ui, ST_DIM, "no module on this line");
		return true;
	}
	ui_pane(ui)->at = (struct place){ NULL, l->to.scope, NULL };
	move_request(ui, r, count, key);
	f->cursor = cursor;
	f->fresh = false;
	return true;
}

static const enum req overview_footer[] = {
	REQ_OPEN, REQ_FOLD, REQ_BACK, REQ_SEARCH, REQ_PROBLEMS, REQ_HELP, REQ_QUIT, REQ_NONE
};

const struct view VIEW_OVERVIEW_ENTRY = {
	.name = "overview", .mask = V_TREE, .build = overview_build,
	.request = overview_request, .footer = overview_footer
};
