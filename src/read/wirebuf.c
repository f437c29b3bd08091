/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the wire form. The length of a sub-message is known only at its
 * end, so it is a varint of fixed width (padded with zero groups, which the
 * format allows) that is patched then: one pass, nothing moves. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "read/wire.h"
#include "read/wirebuf.h"

enum { LENGTH_WIDTH = 5 };
#define NO_MARK SIZE_MAX /* of a message that was not opened */

void
wirebuf_init(struct wirebuf *w, struct ctx *ctx)
{
	memset(w, 0, sizeof *w);
	w->ctx = ctx;
	arena_init(&w->scratch, ctx);
}

static uint64_t
held(const struct wirebuf *w)
{
	return w->cap + (uint64_t)w->capos * sizeof *w->pos;
}

void
wirebuf_free(struct wirebuf *w)
{
	w->ctx->used -= held(w);
	free(w->buf);
	free(w->pos);
	arena_free(&w->scratch);
	w->buf = NULL;
	w->pos = NULL;
	w->n = w->cap = w->npos = w->capos = 0;
}

static void *
out_of_room(struct wirebuf *w, uint64_t bytes)
{
	if (!w->full)
		diag_add(w->ctx, DIAG_MEMORY, NULL, "no memory for %llu bytes of text in "
		    "binary form; what follows was left out", (unsigned long long)bytes);
	w->full = true;
	return NULL;
}

/* Like realloc, within the budget; counts as an allocation for hard mode. */
static void *
resize(struct wirebuf *w, void *p, uint64_t old, uint64_t bytes)
{
	struct ctx *ctx = w->ctx;
	uint64_t left = ctx->limits.memory - ctx->used;

	if (++ctx->allocs == ctx->fail_at || ctx->used > ctx->limits.memory ||
	    bytes - old > left || bytes > SIZE_MAX / 2 || (p = realloc(p, bytes)) == NULL)
		return out_of_room(w, bytes);
	ctx->used += bytes - old;
	return p;
}

/* Room for n more bytes. */
static bool
room(struct wirebuf *w, size_t n)
{
	unsigned char *buf;
	uint64_t want;

	if (w->full)
		return false;
	if (n <= w->cap - w->n)
		return true;
	want = (uint64_t)w->cap + (w->cap / 2 > n ? w->cap / 2 : n) + 256;
	if ((buf = resize(w, w->buf, w->cap, want)) == NULL)
		return false;
	w->buf = buf;
	w->cap = (size_t)want;
	return true;
}

/* Remember that what is written next comes from the place now. */
static bool
note_place(struct wirebuf *w)
{
	struct textmap *pos;
	uint32_t want;

	if (w->npos > 0 && w->pos[w->npos - 1].text.off == w->now.off)
		return true;
	if (w->npos == w->capos) {
		want = w->capos + w->capos / 2 + 16;
		if (w->capos > UINT32_MAX / 2)
			return out_of_room(w, UINT32_MAX) != NULL;
		pos = resize(w, w->pos, (uint64_t)w->capos * sizeof *pos,
		    (uint64_t)want * sizeof *pos);
		if (pos == NULL)
			return false;
		w->pos = pos;
		w->capos = want;
	}
	w->pos[w->npos++] = (struct textmap){ w->n, w->now };
	return true;
}

static void
put_varint(struct wirebuf *w, uint64_t v)
{
	w->n += wire_varint_put(w->buf + w->n, v);
}

static void
put_fixed(struct wirebuf *w, unsigned size, uint64_t v)
{
	for (unsigned i = 0; i < size; i++)
		w->buf[w->n++] = (unsigned char)(v >> 8 * i);
}

/* Tag of a field whose value takes at most n bytes. */
static bool
tag(struct wirebuf *w, unsigned field, enum wire_type type, size_t n)
{
	if (n > SIZE_MAX - 20 || !room(w, n + 10) || !note_place(w))
		return false;
	put_varint(w, (uint64_t)field << 3 | type);
	return true;
}

void
wirebuf_varint(struct wirebuf *w, unsigned field, uint64_t v)
{
	if (tag(w, field, WIRE_VARINT, 10))
		put_varint(w, v);
}

void
wirebuf_fixed32(struct wirebuf *w, unsigned field, uint32_t v)
{
	if (tag(w, field, WIRE_FIXED32, 4))
		put_fixed(w, 4, v);
}

void
wirebuf_fixed64(struct wirebuf *w, unsigned field, uint64_t v)
{
	if (tag(w, field, WIRE_FIXED64, 8))
		put_fixed(w, 8, v);
}

void
wirebuf_bytes(struct wirebuf *w, unsigned field, const void *p, size_t n)
{
	if (!tag(w, field, WIRE_BYTES, n > SIZE_MAX - 20 ? n : n + 10))
		return;
	put_varint(w, n);
	if (n > 0)
		memcpy(w->buf + w->n, p, n);
	w->n += n;
}

size_t
wirebuf_begin(struct wirebuf *w, unsigned field)
{
	if (!tag(w, field, WIRE_BYTES, LENGTH_WIDTH))
		return NO_MARK;
	memset(w->buf + w->n, 0, LENGTH_WIDTH);
	w->n += LENGTH_WIDTH;
	return w->n;
}

/* The length in front of the payload that starts at mark and ends here. */
static void
patch(struct wirebuf *w, size_t mark)
{
	uint64_t len = w->n - mark;
	unsigned char *p = w->buf + mark - LENGTH_WIDTH;
	int i;

	for (i = 0; i < LENGTH_WIDTH - 1; i++, len >>= 7)
		p[i] = (unsigned char)(len | 0x80);
	p[i] = (unsigned char)len & 0x7f;
}

void
wirebuf_end(struct wirebuf *w, size_t mark)
{
	if (mark != NO_MARK)
		patch(w, mark);
	w->run_field = 0; /* the next one is in another message */
}

/* Go on with the packed field that ends here, or open one. */
static bool
packed(struct wirebuf *w, unsigned field)
{
	if (w->run_field != field || w->run_end != w->n) {
		w->run = wirebuf_begin(w, field);
		w->run_field = field;
	}
	return room(w, 10) && note_place(w);
}

static void
packed_end(struct wirebuf *w)
{
	patch(w, w->run);
	w->run_end = w->n;
}

void
wirebuf_packed_varint(struct wirebuf *w, unsigned field, uint64_t v)
{
	if (!packed(w, field))
		return;
	put_varint(w, v);
	packed_end(w);
}

void
wirebuf_packed_fixed32(struct wirebuf *w, unsigned field, uint32_t v)
{
	if (!packed(w, field))
		return;
	put_fixed(w, 4, v);
	packed_end(w);
}

void
wirebuf_packed_fixed64(struct wirebuf *w, unsigned field, uint64_t v)
{
	if (!packed(w, field))
		return;
	put_fixed(w, 8, v);
	packed_end(w);
}

static const struct origin *
keep_origin(struct wirebuf *w, struct arena *a)
{
	struct origin *o = arena_alloc(a, sizeof *o);
	struct textmap *pos = arena_array(a, w->npos, sizeof *pos);

	if (w->npos > 0)
		memcpy(pos, w->pos, w->npos * sizeof *pos);
	o->pos = pos;
	o->n = w->npos;
	return o;
}

struct source *
wirebuf_source(struct wirebuf *w, struct arena *a, const struct source *text)
{
	struct source *src = source_memory(a, text->name, NULL, 0);
	unsigned char *fit;

	src->member = text->member;
	src->origin = keep_origin(w, a);
	fit = w->n > 0 ? realloc(w->buf, w->n) : NULL;
	w->ctx->used -= w->cap;
	w->cap = 0;
	src->mem = fit != NULL ? fit : w->buf;
	src->owned = true;
	src->size = w->n;
	w->buf = NULL;
	w->n = 0;
	src->side = text->side;
	src->side_arg = text->side_arg;
	if (text->dirfd >= 0)
		src->dirfd = fcntl(text->dirfd, F_DUPFD_CLOEXEC, 0);
	return src;
}
