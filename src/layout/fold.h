/* SPDX-License-Identifier: Apache-2.0 */
/* Folding: the module tree of a graph, from scope paths (or from node names
 * split at / and . when there are none), and repeated blocks that were
 * verified equal. Pure arithmetic over the graph; used by drawings and by the
 * terminal.
 *
 * Every scope owns a stretch of one depth-first order of the nodes: its own
 * nodes in file order, then its children. Equal scopes agree place by place,
 * so a node of a repeated block is translated to its stand-in by adding. */
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
	const char *path;      /* whole path as in the file, npath bytes, not ended by NUL */
	const char *name;      /* last component: the last nname bytes of path */
	uint32_t npath, nname;
	struct scope *parent, **children; /* in the order of their first nodes */
	struct node **nodes;   /* directly in it, file order */
	uint32_t nchildren, nnodes, ntotal; /* ntotal: with everything below */
	uint32_t lo;           /* first place in scopes.order */
	uint32_t depth;        /* root 0 */
	uint32_t id;           /* dense per tree */
	/* verified equal siblings: this scope stands for repeat of them, the
	 * others have same_as set to it */
	uint32_t repeat;       /* 1: alone */
	struct scope *same_as; /* NULL: itself shown */
	bool synthetic;        /* nodes put together by us: the path names the first one */
	bool folded;           /* drawn as one box (fold_*) */
	uint64_t print;        /* fingerprint of the ops within */
};

struct scopes {
	const struct model *model;
	const struct graph *graph;
	struct scope *root;
	struct scope **of;     /* by node->index of the graph */
	struct scope **list;   /* by id */
	uint32_t n;
	struct node **order;   /* all nodes, depth first */
	uint32_t *pos;         /* place in order, by node->index */
	/* what is drawn for a node, by node->index, after fold_*: the node that
	 * stands for it in a repeated block (itself elsewhere), and its box */
	struct node **stand_in;
	struct scope **box;
	struct twins *twins;   /* tables of the comparison; may be lent on: layout/twins.h */
};

/* Nothing is shown folded; linear in the bytes of the names. Paths deeper than
 * SCOPE_DEPTH end there. */
#define SCOPE_DEPTH 16
void scopes_build(struct scopes *, struct arena *, const struct model *,
    const struct graph *);
/* Find runs of sibling scopes that are equal and whose names differ in
 * numbers only: same shape of ops, attributes, types of weights and wiring,
 * compared node by node after the fingerprints agree. */
void scopes_repeats(struct scopes *, struct arena *);
/* Put nodes of scope that repeat in file order, at least window of them a
 * block, into synthetic child scopes, verified in the same way. Returns how
 * many nodes no longer show. */
uint32_t scopes_find_runs(struct scopes *, struct arena *, struct scope *, uint32_t window);
/* Put everything in scope into at most n synthetic child scopes, each of
 * neighbours in file order. */
void scopes_cut(struct scopes *, struct arena *, struct scope *, uint32_t n);

/* Mark as folded everything below depth (0: one box per top scope). */
void fold_depth(struct scopes *, struct arena *, uint32_t depth);
/* Choose folds so that at most max boxes (at least 1) are drawn: repeats fold
 * first, then scopes open from the top down as long as there is room. What
 * scopes alone cannot bring below max (a flat graph) is grouped by
 * scopes_find_runs and scopes_cut. Returns the boxes drawn. */
uint32_t fold_auto(struct scopes *, struct arena *, uint32_t max);
/* The box a node is drawn in: outermost folded scope that is shown, or NULL
 * when the node is drawn itself. */
struct scope *fold_box(const struct scopes *, const struct node *);
/* The node that stands for this one: in a repeated block the one at the same
 * place of the block that is shown, elsewhere the node itself. */
struct node *fold_stand_in(const struct scopes *, const struct node *);

/* Make order, pos and the scopes' places anew after the tree changed. */
void scopes_order(struct scopes *);

#endif
