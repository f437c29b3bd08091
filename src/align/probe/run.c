/* SPDX-License-Identifier: Apache-2.0 */
/* One node is computed by the function of its operation. */
#include <string.h>

#include "align/probe/run.h"
#include "base/ctx.h"
#include "base/str.h"
#include "ops/op.h"

static probe_fn *
function_of(const struct item *x)
{
	probe_fn *(*const finders[])(const struct item *) = { probe_element, probe_shape,
		probe_index, probe_reduce, probe_norm, probe_window, probe_product,
		probe_recurrent };
	probe_fn *f = NULL;

	for (size_t i = 0; i < sizeof finders / sizeof *finders && f == NULL; i++)
		f = finders[i](x);
	return f;
}

/* What it writes is an operand: later readers see that. One that is a view of another, or has
 * views, changes more than is followed here. */
static void
note_written(struct run *r, const struct node *n)
{
	const struct value *v = n->nin > 0 ? n->in[0] : NULL;

	if (v == NULL || (v->producer != NULL && v->producer->op != NULL &&
	    v->producer->op->flags & OP_VIEW)) {
		r->stopped = true;
		return;
	}
	r->of[v->id] = n->nout > 0 && n->out[0] != NULL ? r->of[n->out[0]->id] : NULL;
}

void
run_node(struct run *r, const struct node *n)
{
	const struct item *x = r->side->of[n->id] != ALIGN_NONE ? side_item(r->side, n) : NULL;
	probe_fn *f = x != NULL && n->op != NULL && n->nregions == 0 && n->callee == NULL ?
	    function_of(x) : NULL;

	ctx_step(r->al->ctx);
	r->n = n;
	r->lost = r->packed = false;
	if (f != NULL && !r->stopped && n->nout > 0)
		f(r);
	if (n->op != NULL && n->op->flags & OP_WRITES)
		note_written(r, n);
}
