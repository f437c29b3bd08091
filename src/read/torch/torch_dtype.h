/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's element types by its names and numbers. */
#ifndef READ_TORCH_DTYPE_H
#define READ_TORCH_DTYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"

/* By the number that TorchScript code and pickles use (c10::ScalarType);
 * DT_NONE: no type of ours. */
enum dtype torch_dtype_number(int64_t);
/* By the name of a storage class: FloatStorage. False: it is none; then *dt is
 * not set. Bytes without a type are DT_U8 and *untyped. */
bool torch_dtype_storage(const char *name, enum dtype *dt, bool *untyped);
/* By the name in the module torch: float32. */
bool torch_dtype_name(const char *name, enum dtype *dt);

#endif
