/* SPDX-License-Identifier: Apache-2.0 */
/* What the screen makes of a graph: its module tree with folds and sums, its rows. */
#include <string.h>

#include "app/notes.h"
#include "infer/cost.h"
#include "ir/tensor.h"
#include "ops/op.h"
#include "ui/doc.h"
#include "ui/sort.h"
#include "ui/state.h"

enum { READABLE = 300 }; /* rows that are opened at first */

/* Does it make a constant, itself or out of constants such as a list of numbers? */
static bool
is_constant(const struct node *n)
{
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL && n->out[i]->flags & VALUE_OUTPUT)
			return false;
	if (n->op != NULL && sem_family(n->op->sem) == FAM_CONST)
		return true;
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && (n->in[i]->producer != NULL ||
		    n->in[i]->flags & VALUE_INPUT))
			return false;
	return n->nregions == 0;
}

/* Constants give no lane: they would be most of the lines. */
static void
mute_constants(bool *mute, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++)
		mute[i] = is_constant(g->nodes[i]);
}

/* Of the deepest module. */
static uint32_t
deepest(const struct scopes *s)
{
	uint32_t depth = 0;

	for (uint32_t i = 0; i < s->n; i++)
		depth = s->list[i]->depth > depth ? s->list[i]->depth : depth;
	return depth;
}

void
tree_fold_start(struct tree *t)
{
	struct scopes *s = &t->s;
	uint32_t rows = s->root->nnodes + s->root->nchildren, last = deepest(s);

	t->stale = true;
	if (s->graph->nnodes <= READABLE) {
		memset(t->folds, FOLD_OPEN, s->n);
		return;
	}
	for (uint32_t i = 0; i < s->n; i++) {
		struct scope *c = s->list[i];

		t->folds[i] = c->repeat > 1 ? FOLD_GROUPED : FOLD_SHUT;
	}
	t->folds[s->root->id] = FOLD_OPEN;
	/* parents precede their children in the list, so each level in turn */
	for (uint32_t depth = 1; depth <= last; depth++) {
		for (uint32_t i = 0; i < s->n; i++) {
			struct scope *c = s->list[i];

			if (c->depth != depth || c->same_as != NULL || c->repeat > 1 ||
			    t->folds[c->parent->id] != FOLD_OPEN)
				continue;
			if (rows + c->nnodes + c->nchildren > READABLE)
				continue;
			rows += c->nnodes + c->nchildren;
			t->folds[i] = FOLD_OPEN;
		}
	}
}

void
tree_scopes(struct scopes *s, struct arena *a, const struct model *m, const struct graph *g)
{
	scopes_build(s, a, m, g);
	scopes_repeats(s, a);
	if (s->root->nnodes > READABLE)
		scopes_find_runs(s, a, s->root, 12);
}

void
tree_outline(struct outline *out, struct arena *a, const struct model *m, const struct graph *g)
{
	tree_scopes(&out->s, a, m, g);
	out->mute = arena_array(a, g->nnodes, sizeof *out->mute);
	mute_constants(out->mute, g);
	rows_wire(&out->wires, a, &out->s);
}

static struct tree *
make_tree(struct ui *ui, struct doc *d, const struct graph *g)
{
	struct tree *t = arena_alloc(&d->arena, sizeof *t);
	struct outline own;

	arena_init(&t->a, &ui->ctx);
	if (d->outline != NULL && d->outline->s.graph == g)
		own = *d->outline;
	else
		tree_outline(&own, &d->arena, d->s->model, g);
	t->s = own.s;
	t->mute = own.mute;
	t->wires = own.wires;
	t->folds = arena_array(&d->arena, t->s.n, sizeof *t->folds);
	t->sums = arena_array(&d->arena, t->s.n, sizeof *t->sums);
	t->of = d;
	t->sort = COL_COUNT;
	tree_fold_start(t);
	return t;
}

struct tree *
doc_tree_before(struct ui *ui, struct doc *d, const struct graph *g)
{
	const struct model *m = d->s->model;

	if (d->trees == NULL) {
		d->trees = arena_array(&d->arena, m->ngraphs, sizeof *d->trees);
		d->ntrees = m->ngraphs;
	}
	if (d->trees[g->id] == NULL)
		d->trees[g->id] = make_tree(ui, d, g);
	return d->trees[g->id];
}

struct tree *
doc_tree(struct ui *ui, struct doc *d, const struct graph *g)
{
	struct tree *t = doc_tree_before(ui, d, g);

	tree_refresh(t, ui);
	return t;
}

bool *
tree_marks(struct tree *t)
{
	if (t->marks == NULL)
		t->marks = arena_array(&t->of->arena, t->s.graph->nnodes, sizeof *t->marks);
	return t->marks;
}

static const bool *
every(struct tree *t)
{
	uint32_t n = t->s.graph->nnodes;
	bool *all;

	if (t->all == NULL) {
		t->all = all = arena_array(&t->of->arena, n, sizeof *all);
		memset(all, true, n);
	}
	return t->all;
}

void
tree_refresh(struct tree *t, struct ui *ui)
{
	uint32_t cap = ui->grid.w >= 100 ? 12 : 8;
	struct rows_options o = { .folds = t->folds, .wires = &t->wires, .mute = t->mute,
		.cap = cap, .span = 40 };

	if (!t->stale && t->cap == cap && t->sort == (int)ui->sort)
		return;
	o.shown = t->shown = t->filter != NULL || ui->sort == COL_COUNT ? t->filter : every(t);
	arena_clear(&t->a);
	rows_build(&t->rows, &t->a, &t->s, &o);
	t->sort = (int)ui->sort;
	if (ui->sort != COL_COUNT)
		tree_sort(ui, t, ui->sort);
	t->cap = cap;
	t->stale = false;
	t->levels = NULL;
	t->totals = NULL;
	t->version++;
}

bool
tree_reveal(struct tree *t, const struct node *n)
{
	bool changed = false;

	for (struct scope *c = t->s.of[n->index]; c != NULL && c->depth > 0; c = c->parent) {
		struct scope *first = c->same_as != NULL ? c->same_as : c;

		if (first->repeat > 1 && t->folds[first->id] == FOLD_GROUPED)
			t->folds[first->id] = FOLD_SHUT, changed = true;
		if (t->folds[c->id] != FOLD_OPEN)
			t->folds[c->id] = FOLD_OPEN, changed = true;
	}
	t->stale |= changed;
	return changed;
}

uint32_t
doc_finding(const struct doc *d, const struct node *n, uint32_t i)
{
	uint32_t first = d->first_finding != NULL ? d->first_finding[n->id] : 0;

	if (first == 0)
		return UINT32_MAX;
	for (i = i >= first ? i : first - 1; i < d->nfindings; i++)
		if (d->findings[i].node == n)
			return i;
	return UINT32_MAX;
}

enum device
doc_placed(const struct doc *d, const struct node *n)
{
	const struct note *note = d->notes != NULL && n->id < d->notes->n ?
	    &d->notes->list[n->id] : NULL;

	return note != NULL && note->ane != ANE_SKIPPED ? note->placed : DEVICE_UNKNOWN;
}

/* ---- sums ---- */

static void
tally(struct doc *d, struct tree *t)
{
	const struct graph *g = t->s.graph;

	memset(t->sums, 0, t->s.n * sizeof *t->sums);
	for (uint32_t i = 0; i < g->nnodes; i++) {
		struct sums *sum = &t->sums[t->s.of[i]->id];

		sum->nodes++;
		sum->judged += doc_placed(d, g->nodes[i]) != DEVICE_UNKNOWN;
		sum->engine += doc_placed(d, g->nodes[i]) == DEVICE_ANE;
		if (d->costs != NULL &&
		    cost_sample(d->costs->node[g->nodes[i]->id].macs) != UINT64_MAX)
			sum->macs += cost_sample(d->costs->node[g->nodes[i]->id].macs);
		sum->bytes += node_constant_bytes(g->nodes[i]);
	}
	for (uint32_t i = 0; i < d->nfindings; i++) {
		const struct node *n = d->findings[i].node;
		struct sums *sum;

		if (n == NULL || n->graph != g)
			continue;
		sum = &t->sums[t->s.of[n->index]->id];
		sum->errors += d->findings[i].level >= LEVEL_ERROR;
		sum->warnings += d->findings[i].level == LEVEL_WARN;
		sum->notes += d->findings[i].level == LEVEL_NOTE;
	}
	/* children stand behind their parents but for synthetic ones, which the
	 * depth tells */
	for (uint32_t depth = deepest(&t->s); depth > 0; depth--) {
		for (uint32_t i = 0; i < t->s.n; i++) {
			const struct scope *c = t->s.list[i];
			struct sums *up = c->parent != NULL ? &t->sums[c->parent->id] : NULL;

			if (c->depth != depth || up == NULL)
				continue;
			up->nodes += t->sums[i].nodes;
			up->errors += t->sums[i].errors;
			up->warnings += t->sums[i].warnings;
			up->notes += t->sums[i].notes;
			up->bytes += t->sums[i].bytes;
			up->macs += t->sums[i].macs;
			up->judged += t->sums[i].judged;
			up->engine += t->sums[i].engine;
		}
	}
	t->tallied = true;
}

const struct sums *
doc_sums(struct doc *d, struct tree *t, const struct scope *c)
{
	if (!t->tallied)
		tally(d, t);
	return &t->sums[c->id];
}

void
doc_levels(struct doc *d, struct tree *t)
{
	const struct graph *g = t->s.graph;
	const struct row *r = t->rows.list;
	const struct sums *sums;

	doc_sums(d, t, t->s.root);
	if (t->levels != NULL || t->rows.n == 0)
		return;
	t->levels = arena_array(&t->a, t->rows.n, sizeof *t->levels);
	/* nodes as they lie in memory: sorted rows have them in any order */
	for (uint32_t i = 0; i < g->nnodes && d->worst != NULL; i++) {
		uint32_t row = t->rows.of_node[i];

		if (row != ROW_NOWHERE && r[row].kind == ROW_NODE)
			t->levels[row] = d->worst[g->nodes[i]->id];
	}
	for (uint32_t i = 0; i < t->rows.n; i++) {
		if (r[i].kind != ROW_FOLD)
			continue;
		sums = &t->sums[r[i].of.scope->id];
		t->levels[i] = sums->errors > 0 ? 1 + LEVEL_ERROR :
		    sums->warnings > 0 ? 1 + LEVEL_WARN : 0;
	}
}
