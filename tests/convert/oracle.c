/* SPDX-License-Identifier: Apache-2.0 */
/* Converts models of a table of real conversions again, all in one process of
 * Python, and compares what we say with what the table says: stage, class and
 * node of failures; specification, operations and a complete map of the rest.
 *
 *	oracle FOLDER PYTHON DRIVER FAILED CONVERTED < rows
 *
 * FAILED and CONVERTED are how many of each are run, spread over the classes.
 * Prints what differs and TAP. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "app/session.h"
#include "convert/fate.h"
#include "convert/place.h"
#include "convert/run.h"
#include "ir/wanted.h"

enum {
	ID, FAMILY, MODEL, FORMAT, INPUTS, OPTIONS, OUTCOME, STAGE, EXCEPTION, MESSAGE, KIND, NODE,
	SCOPE, REASON, MISSING, TORCH_KINDS, SPEC, MIL_OPS, COLUMNS
};

struct row { char *f[COLUMNS]; };

/* before: refused for what the options say of an input, which coremltools takes and then
 * meets somewhere in the graph. */
struct tally { unsigned n, right, named, placed, node, stage, reason, before; };

static void
split(char *line, struct row *r)
{
	line[strcspn(line, "\n")] = '\0';
	for (int i = 0; i < COLUMNS; i++) {
		r->f[i] = line;
		line += strcspn(line, "\t");
		if (*line == '\t')
			*line++ = '\0';
	}
}

/* Value of an option in "target=iOS17 precision=f32"; NULL: not there. */
static char *
option(const char *options, const char *name, struct arena *a)
{
	size_t n = strlen(name);

	for (const char *p = options; (p = strstr(p, name)) != NULL; p++)
		if ((p == options || p[-1] == ' ') && p[n] == '=')
			return arena_strdup(a, p + n + 1, strcspn(p + n + 1, " "));
	return NULL;
}

/* "x:f32[2],state:s:f16[1]" into inputs and states. */
static void
set_inputs(struct convert_options *o, const char *list, struct arena *a)
{
	const char *states = "", *comma = "";
	size_t n;

	for (; *list != '\0'; list += n + (list[n] == ',')) {
		char *one;

		n = wanted_first(list);
		one = arena_strdup(a, list, n);
		if (strncmp(one, "state:", 6) == 0) {
			states = arena_printf(a, "%s%s%s", states, comma, one);
			comma = ",";
			continue;
		}
		o->inputs = arena_grow(a, o->inputs, o->ninputs, sizeof *o->inputs);
		o->inputs[o->ninputs++] = one;
	}
	o->states = *states != '\0' ? states : NULL;
}

/* Rows that say what no user of ours can ask for. */
static bool
askable(const struct row *r)
{
	static const char *const no[] = { "source=", "load=", "package_dir=", "options=", ":bf16",
	    "milinternal" };

	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (strstr(r->f[OPTIONS], no[i]) != NULL || strstr(r->f[INPUTS], no[i]) != NULL)
			return false;
	return strchr(r->f[MIL_OPS], '\\') == NULL;
}

static void
set_options(struct convert_options *o, const struct row *r, const char *out, struct arena *a)
{
	const char *inputs = option(r->f[OPTIONS], "inputs", a);
	bool none = strcmp(r->f[INPUTS], "-") == 0 || (inputs != NULL &&
	    strcmp(inputs, "none") == 0);

	memset(o, 0, sizeof *o);
	o->target = option(r->f[OPTIONS], "target", a);
	o->convert_to = option(r->f[OPTIONS], "convert_to", a);
	o->precision = option(r->f[OPTIONS], "precision", a);
	o->outputs = option(r->f[OPTIONS], "outputs", a);
	o->labels = option(r->f[OPTIONS], "classifier", a);
	o->passes = option(r->f[OPTIONS], "pipeline", a);
	o->no_cure = option(r->f[OPTIONS], "decompose", a) != NULL ? "freeze" : "";
	if (!none)
		set_inputs(o, r->f[INPUTS], a);
	o->out = out;
	o->force = true; /* all go to one place */
}

static const char *
bare(const char *kind)
{
	const char *colons = strstr(kind, "::");

	kind = colons != NULL ? colons + 2 : kind;
	return kind + strspn(kind, "_");
}

static bool
same_kind(const char *want, const char *got)
{
	return strncasecmp(bare(want), bare(got), strcspn(bare(got), "._")) == 0;
}

static void
judge_failed(const struct row *row, struct convert_run *r, const struct model *m, struct tally *t)
{
	bool before = r->child == NULL && r->found.reason == REASON_INPUT_SPEC;
	bool stage = strcmp(r->stage, row->f[STAGE]) == 0;
	bool reason = strcmp(reason_word(r->found.reason), row->f[REASON]) == 0;
	bool node = *row->f[NODE] == '\0' || (r->blamed.name != NULL &&
	    strcmp(r->blamed.name, row->f[NODE]) == 0 &&
	    same_kind(row->f[KIND], r->blamed.kind));

	if (before && !(reason && node)) {
		t->before++;
		printf("# %s: %s at %s '%s', refused before: %s\n", row->f[ID], row->f[REASON],
		    row->f[KIND], row->f[NODE], r->message);
		return;
	}
	t->n++;
	t->stage += stage;
	t->reason += reason;
	t->node += node;
	t->right += stage && reason && node && r->end == RUN_FAILED;
	if (*row->f[NODE] != '\0' && m != NULL && r->blamed.name != NULL) {
		t->named++;
		t->placed += place_blamed(m, r, &r->arena) != NULL;
	}
	if (!(stage && reason && node))
		printf("# %s: %s %s %s '%s', we say %s %s %s '%s'\n", row->f[ID], row->f[STAGE],
		    row->f[REASON], row->f[KIND], row->f[NODE], r->stage,
		    reason_word(r->found.reason), r->blamed.kind != NULL ? r->blamed.kind : "",
		    r->blamed.name != NULL ? r->blamed.name : "");
}

/* The number of operations in "main{conv:1,relu:2}". */
static unsigned long
count_ops(const char *s)
{
	unsigned long n = 0;

	for (; (s = strchr(s, ':')) != NULL; s++)
		n += strtoul(s + 1, NULL, 10);
	return n;
}

/* Source nodes that operations came from, and which of them our graph has. */
static void
count_placed(const struct row *row, struct convert_run *r, const struct model *m, struct tally *t)
{
	uint32_t n;
	const struct run_fate *f = fate_list(r, m, &r->arena, &n);

	for (uint32_t i = 0; m != NULL && i < n; i++) {
		if (f[i].fate != FATE_MAPPED)
			continue;
		t->named++;
		t->placed += f[i].node != NULL;
		if (f[i].node == NULL)
			printf("# %s: %s '%s' in '%s', %s, is not in our graph\n", row->f[ID],
			    f[i].source->kind, f[i].source->name, f[i].source->scope,
			    f[i].source->line != NULL ? f[i].source->line : "");
	}
}

static void
judge_converted(const struct row *row, struct convert_run *r, const struct model *m,
    struct tally *t)
{
	uint32_t traced = 0;
	bool program = strncmp(row->f[MIL_OPS], "main{", 5) == 0;
	bool right = r->end == RUN_CONVERTED && strtol(row->f[SPEC], NULL, 10) == r->specification;

	for (uint32_t i = 0; i < r->nmap; i++)
		traced += r->map[i].sources.n > 0 || r->map[i].passes.n > 0;
	count_placed(row, r, m, t);
	right = right && traced == r->nmap;
	if (program)
		right = right && count_ops(row->f[MIL_OPS]) == r->nmap;
	t->n++;
	t->right += right;
	if (!right)
		printf("# %s: spec %s, %s, we say %lld, %u operations, %u of them traced %s\n",
		    row->f[ID], row->f[SPEC], row->f[MIL_OPS], (long long)r->specification,
		    r->nmap, traced, r->message != NULL ? r->message : "");
}

struct bench {
	const char *folder, *out;
	struct child_options o;
	struct child *child;
	struct tally failed, converted;
};

static void
try(struct bench *b, const struct row *row)
{
	static const struct session_options plain;
	char *path;
	struct convert_options o;
	struct objection *list;
	struct session s;
	struct request q;
	struct arena a;
	struct ctx ctx;
	struct convert_run r;

	ctx_init(&ctx);
	arena_init(&a, &ctx);
	path = arena_printf(&a, "%s/%s", b->folder, row->f[MODEL]);
	session_open(&s, path, &plain);
	set_options(&o, row, b->out, &a);
	memset(&r, 0, sizeof r);
	if (request_make(&q, &a, &o, path, strcmp(row->f[FORMAT], "pt2") == 0 ? CONVERT_PT2 :
	    CONVERT_TORCHSCRIPT, s.model, &list) > 0) {
		r.end = RUN_FAILED;
		r.stage = "input-validation";
		r.found.reason = (enum reason)list[0].reason;
		r.message = list[0].text;
		if (strcmp(row->f[STAGE], "load") == 0 || strcmp(row->f[STAGE], "backend") == 0 ||
		    strcmp(row->f[STAGE], "frontend") == 0)
			r.stage = row->f[STAGE]; /* seen earlier than coremltools does */
	} else {
		run_start_on(&r, &q, b->child);
		run_step(&r, -1);
	}
	if (strcmp(row->f[OUTCOME], "failed") == 0)
		judge_failed(row, &r, s.model, &b->failed);
	else
		judge_converted(row, &r, s.model, &b->converted);
	if (b->child->end != CHILD_ALIVE) {
		printf("# the helper is gone: end %d, code %d: %s\n", (int)b->child->end,
		    b->child->code, b->child->said);
		child_close(b->child);
		child_start(b->child, &b->o);
	}
	if (r.arena.ctx != NULL)
		run_close(&r);
	session_close(&s);
	arena_free(&a);
	ctx_fini(&ctx);
}

/* Rows of a class are taken in turn: one of each, then the second of each. */
static bool
wanted(const char *word, unsigned limit)
{
	static struct { char word[40]; unsigned n; } seen[64];
	size_t i = 0;

	while (seen[i].word[0] != '\0' && strcmp(seen[i].word, word) != 0)
		i++;
	snprintf(seen[i].word, sizeof seen[i].word, "%s", word);
	return seen[i].n++ < limit;
}

int
main(int argc, char **argv)
{
	char line[1 << 15], out[] = "/tmp/mlinspect-oracle-XXXXXX", package[64];
	struct child_options o = { .memory = 0, .seconds = 300 };
	struct bench b = { 0 };
	struct child child;
	unsigned most[2], limit[2];

	if (argc != 6 || mkdtemp(out) == NULL)
		return 99;
	b.folder = argv[1];
	o.python = argv[2];
	o.script = argv[3];
	for (int i = 0; i < 2; i++) {
		most[i] = (unsigned)strtoul(argv[4 + i], NULL, 10);
		limit[i] = i == 0 ? most[i] / 15 : most[i] / 6;
	}
	snprintf(package, sizeof package, "%s/made.mlpackage", out);
	b.out = package;
	signal(SIGPIPE, SIG_IGN);
	if (!child_start(&child, &o))
		return 99;
	b.child = &child;
	b.o = o;
	while (fgets(line, sizeof line, stdin) != NULL) {
		bool failed;
		struct row row;

		split(line, &row);
		failed = strcmp(row.f[OUTCOME], "failed") == 0;
		if (!askable(&row) || (!failed && strcmp(row.f[OUTCOME], "converted") != 0) ||
		    (failed ? b.failed.n >= most[0] : b.converted.n >= most[1]) ||
		    !wanted(failed ? row.f[REASON] : row.f[FAMILY], limit[!failed] + 1))
			continue;
		try(&b, &row);
	}
	child_close(&child);
	printf("# failed: %u, stage %u, class %u, node %u, all three %u; found in our graph %u "
	    "of %u; %u more refused before\n# converted: %u, as before and with complete maps %u; source nodes found in "
	    "our graph %u of %u\n1..2\n%s 1 - failures\n"
	    "%s 2 - maps\n", b.failed.n, b.failed.stage, b.failed.reason, b.failed.node,
	    b.failed.right, b.failed.placed, b.failed.named, b.failed.before, b.converted.n,
	    b.converted.right, b.converted.placed, b.converted.named,
	    b.failed.n > 0 && b.failed.right * 100 >= b.failed.n * 95 ? "ok" : "not ok",
	    b.converted.n > 0 && b.converted.right == b.converted.n ? "ok" : "not ok");
	fflush(stdout);
	return execlp("rm", "rm", "-rf", out, (char *)NULL);
}
