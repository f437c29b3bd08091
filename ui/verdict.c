/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ui/state.h"

/* The first of each: as the options say, or as the converter does by itself. */
static const char *const targets[] = {
	"default", "iOS14", "iOS15", "iOS16", "iOS17", "iOS18", "iOS26", NULL
};
static const char *const precisions[] = { "default", "f16", "f32", NULL };

static const struct {
	const char *name, *help;
	const char *const *values;
} settings[] = {
	{ "target", "minimum deployment target of the conversion", targets },
	{ "precision", "compute precision of the conversion", precisions },
};
enum { SETTINGS = sizeof settings / sizeof *settings };

void
ui_conversion(const struct ui *ui, struct conversion *c)
{
	const struct convert_options *o = &ui->options->convert;

	*c = ui->options->with;
	c->inputs = o->inputs;
	c->ninputs = o->ninputs;
	c->states = o->states;
	c->outputs = o->outputs;
	c->target = ui->target > 0 ? targets[ui->target] : o->target;
	c->convert_to = o->convert_to;
	c->precision = ui->precision > 0 ? precisions[ui->precision] : o->precision;
	c->pipeline = o->passes;
	c->classifier = o->labels;
}

static uint32_t *
chosen(struct ui *ui, uint32_t i)
{
	return i == 0 ? &ui->target : &ui->precision;
}

const char *
verdict_setting(const struct ui *ui, uint32_t i, const char *const **values, uint32_t *at,
    const char **help)
{
	if (i >= SETTINGS)
		return NULL;
	*values = settings[i].values;
	*at = i == 0 ? ui->target : ui->precision;
	*help = settings[i].help;
	return settings[i].name;
}

void
verdict_next(struct ui *ui, uint32_t i)
{
	uint32_t *at = chosen(ui, i);

	*at = settings[i].values[*at + 1] != NULL ? *at + 1 : 0;
	for (struct doc *d = ui->docs; d != NULL; d = d->next)
		doc_analyse(ui, d);
}
