/* SPDX-License-Identifier: Apache-2.0 */
/* Structural verifier, for every dialect: operands belong to a graph that is
 * in view, ids are dense, producers and slots agree, regions point back.
 * Sets model->is_sorted. What it finds in a model is a diagnostic; what can
 * only be our own mistake is a DIAG_BUG. */
#ifndef IR_VERIFY_H
#define IR_VERIFY_H

struct ctx;
struct model;

void model_verify(struct ctx *, struct model *);

#endif
