/* SPDX-License-Identifier: Apache-2.0 */
/* The graphs that TorchScript code is compiled to before they become the
 * model's: values, nodes in doubly linked blocks, and the few changes that
 * libtorch makes to them when it loads and inlines. All in the scratch arena of
 * the unit. A value that was replaced forwards to what stands for it. */
#ifndef READ_TS_IR_H
#define READ_TS_IR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "ir/type.h"

struct op;
struct inlined;
struct ts_cls;
struct ts_expr;
struct ts_fn;
struct ts_obj;
struct ts_unit;

/* What is known of a value while code is compiled. */
enum ts_const_kind {
	C_NONE, C_INT, C_FLOAT, C_BOOL, C_STR, C_COMPLEX, C_DEVICE,
	C_TUPLE,   /* of constants */
	C_ENUM,    /* member name of class cls */
	C_ENTRY,   /* i-th of constants.pkl */
	C_FN       /* a function of the archive */
};

struct ts_const {
	enum ts_const_kind kind;
	union { int64_t i; double f; } v; /* C_COMPLEX: the real part */
	double imag;
	const struct str *s;
	struct ts_cls *cls;
	struct ts_fn *fn;
	struct ts_val **items;
	uint32_t n;
};

struct ts_val {
	const struct type *type;   /* NULL: not known */
	const struct ts_const *k;  /* a constant, or NULL */
	struct ts_node *node;      /* that makes it; NULL: constant or parameter of a block */
	struct ts_block *block;    /* whose parameter it is */
	struct ts_val *to;         /* what replaced it, or NULL */
	const struct str *name;    /* in the code, or NULL */
	struct ts_val *copy;       /* while a graph is copied in round epoch */
	uint32_t epoch;
	uint32_t mark;             /* round of the pass that looks at it */
	uint32_t class_round;
	struct ts_class_of *class; /* ts_alias.h */
	uint32_t uses;             /* counted by ts_count_uses */
	uint32_t out;              /* index in node->out or block->param */
	struct ts_obj *obj;        /* while lowering: the object it is */
	bool looked;               /* it was asked for */
	struct value *made;        /* while lowering, of constants: by graph */
	const struct str *label;   /* its name in the model */
};

enum ts_kind {
	N_OP,      /* anything that needs no look of ours */
	N_GETATTR, N_SETATTR, N_CALL, N_METHOD, N_IF, N_LOOP, N_TUPLE, N_TUPLE_UNPACK,
	N_TUPLE_INDEX, N_LIST, N_LIST_UNPACK, N_DICT, N_CREATE, N_UNINIT, N_CAST, N_ISINSTANCE,
	N_FORK, N_PRINT, N_RAISE, N_ENTER, N_EXIT
};

/* Where inlined code was called: one for each call. */
struct ts_frame {
	struct ts_frame *up;       /* the caller's, or NULL */
	struct ts_fn *fn;          /* whose code it is */
	struct ts_val *self;       /* its object, or NULL */
	const struct ts_fn *at;    /* function that holds the call */
	uint32_t off;              /* of the call in its file */
	struct ts_frame *copy;
	uint32_t epoch;
	struct inlined *made;         /* in the model */
};

struct ts_node {
	enum ts_kind kind;
	const struct str *domain, *type;
	const struct op *op;       /* overload, or NULL */
	const struct str *attr;    /* attribute, method */
	struct ts_fn *fn;          /* called function or method, when it is known */
	const struct ts_expr *about; /* of isinstance: the class, or a tuple of them */
	struct ts_val **in;
	struct ts_val **out;
	const struct str **kw;     /* names of the last nkw operands */
	struct ts_block **blocks;
	uint32_t nin, nout, nblocks, nkw;
	uint32_t off, end;         /* in the file of frame's function, or of home */
	const struct ts_fn *home;  /* function whose text holds it */
	struct ts_frame *frame;    /* NULL: not inlined */
	struct ts_block *block;
	struct ts_node *prev, *next;
	uint32_t mark;
};

struct ts_block {
	struct ts_node *owner;     /* NULL: of a graph */
	struct ts_node *first, *last;
	struct ts_val **param;
	struct ts_val **out;
	uint32_t nparam, nout;
};

struct ts_graph {
	struct ts_block *block;
	uint32_t nnodes;           /* as of the last count */
};

/* The value that stands for v now. */
static inline struct ts_val *
ts_now(struct ts_val *v)
{
	while (v->to != NULL)
		v = v->to;
	return v;
}
static inline struct ts_val *
ts_in(const struct ts_node *n, uint32_t i)
{
	return n->in[i] = ts_now(n->in[i]);
}

struct ts_val *ts_val_new(struct ts_unit *, const struct type *);
struct ts_val *ts_none(struct ts_unit *);
struct ts_val *ts_int(struct ts_unit *, int64_t);
struct ts_val *ts_float(struct ts_unit *, double);
struct ts_val *ts_bool(struct ts_unit *, bool);
struct ts_val *ts_text(struct ts_unit *, const struct str *);
struct ts_val *ts_constant(struct ts_unit *, const struct ts_const *, const struct type *);

struct ts_block *ts_block_new(struct ts_unit *, struct ts_node *owner);
struct ts_val *ts_add_param(struct ts_unit *, struct ts_block *, const struct type *);
void ts_add_block_out(struct ts_unit *, struct ts_block *, struct ts_val *);
/* A node that stands nowhere yet. */
struct ts_node *ts_node_new(struct ts_unit *, enum ts_kind, const char *domain,
	const struct str *type);
struct ts_node *ts_prim(struct ts_unit *, enum ts_kind);
void ts_add_in(struct ts_unit *, struct ts_node *, struct ts_val *);
struct ts_val *ts_add_out(struct ts_unit *, struct ts_node *, const struct type *);
void ts_append(struct ts_block *, struct ts_node *);
void ts_insert_before(struct ts_node *at, struct ts_node *);
void ts_unlink(struct ts_node *);
void ts_replace(struct ts_val *old, struct ts_val *with);
/* Drop an output, operand or parameter. */
void ts_drop_out(struct ts_node *, uint32_t i);
void ts_drop_in(struct ts_node *, uint32_t i);
void ts_drop_block_out(struct ts_block *, uint32_t i);
void ts_drop_param(struct ts_block *, uint32_t i);
/* Count how often each value of the block and of those in it is read. */
void ts_count_uses(struct ts_block *);

/* Does it need None not to be asked for, must it be None? */
bool ts_must_be_none(const struct ts_unit *, const struct ts_val *);
bool ts_cannot_be_none(const struct ts_unit *, const struct ts_val *);
static inline bool
ts_is(const struct ts_val *v, enum ts_const_kind k)
{
	return v->k != NULL && v->k->kind == k;
}

/* Copy the nodes of a graph's block before at (or to the end of block), with
 * args for its parameters; results get the values for its outputs. frame: of
 * the call, above those of the nodes. */
void ts_copy(struct ts_unit *, struct ts_block *from, struct ts_block *to, struct ts_node *at,
	struct ts_val **args, struct ts_frame *frame, struct ts_val **results);
struct ts_graph *ts_graph_copy(struct ts_unit *, const struct ts_graph *);

/* Passes (ts_simplify.c, ts_fold.c, ts_dead.c); true: something was changed. */
bool ts_lower_tuples(struct ts_unit *, struct ts_block *);
bool ts_peephole(struct ts_unit *, struct ts_block *);
bool ts_fold(struct ts_unit *, struct ts_block *);
/* The value of a node whose operands are all constants, or NULL. */
struct ts_val *ts_evaluate(struct ts_unit *, const struct ts_node *);
void ts_dead(struct ts_unit *, struct ts_block *);

#endif
