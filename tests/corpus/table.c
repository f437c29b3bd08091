/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n = 0, cap = 1 << 16;
	char *s = malloc(cap);

	while (f != NULL && (n += fread(s + n, 1, cap - n - 1, f)) == cap - 1)
		s = realloc(s, cap *= 2);
	if (f != NULL)
		fclose(f);
	s[n] = '\0';
	return s;
}

/* Split at tabs and line ends, in place. */
void
table_read(struct table *t, const char *path)
{
	char *line, *text = slurp(path), *cell;
	char **cells;
	size_t i;

	memset(t, 0, sizeof *t);
	while ((line = strsep(&text, "\n")) != NULL && *line != '\0') {
		t->row = realloc(t->row, (t->n + 1) * sizeof *t->row);
		cells = t->ncol == 0 ? t->head : t->row[t->n];
		for (i = 0; i < COLUMNS && (cell = strsep(&line, "\t")) != NULL; i++)
			cells[i] = cell;
		for (t->ncol = t->ncol ? t->ncol : i; i < COLUMNS; i++)
			cells[i] = strdup("");
		t->n += cells != t->head;
	}
}

const char *
cell(const struct table *t, size_t row, const char *column)
{
	for (size_t i = 0; i < t->ncol; i++)
		if (strcmp(t->head[i], column) == 0)
			return t->row[row][i];
	return "";
}

void
add(struct text *t, const char *s, size_t n)
{
	if (t->n + n + 1 > t->cap)
		t->s = realloc(t->s, t->cap = (t->n + n + 1) * 2);
	memcpy(t->s + t->n, s, n);
	t->s[t->n += n] = '\0';
}

void
addz(struct text *t, const char *s)
{
	add(t, s, strlen(s));
}

/* Names as in the tables: expected/README.md, text rules. Bad UTF-8 is
 * already \xNN in the JSON and stays as it is. */
void
add_name(struct text *t, const json_t *s)
{
	const char *p = json_string_value(s);
	size_t n = json_string_length(s);
	char esc[8];

	for (size_t i = 0; i < n; i++) {
		bool hex = p[i] == '\\' && i + 1 < n && p[i + 1] == 'x';

		if (!hex && ((unsigned char)p[i] < 32 || strchr("\x7f\\,;", p[i]) != NULL)) {
			snprintf(esc, sizeof esc, "\\x%02x", (unsigned char)p[i]);
			addz(t, esc);
		} else {
			add(t, p + i, 1);
		}
	}
}

const char *
dash(struct text *t)
{
	return t->n == 0 ? "-" : t->s;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same histogram whatever the order of its entries. */
const char *
sorted(const char *hist, const char *sep)
{
	char *copy = strdup(hist), *part, *list[4096];
	struct text t = { 0 };
	size_t n = 0;

	while ((part = strsep(&copy, sep)) != NULL && n < 4096)
		list[n++] = part;
	qsort(list, n, sizeof *list, by_text);
	for (size_t i = 0; i < n; i++) {
		addz(&t, i ? sep : "");
		addz(&t, list[i]);
	}
	return t.s ? t.s : "";
}

/* Numbers beyond 64 bits become strings: jansson does not take them. */
void
quote_big_numbers(struct text *out, const char *s)
{
	size_t n;

	for (; *s != '\0'; s += n) {
		n = *s == ':' ? 1 + strspn(s + 1, "0123456789") : 1;
		if (n > 18) {
			addz(out, ":\"");
			add(out, s + 1, n - 1);
			addz(out, "\"");
		} else {
			add(out, s, n);
		}
	}
}

const char *
join(const char *a, const char *b)
{
	char *s = malloc(strlen(a) + strlen(b) + 2);

	sprintf(s, "%s/%s", a, b);
	return s;
}
