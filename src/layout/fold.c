/* SPDX-License-Identifier: Apache-2.0 */
/* Which scopes are drawn as one box. A scope is open or folded; what lies in
 * a folded one, or in a repetition of a block that is shown, is not drawn. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "ir/graph.h"
#include "layout/fold.h"

/* Everything from here down is drawn in box, or as itself when box is NULL. */
static void
show(struct scopes *s, const struct scope *c, struct scope *box)
{
	uint32_t own = box != NULL ? c->ntotal : c->nnodes;

	for (uint32_t i = 0; i < own; i++) {
		struct node *n = s->order[c->lo + i];

		s->stand_in[n->index] = n;
		s->box[n->index] = box;
	}
}

static void
copy_from(struct scopes *s, const struct scope *c, const struct scope *shown)
{
	for (uint32_t i = 0; i < c->ntotal; i++) {
		uint32_t to = s->order[c->lo + i]->index;
		uint32_t from = s->order[shown->lo + i]->index;

		s->stand_in[to] = s->stand_in[from];
		s->box[to] = s->box[from];
	}
}

/* Blocks stand before their repetitions. Recursion as deep as the tree. */
static void
settle(struct scopes *s, struct scope *c)
{
	if (c->same_as != NULL) {
		copy_from(s, c, c->same_as);
		return;
	}
	show(s, c, c->folded ? c : NULL);
	for (uint32_t i = 0; !c->folded && i < c->nchildren; i++)
		settle(s, c->children[i]);
}

void
fold_depth(struct scopes *s, struct arena *a, uint32_t depth)
{
	scopes_repeats(s, a);
	for (uint32_t i = 1; i < s->n; i++)
		s->list[i]->folded = s->list[i]->depth > depth && s->list[i]->ntotal > 1;
	settle(s, s->root);
}

/* Boxes that an open scope shows when its children are folded. */
static uint32_t
cost(const struct scope *c)
{
	uint32_t n = c->nnodes;

	for (uint32_t i = 0; i < c->nchildren; i++)
		n += c->children[i]->same_as == NULL;
	return n;
}

struct chooser {
	struct scopes *s;
	struct arena *a;
	uint32_t boxes, max;
	struct scope **level, **below; /* folded scopes of this level and the next */
	uint32_t nlevel, nbelow;
};

/* Shrink what a scope shows to at most room boxes: blocks first, the longer
 * the better, then plain cuts, few enough to be looked at one by one. */
static void
shrink(struct chooser *f, struct scope *c, uint32_t room)
{
	static const uint32_t windows[] = { 12, 4 };

	for (size_t i = 0; i < sizeof windows / sizeof *windows && cost(c) > room; i++)
		scopes_find_runs(f->s, f->a, c, windows[i]);
	if (cost(c) > room)
		scopes_cut(f->s, f->a, c, room > 64 ? room / 4 : room > 16 ? 16 : room);
}

static void
open_scope(struct chooser *f, struct scope *c)
{
	c->folded = false;
	f->boxes += cost(c) - (c->parent != NULL);
	for (uint32_t i = 0; i < c->nchildren; i++) {
		struct scope *d = c->children[i];

		d->folded = true;
		if (d->same_as != NULL)
			continue;
		f->below = arena_grow(f->a, f->below, f->nbelow, sizeof(struct scope *));
		f->below[f->nbelow++] = d;
	}
}

static int
by_cost(const void *a, const void *b)
{
	const struct scope *x = *(struct scope *const *)a, *y = *(struct scope *const *)b;
	uint32_t cx = cost(x), cy = cost(y);

	return cx != cy ? (cx > cy) - (cx < cy) : (x->lo > y->lo) - (x->lo < y->lo);
}

/* Open the scopes of one level, cheap ones first. One that alone is too big
 * while the drawing is nearly empty would hide the model: it is shrunk. */
static void
open_level(struct chooser *f)
{
	qsort(f->level, f->nlevel, sizeof *f->level, by_cost);
	for (uint32_t i = 0; i < f->nlevel; i++) {
		struct scope *c = f->level[i];
		uint32_t room = f->max - f->boxes + 1;

		if (cost(c) > room && f->boxes <= f->max / 8)
			shrink(f, c, room);
		if (cost(c) <= room)
			open_scope(f, c);
	}
}

uint32_t
fold_auto(struct scopes *s, struct arena *a, uint32_t max)
{
	struct chooser f = { .s = s, .a = a, .max = max > 0 ? max : 1 };

	scopes_repeats(s, a);
	if (cost(s->root) > f.max)
		shrink(&f, s->root, f.max);
	open_scope(&f, s->root);
	while (f.nbelow > 0) {
		f.level = f.below;
		f.nlevel = f.nbelow;
		f.below = NULL;
		f.nbelow = 0;
		open_level(&f);
	}
	settle(s, s->root);
	return f.boxes;
}

struct scope *
fold_box(const struct scopes *s, const struct node *n)
{
	return s->box[n->index];
}

struct node *
fold_stand_in(const struct scopes *s, const struct node *n)
{
	return s->stand_in[n->index];
}
