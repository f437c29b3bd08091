/* SPDX-License-Identifier: Apache-2.0 */
/* Op knowledge as rows: name, first version, semantic kind, signature. One
 * row for each (op, since-version) of each dialect. A version is that of the
 * domain's opset in ONNX (onnx.def), the iOS version of the function's opset in
 * ML Programs (mil.def, ir/spec.h), the specification version in networks
 * (nn.def); those two have no domains but "". Ops of PyTorch (aten.def) have no
 * versions but overloads, each a row. */
#ifndef OPS_OP_H
#define OPS_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/graph.h"

/* What an op computes, whatever a dialect calls it. sem.def also gives the
 * family, used for colours and grouping. */
enum sem {
#define SEM(id, family, title) SEM_##id,
#include "ops/sem.def"
#undef SEM
	SEM_COUNT
};
enum family {
	FAM_OTHER, FAM_CONV, FAM_MATMUL, FAM_NORM, FAM_ACT, FAM_ELEMENTWISE, FAM_REDUCE,
	FAM_POOL, FAM_SHAPE, FAM_INDEX, FAM_CONTROL, FAM_RECURRENT, FAM_QUANT, FAM_CONST,
	FAM_SEQUENCE, FAM_ML, FAM_COUNT
};

enum op_flag {
	OP_DEPRECATED = 1,   /* from this version on */
	OP_FUNCTION = 2,     /* the standard defines it by other ops */
	OP_INFERS = 4,       /* the standard says how to infer its types */
	OP_UNDOCUMENTED = 8, /* no signature is known */
	OP_REMOVED = 16,     /* once experimental, in no version of the standard now */
	OP_RUNTIME = 32,     /* known from runtimes or drafts, never in the standard */
	OP_ANY_ATTRIBUTE = 64, /* attributes it does not list are passed over */
	OP_ONE_OR_ALL = 128, /* gives its first output alone or all of them */
	OP_AT_LOAD = 256,    /* carried out when the model is loaded: gives constants */
	OP_WRITES = 512,     /* writes an operand: sig_arg.written */
	OP_VIEW = 1024       /* a result shares memory with an operand: sig_arg.alias */
};

struct op {
	const char *domain;      /* "" is ai.onnx */
	const char *name;
	const char *overload;    /* "" is the default one, and in all other dialects */
	int since;               /* 0: the dialect has no versions */
	enum sem sem;
	unsigned flags;
	const char *signature;   /* see ops/sig.h */
};
#define OP_NEWEST INT64_MAX /* a version above all */

/* Row of (domain, name) that is in force at version of the domain's opset:
 * the newest with since <= version. NULL: no such op, or not yet at that
 * version. Look at flags: deprecated and removed ops have rows as well.
 * "ai.onnx" and "" are the same domain. */
const struct op *op_find(enum dialect, const char *domain, const char *name, int64_t version);
/* The first row of that name: to say "arrived in 20". */
const struct op *op_oldest(enum dialect, const char *domain, const char *name);
/* What since of a row counts: "version", "iOS" or "specification". */
const char *op_since_unit(const struct op *);
/* Version of a domain's newest opset we know; 0 = domain unknown. */
int domain_newest(const char *domain);
/* Overload of an op of PyTorch that a node calls: the one it names, else the first
 * whose signature takes the node's operands and attributes, by number and by being
 * a tensor or not. NULL: there is none. */
const struct op *op_overload(const struct node *);
/* All rows of a dialect, sorted by domain, name, since, overload. */
const struct op *op_rows(enum dialect, uint32_t *n);

/* Version of domain that is in force for nodes of this graph: of the imports
 * of the function it lies in when that has any, else of the model's; the last
 * import of a domain wins, and one spelled as asked for wins over its alias
 * ("" and "ai.onnx"). 0 = not imported. IR below 3 without imports means
 * ai.onnx 1. */
int64_t graph_opset(const struct model *, const struct graph *, const struct str *domain);

/* The imports of one scope, for many questions. */
struct imports {
	const struct graph *scope; /* function whose imports hold; NULL: the model's */
	const struct str *empty, *onnx; /* the two names of the default domain */
	const struct opset **slot; /* hash table by domain */
	uint32_t mask;
	bool silent;               /* nothing is imported: ai.onnx 1 is meant */
	struct opset fixed;        /* version above 0: it holds for all domains */
};
void imports_build(struct imports *, struct arena *, const struct model *, const struct graph *);
/* The same of a list that outlives it. */
void imports_of_list(struct imports *, struct arena *, const struct model *,
	const struct opset *, uint32_t n);
/* The import that graph_opset speaks of, or NULL. */
const struct opset *imports_find(const struct imports *, const struct str *domain);

/* Set node->op and node->callee in the whole model and its stages. The row is the one in
 * force, the newest when the domain is not imported; NULL when there is none.
 * The callee is the model's function of that domain, type and overload; it
 * goes before a row of the same name. */
void ops_bind(struct model *);

/* The operand that a node works on: of named ones whatever place it has in the file. UINT32_MAX:
 * it has no operands. */
uint32_t op_main(const struct node *);
/* Is the node a constant in all but form? */
bool op_is_constant(const struct node *);

/* Element type of TensorProto.DataType's number; DT_NONE when there is none. */
enum dtype onnx_dtype(int64_t number);
/* Element type that a word in a parameter of an ML Program stands for: "fp16", ...;
 * DT_NONE when there is none. */
enum dtype dtype_of_word(const char *word);

/* Title of the kind ("convolution"), name of the family ("conv"). */
const char *sem_title(enum sem);
enum family sem_family(enum sem);
const char *family_name(enum family);

#endif
