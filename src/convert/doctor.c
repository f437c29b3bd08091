/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
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
#undef TOOL
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

static void
judge(struct doctor_tool *t, const struct row *r, struct arena *a)
{
	const char *v = t->version;

	t->verdict = r->missing;
	if (v == NULL && t->broken == NULL)
		t->why = "not installed";
	else if (t->broken != NULL)
		t->why = arena_printf(a, "cannot be loaded: %s", t->broken);
	else if (*v != '\0' && doctor_compare(v, r->oldest) < 0)
		t->why = arena_printf(a, "older than %s", r->oldest);
	else if (*v != '\0' && *r->below != '\0' && doctor_compare(v, r->below) >= 0)
		t->why = arena_printf(a, "%s and later do not work", r->below);
	else if (*v != '\0' && *r->tested != '\0' && doctor_compare(v, r->tested) > 0) {
		t->why = arena_printf(a, "newer than %s, the last that was tested", r->tested);
		t->verdict = DOCTOR_WARN;
	} else {
		t->verdict = DOCTOR_OK;
		t->cure = "";
	}
}

const struct doctor_tool *
doctor_find(const struct doctor *d, const char *name)
{
	for (uint32_t i = 0; i < d->ntools; i++)
		if (strcmp(d->tools[i].name, name) == 0)
			return &d->tools[i];
	return NULL;
}

static void
note(struct doctor *d, const struct event *e)
{
	for (int i = 0; i < ROWS && e->what != NULL; i++)
		if (strcmp(rows[i].name, e->what) == 0) {
			d->tools[i].version = e->version;
			d->tools[i].broken = e->broken;
		}
}

void
doctor_ask(struct doctor *d, struct child *c, const struct child_options *o, struct arena *a)
{
	static const char ask[] = "{\"do\":\"doctor\"}";
	struct event e;

	*d = (struct doctor){ .tools = arena_array(a, ROWS, sizeof *d->tools), .ntools = ROWS };
	for (int i = 0; i < ROWS; i++)
		d->tools[i] = (struct doctor_tool){ .name = rows[i].name, .use = rows[i].use,
		    .cure = rows[i].cure, .why = "" };
	if (child_start(c, o) && child_ask(c, ask, sizeof ask - 1))
		while (!d->asked && child_next(c, -1, &e, a) > 0) {
			if (e.id == EVENT_FOUND)
				note(d, &e);
			if (e.id == EVENT_CONFINED) {
				d->memory = e.memory > 0 ? (uint64_t)e.memory : 0;
				d->network = e.network;
				d->uncut = e.broken;
			}
			d->asked = e.id == EVENT_END && e.ok;
		}
	child_close(c);
	for (int i = 0; i < ROWS; i++) {
		judge(&d->tools[i], &rows[i], a);
		if (d->tools[i].verdict > d->worst)
			d->worst = d->tools[i].verdict;
	}
}
