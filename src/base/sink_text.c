/* SPDX-License-Identifier: Apache-2.0 */
/* Text from files on its way out. It is cut into units (one character or one
 * escape), the smallest thing that is shown whole; runs that need no escape
 * are copied at once. */
#include <stdio.h>
#include <string.h>

#include "base/sink.h"
#include "base/utf8.h"

struct unit {
	unsigned bytes;
	unsigned cols;
	uint32_t cp;
	enum { PLAIN, ESC_BYTE, ESC_CHAR } how; /* as it is, \xNN, \u{...} */
};

static unsigned
hex_digits(uint32_t v)
{
	unsigned n = 1;

	while (v >>= 4)
		n++;
	return n;
}

static struct unit
unit_at(const char *s, size_t n)
{
	struct unit u = { .how = PLAIN };
	int cols;

	u.bytes = utf8_decode(s, n, &u.cp);
	if (u.bytes == 0)
		return (struct unit){ 1, 4, (unsigned char)*s, ESC_BYTE };
	cols = utf8_width(u.cp);
	if (u.cp == '\\' || (cols < 0 && u.cp < 0x80)) {
		u.how = ESC_BYTE;
		cols = 4;
	} else if (cols < 0) {
		u.how = ESC_CHAR;
		cols = (int)hex_digits(u.cp) + 4;
	}
	u.cols = (unsigned)cols;
	return u;
}

/* Bytes at the start that are printable ASCII and no backslash. */
static size_t
ascii_run(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && s[i] >= ' ' && s[i] < 0x7f && s[i] != '\\'; i++)
		continue;
	return i;
}

static void
put_unit(struct sink *out, const char *s, const struct unit *u)
{
	char buf[16];

	if (u->how == PLAIN) {
		sink_write(out, s, u->bytes);
		return;
	}
	snprintf(buf, sizeof buf, u->how == ESC_BYTE ? "\\x%02x" : "\\u{%x}",
	    (unsigned)u->cp);
	sink_puts(out, buf);
}

/* Write units while they fit into max columns; returns the columns. */
static unsigned
put_head(struct sink *out, const char *s, size_t n, unsigned max)
{
	unsigned cols = 0;
	struct unit u;
	size_t run;

	while (n > 0) {
		run = ascii_run(s, n < max - cols ? n : max - cols);
		sink_write(out, s, run);
		cols += (unsigned)run;
		if ((n -= run) == 0)
			break;
		s += run;
		u = unit_at(s, n);
		if (u.cols > max - cols)
			break;
		put_unit(out, s, &u);
		cols += u.cols;
		s += u.bytes;
		n -= u.bytes;
	}
	return cols;
}

/* Write the end of a text of width columns, in at most max of them. */
static unsigned
put_tail(struct sink *out, const char *s, size_t n, unsigned width, unsigned max)
{
	struct unit u;
	size_t run;

	while (n > 0) {
		run = width <= max ? 0 : width - max < n ? width - max : n;
		run = ascii_run(s, run);
		width -= (unsigned)run;
		s += run;
		if ((n -= run) == 0)
			break;
		u = unit_at(s, n);
		/* what combines with the last character left out goes too */
		if (width <= max && u.cols > 0)
			break;
		width -= u.cols;
		s += u.bytes;
		n -= u.bytes;
	}
	return put_head(out, s, n, max);
}

unsigned
text_width(const char *s, size_t n)
{
	unsigned cols = 0;
	struct unit u;
	size_t run;

	while (n > 0) {
		run = ascii_run(s, n);
		cols += (unsigned)run;
		if ((n -= run) == 0)
			break;
		s += run;
		u = unit_at(s, n);
		cols += u.cols;
		s += u.bytes;
		n -= u.bytes;
	}
	return cols;
}

unsigned
sink_safe(struct sink *out, const char *s, size_t n, unsigned max)
{
	unsigned width, head, dots = max < 3 ? max : 3;

	if (max == 0)
		return put_head(out, s, n, UINT32_MAX);
	if (n <= max && ascii_run(s, n) == n) {
		sink_write(out, s, n);
		return (unsigned)n;
	}
	width = text_width(s, n);
	if (width <= max)
		return put_head(out, s, n, max);
	head = put_head(out, s, n, (max - dots) / 3);
	sink_write(out, "...", dots);
	return head + dots + put_tail(out, s, n, width, max - dots - head);
}

/* How a character stands in a JSON string: 0 as it is, else the letter after
 * the backslash; 'u' for four hex digits. */
static char
json_escape(uint32_t cp)
{
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	const char *p;

	if (cp < 0x80 && cp != 0)
		for (p = names; *p != '\0'; p += 2)
			if ((uint32_t)*p == cp)
				return p[1];
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x200e || cp == 0x200f ||
	    (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) ||
	    cp == 0xfeff ? 'u' : 0;
}

static void
put_json_char(struct sink *out, const char *s, unsigned bytes, uint32_t cp)
{
	char how = json_escape(cp), buf[8];

	if (how == 0) {
		sink_write(out, s, bytes);
	} else if (how != 'u') {
		sink_write(out, (char[]){ '\\', how }, 2);
	} else {
		snprintf(buf, sizeof buf, "\\u%04x", (unsigned)(cp & 0xffff));
		sink_puts(out, buf);
	}
}

void
sink_json(struct sink *out, const char *s, size_t n)
{
	unsigned bytes;
	uint32_t cp;
	size_t run;

	sink_write(out, "\"", 1);
	while (n > 0) {
		for (run = 0; run < n && s[run] >= ' ' && s[run] < 0x7f &&
		    s[run] != '"' && s[run] != '\\'; run++)
			continue;
		sink_write(out, s, run);
		if ((n -= run) == 0)
			break;
		s += run;
		if ((bytes = utf8_decode(s, n, &cp)) > 0)
			put_json_char(out, s, bytes, cp);
		else
			sink_printf(out, "\\\\x%02x", (unsigned char)*s);
		bytes += bytes == 0;
		s += bytes;
		n -= bytes;
	}
	sink_write(out, "\"", 1);
}

void
sink_jsonz(struct sink *out, const char *s)
{
	sink_json(out, s, strlen(s));
}

/* Bytes of the sign at s; *plain: it can be shown as it stands. */
static unsigned
sign_of(const char *s, bool *plain)
{
	uint32_t cp = 0;
	unsigned n = utf8_decode(s, strlen(s), &cp);

	*plain = n > 0 && cp >= ' ' && cp != 0x7f && !(cp >= 0x80 && utf8_width(cp) < 0);
	return n > 0 ? n : 1;
}

/* Within quotes: what would not show as itself by its bytes. */
static void
put_shell_bytes(struct sink *out, const char *s)
{
	bool plain;

	sink_puts(out, "$'");
	for (unsigned n; *s != '\0'; s += n) {
		n = sign_of(s, &plain);
		if (*s == '\'' || *s == '\\')
			sink_write(out, "\\", 1);
		for (unsigned i = 0; !plain && i < n; i++)
			sink_printf(out, "\\%03o", (unsigned)(unsigned char)s[i]);
		sink_write(out, s, plain ? n : 0);
	}
	sink_puts(out, "'");
}

void
sink_shell(struct sink *out, const char *s)
{
	static const char plain_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_-+=:,./%@";
	bool plain = true;

	if (*s != '\0' && strspn(s, plain_chars) == strlen(s)) {
		sink_puts(out, s);
		return;
	}
	for (const char *p = s; plain && *p != '\0';)
		p += sign_of(p, &plain);
	if (!plain) {
		put_shell_bytes(out, s);
		return;
	}
	sink_puts(out, "'");
	for (; *s != '\0'; s++)
		if (*s == '\'')
			sink_puts(out, "'\"'\"'");
		else
			sink_write(out, s, 1);
	sink_puts(out, "'");
}
