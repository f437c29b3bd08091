/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "ui/sort.h"
#include "ui/state.h"

enum { TEXT_MAX = 200 };

/* head: eight bytes of text behind what all texts begin with, the first one highest;
 * most comparisons need nothing else. */
struct key { uint64_t number, head; const char *text; uint32_t index, row; };

/* The text so that bytes compare as people order names: numbers within by value, layer.9
 * before layer.10, for their length stands before them. */
static const char *
ordered(const char *s, struct arena *a)
{
	char buf[2 * TEXT_MAX];
	size_t n = 0, len;

	while (*s != '\0' && n + 2 < sizeof buf) {
		if (*s < '0' || *s > '9') {
			buf[n++] = *s++;
			continue;
		}
		while (*s == '0' && s[1] >= '0' && s[1] <= '9')
			s++;
		for (len = 1; s[len] >= '0' && s[len] <= '9'; len++)
			continue;
		len = len < sizeof buf - n - 2 ? len : sizeof buf - n - 2;
		buf[n++] = (char)('0' + (len < 9 ? len : 9));
		memcpy(buf + n, s, len);
		n += len;
		s += len;
	}
	return arena_strdup(a, buf, n);
}

static size_t
common(const char *a, const char *b, size_t most)
{
	size_t n = 0;

	while (n < most && a[n] == b[n] && a[n] != '\0')
		n++;
	return n;
}

static uint64_t
head_of(const char *s)
{
	uint64_t head = 0;

	for (int k = 0; k < 8; k++) {
		head = head << 8 | (unsigned char)*s;
		s += *s != '\0';
	}
	return head;
}

static void
find_heads(struct key *keys, uint32_t n)
{
	const char *first = NULL;
	size_t skip = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (*keys[i].text == '\0')
			continue;
		skip = first != NULL ? common(first, keys[i].text, skip) : strlen(keys[i].text);
		first = keys[i].text;
	}
	for (uint32_t i = 0; i < n; i++)
		keys[i].head = *keys[i].text != '\0' ? head_of(keys[i].text + skip) : 0;
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
	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	/* with the head whole both end there */
	by = a->head % 256 != 0 && a->text != b->text ?
	    strcmp(a->text, b->text) : 0;
	return by != 0 ? by : a->index < b->index ? -1 : 1;
}

/* Texts of types that were seen last: there are few, and each is written once. */
enum { SEEN = 64 };
struct seen { const struct type *type; const char *text; };

static struct seen *
seen_type(struct seen *list, const struct doc *d, const struct node *n, enum column c)
{
	const struct type *t = n->nout > 0 && n->out[0] != NULL ? doc_type(d, n->out[0]) : NULL;
	struct seen *at = &list[hash_mix((uintptr_t)t) % SEEN];

	if (t == NULL || (c != COL_TYPE && c != COL_DTYPE))
		return NULL;
	if (at->type != t)
		*at = (struct seen){ t, NULL };
	return at;
}

/* What the row has in the column, to be compared. */
static const char *
text_of(const struct ui *ui, const struct doc *d, const struct node *n, enum column c,
    struct sink *text, struct arena *a)
{
	text->n = 0;
	if (c == COL_NAME) /* flat lists have the modules with it */
		sink_write(text, n->name->s, n->name->len);
	else
		column_text(ui, d, n, c, text, TEXT_MAX);
	sink_write(text, "", 1);
	return ordered(text->buf, a);
}

void
rows_sort(const struct ui *ui, const struct doc *d, enum column c, struct rows *r,
    struct arena *a)
{
	struct key *keys = arena_array(a, r->n, sizeof *keys);
	struct row *before = arena_array(a, r->n, sizeof *before);
	struct seen seen[SEEN] = { { NULL, NULL } };
	struct sink text;

	sink_init(&text, -1);
	for (uint32_t i = 0; i < r->n; i++) {
		const struct node *n = r->list[i].of.node;
		struct seen *at = seen_type(seen, d, n, c);

		keys[i] = (struct key){ .row = i, .number = column_amount(d, n, c),
			.index = n->index };
		if (keys[i].number > 0) /* amounts speak for themselves */
			keys[i].text = "-";
		else if (at != NULL && at->text != NULL)
			keys[i].text = at->text;
		else
			keys[i].text = text_of(ui, d, n, c, &text, a);
		if (at != NULL)
			at->text = keys[i].text;
	}
	sink_fini(&text);
	find_heads(keys, r->n);
	if (r->n == 0)
		return;
	qsort(keys, r->n, sizeof *keys, compare);
	memcpy(before, r->list, r->n * sizeof *before);
	for (uint32_t i = 0; i < r->n; i++) {
		r->list[i] = before[keys[i].row];
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
