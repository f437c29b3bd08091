/* SPDX-License-Identifier: Apache-2.0 */
/* measure COMMAND [ARG]...: runs it, its output thrown away, and prints the
 * median of user and system CPU seconds, the peak resident megabytes and the
 * exit status (128 + n for signal n). Short commands run five times. Children
 * are waited for one by one, so the difference of two sums is one child. */
#define _DEFAULT_SOURCE /* ru_maxrss */
#define _DARWIN_C_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS = 5 };

#ifdef __APPLE__
#define MAXRSS_PER_MB 1e6 /* bytes there, KiB elsewhere */
#else
#define MAXRSS_PER_MB (1e6 / 1024)
#endif

static double
seconds(const struct rusage *r)
{
	return (double)(r->ru_utime.tv_sec + r->ru_stime.tv_sec) +
	    1e-6 * (double)(r->ru_utime.tv_usec + r->ru_stime.tv_usec);
}

static void
become(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

/* CPU seconds of one run. */
static double
run(char **argv, int *status)
{
	struct rusage before, after;
	pid_t pid;
	int st;

	getrusage(RUSAGE_CHILDREN, &before);
	if ((pid = fork()) == 0)
		become(argv);
	if (pid < 0 || waitpid(pid, &st, 0) < 0) {
		perror("measure");
		exit(1);
	}
	getrusage(RUSAGE_CHILDREN, &after);
	*status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
	return seconds(&after) - seconds(&before);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	double cpu[RUNS];
	struct rusage peak;
	int n = 0, most, status;

	if (argc < 2) {
		fputs("usage: measure COMMAND [ARG]...\n", stderr);
		return 2;
	}
	do {
		cpu[n] = run(argv + 1, &status);
		most = cpu[0] < 1 ? RUNS : cpu[0] < 4 ? 3 : 1;
	} while (++n < most);
	qsort(cpu, (size_t)n, sizeof *cpu, compare);
	getrusage(RUSAGE_CHILDREN, &peak);
	printf("%.4f %.1f %d\n", cpu[n / 2], (double)peak.ru_maxrss / MAXRSS_PER_MB, status);
	return 0;
}
