/* SPDX-License-Identifier: Apache-2.0 */
/* What is running, and what has run. */
#include "base/diag.h"
#include "ui/job.h"
#include "ui/state.h"

static double
seconds(const struct job *j)
{
	uint64_t end = j->state == JOB_RUNNING ? job_clock() : j->ended;

	return (double)(end - j->started) / 1000;
}

static void
jobs_build(struct ui *ui, struct vframe *f, unsigned width)
{
	static const char *const states[] = { "running", "done", "stopped", "failed" };
	struct page *p = &f->page;
	uint32_t n = 0;
	char what[60];

	(void)width;
	for (const struct job *j = ui->jobs; j != NULL; j = j->next, n++) {
		page_puts(p, j->state == JOB_RUNNING ? ST_BOLD : j->state == JOB_DONE ? ST_DIM :
		    ST_WARN, states[j->state]);
		page_to(p, 10);
		page_puts(p, ST_TEXT, j->title);
		/* times would make scripts differ from run to run */
		if (ui->threads)
			page_printf(p, ST_DIM, "  %.1f s", seconds(j));
		job_says(j, what, sizeof what);
		if (j->state == JOB_RUNNING && *what != '\0')
			page_printf(p, ST_TEXT, "  %s", what);
		page_end(p);
	}
	if (n == 0)
		page_puts(p, ST_DIM, "nothing was started"), page_end(p);
	page_end(p);
	page_puts(p, ST_DIM, "^C stops all that run.");
	page_end(p);
	f->fresh = false;
}

static const enum req jobs_footer[] = { REQ_BACK, REQ_INTERRUPT, REQ_QUIT, REQ_NONE };

const struct view VIEW_JOBS_ENTRY = {
	.name = "jobs", .mask = V_TEXT, .build = jobs_build, .footer = jobs_footer
};
