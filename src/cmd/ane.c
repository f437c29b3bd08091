/* SPDX-License-Identifier: Apache-2.0 */
/* ane: what will run on the Neural Engine: a verdict for each op by rules, an
 * estimate of what the planner makes of it, and what was measured. */
#include <inttypes.h>
#include <string.h>

#include "app/measured.h"
#include "app/session.h"
#include "app/verdicts.h"
#include "base/arena.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/ane_plan.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "report/text.h"
#include "rules/setting.h"

/* ---- JSON ---- */

static void
percent(struct json *j, const char *key, uint64_t n, uint64_t all)
{
	json_key(j, key);
	if (all > 0)
		json_double(j, (double)(n * 1000 / all) / 10, false);
	else
		json_null(j);
}

static void
summary_json(struct call *call, const struct ane *a)
{
	struct json *j = call->json;
	const struct ane_summary *s = &a->sum;

	json_key(j, "summary");
	json_open(j, '{');
	json_member_u64(j, "ops", s->ops);
	json_member_u64(j, "skipped", s->skipped);
	json_key(j, "eligible");
	json_open(j, '{');
	for (enum ane_answer e = ANE_UNKNOWN; e < ANE_SKIPPED; e++)
		json_member_u64(j, ane_answer_name(e), s->eligible[e]);
	percent(j, "percent", s->eligible[ANE_YES], s->ops);
	json_close(j, '}');
	json_key(j, "placed");
	json_open(j, '{');
	for (enum device d = DEVICE_UNKNOWN; d < DEVICE_COUNT; d++)
		json_member_u64(j, device_name(d), s->placed[d]);
	percent(j, "percent", s->placed[DEVICE_ANE], s->ops);
	json_close(j, '}');
	json_member_u64(j, "segments", s->segments);
	json_member_u64(j, "switches", s->switches);
	json_member_bool(j, "source", a->source);
	json_close(j, '}');
}

/* What a rule says of the model. */
static void
rule_json(struct call *call, const struct rule *r)
{
	struct sink says;

	sink_init(&says, -1);
	session_ane_rule(call->s, r, NULL, NULL, &says);
	json_text(call->json, says.buf != NULL ? says.buf : "", says.n);
	sink_fini(&says);
}

static void
about_json(struct call *call, const struct ane *a)
{
	struct json *j = call->json;

	json_key(j, "model");
	json_open(j, '[');
	for (uint32_t i = 0; i < a->nabout; i++) {
		json_open(j, '{');
		json_member(j, "rule", a->about[i]->id);
		json_member(j, "verdict",
		    a->about[i]->set->domain->verdicts[a->about[i]->verdict]);
		json_member(j, "holds", a->about_truth[i] == RULE_TRUE ? "yes" : "unknown");
		json_member(j, "confidence", rule_confidence_name(a->about[i]->confidence));
		json_key(j, "reason");
		rule_json(call, a->about[i]);
		json_member(j, "advice", a->about[i]->advice);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
says_json(struct call *call, const struct node *n)
{
	struct sink says;

	sink_init(&says, -1);
	session_ane_says(call->s, n, &says);
	json_text(call->json, says.buf, says.n);
	sink_fini(&says);
}

static void
node_json(struct call *call, const struct ane *a, const struct node *n)
{
	const struct ane_node *v = &a->nodes[n->id];
	enum device measured = measured_device(call->s, n);
	char ref[NODE_REF];
	struct json *j = call->json;

	json_open(j, '{');
	json_member_u64(j, "id", n->id);
	json_member_str(j, "node", n->name);
	json_member_str(j, "op", n->type);
	json_member_str(j, "output",
	    n->nout > 0 && n->out[0] != NULL ? n->out[0]->name : NULL);
	json_member(j, "becomes", v->becomes);
	json_member(j, "eligible", ane_answer_name(v->eligible));
	json_member(j, "placed", device_name(v->placed));
	json_member(j, "placed_because",
	    ane_placed_because(a, v, session_setting(call->s)));
	json_member(j, "measured",
	    measured == DEVICE_UNKNOWN ? NULL : device_name(measured));
	json_member(j, "rule", v->rule != NULL ? v->rule->id : NULL);
	json_member(j, "confidence",
	    v->rule != NULL ? rule_confidence_name(v->rule->confidence) : NULL);
	json_key(j, "reason");
	says_json(call, n);
	json_member(j, "advice",
	    v->rule != NULL && *v->rule->advice != '\0' ? v->rule->advice : NULL);
	json_member(j, "source", v->rule != NULL ? v->rule->source : NULL);
	json_member(j, "root",
	    v->root != NULL && v->root != n ? node_ref(v->root, ref) : NULL);
	json_key(j, "segment");
	if (v->segment > 0)
		json_u64(j, v->segment);
	else
		json_null(j);
	json_close(j, '}');
}

/* The nodes that count and that the filter takes. */
static void
each_node(struct call *call, const struct ane *a,
	void (*fn)(struct call *, const struct ane *, const struct node *))
{
	const struct model *m = call->s->model;
	const bool *matches = call->ready;

	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			const struct node *n = m->graphs[i]->nodes[k];

			if (a->nodes[n->id].eligible != ANE_SKIPPED && matches[n->id])
				fn(call, a, n);
		}
}

static bool
at_default_sizes(struct call *call)
{
	return session_infer_default(call->s) != session_infer(call->s);
}

static void
write_json(struct call *call, const struct ane *a)
{
	const struct setting *s = session_setting(call->s);
	struct json *j = call->json;

	json_open(j, '{');
	json_member(j, "chip", s->chip);
	json_member(j, "os", s->os);
	json_member(j, "compute_units", units_name(s->units));
	json_member(j, "sizes", at_default_sizes(call) ? "default" : "declared");
	summary_json(call, a);
	plan_json(call, a);
	about_json(call, a);
	json_key(j, "nodes");
	json_open(j, '[');
	each_node(call, a, node_json);
	json_close(j, ']');
	json_close(j, '}');
}

/* ---- text ---- */

static void
share(struct sink *out, const char *what, uint32_t n, uint32_t all)
{
	text_label(out, what);
	sink_printf(out, "%" PRIu32 " of %" PRIu32, n, all);
	if (all > 0)
		sink_printf(out, ", %.1f %%", 100.0 * n / all);
}

static bool
has_free_sizes(const struct model *m)
{
	bool free = false;

	for (uint32_t i = 0; m->main != NULL && i < m->main->ninputs; i++) {
		const struct type *t = m->main->inputs[i]->type;

		free |= t == NULL || (t->tag == TY_TENSOR && !t->has_rank);
		for (uint32_t k = 0; t != NULL && k < t->rank; k++)
			free |= t->dims[k]->kind != DIM_CONST;
	}
	return free;
}

/* Why ops that could run on the engine are not placed there: of the first one. */
static void
kept_text(struct call *call, const struct ane *a)
{
	const struct model *m = call->s->model;
	const char *why = NULL;
	uint32_t n = 0;

	if (a->off != NULL && a->sum.ops > 0) {
		text_label(call->out, "Kept back");
		text_wrap(call->out, arena_printf(call->arena, "all: %s", a->off), 14);
		return;
	}
	for (uint32_t i = 0; i < m->nnodes; i++) {
		const struct ane_node *v = &a->nodes[i];

		if (v->eligible != ANE_YES || v->placed == DEVICE_ANE)
			continue;
		if (n++ == 0)
			why = ane_placed_because(a, v, session_setting(call->s));
	}
	if (n == 0)
		return;
	text_label(call->out, "Kept back");
	text_wrap(call->out, arena_printf(call->arena, "%" PRIu32 " eligible op%s: %s", n,
	    plural(n), why), 14);
}

/* The first op that no rule decides, and what leaves it open; how the others are listed. */
static void
unknown_text(struct call *call, const struct ane *a)
{
	const struct model *m = call->s->model;
	const struct node *first = NULL;
	struct sink says;
	char ref[NODE_REF];

	for (uint32_t i = 0; first == NULL && i < m->ngraphs; i++)
		for (uint32_t k = 0; first == NULL && k < m->graphs[i]->nnodes; k++)
			if (a->nodes[m->graphs[i]->nodes[k]->id].eligible == ANE_UNKNOWN)
				first = m->graphs[i]->nodes[k];
	if (first == NULL)
		return;
	text_label(call->out, "Not known");
	sink_init(&says, -1);
	sink_safe(&says, first->type->s, first->type->len, 40);
	sink_puts(&says, " ");
	sink_safe(&says, node_ref(first, ref), strlen(node_ref(first, ref)), 60);
	sink_puts(&says, ": ");
	session_ane_says(call->s, first, &says);
	sink_puts(&says, a->sum.eligible[ANE_UNKNOWN] > 1 ?
	    "; 'ane ane=unknown' lists the others" : "");
	sink_write(&says, "", 1);
	text_wrap(call->out, says.buf, 14);
	sink_fini(&says);
}

static void
summary_text(struct call *call, const struct ane *a)
{
	const struct setting *s = session_setting(call->s);
	const struct ane_summary *sum = &a->sum;
	struct sink *out = call->out;

	text_label(out, "For");
	sink_printf(out, "%s, %s, %s\n", s->chip != NULL ? s->chip : "any chip",
	    s->os != NULL ? s->os : "any system", units_name(s->units));
	if (a->source) {
		text_label(out, "Judged");
		sink_printf(out, "by what the ops become in an ML Program of float%s\n",
		    strcmp(s->precision, "f32") == 0 ? "32" : "16");
	}
	share(out, "Eligible", sum->eligible[ANE_YES], sum->ops);
	sink_printf(out, "; %" PRIu32 " not, %" PRIu32 " unknown, by rules\n",
	    sum->eligible[ANE_NO], sum->eligible[ANE_UNKNOWN]);
	share(out, "Placed", sum->placed[DEVICE_ANE], sum->ops);
	sink_printf(out, "; cpu %" PRIu32 ", gpu %" PRIu32 ", unknown %" PRIu32
	    ", an estimate\n", sum->placed[DEVICE_CPU], sum->placed[DEVICE_GPU],
	    sum->placed[DEVICE_UNKNOWN]);
	kept_text(call, a);
	unknown_text(call, a);
	text_label(out, "Stretches");
	sink_printf(out, "%s%" PRIu32 " on the engine, %" PRIu32 " change%s of device\n",
	    sum->placed[DEVICE_UNKNOWN] > 0 ? "at least " : "", sum->segments, sum->switches,
	    plural(sum->switches));
	if (at_default_sizes(call)) {
		text_label(out, "Sizes");
		sink_puts(out, "of inputs are the default ones: --input NAME:TYPE gives others\n");
	} else if (sum->eligible[ANE_UNKNOWN] > 0 && has_free_sizes(call->s->model)) {
		text_label(out, "Sizes");
		sink_puts(out, "of inputs are not fixed: --input NAME:TYPE decides more\n");
	}
	if (sum->skipped > 0) {
		text_label(out, "Left out");
		sink_printf(out, "%" PRIu32 " constant%s\n", sum->skipped, plural(sum->skipped));
	}
}

static bool
has_plan(struct call *call)
{
	uint32_t n;

	session_measured(call->s, &n);
	return n > 0;
}

/* Columns before the reason, with what was measured and without. */
enum { REASON_AT = 50, MEASURED = 9 };

static void
node_text(struct call *call, const struct ane *a, const struct node *n)
{
	bool planned = has_plan(call);
	const struct ane_node *v = &a->nodes[n->id];
	enum device measured = measured_device(call->s, n);
	struct sink *out = call->out, says;

	sink_printf(out, "#%-6" PRIu32, n->id);
	text_str(out, n->type, 24, 25);
	sink_printf(out, "%-8s %-8s ", ane_answer_name(v->eligible), device_name(v->placed));
	if (planned)
		sink_printf(out, "%-*s", MEASURED,
		    measured == DEVICE_UNKNOWN ? "" : device_name(measured));
	sink_init(&says, -1);
	if (v->eligible == ANE_YES && v->placed != DEVICE_ANE)
		sink_puts(&says, "kept back");
	else if (v->eligible != ANE_YES || v->becomes != NULL) {
		if (v->rule != NULL && v->eligible != ANE_YES)
			sink_printf(&says, "%s: ", v->rule->id);
		if (v->becomes != NULL)
			sink_printf(&says, "(%s) ", v->becomes);
		if (v->eligible != ANE_YES)
			session_ane_says(call->s, n, &says);
	}
	sink_write(&says, "", 1);
	text_wrap(out, says.buf, REASON_AT + (planned ? MEASURED : 0));
	sink_fini(&says);
}

static enum exit_status
run(struct call *call)
{
	const struct ane *a = session_ane(call->s);

	if (call->json != NULL) {
		write_json(call, a);
	} else if (*call->arg != '\0') {
		sink_printf(call->out,
		    "node   op                       eligible placed   %sreason\n",
		    has_plan(call) ? "measured " : "");
		each_node(call, a, node_text);
	} else {
		summary_text(call, a);
		plan_text(call, a);
	}
	session_ane_findings(call->s, call->json != NULL || call->opts->form != FINDING_NONE);
	return EXIT_CLEAN;
}

const struct command CMD_ANE = {
	.name = "ane", .args = "[FILTER]",
	.help = "what will run on the Neural Engine, and why not",
	.text = "Three verdicts that are kept apart: eligible, by rules with their evidence; "
	    "placed, an estimate of the planner; measured, with --plan. Constants are left out "
	    "of all numbers. The findings are the ops at which trouble begins, not those behind "
	    "them. With a FILTER each op it takes is listed. --chip, --os and "
	    "--compute-units say where; models of other formats are judged by what they will "
	    "become. A measured plan is made on a Mac, of the compiled or packaged model: "
	    "python3 share/mlinspect/export-plan.py MODEL >plan.json",
	.prepare = find_matching, .run = run
};
