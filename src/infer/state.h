/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of inference share. A fact is what is known of one value:
 * its type and, for small ones, its content. Facts only get more precise
 * while a graph is visited. Each dialect has a table from kinds of ops to
 * functions that take operands and attributes out of a node (onnx_*.c) and
 * hand them to calculations that know no dialect (calc_*.c). */
#ifndef INFER_STATE_H
#define INFER_STATE_H

#include "infer/infer.h"
#include "ir/dim.h"
#include "ops/op.h"

/* Content of a value. */
enum val_kind {
	VAL_INTS,   /* n elements in row order; also floats that are whole numbers */
	VAL_FLOATS,
	VAL_STRING,
	VAL_NONE,   /* Python's None */
	VAL_LIST    /* a list or tuple: n facts */
};
struct val {
	enum val_kind kind;
	uint32_t n;
	union {
		const struct dim *const *ints;
		const double *floats;
		const struct str *text;
		const struct fact *items;
	} u;
};

struct fact {
	const struct type *type; /* NULL: nothing known */
	const struct val *val;   /* NULL: not known */
};

/* Tensors up to this many elements have their content followed. */
enum { VAL_MAX = 512, RANK_MAX = 32 };

struct infer {
	struct ctx *ctx;
	struct arena *arena;
	struct model *model;
	struct types *types;         /* the model's */
	const struct infer_options *opts;
	struct entry {
		struct fact fact;
		bool seen;           /* declared type and constant have been looked at */
		bool read;           /* its constant has been read, or was too big */
	} *entries;                  /* by value id */
	const char **lost;           /* by node id */
	const struct node **callers; /* nodes whose functions are being visited */
	uint32_t ncallers;
	uint64_t budget;             /* visits of nodes left */
	bool exported;               /* a program of torch.export, not TorchScript */
	enum dtype autocast;         /* products of f32 are computed in; DT_NONE: as they are */
	bool spent;                  /* the budget's end has been said */
	enum infer_found next;       /* who makes the next finding */
	bool quiet;                  /* a loop is tried: findings would not last */
};

/* Type the outputs of one node from its operands. */
typedef void infer_fn(struct infer *, const struct node *);
/* By kind of op; NULL: outputs stay as declared. */
extern infer_fn *const infer_onnx[SEM_COUNT], *const infer_mil[SEM_COUNT],
	*const infer_aten[SEM_COUNT];

/* For ops of PyTorch that have a rule of their own; NULL: the kind's. */
infer_fn *aten_rare(const struct node *);

/* The same for operations of ONNX's other domains, and new ones. */
infer_fn *onnx_own(const struct node *);

/* Of layers of networks, by their name. */
infer_fn *nn_function(const struct node *);

/* Is the node's op of this name? */
bool named(const struct node *, const char *name);
/* Is anything of a type, or of those of values, still unknown? */
bool is_vague(const struct type *);
bool any_vague(struct infer *, struct value *const *, uint32_t n);
/* Visit the nodes of a graph. */
void infer_graph(struct infer *, struct graph *);
/* The region of a node that has this role, or NULL. */
struct graph *region_of(const struct node *, const char *role);
/* Bind carried values and infer the body of a loop until their types hold for
 * every turn: dims that change become unknown. The first in_from inputs and
 * out_from outputs of the body are not carried. */
void infer_settle(struct infer *, struct graph *body, const struct type **carried, uint32_t n,
	uint32_t in_from, uint32_t out_from);
/* Forget what was found about the values of a graph and those nested in it. */
void infer_forget(struct infer *, const struct graph *);

/* --- facts ------------------------------------------------------------ */
/* NULL value: an empty fact. Never NULL. */
const struct fact *fact_of(struct infer *, const struct value *);
/* Is its constant a mere default of an input, which the caller may replace? */
bool is_default(const struct infer *, const struct value *);
/* Content of a value with small constants read; NULL: not known. */
const struct val *val_of(struct infer *, const struct value *);
/* Type and content of a constant. */
const struct type *tensor_type(struct infer *, const struct tensor *);
const struct val *tensor_val(struct infer *, const struct tensor *);
/* Operand i of a node; NULL: left out or not there. */
const struct value *operand(const struct node *, uint32_t i);
const struct fact *operand_fact(struct infer *, const struct node *, uint32_t i);
/* Set output i: type and content may be NULL. A declared type is met with
 * it; a contradiction becomes a finding and the declared one stands. */
void set_output(struct infer *, const struct node *, uint32_t i, const struct type *,
	const struct val *);
/* Bind a value that no node makes: inputs of regions and functions. */
void set_value(struct infer *, const struct value *, struct fact);
/* Remember why outputs are unknown; printf in the arena. */
void lose(struct infer *, const struct node *, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A finding about a node: what it is given cannot go together. */
void misfit(struct infer *, const struct node *, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Before either: a contradiction that the official inference does not look for. */
struct infer *ours(struct infer *);
/* The same: "f32[2,3] and f32[4] TEXT". */
void misfit_types(struct infer *, const struct node *, const struct type *, const struct type *,
	const char *text);

/* --- types ------------------------------------------------------------ */
/* Is it a tensor (dense or sparse)? */
bool is_tensor(const struct type *);
/* Is it a tensor whose rank is known? */
bool is_shaped(const struct type *);
/* Element type; DT_NONE when unknown. */
enum dtype elem_dtype(const struct type *);
const struct type *tensor_of(struct infer *, enum dtype, const struct dim *const *, uint32_t rank);
const struct type *tensor_no_rank(struct infer *, enum dtype);
/* The same shape with another element type. */
const struct type *with_dtype(struct infer *, const struct type *, enum dtype);
/* The same tensor, whose rank is known, with another dim on one axis. */
const struct type *with_dim(struct infer *, const struct type *, uint32_t at, const struct dim *);
/* Both statements hold: what they say together. conflict: they cannot both. */
const struct type *type_meet(struct infer *, const struct type *, const struct type *,
	bool *conflict);
/* Either holds: what is sure. */
const struct type *type_join(struct infer *, const struct type *, const struct type *);

/* --- dims, short ------------------------------------------------------ */
const struct dim *dk(struct infer *, int64_t);
const struct dim *unknown_dim(struct infer *);
/* Can they not be the same size? One below zero, which files declare for those they
 * leave open, contradicts numbers alone. */
bool sizes_differ(const struct dim *, const struct dim *);
/* Axis counted from the end when negative; false: out of 0..rank-1. */
bool axis_in(int64_t axis, uint32_t rank, uint32_t *out);
/* Product of dims from..to-1. */
const struct dim *dims_product(struct infer *, const struct dim *const *, uint32_t from,
	uint32_t to);

/* --- contents --------------------------------------------------------- */
const struct val *val_ints(struct infer *, const struct dim *const *, uint32_t n);
const struct val *val_int(struct infer *, const struct dim *);
/* n whole elements of a value known as ints; NULL else. */
const struct dim *const *ints_of(struct infer *, const struct value *, uint32_t *n);
/* The one number of a value. */
bool number_of(struct infer *, const struct value *, int64_t *);
/* All elements are numbers: copied to out (at most max). */
bool numbers_of(struct infer *, const struct value *, int64_t *out, uint32_t max, uint32_t *n);
/* Doubles of a value: ints or floats, all numbers; in the arena. */
const double *doubles_of(struct infer *, const struct value *, uint32_t *n);

/* --- attributes of ONNX nodes ----------------------------------------- */
/* The attribute, that of the caller where it is a reference; NULL: not set. */
const struct attr *attr_of(struct infer *, const struct node *, const char *name);
int64_t attr_int(struct infer *, const struct node *, const char *name, int64_t otherwise);
double attr_float(struct infer *, const struct node *, const char *name, double otherwise);
/* Text of a string attribute, or NULL. */
const char *attr_text(struct infer *, const struct node *, const char *name);
/* Numbers of a list; NULL: not set, or too long to be kept. */
const int64_t *attr_ints(struct infer *, const struct node *, const char *name, uint32_t *n);

#endif
