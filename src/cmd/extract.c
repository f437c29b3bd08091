/* SPDX-License-Identifier: Apache-2.0 */
/* extract: nodes of an ONNX model as a model of their own. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/session.h"
#include "base/arena.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "cmd/sanitize.h"
#include "convert/extract.h"
#include "report/text.h"

struct ready { const char *out; const bool *wanted; };

static bool
complain(struct call *call, const char *text)
{
	diag_add(&call->s->ctx, DIAG_USAGE, NULL, "%s", text);
	return false;
}

/* Which nodes: those chosen on the screen, or that match what stands behind the name. */
static bool
find_wanted(struct call *call, struct ready *r, const char *filter)
{
	struct call of = *call;

	if (*filter == '\0' && call->opts->chosen == NULL)
		return complain(call, "extract OUT FILTER: which nodes? scope=layers.0, or id>=3 "
		    "id<=9, or op~Conv");
	if (*filter == '\0') {
		r->wanted = call->opts->chosen;
		return true;
	}
	of.arg = filter;
	if (!find_matching(&of))
		return false;
	r->wanted = of.ready;
	return true;
}

static bool
prepare(struct call *call)
{
	struct ready *r = arena_alloc(call->arena, sizeof *r);
	const struct model *m = call->s->model;
	size_t n = extract_name(call->arg);

	call->ready = r;
	r->out = arena_strdup(call->arena, call->arg, n);
	if (m->dialect != DIALECT_ONNX)
		return complain(call, "extract writes parts of ONNX models alone. Of others, nodes "
		    "FILTER --format=json has the nodes, --dot --focus=NODE draws them, and "
		    "torch.onnx.export or the converter can be given the submodule itself");
	if (n == 0)
		return complain(call, "extract wants the name of the file to write, and a filter");
	if (!find_wanted(call, r, call->arg + n + strspn(call->arg + n, " ")) ||
	    !sanitize_possible(call, r->out))
		return false;
	if (!call->opts->convert.force && access(r->out, F_OK) == 0)
		return complain(call, arena_printf(call->arena, "%s is there already: --force "
		    "replaces it", r->out));
	return true;
}

static const struct type *
type_of(void *arg, const struct value *v)
{
	bool inferred;

	return session_type(arg, v, &inferred);
}

static void
json_values(struct json *j, const char *key, const struct value *const *list,
    const struct type *const *types, uint32_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++) {
		struct sink text;

		json_open(j, '{');
		json_member_str(j, "name", list[i]->name);
		sink_init(&text, -1);
		type_print(&text, types[i]);
		json_key(j, "type");
		json_text(j, text.buf, text.n);
		sink_fini(&text);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
write_json(struct json *j, const struct extract *e, const char *out)
{
	json_open(j, '{');
	json_member(j, "out", out);
	json_member_u64(j, "nodes", e->nnodes);
	json_member_u64(j, "constants", e->nconstants);
	json_member_u64(j, "initializers", e->ninitializers);
	json_values(j, "inputs", e->inputs, e->input_types, e->ninputs);
	json_values(j, "outputs", e->outputs, e->output_types, e->noutputs);
	json_close(j, '}');
}

static void
text_values(struct sink *out, const char *label, const struct value *const *list,
    const struct type *const *types, uint32_t n)
{
	enum { SHOWN = 20 };

	for (uint32_t i = 0; i < n && i < SHOWN; i++) {
		text_label(out, i == 0 ? label : "");
		sink_safe(out, list[i]->name->s, list[i]->name->len, 40);
		sink_puts(out, "  ");
		type_print(out, types[i]);
		sink_puts(out, list[i]->flags & VALUE_INITIALIZER ? "  (has a default)\n" : "\n");
	}
	if (n > SHOWN)
		sink_printf(out, "%14sand %u more\n", "", (unsigned)(n - SHOWN));
}

static void
write_text(struct sink *out, const struct extract *e, const char *path)
{
	text_label(out, "Written:");
	text_wrap(out, path, 14);
	text_label(out, "Nodes:");
	sink_printf(out, "%u", (unsigned)e->nnodes);
	if (e->nconstants > 0)
		sink_printf(out, ", of them %u constant%s that the others read",
		    (unsigned)e->nconstants, plural(e->nconstants));
	sink_printf(out, "; %u initializer%s\n", (unsigned)e->ninitializers,
	    plural(e->ninitializers));
	text_values(out, "Inputs:", e->inputs, e->input_types, e->ninputs);
	text_values(out, "Outputs:", e->outputs, e->output_types, e->noutputs);
	if (e->nopen > 0)
		sink_printf(out, "Of %u input%s or output%s the rank is not known: onnx.checker "
		    "wants one.\n", (unsigned)e->nopen, plural(e->nopen), plural(e->nopen));
}

static enum exit_status
run(struct call *call)
{
	const struct ready *r = call->ready;
	struct session *s = call->s;
	struct extract_types known = { type_of, s };
	struct extract e;
	const char *why;
	int err = 0;

	why = extract_plan(&e, &s->ctx, call->arena, s->model, r->wanted, &known);
	if (why == NULL)
		err = sanitize_file(&s->ctx, &e.z, r->out);
	if (why != NULL || err != 0) {
		diag_add(&s->ctx, why != NULL ? DIAG_USAGE : DIAG_WRITE_FAILED, NULL, "%s: %s",
		    r->out, why != NULL ? why : strerror(err));
		if (call->json != NULL)
			json_null(call->json);
		return why != NULL ? EXIT_BAD_INPUT : EXIT_TOOL;
	}
	if (call->json != NULL)
		write_json(call->json, &e, r->out);
	else
		write_text(call->out, &e, r->out);
	return EXIT_CLEAN;
}

const struct command CMD_EXTRACT = {
	.name = "extract", .args = "OUT FILTER", .help = "nodes of an ONNX model as a model of "
	    "their own",
	.text = "Writes the nodes of the main graph that match the filter to OUT: what comes in "
	    "from the rest of the model becomes inputs, what goes out outputs, with the types that "
	    "are known. Initializers and nodes that hold constants are taken along as far as they "
	    "are read; they are copied as they stand in the file. Nothing is written over without "
	    "--force.",
	.prepare = prepare, .run = run
};
