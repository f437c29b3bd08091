/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of the test's own, around all of its cases. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/mlinspect-test-XXXXXX";

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

/* With the files in it; what is left otherwise fails the group. */
static int
remove_folder(void **state)
{
	char path[300];
	DIR *d = opendir(folder);
	const struct dirent *e;

	(void)state;
	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (*e->d_name != '.')
			unlink(path);
	}
	if (d != NULL)
		closedir(d);
	return rmdir(folder);
}

#endif
