/* SPDX-License-Identifier: Apache-2.0 */
/* Samples at places that are computed. Sources: grid_sample of PyTorch, GridSample and
 * AffineGrid of ONNX, resample of ML Programs. */
#include <math.h>
#include <string.h>

#include "exec/kernel.h"
#include "base/str.h"
#include "exec/taps.h"

enum { AXES = 3, OUTSIDE = -1 };

/* What lies outside of the image: one number, its edge, or the image mirrored. */
enum outside { ZEROS, EDGE, MIRROR };

struct sampler {
	enum { BY_ONE, BY_LINE, BY_CURVE } how;
	enum outside outside;
	bool corners;            /* -1 and 1 are the middle of the last pixels, not their edges */
	bool ties;               /* it is not stated which of two that are as near is taken */
	double low, high;        /* what stands for the two ends; both 0: pixels are counted */
};

static double
pixel_of(const struct sampler *s, double at, double n)
{
	if (s->low == s->high)
		return at;
	at = (at - s->low) / (s->high - s->low);
	return s->corners ? at * (n - 1) : at * n - 0.5;
}

static double
mirrored(double x, double n, bool corners)
{
	double low = corners ? 0 : -0.5, span = corners ? n - 1 : n, turns;

	if (span <= 0)
		return 0;
	x = fabs(x - low);
	turns = floor(x / span);
	x -= turns * span;
	return fmod(turns, 2) == 0 ? x + low : span - x + low;
}

static double
inside(const struct sampler *s, double x, double n)
{
	if (s->outside == MIRROR)
		x = mirrored(x, n, s->corners);
	return s->outside == ZEROS ? x : fmax(0, fmin(n - 1, x));
}

static void
add_tap(struct taps *t, double x, double n, double weight)
{
	t->weight[t->n] = weight;
	t->at[t->n++] = x >= 0 && x <= n - 1 ? (int64_t)x : OUTSIDE;
}

static void
read_taps(struct exec *e, const struct sampler *s, struct taps *t, double x, double n)
{
	double below;

	t->n = 0;
	e->lost |= !isfinite(x);
	if (s->how == BY_CURVE) {
		below = floor(x);
		for (uint32_t i = 0; i < 4; i++)
			add_tap(t, inside(s, below - 1 + i, n), n,
			    taps_cubic(x - (below - 1 + i), -0.75));
		return;
	}
	x = inside(s, x, n);
	below = floor(x);
	if (s->how == BY_ONE) {
		e->lost |= s->ties && fabs(x - below - 0.5) < 1e-3;
		add_tap(t, nearbyint(x), n, 1);
		return;
	}
	add_tap(t, below, n, 1 - (x - below));
	add_tap(t, below + 1, n, x - below);
}

/* The sum over the neighbours along all axes from d on. */
static double
sum_of(const struct taps *t, const double *x, const int64_t *dims, uint32_t n)
{
	double sum = 0;

	if (n == 0)
		return *x;
	for (uint32_t i = 0; i < t->n; i++) {
		int64_t each = 1;

		for (uint32_t d = 1; d < n; d++)
			each *= dims[d];
		if (t->at[i] != OUTSIDE && t->weight[i] != 0)
			sum += t->weight[i] * sum_of(t + 1, x + t->at[i] * each, dims + 1, n - 1);
	}
	return sum;
}

/* The last axis of the grid has places along the last axis of the image first. */
static void
sample(struct exec *e, const struct sampler *s, const struct array *x, const struct array *grid)
{
	int64_t dims[EXEC_RANK] = { 0 };
	uint32_t n = x != NULL && x->rank > 2 ? x->rank - 2 : 0;
	uint64_t image = 1, places = 1;
	struct taps t[AXES] = { { .n = 0 } };
	struct array *to;

	e->lost |= n < 1 || n > AXES || grid == NULL || grid->rank != x->rank || x->n == 0 ||
	    grid->dims[n + 1] != n || grid->dims[0] != x->dims[0];
	if (e->lost)
		return;
	memcpy(dims, x->dims, sizeof dims);
	for (uint32_t d = 0; d < n; d++) {
		dims[d + 2] = grid->dims[d + 1];
		image *= (uint64_t)x->dims[d + 2];
		places *= (uint64_t)grid->dims[d + 1];
	}
	to = exec_make(e, x->rank, dims);
	if (to == NULL || !exec_spend(e, (double)to->n * (s->how == BY_CURVE ? 64 : 8)))
		return;
	for (uint64_t i = 0; i < (uint64_t)x->dims[0] * places && !e->lost; i++) {
		uint64_t at = i / places * (uint64_t)x->dims[1];

		for (uint32_t d = 0; d < n; d++)
			read_taps(e, s, &t[d], pixel_of(s, grid->v[i * n + n - 1 - d],
			    (double)x->dims[d + 2]), (double)x->dims[d + 2]);
		for (int64_t c = 0; c < x->dims[1] && !e->lost; c++, at++)
			to->v[at * places + i % places] = sum_of(t, x->v + at * image,
			    x->dims + 2, n);
	}
	exec_put(e, 0, to);
}

static void
grid_torch(struct exec *e)
{
	const struct array *x = exec_need(e, "input"), *grid = exec_need(e, "grid");
	double how = exec_number(e, "interpolation_mode", 0);
	double pad = exec_number(e, "padding_mode", 0);
	struct sampler s = { .low = -1, .high = 1, .corners = exec_number(e, "align_corners", 0) };

	e->lost |= !(how == 0 || how == 1 || how == 2) || !(pad == 0 || pad == 1 || pad == 2);
	if (e->lost)
		return;
	s.how = how == 1 ? BY_ONE : how == 2 ? BY_CURVE : BY_LINE;
	s.outside = pad == 0 ? ZEROS : pad == 1 ? EDGE : MIRROR;
	sample(e, &s, x, grid);
}

static void
grid_onnx(struct exec *e)
{
	const struct array *x = exec_need(e, "X"), *grid = exec_need(e, "grid");
	struct sampler s = { .low = -1, .high = 1,
		.corners = exec_number(e, "align_corners", 0) != 0 };
	struct setting mode, pad;

	exec_word(e, "mode", &mode);
	exec_word(e, "padding_mode", &pad);
	s.how = setting_is_one_of("linear bilinear", mode.text, strlen(mode.text)) ? BY_LINE :
	    setting_is_one_of("cubic bicubic", mode.text, strlen(mode.text)) ? BY_CURVE : BY_ONE;
	s.outside = strcmp(pad.text, "zeros") == 0 ? ZEROS : strcmp(pad.text, "border") == 0 ?
	    EDGE : MIRROR;
	e->lost |= (s.how == BY_ONE && strcmp(mode.text, "nearest") != 0) ||
	    (s.outside == MIRROR && strcmp(pad.text, "reflection") != 0);
	sample(e, &s, x, grid);
}

/* Round which line it mirrors is not stated, and how other numbers than 0 fade in. */
static void
grid_mil(struct exec *e)
{
	const struct array *x = exec_main(e), *grid = exec_need(e, "coordinates");
	struct sampler s = { .ties = true, .corners = exec_number(e, "align_corners", 0) != 0 };
	struct setting mode, pad, place;

	exec_word(e, "sampling_mode", &mode);
	exec_word(e, "padding_mode", &pad);
	exec_word(e, "coordinates_mode", &place);
	s.how = strcmp(mode.text, "nearest") == 0 ? BY_ONE : BY_LINE;
	s.outside = strcmp(pad.text, "border") == 0 ? EDGE : ZEROS;
	s.high = strncmp(place.text, "normalized", 10) == 0;
	s.low = strcmp(place.text, "normalized_minus_one_to_one") == 0 ? -1 : 0;
	e->lost |= (s.how == BY_LINE && strcmp(mode.text, "bilinear") != 0) ||
	    (s.outside == ZEROS && (strcmp(pad.text, "constant") != 0 ||
	    exec_number(e, "padding_value", 0) != 0)) || x == NULL || x->rank != 4;
	sample(e, &s, x, grid);
}

/* Places on the image that a matrix turns a grid of places into. */
static void
affine_grid(struct exec *e)
{
	const struct array *theta = exec_need(e, "theta");
	bool corners = exec_number(e, "align_corners", 0) != 0;
	struct array *to = exec_typed(e, 0);
	uint32_t n = to != NULL && to->rank > 2 ? to->rank - 2 : 0;
	uint64_t places;

	e->lost |= theta == NULL || n < 1 || n > AXES || theta->n == 0 || theta->rank != 3 ||
	    theta->dims[1] != n || theta->dims[2] != n + 1 || to->dims[0] != theta->dims[0] ||
	    to->dims[n + 1] != n;
	if (e->lost || !exec_spend(e, (double)to->n * 8))
		return;
	places = to->n / (uint64_t)to->dims[0] / n;
	for (uint64_t i = 0; i < to->n; i++) {
		const double *row = theta->v + (i / n / places * n + i % n) * (n + 1);
		uint64_t at = i / n % places;

		to->v[i] = row[n];
		for (uint32_t d = 0; d < n; d++) { /* the last axis is the first one of a place */
			double size = (double)to->dims[n - d];
			double k = (double)(at % (uint64_t)to->dims[n - d]);

			to->v[i] += row[d] * (!corners ? (2 * k + 1) / size - 1 :
			    size > 1 ? 2 * k / (size - 1) - 1 : 0);
			at /= (uint64_t)to->dims[n - d];
		}
	}
	exec_put(e, 0, to);
}

kernel_fn *
kernel_sample(const struct exec *e)
{
	static const struct kernel_op ops[] = {
		{ "gridsampler gridsampler2d gridsampler3d", "a", grid_torch },
		{ "gridsample", "o", grid_onnx }, { "resample", "m", grid_mil },
		{ "affinegridgenerator", "a", affine_grid }, { "affinegrid", "o", affine_grid }
	};

	return kernel_find(ops, sizeof ops / sizeof *ops, e);
}
