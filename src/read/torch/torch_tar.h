/* SPDX-License-Identifier: Apache-2.0 */
/* What torch.save wrote until PyTorch 0.1.1: a tar archive of storages, tensors
 * and a pickle that names both by number. */
#ifndef READ_TORCH_TAR_H
#define READ_TORCH_TAR_H

#include <stdbool.h>
#include <stdint.h>

#include "read/tar.h"

struct arena;
struct ctx;
struct pickle;
struct source;
struct torch_object;

struct torch_tar {
	const struct source *src;
	/* called with each pickle of it, before what it says is followed; or NULL */
	void (*pickle)(void *arg, const struct source *member, const struct pickle *);
	/* called when a member goes on at this place, behind what is read; or NULL */
	void (*rest)(void *arg, const struct source *member, uint64_t at);
	void *arg;
};

/* Has it the members of one? */
bool torch_tar_is(const struct source *);
/* The members that are read, the last ones of their names; .off is 0 where there is
 * none. The walk that found them, for what ended it. */
struct torch_tar_parts { struct tar_member list[4]; struct tar walk; };
void torch_tar_find(const struct source *, struct torch_tar_parts *);
/* Is that one of them? */
bool torch_tar_part(const struct torch_tar_parts *, const struct tar_member *);
/* Its object; tensors stand in the pickle as later versions write them. All lives
 * in a. false: after findings for what is not there or damaged. */
bool torch_tar_read(struct torch_object *, struct ctx *, struct arena *a, struct arena *scratch,
	const struct torch_tar *);

#endif
