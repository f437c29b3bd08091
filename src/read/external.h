/* SPDX-License-Identifier: Apache-2.0 */
/* Side files of a model: external_data of ONNX. */
#ifndef READ_EXTERNAL_H
#define READ_EXTERNAL_H

#include <stdint.h>

struct arena;
struct model;
struct read_options;
struct tensor;

/* For each tensor with data in a side file: judge the location by the
 * security rules (facts/onnx-format.md section 6), find the file, and set
 * ext->status, the place and the encoding. Files are looked at, not read. */
void external_resolve(struct model *, struct arena *scratch, struct tensor **, uint32_t n,
    const struct read_options *);

#endif
