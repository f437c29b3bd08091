/* SPDX-License-Identifier: Apache-2.0 */
/* The Python file that a node comes from. */
#ifndef UI_PYTHON_H
#define UI_PYTHON_H

#include <stdbool.h>
#include <stdio.h>

struct doc;
struct ui;

/* The file as it is named, or one of that name beside the model; NULL: neither is there.
 * The caller closes it. */
FILE *python_open(const struct doc *, const char *file);
/* Was it written after the model was? */
bool python_newer(FILE *, const struct doc *);
/* The file of the node under the cursor on a page of its own, at the line. */
void python_show(struct ui *);

#endif
