/* SPDX-License-Identifier: Apache-2.0 */
/* A process sweeps only what it can lock, and one that has made a name looks, when it
 * has the lock, whether the name is still its own: so neither harms the other. */
#ifdef __linux__
#define _GNU_SOURCE /* O_TMPFILE */
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/ctx.h"
#include "base/diag.h"

static const char mark[] = ".part-";
enum { MARK = sizeof mark - 1, DIGITS = 6, TRIES = 100, LINKS = 40 };

/* PATH.part-XXXXXX, the k-th one to try. */
static char *
name_of(const char *path, unsigned k)
{
	size_t n = strlen(path);
	char *name = malloc(n + MARK + DIGITS + 1);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (name != NULL)
		sprintf(name, "%.*s%s%06x", (int)n, path, mark,
		    ((unsigned)getpid() * 131u + k) & 0xffffffu);
	return name;
}

static bool
lock(int fd, int how)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, how, &l) == 0;
}

/* Locked, and still there under a name? */
static bool
ours(int fd)
{
	struct stat st;

	return lock(fd, F_SETLKW) && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

/* A file without a name; -1: there can be none. */
static int
nameless(const char *path)
{
	int fd = -1;

#ifdef O_TMPFILE
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);

	if (folder != NULL && access("/proc/self/fd", X_OK) == 0)
		fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	free(folder);
#else
	(void)path;
#endif
	return fd;
}

static void
keep_mode(int fd, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		fchmod(fd, st.st_mode & 0777); /* not on file systems without modes */
}

static void
forget(struct beside *b)
{
	int err = errno;

	free(b->name);
	free(b->real);
	b->name = b->real = NULL;
	errno = err;
}

/* What the link at path leads to, as a path from here; NULL with errno, EINVAL: it is
 * no link. */
static char *
follow(const char *path)
{
	char to[PATH_MAX], *next;
	ssize_t n = readlink(path, to, sizeof to - 1);
	const char *slash = strrchr(path, '/');
	size_t folder = n > 0 && to[0] != '/' && slash != NULL ? (size_t)(slash - path) + 1 : 0;

	if (n <= 0 || (next = malloc(folder + (size_t)n + 1)) == NULL)
		return NULL;
	memcpy(next, path, folder);
	memcpy(next + folder, to, (size_t)n);
	next[folder + (size_t)n] = '\0';
	return next;
}

char *
beside_place(const char *path)
{
	char *real = realpath(path, NULL), *at, *next;
	int err = errno;

	if (real != NULL)
		return real;
	errno = err;
	if (err != ENOENT)
		return NULL;
	at = strdup(path);
	for (unsigned k = 0; at != NULL && (next = follow(at)) != NULL; k++) {
		free(at);
		at = next;
		if (k == LINKS) {
			free(at);
			errno = ELOOP;
			return NULL;
		}
	}
	return at;
}

int
beside_open(struct beside *b, const char *path)
{
	*b = (struct beside){ .fd = -1, .real = beside_place(path) };
	if (b->real == NULL)
		return errno;
	b->path = path = b->real;
	b->fd = nameless(path);
	for (unsigned k = 0; b->fd < 0 && k < TRIES; k++) {
		free(b->name);
		if ((b->name = name_of(path, k)) == NULL)
			break;
		b->fd = open(b->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (b->fd < 0 && errno != EEXIST)
			break;
		if (b->fd >= 0 && !ours(b->fd)) {
			close(b->fd);
			b->fd = -1;
		}
	}
	if (b->fd >= 0) {
		keep_mode(b->fd, path);
		lock(b->fd, F_SETLK); /* for the moment in which it has a name */
		return 0;
	}
	forget(b);
	return errno;
}

/* Give the nameless file its place, or a name from which it can be renamed over what is
 * there. */
static int
give_name(struct beside *b)
{
	char self[40];

	snprintf(self, sizeof self, "/proc/self/fd/%d", b->fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, b->path, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	for (unsigned k = 0; errno == EEXIST && k < TRIES; k++) {
		free(b->name);
		if ((b->name = name_of(b->path, k)) == NULL)
			return ENOMEM;
		if (linkat(AT_FDCWD, self, AT_FDCWD, b->name, AT_SYMLINK_FOLLOW) == 0)
			return rename(b->name, b->path) == 0 ? 0 : errno;
	}
	return errno;
}

int
beside_publish(struct beside *b)
{
	int err = b->name == NULL ? give_name(b) : rename(b->name, b->path) == 0 ? 0 : errno;

	if (close(b->fd) != 0 && err == 0)
		err = errno;
	b->fd = -1;
	if (err != 0 && b->name != NULL)
		unlink(b->name);
	forget(b);
	return err;
}

/* The lock of a folder is a file in it. */
static int
open_lock(const char *folder, int flags)
{
	size_t n = strlen(folder) + sizeof "/lock";
	char *name = malloc(n);
	int fd = -1;

	if (name != NULL) {
		snprintf(name, n, "%s/lock", folder);
		fd = open(name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	}
	free(name);
	return fd;
}

int
beside_folder(struct beside *b, const char *path)
{
	*b = (struct beside){ .path = path, .fd = -1 };
	for (unsigned k = 0; k < TRIES; k++) {
		free(b->name);
		if ((b->name = name_of(path, k)) == NULL)
			return ENOMEM;
		if (mkdir(b->name, 0700) != 0) {
			if (errno == EEXIST)
				continue;
			break;
		}
		/* swept away in between: the next one */
		if ((b->fd = open_lock(b->name, O_CREAT | O_EXCL)) >= 0 && ours(b->fd))
			return 0;
		if (b->fd >= 0)
			close(b->fd);
		b->fd = -1;
		rmdir(b->name);
	}
	forget(b);
	return errno;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

void
beside_drop(struct beside *b)
{
	if (b->name != NULL)
		nftw(b->name, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (b->fd >= 0)
		close(b->fd);
	forget(b);
	*b = (struct beside){ .fd = -1 };
}

/* Is it one of ours that nobody writes any more? Then it is locked: *fd. */
static bool
left_over(const char *name, int *fd)
{
	struct stat st;

	if (lstat(name, &st) != 0 || st.st_uid != geteuid())
		return false;
	*fd = S_ISDIR(st.st_mode) ? open_lock(name, 0) : S_ISREG(st.st_mode) ?
	    open(name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	if (*fd < 0) /* one without a lock was killed at once, and is empty */
		return S_ISDIR(st.st_mode) && rmdir(name) == 0;
	return lock(*fd, F_SETLK);
}

static bool
is_marked(const char *entry, const char *base, size_t n)
{
	return strncmp(entry, base, n) == 0 && strncmp(entry + n, mark, MARK) == 0 &&
	    strlen(entry + n) == MARK + DIGITS &&
	    strspn(entry + n + MARK, "0123456789abcdef") == DIGITS;
}

void
beside_sweep(struct ctx *ctx, const char *path)
{
	size_t len = strlen(path), from, room = len + MARK + DIGITS + 3;
	char *name = malloc(room), *folder;
	const struct dirent *e;
	DIR *d;

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (from = len; from > 0 && path[from - 1] != '/'; from--)
		continue;
	folder = from == 0 ? strdup(".") : strndup(path, from);
	d = folder != NULL && name != NULL ? opendir(folder) : NULL;
	while (d != NULL && (e = readdir(d)) != NULL) {
		struct beside b = { .fd = -1 };

		if (!is_marked(e->d_name, path + from, len - from))
			continue;
		snprintf(name, room, "%.*s%s", (int)from, path, e->d_name);
		if (left_over(name, &b.fd)) {
			b.name = strdup(name);
			beside_drop(&b);
			diag_add(ctx, DIAG_WRITE_LEFT, NULL, "%s, which a run that was killed had "
			    "left, was removed", name);
		} else if (b.fd >= 0) {
			close(b.fd);
		}
	}
	if (d != NULL)
		closedir(d);
	free(folder);
	free(name);
}
