/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rules/setting.h"
#include "rules/support/support.h"
#include "ui/state.h"

/* The first value of each is "default": as the options say, or as the converter
 * does by itself, or any machine. */
static const char *const targets[] = {
	"iOS14", "iOS15", "iOS16", "iOS17", "iOS18", "iOS26"
};
static const char *const precisions[] = { "f16", "f32" };
static const char *const systems[] = {
	"iOS16", "iOS17", "iOS18", "iOS26", "macOS14", "macOS15", "macOS26"
};

#define OF(list) (i < sizeof(list) / sizeof *(list) ? (list)[i] : NULL)
static const char *target_name(uint32_t i) { return OF(targets); }
static const char *precision_name(uint32_t i) { return OF(precisions); }
static const char *system_name(uint32_t i) { return OF(systems); }

static const char *
units_value(uint32_t i)
{
	return i < UNITS_COUNT ? units_name((enum units)i) : NULL;
}

static const struct {
	const char *name, *help;
	const char *(*value)(uint32_t); /* but for "default" */
} settings[VERDICT_SETTINGS] = {
	[SET_TARGET] = { "target", "minimum deployment target of the conversion", target_name },
	[SET_PRECISION] = { "precision", "compute precision of the conversion", precision_name },
	[SET_CHIP] = { "chip", "where it runs", setting_chip_name },
	[SET_OS] = { "os", "system where it runs", system_name },
	[SET_UNITS] = { "units", "compute units", units_value },
};

/* What was chosen on the screen, or what is there without. */
static const char *
chosen(const struct ui *ui, enum verdict_set i, const char *otherwise)
{
	return ui->chosen[i] > 0 ? verdict_value(i, ui->chosen[i]) : otherwise;
}

void
ui_conversion(const struct ui *ui, struct conversion *c)
{
	options_conversion(ui->options, c);
	c->target = chosen(ui, SET_TARGET, c->target);
	c->precision = chosen(ui, SET_PRECISION, c->precision);
}

void
ui_setting(const struct ui *ui, struct setting *s)
{
	const char *chip, *os, *target, *units = chosen(ui, SET_UNITS, NULL);

	*s = ui->options->session.setting;
	chip = chosen(ui, SET_CHIP, s->chip);
	os = chosen(ui, SET_OS, s->os);
	s->precision = chosen(ui, SET_PRECISION, s->precision);
	target = chosen(ui, SET_TARGET, ui->options->convert.target);
	s->target = target != NULL ? support_target(target) : 0;
	s->platform = NULL; /* follows from the two */
	if (chip != NULL)
		setting_chip(s, chip);
	if (os != NULL)
		setting_os(s, os);
	if (units != NULL)
		setting_units(s, units);
}

const char *
verdict_setting(const struct ui *ui, uint32_t i, uint32_t *at, const char **help)
{
	if (i >= VERDICT_SETTINGS)
		return NULL;
	*at = ui->chosen[i];
	*help = settings[i].help;
	return settings[i].name;
}

const char *
verdict_value(uint32_t i, uint32_t k)
{
	return k == 0 ? "default" : settings[i].value(k - 1);
}

const char *
verdict_name(uint32_t i)
{
	return settings[i].name;
}

void
verdict_next(struct ui *ui, uint32_t i)
{
	verdict_choose(ui, i, verdict_value(i, ui->chosen[i] + 1) != NULL ? ui->chosen[i] + 1 : 0);
}

void
verdict_choose(struct ui *ui, uint32_t i, uint32_t k)
{
	ui->chosen[i] = k;
	for (struct doc *d = ui->docs; d != NULL; d = d->next)
		doc_analyse(ui, d);
}
