/* SPDX-License-Identifier: Apache-2.0 */
/* What Apple's compiler leaves of a model: a folder, NAME.mlmodelc, with
 * coremldata.bin for the interface, and the model as MIL text (mil_text.c), as
 * an Espresso network (espresso.c), or as folders model0, model1, ... of a
 * pipeline's stages. None of it is documented: facts/coreml-format.md section 7
 * and the compiled models at hand; what is not understood is said, not guessed. */
#ifndef READ_COMPILED_H
#define READ_COMPILED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ctx;
struct model;
struct source;

/* The first bytes of coremldata.bin: a model type of the specification, the
 * compiler's version, a platform, the specification's version, and the message
 * ModelDescription. Numbers are little-endian, strings follow their length. */
struct compiled_head {
	uint32_t kind;           /* number of the field that Model has for it */
	int64_t spec_version;
	uint64_t at, len;        /* of the description in the file */
};

/* false: the bytes are not such a beginning. n bytes are at p. */
bool compiled_head_decode(struct compiled_head *, const unsigned char *p, size_t n);
/* The same of a file whose description lies in it. */
bool compiled_head_read(struct compiled_head *, const struct source *);
/* Does the file begin so? */
bool compiled_is(const struct source *);
/* Kind, version and interface of the model from coremldata.bin; with texts
 * (author, ...) when asked. A DIAG_COMPILED_DATA when it is not understood. */
void compiled_interface(struct ctx *, struct model *, const struct source *, bool texts);

#endif
