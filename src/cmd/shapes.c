/* SPDX-License-Identifier: Apache-2.0 */
/* shapes: the type of every value, and where types are lost. */
#include <inttypes.h>

#include "app/session.h"
#include "base/sink.h"
#include "cmd/command.h"
#include "infer/infer.h"
#include "ir/type.h"
#include "report/text.h"

static void
value_json(struct call *call, struct infer *f, const struct value *v)
{
	struct json *j = call->json;

	json_open(j, '{');
	json_member_str(j, "name", v->name);
	json_key(j, "type");
	json_type(j, infer_type(f, v));
	json_member_u64(j, "graph", v->graph->id);
	json_close(j, '}');
}

/* Sums of many sizes are cut, and names of sizes that go on and on. */
static void
text_type(struct sink *out, const struct type *t)
{
	enum { MOST = 400 };
	struct sink text;
	size_t n = MOST;

	sink_init(&text, -1);
	type_print(&text, t);
	while (text.n > MOST && (text.buf[n] & 0xc0) == 0x80)
		n--; /* not inside a character */
	sink_write(out, text.buf, text.n > MOST ? n : text.n);
	sink_puts(out, text.n > MOST ? "..." : "");
	sink_fini(&text);
}

static void
value_text(struct call *call, struct infer *f, const struct value *v)
{
	text_str(call->out, v->name, 0, 44); /* whole: it is what one searches for */
	sink_puts(call->out, "  ");
	text_type(call->out, infer_type(f, v));
	sink_puts(call->out, v->flags & VALUE_INPUT ? "  input\n" :
	    v->producer == NULL ? "  constant\n" : "\n");
}

static void
each_value(struct call *call, struct infer *f,
	void (*fn)(struct call *, struct infer *, const struct value *))
{
	const struct model *m = call->s->model;

	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nvalues; k++)
			if (!(m->graphs[i]->values[k]->flags & VALUE_LITERAL))
				fn(call, f, m->graphs[i]->values[k]);
}

/* The nodes that lose a type although their operands have one, in file order. */
static void
each_lost(struct call *call, struct infer *f,
	void (*fn)(struct call *, const struct node *, const char *why))
{
	const struct model *m = call->s->model;
	const char *why;

	for (uint32_t i = 0; i < m->ngraphs; i++)
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++)
			if ((why = infer_lost(f, m->graphs[i]->nodes[k])) != NULL)
				fn(call, m->graphs[i]->nodes[k], why);
}

static void
lost_json(struct call *call, const struct node *n, const char *why)
{
	struct json *j = call->json;

	json_open(j, '{');
	json_member_u64(j, "id", n->id);
	json_member_str(j, "node", n->name);
	json_member_str(j, "op", n->type);
	json_member(j, "reason", why);
	json_close(j, '}');
}

static void
lost_text(struct call *call, const struct node *n, const char *why)
{
	sink_printf(call->out, "lost at #%" PRIu32 " ", n->id);
	text_str(call->out, n->type, 30, 0);
	sink_printf(call->out, ": %s\n", why);
}

static enum exit_status
run(struct call *call)
{
	struct infer *f = session_infer(call->s);

	if (call->json == NULL) {
		each_value(call, f, value_text);
		each_lost(call, f, lost_text);
		return EXIT_CLEAN;
	}
	json_open(call->json, '{');
	json_key(call->json, "values");
	json_open(call->json, '[');
	each_value(call, f, value_json);
	json_close(call->json, ']');
	json_key(call->json, "lost");
	json_open(call->json, '[');
	each_lost(call, f, lost_json);
	json_close(call->json, ']');
	json_close(call->json, '}');
	return EXIT_CLEAN;
}

const struct command CMD_SHAPES = {
	.name = "shapes", .args = "", .help = "type and shape of every value",
	.text = "Lists every value with its element type and shape, from declared types, constants "
	    "and what each operation does; dims may be arithmetic over symbols. Then the nodes at "
	    "which a type is lost, first ones first, with the reason.",
	.run = run
};
