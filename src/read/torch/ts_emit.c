/* SPDX-License-Identifier: Apache-2.0 */
/* Functions and statements to graphs. Control flow is made of regions: what an
 * arm assigns becomes an output of the if, what a body assigns is carried by the
 * loop. Names are bound in one table by the id of their string; entering a scope
 * marks the log of changes, leaving it takes them back. */
#include <string.h>

#include "base/ctx.h"
#include "read/torch/ts_emit.h"

static struct ts_binding *
binding(struct ts_emitter *e, const struct str *name)
{
	struct ts_unit *u = e->u;

	while (u->nvars <= name->id) {
		u->vars = arena_grow(u->a, u->vars, u->nvars, sizeof *u->vars);
		u->vars[u->nvars++] = NULL;
	}
	/* few of the model's names are of variables */
	if (u->vars[name->id] == NULL)
		u->vars[name->id] = arena_alloc(u->a, sizeof **u->vars);
	return u->vars[name->id];
}

struct ts_sugar *
ts_lookup(struct ts_emitter *e, const struct str *name)
{
	struct ts_binding *b = binding(e, name);

	return b->s.kind != SV_NONE ? &b->s : NULL;
}

/* The log shrinks and grows with functions: its room is kept. */
static void
log_binding(struct ts_unit *u, uint32_t id, const struct ts_binding *old)
{
	struct ts_undo *more;

	if (u->nlog == u->clog) {
		u->clog = u->clog == 0 ? 64 : u->clog * 2;
		more = arena_array(u->a, u->clog, sizeof *more);
		if (u->nlog > 0)
			memcpy(more, u->log, u->nlog * sizeof *more);
		u->log = more;
	}
	u->log[u->nlog++] = (struct ts_undo){ id, *old };
}

void
ts_bind(struct ts_emitter *e, const struct str *name, struct ts_sugar s)
{
	struct ts_binding *b = binding(e, name);

	if (b->s.kind == SV_NONE || b->scope != e->scope)
		log_binding(e->u, name->id, b);
	b->s = s;
	b->scope = e->scope;
}

void
ts_bind_value(struct ts_emitter *e, const struct str *name, struct ts_val *v)
{
	if (v->name == NULL && v->k == NULL)
		v->name = name;
	ts_bind(e, name, (struct ts_sugar){ .kind = SV_VAL, .v = v });
}

static void
leave(struct ts_emitter *e, uint32_t mark)
{
	struct ts_unit *u = e->u;

	while (u->nlog > mark) {
		u->nlog--;
		*u->vars[u->log[u->nlog].id] = u->log[u->nlog].old;
	}
}

void
ts_leave_scope(struct ts_emitter *e, uint32_t mark)
{
	e->scope--;
	leave(e, mark);
}

struct ts_node *
ts_emit_node(struct ts_emitter *e, struct ts_node *n)
{
	n->off = e->at != NULL ? e->at->off : e->off;
	n->end = e->at != NULL ? e->at->end : e->end;
	n->home = e->fn;
	ts_append(e->block, n);
	return n;
}

void
ts_complain(struct ts_emitter *e, const char *what, const struct str *name)
{
	uint32_t off = e->at != NULL ? e->at->off : e->off;
	struct where where = { .loc = { e->fn->file->src, off, 0 },
	    .line = ts_line(e->fn->file, off) };

	diag_add(e->u->ctx, DIAG_TS_CODE, &where, "%s: %s%s%s; it is taken as unknown",
	    e->fn->name->s, what, name != NULL ? " " : "", name != NULL ? name->s : "");
}

/* What one arm left: names and their values. */
struct arm {
	struct ts_block *block;
	struct { uint32_t id; struct ts_val *v; } *set;
	uint32_t n;
	struct ts_val *result;
	bool returned, raised;
};

static void
collect(struct ts_emitter *e, struct arm *arm, uint32_t mark)
{
	for (uint32_t i = mark; i < e->u->nlog; i++) {
		const struct ts_sugar *s = &e->u->vars[e->u->log[i].id]->s;

		if (s->kind != SV_VAL)
			continue;
		arm->set = arena_grow(e->u->a, arm->set, arm->n, sizeof *arm->set);
		arm->set[arm->n].id = e->u->log[i].id;
		arm->set[arm->n++].v = s->v;
	}
}

/* An arm, and behind it what follows the if when the other arm returns. */
static void
emit_arm(struct ts_emitter *e, struct ts_node *n, const struct ts_stmt *body,
    const struct ts_stmt *rest, struct arm *arm)
{
	struct ts_block *outer = e->block;
	struct ts_val *result = e->result;
	uint32_t mark = e->u->nlog;

	e->block = arm->block = ts_block_new(e->u, n);
	e->scope++;
	arm->returned = ts_emit_body(e, body);
	if (!arm->returned && rest != NULL)
		arm->returned = ts_emit_body(e, rest);
	arm->raised = arm->block->last != NULL && arm->block->last->kind == N_RAISE;
	arm->result = e->result;
	e->result = result;
	collect(e, arm, mark);
	ts_leave_scope(e, mark);
	e->block = outer;
}

static struct ts_val *
value_in(const struct arm *arm, const struct ts_emitter *e, uint32_t id)
{
	const struct ts_sugar *s = &e->u->vars[id]->s;

	for (uint32_t i = arm->n; i-- > 0; )
		if (arm->set[i].id == id)
			return arm->set[i].v;
	return s->kind == SV_VAL ? s->v : NULL;
}

static struct ts_val *
join(struct ts_emitter *e, struct ts_node *n, struct arm *arms, struct ts_val *a,
    struct ts_val *b)
{
	struct ts_val *out = ts_add_out(e->u, n, ts_unify(e->u, ts_now(a)->type, ts_now(b)->type));

	ts_add_block_out(e->u, arms[0].block, a);
	ts_add_block_out(e->u, arms[1].block, b);
	return out;
}

/* Names of both arms, each once: those of the first, then what only the second
 * has set. Sets are told by a mark on the binding's scope being outer. */
static void
merge(struct ts_emitter *e, struct ts_node *n, struct arm *arms)
{
	struct ts_val **out = arena_array(e->u->a, (size_t)arms[0].n + arms[1].n, sizeof *out);
	const struct str *name;
	struct ts_val *a, *b;
	uint32_t i, k;

	for (k = 0; k < 2; k++) {
		for (i = 0; i < arms[k].n; i++) {
			uint32_t id = arms[k].set[i].id;

			if (k == 1 && e->u->vars[id]->scope == UINT32_MAX)
				continue;
			a = value_in(&arms[0], e, id);
			b = value_in(&arms[1], e, id);
			if (a == NULL || b == NULL)
				continue;
			name = str_at(&e->u->m->strs, id);
			out[i] = join(e, n, arms, a, b);
			ts_bind_value(e, name, out[i]);
			e->u->vars[id]->scope = UINT32_MAX;
		}
	}
	for (k = 0; k < 2; k++)
		for (i = 0; i < arms[k].n; i++)
			if (e->u->vars[arms[k].set[i].id]->scope == UINT32_MAX)
				e->u->vars[arms[k].set[i].id]->scope = e->scope;
}

/* Does every way through the statements end in a return? */
static bool
returns(const struct ts_stmt *s)
{
	for (; s != NULL; s = s->next) {
		if (s->kind == S_RETURN)
			return true;
		if (s->kind == S_IF && returns(s->body) && returns(s->orelse))
			return true;
		if (s->kind == S_WITH && returns(s->body))
			return true;
	}
	return false;
}

static bool
may_return(const struct ts_stmt *s)
{
	for (; s != NULL; s = s->next)
		if (s->kind == S_RETURN || (s->kind != S_DEF && (may_return(s->body) ||
		    may_return(s->orelse))))
			return true;
	return false;
}

/* The condition is known: one arm alone is compiled, in place. */
static bool
emit_known(struct ts_emitter *e, const struct ts_stmt *s, bool yes)
{
	return ts_emit_body(e, yes ? s->body : s->orelse);
}

static bool
emit_if(struct ts_emitter *e, const struct ts_stmt *s)
{
	struct arm arms[2] = { { .n = 0 }, { .n = 0 } };
	struct ts_val *cond = ts_emit_cond(e, s->value);
	bool first = returns(s->body), second = returns(s->orelse);
	struct ts_node *n;

	if (ts_is(cond, C_BOOL))
		return emit_known(e, s, cond->k->v.i);
	if ((!first && may_return(s->body)) || (!second && may_return(s->orelse)))
		ts_complain(e, "a return in a part of an arm", NULL);
	n = ts_prim(e->u, N_IF);
	ts_add_in(e->u, n, cond);
	ts_emit_node(e, n);
	emit_arm(e, n, s->body, second ? s->next : NULL, &arms[0]);
	emit_arm(e, n, s->orelse, first ? s->next : NULL, &arms[1]);
	if (!first && !second) {
		merge(e, n, arms);
		return false;
	}
	for (int i = 0; i < 2; i++)
		if (arms[i].result == NULL)
			arms[i].result = ts_none(e->u);
	e->result = join(e, n, arms, arms[0].result, arms[1].result);
	return true;
}

/* Names that the statements may assign, bound outside to a value. */
static void
carry(struct ts_emitter *e, struct arm *found, const struct ts_expr *target)
{
	struct ts_binding *b;

	if (target == NULL)
		return;
	if (target->kind == E_TUPLE || target->kind == E_LIST || target->kind == E_STAR) {
		for (uint32_t i = 0; i < target->n; i++)
			carry(e, found, target->list[i]);
		return;
	}
	if (target->kind != E_NAME)
		return;
	b = binding(e, target->name);
	if (b->s.kind != SV_VAL || b->loop == e->u->nloops)
		return;
	b->loop = e->u->nloops;
	found->set = arena_grow(e->u->a, found->set, found->n, sizeof *found->set);
	found->set[found->n].id = target->name->id;
	found->set[found->n++].v = b->s.v;
}

static void
carried(struct ts_emitter *e, struct arm *found, const struct ts_stmt *s)
{
	for (; s != NULL; s = s->next) {
		for (uint32_t i = 0; i < s->ntargets && s->kind != S_ASSERT; i++)
			carry(e, found, s->targets[i]);
		carried(e, found, s->body);
		carried(e, found, s->orelse);
	}
}

struct loop {
	struct ts_node *n;
	struct arm carried;
	uint32_t mark;
	struct ts_block *outer;
	struct ts_val *index;
};

static void
enter_loop(struct ts_emitter *e, const struct ts_stmt *s, struct ts_val *trips,
    struct ts_val *cond, struct loop *l)
{
	struct ts_unit *u = e->u;
	struct ts_block *b;

	l->n = ts_prim(u, N_LOOP);
	u->nloops++;
	carried(e, &l->carried, s->body);
	ts_add_in(u, l->n, trips);
	ts_add_in(u, l->n, cond);
	ts_emit_node(e, l->n);
	b = ts_block_new(u, l->n);
	l->index = ts_add_param(u, b, u->t.i);
	l->outer = e->block;
	l->mark = e->u->nlog;
	e->block = b;
	e->scope++;
	for (uint32_t i = 0; i < l->carried.n; i++) {
		struct ts_val *v = ts_now(l->carried.set[i].v);
		struct ts_val *inner = ts_add_param(u, b, v->type);

		ts_add_in(u, l->n, v);
		ts_bind_value(e, str_at(&u->m->strs, l->carried.set[i].id), inner);
	}
}

static void
leave_loop(struct ts_emitter *e, struct loop *l, struct ts_val *cond)
{
	struct ts_unit *u = e->u;
	struct ts_block *b = l->n->blocks[0];

	ts_add_block_out(u, b, cond);
	for (uint32_t i = 0; i < l->carried.n; i++) {
		const struct ts_sugar *s = &u->vars[l->carried.set[i].id]->s;

		ts_add_block_out(u, b, s->kind == SV_VAL ? s->v : b->param[i + 1]);
	}
	ts_leave_scope(e, l->mark);
	e->block = l->outer;
	for (uint32_t i = 0; i < l->carried.n; i++)
		ts_bind_value(e, str_at(&u->m->strs, l->carried.set[i].id),
		    ts_add_out(u, l->n, b->param[i + 1]->type));
}

static bool
emit_while(struct ts_emitter *e, const struct ts_stmt *s)
{
	struct loop l = { .n = NULL };
	struct ts_val *cond = ts_emit_cond(e, s->value);

	enter_loop(e, s, ts_int(e->u, INT64_MAX), cond, &l);
	if (ts_emit_body(e, s->body))
		ts_complain(e, "a return inside of a loop", NULL);
	leave_loop(e, &l, ts_emit_cond(e, s->value));
	return false;
}

static void assign(struct ts_emitter *e, const struct ts_expr *target, struct ts_val *v);

static void
assign_parts(struct ts_emitter *e, const struct ts_expr *target, struct ts_val *v)
{
	struct ts_val **parts = arena_array(e->u->a, target->n, sizeof *parts);

	ts_unpack(e, v, parts, target->n);
	for (uint32_t i = 0; i < target->n; i++)
		assign(e, target->list[i], parts[i]);
}

static void
assign_attribute(struct ts_emitter *e, const struct ts_expr *target, struct ts_val *v)
{
	struct ts_val *object = ts_emit(e, target->list[0]);
	struct ts_node *n = ts_prim(e->u, N_SETATTR);

	n->attr = target->name;
	ts_add_in(e->u, n, object);
	ts_add_in(e->u, n, v);
	ts_emit_node(e, n);
}

static void
assign_item(struct ts_emitter *e, const struct ts_expr *target, struct ts_val *v)
{
	struct ts_val *args[3];

	if (target->n == 2 && target->list[1] != NULL && target->list[1]->kind != E_SLICE) {
		args[0] = ts_emit(e, target->list[0]);
		if (!ts_is_tensor(args[0]->type)) {
			args[1] = ts_emit(e, target->list[1]);
			args[2] = v;
			ts_builtin(e, "aten", "_set_item", args, 3);
			return;
		}
	}
	args[0] = ts_subscript(e, target);
	args[1] = v;
	ts_builtin(e, "aten", "copy_", args, 2);
}

static void
assign(struct ts_emitter *e, const struct ts_expr *target, struct ts_val *v)
{
	if (target->kind == E_NAME)
		ts_bind_value(e, target->name, v);
	else if (target->kind == E_TUPLE || target->kind == E_LIST)
		assign_parts(e, target, v);
	else if (target->kind == E_ATTR)
		assign_attribute(e, target, v);
	else if (target->kind == E_SUBSCRIPT)
		assign_item(e, target, v);
	else
		ts_complain(e, "an assignment to what cannot be assigned", NULL);
}

/* for i in range(...), or over a list or the like. */
static bool
emit_for(struct ts_emitter *e, const struct ts_stmt *s)
{
	const struct ts_expr *over = s->value;
	struct ts_val *args[3] = { NULL }, *at[3], *trips, *v;
	struct loop l = { .n = NULL };
	bool range = over->kind == E_CALL && over->list[0]->kind == E_NAME &&
	    strcmp(over->list[0]->name->s, "range") == 0 && over->n >= 2 && over->n <= 4;
	uint32_t n = range ? over->n - 1 : 1;

	for (uint32_t i = 0; i < n; i++)
		args[i] = ts_emit(e, range ? over->list[i + 1] : over);
	if (range && n == 2)
		args[2] = ts_int(e->u, 1);
	trips = !range ? ts_builtin(e, "aten", "len", args, 1) : n == 1 ?
	    ts_convert(e, args[0], e->u->t.i) :
	    ts_builtin(e, "aten", "__range_length", args, 3);
	enter_loop(e, s, trips, ts_bool(e->u, true), &l);
	v = l.index;
	if (range && n > 1) {
		at[0] = l.index, at[1] = args[0], at[2] = args[2];
		v = ts_builtin(e, "aten", "__derive_index", at, 3);
	} else if (!range) {
		at[0] = args[0], at[1] = l.index;
		v = ts_builtin(e, "aten", "__getitem__", at, 2);
	}
	assign(e, s->targets[0], v);
	if (ts_emit_body(e, s->body))
		ts_complain(e, "a return inside of a loop", NULL);
	leave_loop(e, &l, ts_bool(e->u, true));
	return false;
}

static bool
emit_with(struct ts_emitter *e, const struct ts_stmt *s)
{
	struct ts_val **entered = arena_array(e->u->a, s->ntargets, sizeof *entered);
	struct ts_node *n;
	bool returned;

	for (uint32_t i = 0; i + 1 < s->ntargets; i += 2) {
		entered[i] = ts_emit(e, s->targets[i]);
		n = ts_prim(e->u, N_ENTER);
		ts_add_in(e->u, n, entered[i]);
		ts_add_out(e->u, n, entered[i]->type);
		ts_emit_node(e, n);
		if (s->targets[i + 1] != NULL)
			assign(e, s->targets[i + 1], n->out[0]);
	}
	returned = ts_emit_body(e, s->body);
	for (uint32_t i = s->ntargets; i >= 2; i -= 2) {
		n = ts_prim(e->u, N_EXIT);
		ts_add_in(e->u, n, entered[i - 2]);
		for (int k = 0; k < 3; k++)
			ts_add_in(e->u, n, ts_none(e->u));
		ts_add_out(e->u, n, e->u->t.none);
		ts_emit_node(e, n);
	}
	return returned;
}

/* a, b = x, y one by one: no tuple is made that would only be taken apart. */
static bool
assign_each(struct ts_emitter *e, const struct ts_stmt *s)
{
	const struct ts_expr *t = s->targets[0], *v = s->value;
	struct ts_sugar *parts;

	if (s->ntargets != 1 || v->kind != E_TUPLE || t->kind != E_TUPLE || t->n != v->n)
		return false;
	parts = arena_array(e->u->a, v->n, sizeof *parts);
	for (uint32_t i = 0; i < v->n; i++)
		parts[i] = ts_emit_sugar(e, v->list[i]);
	for (uint32_t i = 0; i < v->n; i++)
		assign(e, t->list[i], ts_to_value(e, parts[i], v->list[i]));
	return true;
}

static bool
emit_assign(struct ts_emitter *e, const struct ts_stmt *s)
{
	struct ts_sugar value;
	struct ts_val *v;

	if (s->value == NULL || assign_each(e, s))
		return false;
	value = ts_emit_sugar(e, s->value);
	if (s->ntargets == 1 && s->targets[0]->kind == E_NAME && value.kind != SV_VAL &&
	    value.kind != SV_NONE) {
		ts_bind(e, s->targets[0]->name, value);
		return false;
	}
	v = ts_to_value(e, value, s->value);
	if (s->type != NULL)
		v = ts_convert(e, v, ts_type(e->u, s->type));
	for (uint32_t i = 0; i < s->ntargets; i++)
		assign(e, s->targets[i], v);
	return false;
}

/* In place where there is such an operator: x += y of a tensor is add_. */
static bool
emit_augment(struct ts_emitter *e, const struct ts_stmt *s)
{
	struct ts_val *args[2] = { ts_emit(e, s->targets[0]), ts_emit(e, s->value) }, *v;
	char name[32];

	strcpy(name, s->op);
	if (args[0]->type != NULL && (args[0]->type->tag == TY_TENSOR ||
	    args[0]->type->tag == TY_LIST) && name[0] != '_')
		strcat(name, "_");
	v = ts_builtin(e, "aten", name, args, 2);
	assign(e, s->targets[0], v);
	return false;
}

static bool
emit_return(struct ts_emitter *e, const struct ts_stmt *s)
{
	const struct type *want = ts_fn_result(e->u, e->fn);
	struct ts_val *v = s->value != NULL ? ts_emit(e, s->value) : ts_none(e->u);

	e->result = want != NULL && !e->fn->closure ? ts_convert(e, v, want) : v;
	return true;
}

static void
emit_raise(struct ts_emitter *e, const struct ts_expr *value)
{
	struct ts_node *n = ts_prim(e->u, N_RAISE);
	const struct ts_expr *text = value;

	if (value != NULL && value->kind == E_CALL)
		text = value->n > 1 ? value->list[1] : NULL;
	ts_add_in(e->u, n, text != NULL ? ts_emit(e, text) : ts_text(e->u, e->u->m->empty));
	ts_emit_node(e, n);
}

static bool
emit_assert(struct ts_emitter *e, const struct ts_stmt *s)
{
	struct ts_node *n = ts_prim(e->u, N_IF);
	struct ts_block *outer = e->block;

	ts_add_in(e->u, n, ts_emit_cond(e, s->value));
	ts_emit_node(e, n);
	ts_block_new(e->u, n);
	e->block = ts_block_new(e->u, n);
	emit_raise(e, s->ntargets > 0 ? s->targets[0] : NULL);
	e->block = outer;
	return false;
}

static bool
emit_stmt(struct ts_emitter *e, const struct ts_stmt *s)
{
	e->off = s->off;
	e->end = s->end;
	e->at = NULL;
	switch (s->kind) {
	case S_ASSIGN: case S_UNPACK: return emit_assign(e, s);
	case S_AUGMENT: return emit_augment(e, s);
	case S_IF: return emit_if(e, s);
	case S_WHILE: return emit_while(e, s);
	case S_FOR: return emit_for(e, s);
	case S_WITH: return emit_with(e, s);
	case S_RETURN: return emit_return(e, s);
	case S_ASSERT: return emit_assert(e, s);
	case S_EXPR:
		ts_emit_sugar(e, s->value);
		return false;
	case S_DEF:
		ts_bind(e, s->def->name, (struct ts_sugar){ .kind = SV_CLOSURE, .def = s->def });
		return false;
	case S_RAISE:
		emit_raise(e, s->value);
		return false;
	case S_BREAK: case S_CONTINUE:
		ts_complain(e, "break or continue", NULL);
		return false;
	case S_PASS: case S_DEL:
		return false;
	}
	return false;
}

bool
ts_emit_body(struct ts_emitter *e, const struct ts_stmt *s)
{
	if (e->depth > e->u->ctx->limits.depth)
		return false;
	e->depth++;
	for (; s != NULL; s = s->next)
		if (emit_stmt(e, s))
			break;
	e->depth--;
	return s != NULL;
}

static void
emit_params(struct ts_emitter *e)
{
	struct ts_fn *fn = e->fn;

	for (uint32_t i = 0; i < fn->def->nparams; i++) {
		const struct ts_param *p = &fn->def->params[i];
		const struct type *t = p->type != NULL ? ts_type(e->u, p->type) :
		    i == 0 && fn->cls != NULL ? fn->cls->type : e->u->t.tensor;

		ts_bind_value(e, p->name, ts_add_param(e->u, e->block, t));
	}
}

struct ts_graph *
ts_compile(struct ts_unit *u, struct ts_fn *fn)
{
	struct ts_emitter e = { .u = u, .fn = fn, .scope = 1 };
	uint32_t mark = u->nlog;

	if (fn->graph != NULL)
		return fn->graph;
	fn->graph = arena_alloc(u->a, sizeof *fn->graph);
	fn->graph->block = e.block = ts_block_new(u, NULL);
	emit_params(&e);
	ts_emit_body(&e, fn->def->body);
	ts_add_block_out(u, fn->graph->block, e.result != NULL ? e.result : ts_none(u));
	leave(&e, mark);
	if (u->upgraders != NULL && fn->file != u->upgraders)
		ts_expand(u, fn->graph->block);
	ts_lower_tuples(u, fn->graph->block);
	ts_dead(u, fn->graph->block);
	if (ts_fold(u, fn->graph->block))
		ts_dead(u, fn->graph->block);
	return fn->graph;
}
