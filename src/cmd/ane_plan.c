/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "app/measured.h"
#include "app/session.h"
#include "app/verdicts.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/ane_plan.h"
#include "cmd/command.h"
#include "report/text.h"

/* What is compared at one node. */
struct pair {
	const struct node *n;
	const struct ane_node *v;
	const struct plan_op *op;  /* of the first plan */
	const struct plan_op *then; /* of the second, or NULL */
};

/* Does what was measured contradict the estimate, or the rules? */
static bool
disagrees(const struct pair *p)
{
	bool can = p->op->supported >> DEVICE_ANE & 1;

	if (p->op->preferred != DEVICE_UNKNOWN && p->v->placed != DEVICE_UNKNOWN &&
	    p->op->preferred != p->v->placed)
		return true;
	return p->op->supported != 0 && ((p->v->eligible == ANE_YES && !can) ||
	    (p->v->eligible == ANE_NO && can));
}

static bool
agrees(const struct pair *p)
{
	return p->op->preferred != DEVICE_UNKNOWN && p->op->preferred == p->v->placed;
}

static bool
changed(const struct pair *p)
{
	return p->then != NULL && p->then->preferred != p->op->preferred;
}

/* The nodes of the first plan for which test holds; returns how many. */
static uint32_t
each_pair(struct call *call, const struct ane *a, bool (*test)(const struct pair *),
	void (*fn)(struct call *, const struct pair *))
{
	const struct model *m = call->s->model;
	uint32_t n, found = 0;
	const struct measured *me = session_measured(call->s, &n);

	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			const struct node *node = m->graphs[i]->nodes[k];
			struct pair p = { node, &a->nodes[node->id], me[0].of[node->id],
			    n > 1 ? me[1].of[node->id] : NULL };

			if (p.op == NULL || p.v->eligible == ANE_SKIPPED || !test(&p))
				continue;
			found++;
			if (fn != NULL)
				fn(call, &p);
		}
	return found;
}

static void
place_json(struct json *j, const struct measured *me)
{
	const struct plan *p = me->plan;
	const char *const keys[] = { "file", "chip", "os", "compute_units", "device", "tool",
	    "date" };
	const char *const values[] = { p->path, p->chip, p->os, p->units, p->device, p->tool,
	    p->date };

	for (int i = 0; i < 7; i++)
		json_member(j, keys[i], values[i]);
	json_member_u64(j, "ops", p->n);
	json_member_u64(j, "matched", me->matched);
}

static void
pair_json(struct call *call, const struct pair *p)
{
	struct json *j = call->json;

	json_open(j, '{');
	json_member_u64(j, "id", p->n->id);
	json_member_str(j, "node", p->n->name);
	json_member(j, "eligible", ane_answer_name(p->v->eligible));
	json_member(j, "placed", device_name(p->v->placed));
	json_member(j, "measured", device_name(p->op->preferred));
	json_key(j, "supported");
	json_open(j, '[');
	for (enum device d = DEVICE_ANE; d < DEVICE_COUNT; d++)
		if (p->op->supported >> d & 1)
			json_string(j, device_name(d));
	json_close(j, ']');
	if (p->then != NULL)
		json_member(j, "then", device_name(p->then->preferred));
	json_close(j, '}');
}

void
plan_json(struct call *call, const struct ane *a)
{
	struct json *j = call->json;
	uint32_t n;
	const struct measured *me = session_measured(call->s, &n);

	json_key(j, "measured");
	if (n == 0) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	place_json(j, me);
	json_member_u64(j, "agree", each_pair(call, a, agrees, NULL));
	json_key(j, "disagreements");
	json_open(j, '[');
	each_pair(call, a, disagrees, pair_json);
	json_close(j, ']');
	json_key(j, "other");
	if (n > 1) {
		json_open(j, '{');
		place_json(j, &me[1]);
		json_key(j, "changed");
		json_open(j, '[');
		each_pair(call, a, changed, pair_json);
		json_close(j, ']');
		json_close(j, '}');
	} else {
		json_null(j);
	}
	json_close(j, '}');
}

/* ---- text ---- */

static void
place_text(struct sink *out, const char *label, const struct measured *me)
{
	const struct plan *p = me->plan;
	const char *const words[] = { p->chip, p->os, p->units, p->tool };
	struct sink row;

	sink_init(&row, -1);
	sink_printf(&row, "%" PRIu32 " op%s", me->matched, plural(me->matched));
	for (int i = 0; i < 4; i++)
		if (words[i] != NULL)
			sink_printf(&row, ", %s", words[i]);
	sink_write(&row, "", 1);
	text_label(out, label);
	text_wrap(out, row.buf, 14);
	sink_fini(&row);
}

static void
node_text(struct call *call, const struct pair *p)
{
	sink_printf(call->out, "  #%-6" PRIu32, p->n->id);
	text_str(call->out, p->n->type, 16, 17);
	text_str(call->out, p->n->name, 20, 21);
}

static void
disagree_text(struct call *call, const struct pair *p)
{
	node_text(call, p);
	sink_printf(call->out, "%s, %s by rules, %s measured\n", device_name(p->v->placed),
	    ane_answer_name(p->v->eligible), device_name(p->op->preferred));
}

static void
changed_text(struct call *call, const struct pair *p)
{
	node_text(call, p);
	sink_printf(call->out, "%s, then %s\n", device_name(p->op->preferred),
	    device_name(p->then->preferred));
}

void
plan_text(struct call *call, const struct ane *a)
{
	uint32_t n, wrong;
	const struct measured *me = session_measured(call->s, &n);
	struct sink *out = call->out;

	if (n == 0)
		return;
	place_text(out, "Measured", &me[0]);
	wrong = each_pair(call, a, disagrees, NULL);
	text_label(out, "Estimate");
	sink_printf(out, "right at %" PRIu32 ", %" PRIu32 " disagree\n",
	    each_pair(call, a, agrees, NULL), wrong);
	each_pair(call, a, disagrees, disagree_text);
	if (n < 2)
		return;
	place_text(out, "Then", &me[1]);
	text_label(out, "Changed");
	sink_printf(out, "%" PRIu32 " op%s\n", each_pair(call, a, changed, NULL),
	    plural(each_pair(call, a, changed, NULL)));
	each_pair(call, a, changed, changed_text);
}
