/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of support share: values as the converter sees them, the
 * call at hand, and the way out of a converter that refuses it. A value that
 * we cannot follow is MV_UNKNOWN, and a check on it never fails. */
#ifndef RULES_SUPPORT_STATE_H
#define RULES_SUPPORT_STATE_H

#include <setjmp.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/dtype.h"
#include "ir/graph.h"
#include "rules/support/support.h"

enum mv_kind {
	MV_UNKNOWN, MV_TENSOR,
	MV_NONE,
	MV_TEXT,    /* a bare string, not a constant of the program */
	MV_LIST,    /* Python list or tuple */
	MV_LISTVAR, /* list in the program */
	MV_STATE,
	MV_OBJECT   /* packed weights and the like */
};
enum { MV_DIMS = 12, MV_NUMBERS = 512, DIM_SYMBOLIC = -1, DIM_ANY = -2 };

struct mv {
	enum mv_kind kind;
	enum dtype dtype;      /* DT_NONE: not known */
	int rank;              /* -1: not known */
	bool konst;            /* its value is known when converting */
	int64_t dims[MV_DIMS]; /* DIM_SYMBOLIC: known at run time; DIM_ANY: not followed */
	double *num;           /* contents when few and followed; NAN: known at run time */
	uint32_t nnum;
	const char *text;      /* of MV_TEXT and of constant strings */
	struct mv **item;      /* of lists */
	uint32_t nitem;
	const char *maker;     /* operation that makes it, or NULL */
	struct mv **from;      /* its tensor operands */
	uint32_t nfrom;
	const int64_t *perm;   /* of what transposes */
	const struct mv *copy_of;
	uint32_t place;        /* among what passes see, from 1 (support_transpose.c) */
	uint32_t uses;         /* what kinds of operation read it (support_passes.c) */
	bool live, is_input, wide_const;
	bool unsure;           /* it comes from a call that was refused */
	const char *name;      /* of an input or output, or NULL */
	const struct given_input *given; /* ranges of an input that the program has, or NULL */
	const struct node *node;
};

struct kwarg { const char *name; struct mv *v; };

struct conv {
	struct ctx *ctx;
	struct arena *a;
	const struct model *m;
	const struct support_options *o;
	struct support *s;
	bool ts;               /* TorchScript front end, else torch.export */
	int ios;               /* opset in force */
	bool has_target, network, f16; /* network: to a NeuralNetwork; f16: that precision */
	/* the call at hand */
	const struct node *n;
	const char *kind;      /* lookup name */
	const char *param;     /* of its row */
	struct mv **in;
	uint32_t nin;
	struct mv **args;      /* of chunk, which are attributes by then; or NULL */
	struct kwarg *kw;
	uint32_t nkw;
	struct mv **out;       /* one for each output of the node; export: [0] alone */
	uint32_t nout;
	bool bound;            /* an output was set */
	const struct mb *last; /* operands of the newest operation */
	const char *last_op;
	jmp_buf *refuse;
	struct blocker pending;
	const char *advice;    /* for the next refusal; NULL: what goes with its reason */
	/* by id of the model's values; NULL: not bound */
	struct mv **env;
	struct mv **all;       /* tensors of rank six and more */
	struct mv **made;      /* all results of operations */
	uint32_t nall, nmade;
	const struct sig **sigs; /* by index of the row */
	bool has_states;
};

/* support.c: leave the converter at hand. */
_Noreturn void cv_fail(struct conv *, enum reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A name stands where a value should: an attribute of a module that was not lowered. */
_Noreturn void cv_fail_text(struct conv *, enum reason, const char *what);
/* For that, and for conditions that are such names. */
extern const char support_freeze[];
/* For tensors of more dims than Core ML has. */
extern const char support_five[];
/* For what behaves otherwise in training. */
extern const char support_training[];
/* Add a blocker that no node is to blame for. */
void cv_block(struct conv *, enum reason, const char *stage, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* support_value.c */
struct mv *mv_new(struct conv *, enum mv_kind);
struct mv *mv_tensor(struct conv *, enum dtype, int rank, const int64_t *dims);
struct mv *mv_none(struct conv *);
struct mv *mv_text(struct conv *, const char *);
struct mv *mv_list(struct conv *, struct mv *const *, uint32_t n);
/* Constants; numbers is NULL for unknown contents. */
struct mv *mv_const(
    struct conv *, enum dtype, int rank, const int64_t *dims, const double *numbers);
struct mv *mv_f(struct conv *, double);
struct mv *mv_i(struct conv *, int64_t);
struct mv *mv_b(struct conv *, bool);
struct mv *mv_s(struct conv *, const char *);
struct mv *mv_ints(struct conv *, uint32_t n, const int64_t *);
/* Contents of a tensor in the file, when they are few. */
void mv_read(struct conv *, struct mv *, const struct tensor *);
/* The same value, to be changed. */
struct mv *mv_copy(struct conv *, const struct mv *);
int64_t mv_dim(const struct mv *, int i);
bool mv_known(const struct mv *);       /* a tensor of known rank */
bool mv_static(const struct mv *);      /* all dims are numbers */
bool mv_symbolic(const struct mv *);    /* some dim is known at run time only */
/* Dims of two inputs, or values of their shape, that the converter has two symbols for. */
bool mv_differ(const struct mv *, const struct mv *, int i);
/* May they be of one shape? What is not known may be anything. */
bool mv_fit(const struct mv *, const struct mv *);
/* Its only element, when it is a followed constant. */
bool mv_number(const struct mv *, double *);
bool mv_int(const struct mv *, int64_t *);
bool mv_is(const struct mv *, double);  /* known to be that number */
bool mv_absent(const struct mv *);      /* NULL or None */
bool dt_float(enum dtype), dt_int(enum dtype), dt_complex(enum dtype);
/* Element type that the converter gives a tensor of torch's. */
enum dtype dt_mil(enum dtype);
/* By torch's number of a dtype, as the converter maps it; DT_NONE: KeyError. */
enum dtype dt_number(int64_t);

/* support_mb.c: operations of the program being built. Each checks operands
 * against the operation's row for the target and refuses, or returns the result. */
struct mb { const char *name; struct mv *v; };
void mb_check(struct conv *, const char *op, const struct mb *);
#define CHECK(c, op, ...) mb_check(c, op, (const struct mb []){ __VA_ARGS__, { NULL, NULL } })
/* A result of the newest operation checked. */
struct mv *mb_out(struct conv *, enum dtype, int rank, const int64_t *dims);
struct mv *mb_like(struct conv *, const struct mv *, enum dtype);
struct mv *mb_unary(struct conv *, const char *op, struct mv *x);
struct mv *mb_binary(struct conv *, const char *op, struct mv *x, struct mv *y);
struct mv *mb_cast(struct conv *, struct mv *, enum dtype);
void mb_promote(struct conv *, struct mv **, uint32_t n);
struct mv *mb_reduce(struct conv *, const char *op, struct mv *x, struct mv *axes, bool keep);
struct mv *mb_reshape(struct conv *, struct mv *x, struct mv *shape);
struct mv *mb_transpose(struct conv *, struct mv *x, const int64_t *perm, int n);
struct mv *mb_expand_dims(struct conv *, struct mv *x, const int64_t *axes, uint32_t n);
struct mv *mb_squeeze(struct conv *, struct mv *x, const int64_t *axes, uint32_t n, bool all);
struct mv *mb_concat(struct conv *, struct mv **, uint32_t n, struct mv *axis);
struct mv *mb_stack(struct conv *, struct mv **, uint32_t n, int64_t axis);
struct mv *mb_shape(struct conv *, struct mv *x);
struct mv *mb_fill(struct conv *, struct mv *shape, struct mv *value);
struct mv *mb_gather(struct conv *, struct mv *x, struct mv *indices, struct mv *axis);
struct mv *mb_tile(struct conv *, struct mv *x, struct mv *reps);
struct mv *mb_matmul(struct conv *, struct mv *x, struct mv *y);
struct mv *mb_identity(struct conv *, struct mv *x);
struct mv *mb_broadcast_to(struct conv *, struct mv *x, struct mv *shape);
/* Numpy's rule; refuses sizes that do not go together. Returns the rank. */
int mb_broadcast(struct conv *, const struct mv *x, const struct mv *y, int64_t *dims);
/* An element of a shape. */
struct mv *mb_item(struct conv *, struct mv *list, int64_t i);

/* Arguments of the call at hand. */
struct mv *cv_arg(struct conv *, uint32_t i);     /* NULL when there are fewer */
struct mv *cv_kw(struct conv *, const char *name, struct mv *otherwise);
/* What x.val needs: a value of the program. Refuses lists, None and bare texts. */
struct mv *cv_var(struct conv *, struct mv *);
/* Its number, or otherwise when it is not followed. */
int64_t cv_int(struct conv *, struct mv *, int64_t otherwise);
double cv_double(struct conv *, struct mv *, double otherwise);
bool cv_bool(struct conv *, struct mv *, bool otherwise);
/* An axis as 0 .. rank-1; -1 when it is not followed. */
int cv_axis(struct conv *, const struct mv *x, struct mv *axis);
/* Text of a constant string or a bare one; NULL. */
const char *cv_word(const struct mv *);
/* Results. */
void cv_out(struct conv *, struct mv *);
void cv_pair(struct conv *, struct mv *, struct mv *); /* two outputs, or a tuple */

/* support_call.c: registry and dispatch. */
struct support_op {
	const char *name;      /* lookup name */
	void (*convert)(struct conv *);
	const char *ts,
	    *ep; /* numbers of arguments: "56" five or six, "2+" at least two, "" any */
	const char *param;     /* what else the converter is told; or NULL */
};
/* Row of a lookup name, or NULL: it has no converter. */
const struct support_op *support_op_find(const char *lookup);
/* Lookup name of an operator's name, "aten::add.Tensor", in the arena. */
const char *support_lookup(struct arena *, const char *name, bool ts);

#endif
