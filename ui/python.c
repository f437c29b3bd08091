/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/place.h"
#include "base/regular.h"
#include "ui/python.h"
#include "ui/state.h"

/* bytes of a text read without asking */
enum { SOURCE_MAX = 16 << 20 };

/* The model names the file: a FIFO or a device would never end. */
static FILE *
open_regular(const char *path)
{
	FILE *f = regular_stream(path);
	struct stat st;

	if (f != NULL && (fstat(fileno(f), &st) != 0 || st.st_size > SOURCE_MAX)) {
		fclose(f);
		f = NULL;
	}
	return f;
}

FILE *
python_open(const struct doc *d, const char *file)
{
	const char *slash = strrchr(d->path, '/'), *base = strrchr(file, '/');
	char path[PATH_MAX];
	FILE *f = *file == '/' ? open_regular(file) : NULL;

	if (f != NULL)
		return f;
	snprintf(path, sizeof path, "%.*s%s", slash != NULL ? (int)(slash - d->path) + 1 : 0,
	    d->path, *file != '/' ? file : base + 1);
	if ((f = open_regular(path)) == NULL && *file != '/')
		f = open_regular(file);
	return f;
}

/* A minute apart, since copies of both are made in any order. */
bool
python_newer(FILE *f, const struct doc *d)
{
	struct stat st;

	return fstat(fileno(f), &st) == 0 && st.st_mtime > d->stamp.time + 60;
}

/* Every line with its number in front. */
static void
read_lines(FILE *f, struct sink *out)
{
	char text[512];
	unsigned line = 0;
	bool start = true;

	while (fgets(text, sizeof text, f) != NULL) {
		if (start)
			sink_printf(out, "%6u  ", ++line);
		sink_puts(out, text);
		start = strchr(text, '\n') != NULL;
	}
}

void
python_show(struct ui *ui)
{
	struct pane *p = ui_pane(ui);
	const struct node *n = p->graph != NULL ? pane_node(ui, p) : NULL;
	struct python_place at;
	struct vframe *frame;
	char shown[200];
	struct sink out;
	bool newer;
	FILE *f;

	if (n == NULL || !python_place(p->doc, n, &at)) {
		ui_say(ui, ST_DIM, "no line of Python is known here");
		return;
	}
	if ((f = python_open(p->doc, at.file)) == NULL) {
		ui_short(shown, sizeof shown, "not here: ", at.file);
		ui_say(ui, ST_WARN, "%s, nor a file of that name beside the model", shown);
		return;
	}
	sink_init(&out, -1);
	read_lines(f, &out);
	newer = python_newer(f, p->doc);
	fclose(f);
	if (ui_output_copy(ui, "source", &out)) {
		frame = ui_top(ui);
		frame->cursor = at.line > 0 ? at.line - 1 : 0;
		frame->top = frame->cursor > 8 ? frame->cursor - 8 : 0;
		ui_short(frame->heading, sizeof frame->heading, "", strrchr(at.file, '/') != NULL ?
		    strrchr(at.file, '/') + 1 : at.file);
		if (newer)
			ui_say(ui, ST_WARN, "written after the model: lines may have moved");
	}
	sink_fini(&out);
}
