/* SPDX-License-Identifier: Apache-2.0 */
/* Events become state by a table of functions, one an event. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sink.h"
#include "convert/publish.h"
#include "convert/run.h"

/* list has n elements of its type: one more. */
#define PUSH(r, list, n, ...) do { \
	(r)->list = arena_grow(&(r)->arena, (r)->list, (r)->n, sizeof *(r)->list); \
	(r)->list[(r)->n++] = __VA_ARGS__; \
} while (0)

/* Of s, n bytes with the NUL that ends it; what was cut ends in dots. */
static void
cut(char *to, size_t n, const char *s)
{
	size_t len = strlen(s);

	snprintf(to, n, "%s", s);
	if (len < n)
		return;
	for (len = n - 4; len > 0 && ((unsigned char)to[len] & 0xc0) == 0x80; len--)
		continue;
	memcpy(to + len, "...", 4);
}

/* One more line: the first ones stay, of the others the last. */
static void
add_log(struct convert_run *r, const char *level, const char *text)
{
	struct run_slot *slot;
	uint32_t last = RUN_LOG_FIRST + RUN_LOG_LAST - 1;

	if (r->nlogs < RUN_LOG_FIRST) {
		slot = arena_alloc(&r->arena, sizeof *slot);
	} else {
		if (r->slots == NULL)
			r->slots = arena_array(&r->arena, RUN_LOG_LAST, sizeof *r->slots);
		slot = &r->slots[(r->dropped + r->nlogs - RUN_LOG_FIRST) % RUN_LOG_LAST];
	}
	cut(slot->level, sizeof slot->level, level);
	cut(slot->text, sizeof slot->text, text);
	if (r->nlogs <= last) {
		PUSH(r, logs, nlogs, (struct run_log){ slot->level, slot->text });
		return;
	}
	memmove(&r->logs[RUN_LOG_FIRST], &r->logs[RUN_LOG_FIRST + 1],
	    (RUN_LOG_LAST - 1) * sizeof *r->logs);
	r->logs[last] = (struct run_log){ slot->level, slot->text };
	r->dropped++;
}

static void
on_beat(struct convert_run *r, const struct event *e)
{
	r->memory = (uint64_t)e->memory;
}

/* What the user asked for and does not get is said. */
static void
on_confined(struct convert_run *r, const struct event *e)
{
	if (e->network && !r->child->o.network)
		add_log(r, "note", arena_printf(&r->arena, "the model was loaded with a network, "
		    "which %s%s", e->broken != NULL ? "could not be taken away: " :
		    "this system has no way to take away", event_text(e->broken)));
}

/* Seconds since the start. */
static double
time_of(const struct convert_run *r, const struct event *e)
{
	return r->child->replays ? e->at : child_clock() - r->began;
}

static void
on_stage(struct convert_run *r, const struct event *e)
{
	r->stage = event_text(e->name);
	if (r->loading == 0 && strcmp(r->stage, "import") != 0)
		r->loading = time_of(r, e);
	r->i = r->n = 0;
	r->pass = r->pipeline = NULL;
	r->node = (struct run_node){ .name = NULL };
	r->memory = (uint64_t)e->memory;
}

static void
on_cure(struct convert_run *r, const struct event *e)
{
	PUSH(r, cures, ncures, (struct run_cure){ event_text(e->name), e->before, e->after });
}

static void
on_log(struct convert_run *r, const struct event *e)
{
	add_log(r, event_text(e->level), event_text(e->text));
	arena_clear(&r->passing);
}

static struct run_node
node_of(const struct event *e)
{
	return (struct run_node){ event_text(e->kind), event_text(e->name), event_text(e->scope),
	    e->line, e->code, e->origin };
}

static void
on_missing(struct convert_run *r, const struct event *e)
{
	PUSH(r, missing, nmissing, node_of(e));
}

static void
on_unreached(struct convert_run *r, const struct event *e)
{
	PUSH(r, unreached, nunreached, node_of(e));
}

static void
on_op(struct convert_run *r, const struct event *e)
{
	r->node = node_of(e);
	r->i = e->i;
	r->n = e->n;
	PUSH(r, nodes, nnodes, r->node);
}

static void
on_pass(struct convert_run *r, const struct event *e)
{
	r->stage = "passes";
	r->pass = event_text(e->name);
	r->pipeline = event_text(e->pipeline);
	r->i = e->i;
	r->n = e->n;
}

static void
on_passed(struct convert_run *r, const struct event *e)
{
	PUSH(r, passes, npasses, (struct run_pass){ event_text(r->pipeline), event_text(e->name),
	    e->seconds, e->ops, e->gone, e->folded });
}

static void
on_map(struct convert_run *r, const struct event *e)
{
	PUSH(r, map, nmap, (struct run_map){ event_text(e->function), event_text(e->op),
	    event_text(e->name), event_text(e->scope), e->outputs, e->sources, e->passes });
}

static void
on_converted(struct convert_run *r, const struct event *e)
{
	r->specification = e->specification;
	r->kind = event_text(e->kind);
	r->took = e->seconds;
}

static void
on_refused(struct convert_run *r, const struct event *e)
{
	PUSH(r, refusals, nrefusals, (struct run_log){ event_text(e->by),
	    arena_printf(&r->arena, "%s: %s", event_text(e->exception), event_text(e->message)) });
}

/* Messages that name a node and, behind it, its operator: coremltools where there is no
 * converter, torch where it takes a program apart. */
static const struct { const char *node, *after, *kind, *end; } naming[] = {
	{ "Unsupported fx node ", ", kind ", "", " \n" },
	{ "While executing %", " :", "target=torch.ops.", "](" }
};

static bool
read_named(struct convert_run *r, size_t which)
{
	const char *name = strstr(r->message, naming[which].node), *end, *kind, *dot;

	if (name == NULL || (end = strstr(name, naming[which].after)) == NULL ||
	    (kind = strstr(end + strlen(naming[which].after), naming[which].kind)) == NULL)
		return false;
	name += strlen(naming[which].node);
	kind += *naming[which].kind != '\0' ? strlen(naming[which].kind) : 0;
	r->blamed.name = arena_strdup(&r->arena, name, (size_t)(end - name));
	r->blamed.kind = arena_strdup(&r->arena, kind, strcspn(kind, naming[which].end));
	r->blamed.scope = "";
	/* aten.geqrf.default is aten::geqrf.default */
	if (*naming[which].kind != '\0' && (dot = strchr(r->blamed.kind, '.')) != NULL)
		r->blamed.kind = arena_printf(&r->arena, "%.*s::%s",
		    (int)(dot - r->blamed.kind), r->blamed.kind, dot + 1);
	for (uint32_t i = 0; i < r->nmissing; i++)
		if (strcmp(r->missing[i].name, r->blamed.name) == 0)
			r->blamed = r->missing[i];
	return true;
}

static void
read_node(struct convert_run *r)
{
	for (size_t i = 0; i < sizeof naming / sizeof *naming; i++)
		if (read_named(r, i))
			return;
}

static void
on_failed(struct convert_run *r, const struct event *e)
{
	r->stage = event_text(e->stage);
	r->exception = event_text(e->exception);
	r->message = event_text(e->message);
	r->frames = e->frames;
	if (e->name != NULL)
		r->blamed = node_of(e);
	else
		read_node(r);
	r->found = cause_find(e->what != NULL ? "cure" : r->stage, r->exception, r->message);
	if (r->found.reason == REASON_DTYPE && *r->message == '\0' && r->blamed.kind != NULL &&
	    strcmp(r->blamed.kind, "quantized::matmul") == 0)
		r->found = (struct cause){ REASON_INTERNAL, "the converter asks for floats where "
		    "this operator has quantised values: it refuses every call",
		    "dequantize both sides and multiply these" };
	if (e->what != NULL && r->found.reason == REASON_UNKNOWN)
		r->found = (struct cause){ REASON_LOAD, arena_printf(&r->arena,
		    "the cure %s failed in torch itself, before coremltools saw the model",
		    e->what),
		    "export with fixed sizes, or with dims that are not computed from others" };
}

static void ask(void *);

/* Constants are nobody's: what fails at one after freezing would be met elsewhere without,
 * where something can be done about it. */
static bool
misled(const struct convert_run *r)
{
	return r->undone == NULL && r->exception != NULL && r->ncures > 0 &&
	    strcmp(r->cures[r->ncures - 1].name, "freeze") == 0 && r->blamed.kind != NULL &&
	    strcmp(r->blamed.kind, "constant") == 0;
}

/* Once more, without the last cure. */
static void
try_plain(struct convert_run *r)
{
	struct convert_options *o = arena_alloc(&r->arena, sizeof *o);
	struct request *q = arena_alloc(&r->arena, sizeof *q);
	const char *no = r->r->o->no_cure;

	r->undone = r->cures[r->ncures - 1].name;
	add_log(r, "note", arena_printf(&r->arena, "the cure %s did not help (%s: %s): what is "
	    "told is of the model as it is", r->undone, r->exception, r->message));
	*o = *r->r->o;
	o->no_cure = no != NULL && *no != '\0' ? arena_printf(&r->arena, "%s,%s", no, r->undone) :
	    r->undone;
	*q = *r->r;
	q->o = o;
	r->r = q;
	r->nnodes = r->nmissing = r->nunreached = r->npasses = r->nmap = r->ncures = 0;
	r->exception = r->message = NULL;
	r->blamed = (struct run_node){ .name = NULL };
	r->found = (struct cause){ .cause = NULL };
	r->frames.n = 0;
	ask(r);
}

static void
on_end(struct convert_run *r, const struct event *e)
{
	if (!e->ok && misled(r)) {
		try_plain(r);
		return;
	}
	if (!e->ok && r->found.cause == NULL) /* it did not say why */
		r->found = (struct cause){ REASON_TOOL, reason_says(REASON_TOOL), "" };
	/* a failure stays one, whatever is said behind it */
	if (!e->ok || r->exception != NULL)
		r->end = r->found.reason == REASON_TOOL || r->exception == NULL ? RUN_BROKEN :
		    RUN_FAILED;
	else
		r->end = r->nrefusals > 0 ? RUN_REFUSED : RUN_CONVERTED;
}

static void (*const handlers[EVENT_COUNT])(struct convert_run *, const struct event *) = {
	[EVENT_BEAT] = on_beat, [EVENT_CONFINED] = on_confined, [EVENT_STAGE] = on_stage,
	[EVENT_CURE] = on_cure,
	[EVENT_LOG] = on_log, [EVENT_MISSING] = on_missing, [EVENT_OP] = on_op,
	[EVENT_UNREACHED] = on_unreached,
	[EVENT_PASS] = on_pass, [EVENT_PASSED] = on_passed, [EVENT_MAP] = on_map,
	[EVENT_CONVERTED] = on_converted, [EVENT_REFUSED] = on_refused,
	[EVENT_FAILED] = on_failed, [EVENT_END] = on_end
};

/* The result's folder has to be there. */
static const char *
no_folder(struct arena *a, const char *out)
{
	size_t n = strlen(out);
	const char *folder;
	struct stat st;

	while (n > 0 && out[n - 1] == '/')
		n--;
	while (n > 0 && out[n - 1] != '/')
		n--;
	if (n <= 1)
		return NULL;
	folder = arena_printf(a, "%.*s", (int)n - 1, out);
	if (stat(folder, &st) != 0)
		return errno == ENOENT ? arena_printf(a, "there is no folder %s", folder) :
		    arena_printf(a, "%s: %s", folder, strerror(errno));
	return S_ISDIR(st.st_mode) ? NULL : arena_printf(a, "%s is no folder", folder);
}

const char *
run_taken(struct arena *a, const char *out, bool force, const char *how)
{
	const char *manifest = arena_printf(a, "%s/Manifest.json", out);
	struct stat st;

	if (stat(out, &st) != 0)
		return lstat(out, &st) == 0 ? arena_printf(a, "%s is a link that leads nowhere",
		    out) : no_folder(a, out);
	if (S_ISDIR(st.st_mode) ? access(manifest, F_OK) != 0 : !S_ISREG(st.st_mode))
		return arena_printf(a, "there is something at %s that is no package of Core ML",
		    out);
	return force ? NULL : arena_printf(a, "%s is there already: %s", out, how);
}

/* Behind links, so that they stay and lead where they led. */
static const char *
place_of(struct arena *a, const char *out)
{
	char *real = beside_place(out);
	const char *place = arena_printf(a, "%s", real != NULL ? real : out);

	free(real);
	return place;
}

static void
broke(struct convert_run *r, const char *exception, const char *message, const char *cure)
{
	r->end = RUN_BROKEN;
	r->exception = exception;
	r->message = message;
	r->found = (struct cause){ REASON_TOOL, message, cure };
}

/* A folder beside the result, and the name in it that the driver writes. */
static void
make_beside(void *arg)
{
	struct convert_run *r = arg;
	struct request *q = r->r;
	const char *out = place_of(&r->arena, q->o->out), *slash = strrchr(out, '/');
	int err;

	r->place = out;
	beside_sweep(&r->ctx, out);
	for (uint32_t i = 0; i < r->ctx.diags.n; i++)
		add_log(r, "note", r->ctx.diags.list[i].message);
	if ((err = beside_folder(&r->beside, out)) != 0) {
		broke(r, "OSError", arena_printf(&r->arena, "nothing can be written beside %s: %s",
		    out, strerror(err)), "name another place with --out");
		return;
	}
	q->scratch = r->beside.name;
	q->beside = arena_printf(&r->arena, "%s/%s", r->beside.name, slash != NULL ? slash + 1 :
	    out);
}

/* The child's end, when it did not answer. */
static void
judge_child(struct convert_run *r)
{
	r->found = (struct cause){ REASON_TOOL, reason_says(REASON_TOOL), "" };
	r->end = RUN_BROKEN;
	if (r->child->end == CHILD_CANCELLED)
		r->end = RUN_CANCELLED;
	else if (r->child->end == CHILD_TIMEOUT)
		r->found.reason = REASON_TIMEOUT;
	else if (r->child->end == CHILD_KILLED || r->child->end == CHILD_EXITED)
		r->found.reason = REASON_CRASHED;
	r->found.cause = reason_says(r->found.reason);
	if (child_misled(r->child) != NULL)
		r->found.cure = arena_printf(&r->arena, "unset %s", child_misled(r->child));
	r->blamed = r->node;
}

static void
ask(void *arg)
{
	struct convert_run *r = arg;
	struct sink line;

	r->child->passing = &r->passing;
	sink_init(&line, -1);
	request_json(&line, r->r);
	/* one that is gone says so when it is read */
	child_ask(r->child, line.buf, line.n);
	sink_fini(&line);
}

static void
prepare(struct convert_run *r, struct request *q, bool writes)
{
	memset(r, 0, sizeof *r);
	ctx_init(&r->ctx);
	arena_init(&r->arena, &r->ctx);
	arena_init(&r->passing, &r->ctx);
	r->placed = &r->own_placed;
	r->beside.fd = -1;
	r->r = q;
	r->stage = "start";
	r->began = child_clock();
	if (writes && q->o->out != NULL && q->format != CONVERT_ONNX &&
	    ctx_protect(&r->ctx, make_beside, r) != 0)
		r->end = RUN_BROKEN;
}

void
run_start(struct convert_run *r, struct request *q, const struct child_options *o)
{
	prepare(r, q, true);
	r->child = &r->own;
	r->own.to = r->own.events = r->own.errors = -1;
	if (r->end != RUN_GOING)
		return;
	if (!child_start(r->child, o))
		judge_child(r);
	else if (ctx_protect(&r->ctx, ask, r) != 0)
		r->end = RUN_BROKEN;
}

void
run_start_on(struct convert_run *r, struct request *q, struct child *c)
{
	prepare(r, q, true);
	r->child = c;
	if (r->end == RUN_GOING && ctx_protect(&r->ctx, ask, r) != 0)
		r->end = RUN_BROKEN;
}

void
run_replay(struct convert_run *r, struct request *q, int fd)
{
	prepare(r, q, false);
	r->child = &r->own;
	child_replay(r->child, fd);
}

/* Put the whole result in its place; what was there goes away with the folder. What came
 * there meanwhile is judged as it would have been before. */
static void
publish(void *arg)
{
	struct convert_run *r = arg;
	const char *out = r->place, *why = publish_judge(&r->arena, r->r->beside);
	bool force = r->r->o->force;
	int err;

	if (why != NULL) {
		broke(r, "OSError", why, "");
		return;
	}
	why = run_taken(&r->arena, out, force, "it came while this was converted, and stays");
	if (why != NULL) {
		broke(r, "FileExistsError", why, "name another place with --out, or --force");
		return;
	}
	err = publish_move(r->r->beside, out, force ? arena_printf(&r->arena, "%s/old",
	    r->beside.name) : NULL);
	if (err == EEXIST)
		broke(r, "FileExistsError", arena_printf(&r->arena, "%s came while this was "
		    "converted, and stays", out), "name another place with --out, or --force");
	else if (err != 0)
		broke(r, "OSError", arena_printf(&r->arena, "%s could not be put in its place: %s",
		    out, strerror(err)), "");
}

struct stepping { struct convert_run *r; int ms; };

static void
step(void *arg)
{
	struct stepping *s = arg;
	struct convert_run *r = s->r;
	double until = child_clock() + s->ms / 1000.0;
	struct event e;
	int got, left;

	while (r->end == RUN_GOING) {
		e.id = EVENT_NONE;
		left = s->ms < 0 ? -1 : (int)((until - child_clock()) * 1000);
		if (s->ms > 0 && left <= 0)
			return;
		if ((got = child_next(r->child, s->ms == 0 ? 0 : left, &e, &r->arena)) == 0)
			return;
		if (got < 0)
			judge_child(r);
		else if (handlers[e.id] != NULL) {
			handlers[e.id](r, &e);
			r->changes += e.id != EVENT_BEAT;
		}
		if (r->memory > r->peak)
			r->peak = r->memory;
		if (got > 0 || !r->child->replays)
			r->seconds = time_of(r, &e);
		if (s->ms > 0 && e.id == EVENT_BEAT)
			return;
	}
}

bool
run_step(struct convert_run *r, int ms)
{
	struct stepping s = { r, ms };

	if (r->end != RUN_GOING)
		return false;
	if (ctx_protect(&r->ctx, step, &s) != 0) {
		r->end = RUN_BROKEN;
		r->found = (struct cause){ REASON_TOOL, "memory ended", "" };
	}
	if (!r->child->replays)
		r->seconds = child_clock() - r->began;
	/* nothing that the model started writes into what is in its place */
	if (r->end == RUN_CONVERTED && r->child == &r->own && !r->child->replays)
		child_close(r->child);
	if (r->end == RUN_CONVERTED && r->beside.name != NULL && !r->r->trial &&
	    ctx_protect(&r->ctx, publish, r) != 0)
		r->end = RUN_BROKEN;
	return r->end == RUN_GOING;
}

void
run_close(struct convert_run *r)
{
	if (r->child == &r->own)
		child_close(r->child);
	beside_drop(&r->beside);
	r->child->passing = NULL;
	arena_free(&r->passing);
	arena_free(&r->arena);
	ctx_fini(&r->ctx);
}
