/* SPDX-License-Identifier: Apache-2.0 */
/* A page: lines of styled text, some of them links to a node or a module. Most
 * views are pages; a page prints as plain text as well. */
#ifndef UI_PAGE_H
#define UI_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sink.h"
#include "ui/cell.h"

struct area;
struct node;
struct scope;
struct graph;

struct run { uint32_t end; uint8_t style; }; /* bytes of the line up to end */

enum link_kind { LINK_NONE, LINK_NODE, LINK_SCOPE, LINK_GRAPH, LINK_NUMBER };

struct page_line {
	const char *text;
	const struct run *runs;
	uint32_t n, nruns;
	enum link_kind link;
	uint32_t number; /* LINK_NUMBER: what it stands for is the view's affair */
	union {
		const struct node *node;
		struct scope *scope;
		struct graph *graph;
	} to;
	uint8_t side;    /* of which model the link is */
};

struct page {
	struct arena *a;  /* of everything in it */
	struct page_line *lines;
	uint32_t n;
	struct sink text; /* the line being written */
	struct run *runs;
	uint32_t nruns;
	struct page_line next;
	uint8_t side;     /* of links, unless they say another */
	unsigned width;   /* it is made for */
	/* Writes the text of a line that page_later left for later, without ending it. */
	void (*say)(void *arg, struct page *, const struct page_line *);
	void *arg;
	size_t counted;   /* bytes of the line whose columns are counted */
	unsigned columns; /* which they take */
};

/* Start an empty page in the arena. Written through page.text with page_style
 * before each change of style, ended by page_end. */
void page_init(struct page *, struct arena *, uint8_t side, unsigned width);
/* What is written from now on has this style; text up to here has the last. */
void page_style(struct page *, enum style);
void page_puts(struct page *, enum style, const char *);
void page_printf(struct page *, enum style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Safe text of a model, at most max columns (0: all). */
void page_safe(struct page *, enum style, const char *, size_t n, unsigned max);
void page_glyph(struct page *, enum style, enum glyph, bool ascii);
/* Blanks up to this column. */
void page_to(struct page *, unsigned column);
/* Columns that the line has left when so many are to be kept; some in any case. */
unsigned page_room(struct page *, unsigned keep);
void page_end(struct page *);
/* The line has its link, and gets its text from page->say once it is looked at: pages of
 * many lines are there at once. */
void page_later(struct page *);
/* The texts of lines from .. to - 1. */
void page_fill(struct page *, uint32_t from, uint32_t to);
/* The whole of a text, line by line. */
void page_text(struct page *, enum style, const char *, size_t n);
/* A text of words, broken at blanks to fit columns from indent to width. */
void page_wrap(struct page *, enum style, const char *, unsigned indent, unsigned width);
/* The same of any text. */
void page_wrap_safe(struct page *, enum style, const char *, size_t n, unsigned indent,
    unsigned width);
void page_fini(struct page *);

/* Lines from top on, which are filled, the text moved left by so many columns; match (may be
 * NULL) is shown wherever it stands. */
void page_draw(const struct page *, const struct area *, uint32_t top, uint32_t left,
    uint32_t cursor, const char *match);
void page_print(struct page *, struct sink *);
/* Does the text hold word? Small letters match capitals. */
const char *text_find(const char *text, size_t n, const char *word);

#endif
