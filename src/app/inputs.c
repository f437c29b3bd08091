/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "app/inputs.h"
#include "app/session.h"
#include "base/sink.h"
#include "ir/build.h"

struct parsed {
	const char *name;   /* not terminated */
	uint32_t nname;     /* 0: no name */
	const struct type *type;
	uint32_t column;    /* of the first wrong character when type is NULL */
};

/* Offset of the colon between name and type; -1 when there is none. Names may
 * hold colons themselves (images:0). */
static long
find_colon(const char *s)
{
	size_t end = strcspn(s, "[(*{");
	long i;

	for (i = (long)end - 1; i >= 0 && s[i] != ':'; i--)
		continue;
	if (i < 0 && strchr(s, ':') != NULL)
		return strrchr(s, ':') - s; /* a name with brackets */
	return i;
}

/* n=1..8: the symbol with a range, which the model learns. 1..inf: a range. */
static const struct dim *
read_dim(struct model *m, const struct dim *d)
{
	const char *s, *eq;
	struct symbol *sym;
	const struct type *t;
	uint32_t at;

	if (d->kind != DIM_SYM)
		return d;
	s = d->sym->s;
	eq = strchr(s, '=');
	s = eq != NULL ? eq + 1 : s;
	at = (uint32_t)strlen(s);
	at -= at > 5 && strcmp(s + at - 5, "..inf") == 0 ? 3 : 0;
	s = arena_printf(&m->arena, "?[%.*s]", (int)at, s);
	t = type_parse(&m->types, &m->strs, s, (uint32_t)strlen(s), &at);
	if (t == NULL || t->rank != 1 || t->dims[0]->kind != DIM_RANGE)
		return d;
	if (eq == NULL)
		return t->dims[0];
	sym = model_add_symbol(m, str_intern(&m->strs, d->sym->s, (uint32_t)(eq - d->sym->s)));
	sym->has_lo = true;
	sym->lo = t->dims[0]->lo;
	sym->has_hi = t->dims[0]->hi >= 0;
	sym->hi = t->dims[0]->hi;
	return dim_sym(&m->types, sym->name);
}

static const struct type *
read_dims(struct model *m, const struct type *type)
{
	struct type t = *type;
	const struct dim **dims = arena_array(&m->arena, t.rank, sizeof *dims);

	for (uint32_t i = 0; i < t.rank; i++)
		dims[i] = read_dim(m, type->dims[i]);
	t.dims = dims;
	return type_intern(&m->types, &t);
}

/* The end of a range, 8..1, that is below its beginning; NULL: there is none. */
static const char *
backwards(const char *text)
{
	const char *s = text;

	while ((s = strstr(s, "..")) != NULL) {
		const char *from = s, *to = s += 2;
		char *end;
		long long hi = strtoll(to, &end, 10);

		while (from > text && from[-1] >= '0' && from[-1] <= '9')
			from--;
		if (end != to && hi >= 0 && from != to - 2 && strtoll(from, NULL, 10) > hi)
			return to;
	}
	return NULL;
}

static struct parsed
parse(struct model *m, const char *text)
{
	long colon = find_colon(text);
	struct parsed p = { .name = text, .nname = colon > 0 ? (uint32_t)colon : 0 };
	const char *s = text + colon + 1;
	uint32_t at = 0, shift = 0;

	if (strncmp(s, "auto[", 5) == 0 || strncmp(s, "auto*", 5) == 0) {
		s = arena_printf(&m->arena, "?%s", s + 4);
		shift = 3;
	}
	p.type = type_parse(&m->types, &m->strs, s, (uint32_t)strlen(s), &at);
	if (p.type != NULL && p.type->tag == TY_NONE)
		p.type = NULL;
	p.column = (uint32_t)(colon + 1) + at + (at > 0 ? shift : 0);
	if (p.type != NULL && p.type->tag == TY_TENSOR)
		p.type = read_dims(m, p.type);
	if (p.type != NULL && (s = backwards(text + colon + 1)) != NULL) {
		p.type = NULL;
		p.column = (uint32_t)(s - text);
	}
	return p;
}

struct checking { struct model *m; const char *text; struct parsed result; };

static void
check(void *arg)
{
	struct checking *c = arg;

	c->result = parse(c->m, c->text);
}

bool
input_check(const char *text, uint32_t *column)
{
	struct checking c = { .text = text };
	struct ctx ctx;

	ctx_init(&ctx);
	c.m = model_new(&ctx, DIALECT_ONNX, "");
	if (c.m != NULL)
		ctx_protect(&ctx, check, &c);
	*column = c.result.column;
	model_free(c.m);
	ctx_fini(&ctx);
	return c.result.type != NULL;
}

/* May the symbol be that number, by its stated range? */
static bool
may_be(const struct model *m, const struct dim *sym, int64_t v)
{
	for (uint32_t i = 0; i < m->nsymbols; i++)
		if (m->symbols[i].name == sym->sym &&
		    ((m->symbols[i].has_lo && v < m->symbols[i].lo) ||
		    (m->symbols[i].has_hi && v > m->symbols[i].hi)))
			return false;
	return true;
}

/* The dim to go on with, or NULL when they contradict each other. */
static const struct dim *
join_dim(const struct model *m, const struct dim *declared, const struct dim *given)
{
	bool within;

	if (given->kind == DIM_UNKNOWN || declared == given)
		return declared;
	if (declared->kind == DIM_CONST && declared->lo < 0)
		return given;
	if (declared->kind == DIM_SYM && given->kind == DIM_CONST &&
	    !may_be(m, declared, given->lo))
		return NULL;
	if (declared->kind != DIM_CONST || given->kind == DIM_SYM)
		return declared->kind == DIM_CONST ? declared : given;
	within = given->kind == DIM_RANGE && given->lo <= declared->lo &&
	    (given->hi < 0 || declared->lo <= given->hi);
	for (uint32_t i = 0; given->kind == DIM_CHOICE && i < given->n; i++)
		within |= given->list[i] == declared->lo;
	return within ? declared : NULL;
}

static const struct type *
join(struct model *m, const struct type *declared, const struct type *given)
{
	struct type t = *given;
	const struct dim **dims;

	if (declared == NULL || declared->tag == TY_NONE || declared == given)
		return given;
	/* what a traced model was traced with is an example */
	if (strcmp(m->format, "torchscript") == 0)
		return given;
	if (declared->tag != TY_TENSOR || given->tag != TY_TENSOR)
		return NULL;
	if (t.dtype == DT_NONE)
		t.dtype = declared->dtype;
	else if (declared->dtype != DT_NONE && declared->dtype != t.dtype)
		return NULL;
	if (!t.has_rank || !declared->has_rank)
		return type_intern(&m->types, t.has_rank ? &t : declared);
	if (t.rank != declared->rank)
		return NULL;
	dims = arena_array(&m->arena, t.rank, sizeof *dims);
	for (uint32_t i = 0; i < t.rank; i++)
		if ((dims[i] = join_dim(m, declared->dims[i], given->dims[i])) == NULL)
			return NULL;
	t.dims = dims;
	return type_intern(&m->types, &t);
}

/* The input of that name, or the first one not given yet. */
static struct value *
find_input(const struct session *s, const struct parsed *p)
{
	const struct graph *g = s->model->main;

	for (uint32_t i = 0; g != NULL && i < g->ninputs; i++) {
		const struct str *name = g->inputs[i]->name;

		if (p->nname == 0 ? input_given(s, g->inputs[i]) == NULL :
		    name->len == p->nname && memcmp(name->s, p->name, name->len) == 0)
			return g->inputs[i];
	}
	return NULL;
}

/* ab_0 is the first of the tuple or list ab: conversions take these one by one. */
static bool
is_part(const struct session *s, const struct parsed *p)
{
	const struct graph *g = s->model->main;

	for (uint32_t i = 0; g != NULL && i < g->ninputs; i++) {
		const struct value *v = g->inputs[i];

		if (v->type != NULL && (v->type->tag == TY_TUPLE || v->type->tag == TY_LIST) &&
		    p->nname > v->name->len && p->name[v->name->len] == '_' &&
		    memcmp(v->name->s, p->name, v->name->len) == 0)
			return true;
	}
	return false;
}

static void
report_unknown(struct session *s, const struct parsed *p)
{
	const struct graph *g = s->model->main;
	uint32_t n = g != NULL ? g->ninputs : 0;
	struct sink names;

	if (p->nname == 0) {
		diag_add(&s->ctx, DIAG_INPUT_UNKNOWN, NULL, "more types are given than the model "
		    "has inputs (%u); --input=%s was not used", n, p->name);
		return;
	}
	sink_init(&names, -1);
	for (uint32_t i = 0; i < n && i < 8; i++) {
		sink_puts(&names, i > 0 ? ", " : "");
		sink_write(&names, g->inputs[i]->name->s, g->inputs[i]->name->len);
	}
	sink_puts(&names, n > 8 ? ", ..." : "");
	diag_add(&s->ctx, DIAG_INPUT_UNKNOWN, NULL, "the model has no input '%.*s'; it has %.*s",
	    (int)p->nname, p->name, n > 0 ? (int)names.n : 4, n > 0 ? names.buf : "none");
	sink_fini(&names);
}

static void
report_conflict(struct session *s, const struct value *v, const struct type *given)
{
	struct sink a, b;

	sink_init(&a, -1);
	sink_init(&b, -1);
	type_print(&a, v->type);
	type_print(&b, given);
	diag_add(&s->ctx, DIAG_INPUT_TYPE, NULL, "input '%s' is declared as %.*s, which %.*s "
	    "contradicts; the declared type was kept", v->name->s, (int)a.n, a.buf, (int)b.n,
	    b.buf);
	sink_fini(&a);
	sink_fini(&b);
}

/* Core ML states its interface a second time. */
static void
apply_feature(struct model *m, const struct str *name, const struct type *type)
{
	for (uint32_t i = 0; i < m->nfeatures; i++)
		if (m->features[i].role == FEATURE_INPUT && m->features[i].name == name)
			m->features[i].type = type;
}

/* Conversions of TorchScript may give inputs names of their own, by position: the i-th,
 * when as many are given as there are inputs and none has its name. */
static struct value *
renamed(struct session *s, uint32_t i, const struct parsed *p)
{
	const struct graph *g = s->model->main;
	struct value *v;

	if (g == NULL || strcmp(s->model->format, "torchscript") != 0 ||
	    g->ninputs != s->options->ninputs)
		return NULL;
	v = g->inputs[i];
	for (uint32_t k = 0; k < g->ninputs; k++) {
		struct parsed other = parse(s->model, s->options->inputs[k]);

		if (find_input(s, &other) == v)
			return NULL;
	}
	diag_add(&s->ctx, DIAG_INPUT_RENAMED, NULL, "'%.*s' stands for the input '%s', by "
	    "its position", (int)p->nname, p->name, v->name->s);
	return v;
}

static void
apply(struct session *s, uint32_t i)
{
	struct parsed p = parse(s->model, s->options->inputs[i]);
	struct value *v = p.type != NULL ? find_input(s, &p) : NULL;
	const struct type *type;

	if (v == NULL && p.type != NULL && p.nname > 0)
		v = renamed(s, i, &p);

	if (v == NULL) {
		if (!is_part(s, &p))
			report_unknown(s, &p);
		return;
	}
	if ((type = join(s->model, v->type, p.type)) == NULL) {
		report_conflict(s, v, p.type);
		return;
	}
	s->given = arena_grow(&s->arena, s->given, s->ngiven, sizeof *s->given);
	s->given[s->ngiven++] = (struct given){ v, v->type };
	v->type = type;
	apply_feature(s->model, v->name, type);
}

void
inputs_apply(struct session *s)
{
	for (uint32_t i = 0; i < s->options->ninputs; i++)
		apply(s, i);
}

const struct given *
input_given(const struct session *s, const struct value *v)
{
	for (uint32_t i = 0; i < s->ngiven; i++)
		if (s->given[i].value == v)
			return &s->given[i];
	return NULL;
}
