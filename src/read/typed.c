/* SPDX-License-Identifier: Apache-2.0 */
/* Elements in a repeated field, decoded when they are read. Between calls the
 * read stands before an entry, or inside a packed run. */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/source.h"
#include "ir/tensor.h"
#include "read/typed.h"

/* state of a typed read: [0] offset, [1] end of the packed run being read
 * (0: between fields), [2] field number. */
enum { AT, RUN_END, FIELD };

void
typed_window(struct window *win, const struct loc *place, struct arena *scratch)
{
	size_t cap = scratch->ctx->limits.window;

	/* a program has thousands of values of a few bytes */
	window_init(win, place->src, scratch,
	    place->len < cap ? (size_t)place->len : cap);
}

/* A varint at *at, which moves past it. */
static bool
take_varint(struct window *win, uint64_t *at, uint64_t end, uint64_t *v)
{
	uint64_t left = end - *at;
	size_t n = left < 10 ? (size_t)left : 10;
	const unsigned char *p = window_at(win, *at, n);
	int used = p == NULL ? -1 : wire_varint_get(p, n, v);

	if (used <= 0)
		return false;
	*at += (unsigned)used;
	return true;
}

static bool
take_fixed(struct window *win, uint64_t *at, uint64_t end, unsigned size, uint64_t *v)
{
	const unsigned char *p;
	unsigned i;

	if (end - *at < size || (p = window_at(win, *at, size)) == NULL)
		return false;
	for (*v = 0, i = 0; i < size; i++)
		*v |= (uint64_t)p[i] << (8 * i);
	*at += size;
	return true;
}

bool
typed_take(struct window *win, uint64_t *at, uint64_t end, enum wire_type type,
    uint64_t *v)
{
	return type == WIRE_VARINT ? take_varint(win, at, end, v) :
	    take_fixed(win, at, end, type == WIRE_FIXED32 ? 4 : 8, v);
}

int
typed_next(struct window *win, uint64_t *at, uint64_t end, struct wire_field *f)
{
	uint64_t tag;

	if (*at >= end)
		return 0;
	if (!take_varint(win, at, end, &tag))
		return -1;
	f->number = (uint32_t)(tag >> 3);
	f->type = tag & 7;
	f->at = *at;
	f->len = 0;
	if (f->type == WIRE_BYTES) {
		if (!take_varint(win, at, end, &f->len) || f->len > end - *at)
			return -1;
		f->at = *at;
		*at += f->len;
		return 1;
	}
	if (f->type == WIRE_START || f->type == WIRE_END || (int)f->type > WIRE_FIXED32)
		return -1;
	return typed_take(win, at, end, f->type, &f->value) ? 1 : -1;
}

/* Move to the next entry outside a run, passing other fields. 1: an unpacked
 * entry or a run starts at AT; 0: end of the message; -1: damage. */
static int
seek_entry(struct tensor_read *tr, uint64_t end, enum wire_type entry)
{
	struct wire_field f;
	int found;

	while ((found = typed_next(tr->win, &tr->state[AT], end, &f)) > 0) {
		if (f.number != tr->state[FIELD] ||
		    (f.type != entry && f.type != WIRE_BYTES))
			continue;
		tr->state[AT] = f.at;
		tr->state[RUN_END] = f.type == WIRE_BYTES ? f.at + f.len : 0;
		return 1;
	}
	return found;
}

void
typed_put(unsigned char *buf, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf[i] = (unsigned char)(v >> (8 * i));
}

/* Copy fixed-size entries of a run in one go; bytes copied. */
static uint32_t
copy_run(struct tensor_read *tr, unsigned char *buf, uint32_t room, unsigned bytes)
{
	uint64_t n = tr->state[RUN_END] - tr->state[AT];
	const unsigned char *p;

	n = n < room ? n : room;
	n = n < tr->win->cap ? n : tr->win->cap;
	n -= n % bytes;
	if (n == 0 || (p = window_at(tr->win, tr->state[AT], n)) == NULL)
		return 0;
	memcpy(buf, p, n);
	tr->state[AT] += n;
	return (uint32_t)n;
}

static uint64_t
message_end(const struct tensor_read *tr)
{
	return tr->t->place.off + tr->t->place.len;
}

static void
start(struct tensor_read *tr, struct arena *scratch, uint32_t field)
{
	if (tr->win != NULL)
		return;
	tr->win = arena_alloc(scratch, sizeof *tr->win);
	typed_window(tr->win, &tr->t->place, scratch);
	tr->state[AT] = tr->t->place.off;
	tr->state[FIELD] = field;
}

long
typed_read(struct tensor_read *tr, struct arena *scratch, void *to, uint32_t n,
    const struct typed_form *form)
{
	unsigned char *buf = to;
	enum wire_type type = form->type;
	unsigned bytes = form->bytes;
	uint64_t end = message_end(tr), v;
	uint32_t done = 0, got;
	int found;

	start(tr, scratch, form->field);
	while (done + bytes <= n) {
		if (tr->state[RUN_END] != 0 && tr->state[AT] >= tr->state[RUN_END])
			tr->state[RUN_END] = 0;
		if (tr->state[RUN_END] == 0 && (found = seek_entry(tr, end, type)) <= 0)
			return found < 0 && done == 0 ? -1 : (long)done;
		if (tr->state[RUN_END] != 0 && tr->state[AT] == tr->state[RUN_END])
			continue; /* an empty run */
		if (type != WIRE_VARINT && tr->state[RUN_END] != 0) {
			if ((got = copy_run(tr, buf + done, n - done, bytes)) == 0)
				return done == 0 ? -1 : (long)done;
			done += got;
			continue;
		}
		if (!typed_take(tr->win, &tr->state[AT],
		    tr->state[RUN_END] ? tr->state[RUN_END] : end, type, &v))
			return done == 0 ? -1 : (long)done;
		typed_put(buf + done, v, bytes);
		done += bytes;
	}
	return (long)done;
}

long
typed_strings(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n,
    uint32_t field)
{
	unsigned char *out = buf;
	uint64_t len;
	uint32_t part;
	int found;

	start(tr, scratch, field);
	found = seek_entry(tr, message_end(tr), WIRE_BYTES);
	if (found <= 0 || n < 4)
		return found;
	len = tr->state[RUN_END] - tr->state[AT];
	part = len < n - 4 ? (uint32_t)len : n - 4;
	typed_put(out, len, 4);
	if (source_read(tr->t->place.src, tr->state[AT], out + 4, part) != (long)part)
		return -1;
	tr->state[AT] = tr->state[RUN_END];
	tr->state[RUN_END] = 0;
	return (long)part + 4;
}
