/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people: diagnostics, sizes, attributes. Everything from a model
 * goes through sink_safe. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

struct attr;
struct diag;
struct diags;
struct ctx;
struct json;
struct node;
struct sink;
struct str;
struct tensor;
struct type;
struct value;

/* s, at most max columns (0 = all of it), and blanks up to width. Returns the
 * columns of the text. */
unsigned text_str(struct sink *, const struct str *, unsigned max, int width);
/* "Title:" in a column of its own, for reports of NAME and value. */
void text_label(struct sink *, const char *title);
/* 1.9 GB, 340 bytes; powers of 1000. */
void text_bytes(struct sink *, uint64_t);
/* text from column on, in lines of at most 80 columns, and a newline. */
void text_wrap(struct sink *, const char *text, unsigned column);
/* Behind a place, when it counts in a member of an archive. */
void text_of_member(struct sink *, const char *member);
/* Write the lines kept in rows, a sink in memory that is then empty, folding
 * those of more than 80 columns below the values. They are safe text. */
void text_fold(struct sink *out, struct sink *rows);
/* One diagnostic: level, place, message, advice; lines of 80 columns. */
void text_diag(struct sink *, const struct diag *);
void text_diags(struct sink *, const struct diags *);
/* Those from number from on, the worst first; of many of one kind the first. */
void text_diags_from(struct sink *, const struct diags *, uint32_t from);
/* How many of those findings a baseline has; nothing when there are none. */
void text_known(struct sink *, const struct diags *, uint32_t from);

/* The value of an attribute: texts of at most max columns, at most list
 * elements; or as JSON. */
void text_attr(struct sink *, const struct attr *, unsigned max, uint64_t list);
void json_attr(struct json *, const struct attr *);
/* A type in its notation. */
void json_type(struct json *, const struct type *);
/* The members "dtype", "dims" and "bytes". */
void json_tensor(struct json *, const struct tensor *);

/* Element i of bytes of that dtype, booleans as 0 and 1; json: as JSON has numbers. */
void text_element(struct sink *, enum dtype, const void *, uint64_t i, bool json);
/* Is its content known from the file and short: a number, a word, a list of at most
 * eight, also one that a node makes of such constants? */
bool constant_is_small(const struct value *);
/* That content: [1,1], "valid", true. What cannot be read, for want of memory too, is ? or null. */
void text_constant(struct sink *, const struct value *, struct ctx *);
void json_constant(struct json *, const struct value *, struct ctx *);

/* "domain::Op", or "Op" in the default domain of ONNX; long names are cut: a file of
 * 2 KB can have one in 100,000 nodes. */
void text_op(struct sink *, const struct str *domain, const struct str *type);
void text_op_whole(struct sink *, const struct str *domain, const struct str *type);
/* The member "op" with that of a node. */
void json_op(struct json *, const struct node *);

/* What is known of a node's op: "convolution, as since version 11". */
void text_op_row(struct sink *, const struct node *);
/* "since":11, or null for an op that is not known. */
void json_since(struct json *, const struct node *);

#endif
