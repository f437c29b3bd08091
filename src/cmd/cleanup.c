/* SPDX-License-Identifier: Apache-2.0 */
/* The handler does only what POSIX allows in one: unlink, kill, and the signal
 * once more with its default action, so that the caller sees how we ended. */
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cleanup.h"

static const char *volatile file;
static volatile sig_atomic_t pids[CLEANUP_JOBS + 1]; /* the helper's is the last */

static volatile sig_atomic_t *volatile asked;
static volatile struct timespec when; /* it was asked */

static void end(int sig);

/* Be called again for it, once. */
static void
arm(int sig)
{
	struct sigaction act;

	memset(&act, 0, sizeof act);
	act.sa_handler = end;
	act.sa_flags = (int)SA_RESETHAND;
	sigaction(sig, &act, NULL);
}

/* timeout(1) and others send a signal to the process and to its group: what comes at
 * once is the same signal, and nobody's impatience. */
static bool
same_one(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - when.tv_sec) * 1000 + (now.tv_nsec - when.tv_nsec) / 1000000 < 500;
}

static void
end(int sig)
{
	struct timespec now;

	if (asked != NULL && (*asked == 0 || same_one())) {
		if (*asked == 0) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			when.tv_sec = now.tv_sec;
			when.tv_nsec = now.tv_nsec;
			*asked = sig;
		}
		arm(sig);
		return;
	}
	if (file != NULL)
		unlink(file);
	for (int i = 0; i <= CLEANUP_JOBS; i++)
		if (pids[i] > 0)
			kill((pid_t)pids[i], SIGTERM);
	raise(sig); /* blocked until this returns, then by default */
}

void
cleanup_init(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction old;

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			arm(signals[i]);
}

void
cleanup_file(const char *path)
{
	file = path;
}

void
cleanup_ask(volatile sig_atomic_t *flag)
{
	asked = flag;
}

volatile sig_atomic_t *
cleanup_helper(void)
{
	return &pids[CLEANUP_JOBS];
}

volatile sig_atomic_t *
cleanup_job(uint32_t i)
{
	return &pids[i];
}

void
cleanup_forget(void)
{
	file = NULL;
	for (int i = 0; i <= CLEANUP_JOBS; i++)
		pids[i] = 0;
}
