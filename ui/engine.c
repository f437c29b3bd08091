/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/measured.h"
#include "app/notes.h"
#include "app/session.h"
#include "app/verdicts.h"
#include "base/sink.h"
#include "rules/rule.h"
#include "ui/doc.h"
#include "ui/engine.h"

struct saying { const struct doc *d; const struct node *n; struct sink *out; };

static void
say(void *arg)
{
	struct saying *s = arg;
	const struct ane *ane = session_ane(s->d->s);
	const struct ane_node *v = &ane->nodes[s->n->id];

	if (v->eligible == ANE_YES && v->placed != DEVICE_ANE)
		sink_puts(s->out, ane_placed_because(ane, v, session_setting(s->d->s)));
	else
		session_ane_says(s->d->s, s->n, s->out);
}

void
engine_says(const struct doc *d, const struct node *n, struct sink *out)
{
	struct saying s = { d, n, out };

	if (d->state == DOC_READY && d->notes != NULL && n->id < d->notes->n)
		ctx_protect(&d->s->ctx, say, &s);
}

/* The words of a rule without what it fills in. */
static void
put_rule(const struct rule *rule, struct sink *out)
{
	for (const char *s = rule->says; *s != '\0'; s++) {
		size_t skip = *s == '{' ? strcspn(s, "}") : 0;

		if (skip > 0 && s[skip] == '}') {
			sink_puts(out, "..");
			s += skip;
		} else {
			sink_write(out, s, 1);
		}
	}
}

/* Where it runs is said already. */
static const char *
behind_colon(const char *s)
{
	const char *colon = strstr(s, ": ");

	return colon != NULL ? colon + 2 : s;
}

void
engine_brief(const struct doc *d, const struct node *n, struct sink *out)
{
	const struct note *note = d->notes != NULL && n->id < d->notes->n ?
	    &d->notes->list[n->id] : NULL;

	if (note == NULL || note->placed == DEVICE_ANE || note->placed == DEVICE_UNKNOWN)
		return;
	if (note->ane == ANE_NO && note->rule != NULL)
		put_rule(note->rule, out);
	else if (note->ane == ANE_YES)
		sink_puts(out, behind_colon(d->kept_back));
}

bool
engine_left(const struct doc *d, const struct node *n)
{
	enum device at = doc_placed(d, n), before = DEVICE_ANE;

	if (at == DEVICE_UNKNOWN || at == DEVICE_ANE)
		return false;
	for (uint32_t i = n->index; i-- > 0;)
		if ((before = doc_placed(d, n->graph->nodes[i])) != DEVICE_UNKNOWN)
			return before == DEVICE_ANE;
	return true;
}
