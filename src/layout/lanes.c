/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "layout/lanes.h"

struct sweep {
	const struct lane_edges *e;
	uint32_t *last;   /* by row: last reader within the span; the row itself: none */
	uint8_t *lane;    /* by row: lane of its result, or LANE_NONE */
	unsigned cap, most;
	uint16_t live;
};

static void
find_last_readers(struct sweep *s, const struct lane_options *o)
{
	const struct lane_edges *e = s->e;

	for (uint32_t r = 0; r < e->nrows; r++) {
		s->last[r] = r;
		for (uint32_t i = e->start[r]; i < e->start[r + 1]; i++) {
			uint32_t from = e->from[i];

			if (from < r && r - from <= o->span && (o->mute == NULL || !o->mute[from]))
				s->last[from] = r;
		}
	}
}

static uint8_t
free_lane(const struct sweep *s)
{
	for (unsigned i = 0; i < s->cap; i++)
		if ((s->live & 1u << i) == 0)
			return (uint8_t)i;
	return LANE_NONE;
}

/* Read the operands of row r, then start its own lane: one that stops here is
 * free for it, so that a chain stays in one lane. */
static void
step(struct sweep *s, struct lane_row *row, bool *drawn, uint32_t r)
{
	uint16_t bit;

	*row = (struct lane_row){ .own = LANE_NONE };
	for (uint32_t i = s->e->start[r]; i < s->e->start[r + 1]; i++) {
		uint32_t from = s->e->from[i];
		bool on = from < r && s->lane[from] != LANE_NONE && s->last[from] >= r;

		if (drawn != NULL)
			drawn[i] = on;
		if (!on) {
			row->nrefs += row->nrefs < 255;
			continue;
		}
		bit = (uint16_t)(1u << s->lane[from]);
		row->in |= bit;
		if (s->last[from] == r)
			row->ends |= bit;
	}
	row->through = s->live & (uint16_t)~row->in;
	s->live &= (uint16_t)~row->ends;
	s->lane[r] = s->last[r] > r ? free_lane(s) : LANE_NONE;
	row->own = s->lane[r];
	if (row->own == LANE_NONE)
		return;
	s->live |= (uint16_t)(1u << row->own);
	if (row->own + 1u > s->most)
		s->most = row->own + 1u;
}

unsigned
lanes_make(struct lane_row *rows, bool *drawn, const struct lane_edges *e,
    const struct lane_options *o, struct arena *a)
{
	struct sweep s = { .e = e, .cap = o->cap < LANES_MAX ? o->cap : LANES_MAX };

	s.last = arena_array(a, e->nrows, sizeof *s.last);
	s.lane = arena_array(a, e->nrows, sizeof *s.lane);
	find_last_readers(&s, o);
	for (uint32_t r = 0; r < e->nrows; r++)
		step(&s, &rows[r], drawn, r);
	return s.most;
}
