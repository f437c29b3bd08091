/* SPDX-License-Identifier: Apache-2.0 */
/* Zip archives. The directory is read here, because what matters to us is what
 * a library hides: where a stored member lies in the file, what stands twice,
 * what overlaps, what the two headers of a member disagree in. zlib unpacks
 * one member at a time (archive_data.c), within the bounds judged here. Names
 * are keys, never paths to write to. Source: APPNOTE 6.3, and for PyTorch's
 * dialect facts/torchscript-format.md section 2. */
#ifndef READ_ARCHIVE_H
#define READ_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

struct arena;
struct ctx;
struct model;
struct source;

enum entry_flag {
	ENTRY_FOLDER = 1,
	ENTRY_LINK = 2,       /* a symbolic link, as Unix marks them */
	ENTRY_ENCRYPTED = 4,
	ENTRY_METHOD = 8,     /* neither stored nor deflated */
	ENTRY_OUTSIDE = 16,   /* leaves the file, or claims a size that deflate cannot reach */
	ENTRY_OVERLAP = 32,   /* shares bytes with another entry */
	ENTRY_SHADOWED = 64,  /* a later entry has the same name: that one counts */
	ENTRY_NAME = 128,     /* absolute, "..", backslash, colon, NUL or control byte in it */
	ENTRY_LOCAL = 256,    /* its own header says another name, method or size */
	ENTRY_BAD = ENTRY_ENCRYPTED | ENTRY_METHOD | ENTRY_OUTSIDE | ENTRY_OVERLAP
};

struct archive_entry {
	const char *name;   /* NUL behind it */
	uint32_t len;       /* of the name; it may hold NUL */
	uint32_t crc;
	uint16_t method;    /* 0 stored, 8 deflated */
	uint16_t bits;      /* general purpose flags of the directory */
	uint32_t flags;     /* enum entry_flag */
	uint64_t packed, size;
	uint64_t at;        /* of its local header, in the source */
	uint64_t data;      /* of its payload; 0 until archive_place */
	struct source *file; /* of an unpacked archive: the member itself, or NULL */
};

struct archive {
	struct ctx *ctx;
	struct arena *a;
	const struct source *src;
	struct archive_entry *entries; /* in the order of the directory */
	uint32_t n;
	uint32_t top;       /* bytes of "folder/" that the first entry begins with */
	uint32_t *slots, mask; /* entries by name without regard to case: index + 1 */
	uint64_t start;     /* of the directory: payloads end before it */
	uint64_t before;    /* bytes in front of the archive */
	uint64_t inflated;  /* bytes so far, of all members */
	bool damaged;
	bool endless;       /* there is no directory: its members were found by themselves */
};

/* Read the directory. NULL after a diagnostic when there is none. All memory
 * is the arena's, which the archive and sources made from it must not outlive;
 * nothing needs closing. */
struct archive *archive_open(struct ctx *, struct arena *, const struct source *);

/* The same of one that was unpacked, whose member of that name is the model's file:
 * beside are names of files, and of folders with a slash at the end, which lie beside
 * it as they lay in the archive; NULL ends them. */
struct archive *archive_folder(struct ctx *, struct model *, const char *name,
	const char *const *beside, bool follow);

/* By the whole name, or by what follows the top folder: of several the last, an
 * exact match before one in other case, as libtorch looks records up. NULL:
 * there is none. */
struct archive_entry *archive_find(const struct archive *, const char *name);
struct archive_entry *archive_record(const struct archive *, const char *name);
/* The name behind the top folder. */
const char *archive_base(const struct archive *, const struct archive_entry *);

/* Where the payload of a member lies, packed or not; src NULL after a diagnostic
 * when it cannot be read. */
struct loc archive_place(struct archive *, struct archive_entry *);
/* The content as a source named "archive:member": a stretch of the archive's
 * own when it is stored, else unpacked into the arena (NULL: the archive's).
 * NULL after a diagnostic. */
struct source *archive_source(struct archive *, struct archive_entry *, struct arena *);
/* Is it stored, or of a size that would be unpacked? */
bool archive_fits(const struct archive_entry *);
/* The same, but nothing is unpacked before the first read: for tensors. */
struct source *archive_lazy(struct archive *, struct archive_entry *);
/* The content in memory, with a NUL behind it. NULL after a diagnostic. */
const char *archive_bytes(struct archive *, struct archive_entry *, struct arena *, size_t *n);
/* Its first bytes, at most n, into buf; returns how many. */
size_t archive_peek(struct archive *, struct archive_entry *, void *buf, size_t n);
/* Read the content through and compare its checksum: false after a diagnostic.
 * Members above max bytes are passed over. */
bool archive_verify(struct archive *, struct archive_entry *, uint64_t max);

/* Does the source begin like a zip archive? */
bool archive_is(const struct source *);

#endif
