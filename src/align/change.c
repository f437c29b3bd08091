/* SPDX-License-Identifier: Apache-2.0 */
/* In what two counterparts differ. */
#include <stdlib.h>
#include <string.h>

#include "align/lossy.h"
#include "align/setting.h"
#include "base/str.h"
#include "ir/dim.h"
#include "ir/tensor.h"
#include "ops/packing.h"

/* Weights that are unpacked one from the other. */
enum { PACKED_DEPTH = 8 };

static bool
same_bytes(const void *a, const void *b, uint64_t size)
{
	return size == 0 || (a != NULL && b != NULL && memcmp(a, b, size) == 0);
}

static bool
same_strings(const struct attr *a, const struct attr *b)
{
	for (uint64_t i = 0; i < a->n; i++)
		if (!wire_same_name(a->v.strings[i], b->v.strings[i]))
			return false;
	return true;
}

static bool
same_tensors(struct aligner *al, const struct attr *a, const struct attr *b)
{
	for (uint64_t i = 0; i < a->n; i++)
		if (!wire_same_type(a->v.tensors[i], b->v.tensors[i]) ||
		    !content_equal(al, a->v.tensors[i], b->v.tensors[i]))
			return false;
	return true;
}

/* Of two models: nothing is the same pointer. */
static bool
same_attr(struct aligner *al, const struct attr *a, const struct attr *b)
{
	if (a->kind != b->kind || a->n != b->n || !wire_same_name(a->ref, b->ref))
		return false;
	if (a->list != NULL && b->list != NULL)
		return content_equal(al, a->list, b->list);
	switch (a->kind) {
	case ATTR_INT:
		return a->v.i == b->v.i;
	case ATTR_FLOAT:
		return memcmp(&a->v.f, &b->v.f, sizeof a->v.f) == 0;
	case ATTR_STRING:
		return wire_same_name(a->v.s, b->v.s);
	case ATTR_INTS:
		return same_bytes(a->v.ints, b->v.ints, a->n * sizeof *a->v.ints);
	case ATTR_FLOATS:
		return same_bytes(a->v.floats, b->v.floats, a->n * sizeof *a->v.floats);
	case ATTR_STRINGS:
		return same_strings(a, b);
	case ATTR_TENSOR:
		return wire_same_type(a->v.t, b->v.t) && content_equal(al, a->v.t, b->v.t);
	case ATTR_TENSORS:
		return same_tensors(al, a, b);
	case ATTR_NONE: case ATTR_GRAPH: case ATTR_TYPE: case ATTR_SPARSE: case ATTR_GRAPHS:
	case ATTR_TYPES: case ATTR_SPARSES: case ATTR_KIND_COUNT:
		break;
	}
	return true;
}

/* at: where it is likely. NULL: there is none of the name. */
static const struct attr *
find_attr(const struct node *n, const struct attr *a, uint32_t at)
{
	for (uint32_t i = 0; i < n->nattrs; i++) {
		const struct attr *b = &n->attrs[(at + i) % n->nattrs];

		if (wire_same_name(b->name, a->name))
			return b;
	}
	return NULL;
}

static int
by_name(const void *a, const void *b)
{
	const struct attr *x = *(const struct attr *const *)a, *y = *(const struct attr *const *)b;
	int by = strcmp(x->name->s, y->name->s);

	return by != 0 ? by : (x > y) - (x < y);
}

/* Of one name the first. */
static const struct attr **
attrs_by_name(struct arena *arena, const struct node *n, uint32_t *count)
{
	const struct attr **list = arena_array(arena, n->nattrs, sizeof *list);

	for (uint32_t i = 0; i < n->nattrs; i++)
		list[i] = &n->attrs[i];
	qsort(list, n->nattrs, sizeof *list, by_name);
	*count = 0;
	for (uint32_t i = 0; i < n->nattrs; i++)
		if (*count == 0 || list[i]->name != list[*count - 1]->name)
			list[(*count)++] = list[i];
	return list;
}

/* No operation takes so many: what one side has alone is no default. */
static bool
same_many_attrs(struct aligner *al, const struct node *a, const struct node *b,
	const char **what)
{
	uint32_t m, n;
	const struct attr **x = attrs_by_name(al->arena, a, &m);
	const struct attr **y = attrs_by_name(al->arena, b, &n);
	bool same = true;

	for (uint32_t i = 0, k = 0; i < m || k < n;) {
		int by = i == m ? 1 : k == n ? -1 :
		    strcmp(x[i]->name->s, y[k]->name->s);

		if (by != 0 || !same_attr(al, x[i], y[k])) {
			same = false;
			detail_attr(al, what, a, by <= 0 ? x[i] : NULL, b,
			    by >= 0 ? y[k] : NULL);
		}
		i += by <= 0;
		k += by >= 0;
	}
	return same;
}

/* Is the attribute None of Python, and has n of side k no default for it? */
static bool
left_out(struct aligner *al, unsigned k, const struct node *n, const struct attr *a)
{
	struct setting s;

	return a->kind == ATTR_NONE && !setting_of(&s, al, &al->side[k], n, a->name->s) &&
	    s.absent;
}

static bool
same_attrs(struct aligner *al, const struct node *a, const struct node *b, const char **what)
{
	enum { MANY = 128 };
	bool same = true;

	if (a->nattrs > MANY || b->nattrs > MANY)
		return same_many_attrs(al, a, b, what);
	for (uint32_t i = 0; i < a->nattrs; i++) {
		const struct attr *c = find_attr(b, &a->attrs[i], i);

		if (c != NULL ? same_attr(al, &a->attrs[i], c) :
		    left_out(al, 1, b, &a->attrs[i]))
			continue;
		if (default_same(al, a, b, a->attrs[i].name->s))
			continue;
		same = false;
		detail_attr(al, what, a, &a->attrs[i], b, c);
	}
	for (uint32_t i = 0; i < b->nattrs; i++) {
		const struct str *name = b->attrs[i].name;

		if (find_attr(a, &b->attrs[i], i) != NULL || default_same(al, a, b, name->s) ||
		    left_out(al, 0, a, &b->attrs[i]))
			continue;
		same = false;
		detail_attr(al, what, a, NULL, b, &b->attrs[i]);
	}
	return same;
}

static bool
is_wide_float(enum dtype d)
{
	return dtype_class(d) == DC_FLOAT && dtype_bits(d) >= 16;
}

static bool
same_constant(struct aligner *al, const struct value *v, const struct value *w)
{
	const struct tensor *t = wire_constant(v), *u = wire_constant(w);

	if (t->dtype != u->dtype && is_wide_float(t->dtype) && is_wide_float(u->dtype))
		return wire_same_dims(t, u) && content_rounded(al, t, u);
	return wire_same_type(t, u) && (content_known(al, v, w) || content_equal(al, t, u));
}

/* Are both stored in the same way, and the same numbers? One that is unpacked may be
 * unpacked from another. */
static bool
same_packed(struct aligner *al, const struct value *v, const struct value *w, unsigned depth)
{
	const char *what = NULL;
	const struct node *m = wire_unpacked_by(v), *n = wire_unpacked_by(w);

	if (wire_constant(v) != NULL && wire_constant(w) != NULL)
		return same_constant(al, v, w);
	if (m == NULL || n == NULL || depth == 0 || !wire_same_name(m->type, n->type) ||
	    m->nin != n->nin || !same_attrs(al, m, n, &what))
		return m == n && (wire_constant(v) == NULL) == (wire_constant(w) == NULL);
	for (uint32_t i = 0; i < m->nin; i++)
		if (!same_packed(al, m->in[i], wire_operand(m, i, n), depth - 1))
			return false;
	return true;
}

/* In what the types of two inputs differ, as they are stated: one that is known in one
 * model alone does. */
static unsigned
input_changes(const struct value *v, const struct value *w)
{
	const struct type *t = v->type, *u = w->type;
	unsigned changes;

	if (!(v->flags & w->flags & VALUE_INPUT) || t == NULL || u == NULL)
		return 0;
	changes = t->dtype != u->dtype ? ALIGN_DTYPE : 0;
	if (t->tag != u->tag || t->has_rank != u->has_rank || t->rank != u->rank)
		return changes | ALIGN_DIMS;
	for (uint32_t i = 0; i < t->rank; i++) {
		int64_t x = -1, y = -1;

		if (dim_number(t->dims[i], &x) != dim_number(u->dims[i], &y) || x != y)
			changes |= ALIGN_DIMS;
	}
	return changes;
}

/* Operands of n that m has not, beyond parameters that are the same without. */
static bool
has_more(struct aligner *al, const struct node *m, const struct node *n, const char **what)
{
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && (i < n->nnamed ? wire_operand(n, i, m) == NULL :
		    i >= m->nin) && !default_same_operand(al, m, n, n, i) &&
		    (i >= n->nnamed || !setting_is_default(al, &al->side[1], n,
		    n->in_name[i]->s))) {
			detail_operand(al, what, m, i, NULL, n, n->in[i]);
			return true;
		}
	return false;
}

/* Is one of two weights what is left of the other, in fewer bits? */
static bool
same_lossy(struct aligner *al, const struct value *v, const struct value *w)
{
	const struct node *by_v = wire_unpacked_by(v), *by_w = wire_unpacked_by(w);
	const struct tensor *t = by_v != NULL ? packing_tensor(v, al->arena) : wire_constant(v);
	const struct tensor *u = by_w != NULL ? packing_tensor(w, al->arena) : wire_constant(w);
	struct packing p, q;

	if (t == NULL || u == NULL || t->numel == 0 || !wire_same_dims(t, u) ||
	    !is_wide_float(t->dtype) || !is_wide_float(u->dtype))
		return false;
	/* stored in one way they are two versions */
	return (by_v == NULL || by_w == NULL || (packing_read(&p, by_v, al->arena) &&
	    packing_read(&q, by_w, al->arena) && (p.form != q.form || p.from != q.from))) &&
	    (by_v != NULL || by_w != NULL) && lossy_same(al, t, by_v, u, by_w, NULL);
}

/* A stored constant of several numbers that are no axes or sizes. */
static bool
is_table(const struct value *v)
{
	const struct tensor *t = wire_constant(v);

	return v->flags & VALUE_INITIALIZER && t != NULL && t->numel > 1 &&
	    dtype_class(t->dtype) == DC_FLOAT;
}

/* A list of PyTorch of constants alone: where it stands says nothing. */
static bool
lists_constants(const struct node *n)
{
	bool all = n->nout == 1 && n->nin > 0 && strcmp(n->type->s, "ListConstruct") == 0;

	for (uint32_t i = 0; i < n->nin && all; i++)
		all = wire_constant(n->in[i]) != NULL;
	return all;
}

/* Are both lists of the same constants? */
static bool
same_lists(struct aligner *al, const struct value *v, const struct value *w)
{
	const struct node *m = v != NULL ? v->producer : NULL;
	const struct node *n = w != NULL ? w->producer : NULL;

	if (m == NULL || n == NULL || m->nin != n->nin || !lists_constants(m) ||
	    !lists_constants(n))
		return false;
	for (uint32_t i = 0; i < m->nin; i++)
		if (!same_constant(al, m->in[i], n->in[i]))
			return false;
	return true;
}

static unsigned
operand_changes(struct aligner *al, const struct item *x, const struct item *y,
	const char **what)
{
	unsigned changes = 0;

	for (uint32_t i = 0; i < x->n->nin; i++) {
		const struct value *v = x->n->in[i], *w = wire_operand(x->n, i, y->n);

		if (wire_is_weight(v) && wire_is_weight(w)) {
			if (!same_packed(al, v, w, PACKED_DEPTH) && !same_lossy(al, v, w)) {
				bool number = v->flags & VALUE_LITERAL ||
				    (!params_is_weight(x, i) && !is_table(v));

				if (number && i < x->n->nnamed &&
				    default_same(al, x->n, y->n, x->n->in_name[i]->s))
					continue;
				changes |= number ? ALIGN_ATTRIBUTES : ALIGN_WEIGHTS;
				detail_weight(al, what, x->n, i, v, y->n, w);
			} else if (wire_constant(v) != NULL && wire_constant(w) != NULL &&
			    wire_constant(v)->dtype != wire_constant(w)->dtype)
				changes |= ALIGN_DTYPE;
			continue;
		}
		if (v != NULL && w == NULL && default_same_operand(al, x->n, y->n, x->n, i))
			continue;
		if (v == NULL && w != NULL && default_same_operand(al, x->n, y->n, y->n, i))
			continue;
		if (!wire_same(al, v, w) && !same_lists(al, v, w)) {
			changes |= v != NULL && w != NULL && v->flags & w->flags & VALUE_LITERAL ?
			    ALIGN_ATTRIBUTES : ALIGN_OPERANDS;
			detail_operand(al, what, x->n, i, v, y->n, w);
		} else if (v != NULL)
			changes |= input_changes(v, w);
	}
	return changes | (has_more(al, x->n, y->n, what) ? ALIGN_OPERANDS : 0);
}

static bool
is_another(const struct side *s, const struct node *n, enum sem sem)
{
	return side_item(s, n)->sem == sem && !side_item(s, n)->twin;
}

/* Are there other nodes of the kind in the group? They were merged, or one was split. */
static bool
is_alone(const struct aligner *al, const struct align_group *g, enum sem sem)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->na; i++)
		n += is_another(&al->side[0], g->a[i], sem);
	for (uint32_t i = 0; i < g->nb; i++)
		n += is_another(&al->side[1], g->b[i], sem);
	return n == 2;
}

/* Does another node of the group give the result its dims? */
static bool
is_reshaped(const struct aligner *al, const struct align_group *g, const struct type *t,
	const struct type *u)
{
	if (!kin_as_many(t, u))
		return false;
	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 1; i < (k == 0 ? g->na : g->nb); i++) {
			const struct node *n = (k == 0 ? g->a : g->b)[i];
			enum sem sem = side_item(&al->side[k], n)->sem;

			if (sem == SEM_SQUEEZE || sem == SEM_UNSQUEEZE || sem == SEM_RESHAPE)
				return true;
		}
	return false;
}

/* Are the dims those that a node of the group behind the main one of the one side gives: a crop,
 * or what drops axes of one? */
static bool
is_cut_behind(const struct aligner *al, const struct item *x, const struct item *y)
{
	const struct item *const main[2] = { x, y };

	for (unsigned k = 0; k < 2; k++) {
		const struct side *s = &al->side[k];
		uint32_t r = item_reader(s, main[k]);

		if (r != ALIGN_NONE && s->items[r].chief == main[k]->chief &&
		    (s->items[r].sem == SEM_CROP || s->items[r].sem == SEM_SLICE ||
		    s->items[r].sem == SEM_SQUEEZE) &&
		    kin_dims(s->items[r].type, main[1 - k]->type) >= 0)
			return true;
	}
	return false;
}

/* Is there no other node in the group that calculates with the elements? */
static bool
calculates_alone(const struct aligner *al, const struct align_group *g)
{
	uint32_t n = 0;

	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 1; i < (k == 0 ? g->na : g->nb); i++) {
			const struct node *m = (k == 0 ? g->a : g->b)[i];
			const struct item *x = side_item(&al->side[k], m);

			n += kin_is_scale(x) && !kin_layout(x) && !x->fixed && !x->idle && !x->twin;
		}
	return n == 0;
}

/* Softmax and its like of ONNX took all axes from theirs on as one before operator set 13,
 * and the second when none was named. */
static bool
flattens_otherwise(struct aligner *al, const struct item *x, const struct item *y,
	const char **what)
{
	enum { ALONE = 13 };
	const struct item *items[2] = { x, y };
	double axis[2];

	if (x->n->op == y->n->op || x->n->op == NULL || y->n->op == NULL ||
	    x->dialect != DIALECT_ONNX || (x->sem != SEM_SOFTMAX && x->sem != SEM_LOG_SOFTMAX &&
	    x->sem != SEM_HARDMAX) || (x->n->op->since < ALONE) == (y->n->op->since < ALONE))
		return false;
	for (unsigned k = 0; k < 2; k++) {
		const struct type *t = items[k]->type;

		if (!setting_number(&axis[k], al, &al->side[k], items[k]->n, "axis",
		    items[k]->n->op->since < ALONE ? 1 : -1) || t == NULL || !t->has_rank)
			return true;
		axis[k] += axis[k] < 0 ? t->rank : 0;
		if (axis[k] != t->rank - 1.0)
			setting_say_words(al, what, "over", x->n->op->since < ALONE ?
			    "all axes from it on" : "its axis", y->n->op->since < ALONE ?
			    "all axes from it on" : "its axis");
		if (axis[k] != t->rank - 1.0)
			return true;
	}
	return false;
}

/* What computes what x does, of side k of the group, when its main node, own, computes something
 * else: the only one of the kind, or own. */
static const struct item *
alike(const struct aligner *al, unsigned k, const struct align_group *g, const struct item *x,
	const struct item *own)
{
	const struct item *found = own;

	for (uint32_t i = 0; own->sem != x->sem && i < (k == 0 ? g->na : g->nb); i++) {
		const struct item *y = side_item(&al->side[k], (k == 0 ? g->a : g->b)[i]);

		if (y->sem != x->sem || y->twin)
			continue;
		if (found != own)
			return own;
		found = y;
	}
	return found;
}

/* Between formats. */
static unsigned
differences(struct aligner *al, const struct item *x, const struct item *y,
	struct align_group *g)
{
	const struct item *v = kin_layout(y) ? x : alike(al, 0, g, y, x);
	const struct item *w = kin_layout(x) || v != x ? y : alike(al, 1, g, x, y);
	bool params = params_differ(al, v, w, &g->what);
	bool places = is_alone(al, g, v->sem) && geometry_differs(al, v, w, &g->what);
	bool numbers = calculates_alone(al, g) && number_differs(al, x, y, &g->what);
	bool parts = g->changes & ALIGN_SEVERAL && parts_differ(al, g, x, y, &g->what);
	bool norms = norm_differs(al, g, &g->what);
	bool recurs = recurrent_differs(al, g, v, &g->what);

	return (parts || function_differs(al, v, w, &g->what) ? ALIGN_OP : 0) |
	    (params || places || numbers || norms || recurs ? ALIGN_ATTRIBUTES : 0) |
	    (origins_differ(al, g, x, y, &g->what) ? ALIGN_OPERANDS : 0);
}

static bool
sizes(const struct item *x)
{
	return x->sem == SEM_SHAPE || x->sem == SEM_SIZE;
}

unsigned
change_find(struct aligner *al, const struct item *x, const struct item *y,
	struct align_group *g)
{
	int kin = kin_ops(x, y), dims = kin_shape(x, y);
	unsigned changes = g->changes | (x->moved && !lists_constants(x->n) ? ALIGN_MOVED : 0);

	/* the last of several may be of any kind */
	if (kin < (al->same_format ? KIN_SAME : KIN_FAR) &&
	    (al->same_format || ((!(g->changes & ALIGN_SEVERAL) || (dims <= 0 &&
	    !kin_recut(x, y))) &&
	    !(kin_layout(x) && kin_layout(y) && dims > 0 && origins_arrive(al, x, y)))))
		changes |= ALIGN_OP;
	if (al->same_format && kin == KIN_SAME)
		changes |= operand_changes(al, x, y, &g->what) |
		    (same_attrs(al, x->n, y->n, &g->what) &&
		    !flattens_otherwise(al, x, y, &g->what) ? 0 : ALIGN_ATTRIBUTES);
	if (!al->same_format)
		changes |= differences(al, x, y, g);
	if (al->same_format && !wire_same_outputs(al, x->n, y->n))
		changes |= ALIGN_OUTPUT;
	if (x->type != NULL && y->type != NULL && x->type->dtype != y->type->dtype)
		changes |= ALIGN_DTYPE;
	if (!al->same_format && sizes(x) && sizes(y)) /* one axis, or all */
		dims = 0;
	if (dims < 0 && (al->same_format || (!is_reshaped(al, g, x->type, y->type) &&
	    !is_cut_behind(al, x, y) && !kin_recut(x, y) && !origins_turn(al, x, y))))
		changes |= ALIGN_DIMS;
	return changes;
}
