/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the ONNX reader share: the state of one reading, field
 * numbers (facts/onnx-format.md section 2), and who reads which message. */
#ifndef READ_ONNX_READ_H
#define READ_ONNX_READ_H

#include "ir/build.h"
#include "read/wire.h"

struct onnx_reader {
	struct ctx *ctx;
	struct model *m;
	const struct read_options *opts;
	struct arena scratch;
	struct wire w;
	struct decl_table decls;
	struct tensor **external; /* tensors with data in side files */
	uint32_t nexternal;
	uint32_t level;          /* graphs being read, one in the other */
	bool two_graphs;         /* seen and reported */
};

enum {
	MODEL_IR_VERSION = 1, MODEL_PRODUCER_NAME, MODEL_PRODUCER_VERSION, MODEL_DOMAIN,
	MODEL_VERSION, MODEL_DOC, MODEL_GRAPH, MODEL_OPSET, MODEL_META = 14, MODEL_TRAINING = 20,
	MODEL_FUNCTIONS = 25, MODEL_CONFIGURATION = 26
};
enum {
	GRAPHF_NODE = 1, GRAPHF_NAME, GRAPHF_INITIALIZER = 5, GRAPHF_DOC = 10, GRAPHF_INPUT,
	GRAPHF_OUTPUT, GRAPHF_VALUE_INFO, GRAPHF_QUANT, GRAPHF_SPARSE, GRAPHF_META
};
enum {
	NODE_INPUT = 1, NODE_OUTPUT, NODE_NAME, NODE_OP_TYPE, NODE_ATTRIBUTE, NODE_DOC, NODE_DOMAIN,
	NODE_OVERLOAD, NODE_META, NODE_DEVICE
};
enum {
	ATTRF_NAME = 1, ATTRF_F, ATTRF_I, ATTRF_S, ATTRF_T, ATTRF_G, ATTRF_FLOATS, ATTRF_INTS,
	ATTRF_STRINGS, ATTRF_TENSORS, ATTRF_GRAPHS, ATTRF_DOC = 13, ATTRF_TP, ATTRF_TYPE_PROTOS,
	ATTRF_TYPE = 20, ATTRF_REF, ATTRF_SPARSE, ATTRF_SPARSES
};
enum {
	TENSORF_DIMS = 1, TENSORF_DATA_TYPE, TENSORF_SEGMENT, TENSORF_FLOAT, TENSORF_INT32,
	TENSORF_STRING, TENSORF_INT64, TENSORF_NAME, TENSORF_RAW, TENSORF_DOUBLE, TENSORF_UINT64,
	TENSORF_DOC, TENSORF_EXTERNAL, TENSORF_LOCATION, TENSORF_META = 16
};
enum {
	FUNC_NAME = 1, FUNC_INPUT = 4, FUNC_OUTPUT, FUNC_ATTRIBUTE, FUNC_NODE, FUNC_DOC,
	FUNC_OPSET, FUNC_DOMAIN, FUNC_ATTRIBUTE_PROTO, FUNC_VALUE_INFO, FUNC_OVERLOAD, FUNC_META
};

/* Each of these reads the message that has just been entered. */
void onnx_graph(struct onnx_reader *, struct graph *);
void onnx_node(struct onnx_reader *, struct graph *);
/* owner: node of the attribute, for its subgraphs; NULL for defaults of a function. */
void onnx_attr(struct onnx_reader *, struct attr *, struct node *owner);
struct tensor *onnx_tensor(struct onnx_reader *);
/* The values tensor gets the dense shape's description in t->sparse. */
struct tensor *onnx_sparse(struct onnx_reader *);
const struct type *onnx_type(struct onnx_reader *);
void onnx_meta(struct onnx_reader *, struct meta **, uint32_t *n);

/* WIRE_IN for this reader. */
#define ONNX_IN(r, f, call) WIRE_IN(&(r)->w, (f), call)

const struct str *onnx_str(struct onnx_reader *, const struct wire_field *);
/* A list of numbers of an attribute as a tensor in the file. */
struct tensor *onnx_number_list(struct onnx_reader *, enum dtype, uint32_t field, uint64_t n);

#endif
