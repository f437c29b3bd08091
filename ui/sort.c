/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "ui/sort.h"
#include "ui/state.h"

enum { TEXT_MAX = 200 };

struct key { struct row row; const char *text; uint64_t number; uint32_t index; };

/* Digits at s without zeros before them; *end behind them. */
static const char *
digits(const char *s, const char **end)
{
	while (*s == '0' && s[1] >= '0' && s[1] <= '9')
		s++;
	for (*end = s; **end >= '0' && **end <= '9'; ++*end)
		continue;
	return s;
}

/* Numbers within texts by value: layer.9 before layer.10. */
static int
compare_texts(const char *a, const char *b)
{
	const char *enda, *endb;
	int by;

	while (*a != '\0' && *b != '\0') {
		if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
			a = digits(a, &enda);
			b = digits(b, &endb);
			if (enda - a != endb - b)
				return enda - a < endb - b ? -1 : 1;
			if ((by = memcmp(a, b, (size_t)(enda - a))) != 0)
				return by;
			a = enda;
			b = endb;
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++, b++;
		}
	}
	return (*a != '\0') - (*b != '\0');
}

static int
compare(const void *pa, const void *pb)
{
	const struct key *a = pa, *b = pb;
	int by;

	if (a->number != b->number)
		return a->number > b->number ? -1 : 1;
	if ((*a->text == '\0') != (*b->text == '\0'))
		return *a->text == '\0' ? 1 : -1;
	by = compare_texts(a->text, b->text);
	return by != 0 ? by : a->index < b->index ? -1 : 1;
}

void
rows_sort(const struct ui *ui, const struct doc *d, enum column c, struct rows *r,
    struct arena *a)
{
	struct key *keys = arena_array(a, r->n, sizeof *keys);
	struct sink text;

	sink_init(&text, -1);
	for (uint32_t i = 0; i < r->n; i++) {
		const struct node *n = r->list[i].of.node;
		uint64_t amount = column_amount(d, n, c);
		const char *said = "-";

		text.n = 0;
		if (c == COL_NAME) /* flat lists have the modules with it */
			said = n->name->s;
		else if (amount == 0) /* amounts speak for themselves */
			column_text(ui, d, n, c, &text, TEXT_MAX);
		if (c != COL_NAME && amount == 0)
			said = text.n > 0 ? arena_strdup(a, text.buf, text.n) : "";
		keys[i] = (struct key){ r->list[i], said, amount, n->index };
	}
	sink_fini(&text);
	if (r->n > 0)
		qsort(keys, r->n, sizeof *keys, compare);
	for (uint32_t i = 0; i < r->n; i++) {
		r->list[i] = keys[i].row;
		r->of_node[keys[i].index] = i;
	}
}

void
ui_sort(struct ui *ui, enum column c)
{
	if (ui_pane(ui)->graph != NULL)
		ui_snapshot(ui, ui_pane(ui));
	ui->sort = c;
	ui_stale(ui);
	if (c == COL_COUNT)
		ui_say(ui, ST_DIM, "rows in graph order");
	else
		ui_say(ui, ST_DIM, "rows by %s", column_rows[c].name);
}

void
ui_sort_next(struct ui *ui)
{
	int c = ui->sort == COL_COUNT ? 0 : (int)ui->sort + 1;

	while (c < COL_COUNT && !ui->columns[c])
		c++;
	ui_sort(ui, (enum column)c);
}
