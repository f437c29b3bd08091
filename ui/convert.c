/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/map.h"
#include "app/scan.h"
#include "base/regular.h"
#include "cmd/command.h"
#include "cmd/convert_record.h"
#include "cmd/convert_report.h"
#include "cmd/helper.h"
#include "convert/offer.h"
#include "convert/run.h"
#include "report/text.h"
#include "ui/convert.h"
#include "ui/doc.h"
#include "ui/job.h"
#include "ui/state.h"

struct converting *
ui_converting(struct ui *ui)
{
	struct converting *c = ui->convert;

	if (c != NULL)
		return c;
	if ((c = calloc(1, sizeof *c)) == NULL) {
		ui_say(ui, ST_ERROR, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&c->lock, NULL);
	ui->convert = c;
	return c;
}

static bool
convertible(const struct doc *d)
{
	return d != NULL && d->s != NULL && d->s->model != NULL &&
	    (d->s->model->dialect == DIALECT_ATEN || d->s->model->dialect == DIALECT_ONNX);
}

/* The model that is converted: this pane's, or the other's beside what became of it. */
static struct doc *
subject(struct ui *ui)
{
	struct doc *d = ui_pane(ui)->doc;

	for (uint32_t i = 0; !convertible(d) && i < ui->npanes; i++)
		if (convertible(ui->panes[i].doc))
			return ui->panes[i].doc;
	return d;
}

struct form *
convert_form(struct ui *ui)
{
	struct converting *c = ui_converting(ui);
	const struct doc *d = subject(ui);

	if (c == NULL || d == NULL || d->s == NULL)
		return NULL;
	if (c->form.path == NULL || (c->job == NULL && strcmp(c->form.path, d->path) != 0)) {
		/* scripts leave no traces, but where they are told to */
		c->keep = ui->threads || getenv("XDG_STATE_HOME") != NULL;
		form_make(&c->form, d->s, &ui->options->convert, c->keep);
		free(c->report);
		c->report = NULL;
		c->offered = false;
	}
	return &c->form;
}

struct request *
convert_judge(struct ui *ui, struct arena *a, struct objection **list, uint32_t *n)
{
	const struct form *f = convert_form(ui);
	struct convert_options *o;
	struct request *q;

	*n = 0;
	*list = NULL;
	if (f == NULL || f->format == CONVERT_OTHER)
		return NULL;
	o = arena_alloc(a, sizeof *o);
	q = arena_alloc(a, sizeof *q);
	form_options(f, a, o);
	*n = request_make(q, a, o, f->path, f->format, subject(ui)->s->model, list);
	if (f->format == CONVERT_ONNX)
		*n = 0; /* it is asked all the same, to hear what it says */
	return q;
}

const char *
convert_taken(struct arena *a, const struct request *q)
{
	return q->format == CONVERT_ONNX ? NULL : run_taken(a, q->o->out, q->o->force,
	    "only replace, in the form, puts another in its place");
}

/* What is there to be changed: nothing where sizes are not known, for what is typed behind
 * a question mark is no type. */
static const char *
changeable(const struct form *f, uint32_t row)
{
	const char *text = form_text(f, row);
	bool unknown = f->rows[row].input != UINT32_MAX && f->rows[row].text == NULL &&
	    strchr(text, '?') != NULL;

	return unknown ? "" : text;
}

void
convert_change(struct ui *ui, uint32_t row)
{
	struct form *f = convert_form(ui);
	char line[PROMPT_MAX];

	if (f == NULL || row >= f->n)
		return;
	if (f->rows[row].values != NULL) {
		form_next(f, row);
	} else {
		snprintf(line, sizeof line, "convert-set %s %s", f->rows[row].name,
		    changeable(f, row));
		prompt_open(&ui->prompt, PROMPT_COMMAND, line);
		ui->prompt.given = strlen("convert-set ") + strlen(f->rows[row].name) + 1;
	}
}

void
convert_set(struct ui *ui, const char *arg)
{
	struct form *f = convert_form(ui);
	size_t n = strcspn(arg, " ");
	uint32_t row = f != NULL ? form_find(f, arg, n) : UINT32_MAX;

	if (f == NULL)
		ui_say(ui, ST_WARN, "no model is open");
	else if (row >= f->n)
		ui_say(ui, ST_WARN, "convert-set NAME TEXT: target, out, input:NAME, ...");
	else if (!form_set(f, row, arg + n + strspn(arg + n, " ")))
		ui_say(ui, ST_WARN, "%s has no such value", f->rows[row].name);
	ui_stale(ui);
}

void
convert_retry(struct ui *ui)
{
	struct converting *c = ui_converting(ui);
	struct form *f = convert_form(ui);

	if (c == NULL || f == NULL || c->job != NULL)
		return;
	if (!c->offered) {
		ui_say(ui, ST_WARN, "no option is known that would help");
		return;
	}
	form_take(f, &(struct offer){ .option = c->offer[OFFER_OPTION], .why = "",
	    .value = c->offer_left ? NULL : c->offer[OFFER_VALUE],
	    .cure = *c->offer[OFFER_CURE] != '\0' ? c->offer[OFFER_CURE] : NULL });
	convert_start(ui);
}

struct writing {
	struct ui *ui;
	struct arena a;
	struct sink *out;
	void (*write)(struct sink *, const struct request *);
	bool ok;
};

static void
write_again(void *arg)
{
	struct writing *w = arg;
	struct objection *list;
	uint32_t n;
	const struct request *q = convert_judge(w->ui, &w->a, &list, &n);

	w->ok = q != NULL && n == 0 && q->format != CONVERT_ONNX;
	if (w->ok)
		w->write(w->out, q);
	else
		ui_say(w->ui, ST_WARN, n > 0 ? "the form (C) says what is wrong" :
		    "only PyTorch's models can be converted");
}

/* The form as a program or a command line, on a page of its own. */
static void
show_again(struct ui *ui, const char *title, void (*write)(struct sink *, const struct request *))
{
	struct sink out;
	struct writing w = { .ui = ui, .out = &out, .write = write };
	struct ctx ctx;

	sink_init(&out, -1);
	ctx_init(&ctx);
	arena_init(&w.a, &ctx);
	if (ctx_protect(&ctx, write_again, &w) == 0 && w.ok)
		ui_output_copy(ui, title, &out);
	arena_free(&w.a);
	ctx_fini(&ctx);
	sink_fini(&out);
}

void
convert_show_script(struct ui *ui, const char *arg)
{
	(void)arg;
	show_again(ui, "the conversion in Python", request_script);
}

void
convert_show_command(struct ui *ui, const char *arg)
{
	(void)arg;
	show_again(ui, "the conversion as a command", request_command);
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

/* What the run has to offer, kept for the screen. */
static void
keep_offer(struct converting *c, const struct convert_run *r)
{
	struct offer o;

	c->offered = offer_find(&o, &c->own.arena, r);
	c->offer_left = o.value == NULL;
	snprintf(c->offer[OFFER_OPTION], CONVERT_TEXT, "%s", c->offered ? o.option : "");
	snprintf(c->offer[OFFER_VALUE], CONVERT_TEXT, "%s", o.value != NULL ? o.value : "");
	snprintf(c->offer[OFFER_CURE], CONVERT_TEXT, "%s", o.cure != NULL ? o.cure : "");
	snprintf(c->offer[OFFER_WHY], CONVERT_TEXT, "%s", c->offered ? o.why : "");
}

static void
keep_report(struct converting *c, const struct sink *out)
{
	if (out->n > 0 && (c->report = malloc(out->n)) != NULL) {
		memcpy(c->report, out->buf, out->n);
		c->nreport = out->n;
	}
}

/* What loading the file would do to Python is said before Python loads it. */
static void
look_first(void *arg)
{
	struct converting *c = arg;
	const struct diags *d = &c->own.ctx.diags;
	struct sink out;

	c->refused = session_scan(&c->own, &c->own.arena) == NULL ||
	    (d->count[LEVEL_ERROR] > 0 && !form_trust(&c->form));
	if (!c->refused)
		return;
	sink_init(&out, -1);
	for (uint32_t i = 0; i < d->n && i < 40; i++) {
		text_label(&out, level_name(d->list[i].level));
		text_wrap(&out, d->list[i].message, 14);
	}
	text_label(&out, "Not loaded:");
	text_wrap(&out, "see what scan found; trust, in the form, loads it all the same", 14);
	keep_report(c, &out);
	sink_fini(&out);
}

/* The first line of what Python said. */
static void
put_said(struct sink *out, const char *s)
{
	s += strspn(s, " \n");
	sink_write(out, s, strcspn(s, "\n"));
}

/* Why it did not come to an end: what Python said, how its process ended, or the cause. */
static void
put_why(struct sink *out, const struct convert_run *r)
{
	if (r->exception != NULL) {
		sink_printf(out, "%s: ", r->exception);
		put_said(out, r->message != NULL ? r->message : "");
	} else if (r->end == RUN_BROKEN) {
		child_describe(r->child, out);
	} else {
		sink_puts(out, r->found.cause != NULL ? r->found.cause : "");
	}
}

/* What became of it, for the findings: the doc gets it when the job is over. One that
 * was stopped says nothing. */
static void
keep_ran(struct converting *c, const struct convert_run *r)
{
	struct ran *ran = &c->ran;
	struct sink out;

	if (r->end == RUN_CANCELLED)
		return;
	sink_init(&out, -1);
	ran->end = r->end == RUN_CONVERTED ? RAN_MADE : RAN_FAILED;
	ran->name = reason_word(r->found.reason);
	ran->node = c->blamed != NULL ? c->blamed->id : UINT32_MAX;
	sink_puts(&out, c->blamed == NULL ? "" : r->blamed.name != NULL ?
	    "the conversion stopped here: " : "the conversion stopped, likely here: ");
	put_why(&out, r);
	snprintf(ran->message, sizeof ran->message, "%.*s", (int)out.n, out.n > 0 ? out.buf : "");
	snprintf(ran->fix, sizeof ran->fix, "%s", r->found.cure != NULL ? r->found.cure : "");
	sink_fini(&out);
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
	keep_report(c, &out);
	sink_fini(&out);
	keep_offer(c, e->r);
	c->blamed = convert_stopped(&call, e->r);
	keep_ran(c, e->r);
}

static void
keep_record(struct converting *c, const struct sink *record)
{
	const char *file = c->options->record;

	c->unkept = file != NULL ? regular_write(file, record->buf, record->n) : 0;
	c->recorded |= file != NULL && c->unkept == 0;
}

static void
run(struct job *j)
{
	struct converting *c = j->arg;
	struct convert_run r;
	struct ending e = { c, &r };
	struct sink record;

	if (ctx_protect(&c->own.ctx, look_first, c) != 0 || c->refused)
		return;
	c->child.cancel = &j->cancel;
	sink_init(&record, -1);
	c->child.record = c->options->record != NULL ? &record : NULL;
	record_begin(&record, c->request);
	run_start(&r, c->request, &c->child);
	while (run_step(&r, j->wake >= 0 ? 50 : -1))
		publish(c, &r, j->wake);
	c->made = r.end == RUN_CONVERTED;
	if (c->made) /* without it counterparts are searched */
		map_write(&c->own, c->out, &r);
	ctx_protect(&c->own.ctx, write_report, &e);
	run_close(&r);
	keep_record(c, &record);
	sink_fini(&record);
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
	if (c->ran.end != RAN_NEVER) {
		d->ran = c->ran;
		d->ran.of = d->stamp;
		d->dated = true; /* it is among the findings */
	}
	end_session(c);
	if (!doc_idle(ui, d))
		return;
	ui_stale(ui);
	if (c->made) {
		/* side by side; the view with what became of it comes over it */
		snprintf(line, sizeof line, "vs %s", c->out);
		command_line(ui, line);
		ui_push(ui, VIEW_CONVERT);
		ui_say(ui, ST_GOOD, "converted; q shows both models side by side");
	} else if (c->refused) {
		ui_say(ui, ST_ERROR, "not loaded: it would run what scan warns of");
	} else if (c->blamed != NULL && ui_pane(ui)->doc == d) {
		pane_to_node(ui, ui_pane(ui), c->blamed, true);
		ui_push(ui, VIEW_CONVERT);
		ui_say(ui, ST_ERROR, "not converted; q shows the node it stopped at");
	}
	if (c->unkept != 0)
		ui_say(ui, ST_ERROR, "--record was not written: %s", regular_says(c->unkept));
}

struct preparing { struct ui *ui; struct converting *c; bool ready; };

static void
prepare(void *arg)
{
	struct preparing *p = arg;
	struct converting *c = p->c;
	struct call call = { .s = &c->own, .opts = p->ui->options, .arena = &c->own.arena };
	struct objection *list;
	uint32_t n;

	c->request = convert_judge(p->ui, &c->own.arena, &list, &n);
	if (c->request == NULL)
		ui_say(p->ui, ST_WARN, "only PyTorch's models can be converted");
	else if (n > 0)
		ui_say(p->ui, ST_ERROR, "%s: %s", list[0].option + 2, list[0].text);
	else if (session_holds(&c->own, c->request->o->out))
		ui_say(p->ui, ST_ERROR, "out: that is the model itself");
	else if (convert_taken(&c->own.arena, c->request) != NULL)
		ui_say(p->ui, ST_ERROR, "out: %s", convert_taken(&c->own.arena, c->request));
	else if (!helper_find(&call, &c->child))
		ui_say(p->ui, ST_ERROR, "the driver convert.py was not found; $MLINSPECT_SHARE can "
		    "name its folder");
	else
		p->ready = true;
	if (p->ready)
		snprintf(c->out, sizeof c->out, "%s", c->request->o->out);
}

static bool
may_record(struct ui *ui, const struct converting *c)
{
	const char *file = ui->options->record;
	char shown[120];

	if (file == NULL || access(file, F_OK) != 0)
		return true;
	if (c->recorded || ui->options->convert.force)
		return ui_may_write(ui, file, true);
	ui_short(shown, sizeof shown, "--record ", file);
	ui_say(ui, ST_ERROR, "%s is there already: only --force replaces it", shown);
	return false;
}

void
convert_start(struct ui *ui)
{
	struct converting *c = ui_converting(ui);
	struct doc *d = subject(ui);
	struct preparing p = { ui, c, false };

	if (c == NULL || c->job != NULL)
		return;
	if (d == NULL || d->s == NULL || d->s->model == NULL) {
		ui_say(ui, ST_WARN, "no model is open");
		return;
	}
	if (d->state != DOC_READY) {
		c->waits_for = d;
		ui_say(ui, ST_DIM, "starts when the analysis is done; J shows it");
		return;
	}
	if (!may_record(ui, c))
		return;
	c->waits_for = NULL;
	free(c->report);
	c->report = NULL;
	c->blamed = NULL;
	c->ran.end = RAN_NEVER;
	c->made = c->offered = c->refused = false;
	c->unkept = 0;
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
	c->child.pid = NULL;
	if (!p.ready) {
		end_session(c);
		return;
	}
	if (c->keep)
		form_keep(&c->form);
	d->state = DOC_OPEN;
	c->job = job_start(ui, "convert", run, done, c);
	if (!ui->threads)
		c->job = NULL; /* it is over */
}

void
convert_leave(struct ui *ui)
{
	enum { PATIENCE = 5000 }; /* milliseconds, of which killing the helper takes two */
	struct job *j = ui->convert != NULL ? ui->convert->job : NULL;
	struct timespec a_while = { 0, 20000000 };

	if (j == NULL)
		return;
	j->cancel = 1;
	for (int ms = 0; ms < PATIENCE && !atomic_load(&j->finished); ms += 20)
		nanosleep(&a_while, NULL);
}

bool
convert_says(const struct ui *ui, const struct doc *d, char *buf, size_t n)
{
	struct converting *c = ui->convert;

	if (c == NULL || c->job == NULL || c->doc != d)
		return false;
	pthread_mutex_lock(&c->lock);
	if (c->now.n > 0)
		snprintf(buf, n, "converting: %.12s %d/%d", c->now.stage, (int)c->now.i,
		    (int)c->now.n);
	else
		snprintf(buf, n, "converting: %.12s", c->now.stage);
	pthread_mutex_unlock(&c->lock);
	return true;
}

void
convert_analysed(struct ui *ui, const struct doc *d, bool whole)
{
	struct converting *c = ui->convert;
	bool asked = c != NULL && c->waits_for == d;

	if (asked)
		c->waits_for = NULL;
	if (asked && whole && subject(ui) == d && d->state == DOC_READY)
		convert_start(ui);
}

void
convert_free(struct ui *ui)
{
	if (ui->convert == NULL)
		return;
	pthread_mutex_destroy(&ui->convert->lock);
	free(ui->convert->report);
	form_free(&ui->convert->form);
	free(ui->convert);
	ui->convert = NULL;
}
