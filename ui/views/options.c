/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the screen, changed where they stand. */
#include "ui/state.h"

struct toggle {
	const char *name, *help;
	bool (*get)(const struct ui *);
	void (*flip)(struct ui *);
};

static bool get_ascii(const struct ui *ui) { return ui->grid.ascii; }
static void flip_ascii(struct ui *ui) { ui->grid.ascii = !ui->grid.ascii; }
static bool get_mouse(const struct ui *ui) { return ui->mouse; }
static void flip_mouse(struct ui *ui) { ui->mouse = !ui->mouse; }
static bool get_sync(const struct ui *ui) { return ui->sync; }
static void flip_sync(struct ui *ui) { ui->sync = !ui->sync; }
static bool get_stacked(const struct ui *ui) { return ui->stacked; }
static void flip_stacked(struct ui *ui) { ui->stacked = !ui->stacked; }

static const struct toggle toggles[] = {
	{ "ascii", "lines and marks in ASCII (~)", get_ascii, flip_ascii },
	{ "mouse", "click, double click, wheel; hinders the terminal's own copying", get_mouse,
	    flip_mouse },
	{ "sync", "the cursor of the other model follows (s)", get_sync, flip_sync },
	{ "stacked", "two models one above the other (\\)", get_stacked, flip_stacked },
};
enum { TOGGLES = sizeof toggles / sizeof *toggles };

/* Settings that verdicts depend on come first. */
static uint32_t
put_verdicts(struct ui *ui, struct page *p)
{
	const char *name, *help, *value;
	uint32_t i, at;

	for (i = 0; (name = verdict_setting(ui, i, &at, &help)) != NULL; i++) {
		page_puts(p, ST_BOLD, "    ");
		page_puts(p, ST_BOLD, name);
		page_to(p, 16);
		for (uint32_t k = 0; (value = verdict_value(i, k)) != NULL; k++)
			page_printf(p, k == at ? ST_KEY : ST_DIM, k == at ? "[%s] " : "%s ",
			    value);
		page_puts(p, ST_TEXT, help);
		page_end(p);
	}
	return i;
}

static void
options_build(struct ui *ui, struct vframe *f, unsigned width)
{
	struct page *p = &f->page;

	(void)width;
	f->number = put_verdicts(ui, p);
	for (uint32_t i = 0; i < TOGGLES; i++) {
		page_puts(p, ST_KEY, toggles[i].get(ui) ? "[x] " : "[ ] ");
		page_puts(p, ST_BOLD, toggles[i].name);
		page_to(p, 16);
		page_puts(p, ST_TEXT, toggles[i].help);
		page_end(p);
	}
	page_end(p);
	page_puts(p, ST_DIM, "Space or Enter changes a line; verdicts follow at once.");
	page_end(p);
}

static bool
options_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count, uint32_t key)
{
	(void)count;
	(void)key;
	if ((r != REQ_OPEN && r != REQ_FOLD) || f->cursor >= f->number + TOGGLES)
		return false;
	if (f->cursor < f->number)
		verdict_next(ui, f->cursor);
	else
		toggles[f->cursor - f->number].flip(ui);
	ui_stale(ui);
	return true;
}

static const enum req options_footer[] = {
	REQ_OPEN, REQ_BACK, REQ_HELP, REQ_QUIT, REQ_NONE
};

const struct view VIEW_OPTIONS_ENTRY = {
	.name = "options", .mask = V_LIST | V_MODEL, .build = options_build,
	.request = options_request, .footer = options_footer
};
