/* SPDX-License-Identifier: Apache-2.0 */
/* Colours that say what analyses found, in place of families of ops. */
#include <math.h>
#include <string.h>

#include "app/notes.h"
#include "base/hash.h"
#include "base/str.h"
#include "report/dot.h"
#include "report/dot_draw.h"

static unsigned
by_ane(const struct note *n)
{
	enum device d = n->measured != DEVICE_UNKNOWN ? n->measured : n->placed;

	if (n->ane == ANE_SKIPPED)
		return PAINT_NO_WORK;
	if (d == DEVICE_ANE)
		return PAINT_ON_ANE;
	if (n->ane == ANE_NO)
		return PAINT_REFUSED;
	return d == DEVICE_GPU ? PAINT_ON_GPU : d == DEVICE_CPU && n->ane == ANE_YES ? PAINT_LEFT :
	    PAINT_NOT_KNOWN;
}

static unsigned
by_support(const struct note *n)
{
	return n->support == NOTE_BLOCKED ? PAINT_BLOCKED : n->support == NOTE_LOST ? PAINT_LOST :
	    n->support == NOTE_CONVERTS ? PAINT_CONVERTS : PAINT_NOT_KNOWN;
}

/* Each shade is a quarter of the one above. */
static unsigned
by_cost(const struct note *n, double most)
{
	double below;

	if (n->cost <= 0 || most <= 0)
		return PAINT_NO_WORK;
	below = floor(log(most / n->cost) / log(4));
	return PAINT_COST + (unsigned)(below < COST_SHADES - 1 ? below : COST_SHADES - 1);
}

/* Modules of the second level, as far as colours go. */
static unsigned
by_scope(const struct node *n)
{
	const char *s = n->scope == NULL ? "" : n->scope->s;
	size_t len = strcspn(s, "."), more = s[len] == '.' ? strcspn(s + len + 1, ".") + 1 : 0;

	if (len == 0)
		return PAINT_NOT_KNOWN;
	return PAINT_SCOPE + (unsigned)(hash_bytes(1, s, len + more) % SCOPE_COLORS);
}

unsigned
color_of(const struct drawing *d, const struct node *n)
{
	const struct note *note = &d->o->notes->list[n->id];

	if (d->o->by == DOT_BY_SCOPE)
		return by_scope(n);
	if (d->o->by == DOT_BY_ANE)
		return by_ane(note);
	return d->o->by == DOT_BY_COST ? by_cost(note, d->o->notes->most) : by_support(note);
}
