/* SPDX-License-Identifier: Apache-2.0 */
/* Between anchors that keep their order, nodes are paired by the path of the
 * greatest sum through the table of all pairs: exporters and converters write
 * nodes in the order of the program. A long stretch is searched in a band round
 * its diagonal. */
#include <string.h>

#include "align/state.h"
#include "base/ctx.h"

enum { CELLS = 1 << 22, BAND_LEAST = 64 };
enum step { STEP_NONE, STEP_A, STEP_B, STEP_BOTH };
enum { NAME_BONUS = 6, WEAK_BONUS = 3, DIMS_BONUS = 4, SCOPE_BONUS = 3, FLOW_BONUS = 3,
	SCOPE_CLASH = -5, DIMS_CLASH = -7, IDLE_CLASH = -3,
	MADE_CLASH = -4, MADE_DOUBT = -1, FLOW_CLASH = -5 };

/* Items of one side in a stretch that have no pair yet. */
struct stretch { uint32_t *list, n; };

/* The counterpart of item i; of what is folded into the weights before it theirs. */
static uint32_t
other_of(const struct side *s, uint32_t i)
{
	const struct item *x = &s->items[i];
	uint32_t other = item_other(x);

	if (other == ALIGN_NONE && kin_is_scale(x) && x->from[0] != ALIGN_NONE &&
	    kin_takes_scale(&s->items[x->from[0]]))
		other = item_other(&s->items[x->from[0]]);
	return other;
}

/* Operands of x whose counterparts are those of y. */
static int
flow(const struct aligner *al, const struct item *x, const struct item *y)
{
	const struct side *a = &al->side[0];
	int common = 0;

	for (uint32_t i = 0; i < ITEM_FROM && x->from[i] != ALIGN_NONE && common < 2; i++) {
		uint32_t want = other_of(a, x->from[i]);

		for (uint32_t k = 0; k < ITEM_FROM && want != ALIGN_NONE; k++)
			if (y->from[k] == want) {
				common++;
				break;
			}
	}
	return common;
}

/* Does y, that only moves data as x does, move what some operation made that is no
 * counterpart of what x moves? */
static bool
moves_other(const struct aligner *al, const struct item *x, const struct item *y)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	uint32_t p = x->from[0], q = y->from[0], want;

	for (unsigned hops = 0; hops < HOPS && p != ALIGN_NONE &&
	    item_other(&a->items[p]) == ALIGN_NONE && kin_layout(&a->items[p]); hops++)
		p = a->items[p].from[0];
	want = p != ALIGN_NONE ? item_other(&a->items[p]) : ALIGN_NONE;
	return want != ALIGN_NONE && q != ALIGN_NONE && want != q &&
	    !kin_layout(&b->items[q]) && item_other(&b->items[q]) != p;
}

static int
score(const struct aligner *al, const struct item *x, const struct item *y)
{
	int kin = kin_ops(x, y), dims, sum = kin;

	if (kin == 0)
		return 0;
	dims = kin_shape(x, y);
	sum += dims > 0 ? DIMS_BONUS : dims < 0 ? DIMS_CLASH : 0;
	if (x->names[0] != 0 && (x->names[0] == y->names[0] || x->names[0] == y->names[1]))
		sum += NAME_BONUS;
	else if (y->weak != 0 && (x->names[0] == y->weak || x->names[1] == y->weak ||
	    x->weak == y->weak))
		sum += WEAK_BONUS;
	if (x->scope != 0 && y->scope != 0)
		sum += x->scope == y->scope ? SCOPE_BONUS : SCOPE_CLASH;
	sum += x->idle != y->idle ? IDLE_CLASH : 0;
	if (y->made && kin_layout(y))
		sum += MADE_CLASH + (kin_layout(x) && moves_other(al, x, y) ?
		    FLOW_CLASH : 0);
	/* steps on the way read what the node reads, its result has its name */
	if (!y->made || y->weak != 0 || kin_layout(y))
		sum += FLOW_BONUS * flow(al, x, y);
	else
		sum += MADE_DOUBT;
	return sum > 0 ? sum : 0;
}

struct table {
	uint32_t width;          /* cells of a row */
	int32_t *above, *row;
	unsigned char *steps;    /* of all rows */
};

/* First column of row i in the band. */
static uint32_t
band_from(const struct table *t, uint32_t i, uint32_t na, uint32_t nb)
{
	uint64_t middle = (uint64_t)i * nb / (na > 0 ? na : 1);
	uint64_t half = t->width / 2, last = nb + 1 - t->width;

	return t->width > nb ? 0 : (uint32_t)(middle < half ? 0 : middle - half < last ?
	    middle - half : last);
}

static int32_t
cell(const int32_t *row, uint32_t from, uint32_t width, int64_t column)
{
	return column < from || column >= (int64_t)from + width ? INT32_MIN / 2 :
	    row[column - from];
}

static void
fill_row(const struct aligner *al, struct table *t, uint32_t i, const struct stretch *a,
	const struct stretch *b)
{
	uint32_t from = band_from(t, i, a->n, b->n);
	uint32_t above = i > 0 ? band_from(t, i - 1, a->n, b->n) : 0;
	unsigned char *steps = t->steps + (size_t)i * t->width;

	for (uint32_t k = 0; k < t->width && from + k <= b->n; k++) {
		uint32_t j = from + k;
		int32_t best = i == 0 && j == 0 ? 0 : INT32_MIN / 2, v;
		enum step step = STEP_NONE;

		if (i > 0 && (v = cell(t->above, above, t->width, j)) > best)
			best = v, step = STEP_A;
		if (j > 0 && k > 0 && t->row[k - 1] > best)
			best = t->row[k - 1], step = STEP_B;
		if (i > 0 && j > 0) {
			int s = score(al, &al->side[0].items[a->list[i - 1]],
			    &al->side[1].items[b->list[j - 1]]);

			v = cell(t->above, above, t->width, (int64_t)j - 1) + s;
			if (s > 0 && v > best)
				best = v, step = STEP_BOTH;
		}
		t->row[k] = best;
		steps[k] = (unsigned char)step;
	}
}

/* Pair along the best path; returns how many pairs that makes. */
static uint32_t
walk_back(struct aligner *al, const struct table *t, const struct stretch *a,
	const struct stretch *b)
{
	uint32_t i = a->n, j = b->n, n = 0;

	while (i > 0 || j > 0) {
		uint32_t from = band_from(t, i, a->n, b->n);

		switch (t->steps[(size_t)i * t->width + (j - from)]) {
		case STEP_BOTH:
			pair_items(al, a->list[--i], b->list[--j], ALIGN_BY_ORDER);
			al->side[0].items[a->list[i]].ordered = true;
			al->side[1].items[b->list[j]].ordered = true;
			n++;
			break;
		case STEP_A:
			i--;
			break;
		case STEP_B:
			j--;
			break;
		default:
			return n;
		}
	}
	return n;
}

/* Items of a stretch that compute; with a pair alone, when that is asked for. */
static uint32_t
count_working(const struct side *s, const struct stretch *a, bool paired)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		const struct item *x = &s->items[a->list[i]];

		n += !kin_layout(x) && !x->fixed && (!paired || x->pair != ALIGN_NONE);
	}
	return n;
}

/* How many of those that could be paired were: where few were, it was by chance. */
static void
note_density(const struct aligner *al, const struct stretch *a, const struct stretch *b,
	uint32_t pairs)
{
	const struct side *s = &al->side[0];
	uint32_t most = a->n < b->n ? a->n : b->n, n = count_working(s, a, false);
	uint32_t m = count_working(&al->side[1], b, false);

	if (n > 0 && m > 0) {
		most = n < m ? n : m;
		pairs = count_working(s, a, true);
		pairs = pairs < most ? pairs : most;
	}
	for (uint32_t i = 0; i < a->n; i++)
		s->items[a->list[i]].dense = (unsigned char)((uint64_t)pairs * 100 / most);
}

static uint32_t
path_find(struct aligner *al, const struct stretch *a, const struct stretch *b)
{
	struct table t;
	struct arena scratch;
	uint32_t n;

	if (a->n == 0 || b->n == 0)
		return 0;
	t.width = b->n + 1;
	if ((uint64_t)t.width * (a->n + 1) > CELLS) {
		/* wide enough that the bands of neighbouring rows meet */
		uint32_t slope = b->n / a->n + 2, band = CELLS / (a->n + 1);

		band = band < BAND_LEAST ? BAND_LEAST : band;
		band = band < 4 * slope ? 4 * slope : band;
		t.width = band < t.width ? band : t.width;
	}
	arena_init(&scratch, al->ctx);
	t.above = arena_array(&scratch, t.width, sizeof *t.above);
	t.row = arena_array(&scratch, t.width, sizeof *t.row);
	t.steps = arena_array(&scratch, (size_t)t.width * (a->n + 1), 1);
	for (uint32_t i = 0; i <= a->n; i++) {
		int32_t *row = t.row;

		fill_row(al, &t, i, a, b);
		t.row = t.above;
		t.above = row;
	}
	n = walk_back(al, &t, a, b);
	note_density(al, a, b, n);
	arena_free(&scratch);
	return n;
}

/* Items without a pair in [from, to) of a side. */
static struct stretch
collect(const struct side *s, uint32_t *buf, uint32_t from, uint32_t to)
{
	struct stretch t = { buf, 0 };

	for (uint32_t i = from; i < to; i++)
		if (item_free(&s->items[i]))
			t.list[t.n++] = i;
	return t;
}

static uint32_t
search(struct aligner *al)
{
	uint32_t pairs = 0;
	const struct side *a = &al->side[0], *b = &al->side[1];
	uint32_t *left = arena_array(al->arena, a->n, sizeof *left);
	uint32_t *right = arena_array(al->arena, b->n, sizeof *right);
	uint32_t from_a = 0, from_b = 0;

	for (uint32_t i = 0; i <= a->n; i++) {
		uint32_t to_b = i < a->n ? a->items[i].pair : b->n;
		struct stretch x, y;

		if (i < a->n && (to_b == ALIGN_NONE || a->items[i].moved))
			continue;
		x = collect(a, left, from_a, i);
		y = collect(b, right, from_b, to_b);
		pairs += path_find(al, &x, &y);
		from_a = i + 1;
		from_b = to_b + 1;
	}
	return pairs;
}

/* Turn pairs that order alone made into guesses. */
static void
doubt(struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct item *x = &s->items[i];

		if (x->pair == ALIGN_NONE || !x->ordered)
			continue;
		x->guess = x->pair;
		x->pair = ALIGN_NONE;
		x->evidence = 0;
		x->ordered = false;
	}
}

bool
path_all(struct aligner *al)
{
	if (search(al) == 0)
		return false;
	doubt(&al->side[0]);
	doubt(&al->side[1]);
	search(al);
	return true;
}
