/* SPDX-License-Identifier: Apache-2.0 */
/* scan: what the file would do to the Python program that loads it. */
#include <inttypes.h>
#include <string.h>

#include "app/scan.h"
#include "app/session.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "report/text.h"

static void
global_json(struct json *j, const struct scan_global *g)
{
	json_open(j, '{');
	json_member(j, "module", g->module);
	json_member(j, "name", g->name);
	json_member(j, "verdict", scan_verdict_name(g->verdict));
	json_member_bool(j, "called", g->called);
	json_member_u64(j, "count", g->count);
	json_member(j, "file", g->file);
	json_member_u64(j, "offset", g->off);
	json_close(j, '}');
}

static void
write_json(struct json *j, const struct scan *r)
{
	const struct { const char *key; uint32_t n; } counts[] = {
		{ "findings", r->findings }, { "pickles", r->pickles }, { "archives", r->archives },
		{ "members", r->members }, { "native", r->native }, { "scripts", r->scripts }
	};

	json_open(j, '{');
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		json_member_u64(j, counts[i].key, counts[i].n);
	json_key(j, "globals");
	json_open(j, '[');
	for (uint32_t i = 0; i < r->nglobals; i++)
		global_json(j, &r->globals[i]);
	json_close(j, ']');
	json_close(j, '}');
}

/* The names, those that matter most first; of data only how many. */
static void
write_text(struct sink *out, const struct scan *r)
{
	static const char *const titles[] = { "makes data", "not known", "runs code" };
	enum { SHOWN = 40 };
	uint32_t n[3] = { 0, 0, 0 };

	for (int v = SCAN_RUNS_CODE; v >= SCAN_DATA; v--) {
		for (uint32_t i = 0; i < r->nglobals; i++) {
			const struct scan_global *g = &r->globals[i];

			if ((int)g->verdict != v || n[v]++ >= SHOWN || v == SCAN_DATA)
				continue;
			text_label(out, n[v] == 1 ? titles[v] : "");
			sink_safe(out, g->module, strlen(g->module), 40);
			sink_puts(out, ".");
			sink_safe(out, g->name, strlen(g->name), 40);
			sink_puts(out, g->called ? "  called" : "");
			if (g->count > 1)
				sink_printf(out, "  %" PRIu32 " times", g->count);
			sink_puts(out, "\n");
		}
		if (v != SCAN_DATA && n[v] > SHOWN) {
			text_label(out, "");
			sink_printf(out, "and %" PRIu32 " more\n", n[v] - SHOWN);
		}
	}
	if (n[SCAN_DATA] > 0) {
		text_label(out, titles[SCAN_DATA]);
		sink_printf(out, "%" PRIu32 " name%s, all known (--format=json lists them)\n",
		    n[SCAN_DATA], plural(n[SCAN_DATA]));
	}
}

/* The status that the findings of this command ask for: a file that holds no
 * model is none to complain of here. */
static enum exit_status
status_of(const struct call *call, uint32_t before)
{
	const struct diags *d = &call->s->ctx.diags;

	for (uint32_t i = before; i < d->n; i++)
		if ((int)d->list[i].level >= (int)call->opts->fail_on)
			return EXIT_FINDINGS;
	return EXIT_CLEAN;
}

static enum exit_status
run(struct call *call)
{
	uint32_t before = call->s->ctx.diags.n;
	const struct scan *r = session_scan(call->s, call->arena);

	if (r == NULL) {
		if (call->json != NULL)
			json_null(call->json);
		return EXIT_BAD_INPUT;
	}
	if (call->json != NULL)
		write_json(call->json, r);
	else
		write_text(call->out, r);
	call->ready = (void *)(uintptr_t)r;
	return status_of(call, before);
}

static void
conclude(struct call *call)
{
	const struct scan *r = call->ready;

	sink_printf(call->out, "%" PRIu32 " pickle%s", r->pickles, plural(r->pickles));
	if (r->archives > 0)
		sink_printf(call->out, " in %" PRIu32 " archive%s of %" PRIu32 " members",
		    r->archives, plural(r->archives), r->members);
	if (r->findings > 0)
		sink_printf(call->out, ": %" PRIu32 " finding%s\n", r->findings,
		    plural(r->findings));
	else
		sink_puts(call->out, ": no findings\n");
}

const struct command CMD_SCAN = {
	.name = "scan", .args = "", .help = "what the file does to the Python that loads it",
	.text = "Decodes every pickle in the file, in archives in archives as well and under any "
	    "name, without running anything, and judges each name that it asks Python for: whether "
	    "it makes data alone, is not known, or runs code. Also found: pickles that break, hide "
	    "or follow one another, computed calls, Python code of packages, machine code, and "
	    "archives whose parts contradict each other.",
	.run = run, .conclude = conclude, .no_model = true, .any_file = true
};
