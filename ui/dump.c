/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sink.h"
#include "layout/fold.h"
#include "ui/dump.h"
#include "ui/pair.h"
#include "ui/state.h"

static void
put_lanes(struct json *j, const char *key, unsigned lanes)
{
	json_key(j, key);
	json_open(j, '[');
	for (unsigned i = 0; i < LANES_MAX; i++)
		if (lanes & 1u << i)
			json_u64(j, i);
	json_close(j, ']');
}

/* Rows that are read on a lane, or those that an arrow names. */
static void
put_reads(struct json *j, const char *key, const struct rows *r, uint32_t row, bool drawn)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t e = r->edges.start[row]; e < r->edges.start[row + 1]; e++)
		if (r->drawn[e] == drawn)
			json_u64(j, r->edges.from[e]);
	json_close(j, ']');
}

static void
put_module(struct json *j, const struct row *r)
{
	const struct scope *c = r->of.scope;

	json_key(j, "module");
	json_text(j, c->path, c->npath);
	json_member_u64(j, "nodes", c->ntotal);
	json_member(j, "fold", r->kind == ROW_HEAD ? "open" : r->grouped ? "grouped" : "shut");
	if (r->grouped)
		json_member_u64(j, "times", c->repeat);
	if (r->again)
		json_member_bool(j, "again", true);
}

static void
put_row(struct json *j, const struct rows *rows, uint32_t i)
{
	static const char *const kinds[] = { "node", "module", "module", "input", "output" };
	const struct row *r = &rows->list[i];
	const struct lane_row *l = &rows->lanes[i];

	sink_puts(j->out, "\n");
	json_open(j, '{');
	json_member_u64(j, "row", i);
	json_member(j, "kind", kinds[r->kind]);
	json_member_u64(j, "depth", r->depth);
	if (r->kind == ROW_NODE)
		json_member_u64(j, "id", r->of.node->id);
	else if (r->kind >= ROW_INPUT)
		json_member_str(j, "name", r->of.value->name);
	else
		put_module(j, r);
	json_key(j, "lane");
	if (l->own == LANE_NONE)
		json_null(j);
	else
		json_u64(j, l->own);
	put_lanes(j, "through", l->through);
	put_lanes(j, "in", l->in);
	put_lanes(j, "ends", l->ends);
	put_reads(j, "reads", rows, i, true);
	put_reads(j, "references", rows, i, false);
	json_close(j, '}');
}

static void
put_pane(struct ui *ui, struct json *j, struct pane *p)
{
	struct tree *t = pane_tree(ui, p);

	json_open(j, '{');
	if (t != NULL) {
		pane_settle(ui, p);
		json_member_u64(j, "graph", p->graph->id);
		json_member_bool(j, "flat", t->shown != NULL);
		json_member_bool(j, "sorted", t->rows.sorted);
		json_member_u64(j, "lanes", t->rows.nlanes);
		json_member_u64(j, "cursor", p->row);
		json_member_u64(j, "top", p->top);
		json_key(j, "rows");
		json_open(j, '[');
		for (uint32_t i = 0; i < t->rows.n; i++)
			put_row(j, &t->rows, i);
		json_close(j, ']');
	}
	json_close(j, '}');
}

static void
put_line_row(struct json *j, uint32_t row)
{
	if (row == ROW_NOWHERE)
		json_null(j);
	else
		json_u64(j, row);
}

/* Which rows of the two models stand beside each other. */
static void
put_lines(struct json *j, const struct pairing *pair)
{
	json_key(j, "lines");
	json_open(j, '[');
	for (uint32_t i = 0; i < pair->nlines; i++) {
		const struct pair_line *line = &pair->lines[i];
		char letter[2] = { line->letter, '\0' };

		sink_puts(j->out, "\n");
		json_open(j, '[');
		put_line_row(j, line->row[0]);
		put_line_row(j, line->row[1]);
		json_string(j, letter);
		json_close(j, ']');
	}
	json_close(j, ']');
}

void
dump_layout(struct ui *ui, struct sink *out)
{
	const struct vframe *f = ui_top(ui);
	struct json j;

	json_init(&j, out);
	json_open(&j, '{');
	json_member(&j, "view", f->view->name);
	json_member_u64(&j, "focus", ui->focus);
	json_key(&j, "panes");
	json_open(&j, '[');
	for (uint32_t i = 0; i < ui->npanes; i++)
		put_pane(ui, &j, &ui->panes[i]);
	json_close(&j, ']');
	if (ui->npanes == 2 && pair_lines(ui))
		put_lines(&j, ui->pair);
	if (f->view == views[VIEW_BOXES])
		boxes_dump(f, &j);
	json_close(&j, '}');
	sink_puts(out, "\n");
}
