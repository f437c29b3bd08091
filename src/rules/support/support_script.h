/* SPDX-License-Identifier: Apache-2.0 */
/* The files of TorchScript's front end. */
#ifndef RULES_SUPPORT_SCRIPT_H
#define RULES_SUPPORT_SCRIPT_H

#include "rules/support/support_run.h"

/* Is the constant no tensor but an object, such as packed weights? */
bool script_is_object(const struct value *);
/* Is it a constant of the code, not an attribute of a module? */
bool script_is_written(const struct run *, const struct value *);
/* Before the first operator. Inputs, self left out: as they are given, else as traced. */
void script_bind_inputs(struct run *);
/* What coremltools refuses before it looks at an operator. */
void script_check_code(struct run *);
void script_bind_states(struct run *);
void script_bind_constants(struct run *);
void script_bind_constant(struct run *, const struct value *);
/* After the last operator: states that nothing reads. */
void script_check_states(struct run *);
/* What the converter has for a value of the graph. */
struct mv *script_value(struct run *, const struct value *);
/* Look for copy_ and fill_ into views of a tensor, and report those that the clean-up
 * of the graph refuses. */
void script_plan(struct run *);
/* Is the node such a write that gives one of these values anew, or an append? */
bool script_writes(const struct run *, const struct node *, struct value *const *, uint32_t n);
/* The tensor that such a write gives anew, or NULL. */
const struct value *script_written(const struct run *, const struct node *);
/* After the last operator: writes in place that the converted model lacks
 * (support_lost.c). */
void script_lost(struct run *);
/* Is the node such a write? Then it is converted as one. */
bool script_assign(struct run *, const struct node *);

#endif
