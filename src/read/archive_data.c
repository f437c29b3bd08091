/* SPDX-License-Identifier: Apache-2.0 */
/* What the members of an archive hold: bytes of the file as they are, or
 * inflated by zlib, which sees the packed bytes alone and so cannot be led astray
 * by headers. Checksums are compared when a member was read to its end. */
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "read/archive.h"
#include "read/archive_bytes.h"

enum { LOCAL = 30, PIECE = 16384 };
/* Of one member, and of all members of an archive together. */
#define MEMBER_MAX (UINT64_C(256) << 20)
#define TOTAL_MAX (UINT64_C(1) << 30)

static void
report(const struct archive *z, const struct archive_entry *e, enum diag_id id, const char *what)
{
	diag_add(z->ctx, id, &(struct where){ .loc = { z->src, e->at, 0 }, .path = e->name },
	    "'%s' %s", e->name, what);
}

/* Does the member's own header say what the directory says? Sizes that stand
 * behind the payload are zero here. */
static bool
agrees(const struct archive *z, const struct archive_entry *e, const unsigned char *h)
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
	unsigned char h[LOCAL];

	if (e->flags & ENTRY_BAD) {
		report(z, e, DIAG_ZIP_ENTRY, "was not read: see what is said about its entry");
		return (struct loc){ NULL, 0, 0 };
	}
	if (e->data != 0)
		return (struct loc){ z->src, e->data, e->packed };
	if (source_read(z->src, e->at, h, LOCAL) != LOCAL || memcmp(h, "PK\3\4", 4) != 0) {
		e->flags |= ENTRY_OUTSIDE;
		report(z, e, DIAG_ZIP_ENTRY,
		    "has no header where the directory says; it was not read");
		return (struct loc){ NULL, 0, 0 };
	}
	if (!agrees(z, e, h)) {
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

/* A member being read. */
struct unpack {
	const struct archive *z;
	const struct archive_entry *e;
	uint64_t at, left;          /* packed bytes that are still in the file */
	uint64_t done;              /* bytes that came out */
	uLong crc;
	z_stream stream;
	bool broken, ended;
	unsigned char in[PIECE];
};

static void
unpack_begin(struct unpack *u, const struct archive *z, const struct archive_entry *e)
{
	u->z = z;
	u->e = e;
	u->at = e->data;
	u->left = e->packed;
	u->done = 0;
	u->crc = crc32(0, NULL, 0);
	memset(&u->stream, 0, sizeof u->stream);
	u->ended = false;
	/* raw: the member has no header of zlib's */
	u->broken = e->method != 0 && inflateInit2(&u->stream, -MAX_WBITS) != Z_OK;
}

static void
unpack_end(struct unpack *u)
{
	if (u->e->method != 0)
		(void)inflateEnd(&u->stream);
}

/* More of the packed bytes; false: there are none. */
static bool
refill(struct unpack *u)
{
	size_t n = u->left < sizeof u->in ? (size_t)u->left : sizeof u->in;
	long got = n == 0 ? 0 : source_read(u->z->src, u->at, u->in, n);

	if (got <= 0)
		return false;
	u->at += (uint64_t)got;
	u->left -= (uint64_t)got;
	u->stream.next_in = u->in;
	u->stream.avail_in = (uInt)got;
	return true;
}

static size_t
copy_stored(struct unpack *u, unsigned char *buf, size_t n)
{
	long got = source_read(u->z->src, u->at, buf, n < u->left ? n : (size_t)u->left);

	if (got <= 0)
		return 0;
	u->at += (uint64_t)got;
	u->left -= (uint64_t)got;
	return (size_t)got;
}

static size_t
inflate_some(struct unpack *u, unsigned char *buf, size_t n)
{
	int code = Z_OK;

	u->stream.next_out = buf;
	u->stream.avail_out = (uInt)n;
	while (u->stream.avail_out > 0 && code == Z_OK) {
		if (u->stream.avail_in == 0 && !refill(u))
			break;
		code = inflate(&u->stream, Z_NO_FLUSH);
	}
	u->ended = code == Z_STREAM_END;
	u->broken = code != Z_OK && code != Z_STREAM_END;
	return n - u->stream.avail_out;
}

/* At most n bytes, which are fewer at the end and where the data is broken. */
static size_t
unpack_some(struct unpack *u, unsigned char *buf, size_t n)
{
	size_t got = 0;

	if (u->broken || u->ended)
		return 0;
	got = u->e->method == 0 ? copy_stored(u, buf, n) : inflate_some(u, buf, n);
	u->crc = crc32(u->crc, buf, (uInt)got);
	u->done += got;
	return got;
}

/* Nothing more is wanted: is that the end, and are these the bytes? What is wrong
 * is a finding; bytes of a wrong checksum are there. */
static bool
unpack_is_good(struct unpack *u)
{
	const struct archive_entry *e = u->e;
	struct where where = { .loc = { u->z->src, e->at, 0 } };
	unsigned char more;

	if (u->broken || u->done != e->size || unpack_some(u, &more, 1) != 0 ||
	    (e->method != 0 && !u->ended)) {
		diag_add(u->z->ctx, DIAG_ZIP_DATA, &where, "'%s' could not be unpacked beyond its "
		    "first %" PRIu64 " of %" PRIu64 " bytes", e->name,
		    u->done < e->size ? u->done : e->size, e->size);
		return false;
	}
	if (u->crc == e->crc)
		return true;
	report(u->z, e, DIAG_ZIP_CRC, "has not the checksum that the directory says; it was "
	    "read nevertheless");
	return false;
}

/* All of the member into buf, which has room for it; returns the bytes that came. */
static uint64_t
unpack(struct archive *z, const struct archive_entry *e, unsigned char *buf)
{
	struct unpack u;
	uint64_t done;

	unpack_begin(&u, z, e);
	while (u.done < e->size && unpack_some(&u, buf + u.done, e->size - u.done) > 0)
		;
	done = u.done;
	(void)unpack_is_good(&u);
	unpack_end(&u);
	return done;
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

struct source *
archive_source(struct archive *z, struct archive_entry *e, struct arena *a)
{
	struct loc at;
	const char *p;
	size_t n;

	if (e->method == 0) {
		at = archive_place(z, e);
		return at.src == NULL ? NULL :
		    source_slice(z->a, name_of(z, e), at.src, at.off, at.len);
	}
	a = a == NULL ? z->a : a;
	if ((p = archive_bytes(z, e, a, &n)) == NULL)
		return NULL;
	return source_memory(a, name_of(z, e), p, n);
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
	return source_lazy(z->a, name_of(z, e), e->size, make_bytes, l);
}

bool
archive_verify(struct archive *z, struct archive_entry *e, uint64_t max)
{
	unsigned char buf[PIECE];
	struct unpack u;
	bool good;

	if (e->size > max)
		return true;
	if (archive_place(z, e).src == NULL)
		return false;
	unpack_begin(&u, z, e);
	while (u.done < e->size && unpack_some(&u, buf, e->size - u.done < sizeof buf ?
	    e->size - u.done : sizeof buf) > 0)
		;
	good = unpack_is_good(&u);
	unpack_end(&u);
	return good;
}
