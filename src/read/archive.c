/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a zip archive: found from the end, read whole, its names
 * kept in place. Every number meets the size of the file before it is used.
 * Findings are reported once for all entries of a kind. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/hash.h"
#include "base/source.h"
#include "read/archive.h"
#include "read/archive_bytes.h"
#include "read/archive_cut.h"

enum {
	END = 22, END64 = 56, LOCATOR64 = 20, CENTRAL = 46, LOCAL = 30,
	COMMENT_MAX = 65535, ENTRIES_MAX = 1000000, DEFLATE_RATIO = 1032
};

/* What the end of the archive says about its directory. */
struct ending {
	uint64_t at;         /* of the first end record: the directory ends here */
	uint64_t entries, size, offset;
	uint64_t behind;     /* bytes that follow the archive */
	bool disks;          /* of an archive in several files */
};

static void
report(const struct archive *z, enum diag_id id, uint64_t off, const char *what)
{
	diag_add(z->ctx, id, &(struct where){ .loc = { z->src, off, 0 } }, "%s", what);
}

bool
archive_is(const struct source *src)
{
	unsigned char b[4];

	return source_read(src, 0, b, 4) == 4 && memcmp(b, "PK", 2) == 0 &&
	    ((b[2] == 3 && b[3] == 4) || (b[2] == 5 && b[3] == 6));
}

/* The last end record whose comment ends with the file, else the last at all. */
static const unsigned char *
find_end(const unsigned char *buf, size_t n)
{
	const unsigned char *loose = NULL;

	for (size_t i = n >= END ? n - END + 1 : 0; i-- > 0;) {
		if (memcmp(buf + i, "PK\5\6", 4) != 0)
			continue;
		if (i + END + get16(buf + i + 20) == n)
			return buf + i;
		if (loose == NULL)
			loose = buf + i;
	}
	return loose;
}

/* The 64-bit record, which counts where the small one has no room. PyTorch
 * always writes one. */
static void
read_end64(struct archive *z, struct ending *e)
{
	unsigned char b[END64];
	uint64_t at;

	if (e->at < LOCATOR64 ||
	    source_read(z->src, e->at - LOCATOR64, b, LOCATOR64) != LOCATOR64 ||
	    memcmp(b, "PK\6\7", 4) != 0)
		return;
	e->disks |= get32(b + 4) != 0 || get32(b + 16) > 1;
	at = get64(b + 8);
	/* what stands before the archive moves it; then it is where it must be */
	if (at > e->at || source_read(z->src, at, b, END64) != END64 ||
	    memcmp(b, "PK\6\6", 4) != 0) {
		at = e->at - LOCATOR64 - END64;
		if (e->at < LOCATOR64 + END64 || source_read(z->src, at, b, END64) != END64 ||
		    memcmp(b, "PK\6\6", 4) != 0) {
			report(z, DIAG_ZIP_DIRECTORY, e->at, "the 64-bit end record is not where "
			    "the archive says; the small one was used");
			return;
		}
	}
	e->at = at;
	e->entries = get64(b + 32);
	e->size = get64(b + 40);
	e->offset = get64(b + 48);
}

/* Look for the end record in the last n bytes, read into buf. */
static const unsigned char *
look_for_end(const struct archive *z, unsigned char *buf, uint64_t *n, uint64_t *at)
{
	long got;

	*n = z->src->size < *n ? z->src->size : *n;
	*at = z->src->size - *n;
	got = source_read(z->src, *at, buf, *n);
	return got < 0 ? NULL : find_end(buf, (size_t)got);
}

/* Few archives have a comment. */
static bool
read_end(struct archive *z, struct ending *e)
{
	unsigned char tail[512], *buf = tail;
	uint64_t n = sizeof tail, at;
	const unsigned char *p = look_for_end(z, tail, &n, &at);

	if (p == NULL) {
		n = END + COMMENT_MAX;
		buf = arena_array(z->a, n, 1);
		if ((p = look_for_end(z, buf, &n, &at)) == NULL)
			return false;
	}
	memset(e, 0, sizeof *e);
	e->at = at + (uint64_t)(p - buf);
	e->behind = z->src->size - e->at - END - get16(p + 20);
	if (e->behind > z->src->size)
		e->behind = 0;
	e->disks = get16(p + 4) != 0 || get16(p + 6) != 0;
	e->entries = get16(p + 10);
	e->size = get32(p + 12);
	e->offset = get32(p + 16);
	read_end64(z, e);
	return true;
}

static bool
is_central(const struct archive *z, uint64_t at)
{
	unsigned char b[4];

	return source_read(z->src, at, b, 4) == 4 && memcmp(b, "PK\1\2", 4) == 0;
}

/* The directory lies before its end; how far from where it says, that many
 * bytes stand before the archive. */
static bool
place_directory(struct archive *z, struct ending *e)
{
	if (e->size <= e->at && (e->size == 0 || is_central(z, e->at - e->size)) &&
	    e->offset <= e->at - e->size) {
		z->start = e->at - e->size;
		z->before = z->start - e->offset;
		return true;
	}
	if (e->offset < e->at && is_central(z, e->offset)) {
		report(z, DIAG_ZIP_DIRECTORY, e->at, "the directory is not as large as its end "
		    "record says; it was read as far as it goes");
		z->start = e->offset;
		e->size = e->at - e->offset;
		z->damaged = true;
		return true;
	}
	return false;
}

/* Sizes and place that had no room in 32 bits, in this order. */
static void
read_extra64(struct archive_entry *e, const unsigned char *p, uint32_t n)
{
	uint64_t *const fields[] = { &e->size, &e->packed, &e->at };
	uint32_t len;

	for (; n >= 4; p += 4 + len, n -= 4 + len) {
		len = get16(p + 2);
		if (len > n - 4)
			return;
		if (get16(p) != 1)
			continue;
		p += 4;
		for (size_t i = 0; i < 3; i++) {
			if (*fields[i] != UINT32_MAX)
				continue;
			if (len < 8)
				return;
			*fields[i] = get64(p);
			p += 8;
			len -= 8;
		}
		return;
	}
}

static bool
is_odd_name(const char *s, uint32_t n)
{
	uint32_t start = 0, i;

	if (n == 0 || *s == '/')
		return true;
	for (i = 0; i <= n; i++) {
		if (i == n || s[i] == '/') {
			if (i - start == 2 && memcmp(s + start, "..", 2) == 0)
				return true;
			start = i + 1;
		} else if ((unsigned char)s[i] < 32 || s[i] == 127 || s[i] == '\\' ||
		    (s[i] == ':' && i == 1)) {
			return true;
		}
	}
	return false;
}

/* p: its entry in the directory, or NULL. */
static uint32_t
flags_of(const struct archive *z, const struct archive_entry *e, const unsigned char *p)
{
	uint32_t flags = 0, mode = p != NULL ? get32(p + 38) >> 16 : 0;
	uint64_t end;

	if (e->len > 0 && e->name[e->len - 1] == '/')
		flags |= ENTRY_FOLDER;
	if (p != NULL && p[5] == 3 && (mode & 0170000) == 0120000) /* made on Unix; S_IFLNK there */
		flags |= ENTRY_LINK;
	if (e->bits & (1 | 1 << 6))
		flags |= ENTRY_ENCRYPTED;
	if ((e->method != 0 && e->method != 8) || e->bits & 1 << 5)
		flags |= ENTRY_METHOD;
	if (__builtin_add_overflow(e->at, e->packed, &end) ||
	    __builtin_add_overflow(end, LOCAL + (uint64_t)e->len, &end) || end > z->start ||
	    (e->method == 0 && e->packed != e->size && !(flags & ENTRY_ENCRYPTED)) ||
	    (e->method == 8 && e->size / DEFLATE_RATIO > e->packed))
		flags |= ENTRY_OUTSIDE;
	return flags | (is_odd_name(e->name, e->len) ? ENTRY_NAME : 0);
}

/* One entry at p of n bytes; returns its length, 0 when it is none. The name
 * moves one byte to the front, so that a NUL has room behind it. */
static uint64_t
read_entry(const struct archive *z, unsigned char *p, uint64_t n, struct archive_entry *e)
{
	uint32_t name, extra, comment;

	if (n < CENTRAL || memcmp(p, "PK\1\2", 4) != 0)
		return 0;
	name = get16(p + 28);
	extra = get16(p + 30);
	comment = get16(p + 32);
	if (name + extra + comment > n - CENTRAL)
		return 0;
	e->bits = get16(p + 8);
	e->method = get16(p + 10);
	e->crc = get32(p + 16);
	e->packed = get32(p + 20);
	e->size = get32(p + 24);
	e->at = get32(p + 42);
	e->len = name;
	read_extra64(e, p + CENTRAL + name, extra);
	if (__builtin_add_overflow(e->at, z->before, &e->at))
		e->at = UINT64_MAX;
	e->name = memmove(p + CENTRAL - 1, p + CENTRAL, name);
	p[CENTRAL - 1 + name] = '\0';
	e->flags = flags_of(z, e, p);
	return CENTRAL + (uint64_t)name + extra + comment;
}

static bool
read_entries(struct archive *z, const struct ending *end)
{
	unsigned char *p = arena_try(z->a, end->size, 1);
	uint64_t room = end->size / CENTRAL, left, used;
	long got;

	room = room < ENTRIES_MAX ? room : ENTRIES_MAX;
	room = room < end->entries || end->entries == UINT16_MAX ? room : end->entries;
	z->entries = arena_try(z->a, room, sizeof *z->entries);
	if (p == NULL || z->entries == NULL) {
		diag_add(z->ctx, DIAG_MEMORY, NULL, "%s: no memory for a directory of %" PRIu64
		    " bytes", z->src->name, end->size);
		return false;
	}
	got = source_read(z->src, z->start, p, end->size);
	left = got < 0 ? 0 : (uint64_t)got;
	while (z->n < room && left > 0) {
		used = read_entry(z, p, left, &z->entries[z->n]);
		if (used == 0)
			break;
		p += used;
		left -= used;
		z->n++;
	}
	/* the small record counts modulo 65536 */
	if (z->n != end->entries && (z->n & UINT16_MAX) != end->entries) {
		z->damaged = true;
		diag_add(z->ctx, DIAG_ZIP_DIRECTORY,
		    &(struct where){ .loc = { z->src, z->start + (end->size - left), 0 } },
		    "the directory has %" PRIu32 " of the %" PRIu64 " entries it claims; the "
		    "others cannot be read", z->n, end->entries);
	}
	return true;
}

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static uint32_t
hash_name(const struct archive *z, const char *s, uint32_t n)
{
	uint64_t h = z->ctx->hash_key;
	char low[128];
	uint32_t i, k;

	for (i = 0; i < n; i += k) {
		for (k = 0; k < sizeof low && k < n - i; k++)
			low[k] = lower(s[i + k]);
		h = hash_bytes(h, low, k);
	}
	return (uint32_t)(h ^ h >> 32);
}

/* Entries with equal names are in one chain of slots, in their order. */
void
archive_index(struct archive *z)
{
	uint32_t size = 16, i, k;
	struct archive_entry *e, *o;

	while (size < z->n * 2)
		size *= 2;
	z->slots = arena_array(z->a, size, sizeof *z->slots);
	z->mask = size - 1;
	for (i = 0; i < z->n; i++) {
		e = &z->entries[i];
		for (k = hash_name(z, e->name, e->len) & z->mask; z->slots[k] != 0;
		    k = (k + 1) & z->mask) {
			o = &z->entries[z->slots[k] - 1];
			if (o->len != e->len || memcmp(o->name, e->name, e->len) != 0)
				continue;
			o->flags |= ENTRY_SHADOWED;
			break;
		}
		z->slots[k] = i + 1;
	}
}

static struct archive_entry *
find(const struct archive *z, const char *name, uint32_t n)
{
	struct archive_entry *e, *near = NULL;

	for (uint32_t k = hash_name(z, name, n) & z->mask; z->slots[k] != 0;
	    k = (k + 1) & z->mask) {
		e = &z->entries[z->slots[k] - 1];
		if (e->len != n)
			continue;
		if (memcmp(e->name, name, n) == 0)
			return e;
		if (strncasecmp(e->name, name, n) == 0 && (near == NULL || e > near))
			near = e;
	}
	return near;
}

struct archive_entry *
archive_find(const struct archive *z, const char *name)
{
	return find(z, name, (uint32_t)strlen(name));
}

struct archive_entry *
archive_record(const struct archive *z, const char *name)
{
	char buf[1024];
	size_t n = strlen(name);

	if (z->n == 0 || n > sizeof buf - 1 || z->top > sizeof buf - 1 - n)
		return NULL;
	memcpy(buf, z->entries[0].name, z->top);
	memcpy(buf + z->top, name, n + 1);
	return find(z, buf, z->top + (uint32_t)n);
}

const char *
archive_base(const struct archive *z, const struct archive_entry *e)
{
	bool below = e->len >= z->top && memcmp(e->name, z->entries[0].name, z->top) == 0;

	return e->name + (below ? z->top : 0);
}

static int
by_place(const void *a, const void *b)
{
	const struct archive_entry *x = *(struct archive_entry *const *)a;
	const struct archive_entry *y = *(struct archive_entry *const *)b;

	return x->at < y->at ? -1 : x->at > y->at ? 1 : x < y ? -1 : 1;
}

/* Of entries that share bytes the one that begins later is the odd one, and of
 * two at one place both. Writers leave entries in the order of their places. */
static void
find_overlaps(struct archive *z)
{
	struct archive_entry **list = NULL, *e, *before = NULL;
	bool sorted = true;
	uint64_t end = 0;

	for (uint32_t i = 1; i < z->n; i++)
		sorted &= z->entries[i - 1].at <= z->entries[i].at;
	if (!sorted) {
		list = arena_array(z->a, z->n, sizeof *list);
		for (uint32_t i = 0; i < z->n; i++)
			list[i] = &z->entries[i];
		qsort(list, z->n, sizeof *list, by_place);
	}
	for (uint32_t i = 0; i < z->n; i++) {
		e = sorted ? &z->entries[i] : list[i];
		if (e->flags & ENTRY_OUTSIDE)
			continue;
		if (e->at < end) {
			e->flags |= ENTRY_OVERLAP;
			before->flags |= e->at == before->at ? ENTRY_OVERLAP : 0;
		}
		if (e->at + LOCAL + e->len + e->packed > end) {
			end = e->at + LOCAL + e->len + e->packed;
			before = e;
		}
	}
}

static const struct finding { uint32_t flag; enum diag_id id; const char *what; } findings[] = {
	{ ENTRY_OUTSIDE, DIAG_ZIP_ENTRY, "whose sizes or places contradict the file; "
	    "they are not read" },
	{ ENTRY_OVERLAP, DIAG_ZIP_OVERLAP, "that share bytes with another; they are not read" },
	{ ENTRY_ENCRYPTED, DIAG_ZIP_METHOD, "that are encrypted; they are not read" },
	{ ENTRY_METHOD, DIAG_ZIP_METHOD, "packed by another method than deflate; "
	    "they are not read" },
	{ ENTRY_SHADOWED, DIAG_ZIP_DUPLICATE, "whose name a later entry has as well; the last of "
	    "them counts" },
	{ ENTRY_NAME, DIAG_ZIP_NAME, "with a name that leads out of the archive or that no file "
	    "has; nothing is ever written there" }
};

static void
report_entries(struct archive *z)
{
	for (size_t i = 0; i < sizeof findings / sizeof *findings; i++) {
		const struct archive_entry *first = NULL;
		uint32_t n = 0;

		for (uint32_t k = 0; k < z->n; k++)
			if (z->entries[k].flags & findings[i].flag && n++ == 0)
				first = &z->entries[k];
		if (first != NULL)
			diag_add(z->ctx, findings[i].id,
			    &(struct where){ .loc = { z->src, first->at, 0 } },
			    "%s: %" PRIu32 " entr%s %s; the first is '%s'", z->src->name, n,
			    n == 1 ? "y" : "ies", findings[i].what, first->name);
	}
}

static void
report_ending(struct archive *z, const struct ending *e)
{
	if (e->disks)
		report(z, DIAG_ZIP_DIRECTORY, e->at,
		    "an archive in several files; what lies in this one was read");
	if (z->before > 0)
		diag_add(z->ctx, DIAG_ZIP_AROUND, &(struct where){ .loc = { z->src, 0, 0 } },
		    "%" PRIu64 " bytes stand before the archive; they were passed over",
		    z->before);
	if (e->behind > 0)
		diag_add(z->ctx, DIAG_ZIP_AROUND, &(struct where){ .loc = { z->src,
		    z->src->size - e->behind, 0 } },
		    "%" PRIu64 " bytes follow the archive; they were passed over", e->behind);
}

/* "folder/" of the first entry, as PyTorch's reader takes it. */
static uint32_t
top_of(const struct archive *z)
{
	const char *slash = z->n == 0 ? NULL : memchr(z->entries[0].name, '/', z->entries[0].len);

	return slash == NULL ? 0 : (uint32_t)(slash - z->entries[0].name) + 1;
}

/* Without a directory: what stands before each member says what it is. */
static bool
walk(struct archive *z)
{
	uint64_t end = archive_walk(z);

	for (uint32_t i = 0; i < z->n; i++)
		z->entries[i].flags = flags_of(z, &z->entries[i], NULL);
	z->damaged = z->endless = true;
	if (z->n == 0)
		diag_add(z->ctx, DIAG_ZIP_CUT,
		    &(struct where){ .loc = { z->src, z->src->size, 0 } },
		    "%s: the archive's directory, which stands at its end, is not there, nor a "
		    "whole member", z->src->name);
	else
		diag_add(z->ctx, DIAG_ZIP_WALKED, &(struct where){ .loc = { z->src, end, 0 } },
		    "%s: the archive's directory, which stands at its end, is not there; %" PRIu32
		    " member%s found by %s own header%s", z->src->name, z->n,
		    z->n == 1 ? " was" : "s were", z->n == 1 ? "its" : "their",
		    z->n == 1 ? "" : "s");
	return z->n > 0;
}

static bool
open_archive(struct archive *z)
{
	struct ending end = { .at = 0 };
	bool whole = read_end(z, &end) && place_directory(z, &end);

	if (whole ? !read_entries(z, &end) : !walk(z))
		return false;
	z->top = top_of(z);
	archive_index(z);
	find_overlaps(z);
	if (whole)
		report_ending(z, &end);
	report_entries(z);
	return true;
}

struct archive *
archive_open(struct ctx *ctx, struct arena *a, const struct source *src)
{
	struct archive *z = arena_alloc(a, sizeof *z);

	z->ctx = ctx;
	z->a = a;
	z->src = src;
	return open_archive(z) ? z : NULL;
}
