/* SPDX-License-Identifier: Apache-2.0 */
/* A layered drawing of a small graph: boxes in layers from top to bottom, edges
 * between them bent at every layer they pass. For neighbourhoods: who has more
 * than LAYERS_BOXES boxes folds first. */
#ifndef LAYOUT_LAYERS_H
#define LAYOUT_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

enum { LAYERS_BOXES = 250, LAYERS_DUMMIES = 2000, LAYERS_LONG = 6 };

struct layer_box {
	int32_t width;   /* columns: given */
	int32_t layer;   /* found: 0 at the top */
	int32_t x;       /* found: left column */
};

/* from is drawn above to, but for edges turned round in a cycle. */
struct layer_edge {
	uint32_t from, to;
	bool turned;     /* it goes up: the arrow points the other way */
	bool cut;        /* spans more than LAYERS_LONG layers: named, not drawn */
	int32_t *bends;  /* columns at the layers between, from the top; NULL: cut */
	uint32_t nbends;
};

struct layers {
	struct layer_box *boxes;
	struct layer_edge *edges;
	uint32_t nboxes, nedges, nlayers;
	int32_t width;   /* columns of the whole */
};

/* Fill in what is found; gap columns between boxes. Everything lies in the
 * arena. false: too big, nothing is filled in. */
bool layers_make(struct layers *, int32_t gap, struct arena *);

#endif
