/* SPDX-License-Identifier: Apache-2.0 */
/* The sequences are those of ECMA-48 and of DEC's VT100, as terminfo has them for the
 * terminals of run.sh. Colours, looks and modes are taken in and forgotten. */
#include <stdlib.h>
#include <string.h>

#include "tests/tty/screen.h"

static void
blank(struct screen *s, int y, int from, int to)
{
	for (int x = from; x < to; x++)
		memcpy(s->cells[y][x], " ", 2);
}

static void
clear(struct screen *s)
{
	for (int y = 0; y < SCREEN_H; y++)
		blank(s, y, 0, SCREEN_W);
}

void
screen_start(struct screen *s, int w, int h)
{
	memset(s, 0, sizeof *s);
	s->w = w < SCREEN_W ? w : SCREEN_W;
	s->h = h < SCREEN_H ? h : SCREEN_H;
	s->bottom = s->h - 1;
	clear(s);
}

static void
go(struct screen *s, int y, int x)
{
	s->y = y < 0 ? 0 : y >= s->h ? s->h - 1 : y;
	s->x = x < 0 ? 0 : x >= s->w ? s->w - 1 : x;
	s->wraps = false;
}

/* Lines from top to bottom move up by n, or down when n is below 0. */
static void
scroll(struct screen *s, int top, int bottom, int n)
{
	int lines = bottom - top + 1, far = n < 0 ? -n : n;

	far = far < lines ? far : lines;
	if (n > 0)
		memmove(s->cells[top], s->cells[top + far],
		    (size_t)(lines - far) * sizeof *s->cells);
	else
		memmove(s->cells[top + far], s->cells[top],
		    (size_t)(lines - far) * sizeof *s->cells);
	for (int i = 0; i < far; i++)
		blank(s, n > 0 ? bottom - i : top + i, 0, SCREEN_W);
}

static void
line_feed(struct screen *s)
{
	if (s->y == s->bottom)
		scroll(s, s->top, s->bottom, 1);
	else
		go(s, s->y + 1, s->x);
}

static void
put(struct screen *s, const char *c)
{
	if (s->wraps) {
		s->wraps = false;
		s->x = 0;
		line_feed(s);
	}
	memcpy(s->cells[s->y][s->x], c, 5);
	memcpy(s->last, c, 5);
	s->wraps = s->x == s->w - 1;
	s->x += !s->wraps;
}

/* Characters from the cursor on move right by n, or left when n is below 0. */
static void
shift(struct screen *s, int n)
{
	int room = s->w - s->x, far = n < 0 ? -n : n;
	char (*at)[5] = &s->cells[s->y][s->x];

	far = far < room ? far : room;
	if (n > 0)
		memmove(at + far, at, (size_t)(room - far) * sizeof *at);
	else
		memmove(at, at + far, (size_t)(room - far) * sizeof *at);
	if (n > 0)
		blank(s, s->y, s->x, s->x + far);
	else
		blank(s, s->y, s->w - far, s->w);
}

static void
erase_lines(struct screen *s, int how)
{
	if (how >= 2) {
		clear(s);
		return;
	}
	for (int y = how == 0 ? s->y + 1 : 0; y < (how == 0 ? s->h : s->y); y++)
		blank(s, y, 0, SCREEN_W);
	blank(s, s->y, how == 0 ? s->x : 0, how == 0 ? s->w : s->x + 1);
}

static void
set_region(struct screen *s, int top, int bottom)
{
	s->top = top > 0 ? top - 1 : 0;
	s->bottom = bottom > 0 && bottom <= s->h ? bottom - 1 : s->h - 1;
	go(s, 0, 0);
}

static void
set_mode(struct screen *s, int mode)
{
	if (mode == 1049 || mode == 1047 || mode == 47) /* the other screen */
		clear(s);
}

/* ESC [ arguments letter. a[i] is 0 when it is not given. */
static void
control(struct screen *s, const int *a, char letter)
{
	int n = a[0] > 0 ? a[0] : 1;

	switch (letter) {
	case 'A': go(s, s->y - n, s->x); break;
	case 'B': go(s, s->y + n, s->x); break;
	case 'C': go(s, s->y, s->x + n); break;
	case 'D': go(s, s->y, s->x - n); break;
	case 'G': go(s, s->y, n - 1); break;
	case 'd': go(s, n - 1, s->x); break;
	case 'H':
	case 'f': go(s, n - 1, (a[1] > 0 ? a[1] : 1) - 1); break;
	case 'I': go(s, s->y, (s->x / 8 + n) * 8); break;
	case 'Z': go(s, s->y, ((s->x + 7) / 8 - n) * 8); break;
	case 'J': erase_lines(s, a[0]); break;
	case 'K': blank(s, s->y, a[0] == 0 ? s->x : 0, a[0] == 1 ? s->x + 1 : s->w); break;
	case 'X': blank(s, s->y, s->x, s->x + n < s->w ? s->x + n : s->w); break;
	case '@': shift(s, n); break;
	case 'P': shift(s, -n); break;
	case 'L': scroll(s, s->y, s->bottom, -n); break;
	case 'M': scroll(s, s->y, s->bottom, n); break;
	case 'S': scroll(s, s->top, s->bottom, n); break;
	case 'T': scroll(s, s->top, s->bottom, -n); break;
	case 'r': set_region(s, a[0], a[1]); break;
	case 'b':
		for (int i = 0; i < n; i++)
			put(s, s->last);
		break;
	default: break; /* looks and the like */
	}
}

static void
control_text(struct screen *s, const char *p, char letter)
{
	int a[SCREEN_ARGS] = { 0 };
	char *end;

	if (*p == '?') {
		if (letter != 'h' && letter != 'l')
			return;
		for (p++; *p >= '0' && *p <= '9'; p = *end == ';' ? end + 1 : end)
			set_mode(s, (int)strtol(p, &end, 10));
		return;
	}
	if (*p == '>' || *p == '=')
		return;
	for (int i = 0; i < SCREEN_ARGS; i++) {
		a[i] = (int)strtol(p, &end, 10);
		if (*end != ';')
			break;
		p = end + 1;
	}
	control(s, a, letter);
}

/* s->part begins with ESC. false: there is more to come. */
static bool
escape(struct screen *s)
{
	char kind = s->part[1], end = s->part[s->npart - 1];

	if (s->npart < 2)
		return false;
	if (kind == '[') {
		if (s->npart < 3 || end < '@' || end > '~')
			return false;
		s->part[s->npart - 1] = '\0';
		control_text(s, s->part + 2, end);
		return true;
	}
	if (kind == ']') /* a title or the clipboard */
		return end == 7 || (s->npart > 3 && end == '\\');
	if (strchr("()*+#%", kind) != NULL)
		return s->npart > 2;
	if (kind == 'M' && s->y == s->top)
		scroll(s, s->top, s->bottom, -1);
	else if (kind == 'M')
		go(s, s->y - 1, s->x);
	if (kind == '7')
		s->saved_x = s->x, s->saved_y = s->y;
	if (kind == '8')
		go(s, s->saved_y, s->saved_x);
	return true;
}

static void
plain(struct screen *s, unsigned char c)
{
	char text[5] = { (char)c };

	if (c >= ' ' && c < 127)
		put(s, text);
	else if (c == '\r')
		go(s, s->y, 0);
	else if (c == '\n')
		line_feed(s);
	else if (c == '\b')
		go(s, s->y, s->x - 1);
	else if (c == '\t')
		go(s, s->y, (s->x / 8 + 1) * 8);
}

static void
take(struct screen *s, unsigned char c)
{
	size_t need;
	char text[5] = { 0 };

	if (s->npart == 0 && c != 27 && c < 0xc0) {
		plain(s, c);
		return;
	}
	if (s->npart < sizeof s->part - 1)
		s->part[s->npart++] = (char)c;
	s->part[s->npart] = '\0';
	if (s->part[0] == 27) {
		if (escape(s))
			s->npart = 0;
		return;
	}
	c = (unsigned char)s->part[0];
	need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (s->npart < need)
		return;
	memcpy(text, s->part, need);
	s->npart = 0;
	put(s, text);
}

void
screen_take(struct screen *s, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		take(s, (unsigned char)bytes[i]);
}

static size_t
line_text(const struct screen *s, int y, char *to)
{
	size_t n = 0;

	for (int x = 0; x < s->w; x++)
		for (const char *c = s->cells[y][x]; *c != '\0'; c++)
			to[n++] = *c;
	to[n] = '\0';
	return n;
}

bool
screen_holds(const struct screen *s, const char *word, size_t n)
{
	char text[SCREEN_W * 4 + 1];

	for (int y = 0; y < s->h; y++) {
		size_t len = line_text(s, y, text);

		for (size_t i = 0; i + n <= len; i++)
			if (memcmp(text + i, word, n) == 0)
				return true;
	}
	return false;
}

void
screen_print(const struct screen *s, FILE *to)
{
	char text[SCREEN_W * 4 + 1];

	for (int y = 0; y < s->h; y++) {
		size_t n = line_text(s, y, text);

		while (n > 0 && text[n - 1] == ' ')
			n--;
		fprintf(to, "%.*s\n", (int)n, text);
	}
}
