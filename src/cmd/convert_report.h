/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a conversion, as text and JSON. */
#ifndef CMD_CONVERT_REPORT_H
#define CMD_CONVERT_REPORT_H

#include <stdint.h>

struct call;
struct convert_run;
struct node;

/* What the converter made of the source's nodes. Names lie in the run. */
struct run_summary {
	uint32_t operations;   /* of the result, constants left out */
	uint32_t placed;       /* of them, those that are traced to a source node */
	uint32_t added;        /* made by a pass alone */
	uint32_t casts;        /* changes of type that a pass put in */
	uint32_t sources;      /* nodes of the source that have operations */
	uint32_t split;        /* of them, those with several */
	uint32_t fused, folded, dropped; /* nodes whose operations are gone */
};
void run_summarize(const struct convert_run *, struct run_summary *);

/* The node where a failure is shown: the one the converter stopped at or, where it names
 * none, the likely one. NULL: nobody knows. */
const struct node *convert_stopped(struct call *, const struct convert_run *);
void convert_text(struct call *, const struct convert_run *);
void convert_json(struct call *, const struct convert_run *);

#endif
