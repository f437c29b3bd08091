/* SPDX-License-Identifier: Apache-2.0 */
/* Measured plans of a session (--plan), joined with the model: by the name of an
 * op's first output, of a layer by its own name. */
#ifndef APP_MEASURED_H
#define APP_MEASURED_H

#include <stdint.h>

#include "read/plan.h"

struct node;
struct session;
struct setting;

struct measured {
	const struct plan *plan;
	const struct plan_op **of; /* by node id; NULL: not in the plan */
	uint32_t matched;          /* nodes with an op of the plan */
	uint32_t strange;          /* ops of the plan that the model does not have */
};

/* The plans that could be read, n of them, in the order of the options. What is
 * wrong is a finding. May leave through ctx.escape. */
const struct measured *session_measured(struct session *, uint32_t *n);
/* The place of the options; what they leave open is that of the first plan. */
const struct setting *session_setting(struct session *);
/* The setting of the options is another by now: what depends on it is judged anew
 * when it is asked for, into the arena; old tables are where they were. */
void session_setting_changed(struct session *, struct arena *);
/* Device of a node in the first plan; DEVICE_UNKNOWN without one. */
enum device measured_device(struct session *, const struct node *);

#endif
