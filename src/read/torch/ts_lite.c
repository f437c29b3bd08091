/* SPDX-License-Identifier: Apache-2.0 */
/* Archives for PyTorch's lite interpreter that hold bytecode and no code: what
 * they run, with overloads, which only bytecode states. Source:
 * facts/torchscript-format.md section 8. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/archive.h"
#include "read/formats.h"
#include "read/torch/lite_run.h"
#include "read/torch/torch_object.h"

struct lite {
	struct ctx *ctx;
	struct model *m;
	struct archive *z;
	struct arena scratch;
	struct pickle code;
	const struct source *src;   /* of the bytecode */
	struct torch_object data;
	struct ts_unit unit;
	struct ts_lowering low;
};

/* The value of a key in (("instructions", ...), ("operators", ...), ...). */
static struct pickle_value *
entry(struct pickle_value *pairs, const char *key)
{
	struct pickle_value *pair;
	const char *name;

	for (uint64_t i = 0; (pair = pickle_item(pairs, i)) != NULL; i++)
		if ((name = pickle_str(pickle_item(pair, 0))) != NULL && strcmp(name, key) == 0)
			return pickle_item(pair, 1);
	return NULL;
}

static bool
is_forward(struct pickle_value *fn)
{
	const char *name = pickle_str(pickle_item(fn, 0));
	size_t len = name != NULL ? strlen(name) : 0;

	return len > 8 && strcmp(name + len - 8, ".forward") == 0;
}

/* Is the function a method of the root's class? Of others the object is not known. */
static bool
is_of_root(const struct lite *l, const char *name)
{
	const struct pickle_value *root = l->data.pickle.root, *class = root != NULL &&
	    root->kind == PK_CALL ? root->v.call->callee : NULL;
	const char *dot = strrchr(name, '.');
	size_t n;

	if (class == NULL || class->kind != PK_GLOBAL || dot == NULL)
		return false;
	n = strlen(class->v.global.module);
	return strncmp(name, class->v.global.module, n) == 0 && name[n] == '.' &&
	    strlen(class->v.global.name) == (size_t)(dot - name) - n - 1 &&
	    strncmp(name + n + 1, class->v.global.name, (size_t)(dot - name) - n - 1) == 0;
}

static void
add_function(struct lite *l, struct pickle_value *fn, struct graph *g)
{
	struct pickle_value *pairs = pickle_item(fn, 1);
	const struct lite_code code = { .ctx = l->ctx, .low = &l->low, .src = l->src,
	    .root = is_of_root(l, g->name->s) ? l->data.pickle.root : NULL,
	    .instructions = entry(pairs, "instructions"),
	    .operators = entry(pairs, "operators"), .constants = entry(pairs, "constants"),
	    .arguments = entry(pickle_item(fn, 2), "arguments") };
	const char *why = lite_run(&code, g);

	if (why != NULL)
		diag_add(l->ctx, DIAG_TS_LITE, &(struct where){ .loc = { l->src, fn->off, 0 } },
		    "%s: %s; from there on operators are listed in their order, without operands",
		    g->name->s, why);
}

static bool
add_tensor(void *arg, const char *name, struct pickle_value *v)
{
	struct lite *l = arg;

	ts_held(&l->low, ts_object(&l->low.objects, v, str_internz(&l->m->strs, name)), NULL);
	return true;
}

/* There is no code to look names up in. */
static const char *
no_text(void *arg, const struct str *qualifier, size_t *n, const struct source **src)
{
	(void)arg, (void)qualifier, (void)n, (void)src;
	return NULL;
}

static void
prepare(struct lite *l)
{
	const struct ts_loader loader = { no_text, l };
	struct ts_lowering *low = &l->low;

	ts_unit_init(&l->unit, l->ctx, l->m, &l->scratch, loader);
	low->u = &l->unit;
	low->a = &l->scratch;
	low->objects = (struct ts_objects){ .u = &l->unit, .a = &l->scratch,
	    .store = &l->data.store };
	low->main = low->here = l->m->main;
}

/* A graph for each function, the first forward being the main one. */
static struct graph **
add_graphs(struct lite *l, uint64_t n)
{
	struct graph **graphs = arena_array(&l->scratch, n, sizeof *graphs);
	struct pickle_value *fn;
	const char *name;
	bool forward;

	for (uint64_t i = 0; i < n; i++) {
		fn = pickle_item(l->code.root, i + 1);
		name = pickle_str(pickle_item(fn, 0));
		forward = is_forward(fn) && l->m->main == NULL;
		if (name == NULL)
			continue;
		graphs[i] = graph_new(l->m, forward ? GRAPH_MAIN : GRAPH_METHOD, NULL, NULL);
		graphs[i]->name = str_internz(&l->m->strs, name);
	}
	if (l->m->main == NULL && l->m->nfunctions > 0)
		model_set_main(l->m, l->m->functions[0]);
	return graphs;
}

static void
read(void *arg)
{
	struct lite *l = arg;
	struct archive_entry *e = archive_record(l->z, "bytecode.pkl");
	struct source *src = e != NULL ? archive_source(l->z, e, NULL) : NULL;
	const struct torch_walk walk = { add_tensor, l };
	struct graph **graphs;
	uint64_t n;
	bool whole;

	if (src == NULL)
		return;
	pickle_read(l->ctx, &l->m->arena, &l->scratch, src, 0, &l->code);
	pickle_report(l->ctx, src, &l->code);
	l->src = src;
	pickle_int(pickle_item(l->code.root, 0), &l->m->format_version);
	n = l->code.root != NULL && l->code.root->kind == PK_TUPLE && l->code.root->n > 1 ?
	    l->code.root->n - 1 : 0;
	graphs = add_graphs(l, n);
	if (l->m->main == NULL)
		return;
	diag_add(l->ctx, DIAG_TS_LITE, NULL, "%s holds bytecode alone: operators are those of "
	    "its interpreter", l->m->source->name);
	whole = torch_object_read(&l->data, l->ctx, &l->m->arena, &l->scratch, l->z);
	prepare(l);
	if (whole)
		torch_object_walk(&l->data, &walk, l->data.pickle.root);
	for (uint64_t i = 0; i < n; i++)
		if (graphs[i] != NULL)
			add_function(l, pickle_item(l->code.root, i + 1), graphs[i]);
	ts_hold_passed(&l->low);
}

static void
bind(void *arg)
{
	struct lite *l = arg;

	model_bind(l->m, &l->scratch, &l->low.decls);
}

void
torch_lite_read(struct ctx *ctx, struct model *m, struct archive *z,
    const struct read_options *opts)
{
	struct lite l = { .ctx = ctx, .m = m, .z = z };

	(void)opts;
	m->dialect = DIALECT_ATEN;
	m->kind = "TorchScript for mobile";
	m->producer = str_internz(&m->strs, "torch");
	arena_init(&l.scratch, ctx);
	if (ctx_protect(ctx, read, &l) != 0)
		m->partial = true;
	if (m->main != NULL && ctx_protect(ctx, bind, &l) != 0) {
		m->partial = true;
		model_drop_graphs(m);
	}
	arena_free(&l.scratch);
}
