/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of rows: one function gives the text of each. */
#ifndef UI_COLUMN_H
#define UI_COLUMN_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/cell.h"

struct doc;
struct node;
struct sink;
struct str;
struct type;
struct value;
struct ui;

enum column {
#define COLUMN(id, name, title, width, shown, help) COL_##id,
#include "ui/column.def"
#undef COLUMN
	COL_COUNT
};
struct column_row { const char *name, *title; int width; bool shown; const char *help; };
extern const struct column_row column_rows[COL_COUNT];

/* Safe text of the column for a node, at most max columns; returns its style. */
enum style column_text(const struct ui *, const struct doc *, const struct node *, enum column,
    struct sink *, unsigned max);
/* Of a column of amounts how much, which sorts the rows; 0 of others. */
uint64_t column_amount(const struct doc *, const struct node *, enum column);
/* The style of an op by what it does. */
enum style op_style(const struct node *);
/* Type of a value as it is known: inferred, which knows the declared one, or that
 * alone; NULL when unknown. */
const struct type *doc_type(const struct doc *, const struct value *);
/* It as text of at most max columns; 0: all. */
void put_value_type(const struct doc *, const struct value *, struct sink *, unsigned max);
/* Name without the modules before it. */
void short_name(const struct str *, const char **s, size_t *n);
/* 12.3M: a number in at most five columns. */
void put_count(struct sink *, uint64_t);

/* Where in the user's Python a node was made. false: the format does not say, or a
 * job has the model just now. */
struct python_place;
bool python_place(const struct doc *, const struct node *, struct python_place *);

#endif
