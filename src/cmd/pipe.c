/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/regular.h"
#include "base/sink.h"
#include "cmd/helper.h"
#include "cmd/options.h"
#include "cmd/pipe.h"
#include "convert/cause.h"
#include "report/finding.h"
#include "report/text.h"

static const char *const words[] = { "PASS", "SKIP", "FAIL" };

void
pipe_step(struct pipe *p, const char *name, enum verdict verdict, const char *fmt, ...)
{
	double now = child_clock();
	char text[600];
	va_list ap;
	size_t cut = sizeof text - 4;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof text) {
		while (((unsigned char)text[cut] & 0xc0) == 0x80)
			cut++; /* not in the middle of a character */
		text[cut] = '\0';
	}
	p->steps = arena_grow(p->call->arena, p->steps, p->nsteps, sizeof *p->steps);
	p->steps[p->nsteps++] = (struct step){ name,
	    arena_strdup(p->call->arena, text, strlen(text)), verdict, now - p->last };
	p->last = now;
}

const char *
pipe_path(struct pipe *p, const char *name)
{
	return arena_printf(p->call->arena, "%s/%s", p->folder, name);
}

const char *
pipe_lacks(struct pipe *p, const char *needs)
{
	size_t n;

	for (; p->missing == NULL && *needs != '\0'; needs += n + (needs[n] == ' ')) {
		n = strcspn(needs, " ");
		for (uint32_t i = 0; i < p->doctor.ntools; i++) {
			const struct doctor_tool *t = &p->doctor.tools[i];

			if (strlen(t->name) == n && strncmp(t->name, needs, n) == 0 &&
			    (t->verdict == DOCTOR_FAIL || t->version == NULL || t->broken != NULL))
				return arena_printf(p->call->arena, "%s: %s%s%s", t->name, t->why,
				    *t->cure != '\0' ? "; " : "", t->cure);
		}
	}
	return p->missing;
}

static void
check_versions(struct pipe *p, const char *needs)
{
	struct sink text;
	const char *lacks;

	if (helper_find(p->call, &p->o))
		doctor_ask(&p->doctor, &p->child, &p->o, p->call->arena);
	sink_init(&text, -1);
	if (!p->doctor.asked) {
		p->missing = p->doctor.ntools == 0 ? "there is no driver" :
		    arena_printf(p->call->arena, "%s; %s", p->doctor.tools[0].broken,
		    p->doctor.tools[0].cure);
		pipe_step(p, "version check", STEP_SKIP, "%s", p->missing);
	} else if ((lacks = pipe_lacks(p, needs)) != NULL) {
		pipe_step(p, "version check", STEP_SKIP, "%s", lacks);
	} else {
		for (uint32_t i = 0; i < p->doctor.ntools; i++)
			if (p->doctor.tools[i].version != NULL && *p->doctor.tools[i].version)
				sink_printf(&text, "%s%s %s", text.n > 0 ? ", " : "",
				    p->doctor.tools[i].name, p->doctor.tools[i].version);
		pipe_step(p, "version check", STEP_PASS, "%.*s", (int)text.n, text.buf);
	}
	sink_fini(&text);
}

bool
pipe_open(struct pipe *p, struct call *call, const char *title, const char *folder,
    const char *const *names, const char *needs)
{
	memset(p, 0, sizeof *p);
	p->call = call;
	p->title = title;
	p->folder = folder;
	p->began = p->last = child_clock();
	p->child.to = p->child.events = p->child.errors = -1;
	if (!pipe_claim(p, names))
		return false;
	if (folder != NULL)
		check_versions(p, needs);
	return true;
}

/* What the driver failed with; when it is no fault of a model, in our words first. */
static const char *
why_failed(struct arena *a, const struct event *e)
{
	const char *exception = event_text(e->exception);
	const char *message = event_text(e->message);
	struct cause c = cause_find("", exception, message);
	bool tool = c.reason == REASON_TOOL;

	return arena_printf(a, "%s%s%s%s%s: %s%s", tool ? c.cause : "", tool ? "; " : "",
	    tool ? c.cure : "", tool ? " (" : "", exception, message, tool ? ")" : "");
}

bool
pipe_absent(const char *exception)
{
	return exception != NULL && strcmp(exception, "ModuleNotFoundError") == 0;
}

enum verdict
pipe_failed(const struct pipe *p)
{
	return p->absent ? STEP_SKIP : STEP_FAIL;
}

const char *
pipe_ask(struct pipe *p, const char *json, size_t n, void (*hear)(void *, const struct event *),
    void *arg)
{
	const char *failed = NULL, *said;
	struct event e;
	struct sink how;

	p->absent = false;
	if (p->missing != NULL)
		return p->missing;
	if (!p->started)
		p->started = child_start(&p->child, &p->o);
	if (p->started && child_ask(&p->child, json, n))
		while (child_next(&p->child, -1, &e, p->call->arena) > 0) {
			if (e.id == EVENT_FAILED) {
				failed = why_failed(p->call->arena, &e);
				p->absent = pipe_absent(e.exception);
			} else if (e.id == EVENT_END)
				return e.ok || failed != NULL ? failed : "no reason was given";
			else if (hear != NULL)
				hear(arg, &e);
		}
	sink_init(&how, -1);
	child_describe(&p->child, &how);
	said = child_words(&p->child, &n);
	failed = arena_printf(p->call->arena, "%.*s%s%.*s", (int)how.n, how.buf,
	    n > 0 ? ": " : "", (int)(n < 200 ? n : 200), said);
	sink_fini(&how);
	child_close(&p->child);
	p->started = false;
	return failed;
}

static const char *
result_of(const struct pipe *p, const uint32_t n[3])
{
	(void)p;
	return n[STEP_FAIL] > 0 ? "FAILED" : n[STEP_PASS] == 0 ? "SKIPPED" :
	    n[STEP_SKIP] > 0 ? "PASSED (with SKIPS)" : "PASSED";
}

static void
write_text(const struct pipe *p, const uint32_t n[3], struct sink *out)
{
	sink_printf(out, "%s\n", p->title);
	for (uint32_t i = 0; i < p->nsteps; i++) {
		const struct step *s = &p->steps[i];

		sink_printf(out, "%2" PRIu32 " %s  %-22s ", i + 1, words[s->verdict], s->name);
		if (strlen(s->name) > 22) {
			sink_puts(out, "\n");
			sink_pad(out, 32);
		}
		text_wrap(out, s->why, 32);
	}
	sink_printf(out, "%s: %" PRIu32 " passed, %" PRIu32 " skipped, %" PRIu32 " failed\n",
	    result_of(p, n), n[STEP_PASS], n[STEP_SKIP], n[STEP_FAIL]);
}

static void
write_json(const struct pipe *p, const uint32_t n[3], struct json *j)
{
	json_open(j, '{');
	json_member(j, "pipeline", p->title);
	json_member(j, "result", result_of(p, n));
	for (int v = 0; v < 3; v++) {
		json_key(j, v == 0 ? "passed" : v == 1 ? "skipped" : "failed");
		json_u64(j, n[v]);
	}
	json_key(j, "steps");
	json_open(j, '[');
	for (uint32_t i = 0; i < p->nsteps; i++) {
		json_open(j, '{');
		json_member(j, "name", p->steps[i].name);
		json_member(j, "verdict", words[p->steps[i].verdict]);
		json_member(j, "why", p->steps[i].why);
		json_key(j, "seconds");
		json_double(j, p->steps[i].seconds, false);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

/* JUnit's form: a test case a step. 0 or an errno. */
static int
write_junit(const struct pipe *p, const uint32_t n[3], const char *path)
{
	struct sink out;
	int err;

	sink_init(&out, -1);
	sink_printf(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"%s\" "
	    "tests=\"%" PRIu32 "\" failures=\"%" PRIu32 "\" skipped=\"%" PRIu32 "\" "
	    "time=\"%.3f\">\n", p->title, p->nsteps, n[STEP_FAIL], n[STEP_SKIP],
	    p->last - p->began);
	for (uint32_t i = 0; i < p->nsteps; i++) {
		const struct step *s = &p->steps[i];

		sink_printf(&out, "<testcase classname=\"%s\" name=\"", p->title);
		finding_xml(&out, s->name);
		sink_printf(&out, "\" time=\"%.3f\">", s->seconds);
		sink_puts(&out, s->verdict == STEP_FAIL ? "<failure message=\"" :
		    s->verdict == STEP_SKIP ? "<skipped message=\"" : "<system-out>");
		finding_xml(&out, s->why);
		sink_puts(&out, s->verdict == STEP_PASS ? "</system-out>" : "\"/>");
		sink_puts(&out, "</testcase>\n");
	}
	sink_puts(&out, "</testsuite>\n");
	err = out.err != 0 ? out.err : regular_write(path, out.buf, out.n);
	sink_fini(&out);
	return err;
}

/* Where it is asked for; false after a diagnostic. */
static bool
leave_junit(const struct pipe *p, const uint32_t n[3])
{
	const char *junit = p->call->opts->junit;
	int err = junit != NULL ? write_junit(p, n, junit) : 0;

	if (err != 0)
		diag_add(&p->call->s->ctx, DIAG_WRITE_FAILED, NULL, "%s: %s", junit,
		    regular_says(err));
	return err == 0;
}

enum exit_status
pipe_skipped(struct pipe *p, struct call *call, const char *title)
{
	static const char *const none[] = { NULL };
	const uint32_t n[3] = { [STEP_SKIP] = 1 };

	memset(p, 0, sizeof *p);
	p->call = call;
	p->title = title;
	p->began = p->last = child_clock();
	if (!pipe_claim(p, none))
		return EXIT_BAD_INPUT;
	pipe_step(p, "placeholder", STEP_SKIP, "%s", call->s->skip);
	return leave_junit(p, n) ? EXIT_CLEAN : EXIT_TOOL;
}

enum exit_status
pipe_close(struct pipe *p)
{
	struct ctx *ctx = &p->call->s->ctx;
	uint32_t n[3] = { 0 };

	for (uint32_t i = 0; i < p->nsteps; i++)
		n[p->steps[i].verdict]++;
	if (p->started)
		child_close(&p->child);
	if (p->call->json != NULL)
		write_json(p, n, p->call->json);
	else
		write_text(p, n, p->call->out);
	for (uint32_t i = 0; i < p->nsteps; i++)
		if (p->steps[i].verdict == STEP_FAIL)
			diag_add(ctx, DIAG_PIPELINE, NULL, "%s: %s", p->steps[i].name,
			    p->steps[i].why);
	if (!leave_junit(p, n))
		return EXIT_TOOL;
	return n[STEP_FAIL] > 0 ? EXIT_FINDINGS : EXIT_CLEAN;
}
