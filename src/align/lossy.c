/* SPDX-License-Identifier: Apache-2.0 */
/* Are numbers that are stored in fewer bits those of a weight, as far as these bits go? Each is
 * expected at the level that is nearest to it, of those that its palette or its scale has; what
 * is not stored because it is zero may have been anything. Source: how coremltools.optimize
 * makes them (round to nearest, k-means, magnitude pruning). */
#include <math.h>
#include <stdlib.h>

#include "align/lossy.h"
#include "base/arena.h"
#include "ir/graph.h"
#include "ir/tensor.h"
#include "ops/packing.h"

/* How much further off all numbers together may be than the nearest levels are, as a ratio of
 * squares: palettes are chosen by distance; rounding may be made good elsewhere. */
#define BEYOND_PALETTE 1.5
#define BEYOND_SCALE 4
/* Where levels are not known: what is lost at most, of the squares. */
#define LOST 0.5

struct lossy {
	struct packing p;
	const double *table;     /* by group: scales, or levels in order; NULL: not known */
	const double *offset;    /* by group, or NULL */
	uint64_t ntable, noffset;
	uint64_t levels;         /* of a palette; 0: there is a scale */
	double lo, hi;           /* of what is scaled */
	bool sparse;
	uint64_t n, zeros, odd;
	double sum, squares;     /* of what it was made from */
	double off, nearest;     /* squares of distances */
	double xy, yy, noise;
	uint64_t row;            /* elements of a row, for each of which distances are compared */
	double row_off, row_nearest, row_noise;
	bool row_odd;            /* one is further off */
};

static int
by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* All numbers of a part; NULL: not known. */
static const double *
part_numbers(struct aligner *al, unsigned k, struct arena *arena,
	const struct packing_part *part, uint64_t *n)
{
	double *one;

	*n = 1;
	if (part->t != NULL) {
		*n = part->t->numel;
		return part->t->numel > 0 ? near_numbers(al, k, arena, part->t) : NULL;
	}
	one = arena_alloc(arena, sizeof *one);
	*one = part->one;
	return one;
}

static void
read_palettes(struct aligner *al, unsigned k, struct arena *arena, struct lossy *l)
{
	double *table;
	const double *given;

	l->levels = l->p.entries;
	if (l->p.vector != 1 || l->levels == 0)
		return;
	given = part_numbers(al, k, arena, &l->p.table, &l->ntable);
	if (given == NULL)
		return;
	table = arena_array(arena, l->ntable, sizeof *table);
	for (uint64_t i = 0; i < l->ntable; i++)
		table[i] = given[i];
	for (uint64_t g = 0; g + l->levels <= l->ntable; g += l->levels)
		qsort(table + g, l->levels, sizeof *table, by_number);
	l->table = table;
}

static void
read_scales(struct aligner *al, unsigned k, struct arena *arena, struct lossy *l)
{
	unsigned bits = dtype_bits(l->p.from);
	enum dtype_class c = dtype_class(l->p.from);

	if ((c != DC_INT && c != DC_UINT) || bits == 0 || bits > 16)
		return;
	l->lo = c == DC_INT ? -ldexp(1, (int)bits - 1) : 0;
	l->hi = l->lo + ldexp(1, (int)bits) - 1;
	l->table = part_numbers(al, k, arena, &l->p.table, &l->ntable);
	if (l->p.offset.given)
		l->offset = part_numbers(al, k, arena, &l->p.offset, &l->noffset);
	if (l->p.offset.given && l->offset == NULL)
		l->table = NULL;
}

/* What makes the numbers that a sparse one has. */
static const struct node *
source_of(const struct node *n)
{
	for (uint32_t i = 0; i < n->nnamed; i++)
		if (n->in[i] != NULL && n->in[i]->producer != NULL &&
		    packing_form_of(n->in[i]->producer) >= 0 &&
		    n->in[i]->slot == n->in[i]->producer->nout - 1)
			return n->in[i]->producer;
	return NULL;
}

static void
lossy_open(struct aligner *al, unsigned k, struct arena *arena, struct lossy *l,
	const struct node *by)
{
	*l = (struct lossy){ .n = 0 };
	if (by == NULL || !packing_read(&l->p, by, arena) || l->p.why != NULL)
		return;
	if (l->p.form == PACKING_SPARSE) {
		l->sparse = true;
		by = source_of(by);
		if (by == NULL || !packing_read(&l->p, by, arena) || l->p.why != NULL)
			return;
	}
	if (l->p.rank > 1 && l->p.dims[0] > 0)
		l->row = l->p.numel / (uint64_t)l->p.dims[0];
	if (l->p.form == PACKING_PALETTE || l->p.form == PACKING_SPARSE_PALETTE)
		read_palettes(al, k, arena, l);
	else if (l->p.form != PACKING_CAST && l->p.form != PACKING_SPARSE)
		read_scales(al, k, arena, l);
}

/* Which of the tables or scales stands for element i. */
static uint64_t
group_of(const struct packing *p, uint64_t i)
{
	uint64_t group = 0, step = 1;

	for (uint32_t d = p->rank; d-- > 0;) {
		uint64_t dim = (uint64_t)p->dims[d], groups = (uint64_t)p->groups[d];

		if (groups > 1)
			group += i % dim * groups / dim * step;
		step *= groups;
		i /= dim;
	}
	return group;
}

static double
nearest_of(const double *levels, uint64_t n, double x)
{
	uint64_t lo = 0, hi = n;

	while (lo < hi) {
		uint64_t mid = (lo + hi) / 2;

		if (levels[mid] < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == n || (lo > 0 && x - levels[lo - 1] < levels[lo] - x))
		lo--;
	return levels[lo];
}

/* The level of element i that is nearest to x; x itself where levels are not known. */
static double
level(const struct lossy *l, uint64_t i, double x)
{
	uint64_t g = group_of(&l->p, i);
	double scale, zero;

	if (l->levels > 0)
		return g * l->levels + l->levels > l->ntable ? x :
		    nearest_of(l->table + g * l->levels, l->levels, x);
	scale = l->table[g < l->ntable ? g : 0];
	zero = l->offset != NULL ? l->offset[g < l->noffset ? g : 0] : 0;
	if (scale == 0)
		return 0;
	return (fmin(fmax(round(x / scale + zero), l->lo), l->hi) - zero) * scale;
}

/* Are numbers that are off as near as levels can be? */
static bool
is_near(const struct lossy *l, double off, double nearest, double noise)
{
	return off <= nearest * (l->levels > 0 ? BEYOND_PALETTE : BEYOND_SCALE) + noise;
}

/* Element i, whose row ends there perhaps, is so far off. */
static void
add_to_row(struct lossy *l, uint64_t i, double off, double nearest, double noise)
{
	l->row_off += off;
	l->row_nearest += nearest;
	l->row_noise += noise;
	if (l->row == 0 || (i + 1) % l->row != 0)
		return;
	l->row_odd |= l->table != NULL &&
	    !is_near(l, l->row_off, l->row_nearest, 4 * l->row_noise);
	l->row_off = l->row_nearest = l->row_noise = 0;
}

/* Element i was x and is y. */
static void
lossy_add(struct lossy *l, uint64_t i, double x, double y)
{
	double near, to;

	l->n++;
	l->sum += x;
	l->squares += x * x;
	l->off += (x - y) * (x - y);
	if (l->sparse && y == 0) {
		l->zeros++;
		l->nearest += x * x;
		add_to_row(l, i, x * x, x * x, 0);
		return;
	}
	to = l->table != NULL ? level(l, i, x) : x;
	l->nearest += (x - to) * (x - to);
	l->xy += x * y;
	l->yy += y * y;
	near = F16_OFF * (fabs(x) + fabs(y));
	l->odd += l->table == NULL && fabs(x - y) > near;
	l->noise += near * near;
	add_to_row(l, i, (x - y) * (x - y), (x - to) * (x - to), near * near);
}

static double
variance(const struct lossy *l)
{
	double mean = l->n > 0 ? l->sum / (double)l->n : 0;

	return fmax(0, l->squares - mean * l->sum);
}

/* Is the one the other as well as these bits can have it? */
static bool
same_bits(const struct lossy *l)
{
	double std = sqrt(variance(l) / (double)(l->n > 0 ? l->n : 1)), slope;
	double noise = 2 * l->noise + (double)l->n * F16_OFF * std / 16 * F16_OFF * std / 16;

	if (!isfinite(l->off))
		return false;
	if (l->sparse && l->zeros == l->n)
		return l->squares == 0;
	if (l->sparse && l->table == NULL && l->levels == 0)
		return l->odd == 0;
	if (l->table == NULL)
		return l->off <= LOST * variance(l) + noise;
	slope = l->yy > 0 ? fabs(l->xy / l->yy - 1) : 0;
	return !l->row_odd && is_near(l, l->off, l->nearest, noise) &&
	    slope <= F16_OFF * 10 + 2 * l->nearest / (l->yy > 0 ? l->yy : 1);
}

/* Numbers of x, scaled by channels in front unless scale is NULL, and y; of columns of x where it
 * is transposed, else 0. */
static bool
compare(struct lossy *l, const double *x, const double *y, uint64_t n, uint64_t rows,
	const struct folding *f)
{
	uint64_t columns = rows > 0 ? n / rows : 0;

	for (uint64_t i = 0; i < n; i++) {
		double v = x[rows == 0 ? i : i % rows * columns + i / rows];

		lossy_add(l, i, f != NULL ? v * f->scale[i / (n / f->n)] : v, y[i]);
	}
	return same_bits(l);
}

/* Is the weight too large to be held? Then what begins it tells. */
static bool
compare_first(struct aligner *al, struct arena *arena, struct lossy *l, const struct tensor *t,
	const struct tensor *u)
{
	enum { ELEMENTS = 4096, LARGE = 4 << 20 };
	uint32_t size = dtype_bits(t->dtype) / 8, other = dtype_bits(u->dtype) / 8;
	unsigned char *x = arena_array(arena, ELEMENTS, 8), *y = arena_array(arena, ELEMENTS, 8);
	struct tensor_read r, q;

	tensor_open(&r, t);
	tensor_open(&q, u);
	while (l->n < t->numel && (al->options->deep || l->n < LARGE)) {
		long a = tensor_fill(&r, arena, x, ELEMENTS * size) / (long)size;
		long b = tensor_fill(&q, arena, y, ELEMENTS * other) / (long)other;

		if (a <= 0 || a != b) {
			al->rough = true;
			return true;
		}
		for (long i = 0; i < a; i++)
			lossy_add(l, l->n, dtype_get(t->dtype, x, (uint64_t)i),
			    dtype_get(u->dtype, y, (uint64_t)i));
	}
	al->sampled += l->n < t->numel;
	return same_bits(l);
}

/* Is u, of side 1 - k and unpacked by the node, what is left of t? */
static bool
is_left(struct aligner *al, unsigned k, const struct tensor *t, const struct tensor *u,
	const struct node *by, const struct folding *f)
{
	enum { HELD = 4 << 20 };
	struct arena scratch;
	const double *x, *y;
	struct lossy l;
	bool same = true, in_order = dims_alike(t->dims, t->rank, u->dims, u->rank);
	uint64_t rows;

	arena_init(&scratch, al->ctx);
	lossy_open(al, 1 - k, &scratch, &l, by);
	if (t->numel > HELD) {
		if (in_order && f == NULL && dtype_bits(t->dtype) >= 8 &&
		    dtype_bits(u->dtype) >= 8)
			same = compare_first(al, &scratch, &l, t, u);
		else
			al->rough = true;
	} else if ((x = near_numbers(al, k, &scratch, t)) != NULL &&
	    (y = near_numbers(al, 1 - k, &scratch, u)) != NULL) {
		same = compare(&l, x, y, t->numel, 0, f);
		if (!same && f == NULL && !al->same_format && (rows = near_rows(t, u)) > 0) {
			lossy_open(al, 1 - k, &scratch, &l, by);
			same = compare(&l, x, y, t->numel, rows, f);
		} else if (!same && !in_order) {
			al->rough = same = true;
		}
	}
	if (same && l.n > 0)
		al->lost = fmax(al->lost, variance(&l) > 0 ? sqrt(l.off / variance(&l)) : 0);
	arena_free(&scratch);
	return same;
}

bool
lossy_same(struct aligner *al, const struct tensor *t, const struct node *by_t,
	const struct tensor *u, const struct node *by_u, const struct folding *f)
{
	bool both = by_t != NULL && by_u != NULL;

	if (by_u == NULL)
		return is_left(al, 1, u, t, by_t, f);
	return is_left(al, 0, t, u, both ? NULL : by_u, f);
}
