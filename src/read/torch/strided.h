/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors that are views of a storage, as PyTorch has them: each dim has a
 * stride, and several tensors may share the bytes. */
#ifndef READ_STRIDED_H
#define READ_STRIDED_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/tensor.h"

/* A view; numbers in elements. */
struct strided {
	struct loc storage;      /* all its bytes */
	int64_t offset;
	const int64_t *strides;  /* one for each dim of the tensor; kept, not copied */
	bool big;                /* numbers are big-endian */
};

/* Let t, whose dtype and dims are set, hold the view: place and enc, "raw"
 * where it is packed in row order. false: the view leaves its storage, or
 * strides are negative; then t has no data. */
bool strided_place(struct tensor *t, struct arena *, const struct strided *);

/* Elements of a storage from its start that the view needs: 1 + the last;
 * 0 for none. false: negative numbers, or more than 63 bits hold. */
bool strided_extent(const struct tensor *t, const struct strided *, int64_t *n);

#endif
