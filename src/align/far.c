/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of arithmetic that were called the same, computed far from zero: where clipping and
 * saturation have bounds that no number of the model comes to. */
#include "align/probe.h"
#include "ops/op.h"

/* Do all nodes of a group compute each number by itself, or sums by weights? */
static bool
is_plain(const struct node **nodes, uint32_t n, bool *sums)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct op *op = nodes[i]->op;
		enum family f = op != NULL ? sem_family(op->sem) : FAM_OTHER;

		if (op == NULL || nodes[i]->nregions > 0 || op->flags & OP_WRITES ||
		    /* a rounding brings a step to another side */
		    op->sem == SEM_ROUND || op->sem == SEM_MOD ||
		    op->sem == SEM_SOFTMAX || op->sem == SEM_LOG_SOFTMAX ||
		    (f != FAM_CONV && f != FAM_MATMUL && f != FAM_ACT && f != FAM_ELEMENTWISE))
			return false;
		*sums |= f == FAM_CONV || f == FAM_MATMUL;
	}
	return n > 0;
}

/* The only floats that a group works on from outside of it; NULL: there are others. */
static const struct value *
only_operand(const struct probe *p, unsigned k, const struct node **nodes, uint32_t n)
{
	const struct value *found = NULL;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t o = 0; o < nodes[i]->nin; o++) {
			const struct value *v = nodes[i]->in[o];
			const struct type *t = v != NULL ? exec_type(&p->runs[k], v) : NULL;

			if (v == NULL || v == found || wire_is_weight(v) || t == NULL ||
			    t->tag != TY_TENSOR || dtype_class(t->dtype) != DC_FLOAT ||
			    (v->producer != NULL && (op_is_constant(v->producer) ||
			    p->out->of[k][v->producer->id] == p->out->of[k][nodes[0]->id])))
				continue;
			if (found != NULL)
				return NULL;
			found = v;
		}
	return found;
}

/* Are all sizes different, so that nothing transposed has them? */
static bool
is_oriented(const struct array *a)
{
	for (uint32_t i = 0; i < a->rank; i++)
		for (uint32_t k = 0; k < i; k++)
			if (a->dims[i] == a->dims[k] && a->dims[i] != 1)
				return false;
	return true;
}

static const struct array *
compute_on(struct exec *r, const struct value *v, const struct array *a,
	const struct node **nodes, uint32_t n, const struct node *last)
{
	const struct node *at = NULL, *next;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t o = 0; o < nodes[i]->nout; o++)
			if (nodes[i]->out[o] != NULL)
				r->of[nodes[i]->out[o]->id] = NULL;
	r->of[v->id] = a;
	do { /* in their order */
		next = NULL;
		for (uint32_t i = 0; i < n; i++)
			if ((at == NULL || nodes[i]->index > at->index) &&
			    (next == NULL || nodes[i]->index < next->index))
				next = nodes[i];
		if (next != NULL)
			exec_node(r, next);
		at = next;
	} while (at != NULL);
	return r->stopped ? NULL : r->of[last->out[0]->id];
}

/* Did both groups work on the same numbers? */
static bool
same_operand(const struct probe *p, const struct value *v, const struct value *w)
{
	const struct array *a = p->runs[0].of[v->id], *b = p->runs[1].of[w->id];

	return a != NULL && b != NULL && probe_same_shape(a, b) && probe_apart(p, a, b) == 0;
}

/* Bounds that no number of the model came to: functions are compared far from zero as well. */
static void
compare(struct probe *p, const struct align_group *g)
{
	enum { FAR = 32 };
	const struct node *m = probe_way_out(p, 0, g->a, g->na);
	const struct node *n = probe_way_out(p, 1, g->b, g->nb);
	struct exec *ra = &p->runs[0], *rb = &p->runs[1];
	const struct value *v, *w;
	const struct array *x, *y;
	struct array *a, *b;
	bool sums = false;

	if (g->verdict != ALIGN_SAME || !(g->evidence & ALIGN_COMPUTED) || m == NULL || n == NULL ||
	    m->nout != 1 || n->nout != 1 ||
	    !p->same[n->out[0]->id] || /* made good behind it */
	    !is_plain(g->a, g->na, &sums) || !is_plain(g->b, g->nb, &sums) ||
	    (v = only_operand(p, 0, g->a, g->na)) == NULL ||
	    (w = only_operand(p, 1, g->b, g->nb)) == NULL || !same_operand(p, v, w) ||
	    (a = probe_made_up(ra, exec_type(ra, v), n->id)) == NULL ||
	    (b = probe_made_up(rb, exec_type(rb, w), n->id)) == NULL || !probe_same_shape(a, b) ||
	    (sums && !is_oriented(a)))
		return;
	for (uint64_t i = 0; i < a->n; i++)
		a->v[i] = b->v[i] = FAR * a->v[i];
	a->made = b->made = false;
	x = compute_on(ra, v, a, g->a, g->na, m);
	y = compute_on(rb, w, b, g->b, g->nb, n);
	if (x == NULL || y == NULL || x->whole || !probe_same_shape(x, y) || x->guess || y->guess)
		return;
	p->apart[n->id] = probe_apart(p, x, y);
	if (p->apart[n->id] > 0)
		probe_tell(p, n);
}

void
probe_far(struct probe *p)
{
	for (uint32_t i = 0; i < p->out->ngroups; i++)
		compare(p, &p->out->groups[i]);
}
