/* SPDX-License-Identifier: Apache-2.0 */
/* Programs: each function and the blocks inside, in file order. Operands are
 * known by their parameters; those of operations that run when the model is
 * loaded stand among the attributes up to iOS 17. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "rules/lint/lint_state.h"

/* One operation while its operands are looked at. */
struct call {
	struct lint *l;
	const struct scope *s;
	const struct node *n;
	const struct row *row;
	struct bindings types;
	uint32_t given[SIG_ARGS];    /* operands of each parameter */
};

static struct place
place_of(const struct call *c, const char *field, uint32_t i)
{
	return (struct place){ .g = c->s->g, .n = c->n, .field = field, .index = i };
}

static const struct sig_arg *
parameter(const struct sig *g, const struct str *name)
{
	for (uint32_t i = 0; i < g->nin; i++)
		if (g->in[i].name_len == name->len &&
		    memcmp(g->in[i].name, name->s, name->len) == 0)
			return &g->in[i];
	return NULL;
}

/* Known when the model is loaded. */
static bool
is_constant(const struct value *v)
{
	if (v->constant != NULL)
		return true;
	return v->producer != NULL && v->producer->op != NULL &&
	    (v->producer->op->flags & OP_AT_LOAD) != 0;
}

static bool
is_among(const char *word, const char *list, uint32_t len)
{
	const char *end = list + len;
	size_t n = strlen(word);

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t have = (size_t)((comma != NULL ? comma : end) - list);

		if (have == n && memcmp(list, word, n) == 0)
			return true;
		list += have + 1;
	}
	return false;
}

static void
check_word(const struct call *c, const struct sig_arg *arg, const struct tensor *t, uint32_t i)
{
	const struct place at = place_of(c, "input", i);
	char word[64];

	if (arg->choices == NULL || !tensor_word(t, &c->l->a, word, sizeof word) ||
	    is_among(word, arg->choices, arg->choices_len))
		return;
	lint_add(c->l, DIAG_LINT_PARAM_WORD, &at, "parameter '%.*s' of %.*s is '%s'; it may be "
	    "%.*s", (int)arg->name_len, arg->name, NAME(c->n->type), word,
	    (int)arg->choices_len, arg->choices);
}

static void
check_operand(struct call *c, uint32_t i)
{
	const struct node *n = c->n;
	const struct sig_arg *arg = parameter(&c->row->sig, n->in_name[i]);
	const struct place at = place_of(c, "input", i);

	if (arg == NULL) {
		lint_add(c->l, DIAG_LINT_PARAM_UNKNOWN, &at, "%.*s as of iOS %d has no parameter "
		    "'%.*s'", NAME(n->type), n->op->since, NAME(n->in_name[i]));
		return;
	}
	c->given[arg - c->row->sig.in]++;
	if (n->in[i] == NULL)
		return;
	if (arg->constant && !is_constant(n->in[i]) && !(n->in[i]->flags & VALUE_UNDEFINED))
		lint_add(c->l, DIAG_LINT_PARAM_CONST, &at, "parameter '%.*s' of %.*s must be "
		    "constant; '%.*s' is computed", (int)arg->name_len, arg->name,
		    NAME(n->type), NAME(n->in[i]->name));
	check_word(c, arg, n->in[i]->constant, i);
	lint_types_operand(c->l, c->s, &at, &c->row->sig, arg, &c->types);
}

/* Parameters among the attributes: constants by nature. */
static void
check_attr(struct call *c, const struct attr *a)
{
	const struct sig_arg *arg = parameter(&c->row->sig, a->name);
	const struct sig_set *set;
	const struct place at = { .g = c->s->g, .n = c->n, .attr = a };

	if (arg == NULL)
		return;
	c->given[arg - c->row->sig.in]++;
	set = &c->row->sig.set[arg->set];
	if (a->kind != ATTR_TENSOR || set->any || a->v.t->dtype == DT_NONE)
		return;
	if (!(set->of[FORM_TENSOR] >> a->v.t->dtype & 1))
		lint_add(c->l, DIAG_LINT_TYPE_INPUT, &at, "parameter '%.*s' of %.*s is %s, which "
		    "the op as of iOS %d does not take", NAME(a->name), NAME(c->n->type),
		    dtype_name(a->v.t->dtype), c->n->op->since);
	else if (c->types.of[arg->set].form == 0)
		c->types.of[arg->set] = (struct vtype){ FORM_TENSOR + 1,
		    (uint8_t)a->v.t->dtype };
}

static void
check_given(const struct call *c)
{
	const struct place at = { .g = c->s->g, .n = c->n };

	for (uint32_t i = 0; i < c->row->sig.nin; i++) {
		const struct sig_arg *arg = &c->row->sig.in[i];

		if (c->given[i] == 0 && !arg->optional && (!arg->variadic || arg->least > 0))
			lint_add(c->l, DIAG_LINT_PARAM_MISSING, &at, "%.*s lacks its parameter "
			    "'%.*s'", NAME(c->n->type), (int)arg->name_len, arg->name);
		if (c->given[i] > 1 && !arg->variadic)
			lint_add(c->l, DIAG_LINT_PARAM_TWICE, &at, "parameter '%.*s' of %.*s has %"
			    PRIu32 " values", (int)arg->name_len, arg->name,
			    NAME(c->n->type), c->given[i]);
	}
}

/* Some say by a parameter what element type they make. */
static void
check_dtype(const struct call *c, const char *param)
{
	const struct place at = place_of(c, "output", 0);
	const struct value *v = c->n->nout > 0 ? c->n->out[0] : NULL;
	enum dtype made = DT_NONE;
	char word[64];

	if (v == NULL || v->type == NULL || v->type->tag != TY_TENSOR)
		return;
	for (uint32_t i = 0; i < c->n->nin; i++)
		if (c->n->in[i] != NULL && strcmp(c->n->in_name[i]->s, param) == 0 &&
		    tensor_word(c->n->in[i]->constant, &c->l->a, word, sizeof word))
			made = dtype_of_word(word);
	if (made != DT_NONE && v->type->dtype != DT_NONE && v->type->dtype != made)
		lint_add(c->l, DIAG_LINT_TYPE_DECLARED, &at, "output '%.*s' of %.*s is declared as "
		    "%s, the node makes %s", NAME(v->name), NAME(c->n->type),
		    dtype_name(v->type->dtype), dtype_name(made));
}

static void
check_outputs(const struct call *c)
{
	const struct sig *g = &c->row->sig;
	const struct place at = { .g = c->s->g, .n = c->n };

	if (c->n->nout < g->min_out || c->n->nout > g->max_out) {
		struct sig outputs = *g;

		outputs.min_in = 0;
		outputs.max_in = UINT32_MAX;
		lint_counts(c->l, &at, &outputs);
	}
	lint_types_results(c->l, c->s, c->n, g, &c->types);
	if (c->n->op->sem == SEM_CAST)
		check_dtype(c, "dtype");
	else if (c->n->op->sem == SEM_QUANTIZE || c->n->op->sem == SEM_ARG_REDUCE)
		check_dtype(c, "output_dtype");
}

static void
unknown_op(struct lint *l, const struct scope *s, const struct node *n)
{
	const struct op *op = op_oldest(DIALECT_MIL, "", n->type->s);
	const struct place at = { .g = s->g, .n = n };
	bool custom = strcmp(n->type->s, "custom_layer") == 0;
	struct tally *t = lint_tally(l, custom ? DIAG_LINT_OP_CUSTOM :
	    op != NULL ? DIAG_LINT_MIL_OP_NEW : DIAG_LINT_MIL_OP, n->type, s->imports, &at);

	if (t == NULL)
		return;
	if (custom)
		t->text = "custom_layer is computed by code of the app";
	else if (op != NULL)
		t->text = arena_printf(&l->a, "operation %.*s came with iOS %d, the opset of the "
		    "function is that of iOS %" PRId64, NAME(n->type), op->since,
		    s->imports->fixed.version);
	else
		t->text = arena_printf(&l->a, "no opset has an operation %.*s", NAME(n->type));
}

static void
check_op(struct lint *l, const struct scope *s, const struct node *n)
{
	struct call c = { .l = l, .s = s, .n = n };

	if (n->type->len == 0) {
		const struct place at = { .g = s->g, .n = n };

		lint_add(l, DIAG_LINT_OP_UNNAMED, &at, "the operation has no type");
		return;
	}
	if (n->op == NULL) {
		unknown_op(l, s, n);
		return;
	}
	c.row = lint_row(l, n->op);
	for (uint32_t i = 0; i < n->nin && i < n->nnamed; i++)
		check_operand(&c, i);
	for (uint32_t i = 0; i < n->nattrs; i++)
		check_attr(&c, &n->attrs[i]);
	check_given(&c);
	check_outputs(&c);
}

static void
read_operand(struct lint *l, const struct scope *s, const struct node *n, uint32_t i)
{
	const struct value *v = n->in[i];
	const struct place at = { .g = s->g, .n = n, .field = "input", .index = i };

	l->read[v->id] = 1;
	if (v->flags & VALUE_UNDEFINED)
		lint_add(l, DIAG_LINT_UNDEFINED, &at, "'%.*s', which %.*s reads, is made nowhere",
		    NAME(v->name), NAME(n->type));
	else if (v->producer != NULL && v->graph == s->g && v->producer->index >= n->index)
		lint_add(l, DIAG_LINT_UNSORTED, &at, "'%.*s', which %.*s reads, is made only "
		    "later", NAME(v->name), NAME(n->type));
}

/* By value: 1 a bound of clip reads it, 2 something else does. */
static unsigned char *
readers_of(struct lint *l)
{
	const struct model *m = l->m;

	if (l->readers != NULL)
		return l->readers;
	l->readers = arena_array(&l->a, m->nvalues, 1);
	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			const struct node *n = m->graphs[i]->nodes[k];

			for (uint32_t x = 0; x < n->nin; x++) {
				bool bound = strcmp(n->type->s, "clip") == 0 && x < n->nnamed &&
				    strcmp(n->in_name[x]->s, "x") != 0;

				if (n->in[x] != NULL)
					l->readers[n->in[x]->id] |= bound ? 1 : 2;
			}
		}
	return l->readers;
}

/* Infinity as a bound of clip says that there is none: so converters write a clamp
 * with one side. */
static bool
is_no_bound(struct lint *l, const struct value *v)
{
	unsigned char buf[16];
	const struct tensor *t = v->constant;

	return t->numel == 1 && dtype_class(t->dtype) == DC_FLOAT &&
	    tensor_first(t, &l->a, buf, 1) == 1 && isinf(dtype_get(t->dtype, buf, 0)) &&
	    readers_of(l)[v->id] == 1;
}

static void
check_values(struct lint *l, const struct scope *s)
{
	const struct graph *g = s->g;

	for (uint32_t i = 0; i < g->nvalues; i++) {
		const struct value *v = g->values[i];
		const struct place at = { .g = g, .n = v->producer, .loc = &v->loc };

		if (v->flags & VALUE_REDEFINED)
			lint_add(l, DIAG_LINT_REDEFINED, &at, "the name '%.*s' is already taken",
			    NAME(v->name));
		if (v->constant != NULL && !is_no_bound(l, v))
			lint_scan(l, v->constant, &at);
	}
	for (uint32_t i = 0; i < g->noutputs; i++) {
		const struct value *v = g->outputs[i];
		const struct place at = { .g = g, .field = "output", .index = i, .loc = &v->loc };

		l->read[v->id] = 1;
		if (v->flags & VALUE_UNDEFINED)
			lint_add(l, DIAG_LINT_OUTPUT_UNMADE, &at, "output '%.*s' is made nowhere",
			    NAME(v->name));
	}
}

/* A graph and the blocks of its operations; parents have typed their values. */
static void
check_graph(struct lint *l, const struct graph *g, const struct imports *imports)
{
	struct scope s = { .g = g, .imports = imports, .typed = true };
	uint32_t before;

	lint_types_enter(l, &s);
	check_values(l, &s);
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];

		for (uint32_t k = 0; k < n->nin; k++)
			if (n->in[k] != NULL)
				read_operand(l, &s, n, k);
		before = l->nadded;
		check_op(l, &s, n);
		if (before == l->nadded)
			lint_inferred_mil(l, g, n);
		for (uint32_t k = 0; k < n->nregions; k++)
			check_graph(l, n->regions[k], imports);
	}
}

void
lint_program(struct lint *l)
{
	const struct model *m = l->m;

	lint_infer(l);
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		const struct graph *g = m->graphs[i];
		struct imports *imports;

		if (g->parent != NULL)
			continue;
		imports = arena_alloc(&l->a, sizeof *imports);
		imports_build(imports, &l->a, m, g);
		check_graph(l, g, imports);
	}
	lint_use(l);
}
