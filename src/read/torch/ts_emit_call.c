/* SPDX-License-Identifier: Apache-2.0 */
/* Calls: operators with their overloads, functions and methods of the archive,
 * and the handful of words that the writer uses for what has no operator.
 * Source: facts/torchscript-format.md section 5. */
#include <string.h>

#include "base/ctx.h"
#include "ops/op.h"
#include "read/torch/ts_emit.h"

static struct ts_sugar
value(struct ts_val *v)
{
	return (struct ts_sugar){ .kind = SV_VAL, .v = v };
}

enum special {
	S_ANNOTATE, S_CAST, S_UNINITIALIZED, S_ISINSTANCE, S_HASATTR, S_GETATTR, S_FORK,
	S_PRINT, S_OP /* and above: operators that are written without a prefix */
};

static const struct { const char *word, *domain, *name; } specials[] = {
	[S_ANNOTATE] = { "annotate", NULL, NULL }, [S_CAST] = { "unchecked_cast", NULL, NULL },
	[S_UNINITIALIZED] = { "uninitialized", NULL, NULL },
	[S_ISINSTANCE] = { "isinstance", NULL, NULL }, [S_HASATTR] = { "hasattr", NULL, NULL },
	[S_GETATTR] = { "getattr", NULL, NULL }, [S_FORK] = { "fork", NULL, NULL },
	[S_PRINT] = { "print", NULL, NULL }, { "awaitable", "prim", "awaitable" },
	{ "int", "aten", "Int" }, { "float", "aten", "Float" }, { "bool", "aten", "Bool" },
	{ "complex", "aten", "Complex" }, { "str", "aten", "str" }, { "len", "aten", "len" },
	{ "sorted", "aten", "sorted" }, { "min", "prim", "min" }, { "max", "prim", "max" },
	{ "abs", "prim", "abs" }, { "list", "aten", "list" }, { "dict", "aten", "dict" },
	{ "all", "aten", "all" }, { "any", "aten", "any" }, { "sum", "aten", "sum" },
	{ "divmod", "aten", "divmod" }, { "hex", "aten", "hex" }, { "oct", "aten", "oct" },
	{ "bin", "aten", "bin" }, { "chr", "aten", "chr" }, { "ord", "aten", "ord" },
	{ "round", "aten", "round" }, { "hash", "aten", "hash" }, { "pow", "aten", "pow" },
	{ "range", "aten", "range" }, { "rangelist", "prim", "rangelist" }
};

int
ts_special(const struct str *name)
{
	for (size_t i = 0; i < sizeof specials / sizeof *specials; i++)
		if (strcmp(specials[i].word, name->s) == 0)
			return (int)i;
	return -1;
}

/* Names that mean the same as another; libtorch rewrites them when it loads. */
static const struct { const char *from, *to; } synonyms[] = {
	{ "absolute", "abs" }, { "absolute_", "abs_" }, { "adjoint", "mH" },
	{ "arccos", "acos" }, { "arccos_", "acos_" }, { "arccosh", "acosh" },
	{ "arccosh_", "acosh_" }, { "arcsin", "asin" }, { "arcsin_", "asin_" },
	{ "arcsinh", "asinh" }, { "arcsinh_", "asinh_" }, { "arctan", "atan" },
	{ "arctan2", "atan2" }, { "arctan2_", "atan2_" }, { "arctan_", "atan_" },
	{ "arctanh", "atanh" }, { "arctanh_", "atanh_" }, { "clip", "clamp" },
	{ "clip_", "clamp_" }, { "concat", "cat" }, { "concatenate", "cat" },
	{ "det", "linalg_det" }, { "divide", "div" }, { "divide_", "div_" },
	{ "fix", "trunc" }, { "fix_", "trunc_" }, { "ger", "outer" }, { "greater", "gt" },
	{ "greater_", "gt_" }, { "greater_equal", "ge" }, { "greater_equal_", "ge_" },
	{ "inverse", "linalg_inv" }, { "less", "lt" }, { "less_", "lt_" },
	{ "less_equal", "le" }, { "less_equal_", "le_" }, { "linalg_matmul", "matmul" },
	{ "matrix_exp", "linalg_matrix_exp" }, { "matrix_power", "linalg_matrix_power" },
	{ "moveaxis", "movedim" }, { "multiply", "mul" }, { "multiply_", "mul_" },
	{ "negative", "neg" }, { "negative_", "neg_" }, { "not_equal", "ne" },
	{ "not_equal_", "ne_" }, { "orgqr", "linalg_householder_product" },
	{ "row_stack", "vstack" }, { "special_digamma", "digamma" }, { "special_erf", "erf" },
	{ "special_erfc", "erfc" }, { "special_erfinv", "erfinv" }, { "special_exp2", "exp2" },
	{ "special_expit", "sigmoid" }, { "special_expm1", "expm1" },
	{ "special_gammainc", "igamma" }, { "special_gammaincc", "igammac" },
	{ "special_gammaln", "lgamma" }, { "special_i0", "i0" }, { "special_log1p", "log1p" },
	{ "special_log_softmax", "log_softmax" }, { "special_logit", "logit" },
	{ "special_logsumexp", "logsumexp" }, { "special_multigammaln", "mvlgamma" },
	{ "special_polygamma", "polygamma" }, { "special_psi", "digamma" },
	{ "special_round", "round" }, { "special_sinc", "sinc" },
	{ "special_softmax", "softmax" }, { "special_xlogy", "xlogy" }, { "subtract", "sub" },
	{ "subtract_", "sub_" }, { "swapaxes", "transpose" }, { "swapaxes_", "transpose_" },
	{ "swapdims", "transpose" }, { "swapdims_", "transpose_" }, { "true_divide", "div" },
	{ "true_divide_", "div_" }
};

static const struct str *
plain_name(struct ts_unit *u, const struct str *name)
{
	size_t lo = 0, hi = sizeof synonyms / sizeof *synonyms, mid;
	int c;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = strcmp(synonyms[mid].from, name->s);
		if (c == 0)
			return str_internz(&u->m->strs, synonyms[mid].to);
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return name;
}

static enum ts_kind
kind_of(const struct str *domain, const struct str *name)
{
	static const struct { const char *name; enum ts_kind kind; } kinds[] = {
		{ "RaiseException", N_RAISE }, { "Print", N_PRINT }, { "unchecked_cast", N_CAST },
		{ "ListUnpack", N_LIST_UNPACK }, { "TupleUnpack", N_TUPLE_UNPACK },
		{ "TupleIndex", N_TUPLE_INDEX }
	};

	if (strcmp(domain->s, "prim") == 0)
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			if (strcmp(kinds[i].name, name->s) == 0)
				return kinds[i].kind;
	return N_OP;
}

/* Results as one value: several as a tuple, which goes when it is taken apart. */
static struct ts_val *
pack(struct ts_emitter *e, struct ts_node *n)
{
	struct ts_unit *u = e->u;
	const struct type **types;
	struct ts_node *t;

	if (n->nout == 0)
		return ts_none(u);
	if (n->nout == 1)
		return n->out[0];
	types = arena_array(u->a, n->nout, sizeof *types);
	t = ts_prim(u, N_TUPLE);
	for (uint32_t i = 0; i < n->nout; i++) {
		ts_add_in(u, t, n->out[i]);
		types[i] = n->out[i]->type;
	}
	ts_emit_node(e, t);
	return ts_add_out(u, t, ts_tuple_of(u, types, n->nout));
}

static void
add_results(struct ts_emitter *e, struct ts_node *n, const struct ts_match *m)
{
	static const char *const silent[] = { "RaiseException", "Print", "warn", "_set_item",
		"clear", "Delete", "insert" };
	struct ts_unit *u = e->u;

	if (m != NULL && !(m->nresults == 1 && n->op->signature != NULL &&
	    strstr(n->op->signature, "any!") != NULL)) {
		for (uint32_t i = 0; i < m->nresults; i++)
			ts_add_out(u, n, m->results[i]);
		return;
	}
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		if (strcmp(silent[i], n->type->s) == 0)
			return;
	ts_add_out(u, n, strcmp(n->domain->s, "prim") == 0 ||
	    strcmp(n->domain->s, "aten") == 0 ? NULL : u->t.tensor);
}

/* rsub(a, b) of two tensors is sub(b, a). */
static bool
turn_around(struct ts_unit *u, struct ts_node *n)
{
	struct ts_val *first;

	if (strcmp(n->type->s, "rsub") != 0 || n->op == NULL ||
	    strcmp(n->op->overload, "Tensor") != 0)
		return false;
	first = n->in[0];
	n->in[0] = n->in[1];
	n->in[1] = first;
	n->type = str_internz(&u->m->strs, "sub");
	n->op = op_oldest(DIALECT_ATEN, "aten", "sub");
	return true;
}

/* The operands of an operator, bound to the parameters of a function. */
static struct ts_val *
call_older(struct ts_emitter *e, struct ts_fn *fn, struct ts_val **args, uint32_t n,
    const struct str **kw, uint32_t nkw)
{
	struct ts_node *call = ts_prim(e->u, N_CALL);
	uint32_t plain = n - nkw;

	call->fn = fn;
	call->attr = fn->def->name;
	for (uint32_t i = 0; i < fn->def->nparams; i++) {
		const struct ts_param *p = &fn->def->params[i];
		struct ts_val *v = i < plain ? args[i] : NULL;

		for (uint32_t k = 0; v == NULL && k < nkw; k++)
			if (kw[k] == p->name)
				v = args[plain + k];
		if (v == NULL && p->value != NULL)
			v = ts_emit(e, p->value);
		ts_add_in(e->u, call, v != NULL ? v : ts_none(e->u));
	}
	ts_emit_node(e, call);
	return ts_add_out(e->u, call, e->u->t.tensor);
}

/* Properties of tensors were operators of their own before torch 1.4; libtorch reads
 * them as the ATen calls that they are now. Source: its table of tensor properties. */
static const struct { const char *prim, *aten; } properties[] = {
	{ "H", "matrix_H" }, { "T", "numpy_T" }, { "mH", "mH" }, { "mT", "mT" },
	{ "ndim", "dim" }, { "shape", "size" }
};

static const char *
property(const struct str *domain, const struct str *name)
{
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
		if (strcmp(domain->s, "prim") == 0 && strcmp(name->s, properties[i].prim) == 0)
			return properties[i].aten;
	return NULL;
}

struct ts_val *
ts_builtin_str(struct ts_emitter *e, const struct str *domain, const struct str *name,
    struct ts_val **args, uint32_t n, const struct str **kw, uint32_t nkw)
{
	struct ts_unit *u = e->u;
	const struct ts_match *m;
	const struct type *want;
	struct ts_node *node;
	struct ts_match own;
	struct ts_fn *older;
	const char *now = property(domain, name);

	if (now != NULL)
		return ts_builtin(e, "aten", now, args, n);
	if (strcmp(domain->s, "aten") == 0)
		name = plain_name(u, name);
	for (uint32_t i = 0; i < n; i++)
		args[i] = ts_now(args[i]);
	m = ts_match(u, domain, name, args, n, kw, nkw);
	if (m != NULL && m->converts) {
		own = *m;
		for (uint32_t i = 0; i < n; i++)
			if ((want = ts_wanted(u, &own, i)) != NULL)
				args[i] = ts_convert(e, args[i], want);
		m = &own;
	}
	if ((older = ts_upgrade(u, e->fn->file, domain, name, m != NULL ? m->op : NULL)) != NULL)
		return call_older(e, older, args, n, kw, nkw);
	node = ts_node_new(u, kind_of(domain, name), domain->s, name);
	node->op = m != NULL ? m->op : NULL;
	for (uint32_t i = 0; i < n; i++)
		ts_add_in(u, node, args[i]);
	node->kw = nkw > 0 ? kw : NULL;
	node->nkw = nkw;
	ts_emit_node(e, node);
	add_results(e, node, m);
	turn_around(u, node);
	return pack(e, node);
}

struct ts_val *
ts_builtin(struct ts_emitter *e, const char *domain, const char *name, struct ts_val **args,
    uint32_t n)
{
	struct strtab *strs = &e->u->m->strs;

	return ts_builtin_str(e, str_internz(strs, domain), str_internz(strs, name), args, n,
	    NULL, 0);
}

static struct ts_val *
implicit(struct ts_emitter *e, struct ts_val *v, const char *name, const struct type *type)
{
	struct ts_val *out = ts_builtin(e, "aten", name, &v, 1);

	if (out->node != NULL && out->node->op == NULL)
		out->type = type;
	return out;
}

static struct ts_val *
list_of_tuple(struct ts_emitter *e, struct ts_val *v, const struct type *want)
{
	struct ts_unit *u = e->u;
	uint32_t n = v->type->nitems;
	struct ts_val **parts = arena_array(u->a, n, sizeof *parts);
	struct ts_node *list = ts_prim(u, N_LIST);

	ts_unpack(e, v, parts, n);
	for (uint32_t i = 0; i < n; i++)
		ts_add_in(u, list, parts[i]);
	ts_emit_node(e, list);
	return ts_add_out(u, list, want);
}

struct ts_val *
ts_convert(struct ts_emitter *e, struct ts_val *v, const struct type *want)
{
	struct ts_unit *u = e->u;
	const struct type *t;

	v = ts_now(v);
	t = v->type;
	if (want == NULL || t == want)
		return v;
	if (want->tag == TY_OPT)
		want = t == u->t.none ? t : want->elem;
	if (t == NULL || t == want)
		return v;
	if (want->tag == TY_LIST && t->tag == TY_TUPLE)
		return list_of_tuple(e, v, want);
	if ((want->tag == TY_LIST || want->tag == TY_DICT) && t->tag == want->tag) {
		/* an empty list or dictionary takes what it is said to be */
		if (v->node != NULL && (v->node->kind == N_LIST || v->node->kind == N_DICT))
			v->type = want;
		return v;
	}
	if (t->tag == TY_TENSOR && want == u->t.i)
		return implicit(e, v, "IntImplicit", want);
	if (t->tag == TY_TENSOR && want == u->t.f)
		return implicit(e, v, "FloatImplicit", want);
	if (t->tag == TY_TENSOR && want == u->t.c)
		return implicit(e, v, "ComplexImplicit", want);
	if (t->tag == TY_TENSOR && want == u->t.number)
		return implicit(e, v, "ScalarImplicit", want);
	if (want == u->t.f && (t == u->t.number || t == u->t.i))
		return implicit(e, v, "Float", want);
	if (want == u->t.i && (t == u->t.number || t == u->t.f))
		return implicit(e, v, "Int", want);
	if (want == u->t.device && t == u->t.s)
		return implicit(e, v, "device", want);
	return v;
}

void
ts_unpack(struct ts_emitter *e, struct ts_val *v, struct ts_val **parts, uint32_t n)
{
	struct ts_unit *u = e->u;
	struct ts_cls *c;
	const struct type *t;
	struct ts_node *made;

	v = ts_now(v);
	t = v->type;
	c = ts_cls_of(u, t);
	if (c != NULL)
		ts_cls_resolve(u, c);
	if (c != NULL && c->tuple != NULL)
		t = c->tuple;
	/* an operator without a row has as many results as are taken */
	if (v->node != NULL && v->node->kind == N_OP && v->node->op == NULL &&
	    v->node->nout == 1 && (t == NULL || t->tag == TY_TENSOR)) {
		while (v->node->nout < n)
			ts_add_out(u, v->node, u->t.tensor);
		for (uint32_t i = 0; i < n; i++)
			parts[i] = v->node->out[i];
		return;
	}
	made = ts_prim(u, t != NULL && t->tag == TY_LIST ? N_LIST_UNPACK : N_TUPLE_UNPACK);
	ts_add_in(u, made, v);
	ts_emit_node(e, made);
	for (uint32_t i = 0; i < n; i++)
		parts[i] = ts_add_out(u, made, t == NULL ? NULL : t->tag == TY_LIST ? t->elem :
		    t->tag == TY_TUPLE && i < t->nitems ? t->items[i] : NULL);
}

/* Could a value of type t be one of the class of types c names? */
enum answer { NO, YES, PERHAPS };

static enum answer
instance_of(struct ts_unit *u, const struct type *t, const struct ts_expr *c)
{
	const struct type *want;

	if (t == NULL)
		return PERHAPS;
	if (c->kind == E_NAME && strcmp(c->name->s, "list") == 0)
		return t->tag == TY_LIST ? YES : t->tag == TY_OPT || t == u->t.any ? PERHAPS : NO;
	if (c->kind == E_NAME && strcmp(c->name->s, "tuple") == 0)
		return t->tag == TY_TUPLE ? YES : t->tag == TY_OPT || t == u->t.any ? PERHAPS : NO;
	want = ts_type(u, c);
	if (ts_subtype(u, t, want))
		return YES;
	if (t->tag == TY_OPT || t == u->t.any || t == u->t.number || ts_subtype(u, want, t) ||
	    t->tag == TY_OPAQUE)
		return PERHAPS;
	return NO;
}

struct ts_val *
ts_isinstance(struct ts_unit *u, const struct type *t, const struct ts_expr *c)
{
	uint32_t n = c->kind == E_TUPLE ? c->n : 1, no = 0;

	for (uint32_t i = 0; i < n; i++) {
		enum answer a = instance_of(u, t, c->kind == E_TUPLE ? c->list[i] : c);

		if (a == YES)
			return ts_bool(u, true);
		no += a == NO;
	}
	return no == n ? ts_bool(u, false) : NULL;
}

static struct ts_val *
isinstance(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_val *v = ts_emit(e, x->list[1]), *known;
	const struct ts_expr *c = x->list[2];
	struct ts_node *node;

	if ((known = ts_isinstance(u, v->type, c)) != NULL)
		return known;
	node = ts_prim(u, N_ISINSTANCE);
	node->about = c;
	ts_add_in(u, node, v);
	ts_emit_node(e, node);
	return ts_add_out(u, node, u->t.b);
}

static struct ts_val *
cast(struct ts_emitter *e, const struct ts_expr *x)
{
	const struct type *want = ts_type(e->u, x->list[1]);
	struct ts_val *v = ts_emit(e, x->list[2]);
	struct ts_node *n;

	/* the writer adds one to what is one already */
	if (v->node != NULL && v->node->kind == N_CAST && v->type == want)
		return v;
	n = ts_prim(e->u, N_CAST);
	ts_add_in(e->u, n, v);
	ts_emit_node(e, n);
	return ts_add_out(e->u, n, want);
}

/* The closure's body is a region that sees the names around it. */
static struct ts_val *
fork_closure(struct ts_emitter *e, const struct ts_expr *x, bool await)
{
	struct ts_unit *u = e->u;
	struct ts_sugar s = ts_emit_sugar(e, x->list[1]);
	struct ts_node *n = ts_prim(u, N_FORK);
	struct ts_block *outer = e->block;
	struct ts_val *result = e->result;
	bool closure = e->fn->closure;
	struct type future = { .tag = TY_OPAQUE, .domain = u->m->empty,
	    .name = str_internz(&u->m->strs, await ? "Await" : "Future") };

	if (await)
		n->type = str_internz(&u->m->strs, "awaitable");
	if (s.kind != SV_CLOSURE) {
		ts_add_in(u, n, ts_to_value(e, s, x));
		ts_emit_node(e, n);
		return ts_add_out(u, n, NULL);
	}
	ts_emit_node(e, n);
	e->block = ts_block_new(u, n);
	e->scope++;
	e->fn->closure = true;
	uint32_t mark = e->u->nlog;
	e->result = NULL;
	ts_emit_body(e, s.def->body);
	ts_add_block_out(u, e->block, e->result != NULL ? e->result : ts_none(u));
	future.elem = e->result != NULL ? e->result->type : u->t.none;
	ts_leave_scope(e, mark);
	e->fn->closure = closure;
	e->result = result;
	e->block = outer;
	return ts_add_out(u, n, type_intern(&u->m->types, &future));
}

static struct ts_sugar
special(struct ts_emitter *e, struct ts_sugar s, const struct ts_expr *x)
{
	static const uint32_t least[] = { [S_ANNOTATE] = 2, [S_CAST] = 2, [S_UNINITIALIZED] = 1,
	    [S_ISINSTANCE] = 2, [S_HASATTR] = 2, [S_GETATTR] = 2, [S_FORK] = 1 };
	struct ts_unit *u = e->u;
	struct ts_val *v;
	struct ts_node *n;

	if (s.special < S_PRINT && x->n - 1 < least[s.special]) {
		ts_complain(e, "too few arguments for", s.name);
		return value(ts_val_new(u, NULL));
	}
	switch (s.special) {
	case S_ANNOTATE:
		v = ts_emit(e, x->list[2]);
		return value(ts_convert(e, v, ts_type(u, x->list[1])));
	case S_CAST:
		return value(cast(e, x));
	case S_UNINITIALIZED:
		n = ts_emit_node(e, ts_prim(u, N_UNINIT));
		return value(ts_add_out(u, n, ts_type(u, x->list[1])));
	case S_ISINSTANCE:
		return value(isinstance(e, x));
	case S_GETATTR:
		if (x->list[2]->kind == E_STR)
			return ts_attribute(e, ts_emit_sugar(e, x->list[1]), x->list[2]->name);
		break;
	case S_FORK:
		return value(fork_closure(e, x, false));
	case S_PRINT:
		n = ts_prim(u, N_PRINT);
		for (uint32_t i = 1; i < x->n; i++)
			ts_add_in(u, n, ts_emit(e, x->list[i]));
		ts_emit_node(e, n);
		return value(ts_none(u));
	default:
		break;
	}
	ts_complain(e, "a use that is not known of", s.name);
	return value(ts_val_new(u, NULL));
}

/* Arguments of the call behind the first have; the last nkw have names. */
static uint32_t
arguments(struct ts_emitter *e, const struct ts_expr *x, struct ts_val **args, uint32_t have)
{
	for (uint32_t i = 1; i < x->n; i++)
		args[have++] = ts_emit(e, x->list[i]);
	e->at = x;
	return have;
}

static struct ts_val *
call_op(struct ts_emitter *e, struct ts_sugar s, const struct ts_expr *x)
{
	struct ts_val **args = arena_array(e->u->a, (size_t)x->n + 1, sizeof *args);
	uint32_t n = 0;

	if (s.v != NULL)
		args[n++] = s.v;
	n = arguments(e, x, args, n);
	return ts_builtin_str(e, s.domain, s.name, args, n, x->kw, x->nkw);
}

static const struct ts_expr *
named_argument(const struct ts_expr *x, const struct str *name)
{
	for (uint32_t i = 0; i < x->nkw; i++)
		if (x->kw[i] == name)
			return x->list[x->n - x->nkw + i];
	return NULL;
}

/* Bind the arguments to the parameters of the function, defaults included. */
static void
bind_arguments(struct ts_emitter *e, struct ts_node *n, struct ts_fn *fn, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	uint32_t at = 1, plain = x->n - x->nkw;

	for (uint32_t i = n->nin; i < fn->def->nparams; i++) {
		const struct ts_param *p = &fn->def->params[i];
		const struct ts_expr *given = at < plain && !p->keyword ? x->list[at++] :
		    named_argument(x, p->name);
		const struct type *want = p->type != NULL ? ts_type(u, p->type) : NULL;
		struct ts_val *v;

		if (given == NULL)
			given = p->value;
		if (given == NULL) {
			ts_complain(e, "no argument for", p->name);
			v = ts_val_new(u, want);
		} else {
			v = ts_emit(e, given);
		}
		ts_add_in(u, n, ts_convert(e, v, want));
	}
	if (at < plain)
		ts_complain(e, "too many arguments for", fn->name);
	e->at = x;
}

static struct ts_val *
call_fn(struct ts_emitter *e, struct ts_fn *fn, struct ts_val *self, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_node *n = ts_prim(u, self != NULL ? N_METHOD : N_CALL);

	n->fn = fn;
	n->attr = fn->def->name;
	if (self != NULL)
		ts_add_in(u, n, self);
	bind_arguments(e, n, fn, x);
	ts_emit_node(e, n);
	return ts_add_out(u, n, ts_fn_result(u, fn));
}

/* A method of what has no code here, as of a class made in C++ or of an
 * interface. */
static struct ts_val *
call_opaque(struct ts_emitter *e, struct ts_sugar s, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_node *n = ts_prim(u, N_METHOD);

	n->attr = s.name;
	ts_add_in(u, n, s.v);
	for (uint32_t i = 1; i < x->n; i++)
		ts_add_in(u, n, ts_emit(e, x->list[i]));
	e->at = x;
	n->kw = x->kw;
	n->nkw = x->nkw;
	ts_emit_node(e, n);
	return ts_add_out(u, n, s.fn != NULL ? ts_fn_result(u, s.fn) : NULL);
}

static struct ts_val *
create(struct ts_emitter *e, struct ts_cls *c)
{
	struct ts_node *n = ts_emit_node(e, ts_prim(e->u, N_CREATE));

	return ts_add_out(e->u, n, c->type);
}

static struct ts_val *
call_class(struct ts_emitter *e, struct ts_cls *c, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_fn *init = ts_method(c, str_internz(&u->m->strs, "__init__"));
	struct ts_node *n;
	struct ts_val *v;

	ts_cls_resolve(u, c);
	if (c->tuple == NULL) {
		v = create(e, c);
		if (init != NULL)
			call_fn(e, init, v, x);
		return v;
	}
	n = ts_prim(u, N_TUPLE);
	for (uint32_t i = 0; i < c->nattrs; i++) {
		const struct ts_expr *given = i + 1 < x->n - x->nkw ? x->list[i + 1] :
		    named_argument(x, c->attrs[i].name);

		if (given == NULL)
			given = c->attrs[i].member->value;
		v = given != NULL ? ts_emit(e, given) : ts_val_new(u, c->attrs[i].type);
		ts_add_in(u, n, ts_convert(e, v, c->attrs[i].type));
	}
	e->at = x;
	ts_emit_node(e, n);
	return ts_add_out(u, n, c->type);
}

/* A function held by a variable: constants know theirs. */
static struct ts_val *
call_value(struct ts_emitter *e, struct ts_val *v, const struct ts_expr *x)
{
	struct ts_sugar s = { .kind = SV_METHOD, .v = v,
	    .name = str_internz(&e->u->m->strs, "__call__") };
	struct ts_cls *c = ts_cls_of(e->u, v->type);
	struct ts_fn *fn;

	if (ts_is(v, C_FN))
		return call_fn(e, v->k->fn, NULL, x);
	fn = c != NULL ? ts_method(c, str_internz(&e->u->m->strs, "forward")) : NULL;
	return fn != NULL ? call_fn(e, fn, v, x) : call_opaque(e, s, x);
}

struct ts_sugar
ts_call(struct ts_emitter *e, const struct ts_expr *x)
{
	struct ts_unit *u = e->u;
	struct ts_sugar s = ts_emit_sugar(e, x->list[0]);

	switch (s.kind) {
	case SV_SPECIAL:
		if (s.special < S_OP)
			return special(e, s, x);
		s.domain = str_internz(&u->m->strs, specials[s.special].domain);
		s.name = str_internz(&u->m->strs, specials[s.special].name);
		if (strcmp(s.name->s, "awaitable") == 0 && x->n > 1)
			return value(fork_closure(e, x, true));
		return value(call_op(e, s, x));
	case SV_OP:
		return value(call_op(e, s, x));
	case SV_FN:
		return value(call_fn(e, s.fn, NULL, x));
	case SV_METHOD:
		if (s.fn != NULL && s.cls->decl->base != BASE_INTERFACE)
			return value(call_fn(e, s.fn, s.v, x));
		return value(call_opaque(e, s, x));
	case SV_NEW:
		return value(create(e, s.cls));
	case SV_CLASS:
		return value(call_class(e, s.cls, x));
	case SV_VAL:
		return value(call_value(e, s.v, x));
	case SV_TORCH:
		/* a package that is an operator as well: cuda */
		if (s.name->len == 0 || strchr(s.name->s, '.') != NULL)
			break;
		s.domain = str_internz(&u->m->strs, "aten");
		return value(call_op(e, s, x));
	case SV_NAMESPACE: case SV_OPS: case SV_CONSTANTS: case SV_CLOSURE: case SV_NONE:
		break;
	}
	ts_complain(e, "a call of what is no function,", s.name);
	return value(ts_val_new(u, NULL));
}
