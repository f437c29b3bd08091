/* SPDX-License-Identifier: Apache-2.0 */
/* What a drawing shows: which graphs are open, how each is folded, which
 * nodes are near the focus. */
#include <config.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "report/dot_draw.h"

/* Boxes of an automatic drawing; dot needs half a second for so many. */
enum { AUTO_BOXES = 250, AUTO_LEVELS = 6, AUTO_FUNCTIONS = 8 };
/* dot does not finish in a day on so many: colours and lines are left out. */
enum { PLAIN_NODES = 5000 };

/* ---- neighbourhood ---- */

struct ring { const struct node **list; uint32_t n; };

static void
reach(struct drawing *d, struct ring *r, const struct node *n)
{
	if (n == NULL || d->near[n->id])
		return;
	d->near[n->id] = true;
	r->list[r->n++] = n;
}

/* Producers: for an output of a region's node, those that make the region's
 * outputs as well. */
static void
reach_producers(struct drawing *d, struct ring *r, const struct node *n)
{
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL)
			reach(d, r, n->in[i]->producer);
	for (uint32_t i = 0; i < n->nregions; i++)
		for (uint32_t k = 0; k < n->regions[i]->noutputs; k++)
			if (n->regions[i]->outputs[k] != NULL)
				reach(d, r, n->regions[i]->outputs[k]->producer);
}

static void
reach_readers(struct drawing *d, struct ring *r, const struct node *n, const struct uses *u)
{
	for (uint32_t i = 0; i < n->nout; i++) {
		const struct value *v = n->out[i];

		if (v == NULL)
			continue;
		for (uint32_t k = u->start[v->id]; k < u->start[v->id + 1]; k++)
			reach(d, r, u->list[k].node);
		if ((v->flags & VALUE_OUTPUT) != 0)
			reach(d, r, n->graph->parent);
	}
}

static void
find_near(struct drawing *d)
{
	struct ring r = { .n = 0 };
	struct uses u;
	uint32_t i = 0, end;

	uses_build(&u, &d->a, d->m);
	d->near = arena_array(&d->a, d->m->nnodes, sizeof *d->near);
	r.list = arena_array(&d->a, d->m->nnodes, sizeof(struct node *));
	reach(d, &r, d->o->focus);
	for (uint32_t hop = 0; hop < d->o->radius && i < r.n; hop++) {
		for (end = r.n; i < end; i++) {
			reach_producers(d, &r, r.list[i]);
			reach_readers(d, &r, r.list[i], &u);
		}
	}
}

/* ---- folding ---- */

/* Is the node that holds a region drawn as itself? Only then can the region
 * be. */
static bool
holder_shown(const struct drawing *d, const struct graph *g)
{
	const struct view *v;

	if (g->parent == NULL)
		return true;
	v = &d->views[g->parent->graph->id];
	return v->shown && fold_box(&v->s, g->parent) == NULL &&
	    fold_stand_in(&v->s, g->parent) == g->parent;
}

/* The main graph has the first say; what follows takes what it leaves, and a
 * graph that would be cut to pieces stays closed. */
static uint32_t
fold_graph(struct drawing *d, struct view *v, const struct graph *g, uint32_t room)
{
	uint32_t reserve = d->m->ngraphs > 1 ? room / 4 : 0;
	bool cut = g->nnodes > room && room < AUTO_BOXES / 8;
	bool one_of_many = g->kind == GRAPH_FUNCTION && d->m->nfunctions > AUTO_FUNCTIONS;

	if (g == d->m->main)
		return fold_auto(&v->s, &d->a, room - reserve);
	if (room == 0 || cut || one_of_many || g->level > AUTO_LEVELS) {
		v->shown = false;
		return 1;
	}
	return fold_auto(&v->s, &d->a, room);
}

/* Parents come before their regions in the model's list. */
static void
plan(struct drawing *d)
{
	uint32_t left = AUTO_BOXES, used;
	struct twins *twins = NULL; /* as large as the model: one for all graphs */

	d->views = arena_array(&d->a, d->m->ngraphs, sizeof *d->views);
	for (uint32_t i = 0; i < d->m->ngraphs; i++) {
		const struct graph *g = d->m->graphs[i];
		struct view *v = &d->views[i];

		v->shown = holder_shown(d, g);
		if (!v->shown)
			continue;
		scopes_build(&v->s, &d->a, d->m, g);
		v->s.twins = twins;
		if (d->near != NULL || d->o->fold == DOT_FOLD_NONE)
			continue;
		if (d->o->fold != DOT_FOLD_AUTO) {
			fold_depth(&v->s, &d->a, (uint32_t)d->o->fold);
		} else {
			used = fold_graph(d, v, g, left);
			left -= used < left ? used : left;
		}
		twins = v->s.twins;
	}
}

/* ---- writing ---- */

static int
put(void *sink, const char *text)
{
	sink_puts(sink, text);
	return ((struct sink *)sink)->err == 0 ? 0 : -1;
}

static int
flush(void *sink)
{
	(void)sink;
	return 0;
}

static void
draw_model(struct drawing *d)
{
	if (d->o->focus != NULL)
		find_near(d);
	plan(d);
	d->merge = d->near == NULL && d->o->fold != DOT_FOLD_NONE;
	d->nodes = arena_array(&d->a, d->m->nnodes, sizeof(Agnode_t *));
	d->values = arena_array(&d->a, d->m->nvalues, sizeof(Agnode_t *));
	d->plain = !d->merge && d->near == NULL && d->m->nnodes > PLAIN_NODES;
	draw_begin(d);
	for (uint32_t i = 0; i < d->m->ngraphs; i++)
		draw_graph(d, d->m->graphs[i]);
	edges_draw(d);
	draw_legend(d);
}

static void
draw(void *arg)
{
	struct drawing *d = arg;
	bool pairs = d->o->pairs != NULL;

	d->g = agopen(draw_loose("model"), pairs ? Agstrictdirected : Agdirected, d->disc);
	draw_check(d, d->g);
	if (pairs)
		pairs_draw(d);
	else
		draw_model(d);
}

static int
write_graph(struct ctx *ctx, Agraph_t *g, int fd)
{
	struct sink out;
	int rc;

	sink_init(&out, fd);
	agwrite(g, &out);
	rc = sink_fini(&out);
	if (rc != 0)
		diag_add(ctx, DIAG_WRITE_FAILED, NULL, "the drawing was not written: %s",
		    strerror(out.err));
	return rc;
}

/* What cgraph is handed: where its output goes and, by versions that ask, its
 * memory. It does not look whether it got any, and its tables must not be left
 * half changed: what the budget does not have is borrowed from the system, and
 * draw_check leaves between two calls. */
struct discipline {
	Agdisc_t disc;
	Agiodisc_t io;
#ifdef HAVE_AGDISC_T_MEM
	Agmemdisc_t mem;
	struct borrowed { struct borrowed *next; max_align_t data[]; } *borrowed;
#endif
	struct drawing *d;
};

#ifdef HAVE_AGDISC_T_MEM
static void *
memory_open(Agdisc_t *disc)
{
	return disc;
}

static void *
memory_alloc(void *state, size_t n)
{
	struct discipline *s = state;
	struct borrowed *b;
	void *p = arena_try(&s->d->a, n, 1);

	if (p != NULL)
		return p;
	s->d->wanted = n;
	if ((b = calloc(1, sizeof *b + n)) == NULL)
		ctx_out_of_memory(s->d->ctx, n);
	b->next = s->borrowed;
	s->borrowed = b;
	return b->data;
}

static void *
memory_resize(void *state, void *old, size_t had, size_t n)
{
	void *p = memory_alloc(state, n);

	return had > 0 ? memcpy(p, old, had < n ? had : n) : p;
}

static void
memory_free(void *state, void *p)
{
	(void)state;
	(void)p;
}
#endif

static void
discipline_init(struct discipline *s, struct drawing *d)
{
	memset(s, 0, sizeof *s);
	s->disc = AgDefaultDisc;
	s->d = d;
	s->io.putstr = put;
	s->io.flush = flush;
	s->disc.io = &s->io;
#ifdef HAVE_AGDISC_T_MEM
	s->mem = (Agmemdisc_t){ memory_open, memory_alloc, memory_resize, memory_free, NULL };
	s->disc.mem = &s->mem;
#endif
}

static void
discipline_free(struct discipline *s)
{
#ifdef HAVE_AGDISC_T_MEM
	struct borrowed *b;

	while ((b = s->borrowed) != NULL) {
		s->borrowed = b->next;
		free(b);
	}
#else
	(void)s;
#endif
}

/* Taking a graph apart piece by piece costs a fifth of drawing a big one, and its
 * memory is the arena's: of those nothing but the handles of cgraph's own tables
 * stays, 72 bytes for each of a dozen, as they have no clusters. That is for a process
 * that ends; one that draws again and again would grow. */
static void
close_graph(const struct drawing *d)
{
#ifdef HAVE_AGDISC_T_MEM
	if (d->plain && d->o->leaves)
		return;
#endif
	if (d->g != NULL)
		agclose(d->g);
}

int
dot_write(struct ctx *ctx, const struct model *m, const struct dot_options *o, int fd)
{
	struct drawing d = { .ctx = ctx, .m = m, .o = o };
	struct discipline s;
	int rc;

	arena_init(&d.a, ctx);
	sink_init(&d.text, -1);
	sink_init(&d.part, -1);
	discipline_init(&s, &d);
	d.disc = &s.disc;
	rc = ctx_protect(ctx, draw, &d);
	if (rc == 0)
		rc = write_graph(ctx, d.g, fd);
	close_graph(&d);
	discipline_free(&s);
	sink_fini(&d.text);
	sink_fini(&d.part);
	arena_free(&d.a);
	return rc;
}
