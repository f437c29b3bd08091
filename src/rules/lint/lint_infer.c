/* SPDX-License-Identifier: Apache-2.0 */
/* What inference finds: declared types that operands contradict, operands that
 * do not go together. Errors are what the official checker's own inference stops
 * at, which knows the contents of constants alone and says nothing behind an op
 * without a schema; the rest are warnings. */
#include <inttypes.h>
#include <string.h>

#include "infer/infer.h"
#include "rules/lint/lint_state.h"

/* A finding of inference about a node; functions are visited many times. */
struct inferred {
	enum diag_id id;
	enum infer_found found;
	const char *text;
	struct inferred *next;
};

static void
keep(void *arg, const struct node *n, enum diag_id id, const char *text, enum infer_found found)
{
	struct lint *l = arg;
	struct inferred **end = &l->inferred[n->id], *f;

	for (; *end != NULL; end = &(*end)->next)
		if (strcmp((*end)->text, text) == 0)
			return;
	f = *end = arena_alloc(&l->a, sizeof *f);
	f->id = id;
	f->found = found;
	f->text = arena_strdup(&l->a, text, strlen(text));
}

static bool
is_declared(const struct value *v)
{
	return v->type != NULL && v->type->tag == TY_TENSOR && v->type->has_rank;
}

static unsigned
reads_loose(const struct lint *l, const struct node *n)
{
	unsigned most = 0;

	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && l->loose[n->in[i]->id] > most)
			most = l->loose[n->in[i]->id];
	return most;
}

/* Does the official inference make a finding too? Ranks come from that of the first operand
 * and the sizes of the others. */
static bool
is_known(const struct lint *l, const struct node *n, enum infer_found found)
{
	for (uint32_t i = 0; i < n->nin; i++)
		if (n->in[i] != NULL && l->loose[n->in[i]->id] >
		    (found == FOUND_BY_RANK && i == 0 ? LOOSE_DIMS : 0))
			return false;
	return found != FOUND_OURS;
}

/* Does it need the content of an operand that is no constant? */
static bool
wants_content(const struct node *n)
{
	for (uint32_t i = 1; i < n->nin; i++)
		if (n->in[i] != NULL && value_tensor(n->in[i]) == NULL)
			return true;
	return false;
}

/* Is more known of a value's dims than is declared? */
static bool
is_refined(const struct lint *l, const struct value *v)
{
	const struct type *t = infer_type(l->infer, v);

	for (uint32_t i = 0; t->tag == TY_TENSOR && i < t->rank && i < v->type->rank; i++)
		if (t->dims[i] != v->type->dims[i])
			return true;
	return false;
}

/* Of what a body carries from turn to turn the official inference knows what is declared. */
static void
mark_carried(struct lint *l, const struct graph *g)
{
	const struct node *n = g->parent;
	bool loop = n != NULL && n->op != NULL && n->op->sem == SEM_LOOP;
	const struct attr *scanned = n != NULL && n->op != NULL && n->op->sem == SEM_SCAN ?
	    node_attr(n, "num_scan_inputs") : NULL;
	int64_t end = loop ? g->ninputs : scanned == NULL ? 0 : (int64_t)n->nin - scanned->v.i;

	for (int64_t i = loop ? 2 : 0; i < end && i < g->ninputs; i++) {
		const struct value *v = g->inputs[i];

		l->loose[v->id] = !is_declared(v) ? LOOSE_ALL :
		    is_refined(l, v) ? LOOSE_DIMS : 0;
	}
}

/* It begins at nodes whose outputs depend on contents, and ends where a type is
 * declared, or where all is known in spite of it. */
static void
mark_loose(struct lint *l, const struct graph *g)
{
	mark_carried(l, g);
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];
		unsigned level = reads_loose(l, n), own = 2 - (unsigned)infer_onnx_knows(n);

		if (own > level && (infer_lost(l->infer, n) != NULL ||
		    (own == LOOSE_ALL && wants_content(n))))
			level = own;
		for (uint32_t k = 0; k < n->nout && level > 0; k++)
			if (n->out[k] != NULL && !is_declared(n->out[k]) &&
			    (level == LOOSE_ALL || infer_vague(l->infer, n->out[k])))
				l->loose[n->out[k]->id] = (uint8_t)level;
	}
}

void
lint_infer(struct lint *l)
{
	struct infer_options *o = arena_alloc(&l->a, sizeof *o);

	o->constants_only = l->m->dialect == DIALECT_ONNX;
	o->found = keep;
	o->arg = l;
	l->inferred = arena_array(&l->a, l->m->nnodes, sizeof *l->inferred);
	l->loose = arena_array(&l->a, l->m->nvalues, sizeof *l->loose);
	l->infer = infer_model(l->ctx, &l->a, l->model, o);
	for (uint32_t i = 0; i < l->m->ngraphs; i++)
		mark_loose(l, l->m->graphs[i]);
}

void
lint_inferred(struct lint *l, const struct scope *s, const struct node *n, const struct row *row)
{
	const struct place at = { .g = s->g, .n = n };
	const struct inferred *f;
	uint32_t before = l->nadded;

	if (l->infer == NULL)
		return;
	f = l->inferred[n->id];
	if (row->nneeds > 0)
		lint_needs(l, s, n, row);
	if (before != l->nadded)
		return; /* the same in other words */
	for (; f != NULL; f = f->next) {
		bool known = is_known(l, n, f->found);

		lint_add(l, lint_type_level(s, !known ? DIAG_LINT_SHAPE_OWN :
		    f->id == DIAG_SHAPE_CONFLICT ? DIAG_LINT_SHAPE_DECLARED :
		    DIAG_LINT_SHAPE_MISFIT, false), &at, "%.*s: %s", NAME(n->type), f->text);
	}
}

void
lint_inferred_mil(struct lint *l, const struct graph *g, const struct node *n)
{
	const struct place at = { .g = g, .n = n };
	const struct inferred *f = l->infer != NULL ? l->inferred[n->id] : NULL;

	for (; f != NULL; f = f->next)
		lint_add(l, DIAG_LINT_MIL_TYPE, &at, "%.*s: %s", NAME(n->type), f->text);
}
