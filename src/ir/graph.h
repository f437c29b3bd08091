/* SPDX-License-Identifier: Apache-2.0 */
/* The common graph model of all formats. Data is open for reading and const
 * outside ir/build.c. Everything lives in the model's arena; results of
 * analyses live in side tables indexed by the dense node and value ids. */
#ifndef IR_GRAPH_H
#define IR_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "ir/type.h"

struct frame;
struct held_set;
struct op;
struct tensor;
struct source;

enum dialect { DIALECT_ONNX, DIALECT_ATEN, DIALECT_MIL, DIALECT_NN, DIALECT_COUNT };

/* A key with a value: metadata, documentation ("doc_string" is one). */
struct meta { const struct str *key, *value; };

enum attr_kind {
	ATTR_NONE,    /* no value field set */
	ATTR_INT, ATTR_FLOAT, ATTR_STRING, ATTR_TENSOR, ATTR_GRAPH, ATTR_TYPE, ATTR_SPARSE,
	ATTR_INTS, ATTR_FLOATS, ATTR_STRINGS, ATTR_TENSORS, ATTR_GRAPHS, ATTR_TYPES, ATTR_SPARSES,
	ATTR_KIND_COUNT
};
/* "int", "ints", "tensor", ... as in signatures. */
const char *attr_kind_name(enum attr_kind);

struct attr {
	const struct str *name;
	enum attr_kind kind;     /* of the value that is there */
	enum attr_kind declared; /* ATTR_NONE: the file does not say */
	int32_t declared_raw;    /* the file's own number */
	uint32_t nset;           /* value fields set; the format allows one */
	uint64_t n;              /* elements of a list; bytes of a string */
	const struct str *ref;   /* function attribute it stands for, or NULL */
	/* Lists of numbers longer than limits.list stay in the file: the
	 * pointer is NULL and list is their place. */
	const struct tensor *list;
	union {
		int64_t i;
		double f;
		const struct str *s; /* first limits.text bytes; n has the length */
		struct tensor *t;
		struct graph *g;
		const struct type *type;
		const int64_t *ints;
		const float *floats;
		const struct str *const *strings;
		struct tensor *const *tensors;
		struct graph *const *graphs;
		const struct type *const *types;
	} v;
	struct loc loc;
};

enum value_flag {
	VALUE_INPUT = 1,     /* graph, function or block input */
	VALUE_OUTPUT = 2,
	VALUE_INITIALIZER = 4, /* constant of the graph, also of the same name as an input */
	VALUE_SPARSE = 8,    /* initializer stored sparse */
	VALUE_UNDEFINED = 16, /* read, but nobody makes it */
	VALUE_REDEFINED = 32, /* its name was already taken in the same graph */
	VALUE_BARE = 128,     /* an output that is declared without a type */
	VALUE_MADE = 64,      /* used while names are bound */
	VALUE_LITERAL = 256,  /* constant written in the operand itself, named by its text or not */
	VALUE_PART = 1024,    /* constant that is read through the list or object that holds it */
	VALUE_IMPLIED = 512,  /* output that the model makes by its type, with no node for it */
	VALUE_WITHIN = 4096, /* output of a layer that a body of it makes: not in its list */
	VALUE_PERMUTED = 2048 /* its elements lie in another order than its dims say */
};

struct value {
	const struct str *name;
	struct node *producer;      /* NULL: input, initializer or undefined */
	uint32_t slot;              /* which output of the producer */
	uint32_t id;                /* dense in the model */
	uint32_t flags;             /* enum value_flag */
	const struct type *type;    /* as declared; NULL = not stated */
	struct tensor *constant;    /* or NULL */
	struct graph *graph;        /* that defines it */
	struct loc loc;
};

/* A call of a function or method whose code was put in its place: nodes of that
 * code point to it. */
struct inlined {
	const struct inlined *up;   /* the call that this one lies in, or NULL */
	const struct str *function; /* called, without prefixes of the format's own */
	const struct str *scope;    /* module path it was called on, or NULL */
	struct loc at;              /* of the call in the model's code */
};

struct node {
	const struct op *op;        /* row; NULL if unknown (ops_bind) */
	const struct str *type;     /* op type as read */
	const struct str *domain;   /* as read; "" for the default of a dialect */
	const struct str *overload; /* or NULL */
	const struct str *name;     /* "" when it has none; not unique */
	const struct str *scope;    /* module path such as layers.0.attn, or NULL */
	const struct inlined *call; /* by which it came, or NULL */
	struct value **in;          /* NULL entry: optional operand left out */
	const struct str **in_name; /* parameters of the first nnamed operands (MIL) */
	struct value **out;         /* NULL entry: output left out */
	struct attr *attrs;
	struct graph **regions;     /* graphs of If, Loop, cond, while: owned by attrs or blocks */
	struct graph *callee;       /* function it calls, or NULL */
	struct graph *graph;        /* that holds it */
	struct meta *meta;
	uint32_t nin, nout, nattrs, nregions, nmeta;
	uint32_t nnamed;            /* 0: positional; nin unless memory ended */
	uint64_t held;              /* of TorchScript: bit i, operand i is an attribute of a module
				     * that is no tensor: None, a number, a text */
	uint32_t index;             /* in graph->nodes: file order */
	uint32_t id;                /* dense in the model */
	struct loc loc;
};

enum graph_kind {
	GRAPH_MAIN, GRAPH_SUBGRAPH, GRAPH_FUNCTION, GRAPH_BLOCK, GRAPH_METHOD, GRAPH_TRAINING
};
const char *graph_kind_name(enum graph_kind);

struct opset { const struct str *domain; int64_t version; struct loc loc; };

/* What only functions of ONNX have. */
struct function {
	const struct str *domain, *overload;
	const struct str **attrs; /* names without a default */
	struct attr *defaults;    /* attribute_proto */
	uint32_t nattrs, ndefaults;
};

/* What an input or output of an exported program is for. Parameters, buffers
 * and constants are initializers of the graph; the rest are its inputs. */
enum role_kind {
	ROLE_USER, ROLE_TOKEN,
	/* inputs */
	ROLE_PARAMETER, ROLE_BUFFER, ROLE_CONSTANT, ROLE_OBJECT,
	/* an input or output that is a number or the like, written in the file */
	ROLE_LITERAL,
	/* outputs */
	ROLE_LOSS, ROLE_BUFFER_MUTATION, ROLE_INPUT_MUTATION, ROLE_PARAMETER_MUTATION,
	ROLE_PARAMETER_GRADIENT, ROLE_INPUT_GRADIENT,
	ROLE_COUNT
};
/* "user", "parameter", "buffer-mutation", ... */
const char *role_name(enum role_kind);

struct role {
	enum role_kind kind;
	bool output;
	bool transient;            /* a buffer that is not saved with the weights */
	const struct str *name;    /* of the value in the file; "" for literal outputs */
	const struct str *target;  /* what is held, mutated or derived; a literal's text; or NULL */
	struct value *value;       /* of inputs that have one, or NULL */
};

/* A size that is known at run time only, and what it may be. */
struct symbol {
	const struct str *name;
	bool has_lo, has_hi;
	int64_t lo, hi;
};

struct graph {
	const struct str *name;
	uint32_t id;              /* dense in the model, in order of creation */
	uint32_t level;           /* nesting: 0 for a graph that is in no node */
	enum graph_kind kind;
	struct node *parent;      /* node whose region this is, or NULL */
	const struct str *role;   /* attribute that holds it: then_branch, body; or NULL */
	struct value **inputs, **outputs;
	struct value **initializers; /* file order */
	struct node **nodes;      /* file order */
	struct value **values;    /* inputs, initializers, node outputs, literals, undefined ones */
	struct value **literals;  /* in the order of the operands they stand for */
	struct opset *opsets;     /* own ones of a function; main graph: model->opsets */
	struct function *function; /* of GRAPH_FUNCTION, or NULL */
	struct attr *attrs;       /* the graph's own: function attributes, preprocessing */
	struct meta *meta;
	struct role *roles;       /* of an exported program: inputs, then outputs */
	struct value **stray;     /* declared types of names that nobody defines */
	/* quantization_annotation: tensor name and its key/value pairs */
	struct annotation {
		const struct str *tensor;
		struct meta *meta;
		uint32_t nmeta;
	} *annotations;
	uint32_t ninputs, noutputs, ninitializers, nnodes, nvalues;
	uint32_t nopsets, nmeta, nstray, nannotations, nliterals, nattrs, nroles;
	struct loc loc;
};

enum feature_role { FEATURE_INPUT, FEATURE_OUTPUT, FEATURE_STATE, FEATURE_TRAINING };

/* One line of the interface that a Core ML model states beside its graph. */
struct feature {
	const struct str *name, *doc; /* doc "" when there is none */
	const struct str *function;   /* whose it is; NULL: the model's */
	enum feature_role role;
	const struct type *type;      /* NULL: none stated */
	bool optional, has_default;
	double initial;               /* the default: of all elements */
	struct loc loc;
};

struct model {
	struct arena arena;
	struct arena text;        /* of strs: walks over the graph do not wade through it */
	struct strtab strs;
	struct types types;
	const struct str *empty;  /* "" */
	enum dialect dialect;
	const char *format;       /* "onnx": what JSON calls it */
	const char *encoding;     /* "binary", "protobuf text", ...: how it was written */
	struct source *source;    /* of the model file */
	struct source **sources;  /* all opened */
	uint32_t nsources;
	int64_t format_version;   /* ONNX: ir_version; 0 = not stated */
	const struct str *producer, *producer_version, *domain; /* "" when absent */
	int64_t version;          /* model_version */
	struct opset *opsets;
	struct meta *meta;        /* metadata_props, doc_string */
	struct graph *main;       /* NULL when the file broke before it */
	struct graph **functions;
	struct graph **training;  /* training_info: initialization, algorithm */
	struct graph **graphs;    /* all graphs by id */
	struct symbol *symbols;   /* with stated ranges, by name */
	uint32_t nopsets, nmeta, nfunctions, ntraining, ngraphs, nsymbols;
	uint32_t nnodes, nvalues, ntensors; /* ids are below these */
	const char *no_graph;     /* what a file is that holds tensors alone, or NULL */
	const char *no_graph_advice; /* what to do with that file; "": nothing */
	/* Core ML */
	const char *kind;         /* "mlProgram", "pipeline", ...; "" when it says none */
	struct feature *features;
	struct model **stages;    /* of a pipeline: stage i is what node i of main runs */
	struct attr *attrs;       /* of the program */
	uint32_t nfeatures, nstages, nattrs;
	bool updatable;           /* it says it can be trained on */
	bool compiled;            /* by Apple's compiler: layers are its own, not the format's */
	uint64_t unknown_fields;  /* wire fields that no schema of ours has */
	uint32_t ndevices;        /* multi-device configurations */
	/* where nodes come from in Python: see ir/frame.h; NULL: not known */
	uint32_t (*frames)(const struct model *, const struct node *, struct arena *,
	    struct frame **);
	void *frames_arg;
	bool partial;             /* something was left out: see the diagnostics */
	bool is_sorted;           /* every operand is made before it is read (ir/bind) */
};

/* Who reads a value. Side table made on demand by uses_build. */
struct use { struct node *node; uint32_t slot; };
struct uses {
	uint32_t *start;   /* nvalues + 1 entries */
	struct use *list;  /* the uses of value id are [start[id], start[id + 1]) */
	struct held_set *through; /* of tensors through lists and the like that hold them */
	bool cut;          /* some of these hold more than is known */
};
void uses_build(struct uses *, struct arena *, const struct model *);
/* How many operands are the value, or hold its constant. */
uint64_t uses_count(const struct uses *, const struct value *);
/* May the value be read in a way that is not known? */
bool uses_unsure(const struct uses *, const struct value *);

/* What a user types for the node: its name, or in buf #ID when it has none. */
enum { NODE_REF = 12 };
const char *node_ref(const struct node *, char buf[NODE_REF]);
const struct attr *node_attr(const struct node *, const char *name);
/* The key's value, or NULL. */
const struct str *meta_find(const struct meta *, uint32_t n, const char *key);
/* Tensor of a value: initializer, or the value of a Constant node. NULL if none. */
const struct tensor *value_tensor(const struct value *);

#endif
