/* SPDX-License-Identifier: Apache-2.0 */
/* Core ML packages: folders with a manifest that leads to the model file.
 * Source: facts/coreml-format.md section 1. */
#ifndef READ_MLPACKAGE_H
#define READ_MLPACKAGE_H

#include <stdbool.h>

struct bundle;
struct model;
struct source;

/* Is the path a folder? All folders are taken for packages: what a folder
 * lacks is told when it is opened. */
bool mlpackage_is(const char *path);

/* The root model of a package or of what Apple's compiler made, open, with its
 * own folder for side files; not yet entered in the model. Paths of the
 * manifest are hostile: none leaves the package. NULL with a DIAG_OPEN_* when
 * there is no model to be found; a manifest that is wrong is reported and the
 * usual place is tried. Of a compiled model the interface is read. */
struct source *mlpackage_source(struct bundle *, struct model *);

#endif
