/* SPDX-License-Identifier: Apache-2.0 */
/* Folding: the module tree of a graph, from scope paths (or from node names
 * split at / and . when there are none), and repeated blocks that were
 * verified equal. Pure arithmetic over the graph; used by drawings and by the
 * terminal. */
#ifndef LAYOUT_FOLD_H
#define LAYOUT_FOLD_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct graph;
struct model;
struct node;

/* A module: its own nodes and its children. */
struct scope {
	const char *name;      /* last component; "" for the root */
	const char *path;      /* whole path, joined by / */
	struct scope *parent, **children;
	struct node **nodes;   /* directly in it, file order */
	uint32_t nchildren, nnodes, ntotal; /* ntotal: with everything below */
	uint32_t depth;        /* root 0 */
	uint32_t id;           /* dense per tree */
	/* verified equal siblings: this scope stands for repeat of them, the
	 * others have same_as set to it */
	uint32_t repeat;       /* 1: alone */
	struct scope *same_as; /* NULL: itself shown */
	bool folded;           /* drawn as one box (fold_*) */
};

struct scopes {
	struct scope *root;
	struct scope **of;     /* by node->index of the graph */
	struct scope **list;   /* by id */
	uint32_t n;
};

void scopes_build(struct scopes *, struct arena *, const struct graph *);
/* Find runs of sibling scopes that are equal: same shape of ops, attributes,
 * types of weights and wiring, compared node by node after the fingerprints
 * agree. */
void scopes_repeats(struct scopes *, struct arena *, const struct graph *);
/* Mark as folded everything below depth (0: one box per top scope). */
void fold_depth(struct scopes *, uint32_t depth);
/* Choose folds so that at most max boxes are drawn; repeats fold first, then
 * the largest scopes from the bottom up. Returns the boxes left; when scopes
 * cannot reach max (a flat graph), runs of nodes in file order become
 * synthetic scopes. */
uint32_t fold_auto(struct scopes *, struct arena *, const struct graph *, uint32_t max);
/* The box a node is drawn in: outermost folded scope that is shown, or NULL
 * when the node is drawn itself. */
struct scope *fold_box(const struct scopes *, const struct node *);

#endif
