/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program on a terminal of our own: pty COLUMNSxLINES STEP... -- PROGRAM
 * ARGUMENT... Steps in turn:
 *   text:WORD   wait until the screen shows WORD
 *   gone:WORD   wait until it does not
 *   sent:WORD   wait until the output holds WORD
 *   keys:TEXT   write TEXT, all at once as terminals do
 *   size:WxH    resize, which sends SIGWINCH; the screen is empty then
 *   kill:N      send signal N
 *   suspend:    send SIGTSTP
 *   stopped:    wait until it is stopped
 *   resume:     send SIGCONT
 *   run:COMMAND a command of the shell, which must succeed
 *   exit:N      wait for the end: status N, or 128 + signal
 *   done:WORD   all of the output holds WORD
 *   not:WORD    none of it does
 *   tty:sane    the terminal is set as it was at first
 * In TEXT and WORD \e, \r and ^X are control characters.
 * Status 0, or 1 after a word on what failed. All waits end after
 * two minutes: a machine may be busy. */
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

#include "tests/tty/screen.h"

enum { WAIT = 120000 };

static struct run {
	int master, slave, status, stops; /* stops: a byte whenever it was stopped */
	pid_t shell, pid;
	char *out;
	size_t n, cap;
	bool ended;
	struct termios before;
	struct screen screen;
} t;

static int
fail(const char *step)
{
	fprintf(stderr, "failed: %s; the screen:\n", step);
	screen_print(&t.screen, stderr);
	fprintf(stderr, "the output so far:\n");
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
	screen_take(&t.screen, t.out + t.n, (size_t)n);
	t.n += (size_t)n;
	t.out[t.n] = '\0';
	return true;
}

/* The text with what \ and ^ stand for: of at most the same length. */
static size_t
spell(const char *s, char *to)
{
	size_t n = 0;

	for (; *s != '\0'; s++) {
		char c = *s;

		if (c == '\\' && s[1] != '\0')
			c = *++s == 'r' ? '\r' : *s == 'e' ? 27 : *s;
		else if (c == '^' && s[1] != '\0')
			c = (char)(*++s & 31);
		to[n++] = c;
	}
	return n;
}

static bool
was_sent(const char *word)
{
	char text[1000];
	size_t len;

	if (strlen(word) > sizeof text)
		return false;
	len = spell(word, text);
	for (size_t i = 0; i + len <= t.n; i++)
		if (memcmp(t.out + i, text, len) == 0)
			return true;
	return false;
}

static bool
is_shown(const char *word)
{
	return screen_holds(&t.screen, word, strlen(word));
}

static long
now(void)
{
	struct timespec c;

	clock_gettime(CLOCK_MONOTONIC, &c);
	return c.tv_sec * 1000 + c.tv_nsec / 1000000;
}

static bool
wait_until(bool (*is)(const char *), const char *word, bool want)
{
	long end = now() + WAIT;

	while (is(word) != want) {
		if (now() > end)
			return false;
		take(100);
	}
	return true;
}

static bool
send_keys(const char *s)
{
	char text[1000];
	size_t n = strlen(s) <= sizeof text ? spell(s, text) : 0;

	return write(t.master, text, n) == (ssize_t)n;
}

static bool
wait_stopped(void)
{
	struct pollfd p = { .fd = t.stops, .events = POLLIN };
	long end = now() + WAIT;
	char c;

	while (poll(&p, 1, 20) == 0) {
		if (now() > end)
			return false;
		take(20);
	}
	while (take(50)) /* what it left the screen like */
		continue;
	return read(t.stops, &c, 1) == 1;
}

static bool
wait_exit(int want)
{
	long end = now() + WAIT;

	while (waitpid(t.shell, &t.status, WNOHANG) == 0) {
		if (now() > end)
			return false;
		take(20);
	}
	t.ended = true;
	while (take(50))
		continue;
	return WIFEXITED(t.status) && want == WEXITSTATUS(t.status);
}

static void
set_size(const char *s)
{
	struct winsize w = { 0 };
	unsigned x = 80, y = 24;

	sscanf(s, "%ux%u", &x, &y);
	w.ws_col = (unsigned short)x;
	w.ws_row = (unsigned short)y;
	screen_start(&t.screen, (int)x, (int)y);
	ioctl(t.master, TIOCSWINSZ, &w);
	if (t.pid > 0)
		kill(t.pid, SIGWINCH);
}

static bool
is_sane(void)
{
	struct termios a;

	return tcgetattr(t.slave, &a) == 0 && a.c_iflag == t.before.c_iflag &&
	    a.c_oflag == t.before.c_oflag && a.c_cflag == t.before.c_cflag &&
	    a.c_lflag == t.before.c_lflag && memcmp(a.c_cc, t.before.c_cc, sizeof a.c_cc) == 0;
}

static bool
step(const char *s)
{
	const char *arg = strchr(s, ':') != NULL ? strchr(s, ':') + 1 : "";

	if (strncmp(s, "text:", 5) == 0)
		return wait_until(is_shown, arg, true);
	if (strncmp(s, "gone:", 5) == 0)
		return wait_until(is_shown, arg, false);
	if (strncmp(s, "sent:", 5) == 0)
		return wait_until(was_sent, arg, true);
	if (strncmp(s, "exit:", 5) == 0)
		return wait_exit(atoi(arg));
	if (strncmp(s, "done:", 5) == 0)
		return was_sent(arg);
	if (strncmp(s, "not:", 4) == 0)
		return !was_sent(arg);
	if (strncmp(s, "tty:", 4) == 0)
		return is_sane();
	if (strncmp(s, "stopped:", 8) == 0)
		return wait_stopped();
	if (strncmp(s, "run:", 4) == 0)
		return system(arg) == 0;
	if (strncmp(s, "keys:", 5) == 0)
		return send_keys(arg);
	if (strncmp(s, "size:", 5) == 0)
		set_size(arg);
	else if (strncmp(s, "kill:", 5) == 0)
		kill(t.pid, atoi(arg));
	else if (strncmp(s, "suspend:", 8) == 0)
		kill(t.pid, SIGTSTP);
	else if (strncmp(s, "resume:", 7) == 0)
		kill(t.pid, SIGCONT);
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
	return tcgetattr(t.slave, &t.before) == 0;
}

/* As a shell does: the program leads a group of its own in front, and somebody is there
 * who could let it go on; without, nothing can stop it. Ends as the program does. */
static void
be_shell(char **argv, int up)
{
	int status;
	pid_t pid;

	setsid();
	ioctl(t.slave, TIOCSCTTY, 0);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if ((pid = fork()) == 0) {
		setpgid(0, 0);
		tcsetpgrp(t.slave, getpid());
		signal(SIGTTOU, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		for (int fd = 0; fd < 3; fd++)
			dup2(t.slave, fd);
		close(t.master);
		close(up);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (write(up, &pid, sizeof pid) != sizeof pid)
		_exit(99);
	while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status))
		if (write(up, "s", 1) != 1)
			_exit(99);
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static bool
start_program(char **argv)
{
	int fds[2];

	if (pipe(fds) != 0 || (t.shell = fork()) < 0)
		return false;
	if (t.shell == 0)
		be_shell(argv, fds[1]);
	close(fds[1]);
	t.stops = fds[0];
	return read(t.stops, &t.pid, sizeof t.pid) == sizeof t.pid;
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
	if (!start_program(argv + at + 1))
		return 99;
	for (int i = 2; i < at; i++)
		if (!step(argv[i]))
			return fail(argv[i]);
	if (!t.ended)
		kill(t.pid, SIGKILL);
	return 0;
}
