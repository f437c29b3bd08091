/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/map.h"
#include "cmd/command.h"
#include "cmd/convert_report.h"
#include "cmd/helper.h"
#include "convert/place.h"
#include "convert/run.h"
#include "ui/convert.h"
#include "ui/doc.h"
#include "ui/job.h"
#include "ui/state.h"

static const char *const targets[] = {
	"default", "iOS15", "iOS16", "iOS17", "iOS18", "iOS26", "iOS14", "iOS13", NULL
};
static const char *const kinds[] = { "default", "mlprogram", "neuralnetwork", NULL };
static const char *const precisions[] = { "default", "f16", "f32", NULL };
static const char *const units[] = {
	"default", "ALL", "CPU_ONLY", "CPU_AND_GPU", "CPU_AND_NE", NULL
};
static const char *const passes[] = { "default", "CLEANUP", "EMPTY", NULL };
static const char *const cure_words[] = { "all", "none", "all and defaults", NULL };

static const struct form_row { const char *name, *help; const char *const *values; } rows[] = {
	{ "target", "oldest system it is to run on", targets },
	{ "convert-to", "what to make", kinds },
	{ "precision", "of computing; f16!OP,OP by --precision", precisions },
	{ "units", "where it may run", units },
	{ "passes", "which of the optimiser", passes },
	{ "cures", "decompose, freeze; defaults fills in arguments", cure_words },
	{ "inputs", "NAME:f32[1,3,8..64]; blanks between", NULL },
	{ "outputs", "names and types, with commas", NULL },
	{ "states", "state:NAME:f16[1,8], with commas", NULL },
	{ "without", "passes left out, with commas", NULL },
	{ "out", "package to write", NULL }
};
enum { ROWS = sizeof rows / sizeof *rows, CHOICES = 6 };

struct converting *
ui_converting(struct ui *ui)
{
	const struct convert_options *o = &ui->options->convert;
	struct converting *c = ui->convert;

	if (c != NULL)
		return c;
	if ((c = calloc(1, sizeof *c)) == NULL) {
		ui_say(ui, ST_ERROR, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&c->lock, NULL);
	for (uint32_t i = 0; i < o->ninputs; i++)
		snprintf(c->texts[0] + strlen(c->texts[0]), CONVERT_TEXT - strlen(c->texts[0]),
		    "%s%s", i > 0 ? " " : "", o->inputs[i]);
	snprintf(c->texts[1], CONVERT_TEXT, "%s", o->outputs != NULL ? o->outputs : "");
	snprintf(c->texts[2], CONVERT_TEXT, "%s", o->states != NULL ? o->states : "");
	snprintf(c->texts[3], CONVERT_TEXT, "%s", o->without != NULL ? o->without : "");
	snprintf(c->texts[4], CONVERT_TEXT, "%s", o->out != NULL ? o->out : "");
	for (uint32_t k = 0; o->target != NULL && targets[k] != NULL; k++)
		if (strcmp(targets[k], o->target) == 0)
			c->chosen[0] = k;
	ui->convert = c;
	return c;
}

const char *
convert_row(const struct ui *ui, uint32_t i, const char *const **values, const char **text,
    const char **help)
{
	const struct converting *c = ui->convert;

	if (i >= ROWS)
		return NULL;
	*values = rows[i].values;
	*text = i < CHOICES ? rows[i].values[c->chosen[i]] : c->texts[i - CHOICES];
	*help = rows[i].help;
	return rows[i].name;
}

void
convert_change(struct ui *ui, uint32_t i)
{
	struct converting *c = ui->convert;
	char line[PROMPT_MAX];

	if (i < CHOICES) {
		c->chosen[i] = rows[i].values[c->chosen[i] + 1] != NULL ? c->chosen[i] + 1 : 0;
	} else if (i < ROWS) {
		snprintf(line, sizeof line, "convert-set %s %s", rows[i].name,
		    c->texts[i - CHOICES]);
		prompt_open(&ui->prompt, PROMPT_COMMAND, line);
	}
}

void
convert_set(struct ui *ui, const char *arg)
{
	struct converting *c = ui_converting(ui);
	size_t n = strcspn(arg, " ");

	for (uint32_t i = CHOICES; c != NULL && i < ROWS; i++)
		if (strlen(rows[i].name) == n && strncmp(rows[i].name, arg, n) == 0) {
			snprintf(c->texts[i - CHOICES], CONVERT_TEXT, "%s",
			    arg + n + strspn(arg + n, " "));
			ui_stale(ui);
			return;
		}
	ui_say(ui, ST_WARN, "convert-set inputs|outputs|states|without|out TEXT");
}

static const char *
value_of(const struct converting *c, uint32_t i)
{
	return c->chosen[i] == 0 ? NULL : rows[i].values[c->chosen[i]];
}

static const char *
text_of(const struct converting *c, uint32_t i)
{
	return c->texts[i][0] != '\0' ? c->texts[i] : NULL;
}

/* The form as options; texts of inputs are cut at blanks, in the session's arena. */
static void
read_form(struct converting *c, struct arena *a, const char *path)
{
	const char *s = c->texts[0], *dot = strrchr(path, '.');
	size_t n;

	c->o = (struct convert_options){ .target = value_of(c, 0), .convert_to = value_of(c, 1),
	    .precision = value_of(c, 2), .compute_units = value_of(c, 3),
	    .passes = value_of(c, 4), .outputs = text_of(c, 1), .states = text_of(c, 2),
	    .without = text_of(c, 3), .out = text_of(c, 4) };
	c->o.no_cure = c->chosen[5] == 1 ? "" : NULL;
	c->o.cure = c->chosen[5] == 2 ? "defaults" : NULL;
	for (s += strspn(s, " "); *s != '\0'; s += n, s += strspn(s, " ")) {
		n = strcspn(s, " ");
		c->o.inputs = arena_grow(a, c->o.inputs, c->o.ninputs, sizeof *c->o.inputs);
		c->o.inputs[c->o.ninputs++] = arena_strdup(a, s, n);
	}
	if (c->o.out == NULL)
		c->o.out = arena_printf(a, "%.*s.mlpackage", dot != NULL &&
		    strchr(dot, '/') == NULL ? (int)(dot - path) : (int)strlen(path), path);
	snprintf(c->out, sizeof c->out, "%s", c->o.out);
}

static void
copy(char *to, size_t n, const char *s)
{
	struct sink safe;

	sink_init(&safe, -1);
	if (s != NULL)
		sink_safe(&safe, s, strlen(s), (unsigned)n / 3);
	snprintf(to, n, "%.*s", (int)safe.n, safe.n > 0 ? safe.buf : "");
	sink_fini(&safe);
}

/* What the screen may read, from what only the job may. */
static void
publish(struct converting *c, const struct convert_run *r, int wake)
{
	struct convert_now *now = &c->now;
	uint32_t from = r->nlogs > CONVERT_LOG ? r->nlogs - CONVERT_LOG : 0;

	pthread_mutex_lock(&c->lock);
	copy(now->stage, sizeof now->stage, r->stage);
	copy(now->what, sizeof now->what, r->pass != NULL ? r->pass : r->node.kind);
	copy(now->scope, sizeof now->scope, r->pass != NULL ? r->pipeline : r->node.scope);
	now->i = r->i;
	now->n = r->n;
	now->seconds = r->seconds;
	now->memory = r->memory;
	now->nlog = r->nlogs - from;
	for (uint32_t i = from; i < r->nlogs; i++)
		copy(now->log[i - from], sizeof now->log[0], r->logs[i].text);
	pthread_mutex_unlock(&c->lock);
	if (wake >= 0 && write(wake, "", 1) < 0)
		return; /* the pipe is full: the screen is awake anyway */
}

struct ending { struct converting *c; struct convert_run *r; };

static void
write_report(void *arg)
{
	struct ending *e = arg;
	struct converting *c = e->c;
	struct sink out;
	struct call call = { .s = &c->own, .opts = c->options, .arena = &c->own.arena,
	    .out = &out };

	sink_init(&out, -1);
	convert_text(&call, e->r);
	if (e->r->end != RUN_CONVERTED && e->r->end != RUN_REFUSED && e->r->exception == NULL) {
		child_describe(e->r->child, &out);
		sink_puts(&out, "\n");
	}
	if (out.n > 0 && (c->report = malloc(out.n)) != NULL) {
		memcpy(c->report, out.buf, out.n);
		c->nreport = out.n;
	}
	sink_fini(&out);
	if (e->r->blamed.name != NULL)
		c->blamed = place_find(c->own.model, &e->r->blamed, run_twins(e->r));
}

static void
run(struct job *j)
{
	struct converting *c = j->arg;
	struct convert_run r;
	struct ending e = { c, &r };

	c->child.cancel = &j->cancel;
	run_start(&r, &c->request, &c->child);
	while (run_step(&r, j->wake >= 0 ? 50 : -1))
		publish(c, &r, j->wake);
	c->made = r.end == RUN_CONVERTED;
	if (c->made) /* without it counterparts are searched */
		map_write(&c->own, c->out, &r);
	ctx_protect(&c->own.ctx, write_report, &e);
	run_close(&r);
}

static void
end_session(struct converting *c)
{
	arena_free(&c->own.arena);
	ctx_fini(&c->own.ctx);
}

static void
done(struct ui *ui, struct job *j)
{
	struct converting *c = j->arg;
	struct doc *d = c->doc;
	char line[PROMPT_MAX + 8];

	c->job = NULL;
	d->state = DOC_READY;
	end_session(c);
	if (d->closing) {
		doc_close(ui, d);
		return;
	}
	ui_stale(ui);
	if (c->made) {
		/* side by side; the view with what became of it comes over it */
		snprintf(line, sizeof line, "vs %s", c->out);
		command_line(ui, line);
		ui_push(ui, VIEW_CONVERT);
		ui_say(ui, ST_GOOD, "converted; q shows both models side by side");
	} else if (c->blamed != NULL && ui_pane(ui)->doc == d) {
		pane_to_node(ui, ui_pane(ui), c->blamed, true);
		ui_push(ui, VIEW_CONVERT);
		ui_say(ui, ST_ERROR, "not converted; q shows the node it stopped at");
	}
}

struct preparing { struct ui *ui; struct converting *c; bool ready; };

static void
prepare(void *arg)
{
	struct preparing *p = arg;
	struct converting *c = p->c;
	struct call call = { .s = &c->own, .opts = p->ui->options, .arena = &c->own.arena };
	const char *format = c->own.model->format;
	struct objection *list;

	read_form(c, &c->own.arena, c->own.path);
	if (request_make(&c->request, &c->own.arena, &c->o, c->own.path,
	    strcmp(format, "pt2") == 0 ? CONVERT_PT2 : strcmp(format, "onnx") == 0 ?
	    CONVERT_ONNX : strcmp(format, "torchscript") == 0 ? CONVERT_TORCHSCRIPT :
	    CONVERT_OTHER, c->own.model, &list) > 0 && c->request.format != CONVERT_ONNX)
		ui_say(p->ui, ST_ERROR, "%s: %s", list[0].option + 2, list[0].text);
	else if (c->request.format == CONVERT_OTHER)
		ui_say(p->ui, ST_WARN, "only PyTorch's models can be converted");
	else if (!helper_find(&call, &c->child))
		ui_say(p->ui, ST_ERROR, "the driver of coremltools was not found");
	else
		p->ready = true;
}

void
convert_start(struct ui *ui)
{
	struct converting *c = ui_converting(ui);
	struct doc *d = ui_pane(ui)->doc;
	struct preparing p = { ui, c, false };

	if (c == NULL || c->job != NULL)
		return;
	if (d == NULL || d->s == NULL || d->s->model == NULL || d->state != DOC_READY) {
		ui_say(ui, ST_WARN, "no model is open, or its analysis is still running");
		return;
	}
	free(c->report);
	c->report = NULL;
	c->blamed = NULL;
	c->made = false;
	c->doc = d;
	memset(&c->now, 0, sizeof c->now);
	memset(&c->own, 0, sizeof c->own);
	ctx_init(&c->own.ctx);
	arena_init(&c->own.arena, &c->own.ctx);
	c->own.path = d->path;
	c->own.model = d->s->model;
	c->own.options = d->s->options;
	ctx_protect(&c->own.ctx, prepare, &p);
	c->options = ui->options;
	c->child.seconds = ui->options->timeout;
	c->child.memory = (uint64_t)ui->options->memory << 30;
	c->child.network = ui->options->network;
	c->child.pid = NULL;
	if (!p.ready) {
		end_session(c);
		return;
	}
	d->state = DOC_OPEN;
	c->job = job_start(ui, "convert", run, done, c);
	if (!ui->threads)
		c->job = NULL; /* it is over */
}

void
convert_free(struct ui *ui)
{
	if (ui->convert == NULL)
		return;
	pthread_mutex_destroy(&ui->convert->lock);
	free(ui->convert->report);
	free(ui->convert);
	ui->convert = NULL;
}
