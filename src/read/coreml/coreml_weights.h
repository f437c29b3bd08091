/* SPDX-License-Identifier: Apache-2.0 */
/* WeightParams of a network: one list of floats, half floats or packed
 * integers, as a place. Shapes are not stored: a tensor is flat until the
 * layer's own parameters say more. */
#ifndef READ_COREML_WEIGHTS_H
#define READ_COREML_WEIGHTS_H

#include "read/coreml/coreml_read.h"

/* While the message is read: new, each field, end. */
struct tensor *coreml_weights_new(struct coreml_reader *);
/* false: the field says something about the weights and was not taken. */
bool coreml_weights_field(struct coreml_reader *, struct tensor *,
    const struct wire_field *);
void coreml_weights_end(struct coreml_reader *, struct tensor *);

/* Give the weights of a layer the shapes that its parameters (attributes of
 * the node) ask for, where the number of elements agrees. */
void coreml_weights_shape(struct model *, struct node *);

#endif
