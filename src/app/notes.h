/* SPDX-License-Identifier: Apache-2.0 */
/* What analyses say of each node, side by side: for drawings, lists and the
 * terminal. Each part is computed when it is first asked for. */
#ifndef APP_NOTES_H
#define APP_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "rules/ane/ane.h"

struct session;
struct support;

enum notes_part {
	NOTES_ANE = 1,      /* eligible, placed, measured (with --plan), rule */
	NOTES_SUPPORT = 2,  /* support */
	NOTES_COST = 4,     /* cost, macs */
	NOTES_PROBLEMS = 8  /* problems, worst: of the diagnostics there are by then, and of what
	                     * stops a conversion if that part is there */
};

/* NOTE_LOST: it is converted, but what it does is not there. */
enum note_support { NOTE_OPEN, NOTE_CONVERTS, NOTE_LOST, NOTE_BLOCKED };

/* One node, by its id. */
struct note {
	enum note_support support;
	enum ane_answer ane;
	enum device placed, measured;
	const struct rule *rule;   /* behind ane, or NULL */
	double cost;               /* operations (struct cost.flops); 0: none or not known */
	uint64_t macs;             /* the same of struct cost.macs; UINT64_MAX: not known */
	uint32_t problems;         /* findings about it */
	enum diag_level worst;     /* of those */
};

/* Was it measured elsewhere than it is placed? */
static inline bool
note_disagrees(const struct note *n)
{
	return n->ane != ANE_SKIPPED && n->measured != DEVICE_UNKNOWN &&
	    n->placed != DEVICE_UNKNOWN && n->measured != n->placed;
}

struct notes {
	const struct note *list;
	uint32_t n;
	double total, most;        /* cost of all nodes, of the dearest */
	unsigned have;             /* parts that are filled */
};

/* The parts asked for (a union of enum notes_part) and what was asked for
 * before. Support is that for the default target. May leave through
 * ctx.escape. */
const struct notes *session_notes(struct session *, unsigned want);
/* The part about support is to be of this result: for another target. */
void session_notes_support(struct session *, const struct support *);

#endif
