/* SPDX-License-Identifier: Apache-2.0 */
/* Which pass of the main pipeline breaks a conversion. */
#ifndef CMD_CONVERT_BISECT_H
#define CMD_CONVERT_BISECT_H

#include "cmd/command.h"

struct child_options;
struct request;

/* Converts again and again in one process, keeping nothing; writes the result. */
enum exit_status convert_bisect(struct call *, struct request *, const struct child_options *);

#endif
