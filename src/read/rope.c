/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/arena.h"
#include "base/sink.h"
#include "base/source.h"
#include "read/rope.h"
#include "read/wire.h"

struct rope_piece {
	const void *bytes;        /* NULL: of the source, or inner */
	const struct rope *inner; /* NULL: no rope */
	uint64_t at, n;
};

void
rope_init(struct rope *r, struct arena *a)
{
	*r = (struct rope){ .a = a };
}

static void
add(struct rope *r, struct rope_piece p)
{
	r->pieces = arena_grow(r->a, r->pieces, r->n, sizeof *r->pieces);
	r->pieces[r->n++] = p;
	r->bytes += p.n;
}

void
rope_range(struct rope *r, uint64_t off, uint64_t n)
{
	struct rope_piece *last = r->n > 0 ? &r->pieces[r->n - 1] : NULL;

	if (last != NULL && last->bytes == NULL && last->inner == NULL &&
	    last->at + last->n == off) {
		last->n += n;
		r->bytes += n;
	} else if (n > 0) {
		add(r, (struct rope_piece){ .at = off, .n = n });
	}
}

void
rope_bytes(struct rope *r, const void *p, size_t n)
{
	void *copy;

	if (n == 0)
		return;
	copy = arena_alloc(r->a, n);
	memcpy(copy, p, n);
	add(r, (struct rope_piece){ .bytes = copy, .n = n });
}

/* Tag and, of payloads, length. */
static void
put_head(struct rope *r, unsigned field, enum wire_type type, uint64_t v)
{
	unsigned char buf[20];
	size_t n = wire_varint_put(buf, (uint64_t)field << 3 | type);

	rope_bytes(r, buf, n + wire_varint_put(buf + n, v));
}

void
rope_varint(struct rope *r, unsigned field, uint64_t v)
{
	put_head(r, field, WIRE_VARINT, v);
}

void
rope_text(struct rope *r, unsigned field, const char *s, size_t n)
{
	put_head(r, field, WIRE_BYTES, n);
	rope_bytes(r, s, n);
}

void
rope_field(struct rope *r, unsigned field, uint64_t off, uint64_t n)
{
	put_head(r, field, WIRE_BYTES, n);
	rope_range(r, off, n);
}

void
rope_message(struct rope *r, unsigned field, const struct rope *inner)
{
	put_head(r, field, WIRE_BYTES, inner->bytes);
	if (inner->bytes > 0)
		add(r, (struct rope_piece){ .inner = inner, .n = inner->bytes });
}

void
rope_append(struct rope *r, const struct rope *inner)
{
	if (inner->bytes > 0)
		add(r, (struct rope_piece){ .inner = inner, .n = inner->bytes });
}

static bool
copy(const struct source *src, uint64_t at, uint64_t n, struct sink *out)
{
	unsigned char buf[1 << 14];
	size_t want;

	for (; n > 0; at += want, n -= want) {
		want = n < sizeof buf ? (size_t)n : sizeof buf;
		if (source_read(src, at, buf, want) != (long)want)
			return false;
		sink_write(out, buf, want);
	}
	return true;
}

bool
rope_write(const struct rope *r, const struct source *src, struct sink *out)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const struct rope_piece *p = &r->pieces[i];

		if (p->bytes != NULL)
			sink_write(out, p->bytes, (size_t)p->n);
		else if (!(p->inner != NULL ? rope_write(p->inner, src, out) :
		    copy(src, p->at, p->n, out)))
			return false;
	}
	return out->err == 0;
}
