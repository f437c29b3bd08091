/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of the pipes are moved above those the process is given, so that
 * no order of them matters. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/sink.h"
#include "convert/child.h"
#include "convert/orphans.h"

enum { FIRST_FD = 10, EVENT_FD = 3, LINE_MAX_BYTES = 4 << 20, READ_BYTES = 1 << 16 };
enum { LOOK_MS = 200, SILENT_MS = 1000 };

double
child_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A pipe that no program started by others inherits. */
static int
make_pipe(int fd[2])
{
	int raw[2];

	fd[0] = fd[1] = -1;
	if (pipe(raw) != 0)
		return errno;
	for (int i = 0; i < 2; i++) {
		fd[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, FIRST_FD);
		close(raw[i]);
	}
	return fd[0] < 0 || fd[1] < 0 ? errno : 0;
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A session of its own where there can be one, else a process group: the terminal's keys
 * are for us. */
static void
set_apart(posix_spawnattr_t *attr)
{
	posix_spawnattr_init(attr);
#ifdef POSIX_SPAWN_SETSID
	if (posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID) == 0)
		return;
#endif
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP);
}

static int
spawn(struct child *c, int in, int events, int errors)
{
	char memory[24], fd[8];
	char network[] = "0", unbuffered[] = "-u", alone[] = "-s";
	/* a virtual environment is found by the name of its python */
	char *python = strdup(c->o.python), *script = strdup(c->o.script);
	char *argv[] = { python, alone, unbuffered, script, fd, memory, network, NULL };
	char **env = orphans_environment(c->mark);
	posix_spawn_file_actions_t acts;
	posix_spawnattr_t attr;
	int err;

	if (script == NULL || python == NULL || env == NULL) {
		free(script);
		free(python);
		free(env);
		return ENOMEM;
	}
	snprintf(memory, sizeof memory, "%llu", (unsigned long long)c->o.memory);
	snprintf(fd, sizeof fd, "%d", EVENT_FD);
	network[0] = c->o.network ? '1' : '0';
	alone[1] = c->o.isolated ? 'I' : 's';
	set_apart(&attr);
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, in, 0);
	posix_spawn_file_actions_adddup2(&acts, errors, 1);
	posix_spawn_file_actions_adddup2(&acts, errors, 2);
	err = posix_spawn_file_actions_adddup2(&acts, events, EVENT_FD);
	if (err == 0)
		err = posix_spawnp(&c->pid, c->o.python, &acts, &attr, argv, env);
	posix_spawn_file_actions_destroy(&acts);
	posix_spawnattr_destroy(&attr);
	free(script);
	free(python);
	free(env);
	return err;
}

bool
child_start(struct child *c, const struct child_options *o)
{
	int in[2], events[2] = { -1, -1 }, errors[2] = { -1, -1 }, err;

	memset(c, 0, sizeof *c);
	c->o = *o;
	c->began = child_clock();
	snprintf(c->mark, sizeof c->mark, ORPHANS_MARK "%ld.%p.%.9f", (long)getpid(), (void *)c,
	    child_clock());
	orphans_adopt();
	if ((err = make_pipe(in)) == 0 && (err = make_pipe(events)) == 0 &&
	    (err = make_pipe(errors)) == 0)
		err = spawn(c, in[0], events[1], errors[1]);
	c->to = in[1];
	c->events = events[0];
	c->errors = errors[0];
	shut(&in[0]);
	shut(&events[1]);
	shut(&errors[1]);
	if (err != 0) {
		c->pid = 0;
		c->end = err == ENOENT ? CHILD_MISSING : CHILD_NOT_STARTED;
		c->code = err;
		return false;
	}
	fcntl(c->errors, F_SETFL, O_NONBLOCK);
	fcntl(c->events, F_SETFL, O_NONBLOCK);
	fcntl(c->to, F_SETFL, O_NONBLOCK);
	if (o->pid != NULL)
		*o->pid = c->pid;
	return true;
}

void
child_replay(struct child *c, int fd)
{
	memset(c, 0, sizeof *c);
	c->o.python = "";
	c->to = c->errors = -1;
	c->events = fd;
	c->replays = true;
}

/* {"at":1.234,"event":...: the line with its time before the rest. */
static void
record(struct child *c, const char *line, size_t n)
{
	struct sink *out = c->o.record;

	if (out == NULL || n < 2)
		return;
	sink_printf(out, "{\"at\":%.3f,", child_clock() - c->began);
	sink_write(out, line + 1, n - 1);
	sink_puts(out, "\n");
}

/* How it ended, as the last line. */
static void
record_end(struct child *c)
{
	struct sink *out = c->o.record;

	if (out == NULL || c->o.script == NULL)
		return;
	sink_printf(out, "{\"at\":%.3f,\"event\":\"ended\",\"n\":%d,\"i\":%d,\"text\":",
	    child_clock() - c->began, (int)c->end, c->code);
	sink_json(out, c->said, c->nsaid);
	sink_puts(out, "}\n");
}

/* The same of a record. */
static void
take_end(struct child *c, const struct event *e)
{
	const char *said = event_text(e->text);

	c->end = e->n > CHILD_ALIVE && e->n <= CHILD_GARBAGE ? (enum child_end)e->n : CHILD_SILENT;
	c->code = (int)e->i;
	c->nsaid = strnlen(said, CHILD_SAID);
	memcpy(c->said, said, c->nsaid);
	c->said[c->nsaid] = '\0';
}

/* Keep the end of what it says. */
static void
hear(struct child *c)
{
	char buf[1024];
	ssize_t n;
	size_t keep;

	while ((n = read(c->errors, buf, sizeof buf)) > 0) {
		keep = CHILD_SAID - (size_t)n < c->nsaid ? CHILD_SAID - (size_t)n : c->nsaid;
		memmove(c->said, c->said + c->nsaid - keep, keep);
		memcpy(c->said + keep, buf, (size_t)n);
		c->nsaid = keep + (size_t)n;
		c->said[c->nsaid] = '\0';
	}
	if (n == 0)
		shut(&c->errors);
}

/* More of the events; false: there will be none. */
static bool
fill(struct child *c)
{
	char *more;
	ssize_t n;

	if (c->taken > 0) {
		memmove(c->line, c->line + c->taken, c->n - c->taken);
		c->n -= c->taken;
		c->taken = 0;
	}
	if (c->cap - c->n < READ_BYTES) {
		if ((more = realloc(c->line, c->cap + 2 * READ_BYTES)) == NULL)
			return false;
		c->line = more;
		c->cap += 2 * READ_BYTES;
	}
	n = read(c->events, c->line + c->n, READ_BYTES);
	if (n > 0)
		c->n += (size_t)n;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* It has ended, with this status of waitpid; what it leaves behind ends with it. */
static void
settle(struct child *c, int status)
{
	c->pid = 0;
	orphans_end(c->mark);
	if (c->o.pid != NULL)
		*c->o.pid = 0;
	if (c->end != CHILD_ALIVE)
		return;
	c->end = WIFSIGNALED(status) ? CHILD_KILLED : c->asked != 0 ? CHILD_EXITED : CHILD_DONE;
	c->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	/* posix_spawnp of some systems says so this way */
	if (c->end == CHILD_EXITED && c->code == 127)
		c->end = CHILD_MISSING;
}

/* Has it ended by itself? Processes that it leaves behind end with it. */
static bool
gone(struct child *c)
{
	pid_t pid = c->pid;
	int status;

	if (pid <= 0)
		return true;
	if (waitpid(pid, &status, WNOHANG) != pid)
		return false;
	kill(-pid, SIGKILL);
	settle(c, status);
	return true;
}

void
child_stop(struct child *c, enum child_end why)
{
	int status = 0;

	if (c->pid <= 0 && !c->replays)
		return;
	if (c->end == CHILD_ALIVE)
		c->end = why;
	if (c->replays)
		return;
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	settle(c, status);
}

/* There will be no more events: a process that has ended says how, one that goes on is
 * of no use. */
static void
silent(struct child *c)
{
	for (int i = 0; i < SILENT_MS / 10 && !gone(c); i++)
		poll(NULL, 0, 10);
	child_stop(c, CHILD_SILENT);
}

/* A whole line that is there, or NULL. */
static const char *
take_line(struct child *c, size_t *n)
{
	const char *start, *end;

	if (c->n <= c->taken)
		return NULL;
	start = c->line + c->taken;
	end = memchr(start, '\n', c->n - c->taken);
	if (end == NULL)
		return NULL;
	*n = (size_t)(end - start);
	c->taken += *n + 1;
	return start;
}

/* Milliseconds of ms that are left before the request's time is over. */
static int
left(const struct child *c, int ms)
{
	double rest;

	if (c->o.seconds <= 0 || c->asked <= 0)
		return ms;
	rest = (c->asked + c->o.seconds - child_clock()) * 1000;
	return rest <= 0 ? 0 : ms < 0 || rest < ms ? (int)rest + 1 : ms;
}

static void
wait_for_more(struct child *c, int ms)
{
	struct pollfd p[2] = { { c->events, POLLIN, 0 }, { c->errors, POLLIN, 0 } };

	ms = left(c, ms);
	/* a signal that asks to stop may come just before; and who holds the pipes may not
	 * be who is waited for */
	poll(p, 2, ms < 0 || ms > LOOK_MS ? LOOK_MS : ms);
	if (p[1].revents != 0)
		hear(c);
	if (p[0].revents == 0 && gone(c))
		return;
	if (p[0].revents != 0 && !fill(c)) {
		if (c->errors >= 0)
			hear(c);
		silent(c);
	}
}

/* Reasons to end it that are not its own. */
static bool
judged(struct child *c)
{
	if (c->o.cancel != NULL && *c->o.cancel)
		child_stop(c, CHILD_CANCELLED);
	else if (c->o.seconds > 0 && c->asked > 0 && child_clock() > c->asked + c->o.seconds)
		child_stop(c, CHILD_TIMEOUT);
	else if (c->n - c->taken > LINE_MAX_BYTES)
		child_stop(c, CHILD_GARBAGE);
	return c->end != CHILD_ALIVE;
}

/* All of it, unless it is not read before the time is over or somebody stops it. */
static bool
tell(struct child *c, const char *text, size_t n)
{
	struct pollfd p = { c->to, POLLOUT, 0 };
	ssize_t k;

	for (; n > 0; text += k, n -= (size_t)k) {
		k = write(c->to, text, n);
		if (k < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (k >= 0)
			continue;
		k = 0;
		if (judged(c))
			return false;
		poll(&p, 1, left(c, LOOK_MS));
	}
	return true;
}

bool
child_ask(struct child *c, const char *json, size_t n)
{
	c->asked = child_clock();
	return tell(c, json, n) && tell(c, "\n", 1);
}

int
child_next(struct child *c, int ms, struct event *e, struct arena *a)
{
	double until = child_clock() + ms / 1000.0;
	const char *line;
	size_t n;

	for (;;) {
		if ((line = take_line(c, &n)) != NULL) {
			c->spoke = true;
			if (event_read(e, a, c->passing != NULL ? c->passing : a, line, n)) {
				if (e->id == EVENT_ENDED && c->replays) {
					take_end(c, e);
					return -1;
				}
				record(c, line, n);
				if (e->id == EVENT_END)
					c->asked = 0;
				return 1;
			}
			child_stop(c, CHILD_GARBAGE);
		}
		if (c->end != CHILD_ALIVE || judged(c))
			return -1;
		if (ms >= 0 && child_clock() >= until && ms > 0)
			return 0;
		wait_for_more(c, ms < 0 ? -1 : (int)((until - child_clock()) * 1000) + 1);
		if (ms == 0 && memchr(c->line != NULL ? c->line + c->taken : "", '\n',
		    c->n - c->taken) == NULL)
			return c->end != CHILD_ALIVE ? -1 : 0;
	}
}

void
child_close(struct child *c)
{
	shut(&c->to);
	if (c->pid > 0 && c->asked == 0)
		for (int i = 0; i < 50 && c->pid > 0; i++) {
			wait_for_more(c, 20);
			c->taken = c->n;
		}
	child_stop(c, CHILD_DONE);
	record_end(c);
	shut(&c->events);
	shut(&c->errors);
	free(c->line);
	c->line = NULL;
	c->n = c->taken = c->cap = 0;
}

void
child_describe(const struct child *c, struct sink *out)
{
	const char *name = c->o.python;

	switch (c->end) {
	case CHILD_ALIVE:
	case CHILD_DONE:
		sink_puts(out, "the helper has ended");
		break;
	case CHILD_EXITED:
		sink_printf(out, "the helper ended with status %d before it answered", c->code);
		break;
	case CHILD_KILLED:
		sink_printf(out, "the helper was ended by signal %d%s", c->code,
		    c->code == SIGSEGV ? " (segmentation fault)" :
		    c->code == SIGKILL ? " (killed, maybe for its memory)" : "");
		break;
	case CHILD_MISSING:
		sink_puts(out, "there is no Python at ");
		sink_puts(out, name);
		break;
	case CHILD_NOT_STARTED:
		sink_printf(out, "the helper could not be started: %s", strerror(c->code));
		break;
	case CHILD_TIMEOUT:
		sink_printf(out, "the helper took more than %.0f s and was ended",
		    c->o.seconds);
		break;
	case CHILD_CANCELLED:
		sink_puts(out, "stopped on request");
		break;
	case CHILD_SILENT:
		sink_puts(out, "the helper stopped talking without an answer and was ended");
		break;
	case CHILD_GARBAGE:
		sink_puts(out, "the helper wrote what is no event of its protocol and was ended");
		break;
	}
}

const char *
child_misled(const struct child *c)
{
	return c->end == CHILD_EXITED && !c->spoke ? c->o.steered : NULL;
}

/* The line at p, without what indents it. */
static const char *
line_at(const char *p, size_t *n)
{
	p += strspn(p, " ");
	*n = strcspn(p, "\n");
	return p;
}

const char *
child_words(const struct child *c, size_t *n)
{
	static const char fatal[] = "Fatal Python error: ", thread[] = "Current thread";
	static const char thrown[] = "  what():  "; /* an exception of C++ that nobody took */
	const char *found = strstr(c->said, fatal), *frame, *p = c->said + c->nsaid;
	const char *what = strstr(c->said, thrown);

	if (what != NULL)
		return line_at(what + sizeof thrown - 1, n);
	if (found != NULL) {
		/* the innermost frame says more than that memory was touched */
		frame = strstr(found, thread);
		frame = frame != NULL ? strchr(frame, '\n') : NULL;
		frame = frame != NULL ? line_at(frame + 1, n) : "";
		return strncmp(frame, "File ", 5) == 0 ? frame :
		    line_at(found + sizeof fatal - 1, n);
	}
	while (p > c->said && (p[-1] == '\n' || p[-1] == ' '))
		p--;
	*n = (size_t)(p - c->said);
	while (p > c->said && p[-1] != '\n')
		p--;
	*n -= (size_t)(p - c->said);
	return p;
}
