/* SPDX-License-Identifier: Apache-2.0 */
/* smoke, parity, pipeline: what holds the ways to Core ML together, tried for real. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "app/placeholder.h"
#include "app/session.h"
#include "base/arena.h"
#include "base/beside.h"
#include "base/regular.h"
#include "base/sink.h"
#include "cmd/options.h"
#include "cmd/pipe.h"
#include "convert/prefill.h"
#include "convert/toy.h"
#include "ir/graph.h"

static const struct session_options plain;
static const char basics[] = "coremltools torch numpy libmilstoragepython libmodelpackage";

static bool
make_toy(struct pipe *p, const char *path)
{
	struct session s;
	struct sink out;
	bool ok;
	int err;

	sink_init(&out, -1);
	ok = toy_write(&p->call->s->ctx, &out);
	err = out.err != 0 ? out.err : regular_write(path, out.buf, out.n);
	sink_fini(&out);
	if (err != 0) {
		pipe_step(p, "create toy model", STEP_FAIL, "%s: %s", path, strerror(err));
		return false;
	}
	session_open(&s, path, &plain);
	ok = ok && s.model != NULL && !s.damaged && s.model->main != NULL;
	pipe_step(p, "create toy model", ok ? STEP_PASS : STEP_FAIL, "%s: %" PRIu32 " nodes", path,
	    ok ? s.model->main->nnodes : 0);
	session_close(&s);
	return ok;
}

struct refusals { struct pipe *p; uint32_t n, taken; };

static void
hear_refusal(void *arg, const struct event *e)
{
	struct refusals *r = arg;
	const char *by = e->by != NULL ? e->by : "", *said = e->message != NULL ? e->message : "";

	const char *end = said;

	if (e->id != EVENT_REFUSED)
		return;
	/* its first sentence, which may have an i.e. in it */
	while ((end = strstr(end, ". ")) != NULL && islower((unsigned char)end[2]))
		end++;
	r->n++;
	if (e->exception == NULL || *e->exception == '\0') {
		r->taken++;
		pipe_step(r->p, arena_strdup(r->p->call->arena, by, strlen(by)), STEP_FAIL,
		    "took an ONNX model, which it is known not to do");
	} else {
		pipe_step(r->p, arena_strdup(r->p->call->arena, by, strlen(by)), STEP_SKIP,
		    "refused: %s: %.*s", e->exception, (int)(end != NULL ? end - said :
		    (long)strlen(said)), said);
	}
}

/* Both ways of asking coremltools; it takes no ONNX. Returns why there is no
 * package. */
static const char *
try_onnx(struct pipe *p, const char *path)
{
	const char *lacks = pipe_lacks(p, "coremltools numpy"), *failed;
	struct refusals r = { p, 0, 0 };
	struct sink ask;

	if (lacks != NULL) {
		pipe_step(p, "ct.convert", STEP_SKIP, "%s", lacks);
		pipe_step(p, "ct.converters.mil.convert", STEP_SKIP, "%s", lacks);
		return arena_printf(p->call->arena, "not tried: %s", lacks);
	}
	sink_init(&ask, -1);
	sink_puts(&ask, "{\"do\":\"refuse\",\"model\":");
	sink_jsonz(&ask, path);
	sink_puts(&ask, "}");
	failed = pipe_ask(p, ask.buf, ask.n, hear_refusal, &r);
	sink_fini(&ask);
	if (failed != NULL)
		pipe_step(p, "ct.convert", pipe_failed(p), "%s", failed);
	return "coremltools takes PyTorch and TensorFlow models, not ONNX: this one is for "
	    "comparing and looking";
}

enum exit_status
smoke_toy(struct call *call, const char *folder)
{
	static const char *const names[] = {
		"toy.onnx", "toy.sanitized.onnx", "toy.mlpackage.placeholder", NULL
	};
	const char *toy, *clean, *package, *reason;
	struct pipe p;

	if (!pipe_open(&p, call, "smoke toy", folder, names, "coremltools numpy"))
		return EXIT_TOOL;
	toy = pipe_path(&p, "toy.onnx");
	clean = pipe_path(&p, "toy.sanitized.onnx");
	package = pipe_path(&p, "toy.mlpackage");
	if (!make_toy(&p, toy) || !pipe_sanitize(&p, toy, clean))
		return pipe_close(&p);
	reason = try_onnx(&p, clean);
	if (placeholder_write(package, reason))
		pipe_step(&p, "placeholder", STEP_PASS, "%s.placeholder says why", package);
	else
		pipe_step(&p, "placeholder", STEP_FAIL, "%s: %s", package, strerror(errno));
	pipe_ane(&p, "ANE checks", package);
	pipe_step(&p, "probes", STEP_SKIP, "%s", reason);
	return pipe_close(&p);
}

/* Models that the driver makes; false: they were not made. */
static bool
make_models(struct pipe *p, const char *what, const char *const *names)
{
	const char *lacks = pipe_lacks(p, "torch numpy"), *failed;
	struct beside work;
	struct sink ask;

	if (lacks != NULL) {
		pipe_step(p, "make models", STEP_SKIP, "%s", lacks);
		return false;
	}
	if ((failed = pipe_scratch(p, &work)) == NULL) {
		sink_init(&ask, -1);
		sink_printf(&ask, "{\"do\":\"make\",\"what\":\"%s\",\"folder\":", what);
		sink_jsonz(&ask, work.name);
		sink_puts(&ask, "}");
		failed = pipe_ask(p, ask.buf, ask.n, NULL, NULL);
		sink_fini(&ask);
	}
	if (failed == NULL)
		failed = pipe_land(p, &work, names);
	beside_drop(&work);
	if (failed != NULL)
		pipe_step(p, "make models", pipe_failed(p), "%s", failed);
	else
		pipe_step(p, "make models", STEP_PASS, "%s traced and exported", what);
	return failed == NULL;
}

/* What would have been done, and why it is not. */
static enum exit_status
close_early(struct pipe *p, const char *const *steps, const char *why)
{
	for (; *steps != NULL; steps++)
		pipe_step(p, *steps, STEP_SKIP, "%s", why);
	return pipe_close(p);
}

enum exit_status
smoke_torch(struct call *call, const char *folder)
{
	static const char *traced_input[] = { "x:f32[1,3,8,8]" };
	static const char *const steps[] = { "convert toy.pt", "convert toy.pt2",
	    "ANE checks", NULL };
	static const char *const names[] = { "toy.pt", "toy.pt2", "traced.mlpackage",
	    "exported.mlpackage", NULL };
	struct convert_options traced = { .inputs = traced_input, .ninputs = 1,
	    .target = "iOS17" }, exported = { .target = "iOS17" };
	struct pipe p;

	if (!pipe_open(&p, call, "smoke torch", folder, names, basics))
		return EXIT_TOOL;
	if (!make_models(&p, "toy", names))
		return close_early(&p, steps, "the models were not made");
	pipe_convert(&p, pipe_path(&p, "toy.pt"), CONVERT_TORCHSCRIPT,
	    pipe_path(&p, "traced.mlpackage"), &traced);
	pipe_convert(&p, pipe_path(&p, "toy.pt2"), CONVERT_PT2,
	    pipe_path(&p, "exported.mlpackage"), &exported);
	pipe_ane(&p, "ANE checks", pipe_path(&p, "traced.mlpackage"));
	pipe_ane(&p, "ANE checks", pipe_path(&p, "exported.mlpackage"));
	return pipe_close(&p);
}

enum exit_status
parity_full(struct call *call, const char *folder)
{
	static const char *const steps[] = { "ONNX export", "align", "values, accumulated",
	    "values, each alone", "values of Core ML", NULL };
	static const char *const names[] = { "block.pt", "block.pt2", "probe.onnx",
	    "probe.onnx.data", "probe.onnx.pt2", NULL };
	struct pipe p;

	if (!pipe_open(&p, call, "parity full", folder, names,
	    "torch numpy onnx onnxruntime onnxscript"))
		return EXIT_TOOL;
	if (!make_models(&p, "block", names))
		return close_early(&p, steps, "the models were not made");
	pipe_parity(&p, pipe_export(&p, pipe_path(&p, "block.pt2")));
	pipe_coreml_values(&p);
	return pipe_close(&p);
}

/* What is said of probes of a model that has no ONNX counterpart. */
static const char no_probes[] = "only exported programs (.pt2) can be exported to ONNX and "
    "compared";

/* The ONNX side of a model, cleaned. Returns why it has no Core ML side, or NULL. */
static const char *
own_onnx(struct pipe *p, bool onnx, bool exported)
{
	const char *clean = pipe_path(p, onnx ? "model.sanitized.onnx" : "probe.sanitized.onnx");

	if (onnx)
		return pipe_sanitize(p, p->call->s->path, clean) ? try_onnx(p, clean) :
		    "it could not be sanitised";
	if (exported)
		pipe_sanitize(p, pipe_path(p, "probe.onnx"), clean);
	else
		pipe_step(p, "sanitize", STEP_SKIP, "there is no ONNX model");
	return NULL;
}

/* What is written of a model of that kind. */
static const char *const *
own_names(enum convert_format format)
{
	static const char *const onnx[] = { "model.sanitized.onnx", "model.mlpackage.placeholder",
	    NULL };
	static const char *const script[] = { "model.mlpackage", NULL };
	static const char *const program[] = { "probe.onnx", "probe.onnx.data", "probe.onnx.pt2",
	    "probe.sanitized.onnx", "model.mlpackage", NULL };
	static const char *const none[] = { NULL };

	return format == CONVERT_ONNX ? onnx : format == CONVERT_PT2 ? program :
	    format == CONVERT_TORCHSCRIPT ? script : none;
}

static const char *const own_steps[] = { "scan", "sanitize", "convert", "ANE checks", "probes",
    "values of Core ML", NULL };

/* A file that is no model: the table says so, too, for whoever reads only that. */
static enum exit_status
own_unread(struct call *call)
{
	static const char *const none[] = { NULL };
	const struct diags *d = &call->s->ctx.diags;
	const char *why = "it could not be read";
	struct pipe p;

	for (uint32_t i = d->n; i-- > 0; )
		if (d->list[i].level == LEVEL_FATAL)
			why = d->list[i].message;
	if (!pipe_open(&p, call, "pipeline", NULL, none, ""))
		return EXIT_TOOL;
	pipe_step(&p, "check", STEP_FAIL, "%s", why);
	return close_early(&p, own_steps, "the model could not be read") == EXIT_TOOL ?
	    EXIT_TOOL : EXIT_BAD_INPUT;
}

/* A user's own model all the way. */
static enum exit_status
own_model(struct call *call, const char *folder)
{
	const struct session *s = call->s;
	enum convert_format format = prefill_format(s->model);
	struct convert_options o = call->opts->convert;
	const char *package, *refused;
	enum reason why;
	bool exported = false;
	struct pipe p;

	if (!pipe_open(&p, call, "pipeline", folder, own_names(format), basics))
		return EXIT_TOOL;
	pipe_step(&p, "check", s->damaged ? STEP_FAIL : STEP_PASS, "%s: %s", s->path,
	    s->damaged ? "is damaged" : s->model->format);
	package = pipe_path(&p, "model.mlpackage");
	if (!pipe_scan(&p))
		return close_early(&p, own_steps + 1, "the model is not loaded");
	if (format == CONVERT_PT2)
		exported = pipe_export(&p, s->path);
	else if (format == CONVERT_TORCHSCRIPT)
		pipe_step(&p, "ONNX export", STEP_SKIP, "%s", no_probes);
	refused = own_onnx(&p, format == CONVERT_ONNX, exported);
	if (refused != NULL) {
		placeholder_write(package, refused);
	} else if (format == CONVERT_OTHER) {
		pipe_step(&p, "convert", STEP_SKIP, "%s",
		    prefill_unfit(call->arena, s->model, s->path, &why));
		package = s->path; /* what is Core ML already is judged as it is */
	} else {
		prefill_options(call->arena, &o, format, s->model);
		pipe_convert(&p, s->path, format, package, &o);
	}
	pipe_ane(&p, "ANE checks", package);
	if (format == CONVERT_PT2)
		pipe_parity(&p, exported);
	else
		pipe_step(&p, "probes", STEP_SKIP, "%s", no_probes);
	pipe_coreml_values(&p);
	return pipe_close(&p);
}

static const struct which {
	const char *word, *folder;
	enum exit_status (*run)(struct call *, const char *folder);
} smokes[] = { { "toy", "smoke-toy", smoke_toy }, { "torch", "smoke-torch", smoke_torch } },
parities[] = { { "full", "parity-full", parity_full } };

/* "toy [FOLDER]": the word, and the folder behind it or its own. */
static bool
choose(struct call *call, const struct which *list, size_t n, const char *wanted)
{
	size_t len = strcspn(call->arg, " ");

	for (size_t i = 0; i < n; i++)
		if (strlen(list[i].word) == len && strncmp(list[i].word, call->arg, len) == 0)
			call->ready = (void *)(uintptr_t)&list[i];
	if (call->ready == NULL)
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "%s, not '%s'", wanted, call->arg);
	return call->ready != NULL;
}

static bool
prepare_smoke(struct call *call)
{
	return choose(call, smokes, sizeof smokes / sizeof *smokes, "smoke is toy or torch");
}

static bool
prepare_parity(struct call *call)
{
	return choose(call, parities, 1, "parity is full");
}

static enum exit_status
run(struct call *call)
{
	const struct which *w = call->ready;
	const char *folder = call->arg + strlen(w->word);

	folder += strspn(folder, " ");
	return w->run(call, *folder != '\0' ? folder : w->folder);
}

static bool
prepare_own(struct call *call)
{
	bool named = *call->s->path != '\0';

	if (!named)
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "pipeline works on a model: name its "
		    "file");
	return named;
}

static enum exit_status
run_own(struct call *call)
{
	const char *folder = *call->arg != '\0' ? call->arg : "pipeline";

	return call->s->model == NULL ? own_unread(call) : own_model(call, folder);
}

static enum exit_status
own_skipped(struct call *call)
{
	struct pipe p;

	return pipe_skipped(&p, call, "pipeline");
}

const struct command CMD_SMOKE = {
	.name = "smoke", .args = "toy|torch [FOLDER]",
	.help = "is the way to Core ML in order? small models, for real",
	.text = "smoke toy makes an ONNX model, sanitises it, tries coremltools on it, which "
	    "refuses ONNX, and leaves a placeholder that says so. smoke torch converts a toy model "
	    "of PyTorch, traced and exported, reads the packages back and holds them against the "
	    "converter's map. What is missing makes a step SKIP, with the reason; only a real "
	    "failure is FAIL and exit status 1. --junit writes JUnit's form. A folder that a run "
	    "has made is its own; files in any other are replaced with --force alone.",
	.prepare = prepare_smoke, .run = run, .no_model = true
};

const struct command CMD_PARITY = {
	.name = "parity", .args = "full [FOLDER]",
	.help = "PyTorch against ONNX Runtime at every tensor",
	.text = "Makes a block of convolutions, attention and an MLP, exports it to ONNX and "
	    "compares every tensor that both have, in batches: with all errors before it, and "
	    "alone on the wanted inputs. Tolerances follow the element type.",
	.prepare = prepare_parity, .run = run, .no_model = true
};

const struct command CMD_PIPELINE = {
	.name = "pipeline", .args = "[FOLDER]",
	.help = "a model all the way: export, convert, ANE, probes",
	.text = "Reads the model, exports an exported program to ONNX and sanitises that, converts "
	    "the model with the options of convert, reads the package back, runs the rules for the "
	    "Neural Engine and compares with ONNX Runtime. One table at the end. A folder that a "
	    "run has made is its own; files in any other are replaced with --force alone.",
	.prepare = prepare_own, .run = run_own, .skipped = own_skipped, .no_model = true
};
