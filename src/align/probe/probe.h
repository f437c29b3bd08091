/* SPDX-License-Identifier: Apache-2.0 */
/* Two models of two formats computed on the same numbers: whatever a graph is written as, what
 * comes out is what it means. Results of nodes are arrays of doubles; what is not known (an
 * operation without a function here, a size, a weight that is not there, too much work) has
 * none, and says nothing. */
#ifndef ALIGN_PROBE_PROBE_H
#define ALIGN_PROBE_PROBE_H

#include "align/setting.h"
#include "align/state.h"

enum { PROBE_RANK = 8, PROBE_LIST = 64 };

struct array {
	double *v;
	uint64_t n;
	uint32_t rank;
	int64_t dims[PROBE_RANK];
	bool whole;              /* integers or truths */
	bool packed;             /* of weights that are stored in fewer bits, or made from such */
	bool made;               /* made up: what it should be is not known */
	bool guess;              /* made from such */
	const struct array *const *list; /* a list of PyTorch: its parts, and no numbers */
	uint32_t nlist;
};

/* One model while it is computed. */
struct run {
	struct aligner *al;
	const struct side *side;
	struct arena *arena;
	const struct array **of; /* by value id; NULL: not known */
	const struct node *n;    /* at hand */
	uint64_t steps, room;    /* that are left: multiplications, numbers kept */
	bool half;               /* constants are rounded to float16, as they are on one side */
	bool lost;               /* something that the node needs is not known */
	bool packed, guess;      /* an operand of the node is */
	bool stopped;            /* something was written that others share */
};

/* What a node computes, from operands to results: probe_put; else run.lost is set. */
typedef void probe_fn(struct run *);

/* array.c. Names are words; operands and parameters are found by any of these, as in setting.h.
 * The value of an operand or constant; NULL: not known. */
const struct array *probe_value(struct run *, const struct value *);
/* An operand, or a number that stands in its place; NULL: left out, or the node is lost. */
const struct array *probe_arg(struct run *, const char *names);
/* One that has to be there: never NULL unless the node is lost. */
const struct array *probe_need(struct run *, const char *names);
/* The one that the node works on. */
const struct array *probe_main(struct run *);
/* All parts of an operand that is a list; how many. */
uint32_t probe_list(struct run *, const char *names, const struct array *list[PROBE_LIST]);
/* Parameters: a number, or other where it is left out; numbers, false where they are. */
double probe_number(struct run *, const char *names, double other);
bool probe_numbers(struct run *, const char *names, struct setting *);
/* A word, "" where it is left out. */
void probe_word(struct run *, const char *names, struct setting *);
/* An axis among rank, counted from either end. */
uint32_t probe_axis(struct run *, const char *names, double other, uint32_t rank);
/* The same of a number; where there is no such axis the node is lost, and it is 0. */
uint32_t probe_axis_at(struct run *, double axis, uint32_t rank);
/* Room for a result, zeros; NULL: there is none, and the node is lost. */
struct array *probe_make(struct run *, uint32_t rank, const int64_t *dims);
struct array *probe_like(struct run *, const struct array *);
/* Of the dims that inference or the model says result slot has. */
struct array *probe_typed(struct run *, uint32_t slot);
/* Are these known? What leaves axes out has to have them put back. */
bool probe_is_typed(struct run *, uint32_t slot);
/* Result slot is the array, with the dims that its type says where these are as many numbers. */
void probe_put(struct run *, uint32_t slot, struct array *);
void probe_put_list(struct run *, struct array *const *, uint32_t n);
/* May so many steps be taken? */
bool probe_spend(struct run *, double steps);
/* The numbers of a, broadcast to the dims of to. */
const double *probe_spread(struct run *, const struct array *a, const struct array *to);
/* Dims to which all are broadcast: an array without numbers. */
bool probe_broadcast(struct run *, const struct array *const *, uint32_t n, struct array *);
/* Numbers before, along and behind an axis. */
struct lines { uint64_t outer, n, inner; };
struct lines probe_lines(const struct array *, uint32_t axis);
/* The name of the operation in small letters, without what is no letter or digit. */
enum { PROBE_NAME = 48 };
const char *probe_name(const struct node *, char buf[PROBE_NAME]);

/* What the files of operations have: by such a name, in which dialects: letters of "aom". */
const char *probe_dialect(enum dialect);
struct probe_op { const char *names, *dialects; probe_fn *compute; };
probe_fn *probe_find(const struct probe_op *, size_t n, const struct item *);
probe_fn *probe_element(const struct item *);
probe_fn *probe_shape(const struct item *);
probe_fn *probe_remap(const struct item *);
probe_fn *probe_index(const struct item *);
probe_fn *probe_reduce(const struct item *);
probe_fn *probe_norm(const struct item *);
probe_fn *probe_window(const struct item *);
probe_fn *probe_product(const struct item *);
probe_fn *probe_recurrent(const struct item *);

#endif
