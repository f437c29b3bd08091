/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/sink.h"
#include "convert/inplace.h"
#include "convert/prefill.h"
#include "ir/graph.h"
#include "ir/type.h"
#include "ir/wanted.h"

struct filling {
	struct arena *a;
	const struct model *m;
	struct prefill *list;
	uint32_t n;
};

/* Element types as ct.TensorType takes them: of what Core ML's features do not have,
 * what the converter would make of it. */
static const char *
element(enum dtype t)
{
	static const struct { enum dtype from; const char *to; } names[] = {
		{ DT_F32, "f32" }, { DT_F64, "f32" }, { DT_F16, "f16" }, { DT_BOOL, "bool" },
		{ DT_I64, "i32" }, { DT_I32, "i32" }, { DT_I16, "i32" }, { DT_U8, "i32" },
		{ DT_I8, "i8" }
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].from == t)
			return names[i].to;
	return "auto";
}

static void
put_bounds(struct sink *out, int64_t lo, bool has_hi, int64_t hi)
{
	sink_printf(out, "%" PRId64 "..", lo);
	if (has_hi)
		sink_i64(out, hi);
	else
		sink_puts(out, "inf");
}

/* A symbol with the range that the model states; false: it states none. */
static bool
put_symbol(struct sink *out, const struct model *m, const struct str *sym)
{
	for (uint32_t i = 0; i < m->nsymbols; i++) {
		const struct symbol *s = &m->symbols[i];

		if (s->name != sym)
			continue;
		sink_printf(out, "%s=", sym->s);
		put_bounds(out, s->has_lo ? s->lo : 1, s->has_hi, s->hi);
		return true;
	}
	sink_puts(out, "?");
	return false;
}

/* False when nobody knows the size. */
static bool
put_dim(struct sink *out, const struct model *m, const struct dim *d)
{
	if (d->kind == DIM_SYM)
		return put_symbol(out, m, d->sym);
	if (d->kind == DIM_CONST && d->lo >= 0)
		sink_i64(out, d->lo);
	else if (d->kind == DIM_RANGE)
		put_bounds(out, d->lo, d->hi >= 0, d->hi);
	else
		sink_puts(out, "?");
	return d->kind == DIM_RANGE || (d->kind == DIM_CONST && d->lo >= 0);
}

/* ":f32[1,3]"; false: something in it is unknown. */
static bool
put_tensor(struct sink *out, const struct model *m, const struct type *t, const char *dtype)
{
	bool whole = t != NULL && t->has_rank;

	sink_printf(out, ":%s[", dtype);
	if (!whole)
		sink_puts(out, "?");
	for (uint32_t i = 0; whole && i < t->rank; i++) {
		sink_puts(out, i > 0 ? "," : "");
		whole = put_dim(out, m, t->dims[i]);
	}
	sink_puts(out, "]");
	return whole;
}

static void
add_tensor(struct filling *f, const char *name, const struct type *t)
{
	struct prefill p = { .name = name };
	struct sink text;

	sink_init(&text, -1);
	sink_puts(&text, name);
	p.whole = put_tensor(&text, f->m, t, t != NULL ? element(t->dtype) : "auto");
	p.spec = arena_strdup(f->a, text.buf, text.n);
	sink_fini(&text);
	f->list = arena_grow(f->a, f->list, f->n, sizeof *f->list);
	f->list[f->n++] = p;
}

/* How many of a list the model takes: what it is made of, else how it is taken apart. */
static uint32_t
list_length(const struct model *m, const struct value *v, const struct type *t)
{
	uint32_t n = 0;

	if (t->rank == 1 && t->dims[0]->kind == DIM_CONST && t->dims[0]->lo < 64)
		return (uint32_t)t->dims[0]->lo;
	for (uint32_t i = 0; v != NULL && i < m->main->nnodes; i++) {
		const struct node *x = m->main->nodes[i];

		if (x->nin == 0 || x->in[0] != v)
			continue;
		n += strstr(x->type->s, "__getitem__") != NULL;
		if (strstr(x->type->s, "ListUnpack") != NULL)
			return x->nout;
	}
	return n;
}

/* Nested inputs are flattened; v: of which the type is, or NULL. */
static void
add_type(struct filling *f, const char *name, const struct value *v, const struct type *t,
    unsigned depth)
{
	bool tuple = t != NULL && t->tag == TY_TUPLE;
	bool list = t != NULL && t->tag == TY_LIST;
	uint32_t n = tuple ? t->nitems : list ? list_length(f->m, v, t) : 0;

	if (n > 0 && depth < 4)
		for (uint32_t i = 0; i < n; i++)
			add_type(f, arena_printf(f->a, "%s_%" PRIu32, name, i), NULL,
			    tuple ? t->items[i] : t->elem, depth + 1);
	else
		add_tensor(f, name, t != NULL && t->tag == TY_TENSOR ? t : NULL);
}

static uint32_t
count_tensors(const struct type *t, unsigned depth)
{
	uint32_t n = 0;

	if (t == NULL || t->tag != TY_TUPLE || depth == 4)
		return 1;
	for (uint32_t i = 0; i < t->nitems; i++)
		n += count_tensors(t->items[i], depth + 1);
	return n;
}

/* Of the given ones, those that are called NAME_0, NAME_1, ... */
static uint32_t
count_named(const char *name, const struct wanted *given, uint32_t n)
{
	size_t len = strlen(name);
	uint32_t k = 0;

	while (k < n && strncmp(given[k].name, name, len) == 0 && given[k].name[len] == '_')
		k++;
	return k > 0 ? k : 1;
}

const uint32_t *
prefill_groups(struct arena *a, const struct model *m, const struct wanted *given, uint32_t ngiven,
    uint32_t *n)
{
	bool nested = false;
	uint32_t *sizes, at = 0;

	*n = 0;
	if (m == NULL || m->main == NULL || prefill_format(m) != CONVERT_TORCHSCRIPT)
		return NULL;
	sizes = arena_array(a, m->main->ninputs, sizeof *sizes);
	for (uint32_t i = 0; i < m->main->ninputs; i++) {
		const struct value *v = m->main->inputs[i];
		bool tuple = v->type != NULL && v->type->tag == TY_TUPLE;
		bool list = v->type != NULL && v->type->tag == TY_LIST;
		uint32_t k = tuple ? count_tensors(v->type, 0) : list && at < ngiven ?
		    count_named(v->name->s, given + at, ngiven - at) : 1;

		sizes[(*n)++] = tuple || list ? k : 0;
		nested |= tuple || list;
		at += k;
	}
	return nested && at == ngiven ? sizes : NULL;
}

/* Inputs of a program that are no tensors are written in it, or ordering alone. */
static bool
is_data(const struct graph *g, const struct value *v)
{
	for (uint32_t i = 0; i < g->nroles; i++)
		if (!g->roles[i].output && g->roles[i].value == v)
			return g->roles[i].kind == ROLE_USER;
	return true;
}

struct prefill *
prefill_inputs(struct arena *a, const struct model *m, uint32_t *n)
{
	struct filling f = { .a = a, .m = m };

	for (uint32_t i = 0; m != NULL && m->main != NULL && i < m->main->ninputs; i++) {
		const struct value *v = m->main->inputs[i];

		if (is_data(m->main, v))
			add_type(&f, v->name->s, v, v->type, 0);
	}
	*n = f.n;
	return f.list;
}

/* The buffer that a value is a part of, or NULL. */
static const struct value *
buffer_of(const struct value *v, uint32_t most)
{
	v = v != NULL ? inplace_base(v, most) : NULL;
	return v != NULL && v->flags & VALUE_INITIALIZER ? v : NULL;
}

static void
add_state(struct sink *out, const struct model *m, const struct value *v, const char *name)
{
	sink_printf(out, "%sstate:%s", out->n > 0 ? "," : "", name);
	put_tensor(out, m, v->type, "f16");
}

/* The input that holds a buffer, by its value or by what it holds. */
static const struct role *
holder(const struct graph *g, const struct value *v, const struct str *target)
{
	for (const struct role *r = g->roles; r < g->roles + g->nroles; r++)
		if (!r->output && r->value != NULL && r->target != NULL &&
		    (r->value == v || r->target == target))
			return r;
	return NULL;
}

/* Signatures name the buffers that are written to. */
static void
states_of_roles(struct sink *out, const struct model *m, bool *seen)
{
	const struct graph *g = m->main;

	for (uint32_t i = 0; i < g->nroles; i++) {
		const struct role *r = g->roles[i].kind == ROLE_BUFFER_MUTATION &&
		    g->roles[i].target != NULL ? holder(g, NULL, g->roles[i].target) : NULL;

		if (r == NULL || seen[r->value->id])
			continue;
		seen[r->value->id] = true;
		add_state(out, m, r->value, r->target->s);
	}
}

/* Writing in place, through views: TorchScript, programs exported for training. */
static void
states_of_nodes(struct sink *out, const struct model *m, bool *seen)
{
	for (uint32_t i = 0; i < m->main->nnodes; i++) {
		const struct node *n = m->main->nodes[i];
		const struct value *v = inplace_writes(n) ?
		    buffer_of(n->in[0], m->main->nnodes) : NULL;
		const struct role *r = v != NULL ? holder(m->main, v, NULL) : NULL;

		if (v == NULL || seen[v->id])
			continue;
		seen[v->id] = true;
		add_state(out, m, v, r != NULL ? r->target->s : v->name->s);
	}
}

const char *
prefill_states(struct arena *a, const struct model *m)
{
	const char *text = "";
	struct sink out;
	bool *seen;

	if (m == NULL || m->main == NULL || m->dialect != DIALECT_ATEN)
		return text;
	seen = arena_array(a, m->nvalues + 1, sizeof *seen);
	sink_init(&out, -1);
	states_of_roles(&out, m, seen);
	states_of_nodes(&out, m, seen);
	if (out.n > 0)
		text = arena_strdup(a, out.buf, out.n);
	sink_fini(&out);
	return text;
}

/* What is given for the input of that name, or NULL. */
static const char *
given_for(struct arena *a, const struct convert_options *o, const char *name)
{
	uint32_t column;
	struct wanted w;

	for (uint32_t i = 0; i < o->ninputs; i++)
		if (wanted_read(&w, a, o->inputs[i], &column) && w.name != NULL &&
		    strcmp(w.name, name) == 0)
			return o->inputs[i];
	return NULL;
}

bool
prefill_options(struct arena *a, struct convert_options *o, enum convert_format format,
    const struct model *m)
{
	uint32_t n, named = 0;
	struct prefill *list = format == CONVERT_TORCHSCRIPT ? prefill_inputs(a, m, &n) : NULL;
	const char **all;

	if (list == NULL)
		return false;
	all = arena_array(a, n, sizeof *all);
	for (uint32_t i = 0; i < n; i++) {
		all[i] = given_for(a, o, list[i].name);
		named += all[i] != NULL;
		if (all[i] == NULL && list[i].whole)
			all[i] = list[i].spec;
	}
	/* others go by their position: names of the package's own */
	for (uint32_t i = 0; i < n; i++)
		if (named < o->ninputs || all[i] == NULL)
			return false;
	o->inputs = all;
	o->ninputs = n;
	return true;
}

enum convert_format
prefill_format(const struct model *m)
{
	static const struct { const char *word; enum convert_format format; } known[] = {
		{ "torchscript", CONVERT_TORCHSCRIPT }, { "pt2", CONVERT_PT2 },
		{ "onnx", CONVERT_ONNX }
	};

	for (size_t i = 0; m != NULL && i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].word, m->format) == 0)
			return known[i].format;
	return CONVERT_OTHER;
}

const char *
prefill_unfit(struct arena *a, const struct model *m, const char *path, enum reason *reason)
{
	bool made = m != NULL && (m->dialect == DIALECT_MIL || m->dialect == DIALECT_NN);

	*reason = made ? REASON_OPTION : REASON_LOAD;
	return arena_printf(a, made ? "%s is a model of Core ML already: there is nothing to "
	    "convert" : "%s is neither TorchScript nor an exported program: there is nothing to "
	    "convert", path);
}
