/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a file or of memory, read in windows. Files are never mapped:
 * mapped pages of weights count as memory, and another process that cuts a
 * mapped file kills the reader. */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct ctx;

/* Place in a text. */
struct textpos { uint64_t off; uint32_t line; };

/* How places of a transcript lead back to the text it was made from: for
 * offsets from pos[i].wire up to the next one, pos[i].text. */
struct origin {
	const struct textmap { uint64_t wire; struct textpos text; } *pos;
	uint32_t n;
};

struct source {
	const char *name;    /* as the user gave it; for messages */
	const char *member;  /* of an archive: its name there; offsets count in it. Else NULL */
	int fd;              /* -1: memory */
	int dirfd;           /* folder of the file, for side files; -1 none */
	const struct source *beside; /* a side file: opened for each read, in dirfd of this */
	bool follow;         /* links on the way to a side file are allowed */
	uint64_t dev, ino;   /* of a side file: what was judged is what is read */
	const unsigned char *mem;
	bool owned;          /* mem is malloc'ed: source_close frees it */
	bool slice;          /* a stretch of another: its descriptors are not its own */
	uint64_t base;       /* where a slice begins in the file or side file */
	uint64_t size;       /* bytes */
	/* files beside one that lies in no folder of the file system: its source, or
	 * NULL with errno; else NULL */
	struct source *(*side)(const void *arg, const char *location);
	const void *side_arg;
	/* content that has to be made first, by source_lazy; else NULL */
	const unsigned char *(*make)(void *arg);
	void *arg;
	/* text formats are read through a binary transcript (read/wirebuf.h):
	 * places in it are mapped back to the text */
	const struct origin *origin;
};

/* Up to n bytes at off; returns how many were there (short at the end or
 * when the file shrank), or -1 with errno. */
long source_read(const struct source *, uint64_t off, void *buf, size_t n);

/* Open a regular file for reading. Returns NULL and adds a DIAG_OPEN_* that
 * says what the path is instead (folder, FIFO, missing, unreadable). The
 * source lives in the arena; source_close closes its descriptors. */
struct source *source_open(struct ctx *, struct arena *, const char *path);
struct source *source_memory(struct arena *, const char *name, const void *, uint64_t n);
/* A file in the folder of another; location is relative to it. Nothing is
 * opened until it is read, and then only for the read: a model may have
 * thousands of side files. Size, dev and ino are the caller's to fill. */
struct source *source_side(struct arena *, const struct source *, const char *location,
	bool follow);
void source_close(struct source *);
/* n bytes of src from off, which must lie in it; valid as long as src is. */
struct source *source_slice(struct arena *, const char *name, const struct source *src,
	uint64_t off, uint64_t n);
/* n bytes that make(arg) returns, or NULL with errno, each time they are read:
 * it remembers what it made. */
struct source *source_lazy(struct arena *, const char *name, uint64_t n,
	const unsigned char *(*make)(void *arg), void *arg);
/* Bytes in memory: nothing has to be read. */
static inline bool
source_in_memory(const struct source *src)
{
	return src->fd < 0 && src->beside == NULL && src->make == NULL;
}

/* Open location under the folder dirfd, component by component, so that a
 * symbolic link anywhere on the way is seen; a FIFO cannot hang it. The
 * caller judges the location's text first. A descriptor, or -1 with errno
 * (ELOOP or ENOTDIR for links). */
int source_open_beneath(int dirfd, const char *location,
	bool follow);

/* Text offset and line behind a place of a transcript; the same offset and
 * line 0 for other sources. */
struct textpos source_textpos(const struct source *, uint64_t off);

/* A view of a stretch of the source that moves forward. */
struct window {
	const struct source *src;
	unsigned char *buf;
	size_t cap;
	uint64_t base;   /* offset of buf[0] */
	size_t len;      /* valid bytes in buf */
	size_t step;     /* bytes to read next time: small after a jump, then doubling */
	int err;         /* errno of a failed read, or 0 */
};

void window_init(struct window *, const struct source *, struct arena *, size_t cap);
/* n contiguous bytes at off, or NULL when they are not there (end, error, or
 * n > cap). Valid until the next call. */
const unsigned char *window_at(struct window *, uint64_t off, size_t n);

#endif
