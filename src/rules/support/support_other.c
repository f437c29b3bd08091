/* SPDX-License-Identifier: Apache-2.0 */
/* Formats that ct.convert does not take: ONNX, judged by what the same model in
 * PyTorch would meet, and what is converted already. */
#include <string.h>

#include "base/ctx.h"
#include "ops/op.h"
#include "rules/support/support_run.h"

static const struct { const char *onnx, *torch; } counterparts[] = {
#define COUNTERPART(onnx, torch) { onnx, torch },
#include "rules/support/support_onnx.def"
#undef COUNTERPART
};

static const char *
counterpart(const struct node *n)
{
	static const char ms[] = "com.microsoft";
	bool own = strcmp(n->domain->s, ms) == 0;

	if (!own && *n->domain->s != '\0' && strcmp(n->domain->s, "ai.onnx") != 0)
		return NULL;
	for (size_t i = 0; i < sizeof counterparts / sizeof *counterparts; i++) {
		const char *name = counterparts[i].onnx;

		if (own && strncmp(name, ms, sizeof ms - 1) != 0)
			continue;
		if (strcmp(own ? name + sizeof ms + 1 : name, n->type->s) == 0)
			return counterparts[i].torch;
	}
	return NULL;
}

static const char *
text_attr(const struct node *n, const char *name)
{
	const struct attr *a = node_attr(n, name);

	return a != NULL && a->kind == ATTR_STRING && a->v.s != NULL ? a->v.s->s : "";
}

static int64_t
int_attr(const struct node *n, const char *name, int64_t otherwise)
{
	const struct attr *a = node_attr(n, name);

	return a != NULL && a->kind == ATTR_INT ? a->v.i : otherwise;
}

/* Modes of operators whose counterpart is known that lead to another one, or nowhere. */
static const char *
other_mode(const struct node *n)
{
	const char *op = n->type->s, *mode = text_attr(n, "mode");

	if (strcmp(op, "Resize") == 0 && strcmp(mode, "cubic") == 0)
		return "aten::upsample_bicubic2d";
	if (strcmp(op, "Mod") == 0 && int_attr(n, "fmod", 0) != 0)
		return "aten::fmod";
	if (strcmp(op, "GridSample") == 0 && (strcmp(mode, "cubic") == 0 ||
	    strcmp(mode, "bicubic") == 0))
		return "bicubic grid_sampler";
	if (strcmp(op, "ScatterElements") == 0 && (strcmp(text_attr(n, "reduction"), "max") == 0 ||
	    strcmp(text_attr(n, "reduction"), "min") == 0))
		return "aten::scatter_reduce";
	return NULL;
}

const char *
support_counterpart(const struct node *n)
{
	const char *mode = other_mode(n);

	return mode != NULL ? mode : counterpart(n);
}

static void
lacks(struct run *r, const struct node *n, const char *name, const char *torch)
{
	if (r->c.advice == NULL)
		r->c.advice = support_advice(r, torch);
	support_block_node(r, n, name, REASON_NOT_REGISTERED, "frontend",
	    "in PyTorch this is %s, which has no converter in coremltools 9.0", torch);
}

/* Values of attributes that the counterpart's converter refuses, or that PyTorch has not. */
enum trap_kind { TRAP_TEXT, TRAP_INT, TRAP_ABOVE, TRAP_GIVEN };
static const struct trap {
	const char *op, *attr;
	enum trap_kind kind;
	const char *text;      /* of TRAP_TEXT */
	int64_t n, absent;     /* of TRAP_INT: the value, and what absence stands for */
	const char *message;
} traps[] = {
	{ "MaxPool", "dilations", TRAP_ABOVE, NULL, 1, 1, "max_pool with a dilation above 1" },
	{ "RNN", "direction", TRAP_TEXT, "bidirectional", 0, 0, "a bidirectional nn.RNN" },
	{ "RNN", "direction", TRAP_TEXT, "reverse", 0, 0, "nn.RNN backwards; flip its input" },
	{ "GRU", "direction", TRAP_TEXT, "reverse", 0, 0, "nn.GRU backwards; flip its input" },
	{ "LSTM", "direction", TRAP_TEXT, "reverse", 0, 0, "nn.LSTM backwards; flip its input" },
	{ "GRU", "linear_before_reset", TRAP_INT, NULL, 0, 0,
	    "a GRU that resets before its product (nn.GRU has linear_before_reset=1)" },
	{ "LSTM", "input_forget", TRAP_INT, NULL, 1, 0, "an LSTM with coupled gates" },
	{ "LSTM", "activations", TRAP_GIVEN, NULL, 0, 0, "an LSTM with other activations" },
	{ "GRU", "activations", TRAP_GIVEN, NULL, 0, 0, "a GRU with other activations" },
	{ "LSTM", "clip", TRAP_GIVEN, NULL, 0, 0, "an LSTM that clips" },
	{ "GRU", "clip", TRAP_GIVEN, NULL, 0, 0, "a GRU that clips" },
	{ "RNN", "clip", TRAP_GIVEN, NULL, 0, 0, "an RNN that clips" },
	{ "Resize", "coordinate_transformation_mode", TRAP_TEXT, "tf_crop_and_resize", 0, 0,
	    "a resize of a crop" }
};

static bool
trapped(const struct node *n, const struct trap *t)
{
	const struct attr *a = node_attr(n, t->attr);

	if (strcmp(n->type->s, t->op) != 0)
		return false;
	if (t->kind == TRAP_TEXT)
		return strcmp(text_attr(n, t->attr), t->text) == 0;
	if (t->kind == TRAP_INT)
		return int_attr(n, t->attr, t->absent) == t->n;
	if (t->kind == TRAP_GIVEN || a == NULL || a->kind != ATTR_INTS || a->v.ints == NULL)
		return t->kind == TRAP_GIVEN && a != NULL;
	for (uint32_t i = 0; i < a->n; i++)
		if (a->v.ints[i] > t->n)
			return true;
	return false;
}

/* Operands that must be constants, by place; operations that came later than the first
 * target. Converters: convolution, prelu, quantize_per_tensor, grid_sampler, topk. */
static const struct { const char *op; uint32_t operand; } constants[] = {
	{ "Conv", 2 }, { "ConvTranspose", 1 }, { "ConvTranspose", 2 }, { "PRelu", 1 }
};
static const struct { const char *op; int ios; const char *what; } later[] = {
	{ "GridSample", 15, "resample" }, { "QuantizeLinear", 17, "quantize" }
};

static bool
is_constant(const struct value *v)
{
	return v == NULL || v->constant != NULL ||
	    (v->producer != NULL && (strcmp(v->producer->type->s, "Constant") == 0 ||
	    strcmp(v->producer->type->s, "DequantizeLinear") == 0));
}

static void
judge_arguments(struct run *r, const struct node *n, const char *name)
{
	for (size_t i = 0; i < sizeof traps / sizeof *traps; i++)
		if (trapped(n, &traps[i]))
			support_block_node(r, n, name, REASON_ARGUMENT, "frontend",
			    "%s is not converted", traps[i].message);
	for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
		if (strcmp(n->type->s, constants[i].op) == 0 && constants[i].operand < n->nin &&
		    !is_constant(n->in[constants[i].operand]))
			support_block_node(r, n, name, REASON_CONST, "frontend",
			    "operand %u must be a constant", constants[i].operand + 1);
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (strcmp(n->type->s, later[i].op) == 0 && r->c.ios < later[i].ios)
			support_block_node(r, n, name, REASON_TARGET, "frontend",
			    "%s exists from iOS%d on", later[i].what, later[i].ios);
	if (strcmp(n->type->s, "TopK") == 0 && int_attr(n, "sorted", 1) == 0 && r->c.ios < 17)
		support_block_node(r, n, name, REASON_TARGET, "frontend",
		    "topk with sorted=False exists from iOS17 on");
}

static void
judge_node(struct run *r, const struct node *n)
{
	const char *torch = support_counterpart(n);
	const char *name = *n->domain->s == '\0' ? n->type->s :
	    arena_printf(r->c.a, "%s::%s", n->domain->s, n->type->s);

	ctx_step(r->c.a->ctx);
	if (n->callee != NULL || support_own(r, n, name) != OWN_NONE)
		return; /* the nodes of what is called are judged */
	if (torch == NULL)
		support_block_node(r, n, name, REASON_NOT_REGISTERED, "frontend",
		    "%s has no counterpart among PyTorch's operators", name);
	else if (*torch != '-' && support_op_find(support_lookup(r->c.a, torch, true)) == NULL)
		lacks(r, n, name, torch);
	else
		judge_arguments(r, n, name);
	for (uint32_t i = 0; i < n->nout; i++) {
		const struct value *v = n->out[i];

		if (v != NULL && v->type != NULL && v->type->tag == TY_TENSOR &&
		    v->type->has_rank && v->type->rank > 5) {
			r->c.advice = support_five;
			support_block_node(r, n, name, REASON_RANK, "check",
			    "%s leaves a tensor of rank %u; five is the limit", name,
			    v->type->rank);
		}
	}
}

void
support_onnx(struct run *r)
{
	const struct model *m = r->c.m;

	r->c.s->note =
	    "ct.convert does not take ONNX. Convert the PyTorch model that the file was "
	    "exported from. When there is none, write the network again in PyTorch and load the "
	    "weights out of this file: onnx2pytorch is no way, it misses operators and newer "
	    "opsets "
	    "and traces shapes into constants; onnx2coreml left coremltools in 6.0 and stops at "
	    "opset 11. Below is what the same model in PyTorch would meet, operator by operator.";
	r->c.advice = "convert the PyTorch model the file came from";
	cv_block(&r->c, REASON_OPTION, "input-validation", "coremltools cannot tell the type of an "
	    "ONNX file: no front end takes it since version 6.0");
	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++)
			if (m->graphs[i]->kind != GRAPH_TRAINING)
				judge_node(r, m->graphs[i]->nodes[k]);
	if (r->c.s->nblockers == 1)
		r->c.s->note = arena_printf(r->c.a, "%s It would meet nothing: all operators have "
		    "counterparts in PyTorch that are converted.", r->c.s->note);
}

/* Specification versions came with systems: 4 with iOS13, 10 with iOS26. */
static const char *
runs_from(struct arena *a, int64_t version, bool network)
{
	int64_t ios = version >= 10 ? 26 : version + 9;

	if (version < 1)
		return "It states no specification version.";
	if (version > 10)
		return "Its specification version is not one that is known.";
	if (version < 4)
		return arena_printf(a, "Its specification version is %lld: it runs wherever Core "
		    "ML does.", (long long)version);
	return arena_printf(a, "Its specification version is %lld: it runs from iOS%lld on; "
	    "--target asks about another.", (long long)version,
	    (long long)(!network && ios < 15 ? 15 : ios));
}

/* Which operations of an ML Program ask for more than the target has. */
static void
judge_program(struct run *r)
{
	const struct model *m = r->c.m;

	for (uint32_t g = 0; g < m->ngraphs; g++) {
		for (uint32_t i = 0; i < m->graphs[g]->nnodes; i++) {
			const struct node *n = m->graphs[g]->nodes[i];

			ctx_step(r->c.a->ctx);
			if (n->op != NULL && n->op->since > r->target)
				support_block_node(r, n, n->type->s, REASON_TARGET, "compatibility",
				    "this %s is of iOS%d's operations, which iOS%d does not know",
				    n->type->s, n->op->since, r->target);
		}
	}
}

void
support_coreml(struct run *r)
{
	const struct model *m = r->c.m;
	int need = r->target == 26 ? 10 : r->target - 9;
	bool network = m->dialect == DIALECT_NN;

	r->c.s->already = true;
	r->c.s->note = arena_printf(r->c.a, "This is a Core ML model: it is converted already. %s",
	    r->target > 0 ? "What is checked is whether the target runs it." :
	    runs_from(r->c.a, m->format_version, network));
	if (r->c.o->target != NULL && r->target == 0)
		cv_block(&r->c, REASON_OPTION, "input-validation", "%s is no deployment target",
		    r->c.o->target);
	if (r->target > 0 && r->target < 15 && !network)
		cv_block(&r->c, REASON_TARGET, "compatibility", "ML Programs need iOS15 or later");
	else if (r->target >= 15 && m->format_version > need)
		cv_block(&r->c, REASON_TARGET, "compatibility",
		    "the model has specification version "
		    "%lld; %s runs versions up to %d",
		    (long long)m->format_version, r->c.o->target, need);
	else if (r->target > 0 && r->target < 15 && m->format_version > (r->target == 13 ? 4 : 5))
		cv_block(&r->c, REASON_TARGET, "compatibility",
		    "the model has specification version "
		    "%lld; %s runs versions up to %d",
		    (long long)m->format_version, r->c.o->target, r->target == 13 ? 4 : 5);
	if (r->target >= 15 && m->dialect == DIALECT_MIL)
		judge_program(r);
	r->c.s->spec_version = (int)m->format_version;
}
