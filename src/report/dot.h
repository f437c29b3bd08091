/* SPDX-License-Identifier: Apache-2.0 */
/* DOT through cgraph. The library keeps state of its own: one drawing at a
 * time in a process. */
#ifndef REPORT_DOT_H
#define REPORT_DOT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct align;
struct ctx;
struct infer;
struct model;
struct node;
struct notes;

#define DOT_FOLD_NONE (-1)
#define DOT_FOLD_AUTO (-2)

struct dot_options {
	int fold;                 /* depth, DOT_FOLD_NONE or DOT_FOLD_AUTO */
	const struct node *focus; /* draw its neighbourhood, unfolded; NULL: everything */
	uint32_t radius;          /* hops around focus */
	/* counterparts of the model's nodes in another one that is drawn beside it, or
	 * NULL; nothing above is looked at then */
	const struct align *pairs;
	const struct model *other;
	enum dot_by { DOT_BY_FAMILY, DOT_BY_SUPPORT, DOT_BY_ANE, DOT_BY_COST, DOT_BY_SCOPE } by;
	struct infer *types;      /* inferred types where none is declared, or NULL */
	const struct notes *notes; /* with the part that `by` wants; NULL for families */
	bool initializers;        /* draw constants as boxes instead of inside their consumers */
	bool leaves;              /* the process ends: a kilobyte of cgraph's may stay */
	volatile sig_atomic_t *helper; /* NULL, or where the pid of dot stands while it runs */
};

/* Write the model as DOT to fd; ops are bound. The same bytes each time. 0, or
 * -1 after a diagnostic (write failed, memory). */
int dot_write(struct ctx *, const struct model *, const struct dot_options *, int fd);
/* The same rendered by the dot program (exec without a shell) as svg, png or
 * pdf into fd. 0; -1 after a diagnostic: no such program, it failed. */
int dot_render(struct ctx *, const struct model *, const struct dot_options *,
	const char *format, int fd);

#endif
