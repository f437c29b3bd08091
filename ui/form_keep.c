/* SPDX-License-Identifier: Apache-2.0 */
/* Lines NAME=VALUE behind one that says the model's path. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/regular.h"
#include "base/sink.h"
#include "ui/config.h"
#include "ui/form.h"

enum { LINE = 4096 };

/* false: there is no place for it. */
static bool
place_of(const struct form *f, char *buf, size_t n, char real[PATH_MAX])
{
	char folder[PATH_MAX];
	int len;

	if (f->path == NULL || realpath(f->path, real) == NULL ||
	    !config_path(CONFIG_CONVERT, folder, sizeof folder))
		return false;
	len = snprintf(buf, n, "%s/%016" PRIx64, folder, hash_bytes(0, real, strlen(real)));
	return len > 0 && (size_t)len < n;
}

/* What is a matter of this time alone neither is written nor taken where it stands. */
static bool
keeps(const struct form_row *row)
{
	return strcmp(row->name, "trust") != 0 && strcmp(row->name, "replace") != 0;
}

static bool
kept(const struct form *f, uint32_t i)
{
	return form_written(f, i) && keeps(&f->rows[i]) &&
	    strpbrk(form_text(f, i), "\r\n") == NULL;
}

void
form_keep(const struct form *f)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct sink out;

	if (!place_of(f, path, sizeof path, real) || strpbrk(real, "\r\n") != NULL)
		return;
	config_folders(path);
	sink_init(&out, -1);
	sink_printf(&out, "model=%s\n", real);
	for (uint32_t i = 0; i < f->n; i++)
		if (kept(f, i))
			sink_printf(&out, "%s=%s\n", f->rows[i].name, form_text(f, i));
	regular_write(path, out.buf, out.n); /* else they are asked for once more */
	sink_fini(&out);
}

void
form_recall(struct form *f)
{
	char path[PATH_MAX], real[PATH_MAX], line[LINE], *eq;
	FILE *in;

	if (!place_of(f, path, sizeof path, real) || (in = regular_stream(path)) == NULL)
		return;
	while (fgets(line, sizeof line, in) != NULL) {
		uint32_t row;

		line[strcspn(line, "\r\n")] = '\0';
		if ((eq = strchr(line, '=')) == NULL)
			continue;
		row = form_find(f, line, (size_t)(eq - line));
		if (row < f->n && keeps(&f->rows[row]))
			form_set(f, row, eq + 1);
		else if (row >= f->n && strncmp(line, "model=", 6) == 0 &&
		    strcmp(eq + 1, real) != 0)
			break; /* another model's: their names collide */
	}
	fclose(in);
}
