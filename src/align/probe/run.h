/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ALIGN_PROBE_RUN_H
#define ALIGN_PROBE_RUN_H

#include "align/probe/probe.h"

/* Compute a node: its results are known then, or not. Nodes come in an order in which what one
 * reads was computed before. */
void run_node(struct run *, const struct node *);

#endif
