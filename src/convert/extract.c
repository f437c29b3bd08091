/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/arena.h"
#include "base/sink.h"
#include "base/str.h"
#include "convert/extract.h"
#include "ir/graph.h"
#include "ir/type.h"
#include "ops/op.h"
#include "read/onnx/onnx_read.h"
#include "read/rope.h"

enum { READ = 1, LEAVES = 2 };

size_t
extract_name(const char *s)
{
	static const char end[] = ".onnx";
	const char *at = strstr(s, end);
	size_t first = strcspn(s, " "), n = at != NULL ? (size_t)(at - s) + sizeof end - 1 : 0;

	/* a filter may end like that, but has an operator before it */
	if (n > first && (s[n] == ' ' || s[n] == '\0') && strcspn(s, "=~<>") >= n)
		return n;
	return first;
}

/* ---- which nodes ---- */

/* A node that makes a constant of nothing: what reads it may have to know the contents. */
static bool
holds_constant(const struct node *n)
{
	return n->nin == 0 && n->nregions == 0 && n->op != NULL &&
	    sem_family(n->op->sem) == FAM_CONST;
}

/* Mark what the node reads of the graph, also in graphs of its own. */
static void
mark_read(uint8_t *state, const struct node *n, const struct graph *g, unsigned bit)
{
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && n->in[i]->graph == g)
			state[n->in[i]->id] |= (uint8_t)bit;
	for (uint32_t r = 0; r < n->nregions; r++) {
		const struct graph *inner = n->regions[r];

		for (uint32_t i = 0; inner != NULL && i < inner->nnodes; i++)
			mark_read(state, inner->nodes[i], g, bit);
		for (uint32_t i = 0; inner != NULL && i < inner->noutputs; i++)
			if (inner->outputs[i] != NULL && inner->outputs[i]->graph == g)
				state[inner->outputs[i]->id] |= (uint8_t)bit;
	}
}

/* The node of the main graph in whose graphs n lies, itself, or NULL: of a function. */
static const struct node *
outermost(const struct model *m, const struct node *n)
{
	while (n != NULL && n->graph != m->main)
		n = n->graph->parent;
	return n;
}

/* Bodies go where their node goes. */
static const char *
torn_body(const struct extract *e, const bool *wanted)
{
	const struct model *m = e->z.m;

	for (uint32_t k = 0; k < m->ngraphs; k++)
		for (uint32_t i = 0; i < m->graphs[k]->nnodes; i++) {
			const struct node *n = m->graphs[k]->nodes[i], *at = outermost(m, n);

			if (wanted[n->id] && at != NULL && !wanted[at->id])
				return arena_printf(e->z.a, "#%u lies in a graph inside of #%u: "
				    "extract that", (unsigned)n->id, (unsigned)at->id);
		}
	return NULL;
}

static const char *
choose_nodes(struct extract *e, const bool *wanted)
{
	const struct graph *g = e->z.m->main;
	const char *torn = torn_body(e, wanted);

	if (torn != NULL)
		return torn;
	for (uint32_t i = 0; i < g->nnodes; i++) {
		e->z.gone[g->nodes[i]->id] = !wanted[g->nodes[i]->id];
		if (!wanted[g->nodes[i]->id])
			continue;
		e->nnodes++;
		mark_read(e->state, g->nodes[i], g, READ);
	}
	if (e->nnodes == 0)
		return "no node of the main graph is among them";
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		if (wanted[n->id] || !holds_constant(n) || n->nout == 0 || n->out[0] == NULL ||
		    !(e->state[n->out[0]->id] & READ))
			continue;
		e->z.gone[n->id] = false;
		e->nconstants++;
	}
	e->nnodes += e->nconstants;
	for (uint32_t i = 0; i < g->nnodes; i++)
		if (e->z.gone[g->nodes[i]->id])
			mark_read(e->state, g->nodes[i], g, LEAVES);
	return NULL;
}

/* ---- what comes in and goes out ---- */

static bool
is_made(const struct extract *e, const struct value *v)
{
	return v->producer != NULL && !e->z.gone[v->producer->id];
}

static void
add_input(struct extract *e, const struct value *v)
{
	e->inputs = arena_grow(e->z.a, e->inputs, e->ninputs, sizeof *e->inputs);
	e->inputs[e->ninputs++] = v;
}

static void
add_output(struct extract *e, const struct value *v)
{
	e->outputs = arena_grow(e->z.a, e->outputs, e->noutputs, sizeof *e->outputs);
	e->outputs[e->noutputs++] = v;
}

/* The file's own inputs first, then what the rest of the model makes, in its order. Before
 * IR version 4 initializers had to be inputs as well. */
static void
find_inputs(struct extract *e)
{
	const struct graph *g = e->z.m->main;
	unsigned apart = e->z.m->format_version < 4 ? VALUE_INPUT | VALUE_SPARSE :
	    VALUE_INITIALIZER;

	for (uint32_t i = 0; i < g->ninputs; i++)
		if (e->state[g->inputs[i]->id] & READ)
			add_input(e, g->inputs[i]);
	for (uint32_t i = 0; i < g->nvalues; i++) {
		const struct value *v = g->values[i];

		if (v->flags & VALUE_INITIALIZER) {
			e->z.unused[v->id] = !(e->state[v->id] & READ);
			e->ninitializers += e->state[v->id] & READ;
			if ((e->state[v->id] & READ) && !(v->flags & apart))
				add_input(e, v);
		} else if ((e->state[v->id] & READ) && !(v->flags & VALUE_INPUT) &&
		    !is_made(e, v)) {
			add_input(e, v);
		}
	}
}

/* What others read or the model gives; of a part that gives nothing, all that nobody reads. */
static void
find_outputs(struct extract *e, const bool *wanted)
{
	const struct graph *g = e->z.m->main;

	for (uint32_t i = 0; i < g->noutputs; i++)
		e->state[g->outputs[i]->id] |= LEAVES;
	for (unsigned none = 0; none < 2 && e->noutputs == 0; none++)
		for (uint32_t i = 0; i < g->nnodes; i++) {
			const struct node *n = g->nodes[i];

			for (uint32_t k = 0; k < n->nout && wanted[n->id]; k++)
				if (n->out[k] != NULL && n->out[k]->name->len > 0 && (none ?
				    e->state[n->out[k]->id] == 0 :
				    e->state[n->out[k]->id] & LEAVES))
					add_output(e, n->out[k]);
		}
}

/* ---- types ---- */

static struct rope *
new_rope(struct arena *a)
{
	struct rope *r = arena_alloc(a, sizeof *r);

	rope_init(r, a);
	return r;
}

static int
dtype_number(const struct type *t)
{
	enum { NUMBERS = 64 };

	for (int i = 1; i < NUMBERS; i++)
		if (t->dtype != DT_NONE && onnx_dtype(i) == t->dtype)
			return i;
	return t->dtype_raw;
}

static struct rope *
shape_of(struct arena *a, const struct type *t)
{
	struct rope *shape = new_rope(a), *dim;
	struct sink text;

	for (uint32_t i = 0; i < t->rank; i++) {
		const struct dim *d = t->dims[i];

		dim = new_rope(a);
		sink_init(&text, -1);
		if (d->kind == DIM_CONST && d->lo >= 0)
			rope_varint(dim, 1, (uint64_t)d->lo);
		else if (d->kind == DIM_SYM)
			rope_text(dim, 2, d->sym->s, d->sym->len);
		else if (d->kind != DIM_CONST && (dim_print(&text, d), text.n > 1))
			rope_text(dim, 2, text.buf, text.n);
		sink_fini(&text);
		rope_message(shape, 1, dim);
	}
	return shape;
}

/* TypeProto; NULL: it cannot be said, or not enough is known. */
static struct rope *
type_of(struct arena *a, const struct type *t, unsigned deep)
{
	struct rope *r = new_rope(a), *body = new_rope(a), *elem = NULL;
	unsigned field;

	if (t == NULL || deep == 0)
		return NULL;
	switch ((int)t->tag) {
	case TY_TENSOR: field = 1; break;
	case TY_SEQ: field = 4; break;
	case TY_MAP: field = 5; break;
	case TY_SPARSE: field = 8; break;
	case TY_OPT: field = 9; break;
	default: return NULL;
	}
	if (t->tag != TY_SEQ && t->tag != TY_OPT) {
		if (dtype_number(t) <= 0)
			return NULL;
		rope_varint(body, 1, (uint64_t)dtype_number(t));
	}
	if (t->tag == TY_TENSOR || t->tag == TY_SPARSE) {
		if (t->has_rank)
			rope_message(body, 2, shape_of(a, t));
	} else {
		if ((elem = type_of(a, t->elem, deep - 1)) == NULL)
			return NULL;
		rope_message(body, t->tag == TY_MAP ? 2 : 1, elem);
	}
	rope_message(r, field, body);
	return r;
}

/* Put the values' names and types into the graph's field; why not, or NULL. */
static const char *
declare(struct extract *e, struct rope *r, unsigned field, const struct value *const *list,
    uint32_t n, const struct type **types, const struct extract_types *known)
{
	enum { DEEP = 8 };

	for (uint32_t i = 0; i < n; i++) {
		struct rope *info = new_rope(e->z.a), *type;

		types[i] = known->of(known->arg, list[i]);
		if ((type = type_of(e->z.a, types[i], DEEP)) == NULL)
			return arena_printf(e->z.a, "the type of %.200s is not known, which would "
			    "%s the part", list[i]->name->s, field == GRAPHF_INPUT ? "enter" :
			    "leave");
		e->nopen += types[i]->tag == TY_TENSOR && !types[i]->has_rank;
		rope_text(info, 1, list[i]->name->s, list[i]->name->len);
		rope_message(info, 2, type);
		rope_message(r, field, info);
	}
	return NULL;
}

const char *
extract_plan(struct extract *e, struct ctx *ctx, struct arena *a, struct model *m,
    const bool *wanted, const struct extract_types *known)
{
	struct rope *outside = new_rope(a);
	const char *why;

	*e = (struct extract){ .ninputs = 0 };
	sanitize_plan(&e->z, ctx, a, m, NULL, 1u << STEP_ORDER);
	e->state = arena_array(a, m->nvalues + 1, sizeof *e->state);
	if ((why = choose_nodes(e, wanted)) != NULL)
		return why;
	find_inputs(e);
	find_outputs(e, wanted);
	e->input_types = arena_array(a, e->ninputs + 1, sizeof *e->input_types);
	e->output_types = arena_array(a, e->noutputs + 1, sizeof *e->output_types);
	why = declare(e, outside, GRAPHF_INPUT, e->inputs, e->ninputs, e->input_types, known);
	if (why == NULL)
		why = declare(e, outside, GRAPHF_OUTPUT, e->outputs, e->noutputs,
		    e->output_types, known);
	e->z.outside = outside;
	return why;
}
