/* SPDX-License-Identifier: Apache-2.0 */
/* Groups in the order of a reading of both sides, what is different in each, and
 * how sure that is. */
#include <string.h>

#include "align/state.h"

static const char *const verdict_names[] = {
	"same", "modified", "added", "removed", "layout", "unknown"
};
static const char *const change_names[] = {
	"op", "attributes", "dtype", "dims", "weights", "operands", "moved",
	"several", "output", "results", "compressed"
};
/* What each kind of evidence is worth, in the order of its bits: alone, and on
 * top of another. Measured: tests/truth/align.py prints how many of each class are right. */
static const struct { const char *name; unsigned alone, more; } evidence[] = {
	{ "name", 86, 8 }, { "weight", 78, 5 }, { "content", 90, 5 }, { "structure", 97, 2 },
	{ "scope", 40, 12 }, { "shape", 30, 14 }, { "order", 52, 0 }, { "flow", 40, 12 },
	{ "map", 100, 1 }, { "neighbours", 85, 4 }, { "computed", 97, 2 }
};
enum { THIN = 50, SURE = 70, MOST = 99, KNOWN = 100 };
/* Between formats: a name that nothing else speaks for, of a result or a weight. */
enum { NAMED = 64 };
/* What is left of pairs by order, of 100, where next to nothing else could be paired. */
enum { CHANCE = 55 };

const char *
align_verdict_name(enum align_verdict v)
{
	return verdict_names[v];
}

const char *
align_evidence_name(unsigned i)
{
	return evidence[i].name;
}

const char *
align_change_name(unsigned i)
{
	return change_names[i];
}

static unsigned
confidence(unsigned bits, unsigned dense, bool named)
{
	unsigned best = 0, sum;

	if (bits & ALIGN_BY_MAP)
		return KNOWN;
	for (unsigned i = 1; bits >> i != 0; i++)
		if (bits & 1u << i && (!(bits & 1u << best) ||
		    evidence[i].alone > evidence[best].alone))
			best = i;
	if (!named && bits == 1u << best && bits & (ALIGN_BY_NAME | ALIGN_BY_WEIGHT))
		return NAMED;
	sum = evidence[best].alone;
	for (unsigned i = 0; bits >> i != 0; i++)
		if (i != best && bits & 1u << i)
			sum += evidence[i].more;
	if (1u << best == ALIGN_BY_ORDER)
		sum = sum * (CHANCE * 100 + (100 - CHANCE) * dense) / 10000;
	return sum < MOST ? sum : MOST;
}

/* Do operands of both come from counterparts? */
static bool
flows(const struct aligner *al, const struct item *x, const struct item *y)
{
	const struct side *a = &al->side[0], *b = &al->side[1];

	for (uint32_t i = 0; i < x->n->nin; i++) {
		uint32_t p = item_producer(a, x, i);

		for (uint32_t k = 0; p != ALIGN_NONE && k < y->n->nin; k++) {
			uint32_t q = item_producer(b, y, k);

			if (q != ALIGN_NONE && a->items[a->items[p].chief].pair ==
			    b->items[q].chief)
				return true;
		}
	}
	return false;
}

struct writer {
	struct aligner *al;
	struct align *out;
	uint32_t *members[2];    /* by item: next item of its group, chief first */
	bool *done[2];
	const struct node **nodes[2]; /* room for those of the groups to come */
	struct { unsigned bits, dense, is; } sure; /* of the last pair: most are alike */
	uint32_t needless;       /* groups that are there on one side alone, without effect */
};

/* Items of a group are found through lists: next[chief] is the first one that
 * joined, and so on. */
static uint32_t *
member_lists(struct aligner *al, const struct side *s)
{
	uint32_t *next = arena_array(al->arena, s->n, sizeof *next);

	memset(next, 0xff, s->n * sizeof *next);
	for (uint32_t i = s->n; i-- > 0;) {
		uint32_t c = s->items[i].chief;

		if (c == i)
			continue;
		next[i] = next[c];
		next[c] = i;
	}
	return next;
}

/* Does another member of the group read a result of item i? */
static bool
read_within(const struct writer *w, unsigned k, uint32_t chief, uint32_t i)
{
	const struct side *s = &w->al->side[k];
	const struct node *n = s->items[i].n;

	for (uint32_t o = 0; o < n->nout; o++) {
		const struct value *v = n->out[o];

		for (uint32_t u = v == NULL ? 0 : s->uses->start[v->id];
		    v != NULL && u < s->uses->start[v->id + 1]; u++) {
			uint32_t r = s->readers[u];

			if (r != ALIGN_NONE && r != i && s->items[r].chief == chief &&
			    !kin_layout(&s->items[r]))
				return true;
		}
	}
	return false;
}

/* The member whose result is that of the group: the chief, but of a convolution
 * that what follows was folded into the last one. */
static uint32_t
main_member(const struct writer *w, unsigned k, uint32_t chief)
{
	const struct side *s = &w->al->side[k];

	if (w->members[k][chief] == ALIGN_NONE || !kin_takes_scale(&s->items[chief]) ||
	    !read_within(w, k, chief, chief))
		return chief;
	for (uint32_t i = w->members[k][chief]; i != ALIGN_NONE; i = w->members[k][i])
		if (kin_is_scale(&s->items[i]) && !read_within(w, k, chief, i))
			return i;
	return chief;
}

static const struct node **
member_nodes(struct writer *w, unsigned k, uint32_t chief, uint32_t *n)
{
	const struct side *s = &w->al->side[k];
	uint32_t first = main_member(w, k, chief);
	const struct node **list = w->nodes[k];

	list[0] = s->items[first].n;
	*n = 1;
	for (uint32_t i = chief; i != ALIGN_NONE; i = w->members[k][i]) {
		if (i != first)
			list[(*n)++] = s->items[i].n;
		w->out->of[k][s->items[i].n->id] = w->out->ngroups;
		w->done[k][i] = true;
	}
	w->nodes[k] += *n;
	return list;
}

/* Arithmetic on one whole number or on a shape: a conversion computes it beforehand. */
static bool
measures(const struct item *x)
{
	const struct type *t = x->type;

	return t != NULL && dtype_class(t->dtype) == DC_INT && (t->tag == TY_SCALAR ||
	    (t->tag == TY_TENSOR && t->has_rank && t->rank <= 0));
}

/* Members beside the chiefs that do more than move or cast data. */
static bool
has_work(const struct writer *w, unsigned k, uint32_t chief)
{
	const struct side *s = &w->al->side[k];

	for (uint32_t i = w->members[k][chief]; i != ALIGN_NONE; i = w->members[k][i])
		if (!kin_layout(&s->items[i]) && !measures(&s->items[i]) && !s->items[i].twin)
			return true;
	return false;
}

static enum align_verdict
verdict_of(const struct writer *w, const struct align_group *g)
{
	unsigned ignored = ALIGN_COMPRESSED | (w->al->same_format ? 0 :
	    ALIGN_DTYPE | ALIGN_MOVED | ALIGN_SEVERAL);

	if (g->confidence < THIN)
		return ALIGN_UNKNOWN;
	return g->changes & ~ignored ? ALIGN_MODIFIED : ALIGN_SAME;
}

/* Weights that are stored in fewer bits. */
static void
note_lost(struct writer *w, struct align_group *g)
{
	g->changes |= ALIGN_COMPRESSED;
	w->out->compressed++;
	if (w->al->lost > w->out->lost)
		w->out->lost = w->al->lost;
}

static void
put_pair(struct writer *w, uint32_t i)
{
	struct aligner *al = w->al;
	struct item *x = &al->side[0].items[i], *y = &al->side[1].items[x->pair];
	struct align_group g = { .evidence = x->evidence };

	al->unread[0] = al->unread[1] = al->rough = false;
	al->lost = -1;
	if (flows(al, x, y))
		g.evidence |= ALIGN_BY_FLOW;
	g.a = member_nodes(w, 0, i, &g.na);
	g.b = member_nodes(w, 1, x->pair, &g.nb);
	if (has_work(w, 0, i) || has_work(w, 1, x->pair))
		g.changes = ALIGN_SEVERAL;
	g.changes = change_find(al, x, y, &g);
	if (!al->same_format && weights_differ(al, &g))
		g.changes |= ALIGN_WEIGHTS;
	if (al->lost >= 0 && !(g.changes & ALIGN_WEIGHTS))
		note_lost(w, &g);
	if (w->sure.bits != g.evidence || w->sure.dense != x->dense) {
		w->sure.is = confidence(g.evidence, x->dense, al->same_format);
		w->sure.bits = g.evidence;
		w->sure.dense = x->dense;
	}
	g.confidence = w->sure.is;
	if (!al->same_format && g.confidence < SURE && origins_agree(al, &g, x, y)) {
		g.evidence |= ALIGN_BY_FLOW;
		g.confidence = confidence(g.evidence, 100, false);
	}
	g.verdict = verdict_of(w, &g);
	if (g.verdict == ALIGN_SAME && (al->unread[0] || al->unread[1])) {
		g.verdict = ALIGN_UNKNOWN;
		g.what = "weights that cannot be read, and were not compared";
	}
	w->out->rough += al->rough;
	w->out->unread[0] += al->unread[0];
	w->out->unread[1] += al->unread[1];
	w->out->groups[w->out->ngroups++] = g;
}

/* Would the model give the same results without it? Only where both give as many. */
static bool
is_needless(const struct writer *w, unsigned k, const struct item *x)
{
	const struct side *s = &w->al->side[k];
	const struct graph *g = s->given->model->main, *h = w->al->side[1 - k].given->model->main;

	if (x->dead)
		return true;
	return kin_hands_on(x) && h != NULL && g->noutputs == h->noutputs &&
	    (item_source(s, x) != ALIGN_NONE || (x->n->out[0] != NULL &&
	    !(x->n->out[0]->flags & VALUE_OUTPUT)));
}

static void
put_single(struct writer *w, unsigned k, uint32_t i)
{
	const struct item *x = &w->al->side[k].items[i];
	struct align_group g = { .confidence = 100 };

	if (w->al->same_format)
		w->needless += is_needless(w, k, x);
	g.verdict = kin_layout(x) || x->dead || (!w->al->same_format && (measures(x) || x->fixed ||
	    x->idle)) ?
	    ALIGN_LAYOUT : k == 0 ? ALIGN_REMOVED : ALIGN_ADDED;
	if (k == 0)
		g.a = member_nodes(w, 0, i, &g.na);
	else
		g.b = member_nodes(w, 1, i, &g.nb);
	w->out->groups[w->out->ngroups++] = g;
}

/* Whatever the second side has before item to and was not put yet. */
static uint32_t
put_added(struct writer *w, uint32_t from, uint32_t to)
{
	const struct side *b = &w->al->side[1];

	for (; from < to; from++) {
		const struct item *y = &b->items[from];

		if (!w->done[1][from] && y->chief == from && y->pair == ALIGN_NONE)
			put_single(w, 1, from);
	}
	return from;
}

static size_t
count_groups(const struct aligner *al)
{
	size_t n = 0;

	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 0; i < al->side[k].n; i++) {
			const struct item *x = &al->side[k].items[i];

			n += x->chief == i && (k == 0 || x->pair == ALIGN_NONE);
		}
	return n;
}

/* Layers of a compiled network are its compiler's own: names and weights speak for them. */
static bool
is_compiled(const struct aligner *al)
{
	return al->side[0].given->model->dialect == DIALECT_NN &&
	    al->side[1].given->model->dialect == DIALECT_NN;
}

/* What could not be computed is the same where nothing of it is left that was not compared;
 * what could be is, for thin reasons too. */
static void
weigh_computed(struct writer *w)
{
	for (uint32_t i = 0; i < w->out->ngroups; i++) {
		struct align_group *g = &w->out->groups[i];
		bool computed = g->evidence & ALIGN_COMPUTED;
		const char *why;

		if (computed)
			g->confidence = confidence(g->evidence, 100, false);
		if (computed && g->verdict == ALIGN_UNKNOWN && g->what == NULL)
			g->verdict = verdict_of(w, g);
		if (g->verdict != ALIGN_SAME || computed || is_compiled(w->al) ||
		    settled(w->al, g, &why))
			continue;
		g->verdict = ALIGN_UNKNOWN;
		g->what = why == NULL ? "not computed, and not compared in all it does" :
		    arena_printf(w->al->result, "not computed, and %s", why);
	}
}

struct align *
verdict_groups(struct aligner *al)
{
	struct side *a = &al->side[0], *b = &al->side[1];
	struct align *out = arena_alloc(al->result, sizeof *out);
	struct writer w = { .al = al, .out = out, .sure = { .bits = ~0u } };
	uint32_t at = 0;

	for (unsigned k = 0; k < 2; k++) {
		const struct side *s = &al->side[k];
		uint32_t n = s->given->model->nnodes;

		out->of[k] = arena_array(al->result, n, sizeof *out->of[k]);
		memset(out->of[k], 0xff, n * sizeof *out->of[k]);
		out->nodes[k] = s->n;
		w.members[k] = member_lists(al, s);
		w.nodes[k] = arena_array(al->result, s->n, sizeof *w.nodes[k]);
		w.done[k] = arena_array(al->arena, s->n, sizeof *w.done[k]);
	}
	out->given = al->options->given != NULL;
	out->groups = arena_array(al->result, count_groups(al), sizeof *out->groups);
	for (uint32_t i = 0; i < a->n; i++) {
		const struct item *x = &a->items[i];

		if (x->chief != i)
			continue;
		if (x->pair == ALIGN_NONE) {
			put_single(&w, 0, i);
			continue;
		}
		if (!x->moved)
			at = put_added(&w, at, x->pair);
		put_pair(&w, i);
	}
	put_added(&w, at, b->n);
	probe_groups(al, out);
	if (!al->same_format) {
		weigh_computed(&w);
		outputs_compare(al, out);
	}
	for (uint32_t i = 0; i < out->ngroups; i++)
		out->counts[out->groups[i].verdict]++;
	out->sampled = al->sampled;
	out->differs = out->ngroups - out->counts[ALIGN_SAME] >
	    (al->same_format ? w.needless : out->counts[ALIGN_LAYOUT]);
	return out;
}
