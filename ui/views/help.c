/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that work in the view below, from the table of requests and the live
 * keys; / searches in it like in any page. */
#include <string.h>

#include "ui/prompt.h"
#include "ui/state.h"

/* Behind the keys and the name, or below them where there is no room. */
static void
put_help(struct page *p, const char *text, unsigned width)
{
	unsigned at = width >= 60 ? 36 : 4;

	if (width < 60)
		page_end(p);
	page_to(p, at);
	page_wrap(p, ST_TEXT, text, at, width);
}

static void
help_keys(struct ui *ui, struct page *p, unsigned mask, unsigned width)
{
	const char *group = "";
	char keys[128];

	for (int i = 0; i < REQ_COUNT; i++) {
		const struct request_row *r = &request_rows[i];

		keymap_text(&ui->keys, (enum req)i, mask, keys, sizeof keys);
		if ((r->views & mask) == 0)
			continue;
		if (strcmp(group, r->group) != 0) {
			if (p->n > 2)
				page_end(p);
			page_puts(p, ST_TITLE, r->group);
			page_end(p);
			group = r->group;
		}
		page_puts(p, ST_TEXT, "  ");
		page_puts(p, ST_KEY, keys);
		page_to(p, 18);
		page_printf(p, ST_BOLD, "%.*s", (int)strcspn(r->name, "@"), r->name);
		put_help(p, r->help, width);
	}
}

static void
help_commands(struct page *p, unsigned width)
{
	const char *name, *args, *help;

	page_end(p);
	page_puts(p, ST_TITLE, "Commands of the : prompt");
	page_end(p);
	page_wrap(p, ST_DIM, "Requests above by their names, the commands of the command line "
	    "(info, ops, nodes, lint, shapes, ...), and:", 2, width);
	for (uint32_t i = 0; (name = command_own(i, &args, &help)) != NULL; i++) {
		page_puts(p, ST_TEXT, "  ");
		page_puts(p, ST_KEY, name);
		page_puts(p, ST_DIM, " ");
		page_puts(p, ST_DIM, args);
		put_help(p, help, width);
	}
}

/* The view that help was asked in. */
static const struct view *
below(const struct ui *ui)
{
	return ui->frames[ui->nframes > 1 ? ui->nframes - 2 : 0].view;
}

static void
help_build(struct ui *ui, struct vframe *f, unsigned width)
{
	struct page *p = &f->page;

	page_wrap(p, ST_DIM, "Keys of the view you came from. / searches here, q goes back.", 0,
	    width);
	if (below(ui)->about != NULL)
		page_wrap(p, ST_TEXT, below(ui)->about, 0, width);
	if (ui->npanes > 1 && below(ui)->mask == V_ROWS)
		page_wrap(p, ST_TEXT, "Letters between the models: = the same, ~ modified, + and "
		    "- only on one side, < and > further nodes of what is modified, L another "
		    "layout alone, ? not sure; Enter says why.", 0, width);
	page_end(p);
	help_keys(ui, p, f->number != 0 ? f->number : V_ROWS, width);
	help_commands(p, width);
}

static const enum req help_footer[] = { REQ_BACK, REQ_SEARCH, REQ_NEXT, REQ_QUIT, REQ_NONE };

const struct view VIEW_HELP_ENTRY = {
	.name = "help", .mask = V_TEXT, .build = help_build, .footer = help_footer
};
