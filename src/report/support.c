/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict of support: outcome, where the converter stops first, then every
 * blocker with place, cause and fix. */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/sink.h"
#include "ir/graph.h"
#include "report/json.h"
#include "report/support.h"
#include "report/text.h"
#include "rules/support/support.h"

enum { PLACES = 3 }; /* of one kind, in text */

static const char *const outcomes[] = { "converts", "fails", "unknown" };

static void
blocker_json(struct json *j, const struct blocker *b)
{
	char ref[NODE_REF];

	json_open(j, '{');
	json_member(j, "op", b->op);
	json_member(j, "node", b->name);
	json_member(j, "scope", b->scope);
	json_member(j, "line", b->line);
	json_member(j, "reason", reason_word(b->reason));
	json_member_u64(j, "count", b->count);
	json_key(j, "nodes");
	json_open(j, '[');
	if (b->node != NULL)
		json_string(j, node_ref(b->node, ref));
	for (uint32_t i = 0; i < b->nothers; i++)
		json_string(j, node_ref(b->others[i], ref));
	json_close(j, ']');
	json_member(j, "stage", b->stage);
	json_member_bool(j, "reached", !b->unreached);
	json_member(j, "message", b->message);
	json_member(j, "fix", b->fix);
	json_close(j, '}');
}

static void
blockers_json(struct json *j, const char *key, const struct support *s, bool silent)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < s->nblockers; i++)
		if (s->blockers[i].silent == silent)
			blocker_json(j, &s->blockers[i]);
	json_close(j, ']');
}

static void
features_json(struct json *j, const char *key, const struct support_feature *f, uint32_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++) {
		json_open(j, '{');
		json_member(j, "name", f[i].name);
		json_member(j, "type", f[i].type);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* What comes of the cure that convert applies by itself. */
static void
cure_json(struct json *j, const struct support_cure *c)
{
	json_key(j, "cure");
	if (c == NULL) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	json_member(j, "name", c->name);
	json_member(j, "outcome", outcomes[c->outcome]);
	json_key(j, "stops_at");
	if (c->stops_at != NULL)
		blocker_json(j, c->stops_at);
	else
		json_null(j);
	json_close(j, '}');
}

void
json_support(struct json *j, const struct support *s)
{
	json_open(j, '{');
	json_member(j, "target", s->target);
	json_member_bool(j, "target_given", s->target_given);
	json_member(j, "frontend", s->frontend);
	json_member(j, "convert_to", s->convert_to);
	json_member(j, "outcome", outcomes[s->outcome]);
	json_member(j, "note", s->note);
	json_member(j, "cures", s->cures);
	cure_json(j, s->cure);
	json_key(j, "stops_at");
	if (s->stops_at != NULL)
		blocker_json(j, s->stops_at);
	else
		json_null(j);
	blockers_json(j, "blockers", s, false);
	blockers_json(j, "warnings", s, true);
	json_key(j, "spec_version");
	if (s->spec_version > 0)
		json_u64(j, (uint64_t)s->spec_version);
	else
		json_null(j);
	features_json(j, "inputs", s->inputs, s->ninputs);
	features_json(j, "outputs", s->outputs, s->noutputs);
	json_close(j, '}');
}

/* Label in a column of its own and a text folded behind it. */
static void
row(struct sink *out, const char *label, const char *text)
{
	enum { COLUMN = 11 };

	if (text == NULL || *text == '\0')
		return;
	sink_printf(out, "    %-6s ", label);
	text_wrap(out, text, COLUMN);
}

/* Blockers of one kind: the same said of the same operator, in many places. */
struct kind { uint32_t places, reached; uint64_t times; };

/* Of the kind whose first is number i. */
static struct kind
kind_of(const struct support *s, uint32_t i)
{
	struct kind k = { 0 };

	for (; i != BLOCKER_NONE; i = s->blockers[i].next) {
		k.places++;
		k.reached += !s->blockers[i].unreached;
		k.times += s->blockers[i].count;
	}
	return k;
}

static bool
is_first(const struct support *s, uint32_t i)
{
	return s->blockers[i].kind == i;
}

static void
place_text(struct sink *out, const struct blocker *b, bool mark)
{
	const char *scope = *b->scope != '\0' ? b->scope : "(root)";

	if (b->node == NULL)
		return;
	sink_puts(out, "    at     ");
	sink_safe(out, scope, strlen(scope), 40);
	sink_puts(out, ", node ");
	sink_safe(out, b->name, strlen(b->name), 24);
	sink_puts(out, mark ? " (never reached)\n" : "\n");
	row(out, "line", b->line);
}

/* The first places of the kind that begins with number i. */
static void
places_text(struct sink *out, const struct support *s, uint32_t i, const struct kind *k)
{
	uint32_t shown = 0;

	for (; i != BLOCKER_NONE && shown < PLACES; i = s->blockers[i].next, shown++)
		place_text(out, &s->blockers[i], k->reached > 0 && s->blockers[i].unreached);
	if (k->places > shown)
		sink_printf(out, "           and %" PRIu32 " more place%s\n", k->places - shown,
		    k->places - shown == 1 ? "" : "s");
}

/* The class in words: nobody wrote anything wrong when the converter stumbles. */
static const char *
class_words(enum reason r)
{
	return r == REASON_INTERNAL ? "error inside coremltools (internal-error)" : reason_word(r);
}

static void
kind_text(struct sink *out, const struct support *s, uint32_t i)
{
	const struct blocker *b = &s->blockers[i];
	struct kind k = kind_of(s, i);
	bool first = s->stops_at != NULL && b->kind == s->stops_at->kind;

	sink_puts(out, first ? "> " : "  ");
	sink_puts(out, class_words(b->reason));
	if (*b->op != '\0') {
		sink_puts(out, "  ");
		sink_safe(out, b->op, strlen(b->op), 44);
	}
	if (k.times > 1)
		sink_printf(out, "  %" PRIu64 " times", k.times);
	sink_puts(out, b->silent ? "  (stops nothing, is lost)\n" :
	    k.reached == 0 ? "  (never reached)\n" : "\n");
	places_text(out, s, i, &k);
	row(out, "cause", b->message);
	row(out, "fix", b->fix);
}

/* "22 blockers in 150 places": those that stop the conversion; a place is a node, as
 * each is a finding. */
static void
count_text(struct sink *out, const struct support *s)
{
	uint32_t kinds = 0, places = 0;

	for (uint32_t i = 0; i < s->nblockers; i++) {
		const struct blocker *b = &s->blockers[i];

		places += b->unreached || b->silent ? 0 : 1 + b->nothers;
		kinds += is_first(s, i) && !b->silent && kind_of(s, i).reached > 0;
	}
	sink_printf(out, "%" PRIu32 " blocker%s", kinds, kinds == 1 ? "" : "s");
	if (places > kinds)
		sink_printf(out, " in %" PRIu32 " places", places);
}

static void
outcome_text(struct sink *out, const struct support *s)
{
	if (s->already)
		sink_puts(out, s->outcome == SUPPORT_FAILS ? s->stops_at != NULL &&
		    strcmp(s->stops_at->stage, "load") == 0 ? "It cannot be loaded" :
		    "The target does not run it" :
		    "Nothing speaks against it");
	else if (s->outcome == SUPPORT_CONVERTS)
		sink_puts(out, "coremltools 9.0 converts this model");
	else if (s->outcome == SUPPORT_UNKNOWN)
		sink_puts(out, "whether coremltools 9.0 converts this model is not known");
	else
		sink_puts(out, "coremltools 9.0 does not convert this model: ");
	if (!s->already && s->outcome == SUPPORT_FAILS)
		count_text(out, s);
	sink_puts(out, support_lost_words(s));
	if (s->target != NULL && s->convert_to == NULL) {
		sink_puts(out, ", target ");
		sink_safe(out, s->target, strlen(s->target), 16);
	}
	sink_puts(out, "\n");
	if (s->convert_to == NULL)
		return;
	sink_puts(out, "target ");
	sink_safe(out, s->target, strlen(s->target), 16);
	sink_printf(out, "%s, front end %s, to ", s->target_given ? "" : " (default)", s->frontend);
	sink_safe(out, s->convert_to, strlen(s->convert_to), 16);
	sink_puts(out, s->to_given ? "\n" : " (default)\n");
}

static const struct { const char *cures, *does; } calls[] = {
	{ "freeze", "torch.jit.freeze(model.eval())" }, { "decompose", "run_decompositions({})" },
	{ "defaults", "the arguments that the exporter left out" },
	{ "decompose,defaults", "run_decompositions({}) and the arguments that it leaves out" }
};

static const char *
call_of(const char *names)
{
	for (size_t i = 0; names != NULL && i < sizeof calls / sizeof *calls; i++)
		if (strcmp(calls[i].cures, names) == 0)
			return calls[i].does;
	return "";
}

/* What is judged is not the model as it is. */
static void
cures_text(struct sink *out, const char *cures)
{
	char text[200];

	if (cures == NULL)
		return;
	snprintf(text, sizeof text, "Judged as mlinspect's convert hands it over, with %s "
	    "(--cure and --no-cure say so).", call_of(cures));
	text_wrap(out, text, 0);
}

/* Where the cure leads. */
static void
cure_text(struct sink *out, const struct support *s)
{
	const struct support_cure *c = s->cure;
	const struct blocker *a = s->stops_at, *b = c != NULL ? c->stops_at : NULL;
	const char *call = call_of(c != NULL ? c->name : NULL);
	char text[400];
	bool same = a != NULL && b != NULL && a->reason == b->reason && strcmp(a->op, b->op) == 0;

	if (c == NULL || (c->outcome == s->outcome && (a == NULL || b == NULL)) ||
	    (same && strcmp(a->stage, "load") == 0))
		return;
	if (same)
		snprintf(text, sizeof text, "With %s, which mlinspect's convert applies by itself "
		    "(cure %s), it stops there as well.", call, c->name);
	else if (b == NULL)
		snprintf(text, sizeof text, "With %s, which mlinspect's convert applies by itself "
		    "(cure %s), it converts.", call, c->name);
	else
		snprintf(text, sizeof text, "With %s, which mlinspect's convert applies by itself "
		    "(cure %s), it stops in stage %s: %s%s%s.", call, c->name, b->stage,
		    class_words(b->reason), *b->op != '\0' ? ", " : "", b->op);
	text_wrap(out, text, 0);
}

void
text_support(struct sink *out, const struct support *s)
{
	if (s->note != NULL)
		text_wrap(out, s->note, 0);
	cures_text(out, s->cures);
	outcome_text(out, s);
	if (s->stops_at != NULL && !s->already)
		sink_printf(out, "It stops first at what is marked >, in stage %s.\n",
		    s->stops_at->stage);
	cure_text(out, s);
	for (uint32_t i = 0; i < s->nblockers; i++)
		if (is_first(s, i)) {
			sink_puts(out, "\n");
			kind_text(out, s, i);
		}
}
