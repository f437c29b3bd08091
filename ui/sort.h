/* SPDX-License-Identifier: Apache-2.0 */
/* Rows by what a column says of them, instead of graph order. */
#ifndef UI_SORT_H
#define UI_SORT_H

#include "ui/column.h"

struct arena;
struct graph;
struct tree;

/* The tree's rows, a flat list, which has no edges: the most bytes, operations or problems
 * first, texts in their order with numbers in them by value, nothing last. */
void tree_sort(const struct ui *, struct tree *, enum column);
/* Indexes of the graph's nodes by name, in the second arena: names stay what they are, and
 * need not be sorted again. */
const uint32_t *sort_names(const struct graph *, struct arena *scratch, struct arena *);
/* Sort all rows by the column from now on; COL_COUNT: graph order. */
void ui_sort(struct ui *, enum column);
/* By the next column that is shown, behind the last in graph order again. */
void ui_sort_next(struct ui *);

#endif
