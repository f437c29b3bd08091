/* SPDX-License-Identifier: Apache-2.0 */
/* A layered drawing of what is around the cursor, so many hops along the edges
 * between rows: folded modules are boxes too. It follows the cursor. */
#include <string.h>

#include "base/str.h"
#include "layout/layers.h"
#include "report/text.h"
#include "ui/dump.h"
#include "ui/state.h"

enum { HOPS = 2, LABEL = 24, BOX = 3, GAP = 2, PITCH = BOX + GAP };
enum { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8, HOT = 16, HEAD = 32, TAIL = 64 };

struct boxes {
	struct layers l;
	uint32_t *rows;     /* row of box i */
	uint32_t nrows;     /* boxes behind these are graphs inside of the cursor's node */
	const char **text;
	uint32_t current;   /* box of the cursor */
	uint32_t left_out;  /* rows within reach that are not drawn */
	int x0, y0, w, h;   /* of the canvas on the screen */
	uint8_t *bits;      /* of lines, h rows of w */
};

/* ---- what is drawn ---- */

static const char *
box_text(const struct tree *t, struct arena *a, const struct row *r)
{
	struct sink text;
	const char *s;
	size_t n;

	sink_init(&text, -1);
	if (r->kind == ROW_NODE) {
		text_op(&text, r->of.node->domain, r->of.node->type);
		short_name(r->of.node->name, &s, &n);
		if (n > 0 && text.n + 5 < LABEL &&
		    (n != r->of.node->type->len || memcmp(s, r->of.node->type->s, n) != 0))
			sink_puts(&text, " "), sink_safe(&text, s, n, LABEL - 1 - (unsigned)text.n);
	} else if (r->kind == ROW_FOLD) {
		sink_safe(&text, r->of.scope->name, r->of.scope->nname, LABEL - 6);
		sink_printf(&text, " (%u)", (unsigned)t->sums[r->of.scope->id].nodes);
	} else {
		sink_puts(&text, r->kind == ROW_INPUT ? "in " : "out ");
		sink_safe(&text, r->of.value->name->s, r->of.value->name->len, LABEL - 4);
	}
	s = arena_strdup(a, text.buf, text.n);
	sink_fini(&text);
	return s;
}

struct reach {
	uint32_t *list, n;
	uint32_t *box;      /* by row: box + 1 */
};

static void
add_row(struct reach *r, struct boxes *b, uint32_t row)
{
	if (r->box[row] != 0)
		return;
	if (r->n == LAYERS_BOXES) {
		b->left_out++;
		return;
	}
	r->list[r->n++] = row;
	r->box[row] = r->n;
}

/* Rows within so many hops, in rounds over the edges near what is reached. */
static void
reach_rows(struct reach *r, struct boxes *b, const struct rows *rows, uint32_t at, uint32_t hops)
{
	uint32_t from = 0, to;
	const struct lane_edges *e = &rows->edges;

	add_row(r, b, at);
	for (uint32_t hop = 0; hop < hops && from < r->n; hop++) {
		to = r->n;
		for (uint32_t i = from; i < to; i++)
			for (uint32_t k = e->start[r->list[i]]; k < e->start[r->list[i] + 1]; k++)
				add_row(r, b, e->from[k]);
		for (uint32_t row = 0; row < rows->n; row++)
			for (uint32_t k = e->start[row]; k < e->start[row + 1]; k++)
				if (r->box[e->from[k]] > from && r->box[e->from[k]] <= to)
					add_row(r, b, row);
		from = to;
	}
}

static int
by_number(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* In the order of the rows, so that the same drawing comes out whoever was the
 * first. */
static void
sort_rows(struct reach *r)
{
	for (uint32_t i = 1; i < r->n; i++) {
		uint32_t x = r->list[i], k = i;

		for (; k > 0 && by_number(r->list[k - 1], x) > 0; k--)
			r->list[k] = r->list[k - 1];
		r->list[k] = x;
	}
	for (uint32_t i = 0; i < r->n; i++)
		r->box[r->list[i]] = i + 1;
}

static void
add_layer_edge(struct layers *l, struct arena *a, uint32_t from, uint32_t to)
{
	l->edges = arena_grow(a, l->edges, l->nedges, sizeof *l->edges);
	l->edges[l->nedges++] = (struct layer_edge){ .from = from, .to = to };
}

/* "2i else_branch (3)": how one gets into it, what it is, its nodes. */
static const char *
inside_text(struct arena *a, const struct graph *g, uint32_t number)
{
	const struct str *name = g->role != NULL ? g->role : g->name;
	struct sink text;
	const char *s;

	sink_init(&text, -1);
	if (number > 0)
		sink_printf(&text, "%u", (unsigned)number + 1);
	sink_puts(&text, "i ");
	sink_safe(&text, name->s, name->len, LABEL - 8);
	sink_printf(&text, " (%u)", (unsigned)g->nnodes);
	s = arena_strdup(a, text.buf, text.n);
	sink_fini(&text);
	return s;
}

static void
add_inside(struct boxes *b, struct arena *a, const struct node *n, uint32_t row)
{
	struct layers *l = &b->l;
	uint32_t most = n->nregions > 0 ? n->nregions : n->callee != NULL;

	for (uint32_t i = 0; i < most && l->nboxes < LAYERS_BOXES; i++) {
		const struct graph *g = n->nregions > 0 ? n->regions[i] : n->callee;

		if (g == NULL)
			continue;
		b->rows[l->nboxes] = row;
		b->text[l->nboxes] = inside_text(a, g, i);
		l->boxes[l->nboxes].width = text_columns(b->text[l->nboxes],
		    strlen(b->text[l->nboxes])) + 4;
		add_layer_edge(l, a, b->current, l->nboxes++);
	}
}

static void
make_boxes(struct boxes *b, const struct tree *t, struct arena *a, uint32_t at, uint32_t hops)
{
	struct reach r = { arena_array(a, LAYERS_BOXES, sizeof(uint32_t)), 0,
		arena_array(a, t->rows.n, sizeof(uint32_t)) };
	struct layers *l = &b->l;

	reach_rows(&r, b, &t->rows, at, hops);
	sort_rows(&r);
	b->rows = r.list;
	b->current = r.box[at] - 1;
	b->nrows = l->nboxes = r.n;
	l->boxes = arena_array(a, LAYERS_BOXES, sizeof *l->boxes);
	b->text = arena_array(a, LAYERS_BOXES, sizeof *b->text);
	for (uint32_t i = 0; i < r.n; i++) {
		uint32_t row = r.list[i];

		b->text[i] = box_text(t, a, &t->rows.list[row]);
		l->boxes[i].width = text_columns(b->text[i], strlen(b->text[i])) + 4;
		for (uint32_t e = t->rows.edges.start[row]; e < t->rows.edges.start[row + 1]; e++) {
			uint32_t from = r.box[t->rows.edges.from[e]];

			if (from == 0)
				continue;
			add_layer_edge(l, a, from - 1, i);
		}
	}
	if (t->rows.list[at].kind == ROW_NODE)
		add_inside(b, a, t->rows.list[at].of.node, at);
}

/* ---- lines ---- */

static void
add_bits(struct boxes *b, int y, int x, unsigned bits)
{
	y -= b->y0;
	x -= b->x0;
	if (y >= 0 && y < b->h && x >= 0 && x < b->w)
		b->bits[y * b->w + x] |= (uint8_t)bits;
}

/* From (y, x) in the gap below a layer to (y + GAP - 1, to): down, across, down. */
static void
add_step(struct boxes *b, int y, int x, int to, unsigned hot)
{
	add_bits(b, y, x, UP | hot | (to > x ? RIGHT : to < x ? LEFT : DOWN));
	for (int i = x + 1; i < to; i++)
		add_bits(b, y, i, LEFT | RIGHT | hot);
	for (int i = to + 1; i < x; i++)
		add_bits(b, y, i, LEFT | RIGHT | hot);
	if (to != x)
		add_bits(b, y, to, DOWN | hot | (to > x ? LEFT : RIGHT));
	for (int i = 1; i < GAP; i++)
		add_bits(b, y + i, to, UP | DOWN | hot);
}

static int
middle(const struct layer_box *box)
{
	return box->x + box->width / 2;
}

static void
add_edge(struct boxes *b, const struct layer_edge *e)
{
	uint32_t top = e->turned ? e->to : e->from, bottom = e->turned ? e->from : e->to;
	const struct layer_box *from = &b->l.boxes[top], *to = &b->l.boxes[bottom];
	unsigned hot = top == b->current || bottom == b->current ? HOT : 0;
	int x = middle(from), y = from->layer * PITCH + BOX;

	if (e->cut)
		return;
	for (uint32_t i = 0; i <= e->nbends; i++) {
		int next = i < e->nbends ? e->bends[i] : middle(to);

		add_step(b, y, x, next, hot);
		x = next;
		for (int k = 0; i < e->nbends && k < BOX; k++)
			add_bits(b, y + GAP + k, x, UP | DOWN | hot);
		y += PITCH;
	}
	add_bits(b, y - PITCH + GAP - 1, x, e->turned ? TAIL : HEAD);
}

static void
boxes_settle(struct ui *ui, struct vframe *f, const struct area *a)
{
	struct pane *p = ui_pane(ui);
	struct tree *t = pane_tree(ui, p);
	const struct layer_box *at;
	struct boxes *b;
	uint32_t row;

	arena_free(&f->a);
	arena_init(&f->a, &ui->ctx);
	f->state = NULL;
	if (t == NULL || t->rows.n == 0)
		return;
	doc_sums(p->doc, t, t->s.root);
	pane_settle(ui, p);
	/* a heading has no box: the first row under it */
	for (row = p->row; row + 1 < t->rows.n && t->rows.list[row].kind == ROW_HEAD; row++)
		continue;
	b = arena_alloc(&f->a, sizeof *b);
	for (uint32_t hops = f->number > 0 ? f->number : HOPS; ; hops--) {
		memset(b, 0, sizeof *b);
		make_boxes(b, t, &f->a, row, hops);
		if (layers_make(&b->l, 2, &f->a) || hops == 0)
			break;
	}
	at = &b->l.boxes[b->current];
	b->w = a->w;
	b->h = a->h;
	b->x0 = b->l.width <= a->w ? (b->l.width - a->w) / 2 : middle(at) - a->w / 2;
	b->y0 = at->layer * PITCH + 1 - a->h / 2;
	b->bits = arena_array(&f->a, (size_t)b->w * (size_t)b->h, 1);
	for (uint32_t e = 0; e < b->l.nedges; e++)
		add_edge(b, &b->l.edges[e]);
	f->state = b;
}

static void
draw_line(const struct area *a, int y, int x, unsigned bits)
{
	static const uint8_t glyphs[16] = {
		[UP] = GL_V, [DOWN] = GL_V, [UP | DOWN] = GL_V, [LEFT] = GL_H, [RIGHT] = GL_H,
		[LEFT | RIGHT] = GL_H, [UP | RIGHT] = GL_UP_RIGHT, [UP | LEFT] = GL_UP_LEFT,
		[DOWN | RIGHT] = GL_DOWN_RIGHT, [DOWN | LEFT] = GL_DOWN_LEFT,
		[UP | DOWN | RIGHT] = GL_T_RIGHT, [UP | DOWN | LEFT] = GL_T_LEFT,
		[UP | LEFT | RIGHT] = GL_T_UP, [DOWN | LEFT | RIGHT] = GL_T_DOWN,
		[UP | DOWN | LEFT | RIGHT] = GL_CROSS
	};
	enum style st = bits & HOT ? ST_LANE0 : ST_DIM;

	if (bits & HEAD)
		area_puts(a, y, x, st, "v");
	else if (bits & TAIL)
		area_puts(a, y, x, st, "^");
	else
		area_glyph(a, y, x, st, (enum glyph)glyphs[bits & 15]);
	if (bits & HOT)
		area_look(a, y, x, 1, LOOK_BOLD);
}

static void
draw_box(const struct boxes *b, const struct tree *t, const struct area *a, uint32_t i)
{
	const struct layer_box *box = &b->l.boxes[i];
	const struct row *r = &t->rows.list[b->rows[i]];
	int y = box->layer * PITCH - b->y0, x = box->x - b->x0, w = box->width;
	enum style line = i == b->current ? ST_KEY : ST_DIM, st = i >= b->nrows ? ST_MODULE :
	    r->kind == ROW_NODE ?
	    op_style(r->of.node) : r->kind == ROW_FOLD ? ST_MODULE : ST_TITLE;

	for (int k = 0; k < 2; k++) {
		int at = y + 2 * k;

		area_glyph(a, at, x, line, k ? GL_UP_RIGHT : GL_DOWN_RIGHT);
		area_line(a, at, x + 1, w - 2, line, GL_H);
		area_glyph(a, at, x + w - 1, line, k ? GL_UP_LEFT : GL_DOWN_LEFT);
	}
	area_fill(a, y + 1, x, w, ST_TEXT);
	area_glyph(a, y + 1, x, line, GL_V);
	area_puts(a, y + 1, x + 2, st, b->text[i]);
	area_glyph(a, y + 1, x + w - 1, line, GL_V);
	if (i == b->current)
		area_look(a, y + 1, x + 1, w - 2, LOOK_REVERSE);
}

static void
boxes_draw(const struct ui *ui, const struct vframe *f, const struct area *a)
{
	const struct pane *p = &ui->panes[ui->focus];
	const struct boxes *b = f->state;
	uint32_t cut = 0;

	if (b == NULL || b->l.nlayers == 0) {
		area_puts(a, 0, 1, ST_DIM, "nothing that could be drawn is here");
		return;
	}
	for (int y = 0; y < a->h; y++)
		for (int x = 0; x < a->w; x++)
			if (b->bits[y * b->w + x] != 0)
				draw_line(a, y, x, b->bits[y * b->w + x]);
	for (uint32_t i = 0; i < b->l.nboxes; i++)
		draw_box(b, p->doc->trees[p->graph->id], a, i);
	for (uint32_t e = 0; e < b->l.nedges; e++)
		cut += b->l.edges[e].cut;
	if (cut > 0 || b->left_out > 0)
		area_printf(a, 0, 0, ST_REF, "%u long edges, %u boxes are left out",
		    (unsigned)cut, (unsigned)b->left_out);
}

/* ---- motion ---- */

/* Along an edge down or up: the neighbour that is nearest. */
static uint32_t
along(const struct boxes *b, bool down)
{
	const struct layer_box *at = &b->l.boxes[b->current];
	uint32_t best = UINT32_MAX;
	int away = 0;

	for (uint32_t e = 0; e < b->l.nedges; e++) {
		uint32_t near = down ? b->l.edges[e].from : b->l.edges[e].to;
		uint32_t far = down ? b->l.edges[e].to : b->l.edges[e].from;
		int d = middle(&b->l.boxes[far]) - middle(at);

		d = d < 0 ? -d : d;
		if (near != b->current || far == near || far >= b->nrows ||
		    (best != UINT32_MAX && d >= away))
			continue;
		best = far;
		away = d;
	}
	return best;
}

/* The neighbour in the layer. */
static uint32_t
beside(const struct boxes *b, bool right)
{
	const struct layer_box *at = &b->l.boxes[b->current];
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < b->nrows; i++) {
		const struct layer_box *x = &b->l.boxes[i];

		if (x->layer != at->layer || (right ? x->x <= at->x : x->x >= at->x))
			continue;
		if (best == UINT32_MAX || (right ? x->x < b->l.boxes[best].x :
		    x->x > b->l.boxes[best].x))
			best = i;
	}
	return best;
}

static bool
boxes_request(struct ui *ui, struct vframe *f, enum req r, uint32_t count, uint32_t key)
{
	const struct boxes *b = f->state;
	uint32_t to = UINT32_MAX;

	(void)count;
	(void)key;
	if (b == NULL || b->l.nlayers == 0)
		return false;
	switch ((int)r) {
	case REQ_DOWN: to = along(b, true); break;
	case REQ_UP: to = along(b, false); break;
	case REQ_RIGHT: to = beside(b, true); break;
	case REQ_LEFT: to = beside(b, false); break;
	case REQ_BIGGER:
		f->number = (f->number > 0 ? f->number : HOPS) + 1;
		return true;
	case REQ_SMALLER:
		f->number = f->number > 1 ? f->number - 1 : 1;
		return true;
	case REQ_OPEN:
		ui_request(ui, ui_pane(ui)->at.scope != NULL ? REQ_FOLD : REQ_DETAIL, 0, 0);
		return true;
	default: return false;
	}
	if (to != UINT32_MAX)
		pane_to_row(ui, ui_pane(ui), b->rows[to]);
	return true;
}

/* ---- as data ---- */

static void
dump_box(const struct boxes *b, struct json *j, uint32_t i)
{
	const struct layer_box *box = &b->l.boxes[i];

	sink_puts(j->out, "\n");
	json_open(j, '{');
	json_member_u64(j, "row", b->rows[i]);
	json_member(j, "text", b->text[i]);
	json_member_bool(j, "inside", i >= b->nrows);
	json_member_i64(j, "layer", box->layer);
	json_member_i64(j, "x", box->x);
	json_member_i64(j, "y", box->layer * PITCH);
	json_member_i64(j, "w", box->width);
	json_member_i64(j, "h", BOX);
	json_close(j, '}');
}

static void
dump_edge(const struct layer_edge *e, struct json *j)
{
	sink_puts(j->out, "\n");
	json_open(j, '{');
	json_member_u64(j, "from", e->from);
	json_member_u64(j, "to", e->to);
	json_member_bool(j, "turned", e->turned);
	json_member_bool(j, "cut", e->cut);
	json_key(j, "bends");
	json_open(j, '[');
	for (uint32_t i = 0; i < e->nbends && !e->cut; i++)
		json_i64(j, e->bends[i]);
	json_close(j, ']');
	json_close(j, '}');
}

void
boxes_dump(const struct vframe *f, struct json *j)
{
	const struct boxes *b = f->state;

	json_key(j, "boxes");
	json_open(j, '[');
	for (uint32_t i = 0; b != NULL && i < b->l.nboxes; i++)
		dump_box(b, j, i);
	json_close(j, ']');
	json_key(j, "edges");
	json_open(j, '[');
	for (uint32_t i = 0; b != NULL && i < b->l.nedges; i++)
		dump_edge(&b->l.edges[i], j);
	json_close(j, ']');
	json_member_u64(j, "current", b != NULL ? b->current : 0);
	json_member_u64(j, "left_out", b != NULL ? b->left_out : 0);
}

static void
boxes_title(const struct ui *ui, const struct vframe *f, struct sink *out)
{
	(void)ui;
	sink_printf(out, "boxes, %u hops", (unsigned)(f->number > 0 ? f->number : HOPS));
}

static const enum req boxes_footer[] = {
	REQ_UP, REQ_DOWN, REQ_BIGGER, REQ_SMALLER, REQ_OPEN, REQ_BACK, REQ_HELP, REQ_QUIT, REQ_NONE
};

const struct view VIEW_BOXES_ENTRY = {
	.name = "boxes", .mask = V_BOXES, .settle = boxes_settle, .draw = boxes_draw,
	.request = boxes_request, .title = boxes_title, .footer = boxes_footer
};
