/* SPDX-License-Identifier: Apache-2.0 */
/* support: what a conversion by coremltools would meet. */
#include "app/session.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "report/support.h"

static enum exit_status
run(struct call *call)
{
	const struct convert_options *o = &call->opts->convert;
	struct conversion c = call->opts->with;
	const struct support *s;

	c.inputs = o->inputs;
	c.ninputs = o->ninputs;
	c.states = o->states;
	c.outputs = o->outputs;
	c.target = o->target;
	c.convert_to = o->convert_to;
	c.precision = o->precision;
	c.pipeline = o->passes;
	c.classifier = o->labels;
	s = session_support(call->s, &c);
	if (call->json != NULL)
		json_support(call->json, s);
	else
		text_support(call->out, s);
	return EXIT_CLEAN;
}

const struct command CMD_SUPPORT = { .name = "support",
	.args = "",
	.help = "every blocker of a conversion by coremltools 9.0",
	.text =
	    "Follows what ct.convert of coremltools 9.0 does with a PyTorch model, on types and "
	    "shapes alone, and lists everything that would stop it, in one go: operator, place, "
	    "cause and fix. The one it stops at first is marked. Inputs, states, outputs, target "
	    "and precision are those of the options.",
	.run = run };
