/* SPDX-License-Identifier: Apache-2.0 */
/* Measured plans: on which device Core ML put each op, as MLComputePlan says.
 * Two forms: the exchange JSON of coremltools ({"infos":[...]}), with an object
 * "plan" beside it that says where it was measured, and lines of tab- or
 * comma-separated columns whose first line names them, with "# key: value" lines
 * above. Source: facts/ane-background.md section 5. */
#ifndef READ_PLAN_H
#define READ_PLAN_H

#include <stdint.h>

#include "ir/device.h"

struct arena;
struct ctx;

struct plan_op {
	const char *function;  /* "main"; NULL: not said */
	const char *output;    /* first output of an op, or name of a layer */
	const char *op;        /* or NULL */
	const char *reason;    /* why not elsewhere, or NULL */
	enum device preferred;
	unsigned supported;    /* bit per enum device; 0: not said */
	double weight;         /* share of the whole, 0..1; NaN: not said */
	double ms;             /* estimate in milliseconds; NaN: not said */
	uint32_t line;
};

struct plan {
	const char *path;
	/* where it was measured; NULL: not said */
	const char *chip, *os, *units, *device, *tool, *date, *kind, *model;
	struct plan_op *ops;   /* file order */
	uint32_t n;
};

/* Read a plan; what is wrong is a diagnostic and left out. NULL when nothing can
 * be read. All in the arena. May leave through ctx.escape. */
struct plan *plan_read(struct ctx *, struct arena *, const char *path);

#endif
