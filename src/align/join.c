/* SPDX-License-Identifier: Apache-2.0 */
/* What one side does in several nodes: an item without a pair joins the group of
 * a neighbour it belongs to. An item that has a pair is the chief of its group. */
#include "align/state.h"

/* Items that may have been taken up one behind the other. */
enum { CHAIN = 6 };

static struct item *
chief(const struct side *s, uint32_t i)
{
	while (s->items[i].chief != i)
		i = s->items[i].chief;
	return &s->items[i];
}

static bool
is_free(const struct item *x, uint32_t i)
{
	return x->pair == ALIGN_NONE && x->chief == i;
}

/* Does x of side k belong to what the chief's counterpart is there for? */
static bool
belongs(const struct aligner *al, unsigned k, const struct item *x, const struct item *head)
{
	uint64_t scope, other;

	if (head->pair == ALIGN_NONE || !kin_part(&al->side[1 - k].items[head->pair], x))
		return false;
	scope = item_scope(x);
	other = item_scope(head);
	return scope == 0 || other == 0 || scope == other;
}

/* The same, surely. */
static bool
is_part(const struct aligner *al, unsigned k, const struct item *x, const struct item *head)
{
	return head->pair != ALIGN_NONE && !kin_layout(x) &&
	    (x->scope == 0 || head->scope == 0 || x->scope == head->scope) &&
	    parts_has(x, &al->side[1 - k].items[head->pair]);
}

typedef bool accept_fn(const struct aligner *, unsigned side, const struct item *,
	const struct item *head);

static bool
any_pair(const struct aligner *al, unsigned k, const struct item *x, const struct item *head)
{
	(void)al;
	(void)k;
	(void)x;
	return head->pair != ALIGN_NONE;
}

static bool
anybody(const struct aligner *al, unsigned k, const struct item *x, const struct item *head)
{
	(void)al;
	(void)k;
	(void)x;
	(void)head;
	return true;
}

/* The first reader whose group takes item x; of item i, which is x or what free items
 * that only move data lead to from it. ALIGN_NONE: none does. */
static uint32_t
reader_for(const struct aligner *al, unsigned k, const struct item *for_, uint32_t i,
	accept_fn *accept, unsigned hops)
{
	const struct side *s = &al->side[k];
	const struct item *x = &s->items[i];
	uint32_t first = ALIGN_NONE;

	for (uint32_t o = 0; o < x->n->nout; o++) {
		const struct value *v = x->n->out[o];

		for (uint32_t u = v == NULL ? 0 : s->uses->start[v->id];
		    v != NULL && u < s->uses->start[v->id + 1]; u++) {
			uint32_t r = s->readers[u];

			if (r == ALIGN_NONE || r == i || r >= first)
				continue;
			if (accept(al, k, for_, chief(s, r)))
				first = r;
			else if (hops > 0 && is_free(&s->items[r], r) && kin_layout(&s->items[r]) &&
			    reader_for(al, k, for_, r, accept, hops - 1) != ALIGN_NONE)
				first = reader_for(al, k, for_, r, accept, hops - 1);
		}
	}
	return first;
}

static uint32_t
find_reader(const struct aligner *al, unsigned k, uint32_t i, accept_fn *accept)
{
	return reader_for(al, k, &al->side[k].items[i], i, accept, accept == belongs ? 2 : 0);
}

/* The last producer whose group takes item i. */
static uint32_t
find_producer(const struct aligner *al, unsigned k, uint32_t i, accept_fn *accept)
{
	const struct side *s = &al->side[k];
	const struct item *x = &s->items[i];
	uint32_t last = ALIGN_NONE;

	for (uint32_t o = 0; o < x->n->nin; o++) {
		uint32_t p = item_producer(s, x, o);

		if (p != ALIGN_NONE && p != i && (last == ALIGN_NONE || p > last) &&
		    accept(al, k, x, chief(s, p)))
			last = p;
	}
	return last;
}

/* Is x, beyond doubt, what the counterpart of the chief is written with: of a table of the
 * converter's own, or a scale that goes into its weights, for nobody else reads the result? */
static bool
is_named_part(const struct aligner *al, unsigned k, const struct item *x, uint32_t chief)
{
	const struct item *to = &al->side[1 - k].items[al->side[k].items[chief].pair];

	return kin_made_of(to, x) || (kin_takes_scale(to) && parts_is_affine(x) &&
	    item_source(&al->side[k], x) != ALIGN_NONE && item_reader(&al->side[k],
	    &al->side[k].items[item_source(&al->side[k], x)]) == al->side[k].of[x->n->id]);
}

/* Join the nearer group of the two: operations that stand for one node are
 * written together. */
static bool
join_nearest(struct aligner *al, unsigned k, uint32_t i, accept_fn *accept)
{
	struct side *s = &al->side[k];
	uint32_t r = find_reader(al, k, i, accept), p = find_producer(al, k, i, accept);

	if (r == ALIGN_NONE && p == ALIGN_NONE)
		return false;
	if (r == ALIGN_NONE || (p != ALIGN_NONE && i - p < r - i))
		r = p;
	else if (p != ALIGN_NONE && accept == is_part &&
	    is_named_part(al, k, &s->items[i], s->items[p].chief) &&
	    !is_named_part(al, k, &s->items[i], s->items[r].chief))
		r = p;
	s->items[i].chief = s->items[r].chief;
	return true;
}

/* Does a member of the group of y, an item of side k, read a result of item q? */
static bool
group_reads(const struct side *s, uint32_t y, uint32_t q)
{
	const struct node *n = s->items[q].n;

	for (uint32_t o = 0; o < n->nout; o++) {
		const struct value *v = n->out[o];

		for (uint32_t u = v == NULL ? 0 : s->uses->start[v->id];
		    v != NULL && u < s->uses->start[v->id + 1]; u++)
			if (s->readers[u] != ALIGN_NONE && s->items[s->readers[u]].chief == y)
				return true;
	}
	return false;
}

/* Is it an input of the model, or one whose type is changed? */
static bool
is_input(const struct side *s, const struct value *v)
{
	uint32_t p = v != NULL && v->producer != NULL ? s->of[v->producer->id] : ALIGN_NONE;

	if (p != ALIGN_NONE && s->items[p].sem == SEM_CAST && item_main(&s->items[p]) != ALIGN_NONE)
		v = s->items[p].n->in[item_main(&s->items[p])];
	return v != NULL && v->flags & VALUE_INPUT;
}

/* Does the group of y, an item of side k, read what stands for item p of the other
 * side straight away; p ALIGN_NONE: an input, as v is one? */
static bool
reads_alike(const struct aligner *al, unsigned k, uint32_t p, const struct value *v, uint32_t y)
{
	const struct side *s = &al->side[1 - k], *other = &al->side[k];
	const struct node *n = other->items[y].n;

	if (p != ALIGN_NONE)
		return group_reads(other, y, chief(s, p)->pair);
	for (uint32_t o = 0; v != NULL && (v->flags & VALUE_INPUT) && o < n->nin; o++)
		if (is_input(other, n->in[o]))
			return true;
	return false;
}

static bool
has_weight(const struct item *x)
{
	for (uint32_t i = 0; i < x->n->nin; i++)
		if (x->n->in[i] != NULL && x->n->in[i]->constant != NULL)
			return true;
	return false;
}

/* What free items lead to x from: the item that has a pair, or ALIGN_NONE, and the
 * first operand behind it. */
static uint32_t
paired_before(const struct side *s, const struct item *x, const struct value **v)
{
	uint32_t p = ALIGN_NONE;

	for (unsigned hops = 0; hops < CHAIN; hops++) {
		*v = item_main(x) != ALIGN_NONE ? x->n->in[item_main(x)] : NULL;
		p = item_source(s, x);
		if (p == ALIGN_NONE || chief(s, p)->pair != ALIGN_NONE)
			return p;
		x = &s->items[p];
	}
	*v = NULL;
	return ALIGN_NONE;
}

/* The item that has a pair and that free ones lead to from item i; or ALIGN_NONE. */
static uint32_t
paired_behind(const struct aligner *al, unsigned k, uint32_t i)
{
	for (unsigned hops = 0; hops < CHAIN && i != ALIGN_NONE; hops++) {
		uint32_t r = find_reader(al, k, i, any_pair);

		if (r != ALIGN_NONE)
			return r;
		i = find_reader(al, k, i, anybody);
	}
	return ALIGN_NONE;
}

/* Between what made its operand and its reader, whose counterpart took one of them up: was
 * it the reader? When it is the end of what is one node there, or that one is akin to x, as
 * a convolution is to itself and to a scale behind it; but a scale behind a convolution of
 * its own goes with that. */
static bool
taken_by_reader(const struct item *x, const struct item *made, const struct item *reader,
	const struct item *to)
{
	if (kin_ends(reader, to) && x->sem != SEM_BATCH_NORM)
		return true;
	if (kin_takes_scale(made) && has_weight(x))
		return false;
	return kin_ops(x, to) > 0 || (kin_is_scale(x) && kin_takes_scale(to));
}

/* x was taken up by a neighbour's counterpart: that of a reader reads straight away
 * what stands for the operand, other such items between. */
static bool
join_absorbed(struct aligner *al, unsigned k, uint32_t i)
{
	struct side *s = &al->side[k], *other = &al->side[1 - k];
	struct item *x = &s->items[i];
	uint32_t r = kin_layout(x) ? ALIGN_NONE : paired_behind(al, k, i), p;
	const struct value *v;
	const struct item *to;

	if (r == ALIGN_NONE)
		return false;
	to = &other->items[chief(s, r)->pair];
	p = paired_before(s, x, &v);
	if (!reads_alike(al, 1 - k, p, v, chief(s, r)->pair))
		return false;
	if (p == ALIGN_NONE || taken_by_reader(x, chief(s, p), chief(s, r), to))
		x->chief = s->items[r].chief;
	else
		x->chief = s->items[p].chief;
	return true;
}

/* A slice beside others of the same, one of which stands for a split of it. */
static bool
join_sibling(struct aligner *al, unsigned k, uint32_t i)
{
	enum { MANY = 32 };
	struct side *s = &al->side[k];
	struct item *x = &s->items[i];
	uint32_t on = x->sem == SEM_SLICE || x->sem == SEM_GATHER ? item_main(x) : ALIGN_NONE;
	const struct value *v = on != ALIGN_NONE ? x->n->in[on] : NULL;
	uint32_t from = v != NULL ? s->uses->start[v->id] : 0;
	uint32_t to = v != NULL ? s->uses->start[v->id + 1] : 0;

	for (uint32_t u = from; u < to && to - from <= MANY; u++) {
		uint32_t r = s->readers[u], pair;

		if (r == ALIGN_NONE || r == i || s->items[r].sem != x->sem)
			continue;
		pair = chief(s, r)->pair;
		if (pair == ALIGN_NONE || al->side[1 - k].items[pair].sem != SEM_SPLIT)
			continue;
		x->chief = s->items[r].chief;
		return true;
	}
	return false;
}

/* By the name of a result that an item of the other side has. */
static bool
join_result(struct aligner *al, unsigned k, uint32_t i)
{
	struct item *x = &al->side[k].items[i];
	uint32_t to = x->with;

	if (to == ALIGN_NONE || chief(&al->side[1 - k], to)->pair == ALIGN_NONE)
		return false;
	x->chief = chief(&al->side[1 - k], to)->pair;
	return true;
}

/* What is in a node that holds others goes with it. */
static void
join_held(struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct item *x = &s->items[i];
		const struct node *holder = x->n->graph->parent;
		uint32_t to = holder != NULL ? s->of[holder->id] : ALIGN_NONE;

		if (x->apart && is_free(x, i) && to != ALIGN_NONE)
			x->chief = s->items[to].chief;
	}
}

/* A transposition that no node needs for itself was moved there by a pass: from what makes
 * its operand. */
static void
join_source(struct side *s, uint32_t i)
{
	uint32_t to = item_source(s, &s->items[i]);

	if (to != ALIGN_NONE && chief(s, to)->pair != ALIGN_NONE)
		s->items[i].chief = s->items[to].chief;
}

/* What turns the axes behind the last step of what takes such turns belongs to that. */
static void
join_turns(struct aligner *al, unsigned k)
{
	struct side *s = &al->side[k];

	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t p = item_source(s, &s->items[i]), pair;

		if (!is_free(&s->items[i], i) || p == ALIGN_NONE || (s->items[i].sem !=
		    SEM_TRANSPOSE && s->items[i].sem != SEM_RESHAPE))
			continue;
		pair = chief(s, p)->pair;
		if (pair != ALIGN_NONE && kin_turns(&al->side[1 - k].items[pair]))
			s->items[i].chief = s->items[p].chief;
	}
}

/* Those that were joined before their chief was are of its group. */
static void
settle_chiefs(struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		s->items[i].chief = (uint32_t)(chief(s, i) - s->items);
}

/* Casts are put before the first reader. */
static void
join_cast(struct aligner *al, unsigned k, uint32_t i)
{
	struct side *s = &al->side[k];
	uint32_t r = find_reader(al, k, i, any_pair);

	if (r == ALIGN_NONE)
		r = find_producer(al, k, i, any_pair);
	if (r != ALIGN_NONE)
		s->items[i].chief = s->items[r].chief;
}

/* A state is read and written for the node that changes it: the one that makes what
 * is written. */
static void
join_state(struct aligner *al, unsigned k, uint32_t i)
{
	struct side *s = &al->side[k];
	uint32_t on = item_main(&s->items[i]);
	const struct value *v = on != ALIGN_NONE ? s->items[i].n->in[on] : NULL;

	for (uint32_t u = v == NULL ? 0 : s->uses->start[v->id];
	    v != NULL && u < s->uses->start[v->id + 1]; u++) {
		uint32_t w = s->readers[u], p;

		for (uint32_t o = 0; w != ALIGN_NONE && o < s->items[w].n->nin; o++) {
			p = item_producer(s, &s->items[w], o);
			if (p == ALIGN_NONE || chief(s, p)->pair == ALIGN_NONE)
				continue;
			s->items[i].chief = s->items[p].chief;
			return;
		}
	}
}

/* The program may drop or merge what its source has; what it has beyond that was
 * made of something. */
static bool
join_any(struct aligner *al, unsigned k, uint32_t i)
{
	if (join_result(al, k, i) || join_sibling(al, k, i) || join_nearest(al, k, i, is_part))
		return true;
	if (k == 0)
		return join_absorbed(al, k, i) || join_nearest(al, k, i, belongs);
	return join_nearest(al, k, i, belongs) || join_absorbed(al, k, i);
}

static void
join_free(struct aligner *al, unsigned k)
{
	for (uint32_t i = 0; i < al->side[k].n; i++)
		if (is_free(&al->side[k].items[i], i))
			join_any(al, k, i);
}

static void
join_side(struct aligner *al, unsigned k)
{
	struct side *s = &al->side[k];

	for (uint32_t i = s->n; i-- > 0;) {
		if (!is_free(&s->items[i], i))
			continue;
		if (s->items[i].sem == SEM_CAST && k == 1)
			join_cast(al, k, i);
		else
			join_any(al, k, i);
	}
	join_free(al, k);
	for (uint32_t i = 0; i < s->n; i++) {
		struct item *x = &s->items[i];

		if (x->sem == SEM_STATE && x->pair == ALIGN_NONE)
			join_state(al, k, i);
		if (x->apart && is_free(x, i) && x->sem != SEM_CAST)
			join_source(s, i);
		if (!is_free(x, i))
			continue;
		if (kin_layout(x) && (k == 1 || x->sem == SEM_SEQUENCE))
			join_nearest(al, k, i, any_pair);
	}
	join_free(al, k); /* behind casts and the like that were joined meanwhile */
}

void
join_all(struct aligner *al)
{
	if (al->same_format)
		return;
	for (unsigned k = 2; k-- > 0;) {
		twin_join(al, k);
		join_turns(al, k);
		join_held(&al->side[k]);
		join_side(al, k);
		settle_chiefs(&al->side[k]);
	}
}
