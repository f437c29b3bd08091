/* SPDX-License-Identifier: Apache-2.0 */
/* Changes and the messages around them form a tree; a message's change of
 * size is known when all inside it are done, so it is made from the innermost
 * outwards. A length is rewritten only when it is another one: lengths in more
 * bytes than they need stay as they are. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/sink.h"
#include "base/source.h"
#include "read/splice.h"
#include "read/wire.h"

enum { NO_MESSAGE = UINT32_MAX, VARINT_MAX = 10 };

struct splice_message {
	uint64_t start, end;  /* of the payload */
	uint32_t around;      /* index of the message it lies in; NO_MESSAGE: the file */
	int64_t grown;        /* bytes */
};

struct splice_edit {
	uint64_t at, len;     /* what is left out of the source */
	const void *bytes;    /* what stands there instead */
	size_t n;
	uint32_t order;       /* among those at one place */
};

void
splice_init(struct splice *s, struct arena *a, const struct source *src)
{
	memset(s, 0, sizeof *s);
	s->a = a;
	s->src = src;
}

/* The message the walker stands in, with those around it; NO_MESSAGE for the
 * file itself. */
static uint32_t
find_message(struct splice *s, const struct wire *w)
{
	uint32_t depth = w->depth - 1, around = NO_MESSAGE, i;
	const struct wire_frame *frame;

	for (i = 0; i < depth; i++) {
		frame = &w->stack[i + 2];
		if (i >= s->nchain || s->messages[s->chain[i]].start != frame->start) {
			s->messages = arena_grow(s->a, s->messages, s->nmessages,
			    sizeof *s->messages);
			s->messages[s->nmessages] = (struct splice_message){ frame->start,
			    frame->end, around, 0 };
			s->chain = i < s->cchain ? s->chain :
			    arena_grow(s->a, s->chain, s->cchain++, sizeof *s->chain);
			s->chain[i] = s->nmessages++;
			s->nchain = i + 1;
		}
		around = s->chain[i];
	}
	s->nchain = depth;
	return around;
}

static void
add_edit(struct splice *s, uint64_t at, uint64_t len, const void *bytes, size_t n)
{
	s->edits = arena_grow(s->a, s->edits, s->nedits, sizeof *s->edits);
	s->edits[s->nedits] = (struct splice_edit){ at, len, bytes, n, s->nedits };
	s->nedits++;
}

static bool
change(struct splice *s, const struct wire *w, uint64_t at, uint64_t len, const void *bytes,
    size_t n)
{
	uint32_t message;

	if (s->finished || at < s->end)
		return false;
	message = find_message(s, w);
	if (message != NO_MESSAGE)
		s->messages[message].grown += (int64_t)n - (int64_t)len;
	add_edit(s, at, len, bytes, n);
	s->end = at + len;
	return true;
}

bool
splice_field(struct splice *s, const struct wire *w, const struct wire_field *f,
    const void *bytes, size_t n)
{
	uint64_t end = f->type == WIRE_BYTES ? f->at + f->len : w->pos;

	return !f->cut && change(s, w, f->off, end - f->off, bytes, n);
}

bool
splice_append(struct splice *s, const struct wire *w, const void *bytes, size_t n)
{
	return !w->damaged && change(s, w, w->pos, 0, bytes, n);
}

/* Bytes of the length before a payload: all of them but the last have the top
 * bit, and the tag before them ends in a byte without it. */
static size_t
length_bytes(const struct splice *s, uint64_t start)
{
	unsigned char buf[VARINT_MAX];
	size_t have = start < VARINT_MAX ? (size_t)start : VARINT_MAX, n = 1;

	if (source_read(s->src, start - have, buf, have) != (long)have)
		return 0;
	while (n < have && buf[have - n - 1] & 128)
		n++;
	return n;
}

/* The length of a message that has grown, and what that adds around it. */
static bool
mend_length(struct splice *s, struct splice_message *m)
{
	unsigned char *p;
	size_t old, n;

	if (m->grown == 0)
		return true;
	if ((old = length_bytes(s, m->start)) == 0)
		return false;
	p = arena_alloc(s->a, VARINT_MAX);
	n = wire_varint_put(p, m->end - m->start + (uint64_t)m->grown);
	add_edit(s, m->start - old, old, p, n);
	if (m->around != NO_MESSAGE)
		s->messages[m->around].grown += m->grown + (int64_t)n - (int64_t)old;
	return true;
}

static int
by_place(const void *a, const void *b)
{
	const struct splice_edit *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : (x->order > y->order) -
	    (x->order < y->order);
}

/* Make the lengths right and the edits a list in file order. */
static bool
finish(struct splice *s)
{
	for (uint32_t i = s->nmessages; i-- > 0 && !s->finished;)
		if (!mend_length(s, &s->messages[i]))
			return false;
	if (s->nedits > 0)
		qsort(s->edits, s->nedits, sizeof *s->edits, by_place);
	s->finished = true;
	return true;
}

static bool
copy(const struct source *src, uint64_t at, uint64_t end, struct sink *out)
{
	unsigned char buf[8192];
	size_t want;

	for (; at < end; at += want) {
		want = end - at < sizeof buf ? (size_t)(end - at) : sizeof buf;
		if (source_read(src, at, buf, want) != (long)want)
			return false;
		sink_write(out, buf, want);
	}
	return true;
}

bool
splice_write(struct splice *s, struct sink *out)
{
	uint64_t at = 0;

	if (!finish(s))
		return false;
	for (uint32_t i = 0; i < s->nedits; i++) {
		const struct splice_edit *e = &s->edits[i];

		if (!copy(s->src, at, e->at, out))
			return false;
		sink_write(out, e->bytes, e->n);
		at = e->at + e->len;
	}
	return copy(s->src, at, s->src->size, out) && out->err == 0;
}
