/* SPDX-License-Identifier: Apache-2.0 */
/* What the members of an archive hold. libzip sees one member at a time, as an
 * archive of its own: a header of ours, the member's bytes in the file, a
 * directory of one entry. So it cannot be led astray by the file's own headers,
 * costs the same for an archive of any size (its own opening of 30,000 entries
 * takes 45 ms), and reads no byte outside the member. Reading through libzip
 * also compares the checksum. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <zip.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "read/archive.h"
#include "read/archive_bytes.h"

enum { LOCAL = 30, CENTRAL = 46, END = 22, FRONT = LOCAL + 1, BACK = CENTRAL + 1 + END };
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

/* A member as an archive that libzip reads. */
struct lens {
	const struct source *src;
	uint64_t data, packed, pos;
	unsigned char front[FRONT], back[BACK];
	unsigned char small[4096];   /* all the member's bytes, of one that is small */
	bool filled;
	zip_error_t error;
};

static void
lens_init(struct lens *l, const struct archive *z, const struct archive_entry *e)
{
	unsigned char *c = l->back, *end = l->back + CENTRAL + 1;

	memset(l, 0, offsetof(struct lens, small));
	l->filled = false;
	l->src = z->src;
	l->data = e->data;
	l->packed = e->packed;
	memcpy(l->front, "PK\3\4", 4);
	put16(l->front + 4, 20);
	put16(l->front + 8, e->method);
	put32(l->front + 14, e->crc);
	put32(l->front + 18, (uint32_t)e->packed);
	put32(l->front + 22, (uint32_t)e->size);
	put16(l->front + 26, 1);
	l->front[LOCAL] = 'm';
	memcpy(c, "PK\1\2", 4);
	put16(c + 4, 20);
	memcpy(c + 6, l->front + 4, 26); /* the two have these fields in common */
	c[CENTRAL] = 'm';
	memcpy(end, "PK\5\6", 4);
	put16(end + 8, 1);
	put16(end + 10, 1);
	put32(end + 12, CENTRAL + 1);
	put32(end + 16, (uint32_t)(FRONT + e->packed));
	zip_error_init(&l->error);
}

static uint64_t
lens_size(const struct lens *l)
{
	return FRONT + l->packed + BACK;
}

/* libzip reads the bytes twice. */
static zip_int64_t
lens_data(struct lens *l, uint64_t off, void *buf, uint64_t n)
{
	if (l->packed > sizeof l->small)
		return source_read(l->src, l->data + off, buf, n);
	if (!l->filled && source_read(l->src, l->data, l->small, l->packed) != (long)l->packed)
		return -1;
	l->filled = true;
	memcpy(buf, l->small + off, n);
	return (zip_int64_t)n;
}

/* Bytes from pos on, of the part that pos lies in. */
static zip_int64_t
lens_part(struct lens *l, void *buf, uint64_t n)
{
	const unsigned char *p;
	uint64_t left;

	if (l->pos >= FRONT && l->pos - FRONT < l->packed) {
		left = l->packed - (l->pos - FRONT);
		return lens_data(l, l->pos - FRONT, buf, n < left ? n : left);
	}
	if (l->pos >= FRONT) {
		p = l->back + (l->pos - FRONT - l->packed);
		left = lens_size(l) - l->pos;
	} else {
		p = l->front + l->pos;
		left = FRONT - l->pos;
	}
	n = n < left ? n : left;
	memcpy(buf, p, n);
	return (zip_int64_t)n;
}

static zip_int64_t
lens_read(struct lens *l, unsigned char *buf, uint64_t n)
{
	uint64_t done = 0;
	zip_int64_t got;

	while (done < n && l->pos < lens_size(l)) {
		got = lens_part(l, buf + done, n - done);
		if (got <= 0) {
			zip_error_set(&l->error, ZIP_ER_READ, 0);
			return -1;
		}
		l->pos += (uint64_t)got;
		done += (uint64_t)got;
	}
	return (zip_int64_t)done;
}

static zip_int64_t
lens_stat(const struct lens *l, void *data)
{
	zip_stat_t *st = data;

	zip_stat_init(st);
	st->size = lens_size(l);
	st->valid |= ZIP_STAT_SIZE;
	return sizeof *st;
}

static zip_int64_t
lens_call(void *arg, void *data, zip_uint64_t n, zip_source_cmd_t cmd)
{
	struct lens *l = arg;
	zip_int64_t to;

	if (cmd == ZIP_SOURCE_SUPPORTS)
		return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ,
		    ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
		    ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, -1);
	if (cmd == ZIP_SOURCE_READ)
		return lens_read(l, data, n);
	if (cmd == ZIP_SOURCE_STAT)
		return lens_stat(l, data);
	if (cmd == ZIP_SOURCE_ERROR)
		return zip_error_to_data(&l->error, data, n);
	if (cmd == ZIP_SOURCE_TELL)
		return (zip_int64_t)l->pos;
	if (cmd == ZIP_SOURCE_SEEK) {
		to = zip_source_seek_compute_offset(l->pos, lens_size(l), data, n, &l->error);
		if (to < 0)
			return -1;
		l->pos = (uint64_t)to;
		return 0;
	}
	if (cmd == ZIP_SOURCE_OPEN)
		l->pos = 0;
	return 0;
}

/* A member being read; what is open is closed by unpack_end. */
struct unpack {
	struct lens lens;
	zip_t *zip;
	zip_file_t *file;
};

static bool
unpack_begin(struct unpack *u, const struct archive *z, const struct archive_entry *e)
{
	zip_source_t *src;

	lens_init(&u->lens, z, e);
	u->file = NULL;
	u->zip = NULL;
	if ((src = zip_source_function_create(lens_call, &u->lens, NULL)) == NULL)
		return false;
	if ((u->zip = zip_open_from_source(src, ZIP_RDONLY, NULL)) == NULL) {
		zip_source_free(src);
		return false;
	}
	u->file = zip_fopen_index(u->zip, 0, 0);
	return u->file != NULL;
}

static void
unpack_end(struct unpack *u)
{
	if (u->file != NULL)
		zip_fclose(u->file);
	if (u->zip != NULL)
		zip_discard(u->zip);
	zip_error_fini(&u->lens.error);
}

/* What went wrong, as a finding. Bytes of a wrong checksum are there. */
static void
report_unpack(const struct archive *z, const struct archive_entry *e, struct unpack *u,
    uint64_t done)
{
	int code = u->file == NULL ? ZIP_ER_MEMORY :
	    zip_error_code_zip(zip_file_get_error(u->file));

	if (code == ZIP_ER_CRC)
		report(z, e, DIAG_ZIP_CRC, "has not the checksum that the directory says; it was "
		    "read nevertheless");
	else
		diag_add(z->ctx, DIAG_ZIP_DATA, &(struct where){ .loc = { z->src, e->at, 0 } },
		    "'%s' could not be unpacked beyond its first %" PRIu64 " of %" PRIu64
		    " bytes", e->name, done, e->size);
}

/* All of the member into buf; returns the bytes that came. */
static uint64_t
unpack(struct archive *z, const struct archive_entry *e, unsigned char *buf)
{
	struct unpack u;
	uint64_t done = 0;
	zip_int64_t got = -1;
	unsigned char more;

	if (unpack_begin(&u, z, e)) {
		while (done < e->size &&
		    (got = zip_fread(u.file, buf + done, e->size - done)) > 0)
			done += (uint64_t)got;
		if (done == e->size) /* the end is where the checksum is compared */
			got = zip_fread(u.file, &more, 1);
	}
	if (got != 0)
		report_unpack(z, e, &u, done);
	unpack_end(&u);
	return done;
}

size_t
archive_peek(struct archive *z, struct archive_entry *e, void *buf, size_t n)
{
	struct loc at = archive_place(z, e);
	struct unpack u;
	zip_int64_t got = 0;
	size_t done = 0;

	if (at.src == NULL)
		return 0;
	n = e->size < n ? (size_t)e->size : n;
	if (e->method == 0) {
		got = source_read(at.src, at.off, buf, n);
		return got < 0 ? 0 : (size_t)got;
	}
	if (unpack_begin(&u, z, e))
		while (done < n && (got = zip_fread(u.file, (char *)buf + done, n - done)) > 0)
			done += (size_t)got;
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
	zip_int64_t got = -1;

	if (e->size > max || e->packed > UINT32_MAX - FRONT - BACK)
		return true;
	if (archive_place(z, e).src == NULL)
		return false;
	if (unpack_begin(&u, z, e))
		while ((got = zip_fread(u.file, buf, sizeof buf)) > 0)
			done += (uint64_t)got;
	if (got != 0)
		report_unpack(z, e, &u, done);
	unpack_end(&u);
	return got == 0;
}
