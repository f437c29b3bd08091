/* SPDX-License-Identifier: Apache-2.0 */
/* What run_decompositions({}) makes of programs as torch.export gives them: operators
 * that hand on views become plain ones, writes in place become new values, of which
 * those that the written one is a view of are made again. Seen with torch 2.13: what is
 * not listed stays as it is. */
#include <string.h>

#include "rules/support/support_export.h"

/* Operators whose result is another shape or type of their operand; they become view,
 * transpose, permute, slice, expand, unsqueeze, clone or a cast, which all convert. */
static const char *const views[] = { "adjoint", "atleast_1d", "atleast_2d",
	"atleast_3d", "broadcast_to", "chunk", "contiguous", "detach", "dropout", "dsplit",
	"expand_as", "flatten", "hsplit", "imag", "lift_fresh_copy", "mH", "mT", "matrix_H",
	"moveaxis", "movedim", "narrow", "numpy_T", "ravel", "real", "reshape", "reshape_as",
	"swapaxes", "swapdims", "tensor_split", "to", "unflatten", "view_as", "vsplit" };

/* Operators that become several on single elements, all of which convert. */
static const char *const several[] = { "softshrink" };

/* Of these, operators that hand on their operand. */
static const char *const same[] = { "contiguous", "detach", "detach_", "dropout",
	"dropout_", "lift_fresh_copy" };

/* Operators that make views of one operand, whose base is made again with a scatter. */
static const char *const parts[] = { "diagonal", "permute", "select", "slice", "squeeze", "t",
	"transpose", "unsqueeze", "view", "split", "unbind", "expand" };

static bool
listed(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

#define LISTED(name, list) listed(name, list, sizeof (list) / sizeof *(list))

static bool
is_aten(const struct node *n)
{
	return strcmp(n->domain->s, "aten") == 0;
}

bool
decompose_inlines(const struct node *n)
{
	static const char *const wraps[] = { "wrap_with_autocast", "wrap_with_set_grad_enabled" };

	return n->nregions == 1 && LISTED(n->type->s, wraps);
}

/* A dropout that drops: its result is no view. */
static bool
drops(const struct node *n)
{
	const struct attr *a = node_attr(n, "train");

	return strncmp(n->type->s, "dropout", 7) == 0 && a != NULL && a->kind == ATTR_INT &&
	    a->v.i != 0;
}

bool
decompose_view(const struct node *n)
{
	return is_aten(n) && !drops(n) && (LISTED(n->type->s, views) ||
	    LISTED(n->type->s, several) || strcmp(n->type->s, "detach_") == 0 ||
	    strcmp(n->type->s, "dropout_") == 0);
}

bool
decompose_same(const struct node *n)
{
	return is_aten(n) && n->nin > 0 && n->in[0] != NULL && LISTED(n->type->s, same);
}

struct mv *
decompose_result(struct run *r, const struct node *n, const struct value *v)
{
	const struct type *t = v->type;
	int64_t dims[MV_DIMS];
	struct mv *operand;

	if (t == NULL || t->tag != TY_TENSOR || !t->has_rank || t->rank > MV_DIMS)
		return mv_new(&r->c, MV_UNKNOWN);
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = t->dims[i]->kind == DIM_CONST ? t->dims[i]->lo : DIM_ANY;
	operand = n->nin > 0 && n->in[0] != NULL && (n->in[0]->flags & VALUE_LITERAL) == 0 ?
	    r->c.env[n->in[0]->id] : NULL;
	r->c.n = n;
	r->c.last = (const struct mb []){ { "x", operand }, { NULL, NULL } };
	r->c.last_op = strcmp(n->type->s, "to") == 0 ? "cast" :
	    LISTED(n->type->s, several) ? "mul" : "reshape";
	operand = mb_out(&r->c, dt_mil(t->dtype), (int)t->rank, dims);
	r->c.last = NULL;
	return operand;
}

/* Of Python's operators, in place or not. */
static const char *
named_otherwise(const struct node *n)
{
	static const char *const names[][2] = { { "__and__", "bitwise_and" },
	    { "__iand__", "bitwise_and" }, { "__ilshift__", "__lshift__" },
	    { "__ior__", "bitwise_or" }, { "__irshift__", "__rshift__" },
	    { "__ixor__", "bitwise_xor" }, { "__or__", "bitwise_or" },
	    { "__xor__", "bitwise_xor" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(n->type->s, names[i][0]) == 0)
			return names[i][1];
	return NULL;
}

/* In training the statistics are those of the batch, and running ones are written. */
static const char *
named_in_training(const struct node *n)
{
	const struct attr *a = node_attr(n, "training");

	if (strcmp(n->type->s, "batch_norm") != 0 || a == NULL || a->kind != ATTR_INT ||
	    a->v.i == 0)
		return NULL;
	for (uint32_t i = 0; i < n->nnamed; i++)
		if (strcmp(n->in_name[i]->s, "running_mean") == 0 && n->in[i] != NULL)
			return "_native_batch_norm_legit_functional";
	return "_native_batch_norm_legit.no_stats";
}

void
decompose_arguments(struct run *r, const struct node *n)
{
	struct mv **in = r->c.in;
	struct mv *list[] = { r->c.nin > 0 ? in[0] : mv_none(&r->c), mv_f(&r->c, 0),
	    mv_f(&r->c, 6) };
	const char *training = is_aten(n) ? named_in_training(n) : NULL;

	if (training != NULL && strstr(training, "no_stats") != NULL && r->c.nin > 7) {
		memmove(in + 3, in + 5, 3 * sizeof *in);
		r->c.nin = 6;
	}
	if (!is_aten(n) || strcmp(n->type->s, "relu6_") != 0)
		return;
	r->c.in = arena_array(r->c.a, 3, sizeof *r->c.in);
	memcpy(r->c.in, list, sizeof list);
	r->c.nin = 3;
}

const char *
decompose_name(struct run *r, const struct node *n, const char *op)
{
	const char *over = n->overload != NULL && n->overload->len > 0 ? n->overload->s : "";
	const char *dot = *over != '\0' ? "." : "";
	const char *other = is_aten(n) ? named_otherwise(n) : NULL;
	const char *training = is_aten(n) ? named_in_training(n) : NULL;

	if (is_aten(n) && strcmp(n->type->s, "relu6_") == 0)
		return "aten::hardtanh";
	if (strcmp(n->type->s, "transpose_") == 0)
		return "aten::transpose.int";
	if (training != NULL)
		return arena_printf(r->c.a, "aten::%s", training);
	if (other != NULL)
		return arena_printf(r->c.a, "aten::%s%s%s", other, dot, over);
	if (!support_writes(n))
		return op;
	return arena_printf(r->c.a, "aten::%.*s%s%s", (int)n->type->len - 1, n->type->s, dot, over);
}

/* Does the result show the memory of the first operand? */
static bool
shares(const struct node *p)
{
	return is_aten(p) && p->nin > 0 && p->in[0] != NULL &&
	    (LISTED(p->type->s, parts) || LISTED(p->type->s, views) || support_writes(p));
}

struct bases {
	const struct value **of;   /* by id: what the value is a view of, itself at last */
	const struct role **role;  /* by id: as what it comes into the program, or NULL */
	bool *written;             /* by id: something writes to it or a view of it */
};

/* In the order of the file: an operand that is made behind its reader is its own base. */
static void
find_bases(struct run *r)
{
	const struct graph *g = r->c.m->main;
	uint32_t n = r->c.m->nvalues + 1;
	struct bases *b = arena_alloc(r->c.a, sizeof *b);

	b->of = arena_array(r->c.a, n, sizeof *b->of);
	b->role = arena_array(r->c.a, n, sizeof *b->role);
	b->written = arena_array(r->c.a, n, sizeof *b->written);
	r->bases = b;
	for (uint32_t i = 0; i < g->nroles; i++)
		if (!g->roles[i].output && g->roles[i].value != NULL)
			b->role[g->roles[i].value->id] = &g->roles[i];
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *p = g->nodes[i];
		const struct value *in = p->nin > 0 ? p->in[0] : NULL, *base = in;

		if (in != NULL && b->of[in->id] != NULL)
			base = b->of[in->id];
		for (uint32_t k = 0; k < p->nout; k++)
			if (p->out[k] != NULL)
				b->of[p->out[k]->id] = shares(p) ? base : p->out[k];
		if (base != NULL && support_writes(p))
			b->written[base->id] = true;
	}
}

static const struct value *
base_of(struct run *r, const struct value *v)
{
	if (r->bases == NULL)
		find_bases(r);
	return r->bases->of[v->id] != NULL ? r->bases->of[v->id] : v;
}

static const struct role *
role_of(struct run *r, const struct value *v)
{
	const struct value *base = base_of(r, v);

	return r->bases->role[base->id];
}

bool
decompose_mutates(struct run *r, const struct role *role)
{
	const struct value *base = role->value != NULL ? base_of(r, role->value) : NULL;

	return base != NULL && r->bases->written[base->id];
}

/* A selection is put back by select_scatter, which does not promote: slice_scatter does. */
static void
check_put_back(struct run *r, const struct node *n, const struct mv *result)
{
	const struct node *p = n->in[0]->producer;
	const struct mv *x = p != NULL && p->nin > 0 && p->in[0] != NULL &&
	    !(p->in[0]->flags & VALUE_LITERAL) ? r->c.env[p->in[0]->id] : NULL;

	if (x == NULL || strcmp(p->type->s, "select") != 0 || x->dtype == DT_NONE ||
	    result->dtype == DT_NONE || x->dtype == result->dtype || x->unsure || result->unsure)
		return;
	r->c.advice = "write values of the tensor's type; torch.zeros and the like are fp32 to the "
	    "converter, whatever dtype= says";
	support_block_node(r, n, "aten::select_scatter.int", REASON_DTYPE, r->stage,
	    "%s is written into %s", dtype_name(result->dtype), dtype_name(x->dtype));
}

void
decompose_written(struct run *r, const struct node *n)
{
	const struct value *v = n->in[0], *base;
	struct mv *result = n->nout > 0 && n->out[0] != NULL ? r->c.env[n->out[0]->id] : NULL;
	struct mv *now;

	if (v == NULL || result == NULL || v->flags & VALUE_LITERAL)
		return;
	base = base_of(r, v);
	check_put_back(r, n, result);
	r->c.env[v->id] = result;
	if (base == v || r->c.env[base->id] == NULL)
		return;
	now = mv_copy(&r->c, r->c.env[base->id]);
	now->konst = now->is_input = false;
	now->name = NULL;
	now->num = NULL;
	now->nnum = 0;
	r->c.env[base->id] = now;
}

/* Does the node do more than make its results? */
static bool
has_effect(const struct node *n)
{
	return strncmp(n->type->s, "_assert", 7) == 0 || n->nregions > 0 ||
	    strncmp(n->type->s, "sym_constrain", 13) == 0;
}

static bool
gives_live(const bool *live, const struct node *n)
{
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i] != NULL && live[n->out[i]->id])
			return true;
	return false;
}

/* A write counts when what it is a view of is read behind it, or is a buffer. */
static bool
writes_live(struct run *r, const bool *live, const struct node *n)
{
	const struct value *base = support_writes(n) && n->in[0] != NULL ?
	    base_of(r, n->in[0]) : NULL;

	return base != NULL && (live[base->id] || live[n->in[0]->id] || role_of(r, base) != NULL);
}

static void
set_all_live(struct run *r, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		r->live[g->nodes[i]->id] = true;
		for (uint32_t k = 0; k < g->nodes[i]->nregions; k++)
			set_all_live(r, g->nodes[i]->regions[k]);
	}
}

void
decompose_live(struct run *r)
{
	const struct graph *g = r->c.m->main;
	bool *live = arena_array(r->c.a, r->c.m->nvalues + 1, sizeof *live);

	r->live = arena_array(r->c.a, r->c.m->nnodes + 1, sizeof *r->live);
	for (uint32_t i = 0; i < g->noutputs; i++)
		live[g->outputs[i]->id] = true;
	for (uint32_t i = 0; i < g->nroles; i++)
		if (g->roles[i].output && g->roles[i].value != NULL)
			live[g->roles[i].value->id] = true;
	for (uint32_t i = g->nnodes; i-- > 0; ) {
		const struct node *n = g->nodes[i];

		if (!has_effect(n) && !gives_live(live, n) && !writes_live(r, live, n))
			continue;
		r->live[n->id] = true;
		if (decompose_inlines(n))
			set_all_live(r, n->regions[0]);
		for (uint32_t k = 0; k < n->nin; k++)
			if (n->in[k] != NULL)
				live[n->in[k]->id] = true;
		/* writes into a part count when the whole is read */
		for (uint32_t k = 0; k < n->nin; k++)
			if (n->in[k] != NULL)
				live[base_of(r, n->in[k])->id] = true;
	}
}

bool
decompose_drops(const struct run *r, const struct node *n)
{
	return r->live != NULL && !r->live[n->id];
}

void
decompose_interface(struct run *r)
{
	const struct graph *g = r->c.m->main;

	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];
		const struct role *role = support_writes(n) &&
		    n->in[0] != NULL ? role_of(r, n->in[0]) : NULL;

		if (role == NULL || (role->kind != ROLE_USER && role->kind != ROLE_PARAMETER))
			continue;
		support_refuse_written(r, role->kind == ROLE_PARAMETER, role->target != NULL ?
		    role->target->s : role->name->s);
		return;
	}
}
