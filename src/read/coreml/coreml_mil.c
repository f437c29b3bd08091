/* SPDX-License-Identifier: Apache-2.0 */
/* ML Programs: functions are graphs, operations nodes, nested blocks their
 * regions. A const operation is a constant of its graph and no node, so a
 * graph has as many of them as initializers. Operands are named by their
 * parameters; one parameter may have several. Source: facts/coreml-format.md
 * sections 4, 5 and 10. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "ir/spec.h"
#include "read/coreml/coreml_read.h"

enum { PROGRAM_VERSION = 1, PROGRAM_FUNCTIONS, PROGRAM_DOC, PROGRAM_ATTRIBUTES };
enum { FUNC_INPUTS = 1, FUNC_OPSET, FUNC_BLOCKS, FUNC_ATTRIBUTES };
enum { BLOCK_INPUTS = 1, BLOCK_OUTPUTS, BLOCK_OPERATIONS, BLOCK_ATTRIBUTES };
enum { OP_TYPE = 1, OP_INPUTS, OP_OUTPUTS, OP_BLOCKS, OP_ATTRIBUTES };
enum { KEY = 1, VALUE }; /* of a map's entry */

/* NamedValueType: 1 name, 2 type. */
struct named { const struct str *name; const struct mil_type *type; };

static struct named
read_named(struct coreml_reader *r)
{
	struct named x = { r->m->empty, NULL };
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1)
			x.name = coreml_str(r, &f);
		else
			x.type = mil_type(r, &f);
	}
	return x;
}

static void
add_input(struct coreml_reader *r, struct graph *g)
{
	struct loc loc = wire_here(&r->w);
	struct named x = read_named(r);
	struct value *v = graph_add_value(r->m, g, x.name, VALUE_INPUT);

	v->type = x.type != NULL ? x.type->type : NULL;
	v->loc = loc;
}

static void
add_output(struct coreml_reader *r, struct node *n)
{
	struct loc loc = wire_here(&r->w);
	struct named x = read_named(r);
	struct value *v = node_add_output(r->m, n, x.name);

	if (v == NULL)
		return;
	v->type = x.type != NULL ? x.type->type : NULL;
	v->loc = loc;
}

/* An entry of a map of attributes. */
static void
add_attr(struct coreml_reader *r, struct attr *a)
{
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == KEY)
			a->name = coreml_str(r, &f);
		else
			WIRE_IN(&r->w, &f, mil_attr(r, a));
	}
}

static void
add_graph_attr(struct coreml_reader *r, struct graph *g)
{
	struct attr a = { .name = r->m->empty };

	add_attr(r, &a);
	*attr_add(r->m, &g->attrs, &g->nattrs) = a;
}

/* Operations are mostly named like their output. */
static const struct str *
first_output(const struct node *n)
{
	return n->nout > 0 && n->out[0] != NULL ? n->out[0]->name : NULL;
}

/* An attribute of an operation; its name is the node's. */
static void
add_op_attr(struct coreml_reader *r, struct node *n)
{
	struct attr a = { .name = r->m->empty };
	struct wire_field f;
	bool name = false;

	while (wire_next(&r->w, &f)) {
		if (f.number == KEY && (name = wire_is(&r->w, &f, "name")))
			continue;
		if (f.number == KEY)
			a.name = coreml_str(r, &f);
		else if (name)
			WIRE_IN(&r->w, &f, n->name = mil_string(r, first_output(n)));
		else
			WIRE_IN(&r->w, &f, mil_attr(r, &a));
	}
	if (!name)
		*node_add_attr(r->m, n) = a;
}

/* Binding: the name of a value, or a value. */
static void
add_binding(struct coreml_reader *r, struct node *n)
{
	const struct mil_type *type = NULL;
	struct wire_field f;
	struct value *v;

	while (wire_next(&r->w, &f)) {
		if (f.number == 1) {
			node_add_operand_name(r->m, n, coreml_str(r, &f));
			continue;
		}
		v = node_add_literal(r->m, n);
		v->loc = wire_loc(&r->w, &f);
		WIRE_IN(&r->w, &f, v->constant = mil_value(r, &type));
		v->type = type != NULL ? type->type : NULL;
	}
}

static void
add_bindings(struct coreml_reader *r, struct node *n)
{
	struct wire_field f;

	while (wire_next(&r->w, &f))
		WIRE_IN(&r->w, &f, add_binding(r, n));
}

/* An entry of the map of operands: 1 the parameter, 2 its Argument. */
static void
add_operands(struct coreml_reader *r, struct node *n)
{
	const struct str *parameter = r->m->empty;
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == KEY)
			parameter = coreml_str(r, &f);
		else
			WIRE_IN(&r->w, &f, add_bindings(r, n));
	}
	while (n->nnamed < n->nin)
		node_name_operand(r->m, n, parameter);
}

/* Role of a block in its operation. */
static const char *
block_role(const struct node *n, uint32_t i)
{
	static const char *const cond[] = { "true", "false" };
	static const char *const loop[] = { "condition", "body" };

	if (i < 2 && strcmp(n->type->s, "cond") == 0)
		return cond[i];
	if (i < 2 && strcmp(n->type->s, "while_loop") == 0)
		return loop[i];
	return "block";
}

static void read_block(struct coreml_reader *r, struct graph *g);

static void
add_block(struct coreml_reader *r, struct node *n)
{
	const char *role = block_role(n, n->nregions);

	read_block(r, graph_new(r->m, GRAPH_BLOCK, n, str_internz(&r->m->strs, role)));
}

static void
read_op(struct coreml_reader *r, struct node *n)
{
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		switch (f.number) {
		case OP_INPUTS:
			WIRE_IN(&r->w, &f, add_operands(r, n));
			break;
		case OP_OUTPUTS:
			WIRE_IN(&r->w, &f, add_output(r, n));
			break;
		case OP_BLOCKS:
			WIRE_IN(&r->w, &f, add_block(r, n));
			break;
		case OP_ATTRIBUTES:
			WIRE_IN(&r->w, &f, add_op_attr(r, n));
			break;
		default:
			break;
		}
	}
}

/* The attribute val of a const; NULL when the entry is another one. */
static struct tensor *
read_const_attr(struct coreml_reader *r)
{
	struct tensor *t = NULL;
	struct wire_field f;
	bool val = false;

	while (wire_next(&r->w, &f)) {
		if (f.number == KEY)
			val = wire_is(&r->w, &f, "val");
		else if (val)
			WIRE_IN(&r->w, &f, t = mil_value(r, NULL));
	}
	return t;
}

static void
read_const(struct coreml_reader *r, struct graph *g)
{
	struct named x = { r->m->empty, NULL };
	struct loc loc = wire_here(&r->w);
	struct tensor *t = NULL, *val;
	struct wire_field f;
	struct value *v;

	while (wire_next(&r->w, &f)) {
		if (f.number == OP_OUTPUTS) {
			WIRE_IN(&r->w, &f, x = read_named(r));
		} else if (f.number == OP_ATTRIBUTES) {
			val = NULL;
			WIRE_IN(&r->w, &f, val = read_const_attr(r));
			t = val != NULL ? val : t;
		}
	}
	if (t == NULL) {
		wire_diag(&r->w, DIAG_COREML_VALUE, loc.off, "const '%s' has no value; "
		    "it was taken as empty", x.name->s);
		t = arena_alloc(&r->m->arena, sizeof *t);
		t->enc = &TENSOR_NONE;
		t->loc = loc;
		r->m->ntensors++;
	}
	t->name = x.name;
	v = graph_add_value(r->m, g, x.name, VALUE_INITIALIZER);
	v->type = x.type != NULL ? x.type->type : NULL;
	v->constant = t;
	v->loc = loc;
}

/* Type of the operation, which has just been entered; mostly the first field.
 * NULL: it is a const. */
static const struct str *
op_type(struct coreml_reader *r)
{
	struct wire_field f;

	while (wire_next(&r->w, &f))
		if (f.number == OP_TYPE)
			return wire_is(&r->w, &f, "const") ? NULL : coreml_str(r, &f);
	return r->m->empty;
}

static void
add_op(struct coreml_reader *r, struct graph *g, const struct wire_field *f)
{
	const struct str *type = r->m->empty;
	struct node *n;

	WIRE_IN(&r->w, f, type = op_type(r));
	if (type == NULL) {
		WIRE_IN(&r->w, f, read_const(r, g));
		return;
	}
	n = graph_add_node(r->m, g);
	n->type = type;
	n->loc = wire_loc(&r->w, f);
	WIRE_IN(&r->w, f, read_op(r, n));
}

static void
read_block(struct coreml_reader *r, struct graph *g)
{
	struct wire_field f;

	g->loc = wire_here(&r->w);
	while (wire_next(&r->w, &f)) {
		switch (f.number) {
		case BLOCK_INPUTS:
			WIRE_IN(&r->w, &f, add_input(r, g));
			break;
		case BLOCK_OUTPUTS:
			decl_add(&r->scratch, &r->part->decls, g,
			    (struct decl){ .output = true, .name = coreml_str(r, &f),
			    .loc = wire_loc(&r->w, &f) });
			break;
		case BLOCK_OPERATIONS:
			add_op(r, g, &f);
			break;
		case BLOCK_ATTRIBUTES:
			WIRE_IN(&r->w, &f, add_graph_attr(r, g));
			break;
		default:
			break;
		}
	}
}

/* The blocks of a function, one for each opset: read only when chosen. */
struct blocks {
	struct { const struct str *opset; struct wire_field entry; } *list;
	uint32_t n;
};

static const struct str *
entry_key(struct coreml_reader *r)
{
	const struct str *key = r->m->empty;
	struct wire_field f;

	while (wire_next(&r->w, &f))
		if (f.number == KEY)
			key = coreml_str(r, &f);
	return key;
}

static void
note_block(struct coreml_reader *r, struct blocks *b, const struct wire_field *f)
{
	b->list = arena_grow(&r->scratch, b->list, b->n, sizeof *b->list);
	b->list[b->n].opset = r->m->empty;
	b->list[b->n].entry = *f;
	WIRE_IN(&r->w, f, b->list[b->n].opset = entry_key(r));
	b->n++;
}

/* Of the blocks, the one for the function's opset; else the first by name. */
static uint32_t
choose(struct coreml_reader *r, const struct blocks *b, const struct graph *g,
    const struct str *opset)
{
	uint32_t i, first = 0;

	for (i = 0; i < b->n; i++) {
		if (b->list[i].opset == opset)
			return i;
		if (strcmp(b->list[i].opset->s, b->list[first].opset->s) < 0)
			first = i;
	}
	wire_diag(&r->w, DIAG_COREML_OPSET, g->loc.off, "function has no block for its "
	    "opset '%s'; the one for '%s' was taken", opset->s, b->list[first].opset->s);
	return first;
}

static void
read_chosen(struct coreml_reader *r, struct graph *g)
{
	struct loc loc = g->loc;
	struct wire_field f;

	while (wire_next(&r->w, &f))
		if (f.number == VALUE)
			WIRE_IN(&r->w, &f, read_block(r, g));
	g->loc = loc;
}

static void
read_blocks(struct coreml_reader *r, struct graph *g, const struct blocks *b,
    const struct str *opset)
{
	uint32_t chosen, i;

	if (b->n == 0) {
		wire_diag(&r->w, DIAG_COREML_OPSET, g->loc.off, "function has no block; "
		    "it is shown empty");
		return;
	}
	chosen = choose(r, b, g, opset);
	for (i = 0; i < b->n; i++)
		if (i != chosen)
			meta_add(r->m, &g->meta, &g->nmeta,
			    str_internz(&r->m->strs, "other block"), b->list[i].opset);
	WIRE_IN(&r->w, &b->list[chosen].entry, read_chosen(r, g));
}

static void
read_function(struct coreml_reader *r, struct graph *g)
{
	const struct str *opset = r->m->empty;
	struct blocks blocks = { NULL, 0 };
	struct wire_field f;

	g->loc = wire_here(&r->w);
	while (wire_next(&r->w, &f)) {
		switch (f.number) {
		case FUNC_INPUTS:
			WIRE_IN(&r->w, &f, add_input(r, g));
			break;
		case FUNC_OPSET:
			opset = coreml_str(r, &f);
			break;
		case FUNC_BLOCKS:
			note_block(r, &blocks, &f);
			break;
		case FUNC_ATTRIBUTES:
			WIRE_IN(&r->w, &f, add_graph_attr(r, g));
			break;
		default:
			break;
		}
	}
	LIST_ROOM(r->m, g->opsets, g->nopsets);
	g->opsets[g->nopsets++] = (struct opset){ .domain = opset, .loc = g->loc,
	    .version = spec_opset(opset->s) };
	mil_flexible(r, g);
	read_blocks(r, g, &blocks, opset);
}

static void
add_function(struct coreml_reader *r)
{
	struct graph *g = graph_new(r->m, GRAPH_FUNCTION, NULL, NULL);
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		if (f.number == KEY)
			g->name = coreml_str(r, &f);
		else
			WIRE_IN(&r->w, &f, read_function(r, g));
	}
}

/* Dictionaries of strings, such as buildInfo, are metadata as well. */
static void
add_program_attr(struct coreml_reader *r)
{
	struct model *m = r->m;
	struct attr *a = attr_add(m, &m->attrs, &m->nattrs);
	const struct str *key, *value;
	const struct items *x;
	uint32_t i;

	add_attr(r, a);
	if (a->kind == ATTR_STRING)
		model_add_meta(m, a->name, a->v.s);
	x = a->kind == ATTR_TENSOR ? a->v.t->items : NULL;
	if (x == NULL || x->form != ITEMS_DICT)
		return;
	for (i = 0; i + 1 < x->n; i += 2) {
		key = mil_text(r, x->list[i]);
		value = mil_text(r, x->list[i + 1]);
		if (key != NULL && value != NULL)
			model_add_meta(m, str_internz(&m->strs, arena_printf(&r->scratch,
			    "%s.%s", a->name->s, key->s)), value);
	}
}

/* The function that runs when none is named. */
static struct graph *
default_function(const struct model *m)
{
	const struct str *name = meta_find(m->meta, m->nmeta,
	    "description.defaultFunctionName");
	struct graph *found = NULL;

	for (uint32_t i = 0; i < m->nfunctions; i++) {
		struct graph *g = m->functions[i];

		if (g->name == name)
			return g;
		if (strcmp(g->name->s, "main") == 0)
			found = g;
	}
	return found != NULL ? found : m->nfunctions > 0 ? m->functions[0] : NULL;
}

void
coreml_program(struct coreml_reader *r)
{
	struct model *m = r->m;
	struct wire_field f;

	while (wire_next(&r->w, &f)) {
		switch (f.number) {
		case PROGRAM_VERSION:
			m->version = (int64_t)f.value;
			break;
		case PROGRAM_FUNCTIONS:
			WIRE_IN(&r->w, &f, add_function(r));
			break;
		case PROGRAM_DOC:
			model_add_meta(m, str_internz(&m->strs, "doc_string"),
			    coreml_str(r, &f));
			break;
		case PROGRAM_ATTRIBUTES:
			WIRE_IN(&r->w, &f, add_program_attr(r));
			break;
		default:
			break;
		}
	}
}

void
coreml_choose_main(struct coreml_reader *r)
{
	struct graph *g = default_function(r->m);

	if (g == NULL)
		return;
	model_set_main(r->m, g);
	if (g->nopsets > 0)
		*model_add_opset(r->m, g->opsets[0].domain, 0) = g->opsets[0];
}
