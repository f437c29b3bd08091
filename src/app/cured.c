/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/cured.h"
#include "app/session.h"
#include "rules/support/support.h"

/* The test of share/mlinspect/convert.py. */
static bool
is_scripted(const struct model *m)
{
	static const char *const kinds[] = { "If", "Loop", "RaiseException" };

	if (m->format == NULL || strcmp(m->format, "torchscript") != 0 || m->main == NULL)
		return false;
	for (uint32_t i = 0; i < m->main->nnodes; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (strcmp(m->main->nodes[i]->type->s, kinds[k]) == 0 &&
			    strcmp(m->main->nodes[i]->domain->s, "prim") == 0)
				return true;
	return false;
}

static const char *
kept(struct arena *a, const char *s)
{
	return s != NULL ? arena_strdup(a, s, strlen(s)) : NULL;
}

/* The blocker without its nodes, which go with the model. */
static const struct blocker *
blocker_copy(struct arena *a, const struct blocker *b)
{
	struct blocker *c = arena_alloc(a, sizeof *c);

	*c = (struct blocker){ .reason = b->reason, .stage = kept(a, b->stage),
	    .op = kept(a, b->op), .name = kept(a, b->name), .scope = kept(a, b->scope),
	    .line = kept(a, b->line), .message = kept(a, b->message), .fix = kept(a, b->fix),
	    .count = b->count };
	return c;
}

static void
set_cure(struct arena *a, struct support *s, const char *name, const struct support *cured)
{
	struct support_cure *c = arena_alloc(a, sizeof *c);

	c->name = name;
	c->outcome = cured->outcome;
	c->stops_at = cured->stops_at != NULL ? blocker_copy(a, cured->stops_at) : NULL;
	s->cure = c;
}

struct frozen { struct session s; const struct conversion *c; const struct support *support; };

static void
judge(void *arg)
{
	struct frozen *f = arg;

	f->support = session_support(&f->s, f->c);
}

/* Support of the model as it would be frozen, NULL: it cannot be read. To be closed. */
static const struct support *
open_frozen(struct frozen *f, struct session *s, const struct conversion *c)
{
	struct session_options o = *s->options;

	*f = (struct frozen){ .c = c };
	o.frozen = true;
	session_open(&f->s, s->path, &o);
	return f->s.model != NULL && ctx_protect(&f->s.ctx, judge, f) == 0 ? f->support : NULL;
}

static void
freeze(struct session *s, const struct conversion *c, struct support *to)
{
	struct frozen f;

	if (open_frozen(&f, s, c) != NULL)
		set_cure(session_judged(s), to, "freeze", f.support);
	session_close(&f.s);
}

const struct blocker *const *
session_frozen_blockers(struct session *s, const struct conversion *c, struct arena *a,
    uint32_t *n)
{
	struct frozen f;
	const struct support *all = open_frozen(&f, s, c);
	const struct blocker **list = arena_array(a, all != NULL ? all->nblockers : 0,
	    sizeof *list);

	*n = 0;
	for (uint32_t i = 0; all != NULL && i < all->nblockers; i++)
		if (all->blockers[i].node != NULL && !all->blockers[i].unreached &&
		    !all->blockers[i].silent)
			list[(*n)++] = blocker_copy(a, &all->blockers[i]);
	session_close(&f.s);
	return list;
}

void
session_support_cured(struct session *s, const struct conversion *c, struct support *to)
{
	struct conversion with = *c;

	if (to->frontend == NULL || s->options->frozen)
		return;
	if (strcmp(to->frontend, "export") == 0 && !c->decompose) {
		with.decompose = true;
		set_cure(session_judged(s), to, "decompose", session_support(s, &with));
	} else if (c->states == NULL && is_scripted(s->model)) {
		freeze(s, c, to);
	}
}
