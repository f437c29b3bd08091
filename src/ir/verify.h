/* SPDX-License-Identifier: Apache-2.0 */
/* Structural verifier, for every dialect: operands belong to a graph that is
 * in view, ids are dense, producers and slots agree, regions point back. What
 * can only be our own mistake is a DIAG_IR_BROKEN; values that the file reads
 * and nobody makes are one DIAG_IR_UNDEFINED with their number. */
#ifndef IR_VERIFY_H
#define IR_VERIFY_H

struct ctx;
struct model;

void model_verify(struct ctx *, const struct model *);

#endif
