/* SPDX-License-Identifier: Apache-2.0 */
/* What a value that is no tensor holds: lists, tuples, dictionaries, objects. */
#ifndef REPORT_CONTENTS_H
#define REPORT_CONTENTS_H

#include <stdint.h>

struct arena;
struct json;
struct sink;
struct tensor;

/* Bytes of text kept; what is longer ends in dots. */
enum { CONTENTS_TEXT = 400 };
/* In Python's manner: {'a': f32[2], 'n': [1, 2]}. Bytes of the model stand as they
 * are, for sink_safe. In the arena, which also serves for reading. */
const char *contents_text(struct arena *, const struct tensor *);
/* The same as JSON: lists, numbers, texts and null as what they are, dictionaries
 * as {"dict":[[KEY,VALUE]]}, objects as {"object":NAME,"fields":{}}, tensors
 * with "dtype", "dims" and "bytes". */
void json_contents(struct json *, struct arena *, const struct tensor *);

/* What its integers stand for: lines of a report, or the member "quantization". */
void text_quant(struct sink *, struct arena *, const struct tensor *);
void json_quant(struct json *, struct arena *, const struct tensor *);

#endif
