/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors: reading a payload piece by piece. */
#include <string.h>

#include "base/source.h"
#include "ir/graph.h"
#include "ir/held.h"
#include "ir/tensor.h"

uint64_t
tensor_bytes(const struct tensor *t)
{
	uint64_t bytes;

	dtype_bytes(t->dtype, t->numel, &bytes);
	return bytes;
}

bool
dims_alike(const int64_t *a, uint32_t na, const int64_t *b, uint32_t nb)
{
	uint32_t i = 0, k = 0;

	for (;;) {
		while (i < na && a[i] == 1)
			i++;
		while (k < nb && b[k] == 1)
			k++;
		if (i == na || k == nb)
			return i == na && k == nb;
		if (a[i++] != b[k++])
			return false;
	}
}

void
tensor_set_dims(struct tensor *t, const int64_t *dims, uint32_t rank)
{
	uint32_t i;

	t->dims = dims;
	t->rank = rank;
	t->numel = 1;
	for (i = 0; i < rank; i++) {
		if (dims[i] < 0)
			t->flags |= TENSOR_BAD_DIMS;
		if (dims[i] <= 0)
			t->numel = 0;
	}
	for (i = 0; i < rank && t->numel > 0; i++) {
		if (__builtin_mul_overflow(t->numel, (uint64_t)dims[i], &t->numel)) {
			t->flags |= TENSOR_BAD_DIMS;
			t->numel = UINT64_MAX;
			return;
		}
	}
}

static long
read_raw(struct tensor_read *r, struct arena *scratch, void *buf, uint32_t n)
{
	const struct loc *place = &r->t->place;
	long got;

	(void)scratch;
	if (place->src == NULL)
		return -1;
	if (n > place->len - r->done)
		n = (uint32_t)(place->len - r->done);
	if (n == 0)
		return 0;
	got = source_read(place->src, place->off + r->done, buf, n);
	/* the file ends before the place does */
	return got > 0 ? got : -1;
}

static long
read_none(struct tensor_read *r, struct arena *scratch, void *buf, uint32_t n)
{
	(void)r, (void)scratch, (void)buf, (void)n;
	return -1;
}

const struct tensor_enc TENSOR_RAW = { "raw", read_raw };
const struct tensor_enc TENSOR_NONE = { "none", read_none };
const struct tensor_enc TENSOR_ITEMS[] = {
	[ITEMS_LIST] = { "list", read_none }, [ITEMS_TUPLE] = { "tuple", read_none },
	[ITEMS_DICT] = { "dictionary", read_none }, [ITEMS_OBJECT] = { "object", read_none }
};

void
tensor_open(struct tensor_read *r, const struct tensor *t)
{
	memset(r, 0, sizeof *r);
	r->t = t;
}

long
tensor_next(struct tensor_read *r, struct arena *scratch, void *buf, uint32_t n)
{
	uint64_t size = dtype_bits(r->t->dtype) == 0 ? UINT64_MAX : tensor_bytes(r->t);
	long got;

	/* more than dims ask for is no part of the tensor */
	if (n > size - r->done)
		n = (uint32_t)(size - r->done);
	if (n == 0)
		return 0;
	got = r->t->enc->read(r, scratch, buf, n);
	if (got > 0)
		r->done += (uint64_t)got;
	return got;
}

long
tensor_fill(struct tensor_read *r, struct arena *scratch, void *buf, uint32_t n)
{
	uint32_t done = 0;
	long got;

	while (done < n) {
		got = tensor_next(r, scratch, (char *)buf + done, n - done);
		if (got < 0 && done == 0)
			return -1;
		if (got <= 0)
			break;
		done += (uint32_t)got;
	}
	return (long)done;
}

uint64_t
tensor_first(const struct tensor *t, struct arena *scratch, void *buf, uint64_t max)
{
	unsigned bits = dtype_bits(t->dtype);
	struct tensor_read r;
	uint64_t want;
	long got;

	if (max > t->numel)
		max = t->numel;
	if (bits == 0 || !dtype_bytes(t->dtype, max, &want) || want > UINT32_MAX)
		return 0;
	tensor_open(&r, t);
	got = tensor_fill(&r, scratch, buf, (uint32_t)want);
	if (got <= 0)
		return 0;
	return (uint64_t)got == want ? max : (uint64_t)got * 8 / bits;
}

/* Strings come behind their length, the two in one piece. */
bool
tensor_word(const struct tensor *t, struct arena *scratch, char *buf, uint32_t size)
{
	unsigned char bytes[256];
	struct tensor_read r;
	uint32_t len;
	long got;

	if (t == NULL || t->dtype != DT_STR || t->numel != 1 || t->items != NULL)
		return false;
	tensor_open(&r, t);
	got = tensor_next(&r, scratch, bytes, sizeof bytes);
	if (got < 4)
		return false;
	len = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	    (uint32_t)bytes[3] << 24;
	if (len > (uint32_t)got - 4 || len >= size)
		return false;
	memcpy(buf, bytes + 4, len);
	buf[len] = '\0';
	return true;
}

uint64_t
node_constant_bytes(const struct node *n)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL &&
		    tensor_held_bytes(n->in[i]->constant) < UINT64_MAX - sum)
			sum += tensor_held_bytes(n->in[i]->constant);
	return sum;
}
