/* SPDX-License-Identifier: Apache-2.0 */
/* The interface of what a conversion would give: specification version, inputs and
 * outputs with the types that features can have. */
#include <ctype.h>
#include <string.h>

#include "base/sink.h"
#include "rules/support/support_run.h"

/* Names of features are identifiers. */
static const char *
feature_name(struct run *r, const char *name)
{
	char *s = arena_printf(r->c.a, "%s%s", isdigit((unsigned char)*name) ? "var_" : "", name);

	for (char *p = s; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	return s;
}

/* What features can be: float16 from iOS16 on, float32, int32. */
static const char *
feature_type(const struct run *r, enum dtype t, bool output)
{
	if (t == DT_F16 && r->c.ios >= 16)
		return "f16";
	if (t == DT_F32 && output && r->default_f16 && r->casts)
		return "f16";
	if (t == DT_I8 && r->c.ios >= 26)
		return "i8";
	return dt_int(t) && !r->c.network ? "i32" : "f32";
}

static void
dims_text(struct sink *s, const struct given_input *g, const int64_t *dims, int rank)
{
	for (int i = 0; i < rank; i++) {
		sink_puts(s, i > 0 ? "," : "");
		if (dims[i] >= 0)
			sink_i64(s, dims[i]);
		else if (g != NULL && i < g->rank && g->hi[i] > 0)
			sink_printf(s, "%lld..%lld", (long long)g->lo[i], (long long)g->hi[i]);
		else if (g != NULL && i < g->rank && g->endless && g->lo[i] > 0)
			sink_printf(s, "%lld..inf", (long long)g->lo[i]);
		else
			sink_puts(s, "?");
	}
}

static const char *
kept(struct run *r, struct sink *s)
{
	const char *text = arena_strdup(r->c.a, s->buf != NULL ? s->buf : "", s->n);

	sink_fini(s);
	return text;
}

/* Of images whose size may change: the size by default. */
static int64_t
image_size(const struct given_input *g, const struct mv *v, int i)
{
	return i >= g->rank ? mv_dim(v, i) : g->dims[i] >= 0 ? g->dims[i] : g->lo[i];
}

static const char *
input_text(struct run *r, const struct given_input *g, const struct mv *v, enum dtype t)
{
	int64_t dims[MV_DIMS];
	struct sink s;

	sink_init(&s, -1);
	if (g != NULL && g->kind == GIVEN_IMAGE) {
		sink_printf(&s, "image(%s)[%lld,%lld]", strncmp(g->layout, "rgb", 3) == 0 ? "RGB" :
		    strncmp(g->layout, "bgr", 3) == 0 ? "BGR" : "GRAYSCALE",
		    (long long)image_size(g, v, 2), (long long)image_size(g, v, 3));
		return kept(r, &s);
	}
	sink_printf(&s, "%s[", feature_type(r, t, false));
	for (uint32_t k = 0; g != NULL && k < g->choices; k++) {
		for (int i = 0; i < g->rank; i++)
			dims[i] = g->choice[k][i] != 0 ? g->choice[k][i] : g->dims[i];
		sink_puts(&s, k > 0 ? "|" : "");
		dims_text(&s, g, dims, g->rank);
	}
	if (g == NULL || g->choices == 0)
		dims_text(&s, g, v->dims, v->rank);
	sink_puts(&s, "]");
	return kept(r, &s);
}

static const char *
output_text(struct run *r, const struct mv *v, const struct wanted *w)
{
	bool sized = mv_static(v) && v->rank > 0 && !r->c.network;
	const char *type = feature_type(r, v->dtype, true);
	struct sink s;

	for (int i = 0; w != NULL && i < 4; i++) {
		static const char *const types[] = { "f16", "f32", "i32", "i8" };

		type = strcmp(w->dtype, types[i]) == 0 ? types[i] : type;
	}
	sink_init(&s, -1);
	if (w != NULL && w->kind == WANTED_IMAGE) {
		sink_printf(&s, "image(%s)[%lld,%lld]",
		    strstr(w->layout, "gray") != NULL ? "GRAYSCALE" : "RGB",
		    mv_static(v) ? (long long)mv_dim(v, 2) : 1,
		    mv_static(v) ? (long long)mv_dim(v, 3) : 1);
		return kept(r, &s);
	}
	sink_printf(&s, "%s[", type);
	if (sized)
		dims_text(&s, NULL, v->dims, v->rank);
	sink_puts(&s, "]");
	return kept(r, &s);
}

/* What is handed through keeps the type of the input. */
static const char *
as_input(const struct support *s, const struct mv *v, const char *otherwise)
{
	for (uint32_t i = 0; v->name != NULL && i < s->ninputs; i++)
		if (strcmp(s->inputs[i].name, v->name) == 0)
			return s->inputs[i].type;
	return otherwise;
}

static void
add_inputs(struct run *r)
{
	struct support *s = r->c.s;
	const struct graph *g = r->c.m->main;

	s->inputs = arena_array(r->c.a, g->ninputs + 1, sizeof *s->inputs);
	for (uint32_t i = 0; i < g->ninputs; i++) {
		const struct mv *v =
		    r->placed != NULL ? r->placed[i] : r->c.env[g->inputs[i]->id];
		const struct given_input *in = r->given_any && s->ninputs < r->ngiven ?
		    &r->given[s->ninputs] : NULL;
		enum dtype t;

		if (v == NULL || !v->is_input)
			continue;
		t = in == NULL
			? (g->inputs[i]->type != NULL && !r->c.ts ? g->inputs[i]->type->dtype
								  : v->dtype)
		    : in->t != DT_NONE ? in->t
		    : r->default_f16   ? DT_F16
				       : DT_F32;
		s->inputs[s->ninputs++] = (struct support_feature){ feature_name(r, v->name),
		    input_text(r, in != NULL ? in : v->given, v, t) };
	}
}

void
support_result(struct run *r)
{
	struct support *s = r->c.s;
	bool classifies;

	/* programs and networks are not followed value by value */
	if (s->outcome != SUPPORT_CONVERTS || r->c.m->main == NULL || r->c.env == NULL)
		return;
	if (r->c.o->convert_to == NULL || strcmp(r->c.o->convert_to, "milinternal") != 0)
		s->spec_version = r->c.network ? 4 + r->newer : r->c.ios == 26 ? 10 :
		    r->c.ios - 9;
	add_inputs(r);
	if (s->spec_version == 0) { /* a program of its own, without an interface */
		s->ninputs = 0;
		return;
	}
	s->outputs = arena_array(r->c.a, r->noutputs + 2, sizeof *s->outputs);
	classifies = r->c.o->classifier != NULL && r->noutputs > 0 && !r->c.network;
	if (classifies) {
		s->outputs[s->noutputs++] =
		    (struct support_feature){ "classLabel", "stringType" };
		s->outputs[s->noutputs++] =
		    (struct support_feature){ "classLabel_probs", "dictionaryType" };
	}
	for (uint32_t i = classifies; i < r->noutputs; i++) {
		const struct mv *v = r->outputs[i];
		const struct wanted *w = i < r->nwants ? &r->wants[i] : NULL;
		const char *name = w != NULL && *w->name != '\0' ? w->name : v->name;
		bool plain = w == NULL || (*w->dtype == '\0' && w->kind == WANTED_TENSOR);

		s->outputs[s->noutputs++] = (struct support_feature){ feature_name(r, name),
		    v->is_input && plain ? as_input(s, v, output_text(r, v, w)) :
		    output_text(r, v, w) };
	}
}
