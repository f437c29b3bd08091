/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of the view that can be taken back. */
#include <stdlib.h>
#include <string.h>

#include "ui/kept.h"
#include "ui/state.h"

static void
take(struct ui *ui, struct pane *p, struct snapshot *s)
{
	struct tree *t = pane_tree(ui, p);

	free(s->filter);
	free(s->folds);
	*s = (struct snapshot){ .doc = p->doc, .graph = p->graph, .at = p->at };
	memcpy(s->columns, ui->columns, sizeof s->columns);
	s->sort = ui->sort;
	s->filter = p->filter != NULL ? strdup(p->filter) : NULL;
	if ((s->folds = malloc(t->s.n)) != NULL) {
		memcpy(s->folds, t->folds, t->s.n);
		s->nfolds = t->s.n;
	}
}

void
ui_snapshot(struct ui *ui, struct pane *p)
{
	if (pane_tree(ui, p) == NULL)
		return;
	ui->nundo = ui->at_undo;
	if (ui->nundo == UNDOS) {
		struct snapshot oldest = ui->undo[0];

		memmove(ui->undo, ui->undo + 1, (UNDOS - 1) * sizeof *ui->undo);
		ui->undo[UNDOS - 1] = oldest;
		ui->nundo--;
	}
	take(ui, p, &ui->undo[ui->nundo++]);
	ui->at_undo = ui->nundo;
}

/* Exchange the state of the screen and of the snapshot. */
static void
exchange(struct ui *ui, struct snapshot *s)
{
	struct snapshot old, now = { .doc = NULL };
	struct pane *p;
	struct tree *t;

	for (uint32_t i = 0; i < ui->npanes; i++)
		if (ui->panes[i].doc == s->doc)
			ui->focus = i;
	p = ui_pane(ui);
	if (s->doc != p->doc || p->graph == NULL)
		return;
	take(ui, p, &now);
	old = *s;
	*s = now;
	pane_to_graph(ui, p, old.graph, false);
	t = pane_tree(ui, p);
	if (old.folds != NULL && old.nfolds == t->s.n)
		memcpy(t->folds, old.folds, old.nfolds);
	t->stale = true;
	memcpy(ui->columns, old.columns, sizeof old.columns);
	ui->sort = old.sort;
	ui_set_filter(ui, p, old.filter);
	p->at = old.at;
	free(old.filter);
	free(old.folds);
	pane_settle(ui, p);
	ui_stale(ui);
}

void
ui_undo(struct ui *ui, bool forth)
{
	if (forth ? ui->at_undo >= ui->nundo : ui->at_undo == 0) {
		ui_say(ui, ST_DIM, forth ? "nothing to do again" : "nothing to take back");
		return;
	}
	exchange(ui, &ui->undo[forth ? ui->at_undo : ui->at_undo - 1]);
	ui->at_undo += forth ? 1 : UINT32_MAX;
}

/* ---- a file that is read anew ---- */

void
kept_undo_take(const struct ui *ui, struct kept_undo *k, const struct doc *d)
{
	memset(k, 0, sizeof *k);
	k->n = ui->nundo;
	k->at = ui->at_undo;
	for (uint32_t i = 0; i < k->n; i++) {
		k->mine[i] = ui->undo[i].doc == d;
		if (k->mine[i])
			kept_place_take(&k->words[i], ui->undo[i].graph, &ui->undo[i].at);
	}
}

/* Folds of other modules than there were then are passed over by exchange. */
void
kept_undo_put(struct ui *ui, const struct kept_undo *k, struct doc *d)
{
	for (uint32_t i = 0; i < k->n; i++) {
		if (!k->mine[i])
			continue;
		if ((ui->undo[i].graph = kept_graph(&k->words[i], d->s->model)) == NULL)
			return;
		kept_place_find(ui, &k->words[i], d, ui->undo[i].graph, &ui->undo[i].at);
	}
	ui->nundo = k->n;
	ui->at_undo = k->at;
}

void
kept_undo_free(struct kept_undo *k)
{
	for (uint32_t i = 0; i < k->n; i++)
		kept_place_free(&k->words[i]);
}
