/* SPDX-License-Identifier: Apache-2.0 */
/* Types as far as declarations and signatures go: is what main inputs and
 * outputs state complete, and do form and element type of operands fit the
 * schema. Element types flow through type variables (a Relu of float16 gives
 * float16); shapes are not looked at, except that of initializers. */
#include <inttypes.h>
#include <string.h>

#include "infer/infer.h"
#include "rules/lint/lint_state.h"

/* What is missing in a declared type, or NULL. */
static const char *
missing_part(const struct type *t)
{
	switch (t->tag) {
	case TY_NONE:
		return "it is empty";
	case TY_TENSOR:
	case TY_SPARSE:
		if (t->dtype == DT_NONE && t->dtype_raw == 0)
			return "it has no element type";
		return t->has_rank ? NULL : "it has no shape";
	case TY_SEQ:
	case TY_OPT:
		return t->elem->tag == TY_NONE ? "it does not say of what" : NULL;
	case TY_MAP:
		if (t->dtype == DT_NONE)
			return "it has no type of keys";
		return t->elem->tag == TY_NONE ? "it has no type of values" : NULL;
	case TY_OPAQUE:
		return t->name->len == 0 ? "it has no name" : NULL;
	case TY_LIST:
	case TY_STATE:
	case TY_RANGE:
	case TY_ENUM:
		return missing_part(t->elem);
	case TY_SCALAR:
	case TY_TUPLE:
	case TY_DICT:
	case TY_IMAGE:
		return NULL;
	case TY_BAD:
		break;
	}
	return "it is none that there is";
}

static void
check_dims(struct lint *l, const struct type *t, const struct value *v, const struct place *at)
{
	for (uint32_t i = 0; t->has_rank && i < t->rank; i++)
		if (t->dims[i]->kind == DIM_CONST && t->dims[i]->lo < 0)
			lint_add(l, DIAG_LINT_VALUE_DIMS, at, "dim %" PRIu32 " of '%.*s' is %"
			    PRId64, i, NAME(v->name), t->dims[i]->lo);
}

/* An element type that is only a number, which no element type has. */
static bool
is_numbered(const struct type *t)
{
	return (t->tag == TY_TENSOR || t->tag == TY_SPARSE) && t->dtype == DT_NONE &&
	    t->dtype_raw != 0;
}

/* Subgraphs may leave types to their surroundings. */
void
lint_decl(struct lint *l, const struct graph *g, const struct value *v, const char *field,
    uint32_t index)
{
	const struct place at = { .g = g, .field = field, .index = index, .loc = &v->loc };
	const char *missing;

	if (v->name->len == 0)
		lint_add(l, DIAG_LINT_VALUE_UNNAMED, &at, "the %s has no name", field);
	if (v->type != NULL)
		check_dims(l, v->type, v, &at);
	if (v->type != NULL && is_numbered(v->type))
		lint_add(l, DIAG_LINT_VALUE_ELEM, &at, "the element type of %s '%.*s' is %" PRId32
		    ", which there is not", field, NAME(v->name), v->type->dtype_raw);
	if (g->kind != GRAPH_MAIN)
		return;
	if (v->type == NULL || (v->flags & VALUE_BARE && *field == 'o'))
		lint_add(l, DIAG_LINT_VALUE_UNTYPED, &at, "%s '%.*s' has no type", field,
		    NAME(v->name));
	else if ((missing = missing_part(v->type)) != NULL)
		lint_add(l, DIAG_LINT_VALUE_TYPE, &at, "the type of %s '%.*s' is incomplete: %s",
		    field, NAME(v->name), missing);
}

/* The element type of a number that no element type has. */
enum { NO_DTYPE = 0xff };

static struct vtype
vtype_of(const struct type *t)
{
	enum dtype d;
	enum sig_form form = sig_form(t, &d);

	if (is_numbered(t))
		return (struct vtype){ FORM_TENSOR + 1, NO_DTYPE };
	if (form == FORM_UNKNOWN)
		return (struct vtype){ 0, 0 };
	return (struct vtype){ (uint8_t)(form + 1), form == FORM_OTHER ? 0 : (uint8_t)d };
}

static struct vtype
vtype_tensor(enum sig_form form, enum dtype d)
{
	return (struct vtype){ d == DT_NONE ? 0 : (uint8_t)(form + 1), (uint8_t)d };
}

static bool
same(struct vtype a, struct vtype b)
{
	return a.form == b.form && a.dtype == b.dtype;
}

/* A type of known form and element type; not one nested deeper. */
static bool
is_plain(struct vtype t)
{
	return t.form != 0 && t.form != FORM_OTHER + 1;
}

static const char *
vtype_text(struct lint *l, struct vtype t)
{
	static const char *const forms[FORM_COUNT] = {
		"%s", "sparse(%s)", "seq(%s)", "opt(%s)", "opt(seq(%s))", "map(i64,%s)",
		"map(str,%s)", "seq(map(i64,%s))", "seq(map(str,%s))",
		"list(%s)", "state(%s)"
	};
	const char *name, *form, *hole;

	if (!is_plain(t))
		return "of another form";
	if (t.dtype == NO_DTYPE)
		return "of an element type that there is not";
	name = dtype_name((enum dtype)t.dtype);
	form = forms[t.form - 1];
	hole = strstr(form, "%s");
	return arena_printf(&l->a, "%.*s%s%s", (int)(hole - form), form, name, hole + 2);
}

/* What an initializer and the declaration of its name differ in, or NULL. */
static const char *
difference(struct lint *l, const struct value *v)
{
	const struct tensor *c = v->constant;
	const struct type *t = v->type;

	if (t->tag != (c->sparse != NULL ? TY_SPARSE : TY_TENSOR))
		return "it is no such tensor";
	if (t->dtype != DT_NONE && c->dtype != DT_NONE && t->dtype != c->dtype)
		return arena_printf(&l->a, "its element type is %s, %s is declared",
		    dtype_name(c->dtype), dtype_name(t->dtype));
	if (!t->has_rank)
		return NULL;
	if (t->rank != c->rank)
		return arena_printf(&l->a, "it has %" PRIu32 " dims, %" PRIu32 " are declared",
		    c->rank, t->rank);
	for (uint32_t i = 0; i < t->rank; i++)
		if (t->dims[i]->kind == DIM_CONST && t->dims[i]->lo != c->dims[i])
			return arena_printf(&l->a, "its dim %" PRIu32 " is %" PRId64 ", %" PRId64
			    " is declared", i, c->dims[i], t->dims[i]->lo);
	return NULL;
}

static void
check_constant(struct lint *l, const struct scope *s, const struct value *v)
{
	const struct place at = { .g = s->g, .field = "initializer", .index = NO_INDEX,
	    .loc = &v->constant->loc };
	const char *what;

	if (v->constant->items != NULL)
		return; /* a list: declared as what it is, or not at all */
	if (v->type == NULL) {
		l->type[v->id] = vtype_tensor(v->constant->sparse != NULL ? FORM_SPARSE :
		    FORM_TENSOR, v->constant->dtype);
		return;
	}
	if ((what = difference(l, v)) == NULL)
		return;
	lint_add(l, s->typed ? DIAG_LINT_INIT_TYPE : DIAG_LINT_UNCHECKED, &at,
	    "initializer '%.*s' differs from its declaration: %s", NAME(v->name), what);
}

void
lint_types_enter(struct lint *l, const struct scope *s)
{
	for (uint32_t i = 0; i < s->g->nvalues; i++) {
		const struct value *v = s->g->values[i];

		if (v->type != NULL)
			l->type[v->id] = vtype_of(v->type);
		if (v->constant != NULL && (v->flags & VALUE_INITIALIZER))
			check_constant(l, s, v);
	}
}

/* What inference functions mind does not count once a node without a schema
 * has been passed, here or around; what the schema itself minds, a tensor of
 * the wrong element type, does count in the main graph. */
enum diag_id
lint_type_level(const struct scope *s, enum diag_id id, bool by_schema)
{
	bool hidden = !by_schema && s->unsupported;

	for (s = s->up; s != NULL && !hidden; s = s->up)
		hidden = s->unsupported;
	return hidden ? DIAG_LINT_TYPE_HIDDEN : id;
}

/* What declarations and signatures say of a value, else inference. */
static struct vtype
type_known(const struct lint *l, const struct scope *s, const struct value *v)
{
	const struct type *t;

	if (l->type[v->id].form != 0 || !s->typed || l->infer == NULL ||
	    (t = infer_type(l->infer, v)) == NULL)
		return l->type[v->id];
	return t->tag == TY_TENSOR && t->dtype == DT_NONE ? l->type[v->id] : vtype_of(t);
}

static bool
fits(const struct sig_set *set, struct vtype t)
{
	return set->any || (is_plain(t) && t.dtype != NO_DTYPE &&
	    (set->of[t.form - 1] >> t.dtype & 1) != 0);
}

static void
misfit(struct lint *l, const struct scope *s, const struct node *n, uint32_t i,
    const struct sig_arg *arg, struct vtype want)
{
	const struct place at = { .g = s->g, .n = n, .field = "input", .index = i };
	struct vtype have = type_known(l, s, n->in[i]);
	bool tensor = have.form == FORM_TENSOR + 1;

	if (want.form != 0)
		lint_add(l, lint_type_level(s, have.form == want.form ? DIAG_LINT_TYPE_MIXED :
		    DIAG_LINT_TYPE_FORM, tensor), &at,
		    "input '%.*s' of %.*s is %s, another one of the same type is %s",
		    (int)arg->name_len, arg->name, NAME(n->type), vtype_text(l, have),
		    vtype_text(l, want));
	else
		lint_add(l, lint_type_level(s, tensor ? DIAG_LINT_TYPE_INPUT : DIAG_LINT_TYPE_FORM,
		    tensor), &at,
		    "input '%.*s' of %.*s is %s, which the op as of %s %d does not take",
		    (int)arg->name_len, arg->name, NAME(n->type), vtype_text(l, have),
		    op_since_unit(n->op), n->op->since);
}

void
lint_types_operand(struct lint *l, const struct scope *s, const struct place *at,
    const struct sig *g, const struct sig_arg *arg, struct bindings *b)
{
	const struct node *n = at->n;
	struct vtype t = type_known(l, s, n->in[at->index]), *var = &b->of[arg->set];

	if (t.form == 0)
		return;
	if (!fits(&g->set[arg->set], t))
		misfit(l, s, n, at->index, arg, (struct vtype){ 0, 0 });
	else if (!arg->mixed && is_plain(t) && var->form != 0 && !same(*var, t))
		misfit(l, s, n, at->index, arg, *var);
	else if (!arg->mixed && is_plain(t))
		*var = t;
}

static void
check_operands(struct lint *l, const struct scope *s, const struct node *n,
    const struct sig *g, struct bindings *b)
{
	struct place at = { .g = s->g, .n = n };

	for (; at.index < n->nin; at.index++) {
		const struct sig_arg *arg = sig_arg_at(g->in, g->nin, at.index);

		if (n->in[at.index] != NULL && arg != NULL)
			lint_types_operand(l, s, &at, g, arg, b);
	}
}

/* The one type of a set, or none. */
static struct vtype
only_type(const struct sig_set *set)
{
	struct vtype t = { 0, 0 };

	for (int f = 0; f < FORM_COUNT && !set->any; f++) {
		if (set->of[f] == 0)
			continue;
		if (t.form != 0 || (set->of[f] & (set->of[f] - 1)) != 0)
			return (struct vtype){ 0, 0 };
		t = vtype_tensor((enum sig_form)f, (enum dtype)__builtin_ctzll(set->of[f]));
	}
	return t;
}

/* Element type of ONNX's number in attribute name. */
static struct vtype
type_from_number(const struct node *n, const char *name)
{
	const struct attr *a = node_attr(n, name);
	struct vtype none = { 0, 0 };

	return a == NULL || a->kind != ATTR_INT ? none :
	    vtype_tensor(FORM_TENSOR, onnx_dtype(a->v.i));
}

static struct vtype
type_of_constant(const struct node *n)
{
	static const struct { const char *name; enum dtype dtype; } plain[] = {
		{ "value_float", DT_F32 }, { "value_floats", DT_F32 }, { "value_int", DT_I64 },
		{ "value_ints", DT_I64 }, { "value_string", DT_STR }, { "value_strings", DT_STR }
	};
	const struct attr *a = n->nattrs == 1 ? &n->attrs[0] : NULL;
	struct vtype none = { 0, 0 };

	if (a == NULL || a->ref != NULL)
		return none;
	if (a->kind == ATTR_TENSOR || a->kind == ATTR_SPARSE)
		return vtype_tensor(FORM_TENSOR, a->v.t->dtype);
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (strcmp(a->name->s, plain[i].name) == 0)
			return vtype_tensor(FORM_TENSOR, plain[i].dtype);
	return none;
}

static struct vtype
type_of_fill(const struct node *n)
{
	const struct attr *a = node_attr(n, "value");

	if (n->op->since < 9)
		return (struct vtype){ 0, 0 };
	if (a != NULL && (a->kind != ATTR_TENSOR || a->ref != NULL))
		return (struct vtype){ 0, 0 };
	return vtype_tensor(FORM_TENSOR, a != NULL ? a->v.t->dtype : DT_F32);
}

/* Output 0 of ops that take its type from an attribute. */
static struct vtype
type_from_attributes(const struct node *n)
{
	if (n->op->sem == SEM_CAST || n->op->sem == SEM_BITCAST)
		return type_from_number(n, "to");
	if (n->op->sem == SEM_CONST)
		return type_of_constant(n);
	if (n->op->sem == SEM_FILL)
		return type_of_fill(n);
	return (struct vtype){ 0, 0 };
}

static void
set_output(struct lint *l, const struct scope *s, const struct place *at,
    const struct sig_set *set, struct vtype t)
{
	const struct node *n = at->n;
	const struct value *v = n->out[at->index];
	struct vtype *known = &l->type[v->id];

	if (!fits(set, t))
		lint_add(l, lint_type_level(s, DIAG_LINT_TYPE_OUTPUT, true), at,
		    "output '%.*s' of %.*s is %s, which the op as of %s %d does not give",
		    NAME(v->name), NAME(n->type), vtype_text(l, t), op_since_unit(n->op),
		    n->op->since);
	if (known->form == 0)
		*known = t;
	else if (!same(*known, t))
		lint_add(l, lint_type_level(s, DIAG_LINT_TYPE_DECLARED, false), at,
		    "output '%.*s' of %.*s is declared as %s, the node makes %s",
		    NAME(v->name), NAME(n->type), vtype_text(l, *known), vtype_text(l, t));
}

/* From version 11 on the value has one of several attributes. */
static void
check_choice(struct lint *l, const struct scope *s, const struct node *n, const struct sig *g)
{
	const struct place at = { .g = s->g, .n = n };
	uint32_t have = 0;

	if (n->op->sem != SEM_CONST || n->op->since < 11)
		return;
	for (uint32_t i = 0; i < n->nattrs; i++)
		have += sig_attr_find(g, n->attrs[i].name) != NULL;
	if (have != 1)
		lint_add(l, lint_type_level(s, DIAG_LINT_ATTR_CHOICE, false), &at,
		    "%.*s has %" PRIu32 " of the attributes that hold its value",
		    NAME(n->type), have);
}

void
lint_types_results(struct lint *l, const struct scope *s, const struct node *n,
    const struct sig *g, const struct bindings *b)
{
	struct place at = { .g = s->g, .n = n, .field = "output" };

	for (; at.index < n->nout; at.index++) {
		const struct sig_arg *arg = sig_arg_at(g->out, g->nout, at.index);
		struct vtype t;

		if (n->out[at.index] == NULL || arg == NULL || arg->mixed)
			continue;
		t = only_type(&g->set[arg->set]);
		if (t.form == 0)
			t = b->of[arg->set];
		if (t.form == 0 && at.index == 0)
			t = type_from_attributes(n);
		if (t.form != 0)
			set_output(l, s, &at, &g->set[arg->set], t);
	}
}

void
lint_types_node(struct lint *l, const struct scope *s, const struct node *n,
    const struct row *row)
{
	struct bindings b;

	memset(&b, 0, sizeof b);
	check_choice(l, s, n, &row->sig);
	check_operands(l, s, n, &row->sig, &b);
	lint_types_results(l, s, n, &row->sig, &b);
}
