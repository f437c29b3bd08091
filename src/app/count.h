/* SPDX-License-Identifier: Apache-2.0 */
/* How many nodes of each op; what nodes keep themselves. */
#ifndef APP_COUNT_H
#define APP_COUNT_H

#include <stdint.h>

#include "ir/graph.h"

struct op_count { const struct str *domain, *type; uint64_t count; };

/* Sorted by name as it is written (domain::Type, or Type in the default
 * domain); "ai.onnx" and "" are one domain. Lives in the arena. */
struct op_counts { struct op_count *list; uint32_t mask, n; };

/* The nodes of one graph alone. */
void count_graph(struct op_counts *, struct arena *, const struct graph *);
/* The main graph and everything nested in it; of a pipeline, of its stages. */
void count_total(struct op_counts *, struct arena *, const struct model *);
/* Most frequent first. */
void count_sort(struct op_counts *);
/* Numbers in attributes of the main graph and everything nested in it that are
 * what the model has learned and no initializers: trees and vectors of
 * ai.onnx.ml; weights of a network's layers and tables of other Core ML models,
 * of all stages of a pipeline. Saturates. */
struct held { uint64_t numbers, bytes; };
struct held count_held(const struct model *);
/* Domain as it is written: "" for the default one. */
const char *count_domain(const struct op_count *);

#endif
