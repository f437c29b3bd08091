/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders that come into their place whole or not at all. Until then they
 * have no name where the system can do that, else one beside: PATH.part-XXXXXX. What a
 * process that was killed has left is known by its lock, which nobody holds any more. */
#ifndef BASE_BESIDE_H
#define BASE_BESIDE_H

struct ctx;

struct beside {
	const char *path;  /* borrowed: where it is to be */
	char *real;        /* malloc'ed: path behind links, or NULL */
	char *name;        /* malloc'ed: what a signal must remove; NULL: it has no name */
	int fd;            /* of the file to write, or the lock of the folder; -1: none */
};

/* Where a file at path really stands or would stand: behind links, also when what the last
 * one leads to is not there yet. malloc'ed; NULL with errno. */
char *beside_place(const char *path);

/* Begin a file that is to stand at path: behind links when there are some, readable for
 * those that could read what was there. Returns 0 or an errno. */
int beside_open(struct beside *, const char *path);
/* Put the file in its place, or remove it. Returns 0 or an errno. */
int beside_publish(struct beside *);
/* Begin a folder, name, in which what is to stand at path is made. 0 or an errno. */
int beside_folder(struct beside *, const char *path);
/* Remove the file or the folder with all that is in it. Also after a failure. */
void beside_drop(struct beside *);

/* Remove what processes that are gone left beside path, with a note for each. Nothing
 * that another process is still writing is touched. */
void beside_sweep(struct ctx *, const char *path);

#endif
