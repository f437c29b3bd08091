/* SPDX-License-Identifier: Apache-2.0 */
/* A conversion asked for on the screen: its options, what it does now, what became
 * of it. It runs as a job; what the screen reads meanwhile lies under a lock. */
#ifndef UI_CONVERT_H
#define UI_CONVERT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/session.h"
#include "convert/child.h"
#include "convert/request.h"
#include "ui/doc.h"
#include "ui/form.h"
#include "ui/prompt.h"

struct job;
struct node;
struct options;

enum { CONVERT_TEXT = 256, CONVERT_LOG = 6 };
enum convert_offer { OFFER_OPTION, OFFER_VALUE, OFFER_CURE, OFFER_WHY };

/* What the live view shows: copies. */
struct convert_now {
	char stage[64], what[240], scope[240];
	int64_t i, n;
	double seconds;
	uint64_t memory;
	char log[CONVERT_LOG][480]; /* the last lines, the newest last */
	uint32_t nlog;
};

struct converting {
	/* the form */
	struct form form;
	bool keep;                  /* what is chosen is kept for the next time */
	/* the run */
	struct session own;         /* path and model of the pane's, diagnostics of its own */
	const struct options *options;
	struct request *request;    /* as it was started, in own.arena */
	struct child_options child;
	struct job *job;            /* NULL: none is running */
	pthread_mutex_t lock;
	struct convert_now now;
	/* the end */
	char *report;               /* malloc'ed text, or NULL: it was never run */
	size_t nreport;
	const struct node *blamed;
	struct doc *doc;            /* whose model it is about */
	const struct doc *waits_for; /* to be converted when its analysis is done, or NULL */
	struct ran ran;             /* what became of it, for the doc */
	bool made;
	bool refused;               /* not loaded: scan has warned */
	bool offered;               /* an option may help */
	bool offer_left;            /* by being left away */
	bool recorded;              /* --record was written by this program */
	int unkept;                 /* errno of that, or 0 */
	char offer[4][CONVERT_TEXT]; /* enum convert_offer */
	char out[PROMPT_MAX];
};

/* The form of the model in this pane, or beside it; NULL: there is none. */
struct form *convert_form(struct ui *);
/* The form as a request in the arena, and what is wrong with it. NULL: no model that
 * can be converted. May leave through the arena's escape. */
struct request *convert_judge(struct ui *, struct arena *, struct objection **, uint32_t *n);
/* Why nothing may be written where the request says, or NULL. */
const char *convert_taken(struct arena *, const struct request *);
/* Enter on a row: the next value, or the prompt with the text. */
void convert_change(struct ui *, uint32_t row);
/* :convert-set NAME TEXT, :script, :command */
void convert_set(struct ui *, const char *arg);
void convert_show_script(struct ui *, const char *);
void convert_show_command(struct ui *, const char *);
void convert_start(struct ui *);
/* The analysis of the model is done: if it was to be converted then, it is. Not whole: it
 * was stopped, or the model goes away. */
void convert_analysed(struct ui *, const struct doc *, bool whole);
/* Once more, with what is offered. */
void convert_retry(struct ui *);
/* The state, made on demand; NULL after a message. */
struct converting *ui_converting(struct ui *);
/* "converting: frontend 12/80" while the doc's conversion runs; false: none does. */
bool convert_says(const struct ui *, const struct doc *, char *buf, size_t n);
/* The screen is left: stop what runs, and wait until it has cleared away what it wrote. */
void convert_leave(struct ui *);
void convert_free(struct ui *);

#endif
