/* SPDX-License-Identifier: Apache-2.0 */
/* metadata.json, which Apple's compiler puts beside a compiled model for people and
 * tools: inputSchema, outputSchema and stateSchema, one object a feature. It stands in
 * for the interface where coremldata.bin does not give one. Every value in it is text.
 * Source: facts/coreml-format.md section 7 and the compiled models at hand. */
#ifndef READ_SCHEMA_H
#define READ_SCHEMA_H

#include <stdint.h>

#include "ir/graph.h"

struct arena;
struct json_in;

/* Features in the order of the file; list and texts that types need lie in scratch. */
struct schema {
	struct model *m;
	struct arena *scratch;
	struct feature *list;
	uint32_t n;
};

/* The array of features ahead. A type that cannot be made out is NULL. */
void schema_read(struct schema *, struct json_in *, enum feature_role);
/* What "MLModelType_treeEnsembleClassifier" names: the same as the specification's own
 * names of kinds; NULL: none that is known. */
const char *schema_kind(const char *text, uint32_t n);

#endif
