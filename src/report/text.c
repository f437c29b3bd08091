/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/diag.h"
#include "base/sink.h"
#include "base/str.h"
#include "report/text.h"

enum { LABEL = 14, WIDTH = 80 };

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

/* Words of text from column on, later lines indented. */
static void
wrap(struct sink *out, const char *text, unsigned column, unsigned indent)
{
	const char *end;
	unsigned w;

	for (; *text != '\0'; text = end + strspn(end, " ")) {
		end = text + strcspn(text, " ");
		w = text_width(text, (size_t)(end - text));
		if (column + w + 1 > WIDTH && column > indent) {
			sink_write(out, "\n", 1);
			sink_pad(out, (int)indent);
			column = indent;
		} else if (column > indent) {
			sink_write(out, " ", 1);
			column++;
		}
		column += sink_safe(out, text, (size_t)(end - text), 0);
	}
	sink_write(out, "\n", 1);
}

static void
place(struct sink *out, const struct diag *d)
{
	const char *sep = "at ";

	if (d->node == NULL && d->path == NULL && d->off == DIAG_NO_OFFSET && d->line == 0)
		return;
	sink_pad(out, 7);
	if (d->line != 0)
		sink_printf(out, "%sline %" PRIu32, sep, d->line), sep = "  ";
	else if (d->off != DIAG_NO_OFFSET)
		sink_printf(out, "%soffset %" PRIu64, sep, d->off), sep = "  ";
	if (d->node != NULL) {
		sink_printf(out, "%snode ", sep), sep = "  ";
		sink_safe(out, d->node, strlen(d->node), 24);
	}
	if (d->path != NULL) {
		sink_puts(out, sep);
		sink_safe(out, d->path, strlen(d->path), 40);
	}
	sink_write(out, "\n", 1);
}

void
text_diag(struct sink *out, const struct diag *d)
{
	unsigned n = (unsigned)strlen(level_name(d->level));

	sink_puts(out, level_name(d->level));
	sink_pad(out, 7 - (int)n);
	sink_puts(out, diag_name(d->id));
	sink_write(out, "\n", 1);
	sink_pad(out, 7);
	wrap(out, d->message, 7, 7);
	place(out, d);
	if (*diag_advice(d->id) != '\0') {
		sink_puts(out, "       fix: ");
		wrap(out, diag_advice(d->id), 12, 12);
	}
}

void
text_diags_from(struct sink *out, const struct diags *d, uint32_t from)
{
	for (int level = LEVEL_COUNT - 1; level >= 0; level--)
		for (uint32_t i = from; i < d->n; i++)
			if (d->list[i].level == (enum diag_level)level)
				text_diag(out, &d->list[i]);
}

void
text_diags(struct sink *out, const struct diags *d)
{
	text_diags_from(out, d, 0);
	if (d->dropped > 0)
		sink_printf(out, "and %" PRIu32 " more\n", d->dropped);
}

void
text_op(struct sink *out, const struct str *domain, const struct str *type)
{
	if (domain->len > 0 && strcmp(domain->s, "ai.onnx") != 0) {
		sink_safe(out, domain->s, domain->len, 0);
		sink_puts(out, "::");
	}
	sink_safe(out, type->s, type->len, 0);
}
