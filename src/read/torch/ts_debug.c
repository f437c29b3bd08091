/* SPDX-License-Identifier: Apache-2.0 */
/* One record file beside each file of code: a list of (offset in the code,
 * range of a source text). Of scripted models the text is the user's Python, of
 * traced ones a stack trace, the innermost frame first. Files are unpacked when
 * a node of theirs is asked for, and kept. */
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "ir/frame.h"
#include "read/archive.h"
#include "read/torch/pickle.h"
#include "read/torch/ts_debug.h"
#include "read/torch/ts_object.h"

struct records {
	const struct source *code;
	struct pickle_value *list;  /* of records, or NULL */
	struct pickle_value *texts; /* the string table, or NULL: texts stand in the records */
	struct records *next;
};

struct debug {
	struct model *m;
	struct archive *z;
	struct records *files;
};

struct asking {
	struct ctx *ctx;
	struct debug *d;
	const struct node *n;
	struct arena *a;
	struct frame *list;
	uint32_t count;
};

/* The record's name is behind the last colon of the source's. */
static const char *
record_of(const struct debug *d, const struct source *code)
{
	const char *colon = strrchr(code->name, ':');
	const char *name = colon != NULL ? colon + 1 : code->name;

	return strlen(name) > d->z->top ? name + d->z->top : name;
}

static void
load(struct asking *q, struct records *r)
{
	char *name = arena_printf(q->a, "%s.debug_pkl", record_of(q->d, r->code));
	struct archive_entry *e = archive_record(q->d->z, name);
	struct source *src = e != NULL ? archive_source(q->d->z, e, NULL) : NULL;
	struct pickle_value *root;
	struct pickle p;
	const char *form;

	if (src == NULL)
		return;
	pickle_read(q->ctx, &q->d->m->arena, q->a, src, 0, &p);
	if ((root = p.root) == NULL)
		return;
	form = pickle_str(pickle_item(root, 0));
	if (form == NULL) {
		r->list = root;
	} else if (strcmp(form, "FORMAT_WITH_STRING_TABLE") == 0) {
		r->texts = pickle_item(root, 1);
		r->list = pickle_item(root, 2);
	}
}

static struct records *
records_for(struct asking *q, const struct source *code)
{
	struct records *r = q->d->files;

	while (r != NULL && r->code != code)
		r = r->next;
	if (r != NULL)
		return r;
	r = arena_alloc(&q->d->m->arena, sizeof *r);
	r->code = code;
	r->next = q->d->files;
	q->d->files = r;
	load(q, r);
	return r;
}

/* The last record at or before off that has a text. */
static struct pickle_value *
record_at(const struct records *r, uint64_t off)
{
	struct pickle_value *found = NULL, *v, *source;
	int64_t at;

	if (r->list == NULL || (r->list->kind != PK_TUPLE && r->list->kind != PK_LIST))
		return NULL;
	for (uint64_t i = 0; (v = pickle_item(r->list, i)) != NULL; i++) {
		if (!pickle_int(pickle_item(v, 0), &at) || at < 0 || (uint64_t)at > off)
			continue;
		source = pickle_item(pickle_item(v, 1), 0);
		source = ts_unwrap(pickle_item(source, 0));
		if (source != NULL && source->n > 0)
			found = v;
	}
	return found;
}

/* Line k of a source: by its number in the table, or the text in one piece. */
static const char *
piece(const struct records *r, const struct pickle_value *source, uint64_t k)
{
	int64_t i;

	if (source == NULL || source->kind == PK_STR)
		return k == 0 ? pickle_str(source) : NULL;
	if (!pickle_int(pickle_item(source, k), &i) || i < 0 || r->texts == NULL)
		return NULL;
	return pickle_str(pickle_item(r->texts, (uint64_t)i));
}

static const char *
file_of(const struct records *r, const struct pickle_value *v)
{
	const char *s = pickle_str(v);
	int64_t i;

	if (s == NULL && r->texts != NULL && pickle_int(v, &i) && i >= 0)
		s = pickle_str(pickle_item(r->texts, (uint64_t)i));
	return s != NULL ? s : "";
}

static void
add(struct asking *q, struct frame f)
{
	if (q->count >= 256)
		return;
	q->list = arena_grow(q->a, q->list, q->count, sizeof *q->list);
	q->list[q->count++] = f;
}

/* "path(line): function" on each line. false: it is no trace. */
static bool
add_trace_line(struct asking *q, const char *s, size_t n)
{
	const char *open, *end = s + n, *close = NULL;
	struct frame f = { .text = NULL };

	for (open = end; open > s && close == NULL; open--)
		if (open[-1] == '(' && (close = memchr(open, ')', (size_t)(end - open))) != NULL &&
		    (close + 1 == end || close[1] != ':'))
			close = NULL;
	if (close == NULL)
		return false;
	open++;
	if (open == close || strspn(open, "0123456789") != (size_t)(close - open))
		return false;
	f.file = arena_strdup(q->a, s, (size_t)(open - 1 - s));
	f.line = (uint32_t)strtoul(open, NULL, 10);
	close += 2;
	close += close < end && *close == ' ';
	f.function = close < end ? arena_strdup(q->a, close, (size_t)(end - close)) : NULL;
	add(q, f);
	return true;
}

/* The whole text of the source, at most 256 KiB of it. */
static const char *
text_of(struct asking *q, const struct records *r, const struct pickle_value *source, size_t *n)
{
	const char *s;
	size_t size = 0, len;
	char *text;

	for (uint64_t k = 0; k < 65536 && size < 262144 && (s = piece(r, source, k)) != NULL; k++)
		size += strlen(s);
	text = arena_alloc(q->a, size + 1);
	*n = 0;
	for (uint64_t k = 0; *n < size && (s = piece(r, source, k)) != NULL; k++) {
		len = strlen(s);
		memcpy(text + *n, s, len);
		*n += len;
	}
	return text;
}

static void
add_source_line(struct asking *q, const char *text, size_t n, int64_t start, const char *file,
    int64_t first)
{
	size_t at = start < 0 ? 0 : (size_t)start < n ? (size_t)start : n, from = at, to = at;
	struct frame f = { .file = file };

	f.line = (uint32_t)(first > 0 ? first : 1);
	for (size_t i = 0; i < at; i++)
		f.line += text[i] == '\n';
	while (from > 0 && text[from - 1] != '\n')
		from--;
	while (to < n && text[to] != '\n')
		to++;
	while (from < to && (text[from] == ' ' || text[from] == '\t'))
		from++;
	f.text = arena_strdup(q->a, text + from, to - from);
	add(q, f);
}

/* false: what follows is told by the trace already. */
static bool
add_place(struct asking *q, struct loc at)
{
	struct records *r;
	struct pickle_value *rec, *range, *source;
	int64_t start = 0, first = 0;
	const char *text;
	size_t n, line;
	bool trace = false;

	if (at.src == NULL)
		return true;
	r = records_for(q, at.src);
	rec = record_at(r, at.off);
	range = rec != NULL ? pickle_item(rec, 1) : NULL;
	source = pickle_item(range, 0);
	if (source == NULL)
		return true;
	pickle_int(pickle_item(range, 1), &start);
	pickle_int(pickle_item(source, 2), &first);
	/* a source is (text, file, first line) */
	text = text_of(q, r, ts_unwrap(pickle_item(source, 0)), &n);
	for (size_t i = 0; i < n; i += line + 1) {
		const char *nl = memchr(text + i, '\n', n - i);

		line = nl != NULL ? (size_t)(nl - text) - i : n - i;
		if (line > 0 && !add_trace_line(q, text + i, line))
			break;
		trace |= line > 0;
	}
	if (!trace)
		add_source_line(q, text, n, start, file_of(r, pickle_item(source, 1)), first);
	return !trace;
}

static void
find(void *arg)
{
	struct asking *q = arg;
	const struct inlined *c = q->n->call;
	bool more = add_place(q, q->n->loc);

	for (; more && c != NULL; c = c->up)
		more = add_place(q, c->at);
}

static uint32_t
frames(const struct model *m, const struct node *n, struct arena *a, struct frame **out)
{
	struct debug *d = m->frames_arg;
	struct asking q = { .ctx = d->z->ctx, .d = d, .n = n, .a = a };

	if (ctx_protect(q.ctx, find, &q) != 0)
		q.count = 0;
	*out = q.list;
	return q.count;
}

struct attaching { struct model *m; struct archive *z; };

static void
attach(void *arg)
{
	struct attaching *t = arg;
	struct debug *d = arena_alloc(&t->m->arena, sizeof *d);

	d->m = t->m;
	d->z = t->z;
	t->m->frames_arg = d;
	t->m->frames = frames;
}

void
ts_debug_attach(struct model *m, struct archive *z)
{
	struct attaching t = { m, z };

	ctx_protect(m->arena.ctx, attach, &t);
}
