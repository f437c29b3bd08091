/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/regular.h"
#include "base/slurp.h"

enum { PIECE = 1 << 16 };

/* Room for another piece and the NUL. */
static bool
grow(char **text, size_t n, size_t *cap)
{
	char *more;

	if (n + PIECE < *cap)
		return true;
	if ((more = realloc(*text, *cap * 2 + PIECE + 1)) == NULL)
		return false;
	*cap = *cap * 2 + PIECE + 1;
	*text = more;
	return true;
}

static char *
read_fd(int fd, size_t most, size_t *n)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t got = 1;

	while (got != 0) {
		got = -1;
		if (*n > most)
			errno = EFBIG;
		else if (grow(&text, *n, &cap))
			got = read(fd, text + *n, PIECE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(text);
			return NULL;
		}
		*n += (size_t)got;
	}
	text[*n] = '\0';
	return text;
}

/* What was opened, if it was, is closed; errno is that of the first failure. */
static char *
read_opened(int fd, size_t most, size_t *n)
{
	char *text;
	int err;

	*n = 0;
	if (fd < 0)
		return NULL;
	text = read_fd(fd, most, n);
	err = errno;
	close(fd);
	errno = err;
	return text;
}

char *
slurp_most(const char *path, size_t most, size_t *n)
{
	*n = 0;
	if (strcmp(path, "-") == 0)
		return read_fd(STDIN_FILENO, most, n);
	return read_opened(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), most, n);
}

char *
slurp_regular(const char *path, size_t *n)
{
	return read_opened(regular_open(path), SLURP_MAX, n);
}

char *
slurp(const char *path, size_t *n)
{
	return slurp_most(path, SLURP_MAX, n);
}
