/* SPDX-License-Identifier: Apache-2.0 */
/* What groups are made of differs, and what comes of them does not: a factor that is taken
 * elsewhere, a pairing that is not the one that was meant, operations written in others that no
 * table has. Both models were computed, so that the numbers tell. What few numbers show (a
 * bound that is not reached, an epsilon, another function that is near) stays told. */
#include <math.h>

#include "align/probe.h"

/* How far numbers that are the same may be, root mean square in parts of their deviation; and
 * those at least that were others, with weights that are rounded or not. */
#define TIGHT_HALF 2e-3
#define TIGHT 1e-5
#define OTHERS_HALF 2e-2
#define OTHERS 1e-3

static double
bound(const struct probe *p, double half, double single)
{
	return p->runs[0].half ? half : single;
}

static bool
is_tight(const struct probe *p, const struct value *w)
{
	return p->off[w->id] >= 0 && p->off[w->id] <= bound(p, TIGHT_HALF, TIGHT);
}

/* Does all that comes of it, in its graph, become the same again? What it is read by is done. */
static bool
becomes_same(const struct probe *p, unsigned k, const struct value *v)
{
	const struct side *s = &p->al->side[k];

	if (v->flags & VALUE_OUTPUT || v->graph->parent != NULL)
		return false;
	for (uint32_t u = s->uses->start[v->id]; u < s->uses->start[v->id + 1]; u++) {
		const struct node *n = s->uses->list[u].node;

		if (n->graph != v->graph || n->nregions > 0 || n->nout == 0 ||
		    n->callee != NULL || (n->op != NULL && n->op->flags & OP_WRITES))
			return false;
		for (uint32_t o = 0; o < n->nout; o++)
			if (n->out[o] != NULL && !p->tight[k][n->out[o]->id])
				return false;
	}
	return true;
}

/* Counterparts that are the same, then whatever leads to such alone. */
static void
find_tight(struct probe *p)
{
	const struct graph *h = p->al->side[1].given->model->main;

	for (uint32_t i = 0; i < h->nnodes; i++) {
		const struct node *n = h->nodes[i], *m = p->partner[n->id];

		for (uint32_t o = 0; m != NULL && m->nout == n->nout && o < n->nout; o++)
			if (n->out[o] != NULL && m->out[o] != NULL && is_tight(p, n->out[o]))
				p->tight[0][m->out[o]->id] = p->tight[1][n->out[o]->id] = true;
	}
	for (unsigned k = 0; k < 2; k++) {
		const struct graph *g = p->al->side[k].given->model->main;

		for (uint32_t i = g->nnodes; i-- > 0;)
			for (uint32_t o = 0; o < g->nodes[i]->nout; o++) {
				const struct value *v = g->nodes[i]->out[o];

				if (v != NULL && !p->tight[k][v->id])
					p->tight[k][v->id] = becomes_same(p, k, v);
			}
	}
}

static bool
all_tight(const struct probe *p, unsigned k, const struct node **nodes, uint32_t n)
{
	uint32_t group = n > 0 ? p->out->of[k][nodes[0]->id] : 0;

	for (uint32_t i = 0; i < n; i++) {
		if (!probe_leaves(p, k, nodes[i], group))
			continue;
		for (uint32_t o = 0; o < nodes[i]->nout; o++)
			if (nodes[i]->out[o] != NULL && !p->tight[k][nodes[i]->out[o]->id])
				return false;
	}
	return true;
}

/* Could one function stand for the other on most numbers? */
static bool
are_near(const struct probe *p, const struct align_group *g)
{
	const struct item *x = side_item(&p->al->side[0], g->a[0]);
	const struct item *y = side_item(&p->al->side[1], g->b[0]);
	const char *what = NULL;

	return function_differs(p->al, x, y, &what) || (kin_ops(x, y) < KIN_FAR &&
	    (sem_family(x->sem) == FAM_ACT || sem_family(y->sem) == FAM_ACT ||
	    x->sem == SEM_CLIP || y->sem == SEM_CLIP));
}

/* What is no difference, of what the group's changes say. */
static unsigned
needless(const struct probe *p, const struct align_group *g)
{
	const unsigned made_of = ALIGN_OPERANDS | ALIGN_DIMS | ALIGN_OP;
	const struct node *m = probe_way_out(p, 0, g->a, g->na);
	const struct node *n = probe_way_out(p, 1, g->b, g->nb);
	double off = m != NULL && n != NULL && n->nout > 0 && n->out[0] != NULL &&
	    p->partner[n->id] == m ? p->off[n->out[0]->id] : -1;

	if (!all_tight(p, 0, g->a, g->na) || !all_tight(p, 1, g->b, g->nb))
		return 0;
	if (off >= bound(p, OTHERS_HALF, OTHERS))
		return made_of | ALIGN_ATTRIBUTES | ALIGN_WEIGHTS;
	return made_of & ~(are_near(p, g) ? (unsigned)ALIGN_OP : 0);
}

/* Is it there alone, does it change its operand, and is that made good behind it? */
static bool
is_made_good(const struct probe *p, unsigned k, const struct node **nodes, uint32_t n)
{
	const struct node *m = n == 1 ? nodes[0] : NULL;
	const struct item *x = m != NULL ? side_item(&p->al->side[k], m) : NULL;
	uint32_t i = x != NULL ? item_main(x) : ALIGN_NONE;
	const struct array *a, *b;

	if (i == ALIGN_NONE || m->in[i] == NULL || m->nout != 1 || m->out[0] == NULL ||
	    !all_tight(p, k, nodes, n))
		return false;
	a = p->runs[k].of[m->in[i]->id];
	b = p->runs[k].of[m->out[0]->id];
	if (a == NULL || b == NULL || a->list != NULL || b->list != NULL)
		return false;
	for (uint64_t e = 0; a->n == b->n && e < a->n; e++)
		if (fabs(a->v[e] - b->v[e]) > bound(p, OTHERS_HALF, OTHERS) * fabs(a->v[e]))
			return true;
	return a->n != b->n;
}

static void
clear_group(struct probe *p, struct align_group *g)
{
	const unsigned ways = ALIGN_DTYPE | ALIGN_MOVED | ALIGN_SEVERAL | ALIGN_COMPRESSED;
	unsigned no;

	if (g->na == 0 || g->nb == 0) {
		if ((g->verdict == ALIGN_ADDED && is_made_good(p, 1, g->b, g->nb)) ||
		    (g->verdict == ALIGN_REMOVED && is_made_good(p, 0, g->a, g->na)))
			g->verdict = ALIGN_LAYOUT;
		return;
	}
	if (g->verdict == ALIGN_SAME && all_tight(p, 0, g->a, g->na) &&
	    all_tight(p, 1, g->b, g->nb))
		g->evidence |= ALIGN_COMPUTED;
	if ((g->verdict != ALIGN_MODIFIED && g->verdict != ALIGN_UNKNOWN) ||
	    (p->al->unread[0] || p->al->unread[1]))
		return;
	no = needless(p, g);
	if (no == 0 || g->changes & ~ways & ~no)
		return;
	g->verdict = ALIGN_SAME;
	g->evidence |= ALIGN_COMPUTED;
	g->changes &= ~no;
	g->what = NULL;
}

void
probe_clear(struct probe *p)
{
	find_tight(p);
	for (uint32_t i = 0; i < p->out->ngroups; i++)
		clear_group(p, &p->out->groups[i]);
}
