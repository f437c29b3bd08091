/* SPDX-License-Identifier: Apache-2.0 */
/* What a command said. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/state.h"

static void
output_build(struct ui *ui, struct vframe *f, unsigned width)
{
	(void)ui;
	if (f->wraps && f->text != NULL)
		page_wrap(&f->page, ST_TEXT, f->text, 0, width);
	else
		page_text(&f->page, ST_TEXT, f->text != NULL ? f->text : "", f->ntext);
}

static void
output_title(const struct ui *ui, const struct vframe *f, struct sink *out)
{
	(void)ui;
	sink_puts(out, f->heading);
}

void
ui_output(struct ui *ui, const char *heading, char *text, size_t n)
{
	struct vframe *f = ui_push(ui, VIEW_OUTPUT);

	free(f->text);
	f->text = text;
	f->ntext = n;
	f->top = f->cursor = f->left = 0;
	f->wraps = false;
	ui_short(f->heading, sizeof f->heading, ":", heading);
}

bool
ui_output_copy(struct ui *ui, const char *heading, const struct sink *text)
{
	char *copy = text->n > 0 ? malloc(text->n) : NULL;

	if (copy == NULL)
		return false;
	memcpy(copy, text->buf, text->n);
	ui_output(ui, heading, copy, text->n);
	return true;
}

static const enum req output_footer[] = {
	REQ_BACK, REQ_SEARCH, REQ_NEXT, REQ_COMMAND, REQ_HELP, REQ_QUIT, REQ_NONE
};

const struct view VIEW_OUTPUT_ENTRY = {
	.name = "output", .mask = V_TEXT, .build = output_build, .title = output_title,
	.footer = output_footer
};
