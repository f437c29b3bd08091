/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal shows after all that was sent to it: enough of one for what curses
 * sends, so that tests wait for what a person would see. */
#ifndef TTY_SCREEN_H
#define TTY_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { SCREEN_W = 300, SCREEN_H = 100, SCREEN_ARGS = 16 };

struct screen {
	char cells[SCREEN_H][SCREEN_W][5]; /* a character of UTF-8 each */
	int w, h, x, y, top, bottom;       /* top to bottom scroll; both are in it */
	bool wraps;                        /* the next character begins a line */
	int saved_x, saved_y;
	/* an escape sequence, or a character of several bytes, that is not whole */
	char part[64];
	size_t npart;
	char last[5];                      /* for sequences that repeat it */
};

/* An empty screen of this size, at most SCREEN_W by SCREEN_H. */
void screen_start(struct screen *, int w, int h);
void screen_take(struct screen *, const char *bytes, size_t n);
/* Does a line hold the word? */
bool screen_holds(const struct screen *, const char *word, size_t n);
void screen_print(const struct screen *, FILE *);

#endif
