/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of a tensor, streamed. Three ways through a block of payload:
 * types of up to 16 bits are counted code by code and weighed at the end,
 * float32 goes through a vector loop, everything else becomes doubles. Mean and
 * variance are taken per chunk, around the mean so far, and merged, so that
 * neither length nor a large mean costs digits. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "ir/tensor.h"

enum {
	BLOCK = 256 << 10, /* bytes read at a time */
	CHUNK = 1024,      /* elements whose sums are merged at a time */
	NBINS = 16,
	/* a table of 64 Ki counters pays from here on */
	COUNT_16BIT_FROM = 1 << 16
};

/* Of the finite elements. */
struct moments {
	uint64_t n;
	double mean, m2; /* m2: sum of squared distances from the mean */
};

struct scan {
	const struct tensor *t;
	struct ctx *ctx;
	struct arena scratch;
	struct tensor_stats *st;
	struct moments mom;
	unsigned char *block;
	uint32_t size;     /* bytes of a block */
	uint64_t *counts;  /* by code; for types under 8 bits by byte */
	uint32_t nrest;    /* elements in a last byte that is not full */
	unsigned char rest;
	bool want_bins;
	double bin_scale;  /* bins for half a unit */
};

static void
merge(struct moments *a, uint64_t n, double mean, double m2)
{
	double d = mean - a->mean, total = (double)(a->n + n);

	a->m2 += m2 + d * d * ((double)a->n / total * (double)n);
	a->mean += d * ((double)n / total);
	a->n += n;
}

/* times elements of value x. */
static void
classify(struct tensor_stats *st, double x, uint64_t times)
{
	double mag = fabs(x);

	st->n += times;
	st->negative += x < 0 ? times : 0;
	if (x == 0) {
		st->zero += times;
	} else if (mag < 0x1p-24) {
		st->tiny_f16 += times;
	} else if (!(mag <= F16_MAX)) {
		if (isnan(x)) {
			st->nan += times;
		} else if (isinf(x)) {
			st->inf += times;
			st->minus_inf += x < 0 ? times : 0;
		} else {
			st->over_f16 += times;
		}
	}
	if (isfinite(x)) {
		st->min = x < st->min ? x : st->min;
		st->max = x > st->max ? x : st->max;
	}
}

static void
add_doubles(struct scan *s, const double *x, uint32_t n)
{
	double shift = s->mom.mean, d, sum = 0, squares = 0;
	uint64_t finite = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		classify(s->st, x[i], 1);
		if (!isfinite(x[i]))
			continue;
		if (finite == 0 && s->mom.n == 0)
			shift = x[i];
		d = x[i] - shift;
		sum += d;
		squares += d * d;
		finite++;
	}
	if (finite == 0)
		return;
	d = sum / (double)finite;
	merge(&s->mom, finite, shift + d, fmax(squares - sum * d, 0));
}

typedef float f32x4 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));
typedef float f32x2 __attribute__((vector_size(8)));
typedef double f64x2 __attribute__((vector_size(16)));

/* What the vector loop gathers of one chunk. */
struct lanes {
	f32x4 min, max;
	i32x4 negative, zero, tiny; /* zero is in tiny; all counted downwards */
	f64x2 sum[2], squares[2];
};

static void
gather(struct lanes *out, const float *x, double shift)
{
	f32x4 first, v, zero = { 0 };
	struct lanes a = { .min = zero };
	f64x2 k = { shift, shift }, lo, hi;
	i32x4 m;
	uint32_t i;

	memcpy(&first, x, sizeof first);
	a.min = a.max = first;
	for (i = 0; i < CHUNK; i += 4) {
		memcpy(&v, x + i, sizeof v);
		m = v < a.min;
		a.min = (f32x4)(((i32x4)v & m) | ((i32x4)a.min & ~m));
		m = v > a.max;
		a.max = (f32x4)(((i32x4)v & m) | ((i32x4)a.max & ~m));
		a.negative += v < zero;
		a.zero += v == zero;
		a.tiny += ((i32x4)v & INT32_MAX) < 0x33800000; /* 2^-24 */
		lo = __builtin_convertvector(((f32x2){ v[0], v[1] }), f64x2) - k;
		hi = __builtin_convertvector(((f32x2){ v[2], v[3] }), f64x2) - k;
		a.sum[0] += lo;
		a.sum[1] += hi;
		a.squares[0] += lo * lo;
		a.squares[1] += hi * hi;
	}
	*out = a;
}

/* false when the chunk holds what the fast way does not count: NaN, infinity
 * or magnitudes above float16's. */
static bool
add_chunk_f32(struct scan *s, const float *x)
{
	struct tensor_stats *st = s->st;
	double shift = s->mom.n > 0 ? s->mom.mean : x[0], sum, squares;
	struct lanes a;
	int i;

	gather(&a, x, shift);
	sum = a.sum[0][0] + a.sum[0][1] + a.sum[1][0] + a.sum[1][1];
	squares = a.squares[0][0] + a.squares[0][1] + a.squares[1][0] + a.squares[1][1];
	if (!isfinite(sum))
		return false;
	for (i = 0; i < 4; i++)
		if (fabsf(a.min[i]) > (float)F16_MAX || fabsf(a.max[i]) > (float)F16_MAX)
			return false;
	for (i = 0; i < 4; i++) {
		st->min = a.min[i] < st->min ? a.min[i] : st->min;
		st->max = a.max[i] > st->max ? a.max[i] : st->max;
		st->negative += (uint32_t)-a.negative[i];
		st->zero += (uint32_t)-a.zero[i];
		st->tiny_f16 += (uint32_t)(a.zero[i] - a.tiny[i]);
	}
	st->n += CHUNK;
	merge(&s->mom, CHUNK, shift + sum / CHUNK,
	    fmax(squares - sum * (sum / CHUNK), 0));
	return true;
}

static bool
little_endian(void)
{
	static const uint16_t one = 1;
	unsigned char low;

	memcpy(&low, &one, 1);
	return low == 1;
}

/* n elements of the block, from first on. */
static void
get_doubles(const struct scan *s, uint32_t first, uint32_t n, double *out)
{
	const float *x = (const void *)s->block;
	uint32_t i;

	if (s->t->dtype == DT_F32 && little_endian())
		for (i = 0; i < n; i++)
			out[i] = (double)x[first + i];
	else
		for (i = 0; i < n; i++)
			out[i] = dtype_get(s->t->dtype, s->block, first + i);
}

/* Elements first to n of the block, through doubles. */
static void
add_range(struct scan *s, uint32_t first, uint32_t n)
{
	double x[CHUNK];
	uint32_t k;

	for (; first < n; first += k) {
		k = n - first < CHUNK ? n - first : CHUNK;
		get_doubles(s, first, k, x);
		add_doubles(s, x, k);
	}
}

static void
add_any(struct scan *s, uint32_t n)
{
	add_range(s, 0, n);
}

static void
add_f32(struct scan *s, uint32_t n)
{
	const float *x = (const void *)s->block;
	uint32_t i;

	for (i = 0; n - i >= CHUNK; i += CHUNK)
		if (!add_chunk_f32(s, x + i))
			add_range(s, i, i + CHUNK);
	add_range(s, i, n);
}

/* Elements that share a counted byte. */
static uint32_t
packed(const struct scan *s)
{
	unsigned bits = dtype_bits(s->t->dtype);

	return bits < 8 ? 8 / bits : 1;
}

static void
add_codes(struct scan *s, uint32_t n)
{
	uint32_t i, per = packed(s), whole = n / per;
	const unsigned char *p = s->block;

	if (dtype_bits(s->t->dtype) == 16)
		for (i = 0; i < whole; i++)
			s->counts[p[2 * i] | (unsigned)p[2 * i + 1] << 8]++;
	else
		for (i = 0; i < whole; i++)
			s->counts[p[i]]++;
	if ((s->nrest = n % per) > 0)
		s->rest = p[whole];
}

/* What passes over elements do, once for each code. */
static void
weigh_codes(struct scan *s, void (*weigh)(struct scan *, double, uint64_t))
{
	uint32_t code, k, ncodes = dtype_bits(s->t->dtype) == 16 ? 1u << 16 : 1u << 8;
	unsigned char le[2];

	for (code = 0; code < ncodes; code++) {
		le[0] = (unsigned char)code;
		le[1] = (unsigned char)(code >> 8);
		for (k = 0; s->counts[code] > 0 && k < packed(s); k++)
			weigh(s, dtype_get(s->t->dtype, le, k), s->counts[code]);
	}
	for (k = 0; k < s->nrest; k++)
		weigh(s, dtype_get(s->t->dtype, &s->rest, k), 1);
}

static void
weigh_moments(struct scan *s, double x, uint64_t times)
{
	classify(s->st, x, times);
	if (isfinite(x))
		merge(&s->mom, times, x, 0);
}

static void
weigh_bin(struct scan *s, double x, uint64_t times)
{
	/* halves: a double may not hold the whole range */
	double at = (x / 2 - s->st->bin_lo / 2) * s->bin_scale;

	if (isfinite(x))
		s->st->bins[at < NBINS ? (int)at : NBINS - 1] += times;
}

static void
add_bins(struct scan *s, uint32_t n)
{
	uint32_t first, i, k;
	double x[CHUNK];

	for (first = 0; first < n; first += k) {
		k = n - first < CHUNK ? n - first : CHUNK;
		get_doubles(s, first, k, x);
		for (i = 0; i < k; i++)
			weigh_bin(s, x[i], 1);
	}
}

/* Hand the payload to take, block by block. */
static void
pass(struct scan *s, void (*take)(struct scan *, uint32_t))
{
	const volatile sig_atomic_t *cancel = s->ctx->cancel;
	unsigned bits = dtype_bits(s->t->dtype);
	uint64_t left = s->t->numel, n;
	struct tensor_read r;
	long got;

	tensor_open(&r, s->t);
	while (left > 0 && (cancel == NULL || *cancel == 0)) {
		got = tensor_fill(&r, &s->scratch, s->block, s->size);
		if (got <= 0)
			break;
		n = (uint64_t)got * 8 / bits;
		if (n > left)
			n = left;
		take(s, (uint32_t)n);
		left -= n;
	}
}

static bool
counts_pay(const struct tensor *t)
{
	unsigned bits = dtype_bits(t->dtype);

	return bits == 16 ? t->numel >= COUNT_16BIT_FROM : bits <= 8 && 8 % bits == 0;
}

static void
fill_bins(struct scan *s)
{
	struct tensor_stats *st = s->st;

	if (st->max > st->min)
		s->bin_scale = NBINS / (st->max / 2 - st->min / 2);
	if (s->counts != NULL)
		weigh_codes(s, weigh_bin);
	else
		pass(s, add_bins);
}

static void
scan(void *arg)
{
	struct scan *s = arg;
	struct tensor_stats *st = s->st;
	unsigned bits = dtype_bits(s->t->dtype);
	uint64_t bytes = tensor_bytes(s->t);

	/* 8 elements of b bits are b bytes: no element straddles blocks */
	s->size = bytes < BLOCK ? (uint32_t)bytes : BLOCK / bits * bits;
	s->block = arena_alloc(&s->scratch, s->size);
	if (counts_pay(s->t)) {
		s->counts = arena_array(&s->scratch, bits == 16 ? 1 << 16 : 1 << 8,
		    sizeof *s->counts);
		pass(s, add_codes);
		weigh_codes(s, weigh_moments);
	} else {
		pass(s, s->t->dtype == DT_F32 && little_endian() ? add_f32 : add_any);
	}
	st->complete = st->n == s->t->numel;
	if (s->mom.n == 0)
		return;
	st->mean = s->mom.mean;
	st->std = sqrt(s->mom.m2 / (double)s->mom.n);
	st->bin_lo = st->min;
	st->bin_hi = st->max;
	if (s->want_bins)
		fill_bins(s);
}

/* Nothing finite was read. */
static void
no_finite(struct tensor_stats *st)
{
	st->min = st->max = st->mean = st->std = st->bin_lo = st->bin_hi = NAN;
	if (st->inf > 0) {
		st->min = st->minus_inf > 0 ? -INFINITY : INFINITY;
		st->max = st->inf > st->minus_inf ? INFINITY : -INFINITY;
	}
}

void
tensor_stats(const struct tensor *t, struct ctx *ctx, bool bins, struct tensor_stats *st)
{
	struct scan s = { .t = t, .ctx = ctx, .st = st, .want_bins = bins };

	memset(st, 0, sizeof *st);
	st->min = INFINITY;
	st->max = -INFINITY;
	st->complete = t->numel == 0;
	if (t->numel > 0 && dtype_bits(t->dtype) > 0) {
		arena_init(&s.scratch, ctx);
		ctx_protect(ctx, scan, &s);
		arena_free(&s.scratch);
	}
	if (s.mom.n == 0)
		no_finite(st);
}
