/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"
#include "ui/key.h"
#include "ui/script.h"
#include "ui/state.h"
#include "ui/ui.h"

char *
script_read(const char *path, size_t *n)
{
	FILE *f = fopen(path, "r");
	char *text = NULL, *more;
	size_t cap = 0, got = 1;

	*n = 0;
	if (f == NULL)
		return NULL;
	while (got > 0) {
		if (*n + 4096 > cap) {
			if ((more = realloc(text, cap += 1 << 16)) == NULL)
				break;
			text = more;
		}
		got = fread(text + *n, 1, cap - *n, f);
		*n += got;
	}
	fclose(f);
	return text;
}

/* <word> for the script itself, not a key: how many bytes, or 0. */
static size_t
directive(struct ui *ui, const char *s, size_t n, struct sink *out)
{
	const char *end = *s == '<' ? memchr(s, '>', n) : NULL;
	size_t len = end != NULL ? (size_t)(end - s) + 1 : 0;
	int w, h;

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
	if (len > 6 && len < 20 && memcmp(s, "<size:", 6) == 0 &&
	    sscanf(s, "<size:%dx%d>", &w, &h) == 2 && w > 0 && h > 0 && w <= 1000 && h <= 1000) {
		ui_draw(ui, w, h);
		return len;
	}
	return 0;
}

void
script_keys(struct ui *ui, const char *s, size_t n, struct sink *out)
{
	bool start = true;
	size_t used;

	while (n > 0 && !ui->quit) {
		if (start && *s == '#') {
			const char *end = memchr(s, '\n', n);

			used = end != NULL ? (size_t)(end - s) : n;
		} else if (*s == '\n' || *s == '\r') {
			used = 1;
		} else if ((used = directive(ui, s, n, out)) == 0) {
			uint32_t key = key_parse(s, n, &used);

			/* scrolling depends on what was on the screen */
			ui_draw(ui, ui->grid.w, ui->grid.h);
			ui_key(ui, key);
		}
		start = *s == '\n';
		s += used;
		n -= used;
	}
}

int
script_run(const struct options *o)
{
	static struct ui ui;
	const char *keys = o->keys != NULL ? o->keys : "";
	char *text = NULL;
	size_t n = strlen(keys);
	struct sink out;

	if (*keys == '@' && (text = script_read(keys + 1, &n)) == NULL) {
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
