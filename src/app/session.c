/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/inputs.h"
#include "app/session.h"
#include "infer/infer.h"
#include "ir/build.h"
#include "ir/verify.h"
#include "ops/op.h"
#include "read/reader.h"
#include "rules/lint.h"

static void
prepare(void *arg)
{
	struct session *s = arg;

	ops_bind(s->model);
	model_verify(&s->ctx, s->model);
}

static void
give(void *arg)
{
	inputs_apply(arg);
}

void
session_open(struct session *s, const char *path, const struct session_options *o)
{
	struct read_options opts = { .follow_links = o->follow_links };

	memset(s, 0, sizeof *s);
	ctx_init(&s->ctx);
	arena_init(&s->arena, &s->ctx);
	s->path = path;
	s->model = model_read(&s->ctx, path, &opts);
	if (s->model != NULL && ctx_protect(&s->ctx, prepare, s) != 0)
		s->model->partial = true;
	s->options = o;
	s->damaged = diags_worst(&s->ctx.diags) >= LEVEL_ERROR;
	if (s->model != NULL)
		ctx_protect(&s->ctx, give, s);
}

void
session_close(struct session *s)
{
	arena_free(&s->arena);
	model_free(s->model);
	ctx_fini(&s->ctx);
}

const struct uses *
session_uses(struct session *s)
{
	if (s->uses == NULL) {
		struct uses *u = arena_alloc(&s->arena, sizeof *u);

		uses_build(u, &s->arena, s->model);
		s->uses = u;
	}
	return s->uses;
}

struct infer *
session_infer(struct session *s)
{
	static const struct infer_options plain;

	if (s->infer == NULL)
		s->infer = infer_model(&s->ctx, &s->arena, s->model, &plain);
	return s->infer;
}

void
session_lint(struct session *s, bool deep)
{
	lint_model(&s->ctx, s->model, &(struct lint_options){ .deep = deep });
}

const char *
session_status(const struct session *s)
{
	return s->model == NULL ? "error" : s->model->partial ? "partial" : "ok";
}
