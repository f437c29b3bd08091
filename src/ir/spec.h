/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of Core ML: which system a specification needs, which operators a
 * program's opset has. Source: facts/coreml-format.md section 4. */
#ifndef IR_SPEC_H
#define IR_SPEC_H

#include <stdint.h>

struct spec {
	int version;        /* specificationVersion */
	const char *name;   /* of Core ML: "3", "1.2" */
	const char *opset;  /* as programs name it, or NULL */
	int since;          /* iOS version: since of the operators' rows */
	const char *systems;/* the first that read it: "iOS 15, macOS 12, ..." */
};

/* NULL when the version is newer than we know, or none. */
const struct spec *spec_find(int64_t version);
/* The iOS version of an opset's name, "CoreML7" or "ios17"; 0 when unknown. */
int64_t spec_opset(const char *name);

#endif
