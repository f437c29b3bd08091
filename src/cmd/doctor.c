/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: the tools that conversion needs, each with a verdict and its cure. */
#include <inttypes.h>
#include <string.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/helper.h"
#include "cmd/options.h"
#include "convert/child.h"
#include "convert/doctor.h"
#include "report/text.h"

static void
write_json(struct json *j, const struct doctor *d, const struct child *c)
{
	json_open(j, '{');
	json_member(j, "python", c->o.python);
	json_member(j, "verdict", doctor_word(d->worst));
	json_key(j, "limits");
	json_open(j, '{');
	json_key(j, "memory_bytes");
	if (d->memory > 0)
		json_u64(j, d->memory);
	else
		json_null(j);
	json_member_bool(j, "network", d->network);
	json_close(j, '}');
	json_key(j, "tools");
	json_open(j, '[');
	for (uint32_t i = 0; i < d->ntools; i++) {
		const struct doctor_tool *t = &d->tools[i];

		json_open(j, '{');
		json_member(j, "name", t->name);
		json_member(j, "version", t->version);
		json_member(j, "verdict", doctor_word(t->verdict));
		json_member(j, "why", t->why);
		json_member(j, "for", t->use);
		json_member(j, "cure", t->cure);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

/* What is said below, once. */
static const char all_at_once[] = "make -C build venv";

static void
write_tool(struct sink *out, const struct doctor_tool *t, struct arena *a)
{
	const char *version = t->version != NULL ? t->version : "-";

	sink_printf(out, "%-5s %-20s ", doctor_word(t->verdict), t->name);
	sink_pad(out, 14 - (int)sink_safe(out, version, strlen(version), 13));
	sink_printf(out, "for %s\n", t->use);
	if (*t->why == '\0')
		return;
	sink_pad(out, 6);
	text_wrap(out, t->why, 6);
	if (*t->cure == '\0' || strcmp(t->cure, all_at_once) == 0)
		return;
	sink_pad(out, 6);
	text_wrap(out, arena_printf(a, "fix: %s", t->cure), 11);
}

/* What a conversion is held to on this system. */
static void
write_limits(struct call *call, const struct doctor *d)
{
	const char *memory = d->memory > 0 ? arena_printf(call->arena, "%" PRIu64 " GB of address "
	    "space (--memory)", d->memory >> 30) : call->opts->memory > 0 ?
	    "memory is not limited: this system does not do that" : "memory is not limited";
	const char *network = !d->network ? "no network (--network leaves it)" :
	    call->opts->network ? "a network, as --network asks" : d->uncut != NULL ?
	    arena_printf(call->arena, "a network, which could not be taken away: %s", d->uncut) :
	    "a network: this system has no way to take it away";

	text_label(call->out, "Limits:");
	text_wrap(call->out, arena_printf(call->arena, "models are converted with %s, %s, %"
	    PRIu32 " s (--timeout)", memory, network, call->opts->timeout), 14);
}

static enum exit_status
run(struct call *call)
{
	struct child_options o;
	struct child c;
	struct doctor d;

	if (!helper_find(call, &o)) {
		if (call->json != NULL)
			json_null(call->json);
		return EXIT_TOOL;
	}
	/* what hangs is to be told soon, unless somebody says a time */
	o.seconds = o.seconds < 3600 ? o.seconds : 120;
	doctor_ask(&d, &c, &o, call->arena);
	if (call->json != NULL) {
		write_json(call->json, &d, &c);
	} else {
		text_label(call->out, "Python:");
		sink_safe(call->out, o.python, strlen(o.python), 0);
		sink_puts(call->out, "\n");
		for (uint32_t i = 0; i < d.ntools; i++)
			write_tool(call->out, &d.tools[i], call->arena);
		if (d.asked)
			write_limits(call, &d);
		if (d.worst >= DOCTOR_WARN)
			text_wrap(call->out, "All at once: make -C build venv, where mlinspect was "
			    "built, installs versions that go together; "
			    "--python names another Python.", 0);
	}
	if (!d.asked)
		return EXIT_TOOL;
	return d.worst == DOCTOR_FAIL ? EXIT_FINDINGS : EXIT_CLEAN;
}

const struct command CMD_DOCTOR = {
	.name = "doctor", .args = "", .help = "is there what conversion needs, and does it fit?",
	.text = "Looks at Python with pip, coremltools with its native parts, torch, numpy, onnx, "
	    "onnxruntime and onnxscript, and says OK, WARN or FAIL with the command that helps. "
	    "Only conversion and the pipelines need them; make venv installs versions that go "
	    "together. --python and $MLINSPECT_PYTHON name another Python.",
	.run = run, .no_model = true
};
