/* SPDX-License-Identifier: Apache-2.0 */
/* In what two counterparts differ. */
#include <string.h>

#include "align/state.h"
#include "base/str.h"
#include "ir/tensor.h"

/* Weights that are unpacked one from the other. */
enum { PACKED_DEPTH = 8 };

static bool
same_str(const struct str *a, const struct str *b)
{
	return a == b || (a != NULL && b != NULL && a->len == b->len &&
	    memcmp(a->s, b->s, a->len) == 0);
}

static bool
same_dims(const struct tensor *a, const struct tensor *b)
{
	return a->rank == b->rank &&
	    (a->rank == 0 || memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0);
}

static bool
same_tensor(const struct tensor *a, const struct tensor *b)
{
	return a->dtype == b->dtype && same_dims(a, b);
}

static bool
same_bytes(const void *a, const void *b, uint64_t size)
{
	return size == 0 || (a != NULL && b != NULL && memcmp(a, b, size) == 0);
}

/* Of two models: nothing is the same pointer. */
static bool
same_attr(struct aligner *al, const struct attr *a, const struct attr *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case ATTR_INT:
		return a->v.i == b->v.i;
	case ATTR_FLOAT:
		return memcmp(&a->v.f, &b->v.f, sizeof a->v.f) == 0;
	case ATTR_STRING:
		return same_str(a->v.s, b->v.s);
	case ATTR_INTS:
		return a->n == b->n && same_bytes(a->v.ints, b->v.ints, a->n * sizeof *a->v.ints);
	case ATTR_FLOATS:
		return a->n == b->n &&
		    same_bytes(a->v.floats, b->v.floats, a->n * sizeof *a->v.floats);
	case ATTR_STRINGS:
		for (uint64_t i = 0; i < a->n && a->n == b->n; i++)
			if (!same_str(a->v.strings[i], b->v.strings[i]))
				return false;
		return a->n == b->n;
	case ATTR_TENSOR:
		return same_tensor(a->v.t, b->v.t) && content_equal(al, a->v.t, b->v.t);
	case ATTR_NONE: case ATTR_GRAPH: case ATTR_TYPE: case ATTR_SPARSE: case ATTR_TENSORS:
	case ATTR_GRAPHS: case ATTR_TYPES: case ATTR_SPARSES: case ATTR_KIND_COUNT:
		break;
	}
	return a->n == b->n;
}

/* at: where it is likely. */
static bool
has_attr(struct aligner *al, const struct node *n, const struct attr *a, uint32_t at)
{
	for (uint32_t i = 0; i < n->nattrs; i++) {
		const struct attr *b = &n->attrs[(at + i) % n->nattrs];

		if (same_str(b->name, a->name))
			return same_attr(al, a, b);
	}
	return false;
}

static bool
same_attrs(struct aligner *al, const struct node *a, const struct node *b)
{
	if (a->nattrs != b->nattrs)
		return false;
	for (uint32_t i = 0; i < a->nattrs; i++)
		if (!has_attr(al, b, &a->attrs[i], i))
			return false;
	return true;
}

static const struct tensor *
constant(const struct value *v)
{
	return v != NULL ? value_tensor(v) : NULL;
}

/* Operand of b that stands where operand i of a does: by place, or by parameter, of which
 * lists have several. */
static const struct value *
operand_like(const struct node *a, uint32_t i, const struct node *b)
{
	uint32_t nth;

	if (i >= a->nnamed)
		return i < b->nin ? b->in[i] : NULL;
	nth = node_nth_named(a, i);
	for (uint32_t k = 0; k < b->nnamed; k++)
		if (same_str(a->in_name[i], b->in_name[k]) && nth-- == 0)
			return b->in[k];
	return NULL;
}

/* What unpacks the weight when the model is loaded; or NULL. */
static const struct node *
unpacked_by(const struct value *v)
{
	const struct node *n = v != NULL ? v->producer : NULL;

	return n != NULL && n->op != NULL && n->op->flags & OP_AT_LOAD ? n : NULL;
}

static bool
is_wide_float(enum dtype d)
{
	return dtype_class(d) == DC_FLOAT && dtype_bits(d) >= 16;
}

/* That one is stored in fewer bits is said of the types. */
static bool
same_constant(struct aligner *al, const struct tensor *t, const struct tensor *u)
{
	if (t->dtype != u->dtype && is_wide_float(t->dtype) && is_wide_float(u->dtype))
		return same_dims(t, u) && content_rounded(al, t, u);
	return same_tensor(t, u) && content_equal(al, t, u);
}

/* Are both stored in the same way, and the same numbers? One that is unpacked may be
 * unpacked from another. */
static bool
same_packed(struct aligner *al, const struct value *v, const struct value *w, unsigned depth)
{
	const struct node *m = unpacked_by(v), *n = unpacked_by(w);

	if (constant(v) != NULL && constant(w) != NULL)
		return same_constant(al, constant(v), constant(w));
	if (m == NULL || n == NULL || depth == 0 || !same_str(m->type, n->type) ||
	    m->nin != n->nin || !same_attrs(al, m, n))
		return m == n && (constant(v) == NULL) == (constant(w) == NULL);
	for (uint32_t i = 0; i < m->nin; i++)
		if (!same_packed(al, m->in[i], operand_like(m, i, n), depth - 1))
			return false;
	return true;
}

static bool
is_weight(const struct value *v)
{
	return constant(v) != NULL || unpacked_by(v) != NULL;
}

static unsigned
operand_changes(struct aligner *al, const struct item *x, const struct item *y)
{
	const struct side *a = &al->side[0], *b = &al->side[1];
	unsigned changes = 0;

	for (uint32_t i = 0; i < x->n->nin; i++) {
		const struct value *v = x->n->in[i], *w = operand_like(x->n, i, y->n);
		uint32_t p = item_producer(a, x, i), q;

		if (is_weight(v) && is_weight(w)) {
			bool number = v->flags & VALUE_LITERAL;

			if (!same_packed(al, v, w, PACKED_DEPTH))
				changes |= number ? ALIGN_ATTRIBUTES : ALIGN_WEIGHTS;
			continue;
		}
		q = w != NULL && w->producer != NULL ? b->of[w->producer->id] : ALIGN_NONE;
		if ((v == NULL) != (w == NULL) ||
		    (p != ALIGN_NONE ? a->items[p].pair : ALIGN_NONE) != q)
			changes |= ALIGN_OPERANDS;
	}
	return changes | (x->n->nin != y->n->nin ? ALIGN_OPERANDS : 0);
}

unsigned
change_find(struct aligner *al, const struct item *x, const struct item *y)
{
	int kin = kin_ops(x, y), dims = kin_shape(x, y);
	unsigned changes = x->moved ? ALIGN_MOVED : 0;

	if (kin < (al->same_format ? KIN_SAME : KIN_FAR))
		changes |= ALIGN_OP;
	if (al->same_format && kin == KIN_SAME)
		changes |= same_attrs(al, x->n, y->n) ? operand_changes(al, x, y) :
		    operand_changes(al, x, y) | ALIGN_ATTRIBUTES;
	if (x->type != NULL && y->type != NULL && x->type->dtype != y->type->dtype)
		changes |= ALIGN_DTYPE;
	if (dims < 0)
		changes |= ALIGN_DIMS;
	return changes;
}
