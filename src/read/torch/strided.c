/* SPDX-License-Identifier: Apache-2.0 */
/* Views. What lies in row order is read as one stretch, else the storage is
 * read once when it is of a bearable size, since elements far from each other
 * would cost a call each. */
#include <string.h>

#include "base/arena.h"
#include "base/source.h"
#include "read/torch/strided.h"

enum { WHOLE_MAX = 64 << 20 };

bool
strided_extent(const struct tensor *t, const struct strided *v, int64_t *n)
{
	int64_t last = v->offset, step;

	*n = 0;
	if (v->offset < 0 || (t->flags & TENSOR_BAD_DIMS))
		return false;
	for (uint32_t i = 0; i < t->rank; i++)
		if (t->dims[i] > 1 && (v->strides[i] < 0 ||
		    __builtin_mul_overflow(t->dims[i] - 1, v->strides[i], &step) ||
		    __builtin_add_overflow(last, step, &last)))
			return false;
	if (t->numel > 0 && __builtin_add_overflow(last, 1, n))
		return false;
	return true;
}

/* Elements that lie one behind the other, in whole trailing dims. */
static uint64_t
inner_run(const struct tensor *t, const int64_t *strides)
{
	uint64_t run = 1;

	for (uint32_t i = t->rank; i-- > 0; run *= (uint64_t)t->dims[i])
		if (t->dims[i] != 1 && (uint64_t)strides[i] != run)
			break;
	return run;
}

/* Offset of element i of the tensor in its storage, in elements. */
static uint64_t
offset_of(const struct tensor *t, const struct strided *v, uint64_t i)
{
	uint64_t at = (uint64_t)v->offset;

	for (uint32_t d = t->rank; d-- > 0; i /= (uint64_t)t->dims[d])
		at += i % (uint64_t)t->dims[d] * (uint64_t)v->strides[d];
	return at;
}

/* The storage in memory; NULL when it is too large. state[0]: 0 not tried,
 * 1 not had, else its address. */
static const unsigned char *
whole(struct tensor_read *r, struct arena *scratch)
{
	const struct loc *s = &r->t->view->storage;
	unsigned char *buf = NULL;

	if (r->state[0] == 0) {
		r->state[0] = 1;
		if (s->len <= WHOLE_MAX)
			buf = arena_try(scratch, s->len, 1);
		if (buf != NULL && source_read(s->src, s->off, buf, s->len) == (long)s->len)
			r->state[0] = (uintptr_t)buf;
	}
	return r->state[0] == 1 ? NULL : (const unsigned char *)(uintptr_t)r->state[0];
}

/* n bytes of the storage. */
static bool
fetch(struct tensor_read *r, const unsigned char *all, uint64_t at, void *buf, size_t n)
{
	const struct loc *s = &r->t->view->storage;

	if (at > s->len || n > s->len - at)
		return false;
	if (all == NULL)
		return source_read(s->src, s->off + at, buf, n) == (long)n;
	memcpy(buf, all + at, n);
	return true;
}

/* One element, its bytes turned around. */
static bool
fetch_big(struct tensor_read *r, const unsigned char *all, uint64_t at, unsigned char *buf,
    unsigned size)
{
	unsigned char big[16];

	if (!fetch(r, all, at, big, size))
		return false;
	for (unsigned i = 0; i < size; i++)
		buf[i] = big[size - 1 - i];
	return true;
}

static long
read_strided(struct tensor_read *r, struct arena *scratch, void *buf, uint32_t n)
{
	const struct tensor *t = r->t;
	const struct strided *v = t->view;
	unsigned size = dtype_bits(t->dtype) / 8;
	uint64_t run = v->big ? 1 : inner_run(t, v->strides), i = r->done / size, many;
	const unsigned char *all = run * size < 4096 ? whole(r, scratch) : NULL;
	uint32_t done = 0;

	for (; i < t->numel && n - done >= size; i += many, done += (uint32_t)(many * size)) {
		many = run - i % run;
		if (many > (n - done) / size)
			many = (n - done) / size;
		if (v->big ? !fetch_big(r, all, offset_of(t, v, i) * size,
		    (unsigned char *)buf + done, size) :
		    !fetch(r, all, offset_of(t, v, i) * size, (char *)buf + done, many * size))
			return done > 0 ? (long)done : -1;
	}
	return (long)done;
}

static const struct tensor_enc ENC_STRIDED = { "strided", read_strided };
static const struct tensor_enc ENC_BIG = { "big-endian", read_strided };

bool
strided_place(struct tensor *t, struct arena *a, const struct strided *v)
{
	unsigned size = dtype_bits(t->dtype) / 8;
	int64_t n;

	t->enc = &TENSOR_NONE;
	if (size == 0 || !strided_extent(t, v, &n) || (uint64_t)n > v->storage.len / size)
		return false;
	t->place = v->storage;
	t->stored = tensor_bytes(t);
	if (t->numel == 0 || (inner_run(t, v->strides) == t->numel && (!v->big || size == 1))) {
		t->enc = &TENSOR_RAW;
		t->place.off += t->numel == 0 ? 0 : (uint64_t)v->offset * size;
		t->place.len = tensor_bytes(t);
		return true;
	}
	t->enc = v->big ? &ENC_BIG : &ENC_STRIDED;
	t->view = memcpy(arena_alloc(a, sizeof *v), v, sizeof *v);
	return true;
}
