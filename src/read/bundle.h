/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a package: of a folder, or of an archive that holds one. Paths
 * are relative to it and hostile until side_refuse has judged them; links are
 * not followed unless that is asked for. Nothing is read but what is opened. */
#ifndef READ_BUNDLE_H
#define READ_BUNDLE_H

#include <stdbool.h>

struct archive;
struct arena;
struct ctx;
struct source;

struct bundle {
	struct ctx *ctx;
	struct arena *a;       /* of sources */
	const char *name;      /* for messages */
	int fd;                /* of the folder; -1: it is in an archive */
	bool follow;           /* symbolic links */
	struct archive *zip;   /* NULL: a folder; else: */
	const char *prefix;    /* of its members' names: "", or with a slash at the end */
};

/* The package or compiled model in an archive: the one nearest to the top,
 * which the last member of a name that only these have leads to. false: there
 * is none. */
bool bundle_zipped(struct bundle *, struct archive *);
/* A regular file, with its folder for side files. NULL with errno: ENOENT,
 * ELOOP for a link, EINVAL for what is no file. The caller closes it, or the
 * model that it is entered in. */
struct source *bundle_open(struct bundle *, const char *path);
/* A folder of the path, whose files are a bundle of their own. false: errno. */
bool bundle_enter(struct bundle *, const char *path, struct bundle *inner);
void bundle_close(struct bundle *);
/* 0: a file or folder is there; else the errno that says why not. */
int bundle_look(struct bundle *, const char *path);
/* Call each for every file below a folder of the bundle, by its path in the
 * bundle, until it says false. A few thousand entries at most are looked at. */
void bundle_walk(struct bundle *, const char *path,
	bool (*each)(void *arg, const char *path), void *arg);

#endif
