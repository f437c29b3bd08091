/* SPDX-License-Identifier: Apache-2.0 */
/* Where columns stand in a pane of rows. Widths follow what is in the graph, not what is
 * on the screen just now: nothing moves while one scrolls. */
#ifndef UI_GEOMETRY_H
#define UI_GEOMETRY_H

#include "ui/column.h"

struct doc;
struct sink;
struct tree;
struct ui;

enum { GEOMETRY_INDENT = 6, GEOMETRY_WIDE = 100, GEOMETRY_MAP = 1 };

struct geometry {
	int lanes;             /* columns of lanes */
	int op, name;          /* columns where they start */
	int name_width;
	int column[COL_COUNT]; /* -1: not shown */
	int width[COL_COUNT];
};

/* What op, name and type would like to have: tree.needs, of some of its rows. */
void geometry_needs(const struct ui *, const struct doc *, struct tree *);
struct geometry geometry_of(const struct ui *, const struct doc *, const struct tree *, int w);
/* Where a text of the column starts: amounts end with it. */
int geometry_at(const struct geometry *, int column, const struct sink *text);

#endif
