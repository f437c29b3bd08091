/* SPDX-License-Identifier: Apache-2.0 */
/* The screen as a grid of cells. Views write into areas of it; term.c shows it
 * on a terminal, script.c as text. Text from a model comes here only after
 * sink_safe: no control byte ever stands in a cell. */
#ifndef UI_CELL_H
#define UI_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink;

enum look { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_UNDERLINE = 4, LOOK_REVERSE = 8 };

enum style {
#define STYLE(id, letter, c16, c256, rgb, looks) ST_##id,
#include "ui/style.def"
#undef STYLE
	ST_COUNT
};
struct style_row { char letter; int16_t c16, c256; int32_t rgb; uint8_t looks; };
extern const struct style_row style_rows[ST_COUNT];

enum glyph {
#define GLYPH(id, utf8, ascii) GL_##id,
#include "ui/glyph.def"
#undef GLYPH
	GL_COUNT
};

struct cell {
	uint32_t ch;    /* code point; 0: right half of a wide character */
	uint32_t mark;  /* one combining character on it, or 0 */
	uint8_t style;  /* enum style */
	uint8_t looks;  /* enum look, on top of the style's */
};

struct grid {
	struct cell *cells; /* h rows of w */
	int w, h;
	bool ascii;         /* nothing above 0x7e is written */
	int cx, cy;         /* where the terminal's cursor goes; -1: hidden */
};

/* Blank, of that size; the cells are made anew when it changed. false: no
 * memory, the grid is empty. */
bool grid_clear(struct grid *, int w, int h);
void grid_free(struct grid *);
/* As lines of UTF-8 without blanks at their ends; styles: a second picture of
 * style letters behind it. */
void grid_dump(const struct grid *, struct sink *, bool styles);

/* The colour of a style on a terminal that has so many (0, 8, 16, 256, or more: RGB);
 * -1: the terminal's own. */
int style_colour(enum style, int colours);
/* Looks of a cell there, a union of enum look. */
unsigned cell_looks(const struct cell *, int colours);
/* The picture as such a terminal would be asked for it: before each run of cells
 * \e[COLOUR;LOOKSm in readable form, colours as numbers, looks as b d u r. */
void grid_dump_colours(const struct grid *, struct sink *, int colours);

/* A rectangle of a grid. What is written outside of it is cut off. */
struct area { struct grid *g; int x, y, w, h; };

/* Part of an area. */
struct area area_part(const struct area *, int y, int x, int h, int w);
/* Write n bytes of safe UTF-8 at row y, column x; returns the column behind it. */
int area_put(const struct area *, int y, int x, enum style, const char *, size_t n);
int area_puts(const struct area *, int y, int x, enum style, const char *);
int area_printf(const struct area *, int y, int x, enum style, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
int area_glyph(const struct area *, int y, int x, enum style, enum glyph);
/* The same as text; returns its bytes. */
unsigned glyph_utf8(enum glyph, bool ascii, char out[4]);
/* n times the same. */
void area_line(const struct area *, int y, int x, int n, enum style, enum glyph);
void area_fill(const struct area *, int y, int x, int n, enum style);
/* Add looks to n cells. */
void area_look(const struct area *, int y, int x, int n, uint8_t looks);
/* Columns of safe text. */
int text_columns(const char *, size_t n);

#endif
