/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the screen writes: never over a model that is open, over others when asked. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/regular.h"
#include "ui/state.h"

/* Is the file in the package? */
static bool
lies_in(const char *file, const char *package)
{
	char *a = realpath(file, NULL), *b = realpath(package, NULL);
	size_t n = b != NULL ? strlen(b) : 0;
	bool in = a != NULL && b != NULL && strncmp(a, b, n) == 0 && a[n] == '/';

	free(a);
	free(b);
	return in;
}

static bool
is_held(const struct ui *ui, const char *path)
{
	for (const struct doc *d = ui->docs; d != NULL; d = d->next)
		if (lies_in(path, d->path) || (d->s != NULL && session_holds(d->s, path)))
			return true;
	return false;
}

bool
ui_may_write(struct ui *ui, const char *path, bool over)
{
	char shown[120];

	ui_short(shown, sizeof shown, "", path);
	if (access(path, F_OK) != 0)
		return true;
	if (is_held(ui, path))
		ui_say(ui, ST_ERROR, "%s is of a model that is open: nothing was written", shown);
	else if (!over)
		ui_say(ui, ST_ERROR, "%s is there: with a ! behind the command it is written over",
		    shown);
	else
		return true;
	return false;
}

void
ui_write(struct ui *ui, const char *path, bool over, const char *text, size_t n)
{
	char shown[120];
	int err;

	if (!ui_may_write(ui, path, over))
		return;
	err = regular_write(path, text, n);
	ui_short(shown, sizeof shown, err == 0 ? "written to " : "cannot be written: ", path);
	ui_say(ui, err == 0 ? ST_GOOD : ST_ERROR, "%s%s%s", shown, err == 0 ? "" : ": ",
	    err == 0 ? "" : regular_says(err));
}
