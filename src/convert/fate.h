/* SPDX-License-Identifier: Apache-2.0 */
/* What became of each node of the source that a conversion went through: it has
 * operations, or it is said why it has none. */
#ifndef CONVERT_FATE_H
#define CONVERT_FATE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct convert_run;
struct model;
struct node;
struct run_node;

enum fate {
	FATE_MAPPED,     /* operations came from it */
	FATE_FUSED,      /* a pass put its operations into others */
	FATE_FOLDED,     /* a pass computed them */
	FATE_DROPPED,    /* a pass took them out: they do nothing */
	FATE_ABSORBED,   /* the front end made a constant or an argument of it */
	FATE_UNREACHED,  /* no output needs it */
	FATE_COUNT
};

struct run_fate {
	const struct run_node *source;
	const struct node *node;   /* in the model; NULL: not found there */
	enum fate fate;
	const char *pass;          /* that took its operations out, or NULL */
};

/* "mapped", "fused", ... */
const char *fate_word(enum fate);
/* What it says of a node, that is not known to be constant, that a pass leaves it without
 * operations. */
enum fate fate_of_pass(const char *pass);
/* One for each node, in the order in which they were converted, in the arena. The model
 * may be NULL. */
struct run_fate *fate_list(const struct convert_run *, const struct model *, struct arena *,
    uint32_t *n);
/* What the result lacks of what the node does, or NULL: it writes into memory that is read
 * behind it, or (buffer) that stays until the next call, and has no operations. */
const char *fate_lost(const struct run_fate *, const struct model *, struct arena *,
    bool *buffer);

#endif
