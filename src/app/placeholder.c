/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/placeholder.h"
#include "base/regular.h"
#include "base/sink.h"

static const char first_line[] = "mlinspect placeholder 1\n";
enum { NAME = 4096 };

static bool
read_one(const char *path, char *buf, size_t size)
{
	char text[1024];
	size_t n;
	struct stat st;
	FILE *f;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || (f = fopen(path, "rb")) == NULL)
		return false;
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	if (strncmp(text, first_line, sizeof first_line - 1) != 0)
		return false;
	snprintf(buf, size, "%.*s", (int)strcspn(text + sizeof first_line - 1, "\n"),
	    text + sizeof first_line - 1);
	return true;
}

bool
placeholder_read(const char *path, char *buf, size_t size)
{
	char beside[NAME];
	struct stat st;

	if (stat(path, &st) == 0)
		return read_one(path, buf, size);
	return snprintf(beside, sizeof beside, "%s.placeholder", path) < NAME &&
	    read_one(beside, buf, size);
}

bool
placeholder_write(const char *model, const char *reason)
{
	char path[NAME];
	struct sink out;
	int err;

	errno = ENAMETOOLONG;
	if (snprintf(path, sizeof path, "%s.placeholder", model) >= NAME)
		return false;
	sink_init(&out, -1);
	sink_printf(&out, "%s%s\n", first_line, reason);
	err = out.err != 0 ? out.err : regular_write(path, out.buf, out.n);
	sink_fini(&out);
	errno = err;
	return err == 0;
}
