/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/nograph.h"
#include "read/torch/torch_object.h"

void
nograph_begin(struct model *m, const char *kind, const char *encoding)
{
	m->dialect = DIALECT_ATEN;
	m->kind = kind;
	m->encoding = encoding;
	graph_new(m, GRAPH_MAIN, NULL, NULL);
}

static const struct type *
type_of(struct model *m, const struct tensor *t)
{
	struct type type = { .tag = t->sparse != NULL ? TY_SPARSE : TY_TENSOR, .dtype = t->dtype,
	    .has_rank = true, .rank = t->rank };
	const struct dim **dims = arena_array(&m->arena, t->rank, sizeof *dims);

	for (uint32_t i = 0; i < t->rank; i++)
		dims[i] = dim_const(&m->types, t->dims[i]);
	type.dims = dims;
	return type_intern(&m->types, &type);
}

void
nograph_add(struct model *m, const struct str *name, struct tensor *t)
{
	struct value *v = graph_add_value(m, m->main, name,
	    VALUE_INITIALIZER | (t->sparse != NULL ? VALUE_SPARSE : 0));

	v->constant = t;
	v->type = type_of(m, t);
	v->loc = t->loc;
}

struct adding {
	struct model *m;
	struct torch_object *o;
};

static bool
add_value(void *arg, const char *name, struct pickle_value *v)
{
	struct adding *a = arg;
	const struct str *s = str_internz(&a->m->strs, *name != '\0' ? name : "tensor");
	struct tensor *t = torch_tensor(&a->o->store, v, s);

	if (t != NULL)
		nograph_add(a->m, s, t);
	return true;
}

static void
add_meta(struct model *m, const char *key, struct sink *text)
{
	if (text->n > 0)
		model_add_meta(m, str_internz(&m->strs, key),
		    str_intern(&m->strs, text->buf, (uint32_t)text->n));
	text->n = 0;
}

/* The first keys of a dictionary that are no tensors, with small values. */
static void
add_keys(struct model *m, struct torch_object *o, struct sink *text)
{
	enum { SHOWN = 8 };
	uint64_t n;
	struct pickle_value **pairs = pickle_pairs(o->pickle.root, &n), *v;
	const char *key;

	for (uint64_t i = 0, shown = 0; i + 1 < n && shown < SHOWN; i += 2) {
		key = pickle_str(pairs[i]);
		v = pairs[i + 1];
		if (key == NULL || torch_is_tensor(v))
			continue;
		sink_printf(text, "%s%s", shown++ > 0 ? ", " : "", key);
		if (v->kind == PK_INT || v->kind == PK_FLOAT || v->kind == PK_BOOL ||
		    (v->kind == PK_STR && v->n < 40)) {
			sink_puts(text, " ");
			torch_object_describe(o, text, v);
		}
	}
	add_meta(m, "keys", text);
}

void
nograph_add_object(struct model *m, struct torch_object *o, struct sink *text)
{
	struct adding a = { m, o };
	const struct torch_walk walk = { add_value, &a };
	const struct pickle_value *root = o->pickle.root, *callee;

	torch_object_walk(o, &walk, o->pickle.root);
	callee = root->kind == PK_CALL ? root->v.call->callee : NULL;
	if (callee != NULL && callee->kind == PK_GLOBAL && !torch_is_tensor(root) &&
	    strcmp(callee->v.global.name, "OrderedDict") != 0) {
		sink_printf(text, "%s.%s", callee->v.global.module, callee->v.global.name);
		add_meta(m, "class", text);
	}
	add_keys(m, o, text);
	sink_printf(text, "%u", o->pickle.protocol);
	add_meta(m, "pickle_protocol", text);
	m->partial |= o->pickle.problem != NULL;
}

void
nograph_end(struct ctx *ctx, struct model *m, const char *what, const char *advice)
{
	const struct decl_table none = { NULL, 0 };

	m->no_graph = what;
	m->no_graph_advice = advice;
	model_bind(m, &m->arena, &none);
	diag_add(ctx, DIAG_NO_GRAPH, &(struct where){ .loc = { m->source, 0, 0 } },
	    "%s holds no graph: it is %s%s%s", m->source->name, what,
	    *advice != '\0' ? ". To do: " : "", advice);
}
