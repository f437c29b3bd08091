/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a line are looked up in one table; each way of holding a value
 * has one function. */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "convert/event.h"
#include "read/json_in.h"

static const char *const words[EVENT_COUNT] = {
	"",
#define EVENT(id, word) word,
#include "convert/event.def"
};

static const char *const members[] = {
#define MEMBER(how, name) #name,
#include "convert/event.def"
	NULL
};

static const char *
keep(struct arena *a, const struct json_in_text *t)
{
	return arena_strdup(a, t->s, t->n);
}

static void
take_text(struct json_in *j, struct arena *a, void *at)
{
	struct json_in_text t;

	if (json_in_string(j, &t))
		*(const char **)at = keep(a, &t);
}

/* Not kept: beats cost no memory. */
static void
take_word(struct json_in *j, struct arena *a, void *at)
{
	struct json_in_text t;
	int i = EVENT_COUNT - 1;

	(void)a;
	if (!json_in_string(j, &t))
		return;
	while (i > 0 && (strlen(words[i]) != t.n || memcmp(words[i], t.s, t.n) != 0))
		i--;
	*(const char **)at = words[i];
}

static void
take_number(struct json_in *j, struct arena *a, void *at)
{
	(void)a;
	json_in_int(j, at);
}

static void
take_real(struct json_in *j, struct arena *a, void *at)
{
	(void)a;
	json_in_double(j, at);
}

static void
take_yes(struct json_in *j, struct arena *a, void *at)
{
	(void)a;
	json_in_bool(j, at);
}

static void
take_list(struct json_in *j, struct arena *a, void *at)
{
	struct event_list *list = at;
	struct json_in_text t;

	if (!json_in_open(j, JSON_IN_ARRAY))
		return;
	while (json_in_item(j))
		if (json_in_string(j, &t)) {
			list->s = arena_grow(a, list->s, list->n, sizeof *list->s);
			list->s[list->n++] = keep(a, &t);
		}
}

static const struct { void (*take)(struct json_in *, struct arena *, void *); size_t at; }
takers[] = {
#define MEMBER(how, name) { take_##how, offsetof(struct event, name) },
#include "convert/event.def"
};

/* Diagnostics of the JSON reader are of no use to anybody: a line that it
 * complains of is no event. */
struct reading {
	struct event *e;
	struct arena *a, *passing;
	const char *line;
	size_t n;
	struct ctx ctx;
	struct arena scratch;
	bool whole;
};

static void
read_line(void *arg)
{
	struct reading *r = arg;
	struct json_in j;
	int i;

	json_in_init(&j, &r->ctx, source_memory(&r->scratch, "", r->line, r->n), &r->scratch);
	if (!json_in_open(&j, JSON_IN_OBJECT))
		return;
	while ((i = json_in_field(&j, members)) >= 0)
		takers[i].take(&j, r->e->event == words[EVENT_LOG] ? r->passing : r->a,
		    (char *)r->e + takers[i].at);
	r->whole = json_in_end(&j);
}

bool
event_read(struct event *e, struct arena *a, struct arena *passing, const char *line, size_t n)
{
	struct reading r = { .e = e, .a = a, .passing = passing, .line = line, .n = n };
	int i;

	memset(e, 0, sizeof *e);
	ctx_init(&r.ctx);
	r.ctx.limits.window = n < 64 ? 64 : (uint32_t)(n < r.ctx.limits.window ? n + 1 :
	    r.ctx.limits.window);
	arena_init(&r.scratch, &r.ctx);
	if (ctx_protect(&r.ctx, read_line, &r) != 0 || r.ctx.diags.n > 0)
		r.whole = false;
	arena_free(&r.scratch);
	ctx_fini(&r.ctx);
	for (i = EVENT_COUNT - 1; i > 0 && e->event != words[i]; i--)
		continue;
	e->id = r.whole && e->event != NULL ? (enum event_id)i : EVENT_NONE;
	return e->id != EVENT_NONE;
}
