/* SPDX-License-Identifier: Apache-2.0 */
/* All code of one archive: files are parsed when a name in them is asked for,
 * functions compiled when they are called. Names are the full dotted ones,
 * __torch__.a.b.C. Source: facts/torchscript-format.md sections 4 to 6. */
#ifndef READ_TS_UNIT_H
#define READ_TS_UNIT_H

#include "ir/build.h"
#include "read/torch/ts_ast.h"
#include "read/torch/ts_ir.h"

struct ts_fn {
	const struct str *name;    /* full, of methods with their class */
	struct ts_def *def;
	struct ts_file *file;
	struct ts_cls *cls;        /* of a method */
	const struct type *result; /* declared, or of a closure found; NULL: not known */
	struct ts_graph *graph;    /* compiled */
	struct ts_graph *inlined;  /* with calls inlined and simplified, as callers take it */
	struct ts_fn *next;        /* of the same class, or of the upgraders */
	struct graph *shown;       /* in the model */
	const struct str *label;   /* name for people */
	bool moved;                /* its nodes were taken once: they are worth keeping */
	bool busy;                 /* being compiled or inlined */
	bool closure;
};

struct ts_attr {
	const struct str *name;
	const struct type *type;
	const struct ts_member *member;
};

struct ts_cls {
	const struct str *name;    /* full */
	const struct type *type;
	struct ts_class *decl;
	struct ts_file *file;
	struct ts_attr *attrs;     /* slots in order; fields of named tuples */
	uint32_t nattrs;
	struct ts_fn *fns;
	const struct type *tuple;  /* of a named tuple: its fields */
	struct strmap methods;     /* by name: struct ts_fn */
	struct strmap attr_of;     /* when there are many (ts_attr_find) */
	bool resolved;
};

/* Where code comes from: text of the file that holds the qualifier, interned
 * dotted name; NULL when there is none. */
struct ts_loader {
	const char *(*text)(void *arg, const struct str *qualifier, size_t *n,
		const struct source **);
	void *arg;
};

struct ts_unit {
	struct ctx *ctx;
	struct model *m;
	struct arena *a;           /* scratch */
	struct ts_loader load;
	/* type of an entry of constants.pkl; NULL: tensors */
	const struct type *(*entry_type)(void *, int64_t);
	int64_t version;           /* of the archive */
	/* tables by full name: files by qualifier, functions, classes */
	struct strmap files;
	struct ts_fn **fns;
	uint32_t nfns;
	struct ts_cls **classes;
	uint32_t nclasses;
	struct ts_symbol **symbols; /* by str id; NULL: never asked for */
	uint32_t nsymbols;
	struct {
		const struct type *tensor, *i, *f, *b, *s, *c, *none, *device, *number, *any;
	} t;
	struct ts_val *none, *yes, *no;
	struct ts_file *upgraders; /* ts_upgrade.c */
	struct ts_fn *upgrades;    /* functions of it that are called */
	uint32_t epoch, rounds;    /* of copies, of marks */
	uint64_t budget;           /* nodes that may yet be made by inlining */
	uint32_t temp;             /* number of the next made-up name */
	bool keep;                 /* compiled graphs are wanted afterwards */
	uint32_t depth;            /* of calls being inlined */
	bool over, deep;           /* the budget or that depth was reached, and said so */
	/* names while a function is compiled (ts_emit.c) */
	struct ts_binding **vars;  /* by str id; NULL: never a variable */
	uint32_t nvars;
	struct ts_undo *log;       /* of all functions that are being compiled */
	uint32_t nlog, clog;
	uint32_t nloops;           /* compiled so far */
	struct ts_match *matches;  /* overloads found before (ts_schema.c) */
	uint32_t nmatches, match_mask;
};

/* What a full name means. */
enum ts_symbol_kind { SYM_UNKNOWN, SYM_MISSING, SYM_CLASS, SYM_FN };
struct ts_symbol {
	enum ts_symbol_kind kind;
	struct ts_cls *cls;
	struct ts_fn *fn;
};

void ts_unit_init(struct ts_unit *, struct ctx *, struct model *, struct arena *scratch,
	struct ts_loader);
/* A class that the code does not have. */
struct ts_cls *ts_declare(struct ts_unit *, const struct str *full, struct ts_class *,
	struct ts_file *);
/* Code that is not the archive's, such as upgraders of old operators. */
struct ts_symbol ts_find(struct ts_unit *, const struct str *full);
const struct str *ts_join(struct ts_unit *, const struct str *a, const struct str *b);
struct ts_cls *ts_cls_of(struct ts_unit *, const struct type *);
void ts_cls_resolve(struct ts_unit *, struct ts_cls *);
const struct ts_attr *ts_attr_find(struct ts_unit *, struct ts_cls *, const struct str *,
	uint32_t *index);
struct ts_fn *ts_method(struct ts_cls *, const struct str *);
struct ts_fn *ts_fn_new(struct ts_unit *, const struct str *name, struct ts_def *,
	struct ts_file *, struct ts_cls *);
/* Declared type of the result, or NULL. */
const struct type *ts_fn_result(struct ts_unit *, struct ts_fn *);

/* Types. The expression is one of the code; never NULL: unknown names are
 * opaque. */
const struct type *ts_type(struct ts_unit *, const struct ts_expr *);
const struct type *ts_type_text(struct ts_unit *, const char *, uint32_t n);
const struct type *ts_list_of(struct ts_unit *, const struct type *);
const struct type *ts_opt_of(struct ts_unit *, const struct type *);
const struct type *ts_tuple_of(struct ts_unit *, const struct type *const *, uint32_t n);
const struct type *ts_dict_of(struct ts_unit *, const struct type *, const struct type *);
const struct type *ts_class_type(struct ts_unit *, const struct str *full);
bool ts_subtype(struct ts_unit *, const struct type *, const struct type *of);
/* What both are, or NULL. */
const struct type *ts_unify(struct ts_unit *, const struct type *, const struct type *);
/* May something change it behind a name? Numbers, strings and None cannot be. */
bool ts_is_tensor(const struct type *);
bool ts_is_scalar(const struct type *, enum dtype);

/* Overload of domain::name for these operands; the last nkw have names. NULL:
 * none fits or there are no rows. results gets the types. */
struct ts_match {
	const struct str *domain, *name;
	const struct op *op;
	const struct type **types; /* of operands */
	const struct str **kw;
	const struct type **results;
	uint32_t n, nkw, nresults;
	bool used, converts;       /* some operand has to be converted first */
};
const struct ts_match *ts_match(struct ts_unit *, const struct str *domain,
	const struct str *name, struct ts_val **args, uint32_t n, const struct str **kw,
	uint32_t nkw);
/* Is what has type t one of the class, or of a tuple of them? NULL: it depends. */
struct ts_val *ts_isinstance(struct ts_unit *, const struct type *t, const struct ts_expr *);
/* Of a match that converts: the type that operand i has to be made, or NULL. */
const struct type *ts_wanted(struct ts_unit *, const struct ts_match *, uint32_t i);
/* May it be dropped when nothing reads its results? */
bool ts_has_effect(const struct ts_unit *, const struct ts_node *);

/* Function that has the meaning which the operator had in the archive's version,
 * when that is another than today's; from: file of the call. */
struct ts_fn *ts_upgrade(struct ts_unit *, const struct ts_file *from, const struct str *domain,
	const struct str *name, const struct op *);
/* Put the code of those functions in the place of their calls. */
void ts_expand(struct ts_unit *, struct ts_block *);

/* Compile the function's code. NULL: it cannot be (recursion); said so. */
struct ts_graph *ts_compile(struct ts_unit *, struct ts_fn *);
/* The same to be changed: a copy when compiled graphs are kept. */
struct ts_graph *ts_own(struct ts_unit *, struct ts_fn *);
/* Nodes of the block, with those in the blocks of its nodes. */
uint32_t ts_count(const struct ts_block *);
/* The graph that callers inline. */
struct ts_graph *ts_optimised(struct ts_unit *, struct ts_fn *);
/* Inline all calls in the block, within the budget. */
void ts_inline(struct ts_unit *, struct ts_block *, const struct ts_fn *home);

#endif
