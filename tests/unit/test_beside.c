/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders that come into their place whole or not at all, also when the
 * process is killed. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/beside.h"
#include "base/ctx.h"

static char folder[64], path[80];

static int
enter(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/mlinspect-beside-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/made", folder);
	return 0;
}

static int
leave(void **state)
{
	struct beside b = { .name = strdup(folder), .fd = -1 };

	(void)state;
	beside_drop(&b);
	return 0;
}

/* Names in the folder beside made. */
static unsigned
others(void)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.' && strcmp(e->d_name, "made") != 0;
	closedir(d);
	return n;
}

/* How many left-overs are told of. */
static unsigned
swept(void)
{
	struct ctx ctx;
	unsigned n;

	ctx_init(&ctx);
	beside_sweep(&ctx, path);
	n = ctx.diags.n;
	for (unsigned i = 0; i < n; i++)
		assert_non_null(strstr(ctx.diags.list[i].message, "made.part-"));
	ctx_fini(&ctx);
	return n;
}

static void
write_one(const char *text)
{
	struct beside b;

	assert_int_equal(beside_open(&b, path), 0);
	assert_int_equal(write(b.fd, text, 3), 3);
	assert_int_equal(beside_publish(&b), 0);
}

static void
assert_holds(const char *text)
{
	char got[4] = "";
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, 3), 3);
	close(fd);
	assert_string_equal(got, text);
}

static void
test_whole(void **state)
{
	struct beside b;
	struct stat st;

	(void)state;
	write_one("one");
	assert_holds("one");
	write_one("two"); /* over what is there */
	assert_holds("two");
	assert_int_equal(stat(path, &st), 0);
	assert_int_not_equal(st.st_mode & 0200, 0);
	assert_int_equal(beside_open(&b, path), 0);
	assert_int_equal(write(b.fd, "bad", 3), 3);
	beside_drop(&b);
	assert_holds("two");
	assert_int_equal(others(), 0);
	assert_int_not_equal(beside_open(&b, "/nowhere/at/all"), 0);
}

/* What a killed process leaves is gone after the next run. */
static void
kill_one(bool is_folder)
{
	struct beside b;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (is_folder ? beside_folder(&b, path) : beside_open(&b, path))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void
test_killed(void **state)
{
	char name[120];
	int fd;

	(void)state;
	kill_one(false);
	swept();
	assert_int_equal(others(), 0);
	kill_one(true);
	assert_int_equal(others(), 1);
	assert_int_equal(swept(), 1);
	assert_int_equal(others(), 0);
	/* a file, as of a system where each has a name */
	snprintf(name, sizeof name, "%s.part-0123ab", path);
	fd = open(name, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(swept(), 1);
	assert_int_equal(others(), 0);
}

/* Links stay, and lead where they led; also those whose file is not there yet. */
static void
test_links(void **state)
{
	char link[120], other[120];
	struct beside b;
	struct stat st;

	(void)state;
	snprintf(link, sizeof link, "%s/link", folder);
	snprintf(other, sizeof other, "%s/other", folder);
	assert_int_equal(symlink("other", link), 0);
	assert_int_equal(symlink(link, path), 0);
	assert_int_equal(beside_open(&b, path), 0);
	assert_int_equal(write(b.fd, "1", 1), 1);
	assert_int_equal(beside_publish(&b), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat(other, &st), 0);
	assert_true(S_ISREG(st.st_mode) && st.st_size == 1);
	assert_int_equal(others(), 2);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("made", link), 0);
	assert_int_not_equal(beside_open(&b, path), 0); /* in a circle */
	beside_drop(&b);
}

/* Another process is still at it, and names that are not ours: all stays. */
static void
test_alive(void **state)
{
	static const char *const names[] = { ".part-0123", ".part-0123abc", ".part-GGGGGG", ".back" };
	struct beside b;
	char name[120];
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(beside_folder(&b, path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "%s%s", path, names[i]);
		close(open(name, O_WRONLY | O_CREAT, 0600));
	}
	if ((pid = fork()) == 0)
		_exit((int)swept());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(others(), 5);
	beside_drop(&b);
	assert_int_equal(others(), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, enter, leave),
		cmocka_unit_test_setup_teardown(test_killed, enter, leave),
		cmocka_unit_test_setup_teardown(test_links, enter, leave),
		cmocka_unit_test_setup_teardown(test_alive, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
