/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/sink.h"
#include "convert/child.h"
#include "convert/doctor.h"

static const struct row {
	const char *name;
	enum doctor_verdict missing;
	const char *oldest, *below, *tested, *use, *cure;
} rows[] = {
#define TOOL(name, missing, oldest, below, tested, use, cure) \
	{ name, DOCTOR_##missing, oldest, below, tested, use, cure },
#include "convert/doctor.def"
};
enum { ROWS = sizeof rows / sizeof *rows };

const char *
doctor_word(enum doctor_verdict v)
{
	static const char *const words[] = { "OK", "NOTE", "WARN", "FAIL" };

	return words[v];
}

int
doctor_compare(const char *a, const char *b)
{
	while (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
		char *enda, *endb;
		long x = strtol(a, &enda, 10), y = strtol(b, &endb, 10);

		if (x != y)
			return x < y ? -1 : 1;
		a = enda + (*enda == '.');
		b = endb + (*endb == '.');
	}
	return 0;
}

const struct doctor_tool *
doctor_find(const struct doctor *d, const char *name)
{
	for (uint32_t i = 0; i < d->ntools; i++)
		if (strcmp(d->tools[i].name, name) == 0)
			return &d->tools[i];
	return NULL;
}

/* What all is being judged with. */
struct asking {
	struct doctor *d;
	struct arena *a;
	const char *python; /* a word for the shell */
	const char *where;  /* its system and machine */
};

/* An environment with all of it. */
static const char fresh[] = "make -C build venv";

/* A row's cure as a command for this Python. */
static const char *
command(const struct asking *q, const char *cure)
{
	const struct doctor_tool *pip = doctor_find(q->d, "pip");

	if (strncmp(cure, "pip ", 4) != 0)
		return cure;
	if (pip->odd != NULL)
		return fresh;
	return arena_printf(q->a, "%s%s%s -m %s", pip->version == NULL ? q->python : "",
	    pip->version == NULL ? " -m ensurepip; " : "", q->python, cure);
}

/* Parts of coremltools: what is wrong with the whole is said there, and wheels are not
 * made for every Python. */
static bool
judge_part(const struct asking *q, struct doctor_tool *t)
{
	const struct doctor_tool *all = doctor_find(q->d, "coremltools");
	const struct doctor_tool *python = doctor_find(q->d, "python");

	if (strncmp(t->name, "lib", 3) != 0 || t->version != NULL)
		return false;
	if (all->version == NULL || all->broken != NULL) {
		t->why = "a part of coremltools";
		t->cure = "";
		return true;
	}
	if (*t->cure != '\0' && (python->verdict != DOCTOR_OK ||
	    (strstr(q->where, "x86_64") == NULL && strstr(q->where, "Darwin") == NULL)))
		t->cure = "use a Python for which coremltools has binary wheels: 3.9 to 3.13, "
		    "x86-64 or macOS";
	return false;
}

/* There, but not as it should be? */
static bool
judge_odd(const struct asking *q, struct doctor_tool *t)
{
	bool pip = strcmp(t->name, "pip") == 0;

	if (pip && t->version == NULL && t->odd == NULL)
		t->cure = arena_printf(q->a, "%s -m ensurepip", q->python);
	if (t->odd == NULL)
		return false;
	t->why = t->version != NULL ? t->odd : arena_printf(q->a, "not installed, %s", t->odd);
	t->cure = fresh;
	if (!pip)
		t->verdict = DOCTOR_WARN;
	return true;
}

static void
judge(const struct asking *q, struct doctor_tool *t, const struct row *r)
{
	const char *v = t->version;

	t->verdict = r->missing;
	t->cure = command(q, r->cure);
	if (judge_part(q, t))
		return;
	if (t->broken != NULL)
		t->why = arena_printf(q->a, "cannot be loaded: %s", t->broken);
	if (t->slow) {
		t->cure = "--timeout=SECONDS gives it more, on a busy machine";
		return;
	}
	if (t->broken != NULL)
		return;
	if (v == NULL && t->odd == NULL)
		t->why = "not installed";
	else if (v != NULL && *v != '\0' && doctor_compare(v, r->oldest) < 0)
		t->why = arena_printf(q->a, "older than %s", r->oldest);
	else if (v != NULL && *r->below != '\0' && *v != '\0' &&
	    doctor_compare(v, r->below) >= 0)
		t->why = arena_printf(q->a, "%s and later do not work", r->below);
	else if (v != NULL && *v != '\0' && *r->tested != '\0' &&
	    doctor_compare(v, r->tested) > 0) {
		t->why = arena_printf(q->a, "newer than %s, the last that was tested", r->tested);
		t->verdict = DOCTOR_WARN;
	} else if (t->odd == NULL) {
		t->verdict = DOCTOR_OK;
		t->cure = "";
	}
	if (*t->why == '\0' || (v == NULL && t->broken == NULL))
		judge_odd(q, t);
}

static int
row_of(const char *name)
{
	int i = 0;

	while (i < ROWS && (name == NULL || strcmp(rows[i].name, name) != 0))
		i++;
	return i;
}

static void
note(struct asking *q, const struct event *e)
{
	int i = row_of(e->what);
	struct doctor_tool *t = &q->d->tools[i];

	if (i == ROWS)
		return;
	t->version = e->version;
	if (e->broken != NULL)
		t->broken = e->broken;
	t->odd = e->odd;
	if (i == 0 && e->where != NULL)
		q->where = e->where;
}

/* How Python ended, with what it said last. */
static const char *
ending(const struct child *c, struct arena *a)
{
	const char *said, *text;
	struct sink how;
	size_t n;

	sink_init(&how, -1);
	child_describe(c, &how);
	said = child_words(c, &n);
	if (c->end == CHILD_TIMEOUT)
		n = 0; /* what it said has nothing to do with that */
	text = arena_printf(a, "%.*s%s%.*s", (int)how.n, how.buf, n > 0 ? ": " : "",
	    (int)(n < 300 ? n : 300), said);
	sink_fini(&how);
	return text;
}

/* Ask for all but what is in skip, a list of JSON. What it was loading when it ended is
 * *trying; true: it answered to the end. */
static bool
ask(struct asking *q, struct child *c, const struct child_options *o, const char *skip,
    int *trying)
{
	const char *line = arena_printf(q->a, "{\"do\":\"doctor\"%s%s%s}", *skip != '\0' ?
	    ",\"skip\":[" : "", skip, *skip != '\0' ? "]" : "");
	struct doctor *d = q->d;
	const char *failed = NULL;
	bool asked = false;
	struct event e;

	*trying = ROWS;
	if (child_start(c, o)) {
		child_ask(c, line, strlen(line)); /* one that is gone says so when it is read */
		while (!asked && failed == NULL && child_next(c, -1, &e, q->a) > 0) {
			if (e.id == EVENT_TRYING)
				*trying = row_of(e.what);
			if (e.id == EVENT_FOUND)
				note(q, &e);
			if (e.id == EVENT_FOUND)
				*trying = ROWS;
			if (e.id == EVENT_FAILED)
				failed = arena_printf(q->a, "%s: %s",
				    event_text(e.exception), event_text(e.message));
			if (e.id == EVENT_CONFINED) {
				d->memory = e.memory > 0 ? (uint64_t)e.memory : 0;
				d->network = e.network;
				d->uncut = e.broken;
			}
			asked = e.id == EVENT_END && e.ok;
		}
	}
	child_close(c);
	if (asked)
		return true;
	failed = failed != NULL ? failed : ending(c, q->a);
	d->tools[*trying < ROWS ? *trying : 0].broken = failed;
	d->tools[*trying < ROWS ? *trying : 0].slow = c->end == CHILD_TIMEOUT;
	return false;
}

/* Python itself does not work: is it because of what the environment says? */
static void
judge_python(struct asking *q, const struct child_options *o)
{
	struct doctor_tool *t = &q->d->tools[0];
	struct child_options alone = *o;
	struct doctor d = { .tools = arena_array(q->a, ROWS, sizeof *d.tools) };
	struct asking again = { &d, q->a, q->python, "" };
	const char *all = "", *broken = t->broken;
	struct child c;
	int trying;

	for (int i = 0; i < ROWS; i++)
		all = arena_printf(q->a, "%s%s\"%s\"", all, i > 0 ? "," : "", rows[i].name);
	alone.isolated = true;
	t->why = arena_printf(q->a, "does not work: %s", broken);
	t->cure = "make venv installs one";
	t->verdict = DOCTOR_FAIL;
	if (o->steered != NULL && ask(&again, &c, &alone, all, &trying))
		t->cure = arena_printf(q->a, "unset %s, without which it does", o->steered);
	q->d->ntools = 1;
	q->d->worst = DOCTOR_FAIL;
}

void
doctor_ask(struct doctor *d, struct child *c, const struct child_options *o, struct arena *a)
{
	struct asking q = { d, a, "", "" };
	const char *skip = "";
	struct sink word;
	int trying = 0;

	*d = (struct doctor){ .tools = arena_array(a, ROWS, sizeof *d->tools), .ntools = ROWS };
	for (int i = 0; i < ROWS; i++)
		d->tools[i] = (struct doctor_tool){ .name = rows[i].name, .use = rows[i].use,
		    .cure = "", .why = "" };
	sink_init(&word, -1);
	sink_shell(&word, o->python);
	q.python = arena_strdup(a, word.buf, word.n);
	sink_fini(&word);
	/* each time one tool less, so that it ends */
	for (int k = 0; !d->asked && k <= ROWS && trying < ROWS; k++) {
		d->asked = ask(&q, c, o, skip, &trying);
		if (trying < ROWS)
			skip = arena_printf(a, "%s%s\"%s\"", skip, *skip != '\0' ? "," : "",
			    rows[trying].name);
	}
	if (!d->asked) {
		judge_python(&q, o);
		return;
	}
	for (int i = 0; i < ROWS; i++) {
		judge(&q, &d->tools[i], &rows[i]);
		if (d->tools[i].verdict > d->worst)
			d->worst = d->tools[i].verdict;
	}
}
