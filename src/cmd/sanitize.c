/* SPDX-License-Identifier: Apache-2.0 */
/* sanitize: an ONNX model written again without what is of no use. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/beside.h"
#include "base/sink.h"
#include "base/source.h"
#include "cmd/cleanup.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "cmd/sanitize.h"
#include "convert/sanitize.h"
#include "infer/infer.h"
#include "report/text.h"

/* What prepare found: where to, and which steps. */
struct ready { const char *out; unsigned steps; };

static bool
complain(struct call *call, const char *text)
{
	diag_add(&call->s->ctx, DIAG_USAGE, NULL, "%s", text);
	return false;
}

static bool
read_steps(struct call *call, unsigned *steps)
{
	const char *only = call->opts->only, *skip = call->opts->skip, *bad = "";
	unsigned left = 0;

	*steps = (1u << STEP_COUNT) - 1;
	if ((only != NULL && !sanitize_steps(only, steps, &bad)) ||
	    (skip != NULL && !sanitize_steps(skip, &left, &bad)))
		return complain(call, arena_printf(call->arena, "no such step: %.*s; names, "
		    "identity, dropout, shapes, duplicates, dead, unused, order and opsets are",
		    (int)strcspn(bad, ","), bad));
	*steps &= ~left;
	return true;
}

/* Data beside the model is found from the result only in the same folder. */
static bool
keeps_data(struct call *call, const char *out)
{
	const struct model *m = call->s->model;
	const char *slash = strrchr(out, '/');
	const char *folder = slash == NULL ? "." :
	    arena_strdup(call->arena, out, (size_t)(slash - out) + 1);
	struct stat a, b;
	bool beside = false;

	for (uint32_t i = 0; i < m->nsources; i++)
		beside |= m->sources[i]->beside != NULL;
	return !beside || (m->source->dirfd >= 0 && fstat(m->source->dirfd, &a) == 0 &&
	    stat(folder, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

bool
sanitize_possible(struct call *call, const char *out)
{
	const struct session *s = call->s;
	struct stat st;

	if (strcmp(s->model->encoding, "ORT FlatBuffer") == 0)
		return complain(call, "a model in ONNX Runtime's format is not written again: "
		    "take the .onnx file that it was made from");
	if (s->model->partial || s->damaged || s->model->main == NULL)
		return complain(call, "the model is not whole: what was not read would be lost");
	if (s->ngiven > 0)
		return complain(call, "--input would put its sizes into the model: leave it away");
	if (session_holds(s, out) || (stat(out, &st) == 0 && !S_ISREG(st.st_mode)))
		return complain(call, "the file to write is the model itself, its data, or "
		    "no file");
	if (!keeps_data(call, out))
		return complain(call, "the model keeps data in files beside it: write the result "
		    "into the same folder");
	return true;
}

static bool
prepare(struct call *call)
{
	struct ready *r = arena_alloc(call->arena, sizeof *r);

	r->out = call->arg;
	call->ready = r;
	if (!read_steps(call, &r->steps))
		return false;
	if (call->s->model->dialect != DIALECT_ONNX)
		return complain(call, "sanitize is for ONNX models");
	if (*r->out == '\0')
		return complain(call, "sanitize wants the name of the file to write");
	return sanitize_possible(call, r->out);
}

int
sanitize_file(struct ctx *ctx, struct sanitize *z, const char *path)
{
	struct beside b;
	int err;

	beside_sweep(ctx, path);
	if ((err = beside_open(&b, path)) == 0) {
		struct sink out;
		bool ok;

		cleanup_file(b.name);
		sink_init(&out, b.fd);
		ok = sanitize_write(z, &out);
		if (sink_fini(&out) != 0)
			err = out.err;
		else if (!ok)
			err = EIO;
		if (err == 0)
			err = beside_publish(&b);
		cleanup_file(NULL);
		beside_drop(&b);
	}
	return err;
}

static void
write_json(struct json *j, const struct sanitize *z, const char *out)
{
	json_open(j, '{');
	json_member(j, "out", out);
	json_member(j, "refused", z->refused);
	json_key(j, "changes");
	json_open(j, '[');
	for (uint32_t i = 0; i < z->nchanges; i++) {
		json_open(j, '{');
		json_member(j, "step", sanitize_word(z->changes[i].step));
		json_member(j, "what", z->changes[i].what);
		json_member(j, "how", z->changes[i].how);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

/* Each step with how often it did something, and the first of that. */
static void
write_text(struct call *call, const struct sanitize *z, const char *out)
{
	enum { SHOWN = 8 };

	text_label(call->out, "Written:");
	text_wrap(call->out, out, 14);
	for (int step = 0; step < STEP_COUNT; step++) {
		uint32_t shown = 0;

		if (!(z->steps >> step & 1))
			continue;
		sink_printf(call->out, "%-11s %4" PRIu32 "  %s\n",
		    sanitize_word((enum sanitize_step)step), z->count[step],
		    sanitize_what((enum sanitize_step)step));
		if (step == STEP_SHAPES && z->refused != NULL) {
			sink_pad(call->out, 18);
			text_wrap(call->out, z->refused, 18);
		}
		for (uint32_t i = 0; i < z->nchanges && shown < SHOWN; i++)
			if (z->changes[i].step == (enum sanitize_step)step) {
				sink_pad(call->out, 18);
				text_wrap(call->out, arena_printf(call->arena, "%s: %s",
				    z->changes[i].what, z->changes[i].how), 18);
				shown++;
			}
		if (z->count[step] > shown)
			sink_printf(call->out, "%18sand %" PRIu32 " more\n", "",
			    z->count[step] - shown);
	}
}

static enum exit_status
run(struct call *call)
{
	static const struct infer_options bare = { .hide_declared = true };
	const struct ready *r = call->ready;
	struct session *s = call->s;
	uint32_t before = s->ctx.diags.n;
	struct infer *infer = infer_model(&s->ctx, call->arena, s->model, &bare);
	struct sanitize z;
	int err;

	/* what inference finds is for other commands to say */
	diags_cut(&s->ctx.diags, before);
	sanitize_plan(&z, &s->ctx, call->arena, s->model, infer, r->steps);
	if ((err = sanitize_file(&s->ctx, &z, r->out)) != 0) {
		diag_add(&s->ctx, DIAG_WRITE_FAILED, NULL, "%s: %s", r->out, strerror(err));
		if (call->json != NULL)
			json_null(call->json);
		return EXIT_TOOL;
	}
	if (call->json != NULL)
		write_json(call->json, &z, r->out);
	else
		write_text(call, &z, r->out);
	return EXIT_CLEAN;
}

const struct command CMD_SANITIZE = {
	.name = "sanitize", .args = "OUT", .help = "an ONNX model again, without what is of no use",
	.text = "Writes the model to OUT: the same function of the same inputs, names outside "
	    "kept. Steps are names, identity, dropout, shapes, duplicates, dead, unused, order and "
	    "opsets; --only and --skip choose. Weights are copied as they stand in the file. "
	    "Inner values are renamed when their names have blanks, quotes or what is no ASCII; "
	    "other names stay, since by them values are found again in the model they came from. "
	    "Known arithmetic is folded in branches, and in loops where it is the same each time; "
	    "functions are left as they are. Reports what was changed.",
	.prepare = prepare, .run = run
};
