/* SPDX-License-Identifier: Apache-2.0 */
/* Parts are walked once, when they are complete; whoever asks reads a list. */
#include "base/arena.h"
#include "base/hash.h"
#include "ir/held.h"

enum { DEPTH = 32, PARTS = 200000 }; /* readers keep below both */

struct finder {
	struct arena *a;
	struct held_set seen;
	struct items *top;
	uint32_t depth, parts;
};

/* Same bytes of the same file; without bytes, only itself. */
static bool
same_storage(const struct tensor *t, const struct tensor *u)
{
	return t == u || (t->place.len > 0 && t->place.src == u->place.src &&
	    t->place.off == u->place.off && t->place.len == u->place.len &&
	    t->view == NULL && u->view == NULL);
}

static uint64_t
storage_hash(const struct tensor *t)
{
	if (t->place.len == 0 || t->view != NULL)
		return hash_pair((uintptr_t)t, 0);
	return hash_pair((uintptr_t)t->place.src, t->place.off);
}

static struct held_count *
slot_of(const struct held_set *s, const struct tensor *t)
{
	uint32_t i = (uint32_t)storage_hash(t) & s->mask;

	while (s->list[i].t != NULL && !same_storage(s->list[i].t, t))
		i = (i + 1) & s->mask;
	return &s->list[i];
}

static void
widen(struct held_set *s, struct arena *a)
{
	const struct held_count *old = s->list;
	uint32_t nold = old != NULL ? s->mask + 1 : 0;

	s->mask = nold > 0 ? 2 * nold - 1 : 31;
	s->list = arena_array(a, (size_t)s->mask + 1, sizeof *s->list);
	for (uint32_t i = 0; i < nold; i++)
		if (old[i].t != NULL)
			*slot_of(s, old[i].t) = old[i];
}

uint64_t *
held_count(struct held_set *s, struct arena *a, const struct tensor *t)
{
	struct held_count *c;

	if (s->list == NULL || s->n > s->mask / 2)
		widen(s, a);
	c = slot_of(s, t);
	if (c->t == NULL) {
		c->t = t;
		s->n++;
	}
	return &c->n;
}

uint64_t
held_counted(const struct held_set *s, const struct tensor *t)
{
	return s->list != NULL ? slot_of(s, t)->n : 0;
}

static void
keep(struct finder *f, struct tensor *t)
{
	struct items *x = f->top;

	if ((*held_count(&f->seen, f->a, t))++ > 0)
		return;
	x->held = arena_grow(f->a, x->held, x->nheld, sizeof *x->held);
	x->held[x->nheld++] = t;
	if (__builtin_add_overflow(x->held_bytes, tensor_bytes(t), &x->held_bytes))
		x->held_bytes = UINT64_MAX;
}

static void
find_in(struct finder *f, const struct items *x)
{
	struct tensor *t;

	f->top->held_cut |= x->cut || f->depth >= DEPTH;
	for (uint32_t i = 0; f->depth < DEPTH && i < x->n; i++) {
		t = x->list[i];
		if (f->parts++ >= PARTS) {
			f->top->held_cut = true;
			return;
		}
		if (t->items != NULL) {
			f->depth++;
			find_in(f, t->items);
			f->depth--;
		} else if (t->dtype == DT_NONE) {
			f->top->held_cut |= t->flags & TENSOR_MISSING;
		} else if (!(t->flags & TENSOR_LITERAL)) {
			keep(f, t);
		}
	}
}

void
held_find(struct tensor *t, struct arena *a)
{
	struct finder f = { .a = a, .top = t->items };

	find_in(&f, t->items);
}

const struct tensor *
tensor_held(const struct tensor *t, uint32_t i)
{
	if (t == NULL || t->items == NULL)
		return i == 0 ? t : NULL;
	return i < t->items->nheld ? t->items->held[i] : NULL;
}

uint64_t
tensor_held_bytes(const struct tensor *t)
{
	return t == NULL ? 0 : t->items != NULL ? t->items->held_bytes : tensor_bytes(t);
}

bool
tensor_held_cut(const struct tensor *t)
{
	return t != NULL && t->items != NULL && t->items->held_cut;
}
