/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that several pipelines have. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/scan.h"
#include "app/session.h"
#include "base/arena.h"
#include "base/beside.h"
#include "base/sink.h"
#include "cmd/convert_report.h"
#include "cmd/options.h"
#include "cmd/pipe.h"
#include "cmd/sanitize.h"
#include "convert/fate.h"
#include "convert/parity.h"
#include "convert/run.h"
#include "convert/sanitize.h"
#include "infer/infer.h"
#include "ir/graph.h"

static const struct session_options plain;

bool
pipe_sanitize(struct pipe *p, const char *in, const char *out)
{
	static const struct infer_options bare = { .hide_declared = true };
	struct session s;
	struct sanitize z;
	struct sink said;
	int err;

	session_open(&s, in, &plain);
	if (s.model == NULL || s.model->partial || s.damaged || s.model->main == NULL) {
		pipe_step(p, "sanitize", STEP_FAIL, "%s: it could not be read whole", in);
		session_close(&s);
		return false;
	}
	sanitize_plan(&z, &p->call->s->ctx, p->call->arena, s.model, infer_model(&s.ctx,
	    p->call->arena, s.model, &bare), (1u << STEP_COUNT) - 1);
	err = sanitize_file(&p->call->s->ctx, &z, out);
	sink_init(&said, -1);
	for (int i = 0; i < STEP_COUNT; i++)
		sink_printf(&said, "%s%s %" PRIu32, i > 0 ? ", " : "",
		    sanitize_word((enum sanitize_step)i), z.count[i]);
	pipe_step(p, "sanitize", err == 0 ? STEP_PASS : STEP_FAIL, "%s: %s", out, err != 0 ?
	    strerror(err) : arena_printf(p->call->arena, "%.*s", (int)said.n, said.buf));
	sink_fini(&said);
	session_close(&s);
	return err == 0;
}

/* The operation of the map that gives this value. */
static const struct run_map *
find_map(const struct convert_run *r, const char *output)
{
	for (uint32_t i = 0; i < r->nmap; i++)
		for (uint32_t k = 0; k < r->map[i].outputs.n; k++)
			if (strcmp(r->map[i].outputs.s[k], output) == 0)
				return &r->map[i];
	return NULL;
}

/* The package as we read it against what the converter says it wrote. */
static void
check_read_back(struct pipe *p, const struct convert_run *r, const char *made, const char *what)
{
	uint32_t nodes = 0, mapped = 0, traced = 0;
	struct session s;

	session_open(&s, made, &plain);
	if (s.model == NULL || s.damaged || s.model->main == NULL) {
		pipe_step(p, what, STEP_FAIL, "%s could not be read whole", made);
		session_close(&s);
		return;
	}
	for (uint32_t g = 0; g < s.model->ngraphs; g++)
		for (uint32_t i = 0; i < s.model->graphs[g]->nnodes; i++) {
			const struct node *n = s.model->graphs[g]->nodes[i];
			const struct run_map *m = n->nout > 0 ?
			    find_map(r, n->out[0]->name->s) : NULL;

			nodes++;
			mapped += m != NULL && strcmp(m->op, n->type->s) == 0;
			traced += m != NULL && m->sources.n > 0;
		}
	pipe_step(p, what, nodes == r->nmap && mapped == nodes &&
	    s.model->nfeatures > 0 ? STEP_PASS : STEP_FAIL, "%" PRIu32 " operations read, %"
	    PRIu32 " converted, %" PRIu32 " the same, %" PRIu32 " traced to source nodes; "
	    "%" PRIu32 " inputs and outputs", nodes, r->nmap, mapped, traced,
	    s.model->nfeatures);
	session_close(&s);
}

/* Whether nodes of the source that do something have nothing in the result. */
static void
check_lost(struct pipe *p, const struct convert_run *r, const char *model, const char *what)
{
	struct arena *a = p->call->arena;
	const char *why = NULL;
	const struct run_fate *list, *f;
	struct session s;
	uint32_t n;
	bool buffer = true;

	session_open(&s, model, &plain);
	list = fate_list(r, s.model, a, &n);
	for (f = list; f < list + n && (why == NULL || buffer); f++)
		if (s.model != NULL)
			why = fate_lost(f, s.model, a, &buffer);
	if (why != NULL && !buffer)
		pipe_step(p, what, STEP_FAIL, "#%" PRIu32 " %s '%s' has no operation: %s",
		    f[-1].node->id, f[-1].source->kind, f[-1].source->name, why);
	else
		pipe_step(p, what, STEP_PASS, "%" PRIu32 " source nodes have operations, or it is "
		    "known why not", n);
	session_close(&s);
}

static const char *
label(struct pipe *p, const char *what, const char *model)
{
	const char *slash = strrchr(model, '/');

	return arena_printf(p->call->arena, "%s %s", what, slash != NULL ? slash + 1 : model);
}

void
pipe_convert(struct pipe *p, const char *model, enum convert_format format, const char *made,
    const struct convert_options *o)
{
	const char *lacks = pipe_lacks(p, "coremltools torch numpy "
	    "libmilstoragepython libmodelpackage");
	const char *step = label(p, "convert", model), *check = label(p, "read back", model);
	struct convert_options mine = *o;
	struct objection *list;
	struct request q;
	struct convert_run r;

	mine.out = made;
	mine.force = p->replace;
	if (lacks != NULL) {
		pipe_step(p, step, STEP_SKIP, "%s", lacks);
		pipe_step(p, check, STEP_SKIP, "nothing was converted");
		return;
	}
	if (request_make(&q, p->call->arena, &mine, model, format, NULL, &list) > 0) {
		pipe_step(p, step, STEP_FAIL, "%s: %s", list[0].option, list[0].text);
		pipe_step(p, check, STEP_SKIP, "nothing was converted");
		return;
	}
	run_start(&r, &q, &p->o);
	run_step(&r, -1);
	if (r.end == RUN_CONVERTED) {
		pipe_step(p, step, STEP_PASS, "%s: specification %" PRId64 ", %" PRIu32
		    " operations, %.1f s", made, r.specification, r.nmap, r.took);
		check_read_back(p, &r, made, check);
		check_lost(p, &r, model, label(p, "nothing lost", model));
	} else {
		const char *at = r.blamed.name == NULL ? "" : arena_printf(p->call->arena,
		    " at %s '%s'", r.blamed.kind, r.blamed.name);

		bool more = r.message != NULL &&
		    strcmp(r.found.cause, reason_says(r.found.reason)) != 0;

		pipe_step(p, step, pipe_absent(r.exception) ? STEP_SKIP : STEP_FAIL,
		    "%s: %s%s: %s%s%s", r.stage, reason_word(r.found.reason), at,
		    r.message != NULL ? r.message : r.found.cause, more ? ": " : "",
		    more ? r.found.cause : "");
		pipe_step(p, check, STEP_SKIP, "nothing was converted");
	}
	run_close(&r);
}

bool
pipe_scan(struct pipe *p)
{
	struct ctx *ctx = &p->call->s->ctx;
	uint32_t before = ctx->diags.n, errors = ctx->diags.count[LEVEL_ERROR];
	const struct scan *scan = session_scan(p->call->s, p->call->arena);
	bool bad = scan == NULL || ctx->diags.count[LEVEL_ERROR] > errors;

	if (!bad)
		pipe_step(p, "scan", STEP_PASS, "%" PRIu32 " pickle%s, nothing runs code",
		    scan->pickles, plural(scan->pickles));
	else
		pipe_step(p, "scan", p->call->opts->trust ? STEP_PASS : STEP_FAIL, "%s%s",
		    ctx->diags.n > before ? ctx->diags.list[before].message :
		    "it could not be looked through", p->call->opts->trust ?
		    "; trusted all the same" : "; not loaded: --trust does");
	return !bad || p->call->opts->trust;
}

/* The model through our own rules for the Neural Engine. */
void
pipe_ane(struct pipe *p, const char *what, const char *model)
{
	const char *step = label(p, what, model), *near;
	struct options o = *p->call->opts;
	struct session s;
	struct sink out;
	enum exit_status status;

	session_open(&s, model, &o.session);
	if (s.skip[0] != '\0') {
		pipe_step(p, step, STEP_SKIP, "%s", s.skip);
	} else if (s.model == NULL) {
		pipe_step(p, step, STEP_SKIP, "there is no %s", model);
	} else if (command_find("ane", 3, &near) == NULL) {
		pipe_step(p, step, STEP_SKIP, "this build has no rules for the Neural Engine");
	} else {
		o.json = true;
		o.fail_on = LEVEL_ERROR;
		sink_init(&out, -1);
		status = command_run(&s, &o, "ane", &out);
		pipe_step(p, step, status <= EXIT_FINDINGS ? STEP_PASS : STEP_FAIL, status ==
		    EXIT_CLEAN ? "judged, nothing at error level" : status == EXIT_FINDINGS ?
		    "judged, with findings: see mlinspect -e ane" : "could not be judged");
		sink_fini(&out);
	}
	session_close(&s);
}

/* Tensors as they come, and their files gone again. */
struct hearing { struct pipe *p; struct parity *parity; uint32_t at; };

static void
hear_tensor(void *arg, const struct event *e)
{
	struct hearing *h = arg;
	struct parity_tensor *t;

	if (e->id != EVENT_TENSOR || e->name == NULL)
		return;
	for (t = h->parity->list; t < h->parity->list + h->parity->n; t++)
		if (strcmp(t->name->s, e->name) == 0)
			break;
	if (t == h->parity->list + h->parity->n)
		return;
	t->ran = true;
	t->n = (uint64_t)e->n;
	t->dtype = parity_dtype(e->kind != NULL ? e->kind : "");
	t->misfit = e->ok ? NULL : e->text;
	t->broken = e->broken;
	if (e->ok && e->files.n >= 2)
		t->accumulated = parity_compare(e->files.s[0], e->files.s[1], t->dtype, t->n);
	if (e->ok && e->files.n >= 3)
		t->isolated = parity_compare(e->files.s[0], e->files.s[2], t->dtype, t->n);
	for (uint32_t i = 0; i < e->files.n; i++)
		unlink(e->files.s[i]); /* they are many; the folder goes at the end */
}

static bool
diverges(const struct parity_tensor *t, const struct parity_error *e)
{
	return t->misfit != NULL || (e->known && e->over > 0);
}

/* One of the two ways of comparing as a step. */
static void
judge(struct pipe *p, const struct parity *parity, bool isolated)
{
	const struct parity_tensor *first = NULL, *worst = NULL;
	const char *step = isolated ? "values, each alone" : "values, accumulated";
	uint32_t known = 0, bad = 0;
	double most = -1;

	for (uint32_t i = 0; i < parity->n; i++) {
		const struct parity_tensor *t = &parity->list[i];
		const struct parity_error *e = isolated ? &t->isolated : &t->accumulated;

		known += e->known;
		if (diverges(t, e)) {
			bad++;
			first = first == NULL ? t : first;
		}
		if (e->known && e->absolute > most) {
			most = e->absolute;
			worst = t;
		}
	}
	if (known == 0)
		pipe_step(p, step, STEP_SKIP, "no tensor could be compared");
	else if (bad > 0)
		pipe_step(p, step, STEP_FAIL, "%" PRIu32 " of %" PRIu32 " tensors differ; the "
		    "first is '%s'%s%s", bad, known, first->name->s,
		    first->misfit != NULL ? ": " : "", first->misfit != NULL ? first->misfit : "");
	else
		pipe_step(p, step, STEP_PASS, "%" PRIu32 " tensors within tolerance, no "
		    "divergence; largest difference %.2g at '%s'", known, most,
		    worst != NULL ? worst->name->s : "");
}

static void
compare(struct pipe *p, struct session *program, struct session *onnx)
{
	enum { BATCH = 16 };
	struct parity parity;
	struct hearing h = { p, &parity, 0 };
	const char *failed;
	struct beside work;
	struct sink ask;
	uint32_t alone = 0;

	if (program->model == NULL || onnx->model == NULL || program->model->main == NULL ||
	    onnx->model->main == NULL) {
		pipe_step(p, "align", STEP_FAIL, "the models made for it could not be read");
		return;
	}
	parity_align(&parity, p->call->arena, program->model, onnx->model);
	if (parity.n == 0) {
		pipe_step(p, "align", STEP_FAIL, "the models have no tensor in common");
		return;
	}
	for (uint32_t i = 0; i < parity.n; i++)
		alone += parity.list[i].nfeeds > 0;
	pipe_step(p, "align", STEP_PASS, "%" PRIu32 " tensors of both, %" PRIu32 " of them with "
	    "feeds of their own; %" PRIu32 " of PyTorch alone", parity.n, alone,
	    parity.unaligned);
	if ((failed = pipe_scratch(p, &work)) == NULL) {
		sink_init(&ask, -1);
		parity_json(&ask, &parity, program->path, onnx->path, work.name, BATCH);
		failed = pipe_ask(p, ask.buf, ask.n, hear_tensor, &h);
		sink_fini(&ask);
	}
	beside_drop(&work);
	if (failed != NULL) {
		pipe_step(p, "values", pipe_failed(p), "%s", failed);
		return;
	}
	judge(p, &parity, false);
	judge(p, &parity, true);
}

static const char *const exported_names[] = {
	"probe.onnx", "probe.onnx.data", "probe.onnx.pt2", NULL
};

bool
pipe_export(struct pipe *p, const char *program)
{
	const char *lacks = pipe_lacks(p, "torch numpy onnx onnxruntime onnxscript"), *failed;
	const char *out = pipe_path(p, "probe.onnx");
	struct beside work;
	struct sink ask;

	if (lacks != NULL) {
		pipe_step(p, "ONNX export", STEP_SKIP, "%s", lacks);
		return false;
	}
	if ((failed = pipe_scratch(p, &work)) == NULL) {
		sink_init(&ask, -1);
		sink_puts(&ask, "{\"do\":\"export\",\"model\":");
		sink_jsonz(&ask, program);
		sink_puts(&ask, ",\"out\":");
		sink_jsonz(&ask, arena_printf(p->call->arena, "%s/probe.onnx", work.name));
		sink_puts(&ask, "}");
		failed = pipe_ask(p, ask.buf, ask.n, NULL, NULL);
		sink_fini(&ask);
	}
	if (failed == NULL)
		failed = pipe_land(p, &work, exported_names);
	beside_drop(&work);
	pipe_step(p, "ONNX export", failed != NULL ? pipe_failed(p) : STEP_PASS, "%s",
	    failed != NULL ? failed : out);
	return failed == NULL;
}

void
pipe_parity(struct pipe *p, bool exported)
{
	const char *out = pipe_path(p, "probe.onnx");
	struct session a, b;

	if (!exported) {
		pipe_step(p, "values", STEP_SKIP, "nothing was exported");
		return;
	}
	session_open(&a, arena_printf(p->call->arena, "%s.pt2", out), &plain);
	session_open(&b, out, &plain);
	compare(p, &a, &b);
	session_close(&a);
	session_close(&b);
}

void
pipe_coreml_values(struct pipe *p)
{
	pipe_step(p, "values of Core ML", STEP_SKIP, "nothing here carries out Core ML programs");
}
