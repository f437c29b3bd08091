/* SPDX-License-Identifier: Apache-2.0 */
/* The same conversion without cures, with those that are used by themselves, and with
 * all: what each of them changes. */
#ifndef CMD_CONVERT_COMPARE_H
#define CMD_CONVERT_COMPARE_H

#include "cmd/command.h"

struct child_options;
struct request;

/* Nothing is kept of what is converted. The request's options are put back. */
enum exit_status convert_compare(struct call *, struct request *, const struct child_options *);

#endif
