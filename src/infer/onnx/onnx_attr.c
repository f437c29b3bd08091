/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of ONNX nodes; in a function's body they may stand for those of
 * the node that calls it. */
#include <string.h>

#include "base/str.h"
#include "infer/state.h"
#include "ir/tensor.h"

static const struct attr *
in_list(const struct attr *list, uint32_t n, const struct str *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (list[i].name == name)
			return &list[i];
	return NULL;
}

const struct attr *
attr_of(struct infer *f, const struct node *n, const char *name)
{
	const struct attr *a = node_attr(n, name), *given;
	const struct node *caller;

	for (uint32_t up = f->ncallers; a != NULL && a->ref != NULL; a = given) {
		if (up == 0)
			return NULL;
		caller = f->callers[--up];
		given = in_list(caller->attrs, caller->nattrs, a->ref);
		if (given == NULL && caller->callee->function != NULL)
			return in_list(caller->callee->function->defaults,
			    caller->callee->function->ndefaults, a->ref);
	}
	return a;
}

int64_t
attr_int(struct infer *f, const struct node *n, const char *name, int64_t otherwise)
{
	const struct attr *a = attr_of(f, n, name);

	return a != NULL && a->kind == ATTR_INT ? a->v.i : otherwise;
}

double
attr_float(struct infer *f, const struct node *n, const char *name, double otherwise)
{
	const struct attr *a = attr_of(f, n, name);

	return a != NULL && a->kind == ATTR_FLOAT ? a->v.f : otherwise;
}

const char *
attr_text(struct infer *f, const struct node *n, const char *name)
{
	const struct attr *a = attr_of(f, n, name);

	return a != NULL && a->kind == ATTR_STRING ? a->v.s->s : NULL;
}

const int64_t *
attr_ints(struct infer *f, const struct node *n, const char *name, uint32_t *count)
{
	const struct attr *a = attr_of(f, n, name);

	*count = 0;
	if (a == NULL || a->kind != ATTR_INTS || a->list != NULL)
		return NULL;
	*count = (uint32_t)a->n;
	return a->v.ints;
}
