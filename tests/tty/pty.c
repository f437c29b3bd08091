/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program on a terminal of our own: pty COLUMNSxLINES STEP... -- PROGRAM
 * ARGUMENT... Steps in turn:
 *   text:WORD   wait until the output since the last step holds WORD
 *   keys:TEXT   write TEXT (\r, \e and ^X written so)
 *   size:WxH    resize, which sends SIGWINCH
 *   kill:N      send signal N
 *   exit:N      wait for the end: status N, or 128 + signal
 *   done:WORD   all of the output holds WORD
 *   tty:sane    the terminal echoes and has lines again
 * Status 0, or 1 after a word on what failed. All waits end after 30 seconds. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { WAIT = 30000 };

static struct run {
	int master, slave, status;
	pid_t pid;
	char *out;
	size_t n, cap, from;   /* from: what the last step has seen */
	bool ended;
} t;

static int
fail(const char *step)
{
	fprintf(stderr, "failed: %s; the output so far:\n", step);
	for (size_t i = t.n > 1500 ? t.n - 1500 : 0; i < t.n; i++)
		fprintf(stderr, t.out[i] < ' ' && t.out[i] != '\n' ? "\\x%02x" : "%c",
		    (unsigned char)t.out[i]);
	fprintf(stderr, "\n");
	if (!t.ended)
		kill(t.pid, SIGKILL);
	return 1;
}

/* Take in what comes within ms; false: nothing did. */
static bool
take(int ms)
{
	struct pollfd p = { .fd = t.master, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return false;
	if (t.cap - t.n < 1 << 16) {
		t.cap += 1 << 20;
		if ((t.out = realloc(t.out, t.cap)) == NULL)
			exit(99);
	}
	n = read(t.master, t.out + t.n, t.cap - t.n - 1);
	if (n <= 0)
		return false;
	t.n += (size_t)n;
	t.out[t.n] = '\0';
	return true;
}

static bool
holds(size_t from, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = from; i + len <= t.n; i++)
		if (memcmp(t.out + i, word, len) == 0)
			return true;
	return false;
}

static long
now(void)
{
	struct timespec c;

	clock_gettime(CLOCK_MONOTONIC, &c);
	return c.tv_sec * 1000 + c.tv_nsec / 1000000;
}

static bool
wait_text(const char *word)
{
	long end = now() + WAIT;

	while (!holds(t.from, word)) {
		if (now() > end)
			return false;
		take(100);
	}
	/* the rest of the same picture */
	while (take(40))
		continue;
	t.from = t.n;
	return true;
}

static void
send_keys(const char *s)
{
	char c;

	for (; *s != '\0'; s++) {
		c = *s;
		if (c == '\\' && s[1] != '\0')
			c = *++s == 'r' ? '\r' : *s == 'e' ? 27 : *s;
		else if (c == '^' && s[1] != '\0')
			c = (char)(*++s & 31);
		if (write(t.master, &c, 1) != 1)
			return;
	}
}

static bool
wait_exit(int want)
{
	long end = now() + WAIT;

	while (waitpid(t.pid, &t.status, WNOHANG) == 0) {
		if (now() > end)
			return false;
		take(20);
	}
	t.ended = true;
	while (take(50))
		continue;
	return want == (WIFSIGNALED(t.status) ? 128 + WTERMSIG(t.status) : WEXITSTATUS(t.status));
}

static void
set_size(const char *s)
{
	struct winsize w = { 0 };
	unsigned x = 80, y = 24;

	sscanf(s, "%ux%u", &x, &y);
	w.ws_col = (unsigned short)x;
	w.ws_row = (unsigned short)y;
	ioctl(t.master, TIOCSWINSZ, &w);
	if (t.pid > 0)
		kill(t.pid, SIGWINCH);
}

static bool
is_sane(void)
{
	struct termios a;

	return tcgetattr(t.slave, &a) == 0 && (a.c_lflag & (ECHO | ICANON | ISIG)) ==
	    (ECHO | ICANON | ISIG);
}

static bool
step(const char *s)
{
	const char *arg = strchr(s, ':') != NULL ? strchr(s, ':') + 1 : "";

	if (strncmp(s, "text:", 5) == 0)
		return wait_text(arg);
	if (strncmp(s, "exit:", 5) == 0)
		return wait_exit(atoi(arg));
	if (strncmp(s, "done:", 5) == 0)
		return holds(0, arg);
	if (strncmp(s, "tty:", 4) == 0)
		return is_sane();
	if (strncmp(s, "keys:", 5) == 0)
		send_keys(arg);
	else if (strncmp(s, "size:", 5) == 0)
		set_size(arg);
	else if (strncmp(s, "kill:", 5) == 0)
		kill(t.pid, atoi(arg));
	return true;
}

static bool
start(char **argv)
{
	const char *name;

	t.master = posix_openpt(O_RDWR | O_NOCTTY);
	if (t.master < 0 || grantpt(t.master) != 0 || unlockpt(t.master) != 0 ||
	    (name = ptsname(t.master)) == NULL ||
	    (t.slave = open(name, O_RDWR | O_NOCTTY)) < 0)
		return false;
	set_size(argv[1]);
	return true;
}

int
main(int argc, char **argv)
{
	int at = 2;

	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	if (argc < 4 || at + 1 >= argc)
		return 99;
	if (!start(argv)) {
		fprintf(stderr, "no terminal can be had: %s\n", strerror(errno));
		return 77;
	}
	if ((t.pid = fork()) == 0) {
		setsid();
		ioctl(t.slave, TIOCSCTTY, 0);
		for (int fd = 0; fd < 3; fd++)
			dup2(t.slave, fd);
		close(t.master);
		execvp(argv[at + 1], argv + at + 1);
		_exit(127);
	}
	for (int i = 2; i < at; i++)
		if (!step(argv[i]))
			return fail(argv[i]);
	if (!t.ended)
		kill(t.pid, SIGKILL);
	return 0;
}
