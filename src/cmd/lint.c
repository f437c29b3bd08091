/* SPDX-License-Identifier: Apache-2.0 */
/* lint: findings, as diagnostics behind the result. */
#include <inttypes.h>

#include "app/session.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/options.h"

static enum exit_status
run(struct call *call)
{
	struct diags *d = &call->s->ctx.diags;
	struct json *j = call->json;
	uint32_t before[LEVEL_COUNT], all = 0;
	int i;

	for (i = 0; i < LEVEL_COUNT; i++)
		before[i] = d->count[i];
	session_lint(call->s, call->opts->deep);
	for (i = 0; i < LEVEL_COUNT; i++)
		all += d->count[i] -= before[i];
	if (j == NULL) {
		if (all == 0)
			sink_puts(call->out, "no findings\n");
		else
			sink_printf(call->out, "%" PRIu32 " finding%s: %" PRIu32 " error%s, %"
			    PRIu32 " warning%s, %" PRIu32 " note%s\n", all, plural(all),
			    d->count[LEVEL_ERROR], plural(d->count[LEVEL_ERROR]),
			    d->count[LEVEL_WARN], plural(d->count[LEVEL_WARN]),
			    d->count[LEVEL_NOTE], plural(d->count[LEVEL_NOTE]));
	} else {
		json_open(j, '{');
		json_key(j, "findings");
		json_u64(j, all);
		json_key(j, "levels");
		json_open(j, '{');
		for (i = 0; i < LEVEL_COUNT; i++) {
			json_key(j, level_name((enum diag_level)i));
			json_u64(j, d->count[i]);
		}
		json_close(j, '}');
		json_close(j, '}');
	}
	for (i = 0; i < LEVEL_COUNT; i++)
		d->count[i] += before[i];
	return EXIT_CLEAN;
}

const struct command CMD_LINT = {
	.name = "lint", .args = "", .help = "everything that is wrong or odd, all at once",
	.text = "Tests what the official ONNX checker tests, and more: unused and dead parts, "
	    "shadowed names, constants that are not finite or overflow float16. Every finding "
	    "has an id, a place and advice. Constants above 1 MB are looked into with --deep.",
	.run = run
};
