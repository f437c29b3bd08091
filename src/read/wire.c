/* SPDX-License-Identifier: Apache-2.0 */
/* The wire walker. A frame is a message being read; its end never lies past
 * its parent's, so every length is checked once, on entry. A message that is
 * damaged is left at the damage and reading goes on behind it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/str.h"
#include "read/wire.h"

enum { TAG_MAX = 20 }; /* a tag and a length or number: two varints */

static struct wire_frame *
top(const struct wire *w)
{
	return &w->stack[w->depth];
}

static void
push(struct wire *w, const ProtobufCMessageDescriptor *desc, uint64_t start, uint64_t end)
{
	struct wire_frame *f;

	if (w->depth + 1 >= w->cap) {
		f = arena_array(w->scratch, (size_t)w->cap * 2 + 16, sizeof *f);
		if (w->cap > 0)
			memcpy(f, w->stack, w->cap * sizeof *f);
		w->stack = f;
		w->cap = w->cap * 2 + 16;
	}
	w->depth++;
	f = top(w);
	f->desc = desc;
	f->start = start;
	f->end = end;
	f->guess = 0;
	f->field = UINT32_MAX;
	f->seen = 0;
	w->pos = start;
}

void
wire_part(struct wire *w, struct ctx *ctx, struct arena *scratch, const struct loc *at,
    const ProtobufCMessageDescriptor *desc)
{
	memset(w, 0, sizeof *w);
	w->ctx = ctx;
	w->scratch = scratch;
	window_init(&w->win, at->src, scratch, ctx->limits.window);
	push(w, desc, at->off, at->off + at->len);
}

void
wire_root(struct wire *w, struct ctx *ctx, struct arena *scratch, const struct source *src,
    const ProtobufCMessageDescriptor *desc)
{
	wire_part(w, ctx, scratch, &(struct loc){ src, 0, src->size }, desc);
}

/* Field of that number; writers go up by number, so look there first. */
static uint32_t
find_field(struct wire_frame *fr, uint32_t number)
{
	const ProtobufCMessageDescriptor *d = fr->desc;
	uint32_t i, lo, hi;

	for (i = fr->guess; i < d->n_fields && i < fr->guess + 3; i++)
		if (d->fields[i].id == number)
			return fr->guess = i;
	for (lo = 0, hi = d->n_fields; lo < hi;) {
		i = (lo + hi) / 2;
		if (d->fields[i].id == number)
			return fr->guess = i;
		if (d->fields[i].id < number)
			lo = i + 1;
		else
			hi = i;
	}
	return UINT32_MAX;
}

static enum wire_type
wire_type_of(const ProtobufCFieldDescriptor *d)
{
	static const unsigned char types[] = {
		[PROTOBUF_C_TYPE_FIXED32] = WIRE_FIXED32,
		[PROTOBUF_C_TYPE_SFIXED32] = WIRE_FIXED32,
		[PROTOBUF_C_TYPE_FLOAT] = WIRE_FIXED32,
		[PROTOBUF_C_TYPE_FIXED64] = WIRE_FIXED64,
		[PROTOBUF_C_TYPE_SFIXED64] = WIRE_FIXED64,
		[PROTOBUF_C_TYPE_DOUBLE] = WIRE_FIXED64,
		[PROTOBUF_C_TYPE_STRING] = WIRE_BYTES,
		[PROTOBUF_C_TYPE_BYTES] = WIRE_BYTES,
		[PROTOBUF_C_TYPE_MESSAGE] = WIRE_BYTES,
	};

	/* the others are WIRE_VARINT */
	return d->type < sizeof types ? types[d->type] : WIRE_VARINT;
}

static bool
fits(const ProtobufCFieldDescriptor *d, enum wire_type type)
{
	return type == wire_type_of(d) ||
		    (type == WIRE_BYTES && d->label == PROTOBUF_C_LABEL_REPEATED);
}

/* Give up on the current message. */
static bool
stop(struct wire *w)
{
	w->damaged = true;
	w->pos = top(w)->end;
	return false;
}

/* Bytes at pos that belong to the message, at least one varint's worth where
 * they are there. */
static const unsigned char *
look(struct wire *w, size_t *n)
{
	uint64_t left = top(w)->end - w->pos;
	const unsigned char *p;

	*n = left < TAG_MAX ? (size_t)left : TAG_MAX;
	if ((p = window_at(&w->win, w->pos, *n)) == NULL)
		wire_diag(w, DIAG_READ_FAILED, w->pos, "the bytes at offset %" PRIu64
		    " cannot be read%s%s; the rest of the message was left out", w->pos,
		    w->win.err ? ": " : "", w->win.err ? strerror(w->win.err) : "");
	return p;
}

static bool
get_long_varint(struct wire *w, uint64_t *v)
{
	size_t n;
	const unsigned char *p = look(w, &n);
	int used;

	if (p == NULL)
		return stop(w);
	used = wire_varint_get(p, n, v);
	if (used > 0) {
		w->pos += (unsigned)used;
		return true;
	}
	if (used < 0)
		wire_diag(w, DIAG_WIRE_VARINT, w->pos, "a number longer than ten bytes; "
		    "the rest of its message was left out");
	else
		wire_diag(w, DIAG_WIRE_TRUNCATED, w->pos, "the message ends inside a number; "
		    "what came before it was kept");
	return stop(w);
}

/* A varint at pos: most are one or two bytes that the window has. */
static inline bool
get_varint(struct wire *w, const struct wire_frame *fr, uint64_t *v)
{
	uint64_t at = w->pos - w->win.base;
	const unsigned char *p;

	if (at >= w->win.len || w->pos >= fr->end)
		return get_long_varint(w, v);
	p = w->win.buf + at;
	if (p[0] < 0x80) {
		*v = p[0];
		w->pos++;
		return true;
	}
	if (at + 1 >= w->win.len || w->pos + 1 >= fr->end || p[1] >= 0x80)
		return get_long_varint(w, v);
	*v = (p[0] & 0x7f) | (uint64_t)p[1] << 7;
	w->pos += 2;
	return true;
}

static bool
get_fixed(struct wire *w, unsigned size, uint64_t *v)
{
	const unsigned char *p = NULL;
	unsigned i;

	if (size <= top(w)->end - w->pos)
		p = window_at(&w->win, w->pos, size);
	if (p == NULL) {
		wire_diag(w, DIAG_WIRE_TRUNCATED, w->pos, "the message ends inside a number of "
		    "%u bytes; what came before it was kept", size);
		return stop(w);
	}
	for (*v = 0, i = 0; i < size; i++)
		*v |= (uint64_t)p[i] << (8 * i);
	w->pos += size;
	return true;
}

/* A payload that is too long is cut to the end of the message, so that what is
 * there of a broken file is shown. */
static void
cut_bytes(struct wire *w, struct wire_field *f, uint64_t left)
{
	f->cut = true;
	w->damaged = true;
	wire_diag(w, DIAG_WIRE_TRUNCATED, f->off, "the field needs %" PRIu64 " byte%s, %"
	    PRIu64 " left; %s", f->len, plural(f->len), left, f->desc != NULL &&
	    f->desc->type == PROTOBUF_C_TYPE_MESSAGE ? "what is there was read" :
	    "it was left out");
	f->len = left;
}

/* Length and payload place. */
static inline bool
get_bytes(struct wire *w, const struct wire_frame *fr, struct wire_field *f)
{
	if (!get_varint(w, fr, &f->len))
		return false;
	f->at = w->pos;
	if (f->len > fr->end - w->pos)
		cut_bytes(w, f, fr->end - w->pos);
	w->pos += f->len;
	return true;
}

static bool get_value(struct wire *w, struct wire_field *f);

/* A group and all groups in it; they exist only as unknown fields. */
static bool
skip_group(struct wire *w, struct wire_field *f)
{
	uint32_t max = w->ctx->limits.depth, n = 0;
	uint32_t *open, number = f->number;
	uint64_t tag, start = f->off;

	if (w->groups == NULL)
		w->groups = arena_array(w->scratch, max, sizeof *w->groups);
	open = w->groups;
	open[n++] = number;
	while (n > 0) {
		if (w->pos >= top(w)->end) {
			wire_diag(w, DIAG_WIRE_GROUP, start, "group %" PRIu32 " does not end; "
			    "it was left out", number);
			return stop(w);
		}
		f->off = w->pos;
		if (!get_varint(w, top(w), &tag))
			return false;
		f->number = (uint32_t)(tag >> 3);
		f->type = tag & 7;
		if (f->type == WIRE_START && n == max) {
			wire_diag(w, DIAG_WIRE_DEPTH, f->off, "groups nested deeper than %"
			    PRIu32 "; the message was left out from here", max);
			return stop(w);
		}
		if (f->type == WIRE_START)
			open[n++] = f->number;
		else if (f->type == WIRE_END && open[n - 1] == f->number)
			n--;
		else if (!get_value(w, f))
			return false;
	}
	return true;
}

/* The value behind a tag, for any wire type. */
static bool
get_value(struct wire *w, struct wire_field *f)
{
	switch (f->type) {
	case WIRE_VARINT:
		return get_varint(w, top(w), &f->value);
	case WIRE_FIXED64:
		return get_fixed(w, 8, &f->value);
	case WIRE_FIXED32:
		return get_fixed(w, 4, &f->value);
	case WIRE_BYTES:
		return get_bytes(w, top(w), f);
	case WIRE_START:
		return skip_group(w, f);
	case WIRE_END:
		wire_diag(w, DIAG_WIRE_GROUP, f->off, "an end of group %" PRIu32
		    " that was not opened; the rest of the message was left out", f->number);
		return stop(w);
	}
	wire_diag(w, DIAG_WIRE_FIELD, f->off, "wire type %d does not exist; the rest of the "
	    "message was left out", (int)f->type);
	return stop(w);
}

/* Note which field is being looked at, for paths. */
static void
note_field(struct wire_frame *fr, uint32_t index)
{
	uint32_t bit;

	fr->field = index;
	if (index >= WIRE_COUNTED)
		return;
	bit = UINT32_C(1) << index;
	if (fr->seen & bit)
		fr->count[index]++;
	else
		fr->count[index] = 0;
	fr->seen |= bit;
}

static inline bool
one_field(struct wire *w, struct wire_frame *fr, struct wire_field *f)
{
	uint32_t index;
	uint64_t tag;

	fr->field = UINT32_MAX;
	f->off = w->pos;
	f->cut = false;
	f->desc = NULL;
	if (!get_varint(w, fr, &tag))
		return false;
	if (tag >> 3 == 0 || tag >> 3 > (1 << 29) - 1) {
		wire_diag(w, DIAG_WIRE_FIELD, f->off, "field number %" PRIu64
		    " cannot be; the rest of the message was left out", tag >> 3);
		return stop(w);
	}
	f->number = (uint32_t)(tag >> 3);
	f->type = tag & 7;
	index = find_field(fr, f->number);
	if (index != UINT32_MAX) {
		note_field(fr, index);
		f->desc = &fr->desc->fields[index];
	}
	/* nearly all are */
	return f->type == WIRE_BYTES ? get_bytes(w, fr, f) : get_value(w, f);
}

bool
wire_next(struct wire *w, struct wire_field *f)
{
	struct wire_frame *fr = top(w);

	while (w->pos < fr->end) {
		if (!one_field(w, fr, f))
			return false;
		if (f->desc == NULL) {
			w->unknown++;
		} else if (!fits(f->desc, f->type)) {
			wire_diag(w, DIAG_WIRE_TYPE, f->off, "wire type %d where the schema has "
			    "type %d; the field was left out", (int)f->type,
			    (int)wire_type_of(f->desc));
		} else {
			return true;
		}
	}
	return false;
}

bool
wire_enter(struct wire *w, const struct wire_field *f)
{
	if (w->depth >= w->ctx->limits.depth) {
		wire_diag(w, DIAG_WIRE_DEPTH, f->off, "messages nested deeper than %" PRIu32
		    "; this one was left out", w->ctx->limits.depth);
		w->damaged = true;
		return false;
	}
	push(w, f->desc->descriptor, f->at, f->at + f->len);
	return true;
}

void
wire_leave(struct wire *w)
{
	w->pos = top(w)->end;
	w->depth--;
}

const char *
wire_text(struct wire *w, const struct wire_field *f)
{
	char *copy;

	if (f->cut || f->len > w->ctx->limits.text)
		return NULL;
	if (f->len == 0)
		return "";
	if (f->len <= w->win.cap)
		return (const char *)window_at(&w->win, f->at, f->len);
	copy = arena_array(w->scratch, f->len, 1);
	return source_read(w->win.src, f->at, copy, f->len) == (long)f->len ? copy : NULL;
}

bool
wire_is(struct wire *w, const struct wire_field *f, const char *word)
{
	size_t n = strlen(word);
	const char *s = f->len == n ? wire_text(w, f) : NULL;

	return s != NULL && memcmp(s, word, n) == 0;
}

const struct str *
wire_str(struct wire *w, struct strtab *strs, const struct wire_field *f)
{
	struct wire_field head = *f;
	const char *s;

	if (head.len > w->ctx->limits.text)
		head.len = w->ctx->limits.text;
	s = wire_text(w, &head);
	return s == NULL ? str_intern(strs, "", 0) : str_intern(strs, s, (uint32_t)head.len);
}

struct loc
wire_loc(const struct wire *w, const struct wire_field *f)
{
	return (struct loc){ w->win.src, f->at, f->len };
}

const ProtobufCMessageDescriptor *
wire_desc(const struct wire *w)
{
	return top(w)->desc;
}

struct loc
wire_here(const struct wire *w)
{
	return (struct loc){ w->win.src, top(w)->start, top(w)->end - top(w)->start };
}

uint64_t
wire_numbers(struct wire *w, const struct wire_field *f, void (*fn)(void *, uint64_t),
    void *arg, uint64_t limit)
{
	enum wire_type each = wire_type_of(f->desc);
	struct wire_field one = { .type = each };
	uint64_t n = 0, after = w->pos, size = each == WIRE_FIXED32 ? 4 : 8;

	if (f->type != WIRE_BYTES) {
		if (limit > 0)
			fn(arg, f->value);
		return 1;
	}
	if (each != WIRE_VARINT && f->len % size != 0)
		wire_diag(w, DIAG_WIRE_PACKED, f->off, "a packed list of %" PRIu64 " byte%s is no "
		    "multiple of %" PRIu64 "; the last element was left out", f->len,
		    plural(f->len), size);
	if (each != WIRE_VARINT && f->len / size > limit)
		return f->len / size;
	push(w, top(w)->desc, f->at, each == WIRE_VARINT ? f->at + f->len :
	    f->at + f->len / size * size);
	while (w->pos < top(w)->end && get_value(w, &one))
		if (n++ < limit)
			fn(arg, one.value);
	w->depth--;
	w->pos = after;
	return n;
}

/* Text of one frame's part of the path; 0 when it has none. */
static int
path_part(const struct wire_frame *fr, char *buf, size_t n)
{
	const ProtobufCFieldDescriptor *d;

	if (fr->field == UINT32_MAX)
		return 0;
	d = &fr->desc->fields[fr->field];
	if (d->label == PROTOBUF_C_LABEL_REPEATED && fr->field < WIRE_COUNTED)
		return snprintf(buf, n, "%s[%" PRIu32 "]", d->name, fr->count[fr->field]);
	return snprintf(buf, n, "%s", d->name);
}

void
wire_path(const struct wire *w, char *path, size_t cap)
{
	char part[128];
	size_t n = 0;
	int len;

	path[0] = '\0';
	for (uint32_t i = 1; i <= w->depth; i++) {
		if ((len = path_part(&w->stack[i], part, sizeof part)) <= 0)
			continue;
		if (n + (size_t)len + 5 > cap) {
			snprintf(path + n, cap - n, "...");
			return;
		}
		n += (size_t)snprintf(path + n, cap - n, "%s%s", n > 0 ? "." : "", part);
	}
}

void
wire_diag(struct wire *w, enum diag_id id, uint64_t off, const char *fmt, ...)
{
	struct where where = { .loc = { w->win.src, off, 0 } };
	char text[512], path[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	wire_path(w, path, sizeof path);
	where.path = path;
	diag_add(w->ctx, id, &where, "%s", text);
}
