/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that hold what arithmetic or float16 cannot take. Nearly all are
 * sound, and there are many small ones, side by side in the file: a first look
 * through a window that moves over it compares magnitudes as integers, and only
 * what stands out is measured. */
#include <inttypes.h>

#include "rules/lint/lint_state.h"

enum { PIECE = 64 << 10, WINDOW = 256 << 10, WINDOWS = 16 };

static bool
is_float(enum dtype d)
{
	return d == DT_F16 || d == DT_BF16 || d == DT_F32 || d == DT_F64;
}

/* Largest magnitude of n float32, as bits; the order of bits is that of
 * magnitudes, with infinity and NaN at the end. */
static uint32_t
largest32(const unsigned char *p, size_t n)
{
	uint32_t largest = 0;

	for (size_t i = 0; i < n; i++, p += 4) {
		uint32_t v = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		    (uint32_t)(p[3] & 0x7f) << 24;

		largest = v > largest ? v : largest;
	}
	return largest;
}

static uint32_t
largest16(const unsigned char *p, size_t n)
{
	uint16_t largest = 0;

	for (size_t i = 0; i < n; i++, p += 2) {
		uint16_t v = (uint16_t)(p[0] | (p[1] & 0x7f) << 8);

		largest = v > largest ? v : largest;
	}
	return largest;
}

/* Are all values finite and within float16? false: not known. */
static bool
is_sound(enum dtype d, const unsigned char *p, size_t bytes)
{
	if (d == DT_F32)
		return largest32(p, bytes / 4) <= 0x477fe000; /* 65504 */
	if (d == DT_F16)
		return largest16(p, bytes / 2) <= 0x7bff;
	return d == DT_BF16 && largest16(p, bytes / 2) <= 0x477f;
}

/* A window over the file; there are few, the model's and those of its weights. */
static bool
look_into(struct lint *l, const struct source *src)
{
	if (l->win.cap > 0 && l->win.src == src)
		return true;
	if (src == NULL || l->nwindows >= WINDOWS)
		return false;
	l->nwindows++;
	window_init(&l->win, src, &l->a, WINDOW);
	return true;
}

/* The first look, at constants that lie in a file as they are. */
static bool
looks_sound(struct lint *l, const struct tensor *t)
{
	uint64_t off = t->place.off, left = tensor_bytes(t);
	const unsigned char *p;
	size_t n;

	if (t->enc != &TENSOR_RAW || !look_into(l, t->place.src))
		return false;
	for (left = left < t->place.len ? left : t->place.len; left > 0; left -= n, off += n) {
		n = left < PIECE ? (size_t)left : PIECE;
		p = window_at(&l->win, off, n);
		if (p == NULL || !is_sound(t->dtype, p, n))
			return false;
	}
	return true;
}

void
lint_scan(struct lint *l, const struct tensor *t, const struct place *at)
{
	struct tensor_stats st;

	if (!is_float(t->dtype) || t->numel == 0 || (t->flags & (TENSOR_BAD_DIMS | TENSOR_MISSING)))
		return;
	if (tensor_bytes(t) > LINT_SCAN_MAX && !l->deep) {
		l->unscanned++;
		l->unscanned_bytes += tensor_bytes(t);
		return;
	}
	if (looks_sound(l, t))
		return;
	tensor_stats(t, l->ctx, false, &st);
	if (st.nan > 0)
		lint_add(l, DIAG_LINT_CONST_NAN, at, "tensor '%.*s' holds NaN: %" PRIu64 " of %"
		    PRIu64, NAME(t->name), st.nan, st.n);
	if (st.inf > 0)
		lint_add(l, DIAG_LINT_CONST_INF, at, "tensor '%.*s' holds infinity: %" PRIu64
		    " of %" PRIu64, NAME(t->name), st.inf, st.n);
	if (st.over_f16 > 0)
		lint_add(l, DIAG_LINT_CONST_F16, at, "tensor '%.*s' has magnitudes above 65504, "
		    "the most that float16 holds: %" PRIu64 " of %" PRIu64 ", from %.6g to %.6g",
		    NAME(t->name), st.over_f16, st.n, st.min, st.max);
}
