/* SPDX-License-Identifier: Apache-2.0 */
/* An interpreter of models: what their nodes compute, on arrays of doubles. What is not known
 * (an operation without a kernel here, a size, a weight that is not there, too much work) has
 * no array, and neither has what is made of it. */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include "infer/setting.h"
#include "ir/graph.h"

enum { EXEC_RANK = 8, EXEC_LIST = 64, EXEC_NAME = 48 };

struct array {
	double *v;
	uint64_t n;
	uint32_t rank;
	int64_t dims[EXEC_RANK];
	bool whole;              /* integers or truths */
	bool packed;             /* of weights that are stored in fewer bits, or made from such */
	bool made;               /* made up: what it should be is not known */
	bool guess;              /* made from such */
	const struct array *const *list; /* a list of PyTorch: its parts, and no numbers */
	uint32_t nlist;
};

/* A model while it is computed. */
struct exec {
	struct settings in;      /* the model, its types and where its parameters are found */
	const struct uses *uses;
	struct arena *arena;
	const struct array **of; /* by value id; NULL: not known */
	uint64_t steps, room;    /* that are left: multiplications, numbers kept */
	bool half;               /* constants are rounded to float16 */
	bool stopped;            /* something was written that others share: no more is computed */
	/* of the node at hand */
	const struct node *n;
	char name[EXEC_NAME];    /* its operation in small letters and digits, nothing else */
	bool lost;               /* something that it needs is not known */
	bool packed, guess;      /* an operand is */
};

/* Nothing is known but constants: the caller puts arrays of the inputs into of. All of it lives
 * in the arena. */
void exec_init(struct exec *, const struct settings *, const struct uses *, struct arena *,
	uint64_t steps, uint64_t room);
/* Compute a node: its results are known then, or not. Nodes come in an order in which what one
 * reads was computed before. */
void exec_node(struct exec *, const struct node *);
/* The value of an operand or constant; NULL: not known. */
const struct array *exec_value(struct exec *, const struct value *);
/* Room for an array, zeros; NULL: there is none, and the node is lost. */
struct array *exec_make(struct exec *, uint32_t rank, const int64_t *dims);
/* As inferred, else as declared; or NULL. */
const struct type *exec_type(const struct exec *, const struct value *);

#endif
