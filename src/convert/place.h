/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of a source model that the converter speaks of. It knows TorchScript's nodes
 * under names it gave them while loading, so these are found by kind, module path
 * and order; those of exported programs by name. */
#ifndef CONVERT_PLACE_H
#define CONVERT_PLACE_H

#include <stdint.h>

struct arena;
struct model;
struct node;
struct run_node;

/* twins: nodes of the same kind and scope before it. NULL: not found. */
const struct node *place_find(const struct model *, const struct run_node *, uint32_t twins);
/* The same for a list of nodes in the order in which they were converted, in time
 * that does not grow with their product: nodes of the model, or NULL, in the arena. */
const struct node **place_all(const struct model *, const struct run_node *, uint32_t n,
	struct arena *);

#endif
