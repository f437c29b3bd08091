/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the searches: surest first, and what one finds is given to the next. */
#include <string.h>

#include "align/state.h"
#include "base/ctx.h"

bool
align_same_format(const struct model *a, const struct model *b)
{
	return a->dialect == b->dialect &&
	    (a->dialect != DIALECT_NN || a->compiled == b->compiled) &&
	    (a->dialect != DIALECT_ATEN || strcmp(a->format, b->format) == 0);
}

typedef void side_fn(struct aligner *, struct side *);

static void
each_side(struct aligner *al, side_fn *fn)
{
	for (unsigned k = 0; k < 2; k++)
		if (item_any_free(&al->side[k]))
			fn(al, &al->side[k]);
}

static bool
any_left(const struct aligner *al)
{
	return item_any_free(&al->side[0]) && item_any_free(&al->side[1]);
}

static const struct str *
place_name(const struct node *n)
{
	return n->scope != NULL ? n->scope : n->nout > 0 && n->out[0] != NULL ?
	    n->out[0]->name : n->name;
}

/* Do weights say that what has one name is not what had it? Where layers are put in or taken
 * out those behind are counted anew. */
static bool
names_moved(const struct aligner *al)
{
	enum { FEW = 50 };
	uint32_t pairs = 0, moved = 0;

	for (uint32_t i = 0; i < al->side[0].n; i++) {
		const struct item *x = &al->side[0].items[i];

		if (x->pair == ALIGN_NONE || !(x->evidence & ALIGN_BY_CONTENT))
			continue;
		pairs++;
		moved += !wire_same_name(place_name(x->n),
		    place_name(al->side[1].items[x->pair].n));
	}
	return moved > pairs / FEW;
}

/* Of two versions of one model most nodes have their names or weights still. */
static void
anchor_versions(struct aligner *al)
{
	bool printed = strcmp(al->side[0].given->model->format, "torchscript") == 0;

	anchor_structure(al);
	if (al->side[0].n != al->side[1].n || al->side[0].given->model->dialect == DIALECT_MIL) {
		each_side(al, item_weights);
		anchor_contents(al);
		if (names_moved(al)) {
			flow_same(al);
			anchor_around(al);
			flow_all(al);
		}
	}
	if (printed)
		anchor_printed(al);
	else
		anchor_exact(al);
	if (!any_left(al))
		return;
	if (!printed && item_names(al))
		anchor_names(al);
	each_side(al, item_weights);
	anchor_weights(al);
	anchor_contents(al);
	flow_same(al);
	anchor_around(al);
	flow_all(al);
}

static void
anchor_formats(struct aligner *al)
{
	anchor_names(al);
	anchor_results(al);
	each_side(al, item_weights);
	anchor_weights(al);
	anchor_contents(al);
}

static void
search(struct aligner *al)
{
	if (al->same_format)
		anchor_versions(al);
	else
		anchor_formats(al);
	ctx_step(al->ctx);
	anchor_order(al);
	ctx_step(al->ctx);
	if (al->same_format && !any_left(al))
		return;
	if (al->same_format)
		each_side(al, item_places);
	if (!path_all(al) && al->same_format)
		return;
	if (!al->same_format)
		bridge_all(al);
	anchor_order(al);
}

static struct align *
align(struct aligner *al)
{
	item_collect(al, &al->side[0]);
	item_collect(al, &al->side[1]);
	if (!al->same_format) {
		(void)item_names(al);
		each_side(al, item_places);
		item_nest(al);
	}
	if (al->options->given != NULL) {
		given_pair(al, al->options->given);
		anchor_order(al);
	} else {
		search(al);
	}
	ctx_step(al->ctx);
	join_all(al);
	each_side(al, item_dead);
	return verdict_groups(al);
}

struct align *
align_models(struct ctx *ctx, struct arena *arena, const struct align_side *a,
	const struct align_side *b, const struct align_options *options)
{
	struct arena tables;
	struct aligner al = { .ctx = ctx, .arena = &tables, .result = arena, .options = options };
	jmp_buf *outer = ctx->escape, here;
	struct align *volatile made = NULL;

	al.same_format = align_same_format(a->model, b->model);
	al.side[0].given = a;
	al.side[1].given = b;
	arena_init(&tables, ctx);
	ctx->escape = &here;
	if (setjmp(here) == 0)
		made = align(&al);
	ctx->escape = outer;
	arena_free(&tables);
	if (made == NULL)
		longjmp(*outer, 1);
	return made;
}
