/* SPDX-License-Identifier: Apache-2.0 */
/* help: commands, or one of them; and the text of --help. */
#include <string.h>

#include "app/filter.h"
#include "app/session.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "cmd/help.h"
#include "cmd/options.h"
#include "report/text.h"

static void
usage_of(struct sink *out, const struct command *c)
{
	sink_printf(out, "  %s%s%s", c->name, *c->args ? " " : "", c->args);
	sink_pad(out, 26 - (int)(strlen(c->name) + strlen(c->args) + (*c->args != '\0')));
	sink_printf(out, "%s\n", c->help);
}

void
help_print(struct sink *out)
{
	const char *key, *text;

	sink_puts(out, "usage: mlinspect [OPTION]... MODEL...\n"
	    "Shows what is in a machine-learning model, what is wrong with it, and where.\n\n"
	    "options:\n");
	options_help(out);
	sink_puts(out, "\ncommands, for -e and --script:\n");
	for (const struct command *const *c = commands; *c != NULL; c++)
		usage_of(out, *c);
	sink_puts(out, "options behind a command are for it alone: -e 'support --target=iOS16'\n"
	    "\nfilters: terms KEY=VALUE, KEY!=VALUE, KEY~REGEX, or a word; "
	    "and, or, not, ()\n");
	for (uint32_t i = 0; (key = filter_key(i, &text)) != NULL; i++) {
		sink_printf(out, "  %s", key);
		sink_pad(out, 12 - (int)strlen(key));
		sink_printf(out, "%s\n", text);
	}
	sink_puts(out, "\nexit status: 0 clean, 1 findings (--fail-on), 2 bad input or usage, "
	    "3 a failure\n");
}

static bool
prepare(struct call *call)
{
	unsigned n = (unsigned)strlen(call->arg);
	const char *near;

	if (n == 0)
		return true;
	call->ready = (void *)(uintptr_t)command_find(call->arg, n, &near);
	if (call->ready == NULL)
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, near != NULL ?
		    "no such command: %s. Did you mean %s?" : "no such command: %s",
		    call->arg, near);
	return call->ready != NULL;
}

static void
json_command(struct json *j, const struct command *c)
{
	json_open(j, '{');
	json_member(j, "name", c->name);
	json_member(j, "args", c->args);
	json_member(j, "help", c->help);
	json_member(j, "text", c->text);
	json_close(j, '}');
}

static enum exit_status
run(struct call *call)
{
	const struct command *one = call->ready;

	if (call->json != NULL) {
		json_open(call->json, '[');
		for (const struct command *const *c = commands; *c != NULL; c++)
			if (one == NULL || *c == one)
				json_command(call->json, *c);
		json_close(call->json, ']');
	} else if (one != NULL) {
		usage_of(call->out, one);
		sink_puts(call->out, "\n");
		text_wrap(call->out, one->text, 0);
	} else {
		help_print(call->out);
	}
	return EXIT_CLEAN;
}

const struct command CMD_HELP = {
	.name = "help", .args = "[COMMAND]", .help = "this list, or one command in full",
	.text = "Without an argument the options, commands and filters; with one that command.",
	.prepare = prepare, .run = run, .no_model = true
};
