/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures by the dot program. It reads the drawing from a temporary file that
 * has no name, so that neither side waits for the other, and no shell is
 * involved. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "report/dot.h"

extern char **environ;

static const struct { const char *name, *option; } formats[] = {
	{ "svg", "-Tsvg" }, { "png", "-Tpng" }, { "pdf", "-Tpdf" }
};

/* "-Tsvg", or NULL. */
static const char *
option_of(const char *format)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(format, formats[i].name) == 0)
			return formats[i].option;
	return NULL;
}

/* Start dot on three descriptors. 0 or an errno. */
static int
start(pid_t *pid, const char *option, const int fd[3])
{
	char name[] = "dot", opt[8];
	char *argv[] = { name, opt, NULL };
	posix_spawn_file_actions_t actions;
	int err;

	snprintf(opt, sizeof opt, "%s", option);
	if ((err = posix_spawn_file_actions_init(&actions)) != 0)
		return err;
	for (int i = 0; i < 3 && err == 0; i++)
		err = posix_spawn_file_actions_adddup2(&actions, fd[i], i);
	if (err == 0)
		err = posix_spawnp(pid, name, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

/* What the program said first, made safe. */
static void
complain(struct ctx *ctx, int status, int err_fd)
{
	char said[400];
	struct sink safe;
	ssize_t n = lseek(err_fd, 0, SEEK_SET) == 0 ? read(err_fd, said, sizeof said) : 0;
	size_t len = 0;

	while (n > 0 && len < (size_t)n && said[len] != '\n')
		len++;
	sink_init(&safe, -1);
	sink_safe(&safe, said, len, 200);
	if (WIFSIGNALED(status))
		diag_add(ctx, DIAG_HELPER_FAILED, NULL, "dot was ended by signal %d; "
		    "no picture was made", WTERMSIG(status));
	else
		diag_add(ctx, DIAG_HELPER_FAILED, NULL, "dot ended with status %d: %.*s",
		    WEXITSTATUS(status), (int)safe.n, safe.n > 0 ? safe.buf : "");
	sink_fini(&safe);
}

static int
run(struct ctx *ctx, const struct dot_options *o, const char *option, const int fd[3])
{
	volatile sig_atomic_t none, *helper = o->helper != NULL ? o->helper : &none;
	pid_t pid;
	int status, err = start(&pid, option, fd);

	if (err == 0) {
		*helper = pid;
		while (waitpid(pid, &status, 0) < 0)
			if (errno != EINTR)
				return -1;
		*helper = 0;
	}
	if (err == ENOENT || (err == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
		diag_add(ctx, DIAG_HELPER_MISSING, NULL,
		    "the program dot was not found; write DOT text instead");
		return -1;
	}
	if (err != 0) {
		diag_add(ctx, DIAG_HELPER_FAILED, NULL, "dot was not started: %s", strerror(err));
		return -1;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	complain(ctx, status, fd[2]);
	return -1;
}

int
dot_render(struct ctx *ctx, const struct model *m, const struct dot_options *o,
    const char *format, int fd)
{
	const char *option = option_of(format);
	FILE *in, *err;
	int rc = -1;

	if (option == NULL) {
		diag_add(ctx, DIAG_HELPER_FAILED, NULL, "pictures are svg, png or pdf");
		return -1;
	}
	in = tmpfile();
	err = tmpfile();
	if (in == NULL || err == NULL)
		diag_add(ctx, DIAG_WRITE_FAILED, NULL, "no temporary file: %s", strerror(errno));
	else if (dot_write(ctx, m, o, fileno(in)) == 0 && lseek(fileno(in), 0, SEEK_SET) == 0)
		rc = run(ctx, o, option, (const int[]){ fileno(in), fd, fileno(err) });
	if (in != NULL)
		fclose(in);
	if (err != NULL)
		fclose(err);
	return rc;
}
