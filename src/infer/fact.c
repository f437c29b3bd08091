/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: where they come from, and how statements about one type combine. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "base/str.h"
#include "infer/state.h"
#include "ir/tensor.h"

static const struct fact nothing;

const struct dim *
dk(struct infer *f, int64_t v)
{
	return dim_const(f->types, v);
}

const struct dim *
unknown_dim(struct infer *f)
{
	return dim_unknown(f->types);
}

bool
is_tensor(const struct type *t)
{
	return t != NULL && (t->tag == TY_TENSOR || t->tag == TY_SPARSE);
}

bool
is_shaped(const struct type *t)
{
	return is_tensor(t) && t->has_rank && t->rank <= RANK_MAX;
}

enum dtype
elem_dtype(const struct type *t)
{
	return is_tensor(t) || (t != NULL && t->tag == TY_SCALAR) ? t->dtype : DT_NONE;
}

const struct type *
tensor_of(struct infer *f, enum dtype dt, const struct dim *const *dims, uint32_t rank)
{
	return type_tensor(f->types, dt, true, rank, dims);
}

const struct type *
tensor_no_rank(struct infer *f, enum dtype dt)
{
	return type_tensor(f->types, dt, false, 0, NULL);
}

const struct type *
with_dtype(struct infer *f, const struct type *t, enum dtype dt)
{
	if (t == NULL || t->dtype == dt)
		return t;
	return type_tensor(f->types, dt, t->has_rank, t->rank, t->dims);
}

const struct type *
with_dim(struct infer *f, const struct type *t, uint32_t at, const struct dim *d)
{
	const struct dim *dims[RANK_MAX];

	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = i == at ? d : t->dims[i];
	return tensor_of(f, t->dtype, dims, t->rank);
}

bool
sizes_differ(const struct dim *a, const struct dim *b)
{
	int64_t x = 0, y = 0;
	bool has_x = dim_number(a, &x), has_y = dim_number(b, &y);

	return has_x && has_y ? x != y : x >= 0 && y >= 0 && dim_differ(a, b);
}

bool
axis_in(int64_t axis, uint32_t rank, uint32_t *out)
{
	if (axis < 0)
		axis += rank;
	*out = (uint32_t)axis;
	return axis >= 0 && axis < rank;
}

const struct dim *
dims_product(struct infer *f, const struct dim *const *d, uint32_t from, uint32_t to)
{
	const struct dim *p = dk(f, 1);

	for (uint32_t i = from; i < to; i++)
		p = dim_mul(f->types, p, d[i]);
	return p;
}

/* What Core ML adds to a type says little here: a range is its shape with
 * dims that vary, a state or an optional what it holds. */
static const struct type *
plain(struct infer *f, const struct type *t)
{
	const struct type *e;

	while (t != NULL && (t->tag == TY_ENUM || t->tag == TY_STATE))
		t = t->elem;
	if (t == NULL || t->tag != TY_RANGE)
		return t;
	e = t->elem;
	if (e->tag == TY_IMAGE) {
		struct type image = *e;

		image.rank = t->rank;
		image.dims = t->dims;
		return type_intern(f->types, &image);
	}
	return t->rank > 0 ? type_tensor(f->types, e->dtype, true, t->rank, t->dims) : e;
}

const struct type *
tensor_type(struct infer *f, const struct tensor *t)
{
	const struct dim *few[RANK_MAX], **dims = few;

	if (t->flags & TENSOR_BAD_DIMS)
		return tensor_no_rank(f, t->dtype);
	if (t->rank > RANK_MAX) /* no rule looks at it, declared types are compared */
		dims = arena_array(f->arena, t->rank, sizeof *dims);
	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = dk(f, t->dims[i]);
	return tensor_of(f, t->dtype, dims, t->rank);
}

static const struct binding *
binding_of(const struct infer *f, const struct value *v)
{
	if (v->graph != f->model->main || !(v->flags & VALUE_INPUT))
		return NULL;
	for (uint32_t i = 0; i < f->opts->nbindings; i++)
		if (f->opts->bindings[i].name == v->name)
			return &f->opts->bindings[i];
	return NULL;
}

/* A default of an input can be replaced from IR 4 on: then it says nothing. The official
 * inference does not mind. */
bool
is_default(const struct infer *f, const struct value *v)
{
	return v->flags & VALUE_INPUT && f->model->format_version >= 4;
}

/* First look at a value: its constant, what the user says, what is declared. */
static void
look(struct infer *f, const struct value *v, struct entry *e)
{
	const struct binding *b = binding_of(f, v);
	bool conflict = false;

	e->seen = true;
	if (v->flags & VALUE_LITERAL && v->type != NULL && v->type->tag != TY_TENSOR)
		e->fact.type = v->type;
	else if (v->constant != NULL && v->constant->items == NULL && !is_default(f, v))
		e->fact.type = tensor_type(f, v->constant);
	else if (b != NULL && strcmp(f->model->format, "torchscript") == 0)
		e->fact.type = b->type;
	else if (b != NULL)
		e->fact.type = type_meet(f, b->type, plain(f, v->type), &conflict);
	else if (!f->opts->hide_declared ||
	    (v->producer == NULL && (v->graph->level == 0 || !(v->flags & VALUE_INPUT))))
		e->fact.type = plain(f, v->type);
	/* values of networks are floats, whether it is said or not */
	if (f->model->dialect == DIALECT_NN && is_tensor(e->fact.type) &&
	    e->fact.type->dtype == DT_NONE)
		e->fact.type = with_dtype(f, e->fact.type, DT_F32);
}

static struct entry *
entry_of(struct infer *f, const struct value *v)
{
	struct entry *e = &f->entries[v->id];

	if (!e->seen)
		look(f, v, e);
	return e;
}

const struct fact *
fact_of(struct infer *f, const struct value *v)
{
	return v == NULL ? &nothing : &entry_of(f, v)->fact;
}

const struct value *
operand(const struct node *n, uint32_t i)
{
	return i < n->nin ? n->in[i] : NULL;
}

const struct fact *
operand_fact(struct infer *f, const struct node *n, uint32_t i)
{
	return fact_of(f, operand(n, i));
}

void
set_value(struct infer *f, const struct value *v, struct fact fact)
{
	struct entry *e = entry_of(f, v);
	bool conflict = false;

	if (fact.type != NULL)
		e->fact.type = type_meet(f, fact.type, e->fact.type, &conflict);
	e->fact.val = fact.val;
}

static void
report(struct infer *f, const struct node *n, enum diag_id id, const char *text)
{
	char ref[NODE_REF];
	enum infer_found found = f->next;

	f->next = FOUND_BY_DIMS;
	if (f->opts->found != NULL)
		f->opts->found(f->opts->arg, n, id, text, found);
	else
		diag_add(f->ctx, id, &(struct where){ .loc = n->loc, .node = node_ref(n, ref) },
		    "%s: %s", n->type->s, text);
}

enum { SAID = 400 };

/* Move what a sink holds into buf, or otherwise: what is said next may leave with the
 * memory it ends, and the sink would stay. */
static const char *
said(struct sink *out, char *buf, const char *otherwise)
{
	snprintf(buf, SAID, "%s", out->err == 0 ? out->buf : otherwise);
	sink_fini(out);
	return buf;
}

static void
report_conflict(struct infer *f, const struct node *n, const struct type *declared,
	const struct type *found, const struct value *v)
{
	char buf[SAID];
	struct sink out;
	bool by_rank;

	sink_init(&out, -1);
	sink_puts(&out, "'");
	sink_safe(&out, v->name->s, v->name->len, 60);
	sink_puts(&out, "' is declared ");
	type_print(&out, declared);
	sink_puts(&out, ", its operands give ");
	type_print(&out, found);
	sink_write(&out, "", 1);
	by_rank = !is_shaped(declared) || !is_shaped(found) || declared->rank != found->rank;
	f->next = declared->tag == found->tag && is_vague(found) &&
	    !any_vague(f, n->in, n->nin) && infer_onnx_knows(n) < (by_rank ? 1 : 2) ?
	    FOUND_OURS : by_rank ? FOUND_BY_RANK : FOUND_BY_DIMS;
	report(f, n, DIAG_SHAPE_CONFLICT, said(&out, buf, "a declared type is wrong"));
}

void
set_output(struct infer *f, const struct node *n, uint32_t i, const struct type *type,
	const struct val *val)
{
	const struct type *declared;
	bool conflict = false;
	struct entry *e;

	if (i >= n->nout || n->out[i] == NULL)
		return;
	e = entry_of(f, n->out[i]);
	declared = e->fact.type;
	if (type != NULL)
		e->fact.type = type_meet(f, declared, type, &conflict);
	if (conflict && !f->quiet)
		report_conflict(f, n, declared, type, n->out[i]);
	if (f->opts->constants_only && (n->op == NULL || n->op->sem != SEM_CONST))
		val = NULL;
	e->fact.val = conflict ? NULL : val;
}

void
lose(struct infer *f, const struct node *n, const char *fmt, ...)
{
	char buf[200];
	va_list ap;

	if (f->lost[n->id] != NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	f->lost[n->id] = arena_strdup(f->arena, buf, strlen(buf));
}

struct infer *
ours(struct infer *f)
{
	f->next = FOUND_OURS;
	return f;
}

void
misfit(struct infer *f, const struct node *n, const char *fmt, ...)
{
	char buf[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	if (!f->quiet)
		report(f, n, DIAG_SHAPE_MISFIT, buf);
	lose(f, n, "%s", buf);
}

void
misfit_types(struct infer *f, const struct node *n, const struct type *a, const struct type *b,
	const char *text)
{
	char buf[SAID];
	struct sink out;

	sink_init(&out, -1);
	type_print(&out, a);
	sink_puts(&out, " and ");
	type_print(&out, b);
	sink_puts(&out, " ");
	sink_puts(&out, text);
	sink_write(&out, "", 1);
	misfit(f, n, "%s", said(&out, buf, text));
}

/* --- combining -------------------------------------------------------- */

/* Files say -1 where a dim may be anything; it is a size like others, as in the
 * official inference, until somebody says what it is. */
static bool
gives_way(const struct infer *f, const struct dim *d)
{
	int64_t n;

	return f->opts->sized && dim_number(d, &n) && n < 0;
}

/* Tensors: dims one by one. */
static const struct type *
tensor_meet(struct infer *f, const struct type *a, const struct type *b, bool *conflict)
{
	const struct dim *dims[RANK_MAX];
	enum dtype dt = a->dtype != DT_NONE ? a->dtype : b->dtype;

	if (a->dtype != b->dtype && a->dtype != DT_NONE && b->dtype != DT_NONE)
		*conflict = true;
	*conflict |= a->has_rank && b->has_rank && a->rank != b->rank;
	if (*conflict || !b->has_rank || b->rank > RANK_MAX)
		return a->dtype == dt ? a : with_dtype(f, a, dt);
	if (!a->has_rank)
		return with_dtype(f, b, dt);
	for (uint32_t i = 0; i < a->rank; i++) {
		const struct dim *x = a->dims[i], *y = b->dims[i];

		*conflict |= sizes_differ(x, y) && !gives_way(f, x) && !gives_way(f, y);
		dims[i] = gives_way(f, x) ? y : gives_way(f, y) ? x : dim_meet(x, y);
	}
	return *conflict ? a : type_tensor(f->types, dt, true, a->rank, dims);
}

/* Python's types: lists and tuples item by item; an optional one that is there,
 * and what may be anything, are what the other says. NULL: no such types. */
static const struct type *
python_meet(struct infer *f, const struct type *a, const struct type *b, bool *conflict)
{
	const struct type **items;
	const struct dim *len;
	struct type t = *a;

	if (a->tag == TY_OPAQUE || (a->tag == TY_OPT && b->tag != TY_OPT))
		return a->tag == TY_OPT ? type_meet(f, a->elem, b, conflict) : b;
	if (b->tag == TY_OPAQUE || (b->tag == TY_OPT && a->tag != TY_OPT))
		return b->tag == TY_OPT ? type_meet(f, a, b->elem, conflict) : a;
	if (a->tag != b->tag)
		return NULL;
	if (a->tag == TY_LIST) {
		len = dim_meet(a->dims[0], b->dims[0]);
		t.dims = &len;
		t.elem = type_meet(f, a->elem, b->elem, conflict);
		return type_intern(f->types, &t);
	}
	if (a->tag != TY_TUPLE || a->nitems != b->nitems)
		return NULL;
	items = arena_array(f->arena, a->nitems, sizeof *items);
	for (uint32_t i = 0; i < a->nitems; i++)
		items[i] = type_meet(f, a->items[i], b->items[i], conflict);
	t.items = items;
	return type_intern(f->types, &t);
}

const struct type *
type_meet(struct infer *f, const struct type *a, const struct type *b, bool *conflict)
{
	const struct type *met;
	struct type t;

	if (a == b || b == NULL || b->tag == TY_NONE || b->tag == TY_BAD)
		return a;
	if (a == NULL || a->tag == TY_NONE || a->tag == TY_BAD)
		return b;
	if (is_tensor(a) && is_tensor(b))
		return tensor_meet(f, a, b, conflict);
	if (f->model->dialect == DIALECT_ATEN &&
	    (met = python_meet(f, a, b, conflict)) != NULL)
		return met;
	*conflict |= f->model->dialect == DIALECT_ONNX && a->tag != b->tag;
	if (a->tag != b->tag || (a->tag != TY_SEQ && a->tag != TY_OPT && a->tag != TY_MAP))
		return a;
	t = *a;
	t.elem = type_meet(f, a->elem, b->elem, conflict);
	return type_intern(f->types, &t);
}

static const struct type *
list_join(struct infer *f, const struct type *a, const struct type *b)
{
	const struct dim *len = dim_join(f->types, a->dims[0], b->dims[0]);
	struct type t = *a;

	t.elem = type_join(f, a->elem, b->elem);
	t.dims = &len;
	return type_intern(f->types, &t);
}

const struct type *
type_join(struct infer *f, const struct type *a, const struct type *b)
{
	const struct dim *dims[RANK_MAX];
	struct type t;

	if (a == b || a == NULL || b == NULL)
		return a == b ? a : NULL;
	if (a->tag == b->tag && (a->tag == TY_SEQ || a->tag == TY_OPT)) {
		t = *a;
		t.elem = type_join(f, a->elem, b->elem);
		return type_intern(f->types, &t);
	}
	if (a->tag == TY_LIST && b->tag == TY_LIST)
		return list_join(f, a, b);
	if (!is_tensor(a) || !is_tensor(b) || a->dtype != b->dtype)
		return NULL;
	if (!is_shaped(a) || !is_shaped(b) || a->rank != b->rank)
		return tensor_no_rank(f, a->dtype);
	for (uint32_t i = 0; i < a->rank; i++)
		dims[i] = dim_join(f->types, a->dims[i], b->dims[i]);
	return tensor_of(f, a->dtype, dims, a->rank);
}
