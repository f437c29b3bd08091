/* SPDX-License-Identifier: Apache-2.0 */
/* Sources and windows. A window starts small after a jump and doubles while
 * the reader moves on, small weights passed over: a file that is nearly all weights costs a few
 * small reads, a dense one big reads. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"

/* GAP: what costs less to read and pass over than another read costs. */
enum { STEP_MIN = 4096, GAP = 8192 };

int
source_open_beneath(int dirfd, const char *location, bool follow)
{
	const char *p = location, *end;
	char part[256]; /* NAME_MAX and a NUL */
	int fd = dup(dirfd), next, err;
	size_t n;

	for (; fd >= 0 && *p != '\0'; p = end + strspn(end, "/")) {
		end = p + strcspn(p, "/");
		n = (size_t)(end - p);
		next = -1;
		err = ENAMETOOLONG;
		if (n < sizeof part) {
			memcpy(part, p, n);
			part[n] = '\0';
			next = openat(fd, part, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
			    (follow ? 0 : O_NOFOLLOW) | (*end != '\0' ? O_DIRECTORY : 0));
			err = errno;
		}
		close(fd);
		fd = next;
		errno = err;
	}
	return fd;
}

static long
read_fd(int fd, uint64_t off, void *buf, size_t n)
{
	size_t done = 0;
	ssize_t got;

	while (done < n) {
		got = pread(fd, (char *)buf + done, n - done, (off_t)(off + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (long)done;
}

/* The file may have been exchanged since it was judged: another one, though it
 * has the name, is not read. */
static long
read_side(const struct source *src, uint64_t off, void *buf, size_t n)
{
	int fd = source_open_beneath(src->beside->dirfd, src->name, src->follow), err;
	struct stat st;
	long got = -1;

	if (fd < 0)
		return -1;
	errno = ESTALE;
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_dev == src->dev &&
	    (uint64_t)st.st_ino == src->ino)
		got = read_fd(fd, src->base + off, buf, n);
	err = errno;
	close(fd);
	errno = err;
	return got;
}

static long
read_made(const struct source *src, uint64_t off, void *buf, size_t n)
{
	const unsigned char *all = src->make(src->arg);

	if (all == NULL)
		return -1;
	memcpy(buf, all + src->base + off, n);
	return (long)n;
}

long
source_read(const struct source *src, uint64_t off, void *buf, size_t n)
{
	if (off >= src->size)
		return 0;
	if (n > src->size - off)
		n = src->size - off;
	if (src->beside != NULL)
		return read_side(src, off, buf, n);
	if (src->fd >= 0)
		return read_fd(src->fd, src->base + off, buf, n);
	if (src->make != NULL)
		return read_made(src, off, buf, n);
	memcpy(buf, src->mem + off, n);
	return (long)n;
}

struct source *
source_memory(struct arena *a, const char *name, const void *p, uint64_t n)
{
	struct source *src = arena_alloc(a, sizeof *src);

	src->name = arena_strdup(a, name, strlen(name));
	src->fd = src->dirfd = -1;
	src->mem = p;
	src->size = n;
	return src;
}

struct source *
source_side(struct arena *a, const struct source *src, const char *location, bool follow)
{
	struct source *side = source_memory(a, location, NULL, 0);

	side->beside = src;
	side->follow = follow;
	return side;
}

struct source *
source_slice(struct arena *a, const char *name, const struct source *src, uint64_t off,
    uint64_t n)
{
	struct source *part = source_memory(a, name, NULL, n);
	const char *mine = part->name;

	*part = *src;
	/* a side file is opened by its name */
	if (src->beside == NULL)
		part->name = mine;
	part->slice = true;
	part->owned = false;
	part->origin = NULL;
	part->dirfd = -1;
	part->size = n;
	if (source_in_memory(src))
		part->mem += off;
	else
		part->base += off;
	return part;
}

struct source *
source_lazy(struct arena *a, const char *name, uint64_t n,
    const unsigned char *(*make)(void *arg), void *arg)
{
	struct source *src = source_memory(a, name, NULL, n);

	src->make = make;
	src->arg = arg;
	return src;
}

static const char *
kind_of(mode_t mode)
{
	return S_ISFIFO(mode) ? "a FIFO" : S_ISSOCK(mode) ? "a socket" :
	    S_ISCHR(mode) ? "a character device" : S_ISBLK(mode) ? "a block device" :
	    "not a regular file";
}

/* Descriptor of the folder a path lies in; -1 if it cannot be had. */
static int
open_folder(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dir = slash == NULL ? "." : slash == path ? "/" :
	    arena_strdup(a, path, (size_t)(slash - path));

	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
report_open(struct ctx *ctx, const char *path, int err)
{
	diag_add(ctx, err == ENOENT || err == ENOTDIR ? DIAG_OPEN_MISSING : DIAG_OPEN_DENIED,
	    NULL, "%s: %s", path, strerror(err));
}

struct source *
source_open(struct ctx *ctx, struct arena *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct source *src;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		report_open(ctx, path, errno);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		if (S_ISDIR(st.st_mode))
			diag_add(ctx, DIAG_OPEN_DIRECTORY, NULL, "%s is a folder", path);
		else
			diag_add(ctx, DIAG_OPEN_NOT_REGULAR, NULL, "%s is %s; it was not read",
			    path, kind_of(st.st_mode));
		close(fd);
		return NULL;
	}
	src = source_memory(a, path, NULL, (uint64_t)st.st_size);
	src->fd = fd;
	src->dirfd = open_folder(a, path);
	return src;
}

void
source_close(struct source *src)
{
	if (src->fd >= 0 && !src->slice)
		close(src->fd);
	if (src->dirfd >= 0)
		close(src->dirfd);
	if (src->owned)
		free((void *)(uintptr_t)src->mem);
	src->fd = src->dirfd = -1;
	src->mem = NULL;
	src->size = 0;
}

struct textpos
source_textpos(const struct source *src, uint64_t off)
{
	const struct origin *o = src != NULL ? src->origin : NULL;
	uint32_t lo = 0, hi, mid;

	if (o == NULL || o->n == 0)
		return (struct textpos){ off, 0 };
	for (hi = o->n; hi - lo > 1;) {
		mid = lo + (hi - lo) / 2;
		if (o->pos[mid].wire <= off)
			lo = mid;
		else
			hi = mid;
	}
	return o->pos[lo].text;
}

void
window_init(struct window *w, const struct source *src, struct arena *a, size_t cap)
{
	memset(w, 0, sizeof *w);
	w->src = src;
	w->cap = cap < src->size ? cap : (size_t)src->size + 1;
	w->step = STEP_MIN;
	if (source_in_memory(src)) {
		/* memory needs no copy */
		w->buf = (unsigned char *)(uintptr_t)src->mem;
		w->len = w->cap = src->size;
	} else {
		w->buf = arena_array(a, w->cap, 1);
	}
}

/* Make the window start at off, keeping what it already has from there. */
static void
advance(struct window *w, uint64_t off, size_t n)
{
	size_t keep = 0, want;
	long got;

	if (off >= w->base && off - w->base < w->len) {
		keep = w->len - (size_t)(off - w->base);
		memmove(w->buf, w->buf + (off - w->base), keep);
	} else if (off < w->base || off - (w->base + w->len) > GAP) {
		w->step = STEP_MIN;
	}
	want = keep + w->step > n ? keep + w->step : n;
	if (want > w->cap)
		want = w->cap;
	if (w->step < w->cap)
		w->step *= 2;
	got = source_read(w->src, off + keep, w->buf + keep, want - keep);
	if (got < 0)
		w->err = errno;
	w->base = off;
	w->len = keep + (got > 0 ? (size_t)got : 0);
}

const unsigned char *
window_at(struct window *w, uint64_t off, size_t n)
{
	if (off >= w->base && off - w->base <= w->len && n <= w->len - (size_t)(off - w->base))
		return w->buf + (off - w->base);
	if (source_in_memory(w->src) || n > w->cap)
		return NULL;
	advance(w, off, n);
	return n <= w->len ? w->buf : NULL;
}
