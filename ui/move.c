/* SPDX-License-Identifier: Apache-2.0 */
/* The cursor of a pane: motion, jumps, marks, edges, folds. */
#include <stdlib.h>
#include <string.h>

#include "ui/pair.h"
#include "ui/state.h"

struct pane *
ui_pane(struct ui *ui)
{
	return &ui->panes[ui->focus];
}

struct tree *
pane_tree(struct ui *ui, struct pane *p)
{
	struct tree *t;

	if (p->graph == NULL)
		return NULL;
	t = doc_tree(ui, p->doc, p->graph);
	return t;
}

static struct place
place_of_row(const struct row *r)
{
	struct place at = { NULL, NULL, NULL };

	if (r->kind == ROW_NODE)
		at.node = r->of.node;
	else if (r->kind == ROW_FOLD || r->kind == ROW_HEAD)
		at.scope = r->of.scope;
	else
		at.value = r->of.value;
	return at;
}

void
pane_to_row(struct ui *ui, struct pane *p, uint32_t row)
{
	struct tree *t = pane_tree(ui, p);

	if (t == NULL || t->rows.n == 0)
		return;
	p->row = row < t->rows.n ? row : t->rows.n - 1;
	p->at = place_of_row(&t->rows.list[p->row]);
}

uint32_t
row_of_place(const struct tree *t, const struct place *at)
{
	if (at->node != NULL && at->node->graph == t->s.graph)
		return t->rows.of_node[at->node->index];
	if (at->scope != NULL)
		return rows_of_scope(&t->rows, &t->s, at->scope);
	for (uint32_t i = 0; i < t->rows.n && at->value != NULL; i++)
		if (t->rows.list[i].kind >= ROW_INPUT && t->rows.list[i].of.value == at->value)
			return i;
	return ROW_NOWHERE;
}

static bool
same_place(struct place a, struct place b)
{
	return a.node == b.node && a.scope == b.scope && a.value == b.value;
}

void
pane_settle(struct ui *ui, struct pane *p)
{
	struct tree *t = pane_tree(ui, p);
	uint32_t row;

	if (t == NULL || t->rows.n == 0) {
		p->row = 0;
		return;
	}
	if (p->row < t->rows.n && same_place(place_of_row(&t->rows.list[p->row]), p->at))
		return;
	row = row_of_place(t, &p->at);
	if (row != ROW_NOWHERE)
		p->row = row;
	else
		pane_to_row(ui, p, p->row);
}

const struct node *
pane_node(struct ui *ui, struct pane *p)
{
	struct tree *t = pane_tree(ui, p);

	if (t == NULL)
		return NULL;
	if (p->at.node != NULL)
		return p->at.node;
	if (p->at.scope != NULL && p->at.scope->ntotal > 0)
		return t->s.order[p->at.scope->lo];
	return NULL;
}

void
ui_remember(struct ui *ui, struct pane *p)
{
	struct jump j = { p->doc, p->graph, p->at };

	if (p->graph == NULL)
		return;
	ui->njumps = ui->at_jump;
	if (ui->njumps == JUMPS)
		memmove(ui->jumps, ui->jumps + 1, --ui->njumps * sizeof *ui->jumps);
	ui->jumps[ui->njumps++] = j;
	ui->at_jump = ui->njumps;
}

void
pane_to_graph(struct ui *ui, struct pane *p, const struct graph *g, bool jump)
{
	if (jump)
		ui_remember(ui, p);
	if (p->graph != g) {
		p->graph = g;
		p->at = (struct place){ NULL, NULL, NULL };
		p->row = p->top = 0;
		p->selecting = false;
		ui_set_filter(ui, p, NULL);
	}
	ui_stale(ui);
}

void
pane_to_node(struct ui *ui, struct pane *p, const struct node *n, bool jump)
{
	struct tree *t;

	if (jump)
		ui_remember(ui, p);
	if (p->graph != n->graph)
		pane_to_graph(ui, p, n->graph, false);
	t = pane_tree(ui, p);
	if (t->shown != NULL && !t->shown[n->index]) {
		if (ui->sort == COL_COUNT) /* rows are made once, with the node among them */
			tree_reveal(t, n);
		ui_set_filter(ui, p, NULL);
	}
	if (t->shown == NULL)
		tree_reveal(t, n);
	p->at = (struct place){ n, NULL, NULL };
	pane_settle(ui, p);
}

static void
go_to(struct ui *ui, const struct jump *j)
{
	for (uint32_t i = 0; i < ui->npanes; i++)
		if (ui->panes[i].doc == j->doc)
			ui->focus = i;
	if (ui_pane(ui)->doc != j->doc) {
		ui_say(ui, ST_WARN, "that model is not on the screen any more");
		return;
	}
	pane_to_graph(ui, ui_pane(ui), j->graph, false);
	ui_pane(ui)->at = j->at;
	if (j->at.node != NULL && pane_tree(ui, ui_pane(ui))->shown == NULL)
		tree_reveal(pane_tree(ui, ui_pane(ui)), j->at.node);
	pane_settle(ui, ui_pane(ui));
}

static void
jump_back(struct ui *ui)
{
	uint32_t at = ui->at_jump;

	if (at == 0) {
		ui_say(ui, ST_DIM, "no earlier place");
		return;
	}
	if (at == ui->njumps) {
		ui_remember(ui, ui_pane(ui));
		at = ui->at_jump - 1;
	}
	ui->at_jump = at - 1;
	go_to(ui, &ui->jumps[ui->at_jump]);
}

static void
jump_forth(struct ui *ui)
{
	if (ui->at_jump + 1 >= ui->njumps) {
		ui_say(ui, ST_DIM, "no later place");
		return;
	}
	ui->at_jump++;
	go_to(ui, &ui->jumps[ui->at_jump]);
}

static void
mark(struct ui *ui, uint32_t key, bool set)
{
	struct pane *p = ui_pane(ui);

	if (key < 'a' || key > 'z') {
		ui_say(ui, ST_WARN, "marks are a to z");
	} else if (set) {
		ui->marks[key - 'a'] = (struct jump){ p->doc, p->graph, p->at };
		ui_say(ui, ST_DIM, "mark %c is set", (char)key);
	} else if (ui->marks[key - 'a'].doc == NULL) {
		ui_say(ui, ST_WARN, "mark %c is not set", (char)key);
	} else {
		ui_remember(ui, p);
		go_to(ui, &ui->marks[key - 'a']);
	}
}

/* ---- edges ---- */

static void
to_value(struct ui *ui, const struct value *v)
{
	struct pane *p = ui_pane(ui);

	if (v->producer != NULL) {
		pane_to_node(ui, p, v->producer, true);
	} else if (v->flags & VALUE_INPUT && !(v->flags & VALUE_INITIALIZER)) {
		ui_remember(ui, p);
		if (p->graph != v->graph)
			pane_to_graph(ui, p, v->graph, false);
		p->at = (struct place){ NULL, NULL, v };
		pane_settle(ui, p);
	} else {
		ui_say(ui, ST_DIM, "a constant: the details of the node have it");
	}
}

/* Operand number count, or the first one that a node or input makes. */
static const struct value *
operand(const struct node *n, uint32_t count)
{
	if (count > 0)
		return count <= n->nin ? n->in[count - 1] : NULL;
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && (n->in[i]->producer != NULL ||
		    (n->in[i]->flags & (VALUE_INPUT | VALUE_INITIALIZER)) == VALUE_INPUT))
			return n->in[i];
	return NULL;
}

static void
producer(struct ui *ui, uint32_t count)
{
	struct pane *p = ui_pane(ui);
	const struct node *n = pane_node(ui, p);
	const struct value *v = n != NULL ? operand(n, count) : p->at.value;

	if (v == NULL || (n == NULL && v->producer == NULL))
		ui_say(ui, ST_DIM, count > 0 ? "it has no operand of that number" :
		    "nothing comes in here");
	else
		to_value(ui, v);
}

/* Reader number count of the results of a node or of an input; last: the last. */
static void
reader_of(struct ui *ui, struct value *const *values, uint32_t n, uint32_t count, bool last)
{
	struct pane *p = ui_pane(ui);
	const struct uses *u = p->doc->uses;
	const struct node *found = NULL;

	if (u == NULL) {
		ui_say(ui, ST_DIM, "readers are not known yet");
		return;
	}
	count = count > 0 ? count : 1;
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = values[i] != NULL ? u->start[values[i]->id] : 1;
		    values[i] != NULL && k < u->start[values[i]->id + 1]; k++) {
			if (!last && count-- != 1)
				continue;
			found = u->list[k].node;
			if (!last) {
				pane_to_node(ui, p, found, true);
				return;
			}
		}
	}
	if (found != NULL)
		pane_to_node(ui, p, found, true);
	else
		ui_say(ui, ST_DIM, "no such reader");
}

static void
consumer(struct ui *ui, uint32_t count, bool last)
{
	struct pane *p = ui_pane(ui);
	const struct node *n = pane_node(ui, p);
	struct value *v;

	if (n != NULL) {
		reader_of(ui, n->out, n->nout, count, last);
	} else if (p->at.value != NULL && !(p->at.value->flags & VALUE_OUTPUT)) {
		v = NULL;
		for (uint32_t i = 0; i < p->graph->nvalues; i++)
			if (p->graph->values[i] == p->at.value)
				v = p->graph->values[i];
		reader_of(ui, &v, 1, count, last);
	}
}

static void
first_use(struct ui *ui)
{
	const struct node *n = pane_node(ui, ui_pane(ui));

	for (uint32_t i = 0; n != NULL && i < n->nin; i++) {
		if (n->in[i] != NULL && !(n->in[i]->flags & VALUE_INITIALIZER)) {
			reader_of(ui, &n->in[i], 1, 1, false);
			return;
		}
	}
}

static void
into(struct ui *ui, uint32_t count)
{
	struct pane *p = ui_pane(ui);
	const struct node *n = p->at.node;
	uint32_t i = count > 0 ? count - 1 : 0;

	if (n != NULL && n->callee != NULL && n->nregions == 0)
		pane_to_graph(ui, p, n->callee, true);
	else if (n != NULL && i < n->nregions && n->regions[i] != NULL)
		pane_to_graph(ui, p, n->regions[i], true);
	else
		ui_say(ui, ST_DIM, "no graph lies in this node");
}

static void
out(struct ui *ui)
{
	struct pane *p = ui_pane(ui);

	if (p->graph->parent != NULL)
		pane_to_node(ui, p, p->graph->parent, true);
	else if (p->graph != p->doc->s->model->main)
		pane_to_graph(ui, p, p->doc->s->model->main, true);
	else
		ui_say(ui, ST_DIM, "this is the outermost graph");
}

int64_t
pane_search_from(struct ui *ui, struct pane *p, bool back)
{
	struct tree *t = pane_tree(ui, p);
	uint32_t at = UINT32_MAX;

	if (p->at.node != NULL)
		return p->at.node->index;
	if (p->at.scope != NULL && t->rows.list[p->row].kind == ROW_HEAD)
		return (int64_t)t->s.order[p->at.scope->lo]->index - !back;
	for (uint32_t i = 0; p->at.scope != NULL && i < p->at.scope->ntotal; i++)
		if (t->s.order[p->at.scope->lo + i]->index < at)
			at = t->s.order[p->at.scope->lo + i]->index;
	if (at != UINT32_MAX)
		return (int64_t)at - !back;
	return p->at.value != NULL && p->at.value->flags & VALUE_OUTPUT && p->row > 0 ?
	    (int64_t)p->graph->nnodes : -1;
}

/* ---- steps: nodes in the order in which they run ---- */

static bool
lies_in(const struct scope *c, const struct scope *module)
{
	while (c->depth > module->depth)
		c = c->parent;
	return c == module;
}

/* over: not into modules below that of the node, nor again into the one whose row the
 * cursor is on. */
static bool
is_step(const struct tree *t, const struct place *at, const struct node *n, bool over)
{
	const struct scope *from = at->scope != NULL ? at->scope :
	    at->node != NULL ? t->s.of[at->node->index] : t->s.root;
	const struct scope *to = t->s.of[n->index];

	return !over || (at->scope == NULL && to == from) || !lies_in(to, from);
}

static void
step(struct ui *ui, bool over)
{
	struct pane *p = ui_pane(ui);
	struct tree *t = pane_tree(ui, p);
	const struct node *n = p->at.node;
	uint32_t i;

	if (!over && n != NULL && (n->callee != NULL || n->nregions > 0)) {
		into(ui, 0);
		return;
	}
	for (i = (uint32_t)(pane_search_from(ui, p, false) + 1); i < p->graph->nnodes; i++) {
		if (is_step(t, &p->at, p->graph->nodes[i], over)) {
			pane_to_node(ui, p, p->graph->nodes[i], false);
			return;
		}
	}
	ui_say(ui, ST_DIM, p->graph->parent != NULL ? "the last node; I goes out of this graph" :
	    "the last node");
}

/* ---- folds ---- */

static struct scope *
scope_at(struct pane *p, struct tree *t)
{
	if (p->at.scope != NULL)
		return p->at.scope;
	return p->at.node != NULL ? t->s.of[p->at.node->index] : NULL;
}

/* The module of the same path in the other model. */
static struct scope *
other_scope(const struct tree *t, const struct scope *c)
{
	for (uint32_t i = 1; i < t->s.n; i++)
		if (t->s.list[i]->npath == c->npath && !t->s.list[i]->synthetic &&
		    memcmp(t->s.list[i]->path, c->path, c->npath) == 0)
			return t->s.list[i];
	return NULL;
}

/* Folds of modules that both models have go together. */
static void
fold_other(struct ui *ui, const struct scope *c, enum fold how)
{
	struct pane *q = &ui->panes[1 - ui->focus];
	struct tree *t = ui->npanes > 1 && ui->sync ? pane_tree(ui, q) : NULL;
	struct scope *d = t != NULL && !c->synthetic ? other_scope(t, c) : NULL;

	if (d == NULL || (how == FOLD_GROUPED && d->repeat < 2))
		return;
	t->folds[d->id] = (uint8_t)how;
	t->stale = true;
}

void
folds_together(struct ui *ui)
{
	enum { PATIENCE = 1 << 22 }; /* modules times modules */
	struct tree *t[2];

	for (int i = 0; i < 2; i++) {
		const struct pane *p = &ui->panes[i];

		t[i] = p->graph != NULL && p->graph->id < p->doc->ntrees ?
		    p->doc->trees[p->graph->id] : NULL;
	}
	if (t[0] == NULL || t[1] == NULL || (uint64_t)t[0]->s.n * t[1]->s.n > PATIENCE)
		return;
	for (uint32_t i = 1; i < t[0]->s.n; i++) {
		const struct scope *c = t[0]->s.list[i];
		const struct scope *d = c->synthetic ? NULL : other_scope(t[1], c);
		uint8_t *a = &t[0]->folds[i], *b = d != NULL ? &t[1]->folds[d->id] : NULL;

		if (d == NULL || (*a == FOLD_OPEN) == (*b == FOLD_OPEN))
			continue;
		*a = *b = FOLD_OPEN;
		t[0]->stale = t[1]->stale = true;
	}
}

static void
set_fold(struct ui *ui, struct pane *p, struct tree *t, struct scope *c, enum fold how)
{
	ui_snapshot(ui, p);
	t->folds[c->id] = (uint8_t)how;
	t->stale = true;
	fold_other(ui, c, how);
	p->at = (struct place){ NULL, c, NULL };
	pane_settle(ui, p);
	ui_stale(ui);
}

/* Filtered or sorted rows are a flat list. */
static bool
has_folds(struct ui *ui, const struct tree *t)
{
	if (t->shown == NULL)
		return true;
	ui_say(ui, ST_DIM, "%s rows have no modules: %s", t->filter != NULL ? "filtered" : "sorted",
	    t->filter != NULL ? "& and Enter shows all again" : "o goes on to graph order");
	return false;
}

/* A folded group opens to its single blocks, these to what is in them. */
static void
toggle(struct ui *ui, bool open, bool shut)
{
	struct pane *p = ui_pane(ui);
	struct tree *t = pane_tree(ui, p);
	struct scope *c = t != NULL ? scope_at(p, t) : NULL;
	struct scope *first = c != NULL && c->same_as != NULL ? c->same_as : c;

	if (c == NULL || c->depth == 0) {
		ui_say(ui, ST_DIM, "no module here");
	} else if (!has_folds(ui, t)) {
		return;
	} else if (p->at.scope != NULL && first->repeat > 1 &&
	    t->folds[first->id] == FOLD_GROUPED) {
		if (open)
			set_fold(ui, p, t, first, FOLD_SHUT);
	} else if (t->folds[c->id] != FOLD_OPEN) {
		if (open)
			set_fold(ui, p, t, c, FOLD_OPEN);
		else if (shut && first->repeat > 1)
			set_fold(ui, p, t, first, FOLD_GROUPED);
	} else if (shut) {
		set_fold(ui, p, t, c, FOLD_SHUT);
	}
}

static void
fold_tree(struct tree *t, enum req r)
{
	if (r == REQ_FOLD_RESET) {
		tree_fold_start(t);
	} else {
		for (uint32_t i = 1; i < t->s.n; i++)
			t->folds[i] = r == REQ_OPEN_ALL ? FOLD_OPEN :
			    t->s.list[i]->repeat > 1 ? FOLD_GROUPED : FOLD_SHUT;
		t->stale = true;
	}
}

static void
fold_all(struct ui *ui, enum req r)
{
	struct pane *p = ui_pane(ui), *q = &ui->panes[1 - ui->focus];
	struct tree *t = pane_tree(ui, p);

	if (t == NULL || (ui_top(ui)->view->mask == V_ROWS && !has_folds(ui, t)))
		return;
	ui_snapshot(ui, p);
	fold_tree(t, r);
	if (ui->npanes > 1 && ui->sync && q->graph != NULL)
		fold_tree(pane_tree(ui, q), r);
	pane_settle(ui, p);
	ui_stale(ui);
}

/* G with a count goes to a node by its number. */
static void
to_id(struct ui *ui, uint32_t id)
{
	struct pane *p = ui_pane(ui);
	const struct model *m = p->doc->s->model;

	for (uint32_t g = 0; g < m->ngraphs; g++) {
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++) {
			if (m->graphs[g]->nodes[i]->id == id) {
				pane_to_node(ui, p, m->graphs[g]->nodes[i], true);
				return;
			}
		}
	}
	ui_say(ui, ST_WARN, "there is no node #%u", (unsigned)id);
}

bool
move_request(struct ui *ui, enum req r, uint32_t count, uint32_t key)
{
	if (ui_pane(ui)->graph == NULL)
		return false;
	switch ((int)r) {
	case REQ_PRODUCER: producer(ui, count); break;
	case REQ_CONSUMER: consumer(ui, count, false); break;
	case REQ_LAST_USE: consumer(ui, 1, true); break;
	case REQ_FIRST_USE: first_use(ui); break;
	case REQ_INTO: into(ui, count); break;
	case REQ_OUT: out(ui); break;
	case REQ_STEP: step(ui, false); break;
	case REQ_STEP_OVER: step(ui, true); break;
	case REQ_JUMP_BACK: jump_back(ui); break;
	case REQ_JUMP_FORTH: jump_forth(ui); break;
	case REQ_MARK: mark(ui, key, true); break;
	case REQ_TO_MARK: mark(ui, key, false); break;
	case REQ_FOLD: toggle(ui, true, true); break;
	case REQ_UNFOLD: toggle(ui, true, false); break;
	case REQ_SHUT: toggle(ui, false, true); break;
	case REQ_SHUT_ALL:
	case REQ_OPEN_ALL:
	case REQ_FOLD_RESET: fold_all(ui, r); break;
	case REQ_COUNTERPART: pair_jump(ui); break;
	case REQ_UNDO: ui_undo(ui, false); break;
	case REQ_REDO: ui_undo(ui, true); break;
	case REQ_LAST:
		if (count == 0)
			return false;
		to_id(ui, count);
		break;
	default: return seek_request(ui, r);
	}
	return true;
}
