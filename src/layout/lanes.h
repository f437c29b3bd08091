/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes: vertical lines that carry results from the row that makes them to the
 * rows that read them, one sweep from the top, O(rows + edges). A result that
 * finds no free lane, or is read too far down, is named at the reader instead:
 * a reference. Which values get a lane on a row therefore never depends on how
 * long the list is. */
#ifndef LAYOUT_LANES_H
#define LAYOUT_LANES_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

enum { LANES_MAX = 16, LANE_NONE = 255 };

/* Who reads what: row r reads the rows from[start[r]] to from[start[r + 1] - 1],
 * each at most once. Rows at or below r may stand there: they become references. */
struct lane_edges {
	const uint32_t *start, *from;
	uint32_t nrows;
};

struct lane_row {
	uint16_t through; /* lanes that pass by */
	uint16_t in;      /* lanes that are read here */
	uint16_t ends;    /* of those, the ones that stop here */
	uint8_t own;      /* lane that starts here, or LANE_NONE */
	uint8_t nrefs;    /* operands without a lane; 255: or more */
};

struct lane_options {
	unsigned cap;     /* at most this many lanes, up to LANES_MAX */
	uint32_t span;    /* rows an edge may be long */
	const bool *mute; /* by row: its result takes no lane; NULL: none */
};

/* Fill rows[nrows]; drawn[e], when not NULL, says whether edge e has a lane.
 * Returns how many lanes are in use at most. Scratch comes from the arena. */
unsigned lanes_make(struct lane_row *rows, bool *drawn, const struct lane_edges *,
    const struct lane_options *, struct arena *);

#endif
