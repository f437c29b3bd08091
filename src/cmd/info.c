/* SPDX-License-Identifier: Apache-2.0 */
/* info: the report about a model as a whole. */
#include <inttypes.h>
#include <string.h>

#include "app/count.h"
#include "app/session.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/info_export.h"
#include "cmd/info_ops.h"
#include "cmd/info_weights.h"
#include "ir/held.h"
#include "ir/spec.h"
#include "ir/tensor.h"
#include "report/text.h"

/* Dims of a hostile file may ask for more bytes than 64 bits count. */
typedef unsigned __int128 wide;

/* What is counted over the graphs. */
struct sums {
	uint64_t init, sub_init, sparse;
	uint64_t buffers;           /* of init, those that torch does not call parameters */
	wide elements, init_bytes, sub_bytes;
	wide buffer_elements, buffer_bytes; /* of these */
	wide object_elements, object_bytes; /* of tensors in lists and objects, each once */
	uint32_t nodes_all, depth, annotations;
	struct held held;
};

/* Elements by dims alone; negative ones count as none. */
static wide
elements_of(const struct tensor *t)
{
	wide n = 1;

	for (uint32_t i = 0; i < t->rank; i++) {
		if (t->dims[i] <= 0)
			return 0;
		if (n > ~(wide)0 / (wide)t->dims[i])
			return ~(wide)0 >> 8; /* more than anybody can count */
		n *= (wide)t->dims[i];
	}
	return n;
}

static wide
bytes_of(const struct model *m, const struct tensor *t)
{
	wide n = elements_of(t), bits = dtype_bits(t->dtype);

	/* blocks of GGUF; of ONNX a type that does not exist, which has no size */
	if (t->dtype == DT_NONE)
		return strcmp(m->format, "onnx") == 0 ? 0 : t->stored;
	return n > (~(wide)0 >> 8) ? n : (n * bits + 7) / 8;
}

static void
add_initializers(struct sums *s, const struct model *m, const struct graph *g)
{
	const struct tensor *t;
	bool main = g == m->main;

	for (uint32_t i = 0; i < g->ninitializers; i++) {
		t = g->initializers[i]->constant;
		if (t == NULL || t->items != NULL || g->initializers[i]->flags & VALUE_LITERAL)
			continue;
		if (t->sparse != NULL) {
			s->sparse++;
		} else if (main) {
			s->init++;
			s->init_bytes += bytes_of(m, t);
			s->elements += elements_of(t);
		} else {
			s->sub_init++;
			s->sub_bytes += bytes_of(m, t);
		}
	}
}

/* As cost has it: buffers are all that is held and is no parameter. */
static void
add_buffers(struct sums *s, const struct model *m)
{
	const struct graph *g = m->main;

	for (uint32_t i = 0; g != NULL && i < g->nroles; i++) {
		const struct role *r = &g->roles[i];
		const struct tensor *t = r->value != NULL ? r->value->constant : NULL;

		if (r->output || r->kind < ROLE_BUFFER || r->kind > ROLE_OBJECT || t == NULL ||
		    t->items != NULL || t->sparse != NULL || r->value->flags & VALUE_LITERAL ||
		    !(r->value->flags & VALUE_INITIALIZER))
			continue;
		s->buffers++;
		s->buffer_elements += elements_of(t);
		s->buffer_bytes += bytes_of(m, t);
	}
}

/* Tensors that only lists or objects hold, such as packed weights. */
static void
add_objects(struct sums *s, const struct model *m, struct arena *a)
{
	const struct graph *g = m->main;
	struct held_set seen = { NULL, 0, 0 };
	uint32_t n = g != NULL ? g->ninitializers : 0, objects = 0;

	for (uint32_t i = 0; i < n; i++)
		objects += g->initializers[i]->constant != NULL &&
		    g->initializers[i]->constant->items != NULL;
	for (int round = 0; objects > 0 && round < 2; round++) {
		for (uint32_t i = 0; i < n; i++) {
			const struct tensor *c = g->initializers[i]->constant, *t;

			if (c == NULL || (c->items != NULL) != round)
				continue;
			for (uint32_t k = 0; (t = tensor_held(c, k)) != NULL; k++) {
				if ((*held_count(&seen, a, t))++ > 0 || round == 0)
					continue;
				s->object_elements += elements_of(t);
				s->object_bytes += bytes_of(m, t);
			}
		}
	}
}

static bool
in_training(const struct graph *g)
{
	while (g->parent != NULL)
		g = g->parent->graph;
	return g->kind == GRAPH_TRAINING;
}

static struct sums
sum_up(const struct model *m, struct arena *a)
{
	struct sums s;

	memset(&s, 0, sizeof s);
	s.held = count_held(m);
	add_objects(&s, m, a);
	add_buffers(&s, m);
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		const struct graph *g = m->graphs[i];

		s.annotations += g->nannotations;
		s.depth = g->level > s.depth ? g->level : s.depth;
		if (in_training(g))
			continue;
		s.nodes_all += g->nnodes;
		add_initializers(&s, m, g);
	}
	return s;
}

static void
print_wide(struct sink *out, wide v)
{
	char buf[40];
	size_t i = sizeof buf;

	do
		buf[--i] = (char)('0' + (int)(v % 10));
	while ((v /= 10) != 0);
	sink_write(out, buf + i, sizeof buf - i);
}

/* "" when it has none. */
static const struct str *
stage_name(const struct model *m, uint32_t i)
{
	return m->main != NULL && i < m->main->nnodes ? m->main->nodes[i]->name : m->empty;
}

/* A tensor of which the file does not even say how many dims it has. */
static bool
is_open(const struct type *t)
{
	return t != NULL && t->tag == TY_TENSOR && !t->has_rank;
}

/* What inference knows of a value that has no type, or when the user gave types of inputs;
 * else as declared. */
static const struct type *
known_type(struct session *s, const struct value *v, bool *inferred)
{
	*inferred = false;
	return s->ngiven > 0 || is_open(v->type) ? session_type(s, v, inferred) : v->type;
}

/* Infer types now if any is asked for: it may leave. */
static void
infer_open(struct session *s)
{
	const struct graph *g = s->model->main;
	bool inferred;

	for (uint32_t i = 0; g != NULL && i < g->ninputs; i++)
		known_type(s, g->inputs[i], &inferred);
	for (uint32_t i = 0; g != NULL && i < g->noutputs; i++)
		known_type(s, g->outputs[i], &inferred);
}

static void
json_features(struct json *j, struct session *s, const char *key, struct value *const *list,
    uint32_t n)
{
	bool declared = s->model->dialect == DIALECT_ONNX, inferred;
	const struct type *type;

	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++) {
		json_open(j, '{');
		json_member_str(j, "name", list[i]->name);
		json_key(j, "type");
		json_type(j, declared && (list[i]->flags & VALUE_BARE) ? NULL : list[i]->type);
		type = known_type(s, list[i], &inferred);
		if (inferred)
			json_key(j, "inferred"), json_type(j, type);
		if ((list[i]->flags & VALUE_INITIALIZER) && (list[i]->flags & VALUE_INPUT))
			json_member_bool(j, "initializer", true);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* The interface that a Core ML model states beside its graph. */
static void
json_interface(struct json *j, const struct model *m, const char *key, enum feature_role role)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < m->nfeatures; i++) {
		const struct feature *f = &m->features[i];

		if (f->role != role)
			continue;
		json_open(j, '{');
		json_member_str(j, "name", f->name);
		json_key(j, "type");
		json_type(j, f->type);
		if (f->optional)
			json_member_bool(j, "optional", true);
		if (f->has_default)
			json_key(j, "default"), json_double(j, f->initial, false);
		if (f->function != NULL)
			json_member_str(j, "function", f->function);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static const char *
opset_domain(const struct opset *o)
{
	return o->domain->len == 0 ? "ai.onnx" : o->domain->s;
}

static uint32_t
domain_id(const struct model *m, const struct opset *o)
{
	return strcmp(opset_domain(o), "ai.onnx") == 0 ? m->empty->id : o->domain->id;
}

/* By domain id: its last import, which is the one that counts, plus 1. */
static const uint32_t *
last_imports(struct arena *a, const struct model *m)
{
	uint32_t *last = arena_array(a, m->strs.n, sizeof *last);

	for (uint32_t i = 0; i < m->nopsets; i++)
		last[domain_id(m, &m->opsets[i])] = i + 1;
	return last;
}

static void
json_opsets(struct json *j, const struct model *m, const uint32_t *last)
{
	json_key(j, "opsets");
	json_open(j, '{');
	for (uint32_t i = 0; i < m->nopsets; i++) {
		if (last[domain_id(m, &m->opsets[i])] != i + 1)
			continue;
		json_member_i64(j, opset_domain(&m->opsets[i]), m->opsets[i].version);
	}
	json_close(j, '}');
}

static void
function_name(struct sink *out, const struct graph *g)
{
	if (g->function != NULL) {
		sink_write(out, g->function->domain->s, g->function->domain->len);
		sink_puts(out, "::");
	}
	sink_write(out, g->name->s, g->name->len);
	if (g->function != NULL && g->function->overload->len > 0) {
		sink_puts(out, ":");
		sink_write(out, g->function->overload->s, g->function->overload->len);
	}
}

static void
json_functions(struct json *j, const struct model *m)
{
	struct sink name;

	sink_init(&name, -1);
	json_key(j, "functions");
	json_open(j, '[');
	for (uint32_t i = 0; i < m->nfunctions; i++) {
		name.n = 0;
		function_name(&name, m->functions[i]);
		json_text(j, name.buf, name.n);
	}
	json_close(j, ']');
	sink_fini(&name);
}

static void
json_meta(struct json *j, const char *key, const struct meta *list, uint32_t n)
{
	json_key(j, key);
	json_open(j, '{');
	for (uint32_t i = 0; i < n; i++) {
		json_key_str(j, list[i].key);
		json_str(j, list[i].value);
	}
	json_close(j, '}');
}

/* What runs one after the other in a pipeline. */
static void
json_stages(struct json *j, const struct model *m)
{
	const struct model *stage;

	json_key(j, "stages");
	json_open(j, '[');
	for (uint32_t i = 0; i < m->nstages; i++) {
		stage = m->stages[i];
		json_open(j, '{');
		json_member_str(j, "name", stage_name(m, i));
		json_member(j, "kind", stage->kind);
		json_member_u64(j, "nodes", stage->main != NULL ? stage->main->nnodes : 0);
		if (stage->nstages > 0)
			json_stages(j, stage);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_annotations(struct json *j, const struct model *m)
{
	json_key(j, "quantization");
	json_open(j, '[');
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		for (uint32_t k = 0; k < m->graphs[i]->nannotations; k++) {
			const struct annotation *a = &m->graphs[i]->annotations[k];

			json_open(j, '{');
			json_member_str(j, "tensor", a->tensor);
			json_member_u64(j, "graph", i);
			json_meta(j, "parameters", a->meta, a->nmeta);
			json_close(j, '}');
		}
	}
	json_close(j, ']');
}

static void
producer(struct sink *out, const struct model *m)
{
	sink_write(out, m->producer->s, m->producer->len);
	if (m->producer_version->len > 0) {
		sink_puts(out, m->producer->len > 0 ? " " : "");
		sink_write(out, m->producer_version->s, m->producer_version->len);
	}
}

static void
json_head(struct json *j, const struct model *m, const uint32_t *last)
{
	struct sink text;

	sink_init(&text, -1);
	producer(&text, m);
	json_member(j, "encoding", m->encoding);
	if (m->dialect != DIALECT_ONNX)
		json_member(j, "kind", m->kind);
	json_key(j, m->dialect == DIALECT_ONNX ? "ir_version" : "spec_version");
	if (m->format_version != 0)
		json_i64(j, m->format_version);
	else
		json_null(j);
	json_key(j, "producer");
	json_text(j, text.buf, text.n);
	json_member_str(j, "domain", m->domain);
	json_member_i64(j, "model_version", m->version);
	json_opsets(j, m, last);
	sink_fini(&text);
}

static void
json_counts(struct json *j, const struct model *m, const struct sums *s)
{
	const struct { const char *key; wide v; } rows[] = {
		{ "initializers", s->init }, { "sparse_initializers", s->sparse },
		{ "parameters", s->elements }, { "parameter_bytes", s->init_bytes },
		{ "buffers", s->buffer_elements }, { "buffer_bytes", s->buffer_bytes },
		{ "attribute_parameters", s->held.numbers },
		{ "attribute_parameter_bytes", s->held.bytes },
		{ "object_parameters", s->object_elements },
		{ "object_parameter_bytes", s->object_bytes },
		{ "sub_initializers", s->sub_init }, { "sub_initializer_bytes", s->sub_bytes },
		{ "nodes", m->main != NULL ? m->main->nnodes : 0 }, { "nodes_all", s->nodes_all },
		{ "depth", s->depth }, { "graphs", m->ngraphs },
		{ "quantization_annotations", s->annotations },
		{ "training_graphs", m->ntraining }, { "devices", m->ndevices },
		{ "unknown_fields", m->unknown_fields }
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_key(j, rows[i].key);
		json_raw(j);
		print_wide(j->out, rows[i].v);
	}
}

static void
run_json(struct call *call)
{
	const struct model *m = call->s->model;
	const struct graph *g = m->main;
	struct json *j = call->json;
	struct sums s = sum_up(m, call->arena);
	const uint32_t *last = last_imports(call->arena, m);
	const struct weights_info *w = info_weights(call);

	infer_open(call->s);
	json_open(j, '{');
	json_head(j, m, last);
	if (m->nfeatures > 0) {
		json_interface(j, m, "inputs", FEATURE_INPUT);
		json_interface(j, m, "outputs", FEATURE_OUTPUT);
		json_interface(j, m, "states", FEATURE_STATE);
	} else {
		json_features(j, call->s, "inputs", g ? g->inputs : NULL, g ? g->ninputs : 0);
		json_features(j, call->s, "outputs", g ? g->outputs : NULL, g ? g->noutputs : 0);
	}
	info_given_json(j, call->s);
	info_export_json(j, m);
	json_counts(j, m, &s);
	json_functions(j, m);
	if (m->nstages > 0)
		json_stages(j, m);
	info_weights_json(j, w);
	json_annotations(j, m);
	json_meta(j, "metadata", m->meta, m->nmeta);
	json_close(j, '}');
}

static void
text_features(struct sink *out, struct session *s, const char *title, struct value *const *list,
	uint32_t n)
{
	enum { SHOWN = 24 };
	bool inferred;

	for (uint32_t i = 0; i < n && i < SHOWN; i++) {
		text_label(out, i == 0 ? title : "");
		text_str(out, list[i]->name, 34, 24);
		sink_puts(out, "  ");
		type_print(out, known_type(s, list[i], &inferred));
		sink_puts(out, inferred ? " inferred" : list[i]->flags & VALUE_INPUT &&
		    is_open(list[i]->type) ? "  (not in the file: --input says it)" : "");
		info_export_output(out, list[i]);
		sink_puts(out, !(list[i]->flags & VALUE_INITIALIZER) ? "\n" :
		    list[i]->flags & VALUE_INPUT ? "  (has a default)\n" : "  (an initializer)\n");
	}
	if (n > SHOWN) {
		text_label(out, "");
		sink_printf(out, "and %" PRIu32 " more (--format=json has them all)\n", n - SHOWN);
	}
}

/* Formats of others that hold tensors are of nobody. */
static bool
is_torch(const struct model *m)
{
	return strcmp(m->format, "numpy") != 0 && strcmp(m->format, "gguf") != 0;
}

/* "Core ML mlProgram, binary, specification 8 (iOS 17, ...)" */
static void
text_spec(struct sink *out, const struct model *m)
{
	const struct spec *spec = spec_find(m->format_version);

	if (m->dialect == DIALECT_ATEN) {
		sink_printf(out, "%s%s, %s", is_torch(m) ? "PyTorch " : "", m->kind, m->encoding);
		return;
	}
	sink_printf(out, "Core ML %s, %s", m->kind, m->encoding);
	if (m->format_version == 0)
		return;
	sink_printf(out, ", specification %" PRIi64, m->format_version);
	if (spec != NULL) {
		sink_puts(out, "\n");
		text_label(out, "runs from");
		sink_puts(out, spec->systems);
	}
}

static void
text_interface(struct sink *out, const struct model *m, const char *title, enum feature_role role)
{
	for (uint32_t i = 0; i < m->nfeatures; i++) {
		const struct feature *f = &m->features[i];

		if (f->role != role)
			continue;
		text_label(out, title);
		title = "";
		text_str(out, f->name, 34, 24);
		sink_puts(out, "  ");
		type_print(out, f->type);
		sink_puts(out, f->optional ? "  optional" : "");
		if (f->function != NULL) {
			sink_puts(out, "  of ");
			text_str(out, f->function, 20, 0);
		}
		sink_puts(out, "\n");
	}
}

static void
text_head(struct sink *out, const struct session *s)
{
	const struct model *m = s->model;
	struct sink text;

	text_label(out, "model");
	sink_safe(out, s->path, strlen(s->path), 64);
	sink_puts(out, "\n");
	text_label(out, "format");
	if (m->dialect == DIALECT_ONNX)
		sink_printf(out, "ONNX, %s, IR version %" PRIi64, m->encoding, m->format_version);
	else
		text_spec(out, m);
	sink_puts(out, m->partial ? ", damaged: shown in part\n" : "\n");
	sink_init(&text, -1);
	producer(&text, m);
	if (text.n > 0) {
		text_label(out, "producer");
		sink_safe(out, text.buf, text.n, 64);
		sink_puts(out, "\n");
	}
	sink_fini(&text);
}

static void
text_opsets(struct sink *out, const struct model *m, const uint32_t *last)
{
	enum { SHOWN = 12 };

	for (uint32_t i = 0; i < m->nopsets && i < SHOWN; i++) {
		const struct opset *o = &m->opsets[i];

		text_label(out, i == 0 ? "opsets" : "");
		sink_safe(out, opset_domain(o), strlen(opset_domain(o)), 50);
		sink_printf(out, " %" PRIi64 "%s\n", o->version,
		    last[domain_id(m, o)] == i + 1 ? "" : " (overruled by a later import)");
	}
	if (m->nopsets > SHOWN) {
		text_label(out, "");
		sink_printf(out, "and %" PRIu32 " more\n", m->nopsets - SHOWN);
	}
}

static void
text_tensors(struct sink *out, uint64_t n, wide elements, wide bytes)
{
	print_wide(out, elements);
	sink_printf(out, " in %" PRIu64 " initializer%s, ", n, plural(n));
	text_bytes(out, bytes > UINT64_MAX ? UINT64_MAX : (uint64_t)bytes);
}

static void
text_size(struct sink *out, const struct model *m, const struct sums *s)
{
	text_label(out, "nodes");
	sink_printf(out, "%" PRIu32, m->main != NULL ? m->main->nnodes : 0);
	if (m->main == NULL || s->nodes_all != m->main->nnodes)
		sink_printf(out, " in the main graph, %" PRIu32 " in all %" PRIu32
		    " graphs, %" PRIu32 " deep", s->nodes_all, m->ngraphs, s->depth);
	sink_puts(out, "\n");
	text_label(out, "parameters");
	if (m->dialect == DIALECT_NN) {
		sink_printf(out, "%" PRIu64 " in layers, ", s->held.numbers);
		text_bytes(out, s->held.bytes);
		sink_puts(out, "\n");
		return;
	}
	text_tensors(out, s->init - s->buffers, s->elements - s->buffer_elements,
	    s->init_bytes - s->buffer_bytes);
	if (s->sparse > 0)
		sink_printf(out, "; %" PRIu64 " sparse", s->sparse);
	if (s->sub_init > 0)
		sink_printf(out, "; %" PRIu64 " in subgraphs", s->sub_init);
	if (s->buffers > 0) {
		sink_puts(out, "\n");
		text_label(out, "buffers");
		text_tensors(out, s->buffers, s->buffer_elements, s->buffer_bytes);
	}
	if (s->object_bytes > 0) {
		sink_puts(out, "\n");
		text_label(out, "");
		print_wide(out, s->object_elements);
		sink_puts(out, " in lists and objects, ");
		text_bytes(out, s->object_bytes > UINT64_MAX ? UINT64_MAX :
		    (uint64_t)s->object_bytes);
	}
	if (s->held.numbers > 0) {
		sink_puts(out, "\n");
		text_label(out, "");
		sink_printf(out, "%" PRIu64 " in attributes, ", s->held.numbers);
		text_bytes(out, s->held.bytes);
	}
	sink_puts(out, "\n");
}

/* "h: SCALE_TENSOR = s, ZERO_POINT_TENSOR = z" */
static void
text_annotation(struct sink *out, const struct annotation *a)
{
	text_str(out, a->tensor, 40, 0);
	for (uint32_t i = 0; i < a->nmeta; i++) {
		sink_puts(out, i == 0 ? ": " : ", ");
		text_str(out, a->meta[i].key, 24, 0);
		sink_puts(out, " = ");
		text_str(out, a->meta[i].value, 40, 0);
	}
	sink_puts(out, "\n");
}

static void
text_annotations(struct sink *out, const struct model *m, const struct sums *s)
{
	enum { SHOWN = 10 };
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->ngraphs && n < SHOWN; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nannotations && n < SHOWN; k++) {
			text_label(out, n++ == 0 ? "quantised" : "");
			text_annotation(out, &m->graphs[i]->annotations[k]);
		}
	if (s->annotations > n) {
		text_label(out, "");
		sink_printf(out, "and %" PRIu32 " more\n", s->annotations - n);
	}
}

static void
text_also(struct sink *out, const struct model *m)
{
	const struct { const char *what; uint32_t n; } rows[] = {
		{ "training graphs", m->ntraining }, { "device configurations", m->ndevices }
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].n == 0)
			continue;
		text_label(out, "also");
		sink_printf(out, "%s: %" PRIu32 "\n", rows[i].what, rows[i].n);
	}
}

static void
text_functions(struct sink *out, const struct model *m)
{
	struct sink name;

	sink_init(&name, -1);
	for (uint32_t i = 0; i < m->nfunctions && i < 10; i++) {
		text_label(out, i == 0 ? "functions" : "");
		name.n = 0;
		function_name(&name, m->functions[i]);
		sink_safe(out, name.buf, name.n, 44);
		sink_printf(out, "  %" PRIu32 " node%s\n", m->functions[i]->nnodes,
		    plural(m->functions[i]->nnodes));
	}
	if (m->nfunctions > 10)
		sink_printf(out, "              and %" PRIu32 " more\n", m->nfunctions - 10);
	sink_fini(&name);
}

static void
text_stages(struct sink *out, const struct model *m)
{
	enum { SHOWN = 12 };
	const struct model *stage;

	for (uint32_t i = 0; i < m->nstages && i < SHOWN; i++) {
		stage = m->stages[i];
		text_label(out, i == 0 ? "stages" : "");
		sink_printf(out, "%" PRIu32 "  ", i);
		text_str(out, stage_name(m, i), 34, 14);
		sink_printf(out, "  %s", *stage->kind != '\0' ? stage->kind : "(no kind)");
		if (stage->main != NULL && stage->main->nnodes != 1)
			sink_printf(out, ", %" PRIu32 " nodes", stage->main->nnodes);
		sink_puts(out, "\n");
	}
	if (m->nstages > SHOWN)
		sink_printf(out, "              and %" PRIu32 " more\n", m->nstages - SHOWN);
	if (m->nstages > 0)
		sink_puts(out, "              (--stage=NAME or its number looks into one)\n");
}

static void
text_meta(struct sink *out, const struct model *m)
{
	for (uint32_t i = 0; i < m->nmeta && i < 12; i++) {
		text_label(out, i == 0 ? "metadata" : "");
		text_str(out, m->meta[i].key, 24, 0);
		sink_puts(out, " = ");
		text_str(out, m->meta[i].value, 36, 0);
		sink_puts(out, "\n");
	}
	if (m->nmeta > 12)
		sink_printf(out, "              and %" PRIu32 " more\n", m->nmeta - 12);
}

static void
run_text(struct call *call)
{
	const struct model *m = call->s->model;
	struct sums s = sum_up(m, call->arena);
	const uint32_t *last = last_imports(call->arena, m);
	struct op_counts ops;
	struct sink rows;

	/* what takes memory comes first: nothing may leave while rows are kept */
	const struct weights_info *w = info_weights(call);

	count_total(&ops, call->arena, m);
	count_sort(&ops);
	infer_open(call->s);
	sink_init(&rows, -1);
	text_head(&rows, call->s);
	text_opsets(&rows, m, last);
	if (m->nfeatures > 0) {
		text_interface(&rows, m, "inputs", FEATURE_INPUT);
		text_interface(&rows, m, "outputs", FEATURE_OUTPUT);
		text_interface(&rows, m, "states", FEATURE_STATE);
	} else if (m->main != NULL) {
		text_features(&rows, call->s, "inputs", m->main->inputs, m->main->ninputs);
		text_features(&rows, call->s, "outputs", m->main->outputs, m->main->noutputs);
		info_export_text(&rows, m);
	}
	info_given_text(&rows, call->s);
	text_size(&rows, m, &s);
	info_ops_text(&rows, &ops);
	text_functions(&rows, m);
	text_stages(&rows, m);
	text_also(&rows, m);
	text_annotations(&rows, m, &s);
	info_weights_text(&rows, w);
	text_meta(&rows, m);
	text_fold(call->out, &rows);
	sink_fini(&rows);
	if (call->s->ctx.diags.n > 0) {
		sink_puts(call->out, "\n");
		text_diags(call->out, &call->s->ctx.diags);
	}
}

static enum exit_status
run(struct call *call)
{
	if (call->json != NULL)
		run_json(call);
	else
		run_text(call);
	return EXIT_CLEAN;
}

const struct command CMD_INFO = {
	.name = "info", .args = "", .help = "the model as a whole",
	.text = "Format, producer, opsets, inputs and outputs with types, sizes, functions, side "
	    "files, metadata, and what was found while reading.",
	.run = run
};
