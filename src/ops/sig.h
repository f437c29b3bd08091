/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures: "X:T W:T B:T? | kernel_shape:ints group:int=1 | Y:T | T=f16,f32".
 *
 * Four parts between bars: operands, attributes, outputs, type variables.
 * An operand is name:type with marks: ? optional, * variadic (all of one
 * type), ! variadic with mixed types; +N after a variadic: at least N.
 * A type is a variable of part four or a concrete one in our notation
 * without shape (f32, seq(i64)). An attribute is name:kind with ! required or
 * =default (lists as [1,2], text bare or quoted when it has blanks). A
 * variable lists what it may be, separated by commas; tensors are written as
 * their dtype. */
#ifndef OPS_SIG_H
#define OPS_SIG_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/graph.h"

struct op;

struct sig_arg {
	const char *name, *type;  /* in the signature text, not terminated */
	uint32_t name_len, type_len;
	bool optional, variadic, mixed;
};

struct sig_attr {
	const char *name, *text_default; /* default NULL: none */
	uint32_t name_len, default_len;
	enum attr_kind kind;
	bool required;
};

#define SIG_ARGS 64
struct sig {
	struct sig_arg in[SIG_ARGS], out[SIG_ARGS];
	struct sig_attr attr[SIG_ARGS];
	uint32_t nin, nout, nattr;
	uint32_t min_in, max_in, min_out, max_out; /* UINT32_MAX = no limit */
};

/* Parse a row's signature; rows are ours, so this cannot fail. false: the
 * row has no documented signature (OP_UNDOCUMENTED). */
bool sig_parse(const struct op *, struct sig *);
/* May a value of type t stand for the operand or output? Unknown types may. */
bool sig_accepts(const struct op *, const struct sig_arg *, const struct type *t);

#endif
