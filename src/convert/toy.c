/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes and initializers are tables; the writer of text formats' transcripts
 * spells them. */
#include <string.h>

#include "base/ctx.h"
#include "base/sink.h"
#include "convert/toy.h"
#include "read/onnx/onnx_read.h"
#include "read/wirebuf.h"

enum { FLOAT = 1, INT64 = 7 };

/* Words with blanks between are inputs and outputs. Stands in the order of the file,
 * which is not that of execution. */
static const struct { const char *op, *name, *in, *out, *attr; int64_t value; } nodes[] = {
	{ "MatMul", "head", "flat weight", "scores", NULL, 0 },
	{ "Conv", "conv", "x kernel", "c", NULL, 0 },
	{ "Identity", "", "c", "c1", NULL, 0 },
	{ "Relu", "act", "c1", "r", NULL, 0 },
	{ "Dropout", "act", "r", "d", NULL, 0 },
	{ "Shape", "", "d", "s", NULL, 0 },
	{ "Gather", "", "s first", "batch", "axis", 0 },
	{ "Concat", "", "batch rest", "target", "axis", 0 },
	{ "Reshape", "flatten", "d target", "flat", NULL, 0 },
	{ "Exp", "", "scores", "nobody", NULL, 0 },
	{ "Add", "bias", "scores bias_b", "biased", NULL, 0 },
	{ "Add", "bias", "biased bias_a", "y", NULL, 0 }
};

static const struct { const char *name; int type; int64_t dims[4]; int rank; int64_t value; }
initializers[] = {
	{ "kernel", FLOAT, { 2, 3, 3, 3 }, 4, 0 },
	{ "weight", FLOAT, { 72, 4 }, 2, 0 },
	{ "bias_a", FLOAT, { 4 }, 1, 0 },
	{ "bias_b", FLOAT, { 4 }, 1, 0 },
	{ "first", INT64, { 1 }, 1, 0 },
	{ "rest", INT64, { 1 }, 1, -1 },
	{ "left_over", FLOAT, { 7 }, 1, 0 }
};

static void
put_text(struct wirebuf *w, unsigned field, const char *s)
{
	wirebuf_bytes(w, field, s, strlen(s));
}

static void
put_words(struct wirebuf *w, unsigned field, const char *s)
{
	size_t n;

	for (; *s != '\0'; s += n + (s[n] == ' ')) {
		n = strcspn(s, " ");
		wirebuf_bytes(w, field, s, n);
	}
}

static void
put_node(struct wirebuf *w, size_t i)
{
	size_t node = wirebuf_begin(w, GRAPHF_NODE), attr;

	put_words(w, NODE_INPUT, nodes[i].in);
	put_words(w, NODE_OUTPUT, nodes[i].out);
	if (*nodes[i].name != '\0')
		put_text(w, NODE_NAME, nodes[i].name);
	put_text(w, NODE_OP_TYPE, nodes[i].op);
	if (nodes[i].attr != NULL) {
		attr = wirebuf_begin(w, NODE_ATTRIBUTE);
		put_text(w, ATTRF_NAME, nodes[i].attr);
		wirebuf_varint(w, ATTRF_I, (uint64_t)nodes[i].value);
		wirebuf_varint(w, ATTRF_TYPE, 2);
		wirebuf_end(w, attr);
	}
	wirebuf_end(w, node);
}

/* Floats run from -0.5 to 0.5 in small steps. */
static void
put_initializer(struct wirebuf *w, size_t i)
{
	size_t tensor = wirebuf_begin(w, GRAPHF_INITIALIZER);
	int64_t n = 1;

	for (int k = 0; k < initializers[i].rank; k++) {
		wirebuf_packed_varint(w, TENSORF_DIMS, (uint64_t)initializers[i].dims[k]);
		n *= initializers[i].dims[k];
	}
	wirebuf_varint(w, TENSORF_DATA_TYPE, (uint64_t)initializers[i].type);
	for (int64_t k = 0; k < n; k++) {
		float f = (float)((k * 37 % 101) / 100.0 - 0.5);
		uint32_t bits;

		memcpy(&bits, &f, sizeof bits);
		if (initializers[i].type == FLOAT)
			wirebuf_packed_fixed32(w, TENSORF_FLOAT, bits);
		else
			wirebuf_packed_varint(w, TENSORF_INT64, (uint64_t)initializers[i].value);
	}
	put_text(w, TENSORF_NAME, initializers[i].name);
	wirebuf_end(w, tensor);
}

/* A ValueInfoProto of floats. */
static void
put_value(struct wirebuf *w, unsigned field, const char *name, const int64_t *dims, int rank)
{
	size_t value = wirebuf_begin(w, field), type, tensor, shape, dim;

	put_text(w, 1, name);
	type = wirebuf_begin(w, 2);
	tensor = wirebuf_begin(w, 1);
	wirebuf_varint(w, 1, FLOAT);
	shape = wirebuf_begin(w, 2);
	for (int i = 0; i < rank; i++) {
		dim = wirebuf_begin(w, 1);
		wirebuf_varint(w, 1, (uint64_t)dims[i]);
		wirebuf_end(w, dim);
	}
	wirebuf_end(w, shape);
	wirebuf_end(w, tensor);
	wirebuf_end(w, type);
	wirebuf_end(w, value);
}

static void
put_model(struct wirebuf *w)
{
	static const int64_t in[] = { 1, 3, 8, 8 }, out[] = { 1, 4 };
	size_t part;

	wirebuf_varint(w, MODEL_IR_VERSION, 8);
	put_text(w, MODEL_PRODUCER_NAME, "mlinspect");
	part = wirebuf_begin(w, MODEL_GRAPH);
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		put_node(w, i);
	put_text(w, GRAPHF_NAME, "toy");
	for (size_t i = 0; i < sizeof initializers / sizeof *initializers; i++)
		put_initializer(w, i);
	put_value(w, GRAPHF_INPUT, "x", in, 4);
	put_value(w, GRAPHF_OUTPUT, "y", out, 2);
	wirebuf_end(w, part);
	part = wirebuf_begin(w, MODEL_OPSET);
	put_text(w, 1, "");
	wirebuf_varint(w, 2, 17);
	wirebuf_end(w, part);
}

bool
toy_write(struct ctx *ctx, struct sink *out)
{
	struct wirebuf w;
	bool whole;

	wirebuf_init(&w, ctx);
	put_model(&w);
	sink_write(out, w.buf, w.n);
	whole = !w.full && out->err == 0;
	wirebuf_free(&w);
	return whole;
}
