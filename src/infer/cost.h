/* SPDX-License-Identifier: Apache-2.0 */
/* What a model takes: parameters, arithmetic, bytes moved and memory, of each
 * node, by module and operation, and in all. Numbers are dims, so that they are
 * arithmetic over symbols where sizes are. */
#ifndef INFER_COST_H
#define INFER_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/graph.h"

struct arena;
struct ctx;
struct infer;

/* Of a node or of many. In those of one node DIM_UNKNOWN is what is not known;
 * sums leave such nodes out and count them. */
struct cost {
	const struct dim *params;  /* elements of constants read for the first time */
	const struct dim *buffers; /* the same of those that PyTorch does not train: buffers
	                            * and other tensors that a module holds */
	const struct dim *macs;    /* multiplications of which the products are summed */
	const struct dim *flops;   /* two for each of these, and one for each element of
	                            * other arithmetic: written, or read where many become one */
	const struct dim *read, *written; /* bytes; views of an operand move none */
	uint32_t nodes, unknown;   /* how many, and of how many something is not known */
	uint32_t large;            /* of how many of the latter as it leaves 63 bits */
};

/* A sum under a name: an operation ("aten::add") or module path. */
struct cost_group { const struct str *name; struct cost cost; };

/* The most memory that values need at once, constants apart: inputs until they are
 * read last, results from where they are made. Symbols are taken for 16, or what is
 * nearest to it in their range, to find where that is. */
struct cost_peak {
	const struct dim *bytes;   /* as arithmetic; DIM_UNKNOWN */
	const struct node *node;   /* while this one runs; NULL: none */
	uint64_t sample;           /* bytes for those symbols */
	bool partial;              /* values whose size is not known are left out */
};

/* Bodies of loops count for one turn, of branches the dearer one, but what all hold. */
struct costs {
	struct cost *node;         /* by node id; of those outside of it all is zero */
	struct cost total;         /* main graph and what is nested in it */
	const struct dim *weights; /* bytes of all constants that are read */
	struct cost_group *ops, *scopes; /* dearest first: by macs, then bytes moved */
	uint32_t nops, nscopes;
	struct cost_peak peak;
};

/* Lives in the arena; dims in the model. May leave through ctx->escape. */
struct costs *cost_model(struct ctx *, struct arena *, struct model *, struct infer *);
/* Multiplications of a node; zero for kinds that have none. */
const struct dim *cost_macs(struct infer *, const struct node *);
/* A dim as a number for the symbols of cost_peak; UINT64_MAX: not known, too large. */
uint64_t cost_sample(const struct dim *);

#endif
