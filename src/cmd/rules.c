/* SPDX-License-Identifier: Apache-2.0 */
/* rules: the list of rules in force, or the test of a rule file. */
#include <inttypes.h>
#include <string.h>

#include "app/rulebook.h"
#include "app/session.h"
#include "base/arena.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "report/text.h"
#include "rules/rule.h"

/* What is asked for: a file to be checked, or NULL for the list, of all sets or one. */
struct job { const char *file, *only; struct ruleset *set; };

static bool
is_set(const char *name)
{
	uint32_t n;
	const struct rule_domain *d = rule_domains(&n);

	for (uint32_t i = 0; i < n; i++)
		if (strcmp(d[i].name, name) == 0)
			return true;
	return false;
}

static bool
prepare(struct call *call)
{
	struct job *job = arena_alloc(call->arena, sizeof *job);
	const char *rest = call->arg + 5;

	call->ready = job;
	if (*call->arg == '\0' || is_set(call->arg)) {
		job->only = call->arg;
		return true;
	}
	if (strncmp(call->arg, "check", 5) != 0 || *rest != ' ' ||
	    rest[strspn(rest, " ")] == '\0') {
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "rules alone lists the rules, "
		    "'rules SET' those of ane, lint, support or policy, 'rules check FILE' tests "
		    "a file of them");
		return false;
	}
	job->file = rest + strspn(rest, " ");
	return true;
}

static void
rule_json(struct json *j, const struct rule *r)
{
	json_open(j, '{');
	json_member(j, "id", r->id);
	json_member(j, "set", r->set->domain->name);
	json_member(j, "file", r->set->name);
	json_member(j, "verdict", r->set->domain->verdicts[r->verdict]);
	json_member(j, "confidence", rule_confidence_name(r->confidence));
	json_member(j, "says", r->says);
	json_key(j, "when");
	if (r->when_len > 0)
		json_text(j, r->when_text, r->when_len);
	else
		json_null(j);
	json_member_bool(j, "check", r->check >= 0);
	json_member(j, "source", r->source);
	json_member(j, "advice", r->advice);
	json_close(j, '}');
}

enum { ID_MIN = 12, ID_MAX = 26 };

static void
rule_text(struct sink *out, const struct rule *r, int width)
{
	int n = (int)strlen(r->id);

	sink_safe(out, r->id, strlen(r->id), 0);
	sink_pad(out, n < width ? width - n + 2 : 2);
	sink_printf(out, "%-12s", r->set->domain->verdicts[r->verdict]);
	text_wrap(out, strncmp(r->id, "fix:", 4) == 0 ? r->advice : r->says, width + 14);
}

/* Columns that the ids of a set take. */
static int
id_width(const struct ruleset *set)
{
	int width = ID_MIN;

	for (uint32_t k = 0; k < set->n; k++)
		if ((int)strlen(set->rules[k].id) > width)
			width = (int)strlen(set->rules[k].id);
	return width < ID_MAX ? width : ID_MAX;
}

static void
list(struct call *call, const char *only)
{
	const struct rulebook *b = session_rules(call->s);
	uint32_t n = 0;

	if (call->json != NULL)
		json_open(call->json, '[');
	for (uint32_t i = 0; i < b->n; i++) {
		int width = id_width(b->list[i]);

		if (*only != '\0' && strcmp(only, b->list[i]->domain->name) != 0)
			continue;
		for (uint32_t k = 0; k < b->list[i]->n; k++) {
			const struct rule *r = &b->list[i]->rules[k];

			if (r->replaced)
				continue;
			n++;
			if (call->json != NULL)
				rule_json(call->json, r);
			else
				rule_text(call->out, r, width);
		}
	}
	if (call->json != NULL)
		json_close(call->json, ']');
	else if (n == 0)
		sink_puts(call->out, "no rules: name a file with --rules\n");
}

static enum exit_status
check(struct call *call, struct job *job)
{
	uint32_t n, rules = 0, wrong = 1;
	const struct rule_domain *d = rule_domains(&n);

	job->set = rules_load_file(&call->s->ctx, call->arena, job->file, d, n);
	if (job->set != NULL)
		wrong = rules_unknown(&call->s->ctx, session_rules(call->s)->list,
		    session_rules(call->s)->n, job->set) + job->set->wrong;
	if (job->set != NULL)
		rules = job->set->n;
	if (call->json != NULL) {
		json_open(call->json, '{');
		json_member(call->json, "set",
		    job->set != NULL ? job->set->domain->name : NULL);
		json_member_u64(call->json, "rules", rules);
		json_member_u64(call->json, "wrong", wrong);
		json_close(call->json, '}');
	}
	return EXIT_CLEAN;
}

static enum exit_status
run(struct call *call)
{
	struct job *job = call->ready;

	if (job->file != NULL)
		return check(call, job);
	list(call, job->only);
	return EXIT_CLEAN;
}

static void
conclude(struct call *call)
{
	const struct job *job = call->ready;

	if (job->set == NULL)
		return;
	sink_printf(call->out, "%" PRIu32 " rule%s of the set '%s'", job->set->n,
	    plural(job->set->n), job->set->domain->name);
	if (job->set->wrong > 0)
		sink_printf(call->out, "; %" PRIu32 " left out", job->set->wrong);
	sink_puts(call->out, "\n");
}

const struct command CMD_RULES = {
	.name = "rules", .args = "[SET | check FILE]",
	.help = "rules in force, or the test of a rule file",
	.text = "Lists all rules with verdict and reason; 'explain ID' has the rest of one. With "
	    "the name of a set, ane, lint, support or policy, the list is of that one. With "
	    "check FILE a file of rules is read and every error in it reported with line and "
	    "column. The language is in mlinspect-rules(7); --rules FILE puts rules in force.",
	.prepare = prepare, .run = run, .conclude = conclude, .no_model = true
};
