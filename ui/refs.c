/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/pair.h"
#include "ui/state.h"

uint32_t
refs_of(const struct tree *t, uint32_t row, const struct row *from[REFS_SHOWN])
{
	const struct rows *r = &t->rows;
	uint32_t n = 0;

	if (t->shown != NULL)
		return 0;
	for (uint32_t e = r->edges.start[row]; e < r->edges.start[row + 1]; e++) {
		const struct row *far = &r->list[r->edges.from[e]];

		if (r->drawn[e] || (far->kind == ROW_NODE && t->mute[far->of.node->index]))
			continue;
		if (n++ < REFS_SHOWN)
			from[n - 1] = far;
	}
	return n;
}

static uint32_t
first_row(const struct ui *ui, const struct pane *p)
{
	int side = p == &ui->panes[1];
	uint32_t row = ROW_NOWHERE;

	if (!ui->joint)
		return p->top;
	for (uint32_t k = p->top; row == ROW_NOWHERE && k < ui->pair->nlines; k++)
		row = ui->pair->lines[k].row[side];
	return row;
}

uint32_t
refs_letter(const struct ui *ui, const struct pane *p, const struct tree *t, uint32_t row)
{
	const struct row *from[REFS_SHOWN];
	uint32_t letter = 'a';

	for (uint32_t i = first_row(ui, p); i < row && letter <= 'z'; i++) {
		uint32_t n = refs_of(t, i, from);

		letter += n < REFS_SHOWN ? n : REFS_SHOWN;
	}
	return letter;
}

static void
go(struct ui *ui, struct pane *p, const struct row *r)
{
	if (r->kind == ROW_NODE) {
		pane_to_node(ui, p, r->of.node, true);
		return;
	}
	ui_remember(ui, p);
	pane_to_row(ui, p, (uint32_t)(r - pane_tree(ui, p)->rows.list));
}

void
refs_follow(struct ui *ui, uint32_t key)
{
	struct pane *p = ui_pane(ui);
	struct tree *t = pane_tree(ui, p);
	const struct row *from[REFS_SHOWN];
	uint32_t letter = 'a';

	for (uint32_t i = t != NULL ? first_row(ui, p) : ROW_NOWHERE; t != NULL &&
	    i < t->rows.n && letter <= key && letter <= 'z'; i++) {
		uint32_t n = refs_of(t, i, from);

		n = n < REFS_SHOWN ? n : REFS_SHOWN;
		if (key < letter + n) {
			go(ui, p, from[key - letter]);
			return;
		}
		letter += n;
	}
	ui_say(ui, ST_DIM, letter == 'a' ? "no arrows are on the screen" :
	    "no arrow has that letter");
}
