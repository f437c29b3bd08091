/* SPDX-License-Identifier: Apache-2.0 */
/* Long work beside the screen. The rule that makes it safe: contexts and
 * arenas are never shared. A job owns a session from start to end of its work;
 * meanwhile the screen reads of that session's model what no analysis changes
 * (graphs, nodes, values, names) and allocates only from arenas of its own.
 * Results become visible in done, which runs on the screen's thread. */
#ifndef UI_JOB_H
#define UI_JOB_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"

struct ui;

enum job_state { JOB_RUNNING, JOB_DONE, JOB_STOPPED, JOB_FAILED };

struct job {
	struct job *next;
	char title[80];
	void (*run)(struct job *);
	void (*done)(struct ui *, struct job *);
	void *arg;
	pthread_t thread;
	volatile sig_atomic_t cancel;
	struct progress progress;
	atomic_bool finished;
	enum job_state state;
	uint64_t started, ended; /* milliseconds of a monotonic clock */
	int wake;                /* descriptor to write a byte to at the end; -1 */
	bool threaded;
};

/* Start run(job) in a thread, or, when the screen has none (scripts), at once.
 * NULL after a message: no memory. */
struct job *job_start(struct ui *, const char *title, void (*run)(struct job *),
    void (*done)(struct ui *, struct job *), void *arg);
/* Call done of those that have ended; true when there was one. */
bool jobs_collect(struct ui *);
/* Ask all that run to stop; how many were not asked before. */
uint32_t jobs_cancel(struct ui *);
uint32_t jobs_running(const struct ui *);
/* "types 34%": what a job is at; "" when it does not say. */
void job_says(const struct job *, char *buf, size_t n);
/* The same of the one that runs, or "". */
void jobs_say(const struct ui *, char *buf, size_t n);
/* From here to job_leave work in the context is this job's: it can be stopped and says
 * how far it is. */
void job_enter(struct job *, struct ctx *);
void job_leave(struct ctx *);
void jobs_free(struct ui *);
uint64_t job_clock(void);

#endif
