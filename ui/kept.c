/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ui/kept.h"
#include "ui/state.h"

static char *
copy(const char *s, size_t n)
{
	char *to = malloc(n + 1);

	if (to != NULL) {
		memcpy(to, s, n);
		to[n] = '\0';
	}
	return to;
}

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
		k->folds[k->nfolds++].path = copy(c->path, c->npath);
	}
}

void
kept_take(struct ui *ui, struct kept *k, struct pane *p)
{
	const struct place *at;

	memset(k, 0, sizeof *k);
	if (p == NULL || p->graph == NULL)
		return;
	at = &p->at;
	k->graph = copy(p->graph->name->s, p->graph->name->len);
	k->graph_id = p->graph->id;
	k->row = p->row;
	k->above = p->row > p->top ? p->row - p->top : 0;
	if (at->node != NULL) {
		k->node = copy(at->node->name->s, at->node->name->len);
		k->op = copy(at->node->type->s, at->node->type->len);
		k->id = at->node->index;
	} else if (at->scope != NULL) {
		k->scope = copy(at->scope->path, at->scope->npath);
	} else if (at->value != NULL) {
		k->value = copy(at->value->name->s, at->value->name->len);
		k->output = (at->value->flags & VALUE_OUTPUT) != 0;
	}
	k->filter = p->filter != NULL ? strdup(p->filter) : NULL;
	take_folds(k, pane_tree(ui, p));
}

static const struct graph *
find_graph(const struct kept *k, const struct model *m)
{
	if (k->graph_id < m->ngraphs && strcmp(m->graphs[k->graph_id]->name->s, k->graph) == 0)
		return m->graphs[k->graph_id];
	for (uint32_t i = 0; i < m->ngraphs; i++)
		if (strcmp(m->graphs[i]->name->s, k->graph) == 0)
			return m->graphs[i];
	return m->main;
}

/* By name, of several the one nearest to where it stood; without one by its place. */
static const struct node *
find_node(const struct kept *k, const struct graph *g)
{
	const struct node *found = NULL;
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];
		uint32_t far = i > k->id ? i - k->id : k->id - i;

		if (strcmp(n->name->s, k->node) == 0 && strcmp(n->type->s, k->op) == 0 &&
		    far < best && (*k->node != '\0' || far == 0)) {
			best = far;
			found = n;
		}
	}
	return found;
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
put_place(struct ui *ui, const struct kept *k, struct pane *p, struct tree *t)
{
	const struct node *n = k->node != NULL && k->op != NULL ? find_node(k, p->graph) : NULL;
	uint32_t row = k->row;

	if (n != NULL) {
		pane_to_node(ui, p, n, false);
		return;
	}
	for (uint32_t i = 0; k->scope != NULL && i < t->s.n; i++)
		if (strlen(k->scope) == t->s.list[i]->npath &&
		    memcmp(k->scope, t->s.list[i]->path, t->s.list[i]->npath) == 0 &&
		    rows_of_scope(&t->rows, &t->s, t->s.list[i]) != ROW_NOWHERE)
			row = rows_of_scope(&t->rows, &t->s, t->s.list[i]);
	for (uint32_t i = 0; k->value != NULL && i < t->rows.n; i++)
		if (t->rows.list[i].kind == (k->output ? ROW_OUTPUT : ROW_INPUT) &&
		    strcmp(t->rows.list[i].of.value->name->s, k->value) == 0)
			row = i;
	pane_to_row(ui, p, row);
}

void
kept_put(struct ui *ui, const struct kept *k, struct pane *p)
{
	struct tree *t;

	if (k->graph == NULL || p->graph == NULL)
		return;
	pane_to_graph(ui, p, find_graph(k, p->doc->s->model), false);
	put_folds(k, pane_tree(ui, p));
	t = pane_tree(ui, p);
	put_place(ui, k, p, t);
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
	free(k->graph);
	free(k->node);
	free(k->op);
	free(k->scope);
	free(k->value);
	free(k->filter);
	memset(k, 0, sizeof *k);
}
