/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slurp.h"
#include "cmd/command.h"
#include "ui/dump.h"
#include "ui/job.h"
#include "ui/key.h"
#include "ui/script.h"
#include "ui/state.h"
#include "ui/ui.h"

/* <word> for the script itself, not a key: how many bytes, or 0. */
static size_t
directive(struct ui *ui, const char *s, size_t n, struct sink *out)
{
	const char *end = *s == '<' ? memchr(s, '>', n) : NULL;
	size_t len = end != NULL ? (size_t)(end - s) + 1 : 0;
	int w, h, n_colours;
	char what[8];

	if (len == 6 && memcmp(s, "<dump>", 6) == 0) {
		ui_draw(ui, ui->grid.w, ui->grid.h);
		if (out != NULL)
			grid_dump(&ui->grid, out, false), sink_puts(out, "----\n");
		return len;
	}
	if (len == 8 && memcmp(s, "<styles>", 8) == 0) {
		ui_draw(ui, ui->grid.w, ui->grid.h);
		if (out != NULL)
			grid_dump(&ui->grid, out, true), sink_puts(out, "----\n");
		return len;
	}
	if (len == 8 && memcmp(s, "<layout>", 8) == 0) {
		ui_draw(ui, ui->grid.w, ui->grid.h);
		if (out != NULL)
			dump_layout(ui, out);
		return len;
	}
	if (len > 10 && len < 20 && memcmp(s, "<colours:", 9) == 0 &&
	    sscanf(s, "<colours:%d>", &n_colours) == 1) {
		ui_draw(ui, ui->grid.w, ui->grid.h);
		if (out != NULL)
			grid_dump_colours(&ui->grid, out, n_colours), sink_puts(out, "----\n");
		return len;
	}
	if (len > 6 && len < 20 && memcmp(s, "<size:", 6) == 0 &&
	    sscanf(s, "<size:%dx%d>", &w, &h) == 2 && w > 0 && h > 0 && w <= 1000 && h <= 1000) {
		ui_draw(ui, w, h);
		return len;
	}
	if (len > 8 && len < 20 && sscanf(s, "<%6[a-z]:%dx%d>", what, &w, &h) == 3 &&
	    (strcmp(what, "click") == 0 || strcmp(what, "double") == 0)) {
		ui_draw(ui, ui->grid.w, ui->grid.h);
		ui->click_x = w;
		ui->click_y = h;
		ui_key(ui, *what == 'c' ? K_CLICK : K_DOUBLE);
		return len;
	}
	return 0;
}

/* One key, or what stands for the script itself: how many bytes it is. start: is this the
 * start of a line? */
static size_t
play(struct ui *ui, const char *s, size_t n, bool start, struct sink *out)
{
	const char *end;
	uint32_t key;
	size_t used;

	/* # with a digit behind it is a key: the way to a node, which saved keys may begin with */
	if (start && *s == '#' && (n < 2 || !isdigit((unsigned char)s[1]))) {
		end = memchr(s, '\n', n);
		return end != NULL ? (size_t)(end - s) : n;
	}
	if (*s == '\n' || *s == '\r')
		return 1;
	if ((used = directive(ui, s, n, out)) > 0)
		return used;
	key = key_parse(s, n, &used);
	/* scrolling depends on what was on the screen */
	ui_draw(ui, ui->grid.w, ui->grid.h);
	ui_key(ui, key);
	return used;
}

void
script_keys(struct ui *ui, const char *s, size_t n, struct sink *out)
{
	for (size_t at = 0; at < n && !ui->quit;)
		at += play(ui, s + at, n - at, at == 0 || s[at - 1] == '\n', out);
}

void
replay_start(struct ui *ui, char *text, size_t n)
{
	free(ui->replay);
	ui->replay = text;
	ui->nreplay = n;
	ui->at_replay = 0;
	replay_more(ui);
}

void
replay_more(struct ui *ui)
{
	size_t at;

	while (ui->replay != NULL && !ui->replaying && jobs_running(ui) == 0) {
		at = ui->at_replay;
		if (at >= ui->nreplay || ui->quit) {
			replay_end(ui);
			return;
		}
		ui->replaying = true;
		ui->at_replay += play(ui, ui->replay + at, ui->nreplay - at,
		    at == 0 || ui->replay[at - 1] == '\n', NULL);
		ui->replaying = false;
	}
}

void
replay_end(struct ui *ui)
{
	free(ui->replay);
	ui->replay = NULL;
}

/* All rows, a hundred at a time: the screen that they are drawn on is never
 * longer. Titles once. */
static void
print_rows(struct ui *ui, struct sink *out)
{
	enum { CHUNK = 100, ABOVE = 3, BELOW = 2 };
	struct pane *p = ui_pane(ui);
	struct tree *t = pane_tree(ui, p);
	uint32_t n = t != NULL ? t->rows.n : 0;
	struct sink text;
	char *line;

	for (uint32_t done = 0; done < n; ) {
		uint32_t top = n > CHUNK && done + CHUNK > n ? n - CHUNK : done, skip;

		pane_to_row(ui, p, top);
		p->top = top;
		ui_draw(ui, ui->grid.w, ABOVE + CHUNK + BELOW);
		sink_init(&text, -1);
		grid_dump(&ui->grid, &text, false);
		sink_write(&text, "", 1);
		line = text.buf;
		skip = done > 0 ? ABOVE + (done - top) : 2;
		for (uint32_t i = 0; i < ABOVE + CHUNK && *line != '\0'; i++) {
			size_t len = strcspn(line, "\n") + 1;

			if (i >= skip && i < ABOVE + n - top)
				sink_write(out, line, len);
			line += len;
		}
		sink_fini(&text);
		done = top + CHUNK;
	}
}

struct printing { struct ui *ui; struct sink *out; enum view_id view; };

static void
print_view(void *arg)
{
	struct printing *p = arg;
	struct vframe *f;

	ui_push(p->ui, p->view);
	ui_draw(p->ui, p->ui->grid.w, p->ui->grid.h);
	f = ui_top(p->ui);
	if (f->view->build != NULL)
		page_print(&f->page, p->out);
	else
		print_rows(p->ui, p->out);
}

int
script_print(const struct options *o, const char *name)
{
	static const enum view_id printable[] = { VIEW_ROWS, VIEW_OVERVIEW, VIEW_PROBLEMS,
		VIEW_DETAIL, VIEW_OPTIONS, VIEW_COLUMNS, VIEW_CONVERT, VIEW_HELP };
	static struct ui ui;
	struct sink out;
	struct printing p = { &ui, &out, VIEW_COUNT };

	for (size_t i = 0; i < sizeof printable / sizeof *printable; i++)
		if (strcmp(views[printable[i]]->name, name) == 0)
			p.view = printable[i];
	if (p.view == VIEW_COUNT || o->nmodels == 0)
		return -1;
	if (!ui_init(&ui, o))
		return EXIT_TOOL;
	sink_init(&out, 1);
	grid_clear(&ui.grid, o->columns, 24);
	ui_start(&ui);
	if (o->keys != NULL)
		script_keys(&ui, o->keys, strlen(o->keys), NULL);
	ctx_protect(&ui.ctx, print_view, &p);
	ui_fini(&ui);
	return sink_fini(&out) == 0 || out.err == EPIPE ? EXIT_CLEAN : EXIT_TOOL;
}

int
script_run(const struct options *o)
{
	static struct ui ui;
	const char *keys = o->keys != NULL ? o->keys : "";
	char *text = NULL;
	size_t n = strlen(keys);
	struct sink out;

	if (*keys == '@' && (text = slurp(keys + 1, &n)) == NULL) {
		fprintf(stderr, "mlinspect: --keys: %s: %s\n", keys + 1, strerror(errno));
		return EXIT_BAD_INPUT;
	}
	if (!ui_init(&ui, o))
		return EXIT_TOOL;
	sink_init(&out, 1);
	grid_clear(&ui.grid, o->columns, o->lines);
	ui_start(&ui);
	script_keys(&ui, text != NULL ? text : keys, n, &out);
	if (!ui.quit) {
		ui_draw(&ui, ui.grid.w, ui.grid.h);
		grid_dump(&ui.grid, &out, false);
	}
	free(text);
	ui_fini(&ui);
	return sink_fini(&out) == 0 || out.err == EPIPE ? EXIT_CLEAN : EXIT_TOOL;
}
