/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that a helper leaves behind, in sessions of their own as well. Linux hands
 * them to us (PR_SET_CHILD_SUBREAPER) and tells whose they were; elsewhere the helper's
 * process group is all that is known, and its end all that can be done. */
#ifndef CONVERT_ORPHANS_H
#define CONVERT_ORPHANS_H

/* From now on they become ours. */
void orphans_adopt(void);
/* The environment for a helper with that mark, "NAME=...", to be freed; NULL: no memory. */
char **orphans_environment(const char *mark);
/* End those that were started with that mark by a helper that has ended, and theirs. */
void orphans_end(const char *mark);
/* The beginning of all marks. */
#define ORPHANS_MARK "MLINSPECT_HELPER="

#endif
