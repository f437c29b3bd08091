/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of the compiler become nodes of the model. What reads an attribute of a
 * module becomes the value that the attribute holds; it stays a node where the
 * object is made or changed at run time. */
#include <string.h>

#include "base/ctx.h"
#include "ops/op.h"
#include "ops/sig.h"
#include "read/torch/ts_lower.h"

struct ts_obj *
ts_object_of(struct ts_lowering *l, struct ts_val *v)
{
	struct ts_obj *outer;
	struct pickle_value *p;

	v = ts_now(v);
	if (v->obj != NULL || v == l->self)
		return v == l->self ? l->root : v->obj;
	if (ts_is(v, C_ENTRY) && l->constants != NULL) {
		p = pickle_item(l->constants, (uint64_t)v->k->v.i);
		v->obj = ts_object(&l->objects, p, v->k->s);
		if (v->obj != NULL)
			v->obj->entry = true;
		return v->obj;
	}
	if (v->node == NULL || v->node->kind != N_GETATTR || v->looked)
		return NULL;
	v->looked = true;
	if (v->node->attr->id < l->nchanged && l->changed[v->node->attr->id])
		return NULL;
	outer = ts_object_of(l, ts_in(v->node, 0));
	if (outer == NULL || (p = ts_object_attr(&l->objects, outer, v->node->attr)) == NULL)
		return NULL;
	return v->obj = ts_object(&l->objects, p, outer->path == NULL || outer->path->len == 0 ?
	    v->node->attr : ts_join(l->u, outer->path, v->node->attr));
}

/* Objects are met from the outside in: chains of attributes are short in depth
 * of code, but a hostile file could nest them; each link is asked for when it is
 * lowered, so that the recursion above ends after one step. */
static void
resolve(struct ts_lowering *l, struct ts_node *n)
{
	for (uint32_t i = 0; i < n->nout && n->kind == N_GETATTR; i++)
		ts_object_of(l, n->out[i]);
}

void
ts_note_changes(struct ts_lowering *l, struct ts_block *b)
{
	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		if (n->kind == N_SETATTR) {
			while (l->nchanged <= n->attr->id) {
				l->changed = arena_grow(l->a, l->changed, l->nchanged,
				    sizeof *l->changed);
				l->changed[l->nchanged++] = false;
			}
			l->changed[n->attr->id] = true;
		}
		for (uint32_t i = 0; i < n->nblocks; i++)
			ts_note_changes(l, n->blocks[i]);
	}
}

struct value *
ts_held(struct ts_lowering *l, struct ts_obj *o, const struct type *type)
{
	struct model *m = l->u->m;
	const struct str *path = o->path != NULL && o->path->len > 0 ? o->path :
	    str_internz(&m->strs, "self");
	struct role role = { .kind = ROLE_OBJECT };
	struct torch_store *store = l->objects.store;
	struct tensor *t = NULL;
	struct value *v;

	if (l->here != l->main && l->here == o->here)
		return o->made_here;
	if (l->here == l->main && o->made != NULL)
		return o->made;
	if (o->entry) {
		store = l->constant_store;
		path = ts_join(l->u, str_internz(&m->strs, "CONSTANTS"), path);
	}
	if (torch_is_tensor(o->v))
		t = torch_tensor(store, o->v, path);
	v = graph_add_value(m, l->here, ts_label(l, path), VALUE_INITIALIZER);
	v->constant = t != NULL ? t : ts_contents(l, store, o->v, o->entry || o->path == NULL ?
	    path : o->path);
	v->type = t != NULL ? ts_tensor_type(l, t) : type;
	role.kind = t != NULL ? ROLE_CONSTANT : ROLE_OBJECT;
	role.name = v->name;
	role.target = path;
	role.value = v;
	graph_add_role(m, l->here, role);
	if (l->here == l->main)
		return o->made = v;
	o->here = l->here;
	return o->made_here = v;
}

static void
add_literal(struct ts_lowering *l, struct node *n, const struct ts_const *k,
    const struct type *type)
{
	const struct str *text;
	struct tensor *t = ts_literal(l, k, &text);
	struct value *v = node_add_literal(l->u->m, n);

	v->name = text;
	v->type = type;
	v->constant = t;
}

static const struct type *
const_type(struct ts_unit *u, const struct ts_const *k)
{
	return k->kind == C_INT ? u->t.i : k->kind == C_FLOAT ? u->t.f : k->kind == C_BOOL ?
	    u->t.b : k->kind == C_COMPLEX ? u->t.c : k->kind == C_DEVICE ? u->t.device : u->t.s;
}

/* Does the value stand as a literal? Then k says which. */
static bool
as_literal(struct ts_lowering *l, struct ts_val *v, struct ts_const *k)
{
	const struct ts_obj *o;

	if (v->k != NULL && v->k->kind != C_ENTRY) {
		*k = *v->k;
		return k->kind != C_TUPLE;
	}
	o = ts_object_of(l, v);
	return o != NULL && !torch_is_tensor(o->v) && ts_const_of(l->u, o->v, k);
}

/* The name of a value that is no literal. */
static const struct str *
name_of(struct ts_lowering *l, struct ts_val *v)
{
	struct ts_obj *o = ts_object_of(l, v);

	if (o != NULL)
		return ts_held(l, o, v->type)->name;
	if (v->label == NULL)
		v->label = ts_label(l, v->name != NULL ? v->name :
		    str_internz(&l->u->m->strs, "undefined"));
	return v->label;
}

static void
add_operand(struct ts_lowering *l, struct node *n, struct ts_val *v)
{
	struct ts_const k;

	v = ts_now(v);
	if (v->k == NULL && n->nin < 64 && ts_object_of(l, v) != NULL &&
	    !torch_is_tensor(ts_object_of(l, v)->v))
		n->held |= (uint64_t)1 << n->nin;
	if (!as_literal(l, v, &k))
		node_add_operand_name(l->u->m, n, name_of(l, v));
	else if (k.kind == C_NONE)
		node_add_operand_name(l->u->m, n, l->u->m->empty);
	else
		add_literal(l, n, &k, const_type(l->u, &k));
}

/* A constant that a region gives: a value of its own there. */
static const struct str *
constant_in(struct ts_lowering *l, struct graph *g, struct ts_val *v, const struct ts_const *k)
{
	const struct str *text;
	struct tensor *t = ts_literal(l, k, &text);
	struct value *made = graph_add_value(l->u->m, g, ts_label(l, text),
	    VALUE_INITIALIZER | VALUE_LITERAL);

	made->type = k->kind == C_NONE ? l->u->t.none : v->type;
	made->constant = t;
	return made->name;
}

static void
add_result(struct ts_lowering *l, struct graph *g, struct ts_val *v)
{
	struct decl d = { .output = true };
	struct ts_const k;

	v = ts_now(v);
	d.name = as_literal(l, v, &k) ? constant_in(l, g, v, &k) : name_of(l, v);
	d.type = v->type;
	decl_add(l->a, &l->decls, g, d);
}

static void
name_value(struct ts_lowering *l, struct ts_val *v, const struct str *fallback)
{
	v->label = ts_label(l, v->name != NULL ? v->name : fallback);
}

static void lower_block(struct ts_lowering *l, struct ts_block *b, struct graph *g);

static void
lower_regions(struct ts_lowering *l, struct ts_node *n, struct node *made)
{
	struct model *m = l->u->m;
	struct graph *g;

	for (uint32_t i = 0; i < n->nblocks; i++) {
		struct ts_block *b = n->blocks[i];

		g = graph_new(m, GRAPH_BLOCK, made, str_internz(&m->strs, n->kind != N_IF ?
		    "body" : i == 0 ? "then_branch" : "else_branch"));
		g->loc = made->loc;
		for (uint32_t k = 0; k < b->nparam; k++) {
			name_value(l, b->param[k], str_internz(&m->strs, "i"));
			graph_add_value(m, g, b->param[k]->label, VALUE_INPUT)->type =
			    b->param[k]->type;
		}
		lower_block(l, b, g);
	}
}

/* Names of a row's parameters, up to one that is many operands. */
struct row_names { const struct str **names; uint32_t n; };

static const struct row_names *
row_names(struct ts_lowering *l, const struct op *op)
{
	uint32_t count;
	const struct op *rows = op_rows(DIALECT_ATEN, &count);
	struct row_names *r;
	struct sig g;

	if (l->rows == NULL)
		l->rows = arena_array(l->a, count, sizeof *l->rows);
	r = &l->rows[op - rows];
	if (r->names != NULL || !sig_parse(op, &g))
		return r;
	r->names = arena_array(l->a, g.nin + 1, sizeof *r->names);
	for (; r->n < g.nin && !g.in[r->n].variadic && !g.in[r->n].mixed; r->n++)
		r->names[r->n] = str_intern(&l->u->m->strs, g.in[r->n].name,
		    g.in[r->n].name_len);
	return r;
}

/* Names of the parameters, when the overload is known; an operand given by its
 * name keeps it. */
static void
name_operands(struct ts_lowering *l, const struct ts_node *n, struct node *made)
{
	const struct row_names *r;

	if (n->op == NULL || (r = row_names(l, n->op))->n < n->nin)
		return;
	for (uint32_t i = 0; i < n->nin; i++)
		node_name_operand(l->u->m, made, i < n->nin - n->nkw ? r->names[i] :
		    n->kw[i - (n->nin - n->nkw)]);
}

static void
set_call(struct ts_lowering *l, const struct ts_node *n, struct node *made)
{
	struct model *m = l->u->m;
	struct attr *a;

	if (n->attr == NULL)
		return;
	a = node_add_attr(m, made);
	a->name = str_internz(&m->strs, "name");
	a->kind = ATTR_STRING;
	a->nset = 1;
	a->v.s = n->attr;
	a->n = n->attr->len;
	if (n->fn != NULL)
		made->callee = n->fn->shown;
}

/* a.___torch_mangle_3.B without what the format adds. */
static const struct str *
plain_name(struct ts_lowering *l, struct ts_fn *fn)
{
	static const char mangle[] = "___torch_mangle_";
	const char *s = fn->name->s;
	char *text, *out;

	if (fn->label != NULL)
		return fn->label;
	out = text = arena_alloc(l->a, (size_t)fn->name->len + 1);
	if (strncmp(s, "__torch__.", 10) == 0)
		s += 10;
	while (*s != '\0') {
		if (strncmp(s, mangle, sizeof mangle - 1) == 0) {
			s += strcspn(s, ".");
			s += *s == '.';
			continue;
		}
		do
			*out++ = *s;
		while (*s++ != '.' && *s != '\0');
	}
	return fn->label = str_intern(&l->u->m->strs, text, (uint32_t)(out - text));
}

static struct inlined *
call_of(struct ts_lowering *l, struct ts_frame *f)
{
	const struct ts_obj *o;
	struct inlined *c;

	if (f == NULL || f->made != NULL)
		return f != NULL ? f->made : NULL;
	c = f->made = arena_alloc(&l->u->m->arena, sizeof *c);
	c->up = call_of(l, f->up);
	c->function = plain_name(l, f->fn);
	c->scope = c->up != NULL ? c->up->scope : NULL;
	c->at = (struct loc){ f->at->file->src, f->off, 0 };
	o = f->self != NULL ? ts_object_of(l, f->self) : NULL;
	if (o != NULL && o->path != NULL && o->path->len > 0)
		c->scope = o->path;
	return c;
}

static void
lower_node(struct ts_lowering *l, struct ts_node *n, struct graph *g)
{
	struct model *m = l->u->m;
	struct node *made = graph_add_node(m, g);

	made->domain = n->domain;
	made->type = n->type;
	if (n->op != NULL && n->op->overload[0] != '\0')
		made->overload = str_internz(&m->strs, n->op->overload);
	if (n->home != NULL)
		made->loc = (struct loc){ n->home->file->src, n->off, n->end - n->off };
	made->call = call_of(l, n->frame);
	made->scope = made->call != NULL ? made->call->scope : NULL;
	for (uint32_t i = 0; i < n->nin; i++) {
		const struct ts_obj *o = ts_object_of(l, ts_in(n, i));

		add_operand(l, made, ts_in(n, i));
		if (o != NULL && n->kind != N_SETATTR)
			ts_pass(l, o, n->kind == N_GETATTR ? n->attr : NULL);
	}
	name_operands(l, n, made);
	for (uint32_t i = 0; i < n->nout; i++) {
		name_value(l, n->out[i], n->type);
		node_add_output(m, made, n->out[i]->label)->type = n->out[i]->type;
	}
	if (n->nout > 0)
		made->name = n->out[0]->label;
	set_call(l, n, made);
	lower_regions(l, n, made);
}

static void
lower_block(struct ts_lowering *l, struct ts_block *b, struct graph *g)
{
	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		resolve(l, n);
		if (n->kind != N_GETATTR || ts_object_of(l, n->out[0]) == NULL)
			lower_node(l, n, g);
	}
	for (uint32_t i = 0; i < b->nout; i++)
		add_result(l, g, b->out[i]);
}

void
ts_lower(struct ts_lowering *l, struct ts_graph *graph, struct graph *g)
{
	struct ts_block *b = graph->block;
	struct model *m = l->u->m;

	l->here = g;
	ts_note_changes(l, b);
	for (uint32_t i = 0; i < b->nparam; i++) {
		if (i == 0 && l->self == b->param[0])
			continue;
		name_value(l, b->param[i], str_internz(&m->strs, "input"));
		graph_add_value(m, g, b->param[i]->label, VALUE_INPUT)->type = b->param[i]->type;
	}
	lower_block(l, b, g);
}
