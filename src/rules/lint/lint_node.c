/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes: domain and op, attributes as such, then all of it against the schema
 * of the version in force. */
#include <inttypes.h>
#include <string.h>

#include "rules/lint/lint_state.h"

/* The domains whose ops the official checker knows all of. Others may have
 * ops that it passes over. ai.onnx.training has none at all. */
static bool
is_closed(const struct str *domain)
{
	static const char *const closed[] = { "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training" };

	for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
		if (strcmp(domain->s, closed[i]) == 0)
			return true;
	return false;
}

/* What to say about an op that is not there at that version. */
static const char *
explain(struct lint *l, const struct node *n, int64_t version)
{
	static const char *const others[] = { "", "ai.onnx.ml", "com.microsoft" };
	const struct op *op = op_oldest(l->m->dialect, n->domain->s, n->type->s);

	if (op != NULL && (op->flags & OP_RUNTIME))
		return "it was never part of the standard";
	if (op != NULL && op->since > version)
		return arena_printf(&l->a, "it came with version %d", op->since);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if ((op = op_oldest(l->m->dialect, others[i], n->type->s)) != NULL &&
		    strcmp(others[i], n->domain->s) != 0)
			return arena_printf(&l->a, "domain '%s' has an op of this name", others[i]);
	return "no version has it";
}

static void
unknown_op(struct lint *l, const struct scope *s, const struct node *n, int64_t version)
{
	const struct place at = { .g = s->g, .n = n };
	struct tally *t;

	if (is_closed(n->domain)) {
		t = lint_tally(l, DIAG_LINT_OP_UNKNOWN, n->type, s->imports, &at);
		if (t != NULL)
			t->text = arena_printf(&l->a, "version %" PRId64 " of domain '%.*s' has no "
			    "op %.*s: %s", version, DOMAIN(n->domain), NAME(n->type),
			    explain(l, n, version));
	} else if (n->callee == NULL) {
		t = lint_tally(l, DIAG_LINT_OP_CUSTOM, n->type, n->domain, &at);
		if (t != NULL)
			t->text = arena_printf(&l->a, "op %.*s of domain '%.*s' has no schema here",
			    NAME(n->type), DOMAIN(n->domain));
	}
}

static void
flagged_op(struct lint *l, const struct scope *s, const struct node *n, int64_t version)
{
	const struct place at = { .g = s->g, .n = n };
	bool deprecated = (n->op->flags & OP_DEPRECATED) != 0;
	struct tally *t = lint_tally(l, deprecated ? DIAG_LINT_OP_DEPRECATED :
	    DIAG_LINT_OP_EXPERIMENTAL, n->op, s->imports, &at);

	if (t == NULL)
		return;
	t->text = deprecated ?
	    arena_printf(&l->a, "op %.*s is deprecated since version %d; version %" PRId64
	    " is imported", NAME(n->type), n->op->since, version) :
	    arena_printf(&l->a, "op %.*s was experimental and has been removed", NAME(n->type));
}

/* The import that holds for the node; NULL, reported, when there is none. */
static const struct opset *
import_of(struct lint *l, const struct scope *s, const struct node *n)
{
	const struct opset *o = imports_find(s->imports, n->domain);
	const struct place at = { .g = s->g, .n = n };
	/* a function has nothing from the model, and in its body the spelling counts */
	bool own = !s->bare && (s->g->function == NULL || o == NULL || o->domain == n->domain);
	struct tally *t;

	if (n->domain == s->imports->onnx && n->domain->len > 0) {
		t = lint_tally(l, DIAG_LINT_DOMAIN_ALIAS, n->domain, s->imports, &at);
		if (t != NULL)
			t->text = "nodes give their domain as 'ai.onnx': the official checker "
			    "knows standard ops only by the empty domain";
		return o;
	}
	if (o != NULL && own)
		return o;
	t = lint_tally(l, DIAG_LINT_DOMAIN, n->domain, s->imports, &at);
	if (t != NULL)
		t->text = arena_printf(&l->a, "domain '%.*s' is not imported by the %s%s",
		    DOMAIN(n->domain), s->bare || s->imports->scope != NULL ? "function" : "model",
		    own || s->bare ? "" : ", which only has 'ai.onnx'");
	return o;
}

static void
check_tensors(struct lint *l, const struct attr *a, struct place at)
{
	at.index = NO_INDEX;
	at.field = a->kind == ATTR_TENSOR ? "t" : "sparse_tensor";
	if (a->kind == ATTR_TENSOR)
		lint_tensor(l, a->v.t, &at);
	else if (a->kind == ATTR_SPARSE)
		lint_sparse(l, a->v.t, &at);
	if (a->kind != ATTR_TENSORS && a->kind != ATTR_SPARSES)
		return;
	at.field = a->kind == ATTR_TENSORS ? "tensors" : "sparse_tensors";
	for (at.index = 0; at.index < a->n; at.index++) {
		if (a->kind == ATTR_TENSORS)
			lint_tensor(l, a->v.tensors[at.index], &at);
		else
			lint_sparse(l, a->v.tensors[at.index], &at);
	}
}

/* In subgraphs alone the official checker minds a value beside a reference. */
static void
check_reference(struct lint *l, const struct scope *s, const struct attr *a,
    const struct place *at)
{
	if (a->nset > 0)
		lint_add(l, s->up != NULL ? DIAG_LINT_ATTR_REF : DIAG_LINT_UNCHECKED, at,
		    "attribute '%.*s' refers to '%.*s' and has a value of its own",
		    NAME(a->name), NAME(a->ref));
	if (l->handed == NULL || !l->handed[a->ref->id])
		lint_add(l, DIAG_LINT_ATTR_REF_LOST, at, "attribute '%.*s' refers to '%.*s', "
		    "which no enclosing function has", NAME(a->name), NAME(a->ref));
}

static void
check_attr(struct lint *l, const struct scope *s, const struct node *n, const struct attr *a)
{
	const struct place at = { .g = s->g, .n = n, .attr = a };

	if (a->name->len == 0)
		lint_add(l, DIAG_LINT_ATTR_UNNAMED, &at, "an attribute of the %.*s node has no "
		    "name", NAME(n->type));
	if (a->declared == ATTR_NONE && l->m->format_version >= 2)
		lint_add(l, DIAG_LINT_ATTR_UNTYPED, &at, "attribute '%.*s' does not state its "
		    "type", NAME(a->name));
	if (a->nset > 1)
		lint_add(l, DIAG_LINT_ATTR_VALUES, &at, "attribute '%.*s' has %" PRIu32
		    " values", NAME(a->name), a->nset);
	else if (a->nset == 1 && a->declared != ATTR_NONE && a->declared != a->kind)
		lint_add(l, DIAG_LINT_ATTR_FIELD, &at, "attribute '%.*s' says it is of type %s, "
		    "its value is of type %s", NAME(a->name), attr_kind_name(a->declared),
		    attr_kind_name(a->kind));
	if (a->ref != NULL)
		check_reference(l, s, a, &at);
	check_tensors(l, a, at);
	if (a->kind == ATTR_GRAPH)
		lint_graph(l, a->v.g, s, s->imports);
	for (uint64_t i = 0; a->kind == ATTR_GRAPHS && i < a->n; i++)
		lint_graph(l, a->v.graphs[i], s, s->imports);
}

static void
check_attrs(struct lint *l, const struct scope *s, const struct node *n)
{
	lint_list(l);
	for (uint32_t i = 0; n->nattrs > 1 && i < n->nattrs; i++) {
		const struct place at = { .g = s->g, .n = n, .attr = &n->attrs[i] };

		if (lint_again(l, n->attrs[i].name))
			lint_add(l, DIAG_LINT_ATTR_TWICE, &at, "attribute '%.*s' stands twice",
			    NAME(n->attrs[i].name));
	}
	for (uint32_t i = 0; i < n->nattrs; i++)
		check_attr(l, s, n, &n->attrs[i]);
}

/* A call of one of the model's functions. */
static void
check_call(struct lint *l, const struct scope *s, const struct node *n)
{
	const struct graph *f = n->callee;
	const struct place at = { .g = s->g, .n = n };

	if (n->nin > f->ninputs)
		lint_add(l, DIAG_LINT_FN_ARGS, &at, "the call has %" PRIu32 " input%s, function "
		    "'%.*s' has %" PRIu32, n->nin, plural(n->nin), NAME(f->name), f->ninputs);
	if (n->nout > f->noutputs)
		lint_add(l, DIAG_LINT_FN_ARGS, &at, "the call has %" PRIu32 " output%s, function "
		    "'%.*s' has %" PRIu32, n->nout, plural(n->nout), NAME(f->name), f->noutputs);
	lint_list(l);
	for (uint32_t i = 0; i < n->nattrs; i++)
		lint_again(l, n->attrs[i].name);
	for (uint32_t i = 0; i < f->function->nattrs; i++) {
		const struct str *name = f->function->attrs[i];

		if (lint_again(l, name))
			continue;
		lint_add(l, DIAG_LINT_FN_ARGS, &at, "the call lacks attribute '%.*s' of function "
		    "'%.*s', which has no default", NAME(name), NAME(f->name));
		break; /* one a call: neither list may be walked for nothing */
	}
}

/* The row that the node is held against, or NULL. */
static const struct row *
row_of(struct lint *l, const struct scope *s, const struct node *n)
{
	const struct opset *o = import_of(l, s, n);

	if (o == NULL)
		return NULL;
	if (n->op == NULL || (n->op->flags & OP_RUNTIME)) {
		unknown_op(l, s, n, o->version);
		return NULL;
	}
	if (n->op->flags & (OP_DEPRECATED | OP_REMOVED)) {
		flagged_op(l, s, n, o->version);
		return NULL;
	}
	return lint_row(l, n->op);
}

static void
check_head(struct lint *l, const struct scope *s, const struct node *n)
{
	const struct place at = { .g = s->g, .n = n };

	if (n->type->len == 0)
		lint_add(l, DIAG_LINT_OP_UNNAMED, &at, "the node has no op type");
	if (n->nin == 0 && n->nout == 0)
		lint_add(l, DIAG_LINT_NODE_BARE, &at, "the %.*s node has neither inputs nor "
		    "outputs", NAME(n->type));
}

void
lint_node(struct lint *l, struct scope *s, const struct node *n)
{
	const struct row *row = NULL;
	enum diag_id outer = l->demote;
	uint32_t before;

	if (n->type->len == 0 || n->nout == 0)
		check_head(l, s, n);
	if (n->nattrs > 0)
		check_attrs(l, s, n);
	if (n->callee != NULL)
		check_call(l, s, n);
	if (n->type->len > 0)
		row = row_of(l, s, n);
	if (s->g->function != NULL)
		lint_function_node(l, s, n);
	if (row == NULL || row->contrib)
		s->unsupported |= n->callee == NULL;
	l->blind |= s->unsupported && s->up == NULL && s->g->kind == GRAPH_MAIN;
	if (row == NULL || !row->documented)
		return;
	if (row->contrib && l->demote == DIAG_COUNT)
		l->demote = DIAG_LINT_CONTRIB;
	lint_schema(l, s, n, row);
	before = l->nadded;
	if (s->typed)
		lint_types_node(l, s, n, row);
	if (s->typed && before == l->nadded && (n->op->flags & OP_INFERS))
		lint_inferred(l, s, n, row);
	l->demote = outer;
}

static void
count_error(struct lint *l, const struct place *at, bool in, uint32_t min, uint32_t max)
{
	const struct node *n = at->n;
	uint32_t have = in ? n->nin : n->nout;
	const char *what = in ? "input" : "output";
	enum diag_id id = in ? DIAG_LINT_INPUT_COUNT : DIAG_LINT_OUTPUT_COUNT;

	if (max == UINT32_MAX)
		lint_add(l, id, at, "%.*s has %" PRIu32 " %s%s, it takes %" PRIu32 " or more",
		    NAME(n->type), have, what, plural(have), min);
	else if (min == max)
		lint_add(l, id, at, "%.*s has %" PRIu32 " %s%s, it takes %" PRIu32,
		    NAME(n->type), have, what, plural(have), min);
	else
		lint_add(l, id, at, "%.*s has %" PRIu32 " %s%s, it takes %" PRIu32 " to %" PRIu32,
		    NAME(n->type), have, what, plural(have), min, max);
}

/* Operands that may not be left out are. */
static void
check_given(struct lint *l, const struct place *node, struct value *const *list, uint32_t n,
    const struct sig_arg *args)
{
	bool in = list == node->n->in;

	for (uint32_t i = 0; i < n; i++) {
		struct place at = *node;

		if (list[i] != NULL || args[i].optional || args[i].variadic)
			continue;
		at.field = in ? "input" : "output";
		at.index = i;
		lint_add(l, in ? DIAG_LINT_INPUT_EMPTY : DIAG_LINT_OUTPUT_EMPTY, &at,
		    "%s '%.*s' of %.*s is left out", at.field, (int)args[i].name_len,
		    args[i].name, NAME(node->n->type));
	}
}

static void
check_value_of(struct lint *l, const struct attr *a, const struct sig_attr *want,
    const struct place *at)
{
	bool whole = want->kind == ATTR_TENSOR || want->kind == ATTR_SPARSE ||
	    want->kind == ATTR_GRAPH || want->kind == ATTR_TYPE;
	/* IR 1 has no types of attributes: the value tells */
	enum attr_kind have = a->declared != ATTR_NONE ? a->declared : a->kind;

	if (have != want->kind)
		lint_add(l, DIAG_LINT_ATTR_KIND, at, "attribute '%.*s' of %.*s is of type %s, "
		    "the op wants %s", NAME(a->name), NAME(at->n->type),
		    attr_kind_name(have), attr_kind_name(want->kind));
	else if (whole && a->ref == NULL && a->nset == 0)
		lint_add(l, DIAG_LINT_ATTR_EMPTY, at, "attribute '%.*s' of %.*s has no value",
		    NAME(a->name), NAME(at->n->type));
}

/* Names that begin with two underscores are the tools' own business. */
static bool
is_internal(const struct str *name)
{
	return name->len >= 2 && memcmp(name->s, "__", 2) == 0;
}

static void
check_schema_attrs(struct lint *l, const struct place *node, const struct row *row)
{
	const struct node *n = node->n;
	uint32_t missing = row->required;

	for (uint32_t i = 0; i < n->nattrs; i++) {
		const struct attr *a = &n->attrs[i];
		const struct sig_attr *want = sig_attr_find(&row->sig, a->name);
		struct place at = *node;

		at.attr = a;
		if (want != NULL) {
			missing &= ~(UINT32_C(1) << (want - row->sig.attr));
			check_value_of(l, a, want, &at);
		} else if (!is_internal(a->name) && !(n->op->flags & OP_ANY_ATTRIBUTE)) {
			lint_add(l, DIAG_LINT_ATTR_UNKNOWN, &at, "%.*s has no attribute '%.*s' in "
			    "version %d", NAME(n->type), NAME(a->name), n->op->since);
		}
	}
	for (uint32_t k = 0; missing != 0; k++, missing >>= 1)
		if (missing & 1)
			lint_add(l, DIAG_LINT_ATTR_MISSING, node, "%.*s lacks its required "
			    "attribute '%.*s'", NAME(n->type),
			    (int)row->sig.attr[k].name_len, row->sig.attr[k].name);
}

void
lint_counts(struct lint *l, const struct place *at, const struct sig *g)
{
	const struct node *n = at->n;
	uint32_t nout = n->nout;

	while (nout > 0 && n->out[nout - 1] != NULL && n->out[nout - 1]->flags & VALUE_WITHIN)
		nout--;
	if (n->nin < g->min_in || n->nin > g->max_in)
		count_error(l, at, true, g->min_in, g->max_in);
	if (nout < g->min_out || nout > g->max_out)
		count_error(l, at, false, g->min_out, g->max_out);
}

void
lint_schema(struct lint *l, struct scope *s, const struct node *n, const struct row *row)
{
	const struct sig *g = &row->sig;
	const struct place at = { .g = s->g, .n = n };

	lint_counts(l, &at, g);
	if ((n->op->flags & OP_ONE_OR_ALL) && n->nout != 1 && n->nout < g->max_out)
		lint_add(l, DIAG_LINT_OUTPUT_COUNT, &at, "%.*s has %" PRIu32 " output%s, it gives "
		    "1 or %" PRIu32, NAME(n->type), n->nout, plural(n->nout), g->max_out);
	check_given(l, &at, n->in, n->nin < g->nin ? n->nin : g->nin, g->in);
	check_given(l, &at, n->out, n->nout < g->nout ? n->nout : g->nout, g->out);
	check_schema_attrs(l, &at, row);
}
