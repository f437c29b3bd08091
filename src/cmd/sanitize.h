/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_SANITIZE_H
#define CMD_SANITIZE_H

#include <stdbool.h>

struct call;
struct ctx;
struct sanitize;

/* Can the ONNX model of the call be written again to that place? false after a diagnostic. */
bool sanitize_possible(struct call *, const char *out);

/* Write what was planned to path: whole or not at all, and what a signal interrupts is
 * gone. Leftovers of runs that were killed are removed, with a note. 0 or an errno. */
int sanitize_file(struct ctx *, struct sanitize *, const char *path);

#endif
