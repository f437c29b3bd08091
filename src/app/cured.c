/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/cured.h"
#include "app/session.h"
#include "ir/graph.h"
#include "ir/type.h"
#include "rules/support/support.h"

/* Does it take attributes of modules that are no tensors, None not being one? */
static bool
takes_attributes(const struct node *n)
{
	for (uint32_t i = 0; i < n->nin && i < 64; i++)
		if (n->held >> i & 1 && n->in[i] != NULL && (n->in[i]->type == NULL ||
		    (n->in[i]->type->tag != TY_OPAQUE && n->in[i]->type->tag != TY_NONE)))
			return true;
	return false;
}

/* The test of share/mlinspect/convert.py. */
static bool
is_scripted(const struct model *m)
{
	static const char *const kinds[] = { "If", "Loop", "RaiseException",
		"DictConstruct" };

	if (m->format == NULL || strcmp(m->format, "torchscript") != 0 || m->main == NULL)
		return false;
	for (uint32_t i = 0; i < m->main->nnodes; i++) {
		const struct node *n = m->main->nodes[i];

		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (strcmp(n->type->s, kinds[k]) == 0 && strcmp(n->domain->s, "prim") == 0)
				return true;
		if (takes_attributes(n))
			return true;
	}
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

struct frozen { struct session *s; const struct conversion *c; struct support *support; };

static void
judge(void *arg)
{
	struct frozen *f = arg;

	f->support = session_support(f->s, f->c);
}

/* Support of the model as it would be frozen, NULL: it cannot be read. To be closed. */
static struct support *
open_frozen(struct session *frozen, struct session *s, const struct conversion *c)
{
	struct session_options o = *s->options;
	struct frozen f = { frozen, c, NULL };

	o.frozen = true;
	session_open(frozen, s->path, &o);
	if (frozen->model == NULL || ctx_protect(&frozen->ctx, judge, &f) != 0)
		f.support = NULL;
	frozen->options = s->options;
	return f.support;
}

/* A failure at a constant is nobody's: convert goes back to the model as it is. */
static bool
leads_nowhere(const struct support *s)
{
	return s->stops_at != NULL && strcmp(s->stops_at->op, "prim::Constant") == 0;
}

static void
freeze(struct session *s, const struct conversion *c, struct support *to)
{
	struct session frozen;
	const struct support *f = open_frozen(&frozen, s, c);

	if (f != NULL && !leads_nowhere(f))
		set_cure(session_judged(s), to, "freeze", f);
	session_close(&frozen);
}

struct support *
session_support_handed(struct session *s, const struct conversion *c, struct session *frozen,
    struct session **of)
{
	bool export = s->model != NULL && s->model->format != NULL &&
	    strcmp(s->model->format, "pt2") == 0;
	struct support *f;

	*of = s;
	if (c->as_handed && c->freeze && c->states == NULL && !s->options->frozen &&
	    is_scripted(s->model)) {
		f = open_frozen(frozen, s, c);
		if (f != NULL && !leads_nowhere(f)) {
			f->cures = "freeze";
			*of = frozen;
			return f;
		}
		session_close(frozen);
	}
	f = session_support(s, c);
	if (c->as_handed && export)
		f->cures = c->decompose && c->defaults ? "decompose,defaults" :
		    c->decompose ? "decompose" : c->defaults ? "defaults" : NULL;
	return f;
}

const struct blocker *const *
session_frozen_blockers(struct session *s, const struct conversion *c, struct arena *a,
    uint32_t *n)
{
	struct session frozen;
	const struct support *all = open_frozen(&frozen, s, c);
	const struct blocker **list = arena_array(a, all != NULL ? all->nblockers : 0,
	    sizeof *list);

	*n = 0;
	for (uint32_t i = 0; all != NULL && i < all->nblockers; i++)
		if (all->blockers[i].node != NULL && !all->blockers[i].unreached &&
		    !all->blockers[i].silent)
			list[(*n)++] = blocker_copy(a, &all->blockers[i]);
	session_close(&frozen);
	return list;
}

void
session_support_cured(struct session *s, const struct conversion *c, struct support *to)
{
	struct conversion with = *c;

	if (to->frontend == NULL || s->options->frozen || c->as_handed)
		return;
	if (strcmp(to->frontend, "export") == 0 && !c->decompose) {
		with.decompose = true;
		set_cure(session_judged(s), to, "decompose", session_support(s, &with));
	} else if (c->states == NULL && is_scripted(s->model)) {
		freeze(s, c, to);
	}
}
