/* SPDX-License-Identifier: Apache-2.0 */
/* The handler does only what POSIX allows in one: unlink, kill, and the signal
 * once more with its default action, so that the caller sees how we ended. */
#include <string.h>
#include <unistd.h>

#include "cmd/cleanup.h"

static const char *volatile file;
static volatile sig_atomic_t pids[CLEANUP_JOBS + 1]; /* the helper's is the last */

static volatile sig_atomic_t *volatile asked;

static void
end(int sig)
{
	struct sigaction again;

	if (asked != NULL && *asked == 0) {
		*asked = sig;
		memset(&again, 0, sizeof again);
		again.sa_handler = end;
		again.sa_flags = (int)SA_RESETHAND;
		sigaction(sig, &again, NULL);
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
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction act, old;

	memset(&act, 0, sizeof act);
	act.sa_handler = end;
	act.sa_flags = (int)SA_RESETHAND;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &act, NULL);
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
