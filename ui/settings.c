/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ui/settings.h"
#include "ui/state.h"

struct toggle {
	const char *name, *help;
	bool (*get)(const struct ui *);
	void (*flip)(struct ui *);
};

static bool get_ascii(const struct ui *ui) { return ui->grid.ascii; }
static void flip_ascii(struct ui *ui) { ui->grid.ascii = !ui->grid.ascii; }
static bool get_mouse(const struct ui *ui) { return ui->mouse; }
static void flip_mouse(struct ui *ui) { ui->mouse = !ui->mouse; }
static bool get_sync(const struct ui *ui) { return ui->sync; }
static void flip_sync(struct ui *ui) { ui->sync = !ui->sync; }
static bool get_stacked(const struct ui *ui) { return ui->stacked; }
static void flip_stacked(struct ui *ui) { ui->stacked = !ui->stacked; }

static const struct toggle toggles[] = {
	{ "ascii", "lines and marks in ASCII (~)", get_ascii, flip_ascii },
	{ "mouse", "click, double click, wheel; hinders the terminal's own copying", get_mouse,
	    flip_mouse },
	{ "sync", "the cursor of the other model follows (s)", get_sync, flip_sync },
	{ "stacked", "two models one above the other (\\)", get_stacked, flip_stacked },
};
enum { TOGGLES = sizeof toggles / sizeof *toggles };

static const char columns_name[] = "columns";

const char *
toggle_name(uint32_t i, const char **help)
{
	if (i >= TOGGLES)
		return NULL;
	*help = toggles[i].help;
	return toggles[i].name;
}

bool
toggle_get(const struct ui *ui, uint32_t i)
{
	return toggles[i].get(ui);
}

void
toggle_flip(struct ui *ui, uint32_t i)
{
	toggles[i].flip(ui);
	ui_stale(ui);
}

static bool
is(const char *name, const char *s, size_t n)
{
	return strlen(name) == n && memcmp(name, s, n) == 0;
}

static void
set_toggle(struct ui *ui, uint32_t i, const char *value)
{
	bool on = strcmp(value, "on") == 0;

	if (*value != '\0' && !on && strcmp(value, "off") != 0)
		ui_say(ui, ST_ERROR, "%s is on or off", toggles[i].name);
	else if (*value == '\0' || toggle_get(ui, i) != on)
		toggle_flip(ui, i);
}

int
settings_column(const char *s, size_t n)
{
	int c = 0;

	while (c < COL_COUNT && !is(column_rows[c].name, s, n))
		c++;
	return c;
}

/* All or nothing: a list with a word that is no column changes nothing. */
static void
set_columns(struct ui *ui, const char *list)
{
	bool shown[COL_COUNT] = { false };
	size_t n;

	for (const char *s = list; *s != '\0'; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		if (settings_column(s, n) == COL_COUNT) {
			ui_say(ui, ST_ERROR, "set columns, column %u of the list: no such name; "
			    "a lists them", (unsigned)(s - list) + 1);
			return;
		}
		shown[settings_column(s, n)] = true;
	}
	if (ui_pane(ui)->graph != NULL)
		ui_snapshot(ui, ui_pane(ui));
	memcpy(ui->columns, shown, sizeof shown);
	ui->measured = ui->supported = true;
	ui_stale(ui);
}

static void
set_verdict(struct ui *ui, uint32_t i, const char *value)
{
	const char *v;

	for (uint32_t k = 0; (v = verdict_value(i, k)) != NULL; k++) {
		if (strcmp(v, value) == 0) {
			verdict_choose(ui, i, k);
			return;
		}
	}
	ui_say(ui, ST_ERROR, "no such value; t lists them");
}

void
settings_set(struct ui *ui, const char *name, size_t n, const char *value)
{
	const char *s, *help;
	uint32_t at;

	for (uint32_t i = 0; (s = verdict_setting(ui, i, &at, &help)) != NULL; i++) {
		if (is(s, name, n)) {
			set_verdict(ui, i, value);
			return;
		}
	}
	for (uint32_t i = 0; (s = toggle_name(i, &help)) != NULL; i++) {
		if (is(s, name, n)) {
			set_toggle(ui, i, value);
			return;
		}
	}
	if (is(columns_name, name, n))
		set_columns(ui, value);
	else
		ui_say(ui, ST_ERROR, "set NAME [VALUE]: no such setting; t and a list them");
}

const char *
settings_name(uint32_t i)
{
	if (i < VERDICT_SETTINGS)
		return verdict_name(i);
	i -= VERDICT_SETTINGS;
	return i < TOGGLES ? toggles[i].name : i == TOGGLES ? columns_name : NULL;
}

const char *
settings_value(const struct ui *ui, const char *line, uint32_t i)
{
	static const char *const on[] = { "on", "off" };
	size_t n = strcspn(line, " ");

	(void)ui;
	for (uint32_t k = 0; k < VERDICT_SETTINGS; k++)
		if (is(verdict_name(k), line, n))
			return verdict_value(k, i);
	if (is(columns_name, line, n))
		return i < COL_COUNT ? column_rows[i].name : NULL;
	return i < 2 ? on[i] : NULL;
}
