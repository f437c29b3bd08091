/* SPDX-License-Identifier: Apache-2.0 */
/* Any message as attributes. A field of a message in the message is named by
 * its path, a.b.c; a field under repeated messages is a list with an element
 * for each of them (the schema's default where one does not have it); weights
 * are tensors, networks are regions of the node. Which member of a oneof is
 * there is an attribute of the oneof's name. */
#ifndef READ_COREML_PARAMS_H
#define READ_COREML_PARAMS_H

#include "read/coreml/coreml_read.h"

struct field_place;

struct params {
	struct coreml_reader *r;
	struct attr **list;       /* appended to */
	uint32_t *n;
	struct node *owner;       /* of regions; NULL: networks are left out */
	const ProtobufCMessageDescriptor *desc;
	struct loc loc;           /* of the message */
	struct field_place *root;
};

/* For fields of the message that has just been entered. */
void params_start(struct params *, struct coreml_reader *, struct attr **, uint32_t *n,
    struct node *owner);
void params_field(struct params *, const struct wire_field *);
void params_end(struct params *);
/* All of them. */
void coreml_params(struct coreml_reader *, struct attr **, uint32_t *n,
    struct node *owner);

#endif
