/* SPDX-License-Identifier: Apache-2.0 */
/* What a pipeline writes: nothing of anybody else's is written over. A folder that an
 * earlier run has made is its own, and says so by a file in it. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/beside.h"
#include "base/regular.h"
#include "cmd/options.h"
#include "cmd/pipe.h"
#include "convert/run.h"

static const char mark[] = ".made-by-mlinspect";
static const char mark_text[] = "The next run of mlinspect replaces what this folder holds.\n";

static bool
is_empty(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	bool empty = d != NULL;

	while (empty && (e = readdir(d)) != NULL)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	if (d != NULL)
		closedir(d);
	return empty;
}

/* Make the folder; one that is there may be an earlier run's. 0 or an errno. */
static int
make_folder(struct pipe *p)
{
	const char *path = pipe_path(p, mark);
	struct stat st;

	if (mkdir(p->folder, 0777) != 0 && errno != EEXIST)
		return errno;
	if (is_empty(p->folder))
		return regular_write(path, mark_text, sizeof mark_text - 1);
	p->replace |= lstat(path, &st) == 0 && S_ISREG(st.st_mode);
	return 0;
}

/* Why that may not be written; NULL: it may. */
static const char *
held(struct pipe *p, const char *path)
{
	struct arena *a = p->call->arena;
	size_t n = strlen(path);
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? NULL : arena_printf(a, "%s: %s", path, strerror(errno));
	if (session_holds(p->call->s, path))
		return arena_printf(a, "%s is the model itself or its data", path);
	if (n > 10 && strcmp(path + n - 10, ".mlpackage") == 0 && S_ISDIR(st.st_mode))
		return run_taken(a, path, p->replace, "--force replaces it");
	if (!S_ISREG(st.st_mode))
		return arena_printf(a, "%s is no regular file", path);
	return p->replace ? NULL : arena_printf(a, "%s is there already: --force replaces it",
	    path);
}

static bool
refuse(struct pipe *p, const char *why)
{
	diag_add(&p->call->s->ctx, DIAG_USAGE, NULL, "%s; nothing was done", why);
	return false;
}

bool
pipe_claim(struct pipe *p, const char *const *names)
{
	const char *junit = p->call->opts->junit, *why;
	struct stat st;
	int err;

	p->replace = p->call->opts->convert.force;
	if (junit != NULL && session_holds(p->call->s, junit))
		return refuse(p, "--junit: that is the model itself or its data");
	if (junit != NULL && stat(junit, &st) == 0 && !S_ISREG(st.st_mode))
		return refuse(p, arena_printf(p->call->arena, "--junit: %s is no regular file",
		    junit));
	if (p->folder != NULL && (err = make_folder(p)) != 0) {
		diag_add(&p->call->s->ctx, DIAG_WRITE_FAILED, NULL, "%s: %s", p->folder,
		    strerror(err));
		return false;
	}
	for (; *names != NULL; names++)
		if ((why = held(p, pipe_path(p, *names))) != NULL)
			return refuse(p, why);
	return true;
}

const char *
pipe_scratch(struct pipe *p, struct beside *b)
{
	const char *path = pipe_path(p, "work");
	int err;

	beside_sweep(&p->call->s->ctx, path);
	err = beside_folder(b, path);
	return err == 0 ? NULL : arena_printf(p->call->arena, "%s: %s", p->folder, strerror(err));
}

const char *
pipe_land(struct pipe *p, const struct beside *b, const char *const *names)
{
	for (; *names != NULL; names++) {
		const char *made = arena_printf(p->call->arena, "%s/%s", b->name, *names);

		if (rename(made, pipe_path(p, *names)) != 0 && errno != ENOENT)
			return arena_printf(p->call->arena, "%s: %s", pipe_path(p, *names),
			    strerror(errno));
	}
	return NULL;
}
