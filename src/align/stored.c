/* SPDX-License-Identifier: Apache-2.0 */
/* Small weights as they are stored, many of them at one read: they lie behind each other. */
#include "align/state.h"
#include "base/source.h"
#include "ir/tensor.h"

enum { WINDOW = 128 << 10, SMALL = 32 << 10, MANY = 2 * WINDOW };

/* Has the window the place, or does it stand a little before it? */
static bool
is_near(const struct window *w, uint64_t off)
{
	return off >= w->base && off - w->base <= w->len + SMALL;
}

/* One for weights in a row, and one for those that many nodes between them share: they lie
 * elsewhere, and the row goes on. */
static struct window *
window_for(struct stored *s, uint64_t off)
{
	if (!is_near(&s->windows[s->last], off))
		s->last = !s->last;
	return &s->windows[s->last];
}

const unsigned char *
stored_bytes(struct aligner *al, unsigned k, const struct tensor *t, uint64_t bytes)
{
	const struct loc *at = &t->place;
	struct stored *s = &al->stored[k];

	if (t->enc != &TENSOR_RAW || at->src == NULL || bytes == 0 || bytes > SMALL ||
	    bytes > at->len || at->src->size < MANY)
		return NULL;
	if (s->windows[0].src == NULL) {
		window_init(&s->windows[0], at->src, al->arena, WINDOW);
		window_init(&s->windows[1], at->src, al->arena, WINDOW);
	}
	if (s->windows[0].src != at->src) /* others may have many: windows for each would be much */
		return NULL;
	return window_at(window_for(s, at->off), at->off, bytes);
}
