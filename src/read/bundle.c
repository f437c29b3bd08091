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
#include "read/archive.h"
#include "read/bundle.h"

enum { WALK_DEPTH = 8, WALK_MAX = 4096 };

/* The folder a path lies in, as a path of the bundle. */
static const char *
folder_of(const struct bundle *b, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? "." : arena_strdup(b->a, path, (size_t)(slash - path));
}

static struct source *
open_file(struct bundle *b, const char *path)
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

static int
look_file(struct bundle *b, const char *path)
{
	int fd = source_open_beneath(b->fd, path, b->follow);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
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

/* ---- of an archive ---- */

/* Files that say what folder a model is. */
static const char *const marks[] = {
	"Manifest.json", "coremldata.bin", "model.mil", "model.espresso.net"
};

static bool
ends_in(const struct archive_entry *e, const char *end, uint32_t *before)
{
	size_t n = strlen(end);

	*before = e->len - (uint32_t)n;
	return e->len >= n && memcmp(e->name + *before, end, n) == 0 &&
	    (*before == 0 || e->name[*before - 1] == '/');
}

static unsigned
depth_of(const char *s, uint32_t n)
{
	unsigned depth = 0;

	for (uint32_t i = 0; i < n; i++)
		depth += s[i] == '/';
	return depth;
}

/* What Finder adds, and names that cannot be asked for. */
static bool
is_litter(const struct archive_entry *e)
{
	return (e->flags & (ENTRY_NAME | ENTRY_SHADOWED)) ||
	    strncmp(e->name, "__MACOSX/", 9) == 0;
}

bool
bundle_zipped(struct bundle *b, struct archive *z)
{
	uint32_t before, best = 0;
	const char *found = NULL;

	for (uint32_t i = 0; i < z->n; i++) {
		const struct archive_entry *e = &z->entries[i];

		for (size_t k = 0; k < sizeof marks / sizeof *marks && !is_litter(e); k++) {
			if (!ends_in(e, marks[k], &before) || (found != NULL &&
			    depth_of(found, best) <= depth_of(e->name, before)))
				continue;
			found = e->name;
			best = before;
		}
	}
	b->fd = -1;
	b->zip = z;
	b->prefix = found != NULL ? arena_strdup(b->a, found, best) : "";
	return found != NULL;
}

static const char *
member_name(const struct bundle *b, const char *path)
{
	return arena_printf(b->a, "%s%s", b->prefix, path);
}

/* 0, or an errno. */
static int
judge_member(const struct archive_entry *e)
{
	return e == NULL ? ENOENT : e->flags & ENTRY_LINK ? ELOOP :
	    e->flags & ENTRY_FOLDER ? EINVAL : 0;
}

static struct source *open_beside(const void *arg, const char *location);

static struct source *
open_member(struct bundle *b, const char *path)
{
	struct archive_entry *e = archive_find(b->zip, member_name(b, path));
	int err = judge_member(e);
	struct source *src = err == 0 ? archive_source(b->zip, e, b->a) : NULL;
	struct bundle *beside;
	const char *slash = strrchr(path, '/');

	if (src == NULL) {
		errno = err != 0 ? err : EIO;
		return NULL;
	}
	beside = arena_alloc(b->a, sizeof *beside);
	*beside = *b;
	if (slash != NULL)
		beside->prefix = arena_printf(b->a, "%s%.*s/", b->prefix, (int)(slash - path),
		    path);
	src->side = open_beside;
	src->side_arg = beside;
	return src;
}

/* Weights: nothing of them is unpacked before somebody reads. */
static struct source *
open_beside(const void *arg, const char *location)
{
	const struct bundle *b = arg;
	struct archive_entry *e = archive_find(b->zip, member_name(b, location));
	int err = judge_member(e) == 0 && !archive_fits(e) ? EFBIG : judge_member(e);
	struct source *src = err == 0 ? archive_lazy(b->zip, e) : NULL;

	if (src == NULL) {
		errno = err != 0 ? err : EIO;
		return NULL;
	}
	src->name = arena_strdup(b->a, location, strlen(location));
	return src;
}

/* Is it a member, or a folder of some? */
static int
look_member(struct bundle *b, const char *path)
{
	const char *name = member_name(b, path);
	struct archive_entry *e = archive_find(b->zip, name);
	size_t n = strlen(name);

	if (e != NULL)
		return e->flags & ENTRY_LINK ? ELOOP : 0;
	for (uint32_t i = 0; i < b->zip->n; i++) {
		e = &b->zip->entries[i];
		if (e->len > n && e->name[n] == '/' && memcmp(e->name, name, n) == 0)
			return 0;
	}
	return ENOENT;
}

static void
walk_members(struct bundle *b, const char *path, bool (*each)(void *arg, const char *path),
    void *arg)
{
	const char *name = member_name(b, path);
	size_t n = strlen(name), top = strlen(b->prefix);

	for (uint32_t i = 0; i < b->zip->n && i < WALK_MAX; i++) {
		const struct archive_entry *e = &b->zip->entries[i];

		if (e->len <= n + 1 || memcmp(e->name, name, n) != 0 || e->name[n] != '/' ||
		    e->flags & ENTRY_FOLDER || strstr(e->name + n, "/.") != NULL)
			continue;
		if (!each(arg, e->name + top))
			return;
	}
}

/* ---- of either ---- */

struct source *
bundle_open(struct bundle *b, const char *path)
{
	return b->zip != NULL ? open_member(b, path) : open_file(b, path);
}

int
bundle_look(struct bundle *b, const char *path)
{
	return b->zip != NULL ? look_member(b, path) : look_file(b, path);
}

bool
bundle_enter(struct bundle *b, const char *path, struct bundle *inner)
{
	*inner = *b;
	inner->name = arena_printf(b->a, "%s/%s", b->name, path);
	if (b->zip != NULL) {
		inner->prefix = arena_printf(b->a, "%s%s/", b->prefix, path);
		return look_member(b, path) == 0;
	}
	inner->fd = source_open_beneath(b->fd, path, b->follow);
	return inner->fd >= 0;
}

void
bundle_close(struct bundle *b)
{
	if (b->fd >= 0)
		close(b->fd);
}

void
bundle_walk(struct bundle *b, const char *path, bool (*each)(void *arg, const char *path),
    void *arg)
{
	struct walk w = { each, arg, WALK_MAX, false };

	if (b->zip != NULL)
		walk_members(b, path, each, arg);
	else
		walk_folder(b, &w, path, 0);
}
