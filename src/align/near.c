/* SPDX-License-Identifier: Apache-2.0 */
/* Are the numbers of two weights of two formats near enough? Casts round them, exporters
 * transpose them, and what is folded into them scales whole channels. */
#include <math.h>
#include <stdlib.h>

#include "align/state.h"
#include "base/ctx.h"
#include "ir/tensor.h"

/* Elements up to which a weight is compared number by number in any order but its own. */
enum { HELD = 4 << 20 };
/* What one number may be off, in parts of it, in what is folded in float32. */
#define OFF_SINGLE 1e-5
/* What two channels of one filter have in common at least, of which one is scaled: of the
 * squares; and all of them together when they are stored in fewer bits. */
#define SAME_FILTER 0.999
#define LEFT_OF_FILTER 0.3

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
	return x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= off || f16_overflows(x, y);
}

static double
deviation(const double *x, uint64_t n)
{
	double sum = 0, squares = 0;

	for (uint64_t i = 0; i < n; i++) {
		sum += x[i];
		squares += x[i] * x[i];
	}
	squares = fmax(0, squares / (double)n - sum / (double)n * (sum / (double)n));
	/* of numbers whose squares are beyond all bounds nothing is near */
	return isfinite(squares) ? sqrt(squares) : 0;
}

/* Few that differ were changed; many differ when sums were formed in
 * another order. */
static bool
close_to(const struct pair *p)
{
	double std = deviation(p->x, p->n);
	uint64_t unequal = 0;

	for (uint64_t i = 0; i < p->n; i++) {
		double x = p->x[i], y = other(p, i);

		unequal += !same_number(x, y, 0);
		if (!same_number(x, y, p->off * (fabs(x) + std / 16) +
		    (p->exact ? 0 : F16_LEAST)))
			return false;
	}
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

/* Axes without those of 1 that are looked at. */
enum { DIMS = 8 };

uint64_t
near_rows(const struct tensor *t, const struct tensor *u)
{
	int64_t d[DIMS], e[DIMS];

	return real_dims(t, d, DIMS) == 2 && real_dims(u, e, DIMS) == 2 && d[0] == e[1] &&
	    d[1] == e[0] ? (uint64_t)d[0] : 0;
}

/* Two that are too large to hold, in the same order: a stretch of each at a time. */
static bool
same_streams(struct aligner *al, const struct tensor *t, const struct tensor *u,
	const struct pair *how)
{
	enum { ELEMENTS = 4096 };
	uint32_t size = dtype_bits(t->dtype) / 8, other_size = dtype_bits(u->dtype) / 8;
	struct tensor_read r, q;
	struct tensor_stats st;
	struct arena scratch;
	unsigned char *x, *y;
	uint64_t unequal = 0, n = 0;
	bool same = true;
	long a = 1, b = 1;

	tensor_stats(t, al->ctx, false, &st);
	arena_init(&scratch, al->ctx);
	x = arena_array(&scratch, ELEMENTS, 8);
	y = arena_array(&scratch, ELEMENTS, 8);
	tensor_open(&r, t);
	tensor_open(&q, u);
	while (same && n < t->numel) {
		a = tensor_fill(&r, &scratch, x, ELEMENTS * size) / (long)size;
		b = tensor_fill(&q, &scratch, y, ELEMENTS * other_size) / (long)other_size;
		if (a <= 0 || a != b)
			break;
		for (long i = 0; i < a && same; i++, n++) {
			double v = dtype_get(t->dtype, x, (uint64_t)i);
			double w = dtype_get(u->dtype, y, (uint64_t)i);

			unequal += !same_number(v, w, 0);
			same = same_number(v, w, how->off * (fabs(v) + st.std / 16) +
			    (how->exact ? 0 : F16_LEAST));
		}
	}
	arena_free(&scratch);
	al->unread[0] |= same && n < t->numel && a <= b;
	al->unread[1] |= same && n < t->numel && b <= a;
	return same && (!how->exact || unequal == 0 || unequal > t->numel / 8);
}

/* What does not depend on the order, as is noted. */
static bool
same_rough(struct aligner *al, const struct tensor *t, const struct tensor *u, double off)
{
	al->rough = true;
	return same_stats(al, t, u, off);
}

/* Number by number: in the same order, or transposed. Else what does not depend on the order
 * has to be the same. */
bool
near_values(struct aligner *al, const struct tensor *t, const struct tensor *u)
{
	int64_t d[DIMS], e[DIMS];
	bool in_order = dims_alike(d, real_dims(t, d, DIMS), e, real_dims(u, e, DIMS));
	bool half = dtype_bits(t->dtype) <= 16 || dtype_bits(u->dtype) <= 16, same = false;
	struct pair p = { .n = t->numel, .exact = !half,
		.off = half ? F16_OFF : OFF_SINGLE };
	struct arena scratch;

	if (t->numel > HELD && in_order && dtype_bits(t->dtype) >= 8 &&
	    dtype_bits(u->dtype) >= 8)
		return same_streams(al, t, u, &p);
	if (t->numel > HELD)
		return same_rough(al, t, u, p.off);
	arena_init(&scratch, al->ctx);
	p.x = numbers(&scratch, t, &al->unread[0]);
	p.y = numbers(&scratch, u, &al->unread[1]);
	if (p.x == NULL || p.y == NULL || close_to(&p)) {
		same = true;
	} else if ((p.rows = near_rows(t, u)) > 0) {
		same = close_to(&p);
	} else if (!in_order) {
		same = same_rough(al, t, u, p.off);
	}
	arena_free(&scratch);
	return same;
}

bool
near_scaled(struct aligner *al, const struct tensor *t, const struct tensor *u, bool packed)
{
	uint64_t channels = t->rank > 0 && t->dims[0] > 0 ? (uint64_t)t->dims[0] : 1;
	uint64_t each = t->numel / channels;
	struct arena scratch;
	const double *x, *y;
	double left = 0, all = 0;
	bool same = true;

	if (t->numel > HELD || t->rank != u->rank || t->rank < 2 || t->dims[0] != u->dims[0] ||
	    (t->rank == 2 && t->dims[0] == t->dims[1])) { /* perhaps transposed */
		al->rough = true;
		return true;
	}
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
		same = packed || xx == 0 || yy == 0 || xy * xy >= SAME_FILTER * xx * yy;
		left += xx > 0 ? xy * xy / xx : 0;
		all += yy;
	}
	same = same && left >= (packed ? LEFT_OF_FILTER : 0) * all;
	arena_free(&scratch);
	return same;
}

bool
near_folded(struct aligner *al, const struct tensor *t, const struct tensor *u,
	const double *scale, const double *shift, uint64_t channels)
{
	struct pair p = { .n = u != NULL ? u->numel : channels, .off = F16_OFF };
	struct arena scratch;
	bool same = true;
	double *x;

	arena_init(&scratch, al->ctx);
	x = t != NULL ? numbers(&scratch, t, &al->unread[0]) :
	    arena_array(&scratch, channels, sizeof *x);
	p.y = u != NULL ? numbers(&scratch, u, &al->unread[1]) :
	    arena_array(&scratch, channels, sizeof *p.y);
	for (uint64_t i = 0; x != NULL && i < p.n; i++) {
		uint64_t c = i / (p.n / channels);

		x[i] = x[i] * scale[c] + (shift != NULL ? shift[c] : 0);
	}
	p.x = x;
	if (x != NULL && p.y != NULL)
		same = close_to(&p);
	arena_free(&scratch);
	return same;
}

const double *
near_numbers(struct aligner *al, unsigned k, struct arena *arena, const struct tensor *t)
{
	return numbers(arena, t, &al->unread[k]);
}

static int
by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* All numbers of n weights of side k, sorted; NULL: they are not all there. */
static double *
sorted(struct aligner *al, unsigned k, struct arena *arena, const struct tensor *const *list,
	uint32_t n, uint64_t total)
{
	double *all = arena_array(arena, total, sizeof *all);
	uint64_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		const double *x = numbers(arena, list[i], &al->unread[k]);

		for (uint64_t e = 0; x != NULL && e < list[i]->numel; e++)
			all[at++] = x[e];
	}
	qsort(all, at, sizeof *all, by_number);
	return at == total ? all : NULL;
}

bool
near_sorted(struct aligner *al, const struct tensor *const *a, uint32_t na,
	const struct tensor *const *b, uint32_t nb)
{
	struct pair p = { .off = F16_OFF };
	struct arena scratch;
	uint64_t total = 0;
	bool same = true;

	for (uint32_t i = 0; i < na; i++)
		p.n += a[i]->numel < HELD ? a[i]->numel : HELD + 1;
	for (uint32_t i = 0; i < nb; i++)
		total += b[i]->numel < HELD ? b[i]->numel : HELD + 1;
	if (total != p.n || total > HELD || total == 0) {
		al->rough = al->rough || total + p.n > 0;
		return true;
	}
	arena_init(&scratch, al->ctx);
	p.x = sorted(al, 0, &scratch, a, na, p.n);
	p.y = sorted(al, 1, &scratch, b, nb, p.n);
	if (p.x != NULL && p.y != NULL)
		same = close_to(&p);
	arena_free(&scratch);
	return same;
}
