/* SPDX-License-Identifier: Apache-2.0 */
/* Values, nodes and blocks. Nothing is freed: what is dropped stays in the
 * scratch arena until the archive is read. */
#include <string.h>

#include "base/ctx.h"
#include "read/torch/ts_unit.h"

struct ts_val *
ts_val_new(struct ts_unit *u, const struct type *type)
{
	struct ts_val *v = arena_alloc(u->a, sizeof *v);

	v->type = type;
	return v;
}

struct ts_val *
ts_constant(struct ts_unit *u, const struct ts_const *k, const struct type *type)
{
	struct ts_const *own = arena_alloc(u->a, sizeof *own);
	struct ts_val *v = ts_val_new(u, type);

	*own = *k;
	v->k = own;
	return v;
}

struct ts_val *
ts_none(struct ts_unit *u)
{
	if (u->none == NULL)
		u->none = ts_constant(u, &(struct ts_const){ .kind = C_NONE }, u->t.none);
	return u->none;
}

struct ts_val *
ts_int(struct ts_unit *u, int64_t i)
{
	return ts_constant(u, &(struct ts_const){ .kind = C_INT, .v.i = i }, u->t.i);
}

struct ts_val *
ts_float(struct ts_unit *u, double f)
{
	return ts_constant(u, &(struct ts_const){ .kind = C_FLOAT, .v.f = f }, u->t.f);
}

struct ts_val *
ts_bool(struct ts_unit *u, bool b)
{
	struct ts_val **v = b ? &u->yes : &u->no;

	if (*v == NULL)
		*v = ts_constant(u, &(struct ts_const){ .kind = C_BOOL, .v.i = b }, u->t.b);
	return *v;
}

struct ts_val *
ts_text(struct ts_unit *u, const struct str *s)
{
	return ts_constant(u, &(struct ts_const){ .kind = C_STR, .s = s }, u->t.s);
}

struct ts_block *
ts_block_new(struct ts_unit *u, struct ts_node *owner)
{
	struct ts_block *b = arena_alloc(u->a, sizeof *b);

	b->owner = owner;
	if (owner != NULL) {
		owner->blocks = arena_grow(u->a, owner->blocks, owner->nblocks,
		    sizeof *owner->blocks);
		owner->blocks[owner->nblocks++] = b;
	}
	return b;
}

static uint32_t
add(struct ts_unit *u, struct ts_val ***list, uint32_t *n, struct ts_val *v)
{
	*list = arena_grow(u->a, *list, *n, sizeof **list);
	(*list)[*n] = v;
	return (*n)++;
}

struct ts_val *
ts_add_param(struct ts_unit *u, struct ts_block *b, const struct type *type)
{
	struct ts_val *v = ts_val_new(u, type);

	v->block = b;
	v->out = add(u, &b->param, &b->nparam, v);
	return v;
}

void
ts_add_block_out(struct ts_unit *u, struct ts_block *b, struct ts_val *v)
{
	add(u, &b->out, &b->nout, v);
}

struct ts_node *
ts_node_new(struct ts_unit *u, enum ts_kind kind, const char *domain, const struct str *type)
{
	struct ts_node *n = arena_alloc(u->a, sizeof *n);

	n->kind = kind;
	n->domain = str_internz(&u->m->strs, domain);
	n->type = type;
	return n;
}

struct ts_node *
ts_prim(struct ts_unit *u, enum ts_kind kind)
{
	static const char *const names[] = {
		[N_GETATTR] = "GetAttr", [N_SETATTR] = "SetAttr", [N_CALL] = "CallFunction",
		[N_METHOD] = "CallMethod", [N_IF] = "If", [N_LOOP] = "Loop",
		[N_TUPLE] = "TupleConstruct", [N_TUPLE_UNPACK] = "TupleUnpack",
		[N_TUPLE_INDEX] = "TupleIndex", [N_LIST] = "ListConstruct",
		[N_LIST_UNPACK] = "ListUnpack", [N_DICT] = "DictConstruct",
		[N_CREATE] = "CreateObject", [N_UNINIT] = "Uninitialized",
		[N_CAST] = "unchecked_cast", [N_ISINSTANCE] = "isinstance", [N_FORK] = "fork",
		[N_PRINT] = "Print", [N_RAISE] = "RaiseException", [N_ENTER] = "Enter",
		[N_EXIT] = "Exit"
	};

	return ts_node_new(u, kind, "prim", str_internz(&u->m->strs, names[kind]));
}

void
ts_add_in(struct ts_unit *u, struct ts_node *n, struct ts_val *v)
{
	add(u, &n->in, &n->nin, v);
}

struct ts_val *
ts_add_out(struct ts_unit *u, struct ts_node *n, const struct type *type)
{
	struct ts_val *v = ts_val_new(u, type);

	v->node = n;
	v->out = add(u, &n->out, &n->nout, v);
	return v;
}

void
ts_append(struct ts_block *b, struct ts_node *n)
{
	n->block = b;
	n->prev = b->last;
	n->next = NULL;
	*(b->last != NULL ? &b->last->next : &b->first) = n;
	b->last = n;
}

void
ts_insert_before(struct ts_node *at, struct ts_node *n)
{
	n->block = at->block;
	n->next = at;
	n->prev = at->prev;
	*(at->prev != NULL ? &at->prev->next : &at->block->first) = n;
	at->prev = n;
}

void
ts_unlink(struct ts_node *n)
{
	*(n->prev != NULL ? &n->prev->next : &n->block->first) = n->next;
	*(n->next != NULL ? &n->next->prev : &n->block->last) = n->prev;
	n->block = NULL;
}

void
ts_replace(struct ts_val *old, struct ts_val *with)
{
	with = ts_now(with);
	if (old == with)
		return;
	old->to = with;
	if (with->name == NULL)
		with->name = old->name;
}

static void
drop(struct ts_val **list, uint32_t *n, uint32_t i)
{
	(*n)--;
	memmove(list + i, list + i + 1, (*n - i) * sizeof *list);
}

void
ts_drop_out(struct ts_node *n, uint32_t i)
{
	drop(n->out, &n->nout, i);
	for (; i < n->nout; i++)
		n->out[i]->out = i;
}

void
ts_drop_in(struct ts_node *n, uint32_t i)
{
	drop(n->in, &n->nin, i);
}

void
ts_drop_block_out(struct ts_block *b, uint32_t i)
{
	drop(b->out, &b->nout, i);
}

void
ts_drop_param(struct ts_block *b, uint32_t i)
{
	drop(b->param, &b->nparam, i);
	for (; i < b->nparam; i++)
		b->param[i]->out = i;
}

static void
clear_uses(struct ts_block *b)
{
	uint32_t i;

	for (i = 0; i < b->nparam; i++)
		b->param[i]->uses = 0;
	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		for (i = 0; i < n->nout; i++)
			n->out[i]->uses = 0;
		for (i = 0; i < n->nblocks; i++)
			clear_uses(n->blocks[i]);
	}
}

static void
add_uses(struct ts_block *b)
{
	uint32_t i;

	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		for (i = 0; i < n->nin; i++)
			ts_in(n, i)->uses++;
		for (i = 0; i < n->nblocks; i++)
			add_uses(n->blocks[i]);
	}
	for (i = 0; i < b->nout; i++)
		(b->out[i] = ts_now(b->out[i]))->uses++;
}

void
ts_count_uses(struct ts_block *b)
{
	clear_uses(b);
	add_uses(b);
}

bool
ts_must_be_none(const struct ts_unit *u, const struct ts_val *v)
{
	return v->type == u->t.none || ts_is(v, C_NONE);
}

bool
ts_cannot_be_none(const struct ts_unit *u, const struct ts_val *v)
{
	return v->type != NULL && v->type != u->t.none && v->type->tag != TY_OPT &&
	    v->type != u->t.any && !ts_is(v, C_NONE);
}

/* What stands for v in the copy: itself when it comes from outside. */
static struct ts_val *
copied(const struct ts_unit *u, struct ts_val *v)
{
	v = ts_now(v);
	return v->epoch == u->epoch ? v->copy : v;
}

static void
set_copy(const struct ts_unit *u, struct ts_val *v, struct ts_val *copy)
{
	v->epoch = u->epoch;
	v->copy = copy;
}

static struct ts_frame *
copy_frame(struct ts_unit *u, struct ts_frame *f, struct ts_frame *under)
{
	struct ts_frame *c;

	if (f == NULL)
		return under;
	if (f->epoch == u->epoch)
		return f->copy;
	c = arena_alloc(u->a, sizeof *c);
	*c = *f;
	c->up = copy_frame(u, f->up, under);
	if (c->self != NULL)
		c->self = copied(u, c->self);
	f->epoch = u->epoch;
	f->copy = c;
	return c;
}

struct copier {
	struct ts_unit *u;
	struct ts_frame *under;
};

static struct ts_val **
copy_list(struct ts_unit *u, struct ts_val **list, uint32_t n)
{
	/* a power of two, so that it can grow */
	uint32_t room = 1;
	struct ts_val **own;

	while (room < n)
		room *= 2;
	own = n == 0 ? NULL : arena_array(u->a, room, sizeof *own);
	for (uint32_t i = 0; i < n; i++)
		own[i] = copied(u, list[i]);
	return own;
}

static struct ts_val *
copy_val(const struct copier *c, struct ts_val *v, struct ts_node *node, struct ts_block *block)
{
	struct ts_val *own = arena_alloc(c->u->a, sizeof *own);

	own->type = v->type;
	own->name = v->name;
	own->out = v->out;
	own->node = node;
	own->block = block;
	set_copy(c->u, v, own);
	return own;
}

static void copy_nodes(const struct copier *c, struct ts_block *from, struct ts_block *to,
    struct ts_node *at);

static void
copy_block(const struct copier *c, struct ts_block *from, struct ts_node *owner)
{
	struct ts_block *to = ts_block_new(c->u, owner);

	to->param = copy_list(c->u, from->param, from->nparam);
	to->nparam = from->nparam;
	for (uint32_t i = 0; i < from->nparam; i++)
		to->param[i] = copy_val(c, from->param[i], NULL, to);
	copy_nodes(c, from, to, NULL);
	to->out = copy_list(c->u, from->out, from->nout);
	to->nout = from->nout;
}

static void
copy_node(const struct copier *c, struct ts_node *n, struct ts_block *to, struct ts_node *at)
{
	struct ts_node *own = arena_alloc(c->u->a, sizeof *own);
	uint32_t i;

	*own = *n;
	own->in = copy_list(c->u, n->in, n->nin);
	own->out = copy_list(c->u, n->out, n->nout);
	own->blocks = NULL;
	own->nblocks = 0;
	own->frame = copy_frame(c->u, n->frame, c->under);
	for (i = 0; i < n->nblocks; i++)
		copy_block(c, n->blocks[i], own);
	for (i = 0; i < n->nout; i++)
		own->out[i] = copy_val(c, n->out[i], own, NULL);
	if (at != NULL)
		ts_insert_before(at, own);
	else
		ts_append(to, own);
}

static void
copy_nodes(const struct copier *c, struct ts_block *from, struct ts_block *to, struct ts_node *at)
{
	for (struct ts_node *n = from->first; n != NULL; n = n->next)
		copy_node(c, n, to, at);
}

void
ts_copy(struct ts_unit *u, struct ts_block *from, struct ts_block *to, struct ts_node *at,
    struct ts_val **args, struct ts_frame *frame, struct ts_val **results)
{
	const struct copier c = { u, frame };
	uint32_t i;

	u->epoch++;
	for (i = 0; i < from->nparam; i++)
		set_copy(u, from->param[i], args[i]);
	copy_nodes(&c, from, to, at);
	for (i = 0; i < from->nout; i++)
		results[i] = copied(u, from->out[i]);
}

struct ts_graph *
ts_graph_copy(struct ts_unit *u, const struct ts_graph *g)
{
	struct ts_graph *own = arena_alloc(u->a, sizeof *own);
	struct ts_val **args;
	uint32_t i;

	own->block = ts_block_new(u, NULL);
	args = arena_array(u->a, g->block->nparam, sizeof *args);
	for (i = 0; i < g->block->nparam; i++) {
		args[i] = ts_add_param(u, own->block, g->block->param[i]->type);
		args[i]->name = g->block->param[i]->name;
	}
	own->block->out = arena_array(u->a, g->block->nout, sizeof *own->block->out);
	own->block->nout = g->block->nout;
	ts_copy(u, g->block, own->block, NULL, args, NULL, own->block->out);
	own->nnodes = g->nnodes;
	return own;
}
