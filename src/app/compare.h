/* SPDX-License-Identifier: Apache-2.0 */
/* Two open models side by side. */
#ifndef APP_COMPARE_H
#define APP_COMPARE_H

#include <stdbool.h>

struct align;
struct arena;
struct session;

struct compare_options {
	bool deep;       /* as align_options */
	const char *map; /* file of exact counterparts, app/map.h; NULL: one that lies beside
			  * either model is used when it is of both */
};

/* Counterparts of the nodes of a among those of b, in the arena. Types are inferred
 * where the formats differ: of one format those declared will do. May leave through
 * a->ctx.escape. */
struct align *compare_sessions(struct session *a, struct session *b, struct arena *,
	const struct compare_options *);

#endif
