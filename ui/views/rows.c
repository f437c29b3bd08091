/* SPDX-License-Identifier: Apache-2.0 */
/* The main view: one or two panes of rows with lanes, columns and a minimap.
 * What is drawn of a row depends on the row and the width alone. */
#include <string.h>

#include "base/diag.h"
#include "base/str.h"
#include "report/text.h"
#include "ui/convert.h"
#include "ui/geometry.h"
#include "ui/job.h"
#include "ui/pair.h"
#include "ui/state.h"
#include "ui/supported.h"

enum { GUTTER = 3 };

/* ---- lanes ---- */

/* Lanes that carry what the cursor's row reads or makes: from row to row. */
struct path { uint32_t from, to; unsigned lane; };
struct paths { struct path list[LANES_MAX + 1]; uint32_t n; };

static void
find_paths(struct paths *p, const struct rows *r, uint32_t at)
{
	const struct lane_row *row = &r->lanes[at];
	uint32_t i;

	p->n = 0;
	for (unsigned lane = 0; lane < LANES_MAX; lane++) {
		if ((row->in & 1u << lane) == 0)
			continue;
		for (i = at; i > 0 && r->lanes[i - 1].own != lane; i--)
			continue;
		p->list[p->n++] = (struct path){ i > 0 ? i - 1 : 0, at, lane };
	}
	if (row->own == LANE_NONE)
		return;
	for (i = at + 1; i + 1 < r->n && (r->lanes[i].ends & 1u << row->own) == 0; i++)
		continue;
	p->list[p->n++] = (struct path){ at, i, row->own };
}

static bool
on_path(const struct paths *p, uint32_t row, unsigned lane)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->list[i].lane == lane && row >= p->list[i].from && row <= p->list[i].to)
			return true;
	return false;
}

static enum glyph
lane_glyph(const struct lane_row *row, unsigned lane, bool left)
{
	/* by up, down, and a line that comes from further left */
	static const uint8_t glyphs[2][2][2] = {
		{ { GL_H, GL_H }, { GL_DOWN_RIGHT, GL_T_DOWN } },
		{ { GL_UP_RIGHT, GL_T_UP }, { GL_T_RIGHT, GL_CROSS } }
	};
	unsigned bit = 1u << lane;
	bool up = (row->in & bit) != 0;
	bool down = (row->in & bit && !(row->ends & bit)) || row->own == lane;

	return (enum glyph)glyphs[up][down][left];
}

static void
draw_lanes(const struct area *a, int y, const struct lane_row *row, int width, uint32_t number,
    const struct paths *paths)
{
	bool left = false;

	for (int x = 0; x < width; x++) {
		unsigned lane = (unsigned)x, bit = 1u << lane;
		enum style st = (enum style)(ST_LANE0 + lane % 6);

		if (row->through & bit)
			area_glyph(a, y, x, st, GL_V);
		else if (row->in & bit || row->own == lane)
			area_glyph(a, y, x, st, lane_glyph(row, lane, left));
		else if (left)
			area_glyph(a, y, x, ST_DIM, GL_H);
		left |= row->in & bit || row->own == lane;
		if (paths != NULL && on_path(paths, number, lane))
			area_look(a, y, x, 1, LOOK_BOLD);
	}
	if (left)
		area_glyph(a, y, width, ST_DIM, GL_H);
}

/* ---- texts ---- */

static int
put_sink(const struct area *a, int y, int x, enum style st, struct sink *text)
{
	x = area_put(a, y, x, st, text->n > 0 ? text->buf : "", text->n);
	text->n = 0;
	return x;
}

static int
draw_refs(const struct ui *ui, const struct pane *p, const struct tree *t, const struct area *a,
    int x, uint32_t number)
{
	const struct row *from[REFS_SHOWN];
	uint32_t n = refs_of(t, number, from), letter = 'z' + 1;

	if (n > 0 && ui->awaits == REQ_FOLLOW && p == &ui->panes[ui->focus])
		letter = refs_letter(ui, p, t, number);
	for (uint32_t i = 0; i < n && i < REFS_SHOWN; i++, letter++) {
		if (letter <= 'z') {
			x = area_printf(a, 0, x, ST_KEY, "%c", (char)letter);
			area_look(a, 0, x - 1, 1, LOOK_REVERSE);
		}
		x = area_glyph(a, 0, x, ST_REF, GL_ARROW);
		if (from[i]->kind == ROW_NODE)
			x = area_printf(a, 0, x, ST_REF, "#%u ", (unsigned)from[i]->of.node->id);
		else if (from[i]->kind >= ROW_INPUT)
			x = area_puts(a, 0, x, ST_REF, "in ");
		else
			x = area_puts(a, 0, x, ST_REF, "mod ");
	}
	return n > REFS_SHOWN ? area_puts(a, 0, x, ST_REF, "+ ") : x;
}

/* A module of one node has no heading: its name stands before the node's. */
static int
draw_own_module(const struct tree *t, const struct area *name, int x, const struct node *n)
{
	const struct scope *c = t->s.of[n->index];
	struct sink text;

	if (c->ntotal != 1 || c->depth == 0 || c->synthetic)
		return x;
	sink_init(&text, -1);
	sink_safe(&text, c->name, c->nname, 24);
	x = put_sink(name, 0, x, ST_MODULE, &text);
	sink_fini(&text);
	return area_puts(name, 0, x, ST_DIM, "/");
}

static void
draw_node(const struct ui *ui, const struct pane *p, const struct tree *t, const struct area *a,
    int y, const struct geometry *g, uint32_t number)
{
	const struct row *row = &t->rows.list[number];
	const struct node *n = row->of.node;
	int indent = row->depth < GEOMETRY_INDENT ? row->depth : GEOMETRY_INDENT, x;
	int room = g->name - g->op - indent - 1;
	struct area name = area_part(a, y, g->name, 1, g->name_width);
	struct sink text;
	enum style st;

	sink_init(&text, -1);
	text_op(&text, n->domain, n->type);
	if (text.n > (size_t)room) {
		text.n = 0;
		sink_safe(&text, n->type->s, n->type->len, (unsigned)room);
	}
	put_sink(a, y, g->op + indent, op_style(n), &text);
	x = draw_refs(ui, p, t, &name, 0, number);
	if (ui->columns[COL_NAME] && t->shown == NULL)
		x = draw_own_module(t, &name, x, n);
	for (int c = 0; c < COL_COUNT; c++) {
		if (c == COL_NAME && t->shown != NULL) {
			/* alone in the list, a node is known by its whole name */
			sink_safe(&text, n->name->s, n->name->len, (unsigned)g->name_width);
			put_sink(&name, 0, x, ST_TEXT, &text);
		} else if (c == COL_NAME && x < g->name_width && ui->columns[c]) {
			st = column_text(ui, p->doc, n, COL_NAME, &text,
			    (unsigned)(g->name_width - x));
			put_sink(&name, 0, x, st, &text);
		} else if (g->column[c] >= 0) {
			st = column_text(ui, p->doc, n, (enum column)c, &text,
			    (unsigned)g->width[c]);
			put_sink(a, y, geometry_at(g, c, &text), st, &text);
		}
	}
	if (*ui->search != '\0') {
		const char *s = n->name->s, *at;
		size_t len;

		short_name(n->name, &s, &len);
		if ((at = text_find(s, len, ui->search)) != NULL && (size_t)(at - s) < 200 &&
		    (int)len <= g->name_width - x)
			area_look(&name, 0, x + (int)(at - s), (int)strlen(ui->search),
			    LOOK_UNDERLINE | LOOK_BOLD);
	}
	sink_fini(&text);
}

/* Counts of findings as E2 W7 n1. */
static int
draw_counts(const struct area *a, int y, int x, const struct sums *s)
{
	if (s->errors > 0)
		x = area_printf(a, y, x, ST_ERROR, "E%u ", (unsigned)s->errors);
	if (s->warnings > 0)
		x = area_printf(a, y, x, ST_WARN, "W%u ", (unsigned)s->warnings);
	if (s->notes > 0)
		x = area_printf(a, y, x, ST_NOTE, "n%u ", (unsigned)s->notes);
	return x;
}

static void
draw_module(const struct tree *t, const struct area *a, int y, const struct geometry *g,
    uint32_t number)
{
	const struct row *row = &t->rows.list[number];
	const struct scope *c = row->of.scope;
	int x = g->op + (row->depth < GEOMETRY_INDENT ? row->depth : GEOMETRY_INDENT);
	struct sink text;

	x = area_glyph(a, y, x, ST_MODULE, row->kind == ROW_HEAD ? GL_OPEN : GL_SHUT);
	sink_init(&text, -1);
	sink_safe(&text, c->name, c->nname, a->w > x + 24 ? (unsigned)(a->w - x - 24) : 8);
	x = put_sink(a, y, x + 1, ST_MODULE, &text);
	sink_fini(&text);
	if (row->kind == ROW_HEAD) {
		if (row->again)
			area_puts(a, y, x, ST_DIM, " (again)");
		return;
	}
	if (row->grouped) {
		x = area_glyph(a, y, x + 1, ST_BOLD, GL_TIMES);
		x = area_printf(a, y, x, ST_BOLD, "%u", (unsigned)c->repeat);
	}
	x = area_printf(a, y, x, ST_DIM, "  %u node%s  ", (unsigned)c->ntotal, plural(c->ntotal));
	draw_counts(a, y, x, &t->sums[c->id]);
}

static void
draw_value(const struct ui *ui, const struct pane *p, const struct tree *t, const struct area *a,
    int y, const struct geometry *g, uint32_t number)
{
	const struct row *row = &t->rows.list[number];
	const struct value *v = row->of.value;
	struct area name = area_part(a, y, g->name, 1, g->name_width);
	struct sink text;
	int x;

	area_puts(a, y, g->op, ST_TITLE, row->kind == ROW_INPUT ? "input" : "output");
	x = draw_refs(ui, p, t, &name, 0, number);
	sink_init(&text, -1);
	sink_safe(&text, v->name->s, v->name->len,
	    g->name_width > x ? (unsigned)(g->name_width - x) : 1);
	put_sink(&name, 0, x, ST_BOLD, &text);
	if (g->column[COL_TYPE] >= 0) {
		put_value_type(p->doc, v, &text, (unsigned)g->width[COL_TYPE]);
		put_sink(a, y, g->column[COL_TYPE], ST_TYPE, &text);
	}
	sink_fini(&text);
}

static void
draw_row(const struct ui *ui, const struct pane *p, const struct tree *t, const struct area *a,
    int y, const struct geometry *g, uint32_t number, const struct paths *paths)
{
	const struct row *row = &t->rows.list[number];

	draw_lanes(a, y, &t->rows.lanes[number], g->lanes, number, paths);
	if (row->kind == ROW_NODE)
		draw_node(ui, p, t, a, y, g, number);
	else if (row->kind == ROW_FOLD || row->kind == ROW_HEAD)
		draw_module(t, a, y, g, number);
	else
		draw_value(ui, p, t, a, y, g, number);
}

/* Where the other side has a row and this one none: lanes go on. */
static void
draw_filler(const struct tree *t, const struct area *a, int y, const struct geometry *g,
    uint32_t next)
{
	const struct lane_row *row = next > 0 ? &t->rows.lanes[next - 1] : NULL;
	unsigned live;

	if (row == NULL)
		return;
	live = row->through | (row->in & ~(unsigned)row->ends) |
	    (row->own != LANE_NONE ? 1u << row->own : 0);
	for (int x = 0; x < g->lanes; x++)
		if (live & 1u << x)
			area_glyph(a, y, x, (enum style)(ST_LANE0 + x % 6), GL_V);
	area_glyph(a, y, g->op, ST_DIM, GL_LIGHT);
}

/* ---- the pane ---- */

/* Worst level within rows, as 1 + level; 0: nothing. */
static unsigned
worst_of(const struct tree *t, uint32_t from, uint32_t to)
{
	unsigned worst = 0;

	for (; from < to && worst <= LEVEL_ERROR; from++)
		worst = t->levels[from] > worst ? t->levels[from] : worst;
	return worst;
}

static void
draw_minimap(const struct pane *p, const struct tree *t, const struct area *a)
{
	uint32_t n = t->rows.n, h = (uint32_t)a->h;

	for (uint32_t y = 0; y < h && n > 0; y++) {
		uint32_t from = n > h ? (uint32_t)((uint64_t)n * y / h) : y < n ? y : n;
		uint32_t to = n > h ? (uint32_t)((uint64_t)n * (y + 1) / h) : y < n ? y + 1 : n;
		unsigned worst = worst_of(t, from, to);
		bool here = to > p->top && from < p->top + h;

		if (worst > LEVEL_ERROR)
			area_puts(a, (int)y, 0, ST_ERROR, "E");
		else if (worst > LEVEL_WARN)
			area_puts(a, (int)y, 0, ST_WARN, "W");
		else if (here && n > h)
			area_glyph(a, (int)y, 0, ST_DIM, GL_HALF);
		else if (n > h)
			area_glyph(a, (int)y, 0, ST_DIM, GL_LIGHT);
	}
}

static void
draw_titles(const struct ui *ui, const struct doc *d, const struct area *a,
    const struct geometry *g)
{
	const char *title;
	struct sink text;

	sink_init(&text, -1);
	area_puts(a, 0, g->op, ST_DIM, "op");
	if (ui->columns[COL_NAME])
		area_puts(a, 0, g->name, ST_DIM, "name");
	for (int c = 0; c < COL_COUNT; c++) {
		if (g->column[c] < 0)
			continue;
		title = c == COL_SUPPORT ? supported_title(d) : column_rows[c].title;
		if ((int)strlen(title) > g->width[c])
			title = c == COL_ENGINE ? "on" : "!";
		sink_write(&text, title, strnlen(title, (size_t)g->width[c]));
		put_sink(a, 0, geometry_at(g, c, &text), ST_DIM, &text);
	}
	sink_fini(&text);
}

/* "#12 layers.0.attn" of the cursor, what is filtered, how many findings. */
static void
draw_heading(const struct ui *ui, const struct pane *p, const struct tree *t,
    const struct area *a, bool focused, bool named)
{
	char what[40];
	const struct scope *c = p->at.scope;
	const uint32_t *of = p->doc->counts; /* as the list of problems has them */
	struct sums sums = { .errors = of[LEVEL_ERROR], .warnings = of[LEVEL_WARN],
		.notes = of[LEVEL_NOTE] };
	struct area left = area_part(a, 0, 0, 1, a->w - 18);
	struct sink text;
	int x = 0;

	if (c == NULL && p->at.node != NULL)
		c = t->s.of[p->at.node->index];
	sink_init(&text, -1);
	if (named) {
		const char *base = strrchr(p->doc->path, '/');

		base = base != NULL && base[1] != '\0' ? base + 1 : p->doc->path;
		sink_safe(&text, base, strlen(base), 24);
		x = put_sink(&left, 0, x, focused ? ST_TITLE : ST_DIM, &text) + 1;
	}
	if (p->graph != p->doc->s->model->main) {
		sink_safe(&text, p->graph->name->s, p->graph->name->len, 20);
		x = area_printf(&left, 0, x, ST_REF, "[%s ", graph_kind_name(p->graph->kind));
		x = put_sink(&left, 0, x, ST_REF, &text);
		x = area_puts(&left, 0, x, ST_REF, "] ");
	}
	if (p->at.node != NULL)
		x = area_printf(&left, 0, x, ST_DIM, "#%u ", (unsigned)p->at.node->id);
	if (c != NULL && c->depth > 0) {
		sink_safe(&text, c->path, c->npath, a->w > x + 22 ? (unsigned)(a->w - x - 20) : 2);
		x = put_sink(&left, 0, x, ST_MODULE, &text) + 1;
	}
	if (p->filter != NULL) {
		sink_safe(&text, p->filter, strlen(p->filter), 40);
		x = area_puts(&left, 0, x, ST_KEY, "&");
		x = put_sink(&left, 0, x, ST_KEY, &text) + 1;
	}
	if (t->sort != COL_COUNT)
		area_printf(&left, 0, x, ST_KEY, "by %s", column_rows[t->sort].name);
	sink_fini(&text);
	if (p->doc->state == DOC_OPEN) {
		if (!convert_says(ui, p->doc, what, sizeof what))
			jobs_say(ui, what, sizeof what);
		if (*what == '\0')
			memcpy(what, "analysing", sizeof "analysing");
		area_puts(a, 0, a->w - (int)strlen(what) - 1, ST_DIM, what);
	} else {
		draw_counts(a, 0, a->w - 16, &sums);
	}
}

/* Lines of the pane: its rows, or with another model beside it those of both. */
static uint32_t
count_lines(const struct ui *ui, const struct tree *t)
{
	return ui->joint ? ui->pair->nlines : t->rows.n;
}

/* The row on a line, or ROW_NOWHERE; *next counts on to the row behind it. */
static uint32_t
row_of_line(const struct ui *ui, const struct pane *p, uint32_t line, uint32_t *next)
{
	int side = p == &ui->panes[1];
	uint32_t row, k;

	if (!ui->joint)
		return line;
	row = ui->pair->lines[line].row[side];
	for (k = line; row == ROW_NOWHERE && k < ui->pair->nlines &&
	    ui->pair->lines[k].row[side] == ROW_NOWHERE; k++)
		continue;
	*next = row != ROW_NOWHERE ? row + 1 : k < ui->pair->nlines ?
	    ui->pair->lines[k].row[side] : p->doc->trees[p->graph->id]->rows.n;
	return row;
}

static uint32_t
line_of_row(const struct ui *ui, const struct pane *p)
{
	return ui->joint ? ui->pair->of_row[p == &ui->panes[1]][p->row] : p->row;
}

static void
draw_empty(const struct model *m, const struct area *a)
{
	int x;

	if (m->no_graph == NULL) {
		area_puts(a, 0, 2, ST_DIM, "this graph has no nodes");
		return;
	}
	x = area_puts(a, 0, 2, ST_WARN, "no graph: ");
	area_puts(a, 0, x, ST_TEXT, m->no_graph);
	area_puts(a, 2, 2, ST_DIM, ":tensors lists what it holds; L says what to do");
}

static void
draw_pane(const struct ui *ui, const struct pane *p, const struct area *a, bool focused,
    bool named)
{
	const struct tree *t;
	struct geometry g;
	struct paths paths = { .n = 0 };
	struct area body;
	bool titles = a->h > 14, selected;
	uint32_t next = 0, from = 0, to = 0;

	if (p->graph == NULL) {
		area_puts(a, 0, 0, ST_DIM, p->doc != NULL && p->doc->state == DOC_READING ?
		    "reading..." : "nothing to show");
		return;
	}
	t = p->doc->trees[p->graph->id];
	g = geometry_of(ui, p->doc, t, a->w);
	selected = select_rows(p, t, &from, &to);
	draw_heading(ui, p, t, a, focused, named);
	body = area_part(a, 1, 0, 1, a->w);
	if (titles)
		draw_titles(ui, p->doc, &body, &g);
	body = area_part(a, 1 + titles, 0, a->h - 1 - titles, a->w);
	if (p->row < t->rows.n && t->shown == NULL)
		find_paths(&paths, &t->rows, p->row);
	for (int y = 0; y < body.h && p->top + (uint32_t)y < count_lines(ui, t); y++) {
		uint32_t number = row_of_line(ui, p, p->top + (uint32_t)y, &next);

		if (number == ROW_NOWHERE) {
			draw_filler(t, &body, y, &g, next);
			continue;
		}
		draw_row(ui, p, t, &body, y, &g, number, &paths);
		if (selected && number >= from && number <= to)
			area_look(&body, y, 0, body.w - GEOMETRY_MAP, LOOK_UNDERLINE);
		if (number == p->row)
			area_look(&body, y, 0, body.w - GEOMETRY_MAP,
			    focused ? LOOK_REVERSE : LOOK_UNDERLINE);
	}
	if (t->rows.n == 0)
		draw_empty(p->doc->s->model, &body);
	body = area_part(&body, 0, body.w - GEOMETRY_MAP, body.h, GEOMETRY_MAP);
	draw_minimap(p, t, &body);
}

/* The areas of the panes: how many are shown. */
static uint32_t
divide(const struct ui *ui, const struct area *a, struct area parts[2])
{
	int left;

	if (ui->npanes < 2 || ui->maximised || (!ui->stacked && a->w < GEOMETRY_WIDE) ||
	    (ui->stacked && a->h < 12)) {
		parts[0] = *a;
		return 1;
	}
	if (ui->stacked) {
		left = a->h * ui->share / 100;
		parts[0] = area_part(a, 0, 0, left, a->w);
		parts[1] = area_part(a, left, 0, a->h - left, a->w);
		return 2;
	}
	left = (a->w - GUTTER) * ui->share / 100;
	parts[0] = area_part(a, 0, 0, a->h, left);
	parts[1] = area_part(a, 0, left + GUTTER, a->h, a->w - left - GUTTER);
	return 2;
}

static void
draw_gutter(const struct ui *ui, const struct area *a, int y, int x)
{
	uint32_t line = ui->panes[0].top + (uint32_t)(y - 1 - (a->h > 14));
	char letter[2] = " ";

	area_glyph(a, y, x, ST_DIM, GL_V);
	if (!ui->joint || y < 1 + (a->h > 14) || line >= ui->pair->nlines)
		return;
	letter[0] = ui->pair->lines[line].letter;
	if (*letter != ' ')
		area_puts(a, y, x, *letter == '=' ? ST_DIM : *letter == 'L' ? ST_NOTE : ST_WARN,
		    letter);
}

static void
rows_draw(const struct ui *ui, const struct vframe *f, const struct area *a)
{
	struct area parts[2];
	uint32_t n = divide(ui, a, parts);

	(void)f;
	if (n == 1) {
		draw_pane(ui, &ui->panes[ui->focus], &parts[0], true, ui->npanes > 1);
		return;
	}
	for (uint32_t i = 0; i < 2; i++)
		draw_pane(ui, &ui->panes[i], &parts[i], i == ui->focus, true);
	for (int y = 0; !ui->stacked && y < a->h; y++)
		draw_gutter(ui, a, y, parts[0].w + 1);
}

/* In the map at the edge a part of all rows, elsewhere the row itself. */
static void
rows_click(struct ui *ui, const struct area *a, int y, int x)
{
	struct area parts[2], *part;
	uint32_t n = divide(ui, a, parts), lines, line;
	bool second = n > 1 && (ui->stacked ? y + a->y >= parts[1].y : x >= parts[1].x);
	int side, above;
	struct pane *p;

	if (n > 1)
		ui->focus = second;
	p = ui_pane(ui);
	part = &parts[second];
	side = p == &ui->panes[1];
	above = 1 + (part->h > 14);
	y += a->y - part->y - above;
	if (p->graph == NULL || y < 0 || (ui->joint && !pair_lines(ui)))
		return;
	lines = count_lines(ui, pane_tree(ui, p));
	line = p->top + (uint32_t)y;
	if (x == part->x + part->w - GEOMETRY_MAP && lines > (uint32_t)(part->h - above))
		line = (uint32_t)((uint64_t)lines * (uint32_t)y / (uint32_t)(part->h - above));
	if (line >= lines)
		return;
	if (ui->joint)
		line = ui->pair->lines[line].row[side];
	if (line != ROW_NOWHERE)
		pane_to_row(ui, p, line);
}

/* Keep the cursor on the screen: it moves the rows only when it leaves. */
static void
settle_pane(struct ui *ui, struct pane *p, int h)
{
	uint32_t body = (uint32_t)(h > 14 ? h - 2 : h > 2 ? h - 1 : 1);
	struct tree *t;
	uint32_t line;

	if (p->graph == NULL)
		return;
	t = pane_tree(ui, p);
	if (t->levels == NULL)
		geometry_needs(ui, p->doc, t);
	doc_levels(p->doc, t);
	pane_settle(ui, p);
	line = line_of_row(ui, p);
	if (line + body / 2 < p->top || line >= p->top + body + body / 2)
		p->top = line > body / 3 ? line - body / 3 : 0; /* a jump */
	else if (line < p->top)
		p->top = line;
	else if (line >= p->top + body)
		p->top = line - body + 1;
	if (count_lines(ui, t) < p->top + body)
		p->top = count_lines(ui, t) > body ? count_lines(ui, t) - body : 0;
	if (p->at.node == NULL && p->at.scope == NULL && p->at.value == NULL)
		pane_to_row(ui, p, p->row);
}

static void
rows_settle(struct ui *ui, struct vframe *f, const struct area *a)
{
	struct area parts[2];
	uint32_t n = divide(ui, a, parts);

	ui->joint = n > 1 && pair_lines(ui);
	for (uint32_t i = 0; i < ui->npanes; i++)
		settle_pane(ui, &ui->panes[i], parts[n > 1 ? i : 0].h);
	if (ui->joint)
		ui->panes[1 - ui->focus].top = ui->panes[ui->focus].top;
	f->height = (uint32_t)(parts[n > 1 ? ui->focus : 0].h - (a->h > 14 ? 2 : 1));
}

/* So many rows on; in two lists side by side along their lines. */
static void
step(struct ui *ui, struct pane *p, int64_t by)
{
	int side = p == &ui->panes[1];
	int64_t row = (int64_t)p->row + by, line, dir = by < 0 ? -1 : 1;

	if (ui->joint) {
		row = p->row;
		for (line = line_of_row(ui, p) + dir; by != 0 && line >= 0 &&
		    line < ui->pair->nlines; line += dir) {
			if (ui->pair->lines[line].row[side] == ROW_NOWHERE)
				continue;
			row = ui->pair->lines[line].row[side];
			by -= dir;
		}
	}
	pane_to_row(ui, p, row < 0 ? 0 : row < UINT32_MAX ? (uint32_t)row : UINT32_MAX);
}

static void
scroll(struct ui *ui, struct pane *p, const struct vframe *f, int by)
{
	struct tree *t = pane_tree(ui, p);

	if (by < 0 && p->top > 0)
		p->top--;
	else if (by > 0 && p->top + f->height < count_lines(ui, t))
		p->top++;
	if (line_of_row(ui, p) < p->top)
		step(ui, p, 1);
	else if (line_of_row(ui, p) >= p->top + f->height && p->row > 0)
		step(ui, p, -1);
}

static bool
rows_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count, uint32_t key)
{
	struct pane *p = ui_pane(ui);
	int64_t n = count > 0 ? count : 1, page = f->height > 1 ? f->height - 1 : 1;

	if (pane_tree(ui, p) == NULL)
		return false;
	if (ui->joint && !pair_lines(ui))
		ui->joint = false;
	switch ((int)r) {
	case REQ_DOWN: step(ui, p, n); break;
	case REQ_UP: step(ui, p, -n); break;
	case REQ_HALF_DOWN: step(ui, p, n * (page + 1) / 2); break;
	case REQ_HALF_UP: step(ui, p, -n * ((page + 1) / 2)); break;
	case REQ_PAGE_DOWN: step(ui, p, n * page); break;
	case REQ_PAGE_UP: step(ui, p, -n * page); break;
	case REQ_FIRST: step(ui, p, -(int64_t)UINT32_MAX); break;
	case REQ_LAST:
		if (count > 0)
			return false;
		step(ui, p, UINT32_MAX);
		break;
	case REQ_LINE_DOWN: scroll(ui, p, f, 1); break;
	case REQ_LINE_UP: scroll(ui, p, f, -1); break;
	case REQ_LEFT: ui_request(ui, REQ_SHUT, 0, 0); break;
	case REQ_RIGHT: ui_request(ui, REQ_UNFOLD, 0, 0); break;
	case REQ_OPEN:
		ui_request(ui, p->at.scope != NULL ? REQ_FOLD : REQ_DETAIL, 0, 0);
		break;
	case REQ_FOLLOW: refs_follow(ui, key); break;
	case REQ_SELECT:
	case REQ_SELECT_ALL: select_request(ui, r == REQ_SELECT_ALL); break;
	default: return false;
	}
	return true;
}

static void
rows_title(const struct ui *ui, const struct vframe *f, struct sink *out)
{
	const struct pane *p = &ui->panes[ui->focus];

	(void)f;
	if (p->graph != NULL)
		sink_printf(out, "%u node%s", (unsigned)p->graph->nnodes,
		    plural(p->graph->nnodes));
}

static const enum req rows_footer[] = {
	REQ_HELP, REQ_PROBLEMS, REQ_NEXT_PROBLEM, REQ_OPEN, REQ_NEXT_LEFT, REQ_OTHER_PANE,
	REQ_EXPORT, REQ_FOLD, REQ_SEARCH, REQ_FILTER, REQ_TARGET, REQ_OVERVIEW, REQ_COMMAND,
	REQ_QUIT, REQ_NONE
};

const struct view VIEW_ROWS_ENTRY = {
	.name = "rows", .mask = V_ROWS, .settle = rows_settle, .draw = rows_draw,
	.request = rows_request, .click = rows_click, .title = rows_title, .footer = rows_footer
};
