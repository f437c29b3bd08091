/* SPDX-License-Identifier: Apache-2.0 */
#ifndef READ_ARCHIVE_CUT_H
#define READ_ARCHIVE_CUT_H

#include <stdint.h>

struct archive;

/* Fill the entries from the headers that stand before the members, without flags.
 * Returns where that ended: behind the last whole member. */
uint64_t archive_walk(struct archive *);
/* Make the table of names, when all entries are there. */
void archive_index(struct archive *);

#endif
