/* SPDX-License-Identifier: Apache-2.0 */
/* Which values of a graph may share memory, roughly: classes of values, each
 * with whether something writes to it and whether it comes from outside. */
#ifndef READ_TS_ALIAS_H
#define READ_TS_ALIAS_H

#include "read/torch/ts_ir.h"

struct ts_class_of {
	struct ts_class_of *up;    /* the class it was joined with, or NULL */
	bool written, outside, live;
};

struct ts_aliases {
	struct ts_unit *u;
	bool contents;             /* a container shares with what it holds */
	bool any;                  /* something writes at all */
	uint32_t round;
};

/* Classes of all values in the block; valid until the next call. */
void ts_alias(struct ts_aliases *, struct ts_unit *, struct ts_block *, bool contents);
struct ts_class_of *ts_alias_of(const struct ts_aliases *, struct ts_val *);
/* The operand that the node writes, or -1. */
int ts_written(const struct ts_node *);

#endif
