/* SPDX-License-Identifier: Apache-2.0 */
/* Tar archives: members one after the other, each behind a block that names it.
 * Source: POSIX pax, ustar interchange format. */
#ifndef READ_TAR_H
#define READ_TAR_H

#include <stdbool.h>
#include <stdint.h>

struct source;

struct tar_member {
	char name[101];
	char type;            /* '0' or NUL: a file; 'x' and 'g': remarks on what follows */
	uint64_t off, size;   /* of its content, which lies in the source */
};

/* Does it begin with the block of a member? */
bool tar_is(const struct source *);
/* The member whose block is at *at, which moves behind it; start with 0. Content
 * that is cut is as long as it is there. false: there is no further one. */
bool tar_next(const struct source *, uint64_t *at, struct tar_member *);
/* The file of that name, the last of several. false: there is none. */
bool tar_find(const struct source *, const char *name, struct tar_member *);

#endif
