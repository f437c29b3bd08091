/* SPDX-License-Identifier: Apache-2.0 */
/* The exact counterparts of a conversion, as the converter tells them: kept in
 * PACKAGE.map beside what was made, and used in place of a search when the graphs
 * of both models are still those of that day. A text of lines with tabs:
 *
 *	mlinspect-map 2
 *	a DIGEST FILE                 the model that was converted
 *	b DIGEST FILE                 what became of it
 *	A B KIND NAME                 nodes by id; kind and name for people
 *	end COUNT                     of those lines */
#ifndef APP_MAP_H
#define APP_MAP_H

#include <stdbool.h>

struct align_given;
struct arena;
struct convert_run;
struct ctx;
struct model;
struct session;

/* Where the map of a package is: PACKAGE.map, in the arena. */
const char *map_path(struct arena *, const char *package);
/* After a conversion of the session's model to a package at path: write the map.
 * False with errno; ENODATA: the package cannot be read. */
bool map_write(struct session *, const char *package, const struct convert_run *);
/* Counterparts in the arena; NULL when the file is none, which is reported, or of
 * other graphs than these. */
const struct align_given *map_read(struct ctx *, struct arena *, const char *path,
	const struct model *a, const struct model *b);

#endif
