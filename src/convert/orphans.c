/* SPDX-License-Identifier: Apache-2.0 */
/* What a helper starts has its mark in the environment that it was started with; when its
 * parent has ended it is our child. Who clears that mark is let alone, as are orphans that
 * were ours before. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "convert/orphans.h"

extern char **environ;

/* Each round ends a generation: what they started is adopted then. */
enum { ROUNDS = 100, ENVIRONMENT_MAX = 1 << 20 };

void
orphans_adopt(void)
{
#ifdef PR_SET_CHILD_SUBREAPER
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

char **
orphans_environment(const char *mark)
{
	size_t n = 0;
	char **all;

	while (environ != NULL && environ[n] != NULL)
		n++;
	if ((all = malloc((n + 2) * sizeof *all)) == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		all[i] = environ[i];
	all[n] = (char *)(size_t)mark;
	all[n + 1] = NULL;
	return all;
}

/* Of a small file below /proc, NUL behind it; how much. */
static size_t
slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t k;

	while (fd >= 0 && n + 1 < size && (k = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)k;
	if (fd >= 0)
		close(fd);
	buf[n] = '\0';
	return n;
}

/* Is it our child, and was it started with that mark? Others that we have adopted are nobody's
 * affair here. */
static bool
is_left(pid_t pid, const char *mark, char *buf)
{
	char path[40], *p;
	size_t n;

	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	slurp(path, buf, ENVIRONMENT_MAX);
	/* "123 (any name) S 45 ": the parent stands behind the state */
	p = strrchr(buf, ')');
	if (p == NULL || strlen(p) < 4 || strtol(p + 3, NULL, 10) != (long)getpid())
		return false;
	snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
	n = slurp(path, buf, ENVIRONMENT_MAX);
	for (p = buf; p < buf + n; p += strlen(p) + 1)
		if (strcmp(p, mark) == 0)
			return true;
	return false;
}

/* Of the children of one of our threads; how many were ended. buf: twice as long as an
 * environment. */
static unsigned
end_those(const char *thread, const char *mark, char *buf)
{
	char path[80], *list = buf + ENVIRONMENT_MAX, *end, *blank;
	unsigned n = 0;

	snprintf(path, sizeof path, "/proc/self/task/%.20s/children", thread);
	slurp(path, list, ENVIRONMENT_MAX);
	/* each has a blank behind it: a number without one was cut */
	blank = strrchr(list, ' ');
	list[blank != NULL ? blank - list : 0] = '\0';
	for (char *p = list;; p = end) {
		pid_t pid = (pid_t)strtol(p, &end, 10);

		if (end == p)
			return n;
		if (pid <= 1 || !is_left(pid, mark, buf))
			continue;
		n++;
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
}

void
orphans_end(const char *mark)
{
	char *buf = malloc(2 * (size_t)ENVIRONMENT_MAX);
	unsigned n = 1;

	for (int i = 0; i < ROUNDS && n > 0 && buf != NULL; i++) {
		DIR *threads = opendir("/proc/self/task");
		struct dirent *d;

		for (n = 0; threads != NULL && (d = readdir(threads)) != NULL;)
			if (d->d_name[0] != '.')
				n += end_those(d->d_name, mark, buf);
		if (threads != NULL)
			closedir(threads);
	}
	free(buf);
}
