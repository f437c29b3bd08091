/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each plain option: its member of the request's JSON, its argument of
 * ct.convert, how Python writes its value. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/sink.h"
#include "convert/request.h"
#include "convert/spec.h"
#include "ir/wanted.h"

const struct cure cures[] = {
	{ "decompose", CONVERT_PT2, false, "results that nobody reads go away",
	    "a program that was saved has results that nobody reads, which the converter "
	    "refuses: decomposed with no table, they are gone",
	    "model = model.run_decompositions({})" },
	{ "freeze", CONVERT_TORCHSCRIPT, false, "attributes of scripted modules become constants",
	    "attributes of scripted modules become constants, and branches that depend on "
	    "them are decided",
	    "\n\n"
	    "def decided(n):\n"
	    "    t = n.output().type() if n.kind() == \"prim::GetAttr\" else None\n"
	    "    if t is not None and t.kind() == \"OptionalType\":\n"
	    "        t = t.getElementType()\n"
	    "    return n.kind() in (\"prim::If\", \"prim::Loop\", \"prim::RaiseException\",\n"
	    "                        \"prim::DictConstruct\") or (\n"
	    "        t is not None and t.kind() not in (\"ClassType\", \"InterfaceType\",\n"
	    "                                           \"TensorType\", \"NoneType\"))\n\n\n"
	    "if hasattr(model, \"training\") and any(map(decided,\n"
	    "                                            model.inlined_graph.nodes())):\n"
	    "    model = torch.jit.freeze(model.eval())" },
	{ "defaults", CONVERT_PT2, true, "arguments that were left out are filled in",
	    "arguments that torch.export left out are filled in with the operator's own "
	    "defaults, for converters that count them",
	    "fill_defaults(model)" },
	{ .name = NULL }
};

static const struct plain {
	size_t at;
	const char *option, *key, *argument, *before;
} plain[] = {
	{ offsetof(struct convert_options, target), "--target", "target",
	    "minimum_deployment_target", "ct.target." },
	{ offsetof(struct convert_options, convert_to), "--convert-to", "convert_to",
	    "convert_to", NULL },
	{ offsetof(struct convert_options, precision), "--precision", NULL, NULL, NULL },
	{ offsetof(struct convert_options, compute_units), "--compute-units", "compute_units",
	    "compute_units", "ct.ComputeUnit." },
	{ offsetof(struct convert_options, passes), "--passes", "pipeline", NULL, NULL }
};
enum { PLAIN = sizeof plain / sizeof *plain };

/* The member of ct.precision. */
static const char *
precision_of(const struct request *r)
{
	const char *p = r->o->precision;

	return p == NULL ? NULL : strcmp(p, "f32") == 0 ? "FLOAT32" : "FLOAT16";
}

static const char *
value_of(const struct request *r, const struct plain *p)
{
	return *(const char *const *)(const void *)((const char *)r->o + p->at);
}

/* Is word one of a list with commas? */
static bool
listed(const char *list, const char *word)
{
	size_t n = strlen(word), k;

	for (; list != NULL && *list != '\0'; list += k + (list[k] == ',')) {
		k = strcspn(list, ",");
		if (k == n && strncmp(list, word, n) == 0)
			return true;
	}
	return false;
}

const char *
cure_unknown(struct arena *a, const char *list)
{
	size_t n;

	for (; list != NULL && *list != '\0'; list += n + (list[n] == ',')) {
		const struct cure *c = cures;

		n = strcspn(list, ",");
		while (c->name != NULL && (strlen(c->name) != n || strncmp(c->name, list, n) != 0))
			c++;
		if (c->name == NULL)
			return arena_printf(a, "'%.*s' is no cure; decompose, freeze and defaults "
			    "are", (int)n, list);
	}
	return NULL;
}

bool
cure_used(const struct convert_options *o, const char *name)
{
	const struct cure *c = cures;

	while (c->name != NULL && strcmp(c->name, name) != 0)
		c++;
	if (c->asked)
		return listed(o->cure, name);
	return o->no_cure == NULL || (*o->no_cure != '\0' && !listed(o->no_cure, name));
}

bool
request_cures(const struct request *r, const struct cure *c)
{
	return c->format == r->format && cure_used(r->o, c->name);
}

/* ["a","b"] from "a,b". */
static void
put_words(struct sink *out, const char *list)
{
	size_t n;

	sink_puts(out, "[");
	for (const char *comma = ""; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		sink_puts(out, comma);
		sink_json(out, list, n);
		comma = ", ";
	}
	sink_puts(out, "]");
}

static void
put_specs(struct sink *out, const char *key, const struct wanted *list, uint32_t n)
{
	if (n == 0)
		return;
	sink_printf(out, ",\"%s\":[", key);
	for (uint32_t i = 0; i < n; i++) {
		sink_puts(out, i > 0 ? "," : "");
		spec_json(out, &list[i]);
	}
	sink_puts(out, "]");
}

static void
put_cures(struct sink *out, const struct request *r)
{
	const char *comma = "";

	sink_puts(out, ",\"cures\":[");
	for (const struct cure *c = cures; c->name != NULL; c++)
		if (request_cures(r, c)) {
			sink_printf(out, "%s\"%s\"", comma, c->name);
			comma = ",";
		}
	sink_puts(out, "]");
}

/* Passes left out: the user's, and the one on trial. */
static void
put_without(struct sink *out, const struct request *r)
{
	if (r->o->without == NULL && r->left_out == NULL)
		return;
	sink_puts(out, ",\"without\":[");
	for (const char *s = r->o->without; s != NULL && *s != '\0';) {
		size_t n = strcspn(s, ",");

		sink_json(out, s, n);
		s += n + (s[n] == ',');
		sink_puts(out, *s != '\0' || r->left_out != NULL ? "," : "");
	}
	if (r->left_out != NULL)
		sink_jsonz(out, r->left_out);
	sink_puts(out, "]");
}

void
request_json(struct sink *out, const struct request *r)
{
	static const char *const formats[] = { "torchscript", "pt2", "onnx", "other" };
	const char *v;

	sink_printf(out, "{\"do\":\"%s\",\"format\":\"%s\",\"model\":",
	    r->format == CONVERT_ONNX ? "refuse" : "convert", formats[r->format]);
	sink_jsonz(out, r->model);
	sink_puts(out, ",\"out\":");
	sink_jsonz(out, r->beside);
	if (r->scratch != NULL) {
		sink_puts(out, ",\"scratch\":");
		sink_jsonz(out, r->scratch);
	}
	put_specs(out, "inputs", r->inputs, r->ninputs);
	for (uint32_t i = 0; r->groups != NULL && i < r->ngroups; i++)
		sink_printf(out, "%s%u", i == 0 ? ",\"groups\":[" : ",", r->groups[i]);
	sink_puts(out, r->groups != NULL ? "]" : "");
	put_specs(out, "outputs", r->outputs, r->noutputs);
	put_specs(out, "states", r->states, r->nstates);
	for (int i = 0; i < PLAIN; i++)
		if (plain[i].key != NULL && (v = value_of(r, &plain[i])) != NULL) {
			sink_printf(out, ",\"%s\":", plain[i].key);
			sink_jsonz(out, v);
		}
	if (r->f32_ops != NULL) {
		sink_puts(out, ",\"f32_ops\":");
		put_words(out, r->f32_ops);
	} else if (precision_of(r) != NULL) {
		sink_printf(out, ",\"precision\":\"%s\"", precision_of(r));
	}
	put_without(out, r);
	if (r->o->labels != NULL) {
		sink_puts(out, ",\"classifier\":");
		put_words(out, r->o->labels);
	}
	if (r->first >= 0)
		sink_printf(out, ",\"first\":%lld", (long long)r->first);
	put_cures(out, r);
	sink_puts(out, "}");
}

static void
put_option(struct sink *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	sink_printf(out, " %s=", name);
	sink_shell(out, value);
}

void
request_command(struct sink *out, const struct request *r)
{
	sink_puts(out, "mlinspect -e convert ");
	sink_shell(out, r->model);
	for (uint32_t i = 0; i < r->o->ninputs; i++)
		put_option(out, "--input", r->o->inputs[i]);
	put_option(out, "--outputs", r->o->outputs);
	put_option(out, "--states", r->o->states);
	for (int i = 0; i < PLAIN; i++)
		put_option(out, plain[i].option, value_of(r, &plain[i]));
	put_option(out, "--without", r->o->without);
	put_option(out, "--labels", r->o->labels);
	put_option(out, "--cure", r->o->cure);
	if (r->o->no_cure != NULL && *r->o->no_cure == '\0')
		sink_puts(out, " --no-cure");
	else
		put_option(out, "--no-cure", r->o->no_cure);
	put_option(out, "--out", r->o->out);
	sink_puts(out, r->o->force ? " --force\n" : "\n");
}

static void
script_specs(struct sink *out, const char *key, const struct wanted *list, uint32_t n)
{
	if (n == 0)
		return;
	sink_printf(out, "    %s=[\n", key);
	for (uint32_t i = 0; i < n; i++) {
		sink_puts(out, "        ");
		spec_python(out, &list[i]);
		sink_puts(out, ",\n");
	}
	sink_puts(out, "    ],\n");
}

/* Inputs, tuples and lists as lists of theirs. */
static void
script_inputs(struct sink *out, const struct request *r)
{
	const struct wanted *x = r->inputs;

	sink_puts(out, "    inputs=[\n");
	for (uint32_t i = 0; i < r->ngroups; i++) {
		uint32_t n = r->groups[i] > 0 ? r->groups[i] : 1;

		sink_puts(out, r->groups[i] > 0 ? "        [" : "        ");
		for (uint32_t k = 0; k < n; k++) {
			sink_puts(out, k > 0 ? ",\n         " : "");
			spec_python(out, x++);
		}
		sink_puts(out, r->groups[i] > 0 ? "],\n" : ",\n");
	}
	sink_puts(out, "    ],\n");
}

static void
script_precision(struct sink *out, const struct request *r)
{
	if (r->f32_ops != NULL) {
		sink_puts(out, "    compute_precision=ct.transform.FP16ComputePrecision(\n"
		    "        op_selector=lambda op: not in_f32 & names_of(op)),\n");
	} else if (precision_of(r) != NULL) {
		sink_printf(out, "    compute_precision=ct.precision.%s,\n", precision_of(r));
	}
}

static void
script_pipeline(struct sink *out, const struct request *r)
{
	if (r->o->passes == NULL && r->o->without == NULL)
		return;
	sink_printf(out, "pipeline = ct.PassPipeline.%s\n",
	    r->o->passes != NULL ? r->o->passes : "DEFAULT");
	if (r->o->without == NULL)
		return;
	sink_puts(out, "without = set(");
	put_words(out, r->o->without);
	sink_puts(out, ")\npipeline.remove_passes({p for p in pipeline.passes\n"
	    "                        if {p, p.split(\"::\")[-1]} & without})\n");
}

static void
script_load(struct sink *out, const struct request *r)
{
	sink_puts(out, r->format == CONVERT_PT2 ? "model = torch.export.load(" :
	    "model = torch.jit.load(");
	sink_jsonz(out, r->model);
	sink_puts(out, r->format == CONVERT_PT2 ? ")\n" : ", map_location=\"cpu\")\n");
	for (const struct cure *c = cures; c->name != NULL; c++)
		if (request_cures(r, c) && (c != &cures[1] || r->nstates == 0))
			sink_printf(out, "%s  # %s\n", c->python, c->name);
	if (r->f32_ops != NULL) {
		sink_puts(out, "in_f32 = set(");
		put_words(out, r->f32_ops);
		sink_puts(out, ")\n");
	}
}

/* As the driver does it. */
static const char fill_defaults[] =
	"def fill_defaults(program):\n"
	"    for node in program.graph.nodes:\n"
	"        schema = getattr(node.target, \"_schema\", None)\n"
	"        if node.op != \"call_function\" or schema is None:\n"
	"            continue\n"
	"        rest = [a for a in schema.arguments[len(node.args):] if not a.kwarg_only]\n"
	"        if all(a.has_default_value() or a.name in node.kwargs for a in rest):\n"
	"            named = dict(node.kwargs)\n"
	"            node.args += tuple(named.pop(a.name, a.default_value) for a in rest)\n"
	"            node.kwargs = named\n\n\n";

static const char names_of[] =
	"def names_of(op):\n"
	"    plain = re.sub(r\"\\W\", \"_\", op.name)\n"
	"    return {op.op_type, op.name, plain, \"op_\" + plain, plain + \"_cast_fp16\",\n"
	"            \"op_\" + plain + \"_cast_fp16\"}\n\n\n";

void
request_script(struct sink *out, const struct request *r)
{
	sink_puts(out, r->f32_ops != NULL ? "import re\n\n" : "");
	sink_puts(out, "import coremltools as ct\nimport numpy as np\nimport torch\n\n");
	sink_puts(out, r->f32_ops != NULL ? names_of : "");
	if (request_cures(r, &cures[2]))
		sink_puts(out, fill_defaults);
	script_load(out, r);
	script_pipeline(out, r);
	sink_puts(out, "converted = ct.convert(\n    model,\n");
	if (r->groups != NULL)
		script_inputs(out, r);
	else
		script_specs(out, "inputs", r->inputs, r->ninputs);
	script_specs(out, "outputs", r->outputs, r->noutputs);
	script_specs(out, "states", r->states, r->nstates);
	for (int i = 0; i < PLAIN; i++) {
		const char *v = value_of(r, &plain[i]);

		if (v == NULL || plain[i].argument == NULL)
			continue;
		sink_printf(out, "    %s=", plain[i].argument);
		if (plain[i].before != NULL)
			sink_printf(out, "%s%s", plain[i].before, v);
		else
			sink_jsonz(out, v);
		sink_puts(out, ",\n");
	}
	script_precision(out, r);
	if (r->o->labels != NULL) {
		sink_puts(out, "    classifier_config=ct.ClassifierConfig(");
		put_words(out, r->o->labels);
		sink_puts(out, "),\n");
	}
	if (r->o->passes != NULL || r->o->without != NULL)
		sink_puts(out, "    pass_pipeline=pipeline,\n");
	sink_puts(out, "    skip_model_load=True,\n)\nconverted.save(");
	sink_jsonz(out, r->o->out != NULL ? r->o->out : "model.mlpackage");
	sink_puts(out, ")\n");
}
