/* SPDX-License-Identifier: Apache-2.0 */
/* The list of blockers, found by what they say: one that is said again of another
 * node of the same module is counted, and all of one kind are chained. */
#include <string.h>

#include "base/hash.h"
#include "rules/support/support_run.h"

enum diag_level
blocker_level(const struct blocker *b)
{
	return b->silent ? LEVEL_WARN : b->unreached ? LEVEL_NOTE : LEVEL_ERROR;
}

const char *
support_lost_words(const struct support *s)
{
	const char *words = "";

	for (uint32_t i = 0; i < s->nblockers; i++)
		if (s->blockers[i].silent && s->outcome == SUPPORT_FAILS)
			return ", and the rest is not all kept";
		else if (s->blockers[i].silent && s->blockers[i].node != NULL)
			return ", but the result computes something else";
		else if (s->blockers[i].silent)
			words = ", but a state begins with something else";
	return words;
}

static uint64_t
with_text(const struct run *r, uint64_t h, const char *s)
{
	return hash_pair(h, hash_bytes(r->c.ctx->hash_key, s, strlen(s)));
}

static uint64_t
kind_hash(const struct run *r, const struct blocker *b)
{
	return with_text(r, with_text(r, b->reason, b->op), b->message);
}

static uint64_t
same_hash(const struct run *r, const struct blocker *b)
{
	return hash_pair(with_text(r, with_text(r, kind_hash(r, b), b->scope), b->stage),
	    b->unreached);
}

static bool
is_kin(const struct blocker *a, const struct blocker *b)
{
	return a->reason == b->reason && a->silent == b->silent && strcmp(a->op, b->op) == 0 &&
	    strcmp(a->message, b->message) == 0;
}

static bool
is_same(const struct blocker *a, const struct blocker *b)
{
	return is_kin(a, b) && strcmp(a->scope, b->scope) == 0 &&
	    strcmp(a->stage, b->stage) == 0 && a->unreached == b->unreached;
}

/* The slot of the first blocker like b, or the free one where it belongs. */
static uint32_t *
probe(const struct run *r, const struct block_table *t, uint64_t hash, const struct blocker *b,
    bool (*like)(const struct blocker *, const struct blocker *))
{
	uint32_t i = (uint32_t)hash & t->mask;

	while (t->slot[i] != 0 && !like(&r->c.s->blockers[t->slot[i] - 1], b))
		i = (i + 1) & t->mask;
	return &t->slot[i];
}

static void
grow(struct run *r)
{
	struct support *s = r->c.s;
	uint32_t n = r->kinds.mask == 0 ? 64 : 2 * (r->kinds.mask + 1);

	if (r->kinds.mask != 0 && s->nblockers * 2 <= r->kinds.mask)
		return;
	r->kinds = (struct block_table){ arena_array(r->c.a, n, sizeof(uint32_t)), n - 1 };
	r->same = (struct block_table){ arena_array(r->c.a, n, sizeof(uint32_t)), n - 1 };
	for (uint32_t i = 0; i < s->nblockers; i++) {
		const struct blocker *b = &s->blockers[i];

		if (b->kind == i)
			*probe(r, &r->kinds, kind_hash(r, b), b, is_kin) = i + 1;
		if (*b->op != '\0')
			*probe(r, &r->same, same_hash(r, b), b, is_same) = i + 1;
	}
}

/* Put the newest one behind the others of its kind. */
static void
chain(struct run *r, uint32_t at)
{
	struct blocker *list = r->c.s->blockers, *b = &list[at];
	uint32_t *first = probe(r, &r->kinds, kind_hash(r, b), b, is_kin);

	b->next = BLOCKER_NONE;
	b->kind = *first == 0 ? at : *first - 1;
	if (*first == 0)
		*first = at + 1;
	else
		list[list[b->kind].last].next = at;
	list[b->kind].last = at;
}

static void
add(struct run *r, const struct blocker *b)
{
	struct support *s = r->c.s;

	s->blockers = arena_grow(r->c.a, s->blockers, s->nblockers, sizeof *s->blockers);
	s->blockers[s->nblockers++] = *b;
	chain(r, s->nblockers - 1);
}

static void
say_again(struct run *r, struct blocker *old, const struct node *n)
{
	old->count++;
	if (n == NULL || n == old->node)
		return;
	old->others = arena_grow(r->c.a, old->others, old->nothers, sizeof *old->others);
	old->others[old->nothers++] = n;
}

/* What is said of no operator is said each time. */
void
support_block(struct run *r, const struct blocker *b)
{
	struct support *s = r->c.s;
	uint32_t *slot;

	if (support_ignored(r, b->reason))
		return;
	grow(r);
	slot = *b->op != '\0' ? probe(r, &r->same, same_hash(r, b), b, is_same) : NULL;
	if (slot != NULL && *slot != 0) {
		say_again(r, &s->blockers[*slot - 1], b->node);
		return;
	}
	add(r, b);
	if (slot != NULL)
		*slot = s->nblockers;
}
