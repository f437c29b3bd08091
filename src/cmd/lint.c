/* SPDX-License-Identifier: Apache-2.0 */
/* lint: findings, as diagnostics behind the result. */
#include <inttypes.h>
#include <string.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/options.h"

/* The number of findings by level, and of all. */
struct tally { uint32_t by[LEVEL_COUNT], all; };

static void
write_json(struct json *j, const struct tally *t)
{
	json_open(j, '{');
	json_member_u64(j, "findings", t->all);
	json_key(j, "levels");
	json_open(j, '{');
	for (int i = 0; i < LEVEL_COUNT; i++) {
		json_key(j, level_name((enum diag_level)i));
		json_u64(j, t->by[i]);
	}
	json_close(j, '}');
	json_close(j, '}');
}

static enum exit_status
run(struct call *call)
{
	struct tally *t = arena_alloc(call->arena, sizeof *t);
	const struct diags *d = &call->s->ctx.diags;
	uint32_t before[LEVEL_COUNT];

	memcpy(before, d->count, sizeof before);
	session_lint(call->s, call->opts->deep);
	for (int i = 0; i < LEVEL_COUNT; i++)
		t->all += t->by[i] = d->count[i] - before[i];
	if (call->json != NULL)
		write_json(call->json, t);
	call->ready = t;
	return EXIT_CLEAN;
}

/* Last, where a terminal shows it. */
static void
conclude(struct call *call)
{
	const struct tally *t = call->ready;
	uint32_t errors = t->by[LEVEL_ERROR], warnings = t->by[LEVEL_WARN];

	if (t->all == 0)
		sink_printf(call->out, "no findings%s%s\n",
		    call->s->ctx.diags.n > 0 ? " beyond those of reading" : "",
		    call->s->model->dialect == DIALECT_ATEN ?
		    "; support says what stops a conversion" : "");
	else
		sink_printf(call->out, "%" PRIu32 " finding%s%s: %" PRIu32 " error%s, %" PRIu32
		    " warning%s, %" PRIu32 " note%s\n", t->all, plural(t->all),
		    call->s->ctx.diags.n > t->all ? " beyond those of reading" : "", errors,
		    plural(errors), warnings, plural(warnings), t->by[LEVEL_NOTE],
		    plural(t->by[LEVEL_NOTE]));
}

const struct command CMD_LINT = {
	.name = "lint", .args = "", .help = "everything that is wrong or odd, all at once",
	.text = "Tests what the official ONNX checker tests, and more: unused and dead parts, "
	    "shadowed names, constants that are not finite or overflow float16. Every finding "
	    "has an id, a place and advice. Constants above 1 MB are looked into with --deep.",
	.run = run, .conclude = conclude
};
