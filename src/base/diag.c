/* SPDX-License-Identifier: Apache-2.0 */
/* The list of diagnostics and its catalogue. Entries own their strings and
 * are malloc'ed one by one: a list must stay readable when the arenas of the
 * model it speaks of are gone, and when memory has run out. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"

static const struct row {
	const char *name, *title, *advice;
	enum diag_level level;
} rows[] = {
#define DIAG(id, level, name, title, advice) [DIAG_##id] = { name, title, advice, LEVEL_##level },
#include "base/diag.def"
#undef DIAG
};

static const char *const levels[LEVEL_COUNT] = {
	"note", "warn", "error", "unsupp", "fatal", "bug"
};

const char *
diag_name(enum diag_id id)
{
	return rows[id].name;
}

enum diag_level
diag_level(enum diag_id id)
{
	return rows[id].level;
}

const char *
diag_title(enum diag_id id)
{
	return rows[id].title;
}

const char *
diag_advice(enum diag_id id)
{
	return rows[id].advice;
}

enum diag_id
diag_find(const char *name)
{
	int id;

	for (id = 0; id < DIAG_COUNT && strcmp(rows[id].name, name) != 0; id++)
		;
	return (enum diag_id)id;
}

const char *
diag_says(const struct diag *d)
{
	return d->advice != NULL ? d->advice : d->rule != NULL ? "" : diag_advice(d->id);
}

const char *
level_name(enum diag_level level)
{
	return levels[level];
}

int
level_parse(const char *name)
{
	for (int i = 0; i < LEVEL_COUNT; i++)
		if (strcmp(name, levels[i]) == 0)
			return i;
	return -1;
}

int
diags_worst(const struct diags *d)
{
	for (int i = LEVEL_COUNT - 1; i >= 0; i--)
		if (d->count[i] > 0)
			return i;
	return -1;
}

void
diag_clear(struct diag *d)
{
	free(d->message);
	free(d->path);
	free(d->node);
	free(d->file);
	free(d->member);
	free(d->python);
	free(d->rule);
	free(d->advice);
}

void
diags_cut(struct diags *d, uint32_t n)
{
	while (d->n > n) {
		d->n--;
		d->count[d->list[d->n].level]--;
		diag_clear(&d->list[d->n]);
	}
}

void
diags_remove(struct diags *d, enum diag_id id)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->n; i++) {
		if (d->list[i].id != id) {
			d->list[n++] = d->list[i];
			continue;
		}
		d->count[d->list[i].level]--;
		diag_clear(&d->list[i]);
	}
	d->n = n;
}

static char *
copy(const char *s)
{
	return s == NULL || *s == '\0' ? NULL : strdup(s);
}

static void
fill_place(struct diag *d, const struct where *w)
{
	struct textpos pos;

	d->off = DIAG_NO_OFFSET;
	if (w == NULL)
		return;
	d->path = copy(w->path);
	d->node = copy(w->node);
	d->line = w->line;
	d->python = copy(w->python);
	d->rule = copy(w->rule);
	d->advice = copy(w->advice);
	if (w->loc.src == NULL)
		return;
	pos = source_textpos(w->loc.src, w->loc.off);
	d->file = copy(w->loc.src->name);
	d->member = copy(w->loc.src->member);
	d->off = pos.off;
	if (d->line == 0)
		d->line = pos.line;
}

/* The next free entry, or NULL. */
static struct diag *
next_entry(struct ctx *ctx)
{
	struct diags *d = &ctx->diags;
	struct diag *list;

	if (d->n >= ctx->limits.diags)
		return NULL;
	if (d->n == d->cap) {
		list = realloc(d->list, (d->cap * 2 + 16) * sizeof *list);
		if (list == NULL)
			return NULL;
		d->list = list;
		d->cap = d->cap * 2 + 16;
	}
	return memset(&d->list[d->n], 0, sizeof *d->list);
}

/* What ctx.changes says of the row, or NULL; findings of rules have said it already. */
static const struct diag_change *
change_of(const struct ctx *ctx, enum diag_id id, const struct where *w)
{
	const struct diag_change *c = ctx->changes == NULL ? NULL : &ctx->changes[id];

	return c == NULL || !c->set || (w != NULL && w->rule != NULL) ? NULL : c;
}

void
diag_add(struct ctx *ctx, enum diag_id id, const struct where *w, const char *fmt, ...)
{
	struct diags *d = &ctx->diags;
	const struct diag_change *c = change_of(ctx, id, w);
	enum diag_level level = c != NULL ? c->level : w != NULL && w->rule != NULL ? w->level :
	    rows[id].level;
	struct diag *e;
	va_list ap;
	int n;

	if (level == LEVEL_COUNT)
		return;
	e = next_entry(ctx);
	d->count[level]++;
	if (e == NULL) {
		d->dropped++;
		return;
	}
	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (e->message = malloc((size_t)n + 1)) == NULL) {
		d->dropped++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(e->message, (size_t)n + 1, fmt, ap);
	va_end(ap);
	e->id = id;
	e->level = level;
	fill_place(e, w);
	if (c != NULL && c->rule != NULL) {
		e->rule = copy(c->rule);
		e->advice = copy(c->advice);
	}
	d->n++;
}
