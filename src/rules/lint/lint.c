/* SPDX-License-Identifier: Apache-2.0 */
/* The entry of lint, and how findings are made. A finding's path is built
 * from the graphs around it when it is reported: "graph.node[3].attribute[0].g
 * .node[1].input[0]". Of one kind at most FLOOD are reported one by one. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ir/frame.h"
#include "rules/lint/lint_state.h"

enum { FLOOD = 25 };

/* Text that grows in the arena. */
struct text { struct arena *a; char *s; uint32_t n; };

static void
put(struct text *t, const char *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		t->s = arena_grow(t->a, t->s, t->n, 1);
		t->s[t->n++] = s[i];
	}
}

__attribute__((format(printf, 2, 3))) static void
putf(struct text *t, const char *fmt, ...)
{
	char buf[128];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	if (n > 0)
		put(t, buf, (uint32_t)n < sizeof buf ? (uint32_t)n : (uint32_t)sizeof buf - 1);
}

static uint32_t
position(struct graph *const *list, uint32_t n, const struct graph *g)
{
	for (uint32_t i = 0; i < n; i++)
		if (list[i] == g)
			return i;
	return 0;
}

/* A graph that is in no node. */
static void
put_root(struct text *t, const struct model *m, const struct graph *g)
{
	uint32_t i;

	if (m->dialect == DIALECT_MIL) {
		putf(t, "functions[%.100s]", g->name->s);
	} else if (g == m->main) {
		put(t, "graph", 5);
	} else if (g->kind == GRAPH_TRAINING) {
		i = position(m->training, m->ntraining, g);
		putf(t, "training_info[%" PRIu32 "].%.20s", i / 2,
		    g->role != NULL ? g->role->s : "graph");
	} else if (g->function != NULL) {
		putf(t, "functions[%" PRIu32 "]", position(m->functions, m->nfunctions, g));
	} else {
		put(t, "attribute_proto.g", 17);
	}
}

/* The attribute of n that holds region g: ".attribute[1].g". */
static void
put_region(struct text *t, const struct node *n, const struct graph *g)
{
	for (uint32_t i = 0; i < n->nregions && n->nattrs == 0; i++)
		if (n->regions[i] == g)
			putf(t, ".blocks[%" PRIu32 "]", i);
	for (uint32_t i = 0; i < n->nattrs; i++) {
		const struct attr *a = &n->attrs[i];

		if (a->kind == ATTR_GRAPH && a->v.g == g)
			putf(t, ".attribute[%" PRIu32 "].g", i);
		for (uint32_t j = 0; a->kind == ATTR_GRAPHS && j < a->n; j++)
			if (a->v.graphs[j] == g)
				putf(t, ".attribute[%" PRIu32 "].graphs[%" PRIu32 "]", i, j);
	}
}

static void
put_graph(struct text *t, const struct model *m, const struct graph *g)
{
	const struct graph **chain = NULL;
	uint32_t n = 0;

	for (; g->parent != NULL; g = g->parent->graph) {
		chain = arena_grow(t->a, chain, n, sizeof *chain);
		chain[n++] = g;
	}
	put_root(t, m, g);
	while (n-- > 0) {
		putf(t, ".node[%" PRIu32 "]", chain[n]->parent->index);
		put_region(t, chain[n]->parent, chain[n]);
	}
}

static const char *
path_of(struct lint *l, const struct place *at)
{
	struct text t = { .a = &l->a };

	put(&t, l->prefix, (uint32_t)strlen(l->prefix));
	if (at->g != NULL)
		put_graph(&t, l->m, at->g);
	if (at->n != NULL)
		putf(&t, ".node[%" PRIu32 "]", at->n->index);
	if (at->attr != NULL)
		putf(&t, ".attribute[%" PRIu32 "]", (uint32_t)(at->attr - at->n->attrs));
	if (at->field != NULL)
		putf(&t, "%s%s", t.n > 0 && t.s[t.n - 1] != '.' ? "." : "", at->field);
	if (at->field != NULL && at->index != NO_INDEX)
		putf(&t, "[%" PRIu32 "]", at->index);
	put(&t, "", 1);
	return t.s;
}

static struct where
where_of(struct lint *l, const struct place *at)
{
	struct where w = { .path = NULL };

	if (at == NULL)
		return w;
	w.path = path_of(l, at);
	w.node = at->n != NULL ? node_ref(at->n, arena_alloc(&l->a, NODE_REF)) : NULL;
	w.python = at->n != NULL ? node_line(l->m, at->n, &l->a) : NULL;
	if (at->loc != NULL)
		w.loc = *at->loc;
	else if (at->attr != NULL)
		w.loc = at->attr->loc;
	else if (at->n != NULL)
		w.loc = at->n->loc;
	else if (at->g != NULL)
		w.loc = at->g->loc;
	return w;
}

static enum diag_id
demoted(const struct lint *l, enum diag_id id)
{
	return l->demote != DIAG_COUNT && diag_level(id) >= LEVEL_ERROR ? l->demote : id;
}

/* Counts, and says whether this one is still reported by itself. */
static bool
admit(struct lint *l, enum diag_id id)
{
	return l->count[id]++ < FLOOD;
}

void
lint_add(struct lint *l, enum diag_id id, const struct place *at, const char *fmt, ...)
{
	struct where w;
	char message[1024];
	va_list ap;

	l->nadded++;
	id = demoted(l, id);
	if (!admit(l, id))
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	w = where_of(l, at);
	diag_add(l->ctx, id, &w, "%s", message);
}

struct tally *
lint_tally(struct lint *l, enum diag_id id, const void *about, const void *scope,
    const struct place *at)
{
	struct tally *t;

	id = demoted(l, id);
	for (uint32_t i = 0; i < l->ntallies; i++) {
		t = &l->tallies[i];
		if (t->id == id && t->about == about && t->scope == scope) {
			t->n++;
			return NULL;
		}
	}
	if (!admit(l, id))
		return NULL;
	l->tallies = arena_grow(&l->a, l->tallies, l->ntallies, sizeof *l->tallies);
	t = &l->tallies[l->ntallies++];
	*t = (struct tally){ .id = id, .about = about, .scope = scope, .at = *at, .n = 1 };
	return t;
}

static void
report_tallies(struct lint *l)
{
	for (uint32_t i = 0; i < l->ntallies; i++) {
		const struct tally *t = &l->tallies[i];
		struct where w = where_of(l, &t->at);

		if (t->n == 1)
			diag_add(l->ctx, t->id, &w, "%s", t->text);
		else
			diag_add(l->ctx, t->id, &w, "%s; %" PRIu32 " nodes, this is the first",
			    t->text, t->n);
	}
}

static void
report_floods(struct lint *l)
{
	struct diags *d = &l->ctx->diags;

	for (int id = 0; id < DIAG_COUNT; id++) {
		uint32_t more = l->count[id] > FLOOD ? l->count[id] - FLOOD : 0, n = d->n;

		if (more > 0)
			diag_add(l->ctx, (enum diag_id)id, NULL, "%" PRIu32 " more: %s", more,
			    diag_title((enum diag_id)id));
		if (d->n > n) /* one that stands for all of them */
			d->count[d->list[n].level] += more - 1;
	}
}

const struct row *
lint_row(struct lint *l, const struct op *op)
{
	struct row **slot = &l->rows[op - l->first_row], *r = *slot;

	if (r != NULL)
		return r;
	r = *slot = arena_alloc(&l->a, sizeof *r);
	r->documented = sig_parse(op, &r->sig);
	r->contrib = strcmp(op->domain, "com.microsoft") == 0;
	lint_needs_find(r, op);
	for (uint32_t i = 0; i < r->sig.nattr; i++)
		r->required |= (uint32_t)r->sig.attr[i].required << i;
	return r;
}

void
lint_list(struct lint *l)
{
	l->stamp++;
}

bool
lint_again(struct lint *l, const struct str *name)
{
	bool again = l->mark[name->id] == l->stamp;

	l->mark[name->id] = l->stamp;
	return again;
}

/* The attributes that calls hand to a function, or not any more. */
static void
hand(struct lint *l, const struct function *f, bool yes)
{
	if (f->nattrs + f->ndefaults > 0 && l->handed == NULL)
		l->handed = arena_array(&l->a, l->m->strs.n, sizeof *l->handed);
	for (uint32_t i = 0; i < f->nattrs; i++)
		l->handed[f->attrs[i]->id] = yes;
	for (uint32_t i = 0; i < f->ndefaults; i++)
		l->handed[f->defaults[i].name->id] = yes;
}

static void
lint_root(struct lint *l, const struct graph *g)
{
	struct imports *imports = arena_alloc(&l->a, sizeof *imports);

	imports_build(imports, &l->a, l->m, g);
	if (g->function != NULL)
		hand(l, g->function, true);
	lint_graph(l, g, NULL, imports);
	if (g->function != NULL)
		hand(l, g->function, false);
}

static void
lint_onnx(struct lint *l)
{
	const struct model *m = l->m;

	lint_infer(l);
	lint_header(l);
	lint_functions(l);
	if (m->main != NULL)
		lint_root(l, m->main); /* training graphs are looked at inside */
	/* functions are part of the format from IR version 8 on */
	l->demote = m->format_version >= 8 ? DIAG_COUNT : DIAG_LINT_UNCHECKED;
	for (uint32_t i = 0; i < m->nfunctions; i++)
		lint_root(l, m->functions[i]);
	l->demote = DIAG_COUNT;
	lint_use(l);
}

static void
run(void *arg)
{
	struct lint *l = arg;
	const struct model *m = l->m;
	uint32_t nrows;

	lint_rules_before(l);
	l->first_row = op_rows(m->dialect, &nrows);
	l->rows = arena_array(&l->a, nrows, sizeof *l->rows);
	l->seen = arena_array(&l->a, m->strs.n, sizeof *l->seen);
	l->mark = arena_array(&l->a, m->strs.n, sizeof *l->mark);
	l->type = arena_array(&l->a, m->nvalues, sizeof *l->type);
	l->read = arena_array(&l->a, m->nvalues, sizeof *l->read);
	if (m->dialect == DIALECT_ONNX)
		lint_onnx(l);
	else if (m->dialect != DIALECT_ATEN)
		lint_coreml(l);
	report_tallies(l);
	report_floods(l);
	lint_rules_after(l);
}

/* Stages of pipelines are models; the reader has bounded how deep. */
static void
lint_one(struct ctx *ctx, struct model *m, const struct lint_options *opts, const char *prefix)
{
	struct lint l = { .ctx = ctx, .m = m, .model = m, .deep = opts->deep, .demote = DIAG_COUNT,
	    .prefix = prefix };

	const struct diag_change *outer = ctx->changes;

	arena_init(&l.a, ctx);
	l.opts = opts;
	ctx_protect(ctx, run, &l);
	if (l.unscanned > 0)
		diag_add(ctx, DIAG_LINT_UNSCANNED, &(struct where){ .path = "graph.initializer" },
		    "%" PRIu32 " constant%s above 1 MB, %" PRIu64 " bytes, not looked into",
		    l.unscanned, plural(l.unscanned), l.unscanned_bytes);
	for (uint32_t i = 0; i < m->nstages; i++) {
		char stage[256];

		snprintf(stage, sizeof stage, "%s" "stages[%" PRIu32 "].", prefix, i);
		lint_one(ctx, m->stages[i], opts, stage);
	}
	ctx->changes = outer;
	arena_free(&l.a);
}

void
lint_model(struct ctx *ctx, struct model *m, const struct lint_options *opts)
{
	lint_one(ctx, m, opts, "");
}
