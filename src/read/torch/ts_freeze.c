/* SPDX-License-Identifier: Apache-2.0 */
/* What torch.jit.freeze(module.eval()) makes of the graph: attributes that nothing
 * sets become constants, what they decide is decided, loops of few turns are written
 * out, dropout goes. Source: torch/csrc/jit/passes/freeze_module.cpp, loop_unrolling.cpp,
 * graph_executor.cpp (runOptimization). */
#include <string.h>

#include "base/ctx.h"
#include "read/torch/ts_lower.h"

enum {
	ROUNDS = 8,
	BODY = 32, TURNS = 64 /* of loops that are written out */
};

struct freezer { struct ts_lowering *l; struct ts_unit *u; uint32_t nodes; };

/* A list of numbers or texts, made at the place of at. */
static struct ts_val *
list_constant(struct freezer *f, const struct pickle_value *p, const struct type *type,
    struct ts_node *at)
{
	struct ts_node *n = ts_prim(f->u, N_LIST);
	struct ts_const k;

	for (uint64_t i = 0; i < p->n; i++) {
		if (p->v.items[i] == NULL || !ts_const_of(f->u, p->v.items[i], &k))
			return NULL;
		ts_add_in(f->u, n, ts_constant(f->u, &k, type->elem));
	}
	n->home = at->home;
	n->frame = at->frame;
	ts_insert_before(at, n);
	return ts_add_out(f->u, n, type);
}

/* The constant that an attribute is: eval() has set training. */
static struct ts_val *
constant_of(struct freezer *f, struct ts_node *n)
{
	struct ts_obj *o = ts_object_of(f->l, n->out[0]);
	const struct type *type = n->out[0]->type;
	struct ts_const k;

	if (o == NULL || torch_is_tensor(o->v))
		return NULL;
	if (strcmp(n->attr->s, "training") == 0 && ts_is_scalar(type, DT_BOOL))
		return ts_bool(f->u, false);
	if (ts_const_of(f->u, o->v, &k))
		return k.kind == C_NONE ? ts_none(f->u) : ts_constant(f->u, &k,
		    type != NULL && type->tag == TY_OPT ? type->elem : type);
	return o->v->kind == PK_LIST && o->v->n < BODY && type != NULL && type->tag == TY_LIST ?
	    list_constant(f, o->v, type, n) : NULL;
}

/* A tensor is what it is: no optional one. */
static void
settle_type(struct freezer *f, struct ts_node *n)
{
	const struct ts_obj *o = ts_object_of(f->l, n->out[0]);
	const struct type *type = n->out[0]->type;

	if (o != NULL && type != NULL && type->tag == TY_OPT && torch_is_tensor(o->v))
		n->out[0]->type = type->elem;
}

static bool
fold_attributes(struct freezer *f, struct ts_block *b)
{
	bool changed = false;
	struct ts_node *next;
	struct ts_val *v;

	for (struct ts_node *n = b->first; n != NULL; n = next) {
		next = n->next;
		for (uint32_t i = 0; i < n->nblocks; i++)
			changed |= fold_attributes(f, n->blocks[i]);
		if (n->kind != N_GETATTR || n->out[0]->to != NULL)
			continue;
		settle_type(f, n);
		if ((v = constant_of(f, n)) == NULL)
			continue;
		ts_replace(n->out[0], v);
		changed = true;
	}
	return changed;
}

static bool
is_aten(const struct ts_node *n, const char *name)
{
	return n->kind == N_OP && strcmp(n->type->s, name) == 0 &&
	    strcmp(n->domain->s, "aten") == 0;
}

/* "mean" in ("none", "mean", "sum"), of lists of constants. */
static struct ts_val *
contains(struct freezer *f, struct ts_node *n)
{
	struct ts_node *list = n->nin == 2 ? ts_in(n, 0)->node : NULL;
	const struct ts_val *key = n->nin == 2 ? ts_in(n, 1) : NULL;
	bool found = false;

	if (list == NULL || list->kind != N_LIST || key->k == NULL)
		return NULL;
	for (uint32_t i = 0; i < list->nin; i++) {
		const struct ts_val *v = ts_in(list, i);

		if (v->k == NULL || v->k->kind != key->k->kind)
			return NULL;
		found |= v->k->kind == C_STR ? v->k->s == key->k->s : v->k->v.i == key->k->v.i;
	}
	return ts_bool(f->u, found);
}

static bool
is_dropout(const struct ts_node *n)
{
	return n->kind == N_OP && n->nin == 3 && (strncmp(n->type->s, "dropout", 7) == 0 ||
	    strncmp(n->type->s, "alpha_dropout", 13) == 0 ||
	    strncmp(n->type->s, "feature_dropout", 15) == 0 ||
	    strncmp(n->type->s, "feature_alpha_dropout", 21) == 0);
}

/* What constant propagation knows beside numbers, and the pass for dropout. */
static bool
fold_more(struct freezer *f, struct ts_block *b)
{
	bool changed = false;

	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		struct ts_val *v = NULL;

		for (uint32_t i = 0; i < n->nblocks; i++)
			changed |= fold_more(f, n->blocks[i]);
		if (n->nout != 1 || n->out[0]->to != NULL)
			continue;
		if (is_aten(n, "__contains__"))
			v = contains(f, n);
		else if (is_dropout(n) && ts_is(ts_in(n, 2), C_BOOL) && !n->in[2]->k->v.i)
			v = n->in[0];
		if (v == NULL)
			continue;
		ts_replace(n->out[0], v);
		changed = true;
	}
	return changed;
}

/* A loop that runs a known number of times. */
static bool
is_short(struct freezer *f, struct ts_node *n)
{
	struct ts_block *b = n->blocks[0];
	const struct ts_val *trips = ts_in(n, 0), *go = ts_in(n, 1), *on;
	uint32_t body;

	if (b->nout == 0 || !ts_is(trips, C_INT) || trips->k->v.i >= TURNS ||
	    !ts_is(go, C_BOOL) || !go->k->v.i)
		return false;
	on = ts_now(b->out[0]);
	body = ts_count(b);
	if (!ts_is(on, C_BOOL) || !on->k->v.i || body > BODY || f->nodes < body * TURNS)
		return false;
	f->nodes -= body * TURNS;
	return true;
}

static void
write_out(struct freezer *f, struct ts_node *n)
{
	struct ts_block *b = n->blocks[0];
	struct ts_val **args = arena_array(f->u->a, b->nparam + 1, sizeof *args);
	struct ts_val **results = arena_array(f->u->a, b->nout + 1, sizeof *results);

	for (uint32_t k = 1; k < b->nparam; k++)
		args[k] = ts_in(n, k + 1);
	for (int64_t i = 0; i < n->in[0]->k->v.i; i++) {
		args[0] = ts_int(f->u, i);
		ts_copy(f->u, b, n->block, n, args, NULL, results);
		for (uint32_t k = 1; k < b->nparam; k++)
			args[k] = ts_now(results[k]);
	}
	for (uint32_t k = 0; k < n->nout; k++)
		ts_replace(n->out[k], args[k + 1]);
	ts_unlink(n);
}

static bool
unroll(struct freezer *f, struct ts_block *b)
{
	bool changed = false;
	struct ts_node *next;

	for (struct ts_node *n = b->first; n != NULL; n = next) {
		next = n->next;
		for (uint32_t i = 0; i < n->nblocks; i++)
			changed |= unroll(f, n->blocks[i]);
		if (n->kind != N_LOOP || !is_short(f, n))
			continue;
		write_out(f, n);
		changed = true;
	}
	return changed;
}

static bool
reads(struct ts_node *n, const struct ts_val *v)
{
	for (uint32_t i = 0; i < n->nin; i++)
		if (ts_in(n, i) == v)
			return true;
	for (uint32_t i = 0; i < n->nblocks; i++) {
		for (struct ts_node *k = n->blocks[i]->first; k != NULL; k = k->next)
			if (reads(k, v))
				return true;
		for (uint32_t k = 0; k < n->blocks[i]->nout; k++)
			if (ts_now(n->blocks[i]->out[k]) == v)
				return true;
	}
	return false;
}

/* A list that is made in this block and appended to before anything else reads it
 * is made with what is appended. */
static bool
merge_appends(struct freezer *f, struct ts_block *b)
{
	bool changed = false;
	struct ts_node *next, *list, *k;
	struct ts_val *v;

	for (struct ts_node *n = b->first; n != NULL; n = next) {
		next = n->next;
		if (!is_aten(n, "append") || n->nin != 2)
			continue;
		v = ts_in(n, 0);
		list = v->node;
		if (list == NULL || list->kind != N_LIST || list->block != b)
			continue;
		for (k = list->next; k != n && !reads(k, v); k = k->next)
			continue;
		if (k != n)
			continue;
		ts_unlink(list);
		ts_insert_before(n, list);
		ts_add_in(f->u, list, ts_in(n, 1));
		if (n->nout > 0)
			ts_replace(n->out[0], v);
		ts_unlink(n);
		changed = true;
	}
	return changed;
}

void
ts_freeze(struct ts_lowering *l, struct ts_graph *g)
{
	enum { MOST = 1 << 20 }; /* nodes of loops written out */
	struct freezer f = { l, l->u, MOST };
	struct ts_block *b = g->block;
	bool changed = true;

	ts_note_changes(l, b);
	for (int i = 0; i < ROUNDS && changed; i++) {
		changed = fold_attributes(&f, b);
		changed |= ts_peephole(f.u, b);
		changed |= fold_more(&f, b);
		changed |= ts_fold(f.u, b);
		changed |= ts_lower_tuples(f.u, b);
		ts_dead(f.u, b);
		if (unroll(&f, b)) {
			merge_appends(&f, b);
			changed = true;
		}
	}
}
