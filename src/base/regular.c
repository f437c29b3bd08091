/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/regular.h"

int
regular_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

FILE *
regular_stream(const char *path)
{
	int fd = regular_open(path);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (f == NULL && fd >= 0)
		close(fd);
	return f;
}

static int
write_all(int fd, const char *text, size_t n)
{
	ssize_t put;

	for (; n > 0; text += put, n -= (size_t)put) {
		put = write(fd, text, n);
		if (put < 0 && errno != EINTR)
			return errno;
		put = put < 0 ? 0 : put;
	}
	return 0;
}

int
regular_write(const char *path, const char *text, size_t n)
{
	struct beside b;
	struct stat st;
	int err;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return EINVAL;
	if ((err = beside_open(&b, path)) != 0)
		return err;
	if ((err = write_all(b.fd, text, n)) == 0)
		err = beside_publish(&b);
	beside_drop(&b);
	return err;
}

const char *
regular_says(int error)
{
	return error == EINVAL ? "not a regular file" : strerror(error);
}
