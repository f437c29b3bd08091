/* SPDX-License-Identifier: Apache-2.0 */
/* What the constexpr operations of ML Programs mean: weights that are stored
 * in fewer bits and unpacked when the model is loaded. Parameters stand in
 * attributes (up to iOS 17) or operands (from iOS 18 on), where one may be what
 * another such operation gives. Source: facts/coreml-format.md section 6. */
#ifndef OPS_PACKING_H
#define OPS_PACKING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

struct arena;
struct node;
struct tensor;
struct value;

enum packing_form {
	PACKING_CAST,    /* values of a smaller float type */
	PACKING_AFFINE,  /* (q - zero point) * scale, by axis */
	PACKING_PALETTE, /* indices into tables */
	PACKING_SPARSE,  /* values that are not zero, and a bit for each element */
	PACKING_BLOCKS,  /* (q - offset) * scale, by blocks */
	PACKING_SPARSE_PALETTE, /* joint forms: they give the parts of a sparse one */
	PACKING_SPARSE_BLOCKS,
	PACKING_FORMS
};
/* "cast", "affine", "palette", "sparse", "blocks", "sparse-palette", "sparse-blocks". */
const char *packing_name(enum packing_form);

enum { PACKING_RANK = 8 };

/* A parameter: a tensor, or a number that stands in an attribute. */
struct packing_part {
	const struct tensor *t; /* NULL: a number, or not given */
	bool given;
	double one;
};

struct packing {
	enum packing_form form;
	struct packing_part data;   /* q, indices or values that are not zero */
	struct packing_part mask;   /* of the sparse forms */
	struct packing_part table;  /* palette or scale */
	struct packing_part offset; /* or zero point */
	enum dtype from;            /* of data; indices by their width */
	enum dtype to;              /* of what comes out */
	uint32_t rank;              /* of the unpacked weights, as the next two */
	int64_t dims[PACKING_RANK];
	int64_t groups[PACKING_RANK]; /* how many tables or scales lie along each dim */
	uint64_t numel;
	uint64_t count;             /* values stored: below numel when it is sparse */
	uint64_t entries;           /* of one palette, each a vector */
	uint64_t vector;            /* elements of an entry: 1 but for vector palettes */
	uint32_t vector_axis;       /* the dim that vectors lie along */
	uint64_t stored;            /* bytes of the parts that lie in files */
	bool missing;               /* a part is not there */
	const char *why;            /* NULL: it can be unpacked */
	bool absent;                /* it cannot, since a part is not given or not known */
};

/* The form of a node, or -1: it is none of these. */
int packing_form_of(const struct node *);

/* false: the node is none of these. What cannot be made sense of is said in
 * why; the rest is filled as far as it goes. The arena keeps the parts that
 * other such nodes give. */
bool packing_read(struct packing *, const struct node *, struct arena *);
/* An output as a tensor that unpacks while it is read; NULL when the value is
 * no such output or cannot be unpacked. It lives in the arena. */
const struct tensor *packing_tensor(const struct value *, struct arena *);

#endif
