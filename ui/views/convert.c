/* SPDX-License-Identifier: Apache-2.0 */
/* A conversion: the form, what it does now, what became of it. */
#include <inttypes.h>
#include <string.h>

#include "convert/prefill.h"
#include "ui/convert.h"
#include "ui/doc.h"
#include "ui/state.h"

/* Numbers of lines that Enter works on: rows of the form count from 0. */
enum { LINE_START = 1 << 20, LINE_RETRY };
enum { COLUMN = 14 };

static void
link_to(struct page *p, uint32_t number)
{
	p->next.link = LINK_NUMBER;
	p->next.number = number;
}

static void
put_head(const struct converting *c, struct page *p)
{
	link_to(p, LINE_START);
	page_puts(p, ST_GOOD, "start");
	page_to(p, COLUMN);
	page_puts(p, ST_DIM, "runs coremltools in a process of its own; ^C stops it");
	page_end(p);
	if (!c->offered)
		return;
	link_to(p, LINE_RETRY);
	page_puts(p, ST_GOOD, "retry");
	page_to(p, COLUMN);
	page_printf(p, ST_KEY, "%s%s", c->offer_left ? "no " : "", c->offer[OFFER_OPTION]);
	if (!c->offer_left) {
		page_puts(p, ST_KEY, "=");
		page_safe(p, ST_KEY, c->offer[OFFER_VALUE], strlen(c->offer[OFFER_VALUE]), 0);
	}
	page_printf(p, ST_DIM, "  %s", c->offer[OFFER_WHY]);
	page_end(p);
}

static void
put_values(struct page *p, const struct form_row *row)
{
	for (uint32_t k = 0; row->values[k] != NULL; k++)
		page_printf(p, k == row->chosen ? ST_KEY : ST_DIM, k == row->chosen ? "[%s] " :
		    "%s ", row->values[k]);
	if (row->cure != NULL)
		page_puts(p, ST_DIM, row->cure->brief);
}

static void
put_row(struct page *p, const struct form *f, uint32_t i)
{
	const struct form_row *row = &f->rows[i];
	const char *text = form_text(f, i), *colon = strchr(row->name, ':');

	link_to(p, i);
	if (colon != NULL)
		page_safe(p, ST_BOLD, colon + 1, strlen(colon + 1), COLUMN - 2);
	else
		page_puts(p, ST_BOLD, row->name);
	page_to(p, COLUMN);
	if (row->values != NULL)
		put_values(p, row);
	else
		page_safe(p, form_written(f, i) ? ST_KEY : ST_TEXT, text, strlen(text), 0);
	if (row->values == NULL)
		page_puts(p, ST_DIM, *text == '\0' ? row->help : row->input != UINT32_MAX &&
		    !form_written(f, i) ? f->format == CONVERT_PT2 ? "  as the program says" :
		    strchr(text, '?') != NULL ? "  Enter: say its sizes" :
		    "  as it was traced" : "");
	page_end(p);
}

/* What became of the last run. */
static void
put_report(const struct converting *c, struct page *p)
{
	if (c->report == NULL)
		return;
	page_end(p);
	page_text(p, ST_TEXT, c->report, c->nreport);
	page_end(p);
}

/* Why there is no form; the reader may have said what to do. */
static void
put_unfit(struct ui *ui, struct page *p, unsigned width)
{
	const struct doc *d = ui_pane(ui)->doc;
	const struct session *s = d != NULL ? d->s : NULL;
	enum reason reason;
	const char *why;

	if (s == NULL) {
		page_puts(p, ST_DIM, "no model is open");
		page_end(p);
		return;
	}
	why = prefill_unfit(p->a, s->model, d->path, &reason);
	page_puts(p, ST_BOLD, "Class:");
	page_to(p, COLUMN);
	page_puts(p, ST_KEY, reason_word(reason));
	page_end(p);
	page_wrap(p, ST_TEXT, why, COLUMN, width);
	for (uint32_t i = 0; i < s->ctx.diags.n; i++)
		if (s->ctx.diags.list[i].id == DIAG_NO_GRAPH)
			page_wrap(p, ST_TEXT, s->ctx.diags.list[i].message, COLUMN, width);
}

static void
put_form(struct ui *ui, const struct converting *c, struct page *p, unsigned width)
{
	const struct form *f = convert_form(ui);
	const struct request *q;
	struct objection *list;
	const char *taken;
	uint32_t n = 0;

	if (f == NULL || (q = convert_judge(ui, p->a, &list, &n)) == NULL) {
		put_unfit(ui, p, width);
		return;
	}
	taken = convert_taken(p->a, q);
	put_head(c, p);
	put_report(c, p);
	for (uint32_t i = 0; i < f->n; i++) {
		put_row(p, f, i);
		for (uint32_t k = 0; k < n; k++)
			if (form_row_of(f, &list[k]) == i)
				page_wrap(p, ST_ERROR, list[k].text, COLUMN, width);
		if (taken != NULL && strcmp(f->rows[i].name, "out") == 0)
			page_wrap(p, ST_WARN, taken, COLUMN, width);
	}
	if (*f->states != '\0') {
		page_end(p);
		page_wrap(p, ST_DIM, f->format == CONVERT_PT2 ? "The model writes to buffers, "
		    "which become states: that needs the target iOS18." : "The model writes to "
		    "buffers. Before the target iOS18 what it writes is lost.", 0, width);
	}
}

static void
put_now(struct converting *c, struct page *p)
{
	struct convert_now now;

	pthread_mutex_lock(&c->lock);
	now = c->now;
	pthread_mutex_unlock(&c->lock);
	page_printf(p, ST_BOLD, "%s", now.stage);
	if (now.n > 0)
		page_printf(p, ST_KEY, " %" PRId64 "/%" PRId64, now.i, now.n);
	page_printf(p, ST_TEXT, "  %s", now.what);
	page_printf(p, ST_DIM, "  %s", now.scope);
	page_end(p);
	page_printf(p, ST_DIM, "%.1f s, %.0f MB", now.seconds, (double)now.memory / 1e6);
	page_end(p);
	page_end(p);
	for (uint32_t i = 0; i < now.nlog; i++) {
		page_puts(p, ST_DIM, now.log[i]);
		page_end(p);
	}
}

static void
convert_build(struct ui *ui, struct vframe *f, unsigned width)
{
	struct converting *c = ui_converting(ui);

	if (c == NULL)
		return;
	if (c->job == NULL) {
		put_form(ui, c, &f->page, width);
		return;
	}
	put_now(c, &f->page);
	f->fresh = false; /* it goes on */
}

/* Left and right choose; the page stays where it is. */
static bool
choose(struct ui *ui, const struct page_line *line, bool back)
{
	struct form *f = convert_form(ui);
	uint32_t row = line != NULL && line->link == LINK_NUMBER ? line->number : UINT32_MAX;

	if (f == NULL || row >= f->n || f->rows[row].values == NULL)
		return true;
	if (back)
		form_previous(f, row);
	else
		form_next(f, row);
	ui_stale(ui);
	return true;
}

static bool
convert_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count, uint32_t key)
{
	const struct page_line *line = f->cursor < f->page.n ? &f->page.lines[f->cursor] : NULL;
	bool running = ui->convert != NULL && ui->convert->job != NULL;

	(void)count;
	(void)key;
	if (r == REQ_LEFT || r == REQ_RIGHT)
		return running || choose(ui, line, r == REQ_LEFT);
	if (ui->convert == NULL || running || line == NULL || (r != REQ_OPEN && r != REQ_FOLD) ||
	    line->link != LINK_NUMBER)
		return false;
	if (line->number == LINE_START)
		convert_start(ui);
	else if (line->number == LINE_RETRY)
		convert_retry(ui);
	else
		convert_change(ui, line->number);
	ui_stale(ui);
	return true;
}

static const enum req convert_footer[] = {
	REQ_OPEN, REQ_LEFT, REQ_RIGHT, REQ_INTERRUPT, REQ_BACK, REQ_HELP, REQ_NONE
};

const struct view VIEW_CONVERT_ENTRY = {
	.name = "convert-form", .mask = V_LIST | V_MODEL, .build = convert_build,
	.request = convert_request, .footer = convert_footer,
	.about = "Enter on start runs the conversion, on an option takes its next value, on a text "
	    "asks for it. Left and Right go through the values. ^C stops what runs."
};
