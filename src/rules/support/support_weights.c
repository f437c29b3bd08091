/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors whose data is not there: neither torch nor Core ML loads such a model. */
#include <string.h>

#include "ir/tensor.h"
#include "rules/support/support_run.h"

struct absent { uint64_t n; const struct tensor *first; const struct str *name; };

static void
look(struct absent *a, const struct tensor *t, const struct str *name)
{
	/* what stands for an object that is not followed has no type */
	if (t == NULL || !(t->flags & TENSOR_MISSING) || t->dtype == DT_NONE || t->items != NULL ||
	    t == a->first)
		return;
	if (a->n++ == 0)
		a->first = t, a->name = name;
}

static void
look_at_node(struct absent *a, const struct node *n)
{
	for (uint32_t i = 0; i < n->nattrs; i++) {
		const struct attr *x = &n->attrs[i];

		if (x->kind == ATTR_TENSOR)
			look(a, x->v.t, x->name);
		for (uint32_t k = 0; x->kind == ATTR_TENSORS && k < x->n; k++)
			look(a, x->v.tensors[k], x->name);
	}
}

static struct absent
absent_of(const struct run *r)
{
	const struct model *m = r->c.m;
	struct absent a = { 0 };

	for (uint32_t g = 0; g < m->ngraphs; g++) {
		for (uint32_t i = 0; i < m->graphs[g]->nvalues; i++)
			look(&a, m->graphs[g]->values[i]->constant, m->graphs[g]->values[i]->name);
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++)
			look_at_node(&a, m->graphs[g]->nodes[i]);
	}
	return a;
}

/* A program of torch.export alone, out of its archive, has none and is looked at as if
 * they were there. */
static bool
is_bare(const struct model *m)
{
	return m->dialect == DIALECT_ATEN && m->encoding != NULL &&
	    strcmp(m->encoding, "JSON") == 0;
}

void
support_weights(struct run *r)
{
	const struct tensor *t;
	struct absent a;

	if (r->c.m->no_graph != NULL || is_bare(r->c.m))
		return;
	a = absent_of(r);
	if ((t = a.first) == NULL)
		return;
	r->c.advice = "fetch the whole model: weight files belong to it, and 'git lfs pull' "
	    "brings those that are pointers";
	cv_block(&r->c, REASON_LOAD, "load", "the data of %llu tensor%s is not there (%s%s%s): "
	    "the model cannot be loaded", (unsigned long long)a.n, a.n == 1 ? "" : "s",
	    a.name->s, t->ext != NULL ? ", in " : "", t->ext != NULL ? t->ext->location->s : "");
}

/* States have no contents in a model: they begin with zeros. Large ones are looked at where
 * they begin. Source: StateType, and the state features of the specification. */
void
support_state_begins(struct run *r, const struct value *buffer, const char *name)
{
	enum { FIRST = 4096, WIDEST = 16 };
	const struct tensor *t = buffer != NULL ? buffer->constant : NULL;
	struct arena *a = r->c.a;
	char *b;

	if (t == NULL)
		return;
	b = arena_array(a, FIRST, WIDEST);
	for (uint64_t i = 0, n = tensor_first(t, a, b, FIRST); i < n; i++) {
		double x = dtype_get(t->dtype, b, i);

		if (!(x < 0 || x > 0))
			continue;
		r->c.advice = "zero the buffer before the model is saved, when it is to begin with "
		    "zeros (tracing writes to it, too); else write the state before the first "
		    "prediction";
		support_silent_node(r, NULL, REASON_STATE, "state %s begins with zeros: what the "
		    "buffer has in the file is lost", name);
		return;
	}
}
