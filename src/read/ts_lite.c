/* SPDX-License-Identifier: Apache-2.0 */
/* Archives for PyTorch's lite interpreter that hold bytecode and no code: what
 * they run is listed in order, with overloads, which only bytecode states.
 * Operands are on the interpreter's stack and are not followed. Source:
 * facts/torchscript-format.md section 8. */
#include <inttypes.h>
#include <string.h>

#include "base/ctx.h"
#include "base/source.h"
#include "ir/build.h"
#include "read/archive.h"
#include "read/formats.h"
#include "read/torch_object.h"

struct lite {
	struct ctx *ctx;
	struct model *m;
	struct archive *z;
	struct arena scratch;
	struct pickle code;
	const struct source *src;   /* of the bytecode */
	struct torch_object data;
	struct decl_table decls;
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

static void
name_node(struct lite *l, struct node *n, const char *name)
{
	struct strtab *strs = &l->m->strs;
	const char *colon = strstr(name, "::");

	if (colon != NULL)
		n->domain = str_intern(strs, name, (uint32_t)(colon - name));
	n->type = str_internz(strs, colon != NULL ? colon + 2 : name);
}

/* Instructions that are operators of the graph as well. */
static const char *
plain(const char *instruction)
{
	static const char *const names[][2] = {
		{ "LIST_CONSTRUCT", "prim::ListConstruct" },
		{ "TUPLE_CONSTRUCT", "prim::TupleConstruct" },
		{ "NAMED_TUPLE_CONSTRUCT", "prim::TupleConstruct" },
		{ "DICT_CONSTRUCT", "prim::DictConstruct" }, { "LIST_UNPACK", "prim::ListUnpack" },
		{ "CREATE_OBJECT", "prim::CreateObject" }, { "SET_ATTR", "prim::SetAttr" },
		{ "RAISE_EXCEPTION", "prim::RaiseException" }, { "JF", "prim::If" },
		{ "LOOP", "prim::Loop" }, { "CALL", "prim::CallFunction" },
		{ "INTERFACE_CALL", "prim::CallMethod" }, { "__IS__", "aten::__is__" },
		{ "__ISNOT__", "aten::__isnot__" }, { "__NOT__", "aten::__not__" },
		{ "DIM", "aten::dim" }, { "FORMAT", "aten::format" }, { "DTYPE", "prim::dtype" },
		{ "DEVICE", "prim::device" }, { "UNCHECKED_CAST", "prim::unchecked_cast" }
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i][0], instruction) == 0)
			return names[i][1];
	return NULL;
}

static void
add_instruction(struct lite *l, struct graph *g, struct pickle_value *in,
    struct pickle_value *operators)
{
	const char *name = pickle_str(pickle_item(in, 0)), *overload;
	struct pickle_value *op = NULL;
	struct node *n;
	int64_t x;

	if (name == NULL)
		return;
	if (strcmp(name, "OP") == 0 || strcmp(name, "OPN") == 0) {
		if (!pickle_int(pickle_item(in, 1), &x) || x < 0)
			return;
		op = pickle_item(operators, (uint64_t)x);
		name = pickle_str(pickle_item(op, 0));
	} else {
		name = plain(name);
	}
	if (name == NULL)
		return;
	n = graph_add_node(l->m, g);
	n->loc = (struct loc){ l->src, in->off, 0 };
	name_node(l, n, name);
	overload = op != NULL ? pickle_str(pickle_item(op, 1)) : NULL;
	if (overload != NULL && *overload != '\0')
		n->overload = str_internz(&l->m->strs, overload);
}

static void
add_function(struct lite *l, struct pickle_value *fn)
{
	const char *name = pickle_str(pickle_item(fn, 0));
	struct pickle_value *pairs = pickle_item(fn, 1), *list = entry(pairs, "instructions");
	struct pickle_value *operators = entry(pairs, "operators"), *in;
	size_t len = name != NULL ? strlen(name) : 0;
	bool forward = len > 8 && strcmp(name + len - 8, ".forward") == 0;
	struct graph *g;

	if (name == NULL)
		return;
	g = graph_new(l->m, forward && l->m->main == NULL ? GRAPH_MAIN : GRAPH_METHOD, NULL, NULL);
	g->name = str_internz(&l->m->strs, name);
	for (uint64_t i = 0; (in = pickle_item(list, i)) != NULL; i++)
		add_instruction(l, g, in, operators);
}

static bool
add_tensor(void *arg, const char *name, struct pickle_value *v)
{
	struct lite *l = arg;
	const struct str *s = str_internz(&l->m->strs, name);
	struct tensor *t = torch_tensor(&l->data.store, v, s);

	if (t != NULL)
		graph_add_value(l->m, l->m->main, s, VALUE_INITIALIZER)->constant = t;
	return true;
}

static void
read(void *arg)
{
	struct lite *l = arg;
	struct archive_entry *e = archive_record(l->z, "bytecode.pkl");
	struct source *src = e != NULL ? archive_source(l->z, e, NULL) : NULL;
	const struct torch_walk walk = { add_tensor, l };
	struct pickle_value *fn;

	if (src == NULL)
		return;
	pickle_read(l->ctx, &l->m->arena, &l->scratch, src, 0, &l->code);
	pickle_report(l->ctx, src, &l->code);
	l->src = src;
	pickle_int(pickle_item(l->code.root, 0), &l->m->format_version);
	for (uint64_t i = 1; (fn = pickle_item(l->code.root, i)) != NULL; i++)
		add_function(l, fn);
	if (l->m->main == NULL && l->m->nfunctions > 0)
		model_set_main(l->m, l->m->functions[0]);
	if (l->m->main == NULL)
		return;
	diag_add(l->ctx, DIAG_TS_LITE, NULL, "%s holds bytecode alone: its operators are listed "
	    "in their order, without operands", l->m->source->name);
	if (torch_object_read(&l->data, l->ctx, &l->m->arena, &l->scratch, l->z))
		torch_object_walk(&l->data, &walk, l->data.pickle.root);
}

static void
bind(void *arg)
{
	struct lite *l = arg;

	model_bind(l->m, &l->scratch, &l->decls);
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
