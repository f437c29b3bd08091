/* SPDX-License-Identifier: Apache-2.0 */
/* What a pane shows, in words that outlive the model: to find the place again when the
 * file was read anew. */
#ifndef UI_KEPT_H
#define UI_KEPT_H

#include <stdbool.h>
#include <stdint.h>

struct pane;
struct ui;

struct kept {
	char *graph, *node, *op, *scope, *value, *filter; /* NULL: none. Owned */
	uint32_t graph_id, id, row, above; /* rows above it on the screen */
	bool output;
	struct kept_fold { char *path; uint8_t fold; } *folds;
	uint32_t nfolds;
};

/* pane may be NULL or show nothing. */
void kept_take(struct ui *, struct kept *, struct pane *);
/* To that place in what the pane shows by now, or as near as there is. */
void kept_put(struct ui *, const struct kept *, struct pane *);
void kept_free(struct kept *);

#endif
