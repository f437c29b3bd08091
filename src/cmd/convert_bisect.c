/* SPDX-License-Identifier: Apache-2.0 */
/* With the first k passes it works, with one more it does not: that one is found by
 * halving. Leaving it out of the whole then shows whether it is the only one. */
#include <inttypes.h>
#include <string.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/sink.h"
#include "cmd/convert_bisect.h"
#include "cmd/helper.h"
#include "convert/run.h"
#include "report/text.h"

struct bisect {
	struct call *call;
	struct request *q;
	struct child child;
	const char **names;      /* passes of the main pipeline, in order */
	uint32_t nnames, runs;
	const char *said;        /* of the last failure */
	const char *stage;
	const char *stuck;       /* the pass in which the helper ended or took too long */
	bool broken;             /* the helper itself failed */
};

static bool
is_main(const char *pipeline)
{
	return strncmp(pipeline, "frontend", 8) != 0 && strncmp(pipeline, "backend", 7) != 0;
}

static void
keep_names(struct bisect *b, const struct convert_run *r)
{
	for (uint32_t i = 0; i < r->npasses; i++) {
		if (!is_main(r->passes[i].pipeline))
			continue;
		b->names = arena_grow(b->call->arena, b->names, b->nnames, sizeof *b->names);
		b->names[b->nnames++] = arena_strdup(b->call->arena, r->passes[i].name,
		    strlen(r->passes[i].name));
	}
	if (r->end != RUN_CONVERTED && r->pass != NULL && is_main(r->pipeline) &&
	    strncmp(r->stage, "pass:", 5) == 0) {
		b->names = arena_grow(b->call->arena, b->names, b->nnames, sizeof *b->names);
		b->names[b->nnames++] = arena_strdup(b->call->arena, r->pass, strlen(r->pass));
	}
}

/* Does it convert with the first passes only, or without one? */
static bool
works(struct bisect *b, int64_t first, const char *left_out)
{
	struct convert_run r;
	bool ok;

	b->q->first = first;
	b->q->left_out = left_out;
	b->q->trial = true;
	b->runs++;
	run_start_on(&r, b->q, &b->child);
	run_step(&r, -1);
	ok = r.end == RUN_CONVERTED;
	b->broken |= r.end == RUN_BROKEN || r.end == RUN_CANCELLED;
	if (!ok) {
		b->said = arena_printf(b->call->arena, "%s%s%s", r.exception != NULL ?
		    r.exception : "", r.exception != NULL ? ": " : "", r.message != NULL ?
		    r.message : r.found.cause);
		b->stage = arena_strdup(b->call->arena, r.stage, strlen(r.stage));
	}
	if (r.end == RUN_BROKEN && r.pass != NULL && is_main(r.pipeline))
		b->stuck = arena_strdup(b->call->arena, r.pass, strlen(r.pass));
	if (first < 0 && left_out == NULL)
		keep_names(b, &r);
	run_close(&r);
	return ok;
}

/* What ended with the helper is tried on with another one. */
static bool
start_again(struct bisect *b)
{
	struct child_options o = b->child.o;

	child_close(&b->child);
	b->broken = !child_start(&b->child, &o);
	return !b->broken;
}

/* The pass, or NULL with a sentence on why there is none. */
static const char *
search(struct bisect *b, const char **why)
{
	uint32_t lo = 0, hi, mid;

	if (works(b, -1, NULL)) {
		*why = "it converts: no pass breaks it";
		return NULL;
	}
	if (b->broken && b->stuck != NULL && start_again(b)) {
		*why = arena_printf(b->call->arena, "the conversion does not come out of %s: %s",
		    b->stuck, b->said);
		return b->stuck;
	}
	if (b->broken) {
		*why = b->said;
		return NULL;
	}
	if (b->nnames == 0) {
		*why = arena_printf(b->call->arena, "it fails before the passes, in %s: %s",
		    b->stage, b->said);
		return NULL;
	}
	if (!works(b, 0, NULL)) {
		*why = arena_printf(b->call->arena, "it fails without any of the passes as well, "
		    "in %s: %s", b->stage, b->said);
		return NULL;
	}
	for (hi = b->nnames; hi - lo > 1 && !b->broken;) {
		mid = lo + (hi - lo) / 2;
		if (works(b, mid, NULL))
			lo = mid;
		else
			hi = mid;
	}
	return b->names[hi - 1];
}

enum exit_status
convert_bisect(struct call *call, struct request *q, const struct child_options *o)
{
	struct bisect b = { .call = call, .q = q };
	const char *pass, *said, *why = "";
	bool cured = false;

	if (!child_start(&b.child, o)) {
		if (call->json != NULL)
			json_null(call->json);
		child_close(&b.child);
		return helper_failed(call, &b.child);
	}
	pass = search(&b, &why);
	said = b.said;
	if (pass != NULL && !b.broken)
		cured = works(&b, -1, pass);
	child_close(&b.child);
	if (pass != NULL && *why == '\0')
		why = arena_printf(call->arena, "with the passes before it the model converts, "
		    "with %s it does not: %s", pass, said != NULL ? said : "");
	if (pass != NULL)
		why = arena_printf(call->arena, "%s. Without it %s", why, cured ?
		    "the conversion works" : "another one breaks it");
	if (call->json != NULL) {
		json_open(call->json, '{');
		json_member(call->json, "pass", pass);
		json_member(call->json, "why", why);
		json_member_bool(call->json, "cured", cured);
		json_member_u64(call->json, "runs", b.runs);
		json_close(call->json, '}');
	} else {
		text_label(call->out, "Pass:");
		text_wrap(call->out, pass != NULL ? pass : "none", 14);
		text_label(call->out, "Why:");
		text_wrap(call->out, why, 14);
		text_label(call->out, "Fix:");
		text_wrap(call->out, cured ? arena_printf(call->arena, "--without=%s", pass) : "-",
		    14);
		sink_printf(call->out, "Runs:         %" PRIu32 "\n", b.runs);
	}
	return b.broken ? EXIT_TOOL : pass != NULL ? EXIT_FINDINGS : EXIT_CLEAN;
}
