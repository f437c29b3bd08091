/* SPDX-License-Identifier: Apache-2.0 */
/* A session: one or two open models and what has been computed about them,
 * each thing once and on demand. Both front ends work on this. */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"
#include "ir/graph.h"

struct read_options;

struct session {
	struct ctx ctx;
	const char *path;
	struct model *model;    /* NULL: could not be read */
	struct uses *uses;      /* NULL until session_uses */
	uint32_t nread_diags;   /* diagnostics of reading come first in ctx.diags */
};

/* Read, bind ops, verify structure. Always returns; model may be NULL. */
void session_open(struct session *, const char *path, const struct read_options *);
void session_close(struct session *);
const struct uses *session_uses(struct session *);

#endif
