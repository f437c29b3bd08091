/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs in file order, as the official checker walks them: inputs,
 * initializers, then each node with the graphs inside it, then outputs. seen
 * holds what is in view at that moment; leaving a subgraph restores it. */
#include <inttypes.h>
#include <string.h>

#include "infer/infer.h"
#include "rules/lint/lint_state.h"

enum { IR_FREE_INITIALIZERS = 4 };

static bool
known_here(const struct lint *l, const struct graph *g, const struct str *name)
{
	return l->seen[name->id] == g->id + 1;
}

/* The name is known in g from here on. */
static void
enter(struct lint *l, const struct scope *s, const struct str *name)
{
	uint32_t *seen = &l->seen[name->id];

	if (*seen == s->g->id + 1)
		return;
	if (s->up != NULL) {
		l->log = arena_grow(&l->a, l->log, l->nlog, sizeof *l->log);
		l->log[l->nlog++] = (struct undo){ name->id, *seen };
	}
	*seen = s->g->id + 1;
}

static void
leave(struct lint *l, const struct scope *s, uint32_t mark)
{
	for (; l->nlog > mark; l->nlog--)
		l->seen[l->log[l->nlog - 1].name] = l->log[l->nlog - 1].graph;
	if (s->up != NULL)
		return;
	/* an outermost graph keeps no log: it is forgotten whole */
	for (uint32_t i = 0; i < s->g->nvalues; i++)
		l->seen[s->g->values[i]->name->id] = 0;
}

static void
check_shadow(struct lint *l, const struct scope *s, const struct value *v, const struct place *at)
{
	if (l->seen[v->name->id] != 0 && !known_here(l, s->g, v->name))
		lint_add(l, DIAG_LINT_SHADOW, at, "'%.*s' hides a value of that name in an outer "
		    "graph", NAME(v->name));
}

static void
check_input(struct lint *l, const struct scope *s, uint32_t i)
{
	const struct value *v = s->g->inputs[i];
	const struct place at = { .g = s->g, .field = "input", .index = i, .loc = &v->loc };

	/* function_lists does this for functions, whose inputs are only names */
	if (s->g->function == NULL) {
		lint_decl(l, s->g, v, "input", i);
		if (known_here(l, s->g, v->name))
			lint_add(l, DIAG_LINT_INPUT_TWICE, &at, "input '%.*s' stands twice",
			    NAME(v->name));
	}
	check_shadow(l, s, v, &at);
	enter(l, s, v->name);
}

/* ONNX Runtime's own files keep nodes by index and sort them on loading; their graphs
 * have no names, and initializers need not be inputs, whatever the IR version. */
static bool
is_ort(const struct model *m)
{
	return m->encoding != NULL && strcmp(m->encoding, "ORT FlatBuffer") == 0;
}

static void
check_initializer(struct lint *l, const struct scope *s, const struct value *v,
    const struct place *at)
{
	const struct model *m = l->m;

	if (v->name->len == 0)
		lint_add(l, DIAG_LINT_INIT_UNNAMED, at, "the initializer has no name");
	else if (lint_again(l, v->name))
		lint_add(l, DIAG_LINT_INIT_TWICE, at, "initializer '%.*s' stands twice",
		    NAME(v->name));
	if (m->format_version < IR_FREE_INITIALIZERS && !(v->flags & VALUE_SPARSE) && !is_ort(m) &&
	    !known_here(l, s->g, v->name))
		lint_add(l, DIAG_LINT_INIT_NO_INPUT, at, "initializer '%.*s' is not among the "
		    "inputs, which IR version %" PRId64 " asks for", NAME(v->name),
		    m->format_version);
	check_shadow(l, s, v, at);
	if (v->flags & VALUE_SPARSE)
		lint_sparse(l, v->constant, at);
	else
		lint_tensor(l, v->constant, at);
	enter(l, s, v->name);
}

/* Dense and sparse ones stand in lists of their own in the file. */
static void
check_initializers(struct lint *l, const struct scope *s)
{
	uint32_t next[2] = { 0, 0 }, both = 0;
	const struct value *v, *first = NULL;
	struct place at;

	lint_list(l);
	for (uint32_t i = 0; i < s->g->ninitializers; i++) {
		bool sparse = (s->g->initializers[i]->flags & VALUE_SPARSE) != 0;

		v = s->g->initializers[i];
		at = (struct place){ .g = s->g, .index = next[sparse]++,
		    .field = sparse ? "sparse_initializer" : "initializer" };
		at.loc = v->constant != NULL ? &v->constant->loc : &v->loc;
		check_initializer(l, s, v, &at);
		if (!(v->flags & VALUE_INPUT))
			continue;
		first = both++ == 0 ? v : first;
	}
	if (both == 0 || l->m->format_version < IR_FREE_INITIALIZERS)
		return;
	at = (struct place){ .g = s->g, .field = "input", .index = NO_INDEX, .loc = &first->loc };
	lint_add(l, DIAG_LINT_INIT_INPUT, &at, "%" PRIu32 " initializer%s also input%s of the "
	    "graph: '%.*s'%s", both, both == 1 ? " is" : "s are", plural(both),
	    NAME(first->name), both == 1 ? "" : " is the first");
}

static void
read_operand(struct lint *l, struct scope *s, const struct node *n, uint32_t i)
{
	const struct value *v = n->in[i];
	struct place at;

	l->read[v->id] = 1;
	if (v->graph != s->g && s->captured++ == 0)
		s->first_captured = v;
	if (l->seen[v->name->id] != 0)
		return;
	at = (struct place){ .g = s->g, .n = n, .field = "input", .index = i };
	if (v->flags & VALUE_UNDEFINED)
		lint_add(l, DIAG_LINT_UNDEFINED, &at, "input '%.*s' of the %.*s node is made "
		    "nowhere", NAME(v->name), NAME(n->type));
	else if (v->producer == n)
		lint_add(l, DIAG_LINT_UNSORTED, &at, "the %.*s node reads its own output '%.*s'",
		    NAME(n->type), NAME(v->name));
	else if (!is_ort(l->m))
		lint_add(l, DIAG_LINT_UNSORTED, &at, "input '%.*s' of the %.*s node is made "
		    "only later", NAME(v->name), NAME(n->type));
}

static void
make_output(struct lint *l, const struct scope *s, const struct node *n, uint32_t i)
{
	const struct value *v = n->out[i];
	struct place at;

	if (l->seen[v->name->id] != 0) {
		at = (struct place){ .g = s->g, .n = n, .field = "output", .index = i };
		lint_add(l, DIAG_LINT_REDEFINED, &at, "output '%.*s' of the %.*s node has a name "
		    "that is %s", NAME(v->name), NAME(n->type), known_here(l, s->g, v->name) ?
		    "already taken in its graph" : "taken in an outer graph");
	}
	enter(l, s, v->name);
}

static void
check_nodes(struct lint *l, struct scope *s)
{
	for (uint32_t i = 0; i < s->g->nnodes; i++) {
		const struct node *n = s->g->nodes[i];

		for (uint32_t j = 0; j < n->nin; j++)
			if (n->in[j] != NULL)
				read_operand(l, s, n, j);
		lint_node(l, s, n);
		for (uint32_t j = 0; j < n->nout; j++)
			if (n->out[j] != NULL)
				make_output(l, s, n, j);
	}
}

static void
check_output(struct lint *l, const struct scope *s, uint32_t i)
{
	const struct value *v = s->g->outputs[i];
	const struct place at = { .g = s->g, .field = "output", .index = i, .loc = &v->loc };

	l->read[v->id] = 1;
	if (s->g->function == NULL)
		lint_decl(l, s->g, v, "output", i);
	if (!known_here(l, s->g, v->name))
		lint_add(l, s->g->function == NULL ? DIAG_LINT_OUTPUT_UNMADE :
		    DIAG_LINT_UNCHECKED, &at, "output '%.*s' is not made in %s", NAME(v->name),
		    s->g->function == NULL ? "its graph" : "its function");
	if (lint_again(l, v->name) && s->g->function == NULL)
		lint_add(l, DIAG_LINT_OUTPUT_TWICE, &at, "output '%.*s' stands twice",
		    NAME(v->name));
}

static void
check_node_names(struct lint *l, const struct graph *g)
{
	const struct node *first = NULL;
	uint32_t again = 0;

	lint_list(l);
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		if (n->name->len == 0 || !lint_again(l, n->name))
			continue;
		first = again++ == 0 ? n : first;
	}
	if (again == 0)
		return;
	const struct place at = { .g = g, .n = first };
	lint_add(l, DIAG_LINT_NODE_NAMES, &at, "%" PRIu32 " node%s the name of an earlier "
	    "one%s #%" PRIu32 " '%.*s'", again, again == 1 ? " has" : "s have",
	    again == 1 ? ":" : "; the first is", first->id, NAME(first->name));
}

static void
check_leftovers(struct lint *l, const struct graph *g)
{
	if (g->nstray > 0) {
		const struct place at = { .g = g, .field = "value_info", .index = NO_INDEX,
		    .loc = &g->stray[0]->loc };

		lint_add(l, DIAG_LINT_STRAY_TYPE, &at, "%" PRIu32 " declared type%s of a value "
		    "that does not exist; the first is '%.*s'", g->nstray,
		    g->nstray == 1 ? " is" : "s are", NAME(g->stray[0]->name));
	}
	for (uint32_t i = 0; i < g->nannotations; i++) {
		const struct annotation *a = &g->annotations[i];
		const struct place at = { .g = g, .field = "quantization_annotation", .index = i };

		if (l->seen[a->tensor->id] == 0)
			lint_add(l, DIAG_LINT_ANNOTATION, &at, "the annotation speaks of '%.*s', "
			    "which does not exist", NAME(a->tensor));
	}
}

/* A function is named by its own test; the main graph must give something. */
static void
check_frame(struct lint *l, const struct graph *g)
{
	const struct place at = { .g = g, .field = "name", .index = NO_INDEX };
	const struct place out = { .g = g, .field = "output", .index = NO_INDEX };

	if (g->function == NULL && g->name->len == 0 && !is_ort(l->m))
		lint_add(l, DIAG_LINT_GRAPH_UNNAMED, &at, "the graph has no name");
	if (g->kind == GRAPH_MAIN && g->noutputs == 0)
		lint_add(l, DIAG_LINT_GRAPH_EMPTY, &out, "the model has no outputs");
}

static void
check_capture(struct lint *l, const struct scope *s)
{
	const struct place at = { .g = s->g };

	if (s->captured > 0 && s->g->kind == GRAPH_SUBGRAPH)
		lint_add(l, DIAG_LINT_CAPTURE, &at, "the subgraph reads outer values %" PRIu32
		    " time%s, the first is '%.*s'", s->captured, plural(s->captured),
		    NAME(s->first_captured->name));
}

/* Training graphs see the main graph; the official checker does not see them. */
static void
check_training(struct lint *l, const struct scope *s)
{
	l->demote = DIAG_LINT_UNCHECKED;
	for (uint32_t i = 0; i < l->m->ntraining; i++)
		lint_graph(l, l->m->training[i], s, s->imports);
	l->demote = DIAG_COUNT;
}

/* Has a call of the function been followed? Types are those of the last one. */
static bool
is_called(const struct lint *l, const struct graph *g)
{
	for (uint32_t i = 0; i < g->ninputs; i++)
		if (infer_type(l->infer, g->inputs[i]) != NULL)
			return true;
	return false;
}

/* Types are inferred in the main graph, in functions that it calls and in what If, Loop,
 * Scan and SequenceMap hold. */
static bool
is_typed(const struct lint *l, const struct graph *g, const struct scope *up)
{
	static const enum sem kinds[] = { SEM_IF, SEM_LOOP, SEM_SCAN, SEM_SEQUENCE };

	if (g->kind == GRAPH_MAIN)
		return true;
	if (g->function != NULL)
		return !l->blind && is_called(l, g);
	if (up == NULL || !up->typed || g->parent == NULL || g->parent->op == NULL)
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (g->parent->op->sem == kinds[i])
			return true;
	return false;
}

void
lint_graph(struct lint *l, const struct graph *g, const struct scope *up,
    const struct imports *imports)
{
	struct scope s = { .g = g, .up = up, .imports = imports, .typed = is_typed(l, g, up),
	    .bare = up != NULL ? up->bare : g->function != NULL && g->nopsets == 0 };
	uint32_t mark = l->nlog, i;

	check_frame(l, g);
	for (i = 0; i < g->ninputs; i++)
		check_input(l, &s, i);
	check_initializers(l, &s);
	lint_types_enter(l, &s);
	check_nodes(l, &s);
	lint_list(l);
	for (i = 0; i < g->noutputs; i++)
		check_output(l, &s, i);
	check_node_names(l, g);
	check_leftovers(l, g);
	check_capture(l, &s);
	if (g->kind == GRAPH_MAIN)
		check_training(l, &s);
	leave(l, &s, mark);
}
