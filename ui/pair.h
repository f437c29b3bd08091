/* SPDX-License-Identifier: Apache-2.0 */
/* Two models side by side: counterparts of nodes, and the lines that put rows of
 * counterparts beside each other. Everything here is empty until a job has
 * compared the two. */
#ifndef UI_PAIR_H
#define UI_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "align/align.h"
#include "base/arena.h"

struct doc;
struct job;
struct node;
struct page;
struct pane;
struct sink;
struct ui;

/* A line of both panes; ROW_NOWHERE: filler. */
struct pair_line { uint32_t row[2]; char letter; };

struct pairing {
	struct doc *docs[2];       /* a and b of the alignment */
	struct arena a;            /* of the alignment, within the context of docs[0] */
	struct align *align;       /* NULL: not compared yet */
	bool running;
	struct job *job;           /* that compares, while it runs; or NULL */
	/* lines for the rows as they were made last; index 0 is the left pane */
	struct arena lines_arena;
	struct pair_line *lines;
	uint32_t nlines, *of_row[2];
	uint64_t made[2];          /* versions of the trees they are of */
	const void *trees[2];
};

/* Start to compare when both panes have models that are ready. */
void pair_start(struct ui *);
/* The job that compares the doc with another one, or NULL. */
struct job *pair_job(const struct ui *, const struct doc *);
/* Forget it: one of the models goes. */
void pair_drop(struct ui *);
/* The group of a node of a doc, or NULL. */
const struct align_group *pair_group(const struct ui *, const struct doc *, const struct node *);
/* Nodes of the group in the other model. */
const struct node *const *pair_others(const struct ui *, const struct doc *,
    const struct align_group *, uint32_t *n);
/* The letter of the gutter: = same, ~ modified, + - only on one side, L layout only,
 * ? unknown. On lines of their own < and > are further nodes of a counterpart that
 * is not the same. */
char pair_letter(const struct align_group *);
/* Has the node another counterpart than one that is the same? */
bool pair_differs(const struct ui *, const struct doc *, const struct node *);
/* And does a jump to differences stop at it? Once for all nodes that have that counterpart. */
bool pair_stops(const struct ui *, const struct doc *, const struct node *);
/* Make the lines when both panes show trees of compared models; false: there
 * are none, each pane scrolls for itself. */
bool pair_lines(struct ui *);
/* To the counterpart; again: the next of several. */
void pair_jump(struct ui *);
/* The cursor of the other pane to the counterpart, without leaving this one. */
void pair_follow(struct ui *);
/* "= Conv #12": the counterpart in a column. */
void pair_text(const struct ui *, const struct doc *, const struct node *, struct sink *,
    unsigned max);
/* "~ modified: op, attributes: axis 1 -> 2"; false: it is the same, or not known. */
bool pair_says(const struct ui *, const struct doc *, const struct node *, struct sink *);
/* What is known of the counterparts, for the details. */
void pair_detail(struct ui *, struct page *, const struct doc *, const struct node *,
    unsigned width);

#endif
