/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: are the weights of two groups of counterparts the same numbers? Casts
 * round them, exporters transpose them, a normalisation behind a convolution is folded into
 * its weights, and those packed in fewer bits are near. */
#include <math.h>

#include "align/lossy.h"
#include "align/setting.h"
#include "base/ctx.h"
#include "ir/tensor.h"
#include "ops/packing.h"

/* Elements of a weight that says something, weights of a group, and elements of a filter up
 * to which it is folded. */
enum { LEAST = 4, MOST = 48, LARGE = 4 << 20 };
/* Elements looked at to find which weights of a group are for which. */
enum { ATTEMPTS = 64 << 20 };

struct list {
	const struct tensor *t[MOST];
	const struct node *by[MOST]; /* what unpacks it, or NULL */
	uint32_t n;
};

static bool
is_compared(const struct tensor *t)
{
	return t != NULL && dtype_class(t->dtype) == DC_FLOAT && t->numel >= LEAST &&
	    t->sparse == NULL && t->items == NULL && t->quant == NULL;
}

static void
list_weight(struct aligner *al, struct list *l, unsigned k, const struct tensor *t,
	const struct node *by)
{
	if (!is_compared(t) || l->n == MOST)
		return;
	if (t->flags & TENSOR_MISSING) {
		al->unread[k] = true;
		return;
	}
	l->by[l->n] = by;
	l->t[l->n++] = t;
}

/* The numbers of an operand, unpacked; NULL: it is no weight. */
static const struct tensor *
weight_of(struct aligner *al, const struct value *v)
{
	const struct tensor *t = wire_constant(v);

	return t == NULL && wire_unpacked_by(v) != NULL ? packing_tensor(v, al->arena) : t;
}

/* Weights of n nodes of side k; what computes weights beforehand has other numbers. Of several
 * nodes those that are a convolution, product or of the kind that is given: what others read may
 * have been made up. Layers of networks have them as parameters. */
static void
list_weights(struct aligner *al, struct list *l, unsigned k, const struct node **nodes,
	uint32_t n, bool products, enum sem kind)
{
	l->n = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct item *x = side_item(&al->side[k], nodes[i]);

		if (x->twin || (x->fixed && !kin_layout(x)) ||
		    (products && !kin_takes_scale(x) && x->sem != kind))
			continue;
		for (uint32_t o = 0; o < nodes[i]->nin; o++) {
			const struct value *v = nodes[i]->in[o];
			const struct node *by = wire_constant(v) == NULL ? wire_unpacked_by(v) :
			    NULL;

			list_weight(al, l, k, weight_of(al, v), by);
		}
		for (uint32_t a = 0; x->dialect == DIALECT_NN && a < nodes[i]->nattrs; a++)
			if (nodes[i]->attrs[a].kind == ATTR_TENSOR)
				list_weight(al, l, k, nodes[i]->attrs[a].v.t, NULL);
	}
}

static bool
scales(const struct item *x)
{
	return kin_is_scale(x) && x->sem != SEM_ADD && x->sem != SEM_SUB;
}

static bool
has_bias(const struct node *n)
{
	uint32_t weights = 0;

	for (uint32_t i = 0; i < n->nin; i++)
		weights += wire_is_weight(n->in[i]) && wire_constant(n->in[i]) != NULL &&
		    is_compared(wire_constant(n->in[i]));
	return weights > 1;
}

/* Does a scale that has no counterpart read a result of the node? */
static bool
scaled_behind(const struct side *s, const struct node *n)
{
	for (uint32_t o = 0; o < n->nout; o++) {
		const struct value *v = n->out[o];

		for (uint32_t u = v == NULL ? 0 : s->uses->start[v->id];
		    v != NULL && u < s->uses->start[v->id + 1]; u++) {
			uint32_t r = s->readers[u];

			if (r != ALIGN_NONE && s->items[r].pair == ALIGN_NONE &&
			    (s->items[r].chief == r || s->items[r].sem == SEM_BATCH_NORM) &&
			    scales(&s->items[r]))
				return true;
		}
	}
	return false;
}

/* What is folded into the weights of a product: what scales all of them, of filters or by a
 * normalisation, in its group or behind it, or adds to its bias alone. */
enum folded { FOLDED_NOTHING, FOLDED_BIAS, FOLDED_ALL };

static enum folded
find_folded(const struct aligner *al, const struct align_group *g)
{
	const struct side *s = &al->side[0];
	bool takes = false, bias = false, adds = false, filters = false;

	for (uint32_t i = 0; i < g->na; i++)
		filters = filters || sem_family(side_item(s, g->a[i])->sem) == FAM_CONV;

	for (uint32_t i = 0; i < g->na; i++) {
		const struct item *x = side_item(s, g->a[i]);

		if (g->na > 1 && scales(x) && (filters || x->sem == SEM_BATCH_NORM))
			return FOLDED_ALL;
		takes = takes || kin_takes_scale(x);
		bias = bias || (kin_takes_scale(x) && has_bias(x->n));
		adds = adds || kin_is_scale(x);
	}
	if (takes && scaled_behind(s, g->a[0]))
		return FOLDED_ALL;
	return bias && adds ? FOLDED_BIAS : FOLDED_NOTHING;
}

static bool
matches(struct aligner *al, const struct list *a, uint32_t k, const struct list *b, uint32_t i,
	bool folded)
{
	const struct tensor *t = a->t[k], *u = b->t[i];

	if (folded && (a->by[k] != NULL || b->by[i] != NULL))
		return near_scaled(al, t, u, true);
	if (a->by[k] != NULL || b->by[i] != NULL)
		return lossy_same(al, t, a->by[k], u, b->by[i], NULL);
	if (t->dtype == u->dtype && content_equal(al, t, u))
		return true;
	if (t->dtype != u->dtype && dtype_bits(t->dtype) >= 16 &&
	    dtype_bits(u->dtype) >= 16 && content_rounded(al, t, u))
		return true;
	return folded ? near_scaled(al, t, u, false) : near_values(al, t, u);
}

/* Numbers of operand i of a normalisation, n of them; NULL: they are not constant. none: what
 * stands for it when it is left out. */
static const double *
norm_numbers(struct aligner *al, struct arena *arena, const struct node *n, uint32_t i,
	uint64_t *size, double none)
{
	const struct tensor *t = i < n->nin ? wire_constant(n->in[i]) : NULL;
	double *same;

	if (t != NULL && is_compared(t) && !(t->flags & TENSOR_MISSING)) {
		if (*size == 0 && t->numel <= LARGE)
			*size = t->numel;
		return *size == t->numel ? near_numbers(al, 0, arena, t) : NULL;
	}
	if (*size == 0 || (t != NULL && t->dtype != DT_NONE) ||
	    (t == NULL && i < n->nin && n->in[i] != NULL))
		return NULL;
	same = arena_array(arena, *size, sizeof *same);
	for (uint64_t c = 0; c < *size; c++)
		same[c] = none;
	return same;
}

/* Of a group that is one convolution or product with its weights' channels in front, and one
 * normalisation by constants behind it. */
static bool
find_fold(struct aligner *al, struct arena *arena, const struct align_group *g, struct folding *f)
{
	const struct side *s = &al->side[0];
	const double *mean, *var, *gamma, *beta;
	const struct item *norm = NULL;
	uint32_t scaling = 0;
	double eps;

	for (uint32_t i = 0; i < g->na; i++) {
		const struct item *x = side_item(s, g->a[i]);

		scaling += kin_is_scale(x) && !kin_layout(x);
		norm = x->sem == SEM_BATCH_NORM ? x : norm;
		if (kin_takes_scale(x) && x->sem != SEM_CONV)
			return false;
	}
	if (norm == NULL || scaling != 1 || norm->n->nin < 5 ||
	    !setting_number(&eps, al, s, norm->n, "eps epsilon", 1e-5))
		return false;
	f->n = 0;
	mean = norm_numbers(al, arena, norm->n, 3, &f->n, 0);
	var = norm_numbers(al, arena, norm->n, 4, &f->n, 1);
	gamma = norm_numbers(al, arena, norm->n, 1, &f->n, 1);
	beta = norm_numbers(al, arena, norm->n, 2, &f->n, 0);
	if (mean == NULL || var == NULL || gamma == NULL || beta == NULL)
		return false;
	f->scale = arena_array(arena, f->n, sizeof *f->scale);
	f->shift = arena_array(arena, f->n, sizeof *f->shift);
	for (uint64_t c = 0; c < f->n; c++) {
		f->scale[c] = gamma[c] / sqrt(var[c] + eps);
		f->shift[c] = beta[c] - mean[c] * f->scale[c];
	}
	return true;
}

/* The convolution's filter and bias on either side; bias NULL: it has none. */
static bool
filter_of(struct aligner *al, unsigned k, const struct align_group *g,
	const struct tensor **filter, const struct tensor **bias, const struct node **by)
{
	const struct node **list = k == 0 ? g->a : g->b;
	const struct side *s = &al->side[k];
	uint32_t n = k == 0 ? g->na : g->nb, found = 0;

	*filter = *bias = NULL;
	*by = NULL;
	for (uint32_t i = 0; i < n; i++) {
		if (side_item(s, list[i])->sem != SEM_CONV)
			continue;
		found++;
		for (uint32_t o = 0; o < list[i]->nin; o++) {
			const struct value *v = list[i]->in[o];
			const struct tensor *t = weight_of(al, v);

			if (t == NULL || !is_compared(t) || t->flags & TENSOR_MISSING)
				continue;
			*(t->rank > 1 ? filter : bias) = t;
			if (t->rank > 1 && wire_constant(v) == NULL)
				*by = wire_unpacked_by(v);
		}
	}
	return found == 1 && *filter != NULL;
}

/* Is what the other side has what folding makes of both? 1: no, 0: yes, -1: not known. */
static int
folds_differ(struct aligner *al, const struct align_group *g)
{
	const struct tensor *w, *b, *v, *c;
	const struct node *by, *other;
	struct arena scratch;
	struct folding f = { NULL, NULL, 0 };
	int differ = -1;

	arena_init(&scratch, al->ctx);
	if (filter_of(al, 0, g, &w, &b, &other) && filter_of(al, 1, g, &v, &c, &by) &&
	    other == NULL &&
	    find_fold(al, &scratch, g, &f) && w->numel == v->numel && w->numel <= LARGE &&
	    v->dims[0] > 0 && (uint64_t)v->dims[0] == f.n && w->dims[0] == v->dims[0] &&
	    (b == NULL || b->numel == f.n) && (c == NULL || c->numel == f.n))
		differ = !(by != NULL ? lossy_same(al, w, NULL, v, by, &f) :
		    near_folded(al, w, v, f.scale, NULL, f.n)) ||
		    !near_folded(al, b, c, f.scale, f.shift, f.n);
	arena_free(&scratch);
	return differ;
}

/* Zeros, or ones: left out or put in without a difference. */
static bool
is_neutral(struct aligner *al, const struct tensor *t)
{
	struct tensor_stats st;

	tensor_stats(t, al->ctx, false, &st);
	return st.complete && st.min == st.max && (st.min == 0 || st.min == 1);
}

/* Are all weights of the node constants, as they are and not computed beforehand? */
static bool
has_plain_weights(const struct aligner *al, unsigned k, const struct node *n)
{
	const struct side *s = &al->side[k];

	for (uint32_t i = 0; i < n->nin; i++) {
		uint32_t p = item_producer(s, side_item(s, n), i);

		/* strides and the like are lists */
		if (p != ALIGN_NONE && s->items[p].fixed && (s->items[p].sem != SEM_SEQUENCE ||
		    s->items[p].n->nin == 1))
			return false;
	}
	return true;
}

/* Has one a weight, and the other none of its size? */
static bool
one_lacks(struct aligner *al, const struct list *a, const struct list *b)
{
	for (uint32_t i = 0; i < a->n; i++) {
		bool found = false;

		for (uint32_t k = 0; k < b->n && !found; k++)
			found = a->t[i]->numel == b->t[k]->numel;
		if (!found && !is_neutral(al, a->t[i]))
			return true;
	}
	return false;
}

static bool
lacks(struct aligner *al, const struct align_group *g, const struct list *a,
	const struct list *b)
{
	const struct item *x = side_item(&al->side[0], g->a[0]);
	const struct item *y = side_item(&al->side[1], g->b[0]);
	bool plain = x->sem == y->sem && (x->sem == SEM_CONV || x->sem == SEM_CONV_TRANSPOSE ||
	    x->sem == SEM_GEMM || x->sem == SEM_LAYER_NORM || x->sem == SEM_BATCH_NORM);

	return plain && !(g->changes & (ALIGN_SEVERAL | ALIGN_DIMS)) &&
	    has_plain_weights(al, 0, g->a[0]) && has_plain_weights(al, 1, g->b[0]) &&
	    (one_lacks(al, a, b) || one_lacks(al, b, a));
}

/* Gates stand in another order, and two biases may be one: the numbers all together. */
static bool
gates_differ(struct aligner *al, const struct list *a, const struct list *b)
{
	const struct list *const lists[2] = { a, b };
	const struct tensor *t[2][MOST];
	uint32_t n[2] = { 0, 0 };

	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 0; i < lists[k]->n; i++)
			if (lists[k]->t[i]->rank > 1)
				t[k][n[k]++] = lists[k]->t[i];
	return !near_sorted(al, t[0], n[0], t[1], n[1]);
}

bool
weights_differ(struct aligner *al, const struct align_group *g)
{
	const struct item *x = side_item(&al->side[0], g->a[0]);
	enum folded folded = find_folded(al, g);
	struct list a, b;
	uint64_t spent = 0;
	int folds = folded == FOLDED_ALL ? folds_differ(al, g) : -1;

	if (folds >= 0)
		return folds > 0;
	list_weights(al, &a, 0, g->a, g->na, false, SEM_NONE);
	list_weights(al, &b, 1, g->b, g->nb, (g->changes & ALIGN_SEVERAL) != 0,
	    x->sem == SEM_GATHER || x->sem == SEM_LAYER_NORM ? x->sem : SEM_CONV);
	/* which is whose counterpart nobody knows where one is not there */
	if (al->unread[0] || al->unread[1])
		return false;
	if (sem_family(x->sem) == FAM_RECURRENT)
		return gates_differ(al, &a, &b) && !al->unread[0] && !al->unread[1];
	al->rough = al->rough || a.n == MOST || b.n == MOST;
	if (folded == FOLDED_NOTHING && lacks(al, g, &a, &b))
		return true;
	/* what is added or scales channels goes into them in ways that are not computed */
	al->rough = al->rough || folded != FOLDED_NOTHING;
	for (uint32_t i = 0; i < b.n && a.n < MOST && b.n < MOST; i++) {
		uint32_t of_size = 0;
		bool found = false;

		for (uint32_t k = 0; k < a.n && !found; k++) {
			if (a.t[k]->numel != b.t[i]->numel)
				continue;
			if (spent > 0 && spent + a.t[k]->numel > ATTEMPTS) {
				al->rough = true;
				return false;
			}
			spent += a.t[k]->numel;
			of_size++;
			found = (folded != FOLDED_NOTHING && b.t[i]->rank < 2) ||
			    matches(al, &a, k, &b, i, folded == FOLDED_ALL);
		}
		if (of_size > 0 && !found)
			return !al->unread[0] && !al->unread[1];
	}
	return false;
}
