/* SPDX-License-Identifier: Apache-2.0 */
/* Core ML models as a whole: what the description states about the interface,
 * whether the functions of a program have it, and whether the stages of a
 * pipeline fit together. */
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "rules/lint/lint_state.h"

enum { SHAPES_MAX = 128 }; /* more are not allowed to be enumerated */

const struct type *
lint_default_type(const struct type *t)
{
	while (t != NULL && (t->tag == TY_RANGE || t->tag == TY_ENUM || t->tag == TY_STATE))
		t = t->elem;
	return t;
}

static bool
is_open(const struct dim *d)
{
	return d->kind != DIM_CONST;
}

const char *
lint_type_conflict(struct lint *l, const struct type *a, const struct type *b)
{
	const struct type *x = lint_default_type(a), *y = lint_default_type(b);
	bool fixed = x == a && y == b;

	if (x == NULL || y == NULL || x->tag != y->tag || x->tag != TY_TENSOR)
		return NULL;
	if (x->dtype != DT_NONE && y->dtype != DT_NONE && x->dtype != y->dtype)
		return arena_printf(&l->a, "one is of %s, the other of %s",
		    dtype_name(x->dtype), dtype_name(y->dtype));
	if (!x->has_rank || !y->has_rank || x->rank == 0 || y->rank == 0)
		return NULL;
	if (x->rank != y->rank)
		return arena_printf(&l->a, "one has %" PRIu32 " dims, the other %" PRIu32,
		    x->rank, y->rank);
	for (uint32_t i = 0; fixed && i < x->rank; i++)
		if (!is_open(x->dims[i]) && !is_open(y->dims[i]) &&
		    x->dims[i]->lo != y->dims[i]->lo)
			return arena_printf(&l->a, "dim %" PRIu32 " of one is %" PRId64 ", of the "
			    "other %" PRId64, i, x->dims[i]->lo, y->dims[i]->lo);
	return NULL;
}

static const char *
role_word(enum feature_role role)
{
	static const char *const names[] = { "input", "output", "state", "trainingInput" };

	return names[role];
}

static struct place
feature_place(const struct feature *f)
{
	return (struct place){ .field = role_word(f->role), .index = NO_INDEX, .loc = &f->loc };
}

/* Types, flexible shapes */

static void
check_array(struct lint *l, const struct feature *f, const struct type *t)
{
	const struct place at = feature_place(f);

	if (f->role == FEATURE_INPUT && t->dtype == DT_NONE)
		lint_add(l, DIAG_LINT_FEATURE, &at, "array '%.*s' has no element type that there "
		    "is", NAME(f->name));
	for (uint32_t i = 0; i < t->rank; i++)
		if (t->dims[i]->kind == DIM_CONST && t->dims[i]->lo <= 0 && t == f->type)
			lint_add(l, DIAG_LINT_FEATURE, &at, "dim %" PRIu32 " of '%.*s' is %"
			    PRId64, i, NAME(f->name), t->dims[i]->lo);
}

static void
check_image(struct lint *l, const struct feature *f, const struct type *t)
{
	const struct place at = feature_place(f);

	if (strcmp(t->name->s, "INVALID_COLOR_SPACE") == 0)
		lint_add(l, DIAG_LINT_FEATURE, &at, "image '%.*s' has no colour space",
		    NAME(f->name));
	for (uint32_t i = 0; f->role == FEATURE_INPUT && i < 2; i++)
		if (t->dims[i]->kind == DIM_CONST && t->dims[i]->lo <= 0 && t == f->type)
			lint_add(l, DIAG_LINT_FEATURE, &at, "%s of image '%.*s' is %" PRId64,
			    i == 0 ? "the width" : "the height", NAME(f->name), t->dims[i]->lo);
}

static void
check_ranges(struct lint *l, const struct feature *f)
{
	const struct type *t = f->type, *d = t->elem;
	const struct place at = feature_place(f);

	if (d->has_rank && d->rank > 0 && d->rank != t->rank)
		lint_add(l, DIAG_LINT_SHAPES, &at, "'%.*s' has %" PRIu32 " ranges for %" PRIu32
		    " dims", NAME(f->name), t->rank, d->rank);
	for (uint32_t i = 0; i < t->rank; i++) {
		const struct dim *r = t->dims[i];
		bool inside = i >= d->rank || d->dims[i]->kind != DIM_CONST ||
		    (d->dims[i]->lo >= r->lo && (r->hi < 0 || d->dims[i]->lo <= r->hi));

		if (r->kind == DIM_RANGE && r->hi >= 0 && r->lo > r->hi)
			lint_add(l, DIAG_LINT_SHAPES, &at, "range %" PRIu32 " of '%.*s' ends "
			    "before it begins", i, NAME(f->name));
		else if (r->kind == DIM_RANGE && !inside)
			lint_add(l, DIAG_LINT_SHAPES, &at, "dim %" PRIu32 " of '%.*s' is %" PRId64
			    " when nothing is said, which its range does not allow", i,
			    NAME(f->name), d->dims[i]->lo);
	}
}

static void
check_choices(struct lint *l, const struct feature *f)
{
	const struct type *t = f->type;
	const struct place at = feature_place(f);
	uint32_t i = 0;

	if (t->nitems > SHAPES_MAX)
		lint_add(l, DIAG_LINT_SHAPES, &at, "'%.*s' lists %" PRIu32 " shapes; at most %d "
		    "are taken", NAME(f->name), t->nitems, SHAPES_MAX);
	while (i < t->nitems && t->items[i] != t->elem)
		i++;
	if (i == t->nitems && t->elem->rank > 0)
		lint_add(l, DIAG_LINT_SHAPES, &at, "the shape of '%.*s' when nothing is said is "
		    "not among those listed", NAME(f->name));
}

static void
check_type(struct lint *l, const struct feature *f)
{
	const struct type *t = lint_default_type(f->type);
	const struct place at = feature_place(f);

	if (t == NULL || t->tag == TY_NONE) {
		lint_add(l, DIAG_LINT_FEATURE, &at, "%s '%.*s' has no type", role_word(f->role),
		    NAME(f->name));
		return;
	}
	if (t->tag == TY_TENSOR)
		check_array(l, f, t);
	else if (t->tag == TY_IMAGE)
		check_image(l, f, t);
	if (f->type->tag == TY_RANGE)
		check_ranges(l, f);
	else if (f->type->tag == TY_ENUM)
		check_choices(l, f);
	if ((f->role == FEATURE_STATE) != (f->type->tag == TY_STATE))
		lint_add(l, DIAG_LINT_FEATURE, &at, "%s '%.*s' is %sa state", role_word(f->role),
		    NAME(f->name), f->type->tag == TY_STATE ? "" : "not ");
	else if (f->role == FEATURE_STATE && t->dtype != DT_F16)
		lint_add(l, DIAG_LINT_FEATURE, &at, "state '%.*s' is of %s; states are of f16",
		    NAME(f->name), dtype_name(t->dtype));
}

static bool
same_list(const struct feature *a, const struct feature *b)
{
	return a->function == b->function && a->role == b->role;
}

static void
check_features(struct lint *l)
{
	const struct model *m = l->m;

	for (uint32_t i = 0; i < m->nfeatures; i++) {
		const struct feature *f = &m->features[i];
		const struct place at = feature_place(f);

		if (i == 0 || !same_list(f, f - 1))
			lint_list(l);
		if (f->name->len == 0)
			lint_add(l, DIAG_LINT_FEATURE, &at, "the %s has no name",
			    role_word(f->role));
		else if (lint_again(l, f->name))
			lint_add(l, DIAG_LINT_FEATURE, &at, "%s '%.*s' stands twice",
			    role_word(f->role), NAME(f->name));
		check_type(l, f);
	}
}

/* Names of one model in many scopes: those of features by function and role,
 * those of values by graph and side. */
struct slot { const struct str *name; uint64_t scope; const void *what; };
struct names { struct slot *slot; uint32_t mask; };

static struct slot *
find_slot(const struct names *x, uint64_t scope, const struct str *name)
{
	uint32_t i = (uint32_t)hash_pair(scope, name->id) & x->mask;

	while (x->slot[i].name != NULL && (x->slot[i].name != name || x->slot[i].scope != scope))
		i = (i + 1) & x->mask;
	return &x->slot[i];
}

static void
start_names(struct names *x, struct lint *l, uint64_t n)
{
	for (x->mask = 7; x->mask / 2 < n; x->mask = 2 * x->mask + 1)
		continue;
	x->slot = arena_array(&l->a, (size_t)x->mask + 1, sizeof *x->slot);
}

static void
put_name(const struct names *x, uint64_t scope, const struct str *name, const void *what)
{
	struct slot *s = find_slot(x, scope, name);

	if (s->name == NULL)
		*s = (struct slot){ name, scope, what };
}

static uint64_t
feature_scope(const struct str *function, enum feature_role role)
{
	return (function != NULL ? (uint64_t)function->id + 1 : 0) << 2 | (uint64_t)role;
}

static void
index_features(struct names *x, struct lint *l, const struct model *m)
{
	start_names(x, l, m->nfeatures);
	for (uint32_t i = 0; i < m->nfeatures; i++) {
		const struct feature *f = &m->features[i];

		put_name(x, feature_scope(f->function, f->role), f->name, f);
	}
}

static const struct feature *
find_feature(const struct names *x, const struct str *function, enum feature_role role,
    const struct str *name)
{
	return name == NULL ? NULL : find_slot(x, feature_scope(function, role), name)->what;
}

/* What classifiers and regressors give must be among the outputs. */
static void
check_predicted(struct lint *l, const struct names *features)
{
	static const char *const keys[] = { "description.predictedFeatureName",
	    "description.predictedProbabilitiesName" };
	const struct model *m = l->m;
	const struct place at = { .field = "description", .index = NO_INDEX };

	for (size_t i = 0; i < 2; i++) {
		const struct str *name = meta_find(m->meta, m->nmeta, keys[i]);

		if (name != NULL && find_feature(features, NULL, FEATURE_OUTPUT, name) == NULL)
			lint_add(l, DIAG_LINT_FEATURE, &at, "%s is '%.*s', which is no output",
			    keys[i] + strlen("description."), NAME(name));
	}
}

/* The interface of functions */

struct interface {
	struct lint *l;
	const struct names *features;
	struct names values;           /* inputs and outputs of all functions */
	const struct graph **function; /* by str id of its name */
};

static uint64_t
value_scope(const struct graph *g, bool in)
{
	return (uint64_t)g->id << 1 | in;
}

static void
check_value(const struct interface *x, const struct graph *g, const struct value *v, bool in,
    const struct str *function)
{
	enum feature_role role = !in ? FEATURE_OUTPUT : v->type != NULL &&
	    v->type->tag == TY_STATE ? FEATURE_STATE : FEATURE_INPUT;
	const struct feature *f = find_feature(x->features, function, role, v->name);
	const struct place at = { .g = g, .field = in ? "input" : "output", .index = NO_INDEX,
	    .loc = &v->loc };
	const char *what;

	put_name(&x->values, value_scope(g, in), v->name, v);
	if (f == NULL)
		lint_add(x->l, DIAG_LINT_INTERFACE, &at, "%s '%.*s' of function '%.*s' is not in "
		    "the description", role_word(role), NAME(v->name), NAME(g->name));
	else if ((what = lint_type_conflict(x->l, f->type, v->type)) != NULL)
		lint_add(x->l, DIAG_LINT_INTERFACE, &at, "%s '%.*s' of function '%.*s' is not "
		    "what the description says: %s", role_word(role), NAME(v->name),
		    NAME(g->name), what);
}

static void
check_function(struct interface *x, const struct graph *g, const struct str *function)
{
	x->function[g->name->id] = g;
	for (uint32_t i = 0; i < g->ninputs; i++)
		check_value(x, g, g->inputs[i], true, function);
	for (uint32_t i = 0; i < g->noutputs; i++)
		check_value(x, g, g->outputs[i], false, function);
}

static void
check_described(const struct interface *x, const struct feature *f)
{
	const struct graph *g = f->function != NULL ? x->function[f->function->id] :
	    x->l->m->main;
	const struct place at = feature_place(f);
	bool in = f->role == FEATURE_INPUT || f->role == FEATURE_STATE;

	if (f->role == FEATURE_TRAINING)
		return;
	if (g == NULL)
		lint_add(x->l, DIAG_LINT_INTERFACE, &at, "the description lists %s '%.*s' of a "
		    "function '%.*s', which there is not", role_word(f->role), NAME(f->name),
		    NAME(f->function));
	else if (find_slot(&x->values, value_scope(g, in), f->name)->name == NULL)
		lint_add(x->l, DIAG_LINT_INTERFACE, &at, "the description lists %s '%.*s', "
		    "function '%.*s' has none of that name", role_word(f->role), NAME(f->name),
		    NAME(g->name));
}

/* Functions described one by one, or the main one by the model's own lists. */
static void
check_interface(struct lint *l, const struct names *features)
{
	const struct model *m = l->m;
	struct interface x = { .l = l, .features = features };
	uint64_t values = 0;

	if (m->nfeatures == 0)
		return;
	for (uint32_t i = 0; i < m->ngraphs; i++)
		values += (uint64_t)m->graphs[i]->ninputs + m->graphs[i]->noutputs;
	start_names(&x.values, l, values);
	x.function = arena_array(&l->a, m->strs.n, sizeof *x.function);
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		const struct graph *g = m->graphs[i];

		if (g->parent != NULL)
			continue;
		if (m->features[0].function != NULL)
			check_function(&x, g, g->name);
		else if (g == m->main)
			check_function(&x, g, NULL);
	}
	for (uint32_t i = 0; i < m->nfeatures; i++)
		check_described(&x, &m->features[i]);
}

/* Pipelines */

static const struct feature *
stage_feature(const struct names *stages, const struct model *m, uint32_t i,
    enum feature_role role, const struct str *name)
{
	if (i >= m->nstages)
		return NULL;
	return find_feature(&stages[i], NULL, role,
	    str_find(&m->stages[i]->strs, name->s, name->len));
}

/* The type that the stage before, or the pipeline, gives to v. */
static const struct type *
given_type(const struct names *stages, const struct model *m, const struct value *v)
{
	const struct feature *f = v->producer == NULL ? NULL :
	    stage_feature(stages, m, v->producer->index, FEATURE_OUTPUT, v->name);

	return f != NULL ? f->type : v->type;
}

static void
check_stage(struct lint *l, const struct names *stages, const struct node *n)
{
	struct place at = { .g = l->m->main, .n = n, .field = "input" };
	const struct feature *f;
	const char *what;

	for (at.index = 0; at.index < n->nin; at.index++) {
		const struct value *v = n->in[at.index];

		if (v == NULL)
			continue;
		l->read[v->id] = 1;
		f = stage_feature(stages, l->m, n->index, FEATURE_INPUT, v->name);
		if (f == NULL)
			continue;
		if ((v->flags & VALUE_UNDEFINED) && !f->optional)
			lint_add(l, DIAG_LINT_STAGE, &at, "stage %" PRIu32 " reads '%.*s', which "
			    "neither an input nor an earlier stage gives", n->index,
			    NAME(v->name));
		else if (v->producer != NULL && v->producer->index >= n->index)
			lint_add(l, DIAG_LINT_STAGE, &at, "stage %" PRIu32 " reads '%.*s', which "
			    "stage %" PRIu32 " gives", n->index, NAME(v->name),
			    v->producer->index);
		else if ((what = lint_type_conflict(l, f->type,
		    given_type(stages, l->m, v))) != NULL)
			lint_add(l, DIAG_LINT_STAGE, &at, "stage %" PRIu32 " does not get '%.*s' "
			    "as it is described: %s", n->index, NAME(v->name), what);
	}
}

static void
lint_pipeline(struct lint *l)
{
	const struct model *m = l->m;
	const struct graph *g = m->main;
	struct names *stages = arena_array(&l->a, m->nstages, sizeof *stages);
	struct place at = { .g = g, .field = "output" };
	const char *what;

	for (uint32_t i = 0; i < m->nstages; i++)
		index_features(&stages[i], l, m->stages[i]);
	for (uint32_t i = 0; i < g->nnodes; i++)
		check_stage(l, stages, g->nodes[i]);
	for (at.index = 0; at.index < g->noutputs; at.index++) {
		const struct value *v = g->outputs[at.index];

		l->read[v->id] = 1;
		if (v->flags & VALUE_UNDEFINED)
			lint_add(l, DIAG_LINT_OUTPUT_UNMADE, &at, "no stage gives output '%.*s'",
			    NAME(v->name));
		else if ((what = lint_type_conflict(l, v->type, given_type(stages, m, v))) != NULL)
			lint_add(l, DIAG_LINT_STAGE, &at, "output '%.*s' is not what its stage "
			    "gives: %s", NAME(v->name), what);
	}
	if (g->nnodes == 0) {
		at.field = NULL;
		lint_add(l, DIAG_LINT_STAGE, &at, "the pipeline has no stages");
	}
}

void
lint_coreml(struct lint *l)
{
	const struct model *m = l->m;
	struct names features;

	if (*l->prefix == '\0') {
		lint_spec(l); /* stages state versions that nobody looks at */
		lint_weights(l);
	}
	index_features(&features, l, m);
	check_features(l);
	check_predicted(l, &features);
	if (m->main == NULL)
		return;
	if (m->dialect == DIALECT_MIL) {
		if (!m->partial)
			check_interface(l, &features);
		lint_program(l);
		lint_packings(l);
	} else if (strncmp(m->kind, "neuralNetwork", 13) == 0 && !m->compiled) {
		lint_network(l);
	} else if (strncmp(m->kind, "pipeline", 8) == 0) {
		lint_pipeline(l);
	}
}
