/* SPDX-License-Identifier: Apache-2.0 */
/* Batch. With --jobs each model is a child process that writes to an unlinked
 * file; outputs are copied in the order of the arguments, so they are the same
 * as without, and a crash costs one model. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/session.h"
#include "base/sink.h"
#include "cmd/batch.h"
#include "cmd/cleanup.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "report/text.h"

static enum exit_status
worse(enum exit_status a, enum exit_status b)
{
	return a > b ? a : b;
}

static bool
is_of_two(const char *line)
{
	const char *near;
	const struct command *c = command_find(line, (unsigned)strcspn(line, " \t"), &near);

	return c != NULL && c->of_two;
}

static bool
is_text(const struct options *o)
{
	return !o->json && o->form == FINDING_NONE;
}

static enum exit_status
run_model(const struct options *o, const char *path, struct sink *out)
{
	enum exit_status status = EXIT_CLEAN;
	struct sink err, *words = command_beside(o, out, &err);
	struct session s;

	session_open(&s, path, &o->session);
	if (is_text(o) && o->nmodels > 1) {
		sink_puts(words, path != o->models[0] ? "\n== " : "== ");
		sink_safe(words, path, strlen(path), 0);
		sink_puts(words, "\n");
	}
	/* what reading found is said once, by info in its own place */
	if (is_text(o) && (s.model == NULL || strcmp(o->commands[0], "info") != 0))
		text_diags(words, &s.ctx.diags);
	sink_fini(&err);
	for (uint32_t i = 0; i < o->ncommands && out->err == 0; i++) {
		if (path == o->other && is_of_two(o->commands[i]))
			continue; /* done with the first one */
		status = worse(status, command_run(&s, o, o->commands[i], out));
		if (s.model == NULL && !o->json)
			break; /* the reason is said once */
	}
	session_close(&s);
	return status;
}

/* "[12/340] path" on a terminal, rewritten in place. */
static void
progress(const struct options *o, uint32_t i)
{
	struct sink err;

	if (o->nmodels < 2 || !isatty(2))
		return;
	sink_init(&err, 2);
	if (i < o->nmodels) {
		sink_printf(&err, "\r\033[K[%" PRIu32 "/%" PRIu32 "] ", i + 1,
		    o->nmodels);
		sink_safe(&err, o->models[i], strlen(o->models[i]), 60);
	} else {
		sink_puts(&err, "\r\033[K");
	}
	sink_fini(&err);
}

struct totals { uint32_t by[EXIT_TOOL + 1]; enum exit_status worst; };

static void
count(struct totals *t, enum exit_status status)
{
	t->by[status]++;
	t->worst = worse(t->worst, status);
}

static void
summary(const struct options *o, const struct totals *t, struct sink *out)
{
	if (!is_text(o) || o->nmodels < 2)
		return;
	sink_printf(out, "\n%" PRIu32 " models: %" PRIu32 " clean, %" PRIu32 " with findings, "
	    "%" PRIu32 " damaged or unreadable, %" PRIu32 " failed\n",
	    o->nmodels, t->by[EXIT_CLEAN], t->by[EXIT_FINDINGS], t->by[EXIT_BAD_INPUT],
	    t->by[EXIT_TOOL]);
}

static void
run_in_turn(const struct options *o, struct totals *t, struct sink *out)
{
	for (uint32_t i = 0; i < o->nmodels && out->err == 0; i++) {
		progress(o, i);
		count(t, run_model(o, o->models[i], out));
		if (isatty(1))
			sink_flush(out);
	}
}

enum exit_status
batch_end(struct sink *out)
{
	if (sink_fini(out) == 0 || out->err == EPIPE)
		return EXIT_CLEAN;
	fprintf(stderr, "mlinspect: the output could not be written: %s\n", strerror(out->err));
	return EXIT_TOOL;
}

/* A model being worked on by a child. */
struct job { pid_t pid; FILE *output; };

static void
start_job(const struct options *o, struct job *j, uint32_t i, struct sink *out)
{
	struct sink child;
	enum exit_status status;

	sink_flush(out);
	if ((j->output = tmpfile()) == NULL)
		j->pid = -1;
	else if ((j->pid = fork()) < 0)
		fclose(j->output);
	*cleanup_job(i % o->jobs) = j->pid > 0 ? j->pid : 0;
	if (j->pid != 0)
		return;
	cleanup_forget();
	sink_init(&child, fileno(j->output));
	status = run_model(o, o->models[i], &child);
	_exit((int)worse(status, batch_end(&child)));
}

/* A model whose child did not end by itself: what is known of it. */
static enum exit_status
report_crash(const struct options *o, const char *path, int signal, struct sink *out)
{
	struct session s;
	struct json j;

	memset(&s, 0, sizeof s);
	ctx_init(&s.ctx);
	diag_add(&s.ctx, DIAG_CRASH, NULL, "the process that read %s was ended by signal %d", path,
	    signal);
	if (o->json) {
		json_init(&j, out);
		json_open(&j, '{');
		json_member(&j, "schema", "mlinspect/1");
		json_member(&j, "model", path);
		json_member(&j, "format", "unknown");
		json_member(&j, "command", o->commands[0]);
		json_member(&j, "status", "error");
		json_key(&j, "result");
		json_null(&j);
		json_diags(&j, &s.ctx.diags);
		json_close(&j, '}');
		sink_puts(out, "\n");
	} else if (o->form != FINDING_NONE) {
		findings_section(out, o->form, path, "crash", &s.ctx.diags, 0, o->fail_on);
	} else {
		sink_printf(out, "bug    %s\n", s.ctx.diags.list[0].message);
	}
	ctx_fini(&s.ctx);
	return EXIT_TOOL;
}

static enum exit_status
finish_job(const struct options *o, struct job *j, const char *path, struct sink *out)
{
	char buf[1 << 14];
	int status = 0;
	ssize_t n;

	if (j->pid < 0)
		return run_model(o, path, out); /* no process could be had */
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	for (off_t at = 0; (n = pread(fileno(j->output), buf, sizeof buf, at)) > 0; at += n)
		sink_write(out, buf, (size_t)n);
	fclose(j->output);
	if (WIFSIGNALED(status))
		return report_crash(o, path, WTERMSIG(status), out);
	return WEXITSTATUS(status) <= EXIT_TOOL ? (enum exit_status)WEXITSTATUS(status) : EXIT_TOOL;
}

static void
run_jobs(const struct options *o, struct totals *t, struct sink *out)
{
	struct job *jobs = calloc(o->nmodels, sizeof *jobs);
	uint32_t started = 0, i;

	if (jobs == NULL) {
		run_in_turn(o, t, out);
		return;
	}
	for (i = 0; i < o->nmodels && (out->err == 0 || i < started); i++) {
		for (; out->err == 0 && started < o->nmodels && started < i + o->jobs; started++)
			start_job(o, &jobs[started], started, out);
		progress(o, i);
		count(t, finish_job(o, &jobs[i], o->models[i], out));
		*cleanup_job(i % o->jobs) = 0;
	}
	free(jobs);
}

/* Commands that need no model, when none was named. */
static enum exit_status
run_without(const struct options *o, struct sink *out)
{
	enum exit_status status = EXIT_CLEAN;
	struct session s;

	memset(&s, 0, sizeof s);
	ctx_init(&s.ctx);
	arena_init(&s.arena, &s.ctx);
	s.path = "";
	s.options = &o->session;
	for (uint32_t i = 0; i < o->ncommands; i++)
		status = worse(status, command_run(&s, o, o->commands[i], out));
	session_close(&s);
	return status;
}

/* The second of two models, and whether it is one to be run on as well. */
static void
take_other(struct options *o)
{
	uint32_t of_two = 0;

	for (uint32_t i = 0; i < o->ncommands; i++)
		of_two += is_of_two(o->commands[i]);
	if (of_two == 0 || o->nmodels != 2)
		return;
	o->other = o->models[1];
	if (of_two == o->ncommands)
		o->nmodels = 1;
}

enum exit_status
batch_run(const struct options *given)
{
	struct options run = *given, *o = &run;
	struct totals t = { { 0 }, EXIT_CLEAN };
	struct sink out, err;

	take_other(o);
	signal(SIGPIPE, SIG_IGN);
	sink_init(&out, 1);
	findings_begin(&out, o->form);
	if (o->nmodels == 0)
		t.worst = run_without(o, &out);
	else if (o->jobs > 1 && o->nmodels > 1)
		run_jobs(o, &t, &out);
	else
		run_in_turn(o, &t, &out);
	progress(o, o->nmodels);
	findings_end(&out, o->form);
	summary(o, &t, command_beside(o, &out, &err));
	sink_fini(&err);
	return worse(t.worst, batch_end(&out));
}
