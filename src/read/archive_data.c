/* SPDX-License-Identifier: Apache-2.0 */
/* What the members of an archive hold: zlib unpacks them, one at a time, from
 * the bytes that the directory gives them, and their checksums are compared. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "read/archive.h"
#include "read/archive_bytes.h"

enum { LOCAL = 30 };
/* Of one member, and of all members of an archive together. */
#define MEMBER_MAX (UINT64_C(256) << 20)
#define TOTAL_MAX (UINT64_C(1) << 30)

static void
report(const struct archive *z, const struct archive_entry *e, enum diag_id id, const char *what)
{
	diag_add(z->ctx, id, &(struct where){ .loc = { z->src, e->at, 0 }, .path = e->name },
	    "'%s' %s", e->name, what);
}

/* A name that the header's first bytes hold needs no more reading. */
enum { HEAD = LOCAL + 226 };

/* Does the member's own header, n bytes of it, say what the directory says? Sizes
 * that stand behind the payload are zero here. */
static bool
agrees(const struct archive *z, const struct archive_entry *e, const unsigned char *h, long got)
{
	enum { DESCRIPTOR = 8 };
	unsigned char name[256];
	uint32_t done, n;

	if (get16(h + 8) != e->method || get16(h + 26) != e->len ||
	    ((get16(h + 6) ^ e->bits) & (1 | DESCRIPTOR)) != 0)
		return false;
	if (!(e->bits & DESCRIPTOR) && get32(h + 18) != UINT32_MAX &&
	    (get32(h + 18) != e->packed || get32(h + 22) != e->size || get32(h + 14) != e->crc))
		return false;
	if (e->len <= got - LOCAL)
		return memcmp(h + LOCAL, e->name, e->len) == 0;
	for (done = 0; done < e->len; done += n) {
		n = e->len - done < sizeof name ? e->len - done : sizeof name;
		if (source_read(z->src, e->at + LOCAL + done, name, n) != (long)n ||
		    memcmp(name, e->name + done, n) != 0)
			return false;
	}
	return true;
}

struct loc
archive_place(struct archive *z, struct archive_entry *e)
{
	unsigned char h[HEAD];
	long got;

	if (e->file != NULL)
		return (struct loc){ e->file, 0, e->file->size };
	if (e->flags & ENTRY_BAD) {
		report(z, e, DIAG_ZIP_ENTRY, "was not read: see what is said about its entry");
		return (struct loc){ NULL, 0, 0 };
	}
	if (e->data != 0)
		return (struct loc){ z->src, e->data, e->packed };
	got = source_read(z->src, e->at, h, LOCAL + (e->len < HEAD - LOCAL ? e->len : 0));
	if (got < LOCAL || memcmp(h, "PK\3\4", 4) != 0) {
		e->flags |= ENTRY_OUTSIDE;
		report(z, e, DIAG_ZIP_ENTRY,
		    "has no header where the directory says; it was not read");
		return (struct loc){ NULL, 0, 0 };
	}
	if (!agrees(z, e, h, got)) {
		e->flags |= ENTRY_LOCAL;
		report(z, e, DIAG_ZIP_LOCAL, "has a header of its own that contradicts the "
		    "directory; the directory was believed");
	}
	e->data = e->at + LOCAL + get16(h + 26) + get16(h + 28);
	if (e->data > z->start || e->packed > z->start - e->data) {
		e->flags |= ENTRY_OUTSIDE;
		report(z, e, DIAG_ZIP_ENTRY, "reaches into the directory; it was not read");
		return (struct loc){ NULL, 0, 0 };
	}
	return (struct loc){ z->src, e->data, e->packed };
}

/* A member being read; unpack_end closes it. */
struct unpack {
	const struct archive *z;
	const struct archive_entry *e;
	z_stream s;
	uint64_t pos;   /* bytes of the payload that were taken */
	uint32_t crc;
	bool ended;     /* there is no more, as the payload itself says */
	unsigned char in[16384];
};

static bool
unpack_begin(struct unpack *u, const struct archive *z, const struct archive_entry *e)
{
	memset(u, 0, offsetof(struct unpack, in));
	u->z = z;
	u->e = e;
	return inflateInit2(&u->s, -MAX_WBITS) == Z_OK; /* deflate without a header */
}

static void
unpack_end(struct unpack *u)
{
	inflateEnd(&u->s);
}

/* The next n bytes of the payload, as they lie in the file; returns how many. */
static size_t
take(struct unpack *u, void *buf, size_t n)
{
	uint64_t left = u->e->packed - u->pos;
	long got = source_read(u->z->src, u->e->data + u->pos, buf, n < left ? n : (size_t)left);

	u->pos += got > 0 ? (uint64_t)got : 0;
	return got > 0 ? (size_t)got : 0;
}

static size_t
inflate_more(struct unpack *u, void *buf, size_t n)
{
	int rc = Z_OK;

	u->s.next_out = buf;
	u->s.avail_out = (uInt)n;
	while (rc == Z_OK && u->s.avail_out > 0 && !u->ended) {
		if (u->s.avail_in == 0) {
			u->s.next_in = u->in;
			u->s.avail_in = (uInt)take(u, u->in, sizeof u->in);
		}
		/* told that it has all of a small member, zlib keeps no window of it */
		rc = inflate(&u->s, u->pos == u->e->packed ? Z_FINISH : Z_NO_FLUSH);
	}
	u->ended = u->ended || rc == Z_STREAM_END;
	return n - u->s.avail_out;
}

/* At most n (below 4 GiB) more bytes of the content; none at its end or a fault. */
static size_t
unpack_more(struct unpack *u, void *buf, size_t n)
{
	size_t got;

	if (u->e->method != 0) {
		got = inflate_more(u, buf, n);
	} else {
		got = take(u, buf, n);
		u->ended = u->pos == u->e->packed;
	}
	u->crc = (uint32_t)crc32(u->crc, buf, (uInt)got);
	return got;
}

/* Is the content what the directory says, now that done bytes came? Bytes of a
 * wrong checksum are there. */
static bool
unpack_check(const struct unpack *u, uint64_t done)
{
	const struct archive_entry *e = u->e;

	if (!u->ended || done != e->size)
		diag_add(u->z->ctx, DIAG_ZIP_DATA,
		    &(struct where){ .loc = { u->z->src, e->at, 0 } },
		    "'%s' could not be unpacked beyond its first %" PRIu64 " of %" PRIu64
		    " bytes", e->name, done < e->size ? done : e->size, e->size);
	else if (u->crc != e->crc)
		report(u->z, e, DIAG_ZIP_CRC, "has not the checksum that the directory says; "
		    "it was read nevertheless");
	else
		return true;
	return false;
}

/* All of the member into buf, of one byte more than it has: that is how one that
 * goes on is noticed. Returns the bytes that came. */
static uint64_t
unpack(const struct archive *z, const struct archive_entry *e, unsigned char *buf)
{
	struct unpack u;
	uint64_t done = 0;

	if (unpack_begin(&u, z, e))
		done = unpack_more(&u, buf, (size_t)e->size + 1);
	unpack_check(&u, done);
	unpack_end(&u);
	return done < e->size ? done : e->size;
}

size_t
archive_peek(struct archive *z, struct archive_entry *e, void *buf, size_t n)
{
	struct loc at = archive_place(z, e);
	struct unpack u;
	size_t got = 0;

	if (at.src == NULL)
		return 0;
	if (unpack_begin(&u, z, e))
		got = unpack_more(&u, buf, e->size < n ? (size_t)e->size : n);
	unpack_end(&u);
	return got;
}

/* Room for the content under the budget; NULL after a diagnostic. */
static unsigned char *
room_for(struct archive *z, const struct archive_entry *e, struct arena *a)
{
	unsigned char *buf;

	if (e->size > MEMBER_MAX || e->size > TOTAL_MAX - z->inflated) {
		diag_add(z->ctx, DIAG_ZIP_BUDGET, &(struct where){ .loc = { z->src, e->at, 0 } },
		    "'%s' unpacks to %" PRIu64 " bytes, more than are unpacked of one member "
		    "(256 MiB) or archive (1 GiB); it was not read", e->name, e->size);
		return NULL;
	}
	if ((buf = arena_try(a, e->size + 1, 1)) == NULL) {
		diag_add(z->ctx, DIAG_MEMORY, &(struct where){ .loc = { z->src, e->at, 0 } },
		    "no memory to unpack the %" PRIu64 " bytes of '%s'", e->size, e->name);
		return NULL;
	}
	z->inflated += e->size;
	return buf;
}

const char *
archive_bytes(struct archive *z, struct archive_entry *e, struct arena *a, size_t *n)
{
	struct loc at = archive_place(z, e);
	unsigned char *buf;
	long got;

	if (at.src == NULL || (buf = room_for(z, e, a == NULL ? z->a : a)) == NULL)
		return NULL;
	if (e->method == 0) {
		got = source_read(at.src, at.off, buf, at.len);
		if (got < (long)at.len)
			report(z, e, DIAG_ZIP_DATA, "could not be read to its end");
		*n = got < 0 ? 0 : (size_t)got;
	} else {
		*n = unpack(z, e, buf);
	}
	buf[*n] = '\0';
	return (const char *)buf;
}

static const char *
name_of(const struct archive *z, const struct archive_entry *e)
{
	return arena_printf(z->a, "%s:%s", z->src->name, e->name);
}

static struct source *
as_member(const struct archive *z, const struct archive_entry *e, struct source *src)
{
	src->member = z->src->member == NULL ? e->name :
	    arena_printf(z->a, "%s:%s", z->src->member, e->name);
	return src;
}

struct source *
archive_source(struct archive *z, struct archive_entry *e, struct arena *a)
{
	struct loc at;
	const char *p;
	size_t n;

	if (e->file != NULL)
		return e->file;
	if (e->method == 0) {
		at = archive_place(z, e);
		return at.src == NULL ? NULL : as_member(z, e,
		    source_slice(z->a, name_of(z, e), at.src, at.off, at.len));
	}
	a = a == NULL ? z->a : a;
	if ((p = archive_bytes(z, e, a, &n)) == NULL)
		return NULL;
	return as_member(z, e, source_memory(a, name_of(z, e), p, n));
}

/* A member that is unpacked when somebody reads it, then kept. */
struct later {
	struct archive *z;
	struct archive_entry *e;
	unsigned char *bytes;
	bool tried;
};

static const unsigned char *
make_bytes(void *arg)
{
	struct later *l = arg;

	if (!l->tried) {
		l->tried = true;
		l->bytes = room_for(l->z, l->e, l->z->a);
		if (l->bytes != NULL && unpack(l->z, l->e, l->bytes) != l->e->size)
			l->bytes = NULL;
	}
	return l->bytes;
}

bool
archive_fits(const struct archive_entry *e)
{
	return e->method == 0 || e->size <= MEMBER_MAX;
}

struct source *
archive_lazy(struct archive *z, struct archive_entry *e)
{
	struct later *l;

	if (e->method == 0 || e->flags & ENTRY_BAD)
		return archive_source(z, e, NULL);
	if (archive_place(z, e).src == NULL)
		return NULL;
	l = arena_alloc(z->a, sizeof *l);
	l->z = z;
	l->e = e;
	return as_member(z, e, source_lazy(z->a, name_of(z, e), e->size, make_bytes, l));
}

bool
archive_verify(struct archive *z, struct archive_entry *e, uint64_t max)
{
	unsigned char buf[16384];
	struct unpack u;
	uint64_t done = 0;
	size_t got;
	bool ok;

	if (e->size > max)
		return true;
	if (archive_place(z, e).src == NULL)
		return false;
	if (unpack_begin(&u, z, e))
		while (done <= e->size && (got = unpack_more(&u, buf, sizeof buf)) > 0)
			done += got;
	ok = unpack_check(&u, done);
	unpack_end(&u);
	return ok;
}
