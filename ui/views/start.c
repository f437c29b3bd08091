/* SPDX-License-Identifier: Apache-2.0 */
/* The first screen when no model was named: recent ones, and the folder. With a model on
 * the screen: which one to put beside it. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/regular.h"
#include "ui/config.h"
#include "ui/prompt.h"
#include "ui/state.h"

struct entry { char *path; bool folder; };

/* What the frame remembers: the folder shown, and the file of each line. */
struct picker { struct entry *list; uint32_t n; };

/* Is a model asked for to be put beside the one on the screen? */
static bool
beside(const struct vframe *f)
{
	return f->number != 0;
}

static const char *const endings[] = {
	".onnx", ".onnxtxt", ".textproto", ".ort", ".pt2", ".pt", ".pth", ".ptl", ".mlmodel",
	".mlpackage", ".mlmodelc", ".mil", ".json", ".pbtxt"
};

static bool
is_model(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t k = strlen(endings[i]);

		if (n > k && strcmp(name + n - k, endings[i]) == 0)
			return true;
	}
	return false;
}

static int
by_path(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->folder != y->folder ? (x->folder ? -1 : 1) : strcmp(x->path, y->path);
}

static void
add(struct vframe *f, struct picker *k, const char *path, bool folder)
{
	k->list = arena_grow(&f->a, k->list, k->n, sizeof *k->list);
	k->list[k->n++] = (struct entry){ arena_strdup(&f->a, path, strlen(path)), folder };
}

static void
read_folder(struct vframe *f, struct picker *k, const char *dir)
{
	DIR *d = opendir(*dir != '\0' ? dir : ".");
	char path[PATH_MAX];
	struct dirent *e;
	struct stat st;

	while (d != NULL && (e = readdir(d)) != NULL) {
		bool folder;
		int n;

		if (e->d_name[0] == '.')
			continue;
		n = snprintf(path, sizeof path, "%s%s%s", dir, *dir != '\0' ? "/" : "", e->d_name);
		if (n < 0 || (size_t)n >= sizeof path || stat(path, &st) != 0)
			continue;
		folder = S_ISDIR(st.st_mode) && !is_model(e->d_name);
		if (folder || is_model(e->d_name))
			add(f, k, path, folder);
	}
	if (d != NULL)
		closedir(d);
}

static void
put_entries(struct vframe *f, struct picker *k, uint32_t from)
{
	for (uint32_t i = from; i < k->n; i++) {
		const char *s = k->list[i].path;

		page_puts(&f->page, ST_TEXT, "  ");
		page_safe(&f->page, k->list[i].folder ? ST_MODULE : ST_TEXT, s, strlen(s), 70);
		page_puts(&f->page, ST_MODULE, k->list[i].folder ? "/" : "");
		f->page.next.link = LINK_NUMBER;
		f->page.next.number = i;
		page_end(&f->page);
	}
}

static void
put_recent(struct ui *ui, struct vframe *f, struct picker *k)
{
	char path[PATH_MAX], line[PATH_MAX];
	FILE *r = ui->threads && config_path(CONFIG_RECENT, path, sizeof path) ?
	    regular_stream(path) : NULL;

	if (r == NULL)
		return;
	while (k->n < 9 && fgets(line, sizeof line, r) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (access(line, R_OK) == 0)
			add(f, k, line, false);
	}
	fclose(r);
	if (k->n == 0)
		return;
	page_puts(&f->page, ST_TITLE, "Recent models");
	page_end(&f->page);
	put_entries(f, k, 0);
	page_end(&f->page);
}

/* The name without its folder and what follows the last dot: how long it is. */
static size_t
stem(const char *path, const char **base)
{
	const char *slash = strrchr(path, '/'), *dot;

	*base = slash != NULL ? slash + 1 : path;
	dot = strrchr(*base, '.');
	return dot != NULL ? (size_t)(dot - *base) : strlen(*base);
}

/* How likely the file is what one wants to see beside the model: another form of it most,
 * then packages. */
static int
likely(const char *file, const char *model)
{
	const char *a, *b;
	size_t n = stem(file, &a), k = stem(model, &b);

	if (strcmp(a, b) == 0)
		return 0;
	if (n == k && memcmp(a, b, n) == 0)
		return 3;
	return strcmp(a + n, ".mlpackage") == 0 || strcmp(a + n, ".mlmodel") == 0 ? 2 : 1;
}

/* The cursor to the first line that can be opened, or the likeliest. */
static void
place_cursor(const struct ui *ui, struct vframe *f, const struct picker *k)
{
	const struct doc *d = ui->panes[ui->focus].doc;
	int best = -1;

	for (uint32_t i = 0; i < f->page.n; i++) {
		const struct page_line *l = &f->page.lines[i];
		int is;

		if (l->link != LINK_NUMBER)
			continue;
		is = !beside(f) || d == NULL || k->list[l->number].folder ? 0 :
		    likely(k->list[l->number].path, d->path);
		if (is > best) {
			f->cursor = i;
			best = is;
		}
	}
}

void
start_beside(struct ui *ui)
{
	const char *path = ui_pane(ui)->doc != NULL ? ui_pane(ui)->doc->path : "";
	const char *base;
	struct vframe *f = ui_push(ui, VIEW_START);

	stem(path, &base);
	f->number = 1;
	f->cursor = f->top = 0;
	free(f->text);
	f->text = base > path ? strndup(path, (size_t)(base - path) - 1) : NULL;
}

static void
start_build(struct ui *ui, struct vframe *f, unsigned width)
{
	const char *dir = f->text != NULL ? f->text : "";
	struct picker *k = arena_alloc(&f->a, sizeof *k);
	uint32_t from;

	f->state = k;
	page_wrap(&f->page, ST_TEXT, beside(f) ? "Which model is to stand beside this one? "
	    "Counterparts share a line." : "mlinspect shows what is in a machine-learning model, "
	    "what is wrong with it, and where.", 0, width);
	page_puts(&f->page, ST_DIM,
	    beside(f) ? "Enter takes it, :vs FILE any other, q goes back." :
	    "Enter opens a model or a folder, :open FILE any other, ? helps.");
	page_end(&f->page);
	page_end(&f->page);
	put_recent(ui, f, k);
	page_puts(&f->page, ST_TITLE, "Models in ");
	page_safe(&f->page, ST_TITLE, *dir != '\0' ? dir : ".", *dir != '\0' ? strlen(dir) : 1, 60);
	page_end(&f->page);
	from = k->n;
	if (*dir != '\0')
		add(f, k, "..", true);
	read_folder(f, k, dir);
	if (k->n > from)
		qsort(k->list + from, k->n - from, sizeof *k->list, by_path);
	put_entries(f, k, from);
	if (k->n == from)
		page_puts(&f->page, ST_DIM, "  none; start the program in a folder with models"),
		    page_end(&f->page);
	if (f->cursor == 0)
		place_cursor(ui, f, k);
}

static void
enter_folder(struct vframe *f, const char *path)
{
	char *dir, *slash;

	if (strcmp(path, "..") != 0) {
		dir = strdup(path);
	} else {
		dir = strdup(f->text);
		slash = dir != NULL ? strrchr(dir, '/') : NULL;
		if (slash != NULL)
			*slash = '\0';
		else if (dir != NULL)
			*dir = '\0';
	}
	free(f->text);
	f->text = dir;
	f->fresh = false;
	f->cursor = f->top = 0;
}

static bool
start_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count, uint32_t key)
{
	const struct picker *k = f->state;
	const struct page_line *l = f->cursor < f->page.n ? &f->page.lines[f->cursor] : NULL;
	char line[PROMPT_MAX];

	(void)count;
	(void)key;
	if (r == REQ_BACK && !beside(f) && f->text != NULL && *f->text != '\0') {
		enter_folder(f, "..");
		return true;
	}
	if (r != REQ_OPEN || l == NULL || l->link != LINK_NUMBER || k == NULL)
		return false;
	if (k->list[l->number].folder) {
		enter_folder(f, k->list[l->number].path);
	} else if (snprintf(line, sizeof line, "%s %s", beside(f) ? "vs" : "open",
	    k->list[l->number].path) < (int)sizeof line) {
		command_line(ui, line);
	}
	return true;
}

static void
start_title(const struct ui *ui, const struct vframe *f, struct sink *out)
{
	(void)ui;
	sink_puts(out, beside(f) ? "compare with" : "choose a model");
}

static const enum req start_footer[] = {
	REQ_OPEN, REQ_BACK, REQ_SEARCH, REQ_COMMAND, REQ_HELP, REQ_QUIT, REQ_NONE
};

const struct view VIEW_START_ENTRY = {
	.name = "start", .mask = V_START, .build = start_build, .request = start_request,
	.title = start_title, .footer = start_footer
};
