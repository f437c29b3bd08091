/* SPDX-License-Identifier: Apache-2.0 */
/* The tables in SHARED/expected, and texts to be compared with their cells.
 * Nothing is freed: these programs end soon. */
#ifndef TESTS_CORPUS_TABLE_H
#define TESTS_CORPUS_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { COLUMNS = 32 };

struct table { char *head[COLUMNS]; char *(*row)[COLUMNS]; size_t n, ncol; };

void table_read(struct table *, const char *path);
/* "" when there is no such column. */
const char *cell(const struct table *, size_t row, const char *column);

/* A growing text. */
struct text { char *s; size_t n, cap; };
void add(struct text *, const char *s, size_t n);
void addz(struct text *, const char *s);
/* A JSON string as the tables write names. */
void add_name(struct text *, const json_t *s);
/* "-" for nothing. */
const char *dash(struct text *);

/* The parts of a list in the order of their bytes. */
const char *sorted(const char *list, const char *sep);
/* Numbers beyond 64 bits become strings, since jansson does not take them. */
void quote_big_numbers(struct text *out, const char *json);
/* a/b */
const char *join(const char *a, const char *b);

#endif
