/* SPDX-License-Identifier: Apache-2.0 */
/* support: what a conversion by coremltools would meet. */
#include "app/cured.h"
#include "app/session.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "report/support.h"
#include "rules/support/support.h"

static void
finding(struct call *call, const struct blocker *b, const struct node *n)
{
	struct where w = { .rule = reason_word(b->reason), .advice = b->fix,
	    .level = blocker_level(b) };
	char ref[NODE_REF];

	if (n != NULL) {
		w.node = node_ref(n, ref);
		w.loc = n->loc;
	}
	diag_add(&call->s->ctx, DIAG_BLOCKER, &w, "%s%s%s%s", b->op, *b->op != '\0' ? ": " : "",
	    b->message, b->unreached ? " (never reached)" : "");
}

/* Blockers as findings, one a node, for forms that have nothing else. */
static void
findings(struct call *call, const struct support *s)
{
	for (uint32_t i = 0; i < s->nblockers; i++) {
		const struct blocker *b = &s->blockers[i];

		finding(call, b, b->node);
		for (uint32_t k = 0; k < b->nothers; k++)
			finding(call, b, b->others[k]);
	}
}

/* As findings() has it. */
static int
worst(const struct support *s)
{
	int level = s->outcome == SUPPORT_FAILS ? LEVEL_ERROR : -1;

	for (uint32_t i = 0; i < s->nblockers; i++)
		if ((int)blocker_level(&s->blockers[i]) > level)
			level = (int)blocker_level(&s->blockers[i]);
	return level;
}

static enum exit_status
run(struct call *call)
{
	struct conversion c;
	struct support *s;
	bool wrong;

	options_conversion(call->opts, &c);
	wrong = c.target != NULL && support_target(c.target) == 0;
	if (wrong)
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "--target=%s is no member of ct.target; "
		    "these are:%s", c.target, support_targets);
	if (wrong && call->json == NULL)
		return EXIT_BAD_INPUT;
	s = session_support(call->s, &c);
	if (call->opts->form == FINDING_NONE)
		session_support_cured(call->s, &c, s);
	if (call->opts->form != FINDING_NONE) {
		findings(call, s); /* those of a baseline do not count */
		return EXIT_CLEAN;
	}
	if (call->json != NULL)
		json_support(call->json, s);
	else
		text_support(call->out, s);
	if (wrong)
		return EXIT_BAD_INPUT;
	return worst(s) >= (int)call->opts->fail_on ? EXIT_FINDINGS : EXIT_CLEAN;
}

const struct command CMD_SUPPORT = { .name = "support",
	.args = "",
	.help = "every blocker of a conversion by coremltools 9.0",
	.text =
	    "Follows what ct.convert of coremltools 9.0 does with a PyTorch model, on types and "
	    "shapes alone, and lists everything that would stop it, in one go: operator, place, "
	    "cause and fix. The one it stops at first is marked. Inputs, states, outputs, target "
	    "and precision are those of the options. The exit status is 1 when the model is not "
	    "converted.",
	.run = run };
