/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes: each is at least as long as what it stands for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "read/torch/pickle_text.h"

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number of count hexadecimal digits, or -1. */
static int64_t
digits(const char *s, size_t n, unsigned count)
{
	int64_t v = 0;

	if (n < count)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (hex(s[i]) < 0)
			return -1;
		v = v * 16 + hex(s[i]);
	}
	return v;
}

/* The escape behind a backslash at s; returns the bytes it takes. */
static size_t
escape(const char *s, size_t n, char *out)
{
	static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
	const char *p = n > 0 && *s != '\0' ? strchr(from, *s) : NULL;
	size_t used = 0;
	int v = 0;

	if (p != NULL) {
		*out = to[p - from];
		return 1;
	}
	if (n > 2 && *s == 'x' && digits(s + 1, n - 1, 2) >= 0) {
		*out = (char)digits(s + 1, n - 1, 2);
		return 3;
	}
	while (used < 3 && used < n && s[used] >= '0' && s[used] <= '7')
		v = v * 8 + s[used++] - '0';
	*out = used > 0 ? (char)v : '\\';
	return used;
}

size_t
pickle_unquote(char *s, size_t n, int *ok)
{
	size_t i, out = 0;
	char c;

	while (n > 0 && (s[n - 1] == '\r' || s[n - 1] == ' '))
		n--;
	*ok = n >= 2 && (*s == '\'' || *s == '"') && s[n - 1] == *s;
	if (!*ok)
		return n;
	for (i = 1; i < n - 1;) {
		if (s[i] != '\\') {
			s[out++] = s[i++];
			continue;
		}
		i += 1 + escape(s + i + 1, n - 2 - i, &c);
		s[out++] = c;
	}
	return out;
}

size_t
pickle_unescape(char *s, size_t n)
{
	size_t out = 0, count;
	int64_t v;

	for (size_t i = 0; i < n;) {
		count = i + 1 < n && s[i + 1] == 'U' ? 8 : 4;
		v = s[i] == '\\' && i + 1 < n && (s[i + 1] == 'u' || s[i + 1] == 'U') ?
		    digits(s + i + 2, n - i - 2, (unsigned)count) : -1;
		if (v < 0 || v > 0x10ffff) {
			s[out++] = s[i++];
			continue;
		}
		i += 2 + count;
		out += utf8_encode(s + out, (uint32_t)v);
	}
	return out;
}
