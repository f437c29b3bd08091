/* SPDX-License-Identifier: Apache-2.0 */
/* tensors: initializers and constants, one a line. tensor: one of them with
 * statistics, histogram and first values. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/session.h"
#include "base/near.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "ir/tensor.h"
#include "ops/packing.h"
#include "report/contents.h"
#include "report/packing.h"
#include "report/text.h"

static void
print_shape(struct sink *out, const struct tensor *t)
{
	sink_puts(out, dtype_name(t->dtype));
	sink_puts(out, "[");
	for (uint32_t i = 0; i < t->rank && i < 16; i++) {
		sink_puts(out, i ? "," : "");
		sink_i64(out, t->dims[i]);
	}
	sink_puts(out, t->rank > 16 ? ",...]" : "]");
}

static const char *
storage(const struct tensor *t)
{
	return t->sparse != NULL ? "sparse" : t->flags & TENSOR_MISSING ? "missing" :
	    t->ext != NULL ? "external" : t->enc->name;
}

/* A tensor: of a value, or an attribute of a node: weights of a layer. */
struct item {
	const struct tensor *t;
	const struct value *v;   /* NULL: */
	const struct node *n;
	const struct attr *a;
	uint64_t index;          /* in a list of tensors */
};

/* What a value holds without the model being run: a constant, or weights that
 * unpack into it. */
static const struct tensor *
held_by(struct call *call, const struct value *v)
{
	const struct tensor *t = value_tensor(v);

	return t != NULL ? t : packing_tensor(v, call->arena);
}

/* LAYER.PARAMETER, with its place in a list. */
static const struct str *
name_of(struct call *call, const struct item *it)
{
	char ref[NODE_REF], place[24] = "";
	const char *text;
	struct str *s;
	size_t n;

	if (it->v != NULL)
		return it->v->name;
	if (it->a->kind == ATTR_TENSORS)
		snprintf(place, sizeof place, "[%" PRIu64 "]", it->index);
	text = arena_printf(call->arena, "%s.%s%s", node_ref(it->n, ref), it->a->name->s, place);
	n = strlen(text);
	s = arena_alloc(call->arena, sizeof *s + n + 1);
	memcpy(s->s, text, n + 1);
	s->len = (uint32_t)n;
	return s;
}

typedef bool item_fn(struct call *, const struct item *, void *arg);

/* The tensors in one attribute of a network's layer or of a tree and the like;
 * true: fn has what it wants. */
static bool
each_in(struct call *call, const struct node *n, const struct attr *a, item_fn *fn, void *arg)
{
	struct item it = { .n = n, .a = a };

	if (a->kind == ATTR_TENSOR || a->list != NULL) {
		it.t = a->kind == ATTR_TENSOR ? a->v.t : a->list;
		return fn(call, &it, arg);
	}
	for (; a->kind == ATTR_TENSORS && it.index < a->n; it.index++) {
		it.t = a->v.tensors[it.index];
		if (fn(call, &it, arg))
			return true;
	}
	return false;
}

static bool
each_of_graph(struct call *call, const struct graph *g, item_fn *fn, void *arg)
{
	struct item it = { .index = 0 };
	const struct node *n;

	for (uint32_t k = 0; k < g->nvalues; k++) {
		it.v = g->values[k];
		/* numbers among the operands of a program are no weights */
		if (call->s->model->dialect == DIALECT_ATEN && it.v->flags & VALUE_LITERAL)
			continue;
		if ((it.t = held_by(call, it.v)) != NULL && fn(call, &it, arg))
			return true;
	}
	for (uint32_t k = 0; call->s->model->dialect == DIALECT_NN && k < g->nnodes; k++) {
		n = g->nodes[k];
		for (uint32_t i = 0; i < n->nattrs; i++)
			if (each_in(call, n, &n->attrs[i], fn, arg))
				return true;
	}
	return false;
}

static bool
each_tensor(struct call *call, item_fn *fn, void *arg)
{
	const struct model *m = call->s->model;

	for (uint32_t i = 0; i < m->ngraphs; i++)
		if (each_of_graph(call, m->graphs[i], fn, arg))
			return true;
	return false;
}

static uint64_t
uses_of(struct call *call, const struct item *it)
{
	return it->v != NULL ? uses_count(session_uses(call->s), it->v) : 1;
}

static void
tensor_json_head(struct call *call, const struct item *it)
{
	struct json *j = call->json;
	const struct tensor *t = it->t;

	json_member_str(j, "name", name_of(call, it));
	json_member_u64(j, "graph", it->v != NULL ? it->v->graph->id : it->n->graph->id);
	json_tensor(j, t);
	if (t->items != NULL)
		json_key(j, "contents"), json_contents(j, call->arena, t);
	json_quant(j, call->arena, t);
	json_member(j, "storage", storage(t));
	json_member_str(j, "location", t->ext != NULL ? t->ext->location : NULL);
	json_member_u64(j, "uses", uses_of(call, it));
}

static bool
list_one(struct call *call, const struct item *it, void *arg)
{
	const struct tensor *t = it->t;
	struct sink *out = call->out;

	(void)arg;
	if (call->json != NULL) {
		json_open(call->json, '{');
		tensor_json_head(call, it);
		json_close(call->json, '}');
		return false;
	}
	text_str(out, name_of(call, it), 60, 0);
	sink_puts(out, "  ");
	if (t->items == NULL) {
		print_shape(out, t);
		sink_puts(out, "  ");
		text_bytes(out, t->dtype == DT_NONE ? t->stored : tensor_bytes(t));
		sink_puts(out, "  ");
	}
	sink_puts(out, storage(t));
	if (t->quant != NULL)
		sink_printf(out, " %s", t->quant->scheme);
	if (t->ext != NULL) {
		sink_puts(out, " ");
		text_str(out, t->ext->location, 40, 0);
	}
	sink_puts(out, call->s->model->no_graph == NULL && uses_of(call, it) == 0 &&
	    !(it->v->flags & VALUE_OUTPUT) && !uses_unsure(session_uses(call->s), it->v) ?
	    "  unused\n" : "\n");
	return false;
}

static enum exit_status
run_list(struct call *call)
{
	if (call->json != NULL)
		json_open(call->json, '[');
	each_tensor(call, list_one, NULL);
	if (call->json != NULL)
		json_close(call->json, ']');
	return EXIT_CLEAN;
}

struct finding { struct item *found; const char *near; uint32_t looked; };

static bool
find_one(struct call *call, const struct item *it, void *arg)
{
	struct finding *f = arg;
	const struct str *name = name_of(call, it);

	if (name->len > 0 && strcmp(name->s, call->arg) == 0) {
		f->found = arena_alloc(call->arena, sizeof *f->found);
		*f->found = *it;
		return true;
	}
	if (f->looked++ < 20000)
		f->near = nearest(call->arg, f->near, name->s);
	return false;
}

static bool
prepare(struct call *call)
{
	struct finding f = { .looked = 0 };

	if (*call->arg != '\0' && each_tensor(call, find_one, &f)) {
		call->ready = f.found;
		return true;
	}
	diag_add(&call->s->ctx, DIAG_USAGE, NULL, *call->arg == '\0' ? "which tensor? Give a name "
	    "as 'tensors' shows them" : f.near != NULL ? "no tensor '%s'. Did you mean '%s'?" :
	    "no tensor '%s': the command tensors lists them", call->arg, f.near);
	return false;
}

enum { FIRST = 16, BAR = 40 };

/* The first values: numbers, or strings for tensors of them. */
static void
first_values(struct call *call, const struct tensor *t, struct json *j)
{
	unsigned char buf[FIRST * 16];
	uint64_t n = dtype_bits(t->dtype) == 0 ? 0 : tensor_first(t, call->arena, buf, FIRST);

	for (uint64_t i = 0; i < n; i++) {
		if (j == NULL)
			sink_puts(call->out, i ? ", " : "");
		if (j != NULL)
			json_raw(j);
		text_element(call->out, t->dtype, buf, i, j != NULL);
	}
	if (j == NULL && n < t->numel)
		sink_puts(call->out, n > 0 ? ", ..." : "not readable as numbers");
}

static void
json_stats(struct json *j, const struct tensor_stats *s)
{
	const struct { const char *key; uint64_t v; } counts[] = {
		{ "read", s->n }, { "nan", s->nan }, { "inf", s->inf }, { "zero", s->zero },
		{ "negative", s->negative }, { "over_f16", s->over_f16 },
		{ "tiny_f16", s->tiny_f16 }
	};
	const struct { const char *key; double v; } numbers[] = {
		{ "min", s->min }, { "max", s->max }, { "mean", s->mean }, { "std", s->std },
		{ "bin_lo", s->bin_lo }, { "bin_hi", s->bin_hi }
	};

	json_key(j, "statistics");
	json_open(j, '{');
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		json_member_u64(j, counts[i].key, counts[i].v);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		json_key(j, numbers[i].key);
		json_double(j, numbers[i].v, false);
	}
	json_key(j, "bins");
	json_open(j, '[');
	for (int i = 0; i < 16; i++)
		json_u64(j, s->bins[i]);
	json_close(j, ']');
	json_member_bool(j, "complete", s->complete);
	json_close(j, '}');
}

static void
text_number(struct sink *out, const char *label, double v)
{
	text_label(out, label);
	sink_printf(out, "%.6g\n", v);
}

static void
text_histogram(struct sink *out, const struct tensor_stats *s)
{
	uint64_t most = 1;
	double width = (s->bin_hi - s->bin_lo) / 16;

	for (int i = 0; i < 16; i++)
		most = s->bins[i] > most ? s->bins[i] : most;
	for (int i = 0; i < 16 && !isnan(s->bin_lo) && width > 0; i++) {
		sink_printf(out, "%12.4g  ", s->bin_lo + i * width);
		for (uint64_t k = 0; k < s->bins[i] * BAR / most; k++)
			sink_puts(out, "#");
		sink_printf(out, "  %" PRIu64 "\n", s->bins[i]);
	}
}

static void
text_stats(struct sink *out, const struct tensor_stats *s)
{
	if (s->n == 0)
		return;
	text_number(out, "min", s->min);
	text_number(out, "max", s->max);
	text_number(out, "mean", s->mean);
	text_number(out, "std", s->std);
	text_label(out, "counts");
	sink_printf(out, "%" PRIu64 " zero, %" PRIu64 " negative, %" PRIu64 " NaN, %" PRIu64
	    " Inf\n",
	    s->zero, s->negative, s->nan, s->inf);
	text_label(out, "as f16");
	sink_printf(out, "%" PRIu64 " overflow, %" PRIu64 " vanish\n", s->over_f16, s->tiny_f16);
	text_histogram(out, s);
}

static void
print_contents(struct call *call, const struct tensor *t)
{
	const char *text = contents_text(call->arena, t);
	struct sink rows;

	sink_init(&rows, -1);
	text_label(&rows, "holds");
	sink_safe(&rows, text, strlen(text), 0);
	sink_puts(&rows, "\n");
	text_fold(call->out, &rows);
	sink_fini(&rows);
}

static enum exit_status
run_one(struct call *call)
{
	const struct item *it = call->ready;
	const struct tensor *t = it->t;
	struct tensor_stats s;

	tensor_stats(t, &call->s->ctx, true, &s);
	if (call->json != NULL) {
		json_open(call->json, '{');
		tensor_json_head(call, it);
		json_stats(call->json, &s);
		json_key(call->json, "first");
		json_open(call->json, '[');
		first_values(call, t, call->json);
		json_close(call->json, ']');
		json_close(call->json, '}');
		return EXIT_CLEAN;
	}
	list_one(call, it, NULL);
	if (t->ext != NULL && t->ext->why != NULL)
		sink_printf(call->out, "%-14s%s\n", "not read:", t->ext->why);
	if (t->items != NULL) {
		print_contents(call, t);
		return EXIT_CLEAN;
	}
	text_quant(call->out, call->arena, t);
	text_label(call->out, "first");
	first_values(call, t, NULL);
	sink_puts(call->out, "\n");
	text_stats(call->out, &s);
	return EXIT_CLEAN;
}

const struct command CMD_TENSORS = {
	.name = "tensors", .args = "", .help = "list initializers and constants",
	.text = "Lists every initializer and Constant with type, size and where it is stored; "
	    "weights of a network's layers as LAYER.PARAMETER. No weights are read.",
	.run = run_list
};

const struct command CMD_TENSOR = {
	.name = "tensor", .args = "NAME", .help = "statistics and first values of one tensor",
	.text = "Reads one tensor, in pieces, and shows its range, mean, deviation, what would "
	    "overflow or vanish in float16, a histogram and the first values.",
	.prepare = prepare, .run = run_one
};
