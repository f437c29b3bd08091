/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the compiler share. One function is compiled at a time:
 * what it calls is compiled when it is inlined, since signatures are declared. */
#ifndef READ_TS_EMIT_H
#define READ_TS_EMIT_H

#include "read/torch/ts_unit.h"

/* What an expression means before it has to be a value. */
enum ts_sugar_kind {
	SV_NONE,     /* nothing */
	SV_VAL, SV_NAMESPACE, SV_TORCH, SV_OPS, SV_CONSTANTS,
	SV_OP,       /* domain and name, self when it is a method of a value */
	SV_FN, SV_CLASS, SV_NEW, SV_METHOD, SV_CLOSURE,
	SV_SPECIAL   /* annotate and the like, by name */
};

struct ts_sugar {
	enum ts_sugar_kind kind;
	const struct str *domain, *name;
	struct ts_val *v;          /* the value, or the self of a method */
	struct ts_fn *fn;
	struct ts_cls *cls;
	struct ts_def *def;
	int special;
};

/* loop: the last one that was found to assign it. */
struct ts_binding { struct ts_sugar s; uint32_t scope, loop; };
struct ts_undo { uint32_t id; struct ts_binding old; };

struct ts_emitter {
	struct ts_unit *u;
	struct ts_fn *fn;
	struct ts_block *block;    /* where nodes are added */
	uint32_t scope, depth;
	struct ts_val *result;     /* of return, or NULL */
	const struct ts_expr *at;  /* what is being compiled: for places */
	uint32_t off, end;         /* of the statement */
};

/* Names. */
struct ts_sugar *ts_lookup(struct ts_emitter *, const struct str *);
void ts_bind(struct ts_emitter *, const struct str *, struct ts_sugar);
void ts_bind_value(struct ts_emitter *, const struct str *, struct ts_val *);

/* Forget the names of a scope, whose log began at mark. */
void ts_leave_scope(struct ts_emitter *, uint32_t mark);

/* Statements; true: the function returned. */
bool ts_emit_body(struct ts_emitter *, const struct ts_stmt *);

/* Expressions. */
struct ts_sugar ts_emit_sugar(struct ts_emitter *, const struct ts_expr *);
struct ts_val *ts_emit(struct ts_emitter *, const struct ts_expr *);
/* The same as a bool. */
struct ts_val *ts_emit_cond(struct ts_emitter *, const struct ts_expr *);
struct ts_val *ts_to_value(struct ts_emitter *, struct ts_sugar, const struct ts_expr *);
/* v as a value of that type: with conversions that need a node when allowed. */
struct ts_val *ts_convert(struct ts_emitter *, struct ts_val *, const struct type *);
struct ts_sugar ts_attribute(struct ts_emitter *, struct ts_sugar, const struct str *name);
struct ts_val *ts_subscript(struct ts_emitter *, const struct ts_expr *);

/* Calls (ts_emit_call.c). */
struct ts_sugar ts_call(struct ts_emitter *, const struct ts_expr *);
struct ts_val *ts_builtin(struct ts_emitter *, const char *domain, const char *name,
	struct ts_val **args, uint32_t n);
struct ts_val *ts_builtin_str(struct ts_emitter *, const struct str *domain,
	const struct str *name, struct ts_val **args, uint32_t n, const struct str **kw,
	uint32_t nkw);
/* Id of a name such as annotate, or -1. */
int ts_special(const struct str *name);

/* A node at the end of the block, at the place of what is compiled. */
struct ts_node *ts_emit_node(struct ts_emitter *, struct ts_node *);
/* Parts of a tuple or list; n is how many are wanted. */
void ts_unpack(struct ts_emitter *, struct ts_val *, struct ts_val **parts, uint32_t n);
/* A finding about what is being compiled. */
void ts_complain(struct ts_emitter *, const char *what, const struct str *name);

#endif
