/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/inputs.h"
#include "app/placeholder.h"
#include "app/rulebook.h"
#include "app/session.h"
#include "base/source.h"
#include "infer/cost.h"
#include "infer/infer.h"
#include "ir/build.h"
#include "ir/dim.h"
#include "ir/verify.h"
#include "ops/op.h"
#include "read/reader.h"
#include "rules/lint/lint.h"
#include "rules/support/support.h"

static void
prepare(void *arg)
{
	struct session *s = arg;

	ops_bind(s->root);
	model_verify(&s->ctx, s->root);
}

/* The stage that the first n bytes of a word mean: a name before an index. */
static uint32_t
find_stage(const struct model *m, const char *word, size_t n)
{
	char index[12];
	uint32_t i;

	for (i = 0; m->main != NULL && i < m->nstages && i < m->main->nnodes; i++)
		if (m->main->nodes[i]->name->len == n &&
		    memcmp(m->main->nodes[i]->name->s, word, n) == 0)
			return i;
	for (i = 0; i < m->nstages; i++) {
		snprintf(index, sizeof index, "%" PRIu32, i);
		if (strlen(index) == n && memcmp(index, word, n) == 0)
			return i;
	}
	return i;
}

struct model *
session_stage(struct session *s, const char *path)
{
	struct model *m = s->root;
	uint32_t i;
	size_t n;

	for (const char *p = path; *p != '\0'; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		if ((i = find_stage(m, p, n)) < m->nstages) {
			m = m->stages[i];
			continue;
		}
		if (m->nstages == 0)
			diag_add(&s->ctx, DIAG_USAGE, NULL, "no stage '%s': %s is no pipeline",
			    path, m == s->root ? "this model" : "what stands before it");
		else
			diag_add(&s->ctx, DIAG_USAGE, NULL, "no stage '%s': give a name as info "
			    "lists them, or a number from 0 to %" PRIu32, path, m->nstages - 1);
		return NULL;
	}
	return m;
}

static void
give(void *arg)
{
	inputs_apply(arg);
}

void
session_open(struct session *s, const char *path, const struct session_options *o)
{
	struct read_options opts = { .follow_links = o->follow_links,
	    .methods = o->methods, .frozen = o->frozen };

	memset(s, 0, sizeof *s);
	ctx_init(&s->ctx);
	arena_init(&s->arena, &s->ctx);
	s->path = path;
	s->ctx.cancel = o->cancel;
	s->ctx.progress = o->progress;
	ctx_phase(&s->ctx, "nodes", 0);
	s->options = o;
	if (placeholder_read(path, s->skip, sizeof s->skip)) {
		diag_add(&s->ctx, DIAG_PLACEHOLDER, NULL, "SKIP: %s", s->skip);
		return;
	}
	s->model = s->root = model_read(&s->ctx, path, &opts);
	if (s->model != NULL && ctx_protect(&s->ctx, prepare, s) != 0)
		s->model->partial = true;
	s->damaged = diags_worst(&s->ctx.diags) >= LEVEL_ERROR;
	if (s->model != NULL && o->stage != NULL)
		s->model = session_stage(s, o->stage);
	if (s->model != NULL)
		ctx_protect(&s->ctx, give, s);
	s->ctx.cancel = NULL;
}

void
session_close(struct session *s)
{
	arena_free(&s->arena);
	model_free(s->root);
	ctx_fini(&s->ctx);
}

const struct uses *
session_uses(struct session *s)
{
	if (s->uses == NULL) {
		struct uses *u = arena_alloc(&s->arena, sizeof *u);

		uses_build(u, &s->arena, s->model);
		s->uses = u;
	}
	return s->uses;
}

struct infer *
session_infer(struct session *s)
{
	static const struct infer_options plain, sized = { .sized = true };
	struct infer *f;

	if (s->infer == NULL) {
		f = infer_model(&s->ctx, &s->arena, s->model, s->ngiven > 0 ? &sized : &plain);
		ctx_step(&s->ctx); /* half of it is none */
		s->infer = f;
	}
	return s->infer;
}

/* The default sizes of flexible inputs that nobody gave other ones, as bindings. */
static uint32_t
default_sizes(const struct session *s, struct binding *b)
{
	const struct model *m = s->model;
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->nfeatures; i++) {
		const struct feature *x = &m->features[i];

		/* what the user gives takes the place of the feature's type (app/inputs.c) */
		if (x->role == FEATURE_INPUT && x->type != NULL && x->type->elem != NULL &&
		    (x->type->tag == TY_RANGE || x->type->tag == TY_ENUM) &&
		    x->type->elem->tag == TY_TENSOR)
			b[n++] = (struct binding){ x->name, x->type->elem };
	}
	return n;
}

/* Findings are those of session_infer. */
static void
found_before(void *arg, const struct node *n, enum diag_id id, const char *text,
    enum infer_found found)
{
	(void)arg, (void)n, (void)id, (void)text, (void)found;
}

/* Does a type leave something open? */
static bool
is_open(const struct type *t)
{
	if (t == NULL || t->tag == TY_NONE || (t->tag == TY_TENSOR && (!t->has_rank ||
	    t->dtype == DT_NONE)))
		return true;
	for (uint32_t i = 0; t->tag == TY_TENSOR && i < t->rank; i++)
		if (dim_has_anon(t->dims[i]))
			return true;
	return false;
}

struct infer *
session_infer_bound(struct session *s, const struct binding *b, uint32_t n)
{
	struct infer_options *o = arena_alloc(&s->arena, sizeof *o);

	*o = (struct infer_options){ .bindings = b, .nbindings = n, .found = found_before };
	return infer_model(&s->ctx, &s->arena, s->model, o);
}

const struct type *
session_type(struct session *s, const struct value *v, bool *inferred)
{
	static const struct infer_options quiet = { .found = found_before };
	const struct type *t;
	struct infer *f;

	*inferred = false;
	if (!is_open(v->type))
		return v->type;
	if (s->infer == NULL && s->infer_quiet == NULL) {
		f = infer_model(&s->ctx, &s->arena, s->model, &quiet);
		ctx_step(&s->ctx); /* half of it is none */
		s->infer_quiet = f;
	}
	t = infer_type(s->infer != NULL ? s->infer : s->infer_quiet, v);
	if (t == NULL || t->tag == TY_NONE || t == v->type)
		return v->type;
	*inferred = true;
	return t;
}

struct infer *
session_infer_default(struct session *s)
{
	struct binding *b;
	uint32_t n;

	if (s->infer_default != NULL)
		return s->infer_default;
	b = arena_array(&s->arena, s->model->nfeatures, sizeof *b);
	if ((n = default_sizes(s, b)) == 0)
		return s->infer_default = session_infer(s);
	return s->infer_default = session_infer_bound(s, b, n);
}

const struct costs *
session_costs(struct session *s)
{
	if (s->costs == NULL)
		s->costs = cost_model(&s->ctx, &s->arena, s->model, session_infer(s));
	return s->costs;
}

/* The next of a list with commas outside brackets; NULL at the end. */
static const char *
next_of(struct session *s, const char **list)
{
	const char *start = *list, *p = start;
	int open = 0;

	if (start == NULL || *start == '\0')
		return NULL;
	for (; *p != '\0' && (open > 0 || *p != ','); p++)
		open +=
		    (*p == '[' || *p == '{' || *p == '(') - (*p == ']' || *p == '}' || *p == ')');
	*list = *p == ',' ? p + 1 : p;
	return arena_strdup(session_judged(s), start, (size_t)(p - start));
}

struct support *
session_support(struct session *s, const struct conversion *c)
{
	struct support_options *so = arena_alloc(session_judged(s), sizeof *so);
	const char **inputs = NULL, *states = c->states, *one;

	*so = (struct support_options){ .target = c->target, .frontend = c->frontend,
	    .convert_to = c->convert_to, .precision = c->precision, .source = c->source,
	    .pipeline = c->pipeline, .package_dir = c->package_dir, .load = c->load,
	    .outputs = c->outputs, .classifier = c->classifier, .decompose = c->decompose,
	    .defaults = c->defaults, .frozen = s->options->frozen };
	for (uint32_t i = 0; i < c->ninputs; i++) {
		so->no_inputs |= strcmp(c->inputs[i], "none") == 0;
		if (strcmp(c->inputs[i], "none") == 0)
			continue;
		inputs = arena_grow(session_judged(s), inputs, so->ninputs, sizeof *inputs);
		inputs[so->ninputs++] = c->inputs[i];
	}
	while ((one = next_of(s, &states)) != NULL) {
		inputs = arena_grow(session_judged(s), inputs, so->ninputs, sizeof *inputs);
		inputs[so->ninputs++] = strncmp(one, "state:", 6) == 0 ? one :
		    arena_printf(session_judged(s), "state:%s", one);
	}
	so->inputs = inputs;
	so->sets = session_rule_sets(s, "support", &so->nsets, &so->env);
	return support_model(&s->ctx, session_judged(s), s->model, so);
}

void
session_lint(struct session *s, bool deep)
{
	struct lint_options lo = { .deep = deep };

	lo.sets = session_rule_sets(s, "lint", &lo.nsets, &lo.env);
	lint_model(&s->ctx, s->model, &lo);
}

bool
session_holds(const struct session *s, const char *path)
{
	const struct model *m = s->model;
	struct stat own, out;

	if (stat(path, &out) != 0)
		return false;
	if (stat(s->path, &own) == 0 && own.st_dev == out.st_dev && own.st_ino == out.st_ino)
		return true;
	for (uint32_t i = 0; m != NULL && m->source != NULL && i < m->nsources; i++)
		if (m->sources[i]->beside != NULL && m->source->dirfd >= 0 &&
		    fstatat(m->source->dirfd, m->sources[i]->name, &own, 0) == 0 &&
		    own.st_dev == out.st_dev && own.st_ino == out.st_ino)
			return true;
	return false;
}

const char *
session_status(const struct session *s)
{
	return s->model == NULL ? "error" : s->model->partial ? "partial" : "ok";
}
