/* SPDX-License-Identifier: Apache-2.0 */
/* convert: a model through coremltools, with the exact map on success and the node,
 * class, cause and cure on failure. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "app/map.h"
#include "app/scan.h"
#include "app/session.h"
#include "base/arena.h"
#include "base/regular.h"
#include "base/sink.h"
#include "cmd/cleanup.h"
#include "cmd/command.h"
#include "cmd/convert_bisect.h"
#include "cmd/convert_compare.h"
#include "cmd/convert_fate.h"
#include "cmd/convert_next.h"
#include "cmd/convert_record.h"
#include "cmd/convert_report.h"
#include "cmd/helper.h"
#include "cmd/options.h"
#include "convert/pass.h"
#include "convert/prefill.h"
#include "convert/run.h"
#include "report/text.h"

/* A conversion that prepare found to be possible. */
struct ready {
	struct convert_options o;
	struct request r;
	struct child_options child;
	const char *recorded; /* of a record: the model's name */
};

/* Files that could not be read go by their names. */
static enum convert_format
format_of(const struct session *s)
{
	static const struct { const char *end; enum convert_format format; } known[] = {
		{ ".pt", CONVERT_TORCHSCRIPT }, { ".pth", CONVERT_TORCHSCRIPT },
		{ ".pt2", CONVERT_PT2 }, { ".onnx", CONVERT_ONNX }
	};
	const char *dot = strrchr(s->path, '.');

	if (s->model != NULL)
		return prefill_format(s->model);
	for (size_t i = 0; dot != NULL && i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].end, dot) == 0)
			return known[i].format;
	return CONVERT_OTHER;
}

/* There is nothing to convert. */
static bool
unfit(struct call *call)
{
	enum reason reason;
	const char *why = prefill_unfit(call->arena, call->s->model, call->s->path, &reason);

	diag_add(&call->s->ctx, DIAG_CONVERT_OPTION, NULL, "%s (class %s)", why,
	    reason_word(reason));
	return false;
}

/* Nobody loses what stands at the place of the result without having said so. */
static bool
may_replace(struct call *call, const char *out)
{
	const char *why = session_holds(call->s, out) ? arena_printf(call->arena,
	    "%s is the model itself", out) :
	    run_taken(call->arena, out, call->opts->convert.force, "only --force replaces it");

	if (why != NULL)
		diag_add(&call->s->ctx, DIAG_CONVERT_OPTION, NULL, "--out: %s; nothing was done",
		    why);
	return why == NULL;
}

/* What loading the file would do to Python is said before Python loads it. */
static bool
trusted(struct call *call)
{
	struct ctx *ctx = &call->s->ctx;
	uint32_t errors = ctx->diags.count[LEVEL_ERROR];

	session_scan(call->s, call->arena);
	if (ctx->diags.count[LEVEL_ERROR] == errors || call->opts->trust)
		return true;
	diag_add(ctx, DIAG_CONVERT_OPTION, NULL, "the file was not loaded: see what scan found; "
	    "--trust loads it all the same");
	return false;
}

/* model.pt2 -> model.mlpackage */
static const char *
default_out(struct call *call, const struct convert_options *o)
{
	const char *path = call->s->path, *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
	bool network = o->convert_to != NULL && strcmp(o->convert_to, "neuralnetwork") == 0;
	int n = dot != NULL && (slash == NULL || dot > slash) ? (int)(dot - path) :
	    (int)strlen(path);

	return arena_printf(call->arena, "%.*s.%s", n, path, network ? "mlmodel" : "mlpackage");
}

/* Words behind the command that do something else than converting. */
static const char *const words[] = { "", "script", "command", "passes" };
enum { WORD_NONE, WORD_SCRIPT, WORD_COMMAND, WORD_PASSES, WORDS, WORD_REPLAY };
static const char replay[] = "replay ";

static int
word_of(const char *arg)
{
	int i = 0;

	if (strncmp(arg, replay, sizeof replay - 1) == 0)
		return WORD_REPLAY;
	while (i < WORDS && strcmp(words[i], arg) != 0)
		i++;
	return i;
}

static bool
prepare(struct call *call)
{
	struct ready *ready = arena_alloc(call->arena, sizeof *ready);
	struct session *s = call->s;
	struct objection *list;
	int word = word_of(call->arg);
	bool writes;
	uint32_t n;

	if (word == WORDS)
		diag_add(&s->ctx, DIAG_USAGE, NULL, "convert, convert script, convert command, "
		    "convert passes or convert replay FILE, not '%s'", call->arg);
	if (word == WORDS || word == WORD_PASSES)
		return word != WORDS;
	if (*s->path == '\0') {
		diag_add(&s->ctx, DIAG_USAGE, NULL, "convert works on a model: name its file");
		return false;
	}
	ready->o = call->opts->convert;
	if (ready->o.out == NULL)
		ready->o.out = default_out(call, &ready->o);
	if (word == WORD_REPLAY && (ready->recorded = record_asked(call, call->arg +
	    sizeof replay - 1, &ready->o)) == NULL)
		return false;
	if (format_of(s) == CONVERT_OTHER)
		return unfit(call);
	prefill_options(call->arena, &ready->o, format_of(s), s->model);
	call->ready = ready;
	n = request_make(&ready->r, call->arena, &ready->o, s->path, format_of(s), s->model,
	    &list);
	if (word == WORD_REPLAY)
		return true;
	for (uint32_t i = 0; i < n && ready->r.format != CONVERT_ONNX; i++)
		diag_add(&s->ctx, DIAG_CONVERT_OPTION, NULL, "%s: %s (class %s)", list[i].option,
		    list[i].text, reason_word((enum reason)list[i].reason));
	if (n == 0 && ready->r.format != CONVERT_ONNX && word == WORD_NONE && !trusted(call))
		return false;
	writes = word == WORD_NONE && ready->r.format != CONVERT_ONNX && !call->opts->bisect &&
	    !call->opts->compare_cures;
	return (n == 0 || ready->r.format == CONVERT_ONNX) &&
	    (!writes || may_replace(call, ready->o.out)) && record_possible(call) &&
	    (word != WORD_NONE || helper_find(call, &ready->child));
}

/* One line on a terminal's stderr, rewritten in place. */
static void
progress(const struct convert_run *r, bool done)
{
	struct sink err;

	sink_init(&err, 2);
	sink_puts(&err, "\r\033[K");
	if (!done) {
		sink_printf(&err, "%5.1f s %5.0f MB  %s", r->seconds, (double)r->memory / 1e6,
		    r->stage);
		if (r->n > 0)
			sink_printf(&err, " %" PRId64 "/%" PRId64 " ", r->i, r->n);
		if (r->pass != NULL)
			sink_safe(&err, r->pass, strlen(r->pass), 40);
		else if (r->node.kind != NULL) {
			sink_safe(&err, r->node.kind, strlen(r->node.kind), 20);
			sink_puts(&err, " ");
			sink_safe(&err, r->node.scope, strlen(r->node.scope), 24);
		}
	}
	sink_fini(&err);
}

/* The last line of a message with tracebacks, which tells most. */
static const char *
last_line(struct arena *a, const char *message)
{
	const char *end = message + strlen(message), *start;

	while (end > message && isspace((unsigned char)end[-1]))
		end--;
	for (start = end; start > message && start[-1] != '\n'; start--)
		continue;
	start += strspn(start, " ");
	return arena_strdup(a, start, (size_t)(end - start));
}

/* The finding that goes with how it ended. */
static enum exit_status
conclude(struct call *call, const struct convert_run *r)
{
	struct ctx *ctx = &call->s->ctx;
	const char *cause = r->found.cause, *cure = convert_fix(call, r);
	const char *semicolon = cure != NULL && *cure != '\0' ? "; " : "", *said;

	switch (r->end) {
	case RUN_GOING:
		return EXIT_CLEAN;
	case RUN_CONVERTED:
		convert_lost(call, r);
		return EXIT_CLEAN;
	case RUN_FAILED:
		diag_add(ctx, DIAG_CONVERT_FAILED, &(struct where){ .node = r->blamed.name },
		    "%s%s%s%s%s", cause, r->blamed.kind != NULL ? ": " : "",
		    r->blamed.kind != NULL ? r->blamed.kind : "", semicolon, cure);
		return EXIT_CLEAN;
	case RUN_REFUSED:
		diag_add(ctx, DIAG_CONVERT_ONNX, NULL, "coremltools takes PyTorch and TensorFlow "
		    "models, not ONNX");
		return EXIT_CLEAN;
	case RUN_CANCELLED:
	case RUN_BROKEN:
		break;
	}
	if (r->child != NULL && r->child->end != CHILD_ALIVE && r->child->end != CHILD_DONE &&
	    r->exception == NULL)
		return helper_failed(call, r->child);
	said = r->exception == NULL ? "" : arena_printf(call->arena, " (%s: %s)", r->exception,
	    last_line(call->arena, r->message));
	diag_add(ctx, DIAG_CONVERT_BROKEN, NULL, "%s%s%s%s", cause, semicolon, cure,
	    r->message != NULL && strcmp(r->message, cause) == 0 ? "" : said);
	return EXIT_TOOL;
}

/* Text that says the run again: the command line, or a program in Python. */
static enum exit_status
write_again(struct call *call, const struct request *r,
    void (*write)(struct sink *, const struct request *))
{
	struct sink text;
	const char *s;

	sink_init(&text, -1);
	write(&text, r);
	s = arena_strdup(call->arena, text.buf, text.n);
	sink_fini(&text);
	if (call->json != NULL) {
		json_string(call->json, s);
		return EXIT_CLEAN;
	}
	/* to be run as it stands: what a terminal would obey is escaped as Python and shells
	 * read it */
	sink_puts(call->out, s);
	return EXIT_CLEAN;
}

static enum exit_status
write_passes(struct call *call)
{
	if (call->json != NULL)
		json_open(call->json, '[');
	for (const struct convert_pass *p = convert_passes; p->name != NULL; p++) {
		if (call->json == NULL) {
			sink_printf(call->out, "%s\n    %s\n", p->name, p->what);
			continue;
		}
		json_open(call->json, '{');
		json_member(call->json, "name", p->name);
		json_member(call->json, "group", p->group);
		json_member(call->json, "what", p->what);
		json_close(call->json, '}');
	}
	if (call->json != NULL)
		json_close(call->json, ']');
	return EXIT_CLEAN;
}

/* What became of a run that was recorded, maybe on another machine. */
static enum exit_status
run_again(struct call *call, struct ready *ready)
{
	const char *file = call->arg + sizeof replay - 1;
	int fd = regular_open(file);
	enum exit_status status;
	struct convert_run r;

	run_replay(&r, &ready->r, fd);
	while (run_step(&r, -1))
		continue;
	if (call->json != NULL) {
		convert_json(call, &r);
	} else {
		text_label(call->out, "Record:");
		text_wrap(call->out, arena_printf(call->arena, "%s, of %s; nothing was run or "
		    "written", file, ready->recorded), 14);
		convert_text(call, &r);
	}
	status = conclude(call, &r);
	run_close(&r);
	return status;
}

static enum exit_status
run(struct call *call)
{
	struct ready *ready = call->ready;
	bool shown = call->opts->batch && isatty(2);
	volatile sig_atomic_t asked = 0;
	int word = word_of(call->arg);
	enum exit_status status;
	struct sink record;
	struct convert_run r;

	if (word == WORD_PASSES)
		return write_passes(call);
	if (word == WORD_REPLAY)
		return run_again(call, ready);
	if (word != WORD_NONE)
		return write_again(call, &ready->r, word == WORD_SCRIPT ? request_script :
		    request_command);
	/* on a screen the screen shows it, and asks to stop */
	ready->child.cancel = call->opts->batch ? &asked : call->s->ctx.cancel;
	if (call->opts->bisect)
		return convert_bisect(call, &ready->r, &ready->child);
	if (call->opts->compare_cures)
		return convert_compare(call, &ready->r, &ready->child);
	if (call->opts->batch)
		cleanup_ask(&asked);
	sink_init(&record, -1);
	if (call->opts->record != NULL) {
		ready->child.record = &record;
		record_begin(&record, &ready->r);
	}
	run_start(&r, &ready->r, &ready->child);
	while (run_step(&r, shown ? 100 : -1))
		progress(&r, false);
	if (shown)
		progress(&r, true);
	if (r.end == RUN_CONVERTED && !map_write(call->s, r.r->o->out, &r) && errno != ENODATA)
		diag_add(&call->s->ctx, DIAG_MAP_FILE, NULL, "%s could not be written: %s",
		    map_path(call->arena, r.r->o->out), strerror(errno));
	if (call->json != NULL)
		convert_json(call, &r);
	else
		convert_text(call, &r);
	status = conclude(call, &r);
	run_close(&r);
	if (call->opts->record != NULL)
		record_write(call, &record);
	sink_fini(&record);
	if (call->opts->batch)
		cleanup_ask(NULL);
	if (asked != 0)
		raise((int)asked);
	return status;
}

const struct command CMD_CONVERT = {
	.name = "convert", .args = "[script|...]",
	.help = "through coremltools to Core ML, live",
	.text = "Drives coremltools in a Python process of its own (doctor, --python) on a "
	    "TorchScript file or an exported program, with --target, --input, --precision and the "
	    "other options of ct.convert. Options are judged before anything starts. The "
	    "package is written beside --out and renamed when it is whole; one that is there is "
	    "replaced with --force alone. Tells the exact map "
	    "from source nodes to operations; of a failure the node, class, cause and cure, and "
	    "what would have stopped it next. The map is kept beside the package, as PACKAGE.map: "
	    "diff uses it. Known cures are applied (--no-cure). convert "
	    "script prints the run as a program in Python, convert command as a command line, "
	    "convert passes what --without can leave out. --record FILE keeps what is said on the "
	    "way, and convert replay FILE says on any machine what became of that run.",
	.prepare = prepare, .run = run, .no_model = true
};
