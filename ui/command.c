/* SPDX-License-Identifier: Apache-2.0 */
/* The : prompt: our own commands, requests by name, and the batch commands,
 * which run as jobs and give a page of text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/regular.h"
#include "base/slurp.h"
#include "cmd/command.h"
#include "convert/extract.h"
#include "ui/config.h"
#include "ui/convert.h"
#include "ui/dump.h"
#include "ui/job.h"
#include "ui/key.h"
#include "ui/prompt.h"
#include "ui/script.h"
#include "ui/settings.h"
#include "ui/sort.h"
#include "ui/yank.h"

struct own {
	const char *name, *args, *help;
	void (*run)(struct ui *, const char *arg);
};

/* ---- batch commands ---- */

struct batch_job {
	struct doc *doc;
	struct options o;
	bool *chosen;            /* of o; or NULL */
	struct sink out;
	char line[PROMPT_MAX], file[PROMPT_MAX], focus[16];
	enum exit_status status;
	bool over;
};

static void
run_batch(struct job *j)
{
	struct batch_job *b = j->arg;
	struct session *s = b->doc->s;

	job_enter(j, &s->ctx);
	b->status = command_run(s, &b->o, b->line, &b->out);
	job_leave(&s->ctx);
}

static void
batch_done(struct ui *ui, struct job *j)
{
	struct batch_job *b = j->arg;
	struct doc *d = b->doc;
	bool closed = d->closing;
	char shown[120];

	d->state = DOC_READY;
	if (closed) {
		doc_close(ui, d);
	} else if (b->o.dot_out != NULL && b->status == EXIT_CLEAN) {
		ui_short(shown, sizeof shown, "drawn to ", b->file);
		ui_say(ui, ST_GOOD, "%s", shown);
	} else if (b->o.json) {
		ui_write(ui, b->file, b->over, b->out.buf, b->out.n);
	} else if (!ui_output_copy(ui, b->line, &b->out)) {
		ui_say(ui, ST_DIM, "%s: nothing to say", b->line);
	}
	if (!closed && d->dated)
		doc_analyse(ui, d);
	sink_fini(&b->out);
	free(b->chosen);
	free(b);
}

static struct batch_job *
new_batch(struct ui *ui, const char *line)
{
	struct pane *p = ui_pane(ui);
	struct batch_job *b;

	if (p->doc == NULL || p->doc->s == NULL || p->graph == NULL) {
		ui_say(ui, ST_WARN, "no model is open: :open FILE");
		return NULL;
	}
	if (p->doc->state != DOC_READY) {
		ui_say(ui, ST_WARN, "the analysis is still running; J shows it");
		return NULL;
	}
	if ((b = calloc(1, sizeof *b)) == NULL) {
		ui_say(ui, ST_ERROR, "out of memory");
		return NULL;
	}
	b->doc = p->doc;
	b->o = *ui->options;
	b->o.json = b->o.dot = false;
	b->o.goes_on = true;
	snprintf(b->line, sizeof b->line, "%s", line);
	sink_init(&b->out, -1);
	return b;
}

static void
start_batch(struct ui *ui, struct batch_job *b)
{
	char title[80];

	b->doc->state = DOC_OPEN;
	ui_short(title, sizeof title, ":", b->line);
	job_start(ui, title, run_batch, batch_done, b);
}

static void
batch(struct ui *ui, const char *line)
{
	struct batch_job *b;

	if (strncmp(line, "dot", 3) == 0 && (line[3] == '\0' || line[3] == ' '))
		ui_say(ui, ST_WARN, "on the screen a drawing goes to a file: :export FILE");
	else if ((b = new_batch(ui, line)) != NULL)
		start_batch(ui, b);
}

/* ---- our own ---- */

static bool
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && strcmp(s + n - k, end) == 0;
}

static bool
is_drawable(const char *file)
{
	static const char *const ends[] = { ".dot", ".gv", ".svg", ".png", ".pdf", ".json",
		".txt" };

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (ends_in(file, ends[i]))
			return true;
	return false;
}

static bool
is_installed(const char *program)
{
	const char *path = getenv("PATH");
	char name[4096];
	size_t n;

	for (; path != NULL && *path != '\0'; path += n + (path[n] == ':')) {
		n = strcspn(path, ":");
		snprintf(name, sizeof name, "%.*s/%s", (int)n, path, program);
		if (n > 0 && access(name, X_OK) == 0)
			return true;
	}
	return false;
}

/* model.onnx at node 35: model-35.svg, or .dot where nothing can make a picture of it;
 * model-35-2.svg when that is there. */
bool
command_export_name(struct ui *ui, const char *end, char *buf, size_t n)
{
	const struct pane *p = ui_pane(ui);
	const struct node *at = p->graph != NULL ? pane_node(ui, ui_pane(ui)) : NULL;
	const char *base, *dot;
	char number[16] = "", again[16] = "";
	int stem, len = 0;

	if (p->doc == NULL || p->graph == NULL)
		return false;
	if (end == NULL)
		end = is_installed("dot") ? "svg" : "dot";
	if (at != NULL)
		snprintf(number, sizeof number, "-%u", (unsigned)at->id);
	base = strrchr(p->doc->path, '/');
	base = base != NULL && base[1] != '\0' ? base + 1 : p->doc->path;
	dot = strrchr(base, '.');
	stem = dot != NULL && dot > base ? (int)(dot - base) : (int)strcspn(base, "/");
	for (unsigned k = 2; k < 1000; k++) {
		len = snprintf(buf, n, "%.*s%s%s.%s", stem, base, number, again, end);
		if (access(buf, F_OK) != 0)
			break;
		snprintf(again, sizeof again, "-%u", k);
	}
	return len > 0 && (size_t)len < n;
}

/* export [FILE [all]]: by its ending a drawing around the cursor, JSON of the
 * node, or the text of the view. */
static void
run_export(struct ui *ui, const char *arg)
{
	const struct node *n = ui_pane(ui)->graph != NULL ? pane_node(ui, ui_pane(ui)) : NULL;
	char file[PROMPT_MAX], own[PROMPT_MAX];
	struct vframe *f = ui_top(ui);
	struct batch_job *b;
	size_t len;
	bool all;

	if (*arg == '\0' && command_export_name(ui, NULL, own, sizeof own))
		arg = own;
	len = strlen(arg);
	all = ends_in(arg, " all");
	snprintf(file, sizeof file, "%.*s", (int)(all ? len - strlen(" all") : len), arg);
	if (!is_drawable(file)) {
		ui_say(ui, ST_WARN, "export FILE [all]: .dot .svg .png .pdf .json or .txt");
		return;
	}
	if (ends_in(file, ".txt")) {
		struct sink text;

		sink_init(&text, -1);
		ui_build_page(ui, f, f->width > 0 ? f->width : 80);
		if (f->view->build != NULL) /* also what is not on the screen */
			page_print(&f->page, &text);
		else
			grid_dump(&ui->grid, &text, false);
		ui_write(ui, file, ui->over, text.buf, text.n);
		sink_fini(&text);
		return;
	}
	if (!ui_may_write(ui, file, ui->over) ||
	    (b = new_batch(ui, ends_in(file, ".json") ? "nodes" : "dot")) == NULL)
		return;
	b->over = ui->over;
	memcpy(b->file, file, sizeof file);
	if (n != NULL && !all)
		snprintf(b->focus, sizeof b->focus, "#%u", (unsigned)n->id);
	if (ends_in(file, ".json")) {
		b->o.json = true;
		if (!all && ui_pane(ui)->selecting) {
			if (!select_command(ui_pane(ui), pane_tree(ui, ui_pane(ui)), b->line,
			    sizeof b->line))
				ui_say(ui, ST_WARN, "not all of them: the list would be too long");
		} else if (*b->focus != '\0')
			snprintf(b->line, sizeof b->line, "node %s", b->focus);
	} else {
		b->o.dot = true;
		b->o.dot_out = b->file;
		b->o.render = ends_in(file, ".svg") ? "svg" : ends_in(file, ".png") ? "png" :
		    ends_in(file, ".pdf") ? "pdf" : NULL;
		b->o.focus = *b->focus != '\0' ? b->focus : NULL;
		b->o.fold = all ? -2 : -1;
	}
	start_batch(ui, b);
}

static void
choose(void *arg, const struct node *n)
{
	((bool *)arg)[n->id] = true;
}

/* extract [FILE [FILTER]]: what is selected, the module or the node under the cursor. */
static void
run_extract(struct ui *ui, const char *arg)
{
	struct pane *p = ui_pane(ui);
	char own[PROMPT_MAX], file[PROMPT_MAX], line[PROMPT_MAX];
	struct batch_job *b;

	if (*arg == '\0' && command_export_name(ui, "onnx", own, sizeof own))
		arg = own;
	snprintf(file, sizeof file, "%.*s", (int)extract_name(arg), arg);
	snprintf(line, sizeof line, "extract %.*s", (int)sizeof line - 9, arg);
	if (*file == '\0' || !ui_may_write(ui, file, ui->over) ||
	    (b = new_batch(ui, line)) == NULL)
		return;
	b->o.convert.force = ui->over;
	if (arg[extract_name(arg)] == '\0') {
		b->chosen = calloc(b->doc->s->model->nnodes + (size_t)1, sizeof *b->chosen);
		if (b->chosen != NULL)
			select_here(p, pane_tree(ui, p), choose, b->chosen);
		b->o.chosen = b->chosen;
	}
	start_batch(ui, b);
}

/* Put the model into a pane, closing what nobody shows any more. */
static void
open_in(struct ui *ui, uint32_t i, const char *path)
{
	struct doc *old = i < ui->npanes ? ui->panes[i].doc : NULL;

	if (*path == '\0') {
		ui_say(ui, ST_WARN, "which file?");
		return;
	}
	if (old != NULL) {
		ui_leave_doc(ui, old);
		ui->panes[i].doc = NULL;
		doc_close(ui, old);
	}
	if (i >= ui->npanes)
		ui->npanes = i + 1;
	ui->focus = i;
	ui->panes[i] = (struct pane){ .doc = NULL };
	while (ui->nframes > 0)
		ui_pop(ui);
	ui_push(ui, VIEW_ROWS);
	old = doc_open(ui, path);
	if (ui->panes[i].doc == NULL)
		ui->panes[i].doc = old;
	config_recent_add(ui, path);
}

static void
run_open(struct ui *ui, const char *arg)
{
	open_in(ui, ui->npanes > 0 ? ui->focus : 0, arg);
}

static void
run_vs(struct ui *ui, const char *arg)
{
	open_in(ui, ui->npanes > 1 ? 1 - ui->focus : ui->npanes, arg);
}

static void
run_close(struct ui *ui, const char *arg)
{
	struct doc *d = ui_pane(ui)->doc;

	(void)arg;
	if (ui->npanes < 2) {
		ui_say(ui, ST_WARN, "this is the only model; Q leaves");
		return;
	}
	ui_leave_doc(ui, d);
	ui->panes[ui->focus] = ui->panes[1 - ui->focus];
	ui->panes[0] = ui->panes[ui->focus];
	memset(&ui->panes[1], 0, sizeof ui->panes[1]);
	ui->npanes = 1;
	ui->focus = 0;
	doc_close(ui, d);
	ui_stale(ui);
}

static void
run_quit(struct ui *ui, const char *arg)
{
	(void)arg;
	ui->quit = true;
}

static void
run_save(struct ui *ui, const char *arg)
{
	/* without the line that asks for it */
	size_t n = ui->recording.n;
	const char *s = ui->recording.buf;

	while (n > 0 && s[n - 1] != ':')
		n--;
	if (*arg == '\0')
		ui_say(ui, ST_WARN, "save FILE: the keys of this session, for replay");
	else
		ui_write(ui, arg, ui->over, n > 0 ? s : "", n > 0 ? n - 1 : 0);
}

static void
run_replay(struct ui *ui, const char *arg)
{
	char *text;
	size_t n;

	if (ui->replaying) {
		ui_say(ui, ST_WARN, "a session that replays sessions goes round in circles");
		return;
	}
	if ((text = slurp_regular(arg, &n)) == NULL) {
		ui_say(ui, ST_ERROR, "cannot be read: %s", regular_says(errno));
		return;
	}
	replay_start(ui, text, n);
}

static void
run_read(struct ui *ui, const char *arg)
{
	bool long_text;
	char *text;
	struct sink out;

	(void)arg;
	sink_init(&out, -1);
	say_place(ui, &out);
	long_text = out.n > 0 && text_columns(out.buf, out.n) + 2 > ui->grid.w;
	sink_write(&out, "", 1);
	if (!long_text) {
		ui_say(ui, ST_TEXT, "%s", out.buf);
	} else if ((text = strdup(out.buf)) != NULL) {
		ui_output(ui, "read", text, out.n - 1);
		ui_top(ui)->wraps = true;
	}
	sink_fini(&out);
}

static void
run_source(struct ui *ui, const char *arg)
{
	if (ui->sourcing) {
		ui_say(ui, ST_WARN, "a file of settings that reads others goes round in circles");
		return;
	}
	ui->sourcing = true;
	config_read(ui, arg);
	ui->sourcing = false;
}

static void
run_yank(struct ui *ui, const char *arg)
{
	if (ui->yanked.n == 0)
		ui_say(ui, ST_WARN, "nothing was copied yet: y");
	else
		ui_write(ui, arg, ui->over, ui->yanked.buf, ui->yanked.n);
}

/* map KEYS REQUEST. */
static void
run_map(struct ui *ui, const char *arg)
{
	size_t n = strcspn(arg, " "), skip = n + strspn(arg + n, " ");
	enum req r = request_find(arg + skip, strlen(arg + skip));
	char keys[64];

	snprintf(keys, sizeof keys, "%.*s", (int)n, arg);
	if (r == REQ_NONE)
		ui_say(ui, ST_ERROR, "map KEYS REQUEST: no such request; ? lists them");
	else if (!keymap_bind(&ui->keys, keys, request_rows[r].views, r))
		ui_say(ui, ST_ERROR, "map: these are no keys");
}

static void
run_unmap(struct ui *ui, const char *arg)
{
	if (!keymap_bind(&ui->keys, arg, V_ALL, REQ_NONE))
		ui_say(ui, ST_ERROR, "unmap: these are no keys");
}

static void
run_filter(struct ui *ui, const char *arg)
{
	if (ui_pane(ui)->graph == NULL)
		return;
	ui_snapshot(ui, ui_pane(ui));
	ui_set_filter(ui, ui_pane(ui), arg);
	ui_stale(ui);
}

static void
run_set(struct ui *ui, const char *arg)
{
	size_t n = strcspn(arg, " ");

	settings_set(ui, arg, n, arg + n + strspn(arg + n, " "));
}

static void
run_graph(struct ui *ui, const char *arg)
{
	struct pane *p = ui_pane(ui);
	const struct model *m = p->graph != NULL ? p->doc->s->model : NULL;
	unsigned long id = strtoul(arg, NULL, 10);

	if (m == NULL || *arg < '0' || *arg > '9' || id >= m->ngraphs)
		ui_say(ui, ST_WARN, "graph N, below %u; info names them",
		    m != NULL ? (unsigned)m->ngraphs : 0u);
	else
		pane_to_graph(ui, p, m->graphs[id], true);
}

static void
retry(struct ui *ui, const char *arg)
{
	(void)arg;
	convert_retry(ui);
}

static void
run_sort(struct ui *ui, const char *arg)
{
	int c = settings_column(arg, strlen(arg));

	if (*arg == '\0')
		ui_sort_next(ui);
	else if (c < COL_COUNT || strcmp(arg, "graph") == 0)
		ui_sort(ui, (enum column)c);
	else
		ui_say(ui, ST_ERROR, "sort [COLUMN]: no such column; a lists them; graph: its own "
		    "order");
}

/* dump layout [FILE]: to a page of its own without one. */
static void
run_dump(struct ui *ui, const char *arg)
{
	size_t n = strcspn(arg, " ");
	const char *file = arg + n + strspn(arg + n, " ");
	struct sink out;

	if (n != 6 || memcmp(arg, "layout", 6) != 0) {
		ui_say(ui, ST_WARN, "dump layout [FILE]: rows, lanes, folds and boxes as JSON");
		return;
	}
	if (ui_pane(ui)->graph == NULL) {
		ui_say(ui, ST_WARN, "no model is open: :open FILE");
		return;
	}
	sink_init(&out, -1);
	dump_layout(ui, &out);
	if (*file != '\0')
		ui_write(ui, file, ui->over, out.buf, out.n);
	else
		ui_output_copy(ui, "layout", &out);
	sink_fini(&out);
}

static const struct own own[] = {
	{ "open", "FILE", "open a model in this pane", run_open },
	{ "vs", "FILE", "open a model beside this one", run_vs },
	{ "close", "", "close this side", run_close },
	{ "command", "", "the conversion in the form (C) as a command", convert_show_command },
	{ "convert-set", "NAME TEXT", "an option of a conversion (C)", convert_set },
	{ "dump", "layout [FILE]", "rows, lanes, folds and boxes of the view as JSON", run_dump },
	{ "export", "[FILE [all]]", "draw around the node (.dot .svg .png .pdf), node as .json, "
	    "screen or whole page as .txt; all: the whole model", run_export },
	{ "extract", "[FILE [FILTER]]", "ONNX: the nodes selected, of the module or under the "
	    "cursor as a model of their own", run_extract },
	{ "filter", "FILTER", "as &", run_filter },
	{ "graph", "N", "show graph number N", run_graph },
	{ "map", "KEYS REQUEST", "bind keys", run_map },
	{ "read", "", "the current row as a sentence", run_read },
	{ "replay", "FILE", "press the keys in FILE", run_replay },
	{ "retry", "", "the conversion again, with the option that may help", retry },
	{ "save", "FILE", "keys of this session, for replay; save!, export!, extract!, "
	    "write-yank! write over a file that is there", run_save },
	{ "script", "", "the conversion in the form (C) as a program in Python",
	    convert_show_script },
	{ "set", "NAME [VALUE]", "a setting: target, chip, mouse, columns, ...", run_set },
	{ "sort", "[COLUMN]", "rows by a column, shown or not; graph: in their order", run_sort },
	{ "source", "FILE", "run the commands in FILE", run_source },
	{ "unmap", "KEYS", "take a binding away", run_unmap },
	{ "write-yank", "FILE", "write what was copied", run_yank },
	{ "q", "", "leave", run_quit },
};
enum { OWN = sizeof own / sizeof *own };

const char *
command_own(uint32_t i, const char **args, const char **help)
{
	if (i >= OWN)
		return NULL;
	*args = own[i].args;
	*help = own[i].help;
	return own[i].name;
}

static const struct own *
find_own(const char *name, size_t n)
{
	for (size_t i = 0; i < OWN; i++)
		if (strlen(own[i].name) == n && memcmp(own[i].name, name, n) == 0)
			return &own[i];
	return NULL;
}

void
command_line(struct ui *ui, const char *line)
{
	const char *near, *arg;
	const struct own *o;
	enum req r;
	size_t n;
	char shown[80];

	line += strspn(line, " :");
	n = strcspn(line, " ");
	arg = line + n + strspn(line + n, " ");
	if (*line == '\0')
		return;
	if (*line == '#' || (*line >= '0' && *line <= '9')) {
		ui_request(ui, REQ_LAST, (uint32_t)strtoul(line + (*line == '#'), NULL, 10), 0);
	} else if ((o = find_own(line, n - (n > 1 && line[n - 1] == '!'))) != NULL) {
		ui->over = line[n - 1] == '!';
		o->run(ui, arg);
		ui->over = false;
	} else if (command_find(line, (unsigned)n, &near) != NULL) {
		batch(ui, line);
	} else if ((r = request_find(line, n)) != REQ_NONE) {
		ui_request(ui, r, (uint32_t)strtoul(arg, NULL, 10), (unsigned char)*arg);
	} else {
		ui_short(shown, sizeof shown, "no such command: ", line);
		ui_say(ui, ST_ERROR, near != NULL ? "%s. Did you mean %s?" : "%s", shown, near);
	}
}
