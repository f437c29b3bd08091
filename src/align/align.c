/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the searches: surest first, and what one finds is given to the next. */
#include "align/state.h"
#include "base/ctx.h"

static void
search(struct aligner *al)
{
	if (al->same_dialect)
		anchor_structure(al);
	anchor_names(al);
	if (!al->same_dialect)
		anchor_results(al);
	anchor_weights(al);
	anchor_contents(al);
	if (al->same_dialect)
		anchor_around(al);
	ctx_step(al->ctx);
	anchor_order(al);
	ctx_step(al->ctx);
	path_all(al);
}

struct align *
align_models(struct ctx *ctx, struct arena *arena, const struct align_side *a,
	const struct align_side *b, const struct align_options *options)
{
	struct aligner al = { .ctx = ctx, .arena = arena, .options = options };

	al.same_dialect = a->model->dialect == b->model->dialect;
	al.side[0].given = a;
	al.side[1].given = b;
	item_collect(&al, &al.side[0]);
	item_collect(&al, &al.side[1]);
	if (!al.same_dialect)
		item_nest(&al);
	if (options->given != NULL)
		given_pair(&al, options->given);
	else
		search(&al);
	ctx_step(ctx);
	anchor_order(&al);
	join_all(&al);
	return verdict_groups(&al);
}
