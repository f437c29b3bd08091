/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "ui/key.h"
#include "ui/prompt.h"

void
prompt_open(struct prompt *p, enum prompt_kind kind, const char *text)
{
	p->kind = kind;
	p->n = strlen(text) < PROMPT_MAX ? strlen(text) : 0;
	memcpy(p->text, text, p->n);
	p->text[p->n] = '\0';
	p->at = p->n;
	p->given = p->from = 0;
	*p->hint = '\0';
}

void
prompt_fini(struct prompt *p)
{
	for (uint32_t i = 0; i < p->nhistory; i++)
		free(p->history[i]);
	p->nhistory = 0;
}

void
prompt_draw(const struct prompt *p, const struct area *a)
{
	static const char *const marks[] = { "", ":", "/", "&" };
	struct sink text;
	int x = area_puts(a, 0, 0, ST_KEY, marks[p->kind]), left, at;

	sink_init(&text, -1);
	sink_safe(&text, p->text, p->at, 0);
	at = text_columns(text.buf, text.n);
	sink_safe(&text, p->text + p->at, p->n - p->at, 0);
	left = at + x + 1 > a->w ? at + x + 1 - a->w : 0;
	if (text.n > 0) {
		struct area line = area_part(a, 0, x, 1, a->w - x);

		x = area_put(&line, 0, -left, ST_TEXT, text.buf, text.n) + 1;
	}
	a->g->cx = a->x + at + 1 - left;
	a->g->cy = a->y;
	if (*p->hint != '\0')
		area_puts(a, 0, x + 3, ST_DIM, p->hint);
	sink_fini(&text);
}

/* Lines of the history carry the mark of their kind in front. */
static void
remember(struct prompt *p)
{
	char line[PROMPT_MAX + 1];

	if (p->n == 0)
		return;
	line[0] = (char)('0' + p->kind);
	memcpy(line + 1, p->text, p->n + 1);
	if (p->nhistory > 0 && strcmp(p->history[p->nhistory - 1], line) == 0)
		return;
	if (p->nhistory == HISTORY) {
		free(p->history[0]);
		memmove(p->history, p->history + 1, (HISTORY - 1) * sizeof *p->history);
		p->nhistory--;
	}
	if ((p->history[p->nhistory] = strdup(line)) != NULL)
		p->nhistory++;
}

static void
set_text(struct prompt *p, const char *s)
{
	p->n = strlen(s) < PROMPT_MAX ? strlen(s) : PROMPT_MAX - 1;
	memcpy(p->text, s, p->n);
	p->text[p->n] = '\0';
	p->at = p->n;
}

static void
history(struct prompt *p, bool up)
{
	uint32_t from = p->from;

	while (up ? from < p->nhistory : from > 1) {
		from += up ? 1 : UINT32_MAX;
		if (p->history[p->nhistory - from][0] - '0' != (int)p->kind)
			continue;
		if (p->from == 0)
			memcpy(p->before, p->text, p->n + 1);
		p->from = from;
		p->given = 0;
		set_text(p, p->history[p->nhistory - from] + 1);
		return;
	}
	if (!up && p->from != 0) {
		p->from = 0;
		set_text(p, p->before);
	}
}

static void
delete_range(struct prompt *p, size_t from, size_t to)
{
	memmove(p->text + from, p->text + to, p->n - to + 1);
	p->n -= to - from;
	p->at = from;
}

static size_t
left_of(const struct prompt *p, size_t at)
{
	if (at > 0)
		at--;
	while (at > 0 && (p->text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static size_t
right_of(const struct prompt *p, size_t at)
{
	if (at < p->n)
		at++;
	while (at < p->n && (p->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static size_t
word_start(const struct prompt *p)
{
	size_t at = p->at;

	while (at > 0 && p->text[at - 1] == ' ')
		at--;
	while (at > 0 && p->text[at - 1] != ' ')
		at--;
	return at;
}

static void
insert(struct prompt *p, const char *s, size_t n)
{
	if (p->n + n >= PROMPT_MAX)
		return;
	memmove(p->text + p->at + n, p->text + p->at, p->n - p->at + 1);
	memcpy(p->text + p->at, s, n);
	p->n += n;
	p->at += n;
}

/* The longest beginning that all candidates share goes into the line, the
 * candidates behind it. */
static void
complete(struct ui *ui)
{
	struct prompt *p = &ui->prompt;
	char common[PROMPT_MAX] = "", buf[PROMPT_MAX];
	struct folder folder = { NULL };
	const char *s;
	size_t start = 0, n = 0, at = 0;
	uint32_t found = 0;

	p->text[p->n] = '\0';
	if (p->kind == PROMPT_SEARCH || p->at != p->n)
		return;
	for (uint32_t i = 0; ; i++) {
		s = p->kind == PROMPT_FILTER ? complete_filter(p->text, i, &start) :
		    command_complete(ui, p->text, i, &start, &folder, buf, sizeof buf);
		if (s == NULL)
			break;
		if (*s == '\0' || strncmp(s, p->text + start, p->n - start) != 0 ||
		    strlen(s) >= PROMPT_MAX)
			continue;
		if (found++ == 0)
			strcpy(common, s);
		for (n = 0; common[n] != '\0' && common[n] == s[n];)
			n++;
		common[n] = '\0';
		if (at + strlen(s) + 2 < sizeof p->hint) {
			memcpy(p->hint + at, s, strlen(s));
			at += strlen(s);
			p->hint[at++] = ' ';
		}
	}
	p->hint[at] = '\0';
	if (found == 0 || p->n - start > strlen(common))
		return;
	insert(p, common + (p->n - start), strlen(common) - (p->n - start));
	if (found == 1 && p->kind == PROMPT_COMMAND) {
		*p->hint = '\0';
		if (p->n > 0 && p->text[p->n - 1] != '/' && p->n + 1 < PROMPT_MAX)
			insert(p, " ", 1);
	}
}

static void
enter(struct ui *ui)
{
	struct prompt *p = &ui->prompt;
	enum prompt_kind kind = p->kind;
	char line[PROMPT_MAX];

	remember(p);
	memcpy(line, p->text, p->n + 1);
	p->kind = PROMPT_NONE;
	if (kind == PROMPT_COMMAND) {
		command_line(ui, line);
	} else if (kind == PROMPT_SEARCH) {
		if (*line != '\0')
			memcpy(ui->search, line, sizeof line);
		ui_request(ui, REQ_NEXT, 0, 0);
	} else {
		ui_snapshot(ui, ui_pane(ui));
		ui_set_filter(ui, ui_pane(ui), line);
		ui_stale(ui);
	}
}

void
prompt_key(struct ui *ui, uint32_t key)
{
	struct prompt *p = &ui->prompt;
	char utf8[4];

	if (key != K_TAB)
		*p->hint = '\0';
	switch (key) {
	case K_ENTER: enter(ui); break;
	case K_ESCAPE:
	case 3: p->kind = PROMPT_NONE; break;
	case K_TAB: complete(ui); break;
	case K_BACKSPACE:
	case 8:
		if (p->n == 0)
			p->kind = PROMPT_NONE;
		else
			delete_range(p, left_of(p, p->at), p->at);
		break;
	case K_DELETE:
	case 4: delete_range(p, p->at, right_of(p, p->at)); break;
	case K_LEFT:
	case 2: p->at = left_of(p, p->at); break;
	case K_RIGHT:
	case 6: p->at = right_of(p, p->at); break;
	case K_HOME:
	case 1: p->at = 0; break;
	case K_END:
	case 5: p->at = p->n; break;
	case 21: delete_range(p, p->at > p->given ? p->given : 0, p->at); break;
	case 11: p->n = p->at; p->text[p->n] = '\0'; break;
	case 23: delete_range(p, word_start(p), p->at); break;
	case K_UP:
	case 16: history(p, true); break;
	case K_DOWN:
	case 14: history(p, false); break;
	default:
		if (key >= ' ' && key < K_FIRST)
			insert(p, utf8, utf8_encode(utf8, key));
	}
}
