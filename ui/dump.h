/* SPDX-License-Identifier: Apache-2.0 */
/* What is on the screen as data: rows, lanes, folds and boxes as JSON, for tests and
 * other programs (doc/JSON.md: the screen). */
#ifndef UI_DUMP_H
#define UI_DUMP_H

#include "report/json.h"

struct sink;
struct ui;
struct vframe;

/* One object, an element of its lists a line, and a line break. May leave through the
 * screen's escape. */
void dump_layout(struct ui *, struct sink *);
/* views/boxes.c: the members of what the view has drawn last. */
void boxes_dump(const struct vframe *, struct json *);

#endif
