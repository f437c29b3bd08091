/* SPDX-License-Identifier: Apache-2.0 */
/* Alignment: which nodes of two graphs are the same computation, whatever
 * format each comes from. Pairs are found by names, by the names and contents
 * of weights, by structure, and between such anchors by order, kind and shape;
 * what one side does in several nodes is then gathered by following values. */
#ifndef ALIGN_ALIGN_H
#define ALIGN_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct ctx;
struct infer;
struct model;
struct node;

enum align_verdict {
	ALIGN_SAME,     /* one node each, same op, same attributes, same types */
	ALIGN_MODIFIED, /* counterparts that differ: group.changes says in what */
	ALIGN_ADDED,    /* only in the second model */
	ALIGN_REMOVED,  /* only in the first */
	ALIGN_LAYOUT,   /* only on one side, and moves, reshapes or casts data at most */
	ALIGN_UNKNOWN,  /* counterparts, but for thin reasons, or not all can be compared */
	ALIGN_VERDICTS
};
/* "same", "modified", "added", "removed", "layout", "unknown". */
const char *align_verdict_name(enum align_verdict);

/* Why nodes are counterparts; bits. */
enum align_evidence {
	ALIGN_BY_NAME = 1,      /* of a result or node, cleaned of what exporters add */
	ALIGN_BY_WEIGHT = 2,    /* name of a weight that both read */
	ALIGN_BY_CONTENT = 4,   /* numbers of a weight that both read */
	ALIGN_BY_STRUCTURE = 8, /* everything before and behind is equal */
	ALIGN_BY_SCOPE = 16,    /* same module path */
	ALIGN_BY_SHAPE = 32,    /* results have the same dims */
	ALIGN_BY_ORDER = 64,    /* kinds agree between two anchors */
	ALIGN_BY_FLOW = 128,    /* operands or readers are counterparts */
	ALIGN_BY_MAP = 256,     /* the converter itself says so */
	ALIGN_BY_NEIGHBOURS = 512, /* what is some steps before and behind is equal */
	ALIGN_COMPUTED = 1024   /* results are the same, computed on the same numbers */
};
enum { ALIGN_EVIDENCES = 11 };
/* Name of bit i: "name", "weight", "content", ... */
const char *align_evidence_name(unsigned i);

/* In what counterparts differ; bits. */
enum align_change {
	ALIGN_OP = 1,         /* kind of computation, beyond what the formats call it */
	ALIGN_ATTRIBUTES = 2,
	ALIGN_DTYPE = 4,
	ALIGN_DIMS = 8,
	ALIGN_WEIGHTS = 16,   /* numbers of a weight */
	ALIGN_OPERANDS = 32,  /* reads something that is no counterpart */
	ALIGN_MOVED = 64,     /* order among its neighbours */
	ALIGN_SEVERAL = 128,  /* one node became several, or several one */
	ALIGN_OUTPUT = 256,   /* whether a result is the model's, or which of them */
	ALIGN_RESULTS = 512,  /* computed on the same numbers, its results are others */
	ALIGN_COMPRESSED = 1024 /* a weight is stored in fewer bits, and is the same as far as
				 * these go */
};
enum { ALIGN_CHANGES = 11 };
const char *align_change_name(unsigned i);

/* Nodes of the first model and their counterparts; the main one of each side
 * first, then those that belong to it, in file order. One side may be empty. */
struct align_group {
	const struct node **a, **b;
	uint32_t na, nb;
	enum align_verdict verdict;
	unsigned evidence, changes;
	unsigned confidence;    /* 0 to 100 */
	const char *what;       /* parameters that differ: "eps 1e-05 -> 0.01"; or NULL. It has
				 * text of the files in it */
};

struct align {
	struct align_group *groups; /* in the order of a reading of both sides */
	uint32_t ngroups;
	uint32_t *of[2];            /* group by node id of either model; ALIGN_NONE */
	uint32_t nodes[2];          /* nodes that were compared */
	uint32_t counts[ALIGN_VERDICTS]; /* groups by verdict */
	bool differs;               /* a group is not the same; on one side alone what no
				     * result comes from or hands on its operand is no
				     * difference, and of two formats no layout is */
	bool given;                 /* counterparts were known, not searched */
	uint32_t unread[2];         /* groups with weights of either model that cannot be read: not
				     * compared, and not the same */
	uint32_t rough;             /* groups with weights that were not compared number by number:
				     * the mean, deviation and bounds of all, or next to nothing */
	uint32_t compressed;        /* groups with weights that are stored in fewer bits on one
				     * side, and else the same */
	double lost;                /* by that at most, in parts of the deviation of a weight */
	uint32_t sampled;           /* weights of which the beginnings alone were compared */
};
#define ALIGN_NONE UINT32_MAX

/* Do both spell operations in the same way? Else types have to be inferred, and what a
 * node has beside its kind and dims is not compared. */
bool align_same_format(const struct model *, const struct model *);

struct align_side {
	const struct model *model;
	struct infer *types; /* NULL: declared types alone speak */
	struct infer *sized; /* the same with sizes for inputs that have none; or NULL */
};
/* Counterparts that are known: node a[i] of the first model became, with others
 * maybe, node b[i] of the second. Ids. */
struct align_given { const uint32_t *a, *b; uint32_t n; };

struct align_options {
	bool deep; /* compare all of the weights, however many bytes these are */
	uint64_t whole; /* bytes of weights that are compared all in all, beyond the beginnings;
			 * 0: 512 MB */
	const struct align_given *given; /* then nothing is searched; or NULL */
};

/* Both sides' main graphs with what is nested in them. Everything lies in the
 * arena; may leave through ctx->escape. Time grows with the nodes of both. */
struct align *align_models(struct ctx *, struct arena *, const struct align_side *a,
	const struct align_side *b, const struct align_options *);

#endif
