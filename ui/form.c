/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "app/session.h"
#include "convert/offer.h"
#include "convert/prefill.h"
#include "ui/form.h"

static const char *const targets[] = {
	"default", "iOS15", "iOS16", "iOS17", "iOS18", "iOS26", "iOS14", "iOS13", NULL
};
static const char *const kinds[] = { "default", "mlprogram", "neuralnetwork", NULL };
static const char *const precisions[] = { "default", "f16", "f32", NULL };
static const char *const units[] = {
	"default", "ALL", "CPU_ONLY", "CPU_AND_GPU", "CPU_AND_NE", NULL
};
static const char *const passes[] = { "default", "CLEANUP", "EMPTY", NULL };
static const char *const on[] = { "on", "off", NULL };
static const char *const off[] = { "off", "on", NULL };
static const char *const answers[] = { "no", "yes", NULL };

/* at: member of struct convert_options; NONE: assembled apart. */
#define NONE SIZE_MAX
#define AT(m) offsetof(struct convert_options, m)
static const struct plain {
	const char *name, *option;
	size_t at;
	const char *help;
	const char *const *values;
} before[] = {
	{ "target", "--target", AT(target), "oldest system it is to run on", targets },
	{ "convert-to", "--convert-to", AT(convert_to), "what to make", kinds },
	{ "precision", "--precision", NONE, "of computing", precisions },
	{ "in-f32", "--precision", NONE, "operators that stay in f32, with commas", NULL },
	{ "units", "--compute-units", AT(compute_units), "where it may run", units },
	{ "passes", "--passes", AT(passes), "which of the optimiser", passes }
}, after[] = {
	{ "outputs", "--outputs", AT(outputs), "names and types, with commas: y:f16", NULL },
	{ "states", "--states", NONE, "state:NAME:f16[1,8], with commas", NULL },
	{ "labels", "--labels", AT(labels), "of a classifier, with commas", NULL },
	{ "without", "--without", AT(without), "passes left out, with commas", NULL },
	{ "out", "--out", AT(out), "package to write", NULL },
	{ "replace", "--force", NONE, "a package that is there already", answers },
	{ "trust", "--trust", NONE, "load it whatever scan finds", answers }
};
enum { BEFORE = sizeof before / sizeof *before, AFTER = sizeof after / sizeof *after };

static struct form_row *
add_row(struct form *f, struct form_row row)
{
	f->rows = arena_grow(&f->arena, f->rows, f->n, sizeof *f->rows);
	f->rows[f->n] = row;
	return &f->rows[f->n++];
}

static void
add_plain(struct form *f, const struct plain *p)
{
	add_row(f, (struct form_row){ .name = p->name, .option = p->option, .help = p->help,
	    .values = p->values, .input = UINT32_MAX, .own = "" });
}

static void
add_inputs(struct form *f, const struct model *m)
{
	uint32_t n;
	const struct prefill *list = prefill_inputs(&f->arena, m, &n);

	for (uint32_t i = 0; i < n; i++)
		add_row(f, (struct form_row){ .option = "--input", .input = i,
		    .name = arena_printf(&f->arena, "input:%s", list[i].name),
		    .own = list[i].spec, .help = "" });
}

/* model.pt2 becomes model.mlpackage. */
static const char *
default_out(struct arena *a, const char *path)
{
	const char *dot = strrchr(path, '.');

	return arena_printf(a, "%.*s.mlpackage", dot != NULL && strchr(dot, '/') == NULL ?
	    (int)(dot - path) : (int)strlen(path), path);
}

static void
make_rows(struct form *f, const struct session *s)
{
	f->path = arena_strdup(&f->arena, s->path, strlen(s->path));
	f->format = prefill_format(s->model);
	f->states = prefill_states(&f->arena, s->model);
	for (int i = 0; i < BEFORE; i++)
		add_plain(f, &before[i]);
	for (const struct cure *c = cures; c->name != NULL; c++)
		if (c->format == f->format)
			add_row(f, (struct form_row){ .name = c->name, .help = c->brief,
			    .option = c->asked ? "--cure" : "--no-cure", .own = "",
			    .values = c->asked ? off : on, .input = UINT32_MAX, .cure = c });
	add_inputs(f, s->model);
	for (int i = 0; i < AFTER; i++)
		add_plain(f, &after[i]);
	f->rows[form_find(f, "out", 3)].own = default_out(&f->arena, f->path);
}

static void
set_named(struct form *f, const char *name, const char *value)
{
	uint32_t row = form_find(f, name, strlen(name));

	if (row < f->n && value != NULL)
		form_set(f, row, value);
}

/* Cures that a list of --cure or --no-cure has, or all. */
static void
set_cures(struct form *f, const char *list, bool asked)
{
	size_t n;

	for (uint32_t i = 0; !asked && list != NULL && *list == '\0' && i < f->n; i++)
		if (f->rows[i].cure != NULL && !f->rows[i].cure->asked)
			f->rows[i].chosen = 1;
	for (; list != NULL && *list != '\0'; list += n + (list[n] == ',')) {
		uint32_t row = form_find(f, list, n = strcspn(list, ","));

		if (row < f->n && f->rows[row].cure != NULL)
			f->rows[row].chosen = f->rows[row].cure->asked == asked;
	}
}

static void
set_input(struct form *f, const char *spec, uint32_t which)
{
	const char *s = strncmp(spec, "image:", 6) == 0 ? spec + 6 : spec, *name;
	size_t n;

	for (uint32_t i = 0; i < f->n; i++) {
		name = f->rows[i].input != UINT32_MAX ? f->rows[i].name + 6 : "";
		n = strlen(name);
		if (n > 0 && strncmp(s, name, n) == 0 && s[n] == ':') {
			form_set(f, i, spec);
			return;
		}
	}
	for (uint32_t i = 0; i < f->n; i++)
		if (f->rows[i].input == which)
			form_set(f, i, spec);
}

static void
set_given(struct form *f, const struct convert_options *o)
{
	const char *p = o->precision;

	for (int i = 0; i < BEFORE + AFTER; i++) {
		const struct plain *row = i < BEFORE ? &before[i] : &after[i - BEFORE];

		if (row->at != NONE)
			set_named(f, row->name, *(const char *const *)(const void *)
			    ((const char *)o + row->at));
	}
	set_named(f, "precision", p != NULL && strncmp(p, "f16!", 4) == 0 ? "f16" : p);
	set_named(f, "in-f32", p != NULL && strncmp(p, "f16!", 4) == 0 ? p + 4 : NULL);
	set_named(f, "states", o->states);
	set_named(f, "replace", o->force ? "yes" : NULL);
	set_cures(f, o->no_cure, false);
	set_cures(f, o->cure, true);
	for (uint32_t i = 0; i < o->ninputs; i++)
		set_input(f, o->inputs[i], i);
}

struct making {
	struct form *f;
	const struct session *s;
	const struct convert_options *o;
	bool keep;
};

static void
make(void *arg)
{
	struct making *m = arg;

	make_rows(m->f, m->s);
	if (m->keep)
		form_recall(m->f);
	set_given(m->f, m->o);
}

void
form_make(struct form *f, const struct session *s, const struct convert_options *o, bool keep)
{
	struct making m = { f, s, o, keep };

	form_free(f);
	ctx_init(&f->ctx);
	arena_init(&f->arena, &f->ctx);
	if (ctx_protect(&f->ctx, make, &m) != 0)
		f->n = 0;
}

void
form_free(struct form *f)
{
	if (f->path != NULL) {
		arena_free(&f->arena);
		ctx_fini(&f->ctx);
	}
	memset(f, 0, sizeof *f);
}

uint32_t
form_find(const struct form *f, const char *name, size_t n)
{
	static const char input[] = "input:";

	for (uint32_t i = 0; i < f->n; i++)
		if (strlen(f->rows[i].name) == n && strncmp(f->rows[i].name, name, n) == 0)
			return i;
	/* as it stands on the screen */
	for (uint32_t i = 0; i < f->n; i++)
		if (f->rows[i].input != UINT32_MAX &&
		    strlen(f->rows[i].name) == n + sizeof input - 1 &&
		    strncmp(f->rows[i].name + sizeof input - 1, name, n) == 0)
			return i;
	return UINT32_MAX;
}

static const char *
value_of(const struct form *f, const char *name)
{
	uint32_t i = form_find(f, name, strlen(name));

	return i < f->n ? form_text(f, i) : "";
}

/* TorchScript's states are to be said, where the target has them. */
static bool
has_states(const struct form *f)
{
	const char *target = value_of(f, "target");

	return f->format == CONVERT_TORCHSCRIPT && (strcmp(target, "iOS18") == 0 ||
	    strcmp(target, "iOS26") == 0);
}

const char *
form_text(const struct form *f, uint32_t row)
{
	const struct form_row *r = &f->rows[row];

	if (r->values != NULL)
		return r->values[r->chosen];
	if (r->text != NULL)
		return r->text;
	return strcmp(r->name, "states") == 0 && has_states(f) ? f->states : r->own;
}

bool
form_written(const struct form *f, uint32_t row)
{
	return f->rows[row].values != NULL ? f->rows[row].chosen > 0 : f->rows[row].text != NULL;
}

struct setting_text { struct form *f; const char **to, *value; };

static void
set_text(void *arg)
{
	struct setting_text *t = arg;

	*t->to = *t->value != '\0' ? arena_strdup(&t->f->arena, t->value, strlen(t->value)) : NULL;
}

bool
form_set(struct form *f, uint32_t row, const char *value)
{
	struct form_row *r = &f->rows[row];
	struct setting_text t = { f, &r->text, value };

	for (uint32_t k = 0; r->values != NULL && r->values[k] != NULL; k++)
		if (strcmp(r->values[k], value) == 0) {
			r->chosen = k;
			return true;
		}
	if (r->values == NULL && f->ctx.escape == NULL)
		ctx_protect(&f->ctx, set_text, &t);
	else if (r->values == NULL)
		set_text(&t);
	return r->values == NULL;
}

void
form_next(struct form *f, uint32_t row)
{
	struct form_row *r = &f->rows[row];

	r->chosen = r->values[r->chosen + 1] != NULL ? r->chosen + 1 : 0;
}

void
form_previous(struct form *f, uint32_t row)
{
	struct form_row *r = &f->rows[row];
	uint32_t n = 0;

	while (r->values[n] != NULL)
		n++;
	r->chosen = (r->chosen + n - 1) % n;
}

void
form_take(struct form *f, const struct offer *o)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct form_row *r = &f->rows[i];

		if (o->cure != NULL && r->cure != NULL && strcmp(r->cure->name, o->cure) == 0)
			r->chosen = r->cure->asked;
		else if (o->cure == NULL && strcmp(r->option, o->option) == 0 &&
		    strcmp(r->name, "in-f32") != 0)
			form_set(f, i, o->value != NULL ? o->value : "");
	}
}

bool
form_trust(const struct form *f)
{
	return strcmp(value_of(f, "trust"), "yes") == 0;
}

/* Names of cures that were switched, with commas; NULL: none. */
static const char *
switched(const struct form *f, struct arena *a, bool asked)
{
	const char *list = NULL;

	for (uint32_t i = 0; i < f->n; i++)
		if (f->rows[i].cure != NULL && f->rows[i].cure->asked == asked &&
		    f->rows[i].chosen > 0)
			list = list == NULL ? f->rows[i].name :
			    arena_printf(a, "%s,%s", list, f->rows[i].name);
	return list;
}

/* An exported program says its inputs itself: all are given, or none. */
static void
give_inputs(const struct form *f, struct arena *a, struct convert_options *o)
{
	bool any = f->format == CONVERT_TORCHSCRIPT;

	for (uint32_t i = 0; i < f->n; i++)
		any |= f->rows[i].input != UINT32_MAX && f->rows[i].text != NULL;
	for (uint32_t i = 0; any && i < f->n; i++)
		if (f->rows[i].input != UINT32_MAX) {
			o->inputs = arena_grow(a, o->inputs, o->ninputs, sizeof *o->inputs);
			o->inputs[o->ninputs++] = form_text(f, i);
		}
}

static const char *
if_any(const char *s)
{
	return *s != '\0' && strcmp(s, "default") != 0 ? s : NULL;
}

void
form_options(const struct form *f, struct arena *a, struct convert_options *o)
{
	const char *exact = value_of(f, "in-f32");

	*o = (struct convert_options){ .precision = if_any(value_of(f, "precision")) };
	for (int i = 0; i < BEFORE + AFTER; i++) {
		const struct plain *row = i < BEFORE ? &before[i] : &after[i - BEFORE];

		if (row->at != NONE)
			*(const char **)(void *)((char *)o + row->at) =
			    if_any(value_of(f, row->name));
	}
	if (*exact != '\0')
		o->precision = arena_printf(a, "%s!%s", o->precision != NULL ? o->precision :
		    "f16", exact);
	o->states = if_any(value_of(f, "states"));
	o->force = strcmp(value_of(f, "replace"), "yes") == 0;
	o->no_cure = switched(f, a, false);
	o->cure = switched(f, a, true);
	give_inputs(f, a, o);
}

uint32_t
form_row_of(const struct form *f, const struct objection *o)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (strcmp(f->rows[i].option, o->option) == 0 &&
		    (o->which == UINT32_MAX || o->which == f->rows[i].input ||
		    (o->which == OBJECTION_EXACT && strcmp(f->rows[i].name, "in-f32") == 0)))
			return i;
	return UINT32_MAX;
}
