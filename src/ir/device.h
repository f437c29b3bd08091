/* SPDX-License-Identifier: Apache-2.0 */
/* Where Core ML runs an op. */
#ifndef IR_DEVICE_H
#define IR_DEVICE_H

#include <stddef.h>

enum device { DEVICE_UNKNOWN, DEVICE_ANE, DEVICE_GPU, DEVICE_CPU, DEVICE_COUNT };
/* "unknown", "ane", "gpu", "cpu". */
const char *device_name(enum device);
/* What tools and plans call one: neuralEngine, ANE, mps_graph, bnns, classic_cpu,
 * CPU(bnns), ...; letters of any case. */
enum device device_parse(const char *, size_t n);

#endif
