/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: are the weights of two groups of counterparts the same numbers? Casts
 * round them, exporters transpose them, a normalisation behind a convolution is folded into
 * its weights, and those packed in fewer bits are near. */
#include <math.h>

#include "align/state.h"
#include "base/ctx.h"
#include "ir/tensor.h"
#include "ops/packing.h"

/* Elements of a weight that says something, weights of a group, and elements up to which
 * one is compared number by number in any order but its own. */
enum { LEAST = 4, MOST = 16, HELD = 4 << 20 };
/* What one number may be off, in parts of it, in float16 and in what is folded in float32. */
#define OFF_HALF 2e-3
#define OFF_SINGLE 1e-5
/* The least float16 above zero: what is below it may become zero. */
#define LEAST_HALF 6e-8
/* The same of packed weights, root mean square in parts of the deviation; and what two
 * channels of one filter have in common at least, of which one is scaled. */
#define OFF_PACKED 0.02
#define SAME_FILTER 0.999

struct list {
	const struct tensor *t[MOST];
	bool packed[MOST];
	uint32_t n;
};

static bool
is_compared(const struct tensor *t)
{
	return t != NULL && dtype_class(t->dtype) == DC_FLOAT && t->numel >= LEAST &&
	    t->sparse == NULL && t->items == NULL && t->quant == NULL;
}

/* Weights of n nodes of side k; of several nodes those that are a convolution or product:
 * what others read may have been made up. */
static void
list_weights(struct aligner *al, struct list *l, unsigned k, const struct node **nodes,
	uint32_t n, bool products)
{
	const struct side *s = &al->side[k];

	l->n = 0;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t o = 0; o < nodes[i]->nin && l->n < MOST && (!products ||
		    kin_takes_scale(&s->items[s->of[nodes[i]->id]])); o++) {
			const struct value *v = nodes[i]->in[o];
			const struct tensor *t = wire_constant(v);
			bool packed = t == NULL && wire_unpacked_by(v) != NULL;

			if (packed)
				t = packing_tensor(v, al->arena);
			if (!is_compared(t))
				continue;
			if (t->flags & TENSOR_MISSING) {
				al->unread[k] = true;
				continue;
			}
			l->packed[l->n] = packed;
			l->t[l->n++] = t;
		}
}

/* All numbers, in the arena; NULL: they are not all there, as is noted. */
static double *
numbers(struct arena *arena, const struct tensor *t, bool *unread)
{
	enum { ELEMENTS = 1024 };
	unsigned char buf[ELEMENTS * 8];
	double *list = arena_array(arena, t->numel, sizeof *list);
	uint32_t size = dtype_bits(t->dtype) / 8;
	struct tensor_read r;
	uint64_t n = 0;
	long got;

	tensor_open(&r, t);
	while (n < t->numel && size > 0 &&
	    (got = tensor_fill(&r, arena, buf, ELEMENTS * size) / (long)size) > 0)
		for (long i = 0; i < got && n < t->numel; i++)
			list[n++] = dtype_get(t->dtype, buf, (uint64_t)i);
	*unread |= n < t->numel;
	return n == t->numel ? list : NULL;
}

/* Without dims of 1. */
static uint32_t
real_dims(const struct tensor *t, int64_t *dims, uint32_t room)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->rank && n < room; i++)
		if (t->dims[i] != 1)
			dims[n++] = t->dims[i];
	return n;
}

struct pair {
	const double *x, *y;
	uint64_t n;
	uint64_t rows;           /* of x, when y is transposed; else 0 */
	double off;              /* what one number may be off */
	bool packed;
	bool exact;              /* both are float32 or wider */
};

static double
other(const struct pair *p, uint64_t i)
{
	uint64_t columns = p->rows > 0 ? p->n / p->rows : 0;

	return p->rows == 0 ? p->y[i] : p->y[i % columns * p->rows + i / columns];
}

static bool
same_number(double x, double y, double off)
{
	/* beyond the largest float16 there is infinity */
	return x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= off ||
	    (isinf(y) && fabs(x) > 65504 && signbit(x) == signbit(y));
}

static double
deviation(const double *x, uint64_t n)
{
	double sum = 0, squares = 0;

	for (uint64_t i = 0; i < n; i++) {
		sum += x[i];
		squares += x[i] * x[i];
	}
	return sqrt(fmax(0, squares / (double)n - sum / (double)n * (sum / (double)n)));
}

/* Of unpacked ones few that differ were changed; many differ when sums were formed in
 * another order. */
static bool
close_to(const struct pair *p)
{
	double std = deviation(p->x, p->n), sum = 0;
	uint64_t unequal = 0;

	for (uint64_t i = 0; i < p->n; i++) {
		double x = p->x[i], y = other(p, i);

		sum += (x - y) * (x - y);
		unequal += !same_number(x, y, 0);
		if (!p->packed && !same_number(x, y, p->off * (fabs(x) + std / 16) +
		    (p->exact ? 0 : LEAST_HALF)))
			return false;
	}
	if (p->packed)
		return sqrt(sum / (double)p->n) <= OFF_PACKED * (std > 0 ? std : fabs(p->x[0]));
	return !p->exact || unequal == 0 || unequal > p->n / 8;
}

/* Mean, deviation and bounds, off in parts of the deviation: of those too large to hold, or
 * in an order of their own. */
static bool
same_stats(struct aligner *al, const struct tensor *t, const struct tensor *u, double off)
{
	struct tensor_stats a, b;
	double d;

	tensor_stats(t, al->ctx, false, &a);
	tensor_stats(u, al->ctx, false, &b);
	al->unread[0] |= !a.complete;
	al->unread[1] |= !b.complete;
	if (!a.complete || !b.complete || !(a.std > 0))
		return true;
	d = fmax(fabs(a.mean - b.mean), fabs(a.std - b.std));
	return fmax(d, fmax(fabs(a.min - b.min), fabs(a.max - b.max))) <= off * a.std;
}

enum { DIMS = 8 };

static bool
same_order(const int64_t *d, uint32_t m, const int64_t *e, uint32_t n)
{
	bool same = m == n;

	for (uint32_t i = 0; i < m && same; i++)
		same = d[i] == e[i];
	return same;
}

/* Number by number: in the same order, or transposed. Else what does not depend on the order
 * has to be the same. */
static bool
same_values(struct aligner *al, const struct tensor *t, const struct tensor *u, bool packed)
{
	int64_t d[DIMS], e[DIMS];
	uint32_t m = real_dims(t, d, DIMS), n = real_dims(u, e, DIMS);
	bool half = dtype_bits(t->dtype) <= 16 || dtype_bits(u->dtype) <= 16, same = false;
	struct pair p = { .n = t->numel, .packed = packed, .exact = !half,
		.off = half ? OFF_HALF : OFF_SINGLE };
	struct arena scratch;

	if (t->numel > HELD)
		return same_stats(al, t, u, packed ? 10 * OFF_PACKED : p.off);
	arena_init(&scratch, al->ctx);
	p.x = numbers(&scratch, t, &al->unread[0]);
	p.y = numbers(&scratch, u, &al->unread[1]);
	/* a vector of one number, zeros or ones, may have taken up what was folded into it */
	if (p.x == NULL || p.y == NULL || (m < 2 && deviation(p.x, p.n) == 0) || close_to(&p)) {
		same = true;
	} else if (m == 2 && n == 2 && d[0] == e[1] && d[1] == e[0]) {
		p.rows = (uint64_t)d[0];
		same = close_to(&p);
	} else if (!same_order(d, m, e, n)) {
		same = same_stats(al, t, u, packed ? 10 * OFF_PACKED : p.off);
	}
	arena_free(&scratch);
	return same;
}

/* Is each channel of the one that of the other, scaled? */
static bool
same_scaled(struct aligner *al, const struct tensor *t, const struct tensor *u)
{
	uint64_t channels = t->rank > 0 && t->dims[0] > 0 ? (uint64_t)t->dims[0] : 1;
	uint64_t each = t->numel / channels;
	struct arena scratch;
	const double *x, *y;
	bool same = true;

	if (t->numel > HELD || t->rank != u->rank || t->rank < 2 || t->dims[0] != u->dims[0] ||
	    (t->rank == 2 && t->dims[0] == t->dims[1])) /* perhaps transposed */
		return true;
	arena_init(&scratch, al->ctx);
	x = numbers(&scratch, t, &al->unread[0]);
	y = numbers(&scratch, u, &al->unread[1]);
	for (uint64_t c = 0; x != NULL && y != NULL && c < channels && same; c++) {
		double xx = 0, yy = 0, xy = 0;

		for (uint64_t i = c * each; i < (c + 1) * each; i++) {
			xx += x[i] * x[i];
			yy += y[i] * y[i];
			xy += x[i] * y[i];
		}
		same = xx == 0 || yy == 0 || xy * xy >= SAME_FILTER * xx * yy;
	}
	arena_free(&scratch);
	return same;
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
			    scales(&s->items[r]))
				return true;
		}
	}
	return false;
}

/* What is folded into the weights of a product: what scales all of them, in its group or
 * behind it, or adds to its bias alone. */
enum folded { FOLDED_NOTHING, FOLDED_BIAS, FOLDED_ALL };

static enum folded
find_folded(const struct aligner *al, const struct align_group *g)
{
	const struct side *s = &al->side[0];
	bool takes = false, bias = false, adds = false;

	for (uint32_t i = 0; i < g->na; i++) {
		const struct item *x = &s->items[s->of[g->a[i]->id]];

		if (g->na > 1 && scales(x))
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
matches(struct aligner *al, const struct tensor *t, const struct tensor *u, bool packed,
	bool folded)
{
	if (t->dtype == u->dtype && !packed && content_equal(al, t, u))
		return true;
	if (t->dtype != u->dtype && !packed && dtype_bits(t->dtype) >= 16 &&
	    dtype_bits(u->dtype) >= 16 && content_rounded(al, t, u))
		return true;
	return folded ? same_scaled(al, t, u) : same_values(al, t, u, packed);
}

bool
weights_differ(struct aligner *al, const struct align_group *g)
{
	const struct item *x = &al->side[0].items[al->side[0].of[g->a[0]->id]];
	enum folded folded = find_folded(al, g);
	struct list a, b;

	if (sem_family(x->sem) == FAM_RECURRENT) /* gates change places, biases are added */
		return false;
	list_weights(al, &a, 0, g->a, g->na, false);
	list_weights(al, &b, 1, g->b, g->nb, (g->changes & ALIGN_SEVERAL) != 0);
	for (uint32_t i = 0; i < b.n && a.n < MOST && b.n < MOST; i++) {
		uint32_t of_size = 0;
		bool found = false;

		for (uint32_t k = 0; k < a.n && !found; k++) {
			if (a.t[k]->numel != b.t[i]->numel)
				continue;
			of_size++;
			found = (folded != FOLDED_NOTHING && b.t[i]->rank < 2) ||
			    matches(al, a.t[k], b.t[i], a.packed[k] || b.packed[i],
			    folded == FOLDED_ALL);
		}
		if (of_size > 0 && !found)
			return true;
	}
	return false;
}
