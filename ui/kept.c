/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "ui/kept.h"
#include "ui/state.h"

static void
take_folds(struct kept *k, const struct tree *t)
{
	if ((k->folds = calloc(t->s.n, sizeof *k->folds)) == NULL)
		return;
	for (uint32_t i = 1; i < t->s.n; i++) {
		const struct scope *c = t->s.list[i];

		if (c->synthetic)
			continue;
		k->folds[k->nfolds].fold = t->folds[i];
		k->folds[k->nfolds++].path = kept_copy(c->path, c->npath);
	}
}

void
kept_take(struct ui *ui, struct kept *k, struct pane *p)
{
	memset(k, 0, sizeof *k);
	if (p == NULL || p->graph == NULL)
		return;
	kept_place_take(&k->at, p->graph, &p->at);
	k->row = p->row;
	k->above = p->row > p->top ? p->row - p->top : 0;
	k->filter = p->filter != NULL ? strdup(p->filter) : NULL;
	take_folds(k, pane_tree(ui, p));
}

/* The fold of a module by its path; *at is where the last one was found: they stand in
 * the same order, but for those that came or went. */
static const struct kept_fold *
find_fold(const struct kept *k, const struct scope *c, uint32_t *at)
{
	for (uint32_t tried = 0; tried < k->nfolds && tried < 1000; tried++) {
		const struct kept_fold *f = &k->folds[(*at + tried) % k->nfolds];

		if (f->path == NULL || strlen(f->path) != c->npath ||
		    memcmp(f->path, c->path, c->npath) != 0)
			continue;
		*at += tried + 1;
		return f;
	}
	return NULL;
}

static void
put_folds(const struct kept *k, struct tree *t)
{
	const struct kept_fold *f;
	uint32_t at = 0;

	for (uint32_t i = 1; i < t->s.n; i++) {
		const struct scope *c = t->s.list[i];

		f = c->synthetic ? NULL : find_fold(k, c, &at);
		if (f != NULL && (f->fold != FOLD_GROUPED || c->repeat > 1))
			t->folds[i] = f->fold;
	}
	t->stale = true;
}

static void
put_place(struct ui *ui, const struct kept *k, struct pane *p)
{
	struct tree *t = pane_tree(ui, p);
	struct place at;
	uint32_t row = k->row;

	if (kept_place_find(ui, &k->at, p->doc, p->graph, &at)) {
		if (at.node != NULL) {
			pane_to_node(ui, p, at.node, false);
			return;
		}
		if (row_of_place(t, &at) != ROW_NOWHERE)
			row = row_of_place(t, &at);
	}
	pane_to_row(ui, p, row);
}

void
kept_put(struct ui *ui, const struct kept *k, struct pane *p)
{
	const struct graph *g;

	if (k->at.graph == NULL || p->graph == NULL)
		return;
	g = kept_graph(&k->at, p->doc->s->model);
	pane_to_graph(ui, p, g != NULL ? g : p->doc->s->model->main, false);
	put_folds(k, pane_tree(ui, p));
	put_place(ui, k, p);
	p->top = p->row > k->above ? p->row - k->above : 0;
	if (k->filter != NULL) {
		free(p->filter);
		p->filter = strdup(k->filter); /* when the verdicts are there */
	}
}

void
kept_free(struct kept *k)
{
	for (uint32_t i = 0; i < k->nfolds; i++)
		free(k->folds[i].path);
	free(k->folds);
	kept_place_free(&k->at);
	free(k->filter);
	memset(k, 0, sizeof *k);
}

/* ---- jumps and marks ---- */

static void
take_jump(struct kept_place *k, const struct doc *d, const struct jump *j)
{
	memset(k, 0, sizeof *k);
	if (j->doc == d && j->graph != NULL)
		kept_place_take(k, j->graph, &j->at);
}

void
kept_jumps_take(const struct ui *ui, struct kept_jumps *k, const struct doc *d)
{
	memcpy(k->jumps, ui->jumps, sizeof k->jumps);
	memcpy(k->marks, ui->marks, sizeof k->marks);
	k->njumps = ui->njumps;
	k->at_jump = ui->at_jump;
	for (uint32_t i = 0; i < k->njumps; i++)
		take_jump(&k->words[i], d, &k->jumps[i]);
	for (uint32_t i = 0; i < MARKS; i++)
		take_jump(&k->words[JUMPS + i], d, &k->marks[i]);
}

/* false: the place is not in the model any more. */
static bool
put_jump(struct ui *ui, const struct kept_place *k, struct doc *d, struct jump *j)
{
	if (j->doc != d)
		return j->doc != NULL;
	j->graph = kept_graph(k, d->s->model);
	return j->graph != NULL && kept_place_find(ui, k, d, j->graph, &j->at);
}

void
kept_jumps_put(struct ui *ui, struct kept_jumps *k, struct doc *d)
{
	ui->njumps = ui->at_jump = 0;
	for (uint32_t i = 0; i < k->njumps; i++) {
		if (!put_jump(ui, &k->words[i], d, &k->jumps[i]))
			continue;
		ui->at_jump += i < k->at_jump;
		ui->jumps[ui->njumps++] = k->jumps[i];
	}
	for (uint32_t i = 0; i < MARKS; i++)
		if (put_jump(ui, &k->words[JUMPS + i], d, &k->marks[i]))
			ui->marks[i] = k->marks[i];
}

void
kept_jumps_free(struct kept_jumps *k)
{
	for (uint32_t i = 0; i < k->njumps; i++)
		kept_place_free(&k->words[i]);
	for (uint32_t i = 0; i < MARKS; i++)
		kept_place_free(&k->words[JUMPS + i]);
}
