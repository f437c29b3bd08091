/* SPDX-License-Identifier: Apache-2.0 */
/* explain: the whole reasoning about one node, or one rule, in words and with
 * its sources. */
#include <inttypes.h>
#include <string.h>

#include "app/measured.h"
#include "app/rulebook.h"
#include "app/session.h"
#include "app/verdicts.h"
#include "base/arena.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "ops/op.h"
#include "report/text.h"
#include "rules/setting.h"
#include "rules/support.h"

/* What is explained: a rule, or nodes. */
struct subject { const struct rule *rule; struct node **nodes; uint32_t n; };

static bool
prepare(struct call *call)
{
	struct subject *s = arena_alloc(call->arena, sizeof *s);

	call->ready = s;
	s->rule = rulebook_find(session_rules(call->s), call->arg);
	if (s->rule != NULL)
		return true;
	if (call->s->model == NULL) {
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "no rule '%s': rules lists them; nodes "
		    "are explained with their model", call->arg);
		return false;
	}
	s->nodes = find_nodes(call, &s->n);
	return s->nodes != NULL;
}

/* "Label         text", folded. */
static void
line(struct sink *out, const char *label, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	text_label(out, label);
	text_wrap(out, text, 14);
}

static void
member(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_string(j, value != NULL && *value != '\0' ? value : NULL);
}

/* ---- a rule ---- */

static const char *
condition(struct call *call, const struct rule *r)
{
	struct sink flat;
	char *text;

	sink_init(&flat, -1);
	for (uint32_t i = 0; i < r->when_len; i++)
		if (strchr(" \t\r\n", r->when_text[i]) == NULL)
			sink_write(&flat, r->when_text + i, 1);
		else if (flat.n > 0 && flat.buf[flat.n - 1] != ' ')
			sink_puts(&flat, " ");
	text = arena_strdup(call->arena, flat.buf != NULL ? flat.buf : "", flat.n);
	sink_fini(&flat);
	return *text != '\0' ? text : "always";
}

/* The ops a rule is for. */
static const char *
targets(struct call *call, const struct rule *r)
{
	struct sink s;
	char *text;

	sink_init(&s, -1);
	for (uint32_t i = 0; i < r->ntargets; i++) {
		const struct rule_target *t = &r->targets[i];

		sink_puts(&s, i > 0 ? ", " : "");
		sink_puts(&s, t->by == FOR_MODEL ? "the model" : t->by == FOR_ALL ? "every op" :
		    t->by == FOR_OP ? t->name : t->by == FOR_KIND ? sem_title((enum sem)t->number) :
		    family_name((enum family)t->number));
	}
	text = arena_strdup(call->arena, s.buf != NULL ? s.buf : "", s.n);
	sink_fini(&s);
	return text;
}

static void
rule_text(struct call *call, const struct rule *r)
{
	struct sink *out = call->out;

	line(out, "Rule", r->id);
	line(out, "Says", r->says);
	line(out, "Verdict", r->set->domain->verdicts[r->verdict]);
	line(out, "For", targets(call, r));
	line(out, "When", condition(call, r));
	line(out, "Confidence", rule_confidence_name(r->confidence));
	line(out, "Evidence", r->source);
	line(out, "Advice", r->advice);
	line(out, "State code", r->state);
	line(out, "File", r->set->name);
}

static void
rule_members(struct call *call, const struct rule *r)
{
	struct json *j = call->json;

	member(j, "rule", r->id);
	member(j, "set", r->set->domain->name);
	member(j, "says", r->says);
	member(j, "verdict", r->set->domain->verdicts[r->verdict]);
	member(j, "for", targets(call, r));
	member(j, "when", condition(call, r));
	member(j, "confidence", rule_confidence_name(r->confidence));
	member(j, "source", r->source);
	member(j, "advice", r->advice);
	member(j, "state", r->state);
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
		rule_members(call, r);
		member(call->json, "part", part);
		member(call->json, "holds", t == RULE_TRUE ? "yes" : "unknown");
		json_close(call->json, '}');
		return;
	}
	sink_init(&s, -1);
	sink_printf(&s, "%s, %s%s%s: ", r->set->domain->verdicts[r->verdict],
	    t == RULE_TRUE ? "holds" : "not known", part != NULL ? " for " : "",
	    part != NULL ? part : "");
	session_ane_rule(call->s, r, part, at->n, &s);
	sink_printf(&s, ". When %s. %s: %s", condition(call, r),
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

	line(out, "For", arena_printf(call->arena, "%s, %s, %s",
	    place->chip != NULL ? place->chip : "any chip",
	    place->os != NULL ? place->os : "any system", units_name(place->units)));
	line(out, "Becomes", v->becomes);
	line(out, "Eligible", arena_printf(call->arena, "%s: %s", ane_answer_name(v->eligible),
	    says(call, n)));
	if (v->rule != NULL) {
		line(out, "Rule", v->rule->id);
		line(out, "Confidence", rule_confidence_name(v->rule->confidence));
		line(out, "Evidence", v->rule->source);
		line(out, "Advice", v->rule->advice);
	}
	if (v->root != NULL && v->root != n)
		line(out, "Begins at", arena_printf(call->arena, "%s, %s: the trouble of this op "
		    "comes from there", node_ref(v->root, ref), v->root->type->s));
	line(out, "Placed", arena_printf(call->arena, "%s: %s", device_name(v->placed),
	    ane_placed_because(a, v, session_setting(call->s))));
	line(out, "Measured", measured == DEVICE_UNKNOWN ? "no plan has it (--plan)" :
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
	for (uint32_t i = 0; i < s->nblockers; i++)
		if (blocks(&s->blockers[i], n))
			line(call->out, "Conversion", arena_printf(call->arena, "%s (%s): %s. %s",
			    support_word(s->blockers[i].reason), s->blockers[i].stage,
			    s->blockers[i].message, s->blockers[i].fix));
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

	line(call->out, "Node", arena_printf(call->arena, "%s (#%" PRIu32 ")", node_ref(n, ref),
	    n->id));
	line(call->out, "Op", arena_printf(call->arena, "%s%s%s", n->type->s,
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
	json_key(j, "id");
	json_u64(j, n->id);
	json_key(j, "node");
	json_str(j, n->name);
	json_key(j, "op");
	json_str(j, n->type);
	member(j, "becomes", v->becomes);
	member(j, "eligible", ane_answer_name(v->eligible));
	member(j, "placed", device_name(v->placed));
	member(j, "placed_because", ane_placed_because(a, v, session_setting(call->s)));
	member(j, "measured", measured == DEVICE_UNKNOWN ? NULL : device_name(measured));
	member(j, "rule", v->rule != NULL ? v->rule->id : NULL);
	member(j, "reason", says(call, n));
	member(j, "root", v->root != NULL && v->root != n ? node_ref(v->root, ref) : NULL);
	json_key(j, "blockers");
	json_open(j, '[');
	for (uint32_t i = 0; i < s->nblockers; i++) {
		if (!blocks(&s->blockers[i], n))
			continue;
		json_open(j, '{');
		member(j, "reason", support_word(s->blockers[i].reason));
		member(j, "stage", s->blockers[i].stage);
		member(j, "message", s->blockers[i].message);
		member(j, "fix", s->blockers[i].fix);
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
	if (s->rule != NULL && call->json != NULL) {
		json_open(call->json, '{');
		rule_members(call, s->rule);
		json_close(call->json, '}');
	} else if (s->rule != NULL) {
		rule_text(call, s->rule);
	}
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
	.name = "explain", .args = "NODE|RULE", .help = "the reasoning about a node, or a rule",
	.text = "For a node, a name or #ID: what it becomes, whether the Neural Engine takes it "
	    "and by which rule, where it is placed and why, what was measured, what stops its "
	    "conversion, and every rule that was considered, with its evidence. For the id of a "
	    "rule: what it says, when, and how that is known.",
	.prepare = prepare, .run = run, .no_model = true
};
