/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/measured.h"
#include "app/notes.h"
#include "app/rulebook.h"
#include "app/verdicts.h"
#include "rules/setting.h"
#include "rules/support/support.h"
#include "ui/convert.h"
#include "ui/doc.h"
#include "ui/job.h"
#include "ui/kept.h"
#include "ui/pair.h"
#include "ui/sort.h"
#include "ui/state.h"

/* ---- reading ---- */

/* A session stays where it is made: its arenas point to its context. */
struct holder {
	struct session s;
	struct session_options o;
	struct doc *doc;
	struct stamp stamp;
	struct outline outline;  /* of the main graph; s.root NULL: not made */
	/* Verdicts: those on the screen, and those that come next. */
	struct arena judged[2];
	int shown;
	uint32_t opened, before; /* findings of reading; of all that comes before lint */
	bool linted;
};

static bool
stamp_one(const char *path, struct stamp *out)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	*out = (struct stamp){ .time = st.st_mtime, .size = st.st_size, .inode = st.st_ino };
#ifdef HAVE_STRUCT_STAT_ST_MTIM
	out->nanoseconds = st.st_mtim.tv_nsec;
#endif
	return true;
}

/* A folder keeps its time when a file in it is written: those that hold a model count, the
 * newest of them and all their bytes. */
static bool
stamp_file(const char *path, struct stamp *out)
{
	static const char *const inner[] = { "Manifest.json",
		"Data/com.apple.CoreML/model.mlmodel",
		"Data/com.apple.CoreML/weights/weight.bin",
		"model.mil", "coremldata.bin", "weights/weight.bin" };
	struct stamp in;
	char name[4096];

	if (!stamp_one(path, out))
		return false;
	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
		int n = snprintf(name, sizeof name, "%s/%s", path, inner[i]);

		if (n < 0 || (size_t)n >= sizeof name || !stamp_one(name, &in))
			continue;
		if (in.time > out->time ||
		    (in.time == out->time && in.nanoseconds > out->nanoseconds)) {
			out->time = in.time;
			out->nanoseconds = in.nanoseconds;
		}
		out->size += in.size;
		out->inode ^= in.inode;
	}
	return true;
}

static void
make_outline(void *arg)
{
	struct holder *h = arg;
	struct outline made;

	tree_outline(&made, &h->s.arena, h->s.model, h->s.model->main);
	h->outline = made;
}

static void
run_open(struct job *j)
{
	struct holder *h = j->arg;

	h->o.cancel = &j->cancel;
	h->o.progress = &j->progress;
	session_open(&h->s, h->doc->path, &h->o);
	h->o.cancel = NULL;
	h->o.progress = NULL;
	if (h->s.model != NULL && h->s.model->main != NULL)
		ctx_protect(&h->s.ctx, make_outline, h);
	job_leave(&h->s.ctx);
	h->opened = h->s.ctx.diags.n;
	for (int i = 0; i < 2; i++)
		arena_init(&h->judged[i], &h->s.ctx);
}

/* ---- analysing ---- */

struct collect {
	struct session *s;
	struct doc *d;
	struct conversion conversion;
	const struct node **by_name; /* by str id: first node of that name */
	const struct node **by_id;
	struct finding *list;
	uint32_t n, *first;
	uint8_t *worst;
	const struct support *support;
	const struct costs *costs;
	const struct notes *notes;
	const char *kept_back;
	const uint32_t *names;       /* sort_names */
	struct arena *a;             /* of the results */
	struct arena scratch;
	bool whole;                  /* all of it was done */
};

static void
index_nodes(struct collect *c)
{
	const struct model *m = c->s->model;

	c->by_name = arena_array(&c->scratch, m->strs.n, sizeof *c->by_name);
	c->by_id = arena_array(&c->scratch, m->nnodes, sizeof *c->by_id);
	for (uint32_t g = 0; g < m->ngraphs; g++) {
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++) {
			const struct node *n = m->graphs[g]->nodes[i];

			c->by_id[n->id] = n;
			if (n->name->len > 0 && c->by_name[n->name->id] == NULL)
				c->by_name[n->name->id] = n;
		}
	}
}

/* A finding's node is given as a user types it: a name or #ID. */
static const struct node *
node_of(const struct collect *c, const char *ref)
{
	const struct model *m = c->s->model;
	const struct str *name;
	unsigned long id;

	if (ref == NULL)
		return NULL;
	name = str_find(&m->strs, ref, (uint32_t)strlen(ref));
	if (name != NULL && name->id < m->strs.n && c->by_name[name->id] != NULL)
		return c->by_name[name->id];
	id = ref[0] == '#' ? strtoul(ref + 1, NULL, 10) : m->nnodes;
	return id < m->nnodes ? c->by_id[id] : NULL;
}

static void
add_finding(struct collect *c, struct finding f)
{
	c->list = arena_grow(c->a, c->list, c->n, sizeof *c->list);
	c->list[c->n++] = f;
}

/* Diagnostics go when verdicts are made anew, while their texts are on the screen. */
static const char *
keep(struct collect *c, const char *text)
{
	return arena_strdup(c->a, text, strlen(text));
}

/* What inference finds of these lint says again, with a level and a fix. */
static bool
said_by_lint(const struct collect *c, const struct diag *d)
{
	enum dialect dialect = c->s->model->dialect;

	return (dialect == DIALECT_ONNX || dialect == DIALECT_MIL) &&
	    (d->id == DIAG_SHAPE_CONFLICT || d->id == DIAG_SHAPE_MISFIT);
}

static void
add_diags(struct collect *c)
{
	const struct diags *diags = &c->s->ctx.diags;

	for (uint32_t i = 0; i < diags->n; i++) {
		const struct diag *d = &diags->list[i];
		const char *name = diag_name(d->id);

		if (said_by_lint(c, d))
			continue;
		add_finding(c, (struct finding){ .message = keep(c, d->message),
			.fix = keep(c, diag_says(d)), .name = d->rule != NULL ?
			keep(c, d->rule) : strncmp(name, "lint-", 5) == 0 ? name + 5 : name,
			.node = node_of(c, d->node), .level = d->level, .source = FROM_LINT });
	}
}

/* What the note in front says of all models of the format is no finding of this one. */
static bool
is_noted(const struct collect *c, const struct blocker *b)
{
	return c->s->model->dialect == DIALECT_ONNX && b->node == NULL &&
	    b->reason == REASON_OPTION;
}

static void
add_blockers(struct collect *c)
{
	const struct support *s = c->support;

	for (uint32_t i = 0; s != NULL && i < s->nblockers; i++) {
		const struct blocker *b = &s->blockers[i];

		struct finding f = { .name = reason_word(b->reason),
			.message = b->message, .fix = b->fix, .node = b->node,
			.level = blocker_level(b),
			.source = FROM_SUPPORT, .stops = b == s->stops_at };

		if (is_noted(c, b))
			continue;
		add_finding(c, f);
		f.stops = false;
		for (uint32_t k = 0; k < b->nothers; k++) {
			f.node = b->others[k];
			add_finding(c, f);
		}
	}
}

/* What was run comes before what is expected. */
static void
add_run(struct collect *c)
{
	const struct ran *r = doc_ran(c->d);

	if (r->end != RAN_FAILED)
		return;
	add_finding(c, (struct finding){ .name = r->name, .message = keep(c, r->message),
		.fix = keep(c, r->fix), .level = LEVEL_ERROR, .source = FROM_RUN, .stops = true,
		.node = r->node < c->s->model->nnodes ? c->by_id[r->node] : NULL });
}

/* The worst first, otherwise as they came. */
static void
sort_findings(struct collect *c)
{
	struct finding *sorted = arena_array(c->a, c->n, sizeof *sorted);
	uint32_t n = 0;

	for (int level = LEVEL_COUNT - 1; level >= 0; level--)
		for (uint32_t i = 0; i < c->n; i++)
			if (c->list[i].level == (enum diag_level)level)
				sorted[n++] = c->list[i];
	c->list = sorted;
	c->worst = arena_array(c->a, c->s->model->nnodes, sizeof *c->worst);
	c->first = arena_array(c->a, c->s->model->nnodes, sizeof *c->first);
	for (uint32_t i = 0; i < n; i++) {
		const struct node *at = sorted[i].node;

		if (at == NULL)
			continue;
		if (c->worst[at->id] < (int)sorted[i].level + 1)
			c->worst[at->id] = (uint8_t)(sorted[i].level + 1);
		if (c->first[at->id] == 0)
			c->first[at->id] = i + 1;
	}
}

/* Findings are made anew each time, in the order they come in: settings change those of
 * users' rules. */
static void
lint(struct collect *c)
{
	struct holder *h = c->d->holder;
	struct diags *diags = &c->s->ctx.diags;

	diags_cut(diags, h->linted ? h->before : h->opened);
	session_uses(c->s);
	session_infer(c->s);
	session_rules(c->s);
	session_setting(c->s);
	if (!h->linted)
		h->before = diags->n;
	h->linted = true;
	ctx_phase(&c->s->ctx, "lint", 0);
	session_lint(c->s, false);
}

/* The same for all that the engine could do and does not get. */
static const char *
why_kept_back(const struct collect *c)
{
	const struct ane *ane = session_ane(c->s);

	for (uint32_t i = 0; i < c->notes->n; i++)
		if (ane->nodes[i].eligible == ANE_YES && ane->nodes[i].placed != DEVICE_ANE &&
		    ane->nodes[i].placed != DEVICE_UNKNOWN)
			return ane_placed_because(ane, &ane->nodes[i], session_setting(c->s));
	return "";
}

static void
analyse(void *arg)
{
	struct collect *c = arg;
	struct ctx *ctx = &c->s->ctx;
	uint64_t n = c->s->model->nnodes;

	ctx_phase(ctx, "types", n);
	lint(c);
	ctx_phase(ctx, "cost", n);
	c->costs = session_costs(c->s);
	ctx_phase(ctx, "conversion", n);
	c->support = session_support(c->s, &c->conversion);
	session_notes_support(c->s, c->support);
	ctx_phase(ctx, "Neural Engine", n);
	c->notes = session_notes(c->s, NOTES_ANE | NOTES_COST | NOTES_PROBLEMS);
	c->kept_back = why_kept_back(c);
	ctx_step(ctx);
	index_nodes(c);
	add_run(c);
	add_diags(c);
	add_blockers(c);
	sort_findings(c);
	c->names = c->d->by_name != NULL ? c->d->by_name :
	    sort_names(c->s->model->main, &c->scratch, &c->s->arena);
	c->whole = true;
}

static void
run_analysis(struct job *j)
{
	struct collect *c = j->arg;

	job_enter(j, &c->s->ctx);
	arena_init(&c->scratch, &c->s->ctx);
	ctx_protect(&c->s->ctx, analyse, c);
	arena_free(&c->scratch);
	job_leave(&c->s->ctx);
}

static void start_reading(struct ui *, struct doc *);

static void
forget_sums(struct doc *d)
{
	for (uint32_t i = 0; i < d->ntrees; i++)
		if (d->trees[i] != NULL) {
			d->trees[i]->tallied = false;
			d->trees[i]->levels = NULL;
			d->trees[i]->totals = NULL;
			d->trees[i]->stale |= d->trees[i]->sort != COL_COUNT;
		}
}

static void
analysis_done(struct ui *ui, struct job *j)
{
	struct collect *c = j->arg;
	struct doc *d = c->d;

	d->job = NULL;
	d->state = DOC_READY;
	d->uses = d->s->uses;
	if (c->whole) {
		d->holder->shown = !d->holder->shown;
		d->analysed = true;
		d->support = c->support;
		d->notes = c->notes;
		d->kept_back = c->kept_back;
		d->costs = c->costs;
		d->by_name = c->names;
		d->findings = c->list;
		d->nfindings = c->n;
		memset(d->counts, 0, sizeof d->counts);
		for (uint32_t i = 0; i < c->n; i++)
			d->counts[c->list[i].level]++;
		d->worst = c->worst;
		d->first_finding = c->first;
	}
	free(c);
	forget_sums(d);
	if (d->closing) {
		doc_close(ui, d);
		return;
	}
	if (d->again) {
		start_reading(ui, d);
		return;
	}
	ui_analysed(ui, d);
	if (j->cancel && !d->superseded) {
		d->dated = false;
		ui_say(ui, ST_WARN, d->analysed ? "stopped: verdicts are of the setting before; "
		    "t changes it, r reads all again" : "stopped: there are no verdicts; "
		    "r reads all again");
	}
	if (d->dated)
		doc_analyse(ui, d);
	else
		convert_analysed(ui, d, !j->cancel);
}

/* The session is to run where the screen says. Verdicts that are shown stay until the
 * new ones are there. */
static struct arena *
follow_setting(struct ui *ui, struct doc *d)
{
	struct holder *h = d->holder;
	struct arena *next = &h->judged[!h->shown];

	ui_setting(ui, &h->o.setting);
	arena_free(next);
	session_setting_changed(d->s, next);
	return next;
}

static void
start_analysis(struct ui *ui, struct doc *d)
{
	struct collect *c = calloc(1, sizeof *c);
	struct job *j;

	d->state = DOC_OPEN;
	d->dated = false;
	if (c == NULL)
		return;
	c->a = follow_setting(ui, d);
	c->s = d->s;
	c->d = d;
	ui_conversion(ui, &c->conversion);
	d->superseded = false;
	j = job_start(ui, "analyse: types, shapes, findings", run_analysis, analysis_done, c);
	if (j == NULL)
		free(c);
	else if (j->state == JOB_RUNNING)
		d->job = j;
}

void
doc_analyse(struct ui *ui, struct doc *d)
{
	if (d->state == DOC_READY) {
		start_analysis(ui, d);
		return;
	}
	d->dated = d->state == DOC_OPEN;
	if (d->dated && d->job != NULL) { /* nobody wants what it would say */
		d->superseded = true;
		d->job->cancel = 1;
	}
}

/* ---- opening and closing ---- */

static void
free_holder(struct holder *h)
{
	for (int i = 0; i < 2; i++)
		arena_free(&h->judged[i]);
	session_close(&h->s);
	free(h);
}

static void
drop_model(struct doc *d)
{
	for (uint32_t i = 0; i < d->ntrees; i++)
		if (d->trees[i] != NULL)
			arena_free(&d->trees[i]->a);
	arena_free(&d->arena);
	if (d->holder != NULL)
		free_holder(d->holder);
	d->s = NULL;
	d->outline = NULL;
	d->holder = NULL;
	d->trees = NULL;
	d->ntrees = 0;
	d->findings = NULL;
	d->nfindings = 0;
	memset(d->counts, 0, sizeof d->counts);
	d->worst = NULL;
	d->first_finding = NULL;
	d->uses = NULL;
	d->by_name = NULL;
	d->support = NULL;
	d->costs = NULL;
	d->notes = NULL;
	d->analysed = false;
}

/* A file that cannot be read any more, or was stopped on the way, leaves what is there. */
static bool
stays(struct ui *ui, struct doc *d, struct holder *h, bool stopped)
{
	char text[200];

	if (d->s == NULL || d->s->model == NULL || d->s->model->main == NULL ||
	    (h->s.model != NULL && h->s.model->main != NULL && !stopped))
		return false;
	ui_short(text, sizeof text, "not read again: ", stopped ? "it was stopped" :
	    h->s.ctx.diags.n > 0 ? h->s.ctx.diags.list[0].message : "it holds no model");
	ui_say(ui, ST_ERROR, "%s", text);
	d->stamp = h->stamp;
	d->changed = false;
	d->state = DOC_READY;
	free_holder(h);
	return true;
}

static void
open_done(struct ui *ui, struct job *j)
{
	struct holder *h = j->arg;
	struct doc *d = h->doc;
	struct kept kept[2];
	struct kept_jumps jumps;
	struct kept_undo undo;
	bool anew = d->s != NULL;

	d->job = NULL;
	if (d->closing || d->again) {
		free_holder(h);
		if (d->closing)
			doc_close(ui, d);
		else
			start_reading(ui, d);
		return;
	}
	if (stays(ui, d, h, j->cancel))
		return;
	for (uint32_t i = 0; i < 2; i++)
		kept_take(ui, &kept[i], i < ui->npanes && ui->panes[i].doc == d ?
		    &ui->panes[i] : NULL);
	kept_jumps_take(ui, &jumps, d);
	kept_undo_take(ui, &undo, d);
	ui_leave_doc(ui, d);
	drop_model(d);
	d->holder = h;
	d->s = &h->s;
	d->outline = h->outline.s.root != NULL ? &h->outline : NULL;
	d->stamp = h->stamp;
	d->changed = false;
	if (anew)
		ui_say(ui, ST_DIM, "read again");
	if (d->s->model == NULL || d->s->model->main == NULL) {
		d->state = DOC_FAILED;
		ui_opened(ui, d);
	} else {
		d->state = DOC_OPEN;
		ui_opened(ui, d);
		for (uint32_t i = 0; i < 2; i++)
			if (i < ui->npanes && ui->panes[i].doc == d)
				kept_put(ui, &kept[i], &ui->panes[i]);
		kept_jumps_put(ui, &jumps, d);
		kept_undo_put(ui, &undo, d);
		if (j->cancel) {
			d->state = DOC_READY;
			ui_say(ui, ST_WARN, "reading was stopped: a part is shown; "
			    "r reads it again");
		} else {
			start_analysis(ui, d);
		}
	}
	for (uint32_t i = 0; i < 2; i++)
		kept_free(&kept[i]);
	kept_jumps_free(&jumps);
	kept_undo_free(&undo);
}

static void
start_reading(struct ui *ui, struct doc *d)
{
	struct holder *h = calloc(1, sizeof *h);
	struct job *j;
	char title[80];

	d->state = DOC_READING;
	d->again = false;
	if (h == NULL) {
		ui_say(ui, ST_ERROR, "out of memory");
		d->state = DOC_FAILED;
		return;
	}
	h->doc = d;
	h->o = ui->options->session;
	stamp_file(d->path, &h->stamp);
	d->read = h->stamp;
	ui_short(title, sizeof title, "read ", d->path);
	j = job_start(ui, title, run_open, open_done, h);
	if (j == NULL)
		free(h);
	else if (j->state == JOB_RUNNING)
		d->job = j;
}

struct doc *
doc_open(struct ui *ui, const char *path)
{
	struct doc *d = calloc(1, sizeof *d);

	if (d == NULL || (d->path = strdup(path)) == NULL) {
		free(d);
		ui_say(ui, ST_ERROR, "out of memory");
		return NULL;
	}
	arena_init(&d->arena, &ui->ctx);
	d->next = ui->docs;
	ui->docs = d;
	start_reading(ui, d);
	return d;
}

bool
doc_same_stamp(const struct stamp *a, const struct stamp *b)
{
	return a->time == b->time && a->size == b->size && a->nanoseconds == b->nanoseconds &&
	    a->inode == b->inode;
}

const struct ran *
doc_ran(const struct doc *d)
{
	static const struct ran never;

	return doc_same_stamp(&d->ran.of, &d->stamp) ? &d->ran : &never;
}

static bool
is_newer(const struct doc *d, const struct stamp *than)
{
	struct stamp now;

	return stamp_file(d->path, &now) && !doc_same_stamp(&now, than);
}

/* Work on what will be gone ends first: its end starts the reading. */
void
doc_reload(struct ui *ui, struct doc *d)
{
	struct job *j = d->job != NULL ? d->job : pair_job(ui, d);

	if (d->state == DOC_READING && !is_newer(d, &d->read)) {
		ui_say(ui, ST_WARN, "still reading: ^C stops it");
	} else if (j != NULL) {
		d->again = d->superseded = true;
		j->cancel = 1;
	} else if (d->state == DOC_OPEN && jobs_running(ui) > 0) {
		ui_say(ui, ST_WARN, "it is being converted: ^C stops that");
	} else {
		start_reading(ui, d);
	}
}

bool
doc_changed(struct doc *d)
{
	d->changed = d->s != NULL && is_newer(d, &d->stamp);
	return d->changed;
}

void
doc_close(struct ui *ui, struct doc *d)
{
	bool busy = d->state == DOC_READING || d->state == DOC_OPEN;

	if (busy && !d->closing && jobs_running(ui) > 0) {
		d->closing = true;
		return;
	}
	for (struct doc **p = &ui->docs; *p != NULL; p = &(*p)->next) {
		if (*p == d) {
			*p = d->next;
			break;
		}
	}
	convert_analysed(ui, d, false);
	drop_model(d);
	free(d->path);
	free(d);
}

bool
doc_idle(struct ui *ui, struct doc *d)
{
	bool stays = !d->closing;

	d->state = DOC_READY;
	if (d->closing)
		doc_close(ui, d);
	else if (d->again)
		doc_reload(ui, d);
	else if (d->dated)
		doc_analyse(ui, d);
	return stays;
}
