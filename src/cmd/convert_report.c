/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/convert_fate.h"
#include "cmd/convert_next.h"
#include "cmd/convert_report.h"
#include "cmd/options.h"
#include "convert/fate.h"
#include "convert/offer.h"
#include "convert/place.h"
#include "convert/run.h"
#include "report/text.h"

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Different names that operations have first, and how many of these several have. Casts
 * count for the number of names alone: passes set them at nodes that others are of. */
static void
count_sources(const struct convert_run *r, bool casts, uint32_t *all, uint32_t *several)
{
	const char **names = calloc(r->nmap + 1, sizeof *names);
	uint32_t n = 0, same;

	for (uint32_t i = 0; names != NULL && i < r->nmap; i++)
		if (r->map[i].sources.n > 0 && (casts || strcmp(r->map[i].op, "cast") != 0))
			names[n++] = r->map[i].sources.s[0];
	if (names != NULL)
		qsort(names, n, sizeof *names, by_text);
	*all = *several = 0;
	for (uint32_t i = 0; i < n; i += same) {
		for (same = 1; i + same < n && strcmp(names[i], names[i + same]) == 0; same++)
			continue;
		++*all;
		*several += same > 1;
	}
	free(names);
}

void
run_summarize(const struct convert_run *r, struct run_summary *s)
{
	uint32_t ignored;

	memset(s, 0, sizeof *s);
	s->operations = r->nmap;
	for (uint32_t i = 0; i < r->nmap; i++) {
		s->placed += r->map[i].sources.n > 0;
		s->added += r->map[i].sources.n == 0 && r->map[i].passes.n > 0;
		s->casts += strcmp(r->map[i].op, "cast") == 0 && r->map[i].passes.n > 0;
	}
	count_sources(r, false, &s->sources, &s->split);
	count_sources(r, true, &s->sources, &ignored);
	for (uint32_t i = 0; i < r->npasses; i++) {
		const struct run_pass *p = &r->passes[i];
		enum fate f = fate_of_pass(p->name);

		*(f == FATE_DROPPED ? &s->dropped : f == FATE_FUSED ? &s->fused : &s->folded) +=
		    p->gone.n - p->folded.n;
		s->folded += p->folded.n;
	}
}

static void
put(struct sink *out, const char *title, const char *text)
{
	text_label(out, title);
	text_wrap(out, text, 14);
}

/* A message on one line: its lines and what indents them are blanks. */
static const char *
one_line(struct call *call, const char *s)
{
	char *t = arena_strdup(call->arena, s, strlen(s)), *to = t;

	for (; *s != '\0'; s++) {
		bool blank = *s == ' ' || *s == '\n' || *s == '\t' || *s == '\r';

		if (!blank)
			*to++ = *s;
		else if (to > t && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
	return t;
}

static bool
is_said(const struct run_log *log)
{
	return strcmp(log->level, "error") != 0 && strcmp(log->level, "note") != 0;
}

/* Logs that are not words about failures, which are told elsewhere: those at either end. */
static void
text_logs(struct call *call, const struct convert_run *r)
{
	enum { EITHER = 10 };
	uint32_t n = 0, at = 0;
	uint64_t out;

	for (uint32_t i = 0; i < r->nlogs; i++)
		n += is_said(&r->logs[i]);
	out = r->dropped + (n > 2 * EITHER ? n - 2 * EITHER : 0);
	for (uint32_t i = 0; i < r->nlogs; i++) {
		if (!is_said(&r->logs[i]))
			continue;
		at++;
		if (at == EITHER + 1 && out > 0)
			put(call->out, "Said:", arena_printf(call->arena, "(%" PRIu64 " lines of "
			    "the log are left out)", out));
		if (at <= EITHER || at + EITHER > n)
			put(call->out, "Said:", one_line(call, r->logs[i].text));
	}
}

/* What we have to say ourselves. */
static void
text_notes(struct call *call, const struct convert_run *r)
{
	for (uint32_t i = 0; i < r->nlogs; i++)
		if (strcmp(r->logs[i].level, "note") == 0)
			put(call->out, "Note:", r->logs[i].text);
}

static void
text_cures(struct call *call, const struct convert_run *r)
{
	for (uint32_t i = 0; i < r->ncures; i++)
		put(call->out, "Cure:", arena_printf(call->arena, "%s: %" PRId64 " nodes became %"
		    PRId64, r->cures[i].name, r->cures[i].before, r->cures[i].after));
}

static void
text_converted(struct call *call, const struct convert_run *r)
{
	struct sink *out = call->out;
	struct run_summary s;
	struct sink size;

	run_summarize(r, &s);
	put(out, "Converted:", arena_printf(call->arena, "%s (%s, specification %" PRId64 ")",
	    r->r->o->out, r->kind, r->specification));
	sink_init(&size, -1);
	text_bytes(&size, r->peak);
	put(out, "Took:", arena_printf(call->arena, "%.1f s in the converter, %.1f s in all, "
	    "%.*s at most", r->took, r->seconds, (int)size.n, size.buf));
	sink_fini(&size);
	text_cures(call, r);
	put(out, "Map:", arena_printf(call->arena, "%u operation%s from %u node%s, %u of them "
	    "split into several; %u made by passes, %u with an unknown source", s.operations,
	    plural(s.operations), s.sources, plural(s.sources), s.split, s.added,
	    s.operations - s.placed - s.added));
	if (s.casts > 0)
		put(out, "Cast:", arena_printf(call->arena, "%u change%s of element type",
		    s.casts, plural(s.casts)));
	convert_fates_text(call, r);
	text_logs(call, r);
}

/* "#3 aten::cdist 'd' in head and 2 more: not-registered, ..." */
static const char *
describe_next(struct call *call, const struct next *x)
{
	const char *id = x->node != NULL ?
	    arena_printf(call->arena, "#%" PRIu32 " ", x->node->id) : "";
	const char *more = x->count > 1 ?
	    arena_printf(call->arena, " and %" PRIu32 " more", x->count - 1) : "";

	return arena_printf(call->arena, "%s%s '%s'%s%s%s: %s, %s", id, x->kind, x->name,
	    *x->scope != '\0' ? " in " : "", x->scope, more, x->word, x->message);
}

static void
text_next(struct call *call, const struct next *list, uint32_t n, const struct next *likely)
{
	enum { SHOWN = 12 };
	uint32_t shown = 0;

	for (uint32_t i = 0; i < n && i < SHOWN; i++)
		if (&list[i] != likely)
			put(call->out, shown++ == 0 ? "Next:" : "",
			    describe_next(call, &list[i]));
	if (n > SHOWN)
		put(call->out, "", arena_printf(call->arena, "and %" PRIu32 " more: see support",
		    n - SHOWN));
}

/* "--target=iOS17", or that an option is to be left away. */
static const char *
again(struct call *call, const struct offer *o)
{
	return o->value != NULL ? arena_printf(call->arena, "%s=%s: %s", o->option, o->value,
	    o->why) : arena_printf(call->arena, "no %s: %s", o->option, o->why);
}

static void
text_failed(struct call *call, const struct convert_run *r)
{
	struct sink *out = call->out;
	const struct next *list, *likely;
	struct offer offer;
	uint32_t n;

	text_cures(call, r);
	put(out, "Stage:", r->stage);
	if (r->end == RUN_CANCELLED) {
		put(out, "Stopped:", "nothing was written");
		return;
	}
	if (r->blamed.name != NULL)
		put(out, "Node:", convert_describe(call, &r->blamed,
		    place_blamed(call->s->model, r, call->arena)));
	list = convert_next(call, r, &n);
	likely = convert_likely(r, list, n);
	if (likely != NULL)
		put(out, "Likely:", describe_next(call, likely));
	put(out, "Class:", reason_word(r->found.reason));
	if (r->exception != NULL)
		put(out, "Said:", arena_printf(call->arena, "%s: %s", r->exception,
		    one_line(call, r->message)));
	if (!call->opts->batch) { /* there a finding says these */
		const char *fix = convert_fix(call, r);

		put(out, "Cause:", r->found.cause);
		put(out, "Fix:", *fix != '\0' ? fix : "none is known");
	}
	if (offer_find(&offer, call->arena, r))
		put(out, "Retry with:", again(call, &offer));
	text_next(call, list, n, likely);
}

const struct node *
convert_stopped(struct call *call, const struct convert_run *r)
{
	const struct next *list, *likely;
	uint32_t n;

	if (r->blamed.name != NULL)
		return place_blamed(call->s->model, r, call->arena);
	list = convert_next(call, r, &n);
	likely = convert_likely(r, list, n);
	return likely != NULL ? likely->node : NULL;
}

void
convert_text(struct call *call, const struct convert_run *r)
{
	text_notes(call, r);
	if (r->end == RUN_CONVERTED)
		text_converted(call, r);
	else if (r->end == RUN_REFUSED)
		for (uint32_t i = 0; i < r->nrefusals; i++)
			put(call->out, "Refused:", arena_printf(call->arena, "by %s: %s",
			    r->refusals[i].level, r->refusals[i].text));
	else
		text_failed(call, r);
}

static void
json_words(struct json *j, const char *key, const struct event_list *l)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < l->n; i++)
		json_string(j, l->s[i]);
	json_close(j, ']');
}

static void
json_number(struct json *j, const char *key, double value)
{
	json_key(j, key);
	json_double(j, value, false);
}

static void
json_node_of(struct json *j, const struct node *found, const struct run_node *n)
{
	json_open(j, '{');
	json_key(j, "id");
	if (found != NULL)
		json_u64(j, found->id);
	else
		json_null(j);
	json_member(j, "kind", n->kind);
	json_member(j, "name", n->name);
	json_member(j, "scope", convert_scope(n, found));
}

static void
json_next(struct call *call, const struct next *list, uint32_t n, const struct next *likely)
{
	struct json *j = call->json;

	json_key(j, "next");
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++) {
		if (&list[i] == likely)
			continue;
		json_node_of(j, list[i].node, &(struct run_node){ .kind = list[i].kind,
		    .name = list[i].name, .scope = list[i].scope });
		json_member(j, "class", list[i].word);
		json_member(j, "message", list[i].message);
		json_member(j, "fix", list[i].fix);
		json_member_u64(j, "count", list[i].count);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_offer(struct call *call, const struct convert_run *r)
{
	struct json *j = call->json;
	struct offer o;

	json_key(j, "retry");
	if (!offer_find(&o, call->arena, r)) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	json_member(j, "option", o.option);
	json_member(j, "value", o.value);
	json_member(j, "why", o.why);
	json_close(j, '}');
}

static void
json_map(struct json *j, const struct convert_run *r)
{
	json_key(j, "map");
	json_open(j, '[');
	for (uint32_t i = 0; i < r->nmap; i++) {
		const struct run_map *m = &r->map[i];

		json_open(j, '{');
		json_member(j, "function", m->function);
		json_member(j, "op", m->op);
		json_member(j, "name", m->name);
		json_words(j, "outputs", &m->outputs);
		json_words(j, "sources", &m->sources);
		json_member(j, "scope", m->scope);
		json_words(j, "passes", &m->passes);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_passes(struct json *j, const struct convert_run *r)
{
	json_key(j, "passes");
	json_open(j, '[');
	for (uint32_t i = 0; i < r->npasses; i++) {
		json_open(j, '{');
		json_member(j, "pipeline", r->passes[i].pipeline);
		json_member(j, "name", r->passes[i].name);
		json_number(j, "seconds", r->passes[i].seconds);
		json_member_i64(j, "operations", r->passes[i].ops);
		json_words(j, "gone", &r->passes[i].gone);
		json_words(j, "folded", &r->passes[i].folded);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_summary(struct json *j, const struct convert_run *r)
{
	struct run_summary s;

	run_summarize(r, &s);
	const struct { const char *key; uint32_t n; } members[] = {
		{ "operations", s.operations }, { "placed", s.placed }, { "added", s.added },
		{ "casts", s.casts }, { "sources", s.sources }, { "split", s.split },
		{ "fused", s.fused }, { "folded", s.folded }, { "dropped", s.dropped }
	};

	json_key(j, "summary");
	json_open(j, '{');
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		json_member_u64(j, members[i].key, members[i].n);
	json_close(j, '}');
}

static void
json_failure(struct call *call, const struct convert_run *r)
{
	struct json *j = call->json;
	uint32_t n;
	const struct next *list = convert_next(call, r, &n), *likely = convert_likely(r, list, n);

	json_member(j, "stage", r->stage);
	json_member(j, "class", reason_word(r->found.reason));
	json_member(j, "cause", r->found.cause);
	json_member(j, "cure", convert_fix(call, r));
	json_member(j, "exception", r->exception);
	json_member(j, "message", r->message);
	json_words(j, "frames", &r->frames);
	json_key(j, "node");
	if (r->blamed.name != NULL) {
		json_node_of(j, place_blamed(call->s->model, r, call->arena), &r->blamed);
		json_close(j, '}');
	} else {
		json_null(j);
	}
	json_key(j, "likely");
	if (likely != NULL)
		json_u64(j, likely->node->id);
	else
		json_null(j);
	json_offer(call, r);
	json_next(call, list, n, likely);
}

static void
json_logs(struct json *j, const char *key, const char *a, const char *b,
    const struct run_log *list, uint32_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++) {
		json_open(j, '{');
		json_member(j, a, list[i].level);
		json_member(j, b, list[i].text);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_cures(struct json *j, const struct convert_run *r)
{
	json_key(j, "cures");
	json_open(j, '[');
	for (uint32_t i = 0; i < r->ncures; i++) {
		json_open(j, '{');
		json_member(j, "name", r->cures[i].name);
		json_member_i64(j, "before", r->cures[i].before);
		json_member_i64(j, "after", r->cures[i].after);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void
convert_json(struct call *call, const struct convert_run *r)
{
	static const char *const ends[] = {
		"going", "converted", "failed", "refused", "broken", "cancelled"
	};
	struct json *j = call->json;

	json_open(j, '{');
	json_member(j, "outcome", ends[r->end]);
	json_number(j, "seconds", r->seconds);
	json_number(j, "converter_seconds", r->took);
	json_member_u64(j, "peak_bytes", r->peak);
	json_cures(j, r);
	if (r->end == RUN_CONVERTED) {
		json_member(j, "out", r->r->o->out);
		json_member(j, "kind", r->kind);
		json_member_i64(j, "specification", r->specification);
		json_summary(j, r);
		json_map(j, r);
		convert_fates_json(call, r);
		json_passes(j, r);
	} else if (r->end == RUN_REFUSED) {
		json_logs(j, "refusals", "by", "said", r->refusals, r->nrefusals);
	} else {
		json_failure(call, r);
	}
	json_logs(j, "log", "level", "text", r->logs, r->nlogs);
	json_member_u64(j, "log_dropped", r->dropped);
	json_close(j, '}');
}
