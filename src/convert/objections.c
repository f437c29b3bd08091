/* SPDX-License-Identifier: Apache-2.0 */
/* Options judged before a process is started: what ct.convert 9.0 refuses by
 * looking at its arguments alone, and words that it does not know. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "convert/cause.h"
#include "convert/exact.h"
#include "convert/pass.h"
#include "convert/prefill.h"
#include "convert/request.h"
#include "ir/wanted.h"
#include "ir/graph.h"
#include "ir/type.h"

static const struct { const char *name; uint32_t ios, specification; } targets[] = {
#define TARGET(name, ios, specification) { name, ios, specification },
#include "ir/targets.def"
#undef TARGET
};

struct judging {
	struct request *r;
	struct arena *a;
	const struct model *model;
	struct objection *list;
	uint32_t n;
	uint32_t ios; /* of the target; 0: none given */
	bool no_target;  /* one is given that there is not: nothing depends on it */
	bool no_inputs;  /* some could not be read: what they say is not judged */
	bool no_outputs, no_states;
};

static void
object_to(struct judging *j, const char *option, uint32_t which, enum reason reason,
    const char *text)
{
	j->list = arena_grow(j->a, j->list, j->n, sizeof *j->list);
	j->list[j->n++] = (struct objection){ option, text, (int)reason, which };
}

static void
object(struct judging *j, const char *option, enum reason reason, const char *text)
{
	object_to(j, option, UINT32_MAX, reason, text);
}

static void
read_target(struct judging *j)
{
	const char *t = j->r->o->target;

	for (size_t i = 0; t != NULL && i < sizeof targets / sizeof *targets; i++)
		if (strcmp(targets[i].name, t) == 0) {
			j->ios = targets[i].ios;
			j->r->spec_target = targets[i].specification;
		}
	j->no_target = t != NULL && j->ios == 0;
	if (j->no_target)
		object(j, "--target", REASON_OPTION, arena_printf(j->a, "'%s' is no member of "
		    "ct.target; iOS13 to iOS18, iOS26 and their macOS, watchOS and tvOS "
		    "counterparts are", t));
}

static void
one_of(struct judging *j, const char *option, const char *value, const char *words)
{
	size_t n = value != NULL ? strlen(value) : 0;

	for (const char *p = words; value != NULL; p += n) {
		if ((p = strstr(p, value)) == NULL)
			break;
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == ',' || p[n] == '\0'))
			return;
	}
	if (value != NULL)
		object(j, option, REASON_OPTION, arena_printf(j->a, "'%s' is none of %s", value,
		    words));
}

static void
judge_exact(struct judging *j, bool f16)
{
	const char *why = !f16 ? "all operations are in f32 already: f16! names those that stay" :
	    exact_unknown(j->a, j->model, j->r->f32_ops);

	if (why != NULL)
		object_to(j, "--precision", OBJECTION_EXACT, REASON_OPTION, why);
}

static void
judge_words(struct judging *j)
{
	struct request *r = j->r;
	const struct convert_options *o = r->o;
	const char *precision = o->precision;

	if (precision != NULL && (strncmp(precision, "f16!", 4) == 0 ||
	    strncmp(precision, "f32!", 4) == 0)) {
		r->f32_ops = precision + 4;
		judge_exact(j, precision[1] == '1');
		precision = "f16";
	}
	one_of(j, "--convert-to", o->convert_to, "mlprogram, neuralnetwork");
	one_of(j, "--precision", precision, "f16, f32");
	one_of(j, "--compute-units", o->compute_units,
	    "ALL, CPU_ONLY, CPU_AND_GPU, CPU_AND_NE");
	one_of(j, "--passes", o->passes,
	    "DEFAULT, CLEANUP, EMPTY, DEFAULT_PALETTIZATION, DEFAULT_PRUNING");
	r->network_format = o->convert_to != NULL ? strcmp(o->convert_to, "neuralnetwork") == 0 :
	    j->ios != 0 && j->ios < 15;
	if (j->no_target) /* what a target forbids is not said of one that there is not */
		j->ios = r->network_format ? 14 : 26;
}

static void
judge_together(struct judging *j)
{
	const struct request *r = j->r;
	const char *to = r->o->convert_to, *dot;

	if (j->ios >= 15 && to != NULL && r->network_format)
		object(j, "--convert-to", REASON_OPTION,
		    "neural networks are for targets before iOS15");
	if (j->ios != 0 && j->ios < 15 && to != NULL && !r->network_format)
		object(j, "--convert-to", REASON_OPTION, "ML Programs need iOS15");
	if (r->network_format && r->o->precision != NULL)
		object(j, "--precision", REASON_OPTION,
		    "precision is for ML Programs, and this makes a neural network");
	dot = r->o->out != NULL ? strrchr(r->o->out, '.') : NULL;
	if (r->o->out != NULL && (dot == NULL || (strcmp(dot, ".mlpackage") != 0 &&
	    !(r->network_format && strcmp(dot, ".mlmodel") == 0))))
		object(j, "--out", REASON_OPTION, r->network_format ?
		    "the name must end in .mlmodel or .mlpackage" :
		    "the name must end in .mlpackage");
}

/* A shape of a list has no ranges. */
static bool
mixed(const struct wanted *f)
{
	bool range = false;

	for (uint32_t i = 0; i < f->rank; i++)
		range |= f->dims[i].choices == NULL && f->dims[i].lo != f->dims[i].hi;
	return range && wanted_shapes(f) > 0;
}

static bool
unbounded(const struct wanted *f)
{
	for (uint32_t i = 0; i < f->rank; i++)
		if (f->dims[i].hi == -1 && f->dims[i].lo >= 0)
			return true;
	return false;
}

static bool
negative(const struct wanted *f)
{
	bool below = false;

	for (uint32_t i = 0; i < f->rank; i++) {
		below |= f->dims[i].lo < 0;
		for (uint32_t k = 0; k < f->dims[i].nchoices; k++)
			below |= f->dims[i].choices[k] < 0;
	}
	return below;
}

static bool
empty(const struct wanted *f)
{
	bool none = false;

	for (uint32_t i = 0; i < f->rank; i++) {
		none |= f->dims[i].choices == NULL && f->dims[i].lo == 0 && f->dims[i].hi == 0 &&
		    !f->dims[i].unknown;
		for (uint32_t k = 0; k < f->dims[i].nchoices; k++)
			none |= f->dims[i].choices[k] == 0;
	}
	return none;
}

/* An exported program was made for its sizes: what is no dimension of its own there stays
 * as it is, in each shape of a list. */
static const char *
contradiction(struct judging *j, const struct wanted *f, const struct prefill *own)
{
	struct wanted had;
	uint32_t column;

	if (!wanted_read(&had, j->a, own->spec, &column) || had.rank == 0 || !f->has_shape)
		return NULL;
	if (had.rank != f->rank)
		return arena_printf(j->a, "'%s' is given %u dims, and the program has %u: "
		    "export it with those", f->name, (unsigned)f->rank, (unsigned)had.rank);
	for (uint32_t i = 0; i < had.rank; i++) {
		const struct wanted_dim *d = &f->dims[i];
		bool same = d->choices != NULL || (d->lo == had.dims[i].lo &&
		    d->hi == had.dims[i].lo);

		for (uint32_t k = 0; k < d->nchoices; k++)
			same &= d->choices[k] == had.dims[i].lo;
		if (!same && !d->unknown && had.dims[i].choices == NULL &&
		    !had.dims[i].unknown && had.dims[i].symbol == NULL &&
		    had.dims[i].lo == had.dims[i].hi)
			return arena_printf(j->a, "dim %u of '%s' is %" PRId64 " in the program, "
			    "and nothing else: export it with dynamic_shapes for more", (unsigned)i,
			    f->name, had.dims[i].lo);
	}
	return NULL;
}

static void
judge_exported(struct judging *j)
{
	const struct request *r = j->r;
	const struct prefill *list;
	const char *why;
	uint32_t n;

	if (r->format != CONVERT_PT2 || j->model == NULL)
		return;
	list = prefill_inputs(j->a, j->model, &n);
	if (r->ninputs != 0 && r->ninputs != n)
		object(j, "--input", REASON_INPUT_SPEC, arena_printf(j->a, "the program takes %u "
		    "tensor%s, and %u are given: all or none", (unsigned)n, n == 1 ? "" : "s",
		    (unsigned)r->ninputs));
	for (uint32_t i = 0; i < n && n == r->ninputs; i++)
		if ((why = contradiction(j, &r->inputs[i], &list[i])) != NULL)
			object_to(j, "--input", i, REASON_INPUT_SPEC, why);
}

/* A size that nobody says. */
static void
judge_unknown(struct judging *j, const struct wanted *f)
{
	for (uint32_t i = 0; i < f->rank; i++)
		if (f->dims[i].unknown) {
			object_to(j, "--input", (uint32_t)(f - j->r->inputs), REASON_INPUT_SPEC,
			    f->dims[i].symbol == NULL ? arena_printf(j->a, "a size is not known "
			    "in %s: write a number or a range, 1..8",
			    j->r->o->inputs[f - j->r->inputs]) :
			    arena_printf(j->a, "'%s' has the size %s, whose range is said nowhere: "
			    "write %s=1..8", f->name, f->dims[i].symbol, f->dims[i].symbol));
			return;
		}
}

static void
judge_type(struct judging *j, const char *option, const struct wanted *s, bool output)
{
	uint32_t which = output ? UINT32_MAX : (uint32_t)(s - j->r->inputs);
	const char *d = s->dtype;

	if (strcmp(d, "f16") == 0 && j->ios < 16)
		object_to(j, option, which, REASON_TARGET, arena_printf(j->a,
		    "'%s' is float16, which inputs and outputs may be from iOS16 on", s->name));
	else if (strcmp(d, "i8") == 0 && j->ios < 26)
		object_to(j, option, which, REASON_TARGET, arena_printf(j->a, "'%s' is int8, which "
		    "inputs and outputs may be from iOS26 on", s->name));
	else if (strcmp(d, "i16") == 0 || strcmp(d, "u8") == 0 || strcmp(d, "c64") == 0 ||
	    strcmp(d, "bf16") == 0)
		object_to(j, option, which, output ? REASON_OUTPUT_TYPE : REASON_INPUT_SPEC,
		    arena_printf(j->a, "'%s' has an element type that ct.TensorType refuses: "
		    "use f32 or i32", s->name));
}

static void
judge_input(struct judging *j, const struct wanted *f)
{
	uint32_t which = (uint32_t)(f - j->r->inputs);
	const struct { bool wrong; const char *text; } checks[] = {
		{ f->kind == WANTED_STATE, "is a state: give it by --states" },
		{ !j->r->network_format && unbounded(f),
		    "has a range without an end, which ML Programs cannot have" },
		{ negative(f), "has a size below zero" },
		{ empty(f), "has a size of 0: there would be nothing to compute" },
		{ wanted_shapes(f) == UINT32_MAX, "has lists of different lengths" },
		{ wanted_shapes(f) == 1,
		    "lists a single shape: write it without braces, or list two" },
		{ mixed(f), "has lists and ranges of sizes: it can be one or the other" },
		{ f->kind == WANTED_IMAGE && f->has_shape && f->rank != 4 &&
		    !(j->r->network_format && f->rank == 3),
		    "is an image, which has 4 dims: 1,3,H,W" },
		{ f->kind == WANTED_IMAGE && f->nscale > 1 && !j->r->network_format,
		    "has a scale for each channel, which coremltools multiplies along the width: "
		    "give one scale, and the rest in the model" },
		{ !f->has_shape && j->r->format == CONVERT_TORCHSCRIPT,
		    "has no shape, which TorchScript models do not say" }
	};

	if (f->kind == WANTED_TENSOR)
		judge_type(j, "--input", f, false);
	judge_unknown(j, f);
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (checks[i].wrong)
			object_to(j, "--input", which, REASON_INPUT_SPEC,
			    arena_printf(j->a, "'%s' %s", f->name, checks[i].text));
}

/* Lists of shapes: of several inputs only for iOS18, and equally long. */
static void
judge_shapes(struct judging *j)
{
	const struct request *r = j->r;
	uint32_t first = 0, n = 0, lists = 0;

	for (uint32_t i = 0; i < r->ninputs; i++) {
		if ((n = wanted_shapes(&r->inputs[i])) == 0)
			continue;
		if (lists++ == 0)
			first = n;
		else if (j->ios >= 18 && n != first)
			object(j, "--input", REASON_INPUT_SPEC,
			    "inputs list different numbers of shapes");
	}
	if (lists > 1 && j->ios < 18 && !r->network_format)
		object(j, "--input", j->ios == 0 ? REASON_INPUT_SPEC : REASON_TARGET,
		    "several inputs list shapes, which needs --target=iOS18");
}

static void
judge_names(struct judging *j, const char *option, const struct wanted *list, uint32_t n)
{
	enum reason reason = list == j->r->inputs ? REASON_INPUT_SPEC : REASON_OUTPUT_SPEC;
	uint32_t named = 0;

	for (uint32_t i = 0; i < n; i++) {
		named += *list[i].name != '\0';
		for (uint32_t k = 0; k < i; k++)
			if (*list[i].name != '\0' && strcmp(list[i].name, list[k].name) == 0)
				object(j, option, reason, arena_printf(j->a,
				    "two are called '%s'", list[i].name));
	}
	if (strcmp(option, "--outputs") == 0 && named != 0 && named != n)
		object(j, option, REASON_OUTPUT_SPEC, "either all outputs have names or none");
}

/* What to write for a state, as the model has its buffer. */
static const char *
state_hint(struct judging *j, const char *name)
{
	const char *list = prefill_states(j->a, j->model), *s;
	char *key = arena_printf(j->a, "state:%s:", name);

	if ((s = strstr(list, key)) == NULL)
		return arena_printf(j->a, "write state:%s:f16[1,8]", name);
	return arena_printf(j->a, "write %.*s", (int)wanted_first(s), s);
}

/* Dictionaries that forward() takes are nothing that coremltools takes. */
static void
judge_dictionaries(struct judging *j)
{
	const struct graph *g = j->model != NULL ? j->model->main : NULL;

	for (uint32_t i = 0; g != NULL && j->r->format == CONVERT_TORCHSCRIPT &&
	    i < g->ninputs; i++)
		if (g->inputs[i]->type != NULL && g->inputs[i]->type->tag == TY_DICT)
			object(j, "--input", REASON_INPUT_SPEC, arena_printf(j->a,
			    "forward() takes a dictionary, '%s', which ct.convert does not: "
			    "wrap the model in one that takes tensors", g->inputs[i]->name->s));
}

static void
judge_states(struct judging *j)
{
	const struct request *r = j->r;

	for (uint32_t i = 0; i < r->nstates; i++)
		if (r->states[i].kind == WANTED_STATE && !r->states[i].has_shape)
			object(j, "--states", REASON_STATE, arena_printf(j->a, "'%s' has no shape: "
			    "%s", r->states[i].name, state_hint(j, r->states[i].name)));
		else if (r->states[i].kind != WANTED_STATE)
			object(j, "--states", REASON_STATE, arena_printf(j->a, "'%s' is no state: "
			    "write state:NAME:f16[1,8]", r->states[i].name));
	if (r->nstates > 0 && j->ios < 18)
		object(j, "--states", REASON_STATE, "states need --target=iOS18");
}

static void
judge_outputs(struct judging *j)
{
	const struct request *r = j->r;

	for (uint32_t i = 0; i < r->noutputs; i++) {
		judge_type(j, "--outputs", &r->outputs[i], true);
		if (r->outputs[i].has_shape)
			object(j, "--outputs", REASON_OUTPUT_SPEC, arena_printf(j->a, "'%s' has a "
			    "shape, which outputs may not be given", r->outputs[i].name));
	}
	judge_names(j, "--outputs", r->outputs, r->noutputs);
}

/* "x, y", at most eight. */
static const char *
name_all(struct judging *j, const struct prefill *list, uint32_t n)
{
	const char *all = n > 0 ? list[0].name : "none";

	for (uint32_t i = 1; i < n && i < 8; i++)
		all = arena_printf(j->a, "%s, %s", all, list[i].name);
	return n > 8 ? arena_printf(j->a, "%s, ...", all) : all;
}

/* Inputs go by their position; lists take any number. */
static void
judge_positions(struct judging *j)
{
	const struct request *r = j->r;
	const struct graph *g = j->model->main;
	uint32_t n;
	const struct prefill *list = prefill_inputs(j->a, j->model, &n);

	for (uint32_t i = 0; i < g->ninputs; i++)
		if (g->inputs[i]->type != NULL && g->inputs[i]->type->tag == TY_LIST)
			return;
	if (n != r->ninputs)
		object(j, "--input", REASON_INPUT_SPEC, arena_printf(j->a, "the model takes %"
		    PRIu32 " tensor%s (%s), and %" PRIu32 " are given", n, n == 1 ? "" : "s",
		    name_all(j, list, n), r->ninputs));
	for (uint32_t i = 0; n == r->ninputs && i < n; i++)
		for (uint32_t k = 0; r->inputs[i].name != NULL && k < n; k++)
			if (k != i && strcmp(r->inputs[i].name, list[k].name) == 0 &&
			    strcmp(r->inputs[i].name, list[i].name) != 0) {
				object_to(j, "--input", i, REASON_INPUT_SPEC, arena_printf(j->a,
				    "%s is given in the place of %s: inputs go by their "
				    "position when not all have the model's names (%s)",
				    list[k].name, list[i].name, name_all(j, list, n)));
				return;
			}
}

/* What to write for each input: indices are not told from other tensors in its types. */
static const char *
wanting(struct judging *j)
{
	uint32_t n = 0;
	const struct prefill *list = j->model != NULL ? prefill_inputs(j->a, j->model, &n) : NULL;
	const char *all = n == 0 ? " --input=NAME:f32[1,3,224,224] for each" : "";

	for (uint32_t i = 0; i < n && i < 4; i++)
		all = arena_printf(j->a, "%s --input=%s:f32[1,...]", all, list[i].name);
	return arena_printf(j->a, "%s%s, with i32 in place of f32 for indices", all + 1, n > 4 ?
	    " and so on" : "");
}

/* TorchScript does not say shapes: each tensor of forward() needs its input. */
static void
judge_count(struct judging *j)
{
	const struct request *r = j->r;

	if (r->format == CONVERT_TORCHSCRIPT && r->ninputs > 0 && j->model != NULL &&
	    j->model->main != NULL && j->model->dialect == DIALECT_ATEN)
		judge_positions(j);
	if (r->format == CONVERT_TORCHSCRIPT && r->ninputs == 0)
		object(j, "--input", REASON_INPUT_SPEC, arena_printf(j->a, "TorchScript models do "
		    "not say the shapes of their inputs: give %s", wanting(j)));
}

static void
judge_inputs(struct judging *j)
{
	const struct request *r = j->r;

	for (uint32_t i = 0; i < r->ninputs; i++)
		judge_input(j, &r->inputs[i]);
	judge_shapes(j);
	judge_names(j, "--input", r->inputs, r->ninputs);
	judge_exported(j);
	judge_count(j);
}

/* What could not be read says nothing more. */
static void
judge_features(struct judging *j)
{
	if (!j->no_inputs)
		judge_inputs(j);
	if (!j->no_outputs)
		judge_outputs(j);
	if (!j->no_states)
		judge_states(j);
	judge_dictionaries(j);
}

static void
read_inputs(struct judging *j)
{
	struct request *r = j->r;
	uint32_t column = 0;

	r->ninputs = r->o->ninputs;
	r->inputs = arena_array(j->a, r->ninputs, sizeof *r->inputs);
	for (uint32_t i = 0; i < r->ninputs; i++)
		if (!wanted_read(&r->inputs[i], j->a, r->o->inputs[i], &column)) {
			object_to(j, "--input", i, REASON_INPUT_SPEC, arena_printf(j->a,
			    "not understood at column %u of %s", column + 1, r->o->inputs[i]));
			j->no_inputs = true;
		}
	wanted_share(r->inputs, r->ninputs);
}

static struct wanted *
read_list(struct judging *j, const char *option, const char *text, enum reason reason, uint32_t *n,
    bool *unread)
{
	const char *s = text != NULL ? text : "";
	uint32_t column = 0;
	struct wanted *list = wanted_read_list(j->a, &s, n, &column);

	*unread = *s != '\0';
	if (*unread)
		object(j, option, reason, arena_printf(j->a, "not understood at column %u of %s",
		    column + 1, s));
	return list;
}

static void
read_features(struct judging *j)
{
	struct request *r = j->r;

	read_inputs(j);
	r->groups = prefill_groups(j->a, j->model, r->inputs, r->ninputs, &r->ngroups);
	r->outputs = read_list(j, "--outputs", r->o->outputs, REASON_OUTPUT_SPEC, &r->noutputs,
	    &j->no_outputs);
	r->states = read_list(j, "--states", r->o->states, REASON_STATE, &r->nstates,
	    &j->no_states);
}

static void
judge_cures(struct judging *j, const char *option, const char *list)
{
	const char *bad = cure_unknown(j->a, list);

	if (bad != NULL)
		object(j, option, REASON_OPTION, bad);
}

static void
judge_passes(struct judging *j, const char *list)
{
	size_t n;

	for (; list != NULL && *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		/* with a group it may be one of a newer release */
		if (pass_find(list, n) == NULL && memchr(list, ':', n) == NULL)
			object(j, "--without", REASON_OPTION, arena_printf(j->a,
			    "'%.*s' is no pass of a main pipeline: %s", (int)n, list,
			    pass_near(j->a, list, n)));
	}
}

/* Python takes names of files as text. */
static void
judge_name(struct judging *j, const char *option, const char *path)
{
	uint32_t cp;
	unsigned n = 1;

	for (const char *s = path; s != NULL && *s != '\0' && n > 0; s += n)
		n = utf8_decode(s, strlen(s), &cp);
	if (n == 0)
		object(j, option, REASON_OPTION, "the name is no UTF-8, which torch cannot open: "
		    "give it another, or a link");
}

uint32_t
request_make(struct request *r, struct arena *a, const struct convert_options *o,
    const char *path, enum convert_format format, const struct model *model,
    struct objection **list)
{
	struct judging j = { .r = r, .a = a, .model = model };

	*r = (struct request){ .o = o, .model = path, .format = format, .first = -1,
	    .beside = "" };
	judge_name(&j, "FILE", path);
	judge_name(&j, "--out", o->out);
	read_target(&j);
	judge_words(&j);
	read_features(&j);
	judge_cures(&j, "--no-cure", o->no_cure);
	judge_cures(&j, "--cure", o->cure);
	judge_passes(&j, o->without);
	judge_together(&j);
	judge_features(&j);
	*list = j.list;
	return j.n;
}
