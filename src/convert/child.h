/* SPDX-License-Identifier: Apache-2.0 */
/* A Python process that runs the driver (share/mlinspect/convert.py): requests
 * go to its stdin, events come from descriptor 3, what it says besides from
 * stderr. It ends in one of a few states, whatever happens to it; nothing it
 * does is trusted. The process that uses this must not be ended by SIGPIPE. */
#ifndef CONVERT_CHILD_H
#define CONVERT_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "convert/event.h"

struct arena;
struct ctx;
struct sink;

struct child_options {
	const char *python;      /* program; looked for in PATH without a slash */
	const char *script;      /* path of the driver */
	uint64_t memory;         /* bytes of address space it may have; 0: no limit */
	bool network;            /* may it have one, where that can be denied */
	bool isolated;           /* without what steers Python from the environment */
	const char *steered;     /* names of what does, like "PYTHONPATH"; or NULL */
	double seconds;          /* one request may take; 0: no limit */
	const volatile sig_atomic_t *cancel; /* NULL, or non-zero asks to stop */
	volatile sig_atomic_t *pid; /* NULL, or where its pid stands while it runs */
	struct sink *record;     /* events are written there with their times, for child_replay;
				  * or NULL */
};

enum child_end {
	CHILD_ALIVE,
	CHILD_DONE,       /* it ended by itself, as asked */
	CHILD_EXITED,     /* ended before it answered; code: its exit status */
	CHILD_KILLED,     /* code: the signal */
	CHILD_MISSING,    /* there is no such program; code: errno */
	CHILD_NOT_STARTED, /* code: errno */
	CHILD_TIMEOUT,    /* took longer than it may, and was killed */
	CHILD_CANCELLED,
	CHILD_SILENT,     /* closed its end without an answer, and was killed */
	CHILD_GARBAGE     /* wrote what is no event, and was killed */
};

enum { CHILD_SAID = 2000 };

struct child {
	struct child_options o;
	pid_t pid;
	char mark[80];           /* in its environment: whose processes are its own */
	int to, events, errors;  /* descriptors; -1: closed */
	char *line;              /* malloc'ed: what came of the events */
	size_t n, cap, taken;
	struct arena *passing;   /* NULL, or for what event_read says of it */
	char said[CHILD_SAID + 1]; /* the end of what it wrote to stderr */
	size_t nsaid;
	bool spoke;              /* it has sent an event: Python itself works */
	enum child_end end;
	int code;
	double asked;            /* time of the request that is being answered; 0: none */
	double began;
	bool replays;            /* there is no process: a record is read */
};

/* Start it. It is to be closed in any case; false: end says why. */
bool child_start(struct child *, const struct child_options *);
/* No process: its events are those of a record, at once, and its end is theirs. The file is
 * closed with the child. */
void child_replay(struct child *, int fd);
/* Send one request, a line of JSON without its newline. false: it is gone, or was ended
 * because it took too long to read that, or on request. */
bool child_ask(struct child *, const char *json, size_t n);
/* The next event, waiting at most ms (-1: as long as it takes). 1: there is one;
 * 0: none yet; -1: it has ended. EVENT_END is the answer's last. */
int child_next(struct child *, int ms, struct event *, struct arena *);
/* End it now, for this reason. */
void child_stop(struct child *, enum child_end);
/* Let it end, or kill it, and free what is its own. end and said stay. */
void child_close(struct child *);
/* How it ended, as a sentence without a full stop; not safe for a terminal. */
void child_describe(const struct child *, struct sink *);
/* The line of stderr that says most of why it ended; n 0: there is none. Not safe for
 * a terminal. */
const char *child_words(const struct child *, size_t *n);
/* Names of variables by which Python may not have found itself; NULL: none, or it ran. */
const char *child_misled(const struct child *);
/* Seconds of a clock that nobody sets. */
double child_clock(void);

#endif
