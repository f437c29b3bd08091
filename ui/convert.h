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
#include "ui/prompt.h"

struct job;
struct node;
struct options;

enum { CONVERT_TEXT = 256, CONVERT_LOG = 6 };

/* What the live view shows: copies. */
struct convert_now {
	char stage[32], what[120], scope[120];
	int64_t i, n;
	double seconds;
	uint64_t memory;
	char log[CONVERT_LOG][120]; /* the last lines, the newest last */
	uint32_t nlog;
};

struct converting {
	/* the form */
	uint32_t chosen[8];         /* value of each setting, by row */
	char texts[8][CONVERT_TEXT]; /* of rows that are texts */
	struct convert_options o;   /* as they were when it was started */
	/* the run */
	struct session own;         /* path and model of the pane's, diagnostics of its own */
	const struct options *options;
	struct request request;
	struct child_options child;
	struct job *job;            /* NULL: none is running */
	pthread_mutex_t lock;
	struct convert_now now;
	/* the end */
	char *report;               /* malloc'ed text, or NULL: it was never run */
	size_t nreport;
	const struct node *blamed;
	struct doc *doc;            /* whose model it is about */
	bool made;
	char out[PROMPT_MAX];
};

/* Rows of the form: name, help; values NULL: a text. NULL behind the last. */
const char *convert_row(const struct ui *, uint32_t i, const char *const **values,
    const char **text, const char **help);
/* Enter on a row: the next value, or the prompt with the text. */
void convert_change(struct ui *, uint32_t i);
/* :convert-set NAME TEXT */
void convert_set(struct ui *, const char *arg);
void convert_start(struct ui *);
/* The state, made on demand; NULL after a message. */
struct converting *ui_converting(struct ui *);
void convert_free(struct ui *);

#endif
