/* SPDX-License-Identifier: Apache-2.0 */
/* A row for each kind of failure that an option can cure; the first that fits and
 * has something to offer wins. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "convert/offer.h"
#include "convert/run.h"

/* The first word of the message that is "iOS" and a number, or NULL. */
static const char *
named_target(struct arena *a, const char *message)
{
	const char *s = message;

	while ((s = strstr(s, "iOS")) != NULL) {
		size_t n = strspn(s + 3, "0123456789");

		if (n > 0)
			return arena_strdup(a, s, 3 + n);
		s += 3;
	}
	return NULL;
}

/* A later target than the one in force; NULL: there is none. */
static const char *
later_target(const struct convert_run *r)
{
	static const char *const names[] = { "iOS16", "iOS17", "iOS18", "iOS26" };
	uint32_t now = r->r->spec_target != 0 ? r->r->spec_target : r->r->network_format ? 4 : 6;

	/* iOS16 is specification 7, and so on */
	return now < 7 ? names[0] : now - 6 < 4 ? names[now - 6] : NULL;
}

static bool
offer_target(struct offer *o, struct arena *a, const struct convert_run *r)
{
	const char *said = strstr(r->message, "at least"), *name =
	    said != NULL ? named_target(a, said) : NULL;

	o->option = "--target";
	o->value = name != NULL ? name : later_target(r);
	o->why = "a newer Core ML has what is missing";
	return o->value != NULL;
}

static bool
offer_states(struct offer *o, struct arena *a, const struct convert_run *r)
{
	(void)a;
	o->option = "--target";
	o->value = "iOS18";
	o->why = "states exist from iOS18 on";
	return r->r->spec_target < 9 && strstr(r->message, "State model is supported only") != NULL;
}

/* Weights and biases of convolutions may be computed from iOS17 on. */
static bool
offer_computed(struct offer *o, struct arena *a, const struct convert_run *r)
{
	(void)a;
	o->option = "--target";
	o->value = "iOS17";
	o->why = "from iOS17 on weights of convolutions may be computed";
	return r->r->spec_target < 8 && strstr(r->message, "(op_type: conv") != NULL &&
	    (strstr(r->message, "'weight'") != NULL || strstr(r->message, "'bias'") != NULL);
}

/* Switch on a cure that was left out: the list without it. */
static bool
uncure(struct offer *o, struct arena *a, const struct convert_run *r, const char *cure)
{
	const char *list = r->r->o->no_cure, *rest = "";
	size_t n;

	o->option = "--no-cure";
	o->cure = cure;
	for (; list != NULL && *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (strlen(cure) != n || strncmp(list, cure, n) != 0)
			rest = arena_printf(a, "%s%s%.*s", rest, *rest != '\0' ? "," : "",
			    (int)n, list);
	}
	o->value = *rest != '\0' ? rest : NULL;
	return true;
}

static bool
used(const struct convert_run *r, const char *cure)
{
	for (const struct cure *c = cures; c->name != NULL; c++)
		if (strcmp(c->name, cure) == 0)
			return c->format != r->r->format || request_cures(r->r, c);
	return true;
}

static bool
offer_decompose(struct offer *o, struct arena *a, const struct convert_run *r)
{
	o->why = "run_decompositions({}) takes away results that nobody reads";
	return !used(r, "decompose") && uncure(o, a, r, "decompose");
}

static bool
offer_freeze(struct offer *o, struct arena *a, const struct convert_run *r)
{
	o->why = "torch.jit.freeze turns attributes into constants and decides branches";
	return !used(r, "freeze") && r->undone == NULL && uncure(o, a, r, "freeze");
}

static bool
offer_defaults(struct offer *o, struct arena *a, const struct convert_run *r)
{
	const char *now = r->r->o->cure;

	o->option = "--cure";
	o->cure = "defaults";
	o->value = now != NULL && *now != '\0' ? arena_printf(a, "%s,defaults", now) : "defaults";
	o->why = "arguments that torch.export leaves out are filled in";
	return !used(r, "defaults");
}

static bool
offer_program(struct offer *o, struct arena *a, const struct convert_run *r)
{
	(void)a;
	o->option = r->r->o->convert_to != NULL ? "--convert-to" : "--target";
	o->value = r->r->o->convert_to != NULL ? "mlprogram" : "iOS15";
	o->why = "ML Programs have the operation";
	return r->r->network_format;
}

static bool
offer_no_inputs(struct offer *o, struct arena *a, const struct convert_run *r)
{
	(void)a;
	o->option = "--input";
	o->why = "an exported program says its inputs itself";
	return r->r->format == CONVERT_PT2 && r->r->ninputs > 0;
}

static bool
offer_without(struct offer *o, struct arena *a, const struct convert_run *r)
{
	const char *name = r->stage + strlen("pass:"), *now = r->r->o->without;

	o->why = "the pass that broke is left out";
	if (strcmp(name, "add_fp16_cast") == 0) {
		o->option = "--precision";
		o->value = "f32";
		o->why = "the change to float16 is what broke";
		return r->r->o->precision == NULL || strcmp(r->r->o->precision, "f32") != 0;
	}
	o->option = "--without";
	o->value = now != NULL && *now != '\0' ? arena_printf(a, "%s,%s", now, name) : name;
	/* the converter's own: without these there is no program */
	return strncmp(name, "lower_complex", 13) != 0 && strncmp(name, "torch_", 6) != 0 &&
	    (now == NULL || strstr(now, name) == NULL);
}

static const struct {
	enum reason reason;
	const char *stage;  /* beginning of it */
	bool (*offer)(struct offer *, struct arena *, const struct convert_run *);
} rows[] = {
	{ REASON_INPUT_COUNT, "", offer_defaults }, { REASON_MISSING, "", offer_decompose },
	{ REASON_DIALECT, "", offer_decompose }, { REASON_TARGET, "", offer_target },
	{ REASON_CONTROL, "", offer_freeze }, { REASON_DTYPE, "frontend", offer_freeze },
	{ REASON_INTERNAL, "frontend", offer_freeze }, { REASON_NOT_REGISTERED, "", offer_freeze },
	{ REASON_CONST, "", offer_computed },
	{ REASON_STATE, "load", offer_states }, { REASON_BACKEND, "", offer_program },
	{ REASON_INPUT_SPEC, "load", offer_no_inputs }, { REASON_INTERNAL, "pass:", offer_without }
};

bool
offer_find(struct offer *o, struct arena *a, const struct convert_run *r)
{
	for (size_t i = 0; r->end == RUN_FAILED && r->message != NULL &&
	    i < sizeof rows / sizeof *rows; i++) {
		*o = (struct offer){ NULL, NULL, NULL, NULL };
		if (rows[i].reason == r->found.reason &&
		    strncmp(r->stage, rows[i].stage, strlen(rows[i].stage)) == 0 &&
		    rows[i].offer(o, a, r))
			return true;
	}
	*o = (struct offer){ NULL, NULL, NULL, NULL };
	return false;
}
