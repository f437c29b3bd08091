/* SPDX-License-Identifier: Apache-2.0 */
/* Columns are read by walking the message again, down the path and back up.
 * Between calls the walk stands behind the last element it handed out. */
#include <string.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "read/coreml/column.h"
#include "read/typed.h"

/* State of a read; first the window, by which tensor_read knows it. */
struct walk {
	struct window win;
	const struct column *c;
	uint32_t level;                /* of the message it stands in */
	struct { uint64_t at, end; bool seen; } msg[COLUMN_DEPTH];
	uint64_t run, run_end;         /* packed list being handed out */
	struct wire_field now;         /* the element found */
};

enum dtype
column_dtype(const ProtobufCFieldDescriptor *d)
{
	switch (d->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_ENUM:
		return DT_I32;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return DT_I64;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return DT_U32;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return DT_U64;
	case PROTOBUF_C_TYPE_FLOAT:
		return DT_F32;
	case PROTOBUF_C_TYPE_DOUBLE:
		return DT_F64;
	case PROTOBUF_C_TYPE_BOOL:
		return DT_BOOL;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
		return DT_STR;
	case PROTOBUF_C_TYPE_MESSAGE:
		break;
	}
	return DT_NONE;
}

static enum wire_type
entry_type(enum dtype dt)
{
	return dt == DT_STR ? WIRE_BYTES : dt == DT_F32 ? WIRE_FIXED32 :
	    dt == DT_F64 ? WIRE_FIXED64 : WIRE_VARINT;
}

/* Leave a message; true when it was a row without the field, which counts as
 * one. */
static bool
go_up(struct walk *w)
{
	bool seen = w->msg[w->level].seen, is_row;

	w->level--;
	is_row = w->level == w->c->row;
	w->msg[w->level].seen |= seen;
	memset(&w->now, 0, sizeof w->now);
	return is_row && !seen && !w->c->list;
}

/* A field on the path: 1 when it is an element. */
static int
take_field(struct walk *w, const struct wire_field *f, enum wire_type entry)
{
	if (w->level + 1 < w->c->depth) {
		if (f->type != WIRE_BYTES)
			return 0;
		w->level++;
		w->msg[w->level].at = f->at;
		w->msg[w->level].end = f->at + f->len;
		w->msg[w->level].seen = false;
		return 0;
	}
	if (f->type != entry && f->type != WIRE_BYTES)
		return 0;
	w->msg[w->level].seen = true;
	w->now = *f;
	if (f->type == entry)
		return 1;
	w->run = f->at;
	w->run_end = f->at + f->len;
	return 0;
}

/* The next element in now: 1, or 0 at the end, -1 at damage. */
static int
next_element(struct walk *w)
{
	enum wire_type entry = entry_type(w->c->t.dtype);
	struct wire_field f;
	int found;

	for (;;) {
		if (w->run < w->run_end)
			return typed_take(&w->win, &w->run, w->run_end, entry,
			    &w->now.value) ? 1 : -1;
		found = typed_next(&w->win, &w->msg[w->level].at, w->msg[w->level].end,
		    &f);
		if (found < 0 || (found == 0 && w->level == 0))
			return found;
		if (found == 0) {
			if (go_up(w))
				return 1;
		} else if (f.number == w->c->path[w->level] &&
		    take_field(w, &f, entry) > 0) {
			return 1;
		}
	}
}

static struct walk *
walk_of(struct tensor_read *tr, struct arena *scratch)
{
	const struct loc *place = &tr->t->place;
	struct walk *w;

	if (tr->win != NULL)
		return (struct walk *)tr->win;
	w = arena_alloc(scratch, sizeof *w);
	typed_window(&w->win, place, scratch);
	w->c = (const struct column *)tr->t;
	w->msg[0].at = place->off;
	w->msg[0].end = place->off + place->len;
	tr->win = &w->win;
	return w;
}

static long
read_numbers(struct walk *w, unsigned char *buf, uint32_t n)
{
	unsigned bytes = dtype_bits(w->c->t.dtype) / 8;
	uint32_t done = 0;
	int found;

	while (done + bytes <= n) {
		if ((found = next_element(w)) <= 0)
			return found < 0 && done == 0 ? -1 : (long)done;
		typed_put(buf + done, w->now.value, bytes);
		done += bytes;
	}
	return (long)done;
}

static long
column_read(struct tensor_read *tr, struct arena *scratch, void *buf, uint32_t n)
{
	struct walk *w = walk_of(tr, scratch);
	unsigned char *out = buf;
	uint32_t part;
	int found;

	if (tr->t->dtype != DT_STR)
		return read_numbers(w, buf, n);
	if (n < 4 || (found = next_element(w)) <= 0)
		return n < 4 ? 0 : found;
	part = w->now.len < n - 4 ? (uint32_t)w->now.len : n - 4;
	typed_put(out, w->now.len, 4);
	if (source_read(tr->t->place.src, w->now.at, out + 4, part) != (long)part)
		return -1;
	return (long)part + 4;
}

const struct tensor_enc ENC_COLUMN = { "column", column_read };
