/* SPDX-License-Identifier: Apache-2.0 */
/* Where output goes: a buffer in front of a descriptor, or growing memory.
 * Text from a model goes out only through sink_safe and sink_json, which show
 * control bytes, bidi controls and bad UTF-8 as escapes. */
#ifndef BASE_SINK_H
#define BASE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink {
	char *buf;
	size_t n, cap;
	int fd;      /* -1: keep everything in buf */
	int err;     /* errno of the first failed write; later output is dropped */
};

/* fd >= 0: 64 KiB buffer before it. fd -1: memory, read it from buf[0..n). */
void sink_init(struct sink *, int fd);
/* Write out what is buffered; returns 0 or -1 (err). */
int sink_flush(struct sink *);
/* Flush and free. The descriptor stays open. */
int sink_fini(struct sink *);

void sink_write(struct sink *, const void *, size_t);
void sink_puts(struct sink *, const char *);
void sink_printf(struct sink *, const char *fmt, ...) 
    __attribute__((format(printf, 2, 3)));
void sink_u64(struct sink *, uint64_t);
void sink_i64(struct sink *, int64_t);
/* Shortest decimal that reads back as the same double (float when f32);
 * nan, inf, -inf. In JSON (json true) those are the strings "NaN", "Infinity"
 * and "-Infinity". LC_NUMERIC must be "C", as it is unless somebody calls
 * setlocale for it. */
void sink_double(struct sink *, double, bool f32, bool json);

/* Model text for people: \xNN for controls, DEL, backslash and bad UTF-8;
 * \u{202e} for C1 and bidi controls and characters that leave no trace
 * (utf8_width -1). At most max columns ("..." in the middle when longer, more
 * of the end kept than of the start); 0 = no limit. Returns columns. */
unsigned sink_safe(struct sink *, const char *, size_t n, unsigned max);
/* Columns that sink_safe with no limit would use. */
unsigned text_width(const char *, size_t n);
/* Quoted JSON string. Bad UTF-8 bytes become \xNN as text ("\\xff"); C1 and
 * bidi controls, U+2028, U+2029 and U+FEFF are written as \uXXXX. */
void sink_json(struct sink *, const char *, size_t n);
void sink_jsonz(struct sink *, const char *);
/* A word for the shell, quoted when anything in it could mean something; what does not
 * show as itself as $'\ooo'. */
void sink_shell(struct sink *, const char *);
/* n spaces. */
void sink_pad(struct sink *, int n);

#endif
