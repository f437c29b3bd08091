/* SPDX-License-Identifier: Apache-2.0 */
/* Writes into views. The front end joins a chain of slices and selections that ends
 * in copy_ or fill_ into one operation on the tensor the chain starts from; from
 * then on the tensor's name means its new value. Anything else is refused while the
 * graph is built. Blocks are not looked into. */
#include <string.h>

#include "rules/support/support_script.h"

/* A chain that ends in a value: the nodes, outermost first. */
struct chain {
	const struct value *end;
	const struct node **nodes;
	uint32_t n;
};
/* A write, and the chain it goes through. */
struct write { const struct node *n; struct chain chain; };
struct plan {
	struct chain *chains;
	struct write *writes;  /* in the order of their nodes */
	uint32_t *chain_of;    /* by id of values: number of the chain that ends there, from 1 */
	bool *renamed;         /* by id: tensors and results that mean something newer */
	uint32_t nchains, nwrites;
};

static const char *
kind_of(const struct node *n)
{
	return strcmp(n->domain->s, "aten") == 0 ? n->type->s : "";
}

static struct chain *
find_chain(const struct plan *p, const struct value *v)
{
	return v == NULL || p->renamed[v->id] || p->chain_of[v->id] == 0 ? NULL :
	    &p->chains[p->chain_of[v->id] - 1];
}

static void
end_chain(struct plan *p, struct chain *c, const struct value *end)
{
	if (c->end != NULL)
		p->chain_of[c->end->id] = 0;
	c->end = end;
	if (end != NULL)
		p->chain_of[end->id] = (uint32_t)(c - p->chains) + 1;
}

static void
follow(struct run *r, struct plan *p, const struct node *n)
{
	struct chain *before = n->nin > 0 ? find_chain(p, n->in[0]) : NULL;
	struct chain c = { NULL, NULL, 0 };
	const struct value *begin = strcmp(kind_of(n), "empty") == 0 ?
	    n->nout > 0 ? n->out[0] : NULL : n->nin > 0 ? n->in[0] : NULL;

	if (begin == NULL)
		return; /* nothing to write to */

	if (before != NULL) {
		c = *before;
		end_chain(p, before, NULL); /* a view is continued once */
	}
	c.nodes = arena_grow(r->c.a, c.nodes, c.n, sizeof *c.nodes);
	c.nodes[c.n++] = n;
	c.end = NULL;
	p->chains = arena_grow(r->c.a, p->chains, p->nchains, sizeof *p->chains);
	p->chains[p->nchains++] = c;
	end_chain(p, &p->chains[p->nchains - 1], n->nout > 0 ? n->out[0] : NULL);
}

static const struct value *
source_of(const struct chain *c)
{
	return strcmp(kind_of(c->nodes[0]), "empty") == 0 ? c->nodes[0]->out[0]
							  : c->nodes[0]->in[0];
}

static void
note_write(struct run *r, struct plan *p, const struct node *n)
{
	struct chain *c = n->nin > 0 ? find_chain(p, n->in[0]) : NULL;

	if (c == NULL) {
		/* coremltools names no node here */
		support_block_node(r, n, "", REASON_INPLACE, "load",
		    "%s into what is no slice or selection of a tensor", support_op_name(r, n));
		return;
	}
	p->writes = arena_grow(r->c.a, p->writes, p->nwrites, sizeof *p->writes);
	p->writes[p->nwrites++] = (struct write){ n, *c };
	p->renamed[source_of(c)->id] = true;
	if (n->nout > 0 && n->out[0] != NULL)
		p->renamed[n->out[0]->id] = true;
}

static void
check_appends(struct run *r, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		if (strcmp(kind_of(n), "append") == 0 && g->parent != NULL &&
		    strcmp(g->parent->type->s, "If") == 0)
			support_block_node(r, n, "", REASON_INPLACE, "load",
			    "append inside a branch");
		for (uint32_t k = 0; k < n->nregions; k++)
			check_appends(r, n->regions[k]);
	}
}

void
script_plan(struct run *r)
{
	const struct graph *g = r->c.m->main;
	struct plan *p = arena_alloc(r->c.a, sizeof *p);
	struct chain *c;

	p->chain_of = arena_array(r->c.a, r->c.m->nvalues + 1, sizeof *p->chain_of);
	p->renamed = arena_array(r->c.a, r->c.m->nvalues + 1, sizeof *p->renamed);
	r->plan = p;
	check_appends(r, g);
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];
		const char *kind = kind_of(n);

		if (strcmp(kind, "empty") == 0 || strcmp(kind, "select") == 0 ||
		    strcmp(kind, "slice") == 0)
			follow(r, p, n);
		else if (strcmp(kind, "to") == 0 && n->nin > 0 &&
			 (c = find_chain(p, n->in[0])) != NULL)
			end_chain(p, c, n->nout > 0 ? n->out[0] : NULL);
		else if (strcmp(kind, "copy_") == 0 || strcmp(kind, "fill_") == 0)
			note_write(r, p, n);
	}
}

static const struct write *
find_write(const struct run *r, const struct node *n)
{
	const struct plan *p = r->plan;
	uint32_t low = 0, high = p != NULL ? p->nwrites : 0;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (p->writes[mid].n->index < n->index)
			low = mid + 1;
		else
			high = mid;
	}
	return p != NULL && low < p->nwrites && p->writes[low].n == n ? &p->writes[low] : NULL;
}

const struct value *
script_written(const struct run *r, const struct node *n)
{
	const struct write *w = find_write(r, n);

	return w != NULL ? source_of(&w->chain) : NULL;
}

/* The node itself or one in its blocks. */
static bool
appends(const struct node *n)
{
	if (strcmp(kind_of(n), "append") == 0)
		return true;
	for (uint32_t k = 0; k < n->nregions; k++)
		for (uint32_t i = 0; i < n->regions[k]->nnodes; i++)
			if (appends(n->regions[k]->nodes[i]))
				return true;
	return false;
}

bool
script_writes(
    const struct run *r, const struct node *n, struct value *const *outputs, uint32_t noutputs)
{
	const struct value *written = script_written(r, n);

	if (appends(n))
		return true;
	for (uint32_t k = 0; written != NULL && k < noutputs; k++)
		if (outputs[k] == written || (n->nout > 0 && outputs[k] == n->out[0]))
			return true;
	return false;
}

/* Places of the chain: three for each slice, one for each selection. */
static void
add_places(struct run *r, const struct chain *chain)
{
	struct conv *c = &r->c;

	for (uint32_t i = 0; i < chain->n; i++) {
		const struct node *n = chain->nodes[i];
		bool one = strcmp(kind_of(n), "select") == 0;

		if (strcmp(kind_of(n), "empty") == 0)
			continue;
		for (uint32_t k = 2; k < 5; k++) {
			c->in = arena_grow(c->a, c->in, c->nin, sizeof *c->in);
			c->in[c->nin] = k < n->nin && (k == 2 || !one)
					    ? script_value(r, n->in[k])
					    : mv_none(c);
			if (one && k > 2)
				c->in[c->nin]->text = "select";
			c->nin++;
		}
	}
}

/* The axis of the source that a step cuts; gone: axes that selections before it took away.
 * -1: not known. */
static int
axis_of(struct run *r, const struct node *n, int rank, const bool *gone)
{
	int64_t dim;
	int left = rank;

	for (int i = 0; i < rank; i++)
		left -= gone[i];
	if (n->nin < 2 || !mv_int(script_value(r, n->in[1]), &dim))
		return -1;
	dim += dim < 0 ? left : 0;
	for (int i = 0; i < rank; i++)
		if (!gone[i] && dim-- == 0)
			return i;
	return -1;
}

/* A slice of all there is. */
static bool
keeps_all(struct run *r, const struct node *n)
{
	struct mv *from = n->nin > 2 ? script_value(r, n->in[2]) : NULL;
	struct mv *to = n->nin > 3 ? script_value(r, n->in[3]) : NULL;
	struct mv *step = n->nin > 4 ? script_value(r, n->in[4]) : NULL;
	int64_t end;

	return strcmp(kind_of(n), "slice") == 0 && (mv_absent(from) || mv_is(from, 0)) &&
	    (mv_absent(to) || (mv_int(to, &end) && end >= INT32_MAX)) &&
	    (mv_absent(step) || mv_is(step, 1));
}

/* The converter does not look at the axis of a step: the first one cuts axis 0, the next
 * one axis 1. Source: _get_slice_params. */
static void
check_axes(struct run *r, const struct write *w, const struct mv *source)
{
	bool gone[MV_DIMS] = { false };
	int place = 0;

	for (uint32_t i = 0; i < w->chain.n && source->rank > 0; i++) {
		const struct node *n = w->chain.nodes[i];
		int axis;

		if (strcmp(kind_of(n), "empty") == 0)
			continue;
		axis = axis_of(r, n, source->rank, gone);
		if (axis < 0)
			return;
		if (axis != place++ && !keeps_all(r, n)) {
			r->c.advice = "cut all axes from the first one on: y[:, :, 0] = x, not "
			    "y[..., 0] = x";
			support_silent_node(r, w->n, REASON_INPLACE, "axis %d is written to in "
			    "the place of axis %d: the converter takes the cuts for those of the "
			    "first axes", place - 1, axis);
			return;
		}
		gone[axis] = strcmp(kind_of(n), "select") == 0;
	}
}

bool
script_assign(struct run *r, const struct node *n)
{
	const struct write *w = find_write(r, n);
	const struct value *source;
	struct conv *c = &r->c;
	struct mv *out[1] = { NULL };
	bool fill = strcmp(kind_of(n), "fill_") == 0;
	uint32_t before = c->s->nblockers;

	if (w == NULL)
		return false;
	source = source_of(&w->chain);
	c->in = NULL;
	c->nin = c->nkw = 0;
	c->in = arena_grow(c->a, c->in, c->nin, sizeof *c->in);
	c->in[c->nin++] = script_value(r, source);
	c->in = arena_grow(c->a, c->in, c->nin, sizeof *c->in);
	c->in[c->nin++] = script_value(r, n->nin > 1 ? n->in[1] : NULL);
	add_places(r, &w->chain);
	c->out = out;
	c->nout = 1;
	support_call(r, n, fill ? "_internal_op_tensor_inplace_fill_" :
	    "_internal_op_tensor_inplace_copy_", fill ? "_internal_op_tensor_inplace_fill" :
	    "_internal_op_tensor_inplace_copy");
	if (c->s->nblockers == before)
		check_axes(r, w, c->in[0]);
	c->env[source->id] = out[0];
	if (n->nout > 0)
		c->env[n->out[0]->id] = out[0];
	return true;
}
