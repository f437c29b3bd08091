/* SPDX-License-Identifier: Apache-2.0 */
/* What torch.save has written: an archive with one pickle and its storages. */
#ifndef READ_TORCH_OBJECT_H
#define READ_TORCH_OBJECT_H

#include "read/torch/pickle.h"
#include "read/torch/torch_tensor.h"

struct sink;
struct strtab;

struct torch_object {
	struct archive *z;           /* NULL: of a file that is no archive */
	const struct source *src;    /* of the pickle */
	struct pickle pickle;
	struct torch_store store;
};

/* Open an archive of torch.save; src NULL is none. False after a diagnostic, or
 * when it is none. What can be read of a damaged one is there. */
bool torch_object_open(struct torch_object *, struct ctx *, struct arena *, struct arena *scratch,
	const struct source *src);

/* The same of an archive that is open. */
bool torch_object_read(struct torch_object *, struct ctx *, struct arena *, struct arena *scratch,
	struct archive *);

/* v in a few words, in Python's manner: (f32[2,3], 4, {'mask': bool[2]}). */
void torch_object_describe(struct torch_object *, struct sink *, struct pickle_value *v);

/* Call each for every tensor below v with its dotted name: keys and indices, but
 * of a module the names that its parameters have. A tensor at several places is
 * shown at each. Stops when each says false. */
struct torch_walk {
	bool (*each)(void *arg, const char *name, struct pickle_value *v);
	void *arg;
};
void torch_object_walk(struct torch_object *, const struct torch_walk *, struct pickle_value *v);

#endif
