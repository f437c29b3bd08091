/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a session as a danger: read/torch/scan.h. It needs no model in it. */
#ifndef APP_SCAN_H
#define APP_SCAN_H

#include "read/torch/scan.h"

struct session;

/* Findings go to ctx.diags, the result to the arena. NULL after a diagnostic when
 * the file cannot be opened, or memory ended. */
const struct scan *session_scan(struct session *, struct arena *);

#endif
