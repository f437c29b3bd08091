/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs, states and outputs as a user writes them for a conversion:
 *
 *	x:f32[1,3,8..64]     ids:i32[1,n=1..128]     mask:f32[{1,4},{8,16}]
 *	image:x:rgb(scale=0.5;bias=-1|-1|-1)[1,3,224,224]
 *	state:k_cache:f16[1,8,64]
 *	y:f16   y:image   y
 *
 * 1..inf has no upper bound, n=1..8 is a range that is the same size wherever n
 * stands, n alone the range that is said elsewhere, ? a size that nobody knows; lists
 * in braces are taken together: the i-th shape has the i-th element of each. Element
 * types: f16 f32 f64 bf16 i8 u8 i16 i32 i64 bool c64, auto: the converter's choice. */
#ifndef IR_WANTED_H
#define IR_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum wanted_kind { WANTED_TENSOR, WANTED_IMAGE, WANTED_STATE };

struct wanted_dim {
	int64_t lo, hi;        /* equal: fixed; hi -1: no upper bound */
	const char *symbol;    /* or NULL */
	const int64_t *choices; /* nchoices of them, or NULL */
	uint32_t nchoices;
	bool unknown;          /* ?, or a symbol whose range nobody says */
};

struct wanted {
	enum wanted_kind kind;
	const char *name;      /* "" when it has none */
	const char *dtype;     /* "f32"; "" the converter's choice */
	const char *layout;    /* images: "rgb", "bgr", "gray", "gray16"; "" not said */
	bool has_shape;
	struct wanted_dim *dims;
	uint32_t rank;
	double scale[3], bias[3];
	uint32_t nscale, nbias; /* 0: not given */
};

/* Read one. false: column (0-based) is that of the first wrong character, and the
 * feature has what stands before it. */
bool wanted_read(struct wanted *, struct arena *, const char *text, uint32_t *column);
/* Read a list with commas between: "a:f16,b". NULL, with *text moved to the wrong
 * one, and column in it. */
struct wanted *wanted_read_list(struct arena *, const char **text, uint32_t *n,
    uint32_t *column);
/* Symbols that stand alone take the range that another of the n has with them. */
void wanted_share(struct wanted *, uint32_t n);
/* Shapes that it lists; 0: it lists none. UINT32_MAX: lists of different lengths. */
uint32_t wanted_shapes(const struct wanted *);
/* Length of the first of a list: up to a comma outside of brackets. */
size_t wanted_first(const char *list);

#endif
