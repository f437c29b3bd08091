/* SPDX-License-Identifier: Apache-2.0 */
/* Which Python runs our driver, and where the driver is. */
#ifndef CMD_HELPER_H
#define CMD_HELPER_H

#include "cmd/command.h"

struct child;
struct child_options;

/* Python: --python, $MLINSPECT_PYTHON, venv/ beside the program (make venv), python3.
 * The driver: share/mlinspect beside the program or beside its folder,
 * $MLINSPECT_SHARE before both. Limits are those of the options. Texts lie in the
 * call's arena. false after a diagnostic: the driver is not there. */
bool helper_find(struct call *, struct child_options *);
/* A finding that says how the child ended. Returns EXIT_TOOL. */
enum exit_status helper_failed(struct call *, const struct child *);

#endif
