/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures: "X:T W:T B:T? | kernel_shape:ints group:int=1 | Y:T | T=f16,f32".
 *
 * Four parts between bars: operands, attributes, outputs, type variables.
 * An operand is name:type with marks in this order: # constant, {a,b} the words
 * that its string may be, &x shares memory with what has the same letter or, with
 * _, perhaps with anything, ^x is written as well, ? optional, * variadic (all of
 * one type), ! variadic with mixed types; +N after a variadic: at least N;
 * =default.
 * A type is a variable of part four or a concrete one in our notation
 * without shape (f32, seq(i64)). An attribute is name:kind with ! required or
 * =default (lists as [1,2], text bare or quoted when it has blanks). A
 * variable lists what it may be, separated by commas; tensors are written as
 * their dtype, and seq, opt, sparse, list and state may enclose a list:
 * seq(f16,f32). A variable without a list may be anything. Parts that are empty at the end
 * are left out. */
#ifndef OPS_SIG_H
#define OPS_SIG_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/graph.h"

struct op;

/* The forms of type that signatures speak of. */
enum sig_form {
	FORM_TENSOR, FORM_SPARSE, FORM_SEQ, FORM_OPT, FORM_OPT_SEQ,
	FORM_MAP_I64, FORM_MAP_STR,         /* map(i64,f32), ... */
	FORM_SEQ_MAP_I64, FORM_SEQ_MAP_STR, /* seq(map(i64,f32)), ... */
	FORM_LIST, FORM_STATE,
	FORM_COUNT,
	FORM_OTHER,  /* a type that no signature allows, such as seq(seq(f32)) */
	FORM_UNKNOWN /* nothing, or an element type we do not know */
};

/* Types as a set: bit d of of[form] stands for that form of dtype d. */
struct sig_set {
	const char *text;  /* the variable or concrete type, not terminated */
	uint32_t text_len;
	bool any;          /* no restriction */
	uint64_t of[FORM_COUNT];
};

struct sig_arg {
	const char *name;  /* in the signature text, not terminated */
	uint32_t name_len;
	const char *choices, *text_default; /* "a,b", not terminated; NULL: none */
	uint32_t choices_len, default_len;
	uint32_t least;    /* of a variadic one */
	uint32_t set;      /* index in sig.set; equal types share one */
	char alias;        /* what shares memory has the same letter; NUL: nothing */
	bool constant, written, optional, variadic, mixed;
};

struct sig_attr {
	const char *name, *text_default; /* default NULL: none */
	uint32_t name_len, default_len;
	enum attr_kind kind;
	bool required;
};

#define SIG_ARGS 32
#define SIG_SETS 16
struct sig {
	struct sig_arg in[SIG_ARGS], out[SIG_ARGS];
	struct sig_attr attr[SIG_ARGS];
	struct sig_set set[SIG_SETS];
	uint32_t nin, nout, nattr, nset;
	/* Numbers of operands and outputs that may be written; an operand
	 * before the last one that is needed counts even when optional.
	 * UINT32_MAX = no limit. */
	uint32_t min_in, max_in, min_out, max_out;
};

/* Parse a row's signature; rows are ours, so this cannot fail. false: the
 * row has no documented signature (OP_UNDOCUMENTED). */
bool sig_parse(const struct op *, struct sig *);
/* Operand or output i, the last one for what follows a variadic; NULL when
 * there is no such. */
const struct sig_arg *sig_arg_at(const struct sig_arg *, uint32_t n, uint32_t i);
/* Attribute of that name, or NULL. */
const struct sig_attr *sig_attr_find(const struct sig *, const struct str *name);
/* Form and element type of t, to look up in a sig_set. */
enum sig_form sig_form(const struct type *t, enum dtype *);
/* May a value of type t stand there? Unknown types may. */
bool sig_accepts(const struct sig_set *, const struct type *t);

#endif
