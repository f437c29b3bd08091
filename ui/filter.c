/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of a pane: which nodes are shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/filter.h"
#include "app/place.h"
#include "ui/pair.h"
#include "ui/state.h"

struct filtering { struct ui *ui; struct pane *pane; };

static const char *
pair_word(void *arg, const struct node *n)
{
	struct pane *p = ((struct filtering *)arg)->pane;
	const struct align_group *g = pair_group(((struct filtering *)arg)->ui, p->doc, n);

	return g != NULL ? align_verdict_name(g->verdict) : NULL;
}

static bool
line_text(void *arg, const struct node *n, char *buf, size_t size)
{
	struct python_place at;

	if (!python_place(((struct filtering *)arg)->pane->doc, n, &at))
		return false;
	place_line(&at, buf, size);
	return true;
}

/* Mark what matches; how many. */
static uint32_t
apply_filter(struct filtering *fl, const struct filter *f, bool *shown)
{
	struct pane *p = fl->pane;
	const struct doc *d = p->doc;
	struct filter_facts facts = { .notes = d->notes, .pair = pair_word, .line = line_text,
	    .types = d->analysed ? d->s->infer : NULL, .arg = fl };
	uint32_t hits = 0;

	for (uint32_t i = 0; i < p->graph->nnodes; i++)
		hits += shown[i] = filter_match(f, p->graph->nodes[i], &facts);
	return hits;
}

/* Why what the filter asks for is not there yet; NULL: it is. */
static const char *
too_early(const struct ui *ui, const struct doc *d, unsigned needs)
{
	if (needs & FILTER_PAIR && (ui->pair == NULL || ui->pair->align == NULL))
		return ui->npanes < 2 ? "pair needs a second model: :vs FILE" : "not compared yet";
	if (needs & FILTER_LINE && d->state != DOC_READY)
		return "a job has the model; lines can be asked for when it ends";
	if (needs & ~(unsigned)(FILTER_PAIR | FILTER_LINE | FILTER_TYPES) && !d->analysed)
		return "verdicts are not there yet; J shows what runs";
	return NULL;
}

static void
clear_filter(struct ui *ui, struct pane *p, struct tree *t)
{
	free(p->filter);
	p->filter = NULL;
	t->stale |= t->filter != NULL;
	t->filter = NULL;
	tree_refresh(t, ui);
}

static void
set_filter(struct ui *ui, struct pane *p, struct tree *t, const char *text, const struct filter *f)
{
	const char *early = too_early(ui, p->doc, filter_needs(f));
	bool *shown = tree_marks(t);
	uint32_t hits;
	char *own;

	if (early != NULL) {
		ui_say(ui, ST_WARN, "%s", early);
		return;
	}
	hits = apply_filter(&(struct filtering){ ui, p }, f, shown);
	if (hits == 0) {
		ui_say(ui, ST_WARN, "no node of this graph matches");
		if (p->filter != NULL)
			ui_filter_again(ui, p);
		return;
	}
	if ((own = strdup(text)) == NULL)
		return;
	free(p->filter);
	p->filter = own;
	t->filter = shown;
	t->stale = true;
	tree_refresh(t, ui);
	ui_say(ui, ST_DIM, "%u of %u node%s%s", (unsigned)hits, (unsigned)p->graph->nnodes,
	    plural(p->graph->nnodes), ui->npanes > 1 && ui->panes[p == ui->panes].filter == NULL ?
	    " of this side: counterparts are not on one line meanwhile" : "");
}

void
ui_set_filter(struct ui *ui, struct pane *p, const char *text)
{
	/* rows that are stale are made once, with the filter */
	struct tree *t = p->graph != NULL ? doc_tree_before(ui, p->doc, p->graph) : NULL;
	struct filter_error err;
	struct filter *f;
	struct arena a;

	if (t == NULL)
		return;
	if (text == NULL || *text == '\0') {
		clear_filter(ui, p, t);
		return;
	}
	arena_init(&a, &ui->ctx);
	if ((f = filter_parse(&a, text, &err)) == NULL) {
		ui_say(ui, ST_ERROR, "filter, column %u: %s", (unsigned)err.column + 1,
		    err.message);
	} else {
		set_filter(ui, p, t, text, f);
		filter_free(f);
	}
	arena_free(&a);
}

void
ui_filter_again(struct ui *ui, struct pane *p)
{
	char text[PROMPT_MAX], said[PROMPT_MAX];

	if (p->filter == NULL)
		return;
	snprintf(text, sizeof text, "%s", p->filter);
	memcpy(said, ui->message, sizeof said);
	free(p->filter);
	p->filter = NULL;
	ui_set_filter(ui, p, text);
	if (p->filter == NULL) /* nothing is left of it */
		ui_set_filter(ui, p, NULL);
	else
		memcpy(ui->message, said, sizeof said);
}
