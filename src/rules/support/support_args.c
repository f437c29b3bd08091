/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of ct.convert: parsed, and judged in its order before the model is
 * looked at. Constructors of input types come first of all. */
#include <string.h>

#include "rules/support/support_run.h"

static const struct { const char *name; int ios; } targets[] = {
#define TARGET(name, ios, specification) { name, ios },
#include "ir/targets.def"
#undef TARGET
};

const char support_targets[] =
#define TARGET(name, ios, specification) " " name
#include "ir/targets.def"
#undef TARGET
;

int
support_target(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof targets / sizeof *targets; i++)
		if (strcmp(targets[i].name, name) == 0)
			return targets[i].ios;
	return 0;
}

static const struct { const char *name; enum dtype t; } types[] = {
	{ "f32", DT_F32 }, { "f16", DT_F16 }, { "f64", DT_F32 }, { "i64", DT_I32 },
	{ "i32", DT_I32 }, { "bool", DT_BOOL }, { "i8", DT_I8 }, { "i16", DT_I16 },
	{ "u8", DT_U8 }, { "c64", DT_C64 }
};

static void
take_dim(struct run *r, struct given_input *g, const struct wanted_dim *d)
{
	int i = g->rank++;

	g->dims[i] = d->lo;
	g->negative |= d->lo < 0;
	if (d->choices != NULL) {
		if (g->choice == NULL)
			g->choice = arena_array(r->c.a, 64, sizeof *g->choice);
		for (uint32_t k = 0; k < d->nchoices && k < 64; k++)
			g->choice[k][i] = d->choices[k];
		g->choices = d->nchoices > g->choices && d->nchoices <= 64 ? d->nchoices :
		    g->choices;
		return;
	}
	g->symbol[i] = d->symbol;
	g->endless |= d->hi == -1 && d->lo >= 0;
	if (d->hi == d->lo && !d->unknown && d->symbol == NULL)
		return;
	g->dims[i] = DIM_SYMBOLIC;
	g->lo[i] = d->lo;
	g->hi[i] = d->hi > 0 ? d->hi : 0;
}

/* What cannot be read has the name and dims that stand before that. */
static void
take_given(struct run *r, const struct wanted *w)
{
	struct given_input g = { .name = *w->name != '\0' ? w->name : NULL,
	    .nscale = w->nscale, .nbias = w->nbias };

	if (w->kind == WANTED_IMAGE) {
		g.kind = GIVEN_IMAGE;
		g.layout = w->layout;
		g.t = strstr(g.layout, "16") != NULL ? DT_F16 : DT_F32;
	} else {
		g.kind = w->kind == WANTED_STATE ? GIVEN_STATE : GIVEN_TENSOR;
		g.dtype = *w->dtype != '\0' ? w->dtype : NULL;
	}
	for (size_t i = 0; g.dtype != NULL && i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].name, g.dtype) == 0)
			g.t = types[i].t;
	for (uint32_t i = 0; i < w->nbias; i++)
		g.biased |= w->bias[i] < 0 || w->bias[i] > 0;
	for (uint32_t i = 0; i < w->rank && i < MV_DIMS; i++)
		take_dim(r, &g, &w->dims[i]);
	if (g.kind == GIVEN_STATE) {
		r->states = arena_grow(r->c.a, r->states, r->nstates, sizeof *r->states);
		r->states[r->nstates++] = g;
	} else {
		r->given = arena_grow(r->c.a, r->given, r->ngiven, sizeof *r->given);
		r->given[r->ngiven++] = g;
	}
}

static void
read_wanted(struct run *r)
{
	const struct support_options *o = r->c.o;
	struct wanted *list = arena_array(r->c.a, o->ninputs, sizeof *list);
	const char *s = o->outputs != NULL ? o->outputs : "";
	uint32_t column;

	for (uint32_t i = 0; i < o->ninputs; i++)
		wanted_read(&list[i], r->c.a, o->inputs[i], &column);
	wanted_share(list, o->ninputs);
	for (uint32_t i = 0; i < o->ninputs; i++)
		take_given(r, &list[i]);
	r->wants = wanted_read_list(r->c.a, &s, &r->nwants, &column);
	r->nwants = r->wants != NULL ? r->nwants : 0;
}

/* f16, or f16!OP,OP: all but those operations. */
static bool
is_half(const char *precision)
{
	return strcmp(precision, "f16") == 0 || strncmp(precision, "f16!", 4) == 0;
}

void
support_parse(struct run *r)
{
	const struct support_options *o = r->c.o;

	read_wanted(r);
	r->given_any = !o->no_inputs && r->ngiven > 0;
	r->target = support_target(o->target);
	r->c.network = o->convert_to != NULL ? strcmp(o->convert_to, "neuralnetwork") == 0 :
	    r->target > 0 && r->target < 15;
	r->c.has_target = r->target > 0;
	r->c.ios = r->target > 0 ? r->target : r->c.network ? 13 : 15;
	r->c.f16 = !r->c.network && (o->precision == NULL || is_half(o->precision));
	r->default_f16 = r->c.f16 && r->c.ios >= 16;
	/* the pass that casts outputs is in the default pipelines alone */
	r->casts = o->pipeline == NULL || strncmp(o->pipeline, "DEFAULT", 7) == 0;
}

#define STOP(r, reason, ...) \
	(cv_block(&(r)->c, reason, "input-validation", __VA_ARGS__), (void)((r)->stop = true))

/* ct.TensorType and its like refuse these themselves. */
static void
check_types(struct run *r)
{
	for (uint32_t i = 0; i < r->ngiven + r->nstates; i++) {
		const struct given_input *g = i < r->ngiven ? &r->given[i] :
		    &r->states[i - r->ngiven];

		if (i < r->ngiven && !r->given_any)
			continue;
		if (g->negative)
			STOP(r, REASON_INPUT_SPEC, "a size below zero is given for input %s",
			    g->name != NULL ? g->name : "");
		if (g->dtype != NULL && (g->t == DT_I16 || g->t == DT_U8 || g->t == DT_C64))
			STOP(r, REASON_INPUT_SPEC,
			    "inputs cannot be %s: float32, float16, int32, bool "
			    "and int8 are taken",
			    g->dtype);
	}
	for (uint32_t i = 0; i < r->nwants; i++) {
		const char *dtype = r->wants[i].dtype;

		if (strcmp(dtype, "u8") == 0 || strcmp(dtype, "i16") == 0 ||
		    strcmp(dtype, "c64") == 0)
			STOP(r, REASON_INPUT_SPEC, "outputs cannot be %s", dtype);
	}
}

static void
check_outputs(struct run *r)
{
	const struct wanted *w = r->wants;

	for (uint32_t n = 0; n < r->nwants; n++) {
		for (uint32_t i = 0; i < n; i++)
			if (*w[n].name != '\0' && strcmp(w[i].name, w[n].name) == 0)
				STOP(r, REASON_OUTPUT_SPEC, "the name %s stands twice in --outputs",
				    w[n].name);
		if (n > 0 && (*w[n].name == '\0') != (*w[0].name == '\0'))
			STOP(r, REASON_OUTPUT_SPEC, "all outputs are given names, or none");
	}
}

static void
check_source(struct run *r)
{
	static const char *const known[] = { "auto", "tensorflow", "pytorch", "milinternal" };
	const char *s = r->c.o->source;
	bool ok = s == NULL;

	for (size_t i = 0; s != NULL && i < sizeof known / sizeof *known; i++)
		ok |= strcmp(s, known[i]) == 0;
	if (!ok)
		STOP(r, REASON_OPTION,
		    "source is auto, tensorflow, pytorch or milinternal, not %s", s);
	if (r->c.o->load != NULL && !r->c.ts && s == NULL)
		STOP(r, REASON_OPTION, "ct.convert does not take the path of a .pt2 file: call "
		    "torch.export.load first");
}

static void
check_target(struct run *r)
{
	const char *to = r->c.o->convert_to;

	if (to == NULL || r->target == 0)
		return;
	if (strcmp(to, "mlprogram") == 0 && r->target < 15)
		STOP(r, REASON_OPTION, "ML Programs need iOS15 or later");
	if (strcmp(to, "neuralnetwork") == 0 && r->target >= 15)
		STOP(r, REASON_OPTION, "a NeuralNetwork cannot be made for iOS15 or later");
}

static bool
is_program(const struct run *r)
{
	const char *to = r->c.o->convert_to;

	return to != NULL ? strcmp(to, "mlprogram") == 0 : !r->c.network;
}

static void
check_choices(struct run *r)
{
	const struct given_input *first = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->ngiven; i++)
		n += r->given[i].choices > 0;
	if (n < 2 || !is_program(r))
		return;
	if (r->target == 0)
		STOP(r, REASON_INPUT_SPEC,
		    "several inputs with enumerated shapes need a target to be "
		    "given (iOS18 or later)");
	else if (r->target < 18)
		STOP(r, REASON_TARGET, "several inputs with enumerated shapes need iOS18");
	for (uint32_t i = 0; i < r->ngiven && r->target >= 18; i++) {
		if (r->given[i].choices == 0)
			continue;
		if (first != NULL && first->choices != r->given[i].choices)
			STOP(r, REASON_INPUT_SPEC, "inputs differ in the number of their shapes");
		first = &r->given[i];
	}
}

static void
check_inputs(struct run *r)
{
	for (uint32_t i = 0; i < r->ngiven; i++) {
		if (r->given[i].t == DT_F16 && r->target < 16)
			STOP(r, REASON_TARGET, "float16 inputs need iOS16");
		if (r->given[i].t == DT_I8 && r->target < 26)
			STOP(r, REASON_TARGET, "int8 inputs need iOS26");
	}
	check_choices(r);
	for (uint32_t i = 0; i < r->ngiven; i++)
		if (r->given[i].endless && is_program(r))
			STOP(r, REASON_INPUT_SPEC, "input %s has no upper bound",
			    r->given[i].name != NULL ? r->given[i].name : "");
}

static void
check_output_types(struct run *r)
{
	for (uint32_t i = 0; i < r->nwants; i++) {
		const struct wanted *w = &r->wants[i];

		if (strcmp(w->dtype, "f16") == 0 && r->target < 16)
			STOP(r, REASON_TARGET, "float16 outputs need iOS16");
		if (strcmp(w->dtype, "i8") == 0 && r->target < 26)
			STOP(r, REASON_TARGET, "int8 outputs need iOS26");
	}
}

static void
check_model(struct run *r)
{
	const char *s = r->c.o->source;

	if (s != NULL && strcmp(s, "tensorflow") == 0)
		STOP(r, REASON_OPTION, "a PyTorch model, but source=tensorflow");
	if (s != NULL && strcmp(s, "milinternal") == 0)
		STOP(r, REASON_OPTION, "a PyTorch model, but source=milinternal");
	if (!r->c.ts)
		return;
	if (r->c.o->no_inputs)
		STOP(r, REASON_INPUT_SPEC, "TorchScript needs the shapes of its inputs: --input");
	for (uint32_t i = 0; r->given_any && i < r->ngiven; i++)
		for (uint32_t k = 0; k < i; k++)
			if (r->given[i].name != NULL && r->given[k].name != NULL &&
			    strcmp(r->given[i].name, r->given[k].name) == 0)
				STOP(r, REASON_INPUT_SPEC, "input %s is given twice",
				    r->given[i].name);
}

static void
check_precision(struct run *r)
{
	const char *p = r->c.o->precision;

	if (p == NULL)
		return;
	if (r->c.network)
		STOP(r, REASON_OPTION, "a NeuralNetwork takes no compute precision");
	if (!is_half(p) && strcmp(p, "f32") != 0)
		STOP(r, REASON_OPTION, "the precision is f16, f16!OP or f32, not %s", p);
}

void
support_arguments(struct run *r)
{
	static const char *const backends[] = { "mlprogram", "neuralnetwork", "milinternal",
	    "milpython" };
	const struct support_options *o = r->c.o;
	const char *dot;
	bool ok = o->convert_to == NULL;

	check_types(r);
	if (o->target != NULL && r->target == 0)
		STOP(r, REASON_OPTION,
		    "%s is no deployment target: iOS13 to iOS18 and iOS26, or their "
		    "macOS, watchOS and tvOS names",
		    o->target);
	check_outputs(r);
	check_source(r);
	check_target(r);
	if (r->given_any)
		check_inputs(r);
	check_output_types(r);
	check_precision(r);
	check_model(r);
	for (size_t i = 0; o->convert_to != NULL && i < sizeof backends / sizeof *backends; i++)
		ok |= strcmp(o->convert_to, backends[i]) == 0;
	if (!ok)
		STOP(r, REASON_OPTION,
		    "convert_to is mlprogram, neuralnetwork or milinternal, not %s",
		    o->convert_to);
	dot = o->package_dir != NULL ? strrchr(o->package_dir, '.') : NULL;
	if (o->package_dir != NULL && (dot == NULL || strcmp(dot, ".mlpackage") != 0))
		STOP(r, REASON_OPTION, "package_dir must end in .mlpackage");
}

struct mv *
support_placeholder(struct run *r, const struct given_input *g)
{
	enum dtype t = g->t;
	struct mv *v;

	if (t == DT_NONE)
		t = r->default_f16 ? DT_F16 : DT_F32;
	v = mv_tensor(&r->c, t, g->rank, g->dims);
	for (int i = 0; i < g->rank; i++)
		for (uint32_t k = 1; k < g->choices; k++)
			if (g->choice[k][i] != 0 && g->choice[k][i] != g->choice[0][i])
				v->dims[i] = DIM_SYMBOLIC;
	v->is_input = true;
	v->given = g;
	v->name = g->name;
	return v;
}

void
support_scalar_input(struct run *r, int rank, const char *name)
{
	if (rank > 0)
		return;
	r->c.advice = "give it one dim of size 1 and squeeze in the model";
	cv_block(&r->c, REASON_RANK, "frontend", "input %s has no dims: Core ML takes no scalars",
	    name != NULL ? name : "");
}
