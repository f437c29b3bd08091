/* SPDX-License-Identifier: Apache-2.0 */
/* The next node of some kind: a text, a problem, a difference, another place. */
#include <stdio.h>

#include "app/notes.h"
#include "ui/engine.h"
#include "ui/pair.h"
#include "ui/state.h"

static bool
matches(const struct node *n, const char *word)
{
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL &&
		    text_find(n->out[i]->name->s, n->out[i]->name->len, word) != NULL)
			return true;
	return text_find(n->type->s, n->type->len, word) != NULL ||
	    text_find(n->name->s, n->name->len, word) != NULL;
}

static bool
is_problem(const struct doc *d, const struct node *n)
{
	return d->worst != NULL && d->worst[n->id] > 1 + LEVEL_NOTE;
}

static bool
is_blocked(const struct doc *d, const struct node *n)
{
	for (uint32_t i = 0; (i = doc_finding(d, n, i)) != UINT32_MAX; i++)
		if (d->findings[i].source != FROM_LINT)
			return true;
	return false;
}

/* Is a node placed or judged otherwise than the last one before it that does any
 * work? */
static bool
place_changes(const struct doc *d, const struct node *n)
{
	if (n->index == 0)
		return false;
	if (d->notes == NULL || d->s->model->dialect == DIALECT_ATEN)
		return is_blocked(d, n) != is_blocked(d, n->graph->nodes[n->index - 1]);
	if (doc_placed(d, n) == DEVICE_UNKNOWN)
		return false;
	for (uint32_t i = n->index; i-- > 0;)
		if (doc_placed(d, n->graph->nodes[i]) != DEVICE_UNKNOWN)
			return doc_placed(d, n->graph->nodes[i]) != doc_placed(d, n);
	return false;
}

struct want {
	const struct ui *ui;
	enum { WANT_TEXT, WANT_OP, WANT_PROBLEM, WANT_DIFFERENCE, WANT_PLACE,
		WANT_LEFT, WANT_APART } what;
	const char *word;
	const struct str *op;
};

static bool
wanted(const struct want *w, const struct doc *d, const struct node *n)
{
	if (w->what == WANT_PLACE)
		return place_changes(d, n);
	if (w->what == WANT_LEFT)
		return engine_left(d, n);
	if (w->what == WANT_APART)
		return d->notes != NULL && note_disagrees(&d->notes->list[n->id]);
	if (w->what == WANT_DIFFERENCE)
		return pair_stops(w->ui, d, n);
	return w->what == WANT_TEXT ? matches(n, w->word) :
	    w->what == WANT_OP ? n->type == w->op : is_problem(d, n);
}

/* The next node that is wanted, in the order of the file, round the end; false: none is. */
static bool
seek(struct ui *ui, const struct want *w, bool back, const char *none)
{
	struct pane *p = ui_pane(ui);
	int64_t n, from, i;

	if (p->graph == NULL)
		return false;
	n = p->graph->nnodes;
	from = pane_search_from(ui, p, back);
	for (int64_t step = 1; step <= n; step++) {
		i = ((from + (back ? -step : step)) % n + n) % n;
		if (!wanted(w, p->doc, p->graph->nodes[i]))
			continue;
		if (back ? i > from : i <= from)
			ui_say(ui, ST_DIM, "round the %s", back ? "top" : "end");
		pane_to_node(ui, p, p->graph->nodes[i], true);
		return true;
	}
	ui_say(ui, ST_WARN, "%s", none);
	return false;
}

static void
search(struct ui *ui, bool back)
{
	struct want w = { .what = WANT_TEXT, .word = ui->search };

	if (*ui->search == '\0')
		ui_say(ui, ST_DIM, "nothing to search for: / asks");
	else
		seek(ui, &w, back, "not found");
}

static void
same_op(struct ui *ui)
{
	const struct node *n = pane_node(ui, ui_pane(ui));
	struct want w = { .what = WANT_OP, .op = n != NULL ? n->type : NULL };

	if (n != NULL)
		seek(ui, &w, false, "no other");
}

static void
next_problem(struct ui *ui, bool back)
{
	struct want w = { .what = WANT_PROBLEM };

	if (ui_pane(ui)->doc->worst == NULL)
		ui_say(ui, ST_DIM, "still looking for problems");
	else
		seek(ui, &w, back, "no problems in this graph; L lists all of the model");
}

static void
next_place(struct ui *ui, bool back)
{
	struct want w = { .what = WANT_PLACE };

	if (ui_pane(ui)->doc->notes == NULL)
		ui_say(ui, ST_DIM, "there are no verdicts yet; J shows what runs");
	else
		seek(ui, &w, back, "the verdict is the same everywhere");
}

/* What is to be said of the place, behind that the search went round. */
static void
say_behind(struct ui *ui, const char *what, size_t n)
{
	char before[24];

	snprintf(before, sizeof before, "%.20s%s", ui->message, *ui->message != '\0' ? "; " : "");
	ui_say(ui, ST_WARN, "%s%.*s", before, (int)n, what);
}

/* "runs on the cpu: running sums stay on the CPU" */
static void
say_left(struct ui *ui, const struct pane *p)
{
	const struct node *n = p->at.node;
	struct sink why, safe;

	if (n == NULL || !engine_left(p->doc, n))
		return;
	sink_init(&why, -1);
	sink_init(&safe, -1);
	if (p->doc->notes->list[n->id].ane == ANE_NO)
		engine_says(p->doc, n, &why);
	if (why.n == 0)
		engine_brief(p->doc, n, &why);
	sink_safe(&safe, why.n > 0 ? why.buf : "", why.n, 0);
	why.n = 0;
	sink_printf(&why, "runs on the %s%s%.*s", device_name(doc_placed(p->doc, n)),
	    safe.n > 0 ? ": " : "", (int)safe.n, safe.n > 0 ? safe.buf : "");
	say_behind(ui, why.buf, why.n);
	sink_fini(&why);
	sink_fini(&safe);
}

static void
next_left(struct ui *ui, bool back)
{
	struct want w = { .what = WANT_LEFT };
	struct pane *p = ui_pane(ui);

	if (p->doc->notes == NULL) {
		ui_say(ui, ST_DIM, "there are no verdicts yet; J shows what runs");
		return;
	}
	if (seek(ui, &w, back, "nothing in this graph leaves the Neural Engine"))
		say_left(ui, p);
}

static void
next_apart(struct ui *ui, bool back)
{
	struct want w = { .what = WANT_APART };

	if (ui->options->session.nplans == 0)
		ui_say(ui, ST_DIM, "nothing was measured: --plan FILE has what a device did");
	else
		seek(ui, &w, back, "everything that was measured ran as estimated");
}

static void
next_difference(struct ui *ui, bool back)
{
	struct want w = { .what = WANT_DIFFERENCE, .ui = ui };
	const struct pane *p = ui_pane(ui);
	struct sink what;

	if (ui->pair == NULL || ui->pair->align == NULL) {
		ui_say(ui, ST_DIM, ui->npanes < 2 ? "one model is open; :vs FILE opens another" :
		    "not compared yet");
	} else if (seek(ui, &w, back, "no differences on this side")) {
		sink_init(&what, -1);
		if (p->at.node != NULL && pair_says(ui, p->doc, p->at.node, &what))
			say_behind(ui, what.buf, what.n);
		sink_fini(&what);
	}
}

bool
seek_request(struct ui *ui, enum req r)
{
	switch ((int)r) {
	case REQ_NEXT: search(ui, false); break;
	case REQ_PREVIOUS: search(ui, true); break;
	case REQ_SAME_OP: same_op(ui); break;
	case REQ_NEXT_PROBLEM: next_problem(ui, false); break;
	case REQ_PREV_PROBLEM: next_problem(ui, true); break;
	case REQ_NEXT_PLACE: next_place(ui, false); break;
	case REQ_PREV_PLACE: next_place(ui, true); break;
	case REQ_NEXT_LEFT: next_left(ui, false); break;
	case REQ_PREV_LEFT: next_left(ui, true); break;
	case REQ_NEXT_APART: next_apart(ui, false); break;
	case REQ_PREV_APART: next_apart(ui, true); break;
	case REQ_NEXT_DIFF: next_difference(ui, false); break;
	case REQ_PREV_DIFF: next_difference(ui, true); break;
	default: return false;
	}
	return true;
}
