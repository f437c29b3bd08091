/* SPDX-License-Identifier: Apache-2.0 */
/* Weights by their numbers. Extremes, mean and deviation do not change when a
 * weight is transposed, hardly when it is cast to float16, and little when it is
 * stored in a palette; so they tie weights whose names are lost. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "align/state.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "ir/tensor.h"
#include "ops/packing.h"

/* Bytes read of each side to find counterparts, and of one weight, unless asked to look
 * deep; so many of counterparts are compared whole, of others a sample. */
enum { BUDGET = 64 << 20, SAMPLE = 64 << 10, FEW = 8, COMPARED = 512 << 20 };
/* Bytes by which most weights differ. */
enum { START = 64 };
/* Read at a time of each of two weights that are compared. */
enum { BLOCK = 32 << 10 };
/* Weights looked at on either side of the one whose deviation is nearest. */
enum { NEIGHBOURS = 32 };
/* Largest difference, in parts of the deviation, of a weight cast to float16
 * and of one in a palette; a second candidate must be this many times worse. */
#define CLOSE_CAST 2e-3
#define CLOSE_PACKED 0.1
#define CLEARLY 4.0

struct sign {
	const struct weight *w;
	uint64_t numel;
	double min, max, mean, std;
	bool packed;
};

static const struct tensor *
tensor_of(const struct value *v, struct arena *arena)
{
	const struct tensor *t = value_tensor(v);

	return t != NULL ? t : packing_tensor(v, arena);
}

static bool
sign_read(struct aligner *al, struct sign *g, const struct tensor *t, uint64_t *budget)
{
	struct tensor_stats st;

	if (t == NULL || t->numel < FEW || (t->flags & TENSOR_MISSING))
		return false;
	if (!al->options->deep && tensor_bytes(t) > *budget)
		return false;
	*budget -= al->options->deep ? 0 : tensor_bytes(t);
	tensor_stats(t, al->ctx, false, &st);
	if (!st.complete || !(st.std > 0))
		return false;
	g->numel = t->numel;
	g->min = st.min;
	g->max = st.max;
	g->mean = st.mean;
	g->std = st.std;
	return true;
}

static int
by_size(const void *a, const void *b)
{
	const struct sign *x = a, *y = b;

	return x->numel != y->numel ? (x->numel > y->numel) - (x->numel < y->numel) :
	    (x->std > y->std) - (x->std < y->std);
}

/* Signatures of the weights that could tie something, by size. */
static struct sign *
signs_of(struct aligner *al, const struct side *s, uint32_t *n)
{
	struct sign *list = arena_array(al->arena, s->nweights, sizeof *list);
	uint64_t budget = BUDGET;

	*n = 0;
	for (uint32_t i = 0; i < s->nweights; i++) {
		struct sign g = { .w = &s->weights[i] };

		g.packed = g.w->v->producer != NULL;
		if (weight_is_open(s, g.w) &&
		    sign_read(al, &g, tensor_of(g.w->v, al->arena), &budget))
			list[(*n)++] = g;
	}
	qsort(list, *n, sizeof *list, by_size);
	return list;
}

static double
distance(const struct sign *a, const struct sign *b)
{
	double d = fabs(a->mean - b->mean);

	d = fmax(d, fabs(a->std - b->std));
	d = fmax(d, fabs(a->min - b->min));
	d = fmax(d, fabs(a->max - b->max));
	return d / a->std;
}

/* The first of list[0 .. n) whose deviation is not below. */
static uint32_t
at_std(const struct sign *list, uint32_t n, double std)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (list[mid].std < std)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The one of list[0 .. n), by deviation, that is close, when no other comes near it. */
static const struct sign *
closest(const struct sign *a, const struct sign *list, uint32_t n)
{
	uint32_t at = at_std(list, n, a->std), from = at > NEIGHBOURS ? at - NEIGHBOURS : 0;
	uint32_t to = n - at > NEIGHBOURS ? at + NEIGHBOURS : n;
	const struct sign *best = NULL;
	double first = INFINITY, second = INFINITY;

	for (uint32_t i = from; i < to; i++) {
		double d = distance(a, &list[i]);

		if (d < first) {
			second = first;
			first = d;
			best = &list[i];
		} else if (d < second) {
			second = d;
		}
	}
	if (best == NULL || first > (a->packed || best->packed ? CLOSE_PACKED : CLOSE_CAST))
		return NULL;
	return second >= CLEARLY * first && second > CLOSE_CAST / 2 ? best : NULL;
}

/* Weights of one size on both sides, each tied when the other's closest is it. */
static void
tie_run(struct aligner *al, const struct sign *a, uint32_t na, const struct sign *b,
	uint32_t nb)
{
	for (uint32_t i = 0; i < na; i++) {
		const struct sign *to = closest(&a[i], b, nb);

		if (to != NULL && closest(to, a, na) == &a[i])
			pair_readers(al, a[i].w, to->w, ALIGN_BY_CONTENT);
	}
}

static uint32_t
run_length(const struct sign *list, uint32_t n)
{
	uint32_t k = 0;

	while (k < n && list[k].numel == list[0].numel)
		k++;
	return k;
}

static void
anchor_signs(struct aligner *al)
{
	uint32_t na, nb;
	struct sign *a = signs_of(al, &al->side[0], &na), *b = signs_of(al, &al->side[1], &nb);

	while (na > 0 && nb > 0) {
		uint32_t ka = run_length(a, na), kb = run_length(b, nb);
		uint64_t sa = a->numel, sb = b->numel;

		if (sa == sb)
			tie_run(al, a, ka, b, kb);
		if (sa <= sb) {
			a += ka;
			na -= ka;
		}
		if (sb <= sa) {
			b += kb;
			nb -= kb;
		}
	}
}

/* The beginning of a weight's numbers of side k, or all of them, as they are stored: *n bytes,
 * valid until the next of the side. NULL: there are too few, or they cannot be read. */
static const unsigned char *
sample(struct aligner *al, unsigned k, const struct tensor *t, uint32_t *n)
{
	const unsigned char *p;
	struct arena scratch;
	struct tensor_read r;
	uint64_t bytes;
	long got;

	if (t == NULL || t->numel < FEW || (t->flags & TENSOR_MISSING))
		return NULL;
	bytes = tensor_bytes(t);
	if ((p = stored_bytes(al, k, t, bytes)) != NULL) {
		*n = (uint32_t)bytes;
		return p;
	}
	if (al->sample[k] == NULL)
		al->sample[k] = arena_alloc(al->arena, SAMPLE);
	arena_init(&scratch, al->ctx);
	tensor_open(&r, t);
	got = tensor_fill(&r, &scratch, al->sample[k], SAMPLE);
	arena_free(&scratch);
	*n = got > 0 ? (uint32_t)got : 0;
	return got > 0 ? al->sample[k] : NULL;
}

/* Of the first bytes of a sample, START or all; 0 when all its elements are the same. */
static uint64_t
sample_key(struct aligner *al, unsigned k, const struct weight *w, bool all)
{
	const struct tensor *t = value_tensor(w->v);
	uint32_t n = 0, size;
	const unsigned char *p = sample(al, k, t, &n);

	size = p != NULL ? dtype_bits(t->dtype) / 8 : 0;
	if (size == 0 || n <= size || memcmp(p, p + size, n - size) == 0)
		return 0;
	return hash_bytes(hash_pair((uint64_t)t->dtype, t->numel), p,
	    all || n < START ? n : START) | 1;
}

static bool
same_sample(struct aligner *al, const struct weight *v, const struct weight *w)
{
	uint32_t m = 0, n = 0;
	const unsigned char *p = sample(al, 0, value_tensor(v->v), &m);
	const unsigned char *q = sample(al, 1, value_tensor(w->v), &n);
	bool same = p != NULL && q != NULL && m == n && memcmp(p, q, n) == 0;

	if (same && n == tensor_bytes(value_tensor(w->v)))
		al->alike[v->v->id] = w->v->id + 1;
	return same;
}

/* Keys of the weights that could tie something; when again, of those alone that begin as
 * others do. */
static void
put_samples(struct aligner *al, uint64_t *const starts[2], bool again)
{
	keys_init(&al->keys, al->arena, al->side[0].nweights);
	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 0; i < al->side[k].nweights; i++) {
			const struct weight *w = &al->side[k].weights[i];

			if (again ? starts[k][i] == 0 : !weight_is_open(&al->side[k], w))
				continue;
			starts[k][i] = sample_key(al, k, w, again);
			keys_put(&al->keys, k, starts[k][i], i);
		}
}

/* Pair those that alone begin as they do, and leave the starts of those that do not; false:
 * there are none. */
static bool
pair_starts(struct aligner *al, uint64_t *const starts[2])
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	const struct keys *k = &al->keys;
	bool shared = false;

	for (uint32_t i = 0; i < k->n && !shared; i++)
		shared = keys_shared(k, k->list[i].key);
	for (unsigned n = 0; n < 2 && shared; n++)
		for (uint32_t i = 0; i < al->side[n].nweights; i++)
			if (!keys_shared(k, starts[n][i]))
				starts[n][i] = 0;
	for (uint32_t i = 0; i < k->n; i++) {
		uint32_t v = k->list[i].item[0], w = k->list[i].item[1];

		if (keys_pair(k, i) && same_sample(al, &a->weights[v], &b->weights[w]))
			pair_readers(al, &a->weights[v], &b->weights[w], ALIGN_BY_CONTENT);
	}
	return shared;
}

/* Weights that are the same bytes: a quick look that spares most of them statistics. Most
 * begin as no other does: of these nothing is hashed but the beginning. */
static void
anchor_bytes(struct aligner *al)
{
	uint64_t *const starts[2] = {
		arena_array(al->arena, al->side[0].nweights, sizeof **starts),
		arena_array(al->arena, al->side[1].nweights, sizeof **starts)
	};

	al->alike = arena_array(al->arena, al->side[0].given->model->nvalues, sizeof *al->alike);
	put_samples(al, starts, false);
	if (!pair_starts(al, starts))
		return;
	put_samples(al, starts, true);
	pair_weights(al, ALIGN_BY_CONTENT);
}

void
anchor_contents(struct aligner *al)
{
	anchor_bytes(al);
	anchor_signs(al);
}

/* How many bytes of a weight are to be compared. */
static uint64_t
worth(struct aligner *al, const struct tensor *t)
{
	uint64_t bytes = tensor_bytes(t);

	if (al->options->deep || bytes <= SAMPLE)
		return bytes;
	if (al->compared + bytes > (al->options->whole > 0 ? al->options->whole : COMPARED)) {
		al->sampled++;
		return SAMPLE;
	}
	al->compared += bytes;
	return bytes;
}

/* Two weights side by side, a block at a time. */
struct both {
	struct tensor_read r, q;
	struct arena scratch;
	unsigned char *x, *y;
};

static void
both_open(struct aligner *al, struct both *b, const struct tensor *t, const struct tensor *u)
{
	for (unsigned k = 0; k < 2 && al->block[1] == NULL; k++)
		al->block[k] = arena_alloc(al->arena, BLOCK);
	b->x = al->block[0];
	b->y = al->block[1];
	arena_init(&b->scratch, al->ctx);
	tensor_open(&b->r, t);
	tensor_open(&b->q, u);
}

/* How many elements came of either, all of a piece: one that ends before the other, or before
 * anything came, cannot be read. */
static void
note_unread(struct aligner *al, bool swapped, long n, long k, bool first)
{
	al->unread[swapped] |= n < k || (first && n <= 0);
	al->unread[!swapped] |= k < n || (first && k <= 0);
}

bool
content_known(const struct aligner *al, const struct value *v, const struct value *w)
{
	return al->alike != NULL && al->alike[v->id] == w->id + 1;
}

bool
content_equal(struct aligner *al, const struct tensor *t, const struct tensor *u)
{
	uint64_t done = 0, upto, bytes;
	const unsigned char *p, *q;
	bool same = true;
	struct both b;
	long n, k;

	if (t == NULL || u == NULL || t->dtype != u->dtype || t->numel != u->numel)
		return true; /* the types say it */
	if (t->numel == 0)
		return true;
	bytes = tensor_bytes(t);
	if ((p = stored_bytes(al, 0, t, bytes)) != NULL &&
	    (q = stored_bytes(al, 1, u, bytes)) != NULL)
		return memcmp(p, q, bytes) == 0;
	upto = worth(al, t);
	both_open(al, &b, t, u);
	do {
		n = tensor_fill(&b.r, &b.scratch, b.x, BLOCK);
		k = tensor_fill(&b.q, &b.scratch, b.y, BLOCK);
		note_unread(al, false, n, k, done == 0);
		same = n <= 0 || k <= 0 || memcmp(b.x, b.y, (size_t)(n < k ? n : k)) == 0;
		done += BLOCK;
	} while (n > 0 && n == k && same && done < upto);
	arena_free(&b.scratch);
	return same;
}

static uint64_t
code_at(const unsigned char *p, unsigned bytes)
{
	uint64_t code = 0;

	while (bytes-- > 0)
		code = code << 8 | p[bytes];
	return code;
}

/* Are n numbers of the wider type, at wide, rounded to those of the narrower one? */
static bool
rounded(enum dtype from, const void *wide, enum dtype to, const void *narrow, uint64_t n)
{
	const unsigned char *p = narrow;
	unsigned bytes = dtype_bits(to) / 8;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t code = dtype_code(to, dtype_get(from, wide, i));
		double want, is;

		if (code == code_at(p + i * bytes, bytes))
			continue;
		/* compared as numbers: there are two zeros, and many NaNs */
		want = dtype_get(to, &code, 0);
		is = dtype_get(to, narrow, i);
		if (want != is && !(isnan(want) && isnan(is)))
			return false;
	}
	return true;
}

bool
content_rounded(struct aligner *al, const struct tensor *t, const struct tensor *u)
{
	bool swapped = dtype_bits(t->dtype) < dtype_bits(u->dtype), same = true;
	const struct tensor *wide = swapped ? u : t, *narrow = swapped ? t : u;
	uint32_t size = dtype_bits(wide->dtype) / 8, less = dtype_bits(narrow->dtype) / 8;
	uint32_t each = BLOCK / size;
	uint64_t done = 0, upto = worth(al, wide);
	struct both b;
	long n, k;

	both_open(al, &b, wide, narrow);
	do {
		n = tensor_fill(&b.r, &b.scratch, b.x, each * size) / (long)size;
		k = tensor_fill(&b.q, &b.scratch, b.y, each * less) / (long)less;
		note_unread(al, swapped, n, k, done == 0);
		same = n <= 0 || k <= 0 || rounded(wide->dtype, b.x, narrow->dtype, b.y,
		    (uint64_t)(n < k ? n : k));
		done += BLOCK;
	} while (n > 0 && n == k && same && done < upto);
	arena_free(&b.scratch);
	return same;
}
