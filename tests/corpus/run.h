/* SPDX-License-Identifier: Apache-2.0 */
/* A run of the program, whose output is read line by line as JSON. */
#ifndef TESTS_CORPUS_RUN_H
#define TESTS_CORPUS_RUN_H

#include <stdio.h>
#include <sys/types.h>

#include "table.h"

struct run { pid_t pid; FILE *f; char *buf; size_t cap; struct text text; };

/* argv[0] is the program; ends the test when there is no child to be had. */
void run_start(struct run *, const char *const argv[]);
/* false: there is no further line. *line is NULL for one that is no JSON, which
 * stands in buf then; numbers of any size are taken. The caller owns it. */
bool run_line(struct run *, json_t **line);
void run_end(struct run *);

#endif
