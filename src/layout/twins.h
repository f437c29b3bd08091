/* SPDX-License-Identifier: Apache-2.0 */
/* Are two stretches of scopes.order the same block? */
#ifndef LAYOUT_TWINS_H
#define LAYOUT_TWINS_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct node;
struct scope;
struct scopes;

/* Hash of what two equal nodes share for certain. */
uint64_t twins_node(const struct node *);
/* The tables that twins_equal needs: made when s->twins is NULL, which a tree of
 * the same model that is done may lend. */
void twins_prepare(struct scopes *, struct arena *);
/* Compare n places from a with n from b: op, attributes, types of constants,
 * regions, and wiring: values correspond one to one, those that come from
 * outside included, and the same ones are read outside. */
bool twins_equal(const struct scopes *, uint32_t a, uint32_t b, uint32_t n);

#endif
