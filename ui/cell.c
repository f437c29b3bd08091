/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sink.h"
#include "base/utf8.h"
#include "ui/cell.h"

const struct style_row style_rows[ST_COUNT] = {
#define STYLE(id, letter, c16, c256, rgb, looks) { letter, c16, c256, rgb, looks },
#include "ui/style.def"
#undef STYLE
};

static const uint32_t glyphs[GL_COUNT][2] = {
#define GLYPH(id, utf8, ascii) { utf8, ascii },
#include "ui/glyph.def"
#undef GLYPH
};

bool
grid_clear(struct grid *g, int w, int h)
{
	size_t n = (size_t)w * (size_t)h;

	if (g->cells == NULL || w != g->w || h != g->h) {
		free(g->cells);
		g->cells = calloc(n > 0 ? n : 1, sizeof *g->cells);
	}
	g->w = g->cells != NULL ? w : 0;
	g->h = g->cells != NULL ? h : 0;
	g->cx = g->cy = -1;
	for (size_t i = 0; i < n && g->cells != NULL; i++)
		g->cells[i] = (struct cell){ .ch = ' ' };
	return g->cells != NULL;
}

void
grid_free(struct grid *g)
{
	free(g->cells);
	memset(g, 0, sizeof *g);
}

static void
dump_cell(const struct cell *c, struct sink *out)
{
	char utf8[4];

	sink_write(out, utf8, utf8_encode(utf8, c->ch));
	if (c->mark != 0)
		sink_write(out, utf8, utf8_encode(utf8, c->mark));
}

/* Capitals: letters of cells that are shown in reverse are given in capitals,
 * or as ~ when they are none. */
static char
style_letter(const struct cell *c)
{
	char letter = style_rows[c->style].letter;

	if ((c->looks & LOOK_REVERSE) == 0)
		return c->ch == ' ' && letter == '.' ? ' ' : letter;
	return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : '~';
}

void
grid_dump(const struct grid *g, struct sink *out, bool styles)
{
	for (int pass = 0; pass < 1 + styles; pass++) {
		for (int y = 0; y < g->h; y++) {
			const struct cell *row = g->cells + (size_t)y * (size_t)g->w;
			int n = g->w;

			while (n > 0 && (pass ? style_letter(&row[n - 1]) == ' ' :
			    row[n - 1].ch == ' '))
				n--;
			for (int x = 0; x < n; x++) {
				char letter = style_letter(&row[x]);

				if (pass)
					sink_write(out, &letter, 1);
				else if (row[x].ch != 0)
					dump_cell(&row[x], out);
			}
			sink_puts(out, "\n");
		}
	}
}

struct area
area_part(const struct area *a, int y, int x, int h, int w)
{
	struct area p = { a->g, a->x + x, a->y + y, w, h };

	if (x + w > a->w)
		p.w = a->w - x;
	if (y + h > a->h)
		p.h = a->h - y;
	p.w = p.w > 0 ? p.w : 0;
	p.h = p.h > 0 ? p.h : 0;
	return p;
}

static struct cell *
cell_at(const struct area *a, int y, int x)
{
	if (y < 0 || y >= a->h || x < 0 || x >= a->w || a->x + x >= a->g->w ||
	    a->y + y >= a->g->h || a->x + x < 0 || a->y + y < 0)
		return NULL;
	return a->g->cells + (size_t)(a->y + y) * (size_t)a->g->w + (a->x + x);
}

/* A wide character of which one half is written over must not stay in half. */
static void
mend_halves(const struct area *a, int y, int x)
{
	struct cell *c = cell_at(a, y, x), *left = cell_at(a, y, x - 1);

	if (c != NULL && c->ch == 0 && left != NULL)
		left->ch = ' ';
	c = cell_at(a, y, x + 1);
	if (c != NULL && c->ch == 0)
		c->ch = ' '; /* the right half, when it is put, is put after the left */
}

static struct cell *
set_cell(const struct area *a, int y, int x, enum style st, uint32_t cp)
{
	struct cell *c = cell_at(a, y, x);

	if (c == NULL)
		return NULL;
	mend_halves(a, y, x);
	*c = (struct cell){ .ch = cp, .style = (uint8_t)st, .looks = c->looks };
	return c;
}

static int
put_char(const struct area *a, int y, int x, enum style st, uint32_t cp)
{
	int width = utf8_width(cp);
	struct cell *c;

	if (width < 0 || (a->g->ascii && cp > 0x7e))
		cp = '?';
	if (width == 0 && cp != '?') {
		if ((c = cell_at(a, y, x - 1)) != NULL && c->ch == 0)
			c = cell_at(a, y, x - 2);
		if (c != NULL)
			c->mark = cp;
		return x;
	}
	c = set_cell(a, y, x, st, cp);
	if (width != 2)
		return x + 1;
	if (cp == '?') {
		set_cell(a, y, x + 1, st, cp);
		return x + 2;
	}
	/* both halves, or a blank for the one that is there */
	if (set_cell(a, y, x + 1, st, c != NULL ? 0 : ' ') == NULL && c != NULL)
		c->ch = ' ';
	return x + 2;
}

int
area_put(const struct area *a, int y, int x, enum style st, const char *s, size_t n)
{
	uint32_t cp;
	unsigned bytes;

	for (size_t i = 0; i < n; i += bytes) {
		if ((bytes = utf8_decode(s + i, n - i, &cp)) == 0)
			bytes = 1, cp = 0xfffd;
		x = put_char(a, y, x, st, cp);
	}
	return x;
}

int
area_puts(const struct area *a, int y, int x, enum style st, const char *s)
{
	return area_put(a, y, x, st, s, strlen(s));
}

int
area_printf(const struct area *a, int y, int x, enum style st, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	return area_puts(a, y, x, st, buf);
}

int
area_glyph(const struct area *a, int y, int x, enum style st, enum glyph g)
{
	return put_char(a, y, x, st, glyphs[g][a->g->ascii]);
}

unsigned
glyph_utf8(enum glyph g, bool ascii, char out[4])
{
	return utf8_encode(out, glyphs[g][ascii]);
}

void
area_line(const struct area *a, int y, int x, int n, enum style st, enum glyph g)
{
	while (n-- > 0)
		area_glyph(a, y, x++, st, g);
}

void
area_fill(const struct area *a, int y, int x, int n, enum style st)
{
	while (n-- > 0)
		put_char(a, y, x++, st, ' ');
}

void
area_look(const struct area *a, int y, int x, int n, uint8_t looks)
{
	struct cell *c;

	for (; n-- > 0; x++)
		if ((c = cell_at(a, y, x)) != NULL)
			c->looks |= looks;
}

int
text_columns(const char *s, size_t n)
{
	int columns = 0, width;
	uint32_t cp;
	unsigned bytes;

	for (size_t i = 0; i < n; i += bytes) {
		bytes = 1;
		if (s[i] >= ' ' && s[i] < 0x7f) {
			columns++;
			continue;
		}
		if ((bytes = utf8_decode(s + i, n - i, &cp)) == 0)
			bytes = 1, cp = 0xfffd;
		width = utf8_width(cp);
		columns += width < 0 ? 1 : width;
	}
	return columns;
}

int
style_colour(enum style st, int colours)
{
	const struct style_row *s = &style_rows[st];
	int fg = colours > 256 ? s->rgb : colours >= 256 ? s->c256 : colours > 0 ? s->c16 : -1;

	return colours < 16 && fg > 7 ? -1 : fg;
}

/* Dim is grey where there are greys; elsewhere an attribute, not of reversed text, which
 * would be hard to read. */
unsigned
cell_looks(const struct cell *c, int colours)
{
	unsigned looks = style_rows[c->style].looks | c->looks;

	if (colours >= 256 || c->looks & LOOK_REVERSE)
		looks &= ~(unsigned)LOOK_DIM;
	return looks;
}

static void
dump_look(struct sink *out, int fg, unsigned looks)
{
	static const char letters[] = "bdur";

	sink_puts(out, "\\e[");
	if (fg > 0xff)
		sink_printf(out, "#%06x", (unsigned)fg);
	else if (fg >= 0)
		sink_printf(out, "%d", fg);
	for (unsigned i = 0; letters[i] != '\0'; i++)
		if (looks & 1u << i)
			sink_printf(out, ";%c", letters[i]);
	sink_puts(out, "m");
}

void
grid_dump_colours(const struct grid *g, struct sink *out, int colours)
{
	for (int y = 0; y < g->h; y++) {
		const struct cell *row = g->cells + (size_t)y * (size_t)g->w;
		int fg = -1, end = g->w;
		unsigned looks = 0;

		while (end > 0 && row[end - 1].ch == ' ' && cell_looks(&row[end - 1], colours) == 0)
			end--;
		for (int x = 0; x < end; x++) {
			const struct cell *c = &row[x];
			int now = style_colour((enum style)c->style, colours);
			char utf8[4];

			if (c->ch == 0)
				continue;
			if (now != fg || cell_looks(c, colours) != looks)
				dump_look(out, fg = now, looks = cell_looks(c, colours));
			sink_write(out, utf8, utf8_encode(utf8, c->ch));
			if (c->mark != 0)
				sink_write(out, utf8, utf8_encode(utf8, c->mark));
		}
		sink_puts(out, "\n");
	}
}
