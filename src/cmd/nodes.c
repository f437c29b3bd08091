/* SPDX-License-Identifier: Apache-2.0 */
/* nodes: one line a node; streamed. The filter is asked before the first one:
 * it holds what must be freed, and memory may end while they are written. */
#include <inttypes.h>

#include "app/session.h"
#include "base/sink.h"
#include "base/str.h"
#include "cmd/command.h"
#include "ops/packing.h"
#include "report/packing.h"
#include "report/text.h"

static void
json_values(struct json *j, const char *key, struct value *const *list, uint32_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++)
		json_str(j, list[i] != NULL ? list[i]->name : NULL);
	json_close(j, ']');
}

/* Which parameter each input is for. */
static void
json_parameters(struct json *j, const struct node *n)
{
	json_key(j, "parameters");
	json_open(j, '[');
	for (uint32_t i = 0; i < n->nnamed; i++)
		json_str(j, n->in_name[i]);
	json_close(j, ']');
}

static void
node_json(struct json *j, const struct node *n, struct arena *a)
{
	struct packing p;

	json_open(j, '{');
	json_member_u64(j, "id", n->id);
	json_member_u64(j, "graph", n->graph->id);
	json_member_str(j, "name", n->name);
	json_op(j, n);
	if (n->overload != NULL)
		json_member_str(j, "overload", n->overload);
	json_since(j, n);
	json_values(j, "inputs", n->in, n->nin);
	if (n->nnamed > 0)
		json_parameters(j, n);
	json_values(j, "outputs", n->out, n->nout);
	json_member_str(j, "scope", n->scope);
	json_key(j, "attributes");
	json_open(j, '{');
	for (uint32_t i = 0; i < n->nattrs; i++) {
		json_key_str(j, n->attrs[i].name);
		json_attr(j, &n->attrs[i]);
	}
	json_close(j, '}');
	if (packing_read(&p, n, a))
		json_key(j, "packing"), json_packing(j, &p);
	json_close(j, '}');
}

/* names: what each is for, then short constants stand as their content; or NULL. */
static void
text_values(struct sink *out, struct value *const *list, uint32_t n,
    const struct str *const *names, struct ctx *ctx)
{
	for (uint32_t i = 0; i < n; i++) {
		sink_puts(out, i ? ", " : "");
		if (names != NULL) {
			text_str(out, names[i], 40, 0);
			sink_puts(out, "=");
		}
		if (list[i] != NULL && list[i]->name->len == 0)
			type_print(out, list[i]->type); /* a literal */
		else if (list[i] != NULL && names != NULL && !(list[i]->flags & VALUE_LITERAL) &&
		    constant_is_small(list[i]))
			text_constant(out, list[i], ctx);
		else if (list[i] != NULL)
			sink_safe(out, list[i]->name->s, list[i]->name->len, 60);
		else
			sink_puts(out, "-");
	}
}

/* #12  Conv  name (a, b) -> c  {group=1} */
static void
node_text(struct sink *out, const struct node *n, struct arena *a)
{
	struct packing p;

	sink_puts(out, "#");
	sink_u64(out, n->id);
	sink_puts(out, "  ");
	text_op(out, n->domain, n->type);
	if (n->name->len > 0) {
		sink_puts(out, "  ");
		sink_safe(out, n->name->s, n->name->len, 80);
	}
	sink_puts(out, "  (");
	text_values(out, n->in, n->nin, n->nnamed == n->nin && n->nin > 0 ?
	    (const struct str *const *)n->in_name : NULL, a->ctx);
	sink_puts(out, ") -> ");
	text_values(out, n->out, n->nout, NULL, a->ctx);
	for (uint32_t i = 0; i < n->nattrs; i++) {
		sink_puts(out, i ? ", " : "  {");
		sink_safe(out, n->attrs[i].name->s, n->attrs[i].name->len, 40);
		sink_puts(out, "=");
		text_attr(out, &n->attrs[i], 40, 8);
	}
	sink_puts(out, n->nattrs > 0 ? "}" : "");
	if (packing_read(&p, n, a)) {
		sink_puts(out, "  = ");
		text_packing(out, &p);
	}
	sink_puts(out, "\n");
}

static enum exit_status
run(struct call *call)
{
	const struct model *m = call->s->model;
	const bool *matches = call->ready;
	const struct node *n;
	uint32_t found = 0;

	if (call->json != NULL)
		json_open(call->json, '[');
	for (uint32_t i = 0; i < m->ngraphs; i++) {
		for (uint32_t k = 0; k < m->graphs[i]->nnodes; k++) {
			n = m->graphs[i]->nodes[k];
			if (!matches[n->id])
				continue;
			found++;
			if (call->json != NULL)
				node_json(call->json, n, call->arena);
			else
				node_text(call->out, n, call->arena);
		}
	}
	if (call->json != NULL)
		json_close(call->json, ']');
	else if (found == 0)
		sink_puts(call->out, "no node matches\n");
	return EXIT_CLEAN;
}

const struct command CMD_NODES = {
	.name = "nodes", .args = "[FILTER]", .help = "list nodes, one a line",
	.text = "Lists the nodes of all graphs with operands, results and attributes, or those "
	    "that match the filter, such as \"op=Conv and scope=layers.0\"; see NODE FILTERS.",
	.prepare = find_matching, .run = run
};
