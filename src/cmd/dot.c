/* SPDX-License-Identifier: Apache-2.0 */
/* dot: the model as a drawing, to the output or to a file that is written
 * beside its place and renamed when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/compare.h"
#include "app/session.h"
#include "app/session.h"
#include "base/beside.h"
#include "base/sink.h"
#include "cmd/cleanup.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "app/notes.h"
#include "report/dot.h"

static bool
prepare(struct call *call)
{
	struct call focus = *call;
	struct node **list;
	uint32_t n;

	if (call->opts->focus == NULL)
		return true;
	focus.arg = call->opts->focus;
	if ((list = find_nodes(&focus, &n)) == NULL)
		return false;
	if (n > 1)
		diag_add(&call->s->ctx, DIAG_FOCUS_FIRST, NULL, "%" PRIu32 " nodes are called "
		    "'%s': drawn around #%" PRIu32 ", the next is #%" PRIu32, n, focus.arg,
		    list[0]->id, list[1]->id);
	call->ready = list[0];
	return true;
}

struct compared { struct call *call; struct session other; const struct align *pairs; };

static void
find_pairs(void *arg)
{
	struct compared *b = arg;

	b->pairs = compare_sessions(b->call->s, &b->other, b->call->arena,
	    &(struct compare_options){ b->call->opts->deep, b->call->opts->map });
}

static int
draw_with(struct call *call, const struct dot_options *o, int fd)
{
	struct ctx *ctx = &call->s->ctx;

	return call->opts->render != NULL ?
	    dot_render(ctx, call->s->model, o, call->opts->render, fd) :
	    dot_write(ctx, call->s->model, o, fd);
}

/* Beyond so many nodes nobody reads what is on the edges: declared types do. */
enum { TYPED = 20000 };

/* What each way of colouring asks for. */
static const unsigned notes_of[] = { 0, NOTES_SUPPORT, NOTES_ANE, NOTES_COST, 0 };

static int
draw(struct call *call, int fd)
{
	struct dot_options o = { .fold = call->opts->fold, .focus = call->ready,
	    .radius = call->opts->radius, .helper = cleanup_helper(),
	    .leaves = !call->opts->goes_on };
	struct compared b = { .call = call };
	int rc = -1;

	if (call->s->model->nnodes <= TYPED)
		o.types = session_infer(call->s);
	o.by = (enum dot_by)call->opts->color_by;
	if (o.by != DOT_BY_FAMILY)
		o.notes = session_notes(call->s, notes_of[o.by]);
	if (call->opts->diff == NULL)
		return draw_with(call, &o, fd);
	if (!command_other(call, call->opts->diff, &b.other))
		return -1;
	if (ctx_protect(&call->s->ctx, find_pairs, &b) == 0) {
		o.pairs = b.pairs;
		o.other = b.other.model;
		rc = draw_with(call, &o, fd);
	}
	session_close(&b.other);
	return rc;
}

static enum exit_status
failed(struct call *call, const char *what)
{
	diag_add(&call->s->ctx, DIAG_WRITE_FAILED, NULL, "%s: %s", what, strerror(errno));
	return EXIT_TOOL;
}

struct drawn { struct call *call; int fd, bad; };

static void
draw_into(void *arg)
{
	struct drawn *d = arg;

	d->bad = draw(d->call, d->fd);
}

/* Whatever stops it, the caller has files to close. */
static int
draw_safely(struct call *call, int fd)
{
	struct drawn d = { call, fd, -1 };

	return ctx_protect(&call->s->ctx, draw_into, &d) == 0 ? d.bad : -1;
}

static enum exit_status
to_file(struct call *call, const char *path)
{
	struct beside b;
	struct stat st;
	int fd, bad;

	if (session_holds(call->s, path)) {
		diag_add(&call->s->ctx, DIAG_USAGE, NULL, "%s is the model itself or its data: "
		    "the drawing would destroy it; nothing was written", path);
		return EXIT_BAD_INPUT;
	}
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		if ((fd = open(path, O_WRONLY | O_CLOEXEC)) < 0)
			return failed(call, path);
		bad = draw_safely(call, fd);
		return close(fd) != 0 || bad ? EXIT_TOOL : EXIT_CLEAN;
	}
	beside_sweep(&call->s->ctx, path);
	if ((errno = beside_open(&b, path)) != 0)
		return failed(call, path);
	cleanup_file(b.name);
	bad = draw_safely(call, b.fd);
	if (!bad && (errno = beside_publish(&b)) != 0) {
		failed(call, path);
		bad = -1;
	}
	cleanup_file(NULL);
	beside_drop(&b);
	return bad ? EXIT_TOOL : EXIT_CLEAN;
}

/* Everything of a file as one JSON string. */
static enum exit_status
as_json(struct call *call)
{
	FILE *f = tmpfile();
	struct stat st;
	char *text;
	int fd = f != NULL ? fileno(f) : -1;

	json_open(call->json, '{');
	json_key(call->json, "dot");
	if (fd < 0 || draw_safely(call, fd) != 0 || fstat(fd, &st) != 0 ||
	    (text = arena_try(call->arena, (uint64_t)st.st_size, 1)) == NULL ||
	    pread(fd, text, (size_t)st.st_size, 0) != st.st_size) {
		json_null(call->json);
		json_close(call->json, '}');
		if (f != NULL)
			fclose(f);
		return EXIT_TOOL;
	}
	json_text(call->json, text, (uint64_t)st.st_size);
	json_close(call->json, '}');
	fclose(f);
	return EXIT_CLEAN;
}

static enum exit_status
run(struct call *call)
{
	if (call->opts->dot_out != NULL) {
		enum exit_status status = to_file(call, call->opts->dot_out);

		if (call->json != NULL)
			json_string(call->json, call->opts->dot_out);
		return status;
	}
	if (call->json != NULL)
		return as_json(call);
	if (sink_flush(call->out) != 0)
		return EXIT_TOOL;
	return draw(call, call->out->fd) == 0 ? EXIT_CLEAN : EXIT_TOOL;
}

const struct command CMD_DOT = {
	.name = "dot", .args = "", .help = "the model as a drawing for Graphviz",
	.text = "Writes DOT with clusters for modules, subgraphs and functions. --fold, --focus "
	    "and --radius bound what is drawn; --diff draws another model beside it, counterparts "
	    "joined; -T renders a picture; --dot=OUT names a file.",
	.prepare = prepare, .run = run
};
