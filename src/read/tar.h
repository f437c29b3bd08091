/* SPDX-License-Identifier: Apache-2.0 */
/* Tar archives: members one after the other, each behind a block that names it.
 * Read as Python does, whose readers are the ones to be warned. Sources: POSIX
 * pax, ustar interchange format; tarfile.py. */
#ifndef READ_TAR_H
#define READ_TAR_H

#include <stdbool.h>
#include <stdint.h>

struct source;

struct tar_member {
	char name[257];       /* cut where it is longer */
	char type;            /* '0' or NUL: a file; 'x' and 'g': remarks on what follows */
	uint64_t off, size;   /* of its content, which lies in the source */
};

/* A walk over the members: begin with .src alone. */
struct tar {
	const struct source *src;
	uint64_t at;          /* of the next block */
	const char *problem;  /* what readers may see otherwise or not at all; else NULL */
	uint64_t problem_at;  /* the block it is in */
	/* what remarks say of the next member */
	char name[257];
	uint64_t size;
	bool named, sized;
};

/* Does it begin with the block of a member, whole or not? */
bool tar_is(const struct source *);
/* false: there is no further one, or none can be found behind the problem. Content
 * that is cut is as long as it is there, which is a problem too. */
bool tar_next(struct tar *, struct tar_member *);
/* Has it content of its own, no remark, link, folder or device? */
bool tar_file(const struct tar_member *);

#endif
