/* SPDX-License-Identifier: Apache-2.0 */
/* The stack of views. */
#include <stdlib.h>
#include <string.h>

#include "ui/state.h"

const struct view *const views[VIEW_COUNT] = {
#define VIEW(id, entry) &entry,
#include "ui/views.def"
#undef VIEW
};

struct vframe *
ui_top(struct ui *ui)
{
	return &ui->frames[ui->nframes - 1];
}

const struct vframe *
ui_shown(const struct ui *ui)
{
	return &ui->frames[ui->nframes - 1];
}

static void
clear_frame(struct vframe *f)
{
	if (f->view != NULL && f->page.a != NULL)
		page_fini(&f->page);
	arena_free(&f->a);
	free(f->text);
	memset(f, 0, sizeof *f);
}

struct vframe *
ui_push(struct ui *ui, enum view_id id)
{
	struct vframe *f;

	for (uint32_t i = 0; i < ui->nframes; i++) {
		if (ui->frames[i].view != views[id])
			continue;
		while (ui->nframes > i + 1)
			ui_pop(ui);
		f = ui_top(ui);
		f->fresh = false;
		return f;
	}
	if (ui->nframes == FRAMES)
		ui_pop(ui);
	f = &ui->frames[ui->nframes++];
	memset(f, 0, sizeof *f);
	f->view = views[id];
	arena_init(&f->a, &ui->ctx);
	return f;
}

void
ui_pop(struct ui *ui)
{
	clear_frame(&ui->frames[--ui->nframes]);
	if (ui->nframes > 0)
		ui_top(ui)->fresh = false;
}

void
ui_stale(struct ui *ui)
{
	for (uint32_t i = 0; i < ui->nframes; i++)
		ui->frames[i].fresh = false;
}
