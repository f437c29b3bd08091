/* SPDX-License-Identifier: Apache-2.0 */
/* The run of all stages, and what is said at the end: the first blocker that the
 * converter would meet, and the rest in order. */
#include <string.h>

#include "rules/support/support_run.h"

/* Stages in the order in which the converter comes to them. */
static int
stage_order(const char *stage)
{
	static const char *const order[] = { "input-validation", "load", "frontend", "pass",
		"check", "backend", "compatibility", "save" };

	for (int i = 0; i < (int)(sizeof order / sizeof *order); i++)
		if (strncmp(stage, order[i], strlen(order[i])) == 0)
			return i;
	return 0;
}

static void
finish(struct run *r)
{
	struct support *s = r->c.s;

	for (uint32_t i = 0; i < s->nblockers; i++) {
		struct blocker *b = &s->blockers[i];

		if (b->fix == NULL)
			b->fix = b->reason == REASON_NOT_REGISTERED ? support_advice(r, b->op) :
			    support_fix(r, b->reason);
		if (!b->unreached && !b->silent && (s->stops_at == NULL ||
		    stage_order(b->stage) < stage_order(s->stops_at->stage)))
			s->stops_at = b;
	}
	if (s->outcome == SUPPORT_CONVERTS && s->stops_at != NULL)
		s->outcome = SUPPORT_FAILS;
}

/* What ct.convert takes when it is not told. */
static void
in_force(struct run *r)
{
	const struct support_options *o = r->c.o;
	struct support *s = r->c.s;

	s->target_given = o->target != NULL;
	s->to_given = o->convert_to != NULL;
	if (r->c.m->dialect != DIALECT_ATEN || r->c.m->no_graph != NULL)
		return;
	s->convert_to = s->to_given ? o->convert_to : r->c.network ? "neuralnetwork" : "mlprogram";
	if (s->target == NULL)
		s->target = r->c.network ? "iOS13" : "iOS15";
}

static void
of_torch(struct run *r)
{
	support_arguments(r);
	r->c.env = arena_array(r->c.a, r->c.m->nvalues + 1, sizeof *r->c.env);
	if (r->c.m->main == NULL) {
		r->c.s->outcome = SUPPORT_UNKNOWN;
		return;
	}
	if (r->c.ts)
		support_script(r);
	else
		support_export(r);
	support_passes(r);
}

/* The kind of program decides: ct.convert has no argument for its front end, and there is
 * no way from one kind to the other but by the source, or by tracing again. */
static void
other_frontend(struct run *r)
{
	struct support *s = r->c.s;
	const char *asked = r->c.o->frontend, *why;
	bool missing = false;

	if (asked == NULL || strcmp(asked, s->frontend) == 0 || r->c.m->no_graph != NULL)
		return;
	for (uint32_t i = 0; i < s->nblockers; i++)
		missing |= s->blockers[i].reason == REASON_NOT_REGISTERED &&
		    r->c.m->dialect == DIALECT_ATEN;
	why = r->c.m->dialect != DIALECT_ATEN ? "it is no program of PyTorch, no front end of "
	    "PyTorch reads it." :
	    r->c.ts ? "this is a TorchScript program, which cannot be exported without its source. "
		"To judge the other front end, save torch.export.export(model, args) of "
		"the source with torch.export.save and give that file." :
	    "this is an exported program. To judge the other front end, save "
	    "torch.jit.trace(torch.export.load(file).module(), args) and give that file.";
	s->note = arena_printf(r->c.a, "%s%s--frontend=%s changes nothing: ct.convert takes the "
	    "front end that goes with the file, and %s%s", s->note != NULL ? s->note : "",
	    s->note != NULL ? " " : "", asked, why, missing ? " Both share one registry: "
	    "what is not-registered here has no converter there either." : "");
}

struct support *
support_model(struct ctx *ctx, struct arena *a, const struct model *m,
	const struct support_options *o)
{
	struct support *s = arena_alloc(a, sizeof *s);
	struct run *r = arena_alloc(a, sizeof *r);

	r->c = (struct conv){ .ctx = ctx, .a = a, .m = m, .o = o, .s = s };
	r->c.ts = m->format != NULL && strcmp(m->format, "torchscript") == 0;
	s->target = o->target;
	support_parse(r);
	in_force(r);
	support_weights(r);
	if (m->no_graph != NULL) {
		s->frontend = "none";
		s->note = arena_printf(a, "There is no graph in this file, it is %s: nothing that "
		    "coremltools could convert.", m->no_graph);
		s->outcome = SUPPORT_FAILS;
		if (m->dialect == DIALECT_ATEN) {
			r->c.advice = *m->no_graph_advice != '\0' ? m->no_graph_advice :
			    "give the file of the model itself";
			cv_block(&r->c, o->load != NULL ? REASON_INTERNAL : REASON_LOAD, "load",
			    "torch.jit.load finds no program");
		}
	} else if (m->dialect == DIALECT_ATEN) {
		s->frontend = r->c.ts ? "torchscript" : "export";
		of_torch(r);
	} else {
		s->frontend = "none";
		if (m->dialect == DIALECT_ONNX)
			support_onnx(r);
		else
			support_coreml(r);
	}
	other_frontend(r);
	finish(r);
	support_result(r);
	return s;
}
