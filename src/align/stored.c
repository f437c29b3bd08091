/* SPDX-License-Identifier: Apache-2.0 */
/* Small weights as they are stored, many of them at one read: they lie behind each other. */
#include "align/state.h"
#include "base/source.h"
#include "ir/tensor.h"

enum { WINDOW = 256 << 10, SMALL = 32 << 10 };

const unsigned char *
stored_bytes(struct aligner *al, unsigned k, const struct tensor *t, uint64_t bytes)
{
	const struct loc *at = &t->place;
	struct window *w = &al->windows[k];

	if (t->enc != &TENSOR_RAW || at->src == NULL || bytes == 0 || bytes > SMALL ||
	    bytes > at->len || at->src->size < WINDOW)
		return NULL;
	if (w->src != at->src) {
		if (w->src != NULL) /* others may have many: one window for each would be much */
			return NULL;
		window_init(w, at->src, al->arena, WINDOW);
	}
	return window_at(w, at->off, bytes);
}
