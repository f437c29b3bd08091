/* SPDX-License-Identifier: Apache-2.0 */
/* In place of term.c in a build without curses: scripts still work. */
#include "ui/ui.h"

bool
ui_possible(void)
{
	return false;
}

int
ui_run(const struct options *o)
{
	(void)o;
	return -1;
}
