/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/regular.h"
#include "base/slurp.h"
#include "ui/config.h"
#include "ui/prompt.h"
#include "ui/state.h"

enum { RECENT = 20 };

bool
config_path(enum config_file which, char *buf, size_t n)
{
	static const char *const vars[] = { "XDG_CONFIG_HOME", "XDG_STATE_HOME" };
	static const char *const below[] = { "/.config", "/.local/state" };
	static const char *const names[] = { "config", "recent", "convert" };
	bool state = which != CONFIG_SETTINGS;
	const char *base = getenv(vars[state]), *home = getenv("HOME");
	int len;

	if (base != NULL && *base == '/')
		len = snprintf(buf, n, "%s/mlinspect/%s", base, names[which]);
	else if (home != NULL && *home == '/')
		len = snprintf(buf, n, "%s%s/mlinspect/%s", home, below[state], names[which]);
	else
		return false;
	return len > 0 && (size_t)len < n;
}

void
config_read(struct ui *ui, const char *path)
{
	char own[PATH_MAX], *text, *line, *next;
	size_t n;

	if (path == NULL && !config_path(CONFIG_SETTINGS, own, sizeof own))
		return;
	if ((text = slurp_regular(path != NULL ? path : own, &n)) == NULL) {
		if (path != NULL)
			ui_say(ui, ST_ERROR, "the file cannot be read: %s",
			    regular_says(errno));
		return;
	}
	for (line = text; line < text + n; line = next) {
		next = line + strcspn(line, "\n") + 1;
		line[strcspn(line, "\r\n")] = '\0';
		line[strnlen(line, PROMPT_MAX - 1)] = '\0';
		if (*line != '\0' && *line != '#')
			command_line(ui, line);
	}
	free(text);
}

void
config_folders(char *path)
{
	for (char *s = strchr(path + 1, '/'); s != NULL; s = strchr(s + 1, '/')) {
		*s = '\0';
		mkdir(path, 0700);
		*s = '/';
	}
}

/* The lines of a file, at most RECENT. */
static uint32_t
read_lines(const char *path, char *lines[RECENT])
{
	char line[PATH_MAX];
	FILE *f = regular_stream(path);
	uint32_t n = 0;

	while (f != NULL && n < RECENT && fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if ((lines[n] = strdup(line)) != NULL)
			n++;
	}
	if (f != NULL)
		fclose(f);
	return n;
}

void
config_recent_add(struct ui *ui, const char *model)
{
	char path[PATH_MAX], real[PATH_MAX], *old[RECENT];
	struct sink out;
	uint32_t n;

	if (!ui->threads || realpath(model, real) == NULL ||
	    !config_path(CONFIG_RECENT, path, sizeof path))
		return; /* scripts leave no traces */
	n = read_lines(path, old);
	config_folders(path);
	sink_init(&out, -1);
	sink_printf(&out, "%s\n", real);
	for (uint32_t k = 0; k < n; k++) {
		if (k < RECENT - 1 && strcmp(old[k], real) != 0)
			sink_printf(&out, "%s\n", old[k]);
		free(old[k]);
	}
	regular_write(path, out.buf, out.n); /* without it the list stays as it was */
	sink_fini(&out);
}
