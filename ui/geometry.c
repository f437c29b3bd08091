/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/hash.h"
#include "base/sink.h"
#include "ir/graph.h"
#include "report/text.h"
#include "ui/doc.h"
#include "ui/geometry.h"
#include "ui/state.h"
#include "ui/supported.h"

/* Rows looked at, and how many of 100 are to have all the room that they want. Columns
 * that names and words about problems need to be read; what references take in front of
 * a name; the most for op, type, and words. */
enum { ROWS = 2000, CONTENT = 85, SHAPES = 95, NAME = 12, NAMED = 24, SAID = 26,
	SUPPORT = 12, REF = 7, OP = 28, TYPE = 40, WORDS = 70, LONGEST = 128 };
/* Panes below this show the most needed of each column. */
enum { SMALL = 70 };

/* How often each width was seen. */
struct widths { uint32_t of[LONGEST], n; };

static int
most(int a, int b)
{
	return a > b ? a : b;
}

static int
least(int a, int b)
{
	return a < b ? a : b;
}

static void
see_width(struct widths *w, int n)
{
	w->of[n < LONGEST ? n : LONGEST - 1]++;
	w->n++;
}

static int
see(struct widths *w, struct sink *text, int more)
{
	int n = text_columns(text->n > 0 ? text->buf : "", text->n) + more;

	text->n = 0;
	see_width(w, n);
	return n;
}

/* So that part of 100 has all it wants. */
static int
enough(const struct widths *w, unsigned part)
{
	uint64_t seen = 0;
	int n = 0;

	while (n < LONGEST - 1 && (seen += w->of[n]) * 100 < (uint64_t)w->n * part)
		n++;
	return n;
}

/* A module of one node is named in front of it. */
static int
own_module(const struct tree *t, const struct node *n)
{
	const struct scope *c = t->s.of[n->index];

	return t->shown == NULL && c->ntotal == 1 && c->depth > 0 && !c->synthetic ?
	    (int)c->nname + 1 : 0;
}

/* Widths of types that were seen last: a model has few. */
enum { SEEN = 64 };
struct looking {
	const struct ui *ui;
	const struct doc *d;
	struct widths op, name, type;
	struct { const struct type *type; int width; } seen[SEEN];
};

static void
see_type(struct looking *l, const struct node *n, struct sink *text)
{
	const struct type *t = n->nout > 0 && n->out[0] != NULL ? doc_type(l->d, n->out[0]) :
	    NULL;
	uint32_t i = hash_mix((uintptr_t)t) % SEEN;

	if (t != NULL && l->seen[i].type == t) {
		see_width(&l->type, l->seen[i].width);
		return;
	}
	column_text(l->ui, l->d, n, COL_TYPE, text, 0);
	l->seen[i].type = t;
	l->seen[i].width = see(&l->type, text, 0);
}

static void
see_row(struct looking *l, const struct tree *t, uint32_t i, struct sink *text)
{
	const struct row *r = &t->rows.list[i];
	const struct node *n = r->of.node;

	if (r->kind == ROW_INPUT || r->kind == ROW_OUTPUT) {
		sink_safe(text, r->of.value->name->s, r->of.value->name->len, 0);
		see(&l->name, text, 0);
		put_value_type(l->d, r->of.value, text, 0);
		see(&l->type, text, 0);
	}
	if (r->kind != ROW_NODE)
		return;
	text_op(text, n->domain, n->type);
	see(&l->op, text, least(r->depth, GEOMETRY_INDENT));
	if (t->shown != NULL)
		sink_safe(text, n->name->s, n->name->len, 0);
	else
		column_text(l->ui, l->d, n, COL_NAME, text, 0);
	see(&l->name, text, REF * least(t->rows.lanes[i].nrefs, 2) + own_module(t, n));
	see_type(l, n, text);
}

void
geometry_needs(const struct ui *ui, const struct doc *d, struct tree *t)
{
	struct looking l = { .ui = ui, .d = d };
	struct sink text;

	sink_init(&text, -1);
	for (uint32_t i = 0; i < t->rows.n; i += t->rows.n / ROWS + 1)
		see_row(&l, t, i, &text);
	sink_fini(&text);
	t->needs = (struct needs){ most(enough(&l.op, 99), 6), enough(&l.name, CONTENT),
		enough(&l.name, 99), enough(&l.type, SHAPES) };
}

/* Of those whose width does not depend on what is in them; 0: not shown. */
static int
fixed_width(const struct ui *ui, const struct doc *d, int c, int w)
{
	if (!ui->columns[c] || c == COL_NAME || (c == COL_PAIR && ui->joint) ||
	    (c == COL_SUPPORT && (d->support == NULL || w < SMALL)))
		return 0;
	if (c == COL_TYPE)
		return NAME - 1;
	if (w < GEOMETRY_WIDE && c == COL_PROBLEM)
		return 2;
	if (w < GEOMETRY_WIDE && c == COL_ENGINE)
		return w < SMALL ? 4 : 7;
	if (w < GEOMETRY_WIDE && (c == COL_SUPPORT || c == COL_PAIR))
		return c == COL_PAIR ? SUPPORT : (int)strlen(supported_title(d));
	return column_rows[c].width;
}

/* Some of what is free goes to a column that wants so many. */
static void
give(int *width, int wanted, int *room)
{
	int n = least(most(wanted - *width, 0), *room);

	*width += n;
	*room -= n;
}

static void
share(struct geometry *g, const struct tree *t, int room, bool wide)
{
	bool type = g->column[COL_TYPE] >= 0, problem = g->column[COL_PROBLEM] >= 0;

	if (type) /* shapes are what rows are read for */
		give(&g->width[COL_TYPE], least(t->needs.type, NAMED), &room);
	if (g->column[COL_SUPPORT] >= 0)
		give(&g->width[COL_SUPPORT], SUPPORT, &room);
	if (g->column[COL_PAIR] >= 0)
		give(&g->width[COL_PAIR], column_rows[COL_PAIR].width, &room);
	give(&g->name_width, least(t->needs.name, NAMED), &room);
	if (type)
		give(&g->width[COL_TYPE], least(t->needs.type, TYPE), &room);
	if (problem && wide)
		give(&g->width[COL_PROBLEM], SAID, &room);
	give(&g->name_width, t->needs.name, &room);
	if (room > SAID)
		give(&g->name_width, t->needs.longest, &room);
	if (problem && room > NAME)
		give(&g->width[COL_PROBLEM], WORDS, &room);
	g->name_width += room;
}

struct geometry
geometry_of(const struct ui *ui, const struct doc *d, const struct tree *t, int w)
{
	struct geometry g;
	int room, at = w - GEOMETRY_MAP - 1;

	g.lanes = (int)t->rows.nlanes;
	g.op = g.lanes + 2;
	g.name = g.op + least(t->needs.op, w >= GEOMETRY_WIDE ? OP : w >= SMALL ? 19 : 13) + 1;
	g.name_width = w < SMALL ? NAME - 2 : NAME;
	room = at - g.name - g.name_width;
	for (int c = COL_COUNT - 1; c >= 0; c--) {
		g.column[c] = -1;
		g.width[c] = fixed_width(ui, d, c, w);
		if (g.width[c] == 0 || g.width[c] + 1 > room)
			continue;
		room -= g.width[c] + 1;
		g.column[c] = 0;
	}
	share(&g, t, most(room, 0), w >= GEOMETRY_WIDE);
	for (int c = COL_COUNT - 1; c >= 0; c--) {
		if (g.column[c] < 0)
			continue;
		at -= g.width[c] + 1;
		g.column[c] = at + 1;
	}
	g.name_width = at - g.name;
	return g;
}

int
geometry_at(const struct geometry *g, int c, const struct sink *text)
{
	bool right = c == COL_WEIGHTS || c == COL_COST;
	int n = right ? text_columns(text->n > 0 ? text->buf : "", text->n) : 0;

	return g->column[c] + (right && n < g->width[c] ? g->width[c] - n : 0);
}
