/* SPDX-License-Identifier: Apache-2.0 */
/* Text spellings of protobuf messages -> transcript. All of them keep going
 * after an error where they can: what was read so far is in the transcript
 * (open messages are closed), the first errors are in ctx, and the return
 * value is -1. Nesting is bounded by limits.depth, never by the C stack. */
#ifndef READ_TEXT_H
#define READ_TEXT_H

#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

struct ctx;
struct source;
struct wirebuf;

/* Whole text in memory, read by the caller. src names it in diagnostics. */
struct text { const struct source *src; const char *s; size_t n; };

/* Protobuf text format: facts/onnx-format.md section 9. */
int proto_text_read(struct ctx *, const struct text *,
	const ProtobufCMessageDescriptor *root, struct wirebuf *);
/* Protobuf JSON mapping: camelCase or original names, 64-bit as string or
 * number, enums by name or number, bytes in base64, "NaN" "Infinity". */
int proto_json_read(struct ctx *, const struct text *,
	const ProtobufCMessageDescriptor *root, struct wirebuf *);
/* ONNX text syntax (onnx.parser): facts/onnx-format.md section 9. */
int onnx_text_read(struct ctx *, const struct text *, struct wirebuf *);

/* MIL text as a specification with nothing but its program:
 * facts/coreml-format.md section 7. */
int mil_text_read(struct ctx *, const struct text *, struct wirebuf *);

#endif
