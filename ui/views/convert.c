/* SPDX-License-Identifier: Apache-2.0 */
/* A conversion: the form, what it does now, what became of it. */
#include <inttypes.h>
#include <string.h>

#include "ui/convert.h"
#include "ui/state.h"

static void
put_form(struct ui *ui, struct page *p)
{
	const char *const *values, *name, *text, *help;

	page_puts(p, ST_GOOD, "start");
	page_to(p, 12);
	page_puts(p, ST_DIM, "runs coremltools in a process of its own; ^C stops it");
	page_end(p);
	for (uint32_t i = 0; (name = convert_row(ui, i, &values, &text, &help)) != NULL; i++) {
		page_puts(p, ST_BOLD, name);
		page_to(p, 12);
		for (uint32_t k = 0; values != NULL && values[k] != NULL; k++)
			page_printf(p, values[k] == text ? ST_KEY : ST_DIM,
			    values[k] == text ? "[%s] " : "%s ", values[k]);
		if (values == NULL) {
			page_safe(p, ST_KEY, text, strlen(text), 0);
			page_puts(p, ST_DIM, *text != '\0' ? "" : help);
		}
		page_end(p);
	}
	page_end(p);
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

	(void)width;
	if (c == NULL)
		return;
	if (c->job == NULL) {
		put_form(ui, &f->page);
		if (c->report != NULL)
			page_text(&f->page, ST_TEXT, c->report, c->nreport);
		return;
	}
	put_now(c, &f->page);
	f->fresh = false; /* it goes on */
}

static bool
convert_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count, uint32_t key)
{
	const char *const *values, *text, *help;
	uint32_t rows = 0;

	(void)count;
	(void)key;
	if (ui->convert == NULL || ui->convert->job != NULL || (r != REQ_OPEN && r != REQ_FOLD))
		return false;
	while (convert_row(ui, rows, &values, &text, &help) != NULL)
		rows++;
	if (f->cursor == 0)
		convert_start(ui);
	else if (f->cursor <= rows)
		convert_change(ui, f->cursor - 1);
	else
		return false;
	ui_stale(ui);
	return true;
}

static const enum req convert_footer[] = {
	REQ_OPEN, REQ_INTERRUPT, REQ_BACK, REQ_HELP, REQ_NONE
};

const struct view VIEW_CONVERT_ENTRY = {
	.name = "convert-form", .mask = V_LIST | V_MODEL, .build = convert_build,
	.request = convert_request, .footer = convert_footer
};
