/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: what order left without a counterpart, by what it works on. A
 * converter moves operations past those that only move data, and writes one as several
 * that together stand between the same neighbours. */
#include "align/state.h"

/* Items that are passed on the way. */
enum { READERS = 32, SEEN = 256, PASSED = 4 };
/* Per cent of the pairs of a stretch that is one node. */
enum { ALL = 100 };

/* The item that x works on, past free ones: those that only move data, or any. */
static uint32_t
works_on(const struct side *s, const struct item *x, bool any)
{
	for (unsigned hops = 0; hops < HOPS; hops++) {
		uint32_t p = item_source(s, x);

		if (p == ALIGN_NONE || s->items[p].pair != ALIGN_NONE)
			return p;
		x = &s->items[p];
		if (!any && !kin_layout(x))
			return ALIGN_NONE;
	}
	return ALIGN_NONE;
}

/* The same past all that only moves data, paired or not: the item that computes. */
static uint32_t
computed_by(const struct side *s, const struct item *x)
{
	uint32_t p = item_source(s, x);

	for (unsigned hops = 0; p != ALIGN_NONE && kin_layout(&s->items[p]); hops++)
		p = hops < HOPS ? item_source(s, &s->items[p]) : ALIGN_NONE;
	return p;
}

struct found { uint32_t item, n, seen; };

/* The readers of a value, [from, to) of s->readers; none of a value that is read all over. */
static void
readers_of(const struct side *s, const struct value *v, uint32_t *from, uint32_t *to)
{
	*from = v != NULL ? s->uses->start[v->id] : 0;
	*to = v != NULL ? s->uses->start[v->id + 1] : 0;
	if (*to - *from > READERS)
		*to = *from;
}

/* Free items of side s akin to x among those that compute on item p, past what only moves
 * data. */
static void
find_behind(const struct side *s, uint32_t p, const struct item *x, unsigned hops,
	struct found *f)
{
	const struct node *n = s->items[p].n;

	for (uint32_t o = 0; o < n->nout; o++) {
		uint32_t from, to;

		readers_of(s, n->out[o], &from, &to);
		for (uint32_t u = from; u < to; u++) {
			uint32_t r = s->readers[u];

			if (r == ALIGN_NONE || r == f->item || f->seen++ > SEEN)
				continue;
			if (kin_layout(&s->items[r])) {
				if (hops > 0)
					find_behind(s, r, x, hops - 1, f);
			} else if (item_free(&s->items[r]) &&
			    kin_ops(x, &s->items[r]) >= KIN_BECOMES) {
				f->item = r;
				f->n++;
			}
		}
	}
}

/* The one free item that computes on the counterpart of what x computes on. */
static uint32_t
moved_past(const struct aligner *al, uint32_t i)
{
	enum { PAST = 4 };
	const struct side *a = &al->side[0], *b = &al->side[1];
	uint32_t p = computed_by(a, &a->items[i]), q;
	struct found f = { .item = ALIGN_NONE }, back = f;

	if (p == ALIGN_NONE || (q = a->items[p].pair) == ALIGN_NONE)
		return ALIGN_NONE;
	find_behind(b, q, &a->items[i], PAST, &f);
	if (f.n != 1)
		return ALIGN_NONE;
	find_behind(a, p, &b->items[f.item], PAST, &back);
	return back.n == 1 && back.item == i ? f.item : ALIGN_NONE;
}

/* Is it passed on the way to a reader: what only moves data, and what scales or shifts by
 * weights, which goes with the node it stands behind? */
static bool
is_passed(const struct item *x)
{
	return kin_layout(x) || x->idle || parts_is_affine(x);
}

/* The paired item that reads item i, past free ones. */
static uint32_t
read_by(const struct side *s, uint32_t i, unsigned hops)
{
	const struct node *n = s->items[i].n;

	for (uint32_t o = 0; o < n->nout; o++) {
		uint32_t from, to;

		readers_of(s, n->out[o], &from, &to);
		for (uint32_t u = from; u < to; u++) {
			uint32_t r = s->readers[u];

			if (r != ALIGN_NONE && s->items[r].pair != ALIGN_NONE)
				return r;
			if (r != ALIGN_NONE && hops > 0 && is_passed(&s->items[r]) &&
			    (r = read_by(s, r, hops - 1)) != ALIGN_NONE)
				return r;
		}
	}
	return ALIGN_NONE;
}

/* The last of the free items that stand between the counterparts of what x works on and
 * of what reads it. */
static uint32_t
stands_between(const struct aligner *al, uint32_t i)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	const struct item *x = &a->items[i], *y;
	uint32_t p = works_on(a, x, false), r = read_by(a, i, PASSED), found = ALIGN_NONE;

	if (p == ALIGN_NONE || r == ALIGN_NONE)
		return ALIGN_NONE;
	y = &b->items[a->items[r].pair];
	for (uint32_t o = 0; o < y->n->nin; o++) {
		uint32_t at = item_producer(b, y, o);

		for (unsigned hops = 0; at != ALIGN_NONE && item_free(&b->items[at]) &&
		    kin_layout(&b->items[at]); hops++)
			at = hops < HOPS ? item_source(b, &b->items[at]) : ALIGN_NONE;
		if (at == ALIGN_NONE || at == found || !item_free(&b->items[at]) ||
		    (kin_shape(x, &b->items[at]) <= 0 && !kin_recut(x, &b->items[at])) ||
		    works_on(b, &b->items[at], true) != a->items[p].pair)
			continue;
		if (found != ALIGN_NONE)
			return ALIGN_NONE;
		found = at;
	}
	return found;
}

typedef uint32_t find_fn(const struct aligner *, uint32_t);

static void
pair_found(struct aligner *al, find_fn *find, unsigned evidence)
{
	const struct side *a = &al->side[0];

	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t y = item_free(&a->items[i]) && !kin_layout(&a->items[i]) ?
		    find(al, i) : ALIGN_NONE;

		if (y == ALIGN_NONE)
			continue;
		pair_items(al, i, y, evidence);
		a->items[i].dense = ALL;
	}
}

void
bridge_all(struct aligner *al)
{
	pair_found(al, moved_past, ALIGN_BY_FLOW);
	pair_found(al, stands_between, ALIGN_BY_FLOW | ALIGN_BY_ORDER);
}
