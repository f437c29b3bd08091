/* SPDX-License-Identifier: Apache-2.0 */
/* Archives whose directory is not there, as interrupted downloads leave them:
 * members by their own headers, one behind the other. Where sizes stand behind
 * the payload, as PyTorch writes them, the descriptor is looked for that says the
 * size which it has. The last member, when it is cut, is left out. */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "read/archive.h"
#include "read/archive_bytes.h"
#include "read/archive_cut.h"

enum { LOCAL = 30, DESCRIPTOR = 8, ENTRIES_MAX = 1000000, CHUNK = 32768, TAIL = 24 };

static bool
is_mark(const unsigned char *p, unsigned a, unsigned b)
{
	return p[0] == 'P' && p[1] == 'K' && p[2] == a && p[3] == b;
}

/* Sizes that have no room in 32 bits. */
static void
read_extra(struct archive_entry *e, const unsigned char *p, uint32_t n)
{
	for (uint32_t len; n >= 4; p += 4 + len, n -= 4 + len) {
		len = get16(p + 2);
		if (len > n - 4)
			return;
		if (get16(p) == 1 && len >= 16) {
			e->size = get64(p + 4);
			e->packed = get64(p + 12);
			return;
		}
	}
}

/* Is at p a descriptor of a payload of n bytes? Returns its length, or 0. */
static unsigned
descriptor(struct archive_entry *e, const unsigned char *p, size_t room, uint64_t n)
{
	if (room < 16 || !is_mark(p, 7, 8))
		return 0;
	e->crc = get32(p + 4);
	e->packed = n;
	if (get32(p + 8) == n && (e->method != 0 || get32(p + 12) == n)) {
		e->size = get32(p + 12);
		return 16;
	}
	if (room >= TAIL && get64(p + 8) == n && (e->method != 0 || get64(p + 16) == n)) {
		e->size = get64(p + 16);
		return TAIL;
	}
	return 0;
}

/* The first descriptor behind data that fits it: true, and *end behind it. */
static bool
find_descriptor(const struct source *src, struct archive_entry *e, uint64_t data, uint64_t *end)
{
	unsigned char buf[CHUNK];
	const unsigned char *p;
	unsigned used;
	long n;

	for (uint64_t at = data;; at += CHUNK - TAIL) {
		n = source_read(src, at, buf, sizeof buf);
		if (n < 16)
			return false;
		for (p = buf; (p = memchr(p, 'P', (size_t)(buf + n - p))) != NULL; p++) {
			used = descriptor(e, p, (size_t)(buf + n - p), at + (uint64_t)(p - buf) -
			    data);
			if (used == 0)
				continue;
			*end = at + (uint64_t)(p - buf) + used;
			return true;
		}
		if (n < (long)sizeof buf)
			return false;
	}
}

/* A member at *at, which is moved behind it; false: there is none, or it is cut. */
static bool
read_member(struct archive *z, uint64_t *at, struct archive_entry *e)
{
	unsigned char h[LOCAL], *more;
	uint32_t name, extra;
	uint64_t end;

	if (source_read(z->src, *at, h, LOCAL) != LOCAL || !is_mark(h, 3, 4))
		return false;
	name = get16(h + 26);
	extra = get16(h + 28);
	more = arena_alloc(z->a, (size_t)name + 1 + extra);
	if (source_read(z->src, *at + LOCAL, more, name) != (long)name ||
	    source_read(z->src, *at + LOCAL + name, more + name + 1, extra) != (long)extra)
		return false;
	*e = (struct archive_entry){ .name = (char *)more, .len = name, .at = *at,
	    .crc = get32(h + 14), .packed = get32(h + 18), .size = get32(h + 22),
	    .method = (uint16_t)get16(h + 8), .bits = (uint16_t)get16(h + 6) };
	if (e->packed == UINT32_MAX || e->size == UINT32_MAX)
		read_extra(e, more + name + 1, extra);
	end = *at + LOCAL + name + extra;
	if (e->bits & DESCRIPTOR && e->packed == 0)
		return find_descriptor(z->src, e, end, at);
	if (e->packed > z->src->size - end)
		return false;
	*at = end + e->packed;
	if (e->bits & DESCRIPTOR && source_read(z->src, *at, h, 16) == 16 && is_mark(h, 7, 8))
		*at += get32(h + 8) == e->packed ? 16 : TAIL;
	return true;
}

uint64_t
archive_walk(struct archive *z)
{
	struct archive_entry e;
	uint64_t at = 0;

	z->start = z->src->size;
	while (z->n < ENTRIES_MAX && read_member(z, &at, &e)) {
		z->entries = arena_grow(z->a, z->entries, z->n, sizeof *z->entries);
		z->entries[z->n++] = e;
	}
	return at;
}
