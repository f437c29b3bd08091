/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of a source model that the converter speaks of. It knows TorchScript's nodes
 * under names it gave them while loading, so these are found by their place in the
 * archive's code, kind, module path and order; those of exported programs by name. */
#ifndef CONVERT_PLACE_H
#define CONVERT_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct convert_run;
struct model;
struct node;
struct run_node;

/* For a list of nodes in the order in which they were converted, in time that does not
 * grow with their product: nodes of the model, or NULL, in the arena. */
const struct node **place_all(const struct model *, const struct run_node *, uint32_t n,
	struct arena *);
/* Do both names mean the operator, "aten::add_.Tensor" and "add"? */
bool place_same_kind(const char *, const char *);
/* The one that a run stopped at, told from its twins by what came before; or NULL. Looked
 * for once. */
const struct node *place_blamed(const struct model *, const struct convert_run *,
	struct arena *);

#endif
