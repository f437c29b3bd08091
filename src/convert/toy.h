/* SPDX-License-Identifier: Apache-2.0 */
/* A small ONNX model of our own making, with something for every step of
 * sanitize: no Python, no library. */
#ifndef CONVERT_TOY_H
#define CONVERT_TOY_H

#include <stdbool.h>

struct ctx;
struct sink;

/* false: memory ended or out has an error. */
bool toy_write(struct ctx *, struct sink *out);

#endif
