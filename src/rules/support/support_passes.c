/* SPDX-License-Identifier: Apache-2.0 */
/* What comes behind the front end: outputs are named and typed, passes rewrite the
 * program, ranks are checked, the back end writes it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rules/support/support_run.h"

/* None among the outputs is dropped with a warning. */
static void
drop_none(struct run *r)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < r->noutputs; i++)
		if (r->outputs[i]->kind != MV_NONE)
			r->outputs[k++] = r->outputs[i];
	r->noutputs = k;
}

/* A name that an output is given: inputs keep theirs, and have it for themselves. */
static void
check_new_name(struct run *r, const char *name, const struct mv *v)
{
	const struct graph *g = r->c.m->main;

	if (*name == '\0')
		return;
	if (v->is_input) {
		cv_block(&r->c, REASON_OUTPUT_SPEC, "pass:sanitize_input_output_names",
		    "an output that is an input as well cannot be renamed to %s", name);
		return;
	}
	for (uint32_t i = 0; i < g->ninputs && r->casts; i++) {
		const struct mv *in =
		    r->placed != NULL ? r->placed[i] : r->c.env[g->inputs[i]->id];

		if (in != NULL && in->is_input && in->name != NULL &&
		    strcmp(in->name, name) == 0)
			cv_block(&r->c, REASON_OUTPUT_SPEC, "pass:dedup_op_and_var_names",
			    "output %s has the name of an input", name);
	}
}

/* The pass that casts outputs takes what cast gives; inputs that are outputs stay. */
static void
check_new_type(struct run *r, const struct wanted *w, const struct mv *v)
{
	if (r->casts && !v->is_input && v->kind == MV_TENSOR &&
	    (strcmp(w->dtype, "f64") == 0 || strcmp(w->dtype, "i64") == 0))
		cv_block(&r->c, REASON_DTYPE, "pass:update_output_dtypes",
		    "output %s cannot be cast to %s", w->name, w->dtype);
}

static void
check_outputs(struct run *r)
{
	const struct wanted *w = r->wants;
	uint32_t n = r->nwants;
	bool typed = r->default_f16 && n == 0; /* outputs get a declaration each */

	for (uint32_t i = 0; i < r->noutputs; i++) {
		struct mv *v = r->outputs[i];

		if (v->kind == MV_LIST)
			cv_block(&r->c, REASON_CONTROL, "frontend",
			    "an output is a tuple or list inside "
			    "another");
		else if (v->kind == MV_TEXT || (v->kind == MV_OBJECT && v->maker == NULL))
			cv_block(&r->c, REASON_MISSING, "frontend",
			    "output %s is no value of the program",
			    v->text != NULL ? v->text : "");
	}
	if (n > 0 && n != r->noutputs)
		cv_block(&r->c, REASON_OUTPUT_SPEC, "frontend",
		    "%u outputs are given, the model has %u", n, r->noutputs);
	for (uint32_t i = 0; i < r->noutputs && n > 0 && n == r->noutputs; i++)
		check_new_type(r, &w[i], r->outputs[i]);
	for (uint32_t i = 0; i < r->noutputs && n > 0 && n == r->noutputs; i++)
		check_new_name(r, w[i].name, r->outputs[i]);
	for (uint32_t i = 0; i < r->noutputs; i++) {
		enum dtype t = r->outputs[i]->dtype;

		if (r->outputs[i]->kind != MV_TENSOR)
			continue;
		if (typed && (dt_complex(t) || t == DT_I16 || t == DT_U16 || t == DT_STR))
			cv_block(&r->c, REASON_OUTPUT_TYPE, "frontend", "an output is %s",
			    t == DT_STR ? "a text" : dt_complex(t) ? "complex" : dtype_name(t));
		else if (t == DT_STR)
			cv_block(&r->c, REASON_DTYPE, "pass:adjust_io_to_supported_types",
			    "an output is a text");
		else if (dt_complex(t))
			cv_block(&r->c, REASON_COMPLEX, "pass:lower_complex_dialect_ops",
			    "an output is complex");
	}
}

/* A range without another default stands for its least size. */
static int64_t
default_size(const struct given_input *g, int i)
{
	return g->dims[i] == DIM_SYMBOLIC ? g->lo[i] : g->dims[i];
}

static void
check_image_output(struct run *r, const struct wanted *w, const struct mv *v)
{
	int channels = strstr(w->layout, "gray") != NULL ? 1 : 3;

	if (v->rank != 4)
		cv_block(&r->c, REASON_OUTPUT_SPEC, "backend",
		    "image output %s has rank %d, not 4", w->name, v->rank);
	else if (r->c.network && mv_symbolic(v))
		cv_block(&r->c, REASON_OUTPUT_SPEC, "backend",
		    "image output %s has a size that is known at run time only", w->name);
	else if ((v->dims[0] != 1 && v->dims[0] != DIM_ANY) ||
	    (v->dims[1] != channels && v->dims[1] != DIM_ANY))
		cv_block(&r->c, REASON_OUTPUT_SPEC, "backend",
		    "image output %s is not of shape [1,%d,H,W]", w->name, channels);
}

/* Numbers that differ by channel are applied along the last dim where they are no list
 * of the three biases of a colour. */
static void
check_preprocessing(struct run *r, const struct given_input *g, bool gray)
{
	static const char stage[] = "pass:insert_image_preprocessing_ops";
	int64_t last = g->rank > 0 && g->choices == 0 ? g->dims[g->rank - 1] : DIM_SYMBOLIC;
	bool listed = g->nscale > 1 || (gray && g->biased && g->nbias > 1);

	if (listed && last != DIM_SYMBOLIC && last != 1 && last != 3)
		cv_block(&r->c, REASON_SHAPE, stage,
		    "numbers that differ by channel are applied along the last dim");
	else if (!gray && g->biased && g->rank != 3 && g->rank != 4)
		cv_block(&r->c, REASON_RANK, stage, "biases of an image of rank %d", g->rank);
	else if (!gray && g->biased && g->nbias != 3)
		cv_block(&r->c, REASON_SHAPE, stage, "%u biases for three channels", g->nbias);
}

static void
check_network_image(struct run *r, const struct given_input *g, bool gray)
{
	if (g->nscale > 1 || (gray ? g->nbias > 1 : g->nbias != 0 && g->nbias != 3))
		cv_block(&r->c, REASON_INPUT_SPEC, "backend",
		    "an image of a network has one scale and a bias for each channel");
}

static void
check_images(struct run *r)
{
	const struct wanted *w = r->wants;
	uint32_t n = r->nwants;

	for (uint32_t i = 0; i < r->ngiven && r->given_any; i++) {
		const struct given_input *g = &r->given[i];
		bool gray = g->layout != NULL && strncmp(g->layout, "gray", 4) == 0;

		if (g->kind != GIVEN_IMAGE)
			continue;
		if (r->c.network)
			check_network_image(r, g, gray);
		else
			check_preprocessing(r, g, gray);
		if (g->rank != 4 && !(r->c.network && g->rank == 3))
			cv_block(&r->c, REASON_INPUT_SPEC, "backend", "an image has four dims");
		else if (g->rank == 4 &&
		    (default_size(g, 0) != 1 || default_size(g, 1) != (gray ? 1 : 3)))
			cv_block(&r->c, REASON_INPUT_SPEC, "backend",
			    "an image is of shape [1,%d,H,W]", gray ? 1 : 3);
	}
	for (uint32_t i = 0; i < n && n == r->noutputs; i++)
		if (w[i].kind == WANTED_IMAGE && mv_known(r->outputs[i]))
			check_image_output(r, &w[i], r->outputs[i]);
}

static void
check_classes(struct run *r)
{
	const char *s = r->c.o->classifier;
	int64_t n = s != NULL ? 1 : 0, have = 1;

	for (; s != NULL && *s != '\0'; s++)
		n += *s == ',';
	if (n == 0 || r->noutputs == 0 || r->c.network)
		return;
	for (int i = 0; i < r->outputs[0]->rank; i++)
		have *= r->outputs[0]->dims[i];
	if (mv_static(r->outputs[0]) && have != n)
		cv_block(&r->c, REASON_OPTION, "backend", "%lld labels for %lld probabilities",
		    (long long)n, (long long)have);
}

/* The label and its probabilities take the place of one output with one type. */
static void
check_class_types(struct run *r)
{
	if (r->c.o->classifier != NULL && r->noutputs > 1 && !r->c.network &&
	    (r->default_f16 || r->c.o->outputs != NULL))
		cv_block(&r->c, REASON_INTERNAL, "backend",
		    "a classifier with %u outputs whose types are given", r->noutputs);
}

static void
mark(struct mv *v, uint32_t depth)
{
	while (v != NULL && !v->live && depth-- > 0) {
		v->live = true;
		if (v->konst && v->from != NULL)
			return;
		for (uint32_t i = 1; i < v->nfrom; i++)
			mark(v->from[i], depth);
		v = v->nfrom > 0 ? v->from[0] : NULL;
	}
}

enum { USE_TRANSPOSE = 1, USE_RESHAPE = 2, USE_OTHER = 4 };

static void
count_uses(struct run *r)
{
	for (uint32_t i = 0; i < r->c.nmade; i++) {
		const struct mv *v = r->c.made[i];

		for (uint32_t k = 0; k < v->nfrom && v->live; k++)
			v->from[k]->uses |= strcmp(v->maker, "transpose") == 0 ? USE_TRANSPOSE :
			    strcmp(v->maker, "reshape") == 0 ? USE_RESHAPE : USE_OTHER;
	}
}

/* reshape to a high rank, transpose, reshape to a low one is rewritten by a pass, where
 * the sizes are known. */
static bool
rescued(const struct mv *v)
{
	if (strcmp(v->maker, "reshape") == 0)
		return v->uses == USE_TRANSPOSE && !mv_symbolic(v);
	return strcmp(v->maker, "transpose") == 0 && v->uses == USE_RESHAPE && v->nfrom > 0 &&
	    !mv_symbolic(v->from[0]) &&
	    v->from[0]->maker != NULL && strcmp(v->from[0]->maker, "reshape") == 0 &&
	    v->from[0]->uses == USE_TRANSPOSE;
}

static void
check_ranks(struct run *r)
{
	for (uint32_t i = 0; i < r->c.nall; i++) {
		struct mv *v = r->c.all[i];

		if (!v->live || v->konst || rescued(v))
			continue;
		r->c.advice = support_five;
		/* coremltools names a layer of its own, not the operator */
		support_block_node(r, v->node, "", REASON_RANK, "check",
		    "%s leaves a tensor of rank "
		    "%d; five is the limit",
		    v->node != NULL ? support_op_name(r, v->node) : v->maker, v->rank);
	}
	for (uint32_t i = 0; i < r->noutputs; i++)
		if (r->outputs[i]->konst && r->outputs[i]->rank > 5)
			cv_block(&r->c, REASON_RANK, "check",
			    "a constant of rank %d is left; five is the "
			    "limit",
			    r->outputs[i]->rank);
}

static void
check_resizes(struct run *r)
{
	for (uint32_t i = 0; i < r->c.nmade; i++)
		if (r->c.made[i]->live && strcmp(r->c.made[i]->maker, "torch_upsample") == 0)
			support_block_node(r, r->c.made[i]->node, "", REASON_DYNAMIC,
			    "pass:torch_upsample_to_core_upsample",
			    "an output size that is known at run time only, and no multiple of the "
			    "input's");
}

/* Layers of a neural network that came with iOS14, by the operation that they are made
 * of; rank 5 alone where three dims are walked. Source: builder of coremltools. */
static const struct { const char *op; bool deep; } newer[] = {
	{ "argsort", false }, { "avg_pool", true }, { "clamped_relu", false }, { "conv", true },
	{ "conv_transpose", true }, { "cumsum", false }, { "max_pool", true },
	{ "one_hot", false }, { "pixel_shuffle", false }, { "upsample_bilinear", false }
};

/* Of a resized dim: by no whole number. */
static bool
is_fraction(const struct mv *x, const struct mv *v, int i)
{
	return mv_dim(x, i) > 0 && mv_dim(v, i) > 0 && mv_dim(v, i) % mv_dim(x, i) != 0;
}

static bool
is_newer(const struct mv *v)
{
	const struct mv *x = v->nfrom > 0 ? v->from[0] : NULL;

	/* the masks of slices that drop dims are of iOS14 */
	if (strcmp(v->maker, "slice_by_index") == 0)
		return x != NULL && x->rank > v->rank && v->rank >= 0;
	if (strcmp(v->maker, "tile") == 0)
		return v->nfrom > 1 && !v->from[1]->konst;
	if (strcmp(v->maker, "upsample_nearest_neighbor") == 0)
		return x != NULL && (is_fraction(x, v, -1) || is_fraction(x, v, -2));
	for (size_t i = 0; i < sizeof newer / sizeof *newer; i++)
		if (strcmp(v->maker, newer[i].op) == 0)
			return !newer[i].deep || v->rank == 5;
	return false;
}

/* What the back end of neural networks lacks, and layers newer than the target. */
static void
check_network(struct run *r)
{
	for (uint32_t i = 0; i < r->c.nmade && r->c.network; i++) {
		const struct mv *v = r->c.made[i];

		if (!v->live || v->konst || v->maker == NULL)
			continue;
		if (strcmp(v->maker, "conv") == 0 && v->rank == 5 && v->nfrom > 1 &&
		    !v->from[1]->konst)
			support_block_node(r, v->node, "", REASON_BACKEND, "backend",
			    "a 3-D convolution whose weights are computed");
		if (!is_newer(v))
			continue;
		r->newer = true;
		if (r->target == 13)
			support_block_node(r, v->node, "", REASON_TARGET, "compatibility",
			    "%s becomes a layer that came with iOS14",
			    v->node != NULL ? support_op_name(r, v->node) : v->maker);
	}
}

static void
check_states(struct run *r)
{
	for (uint32_t i = 0; i < r->nstates; i++) {
		if (r->states[i].t == DT_F32 && r->states[i].dtype != NULL)
			cv_block(&r->c, REASON_STATE, "backend", "state %s is not float16",
			    r->states[i].name != NULL ? r->states[i].name : "");
		for (int k = 0; k < r->states[i].rank; k++)
			if (r->states[i].dims[k] == DIM_SYMBOLIC)
				cv_block(&r->c, REASON_STATE, "backend",
				    "state %s has no fixed shape",
				    r->states[i].name != NULL ? r->states[i].name : "");
	}
}

void
support_passes(struct run *r)
{
	drop_none(r);
	check_outputs(r);
	for (uint32_t i = 0; i < r->noutputs; i++)
		mark(r->outputs[i], 100000);
	count_uses(r);
	check_resizes(r);
	support_transposes(r);
	check_ranks(r);
	check_classes(r);
	check_images(r);
	check_class_types(r);
	check_states(r);
	check_network(r);
}
