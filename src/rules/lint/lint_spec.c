/* SPDX-License-Identifier: Apache-2.0 */
/* Does the specification version that a model states fit what it uses? Needs
 * are collected over a model and all its stages; of the highest the first is
 * kept as the reason. Source: what the format's own library lowers versions by. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ir/spec.h"
#include "rules/lint/lint_state.h"

struct needs {
	struct lint *l;
	const struct model *m;
	int version;
	char reason[200];
};

__attribute__((format(printf, 3, 4))) static void
need(struct needs *s, int version, const char *fmt, ...)
{
	va_list ap;

	if (version <= s->version)
		return;
	s->version = version;
	va_start(ap, fmt);
	vsnprintf(s->reason, sizeof s->reason, fmt, ap);
	va_end(ap);
}

static void
need_by_feature(struct needs *s, const struct feature *f)
{
	const struct type *t = f->type;

	if (f->function != NULL)
		need(s, 9, "functions with an interface of their own");
	if (t == NULL)
		return;
	if (t->tag == TY_STATE)
		need(s, 9, "state '%.*s'", NAME(f->name));
	if (t->tag == TY_RANGE || t->tag == TY_ENUM)
		need(s, 3, "the flexible shape of '%.*s'", NAME(f->name));
	if (t->tag == TY_SEQ)
		need(s, 3, "the sequence '%.*s'", NAME(f->name));
	t = lint_default_type(t);
	if (t->tag == TY_IMAGE && strcmp(t->name->s, "GRAYSCALE_FLOAT16") == 0)
		need(s, 7, "the float16 image '%.*s'", NAME(f->name));
	if (t->tag != TY_TENSOR)
		return;
	if (t->dtype == DT_F16)
		need(s, 7, "the float16 array '%.*s'", NAME(f->name));
	if (t->dtype == DT_I8)
		need(s, 10, "the int8 array '%.*s'", NAME(f->name));
	if (f->optional && f->has_default)
		need(s, 5, "the default value of '%.*s'", NAME(f->name));
	if (t->dtype == DT_F32 && strcmp(s->m->kind, "nonMaximumSuppression") == 0)
		need(s, 5, "the float32 array '%.*s' of non-maximum suppression", NAME(f->name));
}

/* Parameters of layers that came later than their layer. */
static const struct {
	const char *layer, *param, *value; /* NULL: set and not zero */
	int version;
} params[] = {
	{ "upsample", "linearUpsampleMode", "ALIGN_CORNERS_TRUE", 5 },
	{ "upsample", "linearUpsampleMode", "ALIGN_CORNERS_FALSE", 5 },
	{ "upsample", "fractionalScalingFactor", NULL, 5 },
	{ "reorganizeData", "mode", "PIXEL_SHUFFLE", 5 },
	{ "innerProduct", "int8DynamicQuantize", NULL, 5 },
	{ "batchedMatmul", "int8DynamicQuantize", NULL, 5 },
	{ "concatND", "interleave", NULL, 5 },
	{ "sliceDynamic", "squeezeMasks", NULL, 5 },
	{ "textClassifier", "revision", "2", 4 }, { "textClassifier", "revision", "4", 8 },
	{ "textClassifier", "revision", "5", 9 }, { "wordTagger", "revision", "3", 5 },
	{ "wordTagger", "revision", "4", 8 }, { "wordTagger", "revision", "5", 9 },
	{ "gazetteer", "revision", "2", 4 }, { "wordEmbedding", "revision", "2", 4 },
	{ "visionFeaturePrint", "scene.version", "SCENE_VERSION_2", 8 },
	{ "visionFeaturePrint", "VisionFeaturePrintType", "objects", 5 },
};

static bool
has_value(const struct attr *a, const char *value)
{
	char text[24];

	if (a->kind == ATTR_STRING)
		return value != NULL && strcmp(a->v.s->s, value) == 0;
	if (a->kind != ATTR_INT)
		return value == NULL && a->n > 0;
	snprintf(text, sizeof text, "%" PRId64, a->v.i);
	return value != NULL ? strcmp(text, value) == 0 : a->v.i != 0;
}

static void
need_by_attr(struct needs *s, const struct node *n, const struct attr *a)
{
	const char *dot = strrchr(a->name->s, '.');

	for (size_t i = 0; i < sizeof params / sizeof *params; i++)
		if (strcmp(params[i].param, a->name->s) == 0 &&
		    strcmp(params[i].layer, n->type->s) == 0 && has_value(a, params[i].value))
			need(s, params[i].version, "%s of %.*s '%.*s'", params[i].param,
			    NAME(n->type), NAME(n->name));
	if (dot != NULL && strcmp(dot, ".numberOfBits") == 0)
		need(s, 3, "quantised weights of layer '%.*s'", NAME(n->name));
	if (a->kind == ATTR_TENSOR && a->v.t->dtype == DT_F16)
		need(s, 2, "float16 weights of layer '%.*s'", NAME(n->name));
}

static void
need_by_graph(struct needs *s, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nattrs; i++)
		if (strstr(g->attrs[i].name->s, "InputShapeMapping") != NULL &&
		    g->attrs[i].declared_raw != 0)
			need(s, 4, "%.*s", NAME(g->attrs[i].name));
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct node *n = g->nodes[i];
		const struct op *op = op_oldest(DIALECT_NN, "", n->type->s);

		if (op != NULL)
			need(s, op->since, "%.*s '%.*s'", NAME(n->type), NAME(n->name));
		for (uint32_t k = 0; k < n->nattrs; k++)
			need_by_attr(s, n, &n->attrs[k]);
		if (strcmp(n->type->s, "sliceDynamic") == 0 && n->nin == 7)
			need(s, 5, "the squeeze masks of sliceDynamic '%.*s'", NAME(n->name));
	}
}

static void
need_by_opset(struct needs *s, const struct graph *g)
{
	int version;

	if (g->parent != NULL || g->nopsets == 0)
		return;
	for (version = 6; version <= 10; version++) {
		const struct spec *v = spec_find(version);

		if (v != NULL && v->since == g->opsets[0].version)
			need(s, version, "opset %.*s of function '%.*s'",
			    NAME(g->opsets[0].domain), NAME(g->name));
	}
}

static void
need_by_model(struct needs *s, const struct model *m)
{
	const struct op *kind = op_oldest(DIALECT_NN, "", m->kind);

	s->m = m;
	if (kind != NULL)
		need(s, kind->since, "a model of type %s", m->kind);
	if (m->updatable)
		need(s, 4, "that it can be trained");
	for (uint32_t i = 0; i < m->nfeatures; i++)
		need_by_feature(s, &m->features[i]);
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		if (m->dialect == DIALECT_MIL)
			need_by_opset(s, m->graphs[i]);
		else
			need_by_graph(s, m->graphs[i]);
	}
	for (uint32_t i = 0; i < m->nstages; i++)
		need_by_model(s, m->stages[i]);
}

static const char *
systems(int64_t version)
{
	const struct spec *v = spec_find(version);

	return v != NULL ? v->systems : "?";
}

/* false: one is unknown. */
static bool
check_opsets(struct lint *l)
{
	bool known = true;

	for (uint32_t i = 0; i < l->m->ngraphs; i++) {
		const struct graph *g = l->m->graphs[i];
		const struct place at = { .g = g, .field = "opset", .index = NO_INDEX };

		if (g->parent != NULL || g->nopsets == 0 || g->opsets[0].version > 0)
			continue;
		known = false;
		lint_add(l, DIAG_LINT_MIL_OPSET, &at, "the opset '%.*s' of function "
		    "'%.*s' is unknown", NAME(g->opsets[0].domain), NAME(g->name));
	}
	return known;
}

void
lint_spec(struct lint *l)
{
	const struct place at = { .field = "specificationVersion", .index = NO_INDEX };
	struct needs s = { .l = l, .version = 1 };
	int64_t have = l->m->format_version;
	bool known = check_opsets(l);

	if (have == 0 && l->m->nfeatures == 0)
		return; /* a program alone states none */
	if (spec_find(have) == NULL) {
		lint_add(l, DIAG_LINT_SPEC_UNKNOWN, &at, "specification version %" PRId64
		    " is unknown", have);
		return;
	}
	need_by_model(&s, l->m);
	if (s.version > have)
		lint_add(l, DIAG_LINT_SPEC_OLD, &at, "specification version %" PRId64 " is stated; "
		    "%s needs %d (%s)", have, s.reason, s.version, systems(s.version));
	else if (s.version < have && known && !l->m->partial && !l->m->compiled)
		lint_add(l, DIAG_LINT_SPEC_NEW, &at, "specification version %" PRId64 " (%s) is "
		    "stated; nothing here needs more than %d (%s)", have, systems(have),
		    s.version, systems(s.version));
}
