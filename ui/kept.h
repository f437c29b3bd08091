/* SPDX-License-Identifier: Apache-2.0 */
/* What a pane shows, jumps and marks, in words that outlive the model: to find the
 * places again when the file was read anew. */
#ifndef UI_KEPT_H
#define UI_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/state.h"

struct kept_place {
	char *graph, *node, *op, *scope, *value; /* NULL: none. Owned */
	uint32_t graph_id, id;
	bool output;
};

struct kept {
	struct kept_place at;
	char *filter; /* or NULL. Owned */
	uint32_t row, above; /* rows above it on the screen */
	struct kept_fold { char *path; uint8_t fold; } *folds;
	uint32_t nfolds;
};

/* pane may be NULL or show nothing. */
void kept_take(struct ui *, struct kept *, struct pane *);
/* To that place in what the pane shows by now, or as near as there is. */
void kept_put(struct ui *, const struct kept *, struct pane *);
void kept_free(struct kept *);

/* All jumps and marks; those of one doc in words. */
struct kept_jumps {
	struct jump jumps[JUMPS], marks[MARKS];
	uint32_t njumps, at_jump;
	struct kept_place words[JUMPS + MARKS];
};

void kept_jumps_take(const struct ui *, struct kept_jumps *, const struct doc *);
/* As they were, but for those whose place the doc has no more. */
void kept_jumps_put(struct ui *, struct kept_jumps *, struct doc *);
void kept_jumps_free(struct kept_jumps *);

/* What can be undone in a doc; the rest of it stays where it is. */
struct kept_undo { struct kept_place words[UNDOS]; bool mine[UNDOS]; uint32_t n, at; };

/* undo.c */
void kept_undo_take(const struct ui *, struct kept_undo *, const struct doc *);
/* All as it was, or nothing when a graph has gone. */
void kept_undo_put(struct ui *, const struct kept_undo *, struct doc *);
void kept_undo_free(struct kept_undo *);

/* ---- kept_place.c ---- */

/* The text with an end, malloc; NULL: no memory. */
char *kept_copy(const char *, size_t n);
void kept_place_take(struct kept_place *, const struct graph *, const struct place *);
/* The graph by number and name, or name alone; NULL: none. */
const struct graph *kept_graph(const struct kept_place *, const struct model *);
/* false: the graph, one of the doc's, has no such place. */
bool kept_place_find(struct ui *, const struct kept_place *, struct doc *, const struct graph *,
    struct place *);
void kept_place_free(struct kept_place *);

#endif
