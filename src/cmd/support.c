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

/* What is judged: the model, or a frozen one in its place. */
struct judged { struct call *call; const struct model *m; const struct support *s; };

static void
finding(const struct judged *j, const struct blocker *b, const struct node *n)
{
	struct call *call = j->call;
	struct where w = { .rule = reason_word(b->reason), .advice = b->fix,
	    .level = blocker_level(b) };
	char ref[NODE_REF];

	if (n != NULL) {
		w.node = node_ref(n, ref);
		w.loc = n->loc;
		w.python = n == b->node ? b->line : node_line(j->m, n, call->arena);
	}
	diag_add(&call->s->ctx, DIAG_BLOCKER, &w, "%s%s%s%s", b->op, *b->op != '\0' ? ": " : "",
	    b->message, b->unreached ? " (never reached)" : "");
}

/* Blockers as findings, one a node, for forms that have nothing else. */
static void
findings(const struct judged *j)
{
	for (uint32_t i = 0; i < j->s->nblockers; i++) {
		const struct blocker *b = &j->s->blockers[i];

		finding(j, b, b->node);
		for (uint32_t k = 0; k < b->nothers; k++)
			finding(j, b, b->others[k]);
	}
}

static bool
fails(const struct support *s)
{
	return s->outcome == SUPPORT_FAILS && s->nblockers == 0;
}

/* In text they are told by themselves: what they ask for, those of a baseline left out. */
static enum exit_status
judge(const struct judged *j)
{
	struct call *call = j->call;
	struct diags *d = &call->s->ctx.diags;
	uint32_t before = d->n;
	bool bad = fails(j->s);

	findings(j);
	findings_print(d, call->s->path, call->opts->known);
	for (uint32_t i = before; i < d->n; i++)
		bad |= !d->list[i].known && d->list[i].level >= call->opts->fail_on;
	if (call->opts->known != NULL)
		text_known(call->out, d, before);
	diags_cut(d, before);
	return bad ? EXIT_FINDINGS : EXIT_CLEAN;
}

static enum exit_status
tell(const struct judged *j)
{
	struct call *call = j->call;

	if (call->json != NULL)
		json_support(call->json, j->s);
	else if (call->opts->form == FINDING_NONE)
		return text_support(call->out, j->s), judge(j);
	findings(j);
	return fails(j->s) ? EXIT_FINDINGS : EXIT_CLEAN;
}

/* Words of options that are none. */
static bool
is_wrong(struct call *call, const struct conversion *c)
{
	const struct convert_options *o = &call->opts->convert;
	const char *bad = cure_unknown(call->arena, o->cure);
	bool target = c->target != NULL && support_target(c->target) == 0;

	if (bad == NULL)
		bad = cure_unknown(call->arena, o->no_cure);
	if (target)
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "--target=%s is no member of ct.target; "
		    "these are:%s", c->target, support_targets);
	if (bad != NULL)
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "%s", bad);
	return target || bad != NULL;
}

static enum exit_status
run(struct call *call)
{
	struct session frozen, *of;
	struct conversion c;
	struct judged j = { .call = call };
	enum exit_status status;
	struct support *s;
	bool wrong;

	options_conversion(call->opts, &c);
	wrong = is_wrong(call, &c);
	if (wrong && call->json == NULL)
		return EXIT_BAD_INPUT;
	s = session_support_handed(call->s, &c, &frozen, &of);
	if (call->opts->form == FINDING_NONE)
		session_support_cured(of, &c, s);
	j.m = of->model;
	j.s = s;
	status = tell(&j);
	if (of == &frozen)
		session_close(&frozen);
	return wrong ? EXIT_BAD_INPUT : status;
}

const struct command CMD_SUPPORT = { .name = "support",
	.args = "",
	.help = "every blocker of a conversion by coremltools 9.0",
	.text =
	    "Follows what ct.convert of coremltools 9.0 does with a PyTorch model, on types and "
	    "shapes alone, and lists everything that would stop it, in one go: operator, place, "
	    "cause and fix. The one it stops at first is marked. What stops nothing but is lost, "
	    "such as writes into views that the front end drops, is a warning. Inputs, states, "
	    "outputs, target and precision are those of the options. The model is judged as it "
	    "is, with a sentence on the cures that convert applies by itself; with --cure or "
	    "--no-cure it is judged as convert would hand it over. The exit status is 1 when "
	    "the model is not converted.",
	.run = run };
