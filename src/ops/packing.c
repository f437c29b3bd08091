/* SPDX-License-Identifier: Apache-2.0 */
/* From a constexpr node to what it means. Invariant: when why is NULL, the
 * parts have as many elements as form, dims, groups, entries and vector ask
 * for, so unpacking has no more to check than the bytes that are there. */
#include <string.h>

#include "base/arena.h"
#include "ir/graph.h"
#include "ir/tensor.h"
#include "ops/packing.h"
#include "ops/unpack.h"

static const char *const names[PACKING_FORMS] = {
	"cast", "affine", "palette", "sparse", "blocks", "sparse-palette", "sparse-blocks"
};

const char *
packing_name(enum packing_form form)
{
	return names[form];
}

/* Parameters by their names; joint forms lead to those of both kinds. */
static const struct kind {
	const char *type;
	enum packing_form form;
	const char *data, *mask, *table, *offset;
} kinds[] = {
	{ "constexpr_affine_dequantize", PACKING_AFFINE, "quantized_data", NULL, "scale",
	    "zero_point" },
	{ "constexpr_blockwise_shift_scale", PACKING_BLOCKS, "data", NULL, "scale", "offset" },
	{ "constexpr_cast", PACKING_CAST, "source_val", NULL, NULL, NULL },
	{ "constexpr_lut_to_dense", PACKING_PALETTE, "indices", NULL, "lut", NULL },
	{ "constexpr_lut_to_sparse", PACKING_SPARSE_PALETTE, "indices_nonzero_data",
	    "indices_mask", "lut", NULL },
	{ "constexpr_sparse_blockwise_shift_scale", PACKING_SPARSE_BLOCKS, "nonzero_data",
	    "data_mask", "scale", "offset" },
	{ "constexpr_sparse_to_dense", PACKING_SPARSE, "nonzero_data", "mask", NULL, NULL },
};

static const char absent[] = "a part is not there";

static const struct kind *
kind_of(const struct node *n)
{
	if (n->type == NULL || strncmp(n->type->s, "constexpr_", 10) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(n->type->s, kinds[i].type) == 0)
			return &kinds[i];
	return NULL;
}

int
packing_form_of(const struct node *n)
{
	const struct kind *k = kind_of(n);

	return k != NULL ? (int)k->form : -1;
}

enum { CHAIN = 4 }; /* nodes that feed each other: two in all that is written */
static const struct tensor *tensor_of(const struct value *, struct arena *, unsigned depth);

static struct packing_part
attr_part(const struct attr *a)
{
	struct packing_part part = { NULL, true, 0 };

	if (a->kind == ATTR_TENSOR)
		part.t = a->v.t;
	else if (a->kind == ATTR_INT)
		part.one = (double)a->v.i;
	else if (a->kind == ATTR_FLOAT)
		part.one = a->v.f;
	else
		part.given = false;
	return part;
}

static struct packing_part
find_part(const struct node *n, const char *name, struct arena *a, unsigned depth)
{
	struct packing_part part = { NULL, false, 0 };
	const struct attr *attr;
	uint32_t i;

	if (name == NULL)
		return part;
	for (i = 0; i < n->nnamed; i++)
		if (n->in[i] != NULL && strcmp(n->in_name[i]->s, name) == 0) {
			part.t = tensor_of(n->in[i], a, depth);
			part.given = true;
			return part;
		}
	attr = node_attr(n, name);
	return attr != NULL ? attr_part(attr) : part;
}

static uint64_t
part_count(const struct packing_part *part)
{
	return part->t != NULL ? part->t->numel : 1;
}

/* A whole number that stands in an attribute or a tensor of one element. */
static bool
part_number(const struct packing_part *part, struct arena *a, double *out)
{
	unsigned char buf[16];

	*out = part->one;
	if (part->t == NULL || !part->given)
		return part->given;
	if (part->t->numel != 1 || dtype_bits(part->t->dtype) == 0 ||
	    tensor_first(part->t, a, buf, 1) != 1)
		return false;
	*out = dtype_get(part->t->dtype, buf, 0);
	return true;
}

/* An axis, counted from the end when it is negative; rank: there is none. */
static uint32_t
find_axis(const struct packing *p, const struct node *n, const char *name, struct arena *a,
    unsigned depth)
{
	struct packing_part part = find_part(n, name, a, depth);
	double axis;

	if (!part_number(&part, a, &axis))
		return p->rank;
	if (axis < 0)
		axis += p->rank;
	return axis >= 0 && axis < p->rank ? (uint32_t)axis : p->rank;
}

/* The shape of the unpacked weights: as declared, or of the joint forms that
 * of the mask that comes out. */
static bool
set_dims(struct packing *p, const struct node *n)
{
	const struct value *v = n->nout > 0 ? n->out[0] : NULL;
	const struct type *type = v != NULL ? v->type : NULL;

	if (type == NULL || type->tag != TY_TENSOR || !type->has_rank ||
	    type->rank > PACKING_RANK)
		return false;
	p->rank = type->rank;
	p->numel = 1;
	for (uint32_t i = 0; i < p->rank; i++) {
		if (type->dims[i]->kind != DIM_CONST || type->dims[i]->lo < 0 ||
		    __builtin_mul_overflow(p->numel, (uint64_t)type->dims[i]->lo, &p->numel))
			return false;
		p->dims[i] = type->dims[i]->lo;
	}
	p->to = type->dtype;
	if (n->nout > 1 && n->out[1] != NULL && n->out[1]->type != NULL)
		p->to = n->out[1]->type->dtype;
	return true;
}

static unsigned
log2_of(uint64_t n)
{
	unsigned bits = 0;

	while (bits < 16 && UINT64_C(1) << bits < n)
		bits++;
	return UINT64_C(1) << bits == n ? bits : 0;
}

/* Up to iOS 17 indices are a vector of bytes, and how many bits each has
 * follows from the palette. */
static bool
set_index_type(struct packing *p)
{
	static const enum dtype by_bits[] = { DT_NONE, DT_U1, DT_U2, DT_U3, DT_U4, DT_U5,
	    DT_U6, DT_U7, DT_U8 };
	unsigned bits = log2_of(p->entries);

	p->from = bits <= 8 ? by_bits[bits] : DT_NONE;
	return p->from != DT_NONE;
}

static bool
groups_fit(struct packing *p, const int64_t *dims, uint64_t *product)
{
	*product = 1;
	for (uint32_t i = 0; i < p->rank; i++) {
		if (dims[i] < 1 || dims[i] > p->dims[i])
			return false;
		p->groups[i] = dims[i];
		*product *= (uint64_t)dims[i]; /* at most numel */
	}
	return true;
}

/* From iOS 18 on a palette has the rank of the weights, then entries, then
 * the vector: [groups..., entries, vector]. */
static const char *
read_palette(struct packing *p, const struct node *n, struct arena *a, unsigned depth)
{
	const struct tensor *lut = p->table.t;
	uint64_t groups = 1;

	p->vector_axis = p->rank;
	if (lut == NULL)
		return absent;
	if (lut->rank == 1 && n->nnamed == 0) {
		p->entries = lut->numel;
		return set_index_type(p) ? NULL : "its palette has no power of two as size";
	}
	if (lut->rank != p->rank + 2 || lut->numel == 0)
		return "its palette does not have the rank of the weights";
	p->entries = (uint64_t)lut->dims[lut->rank - 2];
	p->vector = (uint64_t)lut->dims[lut->rank - 1];
	if (p->vector > 1)
		p->vector_axis = find_axis(p, n, "vector_axis", a, depth);
	if (p->vector > 1 && (p->vector_axis == p->rank ||
	    (uint64_t)p->dims[p->vector_axis] % p->vector != 0))
		return "its vectors do not fit the weights";
	if (!groups_fit(p, lut->dims, &groups))
		return "its palettes are more than the weights have elements";
	return p->data.t == NULL || p->data.t->dtype == p->from ? NULL : "its indices are odd";
}

static const char *
read_scale(struct packing *p, const struct node *n, struct arena *a, unsigned depth)
{
	const struct tensor *s = p->table.t;
	uint64_t groups, n_scale = part_count(&p->table);
	uint32_t axis;

	if (!p->table.given)
		return absent;
	if (p->form == PACKING_AFFINE) {
		axis = n_scale > 1 || part_count(&p->offset) > 1 ?
		    find_axis(p, n, "axis", a, depth) : p->rank;
		groups = n_scale > 1 ? n_scale : part_count(&p->offset);
		if (groups > 1 && (axis == p->rank || groups != (uint64_t)p->dims[axis]))
			return "its scale does not fit the axis";
		if (groups > 1)
			p->groups[axis] = (int64_t)groups;
	} else if (s == NULL || s->rank != p->rank || !groups_fit(p, s->dims, &groups)) {
		return "its scale does not have the rank of the weights";
	}
	if ((n_scale != groups && n_scale != 1) || (p->offset.given &&
	    part_count(&p->offset) != groups && part_count(&p->offset) != 1))
		return "there are not as many offsets as scales";
	return NULL;
}

/* Whether the stored values are as many as the shape asks for. */
static const char *
check_counts(struct packing *p)
{
	bool sparse = p->mask.given;
	uint64_t have = p->data.t != NULL ? tensor_bytes(p->data.t) : 0, need;

	p->count = p->data.t != NULL ? p->data.t->numel : 0;
	if (p->data.t != NULL && p->data.t->dtype != p->from) { /* packed in bytes */
		p->count = p->numel;
		if (!dtype_bytes(p->from, p->numel, &need) || have < need)
			return "its indices are fewer than the weights";
	} else if (sparse ? p->count > p->numel / p->vector : p->count != p->numel / p->vector) {
		return "its values are not as many as the shape asks for";
	}
	return NULL;
}

static const char *
check_mask(const struct packing *p)
{
	const struct tensor *t = p->mask.t;
	uint64_t n;

	if (!p->mask.given)
		return NULL;
	if (t == NULL)
		return absent;
	n = t->dtype == DT_U1 ? t->numel : t->numel > UINT64_MAX / 8 ? 0 : t->numel * 8;
	if ((t->dtype != DT_U1 && t->dtype != DT_U8) || n < p->numel / p->vector)
		return "its mask is smaller than the weights";
	return NULL;
}

static void
add_part(struct packing *p, const struct packing_part *part)
{
	if (part->t == NULL)
		return;
	p->missing |= (part->t->flags & TENSOR_MISSING) != 0;
	if (part->t->ext != NULL || part->t->place.len > 0)
		p->stored += tensor_bytes(part->t);
}

static const char *
read_form(struct packing *p, const struct node *n, struct arena *a, unsigned depth)
{
	const char *why = NULL;

	p->vector_axis = p->rank;
	if (p->data.t == NULL)
		return absent;
	p->from = p->data.t->dtype;
	if (dtype_bits(p->from) == 0 || dtype_bits(p->to) == 0)
		return "its values are no numbers";
	if (p->form == PACKING_PALETTE || p->form == PACKING_SPARSE_PALETTE)
		why = read_palette(p, n, a, depth);
	else if (p->form != PACKING_CAST && p->form != PACKING_SPARSE)
		why = read_scale(p, n, a, depth);
	if (why == NULL)
		why = check_mask(p);
	return why != NULL ? why : check_counts(p);
}

static bool
read_node(struct packing *p, const struct node *n, struct arena *a, unsigned depth)
{
	const struct kind *k = kind_of(n);

	if (k == NULL)
		return false;
	memset(p, 0, sizeof *p);
	p->form = k->form;
	p->vector = 1;
	for (size_t i = 0; i < PACKING_RANK; i++)
		p->groups[i] = 1;
	p->data = find_part(n, k->data, a, depth);
	p->mask = find_part(n, k->mask, a, depth);
	p->table = find_part(n, k->table, a, depth);
	p->offset = find_part(n, k->offset, a, depth);
	add_part(p, &p->data);
	add_part(p, &p->mask);
	add_part(p, &p->table);
	add_part(p, &p->offset);
	p->why = !set_dims(p, n) ? "its shape is not known" :
	    (k->mask != NULL && !p->mask.given) ? absent :
	    read_form(p, n, a, depth);
	p->absent = p->why == absent;
	return true;
}

bool
packing_read(struct packing *p, const struct node *n, struct arena *a)
{
	return read_node(p, n, a, 0);
}

static const struct tensor *
unpacked(const struct value *v, struct arena *a, unsigned depth)
{
	enum unpack_what what = UNPACK_VALUES;
	struct packing p;

	if (depth >= CHAIN || !read_node(&p, v->producer, a, depth + 1))
		return NULL;
	if (v->producer->nout > 1 && v->slot == 0)
		what = UNPACK_MASK;
	if (what == UNPACK_MASK && p.vector == 1) /* handed on as it is */
		return p.mask.t;
	return p.why == NULL ? unpack_tensor(v->name, &p, what, a) : NULL;
}

static const struct tensor *
tensor_of(const struct value *v, struct arena *a, unsigned depth)
{
	const struct tensor *t = value_tensor(v);

	return t != NULL || v->producer == NULL ? t : unpacked(v, a, depth);
}

const struct tensor *
packing_tensor(const struct value *v, struct arena *a)
{
	return v->producer != NULL && v->constant == NULL ? unpacked(v, a, 0) : NULL;
}
