/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a package. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/source.h"
#include "read/bundle.h"

enum { WALK_DEPTH = 8, WALK_MAX = 4096 };

/* The folder a path lies in, as a path of the bundle. */
static const char *
folder_of(const struct bundle *b, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? "." : arena_strdup(b->a, path, (size_t)(slash - path));
}

struct source *
bundle_open(struct bundle *b, const char *path)
{
	int fd = source_open_beneath(b->fd, path, b->follow);
	struct source *src;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return NULL;
	}
	src = source_memory(b->a, arena_printf(b->a, "%s/%s", b->name, path), NULL, 0);
	src->fd = fd;
	src->size = (uint64_t)st.st_size;
	src->dirfd = source_open_beneath(b->fd, folder_of(b, path), b->follow);
	return src;
}

int
bundle_look(struct bundle *b, const char *path)
{
	int fd = source_open_beneath(b->fd, path, b->follow);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

bool
bundle_enter(struct bundle *b, const char *path, struct bundle *inner)
{
	int fd = source_open_beneath(b->fd, path, b->follow);

	*inner = *b;
	inner->fd = fd;
	inner->name = arena_printf(b->a, "%s/%s", b->name, path);
	return fd >= 0;
}

void
bundle_close(struct bundle *b)
{
	close(b->fd);
}

struct walk {
	bool (*each)(void *arg, const char *path);
	void *arg;
	uint32_t left;   /* entries that may still be looked at */
	bool stop;
};

static void walk_folder(struct bundle *, struct walk *, const char *path, unsigned depth);

static void
walk_entry(struct bundle *b, struct walk *w, int dirfd, const char *path, unsigned depth)
{
	const char *name = strrchr(path, '/');
	struct stat st;

	if (fstatat(dirfd, name != NULL ? name + 1 : path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (!S_ISDIR(st.st_mode))
		w->stop = !w->each(w->arg, path);
	else if (depth < WALK_DEPTH)
		walk_folder(b, w, path, depth + 1);
}

static void
walk_folder(struct bundle *b, struct walk *w, const char *path, unsigned depth)
{
	int fd = source_open_beneath(b->fd, path, false);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (!w->stop && w->left > 0 && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.') /* "." and "..", what Finder leaves behind */
			continue;
		w->left--;
		walk_entry(b, w, fd, arena_printf(b->a, "%s/%s", path, e->d_name), depth);
	}
	closedir(dir);
}

void
bundle_walk(struct bundle *b, const char *path, bool (*each)(void *arg, const char *path),
    void *arg)
{
	struct walk w = { each, arg, WALK_MAX, false };

	walk_folder(b, &w, path, 0);
}
