/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/diag.h"
#include "convert/publish.h"
#include "ir/build.h"
#include "ir/graph.h"
#include "read/reader.h"

const char *
publish_judge(struct arena *a, const char *made)
{
	struct read_options options = { .follow_links = false };
	const char *why = NULL;
	struct model *m = NULL;
	struct stat st;
	struct ctx ctx;

	if (lstat(made, &st) != 0)
		return "the driver says that it is done, and nothing was written";
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return "what was written is neither a folder nor a file";
	ctx_init(&ctx);
	m = model_read(&ctx, made, &options);
	for (uint32_t i = 0; why == NULL && i < ctx.diags.n; i++)
		if (ctx.diags.list[i].level >= LEVEL_ERROR)
			why = arena_printf(a, "what was written cannot be read: %s",
			    ctx.diags.list[i].message);
	if (why == NULL && (m == NULL || (m->dialect != DIALECT_MIL && m->dialect != DIALECT_NN)))
		why = "what was written is no model of Core ML";
	model_free(m);
	ctx_fini(&ctx);
	return why;
}

/* Something of our own at out, which a rename may replace: it is empty. */
static int
claim(const char *out, bool folder)
{
	int fd;

	if (folder)
		return mkdir(out, 0700) == 0 ? 0 : errno;
	if ((fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
		return errno;
	close(fd);
	return 0;
}

/* A folder is not renamed over one that has something in it, so what somebody puts into
 * ours stops us. */
static int
move_to_free(const char *made, const char *out, bool folder)
{
	int err = claim(out, folder);

	if (err != 0)
		return err;
	if (rename(made, out) == 0)
		return 0;
	err = errno == ENOTEMPTY ? EEXIST : errno;
	if (folder)
		rmdir(out);
	else
		unlink(out);
	return err;
}

int
publish_move(const char *made, const char *out, const char *old)
{
	struct stat st;
	bool folder;
	int err;

	if (stat(made, &st) != 0)
		return errno;
	folder = S_ISDIR(st.st_mode);
	if (old == NULL)
		return move_to_free(made, out, folder);
	if (rename(out, old) != 0)
		return errno == ENOENT ? move_to_free(made, out, folder) : errno;
	if ((err = move_to_free(made, out, folder)) != 0)
		rename(old, out);
	return err;
}
