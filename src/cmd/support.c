/* SPDX-License-Identifier: Apache-2.0 */
/* support: what a conversion by coremltools would meet. */
#include "app/cured.h"
#include "app/session.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "ir/frame.h"
#include "report/finding.h"
#include "report/support.h"
#include "report/text.h"
#include "rules/support/support.h"

static void
finding(struct call *call, const struct blocker *b, const struct node *n)
{
	const struct session *s = call->s;
	struct where w = { .rule = reason_word(b->reason), .advice = b->fix,
	    .level = blocker_level(b) };
	char ref[NODE_REF];

	if (n != NULL) {
		w.node = node_ref(n, ref);
		w.loc = n->loc;
		w.python = n == b->node ? b->line : node_line(s->model, n, call->arena);
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

/* In text they are told by themselves: what they ask for, those of a baseline left out. */
static enum exit_status
judge(struct call *call, const struct support *s)
{
	struct diags *d = &call->s->ctx.diags;
	uint32_t before = d->n;
	bool fails = s->outcome == SUPPORT_FAILS && s->nblockers == 0;

	findings(call, s);
	findings_print(d, call->s->path, call->opts->known);
	for (uint32_t i = before; i < d->n; i++)
		fails |= !d->list[i].known && d->list[i].level >= call->opts->fail_on;
	if (call->opts->known != NULL)
		text_known(call->out, d, before);
	diags_cut(d, before);
	return fails ? EXIT_FINDINGS : EXIT_CLEAN;
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
	if (call->json != NULL)
		json_support(call->json, s);
	else if (call->opts->form == FINDING_NONE)
		return text_support(call->out, s), judge(call, s);
	findings(call, s);
	return wrong ? EXIT_BAD_INPUT : s->outcome == SUPPORT_FAILS && s->nblockers == 0 ?
	    EXIT_FINDINGS : EXIT_CLEAN;
}

const struct command CMD_SUPPORT = { .name = "support",
	.args = "",
	.help = "every blocker of a conversion by coremltools 9.0",
	.text =
	    "Follows what ct.convert of coremltools 9.0 does with a PyTorch model, on types and "
	    "shapes alone, and lists everything that would stop it, in one go: operator, place, "
	    "cause and fix. The one it stops at first is marked. What stops nothing but is lost, "
	    "such as writes into views that the front end drops, is a warning. Inputs, states, "
	    "outputs, target and precision are those of the options. The exit status is 1 when "
	    "the model is not converted.",
	.run = run };
