/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that look at the surroundings of each place: convolutions, poolings, resampling. */
#include <math.h>
#include <string.h>

#include "exec/kernel.h"
#include "base/str.h"
#include "exec/taps.h"
#include "infer/axes.h"

enum { AXES = 3 };

/* One to three axes, as three: what is not there is one. */
struct frame {
	int64_t batch, channels, in[AXES], out[AXES], k[AXES], stride[AXES], dilation[AXES];
	int64_t lo[AXES], hi[AXES];
	uint32_t n;
};

/* A parameter of each axis; one number stands for all. */
static void
per_axis(struct exec *e, const char *names, const struct frame *f, int64_t other,
	int64_t to[AXES])
{
	struct setting s;

	exec_numbers(e, names, &s);
	e->lost |= s.n > 1 && s.n != f->n;
	for (uint32_t i = 0; i < s.n; i++)
		e->lost |= !(fabs(s.v[i]) < INT32_MAX);
	s.n = e->lost ? 0 : s.n;
	for (uint32_t i = 0; i < AXES; i++)
		to[i] = i < AXES - f->n ? 1 : s.n == 0 ? other :
		    (int64_t)s.v[s.n > 1 ? i - (AXES - f->n) : 0];
}

static bool
frame_of(struct exec *e, const struct array *x, const struct array *out, struct frame *f)
{
	memset(f, 0, sizeof *f);
	if (x == NULL || out == NULL || x->n == 0 || out->n == 0 || x->rank < 3 ||
	    x->rank > 2 + AXES || out->rank != x->rank || out->dims[0] != x->dims[0]) {
		e->lost = true;
		return false;
	}
	f->n = x->rank - 2;
	f->batch = x->dims[0];
	f->channels = x->dims[1];
	for (uint32_t i = 0; i < AXES; i++) {
		uint32_t axis = i + f->n - AXES + 2;

		f->in[i] = i < AXES - f->n ? 1 : x->dims[axis];
		f->out[i] = i < AXES - f->n ? 1 : out->dims[axis];
		f->k[i] = f->stride[i] = f->dilation[i] = 1;
		e->lost |= f->in[i] < 1 || f->out[i] < 1;
	}
	return !e->lost;
}

/* What is cut off for the sizes that a transposed convolution of ONNX is to have. */
static void
cut_to(struct exec *e, struct frame *f)
{
	struct setting word, more;
	bool upper;

	exec_numbers(e, "output_padding", &more);
	e->lost |= more.n > 1 && more.n != f->n;
	for (uint32_t i = 0; i < more.n; i++)
		e->lost |= !(more.v[i] >= 0 && more.v[i] < INT32_MAX);
	if (e->lost)
		return;
	exec_word(e, "auto_pad", &word);
	upper = strcmp(word.text, "SAME_UPPER") == 0;
	for (uint32_t i = AXES - f->n; i < AXES; i++) {
		int64_t all = (f->in[i] - 1) * f->stride[i] + (f->k[i] - 1) * f->dilation[i] + 1 -
		    f->out[i];

		if (more.n > 0)
			all += (int64_t)more.v[more.n > 1 ? i - (AXES - f->n) : 0];
		all = all < 0 ? 0 : all; /* what no window reaches stands at the end */
		f->lo[i] = upper ? all / 2 : all - all / 2;
		f->hi[i] = all - f->lo[i];
	}
}

/* What is added round the operand: as it is given, or what keeps sizes. */
static void
borders(struct exec *e, struct frame *f, bool grows)
{
	enum dialect d = e->in.model->dialect;
	struct axes room;
	struct setting word = { .n = 0 };
	bool lower;

	if (grows && d == DIALECT_ONNX && node_attr(e->n, "output_shape") != NULL) {
		cut_to(e, f);
		return;
	}
	if (axes_of_border(&e->in, e->n, &room)) {
		e->lost |= room.n != f->n;
		for (uint32_t i = 0; i < f->n && !e->lost; i++) {
			e->lost |= !(fabs(room.lo[i]) < INT32_MAX && fabs(room.hi[i]) < INT32_MAX);
			if (e->lost)
				return;
			f->lo[AXES - f->n + i] = (int64_t)room.lo[i];
			f->hi[AXES - f->n + i] = (int64_t)room.hi[i];
		}
		return;
	}
	exec_word(e, d == DIALECT_MIL ? "pad_type" : d == DIALECT_ONNX ? "auto_pad" :
	    "padding", &word);
	if (strcmp(word.text, "valid") == 0)
		return;
	lower = strcmp(word.text, "SAME_LOWER") == 0 || strcmp(word.text, "same_lower") == 0;
	e->lost |= grows || (!lower && strcmp(word.text, "SAME_UPPER") != 0 &&
	    strcmp(word.text, "same") != 0);
	for (uint32_t i = AXES - f->n; i < AXES; i++) {
		int64_t all = (f->out[i] - 1) * f->stride[i] + (f->k[i] - 1) * f->dilation[i] + 1 -
		    f->in[i];

		all = all < 0 ? 0 : all;
		f->lo[i] = lower ? all - all / 2 : all / 2;
		f->hi[i] = all - f->lo[i];
	}
}

/* Room for the result; of ONNX as large as the windows make it when inference does not know
 * that. w: the filter, or NULL. */
static struct array *
result_of(struct exec *e, const struct array *x, const struct array *w)
{
	struct array *to = exec_typed(e, 0);
	int64_t dims[EXEC_RANK] = { 0 };
	struct frame f;
	bool up;

	if (to != NULL || x == NULL || e->in.model->dialect != DIALECT_ONNX)
		return to;
	e->lost = false;
	if (!frame_of(e, x, x, &f) || (w != NULL && w->rank != x->rank))
		return NULL;
	per_axis(e, "kernel_shape", &f, 1, f.k);
	per_axis(e, "strides", &f, 1, f.stride);
	per_axis(e, "dilations", &f, 1, f.dilation);
	borders(e, &f, true);
	up = exec_number(e, "ceil_mode", 0) != 0;
	dims[0] = x->dims[0];
	dims[1] = w != NULL ? w->dims[0] : x->dims[1];
	for (uint32_t i = 0; i < f.n && !e->lost; i++) {
		uint32_t d = AXES - f.n + i;
		int64_t k = w != NULL ? w->dims[2 + i] : f.k[d];
		int64_t room = f.in[d] + f.lo[d] + f.hi[d] - (k - 1) * f.dilation[d] - 1;

		e->lost |= room < 0 || f.stride[d] < 1;
		dims[2 + i] = e->lost ? 0 : (room + (up ? f.stride[d] - 1 : 0)) / f.stride[d] + 1;
	}
	return e->lost ? NULL : exec_make(e, x->rank, dims);
}

/* The element of the operand that a place of the window meets at a place of the result; -1:
 * what was added. */
static int64_t
meet(const struct frame *f, const int64_t out[AXES], const int64_t k[AXES])
{
	int64_t at = 0;

	for (uint32_t i = 0; i < AXES; i++) {
		int64_t p = out[i] * f->stride[i] - f->lo[i] + k[i] * f->dilation[i];

		if (p < 0 || p >= f->in[i])
			return -1;
		at = at * f->in[i] + p;
	}
	return at;
}

/* What columns of an image have round it. */
static void
border_round(struct exec *e, struct frame *f)
{
	bool onnx = e->in.model->dialect == DIALECT_ONNX;
	struct setting pad;

	exec_numbers(e, onnx ? "pads" : "padding", &pad);
	e->lost |= pad.n > 0 && pad.n != (onnx ? 2 * f->n : f->n) && (onnx || pad.n != 1);
	for (uint32_t i = 0; i < f->n && pad.n > 0 && !e->lost; i++) {
		double lo = pad.v[pad.n > 1 ? i : 0], hi = onnx ? pad.v[f->n + i] : lo;

		e->lost |= !(lo >= 0 && lo < INT32_MAX && hi >= 0 && hi < INT32_MAX);
		f->lo[AXES - f->n + i] = e->lost ? 0 : (int64_t)lo;
		f->hi[AXES - f->n + i] = e->lost ? 0 : (int64_t)hi;
	}
}

static bool
next(int64_t at[AXES], const int64_t n[AXES])
{
	for (uint32_t i = AXES; i-- > 0; at[i] = 0)
		if (++at[i] < n[i])
			return true;
	return false;
}

static int64_t
product(const int64_t n[AXES])
{
	return n[0] * n[1] * n[2];
}

/* The same where the numbers are as the file has them: no integer holds all of these. */
static double
many(const int64_t n[AXES])
{
	return (double)n[0] * (double)n[1] * (double)n[2];
}

/* Do windows have a size, and do they move? */
static bool
can_move(struct exec *e, const struct frame *f)
{
	for (uint32_t i = 0; i < AXES; i++)
		e->lost |= f->k[i] < 1 || f->stride[i] < 1 || f->dilation[i] < 1;
	return !e->lost;
}

struct filter { const double *w; int64_t in, out, groups; };

/* One image, all of its results; back: it is spread instead of gathered. */
static void
convolve(const struct frame *f, const struct filter *w, const double *x, double *to, bool back)
{
	int64_t o[AXES] = { 0 }, at = 0, k[AXES], own, tap;
	const int64_t *size = back ? f->in : f->out;
	struct frame turned = *f;

	if (back) /* the result is to the operand what in a convolution the operand is to it */
		memcpy(turned.in, f->out, sizeof f->out);
	do {
		memset(k, 0, sizeof k);
		tap = 0;
		do {
			own = meet(back ? &turned : f, o, k);
			for (int64_t c = 0; own >= 0 && c < w->in * w->groups; c++)
				for (int64_t d = 0; d < w->out; d++) {
					int64_t g = c / w->in, n = product(f->k);

					if (back)
						to[(g * w->out + d) * product(f->out) + own] +=
						    x[c * product(f->in) + at] *
						    w->w[(c * w->out + d) * n + tap];
					else
						to[(g * w->out + d) * product(f->out) + at] +=
						    x[c * product(f->in) + own] *
						    w->w[((g * w->out + d) * w->in + c % w->in) *
						    n + tap];
				}
			tap++;
		} while (next(k, f->k));
		at++;
	} while (next(o, size));
}

static void
conv(struct exec *e)
{
	bool back = strstr(e->name, "transpose") != NULL ||
	    (e->in.model->dialect == DIALECT_ATEN &&
	    exec_number(e, "transposed", 0) != 0);
	const struct array *x = exec_main(e), *w = exec_need(e, "weight W"), *b;
	struct array *to = e->lost ? NULL : back ? exec_typed(e, 0) : result_of(e, x, w);
	double groups = exec_number(e, "groups group", 1);
	int64_t each, all;
	struct filter filter;
	struct frame f;

	b = exec_arg(e, "bias B");
	e->lost |= w == NULL || w->n == 0;
	if (e->lost || !frame_of(e, x, to, &f) || w->rank != x->rank || !(groups >= 1 &&
	    groups < INT32_MAX))
		return;
	for (uint32_t i = 0; i < f.n; i++)
		f.k[AXES - f.n + i] = w->dims[2 + i];
	per_axis(e, "stride strides", &f, 1, f.stride);
	per_axis(e, "dilation dilations", &f, 1, f.dilation);
	borders(e, &f, back);
	filter = (struct filter){ w->v, f.channels / (int64_t)groups,
	    back ? w->dims[1] : w->dims[0] / (int64_t)groups, (int64_t)groups };
	all = filter.out * filter.groups;
	e->lost |= filter.in * filter.groups != f.channels || all != to->dims[1] ||
	    (back ? w->dims[0] : w->dims[1]) != (back ? f.channels : filter.in) ||
	    (b != NULL && (int64_t)b->n != all);
	each = product(f.out);
	if (!can_move(e, &f) || !exec_spend(e, (double)f.batch * many(back ? f.in : f.out) *
	    (double)w->n + (double)to->n))
		return;
	for (int64_t i = 0; i < f.batch; i++) {
		double *image = to->v + i * all * each;

		for (int64_t k = 0; b != NULL && k < all * each; k++)
			image[k] = b->v[k / each];
		convolve(&f, &filter, x->v + i * f.channels * product(f.in), image, back);
	}
	exec_put(e, 0, to);
}

/* The mean or the largest of what a window meets; counted: with what was added to the operand,
 * but not beyond it. */
static double
pooled(const struct frame *f, const double *x, const int64_t o[AXES], bool mean, bool counted,
	double divisor)
{
	double sum = 0, most = -INFINITY, n = 1;
	int64_t k[AXES] = { 0 }, met = 0;

	do {
		int64_t at = meet(f, o, k);

		if (at < 0)
			continue;
		sum += x[at];
		most = isnan(x[at]) ? x[at] : fmax(most, x[at]);
		met++;
	} while (next(k, f->k));
	for (uint32_t i = 0; i < AXES; i++) {
		int64_t first = o[i] * f->stride[i] - f->lo[i], fit;

		fit = (f->in[i] + f->hi[i] - first + f->dilation[i] - 1) / f->dilation[i];
		n *= (double)(fit < f->k[i] ? fit : f->k[i]);
	}
	return !mean ? most : sum / (divisor > 0 ? divisor : counted ? n : (double)met);
}

static bool
keeps_channels(struct exec *e, const struct array *x, const struct array *to)
{
	e->lost |= x == NULL || to == NULL || x->rank < 2 || to->rank < 2 ||
	    x->dims[1] != to->dims[1];
	return !e->lost;
}

static void
pool(struct exec *e)
{
	enum dialect d = e->in.model->dialect;
	const struct array *x = exec_main(e);
	struct array *to = result_of(e, x, NULL);
	bool mean = strstr(e->name, "avg") != NULL || strstr(e->name, "average") != NULL, counted;
	double divisor = exec_number(e, "divisor_override", 0);
	int64_t o[AXES];
	uint64_t at = 0;
	struct frame f;

	counted = d == DIALECT_MIL ? exec_number(e, "exclude_padding_from_average", 0) == 0 :
	    exec_number(e, "count_include_pad", d == DIALECT_ATEN) != 0;
	if (!keeps_channels(e, x, to) || !frame_of(e, x, to, &f))
		return;
	per_axis(e, "kernel_size kernel_sizes kernel_shape", &f, 0, f.k);
	per_axis(e, "stride strides", &f, 0, f.stride);
	for (uint32_t i = 0; i < AXES; i++)
		if (f.stride[i] == 0)
			f.stride[i] = d == DIALECT_ATEN ? f.k[i] : 1;
	per_axis(e, "dilation dilations", &f, 1, f.dilation);
	borders(e, &f, false);
	if (!can_move(e, &f) || !exec_spend(e, (double)to->n * many(f.k)))
		return;
	for (int64_t i = 0; i < f.batch * f.channels; i++) {
		memset(o, 0, sizeof o);
		do
			to->v[at++] = pooled(&f, x->v + i * product(f.in), o, mean, counted,
			    divisor);
		while (next(o, f.out));
	}
	exec_put(e, 0, to);
}

/* Windows that share the operand among them, or all of it as one. */
static void
adaptive_pool(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_typed(e, 0);
	bool mean = strstr(e->name, "avg") != NULL || strstr(e->name, "average") != NULL;
	int64_t o[AXES], first[AXES];
	struct frame f, own;
	uint64_t at = 0;

	if (!keeps_channels(e, x, to) || !frame_of(e, x, to, &f))
		return;
	own = f;
	for (uint32_t d = 0; d < AXES; d++)
		own.k[d] = f.in[d] + 2 * f.out[d];
	if (!exec_spend(e, (double)f.batch * (double)f.channels * many(own.k)))
		return;
	for (int64_t i = 0; i < f.batch * f.channels; i++) {
		memset(o, 0, sizeof o);
		do {
			for (uint32_t d = 0; d < AXES; d++) {
				first[d] = o[d] * f.in[d] / f.out[d];
				own.k[d] = ((o[d] + 1) * f.in[d] + f.out[d] - 1) / f.out[d] -
				    first[d];
			}
			to->v[at++] = pooled(&own, x->v + i * product(f.in), first, mean, false, 0);
		} while (next(o, f.out));
	}
	exec_put(e, 0, to);
}

/* How many places windows have along each axis. */
static void
count_places(struct exec *e, struct frame *f)
{
	for (uint32_t i = 0; i < AXES && can_move(e, f); i++) {
		f->out[i] = (f->in[i] + f->lo[i] + f->hi[i] -
		    (f->k[i] - 1) * f->dilation[i] - 1) / f->stride[i] + 1;
		e->lost |= f->out[i] < 1;
	}
}

/* The windows themselves, as columns. */
static void
columns(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_typed(e, 0), wide = { .n = 1, .rank = 4, .dims = { 1, 1, 1, 1 } };
	int64_t k[AXES] = { 0 }, o[AXES];
	uint64_t at = 0;
	struct frame f;

	if (x == NULL || to == NULL || x->rank != 4)
		return;
	wide.dims[0] = x->dims[0];
	if (!frame_of(e, x, &wide, &f))
		return;
	per_axis(e, "kernel_size", &f, 1, f.k);
	per_axis(e, "stride", &f, 1, f.stride);
	per_axis(e, "dilation", &f, 1, f.dilation);
	borders(e, &f, false);
	count_places(e, &f);
	e->lost |= (double)to->n != (double)x->dims[0] * (double)x->dims[1] * many(f.k) *
	    many(f.out) || !exec_spend(e, (double)to->n);
	for (int64_t i = 0; i < f.batch * f.channels && !e->lost; i++) {
		memset(k, 0, sizeof k);
		do {
			memset(o, 0, sizeof o);
			do {
				int64_t from = meet(&f, o, k);

				to->v[at++] = from < 0 ? 0 : x->v[i * product(f.in) + from];
			} while (next(o, f.out));
		} while (next(k, f.k));
	}
	exec_put(e, 0, to);
}

/* Columns back to where windows of an image took them: what meets is added up. */
static void
from_columns(struct exec *e)
{
	bool onnx = e->in.model->dialect == DIALECT_ONNX;
	const struct array *x = exec_main(e);
	struct setting size, window;
	int64_t dims[EXEC_RANK] = { 0 }, k[AXES] = { 0 }, o[AXES];
	uint64_t at = 0, each = 1;
	struct array *to;
	struct frame f;

	exec_numbers(e, onnx ? "image_shape" : "output_size", &size);
	exec_numbers(e, onnx ? "block_shape" : "kernel_size", &window);
	e->lost |= x == NULL || x->rank != 3 || size.n < 1 || size.n > AXES || window.n != size.n;
	for (uint32_t i = 0; i < size.n && !e->lost; i++) {
		e->lost |= !(size.v[i] >= 1 && size.v[i] < INT32_MAX && window.v[i] >= 1 &&
		    window.v[i] <= size.v[i] * 2 && window.v[i] < INT32_MAX / 2);
		dims[2 + i] = e->lost ? 0 : (int64_t)size.v[i];
		each *= e->lost ? 1 : (uint64_t)window.v[i];
	}
	if (e->lost || each > x->n || x->dims[1] % (int64_t)each != 0)
		return;
	dims[0] = x->dims[0];
	dims[1] = x->dims[1] / (int64_t)each;
	to = exec_make(e, size.n + 2, dims);
	if (to == NULL || !frame_of(e, to, to, &f))
		return;
	for (uint32_t i = 0; i < size.n; i++)
		f.k[AXES - f.n + i] = (int64_t)window.v[i];
	per_axis(e, "stride strides", &f, 1, f.stride);
	per_axis(e, "dilation dilations", &f, 1, f.dilation);
	border_round(e, &f);
	count_places(e, &f);
	e->lost |= (double)x->dims[2] != many(f.out) || !exec_spend(e, (double)x->n);
	for (int64_t i = 0; i < f.batch * f.channels && !e->lost; i++) {
		memset(k, 0, sizeof k);
		do {
			memset(o, 0, sizeof o);
			do {
				int64_t own = meet(&f, o, k);

				if (own >= 0)
					to->v[i * product(f.in) + own] += x->v[at];
				at++;
			} while (next(o, f.out));
		} while (next(k, f.k));
	}
	exec_put(e, 0, e->lost ? NULL : to);
}

/* Where along an axis of n a place of m is looked for. */
struct scaling { enum { ASYMMETRIC, HALF_PIXEL, TORCH_PIXEL, CORNERS } kind; double by; };

static double
source_of(const struct scaling *s, double at, double n, double m)
{
	switch (s->kind) {
	case CORNERS:
		return m > 1 ? at * (n - 1) / (m - 1) : 0;
	case HALF_PIXEL:
		return (at + 0.5) * s->by - 0.5;
	case TORCH_PIXEL:
		return m > 1 ? (at + 0.5) * s->by - 0.5 : 0;
	case ASYMMETRIC: break;
	}
	return at * s->by;
}

enum sampling { NEAREST, NEAREST_DOWN, NEAREST_UP, NEAREST_CEIL, LINEAR, CUBIC };

static int64_t
within(double at, int64_t n)
{
	return at < 0 ? 0 : at > (double)(n - 1) ? n - 1 : (int64_t)at;
}

double
taps_cubic(double x, double a)
{
	x = fabs(x);
	if (x <= 1)
		return ((a + 2) * x - (a + 3)) * x * x + 1;
	return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static void
taps_of(struct taps *t, double at, int64_t n, enum sampling how, double a)
{
	double below = floor(at);

	t->n = 1;
	t->weight[0] = 1;
	if (how == NEAREST || how == NEAREST_CEIL) {
		t->at[0] = within(how == NEAREST ? below : ceil(at), n);
	} else if (how == NEAREST_DOWN || how == NEAREST_UP) {
		t->at[0] = within(how == NEAREST_DOWN ? ceil(at - 0.5) : floor(at + 0.5), n);
	} else if (how == LINEAR) {
		at = at < 0 ? 0 : at;
		below = floor(at);
		t->n = 2;
		t->at[0] = within(below, n);
		t->at[1] = within(below + 1, n);
		t->weight[1] = at - below;
		t->weight[0] = 1 - t->weight[1];
	} else {
		t->n = 4;
		for (uint32_t i = 0; i < 4; i++) {
			t->at[i] = within(below - 1 + i, n);
			t->weight[i] = taps_cubic(at - (below - 1 + i), a);
		}
	}
}

struct resampling { struct scaling of[AXES]; enum sampling how; double a; };

static void
resample(struct exec *e, const struct array *x, struct array *to, const struct resampling *s)
{
	struct taps t[AXES];
	int64_t o[AXES];
	uint64_t at = 0;
	struct frame f;

	if (e->lost || !frame_of(e, x, to, &f) || x->dims[0] != to->dims[0] ||
	    x->dims[1] != to->dims[1] || !exec_spend(e, (double)to->n * 8)) {
		e->lost = true;
		return;
	}
	for (int64_t i = 0; i < f.batch * f.channels; i++) {
		const double *image = x->v + i * product(f.in);

		memset(o, 0, sizeof o);
		do {
			double sum = 0;

			for (uint32_t d = 0; d < AXES; d++)
				taps_of(&t[d], f.in[d] == f.out[d] && f.in[d] == 1 ? 0 :
				    source_of(&s->of[d], (double)o[d], (double)f.in[d],
				    (double)f.out[d]), f.in[d], s->how, s->a);
			for (uint32_t p = 0; p < t[0].n; p++)
				for (uint32_t q = 0; q < t[1].n; q++)
					for (uint32_t k = 0; k < t[2].n; k++)
						sum += t[0].weight[p] * t[1].weight[q] *
						    t[2].weight[k] * image[(t[0].at[p] * f.in[1] +
						    t[1].at[q]) * f.in[2] + t[2].at[k]];
			to->v[at++] = sum;
		} while (next(o, f.out));
	}
	exec_put(e, 0, to);
}

/* How far apart the places are: by the sizes, or as a scale says. */
static void
scale_axes(struct resampling *s, enum sampling how, int kind, const struct array *x,
	const struct array *to, const struct setting *scales)
{
	uint32_t n = x->rank - 2;

	s->how = how;
	s->a = -0.75;
	for (uint32_t i = 0; i < AXES; i++) {
		uint32_t axis = i + n - AXES + 2;
		bool there = i >= AXES - n;
		double scale = scales->n >= n && there ? scales->v[scales->n - n + i - (AXES - n)] :
		    0;

		s->of[i].kind = kind;
		s->of[i].by = scale > 0 ? 1 / scale : there && to->dims[axis] > 0 ?
		    (double)x->dims[axis] / (double)to->dims[axis] : 1;
	}
}

static bool
can_resample(struct exec *e, const struct array *x, const struct array *to)
{
	e->lost |= x == NULL || to == NULL || x->rank < 3 || x->rank > 2 + AXES ||
	    to->rank != x->rank;
	return !e->lost;
}

static void
resize_torch(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_typed(e, 0);
	struct setting scales = { .n = 0 }, one;
	struct resampling s;
	bool nearest = strstr(e->name, "nearest") != NULL;
	bool exact = strstr(e->name, "exact") != NULL;
	bool corners = !nearest && exec_number(e, "align_corners", 0) != 0;
	static const char *const words[] = { "scales_d", "scales_h", "scales_w" };

	if (!can_resample(e, x, to))
		return;
	if (!exec_numbers(e, "scale_factors", &scales) && x->rank == 3) {
		exec_numbers(e, "scales", &scales);
	} else if (scales.n == 0) {
		for (uint32_t i = AXES - (x->rank - 2); i < AXES; i++)
			if (exec_numbers(e, words[i], &one) && one.n == 1)
				scales.v[scales.n++] = one.v[0];
	}
	scale_axes(&s, !nearest ? strstr(e->name, "cubic") != NULL ? CUBIC : LINEAR : NEAREST,
	    nearest ? exact ? HALF_PIXEL : ASYMMETRIC : corners ? CORNERS : HALF_PIXEL, x, to,
	    &scales);
	if (exact) /* floor((i + 0.5) * scale) */
		s.how = NEAREST_UP;
	resample(e, x, to, &s);
}

/* Of a word of the mode, else of the rounding; Upsample and the first Resize have none, and
 * go down. */
static enum sampling
sampling_of(const char *mode, const char *round)
{
	static const struct { const char *word; enum sampling how; } words[] = {
		{ "linear", LINEAR }, { "cubic", CUBIC }, { "", NEAREST }, { "floor", NEAREST },
		{ "ceil", NEAREST_CEIL }, { "round_prefer_ceil", NEAREST_UP }
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].word, words[i].how >= LINEAR ? mode : round) == 0)
			return words[i].how;
	return NEAREST_DOWN;
}

static void
resize_onnx(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_typed(e, 0);
	struct setting scales, mode, place, round, axes;
	struct resampling s;
	int kind;

	exec_numbers(e, "scales", &scales);
	exec_numbers(e, "axes", &axes);
	exec_word(e, "mode", &mode);
	exec_word(e, "coordinate_transformation_mode", &place);
	exec_word(e, "nearest_mode", &round);
	e->lost |= exec_number(e, "antialias", 0) != 0 ||
	    exec_number(e, "exclude_outside", 0) != 0;
	if (!can_resample(e, x, to))
		return;
	kind = strcmp(place.text, "align_corners") == 0 ? CORNERS :
	    strcmp(place.text, "asymmetric") == 0 || place.text[0] == '\0' ? ASYMMETRIC :
	    strcmp(place.text, "pytorch_half_pixel") == 0 ? TORCH_PIXEL : HALF_PIXEL;
	e->lost |= kind == HALF_PIXEL && strcmp(place.text, "half_pixel") != 0;
	for (uint32_t i = 0; i < axes.n && axes.n == scales.n && i < x->rank; i++)
		e->lost |= axes.v[i] + (axes.v[i] < 0 ? x->rank : 0) != x->rank - axes.n + i;
	e->lost |= axes.n > 0 && scales.n > 0 && axes.n + 2 < x->rank;
	/* of what size the ends are those, scaled or made whole, is read in two ways */
	for (uint32_t i = 0; i < scales.n && kind == CORNERS && scales.n <= x->rank; i++)
		e->lost |= (double)x->dims[x->rank - scales.n + i] * scales.v[i] !=
		    (double)to->dims[x->rank - scales.n + i];
	scale_axes(&s, sampling_of(mode.text, round.text), kind, x, to, &scales);
	s.a = exec_number(e, "cubic_coeff_a", -0.75);
	resample(e, x, to, &s);
}

static void
resize_mil(struct exec *e)
{
	const struct array *x = exec_main(e);
	struct array *to = exec_typed(e, 0);
	struct setting scales = { .n = 0 }, mode;
	bool nearest = strstr(e->name, "nearest") != NULL, half;
	struct resampling s;
	int kind = ASYMMETRIC;

	exec_word(e, "sampling_mode", &mode);
	if (!can_resample(e, x, to))
		return;
	if (strncmp(e->name, "upsample", 8) == 0) {
		scales.v[0] = exec_number(e, "scale_factor_height", 1);
		scales.v[1] = exec_number(e, "scale_factor_width", 1);
		scales.n = x->rank == 4 ? 2 : 0;
	}
	if (!nearest && strncmp(e->name, "upsample", 8) == 0) {
		bool corners = exec_number(e, "align_corners", 1) != 0;

		half = exec_number(e, "half_pixel_centers", !corners) != 0;
		kind = corners ? CORNERS : half ? HALF_PIXEL : ASYMMETRIC;
	} else if (!nearest) {
		kind = strstr(mode.text, "UNALIGN") != NULL ? HALF_PIXEL : CORNERS;
		e->lost |= strstr(mode.text, "ALIGN") == NULL;
	}
	scale_axes(&s, nearest ? NEAREST : LINEAR, kind, x, to, &scales);
	resample(e, x, to, &s);
}

kernel_fn *
kernel_window(const struct exec *e)
{
	static const struct kernel_op ops[] = {
		{ "conv convtranspose", "om", conv }, { "convolution conv1d conv2d conv3d "
		    "convtranspose1d convtranspose2d convtranspose3d convolutionmode", "a", conv },
		{ "maxpool averagepool", "o", pool }, { "maxpool avgpool", "m", pool },
		{ "maxpool1d maxpool2d maxpool3d maxpool2dwithindices maxpool3dwithindices "
		    "avgpool1d avgpool2d avgpool3d maxpool1dwithindices", "a", pool },
		{ "adaptiveavgpool1d adaptiveavgpool2d adaptiveavgpool3d adaptivemaxpool1d "
		    "adaptivemaxpool2d adaptivemaxpool3d", "a", adaptive_pool },
		{ "globalaveragepool globalmaxpool", "o", adaptive_pool },
		{ "im2col", "a", columns }, { "col2im", "ao", from_columns },
		{ "upsamplenearest1d upsamplenearest2d upsamplenearest3d upsamplenearestexact1d "
		    "upsamplenearestexact2d upsamplelinear1d upsamplebilinear2d "
		    "upsampletrilinear3d upsamplebicubic2d", "a", resize_torch },
		{ "resize upsample", "o", resize_onnx },
		{ "upsamplebilinear upsamplenearestneighbor resizebilinear resizenearestneighbor",
		    "m", resize_mil }
	};

	return kernel_find(ops, sizeof ops / sizeof *ops, e);
}
