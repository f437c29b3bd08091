/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/diag.h"
#include "base/sink.h"
#include "base/str.h"
#include "base/utf8.h"
#include "report/text.h"

enum { LABEL = 14, WIDTH = 80, SHOWN = 30, OP = 60 };

unsigned
text_str(struct sink *out, const struct str *s, unsigned max, int width)
{
	unsigned n = sink_safe(out, s->s, s->len, max);

	sink_pad(out, width - (int)n);
	return n;
}

void
text_label(struct sink *out, const char *title)
{
	sink_puts(out, title);
	sink_pad(out, LABEL - (int)strlen(title));
}

void
text_bytes(struct sink *out, uint64_t n)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	double v = (double)n;
	int i = -1;

	if (n < 1000) {
		sink_printf(out, "%" PRIu64 " byte%s", n, plural(n));
		return;
	}
	while (v >= 1000 && i < 5)
		v /= 1000, i++;
	sink_printf(out, v < 10 ? "%.2f %s" : v < 100 ? "%.1f %s" : "%.0f %s", v, units[i]);
}

/* Bytes of s that stay on a line of room columns: up to the blanks between two
 * parts of a row, behind column from; else up to a blank, else through a mark
 * inside a word, else what fits. */
static size_t
break_at(const char *s, size_t n, unsigned from, unsigned room)
{
	size_t i = 0, gap = 0, blank = 0, mark = 0;
	unsigned column = 0, bytes;
	uint32_t cp;

	for (; i < n; i += bytes) {
		if ((bytes = utf8_decode(s + i, n - i, &cp)) == 0)
			cp = (unsigned char)s[i], bytes = 1;
		if (s[i] == ' ' && column >= from && column > 0 && s[i - 1] != ' ')
			blank = i, gap = i + 1 < n && s[i + 1] == ' ' ? i : gap;
		column += utf8_width(cp) < 0 ? 1 : (unsigned)utf8_width(cp);
		if (column > room)
			break;
		if (column > from && strchr(",/:|=", s[i]) != NULL)
			mark = i + bytes;
	}
	if (i == n)
		return n;
	i = i > 0 ? i : bytes; /* at least one character */
	return gap != 0 ? gap : blank != 0 ? blank : mark != 0 ? mark : i;
}

/* A line of safe text that starts at column, later ones at indent. */
static void
fold_line(struct sink *out, const char *s, size_t n, unsigned column, unsigned indent)
{
	unsigned from = indent - column;
	size_t used;

	while ((used = break_at(s, n, from, WIDTH - column)) < n) {
		sink_write(out, s, used);
		while (used < n && s[used] == ' ')
			used++;
		s += used;
		n -= used;
		sink_write(out, "\n", 1);
		sink_pad(out, (int)indent);
		column = indent;
		from = 0;
	}
	sink_write(out, s, n);
	sink_write(out, "\n", 1);
}

void
text_wrap(struct sink *out, const char *text, unsigned column)
{
	struct sink safe;

	sink_init(&safe, -1);
	sink_safe(&safe, text, strlen(text), 0);
	fold_line(out, safe.buf, safe.n, column, column);
	sink_fini(&safe);
}

void
text_fold(struct sink *out, struct sink *rows)
{
	const char *s = rows->buf, *end;

	for (; s < rows->buf + rows->n; s = end + 1) {
		end = memchr(s, '\n', (size_t)(rows->buf + rows->n - s));
		if (end == NULL)
			end = rows->buf + rows->n;
		fold_line(out, s, (size_t)(end - s), 0, LABEL + 2);
	}
	rows->n = 0;
}

void
text_of_member(struct sink *out, const char *member)
{
	sink_puts(out, " of ");
	sink_safe(out, member, strlen(member), 0);
	sink_puts(out, " in the archive");
}

static void
place(struct sink *out, const struct diag *d)
{
	const char *sep = "at ";
	bool inside = d->line != 0 || d->off != DIAG_NO_OFFSET;
	struct sink row;

	if (d->node == NULL && d->path == NULL && d->python == NULL && !inside)
		return;
	sink_init(&row, -1);
	if (d->python != NULL) {
		sink_puts(&row, sep), sep = "  ";
		sink_safe(&row, d->python, strlen(d->python), 0);
	}
	if (d->line != 0)
		sink_printf(&row, "%sline %" PRIu32, sep, d->line), sep = "  ";
	else if (d->off != DIAG_NO_OFFSET)
		sink_printf(&row, "%soffset %" PRIu64, sep, d->off), sep = "  ";
	if (inside && d->member != NULL)
		text_of_member(&row, d->member);
	if (d->node != NULL) {
		sink_printf(&row, "%snode ", sep), sep = "  ";
		sink_safe(&row, d->node, strlen(d->node), 60);
	}
	if (d->path != NULL) {
		sink_puts(&row, sep);
		sink_safe(&row, d->path, strlen(d->path), 0);
	}
	sink_pad(out, 7);
	fold_line(out, row.buf, row.n, 7, 10);
	sink_fini(&row);
}

void
text_diag(struct sink *out, const struct diag *d)
{
	unsigned n = (unsigned)strlen(level_name(d->level));

	sink_puts(out, level_name(d->level));
	sink_pad(out, 7 - (int)n);
	sink_puts(out, diag_name(d->id));
	if (d->rule != NULL) {
		sink_puts(out, " ");
		sink_safe(out, d->rule, strlen(d->rule), 0);
	}
	sink_puts(out, d->known ? " (known)\n" : "\n");
	sink_pad(out, 7);
	text_wrap(out, d->message, 7);
	place(out, d);
	if (*diag_says(d) != '\0') {
		sink_puts(out, "       fix: ");
		text_wrap(out, diag_says(d), 12);
	}
}

void
text_diags_from(struct sink *out, const struct diags *d, uint32_t from)
{
	uint32_t seen[DIAG_COUNT] = { 0 };

	for (int level = LEVEL_COUNT - 1; level >= 0; level--)
		for (uint32_t i = from; i < d->n; i++)
			if (d->list[i].level == (enum diag_level)level &&
			    seen[d->list[i].id]++ < SHOWN)
				text_diag(out, &d->list[i]);
	for (int id = 0; id < DIAG_COUNT; id++)
		if (seen[id] > SHOWN)
			sink_printf(out, "%-7sand %" PRIu32 " more of %s (--format=json has all)\n",
			    level_name(diag_level((enum diag_id)id)), seen[id] - SHOWN,
			    diag_name((enum diag_id)id));
}

void
text_known(struct sink *out, const struct diags *d, uint32_t from)
{
	uint32_t n = d->n - from, known = 0;

	for (uint32_t i = from; i < d->n; i++)
		known += d->list[i].known;
	if (n == 0)
		return;
	text_label(out, "Baseline");
	sink_printf(out, "%" PRIu32 " of %" PRIu32 " finding%s known, %" PRIu32 " new\n", known, n,
	    plural(n), n - known);
}

void
text_diags(struct sink *out, const struct diags *d)
{
	text_diags_from(out, d, 0);
	if (d->dropped > 0)
		sink_printf(out, "and %" PRIu32 " more\n", d->dropped);
}

/* At most max columns of each part; 0 = all of it. */
static void
put_op(struct sink *out, const struct str *domain, const struct str *type, unsigned max)
{
	if (domain->len > 0 && strcmp(domain->s, "ai.onnx") != 0) {
		sink_safe(out, domain->s, domain->len, max);
		sink_puts(out, "::");
	}
	sink_safe(out, type->s, type->len, max);
}

void
text_op(struct sink *out, const struct str *domain, const struct str *type)
{
	put_op(out, domain, type, OP);
}

void
text_op_whole(struct sink *out, const struct str *domain, const struct str *type)
{
	put_op(out, domain, type, 0);
}
