/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/sink.h"
#include "cmd/cleanup.h"
#include "cmd/helper.h"
#include "cmd/options.h"
#include "convert/child.h"

/* Folder of the program's own file, or NULL. */
static const char *
own_folder(struct call *call)
{
	const char *name = call->opts->program, *path = getenv("PATH"), *end, *full = name;
	char *real, *slash;

	if (name == NULL)
		return NULL;
	for (; strchr(name, '/') == NULL && path != NULL; path = *end != '\0' ? end + 1 : NULL) {
		end = path + strcspn(path, ":");
		full = arena_printf(call->arena, "%.*s/%s", (int)(end - path), path, name);
		if (access(full, X_OK) == 0)
			break;
	}
	if ((real = realpath(full, NULL)) == NULL)
		return NULL;
	if ((slash = strrchr(real, '/')) != NULL)
		*slash = '\0';
	name = arena_strdup(call->arena, real, strlen(real));
	free(real);
	return name;
}

/* The first of some paths that is there; NULL: none. */
static const char *
first_of(const char *const *paths, int n, int mode)
{
	for (int i = 0; i < n; i++)
		if (paths[i] != NULL && access(paths[i], mode) == 0)
			return paths[i];
	return NULL;
}

static const char *
find_python(struct call *call, const char *folder)
{
	const char *mine = getenv("MLINSPECT_PYTHON"), *venv;

	if (call->opts->python != NULL)
		return call->opts->python;
	if (mine != NULL && *mine != '\0')
		return mine;
	venv = folder != NULL ? arena_printf(call->arena, "%s/venv/bin/python", folder) : NULL;
	return venv != NULL && access(venv, X_OK) == 0 ? venv : "python3";
}

/* Which variables that change what Python loads are set; NULL: none. */
static const char *
steered(struct call *call)
{
	static const char *const names[] = { "PYTHONHOME", "PYTHONPATH",
	    "PYTHONPLATLIBDIR" };
	const char *all = NULL;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (getenv(names[i]) != NULL)
			all = all == NULL ? names[i] : arena_printf(call->arena, "%s %s", all,
			    names[i]);
	return all;
}

bool
helper_find(struct call *call, struct child_options *o)
{
	static const char name[] = "convert.py";
	const char *folder = own_folder(call), *share = getenv("MLINSPECT_SHARE");
	const char *places[4] = {
		share != NULL ? arena_printf(call->arena, "%s/%s", share, name) : NULL,
		folder == NULL ? NULL :
		    arena_printf(call->arena, "%s/share/mlinspect/%s", folder, name),
		folder == NULL ? NULL :
		    arena_printf(call->arena, "%s/../share/mlinspect/%s", folder, name),
		PKGDATADIR "/convert.py"
	};

	*o = (struct child_options){ .python = find_python(call, folder),
	    .script = first_of(places, 4, R_OK), .pid = cleanup_helper(),
	    .memory = (uint64_t)call->opts->memory << 30, .network = call->opts->network,
	    .seconds = call->opts->timeout, .steered = steered(call) };
	if (o->script == NULL)
		diag_add(&call->s->ctx, DIAG_DRIVER_MISSING, NULL, "the driver %s was "
		    "found neither beside the program nor in %s; $MLINSPECT_SHARE can name its "
		    "folder", name, PKGDATADIR);
	return o->script != NULL;
}

static enum diag_id
id_of(enum child_end end)
{
	return end == CHILD_MISSING ? DIAG_PYTHON_MISSING : end == CHILD_CANCELLED ?
	    DIAG_CANCELLED : end == CHILD_TIMEOUT ? DIAG_PYTHON_SLOW : DIAG_PYTHON_FAILED;
}

enum exit_status
helper_failed(struct call *call, const struct child *c)
{
	struct sink how;
	size_t n;
	const char *said = child_words(c, &n), *misled = child_misled(c);

	sink_init(&how, -1);
	child_describe(c, &how);
	if (c->end == CHILD_TIMEOUT || c->end == CHILD_CANCELLED)
		n = 0; /* what it said has nothing to do with that */
	if (misled != NULL)
		sink_printf(&how, " (unset %s, which changes what Python loads)", misled);
	diag_add(&call->s->ctx, id_of(c->end), NULL, "%.*s%s%.*s", (int)how.n,
	    how.buf, n > 0 ? ": " : "", (int)(n < 200 ? n : 200), said);
	sink_fini(&how);
	return EXIT_TOOL;
}
