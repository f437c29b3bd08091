/* SPDX-License-Identifier: Apache-2.0 */
/* Sinks: a buffer in front of a descriptor, or memory that grows. Invariant:
 * n <= cap; after an error (err != 0) nothing is kept or written any more. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sink.h"

#ifdef HARD_MODE
enum { BUF_SIZE = 16 };
#else
enum { BUF_SIZE = 64 << 10 };
#endif

void
sink_init(struct sink *s, int fd)
{
	memset(s, 0, sizeof *s);
	s->fd = fd;
}

static void
fail(struct sink *s, int err)
{
	if (s->err == 0)
		s->err = err;
	s->n = 0;
}

static void
write_all(struct sink *s, const char *p, size_t n)
{
	ssize_t got;

	while (n > 0 && s->err == 0) {
		got = write(s->fd, p, n);
		if (got < 0 && errno != EINTR)
			fail(s, errno);
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
}

int
sink_flush(struct sink *s)
{
	if (s->fd >= 0) {
		write_all(s, s->buf, s->n);
		s->n = 0;
	}
	return s->err == 0 ? 0 : -1;
}

int
sink_fini(struct sink *s)
{
	int rc = sink_flush(s);

	free(s->buf);
	s->buf = NULL;
	s->n = s->cap = 0;
	return rc;
}

/* Make room for n more bytes in the buffer. false: they do not fit a
 * descriptor's buffer, or there was an error. */
static bool
reserve(struct sink *s, size_t n)
{
	size_t cap = s->cap == 0 ? BUF_SIZE : s->cap;
	char *buf;

	if (s->err != 0)
		return false;
	if (n <= s->cap - s->n)
		return true;
	if (s->fd >= 0 && s->cap > 0) {
		sink_flush(s);
		return s->err == 0 && n <= s->cap;
	}
	while (s->fd < 0 && n > cap - s->n) {
		if (cap > SIZE_MAX / 2) {
			fail(s, ENOMEM);
			return false;
		}
		cap *= 2;
	}
	if ((buf = realloc(s->buf, cap)) == NULL) {
		fail(s, ENOMEM);
		return false;
	}
	s->buf = buf;
	s->cap = cap;
	return n <= cap - s->n;
}

void
sink_write(struct sink *s, const void *p, size_t n)
{
	if (n == 0)
		return;
	if (reserve(s, n)) {
		memcpy(s->buf + s->n, p, n);
		s->n += n;
	} else if (s->err == 0) {
		write_all(s, p, n);
	}
}

void
sink_puts(struct sink *s, const char *text)
{
	sink_write(s, text, strlen(text));
}

void
sink_printf(struct sink *s, const char *fmt, ...)
{
	char small[256], *p = small;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n < 0) {
		fail(s, errno);
		return;
	}
	if ((size_t)n >= sizeof small) {
		if ((p = malloc((size_t)n + 1)) == NULL) {
			fail(s, ENOMEM);
			return;
		}
		va_start(ap, fmt);
		vsnprintf(p, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	sink_write(s, p, (size_t)n);
	if (p != small)
		free(p);
}

void
sink_u64(struct sink *s, uint64_t v)
{
	char buf[20], *p = buf + sizeof buf;

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	sink_write(s, p, (size_t)(buf + sizeof buf - p));
}

void
sink_i64(struct sink *s, int64_t v)
{
	if (v < 0)
		sink_write(s, "-", 1);
	sink_u64(s, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static void
put_special(struct sink *s, double v, bool json)
{
	if (isnan(v))
		sink_puts(s, json ? "\"NaN\"" : "nan");
	else if (v > 0)
		sink_puts(s, json ? "\"Infinity\"" : "inf");
	else
		sink_puts(s, json ? "\"-Infinity\"" : "-inf");
}

void
sink_double(struct sink *s, double v, bool f32, bool json)
{
	/* that many digits survive text -> number -> text, so if they give
	 * the number back, no shorter text does that %g would not print */
	int digits = f32 ? 6 : 15, most = f32 ? 9 : 17;
	double least = f32 ? 0x1p-126 : 0x1p-1022, plain = f32 ? 1e7 : 1e9;
	char buf[40];

	if (!isfinite(v)) {
		put_special(s, v, json);
		return;
	}
	if (fabs(v) < plain && v == trunc(v) && (v != 0 || !signbit(v))) {
		sink_i64(s, (int64_t)v);
		return;
	}
	if (fabs(v) < least) /* subnormal: fewer digits count */
		digits = 1;
	for (; digits <= most; digits++) {
		snprintf(buf, sizeof buf, "%.*g", digits, v);
		if (f32 ? strtof(buf, NULL) == (float)v : strtod(buf, NULL) == v)
			break;
	}
	sink_puts(s, buf);
}

void
sink_pad(struct sink *s, int n)
{
	static const char spaces[] = "                ";
	int k;

	for (; n > 0; n -= k) {
		k = n < 16 ? n : 16;
		sink_write(s, spaces, (size_t)k);
	}
}
