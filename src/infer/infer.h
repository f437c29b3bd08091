/* SPDX-License-Identifier: Apache-2.0 */
/* Types and shapes of every value, from declared types, bound inputs and
 * constants; integers that serve as shapes are followed through arithmetic.
 * Nothing is ever refused: what cannot be typed is unknown, with a reason,
 * and inference goes on. */
#ifndef INFER_INFER_H
#define INFER_INFER_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/graph.h"

struct arena;
struct ctx;
struct infer;

/* A type that the user gives to an input of the main graph. */
struct binding { const struct str *name; const struct type *type; };
/* Does the official inference of ONNX make a finding as well: not at all, as far as it knows
 * the dims of the operands, or what it knows of their ranks is enough. */
enum infer_found { FOUND_OURS, FOUND_BY_DIMS, FOUND_BY_RANK };
struct infer_options {
	const struct binding *bindings;
	uint32_t nbindings;
	bool hide_declared; /* only inputs and constants speak: to test inference itself */
	bool sized; /* inputs were given sizes: declared ones of -1 give way to what follows */
	bool constants_only; /* of contents only those of constants are known: none is computed */
	/* NULL: findings go to ctx->diags; else they come here, in the order of visits */
	void (*found)(void *arg, const struct node *, enum diag_id, const char *text,
	    enum infer_found);
	void *arg;
};

/* Always returns a result, part of it unknown when memory or the budget ends
 * (a diagnostic says so). Types are interned in the model's table; all else
 * lies in the arena. Findings are appended to ctx->diags. */
struct infer *infer_model(struct ctx *, struct arena *, struct model *,
	const struct infer_options *);
/* What is known of a value; NULL: nothing. */
const struct type *infer_type(struct infer *, const struct value *);
/* The same of a network's value as layer n reads it and an ML Program would have it:
 * images as arrays, of the five axes of old networks the sequence and the batch as
 * one, for a layer that wants vectors the others as one. */
const struct type *infer_network(struct infer *, const struct node *n, const struct value *);
/* How much the official inference of ONNX says of the outputs of a node for which
 * it needs contents that it does not have: 0 nothing, 1 the rank, 2 the dims that
 * do not depend on them. */
int infer_onnx_knows(const struct node *);
/* Is anything of its type unknown? */
bool infer_vague(struct infer *, const struct value *);
/* Why the outputs of a node are not fully known although its operands are: a
 * sentence, or NULL. */
const char *infer_lost(const struct infer *, const struct node *);
/* Elements of a value that is a small integer tensor, scalar or list, as far
 * as they are known: n dims in row order, or NULL. */
const struct dim *const *infer_ints(struct infer *, const struct value *, uint32_t *n);

#endif
