/* SPDX-License-Identifier: Apache-2.0 */
/* Two models side by side: a cluster each, a box for each group of counterparts,
 * dashed lines between the two halves of one. Long runs of counterparts that are
 * the same are one box a side. */
#include <stdio.h>
#include <string.h>

#include "align/align.h"
#include "base/ctx.h"
#include "base/source.h"
#include "report/dot_draw.h"

/* Boxes of one side that dot lays out in a second; what stands round a difference. */
enum { PAIR_BOXES = 150, AROUND = 2, NAME_ROOM = 32 };

static const struct { const char *color, *mark, *title; } faces[ALIGN_VERDICTS] = {
	[ALIGN_SAME] = { "#e6e6e6", "=", "the same" },
	[ALIGN_MODIFIED] = { "#ffe680", "~", "modified" },
	[ALIGN_ADDED] = { "#a8ddb5", "+", "only in B" },
	[ALIGN_REMOVED] = { "#fbb4ae", "-", "only in A" },
	[ALIGN_LAYOUT] = { "#f7f7f7", "l", "layout or cast on one side" },
	[ALIGN_UNKNOWN] = { "#ffffff", "?", "counterparts for thin reasons" },
};

/* Groups in boxes: box[i] is the first group of the box that group i is in. */
struct pairs {
	struct drawing *d;
	const struct align *al;
	uint32_t *box, *size;    /* by group; size: groups in the box of a first one */
	Agraph_t *side[2];
	Agnode_t **drawn[2];     /* by group that is first in its box */
};

static bool
differs(const struct align *al, uint32_t i)
{
	return al->groups[i].verdict != ALIGN_SAME;
}

/* Is a difference within reach of group i? */
static bool
near_difference(const struct align *al, uint32_t i)
{
	uint32_t from = i > AROUND ? i - AROUND : 0;

	for (uint32_t k = from; k <= i + AROUND && k < al->ngroups; k++)
		if (differs(al, k))
			return true;
	return false;
}

/* Alone while there is room: differences, then what stands round them. */
static void
fold_runs(struct pairs *p)
{
	const struct align *al = p->al;
	bool few = al->ngroups <= PAIR_BOXES, alone, before = true;
	uint32_t boxes = 0;

	for (uint32_t i = 0; i < al->ngroups; i++) {
		alone = boxes < PAIR_BOXES && (few || near_difference(al, i));
		p->box[i] = alone || before ? i : p->box[i - 1];
		boxes += p->box[i] == i;
		p->size[p->box[i]]++;
		before = alone;
	}
}

/* Names of nodes mislead in ML Programs: the result's is shown. */
static void
put_name(struct drawing *d, const struct node *n, enum dialect dialect)
{
	const struct str *name = dialect == DIALECT_MIL && n->nout > 0 && n->out[0] != NULL ?
	    n->out[0]->name : n->name;

	label_name(d, n->type->s, n->type->len, NAME_ROOM);
	if (name->len == 0)
		return;
	label_text(d, "\\n");
	label_name(d, name->s, name->len, NAME_ROOM);
}

static void
put_changes(struct drawing *d, const struct align_group *g)
{
	const char *before = "\\n";

	for (unsigned i = 0; i < ALIGN_CHANGES && g->verdict == ALIGN_MODIFIED; i++) {
		if (!(g->changes & 1u << i))
			continue;
		label_text(d, before);
		label_text(d, align_change_name(i));
		before = ", ";
	}
}

/* Nodes of one side in the groups of a box. */
static uint32_t
count_nodes(const struct pairs *p, uint32_t first, unsigned k)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->size[first]; i++)
		n += k == 0 ? p->al->groups[first + i].na : p->al->groups[first + i].nb;
	return n;
}

static char *
box_label(struct pairs *p, uint32_t i, unsigned k)
{
	const struct align_group *g = &p->al->groups[i];
	const struct node *const *list = k == 0 ? g->a : g->b;
	uint32_t n = k == 0 ? g->na : g->nb;
	struct drawing *d = p->d;

	if (p->size[i] > 1) {
		label_number(d, count_nodes(p, i, k));
		label_text(d, " nodes");
		return label_end(d);
	}
	label_text(d, faces[g->verdict].mark);
	label_text(d, " ");
	put_name(d, list[0], (k == 0 ? d->m : d->o->other)->dialect);
	if (n > 1) {
		label_text(d, "\\nand ");
		label_number(d, n - 1);
		label_text(d, " more");
	}
	put_changes(d, g);
	return label_end(d);
}

/* The worst that a box holds gives its colour. */
static enum align_verdict
box_verdict(const struct pairs *p, uint32_t first)
{
	for (uint32_t i = 0; i < p->size[first]; i++)
		if (differs(p->al, first + i))
			return p->al->groups[first + i].verdict;
	return ALIGN_SAME;
}

static void
draw_box(struct pairs *p, uint32_t i, unsigned k)
{
	struct drawing *d = p->d;
	char name[24];

	if (count_nodes(p, i, k) == 0)
		return;
	snprintf(name, sizeof name, "%c%u", k == 0 ? 'a' : 'b', (unsigned)i);
	p->drawn[k][i] = agnode(p->side[k], name, 1);
	draw_check(d, p->drawn[k][i]);
	/* dot draws no flat edges between records */
	draw_set(d, p->drawn[k][i], NODE_SHAPE, "box");
	draw_set(d, p->drawn[k][i], NODE_LABEL, box_label(p, i, k));
	draw_set(d, p->drawn[k][i], NODE_FILL, faces[box_verdict(p, i)].color);
}

static Agedge_t *
join(struct drawing *d, Agnode_t *from, Agnode_t *to)
{
	Agedge_t *e = agedge(d->g, from, to, NULL, 1);

	draw_check(d, e);
	return e;
}

/* Both halves of a box side by side, with a line between them. */
static void
draw_tie(struct pairs *p, uint32_t i)
{
	Agnode_t *a = p->drawn[0][i], *b = p->drawn[1][i];
	struct drawing *d = p->d;
	Agraph_t *row;
	Agedge_t *e;
	char name[24];

	if (a == NULL || b == NULL)
		return;
	e = join(d, a, b);
	draw_set(d, e, EDGE_STYLE, "dashed");
	draw_set(d, e, EDGE_DIR, "none");
	draw_set(d, e, EDGE_CONSTRAINT, "false");
	if (p->al->groups[i].changes & ALIGN_MOVED)
		return;
	snprintf(name, sizeof name, "row%u", (unsigned)i);
	row = agsubg(d->g, name, 1);
	draw_check(d, row);
	draw_set(d, row, GRAPH_RANK, "same");
	agsubnode(row, a, 1);
	agsubnode(row, b, 1);
}

static Agnode_t *
drawn_of(const struct pairs *p, unsigned k, const struct node *n)
{
	uint32_t g = n != NULL ? p->al->of[k][n->id] : ALIGN_NONE;

	return g != ALIGN_NONE ? p->drawn[k][p->box[g]] : NULL;
}

static void
draw_edges(struct pairs *p, unsigned k, const struct model *m)
{
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		for (uint32_t j = 0; j < m->graphs[i]->nnodes; j++) {
			const struct node *n = m->graphs[i]->nodes[j];
			Agnode_t *to = drawn_of(p, k, n), *from;

			for (uint32_t o = 0; to != NULL && o < n->nin; o++) {
				from = n->in[o] != NULL ? drawn_of(p, k, n->in[o]->producer) : NULL;
				if (from != NULL && from != to)
					join(p->d, from, to);
			}
		}
	}
}

static void
draw_side(struct pairs *p, unsigned k, const char *title, const struct model *m)
{
	struct drawing *d = p->d;

	p->side[k] = agsubg(d->g, draw_loose(k == 0 ? "cluster_a" : "cluster_b"), 1);
	draw_check(d, p->side[k]);
	label_text(d, title);
	label_name(d, m->source->name, strlen(m->source->name), NAME_ROOM * 2);
	draw_set(d, p->side[k], CLUSTER_LABEL, label_end(d));
	for (uint32_t i = 0; i < p->al->ngroups; i++)
		if (p->box[i] == i)
			draw_box(p, i, k);
	draw_edges(p, k, m);
}

static void
draw_faces(struct pairs *p)
{
	struct drawing *d = p->d;
	Agraph_t *legend = agsubg(d->g, draw_loose("cluster_legend"), 1);
	char name[24];

	draw_check(d, legend);
	draw_set(d, legend, CLUSTER_LABEL, "legend");
	for (int v = 0; v < ALIGN_VERDICTS; v++) {
		Agnode_t *n;

		if (p->al->counts[v] == 0)
			continue;
		snprintf(name, sizeof name, "legend%d", v);
		n = agnode(legend, name, 1);
		draw_check(d, n);
		label_text(d, faces[v].mark);
		label_text(d, " ");
		label_text(d, faces[v].title);
		label_text(d, ": ");
		label_number(d, p->al->counts[v]);
		draw_set(d, n, NODE_LABEL, label_end(d));
		draw_set(d, n, NODE_FILL, faces[v].color);
	}
}

void
pairs_draw(struct drawing *d)
{
	struct pairs p = { .d = d, .al = d->o->pairs };
	uint32_t n = p.al->ngroups;

	draw_begin(d);
	p.box = arena_array(&d->a, n, sizeof *p.box);
	p.size = arena_array(&d->a, n, sizeof *p.size);
	fold_runs(&p);
	for (unsigned k = 0; k < 2; k++)
		p.drawn[k] = arena_array(&d->a, n, sizeof(Agnode_t *));
	draw_side(&p, 0, "A: ", d->m);
	draw_side(&p, 1, "B: ", d->o->other);
	for (uint32_t i = 0; i < n; i++)
		if (p.box[i] == i)
			draw_tie(&p, i);
	draw_faces(&p);
}
