/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal interface, as main calls it. */
#ifndef UI_UI_H
#define UI_UI_H

#include <stdbool.h>

struct options;

/* Is this a terminal that the interface can run on? */
bool ui_possible(void);
/* Run it on the terminal until the user leaves; the exit status. */
int ui_run(const struct options *);

#endif
