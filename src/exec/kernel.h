/* SPDX-License-Identifier: Apache-2.0 */
/* What kernels are made of: operands, parameters and results of the node at hand. A kernel
 * computes all nodes of a kind, in all dialects. */
#ifndef EXEC_KERNEL_H
#define EXEC_KERNEL_H

#include "exec/exec.h"

/* What a node computes, from operands to results: exec_put; else exec.lost is set. */
typedef void kernel_fn(struct exec *);

/* array.c. Names are words: operands and parameters are found by any of these, as in
 * infer/setting.h. */
/* An operand, or a number that stands in its place; NULL: left out, or the node is lost. */
const struct array *exec_arg(struct exec *, const char *names);
/* One that has to be there: never NULL unless the node is lost. */
const struct array *exec_need(struct exec *, const char *names);
/* The one that the node works on. */
const struct array *exec_main(struct exec *);
/* All parts of an operand that is a list; how many. */
uint32_t exec_list(struct exec *, const char *names, const struct array *list[EXEC_LIST]);
/* Parameters: a number, or other where it is left out; numbers, false where they are. */
double exec_number(struct exec *, const char *names, double other);
bool exec_numbers(struct exec *, const char *names, struct setting *);
/* x as an integer; where it is beyond 31 bits the node is lost, and it is 0. */
int64_t exec_whole(struct exec *, double x);
/* A word, "" where it is left out. */
void exec_word(struct exec *, const char *names, struct setting *);
/* An axis among rank, counted from either end. */
uint32_t exec_axis(struct exec *, const char *names, double other, uint32_t rank);
/* The same of a number; where there is no such axis the node is lost, and it is 0. */
uint32_t exec_axis_at(struct exec *, double axis, uint32_t rank);
struct array *exec_like(struct exec *, const struct array *);
/* Of the dims that inference or the model says result slot has. */
struct array *exec_typed(struct exec *, uint32_t slot);
/* Are these known? What leaves axes out has to have them put back. */
bool exec_is_typed(struct exec *, uint32_t slot);
/* Result slot is the array, with the dims that its type says where these are as many numbers. */
void exec_put(struct exec *, uint32_t slot, struct array *);
void exec_put_list(struct exec *, struct array *const *, uint32_t n);
/* May so many steps be taken? */
bool exec_spend(struct exec *, double steps);
/* Where a walk over a result begins in an operand, and how far each axis of it steps there. */
struct walk { int64_t from, step[EXEC_RANK]; };
/* The numbers that the walk meets; NaN where it leaves the operand. */
void exec_take(struct array *to, const struct array *, const struct walk *);
/* The numbers of a, broadcast to the dims of to. */
const double *exec_spread(struct exec *, const struct array *a, const struct array *to);
/* Dims to which all are broadcast: an array without numbers. */
bool exec_broadcast(struct exec *, const struct array *const *, uint32_t n, struct array *);
/* Numbers before, along and behind an axis. */
struct lines { uint64_t outer, n, inner; };
struct lines exec_lines(const struct array *, uint32_t axis);

/* What the files of operations have: by exec.name, in which dialects: letters of "aom". */
const char *kernel_dialect(enum dialect);
struct kernel_op { const char *names, *dialects; kernel_fn *compute; };
kernel_fn *kernel_find(const struct kernel_op *, size_t n, const struct exec *);
kernel_fn *kernel_element(const struct exec *);
kernel_fn *kernel_shape(const struct exec *);
kernel_fn *kernel_remap(const struct exec *);
kernel_fn *kernel_index(const struct exec *);
kernel_fn *kernel_reduce(const struct exec *);
kernel_fn *kernel_norm(const struct exec *);
kernel_fn *kernel_window(const struct exec *);
kernel_fn *kernel_sample(const struct exec *);
kernel_fn *kernel_product(const struct exec *);
kernel_fn *kernel_recurrent(const struct exec *);

#endif
