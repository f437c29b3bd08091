/* SPDX-License-Identifier: Apache-2.0 */
/* Calls replaced by the code they call, inlined and simplified before, as
 * libtorch does. Most functions are called once, so the first call takes the nodes
 * themselves; for the second they are made again and kept, and copied from then
 * on. The number of nodes is bounded: 60 functions that each call the one before
 * twice would be 2^60. */
#include <inttypes.h>

#include "base/ctx.h"
#include "read/torch/ts_unit.h"

enum { CALLS = 256 }; /* in one another */

uint32_t
ts_count(const struct ts_block *b)
{
	uint32_t n = 0;

	for (const struct ts_node *k = b->first; k != NULL; k = k->next) {
		n++;
		for (uint32_t i = 0; i < k->nblocks; i++)
			n += ts_count(k->blocks[i]);
	}
	return n;
}

static void
complain(struct ts_unit *u, const struct ts_node *n, const char *why)
{
	struct where where = { .node = n->fn->name->s };

	if (n->home != NULL)
		where.loc = (struct loc){ n->home->file->src, n->off, 0 },
		where.line = ts_line(n->home->file, n->off);
	diag_add(u->ctx, DIAG_TS_INLINE, &where, "a call of %s stays a call: %s", n->fn->name->s,
	    why);
	u->m->partial = true;
}

/* Nodes that move to another function came by that call. */
static void
root_frames(struct ts_block *b, struct ts_frame *frame)
{
	struct ts_frame *f;

	for (struct ts_node *n = b->first; n != NULL; n = n->next) {
		for (f = n->frame; f != NULL && f->up != NULL; f = f->up)
			continue;
		if (f == NULL)
			n->frame = frame;
		else if (f != frame)
			f->up = frame;
		for (uint32_t i = 0; i < n->nblocks; i++)
			root_frames(n->blocks[i], frame);
	}
}

/* The nodes of the block before at; its parameters become the values. */
static void
move(struct ts_block *b, struct ts_node *at, struct ts_val **args, struct ts_val **result)
{
	struct ts_node *n;

	for (uint32_t i = 0; i < b->nparam; i++)
		ts_replace(b->param[i], args[i]);
	while ((n = b->first) != NULL) {
		ts_unlink(n);
		ts_insert_before(at, n);
	}
	*result = ts_now(b->out[0]);
}

static void
inline_call(struct ts_unit *u, struct ts_node *n, const struct ts_fn *home)
{
	struct ts_graph *g;
	struct ts_frame *frame;
	struct ts_val *result;

	if (n->fn->busy) {
		complain(u, n, "it calls itself");
		return;
	}
	if (u->depth > CALLS) {
		if (!u->deep)
			complain(u, n, "calls nest too deep");
		u->deep = true;
		return;
	}
	g = ts_optimised(u, n->fn);
	if (g->nnodes >= u->budget) {
		if (!u->over)
			complain(u, n, "the budget of nodes is used up");
		u->over = true;
		return;
	}
	if (g->block->nparam > n->nin)
		return;
	u->budget -= g->nnodes + 1;
	frame = arena_alloc(u->a, sizeof *frame);
	frame->up = n->frame;
	frame->fn = n->fn;
	frame->self = n->kind == N_METHOD ? ts_in(n, 0) : NULL;
	frame->at = n->home != NULL ? n->home : home;
	frame->off = n->off;
	for (uint32_t i = 0; i < n->nin; i++)
		ts_in(n, i);
	if (u->keep || n->fn->moved) {
		ts_copy(u, g->block, n->block, n, n->in, frame, &result);
	} else {
		root_frames(g->block, frame);
		move(g->block, n, n->in, &result);
		n->fn->inlined = NULL;
		n->fn->moved = true;
	}
	if (n->nout > 0)
		ts_replace(n->out[0], result);
	ts_unlink(n);
}

void
ts_inline(struct ts_unit *u, struct ts_block *b, const struct ts_fn *home)
{
	struct ts_node *next;

	for (struct ts_node *n = b->first; n != NULL; n = next) {
		next = n->next;
		if ((n->kind == N_CALL || n->kind == N_METHOD) && n->fn != NULL && !u->over) {
			inline_call(u, n, home);
			continue;
		}
		for (uint32_t i = 0; i < n->nblocks; i++)
			ts_inline(u, n->blocks[i], home);
	}
}

struct ts_graph *
ts_own(struct ts_unit *u, struct ts_fn *fn)
{
	struct ts_graph *g = ts_compile(u, fn);

	if (u->keep)
		return ts_graph_copy(u, g);
	fn->graph = NULL;
	return g;
}

struct ts_graph *
ts_optimised(struct ts_unit *u, struct ts_fn *fn)
{
	struct ts_graph *g;

	if (fn->inlined != NULL)
		return fn->inlined;
	fn->busy = true;
	u->depth++;
	g = ts_own(u, fn);
	ts_inline(u, g->block, fn);
	if (ts_peephole(u, g->block))
		ts_dead(u, g->block);
	if (ts_fold(u, g->block))
		ts_dead(u, g->block);
	g->nnodes = ts_count(g->block);
	u->depth--;
	fn->busy = false;
	return fn->inlined = g;
}
