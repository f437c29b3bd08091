/* SPDX-License-Identifier: Apache-2.0 */
/* What explain says of a rule, of a finding by its id, of an operator of PyTorch. */
#include <string.h>

#include "app/rulebook.h"
#include "app/session.h"
#include "base/arena.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/explain_rule.h"
#include "ops/op.h"
#include "report/text.h"
#include "rules/rule.h"
#include "rules/support/support.h"

/* A line of text, a member of JSON; without a label JSON alone has it, without a key
 * the text. */
struct said { const char *label, *key, *text; };

void
say_line(struct sink *out, const char *label, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	text_label(out, label);
	text_wrap(out, text, 14);
}

void
say_member(struct json *j, const char *key, const char *value)
{
	json_member(j, key, value != NULL && *value != '\0' ? value : NULL);
}

static void
say(struct call *call, const struct said *list)
{
	for (; list->label != NULL || list->key != NULL; list++)
		if (call->json == NULL && list->label != NULL)
			say_line(call->out, list->label, list->text);
		else if (call->json != NULL && list->key != NULL)
			say_member(call->json, list->key, list->text);
}

/* ---- a rule ---- */

const char *
explain_condition(struct call *call, const struct rule *r)
{
	struct sink flat;
	char *text;

	if (r->check >= 0)
		return "a check that is built in finds it";
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

void
explain_rule(struct call *call, const struct rule *r)
{
	const struct said list[] = {
		{ "Rule", "rule", r->id },
		{ "Set", "set", r->set->domain->name },
		{ "Says", "says", r->says },
		{ "Verdict", "verdict", r->set->domain->verdicts[r->verdict] },
		{ "For", "for", r->check >= 0 ? NULL : targets(call, r) },
		{ "When", "when", explain_condition(call, r) },
		{ "Confidence", "confidence", rule_confidence_name(r->confidence) },
		{ "Evidence", "source", r->source },
		{ "Advice", "advice", r->advice },
		{ "State code", "state", r->state },
		{ "File", NULL, r->set->name },
		{ NULL, NULL, NULL },
	};

	say(call, list);
}

/* ---- a finding ---- */

void
explain_finding(struct call *call, enum diag_id id)
{
	const struct said list[] = {
		{ "Finding", "rule", diag_name(id) },
		{ NULL, "set", "findings" },
		{ "Says", "says", diag_title(id) },
		{ "Level", "verdict", level_name(diag_level(id)) },
		{ "Advice", "advice", diag_advice(id) },
		{ NULL, NULL, NULL },
	};

	say(call, list);
}

/* ---- an operator ---- */

bool
explain_knows_operator(struct call *call, const char *op)
{
	const char *ts, *ep;
	uint32_t n;
	const struct op *rows = op_rows(DIALECT_ATEN, &n);

	if (support_registered(call->arena, op, &ts, &ep) != NULL ||
	    rulebook_find(session_rules(call->s), arena_printf(call->arena, "fix:%s",
	    support_lookup_name(call->arena, op))) != NULL)
		return true;
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(arena_printf(call->arena, "%s::%s", rows[i].domain, rows[i].name),
		    op) == 0)
			return true;
	return false;
}

static const char *
taken(struct call *call, const char *front, const char *spec)
{
	return arena_printf(call->arena, "%s: %s", front, support_counts(call->arena, spec));
}

void
explain_operator(struct call *call, const char *op)
{
	const char *ts = "", *ep = "", *name = support_registered(call->arena, op, &ts, &ep);
	const struct rule *fix = rulebook_find(session_rules(call->s), arena_printf(call->arena,
	    "fix:%s", support_lookup_name(call->arena, op)));

	if (name == NULL && fix == NULL)
		fix = rulebook_find(session_rules(call->s), "not-registered");
	say(call, (const struct said []){
		{ "Operator", "rule", op },
		{ NULL, "set", "support" },
		{ "Converter", "says", name != NULL ? arena_printf(call->arena,
		    "coremltools 9.0 has one, registered as '%s'", name) :
		    "coremltools 9.0 has none" },
		{ NULL, "verdict", name != NULL ? "converts" : "fails" },
		{ "Arguments", "when", name != NULL ? arena_printf(call->arena, "%s; %s",
		    taken(call, "TorchScript", ts), taken(call, "torch.export", ep)) : NULL },
		{ "Advice", "advice", name == NULL && fix != NULL ? fix->advice : NULL },
		{ NULL, NULL, NULL },
	});
}
