/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

void
run_start(struct run *r, const char *const argv[])
{
	int fd[2];

	memset(r, 0, sizeof *r);
	if (pipe(fd) != 0 || (r->pid = fork()) < 0)
		exit(99);
	if (r->pid == 0) {
		dup2(fd[1], 1);
		close(fd[0]);
		execv(argv[0], (char *const *)(size_t)argv);
		_exit(127);
	}
	close(fd[1]);
	r->f = fdopen(fd[0], "r");
}

bool
run_line(struct run *r, json_t **line)
{
	if (getline(&r->buf, &r->cap, r->f) <= 0)
		return false;
	r->text.n = 0;
	quote_big_numbers(&r->text, r->buf);
	*line = json_loads(r->text.s, JSON_ALLOW_NUL, NULL);
	return true;
}

void
run_end(struct run *r)
{
	waitpid(r->pid, NULL, 0);
	fclose(r->f);
}
