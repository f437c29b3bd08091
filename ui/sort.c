/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "ui/sort.h"
#include "ui/state.h"

enum { TEXT_MAX = 200 };

/* head: eight bytes of text behind what all texts begin with, the first one highest: most
 * are told apart by it. */
struct key { uint64_t number, head; const char *text; uint32_t index; };

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

struct ranked { uint64_t rank; const struct key *key; };

/* Stable, by rank: a digit at a time, the lowest first; those that all have alike are passed
 * over. room is for n more. */
static void
sort_ranked(struct ranked *list, struct ranked *room, uint32_t n)
{
	enum { DIGIT = 11, DIGITS = 1 << DIGIT, BITS = 64 };
	struct ranked *from = list, *to = room;
	uint64_t differ = 0;
	bool rises = true;

	for (uint32_t i = 1; i < n; i++) {
		differ |= list[i].rank ^ list[0].rank;
		rises &= list[i - 1].rank <= list[i].rank;
	}
	if (rises)
		return;
	for (unsigned at = 0; at < BITS; at += DIGIT) {
		uint32_t count[DIGITS] = { 0 }, sum = 0;
		struct ranked *swap = from;

		if ((differ >> at) % DIGITS == 0)
			continue;
		for (uint32_t i = 0; i < n; i++)
			count[(from[i].rank >> at) % DIGITS]++;
		for (uint32_t d = 0; d < DIGITS; d++) {
			sum += count[d];
			count[d] = sum - count[d];
		}
		for (uint32_t i = 0; i < n; i++)
			to[count[(from[i].rank >> at) % DIGITS]++] = from[i];
		from = to;
		to = swap;
	}
	if (from != list)
		memcpy(list, from, n * sizeof *list);
}

/* Of texts that begin alike. */
static int
compare(const void *pa, const void *pb)
{
	const struct key *a = ((const struct ranked *)pa)->key;
	const struct key *b = ((const struct ranked *)pb)->key;
	int by = a->text != b->text ? strcmp(a->text, b->text) : 0;

	return by != 0 ? by : a->index < b->index ? -1 : 1;
}

/* In graph order before: texts in theirs, none last. */
static void
sort_texts(struct ranked *list, struct ranked *room, uint32_t n)
{
	uint32_t to;

	for (uint32_t i = 0; i < n; i++)
		list[i].rank = *list[i].key->text == '\0' ? UINT64_MAX : list[i].key->head;
	sort_ranked(list, room, n);
	for (uint32_t i = 0; i < n; i = to) {
		for (to = i + 1; to < n && list[to].rank == list[i].rank; to++)
			continue;
		/* with the head whole all end there */
		if (to > i + 1 && list[i].rank % 256 != 0 && list[i].rank != UINT64_MAX)
			qsort(&list[i], to - i, sizeof *list, compare);
	}
}

/* Large amounts first, in graph order where they are the same; then texts. */
static struct ranked *
sort_keys(const struct key *keys, uint32_t n, struct arena *a)
{
	struct ranked *list = arena_array(a, n, sizeof *list);
	struct ranked *room = arena_array(a, n, sizeof *room);
	uint32_t amounts = 0;

	for (uint32_t i = 0; i < n; i++)
		list[i] = (struct ranked){ keys[i].index, &keys[i] };
	sort_ranked(list, room, n);
	for (uint32_t i = 0; i < n; i++) {
		list[i].rank = ~list[i].key->number;
		amounts += list[i].key->number > 0;
	}
	sort_ranked(list, room, n);
	sort_texts(list + amounts, room, n - amounts);
	return list;
}

/* Texts of types that were seen last: there are few, and each is written once. */
enum { SEEN = 64 };
struct seen { const struct type *type; const char *text; };

static struct seen *
seen_type(struct seen *list, const struct doc *d, const struct node *n, enum column c)
{
	const struct type *t = (c == COL_TYPE || c == COL_DTYPE) && n->nout > 0 &&
	    n->out[0] != NULL ? doc_type(d, n->out[0]) : NULL;
	struct seen *at = &list[hash_mix((uintptr_t)t) % SEEN];

	if (t == NULL)
		return NULL;
	if (at->type != t)
		*at = (struct seen){ t, NULL };
	return at;
}

/* Flat lists have the modules with it. */
static const char *
name_text(const struct node *n, struct arena *a)
{
	return n->name->len > 0 ? ordered(n->name->s, a) : "";
}

/* What the row has in the column, to be compared. */
static const char *
text_of(const struct ui *ui, const struct doc *d, const struct node *n, enum column c,
    struct sink *text, struct arena *a)
{
	if (c == COL_NAME)
		return name_text(n, a);
	column_text(ui, d, n, c, text, TEXT_MAX);
	if (text->n == 0)
		return "";
	sink_write(text, "", 1);
	return ordered(text->buf, a);
}

static const struct ranked *
sorted(const struct ui *ui, const struct doc *d, enum column c, const struct rows *r,
    struct arena *a)
{
	struct key *keys = arena_array(a, r->n, sizeof *keys);
	struct seen seen[SEEN] = { { NULL, NULL } };
	struct sink text;

	sink_init(&text, -1);
	for (uint32_t i = 0; i < r->n; i++) {
		const struct node *n = r->list[i].of.node;
		struct seen *at = seen_type(seen, d, n, c);

		keys[i] = (struct key){ .number = column_amount(d, n, c),
			.index = n->index };
		if (keys[i].number > 0) /* amounts speak for themselves */
			keys[i].text = "-";
		else if (at != NULL && at->text != NULL)
			keys[i].text = at->text;
		else
			keys[i].text = text_of(ui, d, n, c, &text, a);
		text.n = 0;
		if (at != NULL)
			at->text = keys[i].text;
	}
	sink_fini(&text);
	find_heads(keys, r->n);
	return sort_keys(keys, r->n, a);
}

const uint32_t *
sort_names(const struct graph *g, struct arena *scratch, struct arena *a)
{
	struct key *keys = arena_array(scratch, g->nnodes, sizeof *keys);
	uint32_t *list = arena_array(a, g->nnodes, sizeof *list);
	const struct ranked *order;

	for (uint32_t i = 0; i < g->nnodes; i++)
		keys[i] = (struct key){ .index = i, .text = name_text(g->nodes[i], scratch) };
	find_heads(keys, g->nnodes);
	order = sort_keys(keys, g->nnodes, scratch);
	for (uint32_t i = 0; i < g->nnodes; i++)
		list[i] = order[i].key->index;
	return list;
}

/* All nodes by name, when that is known or all of them are rows; else NULL. */
static const uint32_t *
by_name(struct tree *t)
{
	const struct graph *g = t->s.graph;

	if (t->by_name == NULL && t->of->by_name != NULL && g == t->of->s->model->main)
		t->by_name = t->of->by_name;
	if (t->by_name == NULL && t->rows.n == g->nnodes)
		t->by_name = sort_names(g, &t->a, &t->of->arena);
	return t->by_name;
}

void
tree_sort(const struct ui *ui, struct tree *t, enum column c)
{
	struct rows *r = &t->rows;
	struct row *before = arena_array(&t->a, r->n, sizeof *before);
	const uint32_t *names = c == COL_NAME ? by_name(t) : NULL;
	uint32_t total = names != NULL ? t->s.graph->nnodes : r->n, n = 0;
	const struct ranked *order = names == NULL ? sorted(ui, t->of, c, r, &t->a) : NULL;

	memcpy(before, r->list, r->n * sizeof *before);
	for (uint32_t i = 0; i < total; i++) {
		uint32_t index = names != NULL ? names[i] : order[i].key->index;

		if (r->of_node[index] == ROW_NOWHERE)
			continue;
		r->list[n] = before[r->of_node[index]];
		r->of_node[index] = n++;
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
