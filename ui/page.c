/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ui/cell.h"
#include "ui/page.h"

void
page_init(struct page *p, struct arena *a, uint8_t side, unsigned width)
{
	memset(p, 0, sizeof *p);
	p->a = a;
	p->side = p->next.side = side;
	p->width = width;
	sink_init(&p->text, -1);
}

void
page_fini(struct page *p)
{
	sink_fini(&p->text);
}

/* Runs end where the next begins: the style of a run is set when it starts. */
void
page_style(struct page *p, enum style st)
{
	if (p->nruns > 0) {
		p->runs[p->nruns - 1].end = (uint32_t)p->text.n;
		if (p->runs[p->nruns - 1].style == st)
			return;
	}
	p->runs = arena_grow(p->a, p->runs, p->nruns, sizeof *p->runs);
	p->runs[p->nruns++] = (struct run){ (uint32_t)p->text.n, (uint8_t)st };
}

void
page_puts(struct page *p, enum style st, const char *s)
{
	page_style(p, st);
	sink_puts(&p->text, s);
}

void
page_printf(struct page *p, enum style st, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	page_puts(p, st, buf);
}

void
page_safe(struct page *p, enum style st, const char *s, size_t n, unsigned max)
{
	page_style(p, st);
	sink_safe(&p->text, s, n, max);
}

void
page_glyph(struct page *p, enum style st, enum glyph g, bool ascii)
{
	char utf8[4];

	page_style(p, st);
	sink_write(&p->text, utf8, glyph_utf8(g, ascii, utf8));
}

/* Columns of the line so far. */
static int
columns(struct page *p)
{
	if (p->text.n > p->counted)
		p->columns += (unsigned)text_columns(p->text.buf + p->counted,
		    p->text.n - p->counted);
	p->counted = p->text.n;
	return (int)p->columns;
}

unsigned
page_room(struct page *p, unsigned keep)
{
	enum { LEAST = 20 };
	unsigned used = (unsigned)columns(p) + keep;

	return p->width > used + LEAST ? p->width - used : LEAST;
}

void
page_to(struct page *p, unsigned column)
{
	int at = columns(p);
	bool blank = p->text.n == 0 || p->text.buf[p->text.n - 1] == ' ';

	page_style(p, ST_TEXT);
	sink_pad(&p->text, at < (int)column ? (int)column - at : !blank);
}

/* What was written becomes the text of the line. */
static void
keep(struct page *p, struct page_line *l)
{
	if (p->nruns > 0)
		p->runs[p->nruns - 1].end = (uint32_t)p->text.n;
	l->text = arena_strdup(p->a, p->text.n > 0 ? p->text.buf : "", p->text.n);
	l->n = (uint32_t)p->text.n;
	l->runs = p->runs;
	l->nruns = p->nruns;
	p->runs = NULL;
	p->nruns = 0;
	p->counted = p->columns = 0;
	p->text.n = 0;
}

void
page_later(struct page *p)
{
	p->lines = arena_grow(p->a, p->lines, p->n, sizeof *p->lines);
	p->lines[p->n++] = p->next;
	p->next = (struct page_line){ .side = p->side };
}

void
page_end(struct page *p)
{
	page_later(p);
	keep(p, &p->lines[p->n - 1]);
}

void
page_fill(struct page *p, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to && i < p->n; i++) {
		if (p->lines[i].text != NULL)
			continue;
		p->say(p->arg, p, &p->lines[i]);
		keep(p, &p->lines[i]);
	}
}

void
page_text(struct page *p, enum style st, const char *s, size_t n)
{
	const char *end = s + n, *stop;

	for (; s < end; s = stop + 1) {
		stop = memchr(s, '\n', (size_t)(end - s));
		if (stop == NULL)
			stop = end;
		page_style(p, st);
		sink_write(&p->text, s, (size_t)(stop - s));
		page_end(p);
	}
}

void
page_wrap(struct page *p, enum style st, const char *s, unsigned indent, unsigned width)
{
	unsigned room = width > indent + 10 ? width - indent : 10;
	size_t n = strlen(s);

	while (n > 0) {
		size_t take = n, cut;

		if (text_columns(s, n) > (int)room) {
			for (take = 0, cut = 0; cut < n && text_columns(s, cut) <= (int)room; cut++)
				if (s[cut] == ' ')
					take = cut;
			take = take > 0 ? take : cut > 1 ? cut - 1 : 1;
		}
		page_to(p, indent);
		page_style(p, st);
		sink_write(&p->text, s, take);
		page_end(p);
		s += take;
		n -= take;
		while (n > 0 && *s == ' ')
			s++, n--;
	}
}

void
page_wrap_safe(struct page *p, enum style st, const char *s, size_t n, unsigned indent,
    unsigned width)
{
	struct sink text;

	sink_init(&text, -1);
	sink_safe(&text, s, n, 0);
	sink_write(&text, "", 1);
	page_wrap(p, st, text.buf, indent, width);
	sink_fini(&text);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

const char *
text_find(const char *text, size_t n, const char *word)
{
	size_t len = strlen(word), k;
	bool one = lower(*word) == *word && (*word < 'a' || *word > 'z'); /* stands for itself */

	for (size_t i = 0; len > 0 && i + len <= n; i++) {
		const char *at = one ? memchr(text + i, *word, n - len + 1 - i) : text + i;

		if (at == NULL)
			break;
		i = (size_t)(at - text);
		for (k = 0; k < len && (text[i + k] == word[k] || lower(text[i + k]) == word[k]); )
			k++;
		if (k == len)
			return text + i;
	}
	return NULL;
}

static void
draw_matches(const struct page_line *l, const struct area *a, int y, int x, const char *match)
{
	const char *at = l->text, *end = l->text + l->n;

	while ((at = text_find(at, (size_t)(end - at), match)) != NULL) {
		area_put(a, y, x + text_columns(l->text, (size_t)(at - l->text)), ST_MATCH, at,
		    strlen(match));
		at += strlen(match);
	}
}

void
page_draw(const struct page *p, const struct area *a, uint32_t top, uint32_t left,
    uint32_t cursor, const char *match)
{
	for (int y = 0; y < a->h && top + (uint32_t)y < p->n; y++) {
		const struct page_line *l = &p->lines[top + (uint32_t)y];
		uint32_t from = 0;
		int x = -(int)left;

		for (uint32_t i = 0; i < l->nruns; i++) {
			x = area_put(a, y, x, (enum style)l->runs[i].style, l->text + from,
			    l->runs[i].end - from);
			from = l->runs[i].end;
		}
		if (match != NULL && *match != '\0')
			draw_matches(l, a, y, -(int)left, match);
		if (top + (uint32_t)y == cursor)
			area_look(a, y, 0, a->w, LOOK_REVERSE);
	}
}

void
page_print(struct page *p, struct sink *out)
{
	page_fill(p, 0, p->n);
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t n = p->lines[i].n;

		while (n > 0 && p->lines[i].text[n - 1] == ' ')
			n--;
		sink_write(out, p->lines[i].text, n);
		sink_puts(out, "\n");
	}
}
