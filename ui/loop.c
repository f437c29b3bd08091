/* SPDX-License-Identifier: Apache-2.0 */
/* The loop's two halves: a key changes the state, drawing shows it. Terminal
 * and scripts run the same code; only where keys come from and where cells go
 * differs. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/config.h"
#include "ui/convert.h"
#include "ui/job.h"
#include "ui/key.h"
#include "ui/pair.h"
#include "ui/prompt.h"
#include "ui/python.h"
#include "ui/script.h"
#include "ui/sort.h"
#include "ui/state.h"
#include "ui/supported.h"
#include "ui/yank.h"

void
ui_say(struct ui *ui, enum style st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ui->message, sizeof ui->message, fmt, ap);
	va_end(ap);
	ui->message_style = st;
}

void
ui_short(char *buf, size_t n, const char *what, const char *path)
{
	struct sink text;
	unsigned room = (unsigned)(n - strlen(what) - 1);

	sink_init(&text, -1);
	/* at most three bytes a column of what is shown as it is */
	sink_safe(&text, path, strlen(path), room / 3);
	snprintf(buf, n, "%s%.*s", what, (int)text.n, text.n > 0 ? text.buf : "");
	sink_fini(&text);
}

bool
ui_init(struct ui *ui, const struct options *o)
{
	memset(ui, 0, sizeof *ui);
	ctx_init(&ui->ctx);
	ui->options = o;
	ui->wake = -1;
	ui->share = 50;
	ui->sync = true;
	ui->grid.ascii = o->ascii;
	ui->awaits = REQ_NONE;
	sink_init(&ui->yanked, -1);
	sink_init(&ui->recording, -1);
	for (int c = 0; c < COL_COUNT; c++)
		ui->columns[c] = column_rows[c].shown;
	ui->sort = COL_COUNT;
	return keymap_init(&ui->keys);
}

void
ui_fini(struct ui *ui)
{
	jobs_free(ui);
	while (ui->nframes > 0)
		ui_pop(ui);
	pair_drop(ui);
	while (ui->docs != NULL) {
		ui->docs->closing = true;
		doc_close(ui, ui->docs);
	}
	for (uint32_t i = 0; i < 2; i++)
		free(ui->panes[i].filter);
	for (uint32_t i = 0; i < UNDOS; i++) {
		free(ui->undo[i].filter);
		free(ui->undo[i].folds);
	}
	convert_free(ui);
	prompt_fini(&ui->prompt);
	replay_end(ui);
	keymap_free(&ui->keys);
	sink_fini(&ui->yanked);
	sink_fini(&ui->recording);
	grid_free(&ui->grid);
	ctx_fini(&ui->ctx);
}

static void
start(void *arg)
{
	struct ui *ui = arg;
	const struct options *o = ui->options;

	ui_push(ui, o->nmodels > 0 ? VIEW_ROWS : VIEW_START);
	for (uint32_t i = 0; i < o->nmodels && i < 2; i++) {
		struct doc *d;

		ui->npanes = i + 1;
		ui->panes[i].doc = NULL;
		d = doc_open(ui, o->models[i]);
		if (d != NULL && ui->panes[i].doc == NULL)
			ui->panes[i].doc = d;
		config_recent_add(ui, o->models[i]);
	}
}

void
ui_start(struct ui *ui)
{
	if (ctx_protect(&ui->ctx, start, ui) != 0)
		ui_say(ui, ST_ERROR, "out of memory");
}

static void
collect(void *arg)
{
	jobs_collect(arg);
	replay_more(arg);
}

void
ui_collect(struct ui *ui)
{
	if (ctx_protect(&ui->ctx, collect, ui) != 0)
		ui_say(ui, ST_ERROR, "out of memory");
}

/* ---- models that come and go ---- */

void
ui_leave_doc(struct ui *ui, struct doc *d)
{
	uint32_t n = 0, at = ui->at_jump;

	for (uint32_t i = 0; i < ui->npanes; i++) {
		struct pane *p = &ui->panes[i];

		if (p->doc != d)
			continue;
		p->graph = NULL;
		p->at = (struct place){ NULL, NULL, NULL };
		p->selecting = false;
		free(p->filter);
		p->filter = NULL;
	}
	if (ui->pair != NULL && (ui->pair->docs[0] == d || ui->pair->docs[1] == d))
		pair_drop(ui);
	for (uint32_t i = 0; i < ui->njumps; i++) {
		if (ui->jumps[i].doc == d)
			ui->at_jump -= i < at;
		else
			ui->jumps[n++] = ui->jumps[i];
	}
	ui->njumps = n;
	for (uint32_t i = 0; i < MARKS; i++)
		if (ui->marks[i].doc == d)
			ui->marks[i].doc = NULL;
	ui->nundo = ui->at_undo = 0;
	for (uint32_t i = 0; i < ui->nframes; i++) {
		ui->frames[i].fresh = false;
		ui->frames[i].subject = (struct place){ NULL, NULL, NULL };
	}
}

void
ui_opened(struct ui *ui, struct doc *d)
{
	uint32_t i;

	for (i = 0; i < ui->npanes && ui->panes[i].doc != d; i++)
		continue;
	if (i == ui->npanes) /* it comes before doc_open has returned it */
		for (i = 0; i < ui->npanes && ui->panes[i].doc != NULL; i++)
			continue;
	if (i == ui->npanes)
		return;
	ui->panes[i].doc = d;
	if (d->state == DOC_FAILED) {
		const struct diags *diags = d->s != NULL ? &d->s->ctx.diags : NULL;
		char text[200];

		ui_short(text, sizeof text, "", diags != NULL && diags->n > 0 ?
		    diags->list[0].message : "the file could not be read");
		ui_say(ui, ST_ERROR, "%s", text);
		ui_stale(ui);
		if (ui->npanes == 1) /* nothing else is there to be shown */
			ui_push(ui, VIEW_PROBLEMS);
		return;
	}
	pane_to_graph(ui, &ui->panes[i], d->s->model->main, false);
}

void
ui_analysed(struct ui *ui, struct doc *d)
{
	if (supported_differs(d) && !ui->supported)
		ui->columns[COL_SUPPORT] = ui->supported = true;
	if (ui->options->session.nplans > 0 && !ui->measured)
		ui->columns[COL_MEASURED] = ui->measured = true;
	for (uint32_t i = 0; i < ui->npanes; i++)
		if (ui->panes[i].doc == d && ui->panes[i].graph != NULL)
			ui_filter_again(ui, &ui->panes[i]);
	ui_stale(ui);
	pair_start(ui);
}

/* ---- drawing ---- */

void
ui_build_page(struct ui *ui, struct vframe *f, unsigned width)
{
	if (f->view->build == NULL || (f->fresh && f->width == width))
		return;
	if (f->page.a != NULL)
		page_fini(&f->page);
	arena_free(&f->a);
	arena_init(&f->a, &ui->ctx);
	page_init(&f->page, &f->a, (uint8_t)ui->focus, width);
	f->fresh = true; /* a view of what goes on takes that back */
	f->width = width;
	f->view->build(ui, f, width);
}

static void
settle_page(struct vframe *f, int h)
{
	uint32_t n = f->page.n;

	f->height = h > 0 ? (uint32_t)h : 1;
	if (f->cursor >= n)
		f->cursor = n > 0 ? n - 1 : 0;
	if (f->cursor < f->top)
		f->top = f->cursor;
	else if (f->cursor >= f->top + f->height)
		f->top = f->cursor - f->height + 1;
	if (n < f->top + f->height)
		f->top = n > f->height ? n - f->height : 0;
	page_fill(&f->page, f->top, f->top + f->height);
}

enum { LEAST_W = 40, LEAST_H = 10 };

/* What views are drawn on: all but the bar, the message and the keys. */
static struct area
view_area(struct grid *g, int w, int h)
{
	struct area all = { g, 0, 0, w, h };

	return area_part(&all, 1, 0, h - 3, w);
}

struct drawing { struct ui *ui; int w, h; };

static void
draw(void *arg)
{
	struct drawing *d = arg;
	struct ui *ui = d->ui;
	struct area all = { &ui->grid, 0, 0, d->w, d->h }, part;
	struct vframe *f = ui_top(ui);

	part = view_area(&ui->grid, d->w, d->h);
	if (f->view->build != NULL) {
		ui_build_page(ui, f, (unsigned)part.w);
		settle_page(f, part.h);
	} else {
		f->view->settle(ui, f, &part);
	}
	if (f->view->draw != NULL)
		f->view->draw(ui, f, &part);
	else
		page_draw(&f->page, &part, f->top, f->left, f->cursor, ui->search);
	border_draw(ui, &all);
}

void
ui_draw(struct ui *ui, int w, int h)
{
	struct drawing d = { ui, w, h };
	struct area all;

	if (!grid_clear(&ui->grid, w, h))
		return;
	all = (struct area){ &ui->grid, 0, 0, w, h };
	if (w < LEAST_W || h < LEAST_H) {
		area_puts(&all, 0, 0, ST_WARN, "mlinspect needs 40 x 10");
		return;
	}
	if (ctx_protect(&ui->ctx, draw, &d) != 0)
		area_puts(&all, h - 2, 1, ST_ERROR, "out of memory: q leaves this view");
}

/* ---- keys ---- */

static void
back(struct ui *ui)
{
	if (ui->nframes > 1)
		ui_pop(ui);
	else if (ui_pane(ui)->selecting)
		ui_pane(ui)->selecting = false;
	else if (ui_pane(ui)->filter != NULL)
		ui_request(ui, REQ_FILTER, UINT32_MAX, 0);
	else
		ui_say(ui, ST_DIM, "this is the first view; Q leaves the program");
}

static void
interrupt(struct ui *ui)
{
	uint64_t now = job_clock();
	uint32_t n = jobs_cancel(ui);

	/* also late, when the screen still says so and there is nothing else to stop */
	if (ui->interrupted != 0 && (n == 0 || now - ui->interrupted < 1000)) {
		ui->quit = true;
		return;
	}
	ui->interrupted = now;
	ui_say(ui, ST_WARN, n > 0 ? "stopping; ^C again quits" : "^C again quits");
}

static void
panes_request(struct ui *ui, enum req r)
{
	struct pane first;

	if (ui->npanes < 2) {
		ui_say(ui, ST_DIM, ui->npanes == 0 ? "no model is open yet" :
		    "one model is open; :vs FILE opens another beside it");
		return;
	}
	switch ((int)r) {
	case REQ_OTHER_PANE: ui->focus = 1 - ui->focus; break;
	case REQ_MAXIMISE: ui->maximised = !ui->maximised; break;
	case REQ_SPLIT: ui->stacked = !ui->stacked; break;
	case REQ_BIGGER: ui->share += ui->focus == 0 ? 5 : -5; break;
	case REQ_SMALLER: ui->share += ui->focus == 0 ? -5 : 5; break;
	case REQ_SWAP:
		first = ui->panes[0];
		ui->panes[0] = ui->panes[1];
		ui->panes[1] = first;
		ui->focus = 1 - ui->focus;
		break;
	default: break;
	}
	ui->share = ui->share < 20 ? 20 : ui->share > 80 ? 80 : ui->share;
	ui_stale(ui);
}

static void
show(struct ui *ui, enum view_id id, uint32_t count)
{
	const struct doc *d = ui_pane(ui)->doc;
	bool coming = id == VIEW_ROWS && d != NULL && d->state == DOC_READING;
	struct vframe *f;

	if (ui_pane(ui)->graph == NULL && !coming && id != VIEW_HELP && id != VIEW_JOBS &&
	    id != VIEW_COLUMNS && id != VIEW_OPTIONS && id != VIEW_PROBLEMS) {
		ui_say(ui, ST_DIM, "there is no model yet");
		return;
	}
	f = ui_push(ui, id);
	f->number = count;
}

static bool
view_request(struct ui *ui, enum req r, uint32_t count)
{
	switch ((int)r) {
	case REQ_OVERVIEW: show(ui, VIEW_OVERVIEW, count); break;
	case REQ_ROWS: show(ui, VIEW_ROWS, count); break;
	case REQ_DETAIL: show(ui, VIEW_DETAIL, count); break;
	case REQ_PROBLEMS: show(ui, VIEW_PROBLEMS, count); break;
	case REQ_SORT: ui_sort_next(ui); break;
	case REQ_COLUMNS: show(ui, VIEW_COLUMNS, count); break;
	case REQ_CONVERT: show(ui, VIEW_CONVERT, count); break;
	case REQ_TARGET: show(ui, VIEW_OPTIONS, count); break;
	case REQ_JOBS: show(ui, VIEW_JOBS, count); break;
	case REQ_HELP: show(ui, VIEW_HELP, ui_top(ui)->view->mask); break;
	case REQ_BOXES: show(ui, VIEW_BOXES, count); break;
	default: return false;
	}
	return true;
}

static void
ask_export(struct ui *ui)
{
	struct prompt *p = &ui->prompt;
	char own[200];

	prompt_open(p, PROMPT_COMMAND, "export ");
	p->given = p->n;
	if (command_export_name(ui, NULL, own, sizeof own))
		snprintf(p->hint, sizeof p->hint,
		    "Enter: %s, or FILE.svg .png .pdf .dot .json .txt", own);
	else
		snprintf(p->hint, sizeof p->hint, "FILE.svg .png .pdf .dot .json .txt");
}

static void
count_node(void *arg, const struct node *n)
{
	(void)n;
	++*(uint32_t *)arg;
}

static void
ask_extract(struct ui *ui)
{
	struct prompt *p = &ui->prompt;
	struct pane *at = ui_pane(ui);
	char own[200];
	uint32_t n = 0;

	if (at->graph == NULL || at->doc->s->model->dialect != DIALECT_ONNX) {
		ui_say(ui, ST_WARN, "only of ONNX models are parts written; X draws, "
		    ":export FILE.json has the node");
		return;
	}
	select_here(at, pane_tree(ui, at), count_node, &n);
	if (n == 0) {
		ui_say(ui, ST_WARN, "no node is here");
		return;
	}
	prompt_open(p, PROMPT_COMMAND, "extract ");
	p->given = p->n;
	if (command_export_name(ui, "onnx", own, sizeof own))
		snprintf(p->hint, sizeof p->hint, "%u node%s; Enter: %s, or FILE.onnx", (unsigned)n,
		    plural(n), own);
}

static void
general_request(struct ui *ui, enum req r, uint32_t count, uint32_t key)
{
	switch ((int)r) {
	case REQ_BACK: back(ui); break;
	case REQ_QUIT: ui->quit = true; break;
	case REQ_INTERRUPT: interrupt(ui); break;
	case REQ_REDRAW: ui->redraw = true; ui_stale(ui); break;
	case REQ_SUSPEND: ui->suspend = true; break;
	case REQ_GLYPHS: ui->grid.ascii = !ui->grid.ascii; ui_stale(ui); break;
	case REQ_COMMAND: prompt_open(&ui->prompt, PROMPT_COMMAND, ""); break;
	case REQ_SEARCH: prompt_open(&ui->prompt, PROMPT_SEARCH, ""); break;
	case REQ_GO_TO: prompt_open(&ui->prompt, PROMPT_COMMAND, "#"); break;
	case REQ_FILTER:
		if (ui_pane(ui)->graph == NULL)
			break;
		if (count == UINT32_MAX) {
			ui_snapshot(ui, ui_pane(ui));
			ui_set_filter(ui, ui_pane(ui), NULL);
		} else {
			prompt_open(&ui->prompt, PROMPT_FILTER, "");
		}
		break;
	case REQ_RELOAD:
		if (ui_pane(ui)->doc != NULL)
			doc_reload(ui, ui_pane(ui)->doc);
		break;
	case REQ_YANK: yank(ui, key); break;
	case REQ_EXPORT: ask_export(ui); break;
	case REQ_EXTRACT: ask_extract(ui); break;
	case REQ_PYTHON: python_show(ui); break;
	case REQ_SYNC:
		ui->sync = !ui->sync;
		ui_say(ui, ST_DIM, ui->sync ? "cursors move together" : "each cursor for itself");
		break;
	case REQ_OTHER_PANE:
		if (ui->npanes < 2 && ui->at_jump + 1 < ui->njumps) {
			move_request(ui, REQ_JUMP_FORTH, 0, 0);
			break;
		}
		if (ui->npanes == 1) {
			start_beside(ui);
			break;
		}
		/* fall through */
	case REQ_MAXIMISE:
	case REQ_SPLIT:
	case REQ_BIGGER:
	case REQ_SMALLER:
	case REQ_SWAP: panes_request(ui, r); break;
	default: ui_say(ui, ST_DIM, "%.*s: nothing to do here",
		(int)strcspn(request_rows[r].name, "@"), request_rows[r].name);
	}
}

void
ui_request(struct ui *ui, enum req r, uint32_t count, uint32_t key)
{
	struct vframe *f = ui_top(ui);
	bool page = f->view->build != NULL;

	/* a screen too small to draw on has not made it anew */
	ui_build_page(ui, f, f->width > 0 ? f->width : 80);
	if (f->view->request != NULL && f->view->request(ui, f, r, count, key))
		return;
	if (page && page_view_request(ui, f, r, count))
		return;
	if (view_request(ui, r, count))
		return;
	if (move_request(ui, r, count, key)) {
		if (page)
			ui_stale(ui);
		return;
	}
	general_request(ui, r, count, key);
}

/* The line under the pointer gets the cursor. */
static void
click(struct ui *ui)
{
	struct vframe *f = ui_top(ui);
	struct area a = view_area(&ui->grid, ui->grid.w, ui->grid.h);
	int y = ui->click_y - a.y;

	if (y < 0 || y >= a.h || ui->grid.w < LEAST_W || ui->grid.h < LEAST_H)
		return;
	if (f->view->build != NULL)
		f->cursor = f->top + (uint32_t)y;
	else if (f->view->click != NULL)
		f->view->click(ui, &a, y, ui->click_x);
}

/* Says what may come next. */
static void
await(struct ui *ui, enum req r)
{
	char set[MARKS + 1];
	size_t n = 0;

	for (uint32_t i = 0; i < MARKS; i++)
		if (ui->marks[i].doc != NULL)
			set[n++] = (char)('a' + i);
	set[n] = '\0';
	ui->awaits = r;
	if (r == REQ_YANK)
		ui_say(ui, ST_KEY, "copy: n name  p path  i id  s shapes  j JSON");
	else if (r == REQ_FOLLOW)
		ui_say(ui, ST_KEY, "follow an arrow: its letter");
	else if (r == REQ_MARK)
		ui_say(ui, ST_KEY, "set mark a to z%s%s", n > 0 ? "; set: " : "", set);
	else
		ui_say(ui, ST_KEY, n > 0 ? "go to mark: %s" : "no marks are set: m sets one",
		    set);
}

static void
take_key(struct ui *ui, uint32_t key)
{
	unsigned mask = ui_top(ui)->view->mask;
	enum req r;
	char name[K_NAME];
	bool more;
	uint32_t count;

	if (key == K_CLICK || key == K_DOUBLE)
		click(ui);
	if (key == K_CLICK)
		return;
	if (ui->npending == 0 && key >= '0' && key <= '9' && (key > '0' || ui->count > 0)) {
		if (ui->count < 100000000)
			ui->count = ui->count * 10 + (key - '0');
		return;
	}
	ui->pending[ui->npending++] = key;
	r = keymap_find(&ui->keys, mask, ui->pending, ui->npending, &more);
	if (r == REQ_NONE && more && ui->npending < BINDING_KEYS)
		return;
	count = ui->count;
	ui->npending = ui->count = 0;
	if (r == REQ_NONE)
		ui_say(ui, ST_DIM, "%s does nothing here; ? lists the keys", key_spell(key, name));
	else if (request_wants_key(r))
		await(ui, r);
	else
		ui_request(ui, r, count, key);
}

struct pressed { struct ui *ui; uint32_t key; };

static void
press(void *arg)
{
	struct pressed *p = arg;
	struct ui *ui = p->ui;
	enum req r = ui->awaits;

	if (ui->prompt.kind != PROMPT_NONE) {
		prompt_key(ui, p->key);
	} else if (r != REQ_NONE) {
		ui->awaits = REQ_NONE;
		if (p->key != K_ESCAPE && p->key != 3)
			ui_request(ui, r, 0, p->key);
	} else {
		take_key(ui, p->key);
	}
	if (ui->prompt.kind == PROMPT_NONE)
		pair_follow(ui);
}

/* The user's own keys wait until the session has been played. */
static void
stop_replay(struct ui *ui, uint32_t key)
{
	if (key != 3) {
		ui_say(ui, ST_DIM, "a session is being replayed; ^C stops it");
		return;
	}
	replay_end(ui);
	jobs_cancel(ui);
	ui_say(ui, ST_WARN, "the replay was stopped");
}

void
ui_key(struct ui *ui, uint32_t key)
{
	struct pressed p = { ui, key };
	uint64_t interrupted = ui->interrupted;
	char name[K_NAME];

	if (key == K_NONE || key == K_TICK)
		return;
	if (!ui->replaying && key < K_CLICK)
		sink_puts(&ui->recording, key == ' ' ? "<Space>" : key_spell(key, name));
	*ui->message = '\0';
	if (ui->replay != NULL && !ui->replaying) {
		stop_replay(ui, key);
		return;
	}
	if (ctx_protect(&ui->ctx, press, &p) != 0) {
		ui->npending = ui->count = 0;
		ui_say(ui, ST_ERROR, "out of memory: this was not done");
	}
	if (ui->interrupted == interrupted)
		ui->interrupted = 0; /* the screen says it no more */
}
