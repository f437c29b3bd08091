/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/sink.h"
#include "ops/op.h"
#include "rules/support/support.h"
#include "ui/doc.h"
#include "ui/supported.h"

/* The first system that has the operation; 0: not known. Layers of networks count
 * specification versions, of which 4 came with iOS13. */
static int
since_ios(const struct doc *d, const struct node *n)
{
	if (n->op == NULL || n->op->since == 0)
		return 0;
	if (d->s->model->dialect == DIALECT_MIL) /* programs came with iOS15 */
		return n->op->since > 15 ? n->op->since : 15;
	return n->op->since >= 10 ? 26 : n->op->since >= 2 ? n->op->since + 9 : 11;
}

/* Which of ONNX's nodes leave nothing behind in PyTorch, or call others that are judged. */
static bool
leaves_nothing(const struct node *n)
{
	const char *torch = support_counterpart(n);

	return n->callee != NULL || (torch != NULL && strcmp(torch, "-") == 0);
}

enum style
supported_word(const struct doc *d, const struct node *n, struct sink *out)
{
	if (d->support == NULL)
		return ST_DIM;
	if (d->support->already) {
		if (since_ios(d, n) > 0)
			sink_printf(out, "iOS%d", since_ios(d, n));
		return ST_GOOD;
	}
	if (d->s->model->dialect == DIALECT_ONNX && leaves_nothing(n))
		return ST_DIM;
	sink_puts(out, d->support->outcome == SUPPORT_UNKNOWN ? "?" : "ok");
	return ST_GOOD;
}

void
supported_says(const struct doc *d, const struct node *n, struct sink *out)
{
	const struct support *s = d->support;
	const char *torch;

	if (s == NULL)
		return;
	if (s->already) {
		if (since_ios(d, n) > 0)
			sink_printf(out, "it is converted; iOS%d and later run this operation%s%s",
			    since_ios(d, n), s->target != NULL ? "; the target is " : "",
			    s->target != NULL ? s->target : "");
	} else if (d->s->model->dialect == DIALECT_ONNX) {
		torch = support_counterpart(n);
		if (leaves_nothing(n))
			sink_puts(out, n->callee != NULL ?
			    "the nodes of what is called are judged" :
			    "in PyTorch nothing stands for this");
		else if (torch != NULL)
			sink_printf(out, "in PyTorch this is %s, which coremltools 9.0 converts",
			    torch);
	} else if (s->outcome == SUPPORT_UNKNOWN) {
		sink_puts(out, "not known: nothing is known that would stop it here");
	} else {
		sink_puts(out, "coremltools 9.0 converts this operator as it is used here");
	}
}

bool
supported_differs(const struct doc *d)
{
	if (d->support == NULL)
		return false;
	if (d->s->model->dialect == DIALECT_ATEN)
		return true;
	for (uint32_t i = 0; i < d->support->nblockers; i++)
		if (d->support->blockers[i].node != NULL)
			return true;
	return false;
}

const char *
supported_title(const struct doc *d)
{
	return d->support != NULL && d->support->already ? "runs from" : "convert";
}
