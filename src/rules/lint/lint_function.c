/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of a model: their names, their calls, their imports. The call
 * graph is kept as one list of edges sorted by caller; walking it needs no
 * recursion. */
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "rules/lint/lint_state.h"

enum { FUNCTIONS_MAX = 10000, CALLS_MAX = 100, IR_FUNCTIONS = 8 };

/* Functions and calls as numbers. */
struct calls {
	uint32_t n;
	uint32_t *number;  /* by graph id: function it lies in, or NONE */
	uint32_t *start;   /* edges of caller i: [start[i], start[i + 1]) */
	uint32_t *callee;
	uint32_t *next;    /* edge to be walked next; the caller is on the path */
	uint32_t *depth;   /* 0: not yet known */
};
#define NONE UINT32_MAX

static struct place
place_of(const struct graph *g, const char *field)
{
	return (struct place){ .g = g, .field = field, .index = NO_INDEX };
}

static void
number_functions(struct lint *l, struct calls *c)
{
	const struct model *m = l->m;

	c->n = m->nfunctions;
	c->number = arena_array(&l->a, m->ngraphs, sizeof *c->number);
	memset(c->number, 0xff, m->ngraphs * sizeof *c->number);
	for (uint32_t i = 0; i < c->n; i++)
		c->number[m->functions[i]->id] = i;
	for (uint32_t i = 0; i < m->ngraphs; i++)
		if (m->graphs[i]->parent != NULL)
			c->number[i] = c->number[m->graphs[i]->parent->graph->id];
}

/* Passes all calls; at[caller] is raised by one for each. */
static void
each_call(const struct lint *l, const struct calls *c, uint32_t *at, bool store)
{
	for (uint32_t i = 0; i < l->m->ngraphs; i++) {
		const struct graph *g = l->m->graphs[i];
		uint32_t caller = c->number[i];

		for (uint32_t j = 0; caller != NONE && j < g->nnodes; j++) {
			const struct graph *f = g->nodes[j]->callee;

			if (f == NULL)
				continue;
			if (store)
				c->callee[at[caller]] = c->number[f->id];
			at[caller]++;
		}
	}
}

static void
collect_calls(struct lint *l, struct calls *c)
{
	uint32_t *at = arena_array(&l->a, (size_t)c->n + 1, sizeof *at);

	c->start = arena_array(&l->a, (size_t)c->n + 1, sizeof *c->start);
	c->next = arena_array(&l->a, (size_t)c->n + 1, sizeof *c->next);
	c->depth = arena_array(&l->a, (size_t)c->n + 1, sizeof *c->depth);
	each_call(l, c, at, false);
	for (uint32_t i = 0; i < c->n; i++)
		c->start[i + 1] = c->start[i] + at[i];
	c->callee = arena_array(&l->a, c->start[c->n], sizeof *c->callee);
	memcpy(at, c->start, c->n * sizeof *at);
	each_call(l, c, at, true);
	memset(c->next, 0xff, c->n * sizeof *c->next);
}

/* Is callee on the path of callers? Then its walk has begun and not ended. */
static bool
on_path(const struct calls *c, uint32_t i)
{
	return c->next[i] != NONE && c->depth[i] == 0;
}

static void
report_cycle(struct lint *l, uint32_t caller, uint32_t callee)
{
	const struct graph *f = l->m->functions[caller], *g = l->m->functions[callee];
	const struct place at = place_of(f, NULL);

	lint_add(l, DIAG_LINT_FN_CYCLE, &at, "function '%.*s' calls '%.*s'%s", NAME(f->name),
	    NAME(g->name), f == g ? ", which is itself" : ", which calls it in turn");
}

/* Depth of calls below function i, first found by walking all it reaches. */
static void
walk(struct lint *l, struct calls *c, uint32_t *path, uint32_t i)
{
	uint32_t n = 0, top, callee, deepest;

	path[n++] = i;
	c->next[i] = c->start[i];
	while (n > 0) {
		top = path[n - 1];
		if (c->next[top] == c->start[top + 1]) {
			deepest = 0;
			for (uint32_t e = c->start[top]; e < c->start[top + 1]; e++)
				if (c->depth[c->callee[e]] > deepest)
					deepest = c->depth[c->callee[e]];
			c->depth[top] = deepest + 1;
			n--;
			continue;
		}
		callee = c->callee[c->next[top]++];
		if (on_path(c, callee)) {
			report_cycle(l, top, callee);
		} else if (c->depth[callee] == 0) {
			path[n++] = callee;
			c->next[callee] = c->start[callee];
		}
	}
}

static void
check_calls(struct lint *l)
{
	const struct model *m = l->m;
	struct calls c;
	uint32_t *path;
	struct place at;

	number_functions(l, &c);
	collect_calls(l, &c);
	path = arena_array(&l->a, (size_t)c.n + 1, sizeof *path);
	for (uint32_t i = 0; i < c.n; i++)
		if (c.depth[i] == 0)
			walk(l, &c, path, i);
	for (uint32_t i = 0; i < c.n; i++) {
		if (c.depth[i] <= CALLS_MAX)
			continue;
		at = place_of(m->functions[i], NULL);
		lint_add(l, DIAG_LINT_FN_DEPTH, &at, "calls are nested %" PRIu32 " deep below "
		    "function '%.*s'", c.depth[i], NAME(m->functions[i]->name));
		break;
	}
}

/* Functions in a hash table by domain, name and overload. */
static void
check_names(struct lint *l)
{
	const struct model *m = l->m;
	const struct graph **slot;
	uint32_t mask = 7, i, k;

	while (mask / 2 < m->nfunctions)
		mask = 2 * mask + 1;
	slot = arena_array(&l->a, (size_t)mask + 1, sizeof *slot);
	for (i = 0; i < m->nfunctions; i++) {
		const struct graph *g = m->functions[i];
		const struct function *f = g->function;
		const struct place at = place_of(g, NULL);

		k = (uint32_t)hash_pair(g->name->id, (uint64_t)f->domain->id << 32 |
		    f->overload->id) & mask;
		while (slot[k] != NULL && (slot[k]->name != g->name ||
		    slot[k]->function->domain != f->domain ||
		    slot[k]->function->overload != f->overload))
			k = (k + 1) & mask;
		if (slot[k] != NULL)
			lint_add(l, DIAG_LINT_FN_TWICE, &at, "function '%.*s' of domain '%.*s'"
			    "%s%.*s stands more than once", NAME(g->name), DOMAIN(f->domain),
			    f->overload->len > 0 ? " overload " : "", NAME(f->overload));
		else
			slot[k] = g;
	}
}

static void
check_list(struct lint *l, const struct graph *g, const char *field, const struct str *name,
    uint32_t i)
{
	const struct place at = { .g = g, .field = field, .index = i };

	if (lint_again(l, name))
		lint_add(l, DIAG_LINT_FN_LIST, &at, "function '%.*s' lists %s '%.*s' twice",
		    NAME(g->name), field, NAME(name));
}

static void
check_lists(struct lint *l, const struct graph *g)
{
	const struct function *f = g->function;
	uint32_t i;

	lint_list(l);
	for (i = 0; i < g->ninputs; i++)
		check_list(l, g, "input", g->inputs[i]->name, i);
	lint_list(l);
	for (i = 0; i < g->noutputs; i++)
		check_list(l, g, "output", g->outputs[i]->name, i);
	lint_list(l);
	for (i = 0; i < f->nattrs; i++)
		check_list(l, g, "attribute", f->attrs[i], i);
}

static void
check_function(struct lint *l, const struct graph *g)
{
	const struct place at = place_of(g, NULL);

	if (g->name->len == 0)
		lint_add(l, DIAG_LINT_FN_UNNAMED, &at, "the function has no name");
	else if (op_oldest(l->m->dialect, g->function->domain->s, g->name->s) != NULL)
		lint_add(l, DIAG_LINT_FN_HIDES_OP, &at, "function '%.*s' has the name of an op "
		    "of domain '%.*s'", NAME(g->name), DOMAIN(g->function->domain));
	check_lists(l, g);
}

static void
check_unused(struct lint *l)
{
	const struct model *m = l->m;
	uint8_t *called = arena_array(&l->a, m->ngraphs, sizeof *called);

	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t j = 0; j < m->graphs[i]->nnodes; j++)
			if (m->graphs[i]->nodes[j]->callee != NULL)
				called[m->graphs[i]->nodes[j]->callee->id] = 1;
	for (uint32_t i = 0; i < m->nfunctions; i++) {
		const struct graph *g = m->functions[i];
		const struct place at = place_of(g, NULL);

		if (!called[g->id])
			lint_add(l, DIAG_LINT_FN_UNUSED, &at, "nothing calls function '%.*s'",
			    NAME(g->name));
	}
}

/* What the model imports, completed from its functions: the first function
 * that imports a domain decides. */
static void
build_merged(struct lint *l)
{
	const struct model *m = l->m;
	struct opset *list;
	uint32_t n = m->nopsets, i;

	for (i = 0; i < m->nfunctions; i++)
		n += m->functions[i]->nopsets;
	list = arena_array(&l->a, n, sizeof *list);
	for (n = 0, i = m->nfunctions; i-- > 0;)
		for (uint32_t k = 0; k < m->functions[i]->nopsets; k++)
			list[n++] = m->functions[i]->opsets[k];
	for (i = 0; i < m->nopsets; i++)
		list[n + i] = m->opsets[i];
	imports_of_list(&l->merged, &l->a, m, list, n + m->nopsets);
}

void
lint_functions(struct lint *l)
{
	const struct model *m = l->m;
	const struct place at = { .field = "functions", .index = NO_INDEX };

	if (m->nfunctions == 0)
		return;
	if (m->nfunctions > FUNCTIONS_MAX)
		lint_add(l, DIAG_LINT_FN_MANY, &at, "%" PRIu32 " functions: readers stop at %d",
		    m->nfunctions, FUNCTIONS_MAX);
	if (m->format_version < IR_FUNCTIONS)
		lint_add(l, DIAG_LINT_FN_EARLY, &at, "functions stand in a model of IR version "
		    "%" PRId64 "; they came with %d", m->format_version, IR_FUNCTIONS);
	build_merged(l);
	check_names(l);
	check_calls(l);
	check_unused(l);
	l->demote = m->format_version >= IR_FUNCTIONS ? DIAG_COUNT : DIAG_LINT_UNCHECKED;
	for (uint32_t i = 0; i < m->nfunctions; i++)
		check_function(l, m->functions[i]);
	l->demote = DIAG_COUNT;
}

static const struct op *
schema(const struct lint *l, const struct node *n, int64_t version)
{
	const struct op *op = op_find(l->m->dialect, n->domain->s, n->type->s, version);

	if (op == NULL || (op->flags & (OP_REMOVED | OP_RUNTIME)) ||
	    strcmp(op->domain, "com.microsoft") == 0)
		return NULL;
	return op;
}

void
lint_function_node(struct lint *l, const struct scope *s, const struct node *n)
{
	const struct opset *own = imports_find(s->imports, n->domain), *model;
	const struct place at = { .g = s->g, .n = n };
	struct tally *t;

	if (own == NULL)
		return; /* reported as a domain that is not imported */
	model = imports_find(&l->merged, n->domain);
	if (model == NULL || model->domain != n->domain || model->version == own->version)
		return;
	if (schema(l, n, own->version) == schema(l, n, model->version))
		return;
	t = lint_tally(l, DIAG_LINT_FN_OPSET, n->type, s->g, &at);
	if (t != NULL)
		t->text = arena_printf(&l->a, "%.*s is not the same op in version %" PRId64
		    ", which the function imports, and in version %" PRId64 ", which the model "
		    "imports", NAME(n->type), own->version, model->version);
}
