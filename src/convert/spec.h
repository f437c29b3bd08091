/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs, states and outputs as a user writes them for a conversion:
 *
 *	x:f32[1,3,8..64]     ids:i32[1,n=1..128]     mask:f32[{1,4},{8,16}]
 *	image:x:rgb(scale=0.5;bias=-1|-1|-1)[1,3,224,224]
 *	state:k_cache:f16[1,8,64]
 *	y:f16   y:image   y
 *
 * 1..inf has no upper bound, n=1..8 is a range that is the same size wherever n
 * stands, lists in braces are taken together: the i-th shape has the i-th
 * element of each. Element types: f16 f32 f64 i8 u8 i16 i32 i64 bool, auto: the
 * converter's choice. */
#ifndef CONVERT_SPEC_H
#define CONVERT_SPEC_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct sink;

enum spec_kind { SPEC_TENSOR, SPEC_IMAGE, SPEC_STATE };

struct spec_dim {
	int64_t lo, hi;        /* equal: fixed; hi -1: no upper bound */
	const char *symbol;    /* or NULL */
	const int64_t *choices; /* nchoices of them, or NULL */
	uint32_t nchoices;
};

struct spec {
	enum spec_kind kind;
	const char *name;      /* "" when it has none */
	const char *dtype;     /* "f32"; "" the converter's choice */
	const char *layout;    /* images: "rgb", "bgr", "gray", "gray16"; "" not said */
	bool has_shape;
	struct spec_dim *dims;
	uint32_t rank;
	double scale[3], bias[3];
	uint32_t nscale, nbias; /* 0: not given */
};

/* Read one. false: column (0-based) is that of the first wrong character. */
bool spec_read(struct spec *, struct arena *, const char *text, uint32_t *column);
/* Read a list with commas between: "a:f16,b". NULL, with *text moved to the wrong
 * one, and column in it. */
struct spec *spec_read_list(struct arena *, const char **text, uint32_t *n, uint32_t *column);
/* Shapes that it lists; 0: it lists none. UINT32_MAX: lists of different lengths. */
uint32_t spec_shapes(const struct spec *);
/* As the request's JSON has it. */
void spec_json(struct sink *, const struct spec *);
/* As the call in Python that makes it. */
void spec_python(struct sink *, const struct spec *);

#endif
