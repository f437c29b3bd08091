/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/sink.h"
#include "cmd/convert_compare.h"
#include "cmd/helper.h"
#include "convert/run.h"
#include "report/text.h"

/* One of the runs, copied out of it. */
struct tried {
	const char *cures;        /* names with blanks; "none" */
	const char *outcome, *stage, *word, *node, *said;
	double seconds;           /* without that of starting Python */
	uint32_t nodes;           /* of the source that were converted */
	uint32_t operations;      /* of the result; 0: there is none */
	enum run_end end;
};

static const char *
copy(struct call *call, const char *s)
{
	return s != NULL ? arena_strdup(call->arena, s, strlen(s)) : NULL;
}

static const char *
used(struct call *call, const struct request *q)
{
	const char *list = "none";

	for (const struct cure *c = cures; c->name != NULL; c++)
		if (request_cures(q, c))
			list = strcmp(list, "none") == 0 ? c->name :
			    arena_printf(call->arena, "%s, %s", list, c->name);
	return list;
}

static struct tried
try(struct call *call, struct request *q, struct child *child)
{
	struct tried t = { .cures = used(call, q), .outcome = "converted", .stage = "" };
	struct convert_run r;

	run_start_on(&r, q, child);
	run_step(&r, -1);
	t.end = r.end;
	t.seconds = r.seconds - r.loading;
	t.nodes = r.nnodes;
	t.operations = r.nmap;
	if (r.end != RUN_CONVERTED) {
		t.outcome = r.end == RUN_FAILED ? "failed" : r.end == RUN_CANCELLED ?
		    "cancelled" : "broken";
		t.stage = copy(call, r.stage);
		t.word = reason_word(r.found.reason);
		t.said = copy(call, r.message);
		if (r.blamed.name != NULL)
			t.node = arena_printf(call->arena, "%s '%s'", r.blamed.kind, r.blamed.name);
	}
	run_close(&r);
	return t;
}

static void
write_json(struct json *j, const struct tried *list, uint32_t n)
{
	json_open(j, '{');
	json_key(j, "runs");
	json_open(j, '[');
	for (const struct tried *t = list; t < list + n; t++) {
		const struct { const char *key, *value; } members[] = {
			{ "cures", t->cures }, { "outcome", t->outcome },
			{ "stage", *t->stage != '\0' ? t->stage : NULL },
			{ "class", t->word }, { "node", t->node }, { "message", t->said }
		};

		json_open(j, '{');
		for (size_t i = 0; i < sizeof members / sizeof *members; i++)
			json_member(j, members[i].key, members[i].value);
		json_key(j, "seconds");
		json_double(j, t->seconds, false);
		json_member_u64(j, "nodes", t->nodes);
		json_member_u64(j, "operations", t->operations);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void
write_text(struct call *call, const struct tried *list, uint32_t n)
{
	struct sink *out = call->out;

	sink_puts(out, "cures                 outcome    nodes    ops      s\n");
	for (const struct tried *t = list; t < list + n; t++) {
		sink_printf(out, "%-21s %-9s %6" PRIu32 " %6" PRIu32 " %6.1f\n", t->cures,
		    t->outcome, t->nodes, t->operations, t->seconds);
		if (t->word == NULL)
			continue;
		sink_pad(out, 4);
		text_wrap(out, arena_printf(call->arena, "%s: %s%s%s%s%s", t->stage, t->word,
		    t->node != NULL ? " at " : "", t->node != NULL ? t->node : "",
		    t->said != NULL ? ": " : "", t->said != NULL ? t->said : ""), 4);
	}
}

/* Cures left out and asked for: none; those used by themselves; all. */
static const struct { const char *no_cure, *cure; } ways[] = {
	{ "", NULL }, { NULL, NULL }, { NULL, "defaults" }
};
enum { WAYS = sizeof ways / sizeof *ways };

enum exit_status
convert_compare(struct call *call, struct request *q, const struct child_options *o)
{
	const struct convert_options *given = q->o;
	struct convert_options mine = *given;
	struct tried list[WAYS];
	struct child child;
	bool broken = false;
	uint32_t n = 0;

	if (!child_start(&child, o)) {
		if (call->json != NULL)
			json_null(call->json);
		child_close(&child);
		return helper_failed(call, &child);
	}
	q->o = &mine;
	q->trial = true;
	for (uint32_t i = 0; i < WAYS && !broken; i++) {
		if (ways[i].cure != NULL && q->format != CONVERT_PT2)
			continue;
		mine.no_cure = ways[i].no_cure;
		mine.cure = ways[i].cure;
		list[n] = try(call, q, &child);
		broken = list[n].end == RUN_BROKEN || list[n].end == RUN_CANCELLED;
		n++;
	}
	q->o = given;
	child_close(&child);
	if (call->json != NULL)
		write_json(call->json, list, n);
	else
		write_text(call, list, n);
	return broken ? EXIT_TOOL : EXIT_CLEAN;
}
