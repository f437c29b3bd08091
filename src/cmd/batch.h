/* SPDX-License-Identifier: Apache-2.0 */
/* All commands on all models, one after the other or several at a time. */
#ifndef CMD_BATCH_H
#define CMD_BATCH_H

#include "cmd/command.h"

/* Writes to stdout; a progress line to stderr when that is a terminal and
 * there are many models. Returns the exit status of the run. */
enum exit_status batch_run(const struct options *);

/* Write out and free the sink of stdout. EXIT_TOOL after a message when not
 * all of it could be written; a reader that went away is no failure. */
enum exit_status batch_end(struct sink *);

#endif
