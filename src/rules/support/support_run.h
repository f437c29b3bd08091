/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of a conversion, in the converter's order. */
#ifndef RULES_SUPPORT_RUN_H
#define RULES_SUPPORT_RUN_H

#include "ir/wanted.h"
#include "rules/support/support_state.h"

struct sig;
struct sig_arg;

/* An input as it is given (ir/wanted.h). */
enum given_kind { GIVEN_TENSOR, GIVEN_IMAGE, GIVEN_STATE };
struct given_input {
	enum given_kind kind;
	const char *name;      /* NULL: none */
	const char *layout;    /* of images: rgb, bgr, gray, gray16 */
	const char *dtype;     /* as written; NULL: none ("auto") */
	enum dtype t;          /* of the converter; DT_NONE: as the program has it */
	int rank;
	int64_t dims[MV_DIMS]; /* of the default shape; DIM_SYMBOLIC: a range */
	int64_t lo[MV_DIMS], hi[MV_DIMS]; /* of ranges; hi 0: not a range, or endless */
	const char *symbol[MV_DIMS]; /* n of n=1..8, and of n behind it */
	bool endless;          /* a range without an upper bound */
	bool negative;         /* a size that is no size */
	uint32_t choices;      /* enumerated shapes; 0: none */
	int64_t (*choice)[MV_DIMS];
	uint32_t nscale, nbias; /* of images: values of scale and bias */
	bool biased;           /* one of bias is not 0 */
};

/* Numbers of blockers from 1, found by hash; 0: free. */
struct block_table { uint32_t *slot, mask; };

struct run {
	struct conv c;
	struct block_table kinds, same; /* of c.s->blockers (support_blocker.c) */
	struct given_input *given;  /* inputs and images */
	struct given_input *states;
	uint32_t ngiven, nstates;
	const struct wanted *wants; /* outputs */
	uint32_t nwants;
	bool given_any;        /* the inputs argument is passed */
	int target;            /* 13 ... 26; 0: none */
	bool stop;             /* nothing can be said of what follows */
	const char *stage;     /* of blockers at nodes */
	struct mv **outputs;   /* of the program, when they exist */
	uint32_t noutputs;
	bool complete;         /* all outputs exist: the rest is not converted */
	bool default_f16;      /* inputs and outputs become fp16 */
	bool casts;            /* outputs are cast to the type they are given */
	bool decompose;        /* exported programs: judged as run_decompositions makes them */
	bool *live;            /* with decompose: by id of nodes; NULL: not asked */
	bool *is_state;        /* of TorchScript: buffers that are states, by id of values */
	bool *frozen;          /* of frozen modules: values that torch computed, by id */
	bool blind;            /* an input whose shape nobody says */
	bool newer;            /* a neural network with layers of iOS14 */
	const struct uses *uses; /* of TorchScript */
	uint32_t loops;        /* around the node at hand whose body is converted twice */
	struct bases *bases;   /* of exported programs (support_decompose.c); NULL: not yet */
	uint32_t again;        /* nodes in bodies that were converted twice */
	struct mv **placed;    /* of TorchScript: its inputs, as they are given */
	struct plan *plan;     /* of TorchScript: writes into views (support_assign.c) */
};

/* support_args.c: the inputs as given, then all checks of arguments that come before
 * the model is looked at. */
void support_parse(struct run *);
void support_arguments(struct run *);
/* A placeholder of that type. */
struct mv *support_placeholder(struct run *, const struct given_input *);
/* An input without dims is refused. name: of it, or NULL. */
void support_scalar_input(struct run *, int rank, const char *name);

/* support_blocker.c: one more, unless it was said of its module and stage before. */
void support_block(struct run *, const struct blocker *);

/* support_node.c: one call. Converts it, binds results, or reports what refuses it. */
void support_call(struct run *, const struct node *, const char *op, const char *lookup);
/* "aten::add.Tensor". */
const char *support_op_name(struct run *, const struct node *);
void support_block_node(struct run *, const struct node *, const char *op, enum reason,
	const char *stage, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* What stands for an argument that was left out: its default, in the arena. */
struct mv *support_default(struct conv *, const struct sig *, const struct sig_arg *);
/* Does it write to the tensor that is its first operand, as add_ and __iand__ do? */
bool support_writes(const struct node *);
/* What stops nothing, but is not in the converted model; of a node, or NULL. */
void support_silent_node(struct run *, const struct node *, enum reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* support_unread.c: of a call that was converted, arguments that were not looked at. */
void support_unread(struct run *);

/* support_export.c, support_script.c: the two front ends. */
void support_export(struct run *);
void support_script(struct run *);

/* support_weights.c: is all of the model there? */
void support_weights(struct run *);
/* A buffer that becomes a state: what it begins with is lost. */
void support_state_begins(struct run *, const struct value *buffer, const char *name);

/* support_passes.c: what comes behind the front end. */
void support_passes(struct run *);

/* support_transpose.c: transposes that a pass takes away. */
void support_transposes(struct run *);

/* support_rules.c: what to do about a reason, and about an operator without a
 * converter; whether a user's rules turn a reason off. */
const char *support_fix(const struct run *, enum reason);
const char *support_advice(struct run *, const char *op);
bool support_ignored(const struct run *, enum reason);
/* What rules of users say of the operator at a node; a refusal has been reported. */
enum support_own { OWN_NONE, OWN_CONVERTS, OWN_FAILS };
enum support_own support_own(struct run *, const struct node *, const char *op);

/* support_result.c: the interface of the result. */
void support_result(struct run *);

/* support_other.c: formats that are not of PyTorch. */
void support_onnx(struct run *);
void support_coreml(struct run *);

#endif
