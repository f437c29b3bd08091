/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ui/job.h"
#include "ui/state.h"

enum { KEPT = 20 }; /* ended jobs that stay in the list */

uint64_t
job_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void *
thread(void *arg)
{
	struct job *j = arg;

	j->run(j);
	atomic_store(&j->finished, true);
	if (j->wake >= 0 && write(j->wake, "", 1) < 0)
		return NULL; /* the pipe is full: the screen is awake anyway */
	return NULL;
}

struct job *
job_start(struct ui *ui, const char *title, void (*run)(struct job *),
    void (*done)(struct ui *, struct job *), void *arg)
{
	struct job *j = calloc(1, sizeof *j);
	sigset_t all, old;

	if (j == NULL) {
		ui_say(ui, ST_ERROR, "out of memory");
		return NULL;
	}
	snprintf(j->title, sizeof j->title, "%s", title);
	j->run = run;
	j->done = done;
	j->arg = arg;
	j->wake = ui->wake;
	j->started = job_clock();
	j->next = ui->jobs;
	ui->jobs = j;
	/* signals are for the thread that has the terminal */
	sigfillset(&all);
	if (ui->threads && pthread_sigmask(SIG_SETMASK, &all, &old) == 0) {
		j->threaded = pthread_create(&j->thread, NULL, thread, j) == 0;
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	if (!j->threaded) {
		j->wake = -1;
		thread(j);
		jobs_collect(ui);
	}
	return j;
}

static void
finish(struct ui *ui, struct job *j)
{
	if (j->threaded)
		pthread_join(j->thread, NULL);
	j->threaded = false;
	j->ended = job_clock();
	j->state = j->cancel ? JOB_STOPPED : JOB_DONE;
	j->done(ui, j);
}

bool
jobs_collect(struct ui *ui)
{
	struct job *j, **p;
	uint32_t kept = 0;
	bool any = false;

	for (j = ui->jobs; j != NULL; j = j->next) {
		if (j->state == JOB_RUNNING && atomic_load(&j->finished)) {
			finish(ui, j);
			any = true;
		}
	}
	for (p = &ui->jobs; (j = *p) != NULL;) {
		if (j->state != JOB_RUNNING && kept++ >= KEPT) {
			*p = j->next;
			free(j);
		} else {
			p = &j->next;
		}
	}
	return any;
}

uint32_t
jobs_running(const struct ui *ui)
{
	uint32_t n = 0;

	for (const struct job *j = ui->jobs; j != NULL; j = j->next)
		n += j->state == JOB_RUNNING;
	return n;
}

void
job_says(const struct job *j, char *buf, size_t n)
{
	const char *phase = atomic_load_explicit(&j->progress.phase, memory_order_acquire);
	uint64_t done = j->progress.done, all = j->progress.all;

	*buf = '\0';
	if (phase == NULL || !j->threaded)
		return; /* scripts would differ from run to run */
	if (all > 0)
		snprintf(buf, n, "%s %u%%", phase, (unsigned)(done < all ? 100 * done / all : 100));
	else if (done > 0)
		snprintf(buf, n, "%s %llu", phase, (unsigned long long)done);
	else
		snprintf(buf, n, "%s", phase);
}

void
jobs_say(const struct ui *ui, char *buf, size_t n)
{
	*buf = '\0';
	for (const struct job *j = ui->jobs; j != NULL && *buf == '\0'; j = j->next)
		if (j->state == JOB_RUNNING)
			job_says(j, buf, n);
}

void
job_enter(struct job *j, struct ctx *ctx)
{
	ctx->cancel = &j->cancel;
	ctx->progress = &j->progress;
}

void
job_leave(struct ctx *ctx)
{
	ctx->cancel = NULL;
	ctx->progress = NULL;
}

uint32_t
jobs_cancel(struct ui *ui)
{
	uint32_t n = 0;

	for (struct job *j = ui->jobs; j != NULL; j = j->next) {
		if (j->state == JOB_RUNNING) {
			n += !j->cancel;
			j->cancel = 1;
		}
	}
	return n;
}

/* The end of one may start another. */
static bool
stop_all(struct ui *ui)
{
	bool any = jobs_running(ui) > 0;

	jobs_cancel(ui);
	for (struct job *j = ui->jobs; j != NULL; j = j->next)
		if (j->state == JOB_RUNNING)
			finish(ui, j);
	return any;
}

void
jobs_free(struct ui *ui)
{
	struct job *next;

	while (stop_all(ui))
		continue;
	for (struct job *j = ui->jobs; j != NULL; j = next) {
		next = j->next;
		free(j);
	}
	ui->jobs = NULL;
}
