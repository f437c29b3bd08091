/* SPDX-License-Identifier: Apache-2.0 */
/* Core ML models as a whole: what the description states about the interface,
 * whether the functions of a program have it, and whether the stages of a
 * pipeline fit together. */
#include <inttypes.h>
#include <string.h>

#include "rules/lint_state.h"

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

static const struct feature *
find_feature(const struct model *m, const struct str *function, enum feature_role role,
    const char *name)
{
	for (uint32_t i = 0; i < m->nfeatures; i++)
		if (m->features[i].function == function && m->features[i].role == role &&
		    strcmp(m->features[i].name->s, name) == 0)
			return &m->features[i];
	return NULL;
}

/* What classifiers and regressors give must be among the outputs. */
static void
check_predicted(struct lint *l)
{
	static const char *const keys[] = { "description.predictedFeatureName",
	    "description.predictedProbabilitiesName" };
	const struct model *m = l->m;
	const struct place at = { .field = "description", .index = NO_INDEX };

	for (size_t i = 0; i < 2; i++) {
		const struct str *name = meta_find(m->meta, m->nmeta, keys[i]);

		if (name != NULL && find_feature(m, NULL, FEATURE_OUTPUT, name->s) == NULL)
			lint_add(l, DIAG_LINT_FEATURE, &at, "%s is '%.*s', which is no output",
			    keys[i] + strlen("description."), NAME(name));
	}
}

/* The interface of a function */

static void
check_value(struct lint *l, const struct graph *g, const struct value *v, bool in,
    const struct str *function)
{
	enum feature_role role = !in ? FEATURE_OUTPUT : v->type != NULL &&
	    v->type->tag == TY_STATE ? FEATURE_STATE : FEATURE_INPUT;
	const struct feature *f = find_feature(l->m, function, role, v->name->s);
	const struct place at = { .g = g, .field = in ? "input" : "output", .index = NO_INDEX,
	    .loc = &v->loc };
	const char *what;

	if (f == NULL)
		lint_add(l, DIAG_LINT_INTERFACE, &at, "%s '%.*s' of function '%.*s' is not in the "
		    "description", role_word(role), NAME(v->name), NAME(g->name));
	else if ((what = lint_type_conflict(l, f->type, v->type)) != NULL)
		lint_add(l, DIAG_LINT_INTERFACE, &at, "%s '%.*s' of function '%.*s' is not what "
		    "the description says: %s", role_word(role), NAME(v->name), NAME(g->name),
		    what);
}

static bool
has_value(struct value *const *list, uint32_t n, const struct str *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (list[i]->name == name)
			return true;
	return false;
}

static void
check_described(struct lint *l, const struct graph *g, const struct str *function)
{
	for (uint32_t i = 0; i < l->m->nfeatures; i++) {
		const struct feature *f = &l->m->features[i];
		const struct place at = feature_place(f);
		bool in = f->role == FEATURE_INPUT || f->role == FEATURE_STATE;

		if (f->function != function || f->role == FEATURE_TRAINING)
			continue;
		if (!has_value(in ? g->inputs : g->outputs, in ? g->ninputs : g->noutputs,
		    f->name))
			lint_add(l, DIAG_LINT_INTERFACE, &at, "the description lists %s '%.*s', "
			    "function '%.*s' has none of that name", role_word(f->role),
			    NAME(f->name), NAME(g->name));
	}
}

/* Functions described one by one, or the main one by the model's own lists. */
static void
check_interface(struct lint *l)
{
	const struct model *m = l->m;

	for (uint32_t i = 0; m->nfeatures > 0 && i < m->ngraphs; i++) {
		const struct graph *g = m->graphs[i];
		const struct str *function = m->features[0].function != NULL ? g->name : NULL;

		if (g->parent != NULL || (function == NULL && g != m->main))
			continue;
		for (uint32_t k = 0; k < g->ninputs; k++)
			check_value(l, g, g->inputs[k], true, function);
		for (uint32_t k = 0; k < g->noutputs; k++)
			check_value(l, g, g->outputs[k], false, function);
		check_described(l, g, function);
	}
}

/* Pipelines */

/* The type that the stage before, or the pipeline, gives to v. */
static const struct type *
given_type(const struct model *m, const struct value *v)
{
	const struct feature *f;

	if (v->producer == NULL || v->producer->index >= m->nstages)
		return v->type;
	f = find_feature(m->stages[v->producer->index], NULL, FEATURE_OUTPUT, v->name->s);
	return f != NULL ? f->type : v->type;
}

static void
check_stage(struct lint *l, const struct node *n, const struct model *stage)
{
	struct place at = { .g = l->m->main, .n = n, .field = "input" };
	const struct feature *f;
	const char *what;

	for (at.index = 0; at.index < n->nin; at.index++) {
		const struct value *v = n->in[at.index];

		if (v == NULL)
			continue;
		l->read[v->id] = 1;
		f = find_feature(stage, NULL, FEATURE_INPUT, v->name->s);
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
		else if ((what = lint_type_conflict(l, f->type, given_type(l->m, v))) != NULL)
			lint_add(l, DIAG_LINT_STAGE, &at, "stage %" PRIu32 " does not get '%.*s' "
			    "as it is described: %s", n->index, NAME(v->name), what);
	}
}

static void
lint_pipeline(struct lint *l)
{
	const struct graph *g = l->m->main;
	struct place at = { .g = g, .field = "output" };
	const char *what;

	for (uint32_t i = 0; i < g->nnodes && i < l->m->nstages; i++)
		check_stage(l, g->nodes[i], l->m->stages[i]);
	for (at.index = 0; at.index < g->noutputs; at.index++) {
		const struct value *v = g->outputs[at.index];

		l->read[v->id] = 1;
		if (v->flags & VALUE_UNDEFINED)
			lint_add(l, DIAG_LINT_OUTPUT_UNMADE, &at, "no stage gives output '%.*s'",
			    NAME(v->name));
		else if ((what = lint_type_conflict(l, v->type, given_type(l->m, v))) != NULL)
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

	if (*l->prefix == '\0') {
		lint_spec(l); /* stages state versions that nobody looks at */
		lint_weights(l);
	}
	check_features(l);
	check_predicted(l);
	if (m->main == NULL)
		return;
	if (m->dialect == DIALECT_MIL) {
		if (!m->partial)
			check_interface(l);
		lint_program(l);
	} else if (strncmp(m->kind, "neuralNetwork", 13) == 0) {
		lint_network(l);
	} else if (strncmp(m->kind, "pipeline", 8) == 0) {
		lint_pipeline(l);
	}
}
