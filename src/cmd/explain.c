/* SPDX-License-Identifier: Apache-2.0 */
/* explain: the whole reasoning about one node, or one rule, in words and with
 * its sources. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/measured.h"
#include "app/rulebook.h"
#include "app/session.h"
#include "app/verdicts.h"
#include "base/arena.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/explain_rule.h"
#include "cmd/options.h"
#include "ops/op.h"
#include "report/text.h"
#include "rules/setting.h"
#include "rules/support/support.h"

/* What is explained: nodes, a rule, a finding, an operator. */
struct subject {
	struct node **nodes; uint32_t n;
	const struct rule *rule;
	enum diag_id finding;
	const char *op;
};

static bool
named_in(const struct model *m, const char *name)
{
	const struct str *s = m == NULL ? NULL : str_find(&m->strs, name, (uint32_t)strlen(name));

	for (uint32_t i = 0; s != NULL && i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++)
			if (m->graphs[i]->nodes[k]->name == s)
				return true;
	return false;
}

/* The rule of an id as the forms of CI print it, ane-off/G12; other ids as they are. */
static const char *
rule_id_of(const char *arg)
{
	const char *slash = strchr(arg, '/');
	char kind[40];

	if (slash == NULL || (size_t)(slash - arg) >= sizeof kind)
		return arg;
	snprintf(kind, sizeof kind, "%.*s", (int)(slash - arg), arg);
	return diag_find(kind) != DIAG_COUNT ? slash + 1 : arg;
}

/* Plain words, reasons of support and operators, are nodes first. */
static bool
prepare(struct call *call)
{
	struct subject *s = arena_alloc(call->arena, sizeof *s);
	const struct model *m = call->s->model;

	call->ready = s;
	s->rule = rulebook_find(session_rules(call->s), rule_id_of(call->arg));
	s->finding = diag_find(call->arg);
	if (named_in(m, call->arg) || *call->arg == '#') {
		s->finding = DIAG_COUNT;
		if (s->rule != NULL && strcmp(s->rule->set->domain->name, "support") == 0)
			s->rule = NULL;
	} else if (s->rule == NULL && s->finding == DIAG_COUNT &&
	    explain_knows_operator(call, call->arg)) {
		s->op = call->arg;
	}
	if (s->rule != NULL || s->finding != DIAG_COUNT || s->op != NULL)
		return true;
	if (m == NULL) {
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "no rule, finding or operator '%s': "
		    "rules lists the first; nodes are explained with their model", call->arg);
		return false;
	}
	s->nodes = find_nodes(call, &s->n);
	return s->nodes != NULL;
}

/* ---- a node ---- */

struct place { struct call *call; const struct node *n; };

static void
considered(void *arg, const struct rule *r, enum rule_truth t, const char *part)
{
	const struct place *at = arg;
	struct call *call = at->call;
	struct sink s;

	if (call->json != NULL) {
		json_open(call->json, '{');
		explain_rule(call, r);
		say_member(call->json, "part", part);
		say_member(call->json, "holds", t == RULE_TRUE ? "yes" : "unknown");
		json_close(call->json, '}');
		return;
	}
	sink_init(&s, -1);
	sink_printf(&s, "%s, %s%s%s: ", r->set->domain->verdicts[r->verdict],
	    t == RULE_TRUE ? "holds" : "not known", part != NULL ? " for " : "",
	    part != NULL ? part : "");
	session_ane_rule(call->s, r, part, at->n, &s);
	sink_printf(&s, ". When %s. %s: %s", explain_condition(call, r),
	    rule_confidence_name(r->confidence), *r->source != '\0' ? r->source : "-");
	sink_write(&s, "", 1);
	sink_puts(call->out, "  ");
	sink_safe(call->out, r->id, strlen(r->id), 0);
	sink_pad(call->out, 12 - (int)strlen(r->id));
	text_wrap(call->out, s.buf, 14);
	sink_fini(&s);
}

static const char *
says(struct call *call, const struct node *n)
{
	struct sink s;
	char *text;

	sink_init(&s, -1);
	session_ane_says(call->s, n, &s);
	text = arena_strdup(call->arena, s.buf != NULL ? s.buf : "", s.n);
	sink_fini(&s);
	return text;
}

static void
verdict_text(struct call *call, const struct node *n, const struct ane *a)
{
	const struct ane_node *v = &a->nodes[n->id];
	enum device measured = measured_device(call->s, n);
	const struct setting *place = session_setting(call->s);
	struct sink *out = call->out;
	char ref[NODE_REF];

	say_line(out, "For", arena_printf(call->arena, "%s, %s, %s",
	    place->chip != NULL ? place->chip : "any chip",
	    place->os != NULL ? place->os : "any system", units_name(place->units)));
	say_line(out, "Becomes", v->becomes);
	say_line(out, "Eligible", arena_printf(call->arena, "%s: %s", ane_answer_name(v->eligible),
	    says(call, n)));
	if (v->rule != NULL) {
		say_line(out, "Rule", v->rule->id);
		say_line(out, "Confidence", rule_confidence_name(v->rule->confidence));
		say_line(out, "Evidence", v->rule->source);
		say_line(out, "Advice", v->rule->advice);
	}
	if (v->root != NULL && v->root != n)
		say_line(out, "Begins at", arena_printf(call->arena, "%s, %s: the trouble of "
		    "this op comes from there", node_ref(v->root, ref), v->root->type->s));
	say_line(out, "Placed", arena_printf(call->arena, "%s: %s", device_name(v->placed),
	    ane_placed_because(a, v, session_setting(call->s))));
	say_line(out, "Measured", measured == DEVICE_UNKNOWN ? "no plan has it (--plan)" :
	    device_name(measured));
}

static bool
blocks(const struct blocker *b, const struct node *n)
{
	for (uint32_t i = 0; i < b->nothers; i++)
		if (b->others[i] == n)
			return true;
	return b->node == n;
}

static void
support_text(struct call *call, const struct node *n, const struct support *s)
{
	for (uint32_t i = 0; i < s->nblockers; i++) {
		const struct blocker *b = &s->blockers[i];

		if (blocks(b, n))
			say_line(call->out, "Conversion", arena_printf(call->arena,
			    "%s (%s): %s. %s", reason_word(b->reason), b->stage, b->message,
			    b->fix));
	}
}

static const struct support *
support_of(struct call *call)
{
	struct conversion c = { .inputs = NULL };

	options_conversion(call->opts, &c);
	return session_support(call->s, &c);
}

static void
node_text(struct call *call, const struct node *n)
{
	const struct ane *a = session_ane(call->s);
	char ref[NODE_REF];

	say_line(call->out, "Node", arena_printf(call->arena, "%s (#%" PRIu32 ")", node_ref(n, ref),
	    n->id));
	say_line(call->out, "Op", arena_printf(call->arena, "%s%s%s", n->type->s,
	    n->op != NULL ? ", " : "", n->op != NULL ? sem_title(n->op->sem) : ""));
	verdict_text(call, n, a);
	support_text(call, n, support_of(call));
	sink_puts(call->out, "Rules that hold here or are not known to fail:\n");
	session_ane_explain(call->s, n, considered, &(struct place){ call, n });
}

static void
node_json(struct call *call, const struct node *n)
{
	const struct ane *a = session_ane(call->s);
	const struct ane_node *v = &a->nodes[n->id];
	const struct support *s = support_of(call);
	enum device measured = measured_device(call->s, n);
	struct json *j = call->json;
	char ref[NODE_REF];

	json_open(j, '{');
	json_member_u64(j, "id", n->id);
	json_member_str(j, "node", n->name);
	json_member_str(j, "op", n->type);
	say_member(j, "becomes", v->becomes);
	say_member(j, "eligible", ane_answer_name(v->eligible));
	say_member(j, "placed", device_name(v->placed));
	say_member(j, "placed_because", ane_placed_because(a, v, session_setting(call->s)));
	say_member(j, "measured", measured == DEVICE_UNKNOWN ? NULL : device_name(measured));
	say_member(j, "rule", v->rule != NULL ? v->rule->id : NULL);
	say_member(j, "reason", says(call, n));
	say_member(j, "root", v->root != NULL && v->root != n ? node_ref(v->root, ref) : NULL);
	json_key(j, "blockers");
	json_open(j, '[');
	for (uint32_t i = 0; i < s->nblockers; i++) {
		if (!blocks(&s->blockers[i], n))
			continue;
		json_open(j, '{');
		say_member(j, "reason", reason_word(s->blockers[i].reason));
		say_member(j, "stage", s->blockers[i].stage);
		say_member(j, "message", s->blockers[i].message);
		say_member(j, "fix", s->blockers[i].fix);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_key(j, "rules");
	json_open(j, '[');
	session_ane_explain(call->s, n, considered, &(struct place){ call, n });
	json_close(j, ']');
	json_close(j, '}');
}

static enum exit_status
run(struct call *call)
{
	const struct subject *s = call->ready;

	if (call->json != NULL)
		json_open(call->json, '[');
	if (s->n == 0 && call->json != NULL)
		json_open(call->json, '{');
	if (s->rule != NULL)
		explain_rule(call, s->rule);
	else if (s->finding != DIAG_COUNT)
		explain_finding(call, s->finding);
	else if (s->op != NULL)
		explain_operator(call, s->op);
	if (s->n == 0 && call->json != NULL)
		json_close(call->json, '}');
	for (uint32_t i = 0; i < s->n; i++) {
		if (call->json == NULL && i > 0)
			sink_puts(call->out, "\n");
		if (call->json != NULL)
			node_json(call, s->nodes[i]);
		else
			node_text(call, s->nodes[i]);
	}
	if (call->json != NULL)
		json_close(call->json, ']');
	return EXIT_CLEAN;
}

const struct command CMD_EXPLAIN = {
	.name = "explain", .args = "NODE|ID",
	.help = "the reasoning about a node, a rule or a finding",
	.text = "For a node, a name or #ID: what it becomes, whether the Neural Engine takes it "
	    "and by which rule, where it is placed and why, what was measured, what stops its "
	    "conversion, and every rule that was considered, with its evidence. For the id of a "
	    "rule, of a finding or of a reason: what it says, when, and how that is known. For an "
	    "operator of PyTorch: whether coremltools converts it.",
	.prepare = prepare, .run = run, .no_model = true
};
