/* SPDX-License-Identifier: Apache-2.0 */
/* The list of commands, and running one: the JSON envelope around a result,
 * diagnostics behind it, memory that ends in the middle. */
#include <string.h>

#include "app/session.h"
#include "base/near.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "report/text.h"

const struct command *const commands[] = {
#define COMMAND(id) &CMD_##id,
#include "cmd/commands.def"
#undef COMMAND
	NULL
};

const struct command *
command_find(const char *name, unsigned n, const char **near)
{
	char word[32];

	*near = NULL;
	n = n < sizeof word ? n : sizeof word - 1;
	memcpy(word, name, n);
	word[n] = '\0';
	for (const struct command *const *c = commands; *c != NULL; c++) {
		if (strcmp((*c)->name, word) == 0)
			return *c;
		*near = nearest(word, *near, (*c)->name);
	}
	return NULL;
}

/* The parts of a JSON line around the result. */
static void
open_line(struct json *j, const struct session *s, const char *command, const char *status)
{
	json_open(j, '{');
	json_member(j, "schema", "mlinspect/1");
	json_member(j, "model", s->path);
	if (s->options != NULL && s->options->stage != NULL)
		json_member(j, "stage", s->options->stage);
	json_member(j, "format", s->model != NULL ? s->model->format : "unknown");
	json_member(j, "command", command);
	json_member(j, "status", status);
	json_key(j, "result");
}

static void
close_line(struct json *j, const struct session *s)
{
	json_unwind(j, 1);
	json_diags(j, &s->ctx.diags);
	json_close(j, '}');
	sink_puts(j->out, "\n");
}

struct protected {
	const struct command *c;
	struct call *call;
	bool ready;
	enum exit_status status;
};

static void
prepare(void *arg)
{
	struct protected *p = arg;

	p->ready = p->c->prepare == NULL || p->c->prepare(p->call);
}

static void
run(void *arg)
{
	struct protected *p = arg;

	p->status = p->c->run(p->call);
}

/* Was the file whole, only none of a model that we know? */
static bool
is_other_file(const struct session *s)
{
	const struct diags *d = &s->ctx.diags;
	bool other = s->model == NULL;

	for (uint32_t i = 0; i < d->n; i++)
		other &= d->list[i].level < LEVEL_ERROR || d->list[i].id == DIAG_OPEN_OTHER ||
		    d->list[i].id == DIAG_OPEN_UNKNOWN;
	return other;
}

static enum exit_status
run_call(const struct command *c, struct call *call)
{
	struct protected p = { c, call, false, EXIT_BAD_INPUT };
	struct session *s = call->s;

	if (*call->arg != '\0' && *c->args == '\0')
		diag_add(&s->ctx, DIAG_USAGE, NULL, "%s takes no argument: %s", c->name, call->arg);
	else if (s->skip[0] != '\0')
		/* what was not made has no faults */
		p.status = c->skipped != NULL ? c->skipped(call) : EXIT_CLEAN;
	else if (s->model == NULL && !c->no_model && s->ctx.diags.n == 0)
		diag_add(&s->ctx, DIAG_USAGE, NULL, "%s works on a model: name its file", c->name);
	else if (s->model == NULL && !c->no_model)
		p.status = EXIT_BAD_INPUT; /* reading said why */
	else if (ctx_protect(&s->ctx, prepare, &p) != 0)
		p.status = EXIT_TOOL;
	else if (!p.ready)
		p.status = EXIT_BAD_INPUT;
	if (call->json != NULL)
		open_line(call->json, s, c->name, s->skip[0] != '\0' ? "skip" : !p.ready ? "error" :
		    (c->no_model && s->model == NULL && s->ctx.diags.n == 0) ||
		    (c->any_file && is_other_file(s)) ? "ok" :
		    s->model != NULL && call->partial ? "partial" : session_status(s));
	if (p.ready && ctx_protect(&s->ctx, run, &p) != 0)
		p.status = EXIT_TOOL;
	if (!p.ready && call->json != NULL)
		json_null(call->json);
	return p.status;
}

/* What the findings ask for, beyond what the command said. */
static enum exit_status
judge(const struct session *s, const struct options *o, const struct command *c,
    bool other, enum exit_status status)
{
	int worst = findings_worst(&s->ctx.diags);

	if (worst == LEVEL_BUG)
		return EXIT_TOOL;
	if (c->any_file && other)
		return status;
	if (status == EXIT_CLEAN && (s->damaged || worst == LEVEL_FATAL))
		return EXIT_BAD_INPUT;
	return status == EXIT_CLEAN && worst >= (int)o->fail_on ? EXIT_FINDINGS : status;
}

/* A line that is no command, or whose options are wrong; the last finding says why. */
static enum exit_status
refuse(struct session *s, const struct options *o, const char *line, struct sink *out)
{
	uint32_t before = s->ctx.diags.n - 1;
	struct json j;

	json_init(&j, out);
	if (o->form != FINDING_NONE) {
		findings_print(&s->ctx.diags, s->path, o->known);
		findings_section(out, o->form, s->path, "usage", &s->ctx.diags, before, o->fail_on);
	} else if (o->json) {
		open_line(&j, s, line, "error");
		json_null(&j);
		close_line(&j, s);
	} else {
		text_diag(out, &s->ctx.diags.list[before]);
	}
	diags_cut(&s->ctx.diags, before);
	return EXIT_BAD_INPUT;
}

struct sink *
command_beside(const struct options *o, struct sink *out, struct sink *err)
{
	sink_init(err, 2);
	return o->dot && !o->json && o->dot_out == NULL ? err : out;
}

/* first: what reading found is among the findings of this one. */
static enum exit_status
run_line(struct session *s, const struct options *o, const char *line, bool first,
    struct sink *out)
{
	unsigned n = (unsigned)strcspn(line, " \t");
	const char *near;
	const struct command *c = command_find(line, n, &near);
	uint32_t before = s->ctx.diags.n;
	struct arena arena;
	struct sink err, *words = command_beside(o, out, &err), unread;
	struct json j;
	struct call call = { .s = s, .opts = o, .out = out, .arena = &arena };
	enum exit_status status;
	bool other;

	if (c == NULL) {
		diag_add(&s->ctx, DIAG_USAGE, NULL, near != NULL ?
		    "no such command: %s. Did you mean %s?" :
		    "no such command: '%s'; help lists them", line, near);
		return refuse(s, o, line, out);
	}
	sink_init(&unread, -1);
	if (o->form != FINDING_NONE)
		call.out = &unread; /* only what it finds is asked for */
	arena_init(&arena, &s->ctx);
	json_init(&j, out);
	call.json = o->json ? &j : NULL;
	call.arg = line + n + strspn(line + n, " \t");
	other = is_other_file(s);
	status = run_call(c, &call);
	findings_print(&s->ctx.diags, s->path, o->known);
	status = judge(s, o, c, other, status);
	if (o->form != FINDING_NONE)
		findings_section(out, o->form, s->path, c->name, &s->ctx.diags,
		    first ? 0 : before, o->fail_on);
	else if (o->json)
		close_line(&j, s);
	else {
		text_diags_from(words, &s->ctx.diags, before);
		if (o->known != NULL)
			text_known(words, &s->ctx.diags, first ? 0 : before);
	}
	sink_fini(&unread);
	if (!o->json && o->form == FINDING_NONE && c->conclude != NULL && call.ready != NULL)
		c->conclude(&call);
	sink_fini(&err);
	diags_cut(&s->ctx.diags, before);
	arena_free(&arena);
	return status;
}

/* With options of its own a command works on the model as they have it. */
static enum exit_status
run_with_options(struct session *s, const struct options *base, const char *line, bool first,
    struct sink *out)
{
	enum exit_status status;
	struct options o;
	struct session own;
	struct sink wrong;
	const char *rest;

	sink_init(&wrong, -1);
	if (!options_of_line(&o, base, line, &wrong, &rest)) {
		diag_add(&s->ctx, DIAG_USAGE, NULL, "%.*s", (int)wrong.n, wrong.buf);
		status = refuse(s, base, line, out);
	} else if (s->path[0] == '\0') {
		status = run_line(s, &o, rest, first, out);
	} else {
		o.session.cancel = s->ctx.cancel;
		o.session.progress = s->ctx.progress;
		session_open(&own, s->path, &o.session);
		own.ctx.cancel = s->ctx.cancel;
		own.ctx.progress = s->ctx.progress;
		/* what it finds in opening is known, but why there is no such stage */
		if (own.model == NULL && s->model != NULL && !o.json && o.form == FINDING_NONE)
			text_diags(out, &own.ctx.diags);
		status = run_line(&own, &o, rest, first || own.model == NULL, out);
		session_close(&own);
	}
	sink_fini(&wrong);
	options_line_free(&o);
	return status;
}

enum exit_status
command_run(struct session *s, const struct options *o, const char *line, struct sink *out)
{
	bool first = o->ncommands > 0 && line == o->commands[0];

	return options_in_line(line) ? run_with_options(s, o, line, first, out) :
	    run_line(s, o, line, first, out);
}
