/* SPDX-License-Identifier: Apache-2.0 */
/* Repeated blocks: sibling scopes, and runs of nodes in graphs that name no
 * scopes. Candidates come from hashes; twins_equal has the last word. */
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "ir/graph.h"
#include "layout/fold.h"
#include "layout/twins.h"

enum { RECENT = 8 }; /* different blocks remembered in one run of siblings */

static uint64_t
fingerprint(struct scope *c)
{
	uint64_t h = hash_pair(c->nnodes, c->nchildren);

	for (uint32_t i = 0; i < c->nnodes; i++)
		h = hash_pair(h, twins_node(c->nodes[i]));
	for (uint32_t i = 0; i < c->nchildren; i++)
		h = hash_pair(h, fingerprint(c->children[i]));
	return c->print = h;
}

static bool
digit(const char *s, const char *end)
{
	return s < end && *s >= '0' && *s <= '9';
}

/* Do the names differ in numbers only: layers.9 and layers.10? */
static bool
same_but_numbers(const struct scope *a, const struct scope *b)
{
	const char *s = a->name, *t = b->name, *se = s + a->nname, *te = t + b->nname;

	if (a->synthetic || b->synthetic)
		return false;
	while (s < se && t < te) {
		if (digit(s, se) != digit(t, te) || (!digit(s, se) && *s != *t))
			return false;
		if (!digit(s, se)) {
			s++;
			t++;
			continue;
		}
		while (digit(s, se))
			s++;
		while (digit(t, te))
			t++;
	}
	return s == se && t == te;
}

/* The blocks seen in this run of siblings, in a ring. */
struct recent {
	struct scope *list[RECENT];
	uint32_t n;
};

static void
match_sibling(const struct scopes *s, struct recent *r, struct scope *c)
{
	uint32_t n = r->n < RECENT ? r->n : RECENT;

	for (uint32_t i = 0; i < n; i++) {
		struct scope *d = r->list[(r->n - 1 - i) % RECENT];

		if (d->print == c->print && d->ntotal == c->ntotal &&
		    twins_equal(s, d->lo, c->lo, c->ntotal)) {
			c->same_as = d;
			d->repeat++;
			return;
		}
	}
	r->list[r->n++ % RECENT] = c;
}

static void
match_children(const struct scopes *s, struct scope *parent)
{
	struct recent r = { .n = 0 };

	for (uint32_t i = 0; i < parent->nchildren; i++) {
		struct scope *c = parent->children[i];

		if (i > 0 && !same_but_numbers(parent->children[i - 1], c))
			r.n = 0;
		match_sibling(s, &r, c);
	}
	for (uint32_t i = 0; i < parent->nchildren; i++)
		if (parent->children[i]->same_as == NULL)
			match_children(s, parent->children[i]);
}

void
scopes_repeats(struct scopes *s, struct arena *a)
{
	twins_prepare(s, a);
	fingerprint(s->root);
	match_children(s, s->root);
}

/* ---- groups of our own ---- */

static struct scope *
add_group(struct scopes *s, struct arena *a, struct scope *parent)
{
	struct scope *c = arena_alloc(a, sizeof *c);

	c->id = s->n;
	c->parent = parent;
	c->repeat = 1;
	c->synthetic = true;
	s->list = arena_grow(a, s->list, s->n, sizeof(struct scope *));
	s->list[s->n++] = c;
	return c;
}

static void
take_name(struct scope *c, const struct node *n)
{
	const struct str *name = n->name->len > 0 ? n->name : n->type;

	c->path = c->name = name->s;
	c->npath = c->nname = name->len;
}

static void
add_child(struct arena *a, struct scope *parent, struct scope *c)
{
	parent->children = arena_grow(a, parent->children, parent->nchildren,
	    sizeof(struct scope *));
	parent->children[parent->nchildren++] = c;
}

/* Move n nodes of parent, from i on, into a new child. The parent's list is
 * closed up later. */
static struct scope *
group_nodes(struct scopes *s, struct arena *a, struct scope *parent, uint32_t i, uint32_t n)
{
	struct scope *c = add_group(s, a, parent);

	c->nodes = parent->nodes + i;
	c->nnodes = c->ntotal = n;
	take_name(c, c->nodes[0]);
	for (uint32_t k = 0; k < n; k++)
		s->of[c->nodes[k]->index] = c;
	return c;
}

/* Sequences of nodes, with rolling sums so that any two stretches compare in
 * one step. */
struct runs {
	const struct scopes *s;
	const struct scope *in;
	uint64_t *sum, *power;   /* sum[i]: of the first i nodes */
	uint32_t *next;          /* where the window at i comes again; n: nowhere */
	uint32_t n, window;
	uint64_t budget;         /* nodes that may still be compared */
};

static uint64_t
stretch(const struct runs *r, uint32_t i, uint32_t n)
{
	return r->sum[i + n] - r->sum[i] * r->power[n];
}

static void
sum_up(struct runs *r, struct arena *a)
{
	r->sum = arena_array(a, (size_t)r->n + 1, sizeof *r->sum);
	r->power = arena_array(a, (size_t)r->n + 1, sizeof *r->power);
	r->power[0] = 1;
	for (uint32_t i = 0; i < r->n; i++) {
		r->sum[i + 1] = r->sum[i] * UINT64_C(0x9e3779b97f4a7c15) +
		    twins_node(r->in->nodes[i]);
		r->power[i + 1] = r->power[i] * UINT64_C(0x9e3779b97f4a7c15);
	}
}

/* From the back, the newest place of each window in a table. */
static void
link_windows(struct runs *r, struct arena *a)
{
	uint32_t mask = 63, i = r->n - r->window + 1, k;
	uint32_t *slot;

	while (mask < r->n * 2)
		mask = mask * 2 + 1;
	slot = arena_array(a, (size_t)mask + 1, sizeof *slot);
	r->next = arena_array(a, (size_t)r->n + 1, sizeof *r->next);
	memset(r->next, 0xff, ((size_t)r->n + 1) * sizeof *r->next);
	while (i-- > 0) {
		uint64_t h = stretch(r, i, r->window);

		k = (uint32_t)hash_mix(h) & mask;
		while (slot[k] != 0 && stretch(r, slot[k] - 1, r->window) != h)
			k = (k + 1) & mask;
		if (slot[k] != 0)
			r->next[i] = slot[k] - 1;
		slot[k] = i + 1;
	}
}

/* How many nodes from i on are the same as those from j on; i < j. */
static uint32_t
common(const struct runs *r, uint32_t i, uint32_t j)
{
	uint32_t lo = 0, hi = r->n - j, mid;

	while (lo < hi) {
		mid = lo + (hi - lo + 1) / 2;
		if (stretch(r, i, mid) == stretch(r, j, mid))
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

/* Blocks of period nodes from i on that are verified equal to the first. */
static uint32_t
verified(struct runs *r, uint32_t i, uint32_t period, uint32_t max)
{
	uint32_t lo = r->in->lo + i, k = 1;

	while (k < max && r->budget >= period &&
	    twins_equal(r->s, lo, lo + k * period, period)) {
		r->budget -= period;
		k++;
	}
	r->budget -= r->budget >= period ? period : r->budget;
	return k;
}

struct run { uint32_t start, period, times; };

/* The repetition that starts at i and covers most; times < 2: none. */
static struct run
best_run(struct runs *r, uint32_t i)
{
	struct run best = { i, 0, 1 };
	uint32_t j = r->next[i];

	for (int tries = 0; tries < RECENT && j != UINT32_MAX; tries++, j = r->next[j]) {
		uint32_t period = j - i, times = 1 + common(r, i, j) / period;

		if (times < 2 || times * period <= best.times * best.period)
			continue;
		times = verified(r, i, period, times);
		if (times >= 2 && times * period > best.times * best.period)
			best = (struct run){ i, period, times };
	}
	return best;
}

/* Makes the scopes of one run; the first stands for all. */
static void
group_run(struct scopes *s, struct arena *a, struct scope *in, const struct run *run)
{
	struct scope *first = NULL, *c;

	for (uint32_t k = 0; k < run->times; k++) {
		c = group_nodes(s, a, in, run->start + k * run->period, run->period);
		add_child(a, in, c);
		if (first == NULL)
			first = c;
		else
			c->same_as = first;
	}
	first->repeat = run->times;
}

/* Drop from the list the nodes that went into children. */
static void
close_up(struct scopes *s, struct arena *a, struct scope *in)
{
	struct node **old = in->nodes;
	uint32_t n = in->nnodes;

	in->nodes = arena_array(a, n, sizeof(struct node *));
	in->nnodes = 0;
	for (uint32_t i = 0; i < n; i++)
		if (s->of[old[i]->index] == in)
			in->nodes[in->nnodes++] = old[i];
}

uint32_t
scopes_find_runs(struct scopes *s, struct arena *a, struct scope *in, uint32_t window)
{
	struct runs r = { .s = s, .in = in, .n = in->nnodes, .window = window,
		.budget = (uint64_t)in->nnodes * 64 };
	struct run *list = NULL, run;
	uint32_t n = 0, i;

	if (r.n < 2 * window)
		return 0;
	sum_up(&r, a);
	link_windows(&r, a);
	for (i = 0; i + 2 * window <= r.n; i += run.times > 1 ? run.times * run.period : 1) {
		run = best_run(&r, i);
		if (run.times < 2)
			continue;
		list = arena_grow(a, list, n, sizeof *list);
		list[n++] = run;
	}
	for (i = 0; i < n; i++)
		group_run(s, a, in, &list[i]);
	if (n == 0)
		return 0;
	close_up(s, a, in);
	scopes_order(s);
	twins_prepare(s, a);
	return r.n - in->nnodes;
}

/* ---- cutting ---- */

static const struct scope *
next_shown(const struct scope *from, uint32_t *at)
{
	while (*at < from->nchildren && from->children[*at]->same_as != NULL)
		++*at;
	return *at < from->nchildren ? from->children[*at] : NULL;
}

/* Takes items from the two lists of parent in file order until the group
 * has n; at has the next node and child. */
static void
fill_group(struct scopes *s, struct arena *a, struct scope *group, uint32_t at[2], uint32_t n)
{
	struct scope *from = group->parent;

	for (; n > 0; n--) {
		const struct scope *c = next_shown(from, &at[1]);
		struct node *first = c != NULL ? s->order[c->lo] : NULL;
		bool node = at[0] < from->nnodes &&
		    (c == NULL || from->nodes[at[0]]->index < first->index);

		if (node)
			first = from->nodes[at[0]++];
		if (group->nname == 0)
			take_name(group, first);
		if (node) {
			group->nodes = arena_grow(a, group->nodes, group->nnodes,
			    sizeof(struct node *));
			group->nodes[group->nnodes++] = first;
			s->of[first->index] = group;
		} else {
			from->children[at[1]]->parent = group;
			add_child(a, group, from->children[at[1]++]);
		}
	}
}

/* Repetitions stay beside the scope that stands for them. */
static void
move_hidden(struct arena *a, const struct scope *from)
{
	for (uint32_t i = 0; i < from->nchildren; i++) {
		struct scope *c = from->children[i];

		if (c->same_as != NULL) {
			c->parent = c->same_as->parent;
			add_child(a, c->parent, c);
		}
	}
}

void
scopes_cut(struct scopes *s, struct arena *a, struct scope *in, uint32_t n)
{
	uint64_t items = in->nnodes;
	uint32_t at[2] = { 0, 0 };
	struct scope **groups;

	for (uint32_t i = 0; i < in->nchildren; i++)
		items += in->children[i]->same_as == NULL;
	if (n > items)
		n = (uint32_t)items;
	groups = arena_array(a, n, sizeof(struct scope *));
	for (uint32_t k = 0; k < n; k++) {
		groups[k] = add_group(s, a, in);
		fill_group(s, a, groups[k], at,
		    (uint32_t)(items * (k + 1) / n - items * k / n));
	}
	move_hidden(a, in);
	in->children = groups;
	in->nchildren = n;
	in->nnodes = 0;
	scopes_order(s);
	twins_prepare(s, a);
}
