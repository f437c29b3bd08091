/* SPDX-License-Identifier: Apache-2.0 */
/* Between formats: do counterparts work on counterparts? What a group of nodes reads is
 * followed to where it was computed, and has to be the same there, in the same order where
 * that matters. */
#include <string.h>

#include "align/origin.h"
#include "align/setting.h"
#include "base/str.h"
#include "ir/tensor.h"

enum { STEPS = 48, ORIGINS = 32 };

/* Other than what is read all at once; lists of PyTorch are read part by part. */
static bool
is_list(const struct item *x)
{
	return x->sem == SEM_SEQUENCE && x->n->nin != 1;
}

/* Does x only move data, or what its counterpart moves? */
static bool
moves(const struct aligner *al, unsigned k, const struct item *x)
{
	const struct item *y = x->pair != ALIGN_NONE ? &al->side[1 - k].items[x->pair] : NULL;

	return kin_layout(x) || x->idle || (y != NULL && (kin_layout(y) || y->idle) &&
	    kin_ops(k == 0 ? x : y, k == 0 ? y : x) > 0);
}

/* Note how x, that only moves data, orders it. */
static void
note_step(struct aligner *al, unsigned k, const struct item *x, struct trail *t)
{
	uint32_t order[TRAIL_AXES], n;

	if (x->sem == SEM_TRANSPOSE) {
		if (geometry_order(al, &al->side[k], x, order, TRAIL_AXES, &n))
			trail_turn(t, item_type(&al->side[k], x->n->in[item_main(x)]), order, n);
		else
			t->known = false;
	} else if (x->sem == SEM_RESHAPE || x->sem == SEM_FLATTEN || x->sem == SEM_SQUEEZE ||
	    x->sem == SEM_UNSQUEEZE) {
		trail_reshape(t);
	} else if (!x->idle && (x->sem == SEM_EXPAND || !kin_layout(x))) {
		t->known = false;
	}
}

/* What the item stands for where a result of it is read, when it computes. */
static struct whence
computed(const struct aligner *al, unsigned k, uint32_t i, uint32_t slot)
{
	const struct side *s = &al->side[k];
	struct whence o = { .kind = ORIGIN_UNKNOWN, .item = s->items[i].chief, .by = i,
		.slot = slot };
	const struct item *head = &s->items[o.item];

	if (s->items[i].fixed)
		o.kind = ORIGIN_FIXED;
	else if (s->items[i].sem != SEM_STATE && head->pair != ALIGN_NONE && !kin_layout(head))
		o.kind = ORIGIN_ITEM;
	o.parts = s->items[i].n->nout > 1;
	return o;
}

/* The last two axes of v change places. */
static void
turn_last(const struct side *s, const struct value *v, struct trail *t)
{
	const struct type *type = v != NULL ? item_type(s, v) : NULL;
	uint32_t order[TRAIL_AXES], n = type != NULL && type->has_rank ? type->rank : 0;

	if (n < 2 || n > TRAIL_AXES) {
		t->known = false;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		order[i] = i + 2 < n ? i : i + 1 < n ? i + 1 : i - 1;
	trail_turn(t, type, order, n);
}

/* What was passed on the way, the last one first. */
struct way { const struct item *list[STEPS]; uint32_t n; };

/* Does x make each number of its result from one of its operand, whatever place that has? */
static bool
is_pointwise(const struct side *s, const struct item *x)
{
	enum family f = sem_family(x->sem);
	uint32_t results = 0;

	if ((f != FAM_ACT && f != FAM_ELEMENTWISE) || x->sem == SEM_SOFTMAX ||
	    x->sem == SEM_LOG_SOFTMAX || x->sem == SEM_HARDMAX || x->sem == SEM_GLU ||
	    x->sem == SEM_PRELU || x->n->nout != 1)
		return false;
	for (uint32_t i = 0; i < x->n->nin; i++) {
		const struct value *v = x->n->in[i];
		uint32_t p = item_producer(s, x, i);

		if (v == NULL || (wire_constant(v) != NULL && wire_constant(v)->numel == 1))
			continue;
		if (v->flags & VALUE_LITERAL || (p != ALIGN_NONE && is_list(&s->items[p])))
			continue;
		if (wire_is_weight(v) || i != item_main(x))
			return false;
		results++;
	}
	return results == 1;
}

/* The order in which the numbers of o, of side k, come along the first n steps of the way; 0:
 * not known. */
static uint64_t
arrival(struct aligner *al, unsigned k, const struct value *v, bool turned, const struct way *w,
	uint32_t n, const struct whence *o)
{
	const struct item *made = o->kind == ORIGIN_ITEM ? &al->side[k].items[o->item] : NULL;
	bool own = made != NULL && (kin_turns(made) ||
	    kin_turns(&al->side[1 - k].items[made->pair]));
	struct trail trail;

	trail_start(&trail);
	if (turned)
		turn_last(&al->side[k], v, &trail);
	for (uint32_t i = 0; i < n; i++)
		if (!own || w->list[i]->chief != o->item)
			note_step(al, k, w->list[i], &trail);
	return trail.known ? trail_hash(&trail) : 0;
}

/* Where the way from v on begins, without the order. */
static struct whence
follow(const struct aligner *al, unsigned k, const struct value *v, struct way *w)
{
	const struct side *s = &al->side[k];
	struct whence o = { .kind = ORIGIN_FIXED };
	uint32_t slot = UINT32_MAX;

	for (w->n = 0; w->n < STEPS;) {
		uint32_t i = v != NULL && v->producer != NULL ? s->of[v->producer->id] : ALIGN_NONE;
		const struct item *x = i != ALIGN_NONE ? &s->items[i] : NULL;

		if (v == NULL || wire_is_weight(v) || v->flags & VALUE_INITIALIZER)
			return o;
		if (x == NULL) {
			bool input = v->flags & VALUE_INPUT && v->graph->parent == NULL;

			o.kind = input ? ORIGIN_INPUT : ORIGIN_UNKNOWN;
			o.input = v;
			return o;
		}
		if (x->n->nout > 1 && x->sem == SEM_SEQUENCE)
			slot = v->slot;
		if (is_list(x) || item_main(x) == ALIGN_NONE)
			break;
		if (!moves(al, k, x) || x->fixed) {
			o = computed(al, k, i, slot != UINT32_MAX ? slot : v->slot);
			o.parts = o.parts || slot != UINT32_MAX;
			return o;
		}
		w->list[w->n++] = x;
		v = x->n->in[item_main(x)];
	}
	o.kind = ORIGIN_UNKNOWN;
	return o;
}

/* Add to the way what lies before items that change each number by itself; i: the first. */
static void
follow_deep(const struct aligner *al, unsigned k, uint32_t i, struct way *w)
{
	const struct side *s = &al->side[k];

	while (i != ALIGN_NONE && w->n < STEPS && !s->items[i].fixed) {
		const struct item *x = &s->items[i];

		if (is_list(x) || item_main(x) == ALIGN_NONE)
			return;
		if (moves(al, k, x))
			w->list[w->n++] = x;
		else if (!is_pointwise(s, x))
			return;
		i = item_source(s, x);
	}
}

struct whence
origin_of(struct aligner *al, unsigned k, const struct value *v, bool turned)
{
	struct way w;
	struct whence o = follow(al, k, v, &w);

	if (o.kind == ORIGIN_FIXED)
		return o;
	o.trail = o.deep = arrival(al, k, v, turned, &w, w.n, &o);
	if (o.kind == ORIGIN_ITEM && is_pointwise(&al->side[k], &al->side[k].items[o.by])) {
		follow_deep(al, k, o.by, &w);
		o.deep = arrival(al, k, v, turned, &w, w.n, &o);
	}
	return o;
}

/* What one side of a group reads. */
struct sources {
	struct whence list[ORIGINS];
	uint32_t n;
	bool open;               /* there is more, or something is not known */
	bool state;              /* a state is read: the other side may have a buffer for it */
};

/* Does the product turn the last two axes of operand i itself? */
static bool
turns(struct aligner *al, unsigned k, const struct item *x, uint32_t i)
{
	double turned = 0;

	return x->sem == SEM_MATMUL && x->dialect == DIALECT_MIL && i < x->n->nnamed &&
	    x->n->in_name[i]->len == 1 && setting_number(&turned, al, &al->side[k], x->n,
	    x->n->in_name[i]->s[0] == 'x' ? "transpose_x" : "transpose_y", 0) && turned != 0;
}

/* Operand i of x. */
static void
add_source(struct aligner *al, unsigned k, const struct item *x, uint32_t operand, uint32_t own,
	struct sources *to)
{
	const struct side *s = &al->side[k];
	const struct value *v = x->n->in[operand];
	uint32_t i = v != NULL && v->producer != NULL ? s->of[v->producer->id] : ALIGN_NONE;
	struct whence o;

	if (i != ALIGN_NONE && is_list(&s->items[i]) && s->items[i].n->nout == 1 &&
	    s->items[i].n->nregions == 0) {
		const struct node *n = s->items[i].n;

		for (uint32_t e = 0; e < n->nin && !(to->open && to->n == ORIGINS); e++) {
			uint32_t p = item_producer(s, &s->items[i], e);

			if (p == ALIGN_NONE || !is_list(&s->items[p]))
				add_source(al, k, &s->items[i], e, own, to);
			else
				to->open = true;
		}
		return;
	}
	if (to->n == ORIGINS) {
		to->open = true;
		return;
	}
	o = origin_of(al, k, v, turns(al, k, x, operand));
	if (o.kind == ORIGIN_ITEM && o.item == own)
		return;
	to->list[to->n++] = o;
	to->open = to->open || o.kind == ORIGIN_UNKNOWN;
}

static void
group_sources(struct aligner *al, unsigned k, const struct node **nodes, uint32_t n,
	struct sources *to)
{
	const struct side *s = &al->side[k];

	to->n = 0;
	to->open = to->state = false;
	for (uint32_t i = 0; i < n; i++) {
		const struct item *x = side_item(s, nodes[i]);

		to->open = to->open || nodes[i]->nregions > 0;
		to->state = to->state || x->sem == SEM_STATE;
		for (uint32_t o = 0; o < nodes[i]->nin && !kin_layout(x); o++)
			if (!item_measures(x, o))
				add_source(al, k, x, o, x->chief, to);
	}
}

/* Do the two stand for one another, slots and orders aside? */
static bool
same_place(const struct aligner *al, const struct whence *a, const struct whence *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case ORIGIN_ITEM:
		return al->side[0].items[a->item].pair == b->item;
	case ORIGIN_INPUT:
		return wire_input(a->input, b->input->graph) == b->input ||
		    wire_input(a->input, b->input->graph) == NULL;
	case ORIGIN_FIXED: case ORIGIN_UNKNOWN:
		break;
	}
	return true;
}

static bool
same_slot(const struct whence *a, const struct whence *b)
{
	return !a->parts || !b->parts || a->slot == b->slot;
}

static bool
same_trail(const struct whence *a, const struct whence *b)
{
	return a->trail == 0 || b->trail == 0 || a->trail == b->trail ||
	    (a->deep != 0 && a->deep == b->deep);
}

static bool
has_place(const struct aligner *al, const struct sources *s, const struct whence *o, bool first)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (first ? same_place(al, o, &s->list[i]) && same_slot(o, &s->list[i]) :
		    same_place(al, &s->list[i], o) && same_slot(&s->list[i], o))
			return true;
	return false;
}

/* The first of a that b has not, or NULL; first: a is of the first model. */
static const struct whence *
missing(const struct aligner *al, const struct sources *a, const struct sources *b, bool first)
{
	for (uint32_t i = 0; i < a->n && !b->open; i++)
		if (a->list[i].kind < ORIGIN_FIXED && !has_place(al, b, &a->list[i], first))
			return &a->list[i];
	return NULL;
}

/* Put in place of origin i, that the other side lacks, what it is computed from, when it is a
 * step on the way to what the other side's main node computes: nodes that need the same step
 * share it. */
static bool
expand_origin(struct aligner *al, unsigned k, struct sources *own, uint32_t i,
	const struct item *whole, bool several)
{
	const struct side *s = &al->side[k];
	struct whence o = own->list[i];
	const struct item *p = &s->items[o.by];

	if (p->n->nregions > 0 || (!kin_made_of(whole, p) && (!several || !parts_has(p, whole))))
		return false;
	own->list[i] = (struct whence){ .kind = ORIGIN_FIXED };
	for (uint32_t e = 0; e < p->n->nin; e++)
		add_source(al, k, p, e, ALIGN_NONE, own);
	return true;
}

/* several: the main nodes compute different things, so that one stands for many. */
static void
expand_sources(struct aligner *al, unsigned k, struct sources *own, const struct sources *other,
	const struct item *whole, bool several)
{
	for (uint32_t i = 0; i < own->n && !own->open && !other->open; i++)
		if (own->list[i].kind == ORIGIN_ITEM &&
		    !has_place(al, other, &own->list[i], k == 0))
			expand_origin(al, k, own, i, whole, several);
}

/* The name of a result. */
static const char *
origin_name(const struct aligner *al, unsigned k, const struct whence *o)
{
	const struct node *n;

	if (o == NULL || (o->kind != ORIGIN_ITEM && o->kind != ORIGIN_INPUT))
		return "nothing of it";
	if (o->kind == ORIGIN_INPUT)
		return o->input->name->s;
	n = al->side[k].items[o->item].n;
	return n->nout > o->slot && n->out[o->slot] != NULL ? n->out[o->slot]->name->s :
	    n->type->s;
}

static bool
sources_differ(struct aligner *al, const struct sources *a, const struct sources *b,
	const char **what)
{
	const struct whence *x = missing(al, a, b, true), *y = missing(al, b, a, false);

	if (x == NULL && y == NULL)
		return false;
	setting_say_words(al, what, "reads", origin_name(al, 0, x), origin_name(al, 1, y));
	return true;
}

/* Does the order of its operands matter? */
static bool
is_ordered(const struct item *x)
{
	static const enum sem ordered[] = { SEM_SUB, SEM_DIV, SEM_POW, SEM_MOD, SEM_COMPARE,
		SEM_MATMUL, SEM_CONCAT, SEM_STACK };

	for (size_t i = 0; i < sizeof ordered / sizeof *ordered; i++)
		if (x->sem == ordered[i])
			return true;
	return x->sem == SEM_SELECT && (x->dialect != DIALECT_ATEN ||
	    strcmp(x->n->type->s, "where") == 0);
}

/* Operands that hold numbers, in the order in which PyTorch and ONNX write them. */
static void
ordered_sources(struct aligner *al, unsigned k, const struct item *x, struct sources *to)
{
	static const char *const names[] = { "cond", "condition", "x", "self", "y", "other",
		"exponent", "mat2", "a", "b", "values", "tensors" };
	uint32_t most = x->sem == SEM_SELECT ? 3 : x->sem == SEM_CONCAT || x->sem == SEM_STACK ?
	    x->dialect == DIALECT_ATEN && x->n->nnamed == 0 ? 1 : x->n->nin : 2;

	to->n = 0;
	to->open = false;
	for (uint32_t i = 0; i < most && i < x->n->nin && x->n->nnamed == 0; i++)
		add_source(al, k, x, i, ALIGN_NONE, to);
	for (size_t w = 0; w < sizeof names / sizeof *names; w++)
		for (uint32_t i = 0; i < x->n->nnamed; i++)
			if (strcmp(x->n->in_name[i]->s, names[w]) == 0)
				add_source(al, k, x, i, ALIGN_NONE, to);
	/* of an exported program one may be a number, an attribute */
	if (x->dialect != DIALECT_ATEN || x->n->nnamed == 0 || most != 2 || to->n != 1)
		return;
	to->list[1] = (struct whence){ .kind = ORIGIN_FIXED };
	if (strcmp(x->n->in_name[0]->s, "other") == 0) {
		to->list[1] = to->list[0];
		to->list[0] = (struct whence){ .kind = ORIGIN_FIXED };
	}
	to->n = 2;
}

static void
reverse(struct sources *s)
{
	for (uint32_t i = 0; i < s->n / 2; i++) {
		struct whence o = s->list[i];

		s->list[i] = s->list[s->n - 1 - i];
		s->list[s->n - 1 - i] = o;
	}
}

static bool
same_order(struct aligner *al, const struct item *x, const struct item *y)
{
	struct sources a, b;

	if (x->sem != y->sem || !is_ordered(x) || !is_ordered(y))
		return true;
	ordered_sources(al, 0, x, &a);
	ordered_sources(al, 1, y, &b);
	if (x->sem == SEM_COMPARE && function_exchanged(al, x, y))
		reverse(&b);
	if (strcmp(x->n->type->s, "rsub") == 0)
		reverse(&a);
	if (a.open || b.open || a.n != b.n)
		return true;
	for (uint32_t i = 0; i < a.n; i++)
		if (!same_place(al, &a.list[i], &b.list[i]) ||
		    !same_slot(&a.list[i], &b.list[i]) ||
		    (a.list[i].kind < ORIGIN_FIXED && !same_trail(&a.list[i], &b.list[i])))
			return false;
	return true;
}

/* Of operands that come from one place each: do the numbers come in the same order? */
static bool
same_trails(const struct aligner *al, const struct sources *a, const struct sources *b)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const struct whence *found = NULL;
		bool same = false;

		if (a->list[i].kind >= ORIGIN_FIXED)
			continue;
		for (uint32_t k = 0; k < b->n; k++) {
			if (!same_place(al, &a->list[i], &b->list[k]) ||
			    !same_slot(&a->list[i], &b->list[k]))
				continue;
			found = &b->list[k];
			same = same || same_trail(&a->list[i], &b->list[k]);
		}
		if (found != NULL && !same)
			return false;
	}
	return true;
}

/* Something is read that is no constant, all of it is known, and the same. */
static bool
same_known(const struct aligner *al, const struct sources *a, const struct sources *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n; i++)
		n += a->list[i].kind < ORIGIN_FIXED;
	return n > 0 && !a->open && !b->open && missing(al, a, b, true) == NULL &&
	    missing(al, b, a, false) == NULL;
}

/* Is the first result of x one of the model's, as it is or moved? */
static bool
is_given(const struct side *s, const struct item *x, unsigned hops)
{
	const struct value *v = x->n->nout > 0 ? x->n->out[0] : NULL;

	if (v == NULL)
		return false;
	if (v->flags & VALUE_OUTPUT)
		return true;
	for (uint32_t u = s->uses->start[v->id]; u < s->uses->start[v->id + 1]; u++)
		if (s->readers[u] != ALIGN_NONE && kin_layout(&s->items[s->readers[u]]) &&
		    (hops == 0 || is_given(s, &s->items[s->readers[u]], hops - 1)))
			return true;
	return false;
}

bool
origins_turn(const struct aligner *al, const struct item *x, const struct item *y)
{
	enum { PASSED = 6 };

	return x->sem == y->sem && x->n->nout == 1 && y->n->nout == 1 &&
	    kin_as_many(x->type, y->type) && is_pointwise(&al->side[0], x) &&
	    is_pointwise(&al->side[1], y) && !is_given(&al->side[0], x, PASSED) &&
	    !is_given(&al->side[1], y, PASSED);
}

bool
origins_arrive(struct aligner *al, const struct item *x, const struct item *y)
{
	struct whence a, b;

	if (x->n->nout == 0 || y->n->nout == 0)
		return false;
	a = origin_of(al, 0, x->n->out[0], false);
	b = origin_of(al, 1, y->n->out[0], false);
	return a.kind < ORIGIN_FIXED && same_place(al, &a, &b) && same_slot(&a, &b) &&
	    a.trail != 0 && a.trail == b.trail;
}

bool
origins_agree(struct aligner *al, const struct align_group *g, const struct item *x,
	const struct item *y)
{
	struct sources a, b;

	if (moves(al, 0, x) || moves(al, 1, y)) {
		a.n = b.n = 0;
		a.open = b.open = item_main(x) == ALIGN_NONE || item_main(y) == ALIGN_NONE ||
		    is_list(x) || is_list(y);
		if (a.open)
			return false;
		add_source(al, 0, x, item_main(x), ALIGN_NONE, &a);
		add_source(al, 1, y, item_main(y), ALIGN_NONE, &b);
		return same_known(al, &a, &b) && kin_shape(x, y) >= 0;
	}
	group_sources(al, 0, g->a, g->na, &a);
	group_sources(al, 1, g->b, g->nb, &b);
	return same_known(al, &a, &b);
}

bool
origins_differ(struct aligner *al, const struct align_group *g, const struct item *x,
	const struct item *y, const char **what)
{
	struct sources a, b;

	if (moves(al, 0, x) || moves(al, 1, y))
		return false;
	group_sources(al, 0, g->a, g->na, &a);
	group_sources(al, 1, g->b, g->nb, &b);
	if (a.state || b.state)
		return false;
	expand_sources(al, 0, &a, &b, y, x->sem != y->sem);
	expand_sources(al, 1, &b, &a, x, x->sem != y->sem);
	if (sources_differ(al, &a, &b, what))
		return true;
	if (!same_order(al, x, y)) {
		setting_say_words(al, what, "operands", "in one order", "in another");
		return true;
	}
	if (x->sem != y->sem || g->changes & ALIGN_SEVERAL || origins_turn(al, x, y) ||
	    same_trails(al, &a, &b))
		return false;
	setting_say_words(al, what, "order of what is read", "one", "another");
	return true;
}

bool
origins_part(struct aligner *al, const struct value *v, const struct value *w,
	const struct node **from)
{
	struct whence a = origin_of(al, 0, v, false), b = origin_of(al, 1, w, false);

	if (a.kind != ORIGIN_ITEM || b.kind != ORIGIN_ITEM ||
	    al->side[0].items[a.item].pair == ALIGN_NONE ||
	    (same_place(al, &a, &b) && same_slot(&a, &b)))
		return false;
	*from = al->side[0].items[a.item].n;
	return true;
}

void
origins_say(struct aligner *al, const char **what, const char *name, const struct value *v,
	const struct value *w)
{
	struct whence a = origin_of(al, 0, v, false), b = origin_of(al, 1, w, false);

	setting_say_words(al, what, name, origin_name(al, 0, &a), origin_name(al, 1, &b));
}
