/* SPDX-License-Identifier: Apache-2.0 */
/* Neural networks: layers in file order. A name has a meaning from the layer on
 * that gives it, also behind a branch or loop in which that layer stands; only
 * copies may give a name again. Weights are held against the parameters of
 * their layer. */
#include <inttypes.h>
#include <string.h>

#include "rules/lint/lint_state.h"

static const struct attr *
param(const struct node *n, const char *name)
{
	return node_attr(n, name);
}

static int64_t
number(const struct node *n, const char *name)
{
	const struct attr *a = param(n, name);

	return a != NULL && a->kind == ATTR_INT ? a->v.i : 0;
}

static const struct attr *
graph_attr(const struct graph *g, const char *name)
{
	for (uint32_t i = 0; i < g->nattrs; i++)
		if (strcmp(g->attrs[i].name->s, name) == 0)
			return &g->attrs[i];
	return NULL;
}

/* Vectors of a layer and the parameter that says how long they are. A weight
 * that a switch asks for must be there. */
static const struct vector {
	const char *layer, *field, *length, *needs;
} vectors[] = {
	{ "convolution", "bias", "outputChannels", "hasBias" },
	{ "convolution3d", "bias", "outputChannels", "hasBias" },
	{ "innerProduct", "bias", "outputChannels", "hasBias" },
	{ "embedding", "bias", "outputChannels", "hasBias" },
	{ "embeddingND", "bias", "embeddingSize", "hasBias" },
	{ "batchedMatmul", "bias", "weightMatrixSecondDimension", "hasBias" },
	{ "scale", "bias", NULL, "hasBias" },
	{ "batchnorm", "gamma", "channels", NULL }, { "batchnorm", "beta", "channels", NULL },
	{ "batchnorm", "mean", "channels", NULL },
	{ "batchnorm", "variance", "channels", NULL },
	{ "simpleRecurrent", "biasVector", "outputVectorSize", "hasBiasVector" },
	{ "gru", "updateGateBiasVector", "outputVectorSize", "hasBiasVectors" },
	{ "gru", "resetGateBiasVector", "outputVectorSize", "hasBiasVectors" },
	{ "gru", "outputGateBiasVector", "outputVectorSize", "hasBiasVectors" },
};

/* Are there more values only because packed bits fill their last byte? */
static bool
is_padded(const struct tensor *t, uint64_t want)
{
	return t->numel > want && (t->numel - want) * dtype_bits(t->dtype) < 8;
}

static void
check_vector(struct lint *l, const struct place *at, const struct vector *v)
{
	const struct node *n = at->n;
	const struct attr *a = param(n, v->field);
	int64_t want = v->length != NULL ? number(n, v->length) : 0;
	const struct tensor *t = a != NULL && a->kind == ATTR_TENSOR ? a->v.t : NULL;
	uint64_t have = t != NULL ? t->numel : 0;

	if (v->needs != NULL && number(n, v->needs) != 0 && have == 0)
		lint_add(l, DIAG_LINT_NN_WEIGHTS, at, "%s is set, but %s has no values", v->needs,
		    v->field);
	else if (have > 0 && want > 0 && have != (uint64_t)want && !is_padded(t, (uint64_t)want))
		lint_add(l, DIAG_LINT_NN_WEIGHTS, at, "%s has %" PRIu64 " value%s, %s says %"
		    PRId64, v->field, have, plural(have), v->length, want);
}

static void
check_weight(struct lint *l, struct place at, const struct attr *a, const struct tensor *t)
{
	at.attr = a;
	if (t->flags & TENSOR_MISFIT)
		lint_add(l, DIAG_LINT_NN_WEIGHTS, &at, "%.*s has %" PRIu64 " value%s of %s, which "
		    "is not what the layer's parameters ask for", NAME(a->name), t->numel,
		    plural(t->numel), dtype_name(t->dtype));
	lint_scan(l, t, &at);
}

static void
check_weights(struct lint *l, const struct place *at)
{
	const struct node *n = at->n;

	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		if (strcmp(n->type->s, vectors[i].layer) == 0)
			check_vector(l, at, &vectors[i]);
	for (uint32_t i = 0; i < n->nattrs; i++) {
		const struct attr *a = &n->attrs[i];

		if (a->kind == ATTR_TENSOR)
			check_weight(l, *at, a, a->v.t);
		for (uint64_t k = 0; a->kind == ATTR_TENSORS && k < a->n; k++)
			check_weight(l, *at, a, a->v.tensors[k]);
	}
}

static void
check_inputs(struct lint *l, const struct place *node)
{
	struct place at = *node;

	at.field = "input";
	for (at.index = 0; at.index < at.n->nin; at.index++) {
		const struct value *v = at.n->in[at.index];

		if (v == NULL)
			continue;
		l->read[v->id] = 1;
		if (!l->seen[v->name->id])
			lint_add(l, v->flags & VALUE_UNDEFINED ? DIAG_LINT_UNDEFINED :
			    DIAG_LINT_UNSORTED, &at, "'%.*s', which the %.*s layer reads, is made "
			    "%s", NAME(v->name), NAME(at.n->type),
			    v->flags & VALUE_UNDEFINED ? "nowhere" : "only later");
	}
}

static void
make_outputs(struct lint *l, const struct place *node)
{
	struct place at = *node;
	bool again = strcmp(at.n->type->s, "copy") == 0;

	at.field = "output";
	for (at.index = 0; at.index < at.n->nout; at.index++) {
		const struct value *v = at.n->out[at.index];

		if (v == NULL)
			continue;
		/* both ways of a branch give the same names */
		if (l->seen[v->name->id] == at.g->id + 1 && !again)
			lint_add(l, DIAG_LINT_REDEFINED, &at, "the %.*s layer gives '%.*s', "
			    "which is already given", NAME(at.n->type), NAME(v->name));
		l->seen[v->name->id] = at.g->id + 1;
	}
}

static void
check_layer(struct lint *l, const struct place *at)
{
	const struct node *n = at->n;
	const struct op *op = n->op != NULL ? n->op : op_oldest(DIALECT_NN, "", n->type->s);
	struct tally *t;

	if (n->type->len == 0)
		lint_add(l, DIAG_LINT_OP_UNNAMED, at, "the layer does not say what it is");
	else if (op == NULL)
		lint_add(l, DIAG_LINT_NN_LAYER, at, "there is no layer %.*s", NAME(n->type));
	if (op == NULL)
		return;
	lint_counts(l, at, &lint_row(l, op)->sig);
	if (op->sem != SEM_CUSTOM || (t = lint_tally(l, DIAG_LINT_OP_CUSTOM, op, NULL, at)) == NULL)
		return;
	t->text = "a custom layer is computed by code of the app";
}

static void
check_layers(struct lint *l, const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct place at = { .g = g, .n = g->nodes[i], .index = NO_INDEX };

		check_layer(l, &at);
		check_inputs(l, &at);
		check_weights(l, &at);
		for (uint32_t k = 0; k < at.n->nregions; k++)
			check_layers(l, at.n->regions[k]);
		make_outputs(l, &at);
	}
}

static bool
has_later_layer(const struct graph *g)
{
	for (uint32_t i = 0; i < g->nnodes; i++) {
		const struct op *op = op_oldest(DIALECT_NN, "", g->nodes[i]->type->s);

		if (op != NULL && op->since >= 4)
			return true;
	}
	return false;
}

/* Layers since iOS 13 take arrays by the dims they have; others see five. */
static void
check_mapping(struct lint *l, const struct graph *g)
{
	const struct attr *arrays = graph_attr(g, "arrayInputShapeMapping");
	const struct attr *images = graph_attr(g, "imageInputShapeMapping");
	bool later = has_later_layer(g);
	const struct place at = { .g = g, .field = "arrayInputShapeMapping", .index = NO_INDEX };

	if (arrays != NULL && arrays->declared_raw != 0)
		return;
	for (uint32_t i = 0; i < g->ninputs; i++) {
		const struct type *t = lint_default_type(g->inputs[i]->type);

		if (t == NULL || t->tag != TY_TENSOR)
			continue;
		if (later || (images != NULL && images->declared_raw != 0)) {
			lint_add(l, DIAG_LINT_NN_MAPPING, &at, "input '%.*s' is an array that is "
			    "mapped to five dims, but %s", NAME(g->inputs[i]->name), later ?
			    "the network has layers since iOS 13" : "images are mapped to four");
			return;
		}
		if (t->has_rank && t->rank != 1 && t->rank != 3 && t->rank != 0)
			lint_add(l, DIAG_LINT_NN_MAPPING, &at, "input '%.*s' has %" PRIu32 " dims; "
			    "mapped to five it must have 1 or 3", NAME(g->inputs[i]->name),
			    t->rank);
	}
}

static void
check_preprocessing(struct lint *l, const struct graph *g)
{
	const struct attr *names = graph_attr(g, "preprocessing.featureName");
	const struct place at = { .g = g, .field = "preprocessing", .index = NO_INDEX };

	if (names == NULL || names->kind != ATTR_STRINGS)
		return;
	for (uint64_t i = 0; i < names->n; i++) {
		const struct str *name = names->v.strings[i];

		if (name->len > 0 && !l->seen[name->id]) /* by now that is the inputs */
			lint_add(l, DIAG_LINT_NN_PREPROCESSING, &at, "'%.*s' is to be prepared, "
			    "but is no input", NAME(name));
	}
}

/* A classifier's own outputs have no layer; the probabilities come from the
 * layer output it names, or from the last. */
static void
check_ends(struct lint *l, const struct graph *g)
{
	const struct attr *a = graph_attr(g, "labelProbabilityLayerName");
	struct place at = { .g = g, .field = "labelProbabilityLayerName", .index = NO_INDEX };

	if (a != NULL && a->kind == ATTR_STRING && a->v.s->len > 0 && !l->seen[a->v.s->id])
		lint_add(l, DIAG_LINT_UNDEFINED, &at, "the probabilities are to be '%.*s', which "
		    "no layer gives", NAME(a->v.s));
	at.field = "output";
	for (at.index = 0; at.index < g->noutputs; at.index++) {
		const struct value *v = g->outputs[at.index];

		at.loc = &v->loc;
		l->read[v->id] = 1;
		if (!l->seen[v->name->id] && !(v->flags & VALUE_IMPLIED))
			lint_add(l, DIAG_LINT_OUTPUT_UNMADE, &at, "no layer gives output '%.*s'",
			    NAME(v->name));
	}
}

void
lint_network(struct lint *l)
{
	const struct graph *g = l->m->main;

	for (uint32_t i = 0; i < g->ninputs; i++)
		l->seen[g->inputs[i]->name->id] = g->id + 1;
	check_mapping(l, g);
	check_preprocessing(l, g);
	check_layers(l, g);
	check_ends(l, g);
	if (g->nnodes == 0) {
		const struct place at = { .g = g, .index = NO_INDEX };

		lint_add(l, DIAG_LINT_NN_LAYER, &at, "the network has no layers");
	}
}
