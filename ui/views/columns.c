/* SPDX-License-Identifier: Apache-2.0 */
/* Which columns the rows have. */
#include "ui/sort.h"
#include "ui/state.h"

static void
columns_build(struct ui *ui, struct vframe *f, unsigned width)
{
	struct page *p = &f->page;

	(void)width;
	for (int c = 0; c < COL_COUNT; c++) {
		page_puts(p, ST_KEY, ui->columns[c] ? "[x] " : "[ ] ");
		page_puts(p, ST_BOLD, column_rows[c].name);
		page_puts(p, ST_KEY, c == (int)ui->sort ? " ^" : "");
		page_to(p, 18);
		page_puts(p, ST_TEXT, column_rows[c].help);
		p->next.link = LINK_NUMBER;
		p->next.number = (uint32_t)c;
		page_end(p);
	}
	page_end(p);
	page_wrap(p, ST_DIM, "Space or Enter shows a column or hides it, o sorts the rows by it "
	    "(^) and again puts them back in graph order. What does not fit beside the names "
	    "is left out from the left; wider terminals show more.", 0, width);
}

static bool
columns_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count, uint32_t key)
{
	(void)count;
	(void)key;
	if ((r != REQ_OPEN && r != REQ_FOLD && r != REQ_SORT) || f->cursor >= COL_COUNT)
		return false;
	if (r != REQ_SORT && ui_pane(ui)->graph != NULL)
		ui_snapshot(ui, ui_pane(ui));
	if (r == REQ_SORT)
		ui_sort(ui, f->cursor == ui->sort ? COL_COUNT : (enum column)f->cursor);
	else
		ui->columns[f->cursor] = !ui->columns[f->cursor];
	f->fresh = false;
	return true;
}

static const enum req columns_footer[] = {
	REQ_OPEN, REQ_SORT, REQ_BACK, REQ_HELP, REQ_QUIT, REQ_NONE
};

const struct view VIEW_COLUMNS_ENTRY = {
	.name = "columns", .mask = V_LIST | V_MODEL, .build = columns_build,
	.request = columns_request, .footer = columns_footer
};
