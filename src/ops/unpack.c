/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking compressed weights. Elements come in row-major order; stored
 * values, indices and masks are read on alongside, palettes and scales are held
 * in memory. Only palettes of vectors need their indices out of order: these
 * are held as well. Bits that do not fill a byte wait for the next call. */
#include <string.h>

#include "base/arena.h"
#include "ir/tensor.h"
#include "ops/packing.h"
#include "ops/unpack.h"

/* The tensor first: a read leads to the rest. */
struct unpacked {
	struct tensor t;
	struct packing p;
	enum unpack_what what;
	bool sparse; /* what is masked out is left out */
};

/* Bytes of a part that are held at a time: whole elements of 1 to 64 bits. */
enum { FEED = 6144 };

/* A part read on from its start. */
struct feed {
	struct tensor_read r;
	enum dtype dtype;    /* may be narrower than the tensor's: bits in bytes */
	uint64_t first, n;   /* elements that buf holds */
	unsigned char buf[FEED];
};

enum { NONE = 0xffff }; /* code of what is masked out */

struct unpack {
	const struct unpacked *u;
	struct arena *scratch;
	struct feed data, mask;
	const unsigned char *table, *offset; /* all of them, packed */
	const uint16_t *codes;    /* of vector palettes: all indices */
	int64_t at[PACKING_RANK]; /* coordinates of the next element */
	int64_t stride[PACKING_RANK]; /* between groups of a dim */
	uint64_t i, taken;        /* elements passed; stored values taken */
	uint64_t row;             /* group by all dims but the last */
	uint64_t bits;            /* waiting, the lowest first */
	unsigned nbits;
	bool damaged;
};

static bool
feed_get(struct feed *f, struct arena *scratch, uint64_t i, double *out)
{
	long got;

	while (i >= f->first + f->n) {
		f->first += f->n;
		got = tensor_fill(&f->r, scratch, f->buf, sizeof f->buf);
		f->n = got <= 0 ? 0 : (uint64_t)got * 8 / dtype_bits(f->dtype);
		if (f->n == 0)
			return false;
	}
	*out = dtype_get(f->dtype, f->buf, i - f->first);
	return true;
}

static void
feed_open(struct feed *f, const struct tensor *t, enum dtype dtype)
{
	tensor_open(&f->r, t);
	f->dtype = dtype;
}

/* All of a part; NULL: it is not there or memory does not have it. */
static const unsigned char *
whole(struct arena *scratch, const struct tensor *t)
{
	uint64_t bytes = tensor_bytes(t);
	struct tensor_read r;
	unsigned char *buf;

	if (bytes > UINT32_MAX || (buf = arena_try(scratch, bytes + 8, 1)) == NULL)
		return NULL;
	tensor_open(&r, t);
	return tensor_fill(&r, scratch, buf, (uint32_t)bytes) == (long)bytes ? buf : NULL;
}

/* Is element i of the mask set? All are when there is none. */
static bool
masked_in(struct unpack *k, uint64_t i)
{
	double bit = 1;

	if (k->u->p.mask.t != NULL && !feed_get(&k->mask, k->scratch, i, &bit))
		k->damaged = true;
	return bit != 0;
}

static const uint16_t *
all_codes(struct unpack *k)
{
	const struct packing *p = &k->u->p;
	uint64_t n = p->numel / p->vector;
	uint16_t *codes = arena_try(k->scratch, n + 1, sizeof *codes);
	double code;

	for (uint64_t i = 0; codes != NULL && i < n && !k->damaged; i++) {
		codes[i] = NONE;
		if (!masked_in(k, i))
			continue;
		if (!feed_get(&k->data, k->scratch, k->taken++, &code))
			k->damaged = true;
		codes[i] = (uint16_t)code;
	}
	return k->damaged ? NULL : codes;
}

static bool
hold_table(const struct packing_part *part, struct arena *scratch, const unsigned char **out)
{
	*out = NULL;
	if (part->t == NULL)
		return true;
	*out = whole(scratch, part->t);
	return *out != NULL;
}

static struct unpack *
start(const struct unpacked *u, struct arena *scratch)
{
	const struct packing *p = &u->p;
	struct unpack *k = arena_alloc(scratch, sizeof *k);
	int64_t stride = 1;

	k->u = u;
	k->scratch = scratch;
	feed_open(&k->data, p->data.t, p->from);
	if (p->mask.t != NULL)
		feed_open(&k->mask, p->mask.t, DT_U1);
	for (uint32_t d = p->rank; d-- > 0; stride *= p->groups[d])
		k->stride[d] = stride;
	k->damaged = !hold_table(&p->table, scratch, &k->table) ||
	    !hold_table(&p->offset, scratch, &k->offset);
	if (!k->damaged && p->vector > 1)
		k->damaged = (k->codes = all_codes(k)) == NULL;
	return k;
}

static uint64_t
group_of(const struct packing *p, const struct unpack *k, uint32_t d)
{
	return p->groups[d] == 1 ? 0 : (uint64_t)(k->stride[d] *
	    (int64_t)((unsigned __int128)k->at[d] * (uint64_t)p->groups[d] /
	    (uint64_t)p->dims[d]));
}

static void
find_row(struct unpack *k)
{
	k->row = 0;
	for (uint32_t d = 0; d + 1 < k->u->p.rank; d++)
		k->row += group_of(&k->u->p, k, d);
}

/* Number of the palette or scale of the element at hand. */
static uint64_t
find_group(const struct unpack *k)
{
	const struct packing *p = &k->u->p;

	return p->rank == 0 ? 0 : k->row + group_of(p, k, p->rank - 1);
}

static void
step(struct unpack *k)
{
	const struct packing *p = &k->u->p;
	uint32_t d;

	k->i++;
	for (d = p->rank; d-- > 0; k->at[d] = 0)
		if (++k->at[d] < p->dims[d])
			break;
	if (d + 1 < p->rank || d == UINT32_MAX)
		find_row(k);
}

/* Index of the vector that the element lies in. */
static uint64_t
vector_of(const struct packing *p, const struct unpack *k)
{
	uint64_t i = 0;

	for (uint32_t d = 0; d < p->rank; d++)
		i = d == p->vector_axis ?
		    i * ((uint64_t)p->dims[d] / p->vector) + (uint64_t)k->at[d] / p->vector :
		    i * (uint64_t)p->dims[d] + (uint64_t)k->at[d];
	return i;
}

/* Of a part that has one element for all groups, or one for each. */
static double
part_get(const struct packing_part *part, const unsigned char *held, uint64_t group)
{
	if (part->t == NULL)
		return part->one;
	return dtype_get(part->t->dtype, held, part->t->numel > 1 ? group : 0);
}

/* A stored value at its place. */
static double
decode(struct unpack *k, double stored)
{
	const struct packing *p = &k->u->p;
	uint64_t group, lane = 0, code;
	double offset;

	if (!p->table.given)
		return stored;
	group = find_group(k);
	if (p->form == PACKING_PALETTE || p->form == PACKING_SPARSE_PALETTE) {
		code = (uint64_t)stored;
		if (p->vector > 1)
			lane = (uint64_t)k->at[p->vector_axis] % p->vector;
		k->damaged |= code >= p->entries;
		return code >= p->entries ? 0 : dtype_get(p->table.t->dtype, k->table,
		    (group * p->entries + code) * p->vector + lane);
	}
	offset = p->offset.given ? part_get(&p->offset, k->offset, group) : 0;
	return (stored - offset) * part_get(&p->table, k->table, group);
}

/* The stored value of the element at hand; false: it is masked out. */
static bool
take(struct unpack *k, double *stored)
{
	uint16_t code;

	if (k->codes != NULL) {
		code = k->codes[vector_of(&k->u->p, k)];
		*stored = code;
		return code != NONE;
	}
	if (!masked_in(k, k->i))
		return false;
	if (!feed_get(&k->data, k->scratch, k->taken++, stored))
		k->damaged = true;
	return true;
}

/* The next element that is given out; false at the end and at damage. */
static bool
next(struct unpack *k, double *out)
{
	const struct unpacked *u = k->u;
	double stored;
	bool in;

	for (; k->i < u->p.numel && !k->damaged; step(k)) {
		in = take(k, &stored);
		if (u->what == UNPACK_MASK)
			*out = in;
		else if (in)
			*out = decode(k, stored);
		else if (u->sparse)
			continue;
		else
			*out = 0;
		step(k);
		return !k->damaged;
	}
	return false;
}

static long
unpack_read(struct tensor_read *r, struct arena *scratch, void *buf, uint32_t n)
{
	struct unpack *k;
	unsigned char *out = buf;
	unsigned width = dtype_bits(r->t->dtype);
	uint32_t done = 0;
	double v;

	if (r->done == 0 && r->state[0] == 0)
		r->state[0] = (uintptr_t)start((const struct unpacked *)r->t, scratch);
	k = (struct unpack *)(uintptr_t)r->state[0];
	while (done < n) {
		if (k->nbits < 8 && next(k, &v)) {
			k->bits |= dtype_code(r->t->dtype, v) << k->nbits;
			k->nbits += width;
			continue;
		}
		if (k->nbits == 0)
			break;
		out[done++] = (unsigned char)k->bits;
		k->bits >>= 8;
		k->nbits -= k->nbits < 8 ? k->nbits : 8;
	}
	return done == 0 && k->damaged ? -1 : (long)done;
}

static const struct tensor_enc encs[PACKING_FORMS] = {
	[PACKING_CAST] = { "cast", unpack_read }, [PACKING_AFFINE] = { "affine", unpack_read },
	[PACKING_PALETTE] = { "palette", unpack_read },
	[PACKING_SPARSE] = { "sparse", unpack_read }, [PACKING_BLOCKS] = { "blocks", unpack_read },
	[PACKING_SPARSE_PALETTE] = { "sparse-palette", unpack_read },
	[PACKING_SPARSE_BLOCKS] = { "sparse-blocks", unpack_read },
};

const struct tensor *
unpack_tensor(const struct str *name, const struct packing *p, enum unpack_what what,
    struct arena *a)
{
	struct unpacked *u = arena_alloc(a, sizeof *u);
	int64_t *flat = arena_alloc(a, sizeof *flat);

	u->p = *p;
	u->what = what;
	u->sparse = what == UNPACK_VALUES && (p->form == PACKING_SPARSE_PALETTE ||
	    p->form == PACKING_SPARSE_BLOCKS);
	u->t.name = name;
	u->t.dtype = what == UNPACK_MASK ? DT_U1 : p->to;
	u->t.enc = &encs[p->form];
	u->t.flags = p->missing ? TENSOR_MISSING : 0;
	*flat = (int64_t)(p->count * p->vector);
	if (u->sparse)
		tensor_set_dims(&u->t, flat, 1);
	else
		tensor_set_dims(&u->t, u->p.dims, p->rank);
	return &u->t;
}
