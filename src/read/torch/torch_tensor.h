/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors as PyTorch's pickles describe them: calls of torch._utils._rebuild_*
 * with a storage that lies beside the pickle. They become places; nothing is
 * read. Source: facts/torchscript-format.md section 3. */
#ifndef READ_TORCH_TENSOR_H
#define READ_TORCH_TENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "ir/tensor.h"

struct archive;
struct pickle_value;

/* One storage: bytes that tensors share. */
struct torch_storage {
	const char *key;       /* names its record */
	enum dtype dtype;
	bool untyped;          /* numel counts bytes */
	bool absent;           /* no data in this file, and none is meant to be */
	int64_t numel;
	struct loc place;      /* src NULL: there are no bytes */
};

/* Where the storages of a pickle lie. */
struct torch_store {
	struct ctx *ctx;
	struct arena *a;             /* of the tensors */
	const struct source *src;    /* of the pickle: for places of tensors and findings */
	struct archive *z;           /* NULL: find is asked */
	const char *folder;          /* of records in the archive: "data/" */
	bool big;                    /* numbers are big-endian */
	bool shapes_only;            /* records are empty by design: traced_inputs */
	/* other containers: place and *numel may be set by key; false: not there */
	bool (*find)(struct torch_store *, struct torch_storage *, const struct pickle_value *id);
	void *arg;                   /* of find */
};

/* How quantised numbers are meant, by PyTorch's number for it. */
enum { TORCH_SCHEME_COUNT = 5 };
extern const char *const TORCH_SCHEMES[TORCH_SCHEME_COUNT];

/* The tensor that v describes; one for each v, however often it is asked for,
 * named at the first. NULL: v is no tensor. With findings it may have no data. */
struct tensor *torch_tensor(struct torch_store *, struct pickle_value *v, const struct str *name);
/* Does v look like a tensor, or a parameter? Nothing is looked up. */
bool torch_is_tensor(const struct pickle_value *v);
/* Is it a parameter (torch.nn.Parameter)? */
bool torch_is_parameter(const struct pickle_value *v);
/* The storage of a persistent id, or NULL. */
struct torch_storage *torch_storage(struct torch_store *, struct pickle_value *persistent);

#endif
