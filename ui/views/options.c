/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the screen, changed where they stand. */
#include <string.h>

#include "ui/settings.h"
#include "ui/state.h"

/* A line about setting number i, in two when the width is not enough. */
static void
end_line(struct page *p, uint32_t i, unsigned at, const char *help, unsigned width)
{
	enum { COLUMN = 16 };

	p->next.link = LINK_NUMBER;
	p->next.number = i;
	if (at + strlen(help) > width) {
		page_end(p);
		page_to(p, COLUMN);
		p->next.link = LINK_NUMBER;
		p->next.number = i;
	}
	page_puts(p, ST_TEXT, help);
	page_end(p);
}

/* Settings that verdicts depend on come first. */
static void
put_verdicts(struct ui *ui, struct page *p, unsigned width)
{
	const char *name, *help, *value;
	uint32_t i, at;
	unsigned columns;

	for (i = 0; (name = verdict_setting(ui, i, &at, &help)) != NULL; i++) {
		page_puts(p, ST_BOLD, "    ");
		page_puts(p, ST_BOLD, name);
		page_to(p, 16);
		columns = 18; /* two are the brackets */
		for (uint32_t k = 0; (value = verdict_value(i, k)) != NULL; k++) {
			page_printf(p, k == at ? ST_KEY : ST_DIM, k == at ? "[%s] " : "%s ",
			    value);
			columns += (unsigned)strlen(value) + 1;
		}
		end_line(p, i, columns, help, width);
	}
}

static void
options_build(struct ui *ui, struct vframe *f, unsigned width)
{
	struct page *p = &f->page;
	const char *name, *help;

	put_verdicts(ui, p, width);
	for (uint32_t i = 0; (name = toggle_name(i, &help)) != NULL; i++) {
		page_puts(p, ST_KEY, toggle_get(ui, i) ? "[x] " : "[ ] ");
		page_puts(p, ST_BOLD, name);
		page_to(p, 16);
		end_line(p, VERDICT_SETTINGS + i, 16, help, width);
	}
	page_end(p);
	page_wrap(p, ST_DIM, "Space or Enter changes a line; verdicts follow at once. :set NAME "
	    "VALUE does the same, also in the file of settings.", 0, width);
}

static bool
options_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count, uint32_t key)
{
	const struct page_line *l = f->cursor < f->page.n ? &f->page.lines[f->cursor] : NULL;

	(void)count;
	(void)key;
	if ((r != REQ_OPEN && r != REQ_FOLD) || l == NULL || l->link != LINK_NUMBER)
		return false;
	if (l->number < VERDICT_SETTINGS)
		verdict_next(ui, l->number);
	else
		toggle_flip(ui, l->number - VERDICT_SETTINGS);
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
